//! All values of one figure, such as the durations of one edge: what exact quantiles need.
//!
//! Values wait in pages of 1,024, written as differences to the least of a page in as few bytes as they need;
//! the pages go to the spill file beyond the ration. Of up to a million values any rank is found by selection;
//! of more, counting narrows the range down in passes over the pages until a million are left in it.

use std::sync::Arc;

use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;

/// Values of a page.
const PAGE: usize = 1024;
/// Values that are brought to memory at once at most, 8 MB.
const HELD: u64 = 1 << 20;
/// Ranges that values are counted in, in one pass.
const RANGES: usize = 1 << 12;
/// Times are mostly whole seconds or milliseconds: page by page, what divides all values is divided out.
const SCALES: [i64; 4] = [1_000_000_000, 1_000_000, 1_000, 1];

/// Values in any order.
#[derive(Debug)]
pub(super) struct Values {
    open: Vec<i64>,
    pages: Vec<KeptBytes>,
    count: u64,
    least: i64,
    greatest: i64,
}

impl Default for Values {
    fn default() -> Self {
        Self { open: Vec::new(), pages: Vec::new(), count: 0, least: i64::MAX, greatest: i64::MIN }
    }
}

impl Values {
    /// Keeps one more value; pages that are full may go to the spill file.
    #[inline]
    pub fn add(&mut self, value: i64, spill: &Arc<Spill>) -> Result<()> {
        self.open.push(value);
        self.count += 1;
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        if self.open.len() >= PAGE { self.close(spill) } else { Ok(()) }
    }

    /// Brings values that wait to a page and gives their memory back, if they are so many.
    pub fn settle(&mut self, worth: usize, spill: &Arc<Spill>) -> Result<()> {
        if self.open.len() >= worth {
            self.close(spill)?;
            self.open = Vec::new();
        }
        Ok(())
    }

    fn close(&mut self, spill: &Arc<Spill>) -> Result<()> {
        self.pages.push(spill.keep(&page(&self.open))?);
        self.open.clear();
        Ok(())
    }

    /// Adds the values of another.
    pub fn join(&mut self, other: Self, spill: &Arc<Spill>) -> Result<()> {
        self.pages.extend(other.pages);
        self.count += other.count - other.open.len() as u64;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        other.open.into_iter().try_for_each(|value| self.add(value, spill))
    }

    /// The values of these ranks in ascending order, from 0; ranks ascend and are below the number of values.
    pub fn at_ranks(&self, ranks: &[u64]) -> Result<Vec<i64>> {
        self.at_ranks_with(ranks, HELD)
    }

    fn at_ranks_with(&self, ranks: &[u64], held: u64) -> Result<Vec<i64>> {
        let mut found = Vec::with_capacity(ranks.len());
        self.search(
            ranks,
            Range { low: self.least, high: self.greatest, below: 0, count: self.count },
            held,
            &mut found,
        )?;
        Ok(found)
    }

    /// Finds the values of ranks that are all within a range of values.
    fn search(&self, ranks: &[u64], range: Range, held: u64, found: &mut Vec<i64>) -> Result<()> {
        if ranks.is_empty() {
            return Ok(());
        }
        if range.low == range.high {
            found.extend(ranks.iter().map(|_| range.low));
            return Ok(());
        }
        if range.count <= held {
            let mut values = Vec::with_capacity(usize::try_from(range.count).unwrap_or_default());
            self.each(|value| {
                if range.has(value) {
                    values.push(value);
                }
            })?;
            let ranks: Vec<usize> = ranks.iter().map(|rank| (rank - range.below) as usize).collect();
            select(&mut values, 0, &ranks, found);
            return Ok(());
        }
        let mut counts = vec![0u64; RANGES];
        let width = range.width();
        self.each(|value| {
            if range.has(value) {
                counts[(value.abs_diff(range.low) / width) as usize] += 1;
            }
        })?;
        let mut below = range.below;
        let mut rest = ranks;
        for (at, count) in (0u64..).zip(counts).filter(|(_, count)| *count > 0) {
            let here = rest.partition_point(|rank| *rank < below + count);
            let low = range.low.wrapping_add_unsigned(at * width);
            let high = low.saturating_add_unsigned(width - 1).min(range.high);
            self.search(&rest[..here], Range { low, high, below, count }, held, found)?;
            rest = &rest[here..];
            below += count;
        }
        Ok(())
    }

    /// Hands over all values.
    fn each(&self, mut take: impl FnMut(i64)) -> Result<()> {
        for kept in &self.pages {
            values_of(&kept.read()?, &mut take);
        }
        self.open.iter().for_each(|value| take(*value));
        Ok(())
    }
}

/// A range of values, both ends within it, and what is known of it.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: i64,
    high: i64,
    /// How many values are less.
    below: u64,
    /// How many are within it.
    count: u64,
}

impl Range {
    #[inline]
    fn has(&self, value: i64) -> bool {
        self.low <= value && value <= self.high
    }

    /// How many different values are counted as one.
    fn width(&self) -> u64 {
        self.high.abs_diff(self.low) / RANGES as u64 + 1
    }
}

/// Puts the values of these ranks in `found`; `first` is the rank of the first value.
fn select(values: &mut [i64], first: usize, ranks: &[usize], found: &mut Vec<i64>) {
    if ranks.is_empty() || values.is_empty() {
        return;
    }
    let middle = ranks.len() / 2;
    let rank = ranks[middle];
    let (left, chosen, right) = values.select_nth_unstable(rank - first);
    let chosen = *chosen;
    let (before, after) = (&ranks[..middle], &ranks[middle + 1..]);
    // Ranks may be equal.
    let before = &before[..before.partition_point(|it| *it < rank)];
    select(left, first, before, found);
    found.extend((before.len()..=middle).map(|_| chosen));
    let equal = after.partition_point(|it| *it == rank);
    found.extend((0..equal).map(|_| chosen));
    select(right, rank + 1, &after[equal..], found);
}

/// Values as bytes: the least, what all are divided by, the bytes of each, and each.
fn page(values: &[i64]) -> Vec<u8> {
    let least = values.iter().copied().min().unwrap_or_default();
    let greatest = values.iter().copied().max().unwrap_or_default();
    let spread = greatest.abs_diff(least);
    let divides = |scale: &&i64| values.iter().all(|value| value.abs_diff(least) % scale.unsigned_abs() == 0);
    let scale = SCALES.iter().find(divides).map_or(1, |scale| scale.unsigned_abs());
    let width = (8 - (spread / scale).leading_zeros() as usize / 8).max(1);
    let mut out = Vec::with_capacity(17 + values.len() * width);
    out.extend_from_slice(&least.to_le_bytes());
    out.extend_from_slice(&scale.to_le_bytes());
    out.push(width as u8);
    for value in values {
        out.extend_from_slice(&(value.abs_diff(least) / scale).to_le_bytes()[..width]);
    }
    out
}

/// The values of a page.
fn values_of(page: &[u8], take: &mut impl FnMut(i64)) {
    let Some((least, rest)) = page.split_first_chunk::<8>() else { return };
    let Some((scale, rest)) = rest.split_first_chunk::<8>() else { return };
    let Some((width, rest)) = rest.split_first() else { return };
    let (least, scale) = (i64::from_le_bytes(*least), u64::from_le_bytes(*scale));
    for bytes in rest.chunks_exact(usize::from(*width).clamp(1, 8)) {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        take(least.wrapping_add_unsigned(u64::from_le_bytes(word).wrapping_mul(scale)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Ration;

    fn spill(bytes: usize) -> Arc<Spill> {
        Arc::new(Spill::new(Arc::new(Ration::new(bytes)), std::env::temp_dir()))
    }

    /// Some numbers without an order, the same each time.
    fn numbers(count: usize, spread: u64) -> Vec<i64> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 20) % spread
        };
        (0..count).map(|_| next() as i64 - spread as i64 / 2).collect()
    }

    #[test]
    fn ranks_are_those_of_the_sorted_values_whatever_is_held() {
        for (count, scale) in [(1, 1), (2, 1), (5_000, 1), (5_000, 1_000_000), (3_000, i64::MAX / 60)] {
            let all: Vec<i64> = numbers(count, 50).iter().map(|it| it.wrapping_mul(scale)).collect();
            let (mut values, mut other, spill) = (Values::default(), Values::default(), spill(2_000));
            let (front, back) = all.split_at(count / 3);
            front.iter().for_each(|it| values.add(*it, &spill).unwrap());
            back.iter().for_each(|it| other.add(*it, &spill).unwrap());
            values.join(other, &spill).unwrap();
            let mut sorted = all.clone();
            sorted.sort_unstable();
            let last = count as u64 - 1;
            let mut ranks = vec![0, 0, last / 3, last / 2, last / 2, last.div_ceil(2), last, last];
            ranks.sort_unstable();
            let expected: Vec<i64> = ranks.iter().map(|rank| sorted[*rank as usize]).collect();
            for held in [1, 7, 100, HELD] {
                assert_eq!(values.at_ranks_with(&ranks, held).unwrap(), expected, "{count} {scale} {held}");
            }
        }
    }

    #[test]
    fn pages_hold_the_ends_of_the_range_of_numbers() {
        for values in [vec![i64::MIN, i64::MAX, 0], vec![7], vec![3_000_000, 5_000_000, -1_000_000]] {
            let mut back = Vec::new();
            values_of(&page(&values), &mut |value| back.push(value));
            assert_eq!(back, values);
        }
        // Whole seconds in microseconds, up to 255 of them, need a byte each.
        assert_eq!(page(&[0, 255_000_000, 9_000_000]).len(), 17 + 3);
    }
}
