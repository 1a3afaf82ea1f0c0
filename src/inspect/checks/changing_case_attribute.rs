//! Attributes that belong to the case, and change within a few cases.

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Example, Tally};
use crate::report::Report;

/// Makes the check `changing-case-attribute` of a log.
pub struct ChangingCaseAttribute;

static ABOUT: About = About {
    id: "changing-case-attribute",
    title: "Attribute of a case that changes within it",
    anchors: &["DaQAPO detect_attribute_dependencies (found in the log)"],
    dimension: Dimension::Consistency,
    severity: Severity::Warn,
    weight: 1,
    unit: "cases",
    meaning: "A column has one value in nine of ten cases, at least, and different ones between cases: it tells something about the case. In this case it changes.",
    formula: "affected: cases in which such a column changes; applicable: cases with at least two values of it; both added up over the columns",
    help: "see which value is right; if the attribute may change, it belongs to the events",
    needs: &[Need::Case],
};

/// Cases that must have a value twice before something is said.
const LEAST: u64 = 20;

impl Check for ChangingCaseAttribute {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let (plan, cases) = (facts.table.attributes(), &facts.attributes.cases);
        let mut tally = Tally::default();
        let mut details = Vec::new();
        for (number, column) in plan.attributes.iter().enumerate() {
            let found = cases.of(number);
            let changes = found.changes.len() as u64;
            if found.cases < LEAST || changes * 10 > found.cases || !varies(facts, *column) {
                continue;
            }
            tally.applicable += found.cases;
            tally.affected += changes;
            let name = &facts.table.columns[*column].0;
            if changes > 0 {
                details.push(format!("{name}: {changes} of {}", found.cases));
            }
            tally.examples.extend(found.changes.iter().take(crate::inspect::tally::EXAMPLES).map(
                |(row, case)| Example { row: Some(*row), case: Some(*case), what: format!("{name} changes") },
            ));
        }
        if tally.applicable == 0 {
            return Verdict::not_assessed("no column tells something about cases");
        }
        tally.examples.sort_by_key(|it| it.row);
        tally.examples.truncate(crate::inspect::tally::EXAMPLES);
        let kept = cases.kept();
        let verdict = Verdict { details, ..Verdict::of(tally) };
        match cases.is_exact() {
            true => verdict,
            false => Verdict {
                error: 2.0 / (kept as f64).sqrt(),
                ..verdict.detail(format!("{kept} cases were compared, which stand for all"))
            },
        }
    }

    fn rows_of(&self, facts: &Facts) -> Vec<u64> {
        let (plan, cases) = (facts.table.attributes(), &facts.attributes.cases);
        let found = plan.attributes.iter().enumerate().map(|(number, column)| (cases.of(number), column));
        let is_told = |(found, column): &(crate::inspect::attributes::AttributeCases, &usize)| {
            found.cases >= LEAST && found.changes.len() as u64 * 10 <= found.cases && varies(facts, **column)
        };
        found.filter(is_told).flat_map(|(found, _)| found.changes).map(|(row, _)| row).collect()
    }
}

/// Whether a column has different values: one that is nearly always the same is so within cases too.
pub fn varies(facts: &Facts, column: usize) -> bool {
    let column = &facts.columns[column];
    let most = column.values.top(1).first().map_or(0, |it| it.count);
    column.count > 0 && most * 10 <= column.count * 7
}
