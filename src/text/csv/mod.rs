//! Delimited text: CSV and its kin.
//!
//! ```text
//! sniff.rs    head of the file -> Csv: delimiter, quote, comment, where the table begins
//! sampled.rs  the first records under one grammar, and how much they look like a table
//! header.rs   whether the first record names the columns, and the names
//! grammar.rs  the plain grammar: one record, a byte at a time
//! index.rs    SIMD: where delimiters, quotes and line ends stand
//! log_text.rs how it is opened, and what it tells beside rows
//! walk.rs     positions -> cells; asks the grammar about everything unusual
//! mod.rs      records -> batches; what is a bad row
//! notes.rs    what was done to rows beside reading them, and the warnings about it
//! ```
//!
//! A row is bad when its form is (an unclosed quote, text behind a closing one), when it has not as many
//! fields as the header, when it holds a NUL byte or bytes that are no UTF-8. A column is never shifted to
//! make a row fit; only fields at the end of a row are added or left out, and only where that was asked for.
//! A byte order mark where a record begins is no part of it: files with one each were put together.

pub mod grammar;
mod header;
pub mod index;
mod log_text;
mod notes;
mod sampled;
pub mod sniff;
pub mod walk;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;

use self::grammar::{CsvFault, Grammar, Record, marks};
use self::notes::{NoteKind, Notes};
use self::walk::{Cells, FieldCounter, RecordStep, RecordWalk};
use super::{Boundary, Exit, Flow, ParseTask, RowSink, TextFormat, TextSlice};
use crate::error::{Code, Result};
use crate::model::figures::agreeing;
use crate::model::table::{BadRow, Cell, OutOfLine, RawRows, Span, TableSlot};
use crate::model::utf8::is_utf8;
use crate::options::{NulBytes, UnevenRows};

/// Rows in a batch at most. Cells of 12 columns then take 400 kB, a fifth of a usual second-level cache.
pub const BATCH_ROWS: usize = 4096;
/// Text in a batch, in bytes, before its last record. Bounds resident memory for wide rows.
pub const BATCH_BYTES: usize = 1 << 20;
/// Bytes that a guess looks ahead.
const GUESS_WINDOW: usize = 64 << 10;
/// Number of records that must look right for a guess to be sure.
const GUESS_RECORDS: usize = 8;

/// A file's way of being CSV, and where its rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// Delimiter, quote, escape and comment marks.
    pub grammar: Grammar,
    /// Column names, as they stand in the output.
    pub names: Vec<String>,
    /// Fields that a row may have beyond the names, all of them empty: a delimiter at the end of every line.
    pub trailing: usize,
    /// Absolute offset of the first record of the body.
    pub body: u64,
    /// Treatment of records that are not rows as they are.
    pub rules: RowRules,
}

/// Treatment of records that are not rows as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowRules {
    /// Records with another number of fields than the header.
    pub uneven: UnevenRows,
    /// What to do with rows that contain a byte 0x00.
    pub nul: NulBytes,
}

impl Csv {
    /// Fields a row may have in the text at most.
    fn width(&self) -> usize {
        self.names.len() + self.trailing
    }

    /// Whether a record with so many fields may be a row.
    fn has_width(&self, found: usize) -> bool {
        found >= self.names.len() && found <= self.width()
    }

    /// Number of records from `at` on that look like rows, up to [`GUESS_RECORDS`]; `None` if a record does
    /// not.
    fn plausible(&self, text: &[u8], mut at: usize) -> Option<usize> {
        let window = &text[..text.len().min(at.saturating_add(GUESS_WINDOW))];
        for seen in 0..GUESS_RECORDS {
            at = self.grammar.skip_blank(window, at, false).0;
            let mut fields = 0;
            let record = self.grammar.record(window, at + marks(window, at), |_| fields += 1);
            if !record.terminated {
                return Some(seen);
            }
            if record.fault.is_some() || !self.has_width(fields) {
                return None;
            }
            at = record.next;
        }
        Some(GUESS_RECORDS)
    }

    /// The end of the record that a quoted field reaches from before `at`.
    fn after_quoted(&self, text: &[u8], at: usize) -> Option<usize> {
        let quote = self.grammar.quote?;
        let window = &text[..text.len().min(at.saturating_add(GUESS_WINDOW))];
        let mut close = at + window.get(at..)?.iter().position(|byte| *byte == quote)?;
        while window.get(close + 1) == Some(&quote) {
            close += 2 + window.get(close + 2..)?.iter().position(|byte| *byte == quote)?;
        }
        let mut behind = close + 1;
        if window[behind..].starts_with(self.grammar.delimiter()) {
            behind += self.grammar.delimiter().len();
        } else if !matches!(window.get(behind), Some(b'\n' | b'\r')) {
            return None;
        }
        let record = self.grammar.record(window, behind, |_| ());
        (record.terminated && record.fault.is_none()).then_some(record.next)
    }
}

impl TextFormat for Csv {
    type State = ();
    type Memory = ();

    fn first(&self) -> Boundary<()> {
        Boundary { at: self.body, state: () }
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<()> {
        if at <= self.body {
            return self.first();
        }
        let bytes = text.bytes;
        let cut = (at - text.base) as usize;
        let boundary = |at: usize| Boundary {
            at: text.base
                + self.grammar.skip_blank(&bytes[..bytes.len().min(at + GUESS_WINDOW)], at, false).0 as u64,
            state: (),
        };
        let line_before = match bytes[cut - 1] {
            b'\n' => true,
            b'\r' => bytes.get(cut) != Some(&b'\n'),
            _ => false,
        };
        // A line that is longer than a look ahead is left to the neighbour: its parse is the judge anyway.
        let window = &bytes[..bytes.len().min(cut + GUESS_WINDOW)];
        let line = if line_before { Some(cut) } else { grammar::next_line(window, cut) };
        let line = line.unwrap_or(window.len());
        if self.plausible(bytes, line).is_some() {
            return boundary(line);
        }
        match self.after_quoted(bytes, cut) {
            Some(record) if self.plausible(bytes, record).is_some() => boundary(record),
            _ => boundary(line),
        }
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<()>,
        end: u64,
        task: &mut ParseTask<'_>,
        sink: &mut K,
    ) -> Result<Exit<()>> {
        let start = (from.at - text.base) as usize;
        let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX).min(text.bytes.len());
        let walk = RecordWalk::new(text.bytes, start, text.last, self.grammar, task.limit);
        let mut batches = CsvBatches {
            csv: self,
            text,
            walk,
            at: start,
            blank: 0,
            bad: Vec::new(),
            notes: Notes::default(),
        };
        loop {
            let exit = if K::CELLS { batches.batch(end, task, sink)? } else { batches.skim(end, task)? };
            if batches.blank > 0 {
                sink.blank(std::mem::take(&mut batches.blank));
            }
            if let Some(learned) = batches.notes.take() {
                sink.learned(learned);
            }
            if let Some(exit) = exit {
                return Ok(exit);
            }
        }
    }
}

/// A parse under way.
struct CsvBatches<'p, 't> {
    csv: &'p Csv,
    text: TextSlice<'t>,
    walk: RecordWalk<'t>,
    at: usize,
    blank: u64,
    bad: Vec<BadRow>,
    notes: Notes,
}

/// Why a batch ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CsvEnd {
    Full,
    End,
    NeedMore,
    TooLong,
    Bad,
}

impl CsvBatches<'_, '_> {
    /// Reads one batch and hands it to the sink; `Some` when the parse is over.
    fn batch<K: RowSink>(
        &mut self,
        end: usize,
        task: &mut ParseTask<'_>,
        sink: &mut K,
    ) -> Result<Option<Exit<()>>> {
        let base = self.at;
        let stop_at_bad = sink.stop_at_bad();
        let (ended, flow) = {
            let arena: &Bump = task.arena;
            let capacity = BATCH_ROWS.min((end.saturating_sub(base) / self.csv.width()).max(16));
            let mut cells = ArenaVec::with_capacity_in(capacity * self.csv.width(), arena);
            let mut spans = ArenaVec::with_capacity_in(capacity, arena);
            let mut ended = self.collect(base, end, stop_at_bad, &mut task.records, &mut cells, &mut spans);
            let found = self.walk.take_found();
            let text = &self.text.bytes[base..self.at];
            let keeps_nul = self.csv.rules.nul == NulBytes::Keep;
            if found.nul && !keeps_nul || found.high && !is_utf8(text) {
                self.weed(text, stop_at_bad, &mut cells, &mut spans, &mut ended);
            }
            if found.nul && keeps_nul {
                self.note_nul(text, &cells, &spans);
            }
            if let Some(last) = spans.last() {
                debug_assert!(cells.len() == spans.len() * self.csv.names.len() && last.end >= last.start);
            }
            let mut flow = Flow::Continue;
            let had_bad = !self.bad.is_empty();
            if !stop_at_bad {
                flow = self.report(sink)?;
            }
            if flow == Flow::Continue && (had_bad || !spans.is_empty()) {
                flow = sink.rows(&RawRows {
                    text: &self.text.bytes[base..self.at],
                    base: self.text.base + base as u64,
                    columns: self.csv.names.len(),
                    cells: &cells,
                    spans: &spans,
                    unescape: &self.csv.grammar,
                    out_of_line: OutOfLine::default(),
                    kinds: &[],
                    slot: TableSlot::ONLY,
                })?;
            }
            if flow == Flow::Continue {
                flow = self.report(sink)?;
            }
            (ended, flow)
        };
        task.arena.reset();
        if flow == Flow::Stop {
            return Ok(Some(Exit::Stopped));
        }
        Ok(self.exit(ended))
    }

    /// Only looks for the next record's start.
    fn skim(&mut self, end: usize, task: &mut ParseTask<'_>) -> Result<Option<Exit<()>>> {
        let ended = loop {
            if self.at >= end {
                break CsvEnd::End;
            }
            match self.walk.step(self.start(), self.at, &mut FieldCounter::default()) {
                RecordStep::Record(record) => {
                    self.at = self.resync(record).next;
                    task.records += 1;
                }
                RecordStep::Blank(next) => self.at = next,
                RecordStep::End => break CsvEnd::End,
                RecordStep::NeedMore => break CsvEnd::NeedMore,
                RecordStep::TooLong => break CsvEnd::TooLong,
            }
        };
        Ok(self.exit(ended))
    }

    fn exit(&mut self, ended: CsvEnd) -> Option<Exit<()>> {
        let here = |at: usize| Boundary { at: self.text.base + at as u64, state: () };
        match ended {
            CsvEnd::Full => None,
            CsvEnd::NeedMore => Some(Exit::NeedMore(here(self.at))),
            CsvEnd::TooLong => Some(Exit::TooLong(here(self.at))),
            CsvEnd::Bad => Some(Exit::Stopped),
            CsvEnd::End => {
                let (next, lines) = self.csv.grammar.skip_blank(self.text.bytes, self.at, self.text.last);
                self.blank += lines;
                self.at = next;
                Some(Exit::Done(here(next)))
            }
        }
    }

    /// Fills a batch with cells and spans.
    fn collect(
        &mut self,
        base: usize,
        end: usize,
        stop_at_bad: bool,
        records: &mut u64,
        cells: &mut ArenaVec<'_, Cell>,
        spans: &mut ArenaVec<'_, Span>,
    ) -> CsvEnd {
        let columns = self.csv.names.len();
        while spans.len() < BATCH_ROWS && self.bad.len() < BATCH_ROWS && self.at - base < BATCH_BYTES {
            if self.at >= end {
                return CsvEnd::End;
            }
            let before = cells.len();
            let start = self.start();
            match self.walk.step(start, base, cells) {
                RecordStep::Record(record) => {
                    let number = *records;
                    *records += 1;
                    let fields = cells.len() - before;
                    if start > self.at {
                        self.note(NoteKind::Mark, number);
                    }
                    if record.fault.is_none()
                        && (fields == columns || self.made_even(record, number, before, cells))
                    {
                        let (start, end) = ((self.at - base) as u32, (record.end - base) as u32);
                        spans.push(Span { start, end, record: number });
                        self.at = record.next;
                        continue;
                    }
                    cells.rewind(before);
                    let record = self.resync(record);
                    if self.is_nothing(record) {
                        *records -= 1;
                        self.blank += 1;
                        self.at = record.next;
                        continue;
                    }
                    let bad = self.bad(record, fields, number);
                    self.bad.push(bad);
                    self.at = record.next;
                    if stop_at_bad {
                        return CsvEnd::Bad;
                    }
                }
                RecordStep::Blank(next) => {
                    if start > self.at {
                        self.note(NoteKind::Mark, *records);
                    }
                    self.blank += 1;
                    self.at = next;
                }
                RecordStep::End => return CsvEnd::End,
                RecordStep::NeedMore => return CsvEnd::NeedMore,
                RecordStep::TooLong => return CsvEnd::TooLong,
            }
        }
        CsvEnd::Full
    }

    /// Where the record at hand starts, past a byte order mark: the next record has one where files that
    /// begin with it were put together.
    #[inline(always)]
    fn start(&self) -> usize {
        self.at + marks(self.text.bytes, self.at)
    }

    fn note(&mut self, what: NoteKind, record: u64) {
        self.notes.add(what, 1, self.text.base + self.at as u64, record);
    }

    /// Gives the cells from `before`, of a record with another number of fields than columns, that number, if
    /// that loses nothing or was asked for.
    fn made_even(
        &mut self,
        record: Record,
        number: u64,
        before: usize,
        cells: &mut ArenaVec<'_, Cell>,
    ) -> bool {
        let (columns, fields) = (self.csv.names.len(), cells.len() - before);
        let uneven = self.csv.rules.uneven;
        if fields > columns {
            let empty = cells[before + columns..].iter().all(|cell| cell.is_null());
            if fields > self.csv.width() || !empty {
                if !uneven.cuts() {
                    return false;
                }
                self.note(NoteKind::Cut, number);
            }
            cells.truncate(before + columns);
            return true;
        }
        if !uneven.pads() || self.is_nothing(record) {
            return false;
        }
        self.note(NoteKind::Padded, number);
        cells.resize(before + columns, Cell::plain(0, 0));
        true
    }

    /// Counts the values with a byte 0x00 that stay.
    #[cold]
    fn note_nul(&mut self, text: &[u8], cells: &[Cell], spans: &[Span]) {
        let base = self.text.base + (text.as_ptr().addr() - self.text.bytes.as_ptr().addr()) as u64;
        for (span, cells) in spans.iter().zip(cells.chunks_exact(self.csv.names.len())) {
            let values = cells.iter().filter(|cell| cell.bytes(text).contains(&0)).count() as u64;
            if values > 0 {
                self.notes.add(NoteKind::Nul, values, base + u64::from(span.start), span.record);
            }
        }
    }

    /// A quote that is never closed costs its line, not the rest of the file.
    fn resync(&mut self, record: Record) -> Record {
        match record.fault {
            Some(fault) if fault.code == Code::UnclosedQuote => {
                let record = walk::first_line(self.text.bytes, self.at, fault);
                self.walk.restart_behind_unclosed(record.next);
                record
            }
            _ => record,
        }
    }

    /// Whether the record is a line of white space, where several fields were expected.
    fn is_nothing(&self, record: Record) -> bool {
        let line = &self.text.bytes[self.start().min(record.end)..record.end];
        self.csv.width() > 1
            && line
                .iter()
                .all(|byte| matches!(byte, b' ' | b'\t') && !self.csv.grammar.delimiter().contains(byte))
    }

    fn bad(&self, record: Record, fields: usize, number: u64) -> BadRow {
        let absolute = |at: usize| self.text.base + at as u64;
        let (code, at, what) = match record.fault {
            Some(CsvFault { code: Code::UnclosedQuote, at }) => (
                Code::UnclosedQuote,
                at,
                "expected a closing quote, found none in the rest of the text".to_owned(),
            ),
            Some(CsvFault { code, at }) => {
                (code, at, "expected a delimiter or a line end after the closing quote".to_owned())
            }
            None => {
                let expected = self.csv.names.len();
                let plural = agreeing(expected as u64, "", "s");
                let what = if self.csv.has_width(fields) {
                    format!("expected {expected} field{plural} and a delimiter, found text behind it")
                } else {
                    format!("expected {expected} field{plural}, found {fields}")
                };
                (Code::UnevenRow, self.at, what)
            }
        };
        BadRow {
            start: absolute(self.at),
            end: absolute(record.end),
            at: absolute(at),
            record: number,
            code,
            what,
            column: None,
            raw: None,
        }
    }

    /// Takes out the rows that are not text.
    #[cold]
    fn weed(
        &mut self,
        text: &[u8],
        stop_at_bad: bool,
        cells: &mut ArenaVec<'_, Cell>,
        spans: &mut ArenaVec<'_, Span>,
        ended: &mut CsvEnd,
    ) {
        let width = self.csv.names.len();
        let base = self.text.base + (text.as_ptr().addr() - self.text.bytes.as_ptr().addr()) as u64;
        let (mut kept, found) = (0, self.bad.len());
        for row in 0..spans.len() {
            let span = spans[row];
            let bytes = &text[span.start as usize..span.end as usize];
            let Some((code, at, what)) = not_text(bytes, self.csv.rules.nul) else {
                spans[kept] = span;
                cells.copy_within(row * width..(row + 1) * width, kept * width);
                kept += 1;
                continue;
            };
            let start = base + u64::from(span.start);
            self.bad.push(BadRow {
                start,
                end: base + u64::from(span.end),
                at: start + at as u64,
                record: span.record,
                code,
                what,
                column: None,
                raw: None,
            });
            if stop_at_bad {
                // The rows before it stay; the bad record that ended the batch comes later in the file.
                *ended = CsvEnd::Bad;
                break;
            }
        }
        if stop_at_bad && self.bad.len() > found {
            self.bad.drain(..found);
        }
        spans.truncate(kept);
        cells.truncate(kept * width);
        self.bad.sort_by_key(|bad| bad.record);
    }

    fn report<K: RowSink>(&mut self, sink: &mut K) -> Result<Flow> {
        for bad in self.bad.drain(..) {
            let raw = (bad.start - self.text.base) as usize..(bad.end - self.text.base) as usize;
            if sink.bad(bad, &self.text.bytes[raw])? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

/// Why the bytes are no text, and where; `None` if they are.
fn not_text(bytes: &[u8], rule: NulBytes) -> Option<(Code, usize, String)> {
    let nul = bytes.iter().position(|byte| *byte == 0).filter(|_| rule == NulBytes::Reject);
    let utf8 = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to());
    match (nul, utf8) {
        (Some(nul), utf8) if utf8.is_none_or(|utf8| nul < utf8) => {
            Some((Code::NulByte, nul, "expected text, found a byte 0x00".to_owned()))
        }
        (_, Some(at)) => {
            Some((Code::NotText, at, format!("expected UTF-8, found a byte 0x{:02x}", bytes[at])))
        }
        (_, None) => None,
    }
}
