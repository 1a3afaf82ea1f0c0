//! Events that take less or more time than a rule says.

use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, RuleVerdict, Severity, Verdict, label_of};
use crate::error::Result;
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::{DurationBounds as Bounds, Rule, RuleDuration};
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::Clock;
use crate::report::Report;

/// Makes the check `duration-bounds` of a log.
pub struct DurationBounds;

static ABOUT: About = About {
    id: "duration-bounds",
    title: "Duration outside the bounds of the rule",
    anchors: &["DaQAPO detect_duration_outliers"],
    dimension: Dimension::Accuracy,
    severity: Severity::Error,
    weight: 2,
    unit: "events",
    meaning: "An event takes less time than the rule's least or more than its most; or it is more than so many standard deviations from the mean of its activity, and the lower bound is not below 0.",
    formula: "affected: such events; applicable: events of the activity with start and end; both added up over the rules",
    help: "see whether start or end is wrong; the times of work that was interrupted are longer too",
    needs: &[Need::Case, Need::Activity, Need::Time, Need::Start],
};

impl Check for DurationBounds {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let rules: Vec<BoundsAtWork> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::DurationBounds(rule) => Some(BoundsAtWork {
                    label: label_of(facts, &rule.activity),
                    seconds: (seconds(rule.least), seconds(rule.most)),
                    rule: rule.clone(),
                    count: 0,
                    sum: 0.0,
                    squares: 0.0,
                    shift: None,
                    verdict: RuleVerdict::default(),
                }),
                _ => None,
            })
            .collect();
        let work = Cases { rules, clock: facts.table.clock };
        (!work.rules.is_empty()).then(|| Box::new(work) as Box<dyn CaseCheck>)
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed(NO_RULES)
    }
}

fn seconds(duration: Option<RuleDuration>) -> Option<f64> {
    duration.map(|it| it.seconds)
}

/// One rule about durations, and the activity that it means in this log.
struct BoundsAtWork {
    label: Option<u32>,
    rule: Bounds,
    /// Least and most seconds.
    seconds: (Option<f64>, Option<f64>),
    count: u64,
    /// Sum and sum of squares of what durations differ by from the first.
    sum: f64,
    squares: f64,
    shift: Option<f64>,
    verdict: RuleVerdict,
}

impl BoundsAtWork {
    fn learn(&mut self, seconds: f64) {
        let shifted = seconds - *self.shift.get_or_insert(seconds);
        self.count += 1;
        self.sum += shifted;
        self.squares += shifted * shifted;
    }

    /// Sets the bounds by mean and standard deviation, if the rule asks for that.
    fn bound(&mut self) {
        let Some(deviations) = self.rule.deviations else { return };
        let count = self.count as f64;
        let mean = self.shift.unwrap_or_default() + self.sum / count.max(1.0);
        let variance = (self.squares - self.sum * self.sum / count.max(1.0)) / (count - 1.0).max(1.0);
        let reach = deviations * variance.max(0.0).sqrt();
        self.seconds = (Some((mean - reach).max(0.0)), Some(mean + reach));
    }

    fn told(&self) -> String {
        let minutes = |seconds: f64| format!("{:.2} min", seconds / 60.0);
        let bounds = match self.seconds {
            (Some(least), Some(most)) => format!("from {} to {}", minutes(least), minutes(most)),
            (Some(least), None) => format!("at least {}", minutes(least)),
            (None, most) => format!("at most {}", minutes(most.unwrap_or_default())),
        };
        format!("{:?} takes {bounds}", self.rule.activity)
    }
}

struct Cases {
    rules: Vec<BoundsAtWork>,
    clock: Clock,
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        2
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for rule in &mut self.rules {
            let label = rule.label;
            for it in events.iter().filter(|it| Some(it.label) == label) {
                let Some(start) = it.start else { continue };
                let ticks = it.time.saturating_sub(start);
                let seconds = ticks as f64 / self.clock.per_second as f64;
                if pass == 0 {
                    rule.learn(seconds);
                    continue;
                }
                rule.verdict.applicable += 1;
                let (least, most) = rule.seconds;
                if least.is_some_and(|least| seconds < least) || most.is_some_and(|most| seconds > most) {
                    rule.verdict.affected += 1;
                    let took = self.clock.shown_duration(ticks);
                    counter.row(it.row, Some(case), || format!("{:?} took {took}", rule.rule.activity));
                }
            }
        }
    }

    fn end(&mut self, pass: usize, _: &mut Counter<'_>) -> Result<()> {
        if pass == 0 {
            self.rules.iter_mut().for_each(BoundsAtWork::bound);
        }
        Ok(())
    }

    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let names: Vec<String> = self.rules.iter().map(|it| it.rule.activity.clone()).collect();
        let rules =
            self.rules.into_iter().map(|it| RuleVerdict { rule: it.told(), ..it.verdict.clone() }).collect();
        Verdict::of_rules(tally, rules).unknown_activities(facts, names.iter())
    }
}
