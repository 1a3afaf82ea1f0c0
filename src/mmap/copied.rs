//! An input that is read from a copy: a member of an archive, or a log that was translated on the way.
//!
//! Owns how long the copy stays: its folder is gone with the last of the inputs that are read from it.
//! Invariant: messages and metadata name what the user knows, never the copy.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

/// A copy, and the name that the user knows it by. Clones share the folder.
#[derive(Debug, Clone)]
pub struct CopiedInput {
    file: Arc<Path>,
    shown: Arc<Path>,
    _folder: Arc<TempDir>,
}

impl CopiedInput {
    /// The copy `file`, which lies in `folder`, of what the user calls `shown`.
    pub fn new(file: &Path, shown: &Path, folder: &Arc<TempDir>) -> Self {
        Self { file: file.into(), shown: shown.into(), _folder: Arc::clone(folder) }
    }

    /// Path of the copy, which is what is opened.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// What the user calls it, such as `logs.zip!/a.csv`.
    pub(super) fn shown(&self) -> &Path {
        &self.shown
    }
}

/// The same copy, not one with the same bytes.
impl PartialEq for CopiedInput {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file
    }
}

impl Eq for CopiedInput {}
