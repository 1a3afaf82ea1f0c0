//! A copy of what came through a pipe, in a file that has no name and goes with its last descriptor.
//!
//! Owns where the copy is and what is said if it can't be kept. Invariant: it holds, from the first byte on
//! and in order, all that its pipe gave to the one who reads it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::handle::Handle;
use crate::error::{Code, Error, Result};

/// The file of a copy, once there is one. Clones are the same file.
pub(super) type SpoolFile = Arc<OnceLock<File>>;

/// A copy of a piped input that grows while the input is read.
#[derive(Debug)]
pub(super) struct Spool {
    dir: Arc<Path>,
    /// Made with the first bytes, so that an empty pipe costs nothing.
    file: SpoolFile,
}

impl Spool {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.into(), file: Arc::default() }
    }

    /// The file in which it is or will be.
    pub(super) fn shared(&self) -> SpoolFile {
        Arc::clone(&self.file)
    }

    /// # Errors
    /// `OutputWrite`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let written = self.file().and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| self.error(&error))
    }

    fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = tempfile::tempfile_in(&self.dir)?;
        Ok(self.file.get_or_init(|| file))
    }

    /// The finished copy, to be read under the name of the input it was taken from.
    ///
    /// # Errors
    /// `OutputWrite`.
    pub(super) fn into_handle(self, path: Option<Arc<Path>>) -> Result<Handle> {
        let file = self.file().map_err(|error| self.error(&error))?;
        handle_of(file, path)
    }

    fn error(&self, error: &io::Error) -> Error {
        Error::new(Code::OutputWrite, format!("cannot keep a copy of the piped input: {error}"))
            .in_file(&self.dir)
            .help("set TMPDIR to a folder with enough space, or save the input to a file first")
    }
}

/// A copy as it is now, to be read from its first byte under the name of the input.
///
/// # Errors
/// `InputRead`.
pub(super) fn handle_of(copy: &File, path: Option<Arc<Path>>) -> Result<Handle> {
    let file = copy.try_clone().map_err(|error| super::handle::read_error(&error, path.as_deref()))?;
    let mut handle = Handle::of(file, path)?;
    // Standard input is known by having no path; unlike it, the copy is read from its first byte.
    handle.start = 0;
    Ok(handle)
}
