//! Flags of `logflow pseudonymise` and `logflow keygen`. The first are those of `convert`, where `--columns` names the
//! columns that get pseudonyms.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueHint};

use super::ConvertArgs;

const EXAMPLES: &str = "\
Pseudonymised is not anonymous: who was seen with others in a log can often be found by
when and what happened alone. `logflow risk` tells how many cases are unique.

Examples:
  A key, which stays where the pseudonyms are made, and a log with pseudonyms:
    logflow keygen -o study.key
    logflow pseudonymise log.xes -o shared.xes --key-file study.key \\
      --columns case:concept:name,org:resource --drop comment

  The same person in two columns, and another study with the same key:
    logflow pseudonymise log.csv -o shared.parquet --key-file study.key \\
      --columns 'resource=person,manager=person' --domain study-7

  Masks, ranges, years, and times that were shifted case by case:
    logflow pseudonymise log.csv -o shared.parquet --key-file study.key --columns case \\
      --mask phone=last:3 --generalise amount=100,birthday=year --shift-times";

/// Flags of `logflow pseudonymise`.
#[derive(Debug)]
pub struct PseudonymiseArgs(pub ConvertArgs);

impl Args for PseudonymiseArgs {
    fn augment_args(command: Command) -> Command {
        // Its columns are those that get pseudonyms; those that are written are selected.
        ConvertArgs::augment_args(command)
            .mut_arg("select", |arg| arg.visible_alias(None))
            .mut_arg("pseudonymise", |arg| arg.visible_alias("columns"))
            .after_help(EXAMPLES)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PseudonymiseArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        ConvertArgs::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Flags of `logflow keygen`.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
The file has 32 random bytes, which are the key as they are, and can be read by its
owner alone. A key that is there is never replaced. Who has the key can find the
person behind a pseudonym by trying names; who loses it can make no more pseudonyms
that match.

Examples:
  logflow keygen -o study.key
  logflow pseudonymise log.csv -o shared.parquet --key-file study.key --columns name"
)]
pub struct KeygenArgs {
    /// File that the key is written to; it must not exist
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
}
