//! Where a file is cut. Cuts are nominal: a shard takes every record that *starts* between two of them.

use crate::config::RowGroupSize;

/// Cuts lie on multiples of this, in bytes, so that a shard's share of the file's BLAKE3 is a whole subtree.
pub const GRAIN: u64 = 64 << 10;
/// Least input of a row group, in bytes. Smaller ones repeat their dictionaries and compress worse.
const LEAST: u64 = 16 << 20;
/// Most input of a row group, in bytes: some 170,000 events. Larger ones cost memory: with 59 MiB a log of 20M events held 128 MB, with 16 MiB 73 MB, in the
/// same time.
const MOST: u64 = 32 << 20;
/// Row groups that a file of middling size should have, so that every core has something to do until the end.
const WANTED: u64 = 64;

/// A file's shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cuts {
    len: u64,
    size: u64,
}

impl Cuts {
    /// Cuts `len` bytes of text.
    pub fn new(len: u64, row_group: RowGroupSize) -> Self {
        let wanted = match row_group {
            RowGroupSize::Bytes(bytes) => bytes,
            RowGroupSize::Auto | RowGroupSize::Rows(_) => (len / WANTED).clamp(LEAST, MOST),
        };
        // The last shard must not be a crumb that one core gets while the others wait: all are about as large.
        let shards = len.div_ceil(wanted.max(1)).max(1);
        let size = len.div_ceil(shards).next_multiple_of(GRAIN).max(GRAIN);
        Self { len, size }
    }

    /// Cuts every `size` bytes exactly. For tests: a digest is not to be had.
    pub fn every(len: u64, size: u64) -> Self {
        Self { len, size: size.max(1) }
    }

    /// Cuts text of unknown length.
    pub fn open(row_group: RowGroupSize) -> Self {
        let size = match row_group {
            RowGroupSize::Bytes(bytes) => bytes.max(1),
            RowGroupSize::Auto | RowGroupSize::Rows(_) => LEAST,
        };
        Self { len: u64::MAX, size }
    }

    /// How many shards. A file without a byte has one, with nothing in it.
    pub fn count(&self) -> usize {
        usize::try_from(self.len.div_ceil(self.size)).unwrap_or(usize::MAX).max(1)
    }

    /// Where the shard's records start: from the first offset up to, not including, the second.
    pub fn range(&self, shard: usize) -> (u64, u64) {
        let start = self.size.saturating_mul(shard as u64).min(self.len);
        (start, start.saturating_add(self.size).min(self.len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_about_equal_and_cover_the_file() {
        for (len, shards) in [
            (0, 1),
            (1, 1),
            (16 << 20, 1),
            (17 << 20, 2),
            (188 << 20, 12),
            (1900 << 20, 64),
            (20_000 << 20, 625),
        ] {
            let cuts = Cuts::new(len, RowGroupSize::Auto);
            assert_eq!(cuts.count(), shards, "{len}");
            let mut at = 0;
            for shard in 0..cuts.count() {
                let (start, end) = cuts.range(shard);
                assert_eq!((start, start % GRAIN), (at, 0));
                at = end;
            }
            assert_eq!(at, len);
        }
    }
}
