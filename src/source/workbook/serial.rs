//! Dates, times and durations: which number formats show a number as one, and what number stands for which.
//!
//! A workbook stores a moment as days since its epoch. The 1900 system counts 29 February 1900, a day that
//! never was, as number 60 (ECMA-376 part 1, 18.17.4.1), so that the numbers below it are one day apart.

use super::cell::{Cell, DAY};

/// The last number that is a day: 9999-12-31 in the 1900 system.
const LAST: f64 = 2_958_466.0;
/// Days below which a time of day is a duration and no moment: no log is of the years 1900 to 1904.
const MOMENTS: f64 = 366.0;

/// How a number format shows a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberFormat {
    /// The format shows a number.
    #[default]
    Number,
    /// The format shows a day.
    Date,
    /// The format shows a day with a time.
    DateTime,
    /// The format shows a time of day.
    Time,
    /// As hours, minutes or seconds that may be more than a day has.
    Duration,
    /// As a date or a time, of which the number tells.
    Moment,
}

impl NumberFormat {
    /// The format that a workbook knows by this number without saying what it is.
    pub fn built_in(id: u32) -> Self {
        match id {
            14..=17 => Self::Date,
            22 => Self::DateTime,
            18..=21 | 45 | 47 => Self::Time,
            46 => Self::Duration,
            // These differ from language to language.
            27..=36 | 50..=58 => Self::Moment,
            _ => Self::Number,
        }
    }

    /// The format with this code, such as `yyyy-mm-dd hh:mm`. The first section counts, which is that of
    /// positive numbers.
    pub fn of(code: &str) -> Self {
        let (mut has_day, mut has_clock, mut has_m) = (false, false, false);
        let mut chars = code.chars();
        while let Some(letter) = chars.next() {
            match letter.to_ascii_lowercase() {
                ';' => break,
                '"' => while chars.next().is_some_and(|it| it != '"') {},
                // The next character is shown, repeated, or as wide as the space that is left.
                '\\' | '_' | '*' => {
                    chars.next();
                }
                '[' => {
                    let inner: String = chars.by_ref().take_while(|it| *it != ']').collect();
                    let inner = inner.to_ascii_lowercase();
                    let is_elapsed = |unit: char| !inner.is_empty() && inner.chars().all(|it| it == unit);
                    if ['h', 'm', 's'].into_iter().any(is_elapsed) {
                        return Self::Duration;
                    }
                }
                'y' | 'd' => has_day = true,
                'h' | 's' => has_clock = true,
                'm' => has_m = true,
                _ => {}
            }
        }
        match (has_day || has_m && !has_clock, has_clock) {
            (true, true) => Self::DateTime,
            (true, false) => Self::Date,
            (false, true) => Self::Time,
            (false, false) => Self::Number,
        }
    }

    /// The value of a cell with this format.
    pub fn cell(self, number: f64, epoch: Epoch) -> Cell<'static> {
        let plain = Cell::Number(number);
        let whole = number.fract() == 0.0;
        match self {
            Self::Number => plain,
            Self::Duration => duration(number).unwrap_or(plain),
            Self::Time if (0.0..1.0).contains(&number) => Cell::Time(micros(number).min(DAY - 1)),
            Self::Moment if number > 0.0 && number < 1.0 => Cell::Time(micros(number).min(DAY - 1)),
            Self::Time if number < MOMENTS => duration(number).unwrap_or(plain),
            Self::Date | Self::Moment if whole => epoch.day(number).map_or(plain, Cell::Date),
            Self::Date | Self::Moment | Self::DateTime | Self::Time => {
                epoch.moment(number).map_or(plain, Cell::DateTime)
            }
        }
    }
}

fn duration(number: f64) -> Option<Cell<'static>> {
    (number.abs() < LAST).then(|| Cell::Duration(micros(number)))
}

/// The day that a workbook counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Epoch {
    /// Number 1 is 1900-01-01, and number 60 no day.
    #[default]
    Year1900,
    /// The number 0 is the first of January 1904.
    Year1904,
}

impl Epoch {
    /// The day with this number, counted from 1970-01-01; `None` if it is none.
    fn day(self, number: f64) -> Option<i32> {
        let day = number.floor();
        if !(0.0..LAST).contains(&day) {
            return None;
        }
        let day = day as i32;
        match self {
            Self::Year1904 => Some(day - 24_107).filter(|day| *day <= 2_932_896),
            Self::Year1900 if day >= 61 => Some(day - 25_569),
            Self::Year1900 if (1..60).contains(&day) => Some(day - 25_568),
            Self::Year1900 => None,
        }
    }

    /// The moment with this number, in microseconds since 1970-01-01 00:00.
    fn moment(self, number: f64) -> Option<i64> {
        let day = self.day(number)?;
        let of_day = micros(number) - number.floor() as i64 * DAY;
        Some(i64::from(day) * DAY + of_day)
    }
}

/// Days as microseconds. A double has no room for all of them: 45,000 days and a time are exact to 0.6 µs. So
/// what is within that of a whole millisecond, the finest that office programs show, is that millisecond.
fn micros(days: f64) -> i64 {
    let whole = days.floor();
    let fraction = (days - whole) * DAY as f64;
    let nearest = (fraction / 1000.0).round() * 1000.0;
    let room = days.abs().max(1.0) * f64::EPSILON * DAY as f64 + 0.5;
    let fraction = if (fraction - nearest).abs() <= room { nearest } else { fraction.round() };
    whole as i64 * DAY + fraction as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_show_dates_times_durations_or_numbers() {
        use NumberFormat::{Date, DateTime, Duration, Number, Time};
        for (code, format) in [
            ("General", Number),
            ("0.00%", Number),
            ("0.00E+00", Number),
            ("#,##0.00 \"days\"", Number),
            ("#,##0\\d", Number),
            ("_-* #,##0.00 _d_-", Number),
            ("[Red]#,##0;[Blue]-#,##0", Number),
            ("[$-409]#,##0", Number),
            ("0;yyyy", Number),
            ("DD/MM/YYYY", Date),
            ("mmm", Date),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Date),
            ("yyyy\"年\"m\"月\"d\"日\"", Date),
            ("m/d/yy h:mm", DateTime),
            ("yyyy-mm-dd\"T\"hh:mm:ss.000", DateTime),
            ("h:mm AM/PM", Time),
            ("mm:ss.0", Time),
            ("[h]:mm:ss", Duration),
            ("[mm]:ss", Duration),
            ("[Blue]\\+[h]:mm;[Red]\\-[h]:mm", Duration),
        ] {
            assert_eq!(NumberFormat::of(code), format, "{code}");
        }
    }

    #[test]
    fn numbers_are_days_of_both_epochs_and_the_day_that_never_was_stays_a_number() {
        let day = |number, epoch| NumberFormat::Date.cell(number, epoch);
        // 1900-01-01 is 25,567 days before 1970-01-01.
        assert_eq!(day(1.0, Epoch::Year1900), Cell::Date(-25_567));
        assert_eq!(day(59.0, Epoch::Year1900), Cell::Date(-25_509));
        assert_eq!(day(60.0, Epoch::Year1900), Cell::Number(60.0));
        assert_eq!(day(61.0, Epoch::Year1900), Cell::Date(-25_508));
        assert_eq!(day(25_569.0, Epoch::Year1900), Cell::Date(0));
        assert_eq!(day(2_958_465.0, Epoch::Year1900), Cell::Date(2_932_896));
        assert_eq!(day(2_958_466.0, Epoch::Year1900), Cell::Number(2_958_466.0));
        assert_eq!(day(-1.0, Epoch::Year1900), Cell::Number(-1.0));
        assert_eq!(day(0.0, Epoch::Year1904), Cell::Date(-24_107));
        assert_eq!(day(24_107.0, Epoch::Year1904), Cell::Date(0));
    }

    #[test]
    fn times_are_exact_to_the_millisecond_and_finer_where_a_cell_is() {
        let at = |number| NumberFormat::DateTime.cell(number, Epoch::Year1900);
        let noon = 19_844 * DAY + DAY / 2;
        assert_eq!(at(45_413.5), Cell::DateTime(noon));
        for second in 0..86_400_i64 {
            let number = 45_413.0 + second as f64 / 86_400.0;
            assert_eq!(at(number), Cell::DateTime(19_844 * DAY + second * 1_000_000), "{second}");
        }
        let fine = 45_413.0 + 36_000.123_456 / 86_400.0;
        let Cell::DateTime(micros) = at(fine) else { panic!("expected a moment") };
        assert!((micros - (19_844 * DAY + 36_000_123_456)).abs() <= 1, "{micros}");
    }

    #[test]
    fn a_time_of_day_beyond_a_day_is_a_duration_and_one_beyond_a_year_a_moment() {
        let time = |number| NumberFormat::Time.cell(number, Epoch::Year1900);
        assert_eq!(time(0.25), Cell::Time(DAY / 4));
        assert_eq!(time(1.25), Cell::Duration(DAY / 4 * 5));
        assert_eq!(time(-0.5), Cell::Duration(-DAY / 2));
        assert_eq!(time(45_413.5), Cell::DateTime(19_844 * DAY + DAY / 2));
        assert_eq!(NumberFormat::Duration.cell(2.5, Epoch::Year1900), Cell::Duration(DAY / 2 * 5));
    }
}
