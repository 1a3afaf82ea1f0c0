//! Arrow IPC: files, whose record batches are tasks, and streams, which are one task.

use std::io::{Cursor, Read};
use std::sync::{Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::{FileReader, FileReaderBuilder, StreamReader};
use bytes::Bytes;

use super::{BATCH_ROWS, TypedFormat, TypedSource, damaged, reading};
use crate::error::{Code, Error, Result};

/// An Arrow IPC file that is at hand as a whole.
pub struct ArrowFile {
    bytes: Bytes,
    schema: SchemaRef,
    batches: usize,
}

impl ArrowFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged.
    pub fn open(bytes: Bytes) -> Result<Self> {
        reading(TypedFormat::ArrowFile, || {
            let reader = file_reader(&bytes, None)?;
            Ok(Self { schema: reader.schema(), batches: reader.num_batches(), bytes: bytes.clone() })
        })
    }
}

fn file_reader(bytes: &Bytes, columns: Option<&[usize]>) -> Result<FileReader<Cursor<Bytes>>> {
    let builder = FileReaderBuilder::new();
    let builder = match columns {
        Some(columns) => builder.with_projection(columns.to_vec()),
        None => builder,
    };
    builder.build(Cursor::new(bytes.clone())).map_err(|error| damaged(TypedFormat::ArrowFile, error))
}

impl TypedSource for ArrowFile {
    fn format(&self) -> TypedFormat {
        TypedFormat::ArrowFile
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn metadata(&self) -> Vec<(String, String)> {
        entries(&self.schema)
    }

    fn tasks(&self) -> usize {
        self.batches
    }

    fn read(
        &self,
        task: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let batch = reading(TypedFormat::ArrowFile, || {
            let failed = |error| damaged(TypedFormat::ArrowFile, error);
            let mut reader = file_reader(&self.bytes, Some(columns))?;
            reader.set_index(task).map_err(failed)?;
            reader.next().transpose().map_err(failed)
        })?;
        let Some(batch) = batch else {
            return Err(damaged(TypedFormat::ArrowFile, format!("record batch {task} is not there")));
        };
        in_pieces(&batch, take).map(|_| ())
    }
}

/// An Arrow IPC stream, which is read once.
pub struct ArrowStream {
    reader: Mutex<Option<StreamReader<Box<dyn Read + Send>>>>,
    schema: SchemaRef,
}

impl ArrowStream {
    /// Reads the schema, with which a stream begins.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged.
    pub fn open(bytes: Box<dyn Read + Send>) -> Result<Self> {
        reading(TypedFormat::ArrowStream, || {
            let reader = StreamReader::try_new(bytes, None);
            let reader = reader.map_err(|error| damaged(TypedFormat::ArrowStream, error))?;
            Ok(Self { schema: reader.schema(), reader: Mutex::new(Some(reader)) })
        })
    }
}

impl TypedSource for ArrowStream {
    fn format(&self) -> TypedFormat {
        TypedFormat::ArrowStream
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn metadata(&self) -> Vec<(String, String)> {
        entries(&self.schema)
    }

    fn tasks(&self) -> usize {
        1
    }

    fn read(
        &self,
        _: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut reader) = reader else {
            return Err(Error::new(Code::Internal, "a stream is read twice"));
        };
        loop {
            let next = reading(TypedFormat::ArrowStream, || {
                let next = reader.next().transpose();
                next.map_err(|error| damaged(TypedFormat::ArrowStream, error))
            })?;
            match next {
                Some(batch) if in_pieces(&batch.project(columns)?, take)? => {}
                _ => return Ok(()),
            }
        }
    }
}

/// What stands in a schema beside its columns, in the order of the keys.
fn entries(schema: &SchemaRef) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> =
        schema.metadata().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    entries.sort();
    entries
}

/// Gives a batch in pieces of the usual size, for writers make batches of any size; false if no more is
/// wanted.
fn in_pieces(batch: &RecordBatch, take: &mut dyn FnMut(RecordBatch) -> Result<bool>) -> Result<bool> {
    for start in (0..batch.num_rows()).step_by(BATCH_ROWS) {
        if !take(batch.slice(start, BATCH_ROWS.min(batch.num_rows() - start)))? {
            return Ok(false);
        }
    }
    Ok(true)
}
