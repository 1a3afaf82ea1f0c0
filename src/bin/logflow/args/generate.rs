//! The flags of `logflow generate`.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum, ValueHint};
use logflow_generate::{Lengths, Plant, Process, TextKind, TimeGrain};

use crate::parse;

/// Flags of `logflow generate`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = GENERATE_EXAMPLES)]
pub struct GenerateArgs {
    /// Number of events, such as 1000, 10k or 1M [default for OCEL: 500k]
    #[arg(long, value_name = "N", value_parser = parse::number, required_unless_present = "format")]
    pub events: Option<u64>,
    /// Number of cases; not for OCEL [default: cases of 5 to 60 events]
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub cases: Option<u64>,
    /// OCEL: number of objects [default: three for every ten events]
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub objects: Option<u64>,
    /// Seed of the random numbers; each seed gives a different log
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Sort the events of all cases by time rather than write case after case; not for XES, always for OCEL
    #[arg(long)]
    pub interleave: bool,
    /// Share of events to damage, such as 0.001 or 0.1%, which makes malformed records; not for OCEL
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse::share)]
    pub dirty: f64,
    /// Kind of the free text: notes, natural, template, json, ids, comments, sparse or multilingual
    #[arg(long, value_name = "KIND", default_value = "notes", value_parser = parse::generated::<TextKind>())]
    #[arg(hide_possible_values = true, help_heading = "Kind of log")]
    pub text: TextKind,
    /// Unit in which times are known: millis, seconds, micros or days; not for OCEL
    #[arg(long, value_name = "UNIT", default_value = "millis", value_parser = parse::generated::<TimeGrain>())]
    #[arg(hide_possible_values = true, help_heading = "Kind of log")]
    pub times: TimeGrain,
    /// Number of additional attributes of several types, one of four an attribute of the case; not for OCEL
    #[arg(long, value_name = "N", default_value = "0", value_parser = parse::number, help_heading = "Kind of log")]
    pub attributes: u64,
    /// Number of different activities; not for OCEL [default: 26]
    #[arg(long, value_name = "N", value_parser = parse::number, help_heading = "Kind of log")]
    pub activities: Option<u64>,
    /// Distribution of the lengths of cases: long-tail, even, fixed or bimodal; not for OCEL [default:
    /// long-tail, or even for the ordered process]
    #[arg(long, value_name = "SHAPE", value_parser = parse::generated::<Lengths>())]
    #[arg(hide_possible_values = true, help_heading = "Kind of log")]
    pub lengths: Option<Lengths>,
    /// How cases follow the process: loose (they skip, repeat and swap activities) or ordered (they only skip
    /// activities, and nothing is missing); not for OCEL [default: loose, or ordered with --plant or --truth]
    #[arg(long, value_name = "loose|ordered", value_parser = parse::generated::<Process>())]
    #[arg(hide_possible_values = true, help_heading = "Kind of log")]
    pub process: Option<Process>,
    /// Give events the time of their start too; not for OCEL
    #[arg(long, help_heading = "Kind of log")]
    pub intervals: bool,
    /// Change the process after this share of the cases, such as 0.5 or 50%; not for OCEL
    #[arg(long, value_name = "SHARE", value_parser = parse::share, help_heading = "Kind of log")]
    pub drift_at: Option<f64>,
    /// Plant a pattern that an inspection should find, in a share of the cases, such as
    /// form-based-capture:5%; may be repeated. The changed rows are told in OUT.truth.json; not for OCEL
    #[arg(long, value_name = "PATTERN[:SHARE]", value_parser = parse::plant, help_heading = "Truth")]
    pub plant: Vec<Plant>,
    /// File for the truth about the log: its activities, variants, directly-follows graph, and what was planted
    /// where; not for OCEL [default with --plant: OUT.truth.json]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Truth")]
    pub truth: Option<PathBuf>,
    /// Format of the log [default: the format of OUT's extension, otherwise csv]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<LogFormat>,
    /// File to write, or - for standard output
    #[arg(short, long, value_name = "OUT", default_value = "-", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace existing outputs
    #[arg(long)]
    pub force: bool,
}

const GENERATE_EXAMPLES: &str = "\
The same options give the same bytes, on every machine.

Patterns, and the share of cases unless it is given (otherwise 5%):
  form-based-capture  inadvertent-time-travel (2%)  unanchored-event  distorted-label
  polluted-label  collateral-events  homonymous-labels (20%)  scattered-event
  elusive-case  scattered-case  synonymous-labels (20%)  missing-values  duplicates
  negative-durations  zero-durations  outlier-durations  incomplete-cases
  case-id-gaps  inactive-period  broken-dependency  changing-case-attribute

Examples:
  logflow generate --events 1M -o log.csv
  logflow generate --events 1M -o log.xes
  logflow generate --events 1M -o log.jsonl
  logflow generate --events 10M --interleave --seed 7 | zstd > log.csv.zst
  logflow generate --events 10k --dirty 1% -o dirty.csv
  logflow generate --events 10k --text natural --times seconds --attributes 50 -o wide.csv
  logflow generate --events 10k --plant distorted-label --plant duplicates:1% -o planted.csv
  logflow generate --format ocel-sqlite --events 500k --objects 150k -o log.sqlite";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Access,
    Csv,
    Jsonl,
    OcelJson,
    OcelSqlite,
    OcelXml,
    Xes,
}
