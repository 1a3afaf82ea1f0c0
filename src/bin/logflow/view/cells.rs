//! Values of Arrow columns as text: exact, for tables and for programs.
//!
//! Invariant: two different values of one column have different texts. A missing value has none.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use logflow::error::Result;
use logflow::model::calendar::date_of;
use serde_json::Value;

/// How moments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moments {
    /// `2024-01-31 13:45:00.250`, as people read them; a zone other than UTC is told by a `Z`.
    Plain,
    /// `2024-01-31T13:45:00.250Z`, as programs read them.
    Iso,
}

/// A column whose values can be told one by one.
pub struct Values {
    array: ArrayRef,
    moments: Moments,
}

impl Values {
    /// Takes a column.
    ///
    /// # Errors
    /// If Arrow can't read its dictionary.
    pub fn of(array: &ArrayRef, moments: Moments) -> Result<Self> {
        let array = match array.data_type() {
            DataType::Dictionary(_, values) => cast(array, values)?,
            _ => ArrayRef::clone(array),
        };
        Ok(Self { array, moments })
    }

    /// The text of a value; `None` if it is missing. Structs, lists and maps are JSON.
    pub fn text(&self, row: usize) -> Option<String> {
        let mut out = String::new();
        match is_missing(&self.array, row) {
            true => None,
            false => {
                write(&self.array, row, self.moments, &mut out);
                Some(out)
            }
        }
    }

    /// The value as JSON. Integers of 64 bits have all their digits; what JSON has no number for (NaN,
    /// integers without a sign, decimals) is text, as in the other outputs of LogFlow.
    pub fn json(&self, row: usize) -> String {
        let mut out = String::new();
        write_json(&self.array, row, &mut out);
        out
    }
}

/// Whether the values of a type are numbers, which stand to the right.
pub fn is_number(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_number(values),
        it => it.is_numeric(),
    }
}

/// Whether the values of a type are text, in which blanks at either end are shown.
pub fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        _ => false,
    }
}

/// An array of type null has no bits that say so.
fn is_missing(array: &ArrayRef, row: usize) -> bool {
    array.data_type() == &DataType::Null || array.is_null(row)
}

/// Adds the text of a value that is there. Writing to a string never fails.
fn write(array: &ArrayRef, row: usize, moments: Moments, out: &mut String) {
    macro_rules! number {
        ($type:ty, $layout:literal) => {{
            let _ = write!(out, $layout, array.as_primitive::<$type>().value(row));
        }};
    }
    match array.data_type() {
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int8 => number!(Int8Type, "{}"),
        DataType::Int16 => number!(Int16Type, "{}"),
        DataType::Int32 => number!(Int32Type, "{}"),
        DataType::Int64 => number!(Int64Type, "{}"),
        DataType::UInt8 => number!(UInt8Type, "{}"),
        DataType::UInt16 => number!(UInt16Type, "{}"),
        DataType::UInt32 => number!(UInt32Type, "{}"),
        DataType::UInt64 => number!(UInt64Type, "{}"),
        DataType::Float16 => number!(Float16Type, "{:?}"),
        DataType::Float32 => number!(Float32Type, "{:?}"),
        DataType::Float64 => number!(Float64Type, "{:?}"),
        DataType::Date32 => day(array.as_primitive::<Date32Type>().value(row).into(), out),
        DataType::Date64 => {
            let millis = array.as_primitive::<Date64Type>().value(row);
            day(millis.div_euclid(86_400_000), out);
        }
        DataType::Timestamp(unit, zone) => {
            let (value, per_second) = match unit {
                TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 1),
                TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().value(row), 1_000),
                TimeUnit::Microsecond => {
                    (array.as_primitive::<TimestampMicrosecondType>().value(row), 1_000_000)
                }
                TimeUnit::Nanosecond => {
                    (array.as_primitive::<TimestampNanosecondType>().value(row), 1_000_000_000)
                }
            };
            moment(value, per_second, zone.as_deref(), moments, out);
        }
        DataType::Dictionary(_, values) => match cast(&array.slice(row, 1), values) {
            Ok(value) if !is_missing(&value, 0) => write(&value, 0, moments, out),
            _ => {}
        },
        DataType::Struct(_)
        | DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Map(..) => write_json(array, row, out),
        _ => {
            if let Ok(formatter) = ArrayFormatter::try_new(array, &FormatOptions::default()) {
                let _ = write!(out, "{}", formatter.value(row));
            }
        }
    }
}

/// Adds a value as JSON.
fn write_json(array: &ArrayRef, row: usize, out: &mut String) {
    if is_missing(array, row) {
        return out.push_str("null");
    }
    let items = |items: &ArrayRef, out: &mut String| {
        out.push('[');
        for item in 0..items.len() {
            out.push_str(if item > 0 { "," } else { "" });
            write_json(items, item, out);
        }
        out.push(']');
    };
    match array.data_type() {
        DataType::Struct(fields) => {
            out.push('{');
            for (place, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                let _ = write!(out, "{}:", Value::from(field.name().as_str()));
                write_json(column, row, out);
            }
            out.push('}');
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row), out),
        DataType::FixedSizeList(..) => items(&array.as_fixed_size_list().value(row), out),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            out.push('{');
            for entry in 0..entries.len() {
                out.push_str(if entry > 0 { "," } else { "" });
                let mut key = String::new();
                write(keys, entry, Moments::Iso, &mut key);
                let _ = write!(out, "{}:", Value::from(key));
                write_json(values, entry, out);
            }
            out.push('}');
        }
        DataType::Dictionary(_, values) => match cast(&array.slice(row, 1), values) {
            Ok(value) => write_json(&value, 0, out),
            Err(_) => out.push_str("null"),
        },
        data_type => {
            let mut text = String::new();
            write(array, row, Moments::Iso, &mut text);
            let is_bare = match data_type {
                DataType::Boolean => true,
                DataType::UInt64 => false,
                it if it.is_integer() => true,
                it if it.is_floating() => text.parse::<f64>().is_ok_and(f64::is_finite),
                _ => false,
            };
            match is_bare {
                true => out.push_str(&text),
                false => out.push_str(&Value::from(text).to_string()),
            }
        }
    }
}

/// A day of the calendar, or the number of days since 1970 where no year is written so.
fn day(days: i64, out: &mut String) {
    let _ = match i32::try_from(days) {
        Ok(days) => {
            let (year, month, day) = date_of(days);
            write!(out, "{year:04}-{month:02}-{day:02}")
        }
        Err(_) => write!(out, "{days} days"),
    };
}

/// A moment with as many digits behind the second as it needs: none, 3, 6 or 9.
fn moment(value: i64, per_second: i64, zone: Option<&str>, moments: Moments, out: &mut String) {
    let (seconds, rest) = (value.div_euclid(per_second), value.rem_euclid(per_second));
    let nanos = rest * (1_000_000_000 / per_second);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    day(days, out);
    out.push(if moments == Moments::Iso { 'T' } else { ' ' });
    let _ = write!(out, "{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let _ = match nanos {
        0 => Ok(()),
        _ if nanos % 1_000_000 == 0 => write!(out, ".{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => write!(out, ".{:06}", nanos / 1_000),
        _ => write!(out, ".{nanos:09}"),
    };
    // The heading says UTC already; a moment is stored in UTC, whatever zone the type names.
    let told = match moments {
        Moments::Iso => zone.is_some(),
        Moments::Plain => zone.is_some_and(|zone| zone != "UTC"),
    };
    out.push_str(if told { "Z" } else { "" });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        DictionaryArray, Float64Array, Int64Array, ListArray, NullArray, StringArray, StructArray,
        TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
    };
    use arrow::datatypes::Field;

    use super::*;

    fn told(array: impl Array + 'static) -> Vec<(Option<String>, String)> {
        let array: ArrayRef = Arc::new(array);
        let values = Values::of(&array, Moments::Plain).unwrap();
        (0..array.len()).map(|row| (values.text(row), values.json(row))).collect()
    }

    fn both(text: &str, json: &str) -> (Option<String>, String) {
        (Some(text.to_owned()), json.to_owned())
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        let array = Int64Array::from(vec![Some(9_007_199_254_740_993), Some(-1), None]);
        let null = || (None, "null".to_owned());
        assert_eq!(told(array), [both("9007199254740993", "9007199254740993"), both("-1", "-1"), null()]);
        let array = UInt64Array::from(vec![u64::MAX]);
        assert_eq!(told(array), [both("18446744073709551615", "\"18446744073709551615\"")]);
        let array = Float64Array::from(vec![1.0, 0.1, 1e300, f64::NAN]);
        let floats = [both("1.0", "1.0"), both("0.1", "0.1"), both("1e300", "1e300")];
        assert_eq!(told(array)[..3], floats);
        assert_eq!(told(Float64Array::from(vec![f64::NAN])), [both("NaN", "\"NaN\"")]);
        assert_eq!(told(NullArray::new(1)), [null()]);
    }

    #[test]
    fn moments_have_the_digits_that_they_need_and_a_zone_for_programs() {
        let micros = [0, 1_500_000, -1];
        let array = TimestampMicrosecondArray::from(micros.to_vec()).with_timezone("UTC");
        assert_eq!(
            told(array),
            [
                both("1970-01-01 00:00:00", "\"1970-01-01T00:00:00Z\""),
                both("1970-01-01 00:00:01.500", "\"1970-01-01T00:00:01.500Z\""),
                both("1969-12-31 23:59:59.999999", "\"1969-12-31T23:59:59.999999Z\""),
            ]
        );
        assert_eq!(
            told(TimestampNanosecondArray::from(vec![1])),
            [both("1970-01-01 00:00:00.000000001", "\"1970-01-01T00:00:00.000000001\"")]
        );
        let array = arrow::array::TimestampSecondArray::from(vec![i64::MAX]);
        assert!(told(array)[0].0.as_ref().unwrap().starts_with("106751991167300 days"));
    }

    #[test]
    fn nested_values_are_json_and_dictionaries_are_their_values() {
        let words: DictionaryArray<arrow::datatypes::Int32Type> =
            vec![Some("a\"b"), None].into_iter().collect();
        assert_eq!(told(words), [both("a\"b", "\"a\\\"b\""), (None, "null".to_owned())]);
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), None]), None]);
        assert_eq!(told(lists), [both("[1,null]", "[1,null]"), (None, "null".to_owned())]);
        let field = Arc::new(Field::new("k", DataType::Utf8, true));
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some(""), None]));
        let structs = StructArray::from(vec![(field, texts)]);
        assert_eq!(
            told(structs),
            [both("{\"k\":\"\"}", "{\"k\":\"\"}"), both("{\"k\":null}", "{\"k\":null}")]
        );
    }
}
