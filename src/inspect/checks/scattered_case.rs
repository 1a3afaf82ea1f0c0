//! Cases that begin or end unlike nearly all others, as if their events were divided between two.

use std::collections::HashMap;

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};

/// Makes the check `scattered-case` of a log.
pub struct ScatteredCase;

static ABOUT: About = About {
    id: "scattered-case",
    title: "Case that begins or ends unlike the others",
    anchors: &["Suriadi et al. 2017: scattered case (a hint)"],
    dimension: Dimension::Coverage,
    severity: Severity::Hint,
    weight: 0,
    unit: "cases",
    meaning: "At least nine of ten cases begin (or end) with the same activity, and this one does not: the rest of it may be in another system or under another identifier.",
    formula: "affected: such cases; applicable: cases",
    help: "look for the missing part in the source; cases at the edges of the period of the export are cut off for good",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for ScatteredCase {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let names = facts.labels.all.iter().map(|it| it.text.clone()).collect();
        Some(Box::new(Cases { ends: [HashMap::new(), HashMap::new()], usual: [None; 2], count: 0, names }))
    }
}

struct Cases {
    ends: [HashMap<u32, u64>; 2],
    usual: [Option<u32>; 2],
    count: u64,
    names: Vec<Box<str>>,
}

impl CaseCheck for Cases {
    fn passes(&self) -> usize {
        2
    }

    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let ends = [first, last];
        if pass == 0 {
            self.count += 1;
            self.ends.iter_mut().zip(ends).for_each(|(counts, it)| *counts.entry(it.label).or_default() += 1);
            return;
        }
        counter.tally.applicable += 1;
        let unlike = |(usual, it): &(Option<u32>, &CaseEvent)| usual.is_some_and(|usual| usual != it.label);
        if let Some((usual, it)) = self.usual.into_iter().zip(ends).find(unlike) {
            let name = |label: u32| self.names.get(label as usize).map_or("", AsRef::as_ref);
            let (found, usual) = (name(it.label), usual.map_or("", name));
            counter.row(it.row, Some(case), || format!("{found:?} where others have {usual:?}"));
        }
    }

    fn end(&mut self, pass: usize) {
        if pass == 0 {
            let count = self.count;
            self.usual = self.ends.each_ref().map(|counts| {
                let most = counts.iter().max_by_key(|(label, count)| (**count, std::cmp::Reverse(**label)));
                most.filter(|(_, it)| **it * 10 >= count * 9 && count >= 10).map(|(label, _)| *label)
            });
        }
    }

    fn verdict(self: Box<Self>, _: &Facts, tally: Tally) -> Verdict {
        Verdict::of(tally)
    }
}
