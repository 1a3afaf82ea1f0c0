//! Where hashes are kept: little memory for each, and little time for one that was met before.

use std::collections::HashMap;

/// Hashes that a shard counts before it hands them on: 192 KiB, which stay in the cache of a core.
const RECENT: usize = 1 << 14;

/// Things that are told apart by a hash.
pub trait Hashed: Copy + Default {
    /// The hash, spread evenly over all numbers.
    fn hash(&self) -> u64;
}

impl Hashed for u64 {
    fn hash(&self) -> u64 {
        *self
    }
}

/// Things that one part of the hashes' range should hold, so that putting it in order stays within the nearest cache.
const IN_A_PART: usize = 8;
/// Parts of the range at most.
const PARTS: usize = 1 << 17;

/// All things, in the order of their hashes. First to that part of the range that the hash says, then in order within the part: half the time of sorting all
/// at once, since hashes are spread evenly; where they are not it takes as long as that.
fn in_order_of_hashes<T: Hashed>(stretches: Vec<Box<[T]>>) -> Vec<T> {
    let count: usize = stretches.iter().map(|it| it.len()).sum();
    let parts = (count / IN_A_PART).next_power_of_two().clamp(2, PARTS);
    let part_of = |thing: &T| (thing.hash() >> (u64::BITS - parts.ilog2())) as usize;
    // Where the next thing of each part goes; behind them, where the last part ends.
    let mut next = vec![0usize; parts + 1];
    for thing in stretches.iter().flatten() {
        next[part_of(thing) + 1] += 1;
    }
    for part in 0..parts {
        next[part + 1] += next[part];
    }
    let mut all = vec![T::default(); count];
    for stretch in stretches {
        for thing in &stretch {
            let place = &mut next[part_of(thing)];
            all[*place] = *thing;
            *place += 1;
        }
    }
    // By now each part's place is its end.
    let mut start = 0;
    for end in &next[..parts] {
        all[start..*end].sort_unstable_by_key(T::hash);
        start = *end;
    }
    all
}

/// Things as they were met, in stretches that take no more than what is in them.
#[derive(Debug, Clone)]
pub struct Stretches<T> {
    settled: Vec<Box<[T]>>,
    /// What was met since the last stretch ended.
    pub open: Vec<T>,
}

impl<T> Default for Stretches<T> {
    fn default() -> Self {
        Self { settled: Vec::new(), open: Vec::new() }
    }
}

impl<T: Hashed> Stretches<T> {
    /// Ends a stretch.
    pub fn settle(&mut self) {
        if !self.open.is_empty() {
            self.settled.push(std::mem::take(&mut self.open).into_boxed_slice());
        }
    }

    /// Adds what was met elsewhere.
    pub fn join(&mut self, mut later: Self) {
        self.settle();
        later.settle();
        self.settled.append(&mut later.settled);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.settled.iter().map(|it| it.len()).sum::<usize>() + self.open.len()
    }

    /// All of them, in the order of their hashes.
    pub fn sorted(mut self) -> Vec<T> {
        self.settle();
        in_order_of_hashes(self.settled)
    }
}

/// A hash, and how often it was met: twelve bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    hash: [u32; 2],
    /// How often.
    pub times: u32,
}

impl Run {
    /// Of a hash that was met once.
    #[inline]
    pub fn new(hash: u64) -> Self {
        Self { hash: [(hash >> 32) as u32, hash as u32], times: 1 }
    }
}

impl Hashed for Run {
    #[inline]
    fn hash(&self) -> u64 {
        u64::from(self.hash[0]) << 32 | u64::from(self.hash[1])
    }
}

/// Runs of shards that wait until they are brought together, at least.
const WAITING: usize = 1 << 20;

/// How often each hash was met.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Those met last, each in the place that its hash says; what was there before is handed on.
    recent: Vec<Run>,
    handed_on: Vec<Run>,
    /// What shards have handed on, each in order.
    shards: Vec<Box<[Run]>>,
    waiting: usize,
    /// How many runs there were when shards were last brought together.
    together: usize,
}

impl Tally {
    /// Counts one.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        if self.recent.is_empty() {
            self.recent.resize(RECENT, Run::default());
        }
        let place = &mut self.recent[hash as usize % RECENT];
        if place.hash() == hash && place.times > 0 && place.times < u32::MAX {
            place.times += 1;
        } else {
            let before = std::mem::replace(place, Run::new(hash));
            if before.times > 0 {
                self.handed_on.push(before);
            }
        }
    }

    /// Ends a shard: all of its hashes are handed on, in order.
    pub fn settle(&mut self) {
        let mut runs = std::mem::take(&mut self.handed_on);
        runs.extend(self.recent.drain(..).filter(|run| run.times > 0));
        if !runs.is_empty() {
            self.push(together(vec![runs.into_boxed_slice()]));
        }
    }

    fn push(&mut self, runs: Vec<Run>) {
        self.waiting += runs.len();
        self.shards.push(runs.into_boxed_slice());
    }

    /// Adds what other shards have met. Once these are many they are brought together, so that memory follows from the hashes and not from the shards.
    pub fn join(&mut self, mut later: Self) {
        later.settle();
        self.waiting += later.waiting;
        self.shards.append(&mut later.shards);
        if self.waiting > WAITING.max(2 * self.together) {
            self.bring_together();
        }
    }

    fn bring_together(&mut self) {
        let runs = together(std::mem::take(&mut self.shards));
        (self.waiting, self.together) = (0, runs.len());
        self.push(runs);
    }

    /// Whether the hashes that were handed on, each counted once, are more than `most`.
    pub fn are_more_than(&mut self, most: usize) -> bool {
        if self.waiting > most {
            self.bring_together();
        }
        self.waiting > most
    }

    /// How often each hash was met that is not in `known`, which is in order.
    pub fn without(mut self, known: &[u64]) -> HashMap<u64, u64> {
        self.settle();
        let mut missing = HashMap::new();
        for runs in &self.shards {
            let mut rest = known;
            for run in runs {
                let hash = run.hash();
                // The next run is as near as runs are many beside what is known: twice as far with each step, then by halves.
                let mut far = 1;
                while rest.get(far).is_some_and(|it| *it < hash) {
                    far *= 2;
                }
                let from = &rest[far / 2..rest.len().min(far + 1)];
                rest = &rest[far / 2 + from.partition_point(|it| *it < hash)..];
                if rest.first() != Some(&hash) {
                    *missing.entry(hash).or_insert(0) += u64::from(run.times);
                }
            }
        }
        missing
    }
}

/// Runs by their hashes, those of one as one.
fn together(stretches: Vec<Box<[Run]>>) -> Vec<Run> {
    let mut runs = in_order_of_hashes(stretches);
    runs.dedup_by(|later, first| {
        match later.hash == first.hash && first.times.checked_add(later.times).is_some() {
            true => {
                first.times += later.times;
                true
            }
            false => false,
        }
    });
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_what_it_hands_on_and_what_it_keeps() {
        let mut whole = Tally::default();
        for shard in 0..3 {
            let mut tally = Tally::default();
            // Two hashes for each place, in turns.
            for hash in (0..2 * RECENT as u64).chain(0..2 * RECENT as u64).chain([5, 5, 5]) {
                tally.add(hash);
            }
            if shard > 0 {
                tally.settle();
            }
            whole.join(tally);
        }
        let evens: Vec<u64> = (0..2 * RECENT as u64).filter(|hash| hash % 2 == 0).collect();
        let counts = whole.without(&evens);
        assert_eq!(counts.len(), RECENT);
        assert!(
            counts.iter().all(|(hash, times)| hash % 2 == 1 && *times == if *hash == 5 { 15 } else { 6 })
        );
    }

    #[test]
    fn shards_that_are_many_are_brought_together() {
        let mut whole = Tally::default();
        for _ in 0..200 {
            let mut shard = Tally::default();
            (0..10_000).for_each(|hash| shard.add(hash << 32));
            whole.join(shard);
            assert!(whole.waiting <= WAITING + 10_000);
        }
        let counts = whole.without(&[]);
        assert!(counts.len() == 10_000 && counts.values().all(|times| *times == 200));
    }

    #[test]
    fn hashes_come_in_order_however_they_are_spread() {
        let spread = |at: u64| crate::model::hash::mix(7, at);
        let crowded = |at: u64| at % 10;
        let ends = |at: u64| if at.is_multiple_of(2) { u64::MAX - at } else { at };
        for of in [spread, crowded, ends] {
            for count in [0, 1, 2, 63, 64, 65, 1000, 70_000] {
                let mut expected: Vec<u64> = (0..count).map(of).collect();
                let stretches = expected.chunks(999).map(Into::into).collect();
                expected.sort_unstable();
                assert_eq!(in_order_of_hashes(stretches), expected);
            }
        }
    }

    #[test]
    fn stretches_are_all_there_in_order() {
        let mut one = Stretches { open: vec![3, 1], ..Stretches::default() };
        one.join(Stretches { open: vec![2, 2], ..Stretches::default() });
        one.open.push(0);
        assert_eq!(one.len(), 5);
        assert_eq!(one.sorted(), [0, 1, 2, 2, 3]);
    }
}
