//! Which cases are chosen, from the events of a survey.
//!
//! ```text
//! without strata  the greatest of so many smallest hashes is the bound of all
//! with strata     cases of each stratum are counted; shares of the sample are apportioned; in each stratum the
//!                 smallest hashes are chosen
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;

use super::size::{SampleSize, Stratum};
use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::model::calendar::date_of;
use crate::step::cases::values::WHOLE;
use crate::step::events::case_set::{CaseSet, CasesOfPartition};
use crate::step::events::collected::{Collected, Crew, Event};

/// The key of hashes, which the seed says.
pub(super) type HashKey = [u8; 32];

/// The hash that decides on a case.
#[inline]
pub(super) fn sample_hash(key: &HashKey, case: &[u8]) -> u128 {
    let hash = blake3::keyed_hash(key, case);
    hash.as_bytes().first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
}

/// The cases that are chosen.
#[derive(Debug)]
pub(super) enum Chosen {
    /// Those whose hash is not greater; none without a bound.
    UpTo(Option<u128>),
    /// The cases of this set.
    Cases(CaseSet),
}

/// The greatest hash of a share of all hashes.
pub(super) fn bound_of(parts: u64) -> Option<u128> {
    // The upper half of a hash decides.
    let half = (u128::from(parts) << 64) / u128::from(WHOLE);
    match parts {
        WHOLE => Some(u128::MAX),
        _ => (half << 64).checked_sub(1),
    }
}

/// One stratum, and what is drawn from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StratumDraw {
    /// Its value: a month, a value of a column, the activities of a variant.
    pub name: String,
    pub cases: u64,
    pub drawn: u64,
}

/// The cases up to the greatest of so many smallest hashes.
///
/// # Errors
/// If events that wait in the spill file can't be read.
pub(super) fn smallest(collected: &Collected, key: &HashKey, most: u64, crew: &Crew<'_>) -> Result<Chosen> {
    let bound = least(collected, most, crew, |case, _| sample_hash(key, case))?;
    Ok(Chosen::UpTo(bound))
}

/// The greatest of so many least numbers that cases have.
fn least(
    collected: &Collected,
    most: u64,
    crew: &Crew<'_>,
    number: impl Fn(&[u8], &[Event]) -> u128 + Sync,
) -> Result<Option<u128>> {
    let of_partition = |partition| {
        let mut least = Smallest::new(most);
        collected.each_case(partition, |case, events| {
            least.add(number(case, events));
            Ok(())
        })?;
        Ok(least)
    };
    let add = |sum: &mut Smallest, part: Smallest| part.heap.into_iter().for_each(|number| sum.add(number));
    Ok(collected.sum_partitions(crew, Smallest::new(most), of_partition, add)?.greatest())
}

/// The cases whose first rows come first, so many.
///
/// # Errors
/// If events that wait in the spill file can't be read, or cases can't be written to it.
pub(super) fn first(collected: &Collected, most: u64, crew: &Crew<'_>, spill: &Arc<Spill>) -> Result<Chosen> {
    // Cases without an event come last.
    let row = |events: &[Event]| events.iter().map(|event| event.row).min().unwrap_or(u64::MAX);
    let bound = least(collected, most, crew, |_, events| u128::from(row(events)))?;
    let is_chosen = |_: &[u8], events: &[Event]| bound.is_some_and(|bound| u128::from(row(events)) <= bound);
    set_of(collected, is_chosen, crew, spill)
}

fn set_of(
    collected: &Collected,
    is_chosen: impl Fn(&[u8], &[Event]) -> bool + Sync,
    crew: &Crew<'_>,
    spill: &Arc<Spill>,
) -> Result<Chosen> {
    let parts = collected.each_partition(crew, |partition| {
        let mut stays = Vec::new();
        let cases = collected.each_case(partition, |case, events| {
            stays.push(is_chosen(case, events));
            Ok(())
        })?;
        CasesOfPartition::new(&cases, &stays, spill)
    })?;
    Ok(Chosen::Cases(CaseSet::new(parts)))
}

/// The least numbers, so many.
#[derive(Debug)]
struct Smallest {
    most: u64,
    heap: BinaryHeap<u128>,
}

impl Smallest {
    fn new(most: u64) -> Self {
        Self { most, heap: BinaryHeap::new() }
    }

    fn add(&mut self, number: u128) {
        if (self.heap.len() as u64) < self.most {
            self.heap.push(number);
        } else if let Some(mut greatest) = self.heap.peek_mut()
            && number < *greatest
        {
            *greatest = number;
        }
    }

    fn greatest(&self) -> Option<u128> {
        self.heap.peek().copied()
    }
}

/// What tells one stratum from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum StratumKey {
    Variant(Box<[u32]>),
    /// Months since the year 0.
    Month(Option<i64>),
    Text(Option<u32>),
}

/// How many ticks of the log a day has.
fn per_day(collected: &Collected) -> i64 {
    collected.layout.tick.per_second() * 86_400
}

impl StratumKey {
    fn of(by: &Stratum, events: &[Event], per_day: i64) -> Self {
        match by {
            Stratum::Variant => Self::Variant(events.iter().map(|event| event.activity).collect()),
            Stratum::Month => Self::Month(events.first().and_then(|event| {
                let day = i32::try_from(event.time.div_euclid(per_day)).ok()?;
                let (year, month, _) = date_of(day);
                Some(i64::from(year) * 12 + i64::from(month) - 1)
            })),
            Stratum::Attribute(_) => Self::Text(events.iter().find_map(|event| event.group)),
        }
    }

    /// What people call it, in parts: no two strata have the same.
    fn names(&self, collected: &Collected) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self {
            Self::Variant(activities) => {
                activities.iter().map(|it| text(collected.activities.get(*it))).collect()
            }
            Self::Month(Some(month)) => {
                vec![format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)]
            }
            Self::Text(Some(number)) => vec![text(collected.groups.get(*number))],
            Self::Month(None) | Self::Text(None) => Vec::new(),
        }
    }
}

/// The cases that are drawn from all strata.
///
/// # Errors
/// If events that wait in the spill file can't be read, or cases can't be written to it.
pub(super) fn stratified(
    collected: &Collected,
    key: &HashKey,
    (size, by, floor): (SampleSize, &Stratum, u64),
    crew: &Crew<'_>,
    spill: &Arc<Spill>,
) -> Result<(Chosen, Vec<StratumDraw>)> {
    let per_day = per_day(collected);
    let count = |partition| {
        let mut counts = HashMap::<StratumKey, u64>::new();
        collected.each_case(partition, |_, events| {
            *counts.entry(StratumKey::of(by, events, per_day)).or_default() += 1;
            Ok(())
        })?;
        Ok(counts)
    };
    let add = |sum: &mut HashMap<StratumKey, u64>, part: HashMap<StratumKey, u64>| {
        for (stratum, count) in part {
            *sum.entry(stratum).or_default() += count;
        }
    };
    let counts = collected.sum_partitions(crew, HashMap::new(), count, add)?;
    let mut strata: Vec<(Vec<String>, StratumKey, u64)> =
        counts.into_iter().map(|(stratum, count)| (stratum.names(collected), stratum, count)).collect();
    strata.sort_unstable_by(|left, right| right.2.cmp(&left.2).then_with(|| left.0.cmp(&right.0)));
    let sizes: Vec<u64> = strata.iter().map(|(_, _, count)| *count).collect();
    let all: u64 = sizes.iter().sum();
    let wanted = match size {
        SampleSize::Cases(cases) => cases.min(all),
        // Half a case is one.
        SampleSize::Share(share) => {
            let parts = u128::from(share.parts) * u128::from(all) + u128::from(WHOLE / 2);
            u64::try_from(parts / u128::from(WHOLE)).unwrap_or(all)
        }
    };
    let drawn = apportion(&sizes, wanted, floor);
    let mut quotas = HashMap::new();
    let mut draws = Vec::with_capacity(strata.len());
    for ((names, stratum, cases), drawn) in strata.into_iter().zip(drawn) {
        quotas.insert(stratum, drawn);
        let name = if names.is_empty() { "none".to_owned() } else { names.join(" > ") };
        draws.push(StratumDraw { name, cases, drawn });
    }
    let draw = |partition| {
        let mut heaps = HashMap::<StratumKey, Smallest>::new();
        collected.each_case(partition, |case, events| {
            let stratum = StratumKey::of(by, events, per_day);
            let quota = quotas.get(&stratum).copied().unwrap_or_default();
            if quota > 0 {
                let heap = heaps.entry(stratum).or_insert_with(|| Smallest::new(quota));
                heap.add(sample_hash(key, case));
            }
            Ok(())
        })?;
        Ok(heaps)
    };
    let add = |sum: &mut HashMap<StratumKey, Smallest>, part: HashMap<StratumKey, Smallest>| {
        for (stratum, part) in part {
            let heap = sum.entry(stratum).or_insert_with(|| Smallest::new(part.most));
            part.heap.into_iter().for_each(|hash| heap.add(hash));
        }
    };
    let heaps = collected.sum_partitions(crew, HashMap::new(), draw, add)?;
    let bounds: HashMap<StratumKey, u128> =
        heaps.into_iter().filter_map(|(stratum, heap)| Some((stratum, heap.greatest()?))).collect();
    let is_chosen = |case: &[u8], events: &[Event]| {
        let bound = bounds.get(&StratumKey::of(by, events, per_day));
        bound.is_some_and(|bound| sample_hash(key, case) <= *bound)
    };
    Ok((set_of(collected, is_chosen, crew, spill)?, draws))
}

/// How many of `wanted` each stratum gives, the largest stratum first: in proportion to its size, by largest
/// remainders; but at least `floor`, if it has so many, also where that is more than `wanted` together.
fn apportion(sizes: &[u64], wanted: u64, floor: u64) -> Vec<u64> {
    let wanted = wanted.min(sizes.iter().sum());
    let mut drawn: Vec<u64> = sizes.iter().map(|size| floor.min(*size)).collect();
    let mut open: BTreeSet<usize> = (0..sizes.len()).collect();
    loop {
        let fixed: u64 = (0..sizes.len()).filter(|at| !open.contains(at)).map(|at| drawn[at]).sum();
        let left = wanted.saturating_sub(fixed);
        let of: u64 = open.iter().map(|at| sizes[*at]).sum();
        if of == 0 {
            return drawn;
        }
        let ideal = |at: usize| u128::from(left) * u128::from(sizes[at]);
        // Strata whose part would be below their floor keep the floor, and the others share the rest.
        let below: Vec<usize> =
            open.iter().copied().filter(|at| ideal(*at) < u128::from(drawn[*at]) * u128::from(of)).collect();
        if !below.is_empty() {
            open.retain(|at| !below.contains(at));
            continue;
        }
        let mut rest = left;
        for at in &open {
            drawn[*at] = (ideal(*at) / u128::from(of)) as u64;
            rest -= drawn[*at];
        }
        let mut by_rest: Vec<usize> = open.iter().copied().collect();
        by_rest.sort_by_key(|at| (Reverse(ideal(*at) % u128::from(of)), *at));
        for at in by_rest {
            if rest > 0 && drawn[at] < sizes[at] {
                drawn[at] += 1;
                rest -= 1;
            }
        }
        return drawn;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_apportioned_by_largest_remainders_above_a_floor() {
        assert_eq!(apportion(&[50, 30, 20], 10, 0), [5, 3, 2]);
        // 3.33, 3.33, 3.33: the first of equal ones gets what is left.
        assert_eq!(apportion(&[10, 10, 10], 10, 0), [4, 3, 3]);
        // 9.7, 0.2, 0.1: the small ones get their floor, and the large one the rest.
        assert_eq!(apportion(&[97, 2, 1], 10, 1), [8, 1, 1]);
        // 4.5, 3.5, 2: the larger remainder of equal ones is that of the first.
        assert_eq!(apportion(&[9, 7, 4], 10, 0), [5, 3, 2]);
        // More strata than cases.
        assert_eq!(apportion(&[5, 1, 1], 2, 1), [1, 1, 1]);
        assert_eq!(apportion(&[5, 1], 100, 1), [5, 1]);
        assert_eq!(apportion(&[3, 2], 0, 0), [0, 0]);
        assert_eq!(apportion(&[], 3, 1), [0; 0]);
        for wanted in 0..=60 {
            assert_eq!(apportion(&[30, 17, 8, 4, 1], wanted, 0).iter().sum::<u64>(), wanted.min(60));
        }
    }

    #[test]
    fn bounds_are_shares_of_all_hashes() {
        assert_eq!(bound_of(WHOLE), Some(u128::MAX));
        assert_eq!(bound_of(WHOLE / 2), Some(u128::MAX / 2));
        let mut few = Smallest::new(3);
        [5, 1, 9, 7, 3, 3].into_iter().for_each(|number| few.add(number));
        assert_eq!(few.greatest(), Some(3));
    }
}
