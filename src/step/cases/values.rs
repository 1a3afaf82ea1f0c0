//! Values of case filters as people write them: ranges, shares, activities one behind the other.

use std::fmt;
use std::str::FromStr;

use crate::error::{Code, Error, Result};
use crate::model::zone::ZoneRule;
use crate::options::{Choice, parse_names};
use crate::step::filter::bind::moment;

fn wrong(what: String) -> Error {
    Error::new(Code::Usage, what)
}

/// The ends of `a..b`, `a..`, `..b` or `a`, which is both ends.
fn ends(text: &str) -> (Option<&str>, Option<&str>) {
    let some = |text: &'_ str| !text.is_empty();
    match text.split_once("..") {
        Some((low, high)) => {
            (Some(low.trim()).filter(|it| some(it)), Some(high.trim()).filter(|it| some(it)))
        }
        None => (Some(text.trim()), Some(text.trim())),
    }
}

/// Text that was read, and what it says.
macro_rules! written {
    ($type:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

/// A range of times such as `2024-01..2024-03`, `2024-05-01 08:00..` or `2024`; both ends are within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRange {
    text: String,
}

written!(TimeRange);

impl FromStr for TimeRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let range = Self { text: text.to_owned() };
        range.nanos(&ZoneRule::default())?;
        Ok(range)
    }
}

impl TimeRange {
    /// Nanoseconds since 1970 of both ends. A year, a month or a day as the last end stands for its last nanosecond.
    /// Times without a zone are in `zone`.
    ///
    /// # Errors
    /// [`Code::Usage`] for a text that is no such range.
    pub fn nanos(&self, zone: &ZoneRule) -> Result<(Option<i128>, Option<i128>)> {
        let expected = || {
            wrong(format!("expected a range of times, found {:?}", self.text)).help(
                "write it as 2024-01..2024-03, 2024-05-01.., ..2024-05-01T12:00:00Z, or 2024-05 for one month",
            )
        };
        let (low, high) = ends(&self.text);
        if low.is_none() && high.is_none() {
            return Err(expected());
        }
        let read = |text: &str| moment(text, zone).map(|(nanos, _)| nanos).map_err(|_| expected());
        let low =
            low.map(|text| read(&period(text).map_or_else(|| text.to_owned(), |it| it.0))).transpose()?;
        let high = match high.map(|text| (text, period(text))) {
            None => None,
            // The moment before the next period begins.
            Some((_, Some((first, next)))) => {
                read(&first).and_then(|_| read(&next).map(|it| Some(it - 1)))?
            }
            Some((text, None)) => Some(read(text)?),
        };
        match (low, high) {
            (Some(low), Some(high)) if low > high => {
                Err(wrong(format!("the range {:?} ends before it begins", self.text)))
            }
            ends => Ok(ends),
        }
    }
}

/// The first day of a year, a month or a day, and that of the next one; `None` for any other text.
fn period(text: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |at: usize, len: usize| {
        let part = parts.get(at)?;
        (part.len() == len && part.bytes().all(|it| it.is_ascii_digit())).then(|| part.parse::<i32>().ok())?
    };
    let day = |year: i32, month: i32, day: i32| format!("{year:04}-{month:02}-{day:02} 00:00:00");
    let next_month = |year: i32, month: i32| match month {
        12 => day(year + 1, 1, 1),
        _ => day(year, month + 1, 1),
    };
    let year = number(0, 4)?;
    match parts.len() {
        1 => Some((day(year, 1, 1), day(year + 1, 1, 1))),
        2 => number(1, 2).map(|month| (day(year, month, 1), next_month(year, month))),
        3 => {
            let (month, today) = (number(1, 2)?, number(2, 2)?);
            let bytes = text.as_bytes();
            let days = crate::model::time::parse_date(bytes, crate::model::value::DateOrder::Ymd)?;
            let (next_year, next_month, next_day) = crate::model::calendar::date_of(days + 1);
            Some((day(year, month, today), day(next_year, next_month as i32, next_day as i32)))
        }
        _ => None,
    }
}

/// Which cases a range of times chooses, as pm4py calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeMode {
    /// Cases whose events are all within the range.
    #[default]
    Contained,
    /// Cases that begin before the end of the range and end after its beginning.
    Intersecting,
    /// Cases whose first event is within the range.
    StartingIn,
    /// Cases whose last event is within the range.
    CompletingIn,
    /// Events within the range.
    Events,
}

impl Choice for TimeMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("contained", Self::Contained),
        ("intersecting", Self::Intersecting),
        ("starting-in", Self::StartingIn),
        ("completing-in", Self::CompletingIn),
        ("events", Self::Events),
    ];
}

/// Where a case is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CutPlace {
    /// At the first event with the activity, without this event.
    #[default]
    First,
    /// At the last one, without it.
    Last,
    /// At the first one, with it.
    FirstInclusive,
    /// At the last one, with it.
    LastInclusive,
}

impl Choice for CutPlace {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("first", Self::First),
        ("last", Self::Last),
        ("first-inclusive", Self::FirstInclusive),
        ("last-inclusive", Self::LastInclusive),
    ];
}

/// A range of whole numbers such as `2..10`, `3..` or `5`; both ends are within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeRange {
    text: String,
    /// The least number that is within the range.
    pub low: u64,
    /// The greatest number.
    pub high: u64,
}

written!(SizeRange);

impl FromStr for SizeRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = || {
            wrong(format!("expected a range of whole numbers such as 2..10, 3.., ..5 or 7, found {text:?}"))
        };
        let number = |text: Option<&str>, none| match text {
            None => Ok(none),
            Some(text) => text.parse::<u64>().map_err(|_| expected()),
        };
        let (low, high) = ends(text);
        let range = Self { text: text.to_owned(), low: number(low, 0)?, high: number(high, u64::MAX)? };
        match low.or(high).is_some() && range.low <= range.high {
            true => Ok(range),
            false => Err(expected()),
        }
    }
}

/// A range of durations such as `1d..`, `..2h30m` or `90..3600`, where numbers alone are seconds; both ends are
/// within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationRange {
    text: String,
    /// The shortest duration, in nanoseconds.
    pub low: i128,
    /// The longest duration.
    pub high: i128,
}

written!(DurationRange);

impl FromStr for DurationRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = || {
            wrong(format!("expected a range of durations, found {text:?}"))
                .help("write it as 1d.., ..2h30m or 1w..3w; a number alone counts seconds")
        };
        let (low, high) = ends(text);
        if low.or(high).is_none() {
            return Err(expected());
        }
        let read = |text: Option<&str>, none| match text {
            None => Ok(none),
            Some(text) => duration(text).ok_or_else(expected),
        };
        let range = Self { text: text.to_owned(), low: read(low, i128::MIN)?, high: read(high, i128::MAX)? };
        if range.low > range.high { Err(expected()) } else { Ok(range) }
    }
}

/// Units of durations, in nanoseconds; of two that begin alike the longer one stands first.
const UNITS: [(&str, i128); 8] = [
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Nanoseconds of a duration such as `1d12h` or `0.5s`.
fn duration(text: &str) -> Option<i128> {
    let (mut rest, mut sum) = (text.trim(), 0_i128);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|it| it.is_ascii_digit() || *it == b'.').count();
        let (number, behind) = rest.split_at(digits);
        let unit = UNITS.iter().find(|(name, _)| behind.starts_with(name));
        let (name, nanos) = match unit {
            Some(unit) => *unit,
            None if behind.is_empty() => ("", 1_000_000_000),
            None => return None,
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || decimals.len() > 9 || decimals.contains('.') {
            return None;
        }
        let scale = 10_i128.pow(decimals.len() as u32);
        let number: i128 = format!("{whole}{decimals}").parse().ok()?;
        sum = sum.checked_add(number.checked_mul(nanos)? / scale)?;
        rest = behind[name.len()..].trim_start();
    }
    Some(sum)
}

/// Parts that a whole has: a billionth of a percent is the least share.
pub const WHOLE: u64 = 100_000_000_000;
/// Digits after the decimal point of a percentage.
const DECIMALS: usize = 9;

/// A share such as `10%` or `0.5%`, from more than nothing to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The share in parts of [`WHOLE`].
    pub parts: u64,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = WHOLE / 100;
        let decimals = format!("{:0DECIMALS$}", self.parts % one);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{}%", self.parts / one),
            decimals => write!(f, "{}.{decimals}%", self.parts / one),
        }
    }
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = || {
            wrong(format!("expected a share such as 10% or 0.5%, found {text:?}"))
                .help("a share is more than 0% and at most 100%, with up to 9 decimals")
        };
        let percent = text.trim().strip_suffix('%').ok_or_else(expected)?.trim();
        let (whole, decimals) = percent.split_once('.').unwrap_or((percent, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_right =
            (1..=3).contains(&whole.len()) && decimals.len() <= DECIMALS && digits(whole) && digits(decimals);
        if !is_right {
            return Err(expected());
        }
        let parts: u64 = format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| expected())?;
        match parts {
            1..=WHOLE => Ok(Self { parts }),
            _ => Err(expected()),
        }
    }
}

impl Share {
    /// Whether `part` of `all` is at least this share.
    pub fn is_reached(self, part: u64, all: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) >= u128::from(self.parts) * u128::from(all)
    }
}

/// Activities one behind the other, such as `Register > Check > Pay`. A name with `>` in it stands between double
/// quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPath(pub Vec<String>);

impl fmt::Display for ActivityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { " > " } else { "" })?;
            match name.contains(['>', '"']) || name.trim() != name || name.is_empty() {
                true => write!(f, "\"{}\"", name.replace('"', "\"\""))?,
                false => f.write_str(name)?,
            }
        }
        Ok(())
    }
}

impl FromStr for ActivityPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = || {
            wrong(format!("expected activities such as \"A > B\", found {text:?}"))
                .help("put a name that contains > in double quotes")
        };
        let mut names = Vec::new();
        let mut rest = text.trim();
        loop {
            let name;
            (name, rest) = match rest.strip_prefix('"') {
                Some(quoted) => quoted_name(quoted).ok_or_else(expected)?,
                None => {
                    let (name, behind) = rest.split_at(rest.find('>').unwrap_or(rest.len()));
                    let name = name.trim();
                    (Some(name).filter(|it| !it.is_empty()).map(str::to_owned).ok_or_else(expected)?, behind)
                }
            };
            names.push(name);
            rest = rest.trim_start();
            if rest.is_empty() {
                return Ok(Self(names));
            }
            // Two marks, as in A>>B, are one.
            let behind = rest.strip_prefix('>').ok_or_else(expected)?;
            rest = behind.strip_prefix('>').unwrap_or(behind).trim_start();
        }
    }
}

/// A name up to its closing quote, of which two stand for one; and what is behind it.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.find('"')?;
        match text.get(at + 1..)?.starts_with('"') {
            true => at += 2,
            false => return Some((text[..at].replace("\"\"", "\""), &text[at + 1..])),
        }
    }
}

impl ActivityPath {
    /// The two activities, where there must be two.
    ///
    /// # Errors
    /// [`Code::Usage`] for fewer or more.
    pub fn pair(&self) -> Result<(&str, &str)> {
        match self.0.as_slice() {
            [first, second] => Ok((first, second)),
            _ => {
                Err(wrong(format!("expected two activities such as \"A > B\", found {:?}", self.to_string())))
            }
        }
    }
}

/// Two activities, as `A,B`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPair(pub String, pub String);

impl fmt::Display for ActivityPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &str| match name.contains([',', '"']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_owned(),
        };
        write!(f, "{},{}", quoted(&self.0), quoted(&self.1))
    }
}

impl FromStr for ActivityPair {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let names = parse_names(text)?;
        match <[String; 2]>::try_from(names) {
            Ok([first, second]) => Ok(Self(first, second)),
            Err(_) => Err(wrong(format!("expected two activities between a comma, found {text:?}"))),
        }
    }
}

/// An activity that occurs at least so many times, such as `Check:3`; without a number, twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rework {
    text: String,
    /// The activity that occurs again.
    pub activity: String,
    /// How many times at least.
    pub least: u64,
}

written!(Rework);

impl FromStr for Rework {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (activity, least) = match text.rsplit_once(':').map(|(name, least)| (name, least.parse())) {
            Some((name, Ok(least))) => (name, least),
            _ => (text, 2),
        };
        if activity.is_empty() || least == 0 {
            return Err(wrong(format!(
                "expected an activity and a number of at least 1, such as Check:3, found {text:?}"
            )));
        }
        Ok(Self { text: text.to_owned(), activity: activity.to_owned(), least })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i128 {
        moment(text, &ZoneRule::default()).unwrap().0
    }

    #[test]
    fn ranges_of_times_end_with_the_period_that_is_named() {
        let nanos =
            |text: &str| text.parse::<TimeRange>().and_then(|it| it.nanos(&ZoneRule::default())).unwrap();
        assert_eq!(nanos("2024"), (Some(day("2024-01-01")), Some(day("2025-01-01") - 1)));
        assert_eq!(nanos("2024-02"), (Some(day("2024-02-01")), Some(day("2024-03-01") - 1)));
        assert_eq!(nanos("2024-12..2025-02-28"), (Some(day("2024-12-01")), Some(day("2025-03-01") - 1)));
        assert_eq!(nanos("2024-02-28.."), (Some(day("2024-02-28")), None));
        assert_eq!(nanos("..2024-05-01 12:00:00"), (None, Some(day("2024-05-01 12:00:00"))));
        for text in ["", "..", "may", "2024-13", "2024-02-30", "2025..2024"] {
            assert!(text.parse::<TimeRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_of_durations_have_units() {
        let range = |text: &str| text.parse::<DurationRange>().map(|it| (it.low, it.high)).unwrap();
        assert_eq!(range("1d12h.."), (129_600_000_000_000, i128::MAX));
        assert_eq!(range("..0.5"), (i128::MIN, 500_000_000));
        assert_eq!(range("90..2m"), (90_000_000_000, 120_000_000_000));
        assert_eq!(range("5ms..5ms"), (5_000_000, 5_000_000));
        for text in ["", "..", "1x..", "d", "2h..1h", "1.2.3"] {
            assert!(text.parse::<DurationRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_shares_and_rework_are_read_and_written() {
        let size = "2..10".parse::<SizeRange>().unwrap();
        assert_eq!((size.low, size.high, size.to_string()), (2, 10, "2..10".to_owned()));
        assert_eq!("7".parse::<SizeRange>().map(|it| (it.low, it.high)).unwrap(), (7, 7));
        assert!(["", "..", "3..2", "a"].iter().all(|text| text.parse::<SizeRange>().is_err()));
        for (text, written) in [("10%", "10%"), ("0.5 %", "0.5%"), ("0.000000001%", "0.000000001%")] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), written);
        }
        for text in ["10", "0%", "101%", "%", ".5%", "1e1%", "0.0000000001%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        let rework = "A: b:3".parse::<Rework>().unwrap();
        assert_eq!((rework.activity.as_str(), rework.least), ("A: b", 3));
        assert_eq!("A".parse::<Rework>().unwrap().least, 2);
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        for (text, names) in [
            ("A>B", vec!["A", "B"]),
            (" A >> B > C", vec!["A", "B", "C"]),
            ("\"a > b\" > \"say \"\"c\"\"\"", vec!["a > b", "say \"c\""]),
            ("one", vec!["one"]),
        ] {
            let path = text.parse::<ActivityPath>().unwrap();
            assert_eq!(path.0, names, "{text}");
            assert_eq!(path.to_string().parse::<ActivityPath>().unwrap(), path);
        }
        for text in ["", ">", "A>", ">A", "A>>>B", "\"A", "\"A\"B"] {
            assert!(text.parse::<ActivityPath>().is_err(), "{text}");
        }
    }
}
