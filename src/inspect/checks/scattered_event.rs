//! Moments in other columns, which may be events that nobody made rows of.

use arrow::datatypes::DataType;

use super::{About, Check, Dimension, Severity, Verdict, example};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `scattered-event` of a log.
pub struct ScatteredEvent;

static ABOUT: About = About {
    id: "scattered-event",
    title: "Times or activities in other columns, perhaps events",
    anchors: &["Suriadi et al. 2017: scattered event (a hint)"],
    dimension: Dimension::Coverage,
    severity: Severity::Hint,
    weight: 0,
    unit: "columns",
    meaning: "A column that is not a role holds times, or a text that names an activity of the log together with a date: it may be an event of its own that the log does not have as a row.",
    formula: "affected: such columns; applicable: columns without a role. Of a column the values that appear first are read",
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
            if let Some((text, count)) = told(facts, at) {
                verdict.tally.affected += 1;
                let what =
                    format!("column {name:?}: {count} values name an activity and a date, such as {text:?}");
                verdict.tally.examples.push(example(what));
                continue;
            }
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

/// Values of a text column that name an activity and a date: the first, and how many.
fn told(facts: &Facts, at: usize) -> Option<(String, u64)> {
    let column = &facts.columns[at];
    // Long names of activities only: a short word may stand anywhere.
    let labels = facts.labels.all.iter().map(|it| &*it.text).filter(|it| it.len() >= 8 && it.contains(' '));
    let labels: Vec<&str> = labels.take(LABELS).collect();
    if labels.is_empty() || !column.kind.is_text() {
        return None;
    }
    let mut found = None;
    let mut count = 0;
    for (_, text) in column.values.first_texts().filter(|(_, text)| has_date(text)) {
        if labels.iter().any(|label| text.contains(label)) {
            count += 1;
            found.get_or_insert_with(|| text.chars().take(80).collect::<String>());
        }
    }
    found.map(|text| (text, count))
}

/// Labels that are looked for.
const LABELS: usize = 200;

/// Whether a text has a date such as 2024-05-01 in it.
fn has_date(text: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    text.as_bytes().windows(10).any(|it| {
        it[4] == b'-' && it[7] == b'-' && [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|at| is_digit(&it[*at]))
    })
}
