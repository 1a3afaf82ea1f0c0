//! The types a column can have, and the ways in which their values are written.
//!
//! A [`ColumnType`] says both what reaches Parquet (`int64`) and how the text is read (`1,234` with a comma
//! between thousands). Which type a column gets is decided elsewhere, from all of its values.

use std::borrow::Cow;
use std::str::FromStr;

use crate::error::{Code, Error};

/// The mark between an integer and its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecimalMark {
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// The mark between groups of three digits; it decides the decimal mark that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupMark {
    /// `1,234,567.5`
    Comma,
    /// `1.234.567,5`
    Point,
    /// `1 234 567,5`: a space, U+00A0 or U+202F, the same one throughout a number.
    Space,
    /// `1'234'567.5`
    Apostrophe,
}

impl GroupMark {
    /// Every mark there is.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Point, Self::Space, Self::Apostrophe];

    /// The decimal mark of numbers grouped like this.
    pub const fn decimal(self) -> DecimalMark {
        match self {
            Self::Comma | Self::Apostrophe => DecimalMark::Point,
            Self::Point | Self::Space => DecimalMark::Comma,
        }
    }
}

/// How the integers of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IntStyle {
    /// Digits only: `1234`.
    #[default]
    Plain,
    /// From four digits on in groups of three.
    Grouped(GroupMark),
}

/// How the floats of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FloatStyle {
    /// Decimal point, no groups: `1234.5`.
    #[default]
    Plain,
    /// Decimal comma, no groups: `1234,5`.
    Comma,
    /// From four integer digits on in groups of three, with the decimal mark that goes with the group mark.
    Grouped(GroupMark),
}

/// In which order day, month and year stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum DateOrder {
    /// `2014-10-22`, as in ISO 8601.
    #[default]
    Ymd,
    /// `22/10/2014`, and every date with the month's name.
    Dmy,
    /// `10/22/2014`, and every date with the month's name.
    Mdy,
    /// `2014-22-10`
    Ydm,
    /// `14-10-22`: the year first, in two digits. Other orders may read the same value, so it is only found
    /// in text that does not say what it is.
    ShortYmd,
}

impl DateOrder {
    /// Every order there is.
    pub const ALL: [Self; 5] = [Self::Ymd, Self::Dmy, Self::Mdy, Self::Ydm, Self::ShortYmd];

    /// The word for it that `--date-order` takes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ymd | Self::ShortYmd => "ymd",
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
            Self::Ydm => "ydm",
        }
    }
}

impl FromStr for DateOrder {
    type Err = Error;

    /// Reads `ymd`, `dmy`, `mdy` or `ydm` in any case. `Code::Usage` for anything else.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name.to_ascii_lowercase().as_str() {
            "ymd" => Ok(Self::Ymd),
            "dmy" => Ok(Self::Dmy),
            "mdy" => Ok(Self::Mdy),
            "ydm" => Ok(Self::Ydm),
            _ => Err(Error::new(Code::Usage, format!("unknown date order {name:?}"))
                .help("use ymd, dmy, mdy or ydm")),
        }
    }
}

/// What one step of a timestamp's `i64` is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeUnit {
    /// 10⁻⁶ s: years 0001 to 9999 fit.
    #[default]
    Micros,
    /// 10⁻⁹ s: only 1677 to 2262 fit, so it is used where the source has nanoseconds.
    Nanos,
}

/// The type of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ColumnType {
    /// `true` and `false`.
    Bool,
    /// Whole numbers that `i64` holds.
    Int64(IntStyle),
    /// Numbers that `f64` holds.
    Float64(FloatStyle),
    /// Calendar dates: days since 1970-01-01.
    Date(DateOrder),
    /// Points in time: `unit`s since 1970-01-01T00:00:00Z.
    Timestamp {
        /// How the date in it is written.
        order: DateOrder,
        /// Unit of the numbers.
        unit: TimeUnit,
    },
    /// Anything: the bytes as they are.
    #[default]
    Text,
}

impl ColumnType {
    /// The name of what reaches Parquet; styles and orders are no part of it. `FromStr` reads it back.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int64(_) => "int64",
            Self::Float64(_) => "float64",
            Self::Date(_) => "date32",
            Self::Timestamp { unit: TimeUnit::Micros, .. } => "timestamp[us, UTC]",
            Self::Timestamp { unit: TimeUnit::Nanos, .. } => "timestamp[ns, UTC]",
            Self::Text => "string",
        }
    }

    /// The decimal mark that it says its values have, if it says one.
    pub const fn decimal_mark(self) -> Option<DecimalMark> {
        match self {
            Self::Float64(FloatStyle::Comma) => Some(DecimalMark::Comma),
            Self::Float64(FloatStyle::Grouped(mark)) => Some(mark.decimal()),
            Self::Int64(IntStyle::Grouped(mark @ (GroupMark::Comma | GroupMark::Point))) => {
                Some(mark.decimal())
            }
            _ => None,
        }
    }

    /// Whether it holds dates or timestamps.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Date(_) | Self::Timestamp { .. })
    }

    /// The name with how the values are written, for reports: `int64 such as 1,234`.
    pub fn described(self) -> Cow<'static, str> {
        let example = match self {
            Self::Int64(IntStyle::Grouped(mark)) => match mark {
                GroupMark::Comma => "1,234",
                GroupMark::Point => "1.234",
                GroupMark::Space => "1 234",
                GroupMark::Apostrophe => "1'234",
            },
            Self::Float64(FloatStyle::Comma) => "1234,5",
            Self::Float64(FloatStyle::Grouped(mark)) => match mark {
                GroupMark::Comma => "1,234.5",
                GroupMark::Point => "1.234,5",
                GroupMark::Space => "1 234,5",
                GroupMark::Apostrophe => "1'234.5",
            },
            Self::Date(order) | Self::Timestamp { order, .. } => match order {
                DateOrder::Ymd => return self.name().into(),
                DateOrder::Dmy => "31/12/2014",
                DateOrder::Mdy => "12/31/2014",
                DateOrder::Ydm => "2014-31-12",
                DateOrder::ShortYmd => "14-12-31",
            },
            _ => return self.name().into(),
        };
        format!("{} such as {example}", self.name()).into()
    }
}

impl FromStr for ColumnType {
    type Err = Error;

    /// Reads the names a schema file uses, in any case; numbers are plain and dates year first.
    /// `Code::SchemaFile` for any other name.
    fn from_str(name: &str) -> Result<Self, Error> {
        let timestamp = |unit| Self::Timestamp { order: DateOrder::Ymd, unit };
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "text" | "string" => Self::Text,
            "int64" | "int" | "integer" => Self::Int64(IntStyle::Plain),
            "float64" | "float" | "double" => Self::Float64(FloatStyle::Plain),
            "bool" | "boolean" => Self::Bool,
            "date" | "date32" => Self::Date(DateOrder::Ymd),
            "timestamp" | "timestamp[us]" | "timestamp[us, utc]" => timestamp(TimeUnit::Micros),
            "timestamp[ns]" | "timestamp[ns, utc]" => timestamp(TimeUnit::Nanos),
            _ => {
                return Err(Error::new(Code::SchemaFile, format!("unknown type {name:?}"))
                    .help("use text, int64, float64, bool, date, timestamp or timestamp[ns]"));
            }
        })
    }
}

/// The value without ASCII spaces at both ends: what every type but text reads.
pub fn trimmed(value: &[u8]) -> &[u8] {
    let Some(start) = value.iter().position(|&byte| byte != b' ') else { return &[] };
    let end = value.iter().rposition(|&byte| byte != b' ').map_or(start, |last| last + 1);
    &value[start..end]
}

/// `true` or `false` in any case, ASCII spaces around it allowed. `None` for everything else.
pub fn parse_bool(value: &[u8]) -> Option<bool> {
    match value.len() {
        4 if value.eq_ignore_ascii_case(b"true") => Some(true),
        5 if value.eq_ignore_ascii_case(b"false") => Some(false),
        _ => {
            let inner = trimmed(value);
            if inner.len() < value.len() { parse_bool(inner) } else { None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for column_type in [
            ColumnType::Bool,
            ColumnType::Int64(IntStyle::Plain),
            ColumnType::Float64(FloatStyle::Plain),
            ColumnType::Date(DateOrder::Ymd),
            ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Micros },
            ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Nanos },
            ColumnType::Text,
        ] {
            assert_eq!(column_type.name().parse::<ColumnType>().unwrap(), column_type);
        }
    }

    #[test]
    fn an_unknown_type_is_refused_with_the_names_there_are() {
        let error = "decimal".parse::<ColumnType>().unwrap_err();
        assert_eq!(error.code(), Code::SchemaFile);
        assert!(error.help_text().unwrap().contains("int64"));
    }

    #[test]
    fn only_the_two_words_are_booleans() {
        assert_eq!(parse_bool(b" TRUE"), Some(true));
        assert_eq!(parse_bool(b"False"), Some(false));
        for other in ["", " ", "1", "yes", "t", "truee", "tru e"] {
            assert_eq!(parse_bool(other.as_bytes()), None, "{other:?}");
        }
    }
}
