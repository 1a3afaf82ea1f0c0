//! `logflow explain`.
use crate::args::ConsoleArgs;
use crate::args::migrate::ExplainArgs;
use crate::fail::{Failure, Outcome};

/// Explains.
pub fn run(_: &ExplainArgs, _: &ConsoleArgs) -> Result<Outcome, Failure> {
    Ok(Outcome::Done)
}
