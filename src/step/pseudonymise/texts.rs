//! The canonical text of a value: what is hashed, masked and counted, whatever type its column has.
//!
//! | values | text |
//! |---|---|
//! | text | as it is |
//! | whole numbers | decimal digits: `-7` |
//! | numbers with a fraction | the fewest digits that tell it from its neighbours, without an exponent: `7.5`; `7` for 7.0 |
//! | truth values | `true`, `false` |
//! | dates | `2024-05-01` |
//! | times | in UTC: `2024-05-01T10:00:00.000+00:00`, with six or nine digits where there are finer ones |
//! | bytes | the bytes |
//! | other types | as Arrow writes them |
//!
//! So a number has one text in a column of whole numbers and in one with fractions, where a file of another month
//! may have it.

use std::borrow::Cow;
use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::compute::{can_cast_types, cast};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type, TimeUnit};

use crate::error::Result;
use crate::model::calendar::date_of;

/// Whether values of a type have a canonical text.
pub fn has_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => has_text(values),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            true
        }
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Struct(_)
        | DataType::Map(..)
        | DataType::Union(..) => false,
        other => can_cast_types(other, &DataType::Utf8),
    }
}

/// The canonical texts of an array that is no dictionary, as an array of text.
///
/// # Errors
/// If Arrow cannot write its values.
pub fn texts(array: &ArrayRef) -> Result<StringArray> {
    let as_text = |array: &dyn Array| -> Result<StringArray> {
        Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
    };
    Ok(match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            written(values.iter(), push_float)
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            written(values.iter(), |value, out| {
                let _ = write!(out, "{value}");
            })
        }
        DataType::Timestamp(unit, _) => {
            let unit = *unit;
            let values = cast(array, &DataType::Int64)?;
            written(values.as_primitive::<Int64Type>().iter(), |value, out| push_time(value, unit, out))
        }
        _ => as_text(array)?,
    })
}

fn written<T>(values: impl Iterator<Item = Option<T>>, write: impl Fn(T, &mut String)) -> StringArray {
    let mut builder = StringBuilder::new();
    let mut text = String::new();
    for value in values {
        match value {
            Some(value) => {
                text.clear();
                write(value, &mut text);
                builder.append_value(&text);
            }
            None => builder.append_null(),
        }
    }
    builder.finish()
}

/// The text of a number with a fraction.
pub fn push_float(value: f64, out: &mut String) {
    // Zero has one text, and so has what is no number.
    let value = if value == 0.0 { 0.0 } else { value };
    let _ = write!(out, "{value}");
}

/// Adds the text of a time in UTC.
pub fn push_time(value: i64, unit: TimeUnit, out: &mut String) {
    let parts = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let (seconds, rest) = (value.div_euclid(parts), value.rem_euclid(parts));
    let nanos = rest * (1_000_000_000 / parts);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) =
        date_of(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }));
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.");
    let _ = match nanos {
        _ if nanos % 1_000_000 == 0 => write!(out, "{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => write!(out, "{:06}", nanos / 1_000),
        _ => write!(out, "{nanos:09}"),
    };
    out.push_str("+00:00");
}

/// The canonical text of a value that stands in JSON or XES as text of this kind: `int`, `float` or anything else.
pub fn of_word<'w>(kind: &str, word: &'w str) -> Cow<'w, str> {
    let is_number = matches!(kind, "int" | "float" | "number");
    if !is_number {
        return Cow::Borrowed(word);
    }
    if let Ok(number) = word.trim().parse::<i64>() {
        return Cow::Owned(number.to_string());
    }
    match word.trim().parse::<f64>() {
        Ok(number) => {
            let mut out = String::new();
            push_float(number, &mut out);
            Cow::Owned(out)
        }
        Err(_) => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, TimestampMicrosecondArray,
        TimestampMillisecondArray, TimestampNanosecondArray,
    };

    use super::*;

    #[test]
    fn each_type_has_the_text_that_its_table_says() {
        let decimal = Decimal128Array::from(vec![Some(1234), None]).with_precision_and_scale(9, 2).unwrap();
        let cases: Vec<(ArrayRef, &str)> = vec![
            (Arc::new(Int64Array::from(vec![Some(-7), None])), "-7"),
            (Arc::new(Float64Array::from(vec![Some(7.0), None])), "7"),
            (Arc::new(Float64Array::from(vec![Some(-0.0), None])), "0"),
            (Arc::new(Float64Array::from(vec![Some(7.5), None])), "7.5"),
            (Arc::new(Float64Array::from(vec![Some(1e21), None])), "1000000000000000000000"),
            (Arc::new(Float64Array::from(vec![Some(1e-7), None])), "0.0000001"),
            (Arc::new(BooleanArray::from(vec![Some(true), None])), "true"),
            (Arc::new(Date32Array::from(vec![Some(0), None])), "1970-01-01"),
            (Arc::new(decimal), "12.34"),
            (
                Arc::new(TimestampMillisecondArray::from(vec![Some(-1), None])),
                "1969-12-31T23:59:59.999+00:00",
            ),
            (
                Arc::new(
                    TimestampMicrosecondArray::from(vec![Some(1_000_001), None])
                        .with_timezone("Europe/Berlin"),
                ),
                "1970-01-01T00:00:01.000001+00:00",
            ),
            (
                Arc::new(TimestampNanosecondArray::from(vec![Some(1), None])),
                "1970-01-01T00:00:00.000000001+00:00",
            ),
        ];
        for (array, expected) in cases {
            let found = texts(&array).unwrap();
            assert_eq!(found.value(0), expected, "{:?}", array.data_type());
            assert!(found.is_null(1) && has_text(array.data_type()));
        }
    }

    #[test]
    fn numbers_in_markup_have_the_text_of_numbers_in_columns() {
        for (kind, word, text) in
            [("int", "007", "7"), ("float", "7.0", "7"), ("float", "1e3", "1000"), ("string", "007", "007")]
        {
            assert_eq!(of_word(kind, word), text);
        }
    }
}
