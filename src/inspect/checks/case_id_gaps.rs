//! Numbers that are missing among the identifiers of cases.

use super::{About, Check, Dimension, Need, Severity, Verdict, example};
use crate::inspect::columns::values::gather;
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `case-id-gaps` of a log.
pub struct CaseIdGaps;

static ABOUT: About = About {
    id: "case-id-gaps",
    title: "Gap in the numbers of cases",
    anchors: &["DaQAPO detect_case_id_sequence_gaps"],
    dimension: Dimension::Coverage,
    severity: Severity::Hint,
    weight: 0,
    unit: "identifiers",
    meaning: "The identifiers of cases are numbers, alone or behind the same letters, at least half of those between the least and the greatest are there, and some are not.",
    formula: "affected: numbers that are missing; applicable: numbers from the least to the greatest",
    help: "see whether the export left cases out, such as open or cancelled ones",
    needs: &[Need::Case],
};

impl Check for CaseIdGaps {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let Some(column) = facts.table.case.and_then(|at| facts.columns.get(at)) else {
            return Verdict::default();
        };
        let mut numbers: Vec<i64> = if !column.values.is_exact() {
            return Verdict::not_assessed("there are too many cases");
        } else if column.kind.is_text() {
            if !column.values.has_all_texts() {
                return Verdict::not_assessed("there are too many cases whose identifiers are texts");
            }
            let parts: Vec<(&str, &str)> = column.values.first_texts().map(|(_, text)| parts(text)).collect();
            let is_one = parts.iter().all(|it| it.0 == parts[0].0);
            let numbers: Option<Vec<i64>> = parts.iter().map(|(_, digits)| digits.parse().ok()).collect();
            match numbers.filter(|_| is_one) {
                Some(numbers) => numbers,
                None => return Verdict::not_assessed("the identifiers of cases are not numbers"),
            }
        } else {
            column.values.kept().iter().map(|it| (gather(it.hash) ^ 1 << 63) as i64).collect()
        };
        numbers.sort_unstable();
        numbers.dedup();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return Verdict::default() };
        let range = last.abs_diff(*first).saturating_add(1);
        if numbers.len() < 2 || (numbers.len() as u64) < range / 2 {
            return Verdict::not_assessed("the identifiers of cases do not count");
        }
        let mut verdict = Verdict::default();
        verdict.tally.applicable = range;
        verdict.tally.affected = range - numbers.len() as u64;
        for pair in numbers.windows(2) {
            if let [before, it] = pair
                && it - before > 1
                && verdict.tally.wants_example()
            {
                let (low, high) = (before + 1, it - 1);
                let what = if low == high { low.to_string() } else { format!("{low} to {high}") };
                verdict.tally.examples.push(example(what));
            }
        }
        verdict
    }
}

/// What stands before the digits at the end of a text, and these.
fn parts(text: &str) -> (&str, &str) {
    text.split_at(text.trim_end_matches(|c: char| c.is_ascii_digit()).len())
}
