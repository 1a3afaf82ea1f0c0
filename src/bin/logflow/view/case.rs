//! The events of one case, as a timeline.
//!
//! A step keeps the rows of the case on the threads that read; the few that are left are sorted by time, those
//! of the same time in the order of the log.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, Scalar, StringArray, UInt32Array};
use arrow::compute::kernels::cmp::eq;
use arrow::compute::{cast, concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use logflow::error::{Code, Error, Result};
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{Options, nearest};
use logflow::values::Role;
use logflow::{BoundStep, LogReader, Step, StepWorker, TableSchema};

use crate::figures::{count, counted, duration};

use super::cells::{Moments, Values};

/// Distinct cases whose names are compared with one that is not there.
const COMPARED: usize = 1_000_000;

/// Keeps the rows of one case.
#[derive(Debug, Clone)]
pub struct OfCase(pub String);

impl Step for OfCase {
    fn name(&self) -> &str {
        "case"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let column = case_column(table)?;
        let mut data_type = table.columns[column].field.data_type();
        if let DataType::Dictionary(_, values) = data_type {
            data_type = values;
        }
        let text: ArrayRef = Arc::new(StringArray::from(vec![self.0.as_str()]));
        // A name that no value of this type has makes a null, which nothing equals.
        let wanted = cast(&text, data_type).ok().filter(|it| it.is_valid(0));
        let start = move || OfCaseWorker { column, wanted: wanted.clone() };
        Ok(Some(BoundStep::new(table.clone(), start)))
    }
}

struct OfCaseWorker {
    column: usize,
    wanted: Option<ArrayRef>,
}

impl StepWorker for OfCaseWorker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let chosen = match &self.wanted {
            Some(wanted) => eq(rows.column(self.column), &Scalar::new(wanted))?,
            None => BooleanArray::from(vec![false; rows.num_rows()]),
        };
        Ok(filter_record_batch(&rows, &chosen)?)
    }
}

/// The column that tells the cases apart.
///
/// # Errors
/// [`Code::Usage`] if no column has this role.
fn case_column(table: &TableSchema) -> Result<usize> {
    table.role(Role::Case).ok_or_else(|| {
        let names: Vec<&str> = table.columns.iter().map(logflow::TableColumn::name).collect();
        Error::new(Code::Usage, "no column is known to identify the case")
            .help(format!("give ⟦case-id⟧ COLUMN; the columns are {}", names.join(", ")))
    })
}

/// The rows of a case by time; rows without a time come last.
///
/// # Errors
/// If Arrow can't sort them.
pub fn by_time(table: &TableSchema, parts: &[(u64, RecordBatch)]) -> Result<RecordBatch> {
    let batches: Vec<&RecordBatch> = parts.iter().map(|(_, batch)| batch).collect();
    let rows = concat_batches(&table.arrow(), batches)?;
    let Some(time) = table.role(Role::Timestamp) else { return Ok(rows) };
    let Some(moments) = moments(rows.column(time)) else { return Ok(rows) };
    let mut order: Vec<u32> = (0..rows.num_rows() as u32).collect();
    order.sort_by_key(|row| moments[*row as usize].unwrap_or(i128::MAX));
    Ok(take_record_batch(&rows, &UInt32Array::from(order))?)
}

/// Moments in nanoseconds since 1970; `None` for a column that holds none.
fn moments(column: &ArrayRef) -> Option<Vec<Option<i128>>> {
    let factor: i128 = match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => 1_000_000_000,
        DataType::Timestamp(TimeUnit::Millisecond, _) => 1_000_000,
        DataType::Timestamp(TimeUnit::Microsecond, _) => 1_000,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => 1,
        DataType::Date32 => 86_400_000_000_000,
        DataType::Date64 => 1_000_000,
        _ => return None,
    };
    // The number that is stored, whatever its unit.
    let stored = match column.data_type() {
        DataType::Date32 => cast(&cast(column, &DataType::Int32).ok()?, &DataType::Int64).ok()?,
        _ => cast(column, &DataType::Int64).ok()?,
    };
    let stored = stored.as_primitive::<Int64Type>();
    Some(stored.iter().map(|it| it.map(|it| i128::from(it) * factor)).collect())
}

/// For each row the time since the row before it, and the time between the first and the last one.
pub fn gaps(table: &TableSchema, rows: &RecordBatch) -> (Vec<Option<String>>, Option<String>) {
    let found = table.role(Role::Timestamp).and_then(|time| moments(rows.column(time)));
    let Some(moments) = found else { return (vec![None; rows.num_rows()], None) };
    let between = |from: i128, to: i128| duration((to - from) as f64 / 1e9);
    let gap = |row: usize| match (row.checked_sub(1).and_then(|before| moments[before]), moments[row]) {
        (Some(before), Some(now)) if before == now => Some("0".to_owned()),
        (Some(before), Some(now)) => Some(format!("+{}", days(between(before, now), now - before))),
        _ => None,
    };
    let known: Vec<i128> = moments.iter().flatten().copied().collect();
    let span = known.first().zip(known.last()).map(|(from, to)| days(between(*from, *to), to - from));
    ((0..moments.len()).map(gap).collect(), span)
}

/// Spans of two days or more in days.
fn days(shorter: String, nanos: i128) -> String {
    let hours = nanos / 3_600_000_000_000;
    match hours {
        ..48 => shorter,
        _ => format!("{} d {} h", count((hours / 24) as u64), hours % 24),
    }
}

/// The error for a case that is not there: how many there are, and the nearest name. Reads all rows once more.
///
/// # Errors
/// If they can't be read.
pub fn not_there(wanted: &str, inputs: &[Input], options: &Options, observer: &Observer) -> Result<Error> {
    let reader = LogReader::all(inputs.iter().cloned()).options(options.clone()).observer(observer);
    let mut names: HashSet<String> = HashSet::new();
    let mut batches = reader.batches()?;
    let column = batches.table().map(case_column).transpose()?.unwrap_or_default();
    let mut last = String::new();
    while names.len() < COMPARED
        && let Some(batch) = batches.next()
    {
        let batch = batch?;
        let values = Values::of(batch.column(column), Moments::Plain)?;
        for name in (0..batch.num_rows()).filter_map(|row| values.text(row)) {
            if name != last && !names.contains(&name) {
                names.insert(name.clone());
            }
            last = name;
        }
    }
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let cases = match names.len() >= COMPARED {
        true => format!("more than {}", counted(COMPARED as u64, "case")),
        false => counted(names.len() as u64, "case"),
    };
    let error = Error::new(Code::Usage, format!("no case is called {wanted:?}; the log has {cases}"));
    let near = nearest(wanted, sorted.iter().copied());
    Ok(match (near, sorted.first()) {
        (Some(near), _) => error.help(format!("did you mean {near:?}?")),
        (None, Some(first)) => error.help(format!("a case is called {first:?}, for example")),
        (None, None) => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_days_are_told_in_days() {
        assert_eq!(days("5.00 s".to_owned(), 5_000_000_000), "5.00 s");
        assert_eq!(days("x".to_owned(), 49 * 3_600_000_000_000), "2 d 1 h");
    }
}
