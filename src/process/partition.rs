//! All blocks of one partition: the fragments of each case are put together, and its events pass in order.
//!
//! ```text
//! each fragment                                              -> listed with its case
//! each case  all its fragments are in order by themselves
//!            and one after the other                         -> its events pass as they are decoded
//!            else                                            -> its events are decoded and sorted; then they pass
//! ```
//!
//! So a log whose cases are in order is never sorted, however its rows are mixed.

use std::sync::Arc;

use bytes::Bytes;

use super::bytes::Numbers;
use super::fragments::Numbering;
use super::sorter::{Event, Sorter};
use super::tally::Tally;
use super::words::Words;
use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;

/// Bytes of blocks that are in memory at once; those of a larger partition are read again for each case.
const HELD: usize = 16 << 20;

/// What an event has beside its activity and its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventShape {
    pub has_start: bool,
    pub has_resource: bool,
}

/// One fragment: where its events stand, and what is known of them.
#[derive(Debug, Clone, Copy)]
struct Fragment {
    block: u32,
    at: usize,
    bytes: usize,
    events: u64,
    first: i64,
    last: i64,
    is_ordered: bool,
    /// The next fragment of the case.
    next: Option<u32>,
}

/// Counts the cases of a partition.
///
/// # Errors
/// If blocks can't be read.
pub(super) fn count(
    blocks: &[(u32, KeptBytes)],
    numberings: &[Numbering],
    shape: EventShape,
    tally: &mut Tally,
) -> Result<()> {
    let mut partition = Partition { blocks: Blocks::new(blocks), numberings, shape, fragments: Vec::new() };
    let (cases, firsts) = partition.list()?;
    let mut events = CaseEvents::new(shape.has_start, tally.spill());
    for (first, case) in firsts.into_iter().zip(cases.iter()) {
        if !shape.has_start && partition.is_ordered(first) {
            partition.each(first, tally, |tally, event| tally.event(event.activity, event.time, true))?;
        } else {
            partition.each(first, tally, |_, event| events.push(event))?;
            events.pass(tally)?;
        }
        tally.end(case)?;
    }
    Ok(())
}

/// The blocks of a partition and the fragments in them.
struct Partition<'p> {
    blocks: Blocks<'p>,
    numberings: &'p [Numbering],
    shape: EventShape,
    fragments: Vec<Fragment>,
}

impl Partition<'_> {
    /// Lists the fragments; gives the cases in the order in which they are met, and the first fragment of each.
    fn list(&mut self) -> Result<(Words, Vec<u32>)> {
        let (mut cases, mut firsts, mut lasts) = (Words::default(), Vec::new(), Vec::<u32>::new());
        for block in 0..self.blocks.len() as u32 {
            let bytes = self.blocks.get(block)?;
            let mut numbers = Numbers(&bytes);
            while !numbers.0.is_empty() {
                let len = numbers.next()?;
                let (case, is_new) = cases.intern(numbers.take(len)?);
                let events = numbers.next()?;
                let first = numbers.next_signed()?;
                let last = first.wrapping_add(numbers.next_signed()?);
                let is_ordered = numbers.next()? != 0;
                let len = numbers.next()?;
                let at = bytes.len() - numbers.0.len();
                let bytes = numbers.take(len)?.len();
                let number = self.fragments.len() as u32;
                if is_new {
                    firsts.push(number);
                    lasts.push(number);
                } else {
                    let before = std::mem::replace(&mut lasts[case as usize], number);
                    self.fragments[before as usize].next = Some(number);
                }
                self.fragments.push(Fragment {
                    block,
                    at,
                    bytes,
                    events,
                    first,
                    last,
                    is_ordered,
                    next: None,
                });
            }
        }
        Ok((cases, firsts))
    }

    /// The fragments of a case, from its first one on.
    fn chain(&self, first: u32) -> impl Iterator<Item = &Fragment> {
        std::iter::successors(Some(&self.fragments[first as usize]), |fragment| {
            fragment.next.map(|next| &self.fragments[next as usize])
        })
    }

    /// Whether the events of a case stand in the order of their times.
    fn is_ordered(&self, first: u32) -> bool {
        let mut before = i64::MIN;
        self.chain(first).all(|fragment| {
            let follows = fragment.is_ordered && fragment.first >= before;
            before = fragment.last;
            follows
        })
    }

    /// Decodes the events of a case in the order of their rows.
    #[inline]
    fn each(
        &mut self,
        first: u32,
        tally: &mut Tally,
        mut take: impl FnMut(&mut Tally, Event) -> Result<()>,
    ) -> Result<()> {
        let mut next = Some(first);
        while let Some(number) = next {
            let fragment = self.fragments[number as usize];
            next = fragment.next;
            let bytes = self.blocks.get(fragment.block)?;
            let numbering = &self.numberings[self.blocks.numbering(fragment.block)];
            let mut numbers = Numbers(&bytes[fragment.at..fragment.at + fragment.bytes]);
            let mut time = fragment.first;
            for _ in 0..fragment.events {
                let activity = numbering.activities[numbers.next()? as usize];
                time = time.wrapping_add(numbers.next_signed()?);
                let mut start = time;
                if self.shape.has_start {
                    start = time.wrapping_sub(numbers.next_signed()?);
                    tally.served(activity, start, time)?;
                }
                if self.shape.has_resource
                    && let Some(resource) = numbers.next()?.checked_sub(1)
                {
                    tally.resources[numbering.resources[resource as usize] as usize] += 1;
                }
                take(tally, Event { activity, time, start })?;
            }
        }
        Ok(())
    }
}

/// The blocks of a partition, in memory if they are not too many bytes.
struct Blocks<'b> {
    kept: &'b [(u32, KeptBytes)],
    holds_all: bool,
    held: Vec<Option<Bytes>>,
    last: Option<u32>,
}

impl<'b> Blocks<'b> {
    fn new(kept: &'b [(u32, KeptBytes)]) -> Self {
        let bytes: usize = kept.iter().map(|(_, block)| block.len()).sum();
        Self { kept, holds_all: bytes <= HELD, held: vec![None; kept.len()], last: None }
    }

    fn len(&self) -> usize {
        self.kept.len()
    }

    fn numbering(&self, block: u32) -> usize {
        self.kept[block as usize].0 as usize
    }

    #[inline]
    fn get(&mut self, block: u32) -> Result<Bytes> {
        if let Some(bytes) = &self.held[block as usize] {
            return Ok(bytes.clone());
        }
        let bytes = self.kept[block as usize].1.read()?;
        if !self.holds_all
            && let Some(last) = self.last.replace(block)
        {
            self.held[last as usize] = None;
        }
        self.held[block as usize] = Some(bytes.clone());
        Ok(bytes)
    }
}

/// The events of one case that are not in order, until they are.
struct CaseEvents {
    by_time: Sorter,
    /// Pairs of events are those by start, where starts are known.
    by_start: Option<Sorter>,
    /// The greatest time so far, and the events behind a later one.
    greatest: i64,
    late: u64,
}

impl CaseEvents {
    fn new(has_start: bool, spill: &Arc<Spill>) -> Self {
        Self {
            by_time: Sorter::new(|event| (event.time, 0), Arc::clone(spill)),
            by_start: has_start.then(|| Sorter::new(|event| (event.start, event.time), Arc::clone(spill))),
            greatest: i64::MIN,
            late: 0,
        }
    }

    fn push(&mut self, event: Event) -> Result<()> {
        self.late += u64::from(event.time < self.greatest);
        self.greatest = self.greatest.max(event.time);
        if let Some(by_start) = &mut self.by_start {
            by_start.push(event)?;
        }
        self.by_time.push(event)
    }

    /// Has the events counted in order: by time, and pairs by start.
    fn pass(&mut self, tally: &mut Tally) -> Result<()> {
        tally.late.0 += self.late;
        tally.late.1 += u64::from(self.late > 0);
        (self.greatest, self.late) = (i64::MIN, 0);
        let is_edge = self.by_start.is_none();
        self.by_time.each(|event| tally.event(event.activity, event.time, is_edge))?;
        let Some(by_start) = &mut self.by_start else { return Ok(()) };
        let mut before: Option<Event> = None;
        by_start.each(|event| {
            if let Some(profile) = &mut tally.profile {
                profile.event(event.activity, event.start, event.time);
            }
            if let Some(from) = before.replace(event) {
                let is_tied = (from.start, from.time) == (event.start, event.time);
                let ticks = event.start.saturating_sub(from.time);
                tally.follows((from.activity, event.activity), ticks, is_tied)?;
            }
            Ok(())
        })
    }
}
