//! Cases for which a condition is true, and which lack the activity that they need then.

use super::required_activities::RequiredAtWork;
use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, Severity, Verdict};
use crate::inspect::columns::values::HashedSet;
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::{Counter, Tally};
use crate::report::Report;

/// Makes the check `conditional-activity` of a log.
pub struct ConditionalActivity;

static ABOUT: About = About {
    id: "conditional-activity",
    title: "Case without the activity that a condition asks for",
    anchors: &["DaQAPO detect_conditional_activity_presence"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 2,
    unit: "cases",
    meaning: "The condition of a rule is true for a row of the case, and the case lacks one of the activities that it needs then.",
    formula: "affected: such cases; applicable: cases for one of whose rows the condition is true; both added up over the rules",
    help: "see whether the activity is recorded elsewhere, or the attribute is wrong",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for ConditionalActivity {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let rules: Vec<ConditionAtWork> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(number, rule)| match rule {
                Rule::ConditionalActivity(rule) => {
                    let mut needed = RequiredAtWork::new(facts, &rule.activities);
                    needed.verdict.rule = format!("{} needs {}", rule.condition, needed.verdict.rule);
                    let cases = facts.rules.get(number).map(|it| it.cases.clone()).unwrap_or_default();
                    Some(ConditionAtWork { cases, needed })
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

/// One rule with a condition, and the cases that it holds for.
struct ConditionAtWork {
    /// Cases for which the condition is true, without those that were seen.
    cases: HashedSet,
    needed: RequiredAtWork,
}

struct Cases(Vec<ConditionAtWork>);

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for rule in &mut self.0 {
            if rule.cases.remove(&case) {
                rule.needed.count(case, events, counter);
            }
        }
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let names: Vec<String> = self.0.iter().flat_map(|it| it.needed.names()).cloned().collect();
        let rules = self.0.into_iter().map(|it| {
            let mut verdict = it.needed.verdict;
            // Cases without any event lack all activities.
            verdict.affected += it.cases.len() as u64;
            verdict.applicable += it.cases.len() as u64;
            verdict
        });
        let rules = rules.collect();
        Verdict::of_rules(tally, rules).unknown_activities(facts, names.iter())
    }
}
