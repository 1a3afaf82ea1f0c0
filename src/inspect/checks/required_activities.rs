//! Cases that lack an activity that a rule requires.

use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, RuleVerdict, Severity, Verdict, label_of};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::{Counter, Tally};
use crate::report::Report;

/// Makes the check `required-activities` of a log.
pub struct RequiredActivities;

static ABOUT: About = About {
    id: "required-activities",
    title: "Case without an activity that the rule requires",
    anchors: &["DaQAPO detect_incomplete_cases"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 2,
    unit: "cases",
    meaning: "A case lacks one of the activities that a rule requires of each case.",
    formula: "affected: such cases; applicable: cases; both added up over the rules",
    help: "see whether such cases are still open, or whether events are missing in the export",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for RequiredActivities {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let rules: Vec<RequiredAtWork> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::RequiredActivities(rule) => Some(RequiredAtWork::new(facts, &rule.activities)),
                _ => None,
            })
            .collect();
        (!rules.is_empty()).then(|| Box::new(Cases(rules)) as Box<dyn CaseCheck>)
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed(NO_RULES)
    }
}

/// Activities that some cases need.
pub struct RequiredAtWork {
    /// Their names and labels.
    activities: Vec<(String, Option<u32>)>,
    /// The cases that were counted.
    pub verdict: RuleVerdict,
}

impl RequiredAtWork {
    /// Activities by their names.
    pub fn new(facts: &Facts, names: &[String]) -> Self {
        let rule = names.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", ");
        let activities = names.iter().map(|it| (it.clone(), label_of(facts, it))).collect();
        Self { activities, verdict: RuleVerdict { rule, ..RuleVerdict::default() } }
    }

    /// The names of the activities.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.activities.iter().map(|(name, _)| name)
    }

    /// Counts a case that needs them.
    pub fn count(&mut self, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        self.verdict.applicable += 1;
        let is_there = |label: Option<u32>| events.iter().any(|it| Some(it.label) == label);
        let missing: Vec<&str> =
            self.activities.iter().filter(|(_, it)| !is_there(*it)).map(|(name, _)| name.as_str()).collect();
        if let Some(first) = events.first().filter(|_| !missing.is_empty()) {
            self.verdict.affected += 1;
            counter.row(first.row, Some(case), || format!("the case has no {}", missing.join(", no ")));
        }
    }
}

struct Cases(Vec<RequiredAtWork>);

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        self.0.iter_mut().for_each(|rule| rule.count(case, events, counter));
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let names: Vec<String> = self.0.iter().flat_map(RequiredAtWork::names).cloned().collect();
        let rules = self.0.into_iter().map(|it| it.verdict).collect();
        Verdict::of_rules(tally, rules).unknown_activities(facts, names.iter())
    }
}
