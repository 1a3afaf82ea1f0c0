//! Cases that have an activity without the one that it needs.

use super::required_activities::RequiredAtWork;
use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, Severity, Verdict, label_of};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::{Counter, Tally};
use crate::report::Report;

/// Makes the check `related-activities` of a log.
pub struct RelatedActivities;

static ABOUT: About = About {
    id: "related-activities",
    title: "Activity without the one that it needs",
    anchors: &["DaQAPO detect_related_activities"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 2,
    unit: "cases",
    meaning: "A case has an activity, and lacks the other one that it needs by a rule.",
    formula: "affected: such cases; applicable: cases with the activity; both added up over the rules",
    help: "see whether events of the needed activity are recorded elsewhere",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for RelatedActivities {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let rules: Vec<(Option<u32>, String, RequiredAtWork)> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::RelatedActivities(rule) => {
                    let mut needed = RequiredAtWork::new(facts, std::slice::from_ref(&rule.needs));
                    needed.verdict.rule = format!("{:?} needs {:?}", rule.activity, rule.needs);
                    Some((label_of(facts, &rule.activity), rule.activity.clone(), needed))
                }
                _ => None,
            })
            .collect();
        (!rules.is_empty()).then(|| Box::new(Cases(rules)) as Box<dyn CaseCheck>)
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed(NO_RULES)
    }
}

/// For each rule the label of the activity, its name, and what it needs.
struct Cases(Vec<(Option<u32>, String, RequiredAtWork)>);

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for (label, _, needed) in &mut self.0 {
            if events.iter().any(|it| Some(it.label) == *label) {
                needed.count(case, events, counter);
            }
        }
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let names = self.0.iter().flat_map(|(_, name, needed)| needed.names().chain([name]));
        let names: Vec<String> = names.cloned().collect();
        let rules = self.0.into_iter().map(|(.., it)| it.verdict).collect();
        Verdict::of_rules(tally, rules).unknown_activities(facts, names.iter())
    }
}
