//! Labels that are none of the activities that a rule allows.

use std::collections::HashSet;

use super::{About, Check, Dimension, NO_RULES, Need, RuleVerdict, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `allowed-activities` of a log.
pub struct AllowedActivities;

static ABOUT: About = About {
    id: "allowed-activities",
    title: "Activity that the rule does not allow",
    anchors: &["DaQAPO detect_incorrect_activity_names"],
    dimension: Dimension::Conformity,
    severity: Severity::Error,
    weight: 2,
    unit: "events",
    meaning: "The label of an event is none of the activities that the rules allow.",
    formula: "affected: such events; applicable: events with a label",
    help: "rename such labels at the source, or add them to the rule",
    needs: &[Need::Activity],
};

impl Check for AllowedActivities {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let rules = facts.options.rules.of_check(ABOUT.id);
        let allowed: Vec<&String> = rules
            .flat_map(|(_, rule)| match rule {
                Rule::AllowedActivities(rule) => rule.activities.as_slice(),
                _ => &[],
            })
            .collect();
        if allowed.is_empty() {
            return Verdict::not_assessed(NO_RULES);
        }
        let known: HashSet<&str> = allowed.iter().map(|it| it.as_str()).collect();
        let found = (0..).zip(&facts.labels.all).filter(|(_, it)| !known.contains(&*it.text));
        let found: Vec<(u32, String)> =
            found.map(|(number, it)| (number, format!("label {:?}", it.text))).collect();
        let wrong = found.len();
        let mut verdict = Verdict::of_labels(facts, found);
        // Labels beyond those that are told apart are not known by their text.
        verdict.rules = vec![RuleVerdict {
            rule: format!("{} activities are allowed", known.len()),
            affected: verdict.tally.affected,
            applicable: verdict.tally.applicable,
        }];
        let verdict = verdict.detail(format!("{wrong} of {} labels are not allowed", facts.labels.all.len()));
        verdict.unknown_activities(facts, allowed.into_iter())
    }
}
