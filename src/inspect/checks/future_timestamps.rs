//! Times that have not come yet.

use super::{About, Check, Dimension, LogBatch, Need, RowCheck, Severity};
use crate::inspect::InspectOptions;
use crate::inspect::table::LogTable;
use crate::inspect::tally::Counter;

/// Makes the check `future-timestamps` of a log.
pub struct FutureTimestamps;

static ABOUT: About = About {
    id: "future-timestamps",
    title: "Time in the future",
    anchors: &["Fischer et al. 2020: future entry"],
    dimension: Dimension::Timeliness,
    severity: Severity::Error,
    weight: 1,
    unit: "times",
    meaning: "A time or a start is more than a day after the moment of the inspection, or after the one that ⟦as-of⟧ gives.",
    formula: "affected: such times; applicable: times and starts",
    help: "see whether they are plans, or dates in another order (⟦date-order⟧)",
    needs: &[Need::Time],
};

impl Check for FutureTimestamps {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rows(&self, table: &LogTable, options: &InspectOptions) -> Option<Box<dyn RowCheck>> {
        table.time?;
        // A day later it is today everywhere on Earth.
        let last = (options.as_of + 86_400).saturating_mul(table.clock.per_second);
        Some(Box::new(Rows { last }))
    }
}

struct Rows {
    last: i64,
}

impl RowCheck for Rows {
    fn batch(&mut self, batch: &LogBatch<'_>, counter: &mut Counter<'_>) {
        for moments in [batch.times, batch.starts].into_iter().flatten() {
            for at in 0..batch.rows {
                let Some(time) = moments.get(at) else { continue };
                counter.tally.applicable += 1;
                if time > self.last {
                    let row = batch.first_row + at as u64;
                    counter.row(row, batch.case(at), || batch.clock.shown(time));
                }
            }
        }
    }
}
