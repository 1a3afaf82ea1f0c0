//! Rows become events of 48 bytes, in blocks by case.
//!
//! ```text
//! event  = case (16 bytes), time, hash of the activity, of attributes of events, of those of cases
//! ```
//!
//! A case is the first 128 bits of the SHA-256 of its text. It belongs to the partition that its first byte says, so
//! that all of its events are in one partition, in the order of their rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use sha2::{Digest, Sha256};

use super::with;
use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;
use crate::model::hash::hash_bytes;
use crate::step::events::Tick;
use crate::step::events::cells::Times;
use crate::step::pseudonymise::texts::texts;

/// Partitions of cases.
pub(super) const PARTITIONS: usize = 256;
/// Bytes of an event in a temporary file.
pub(super) const BYTES: usize = 48;
/// Bytes that a block collects before it is written.
const BLOCK: usize = 64 << 10;
/// Cases whose hash a worker remembers.
const KNOWN: usize = 1 << 12;
/// The hash of a value that is not there.
const NULL: u64 = 0x6e75_6c6c;

/// Where the columns of an event stand.
#[derive(Debug, Clone)]
pub(super) struct RiskColumns {
    pub case: usize,
    pub activity: usize,
    pub time: usize,
    pub tick: Tick,
    /// Attributes of events.
    pub of_events: Vec<usize>,
    /// Attributes of cases.
    pub of_cases: Vec<usize>,
}

/// What is kept of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RiskEvent {
    pub case: [u8; 16],
    pub time: i64,
    pub activity: u64,
    pub attributes: u64,
    pub of_case: u64,
}

impl RiskEvent {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.case);
        out.extend_from_slice(&self.time.to_le_bytes());
        for hash in [self.activity, self.attributes, self.of_case] {
            out.extend_from_slice(&hash.to_le_bytes());
        }
    }

    /// The event of these bytes.
    pub fn of(bytes: &[u8; BYTES]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let mut case = [0; 16];
        case.copy_from_slice(&bytes[..16]);
        Self {
            case,
            time: word(16).cast_signed(),
            activity: word(24),
            attributes: word(32),
            of_case: word(40),
        }
    }
}

/// The events of some rows, or of all.
#[derive(Debug)]
pub(super) struct RiskEvents {
    /// For each partition its blocks, in the order of rows.
    pub partitions: Vec<Vec<KeptBytes>>,
    pub events: u64,
    /// Rows that are no events, because a case, an activity or a time is missing.
    pub left_out: u64,
}

impl RiskEvents {
    pub fn new() -> Self {
        Self { partitions: (0..PARTITIONS).map(|_| Vec::new()).collect(), events: 0, left_out: 0 }
    }

    /// Adds the events of rows that follow.
    pub fn join(&mut self, later: Self) {
        for (blocks, more) in self.partitions.iter_mut().zip(later.partitions) {
            blocks.extend(more);
        }
        self.events += later.events;
        self.left_out += later.left_out;
    }
}

/// Collects the events of a worker's rows.
pub(super) struct RiskCollector {
    columns: RiskColumns,
    spill: Arc<Spill>,
    open: Vec<Vec<u8>>,
    known: std::collections::HashMap<Box<str>, [u8; 16]>,
    done: RiskEvents,
}

impl RiskCollector {
    pub fn new(columns: RiskColumns, spill: Arc<Spill>) -> Self {
        let open = (0..PARTITIONS).map(|_| Vec::new()).collect();
        Self { columns, spill, open, known: std::collections::HashMap::new(), done: RiskEvents::new() }
    }

    /// Takes the events of a batch.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = self.columns.clone();
        let activities = hashes(batch.column(columns.activity))?;
        let activity = batch.column(columns.activity);
        let times = Times::of(batch.column(columns.time), columns.tick)?;
        let joined = |positions: &[usize]| -> Result<Vec<u64>> {
            let mut sums = vec![0; batch.num_rows()];
            for at in positions {
                for (sum, hash) in sums.iter_mut().zip(hashes(batch.column(*at))?) {
                    *sum = with(*sum, hash);
                }
            }
            Ok(sums)
        };
        let (attributes, of_cases) = (joined(&columns.of_events)?, joined(&columns.of_cases)?);
        let cases = batch.column(columns.case);
        let names = match cases.data_type() {
            DataType::Dictionary(..) => {
                let keyed = cases.as_any_dictionary();
                (texts(keyed.values())?, Some(keyed.normalized_keys()))
            }
            _ => (texts(cases)?, None),
        };
        let mut last: Option<(usize, [u8; 16])> = None;
        for row in 0..batch.num_rows() {
            let time = times.get(row).filter(|_| cases.is_valid(row) && activity.is_valid(row));
            let Some(time) = time else {
                self.done.left_out += 1;
                continue;
            };
            let word = names.1.as_ref().map_or(row, |keys| keys[row]);
            let case = match last {
                Some((before, case)) if before == word || names.0.value(before) == names.0.value(word) => {
                    case
                }
                _ => self.case(names.0.value(word)),
            };
            last = Some((word, case));
            let (activity, attributes) = (activities[row], attributes[row]);
            let event = RiskEvent { case, time, activity, attributes, of_case: of_cases[row] };
            let partition = usize::from(case[0]);
            let open = &mut self.open[partition];
            event.put(open);
            self.done.events += 1;
            if open.len() >= BLOCK / BYTES * BYTES {
                self.done.partitions[partition].push(self.spill.keep(open)?);
                open.clear();
            }
        }
        Ok(())
    }

    fn case(&mut self, text: &str) -> [u8; 16] {
        if let Some(case) = self.known.get(text) {
            return *case;
        }
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        let mut case = [0; 16];
        case.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
        self.known.insert(text.into(), case);
        case
    }

    /// All events, once every shard has ended.
    pub fn finish(mut self) -> Result<RiskEvents> {
        for (partition, open) in self.open.iter().enumerate().filter(|(_, open)| !open.is_empty()) {
            self.done.partitions[partition].push(self.spill.keep(open)?);
        }
        Ok(self.done)
    }
}

/// The hash of each value: of equal values the same.
fn hashes(array: &ArrayRef) -> Result<Vec<u64>> {
    if let DataType::Dictionary(..) = array.data_type() {
        let keyed = array.as_any_dictionary();
        let words = hashes(keyed.values())?;
        let keys = keyed.normalized_keys();
        let of = |(row, key): (usize, usize)| match array.is_valid(row) {
            true => words.get(key).copied().unwrap_or(NULL),
            false => NULL,
        };
        return Ok(keys.into_iter().enumerate().map(of).collect());
    }
    let hash = |text: Option<&str>| text.map_or(NULL, |text| hash_bytes(1, text.as_bytes()));
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Ok(texts.iter().map(hash).collect());
    }
    match array.data_type().is_nested() {
        true => {
            let options = arrow::util::display::FormatOptions::default();
            let formatter = arrow::util::display::ArrayFormatter::try_new(array, &options)?;
            let of = |row| match array.is_valid(row) {
                true => hash_bytes(1, formatter.value(row).to_string().as_bytes()),
                false => NULL,
            };
            Ok((0..array.len()).map(of).collect())
        }
        false => Ok(texts(array)?.iter().map(hash).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let event = RiskEvent { case: [7; 16], time: -5, activity: 1, attributes: u64::MAX, of_case: 3 };
        let mut bytes = Vec::new();
        event.put(&mut bytes);
        assert_eq!(RiskEvent::of(bytes.as_slice().try_into().unwrap()), event);
    }
}
