//! Records divided into partitions, so that those that belong together are in memory together.
//!
//! Which thread writes which block differs from run to run: the order of records must not count.

use std::sync::{Arc, Mutex, PoisonError};

use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;
use crate::model::hash::hash_bytes;
use crate::process::bytes::Numbers;
use crate::shard::each::each;

/// Partitions that records are divided into: 100 million relations are some 400,000 in each.
pub(super) const PARTITIONS: usize = 256;
/// Bytes of a block: each thread fills one for each partition, 2 MB together.
const BLOCK: usize = 8 << 10;

/// The blocks of one partition.
pub(super) type Blocks = Vec<KeptBytes>;

/// The partition of an identifier.
pub(super) fn partition_of(id: &[u8]) -> usize {
    (hash_bytes(0, id) >> 56) as usize % PARTITIONS
}

/// Divides the records of one thread.
pub(super) struct Divider {
    spill: Arc<Spill>,
    open: Vec<Vec<u8>>,
    blocks: Vec<Blocks>,
}

impl Divider {
    pub fn new(spill: &Arc<Spill>) -> Self {
        let blocks = (0..PARTITIONS).map(|_| Vec::new()).collect();
        Self { spill: Arc::clone(spill), open: vec![Vec::new(); PARTITIONS], blocks }
    }

    /// Appends a record to a partition.
    #[inline]
    pub fn put(&mut self, partition: usize, write: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        let open = &mut self.open[partition];
        write(open);
        if open.len() >= BLOCK {
            self.blocks[partition].push(self.spill.keep(open)?);
            open.clear();
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Blocks>> {
        let Self { spill, open, mut blocks } = self;
        for (open, blocks) in open.into_iter().zip(&mut blocks) {
            if !open.is_empty() {
                blocks.push(spill.keep(&open)?);
            }
        }
        Ok(blocks)
    }
}

/// The partitions of several threads as one.
pub(super) fn joined(dividers: Vec<Divider>) -> Result<Vec<Blocks>> {
    let mut all: Vec<Blocks> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    for divider in dividers {
        for (blocks, more) in all.iter_mut().zip(divider.finish()?) {
            blocks.extend(more);
        }
    }
    Ok(all)
}

/// Hands over the records of blocks; `take` reads one record.
pub(super) fn each_record(
    blocks: &[KeptBytes],
    mut take: impl FnMut(&mut Numbers<'_>) -> Result<()>,
) -> Result<()> {
    for block in blocks {
        let bytes = block.read()?;
        let mut numbers = Numbers(&bytes);
        while !numbers.0.is_empty() {
            take(&mut numbers)?;
        }
    }
    Ok(())
}

/// Does the work on all items with a state for each thread that is at work, and gives the states.
pub(super) fn with_states<T: Send, S: Send>(
    workers: usize,
    items: Vec<T>,
    new: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let idle: Mutex<Vec<S>> = Mutex::new(Vec::new());
    let states = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    each(workers, items, |_, item| {
        let taken = states().pop();
        let mut state = taken.unwrap_or_else(&new);
        work(&mut state, item)?;
        states().push(state);
        Ok(())
    })?;
    Ok(idle.into_inner().unwrap_or_else(PoisonError::into_inner))
}
