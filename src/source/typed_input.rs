//! An open file of typed values: mapped, read in ranges, or read from front to back.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use serde_json::Value;

use crate::budget::Budget;
use crate::error::{Code, Error, Result};
use crate::mmap::{Identity, Input, InputSource, MappedFile, open};
use crate::observer::Observer;
use crate::options::Options;
use crate::source::ipc::{ArrowFile, ArrowStream};
use crate::source::look::open_options;
use crate::source::opened::named;
use crate::source::parquet::ParquetSource;
use crate::source::ranges::FileBytes;
#[cfg(feature = "excel")]
use crate::source::workbook::source::WorkbookSource;
use crate::source::{TypedFormat, TypedSource};

/// Files that stay open until they are read. Most systems let a process have a thousand files open.
pub const MOST_OPEN: usize = 64;

/// The key of LogFlow's own entry in the metadata of a file.
pub const LOGFLOW: &str = "logflow";

/// One file of typed values that a run reads.
pub struct TypedInput {
    /// The input, as the user named it.
    pub input: Input,
    /// Device, inode, size and times of the file when it was opened.
    pub identity: Identity,
    /// The file if it is mapped.
    mapped: Option<Arc<MappedFile>>,
    /// LogFlow's own entry in the file's metadata, if LogFlow wrote the file.
    pub own: Option<Value>,
    /// The source that reads the values of the file.
    pub source: Box<dyn TypedSource>,
}

impl TypedInput {
    /// Opens a file in this format. One of many (`is_of_many`) is open only while it is read.
    pub fn open(
        input: &Input,
        format: TypedFormat,
        is_of_many: bool,
        options: &Options,
        observer: &Observer,
    ) -> Result<Self> {
        Self::opened(input, format, is_of_many, options, observer).map_err(|error| named(error, input))
    }

    fn opened(
        input: &Input,
        format: TypedFormat,
        is_of_many: bool,
        options: &Options,
        observer: &Observer,
    ) -> Result<Self> {
        let mut how = open_options(options, observer)?;
        how.encoding = None;
        let opened = open(input, &how)?;
        let identity = opened.identity();
        let (mapped, bytes) = match opened {
            InputSource::Mapped(file) => {
                let file = Arc::new(file);
                let bytes = FileBytes::mapped(&file);
                (Some(file), bytes)
            }
            InputSource::Stream(stream) => {
                if format == TypedFormat::ArrowStream {
                    let source = ArrowStream::open(Box::new(stream), None)?;
                    return Ok(Self::new(input, identity, None, Box::new(source)));
                }
                let Some(path) = input.path().filter(|path| path.is_file()) else {
                    return Err(Error::new(Code::Piped, format!("expected a file of format {}, found a pipe", format.name()))
                        .help("such a file is read from its end: write it to a disk first; Arrow streams can come from a pipe"));
                };
                let file = File::open(path).map_err(|error| Error::io(Code::InputMissing, path, &error))?;
                (None, FileBytes::Read(Arc::new(file), identity.size))
            }
        };
        let workers = Budget::new(options.run.memory_limit, options.run.threads)?.workers();
        let parked = input.path().filter(|_| is_of_many && format != TypedFormat::ArrowStream);
        let source: Box<dyn TypedSource> = match format {
            TypedFormat::Parquet => {
                let file = ParquetSource::open_with(bytes, workers)?;
                Box::new(match parked {
                    Some(path) => file.parked(path, identity),
                    None => file,
                })
            }
            TypedFormat::ArrowFile => {
                let file = ArrowFile::open(bytes)?;
                Box::new(match parked {
                    Some(path) => file.parked(path, identity),
                    None => file,
                })
            }
            #[cfg(feature = "excel")]
            TypedFormat::Workbook(form) => Box::new(WorkbookSource::open(bytes, form, options, observer)?),
            TypedFormat::ArrowStream => {
                let bytes = bytes.whole()?;
                let length = bytes.len() as u64;
                Box::new(ArrowStream::open(Box::new(std::io::Cursor::new(bytes)), Some(length))?)
            }
        };
        Ok(Self::new(input, identity, mapped.filter(|_| parked.is_none()), source))
    }

    fn new(
        input: &Input,
        identity: Identity,
        mapped: Option<Arc<MappedFile>>,
        source: Box<dyn TypedSource>,
    ) -> Self {
        let entry = source.metadata().into_iter().find(|(key, _)| key == LOGFLOW);
        let own = entry.and_then(|(_, value)| serde_json::from_str(&value).ok()).filter(Value::is_object);
        Self { input: input.clone(), identity, mapped, own, source }
    }

    /// Name of the input, for messages.
    pub fn name(&self) -> String {
        self.input.to_string()
    }

    /// An error if the file is not as it was when it was opened.
    pub fn unchanged(&self) -> Result<()> {
        let checked = match (&self.mapped, self.input.path()) {
            (Some(file), _) => file.check(0..file.len()).and_then(|()| file.unchanged()),
            (None, Some(path)) if path.is_file() => match std::fs::metadata(path).map(|it| Identity::of(&it))
            {
                Ok(now) if now == self.identity => Ok(()),
                _ => Err(Error::new(
                    Code::InputChanged,
                    "the file was written to or replaced since it was opened",
                )),
            },
            _ => Ok(()),
        };
        checked.map_err(|error| named(error, &self.input))
    }
}

/// Asked for each MiB that is hashed: an error ends the hashing, for example because the run has ended.
pub type GoOn<'g> = dyn Fn() -> Result<()> + Sync + 'g;

/// The length and the BLAKE3 of a file; zeros for a pipe.
///
/// # Errors
/// If the file can't be read, and what `go_on` says.
pub fn digest(input: &TypedInput, go_on: &GoOn<'_>) -> Result<(u64, [u8; 32])> {
    match &input.mapped {
        Some(file) => Ok((file.len() as u64, checksum_of(file, go_on)?)),
        None => match input.input.path().filter(|path| path.is_file()) {
            Some(path) => {
                let failed = |error: std::io::Error| Error::io(Code::InputRead, path, &error);
                let mut hasher = blake3::Hasher::new();
                let mut file = File::open(path).map_err(failed)?;
                let mut window = vec![0; WINDOW];
                loop {
                    go_on()?;
                    match file.read(&mut window).map_err(failed)? {
                        0 => return Ok((input.identity.size, *hasher.finalize().as_bytes())),
                        read => hasher.update(&window[..read]),
                    };
                }
            }
            None => Ok((0, [0; 32])),
        },
    }
}

/// Bytes that are hashed at once.
const WINDOW: usize = 1 << 20;

/// The BLAKE3 of a mapped file, its pages given back on the way.
///
/// # Errors
/// If the file was cut short, and what `go_on` says.
pub fn checksum_of(file: &MappedFile, go_on: &GoOn<'_>) -> Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    for start in (0..file.len()).step_by(WINDOW) {
        go_on()?;
        let end = (start + WINDOW).min(file.len());
        file.populate(start..end)?;
        hasher.update(&file.bytes()[start..end]);
        file.release(start..end);
    }
    file.check(0..file.len())?;
    Ok(*hasher.finalize().as_bytes())
}
