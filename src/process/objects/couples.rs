//! Pairs of events that follow each other for objects of a type, each counted once, however many objects of the
//! type both have. The first event of an object follows nothing, and nothing follows its last.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::divide::{Blocks, Divider, each_record, joined, with_states};
use super::relate::ObjectRun;
use super::tally::{EdgeKey, ObjectTally, pair};
use crate::error::Result;
use crate::model::hash::mix;
use crate::process::bytes::{put, put_signed};
use crate::process::edges::PairHasher;

/// The partition of a pair of events, known by their positions.
pub(super) fn couple_partition(of: u32, from: i64, to: i64) -> usize {
    (mix(mix(u64::from(of), from as u64), to as u64) >> 56) as usize
}

/// Writes a pair: the type of the object, both activities, both positions, and the time between the two.
pub(super) fn put_couple(
    out: &mut Vec<u8>,
    of: u32,
    (from, to): (Option<u32>, Option<u32>),
    (first, second): (i64, i64),
    ticks: i64,
) {
    put(out, u64::from(of));
    for activity in [from, to] {
        put(out, activity.map_or(0, |activity| u64::from(activity) + 1));
    }
    put(out, first as u64);
    put(out, second as u64);
    put_signed(out, ticks);
}

/// A pair of events of objects of a type.
#[derive(PartialEq, Eq)]
struct Couple {
    of: u32,
    /// Which of the two there are.
    has: (bool, bool),
    events: (u64, u64),
}

impl Hash for Couple {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.events.0);
        state.write_u64(self.events.1);
        state.write_u64(u64::from(self.of) << 2 | u64::from(self.has.0) << 1 | u64::from(self.has.1));
    }
}

/// Counts all pairs of events that follow each other at an object.
pub(super) fn count(couples: Vec<Divider>, sum: &mut ObjectTally, run: &ObjectRun<'_>) -> Result<()> {
    let states = with_states(run.workers, joined(couples)?, run.new_tally, |tally, blocks: Blocks| {
        run.observer.check()?;
        let mut seen: HashSet<Couple, BuildHasherDefault<PairHasher>> = HashSet::default();
        each_record(&blocks, |numbers| {
            let of = numbers.next()? as u32;
            let (from, to) = (numbers.next()?.checked_sub(1), numbers.next()?.checked_sub(1));
            let events = (numbers.next()?, numbers.next()?);
            let ticks = numbers.next_signed()?;
            if !seen.insert(Couple { of, has: (from.is_some(), to.is_some()), events }) {
                return Ok(());
            }
            match (from, to) {
                (Some(from), Some(to)) => {
                    tally.couple(EdgeKey { of, from: from as u32, to: to as u32 }, ticks)
                }
                (None, Some(to)) => {
                    tally.of_type.entry(pair(of, to as u32)).or_default().start_events += 1;
                    Ok(())
                }
                (Some(from), None) => {
                    tally.of_type.entry(pair(of, from as u32)).or_default().end_events += 1;
                    Ok(())
                }
                (None, None) => Ok(()),
            }
        })
    })?;
    states.into_iter().try_for_each(|tally| sum.join(tally))
}
