//! Sequences of activities, and how many cases have each.
//!
//! Memory: the bytes of each different sequence, mostly one for each event, and some 24 bytes.

use super::bytes::{Numbers, put};
use super::words::Words;
use crate::error::Result;

/// Variants, each with its number of cases.
#[derive(Debug, Default)]
pub(super) struct Variants {
    sequences: Words,
    cases: Vec<u64>,
    /// The sequence of the case that is being read.
    current: Vec<u8>,
}

impl Variants {
    /// The next event of the case.
    #[inline]
    pub fn event(&mut self, activity: u32) {
        put(&mut self.current, u64::from(activity));
    }

    /// The case ends here; gives the number of its variant.
    pub fn end(&mut self) -> u32 {
        let (number, is_new) = self.sequences.intern(&self.current);
        if is_new {
            self.cases.push(0);
        }
        self.cases[number as usize] += 1;
        self.current.clear();
        number
    }

    /// Adds the variants of another; gives the number that each of those has here.
    pub fn join(&mut self, other: &Self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(other.len());
        for (sequence, cases) in other.sequences.iter().zip(&other.cases) {
            let (number, is_new) = self.sequences.intern(sequence);
            if is_new {
                self.cases.push(0);
            }
            self.cases[number as usize] += cases;
            numbers.push(number);
        }
        numbers
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// The number of cases of a variant.
    pub fn cases(&self, variant: u32) -> u64 {
        self.cases[variant as usize]
    }

    /// The activities of a variant.
    pub fn activities(&self, variant: u32) -> impl Iterator<Item = u32> {
        let mut numbers = Numbers(self.sequences.get(variant));
        std::iter::from_fn(move || match numbers.0 {
            [] => None,
            _ => numbers.next().ok().map(|number| number as u32),
        })
    }

    /// The variants by number of cases, then by activities, of which `rank` gives the order: both from the
    /// last to the first.
    pub fn ranked(&self, rank: &[u32]) -> Result<Vec<u32>> {
        let ranks = |variant: u32| self.activities(variant).map(|activity| rank[activity as usize]);
        // Most variants differ in their first activities, which are then compared as one number. No activity
        // comes before any.
        let bits = if rank.len() < 256 { 8 } else { 32 };
        let head = |variant: u32| {
            let places = (0..u64::BITS).step_by(bits).rev();
            ranks(variant).zip(places).fold(0, |head, (rank, place)| head | ((u64::from(rank) + 1) << place))
        };
        let mut order: Vec<(u64, u64, u32)> =
            (0..self.len() as u32).map(|variant| (self.cases(variant), head(variant), variant)).collect();
        order.sort_unstable_by(|(a_cases, a_head, a), (b_cases, b_head, b)| {
            (b_cases, b_head).cmp(&(a_cases, a_head)).then_with(|| ranks(*b).cmp(ranks(*a)))
        });
        Ok(order.into_iter().map(|(_, _, variant)| variant).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_come_in_reverse_order() {
        let (mut variants, mut more) = (Variants::default(), Variants::default());
        let case = |into: &mut Variants, events: &[u32]| {
            events.iter().for_each(|it| into.event(*it));
            into.end();
        };
        case(&mut variants, &[0, 1]);
        case(&mut variants, &[1]);
        case(&mut more, &[0]);
        case(&mut more, &[0, 300]);
        case(&mut more, &[0, 300]);
        variants.join(&more);
        let mut rank: Vec<u32> = (0..301).collect();
        let ranked = |rank: &[u32]| -> Vec<Vec<u32>> {
            let order = variants.ranked(rank).unwrap();
            order.iter().map(|it| variants.activities(*it).collect()).collect()
        };
        assert_eq!(ranked(&rank), [vec![0, 300], vec![1], vec![0, 1], vec![0]]);
        rank.reverse();
        assert_eq!(ranked(&rank), [vec![0, 300], vec![0, 1], vec![0], vec![1]]);
    }
}
