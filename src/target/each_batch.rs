//! Batches of rows for the caller of the library, in the order of the input.

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::model::catalog::{TableId, TableSchema};
use crate::options::Options;
use crate::report::Report;
use crate::target::{Summary, Target, TargetTable, Wants};

/// Hands each batch to a function, once the types of the whole input are known.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// let mut rows = 0;
/// let mut target = logflow::EachBatch::new(|table, batch| {
///     assert_eq!(batch.num_columns(), table.columns.len());
///     rows += batch.num_rows();
///     Ok(())
/// });
/// logflow::Convert::new(path).run(&mut target, &logflow::Observer::default())?;
/// assert_eq!(rows, 3);
/// # Ok(())
/// # }
/// ```
pub struct EachBatch<F> {
    take: F,
    tables: Vec<TableSchema>,
}

impl<F: FnMut(&TableSchema, RecordBatch) -> Result<()> + Send> EachBatch<F> {
    /// Batches for `take`, which gets the table that each belongs to. An error of `take` ends the run.
    pub fn new(take: F) -> Self {
        Self { take, tables: Vec::new() }
    }
}

impl<F: FnMut(&TableSchema, RecordBatch) -> Result<()> + Send> Target for EachBatch<F> {
    fn takes_several_tables(&self) -> bool {
        true
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        self.tables = tables.iter().map(|table| table.schema.clone()).collect();
        Ok(Wants::Batches)
    }

    fn batch(&mut self, table: TableId, rows: RecordBatch) -> Result<()> {
        (self.take)(&self.tables[table.0], rows)
    }

    fn finish(&mut self, _: Summary<'_>) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        Ok(())
    }
}
