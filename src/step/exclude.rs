//! The columns that are left out: `--exclude`.

use std::sync::Arc;

use super::registry::{self, Repeated, StepField, StepFlag, StepPlace, StepRow, StepSettings, StepTables};
use super::select::{Select, check_names};
use super::{BoundStep, Step};
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableSchema};
use crate::options::forms::NamesForm;
use crate::options::keys::keys;
use crate::options::{Options, TableOptions, parse_names};

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "exclude",
    summary: "Write all columns except these",
    fields: &[StepField {
        key: "columns",
        doc: "Write (or show) all columns except these",
        required: true,
        words: &[],
        check: |text| parse_names(text).map(|_| ()),
        flag: Some(StepFlag {
            long: "exclude",
            alias: None,
            value_name: "COLUMN,...",
            heading: "Columns and roles",
            default: None,
            repeated: Repeated::Names,
            is_about_columns: true,
        }),
    }],
    tables: StepTables::Events,
    needs: &[],
    place: Some(StepPlace::FewerColumns),
    schemas: Exclude::value_schemas,
    read: registry::read::<Exclude>,
};

/// Leaves out some columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exclude {
    /// Names of the columns that are left out.
    pub columns: Vec<String>,
}

keys! {
    Exclude, "settings of the step exclude" {
        "columns": NamesForm = columns,
    }
}

impl StepSettings for Exclude {
    fn to_json(&self) -> Result<serde_json::Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn check(&self) -> Result<()> {
        match self.columns.is_empty() {
            true => check_names(&self.columns),
            false => Ok(()),
        }
    }

    fn make(&self, _: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        Ok(Arc::new(self.clone()))
    }

    fn put(&self, table: &mut TableOptions) {
        table.exclude.clone_from(&self.columns);
    }
}

impl Step for Exclude {
    fn name(&self) -> &str {
        "exclude"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        self.columns.iter().try_for_each(|name| table.require(name).map(|_| ()))?;
        let names = table.columns.iter().map(TableColumn::name);
        let kept: Vec<String> =
            names.filter(|name| !self.columns.iter().any(|it| it == name)).map(str::to_owned).collect();
        if kept.is_empty() {
            return Err(Error::new(Code::Usage, "no column is left").help("check ⟦exclude⟧"));
        }
        Select { columns: kept }.bind(table)
    }
}
