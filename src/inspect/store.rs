//! Bytes that wait for the end of a run: in memory while they fit, in a temporary file beyond that.

use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};

/// Keeps bytes until they are read again, in memory or in the file for temporary data.
#[derive(Debug, Default)]
pub struct ByteStore {
    held: usize,
    /// Bytes that may wait in memory.
    most: usize,
    file: Option<(File, u64)>,
    folder: Option<PathBuf>,
}

/// Bytes that were given to a store.
#[derive(Debug)]
pub enum StoredBytes {
    /// The bytes are in memory.
    Held(Vec<u8>),
    /// The bytes are in the file for temporary data.
    Spilled {
        /// The offset at which they begin.
        at: u64,
        /// How many there are.
        len: usize,
    },
}

impl StoredBytes {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Held(bytes) => bytes.len(),
            Self::Spilled { len, .. } => *len,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ByteStore {
    /// A store that holds so many bytes in memory. Its file is in `folder`, or in the usual one.
    pub fn new(folder: Option<PathBuf>, most: usize) -> Self {
        Self { most, folder, ..Self::default() }
    }

    /// The folder of temporary files.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Keeps bytes.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn keep(&mut self, mut bytes: Vec<u8>) -> Result<StoredBytes> {
        if self.held + bytes.len() <= self.most {
            self.held += bytes.len();
            bytes.shrink_to_fit();
            return Ok(StoredBytes::Held(bytes));
        }
        let (file, end) = match &mut self.file {
            Some(open) => open,
            none => none.insert((temporary_file(self.folder.as_deref())?, 0)),
        };
        file.write_all_at(&bytes, *end).map_err(|error| temporary(&error))?;
        let at = *end;
        *end += bytes.len() as u64;
        Ok(StoredBytes::Spilled { at, len: bytes.len() })
    }

    /// All bytes that were kept at once.
    ///
    /// # Errors
    /// If the temporary file can't be read.
    pub fn whole<'b>(&self, kept: &'b StoredBytes) -> Result<Cow<'b, [u8]>> {
        match kept {
            StoredBytes::Held(bytes) => Ok(Cow::Borrowed(bytes)),
            StoredBytes::Spilled { at, len } => {
                let Some((file, _)) = &self.file else {
                    return Err(Error::new(Code::Internal, "bytes of another store"));
                };
                let mut bytes = vec![0; *len];
                file.read_exact_at(&mut bytes, *at).map_err(|error| temporary(&error))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// A temporary file without a name.
///
/// # Errors
/// If it can't be made.
pub fn temporary_file(folder: Option<&Path>) -> Result<File> {
    let made = match folder {
        Some(folder) => tempfile::tempfile_in(folder),
        None => tempfile::tempfile(),
    };
    made.map_err(|error| temporary(&error))
}

/// The error of a temporary file.
pub fn temporary(error: &std::io::Error) -> Error {
    Error::new(Code::OutputWrite, format!("the file for temporary data: {error}"))
        .help("free space in the folder for temporary files, or set TMPDIR to another one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_memory_and_from_the_file() {
        let mut store = ByteStore::new(None, 5);
        let kept =
            [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8], vec![9, 9, 9]].map(|it| store.keep(it).unwrap());
        assert!(matches!(kept, [StoredBytes::Held(_), StoredBytes::Spilled { .. }, StoredBytes::Held(_), _]));
        assert_eq!(
            kept.each_ref().map(|it| store.whole(it).unwrap().into_owned()).concat(),
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9]
        );
    }
}
