//! The bytes of a file that is read here and there: mapped, or read in ranges where it can't be mapped.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use super::{TypedFormat, damaged};
use crate::error::{Code, Error, Result};
use crate::mmap::{Identity, MappedFile};

/// Bytes that a reader of ranges asks for at once. Each page is begun by such a reader, for its header of
/// some tens of bytes; the page itself is asked for by its length.
const READ: usize = 4 << 10;

/// The bytes of a file; cheap to clone.
#[derive(Debug, Clone)]
pub enum FileBytes {
    /// A mapped file, whose bytes are not copied.
    Mapped(Bytes),
    /// A file that is read, and its length.
    Read(Arc<File>, u64),
    /// One of many files, which is opened when it is its turn: its path, and what it was when it was looked
    /// at.
    Parked(Arc<Path>, Identity),
}

/// A mapped file as the owner of its bytes.
struct Owner(Arc<MappedFile>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl FileBytes {
    /// The bytes of a mapped file.
    pub fn mapped(file: &Arc<MappedFile>) -> Self {
        Self::Mapped(Bytes::from_owner(Owner(Arc::clone(file))))
    }

    /// A file that is read where it is opened for reading already.
    ///
    /// # Errors
    /// If the length of the file can't be had.
    pub fn of(file: File) -> Result<Self> {
        let length = file.metadata().map_err(|error| Error::new(Code::InputRead, error.to_string()))?.len();
        Ok(Self::Read(Arc::new(file), length))
    }

    /// The same bytes, opened for a while of reading if the file is one of many.
    ///
    /// # Errors
    /// [`Code::InputMissing`], or [`Code::InputChanged`] if the file is another one by now.
    pub fn at_hand(&self) -> Result<Self> {
        let Self::Parked(path, identity) = self else { return Ok(self.clone()) };
        let missing = |error: std::io::Error| Error::io(Code::InputMissing, path, &error);
        let file = File::open(path).map_err(missing)?;
        if Identity::of(&file.metadata().map_err(missing)?) != *identity {
            let what = "the file was written to or replaced since it was opened";
            return Err(Error::new(Code::InputChanged, what).in_file(path));
        }
        Ok(Self::Read(Arc::new(file), identity.size))
    }

    /// The last four bytes.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if the file is too short to hold a table.
    pub fn end(&self) -> Result<[u8; 4]> {
        let length = self.len();
        let read = length.checked_sub(4).filter(|_| length >= 12).map(|at| self.get_bytes(at, 4));
        let bytes = match read {
            Some(read) => read?,
            None => return Err(damaged(TypedFormat::Parquet, format!("a file of {length} bytes"))),
        };
        bytes.as_ref().try_into().map_err(|_| Error::new(Code::Internal, "four bytes are not four"))
    }

    /// All bytes of the file, which are read if the file is not mapped.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn whole(&self) -> Result<Bytes> {
        match self {
            Self::Mapped(bytes) => Ok(bytes.clone()),
            _ => Ok(self.get_bytes(0, usize::try_from(self.len()).unwrap_or(usize::MAX))?),
        }
    }
}

impl Length for FileBytes {
    fn len(&self) -> u64 {
        match self {
            Self::Mapped(bytes) => bytes.len() as u64,
            Self::Read(_, length) => *length,
            Self::Parked(_, identity) => identity.size,
        }
    }
}

impl ChunkReader for FileBytes {
    type T = RangeReader;

    fn get_read(&self, start: u64) -> ParquetResult<RangeReader> {
        Ok(RangeReader { bytes: self.clone(), at: start, window: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = start.checked_add(length as u64).filter(|end| *end <= self.len());
        let Some(end) = end else {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} reach beyond the file's end")));
        };
        match self {
            Self::Mapped(bytes) => Ok(bytes.slice(start as usize..end as usize)),
            Self::Read(file, _) => {
                let mut found = vec![0; length];
                file.read_exact_at(&mut found, start)?;
                Ok(found.into())
            }
            Self::Parked(..) => {
                let at_hand = self.at_hand().map_err(|error| ParquetError::External(Box::new(error)))?;
                at_hand.get_bytes(start, length)
            }
        }
    }
}

/// Reads on from a place in a file.
pub struct RangeReader {
    bytes: FileBytes,
    at: u64,
    window: Bytes,
}

impl RangeReader {
    /// The bytes that are read next; none at the end of the file.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn ahead(&mut self) -> io::Result<&[u8]> {
        if self.window.is_empty() {
            let left = self.bytes.len().saturating_sub(self.at);
            let next = usize::try_from(left).unwrap_or(usize::MAX).min(READ);
            self.window = self.bytes.get_bytes(self.at, next).map_err(io::Error::other)?;
            self.at += next as u64;
        }
        Ok(&self.window)
    }
}

impl Read for RangeReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.ahead()?;
        let now = self.window.len().min(out.len());
        out[..now].copy_from_slice(&self.window.split_to(now));
        Ok(now)
    }
}
