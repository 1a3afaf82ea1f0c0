//! The commands and their flags. What is read and how, which several commands share, is in [`read`].
//!
//! Flags are checked one by one here; whether they fit together is asked where they are used.

pub mod read;

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum, ValueHint};
use logflow::config::{BadRowLimit, Compression, RowGroupSize};
use logflow::model::condition::Condition;

use crate::parse;
use read::ReadArgs;

/// Process-mining logs to Parquet: every record, exactly typed, fast, in bounded memory.
#[derive(Debug, Parser)]
#[command(
    name = "logflow",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    max_term_width = 110,
    after_help = AFTER_HELP
)]
pub struct Args {
    #[command(flatten)]
    pub console: ConsoleArgs,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  logflow convert log.csv -o log.parquet     one file to Parquet
  logflow schema log.csv                     what is in it: columns, types, roles
  logflow convert logs/ -o out/              every log of a folder, one file each

Every option can also be set by an environment variable (LOGFLOW_ROW_GROUP_SIZE
for --row-group-size), in logflow.toml in the working folder
(row-group-size = \"64MiB\"), or in ~/.config/logflow/config.toml. A flag comes
before a variable, a variable before a file.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not valid, 4 done in part (some rows or inputs
were rejected; files of a folder that are no logs do not count), 130 and 143 stopped by a signal.
A run that fails or is stopped leaves no output behind, and an old one as it was.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Convert event logs to Parquet
    Convert(Box<ConvertArgs>),
    /// Show what is in a log: dialect, columns, types, roles
    Schema(Box<SchemaArgs>),
    /// Hold logs against their standard: XES, OCEL, or a bundle against its own checksums
    Validate(ValidateArgs),
    /// Make up a realistic log, always the same for a seed
    Generate(GenerateArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them to a folder
    Man(ManArgs),
}

/// What a person sees.
#[derive(Debug, Group)]
#[command(next_help_heading = "Messages")]
pub struct ConsoleArgs {
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: dialect, passes, memory
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Colours; auto heeds NO_COLOR, CLICOLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false)]
    pub color: Color,
    /// Progress on standard error: a bar on a terminal (auto), a JSON object a line (json), or none
    #[arg(long, global = true, value_name = "HOW", default_value = "auto")]
    pub progress: ProgressStyle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressStyle {
    Auto,
    Json,
    None,
}

/// `logflow convert`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = CONVERT_EXAMPLES)]
pub struct ConvertArgs {
    /// Files, folders, quoted patterns such as 'logs/**/*.csv', or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Parquet file to write; a folder, or a path that ends in /, gets an output for each input, in the folders that the inputs are in; a name that ends in .xes or .xes.gz gets the log
    /// as XES. For OCEL a folder of tables, or a log that ends in .json, .xml, .sqlite
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run", value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,
    /// Replace an output that exists
    #[arg(long)]
    pub force: bool,
    /// XES: also write the cases as a table, to OUT with .cases before its extension
    #[arg(long)]
    pub tables: bool,
    /// OCEL: the tables of the folder: the OCEL bundle 1.0, pm4py's five tables, or oceldb's format version 2
    #[arg(long, value_name = "LAYOUT", default_value = "bundle", conflicts_with = "flatten")]
    pub layout: LayoutChoice,
    /// OCEL: a classic log of this object type, whose objects are the cases, to Parquet or XES
    #[arg(long, value_name = "OBJECT_TYPE")]
    pub flatten: Option<String>,
    /// Write only the rows for which this is true, such as "amount > 100 and activity != 'Draft'"; given several times, all must be
    /// true. Operators: = != < <= > >=, in (...), between, like, is null, and, or, not
    #[arg(long = "where", value_name = "CONDITION", value_parser = parse::checked::<Condition>, help_heading = "Rows")]
    pub conditions: Vec<Condition>,
    /// Look at the inputs, say what would be written, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Pages compressed by zstd[:1-22], snappy, gzip[:0-9], lz4, brotli[:0-11] or none
    #[arg(long, value_name = "CODEC", default_value = "zstd:3", value_parser = parse::checked::<Compression>, help_heading = "Parquet")]
    pub compression: Compression,
    /// Row groups by input: auto, a size such as 64MiB, or 100000rows
    #[arg(long, value_name = "SIZE", default_value = "auto", value_parser = parse::checked::<RowGroupSize>, help_heading = "Parquet")]
    pub row_group_size: RowGroupSize,
    /// What a record that is no row does: fail the run, or go to OUT.rejects.jsonl
    #[arg(long, value_name = "WHAT", default_value = "fail", help_heading = "Bad rows")]
    pub on_bad_row: BadRowChoice,
    /// With --on-bad-row reject: fail when there are more than so many, or than such a share
    #[arg(long, value_name = "N|P%", value_parser = parse::checked::<BadRowLimit>, help_heading = "Bad rows")]
    pub max_bad_rows: Option<BadRowLimit>,
    #[command(flatten)]
    pub read: ReadArgs,
    /// The closing report: text on standard error, or a JSON object for each output on standard output
    #[arg(long, value_name = "FORM", default_value = "text", help_heading = "Messages")]
    pub report: ReportStyle,
    /// Say where the time went
    #[arg(long, help_heading = "Messages")]
    pub timings: bool,
}

const CONVERT_EXAMPLES: &str = "\
Examples:
  logflow convert log.csv -o log.parquet

  Several files to one table; one Parquet file for each:
    logflow convert 2024.csv 2025.csv.gz -o both.parquet
    logflow convert 'logs/**/*.csv' -o out/

  A folder, event logs and object-centric logs of every format:
    logflow convert logs/ -o out/
  logs/a/x.csv becomes out/a/x.parquet, an object-centric log the folder out/a/x.
  Two that would have one name keep their endings (x.csv.parquet, x.xes.parquet);
  files of one name that are given one by one keep the folders in which they differ.
  What is no log is left out and named. A name ending of no format (.txt, .dat) is a
  log if the content is one: XES, OCEL, or a table with names, columns and rows.

  From a pipe:
    curl https://example.org/log.csv | logflow convert - --from csv -o log.parquet

  Columns that play a role, named as pm4py wants them:
    logflow convert log.csv -o log.parquet --case-id Order --activity Step --naming xes

  Dates, numbers and clocks of another country:
    logflow convert log.csv -o log.parquet --date-order dmy --decimal comma --timezone Europe/Berlin

  The rows of one year, without drafts:
    logflow convert log.csv -o log.parquet \\
      --where \"time >= '2024-01-01' and time < '2025-01-01' and activity != 'Draft'\"

  Bad rows set aside, unless there are too many:
    logflow convert log.csv -o log.parquet --on-bad-row reject --max-bad-rows 1%

  Types looked at, changed if need be, and declared:
    logflow schema log.csv --format file > log.toml
    logflow convert log.csv -o log.parquet --schema log.toml";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayoutChoice {
    Bundle,
    Pm4py,
    Oceldb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BadRowChoice {
    Fail,
    Reject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportStyle {
    Text,
    Json,
}

/// `logflow schema`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = SCHEMA_EXAMPLES)]
pub struct SchemaArgs {
    /// Files, folders, quoted patterns, or - for standard input; several are looked at as one table
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// A table for people, JSON for programs, or a file that convert --schema takes
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub format: SchemaFormat,
    #[command(flatten)]
    pub read: ReadArgs,
}

const SCHEMA_EXAMPLES: &str = "\
The whole input is read: a type holds for every value, not for a sample.

Examples:
  logflow schema log.csv
  logflow schema log.csv --format json | jq '.columns[].name'
  logflow schema log.csv --format file > log.toml";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    Table,
    Json,
    File,
}

/// `logflow validate`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = VALIDATE_EXAMPLES)]
pub struct ValidateArgs {
    /// XES or OCEL logs, folders, quoted patterns, bundles
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// A table for people, or a JSON object for each input, one a line
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub format: ValidationFormat,
    /// Violations of each input that are listed; the rest are counted; 0 lists all
    #[arg(long, value_name = "N", default_value = "1000")]
    pub limit: usize,
    /// Format of the input; needed for standard input
    #[arg(long, value_name = "FORMAT", value_parser = parse::with_standard())]
    pub from: Option<read::InputFormat>,
    /// Such as windows-1252, utf-16le, shift_jis
    #[arg(long, value_name = "LABEL", value_parser = parse::encoding)]
    pub encoding: Option<String>,
}

const VALIDATE_EXAMPLES: &str = "\
Nothing is converted. What a log breaks is listed with its place and its rule, and
the exit code is then 3; convert reads most such logs all the same.

Examples:
  logflow validate log.xes.gz
  logflow validate logs/ --limit 20
  logflow validate log.jsonocel --format json | jq '.violations[].what'
  logflow validate bundle/";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ValidationFormat {
    Table,
    Json,
}

/// `logflow generate`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = GENERATE_EXAMPLES)]
pub struct GenerateArgs {
    /// How many events, such as 1000, 10k or 1M; OCEL has 500k unless given
    #[arg(long, value_name = "N", value_parser = parse::number, required_unless_present = "format")]
    pub events: Option<u64>,
    /// How many cases; of 5 to 60 events each unless given; not in OCEL
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub cases: Option<u64>,
    /// OCEL: how many objects; three for ten events unless given
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub objects: Option<u64>,
    /// Another seed, another log
    #[arg(long, value_name = "S", default_value = "1")]
    pub seed: u64,
    /// Events of all cases by time, and not case after case; not in XES, always in OCEL
    #[arg(long)]
    pub interleave: bool,
    /// Share of events to damage, such as 0.001 or 0.1%; not in OCEL
    #[arg(long, value_name = "P", default_value = "0", value_parser = parse::share)]
    pub dirty: f64,
    /// Format of the log; unless given, that of OUT's name, and csv if it has none
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<LogFormat>,
    /// File to write; - is standard output
    #[arg(short, long, value_name = "OUT", default_value = "-", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace an output that exists
    #[arg(long)]
    pub force: bool,
}

const GENERATE_EXAMPLES: &str = "\
The same options give the same bytes, on every machine.

Examples:
  logflow generate --events 1M -o log.csv
  logflow generate --events 1M -o log.xes
  logflow generate --events 1M -o log.jsonl
  logflow generate --events 10M --interleave --seed 7 | zstd > log.csv.zst
  logflow generate --events 10k --dirty 1% -o dirty.csv
  logflow generate --format ocel-sqlite --events 500k --objects 150k -o log.sqlite";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Csv,
    Jsonl,
    OcelJson,
    OcelSqlite,
    OcelXml,
    Xes,
}

/// `logflow completions`.
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  logflow completions bash > ~/.local/share/bash-completion/completions/logflow
  logflow completions zsh > \"${fpath[1]}/_logflow\"
  logflow completions fish > ~/.config/fish/completions/logflow.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `logflow man`.
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  logflow man | man -l -
  logflow man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder for the pages of all commands; without it, the main page goes to standard output
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}
