//! The values of an array as hashes: texts by their bytes, numbers and times as whole numbers in their order, so
//! that a hash leads back to the value.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, UInt64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::values::{gather, spread};
use crate::error::Result;
use crate::model::hash::hash_bytes;

/// What kind of values a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// Whole numbers.
    Int,
    /// Whole numbers without a sign.
    UInt,
    /// Numbers.
    Float,
    /// True and false.
    Bool,
    /// Days since 1970.
    Date,
    /// Moments, counted in this unit since 1970.
    Time(TimeUnit),
    /// Decimal numbers with this many digits behind the point.
    Decimal(i8),
    /// Decimal numbers of more digits than a hash has room for, looked at as text and compared as numbers.
    WideDecimal,
    /// Anything else, looked at as the text that shows it.
    Other,
}

impl CellKind {
    /// The kind of the values of an Arrow type.
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Dictionary(_, value) => Self::of(value),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Int,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Self::UInt,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Boolean => Self::Bool,
            DataType::Date32 => Self::Date,
            DataType::Timestamp(unit, _) => Self::Time(*unit),
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => Self::Decimal(*scale),
            DataType::Decimal128(digits, scale) if *digits <= 18 => Self::Decimal(*scale),
            DataType::Decimal128(..) | DataType::Decimal256(..) => Self::WideDecimal,
            _ => Self::Other,
        }
    }

    /// Whether the values are texts, which are hashed by their bytes.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Other | Self::WideDecimal)
    }

    /// The order of two values that are looked at as texts; `None` if values of this kind have none.
    pub fn order(&self, a: &str, b: &str) -> Option<Ordering> {
        match self {
            Self::Text => Some(a.cmp(b)),
            Self::WideDecimal => Some(decimal_order(a, b)),
            _ => None,
        }
    }

    /// The value of a key as a number, in which quantiles are told.
    pub fn number(&self, key: u64) -> f64 {
        match self {
            Self::Float => float_of(key),
            Self::UInt => key as f64,
            Self::Decimal(scale) => whole_of(key) as f64 / 10f64.powi(i32::from(*scale)),
            _ => whole_of(key) as f64,
        }
    }

    /// A number of [`CellKind::number`] as people and programs read such values.
    pub fn shown_number(&self, number: f64) -> String {
        match self {
            Self::Date => shown_time(number * 86_400e9),
            Self::Time(unit) => shown_time(number * nanos_in(*unit) as f64),
            _ => shown_float(number),
        }
    }

    /// The value of a hash, exactly.
    pub fn shown(&self, hash: u64) -> String {
        let key = gather(hash);
        let whole = whole_of(key);
        match self {
            Self::Text | Self::Other | Self::WideDecimal => String::new(),
            Self::Float => shown_float(float_of(key)),
            Self::UInt => key.to_string(),
            Self::Int => whole.to_string(),
            Self::Bool => (if whole == 1 { "true" } else { "false" }).to_owned(),
            Self::Date => date(whole),
            Self::Time(unit) => moment(i128::from(whole) * i128::from(nanos_in(*unit))),
            Self::Decimal(scale) => decimal(whole, *scale),
        }
    }
}

/// The order of decimal numbers with the same number of digits behind the point.
pub fn decimal_order(a: &str, b: &str) -> Ordering {
    let magnitude = |text: &str| text.trim_start_matches('-').trim_start_matches('0').len();
    match (a.starts_with('-'), b.starts_with('-')) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (is_below, _) => {
            let strip = |text: &str| text.trim_start_matches('-').trim_start_matches('0').to_owned();
            let order = magnitude(a).cmp(&magnitude(b)).then_with(|| strip(a).cmp(&strip(b)));
            if is_below { order.reverse() } else { order }
        }
    }
}

/// Nanoseconds in a unit.
pub const fn nanos_in(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

fn shown_float(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.1}") } else { format!("{number}") }
}

fn shown_time(nanos: f64) -> String {
    // A quantile of moments lies between two of them; microseconds are as far as it makes sense.
    moment((nanos / 1000.0).round() as i128 * 1000)
}

fn decimal(unscaled: i64, scale: i8) -> String {
    let Ok(scale @ 1..) = usize::try_from(scale) else { return unscaled.to_string() };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{rest}", if unscaled < 0 { "-" } else { "" })
}

/// A day as `2024-05-01`.
pub fn date(days: i64) -> String {
    let (year, month, day) = civil(days);
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+05}-{month:02}-{day:02}")
    }
}

/// A moment in nanoseconds since 1970 as `2024-05-01T10:00:00Z`, with as many digits of a second as it has.
pub fn moment(nanos: i128) -> String {
    const DAY: i128 = 86_400_000_000_000;
    let (days, rest) = (nanos.div_euclid(DAY), nanos.rem_euclid(DAY));
    let (seconds, below) = (rest / 1_000_000_000, rest % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match below {
        0 => String::new(),
        it => format!(".{}", format!("{it:09}").trim_end_matches('0')),
    };
    let day = date(i64::try_from(days).unwrap_or_default());
    format!("{day}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Year, month and day of a number of days since 1970 (Hinnant, "chrono-compatible low-level date algorithms").
pub const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + (month <= 2) as i64, month, day)
}

/// Days since 1970 of a date.
pub const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - (month <= 2) as i64;
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// The order of `i64` as that of `u64`.
pub const fn key_of_whole(number: i64) -> u64 {
    number as u64 ^ (1 << 63)
}

const fn whole_of(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

/// The order of numbers as that of `u64`; both zeros are one value.
fn key_of_float(number: f64) -> u64 {
    let bits = if number == 0.0 { 0 } else { number.to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn float_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// The hash of a text.
#[inline]
pub fn hash_text(text: &[u8]) -> u64 {
    spread(hash_bytes(0x6c6f_6766_6c6f_7769, text))
}

/// The values of an array, one for each row or, of a dictionary, one for each of its values.
#[derive(Debug)]
pub struct Cells {
    /// Their hashes; 0 where there is no value.
    pub hashes: Vec<u64>,
    /// Where there is no value.
    pub nulls: Option<NullBuffer>,
    /// What they are beside that.
    pub form: CellForm,
}

/// Values beside their hashes.
#[derive(Debug)]
pub enum CellForm {
    /// Texts.
    Texts(StringArray),
    /// Numbers, as keys in the order of the values.
    Keys(Vec<u64>),
}

impl Cells {
    /// The values of an array that is not a dictionary.
    ///
    /// # Errors
    /// If Arrow can't turn the values into those of the kind.
    pub fn of(array: &ArrayRef, kind: &CellKind) -> Result<Self> {
        let whole = |array: ArrayRef| {
            let values = array.as_primitive::<Int64Type>();
            Self::of_keys(values.values().iter().map(|it| key_of_whole(*it)), values.nulls())
        };
        Ok(match kind {
            CellKind::Text => Self::of_texts(cast(array, &DataType::Utf8)?.as_string::<i32>().clone()),
            CellKind::Other | CellKind::WideDecimal => Self::of_texts(as_shown(array)?),
            CellKind::Int | CellKind::Bool => whole(cast(array, &DataType::Int64)?),
            CellKind::Date => whole(cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?),
            CellKind::Time(_) => whole(cast(array, &DataType::Int64)?),
            CellKind::Decimal(_) => whole(unscaled(array)?),
            CellKind::UInt => {
                let array = cast(array, &DataType::UInt64)?;
                let values = array.as_primitive::<UInt64Type>();
                Self::of_keys(values.values().iter().copied(), values.nulls())
            }
            CellKind::Float => {
                let array = cast(array, &DataType::Float64)?;
                let values = array.as_primitive::<Float64Type>();
                Self::of_keys(values.values().iter().map(|it| key_of_float(*it)), values.nulls())
            }
        })
    }

    fn of_keys(keys: impl Iterator<Item = u64>, nulls: Option<&NullBuffer>) -> Self {
        let keys: Vec<u64> = keys.collect();
        let hashes = keys.iter().map(|it| spread(*it)).collect();
        Self::new(hashes, nulls, CellForm::Keys(keys))
    }

    fn of_texts(texts: StringArray) -> Self {
        let bytes = texts.value_data();
        let ends = texts.value_offsets().windows(2);
        let hashes = ends.map(|it| hash_text(&bytes[it[0] as usize..it[1] as usize])).collect();
        let nulls = texts.nulls().cloned();
        Self::new(hashes, nulls.as_ref(), CellForm::Texts(texts))
    }

    fn new(mut hashes: Vec<u64>, nulls: Option<&NullBuffer>, form: CellForm) -> Self {
        let nulls = nulls.filter(|it| it.null_count() > 0).cloned();
        for at in nulls.iter().flat_map(|nulls| (!nulls.inner()).set_indices().collect::<Vec<_>>()) {
            hashes[at] = 0;
        }
        Self { hashes, nulls, form }
    }

    /// Whether there is a value at a place.
    #[inline]
    pub fn is_valid(&self, at: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at))
    }

    /// The text at a place, if values are texts.
    #[inline]
    pub fn text(&self, at: usize) -> Option<&str> {
        match &self.form {
            CellForm::Texts(texts) => Some(texts.value(at)),
            CellForm::Keys(_) => None,
        }
    }
}

/// Decimal numbers as whole ones, without their point.
fn unscaled(array: &ArrayRef) -> Result<ArrayRef> {
    use arrow::array::Int64Array;
    use arrow::datatypes::Decimal128Type;
    let (digits, scale) = match array.data_type() {
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale) => (*digits, *scale),
        _ => (18, 0),
    };
    let wide = cast(array, &DataType::Decimal128(digits.max(18), scale))?;
    let wide = wide.as_primitive::<Decimal128Type>();
    let whole: Int64Array = wide.iter().map(|it| it.and_then(|it| i64::try_from(it).ok())).collect();
    Ok(Arc::new(whole))
}

/// Values of other types as the text that shows them.
fn as_shown(array: &ArrayRef) -> Result<StringArray> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options)?;
    let nulls = array.logical_nulls();
    let is_null = |at: usize| nulls.as_ref().is_some_and(|it| it.is_null(at));
    Ok((0..array.len()).map(|at| (!is_null(at)).then(|| formatter.value(at).to_string())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_numbers_is_that_of_their_keys_and_is_undone() {
        let floats = [f64::NEG_INFINITY, -2.5, -0.0, 1e-300, 2.5, f64::INFINITY];
        assert!(floats.windows(2).all(|pair| key_of_float(pair[0]) < key_of_float(pair[1])));
        assert!(floats.iter().all(|it| float_of(key_of_float(*it)) == *it));
        for whole in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(whole_of(key_of_whole(whole)), whole);
        }
    }

    #[test]
    fn values_are_shown_as_people_write_them() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(19_844), "2024-05-01");
        assert_eq!(date(-719_162), "0001-01-01");
        assert_eq!(moment(1_714_557_600_250_000_000), "2024-05-01T10:00:00.25Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(decimal(-1234, 2), "-12.34");
        assert_eq!(decimal(5, 3), "0.005");
        assert_eq!(shown_float(3.0), "3.0");
        let numbers =
            ["-100.50", "-99.51", "-0.01", "0.00", "0.05", "9.99", "10.00", "123456789012345678901.00"];
        assert!(numbers.windows(2).all(|pair| decimal_order(pair[0], pair[1]).is_lt()));
        for days in [-800_000, -1, 0, 59, 60, 19_844, 3_000_000] {
            let (year, month, day) = civil(days);
            assert_eq!(days_of(year, month, day), days);
        }
    }
}
