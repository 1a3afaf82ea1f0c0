//! Appends numbers and times as text to a buffer, without an allocation; used by every writer.

use super::options::TimeGrain;

/// The digits of 00 to 99 in a row, so that one division gives two digits.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut at = 0;
    while at < 100 {
        pairs[at * 2] = b'0' + (at / 10) as u8;
        pairs[at * 2 + 1] = b'0' + (at % 10) as u8;
        at += 1;
    }
    pairs
};

/// The two digits of a number below 100.
#[inline]
fn pair(number: u64) -> [u8; 2] {
    let at = number as usize * 2;
    [PAIRS[at], PAIRS[at + 1]]
}

/// Appends a number with at least `width` digits (up to 20), padded with zeros.
#[inline]
pub fn push_number(text: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while number >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&pair(number % 100));
        number /= 100;
    }
    if number > 0 {
        at -= 1;
        digits[at] = b'0' + number as u8;
    }
    // A pair may begin with a zero; `width` keeps the digits of a plain 0.
    while at < digits.len() && digits[at] == b'0' {
        at += 1;
    }
    text.extend_from_slice(&digits[at.min(digits.len() - width.max(1))..]);
}

/// Appends hundredths as a number with two decimals.
#[inline]
pub fn push_hundredths(text: &mut Vec<u8>, hundredths: u64) {
    push_number(text, hundredths / 100, 1);
    let [tens, ones] = pair(hundredths % 100);
    text.extend_from_slice(&[b'.', tens, ones]);
}

/// Milliseconds in a day.
const DAY: u64 = 86_400_000;

/// Writes moments as ISO 8601 with zone, usually with milliseconds: `2024-03-05T14:07:33.218+01:00`. Days are
/// written as dates without a zone.
///
/// A moment is milliseconds since 2024-01-01T00:00:00+01:00; the zone stays the same. Dates are counted once,
/// day by day, and then looked up: 10 bytes a day, 4 MiB for the thousand years that the largest log spans.
#[derive(Debug)]
pub struct Clock {
    dates: Vec<[u8; 10]>,
    next: (u64, u64, u64),
    grain: TimeGrain,
}

impl Clock {
    /// A clock with an empty table of dates.
    pub const fn new() -> Self {
        Self::of(TimeGrain::Millis)
    }

    /// A clock that writes other units of time.
    pub const fn of(grain: TimeGrain) -> Self {
        Self { dates: Vec::new(), next: (2024, 1, 1), grain }
    }

    /// Appends a time: 29 bytes up to the year 9999 for milliseconds.
    #[inline]
    pub fn push(&mut self, text: &mut Vec<u8>, moment: u64) {
        let stamp = self.stamp(moment);
        match self.grain {
            TimeGrain::Millis => text.extend_from_slice(&stamp),
            TimeGrain::Seconds => text.extend_from_slice(&stamp[..19]),
            TimeGrain::Micros => {
                text.extend_from_slice(&stamp);
                push_number(text, micros(moment), 3);
            }
            TimeGrain::Days => return text.extend_from_slice(&stamp[..10]),
        }
        text.extend_from_slice(b"+01:00");
    }

    /// Appends a time of which a day has midnight as its time, since XES has no dates without a time.
    #[inline]
    pub fn push_full(&mut self, text: &mut Vec<u8>, moment: u64) {
        self.push(text, moment);
        if self.grain == TimeGrain::Days {
            text.extend_from_slice(b"T00:00:00+01:00");
        }
    }

    /// Appends a time without a zone: `2024-03-05T14:07:33.218`.
    #[inline]
    pub fn stamp(&mut self, moment: u64) -> [u8; 23] {
        let day = (moment / DAY) as usize;
        while day >= self.dates.len() {
            self.add_date();
        }
        let rest = moment % DAY;
        let (seconds, millis) = (rest / 1000, rest % 1000);
        let mut stamp = *b"0000-00-00T00:00:00.000";
        stamp[..10].copy_from_slice(&self.dates[day]);
        stamp[11..13].copy_from_slice(&pair(seconds / 3600));
        stamp[14..16].copy_from_slice(&pair(seconds / 60 % 60));
        stamp[17..19].copy_from_slice(&pair(seconds % 60));
        stamp[20] = b'0' + (millis / 100) as u8;
        stamp[21..23].copy_from_slice(&pair(millis % 100));
        stamp
    }

    #[cold]
    fn add_date(&mut self) {
        let (year, month, day) = self.next;
        let mut date = *b"0000-00-00";
        date[..2].copy_from_slice(&pair(year / 100));
        date[2..4].copy_from_slice(&pair(year % 100));
        date[5..7].copy_from_slice(&pair(month));
        date[8..].copy_from_slice(&pair(day));
        self.dates.push(date);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let length = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.next = match (month, day) {
            (12, 31) => (year + 1, 1, 1),
            _ if day == length => (year, month + 1, 1),
            _ => (year, month, day + 1),
        };
    }
}

/// The microseconds beyond the milliseconds of a moment: some number below 1000 that is always the same for the
/// moment, so that equal times stay equal.
const fn micros(moment: u64) -> u64 {
    (moment.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 1000
}

impl TimeGrain {
    /// A time as [`Clock::push`] writes it.
    pub(super) fn text(self, moment: u64) -> String {
        let ((year, month, day), rest) = (date(moment / DAY), moment % DAY);
        let day = format!("{year:04}-{month:02}-{day:02}");
        let (minutes, millis) = (rest / 60_000, rest % 60_000);
        let time = format!("{day}T{:02}:{:02}:{:02}", minutes / 60, minutes % 60, millis / 1000);
        match self {
            Self::Millis => format!("{time}.{:03}+01:00", millis % 1000),
            Self::Seconds => format!("{time}+01:00"),
            Self::Micros => format!("{time}.{:03}{:03}+01:00", millis % 1000, micros(moment)),
            Self::Days => day,
        }
    }
}

/// Days from 1 March of the year 0 to 2024-01-01.
const EPOCH: u64 = 739_191;

/// Year, month and day of a day after 2024-01-01, by years that begin in March: Hinnant, "chrono-compatible
/// low-level date algorithms", 2013.
pub const fn date(day: u64) -> (u64, u64, u64) {
    let days = day + EPOCH;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + (month <= 2) as u64;
    (year, month, of_year - (153 * march + 2) / 5 + 1)
}

/// The day after 2024-01-01 of a date not before it.
pub const fn day_number(year: u64, month: u64, day: u64) -> u64 {
    let year = year - (month <= 2) as u64;
    let march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march + 2) / 5 + day - 1;
    let (era, of_era) = (year / 400, year % 400);
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Word;

    #[test]
    fn dates_are_those_of_the_clock_and_come_back() {
        let mut clock = Clock::new();
        for day in (0..400_000).step_by(17) {
            let (year, month, number) = date(day);
            assert_eq!(&clock.stamp(day * DAY)[..10], format!("{year:04}-{month:02}-{number:02}").as_bytes());
            assert_eq!(day_number(year, month, number), day);
        }
    }

    #[test]
    fn every_unit_has_its_own_form_and_the_truth_tells_times_as_the_log_does() {
        let moment = 59 * DAY + 50_853_218;
        for ((_, grain), expected) in TimeGrain::WORDS.iter().zip([
            "2024-02-29T14:07:33.218+01:00",
            "2024-02-29T14:07:33+01:00",
            "2024-02-29T14:07:33.218",
            "2024-02-29",
        ]) {
            let mut text = Vec::new();
            Clock::of(*grain).push(&mut text, moment);
            assert!(text.starts_with(expected.as_bytes()), "{expected}");
            assert_eq!(text.len(), [29, 25, 32, 10][*grain as usize]);
            assert_eq!(grain.text(moment).as_bytes(), text);
        }
    }

    fn number(number: u64, width: usize) -> String {
        let mut text = Vec::new();
        push_number(&mut text, number, width);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        let mut numbers = vec![0, u64::MAX, u64::MAX / 10];
        for power in 0..20 {
            let power = 10u64.pow(power);
            numbers.extend([power - 1, power, power + 1]);
        }
        for value in numbers {
            for width in [1, 2, 7, 10, 20] {
                assert_eq!(number(value, width), format!("{value:0width$}"));
            }
        }
    }

    #[test]
    fn hundredths_always_have_two_decimals() {
        for (hundredths, expected) in [(0, "0.00"), (7, "0.07"), (100, "1.00"), (123_456, "1234.56")] {
            let mut text = Vec::new();
            push_hundredths(&mut text, hundredths);
            assert_eq!(text, expected.as_bytes());
        }
    }

    #[test]
    fn the_clock_knows_leap_years_and_starts_at_its_epoch() {
        let mut clock = Clock::new();
        // 2100 has no leap day.
        for (moment, expected) in [
            (0, "2024-01-01T00:00:00.000+01:00"),
            (59 * DAY + 50_853_218, "2024-02-29T14:07:33.218+01:00"),
            (366 * DAY - 1, "2024-12-31T23:59:59.999+01:00"),
            (1461 * DAY, "2028-01-01T00:00:00.000+01:00"),
            (27_818 * DAY, "2100-03-01T00:00:00.000+01:00"),
            (365_242 * DAY, "3024-01-01T00:00:00.000+01:00"),
        ] {
            let mut text = Vec::new();
            clock.push(&mut text, moment);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }
}
