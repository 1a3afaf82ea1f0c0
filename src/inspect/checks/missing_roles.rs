//! A table without a column for case, activity or time.

use super::{About, Check, Dimension, Severity, Verdict, example};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `missing-roles` of a log.
pub struct MissingRoles;

static ABOUT: About = About {
    id: "missing-roles",
    title: "No column for a role",
    anchors: &["Fischer et al. 2020: syntactic completeness"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 3,
    unit: "roles",
    meaning: "No column is known to be the case, the activity or the timestamp, or the column does not hold times. Checks that need it are left out.",
    formula: "affected: roles without a column; applicable: case, activity and timestamp",
    help: "name the columns with ⟦case-id⟧, ⟦activity⟧ and ⟦timestamp⟧",
    needs: &[],
};

impl Check for MissingRoles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let table = &facts.table;
        let roles = [("case", table.case), ("activity", table.activity), ("timestamp", table.time)];
        let mut verdict = Verdict::default();
        verdict.tally.applicable = roles.len() as u64;
        for (name, _) in roles.iter().filter(|(_, column)| column.is_none()) {
            verdict.tally.affected += 1;
            verdict.tally.examples.push(example(format!("no column for the {name}")));
        }
        verdict
    }
}
