//! OCEL as JSON: version 2.0, whose sections are arrays, and 1.0, whose sections are objects keyed by
//! identifiers, or arrays of records that carry theirs.

mod version_1;

use super::gaps::Gaps;
use super::json_look::{First, find_record, first_record};
use super::json_quick;
use super::log::{ItemSyntax as LogSyntax, Odd, Section};
use super::sheets::{AttributeValue, EMPTY, EntryRelation, NULL, OcelEntry};
use super::{OcelPlace, OcelSyntax, types};
use crate::error::Code;
use crate::model::kind::Kind;
use crate::model::ocel::OcelSide;
use crate::model::table::{Cell, Unescape};
use crate::text::items::{Here, ItemStop, ReadItem, RecordSearch};
use crate::text::json::lex;
use crate::text::json::lex::{JsonFault, JsonFaultKind, Lexed};

/// What is odd about a member of an attribute or relation that the standard doesn't know, or that is there
/// twice.
pub const UNKNOWN: &str = "member|members of attributes or relations that the standard doesn't know, or that is|are there twice, and that is|are left out";

/// Remark about a section of OCEL 1.0 that is an array.
const LISTED: &str =
    "section|sections whose records stand in an array, where OCEL 1.0 has an object keyed by identifiers";

/// Remark about a key of OCEL 1.0 without its prefix.
pub const BARE: &str = "event,|events, object|objects or section|sections without the prefix \"ocel:\" that keys of OCEL 1.0 have";

/// What a section's name is in OCEL 1.0, with its prefix, and whether it lacked it.
pub fn section_1(name: &str) -> (&str, bool) {
    const SECTIONS: [&str; 5] =
        ["ocel:global-log", "ocel:global-event", "ocel:global-object", "ocel:events", "ocel:objects"];
    match SECTIONS.iter().find(|known| known.strip_prefix("ocel:") == Some(name)) {
        Some(known) => (known, true),
        None => (name, false),
    }
}

/// Undoes the escapes of JSON.
pub struct OcelJsonUnescape;

impl Unescape for OcelJsonUnescape {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        lex::unescape(raw, out);
    }
}

/// Reads the items of a log.
pub struct JsonItems {
    syntax: OcelSyntax,
    entry: OcelEntry,
    batch: usize,
    scratch: Vec<u8>,
    section: Option<Section>,
    /// Members without a place in the tables.
    odd: std::cell::Cell<u64>,
    /// Whether the section that was read is an array where it should be an object.
    listed: bool,
    /// Whether the record or section that was read has keys without their prefix.
    bare: bool,
    /// Of objects, and of events.
    gaps: [Gaps; 2],
    /// Whether the plain reader reads all.
    plainly: bool,
}

impl JsonItems {
    /// Of a log that is written so. `plainly`: read by the plain reader alone.
    pub fn new(syntax: OcelSyntax, plainly: bool) -> Self {
        let (entry, scratch) = (OcelEntry::default(), Vec::new());
        Self {
            syntax,
            entry,
            batch: 0,
            scratch,
            section: None,
            odd: 0.into(),
            listed: false,
            bare: false,
            gaps: Default::default(),
            plainly,
        }
    }
}

/// A fault, as the reader takes it, of an item that begins at `from`. What is said of it depends on nothing
/// before: a stream may begin there.
fn stop(fault: JsonFault, text: &[u8], from: usize) -> ItemStop {
    match fault.what {
        JsonFaultKind::Short => ItemStop::Short(fault.at),
        what => {
            let from = from.min(fault.at);
            let within = JsonFault { at: fault.at - from, what };
            ItemStop::Fault { at: fault.at, code: fault.code(), what: within.describe(&text[from..]) }
        }
    }
}

/// Where reading goes on, and among what.
type JsonNext = Lexed<(usize, OcelPlace)>;

impl LogSyntax for JsonItems {
    fn read(&mut self, here: Here<'_>, at: usize, place: OcelPlace) -> Result<ReadItem<OcelPlace>, ItemStop> {
        let text = here.text;
        self.batch = here.batch;
        let is_record = place.side().is_some();
        let on = |next: JsonNext, end: usize| match next {
            Ok((next, place)) => Ok(ReadItem { next, place, end, is_record }),
            Err(fault) => Err(stop(fault, here.whole, at)),
        };
        match place {
            OcelPlace::Start => on(self.start(here, at), at),
            OcelPlace::Log | OcelPlace::End => {
                let (next, section) = self.section(here, at).map_err(|fault| stop(fault, text, at))?;
                self.section = section;
                on(Ok(next), next.0)
            }
            OcelPlace::Events | OcelPlace::Objects | OcelPlace::Listed(_) => {
                let (end, lacks) = self.record(text, at, place).map_err(|fault| stop(fault, text, at))?;
                match (lacks, self.next(here, end, place)) {
                    (Some(what), _) => Err(ItemStop::Lacks { what, code: Code::OcelRecord, end }),
                    // It is whole: what is wrong stands behind it.
                    (None, Err(JsonFault { what, .. })) if what != JsonFaultKind::Short => {
                        Ok(ReadItem { next: end, place: place.after(), end, is_record })
                    }
                    (None, next) => on(next, end),
                }
            }
            OcelPlace::After(within) => on(self.next(here, at, within.place()), at),
        }
    }

    fn take_section(&mut self) -> Option<Section> {
        self.section.take()
    }

    fn entry(&self) -> &OcelEntry {
        &self.entry
    }

    fn behind(&self, here: Here<'_>, at: usize, place: OcelPlace) -> Result<(usize, OcelPlace), ItemStop> {
        self.next(here, at, place).map_err(|fault| stop(fault, here.whole, at))
    }

    fn rest(&self, here: Here<'_>, from: usize) -> Result<usize, ItemStop> {
        Ok(lex::space(here.whole, from))
    }

    fn find_record(&self, text: &[u8], from: usize, end: usize, last: bool) -> RecordSearch<OcelPlace> {
        find_record(self.syntax, text, from, end, last)
    }

    fn code(&self) -> Code {
        Code::Json
    }

    fn take_odd(&mut self) -> [Option<Odd>; 2] {
        let bare = std::mem::take(&mut self.bare).then_some((BARE, 1, None));
        if std::mem::take(&mut self.listed) {
            return [Some((LISTED, 1, None)), bare];
        }
        let odd = self.odd.take();
        [(odd > 0).then_some((UNKNOWN, odd, None)), bare]
    }
}

impl JsonItems {
    /// The brace that opens the log.
    fn start(&self, here: Here<'_>, at: usize) -> JsonNext {
        let text = here.text;
        let at = lex::expect(text, lex::space(text, at), b'{', "the object that a log is")?;
        let at = lex::space(text, at);
        match text.get(at) {
            Some(b'}') => end(here, at + 1),
            Some(_) => Ok((at, OcelPlace::Log)),
            // What follows may have been cut off to be read by itself.
            None if here.last => Ok((at, OcelPlace::Log)),
            None => Err(JsonFault { at, what: JsonFaultKind::Short }),
        }
    }

    /// A section: of records, of which the first is next, or another, which is kept.
    fn section(&mut self, here: Here<'_>, at: usize) -> Lexed<((usize, OcelPlace), Option<Section>)> {
        let text = here.text;
        let (key, at) = lex::key(text, at)?;
        let name = name_of(key, text, &mut self.scratch).to_owned();
        let (known, is_bare) =
            if self.syntax == OcelSyntax::Json1 { section_1(&name) } else { (name.as_str(), false) };
        let side = match (self.syntax, known) {
            (OcelSyntax::Json2, "events") | (OcelSyntax::Json1, "ocel:events") => Some(OcelSide::Event),
            (OcelSyntax::Json2, "objects") | (OcelSyntax::Json1, "ocel:objects") => Some(OcelSide::Object),
            _ => None,
        };
        // By such a name something else may be kept.
        let side = match side.filter(|_| is_bare) {
            Some(bare) if !holds_records(bare, here, at)? => None,
            _ => side,
        };
        let is_global = is_bare && side.is_none() && !matches!(name.as_str(), "events" | "objects");
        self.bare = is_bare && side.is_some() || is_global;
        if let Some(side) = side
            && let Some(place) = self.records(side, text.get(at).copied())
        {
            let at = lex::space(text, at + 1);
            let first = match text.get(at) {
                Some(byte) if *byte == self.close(place) => self.next(here, at + 1, OcelPlace::Log)?,
                Some(_) => (at, place),
                None if here.last => (at, place),
                None => return Err(JsonFault { at, what: JsonFaultKind::Short }),
            };
            self.listed = matches!(place, OcelPlace::Listed(_));
            return Ok((first, None));
        }
        let value = lex::value_with_words(text, at)?;
        // Records that stand otherwise than they must are not to be taken for something beside the log.
        if side.is_some() && value.kind != lex::JsonKind::Null {
            let what = match self.syntax {
                OcelSyntax::Json1 => "an object or array of records",
                _ => "an array of records",
            };
            return Err(JsonFault { at, what: JsonFaultKind::Expected(what) });
        }
        let next = self.next(here, value.next, OcelPlace::Log)?;
        if side.is_some() {
            return Ok((next, None));
        }
        let declares =
            self.syntax == OcelSyntax::Json2 && types::SECTIONS.iter().any(|(known, _)| *known == name);
        let declared = if declares { types::places(text, at) } else { Vec::new() };
        let text = String::from_utf8_lossy(&text[at..value.next]).into_owned();
        Ok((next, Some(Section { name, text, declared })))
    }

    /// Among what the records of a section stand that begins with `open`.
    fn records(&self, side: OcelSide, open: Option<u8>) -> Option<OcelPlace> {
        match (self.syntax, open?, side) {
            (OcelSyntax::Json2, b'[', OcelSide::Event) | (OcelSyntax::Json1, b'{', OcelSide::Event) => {
                Some(OcelPlace::Events)
            }
            (OcelSyntax::Json2, b'[', OcelSide::Object) | (OcelSyntax::Json1, b'{', OcelSide::Object) => {
                Some(OcelPlace::Objects)
            }
            (OcelSyntax::Json1, b'[', _) => Some(OcelPlace::Listed(side)),
            _ => None,
        }
    }

    /// What ends that in which items of `place` stand.
    fn close(&self, place: OcelPlace) -> u8 {
        match (place, self.syntax) {
            (OcelPlace::Events | OcelPlace::Objects, OcelSyntax::Json2) | (OcelPlace::Listed(_), _) => b']',
            _ => b'}',
        }
    }

    /// What follows an item of `place` that ends at `at`: the next item, or the end of what holds it.
    fn next(&self, here: Here<'_>, at: usize, place: OcelPlace) -> JsonNext {
        let text = here.whole;
        let close = self.close(place);
        let at = lex::space(text, at);
        match text.get(at) {
            Some(b',') => {
                let at = lex::space(text, at + 1);
                // White space may go on: where the next item starts must not depend on where the text at hand
                // ends.
                match at >= text.len() && !here.last {
                    true => Err(JsonFault { at, what: JsonFaultKind::Short }),
                    false => Ok((at, place)),
                }
            }
            Some(byte) if *byte == close => match place.side() {
                Some(_) => self.next(here, at + 1, OcelPlace::Log),
                None => end(here, at + 1),
            },
            Some(_) => {
                Err(JsonFault { at, what: JsonFaultKind::Expected("\",\" or the end of the section") })
            }
            // The end is missed at the end of the text, once.
            None if here.last => Ok((at, place)),
            None => Err(JsonFault { at, what: JsonFaultKind::Short }),
        }
    }

    /// The record that starts at `at`: its end, and what it has that it should not, or lacks.
    fn record(&mut self, text: &[u8], at: usize, place: OcelPlace) -> Lexed<(usize, Option<String>)> {
        self.entry.clear();
        self.bare = false;
        let is_event = place.side() == Some(OcelSide::Event);
        if self.syntax == OcelSyntax::Json2 && !self.plainly {
            if let Some(end) = json_quick::record(
                text,
                at,
                self.batch,
                is_event,
                &mut self.entry,
                &mut self.gaps[usize::from(is_event)],
            ) {
                return Ok((end, self.entry.lacks(is_event)));
            }
            self.entry.clear();
        }
        let (end, lacks) = match self.syntax {
            OcelSyntax::Json1 => {
                let listed = matches!(place, OcelPlace::Listed(_));
                self.record_1(text, at, is_event, listed)?
            }
            _ => self.record_2(text, at, is_event)?,
        };
        Ok((end, lacks.or_else(|| self.entry.lacks(is_event))))
    }

    /// `{"id", "type", "time", "attributes": […], "relationships": […]}`. Gives its end, and what it has that
    /// it should not.
    fn record_2(&mut self, text: &[u8], at: usize, is_event: bool) -> Lexed<(usize, Option<String>)> {
        let mut lacks = None;
        let mut at = lex::space(text, lex::expect(text, at, b'{', "an event or object")?);
        if text.get(at) == Some(&b'}') {
            return Ok((at + 1, None));
        }
        loop {
            let (key, value_at) = lex::key(text, at)?;
            let next = match &*key.plain(text) {
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
                b"time" if self.entry.time.is_none() && is_event => {
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

    /// The identifier that a record carries itself.
    fn own_id(&mut self, text: &[u8], at: usize, lacks: &mut Option<String>) -> Lexed<usize> {
        let (cell, next) = self.word(text, at, "the identifier", lacks)?;
        self.entry.id = cell;
        Ok(next)
    }

    fn cell(&self, text: lex::JsonString) -> Cell {
        Cell::quoted(text.start - self.batch, text.end - text.start, text.escaped)
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
            lex::JsonKind::Text | lex::JsonKind::Number(_) => Some(value_cell(value, self.batch).0),
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
    fn given(&mut self, text: &[u8], key: lex::JsonString, at: usize) -> Lexed<usize> {
        let value = lex::value_with_words(text, at)?;
        let (cell, kind) = value_cell(value, self.batch);
        self.entry.given.push(AttributeValue { name: self.cell(key), time: None, value: cell, kind });
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
        let (mut name, mut time, mut value) = (None, None, None);
        let end = each_member(text, at, |key, at| {
            let read = lex::value_with_words(text, at)?;
            match &*key.plain(text) {
                b"name" if read.kind == lex::JsonKind::Text && name.is_none() => {
                    name = Some(value_cell(read, self.batch).0)
                }
                b"value" if value.is_none() => value = Some(value_cell(read, self.batch)),
                b"time" if read.kind == lex::JsonKind::Null => {}
                b"time" if time.is_none() => time = Some(value_cell(read, self.batch).0),
                _ => self.unknown(),
            }
            Ok(read.next)
        })?;
        if name.is_none() {
            lacks.get_or_insert_with(|| "expected an attribute to have a name".to_owned());
        }
        let (value, kind) = value.unwrap_or((NULL, None));
        self.entry.given.extend(name.map(|name| AttributeValue { name, time, value, kind }));
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
            self.entry.related.extend(object.map(|object| EntryRelation { object, qualifier: EMPTY }));
            return Ok(next);
        }
        let (mut object, mut qualifier) = (None, None);
        let has = |key: &[u8]| self.syntax == OcelSyntax::Json1 || !key.starts_with(b"ocel:");
        let end = each_member(text, at, |key, at| match &*key.plain(text) {
            key @ (b"objectId" | b"ocel:oid") if object.is_none() && has(key) => {
                let (cell, next) = self.word(text, at, "\"objectId\"", lacks)?;
                object = cell;
                Ok(next)
            }
            key @ (b"qualifier" | b"ocel:qualifier") if qualifier.is_none() && has(key) => {
                let read = lex::value_with_words(text, at)?;
                if read.kind != lex::JsonKind::Null {
                    qualifier = Some(value_cell(read, self.batch).0);
                }
                Ok(read.next)
            }
            _ => {
                self.unknown();
                Ok(lex::value_with_words(text, at)?.next)
            }
        })?;
        if object.is_none() {
            lacks.get_or_insert_with(|| "expected a relation to have an \"objectId\"".to_owned());
        }
        let qualifier = qualifier.unwrap_or(EMPTY);
        self.entry.related.extend(object.map(|object| EntryRelation { object, qualifier }));
        Ok(end)
    }

    /// Something within an attribute or relation that has no place in a table.
    fn unknown(&self) {
        self.odd.set(self.odd.get() + 1);
    }
}

/// Whether the section at `at` whose name lacks its prefix holds the records of OCEL 1.0, by the first of
/// them, or nothing.
fn holds_records(side: OcelSide, here: Here<'_>, at: usize) -> Lexed<bool> {
    let first = first_record(side, here.text, at);
    match first {
        Err(fault)
            if fault.what == JsonFaultKind::Short && !(here.last && here.text.len() == here.whole.len()) =>
        {
            Err(fault)
        }
        Err(_) => Ok(true),
        Ok(first) => Ok(first != First::Other),
    }
}

/// A value as a cell of the batch, and what it is; nothing for null.
#[inline]
pub fn value_cell(value: lex::JsonValue, batch: usize) -> (Cell, Option<Kind>) {
    let (start, len) = (value.start - batch, value.end - value.start);
    match value.kind {
        lex::JsonKind::Text => (Cell::quoted(start, len, value.escaped), Some(Kind::Text)),
        lex::JsonKind::Number(true) => (Cell::plain(start, len), Some(Kind::Int)),
        lex::JsonKind::Number(false) => (Cell::plain(start, len), Some(Kind::Float)),
        lex::JsonKind::Bool => (Cell::plain(start, len), Some(Kind::Bool)),
        lex::JsonKind::Null => (NULL, None),
        lex::JsonKind::Object | lex::JsonKind::Array => (Cell::plain(start, len), Some(Kind::Nested)),
    }
}

/// The end of the log.
fn end(here: Here<'_>, at: usize) -> JsonNext {
    let at = lex::space(here.whole, at);
    match at >= here.whole.len() && !here.last {
        true => Err(JsonFault { at, what: JsonFaultKind::Short }),
        false => Ok((at, OcelPlace::End)),
    }
}

/// A key as text.
fn name_of<'v>(key: lex::JsonString, text: &'v [u8], scratch: &'v mut Vec<u8>) -> &'v str {
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
        Some(_) => Err(JsonFault { at, what: JsonFaultKind::Expected("\",\" or \"}\"") }),
        None => Err(JsonFault { at, what: JsonFaultKind::Short }),
    }
}

/// Every member of the object at `at`; `each` is given its key and where its value starts, and gives where
/// that ends.
#[inline]
fn each_member(
    text: &[u8],
    at: usize,
    mut each: impl FnMut(lex::JsonString, usize) -> Lexed<usize>,
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
            Some(_) => return Err(JsonFault { at: next, what: JsonFaultKind::Expected("\",\" or \"]\"") }),
            None => return Err(JsonFault { at: next, what: JsonFaultKind::Short }),
        }
    }
}

/// A value of another shape than it should have; null stands for nothing.
fn other(text: &[u8], at: usize, what: &str, lacks: &mut Option<String>) -> Lexed<usize> {
    let value = lex::value_with_words(text, at)?;
    if value.kind != lex::JsonKind::Null {
        let shown = String::from_utf8_lossy(&text[at..value.next.min(at + 40)]);
        lacks.get_or_insert_with(|| format!("expected {what}, found {shown}"));
    }
    Ok(value.next)
}
