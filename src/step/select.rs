//! The columns that are written, in their order: `--select` and `--exclude`.

use arrow::array::RecordBatch;

use super::{BoundStep, Step, StepWorker};
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;

/// Keeps some columns, in the order given.
#[derive(Debug, Clone)]
pub struct Select {
    /// Names of the columns that are kept.
    pub columns: Vec<String>,
}

impl Step for Select {
    fn name(&self) -> &str {
        "select"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let mut kept = Vec::with_capacity(self.columns.len());
        for name in &self.columns {
            kept.push(table.position(name).ok_or_else(|| no_such_column(name, table))?);
        }
        if kept.iter().copied().eq(0..table.columns.len()) {
            return Ok(None);
        }
        let columns = kept.iter().map(|at| table.columns[*at].clone()).collect();
        let output = TableSchema { columns, ..table.clone() };
        Ok(Some(BoundStep {
            output,
            keeps_rows: true,
            start: Box::new(move || Box::new(Kept(kept.clone()))),
        }))
    }
}

/// The error for a name that no column has.
pub fn no_such_column(name: &str, table: &TableSchema) -> Error {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name()).collect();
    Error::new(Code::NoSuchColumn, format!("no column is called {name:?}"))
        .help(format!("the columns are {}", names.join(", ")))
}

/// Positions of the columns that are kept.
struct Kept(Vec<usize>);

impl StepWorker for Kept {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        Ok(rows.project(&self.0)?)
    }
}
