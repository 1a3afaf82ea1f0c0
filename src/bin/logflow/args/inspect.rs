//! Flags of `logflow inspect`.

use std::path::PathBuf;

use clap::{Args as Group, ValueHint};
use logflow::jobs::figure_settings::{FailOn, InspectForm};
use logflow::model::condition::Condition;

use super::read::ReadArgs;
use crate::parse;

/// Flags of `logflow inspect`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = INSPECT_EXAMPLES)]
pub struct InspectArgs {
    /// Files, folders, quoted patterns such as 'logs/**/*.csv', or - for standard input; several inputs are
    /// read as one log
    #[arg(required_unless_present = "print_schema", value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Output: text to read (table), all figures (json), or the page of --html (html)
    #[arg(long, value_name = "table|json|html", default_value = "table", value_parser = parse::word::<InspectForm>(), hide_possible_values = true)]
    pub format: InspectForm,
    /// Also write a page with everything to see to this file: one HTML file of at most 1 MB that needs no network
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// Also write a Parquet file with a row for each affected event of each check
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub findings: Option<PathBuf>,
    /// Replace existing outputs
    #[arg(long)]
    pub force: bool,
    /// Exit with code 3 if a check of this severity or worse finds something (error, warn), or if the score is
    /// below a number (score<90); if repeated, any of them suffices
    #[arg(long, value_name = "error|warn|score<N>", value_parser = parse::checked::<FailOn>)]
    pub fail_on: Vec<FailOn>,
    /// Times more than a day after this moment are in the future [default: now]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse::day)]
    pub as_of: Option<i64>,
    /// Check what people who know the process say of it too: orders, ranges, bounds and other rules of this TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rules: Option<PathBuf>,
    /// Inspect only rows for which the condition is true, such as "amount > 100"
    #[arg(long = "where", value_name = "CONDITION", value_parser = parse::checked::<Condition>, help_heading = "Rows")]
    pub conditions: Vec<Condition>,
    /// Print the pipeline file that does the same, for logflow run, and write nothing
    #[arg(long)]
    pub print_pipeline: bool,
    /// Print the JSON Schema of --format json
    #[arg(long, exclusive = true)]
    pub print_schema: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

const INSPECT_EXAMPLES: &str = "\
The whole input is read once. Malformed records are counted, not refused.
docs/inspect.md defines each check.

Examples:
  logflow inspect log.csv
  logflow inspect log.xes.gz --html log.html
  logflow inspect log.csv --format json | jq '.checks[] | select(.affected > 0)'
  logflow inspect log.parquet --findings findings.parquet
  logflow inspect log.csv --rules rules.toml
  logflow inspect export.csv --fail-on error --fail-on 'score<90'";
