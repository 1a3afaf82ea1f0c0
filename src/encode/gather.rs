//! Rows of one table that come in handfuls: gathered in file order until they are worth a row group.

use arrow::array::{Array, RecordBatch};

use super::row_group::{EncodedRowGroup, RowGroupFactory};
use crate::error::Result;

/// Bytes of arrays that make a row group of gathered rows.
pub const ENOUGH: usize = 4 << 20;

/// Bytes of a batch's values. Follows from the values alone, so that what is decided by it is the same in every run.
pub fn bytes_of(batch: &RecordBatch) -> usize {
    let bytes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    // An array whose size can't be told counts by its rows.
    bytes.map(|bytes| bytes.unwrap_or(batch.num_rows() * 16)).sum()
}

/// Rows that wait.
#[derive(Debug, Default)]
pub struct Gathered {
    batches: Vec<RecordBatch>,
    bytes: usize,
}

impl Gathered {
    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds rows behind those before.
    pub fn add(&mut self, batches: Vec<RecordBatch>) {
        self.bytes += batches.iter().map(bytes_of).sum::<usize>();
        self.batches.extend(batches);
    }

    /// All of them, to be one row group.
    pub fn take(&mut self) -> Vec<RecordBatch> {
        self.bytes = 0;
        std::mem::take(&mut self.batches)
    }
}

/// Rows as one row group.
pub fn encode(batches: Vec<RecordBatch>, factory: &RowGroupFactory) -> Result<EncodedRowGroup> {
    let mut encoder = factory.encoder()?;
    for batch in batches {
        encoder.write(&batch)?;
    }
    let group = encoder.close()?;
    // It will be long until the next, and there are many tables.
    factory.trim();
    Ok(group)
}
