//! Raw rows: the text of a batch and where each field lies in it.
//!
//! A [`TextFormat`](crate::text::TextFormat) cuts text into [`Cell`]s and knows no types; builders read cells
//! and know no grammar. This is the table between the two. Nothing here owns text: it borrows the input, and
//! the cells live in the worker's arena.

use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::readings::Readings;
use crate::model::references::References;
use crate::model::shape::NestedShape;

/// One field of one record: eight bytes, so that a batch's cells stay in the second-level cache.
///
/// `start` counts from the batch's first byte and `len` excludes enclosing quotes. A batch is at most a few
/// MiB plus one record, and a record is below [`Cell::MAX_LEN`], so both fit.
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

    /// Where the field starts, in the text that it counts into.
    #[inline(always)]
    pub const fn start(self) -> usize {
        self.start as usize
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

    /// The same field in text that has `by` more bytes before it; what is missing stays so.
    #[inline(always)]
    pub const fn moved(self, by: usize) -> Self {
        if self.is_null() { self } else { Self { start: self.start + by as u32, ..self } }
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
    /// Removes the escapes of the format from a value.
    pub unescape: &'a dyn Unescape,
    /// Values that do not stand in `text`.
    pub out_of_line: OutOfLine<'a>,
    /// For each column, what the source says the batch's values are; empty if it says nothing.
    pub kinds: &'a [Kinds],
    /// Table that the rows belong to.
    pub slot: TableSlot,
}

/// Which of a format's tables a batch belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSlot {
    /// Number of the table.
    pub table: usize,
    /// Number of its first column among the columns of all tables, which stand one table behind the other.
    pub first_column: usize,
    /// Whether rows of other tables follow that were cut from the same text.
    pub more: bool,
}

impl TableSlot {
    /// The slot of a format with one table.
    pub const ONLY: Self = Self { table: 0, first_column: 0, more: false };
}

/// Text beside that of a batch: values that many rows share and that stand elsewhere in the input, or that
/// were put together.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutOfLine<'a> {
    /// What the cells of such columns count into.
    pub text: &'a [u8],
    /// Which columns these are; empty if none is.
    pub columns: &'a [bool],
}

/// Where a record lies in a batch's text, and its number among the shard's records, bad ones included, from
/// 0.
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
    /// Number of rows in the batch.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.spans.len()
    }

    /// The cells of one column, from first row to last.
    #[inline(always)]
    pub fn column(&self, column: usize) -> impl ExactSizeIterator<Item = Cell> + 'a {
        debug_assert!(column < self.columns);
        self.cells.chunks_exact(self.columns.max(1)).map(move |row| row[column])
    }

    /// The text that a column's cells count into.
    #[inline(always)]
    pub fn text_of(&self, column: usize) -> &'a [u8] {
        match self.out_of_line.columns.get(column) {
            Some(true) => self.out_of_line.text,
            _ => self.text,
        }
    }

    /// Puts the value of a cell of `column`, escapes undone, into `out` in place of what is there.
    pub fn value(&self, column: usize, cell: Cell, out: &mut Vec<u8>) {
        out.clear();
        let raw = cell.bytes(self.text_of(column));
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

    /// The cell at a row and a column, both from 0.
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
    /// Code of the error that the malformed record is.
    pub code: Code,
    /// Expected and found, in a sentence.
    pub what: String,
    /// Index of the column at fault, if one is.
    pub column: Option<usize>,
    /// Its bytes, where they can't be had from the source again.
    pub raw: Option<Box<[u8]>>,
}

impl BadRow {
    /// The text ends at `at`, and more was expected.
    pub fn at_end(at: u64, code: Code, what: impl Into<String>) -> Self {
        Self { start: at, end: at, at, record: 0, code, what: what.into(), column: None, raw: None }
    }
}

/// What a parse learned of an input beside its rows. Joined over shards, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// For each column that was known, the absolute offset of its first value; [`Learned::NEVER`] if it has
    /// none. Empty if the format has a header and nothing to learn.
    pub first: Vec<u64>,
    /// For each column that was known, the join over its nested values; empty if none has any.
    pub shapes: Vec<NestedShape>,
    /// Columns that were not known.
    pub late: Vec<LateColumn>,
    /// What else is to be kept or said.
    pub notes: Vec<Note>,
    /// Bytes of text in these.
    pub noted: usize,
    /// Groups of records met, such as traces, by their starts.
    pub groups: u64,
    /// What the groups of the first and the last row look like; `None` without rows.
    pub edges: Option<Edges>,
    /// Whether two neighbouring groups look alike, so that rows alone don't tell where the second begins.
    pub alike: bool,
    /// Identifiers, and what mentions them, of a log that has relations.
    pub references: References,
}

/// What groups look like at both ends of a stretch of rows, as hashes of what their rows share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edges {
    /// The first row's group, if it begins with that row.
    pub first: Option<u64>,
    /// The last row's group, if the row is in one.
    pub last: Option<u64>,
}

/// A column that a parse met and the format did not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateColumn {
    /// What the format calls it; means something to the format alone.
    pub id: Box<str>,
    /// The absolute offset of its first value.
    pub first: u64,
    /// The join over its values.
    pub readings: Readings,
    /// Kinds of the values, as the syntax of the source tells.
    pub kinds: Kinds,
    /// The join over those that are nested.
    pub shape: NestedShape,
}

/// Something that is no row and must not be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Absolute offset of what it is about.
    pub at: u64,
    /// Records of the input before it; shard-local until it is joined.
    pub record: u64,
    /// The content of the note.
    pub what: Remark,
}

/// The content of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// A group without records, as JSON.
    EmptyGroup(String),
    /// Something that stands outside of any group, as JSON.
    Loose(String),
    /// A section of the input: its name and its text.
    Section(String, String),
    /// Something odd, by its name, and how often it was met. Only the first place is kept.
    Odd(&'static str, u64),
}

impl Learned {
    /// The first value of a column without values.
    pub const NEVER: u64 = u64::MAX;

    /// Columns that were not known at most. One more tells that there are too many, and no others are added.
    pub const MOST_LATE: usize = 16_384;

    /// Bytes of text in notes at most, as they are held in memory until the end of the run; beyond that no
    /// others are added.
    pub const MOST_NOTED: usize = 32 << 20;

    /// Whether there was more to learn than can be held: the run must end.
    ///
    /// # Errors
    /// [`Code::TooManyColumns`], [`Code::RecordTooLong`].
    pub fn check(&self) -> Result<()> {
        if self.late.len() > Self::MOST_LATE {
            let what = format!(
                "expected at most {} columns that are not known beforehand, found more",
                Self::MOST_LATE
            );
            return Err(Error::new(Code::TooManyColumns, what));
        }
        if self.noted > Self::MOST_NOTED {
            let what = format!(
                "expected at most {} MiB of text that stands beside the records or has no place in a row, found more",
                Self::MOST_NOTED >> 20
            );
            return Err(Error::new(Code::RecordTooLong, what));
        }
        Ok(())
    }

    /// Adds what a later shard learned; `records` were met before it.
    pub fn join(&mut self, later: Self, records: u64) {
        if self.first.is_empty() {
            self.first = later.first;
        } else {
            for (first, other) in self.first.iter_mut().zip(later.first) {
                *first = (*first).min(other);
            }
        }
        if self.shapes.is_empty() {
            self.shapes = later.shapes;
        } else {
            for (shape, other) in self.shapes.iter_mut().zip(later.shapes) {
                shape.join(other);
            }
        }
        for late in later.late {
            self.meet(late);
        }
        for mut note in later.notes {
            note.record += records;
            self.note(note);
        }
        if later.noted > Self::MOST_NOTED {
            self.noted = later.noted;
        }
        self.groups = self.groups.wrapping_add(later.groups);
        self.edges = match (self.edges, later.edges) {
            (Some(one), Some(other)) => {
                self.alike |= one.last.is_some() && one.last == other.first;
                Some(Edges { first: one.first, last: other.last })
            }
            (one, other) => one.or(other),
        };
        self.alike |= later.alike;
        self.references.join(later.references);
    }

    /// Adds a column that was not known when the parse began, or merges it with the one of its id.
    pub fn meet(&mut self, late: LateColumn) {
        if self.late.len() > Self::MOST_LATE {
            return;
        }
        match self.late.iter_mut().find(|it| it.id == late.id) {
            Some(known) => {
                known.first = known.first.min(late.first);
                known.readings &= late.readings;
                known.kinds.join(late.kinds);
                known.shape.join(late.shape);
            }
            None => self.late.push(late),
        }
    }

    /// Adds a note; what is odd in the same way is counted.
    pub fn note(&mut self, note: Note) {
        if let Remark::Odd(name, count) = note.what {
            for known in &mut self.notes {
                if let Remark::Odd(known_name, known_count) = &mut known.what
                    && *known_name == name
                {
                    *known_count += count;
                    known.at = known.at.min(note.at);
                    return;
                }
            }
        }
        if self.noted > Self::MOST_NOTED {
            return;
        }
        self.noted = self.noted.saturating_add(match &note.what {
            Remark::EmptyGroup(text) | Remark::Loose(text) => text.len(),
            Remark::Section(name, text) => name.len() + text.len(),
            Remark::Odd(..) => 0,
        });
        if self.noted <= Self::MOST_NOTED {
            self.notes.push(note);
        }
    }
}
