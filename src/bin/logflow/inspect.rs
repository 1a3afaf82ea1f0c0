//! `logflow inspect`: whether a log is any good.

use crate::args::ConsoleArgs;
use crate::args::inspect::InspectArgs;
use crate::fail::{Failure, Outcome};
use crate::{figure_run, options, stdout};

/// The JSON Schema of the result.
const SCHEMA: &str = include_str!("../../../docs/inspect.schema.json");

/// Reads everything and prints what it found.
pub fn run(args: &InspectArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    if args.print_schema {
        stdout::print(SCHEMA)?;
        return Ok(Outcome::Done);
    }
    let pipeline = options::inspect(args)?;
    figure_run::command(&pipeline, options::given(&args.read), args.print_pipeline, console)
}
