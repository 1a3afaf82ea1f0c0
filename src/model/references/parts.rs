//! References cut into parts by their hashes, and as bytes, so that they can wait in a file: what is in one
//! part knows nothing of the others, and what is found in each of them is together what is found in all.
//!
//! ```text
//! full, again | events, objects, relations: a count, the hashes | from events, from objects, to objects: a count, the runs
//! ```
//!
//! All numbers have 8 bytes, little-endian, and how often a hash was met has 4.

use super::store::{HashRun, Hashed, Stretches, Tally};
use super::{Findings, References};

/// Parts into which references are cut. One of a billion identifiers holds four million, as many as are held
/// against each other at once.
pub const PARTS: usize = 256;

/// The part of a hash: its lower bits, for within a part the upper ones tell hashes from each other.
fn part_of(hash: u64) -> usize {
    hash as usize % PARTS
}

impl References {
    /// Bytes that are held.
    pub fn bytes(&self) -> usize {
        let hashes = self.ids.iter().map(Stretches::len).sum::<usize>() + self.relations.len();
        let runs = self.sources.iter().map(Stretches::len).sum::<usize>() + self.targets.waiting();
        hashes * size_of::<u64>() + runs * size_of::<HashRun>()
    }

    /// Cuts all into parts. What was counted already is in the first.
    pub fn into_parts(self) -> Vec<Self> {
        let mut parts: Vec<Self> = (0..PARTS).map(|_| Self { full: self.full, ..Self::default() }).collect();
        parts[0].again = self.again;
        for (side, ids) in self.ids.into_iter().enumerate() {
            ids.each(|hash| parts[part_of(hash)].ids[side].open.push(hash));
        }
        self.relations.each(|hash| parts[part_of(hash)].relations.open.push(hash));
        for (side, sources) in self.sources.into_iter().enumerate() {
            sources.each(|run| parts[part_of(run.hash())].sources[side].open.push(run));
        }
        let mut targets = vec![Vec::new(); PARTS];
        for run in self.targets.into_runs().into_iter().flatten() {
            targets[part_of(run.hash())].push(run);
        }
        for (part, runs) in parts.iter_mut().zip(targets) {
            part.targets = Tally::of(runs);
        }
        parts
    }

    /// Appends all as bytes.
    pub fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.full as u64, self.again].map(u64::to_le_bytes).concat());
        for hashes in self.ids.into_iter().chain([self.relations]) {
            out.extend_from_slice(&(hashes.len() as u64).to_le_bytes());
            hashes.each(|hash| out.extend_from_slice(&hash.to_le_bytes()));
        }
        for runs in self.sources.map(Stretches::into_runs).into_iter().chain([self.targets.into_runs()]) {
            let count: usize = runs.iter().map(|runs| runs.len()).sum();
            out.extend_from_slice(&(count as u64).to_le_bytes());
            for run in runs.into_iter().flatten() {
                out.extend_from_slice(&run.hash().to_le_bytes());
                out.extend_from_slice(&run.times.to_le_bytes());
            }
        }
    }

    /// Adds what was [written](References::write); `None` if these are not its bytes.
    pub fn read_written(&mut self, mut bytes: &[u8]) -> Option<()> {
        let mut later =
            Self { full: number(&mut bytes)? != 0, again: number(&mut bytes)?, ..Self::default() };
        let [events, objects] = &mut later.ids;
        for hashes in [events, objects, &mut later.relations] {
            for _ in 0..number(&mut bytes)? {
                hashes.open.push(number(&mut bytes)?);
            }
        }
        let mut targets = Vec::new();
        let [from_events, from_objects] = &mut later.sources;
        for runs in [&mut from_events.open, &mut from_objects.open, &mut targets] {
            for _ in 0..number(&mut bytes)? {
                let hash = number(&mut bytes)?;
                let times;
                (times, bytes) = bytes.split_first_chunk()?;
                runs.push(HashRun::of(hash, u32::from_le_bytes(*times)));
            }
        }
        later.targets = Tally::of(targets);
        self.join(later);
        bytes.is_empty().then_some(())
    }
}

impl Findings {
    /// Adds what was found in another part.
    pub fn add(&mut self, other: Self) {
        self.duplicate_events += other.duplicate_events;
        self.duplicate_objects += other.duplicate_objects;
        self.duplicate_relations += other.duplicate_relations;
        self.dangling_references += other.dangling_references;
        self.missing += other.missing;
    }
}

/// The number at the beginning, which is taken away.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hashes, of which many are equal and some have equal ends.
    fn hashes() -> impl Strategy<Value = Vec<u64>> {
        let hash = prop_oneof![
            0u64..9,
            (0u64..9).prop_map(|at| at << 60),
            (0u64..99).prop_map(|at| super::super::mix(7, at))
        ];
        prop::collection::vec(hash, 0..60)
    }

    fn references() -> impl Strategy<Value = References> {
        (hashes(), hashes(), hashes(), hashes(), hashes(), hashes(), 0u64..5).prop_map(
            |(events, objects, relations, from_events, from_objects, to, again)| {
                let mut all = References { again, ..References::default() };
                all.ids[0].open = events;
                all.ids[1].open = objects;
                all.relations.open = relations;
                all.sources[0].open = from_events.into_iter().map(HashRun::new).collect();
                all.sources[1].open = from_objects.into_iter().map(HashRun::new).collect();
                to.into_iter().for_each(|hash| all.targets.add(hash));
                all
            },
        )
    }

    proptest! {
        #[test]
        fn parts_that_were_written_hold_together_what_the_whole_holds(shards in prop::collection::vec(references(), 1..4)) {
            let mut whole = References::default();
            let mut parts = vec![References::default(); PARTS];
            for shard in shards {
                whole.join(shard.clone());
                for (part, cut) in parts.iter_mut().zip(shard.into_parts()) {
                    let mut bytes = Vec::new();
                    cut.write(&mut bytes);
                    prop_assert!(part.read_written(&bytes).is_some());
                    prop_assert!(bytes.len() < 64 + 8 || References::default().read_written(&bytes[..bytes.len() - 1]).is_none());
                }
            }
            whole.settle();
            prop_assert_eq!(whole.bytes() == 0, parts.iter().all(|part| part.bytes() == 0));
            let mut found = Findings::default();
            for part in parts {
                found.add(part.findings().unwrap());
            }
            prop_assert_eq!(Some(found), whole.findings());
        }
    }

    #[test]
    fn what_is_too_much_stays_too_much_in_parts() {
        let full = References { full: true, ..References::default() };
        for part in full.into_parts() {
            let mut bytes = Vec::new();
            part.write(&mut bytes);
            let mut read = References::default();
            assert_eq!(read.read_written(&bytes), Some(()));
            assert_eq!(read.findings(), None);
        }
    }
}
