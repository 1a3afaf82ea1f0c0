//! Keeps the bad rows of one shard until the merger takes them: some five bytes for a typical row, and in the
//! spill file beyond the budget.
//!
//! A file may consist of bad rows alone, eight million in a shard of 16 MiB. So each row is stored as its
//! difference from the row before, and full blocks wait where encoded pages do. Malformed records and values
//! that do not fit their type each arrive in the order of their records, but all malformed records of a batch
//! arrive before its values. Both kinds are kept apart and merged when they are [taken](BadLog::take).

use std::sync::Arc;

use bytes::Bytes;
use parquet::column::page_store::{PageKey, PageStore};

use crate::encode::page_store::{Spill, SpillStore};
use crate::error::{Code, Error, Result};
use crate::model::table::BadRow;

/// Bytes of a block. Each of a shard's two sequences holds a block in memory whatever the budget.
const BLOCK: usize = 32 << 10;

/// Flags in the first byte of a stored row.
const SAME_WHAT: u8 = 1;
const IN_COLUMN: u8 = 2;
const WITH_RAW: u8 = 4;

/// The bad rows of a shard.
pub struct BadLog {
    faults: BadRowSequence,
    misfits: BadRowSequence,
}

impl BadLog {
    /// Creates an empty log whose blocks go where `spill` says.
    pub fn new(spill: &Arc<Spill>) -> Self {
        Self { faults: BadRowSequence::new(spill), misfits: BadRowSequence::new(spill) }
    }

    /// The number of bad rows.
    pub fn len(&self) -> u64 {
        self.faults.count + self.misfits.count
    }

    /// Whether there are no bad rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a malformed record, which must follow those added before.
    ///
    /// # Errors
    /// [`Code::OutputWrite`] if the spill file can't be written.
    pub fn add_fault(&mut self, bad: &BadRow) -> Result<()> {
        self.faults.add(bad)
    }

    /// Adds a record with a value that does not fit its type; it must follow those added before.
    ///
    /// # Errors
    /// [`Code::OutputWrite`] if the spill file can't be written.
    pub fn add_misfit(&mut self, bad: &BadRow) -> Result<()> {
        self.misfits.add(bad)
    }

    /// Hands all bad rows to `each` in the order of their records, and stops at the first error.
    pub fn take(self, mut each: impl FnMut(&BadRow) -> Result<()>) -> Result<()> {
        let (mut faults, mut misfits) = (self.faults.into_reader(), self.misfits.into_reader());
        let (mut has_fault, mut has_misfit) = (faults.advance()?, misfits.advance()?);
        while has_fault || has_misfit {
            if has_fault && (!has_misfit || faults.row.record < misfits.row.record) {
                each(&faults.row)?;
                has_fault = faults.advance()?;
            } else {
                each(&misfits.row)?;
                has_misfit = misfits.advance()?;
            }
        }
        Ok(())
    }
}

/// The row from which the first row of a sequence differs.
fn nothing() -> BadRow {
    BadRow {
        start: 0,
        end: 0,
        at: 0,
        record: 0,
        code: Code::Internal,
        what: String::new(),
        column: None,
        raw: None,
    }
}

/// Bad rows in the order of their records.
struct BadRowSequence {
    store: SpillStore,
    blocks: Vec<PageKey>,
    open: Vec<u8>,
    count: u64,
    last: BadRow,
}

impl BadRowSequence {
    fn new(spill: &Arc<Spill>) -> Self {
        let store = SpillStore::new(spill);
        Self { store, blocks: Vec::new(), open: Vec::new(), count: 0, last: nothing() }
    }

    fn add(&mut self, bad: &BadRow) -> Result<()> {
        let last = &mut self.last;
        let same = bad.what == last.what;
        let flags = if same { SAME_WHAT } else { 0 }
            | if bad.column.is_some() { IN_COLUMN } else { 0 }
            | if bad.raw.is_some() { WITH_RAW } else { 0 };
        self.open.push(flags);
        let code = Code::ALL.iter().position(|code| *code == bad.code).unwrap_or_default();
        for number in [
            code as u64,
            bad.record.wrapping_sub(last.record),
            bad.start.wrapping_sub(last.end),
            bad.end.wrapping_sub(bad.start),
            bad.at.wrapping_sub(bad.start),
        ] {
            put_number(number, &mut self.open);
        }
        if let Some(column) = bad.column {
            put_number(column as u64, &mut self.open);
        }
        if !same {
            put_bytes(bad.what.as_bytes(), &mut self.open);
            last.what.clone_from(&bad.what);
        }
        if let Some(raw) = &bad.raw {
            put_bytes(raw, &mut self.open);
        }
        (last.record, last.end) = (bad.record, bad.end);
        self.count += 1;
        if self.open.len() >= BLOCK {
            let block = Bytes::copy_from_slice(&self.open);
            self.open.clear();
            // One large record must not leave its size behind.
            self.open.shrink_to(2 * BLOCK);
            self.blocks.push(self.store.put(block)?);
        }
        Ok(())
    }

    fn into_reader(self) -> Reader {
        Reader {
            store: self.store,
            blocks: self.blocks.into_iter(),
            open: Some(self.open.into()),
            block: Bytes::new(),
            at: 0,
            left: self.count,
            row: nothing(),
        }
    }
}

/// Reads a sequence back.
struct Reader {
    store: SpillStore,
    blocks: std::vec::IntoIter<PageKey>,
    /// The last block, which was never full.
    open: Option<Bytes>,
    block: Bytes,
    at: usize,
    left: u64,
    row: BadRow,
}

impl Reader {
    /// Reads the next bad row into `row`; false at the end.
    fn advance(&mut self) -> Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        if self.at == self.block.len() {
            self.block = match self.blocks.next() {
                Some(key) => self.store.take(key)?,
                None => self.open.take().unwrap_or_default(),
            };
            self.at = 0;
        }
        let read = self.read();
        read.map(|()| true).ok_or_else(|| Error::new(Code::Internal, "a bad row was not kept as it was"))
    }

    /// `None` if the block is not what was written.
    fn read(&mut self) -> Option<()> {
        let flags = *self.bytes(1)?.first()?;
        let code = usize::try_from(self.number()?).ok()?;
        self.row.code = *Code::ALL.get(code)?;
        self.row.record = self.row.record.wrapping_add(self.number()?);
        self.row.start = self.row.end.wrapping_add(self.number()?);
        self.row.end = self.row.start.wrapping_add(self.number()?);
        self.row.at = self.row.start.wrapping_add(self.number()?);
        self.row.column = match flags & IN_COLUMN {
            0 => None,
            _ => Some(usize::try_from(self.number()?).ok()?),
        };
        if flags & SAME_WHAT == 0 {
            let what = self.sized()?;
            self.row.what = String::from_utf8(what.to_vec()).ok()?;
        }
        self.row.raw = match flags & WITH_RAW {
            0 => None,
            _ => Some(self.sized()?.to_vec().into()),
        };
        Some(())
    }

    fn bytes(&mut self, len: usize) -> Option<Bytes> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.block.len())?;
        let bytes = self.block.slice(self.at..end);
        self.at = end;
        Some(bytes)
    }

    fn sized(&mut self) -> Option<Bytes> {
        let len = usize::try_from(self.number()?).ok()?;
        self.bytes(len)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = *self.block.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Appends a number as seven bits a byte, the lowest bits first.
fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Ration;

    fn spill(ration: usize) -> Arc<Spill> {
        Arc::new(Spill::new(Arc::new(Ration::new(ration)), std::env::temp_dir()))
    }

    fn bad(record: u64, start: u64, what: &str) -> BadRow {
        BadRow {
            start,
            end: start + 7,
            at: start + record % 5,
            record,
            code: Code::ALL[record as usize % Code::ALL.len()],
            what: what.to_owned(),
            column: (record % 3 == 1).then_some(record as usize),
            raw: (record % 4 == 2).then(|| vec![record as u8; record as usize % 70].into()),
        }
    }

    #[test]
    fn bad_rows_come_back_as_they_were_in_the_order_of_their_records() {
        for ration in [0, BLOCK, usize::MAX] {
            let rows: Vec<BadRow> = (0..20_000u64)
                .map(|record| {
                    bad(record * 3, (record * 91) ^ 5, ["one", "", "another"][record as usize / 7 % 3])
                })
                .collect();
            let spill = spill(ration);
            let mut log = BadLog::new(&spill);
            assert!(log.is_empty());
            // As a parse tells them: a batch's faults, then its misfits.
            for batch in rows.chunks(100) {
                let (faults, misfits): (Vec<_>, Vec<_>) = batch.iter().partition(|row| row.record % 2 == 0);
                faults.into_iter().for_each(|row| log.add_fault(row).unwrap());
                misfits.into_iter().for_each(|row| log.add_misfit(row).unwrap());
            }
            assert_eq!((log.len(), spill.spilled() == 0), (20_000, ration == usize::MAX));
            let mut found = Vec::new();
            log.take(|row| {
                found.push(row.clone());
                Ok(())
            })
            .unwrap();
            assert!(found == rows, "with {ration} bytes in memory");
        }
    }

    #[test]
    fn the_usual_bad_row_takes_a_few_bytes() {
        let spill = spill(0);
        let mut log = BadLog::new(&spill);
        for record in 0..100_000 {
            let start = 4 + 2 * record;
            let what = "expected 2 fields, found 1".to_owned();
            log.add_fault(&BadRow { start, end: start + 1, at: start, record, what, ..nothing() }).unwrap();
        }
        assert!(spill.spilled() <= 6 * 100_000, "{}", spill.spilled());
    }
}
