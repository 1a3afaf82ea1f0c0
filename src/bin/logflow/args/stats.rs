//! Flags of `logflow stats`.

use std::path::PathBuf;

use clap::{Args as Group, ValueHint};
use logflow::jobs::figure_settings::StatsForm;
use logflow::model::condition::Condition;
use logflow::options::BadRowLimit;

use super::BadRowChoice;
use super::read::ReadArgs;
use crate::parse;

/// Flags of `logflow stats`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = STATS_EXAMPLES)]
pub struct StatsArgs {
    /// Files, folders, quoted patterns such as 'logs/**/*.csv', or - for standard input; several inputs are
    /// read as one log. An object-centric log, or the folder of tables that it became, is given alone
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Form of the output: tables for people (table), all figures (json), or the directly-follows graph for
    /// Graphviz (dot), for Mermaid (mermaid), as a picture (svg) or for pm4py (dfg, for logs with cases)
    /// [default: what the name of -o says, else table]
    #[arg(long = "format", value_name = "table|json|dot|mermaid|svg|dfg", value_parser = parse::word::<StatsForm>(), hide_possible_values = true)]
    pub form: Option<StatsForm>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Also write the figures as Parquet files to this folder: edges, variants and cases; for an object-centric
    /// log edges, variants, activities and objects
    #[arg(id = "table_folder", long = "tables", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub tables: Option<PathBuf>,
    /// Replace an existing output file, or folder of --tables
    #[arg(long)]
    pub force: bool,
    /// Show the N most frequent: in a table activities, edges and variants; in dot, mermaid and svg edges with the
    /// activities that they join, and activities without edges that are as frequent; in json variants. 0 shows
    /// all. A dfg file always has all [default: 10 in a table, 80 in svg, else all]
    #[arg(long, value_name = "N")]
    pub top: Option<u64>,
    /// Also compute the temporal profile: mean and deviation of the time between any two activities of a case,
    /// for cases with at most so many events; shown in json [if given without a number: 1000]
    #[arg(long, value_name = "EVENTS", num_args = 0..=1, require_equals = true, default_missing_value = "1000")]
    pub temporal_profile: Option<u64>,
    /// Count only rows for which the condition is true, such as "amount > 100"
    #[arg(long = "where", value_name = "CONDITION", value_parser = parse::checked::<Condition>, help_heading = "Rows")]
    pub conditions: Vec<Condition>,
    /// Print the pipeline file that does the same, for logflow run, and write nothing
    #[arg(long)]
    pub print_pipeline: bool,
    /// What to do with a malformed record: fail the run, or leave it out and count it (reject)
    #[arg(long, value_name = "fail|reject", default_value = "fail", hide_possible_values = true)]
    #[arg(help_heading = "Bad rows")]
    pub on_bad_row: BadRowChoice,
    /// With --on-bad-row reject: the number or percentage of bad rows that is tolerated before the run fails
    #[arg(long, value_name = "N|P%", value_parser = parse::checked::<BadRowLimit>, help_heading = "Bad rows")]
    pub max_bad_rows: Option<BadRowLimit>,
    #[command(flatten)]
    pub read: ReadArgs,
}

const STATS_EXAMPLES: &str = "\
What is counted: activities, directly-follows graph with times, variants, start and
end activities, case durations, arrival, rework, service and cycle times, resources.
For object-centric logs (OCEL): the directly-follows graph of each object type,
events and objects by type, and what objects do.

An event is a row that has a case, an activity and a timestamp. The columns are
found by their names; --case-id, --activity and --timestamp name others. Events of
one case are put in the order of their times; those of the same time stay in the
order of their rows. The figures are those of pm4py; docs/stats.md defines each.

Examples:
  logflow stats log.csv
  logflow stats log.xes.gz --format json | jq '.case_duration_s.median'
  logflow stats log.parquet -o process.svg
  logflow stats log.csv --case-id order --activity step --timestamp done
  logflow stats log.parquet --tables figures/
  logflow stats shop.jsonocel";
