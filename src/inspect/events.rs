//! The events of a log, brought together by case: workers write them down as they come, by partition, and the
//! partitions are sorted one after the other. What does not fit in memory waits in a temporary file.
//!
//! Cases are visited in the order of their partition and of the hash of their identifier; the events of a case
//! come by time and, where times are equal, in the order of the file. Nothing depends on threads or shards.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::labels::NO_LABEL;
use super::store::{ByteStore, StoredBytes, temporary, temporary_file};
use crate::error::Result;

/// Partitions, by the upper bits of the hash of a case: of 10 million events each has 160,000, or 6 MiB.
const PARTITIONS: usize = 64;
/// Bytes of one event as it waits.
const RECORD: usize = 40;
/// Bytes that wait in memory before later ones go to the file, at most.
const HELD: usize = 48 << 20;
/// Events that are sorted at once: 15 MB. Of a partition with more, sorted runs go to a file and are merged.
const RUN: usize = 1 << 18;
/// Events of a case that are handed over at once: 13 MB. A case with more comes in several pieces.
pub const PIECE: usize = 1 << 18;
/// Events of a run that are read at once.
const PAGE: usize = 2048;
/// Bytes of an event in a run.
const RUN_RECORD: usize = 48;
/// The start of an event that has none.
const NO_TIME: i64 = i64::MIN;

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
    /// Events that are sorted at once.
    run: usize,
    /// How many there are.
    pub count: u64,
}

impl Events {
    /// No events yet. What does not fit into so many bytes of memory goes to a file in `folder`.
    pub fn new(folder: Option<PathBuf>, memory: Option<usize>) -> Self {
        let blocks = (0..PARTITIONS).map(|_| Vec::new()).collect();
        let store = ByteStore::new(folder, memory.map_or(HELD, |it| it.min(HELD)));
        Self { blocks, store, run: RUN, ..Self::default() }
    }

    /// Adds the events of the next shard, whose first record is `first_row` and whose labels have these numbers.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, shard: ShardEvents, first_row: u64, labels: Option<Vec<u32>>) -> Result<()> {
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
        let mut events: Vec<(u64, CaseEvent)> = Vec::new();
        let mut of_case: Vec<CaseEvent> = Vec::new();
        for blocks in &self.blocks {
            events.clear();
            let mut runs: Option<SortedRuns> = None;
            for block in blocks {
                let bytes = self.store.whole(&block.kept)?;
                let (records, _) = bytes.as_chunks::<RECORD>();
                for record in records {
                    if events.len() >= self.run {
                        let runs = match &mut runs {
                            Some(runs) => runs,
                            none => none.insert(SortedRuns::new(self.store.folder())?),
                        };
                        runs.add(&mut events)?;
                    }
                    events.push(self.event(block.shard, record));
                }
            }
            if let Some(mut runs) = runs {
                runs.add(&mut events)?;
                runs.each_case(&mut of_case, &mut take)?;
                continue;
            }
            events.sort_unstable_by_key(order);
            for case in events.chunk_by(|a, b| a.0 == b.0) {
                for piece in case.chunks(PIECE) {
                    of_case.clear();
                    of_case.extend(piece.iter().map(|(_, event)| *event));
                    take(case[0].0, &of_case)?;
                }
            }
        }
        Ok(())
    }

    fn event(&self, shard: u32, record: &[u8; RECORD]) -> (u64, CaseEvent) {
        let (first_row, labels) = &self.shards[shard as usize];
        let [case, time, start, pair, last] = words(record);
        let label = (pair & 0xffff_ffff) as u32;
        let label = match labels {
            Some(labels) => labels.get(label as usize).copied().unwrap_or(NO_LABEL),
            None => label,
        };
        let start = start as i64;
        let event = CaseEvent {
            label,
            time: time as i64,
            start: (start != NO_TIME).then_some(start),
            resource: (pair >> 32) as u32,
            row: first_row + (last & 0xffff_ffff),
            values: (last >> 32) as u32,
        };
        (case, event)
    }
}

/// Cases one after the other, and their events by time and row.
fn order((case, event): &(u64, CaseEvent)) -> (u64, i64, u64) {
    (*case, event.time, event.row)
}

/// Sorted runs of the events of one partition, in a file.
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
        let mut at = self.runs.iter().sum::<u64>() * RUN_RECORD as u64;
        let mut bytes = Vec::with_capacity(PAGE * RUN_RECORD);
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

    /// Merges the runs.
    fn each_case(
        &self,
        of_case: &mut Vec<CaseEvent>,
        take: &mut impl FnMut(u64, &[CaseEvent]) -> Result<()>,
    ) -> Result<()> {
        let mut at = 0;
        let mut readers: Vec<RunPages<'_>> = Vec::with_capacity(self.runs.len());
        for count in &self.runs {
            readers.push(RunPages { file: &self.file, at, left: *count, page: Vec::new() });
            at += count * RUN_RECORD as u64;
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

/// Reads a run page by page.
struct RunPages<'f> {
    file: &'f File,
    at: u64,
    left: u64,
    /// Events that were read, the next one last.
    page: Vec<(u64, CaseEvent)>,
}

impl RunPages<'_> {
    fn next(&mut self) -> Result<Option<(u64, CaseEvent)>> {
        if self.page.is_empty() && self.left > 0 {
            let now = self.left.min(PAGE as u64);
            let mut bytes = vec![0; now as usize * RUN_RECORD];
            self.file.read_exact_at(&mut bytes, self.at).map_err(|error| temporary(&error))?;
            let (records, _) = bytes.as_chunks::<RUN_RECORD>();
            let event = |record: &[u8; RUN_RECORD]| {
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
}

impl Default for ShardEvents {
    fn default() -> Self {
        Self { parts: (0..PARTITIONS).map(|_| Vec::new()).collect(), count: 0 }
    }
}

impl ShardEvents {
    /// Writes down one more event.
    #[inline]
    pub fn push(&mut self, event: NewEvent) {
        let part = &mut self.parts[(event.case >> (64 - PARTITIONS.trailing_zeros())) as usize];
        let words = [
            event.case,
            event.time as u64,
            event.start.unwrap_or(NO_TIME) as u64,
            u64::from(event.label) | u64::from(event.resource) << 32,
            u64::from(event.row) | u64::from(event.values) << 32,
        ];
        for word in words {
            part.extend_from_slice(&word.to_le_bytes());
        }
        self.count += 1;
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

    /// Shards of interleaved cases, the times of each in no order.
    fn many(memory: Option<usize>, run: usize) -> Vec<(u64, Vec<CaseEvent>)> {
        let mut events = Events { run, ..Events::new(None, memory) };
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
        let whole = many(None, RUN);
        assert_eq!(whole.iter().map(|(_, events)| events.len()).collect::<Vec<_>>(), [501, 501, 498]);
        assert!(whole.iter().all(|(_, it)| it.is_sorted_by_key(|event| (event.time, event.row))));
        assert_eq!(many(Some(0), RUN), whole);
        assert_eq!(many(Some(0), 7), whole);
        assert_eq!(many(None, 64), whole);
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
