//! Times that programs write where there is none.

use super::{About, Check, Dimension, LogBatch, Need, RowCheck, Severity};
use crate::inspect::InspectOptions;
use crate::inspect::table::LogTable;
use crate::inspect::tally::Counter;
use crate::inspect::times::Clock;

/// Makes the check `default-timestamps` of a log.
pub struct DefaultTimestamps;

static ABOUT: About = About {
    id: "default-timestamps",
    title: "Time that stands for none",
    anchors: &["Fischer et al. 2020: outliers"],
    dimension: Dimension::Accuracy,
    severity: Severity::Error,
    weight: 1,
    unit: "times",
    meaning: "A time or a start is one that programs write where there is none: any time of the days 0001-01-01, 1753-01-01, 1899-12-30, 1899-12-31, 1900-01-01, 1970-01-01, 9999-12-31, or midnight of 2000-01-01; or it is before 1900.",
    formula: "affected: such times; applicable: times and starts",
    help: "make them null at the source, or leave such rows out with ⟦where⟧",
    needs: &[Need::Time],
};

/// Days of which every time counts.
const DAYS: [(i64, i64, i64); 5] =
    [(1900, 1, 1), (1970, 1, 1), (9999, 12, 31), (1899, 12, 30), (1899, 12, 31)];

impl Check for DefaultTimestamps {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rows(&self, table: &LogTable, _: &InspectOptions) -> Option<Box<dyn RowCheck>> {
        table.time?;
        let clock = table.clock;
        let days = DAYS.map(|(year, month, day)| clock.midnight(year, month, day));
        Some(Box::new(Rows {
            days,
            millennium: clock.midnight(2000, 1, 1),
            before: clock.midnight(1900, 1, 1),
            from: clock.midnight(1971, 1, 1),
            to: clock.midnight(9999, 1, 1),
            clock,
        }))
    }
}

struct Rows {
    days: [i64; 5],
    millennium: i64,
    before: i64,
    from: i64,
    to: i64,
    clock: Clock,
}

impl Rows {
    #[inline]
    fn is_default(&self, time: i64) -> bool {
        if time == self.millennium {
            return true;
        }
        if (self.from..self.to).contains(&time) {
            return false;
        }
        let day = self.clock.per_second * 86_400;
        time < self.before || self.days.iter().any(|it| (*it..it.saturating_add(day)).contains(&time))
    }
}

impl RowCheck for Rows {
    fn batch(&mut self, batch: &LogBatch<'_>, counter: &mut Counter<'_>) {
        for moments in [batch.times, batch.starts].into_iter().flatten() {
            for at in 0..batch.rows {
                let Some(time) = moments.get(at) else { continue };
                counter.tally.applicable += 1;
                if self.is_default(time) {
                    let row = batch.first_row + at as u64;
                    counter.row(row, batch.case(at), || batch.clock.shown(time));
                }
            }
        }
    }
}
