//! Values of an Arrow column as XES has them: the tag that fits, and text that reads back as the same value.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{
    DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::Engine;

use crate::error::Result;
use crate::model::calendar::date_of;

/// 0001-01-01T00:00:00Z, in seconds after 1970.
const FIRST_SECOND: i64 = -62_135_596_800;
/// 10000-01-01T00:00:00Z, in seconds after 1970.
const LAST_SECOND: i64 = 253_402_300_800;

/// One column of a batch, in one of few forms.
#[derive(Debug)]
pub enum BatchColumn {
    /// A column of UTF-8 strings.
    Text(ArrayRef),
    /// A column of 64-bit integers.
    Int(ArrayRef),
    /// 64-bit floating-point numbers.
    Float(ArrayRef),
    /// A column of booleans.
    Bool(ArrayRef),
    /// Timestamps in microseconds since 1970.
    Micros(ArrayRef),
    /// Timestamps in nanoseconds since 1970.
    Nanos(ArrayRef),
    /// A column of binary values.
    Bytes(ArrayRef),
    /// Structs, by the names of their fields; written as JSON.
    Struct(ArrayRef, Vec<(String, BatchColumn)>),
    /// Lists, with all their items; written as JSON.
    List(ArrayRef, Box<BatchColumn>),
    /// Anything else, as people would write it.
    Other(ArrayRef),
}

/// The tag of attributes that hold this type.
pub fn tag_of(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => "int",
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => "int",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "float",
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => "date",
        DataType::Dictionary(_, value) => tag_of(value),
        // Integers of 64 bits without a sign, decimals: no type of XES holds all of their digits.
        _ => "string",
    }
}

impl BatchColumn {
    /// Takes a column.
    ///
    /// # Errors
    /// If Arrow can't turn it into the form that it has here.
    pub fn of(array: &ArrayRef) -> Result<Self> {
        let as_type = |data_type: &DataType| cast(array, data_type);
        Ok(match array.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Text(as_type(&DataType::Utf8)?)
            }
            DataType::Dictionary(_, value) => Self::of(&as_type(value)?)?,
            DataType::Boolean => Self::Bool(ArrayRef::clone(array)),
            // Such an array has no bits that say so.
            DataType::Null => Self::Text(new_null_array(&DataType::Utf8, array.len())),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Int(as_type(&DataType::Int64)?),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Self::Float(as_type(&DataType::Float64)?)
            }
            // By way of the number that is stored: it is a moment in UTC with any zone, and without one it is
            // taken for that.
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Self::Nanos(cast(
                &as_type(&DataType::Int64)?,
                &DataType::Timestamp(TimeUnit::Nanosecond, None),
            )?),
            DataType::Timestamp(unit, _) => {
                let stored = cast(&as_type(&DataType::Int64)?, &DataType::Timestamp(*unit, None))?;
                Self::Micros(cast_exactly(&stored, &DataType::Timestamp(TimeUnit::Microsecond, None))?)
            }
            DataType::Date32 | DataType::Date64 => {
                Self::Micros(cast_exactly(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?)
            }
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Bytes(as_type(&DataType::Binary)?),
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let fields = fields
                    .iter()
                    .zip(columns)
                    .map(|(field, column)| Ok((field.name().clone(), Self::of(column)?)));
                Self::Struct(ArrayRef::clone(array), fields.collect::<Result<_>>()?)
            }
            DataType::List(_) => {
                let items = Self::of(array.as_list::<i32>().values())?;
                Self::List(ArrayRef::clone(array), Box::new(items))
            }
            DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
                Self::of(&as_type(&DataType::List(std::sync::Arc::clone(field)))?)?
            }
            _ => Self::Other(ArrayRef::clone(array)),
        })
    }

    fn array(&self) -> &ArrayRef {
        match self {
            Self::Text(array)
            | Self::Int(array)
            | Self::Float(array)
            | Self::Bool(array)
            | Self::Micros(array)
            | Self::Nanos(array)
            | Self::Bytes(array)
            | Self::Struct(array, _)
            | Self::List(array, _)
            | Self::Other(array) => array,
        }
    }

    /// Whether the row is null.
    pub fn is_null(&self, row: usize) -> bool {
        self.array().is_null(row)
    }

    /// Puts the text of a value that is there into `out`, in place of what is there. `tag`: as what it is
    /// written.
    pub fn write(&self, row: usize, tag: &str, out: &mut String) {
        out.clear();
        // Writing to a string never fails.
        let _ = match self {
            Self::Text(array) => out.write_str(array.as_string::<i32>().value(row)),
            Self::Int(array) => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
            Self::Bool(array) => write!(out, "{}", array.as_boolean().value(row)),
            Self::Float(array) => write_float(array.as_primitive::<Float64Type>().value(row), tag, out),
            Self::Micros(array) => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
                write_moment(seconds, rest * 1000, out)
            }
            Self::Nanos(array) => {
                let nanos = array.as_primitive::<TimestampNanosecondType>().value(row);
                write_moment(nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000), out)
            }
            Self::Bytes(array) => {
                base64::engine::general_purpose::STANDARD
                    .encode_string(array.as_binary::<i32>().value(row), out);
                Ok(())
            }
            Self::Struct(..) | Self::List(..) => {
                self.write_json(row, out);
                Ok(())
            }
            Self::Other(array) => match ArrayFormatter::try_new(array, &FormatOptions::default()) {
                Ok(formatter) => write!(out, "{}", formatter.value(row)),
                Err(_) => Ok(()),
            },
        };
    }
}

impl BatchColumn {
    /// Adds a value as JSON. A field that is null is left out of its object.
    fn write_json(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            return out.push_str("null");
        }
        match self {
            Self::Struct(_, fields) => {
                out.push('{');
                for (place, (name, values)) in fields.iter().filter(|(_, it)| !it.is_null(row)).enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    out.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    out.push(':');
                    values.write_json(row, out);
                }
                out.push('}');
            }
            Self::List(array, items) => {
                let offsets = array.as_list::<i32>().value_offsets();
                out.push('[');
                for item in offsets[row]..offsets[row + 1] {
                    if item > offsets[row] {
                        out.push(',');
                    }
                    items.write_json(item as usize, out);
                }
                out.push(']');
            }
            _ => {
                let mut text = String::new();
                self.write(row, "string", &mut text);
                let is_bare = match self {
                    Self::Int(_) | Self::Bool(_) => true,
                    Self::Float(array) => array.as_primitive::<Float64Type>().value(row).is_finite(),
                    _ => false,
                };
                match is_bare {
                    true => out.push_str(&text),
                    false => out.push_str(&serde_json::Value::from(text).to_string()),
                }
            }
        }
    }
}

/// The same values in another type; one that it can't hold is an error, where [`cast`] makes it null.
fn cast_exactly(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Ok(cast_with_options(array, data_type, &options)?)
}

/// A number in as few digits as tell it from its neighbours; an integer among floats without a point.
fn write_float(value: f64, tag: &str, out: &mut String) -> std::fmt::Result {
    match value {
        _ if value.is_nan() => out.write_str("NaN"),
        _ if value.is_infinite() => out.write_str(if value > 0.0 { "INF" } else { "-INF" }),
        _ if tag == "int" => write!(out, "{value:.0}"),
        _ => write!(out, "{value:?}"),
    }
}

/// A moment as `xs:dateTime` in UTC: milliseconds always, finer digits where there are any. One that a zone
/// has carried out of the years 1 to 9999 is written with a zone that brings it back: nothing reads other
/// years.
fn write_moment(seconds: i64, nanos: i64, out: &mut String) -> std::fmt::Result {
    let (shift, zone) = match seconds {
        ..FIRST_SECOND => (14 * 3600, "+14:00"),
        LAST_SECOND.. => (-14 * 3600, "-14:00"),
        _ => (0, "+00:00"),
    };
    let seconds = seconds + shift;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days as i32);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    match year {
        0..=9999 => push_digits(i64::from(year), 4, out),
        // Only of tables that others wrote.
        _ => write!(out, "{year:04}")?,
    }
    let parts = [('-', month.into()), ('-', day.into()), ('T', hour), (':', minute), (':', second)];
    for (before, number) in parts {
        out.push(before);
        push_digits(number, 2, out);
    }
    out.push('.');
    match nanos {
        _ if nanos % 1_000_000 == 0 => push_digits(nanos / 1_000_000, 3, out),
        _ if nanos % 1000 == 0 => push_digits(nanos / 1000, 6, out),
        _ => push_digits(nanos, 9, out),
    }
    out.write_str(zone)
}

/// Adds a number that is not negative and has no more digits than `width`, with zeros before it. A moment has
/// seven of them, for which formatting is slow.
fn push_digits(number: i64, width: u32, out: &mut String) {
    for place in (0..width).rev() {
        out.push(char::from(b'0' + (number / 10_i64.pow(place) % 10) as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64, nanos: i64) -> String {
        let mut out = String::new();
        write_moment(seconds, nanos, &mut out).unwrap();
        out
    }

    #[test]
    fn moments_have_the_digits_that_they_need() {
        assert_eq!(moment(0, 0), "1970-01-01T00:00:00.000+00:00");
        assert_eq!(moment(-1, 999_999_000), "1969-12-31T23:59:59.999999+00:00");
        assert_eq!(moment(1_704_164_645, 1), "2024-01-02T03:04:05.000000001+00:00");
        assert_eq!(moment(FIRST_SECOND, 0), "0001-01-01T00:00:00.000+00:00");
    }

    #[test]
    fn moments_beyond_the_years_1_to_9999_have_a_zone_that_brings_them_back() {
        assert_eq!(moment(FIRST_SECOND - 3600, 0), "0001-01-01T13:00:00.000+14:00");
        assert_eq!(moment(LAST_SECOND - 1, 0), "9999-12-31T23:59:59.000+00:00");
        assert_eq!(moment(LAST_SECOND, 0), "9999-12-31T10:00:00.000-14:00");
        // A zone brings back what is a day away, and no more.
        assert_eq!(moment(LAST_SECOND + 86_400, 0), "10000-01-01T10:00:00.000-14:00");
        assert_eq!(moment(FIRST_SECOND - 2 * 86_400, 0), "0000-12-30T14:00:00.000+14:00");
    }

    #[test]
    fn moments_of_any_unit_and_zone_are_those_that_are_stored() {
        use arrow::array::{Date32Array, TimestampMillisecondArray, TimestampSecondArray};
        let second = || TimestampSecondArray::from(vec![Some(1), None]);
        let arrays: [ArrayRef; 4] = [
            std::sync::Arc::new(second()),
            std::sync::Arc::new(second().with_timezone("Europe/Berlin")),
            std::sync::Arc::new(TimestampMillisecondArray::from(vec![Some(1000), None]).with_timezone("UTC")),
            std::sync::Arc::new(Date32Array::from(vec![Some(0), None])),
        ];
        for (array, text) in arrays.iter().zip(["01", "01", "01", "00"]) {
            let values = BatchColumn::of(array).unwrap();
            let mut out = String::new();
            values.write(0, "date", &mut out);
            assert_eq!(out, format!("1970-01-01T00:00:{text}.000+00:00"), "{:?}", array.data_type());
            assert!(values.is_null(1));
        }
        assert!(BatchColumn::of(&new_null_array(&DataType::Null, 1)).unwrap().is_null(0));
        let far: ArrayRef = std::sync::Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
        assert!(BatchColumn::of(&far).is_err());
    }

    #[test]
    fn floats_read_back_as_they_are() {
        for (value, tag, text) in [
            (1.0, "float", "1.0"),
            (1.0, "int", "1"),
            (0.1, "float", "0.1"),
            (1e300, "float", "1e300"),
            (f64::NEG_INFINITY, "float", "-INF"),
            (f64::NAN, "float", "NaN"),
        ] {
            let mut out = String::new();
            write_float(value, tag, &mut out).unwrap();
            assert_eq!(out, text);
        }
    }
}
