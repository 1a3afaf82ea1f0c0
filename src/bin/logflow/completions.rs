//! `logflow completions`: a script for the shell.

use clap::{Command, CommandFactory};

use crate::args::{Args, CompletionsArgs};
use crate::fail::{Failure, Outcome};
use crate::parse::described_formats;
use crate::stdout;

/// Prints the completion script of a shell to standard output.
pub fn run(args: &CompletionsArgs) -> Result<Outcome, Failure> {
    let describe = |command: Command| command.mut_arg("from", |arg| arg.value_parser(described_formats()));
    let with_formats = ["convert", "filter", "sample", "schema"];
    let mut command = with_formats
        .into_iter()
        .fold(Args::command(), |command, name| command.mut_subcommand(name, describe));
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "logflow", &mut script);
    stdout::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
