//! Where a file is cut. Cuts are nominal: a shard takes every record that *starts* between two of them.

use crate::options::RowGroupSize;

/// Cuts lie on multiples of this, in bytes, so that a shard's share of the file's BLAKE3 is a whole subtree.
pub const GRAIN: u64 = 64 << 10;
/// Least input of a row group, in bytes, except for the last row groups. Smaller row groups repeat their
/// dictionaries and compress worse.
const LEAST: u64 = 16 << 20;
/// Most input of a row group, in bytes: some 170,000 events. Larger row groups cost memory: with 59 MiB a log
/// of 20M events held 128 MB, with 16 MiB 73 MB, in the same time.
const MOST: u64 = 32 << 20;
/// Row groups that a file of medium size should have, so that every core has work until the end.
const WANTED: u64 = 64;

/// What the last whole shards are cut into, as parts of one, so that cores end at about the same time: with
/// 14 equal shards one of two cores waits for a fourteenth of the time, with these for a fiftieth. Outputs
/// grow by 0.1%.
const LAST: [u64; 6] = [2, 2, 4, 4, 4, 4];
/// The same for a file of few shards, whose output would grow by up to a fifth with quarters: each repeats the
/// dictionaries of its columns.
const LAST_OF_FEW: [u64; 4] = [2, 2, 2, 2];
/// Number of whole shards up to which a file has few.
const FEW: u64 = 8;
/// Number of whole shards at the end that are cut so. A file of no more shards than these is not cut further.
const CUT: u64 = 2;
/// The smallest of these parts.
const FINEST: u64 = 4;
const _: () = {
    assert_whole(&LAST);
    assert_whole(&LAST_OF_FEW);
};

/// The parts are fractions of a shard, and whole shards together.
const fn assert_whole(parts: &[u64]) {
    let (mut quarters, mut at) = (0, 0);
    while at < parts.len() {
        assert!(parts[at] <= FINEST && FINEST.is_multiple_of(parts[at]));
        quarters += FINEST / parts[at];
        at += 1;
    }
    assert!(quarters == CUT * FINEST);
}

/// A file's shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cuts {
    len: u64,
    size: u64,
    /// Where the smaller shards begin, if there are any.
    smaller: Option<u64>,
    /// Parts of a shard that these are.
    parts: &'static [u64],
}

impl Cuts {
    /// Cuts `len` bytes of text.
    pub fn new(len: u64, row_group: RowGroupSize) -> Self {
        let (wanted, may_be_smaller) = match row_group {
            RowGroupSize::Bytes(bytes) => (bytes, false),
            RowGroupSize::Auto | RowGroupSize::Rows(_) => ((len / WANTED).clamp(LEAST, MOST), true),
        };
        // The last shard must not be much smaller than the others, so all get about the same size.
        let shards = len.div_ceil(wanted.max(1)).max(1);
        let grain = if may_be_smaller { GRAIN * FINEST } else { GRAIN };
        let size = len.div_ceil(shards).next_multiple_of(grain).max(grain);
        let smaller = (may_be_smaller && shards > CUT).then(|| (shards - CUT) * size);
        let parts: &[u64] = if shards > FEW { &LAST } else { &LAST_OF_FEW };
        Self { len, size, smaller, parts }
    }

    /// Cuts every `size` bytes exactly. For tests: a digest cannot be computed.
    pub fn every(len: u64, size: u64) -> Self {
        Self { len, size: size.max(1), smaller: None, parts: &LAST }
    }

    /// Cuts text of unknown length.
    pub fn open(row_group: RowGroupSize) -> Self {
        let size = match row_group {
            RowGroupSize::Bytes(bytes) => bytes.max(1),
            RowGroupSize::Auto | RowGroupSize::Rows(_) => LEAST,
        };
        Self { len: u64::MAX, size, smaller: None, parts: &LAST }
    }

    /// The number of shards. An empty file has one empty shard.
    pub fn count(&self) -> usize {
        match self.smaller {
            // Rounding may leave nothing for the last shards.
            Some(from) => {
                let whole = (from / self.size) as usize;
                (whole..whole + self.parts.len()).filter(|shard| self.range(*shard).0 < self.len).count()
                    + whole
            }
            None => usize::try_from(self.len.div_ceil(self.size)).unwrap_or(usize::MAX).max(1),
        }
    }

    /// Where the shard's records start: from the first offset up to, not including, the second.
    pub fn range(&self, shard: usize) -> (u64, u64) {
        let whole = self.smaller.map_or(usize::MAX, |from| (from / self.size) as usize);
        let at = |shard: usize| match (shard.checked_sub(whole), self.smaller) {
            (Some(beyond), Some(from)) => {
                from + self.parts[..beyond].iter().map(|part| self.size / part).sum::<u64>()
            }
            _ => self.size.saturating_mul(shard as u64),
        };
        (at(shard).min(self.len), at(shard + 1).min(self.len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_about_equal_but_for_the_last_and_cover_the_file() {
        for (len, shards) in [
            (0, 1),
            (1, 1),
            (16 << 20, 1),
            ((16 << 20) + 1, 2),
            (17 << 20, 2),
            (33 << 20, 1 + 4),
            (128 << 20, 6 + 4),
            ((128 << 20) + 1, 7 + 6),
            ((240 << 20) + 1, 14 + 5),
            (188 << 20, 10 + 6),
            (1900 << 20, 62 + 6),
            (20_000 << 20, 623 + 6),
        ] {
            let cuts = Cuts::new(len, RowGroupSize::Auto);
            assert_eq!(cuts.count(), shards, "{len}");
            let mut at = 0;
            for shard in 0..cuts.count() {
                let (start, end) = cuts.range(shard);
                assert_eq!((start, start % GRAIN), (at, 0));
                assert!(start < end || len == 0);
                at = end;
            }
            assert_eq!(at, len);
        }
    }

    #[test]
    fn the_last_shards_are_halves_and_quarters_unless_a_size_is_asked_for() {
        let sizes = |len, row_group| {
            let cuts = Cuts::new(len, row_group);
            let size = |shard| {
                let (start, end) = cuts.range(shard);
                (end - start) >> 20
            };
            (0..cuts.count()).map(size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(64 << 20, RowGroupSize::Auto), [16, 16, 8, 8, 8, 8]);
        assert_eq!(sizes(144 << 20, RowGroupSize::Auto), [16, 16, 16, 16, 16, 16, 16, 8, 8, 4, 4, 4, 4]);
        assert_eq!(sizes(64 << 20, RowGroupSize::Bytes(16 << 20)), [16; 4]);
    }
}
