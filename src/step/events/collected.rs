//! The events of all workers; each case comes out whole, its events in order.
//!
//! The blocks of one partition are in memory while its cases come out, and the events of one case: 40 bytes each.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::bytes::Numbers;
use super::collector::PARTITIONS;
use super::layout::EventLayout;
use super::row_set::ShardBases;
use super::threads::each_number;
use super::words::Words;
use crate::encode::page_store::KeptBytes;
use crate::error::Result;
use crate::observer::Observer;
use crate::step::ShardPlace;

/// An event. What was not asked for is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub activity: u32,
    /// Time of the event, in ticks since 1970.
    pub time: i64,
    /// The number of the resource, and of the text of the other column.
    pub resource: Option<u32>,
    pub group: Option<u32>,
    /// The number of the row among all records of the inputs.
    pub row: u64,
    pub marks: u8,
}

/// How the numbers in the blocks of one worker are those of all.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// Activities, resources and texts of the other column.
    pub texts: [Vec<u32>; 3],
    /// The number of the first record of the worker among all records.
    pub first: u64,
    /// How many records there are up to the last one that is an event, if events know their rows.
    pub records: u64,
    pub place: ShardPlace,
}

/// The events of some rows, or of all.
#[derive(Debug)]
pub(crate) struct Collected {
    pub layout: EventLayout,
    pub activities: Words,
    pub resources: Words,
    pub groups: Words,
    pub numberings: Vec<Numbering>,
    /// For each partition its blocks in the order of the file, each with its numbering.
    pub partitions: Vec<Vec<(u32, KeptBytes)>>,
    /// Rows that belong to no case.
    pub rows_without_case: u64,
    /// Rows of a case that are no events, because the activity or the time is missing.
    pub rows_without_event: u64,
}

impl Collected {
    pub fn new(layout: EventLayout, place: ShardPlace) -> Self {
        Self {
            layout,
            activities: Words::default(),
            resources: Words::default(),
            groups: Words::default(),
            numberings: vec![Numbering { place, ..Numbering::default() }],
            partitions: (0..PARTITIONS).map(|_| Vec::new()).collect(),
            rows_without_case: 0,
            rows_without_event: 0,
        }
    }

    /// No events, of a log without rows.
    pub fn empty() -> Self {
        let layout = EventLayout {
            case: 0,
            activity: None,
            time: None,
            resource: None,
            group: None,
            tick: super::cells::Tick::Micros,
            is_local: false,
            has_rows: false,
            has_marks: false,
        };
        Self::new(layout, ShardPlace::default())
    }

    /// The first record of these rows has this number among those of all inputs, or of more inputs than before.
    pub fn begins_at(&mut self, record: u64) {
        self.numberings.iter_mut().for_each(|numbering| numbering.first += record);
    }

    /// Adds the events of rows that follow.
    pub fn join(&mut self, later: Self) {
        let all = [
            self.activities.join(&later.activities),
            self.resources.join(&later.resources),
            self.groups.join(&later.groups),
        ];
        let before = self.numberings.len() as u32;
        self.numberings.extend(later.numberings.into_iter().map(|mut numbering| {
            for (texts, all) in numbering.texts.iter_mut().zip(&all) {
                texts.iter_mut().for_each(|text| *text = all[*text as usize]);
            }
            numbering
        }));
        for (blocks, more) in self.partitions.iter_mut().zip(later.partitions) {
            blocks.extend(more.into_iter().map(|(numbering, block)| (numbering + before, block)));
        }
        self.rows_without_case += later.rows_without_case;
        self.rows_without_event += later.rows_without_event;
    }

    /// How many records there are up to the last one that is an event, if events know their rows.
    pub fn records(&self) -> u64 {
        self.numberings.iter().map(|numbering| numbering.first + numbering.records).max().unwrap_or_default()
    }

    /// Where the shards of the rows begin among all records.
    pub fn bases(&self) -> ShardBases {
        self.numberings.iter().map(|numbering| (numbering.place, numbering.first)).collect()
    }

    /// Works on each partition, on so many threads; what comes of them is in their order.
    ///
    /// # Errors
    /// The first error, or that the run was stopped.
    pub fn each_partition<T: Send>(
        &self,
        crew: &Crew<'_>,
        work: impl Fn(usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        each_number(crew.workers, self.partitions.len(), |partition| {
            crew.observer.check()?;
            work(partition)
        })
    }

    /// Works on each partition, and adds what comes of it to `sum` at once, so that not all of it is in memory; the
    /// order must not matter.
    ///
    /// # Errors
    /// The first error, or that the run was stopped.
    pub fn sum_partitions<T: Send, S: Send>(
        &self,
        crew: &Crew<'_>,
        sum: S,
        work: impl Fn(usize) -> Result<T> + Sync,
        add: impl Fn(&mut S, T) + Sync,
    ) -> Result<S> {
        let sum = Mutex::new(sum);
        self.each_partition(crew, |partition| {
            let part = work(partition)?;
            add(&mut sum.lock().unwrap_or_else(PoisonError::into_inner), part);
            Ok(())
        })?;
        Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hands over the cases of a partition, each with its number within the partition, its text and its events in
    /// order; gives the texts of all.
    ///
    /// # Errors
    /// If blocks can't be read, and what `take` fails with.
    pub fn each_case(
        &self,
        partition: usize,
        mut take: impl FnMut(&[u8], &mut Vec<Event>) -> Result<()>,
    ) -> Result<Words> {
        let blocks = &self.partitions[partition];
        let bytes: Vec<Bytes> = blocks.iter().map(|(_, block)| Ok(block.read()?)).collect::<Result<_>>()?;
        let (mut cases, mut fragments) = (Words::default(), Vec::<Fragment>::new());
        let (mut firsts, mut lasts) = (Vec::<u32>::new(), Vec::<u32>::new());
        for (block, bytes) in bytes.iter().enumerate() {
            let mut numbers = Numbers(bytes);
            while !numbers.0.is_empty() {
                let len = numbers.next()?;
                let (case, is_new) = cases.intern(numbers.take(len)?);
                let events = numbers.next()?;
                let len = numbers.next()?;
                let at = bytes.len() - numbers.0.len();
                let len = numbers.take(len)?.len();
                let number = fragments.len() as u32;
                if is_new {
                    firsts.push(number);
                    lasts.push(number);
                } else {
                    let before = std::mem::replace(&mut lasts[case as usize], number);
                    fragments[before as usize].next = Some(number);
                }
                fragments.push(Fragment { block, at, len, events, next: None });
            }
        }
        let mut events = Vec::new();
        for (first, case) in firsts.into_iter().zip(cases.iter()) {
            events.clear();
            let mut next = Some(first);
            while let Some(number) = next {
                let fragment = &fragments[number as usize];
                let numbering = &self.numberings[blocks[fragment.block].0 as usize];
                let body = &bytes[fragment.block][fragment.at..fragment.at + fragment.len];
                self.decode(body, fragment.events, numbering, &mut events)?;
                next = fragment.next;
            }
            if !events.is_sorted_by_key(|event: &Event| event.time) {
                // Stable: events of one time stay in the order of their rows.
                events.sort_by_key(|event| event.time);
            }
            take(case, &mut events)?;
        }
        Ok(cases)
    }

    fn decode(&self, body: &[u8], count: u64, numbering: &Numbering, events: &mut Vec<Event>) -> Result<()> {
        let layout = &self.layout;
        let [activities, resources, groups] = &numbering.texts;
        let mut numbers = Numbers(body);
        let (mut time, mut row) = (0_i64, 0_u32);
        let text = |texts: &Vec<u32>, number: u64| number.checked_sub(1).map(|it| texts[it as usize]);
        for _ in 0..count {
            let mut event = Event::default();
            if layout.activity.is_some() {
                event.activity = activities[numbers.next()? as usize];
            }
            if layout.time.is_some() {
                time = time.wrapping_add(numbers.next_signed()?);
                event.time = time;
            }
            if layout.resource.is_some() {
                event.resource = text(resources, numbers.next()?);
            }
            if layout.group.is_some() {
                event.group = text(groups, numbers.next()?);
            }
            if layout.has_rows {
                row = row.wrapping_add(numbers.next()? as u32);
                event.row = numbering.first + u64::from(row);
            }
            if layout.has_marks {
                event.marks = numbers.take(1)?[0];
            }
            events.push(event);
        }
        Ok(())
    }
}

/// The threads that may work on cases, and who may stop them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crew<'o> {
    pub workers: usize,
    pub observer: &'o Observer,
}

/// Some events of a case that stand together.
#[derive(Debug, Clone, Copy)]
struct Fragment {
    block: usize,
    at: usize,
    len: usize,
    events: u64,
    /// The next fragment of the case.
    next: Option<u32>,
}
