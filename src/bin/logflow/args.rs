//! The commands and their flags. What is read and how, which several commands share, is in [`read`].
//!
//! Flags are checked one by one here; whether they fit together is asked where they are used.

pub mod generate;
pub mod inspect;
pub mod migrate;
pub mod parquet;
pub mod pseudonymise;
pub mod read;
pub mod risk;
pub mod stats;
pub mod steps;
pub mod view;

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum, ValueHint};
use logflow::options::BadRowLimit;
use logflow::text::row::FormatRow;

use crate::parse;
use generate::GenerateArgs;
use inspect::InspectArgs;
use migrate::{ExplainArgs, MigrateArgs, VerifyArgs};
use parquet::ParquetArgs;
use pseudonymise::{KeygenArgs, PseudonymiseArgs};
use read::ReadArgs;
use risk::RiskArgs;
use stats::StatsArgs;
use steps::StepArgs;
use view::ViewArgs;

/// Convert process-mining logs to Parquet: every record, exactly typed, fast, in bounded memory
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
  logflow convert log.csv -o log.parquet     Convert one file to Parquet
  logflow view log.csv                       Look at its first rows
  logflow schema log.csv                     Show its columns, their types and roles
  logflow convert logs/ -o out/              Convert every log in a folder

Every option can also be set by an environment variable (LOGFLOW_ROW_GROUP_SIZE
for --row-group-size), in logflow.toml in the working folder
(row-group-size = \"64MiB\"), or in ~/.config/logflow/config.toml. Flags override
variables, and variables override files.

Exit codes:
  0         success
  1         failure
  2         wrong usage
  3         the input is not valid (logflow validate), or not good enough (inspect --fail-on)
  4         partial success: some rows or inputs were rejected
            (files in a folder that are not logs do not count)
  130, 143  stopped by a signal
A run that fails or is stopped writes no output and leaves an existing output unchanged.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Convert event logs to Parquet
    Convert(Box<ConvertArgs>),
    /// Write a log without the values that tell who somebody is: pseudonyms, masks, ranges, shifted times
    #[command(visible_alias = "anonymise", aliases = ["anonymize", "pseudonymize"])]
    Pseudonymise(Box<PseudonymiseArgs>),
    /// Show how many cases of a log can be recognised by what somebody may know of them
    Risk(Box<RiskArgs>),
    /// Make a secret key for pseudonyms
    Keygen(KeygenArgs),
    /// Write some cases of a log, or some rows of each case: by time, activities, variants, duration and more
    #[command(after_help = FILTER_EXAMPLES)]
    Filter(Box<ConvertArgs>),
    /// Write a sample of the cases of a log, and tell what it no longer shows
    #[command(after_help = SAMPLE_EXAMPLES)]
    Sample(Box<ConvertArgs>),
    /// Run a pipeline file: a source, steps and targets
    Run(RunArgs),
    /// Show the dialect, columns, types and roles of a log
    Schema(Box<SchemaArgs>),
    /// Show statistics of the process: activities, directly-follows graph, variants, durations
    Stats(Box<StatsArgs>),
    /// Show whether a log is any good: its columns, and checks of its quality with scores
    Inspect(Box<InspectArgs>),
    /// Show the first, last or some rows of a log, or the events of one case
    View(Box<ViewArgs>),
    /// Check logs against their standard (XES or OCEL), or bundles against their checksums
    Validate(ValidateArgs),
    /// Convert an archive of logs, with a journal: can be stopped, resumed, divided and verified
    Migrate(Box<MigrateArgs>),
    /// Check the outputs of a migration against its journal, or against the values of the sources
    Verify(VerifyArgs),
    /// Explain the code of an error: what causes it, an example, and what to do
    Explain(ExplainArgs),
    /// Generate a realistic log, always the same for the same seed
    Generate(GenerateArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write the pages of all commands to a folder
    Man(ManArgs),
}

/// Flags about what is printed, which all commands share.
#[derive(Debug, Group)]
#[command(next_help_heading = "Messages")]
pub struct ConsoleArgs {
    /// Print only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more details: dialect, passes, memory
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colors; auto follows NO_COLOR, CLICOLOR and CLICOLOR_FORCE
    #[arg(
        long,
        global = true,
        value_name = "auto|always|never",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Color,
    /// Progress on standard error: a bar if it is a terminal (auto), JSON Lines (json), or no progress (none)
    #[arg(
        long,
        global = true,
        value_name = "auto|json|none",
        default_value = "auto",
        hide_possible_values = true
    )]
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

/// Flags of `logflow convert`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = CONVERT_EXAMPLES)]
pub struct ConvertArgs {
    /// Files, folders, quoted patterns such as 'logs/**/*.csv', or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Output: a Parquet file, or an XES log if the name ends in .xes or .xes.gz. A folder, or a path that
    /// ends in /, gets an output for each input and keeps the folders of the inputs. For OCEL input: a folder
    /// of Parquet tables, or an OCEL log if the name ends in .json, .xml or .sqlite
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run", value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,
    /// Replace existing outputs
    #[arg(long)]
    pub force: bool,
    /// XES: also write a table of the cases, to OUT with .cases before the extension
    #[arg(long)]
    pub tables: bool,
    /// OCEL: which tables to write: OCEL bundle 1.0 (bundle), the five tables of pm4py (pm4py), or oceldb
    /// format version 2 (oceldb)
    #[arg(long, value_name = "bundle|pm4py|oceldb", default_value = "bundle", hide_possible_values = true)]
    #[arg(conflicts_with = "flatten")]
    pub layout: LayoutChoice,
    /// OCEL: write a classic event log (Parquet or XES) whose cases are the objects of this type
    #[arg(long, value_name = "OBJECT_TYPE")]
    pub flatten: Option<String>,
    #[command(flatten)]
    pub rows: StepArgs<false>,
    /// Also inspect the rows as `logflow inspect` does, in the same pass, and write the result to this file: JSON,
    /// or a page if the name ends in .html. For one event log
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub inspect: Option<PathBuf>,
    /// Rules for --inspect, as `logflow inspect --rules` takes them
    #[arg(long, value_name = "FILE", requires = "inspect", value_hint = ValueHint::FilePath)]
    pub rules: Option<PathBuf>,
    /// Read the inputs and print what would be written, without writing it
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print the pipeline file that does the same, for logflow run, and write nothing
    #[arg(long)]
    pub print_pipeline: bool,
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// What to do with a malformed record: fail the run, or write it to OUT.rejects.jsonl and go on (reject)
    #[arg(long, value_name = "fail|reject", default_value = "fail", hide_possible_values = true)]
    #[arg(help_heading = "Bad rows")]
    pub on_bad_row: BadRowChoice,
    /// With --on-bad-row reject: the number or percentage of bad rows that is tolerated before the run fails
    #[arg(long, value_name = "N|P%", value_parser = parse::checked::<BadRowLimit>, help_heading = "Bad rows")]
    pub max_bad_rows: Option<BadRowLimit>,
    #[command(flatten)]
    pub read: ReadArgs,
    /// Final report: text on standard error, or JSON Lines, an object per output, on standard output
    #[arg(long, value_name = "text|json", default_value = "text", hide_possible_values = true)]
    #[arg(help_heading = "Messages")]
    pub report: ReportStyle,
    /// Print the time spent in each stage
    #[arg(long, help_heading = "Messages")]
    pub timings: bool,
}

const CONVERT_EXAMPLES: &str = "\
Examples:
  logflow convert log.csv -o log.parquet

  Several files into one table, or into one Parquet file each:
    logflow convert 2024.csv 2025.csv.gz -o both.parquet
    logflow convert 'logs/**/*.csv' -o out/

  All logs of a folder, whatever their formats:
    logflow convert logs/ -o out/
  logs/a/x.csv becomes out/a/x.parquet; an object-centric log becomes the folder
  out/a/x. Outputs that would get the same name keep the extensions of their inputs
  (x.csv.parquet, x.xes.parquet). Inputs of the same name that are given one by one
  keep the folders in which they differ. Files that are not logs are skipped and
  listed. A file with an unknown extension (.txt, .dat) is converted if its content
  is a log: XES, OCEL, or a table with column names and rows.

  From a pipe:
    curl https://example.org/log.csv | logflow convert - --from csv -o log.parquet

  Declare the roles of columns, and name them as pm4py expects:
    logflow convert log.csv -o log.parquet --case-id Order --activity Step --naming xes

  Date order, decimal mark and time zone of another country:
    logflow convert log.csv -o log.parquet --date-order dmy --decimal comma --timezone Europe/Berlin

  Only the rows of one year, without drafts:
    logflow convert log.csv -o log.parquet \\
      --where \"time >= '2024-01-01' and time < '2025-01-01' and activity != 'Draft'\"

  Reject malformed records, but fail if there are too many:
    logflow convert log.csv -o log.parquet --on-bad-row reject --max-bad-rows 1%

  Write the schema to a file, edit it, and convert with it:
    logflow schema log.csv --format file > log.toml
    logflow convert log.csv -o log.parquet --schema log.toml";

const FILTER_EXAMPLES: &str = "\
All flags are those of `logflow convert`, which can do the same. Filters of whole cases
are done first, in the order in which they are listed, then those that cut cases, then
those that choose rows one by one. The input is read once to know its cases and once
to write the rows; filters of rows alone read it once.

Examples:
  logflow filter log.csv -o part.parquet --time-range 2024-01..2024-03
  logflow filter log.xes.gz -o part.xes --start-activity Register --negate start-activity
  logflow filter log.csv -o part.parquet --top-variants 5 --duration 1d..
  logflow filter log.csv -o part.parquet --follows 'Check > Pay' --case-size 2..
  logflow filter log.csv -o part.parquet --between 'Register > Decide'";

const SAMPLE_EXAMPLES: &str = "\
All flags are those of `logflow convert`, which can do the same: there they have their
longer names, such as --sample-cases. A share is drawn while rows are written; a number
of cases, the first cases and strata need the input to be read twice.

Examples:
  logflow sample log.csv -o part.parquet --cases 10%
  logflow sample log.xes.gz -o part.xes --cases 1000 --seed 7
  logflow sample log.csv -o part.parquet --cases 5% --by variant
  logflow sample log.csv -o part.parquet --cases 500 --by attribute:Country --floor 3
  logflow sample log.csv -o part.parquet --first 100";

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

/// Flags of `logflow run`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// Pipeline file (TOML or JSON), or - for standard input
    #[arg(required_unless_present = "json_schema", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Replace a value of the file, such as run.threads=4 or target.0.path=out.parquet; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Explain what the run would do, and write nothing: inputs, tables before and after each step, passes,
    /// memory, targets, and the command line that does the same
    #[arg(long)]
    pub check: bool,
    /// With --check: the explanation as text or as JSON
    #[arg(long, value_name = "text|json", default_value = "text", hide_possible_values = true)]
    pub format: ReportStyle,
    /// Print the JSON Schema of pipeline files
    #[arg(long)]
    pub json_schema: bool,
    /// Final report: text on standard error, or JSON Lines, an object per output, on standard output
    /// [default: as the file says]
    #[arg(long, value_name = "text|json", hide_possible_values = true)]
    #[arg(help_heading = "Messages")]
    pub report: Option<ReportStyle>,
    /// Print the time spent in each stage
    #[arg(long, help_heading = "Messages")]
    pub timings: bool,
}

const RUN_EXAMPLES: &str = "\
A pipeline file says where logs come from, the steps that their rows pass, and where
they go:
    [source]
    inputs = \"logs/*.csv\"
    [[step]]
    kind = \"where\"
    condition = \"amount > 100\"
    [[target]]
    path = \"out.parquet\"
    [[target]]
    kind = \"stats\"
    path = \"${FIGURES:-.}/stats.json\"

Kinds of targets are log, report, stats, inspect and view; without a kind it is a log.
Options have the names that they have on the command lines of these commands, with _
for -. Paths in the file are from its folder. ${NAME} is a variable of the
environment, and ${NAME:-text} has a default.

Examples:
  logflow run pipeline.toml --check
  logflow run pipeline.toml --set run.threads=4 --set target.0.path=new.parquet
  logflow convert log.csv -o log.parquet --print-pipeline > pipeline.toml
  logflow inspect log.csv --html log.html --print-pipeline > inspection.toml";

/// Flags of `logflow schema`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = SCHEMA_EXAMPLES)]
pub struct SchemaArgs {
    /// Files, folders, quoted patterns such as 'logs/**/*.csv', or - for standard input; several inputs are
    /// read as one table
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Output: a table to read (table), JSON (json), or a schema file for convert --schema (file)
    #[arg(long, value_name = "table|json|file", default_value = "table", hide_possible_values = true)]
    pub format: SchemaFormat,
    #[command(flatten)]
    pub read: ReadArgs,
}

const SCHEMA_EXAMPLES: &str = "\
The whole input is read, so that each type fits every value, not only a sample.

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

/// Flags of `logflow validate`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = VALIDATE_EXAMPLES)]
pub struct ValidateArgs {
    /// XES or OCEL logs, bundles, folders, quoted patterns such as 'logs/**/*.xes', or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Output: a table to read (table), or JSON Lines, an object per input (json)
    #[arg(long, value_name = "table|json", default_value = "table", hide_possible_values = true)]
    pub format: ValidationFormat,
    /// How many violations to list per input (0: all); the others are only counted
    #[arg(long, value_name = "N", default_value = "1000")]
    pub limit: usize,
    /// Format of the input; required for standard input [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = parse::format_with_standard())]
    pub from: Option<&'static FormatRow>,
    /// Character encoding, such as windows-1252, utf-16le or shift_jis [default: detected]
    #[arg(long, value_name = "LABEL", value_parser = parse::encoding)]
    pub encoding: Option<String>,
}

const VALIDATE_EXAMPLES: &str = "\
Nothing is converted. Each violation is listed with its place and the rule of the
standard, and the exit code is then 3. Most such logs can be converted all the same.

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

/// Arguments of `logflow completions`.
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  logflow completions bash > ~/.local/share/bash-completion/completions/logflow
  logflow completions zsh > \"${fpath[1]}/_logflow\"
  logflow completions fish > ~/.config/fish/completions/logflow.fish")]
pub struct CompletionsArgs {
    /// Shell to print completions for
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Arguments of `logflow man`.
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  logflow man | man -l -
  logflow man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder to write the pages of all commands to [default: print the main page to standard output]
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}
