//! The directly-follows graph as it is counted: pairs of activities, and the time between the two.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::moments::Moments;
use super::values::Values;
use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::model::hash::mix;

/// Activities of which a table has a place for each pair: 1 MB.
const DENSE: usize = 512;

/// Values that may wait in all edges before they are brought to pages: 4 MB.
const WAITING: usize = 1 << 19;
/// Values that are worth a page.
const WORTH: usize = 32;

/// One pair of activities.
#[derive(Debug, Default)]
pub(super) struct Edge {
    pub from: u32,
    pub to: u32,
    /// How often events of the two have the same time and different activities, so that rows decide which
    /// follows which.
    pub tied: u64,
    pub moments: Moments,
    pub values: Values,
}

/// Pairs of activities that follow each other.
#[derive(Debug)]
pub(super) struct Edges {
    activities: usize,
    /// For each pair its edge + 1; empty if there are too many activities.
    dense: Vec<u32>,
    sparse: HashMap<u64, u32, BuildHasherDefault<PairHasher>>,
    pub all: Vec<Edge>,
    /// Values that came since those that wait were brought to pages.
    waiting: usize,
}

impl Edges {
    /// Edges between so many activities.
    pub fn new(activities: usize) -> Self {
        let dense = if activities <= DENSE { vec![0; activities * activities] } else { Vec::new() };
        Self { activities, dense, sparse: HashMap::default(), all: Vec::new(), waiting: 0 }
    }

    /// Notes that `to` follows `from`, after so many ticks.
    #[inline]
    pub fn add(
        &mut self,
        (from, to): (u32, u32),
        ticks: i64,
        is_tied: bool,
        spill: &Arc<Spill>,
    ) -> Result<()> {
        let edge = self.edge(from, to);
        edge.tied += u64::from(is_tied && from != to);
        edge.moments.add(ticks);
        edge.values.add(ticks, spill)?;
        self.waiting += 1;
        if self.waiting >= WAITING { self.settle(spill) } else { Ok(()) }
    }

    #[cold]
    fn settle(&mut self, spill: &Arc<Spill>) -> Result<()> {
        self.waiting = 0;
        self.all.iter_mut().try_for_each(|edge| edge.values.settle(WORTH, spill))
    }

    #[inline]
    fn edge(&mut self, from: u32, to: u32) -> &mut Edge {
        let place = match self.dense.is_empty() {
            false => &mut self.dense[from as usize * self.activities + to as usize],
            true => self.sparse.entry(u64::from(from) << 32 | u64::from(to)).or_default(),
        };
        if *place == 0 {
            self.all.push(Edge { from, to, ..Edge::default() });
            *place = self.all.len() as u32;
        }
        &mut self.all[*place as usize - 1]
    }

    /// Adds the edges of another.
    pub fn join(&mut self, other: Self, spill: &Arc<Spill>) -> Result<()> {
        for more in other.all {
            let edge = self.edge(more.from, more.to);
            edge.tied += more.tied;
            edge.moments.join(&more.moments);
            edge.values.join(more.values, spill)?;
        }
        Ok(())
    }
}

/// Hashes one number; pairs of activities are no input that could be made to collide at a cost.
#[derive(Debug, Default)]
pub(super) struct PairHasher(u64);

impl Hasher for PairHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0, u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(mix(self.0, word), word >> 32);
    }
}
