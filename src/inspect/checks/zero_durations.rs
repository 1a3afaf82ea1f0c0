//! Events that take no time although others of their activity do.

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};
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
    meaning: "Start and end are the same although other events of the activity take time.",
    formula: "affected: such events; applicable: events with start and end of activities of which an event takes time",
    help: "see whether one of the two times is a copy of the other",
    needs: &[Need::Activity, Need::Time, Need::Start],
};

impl Check for ZeroDurations {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let lasts: Vec<bool> = facts.labels.all.iter().map(|it| it.lasting > 0).collect();
        facts.table.case.map(|_| Box::new(Cases { lasts, clock: facts.table.clock }) as Box<dyn CaseCheck>)
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let mut tally = Tally::default();
        for label in facts.labels.all.iter().filter(|it| it.lasting > 0) {
            tally.affected += label.instant;
            tally.applicable += label.instant + label.lasting;
            for row in &label.instant_rows {
                tally.example(Some(*row), None, || format!("{:?}", label.text));
            }
        }
        Verdict::of(tally)
    }
}

struct Cases {
    lasts: Vec<bool>,
    clock: crate::inspect::times::Clock,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for it in events.iter().filter(|it| self.lasts.get(it.label as usize) == Some(&true)) {
            let Some(start) = it.start else { continue };
            counter.tally.applicable += 1;
            if start == it.time {
                counter.row(it.row, Some(case), || format!("both at {}", self.clock.shown(start)));
            }
        }
    }
}
