//! Events whose time is wrong by a day, a month or a year: they break an order that nearly all cases keep, and one
//! such shift mends it.

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::columns::cells::{civil, days_of};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::Clock;

/// Makes the check `inadvertent-time-travel` of a log.
pub struct InadvertentTimeTravel;

static ABOUT: About = About {
    id: "inadvertent-time-travel",
    title: "Time that is wrong by a day, month or year",
    anchors: &["Suriadi et al. 2017: inadvertent time travel"],
    dimension: Dimension::Accuracy,
    severity: Severity::Error,
    weight: 2,
    unit: "events",
    meaning: "An event comes before others of its case that follow it in at least 99 of 100 cases, or after such as precede it, and a shift by a day, month or year puts all of them right. If day and month swapped do so, it is an unanchored event.",
    formula: "affected: such events; applicable: events",
    help: "compare the times with the source; the shift that mends each is told",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

/// Activities that are compared in pairs; 4 MiB of counts for 1,024.
const MOST: usize = 1024;
/// Cases that two activities must have in common.
const CASES: u32 = 20;
/// Events of a case that are looked at.
const EVENTS: usize = 2000;

impl Check for InadvertentTimeTravel {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let labels = facts.labels.all.len();
        let cells = if labels <= MOST { labels * labels } else { 0 };
        Some(Box::new(Cases {
            labels,
            before: vec![0; cells],
            firsts: Vec::new(),
            clock: facts.table.clock,
            names: facts.labels.all.iter().map(|it| it.text.clone()).collect(),
        }))
    }
}

struct Cases {
    labels: usize,
    /// In how many cases the first event of a label comes before the first of another.
    before: Vec<u32>,
    /// Label and time of the first events of a case.
    firsts: Vec<(u32, i64)>,
    clock: Clock,
    names: Vec<Box<str>>,
}

/// A change of a time that mends an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// So many days later.
    Days(i64),
    /// So many months later.
    Months(i64),
    /// Day and month swapped.
    Swap,
}

const SHIFTS: [Shift; 6] = [
    Shift::Days(1),
    Shift::Days(-1),
    Shift::Months(1),
    Shift::Months(-1),
    Shift::Months(12),
    Shift::Months(-12),
];

impl Shift {
    const fn name(self) -> &'static str {
        match self {
            Self::Days(1) => "one day later",
            Self::Days(_) => "one day earlier",
            Self::Swap => "with day and month swapped",
            Self::Months(1) => "one month later",
            Self::Months(-1) => "one month earlier",
            Self::Months(12) => "one year later",
            Self::Months(_) => "one year earlier",
        }
    }

    /// The moment after the shift; `None` if there is no such day.
    pub fn apply(self, time: i64, clock: Clock) -> Option<i64> {
        let day = clock.per_second * 86_400;
        let (days, rest) = (time.div_euclid(day), time.rem_euclid(day));
        let (year, month, date) = civil(days);
        let shifted = match self {
            Self::Days(more) => days + more,
            Self::Swap if date <= 12 && date != month => days_of(year, date, month),
            Self::Swap => return None,
            Self::Months(more) => {
                let months = year * 12 + month - 1 + more;
                let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
                let shifted = days_of(year, month, date);
                (civil(shifted) == (year, month, date)).then_some(shifted)?
            }
        };
        shifted.checked_mul(day)?.checked_add(rest)
    }
}

/// The moments with day and month swapped, in any zone: near midnight the date depends on it.
pub fn swapped(time: i64, clock: Clock) -> impl Iterator<Item = i64> {
    let hour = 3600 * clock.per_second;
    let in_zone =
        move |hours: i64| Some(Shift::Swap.apply(time.checked_add(hours * hour)?, clock)? - hours * hour);
    (0..=14).chain(-12..0).filter_map(in_zone)
}

impl Cases {
    /// The first event of each label in the case, by time.
    fn find_firsts(&mut self, events: &[CaseEvent]) {
        self.firsts.clear();
        for it in events.iter().take(EVENTS) {
            if (it.label as usize) < self.labels && !self.firsts.iter().any(|(label, _)| *label == it.label) {
                self.firsts.push((it.label, it.time));
            }
        }
    }

    /// Whether the first label comes before the second in nearly all cases.
    fn is_before(&self, first: u32, second: u32) -> bool {
        let count = |a: u32, b: u32| self.before[a as usize * self.labels + b as usize];
        let (right, wrong) = (count(first, second), count(second, first));
        right + wrong >= CASES && u64::from(right) * 100 >= u64::from(right + wrong) * 99
    }

    /// How many orders the event of a label breaks if it is at this time.
    fn broken(&self, label: u32, time: i64) -> usize {
        let breaks = |(other, at): &&(u32, i64)| {
            *other != label
                && (self.is_before(label, *other) && time > *at
                    || self.is_before(*other, label) && time < *at)
        };
        self.firsts.iter().filter(breaks).count()
    }
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        if self.before.is_empty() { 0 } else { 2 }
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        self.find_firsts(events);
        if pass == 0 {
            for (at, (first, time)) in self.firsts.iter().enumerate() {
                for (second, later) in &self.firsts[at + 1..] {
                    if time < later {
                        self.before[*first as usize * self.labels + *second as usize] += 1;
                    }
                }
            }
            return;
        }
        counter.tally.applicable += events.len() as u64;
        let mut broken: Vec<(usize, u32, i64)> =
            self.firsts.iter().map(|(label, time)| (self.broken(*label, *time), *label, *time)).collect();
        broken.retain(|(count, ..)| *count > 0);
        // Of two events in the wrong order it is the one that breaks more orders.
        broken.sort_unstable_by_key(|(count, label, _)| (std::cmp::Reverse(*count), *label));
        for (count, label, time) in broken {
            // What is in order once another event has its place is not wrong itself.
            if self.broken(label, time) < count {
                continue;
            }
            let mends =
                |shift: &&Shift| shift.apply(time, self.clock).is_some_and(|it| self.broken(label, it) == 0);
            // That is an unanchored event.
            if swapped(time, self.clock).any(|it| self.broken(label, it) == 0) {
                continue;
            }
            let Some(shift) = SHIFTS.iter().find(mends) else { continue };
            let Some(mended) = shift.apply(time, self.clock) else { continue };
            let Some(event) = events.iter().find(|it| it.label == label && it.time == time) else { continue };
            counter.row(event.row, Some(case), || {
                let name = self.names.get(label as usize).map_or("", AsRef::as_ref);
                let (was, is) = (self.clock.shown(time), self.clock.shown(mended));
                format!("{name:?} at {was} breaks {count} orders; {} ({is}) it breaks none", shift.name())
            });
            if let Some(first) = self.firsts.iter_mut().find(|(it, _)| *it == label) {
                first.1 = mended;
            }
        }
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        match self.before.is_empty() && !facts.labels.all.is_empty() {
            true => Verdict::not_assessed(format!("the log has more than {MOST} activities")),
            false => Verdict::of(tally),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_are_those_of_the_calendar() {
        let clock = Clock { per_second: 1_000_000 };
        let at = |year, month, day| clock.midnight(year, month, day) + 5;
        assert_eq!(Shift::Days(1).apply(at(2024, 2, 29), clock), Some(at(2024, 3, 1)));
        assert_eq!(Shift::Months(1).apply(at(2024, 12, 5), clock), Some(at(2025, 1, 5)));
        assert_eq!(Shift::Months(-1).apply(at(2024, 3, 31), clock), None);
        assert_eq!(Shift::Months(12).apply(at(2024, 2, 29), clock), None);
        assert_eq!(Shift::Swap.apply(at(2024, 3, 7), clock), Some(at(2024, 7, 3)));
        assert_eq!(Shift::Swap.apply(at(2024, 3, 13), clock), None);
        assert_eq!(Shift::Swap.apply(at(2024, 3, 3), clock), None);
    }
}
