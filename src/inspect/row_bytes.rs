//! The bytes at which the rows of an inspection begin in their inputs, as far as the source knows them.
//!
//! Eight bytes for each row wait with the events: number and offset within the shard. Only the rows of examples and
//! findings are looked up, once all is known.

use std::borrow::Cow;

use super::store::{ByteStore, StoredBytes};
use crate::error::Result;
use crate::step::RowOrigin;

/// Bytes of a row in a block.
const PAIR: usize = 8;

/// Where the rows of one shard begin.
#[derive(Debug, Default)]
pub struct ShardBytes {
    /// The byte of the first row.
    base: Option<u64>,
    /// Number and offset of each row.
    pairs: Vec<u8>,
}

impl ShardBytes {
    /// Adds the rows of a batch.
    pub fn add(&mut self, rows: &[RowOrigin]) {
        for row in rows {
            let Some(byte) = row.byte() else { return };
            let base = *self.base.get_or_insert(byte);
            // Rows of a shard of more than 4 GiB that lie beyond that are told without their byte.
            let Some(offset) = byte.checked_sub(base).and_then(|it| u32::try_from(it).ok()) else { return };
            self.pairs.extend_from_slice(&row.record.to_le_bytes());
            self.pairs.extend_from_slice(&offset.to_le_bytes());
        }
    }
}

/// Where the rows of a part of the log begin, or of all of it.
#[derive(Debug, Default)]
pub struct RowBytes {
    store: ByteStore,
    /// For each shard its first record, the byte of its first row, and its rows.
    shards: Vec<(u64, u64, StoredBytes)>,
}

impl RowBytes {
    /// No rows. What does not fit into so many bytes of memory goes to a file.
    pub fn new(store: ByteStore) -> Self {
        Self { store, shards: Vec::new() }
    }

    /// Adds the rows of a shard, whose first record has this number.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, shard: ShardBytes, first: u64) -> Result<()> {
        if let Some(base) = shard.base {
            let kept = self.store.keep(shard.pairs)?;
            self.shards.push((first, base, kept));
        }
        Ok(())
    }

    /// Adds the rows of inputs that follow, whose first record has this number.
    ///
    /// # Errors
    /// If a temporary file can't be read or written.
    pub fn absorb(&mut self, later: &Self, first: u64) -> Result<()> {
        for (record, base, kept) in &later.shards {
            let kept = self.store.keep(later.store.whole(kept)?.into_owned())?;
            self.shards.push((record + first, *base, kept));
        }
        Ok(())
    }

    /// Looks rows up, fastest in their order.
    pub fn reader(&self) -> RowBytesReader<'_> {
        RowBytesReader { of: self, current: None }
    }
}

/// Looks up where rows begin; it has the rows of one shard at hand.
pub struct RowBytesReader<'b> {
    of: &'b RowBytes,
    current: Option<(usize, Cow<'b, [u8]>)>,
}

impl RowBytesReader<'_> {
    /// The byte at which a record begins, if it is known.
    ///
    /// # Errors
    /// If the temporary file can't be read.
    pub fn of(&mut self, record: u64) -> Result<Option<u64>> {
        let after = self.of.shards.partition_point(|(first, ..)| *first <= record);
        let Some(at) = after.checked_sub(1) else { return Ok(None) };
        let (first, base, kept) = &self.of.shards[at];
        let Ok(wanted) = u32::try_from(record - first) else { return Ok(None) };
        if self.current.as_ref().is_none_or(|(shard, _)| *shard != at) {
            self.current = Some((at, self.of.store.whole(kept)?));
        }
        let Some((_, bytes)) = &self.current else { return Ok(None) };
        let (pairs, _) = bytes.as_chunks::<PAIR>();
        let number = |[a, b, c, d, ..]: &[u8; PAIR]| u32::from_le_bytes([*a, *b, *c, *d]);
        let found = pairs.binary_search_by_key(&wanted, number).ok().map(|at| pairs[at]);
        Ok(found.map(|[.., e, f, g, h]| base + u64::from(u32::from_le_bytes([e, f, g, h]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_in_its_shard_in_memory_and_in_the_file() {
        for most in [0, 1 << 20] {
            let mut all = RowBytes::new(ByteStore::new(None, most));
            for shard in 0..3u64 {
                let mut bytes = ShardBytes::default();
                // Every third record was rejected.
                let rows: Vec<RowOrigin> = (0..30u32)
                    .filter(|it| it % 3 != 1)
                    .map(|it| RowOrigin::at(it, 1000 * shard + 10 * u64::from(it)))
                    .collect();
                bytes.add(&rows);
                all.join(bytes, shard * 30).unwrap();
            }
            let mut reader = all.reader();
            for (record, byte) in
                [(0, Some(0)), (32, Some(1020)), (31, None), (89, Some(2290)), (3, Some(30))]
            {
                assert_eq!(reader.of(record).unwrap(), byte, "{record}");
            }
            let mut both = RowBytes::new(ByteStore::new(None, most));
            both.absorb(&all, 7).unwrap();
            assert_eq!(both.reader().of(39).unwrap(), Some(1020));
        }
        let mut unknown = ShardBytes::default();
        unknown.add(&[RowOrigin::of(0), RowOrigin::of(1)]);
        let mut all = RowBytes::default();
        all.join(unknown, 0).unwrap();
        assert_eq!(all.reader().of(1).unwrap(), None);
    }
}
