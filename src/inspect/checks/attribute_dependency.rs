//! Rows for which one condition is true, and another one that follows from it is not.

use super::{About, Check, Dimension, Severity, Verdict, judge_rows};
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `attribute-dependency` of a log.
pub struct AttributeDependency;

static ABOUT: About = About {
    id: "attribute-dependency",
    title: "Values that contradict a rule",
    anchors: &["DaQAPO detect_attribute_dependencies"],
    dimension: Dimension::Consistency,
    severity: Severity::Error,
    weight: 2,
    unit: "rows",
    meaning: "One condition of a rule is true for a row and the other one, which follows from it, is false, or not known because a value is missing.",
    formula: "affected: such rows; applicable: rows for which the first condition is true; both added up over the rules",
    help: "see which of the values is wrong, or whether the rule has exceptions",
    needs: &[],
};

impl Check for AttributeDependency {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        judge_rows(ABOUT.id, facts, |rule| match rule {
            Rule::AttributeDependency(rule) => Some(format!("where {} then {}", rule.condition, rule.then)),
            _ => None,
        })
    }
}
