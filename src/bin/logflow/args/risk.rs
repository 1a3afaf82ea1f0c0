//! Flags of `logflow risk`.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum, ValueHint};
use logflow::model::condition::Condition;

use super::read::ReadArgs;
use crate::parse;

/// Flags of `logflow risk`.
#[derive(Debug, Group)]
#[command(arg_required_else_help = true, after_help = RISK_EXAMPLES)]
pub struct RiskArgs {
    /// Files, folders, quoted patterns such as 'logs/**/*.csv', or - for standard input; several inputs are
    /// read as one log
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// How many events of a case somebody knows: all of them, or so many random ones, such as all,1,3,5
    #[arg(long, value_name = "all|N,...", value_delimiter = ',', default_value = "all")]
    #[arg(value_parser = points)]
    pub points: Vec<Points>,
    /// What somebody knows: A activities and times, B activities and all attributes, C attributes of events,
    /// D attributes of cases, E activities
    #[arg(long, value_name = "A-E,...", default_value = "A,B,C,D,E")]
    pub projection: String,
    /// Which events are the random ones follows from this number
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Columns that are attributes of cases; those whose names begin with case: are among them
    #[arg(long, value_name = "COLUMN,...", value_parser = parse::names)]
    pub case_columns: Option<parse::NameList>,
    /// Output: a table to read (text), or JSON (json)
    #[arg(long, value_name = "text|json", default_value = "text", hide_possible_values = true)]
    pub format: RiskFormat,
    /// Count only rows for which the condition is true, such as "amount > 100"
    #[arg(long = "where", value_name = "CONDITION", value_parser = parse::checked::<Condition>, help_heading = "Rows")]
    pub conditions: Vec<Condition>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// How many events are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Points {
    /// All events of a case are known.
    All,
    /// So many random events of a case are known.
    Some(u32),
}

fn points(text: &str) -> Result<Points, String> {
    match text.trim() {
        "all" => Ok(Points::All),
        number => match number.parse() {
            Ok(number) if (1..=1000).contains(&number) => Ok(Points::Some(number)),
            _ => Err(format!("expected all or a number from 1 to 1000, found {text:?}")),
        },
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RiskFormat {
    Text,
    Json,
}

const RISK_EXAMPLES: &str = "\
A case is unique if no other case of the log has what somebody knows of it. A share of
20 % means that who knows so much finds one case in five again, whatever its name.
Run it before and after `logflow pseudonymise`. Columns that look personal are listed.

Examples:
  logflow risk log.xes
  logflow risk log.csv --points all,1,3,5 --seed 7
  logflow risk log.csv --projection A,E --format json | jq '.projections[].unique_share'
  logflow risk log.csv --case-columns age,region";
