//! The rows that stay, where it is decided within cases: a bit for each record of the inputs.
//!
//! In the next pass a worker knows the place where its shard begins, and finds the number of its first record by it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::step::ShardPlace;

/// The number of the first record of each shard.
pub(crate) type ShardBases = HashMap<ShardPlace, u64>;

/// The rows that stay.
#[derive(Debug, Default)]
pub(crate) struct RowSet {
    bits: Vec<AtomicU64>,
    bases: ShardBases,
}

impl RowSet {
    /// A set of none of so many records.
    pub fn new(records: u64, bases: ShardBases) -> Self {
        let words = usize::try_from(records.div_ceil(64)).unwrap_or(usize::MAX);
        Self { bits: (0..words).map(|_| AtomicU64::new(0)).collect(), bases }
    }

    /// Adds a row. Several threads may do so at once.
    pub fn add(&self, row: u64) {
        if let Some(word) = self.bits.get((row / 64) as usize) {
            word.fetch_or(1 << (row % 64), Ordering::Relaxed);
        }
    }

    /// Whether a row stays.
    #[inline]
    pub fn has(&self, row: u64) -> bool {
        let word = self.bits.get((row / 64) as usize);
        word.is_some_and(|word| word.load(Ordering::Relaxed) >> (row % 64) & 1 == 1)
    }

    /// The number of the first record of the shard that begins at a place; `None` if no shard that counted did.
    pub fn base(&self, place: ShardPlace) -> Option<u64> {
        self.bases.get(&place).copied()
    }
}
