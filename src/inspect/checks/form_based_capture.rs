//! Several activities of a case at exactly the same time, as a form records them.

use std::collections::HashMap;

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};
use crate::inspect::times::Grain;

/// Makes the check `form-based-capture` of a log.
pub struct FormBasedCapture;

static ABOUT: About = About {
    id: "form-based-capture",
    title: "Activities with one time, as from a form",
    anchors: &["Suriadi et al. 2017: form-based event capture"],
    dimension: Dimension::Accuracy,
    severity: Severity::Warn,
    weight: 2,
    unit: "events",
    meaning: "Several events of a case with different activities have exactly the same time: three or more, or two whose activities do so in at least three cases. They were probably done before and recorded together when a form was saved.",
    formula: "affected: events of such groups; applicable: events",
    help: "join each group to one event, or ask the source for the times of the single steps",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

/// Cases in which two activities must share their times.
const CASES: u64 = 3;
/// Pairs that are kept apart.
const PAIRS: usize = 1 << 18;

impl Check for FormBasedCapture {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let labels = facts.labels.all.iter().map(|it| it.text.clone()).collect();
        Some(Box::new(Cases { pairs: HashMap::new(), is_coarse: is_coarse(facts), labels }))
    }
}

/// Whether most times are whole days or hours, which tells nothing about what was recorded together.
pub fn is_coarse(facts: &Facts) -> bool {
    let (mut coarse, mut all) = (0, 0);
    for label in &facts.labels.all {
        all += label.grains.iter().sum::<u64>();
        coarse += label.grains[Grain::Day as usize] + label.grains[Grain::Hour as usize];
    }
    coarse * 2 > all
}

struct Cases {
    /// For two labels with one time the number of cases.
    pairs: HashMap<(u32, u32), u64>,
    is_coarse: bool,
    labels: Vec<Box<str>>,
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        if self.is_coarse { 0 } else { 2 }
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        if pass == 1 {
            counter.tally.applicable += events.len() as u64;
        }
        for group in events.chunk_by(|a, b| a.time == b.time).filter(|it| it.len() > 1) {
            let mut labels: Vec<u32> = group.iter().map(|it| it.label).collect();
            labels.sort_unstable();
            labels.dedup();
            match labels[..] {
                [_, _, ..] if group.len() > 2 => {
                    if pass == 0 {
                        continue;
                    }
                }
                [a, b] if pass == 0 => {
                    if self.pairs.len() < PAIRS || self.pairs.contains_key(&(a, b)) {
                        *self.pairs.entry((a, b)).or_default() += 1;
                    }
                    continue;
                }
                [a, b] if self.pairs.get(&(a, b)).is_some_and(|it| *it >= CASES) => {}
                _ => continue,
            }
            let names: Vec<&str> = labels
                .iter()
                .take(4)
                .filter_map(|it| self.labels.get(*it as usize))
                .map(AsRef::as_ref)
                .collect();
            for it in group {
                counter.row(it.row, Some(case), || {
                    format!("{} activities at one time: {}", labels.len(), names.join(", "))
                });
            }
        }
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        match self.is_coarse {
            true => Verdict::not_assessed("most times are whole hours or days"),
            false => Verdict::of(tally),
        }
    }
}
