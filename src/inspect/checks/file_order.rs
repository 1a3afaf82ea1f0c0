//! Events of a case that stand in the file in another order than their times.

use super::{About, CaseCheck, Check, Dimension, Need, Severity};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, row_mark};
use crate::inspect::times::Clock;

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
    formula: "affected: rows with a time before that of an earlier row of their case; applicable: events that follow another",
    help: "nothing has to be done for LogFlow, which orders by time; other programs must sort by case and time first",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for FileOrder {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        Some(Box::new(Cases { clock: facts.table.clock, by_row: Vec::new() }))
    }
}

struct Cases {
    clock: Clock,
    /// Rows of a case with their times.
    by_row: Vec<(u64, i64)>,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        counter.tally.applicable += events.len().saturating_sub(1) as u64;
        if events.is_sorted_by_key(|it| it.row) {
            return;
        }
        self.by_row.clear();
        self.by_row.extend(events.iter().map(|it| (it.row, it.time)));
        self.by_row.sort_unstable();
        let mut latest = (0, i64::MIN);
        for (row, time) in self.by_row.drain(..) {
            if time >= latest.1 {
                latest = (row, time);
                continue;
            }
            counter.row(row, Some(case), || {
                let (found, last) = (self.clock.shown(time), self.clock.shown(latest.1));
                format!("{found} behind {} with {last}", row_mark(latest.0))
            });
        }
    }
}
