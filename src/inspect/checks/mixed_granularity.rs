//! Activities whose times are told more coarsely than those of the others.

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::labels::Label;
use crate::inspect::tally::Tally;
use crate::inspect::times::Grain;
use crate::report::Report;

/// Makes the check `mixed-granularity` of a log.
pub struct MixedGranularity;

static ABOUT: About = About {
    id: "mixed-granularity",
    title: "Times told more coarsely than others",
    anchors: &[
        "Fischer et al. 2020: mixed granularity of the log",
        "Suriadi et al. 2017: unanchored event (in part)",
    ],
    dimension: Dimension::Consistency,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "All times of an activity, at least five, are whole days, hours, minutes or seconds, while most events of the log are told more finely: their order within that unit is not known.",
    formula: "affected: events of such activities; applicable: events with a label and a time",
    help: "look for the system that tells these times, and do not rely on the order of its events within the unit",
    needs: &[Need::Activity, Need::Time],
};

/// Events of an activity below which nothing is said: of times in seconds one in 60 is a whole minute, so five
/// of them are by chance in one case of 800 million.
const LEAST: u64 = 5;

/// The finest grain of an activity.
fn finest(label: &Label) -> Option<Grain> {
    Grain::ALL.into_iter().rev().find(|it| label.grains[*it as usize] > 0)
}

impl Check for MixedGranularity {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let mut by_grain = [0u64; Grain::COUNT];
        for label in &facts.labels.all {
            if let Some(grain) = finest(label) {
                by_grain[grain as usize] += label.grains.iter().sum::<u64>();
            }
        }
        let total: u64 = by_grain.iter().sum();
        // The grain that at least half of the events have or exceed.
        let mut above = 0;
        let usual = Grain::ALL.into_iter().rev().find(|it| {
            above += by_grain[*it as usize];
            above * 2 >= total
        });
        let Some(usual) = usual.filter(|_| total > 0) else { return Verdict::of(Tally::default()) };
        let is_coarse = |label: &Label| {
            // Milliseconds beside microseconds are told by the same clock.
            let limit = usual.min(Grain::Second);
            label.grains.iter().sum::<u64>() >= LEAST && finest(label).is_some_and(|it| it < limit)
                || label.grains.iter().sum::<u64>() >= LEAST
                    && usual > Grain::Second
                    && finest(label) == Some(Grain::Second)
        };
        let found = (0..).zip(&facts.labels.all).filter(|(_, it)| is_coarse(it));
        let what = |it: &Label| {
            let grain = finest(it).map_or("", Grain::name);
            format!("all times of {:?} are whole {grain}s, others are told to the {}", it.text, usual.name())
        };
        let found: Vec<(u32, String)> = found.map(|(number, it)| (number, what(it))).collect();
        let mut verdict = Verdict::of_labels(facts, found);
        verdict.tally.applicable = total;
        let shares = Grain::ALL.into_iter().filter(|it| by_grain[*it as usize] > 0);
        let shares = shares.map(|it| format!("{} {}", it.name(), by_grain[it as usize]));
        verdict.detail(format!(
            "events by the granularity of their activity: {}",
            shares.collect::<Vec<_>>().join(", ")
        ))
    }
}
