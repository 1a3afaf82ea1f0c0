//! Times that were read in another way than the others: with day and month swapped, or from a clock in another
//! zone.

use std::collections::HashMap;

use super::inadvertent_time_travel::swapped;
use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally, row_mark};
use crate::inspect::times::Clock;

/// Makes the check `unanchored-event` of a log.
pub struct UnanchoredEvent;

static ABOUT: About = About {
    id: "unanchored-event",
    title: "Time of another layout or clock",
    anchors: &["Suriadi et al. 2017: unanchored event", "Fischer et al. 2020: inconsistent time zone"],
    dimension: Dimension::Consistency,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "An event is far from all others of its case, and near them with day and month swapped, as a quarter of such events are. Or, where the file has the events of a case in the order in which they happened, two of three events of an activity are hours before the event that they follow, and one number of hours puts nine of ten in order: they come from a clock in another zone.",
    formula: "affected: such events; applicable: events",
    help: "tell the order of dates with ⟦date-order⟧, or convert the rows of that system by themselves with ⟦timezone⟧",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for UnanchoredEvent {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        Some(Box::new(Cases {
            clock: facts.table.clock,
            by_row: Vec::new(),
            clocks: HashMap::new(),
            order: [FileOrder::default(); 2],
            far: 0,
            swaps: 0,
            names: facts.labels.all.iter().map(|it| it.text.clone()).collect(),
        }))
    }
}

/// Half hours that clocks may differ by: up to 14 hours.
const OFFSETS: usize = 28;
/// Labels whose clocks are looked at: those that appear first.
const LABELS: usize = 20_000;

/// What the order of the file says of the clock of an activity.
#[derive(Debug, Clone, Default)]
struct ClockCounts {
    /// Events that follow another one in the file.
    all: u64,
    /// Of these, those up to 14 hours before it.
    back: u64,
    /// For each number of half hours, from 0, events that stand between their neighbours so much later.
    fits: Vec<u32>,
}

/// Order by the file of one kind of moment.
#[derive(Debug, Clone, Copy, Default)]
struct FileOrder {
    pairs: u64,
    backward: u64,
}

impl FileOrder {
    /// Whether the file has most events in this order, so that it tells something.
    fn is_kept(self) -> bool {
        self.pairs > 0 && self.backward * 3 <= self.pairs
    }
}

struct Cases {
    clock: Clock,
    by_row: Vec<CaseEvent>,
    /// For each activity what the order says of its clock.
    clocks: HashMap<u32, ClockCounts>,
    /// The order of the file by time, and by start.
    order: [FileOrder; 2],
    /// Events that are far from all others of their case, and those of them that are near with day and month swapped.
    far: u64,
    swaps: u64,
    names: Vec<Box<str>>,
}

impl Cases {
    /// Whether the file is in the order of starts rather than of times.
    fn is_by_start(&self) -> bool {
        self.order[1].backward < self.order[0].backward
    }

    /// Whether the file has most events in the order of time, so that its order tells something.
    fn is_ordered(&self) -> bool {
        self.order[usize::from(self.is_by_start())].is_kept()
    }

    /// By how many half hours the clock of an activity is late, if that puts nearly all of its events in order.
    fn late_by(&self, label: u32) -> Option<usize> {
        let counts = self.clocks.get(&label)?;
        if counts.back < 5 || counts.back * 3 < counts.all * 2 {
            return None;
        }
        let best = (1..counts.fits.len()).max_by_key(|at| (counts.fits[*at], std::cmp::Reverse(*at)))?;
        let fits = u64::from(counts.fits[best]);
        // Activities side by side are mended by no clock.
        (fits * 10 >= counts.all * 9).then_some(best)
    }

    /// Whether far events are so often near with day and month swapped that it is no chance, which has one in 25.
    fn is_swapped(&self) -> bool {
        self.swaps * 4 >= self.far
    }

    fn learn(&mut self, events: &[CaseEvent]) {
        let half_hour = 1800 * self.clock.per_second;
        for (at, pair) in events.windows(2).enumerate() {
            let [before, it] = pair else { continue };
            for (order, of) in self.order.iter_mut().zip([time_of, start_of]) {
                order.pairs += 1;
                order.backward += u64::from(of(it) < of(before));
            }
            if it.label as usize >= LABELS {
                continue;
            }
            let counts = self.clocks.entry(it.label).or_default();
            counts.all += 1;
            let gap = it.time.saturating_sub(before.time);
            counts.back += u64::from(gap < 0 && gap >= -(OFFSETS as i64) * half_hour);
            counts.fits.resize(OFFSETS + 1, 0);
            // An event of the same clock behind it says nothing.
            let next = events.get(at + 2).map(|it| it.time).filter(|next| *next >= before.time);
            let first = (-gap).max(0).saturating_add(half_hour - 1) / half_hour;
            let last = next.map_or(i64::MAX, |next| next.saturating_sub(it.time).div_euclid(half_hour));
            for offset in first..=last.min(OFFSETS as i64) {
                counts.fits[offset as usize] += 1;
            }
        }
    }
}

fn time_of(event: &CaseEvent) -> i64 {
    event.time
}

fn start_of(event: &CaseEvent) -> i64 {
    event.start.unwrap_or(event.time)
}

/// Days that an event must be away from all others.
const AWAY: i64 = 15;

impl Cases {
    /// Counts the events that are far from the others of their case, and near them with day and month swapped; in the
    /// first pass it is only learned how many there are.
    fn far_events(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        let [first, .., last] = events else { return };
        let away = AWAY * 86_400 * self.clock.per_second;
        // Only the outermost can be far from all others.
        if events.len() < 3 || last.time.saturating_sub(first.time) < away {
            return;
        }
        let count = events.len();
        for (it, low, high) in [(first, events[1], *last), (last, *first, events[count - 2])] {
            let span = high.time.saturating_sub(low.time);
            let distance =
                |time: i64| (low.time.saturating_sub(time)).max(time.saturating_sub(high.time)).max(0);
            let far = distance(it.time);
            if far <= away.max(span.saturating_mul(2)) {
                continue;
            }
            let is_near = |it: &i64| distance(*it) * 8 < far && distance(*it) <= away;
            let swapped = swapped(it.time, self.clock).find(is_near);
            if pass == 0 {
                self.far += 1;
                self.swaps += u64::from(swapped.is_some());
            } else if let Some(swapped) = swapped {
                counter.row(it.row, Some(case), || {
                    let name = self.names.get(it.label as usize).map_or("", AsRef::as_ref);
                    let (was, is) = (self.clock.shown(it.time), self.clock.shown(swapped));
                    format!("{name:?} at {was} is near the others with day and month swapped ({is})")
                });
            }
        }
    }
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        2
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        if pass == 1 {
            counter.tally.applicable += events.len() as u64;
        }
        if pass == 0 || self.is_swapped() {
            self.far_events(pass, case, events, counter);
        }
        if pass == 1 && !self.is_ordered() {
            return;
        }
        let mut by_row = std::mem::take(&mut self.by_row);
        by_row.clear();
        by_row.extend_from_slice(events);
        by_row.sort_unstable_by_key(|it| it.row);
        if pass == 0 {
            self.learn(&by_row);
        } else {
            for pair in by_row.windows(2) {
                let [before, it] = pair else { continue };
                let gap = it.time.saturating_sub(before.time);
                if gap >= 0 {
                    continue;
                }
                let Some(late) = self.late_by(it.label) else { continue };
                let other = row_mark(before.row);
                counter.row(it.row, Some(case), || {
                    let name = self.names.get(it.label as usize).map_or("", AsRef::as_ref);
                    let back = self.clock.shown_duration(-gap);
                    let hours = late as f64 / 2.0;
                    format!("{name:?} is {back} before {other}, which it follows; {hours} h later it is not")
                });
            }
        }
        self.by_row = by_row;
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        let verdict = Verdict::of(tally);
        match self.is_ordered() || self.order[0].pairs == 0 {
            true => verdict,
            false => verdict
                .detail("the file is not in the order of time, so that its order tells nothing of clocks"),
        }
    }
}
