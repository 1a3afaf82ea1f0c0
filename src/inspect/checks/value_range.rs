//! Values outside the range that a rule gives.

use super::{About, Check, Dimension, Severity, Verdict, judge_rows};
use crate::inspect::facts::Facts;
use crate::inspect::rules::{Rule, RuleValue};
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `value-range` of a log.
pub struct ValueRange;

static ABOUT: About = About {
    id: "value-range",
    title: "Value outside the range of the rule",
    anchors: &["DaQAPO detect_value_range_violations"],
    dimension: Dimension::Accuracy,
    severity: Severity::Error,
    weight: 2,
    unit: "values",
    meaning: "A value of a column (a number, a time or a text) is less than the rule's least, greater than its most, or none of its values. Missing values are not looked at.",
    formula: "affected: such values; applicable: values of the column that are not missing; both added up over the rules",
    help: "see whether the value is mistyped or means something of its own, such as 0 for unknown",
    needs: &[],
};

impl Check for ValueRange {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        judge_rows(ABOUT.id, facts, |rule| match rule {
            Rule::ValueRange(rule) => Some(match (&rule.least, &rule.most) {
                (Some(least), Some(most)) => format!("{} from {least} to {most}", rule.column),
                (Some(least), None) => format!("{} from {least} on", rule.column),
                (None, Some(most)) => format!("{} up to {most}", rule.column),
                (None, None) => {
                    let values: Vec<String> = rule.values.iter().take(8).map(RuleValue::to_string).collect();
                    let more = if rule.values.len() > values.len() { ", ..." } else { "" };
                    format!("{} among {}{more}", rule.column, values.join(", "))
                }
            }),
            _ => None,
        })
    }
}
