//! What the user asked for, as plain values that every floor can read.
//!
//! ```text
//! read.rs      how an input is read: format, encoding, dialect
//! table.rs     what becomes of its values: types, roles, chosen columns and rows, bad rows
//! declared.rs  columns whose types are declared, and in schema_file.rs the file that declares them
//! write.rs     how outputs are written
//! run.rs       what the run may use of the machine
//! keys.rs      the same in files (TOML, JSON): keys, defaults, mistakes
//! forms.rs     how each value stands in a file
//! document.rs  a file as a tree in which each value knows its place
//! words.rs     options that are one of a few words
//! spelling.rs  how messages name an option
//! text.rs      sizes, delimiters and lists as a person writes them
//! flags.rs     the flags of the command line: what each is about, and so which formats heed it
//! ```
//!
//! Parsed and validated once, at the edge; nothing below asks the environment or the command line.

mod declared;
pub mod document;
pub mod flags;
pub(crate) mod forms;
pub(crate) mod keys;
mod read;
mod run;
mod schema_file;
mod spelling;
mod table;
mod text;
mod words;
mod write;

pub use self::declared::{ColumnDeclaration, DeclaredColumn, LayoutList};
pub use self::keys::nearest;
pub use self::read::{
    CsvOptions, InputFormat, JsonOptions, MAX_RECORD, NulBytes, ReadOptions, UnevenRows, XesOptions,
};
pub use self::run::{IoMode, MOST_THREADS, RunOptions};
pub use self::schema_file::read_schema_file;
pub use self::spelling::Spelling;
pub use self::table::{BadRowLimit, OnBadRow, TableOptions, ValueOptions};
pub use self::text::{parse_delimiter, parse_mark, parse_names, parse_size, toml_string};
pub use self::words::Choice;
pub use self::write::{Compression, RowGroupSize, TimestampUnit, WriteOptions};

/// All options of a conversion. In a file each of the four values is a section of its own.
///
/// # Examples
/// ```
/// use logflow::Options;
///
/// let mut options = Options::default();
/// options.run.threads = 4;
/// options.table.exclude = vec!["comment".to_owned()];
/// let text = serde_json::to_string(&options).unwrap();
/// assert_eq!(text, r#"{"table":{"exclude":["comment"]},"run":{"threads":4}}"#);
/// assert_eq!(serde_json::from_str::<Options>(&text).unwrap(), options);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Options {
    /// How inputs are read.
    pub read: ReadOptions,
    /// What becomes of their values.
    pub table: TableOptions,
    /// How outputs are written.
    pub write: WriteOptions,
    /// What the run may use of the machine.
    pub run: RunOptions,
    /// Options that the caller set for this run in particular; not in files.
    pub explicit: ExplicitOptions,
    /// How messages about the run, and files that it writes beside its output, name options; not in files.
    pub spelling: Spelling,
    /// Whether values are to stay secret: then neither messages nor files beside the output show any. Set where a
    /// step asks for it; not in files.
    pub hides_values: bool,
}

keys::keys! {
    Options, "sections of options" {
        "read": forms::Same = read,
        "table": forms::Same = table,
        "write": forms::Same = write,
        "run": forms::Same = run,
    }
}

/// The sections of options in a file, each with its keys.
const SECTIONS: [(&str, &[&str]); 4] = [
    ("read", ReadOptions::KEYS),
    ("table", TableOptions::KEYS),
    ("write", WriteOptions::KEYS),
    ("run", RunOptions::KEYS),
];

impl Options {
    /// The same options, where bad rows never end the run, however many there are: for a look at an input
    /// that writes nothing.
    pub fn with_bad_rows_aside(mut self) -> Self {
        self.table.on_bad_row = OnBadRow::Reject(BadRowLimit::None);
        self
    }
}

/// Options that the caller set for this run in particular. A warning (LW501) names each of them that has no
/// effect on the inputs. Options in files serve many runs, so that none of them is explicit. The warnings are
/// the only effect: the output is the same whether an option is explicit or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExplicitOptions {
    /// Names of the options as messages have them, such as `json-path`.
    pub names: Vec<String>,
    /// The format that they were set for, if the input of the run was made from a log in another format.
    pub format: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::model::partition::PartitionKey;
    use crate::model::roles::{Naming, Role, RoleWishes};
    use crate::model::value::{ColumnType, DateOrder, DecimalMark, FloatStyle, GroupMark, TimeUnit};
    use crate::model::zone::{Fold, ZoneRule};

    #[test]
    fn compressions_and_limits_are_read() {
        assert_eq!("zstd".parse::<Compression>().unwrap(), Compression::Zstd(3));
        assert_eq!("gzip:9".parse::<Compression>().unwrap(), Compression::Gzip(9));
        assert!("zstd:0".parse::<Compression>().is_err());
        assert!("snappy:1".parse::<Compression>().is_err());
        assert_eq!("2.5%".parse::<BadRowLimit>().unwrap(), BadRowLimit::Percent(2.5));
        assert!("101%".parse::<BadRowLimit>().is_err());
        assert_eq!("5rows".parse::<RowGroupSize>().unwrap(), RowGroupSize::Rows(5));
        assert!("0".parse::<RowGroupSize>().is_err());
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|it| (*it).to_owned()).collect()
    }

    /// Options of which each differs from its default.
    fn unusual() -> Options {
        let wish = |(index, role): (usize, Role)| (role, format!("column {index}"));
        let declared = |name: &str, column_type, formats: &[&str]| DeclaredColumn {
            name: name.to_owned(),
            column_type,
            formats: texts(formats),
        };
        Options {
            read: ReadOptions {
                from: Some(InputFormat::new("ocel-sqlite")),
                encoding: Some("windows-1252".to_owned()),
                strict: true,
                csv: CsvOptions {
                    delimiter: Some(b"\t|\\".to_vec()),
                    quote: Some(None),
                    escape: Some(Some(b'\\')),
                    comment: Some(Some(b'#')),
                    header: Some(false),
                    skip_lines: Some(3),
                    uneven_rows: UnevenRows::Both,
                    nul_bytes: NulBytes::Keep,
                },
                xes: XesOptions { fill_defaults: true },
                json: JsonOptions { path: Some("/a~1b/0".to_owned()), lenient: true },
                access_format: Some("%h %t".to_owned()),
                sheet: Some("Orders".to_owned()),
                max_record: 1_000_001,
                zstd_window_log: 31,
            },
            table: TableOptions {
                values: ValueOptions {
                    all_text: true,
                    nested_text: true,
                    null_words: Some(texts(&["n/a", "a,b", ""])),
                    decimal: Some(DecimalMark::Comma),
                    date_order: Some(DateOrder::Ydm),
                    timestamp_formats: texts(&["%d.%m.%Y %H:%M", "unix-ms"]),
                    zone: ZoneRule::parse("Europe/Berlin").unwrap().with_fold(Fold::Later),
                },
                strict_types: true,
                roles: RoleWishes {
                    columns: Role::ALL.into_iter().enumerate().map(|(i, r)| wish((i, r))).collect(),
                },
                naming: Naming::Xes,
                declared: vec![
                    declared("Cost", ColumnType::Float64(FloatStyle::Grouped(GroupMark::Space)), &[]),
                    declared("a \"b\"\n", ColumnType::Text, &[]),
                    declared(
                        "when",
                        ColumnType::Timestamp { order: DateOrder::Mdy, unit: TimeUnit::Nanos },
                        &["%d", "%m"],
                    ),
                ],
                select: texts(&["a", "b,c"]),
                exclude: texts(&["d"]),
                condition: Some("amount > 100 and activity != 'Draft'".parse().unwrap()),
                keys_in_path: vec![
                    PartitionKey { name: "year".to_owned(), value: Some("2024".to_owned()) },
                    PartitionKey { name: "country".to_owned(), value: None },
                ],
                on_bad_row: OnBadRow::Reject(BadRowLimit::Percent(2.5)),
            },
            write: WriteOptions {
                tables: true,
                row_group: RowGroupSize::Bytes(64 << 20),
                compression: Compression::Brotli(11),
                timestamp_unit: TimestampUnit::Auto,
            },
            run: RunOptions {
                threads: 7,
                memory_limit: Some(96 << 20),
                io: IoMode::Read,
                temp_dir: "/var/tmp/x".into(),
                pin: true,
            },
            explicit: ExplicitOptions::default(),
            spelling: Spelling::default(),
            hides_values: false,
        }
    }

    const UNUSUAL: &str = r##"
[read]
from = "ocel-sqlite"
encoding = "windows-1252"
strict = true
delimiter = "\\t|\\\\"
quote = "none"
escape = "\\\\"
comment = "#"
header = "no"
skip_lines = 3
uneven_rows = "both"
nul_bytes = "keep"
fill_defaults = true
json_path = "/a~1b/0"
json_lenient = true
access_format = "%h %t"
sheet = "Orders"
max_record_size = "1000001"
zstd_window_log = 31

[table]
all_text = true
strict_types = true
nested_text = true
null_words = ["n/a", "a,b", ""]
decimal = "comma"
date_order = "ydm"
timestamp_format = ["%d.%m.%Y %H:%M", "unix-ms"]
timezone = "Europe/Berlin"
timezone_fold = "later"
case_id = "column 0"
activity = "column 1"
timestamp = "column 2"
start_timestamp = "column 3"
resource = "column 4"
lifecycle = "column 5"
naming = "xes"
select = ["a", "b,c"]
exclude = ["d"]
where = "amount > 100 and activity != 'Draft'"
on_bad_row = "reject"
max_bad_rows = "2.5%"
keys_in_path = [{name = "year", value = "2024"}, {name = "country"}]
columns = [
    {name = "Cost", type = "float64", written = "1 234,5"},
    {name = "a \"b\"\n", type = "string"},
    {name = "when", type = "timestamp[ns, UTC]", written = "12/31/2014", format = ["%d", "%m"]},
]

[write]
tables = true
row_group_size = "64MiB"
compression = "brotli:11"
timestamp_unit = "auto"

[run]
threads = 7
memory_limit = "96MiB"
io = "read"
temp_dir = "/var/tmp/x"
pin = true
"##;

    #[test]
    fn every_option_is_written_and_read_back_by_toml_and_json() {
        let options = unusual();
        assert_eq!(toml::from_str::<Options>(UNUSUAL).unwrap(), options);
        let written = toml::to_string(&options).unwrap();
        assert_eq!(toml::from_str::<Options>(&written).unwrap(), options, "{written}");
        let by_hand: serde_json::Value = toml::from_str(UNUSUAL).unwrap();
        let json = serde_json::to_value(&options).unwrap();
        assert_eq!(json, by_hand);
        assert_eq!(serde_json::from_value::<Options>(json).unwrap(), options);
        // Each key is in the text, so that a new option is tested too.
        for (section, keys) in SECTIONS {
            let found = by_hand[section].as_object().unwrap();
            let missing: Vec<_> = keys.iter().filter(|key| !found.contains_key(**key)).collect();
            assert!(missing.is_empty(), "{section}: {missing:?}");
        }
    }

    #[test]
    fn options_that_nobody_gave_are_not_written() {
        assert_eq!(toml::to_string(&Options::default()).unwrap(), "");
        assert_eq!(serde_json::to_string(&Options::default()).unwrap(), "{}");
        let mut options = Options::default();
        options.write.compression = Compression::Snappy;
        assert_eq!(serde_json::to_string(&options).unwrap(), r#"{"write":{"compression":"snappy"}}"#);
        assert_eq!(toml::from_str::<Options>("").unwrap(), Options::default());
    }

    #[test]
    fn keys_and_values_may_be_written_as_on_the_command_line() {
        let read = |text: &str| toml::from_str::<Options>(text).unwrap();
        let options =
            read("[table]\nselect = \"a,\\\"b,c\\\"\"\nmax-bad-rows = 5\nwhere = [\"a > 1\", \"b\"]\n");
        assert_eq!(options.table.select, ["a", "b,c"]);
        assert_eq!(options.table.on_bad_row, OnBadRow::Reject(BadRowLimit::Rows(5)));
        assert_eq!(options.table.condition.unwrap().text(), "(a > 1) and (b)");
        let options =
            read("[read]\ndelimiter = \"semicolon\"\nheader = \"auto\"\n[write]\nrow-group-size = 5000\n");
        assert_eq!(options.read.csv.delimiter.as_deref(), Some(&b";"[..]));
        assert_eq!(options.read.csv.header, None);
        assert_eq!(options.write.row_group, RowGroupSize::Bytes(5000));
    }

    #[test]
    fn bad_rows_and_their_limit_may_stand_in_any_order_but_not_contradict_each_other() {
        let read = |text: &str| toml::from_str::<Options>(&format!("[table]\n{text}"));
        for text in ["on_bad_row = \"reject\"\nmax_bad_rows = 5", "max_bad_rows = 5\non_bad_row = \"reject\""]
        {
            assert_eq!(read(text).unwrap().table.on_bad_row, OnBadRow::Reject(BadRowLimit::Rows(5)));
        }
        for text in ["on_bad_row = \"fail\"\nmax_bad_rows = 5", "max_bad_rows = 5\non_bad_row = \"fail\""] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("max_bad_rows requires on_bad_row"), "{error}");
        }
    }

    #[test]
    fn a_mistake_in_a_file_says_what_is_right() {
        for (text, right) in [
            ("[write]\ncompresion = \"zstd\"", "unknown option \"compresion\"; did you mean compression?"),
            (
                "[write]\ncolour = 1",
                "the options here are tables, row_group_size, compression, timestamp_unit",
            ),
            ("[read]\nwhere = \"a\"", "where is an option of the section \"table\""),
            ("compression = \"zstd\"", "compression is an option of the section \"write\""),
            ("[raed]\n", "did you mean read?"),
            (
                "[write]\ncompression = \"zstd:99\"",
                "compression: unknown compression \"zstd:99\"; use zstd[:1-22]",
            ),
            ("[read]\nmax_record_size = \"much\"", "max_record_size: expected a size, found \"much\""),
            ("[read]\nheader = true", "header: expected yes or no or auto, found \"true\""),
            ("[run]\nthreads = 0", "threads: expected a number from 1 to 4096"),
            ("[run]\npin = \"yes\"", "expected a boolean"),
            ("[table]\nwhere = \"a >\"", "where: "),
            ("[table]\ntimezone = \"Europe/Bärlin\"", "timezone: unknown time zone"),
            ("[table]\ntimestamp_format = \"%Q\"", "timestamp_format: "),
            ("[table]\ncase_id = \"a\"\nactivity = \"a\"", "is given for two roles"),
            ("[table]\ncase_id = \"a\"\ncase-id = \"b\"", "duplicate field `case_id`"),
            ("[[table.columns]]\nname = \"a\"\ntype = \"money\"", "column \"a\": unknown type \"money\""),
        ] {
            let error = toml::from_str::<Options>(text).unwrap_err().to_string();
            assert!(error.contains(right), "{text}: {error}");
        }
        let json = r#"{"write": {"compression": "zstd", "compression": "snappy"}}"#;
        assert!(serde_json::from_str::<Options>(json).unwrap_err().to_string().contains("duplicate field"));
        assert_eq!(parse_size("much").unwrap_err().code(), Code::Usage);
    }
}
