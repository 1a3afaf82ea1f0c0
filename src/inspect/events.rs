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
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::error::{Code, Error, Result};
use crate::inspect::labels::NO_LABEL;

/// Partitions, by the upper bits of the hash of a case: of 10 million events each has 160,000, or 3 MiB.
const PARTITIONS: usize = 64;
/// Bytes that wait in memory before later ones go to the file.
const HELD: usize = 8 << 20;
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
    /// Its row among all rows that were inspected, from 0.
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
    /// Its row within the shard.
    pub row: u32,
    /// A number for all values of the row.
    pub values: u32,
}

/// The events of one shard and partition.
#[derive(Debug)]
struct Block {
    /// Number of the shard, in file order.
    shard: u32,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Held(Vec<u8>),
    Spilled { at: u64, len: usize },
}

/// Events of a part of the log, or of all of it.
#[derive(Debug, Default)]
pub struct Events {
    blocks: Vec<Vec<Block>>,
    /// For each shard its first row, and its labels' numbers in the whole log; `None`: they are the same.
    shards: Vec<(u64, Option<Vec<u32>>)>,
    held: usize,
    file: Option<(File, u64)>,
    folder: Option<PathBuf>,
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
    /// No events yet. What does not fit in memory goes to a file in `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let blocks = (0..PARTITIONS).map(|_| Vec::new()).collect();
        Self { blocks, folder, ..Self::default() }
    }

    /// Adds the events of the next shard, whose first row is `first_row` and whose labels have these numbers.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, mut shard: ShardEvents, first_row: u64, labels: Option<Vec<u32>>) -> Result<()> {
        shard.end_run();
        let number = self.shards.len() as u32;
        self.shards.push((first_row, labels));
        self.count += shard.count;
        for (blocks, mut bytes) in self.blocks.iter_mut().zip(shard.parts) {
            if bytes.is_empty() {
                continue;
            }
            let place = if self.held + bytes.len() <= HELD {
                self.held += bytes.len();
                bytes.shrink_to_fit();
                Place::Held(bytes)
            } else {
                let (file, end) = match &mut self.file {
                    Some(open) => open,
                    none => {
                        let made = match &self.folder {
                            Some(folder) => tempfile::tempfile_in(folder),
                            None => tempfile::tempfile(),
                        };
                        none.insert((made.map_err(|error| temporary(&error))?, 0))
                    }
                };
                file.write_all_at(&bytes, *end).map_err(|error| temporary(&error))?;
                let at = *end;
                *end += bytes.len() as u64;
                Place::Spilled { at, len: bytes.len() }
            };
            blocks.push(Block { shard: number, place });
        }
        Ok(())
    }

    /// Hands over each case with its events in order. It can be asked several times.
    ///
    /// # Errors
    /// If the temporary file can't be read; what `take` fails with.
    pub fn each_case(&self, mut take: impl FnMut(u64, &[CaseEvent]) -> Result<()>) -> Result<()> {
        let mut of_case: Vec<CaseEvent> = Vec::new();
        for blocks in &self.blocks {
            let loaded = blocks.iter().map(|block| self.bytes(block)).collect::<Result<Vec<_>>>()?;
            let mut runs: Vec<Run<'_>> = Vec::new();
            // Cases by hash, each with its runs in file order.
            let mut order: Vec<(u64, u32)> = Vec::new();
            for (block, mut bytes) in blocks.iter().zip(loaded.iter().map(|it| &**it)) {
                while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
                    let (case, count, len, first_row) = head_of(head);
                    let (events, rest) = rest.split_at(len.min(rest.len()));
                    order.push((case, runs.len() as u32));
                    runs.push(Run { shard: block.shard, count, first_row, events });
                    bytes = rest;
                }
            }
            order.sort_unstable();
            for case in order.chunk_by(|a, b| a.0 == b.0) {
                of_case.clear();
                case.iter().for_each(|(_, at)| self.read(&runs[*at as usize], &mut of_case));
                let key = |it: &CaseEvent| (it.time, it.row);
                if !of_case.is_sorted_by_key(key) {
                    of_case.sort_unstable_by_key(key);
                }
                take(case[0].0, &of_case)?;
            }
        }
        Ok(())
    }

    fn bytes<'b>(&self, block: &'b Block) -> Result<Cow<'b, [u8]>> {
        match &block.place {
            Place::Held(bytes) => Ok(Cow::Borrowed(bytes)),
            Place::Spilled { at, len } => {
                let mut bytes = vec![0; *len];
                if let Some((file, _)) = &self.file {
                    file.read_exact_at(&mut bytes, *at).map_err(|error| temporary(&error))?;
                }
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Puts the events of a run behind others.
    fn read(&self, run: &Run<'_>, events: &mut Vec<CaseEvent>) {
        let (shard_row, labels) = &self.shards[run.shard as usize];
        let mut bytes = run.events;
        let (mut row, mut time) = (u64::from(run.first_row), 0i64);
        for _ in 0..run.count {
            let tagged = take_number(&mut bytes);
            row += take_number(&mut bytes);
            time = time.wrapping_add(unzigzag(take_number(&mut bytes)));
            let start =
                (tagged & HAS_START > 0).then(|| time.wrapping_sub(unzigzag(take_number(&mut bytes))));
            let resource = if tagged & HAS_RESOURCE > 0 { take_word(&mut bytes) } else { 0 };
            let label = (tagged >> 2) as u32;
            let label = match labels {
                Some(labels) => labels.get(label as usize).copied().unwrap_or(NO_LABEL),
                None => label,
            };
            let values = take_word(&mut bytes);
            events.push(CaseEvent { label, time, start, resource, row: shard_row + row, values });
        }
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
        writing.number(u64::from(event.row - run.row));
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

fn temporary(error: &std::io::Error) -> Error {
    Error::new(Code::OutputWrite, format!("the file for temporary data: {error}"))
        .help("free space in the folder for temporary files, or set TMPDIR to another one")
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
        let mut events = Events::new(None);
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
        let mut events = Events::new(None);
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
}
