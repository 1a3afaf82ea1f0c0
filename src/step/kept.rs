//! Which rows of a batch stay, for steps that remove rows and tell which.

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use crate::error::Result;

/// Which rows of the last batch stayed; `None` if all did.
#[derive(Debug, Default)]
pub(super) struct KeptRows(Option<BooleanArray>);

impl KeptRows {
    /// The rows for which `kept` is true. A row for which it is null is removed, as if it were false.
    ///
    /// # Errors
    /// If Arrow can't choose rows.
    pub fn choose(&mut self, rows: RecordBatch, kept: BooleanArray) -> Result<RecordBatch> {
        if kept.true_count() == rows.num_rows() {
            self.0 = None;
            return Ok(rows);
        }
        let left = filter_record_batch(&rows, &kept)?;
        self.0 = Some(kept);
        Ok(left)
    }

    /// All rows of a batch stay.
    pub fn all(&mut self, rows: RecordBatch) -> RecordBatch {
        self.0 = None;
        rows
    }

    /// What [`StepWorker::kept`](super::StepWorker::kept) tells.
    pub fn rows(&self) -> Option<&BooleanArray> {
        self.0.as_ref()
    }
}
