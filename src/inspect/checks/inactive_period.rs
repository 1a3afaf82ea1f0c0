//! Stretches of time in which nothing happens although it does before and after.

use super::{About, CaseCheck, Check, Dimension, Need, RuleVerdict, Severity, Verdict, example};
use crate::inspect::columns::cells::{CellKind, nanos_in};
use crate::inspect::columns::values::gather_whole;
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::rules::{Rule, RuleDuration};
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::Clock;
use crate::report::Report;

/// Makes the check `inactive-period` of a log.
pub struct InactivePeriod;

static ABOUT: About = About {
    id: "inactive-period",
    title: "Stretch of time without any event",
    anchors: &["DaQAPO detect_inactive_periods"],
    dimension: Dimension::Coverage,
    severity: Severity::Warn,
    weight: 1,
    unit: "gaps",
    meaning: "No event of any case happens or is under way for longer than the rule allows. Without a rule: for at least five times as long as in the tenth longest of such gaps, in a log of at least a hundred events of which a twentieth is before it and a twentieth behind.",
    formula: "affected: such gaps; applicable: events but one",
    help: "ask the source whether nothing happened then, or the export left it out",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

/// Buckets of time, at most: 32 MiB.
const MOST: usize = 1 << 20;
/// Buckets of time where no rule says how exact they must be.
const USUAL: usize = 1 << 16;
/// Events below which nothing is said without a rule.
const LEAST: u64 = 100;
/// Share of the events that must be before and behind a gap: one of so many.
const SIDES: u64 = 20;
/// The gap that others are compared with, by its length, and how much longer they must be.
const TENTH: usize = 10;
const TIMES: i64 = 5;

impl Check for InactivePeriod {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let clock = facts.table.clock;
        let rules: Vec<RuleDuration> = facts
            .options
            .rules
            .of_check(ABOUT.id)
            .filter_map(|(_, rule)| match rule {
                Rule::InactivePeriod(rule) => Some(rule.longer_than),
                _ => None,
            })
            .collect();
        let (from, to) = period(facts)?;
        let least = rules.iter().map(|it| it.seconds).fold(f64::INFINITY, f64::min);
        let span = i128::from(to) - i128::from(from) + 1;
        let wanted = match rules.is_empty() {
            true => USUAL,
            // A gap is seen if it is longer than a bucket.
            false => {
                (2.0 * span as f64 / (least * clock.per_second as f64) + 1.0).clamp(1.0, MOST as f64) as usize
            }
        };
        let width = (span / wanted as i128 + 1) as u64;
        let buckets = vec![Bucket::default(); (span / i128::from(width)) as usize + 1];
        Some(Box::new(Cases { rules, clock, from, width, buckets }))
    }

    fn judge(&self, _: &Facts, _: &Tally, _: &Report) -> Verdict {
        Verdict::not_assessed("no event has a time")
    }
}

/// The first and the last time or start, in ticks.
pub fn period(facts: &Facts) -> Option<(i64, i64)> {
    let table = &facts.table;
    let range = |at: Option<usize>| {
        let column = facts.columns.get(at?)?;
        let (low, high) = column.range?;
        let per_second = i128::from(table.clock.per_second);
        let ticks = |key: u64| {
            let whole = i128::from(gather_whole(key));
            let ticks = match column.kind {
                CellKind::Date => whole * 86_400 * per_second,
                CellKind::Time(unit) => whole * i128::from(nanos_in(unit)) * per_second / 1_000_000_000,
                _ => return None,
            };
            Some(i64::try_from(ticks).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX }))
        };
        Some((ticks(low)?, ticks(high)?))
    };
    match (range(table.time), range(table.start)) {
        (Some(time), Some(start)) => Some((time.0.min(start.0), time.1.max(start.1))),
        (time, _) => time,
    }
}

/// Events that begin in one part of the period.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    first: i64,
    /// The last end of an event that begins here.
    last: i64,
    count: u64,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN, count: 0 }
    }
}

/// A stretch without an event, and the number of events before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Inactive {
    from: i64,
    to: i64,
    before: u64,
}

impl Inactive {
    const fn length(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

struct Cases {
    rules: Vec<RuleDuration>,
    clock: Clock,
    from: i64,
    width: u64,
    buckets: Vec<Bucket>,
}

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, _: u64, events: &[CaseEvent], _: &mut Counter<'_>) {
        for it in events {
            let start = it.start.map_or(it.time, |start| start.min(it.time));
            let at = (start.abs_diff(self.from) / self.width) as usize;
            if let Some(bucket) = self.buckets.get_mut(at) {
                bucket.first = bucket.first.min(start);
                bucket.last = bucket.last.max(it.time).max(start);
                bucket.count += 1;
            }
        }
    }

    fn verdict(self: Box<Self>, _: &Facts, _: Tally) -> Verdict {
        let events: u64 = self.buckets.iter().map(|it| it.count).sum();
        let gaps = gaps(&self.buckets);
        let mut verdict = Verdict::default();
        let shown = |it: &Inactive| {
            let length = self.clock.shown_duration(it.length());
            format!("{length} from {} to {}", self.clock.shown(it.from), self.clock.shown(it.to))
        };
        let found: Vec<Inactive> = match self.rules.is_empty() {
            true if events < LEAST => return Verdict::not_assessed("the log has less than a hundred events"),
            true => far_longer(&gaps, events),
            false => {
                let mut found = Vec::new();
                for rule in &self.rules {
                    let ticks = rule.seconds * self.clock.per_second as f64;
                    let of_rule = gaps.iter().filter(|it| it.length() as f64 >= ticks);
                    let of_rule: Vec<Inactive> = of_rule.copied().collect();
                    verdict.rules.push(RuleVerdict {
                        rule: format!("no gap of {rule} or more"),
                        affected: of_rule.len() as u64,
                        applicable: events.saturating_sub(1),
                    });
                    if ticks < self.width as f64 {
                        verdict.details.push(format!(
                            "gaps below {} are not seen in a log of this length",
                            self.clock.shown_duration(self.width as i64)
                        ));
                    }
                    found.extend(of_rule);
                }
                found.sort_by_key(|it| (it.from, it.to));
                found.dedup();
                found
            }
        };
        verdict.tally.affected = found.len() as u64;
        verdict.tally.applicable = events.saturating_sub(1);
        for it in &found {
            if verdict.tally.wants_example() {
                verdict.tally.examples.push(example(shown(it)));
            }
        }
        verdict
    }
}

/// The stretches between buckets in which no event is under way.
fn gaps(buckets: &[Bucket]) -> Vec<Inactive> {
    let (mut found, mut until, mut before): (Vec<Inactive>, Option<i64>, u64) = (Vec::new(), None, 0);
    for bucket in buckets.iter().filter(|it| it.count > 0) {
        if let Some(until) = until.filter(|until| *until < bucket.first) {
            found.push(Inactive { from: until, to: bucket.first, before });
        }
        until = Some(until.map_or(bucket.last, |it| it.max(bucket.last)));
        before += bucket.count;
    }
    found
}

/// The gaps that are far longer than others, and not at an edge.
fn far_longer(gaps: &[Inactive], events: u64) -> Vec<Inactive> {
    let is_inner = |it: &Inactive| it.before * SIDES >= events && (events - it.before) * SIDES >= events;
    let mut lengths: Vec<i64> = gaps.iter().map(Inactive::length).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let usual = lengths.get(TENTH - 1).copied().unwrap_or_default();
    let is_long = |it: &Inactive| it.length() >= usual.saturating_mul(TIMES) && usual > 0;
    gaps.iter().filter(|it| is_long(it) && is_inner(it)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(first: i64, last: i64, count: u64) -> Bucket {
        Bucket { first, last, count }
    }

    #[test]
    fn what_is_under_way_is_no_gap() {
        let buckets = [bucket(0, 35, 2), Bucket::default(), bucket(20, 22, 1), bucket(50, 50, 1)];
        assert_eq!(gaps(&buckets), [Inactive { from: 35, to: 50, before: 3 }]);
    }

    #[test]
    fn a_gap_is_long_beside_the_tenth_longest_and_within_the_log() {
        let mut gaps: Vec<Inactive> = (0..20)
            .map(|it| Inactive { from: it * 100, to: it * 100 + 10, before: 10 * it as u64 + 10 })
            .collect();
        assert!(far_longer(&gaps, 210).is_empty());
        gaps[9].to += 41;
        assert_eq!(far_longer(&gaps, 210), [gaps[9]]);
        gaps[19].to += 500;
        assert_eq!(far_longer(&gaps, 210), [gaps[9]], "the last one is at an edge");
    }
}
