//! Generates realistic event logs of any size, always the same for the same seed.
//!
//! ```text
//! options          what a log shall be like
//! log              the model: cases, their events, the order of them           rng.rs, words.rs, activities.rs, notes.rs
//! planted, plant   the same cases with patterns planted in them, and the patterns
//! truth            what the finished log holds, and what was planted where
//! writer           takes events from the log, and counts them                  batch.rs
//! csv, jsonl, xes, access  how an event looks                                          text.rs, wide.rs
//! dirty            which events are damaged and how
//! error            the errors of the writers
//! ocel             object-centric logs: a model of their own, and its writers  share.rs, rng.rs, words.rs, text.rs, batch.rs
//! ```
//!
//! Only the open cases are kept in memory, so memory does not grow with the log.

mod access;
mod activities;
mod batch;
mod csv;
mod dirty;
mod error;
mod jsonl;
mod log;
mod notes;
mod ocel;
mod options;
mod plant;
mod planted;
mod rng;
mod share;
mod text;
mod truth;
mod wide;
mod words;
mod writer;
mod xes;

use std::io::Write;

pub use access::write_access;
pub use csv::write_csv;
pub use error::{Error, Result};
pub use jsonl::write_jsonl;
pub use ocel::{OcelOptions, OcelSummary, Progress, write_ocel_json, write_ocel_sqlite, write_ocel_xml};
pub use options::{
    GenerateOptions, Lengths, MAX_ACTIVITIES, MAX_ATTRIBUTES, MAX_EVENTS, Plant, Process, TextKind,
    TimeGrain, Word,
};
pub use plant::Pattern;
pub use truth::Truth;
pub use xes::write_xes;

/// The forms of a log of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// A table as CSV.
    Csv,
    /// An object of JSON on each line.
    Jsonl,
    /// XES.
    Xes,
    /// The access log of a web server, in the Combined format.
    Access,
}

/// Writes a log, and tells the truth about it: what it holds, and what was planted in it. For that, cases are
/// made as a whole, and memory grows with the number of different variants and of changes.
///
/// # Errors
/// [`Error::Options`] if the options don't fit together; [`Error::Interleaved`] if they ask for interleaved
/// events in XES; [`Error::Write`] if `out` fails.
pub fn write_with_truth(
    form: LogForm,
    options: &GenerateOptions,
    out: &mut dyn Write,
) -> Result<(Summary, Truth)> {
    match form {
        LogForm::Csv => writer::write_with_truth(csv::CsvForm::new(options), options, out),
        LogForm::Jsonl => writer::write_with_truth(jsonl::JsonlForm::new(options), options, out),
        LogForm::Xes => writer::write_with_truth(xes::XesForm::new(options)?, options, out),
        LogForm::Access => writer::write_with_truth(access::AccessForm::new(), options, out),
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
