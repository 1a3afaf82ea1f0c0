//! Events that end before they begin.

use super::{About, Check, Dimension, LogBatch, Need, RowCheck, Severity};
use crate::inspect::InspectOptions;
use crate::inspect::table::LogTable;
use crate::inspect::tally::Counter;

/// Makes the check `negative-durations` of a log.
pub struct NegativeDurations;

static ABOUT: About = About {
    id: "negative-durations",
    title: "End before start",
    anchors: &["DaQAPO detect_time_anomalies (negative)"],
    dimension: Dimension::Accuracy,
    severity: Severity::Error,
    weight: 2,
    unit: "events",
    meaning: "The time of completion is before the start.",
    formula: "affected: events with time < start; applicable: events with both",
    help: "see whether start and end are swapped, or come from clocks that differ",
    needs: &[Need::Time, Need::Start],
};

impl Check for NegativeDurations {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rows(&self, table: &LogTable, _: &InspectOptions) -> Option<Box<dyn RowCheck>> {
        (table.time.is_some() && table.start.is_some()).then(|| Box::new(Rows) as Box<dyn RowCheck>)
    }
}

struct Rows;

impl RowCheck for Rows {
    fn batch(&mut self, batch: &LogBatch<'_>, counter: &mut Counter<'_>) {
        let (Some(times), Some(starts)) = (batch.times, batch.starts) else { return };
        for at in 0..batch.rows {
            let (Some(time), Some(start)) = (times.get(at), starts.get(at)) else { continue };
            counter.tally.applicable += 1;
            if time < start {
                counter.row(batch.first_row + at as u64, batch.case(at), || {
                    let took = batch.clock.shown_duration(time.saturating_sub(start));
                    format!("from {} to {}: {took}", batch.clock.shown(start), batch.clock.shown(time))
                });
            }
        }
    }
}
