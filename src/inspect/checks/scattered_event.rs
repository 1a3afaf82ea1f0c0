//! Moments in other columns, which may be events that nobody made rows of.

use arrow::datatypes::DataType;

use super::{About, Check, Dimension, Severity, Verdict, example};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// The check.
pub struct ScatteredEvent;

static ABOUT: About = About {
    id: "scattered-event",
    title: "Times in other columns, perhaps events",
    anchors: &["Suriadi et al. 2017: scattered event (a hint)"],
    dimension: Dimension::Coverage,
    severity: Severity::Hint,
    weight: 0,
    unit: "columns",
    meaning: "A column that is not a role holds times: each may be an event of its own that the log does not have as a row.",
    formula: "affected: columns with times and without a role; applicable: columns without a role",
    help: "make rows of such times at the source if they are events",
    needs: &[],
};

impl Check for ScatteredEvent {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let mut verdict = Verdict::default();
        for (at, (name, data_type)) in facts.table.columns.iter().enumerate() {
            if facts.table.role_of(at).is_some() {
                continue;
            }
            verdict.tally.applicable += 1;
            let is_time = matches!(data_type, DataType::Timestamp(..) | DataType::Date32);
            if is_time && facts.columns[at].count > 0 {
                verdict.tally.affected += 1;
                if verdict.tally.wants_example() {
                    verdict.tally.examples.push(example(format!("column {name:?}")));
                }
            }
        }
        verdict
    }
}
