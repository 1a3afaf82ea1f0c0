//! Activities that occur more or less often in a case than a rule says.

use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, RuleVerdict, Severity, Verdict, label_of};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::{Counter, Tally};
use crate::report::Report;

/// Makes the check `activity-frequency` of a log.
pub struct ActivityFrequency;

static ABOUT: About = About {
    id: "activity-frequency",
    title: "Activity more or less often than the rule",
    anchors: &["DaQAPO detect_activity_frequency_violations"],
    dimension: Dimension::Consistency,
    severity: Severity::Error,
    weight: 2,
    unit: "cases",
    meaning: "An activity occurs in a case more often than the rule's most, or less often than its least.",
    formula: "affected: such cases; applicable: cases; both added up over the rules",
    help: "see whether events are recorded several times, or missing",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for ActivityFrequency {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let rules: Vec<FrequencyAtWork> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::ActivityFrequency(rule) => {
                    let least = rule.least.map(|it| format!("at least {it}"));
                    let most = rule.most.map(|it| format!("at most {it}"));
                    let told: Vec<String> = least.into_iter().chain(most).collect();
                    let is_once = rule.most.or(rule.least) == Some(1);
                    let times = if is_once { "time" } else { "times" };
                    let rule_text = format!("{:?} {} {times}", rule.activity, told.join(" and "));
                    Some(FrequencyAtWork {
                        label: label_of(facts, &rule.activity),
                        name: rule.activity.clone(),
                        range: rule.least.unwrap_or(0)..=rule.most.unwrap_or(u64::MAX),
                        verdict: RuleVerdict { rule: rule_text, ..RuleVerdict::default() },
                    })
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

/// One rule about a frequency, and the activity that it means in this log.
struct FrequencyAtWork {
    label: Option<u32>,
    name: String,
    range: std::ops::RangeInclusive<u64>,
    verdict: RuleVerdict,
}

struct Cases(Vec<FrequencyAtWork>);

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for rule in &mut self.0 {
            rule.verdict.applicable += 1;
            let of_rule = || events.iter().filter(|it| Some(it.label) == rule.label);
            let count = of_rule().count() as u64;
            if rule.range.contains(&count) {
                continue;
            }
            rule.verdict.affected += 1;
            // The first event too many, or the case's first where one is missing.
            let beyond = usize::try_from(*rule.range.end()).ok().and_then(|most| of_rule().nth(most));
            if let Some(it) = beyond.or(events.first()) {
                counter.row(it.row, Some(case), || format!("{:?} {count} times", rule.name));
            }
        }
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let (names, rules): (Vec<String>, Vec<RuleVerdict>) =
            self.0.into_iter().map(|it| (it.name, it.verdict)).unzip();
        Verdict::of_rules(tally, rules).unknown_activities(facts, names.iter())
    }
}
