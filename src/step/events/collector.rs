//! What a worker makes of its rows: the events of each case, brought together and written to blocks.
//!
//! ```text
//! block     = fragment, fragment, ...                            of one partition, in file order
//! fragment  = case, number of events, bytes of the rest, event, event, ...
//! event     = [activity], [time - time before], [resource], [group], [row - row before], [marks]
//! ```
//!
//! A case belongs to the partition that the hash of its text says. The events of a fragment stand in the order of
//! their rows, and so do the fragments of a case: where a worker's rows begin or end leaves no trace once all
//! fragments of a case are put together.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::bytes::{put, put_signed};
use super::case_set::{case_hash, partition_of};
use super::cells::{NONE, Times, numbers};
use super::collected::{Collected, Numbering};
use super::layout::EventLayout;
use super::words::Words;
use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::step::{RowOrigin, ShardPlace};

/// Partitions that cases are divided into: 10 million events are some 300 kB in each.
pub(crate) const PARTITIONS: usize = 256;
/// Rows that a worker brings together at once, where nothing else needs the memory: they take some 9 MB.
pub(crate) const MANY_ROWS: usize = 1 << 18;
/// The same beside encoders of pages: some 2 MB, and more blocks.
pub(crate) const FEW_ROWS: usize = 1 << 16;

/// Brings the events of each case together, for the rows of one worker.
pub(crate) struct Collector {
    layout: EventLayout,
    spill: Arc<Spill>,
    most: usize,
    /// Cases of the rows that wait.
    cases: Words,
    rows: WaitingRows,
    /// Numbers of the texts of one batch: case, activity, resource, group.
    batch: [Vec<u32>; 4],
    blocks: Vec<Vec<u8>>,
    body: Vec<u8>,
    done: Collected,
}

/// Events that wait, column by column; columns that are not asked for stay empty.
#[derive(Default)]
struct WaitingRows {
    cases: Vec<u32>,
    /// Cases of rows that are no events.
    without_event: Vec<u32>,
    activities: Vec<u32>,
    times: Vec<i64>,
    resources: Vec<u32>,
    groups: Vec<u32>,
    rows: Vec<u32>,
    marks: Vec<u8>,
}

impl Collector {
    /// A collector that brings so many rows together at once.
    pub fn new(layout: EventLayout, spill: Arc<Spill>, place: ShardPlace, most: usize) -> Self {
        let done = Collected::new(layout.clone(), place);
        Self {
            layout,
            spill,
            most,
            cases: Words::default(),
            rows: WaitingRows::default(),
            batch: Default::default(),
            blocks: vec![Vec::new(); PARTITIONS],
            body: Vec::new(),
            done,
        }
    }

    /// Takes the events of a batch. `origins` are needed if events know their rows, and `marks` if they have some.
    pub fn take(
        &mut self,
        batch: &RecordBatch,
        origins: &[RowOrigin],
        marks: impl Fn(usize) -> u8,
    ) -> Result<()> {
        let layout = &self.layout;
        let [cases, activities, resources, groups] = &mut self.batch;
        numbers(batch.column(layout.case), &mut self.cases, cases)?;
        if let Some(activity) = layout.activity {
            numbers(batch.column(activity), &mut self.done.activities, activities)?;
        }
        if let Some(resource) = layout.resource {
            numbers(batch.column(resource), &mut self.done.resources, resources)?;
        }
        if let Some(group) = layout.group {
            numbers(batch.column(group), &mut self.done.groups, groups)?;
        }
        let times = layout.time.map(|time| Times::of(batch.column(time), layout.tick)).transpose()?;
        let mut records = 0;
        let rows = &mut self.rows;
        for (row, case) in cases.iter().enumerate() {
            if *case == NONE {
                self.done.rows_without_case += 1;
                continue;
            }
            let time = times.as_ref().map(|times| times.get(row));
            let has_activity = activities.get(row).is_none_or(|activity| *activity != NONE);
            if !has_activity || time == Some(None) {
                self.done.rows_without_event += 1;
                if rows.without_event.last() != Some(case) {
                    rows.without_event.push(*case);
                }
                continue;
            }
            rows.cases.push(*case);
            rows.activities.extend(activities.get(row));
            rows.times.extend(time.flatten());
            rows.resources.extend(resources.get(row));
            rows.groups.extend(groups.get(row));
            if layout.has_rows {
                let record = origins.get(row).map_or(u32::MAX, |origin| origin.record);
                rows.rows.push(record);
                records = records.max(u64::from(record) + 1);
            }
            if layout.has_marks {
                rows.marks.push(marks(row));
            }
        }
        let numbering = &mut self.done.numberings[0];
        numbering.records = numbering.records.max(records);
        if rows.cases.len() + rows.without_event.len() >= self.most { self.flush() } else { Ok(()) }
    }

    /// Writes the events that wait to blocks.
    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let (order, ends) = by_case(&rows.cases, self.cases.len());
        let mut from = 0;
        let mut has_events = vec![false; ends.len()];
        for ((case, to), has_events) in (0..).zip(ends).zip(&mut has_events) {
            let events = &order[from as usize..to as usize];
            from = to;
            if !events.is_empty() {
                *has_events = true;
                self.write(case, &rows, events);
            }
        }
        for case in &rows.without_event {
            if !std::mem::replace(&mut has_events[*case as usize], true) {
                self.write(*case, &rows, &[]);
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
    fn write(&mut self, case: u32, rows: &WaitingRows, events: &[u32]) {
        let name = self.cases.get(case);
        let body = &mut self.body;
        body.clear();
        let (mut time, mut row) = (0, 0);
        for at in events.iter().map(|event| *event as usize) {
            if let Some(activity) = rows.activities.get(at) {
                put(body, u64::from(*activity));
            }
            if let Some(now) = rows.times.get(at) {
                put_signed(body, now.wrapping_sub(time));
                time = *now;
            }
            // 0 stands for no text.
            for text in [&rows.resources, &rows.groups] {
                if let Some(text) = text.get(at) {
                    put(body, u64::from(text.wrapping_add(1)));
                }
            }
            if let Some(now) = rows.rows.get(at) {
                put(body, u64::from(now.wrapping_sub(row)));
                row = *now;
            }
            body.extend(rows.marks.get(at));
        }
        let block = &mut self.blocks[partition_of(case_hash(name))];
        put(block, name.len() as u64);
        block.extend_from_slice(name);
        put(block, events.len() as u64);
        put(block, body.len() as u64);
        block.extend_from_slice(body);
    }

    /// All events, once every shard has ended.
    pub fn finish(mut self) -> Result<Collected> {
        self.flush()?;
        let identity = |words: &Words| (0..words.len() as u32).collect();
        let done = &mut self.done;
        let texts = [&done.activities, &done.resources, &done.groups].map(identity);
        done.numberings[0] = Numbering { texts, ..std::mem::take(&mut done.numberings[0]) };
        Ok(self.done)
    }
}

impl WaitingRows {
    /// No rows, in the memory of these.
    fn emptied(mut self) -> Self {
        self.cases.clear();
        self.without_event.clear();
        self.activities.clear();
        self.times.clear();
        self.resources.clear();
        self.groups.clear();
        self.rows.clear();
        self.marks.clear();
        self
    }
}

/// The rows in the order of their cases, rows of one case as they stood; and for each case where its rows end.
pub(crate) fn by_case(cases: &[u32], count: usize) -> (Vec<u32>, Vec<u32>) {
    let mut ends = vec![0u32; count];
    for case in cases {
        ends[*case as usize] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        (*end, sum) = (sum, sum + *end);
    }
    let mut order = vec![0; cases.len()];
    for (row, case) in (0..).zip(cases) {
        let place = &mut ends[*case as usize];
        order[*place as usize] = row;
        *place += 1;
    }
    (order, ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_case_stay_in_their_order() {
        let (order, ends) = by_case(&[0, 1, 0, 2, 1, 0], 4);
        assert_eq!(order, [0, 2, 5, 1, 4, 3]);
        assert_eq!(ends, [3, 5, 6, 6]);
    }
}
