//! Times that programs write where there is none.

use super::{About, Check, Dimension, LogBatch, Need, RowCheck, Severity, Verdict};
use crate::error::Result;
use crate::inspect::InspectOptions;
use crate::inspect::columns::cells::{CellKind, nanos_in};
use crate::inspect::columns::values::gather_whole;
use crate::inspect::facts::Facts;
use crate::inspect::table::LogTable;
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::{Clock, LocalZone};
use crate::report::Report;

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
    meaning: "A time or a start is one that programs write where there is none: any time of the days 0001-01-01, 1753-01-01, 1899-12-30, 1899-12-31, 1900-01-01, 1970-01-01, 9999-12-31, or midnight of 2000-01-01, by the clocks of the log; or it is before 1900. Of a log that ends before 1972 nothing is said.",
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
            zone: table.zone.clone(),
        }))
    }

    fn judge(&self, facts: &Facts, rows: &Tally, _: &Report) -> Verdict {
        let column = facts.table.time.and_then(|at| facts.columns.get(at));
        let last_day = column.and_then(|it| {
            let last = gather_whole(it.range?.1);
            match it.kind {
                CellKind::Date => Some(last),
                CellKind::Time(unit) => Some(last.div_euclid(86_400 * (1_000_000_000 / nanos_in(unit)))),
                _ => None,
            }
        });
        match last_day {
            // Simulated clocks begin with the first of January 1970.
            Some(day) if (0..2 * 365).contains(&day) => Verdict::not_assessed("the log is from 1970 or 1971"),
            _ => Verdict::of(rows.clone()),
        }
    }
}

struct Rows {
    days: [i64; 5],
    millennium: i64,
    before: i64,
    from: i64,
    to: i64,
    clock: Clock,
    zone: LocalZone,
}

impl Rows {
    #[inline]
    fn is_default(&self, time: i64) -> bool {
        // Nearly all times are far from all of them, in any zone.
        if (self.from..self.to).contains(&time) && time.abs_diff(self.millennium) > self.day() {
            return false;
        }
        self.is_default_day(time)
            || self.zone.local(time, self.clock) != time
                && self.is_default_day(self.zone.local(time, self.clock))
            || self.is_edge(time)
    }

    fn is_default_day(&self, time: i64) -> bool {
        let (day, time) = (self.day(), i128::from(time));
        time == i128::from(self.millennium)
            || time < i128::from(self.before)
            || self.days.iter().map(|it| i128::from(*it)).any(|it| (it..it + i128::from(day)).contains(&time))
    }

    /// Whether a time is midnight of the first or the last day that programs know, in any zone: no log has events
    /// of its own there.
    fn is_edge(&self, time: i64) -> bool {
        let (half_hour, far) = (1800 * self.clock.per_second, 14 * 3600 * self.clock.per_second);
        let near = |day: i64| time >= day.saturating_sub(far) && time <= day.saturating_add(far);
        time.rem_euclid(half_hour) == 0 && (near(self.days[1]) || near(self.days[2]))
    }

    const fn day(&self) -> u64 {
        self.clock.per_second as u64 * 86_400
    }
}

impl RowCheck for Rows {
    fn batch(&mut self, batch: &LogBatch<'_>, counter: &mut Counter<'_>) -> Result<()> {
        for moments in [batch.times, batch.starts].into_iter().flatten() {
            for at in 0..batch.rows {
                let Some(time) = moments.get(at) else { continue };
                counter.tally.applicable += 1;
                if self.is_default(time) {
                    let row = batch.row(at);
                    counter.row(row, batch.case(at), || batch.clock.shown(time));
                }
            }
        }
        Ok(())
    }
}
