//! Cases of one event each, as if the column were not the case.

use super::{About, CaseCheck, Check, Dimension, Need, Severity, Verdict, example};
use crate::inspect::events::CaseEvent;
use crate::inspect::facts::Facts;
use crate::inspect::tally::{Counter, Tally};

/// Makes the check `single-event-cases` of a log.
pub struct SingleEventCases;

static ABOUT: About = About {
    id: "single-event-cases",
    title: "Cases of one event, perhaps not cases",
    anchors: &["Suriadi et al. 2017: elusive case (a hint)"],
    dimension: Dimension::Coverage,
    severity: Severity::Hint,
    weight: 0,
    unit: "cases",
    meaning: "At least half of the cases have a single event: the column may be an identifier of something else.",
    formula: "affected: cases with one event, if they are at least half; applicable: cases",
    help: "name another column with ⟦case-id⟧; columns whose values repeat are listed under columns",
    needs: &[Need::Case, Need::Activity, Need::Time],
};

impl Check for SingleEventCases {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn cases(&self, _: &Facts) -> Option<Box<dyn CaseCheck>> {
        Some(Box::new(Cases(0)))
    }
}

struct Cases(u64);

impl CaseCheck for Cases {
    fn case(&mut self, _: usize, _: u64, events: &[CaseEvent], counter: &mut Counter<'_>) {
        counter.tally.applicable += 1;
        self.0 += u64::from(events.len() == 1);
    }

    fn verdict(self: Box<Self>, facts: &Facts, mut tally: Tally) -> Verdict {
        // A log of one or two cases says nothing.
        if self.0 * 2 >= tally.applicable && tally.applicable >= 5 {
            tally.affected = self.0;
            let name = facts.table.case.map_or("", |at| &facts.table.columns[at].0);
            tally
                .examples
                .push(example(format!("column {name:?}: {} of {} cases", self.0, tally.applicable)));
        }
        Verdict::of(tally)
    }
}
