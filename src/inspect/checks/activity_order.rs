//! Activities that come in another order than a rule says.

use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, RuleVerdict, Severity, Verdict, label_of};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::Rule;
use crate::inspect::tally::{Counter, Tally};
use crate::report::Report;

/// Makes the check `activity-order` of a log.
pub struct ActivityOrder;

static ABOUT: About = About {
    id: "activity-order",
    title: "Activities in another order than the rule",
    anchors: &["DaQAPO detect_activity_order_violations"],
    dimension: Dimension::Consistency,
    severity: Severity::Error,
    weight: 2,
    unit: "cases",
    meaning: "The activities that a rule names stand in another order within the case, by start or else by time, or one of them comes back. Some of them may be missing, and others may stand between them.",
    formula: "affected: such cases; applicable: cases; both added up over the rules",
    help: "see whether times are wrong or the rule is; with repeats = true an activity may come back next to itself",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for ActivityOrder {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let rules: Vec<OrderAtWork> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::ActivityOrder(rule) => Some(OrderAtWork {
                    places: rule.activities.iter().map(|it| label_of(facts, it)).collect(),
                    repeats: rule.repeats,
                    verdict: RuleVerdict { rule: rule.activities.join(" -> "), ..RuleVerdict::default() },
                }),
                _ => None,
            })
            .collect();
        let names = facts.labels.all.iter().map(|it| it.text.clone()).collect();
        let work = Cases { rules, names, case: Vec::new() };
        (!work.rules.is_empty()).then(|| Box::new(work) as Box<dyn CaseCheck>)
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed(NO_RULES)
    }
}

/// One rule about an order, and what it knows of the case under way.
struct OrderAtWork {
    /// The labels in their order; `None` for activities that the log has not.
    places: Vec<Option<u32>>,
    repeats: bool,
    verdict: RuleVerdict,
}

struct Cases {
    rules: Vec<OrderAtWork>,
    names: Vec<Box<str>>,
    /// Events of a case that a rule names: start, time, place in the rule, row.
    case: Vec<(i64, i64, usize, u64)>,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for rule in &mut self.rules {
            rule.verdict.applicable += 1;
            self.case.clear();
            for it in events {
                if let Some(place) = rule.places.iter().position(|label| *label == Some(it.label)) {
                    self.case.push((it.start.unwrap_or(it.time), it.time, place, it.row));
                }
            }
            self.case.sort_unstable();
            let is_wrong = |pair: &&[(i64, i64, usize, u64)]| match pair {
                [before, it] => it.2 < before.2 || it.2 == before.2 && !rule.repeats,
                _ => false,
            };
            let Some([before, it]) = self.case.windows(2).find(is_wrong) else { continue };
            rule.verdict.affected += 1;
            let name = |place: usize| {
                let label = rule.places[place].and_then(|it| self.names.get(it as usize));
                label.map_or("", AsRef::as_ref)
            };
            counter.row(it.3, Some(case), || match it.2 == before.2 {
                true => format!("{:?} comes back", name(it.2)),
                false => format!("{:?} comes after {:?}", name(it.2), name(before.2)),
            });
        }
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let rules = facts.options.rules.of_check(ABOUT.id);
        let names = rules.flat_map(|(_, rule)| match rule {
            Rule::ActivityOrder(rule) => rule.activities.as_slice(),
            _ => &[],
        });
        let verdict = Verdict::of_rules(tally, self.rules.into_iter().map(|it| it.verdict).collect());
        verdict.unknown_activities(facts, names)
    }
}
