//! Sorts numbers that are spread over their range, as hashes and moments are.
//!
//! ```text
//! count the numbers of each of up to 8,192 equal parts of the range
//! put each number into its part
//! sort each part by itself
//! ```
//!
//! For a million hashes this takes half the time of one large sort. Where nearly all numbers fall into one part,
//! it is one large sort again.

/// Numbers of a part, if all parts have as many: 512 bytes, which are sorted within the first cache.
const PART: usize = 64;
/// The most parts, as a power of two. More would write to more places at once than the second cache holds.
const MOST_BITS: u32 = 13;

/// All numbers of `pieces` in ascending order. Pieces are freed one after the other.
pub fn sorted(mut pieces: Vec<Vec<u64>>) -> Vec<u64> {
    let count: usize = pieces.iter().map(Vec::len).sum();
    if count <= 8 * PART || u32::try_from(count).is_err() {
        let mut all = match pieces.len() {
            1 => pieces.pop().unwrap_or_default(),
            _ => pieces.concat(),
        };
        all.sort_unstable();
        return all;
    }
    let (low, high) = pieces
        .iter()
        .flatten()
        .fold((u64::MAX, 0), |(low, high), number| (low.min(*number), high.max(*number)));
    let bits = (count / PART).ilog2().min(MOST_BITS);
    let shift = (u64::BITS - (high - low).leading_zeros()).saturating_sub(bits);
    let part = |number: u64| ((number - low) >> shift) as usize;
    // Where the next number of each part goes; at the end, where the part ends.
    let mut next = vec![0u32; 1 << bits];
    for piece in &pieces {
        piece.iter().for_each(|number| next[part(*number)] += 1);
    }
    let mut start = 0;
    for it in &mut next {
        start += std::mem::replace(it, start);
    }
    let mut all = vec![0; count];
    for piece in pieces {
        for number in piece {
            let at = &mut next[part(number)];
            all[*at as usize] = number;
            *at += 1;
        }
    }
    let mut start = 0;
    for end in next {
        all[start..end as usize].sort_unstable();
        start = end as usize;
    }
    all
}

/// Merges the ascending `more` into the ascending `all`, from the end on, so that no third list is needed.
pub fn merge(all: &mut Vec<u64>, more: Vec<u64>) {
    if all.is_empty() {
        *all = more;
        return;
    }
    let (mut left, mut right) = (all.len(), more.len());
    all.reserve_exact(right);
    all.resize(left + right, 0);
    while left > 0 && right > 0 {
        let (first, second) = (all[left - 1], more[right - 1]);
        // Without a branch: which of the two is greater can't be foretold.
        let is_left = first > second;
        all[left + right - 1] = if is_left { first } else { second };
        left -= usize::from(is_left);
        right -= usize::from(!is_left);
    }
    all[..right].copy_from_slice(&more[..right]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::columns::values::spread;

    #[test]
    fn numbers_of_any_distribution_come_in_order() {
        let hashes: Vec<u64> = (0..100_000).map(|it| spread(it % 70_000)).collect();
        let skewed: Vec<u64> =
            (0..20_000).map(|it| if it % 999 == 0 { u64::MAX - it } else { it % 50 }).collect();
        let equal = vec![7; 5_000];
        let few = vec![u64::MAX, 0, 3];
        for numbers in [hashes, skewed, equal, few, Vec::new()] {
            let mut expected = numbers.clone();
            expected.sort();
            for size in [1_000, 1 << 20] {
                assert_eq!(sorted(numbers.chunks(size).map(<[u64]>::to_vec).collect()), expected);
            }
            let (a, b) = numbers.split_at(numbers.len() / 3);
            let mut all = sorted(vec![a.to_vec()]);
            merge(&mut all, sorted(vec![b.to_vec()]));
            assert_eq!(all, expected);
        }
    }
}
