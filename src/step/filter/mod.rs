//! The rows that are written: `--where`.
//!
//! ```text
//! bind.rs      columns and literals get the types of one table, or an error says what does not fit
//! evaluate.rs  batches to true, false or null for each row
//! ```

mod bind;
mod evaluate;

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;

use self::bind::Bound;
use super::{BoundStep, Step, StepWorker};
use crate::error::Result;
use crate::model::catalog::TableSchema;
use crate::model::condition::Condition;
use crate::model::zone::ZoneRule;

/// Keeps the rows for which a condition is true. Rows for which it is false, or null because a value is
/// missing, are removed.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What must be true of a row.
    pub condition: Condition,
    /// Time zone of times in the condition that have none.
    pub zone: ZoneRule,
}

impl Step for Filter {
    fn name(&self) -> &str {
        "where"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let bound = Bound::new(&self.condition, table, &self.zone)?;
        let start = move || Box::new(Worker(bound.clone())) as Box<dyn StepWorker>;
        Ok(Some(BoundStep { output: table.clone(), keeps_rows: false, start: Box::new(start) }))
    }
}

/// The condition at work on the batches of one shard.
struct Worker(Bound);

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let chosen = self.0.evaluate(&rows)?;
        // A row whose condition is null is removed, as if it were false.
        if chosen.true_count() == rows.num_rows() {
            return Ok(rows);
        }
        Ok(filter_record_batch(&rows, &chosen)?)
    }
}
