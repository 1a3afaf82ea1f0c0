//! One label for two activities: its events stand at two separate places of the process.

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};

/// Makes the check `homonymous-label` of a log.
pub struct HomonymousLabel;

static ABOUT: About = About {
    id: "homonymous-label",
    title: "One label for two activities",
    anchors: &["Suriadi et al. 2017: homonymous label"],
    dimension: Dimension::Conformity,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "The events of a label stand at two separate parts of their cases, with a gap between them in which it nearly never occurs: it may mean two things.",
    formula: "affected: events in the rarer of the two parts; applicable: events with a label",
    help: "see what comes before and after in both places; if these are two activities, name them apart at the source",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

/// Parts of a case that positions are told in.
pub const PARTS: usize = 20;
/// Events of a label below which nothing is said.
const LEAST: u64 = 20;
/// Labels that are looked at.
const MOST: usize = 20_000;

impl Check for HomonymousLabel {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let labels = facts.labels.all.len().min(MOST);
        let names = facts.labels.all.iter().map(|it| it.text.clone()).collect();
        Some(Box::new(Cases { positions: vec![[0; PARTS]; labels], split: vec![None; labels], names }))
    }
}

/// The part of its case that an event stands in.
pub fn part_of(at: usize, events: usize) -> usize {
    if events < 2 { 0 } else { (at * PARTS / (events - 1)).min(PARTS - 1) }
}

/// Where the two places of a label are divided, and which of them is the rarer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Split {
    at: usize,
    is_low_rarer: bool,
}

struct Cases {
    positions: Vec<[u64; PARTS]>,
    split: Vec<Option<Split>>,
    names: Vec<Box<str>>,
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        2
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        if pass == 1 {
            counter.tally.applicable += events.len() as u64;
        }
        // Short cases say little about places.
        if events.len() < 4 {
            return;
        }
        for (at, it) in events.iter().enumerate() {
            let part = part_of(at, events.len());
            let label = it.label as usize;
            if pass == 0 {
                if let Some(counts) = self.positions.get_mut(label) {
                    counts[part] += 1;
                }
            } else if let Some(Some(split)) = self.split.get(label)
                && (part < split.at) == split.is_low_rarer
            {
                let name = self.names.get(label).map_or("", AsRef::as_ref);
                let place = if split.is_low_rarer { "early" } else { "late" };
                counter.row(it.row, Some(case), || {
                    format!("{name:?} stands {place} in its case, unlike most of its events")
                });
            }
        }
    }

    fn end(&mut self, pass: usize) {
        if pass == 0 {
            let mut all = [0; PARTS];
            for counts in &self.positions {
                all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
            self.split = self.positions.iter().map(|counts| split(counts, &all)).collect();
        }
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        Verdict::of(tally)
    }
}

/// Where the places of a label are divided: between two parts with at least a twentieth of its events each, two
/// or more parts that have other events and nearly none of it.
fn split(counts: &[u64; PARTS], all: &[u64; PARTS]) -> Option<Split> {
    let total: u64 = counts.iter().sum();
    if total < LEAST {
        return None;
    }
    let usual = all.iter().sum::<u64>() / PARTS as u64;
    // Parts in which few events of any label stand tell nothing: cases of one length leave parts empty.
    let parts: Vec<usize> = (0..PARTS).filter(|part| all[*part] * 10 >= usual).collect();
    let rate = |part: usize| counts[part] as f64 / all[part].max(1) as f64;
    let mut best: Option<(usize, Split)> = None;
    for from in 1..parts.len() {
        for to in from + 2..parts.len() {
            let low: u64 = parts[..from].iter().map(|it| counts[*it]).sum();
            let high: u64 = parts[to..].iter().map(|it| counts[*it]).sum();
            if low.min(high) * 20 < total || low.min(high) < LEAST / 4 {
                continue;
            }
            let peak = |parts: &[usize]| parts.iter().map(|it| rate(*it)).fold(0.0, f64::max);
            let lower = peak(&parts[..from]).min(peak(&parts[to..]));
            let is_gap = parts[from..to].iter().all(|it| rate(*it) * 20.0 <= lower);
            if is_gap && best.is_none_or(|(width, _)| to - from > width) {
                let at = parts[from..to][(to - from) / 2];
                best = Some((to - from, Split { at, is_low_rarer: low < high }));
            }
        }
    }
    best.map(|(_, split)| split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_places_with_a_gap_are_split_and_one_place_is_not() {
        let all = [1000; PARTS];
        let mut counts = [0; PARTS];
        (counts[2], counts[3], counts[12]) = (400, 300, 90);
        let found = split(&counts, &all).unwrap();
        assert!((4..=12).contains(&found.at) && !found.is_low_rarer);
        let mut wide = [0; PARTS];
        wide[2..9].fill(100);
        assert_eq!(split(&wide, &all), None);
        // Cases of five events leave parts between empty, for all labels alike.
        let mut few = [0; PARTS];
        for part in [0, 5, 10, 15, 19] {
            few[part] = 1000;
        }
        let mut two = [0; PARTS];
        (two[5], two[10]) = (500, 500);
        assert_eq!(split(&two, &few), None);
    }
}
