//! Flags of `logflow migrate`, `logflow verify` and `logflow explain`.

use std::path::PathBuf;

use clap::{Args as Group, ValueHint};
use logflow::migrate::choice::SourcePattern;
use logflow::migrate::shard::Shard;
use logflow::options::BadRowLimit;

use super::parquet::ParquetArgs;
use super::read::{ColumnArgs, DialectArgs, MachineArgs, ValueArgs};
use super::steps::StepArgs;
use super::{BadRowChoice, ReportStyle};
use crate::parse;

/// Flags of `logflow migrate`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = MIGRATE_EXAMPLES)]
pub struct MigrateArgs {
    /// Folder of logs; their formats and compressions may differ
    #[arg(value_name = "SRC", value_hint = ValueHint::DirPath)]
    pub source: PathBuf,
    /// Folder of outputs, with the folders of SRC: SRC/a/x.csv.gz becomes DST/a/x.csv.gz.parquet, and an
    /// object-centric log the folder of tables DST/a/x.jsonocel.ocel
    #[arg(value_name = "DST", value_hint = ValueHint::DirPath)]
    pub destination: PathBuf,
    /// Go on with a migration that was stopped or killed: outputs whose checksums, footers and sources are those
    /// of the journal stay, and all others are made
    #[arg(long)]
    pub resume: bool,
    /// With --resume: SRC has another path than before, and its files are the same
    #[arg(long, requires = "resume")]
    pub moved: bool,
    /// Also try files again that failed for what is in them, and have not changed since (implies --resume)
    #[arg(long)]
    pub retry_failed: bool,
    /// Stop at the first file that fails
    #[arg(long, overrides_with = "keep_going")]
    pub fail_fast: bool,
    /// Go on behind files that fail, and exit with 4 at the end; the default
    #[arg(long, overrides_with = "fail_fast")]
    pub keep_going: bool,
    /// Print each file with its format, size and output, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Only files that were changed at this time or later: a day such as 2024-05-01, a time such as
    /// 2024-05-01T08:00:00Z, or a span until now such as 12h, 7d or 2w
    #[arg(long, value_name = "TIME", value_parser = parse::since, help_heading = "Files")]
    pub since: Option<i64>,
    /// Only files that match this pattern: '*.csv' is about names, 'a/**/*.csv' about paths below SRC; can be repeated
    #[arg(long, value_name = "PATTERN", value_parser = parse::checked::<SourcePattern>, help_heading = "Files")]
    pub include: Vec<SourcePattern>,
    /// No files that match this pattern; can be repeated
    #[arg(id = "exclude_files", long = "exclude", value_name = "PATTERN", value_parser = parse::checked::<SourcePattern>, help_heading = "Files")]
    pub exclude: Vec<SourcePattern>,
    /// Convert one of several parts, such as 2/8; each process of a migration has its own
    /// [default: the task of a Slurm array, else 1/1]
    #[arg(long, value_name = "I/N", value_parser = parse::checked::<Shard>, help_heading = "Files")]
    pub shard: Option<Shard>,
    /// Make DST a BagIt bag (RFC 8493): outputs below DST/data, with manifests of SHA-256 and SHA-512
    #[arg(long)]
    pub bag: bool,
    /// Write a report of all files: JSON, Parquet or a page, as the name ends in .json, .parquet or .html
    #[arg(id = "report_file", long = "report", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// What to do with a malformed record: the file fails, or the record goes to a file beside the output (reject)
    #[arg(long, value_name = "fail|reject", default_value = "fail", hide_possible_values = true)]
    #[arg(help_heading = "Bad rows")]
    pub on_bad_row: BadRowChoice,
    /// With --on-bad-row reject: the number or percentage of bad rows that is tolerated before the file fails
    #[arg(long, value_name = "N|P%", value_parser = parse::checked::<BadRowLimit>, help_heading = "Bad rows")]
    pub max_bad_rows: Option<BadRowLimit>,
    #[command(flatten)]
    pub rows: StepArgs<false>,
    #[command(flatten)]
    pub read: ArchiveReadArgs,
}

/// Flags about reading without those that choose columns: an archive has many tables.
#[derive(Debug, Group)]
pub struct ArchiveReadArgs {
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

const MIGRATE_EXAMPLES: &str = "\
Every state of a file is a line of the journal DST/.logflow/journal-1-of-1.jsonl, with
a checksum. Whatever stops the run, even kill -9 or a power failure, the same command
with --resume goes on, and ends with the bytes of a run that nothing disturbed.

Exit codes:
  0         every log is converted
  1         the migration could not begin or go on, or totals do not add up
  2         wrong usage
  4         some files failed, or records were rejected; the list is printed
  130, 143  stopped by a signal; --resume goes on

Examples:
  logflow migrate archive/ parquet/ --report migration.html
  logflow migrate archive/ parquet/ --resume
  logflow migrate archive/ parquet/ --dry-run --include '*.xes*' --since 7d

  Eight processes, wherever they run, or the tasks of a Slurm array:
    logflow migrate archive/ parquet/ --shard 3/8
    sbatch --array=1-8 --wrap 'logflow migrate archive/ parquet/ --resume'

  A bag for long-term storage, and its checks:
    logflow migrate archive/ bag/ --bag
    logflow verify bag/";

/// Flags of `logflow verify`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = VERIFY_EXAMPLES)]
pub struct VerifyArgs {
    /// Folder to which logflow migrate has written
    #[arg(value_name = "DST", value_hint = ValueHint::DirPath)]
    pub destination: PathBuf,
    /// Also read the sources again, and compare every value
    #[arg(long)]
    pub deep: bool,
    /// With --deep: where the sources are now [default: where they were]
    #[arg(long, value_name = "SRC", requires = "deep", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Output: text, or one JSON object (json)
    #[arg(long, value_name = "text|json", default_value = "text", hide_possible_values = true)]
    pub format: ReportStyle,
    /// Number of threads [default: the CPUs that the scheduler, cgroup or SLURM_CPUS_PER_TASK allows]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse::threads)]
    pub threads: Option<usize>,
    /// Maximum memory of the process, such as 64MB [default: 32 MiB plus 32 MiB per thread]
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub memory_limit: Option<u64>,
}

const VERIFY_EXAMPLES: &str = "\
Every file that the journals name is read whole: its BLAKE3 must be that of the journal,
its footer must tell the rows. Files that are missing, renamed, truncated, changed or
added are named, and so are sources that failed or were not reached.

Exit codes:
  0  everything is as the journals say, and every source is converted
  1  there is no journal that can be read
  4  something is not; the list is printed

Examples:
  logflow verify parquet/
  logflow verify parquet/ --deep
  logflow verify parquet/ --deep --source /mnt/tape/archive";

/// Flags of `logflow explain`.
#[derive(Debug, Group)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArgs {
    /// Code of an error, such as LF201, or of a warning, such as LW401; without one, all codes are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
    /// Print the page of the documentation about all codes
    #[arg(long, conflicts_with = "code")]
    pub markdown: bool,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  logflow explain LF201
  logflow explain";
