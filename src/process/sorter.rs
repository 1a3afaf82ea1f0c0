//! The events of one case that are out of order are put in order, in bounded memory.
//!
//! Half a million of them are sorted at once; of more, sorted runs wait in the spill file and are merged. Events
//! with equal keys stay in the order in which they came.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use bytes::Bytes;

use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;

/// Events that are sorted at once: 12 MB. In tests few, so that what they sort is merged of runs.
#[cfg(not(test))]
const RUN: usize = 1 << 19;
#[cfg(test)]
const RUN: usize = 500;
/// Events of a run that are read at once.
const PAGE: usize = 4096;
/// Bytes of an event in a run.
const BYTES: usize = 20;

/// An event of the case that is sorted; times are in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub activity: u32,
    pub time: i64,
    pub start: i64,
}

/// What events are sorted by.
pub(super) type Key = fn(&Event) -> (i64, i64);

/// Sorts the events of one case after the other.
#[derive(Debug)]
pub(super) struct Sorter {
    key: Key,
    run: usize,
    spill: Arc<Spill>,
    /// Each with its number within the run.
    events: Vec<(u32, Event)>,
    runs: Vec<Vec<KeptBytes>>,
}

impl Sorter {
    /// A sorter by a key.
    pub fn new(key: Key, spill: Arc<Spill>) -> Self {
        Self { key, run: RUN, spill, events: Vec::new(), runs: Vec::new() }
    }

    /// Adds an event of the case, in the order of rows.
    pub fn push(&mut self, event: Event) -> Result<()> {
        if self.events.len() >= self.run {
            self.close_run()?;
        }
        self.events.push((self.events.len() as u32, event));
        Ok(())
    }

    /// Hands over all events in order, and is empty again.
    pub fn each(&mut self, mut take: impl FnMut(Event) -> Result<()>) -> Result<()> {
        if self.runs.is_empty() {
            self.sort();
            return self.events.drain(..).try_for_each(|(_, event)| take(event));
        }
        self.close_run()?;
        let runs = std::mem::take(&mut self.runs);
        let mut runs: Vec<RunReader> = runs.into_iter().map(RunReader::new).collect();
        // Of equal keys that of the earlier run comes first.
        let mut next = BinaryHeap::new();
        for (at, run) in runs.iter_mut().enumerate() {
            if let Some(event) = run.next()? {
                next.push(Reverse(((self.key)(&event), at, (event.activity, event.time, event.start))));
            }
        }
        while let Some(Reverse((_, at, (activity, time, start)))) = next.pop() {
            take(Event { activity, time, start })?;
            if let Some(event) = runs[at].next()? {
                next.push(Reverse(((self.key)(&event), at, (event.activity, event.time, event.start))));
            }
        }
        Ok(())
    }

    fn sort(&mut self) {
        let key = self.key;
        self.events.sort_unstable_by_key(|(number, event)| (key(event), *number));
    }

    fn close_run(&mut self) -> Result<()> {
        self.sort();
        let mut pages = Vec::with_capacity(self.events.len().div_ceil(PAGE));
        let mut page = Vec::with_capacity(PAGE * BYTES);
        for events in self.events.chunks(PAGE) {
            page.clear();
            for (_, event) in events {
                page.extend_from_slice(&event.activity.to_le_bytes());
                page.extend_from_slice(&event.time.to_le_bytes());
                page.extend_from_slice(&event.start.to_le_bytes());
            }
            pages.push(self.spill.keep(&page)?);
        }
        self.events.clear();
        pages.reverse();
        self.runs.push(pages);
        Ok(())
    }
}

/// Reads a run from its front to its back.
struct RunReader {
    /// From the last to the first.
    pages: Vec<KeptBytes>,
    page: Bytes,
}

impl RunReader {
    fn new(pages: Vec<KeptBytes>) -> Self {
        Self { pages, page: Bytes::new() }
    }

    fn next(&mut self) -> Result<Option<Event>> {
        if self.page.is_empty() {
            let Some(page) = self.pages.pop() else { return Ok(None) };
            self.page = page.read()?;
        }
        let (Some((activity, rest)), true) = (self.page.split_first_chunk::<4>(), self.page.len() >= BYTES)
        else {
            return Ok(None);
        };
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&rest[at..at + 8]);
            i64::from_le_bytes(word)
        };
        let event = Event { activity: u32::from_le_bytes(*activity), time: word(0), start: word(8) };
        self.page = self.page.slice(BYTES..);
        Ok(Some(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Ration;

    #[test]
    fn runs_are_merged_and_ties_stay_as_they_came() {
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(0)), std::env::temp_dir()));
        let mut expected: Vec<Event> = (0..10_000u32)
            .map(|it| Event { activity: it, time: i64::from(it * 7_919 % 101), start: 0 })
            .collect();
        for run in [7, 5_000, 10_000, 1 << 19] {
            let mut sorter = Sorter { run, ..Sorter::new(|it| (it.time, 0), Arc::clone(&spill)) };
            expected.sort_by_key(|it| it.activity);
            expected.iter().for_each(|it| sorter.push(*it).unwrap());
            expected.sort_by_key(|it| it.time);
            let mut found = Vec::new();
            sorter
                .each(|event| {
                    found.push(event);
                    Ok(())
                })
                .unwrap();
            assert_eq!(found, expected, "{run}");
            sorter.each(|_| panic!("it is empty")).unwrap();
        }
    }
}
