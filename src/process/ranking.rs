//! Variants by rank, each with the share of cases that it has.

use std::sync::Arc;

use super::variants::Variants;
use crate::error::Result;

/// Variants from the most frequent one on; of those with as many cases, from the last one by its activities.
#[derive(Debug, Default)]
pub struct RankedVariants {
    variants: Variants,
    ranked: Vec<u32>,
    /// For each activity as it was counted its position by name.
    places: Arc<[u32]>,
    cases: u64,
}

/// One variant of a ranking. Its activities are not held as a list: a case may have millions of events.
#[derive(Debug, Clone, Copy)]
pub struct RankedVariant<'r> {
    of: &'r RankedVariants,
    number: u32,
    /// Cases that have this sequence of activities.
    pub cases: u64,
    /// Their share of all cases: what pm4py calls the coverage of a variant.
    pub coverage: f64,
    /// The share of all cases that this variant and those before it have together.
    pub cumulative_coverage: f64,
}

impl RankedVariants {
    /// Ranks the variants of so many cases; `places` are the positions of their activities by name.
    pub(super) fn of(variants: Variants, places: Arc<[u32]>, cases: u64) -> Result<Self> {
        let ranked = variants.ranked(&places)?;
        Ok(Self { variants, ranked, places, cases })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranked.is_empty()
    }

    /// The variants in the order of their ranks.
    pub fn iter(&self) -> impl Iterator<Item = RankedVariant<'_>> {
        let share = |cases: u64| cases as f64 / self.cases.max(1) as f64;
        let mut before = 0;
        self.ranked.iter().map(move |number| {
            let cases = self.variants.cases(*number);
            before += cases;
            let (coverage, cumulative_coverage) = (share(cases), share(before));
            RankedVariant { of: self, number: *number, cases, coverage, cumulative_coverage }
        })
    }

    /// For each variant as it was counted its rank, from 1.
    pub(super) fn ranks(&self) -> Vec<i64> {
        let mut ranks = vec![0; self.ranked.len()];
        for (rank, number) in (1..).zip(&self.ranked) {
            ranks[*number as usize] = rank;
        }
        ranks
    }
}

impl<'r> RankedVariant<'r> {
    /// The activities, as positions in the list of them by name.
    pub fn activities(&self) -> impl Iterator<Item = usize> + use<'r> {
        let of = self.of;
        of.variants.activities(self.number).map(|activity| of.places[activity as usize] as usize)
    }
}
