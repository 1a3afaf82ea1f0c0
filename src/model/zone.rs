//! Time zones for local times: what a timestamp without a zone in it means.
//!
//! Rules come from the bundled IANA database, never from the machine, so that a file converts to the same
//! instants everywhere. A local time that a change of clocks skips or repeats is refused, unless [`Fold`]
//! says which of its two instants is meant.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::calendar::{DAY_SECONDS, date_of};
use super::zone_names::parse_offset;
use crate::error::{Code, Error, Result};

/// What happens to a local time that does not exist or exists twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fold {
    /// The value is rejected.
    #[default]
    Reject,
    /// The earlier of the two instants that the offsets before and after the change give.
    Earlier,
    /// The later of the two.
    Later,
}

impl FromStr for Fold {
    type Err = Error;

    /// Reads `reject`, `earlier` or `later`. `Code::Usage` for anything else.
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "reject" => Ok(Self::Reject),
            "earlier" => Ok(Self::Earlier),
            "later" => Ok(Self::Later),
            _ => Err(Error::new(Code::Usage, format!("unknown choice {name:?} for ambiguous local times"))
                .help("use reject, earlier or later")),
        }
    }
}

/// The zone of local times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Zone {
    /// Coordinated universal time.
    #[default]
    Utc,
    /// Seconds ahead of UTC, the same all year.
    Fixed(i32),
    /// A zone of the IANA database.
    Named(TimeZone),
}

impl Zone {
    /// The name of the zone, as [`ZoneRule::parse`] reads it.
    ///
    /// # Errors
    /// [`Code::Usage`] for a zone that has no such name: an offset with seconds, or rules that are not of the
    /// IANA database.
    pub fn name(&self) -> Result<String> {
        match self {
            Self::Utc => Some("UTC".to_owned()),
            Self::Fixed(seconds) if seconds % 60 == 0 && seconds.abs() < 24 * 3600 => {
                let (sign, minutes) = (if *seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
                Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
            }
            Self::Fixed(_) => None,
            Self::Named(zone) => zone.iana_name().map(str::to_owned),
        }
        .ok_or_else(|| {
            Error::new(Code::Usage, "expected a time zone with a name or with an offset in minutes")
        })
    }
}

/// Time zone of local times, and the choice for ambiguous ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneRule {
    /// Time zone assumed for timestamps that carry none.
    pub zone: Zone,
    /// What to do when they are set.
    pub fold: Fold,
}

impl ZoneRule {
    /// Reads `UTC`, an offset (`+02:00`, `-0530`, `+01`) or a name of the IANA database (`Europe/Berlin`).
    /// Ambiguous times are refused; see [`ZoneRule::with_fold`]. `Code::Usage` for an unknown name.
    pub fn parse(name: &str) -> Result<Self> {
        let zone = if ["utc", "gmt", "z"].iter().any(|utc| name.eq_ignore_ascii_case(utc)) {
            Zone::Utc
        } else if let Some(seconds) = parse_offset(name.as_bytes()) {
            Zone::Fixed(seconds)
        } else {
            Zone::Named(TimeZone::get(name).map_err(|_| {
                Error::new(Code::Usage, format!("unknown time zone {name:?}"))
                    .help("use UTC, an offset such as +02:00, or a name such as Europe/Berlin")
            })?)
        };
        Ok(Self { zone, fold: Fold::default() })
    }

    /// Whether the rule rejects some local times.
    pub fn refuses(&self) -> bool {
        self.fold == Fold::Reject && matches!(self.zone, Zone::Named(_))
    }

    /// The same zone with another rule for ambiguous times.
    #[must_use]
    pub fn with_fold(mut self, fold: Fold) -> Self {
        self.fold = fold;
        self
    }
}

/// Why a local time has no single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambiguity {
    /// The clocks were set forward over it.
    Gap,
    /// The clocks were set back over it.
    Fold,
}

/// Looks offsets up. Between two changes of clocks all local times have one offset; that stretch is kept, so
/// that a log pays for the database once per half-year and not per row.
#[derive(Debug, Clone)]
pub(super) struct OffsetFinder {
    rule: ZoneRule,
    /// Local seconds since 1970 from..to which `offset` holds; empty at first.
    from: i64,
    to: i64,
    offset: i64,
}

impl OffsetFinder {
    pub(super) fn new(rule: ZoneRule) -> Self {
        let (from, to, offset) = match rule.zone {
            Zone::Utc => (i64::MIN, i64::MAX, 0),
            Zone::Fixed(seconds) => (i64::MIN, i64::MAX, i64::from(seconds)),
            Zone::Named(_) => (0, 0, 0),
        };
        Self { rule, from, to, offset }
    }

    /// Seconds ahead of UTC at a local time, given in seconds since 1970-01-01T00:00:00 local.
    #[inline]
    pub(super) fn offset_at(&mut self, local: i64) -> std::result::Result<i64, Ambiguity> {
        if local >= self.from && local < self.to { Ok(self.offset) } else { self.look_up(local) }
    }

    #[cold]
    fn look_up(&mut self, local: i64) -> std::result::Result<i64, Ambiguity> {
        let Zone::Named(zone) = &self.rule.zone else { return Ok(self.offset) };
        let found = match zone.to_ambiguous_timestamp(civil(local)).offset() {
            AmbiguousOffset::Unambiguous { offset } => i64::from(offset.seconds()),
            AmbiguousOffset::Gap { before, after } => {
                return self.choose(before.seconds(), after.seconds(), Ambiguity::Gap);
            }
            AmbiguousOffset::Fold { before, after } => {
                return self.choose(before.seconds(), after.seconds(), Ambiguity::Fold);
            }
        };
        (self.from, self.to) = stretch_around(zone, local - found, found);
        self.offset = found;
        Ok(found)
    }

    /// The larger offset gives the earlier instant.
    fn choose(&self, one: i32, other: i32, ambiguity: Ambiguity) -> std::result::Result<i64, Ambiguity> {
        match self.rule.fold {
            Fold::Reject => Err(ambiguity),
            Fold::Earlier => Ok(i64::from(one.max(other))),
            Fold::Later => Ok(i64::from(one.min(other))),
        }
    }
}

/// A local time as a civil one. The year 10000, which 24:00 on the last day of 9999 reaches, is taken for
/// that day's midnight.
fn civil(local: i64) -> DateTime {
    let (year, month, day) = date_of(local.div_euclid(DAY_SECONDS) as i32);
    let second = local.rem_euclid(DAY_SECONDS) as i32;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    DateTime::new(year as i16, month as i8, day as i8, hour as i8, minute as i8, second as i8, 0)
        .unwrap_or(DateTime::constant(9999, 12, 31, 0, 0, 0, 0))
}

/// Local seconds from..to around `instant` that `offset` alone gives. Set back, the clocks show the last
/// stretch of the larger offset again; set forward, they skip one: what only one offset gives ends with the
/// smaller of the two, and begins with the larger.
fn stretch_around(zone: &TimeZone, instant: i64, offset: i64) -> (i64, i64) {
    // Both look strictly before and after. For what comes before, a second on: a change at the instant itself
    // counts. For what comes after, the instant: a change one second later must not be passed over.
    let (Ok(now), Ok(next)) = (Timestamp::from_second(instant), Timestamp::from_second(instant + 1)) else {
        return (0, 0);
    };
    let from = zone.preceding(next).next().map_or(i64::MIN, |change| {
        let at = change.timestamp();
        let earlier = at
            .checked_sub(SignedDuration::from_secs(1))
            .map_or(offset, |just_before| i64::from(zone.to_offset(just_before).seconds()));
        at.as_second() + offset.max(earlier)
    });
    let to = zone.following(now).next().map_or(i64::MAX, |change| {
        change.timestamp().as_second() + offset.min(i64::from(change.offset().seconds()))
    });
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::super::calendar::days_of;
    use super::*;

    fn local(year: i32, month: u32, day: u32, hour: i64, minute: i64) -> i64 {
        i64::from(days_of(year, month, day)) * DAY_SECONDS + hour * 3600 + minute * 60
    }

    #[test]
    fn names_and_offsets_are_zones() {
        assert!(matches!(ZoneRule::parse("UTC").unwrap().zone, Zone::Utc));
        assert!(matches!(ZoneRule::parse("-05:30").unwrap().zone, Zone::Fixed(-19_800)));
        assert!(matches!(ZoneRule::parse("Europe/Berlin").unwrap().zone, Zone::Named(_)));
        assert_eq!(ZoneRule::parse("Europe/Bärlin").unwrap_err().code(), Code::Usage);
    }

    #[test]
    fn the_name_of_a_zone_is_read_back() {
        for name in ["UTC", "-05:30", "+02:00", "Europe/Berlin"] {
            assert_eq!(ZoneRule::parse(name).unwrap().zone.name().unwrap(), name);
        }
        assert_eq!(Zone::Fixed(-1800).name().unwrap(), "-00:30");
        assert_eq!(Zone::Fixed(3601).name().unwrap_err().code(), Code::Usage);
    }

    #[test]
    fn the_changes_of_clocks_are_refused_or_decided() {
        let berlin = ZoneRule::parse("Europe/Berlin").unwrap();
        let (gap, fold) = (local(2014, 3, 30, 2, 30), local(2014, 10, 26, 2, 30));
        let at = |fold, time| OffsetFinder::new(berlin.clone().with_fold(fold)).offset_at(time);
        assert_eq!(at(Fold::Reject, gap), Err(Ambiguity::Gap));
        assert_eq!(at(Fold::Reject, fold), Err(Ambiguity::Fold));
        for time in [gap, fold] {
            assert_eq!(at(Fold::Earlier, time), Ok(7200));
            assert_eq!(at(Fold::Later, time), Ok(3600));
        }
    }

    /// The kept stretch against a look-up around every quarter of an hour of two years, to the second, in
    /// both directions.
    #[test]
    fn the_kept_stretch_never_changes_an_answer() {
        for name in ["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Asia/Tokyo"] {
            let rule = ZoneRule::parse(name).unwrap();
            let mut kept = OffsetFinder::new(rule.clone());
            let quarters =
                || (0..2 * 366 * 96 * 3).map(|it| local(2010, 12, 1, 0, 15 * (it / 3)) + it % 3 - 1);
            for time in quarters().chain(quarters().rev()) {
                assert_eq!(
                    kept.offset_at(time),
                    OffsetFinder::new(rule.clone()).offset_at(time),
                    "{name} {time}"
                );
            }
        }
    }

    #[test]
    fn the_ends_of_the_calendar_have_an_offset() {
        let mut finder = OffsetFinder::new(ZoneRule::parse("Asia/Tokyo").unwrap());
        assert_eq!(finder.offset_at(local(10_000, 1, 1, 0, 0)), Ok(9 * 3600));
        assert!(finder.offset_at(local(1, 1, 1, 0, 0)).is_ok());
    }
}
