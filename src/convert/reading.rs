//! What a run reads: the part of a conversion that differs between event logs, object-centric logs and files
//! of typed values.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::budget::Budget;
use crate::convert::outlet::{BadRows, Ordered};
use crate::encode::layout::ColumnLayout;
use crate::error::{Error, Result};
use crate::model::references::Findings;
use crate::report::{InputDigest, Report};
use crate::shard::columns::{Pass, Timings};
use crate::shard::merge::PartDone;
use crate::shard::reference_log::ReferenceLog;
use crate::step::{Chain, ChainDone};
use crate::target::cases::Cases;

/// The opened inputs of a run and the plan of their tables.
pub(super) trait Reading {
    /// For each table the steps that its rows pass, and so its columns as they are written.
    fn chains(&self) -> Arc<[Chain]>;

    /// For each table how the pages of its columns are laid out.
    fn layouts(&self) -> Vec<Vec<(String, ColumnLayout)>>;

    /// Whether rows that are too few for a row group wait for more.
    fn gathers(&self) -> bool;

    /// Rows in a row group at most, where the user gives no number.
    fn most_rows(&self) -> Option<u64> {
        None
    }

    /// Passes beyond the first at most.
    fn most_restarts(&self) -> u64;

    /// Whether the types of the next pass are those of all values: they were given with the values, or found
    /// by the pass before.
    fn has_final_types(&self) -> bool;

    /// Reads all inputs once, in order.
    fn read(&mut self, pass: &mut OnePass<'_, '_>) -> std::result::Result<Passed, Ended>;

    /// Takes over what a pass found out; true if columns or types are other ones now, and another pass is
    /// needed.
    fn learn(&mut self, passed: &mut Passed) -> Result<bool> {
        let _ = passed;
        Ok(false)
    }

    /// Whether rows before the bad row that ended a pass may turn out bad once types are final.
    fn leaves_open(&self, parts: &[PartDone]) -> bool {
        let _ = parts;
        false
    }

    /// Binds the steps to the tables once more: what they make of these has changed.
    ///
    /// # Errors
    /// What the steps refuse.
    fn bind_again(&mut self) -> Result<()>;

    /// Takes the inputs from their start again.
    fn begin_again(&mut self) -> Result<()>;

    /// Whether an input comes from a pipe that was not read to its end.
    fn is_piped(&self) -> bool {
        false
    }

    /// Why a step refuses the tables.
    fn refused(&mut self) -> Option<Error> {
        None
    }

    /// Called once all types are final and all rows were read.
    fn complete(&mut self, passed: &mut Passed) {
        let _ = passed;
    }

    /// Figures and warnings of a run whose last pass was this one.
    fn report(&self, passed: &Passed, sources: &[InputDigest]) -> Report;

    /// For each table what stands in the metadata of its file: a function of inputs and options, with no
    /// trace of how the run went.
    fn metadata(&self, report: &Report) -> Vec<Vec<(String, String)>>;

    /// The cases of an event log, as far as the pass shows them.
    fn cases(&self, passed: &Passed) -> Result<Option<Cases>> {
        let _ = passed;
        Ok(None)
    }

    /// The manifest of a bundle, without its files.
    fn manifest(&self, report: &Report, passed: &Passed) -> Result<Option<Value>> {
        let _ = (report, passed);
        Ok(None)
    }

    /// An error if an input is not as it was when it was opened.
    fn unchanged(&self) -> Result<()>;

    /// Notes what only the beginning of the inputs shows, before they are surveyed.
    fn before_survey(&mut self) -> Result<()> {
        Ok(())
    }

    /// Adds to a report what a survey shows and a conversion does not.
    fn after_survey(&self, report: &mut Report, passed: &Passed) -> Result<()> {
        let _ = (report, passed);
        Ok(())
    }

    /// An error with the line that it is about, where the format is told by lines.
    fn with_line(&self, error: Error) -> Error {
        error
    }
}

/// Everything that a reading needs for one pass.
pub(super) struct OnePass<'a, 'c> {
    /// Values that all shards share.
    pub pass: &'a Pass<'a>,
    /// Hands rows to the target.
    pub rows: Ordered<'a, 'c>,
    /// The treatment of bad rows.
    pub bad_rows: BadRows<'a>,
    /// Whether checksums of the inputs are made on the way.
    pub digest: bool,
    /// Threads and shards.
    pub budget: &'a Budget,
    /// The number of bytes of text at the beginning of the inputs that are read; `None` for all.
    pub beginning: Option<u64>,
}

/// The result of a pass over all inputs.
#[derive(Default)]
pub(super) struct Passed {
    /// Results for each input.
    pub parts: Vec<PartDone>,
    /// The checksums of the inputs, if they were made.
    pub sources: Vec<InputDigest>,
    /// Shards that were parsed again.
    pub reparses: u64,
    /// Time of the workers, by kind of work.
    pub timings: Timings,
    /// Time spent writing.
    pub written: Duration,
    /// Number of bad rows.
    pub bad: u64,
    /// Whether the inputs hold more than was read, because only their beginning was asked for.
    pub is_partial: bool,
    /// Whether a value did not fit its inferred type.
    pub widened: bool,
    /// For each table, what its steps came to.
    pub steps: Vec<ChainDone>,
    /// The error of the first step that failed, which is final if the types of the pass are.
    pub failed: Option<Error>,
    /// Identifiers of an object-centric log and what mentions them, until they are compared.
    pub references: Option<ReferenceLog>,
    /// Identifiers that are there twice or lead nowhere; `None` if there are too many to tell.
    pub found: Option<Findings>,
}

/// The reason why a pass ended early.
pub(super) enum Ended {
    /// A bad row too many. What was seen of the inputs up to it.
    Bad(Error, Vec<PartDone>),
    /// Any other error.
    Other(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<Ended> for Error {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Bad(error, _) | Ended::Other(error) => error,
        }
    }
}
