//! The errors of the writers.

use std::fmt;
use std::io;

/// The result of every writer.
pub type Result<T> = std::result::Result<T, Error>;

/// The reason why a log was not written. The text of each error is one sentence without a full stop.
#[derive(Debug)]
pub enum Error {
    /// The options contradict each other, or ask for too much or too little.
    Options(String),
    /// The options ask for interleaved events in XES, where a trace holds its events.
    Interleaved,
    /// Writing to the output failed.
    Write(io::Error),
    /// SQLite reported an error.
    Sqlite(rusqlite::Error),
    /// The progress callback stopped the writer.
    Stopped,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(what) => f.write_str(what),
            Self::Interleaved => {
                f.write_str("an XES log holds the events of a case together, so none can be interleaved")
            }
            Self::Write(error) => error.fmt(f),
            Self::Sqlite(error) => error.fmt(f),
            Self::Stopped => f.write_str("the log was stopped before its end"),
        }
    }
}

// The text is that of the I/O or SQLite error already, so `source` would only repeat it.
impl std::error::Error for Error {}
