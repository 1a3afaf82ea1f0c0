//! What a worker makes of its rows: the events of each case, brought together and written to blocks.
//!
//! ```text
//! block     = fragment, fragment, ...                                   of one partition, in file order
//! fragment  = case, number of events, first time, last - first, ordered?, bytes of the rest, event, event, ...
//! event     = activity, time - time before, [time - start], [resource]
//! ```
//!
//! A case belongs to the partition that the hash of its text says. The events of a fragment stand in the order
//! of their rows, and so do the fragments of a case: where a worker's rows begin or end leaves no trace once
//! all fragments of a case are put together.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::bytes::{put, put_signed};
use super::cells::{NONE, Tick, Times, numbers};
use super::words::Words;
use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;
use crate::model::hash::hash_bytes;
use crate::step::events::collector::by_case;

/// Partitions that cases are divided into: 10 million events are some 300 kB in each.
pub(super) const PARTITIONS: usize = 256;
/// Rows that a worker brings together at once: they take some 8 MB.
const ROWS: usize = 1 << 18;

/// Where the columns of an event stand in a table, and what times are counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventColumns {
    pub case: usize,
    pub activity: usize,
    pub time: usize,
    pub start: Option<usize>,
    pub resource: Option<usize>,
    pub tick: Tick,
}

/// Rows that are no events, because a case, an activity or a time is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rows that were left out.
    pub rows: u64,
    /// Those without a case.
    pub without_case: u64,
    /// Those without an activity.
    pub without_activity: u64,
    /// Those without a time.
    pub without_time: u64,
}

impl LeftOut {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.without_case += other.without_case;
        self.without_activity += other.without_activity;
        self.without_time += other.without_time;
    }
}

/// How the numbers of texts in the blocks of one worker are those of all.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    pub activities: Vec<u32>,
    pub resources: Vec<u32>,
}

/// The fragments of some rows, or of all.
#[derive(Debug)]
pub(super) struct Fragments {
    pub activities: Words,
    pub resources: Words,
    pub numberings: Vec<Numbering>,
    /// For each partition its blocks in the order of the file, each with its numbering.
    pub partitions: Vec<Vec<(u32, KeptBytes)>>,
    pub left_out: LeftOut,
}

impl Fragments {
    fn new() -> Self {
        Self {
            activities: Words::default(),
            resources: Words::default(),
            numberings: Vec::new(),
            partitions: (0..PARTITIONS).map(|_| Vec::new()).collect(),
            left_out: LeftOut::default(),
        }
    }

    /// Adds the fragments of rows that follow.
    pub fn join(&mut self, later: Self) {
        let activities = self.activities.join(&later.activities);
        let resources = self.resources.join(&later.resources);
        let before = self.numberings.len() as u32;
        let renumbered =
            |numbers: Vec<u32>, all: &[u32]| numbers.iter().map(|it| all[*it as usize]).collect();
        self.numberings.extend(later.numberings.into_iter().map(|it| Numbering {
            activities: renumbered(it.activities, &activities),
            resources: renumbered(it.resources, &resources),
        }));
        for (blocks, more) in self.partitions.iter_mut().zip(later.partitions) {
            blocks.extend(more.into_iter().map(|(numbering, block)| (numbering + before, block)));
        }
        self.left_out.add(later.left_out);
    }
}

/// Brings the events of each case together, for the rows of one worker.
pub(super) struct Collector {
    columns: EventColumns,
    spill: Arc<Spill>,
    /// Cases of the rows that wait.
    cases: Words,
    rows: Rows,
    /// Numbers of the texts of one batch.
    batch: [Vec<u32>; 3],
    blocks: Vec<Vec<u8>>,
    body: Vec<u8>,
    done: Fragments,
}

/// Events that wait, column by column.
#[derive(Default)]
struct Rows {
    cases: Vec<u32>,
    activities: Vec<u32>,
    times: Vec<i64>,
    starts: Vec<i64>,
    resources: Vec<u32>,
}

impl Collector {
    pub fn new(columns: EventColumns, spill: Arc<Spill>) -> Self {
        Self {
            columns,
            spill,
            cases: Words::default(),
            rows: Rows::default(),
            batch: Default::default(),
            blocks: vec![Vec::new(); PARTITIONS],
            body: Vec::new(),
            done: Fragments::new(),
        }
    }

    /// Takes the events of a batch.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = &self.columns;
        let [cases, activities, resources] = &mut self.batch;
        numbers(batch.column(columns.case), &mut self.cases, cases)?;
        numbers(batch.column(columns.activity), &mut self.done.activities, activities)?;
        let times = Times::of(batch.column(columns.time), columns.tick)?;
        let starts = columns.start.map(|start| Times::of(batch.column(start), columns.tick)).transpose()?;
        if let Some(resource) = columns.resource {
            numbers(batch.column(resource), &mut self.done.resources, resources)?;
        }
        let rows = &mut self.rows;
        for row in 0..batch.num_rows() {
            let (case, activity) = (cases[row], activities[row]);
            let time = times.get(row).filter(|_| case != NONE && activity != NONE);
            let Some(time) = time else {
                self.done.left_out.add(LeftOut {
                    rows: 1,
                    without_case: u64::from(case == NONE),
                    without_activity: u64::from(activity == NONE),
                    without_time: u64::from(times.get(row).is_none()),
                });
                continue;
            };
            rows.cases.push(case);
            rows.activities.push(activity);
            rows.times.push(time);
            if let Some(starts) = &starts {
                // An event without a start has no duration.
                rows.starts.push(starts.get(row).unwrap_or(time));
            }
            if columns.resource.is_some() {
                rows.resources.push(resources[row]);
            }
        }
        if rows.cases.len() >= ROWS { self.flush() } else { Ok(()) }
    }

    /// Writes the events that wait to blocks.
    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let (order, ends) = by_case(&rows.cases, self.cases.len());
        let mut from = 0;
        for (case, to) in (0..).zip(ends) {
            let events = &order[from as usize..to as usize];
            from = to;
            if !events.is_empty() {
                self.write(case, &rows, events);
            }
        }
        for (partition, block) in self.blocks.iter_mut().enumerate().filter(|(_, block)| !block.is_empty()) {
            self.done.partitions[partition].push((0, self.spill.keep(block)?));
            block.clear();
        }
        self.cases.clear();
        self.rows = rows.emptied();
        Ok(())
    }

    /// Appends the fragment of one case.
    fn write(&mut self, case: u32, rows: &Rows, events: &[u32]) {
        let name = self.cases.get(case);
        let body = &mut self.body;
        body.clear();
        let time = |event: &u32| rows.times[*event as usize];
        let first = events.first().map_or(0, time);
        let (mut before, mut is_ordered) = (first, true);
        for event in events {
            let (at, now) = (*event as usize, time(event));
            put(body, u64::from(rows.activities[at]));
            put_signed(body, now.wrapping_sub(before));
            is_ordered &= now >= before;
            before = now;
            if let Some(start) = rows.starts.get(at) {
                put_signed(body, now.wrapping_sub(*start));
            }
            if let Some(resource) = rows.resources.get(at) {
                put(body, u64::from(resource.wrapping_add(1)));
            }
        }
        let block = &mut self.blocks[partition_of(name)];
        put(block, name.len() as u64);
        block.extend_from_slice(name);
        put(block, events.len() as u64);
        put_signed(block, first);
        put_signed(block, before.wrapping_sub(first));
        put(block, u64::from(is_ordered));
        put(block, body.len() as u64);
        block.extend_from_slice(body);
    }

    /// All fragments.
    pub fn finish(mut self) -> Result<Fragments> {
        self.flush()?;
        let identity = |words: &Words| (0..words.len() as u32).collect();
        let numbering = Numbering {
            activities: identity(&self.done.activities),
            resources: identity(&self.done.resources),
        };
        self.done.numberings.push(numbering);
        Ok(self.done)
    }
}

impl Rows {
    /// No rows, in the memory of these.
    fn emptied(mut self) -> Self {
        self.cases.clear();
        self.activities.clear();
        self.times.clear();
        self.starts.clear();
        self.resources.clear();
        self
    }
}

/// The partition of a case.
fn partition_of(case: &[u8]) -> usize {
    (hash_bytes(0, case) >> 56) as usize % PARTITIONS
}
