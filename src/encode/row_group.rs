//! One row group: record batches in, encoded and compressed column chunks out, all on the worker's own thread.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};

use crate::error::Result;

/// A finished row group, not yet in a file. Owns all it holds: it crosses from worker to merger.
pub struct EncodedRowGroup {
    /// How many rows.
    pub rows: u64,
    /// One chunk for each leaf column, in the schema's order.
    pub chunks: Vec<ArrowColumnChunk>,
}

/// Encodes the batches of one row group.
pub struct RowGroupEncoder {
    schema: SchemaRef,
    writers: Vec<ArrowColumnWriter>,
    rows: u64,
}

/// Makes encoders that agree with one output file; shared by the workers.
#[derive(Debug)]
pub struct RowGroupFactory {
    schema: SchemaRef,
    inner: ArrowRowGroupWriterFactory,
}

impl RowGroupFactory {
    /// Encoders for `schema`, set up as `inner` says.
    pub fn new(schema: SchemaRef, inner: ArrowRowGroupWriterFactory) -> Self {
        Self { schema, inner }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// An encoder for one row group.
    pub fn encoder(&self) -> Result<RowGroupEncoder> {
        // The index matters to encrypted files only, and these are not.
        let writers = self.inner.create_column_writers(0)?;
        Ok(RowGroupEncoder { schema: Arc::clone(&self.schema), writers, rows: 0 })
    }
}

impl RowGroupEncoder {
    /// Encodes a batch.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut writers = self.writers.iter_mut();
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, column)? {
                if let Some(writer) = writers.next() {
                    writer.write(&leaf)?;
                }
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Finishes the chunks.
    pub fn close(self) -> Result<EncodedRowGroup> {
        let chunks: std::result::Result<_, _> =
            self.writers.into_iter().map(ArrowColumnWriter::close).collect();
        Ok(EncodedRowGroup { rows: self.rows, chunks: chunks? })
    }
}
