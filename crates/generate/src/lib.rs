//! Generates realistic event logs of any size, always the same for the same seed.
//!
//! ```text
//! log              the model: cases, their events, the order of them           rng.rs, words.rs
//! csv, jsonl, xes  the writers, which take events from the log                 text.rs, batch.rs
//! dirty            which events are damaged and how
//! error            the errors of the writers
//! ocel             object-centric logs: a model of their own, and its writers  share.rs, rng.rs, words.rs, text.rs, batch.rs
//! ```
//!
//! Only the open cases are kept in memory, so memory does not grow with the log.

mod batch;
mod csv;
mod dirty;
mod error;
mod jsonl;
mod log;
mod ocel;
mod rng;
mod share;
mod text;
mod words;
mod xes;

pub use csv::write_csv;
pub use error::{Error, Result};
pub use jsonl::write_jsonl;
pub use ocel::{OcelOptions, OcelSummary, Progress, write_ocel_json, write_ocel_sqlite, write_ocel_xml};
pub use xes::write_xes;

/// Most events in one log, some 19 TB of CSV. With more events a thousand years would be too short to tell
/// cases apart by the millisecond.
pub const MAX_EVENTS: u64 = 100_000_000_000;

/// Describes the log that is to be generated.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// Exact number of events.
    pub events: u64,
    /// Exact number of cases; `None`: a case for every 18 events.
    pub cases: Option<u64>,
    /// Seed of the random numbers; each seed gives a different log.
    pub seed: u64,
    /// Whether the events of all cases are sorted by time, with some thousand cases open at once, rather than
    /// written case after case. The rows are the same. Not for XES, whose traces contain their events.
    pub interleave: bool,
    /// Share of events to damage, from 0 to 1. The other events are the same as in a clean log.
    pub dirty: f64,
}

impl GenerateOptions {
    /// The number of cases, if the options fit together.
    fn checked_cases(&self) -> Result<u64> {
        let wrong = |what: String| Err(Error::Options(what));
        if self.events > MAX_EVENTS {
            return wrong(format!("expected at most {MAX_EVENTS} events, found {}", self.events));
        }
        if !(0.0..=1.0).contains(&self.dirty) {
            return wrong(format!("expected a share of dirty rows from 0 to 1, found {}", self.dirty));
        }
        let least = self.events.min(1);
        let cases = self.cases.unwrap_or((self.events / 18).max(least));
        if cases < least || cases > self.events {
            return wrong(format!("expected {least} to {} cases, found {cases}", self.events));
        }
        Ok(cases)
    }
}

/// Counts of what was written to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Number of events, damaged events included.
    pub events: u64,
    /// Number of cases.
    pub cases: u64,
    /// Number of bytes, header included.
    pub bytes: u64,
    /// Number of damaged events. A reader may find more or fewer bad rows: a quote that is never closed
    /// swallows the rows that follow, and a quote inside an unquoted field may be read as text.
    pub damaged: u64,
}
