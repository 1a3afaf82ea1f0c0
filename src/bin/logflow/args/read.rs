//! Flags about the input: how it is written, what its values mean, which columns play which part, and what the machine may spend.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum, ValueHint};
use logflow::model::value::DateOrder;
use logflow::model::zone::{Fold, ZoneRule};

use crate::parse::{self, Delimiter, Mark, Names};

/// How inputs are read.
#[derive(Debug, Group)]
pub struct ReadArgs {
    #[command(flatten)]
    pub dialect: DialectArgs,
    #[command(flatten)]
    pub values: ValueArgs,
    #[command(flatten)]
    pub columns: ColumnArgs,
    #[command(flatten)]
    pub machine: MachineArgs,
    /// The flags of this run's command line, by name.
    #[arg(skip)]
    pub given: Vec<String>,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "How the input is written (found if not given)")]
pub struct DialectArgs {
    /// Format of the input; needed for standard input
    #[arg(long, value_name = "FORMAT")]
    pub from: Option<InputFormat>,
    /// Between fields: a character or several, tab, \t, \x1f
    #[arg(short, long, value_name = "TEXT", value_parser = parse::delimiter)]
    pub delimiter: Option<Delimiter>,
    /// Around fields: a character, or none
    #[arg(long, value_name = "CHAR", value_parser = parse::mark)]
    pub quote: Option<Mark>,
    /// Before a quote within quotes: a character such as \, or none where quotes are doubled
    #[arg(long, value_name = "CHAR", value_parser = parse::mark)]
    pub escape: Option<Mark>,
    /// At the start of comment lines: a character, or none
    #[arg(long, value_name = "CHAR", value_parser = parse::mark)]
    pub comment: Option<Mark>,
    /// Whether the first record names the columns
    #[arg(long, value_name = "WHETHER", default_value = "auto")]
    pub header: HeaderChoice,
    /// Lines before the header
    #[arg(long, value_name = "N")]
    pub skip_lines: Option<u64>,
    /// CSV rows with another number of fields than the header: reject them, pad short ones with nulls, cut long ones, or both
    #[arg(long, value_name = "ACTION", default_value = "reject")]
    pub uneven_rows: UnevenChoice,
    /// CSV rows that hold a byte 0x00: reject them, or keep the byte in its value
    #[arg(long, value_name = "ACTION", default_value = "reject")]
    pub nul_bytes: NulChoice,
    /// Such as windows-1252, utf-16le, shift_jis
    #[arg(long, value_name = "LABEL", value_parser = parse::encoding)]
    pub encoding: Option<String>,
    /// XES and OCEL: what the standard does not allow is an error
    #[arg(long)]
    pub strict: bool,
    /// XES: what an event or trace lacks is taken from the log's global defaults
    #[arg(long)]
    pub fill_defaults: bool,
    /// JSON: where the array of rows is, such as /data/events
    #[arg(long, value_name = "POINTER")]
    pub json_path: Option<String>,
    /// JSON: comments, commas behind the last value, NaN and Infinity are read
    #[arg(long)]
    pub json_lenient: bool,
}

/// Formats that are or will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    Csv,
    Xes,
    Jsonl,
    Json,
    OcelCsv,
    OcelJson,
    OcelXml,
    OcelSqlite,
    #[value(hide = true)]
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HeaderChoice {
    Yes,
    No,
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnevenChoice {
    Reject,
    Pad,
    Cut,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NulChoice {
    Reject,
    Keep,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "What values mean")]
pub struct ValueArgs {
    /// File with the names and types of columns, TOML or JSON, as logflow schema --format file writes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub schema: Option<PathBuf>,
    /// Every column that is not declared is text
    #[arg(long)]
    pub all_text: bool,
    /// Fail where a warning would say that a column may not have the type it should have
    #[arg(long)]
    pub strict_types: bool,
    /// Objects and arrays in JSON stay text, and make no structs and lists
    #[arg(long)]
    pub nested_text: bool,
    /// Words that mean null in every column, such as NA,NULL; usually NULL, NA and their like do, in columns that are not text
    #[arg(long, value_name = "A,B", value_parser = parse::names)]
    pub null_words: Option<Names>,
    /// Between integer and fraction
    #[arg(long, value_name = "MARK")]
    pub decimal: Option<DecimalChoice>,
    /// Order of day, month and year: ymd, dmy, mdy or ydm
    #[arg(long, value_name = "ORDER", value_parser = parse::checked::<DateOrder>)]
    pub date_order: Option<DateOrder>,
    /// Layout of the timestamp columns, such as '%d.%m.%Y %H:%M:%S'; unix-s, unix-ms, unix-us or unix-ns for
    /// numbers since 1970; may be repeated
    #[arg(long, value_name = "LAYOUT", value_parser = parse::timestamp_format)]
    pub timestamp_format: Vec<String>,
    /// Where clocks without a zone hang: UTC, +02:00, Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = parse::zone)]
    pub timezone: Option<ZoneRule>,
    /// A local time that the change of clocks skips or repeats: reject it, or take the earlier or the later instant
    #[arg(long, value_name = "WHICH", default_value = "reject", value_parser = parse::checked::<Fold>)]
    pub timezone_fold: Fold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecimalChoice {
    Point,
    Comma,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "Columns and their roles")]
pub struct ColumnArgs {
    /// Column of the case
    #[arg(long, value_name = "COLUMN")]
    pub case_id: Option<String>,
    /// Column of the activity
    #[arg(long, value_name = "COLUMN")]
    pub activity: Option<String>,
    /// Column of the time at which an event was complete; it must hold times
    #[arg(long, value_name = "COLUMN")]
    pub timestamp: Option<String>,
    /// Column of the time at which it began
    #[arg(long, value_name = "COLUMN")]
    pub start_timestamp: Option<String>,
    /// Column of who or what did it
    #[arg(long, value_name = "COLUMN")]
    pub resource: Option<String>,
    /// Column of the step in the activity's life, such as start and complete
    #[arg(long, value_name = "COLUMN")]
    pub lifecycle: Option<String>,
    /// Names of role columns: as in the source, or as XES and pm4py have them (case:concept:name, ...)
    #[arg(long, value_name = "WHOSE", default_value = "source")]
    pub naming: NamingChoice,
    /// Keep only these columns, in this order; a name with a comma in it goes between double quotes
    #[arg(long, value_name = "A,B", value_parser = parse::names)]
    pub select: Vec<Names>,
    /// Leave these columns out
    #[arg(long, value_name = "A,B", value_parser = parse::names)]
    pub exclude: Vec<Names>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NamingChoice {
    Source,
    Xes,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "The machine")]
pub struct MachineArgs {
    /// Worker threads [default: those the scheduler, cgroup or SLURM_CPUS_PER_TASK allows]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse::threads)]
    pub threads: Option<usize>,
    /// Bytes the process may hold, such as 64MB [default: 32 MiB and 32 MiB for each thread]
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub memory_limit: Option<u64>,
    /// The longest record
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = parse::size)]
    pub max_record_size: u64,
    /// Whether files are mapped or read; auto maps all but network file systems
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub io: IoChoice,
    /// Largest zstd window that a compressed input may ask for, as a power of two
    #[arg(long, value_name = "N", default_value = "27", value_parser = clap::value_parser!(u32).range(10..=31))]
    pub zstd_window_log: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IoChoice {
    Auto,
    Mmap,
    Read,
}
