//! Coarser values: numbers become ranges, times the beginning of their hour, day, month or year.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};

use crate::error::{Code, Error, Result};
use crate::model::calendar::{date_of, days_of};

/// How a column is made coarser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coarser {
    /// Numbers become ranges of this width, a number with so many digits behind the point: `2.5` is 25 and 1.
    Range {
        /// The width without its point.
        width: i64,
        /// The digits behind the point.
        digits: u32,
    },
    /// Times become the beginning of their hour.
    Hour,
    /// Times become the beginning of their day.
    Day,
    /// Dates and times become the beginning of their month.
    Month,
    /// Dates and times become the beginning of their year.
    Year,
}

impl Coarser {
    /// What a person writes: a width such as `10` or `0.5`, or `hour`, `day`, `month`, `year`.
    ///
    /// # Errors
    /// [`Code::Usage`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => {
                let wrong = || {
                    let what =
                        format!("expected the width of ranges, or hour, day, month or year, found {text:?}");
                    Error::new(Code::Usage, what).help("write for example amount=100 or birthday=year")
                };
                let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
                let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                if !is_number(whole) || !is_number(rest) || rest.len() > 9 {
                    return Err(wrong());
                }
                let width: i64 = format!("{whole}{rest}").parse().map_err(|_| wrong())?;
                if width == 0 {
                    return Err(wrong());
                }
                Self::Range { width, digits: rest.len() as u32 }
            }
        })
    }

    /// Whether values become text.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Range { .. })
    }

    /// The type that a column of this type becomes.
    ///
    /// # Errors
    /// [`Code::Usage`] if such values cannot be made coarser so.
    pub fn changed_type(&self, data_type: &DataType) -> Result<DataType> {
        let is_number = data_type.is_integer() || matches!(data_type, DataType::Float32 | DataType::Float64);
        match (self, data_type) {
            (Self::Range { .. }, _) if is_number => Ok(DataType::Utf8),
            (Self::Range { .. }, other) => {
                Err(refused(format!("expected a column of numbers for ranges, found values of type {other}")))
            }
            (_, DataType::Timestamp(..)) => Ok(data_type.clone()),
            (Self::Day | Self::Month | Self::Year, DataType::Date32) => Ok(data_type.clone()),
            (_, other) => Err(refused(format!("expected a column of times, found values of type {other}"))),
        }
    }

    /// The array with coarser values.
    ///
    /// # Errors
    /// If Arrow cannot turn the values into numbers.
    pub fn array(&self, array: &ArrayRef) -> Result<ArrayRef> {
        Ok(match (self, array.data_type()) {
            (Self::Range { width, digits }, data_type) => {
                let mut builder = StringBuilder::new();
                let scale = 10_i128.pow(*digits);
                let (width, mut text) = (i128::from(*width), String::new());
                if data_type.is_integer() {
                    // Decimals hold integers of 64 bits with and without a sign.
                    let whole = cast(array, &DataType::Decimal128(20, 0))?;
                    for value in whole.as_primitive::<arrow::datatypes::Decimal128Type>().iter() {
                        let lower = value.map(|value| (value * scale).div_euclid(width));
                        push_range(lower, (width, *digits), &mut text, &mut builder);
                    }
                } else {
                    let values = cast(array, &DataType::Float64)?;
                    for value in values.as_primitive::<Float64Type>().iter() {
                        let lower = value.filter(|it| it.is_finite()).map(|it| below(it, width, *digits));
                        push_range(lower, (width, *digits), &mut text, &mut builder);
                    }
                }
                Arc::new(builder.finish())
            }
            (_, DataType::Date32) => {
                let days = cast(array, &DataType::Int32)?;
                let days = days.as_primitive::<arrow::datatypes::Int32Type>();
                let first = days.unary::<_, arrow::datatypes::Int32Type>(|day| {
                    i32::try_from(self.first_day(day.into())).unwrap_or(day)
                });
                cast(&first, &DataType::Date32)?
            }
            (_, DataType::Timestamp(unit, _)) => {
                let second = match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                };
                let values = cast(array, &DataType::Int64)?;
                let first = values.as_primitive::<Int64Type>().unary::<_, Int64Type>(|value| match self {
                    Self::Hour => value.div_euclid(3600 * second).saturating_mul(3600 * second),
                    _ => self.first_day(value.div_euclid(86_400 * second)).saturating_mul(86_400 * second),
                });
                cast(&first, array.data_type())?
            }
            (_, other) => return Err(refused(format!("expected a column of times, found type {other}"))),
        })
    }

    /// The first day of the period that a day is in, in days since 1970.
    fn first_day(&self, day: i64) -> i64 {
        let Ok(small) = i32::try_from(day) else { return day };
        let (year, month, _) = date_of(small);
        match self {
            Self::Month => days_of(year, month, 1).into(),
            Self::Year => days_of(year, 1, 1).into(),
            _ => day,
        }
    }
}

fn refused(what: String) -> Error {
    Error::new(Code::Usage, what).help("check ⟦generalise⟧")
}

/// The number of the range that a value is in.
fn below(value: f64, width: i128, digits: u32) -> i128 {
    let scale = 10_f64.powi(digits as i32);
    let lower = |range: i128| (range * width) as f64 / scale;
    let guess = (value * scale / width as f64).floor() as i128;
    // Rounding may be off by one range at its ends.
    match () {
        () if lower(guess) > value => guess - 1,
        () if lower(guess + 1) <= value => guess + 1,
        () => guess,
    }
}

/// Adds the text of a range: `[10,20)`.
fn push_range(range: Option<i128>, (width, digits): (i128, u32), text: &mut String, out: &mut StringBuilder) {
    let Some(range) = range else { return out.append_null() };
    text.clear();
    text.push('[');
    push_decimal(range.saturating_mul(width), digits, text);
    text.push(',');
    push_decimal(range.saturating_add(1).saturating_mul(width), digits, text);
    text.push(')');
    out.append_value(&*text);
}

fn push_decimal(number: i128, digits: u32, out: &mut String) {
    use std::fmt::Write;
    let scale = 10_i128.pow(digits);
    let sign = if number < 0 { "-" } else { "" };
    let (whole, rest) =
        (number.unsigned_abs() / scale.unsigned_abs(), number.unsigned_abs() % scale.unsigned_abs());
    let _ = match digits {
        0 => write!(out, "{sign}{whole}"),
        digits => write!(out, "{sign}{whole}.{rest:0width$}", width = digits as usize),
    };
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, Float64Array, Int64Array, TimestampMicrosecondArray, UInt64Array};

    use super::*;

    fn ranges(width: &str, array: ArrayRef) -> Vec<Option<String>> {
        let found = Coarser::parse(width).unwrap().array(&array).unwrap();
        found.as_string::<i32>().iter().map(|it| it.map(str::to_owned)).collect()
    }

    #[test]
    fn numbers_are_in_the_range_that_holds_them() {
        let some = |text: &str| Some(text.to_owned());
        let whole = Int64Array::from(vec![Some(0), Some(9), Some(10), Some(-1), None, Some(i64::MAX)]);
        let expected = [
            some("[0,10)"),
            some("[0,10)"),
            some("[10,20)"),
            some("[-10,0)"),
            None,
            some("[9223372036854775800,9223372036854775810)"),
        ];
        assert_eq!(ranges("10", Arc::new(whole)), expected);
        let floats = Float64Array::from(vec![0.3, 0.29, -0.1, 0.7, f64::NAN]);
        let expected = [some("[0.3,0.4)"), some("[0.2,0.3)"), some("[-0.1,0.0)"), some("[0.7,0.8)"), None];
        assert_eq!(ranges("0.1", Arc::new(floats)), expected);
        let most = UInt64Array::from(vec![u64::MAX]);
        assert_eq!(ranges("1", Arc::new(most)), [some("[18446744073709551615,18446744073709551616)")]);
    }

    #[test]
    fn times_become_the_beginning_of_their_period() {
        // 1969-12-31T23:59:59.999999 and 2024-05-17T13:45:00
        let times: ArrayRef = Arc::new(
            TimestampMicrosecondArray::from(vec![Some(-1), Some(1_715_953_500_000_000), None])
                .with_timezone("UTC"),
        );
        for (word, first, second) in [
            ("hour", -3_600_000_000, 1_715_950_800_000_000),
            ("day", -86_400_000_000, 1_715_904_000_000_000),
            ("month", -2_678_400_000_000, 1_714_521_600_000_000),
            ("year", -31_536_000_000_000, 1_704_067_200_000_000),
        ] {
            let found = Coarser::parse(word).unwrap().array(&times).unwrap();
            assert_eq!(found.data_type(), times.data_type());
            let values = cast(&found, &DataType::Int64).unwrap();
            let values: Vec<_> = values.as_primitive::<Int64Type>().iter().collect();
            assert_eq!(values, [Some(first), Some(second), None], "{word}");
        }
        let days: ArrayRef = Arc::new(Date32Array::from(vec![19_860]));
        let month = Coarser::Month.array(&days).unwrap();
        assert_eq!(month.as_primitive::<arrow::datatypes::Date32Type>().value(0), 19_844);
    }

    #[test]
    fn what_cannot_be_made_coarser_is_refused() {
        for (word, data_type) in
            [("10", DataType::Utf8), ("day", DataType::Int64), ("hour", DataType::Date32)]
        {
            let error = Coarser::parse(word).unwrap().changed_type(&data_type).unwrap_err();
            assert_eq!(error.code(), Code::Usage);
        }
        for wrong in ["", "week", "-1", "0", "0.0", "1.2.3", "1e3", "."] {
            assert!(Coarser::parse(wrong).is_err(), "{wrong}");
        }
    }
}
