//! A few values, written in the forms of XML Schema, as an Arrow array: what the column readers do for
//! millions.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};

use crate::error::{Code, Error, Result};
use crate::model::lexical::{parse_boolean, parse_double, parse_long};
use crate::model::time_reader::TimeReader;
use crate::model::value::{DateOrder, TimeUnit};
use crate::model::zone::ZoneRule;

/// Reads `values` as `data_type`; what the type does not hold is null.
///
/// # Errors
/// [`Code::Internal`] for a type that no column of an event table has; [`Code::Misfit`] for a time finer than a
/// millisecond where these are written.
pub fn array<'v>(values: impl Iterator<Item = Option<&'v str>>, data_type: &DataType) -> Result<ArrayRef> {
    let times = |unit| {
        let mut reader = TimeReader::new(DateOrder::Ymd, unit, ZoneRule::default());
        move |value: &str| reader.read(value.as_bytes()).ok()
    };
    Ok(match data_type {
        DataType::Utf8 => Arc::new(values.collect::<StringArray>()),
        DataType::Int64 => Arc::new(values.map(|it| parse_long(it?.as_bytes())).collect::<Int64Array>()),
        DataType::Float64 => {
            Arc::new(values.map(|it| parse_double(it?.as_bytes())).collect::<Float64Array>())
        }
        DataType::Boolean => {
            Arc::new(values.map(|it| parse_boolean(it?.as_bytes())).collect::<BooleanArray>())
        }
        DataType::Timestamp(ArrowUnit::Millisecond, zone) => {
            let (mut read, mut finer) = (times(TimeUnit::Micros), times(TimeUnit::Nanos));
            let values: Result<TimestampMillisecondArray> = values
                .map(|it| {
                    let Some(value) = it else { return Ok(None) };
                    match read(value) {
                        Some(micros) if micros % 1000 == 0 => Ok(Some(micros / 1000)),
                        None if finer(value).is_none() => Ok(None),
                        _ => {
                            let what = format!("expected times in whole milliseconds, found {value}");
                            Err(Error::new(Code::Misfit, what).help("give ⟦timestamp-unit⟧ us"))
                        }
                    }
                })
                .collect();
            Arc::new(values?.with_timezone_opt(zone.clone()))
        }
        DataType::Timestamp(ArrowUnit::Microsecond, zone) => {
            let mut read = times(TimeUnit::Micros);
            let values: TimestampMicrosecondArray = values.map(|it| read(it?)).collect();
            Arc::new(values.with_timezone_opt(zone.clone()))
        }
        DataType::Timestamp(ArrowUnit::Nanosecond, zone) => {
            let mut read = times(TimeUnit::Nanos);
            let values: TimestampNanosecondArray = values.map(|it| read(it?)).collect();
            Arc::new(values.with_timezone_opt(zone.clone()))
        }
        other => return Err(Error::new(Code::Internal, format!("no case has values of type {other}"))),
    })
}
