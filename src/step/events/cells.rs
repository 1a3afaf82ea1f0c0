//! Role columns of a batch: texts as numbers, times as counts of one unit.

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type, TimeUnit};

use super::ratio::Unit;
use super::words::Words;
use crate::error::{Code, Error, Result};

/// The number of no text.
pub(crate) const NONE: u32 = u32::MAX;

/// What times are counted in: as fine as the finest column of times that is looked at, and no finer than it must
/// be, for years far from 1970 have to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tick {
    /// A tick is a microsecond.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Tick {
    /// How many there are in a second.
    pub fn per_second(self) -> i64 {
        match self {
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        }
    }

    /// What a tick is worth in seconds.
    pub(crate) fn seconds(self) -> Unit {
        Unit { times: i128::from(1_000_000_000 / self.per_second()), per: 1_000_000_000 }
    }

    /// Seconds between two times, and in the same way for both ticks.
    pub fn seconds_between(self, first: i64, last: i64) -> f64 {
        self.seconds().of(i128::from(last) - i128::from(first))
    }

    /// A time in nanoseconds.
    pub(crate) fn nanos(self, time: i64) -> i128 {
        i128::from(time) * self.seconds().times
    }

    /// The tick in which times of all these types are whole; `None` if one does not hold times.
    pub(crate) fn of<'t>(types: impl IntoIterator<Item = &'t DataType>) -> Option<Self> {
        let mut tick = Self::Micros;
        for data_type in types {
            match data_type {
                DataType::Timestamp(TimeUnit::Nanosecond, _) => tick = Self::Nanos,
                DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {}
                _ => return None,
            }
        }
        Some(tick)
    }

    /// How many ticks one unit of a type of times is.
    fn factor(self, data_type: &DataType) -> i64 {
        let per_second = self.per_second();
        match data_type {
            DataType::Timestamp(TimeUnit::Second, _) => per_second,
            DataType::Timestamp(TimeUnit::Millisecond, _) | DataType::Date64 => per_second / 1_000,
            DataType::Timestamp(TimeUnit::Microsecond, _) => per_second / 1_000_000,
            DataType::Date32 => per_second * 86_400,
            _ => 1,
        }
    }
}

/// The number of the text in each row, [`NONE`] for null. What is not text is written as text.
pub(crate) fn numbers(column: &ArrayRef, words: &mut Words, out: &mut Vec<u32>) -> Result<()> {
    out.clear();
    out.reserve(column.len());
    match column.data_type() {
        DataType::Utf8 => plain(column.as_string::<i32>(), words, out),
        DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => {
            let dictionary = column.as_dictionary::<Int32Type>();
            coded(dictionary.keys(), dictionary.values().as_string::<i32>(), words, out);
        }
        DataType::Dictionary(..) => {
            let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            return numbers(&cast(column, &coded)?, words, out);
        }
        _ => plain(cast(column, &DataType::Utf8)?.as_string::<i32>(), words, out),
    }
    Ok(())
}

fn plain(texts: &StringArray, words: &mut Words, out: &mut Vec<u32>) {
    let mut last: Option<(&str, u32)> = None;
    for text in texts {
        out.push(match (text, last) {
            (None, _) => NONE,
            // Rows of one case mostly stand together.
            (Some(text), Some((before, number))) if text == before => number,
            (Some(text), _) => {
                let (number, _) = words.intern(text.as_bytes());
                last = Some((text, number));
                number
            }
        });
    }
}

fn coded(keys: &Int32Array, values: &StringArray, words: &mut Words, out: &mut Vec<u32>) {
    // Of a dictionary some texts may not be used: those are not given numbers.
    let mut known = vec![NONE; values.len()];
    for key in keys {
        let key = key.and_then(|key| usize::try_from(key).ok()).filter(|key| values.is_valid(*key));
        let Some(key) = key else {
            out.push(NONE);
            continue;
        };
        if known[key] == NONE {
            known[key] = words.intern(values.value(key).as_bytes()).0;
        }
        out.push(known[key]);
    }
}

/// The time in each row, `None` for null, as ticks since 1970.
pub(crate) struct Times<'c> {
    values: std::borrow::Cow<'c, [i64]>,
    nulls: Option<&'c arrow::buffer::NullBuffer>,
}

impl<'c> Times<'c> {
    /// The times of a column.
    ///
    /// # Errors
    /// [`Code::Misfit`] for a time so far from 1970 that it can't be counted in such ticks.
    pub fn of(column: &'c ArrayRef, tick: Tick) -> Result<Self> {
        let raw: std::borrow::Cow<'c, [i64]> = match column.data_type() {
            DataType::Date32 => {
                let days = column.as_primitive::<arrow::datatypes::Date32Type>().values();
                days.iter().map(|day| i64::from(*day)).collect::<Vec<_>>().into()
            }
            DataType::Date64 => (&column.as_primitive::<arrow::datatypes::Date64Type>().values()[..]).into(),
            _ => {
                // Units of timestamps differ in name only.
                let data = column.to_data().into_builder().data_type(DataType::Int64).build()?;
                let array = arrow::array::PrimitiveArray::<Int64Type>::from(data);
                array.values().to_vec().into()
            }
        };
        let (factor, nulls) = (tick.factor(column.data_type()), column.nulls());
        if factor == 1 {
            return Ok(Self { values: raw, nulls });
        }
        let is_null = |at: usize| nulls.is_some_and(|nulls| nulls.is_null(at));
        let scaled = raw.iter().enumerate().map(|(at, value)| match value.checked_mul(factor) {
            Some(scaled) => Ok(scaled),
            None if is_null(at) => Ok(0),
            None => Err(Error::new(
                Code::Misfit,
                format!(
                    "expected a time that the finest unit of the log's times can hold (nanoseconds: from 1677 to 2262), found {value} in {}",
                    column.data_type()
                ),
            )),
        });
        Ok(Self { values: scaled.collect::<Result<Vec<_>>>()?.into(), nulls })
    }

    /// The time in a row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<i64> {
        match self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => Some(self.values[row]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Date32Array, DictionaryArray, Int64Array, StringViewArray, TimestampMillisecondArray,
        TimestampNanosecondArray, TimestampSecondArray,
    };

    use super::*;

    fn texts(column: ArrayRef) -> Vec<Option<String>> {
        let (mut words, mut out) = (Words::default(), Vec::new());
        numbers(&column, &mut words, &mut out).unwrap();
        let text = |number: &u32| String::from_utf8(words.get(*number).to_vec()).unwrap();
        out.iter().map(|number| (*number != NONE).then(|| text(number))).collect()
    }

    #[test]
    fn all_types_are_compared_as_text() {
        let expected = [Some("7".to_owned()), None, Some("8".to_owned()), Some("7".to_owned())];
        let plain = StringArray::from(vec![Some("7"), None, Some("8"), Some("7")]);
        let coded: DictionaryArray<Int32Type> = plain.iter().collect();
        let small: DictionaryArray<arrow::datatypes::UInt8Type> = plain.iter().collect();
        let view: StringViewArray = plain.iter().collect();
        let whole = Int64Array::from(vec![Some(7), None, Some(8), Some(7)]);
        let columns: [ArrayRef; 5] =
            [Arc::new(plain), Arc::new(coded), Arc::new(small), Arc::new(view), Arc::new(whole)];
        for column in columns {
            assert_eq!(texts(column), expected);
        }
    }

    #[test]
    fn all_units_of_time_are_counted_in_one() {
        let columns: [ArrayRef; 4] = [
            Arc::new(TimestampSecondArray::from(vec![Some(86_400), None])),
            Arc::new(TimestampMillisecondArray::from(vec![Some(86_400_000), None])),
            Arc::new(TimestampNanosecondArray::from(vec![Some(86_400_000_000_000), None])),
            Arc::new(Date32Array::from(vec![Some(1), None])),
        ];
        let tick = Tick::of(columns.iter().map(|column| column.data_type())).unwrap();
        assert_eq!(tick, Tick::Nanos);
        for column in &columns {
            let times = Times::of(column, tick).unwrap();
            assert_eq!((times.get(0), times.get(1)), (Some(86_400_000_000_000), None));
        }
        assert_eq!(Tick::of([&DataType::Date32]), Some(Tick::Micros));
        assert_eq!(Tick::of([&DataType::Utf8]), None);
    }

    #[test]
    fn a_time_that_cannot_be_counted_is_an_error() {
        let column: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
        assert_eq!(Times::of(&column, Tick::Micros).map(|_| ()).unwrap_err().code(), Code::Misfit);
    }
}
