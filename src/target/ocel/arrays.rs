//! Columns of batches as the arrays that another layout wants.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, StringBuilder, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;

use crate::error::{Code, Error, Result};
use crate::target::values::BatchColumn;

/// An array as another type; an error if a value has no place there. One without values has a place in any.
pub fn converted(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.null_count() == array.len() {
        return Ok(new_null_array(to, array.len()));
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let cast = |array: &ArrayRef, to: &DataType| {
        cast_with_options(array, to, &options).map_err(|error| Error::new(Code::Bundle, error.to_string()))
    };
    match (array.data_type(), to) {
        // Arrow knows no zone by its name unless it has the tables of all, and every moment here is stored in
        // UTC: it is written as everywhere else.
        (DataType::Timestamp(..), DataType::Utf8) => moments(array),
        // So with what has none yet: what is stored is the moment.
        (DataType::Date32 | DataType::Timestamp(_, None), DataType::Timestamp(unit, Some(_))) => {
            cast(&cast(&cast(array, &DataType::Timestamp(*unit, None))?, &DataType::Int64)?, to)
        }
        _ => cast(array, to),
    }
}

/// Moments as text: RFC 3339, in UTC.
fn moments(array: &ArrayRef) -> Result<ArrayRef> {
    let values = BatchColumn::of(array)?;
    let mut texts = StringBuilder::new();
    let mut text = String::new();
    for row in 0..array.len() {
        if values.is_null(row) {
            texts.append_null();
        } else {
            values.write(row, "string", &mut text);
            texts.append_value(&text);
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// A column of a batch.
pub fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    batch
        .column_by_name(name)
        .ok_or_else(|| Error::new(Code::Bundle, format!("expected a column {name:?}, found no such column")))
}

/// A column as text.
pub fn texts(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    let array = converted(column(batch, name)?, &DataType::Utf8)?;
    match array.as_any().downcast_ref::<StringArray>() {
        Some(texts) => Ok(texts.clone()),
        None => Err(Error::new(Code::Internal, "the column is not a text column")),
    }
}

/// The times of events as numbers of the unit of `time`.
pub fn times(batch: &RecordBatch, time: &DataType) -> Result<Int64Array> {
    let array = converted(&converted(column(batch, "ocel_time")?, time)?, &DataType::Int64)?;
    match array.as_any().downcast_ref::<Int64Array>() {
        Some(times) => Ok(times.clone()),
        None => Err(Error::new(Code::Internal, "the column is not a timestamp column")),
    }
}

/// A text column with the same value in every row.
pub fn constant(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Date32Array, TimestampMicrosecondArray};
    use arrow::datatypes::{TimeUnit, TimestampNanosecondType};

    use super::*;

    #[test]
    fn moments_become_text_and_days_moments_without_the_names_of_zones() {
        let moments = TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("UTC");
        let moments = converted(&(Arc::new(moments) as ArrayRef), &DataType::Utf8).unwrap();
        let moments: Vec<_> = moments.as_string::<i32>().iter().collect();
        assert_eq!(moments, [Some("1970-01-01T00:00:00.000001+00:00"), None]);
        let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(1), None]));
        let nanos = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        let days = converted(&days, &nanos).unwrap();
        assert_eq!(days.data_type(), &nanos);
        let days: Vec<_> = days.as_primitive::<TimestampNanosecondType>().iter().collect();
        assert_eq!(days, [Some(86_400_000_000_000), None]);
    }
}
