//! `logflow keygen`: a new secret key for pseudonyms.

use logflow::step::pseudonymise::key::generate;

use crate::args::ConsoleArgs;
use crate::args::pseudonymise::KeygenArgs;
use crate::fail::{Failure, Outcome};
use crate::stdout;

/// Writes the key and says its id, which the outputs that are made with it have in their metadata.
pub fn run(args: &KeygenArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    logflow::machine::keep_memory_private();
    let id = generate(&args.output)?;
    if !console.quiet {
        stdout::eprint(&format!("wrote {}: key {id}\n", args.output.display()));
    }
    Ok(Outcome::Done)
}
