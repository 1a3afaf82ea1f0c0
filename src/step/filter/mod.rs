//! The rows that are written: `--where`.
//!
//! ```text
//! bind.rs      columns and literals get the types of one table, or an error says what does not fit
//! ranges.rs    ranges of values beyond which it is never true
//! evaluate.rs  batches to true, false or null for each row
//! ```

pub(super) mod bind;
mod evaluate;
mod ranges;

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};

pub use self::bind::Bound;
use super::kept::KeptRows;
use super::ranges::ColumnRange;
use super::registry::{self, Repeated, StepField, StepFlag, StepPlace, StepRow, StepSettings, StepTables};
use super::{BoundStep, Step, StepWorker};
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::condition::Condition;
use crate::model::zone::ZoneRule;
use crate::options::forms::ConditionsForm;
use crate::options::keys::keys;
use crate::options::{Options, TableOptions};

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "where",
    summary: "Write only rows for which a condition is true",
    fields: &[StepField {
        key: "condition",
        doc: "Write only rows for which the condition is true, such as \"amount > 100 and activity != 'Draft'\". If \
              repeated, all conditions must be true. Operators: = != < <= > >=, in (...), between, like, is null, and, \
              or, not",
        required: true,
        words: &[],
        check: |text| text.parse::<Condition>().map(|_| ()),
        flag: Some(StepFlag {
            long: "where",
            alias: None,
            value_name: "CONDITION",
            heading: "Rows",
            default: None,
            repeated: Repeated::Each,
            is_about_columns: false,
        }),
    }],
    tables: StepTables::Events,
    needs: &[],
    place: Some(StepPlace::Rows),
    schemas: FilterSettings::value_schemas,
    read: registry::read::<FilterSettings>,
};

/// Which rows are written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FilterSettings {
    /// What must be true of a row.
    pub condition: Option<Condition>,
}

keys! {
    FilterSettings, "settings of the step where" {
        "condition": ConditionsForm = condition,
    }
}

impl StepSettings for FilterSettings {
    fn to_json(&self) -> Result<serde_json::Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        self.condition.iter().flat_map(Condition::columns).map(str::to_owned).collect()
    }

    fn hidden(&self, hide: &dyn Fn(&str) -> String) -> Option<Arc<dyn StepSettings>> {
        let condition = self.condition.clone()?;
        let shown = hide(condition.text());
        Some(Arc::new(Self { condition: Some(condition.shown_as(&shown)) }))
    }

    fn check(&self) -> Result<()> {
        match self.condition {
            Some(_) => Ok(()),
            None => Err(Error::new(Code::Usage, "expected a condition, found an empty list")
                .help("write a condition such as condition = \"amount > 100\", or leave the step out")),
        }
    }

    fn make(&self, options: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        let condition = self.condition.clone();
        let condition = condition.ok_or_else(|| Error::new(Code::Internal, "a step has no condition"))?;
        Ok(Arc::new(Filter { condition, zone: options.table.values.zone.clone() }))
    }

    fn put(&self, table: &mut TableOptions) {
        table.condition.clone_from(&self.condition);
    }
}

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

    fn ranges(&self, table: &TableSchema) -> Option<Vec<ColumnRange>> {
        Bound::new(&self.condition, table, &self.zone).ok().map(|bound| bound.ranges())
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let bound = Bound::new(&self.condition, table, &self.zone)?;
        let start = move || Box::new(Worker(bound.clone(), KeptRows::default())) as Box<dyn StepWorker>;
        Ok(Some(BoundStep { output: table.clone(), keeps_rows: false, start: Box::new(start) }))
    }
}

/// The condition at work on the batches of one shard, and which rows of the last batch went out.
struct Worker(Bound, KeptRows);

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let chosen = self.0.evaluate(&rows)?;
        self.1.choose(rows, chosen)
    }

    fn kept(&self) -> Option<&BooleanArray> {
        self.1.rows()
    }
}
