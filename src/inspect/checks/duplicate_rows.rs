//! Rows that are there twice.

use super::{About, CaseCheck, Check, Dimension, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally, row_mark};
use crate::report::Report;

/// Makes the check `duplicate-rows` of a log.
pub struct DuplicateRows;

static ABOUT: About = About {
    id: "duplicate-rows",
    title: "Row that is there twice",
    anchors: &["DaQAPO detect_multiregistration (without its threshold)", "Fischer et al. 2020: duplicates"],
    dimension: Dimension::Uniqueness,
    severity: Severity::Error,
    weight: 3,
    unit: "rows",
    meaning: "A row has the same values in all columns as an earlier row.",
    formula: "affected: rows after the first of each kind; applicable: rows",
    help: "ask the source why rows are exported twice; a join in the export is a frequent reason",
    needs: &[],
};

impl Check for DuplicateRows {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        // Every row is an event, or rows that are none would not be compared.
        (facts.events.count == facts.rows && facts.rows > 0).then(|| Box::new(Cases) as Box<dyn CaseCheck>)
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let values = &facts.row_values;
        let distinct = values.distinct(facts.rows);
        let affected = facts.rows - distinct;
        // An estimate of distinct rows that is as near to all rows as it can be says that there are none twice.
        let is_noise = !values.is_exact() && (affected as f64) < values.error() * facts.rows as f64;
        let tally = Tally {
            affected: if is_noise { 0 } else { affected },
            applicable: facts.rows,
            ..Tally::default()
        };
        Verdict { tally, error: values.error(), ..Verdict::default() }
    }
}

struct Cases;

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        counter.tally.applicable += events.len() as u64;
        for same_time in events.chunk_by(|a, b| a.time == b.time).filter(|it| it.len() > 1) {
            let mut sorted: Vec<&CaseEvent> = same_time.iter().collect();
            sorted.sort_by_key(|it| (it.label, it.values, it.row));
            for pair in sorted.windows(2) {
                let [before, it] = pair else { continue };
                if (before.label, before.values, before.start) == (it.label, it.values, it.start) {
                    counter.row(it.row, Some(case), || format!("the same as {}", row_mark(before.row)));
                }
            }
        }
    }
}
