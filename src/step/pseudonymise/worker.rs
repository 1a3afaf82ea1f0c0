//! The step at work on the batches of one shard.

use std::any::Any;
use std::sync::{Arc, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use serde_json::Value;

use super::change::{Change, with_words};
use super::hash::{Hashing, Offsets, Pseudonyms};
use super::json::without_keys;
use super::personal::{PersonalCounts, PersonalKind};
use super::plan::{ColumnWork, PlannedChange, TablePlan, changes_of};
use super::settings::Orders;
use super::shift::Shifter;
use super::{Shared, columns_of};
use crate::error::{Code, Error, Result};
use crate::model::warning::{Warning, WarningCode};
use crate::step::{Finding, StepWorker};

/// Changes batches as the plan says.
pub(super) struct Worker {
    plan: Arc<TablePlan>,
    schema: SchemaRef,
    changes: Vec<Change>,
    shifter: Option<Shifter>,
    finding: PseudonymFinding,
}

impl Worker {
    /// A worker for one shard.
    pub fn new(plan: Arc<TablePlan>, shared: &Arc<Shared>) -> Self {
        let changes = plan.changes.iter().map(|change| ready(change, shared)).collect();
        let shifted = plan.columns.iter().zip(&plan.output.columns).filter(|(planned, _)| planned.is_shifted);
        let types: Vec<DataType> = shifted.map(|(_, column)| column.field.data_type().clone()).collect();
        let offsets = shared
            .orders
            .shift
            .zip(shared.hashing.as_ref())
            .map(|(days, hashing)| Offsets::new(hashing, shared.settings.domain.as_deref(), days));
        let shifter = offsets
            .filter(|_| plan.case.is_some())
            .map(|it| Shifter::new(it, shared.least_unit, types.iter()));
        let looked_at = plan.columns.iter().filter_map(|column| column.looked_at.clone());
        let mut note = plan.note.clone();
        if let (Value::Object(note), Some(hashing)) = (&mut note, &shared.hashing) {
            note.insert("hash".to_owned(), hashing.name().into());
            if let Some(id) = hashing.key_id() {
                note.insert("key_id".to_owned(), id.into());
            }
        }
        let columns =
            looked_at.map(|(name, by_name)| LookedAt { name, by_name, counts: PersonalCounts::default() });
        let finding = PseudonymFinding {
            note,
            columns: columns.collect(),
            shared: plan.output.name.as_ref().map(|_| Arc::clone(shared)),
        };
        Self { schema: plan.output.arrow(), plan, changes, shifter, finding }
    }
}

/// A change that is ready to be made.
fn ready(change: &PlannedChange, shared: &Shared) -> Change {
    match change {
        PlannedChange::Pseudonym(domain) => {
            let study = shared.settings.domain.as_deref();
            // Without a hash there is no such change.
            let hashing = shared.hashing.clone().unwrap_or(Hashing::Plain);
            Change::Pseudonym(Pseudonyms::new(&hashing, study, domain))
        }
        PlannedChange::Mask(mask) => Change::Mask(mask.clone()),
        PlannedChange::Null => Change::Null,
    }
}

/// The changes of orders where no table is known, and the keys that they are for.
pub(super) fn changes(orders: &Orders, shared: &Shared) -> (Vec<Change>, [super::json::ChangedKeys; 2]) {
    let (planned, keys) = changes_of(orders, None);
    (planned.iter().map(|(_, change)| ready(change, shared)).collect(), keys)
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let (count, columns) = columns_of(rows);
        let offsets = match (&mut self.shifter, self.plan.case) {
            (Some(shifter), Some(case)) => shifter.of_rows(&columns[case])?,
            _ => Vec::new(),
        };
        let mut written: Vec<ArrayRef> = Vec::with_capacity(self.plan.columns.len());
        let mut counts = self.finding.columns.iter_mut();
        for (planned, out) in self.plan.columns.iter().zip(&self.plan.output.columns) {
            let mut array = Arc::clone(&columns[planned.from]);
            if planned.looked_at.is_some()
                && let Some(looked_at) = counts.next()
            {
                looked_at.counts.add(&array);
            }
            let keys = &self.plan.keys[usize::from(planned.is_of_case)];
            if planned.is_shifted
                && let Some(shifter) = &self.shifter
            {
                array = shifter.array(&array, &offsets).map_err(|error| error.in_column(out.name()))?;
            }
            if self.shifter.is_some() && !planned.is_shifted {
                array = moved_nodes(&array, &offsets)?;
            }
            let changed = match &planned.work {
                ColumnWork::Keep | ColumnWork::Shift => Ok(array),
                ColumnWork::Change(change) => whole(&array, &mut self.changes[*change]),
                ColumnWork::Nested(nested) => nested.array(&array, keys, &mut self.changes),
                ColumnWork::Coarser(coarser) => coarser.array(&array),
                ColumnWork::Types => types(&array, &self.plan.changed_names),
            };
            written.push(changed.map_err(|error| error.in_column(out.name()))?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), written, &options)?)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(self.finding)))
    }
}

/// All values of a column, changed. Attributes of XES that are kept as JSON are changed within.
fn whole(array: &ArrayRef, change: &mut Change) -> Result<ArrayRef> {
    let is_node = |text: &str| text.starts_with("{\"tag\":");
    match array.data_type() {
        DataType::Dictionary(..) => {
            let keyed = array.as_any_dictionary();
            let values = whole(keyed.values(), change)?;
            with_words(keyed, values)
        }
        DataType::Utf8 if array.as_string::<i32>().iter().flatten().any(is_node) => {
            let mut builder = StringBuilder::new();
            let mut scratch = String::new();
            for text in array.as_string::<i32>() {
                match text.and_then(|text| super::json::node_rewritten(text, change)) {
                    Some(node) => builder.append_value(node),
                    None => {
                        builder.append_option(text.and_then(|it| change.text(it.as_bytes(), &mut scratch)))
                    }
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        _ => change.array(array),
    }
}

/// Attributes of XES that are kept as JSON, with their times moved by the offset of each row.
fn moved_nodes(array: &ArrayRef, offsets: &[i64]) -> Result<ArrayRef> {
    let has_times = |array: &ArrayRef| {
        let texts = array.as_string_opt::<i32>();
        texts.is_some_and(|texts| texts.iter().flatten().any(|text| text.contains(super::json::DATE)))
    };
    match array.data_type() {
        DataType::Dictionary(_, values) if **values == DataType::Utf8 => {
            if !has_times(array.as_any_dictionary().values()) {
                return Ok(Arc::clone(array));
            }
            let moved = moved_nodes(&cast(array, values)?, offsets)?;
            Ok(cast(&moved, array.data_type())?)
        }
        DataType::Utf8 if has_times(array) => {
            let mut builder = StringBuilder::new();
            for (text, offset) in array.as_string::<i32>().iter().zip(offsets) {
                match text.and_then(|text| super::json::moved(text, *offset)) {
                    Some(moved) => builder.append_value(moved),
                    None => builder.append_option(text),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        _ => Ok(Arc::clone(array)),
    }
}

/// The types of values without those of columns that were changed.
fn types(array: &ArrayRef, changed: &[String]) -> Result<ArrayRef> {
    if let DataType::Dictionary(..) = array.data_type() {
        let keyed = array.as_any_dictionary();
        let values = types(keyed.values(), changed)?;
        return with_words(keyed, values);
    }
    let texts = array.as_string::<i32>();
    let is_changed = |key: &str| changed.iter().any(|name| name == key);
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    for text in texts {
        match text.map(|text| without_keys(text, &is_changed)) {
            Some(Some(rest)) => builder.append_option(rest),
            Some(None) | None => builder.append_option(text),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// A column that nobody mentioned, and what its values look like.
#[derive(Debug, Clone)]
struct LookedAt {
    name: String,
    by_name: Option<PersonalKind>,
    counts: PersonalCounts,
}

/// What was done, and what looks personal and was left as it is.
#[derive(Debug, Clone)]
struct PseudonymFinding {
    note: Value,
    columns: Vec<LookedAt>,
    /// Of an object-centric log, whose tables together must have all columns that are named.
    shared: Option<Arc<Shared>>,
}

impl Finding for PseudonymFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        for (ours, theirs) in self.columns.iter_mut().zip(&later.columns) {
            ours.counts.join(&theirs.counts);
        }
        Ok(())
    }

    fn conclude(&mut self) -> Result<()> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let met = shared.met.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.orders.columns.iter().find(|(item, _)| !met.contains(item)) {
            Some((item, _)) => {
                Err(Error::new(Code::NoSuchColumn, format!("no table of the log has a column {item:?}"))
                    .help("name attributes of events and objects, ocel:oid or ocel:eid"))
            }
            None => Ok(()),
        }
    }

    fn to_json(&self) -> Value {
        self.note.clone()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.columns.iter().filter_map(LookedAt::warning).collect()
    }
}

impl LookedAt {
    fn warning(&self) -> Option<Warning> {
        let by_values = self.counts.kind();
        let (kind, count) = by_values.or(self.by_name.map(|kind| (kind, self.counts.values)))?;
        if count == 0 {
            return None;
        }
        let why = if by_values.is_some() { "its values look like" } else { "by its name it holds" };
        let what = format!("column {:?} was left as it is, and {why} {}", self.name, kind.described());
        let help =
            "name it with ⟦pseudonymise⟧, ⟦mask⟧, ⟦generalise⟧ or ⟦drop⟧ if the output must not show it";
        let warning = Warning::new(WarningCode::LooksPersonal, what).in_column(&self.name).help(help);
        Some(warning.counted(count).out_of(self.counts.values))
    }
}
