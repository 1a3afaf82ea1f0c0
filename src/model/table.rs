//! Raw rows: the text of a batch and where each field lies in it.
//!
//! A [`Format`](crate::format::Format) cuts text into [`Cell`]s and knows no types; builders read cells and know
//! no grammar. This is the table between the two. Nothing here owns text: it borrows the input, and the cells live in the
//! worker's arena.

use crate::error::Code;

/// One field of one record: eight bytes, so that a batch's cells stay in the second-level cache.
///
/// `start` counts from the batch's first byte and `len` excludes enclosing quotes. A batch is at most a few MiB plus one
/// record, and a record is below [`Cell::MAX_LEN`], so both fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    start: u32,
    /// Bits 0..30 length, bit 30 `ESCAPED`, bit 31 `QUOTED`.
    len_and_flags: u32,
}

const QUOTED: u32 = 1 << 31;
const ESCAPED: u32 = 1 << 30;

impl Cell {
    /// The longest field, in bytes: 1 GiB less one.
    pub const MAX_LEN: usize = (ESCAPED - 1) as usize;

    /// A field as it stands in the text.
    #[inline(always)]
    pub const fn plain(start: usize, len: usize) -> Self {
        Self { start: start as u32, len_and_flags: len as u32 }
    }

    /// A field between quotes; `escaped` if quotes or escapes stand inside and must be undone.
    #[inline(always)]
    pub const fn quoted(start: usize, len: usize, escaped: bool) -> Self {
        let escaped = if escaped { ESCAPED } else { 0 };
        Self { start: start as u32, len_and_flags: len as u32 | QUOTED | escaped }
    }

    /// Length in bytes, escapes included.
    #[inline(always)]
    #[expect(clippy::len_without_is_empty, reason = "an empty cell is told from a missing one by `is_null`")]
    pub const fn len(self) -> usize {
        (self.len_and_flags & (ESCAPED - 1)) as usize
    }

    /// Whether the field stood between quotes.
    #[inline(always)]
    pub const fn is_quoted(self) -> bool {
        self.len_and_flags & QUOTED != 0
    }

    /// Whether escapes must be undone before the bytes are the value.
    #[inline(always)]
    pub const fn is_escaped(self) -> bool {
        self.len_and_flags & ESCAPED != 0
    }

    /// Whether nothing at all stood there: empty and without quotes.
    #[inline(always)]
    pub const fn is_null(self) -> bool {
        self.len_and_flags == 0
    }

    /// The field's bytes, escapes still in.
    #[inline(always)]
    pub fn bytes(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.start as usize + self.len()]
    }
}

/// Undoes the escapes of a field that [`Cell::is_escaped`], appending the value to a buffer.
pub trait Unescape {
    /// Appends the value of `raw` to `out`.
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>);
}

/// A batch of whole records, row by row.
#[derive(Clone, Copy)]
pub struct RawRows<'a> {
    /// The text that cells and starts count into.
    pub text: &'a [u8],
    /// Absolute offset of `text[0]`, in bytes.
    pub base: u64,
    /// Fields in each row.
    pub columns: usize,
    /// `rows x columns` fields, row by row.
    pub cells: &'a [Cell],
    /// Where each row's record lies in `text`.
    pub spans: &'a [Span],
    /// Undoes escapes.
    pub unescape: &'a dyn Unescape,
}

/// Where a record lies in a batch's text, and its number among the shard's records, bad ones included, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte, from the batch's start.
    pub start: u32,
    /// One past the last byte, line end excluded.
    pub end: u32,
    /// Number of the record within its shard.
    pub record: u64,
}

impl<'a> RawRows<'a> {
    /// How many rows.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.spans.len()
    }

    /// The cells of one column, from first row to last.
    #[inline(always)]
    pub fn column(&self, column: usize) -> impl ExactSizeIterator<Item = Cell> + 'a {
        debug_assert!(column < self.columns);
        let cells = if self.cells.is_empty() { self.cells } else { &self.cells[column..] };
        cells.iter().step_by(self.columns).copied()
    }

    /// Puts a cell's value, escapes undone, into `out` in place of what is there.
    pub fn value(&self, cell: Cell, out: &mut Vec<u8>) {
        out.clear();
        let raw = cell.bytes(self.text);
        if cell.is_escaped() {
            self.unescape.unescape(raw, out);
        } else {
            out.extend_from_slice(raw);
        }
    }

    /// The text of one row's record.
    pub fn record(&self, row: usize) -> &'a [u8] {
        let span = self.spans[row];
        &self.text[span.start as usize..span.end as usize]
    }

    /// One cell.
    pub fn cell(&self, row: usize, column: usize) -> Cell {
        self.cells[row * self.columns + column]
    }
}

/// A record that does not become a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Absolute offset of its first byte.
    pub start: u64,
    /// One past its last byte, line end excluded.
    pub end: u64,
    /// Where in the record the fault lies: absolute, `start` when the record as a whole is at fault.
    pub at: u64,
    /// Number among the shard's records, from 0; the merger adds the records of the shards before.
    pub record: u64,
    /// What is wrong.
    pub code: Code,
    /// Expected and found, in a sentence.
    pub what: String,
    /// Index of the column at fault, if one is.
    pub column: Option<usize>,
    /// Its bytes, where they can't be had from the source again.
    pub raw: Option<Box<[u8]>>,
}
