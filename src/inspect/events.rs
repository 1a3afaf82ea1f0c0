//! The events of a log, brought together by case: workers write them down as they come, by partition, and the
//! partitions are sorted one after the other. What does not fit in memory waits in a temporary file.
//!
//! Cases are visited in the order of their partition and of the hash of their identifier; the events of a case
//! come by time and, where times are equal, in the order of the file. Nothing depends on threads or shards.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::error::{Code, Error, Result};
use crate::inspect::labels::NO_LABEL;

/// Partitions, by the upper bits of the hash of a case: of 10 million events each has 160,000, or 6 MiB.
const PARTITIONS: usize = 64;
/// Bytes of one event as it waits.
const RECORD: usize = 40;
/// Bytes that wait in memory before later ones go to the file.
const HELD: usize = 48 << 20;
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
    pub fn join(&mut self, shard: ShardEvents, first_row: u64, labels: Option<Vec<u32>>) -> Result<()> {
        let number = self.shards.len() as u32;
        self.shards.push((first_row, labels));
        self.count += shard.count;
        for (blocks, bytes) in self.blocks.iter_mut().zip(shard.parts) {
            if bytes.is_empty() {
                continue;
            }
            let place = if self.held + bytes.len() <= HELD {
                self.held += bytes.len();
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
        let mut events: Vec<(u64, CaseEvent)> = Vec::new();
        let mut of_case: Vec<CaseEvent> = Vec::new();
        for blocks in &self.blocks {
            events.clear();
            for block in blocks {
                self.read(block, &mut events)?;
            }
            events.sort_unstable_by_key(|(case, event)| (*case, event.time, event.row));
            for case in events.chunk_by(|a, b| a.0 == b.0) {
                of_case.clear();
                of_case.extend(case.iter().map(|(_, event)| *event));
                take(case[0].0, &of_case)?;
            }
        }
        Ok(())
    }

    fn read(&self, block: &Block, events: &mut Vec<(u64, CaseEvent)>) -> Result<()> {
        let loaded;
        let bytes: &[u8] = match &block.place {
            Place::Held(bytes) => bytes,
            Place::Spilled { at, len } => {
                let Some((file, _)) = &self.file else { return Ok(()) };
                let mut bytes = vec![0; *len];
                file.read_exact_at(&mut bytes, *at).map_err(|error| temporary(&error))?;
                loaded = bytes;
                &loaded
            }
        };
        let (first_row, labels) = &self.shards[block.shard as usize];
        let (records, _) = bytes.as_chunks::<RECORD>();
        events.reserve(records.len());
        for record in records {
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
            events.push((case, event));
        }
        Ok(())
    }
}

/// The five words of a record.
fn words(record: &[u8; RECORD]) -> [u64; 5] {
    let (chunks, _) = record.as_chunks::<8>();
    let mut words = [0; 5];
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
}
