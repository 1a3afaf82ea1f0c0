//! Timestamps in a layout that the user gives: a pattern such as `%d%b%Y:%H:%M:%S`, or what numbers count
//! from 1970 on, such as `unix-ms`.
//!
//! What a number counts is never guessed: seconds of one year are milliseconds of another. The directives of
//! patterns are those of `jiff::fmt::strtime`. Several layouts are tried in their order. A pattern is tried
//! out once when it is compiled, so that one that can never give a date fails before the first row and not at
//! it.

use std::fmt;

use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::calendar::{DAY_SECONDS, checked_days_of, days_of};
use super::time::{NANOS, ParsedTime};
use super::time_layout::from_letters;
use super::value::{TimeUnit, trimmed};
use crate::error::{Code, Error, Result};

/// What numbers count since 1970-01-01T00:00:00Z: the word for it, how many make a second, and what they are
/// called.
const COUNTS: [(&str, i64, &str); 4] = [
    ("unix-s", 1, "seconds"),
    ("unix-ms", 1_000, "milliseconds"),
    ("unix-us", 1_000_000, "microseconds"),
    ("unix-ns", NANOS, "nanoseconds"),
];

/// Compiled layouts, which are tried in their order.
#[derive(Debug, Clone)]
pub struct TimeFormat {
    layouts: Vec<FormatLayout>,
    or_usual: bool,
}

#[derive(Debug, Clone)]
enum FormatLayout {
    /// A strftime-like pattern.
    Pattern(String),
    /// Numbers, so many to a second.
    Count(i64),
}

/// As they were given, with `or` between them.
impl fmt::Display for TimeFormat {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.words().join(" or "))
    }
}

impl TimeFormat {
    /// Checks a strftime-like pattern, or one of the words for numbers. `Code::Usage` if it has an unknown
    /// directive or gives no date.
    pub fn compile(pattern: &str) -> Result<Self> {
        if let Some((_, per_second, _)) = COUNTS.iter().find(|(word, ..)| *word == pattern) {
            return Ok(Self { layouts: vec![FormatLayout::Count(*per_second)], or_usual: false });
        }
        if let Some(layout) = from_letters(pattern) {
            let what = format!("timestamp format {pattern:?} has no directive such as %Y");
            return Err(
                Error::new(Code::Usage, what).help(format!("in strftime notation this is '{layout}'"))
            );
        }
        let format = Self { layouts: vec![FormatLayout::Pattern(pattern.to_owned())], or_usual: false };
        let sample = civil::datetime(2001, 12, 31, 22, 59, 58, 0).to_zoned(TimeZone::UTC);
        let written = sample
            .and_then(|sample| BrokenDownTime::from(&sample).to_string(pattern))
            .map_err(|error| Error::new(Code::Usage, format!("timestamp format {pattern:?}: {error}")))?;
        match format.parse(written.as_bytes()) {
            Some(_) => Ok(format),
            None => {
                Err(Error::new(Code::Usage, format!("timestamp format {pattern:?} does not contain a full date"))
                    .help("give year, month and day, such as %d.%m.%Y %H:%M:%S, or unix-s, unix-ms, unix-us or unix-ns for numbers since 1970"))
            }
        }
    }

    /// Several layouts, each as [`TimeFormat::compile`] takes it; `None` for none. The first that reads a
    /// value says what it is.
    ///
    /// # Errors
    /// Those of [`TimeFormat::compile`].
    pub fn compile_all(patterns: &[String]) -> Result<Option<Self>> {
        let mut all: Option<Self> = None;
        for pattern in patterns {
            let format = Self::compile(pattern)?;
            match &mut all {
                Some(all) => all.layouts.extend(format.layouts),
                none => *none = Some(format),
            }
        }
        Ok(all)
    }

    /// The layouts as they were given.
    pub fn words(&self) -> Vec<String> {
        let word = |layout: &FormatLayout| match layout {
            FormatLayout::Pattern(pattern) => pattern.clone(),
            FormatLayout::Count(count) => {
                let known = COUNTS.iter().find(|(_, per_second, _)| per_second == count);
                known.map_or("", |(word, ..)| word).to_owned()
            }
        };
        self.layouts.iter().map(word).collect()
    }

    /// Whether it reads numbers that count from 1970 on: these are like other numbers.
    pub fn counts(&self) -> bool {
        self.layouts.iter().any(|layout| matches!(layout, FormatLayout::Count(_)))
    }

    /// The same layout, beside which there may be the usual ones. It comes first: what it reads is what it
    /// says.
    pub fn or_usual(self) -> Self {
        Self { or_usual: true, ..self }
    }

    /// Whether what is not laid out so is to be read as usual.
    pub fn is_not_all(&self) -> bool {
        self.or_usual
    }

    /// The unit that a column of such values has.
    pub fn unit(&self) -> TimeUnit {
        match self.layouts.iter().any(|layout| matches!(layout, FormatLayout::Count(NANOS))) {
            true => TimeUnit::Nanos,
            false => TimeUnit::Micros,
        }
    }

    /// Reads one value, ASCII spaces around it allowed; years 1 to 9999. A leap second becomes second 59, as
    /// `strtime` has it, and is not reported. `None` if the value isn't laid out so.
    pub fn parse(&self, value: &[u8]) -> Option<ParsedTime> {
        self.layouts.iter().find_map(|layout| layout.parse(value))
    }
}

impl FormatLayout {
    fn parse(&self, value: &[u8]) -> Option<ParsedTime> {
        let pattern = match self {
            FormatLayout::Pattern(pattern) => pattern,
            FormatLayout::Count(per_second) => return from_nanos(counted(trimmed(value), *per_second)?),
        };
        let parts = BrokenDownTime::parse(pattern, trimmed(value)).ok()?;
        if let Some(instant) = parts.timestamp() {
            // Unix seconds (`%s`) have no zone to look up: they count from 1970 UTC.
            return from_nanos(instant.as_nanosecond());
        }
        let date = parts.to_date().ok()?;
        let time = parts.to_time().ok()?;
        let seconds =
            i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        Some(ParsedTime {
            days: checked_days_of(date.year().try_into().ok()?, date.month() as u32, date.day() as u32)?,
            nanos_of_day: seconds * NANOS + i64::from(time.subsec_nanosecond()),
            has_time: parts.hour().is_some(),
            offset_seconds: parts.offset().map(jiff::tz::Offset::seconds),
            leap: false,
        })
    }
}

/// Nanoseconds since 1970 of a number, `per_second` of which make a second; digits, of which some may stand
/// behind a point. `None` for anything else, and if it is finer than a nanosecond.
fn counted(number: &[u8], per_second: i64) -> Option<i128> {
    let (is_negative, digits) = match number {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(at) if at + 1 < digits.len() => (&digits[..at], &digits[at + 1..]),
        Some(_) => return None,
        None => (digits, &[][..]),
    };
    let is_number = !whole.is_empty() && whole.iter().chain(fraction).all(u8::is_ascii_digit);
    // More digits than 19 are no nanoseconds of a year that there is.
    if !is_number || whole.len() > 19 {
        return None;
    }
    let mut unit = i128::from(NANOS / per_second);
    let mut nanos = whole.iter().fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0')) * unit;
    for digit in fraction {
        unit /= 10;
        if unit == 0 && *digit != b'0' {
            return None;
        }
        nanos += unit * i128::from(digit - b'0');
    }
    Some(if is_negative { -nanos } else { nanos })
}

/// What a value, if it is a number, is likely to count, going by how many digits its whole part has: the word
/// that reads it so, and what it counts. Fit for a piece of advice, and for nothing else.
pub fn likely_count(value: &[u8]) -> Option<(&'static str, &'static str)> {
    counted(trimmed(value), 1)?;
    let digits =
        trimmed(value).iter().take_while(|byte| **byte != b'.').filter(|it| it.is_ascii_digit()).count();
    let (word, _, noun) = COUNTS[match digits {
        ..=10 => 0,
        11..=13 => 1,
        14..=16 => 2,
        _ => 3,
    }];
    Some((word, noun))
}

/// Years 1 to 9999.
fn from_nanos(nanos: i128) -> Option<ParsedTime> {
    const FIRST: i32 = days_of(1, 1, 1);
    const LAST: i32 = days_of(9999, 12, 31);
    let day = i128::from(DAY_SECONDS * NANOS);
    let days = i32::try_from(nanos.div_euclid(day)).ok().filter(|days| (FIRST..=LAST).contains(days))?;
    let nanos_of_day = i64::try_from(nanos.rem_euclid(day)).ok()?;
    Some(ParsedTime { days, nanos_of_day, has_time: true, offset_seconds: Some(0), leap: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reads_what_no_guess_would() {
        let format = TimeFormat::compile("%d%b%Y:%H:%M:%S").unwrap();
        let parsed = format.parse(b"22Oct2014:11:15:41").unwrap();
        assert_eq!((parsed.days, parsed.nanos_of_day), (days_of(2014, 10, 22), 40_541 * NANOS));
        assert_eq!(parsed.offset_seconds, None);
        assert!(format.parse(b"22Oct2014").is_none());
    }

    #[test]
    fn offsets_fractions_and_unix_seconds_are_kept() {
        let format = TimeFormat::compile("%Y%m%d %H%M%S%.f%z").unwrap();
        let parsed = format.parse(b"20141022 111541.5+0200").unwrap();
        assert_eq!((parsed.nanos_of_day % NANOS, parsed.offset_seconds), (500_000_000, Some(7200)));
        let unix = TimeFormat::compile("%s").unwrap().parse(b"-1").unwrap();
        assert_eq!((unix.days, unix.nanos_of_day), (-1, (DAY_SECONDS - 1) * NANOS));
    }

    #[test]
    fn numbers_count_what_is_said_exactly() {
        let nanos = |word: &str, value: &str| {
            let parsed = TimeFormat::compile(word).unwrap().parse(value.as_bytes())?;
            assert_eq!((parsed.offset_seconds, parsed.has_time, parsed.leap), (Some(0), true, false));
            Some(i128::from(parsed.days) * i128::from(DAY_SECONDS * NANOS) + i128::from(parsed.nanos_of_day))
        };
        for (word, value, expected) in [
            ("unix-s", "1700000000", 1_700_000_000_000_000_000),
            ("unix-s", "1700000000.5", 1_700_000_000_500_000_000),
            ("unix-s", " 1700000000.123456789000 ", 1_700_000_000_123_456_789),
            ("unix-s", "-0.000000001", -1),
            ("unix-s", "0", 0),
            ("unix-ms", "1700000000123", 1_700_000_000_123_000_000),
            ("unix-ms", "1700000000123.000001", 1_700_000_000_123_000_001),
            ("unix-us", "-1", -1_000),
            ("unix-ns", "1700000000123456789", 1_700_000_000_123_456_789),
            ("unix-ns", "1.00", 1),
            ("unix-s", "253402300799", 253_402_300_799_000_000_000),
            ("unix-s", "-62135596800", -62_135_596_800_000_000_000),
        ] {
            assert_eq!(nanos(word, value), Some(expected), "{word} {value}");
        }
        for (word, value) in [
            ("unix-s", "253402300800"),
            ("unix-s", "-62135596801"),
            ("unix-s", "1700000000000"),
            ("unix-s", "0.0000000001"),
            ("unix-ns", "1.5"),
            ("unix-s", "99999999999999999999999999999999999999999"),
            ("unix-s", "1e9"),
            ("unix-s", "1."),
            ("unix-s", ".5"),
            ("unix-s", "+1"),
            ("unix-s", "--1"),
            ("unix-s", ""),
            ("unix-s", "-"),
            ("unix-s", "2024-01-01"),
        ] {
            assert_eq!(nanos(word, value), None, "{word} {value}");
        }
        assert_eq!(TimeFormat::compile("unix-ns").unwrap().unit(), TimeUnit::Nanos);
        assert_eq!(TimeFormat::compile("unix").unwrap_err().code(), Code::Usage);
    }

    #[test]
    fn what_a_number_may_count_is_advice() {
        for (value, word) in [
            ("1700000000", "unix-s"),
            ("1700000000.25", "unix-s"),
            ("1700000000000", "unix-ms"),
            ("-1700000000000000", "unix-us"),
            ("1700000000000000000", "unix-ns"),
        ] {
            assert_eq!(likely_count(value.as_bytes()).unwrap().0, word, "{value}");
        }
        for value in ["", "soon", "2024-01-01", "1e9"] {
            assert_eq!(likely_count(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn of_several_layouts_the_first_that_reads_a_value_counts() {
        let patterns = ["%d.%m.%Y", "%Y%m%d", "unix-ms"].map(str::to_owned);
        let format = TimeFormat::compile_all(&patterns).unwrap().unwrap();
        assert_eq!(format.to_string(), "%d.%m.%Y or %Y%m%d or unix-ms");
        assert_eq!(format.parse(b"22.10.2014").unwrap().days, days_of(2014, 10, 22));
        assert_eq!(format.parse(b"20141022").unwrap().days, days_of(2014, 10, 22));
        assert_eq!(format.parse(b"1413936000000").unwrap().days, days_of(2014, 10, 22));
        assert!(format.parse(b"22/10/2014").is_none());
        assert!(TimeFormat::compile_all(&[]).unwrap().is_none());
        assert!(TimeFormat::compile_all(&["%H".to_owned()]).is_err());
    }

    #[test]
    fn a_layout_of_another_language_is_refused_with_the_one_that_is_meant() {
        let error = TimeFormat::compile("dd-MM-yyyy:HH.mm").unwrap_err();
        assert_eq!(error.code(), Code::Usage);
        assert!(error.help_text().unwrap().contains("'%d-%m-%Y:%H.%M'"));
    }

    #[test]
    fn a_date_pattern_has_no_time() {
        let parsed = TimeFormat::compile("%d.%m.%Y").unwrap().parse(b" 22.10.2014 ").unwrap();
        assert!(!parsed.has_time);
    }

    #[test]
    fn patterns_without_a_date_or_with_unknown_directives_are_refused() {
        for pattern in ["%H:%M", "%!", "", "%Y-%m"] {
            assert_eq!(TimeFormat::compile(pattern).unwrap_err().code(), Code::Usage, "{pattern:?}");
        }
    }
}
