//! The names that XES and pm4py give to the columns of an event log: `--naming xes`.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::registry::{self, Repeated, StepField, StepFlag, StepPlace, StepRow, StepSettings, StepTables};
use super::{BoundStep, Step, StepWorker};
use crate::error::Result;
use crate::model::catalog::TableSchema;
use crate::model::roles::Naming;
use crate::options::forms::ByWord;
use crate::options::keys::keys;
use crate::options::{Choice, Options, TableOptions};

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "naming",
    summary: "Give role columns the names that XES and pm4py have for them",
    fields: &[StepField {
        key: "names",
        doc: "Names of role columns: as in the input (source), or as XES and pm4py name them, such as case:concept:name (xes)",
        required: true,
        words: &["source", "xes"],
        check: |text| Naming::from_word(text).map(|_| ()),
        flag: Some(StepFlag {
            long: "naming",
            alias: None,
            value_name: "source|xes",
            heading: "Columns and roles",
            default: Some("source"),
            repeated: Repeated::Last,
            is_about_columns: true,
        }),
    }],
    tables: StepTables::Events,
    needs: &[],
    place: Some(StepPlace::Names),
    schemas: NamingSettings::value_schemas,
    read: registry::read::<NamingSettings>,
};

/// Whose names role columns have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NamingSettings {
    /// Whose names role columns have.
    pub names: Naming,
}

keys! {
    NamingSettings, "settings of the step naming" {
        "names": ByWord = names,
    }
}

impl StepSettings for NamingSettings {
    fn to_json(&self) -> Result<serde_json::Value> {
        // Also where it is the default, for the step is nothing without it.
        Ok(serde_json::json!({"names": self.names.to_word()}))
    }

    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn make(&self, _: &Options) -> Result<Arc<dyn Step>> {
        Ok(match self.names {
            Naming::Xes => Arc::new(XesNaming),
            Naming::Source => Arc::new(SourceNaming),
        })
    }

    fn put(&self, table: &mut TableOptions) {
        table.naming = self.names;
    }
}

/// Leaves all names as they are.
#[derive(Debug, Clone, Copy)]
struct SourceNaming;

impl Step for SourceNaming {
    fn name(&self) -> &str {
        "naming"
    }

    fn bind(&self, _: &TableSchema) -> Result<Option<BoundStep>> {
        Ok(None)
    }
}

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
