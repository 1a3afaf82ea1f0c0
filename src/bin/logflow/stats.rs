//! `logflow stats`: what a log says about its process.

use crate::args::ConsoleArgs;
use crate::args::stats::StatsArgs;
use crate::fail::{Failure, Outcome};
use crate::{figure_run, options};

/// Reads everything and prints the figures.
pub fn run(args: &StatsArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let pipeline = options::stats(args)?;
    figure_run::command(&pipeline, options::given(&args.read), args.print_pipeline, console)
}
