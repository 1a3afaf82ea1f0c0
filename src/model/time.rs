//! Dates and times as text: one grammar for every way of writing them that logs use.
//!
//! [`WrittenTime::scan`] reads a value without deciding whether `05/06` is in May or in June;
//! [`WrittenTime::resolve`] does, for one order. [`parse_time`] is both. Nothing here knows a time zone's
//! rules: an offset that stands in the value is handed on, a missing one stays missing.
//!
//! ```text
//! value  = date [ ("T" | "t" | " "+) time ] | yyyymmdd ("T" | "t") hhmmss [fraction] [zone]
//! date   = yyyy sep n sep n | n sep n sep (yyyy | yy) | n mark month mark (yyyy | yy)
//!        | month " " n [","] " " (yyyy | yy)
//! time   = h[h] ":" mm [ ":" ss [fraction] ] [ [" "] ("AM" | "PM") ] [zone]
//! zone   = [" "] ( "Z" | ("+" | "-") hh [ [":"] mm ] | "UTC" | "GMT" )
//! sep    = "-" | "/" | "." (the same one twice), mark = "-" | " ", n = one or two digits
//! ```

use super::calendar::{DAY_SECONDS, checked_days_of};
use super::value::{DateOrder, trimmed};

/// Nanoseconds in a second.
pub const NANOS: i64 = 1_000_000_000;
/// The last microsecond of a minute, which a leap second is read as: nanoseconds after its second 59.
const LAST_MICRO: i64 = 999_999_000;
/// Two-digit years below this are in the 2000s, the others in the 1900s (POSIX `strptime`, `%y`).
const PIVOT: u32 = 69;

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

/// Reads exactly a date, no time of day and no spaces around it.
pub fn parse_date(value: &[u8], order: DateOrder) -> Option<i32> {
    let mut cursor = Cursor { rest: value };
    let date = cursor.date()?;
    if cursor.rest.is_empty() && date.form != Form::Compact { date.days(order) } else { None }
}

/// A value that has the form of a date or timestamp; whether the date exists depends on the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenTime {
    date: WrittenDate,
    time: Option<WrittenClock>,
    offset_seconds: Option<i32>,
}

impl WrittenTime {
    /// Reads the form. `None` if the value is no date and no timestamp in any order.
    pub fn scan(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor { rest: trimmed(value) };
        if let [b'A'..=b'Z' | b'a'..=b'z', _, _, b' ', b'A'..=b'Z' | b'a'..=b'z', ..] = cursor.rest {
            return cursor.script();
        }
        let date = cursor.date()?;
        if cursor.rest.is_empty() {
            return (date.form != Form::Compact).then_some(Self { date, time: None, offset_seconds: None });
        }
        let clock = cursor.separator(date.form)?;
        let time = if date.form == Form::Compact { clock.compact_clock()? } else { clock.clock()? };
        let offset_seconds = if clock.rest.is_empty() { None } else { Some(parse_zone(clock.rest)?) };
        Some(Self { date, time: Some(time), offset_seconds })
    }

    /// The value with its date read in `order`; `None` if it isn't written so or the date doesn't exist.
    pub fn resolve(&self, order: DateOrder) -> Option<ParsedTime> {
        let clock = self.time.unwrap_or_default();
        Some(ParsedTime {
            days: self.date.days(order)? + i32::from(clock.next_day),
            nanos_of_day: clock.nanos,
            has_time: self.time.is_some(),
            offset_seconds: self.offset_seconds,
            leap: clock.leap,
        })
    }
}

/// How a date is laid out; says which orders it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    YearFirst,
    YearLast,
    /// With points between: nobody writes month, day, year so.
    YearLastDotted,
    /// Month by name: `a` is the month.
    Named,
    /// `yyyymmdd`, only with a time after it: digits alone are an integer.
    Compact,
    /// As a script prints a date, the month by name: it says itself in which order it is.
    Script,
}

/// The year and the two other numbers, `a` standing (or, for [`Form::Named`], meant) before `b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WrittenDate {
    form: Form,
    year: u32,
    a: u32,
    b: u32,
}

impl WrittenDate {
    fn days(&self, order: DateOrder) -> Option<i32> {
        let (month, day) = match (self.form, order) {
            (Form::YearFirst | Form::Compact, DateOrder::Ymd)
            | (Form::YearLast, DateOrder::Mdy)
            | (Form::Named, DateOrder::Dmy | DateOrder::Mdy)
            | (Form::Script, _) => (self.a, self.b),
            (Form::YearFirst, DateOrder::Ydm) | (Form::YearLast | Form::YearLastDotted, DateOrder::Dmy) => {
                (self.b, self.a)
            }
            _ => return None,
        };
        checked_days_of(self.year, month, day)
    }
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
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn date(&mut self) -> Option<WrittenDate> {
        if self.rest.first()?.is_ascii_alphabetic() {
            return self.month_first();
        }
        let (first, digits) = self.number()?;
        match digits {
            1 | 2 => self.after_day(first),
            4 => self.after_year(first),
            8 => Some(WrittenDate {
                form: Form::Compact,
                year: first / 10_000,
                a: first / 100 % 100,
                b: first % 100,
            }),
            _ => None,
        }
    }

    /// `Mon Apr 03 2023 12:08:18 GMT+0200 (CEST)`, as ECMAScript prints a date (ECMA-262 §21.4.4.41), from the start.
    fn script(&mut self) -> Option<WrittenTime> {
        const DAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
        let (day, rest) = self.rest.split_at(3);
        DAYS.iter().find(|name| day.eq_ignore_ascii_case(name))?;
        self.rest = rest;
        self.expect(b' ')?;
        let month = self.month()?;
        self.expect(b' ')?;
        let day = self.two_digits()?;
        self.expect(b' ')?;
        let date = WrittenDate { form: Form::Script, year: self.last_year()?, a: month, b: day };
        self.expect(b' ')?;
        let time = self.clock()?;
        let zone = self.rest.strip_prefix(b" GMT")?;
        let end = zone.iter().position(|byte| *byte == b' ').unwrap_or(zone.len());
        let (zone, name) = zone.split_at(end);
        let named = name.is_empty() || name.starts_with(b" (") && name.ends_with(b")");
        let offset_seconds = if zone.is_empty() { 0 } else { parse_zone(zone)? };
        named.then_some(WrittenTime { date, time: Some(time), offset_seconds: Some(offset_seconds) })
    }

    /// `Oct 22, 2014`, from the start.
    fn month_first(&mut self) -> Option<WrittenDate> {
        let month = self.month()?;
        self.expect(b' ')?;
        let day = self.short_number()?;
        self.accept(b',');
        self.expect(b' ')?;
        Some(WrittenDate { form: Form::Named, year: self.last_year()?, a: month, b: day })
    }

    /// `2014-10-22`, after the year.
    fn after_year(&mut self, year: u32) -> Option<WrittenDate> {
        let separator = self.date_separator()?;
        let a = self.short_number()?;
        self.expect(separator)?;
        Some(WrittenDate { form: Form::YearFirst, year, a, b: self.short_number()? })
    }

    /// `22.10.2014` or `22-Oct-2014`, after the first number.
    fn after_day(&mut self, first: u32) -> Option<WrittenDate> {
        if matches!(self.rest, [b'-' | b' ', b'A'..=b'Z' | b'a'..=b'z', ..]) {
            let mark = self.rest[0];
            self.expect(mark)?;
            let month = self.month()?;
            self.expect(mark)?;
            return Some(WrittenDate { form: Form::Named, year: self.last_year()?, a: month, b: first });
        }
        let separator = self.date_separator()?;
        let second = self.short_number()?;
        self.expect(separator)?;
        let form = if separator == b'.' { Form::YearLastDotted } else { Form::YearLast };
        Some(WrittenDate { form, year: self.last_year()?, a: first, b: second })
    }

    /// What stands between date and time, and the time after it.
    fn separator(&mut self, form: Form) -> Option<&mut Self> {
        if !self.accept(b'T') && !self.accept(b't') {
            if form == Form::Compact {
                return None;
            }
            self.expect(b' ')?;
            while self.accept(b' ') {}
        }
        Some(self)
    }

    /// `h[h]:mm[:ss[.f]]` with an optional AM or PM.
    fn clock(&mut self) -> Option<WrittenClock> {
        let hour = self.short_number()?;
        self.expect(b':')?;
        let minute = self.two_digits()?;
        let (mut second, mut nanos) = (0, 0);
        if self.accept(b':') {
            second = self.two_digits()?;
            nanos = self.fraction()?;
        }
        WrittenClock::new(self.half_day(hour)?, minute, second, nanos)
    }

    /// `hhmmss[.f]`
    fn compact_clock(&mut self) -> Option<WrittenClock> {
        let (digits, count) = self.number()?;
        let nanos = self.fraction()?;
        if count != 6 {
            return None;
        }
        WrittenClock::new(digits / 10_000, digits / 100 % 100, digits % 100, nanos)
    }

    /// The hour of 24 that an hour with AM or PM means; the hour itself if neither follows.
    fn half_day(&mut self, hour: u32) -> Option<u32> {
        let spaces = usize::from(self.rest.first() == Some(&b' '));
        let afternoon = match self.rest.get(spaces..spaces + 2) {
            Some([b'A' | b'a', b'M' | b'm']) => 0,
            Some([b'P' | b'p', b'M' | b'm']) => 12,
            _ => return Some(hour),
        };
        self.rest = &self.rest[spaces + 2..];
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

    /// A year in last place: four digits, or two with the century by [`PIVOT`].
    fn last_year(&mut self) -> Option<u32> {
        match self.number()? {
            (year, 4) => Some(year),
            (year, 2) => Some(if year < PIVOT { 2000 + year } else { 1900 + year }),
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
        let matches = |month: &str| {
            name.eq_ignore_ascii_case(month.as_bytes()) || name.eq_ignore_ascii_case(&month.as_bytes()[..3])
        };
        MONTHS.iter().position(|month| matches(month)).map(|index| index as u32 + 1)
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

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a zone as it stands after a time of day, all of it, as seconds ahead of UTC.
pub fn parse_zone(text: &[u8]) -> Option<i32> {
    let zone = text.strip_prefix(b" ").unwrap_or(text);
    let is_utc = ["z", "utc", "gmt"].iter().any(|name| zone.eq_ignore_ascii_case(name.as_bytes()));
    if is_utc { Some(0) } else { parse_offset(zone) }
}

/// Reads `±hh`, `±hhmm` or `±hh:mm`, at most ±23:59, as seconds ahead of UTC.
pub fn parse_offset(value: &[u8]) -> Option<i32> {
    let (sign, digits) = value.split_first()?;
    let two = |pair: &[u8]| {
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = pair else { return None };
        Some(i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
    };
    let (hours, minutes) = match digits.len() {
        2 => (two(digits)?, 0),
        4 => (two(&digits[..2])?, two(&digits[2..])?),
        5 if digits[2] == b':' => (two(&digits[..2])?, two(&digits[3..])?),
        _ => return None,
    };
    let seconds = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
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
        use DateOrder::{Dmy, Mdy, Ydm, Ymd};
        let table: &[(&str, &[DateOrder])] = &[
            ("2014-10-22", &[Ymd]),
            ("2014-22-10", &[Ydm]),
            ("2014/10/2", &[Ymd, Ydm]),
            ("2014.10.02", &[Ymd, Ydm]),
            ("22/10/2014", &[Dmy]),
            ("10/22/2014", &[Mdy]),
            ("1/2/2014", &[Dmy, Mdy]),
            ("1.2.2014", &[Dmy]),
            ("1-2-14", &[Dmy, Mdy]),
            ("22-Oct-2014", &[Dmy, Mdy]),
            ("22 october 14", &[Dmy, Mdy]),
            ("Oct 22, 2014", &[Dmy, Mdy]),
            ("MAY 2 2014", &[Dmy, Mdy]),
            ("Mon Apr 03 2023 12:08:18 GMT+0200 (Mitteleuropäische Sommerzeit)", &[Ymd, Dmy, Mdy, Ydm]),
            ("Mon Apr 03 2023 12:08:18 GMT", &[Ymd, Dmy, Mdy, Ydm]),
            ("Mon Apr 03 2023 12:08:18", &[]),
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
    fn zones_are_seconds_ahead_of_utc() {
        for (zone, seconds) in [
            ("", None),
            ("Z", Some(0)),
            (" z", Some(0)),
            (" UTC", Some(0)),
            ("GMT", Some(0)),
            ("+02:00", Some(7200)),
            ("-0530", Some(-19_800)),
            (" +01", Some(3600)),
            ("-00:00", Some(0)),
        ] {
            let value = format!("2014-10-22T10:15:00{zone}");
            let parsed = parse_time(value.as_bytes(), DateOrder::Ymd).unwrap();
            assert_eq!(parsed.offset_seconds, seconds, "{value:?}");
        }
        for zone in ["+2", "+2:00", "+24:00", "+01:60", "CET", "+", "+01:00Z", "  Z", "[UTC]"] {
            assert_eq!(clock(&format!("2014-10-22T10:15:00{zone}")), None, "{zone:?}");
        }
    }
}
