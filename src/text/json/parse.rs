//! One parse: record after record, batch after batch; what becomes of a fault, and where reading goes on.
//!
//! A step is a record with what follows up to the next one, so that where a record starts never depends on
//! where the text at hand ends. What is wrong behind a record belongs to its step.

use super::head;
use super::lex::{self, JsonFault, JsonFaultKind};
use super::plain::{self, JsonStop};
use super::quick::{self, JsonMemory};
use super::record_start::{RecordStart, end_of_value, past_marks};
use super::rows::JsonRows;
use super::{Json, JsonPlace};
use crate::error::{Code, Result};
use crate::model::table::{BadRow, Learned, OutOfLine, RawRows, TableSlot, Unescape};
use crate::text::padding;
use crate::text::{Boundary, Exit, Flow, RowSink, TextSlice};

/// Bad records in a batch at most.
const BATCH_BAD: usize = 4096;

/// So far behind a fault's place its token may reach, in bytes: a surrogate pair takes twelve.
pub(super) const SEEN: usize = 16;

/// The byte order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// Undoes the escapes of JSON.
struct JsonUnescape;

impl Unescape for JsonUnescape {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        lex::unescape(raw, out);
    }
}

/// A parse under way.
pub struct JsonParse<'p, 't> {
    json: &'p Json,
    text: TextSlice<'t>,
    rows: JsonRows<'p>,
    memory: &'p mut JsonMemory,
    at: usize,
    place: JsonPlace,
    end: usize,
    limit: usize,
    bad: Vec<BadRow>,
    blank: u64,
}

/// The result of a step.
struct Stepped {
    next: usize,
    place: JsonPlace,
    /// The fault, with its start and its end.
    bad: Option<(Wrong, usize, usize)>,
}

/// A fault of a record.
struct Wrong {
    at: usize,
    code: Code,
    what: String,
}

/// Why a step was not made.
enum Halt {
    NeedMore,
    TooLong,
    Failed(crate::error::Error),
}

impl From<crate::error::Error> for Halt {
    fn from(error: crate::error::Error) -> Self {
        Self::Failed(error)
    }
}

/// Why a batch ended.
enum RecordEnd {
    Full,
    End,
    Bad,
    NeedMore,
    TooLong,
}

impl<'p, 't> JsonParse<'p, 't> {
    /// A parse of what starts before `end`, an offset in the text at hand.
    pub fn new(
        json: &'p Json,
        text: TextSlice<'t>,
        from: Boundary<JsonPlace>,
        end: usize,
        rows: JsonRows<'p>,
        memory: &'p mut JsonMemory,
        limit: usize,
    ) -> Self {
        let at = (from.at - text.base) as usize;
        Self { json, text, rows, memory, at, place: from.state, end, limit, bad: Vec::new(), blank: 0 }
    }

    /// Records met so far, in the numbering of the task.
    pub fn records(&self) -> u64 {
        self.rows.records
    }

    /// Takes the findings since the last call.
    pub fn take_learned(&mut self) -> Learned {
        self.rows.take_learned()
    }

    fn boundary(&self) -> Boundary<JsonPlace> {
        Boundary { at: self.text.base + self.at as u64, state: self.place }
    }

    /// Reads one batch and hands it to the sink; `Some` when the parse is over.
    pub fn batch<K: RowSink>(&mut self, sink: &mut K) -> Result<Option<Exit<JsonPlace>>> {
        let start = self.at;
        self.rows.begin_batch(start);
        let stop_at_bad = sink.stop_at_bad();
        let ended = self.collect(stop_at_bad)?;
        if self.hand_over(start, stop_at_bad, sink)? == Flow::Stop {
            return Ok(Some(Exit::Stopped));
        }
        if self.blank > 0 {
            sink.blank(std::mem::take(&mut self.blank));
        }
        if self.rows.has_news() {
            sink.learned(self.rows.take_learned());
        }
        Ok(match ended {
            RecordEnd::Full => None,
            RecordEnd::End => Some(Exit::Done(self.boundary())),
            RecordEnd::Bad => Some(Exit::Stopped),
            RecordEnd::NeedMore => Some(Exit::NeedMore(self.boundary())),
            RecordEnd::TooLong => Some(Exit::TooLong(self.boundary())),
        })
    }

    /// Reads records until the batch is full, the range ends or, with `stop_at_bad`, a record is malformed.
    fn collect(&mut self, stop_at_bad: bool) -> Result<RecordEnd> {
        while !self.rows.is_full(self.at) && self.bad.len() < BATCH_BAD {
            if self.at >= self.end || self.place == JsonPlace::End {
                return Ok(RecordEnd::End);
            }
            let step = match self.place {
                JsonPlace::Lines => self.line(),
                JsonPlace::Objects | JsonPlace::Array => self.record(),
                JsonPlace::Beside(levels) => self.after_rows(levels),
                JsonPlace::End => return Ok(RecordEnd::End),
            };
            let Stepped { next, place, bad } = match step {
                Ok(stepped) => stepped,
                Err(halt) => {
                    self.rows.drop_record();
                    return match halt {
                        Halt::NeedMore => Ok(RecordEnd::NeedMore),
                        Halt::TooLong => Ok(RecordEnd::TooLong),
                        Halt::Failed(error) => {
                            let record = self.rows.records + 1;
                            Err(error.at_byte(self.text.base + self.at as u64).at_row(record))
                        }
                    };
                }
            };
            if bad.is_none() && next == self.text.bytes.len() && self.text.last {
                self.note_padding(self.at);
            }
            (self.at, self.place) = (next, place);
            if let Some((wrong, start, end)) = bad {
                self.reject(wrong, start, end);
                if stop_at_bad {
                    return Ok(RecordEnd::Bad);
                }
            }
        }
        Ok(RecordEnd::Full)
    }

    fn reject(&mut self, wrong: Wrong, start: usize, end: usize) {
        let absolute = |at: usize| self.text.base + at as u64;
        let Wrong { at, code, what } = wrong;
        self.bad.push(BadRow {
            start: absolute(start),
            end: absolute(end),
            at: absolute(at.clamp(start, end)),
            record: self.rows.records,
            code,
            what,
            column: None,
            raw: None,
        });
        self.rows.records += 1;
    }

    /// The text that a record from `at` on may take, and whether all that there is lies in it.
    fn window(&self, at: usize) -> (&'t [u8], bool) {
        let len = self.text.bytes.len();
        let end = len.min(at.saturating_add(self.limit).saturating_add(1));
        (&self.text.bytes[..end], end == len && self.text.last)
    }

    /// Why text is too short that is not all there is.
    fn short(&self, at: usize) -> Halt {
        if self.text.bytes.len() - at > self.limit { Halt::TooLong } else { Halt::NeedMore }
    }

    /// Reads the record on the next line.
    fn line(&mut self) -> std::result::Result<Stepped, Halt> {
        let at = self.at;
        let (window, whole) = self.window(at);
        if let Some(next) = self.usual_line(window, at)? {
            return Ok(Stepped { next, place: JsonPlace::Lines, bad: None });
        }
        let end = match memchr::memchr(b'\n', &window[at..]) {
            Some(found) => at + found,
            None if whole => window.len(),
            None => return Err(self.short(at)),
        };
        let (next, blank) = self.next_line(end)?;
        let line = &window[..end];
        let line = &line[..at + line[at..].trim_ascii_end().len()];
        let (start, marks) = past_marks(line, at);
        self.note_marks(at, marks);
        self.blank += blank;
        if start == line.len() {
            return Ok(Stepped { next, place: JsonPlace::Lines, bad: None });
        }
        let at = start;
        let bad = if self.rows.wanted() { self.read_line(line, at)? } else { self.skip_line() };
        let bad = bad.map(|wrong| (wrong, at, line.len()));
        Ok(Stepped { next, place: JsonPlace::Lines, bad })
    }

    /// Notes byte order marks at `at`, if there are some.
    fn note_marks(&mut self, at: usize, count: u64) {
        if count > 0 && self.rows.wanted() {
            self.rows.odd(at, super::MARKS, count);
        }
    }

    /// Notes the padding behind the end of an array, if there is some behind `from`. Lines and objects one
    /// after the other have no end of their own: bytes 0x00 behind them may stand where others were, and are
    /// a fault.
    fn note_padding(&mut self, from: usize) {
        let text = &self.text.bytes[from..];
        let is_space = |byte: &u8| matches!(byte, 0 | b' ' | b'\t' | b'\n' | b'\r');
        let kept = text.iter().rposition(|byte| !is_space(byte)).map_or(0, |last| last + 1);
        if let Some(found) = padding::find(text, kept).filter(|_| self.rows.wanted()) {
            self.rows.odd(from + found.start, padding::BEHIND, found.count);
        }
    }

    /// Makes a row of the line at `at` without looking for its end first, and gives where the next one
    /// starts; `None`, and no trace, if it is not an object with a line end behind it.
    #[inline]
    fn usual_line(&mut self, text: &[u8], at: usize) -> std::result::Result<Option<usize>, Halt> {
        let may_be = text.get(at) == Some(&b'{') && !self.memory.has_nested;
        if !may_be || self.json.plainly || !self.rows.wanted() {
            return Ok(None);
        }
        self.rows.begin_record();
        let read = match self.json.words {
            false => quick::record::<false, true>(text, at, &mut self.rows, self.memory),
            true => quick::record::<true, true>(text, at, &mut self.rows, self.memory),
        };
        let Ok(end) = read else {
            self.rows.drop_record();
            return Ok(None);
        };
        let mut line_end = end;
        while let Some(b' ' | b'\t' | b'\r') = text.get(line_end) {
            line_end += 1;
        }
        if text.get(line_end) != Some(&b'\n') {
            self.rows.drop_record();
            return Ok(None);
        }
        let next = match text.get(line_end + 1) {
            Some(b'{') => line_end + 1,
            _ => {
                let (next, blank) = self.next_line(line_end)?;
                self.blank += blank;
                next
            }
        };
        self.rows.take_record(text, at, end)?;
        Ok(Some(next))
    }

    /// Counts a line. Whether it is good is no matter where rows are not wanted.
    fn skip_line(&mut self) -> Option<Wrong> {
        self.rows.records += 1;
        None
    }

    /// Where the line behind the one that ends at `end` starts, and how many blank ones lie between.
    fn next_line(&self, end: usize) -> std::result::Result<(usize, u64), Halt> {
        let text = self.text.bytes;
        let next = lex::space(text, end);
        if next == text.len() && !self.text.last {
            return Err(Halt::NeedMore);
        }
        let breaks = text[end..next].iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok((next, breaks.saturating_sub(1)))
    }

    /// Makes a row of the line that begins at `at` and ends with `text`, or says what is wrong with it.
    fn read_line(&mut self, text: &'t [u8], at: usize) -> std::result::Result<Option<Wrong>, Halt> {
        if text.get(at) != Some(&b'{') {
            return Ok(Some(no_object(&text[at..], at)));
        }
        let fault = match self.members(text, at) {
            Ok(end) if end == text.len() => {
                self.rows.take_record(text, at, end)?;
                return Ok(None);
            }
            Ok(end) => {
                JsonFault { at: lex::space(text, end), what: JsonFaultKind::Expected("the end of the line") }
            }
            Err(JsonStop::Fault(fault)) => fault,
            Err(JsonStop::Failed(error)) => return Err(Halt::Failed(error)),
        };
        self.rows.drop_record();
        let what = match fault.what {
            JsonFaultKind::Short => "expected more, found the end of the line".to_owned(),
            _ => fault.describe(text),
        };
        Ok(Some(Wrong { at: fault.at, code: fault.code(), what }))
    }

    /// A record among objects or in the array, and what stands behind it up to the next.
    fn record(&mut self) -> std::result::Result<Stepped, Halt> {
        let start = self.at;
        if self.place == JsonPlace::Array || self.text.bytes.get(start) != Some(&MARK[0]) {
            return self.record_at(start);
        }
        let (text, whole) = self.window(start);
        let (at, marks) = past_marks(text, start);
        let rest = &text[at..];
        // A mark may go on beyond the text at hand, and so may what follows it.
        if !whole && rest.len() < MARK.len() && MARK.starts_with(rest) {
            return Err(self.short(start));
        }
        let stepped = match rest {
            [] => Stepped { next: at, place: self.place, bad: None },
            _ => self.record_at(at)?,
        };
        self.note_marks(start, marks);
        Ok(stepped)
    }

    /// The record at `at`, and what stands behind it up to the next.
    fn record_at(&mut self, at: usize) -> std::result::Result<Stepped, Halt> {
        let (text, whole) = self.window(at);
        let in_array = self.place == JsonPlace::Array;
        if in_array && text.get(at) == Some(&b']') {
            let first = self.text.base + at as u64 == self.json.head.body as u64;
            let (next, place) = match self.close(at + 1) {
                Ok(next) => next,
                Err(fault) => return self.faulty(fault, at),
            };
            let what = "expected a value behind the comma, found the end of the array";
            let wrong = Wrong { at, code: Code::Json, what: what.to_owned() };
            return Ok(Stepped { next, place, bad: (!first).then_some((wrong, at, at)) });
        }
        let read = if text.get(at) == Some(&b'{') {
            self.members(text, at).map(|end| (end, None))
        } else {
            // What is no object is told as what it is, if it is anything.
            let value =
                if whole { end_of_value(text, at) } else { self.json.value(text, at).map(|it| it.next) };
            value.map(|end| (end, Some(no_object(&text[at..end], at)))).map_err(JsonStop::Fault)
        };
        let (end, wrong) = match read {
            Ok(read) => read,
            Err(JsonStop::Failed(error)) => return Err(Halt::Failed(error)),
            Err(JsonStop::Fault(fault)) => {
                self.rows.drop_record();
                return self.faulty(fault, at);
            }
        };
        if end - at > self.limit {
            return Err(Halt::TooLong);
        }
        let behind = match self.behind(end) {
            Err(JsonFault { what: JsonFaultKind::Short, .. }) => return Err(self.short(at)),
            // However it is read, so much padding is held and no more.
            Ok((next, _)) if next - at > self.limit && self.text.bytes[next - 1] == 0 => {
                return Err(Halt::TooLong);
            }
            behind => behind,
        };
        // Nothing is left to go wrong but what is another record.
        let stepped = match behind {
            Ok((next, place)) => Stepped { next, place, bad: None },
            Err(fault) => {
                let (next, place) = self.resume(fault.at, fault.at)?;
                let wrong = wrong_of(&fault, self.text.bytes);
                Stepped { next, place, bad: Some((wrong, fault.at, self.trimmed(fault.at, next))) }
            }
        };
        match wrong {
            None => self.rows.take_record(text, at, end)?,
            Some(wrong) => self.reject(wrong, at, end),
        }
        Ok(stepped)
    }

    /// Reads the members of the object at `at`; gives its end.
    #[inline]
    fn members(&mut self, text: &[u8], at: usize) -> std::result::Result<usize, JsonStop> {
        self.rows.begin_record();
        match (self.json.plainly || !self.rows.wanted(), self.json.words) {
            (true, false) => plain::record::<false>(text, at, &mut self.rows),
            (true, true) => plain::record::<true>(text, at, &mut self.rows),
            (false, false) => quick::record::<false, false>(text, at, &mut self.rows, self.memory),
            (false, true) => quick::record::<true, false>(text, at, &mut self.rows, self.memory),
        }
    }

    /// A record that is none.
    fn faulty(&mut self, fault: JsonFault, at: usize) -> std::result::Result<Stepped, Halt> {
        let (text, whole) = self.window(at);
        if fault.what == JsonFaultKind::Short && !whole {
            return Err(if text.len() < self.text.bytes.len() { Halt::TooLong } else { self.short(at) });
        }
        // Where the text ends within a record it may hold all others.
        let mut from = if fault.what == JsonFaultKind::Short { at + 1 } else { fault.at };
        let (next, place) = loop {
            let (next, place) = self.resume(from, at)?;
            // Where the text is cut at the next record, the same must be wrong with this one.
            let near =
                fault.what != JsonFaultKind::Short && place != JsonPlace::End && next < fault.at + SEEN;
            if !near
                || !matches!(
                    self.json.value(&text[..next], at),
                    Err(JsonFault { what: JsonFaultKind::Short, .. })
                )
            {
                break (next, place);
            }
            from = next + 1;
        };
        Ok(Stepped { next, place, bad: Some((wrong_of(&fault, text), at, self.trimmed(at, next))) })
    }

    /// Where reading goes on behind a fault, from `from` on; the record at fault starts at `start`.
    fn resume(&self, from: usize, start: usize) -> std::result::Result<(usize, JsonPlace), Halt> {
        let (text, whole) = self.window(start);
        match self.json.find_record(text, from, start, whole) {
            RecordStart::Record(next) => Ok((next, self.place)),
            RecordStart::None if whole => Ok((text.len(), JsonPlace::End)),
            _ if text.len() < self.text.bytes.len() => Err(Halt::TooLong),
            _ => Err(self.short(start)),
        }
    }

    /// The end of what is wrong from `start` on, where reading goes on at `next`: without what separates
    /// them.
    fn trimmed(&self, start: usize, next: usize) -> usize {
        let text = &self.text.bytes[start..next];
        let kept = text.iter().rposition(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b','));
        start + kept.map_or(0, |last| last + 1)
    }

    /// What follows a record that ends at `at`.
    fn behind(&self, at: usize) -> lex::Lexed<(usize, JsonPlace)> {
        let text = self.text.bytes;
        let at = lex::space(text, at);
        if self.place == JsonPlace::Objects {
            return self.seen(at).map(|at| (at, JsonPlace::Objects));
        }
        match text.get(at) {
            Some(b',') => self.seen(lex::space(text, at + 1)).map(|at| (at, JsonPlace::Array)),
            Some(b']') => self.close(at + 1),
            Some(_) => Err(JsonFault { at, what: JsonFaultKind::Expected("\",\" or \"]\"") }),
            // The end of the array is missed at the end of the text, once.
            None if self.text.last => Ok((at, JsonPlace::Array)),
            None => Err(JsonFault { at, what: JsonFaultKind::Short }),
        }
    }

    /// A place behind white space, if that does not go on beyond the text at hand.
    fn seen(&self, at: usize) -> lex::Lexed<usize> {
        match at < self.text.bytes.len() || self.text.last {
            true => Ok(at),
            false => Err(JsonFault { at, what: JsonFaultKind::Short }),
        }
    }

    /// The end of the text, if nothing but padding stands before it from `at` on.
    fn past_padding(&self, at: usize) -> lex::Lexed<usize> {
        match padding::find(self.text.bytes, at) {
            Some(found) if found.end < self.text.bytes.len() => Ok(at),
            Some(_) if !self.text.last => Err(JsonFault { at, what: JsonFaultKind::Short }),
            Some(found) => Ok(found.end),
            None => Ok(at),
        }
    }

    /// What follows the array of records, whose end stands before `at`.
    fn close(&self, at: usize) -> lex::Lexed<(usize, JsonPlace)> {
        self.outside(at, self.json.head.keys.len() as u32)
    }

    /// What follows at `at`, where `levels` objects are open: a member, or the end.
    fn outside(&self, at: usize, mut levels: u32) -> lex::Lexed<(usize, JsonPlace)> {
        let text = self.text.bytes;
        let mut at = lex::space(text, at);
        while levels > 0 {
            match text.get(at) {
                Some(b'}') => {
                    levels -= 1;
                    at = lex::space(text, at + 1);
                }
                Some(b',') => {
                    let at = self.seen(lex::space(text, at + 1))?;
                    return Ok((at, JsonPlace::Beside(levels)));
                }
                Some(_) => return Err(JsonFault { at, what: JsonFaultKind::Expected("\",\" or \"}\"") }),
                None if self.text.last => return Ok((at, JsonPlace::Beside(levels))),
                None => return Err(JsonFault { at, what: JsonFaultKind::Short }),
            }
        }
        match self.seen(self.past_padding(at)?)? {
            at if at == text.len() => Ok((at, JsonPlace::End)),
            at => Err(JsonFault { at, what: JsonFaultKind::Expected("the end of the text") }),
        }
    }

    /// A member beside the rows, behind their array.
    fn after_rows(&mut self, levels: u32) -> std::result::Result<Stepped, Halt> {
        let at = self.at;
        let (text, _) = self.window(at);
        let read =
            lex::key(text, at).and_then(|(key, start)| Ok((key, start, self.json.value(text, start)?.next)));
        let next = read.and_then(|(_, _, end)| self.outside(end, levels));
        // All that follows a fault is one bad record, whose end must be at hand.
        let too_long = matches!(next, Err(JsonFault { what: JsonFaultKind::Short, .. }))
            && text.len() < self.text.bytes.len();
        if next.is_err() && !self.text.last || too_long {
            return Err(self.short(at));
        }
        if let Ok((key, start, end)) = read
            && self.rows.wanted()
        {
            let mut name = Vec::new();
            lex::unescape(key.bytes(text), &mut name);
            let name = String::from_utf8_lossy(&name);
            let outer = self.json.head.keys[..levels as usize - 1].iter().map(String::as_str);
            let kept = head::member(head::pointer(outer.chain([&*name])), &text[start..end]);
            self.rows.note(at, kept.path, kept.value);
        }
        Ok(match next {
            Ok((next, place)) => Stepped { next, place, bad: None },
            Err(fault) => {
                let (text, next) = (self.text.bytes, self.text.bytes.len());
                let start = if read.is_ok() { fault.at } else { at };
                let bad = Some((wrong_of(&fault, text), start, self.trimmed(start, next)));
                Stepped { next, place: JsonPlace::End, bad }
            }
        })
    }

    /// Hands the batch over: faults first, unless the first one ends the parse.
    fn hand_over<K: RowSink>(&mut self, start: usize, stop_at_bad: bool, sink: &mut K) -> Result<Flow> {
        if !K::CELLS {
            self.bad.clear();
            return Ok(Flow::Continue);
        }
        let had_bad = !self.bad.is_empty();
        if !stop_at_bad && self.report(sink)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        if had_bad || !self.rows.spans.is_empty() {
            let rows = RawRows {
                text: &self.text.bytes[start..self.at],
                base: self.text.base + start as u64,
                columns: self.json.columns.all.len(),
                cells: &self.rows.cells,
                spans: &self.rows.spans,
                unescape: &JsonUnescape,
                out_of_line: OutOfLine {
                    text: &self.rows.out_of_line,
                    columns: &self.json.columns.out_of_line,
                },
                kinds: &self.rows.kinds,
                slot: TableSlot::ONLY,
            };
            if sink.rows(&rows)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        self.report(sink)
    }

    fn report<K: RowSink>(&mut self, sink: &mut K) -> Result<Flow> {
        for bad in std::mem::take(&mut self.bad) {
            let raw = (bad.start - self.text.base) as usize..(bad.end - self.text.base) as usize;
            if sink.bad(bad, &self.text.bytes[raw])? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

/// A fault of the grammar.
fn wrong_of(fault: &JsonFault, text: &[u8]) -> Wrong {
    Wrong { at: fault.at, code: fault.code(), what: fault.describe(text) }
}

/// What is wrong with text at `at` that should be an object and does not begin like one.
#[cold]
fn no_object(text: &[u8], at: usize) -> Wrong {
    let found = match end_of_value(text, 0) {
        Ok(end) if end == text.len() => match text[0] {
            b'"' => "a string",
            b't' | b'f' => "a boolean",
            b'n' => "null",
            b'[' => "an array",
            _ => "a number",
        },
        _ => {
            let fault = JsonFault { at: 0, what: JsonFaultKind::Expected("an object") };
            return Wrong { at, code: Code::Json, what: fault.describe(text) };
        }
    };
    Wrong { at, code: Code::JsonRecord, what: format!("expected an object, found {found}") }
}
