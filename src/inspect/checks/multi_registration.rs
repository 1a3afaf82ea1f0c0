//! Events of a resource or a case that follow each other within the time that a rule gives.

use super::{About, CaseCheck, Check, Dimension, NO_RULES, Need, RuleVerdict, Severity, Verdict};
use crate::error::Result;
use crate::inspect::events::{CaseEvent, Events, NewEvent, ShardEvents};
use crate::inspect::facts::Facts;
use crate::inspect::rules::{RegisteredBy, Rule};
use crate::inspect::tally::{Counter, Tally, row_mark};
use crate::inspect::times::Clock;
use crate::report::Report;

/// Makes the check `multi-registration` of a log.
pub struct MultiRegistration;

static ABOUT: About = About {
    id: "multi-registration",
    title: "Events within a few seconds of each other",
    anchors: &["DaQAPO detect_multiregistration"],
    dimension: Dimension::Uniqueness,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "Events of one resource, or of one case, are no further apart than the rule says: they were probably recorded together, after the work was done.",
    formula: "affected: events with such a neighbour; applicable: events with a resource, or events; both added up over the rules",
    help: "ask when such events are recorded; their times may not be those of the work",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

/// Events that are brought together by resource at once: 2.5 MiB.
const CHUNK: u64 = 1 << 16;

impl Check for MultiRegistration {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let clock = facts.table.clock;
        let rules: Vec<RegistrationAtWork> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::MultiRegistration(rule) => Some(RegistrationAtWork {
                    by: rule.by,
                    within: (rule.within.seconds * clock.per_second as f64) as i64,
                    groups: 0,
                    affected_groups: 0,
                    told: rule.within.to_string(),
                    verdict: RuleVerdict::default(),
                }),
                _ => None,
            })
            .collect();
        if rules.is_empty() {
            return None;
        }
        Some(Box::new(Cases {
            by_resource: Events::new(facts.options.temp_dir.clone(), facts.options.memory),
            waiting: ShardEvents::default(),
            waits: 0,
            has_resources: facts.table.resource.is_some(),
            rules,
            clock,
        }))
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed(NO_RULES)
    }
}

/// One rule about registrations, and the events that it still compares.
struct RegistrationAtWork {
    by: RegisteredBy,
    within: i64,
    groups: u64,
    affected_groups: u64,
    told: String,
    verdict: RuleVerdict,
}

impl RegistrationAtWork {
    /// Counts the events of a case or of a resource, which are in order.
    fn count(&mut self, case: Option<u64>, events: &[CaseEvent], clock: Clock, counter: &mut Counter<'_>) {
        let is_near = |a: &CaseEvent, b: &CaseEvent| b.time.saturating_sub(a.time) <= self.within;
        self.groups += 1;
        let before = self.verdict.affected;
        for (at, it) in events.iter().enumerate() {
            self.verdict.applicable += 1;
            let last = at.checked_sub(1).map(|at| &events[at]).filter(|last| is_near(last, it));
            let Some(other) = last.or_else(|| events.get(at + 1).filter(|next| is_near(it, next))) else {
                continue;
            };
            self.verdict.affected += 1;
            let gap = clock.shown_duration((it.time.saturating_sub(other.time)).saturating_abs());
            counter.row(it.row, case, || format!("{gap} from {}", row_mark(other.row)));
        }
        self.affected_groups += u64::from(self.verdict.affected > before);
    }
}

struct Cases {
    rules: Vec<RegistrationAtWork>,
    clock: Clock,
    has_resources: bool,
    by_resource: Events,
    waiting: ShardEvents,
    waits: u64,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        for rule in self.rules.iter_mut().filter(|it| it.by == RegisteredBy::Case) {
            rule.count(Some(case), events, self.clock, counter);
        }
        if !self.rules.iter().any(|it| it.by == RegisteredBy::Resource) {
            return;
        }
        for it in events.iter().filter(|it| it.resource != 0) {
            // The row is put together from two numbers of 32 bits.
            self.waiting.push(NewEvent {
                case: crate::inspect::columns::values::spread(u64::from(it.resource)),
                label: it.label,
                time: it.time,
                start: it.start,
                resource: (it.row >> 32) as u32,
                row: it.row as u32,
                values: it.values,
            });
            self.waits += 1;
        }
    }

    fn after_case(&mut self) -> Result<()> {
        if self.waits < CHUNK {
            return Ok(());
        }
        self.waits = 0;
        self.by_resource.join(std::mem::take(&mut self.waiting), 0, None)
    }

    fn end(&mut self, _: usize, counter: &mut Counter<'_>) -> Result<()> {
        self.by_resource.join(std::mem::take(&mut self.waiting), 0, None)?;
        let Self { rules, by_resource, clock, .. } = self;
        let mut rules: Vec<&mut RegistrationAtWork> =
            rules.iter_mut().filter(|it| it.by == RegisteredBy::Resource).collect();
        if rules.is_empty() {
            return Ok(());
        }
        let mut whole: Vec<CaseEvent> = Vec::new();
        by_resource.each_case(|_, events| {
            whole.clear();
            let row = |it: &CaseEvent| it.row | u64::from(it.resource) << 32;
            whole.extend(events.iter().map(|it| CaseEvent { row: row(it), ..*it }));
            rules.iter_mut().for_each(|rule| rule.count(None, &whole, *clock, counter));
            counter.found.settle()
        })
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        let is_lacking = !self.has_resources && self.rules.iter().any(|it| it.by == RegisteredBy::Resource);
        let told = |it: RegistrationAtWork| {
            let (one, many) = match it.by {
                RegisteredBy::Resource => ("resource", "resources"),
                RegisteredBy::Case => ("case", "cases"),
            };
            let rule = format!(
                "events of a {one} within {} ({} of {} {many} have such)",
                it.told, it.affected_groups, it.groups
            );
            RuleVerdict { rule, ..it.verdict }
        };
        let verdict = Verdict::of_rules(tally, self.rules.into_iter().map(told).collect());
        match is_lacking {
            true => verdict.detail("no column is the resource, so that a rule by resource is for no event"),
            false => verdict,
        }
    }
}
