//! Values that few cases have: `--suppress-rare`.
//!
//! A survey counts for each value the cases that have it, up to k; in the next pass the values of fewer cases are
//! replaced. Values and cases are kept as hashes, so that no value waits anywhere as it is.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use serde_json::{Value, json};

use super::pseudonymise::change::with_words;
use super::pseudonymise::texts::{has_text, texts};
use super::registry::{self, Repeated, StepField, StepFlag, StepNeed, StepRow, StepSettings, StepTables};
use super::{BoundStep, Finding, Step, StepWorker};
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::hash::hash_bytes;
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::forms::NamesForm;
use crate::options::keys::keys;
use crate::options::{Options, parse_names};

/// What takes the place of a rare value.
const RARE: &str = "(rare)";
/// Different values of all columns at most: each takes some 50 bytes, and up to 8 for each of k cases.
const MOST_VALUES: usize = 4 << 20;
/// The greatest k: of each rare value so many cases are known.
const MOST_K: u64 = 1000;

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "suppress-rare",
    summary: "Write (rare) in the place of values that few cases have",
    fields: &[StepField {
        key: "values",
        doc: "Write (rare) in the place of text that fewer than K cases have: in all columns of text but that of the \
              case, or in those that are named",
        required: true,
        words: &[],
        check: |text| parse_names(text)?.iter().try_for_each(|item| limit(item).map(|_| ())),
        flag: Some(StepFlag {
            long: "suppress-rare",
            alias: None,
            value_name: "K|COLUMN=K,...",
            heading: "Pseudonyms",
            default: None,
            repeated: Repeated::Names,
            is_about_columns: false,
        }),
    }],
    tables: StepTables::Events,
    needs: &[StepNeed::Survey],
    place: None,
    schemas: RareSettings::value_schemas,
    read: registry::read::<RareSettings>,
};

/// Which values are rare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RareSettings {
    /// A number for all columns, or columns each with `=` and its number.
    pub values: Vec<String>,
}

keys! {
    RareSettings, "settings of the step suppress-rare" {
        "values": NamesForm = values,
    }
}

impl StepSettings for RareSettings {
    fn to_json(&self) -> Result<Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn check(&self) -> Result<()> {
        if self.values.is_empty() {
            return Err(
                Error::new(Code::Usage, "no number is given").help("write for example 5 or diagnosis=5")
            );
        }
        self.values.iter().try_for_each(|item| limit(item).map(|_| ()))
    }

    fn make(&self, _: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        let limits = self.values.iter().map(|item| limit(item)).collect::<Result<_>>()?;
        Ok(Arc::new(RareStep(Arc::new(Shared { limits, decision: Mutex::new(None) }))))
    }

    fn is_confidential(&self) -> bool {
        true
    }
}

/// The column and the number of an item; no column for all.
fn limit(item: &str) -> Result<(Option<String>, u64)> {
    let (column, number) = match item.rsplit_once('=') {
        Some((column, number)) => (Some(column.to_owned()), number),
        None => (None, item),
    };
    match number.trim().parse() {
        Ok(k) if (2..=MOST_K).contains(&k) => Ok((column, k)),
        _ => Err(Error::new(Code::Usage, format!("expected a number from 2 to {MOST_K}, found {number:?}"))
            .help("write for example 5 or diagnosis=5")),
    }
}

/// Replaces rare values. Clones share what is decided.
#[derive(Debug, Clone)]
struct RareStep(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Vec<(Option<String>, u64)>,
    decision: Mutex<Option<Arc<Counts>>>,
}

/// The columns in which rare values are replaced, with their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RareColumn {
    at: usize,
    name: String,
    k: u64,
}

impl RareStep {
    fn decision(&self) -> Option<Arc<Counts>> {
        self.0.decision.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn columns(&self, table: &TableSchema) -> Result<Vec<RareColumn>> {
        let mut found: Vec<RareColumn> = Vec::new();
        let mut add = |at: usize, column: &TableColumn, k: u64| {
            found.retain(|known| known.at != at);
            found.push(RareColumn { at, name: column.name().to_owned(), k });
        };
        for (_, k) in self.0.limits.iter().filter(|(column, _)| column.is_none()) {
            for (at, column) in table.columns.iter().enumerate().filter(|(_, column)| is_meant(column)) {
                add(at, column, *k);
            }
        }
        for (name, k) in &self.0.limits {
            let Some(name) = name else { continue };
            let at = table.require(name)?;
            let column = &table.columns[at];
            if !is_text(column.field.data_type()) {
                let what =
                    format!("expected a column of text, found values of type {}", column.field.data_type());
                return Err(Error::new(Code::Usage, what)
                    .in_column(column.name())
                    .help("make numbers and times coarser with ⟦generalise⟧ instead"));
            }
            add(at, column, *k);
        }
        found.sort_by_key(|column| column.at);
        Ok(found)
    }
}

/// Whether a column is meant where none is named.
fn is_meant(column: &TableColumn) -> bool {
    let bare = column.name().strip_prefix("case:").unwrap_or(column.name());
    is_text(column.field.data_type()) && !column.roles.contains(&Role::Case) && !bare.starts_with("@types")
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => **values == DataType::Utf8,
        other => *other == DataType::Utf8,
    }
}

impl Step for RareStep {
    fn name(&self) -> &str {
        "suppress-rare"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let columns = self.columns(table)?;
        let case = table.role(Role::Case).filter(|at| has_text(table.columns[*at].field.data_type()));
        let Some(decision) = self.decision() else {
            let start =
                move || SurveyWorker { case, counts: Counts::new(&columns), columns: columns.clone() };
            return Ok(Some(BoundStep::new(table.clone(), start)));
        };
        let mut output = table.clone();
        for column in &columns {
            let at = &mut output.columns[column.at];
            // Text in the place of a value may be new, and a value may be null now.
            let field = at.field.as_ref().clone().with_nullable(true);
            *at = TableColumn { field: Arc::new(field), source: None, ..at.clone() };
        }
        let schema = output.arrow();
        let start = move || Worker {
            schema: Arc::clone(&schema),
            columns: columns.clone(),
            finding: RareFinding { rows: vec![0; columns.len()], columns: columns.clone() },
            decision: Arc::clone(&decision),
        };
        Ok(Some(BoundStep::new(output, start).keeping_rows()))
    }

    fn surveys(&self) -> bool {
        self.decision().is_none()
    }

    fn end_survey(&self, found: Vec<(TableId, Box<dyn Finding>)>, _: &Observer) -> Result<()> {
        let counts = found.into_iter().find_map(|(_, finding)| {
            let finding: Box<dyn Any> = finding;
            finding.downcast::<Counts>().ok()
        });
        let counts = counts.map_or_else(|| Counts { columns: Vec::new(), full: false }, |it| *it);
        if counts.full {
            return Err(too_many());
        }
        *self.0.decision.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(counts));
        Ok(())
    }

    fn renewed(&self) -> Option<Arc<dyn Step>> {
        let limits = self.0.limits.clone();
        Some(Arc::new(Self(Arc::new(Shared { limits, decision: Mutex::new(None) }))))
    }

    fn is_confidential(&self) -> bool {
        true
    }
}

fn too_many() -> Error {
    Error::new(Code::MemoryLimit, format!("the columns have more than {MOST_VALUES} different values"))
        .help("name the columns with few values, such as diagnosis=5; in others all values are rare: leave them out")
}

/// The cases that have a value, up to k.
#[derive(Debug, Clone)]
enum CasesOfValue {
    /// Fewer than k: their hashes.
    Few(Vec<u64>),
    /// So many rows, where no column is the case.
    Rows(u64),
    /// The value occurs at least k times.
    Enough,
}

impl CasesOfValue {
    /// One more case has the value; `None`: one more row, where no column is the case.
    fn add(&mut self, case: Option<u64>, k: u64) {
        let count = match (&mut *self, case) {
            (Self::Few(cases), Some(case)) => {
                if !cases.contains(&case) {
                    cases.push(case);
                }
                cases.len() as u64
            }
            (Self::Few(_), None) => {
                *self = Self::Rows(1);
                1
            }
            (Self::Rows(rows), _) => {
                *rows += 1;
                *rows
            }
            (Self::Enough, _) => return,
        };
        if count >= k {
            *self = Self::Enough;
        }
    }

    /// What rows that follow have.
    fn join(&mut self, later: Self, k: u64) {
        match (&mut *self, later) {
            (_, Self::Enough) => *self = Self::Enough,
            (_, Self::Few(cases)) => cases.into_iter().for_each(|case| self.add(Some(case), k)),
            (Self::Rows(ours), Self::Rows(theirs)) if *ours + theirs < k => *ours += theirs,
            (Self::Rows(_), Self::Rows(_)) => *self = Self::Enough,
            (Self::Few(_), rows) => *self = rows,
            (Self::Enough, _) => {}
        }
    }
}

/// For each column its values by their hashes.
#[derive(Debug)]
struct Counts {
    columns: Vec<(u64, HashMap<u64, CasesOfValue>)>,
    /// Whether there were too many.
    full: bool,
}

impl Counts {
    fn new(columns: &[RareColumn]) -> Self {
        Self { columns: columns.iter().map(|column| (column.k, HashMap::new())).collect(), full: false }
    }

    fn check(&mut self) {
        if self.columns.iter().map(|(_, values)| values.len()).sum::<usize>() > MOST_VALUES {
            self.full = true;
            self.columns.iter_mut().for_each(|(_, values)| *values = HashMap::new());
        }
    }

    fn is_rare(&self, column: usize, value: &str) -> bool {
        let values = self.columns.get(column).map(|(_, values)| values);
        let cases = values.and_then(|values| values.get(&value_hash(value)));
        !matches!(cases, Some(CasesOfValue::Enough))
    }
}

fn value_hash(value: &str) -> u64 {
    hash_bytes(3, value.as_bytes())
}

impl Finding for Counts {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.full |= later.full;
        for ((k, ours), (_, theirs)) in self.columns.iter_mut().zip(later.columns) {
            for (value, cases) in theirs {
                ours.entry(value).or_insert_with(|| CasesOfValue::Few(Vec::new())).join(cases, *k);
            }
        }
        self.check();
        Ok(())
    }

    fn to_json(&self) -> Value {
        Value::Null
    }
}

/// Counts the values of a shard during the survey.
struct SurveyWorker {
    case: Option<usize>,
    columns: Vec<RareColumn>,
    counts: Counts,
}

impl StepWorker for SurveyWorker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let cases: Option<Vec<u64>> = match self.case {
            Some(case) => {
                let names = texts(&plain(rows.column(case))?)?;
                let hash = |name: Option<&str>| hash_bytes(4, name.unwrap_or_default().as_bytes());
                Some(names.iter().map(hash).collect())
            }
            None => None,
        };
        if !self.counts.full {
            for (column, (k, values)) in self.columns.iter().zip(&mut self.counts.columns) {
                let array = cast(rows.column(column.at), &DataType::Utf8)?;
                let mut last: Option<(&str, u64)> = None;
                for (row, value) in array.as_string::<i32>().iter().enumerate() {
                    let Some(value) = value else { continue };
                    let case = cases.as_ref().map(|cases| cases[row]);
                    if case.is_some() && last == case.map(|case| (value, case)) {
                        continue;
                    }
                    last = case.map(|case| (value, case));
                    let known = values.entry(value_hash(value));
                    known.or_insert_with(|| CasesOfValue::Few(Vec::new())).add(case, *k);
                }
            }
            self.counts.check();
        }
        Ok(rows.slice(0, 0))
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(self.counts)))
    }
}

/// An array without its dictionary.
fn plain(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values)?,
        _ => Arc::clone(array),
    })
}

/// Replaces rare values.
struct Worker {
    schema: SchemaRef,
    columns: Vec<RareColumn>,
    decision: Arc<Counts>,
    finding: RareFinding,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let (_, mut columns, _) = rows.into_parts();
        for (number, column) in self.columns.iter().enumerate() {
            let array = &columns[column.at];
            let (new, changed) = self.replaced(array, number)?;
            columns[column.at] = new;
            self.finding.rows[number] += changed;
        }
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(self.finding)))
    }
}

impl Worker {
    /// The array with rare values replaced, and how many rows that are.
    fn replaced(&self, array: &ArrayRef, column: usize) -> Result<(ArrayRef, u64)> {
        if let DataType::Dictionary(..) = array.data_type() {
            let keyed = array.as_any_dictionary();
            let (values, _) = self.replaced(keyed.values(), column)?;
            let words = keyed.values().as_string::<i32>();
            let rare: Vec<bool> = words
                .iter()
                .map(|word| word.is_some_and(|word| self.decision.is_rare(column, word)))
                .collect();
            let is_rare = |(row, key): (usize, usize)| array.is_valid(row) && rare.get(key) == Some(&true);
            let changed = keyed.normalized_keys().into_iter().enumerate().filter(|it| is_rare(*it)).count();
            return Ok((with_words(keyed, values)?, changed as u64));
        }
        let words = array.as_string::<i32>();
        let mut builder = StringBuilder::with_capacity(words.len(), words.value_data().len());
        let mut changed = 0;
        for word in words {
            match word.filter(|word| self.decision.is_rare(column, word)) {
                // JSON stays JSON where a format needs it: what is rare is gone as a whole.
                Some(rare) if rare.starts_with(['{', '[']) => builder.append_null(),
                Some(_) => builder.append_value(RARE),
                None => {
                    builder.append_option(word);
                    continue;
                }
            }
            changed += 1;
        }
        Ok((Arc::new(builder.finish()), changed))
    }
}

/// How many values were replaced.
#[derive(Debug)]
struct RareFinding {
    columns: Vec<RareColumn>,
    rows: Vec<u64>,
}

impl Finding for RareFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.rows.iter_mut().zip(later.rows).for_each(|(sum, more)| *sum += more);
        Ok(())
    }

    fn to_json(&self) -> Value {
        let columns = self.columns.iter().zip(&self.rows);
        let columns: Vec<Value> = columns
            .map(|(column, rows)| json!({"column": column.name, "k": column.k, "replaced_values": rows}))
            .collect();
        json!({ "columns": columns })
    }
}
