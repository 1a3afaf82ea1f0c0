//! The events of a log, brought together by case: workers write them down as they come, by partition, and the
//! partitions are sorted one after the other. What does not fit in memory waits in a temporary file.
//!
//! ```text
//! block  = run, run, ...                             of one shard and partition, in file order
//! run    = case, events, bytes of them, first row    rows of one case that directly follow each other
//! event  = label and flags, row and time as the difference to the event before, [time - start], [resource],
//!          the number for all values
//! ```
//!
//! Cases are visited in the order of their partition and of the hash of their identifier; the events of a case
//! come by time and, where times are equal, in the order of the file. Nothing depends on threads or shards.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::labels::NO_LABEL;
use super::store::{ByteStore, StoredBytes, temporary, temporary_file};
use crate::error::Result;

/// Partitions, by the upper bits of the hash of a case: of 10 million events each has 160,000, or 3 MiB.
const PARTITIONS: usize = 64;
/// Bytes that wait in memory before later ones go to the file, at most.
const HELD: usize = 8 << 20;
/// Bytes of a partition that are in memory at once. One with more is read block by block, into sorted runs.
const LOADED: usize = 24 << 20;
/// Events that are sorted at once: 13 MB. Of a case with more, sorted runs go to a file and are merged.
const RUN: usize = 1 << 18;
/// Events of a case that are handed over at once: 13 MB. A case with more comes in several pieces.
pub const PIECE: usize = 1 << 18;
/// Events of a sorted run that are read at once.
const PAGE: usize = 2048;
/// Bytes of an event in a sorted run.
const SORTED_RECORD: usize = 48;
/// The start of an event that has none.
const NO_TIME: i64 = i64::MIN;
/// Bytes of the head of a run.
const HEAD: usize = 20;
/// Bytes of an event at most: four numbers of up to ten bytes, and two of four.
const MOST_BYTES: usize = 48;
/// Flags of an event, below its label.
const HAS_START: u64 = 1;
const HAS_RESOURCE: u64 = 2;

/// One event of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseEvent {
    /// Number of its label, or [`NO_LABEL`].
    pub label: u32,
    /// When it completed, or when it happened.
    pub time: i64,
    /// When it began, if that is told.
    pub start: Option<i64>,
    /// A number for the resource; 0 if there is none.
    pub resource: u32,
    /// Its record among all records of the inputs, from 0.
    pub row: u64,
    /// A number for all values of the row.
    pub values: u32,
}

/// An event as it is written down.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent {
    /// The hash of the case.
    pub case: u64,
    /// Number of the label within the shard.
    pub label: u32,
    /// The time of the event, in ticks of the log.
    pub time: i64,
    /// Its start, if that is told.
    pub start: Option<i64>,
    /// A number for the resource.
    pub resource: u32,
    /// Its record within the shard.
    pub row: u32,
    /// A number for all values of the row.
    pub values: u32,
}

/// The events of one shard and partition.
#[derive(Debug)]
struct Block {
    /// Number of the shard, in file order.
    shard: u32,
    kept: StoredBytes,
}

/// Events of a part of the log, or of all of it.
#[derive(Debug, Default)]
pub struct Events {
    blocks: Vec<Vec<Block>>,
    /// For each shard its first record, and its labels' numbers in the whole log; `None`: they are the same.
    shards: Vec<(u64, Option<Vec<u32>>)>,
    store: ByteStore,
    /// Bytes of a partition that are in memory at once.
    loaded: usize,
    /// Events that are sorted at once.
    run: usize,
    /// How many there are.
    pub count: u64,
}

/// A run as it stands in its block.
struct Run<'b> {
    shard: u32,
    count: u32,
    first_row: u32,
    events: &'b [u8],
}

impl Events {
    /// No events yet. What does not fit into so many bytes of memory goes to a file in `folder`.
    pub fn new(folder: Option<PathBuf>, memory: Option<usize>) -> Self {
        let blocks = (0..PARTITIONS).map(|_| Vec::new()).collect();
        let store = ByteStore::new(folder, memory.map_or(HELD, |it| it.min(HELD)));
        Self { blocks, store, loaded: LOADED, run: RUN, ..Self::default() }
    }

    /// Adds the events of the next shard, whose first record is `first_row` and whose labels have these numbers.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, mut shard: ShardEvents, first_row: u64, labels: Option<Vec<u32>>) -> Result<()> {
        shard.end_run();
        let number = self.shards.len() as u32;
        self.shards.push((first_row, labels));
        self.count += shard.count;
        for (partition, bytes) in shard.parts.into_iter().enumerate() {
            if !bytes.is_empty() {
                let kept = self.store.keep(bytes)?;
                self.blocks[partition].push(Block { shard: number, kept });
            }
        }
        Ok(())
    }

    /// Adds all events of inputs that follow, whose first record is `first_row` and whose labels have these numbers.
    ///
    /// # Errors
    /// If a temporary file can't be read or written.
    pub fn absorb(&mut self, later: &Self, first_row: u64, labels: &[u32]) -> Result<()> {
        let shift = self.shards.len() as u32;
        let number = |label: u32| labels.get(label as usize).copied().unwrap_or(NO_LABEL);
        for (first, numbers) in &later.shards {
            let numbers = match numbers {
                Some(numbers) => numbers.iter().map(|it| number(*it)).collect(),
                None => labels.to_vec(),
            };
            self.shards.push((first + first_row, Some(numbers)));
        }
        self.count += later.count;
        for (partition, blocks) in later.blocks.iter().enumerate() {
            for block in blocks {
                let kept = self.store.keep(later.store.whole(&block.kept)?.into_owned())?;
                self.blocks[partition].push(Block { shard: shift + block.shard, kept });
            }
        }
        Ok(())
    }

    /// Hands over each case with its events in order; a case of more than [`PIECE`] events in pieces, one after the
    /// other. It can be asked several times.
    ///
    /// # Errors
    /// If the temporary file can't be read; what `take` fails with.
    pub fn each_case(&self, mut take: impl FnMut(u64, &[CaseEvent]) -> Result<()>) -> Result<()> {
        let mut of_case: Vec<CaseEvent> = Vec::new();
        for blocks in &self.blocks {
            if blocks.iter().map(|block| block.kept.len()).sum::<usize>() > self.loaded {
                let mut sorting = Sorting::new(self);
                for block in blocks {
                    let bytes = self.store.whole(&block.kept)?;
                    Run::each(block.shard, &bytes, |case, run| sorting.add(case, self.events_of(&run)))?;
                }
                sorting.each_case(&mut of_case, &mut take)?;
                continue;
            }
            let stored = blocks.iter().map(|block| self.store.whole(&block.kept));
            let loaded = stored.collect::<Result<Vec<Cow<'_, [u8]>>>>()?;
            let mut runs: Vec<Run<'_>> = Vec::new();
            // Cases by hash, each with its runs in file order.
            let mut order: Vec<(u64, u32)> = Vec::new();
            for (block, bytes) in blocks.iter().zip(&loaded) {
                Run::each(block.shard, bytes, |case, run| {
                    order.push((case, runs.len() as u32));
                    runs.push(run);
                    Ok(())
                })?;
            }
            order.sort_unstable();
            for case in order.chunk_by(|a, b| a.0 == b.0) {
                let of_case_runs = case.iter().map(|(_, at)| &runs[*at as usize]);
                if of_case_runs.clone().map(|run| run.count as usize).sum::<usize>() > self.run {
                    let mut sorting = Sorting::new(self);
                    for run in of_case_runs {
                        sorting.add(case[0].0, self.events_of(run))?;
                    }
                    sorting.each_case(&mut of_case, &mut take)?;
                    continue;
                }
                of_case.clear();
                of_case_runs.for_each(|run| of_case.extend(self.events_of(run)));
                let key = |it: &CaseEvent| (it.time, it.row);
                if !of_case.is_sorted_by_key(key) {
                    of_case.sort_unstable_by_key(key);
                }
                take(case[0].0, &of_case)?;
            }
        }
        Ok(())
    }

    /// The events of a run.
    fn events_of<'r>(&'r self, run: &Run<'r>) -> RunEvents<'r> {
        let (first_row, labels) = &self.shards[run.shard as usize];
        RunEvents {
            first_row: *first_row,
            labels: labels.as_deref(),
            bytes: run.events,
            left: run.count,
            row: run.first_row,
            time: 0,
        }
    }
}

impl<'b> Run<'b> {
    /// Tells the runs of a block with their cases.
    fn each(shard: u32, mut bytes: &'b [u8], mut tell: impl FnMut(u64, Self) -> Result<()>) -> Result<()> {
        while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
            let (case, count, len, first_row) = head_of(head);
            let (events, rest) = rest.split_at(len.min(rest.len()));
            tell(case, Self { shard, count, first_row, events })?;
            bytes = rest;
        }
        Ok(())
    }
}

/// Reads the events of a run.
struct RunEvents<'b> {
    /// First record of the shard, and the numbers of its labels.
    first_row: u64,
    labels: Option<&'b [u32]>,
    bytes: &'b [u8],
    left: u32,
    row: u32,
    time: i64,
}

impl Iterator for RunEvents<'_> {
    type Item = CaseEvent;

    #[inline]
    fn next(&mut self) -> Option<CaseEvent> {
        self.left = self.left.checked_sub(1)?;
        let bytes = &mut self.bytes;
        let tagged = take_number(bytes);
        self.row = self.row.wrapping_add(take_number(bytes) as u32);
        self.time = self.time.wrapping_add(unzigzag(take_number(bytes)));
        let start = (tagged & HAS_START > 0).then(|| self.time.wrapping_sub(unzigzag(take_number(bytes))));
        let resource = if tagged & HAS_RESOURCE > 0 { take_word(bytes) } else { 0 };
        let label = (tagged >> 2) as u32;
        let label = match self.labels {
            Some(labels) => labels.get(label as usize).copied().unwrap_or(NO_LABEL),
            None => label,
        };
        let row = self.first_row + u64::from(self.row);
        Some(CaseEvent { label, time: self.time, start, resource, row, values: take_word(bytes) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

/// Case, number of events, their bytes, and first row.
fn head_of(head: &[u8; HEAD]) -> (u64, u32, usize, u32) {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *head;
    let case = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let (words, _) = rest.as_chunks::<4>();
    let word = |at: usize| u32::from_le_bytes(words[at]);
    (case, word(0), word(1) as usize, word(2))
}

/// A small number for a number near 0.
const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// A number of seven bits a byte, the lowest first.
#[inline]
fn take_number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let Some((byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    number
}

#[inline]
fn take_word(bytes: &mut &[u8]) -> u32 {
    let Some((word, rest)) = bytes.split_first_chunk::<4>() else { return 0 };
    *bytes = rest;
    u32::from_le_bytes(*word)
}

/// One event as bytes.
struct Writing {
    bytes: [u8; MOST_BYTES],
    len: usize,
}

impl Writing {
    #[inline]
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes[self.len] = number as u8 | 0x80;
            self.len += 1;
            number >>= 7;
        }
        self.bytes[self.len] = number as u8;
        self.len += 1;
    }

    #[inline]
    fn word(&mut self, word: u32) {
        self.bytes[self.len..self.len + 4].copy_from_slice(&word.to_le_bytes());
        self.len += 4;
    }
}

/// Cases one after the other, and their events by time and row.
fn order((case, event): &(u64, CaseEvent)) -> (u64, i64, u64) {
    (*case, event.time, event.row)
}

/// Brings the events of many cases, or of one that is large, into their order.
struct Sorting<'f> {
    folder: Option<&'f Path>,
    /// Events that are sorted at once.
    most: usize,
    events: Vec<(u64, CaseEvent)>,
    runs: Option<SortedRuns>,
}

impl<'f> Sorting<'f> {
    fn new(events: &'f Events) -> Self {
        Self { folder: events.store.folder(), most: events.run, events: Vec::new(), runs: None }
    }

    fn add(&mut self, case: u64, events: impl Iterator<Item = CaseEvent>) -> Result<()> {
        for event in events {
            if self.events.len() >= self.most {
                let runs = match &mut self.runs {
                    Some(runs) => runs,
                    none => none.insert(SortedRuns::new(self.folder)?),
                };
                runs.add(&mut self.events)?;
            }
            self.events.push((case, event));
        }
        Ok(())
    }

    fn each_case(
        mut self,
        of_case: &mut Vec<CaseEvent>,
        take: &mut impl FnMut(u64, &[CaseEvent]) -> Result<()>,
    ) -> Result<()> {
        if let Some(mut runs) = self.runs {
            runs.add(&mut self.events)?;
            drop(self.events);
            return runs.each_case(of_case, take);
        }
        self.events.sort_unstable_by_key(order);
        for case in self.events.chunk_by(|a, b| a.0 == b.0) {
            for piece in case.chunks(PIECE) {
                of_case.clear();
                of_case.extend(piece.iter().map(|(_, event)| *event));
                take(case[0].0, of_case)?;
            }
        }
        Ok(())
    }
}

/// Sorted runs of events, in a file.
struct SortedRuns {
    file: File,
    /// Events of each run.
    runs: Vec<u64>,
}

impl SortedRuns {
    fn new(folder: Option<&Path>) -> Result<Self> {
        Ok(Self { file: temporary_file(folder)?, runs: Vec::new() })
    }

    /// Writes events as a run; there are none afterwards.
    fn add(&mut self, events: &mut Vec<(u64, CaseEvent)>) -> Result<()> {
        events.sort_unstable_by_key(order);
        let mut at = self.runs.iter().sum::<u64>() * SORTED_RECORD as u64;
        let mut bytes = Vec::with_capacity(PAGE * SORTED_RECORD);
        for page in events.chunks(PAGE) {
            bytes.clear();
            for (case, event) in page {
                let words = [
                    *case,
                    event.time as u64,
                    event.start.unwrap_or(NO_TIME) as u64,
                    u64::from(event.label) | u64::from(event.resource) << 32,
                    event.row,
                    u64::from(event.values),
                ];
                words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
            }
            self.file.write_all_at(&bytes, at).map_err(|error| temporary(&error))?;
            at += bytes.len() as u64;
        }
        self.runs.push(events.len() as u64);
        events.clear();
        Ok(())
    }

    /// Merges the runs, and gives the events of each case at once.
    fn each_case(
        &self,
        of_case: &mut Vec<CaseEvent>,
        take: &mut impl FnMut(u64, &[CaseEvent]) -> Result<()>,
    ) -> Result<()> {
        let mut at = 0;
        let mut readers: Vec<SortedPages<'_>> = Vec::with_capacity(self.runs.len());
        for count in &self.runs {
            readers.push(SortedPages { file: &self.file, at, left: *count, page: Vec::new() });
            at += count * SORTED_RECORD as u64;
        }
        let mut heads = BinaryHeap::new();
        for (number, reader) in readers.iter_mut().enumerate() {
            if let Some(event) = reader.next()? {
                heads.push(Reverse(Head { key: order(&event), number, event }));
            }
        }
        of_case.clear();
        let mut current = None;
        while let Some(Reverse(Head { number, event: (case, event), .. })) = heads.pop() {
            if let Some(event) = readers[number].next()? {
                heads.push(Reverse(Head { key: order(&event), number, event }));
            }
            if let Some(before) = current.filter(|it| *it != case || of_case.len() >= PIECE) {
                take(before, of_case)?;
                of_case.clear();
            }
            current = Some(case);
            of_case.push(event);
        }
        current.map_or(Ok(()), |case| take(case, of_case))
    }
}

/// The next event of a run; by its place in the order.
struct Head {
    key: (u64, i64, u64),
    number: usize,
    event: (u64, CaseEvent),
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.key, self.number).cmp(&(other.key, other.number))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

/// Reads a sorted run page by page.
struct SortedPages<'f> {
    file: &'f File,
    at: u64,
    left: u64,
    /// Events that were read, the next one last.
    page: Vec<(u64, CaseEvent)>,
}

impl SortedPages<'_> {
    fn next(&mut self) -> Result<Option<(u64, CaseEvent)>> {
        if self.page.is_empty() && self.left > 0 {
            let now = self.left.min(PAGE as u64);
            let mut bytes = vec![0; now as usize * SORTED_RECORD];
            self.file.read_exact_at(&mut bytes, self.at).map_err(|error| temporary(&error))?;
            let (records, _) = bytes.as_chunks::<SORTED_RECORD>();
            let event = |record: &[u8; SORTED_RECORD]| {
                let [case, time, start, pair, row, values] = words(record);
                let start = start as i64;
                let event = CaseEvent {
                    label: (pair & 0xffff_ffff) as u32,
                    time: time as i64,
                    start: (start != NO_TIME).then_some(start),
                    resource: (pair >> 32) as u32,
                    row,
                    values: values as u32,
                };
                (case, event)
            };
            self.page = records.iter().rev().map(event).collect();
            self.at += bytes.len() as u64;
            self.left -= now;
        }
        Ok(self.page.pop())
    }
}

/// The words of a record.
fn words<const BYTES: usize, const WORDS: usize>(record: &[u8; BYTES]) -> [u64; WORDS] {
    let (chunks, _) = record.as_chunks::<8>();
    let mut words = [0; WORDS];
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*chunk);
    }
    words
}

/// The events of one shard as they are written down.
#[derive(Debug)]
pub struct ShardEvents {
    parts: Vec<Vec<u8>>,
    count: u64,
    run: OpenRun,
}

/// The run that the next event belongs to, if it is of the same case.
#[derive(Debug, Default)]
struct OpenRun {
    case: u64,
    part: usize,
    /// Where its events begin.
    start: usize,
    count: u32,
    row: u32,
    time: i64,
}

impl Default for ShardEvents {
    fn default() -> Self {
        let parts = (0..PARTITIONS).map(|_| Vec::new()).collect();
        Self { parts, count: 0, run: OpenRun::default() }
    }
}

impl ShardEvents {
    /// Writes down one more event.
    #[inline]
    pub fn push(&mut self, event: NewEvent) {
        if self.run.case != event.case || self.run.count == 0 || self.run.count == u32::MAX {
            self.begin_run(&event);
        }
        let run = &mut self.run;
        let mut writing = Writing { bytes: [0; MOST_BYTES], len: 0 };
        let flags = if event.start.is_some() { HAS_START } else { 0 }
            | if event.resource > 0 { HAS_RESOURCE } else { 0 };
        writing.number(u64::from(event.label) << 2 | flags);
        writing.number(u64::from(event.row.wrapping_sub(run.row)));
        writing.number(zigzag(event.time.wrapping_sub(run.time)));
        if let Some(start) = event.start {
            writing.number(zigzag(event.time.wrapping_sub(start)));
        }
        if event.resource > 0 {
            writing.word(event.resource);
        }
        writing.word(event.values);
        self.parts[run.part].extend_from_slice(&writing.bytes[..writing.len]);
        (run.row, run.time) = (event.row, event.time);
        run.count += 1;
        self.count += 1;
    }

    fn begin_run(&mut self, event: &NewEvent) {
        self.end_run();
        let part = (event.case >> (u64::BITS - PARTITIONS.trailing_zeros())) as usize;
        let bytes = &mut self.parts[part];
        bytes.extend_from_slice(&event.case.to_le_bytes());
        // Events and their bytes are known at the end.
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&event.row.to_le_bytes());
        self.run = OpenRun { case: event.case, part, start: bytes.len(), count: 0, row: event.row, time: 0 };
    }

    fn end_run(&mut self) {
        let OpenRun { part, start, count, .. } = std::mem::take(&mut self.run);
        if count > 0 {
            let bytes = &mut self.parts[part];
            let len = (bytes.len() - start) as u32;
            let at = start - HEAD + size_of::<u64>();
            bytes[at..at + 4].copy_from_slice(&count.to_le_bytes());
            bytes[at + 4..at + 8].copy_from_slice(&len.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_come_whole_and_their_events_by_time_and_row() {
        let event = |case: u64, time: i64, row: u32| NewEvent {
            case: case << 60,
            label: 0,
            time,
            start: None,
            resource: 0,
            row,
            values: 0,
        };
        let mut events = Events::new(None, None);
        let mut first = ShardEvents::default();
        first.push(event(2, 5, 0));
        first.push(event(1, 9, 1));
        events.join(first, 0, None).unwrap();
        let mut second = ShardEvents::default();
        second.push(event(1, 9, 0));
        second.push(event(1, 3, 1));
        events.join(second, 2, Some(vec![7])).unwrap();
        let mut seen = Vec::new();
        events
            .each_case(|case, events| {
                seen.push((case >> 60, events.iter().map(|it| (it.row, it.label)).collect::<Vec<_>>()));
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, [(1, vec![(3, 7), (1, 0), (2, 7)]), (2, vec![(0, 0)])]);
    }

    #[test]
    fn events_are_read_as_they_were_written_whatever_their_values() {
        let odd = [0, 1, -1, i64::MAX, i64::MIN + 1, 1_700_000_000_000_000];
        let mut expected = Vec::new();
        let mut shard = ShardEvents::default();
        let mut row = 0;
        for time in odd {
            for start in [None, Some(0), Some(time), Some(i64::MAX)] {
                for (resource, label) in [(0, 0), (u32::MAX, u32::MAX - 1), (7, 300)] {
                    let case = u64::from(row / 5) << 62 | 1;
                    shard.push(NewEvent { case, label, time, start, resource, row, values: row ^ 0xffff });
                    let event = CaseEvent {
                        label,
                        time,
                        start,
                        resource,
                        row: u64::from(row) + 10,
                        values: row ^ 0xffff,
                    };
                    expected.push((case, event));
                    row += 1;
                }
            }
        }
        expected.sort_by_key(|(case, event)| (*case, event.time, event.row));
        let mut events = Events::new(None, None);
        events.join(ShardEvents::default(), 0, None).unwrap();
        events.join(shard, 10, None).unwrap();
        let mut found = Vec::new();
        events
            .each_case(|case, events| {
                found.extend(events.iter().map(|it| (case, *it)));
                Ok(())
            })
            .unwrap();
        assert_eq!(found, expected);
    }

    /// Shards of interleaved cases, the times of each in no order.
    fn many(memory: Option<usize>, loaded: usize, run: usize) -> Vec<(u64, Vec<CaseEvent>)> {
        let mut events = Events { loaded, run, ..Events::new(None, memory) };
        for shard in 0..3 {
            let mut part = ShardEvents::default();
            for row in 0..500u32 {
                let (case, time) =
                    (u64::from(row % 3) << 40, i64::from(row.wrapping_mul(2_654_435_761) >> 8) % 100);
                let start = (row % 5 > 0).then_some(time - 3);
                part.push(NewEvent { case, label: row % 4, time, start, resource: row, row, values: row });
            }
            events.join(part, shard * 500, Some(vec![3, 2, 1, 0])).unwrap();
        }
        let mut seen: Vec<(u64, Vec<CaseEvent>)> = Vec::new();
        events
            .each_case(|case, events| {
                seen.push((case, events.to_vec()));
                Ok(())
            })
            .unwrap();
        seen
    }

    #[test]
    fn events_that_do_not_fit_in_memory_come_in_the_same_order() {
        let whole = many(None, LOADED, RUN);
        assert_eq!(whole.iter().map(|(_, events)| events.len()).collect::<Vec<_>>(), [501, 501, 498]);
        assert!(whole.iter().all(|(_, it)| it.is_sorted_by_key(|event| (event.time, event.row))));
        assert_eq!(many(Some(0), LOADED, RUN), whole);
        // A case that is sorted in parts, and a partition that is.
        assert_eq!(many(Some(0), LOADED, 7), whole);
        assert_eq!(many(None, LOADED, 64), whole);
        assert_eq!(many(Some(0), 0, 7), whole);
        assert_eq!(many(None, 0, RUN), whole);
    }

    #[test]
    fn inputs_that_follow_keep_their_events_and_labels() {
        let event = |label: u32, row: u32| NewEvent {
            case: 1 << 60,
            label,
            time: i64::from(row),
            start: None,
            resource: 0,
            row,
            values: 0,
        };
        let of = |label, memory| {
            let mut events = Events::new(None, memory);
            let mut shard = ShardEvents::default();
            shard.push(event(label, 5));
            events.join(shard, 0, Some(vec![0, 1, 2])).unwrap();
            events
        };
        let mut events = of(1, None);
        events.absorb(&of(2, Some(0)), 100, &[7, 8, 9]).unwrap();
        let mut seen = Vec::new();
        events
            .each_case(|_, events| {
                seen.extend(events.iter().map(|it| (it.row, it.label)));
                Ok(())
            })
            .unwrap();
        assert_eq!((seen, events.count), (vec![(5, 1), (105, 9)], 2));
    }
}
