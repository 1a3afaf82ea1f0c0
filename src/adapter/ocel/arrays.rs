//! Columns of batches as the arrays that another layout wants.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;

use crate::error::{Code, Error, Result};

/// An array as another type; an error if a value has no place there. One without values has a place in any.
pub fn converted(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.null_count() == array.len() {
        return Ok(new_null_array(to, array.len()));
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &options).map_err(|error| Error::new(Code::Bundle, error.to_string()))
}

/// A column of a batch.
pub fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    batch
        .column_by_name(name)
        .ok_or_else(|| Error::new(Code::Bundle, format!("expected a column {name:?}, found none")))
}

/// A column as text.
pub fn texts(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    let array = converted(column(batch, name)?, &DataType::Utf8)?;
    match array.as_any().downcast_ref::<StringArray>() {
        Some(texts) => Ok(texts.clone()),
        None => Err(Error::new(Code::Internal, "text is no text")),
    }
}

/// The times of events as numbers of the unit of `time`.
pub fn times(batch: &RecordBatch, time: &DataType) -> Result<Int64Array> {
    let array = converted(&converted(column(batch, "ocel_time")?, time)?, &DataType::Int64)?;
    match array.as_any().downcast_ref::<Int64Array>() {
        Some(times) => Ok(times.clone()),
        None => Err(Error::new(Code::Internal, "times are no numbers")),
    }
}

/// The same text in every row.
pub fn constant(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
}
