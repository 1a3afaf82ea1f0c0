//! Makes realistic event logs of any size, always the same for a seed.
//!
//! ```text
//! log              the model: cases, their events, the order of them           rng.rs, words.rs
//! csv, jsonl, xes  the writers; they ask the log for events and know no more   text.rs, batch.rs
//! dirty            which events are damaged and how
//! error            what can keep a log from being written
//! ocel             object-centric logs: a model of their own, and its writers  share.rs, rng.rs, words.rs, text.rs, batch.rs
//! ```
//!
//! Nothing is held but the open cases: memory does not grow with the log.

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

/// Most events in one log, some 19 TB of CSV. Beyond it a thousand years are too short to tell cases apart by the millisecond.
pub const MAX_EVENTS: u64 = 100_000_000_000;

/// Describes the log that is to be generated.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// How many events, exactly.
    pub events: u64,
    /// How many cases, exactly; one for every 18 events unless it is said.
    pub cases: Option<u64>,
    /// Another seed, another log.
    pub seed: u64,
    /// Whether events follow each other by time, with some thousand cases open at once, rather than case after case. The rows are the same. Not in XES, whose traces
    /// hold their events.
    pub interleave: bool,
    /// Share of events to damage, 0 to 1. The others stay as they are without it.
    pub dirty: f64,
}

impl GenerateOptions {
    /// The number of cases, if everything fits together.
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
    /// Events, damaged ones included.
    pub events: u64,
    /// Cases they belong to.
    pub cases: u64,
    /// Bytes, header included.
    pub bytes: u64,
    /// Events that were damaged. A reader may see more or fewer bad ones: a quote that is never closed swallows what follows, one inside a bare
    /// field may be taken for text.
    pub damaged: u64,
}
