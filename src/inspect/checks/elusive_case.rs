//! Events that belong to no case.

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
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
    meaning: "The identifier of the case is null, blank or a word such as N/A: the event is part of no case, and nothing counts it.",
    formula: "affected: such rows; applicable: rows",
    help: "look for another column that tells which events belong together, and name it with ⟦case-id⟧",
    needs: &[Need::Case],
};

impl Check for ElusiveCase {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        super::missing_role_values::of_columns(facts, facts.table.case.into_iter())
    }
}
