//! Events that belong to no case.

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::columns::pattern;
use crate::inspect::columns::profile::{ColumnPart, Missing};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::inspect::words::{Meaning, meaning};
use crate::report::Report;

/// Makes the check `elusive-case` of a log.
pub struct ElusiveCase;

static ABOUT: About = About {
    id: "elusive-case",
    title: "Event without a case",
    anchors: &["Suriadi et al. 2017: elusive case (in part)", "DaQAPO detect_missing_values"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 2,
    unit: "rows",
    meaning: "The identifier of the case is null or blank: the event is part of no case, and nothing counts it. Or it is a word such as N/A, unlike other identifiers: all events with it count as one case, and probably belong to several or to none.",
    formula: "affected: such rows; applicable: rows",
    help: "look for another column that tells which events belong together, and name it with ⟦case-id⟧",
    needs: &[Need::Case],
};

impl Check for ElusiveCase {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let Some(column) = facts.table.case.and_then(|at| facts.columns.get(at)) else {
            return Verdict::default();
        };
        let mut verdict = super::missing_role_values::of_columns(facts, facts.table.case.into_iter());
        if column.placeholders == 0 {
            return verdict;
        }
        let mut words: Vec<&str> = column
            .values
            .first_texts()
            .map(|it| it.1)
            .filter(|it| meaning(it) == Meaning::Placeholder)
            .collect();
        words.sort_unstable();
        if words.iter().all(|word| is_code(word, column)) {
            // Where cases are called NX, NY and NZ, NA is one of them.
            verdict.tally.affected -= column.placeholders.min(verdict.tally.affected);
            let word = Missing::Placeholder.name();
            verdict.tally.examples.retain(|it| !it.what.ends_with(word));
            verdict.details.clear();
            return verdict;
        }
        let words: Vec<String> = words.iter().take(5).map(|it| format!("{it:?}")).collect();
        verdict.detail(format!(
            "{} rows are in a case that is called {}",
            column.placeholders,
            words.join(" or ")
        ))
    }
}

/// Whether most identifiers of cases are made like this word.
fn is_code(word: &str, column: &ColumnPart) -> bool {
    let made = pattern::of(word, false);
    let (mut alike, mut all) = (0u64, 0u64);
    for (_, text) in column.values.first_texts().filter(|(_, text)| *text != word) {
        all += 1;
        alike += u64::from(pattern::of(text, false) == made);
    }
    alike * 2 > all
}
