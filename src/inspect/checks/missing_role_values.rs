//! Cells of role columns without a value.

use super::{About, Check, Dimension, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `missing-role-values` of a log.
pub struct MissingRoleValues;

static ABOUT: About = About {
    id: "missing-role-values",
    title: "Role without a value",
    anchors: &["DaQAPO detect_missing_values"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 3,
    unit: "cells",
    meaning: "The activity, time, start, resource or lifecycle of an event is null; for all but the activity also blank or a word such as N/A. Cases have a check of their own. It is a warning if only resources and lifecycles are missing.",
    formula: "affected: such cells; applicable: cells of these columns",
    help: "leave such rows out with ⟦where⟧ \"COLUMN is not null\", or ask the source for the values",
    needs: &[],
};

impl Check for MissingRoleValues {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let columns = (0..facts.columns.len())
            .filter(|at| facts.table.role_of(*at).is_some() && facts.table.case != Some(*at));
        let mut verdict = of_columns(facts, columns);
        // An event without a resource is an event.
        let table = &facts.table;
        let grave = [table.activity, table.time, table.start].into_iter().flatten();
        if grave.filter_map(|at| facts.missing.get(at)).all(|it| it.affected == 0) {
            verdict.severity = Some(Severity::Warn);
        }
        verdict
    }
}

/// The missing values of some columns.
pub fn of_columns(facts: &Facts, columns: impl Iterator<Item = usize>) -> Verdict {
    let mut verdict = Verdict::default();
    let mut examples = Vec::new();
    for at in columns {
        let Some(tally) = facts.missing.get(at) else { continue };
        verdict.tally.affected += tally.affected;
        verdict.tally.applicable += tally.applicable;
        let name = &facts.table.columns[at].0;
        if tally.affected > 0 {
            verdict.details.push(format!("{name}: {} of {}", tally.affected, tally.applicable));
        }
        examples.extend(tally.examples.iter().map(|it| {
            let mut it = it.clone();
            it.what = format!("{name} is {}", it.what);
            it
        }));
    }
    examples.sort_by_key(|it| it.row);
    for it in examples {
        verdict.tally.example(it.row, it.case, || it.what);
    }
    if verdict.tally.applicable == 0 {
        return Verdict::not_assessed("there are no such columns");
    }
    verdict
}
