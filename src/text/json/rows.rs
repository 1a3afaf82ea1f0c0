//! Rows under way: the members of the record that is read, the batch's cells, and what is learned of columns.
//!
//! A record counts once it is known to be whole. Until then a value of which nothing is to learn stands in
//! its cell already, and any other is only listed, so that a bad record leaves no trace.

use std::collections::HashMap;

use super::columns::{self, JsonColumns};
use super::lex::{self, JsonKind as Written, JsonString, JsonValue};
use crate::error::{Code, Error, Result};
use crate::model::kind::{Kind, Kinds};
use crate::model::readings::{Readings, classify_lexical};
use crate::model::shape::NestedShape;
use crate::model::table::{Cell, LateColumn, Learned, Note, Remark, Span};
use crate::text::csv::sniff::MAX_COLUMNS;

/// Rows in a batch at most.
const BATCH_ROWS: usize = 4096;
/// Cells in a batch at most, before its last row: 4 MiB of them.
const BATCH_CELLS: usize = 1 << 19;
/// Text in a batch, in bytes, before its last record.
const BATCH_BYTES: usize = 1 << 20;
/// Columns at most, as many as in CSV. Keys that are data, such as identifiers, would make a column each.
const MOST_COLUMNS: usize = MAX_COLUMNS;

/// A member of the record that is read whose value could not be put into its place at once.
#[derive(Debug, Clone, Copy)]
struct DeferredMember {
    column: usize,
    key: JsonString,
    value: JsonValue,
    /// Whether its key stood before in the record.
    again: bool,
}

/// What a record's next member of a column meets.
#[derive(Debug, Clone, Copy, Default)]
struct ColumnState {
    /// Number of the record that had the column last.
    seen: u64,
    /// Values of which nothing new is to learn in this batch, a bit for each kind: [`bit`]. None for late
    /// columns and mixed ones.
    usual: u8,
}

/// The rows of a parse.
pub struct JsonRows<'p> {
    columns: &'p JsonColumns,
    /// Absolute offset of the text at hand.
    base: u64,
    /// The batch's first byte in the text at hand.
    pub batch: usize,
    /// Records met, in the numbering of the task.
    pub records: u64,
    /// Cells of the batch, row by row.
    pub cells: Vec<Cell>,
    pub spans: Vec<Span>,
    pub out_of_line: Vec<u8>,
    pub kinds: Vec<Kinds>,
    /// The first cell of the record that is read; the next cell where none is.
    row: usize,
    odd: Vec<DeferredMember>,
    /// For each column, late ones behind known ones.
    places: Vec<ColumnState>,
    serial: u64,
    learned: Learned,
    late: Vec<LateColumn>,
    late_by_id: HashMap<Box<str>, usize>,
    /// Columns that were reported.
    told: usize,
    scratch: Vec<u8>,
    repeated: Vec<u8>,
    /// Whether cells are wanted.
    wanted: bool,
}

impl<'p> JsonRows<'p> {
    /// Rows with these columns.
    pub fn new(columns: &'p JsonColumns, base: u64, records: u64, wanted: bool) -> Self {
        let count = columns.all.len();
        Self {
            columns,
            base,
            batch: 0,
            records,
            cells: Vec::new(),
            spans: Vec::new(),
            out_of_line: Vec::new(),
            kinds: vec![Kinds::NONE; count],
            row: 0,
            odd: Vec::new(),
            places: vec![ColumnState::default(); count],
            serial: 0,
            learned: Learned { first: vec![Learned::NEVER; count], ..Learned::default() },
            late: Vec::new(),
            late_by_id: HashMap::new(),
            told: 0,
            scratch: Vec::new(),
            repeated: Vec::new(),
            wanted,
        }
    }

    /// Begins a batch at `at` in the text.
    pub fn begin_batch(&mut self, at: usize) {
        self.batch = at;
        self.row = 0;
        self.cells.clear();
        self.spans.clear();
        self.out_of_line.clear();
        self.kinds.fill(Kinds::NONE);
        self.places.iter_mut().for_each(|place| place.usual = 0);
    }

    /// Whether the batch should end before the record at `at`.
    pub fn is_full(&self, at: usize) -> bool {
        self.spans.len() >= BATCH_ROWS || self.cells.len() >= BATCH_CELLS || at - self.batch >= BATCH_BYTES
    }

    /// Whether cells are wanted.
    pub fn wanted(&self) -> bool {
        self.wanted
    }

    /// Whether a column was known when the parse began.
    pub fn is_known(&self, column: usize) -> bool {
        column < self.columns.all.len()
    }

    /// Number of known columns, late columns included.
    fn count(&self) -> usize {
        self.columns.all.len() + self.late.len()
    }

    /// The column of a key.
    ///
    /// # Errors
    /// [`Code::TooManyColumns`].
    pub fn column(&mut self, text: &[u8], key: JsonString) -> Result<usize> {
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        lex::unescape(key.bytes(text), &mut name);
        // The lexer found that it is UTF-8.
        let column = self.column_named(std::str::from_utf8(&name).unwrap_or_default());
        self.scratch = name;
        column
    }

    fn column_named(&mut self, key: &str) -> Result<usize> {
        match self.columns.find(key) {
            Some(known) => Ok(known),
            None => self.late_column(&columns::id_of(key)),
        }
    }

    fn late_column(&mut self, id: &str) -> Result<usize> {
        if let Some(late) = self.late_by_id.get(id) {
            return Ok(self.columns.all.len() + late);
        }
        if self.count() >= MOST_COLUMNS {
            return Err(Error::new(
                Code::TooManyColumns,
                format!("expected at most {MOST_COLUMNS} different keys, found more"),
            )
            .help("keys that are data cannot become columns; move them into values first"));
        }
        self.late_by_id.insert(id.into(), self.late.len());
        self.late.push(LateColumn {
            id: id.into(),
            first: Learned::NEVER,
            readings: Readings::ALL,
            kinds: Kinds::NONE,
            shape: NestedShape::default(),
        });
        self.places.push(ColumnState::default());
        Ok(self.count() - 1)
    }

    /// Begins a record: a row of nothing.
    #[inline]
    pub fn begin_record(&mut self) {
        if self.wanted {
            self.serial += 1;
            self.row = self.cells.len();
            self.cells.resize(self.row + self.columns.all.len(), Cell::plain(0, 0));
        }
    }

    /// Adds a member to the record that is read.
    #[inline(always)]
    pub fn member(&mut self, column: usize, key: JsonString, value: JsonValue) {
        let place = &mut self.places[column];
        let again = std::mem::replace(&mut place.seen, self.serial) == self.serial;
        if again || place.usual & bit(value.kind) == 0 {
            return self.odd_member(DeferredMember { column, key, value, again });
        }
        if value.kind != Written::Null {
            let start = value.start - self.batch;
            self.cells[self.row + column] = Cell::quoted(start, value.end - value.start, value.escaped);
        }
    }

    #[cold]
    fn odd_member(&mut self, member: DeferredMember) {
        if self.wanted {
            self.odd.push(member);
        }
    }

    /// Drops the members of a record that is none.
    pub fn drop_record(&mut self) {
        if self.wanted {
            self.cells.truncate(self.row);
            self.odd.clear();
        }
    }

    /// Keeps the row of the record that lies in `text` from `start` to `end`.
    ///
    /// # Errors
    /// [`Code::TooManyColumns`].
    #[inline]
    pub fn take_record(&mut self, text: &[u8], start: usize, end: usize) -> Result<()> {
        if self.wanted {
            if !self.odd.is_empty() {
                self.take_odd(text, start)?;
            }
            let (start, end) = ((start - self.batch) as u32, (end - self.batch) as u32);
            self.spans.push(Span { start, end, record: self.records });
            self.row = self.cells.len();
        }
        self.records += 1;
        Ok(())
    }

    #[inline(never)]
    fn take_odd(&mut self, text: &[u8], start: usize) -> Result<()> {
        let members = std::mem::take(&mut self.odd);
        for member in &members {
            if member.again {
                self.repeat(text, member);
            } else if member.column < self.columns.all.len() {
                self.place(text, member);
            } else {
                self.place_late(text, member);
            }
        }
        self.odd = members;
        self.odd.clear();
        if self.repeated.is_empty() { Ok(()) } else { self.place_repeated(start) }
    }

    /// Gives the row a value, and the column what is to learn of it.
    fn place(&mut self, text: &[u8], member: &DeferredMember) {
        let DeferredMember { column, key, value, .. } = member;
        let first = &mut self.learned.first[*column];
        // Text is read from front to back.
        if *first == Learned::NEVER {
            *first = self.base + key.start as u64 - 1;
        }
        let mixed = self.columns.mixed[*column];
        self.places[*column].usual |= if mixed { 0 } else { bit(value.kind) };
        let Some(kind) = kind_of(value.kind) else { return };
        self.kinds[*column].insert(kind);
        if kind == Kind::Nested {
            self.learn_shape(*column, &text[value.start..value.end]);
        }
        let (start, end, escaped) = match mixed {
            true => (span(value).0, span(value).1, false),
            false => (value.start, value.end, value.escaped),
        };
        self.cells[self.row + column] = Cell::quoted(start - self.batch, end - start, escaped);
    }

    /// Joins a value of a column that was not known when the parse began.
    #[cold]
    fn place_late(&mut self, text: &[u8], member: &DeferredMember) {
        let DeferredMember { column, key, value, .. } = member;
        let late = &mut self.late[column - self.columns.all.len()];
        late.first = late.first.min(self.base + key.start as u64 - 1);
        if let Some(kind) = kind_of(value.kind) {
            late.kinds.insert(kind);
            if kind == Kind::Nested {
                late.shape.observe(&text[value.start..value.end]);
            }
            self.scratch.clear();
            lex::unescape(&text[value.start..value.end], &mut self.scratch);
            late.readings &= Readings::of_kinds(Kinds::of(kind)) & classify_lexical(&self.scratch);
        }
    }

    /// Joins a nested value of a known column.
    fn learn_shape(&mut self, column: usize, json: &[u8]) {
        let shapes = &mut self.learned.shapes;
        if shapes.is_empty() {
            shapes.resize(self.columns.all.len(), NestedShape::default());
        }
        shapes[column].observe(json);
    }

    /// Keeps a member whose key stood before in its object.
    #[cold]
    fn repeat(&mut self, text: &[u8], member: &DeferredMember) {
        let (start, end) = span(&member.value);
        self.repeated.extend_from_slice(if self.repeated.is_empty() { b"[{\"" } else { b", {\"" });
        self.repeated.extend_from_slice(member.key.bytes(text));
        self.repeated.extend_from_slice(b"\": ");
        self.repeated.extend_from_slice(&text[start..end]);
        self.repeated.push(b'}');
    }

    #[cold]
    fn place_repeated(&mut self, at: usize) -> Result<()> {
        let mut json = std::mem::take(&mut self.repeated);
        json.push(b']');
        let at = self.base + at as u64;
        match self.columns.duplicates {
            Some(column) => {
                self.learned.first[column] = self.learned.first[column].min(at);
                self.kinds[column].insert(Kind::Nested);
                self.cells[self.row + column] = Cell::quoted(self.out_of_line.len(), json.len(), false);
                self.out_of_line.extend_from_slice(&json);
            }
            None => {
                let late = self.late_column(columns::DUPLICATES)? - self.columns.all.len();
                let late = &mut self.late[late];
                late.first = late.first.min(at);
                late.kinds.insert(Kind::Nested);
                late.readings = Readings::TEXT;
            }
        }
        json.clear();
        self.repeated = json;
        Ok(())
    }

    /// Keeps a member that stands beside the rows.
    pub fn note(&mut self, at: usize, path: String, value: Option<String>) {
        let what = Remark::Section(path, value.unwrap_or_default());
        self.learned.note(Note { at: self.base + at as u64, record: self.records, what });
    }

    /// Says that something odd was met, so often.
    pub fn odd(&mut self, at: usize, what: &'static str, count: u64) {
        let what = Remark::Odd(what, count);
        self.learned.note(Note { at: self.base + at as u64, record: self.records, what });
    }

    /// Takes the findings since the last call.
    pub fn take_learned(&mut self) -> Learned {
        let count = self.columns.all.len();
        let none = Learned { first: vec![Learned::NEVER; count], ..Learned::default() };
        let mut learned = std::mem::replace(&mut self.learned, none);
        self.told = self.late.len();
        for late in self.late.iter_mut().filter(|late| late.first != Learned::NEVER) {
            learned.late.push(late.clone());
            *late = LateColumn {
                id: std::mem::take(&mut late.id),
                first: Learned::NEVER,
                readings: Readings::ALL,
                kinds: Kinds::NONE,
                shape: NestedShape::default(),
            };
        }
        learned
    }

    /// Whether a column was met that was not told yet.
    pub fn has_news(&self) -> bool {
        self.told < self.late.len()
    }
}

/// Kind of a value; `None` for null.
fn kind_of(kind: Written) -> Option<Kind> {
    Some(match kind {
        Written::Text => Kind::Quoted,
        Written::Number(true) => Kind::Int,
        Written::Number(false) => Kind::Float,
        Written::Bool => Kind::Bool,
        Written::Object | Written::Array => Kind::Nested,
        Written::Null => return None,
    })
}

/// The bit of a value of which nothing is to learn but its kind; none of a nested one.
#[inline(always)]
fn bit(kind: Written) -> u8 {
    match kind {
        Written::Text => 1,
        Written::Number(true) => 2,
        Written::Number(false) => 4,
        Written::Bool => 8,
        Written::Null => 16,
        Written::Object | Written::Array => 0,
    }
}

/// A value as written: strings with their quotes.
fn span(value: &JsonValue) -> (usize, usize) {
    match value.kind {
        Written::Text => (value.start - 1, value.end + 1),
        _ => (value.start, value.end),
    }
}
