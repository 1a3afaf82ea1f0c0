//! The field walk: from indexed positions to cells, one record at a time.
//!
//! ```text
//! for each position p the index found in the record:
//!     a quote:      it opens the field, or closes it, or doubles the one before; else the record is unusual
//!     a delimiter:  the field ends here
//!     a line end:   the field and the record end here
//! ```
//!
//! The fast path knows when it doesn't know: a quote anywhere else, a comment, a record without an end. Then
//! the [plain grammar](super::grammar) reads that one record and the index starts again behind it. So the
//! result is the grammar's, always.

use super::grammar::{CsvFault, Grammar, Record, Unclosed, next_line};
use super::index::{Inside, MarkFound, Marks, SLACK, index};
use crate::error::Code;
use crate::model::table::Cell;

/// Bytes indexed at once. Their positions stay in the first-level cache; larger gains nothing measurable.
const CHUNK: usize = 16 << 10;
/// Bytes indexed at once after an unusual record, doubled with every usual chunk: a file with a stray quote
/// in every row must not index 16 KiB for each.
const CHUNK_AFTER_FAULT: usize = 512;

/// Findings of the walk where a record may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStep {
    /// A record with its cells.
    Record(Record),
    /// A line with nothing on it; the next one starts here.
    Blank(usize),
    /// The text ends; nothing stood here.
    End,
    /// The record goes on beyond the text at hand.
    NeedMore,
    /// The record goes on beyond the limit.
    TooLong,
}

/// Walks the records of one text.
pub struct RecordWalk<'t> {
    text: &'t [u8],
    last: bool,
    grammar: Grammar,
    marks: Marks,
    indexable: bool,
    limit: usize,
    positions: Box<[u32]>,
    /// Offset from which positions count.
    origin: usize,
    next: usize,
    count: usize,
    indexed: usize,
    inside: Inside,
    chunk: usize,
    /// What the bytes since the last [`RecordWalk::take_found`] held, and those of the current chunk.
    found: MarkFound,
    found_in_chunk: MarkFound,
    unclosed: Unclosed,
    /// Records to come that the plain grammar reads, and how many these were the last time.
    plainly: u64,
    plainly_before: u64,
}

impl<'t> RecordWalk<'t> {
    /// A walk over `text` from `at`. `last`: nothing follows the text. `limit`: the longest record, in bytes
    /// without its line end.
    pub fn new(text: &'t [u8], at: usize, last: bool, grammar: Grammar, limit: usize) -> Self {
        let delimiter = grammar.delimiter()[0];
        let marks =
            Marks { delimiter, quote: grammar.quote.unwrap_or(delimiter), quotes: grammar.quote.is_some() };
        let indexable = grammar.is_indexable();
        Self {
            text,
            last,
            grammar,
            marks,
            indexable,
            limit: limit.min(Cell::MAX_LEN),
            positions: vec![0; if indexable { CHUNK + SLACK } else { 0 }].into(),
            origin: at,
            next: 0,
            count: 0,
            indexed: at,
            inside: 0,
            chunk: CHUNK,
            found: MarkFound::default(),
            found_in_chunk: MarkFound::default(),
            unclosed: Unclosed::default(),
            plainly: 0,
            plainly_before: 4,
        }
    }

    /// What the records since the last call held: NUL bytes, bytes above 127. May say yes for bytes just
    /// behind them.
    pub fn take_found(&mut self) -> MarkFound {
        std::mem::replace(&mut self.found, self.found_in_chunk)
    }

    /// Reads what starts at `row`, appending its cells, counted from `base`, to `cells`.
    #[inline(always)]
    pub fn step<C: Cells>(&mut self, row: usize, base: usize, cells: &mut C) -> RecordStep {
        if !self.indexable || (self.grammar.comment.is_some() && self.is_comment(row)) {
            return self.plain(row, base, cells);
        }
        if self.plainly > 0 {
            self.plainly -= 1;
            let before = cells.mark();
            return self.unusual(row, base, before, cells);
        }
        let before = cells.mark();
        let mut field = row;
        let mut quotes = 0u32;
        let mut last_quote = 0;
        // The LF of a CRLF whose CR ended the record before.
        while self.next < self.count && self.origin + (self.positions[self.next] as usize) < row {
            self.next += 1;
        }
        loop {
            if self.next == self.count {
                if self.indexed >= self.text.len() {
                    break;
                }
                if self.indexed.saturating_sub(row) > self.limit {
                    return self.unusual(row, base, before, cells);
                }
                self.refill(row);
                continue;
            }
            let at = self.origin + self.positions[self.next] as usize;
            self.next += 1;
            let byte = self.text[at];
            if byte == self.marks.delimiter {
                if quotes == 0 {
                    cells.push(Cell::plain(field - base, at - field));
                } else if last_quote + 1 == at {
                    cells.push(Cell::quoted(field + 1 - base, at - field - 2, quotes > 2));
                    quotes = 0;
                } else {
                    return self.unusual(row, base, before, cells);
                }
                field = at + 1;
            } else if byte == b'\n' || byte == b'\r' {
                if at < row {
                    continue;
                }
                let crlf = byte == b'\r' && self.text.get(at + 1) == Some(&b'\n');
                if at - row > self.limit {
                    // Also where the field is unusual: then its record ends here or later.
                    cells.rewind(before);
                    return RecordStep::TooLong;
                }
                if byte == b'\r' && at + 1 == self.text.len() && !self.last {
                    cells.rewind(before);
                    return RecordStep::NeedMore;
                }
                let next = at + 1 + usize::from(crlf);
                if at == row {
                    return RecordStep::Blank(next);
                }
                if quotes == 0 {
                    cells.push(Cell::plain(field - base, at - field));
                } else if last_quote + 1 == at {
                    cells.push(Cell::quoted(field + 1 - base, at - field - 2, quotes > 2));
                } else {
                    return self.unusual(row, base, before, cells);
                }
                return RecordStep::Record(Record { end: at, next, terminated: true, fault: None });
            } else {
                // A quote: the first opens the field; of the others every second closes, and the next must
                // follow at once.
                let expected =
                    if quotes == 0 { at == field } else { quotes % 2 == 1 || at == last_quote + 1 };
                if !expected {
                    return self.unusual(row, base, before, cells);
                }
                quotes += 1;
                last_quote = at;
            }
        }
        // The text ends without a line end.
        if !self.last {
            cells.rewind(before);
            return if self.text.len() - row > self.limit {
                RecordStep::TooLong
            } else {
                RecordStep::NeedMore
            };
        }
        let end = self.text.len();
        if row >= end {
            return RecordStep::End;
        }
        if end - row > self.limit {
            cells.rewind(before);
            return RecordStep::TooLong;
        }
        if quotes == 0 {
            cells.push(Cell::plain(field - base, end - field));
        } else if quotes.is_multiple_of(2) && last_quote + 1 == end {
            cells.push(Cell::quoted(field + 1 - base, end - field - 2, quotes > 2));
        } else {
            return self.unusual(row, base, before, cells);
        }
        RecordStep::Record(Record { end, next: end, terminated: false, fault: None })
    }

    fn is_comment(&self, row: usize) -> bool {
        self.text.get(row).is_some_and(|byte| Some(*byte) == self.grammar.comment)
    }

    #[inline(never)]
    fn refill(&mut self, row: usize) {
        let end = (self.indexed + self.chunk).min(self.text.len());
        let found =
            index(&self.text[self.indexed..end], 0, self.marks, &mut self.inside, &mut self.positions);
        self.origin = self.indexed;
        self.indexed = end;
        self.next = 0;
        self.count = found.count;
        self.chunk = (self.chunk * 2).min(CHUNK);
        self.note(found);
        while self.next < self.count && self.origin + (self.positions[self.next] as usize) < row {
            self.next += 1;
        }
    }

    fn note(&mut self, found: MarkFound) {
        self.found_in_chunk = found;
        self.found.nul |= found.nul;
        self.found.high |= found.high;
    }

    #[cold]
    fn unusual<C: Cells>(&mut self, row: usize, base: usize, before: usize, cells: &mut C) -> RecordStep {
        cells.rewind(before);
        let step = self.plain(row, base, cells);
        let next = match step {
            RecordStep::Record(record) => record.next,
            RecordStep::Blank(next) => next,
            RecordStep::End | RecordStep::NeedMore | RecordStep::TooLong => return step,
        };
        self.restart(next);
        step
    }

    /// Forgets the index and begins a new one at `at`.
    pub fn restart(&mut self, at: usize) {
        (self.origin, self.indexed, self.next, self.count, self.inside) = (at, at, 0, 0, 0);
        self.chunk = CHUNK_AFTER_FAULT;
    }

    /// The same at the line behind a record with a quote that is never closed. The next records may have one
    /// too: the plain grammar remembers where the index would look to the end of the text each time. Each
    /// time there are twice as many of them, so that the looks of the index are few.
    pub fn restart_behind_unclosed(&mut self, at: usize) {
        self.restart(at);
        if self.plainly == 0 {
            self.plainly_before = self.plainly_before.saturating_mul(2);
        }
        self.plainly = self.plainly_before;
    }

    /// The plain grammar, one record.
    fn plain<C: Cells>(&mut self, row: usize, base: usize, cells: &mut C) -> RecordStep {
        if let Some(step) = self.blank(row) {
            return step;
        }
        if row >= self.text.len() {
            return if self.last { RecordStep::End } else { RecordStep::NeedMore };
        }
        let before = cells.mark();
        // With room for the line end of a record that is just short enough.
        let cut = self.text.len().min(row + self.limit + 2);
        let text = &self.text[..cut];
        let unclosed = (cut == self.text.len()).then_some(&mut self.unclosed);
        let record = self.grammar.record_among(text, row, unclosed, |field| cells.push(field.cell(base)));
        if record.end - row > self.limit {
            // It may be one large value, or a quote that is never closed: nobody can tell, so nothing is made
            // of it.
            cells.rewind(before);
            return RecordStep::TooLong;
        }
        let ends_text = !record.terminated || record.next == cut && text.ends_with(b"\r");
        if ends_text && !self.last {
            cells.rewind(before);
            return RecordStep::NeedMore;
        }
        // A record that is never closed becomes a bad row, whatever its bytes are.
        let closed = record.fault.is_none_or(|fault| fault.code != Code::UnclosedQuote);
        let bytes = if closed { &text[row..record.end] } else { b"" };
        self.note(MarkFound { count: 0, nul: bytes.contains(&0), high: !bytes.is_ascii() });
        RecordStep::Record(record)
    }

    /// The blank or comment line at `row`, if there is one.
    fn blank(&mut self, row: usize) -> Option<RecordStep> {
        let first = *self.text.get(row)?;
        if !matches!(first, b'\n' | b'\r') && Some(first) != self.grammar.comment {
            return None;
        }
        let next = next_line(self.text, row).unwrap_or(self.text.len());
        let may_go_on = next == self.text.len() && !self.text.ends_with(b"\n");
        if may_go_on && !self.last {
            return Some(RecordStep::NeedMore);
        }
        self.restart(next);
        Some(RecordStep::Blank(next))
    }
}

/// The receiver of cells. A sink of nothing makes a walk that only finds boundaries.
pub trait Cells {
    /// Takes the next cell of the record.
    fn push(&mut self, cell: Cell);
    /// Number of cells so far.
    fn mark(&self) -> usize;
    /// Forgets all beyond `mark`.
    fn rewind(&mut self, mark: usize);
}

impl Cells for bumpalo::collections::Vec<'_, Cell> {
    #[inline(always)]
    fn push(&mut self, cell: Cell) {
        self.push(cell);
    }
    #[inline(always)]
    fn mark(&self) -> usize {
        self.len()
    }
    fn rewind(&mut self, mark: usize) {
        self.truncate(mark);
    }
}

/// Counts cells and keeps none.
#[derive(Debug, Default)]
pub struct FieldCounter(pub usize);

impl Cells for FieldCounter {
    #[inline(always)]
    fn push(&mut self, _: Cell) {
        self.0 += 1;
    }
    #[inline(always)]
    fn mark(&self) -> usize {
        self.0
    }
    fn rewind(&mut self, mark: usize) {
        self.0 = mark;
    }
}

/// A record that is at fault as a whole: from its start to the end of its first line. What follows is read
/// anew, so that one quote that is never closed costs one row.
pub fn first_line(text: &[u8], row: usize, fault: CsvFault) -> Record {
    let next = next_line(text, row).unwrap_or(text.len());
    let end = row + text[row..next].iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
    Record { end, next, terminated: true, fault: Some(fault) }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    /// Both walks: by the index, and by the plain grammar (no text here has the escape).
    const GRAMMARS: [Grammar; 2] = [Grammar::new(b','), Grammar { escape: Some(0x07), ..Grammar::new(b',') }];

    fn step(grammar: Grammar, text: &[u8], last: bool, limit: usize) -> RecordStep {
        RecordWalk::new(text, 0, last, grammar, limit).step(0, 0, &mut FieldCounter::default())
    }

    #[test]
    fn a_record_may_have_as_many_bytes_as_the_limit_and_not_one_more() {
        for record in ["abc,defg", "\"abc\",de", "\"a\nc\",de", "abc,\"\"\"\"", "\"abc\"def", "\"abc\" ,d"] {
            for end in ["\n", "\r\n", "\r", ""] {
                for rest in ["", "x,y\n"] {
                    if end.is_empty() && !rest.is_empty() {
                        continue;
                    }
                    let text = [record, end, rest].concat();
                    let len = record.len();
                    for grammar in GRAMMARS {
                        let fits = step(grammar, text.as_bytes(), true, len);
                        let RecordStep::Record(found) = fits else { panic!("{text:?}: {fits:?}") };
                        assert_eq!((found.end, found.next), (len, len + end.len()), "{text:?}");
                        for limit in [1, len - 1] {
                            assert_eq!(
                                step(grammar, text.as_bytes(), true, limit),
                                RecordStep::TooLong,
                                "{text:?}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn text_that_comes_bit_by_bit_ends_at_the_same_limit() {
        for text in
            ["abc,defg\nx\n", "\"ab\r\n\",d\r\nx\n", "abc,defg\rx\n", "\"abc\ndefg\nx\n", "\"a\"b,defg\r\nx"]
        {
            for limit in 1..text.len() {
                for grammar in GRAMMARS {
                    let whole = step(grammar, text.as_bytes(), true, limit);
                    let parts = (1..text.len())
                        .map(|len| step(grammar, &text.as_bytes()[..len], false, limit))
                        .find(|step| *step != RecordStep::NeedMore);
                    assert_eq!(parts.unwrap_or(whole), whole, "{text:?}, at most {limit}");
                }
            }
        }
    }

    /// The records of a text, each with its cells, by one walk, or by a new one for each.
    fn records(grammar: Grammar, text: &[u8], anew: bool) -> Vec<(Record, usize)> {
        let mut found = Vec::new();
        let mut walk = RecordWalk::new(text, 0, true, grammar, 1 << 20);
        let mut at = 0;
        loop {
            if anew {
                walk = RecordWalk::new(text, at, true, grammar, 1 << 20);
            }
            let mut cells = FieldCounter::default();
            match walk.step(at, at, &mut cells) {
                RecordStep::Record(record) => {
                    at = record.next;
                    if let Some(fault) = record.fault.filter(|fault| fault.code == Code::UnclosedQuote) {
                        at = first_line(
                            text,
                            found.last().map_or(0, |(last, _): &(Record, usize)| last.next),
                            fault,
                        )
                        .next;
                        walk.restart_behind_unclosed(at);
                        found.push((Record { next: at, ..record }, 0));
                        continue;
                    }
                    found.push((record, if record.fault.is_none() { cells.0 } else { 0 }));
                }
                RecordStep::Blank(next) => {
                    at = next;
                    if let Some((last, _)) = found.last_mut() {
                        last.next = next;
                    }
                }
                RecordStep::End => return found,
                RecordStep::NeedMore | RecordStep::TooLong => panic!("the text is whole"),
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_remembered_of_unclosed_quotes_changes_nothing(
            text in "x[\",\\\\\nx ]{0,60}",
            line in "x[\",\\\\x]{0,6}\n",
            times in 0usize..200,
        ) {
            let text = format!("{}{text}\n{}", line.repeat(times), line.repeat(times));
            for grammar in [GRAMMARS[0], GRAMMARS[1], Grammar { escape: Some(b'\\'), ..GRAMMARS[0] }] {
                let once = records(grammar, text.as_bytes(), false);
                prop_assert_eq!(once, records(grammar, text.as_bytes(), true));
            }
        }
    }

    #[test]
    fn quotes_that_are_never_closed_take_time_that_is_linear_in_the_text() {
        let start = Instant::now();
        for line in ["x\",\"\n", "x,\"\"\"\n", "x\",\"\ny,z\n"] {
            let text = line.repeat(1_000_000 / line.len());
            for grammar in [GRAMMARS[0], GRAMMARS[1], Grammar { escape: Some(b'\\'), ..GRAMMARS[0] }] {
                assert!(!records(grammar, text.as_bytes(), false).is_empty());
            }
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn the_limit_holds_within_a_stretch_of_the_index() {
        let text = [&b"x".repeat(CHUNK / 2)[..], b",", &b"y".repeat(CHUNK), b"\nz,z\n"].concat();
        let len = CHUNK / 2 + 1 + CHUNK;
        for grammar in GRAMMARS {
            assert!(
                matches!(step(grammar, &text, true, len), RecordStep::Record(record) if record.end == len)
            );
            assert_eq!(step(grammar, &text, true, len - 1), RecordStep::TooLong);
        }
    }
}
