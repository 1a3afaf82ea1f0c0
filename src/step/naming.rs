//! The names that XES and pm4py give to the columns of an event log: `--naming xes`.

use std::collections::HashSet;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::{BoundStep, Step, StepWorker};
use crate::error::Result;
use crate::model::catalog::TableSchema;

/// Gives columns that play a role the names that XES has for them.
///
/// A column that bears such a name and plays no role gets a name of its own: the first of `NAME@2`, `NAME@3`
/// and so on that is free.
#[derive(Debug, Clone, Copy, Default)]
pub struct XesNaming;

impl Step for XesNaming {
    fn name(&self) -> &str {
        "naming"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let mut names: Vec<String> = table.columns.iter().map(|column| column.name().to_owned()).collect();
        let roles = table.roles();
        for (role, at) in &roles {
            names[*at] = role.xes_name().to_owned();
        }
        let mut taken: HashSet<String> = names.iter().cloned().collect();
        for (_, of_role) in &roles {
            let wanted = names[*of_role].clone();
            for at in (0..names.len()).filter(|at| at != of_role) {
                if names[at] == wanted {
                    let free =
                        (2..).map(|number| format!("{wanted}@{number}")).find(|name| !taken.contains(name));
                    names[at] = free.unwrap_or_default();
                    taken.insert(names[at].clone());
                }
            }
        }
        let columns = table.columns.iter().zip(names).map(|(column, name)| column.renamed(name)).collect();
        let output = TableSchema { columns, ..table.clone() };
        if output == *table {
            return Ok(None);
        }
        let schema = output.arrow();
        let start = move || Box::new(Renamed(SchemaRef::clone(&schema))) as Box<dyn StepWorker>;
        Ok(Some(BoundStep { output, keeps_rows: true, start: Box::new(start) }))
    }
}

/// The schema with the new names.
struct Renamed(SchemaRef);

impl StepWorker for Renamed {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let (_, columns, _) = rows.into_parts();
        Ok(RecordBatch::try_new_with_options(SchemaRef::clone(&self.0), columns, &options)?)
    }
}
