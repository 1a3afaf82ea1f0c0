//! Events of a case that stand in the file in another order than their times.

use super::{About, CaseCheck, Check, Dimension, Need, Severity};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, row_mark};

/// Makes the check `file-order` of a log.
pub struct FileOrder;

static ABOUT: About = About {
    id: "file-order",
    title: "File order is not time order",
    anchors: &["Fischer et al. 2020: event order"],
    dimension: Dimension::Consistency,
    severity: Severity::Hint,
    weight: 0,
    unit: "events",
    meaning: "An event stands in the file behind one of its case with a later time. Programs that rely on the order of the file get another process.",
    formula: "affected: events whose row comes before the row of the event before them in time; applicable: events that follow another",
    help: "nothing has to be done for LogFlow, which orders by time; other programs must sort by case and time first",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for FileOrder {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        Some(Box::new(Cases(facts.table.clock)))
    }
}

struct Cases(crate::inspect::times::Clock);

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for pair in events.windows(2) {
            let [before, it] = pair else { continue };
            counter.tally.applicable += 1;
            if it.row < before.row {
                counter.row(it.row, Some(case), || {
                    format!(
                        "{} before {} with {}",
                        self.0.shown(it.time),
                        row_mark(before.row),
                        self.0.shown(before.time)
                    )
                });
            }
        }
    }
}
