//! Sources of typed batches: files whose values have types already, so that nothing is guessed and nothing is
//! parsed.
//!
//! ```text
//! parquet.rs   Apache Parquet of any writer
//! parquet_frames.rs, parquet_pages.rs  what footer and pages declare, before room is made for it
//! ipc_frames.rs  what the messages of Arrow IPC declare, before room is made for it
//! ipc.rs       Arrow IPC files, which are read in pieces, and streams, which are read from front to back
//! ranges.rs    the bytes of a file, mapped or read in ranges
//! zip.rs       the entries of ZIP archives; tar.rs those of tar archives
//! mxml.rs      MXML as XES
//! workbook/    the sheets of workbooks (Excel, OpenDocument)
//! partition.rs  the keys of folders named `key=value` as columns
//! columns.rs   one table of several files: which columns it has, of which types, and how each file fills them
//! ```
//!
//! A source knows no thread and no output. It says which tasks reading it is, and each task gives its batches
//! in the order of its rows.

pub mod columns;
mod encoding;
pub mod examples;
#[cfg(test)]
mod faults;
pub mod find_format;
pub mod foreign;
pub mod formats;
pub mod input;
pub mod ipc;
mod ipc_frames;
pub mod look;
pub mod mxml;
pub mod opened;
pub mod parquet;
mod parquet_frames;
mod parquet_pages;
pub mod partition;
pub mod ranges;
pub mod sample;
pub mod sign;
mod signatures;
pub mod sqlite;
pub mod tar;
pub mod typed_input;
#[cfg(feature = "excel")]
pub mod workbook;
pub mod zip;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};

use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::warning::Warning;
use crate::step::ranges::ValueRange;
#[cfg(feature = "excel")]
use workbook::form::WorkbookForm;

/// Rows in a batch. The columns of an event log, some 12, then take about a MiB.
pub const BATCH_ROWS: usize = 8192;

/// Rows of a task, and of a row group that is written, at most. Writers make row groups of 122,880 rows
/// (DuckDB) to some millions (pyarrow: 1,048,576).
pub const TASK_ROWS: usize = 1 << 20;

/// The format of a file of typed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypedFormat {
    /// Apache Parquet, without encryption.
    Parquet,
    /// Arrow IPC, the file format, also known as Feather version 2.
    ArrowFile,
    /// Arrow IPC, the stream format.
    ArrowStream,
    /// A workbook of Excel or OpenDocument.
    #[cfg(feature = "excel")]
    Workbook(WorkbookForm),
}

impl TypedFormat {
    /// The format that a file's first bytes show; `None` for others.
    pub fn of(head: &[u8]) -> Option<Self> {
        // A message of a stream begins with a mark and the length of its header, whose first field is an
        // offset within it.
        let is_stream = || {
            let (mark, rest) = head.split_first_chunk::<4>()?;
            let (length, _) = rest.split_first_chunk::<4>()?;
            let length = u32::from_le_bytes(*length);
            Some(*mark == [0xFF; 4] && (8..1 << 28).contains(&length) && length % 8 == 0)
        };
        match head {
            [b'P', b'A', b'R', b'1', ..] => Some(Self::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Self::ArrowFile),
            _ => is_stream().filter(|it| *it).map(|_| Self::ArrowStream),
        }
    }

    /// The format of an input with these first bytes. Workbooks are archives like others, so that their
    /// contents are looked at.
    pub fn of_input(input: &Input, head: &[u8]) -> Option<Self> {
        let _ = input;
        Self::of(head).or_else(|| {
            #[cfg(feature = "excel")]
            if WorkbookForm::may_be(head)
                && let Some(path) = input.path().filter(|path| path.is_file())
                && let Ok(file) = std::fs::File::open(path)
            {
                return WorkbookForm::of(&ranges::FileBytes::of(file).ok()?).map(Self::Workbook);
            }
            None
        })
    }

    /// Whether messages call it so.
    pub fn is_labelled(self, label: &str) -> bool {
        match self {
            Self::Parquet => label == "Parquet",
            Self::ArrowFile | Self::ArrowStream => false,
            #[cfg(feature = "excel")]
            Self::Workbook(_) => label == "Excel",
        }
    }

    /// Whether it is a form of the format of this name in the registry.
    pub fn is_named(self, name: &str) -> bool {
        match self {
            Self::Parquet => name == "parquet",
            Self::ArrowFile | Self::ArrowStream => name == "arrow",
            #[cfg(feature = "excel")]
            Self::Workbook(_) => name == "excel",
        }
    }

    /// The name of the format in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::ArrowFile => "arrow",
            Self::ArrowStream => "arrow-stream",
            #[cfg(feature = "excel")]
            Self::Workbook(form) => form.name(),
        }
    }
}

/// A file of typed values.
pub trait TypedSource: Send + Sync {
    /// The format in which the file is written.
    fn format(&self) -> TypedFormat;

    /// The columns as the file has them.
    fn schema(&self) -> &SchemaRef;

    /// Metadata of the file: keys and values.
    fn metadata(&self) -> Vec<(String, String)>;

    /// Warnings about the file, once all of it was read.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }

    /// What reports and metadata say of the file beside its rows, and the lines above them.
    fn described(&self) -> Option<(serde_json::Value, Vec<String>)> {
        None
    }

    /// Whether the texts of a column come as keys into a dictionary, which [`TypedSource::schema`] does not
    /// tell: as [`keyed_text`].
    fn is_keyed(&self, column: usize) -> bool {
        let _ = column;
        false
    }

    /// How many tasks reading it is: a function of the file alone.
    fn tasks(&self) -> usize;

    /// The number of rows of a task, if it is known before they are read.
    fn task_rows(&self, task: usize) -> Option<u64> {
        let _ = task;
        None
    }

    /// Bytes that these columns take in the file, in the rows of a task.
    fn task_bytes(&self, task: usize, columns: &[usize]) -> u64 {
        let _ = (task, columns);
        0
    }

    /// Whether a row of a task may have a value of this column that is in a range; so far as that is known before
    /// it is read.
    fn may_have(&self, task: usize, column: usize, range: &ValueRange) -> bool {
        let _ = (task, column, range);
        true
    }

    /// Reads the rows of one task, in batches of these columns in the order of the file, until `take` says
    /// that no more are wanted.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a file that is damaged; what `take` fails with.
    fn read(
        &self,
        task: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()>;
}

/// The type of text that repeats, each text of a batch once.
pub fn keyed_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

thread_local! {
    /// Whether the thread is within a library that reads a file of anyone.
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Has panics of libraries that read damaged files reported as errors alone, without a message of their own
/// on standard error. For programs: it changes the panic hook of the process.
pub fn hide_panics_of_damaged_files() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !IS_READING.get() {
            hook(panic);
        }
    }));
}

/// The error for a file that a library can't read, with the library's reason.
pub(crate) fn damaged(format: TypedFormat, what: impl std::fmt::Display) -> Error {
    let noun = match format {
        TypedFormat::Parquet => "a Parquet file",
        TypedFormat::ArrowFile => "an Arrow IPC file",
        TypedFormat::ArrowStream => "an Arrow IPC stream",
        #[cfg(feature = "excel")]
        TypedFormat::Workbook(_) => "a workbook",
    };
    Error::new(Code::TypedFile, format!("expected {noun}, found damage: {what}"))
        .help("the file may be cut short or only partly written; write it again, or fetch it again")
}

/// Runs what reads a file by a library, whose panics on damaged files are errors.
pub(crate) fn reading<T>(format: TypedFormat, read: impl FnOnce() -> Result<T>) -> Result<T> {
    IS_READING.set(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(false);
    read.unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<String>().map(String::as_str);
        let reason = reason.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is known");
        Err(damaged(format, reason))
    })
}
