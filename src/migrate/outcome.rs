//! What came of each source, and totals that must add up.

use serde::Serialize;

use super::journal::{DoneEntry, FailedEntry, SkippedEntry};
use crate::error::{Code, Error, Result};

/// What came of a source.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It has an output, which this run made.
    Converted(Box<DoneEntry>),
    /// It has an output of an earlier run, which this run has proven.
    Proven(Box<DoneEntry>),
    /// The source has no output, and why.
    Failed(Box<FailedEntry>),
    /// The run did not come to it.
    Unfinished,
}

/// A source and what came of it.
#[derive(Debug, Clone)]
pub struct SourceOutcome {
    /// Name of the source.
    pub source: String,
    /// Size of the source in bytes.
    pub bytes: u64,
    /// What became of the source.
    pub outcome: Outcome,
}

impl SourceOutcome {
    /// What the journal says of its output, if it has one.
    pub fn done(&self) -> Option<&DoneEntry> {
        match &self.outcome {
            Outcome::Converted(done) | Outcome::Proven(done) => Some(done),
            Outcome::Failed(_) | Outcome::Unfinished => None,
        }
    }
}

/// Sums over the sources of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MigrationTotals {
    /// Sources that are to be converted.
    pub sources: u64,
    /// Of these, those with an output that this run made.
    pub converted: u64,
    /// Those with an output of an earlier run, proven now.
    pub proven: u64,
    /// Those without an output.
    pub failed: u64,
    /// Those that the run did not come to.
    pub unfinished: u64,
    /// Files that are not to be converted.
    pub skipped: u64,
    /// Records of sources with outputs.
    pub records: u64,
    /// Rows in all outputs.
    pub rows: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Rows that steps removed.
    pub filtered: u64,
    /// Bytes of sources with outputs.
    pub source_bytes: u64,
    /// Bytes of all outputs.
    pub output_bytes: u64,
    /// Number of files of all outputs.
    pub output_files: u64,
}

impl MigrationTotals {
    /// The sums over all sources.
    pub fn of(sources: &[SourceOutcome], skipped: &[SkippedEntry]) -> Self {
        let mut sums =
            Self { sources: sources.len() as u64, skipped: skipped.len() as u64, ..Self::default() };
        for source in sources {
            match &source.outcome {
                Outcome::Converted(_) => sums.converted += 1,
                Outcome::Proven(_) => sums.proven += 1,
                Outcome::Failed(_) => sums.failed += 1,
                Outcome::Unfinished => sums.unfinished += 1,
            }
            let Some(done) = source.done() else { continue };
            sums.records += done.records;
            sums.rows += done.rows;
            sums.rejected += done.rejected;
            sums.filtered += done.filtered;
            sums.source_bytes += done.bytes;
            sums.output_bytes += done.outputs.iter().map(|it| it.bytes).sum::<u64>();
            sums.output_files += done.outputs.len() as u64;
        }
        sums
    }

    /// That every record is a row, rejected or filtered, and that something came of every source.
    ///
    /// # Errors
    /// [`Code::Sums`].
    pub fn check(&self) -> Result<()> {
        check_sum(self.records, [self.rows, self.rejected, self.filtered])?;
        let parts = self.converted + self.proven + self.failed + self.unfinished;
        if parts == self.sources {
            return Ok(());
        }
        let what = format!("expected an outcome of {} sources, found {parts}", self.sources);
        Err(Error::new(Code::Sums, what).help("this is a fault of LogFlow; please report it"))
    }
}

/// That records are rows, rejected records and filtered rows together.
///
/// # Errors
/// [`Code::Sums`].
pub fn check_sum(records: u64, [rows, rejected, filtered]: [u64; 3]) -> Result<()> {
    if rows.checked_add(rejected).and_then(|it| it.checked_add(filtered)) == Some(records) {
        return Ok(());
    }
    let what = format!("{records} records are not {rows} rows, {rejected} rejected and {filtered} filtered");
    Err(Error::new(Code::Sums, what).help("this is a fault of LogFlow; please report it"))
}
