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
    meaning: "An event is far from all others of its case, and near them with day and month swapped. Or, where the file has the events of a case in the order in which they happened, a quarter of the events of an activity are hours before the event that they follow: they come from a clock in another zone.",
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
            back: HashMap::new(),
            pairs: 0,
            backward: 0,
            names: facts.labels.all.iter().map(|it| it.text.clone()).collect(),
        }))
    }
}

struct Cases {
    clock: Clock,
    by_row: Vec<CaseEvent>,
    /// For each activity the events that are before the row before them, and all of its events.
    back: HashMap<u32, (u64, u64)>,
    pairs: u64,
    backward: u64,
    names: Vec<Box<str>>,
}

impl Cases {
    /// Whether the file has most events in the order of time, so that its order tells something.
    fn is_ordered(&self) -> bool {
        self.pairs > 0 && self.backward * 3 <= self.pairs
    }

    /// Whether nearly all that is out of order in this activity goes back, often enough to be its clock.
    fn is_off(&self, label: u32) -> bool {
        self.back.get(&label).is_some_and(|(back, all)| *back >= 5 && back * 4 >= *all)
    }
}

/// Days that an event must be away from all others.
const AWAY: i64 = 15;

impl Cases {
    /// Counts the events that are far from the others of their case, and near them with day and month swapped.
    fn swapped(&self, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
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
            if let Some(swapped) = swapped(it.time, self.clock).find(is_near) {
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
            self.swapped(case, events, counter);
            if !self.is_ordered() {
                return;
            }
        }
        self.by_row.clear();
        self.by_row.extend_from_slice(events);
        self.by_row.sort_unstable_by_key(|it| it.row);
        for pair in self.by_row.windows(2) {
            let [before, it] = pair else { continue };
            let gap = it.time.saturating_sub(before.time);
            // Up to 14 hours: what zones differ by.
            let is_back = gap < 0 && gap >= -14 * 3600 * self.clock.per_second;
            if pass == 0 {
                self.pairs += 1;
                self.backward += u64::from(gap < 0);
                let sums = self.back.entry(it.label).or_default();
                sums.0 += u64::from(is_back);
                sums.1 += 1;
            } else if is_back && self.is_off(it.label) {
                let name = self.names.get(it.label as usize).map_or("", AsRef::as_ref);
                let back = self.clock.shown_duration(-gap);
                let other = row_mark(before.row);
                counter.row(it.row, Some(case), || {
                    format!("{name:?} is {back} before {other}, which it follows")
                });
            }
        }
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        let verdict = Verdict::of(tally);
        match self.is_ordered() || self.pairs == 0 {
            true => verdict,
            false => verdict
                .detail("the file is not in the order of time, so that its order tells nothing of clocks"),
        }
    }
}
