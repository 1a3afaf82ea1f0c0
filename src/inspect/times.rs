//! Moments of role columns, all in one unit, and how finely they are told.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};

use super::columns::cells::{days_of, moment, nanos_in};
use crate::error::Result;
use crate::model::zone::{Zone, ZoneRule};

/// How finely a time is told: the largest unit of which it is a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// Midnight.
    Day,
    /// A full hour.
    Hour,
    /// A full minute.
    Minute,
    /// A full second.
    Second,
    /// A full millisecond.
    Millisecond,
    /// Anything finer.
    Finer,
}

impl Grain {
    /// How many there are.
    pub const COUNT: usize = 6;
    /// From coarse to fine.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Day, Self::Hour, Self::Minute, Self::Second, Self::Millisecond, Self::Finer];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
            Self::Finer => "microsecond",
        }
    }
}

/// The unit in which all moments of a log are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Units in a second.
    pub per_second: i64,
}

impl Clock {
    /// The unit for role columns of these types: microseconds, unless one of them has nanoseconds.
    pub fn of<'t>(types: impl Iterator<Item = &'t DataType>) -> Self {
        let is_nano = |it: &DataType| matches!(it, DataType::Timestamp(TimeUnit::Nanosecond, _));
        Self { per_second: if types.into_iter().any(is_nano) { 1_000_000_000 } else { 1_000_000 } }
    }

    /// The moments of a column; years that the unit does not reach are set to the last that it does.
    ///
    /// # Errors
    /// If the column does not hold times.
    pub fn moments(self, array: &ArrayRef) -> Result<Moments> {
        let (data_type, scale) = match array.data_type() {
            DataType::Date32 => (DataType::Int64, self.per_second * 86_400),
            DataType::Timestamp(unit, _) => {
                (DataType::Int64, self.per_second / (1_000_000_000 / nanos_in(*unit)).min(self.per_second))
            }
            other => (other.clone(), 1),
        };
        let array = match array.data_type() {
            DataType::Date32 => cast(&cast(array, &DataType::Int32)?, &data_type)?,
            _ => cast(array, &data_type)?,
        };
        let values = array.as_primitive::<Int64Type>();
        let ticks = values.values().iter().map(|it| it.saturating_mul(scale)).collect();
        Ok(Moments { ticks, nulls: values.nulls().cloned() })
    }

    /// How finely a moment is told.
    #[inline]
    pub fn grain(self, ticks: i64) -> Grain {
        let second = self.per_second;
        if ticks.rem_euclid(second) != 0 {
            let is_milli = ticks.rem_euclid(second / 1000) == 0;
            return if is_milli { Grain::Millisecond } else { Grain::Finer };
        }
        match ticks / second {
            it if it % 60 != 0 => Grain::Second,
            it if it % 3600 != 0 => Grain::Minute,
            it if it % 86_400 != 0 => Grain::Hour,
            _ => Grain::Day,
        }
    }

    /// Midnight of a day in UTC.
    pub const fn midnight(self, year: i64, month: i64, day: i64) -> i64 {
        (days_of(year, month, day) * 86_400).saturating_mul(self.per_second)
    }

    /// A moment as text.
    pub fn shown(self, ticks: i64) -> String {
        moment(i128::from(ticks) * i128::from(1_000_000_000 / self.per_second))
    }

    /// A duration as text, in the largest unit that fits.
    pub fn shown_duration(self, ticks: i64) -> String {
        let seconds = ticks as f64 / self.per_second as f64;
        let (size, sign) = (seconds.abs(), if seconds < 0.0 { "-" } else { "" });
        let text = match size {
            it if it >= 2.0 * 86_400.0 => format!("{:.1} days", it / 86_400.0),
            it if it >= 2.0 * 3600.0 => format!("{:.1} h", it / 3600.0),
            it if it >= 120.0 => format!("{:.1} min", it / 60.0),
            it if it >= 1.0 || it == 0.0 => format!("{it:.1} s"),
            it => format!("{:.3} ms", it * 1000.0),
        };
        format!("{sign}{text}")
    }
}

/// The zone in which the times of a log are read by people, as far as the columns or the options say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalZone(Zone);

impl LocalZone {
    /// The zone of the first of these columns whose type names one other than UTC, else the zone of times without
    /// a zone.
    pub fn of<'t>(types: impl Iterator<Item = &'t DataType>, usual: &ZoneRule) -> Self {
        let mut named = types.filter_map(|it| match it {
            DataType::Timestamp(_, Some(name)) => ZoneRule::parse(name).ok().map(|rule| rule.zone),
            _ => None,
        });
        Self(named.find(|zone| *zone != Zone::Utc).unwrap_or_else(|| usual.zone.clone()))
    }

    /// Whether times are judged in UTC.
    pub fn is_utc(&self) -> bool {
        self.0 == Zone::Utc
    }

    /// A moment as local clocks show it, counted as if they showed UTC.
    pub fn local(&self, ticks: i64, clock: Clock) -> i64 {
        let seconds = match &self.0 {
            Zone::Utc => 0,
            Zone::Fixed(seconds) => i64::from(*seconds),
            Zone::Named(zone) => jiff::Timestamp::from_second(ticks.div_euclid(clock.per_second))
                .map_or(0, |moment| i64::from(zone.to_offset(moment).seconds())),
        };
        ticks.saturating_add(seconds.saturating_mul(clock.per_second))
    }

    /// How finely a moment is told.
    #[inline]
    pub fn grain(&self, ticks: i64, clock: Clock) -> Grain {
        let grain = clock.grain(ticks);
        // Zones differ by quarters of an hour, so that only whole quarters can be another grain elsewhere.
        if self.is_utc() || grain > Grain::Minute || ticks.rem_euclid(900 * clock.per_second) != 0 {
            return grain;
        }
        clock.grain(self.local(ticks, clock))
    }

    /// The half hour of the day that a moment is the beginning of, if it is one.
    #[inline]
    pub fn half_hour(&self, ticks: i64, clock: Clock) -> Option<usize> {
        if ticks.rem_euclid(900 * clock.per_second) != 0 {
            return None;
        }
        let local = self.local(ticks, clock);
        let is_half = local.rem_euclid(1800 * clock.per_second) == 0;
        is_half.then(|| (local.rem_euclid(86_400 * clock.per_second) / (1800 * clock.per_second)) as usize)
    }
}

/// The moments of the rows of a batch.
#[derive(Debug)]
pub struct Moments {
    ticks: Vec<i64>,
    nulls: Option<arrow::buffer::NullBuffer>,
}

impl Moments {
    /// The moment of a row.
    #[inline]
    pub fn get(&self, at: usize) -> Option<i64> {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at)).then(|| self.ticks[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Date32Array, TimestampSecondArray};
    use std::sync::Arc;

    #[test]
    fn moments_of_all_types_are_counted_in_one_unit() {
        let clock = Clock { per_second: 1_000_000 };
        let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(1), None]));
        let moments = clock.moments(&days).unwrap();
        assert_eq!((moments.get(0), moments.get(1)), (Some(86_400_000_000), None));
        let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![7, i64::MAX]));
        let moments = clock.moments(&seconds).unwrap();
        assert_eq!((moments.get(0), moments.get(1)), (Some(7_000_000), Some(i64::MAX)));
    }

    #[test]
    fn midnight_is_that_of_the_zone_in_summer_and_winter() {
        let clock = Clock { per_second: 1_000_000 };
        let berlin = ZoneRule::parse("Europe/Berlin").unwrap();
        let zone = LocalZone::of([].into_iter(), &berlin);
        let hour = 3_600_000_000;
        let (winter, summer) = (clock.midnight(2024, 1, 10) - hour, clock.midnight(2024, 7, 10) - 2 * hour);
        for midnight in [winter, summer] {
            assert_eq!(zone.grain(midnight, clock), Grain::Day);
            assert_eq!(zone.grain(midnight + hour, clock), Grain::Hour);
            assert_eq!(zone.grain(midnight + 1_000_000, clock), Grain::Second);
            assert_eq!(zone.half_hour(midnight, clock), Some(0));
        }
        let named = DataType::Timestamp(TimeUnit::Microsecond, Some("+05:30".into()));
        let zone = LocalZone::of([&named].into_iter(), &berlin);
        assert_eq!(zone.grain(clock.midnight(2024, 1, 10) - 11 * hour / 2, clock), Grain::Day);
        assert_eq!(LocalZone::default().half_hour(clock.midnight(2024, 1, 10) + hour, clock), Some(2));
    }

    #[test]
    fn grains_are_those_that_a_person_sees() {
        let clock = Clock { per_second: 1_000_000 };
        let noon = clock.midnight(2024, 5, 1);
        let found = [0, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1].map(|it| clock.grain(noon + it));
        assert_eq!(found, Grain::ALL);
        assert_eq!(clock.shown(noon), "2024-05-01T00:00:00Z");
        assert_eq!(clock.grain(-86_400_000_000), Grain::Day);
    }
}
