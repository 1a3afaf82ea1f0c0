//! Formats whose records are lines of text: one driver for batches, faults, resuming and columns that are
//! found on the way, so that such a format only says what a line holds.
//!
//! A line ends with LF or CR LF, or with the text; lines of white space alone are skipped and counted. A line
//! that is not UTF-8, holds a NUL byte or is refused by its format is a bad row and leaves no trace in the
//! columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Boundary, Exit, Flow, ParseTask, RowSink, TextFormat, TextSlice};
use crate::error::{Code, Result};
use crate::model::kind::{Kind, Kinds};
use crate::model::number::{parse_float, parse_int};
use crate::model::readings::{Readings, classify_lexical};
use crate::model::shape::NestedShape;
use crate::model::table::{BadRow, Cell, LateColumn, Learned, OutOfLine, RawRows, Span, TableSlot, Unescape};

/// Rows in a batch at most.
const BATCH_ROWS: usize = 4096;
/// Text in a batch, in bytes, before its last record.
const BATCH_BYTES: usize = 1 << 20;

/// A format each of whose lines is a record. It is a [`TextFormat`] by that.
pub trait LineFormat: Sync {
    /// Absolute offset of the first line that is a record, in bytes: see [`start`].
    fn body(&self) -> u64;

    /// The columns that are known when a parse begins.
    fn columns(&self) -> &FoundColumns;

    /// Gives the row the values of a line, which comes without its end.
    ///
    /// # Errors
    /// What is wrong with the line: then it is a bad row.
    fn line(&self, line: &str, row: &mut LineRow<'_>) -> LineResult;

    /// Whether a line is no record, such as a comment; it is counted among the blank ones.
    fn is_comment(&self, line: &[u8]) -> bool {
        let _ = line;
        false
    }

    /// Appends what a value stands for that was given with [`LineRow::set_escaped`].
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(raw);
    }
}

/// Start of a text, after a byte order mark if it has one.
pub fn start(head: &[u8]) -> u64 {
    if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// The first line of a text that is not blank, if it is at hand and UTF-8: a format may recognise it.
pub fn first_line(head: &[u8]) -> Option<&str> {
    let text = &head[usize::try_from(start(head)).unwrap_or_default()..];
    let line = text.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty())?;
    std::str::from_utf8(line).ok().map(str::trim)
}

/// The result of reading a line or of putting a value into a row.
pub type LineResult = std::result::Result<(), LineFault>;

/// A fault in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    at: usize,
    code: Code,
    what: String,
}

/// Columns that are found on the way, in the order in which a text has them.
#[derive(Debug, Clone, Default)]
pub struct FoundColumns {
    names: Arc<[String]>,
    by_name: Arc<HashMap<String, usize>>,
}

impl FoundColumns {
    /// Columns with these names, each of which is there once.
    pub fn new(names: Vec<String>) -> Self {
        let by_name = Arc::new(names.iter().cloned().zip(0..).collect());
        Self { names: names.into(), by_name }
    }

    /// Their names in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns that the whole text turned out to have; `None` if these are the ones, or if it has none.
    pub fn relearned(&self, learned: &Learned) -> Option<Self> {
        let known = self.names.iter().map(String::as_str).zip(learned.first.iter().copied());
        let late = learned.late.iter().map(|late| (&*late.id, late.first));
        let mut found: Vec<(&str, u64)> =
            known.chain(late).filter(|(_, first)| *first != Learned::NEVER).collect();
        found.sort_by_key(|(_, first)| *first);
        let names: Vec<String> = found.into_iter().map(|(name, _)| name.to_owned()).collect();
        (!names.is_empty() && *names != *self.names).then(|| Self::new(names))
    }
}

/// The row that a line becomes.
pub struct LineRow<'r> {
    line: &'r str,
    columns: &'r FoundColumns,
    /// The values so far: their columns, or the names of columns that were not known, and their places.
    values: &'r mut Vec<LineValue>,
}

/// A value of a row: its column, its place in the line, what it is, and whether escapes must be undone.
#[derive(Debug)]
struct LineValue {
    column: LineColumn,
    at: usize,
    len: usize,
    kind: Option<Kind>,
    is_escaped: bool,
}

/// The column of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum LineColumn {
    Known(usize),
    Late(String),
}

impl LineRow<'_> {
    /// Gives the column of this name a value, which is a part of the line. A column without a value is null.
    ///
    /// # Errors
    /// If the column has a value already.
    pub fn put(&mut self, name: &str, value: &str) -> LineResult {
        let column = match self.columns.by_name.get(name) {
            Some(column) => LineColumn::Known(*column),
            None => LineColumn::Late(name.to_owned()),
        };
        if self.values.iter().any(|other| other.column == column) {
            return Err(self.fault(value, format!("expected each name once in a line, found {name:?} twice")));
        }
        let Some(at) = self.place(value) else {
            let what = "a value of a line must be a part of the line".to_owned();
            return Err(LineFault { at: 0, code: Code::Internal, what });
        };
        self.values.push(LineValue { column, at, len: value.len(), kind: None, is_escaped: false });
        Ok(())
    }

    /// Gives the column with this number, which is known, a value of this kind. A column gets one value.
    #[inline]
    pub fn set(&mut self, column: usize, value: &str, kind: Kind) {
        self.add(column, value, kind, false);
    }

    /// The same for a value that [`LineFormat::unescape`] makes another one of.
    #[inline]
    pub fn set_escaped(&mut self, column: usize, value: &str, kind: Kind) {
        self.add(column, value, kind, true);
    }

    #[inline]
    fn add(&mut self, column: usize, value: &str, kind: Kind, is_escaped: bool) {
        let at = self.place(value).unwrap_or_default();
        let column = LineColumn::Known(column);
        self.values.push(LineValue { column, at, len: value.len(), kind: Some(kind), is_escaped });
    }

    /// A fault in a part of the line, with what was expected and what was found.
    pub fn fault(&self, part: &str, what: impl Into<String>) -> LineFault {
        LineFault { at: self.place(part).unwrap_or_default(), code: Code::MalformedLine, what: what.into() }
    }

    /// Place of a part of the line in the line.
    fn place(&self, part: &str) -> Option<usize> {
        let at = part.as_ptr().addr().checked_sub(self.line.as_ptr().addr())?;
        (at + part.len() <= self.line.len()).then_some(at)
    }
}

impl<L: LineFormat> TextFormat for L {
    type State = ();
    type Memory = ();

    fn first(&self) -> Boundary<()> {
        Boundary { at: self.body(), state: () }
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<()> {
        if at <= self.body() {
            return self.first();
        }
        let cut = (at - text.base) as usize;
        let line = match text.bytes[cut - 1] {
            b'\n' => cut,
            _ => memchr::memchr(b'\n', &text.bytes[cut..]).map_or(text.bytes.len(), |end| cut + end + 1),
        };
        Boundary { at: text.base + past_blank(text, line).0 as u64, state: () }
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<()>,
        end: u64,
        task: &mut ParseTask<'_>,
        sink: &mut K,
    ) -> Result<Exit<()>> {
        let mut rows = LineRows::new(self.columns(), text, (from.at - text.base) as usize);
        let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX);
        let exit = loop {
            rows.begin();
            let ended = rows.collect(self, end, task, K::CELLS, sink.stop_at_bad());
            if rows.blank > 0 {
                sink.blank(std::mem::take(&mut rows.blank));
            }
            if rows.flush(self, sink)? == Flow::Stop {
                break Exit::Stopped;
            }
            if let Some(exit) = ended {
                break exit;
            }
        };
        if K::CELLS {
            sink.learned(Learned { first: rows.first, late: rows.late, ..Learned::default() });
        }
        Ok(exit)
    }
}

/// Where the first line from `at` on begins that is not blank, and how many are before it. A line that may go
/// on is not blank yet.
fn past_blank(text: TextSlice<'_>, mut at: usize) -> (usize, u64) {
    let mut lines = 0;
    loop {
        let rest = &text.bytes[at..];
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace() && **byte != b'\n').count();
        match rest.get(space) {
            Some(b'\n') => at += space + 1,
            None if text.last && !rest.is_empty() => at = text.bytes.len(),
            _ => return (at, lines),
        }
        lines += 1;
    }
}

/// The line that starts at a place.
enum Line {
    /// Where it ends, and where the next one starts.
    Whole(usize, usize),
    NeedMore,
    TooLong,
}

impl Line {
    fn at(text: TextSlice<'_>, at: usize, limit: usize) -> Self {
        // What ends a line of the longest length.
        let most = limit.saturating_add(2);
        let rest = &text.bytes[at..];
        let window = &rest[..rest.len().min(most)];
        let (len, next) = match memchr::memchr(b'\n', window) {
            Some(len) => (len, at + len + 1),
            None if window.len() == most => return Self::TooLong,
            None if text.last => (window.len(), text.bytes.len()),
            None => return Self::NeedMore,
        };
        let len = len - usize::from(window[..len].ends_with(b"\r"));
        if len > limit { Self::TooLong } else { Self::Whole(at + len, next) }
    }
}

/// The rows of a parse.
struct LineRows<'p> {
    columns: &'p FoundColumns,
    text: TextSlice<'p>,
    /// Where the batch begins, and where the next line does.
    batch: usize,
    at: usize,
    blank: u64,
    cells: Vec<Cell>,
    spans: Vec<Span>,
    kinds: Vec<Kinds>,
    bad: Vec<BadRow>,
    values: Vec<LineValue>,
    first: Vec<u64>,
    late: Vec<LateColumn>,
    late_by_name: HashMap<String, usize>,
}

impl<'p> LineRows<'p> {
    fn new(columns: &'p FoundColumns, text: TextSlice<'p>, at: usize) -> Self {
        let count = columns.names.len();
        Self {
            columns,
            text,
            batch: at,
            at,
            blank: 0,
            cells: Vec::new(),
            spans: Vec::new(),
            kinds: vec![Kinds::NONE; count],
            bad: Vec::new(),
            values: Vec::new(),
            first: vec![Learned::NEVER; count],
            late: Vec::new(),
            late_by_name: HashMap::new(),
        }
    }

    fn begin(&mut self) {
        self.batch = self.at;
        self.cells.clear();
        self.spans.clear();
        self.kinds.fill(Kinds::NONE);
    }

    fn is_full(&self) -> bool {
        self.spans.len() >= BATCH_ROWS || self.bad.len() >= BATCH_ROWS || self.at - self.batch >= BATCH_BYTES
    }

    fn boundary(&self) -> Boundary<()> {
        Boundary { at: self.text.base + self.at as u64, state: () }
    }

    /// Reads the lines of a batch; `None` if it is full, and how the parse ends otherwise.
    fn collect<L: LineFormat>(
        &mut self,
        format: &L,
        end: usize,
        task: &mut ParseTask<'_>,
        wanted: bool,
        stop_at_bad: bool,
    ) -> Option<Exit<()>> {
        while !self.is_full() {
            let (at, lines) = past_blank(self.text, self.at);
            self.blank += lines;
            self.at = at;
            if at >= end || at == self.text.bytes.len() && self.text.last {
                return Some(Exit::Done(self.boundary()));
            }
            let (line_end, next) = match Line::at(self.text, at, task.limit) {
                Line::Whole(end, next) => (end, next),
                Line::NeedMore => return Some(Exit::NeedMore(self.boundary())),
                Line::TooLong => return Some(Exit::TooLong(self.boundary())),
            };
            if format.is_comment(&self.text.bytes[at..line_end]) {
                (self.at, self.blank) = (next, self.blank + 1);
                continue;
            }
            let record = task.records;
            task.records += 1;
            self.at = next;
            let fault = if wanted { self.read(format, at, line_end, record).err() } else { None };
            if let Some(LineFault { at: fault, code, what }) = fault {
                let absolute = |at: usize| self.text.base + at as u64;
                let (start, end, at) = (absolute(at), absolute(line_end), absolute(at + fault));
                self.bad.push(BadRow { start, end, at, record, code, what, column: None, raw: None });
                if stop_at_bad {
                    return Some(Exit::Stopped);
                }
            }
        }
        None
    }

    /// Reads a line, and keeps its row if nothing is wrong with it.
    fn read<L: LineFormat>(&mut self, format: &L, start: usize, end: usize, record: u64) -> LineResult {
        let bytes = &self.text.bytes[start..end];
        let fault = |at, code, what: &str| Err(LineFault { at, code, what: what.to_owned() });
        let line = match std::str::from_utf8(bytes) {
            Ok(line) => line,
            Err(error) => {
                return fault(error.valid_up_to(), Code::NotText, "expected UTF-8, found other bytes");
            }
        };
        if let Some(at) = memchr::memchr(0, bytes) {
            return fault(at, Code::NulByte, "expected text, found a byte 0x00");
        }
        self.values.clear();
        format.line(line, &mut LineRow { line, columns: self.columns, values: &mut self.values })?;
        let row = self.cells.len();
        self.cells.resize(row + self.columns.names.len(), Cell::plain(0, 0));
        let mut values = std::mem::take(&mut self.values);
        for LineValue { column, at, len, kind, is_escaped } in values.drain(..) {
            let (at, value) = (start + at, &bytes[at..at + len]);
            match column {
                LineColumn::Known(column) => {
                    self.first[column] = self.first[column].min(self.text.base + at as u64);
                    self.kinds[column].insert(kind.unwrap_or_else(|| kind_of(value)));
                    self.cells[row + column] = Cell::quoted(at - self.batch, len, is_escaped);
                }
                LineColumn::Late(name) => self.meet(name, at, value),
            }
        }
        self.values = values;
        let (start, end) = ((start - self.batch) as u32, (end - self.batch) as u32);
        self.spans.push(Span { start, end, record });
        Ok(())
    }

    /// Joins a value of a column that was not known when the parse began.
    #[cold]
    fn meet(&mut self, name: String, at: usize, value: &[u8]) {
        let index = match self.late_by_name.get(&name) {
            Some(index) => *index,
            // One too many tells that there are too many.
            None if self.late.len() > Learned::MOST_LATE => return,
            None => {
                self.late.push(LateColumn {
                    id: name.as_str().into(),
                    first: self.text.base + at as u64,
                    readings: Readings::ALL,
                    kinds: Kinds::NONE,
                    shape: NestedShape::default(),
                });
                self.late_by_name.insert(name, self.late.len() - 1);
                self.late.len() - 1
            }
        };
        let kind = kind_of(value);
        self.late[index].kinds.insert(kind);
        self.late[index].readings &= Readings::of_kinds(Kinds::of(kind)) & classify_lexical(value);
    }

    /// Hands the batch to the sink: bad rows first, unless it stops at the first.
    fn flush<L: LineFormat, K: RowSink>(&mut self, format: &L, sink: &mut K) -> Result<Flow> {
        let has_records = !self.spans.is_empty() || !self.bad.is_empty();
        if !sink.stop_at_bad() && self.report(sink)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        if K::CELLS && has_records {
            let flow = sink.rows(&RawRows {
                text: &self.text.bytes[self.batch..self.at],
                base: self.text.base + self.batch as u64,
                columns: self.columns.names.len(),
                cells: &self.cells,
                spans: &self.spans,
                unescape: &LineEscapes(format),
                out_of_line: OutOfLine::default(),
                kinds: &self.kinds,
                slot: TableSlot::ONLY,
            })?;
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        self.report(sink)
    }

    fn report<K: RowSink>(&mut self, sink: &mut K) -> Result<Flow> {
        for bad in std::mem::take(&mut self.bad) {
            let place = |at: u64| (at - self.text.base) as usize;
            let raw = &self.text.bytes[place(bad.start)..place(bad.end)];
            if sink.bad(bad, raw)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

/// What a value is, by how it is written: a number only if it has no digit too many, so that text that looks
/// like one stays as it is.
fn kind_of(value: &[u8]) -> Kind {
    match value {
        b"true" | b"false" => Kind::Bool,
        _ if parse_int(value).is_some() => Kind::Int,
        _ if parse_float(value).is_some() => Kind::Float,
        _ => Kind::Quoted,
    }
}

/// Undoes the escapes of a format.
struct LineEscapes<'f, L>(&'f L);

impl<L: LineFormat> Unescape for LineEscapes<'_, L> {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        self.0.unescape(raw, out);
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::*;

    /// Words `name:value`.
    #[derive(Debug, Clone)]
    struct Words {
        body: u64,
        columns: FoundColumns,
    }

    impl LineFormat for Words {
        fn body(&self) -> u64 {
            self.body
        }

        fn columns(&self) -> &FoundColumns {
            &self.columns
        }

        fn line(&self, line: &str, row: &mut LineRow<'_>) -> LineResult {
            for word in line.split_whitespace() {
                match word.split_once(':') {
                    Some((name, value)) => row.put(name, value)?,
                    None => return Err(row.fault(word, "expected name:value")),
                }
            }
            Ok(())
        }
    }

    /// What a text gives: rows as text, bad rows by their places, blank lines, and late columns.
    #[derive(Debug, Default, PartialEq)]
    struct Told {
        rows: Vec<Vec<Option<String>>>,
        bad: Vec<(u64, u64, Code)>,
        blank: u64,
        learned: Learned,
    }

    impl RowSink for Told {
        fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
            for row in 0..rows.rows() {
                let value = |column| {
                    let cell = rows.cell(row, column);
                    let text = String::from_utf8_lossy(cell.bytes(rows.text)).into_owned();
                    (!cell.is_null()).then_some(text)
                };
                self.rows.push((0..rows.columns).map(value).collect());
            }
            Ok(Flow::Continue)
        }

        fn bad(&mut self, bad: BadRow, _: &[u8]) -> Result<Flow> {
            self.bad.push((bad.at, bad.record, bad.code));
            Ok(Flow::Continue)
        }

        fn blank(&mut self, lines: u64) {
            self.blank += lines;
        }

        fn learned(&mut self, learned: Learned) {
            self.learned.join(learned, 0);
        }
    }

    const TEXT: &[u8] =
        b"\n a:1 b:x\r\n\n  \nb:y c:true\nc:1 c:2\nodd\na:\xff\n\r\na:2.5 d:\nb:\0\n \t\nlast:1";

    fn words(names: &[&str]) -> Words {
        Words { body: 0, columns: FoundColumns::new(names.iter().map(|it| (*it).to_owned()).collect()) }
    }

    fn parse(
        words: &Words,
        text: TextSlice<'_>,
        from: u64,
        end: u64,
        records: &mut u64,
        told: &mut Told,
    ) -> Exit<()> {
        let mut arena = Bump::new();
        let mut task =
            ParseTask { arena: &mut arena, memory: &mut (), context: &[], records: *records, limit: 100 };
        let exit = words.parse(text, Boundary { at: from, state: () }, end, &mut task, told).unwrap();
        *records = task.records;
        exit
    }

    fn whole(words: &Words) -> Told {
        let mut told = Told::default();
        let text = TextSlice { bytes: TEXT, base: 0, last: true };
        let end = TEXT.len() as u64;
        let exit = parse(words, text, 0, end, &mut 0, &mut told);
        assert_eq!(exit, Exit::Done(Boundary { at: end, state: () }));
        told
    }

    #[test]
    fn lines_become_rows_and_what_is_wrong_with_one_is_told_with_its_place() {
        let told = whole(&words(&["a", "b"]));
        let some = |it: &str| Some(it.to_owned());
        assert_eq!(told.rows, [[some("1"), some("x")], [None, some("y")], [some("2.5"), None], [None, None]]);
        let codes: Vec<(u64, Code)> = told.bad.iter().map(|(_, record, code)| (*record, *code)).collect();
        let malformed = Code::MalformedLine;
        assert_eq!(codes, [(2, malformed), (3, malformed), (4, Code::NotText), (6, Code::NulByte)]);
        assert_eq!(told.blank, 5);
    }

    #[test]
    fn columns_are_those_of_good_lines_in_the_order_of_their_first_values() {
        let names =
            |words: &Words, told: &Told| words.columns.relearned(&told.learned).map(|it| it.names().to_vec());
        let before = words(&["b", "never"]);
        let found = names(&before, &whole(&before)).unwrap();
        assert_eq!(found, ["a", "b", "c", "d", "last"]);
        let after = words(&["a", "b", "c", "d", "last"]);
        assert_eq!(names(&after, &whole(&after)), None);
    }

    #[test]
    fn a_text_in_pieces_gives_what_the_whole_text_gives() {
        let words = words(&["a", "b"]);
        let expected = whole(&words);
        for cut in 0..=TEXT.len() {
            let (mut told, mut records) = (Told::default(), 0);
            let piece = TextSlice { bytes: &TEXT[..cut], base: 0, last: false };
            let (Exit::Done(at) | Exit::NeedMore(at)) =
                parse(&words, piece, 0, cut as u64, &mut records, &mut told)
            else {
                panic!("{cut}")
            };
            let rest = TextSlice { bytes: &TEXT[at.at as usize..], base: at.at, last: true };
            parse(&words, rest, at.at, TEXT.len() as u64, &mut records, &mut told);
            assert_eq!(told, expected, "{cut}");
        }
    }

    #[test]
    fn a_text_cut_at_a_guess_gives_what_the_whole_text_gives() {
        let words = words(&["a", "b"]);
        let expected = whole(&words);
        let text = TextSlice { bytes: TEXT, base: 0, last: true };
        for cut in 1..=TEXT.len() as u64 {
            let (mut told, mut records) = (Told::default(), 0);
            let exit = parse(&words, text, 0, cut, &mut records, &mut told);
            let guess = words.guess(text, cut);
            assert_eq!(exit, Exit::Done(guess), "{cut}");
            parse(&words, text, guess.at, TEXT.len() as u64, &mut records, &mut told);
            assert_eq!(told, expected, "{cut}");
        }
    }

    #[test]
    fn a_line_beyond_the_limit_ends_the_parse_wherever_the_text_is_cut() {
        let words = words(&[]);
        let text = [b"a:1\n".as_slice(), &[b'x'; 101], b"\n"].concat();
        for (cut, last) in [(text.len(), true), (text.len(), false), (text.len() - 1, true)] {
            let piece = TextSlice { bytes: &text[..cut], base: 0, last };
            let exit = parse(&words, piece, 0, 200, &mut 0, &mut Told::default());
            assert_eq!(exit, Exit::TooLong(Boundary { at: 4, state: () }), "{cut} {last}");
        }
    }

    #[test]
    fn numbers_are_numbers_only_if_they_are_written_as_such() {
        for (value, kind) in [
            ("7", Kind::Int),
            ("007", Kind::Quoted),
            ("-1.5", Kind::Float),
            ("true", Kind::Bool),
            ("", Kind::Quoted),
            ("2024-01-01", Kind::Quoted),
        ] {
            assert_eq!(kind_of(value.as_bytes()), kind, "{value:?}");
        }
    }
}
