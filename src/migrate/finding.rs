//! What a verification says of one file or source.

use serde::Serialize;

/// Something that is not as the journals say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyFinding {
    /// One word: missing, renamed, truncated, changed, unreadable, added, unfinished, failed, journal, bag,
    /// source or values.
    pub kind: &'static str,
    /// The file below the destination, or the name of the source.
    pub path: String,
    /// What was expected and what was found.
    pub what: String,
}

impl VerifyFinding {
    /// A finding of a kind.
    pub fn new(kind: &'static str, path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { kind, path: path.into(), what: what.into() }
    }
}
