//! Where hashes are kept: little memory for each, and little time for one that was met before.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Hashes that a shard counts before it hands them on: 192 KiB, which stay in the cache of a core.
const RECENT: usize = 1 << 14;

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

impl<T: Copy + Ord> Stretches<T> {
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

    /// All of them, in order.
    pub fn sorted(mut self) -> Vec<T> {
        self.settle();
        let mut all = Vec::with_capacity(self.len());
        for stretch in self.settled {
            all.extend_from_slice(&stretch);
        }
        all.sort_unstable();
        all
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

    /// The hash.
    #[inline]
    pub fn hash(&self) -> u64 {
        u64::from(self.hash[0]) << 32 | u64::from(self.hash[1])
    }
}

/// How often each hash was met.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Those met last, each in the place that its hash says; what was there before is handed on.
    recent: Vec<Run>,
    handed_on: Vec<Run>,
    all: HashMap<u64, u64, BuildHasherDefault<Hashed>>,
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

    /// Ends a shard: all of its hashes are handed on.
    pub fn settle(&mut self) {
        self.handed_on.extend(self.recent.drain(..).filter(|run| run.times > 0));
        self.handed_on.shrink_to_fit();
    }

    /// Adds what another shard has met.
    pub fn join(&mut self, mut later: Self) {
        later.settle();
        self.take(later.handed_on);
        for (hash, times) in later.all {
            *self.all.entry(hash).or_insert(0) += times;
        }
    }

    fn take(&mut self, runs: Vec<Run>) {
        for run in runs {
            *self.all.entry(run.hash()).or_insert(0) += u64::from(run.times);
        }
    }

    /// How many places are taken, of which some may be of the same hash.
    pub fn len(&self) -> usize {
        self.all.len() + self.handed_on.len() + self.recent.len()
    }

    /// Each hash once, and how often it was met, in no order.
    pub fn counts(mut self) -> impl Iterator<Item = (u64, u64)> {
        self.settle();
        let runs = std::mem::take(&mut self.handed_on);
        self.take(runs);
        self.all.into_iter()
    }
}

/// Finds what is hashed already.
#[derive(Debug, Clone, Default)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
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
        let mut counts: Vec<(u64, u64)> = whole.counts().collect();
        counts.sort_unstable();
        assert_eq!(counts.len(), 2 * RECENT);
        assert!(counts.iter().all(|(hash, times)| *times == if *hash == 5 { 15 } else { 6 }));
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
