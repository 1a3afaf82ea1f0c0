//! Cells of other columns without a value.

use super::missing_role_values::of_columns;
use super::{About, Check, Dimension, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `missing-attributes` of a log.
pub struct MissingAttributes;

static ABOUT: About = About {
    id: "missing-attributes",
    title: "Attribute without a value",
    anchors: &["DaQAPO detect_missing_values"],
    dimension: Dimension::Completeness,
    severity: Severity::Hint,
    weight: 0,
    unit: "cells",
    meaning: "An attribute is null or blank. Which attributes are optional only people can tell: the columns that nearly all rows have come first.",
    formula: "affected: such cells; applicable: cells of all columns that play no role",
    help: "ask the source for the values of attributes that each event should have",
    needs: &[],
};

impl Check for MissingAttributes {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let mut columns: Vec<usize> =
            (0..facts.columns.len()).filter(|at| facts.table.role_of(*at).is_none()).collect();
        columns.sort_by_key(|at| facts.missing[*at].affected);
        of_columns(facts, columns.into_iter())
    }
}
