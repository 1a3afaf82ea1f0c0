//! Flags about the input: its dialect, the meaning of its values, the roles of its columns, and the resources
//! to use.

use std::path::PathBuf;

use clap::{Args as Group, ValueHint};
use logflow::model::value::{DateOrder, DecimalMark};
use logflow::model::zone::{Fold, ZoneRule};
use logflow::options::{IoMode, NulBytes, UnevenRows};
use logflow::text::row::FormatRow;

use super::steps::StepArgs;
use crate::parse::{self, Delimiter, HeaderChoice, Mark, NameList};

/// Flags about reading, which `convert` and `schema` share.
#[derive(Debug, Group)]
pub struct ReadArgs {
    #[command(flatten)]
    pub dialect: DialectArgs,
    #[command(flatten)]
    pub values: ValueArgs,
    #[command(flatten)]
    pub columns: ColumnArgs,
    #[command(flatten)]
    pub steps: StepArgs<true>,
    #[command(flatten)]
    pub machine: MachineArgs,
    /// The flags of this run's command line, by name.
    #[arg(skip)]
    pub given: Vec<String>,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "Input format and dialect (detected by default)")]
pub struct DialectArgs {
    /// Format of the input; required for standard input
    #[arg(long, value_name = "FORMAT", value_parser = parse::format())]
    pub from: Option<&'static FormatRow>,
    /// CSV: delimiter between fields: one or more characters, tab, \t or \x1f
    #[arg(short, long, value_name = "TEXT", value_parser = parse::delimiter)]
    pub delimiter: Option<Delimiter>,
    /// CSV: quote character around fields, or none
    #[arg(long, value_name = "CHAR", value_parser = parse::mark)]
    pub quote: Option<Mark>,
    /// CSV: escape character before a quote inside a quoted field, such as \, or none if quotes are doubled
    #[arg(long, value_name = "CHAR", value_parser = parse::mark)]
    pub escape: Option<Mark>,
    /// CSV: character at the start of comment lines, or none
    #[arg(long, value_name = "CHAR", value_parser = parse::mark)]
    pub comment: Option<Mark>,
    /// Access logs: format of the lines: common, combined, vhost, nginx, w3c and so on, or a format string such
    /// as '%h %l %u %t "%r" %>s %b' or '$remote_addr [$time_local] "$request"'
    #[arg(long, value_name = "FORMAT")]
    pub access_format: Option<String>,
    /// Workbooks: sheet to read, by number or name; also a table, a named area, Sheet!B3:F100, or all
    /// [default: the first sheet with values]
    #[arg(long, value_name = "SHEET")]
    pub sheet: Option<String>,
    /// CSV and workbooks: whether the first record contains the column names
    #[arg(long, value_name = "auto|yes|no", default_value = "auto", hide_possible_values = true, value_parser = parse::header())]
    pub header: HeaderChoice,
    /// CSV and workbooks: number of lines to skip before the header
    #[arg(long, value_name = "N")]
    pub skip_lines: Option<u64>,
    /// CSV: what to do with rows that have more or fewer fields than the header: treat them as bad rows
    /// (reject), pad short rows with nulls, cut long rows, or both
    #[arg(long, value_name = "reject|pad|cut|both", default_value = "reject", hide_possible_values = true, value_parser = parse::word::<UnevenRows>())]
    pub uneven_rows: UnevenRows,
    /// CSV: what to do with rows that contain a byte 0x00: treat them as bad rows (reject), or keep the byte
    #[arg(long, value_name = "reject|keep", default_value = "reject", hide_possible_values = true, value_parser = parse::word::<NulBytes>())]
    pub nul_bytes: NulBytes,
    /// Character encoding, such as windows-1252, utf-16le or shift_jis
    #[arg(long, value_name = "LABEL", value_parser = parse::encoding)]
    pub encoding: Option<String>,
    /// XES and OCEL: fail if the input violates its standard
    #[arg(long)]
    pub strict: bool,
    /// XES: fill missing attributes of events and traces from the log's global defaults
    #[arg(long)]
    pub fill_defaults: bool,
    /// JSON: path of the array of rows, as a JSON pointer such as /data/events
    #[arg(long, value_name = "POINTER")]
    pub json_path: Option<String>,
    /// JSON: accept comments, trailing commas, NaN and Infinity
    #[arg(long)]
    pub json_lenient: bool,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "Types and values")]
pub struct ValueArgs {
    /// File (TOML or JSON) with the names and types of columns, as logflow schema --format file writes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub schema: Option<PathBuf>,
    /// Read every column as text, except columns that --schema declares
    #[arg(long)]
    pub all_text: bool,
    /// Fail instead of warning if a column may have the wrong type
    #[arg(long)]
    pub strict_types: bool,
    /// JSON: keep objects and arrays as text rather than read them as structs and lists
    #[arg(long)]
    pub nested_text: bool,
    /// Words that mean null in every column, such as NA,NULL [default: NULL, NA and similar words, in columns
    /// that are not text]
    #[arg(long, value_name = "WORD,...", value_parser = parse::names)]
    pub null_words: Option<NameList>,
    /// Decimal mark of numbers [default: detected]
    #[arg(long, value_name = "point|comma", hide_possible_values = true, value_parser = parse::word::<DecimalMark>())]
    pub decimal: Option<DecimalMark>,
    /// Order of day, month and year in dates [default: detected]
    #[arg(long, value_name = "ymd|dmy|mdy|ydm", value_parser = parse::checked::<DateOrder>)]
    pub date_order: Option<DateOrder>,
    /// Format of timestamps, such as '%d.%m.%Y %H:%M:%S', or unix-s, unix-ms, unix-us or unix-ns for numbers
    /// since 1970; can be repeated [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = parse::timestamp_format)]
    pub timestamp_format: Vec<String>,
    /// Time zone of timestamps that carry none, such as UTC, +02:00 or Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = parse::zone)]
    pub timezone: Option<ZoneRule>,
    /// What to do with a local time that a clock change skips or repeats: treat the row as bad (reject), or
    /// take the earlier or the later instant
    #[arg(long, value_name = "reject|earlier|later", default_value = "reject", value_parser = parse::checked::<Fold>)]
    pub timezone_fold: Fold,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "Columns and roles")]
pub struct ColumnArgs {
    /// Column that identifies the case
    #[arg(long, value_name = "COLUMN")]
    pub case_id: Option<String>,
    /// Column of the activity
    #[arg(long, value_name = "COLUMN")]
    pub activity: Option<String>,
    /// Column of the time at which the event completed; it must contain timestamps
    #[arg(long, value_name = "COLUMN")]
    pub timestamp: Option<String>,
    /// Column of the time at which the event started
    #[arg(long, value_name = "COLUMN")]
    pub start_timestamp: Option<String>,
    /// Column of the person or system that executed the event
    #[arg(long, value_name = "COLUMN")]
    pub resource: Option<String>,
    /// Column of the lifecycle transition, such as start or complete
    #[arg(long, value_name = "COLUMN")]
    pub lifecycle: Option<String>,
}

#[derive(Debug, Group)]
#[command(next_help_heading = "Resources")]
pub struct MachineArgs {
    /// Number of worker threads [default: the CPUs that the scheduler, cgroup or SLURM_CPUS_PER_TASK allows]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse::threads)]
    pub threads: Option<usize>,
    /// Maximum memory of the process, such as 64MB [default: 32 MiB plus 32 MiB per thread]
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub memory_limit: Option<u64>,
    /// Maximum size of a record
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = parse::size)]
    pub max_record_size: u64,
    /// How to read files: memory-mapped (mmap), with read calls (read), or auto: read on network file
    /// systems, mmap elsewhere
    #[arg(long, value_name = "auto|mmap|read", default_value = "auto", hide_possible_values = true, value_parser = parse::word::<IoMode>())]
    pub io: IoMode,
    /// Maximum zstd window of compressed inputs, as a power of two
    #[arg(long, value_name = "N", default_value = "27", value_parser = clap::value_parser!(u32).range(10..=31))]
    pub zstd_window_log: u32,
}
