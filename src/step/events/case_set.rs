//! The cases that stay, by 64-bit hashes of their texts: 8 bytes each, beyond the ration in the spill file.
//!
//! Two cases of one hash of which one stays and the other does not are told apart by their texts, so the set is
//! exact. A case that was not among those that were decided on is taken for one of the set if it has the hash of
//! one: it has no event, and a hash of its own but for one in some 10^12 logs of a million cases.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::collector::PARTITIONS;
use super::words::Words;
use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;
use crate::model::hash::hash_bytes;

/// Buckets of each partition, so that one bucket of ten million cases is some 20 kB.
const BUCKETS: usize = 16;
/// Bytes that a hash takes in the file.
const BYTES: usize = 8;

/// The hash by which a set knows a case.
#[inline]
pub(crate) fn case_hash(case: &[u8]) -> u64 {
    hash_bytes(0x6361_7365, case)
}

/// The partition of a case with this hash.
#[inline]
pub(crate) fn partition_of(hash: u64) -> usize {
    (hash >> 56) as usize % PARTITIONS
}

/// The cases of one partition that stay.
#[derive(Debug)]
pub(crate) struct CasesOfPartition {
    buckets: Vec<Option<KeptBytes>>,
    /// Cases whose hash does not tell whether they stay.
    odd: Vec<(Box<[u8]>, bool)>,
    /// Number of cases that stay.
    pub count: u64,
}

impl CasesOfPartition {
    /// The cases of a partition, for each whether it stays.
    ///
    /// # Errors
    /// If the spill file can't be written.
    pub fn new(cases: &Words, stays: &[bool], spill: &Arc<Spill>) -> Result<Self> {
        let count = stays.iter().filter(|stays| **stays).count() as u64;
        let mut hashes: Vec<(u64, u32)> = cases.iter().map(case_hash).zip(0..).collect();
        hashes.sort_unstable();
        let mut odd = Vec::new();
        for same in hashes.chunk_by(|left, right| left.0 == right.0).filter(|same| same.len() > 1) {
            let stay = |number: &u32| stays[*number as usize];
            if same.iter().any(|(_, number)| stay(number) != stay(&same[0].1)) {
                odd.extend(same.iter().map(|(_, number)| (cases.get(*number).into(), stay(number))));
            }
        }
        let mut kept = vec![Vec::new(); BUCKETS];
        for (hash, _) in hashes.into_iter().filter(|(_, number)| stays[*number as usize]) {
            kept[bucket_of(hash)].extend_from_slice(&hash.to_le_bytes());
        }
        let keep = |bytes: Vec<u8>| (!bytes.is_empty()).then(|| spill.keep(&bytes)).transpose();
        let buckets = kept.into_iter().map(|bytes| Ok(keep(bytes)?)).collect::<Result<_>>()?;
        Ok(Self { buckets, odd, count })
    }
}

fn bucket_of(hash: u64) -> usize {
    (hash >> 52) as usize % BUCKETS
}

/// The cases that stay.
#[derive(Debug, Default)]
pub(crate) struct CaseSet {
    partitions: Vec<Vec<Option<KeptBytes>>>,
    odd: HashMap<Box<[u8]>, bool>,
    /// Number of cases that stay.
    pub count: u64,
}

impl CaseSet {
    /// The cases of all partitions.
    pub fn new(partitions: Vec<CasesOfPartition>) -> Self {
        let mut set = Self::default();
        for partition in partitions {
            set.count += partition.count;
            set.odd.extend(partition.odd);
            set.partitions.push(partition.buckets);
        }
        set
    }

    /// Whether a case stays.
    ///
    /// # Errors
    /// If the spill file can't be read.
    pub fn has(&self, case: &[u8]) -> Result<bool> {
        if !self.odd.is_empty()
            && let Some(stays) = self.odd.get(case)
        {
            return Ok(*stays);
        }
        let hash = case_hash(case);
        let bucket = self.partitions.get(partition_of(hash)).map(|it| &it[bucket_of(hash)]);
        let Some(Some(bucket)) = bucket else { return Ok(false) };
        Ok(finds(&bucket.read()?, hash))
    }
}

/// Whether a hash is among sorted ones.
fn finds(bucket: &Bytes, hash: u64) -> bool {
    let (hashes, _) = bucket.as_chunks::<BYTES>();
    hashes.binary_search_by_key(&hash, |bytes| u64::from_le_bytes(*bytes)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Ration;

    #[test]
    fn a_set_has_the_cases_that_stay_and_no_others() {
        for ration in [0, 1 << 20] {
            let spill = Arc::new(Spill::new(Arc::new(Ration::new(ration)), std::env::temp_dir()));
            let mut partitions: Vec<(Words, Vec<bool>)> =
                (0..PARTITIONS).map(|_| (Words::default(), Vec::new())).collect();
            for number in 0..5_000 {
                let case = format!("case {number}");
                let (cases, stays) = &mut partitions[partition_of(case_hash(case.as_bytes()))];
                cases.intern(case.as_bytes());
                stays.push(number % 3 == 0);
            }
            let made =
                partitions.iter().map(|(cases, stays)| CasesOfPartition::new(cases, stays, &spill).unwrap());
            let set = CaseSet::new(made.collect());
            assert_eq!(set.count, 1667);
            for number in 0..6_000 {
                let stays = number < 5_000 && number % 3 == 0;
                assert_eq!(set.has(format!("case {number}").as_bytes()).unwrap(), stays, "{number}");
            }
        }
    }
}
