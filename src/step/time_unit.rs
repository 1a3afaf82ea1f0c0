//! Timestamps in milliseconds: `--timestamp-unit ms` and `auto`.
//!
//! ```text
//! bind       timestamps become milliseconds, but for the columns that are kept
//! batch      a value that is finer: an error (ms), or the column is noted (auto)
//! the run    columns were noted: they are kept, and the rows are read once more
//! ```
//!
//! No digit is ever cut off: the pass in which a column is noted is thrown away.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};

use super::{BoundStep, Step, StepWorker};
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::options::TimestampUnit;

/// Writes timestamps in milliseconds.
#[derive(Debug, Clone)]
pub struct InMillis {
    /// Whether columns with finer values keep their unit.
    is_auto: bool,
    columns: Arc<Mutex<Columns>>,
}

/// Columns with values finer than a millisecond.
#[derive(Debug, Default)]
struct Columns {
    /// Those that keep their unit.
    kept: BTreeSet<(TableId, String)>,
    /// Those that were found to have such values in this pass.
    found: BTreeSet<(TableId, String)>,
}

impl InMillis {
    /// The step for this unit; `None` if timestamps are written as they are read.
    pub fn of(unit: TimestampUnit) -> Option<Self> {
        let is_auto = match unit {
            TimestampUnit::Micros => return None,
            TimestampUnit::Millis => false,
            TimestampUnit::Auto => true,
        };
        Some(Self { is_auto, columns: Arc::default() })
    }

    /// Forgets what a pass found that is made again, with other types.
    pub fn forget(&self) {
        self.lock().found.clear();
    }

    /// Keeps the unit of the columns that the pass found; whether there were any.
    pub fn keep_found(&self) -> bool {
        let columns = &mut *self.lock();
        let found = std::mem::take(&mut columns.found);
        let any = !found.is_empty();
        columns.kept.extend(found);
        any
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Columns> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Step for InMillis {
    fn name(&self) -> &str {
        "timestamp-unit"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let mut output = table.clone();
        let mut changed = Vec::new();
        for (at, column) in output.columns.iter_mut().enumerate() {
            let DataType::Timestamp(TimeUnit::Microsecond | TimeUnit::Nanosecond, zone) =
                column.field.data_type()
            else {
                continue;
            };
            let name = column.name().to_owned();
            if self.lock().kept.contains(&(table.table, name.clone())) {
                continue;
            }
            let millis = DataType::Timestamp(TimeUnit::Millisecond, zone.clone());
            let field = column.field.as_ref().clone().with_data_type(millis);
            *column = TableColumn { field: Arc::new(field), ..column.clone() };
            changed.push((at, name));
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let (step, schema, table) = (self.clone(), output.arrow(), table.table);
        let start = move || {
            let (step, schema, changed) = (step.clone(), Arc::clone(&schema), changed.clone());
            Box::new(MillisWorker { step, table, schema, changed }) as Box<dyn StepWorker>
        };
        Ok(Some(BoundStep { output, keeps_rows: true, start: Box::new(start) }))
    }
}

struct MillisWorker {
    step: InMillis,
    table: TableId,
    schema: SchemaRef,
    /// Columns that become milliseconds, with their names.
    changed: Vec<(usize, String)>,
}

impl StepWorker for MillisWorker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let (_, mut columns, _) = rows.into_parts();
        for (at, name) in &self.changed {
            let (millis, finer) = in_millis(&columns[*at], self.schema.field(*at).data_type());
            match finer {
                Some(_) if self.step.is_auto => {
                    self.step.lock().found.insert((self.table, name.clone()));
                }
                Some(row) => return Err(too_fine(&columns[*at], row, name)),
                None => {}
            }
            columns[*at] = millis;
        }
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

/// The times in whole milliseconds, and the first row that has a finer one.
fn in_millis(times: &ArrayRef, data_type: &DataType) -> (ArrayRef, Option<usize>) {
    fn of<T: ArrowPrimitiveType<Native = i64>>(
        times: &ArrayRef,
        data_type: &DataType,
        parts: i64,
    ) -> (ArrayRef, Option<usize>) {
        let times = times.as_primitive::<T>();
        let values = times.values();
        let is_finer = |row: &usize| times.is_valid(*row) && values[*row] % parts != 0;
        // Most columns have none: one look at all values, and at each only if there are any.
        let rests = values.iter().fold(0, |rests, value| rests | (value % parts));
        let finer = if rests == 0 { None } else { (0..times.len()).find(is_finer) };
        let millis: PrimitiveArray<TimestampMillisecondType> = times.unary(|value| value.div_euclid(parts));
        (Arc::new(millis.with_data_type(data_type.clone())), finer)
    }
    match times.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            of::<TimestampNanosecondType>(times, data_type, 1_000_000)
        }
        _ => of::<TimestampMicrosecondType>(times, data_type, 1000),
    }
}

fn too_fine(times: &ArrayRef, row: usize, column: &str) -> Error {
    // Without its zone, for arrow writes no times of zones that have names.
    let unzoned = match times.data_type() {
        DataType::Timestamp(unit, _) => arrow::compute::cast(times, &DataType::Timestamp(*unit, None)),
        _ => Ok(Arc::clone(times)),
    };
    let value = unzoned.and_then(|times| arrow::util::display::array_value_to_string(&times, row));
    let value = value.unwrap_or_default();
    let what = format!("column {column:?}: expected times in whole milliseconds, found {value}");
    Error::new(Code::Misfit, what)
        .help("give ⟦timestamp-unit⟧ auto to keep such columns in microseconds, or us for all columns")
}

#[cfg(test)]
mod tests {
    use arrow::array::{TimestampMicrosecondArray, TimestampNanosecondArray};

    use super::*;

    fn millis(times: ArrayRef) -> (Vec<Option<i64>>, Option<usize>) {
        let (found, finer) = in_millis(&times, &DataType::Timestamp(TimeUnit::Millisecond, None));
        (found.as_primitive::<TimestampMillisecondType>().iter().collect(), finer)
    }

    #[test]
    fn whole_milliseconds_keep_their_value_before_1970_as_well() {
        let micros = TimestampMicrosecondArray::from(vec![Some(-5_000), None, Some(7_000)]);
        assert_eq!(millis(Arc::new(micros)), (vec![Some(-5), None, Some(7)], None));
        let nanos = TimestampNanosecondArray::from(vec![Some(-3_000_000), Some(0)]);
        assert_eq!(millis(Arc::new(nanos)), (vec![Some(-3), Some(0)], None));
    }

    #[test]
    fn the_first_finer_value_is_found_and_what_stands_under_a_null_is_none() {
        let micros = TimestampMicrosecondArray::from(vec![1_000, 1_001, 1_002]);
        assert_eq!(millis(Arc::new(micros)).1, Some(1));
        let nulls = vec![false, true].into();
        let hidden = TimestampMicrosecondArray::new(vec![1, 2_000].into(), Some(nulls));
        assert_eq!(millis(Arc::new(hidden)), (vec![None, Some(2)], None));
    }
}
