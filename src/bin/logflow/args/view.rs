//! Flags of `logflow view`.

use std::path::PathBuf;

use clap::{Args as Group, ValueHint};
use logflow::model::condition::Condition;
use logflow::pipeline::view::ViewForm;

use super::read::ReadArgs;
use crate::parse;

/// Flags of `logflow view`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = VIEW_EXAMPLES)]
pub struct ViewArgs {
    /// Files, folders, bundles, quoted patterns such as 'logs/**/*.csv', or - for standard input; several
    /// inputs are shown as one table
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Number of rows to show, such as 20 or 1k [default: 10, or as many as the terminal has room for]
    #[arg(short = 'n', long, value_name = "N", value_parser = parse::number, help_heading = "Rows")]
    pub rows: Option<u64>,
    /// Show the last rows rather than the first; reads the whole input
    #[arg(long, visible_alias = "last", conflicts_with_all = ["sample", "case"], help_heading = "Rows")]
    pub tail: bool,
    /// Show rows from everywhere, chosen at random and in the order of the log; reads the whole input
    #[arg(long, visible_alias = "some", conflicts_with = "case", help_heading = "Rows")]
    pub sample: bool,
    /// Seed of --sample; the same seed chooses the same rows [default: 1]
    #[arg(long, value_name = "N", help_heading = "Rows")]
    pub seed: Option<u64>,
    /// Number of rows to pass over first, or last with --tail
    #[arg(long, value_name = "N", default_value = "0", value_parser = parse::number, help_heading = "Rows")]
    pub skip: u64,
    /// Show only rows for which the condition is true, such as "amount > 100 and activity != 'Draft'"; the
    /// grammar is that of convert --where. If repeated, all conditions must be true
    #[arg(long = "where", value_name = "CONDITION", value_parser = parse::checked::<Condition>, help_heading = "Rows")]
    pub conditions: Vec<Condition>,
    /// Show the events of this case by time, with the time since the event before; reads the whole input
    #[arg(long, value_name = "ID", help_heading = "Rows")]
    pub case: Option<String>,
    /// Object-centric logs: show this table; without it the tables are listed
    #[arg(long, value_name = "NAME", help_heading = "Rows")]
    pub table: Option<String>,
    /// Output: a table to read (table), a line for each value (vertical), or exact values for programs
    #[arg(
        long,
        value_name = "table|vertical|csv|json|jsonl|markdown",
        default_value = "table",
        value_parser = parse::word::<ViewForm>(),
        hide_possible_values = true,
        help_heading = "Layout"
    )]
    pub format: ViewForm,
    /// Show each row as a block with a line for each value: the same as --format vertical
    #[arg(long, conflicts_with = "format", help_heading = "Layout")]
    pub vertical: bool,
    /// Show long values and all columns whole, however wide lines become
    #[arg(long, help_heading = "Layout")]
    pub full: bool,
    /// Columns of the terminal to use [default: those of the terminal, or 120]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(20..=100_000), help_heading = "Layout")]
    pub width: Option<u32>,
    /// Print directly, even if the output is longer or wider than the terminal
    #[arg(long, help_heading = "Layout")]
    pub no_pager: bool,
    /// Print the pipeline file that does the same, for logflow run, and show nothing
    #[arg(long)]
    pub print_pipeline: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

const VIEW_EXAMPLES: &str = "\
The first rows come at once, however large the input is: only its beginning is read,
and types are those of the rows in it. logflow schema reads the whole input. The pager
is LOGFLOW_PAGER, PAGER or less.

Examples:
  logflow view log.csv
  logflow view log.xes.gz -n 3 --vertical
  logflow view log.csv --where \"amount > 1000\" --columns case_id,activity,amount
  logflow view log.csv --tail
  logflow view log.csv --case 4711
  logflow view log.jsonocel --table orders
  logflow view log.parquet --sample -n 100 --format jsonl | jq .activity";
