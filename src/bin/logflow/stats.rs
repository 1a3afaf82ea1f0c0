//! `logflow stats`: what a log says about its process.

use logflow::error::{Code, Error};

use crate::args::ConsoleArgs;
use crate::args::stats::StatsArgs;
use crate::fail::{Failure, Outcome};
use crate::{figure_run, options};

/// Reads everything and prints the figures.
pub fn run(args: &StatsArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    if args.read.dialect.from.is_some_and(|row| row.via.is_some()) {
        return Err(Error::new(Code::Usage, "statistics of pm4py's flat CSV are not made directly")
            .help("make an object-centric log of it first, with logflow convert -o log.jsonocel")
            .into());
    }
    let pipeline = options::stats(args)?;
    figure_run::command(&pipeline, options::given(&args.read), args.print_pipeline, console)
}
