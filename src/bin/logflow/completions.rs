//! `logflow completions`: a script for the shell.

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs};
use crate::fail::{Failure, Outcome};
use crate::stdout;

/// Prints the completion script of a shell to standard output.
pub fn run(args: &CompletionsArgs) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "logflow", &mut script);
    stdout::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
