//! Cells of other columns without a value, where nearly all rows have one.

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
    severity: Severity::Warn,
    weight: 1,
    unit: "cells",
    meaning: "An attribute is null or blank although nine of ten rows have a value. Columns with fewer values are taken to be optional.",
    formula: "affected: such cells; applicable: cells of attributes that nine of ten rows have",
    help: "ask the source for the values; optional attributes are listed under columns",
    needs: &[],
};

/// Whether a column is an attribute that rows are meant to have.
pub fn is_expected(facts: &Facts, at: usize) -> bool {
    let missing = &facts.missing[at];
    facts.table.role_of(at).is_none() && missing.affected * 10 <= missing.applicable
}

impl Check for MissingAttributes {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        of_columns(facts, (0..facts.columns.len()).filter(|at| is_expected(facts, *at)))
    }
}
