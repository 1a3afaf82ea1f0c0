//! Days to dates and back, in the proleptic Gregorian calendar.
//!
//! A day is an `i32`: days since 1970-01-01. The arithmetic follows Howard Hinnant, "chrono-Compatible
//! Low-Level Date Algorithms": a year that begins in March has its leap day at the end, so that the day of
//! such a year is a linear function of the month, and 400 years (an era) always have 146097 days.

/// Days in 400 years.
const ERA_DAYS: i32 = 146_097;
/// Days from 0000-03-01, where an era begins, to 1970-01-01.
const EPOCH_FROM_ERA: i32 = 719_468;

/// Seconds in a day; leap seconds are not counted.
pub const DAY_SECONDS: i64 = 86_400;

/// The day of a date that is known to exist.
pub const fn days_of(year: i32, month: u32, day: u32) -> i32 {
    let (march_year, march_month) =
        if month <= 2 { (year - 1, month as i32 + 9) } else { (year, month as i32 - 3) };
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * march_month + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - EPOCH_FROM_ERA
}

/// The day of a date, or `None` if there is no such date in the years 1 to 9999.
pub const fn checked_days_of(year: u32, month: u32, day: u32) -> Option<i32> {
    if year == 0 || year > 9999 || month == 0 || month > 12 || day == 0 || day > month_length(year, month) {
        return None;
    }
    Some(days_of(year as i32, month, day))
}

/// Year, month (1 to 12) and day (1 to 31) of a day.
pub const fn date_of(days: i32) -> (i32, u32, u32) {
    let shifted = days + EPOCH_FROM_ERA;
    let era = shifted.div_euclid(ERA_DAYS);
    let day_of_era = shifted.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * march_month + 2) / 5 + 1) as u32;
    let year = era * 400 + year_of_era;
    if march_month < 10 {
        (year, march_month as u32 + 3, day)
    } else {
        (year + 1, march_month as u32 - 9, day)
    }
}

/// Days in a month (1 to 12).
pub const fn month_length(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts day by day, as a person would.
    #[test]
    fn every_day_of_the_years_1_to_9999_follows_the_one_before() {
        let mut expected = -719_162;
        for year in 1..=9999 {
            for month in 1..=12 {
                for day in 1..=month_length(year, month) {
                    assert_eq!(checked_days_of(year, month, day), Some(expected));
                    assert_eq!(date_of(expected), (year as i32, month, day));
                    expected += 1;
                }
                assert_eq!(checked_days_of(year, month, month_length(year, month) + 1), None);
            }
        }
        assert_eq!(days_of(1970, 1, 1), 0);
    }

    #[test]
    fn leap_years_follow_the_century_rule() {
        assert!(checked_days_of(2000, 2, 29).is_some() && checked_days_of(2024, 2, 29).is_some());
        assert!(checked_days_of(1900, 2, 29).is_none() && checked_days_of(2023, 2, 29).is_none());
        assert!(checked_days_of(0, 1, 1).is_none() && checked_days_of(2023, 13, 1).is_none());
    }
}
