//! Timestamps in a layout that the user gives, such as `%d%b%Y:%H:%M:%S`.
//!
//! The directives are those of `jiff::fmt::strtime`. A pattern is tried out once when it is compiled, so that
//! one that can never give a date fails before the first row and not at it.

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::calendar::{DAY_SECONDS, checked_days_of, days_of};
use super::time::{NANOS, ParsedTime};
use super::value::trimmed;
use crate::error::{Code, Error, Result};

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct TimeFormat {
    pattern: String,
}

impl TimeFormat {
    /// Checks a strftime-like pattern. `Code::Usage` if it has an unknown directive or gives no date.
    pub fn compile(pattern: &str) -> Result<Self> {
        let format = Self { pattern: pattern.to_owned() };
        let sample = civil::datetime(2001, 12, 31, 22, 59, 58, 0).to_zoned(TimeZone::UTC);
        let written = sample
            .and_then(|sample| BrokenDownTime::from(&sample).to_string(pattern))
            .map_err(|error| Error::new(Code::Usage, format!("timestamp format {pattern:?}: {error}")))?;
        match format.parse(written.as_bytes()) {
            Some(_) => Ok(format),
            None => {
                Err(Error::new(Code::Usage, format!("timestamp format {pattern:?} does not give a date"))
                    .help("name year, month and day, such as %d.%m.%Y %H:%M:%S, or %s for Unix seconds"))
            }
        }
    }

    /// Reads one value, ASCII spaces around it allowed; years 1 to 9999. A leap second becomes second 59, as
    /// `strtime` has it, and is not reported. `None` if the value isn't laid out so.
    pub fn parse(&self, value: &[u8]) -> Option<ParsedTime> {
        let parts = BrokenDownTime::parse(&self.pattern, trimmed(value)).ok()?;
        if let Some(instant) = parts.timestamp() {
            return from_instant(instant);
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

/// Unix seconds (`%s`) have no zone to look up: they count from 1970 UTC.
fn from_instant(instant: Timestamp) -> Option<ParsedTime> {
    const FIRST: i32 = days_of(1, 1, 1);
    const LAST: i32 = days_of(9999, 12, 31);
    let nanos = instant.as_nanosecond();
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
