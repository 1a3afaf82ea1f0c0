//! The columns that are written, in their order: `--select` and `--exclude`.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::ranges::ColumnRange;
use super::registry::{self, Repeated, StepField, StepFlag, StepPlace, StepRow, StepSettings, StepTables};
use super::{BoundStep, Step, StepWorker};
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::condition::Condition;
use crate::options::forms::NamesForm;
use crate::options::keys::keys;
use crate::options::{Options, TableOptions, parse_names};

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "select",
    summary: "Write only these columns, in this order",
    fields: &[StepField {
        key: "columns",
        doc: "Write (or show) only these columns, in this order; put names that contain a comma in double quotes",
        required: true,
        words: &[],
        check: |text| parse_names(text).map(|_| ()),
        flag: Some(StepFlag {
            long: "select",
            alias: Some("columns"),
            value_name: "COLUMN,...",
            heading: "Columns and roles",
            default: None,
            repeated: Repeated::Names,
            is_about_columns: true,
        }),
    }],
    tables: StepTables::Events,
    needs: &[],
    place: Some(StepPlace::Columns),
    schemas: Select::value_schemas,
    read: registry::read::<Select>,
};

/// Keeps some columns, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Select {
    /// Names of the columns that are kept.
    pub columns: Vec<String>,
}

keys! {
    Select, "settings of the step select" {
        "columns": NamesForm = columns,
    }
}

impl StepSettings for Select {
    fn to_json(&self) -> Result<serde_json::Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn check(&self) -> Result<()> {
        check_names(&self.columns)
    }

    fn make(&self, _: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        Ok(Arc::new(self.clone()))
    }

    fn put(&self, table: &mut TableOptions) {
        table.select.clone_from(&self.columns);
    }
}

/// Refuses an empty list of columns, and a column that is named twice.
///
/// # Errors
/// [`Code::Usage`].
pub(super) fn check_names(columns: &[String]) -> Result<()> {
    if columns.is_empty() {
        return Err(Error::new(Code::Usage, "expected names of columns, found an empty list")
            .help("name a column, or leave the step out"));
    }
    let mut seen = HashSet::new();
    match columns.iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(Error::new(Code::Usage, format!("column {twice:?} is selected twice"))),
        None => Ok(()),
    }
}

impl Step for Select {
    fn name(&self) -> &str {
        "select"
    }

    fn ranges(&self, _: &TableSchema) -> Option<Vec<ColumnRange>> {
        Some(Vec::new())
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let mut kept = Vec::with_capacity(self.columns.len());
        for name in &self.columns {
            kept.push(table.require(name)?);
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

/// The columns that are written, of all that there are, and those that are read only because rows are chosen
/// by them.
///
/// # Errors
/// [`Code::NoSuchColumn`] for a name that no column has; [`Code::Usage`] for a column that is selected twice,
/// or if no column is left.
pub fn choose(all: Vec<String>, options: &Options) -> Result<(Vec<String>, Vec<String>)> {
    let asked = options.table.condition.iter().flat_map(Condition::columns);
    let known: HashSet<&str> = all.iter().map(String::as_str).collect();
    for wanted in
        options.table.select.iter().chain(&options.table.exclude).map(String::as_str).chain(asked.clone())
    {
        if !known.contains(wanted) {
            return Err(Error::no_such_column(wanted, all.iter().map(String::as_str)));
        }
    }
    let mut selected = HashSet::new();
    if let Some(twice) = options.table.select.iter().find(|name| !selected.insert(*name)) {
        return Err(Error::new(Code::Usage, format!("column {twice:?} is selected twice")));
    }
    let mut written = if options.table.select.is_empty() { all } else { options.table.select.clone() };
    let excluded: HashSet<&String> = options.table.exclude.iter().collect();
    written.retain(|name| !excluded.contains(name));
    if written.is_empty() {
        return Err(Error::new(Code::Usage, "no column is left").help("check ⟦select⟧ and ⟦exclude⟧"));
    }
    let hidden = asked.filter(|name| !written.iter().any(|kept| kept == name)).map(str::to_owned).collect();
    Ok((written, hidden))
}

/// Positions of the columns that are kept.
struct Kept(Vec<usize>);

impl StepWorker for Kept {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        Ok(rows.project(&self.0)?)
    }
}
