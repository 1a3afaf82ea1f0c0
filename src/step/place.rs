//! Where rows come from: the shard of a worker, and the record of a row.

/// Where the rows of a worker begin: the same in every pass over the same inputs, if the rows were cut into the
/// same shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ShardPlace {
    /// The number of the input, from 0.
    pub input: u32,
    /// The byte at which the first record begins, or the number of the task.
    pub at: u64,
}

/// Where a row comes from.
///
/// # Examples
/// ```
/// use logflow::step::RowOrigin;
///
/// let row = RowOrigin::at(3, 120);
/// assert_eq!((row.record, row.byte()), (3, Some(120)));
/// assert_eq!(RowOrigin::of(3).byte(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowOrigin {
    /// The record, from 0 within the shard; malformed records count.
    pub record: u32,
    /// The byte at which it begins, or the greatest number if the source does not know.
    byte: u64,
}

impl RowOrigin {
    /// A record whose byte is not known.
    pub const fn of(record: u32) -> Self {
        Self { record, byte: u64::MAX }
    }

    /// A record that begins at this byte of the text.
    pub const fn at(record: u32, byte: u64) -> Self {
        Self { record, byte }
    }

    /// The byte at which the record begins in the text, if the source knows it.
    pub fn byte(self) -> Option<u64> {
        (self.byte != u64::MAX).then_some(self.byte)
    }
}
