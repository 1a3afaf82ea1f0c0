//! Numbers for values: equal ones get the same, new ones the next, in the order in which they come.
//!
//! Only numbers live here; who asks keeps the values and says whether one equals another. Hashes are seeded
//! anew for each table, so that no input can be made whose values all collide, and nothing that is written
//! depends on them.

use std::hash::{BuildHasher, RandomState};

/// A slot that holds no number.
const EMPTY: u64 = u64::MAX;
/// Slots to begin with: a table for the words of a batch, 2 kB.
const LEAST: usize = 256;
/// Slots that an emptied table keeps, 128 kB. More would be memory that one odd column holds for the rest of
/// the run.
const KEPT: usize = 16 << 10;

/// A table of numbers with open addressing.
#[derive(Debug)]
pub struct Interner {
    /// The upper half of a slot is the value's hash, the lower half its number.
    slots: Vec<u64>,
    len: u32,
    seed: u64,
    factor: u64,
}

impl Default for Interner {
    fn default() -> Self {
        let state = RandomState::new();
        Self { slots: Vec::new(), len: 0, seed: state.hash_one(0), factor: state.hash_one(1) | 1 }
    }
}

impl Interner {
    /// The hash of a text.
    #[inline]
    pub fn hash_text(&self, text: &[u8]) -> u32 {
        let mut state = self.seed ^ text.len() as u64;
        let (words, rest) = text.as_chunks::<8>();
        for word in words {
            state = self.fold(state ^ u64::from_le_bytes(*word));
        }
        let last = match text.last_chunk::<8>() {
            Some(last) => u64::from_le_bytes(*last),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        self.fold(state ^ last) as u32
    }

    /// The hash of a text of up to 16 bytes that is one [block](crate::model::short::block).
    #[inline(always)]
    pub fn hash_block(&self, block: u128, len: usize) -> u32 {
        let (low, high) = (block as u64, (block >> 64) as u64);
        self.fold(self.fold(low ^ self.seed ^ len as u64) ^ high) as u32
    }

    /// The hash of a number.
    #[inline]
    pub fn hash_word(&self, word: u64) -> u32 {
        self.fold(word ^ self.seed) as u32
    }

    /// Both halves of the product, so that every bit of `word` reaches the lower half.
    #[inline(always)]
    fn fold(&self, word: u64) -> u64 {
        let product = u128::from(word) * u128::from(self.factor);
        (product >> 64) as u64 ^ product as u64
    }

    /// The number of the value with this hash of which `same` is true, and whether it is a new one.
    #[inline]
    pub fn intern(&mut self, hash: u32, same: impl Fn(u32) -> bool) -> (u32, bool) {
        if self.len as usize * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                let number = self.len;
                self.slots[at] = u64::from(hash) << 32 | u64::from(number);
                self.len += 1;
                return (number, true);
            }
            if (slot >> 32) as u32 == hash && same(slot as u32) {
                return (slot as u32, false);
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![EMPTY; (self.slots.len() * 2).max(LEAST)];
        let mask = larger.len() - 1;
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot != EMPTY {
                let mut at = (slot >> 32) as usize & mask;
                while self.slots[at] != EMPTY {
                    at = (at + 1) & mask;
                }
                self.slots[at] = slot;
            }
        }
    }

    /// Removes all values, but keeps the memory.
    pub fn clear(&mut self) {
        if self.len > 0 {
            self.slots.truncate(KEPT);
            self.slots.shrink_to(KEPT);
            self.slots.fill(EMPTY);
            self.len = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::short;

    #[test]
    fn equal_values_get_one_number_through_growth_and_clearing() {
        let mut interner = Interner::default();
        for _ in 0..2 {
            let mut values: Vec<Vec<u8>> = Vec::new();
            for round in 0..2 {
                for value in 0..40_000u32 {
                    let text = format!("{value:0width$}", width = value as usize % 20).into_bytes();
                    let hash = match text.len() {
                        len @ ..=16 => interner.hash_block(short::block(&text, 0, len), len),
                        _ => interner.hash_text(&text),
                    };
                    let (number, new) = interner.intern(hash, |at| values[at as usize] == text);
                    assert_eq!((number, new), (value, round == 0));
                    if new {
                        values.push(text);
                    }
                }
            }
            interner.clear();
        }
        assert_eq!(interner.slots.len(), KEPT);
    }

    #[test]
    fn halves_of_a_block_that_are_opposites_do_not_collide() {
        let interner = Interner::default();
        let hashes: std::collections::HashSet<u32> = (0..10_000u64)
            .map(|low| {
                let high = !low ^ 16;
                interner.hash_block(u128::from(high) << 64 | u128::from(low), 16)
            })
            .collect();
        assert!(hashes.len() > 9_990, "{}", hashes.len());
    }
}
