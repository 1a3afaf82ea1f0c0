//! Events that take far longer than nearly all others of their activity.

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::error::Result;
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::Clock;
use crate::report::Report;

/// Makes the check `outlier-durations` of a log.
pub struct OutlierDurations;

static ABOUT: About = About {
    id: "outlier-durations",
    title: "Duration far from those of its activity",
    anchors: &["DaQAPO detect_duration_outliers (with bounds from the log)"],
    dimension: Dimension::Accuracy,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "An event takes far longer than the others of its activity, of which at least twenty take time: on a scale of magnitudes it is three times as far above the third quartile as that is above the first, and at least eight times the third quartile.",
    formula: "affected: such events; applicable: events that take time, of such activities",
    help: "see whether the end was recorded late, or the start belongs to another event; bounds of your own go into ⟦rules⟧",
    needs: &[Need::Case, Need::Activity, Need::Time, Need::Start],
};

/// Events of an activity that take time, at least.
const LEAST: u64 = 20;
/// Activities that are looked at: those that appear first. 1 KiB each.
const MOST: usize = 20_000;
/// Parts of a doubling that durations are told apart by.
const PARTS: u32 = 4;
/// Magnitudes of durations: four for each of 62 doublings.
const MAGNITUDES: usize = 256;

impl Check for OutlierDurations {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let mut counts = Vec::new();
        let labels = facts.labels.all.iter().map(|label| {
            let is_looked_at = label.lasting >= LEAST && counts.len() < MOST;
            is_looked_at.then(|| {
                counts.push([0; MAGNITUDES]);
                counts.len() - 1
            })
        });
        let labels: Vec<Option<usize>> = labels.collect();
        let names = facts.labels.all.iter().map(|it| it.text.clone()).collect();
        (!counts.is_empty()).then(|| {
            Box::new(Cases { labels, counts, limits: Vec::new(), clock: facts.table.clock, names })
                as Box<dyn CaseCheck>
        })
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed("no activity has twenty events that take time")
    }
}

/// The magnitude of a duration: its doublings in quarters.
fn magnitude(ticks: i64) -> usize {
    let ticks = ticks.max(1) as u64;
    let doublings = ticks.ilog2();
    // The two bits behind the first say in which quarter of the doubling it is.
    let quarter = if doublings >= 2 { (ticks >> (doublings - 2)) as u32 & (PARTS - 1) } else { 0 };
    ((doublings * PARTS + quarter) as usize).min(MAGNITUDES - 1)
}

/// The least duration of the next magnitude.
fn end_of(magnitude: usize) -> f64 {
    let next = magnitude as u32 + 1;
    2f64.powi((next / PARTS) as i32) * (1.0 + f64::from(next % PARTS) / f64::from(PARTS))
}

/// The duration, in ticks, above which one is an outlier.
fn limit(counts: &[u32; MAGNITUDES]) -> f64 {
    let total: u64 = counts.iter().map(|it| u64::from(*it)).sum();
    let quartile = |part: u64| {
        let mut sum = 0;
        let is_there = |count: &u32| {
            sum += u64::from(*count);
            sum * 4 >= total * part
        };
        end_of(counts.iter().position(is_there).unwrap_or(MAGNITUDES - 1))
    };
    let (first, third) = (quartile(1), quartile(3));
    // Three times the distance of the quartiles on a scale of magnitudes, and at least a factor of two each time.
    third * (third / first).max(2.0).powi(3)
}

struct Cases {
    /// For each label the place of its counts.
    labels: Vec<Option<usize>>,
    counts: Vec<[u32; MAGNITUDES]>,
    limits: Vec<f64>,
    clock: Clock,
    names: Vec<Box<str>>,
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        2
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for it in events {
            let Some(Some(at)) = self.labels.get(it.label as usize).copied() else { continue };
            let Some(ticks) = it.start.map(|start| it.time.saturating_sub(start)).filter(|it| *it > 0) else {
                continue;
            };
            if pass == 0 {
                let count = &mut self.counts[at][magnitude(ticks)];
                *count = count.saturating_add(1);
                continue;
            }
            counter.tally.applicable += 1;
            if ticks as f64 > self.limits[at] {
                counter.row(it.row, Some(case), || {
                    let name = self.names.get(it.label as usize).map_or("", AsRef::as_ref);
                    let (took, most) =
                        (self.clock.shown_duration(ticks), self.clock.shown_duration(self.limits[at] as i64));
                    format!("{name:?} took {took}, more than {most}")
                });
            }
        }
    }

    fn end(&mut self, pass: usize, _: &mut Counter<'_>) -> Result<()> {
        if pass == 0 {
            self.limits = self.counts.iter().map(limit).collect();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_grow_with_durations_and_know_their_end() {
        let durations = [1, 2, 3, 4, 5, 6, 7, 8, 1000, 1_000_000, i64::MAX];
        assert!(durations.windows(2).all(|pair| magnitude(pair[0]) <= magnitude(pair[1])));
        for ticks in [4, 5, 1000, 123_456_789, 1 << 40, (1 << 50) + 12_345] {
            let end = end_of(magnitude(ticks));
            assert!(end > ticks as f64 && end <= ticks as f64 * 1.25 + 1.0, "{ticks} {end}");
        }
    }

    #[test]
    fn the_limit_is_far_above_usual_durations() {
        let mut counts = [0; MAGNITUDES];
        for minutes in 1..=30 {
            counts[magnitude(minutes * 60_000_000)] += 1;
        }
        let minutes = limit(&counts) / 60e6;
        // Quartiles of 8 and 23 minutes.
        assert!((300.0..1000.0).contains(&minutes), "{minutes}");
        let mut equal = [0; MAGNITUDES];
        equal[magnitude(60_000_000)] = 50;
        let minutes = limit(&equal) / 60e6;
        assert!((8.0..12.0).contains(&minutes), "{minutes}");
    }
}
