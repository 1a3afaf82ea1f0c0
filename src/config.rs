//! What the user asked for, as one plain value that every floor can read.
//!
//! Parsed and validated once, at the edge; nothing below asks the environment or the command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Code, Error, Result};
use crate::model::condition::Condition;
use crate::model::roles::{Naming, RoleWishes};
use crate::model::value::{ColumnType, DateOrder, DecimalMark};
use crate::model::zone::ZoneRule;

/// The longest record when nobody says, in bytes: a record is held whole, and once more as a value, within
/// the usual memory of one worker. It depends on nothing else, least of all on the number of threads: what is
/// a record must not.
pub const MAX_RECORD: u64 = 16 << 20;

/// Everything a conversion can be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The format of all inputs, if it is not to be found.
    pub from: Option<InputFormat>,
    /// The encoding's label, if it is not to be found.
    pub encoding: Option<String>,
    /// XES and OCEL: what the standard does not allow is an error.
    pub strict: bool,
    /// Columns whose types are in doubt are an error, and no warning.
    pub strict_types: bool,
    /// Options for CSV input.
    pub csv: CsvOptions,
    /// Options for XES input.
    pub xes: XesOptions,
    /// Options for JSON input.
    pub json: JsonOptions,
    /// Options for types and values.
    pub values: ValueOptions,
    /// Columns that the user gives for roles.
    pub roles: RoleWishes,
    /// Whether role columns are renamed.
    pub naming: Naming,
    /// Types declared by a schema file: never widened.
    pub declared: Vec<DeclaredColumn>,
    /// Columns kept; empty keeps all.
    pub select: Vec<String>,
    /// Names of columns that are not written.
    pub exclude: Vec<String>,
    /// What must be true of a row for it to be written; `None` writes all rows.
    pub condition: Option<Condition>,
    /// What to do with a malformed record.
    pub on_bad_row: OnBadRow,
    /// Whether cases get a table of their own.
    pub tables: bool,
    /// Size of row groups, and so of shards.
    pub row_group: RowGroupSize,
    /// Compression of pages.
    pub compression: Compression,
    /// Number of worker threads, at least 1.
    pub threads: usize,
    /// Bytes the process may hold; `None` for the default.
    pub memory_limit: Option<u64>,
    /// The longest record, in bytes.
    pub max_record: u64,
    /// How files are read.
    pub io: IoMode,
    /// Largest zstd window, as a power of two in bytes.
    pub zstd_window_log: u32,
    /// Folder for temporary files.
    pub temp_dir: PathBuf,
    /// Whether each worker thread is pinned to a core.
    pub pin: bool,
    /// Which of these were asked for by name.
    pub given: CommandLine,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            from: None,
            encoding: None,
            strict: false,
            strict_types: false,
            csv: CsvOptions::default(),
            xes: XesOptions::default(),
            json: JsonOptions::default(),
            values: ValueOptions::default(),
            roles: RoleWishes::default(),
            naming: Naming::Source,
            declared: Vec::new(),
            select: Vec::new(),
            exclude: Vec::new(),
            condition: None,
            on_bad_row: OnBadRow::Fail,
            tables: false,
            row_group: RowGroupSize::Auto,
            compression: Compression::Zstd(3),
            threads: 1,
            memory_limit: None,
            max_record: MAX_RECORD,
            io: IoMode::Auto,
            zstd_window_log: 27,
            temp_dir: std::env::temp_dir(),
            pin: false,
            given: CommandLine::default(),
        }
    }
}

/// Flags that were given for this run and no other, by name: those that an input has no use for are told of
/// (`pipeline/idle.rs`). None of this changes what is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandLine {
    /// Names of the flags, without leading dashes.
    pub flags: Vec<String>,
    /// The format that they were given for, if what is read was made from it.
    pub format: Option<&'static str>,
}

/// How files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IoMode {
    /// Mapped, except on network file systems.
    #[default]
    Auto,
    /// Always mapped where it can be.
    Mmap,
    /// Always read through windows.
    Read,
}

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFormat {
    /// CSV and other delimited text.
    Csv,
    /// XES, as IEEE 1849 defines it.
    Xes,
    /// JSON: an array of objects, one object that holds one, or objects one after the other.
    Json,
    /// JSON, an object on each line.
    Jsonl,
    /// OCEL 2.0 or 1.0 as JSON.
    OcelJson,
    /// OCEL 2.0 or 1.0 as XML.
    OcelXml,
    /// OCEL 2.0 or 1.0 in an SQLite file.
    OcelSqlite,
}

impl InputFormat {
    /// The name that `--from` accepts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xes => "xes",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::OcelJson => "ocel-json",
            Self::OcelXml => "ocel-xml",
            Self::OcelSqlite => "ocel-sqlite",
        }
    }
}

/// What is known of a CSV file beforehand; the rest is found.
#[derive(Debug, Clone, Default)]
pub struct CsvOptions {
    /// Delimiter between fields, of one or more bytes; `None`: detect it.
    pub delimiter: Option<Vec<u8>>,
    /// Around fields; `Some(None)`: nothing quotes.
    pub quote: Option<Option<u8>>,
    /// Before quotes inside quotes; `Some(None)`: doubling.
    pub escape: Option<Option<u8>>,
    /// First byte of comment lines; `Some(None)`: there are none.
    pub comment: Option<Option<u8>>,
    /// Whether the first record names the columns.
    pub header: Option<bool>,
    /// Lines before the header.
    pub skip_lines: Option<u64>,
    /// What to do with records that have another number of fields than the header.
    pub uneven_rows: UnevenRows,
    /// What to do with records that hold a byte 0x00.
    pub nul_bytes: NulBytes,
}

/// What to do with a record that has fewer or more fields than the header has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnevenRows {
    /// The record is a bad row.
    #[default]
    Reject,
    /// A record with fewer fields gets nulls at its end; one with more is a bad row.
    Pad,
    /// A record with more fields loses those at its end; one with fewer is a bad row.
    Cut,
    /// Records with fewer fields get nulls, and records with more lose the surplus.
    Both,
}

impl UnevenRows {
    /// Whether a record with fewer fields becomes a row.
    pub fn pads(self) -> bool {
        matches!(self, Self::Pad | Self::Both)
    }

    /// Whether a record with more fields becomes a row.
    pub fn cuts(self) -> bool {
        matches!(self, Self::Cut | Self::Both)
    }
}

/// What to do with a record of CSV that holds a byte 0x00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NulBytes {
    /// The record is a bad row.
    #[default]
    Reject,
    /// The byte stays in its value.
    Keep,
}

/// Options for XES input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct XesOptions {
    /// What an event or trace lacks is taken from the log's global defaults.
    pub fill_defaults: bool,
}

/// Options for JSON input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JsonOptions {
    /// Where the array of rows is, as RFC 6901 writes it; `None`: it is found.
    pub path: Option<String>,
    /// Comments, commas behind the last value, and Python's words for floats are read.
    pub lenient: bool,
}

/// Options for types and values.
#[derive(Debug, Clone, Default)]
pub struct ValueOptions {
    /// Every column that is not declared is text.
    pub all_text: bool,
    /// JSON objects and arrays stay text.
    pub nested_text: bool,
    /// Words that mean null in every column; `None`: the usual ones, in columns that are not text.
    pub null_words: Option<Vec<String>>,
    /// The decimal mark, if not to be found.
    pub decimal: Option<DecimalMark>,
    /// The order of dates, if not to be found.
    pub date_order: Option<DateOrder>,
    /// The layouts of timestamps in the timestamp columns, strftime-like, or `unix-s`, `unix-ms`, `unix-us`,
    /// `unix-ns` for numbers since 1970. A value has one of them, the first that reads it.
    pub timestamp_formats: Vec<String>,
    /// Time zone assumed for timestamps that carry none.
    pub zone: ZoneRule,
}

/// A column that a schema file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// The column's name in the source.
    pub name: String,
    /// Type of the column.
    pub column_type: ColumnType,
    /// Layouts of its timestamps, strftime-like; none for the usual ones.
    pub formats: Vec<String>,
}

/// What happens to a record that is no row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum OnBadRow {
    /// The run fails and writes nothing.
    #[default]
    Fail,
    /// It goes to the rejects file, and the run goes on until there are too many.
    Reject(BadRowLimit),
}

/// How many malformed rows are tolerated before the run fails.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BadRowLimit {
    /// Any number of bad rows is tolerated.
    #[default]
    None,
    /// At most this number of bad rows is tolerated.
    Rows(u64),
    /// At most this percentage of all records is tolerated.
    Percent(f64),
}

impl FromStr for BadRowLimit {
    type Err = Error;

    /// Reads `100` or `2.5%`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Code::Usage, format!("expected a number of rows or a percentage, found {text:?}"))
                .help("write 100 or 2.5%")
        };
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Self::Rows).map_err(|_| wrong()),
        }
    }
}

/// Size of row groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowGroupSize {
    /// A 64th of the input, from 16 to 32 MiB of it.
    #[default]
    Auto,
    /// A number of bytes of input.
    Bytes(u64),
    /// So many rows at most; the input is cut as by default and each piece divided.
    Rows(u64),
}

impl RowGroupSize {
    /// Rows in a row group at most, if the user gives a number of rows.
    pub fn most_rows(self) -> Option<u64> {
        match self {
            Self::Rows(rows) => Some(rows),
            Self::Auto | Self::Bytes(_) => None,
        }
    }
}

impl FromStr for RowGroupSize {
    type Err = Error;

    /// Reads `auto`, a size such as `64MiB`, or `100000rows`.
    fn from_str(text: &str) -> Result<Self> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        let lower = text.to_ascii_lowercase();
        if let Some(rows) = lower.strip_suffix("rows").or_else(|| lower.strip_suffix("row")) {
            return match rows.trim().parse() {
                Ok(rows) if rows > 0 => Ok(Self::Rows(rows)),
                _ => Err(Error::new(Code::Usage, format!("expected a number of rows, found {text:?}"))),
            };
        }
        match parse_size(text)? {
            0 => Err(Error::new(Code::Usage, "the size of row groups must not be zero")),
            bytes => Ok(Self::Bytes(bytes)),
        }
    }
}

/// Reads a size in bytes: `1048576`, `64MB`, `64MiB`, `1.5GiB`, `512k`. MB counts thousands, MiB and M count
/// 1024s.
pub fn parse_size(text: &str) -> Result<u64> {
    let wrong = || {
        Error::new(Code::Usage, format!("expected a size, found {text:?}"))
            .help("write a number of bytes, or one with KiB, MiB, GiB, kB, MB or GB")
    };
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let factor: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    let bytes = number * factor as f64;
    if bytes.is_finite() && bytes < 1e18 { Ok(bytes as u64) } else { Err(wrong()) }
}

/// Compression of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Pages are not compressed.
    None,
    /// Snappy, raw format.
    Snappy,
    /// Gzip, level 0 to 9.
    Gzip(u32),
    /// LZ4, raw blocks.
    Lz4,
    /// Brotli, level 0 to 11.
    Brotli(u32),
    /// Zstandard, level 1 to 22.
    Zstd(i32),
}

impl FromStr for Compression {
    type Err = Error;

    /// Reads `zstd`, `zstd:9`, `snappy`, `gzip:6`, `lz4`, `brotli:5`, `none`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Code::Usage, format!("unknown compression {text:?}"))
                .help("use zstd[:1-22], snappy, gzip[:0-9], lz4, brotli[:0-11] or none")
        };
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let within = |default, range: std::ops::RangeInclusive<u32>| {
            let level = level.unwrap_or(default);
            if range.contains(&level) { Ok(level) } else { Err(wrong()) }
        };
        let without = |compression| if level.is_none() { Ok(compression) } else { Err(wrong()) };
        match name.to_ascii_lowercase().as_str() {
            "zstd" => Ok(Self::Zstd(within(3, 1..=22)? as i32)),
            "gzip" => Ok(Self::Gzip(within(6, 0..=9)?)),
            "brotli" => Ok(Self::Brotli(within(1, 0..=11)?)),
            "snappy" => without(Self::Snappy),
            "lz4" => without(Self::Lz4),
            "none" | "uncompressed" => without(Self::None),
            _ => Err(wrong()),
        }
    }
}

/// What runs beside a conversion and may look in or stop it: progress bars, signal handlers.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<WatchInner>);

#[derive(Debug, Default)]
struct WatchInner {
    stop: AtomicBool,
    total: AtomicU64,
    done: AtomicU64,
    rows: AtomicU64,
    pass: AtomicU64,
    following: AtomicBool,
    followed: Mutex<Option<Arc<AtomicU64>>>,
}

impl Watch {
    /// Asks the run to stop; it does within a batch.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop.
    #[inline]
    pub fn stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// Begins a pass over `total` bytes of input; 0 if that is not known.
    pub fn begin(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
        self.0.done.store(0, Ordering::Relaxed);
        self.0.rows.store(0, Ordering::Relaxed);
        self.0.pass.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds what a batch got done.
    #[inline]
    pub fn add(&self, bytes: u64, rows: u64) {
        if !self.0.following.load(Ordering::Relaxed) {
            self.0.done.fetch_add(bytes, Ordering::Relaxed);
        }
        self.0.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Counts bytes by this counter and no longer by batches: text that is unpacked or transcoded is not as
    /// long as its file.
    pub fn follow(&self, counter: Arc<AtomicU64>) {
        *self.0.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(counter);
        self.0.following.store(true, Ordering::Relaxed);
    }

    /// Ends what [`Watch::follow`] began; what the counter says is done.
    pub fn unfollow(&self) {
        let followed = self.0.followed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let bytes = followed.map_or(0, |counter| counter.load(Ordering::Relaxed));
        self.0.following.store(false, Ordering::Relaxed);
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes in all, bytes done, rows, and which pass.
    pub fn progress(&self) -> (u64, u64, u64, u64) {
        let get = |it: &AtomicU64| it.load(Ordering::Relaxed);
        let followed =
            self.0.followed.lock().unwrap_or_else(PoisonError::into_inner).as_deref().map_or(0, get);
        (get(&self.0.total), get(&self.0.done) + followed, get(&self.0.rows), get(&self.0.pass))
    }

    /// An error if the run was asked to stop.
    pub fn check(&self) -> Result<()> {
        if self.stopped() { Err(Error::new(Code::Interrupted, "the output was discarded")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("1", 1), ("64MB", 64_000_000), ("64MiB", 64 << 20), ("1.5k", 1536)] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "MB", "-1", "1 parsec", "1e9"] {
            assert_eq!(parse_size(text).unwrap_err().code(), Code::Usage, "{text}");
        }
    }

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
}
