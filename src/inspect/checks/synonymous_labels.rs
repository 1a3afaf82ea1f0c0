//! Two labels for one activity: they never occur in one case and stand at the same place between the same
//! neighbours.

use std::collections::BTreeMap;

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict, example};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};

/// Makes the check `synonymous-labels` of a log.
pub struct SynonymousLabels;

static ABOUT: About = About {
    id: "synonymous-labels",
    title: "Two labels for one activity, perhaps",
    anchors: &["Suriadi et al. 2017: synonymous labels (a hint)"],
    dimension: Dimension::Conformity,
    severity: Severity::Hint,
    weight: 0,
    unit: "labels",
    meaning: "Two labels with at least ten events each never occur in the same case, and have nearly the same neighbours: they may mean the same, or be alternatives.",
    formula: "affected: labels that have such a twin; applicable: labels with at least ten events",
    help: "only someone who knows the process can tell; rename one of them if they mean the same",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

/// Labels that are compared.
const MOST: usize = 300;
/// Events that a label must have.
const LEAST: u64 = 10;

impl Check for SynonymousLabels {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let labels = facts.labels.all.len();
        let size = if labels <= MOST { labels } else { 0 };
        Some(Box::new(Cases {
            size,
            together: vec![false; size * size],
            next: vec![0; size * size],
            seen: Vec::new(),
        }))
    }
}

struct Cases {
    size: usize,
    together: Vec<bool>,
    /// How often a label follows another directly.
    next: Vec<u64>,
    seen: Vec<u32>,
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        usize::from(self.size > 0)
    }

    fn case(&mut self, _: usize, _: u64, events: &[CaseEvent], _: &mut Counter<'_>) {
        self.seen.clear();
        self.seen.extend(events.iter().map(|it| it.label).filter(|it| (*it as usize) < self.size));
        for pair in self.seen.windows(2) {
            if let [a, b] = pair {
                self.next[*a as usize * self.size + *b as usize] += 1;
            }
        }
        self.seen.sort_unstable();
        self.seen.dedup();
        for a in &self.seen {
            for b in &self.seen {
                self.together[*a as usize * self.size + *b as usize] = true;
            }
        }
    }

    fn verdict(self: Box<Self>, facts: &Facts, _: Tally) -> Verdict {
        if self.size == 0 && !facts.labels.all.is_empty() {
            return Verdict::not_assessed(format!("the log has more than {MOST} activities"));
        }
        let labels: Vec<usize> = (0..self.size).filter(|it| facts.labels.all[*it].count >= LEAST).collect();
        let context = |label: usize| -> Vec<f64> {
            let size = self.size;
            let after = (0..size).map(|other| self.next[label * size + other] as f64);
            let before = (0..size).map(|other| self.next[other * size + label] as f64);
            after.chain(before).collect()
        };
        let contexts: BTreeMap<usize, Vec<f64>> = labels.iter().map(|it| (*it, context(*it))).collect();
        let mut verdict = Verdict::default();
        let mut affected = std::collections::BTreeSet::new();
        for (at, a) in labels.iter().enumerate() {
            for b in &labels[at + 1..] {
                if !self.together[a * self.size + b] && likeness(&contexts[a], &contexts[b]) >= 0.9 {
                    affected.extend([*a, *b]);
                    let (a, b) = (&facts.labels.all[*a].text, &facts.labels.all[*b].text);
                    if verdict.tally.wants_example() {
                        verdict.tally.examples.push(example(format!("{a:?} and {b:?}")));
                    }
                }
            }
        }
        verdict.tally.affected = affected.len() as u64;
        verdict.tally.applicable = labels.len() as u64;
        verdict
    }
}

/// The cosine of the angle between two lists of counts.
fn likeness(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let size = (dot(a, a) * dot(b, b)).sqrt();
    if size > 0.0 { dot(a, b) / size } else { 0.0 }
}
