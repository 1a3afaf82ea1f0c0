//! Why there is no log.

use std::fmt;
use std::io;

/// What a writer returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What kept a log from being written. Each is said as one sentence without a full stop.
#[derive(Debug)]
pub enum Error {
    /// The options don't fit together, or ask for too much or too little.
    Options(String),
    /// Events were to change between cases in XES, where a case holds its events.
    Interleaved,
    /// The output failed.
    Write(io::Error),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// Whoever was told of the progress had it stopped.
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

// What an output or SQLite says is the sentence itself, so there is no cause below it to tell as well.
impl std::error::Error for Error {}
