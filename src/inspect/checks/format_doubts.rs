//! Doubts about types, dialect and roles that the reader itself had.

use super::{About, Check, Dimension, Severity, Verdict, example};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::options::Spelling;
use crate::report::Report;

/// Makes the check `format-doubts` of a log.
pub struct FormatDoubts;

static ABOUT: About = About {
    id: "format-doubts",
    title: "Column whose type is in doubt",
    anchors: &["Fischer et al. 2020: format"],
    dimension: Dimension::Conformity,
    severity: Severity::Warn,
    weight: 1,
    unit: "columns",
    meaning: "The reader warns that a column may not have the type that it should have, such as dates in two orders or numbers with a few words between them.",
    formula: "affected: columns with such a warning (LW3..); applicable: columns",
    help: "each warning tells what to do; declare the type with ⟦schema⟧",
    needs: &[],
};

impl Check for FormatDoubts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, report: &Report) -> Verdict {
        let mut verdict = Verdict::default();
        verdict.tally.applicable = facts.columns.len() as u64;
        let mut columns: Vec<&str> = Vec::new();
        for warning in report.warnings.iter().filter(|it| it.code.is_about_types()) {
            let column = warning.column.as_deref().unwrap_or_default();
            if !columns.contains(&column) {
                columns.push(column);
                verdict.tally.affected += 1;
            }
            if verdict.tally.wants_example() {
                let message = Spelling::PLAIN.write(&warning.message).into_owned();
                let mut it = example(format!("{} {message}", warning.code));
                it.row = warning.example.as_ref().and_then(|it| it.row).map(|row| row - 1);
                verdict.tally.examples.push(it);
            }
        }
        verdict.tally.affected = verdict.tally.affected.min(verdict.tally.applicable);
        verdict
    }
}
