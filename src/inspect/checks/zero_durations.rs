//! Events that take no time although others of their activity do.

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::labels::{Label, Midnights};
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::Grain;
use crate::report::Report;

/// Makes the check `zero-durations` of a log.
pub struct ZeroDurations;

static ABOUT: About = About {
    id: "zero-durations",
    title: "Start and end at the same time",
    anchors: &["DaQAPO detect_time_anomalies (zero)"],
    dimension: Dimension::Accuracy,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "Start and end are the same although other events of the activity take time. Nothing is said of activities whose times are whole days or hours, nor of an event that follows another one of its case within the unit in which times are told, or within two milliseconds.",
    formula: "affected: such events; applicable: events with start and end of activities of which an event takes time",
    help: "see whether one of the two times is a copy of the other",
    needs: &[Need::Activity, Need::Time, Need::Start],
};

impl Check for ZeroDurations {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let midnights = facts.midnights();
        let lasts: Vec<bool> = facts.labels.all.iter().map(|it| is_told(it, midnights)).collect();
        let clock = facts.table.clock;
        let finest = facts.labels.all.iter().filter_map(|it| midnights.finest(it)).max();
        let unit = match finest {
            Some(Grain::Minute) => 60 * clock.per_second,
            Some(Grain::Second) => clock.per_second,
            _ => clock.per_second / 500,
        };
        facts.table.case.map(|_| Box::new(Cases { lasts, clock, unit }) as Box<dyn CaseCheck>)
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let mut tally = Tally::default();
        let midnights = facts.midnights();
        for label in facts.labels.all.iter().filter(|it| is_told(it, midnights)) {
            tally.affected += label.instant;
            tally.applicable += label.instant + label.lasting;
            for row in &label.instant_rows {
                tally.example(Some(*row), None, || format!("{:?}", label.text));
            }
        }
        Verdict::of(tally)
    }
}

/// Whether the times of an activity tell how long its events take.
fn is_told(label: &Label, midnights: Midnights) -> bool {
    label.lasting > 0 && midnights.finest(label).is_some_and(|it| it > Grain::Hour)
}

struct Cases {
    lasts: Vec<bool>,
    clock: crate::inspect::times::Clock,
    /// The time that passes unseen.
    unit: i64,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for (at, it) in events.iter().enumerate() {
            let Some(start) = it.start.filter(|_| self.lasts.get(it.label as usize) == Some(&true)) else {
                continue;
            };
            // There was no room for a longer one.
            let before = at.checked_sub(1).map(|at| &events[at]);
            if start == it.time && before.is_some_and(|it| start.saturating_sub(it.time) <= self.unit) {
                continue;
            }
            counter.tally.applicable += 1;
            if start == it.time {
                counter.row(it.row, Some(case), || format!("both at {}", self.clock.shown(start)));
            }
        }
    }
}
