//! Dates and times as text: one grammar for every way of writing them that logs use.
//!
//! [`WrittenTime::scan`] reads a value without deciding whether `05/06` is in May or in June;
//! [`WrittenTime::resolve`] does, for one order. [`parse_time`] is both. Nothing here knows a time zone's
//! rules: an offset that stands in the value is handed on, a missing one stays missing.
//!
//! ```text
//! value   = [weekday [","] " "+] date [ between time ] | yyyymmdd ("T" | "t") hhmm [ ss [fraction] ] [zone]
//!         | [weekday [","] " "+] month " "+ n " "+ time " " yyyy
//! date    = yyyy sep n sep n | yy sep n sep n | n sep n sep (yyyy | yy) | n month yyyy
//!         | n mark month mark (yyyy | yy) | month " "+ n [","] " " (yyyy | yy)
//! between = "T" | "t" | [","] " "+ | ":" | "/" | "-"
//! time    = clock [ [" "] ("AM" | "PM") ] [zone]
//! clock   = h[h] ":" mm [ ":" ss [fraction] ]
//!         | h[h] "." mm [ "." ss [fraction] ]       not behind "/"
//!         | h[h] "-" mm "-" ss [fraction]           only behind "T" or " "
//! zone    = as zone_names.rs reads it
//! sep     = "-" | "/" | "." (the same one twice), mark = "-" | "/" | "." | " ", n = one or two digits
//! ```
//!
//! Behind `-` a clock has seconds: `2014-10-22-05:00` is a day with a zone. `n month yy`, as SAS writes it,
//! needs a time behind it.

use super::calendar::{DAY_SECONDS, checked_days_of};
use super::time_names::{is_weekday, month_of};
use super::value::{DateOrder, trimmed};
use super::zone_names::{WrittenZone, written_zone};

/// Nanoseconds in a second.
pub const NANOS: i64 = 1_000_000_000;
/// The last microsecond of a minute, which a leap second is read as: nanoseconds after its second 59.
const LAST_MICRO: i64 = 999_999_000;
/// Two-digit years below this are in the 2000s, the others in the 1900s (POSIX `strptime`, `%y`).
const PIVOT: u32 = 69;
/// Two-digit years above this are in the future, or in the 1900s if they are not below [`PIVOT`]. Up to here
/// they could be days.
const LAST_DAY: u32 = 31;

/// A date, or a date and a time of day, with its order decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsedTime {
    /// Days since 1970-01-01, as written; 24:00:00 is already the next day.
    pub days: i32,
    /// Nanoseconds since midnight, below one day.
    pub nanos_of_day: i64,
    /// Whether a time of day was written.
    pub has_time: bool,
    /// Seconds that the written zone is ahead of UTC; `None` if no zone was written.
    pub offset_seconds: Option<i32>,
    /// Whether a leap second (`:60`) was clamped to the last microsecond of its minute.
    pub leap: bool,
}

/// Reads one value whose date is in `order`, ASCII spaces around it allowed. Years 1 to 9999, dates that
/// exist, at most nine fraction digits that are not zero. `None` for everything else.
pub fn parse_time(value: &[u8], order: DateOrder) -> Option<ParsedTime> {
    WrittenTime::scan(value)?.resolve(order)
}

/// Reads exactly a date, no weekday, no time of day and no spaces around it.
pub fn parse_date(value: &[u8], order: DateOrder) -> Option<i32> {
    let mut cursor = TimeCursor { rest: value };
    let date = cursor.date()?;
    if cursor.rest.is_empty() && date.form != TimeForm::Compact { date.days(order) } else { None }
}

/// A value that has the form of a date or timestamp; whether the date exists depends on the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenTime {
    date: WrittenDate,
    time: Option<WrittenClock>,
    zone: Option<WrittenZone>,
    has_weekday: bool,
}

impl WrittenTime {
    /// Reads the form. `None` if the value is no date and no timestamp in any order.
    pub fn scan(value: &[u8]) -> Option<Self> {
        let mut cursor = TimeCursor { rest: trimmed(value) };
        let has_weekday = cursor.rest.first()?.is_ascii_alphabetic() && cursor.weekday()?;
        if let Some(found) = (TimeCursor { rest: cursor.rest }).with_year_last() {
            return Some(Self { has_weekday, ..found });
        }
        let is_month_first = cursor.rest.first()?.is_ascii_alphabetic();
        let mut date = cursor.date()?;
        if cursor.rest.is_empty() {
            let found = Self { date, time: None, zone: None, has_weekday };
            return (date.form != TimeForm::Compact).then_some(found);
        }
        let time = match date.form {
            TimeForm::Compact => cursor.compact_time()?,
            _ => cursor.time(&date)?,
        };
        // As a script prints a date (ECMA-262 §21.4.4.41), which says itself in which order it is.
        if has_weekday && is_month_first && cursor.rest.starts_with(b" GMT") {
            date.form = TimeForm::Script;
        }
        let zone = if cursor.rest.is_empty() { None } else { Some(written_zone(cursor.rest)?) };
        Some(Self { date, time: Some(time), zone, has_weekday })
    }

    /// The value with its date read in `order`; `None` if it isn't written so or the date doesn't exist.
    pub fn resolve(&self, order: DateOrder) -> Option<ParsedTime> {
        let clock = self.time.unwrap_or_default();
        let days = self.date.days(order)?;
        let offset_seconds = match self.zone {
            Some(zone) => Some(zone.seconds_on(days)?),
            None => None,
        };
        Some(ParsedTime {
            days: days + i32::from(clock.next_day),
            nanos_of_day: clock.nanos,
            has_time: self.time.is_some(),
            offset_seconds,
            leap: clock.leap,
        })
    }

    /// Whether it is written with points and the year last: nobody writes month, day, year so who could mean
    /// day, month, year.
    pub fn is_dotted(&self) -> bool {
        self.date.is_dotted && matches!(self.date.form, TimeForm::YearLast | TimeForm::Short { .. })
    }

    /// Whether the date is three short numbers, the year one of two digits.
    pub fn has_short_year(&self) -> bool {
        matches!(self.date.form, TimeForm::Short { .. })
    }

    /// Whether it is three short numbers and nothing more, and these could as well be a version or a code:
    /// nothing but what stands elsewhere tells that they are a date.
    pub fn is_bare(&self) -> bool {
        self.has_short_year() && self.time.is_none() && !self.has_weekday && !self.date.proves_itself()
    }
}

/// How a date is laid out; says which orders it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeForm {
    YearFirst,
    YearLast,
    /// Three numbers of two digits at most. Which of the outer ones have two digits, as years do.
    Short {
        first: bool,
        last: bool,
    },
    /// The month is written as a name, which tells it from the day.
    Named,
    /// `yyyymmdd`, only with a time after it: digits alone are an integer.
    Compact,
    /// As a script prints a date, the month by name.
    Script,
}

/// The three numbers in the order in which they stand, or, of a month by name, day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WrittenDate {
    form: TimeForm,
    numbers: [u32; 3],
    is_dotted: bool,
}

impl WrittenDate {
    fn named(day: u32, month: u32, year: u32) -> Self {
        Self { form: TimeForm::Named, numbers: [day, month, year], is_dotted: false }
    }

    fn days(&self, order: DateOrder) -> Option<i32> {
        let [a, b, c] = self.numbers;
        let (year, month, day) = match (self.form, order) {
            (TimeForm::YearFirst | TimeForm::Compact, DateOrder::Ymd) => (a, b, c),
            (TimeForm::YearFirst, DateOrder::Ydm) => (a, c, b),
            (TimeForm::YearLast, DateOrder::Dmy) => (c, b, a),
            (TimeForm::YearLast, DateOrder::Mdy) => (c, a, b),
            (TimeForm::Short { last: true, .. }, DateOrder::Dmy) => (in_century(c), b, a),
            (TimeForm::Short { last: true, .. }, DateOrder::Mdy) => (in_century(c), a, b),
            (TimeForm::Short { first: true, .. }, DateOrder::ShortYmd) => (in_century(a), b, c),
            (TimeForm::Named, DateOrder::Dmy | DateOrder::Mdy) | (TimeForm::Script, _) => (c, b, a),
            _ => return None,
        };
        checked_days_of(year, month, day)
    }

    /// Whether three short numbers can be read in one order only as numbers go, and in an order and a year in
    /// which dates are written: `31.12.99`, but neither `1.20.15` nor `14.2.33`.
    fn proves_itself(&self) -> bool {
        let [a, b, c] = self.numbers;
        let days = [
            checked_days_of(in_century(c), b, a),
            checked_days_of(in_century(c), a, b),
            checked_days_of(in_century(a), b, c),
        ];
        let is_past = |year: u32| year <= LAST_DAY || year >= PIVOT;
        match days {
            [Some(_), None, None] => is_past(c) && self.days(DateOrder::Dmy).is_some(),
            [None, Some(_), None] => is_past(c) && !self.is_dotted && self.days(DateOrder::Mdy).is_some(),
            [None, None, Some(_)] => is_past(a) && self.days(DateOrder::ShortYmd).is_some(),
            _ => false,
        }
    }
}

/// The year that two digits mean.
fn in_century(year: u32) -> u32 {
    if year < PIVOT { 2000 + year } else { 1900 + year }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct WrittenClock {
    nanos: i64,
    next_day: bool,
    leap: bool,
}

impl WrittenClock {
    /// Puts the parts together; `None` if there is no such time of day.
    fn new(hour: u32, minute: u32, second: u32, nanos: i64) -> Option<Self> {
        let midnight = minute == 0 && second == 0 && nanos == 0;
        if minute > 59 || second > 60 || hour > 24 || (hour == 24 && !midnight) {
            return None;
        }
        if hour == 24 {
            return Some(Self { nanos: 0, next_day: true, leap: false });
        }
        let leap = second == 60;
        let (second, nanos) = if leap { (59, LAST_MICRO) } else { (second, nanos) };
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        debug_assert!(seconds < DAY_SECONDS);
        Some(Self { nanos: seconds * NANOS + nanos, next_day: false, leap })
    }
}

/// What is left to read. A method that returns `None` leaves it anywhere: the value is refused.
struct TimeCursor<'a> {
    rest: &'a [u8],
}

/// What stands between a date and its clock; says how the clock may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// `T`, or one space or more: the clock may be written in any way.
    Plain,
    Colon,
    Slash,
    Dash,
}

impl TimeCursor<'_> {
    fn date(&mut self) -> Option<WrittenDate> {
        if self.rest.first()?.is_ascii_alphabetic() {
            return self.month_first();
        }
        let (first, digits) = self.number()?;
        match digits {
            1 | 2 => self.after_short(first, digits == 2),
            4 => self.after_year(first),
            8 => {
                let numbers = [first / 10_000, first / 100 % 100, first % 100];
                Some(WrittenDate { form: TimeForm::Compact, numbers, is_dotted: false })
            }
            _ => None,
        }
    }

    /// Takes a weekday and what parts it from the date. `None` if it is parted by nothing; false, and nothing
    /// taken, if there is none.
    fn weekday(&mut self) -> Option<bool> {
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if !is_weekday(&self.rest[..letters]) {
            return Some(false);
        }
        self.rest = &self.rest[letters..];
        self.accept(b',');
        self.spaces()?;
        Some(true)
    }

    /// `Oct 22 10:15:00 2014`, and with a zone before the year, as C and Java print a date: from the month to
    /// the end.
    fn with_year_last(mut self) -> Option<WrittenTime> {
        let month = self.month()?;
        self.spaces()?;
        let day = self.short_number()?;
        self.spaces()?;
        let time = self.clock(Between::Plain)?;
        let at = self.rest.len().checked_sub(5)?;
        let (zone, year) = self.rest.split_at(at);
        let mut year = TimeCursor { rest: year.strip_prefix(b" ")? };
        let year = year.number().filter(|(_, digits)| *digits == 4)?.0;
        let zone = if zone.is_empty() { None } else { Some(written_zone(zone)?) };
        Some(WrittenTime {
            date: WrittenDate::named(day, month, year),
            time: Some(time),
            zone,
            has_weekday: false,
        })
    }

    /// `Oct 22, 2014`, from the start.
    fn month_first(&mut self) -> Option<WrittenDate> {
        let month = self.month()?;
        self.spaces()?;
        let day = self.short_number()?;
        self.accept(b',');
        self.expect(b' ')?;
        Some(WrittenDate::named(day, month, self.last_year()?))
    }

    /// `2014-10-22`, after the year.
    fn after_year(&mut self, year: u32) -> Option<WrittenDate> {
        let separator = self.date_separator()?;
        let a = self.short_number()?;
        self.expect(separator)?;
        let numbers = [year, a, self.short_number()?];
        Some(WrittenDate { form: TimeForm::YearFirst, numbers, is_dotted: separator == b'.' })
    }

    /// `22.10.2014`, `14-10-22`, `22-Oct-2014` or `22OCT2014`, after the first number.
    fn after_short(&mut self, first: u32, first_has_two: bool) -> Option<WrittenDate> {
        match *self.rest {
            [b'A'..=b'Z' | b'a'..=b'z', ..] => {
                let month = self.month()?;
                let (year, digits) = self.number().filter(|(_, digits)| matches!(digits, 2 | 4))?;
                // `12DEC34` alone may be hexadecimal.
                let is_year = digits == 4 || !self.rest.is_empty();
                let year = if digits == 2 { in_century(year) } else { year };
                return is_year.then(|| WrittenDate::named(first, month, year));
            }
            [mark @ (b'-' | b'/' | b'.' | b' '), b'A'..=b'Z' | b'a'..=b'z', ..] => {
                self.expect(mark)?;
                let month = self.month()?;
                self.expect(mark)?;
                return Some(WrittenDate::named(first, month, self.last_year()?));
            }
            _ => {}
        }
        let separator = self.date_separator()?;
        let second = self.short_number()?;
        self.expect(separator)?;
        let (third, digits) = self.number()?;
        let form = match digits {
            4 => TimeForm::YearLast,
            1 | 2 if first_has_two || digits == 2 => {
                TimeForm::Short { first: first_has_two, last: digits == 2 }
            }
            _ => return None,
        };
        Some(WrittenDate { form, numbers: [first, second, third], is_dotted: separator == b'.' })
    }

    /// What stands between date and time, and the time after it, its zone left out.
    fn time(&mut self, date: &WrittenDate) -> Option<WrittenClock> {
        let between = match *self.rest.first()? {
            b'T' | b't' => Between::Plain,
            b':' => Between::Colon,
            b'/' => Between::Slash,
            // What begins with three short numbers may go on with a fourth.
            b'-' if !matches!(date.form, TimeForm::Short { .. }) => Between::Dash,
            _ => {
                self.accept(b',');
                self.spaces()?;
                return self.clock(Between::Plain);
            }
        };
        self.rest = &self.rest[1..];
        self.clock(between)
    }

    /// `h[h]:mm[:ss[.f]]`, or with points or dashes, with an optional AM or PM.
    fn clock(&mut self, between: Between) -> Option<WrittenClock> {
        let hour = self.short_number()?;
        let mark = *self.rest.first()?;
        let is_clock = match mark {
            b':' => true,
            b'.' => between != Between::Slash,
            b'-' => between == Between::Plain,
            _ => false,
        };
        if !is_clock {
            return None;
        }
        self.expect(mark)?;
        let minute = self.two_digits()?;
        let (mut second, mut nanos) = (0, 0);
        if self.accept(mark) {
            second = self.two_digits()?;
            nanos = self.fraction()?;
        } else if mark == b'-' || between == Between::Dash {
            return None;
        }
        WrittenClock::new(self.half_day(hour)?, minute, second, nanos)
    }

    /// Reads the clock of the basic form of ISO 8601: `Thhmm[ss[.f]]`.
    fn compact_time(&mut self) -> Option<WrittenClock> {
        if !self.accept(b'T') && !self.accept(b't') {
            return None;
        }
        let (digits, count) = self.number()?;
        match count {
            4 => WrittenClock::new(digits / 100, digits % 100, 0, 0),
            6 => WrittenClock::new(digits / 10_000, digits / 100 % 100, digits % 100, self.fraction()?),
            _ => None,
        }
    }

    /// The hour of 24 that an hour with AM or PM means; the hour itself if neither follows.
    fn half_day(&mut self, hour: u32) -> Option<u32> {
        // Newer browsers and ICU put a narrow space there that does not break.
        let spaces: [&[u8]; 3] = [b" ", "\u{202f}".as_bytes(), "\u{a0}".as_bytes()];
        let rest = spaces.iter().find_map(|space| self.rest.strip_prefix(*space)).unwrap_or(self.rest);
        let afternoon = match rest {
            [b'A' | b'a', b'M' | b'm', ..] => 0,
            [b'P' | b'p', b'M' | b'm', ..] => 12,
            _ => return Some(hour),
        };
        self.rest = &rest[2..];
        matches!(hour, 1..=12).then_some(hour % 12 + afternoon)
    }

    /// Nanoseconds of a fraction, zero if there is none. `None` below a nanosecond or without digits.
    fn fraction(&mut self) -> Option<i64> {
        if !self.accept(b'.') && !self.accept(b',') {
            return Some(0);
        }
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let (kept, finer) = digits.split_at(count.min(9));
        if count == 0 || finer.iter().any(|&digit| digit != b'0') {
            return None;
        }
        let value = kept.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        Some(value * 10i64.pow(9 - kept.len() as u32))
    }

    fn date_separator(&mut self) -> Option<u8> {
        let separator = *self.rest.first()?;
        matches!(separator, b'-' | b'/' | b'.').then_some(())?;
        self.expect(separator)?;
        Some(separator)
    }

    /// A year in last place: four digits, or two with the century by [`PIVOT`]. Two digits before a colon are
    /// an hour: `Oct 22 11:15`.
    fn last_year(&mut self) -> Option<u32> {
        match self.number()? {
            (year, 4) => Some(year),
            (year, 2) if self.rest.first() != Some(&b':') => Some(in_century(year)),
            _ => None,
        }
    }

    /// One or two digits and no more.
    fn short_number(&mut self) -> Option<u32> {
        self.number().filter(|&(_, digits)| digits <= 2).map(|(number, _)| number)
    }

    fn two_digits(&mut self) -> Option<u32> {
        self.number().filter(|&(_, digits)| digits == 2).map(|(number, _)| number)
    }

    /// All digits there are, one to eight, with their count.
    fn number(&mut self) -> Option<(u32, usize)> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 8 {
            return None;
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Some((number.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')), digits))
    }

    /// An English month, in full or its first three letters, in any case.
    fn month(&mut self) -> Option<u32> {
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, rest) = self.rest.split_at(letters);
        self.rest = rest;
        month_of(name)
    }

    /// Reads past one space or more; `None` if there is no space.
    fn spaces(&mut self) -> Option<()> {
        self.expect(b' ')?;
        while self.accept(b' ') {}
        Some(())
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::days_of;
    use super::*;

    const HOUR: i64 = 3600 * NANOS;

    fn clock(value: &str) -> Option<(i32, i64)> {
        parse_time(value.as_bytes(), DateOrder::Ymd)
            .filter(|parsed| parsed.has_time)
            .map(|parsed| (parsed.days, parsed.nanos_of_day))
    }

    #[test]
    fn each_layout_has_exactly_its_orders() {
        use DateOrder::{Dmy, Mdy, ShortYmd, Ydm, Ymd};
        let table: &[(&str, &[DateOrder])] = &[
            ("2014-10-22", &[Ymd]),
            ("2014-22-10", &[Ydm]),
            ("2014/10/2", &[Ymd, Ydm]),
            ("2014.10.02", &[Ymd, Ydm]),
            ("22/10/2014", &[Dmy]),
            ("10/22/2014", &[Mdy]),
            ("1/2/2014", &[Dmy, Mdy]),
            ("1.2.2014", &[Dmy, Mdy]),
            ("12.25.2020 19-19-19", &[Mdy]),
            ("1-2-14", &[Dmy, Mdy]),
            ("01-2-14", &[Dmy, Mdy, ShortYmd]),
            ("24/01/15 10:00", &[Dmy, ShortYmd]),
            ("99.12.31", &[ShortYmd]),
            ("24/1/5", &[ShortYmd]),
            ("4/1/5", &[]),
            ("24-15-01", &[]),
            ("22-Oct-2014", &[Dmy, Mdy]),
            ("22 october 14", &[Dmy, Mdy]),
            ("Oct 22, 2014", &[Dmy, Mdy]),
            ("MAY 2 2014", &[Dmy, Mdy]),
            (
                "Mon Apr 03 2023 12:08:18 GMT+0200 (Mitteleuropäische Sommerzeit)",
                &[Ymd, Dmy, Mdy, Ydm, ShortYmd],
            ),
            ("Mon Apr 03 2023 12:08:18 GMT", &[Ymd, Dmy, Mdy, Ydm, ShortYmd]),
            ("Mon Apr 03 2023 12:08:18", &[Dmy, Mdy]),
            ("Tue Jan 02 10:00:00 CET 2024", &[Dmy, Mdy]),
            ("Sat, 22 Apr 2017 15:11:58 -0500", &[Dmy, Mdy]),
            ("Sat 2017-04-22 15:11", &[Ymd]),
            ("Sat,22 Apr 2017", &[]),
            ("Sam, 22 Apr 2017 15:11:58 -0500", &[]),
            ("22Oct2014", &[Dmy, Mdy]),
            ("22Oct14", &[]),
            ("22Oct14:10:15", &[Dmy, Mdy]),
            ("22/Oct/2014", &[Dmy, Mdy]),
            ("22/Oct-2014", &[]),
            ("Mom Apr 03 2023 12:08:18 GMT", &[]),
            ("Mon Apr 03 2023 12:08:18 GMT+02:00 (", &[]),
            ("20141022T101500Z", &[Ymd]),
            (" 2014-10-22 ", &[Ymd]),
            ("29.02.2024", &[Dmy]),
            ("29.02.2023", &[]),
            ("0000-01-01", &[]),
            ("10000-01-01", &[]),
            ("2014-10/22", &[]),
            ("14-10-22T", &[]),
            ("2014-10-221", &[]),
            ("22-Oct 2014", &[]),
            ("22-Okt-2014", &[]),
            ("1/2/201", &[]),
            ("1/2/20145", &[]),
            ("20141022", &[]),
            ("2014-10", &[]),
            ("10:15:00", &[]),
            ("-2014-10-22", &[]),
            ("", &[]),
        ];
        for (value, orders) in table {
            let found: Vec<_> = DateOrder::ALL
                .into_iter()
                .filter(|&order| parse_time(value.as_bytes(), order).is_some())
                .collect();
            assert_eq!(&found, orders, "{value:?}");
        }
    }

    #[test]
    fn every_layout_means_the_same_day() {
        let day = Some(days_of(2014, 10, 2));
        for (value, order) in [
            ("2014-10-02", DateOrder::Ymd),
            ("2014-02-10", DateOrder::Ydm),
            ("2.10.14", DateOrder::Dmy),
            ("10.2.14", DateOrder::Mdy),
            ("14/10/2", DateOrder::ShortYmd),
            ("14.10.02", DateOrder::ShortYmd),
            ("2OCT2014", DateOrder::Dmy),
            ("2/Oct/14", DateOrder::Mdy),
            ("10/2/2014", DateOrder::Mdy),
            ("2-oct-2014", DateOrder::Mdy),
            ("October 2, 2014", DateOrder::Dmy),
        ] {
            assert_eq!(parse_date(value.as_bytes(), order), day, "{value:?}");
        }
        assert_eq!(parse_date(b"1.1.68", DateOrder::Dmy), Some(days_of(2068, 1, 1)));
        assert_eq!(parse_date(b"1.1.69", DateOrder::Dmy), Some(days_of(1969, 1, 1)));
        assert_eq!(parse_date(b"20141022", DateOrder::Ymd), None);
    }

    #[test]
    fn times_of_day_are_read_in_every_layout() {
        let day = days_of(2014, 10, 22);
        let quarter = 10 * HOUR + 15 * 60 * NANOS;
        for (time, nanos) in [
            ("T10:15", quarter),
            ("t10:15:00", quarter),
            ("   10:15:00.000", quarter),
            (" 9:05", 9 * HOUR + 5 * 60 * NANOS),
            (" 10:15:00,5", quarter + 500_000_000),
            (" 10:15:00.123456789", quarter + 123_456_789),
            (" 10:15:00.123456789000", quarter + 123_456_789),
            (" 10:15 AM", quarter),
            (" 10:15:00pm", quarter + 12 * HOUR),
            (" 12:00 am", 0),
            (" 12:00 PM", 12 * HOUR),
        ] {
            assert_eq!(clock(&format!("2014-10-22{time}")), Some((day, nanos)), "{time:?}");
        }
        for time in [
            "T",
            " 10",
            "T10:1",
            "T10:15:",
            "T10:15:00.",
            "T10:60",
            "T25:00",
            "T24:00:01",
            "T10:15:61",
            " 13:00 PM",
            " 0:00 AM",
            "10:15",
            "TT10:15",
            "T 10:15",
            "T10:15:00.1234567891",
            "T10:15x",
        ] {
            assert_eq!(clock(&format!("2014-10-22{time}")), None, "{time:?}");
        }
    }

    #[test]
    fn hour_24_is_the_next_midnight_and_second_60_the_last_microsecond() {
        assert_eq!(clock("2014-12-31T24:00:00"), Some((days_of(2015, 1, 1), 0)));
        let leap = parse_time(b"2016-12-31T23:59:60.5Z", DateOrder::Ymd).unwrap();
        assert!(leap.leap);
        assert_eq!((leap.days, leap.nanos_of_day), (days_of(2016, 12, 31), 24 * HOUR - 1000));
    }

    #[test]
    fn zones_are_handed_on_and_a_wrong_one_spoils_the_value() {
        for (zone, seconds) in
            [("", None), ("Z", Some(0)), (" CEST", Some(7200)), ("+01:00[Europe/Berlin]", Some(3600))]
        {
            let value = format!("2014-10-22T10:15:00{zone}");
            let parsed = parse_time(value.as_bytes(), DateOrder::Ymd).unwrap();
            assert_eq!(parsed.offset_seconds, seconds, "{value:?}");
        }
        for zone in ["+2", "EST", "+01:00Z", "[Europe/Berlin]", " MSK"] {
            assert_eq!(clock(&format!("2014-10-22T10:15:00{zone}")), None, "{zone:?}");
        }
        assert!(parse_time(b"2016-10-22T10:15:00 MSK", DateOrder::Ymd).is_some());
    }

    /// Layouts of systems and standards, all of one moment: 22 October 2014, 11:15:41.
    #[test]
    fn each_system_writes_the_same_moment_its_own_way() {
        let moment = |offset: Option<i32>| ParsedTime {
            days: days_of(2014, 10, 22),
            nanos_of_day: 11 * HOUR + (15 * 60 + 41) * NANOS,
            has_time: true,
            offset_seconds: offset,
            leap: false,
        };
        for (value, offset) in [
            ("22-10-2014:11.15.41", None),
            ("22.10.2014 11.15.41", None),
            ("22.10.2014 11-15-41", None),
            ("22.10.2014, 11:15:41", None),
            ("22/10/2014/11:15:41", None),
            ("22 Oct 2014 11:15:41 +0200", Some(7200)),
            ("Wed, 22 Oct 2014 11:15:41 +0200 (CEST)", Some(7200)),
            ("Wednesday, 22-Oct-14 11:15:41 GMT", Some(0)),
            ("Wed Oct 22 11:15:41 2014", None),
            ("Wed Oct 22 11:15:41 CEST 2014", Some(7200)),
            ("Wed Oct 22 11:15:41 +0000 2014", Some(0)),
            ("Oct 22, 2014, 11:15:41\u{202f}AM", None),
            ("22OCT2014:11:15:41", None),
            ("22OCT14:11:15:41.000", None),
            ("22/Oct/2014:11:15:41 +0200", Some(7200)),
            ("22-OCT-14 11.15.41.000000 AM", None),
            ("22-OCT-14 11.15.41.000000 AM +02:00", Some(7200)),
            ("22-OCT-2014 11.15.41", None),
            ("22/Oct/14 11:15:41 AM", None),
        ] {
            assert_eq!(parse_time(value.as_bytes(), DateOrder::Dmy), Some(moment(offset)), "{value:?}");
        }
        for (value, offset) in [
            ("2014-10-22/11:15:41", None),
            ("2014-10-22-11.15.41", None),
            ("2014-10-22-11.15.41.000000", None),
            ("2014-10-22-11:15:41", None),
            ("2014-10-22 11.15.41", None),
            ("2014-10-22T11-15-41", None),
            ("2014-10-22T11:15:41+01:00[Europe/Paris]", Some(3600)),
            ("20141022T111541", None),
            ("20141022T111541+0200", Some(7200)),
            ("20141022T111541Z", Some(0)),
        ] {
            assert_eq!(parse_time(value.as_bytes(), DateOrder::Ymd), Some(moment(offset)), "{value:?}");
        }
        assert_eq!(clock("20141022T1115"), Some((days_of(2014, 10, 22), 11 * HOUR + 15 * 60 * NANOS)));
        assert_eq!(clock("2014-10-22 11.15"), clock("20141022T1115"));
        assert_eq!(clock("20141022T1115Z"), clock("20141022T1115"));
        for value in [
            // Days with a zone, intervals, numbers, codes.
            "2014-10-22-05:00",
            "2014-10-22-11.15",
            "2014-10-22/2014-10-23",
            "2014-10-22/11.15.41",
            "2014-10-22/05-06-07",
            "2014-10-22 11-15",
            "2014-10-22:11",
            "2014-10-22 11.5",
            "11.02",
            "20141022T11",
            "20141022 111541",
            "10.4.11-11:15:41",
            "10.4.11.12",
            "12DEC34",
            "Wed Oct 22 11:15:41 EST 2014",
            "Oct 22 11:15:41",
            "22 Oct 11:15:41",
        ] {
            for order in DateOrder::ALL {
                assert_eq!(parse_time(value.as_bytes(), order), None, "{value:?}");
            }
        }
    }

    #[test]
    fn three_short_numbers_prove_themselves_or_are_bare() {
        let is_bare = |value: &str| WrittenTime::scan(value.as_bytes()).unwrap().is_bare();
        for value in [
            "3.11.10", "11-12-10", "20-01-01", "10.4.11", "10.4.1", "1.20.15", "2.13.20", "14.2.33",
            "40-12-15", "1/1/19",
        ] {
            assert!(is_bare(value), "{value}");
        }
        for value in [
            "31.12.99",
            "99.12.31",
            "12/25/20",
            "12-25-99",
            "31-12-00",
            "3.11.10 10:00",
            "Sat, 3.11.10",
            "22-Oct-14",
            "2014-10-22",
            "3.11.2010",
        ] {
            assert!(!is_bare(value), "{value}");
        }
    }
}
