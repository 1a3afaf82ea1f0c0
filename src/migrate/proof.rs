//! Whether files are what a journal says: sizes, checksums, footers, and the rows that footers tell.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use parquet::file::metadata::ParquetMetaDataReader;
use sha2::{Digest, Sha256, Sha512};

use super::journal::OutputEntry;
use crate::error::{Code, Error, Result};
use crate::observer::Observer;

/// Bytes that are read at a time.
const WINDOW: usize = 256 << 10;

/// Checksums of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// BLAKE3 of the file, in hexadecimal digits.
    pub blake3: String,
    /// SHA-256 and SHA-512, in hex, if they were asked for.
    pub sha: Option<(String, String)>,
}

/// Reads a file and makes its checksums.
///
/// # Errors
/// `code` if it can't be read; [`Code::Interrupted`].
pub fn digest(path: &Path, with_sha: bool, code: Code, observer: &Observer) -> Result<FileDigest> {
    let failed = |error: &std::io::Error| Error::io(code, path, error);
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    digest_of(&mut file, with_sha, observer).map_err(|error| match error {
        DigestError::Io(error) => failed(&error),
        DigestError::Stopped(error) => error,
    })
}

enum DigestError {
    Io(std::io::Error),
    Stopped(Error),
}

fn digest_of(
    file: &mut File,
    with_sha: bool,
    observer: &Observer,
) -> std::result::Result<FileDigest, DigestError> {
    let length = file.metadata().map_err(DigestError::Io)?.len();
    let room = usize::try_from(length.saturating_add(1)).unwrap_or(WINDOW).clamp(1, WINDOW);
    let mut window = vec![0; room];
    let (mut blake3, mut sha) = (blake3::Hasher::new(), with_sha.then(|| (Sha256::new(), Sha512::new())));
    let mut bytes = 0;
    loop {
        observer.check().map_err(DigestError::Stopped)?;
        let read = match file.read(&mut window) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(DigestError::Io(error)),
        };
        bytes += read as u64;
        blake3.update(&window[..read]);
        if let Some((short, long)) = &mut sha {
            short.update(&window[..read]);
            long.update(&window[..read]);
        }
        observer.add(read as u64, 0);
    }
    let sha = sha.map(|(short, long)| (hex(&short.finalize()), hex(&long.finalize())));
    Ok(FileDigest { bytes, blake3: blake3.finalize().to_hex().to_string(), sha })
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The rows that the footer of a Parquet file tells.
///
/// # Errors
/// What is wrong with the footer.
pub fn footer_rows(path: &Path) -> Result<u64> {
    let file = File::open(path).map_err(|error| Error::io(Code::Unproven, path, &error))?;
    let footer = ParquetMetaDataReader::new().parse_and_finish(&file);
    let footer = footer.map_err(|error| Error::new(Code::Unproven, error.to_string()).in_file(path))?;
    Ok(u64::try_from(footer.file_metadata().num_rows()).unwrap_or_default())
}

/// Whether a path is that of a Parquet file.
pub fn is_parquet(path: &str) -> bool {
    path.ends_with(".parquet")
}

/// Why a file is not what a journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The file is not there.
    Missing,
    /// It is a folder, a link or a device.
    NoFile,
    /// It has another size.
    Size(u64, u64),
    /// It has the size, and other bytes.
    Bytes,
    /// Its footer can't be read.
    Footer(String),
    /// Its footer tells another number of rows.
    Rows(u64, u64),
    /// The file cannot be read, and why.
    Unreadable(String),
}

impl Flaw {
    /// One word for the flaw, as reports have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Size(expected, found) if found < expected => "truncated",
            Self::Unreadable(_) => "unreadable",
            Self::NoFile | Self::Size(..) | Self::Bytes | Self::Footer(_) | Self::Rows(..) => "changed",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the file is not there"),
            Self::NoFile => f.write_str("expected a file, found a folder, a link or a device"),
            Self::Size(expected, found) => write!(f, "expected {expected} bytes, found {found}"),
            Self::Bytes => f.write_str("its BLAKE3 is not that of the journal: the file was changed"),
            Self::Footer(what) => write!(f, "its footer cannot be read: {what}"),
            Self::Rows(expected, found) => {
                write!(f, "expected {expected} rows, and its footer tells {found}")
            }
            Self::Unreadable(what) => f.write_str(what),
        }
    }
}

/// The number of things that were held against a journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Checksums of files.
    pub checksums: u64,
    /// Number of footers that were read.
    pub footers: u64,
    /// Bytes that were read for it.
    pub bytes: u64,
}

impl Checked {
    /// Adds what was checked elsewhere.
    pub fn add(&mut self, other: Self) {
        self.checksums += other.checksums;
        self.footers += other.footers;
        self.bytes += other.bytes;
    }
}

/// Holds a file against what a journal says of it.
///
/// # Errors
/// [`Code::Interrupted`] alone; what is wrong with the file is a flaw.
pub fn flaw_of(
    root: &Path,
    told: &OutputEntry,
    checked: &mut Checked,
    observer: &Observer,
) -> Result<Option<Flaw>> {
    let path = root.join(&told.path);
    match std::fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => return Ok(Some(Flaw::NoFile)),
        Ok(found) if found.size() != told.bytes => return Ok(Some(Flaw::Size(told.bytes, found.size()))),
        Ok(_) => {}
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(Some(Flaw::Missing));
        }
        Err(error) => return Ok(Some(Flaw::Unreadable(error.to_string()))),
    }
    let found = match digest(&path, false, Code::Unproven, observer) {
        Ok(found) => found,
        Err(error) if error.code() == Code::Interrupted => return Err(error),
        Err(error) => return Ok(Some(Flaw::Unreadable(error.what().to_owned()))),
    };
    checked.checksums += 1;
    checked.bytes += found.bytes;
    if found.bytes != told.bytes {
        return Ok(Some(Flaw::Size(told.bytes, found.bytes)));
    }
    if found.blake3 != told.blake3 {
        return Ok(Some(Flaw::Bytes));
    }
    let Some(rows) = told.rows else { return Ok(None) };
    checked.footers += 1;
    Ok(match footer_rows(&path) {
        Ok(found) if found != rows => Some(Flaw::Rows(rows, found)),
        Ok(_) => None,
        Err(error) => Some(Flaw::Footer(error.what().to_owned())),
    })
}
