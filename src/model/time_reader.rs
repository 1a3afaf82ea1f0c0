//! Reads the dates and timestamps of one column, millions of them, into numbers.
//!
//! The usual layout, ten bytes of date and then `hh:mm:ss`, is read at fixed places; event logs repeat their
//! dates, so the last ten bytes are kept with the day they gave. Every other layout goes through the complete
//! grammar of [`super::time`], which the fast way always agrees with.

use super::calendar::{date_of, days_of, month_length};
use super::time::{NANOS, ParsedTime, parse_date, parse_time};
use super::time_format::TimeFormat;
use super::value::{DateOrder, TimeUnit};
use super::zone::{Ambiguity, OffsetFinder, ZoneRule};
use super::zone_names::parse_zone;

/// Days whose instants `i64` nanoseconds hold whatever the zone. `i64` ends within 1677 and 2262; whole years
/// make it the same question in every date order.
pub const NANO_DAYS: (i32, i32) = (days_of(1678, 1, 1), days_of(2261, 12, 31));

const DAY_SECONDS: i64 = super::calendar::DAY_SECONDS;

/// Why a value gives no timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// Not written as a date or timestamp in the column's order.
    NotATime,
    /// It has digits below the column's unit.
    TooFine,
    /// The unit's `i64` may not hold it (nanoseconds outside of the years 1678 to 2261).
    OutOfRange,
    /// The clocks were set forward over this local time.
    LocalGap,
    /// The clocks were set back over this local time.
    LocalFold,
}

/// Units since 1970-01-01T00:00:00Z, or why not.
pub type TimeReading = Result<i64, TimeFault>;

/// The reader of one column.
#[derive(Debug, Clone)]
pub struct TimeReader {
    order: DateOrder,
    unit: TimeUnit,
    format: Option<TimeFormat>,
    offsets: OffsetFinder,
    memo: DateMemo,
    month_memo: MonthMemo,
    zone_memo: ZoneMemo,
    first_day: i32,
    last_day: i32,
    /// Timestamps read without a zone in them, dates among them.
    pub without_zone: u64,
    /// Leap seconds clamped to the last microsecond of their minute.
    pub leap_seconds: u64,
}

impl TimeReader {
    /// A reader of values whose dates are in `order`, and whose local times follow `zone`.
    pub fn new(order: DateOrder, unit: TimeUnit, zone: ZoneRule) -> Self {
        Self {
            order,
            unit,
            format: None,
            offsets: OffsetFinder::new(zone),
            memo: DateMemo::default(),
            month_memo: MonthMemo::default(),
            zone_memo: ZoneMemo::default(),
            first_day: i32::MAX,
            last_day: i32::MIN,
            without_zone: 0,
            leap_seconds: 0,
        }
    }

    /// A reader of values in the user's own layout.
    pub fn with_format(format: TimeFormat, unit: TimeUnit, zone: ZoneRule) -> Self {
        Self { format: Some(format), ..Self::new(DateOrder::Ymd, unit, zone) }
    }

    /// The first and last day read so far, as written (not in UTC), days since 1970; `None` before any.
    pub fn days_seen(&self) -> Option<(i32, i32)> {
        (self.first_day <= self.last_day).then_some((self.first_day, self.last_day))
    }

    /// Reads one timestamp. A date alone is midnight; without a zone in the value the column's zone counts.
    #[inline]
    pub fn read(&mut self, value: &[u8]) -> TimeReading {
        match self.read_fixed(value) {
            Some(instant) => Ok(instant),
            None => self.read_any(value),
        }
    }

    /// The instant of a local time that is given in microseconds since 1970-01-01 00:00.
    pub fn local(&mut self, micros: i64) -> TimeReading {
        let (second, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        let days = second.div_euclid(DAY_SECONDS) as i32;
        self.saw(days);
        self.without_zone += 1;
        let offset = self.offsets.offset_at(second).map_err(|ambiguity| match ambiguity {
            Ambiguity::Gap => TimeFault::LocalGap,
            Ambiguity::Fold => TimeFault::LocalFold,
        })?;
        self.in_units(days, second - offset, micros * 1000)
    }

    /// Reads one date without a time of day, as days since 1970-01-01; `None` for everything else.
    #[inline]
    pub fn read_date(&mut self, value: &[u8]) -> Option<i32> {
        if self.format.is_none()
            && let Ok(date) = value.try_into()
            && let Some(days) = self.days(date)
        {
            return Some(days);
        }
        let parsed = self.parse(value).filter(|parsed| !parsed.has_time)?;
        self.saw(parsed.days);
        Some(parsed.days)
    }

    /// Ten bytes of date, `T` or a space, `hh:mm:ss`, a fraction of up to nine digits or none, a zone or
    /// none. `None` for every other layout, and for whatever has to be refused: [`Self::read_any`] finds the
    /// reason. (An `Option<i64>` comes back in registers, a `TimeReading` through memory: 2 ns.)
    #[inline]
    fn read_fixed(&mut self, value: &[u8]) -> Option<i64> {
        let (head, tail) = value.split_first_chunk::<19>()?;
        let [date @ .., b'T' | b' ', _, _, _, _, _, _, _, _] = head else { return None };
        let [.., h, i, c, m, n, d, s, t] = *head;
        let second = second_of_day(u64::from_le_bytes([h, i, c, m, n, d, s, t]))?;
        let (nanos, tail) = fraction(tail)?;
        let zone = match *tail {
            [] => None,
            [b'Z'] => Some(0),
            [a, b, c, d, e, f] => Some(self.zone([a, b, c, d, e, f])?),
            _ => Some(i64::from(parse_zone(tail)?)),
        };
        if self.format.is_some() {
            return None;
        }
        let days = self.days(date)?;
        let local = i64::from(days) * DAY_SECONDS + second;
        let offset = match zone {
            Some(offset) => offset,
            None => self.offsets.offset_at(local).ok()?,
        };
        let instant = self.in_units(days, local - offset, nanos).ok()?;
        self.without_zone += u64::from(zone.is_none());
        Some(instant)
    }

    #[inline(never)]
    fn read_any(&mut self, value: &[u8]) -> TimeReading {
        let parsed = self.parse(value).ok_or(TimeFault::NotATime)?;
        self.saw(parsed.days);
        self.leap_seconds += u64::from(parsed.leap);
        let (second, nanos) = (parsed.nanos_of_day / NANOS, parsed.nanos_of_day % NANOS);
        let local = i64::from(parsed.days) * DAY_SECONDS + second;
        let offset = match parsed.offset_seconds {
            Some(offset) => i64::from(offset),
            None => {
                self.without_zone += 1;
                self.offsets.offset_at(local).map_err(|ambiguity| match ambiguity {
                    Ambiguity::Gap => TimeFault::LocalGap,
                    Ambiguity::Fold => TimeFault::LocalFold,
                })?
            }
        };
        self.in_units(parsed.days, local - offset, nanos)
    }

    fn parse(&self, value: &[u8]) -> Option<ParsedTime> {
        match &self.format {
            Some(format) => {
                let usual = || parse_time(value, self.order).filter(|_| format.is_not_all());
                format.parse(value).or_else(usual)
            }
            None => parse_time(value, self.order),
        }
    }

    /// The day that ten bytes of date mean, most often the same as before.
    #[inline]
    fn days(&mut self, date: &[u8; 10]) -> Option<i32> {
        let [a, b, c, d, e, f, g, h, tail @ ..] = *date;
        let key = (u64::from_le_bytes([a, b, c, d, e, f, g, h]), u32::from(u16::from_le_bytes(tail)));
        if self.memo.key == key { Some(self.memo.days) } else { self.new_date(date, key) }
    }

    /// Kept out of line: [`Self::read_fixed`] then stays in registers, which is worth 1 ns.
    #[inline(never)]
    fn new_date(&mut self, date: &[u8; 10], key: (u64, u32)) -> Option<i32> {
        let days = match self.month_memo.days(date, self.order) {
            Some(days) => days,
            None => self.month_memo.parse(date, self.order)?,
        };
        self.saw(days);
        self.memo = DateMemo { key, days };
        Some(days)
    }

    fn saw(&mut self, days: i32) {
        self.first_day = self.first_day.min(days);
        self.last_day = self.last_day.max(days);
    }

    /// Seconds ahead of UTC of a zone in six bytes, such as `+02:00`, most often the same as before.
    #[inline]
    fn zone(&mut self, text: [u8; 6]) -> Option<i64> {
        let [a, b, c, d, e, f] = text;
        let key = (u32::from_le_bytes([a, b, c, d]), u32::from(u16::from_le_bytes([e, f])));
        if self.zone_memo.key != key {
            let seconds = parse_zone(&text)?;
            self.zone_memo = ZoneMemo { key, seconds: i64::from(seconds) };
        }
        Some(self.zone_memo.seconds)
    }

    /// The instant in the column's unit. No overflow: years 0 to 10000 are within ±2⁶³ microseconds, and
    /// nanoseconds are only made of [`NANO_DAYS`].
    #[inline]
    fn in_units(&self, days: i32, second: i64, nanos: i64) -> TimeReading {
        match self.unit {
            TimeUnit::Micros if nanos % 1000 != 0 => Err(TimeFault::TooFine),
            TimeUnit::Micros => Ok(second * 1_000_000 + nanos / 1000),
            TimeUnit::Nanos if days < NANO_DAYS.0 || days > NANO_DAYS.1 => Err(TimeFault::OutOfRange),
            TimeUnit::Nanos => Ok(second * NANOS + nanos),
        }
    }
}

/// The last date read from ten bytes.
#[derive(Debug, Clone)]
struct DateMemo {
    /// The first eight bytes and the last two.
    key: (u64, u32),
    days: i32,
}

impl Default for DateMemo {
    /// A key that no date has: the second half goes beyond two bytes.
    fn default() -> Self {
        Self { key: (0, u32::MAX), days: 0 }
    }
}

/// The last month read: in logs ordered by case the day changes from row to row, the month seldom does.
#[derive(Debug, Clone, Default)]
struct MonthMemo {
    /// The eight bytes of a date beside its two of day.
    key: [u8; 8],
    first_day: i32,
    /// Days in the month; 0 at first, when no day is within.
    length: u8,
}

impl MonthMemo {
    /// The day, if the date is of the month that is kept.
    #[inline]
    fn days(&self, date: &[u8; 10], order: DateOrder) -> Option<i32> {
        let (key, day) = Self::split(date, order)?;
        (key == self.key && (1..=self.length).contains(&day)).then(|| self.first_day + i32::from(day) - 1)
    }

    /// Reads a date by the grammar and keeps its month.
    fn parse(&mut self, date: &[u8; 10], order: DateOrder) -> Option<i32> {
        let days = parse_date(date, order)?;
        if let Some((key, day)) = Self::split(date, order) {
            let (year, month, _) = date_of(days);
            let length = month_length(year as u32, month) as u8;
            *self = Self { key, first_day: days - i32::from(day) + 1, length };
        }
        Some(days)
    }

    /// Parts ten bytes into month and day. `None` unless the day has two digits at an end: with the year
    /// first no other date is ten bytes long, with the day first the separators tell.
    #[inline]
    fn split(date: &[u8; 10], order: DateOrder) -> Option<([u8; 8], u8)> {
        let (key, [tens, ones]) = match (order, *date) {
            (DateOrder::Ymd, [a, b, c, d, e, f, g, h, day @ ..]) => ([a, b, c, d, e, f, g, h], day),
            (DateOrder::Dmy, [i, j, a @ (b'.' | b'/' | b'-'), b, c, d, e, f, g, h]) if a == d => {
                ([a, b, c, d, e, f, g, h], [i, j])
            }
            _ => return None,
        };
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        (tens < 4 && ones < 10).then(|| (key, tens * 10 + ones))
    }
}

/// The last zone read from six bytes.
#[derive(Debug, Clone)]
struct ZoneMemo {
    /// The first four bytes and the last two.
    key: (u32, u32),
    seconds: i64,
}

impl Default for ZoneMemo {
    /// A key that no zone has: the second half goes beyond two bytes.
    fn default() -> Self {
        Self { key: (0, u32::MAX), seconds: 0 }
    }
}

/// Seconds since midnight of the eight bytes `hh:mm:ss`, first byte lowest. All bytes are checked at once,
/// and one multiplication joins the neighbours to pairs. `None` for anything else, 24:00:00 and :60 among it.
#[inline]
fn second_of_day(text: u64) -> Option<i64> {
    let digits = text ^ 0x3030_3a30_303a_3030;
    // Digits stay below the top bit when 0x76 is added up to 9, colons (now 0) when 0x7f is.
    if (digits.wrapping_add(0x7676_7f76_767f_7676) | digits) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = digits * 10 + (digits >> 8);
    let (hour, minute, second) = (pairs & 0xff, pairs >> 24 & 0xff, pairs >> 48 & 0xff);
    (hour < 24 && minute < 60 && second < 60).then_some((hour * 3600 + minute * 60 + second) as i64)
}

/// Nanoseconds of a fraction of up to nine digits and what follows it; zero if there is no fraction.
#[inline]
fn fraction(tail: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.' | b',', digits @ ..] = tail else { return Some((0, tail)) };
    // Three by three: most systems log milliseconds or microseconds.
    let (mut value, mut count, mut rest) = (0, 0, digits);
    while let [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', after @ ..] = rest {
        let [a, b, c] = [a, b, c].map(|byte| i64::from(byte - b'0'));
        (value, count, rest) = (value * 1000 + a * 100 + b * 10 + c, count + 3, after);
        if count == 9 {
            break;
        }
    }
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        (value, count, rest) = (value * 10 + i64::from(digit - b'0'), count + 1, after);
        if count > 9 {
            return None;
        }
    }
    if count == 0 { None } else { Some((value * SCALE[count], rest)) }
}

/// Nanoseconds that the last of so many fraction digits is worth.
const SCALE: [i64; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(value: &str) -> TimeReading {
        TimeReader::new(DateOrder::Ymd, TimeUnit::Micros, ZoneRule::default()).read(value.as_bytes())
    }

    fn nanos(value: &str) -> TimeReading {
        TimeReader::new(DateOrder::Ymd, TimeUnit::Nanos, ZoneRule::default()).read(value.as_bytes())
    }

    /// What the grammar alone gives, in UTC.
    fn plain(value: &[u8], order: DateOrder, unit: TimeUnit) -> TimeReading {
        let parsed = parse_time(value, order).ok_or(TimeFault::NotATime)?;
        let second = i128::from(parsed.days) * 86_400 - i128::from(parsed.offset_seconds.unwrap_or(0));
        let all = second * i128::from(NANOS) + i128::from(parsed.nanos_of_day);
        match unit {
            TimeUnit::Micros if all % 1000 != 0 => Err(TimeFault::TooFine),
            TimeUnit::Micros => Ok((all / 1000) as i64),
            TimeUnit::Nanos if parsed.days < NANO_DAYS.0 || parsed.days > NANO_DAYS.1 => {
                Err(TimeFault::OutOfRange)
            }
            TimeUnit::Nanos => Ok(i64::try_from(all).unwrap()),
        }
    }

    #[test]
    fn instants_are_units_since_1970_in_utc() {
        assert_eq!(micros("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(micros("2014-10-22T11:15:41.123+02:00"), Ok(1_413_969_341_123_000));
        assert_eq!(micros("1969-12-31 23:59:59.999999"), Ok(-1));
        assert_eq!(micros("2014-10-22"), Ok(1_413_936_000_000_000));
        assert_eq!(nanos("1970-01-01T00:00:00.000000001Z"), Ok(1));
        assert_eq!(micros("0001-01-01T00:00:00Z"), Ok(-62_135_596_800_000_000));
        assert_eq!(micros("9999-12-31T23:59:59.999999Z"), Ok(253_402_300_799_999_999));
    }

    #[test]
    fn a_refusal_says_why() {
        assert_eq!(micros("soon"), Err(TimeFault::NotATime));
        assert_eq!(micros("2014-10-22T11:15:41.1234567Z"), Err(TimeFault::TooFine));
        assert_eq!(nanos("1500-10-22T11:15:41Z"), Err(TimeFault::OutOfRange));
        assert_eq!(nanos("1678-01-01T00:00:00+23:59").map(|_| ()), Ok(()));
        let mut berlin =
            TimeReader::new(DateOrder::Ymd, TimeUnit::Micros, ZoneRule::parse("Europe/Berlin").unwrap());
        assert_eq!(berlin.read(b"2014-03-30 02:30:00"), Err(TimeFault::LocalGap));
        assert_eq!(berlin.read(b"2014-10-26 02:30:00"), Err(TimeFault::LocalFold));
        assert_eq!(berlin.read(b"2014-10-26 02:30:00+01:00"), micros("2014-10-26 01:30:00Z"));
        assert_eq!(berlin.read(b"2014-07-01"), micros("2014-06-30T22:00:00Z"));
    }

    #[test]
    fn it_counts_missing_zones_and_leap_seconds_and_keeps_the_days() {
        let mut reader = TimeReader::new(DateOrder::Dmy, TimeUnit::Micros, ZoneRule::default());
        assert_eq!(reader.days_seen(), None);
        for value in ["02.01.1970 00:00:00", "31.12.2016 23:59:60Z", "1.1.1970", "x"] {
            let _ = reader.read(value.as_bytes());
        }
        assert_eq!((reader.without_zone, reader.leap_seconds), (2, 1));
        assert_eq!(reader.days_seen(), Some((0, days_of(2016, 12, 31))));
    }

    #[test]
    fn dates_have_no_time() {
        let mut reader = TimeReader::new(DateOrder::Mdy, TimeUnit::Micros, ZoneRule::default());
        for _ in 0..2 {
            assert_eq!(reader.read_date(b"01/02/1970"), Some(1));
            assert_eq!(reader.read_date(b" 1/2/70 "), Some(1));
            assert_eq!(reader.read_date(b"01/02/1970 00:00"), None);
            assert_eq!(reader.read_date(&[0; 10]), None);
        }
    }

    #[test]
    fn the_kept_month_never_changes_an_answer() {
        for (order, layouts) in [(DateOrder::Ymd, ["-", "/", "."]), (DateOrder::Dmy, ["-", "/", "."])] {
            let mut reader = TimeReader::new(order, TimeUnit::Micros, ZoneRule::default());
            for (year, month, day) in
                (0..13 * 34).flat_map(|n| [2023, 2024].map(|year| (year, n / 34, n % 34)))
            {
                for mark in layouts {
                    let value = match order {
                        DateOrder::Ymd => format!("{year}{mark}{month:02}{mark}{day:02}"),
                        _ => format!("{day:02}{mark}{month:02}{mark}{year}"),
                    };
                    for value in [value.as_str(), "31-June-14", "9 May 2014"] {
                        assert_eq!(
                            reader.read_date(value.as_bytes()),
                            parse_date(value.as_bytes(), order),
                            "{value}"
                        );
                    }
                }
            }
            for n in 0..34 {
                let value = if order == DateOrder::Ymd {
                    format!("2023-02-{n:02}")
                } else {
                    format!("{n:02}.02.2023")
                };
                assert_eq!(
                    reader.read_date(value.as_bytes()),
                    parse_date(value.as_bytes(), order),
                    "{value}"
                );
            }
        }
    }

    #[test]
    fn a_format_of_the_user_is_the_only_layout() {
        let format = TimeFormat::compile("%d%b%Y:%H:%M:%S").unwrap();
        let mut reader =
            TimeReader::with_format(format, TimeUnit::Micros, ZoneRule::parse("+02:00").unwrap());
        assert_eq!(reader.read(b"22Oct2014:11:15:41"), micros("2014-10-22T09:15:41Z"));
        assert_eq!(reader.read(b"2014-10-22T09:15:41Z"), Err(TimeFault::NotATime));
        assert_eq!(reader.read_date(b"2014-10-22"), None);
    }

    /// Values near the fast layout: a good one, with up to two bytes changed, added or taken away.
    fn nearly_iso() -> impl Strategy<Value = Vec<u8>> {
        let dates = prop::sample::select(vec![
            "2014-10-22",
            "2014-22-10",
            "22/10/2014",
            "10.02.2014",
            "1 May 2014",
            "2/Oct/2014",
            "12.25.2020",
            "Sat 1/2/24",
            "22OCT2014 ",
            "14-10-2 ",
            "0001-01-01",
            "9999-12-31",
        ]);
        let zones = prop::sample::select(vec![
            "",
            "Z",
            "+02:00",
            "-23:59",
            " UTC",
            "+0200",
            " +0200",
            "-01",
            " AM",
            " CEST",
            "CET",
            " EST",
            " MSK",
            "Z[UTC]",
            "+01:00[Europe/Berlin]",
            " -0500 (CDT)",
        ]);
        let time = (dates, "[T ]", 0..26u32, 0..62u32, 0..62u32, "([.,][0-9]{1,10})?", zones)
            .prop_map(|(date, t, h, m, s, f, z)| format!("{date}{t}{h:02}:{m:02}:{s:02}{f}{z}").into_bytes());
        let edits =
            prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, "[0-9:T ./,Z+-]|\\PC"), 0..3);
        (time, edits).prop_map(|(mut value, edits)| {
            for (index, kind, text) in edits {
                let at = index.index(value.len());
                let byte = text.as_bytes()[0];
                match kind {
                    0 => value[at] = byte,
                    1 => value.insert(at, byte),
                    _ => drop(value.remove(at)),
                }
            }
            value
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn the_fast_way_agrees_with_the_grammar(values in prop::collection::vec(nearly_iso(), 1..6)) {
            for order in DateOrder::ALL {
                for unit in [TimeUnit::Micros, TimeUnit::Nanos] {
                    let mut reader = TimeReader::new(order, unit, ZoneRule::default());
                    for value in values.iter().chain(&values) {
                        prop_assert_eq!(reader.read(value), plain(value, order, unit), "{:?}", value);
                    }
                }
            }
        }
    }
}
