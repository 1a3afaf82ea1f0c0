//! Bursts of events of one case within a few seconds, which tell one step several times.

use super::form_based_capture::is_coarse;
use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally, row_mark};

/// Makes the check `collateral-events` of a log.
pub struct CollateralEvents;

static ABOUT: About = About {
    id: "collateral-events",
    title: "Burst of events for one step",
    anchors: &["Suriadi et al. 2017: collateral events"],
    dimension: Dimension::Consistency,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "Events of a case follow each other within five seconds, by the same resource if there is one, far more often than chance explains: they probably tell one step several times.",
    formula: "affected: events of such bursts after the first; applicable: events",
    help: "keep one event of each burst, or join them to an activity of a higher level",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for CollateralEvents {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        Some(Box::new(Cases {
            unit: SECONDS * facts.table.clock.per_second,
            is_coarse: is_coarse(facts),
            clock: facts.table.clock,
            gaps: [0; BUCKETS],
            is_unusual: false,
        }))
    }
}

/// Seconds between the events of a burst, at most.
const SECONDS: i64 = 5;
/// Gaps are counted by their magnitude: up to five seconds, ten, twenty, ...
const BUCKETS: usize = 40;

struct Cases {
    /// Five seconds.
    unit: i64,
    is_coarse: bool,
    clock: crate::inspect::times::Clock,
    /// Gaps by their magnitude.
    gaps: [u64; BUCKETS],
    is_unusual: bool,
}

impl Cases {
    /// Whether an event belongs to the burst of the event before it.
    fn is_burst(&self, before: &CaseEvent, it: &CaseEvent) -> bool {
        let gap = it.time.saturating_sub(before.time);
        // Equal times are the business of other checks.
        gap > 0 && gap <= self.unit && it.resource == before.resource
    }
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        if self.is_coarse { 0 } else { 2 }
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        if pass == 1 {
            counter.tally.applicable += events.len() as u64;
        }
        for pair in events.windows(2) {
            let [before, it] = pair else { continue };
            if pass == 0 {
                let gap = it.time.saturating_sub(before.time);
                if gap > 0 {
                    let units = (gap - 1) / self.unit;
                    let bucket = (64 - units.leading_zeros()) as usize;
                    let bursts = u64::from(self.is_burst(before, it));
                    // A short gap to an event of another resource is no burst, and says nothing about chance.
                    match bucket {
                        0 => self.gaps[0] += bursts,
                        bucket => self.gaps[bucket.min(BUCKETS - 1)] += 1,
                    }
                }
            } else if self.is_unusual && self.is_burst(before, it) {
                let gap = self.clock.shown_duration(it.time.saturating_sub(before.time));
                counter.row(it.row, Some(case), || format!("{gap} after {}", row_mark(before.row)));
            }
        }
    }

    fn end(&mut self, pass: usize) {
        if pass == 0 {
            // If such gaps were only the short end of longer ones, there would be a thirtieth of those between five
            // seconds and some three minutes.
            let close = self.gaps[0];
            let near: u64 = self.gaps[1..6].iter().sum();
            let all: u64 = self.gaps.iter().sum();
            let chance = (near as f64 / 31.0).max(all as f64 / 2000.0);
            self.is_unusual = close >= 5 && close as f64 > 5.0 * chance + 10.0_f64.min(all as f64 / 100.0);
        }
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        match self.is_coarse {
            true => Verdict::not_assessed("most times are whole hours or days"),
            false => Verdict::of(tally),
        }
    }
}
