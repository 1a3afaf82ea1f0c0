//! Events of one case with the same label and time that differ elsewhere.

use super::{About, CaseCheck, Check, Dimension, Need, Severity};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, row_mark};

/// Makes the check `exact-ties` of a log.
pub struct ExactTies;

static ABOUT: About = About {
    id: "exact-ties",
    title: "Same activity at the same time",
    anchors: &["DaQAPO detect_multiregistration (without its threshold)"],
    dimension: Dimension::Uniqueness,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "A case has the same activity, and no other, at the same time more than once, and the rows differ in another column.",
    formula: "affected: events after the first of such a group; applicable: events",
    help: "see in which column the rows differ: it may belong to the activity, or be a line of a list",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for ExactTies {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        Some(Box::new(Cases { labels: facts.labels.all.iter().map(|it| it.text.clone()).collect() }))
    }
}

struct Cases {
    labels: Vec<Box<str>>,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        counter.tally.applicable += events.len() as u64;
        // Several activities at one time are the business of form-based capture.
        let is_tie = |it: &&[CaseEvent]| it.len() > 1 && it.iter().all(|event| event.label == it[0].label);
        for same_time in events.chunk_by(|a, b| a.time == b.time).filter(is_tie) {
            let mut sorted: Vec<&CaseEvent> = same_time.iter().collect();
            sorted.sort_by_key(|it| (it.label, it.start, it.values, it.row));
            for pair in sorted.windows(2) {
                let [before, it] = pair else { continue };
                // The start is part of when it happened.
                if (before.label, before.start) == (it.label, it.start) && before.values != it.values {
                    let label = self.labels.get(it.label as usize).map_or("", AsRef::as_ref);
                    counter.row(it.row, Some(case), || format!("{label:?} as in {}", row_mark(before.row)));
                }
            }
        }
    }
}
