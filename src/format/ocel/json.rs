//! OCEL as JSON: version 2.0, whose sections are arrays, and 1.0, whose sections are objects keyed by identifiers.

use super::sheets::{BATCH_BYTES, BATCH_RECORDS, EMPTY, Entry, Given, NULL, Related, Sheets};
use super::{Ocel, Place, Syntax};
use crate::error::{Code, Result};
use crate::format::json::lex::{self, Fault, Lexed, What};
use crate::format::{Boundary, Exit, Flow, RowSink, Task, Text};
use crate::model::kind::Kind;
use crate::model::table::{BadRow, Cell, Remark, Span, Unescape};

/// So far a guess looks for a record, in bytes.
const LOOK: usize = 4 << 20;
/// So much of a text must show what it is, in bytes.
const HEAD: usize = 256 << 10;

/// Keys of OCEL 2.0 at the top of a log.
const SECTIONS_2: [&str; 4] = ["objectTypes", "eventTypes", "objects", "events"];

/// What is odd about a member of an attribute or relation that the standard doesn't know.
pub const UNKNOWN: &str =
    "members of attributes or relations that the standard doesn't know, and that are left out";

/// Undoes the escapes of JSON.
struct Strings;

impl Unescape for Strings {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        lex::unescape(raw, out);
    }
}

/// Whether the text is an object-centric log, which version, and where it begins.
pub fn detect(text: &[u8], whole: bool) -> Option<(Syntax, usize)> {
    let start = text.len() - text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).len();
    let mut at = lex::space(text, start);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    at = lex::space(text, at + 1);
    let head = &text[..text.len().min(start + HEAD)];
    let mut found = 0;
    while let Ok((key, value)) = lex::key(head, at) {
        let name = key.bytes(head);
        if name.starts_with(b"ocel:") {
            return Some((Syntax::Json1, start));
        }
        found += usize::from(SECTIONS_2.iter().any(|section| section.as_bytes() == name));
        if found >= 2 {
            return Some((Syntax::Json2, start));
        }
        let Ok(value) = lex::value_with_words(head, value) else { break };
        at = lex::space(head, value.next);
        if head.get(at) != Some(&b',') {
            break;
        }
        at = lex::space(head, at + 1);
    }
    // The first section may be larger than the head: then what is in it must tell, or the end of the text.
    let tail = &text[text.len().saturating_sub(HEAD)..];
    let in_tail = |key: &str| memchr::memmem::find(tail, format!("\"{key}\"").as_bytes()).is_some();
    let many = SECTIONS_2.iter().filter(|key| in_tail(key)).count();
    let record = find_record(Syntax::Json2, head, start, head.len()).is_some();
    (found == 1 && (record || whole && many >= 2)).then_some((Syntax::Json2, start))
}

/// What is wrong with a log that ends at `at`.
pub fn unended(at: u64) -> BadRow {
    BadRow {
        start: at,
        end: at,
        at,
        record: 0,
        code: Code::Json,
        what: "expected the end of the log, found the end of the text".to_owned(),
        column: None,
        raw: None,
    }
}

/// Where the first record at or after `at` seems to start.
pub fn guess(syntax: Syntax, text: Text<'_>, at: u64) -> Boundary<Place> {
    let from = (at - text.base) as usize;
    let end = text.bytes.len().min(from.saturating_add(LOOK));
    match find_record(syntax, text.bytes, from, end) {
        Some((start, place)) => Boundary { at: text.base + start as u64, state: place },
        None => Boundary { at: text.base + text.bytes.len() as u64, state: Place::End },
    }
}

/// The first object in `from..end` that has what records have.
fn find_record(syntax: Syntax, text: &[u8], from: usize, end: usize) -> Option<(usize, Place)> {
    let mut at = from;
    while let Some(found) = memchr::memchr(b'{', text.get(at..end)?) {
        let brace = at + found;
        at = brace + 1;
        let start = match (syntax, before(text, brace)) {
            (Syntax::Json2, Some((b',' | b'[', _))) => brace,
            (Syntax::Json1, Some((b':', colon))) => match before(text, colon) {
                Some((b'"', quote)) => match memchr::memrchr(b'"', &text[..quote]) {
                    Some(open) if open >= from => open,
                    _ => continue,
                },
                _ => continue,
            },
            _ => continue,
        };
        if let Some(place) = record_place(syntax, text, brace) {
            return Some((start, place));
        }
    }
    None
}

/// The last byte before `at` that is no white space, and its place.
fn before(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let place = text[..at].iter().rposition(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))?;
    Some((text[place], place))
}

/// Where the object at `brace` is a record, by its keys.
fn record_place(syntax: Syntax, text: &[u8], brace: usize) -> Option<Place> {
    let mut at = lex::space(text, brace + 1);
    let (mut id, mut name, mut time) = (false, false, false);
    // Arrays of attributes and relations may be long: what stands before them mostly tells.
    for _ in 0..64 {
        let (key, value) = lex::key(text, at).ok()?;
        match (syntax, key.bytes(text)) {
            (Syntax::Json1, b"ocel:activity" | b"ocel:timestamp") => return Some(Place::Events),
            (Syntax::Json1, b"ocel:type" | b"ocel:ovmap") => return Some(Place::Objects),
            (Syntax::Json2, b"id") => id = true,
            (Syntax::Json2, b"type") => name = true,
            (Syntax::Json2, b"time") => time = true,
            _ => {}
        }
        at = lex::space(text, lex::value_with_words(text, value).ok()?.next);
        match text.get(at)? {
            b',' => at = lex::space(text, at + 1),
            _ => break,
        }
    }
    let place = if time { Place::Events } else { Place::Objects };
    (id && name).then_some(place)
}

/// What a step came to.
enum Step {
    /// On to the next.
    On,
    /// No more before the end of the shard.
    End,
    /// The text at hand ends within it.
    NeedMore,
    /// It is beyond the limit.
    TooLong,
    /// It is at fault.
    Bad(BadRow),
}

/// Why a record or section was not read.
enum Stop {
    /// It is no JSON.
    Fault(Fault),
    /// It is, up to the given place, and lacks something.
    Lacks(String, usize),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Where reading goes on, and among what.
type Read = std::result::Result<(usize, Place), Stop>;

/// A parse under way.
struct Reader<'p, 't> {
    ocel: &'p Ocel,
    text: Text<'t>,
    /// Where the next record, or section, starts.
    at: usize,
    place: Place,
    /// Where the batch starts, and its records so far.
    batch: usize,
    batch_records: usize,
    records: u64,
    limit: usize,
    entry: Entry,
    scratch: Vec<u8>,
    sheets: Sheets<'p>,
    cells: bool,
    /// Where the last record ended.
    record_end: usize,
    /// Members without a place in the tables: the first, and how many.
    odd: std::cell::Cell<(usize, u64)>,
}

/// Reads every record that starts before `end`.
pub fn parse<K: RowSink>(
    ocel: &Ocel,
    text: Text<'_>,
    from: Boundary<Place>,
    end: u64,
    task: &mut Task<'_>,
    sink: &mut K,
) -> Result<Exit<Place>> {
    let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX);
    let start = (from.at - text.base) as usize;
    let mut reader = Reader {
        ocel,
        text,
        at: start,
        place: from.state,
        batch: start,
        batch_records: 0,
        records: task.records,
        limit: task.limit,
        entry: Entry::default(),
        scratch: Vec::new(),
        sheets: Sheets::new(&ocel.shape, &Strings),
        cells: K::CELLS,
        record_end: start,
        odd: (usize::MAX, 0).into(),
    };
    let exit = reader.run(end, sink)?;
    task.records = reader.records;
    sink.learned(reader.sheets.take_learned());
    Ok(exit)
}

impl Reader<'_, '_> {
    fn run<K: RowSink>(&mut self, end: usize, sink: &mut K) -> Result<Exit<Place>> {
        loop {
            let before = self.at;
            let step = self.step(end);
            let full = self.batch_records >= BATCH_RECORDS || self.at - self.batch >= BATCH_BYTES;
            if full || !matches!(step, Step::On) {
                let to = if matches!(step, Step::Bad(_)) { before } else { self.at };
                if self.flush(to, sink)? == Flow::Stop {
                    return Ok(Exit::Stopped);
                }
            }
            let here = Boundary { at: self.text.base + self.at as u64, state: self.place };
            match step {
                Step::On => {}
                Step::End => return Ok(Exit::Done(here)),
                Step::NeedMore => return Ok(Exit::NeedMore(here)),
                Step::TooLong => return Ok(Exit::TooLong(here)),
                Step::Bad(bad) => {
                    let raw = (bad.start - self.text.base) as usize..(bad.end - self.text.base) as usize;
                    self.batch = self.at;
                    if sink.bad(bad, &self.text.bytes[raw])? == Flow::Stop {
                        return Ok(Exit::Stopped);
                    }
                }
            }
        }
    }

    /// Hands over the rows of the text before `to`.
    fn flush<K: RowSink>(&mut self, to: usize, sink: &mut K) -> Result<Flow> {
        if let (first, count @ 1..) = self.odd.replace((usize::MAX, 0)) {
            self.sheets.note(self.text.base + first as u64, Remark::Odd(UNKNOWN, count));
        }
        let text = &self.text.bytes[self.batch..to];
        let base = self.text.base + self.batch as u64;
        self.batch = to;
        self.batch_records = 0;
        match self.cells {
            true => self.sheets.hand_over(text, base, sink),
            false => Ok(Flow::Continue),
        }
    }

    /// Reads one record, or what stands between records.
    fn step(&mut self, end: usize) -> Step {
        let len = self.text.bytes.len();
        if self.place == Place::End {
            let rest = lex::space(self.text.bytes, self.at);
            if rest < len {
                let what = Fault { at: rest, what: What::Expected("the end of the text") };
                return self.bad(rest, what.at, what.code(), what.describe(self.text.bytes));
            }
            self.at = rest;
            return Step::End;
        }
        if self.at >= end || self.at >= len {
            return if self.at >= end || self.text.last { Step::End } else { Step::NeedMore };
        }
        let start = self.at;
        let most = len.min(start.saturating_add(self.limit).saturating_add(1));
        let text = &self.text.bytes[..most];
        let is_record = self.place.side().is_some();
        let read = match self.place {
            Place::Start => self.start(text),
            Place::Log | Place::End => self.section(text),
            Place::Events | Place::Objects => self.record(text),
        };
        match read {
            Ok((next, place)) => {
                if let Some(side) = self.place.side() {
                    let (batch, base) = (self.batch, self.text.base + self.batch as u64);
                    let (start, end) = ((start - batch) as u32, (self.record_end - batch) as u32);
                    let span = Span { start, end, record: self.records };
                    if self.cells {
                        let text = &self.text.bytes[batch..next];
                        self.sheets.put(side, &self.entry, text, base, span);
                    }
                }
                self.records += u64::from(is_record);
                self.batch_records += usize::from(is_record);
                (self.at, self.place) = (next, place);
                Step::On
            }
            Err(Stop::Lacks(what, next)) => {
                let bad = self.bad_row(start, next, start, Code::OcelRecord, what);
                match self.behind(next, self.place) {
                    Ok((next, place)) => (self.at, self.place) = (next, place),
                    Err(_) => return self.bad(start, start, bad.code, bad.what),
                }
                self.records += 1;
                Step::Bad(bad)
            }
            Err(Stop::Fault(fault)) if fault.what == What::Short && most < len => Step::TooLong,
            Err(Stop::Fault(fault)) if fault.what == What::Short && !self.text.last => Step::NeedMore,
            Err(Stop::Fault(fault)) => self.bad(start, fault.at, fault.code(), fault.describe(text)),
        }
    }

    /// A record, or what should be one, that is at fault: reading goes on at the next that can be found.
    fn bad(&mut self, start: usize, at: usize, code: Code, what: String) -> Step {
        let len = self.text.bytes.len();
        let from = at.max(start + 1).min(len);
        let most = len.min(from.saturating_add(LOOK));
        let (next, place) = match find_record(self.ocel.syntax, self.text.bytes, from, most) {
            Some(found) => found,
            None if !self.text.last && len - start <= self.limit => return Step::NeedMore,
            None if len - start > self.limit => return Step::TooLong,
            None => (len, Place::End),
        };
        let bad = self.bad_row(start, next, at, code, what);
        self.records += 1;
        (self.at, self.place) = (next, place);
        Step::Bad(bad)
    }

    fn bad_row(&self, start: usize, end: usize, at: usize, code: Code, what: String) -> BadRow {
        let place = |at: usize| self.text.base + at as u64;
        BadRow {
            start: place(start),
            end: place(end),
            at: place(at),
            record: self.records,
            code,
            what,
            column: None,
            raw: None,
        }
    }

    /// The brace that opens the log.
    fn start(&mut self, text: &[u8]) -> Read {
        let at = lex::expect(text, lex::space(text, self.at), b'{', "the object that a log is")?;
        let at = lex::space(text, at);
        match text.get(at) {
            Some(b'}') => self.end(at + 1),
            Some(_) => Ok((at, Place::Log)),
            None => Err(Fault { at, what: What::Short }.into()),
        }
    }

    /// A section: of records, of which the first is next, or another, which is kept.
    fn section(&mut self, text: &[u8]) -> Read {
        let (key, at) = lex::key(text, self.at)?;
        let name = name_of(key, text, &mut self.scratch);
        let (place, open, close) = match (self.ocel.syntax, name) {
            (Syntax::Json2, "events") => (Place::Events, b'[', b']'),
            (Syntax::Json2, "objects") => (Place::Objects, b'[', b']'),
            (Syntax::Json1, "ocel:events") => (Place::Events, b'{', b'}'),
            (Syntax::Json1, "ocel:objects") => (Place::Objects, b'{', b'}'),
            _ => (Place::Log, 0, 0),
        };
        if place != Place::Log && text.get(at) == Some(&open) {
            let at = lex::space(text, at + 1);
            return match text.get(at) {
                Some(byte) if *byte == close => self.behind(at + 1, Place::Log),
                Some(_) => Ok((at, place)),
                None => Err(Fault { at, what: What::Short }.into()),
            };
        }
        let value = lex::value_with_words(text, at)?;
        let raw = String::from_utf8_lossy(&text[at..value.next]).into_owned();
        let note = Remark::Section(name.to_owned(), raw);
        let place = self.text.base + self.at as u64;
        let read = self.behind(value.next, Place::Log)?;
        if self.cells {
            self.sheets.note(place, note);
        }
        Ok(read)
    }

    /// What follows an item of `place` that ends at `at`: the next item, or the end of what holds it.
    fn behind(&self, at: usize, place: Place) -> Read {
        let text = self.text.bytes;
        let close = match (place, self.ocel.syntax) {
            (Place::Events | Place::Objects, Syntax::Json2) => b']',
            _ => b'}',
        };
        let at = lex::space(text, at);
        match text.get(at) {
            Some(b',') => {
                let at = lex::space(text, at + 1);
                // White space may go on: where the next item starts must not depend on where the text at hand ends.
                match at >= text.len() && !self.text.last {
                    true => Err(Fault { at, what: What::Short }.into()),
                    false => Ok((at, place)),
                }
            }
            Some(byte) if *byte == close => match place {
                Place::Events | Place::Objects => self.behind(at + 1, Place::Log),
                _ => self.end(at + 1),
            },
            Some(_) => Err(Fault { at, what: What::Expected("\",\" or the end of the section") }.into()),
            None => Err(Fault { at, what: What::Short }.into()),
        }
    }

    /// The end of the log.
    fn end(&self, at: usize) -> Read {
        let at = lex::space(self.text.bytes, at);
        match at >= self.text.bytes.len() && !self.text.last {
            true => Err(Fault { at, what: What::Short }.into()),
            false => Ok((at, Place::End)),
        }
    }

    /// The record that starts here.
    fn record(&mut self, text: &[u8]) -> Read {
        self.entry.clear();
        let place = self.place;
        let (at, lacks) = match self.ocel.syntax {
            Syntax::Json2 => self.record_2(text)?,
            Syntax::Json1 => self.record_1(text)?,
        };
        self.record_end = at;
        let is_event = place == Place::Events;
        let lacks = lacks.or_else(|| match &self.entry {
            Entry { id: None, .. } => Some("expected an identifier (\"id\")".to_owned()),
            Entry { type_name: None, .. } => Some("expected a type (\"type\")".to_owned()),
            Entry { time: None, .. } if is_event => Some("expected a time (\"time\")".to_owned()),
            _ => None,
        });
        match lacks {
            Some(what) => Err(Stop::Lacks(what, at)),
            None => self.behind(at, place),
        }
    }

    /// `{"id", "type", "time", "attributes": […], "relationships": […]}`. Gives its end, and what it has that it should not.
    fn record_2(&mut self, text: &[u8]) -> Lexed<(usize, Option<String>)> {
        let mut lacks = None;
        let mut at = lex::space(text, lex::expect(text, self.at, b'{', "an event or object")?);
        if text.get(at) == Some(&b'}') {
            return Ok((at + 1, None));
        }
        loop {
            let (key, value_at) = lex::key(text, at)?;
            let next = match key.bytes(text) {
                b"id" if self.entry.id.is_none() => {
                    let (cell, next) = self.word(text, value_at, "\"id\"", &mut lacks)?;
                    self.entry.id = cell;
                    next
                }
                b"type" if self.entry.type_name.is_none() => {
                    let (cell, next) = self.word(text, value_at, "\"type\"", &mut lacks)?;
                    self.entry.type_name = cell;
                    next
                }
                b"time" if self.entry.time.is_none() && self.place == Place::Events => {
                    let (cell, next) = self.word(text, value_at, "\"time\"", &mut lacks)?;
                    self.entry.time = cell;
                    next
                }
                b"attributes" => self.attributes(text, value_at, &mut lacks)?,
                b"relationships" => self.relationships(text, value_at, &mut lacks)?,
                _ => self.given(text, key, value_at)?,
            };
            match next_member(text, next)? {
                (next, true) => at = next,
                (end, false) => return Ok((end, lacks)),
            }
        }
    }

    /// `"id": {"ocel:activity", "ocel:timestamp", "ocel:omap": […], "ocel:vmap": {…}}`, or with `ocel:type` and `ocel:ovmap`.
    fn record_1(&mut self, text: &[u8]) -> Lexed<(usize, Option<String>)> {
        let mut lacks = None;
        let (id, at) = lex::key(text, self.at)?;
        self.entry.id = Some(self.cell(id));
        let mut at = lex::space(text, lex::expect(text, at, b'{', "an event or object")?);
        if text.get(at) == Some(&b'}') {
            return Ok((at + 1, None));
        }
        loop {
            let (key, value_at) = lex::key(text, at)?;
            let next = match key.bytes(text) {
                b"ocel:activity" | b"ocel:type" if self.entry.type_name.is_none() => {
                    let (cell, next) = self.word(text, value_at, "the type", &mut lacks)?;
                    self.entry.type_name = cell;
                    next
                }
                b"ocel:timestamp" if self.entry.time.is_none() && self.place == Place::Events => {
                    let (cell, next) = self.word(text, value_at, "\"ocel:timestamp\"", &mut lacks)?;
                    self.entry.time = cell;
                    next
                }
                b"ocel:omap" => self.relationships(text, value_at, &mut lacks)?,
                b"ocel:vmap" | b"ocel:ovmap" => self.attributes(text, value_at, &mut lacks)?,
                _ => self.given(text, key, value_at)?,
            };
            match next_member(text, next)? {
                (next, true) => at = next,
                (end, false) => return Ok((end, lacks)),
            }
        }
    }

    fn cell(&self, text: lex::Text) -> Cell {
        Cell::quoted(text.start - self.batch, text.end - text.start, text.escaped)
    }

    fn value_cell(&self, value: lex::Value) -> (Cell, Option<Kind>) {
        let (start, len) = (value.start - self.batch, value.end - value.start);
        match value.kind {
            lex::Kind::Text => (Cell::quoted(start, len, value.escaped), Some(Kind::Text)),
            lex::Kind::Number(true) => (Cell::plain(start, len), Some(Kind::Int)),
            lex::Kind::Number(false) => (Cell::plain(start, len), Some(Kind::Float)),
            lex::Kind::Bool => (Cell::plain(start, len), Some(Kind::Bool)),
            lex::Kind::Null => (NULL, None),
            lex::Kind::Object | lex::Kind::Array => (Cell::plain(start, len), Some(Kind::Nested)),
        }
    }

    /// A text, or a number that stands for one.
    fn word(
        &self,
        text: &[u8],
        at: usize,
        what: &str,
        lacks: &mut Option<String>,
    ) -> Lexed<(Option<Cell>, usize)> {
        let value = lex::value_with_words(text, at)?;
        let cell = match value.kind {
            lex::Kind::Text | lex::Kind::Number(_) => Some(self.value_cell(value).0),
            _ => {
                lacks.get_or_insert_with(|| {
                    let shown = String::from_utf8_lossy(&text[at..value.next.min(at + 40)]);
                    format!("expected {what} to be text, found {shown}")
                });
                None
            }
        };
        Ok((cell, value.next))
    }

    /// A member that the standard doesn't know is an attribute.
    fn given(&mut self, text: &[u8], key: lex::Text, at: usize) -> Lexed<usize> {
        let value = lex::value_with_words(text, at)?;
        let (cell, kind) = self.value_cell(value);
        self.entry.given.push(Given { name: self.cell(key), time: None, value: cell, kind });
        Ok(value.next)
    }

    /// `[{"name", "value", "time"}]`, or `{name: value}`.
    fn attributes(&mut self, text: &[u8], at: usize, lacks: &mut Option<String>) -> Lexed<usize> {
        match text.get(at) {
            Some(b'[') => each_item(text, at, |at| self.attribute(text, at, lacks)),
            Some(b'{') => {
                let mut at = lex::space(text, at + 1);
                if text.get(at) == Some(&b'}') {
                    return Ok(at + 1);
                }
                loop {
                    let (key, value_at) = lex::key(text, at)?;
                    let next = self.given(text, key, value_at)?;
                    match next_member(text, next)? {
                        (next, true) => at = next,
                        (end, false) => return Ok(end),
                    }
                }
            }
            _ => other(text, at, "the attributes", lacks),
        }
    }

    fn attribute(&mut self, text: &[u8], at: usize, lacks: &mut Option<String>) -> Lexed<usize> {
        if text.get(at) != Some(&b'{') {
            return other(text, at, "an attribute", lacks);
        }
        let (mut name, mut time, mut value) = (None, None, (NULL, None));
        let end = each_member(text, at, |key, at| {
            let read = lex::value_with_words(text, at)?;
            match key.bytes(text) {
                b"name" if read.kind == lex::Kind::Text => name = Some(self.value_cell(read).0),
                b"value" => value = self.value_cell(read),
                b"time" if read.kind != lex::Kind::Null => time = Some(self.value_cell(read).0),
                _ => self.unknown(at),
            }
            Ok(read.next)
        })?;
        if name.is_none() {
            lacks.get_or_insert_with(|| "expected an attribute to have a name".to_owned());
        }
        self.entry.given.extend(name.map(|name| Given { name, time, value: value.0, kind: value.1 }));
        Ok(end)
    }

    /// `[{"objectId", "qualifier"}]`, or `[id]`.
    fn relationships(&mut self, text: &[u8], at: usize, lacks: &mut Option<String>) -> Lexed<usize> {
        match text.get(at) {
            Some(b'[') => each_item(text, at, |at| self.relationship(text, at, lacks)),
            _ => other(text, at, "the relations", lacks),
        }
    }

    fn relationship(&mut self, text: &[u8], at: usize, lacks: &mut Option<String>) -> Lexed<usize> {
        if text.get(at) != Some(&b'{') {
            let (object, next) = self.word(text, at, "an object", lacks)?;
            self.entry.related.extend(object.map(|object| Related { object, qualifier: EMPTY }));
            return Ok(next);
        }
        let (mut object, mut qualifier) = (None, EMPTY);
        let end = each_member(text, at, |key, at| match key.bytes(text) {
            b"objectId" => {
                let (cell, next) = self.word(text, at, "\"objectId\"", lacks)?;
                object = cell;
                Ok(next)
            }
            b"qualifier" => {
                let read = lex::value_with_words(text, at)?;
                if read.kind != lex::Kind::Null {
                    qualifier = self.value_cell(read).0;
                }
                Ok(read.next)
            }
            _ => {
                self.unknown(at);
                Ok(lex::value_with_words(text, at)?.next)
            }
        })?;
        if object.is_none() {
            lacks.get_or_insert_with(|| "expected a relation to have an \"objectId\"".to_owned());
        }
        self.entry.related.extend(object.map(|object| Related { object, qualifier }));
        Ok(end)
    }

    /// Something within an attribute or relation that has no place in a table.
    fn unknown(&self, at: usize) {
        self.odd.set((self.odd.get().0.min(at), self.odd.get().1 + 1));
    }
}

/// A key as text.
fn name_of<'v>(key: lex::Text, text: &'v [u8], scratch: &'v mut Vec<u8>) -> &'v str {
    scratch.clear();
    lex::unescape(key.bytes(text), scratch);
    std::str::from_utf8(scratch).unwrap_or_default()
}

/// Behind a member's value: where the next member stands and true, or the end of the object and false.
#[inline]
fn next_member(text: &[u8], at: usize) -> Lexed<(usize, bool)> {
    let at = lex::space(text, at);
    match text.get(at) {
        Some(b',') => Ok((lex::space(text, at + 1), true)),
        Some(b'}') => Ok((at + 1, false)),
        Some(_) => Err(Fault { at, what: What::Expected("\",\" or \"}\"") }),
        None => Err(Fault { at, what: What::Short }),
    }
}

/// Every member of the object at `at`; `each` is given its key and where its value starts, and gives where that ends.
#[inline]
fn each_member(
    text: &[u8],
    at: usize,
    mut each: impl FnMut(lex::Text, usize) -> Lexed<usize>,
) -> Lexed<usize> {
    let mut at = lex::space(text, at + 1);
    if text.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        let (key, value) = lex::key(text, at)?;
        match next_member(text, each(key, value)?)? {
            (next, true) => at = next,
            (end, false) => return Ok(end),
        }
    }
}

/// Every item of the array at `at`.
#[inline]
fn each_item(text: &[u8], at: usize, mut each: impl FnMut(usize) -> Lexed<usize>) -> Lexed<usize> {
    let mut at = lex::space(text, at + 1);
    if text.get(at) == Some(&b']') {
        return Ok(at + 1);
    }
    loop {
        let next = lex::space(text, each(at)?);
        match text.get(next) {
            Some(b',') => at = lex::space(text, next + 1),
            Some(b']') => return Ok(next + 1),
            Some(_) => return Err(Fault { at: next, what: What::Expected("\",\" or \"]\"") }),
            None => return Err(Fault { at: next, what: What::Short }),
        }
    }
}

/// A value of another shape than it should have; null stands for nothing.
fn other(text: &[u8], at: usize, what: &str, lacks: &mut Option<String>) -> Lexed<usize> {
    let value = lex::value_with_words(text, at)?;
    if value.kind != lex::Kind::Null {
        let shown = String::from_utf8_lossy(&text[at..value.next.min(at + 40)]);
        lacks.get_or_insert_with(|| format!("expected {what}, found {shown}"));
    }
    Ok(value.next)
}
