//! OCEL as XML: version 2.0 and 1.0, with the elements that tools write for relations.

mod version_1;

use serde_json::{Value, json};

use super::gaps::Gaps;
use super::log::{ItemSyntax as LogSyntax, Odd, Section};
use super::sheets::{AttributeValue, EMPTY, EntryRelation, NULL, OcelEntry};
use super::xml_content::{cell, is_of_xml, is_space, is_space_byte};
use super::xml_look::{DOCTYPE, PAST_DOCTYPE, find_record};
use super::xml_quick;
use super::{OcelPlace, OcelSyntax};
use crate::error::Code;
use crate::model::kind::Kind;
use crate::model::table::Cell;
use crate::text::items::{Here, ItemStop, Next, ReadItem, RecordSearch};
use crate::text::xml::XmlFault;
use crate::text::xml::markup;
use crate::text::xml::markup::XmlAttribute;
use crate::text::xml::tokens::{Tokens, XmlToken};

/// Elements within each other at most.
const DEPTH: usize = 1024;

/// Remark about elements and attributes that the standard doesn't know.
const UNKNOWN: &str = "element|elements within events or objects, or attribute|attributes of these, that the standard doesn't know, and that is|are left out";

/// Remark about a value that has elements within.
const NESTED: &str = "element|elements within values: kept in these as written";
/// Remark about an attribute of OCEL 1.0 that has elements within.
const HOLDING: &str = "attribute|attributes with elements or text within: kept as text, as written";

/// Elements within values, or attributes that hold some: how many, and where the first is.
type OpenElement = (u64, usize);

/// The name of an element without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Reads the items of a log.
pub struct XmlItems {
    syntax: OcelSyntax,
    entry: OcelEntry,
    section: Option<Section>,
    odd: u64,
    nested: OpenElement,
    /// Of objects, and of events.
    gaps: [Gaps; 2],
    plainly: bool,
    /// Whether a document type is told and gone past, and where one is.
    goes_past: bool,
    doctype: Option<usize>,
}

impl XmlItems {
    /// Of a log that is written so. `plainly`: read by the plain reader alone. `goes_past`: a document type
    /// is told and does not end the run.
    pub fn new(syntax: OcelSyntax, plainly: bool, goes_past: bool) -> Self {
        let (entry, gaps) = (OcelEntry::default(), Default::default());
        let (section, odd, nested, doctype) = (None, 0, (0, 0), None);
        Self { syntax, entry, section, odd, nested, gaps, plainly, goes_past, doctype }
    }
}

/// Where the next record starts, if nothing but white space is before it.
fn next_record(here: Here<'_>, end: usize, is_event: bool) -> Option<usize> {
    let space = here.whole[end..].iter().take_while(|byte| is_space_byte(**byte)).count();
    let next = end + space;
    let tag: &[u8] = if is_event { b"<event " } else { b"<object " };
    here.whole[next..].starts_with(tag).then_some(next)
}

impl LogSyntax for XmlItems {
    fn read(&mut self, here: Here<'_>, at: usize, place: OcelPlace) -> Result<ReadItem<OcelPlace>, ItemStop> {
        let is_event = place == OcelPlace::Events;
        if self.syntax == OcelSyntax::Xml2
            && matches!(place, OcelPlace::Events | OcelPlace::Objects)
            && !self.plainly
        {
            self.entry.clear();
            if let Some(end) = xml_quick::record(
                here.text,
                at,
                here.batch,
                is_event,
                &mut self.entry,
                &mut self.gaps[usize::from(is_event)],
            ) && self.entry.lacks(is_event).is_none()
                && let Some(next) = next_record(here, end, is_event)
            {
                return Ok(ReadItem { next, place, end, is_record: true });
            }
        }
        let mut found = Vec::new();
        let mut walk = OcelXmlWalk::new(here, at, &mut found);
        walk.goes_past = self.goes_past;
        let read = match place {
            OcelPlace::Start => walk.start(here, at),
            OcelPlace::Log | OcelPlace::End => walk.section(here),
            // XML has no lists beside its sections.
            OcelPlace::Events | OcelPlace::Objects | OcelPlace::Listed(_) => {
                self.entry.clear();
                let tag = walk.open(if is_event { "event" } else { "object" })?;
                match self.syntax {
                    OcelSyntax::Xml1 => walk.record_1(&tag, is_event, &mut self.entry)?,
                    _ => walk.record_2(&tag, is_event, &mut self.entry)?,
                }
                let end = walk.tokens.at();
                match self.entry.lacks(is_event) {
                    Some(what) => Err(ItemStop::Lacks { what, code: Code::OcelRecord, end }),
                    None => match OcelXmlWalk::new(here, end, walk.found).next(place) {
                        Ok((next, place)) => Ok(ReadItem { next, place, end, is_record: true }),
                        Err(stop @ ItemStop::Short(_)) => Err(stop),
                        // It is whole: what is wrong stands behind it.
                        Err(_) => Ok(ReadItem { next: end, place: place.after(), end, is_record: true }),
                    },
                }
            }
            OcelPlace::After(within) => walk.next(within.place()).map(|(next, place)| ReadItem {
                next,
                place,
                end: at,
                is_record: false,
            }),
        };
        self.odd += walk.odd;
        self.nested = walk.nested;
        self.doctype = walk.doctype;
        self.section = walk.section;
        read
    }

    fn entry(&self) -> &OcelEntry {
        &self.entry
    }

    fn take_section(&mut self) -> Option<Section> {
        self.section.take()
    }

    fn behind(&self, here: Here<'_>, at: usize, place: OcelPlace) -> Next<OcelPlace> {
        OcelXmlWalk::new(here, at, &mut Vec::new()).next(place)
    }

    fn rest(&self, here: Here<'_>, from: usize) -> Result<usize, ItemStop> {
        let mut found = Vec::new();
        let mut walk = OcelXmlWalk::new(here, from, &mut found);
        walk.is_behind = true;
        let found = walk.gap()?;
        Ok(found.unwrap_or(here.whole.len()))
    }

    fn find_record(&self, text: &[u8], from: usize, end: usize, _: bool) -> RecordSearch<OcelPlace> {
        find_record(self.syntax, text, from, end)
    }

    fn code(&self) -> Code {
        Code::Xml
    }

    fn take_odd(&mut self) -> [Option<Odd>; 2] {
        if let Some(at) = self.doctype.take() {
            return [Some((PAST_DOCTYPE, 1, Some(at))), None];
        }
        let odd = std::mem::take(&mut self.odd);
        let (nested, first) = std::mem::take(&mut self.nested);
        let what = if self.syntax == OcelSyntax::Xml1 { HOLDING } else { NESTED };
        [(odd > 0).then_some((UNKNOWN, odd, None)), (nested > 0).then_some((what, nested, Some(first)))]
    }
}

/// A start tag with its attributes.
struct OcelTag<'t> {
    name: &'t str,
    empty: bool,
}

/// A cursor over the tokens of one item.
struct OcelXmlWalk<'t, 'a> {
    tokens: Tokens<'t>,
    found: &'a mut Vec<XmlAttribute<'t>>,
    text: &'t [u8],
    last: bool,
    /// Start of the batch.
    batch: usize,
    depth: usize,
    odd: u64,
    nested: OpenElement,
    goes_past: bool,
    doctype: Option<usize>,
    /// The section that was read.
    section: Option<Section>,
    /// Starts of the types that it declares, and of their attributes.
    declared: Vec<(usize, Vec<usize>)>,
    /// Whether it is behind the root, where bytes 0x00 are padding.
    is_behind: bool,
    /// The name of the end tag that [`OcelXmlWalk::gap`] came to.
    ended: Option<&'t str>,
}

impl<'t, 'a> OcelXmlWalk<'t, 'a> {
    fn new(here: Here<'t>, at: usize, found: &'a mut Vec<XmlAttribute<'t>>) -> Self {
        let Here { text, last, batch, whole } = here;
        let last = last && text.len() == whole.len();
        Self {
            tokens: Tokens::new(text, at),
            found,
            text,
            last,
            batch,
            depth: 0,
            odd: 0,
            nested: (0, 0),
            goes_past: false,
            doctype: None,
            section: None,
            declared: Vec::new(),
            is_behind: false,
            ended: None,
        }
    }

    /// The prolog and the root's start tag.
    fn start(&mut self, here: Here<'t>, at: usize) -> Result<ReadItem<OcelPlace>, ItemStop> {
        // The byte order mark is no part of the document.
        let mut begun = at;
        while here.text.get(begun).is_some_and(|byte| is_space_byte(*byte)) {
            begun += 1;
        }
        self.tokens = Tokens::new(here.text, begun);
        loop {
            match self.read()? {
                XmlToken::Start { tag, empty } => {
                    self.tag(tag, empty)?;
                    let end = self.tokens.at();
                    let (next, place) = match empty {
                        true => (end, OcelPlace::End),
                        false => self.next(OcelPlace::Log)?,
                    };
                    return Ok(ReadItem { next, place, end, is_record: false });
                }
                XmlToken::Declaration | XmlToken::Aside => {}
                XmlToken::Text(text) if is_space(text) => {}
                XmlToken::Doctype(inner)
                    if !inner.contains('[') && !inner.contains("SYSTEM") && !inner.contains("PUBLIC") => {}
                XmlToken::Doctype(_) if self.goes_past => self.doctype = Some(self.tokens.start()),
                XmlToken::Doctype(_) => {
                    return Err(XmlFault::new(Code::XmlEntity, self.tokens.start(), DOCTYPE).into());
                }
                _ => {
                    return Err(
                        XmlFault::new(Code::Xml, self.tokens.start(), "expected the root element").into()
                    );
                }
            }
        }
    }

    /// The start tag of an element of this name.
    fn open(&mut self, name: &str) -> Result<OcelTag<'t>, ItemStop> {
        if let XmlToken::Start { tag, empty } = self.read()? {
            let tag = self.tag(tag, empty)?;
            if tag.name == name {
                return Ok(tag);
            }
        }
        Err(XmlFault::new(Code::Xml, self.tokens.start(), format!("expected <{name}>")).into())
    }

    /// A section: of records, of which the first is next, or another, which is kept.
    fn section(&mut self, here: Here<'t>) -> Result<ReadItem<OcelPlace>, ItemStop> {
        let XmlToken::Start { tag, empty } = self.read()? else {
            return Err(XmlFault::new(Code::Xml, self.tokens.start(), "expected a section of the log").into());
        };
        let start = self.tokens.start();
        let tag = self.tag(tag, empty)?;
        let place = match tag.name {
            "events" => OcelPlace::Events,
            "objects" => OcelPlace::Objects,
            _ => OcelPlace::Log,
        };
        if place == OcelPlace::Log {
            let name = match tag.name {
                "object-types" => "objectTypes",
                "event-types" => "eventTypes",
                other => other,
            };
            let text = self.types(&tag, start)?.to_string();
            let declared = std::mem::take(&mut self.declared);
            self.section = Some(Section { name: name.to_owned(), text, declared });
        }
        let place = if tag.empty { OcelPlace::Log } else { place };
        let end = self.tokens.at();
        let (next, place) = OcelXmlWalk::new(here, end, self.found).next(place)?;
        Ok(ReadItem { next, place, end, is_record: false })
    }

    /// The declarations of types, as JSON has them; of another section its text.
    fn types(&mut self, tag: &OcelTag<'t>, start: usize) -> Result<Value, ItemStop> {
        if tag.name == "global" {
            return self.global(tag, start);
        }
        if !matches!(tag.name, "object-types" | "event-types") {
            self.keep(tag)?;
            let text = String::from_utf8_lossy(&self.text[start..self.tokens.at()]);
            return Ok(Value::from(text));
        }
        let mut types = Vec::new();
        self.children(tag, |walk, of| {
            let name = walk.attribute("name").map(|it| markup::value(it.raw));
            let mut attributes = Vec::new();
            walk.declared.push((walk.tokens.start(), Vec::new()));
            walk.children(&of, |walk, list| {
                walk.children(&list, |walk, attribute| {
                    let at = walk.tokens.start();
                    walk.declared.last_mut().into_iter().for_each(|(_, within)| within.push(at));
                    let value = |name: &str| walk.attribute(name).map(|it| markup::value(it.raw));
                    attributes.push(json!({"name": value("name"), "type": value("type")}));
                    walk.skip(&attribute)
                })
            })?;
            types.push(json!({"name": name, "attributes": attributes}));
            Ok(())
        })?;
        Ok(types.into())
    }

    /// A section of globals of OCEL 1.0: its text, and the object types that it names.
    fn global(&mut self, tag: &OcelTag<'t>, start: usize) -> Result<Value, ItemStop> {
        let mut types = Vec::new();
        let odd = self.odd;
        self.children(tag, |walk, list| {
            let names_types = walk.attribute("key").is_some_and(|it| it.raw == "object-types");
            walk.children(&list, |walk, item| {
                if names_types {
                    types.extend(walk.attribute("value").map(|it| markup::value(it.raw)));
                }
                walk.skip(&item)
            })
        })?;
        self.odd = odd;
        let text = String::from_utf8_lossy(&self.text[start..self.tokens.at()]);
        Ok(json!({"xml": text, "ocel:object-types": types}))
    }

    /// What follows an item of `place`: the next item, or the end of what holds it.
    fn next(&mut self, place: OcelPlace) -> Result<(usize, OcelPlace), ItemStop> {
        let mut place = place;
        loop {
            let Some(at) = self.gap()? else { return Ok((self.text.len(), place)) };
            let Some(name) = self.ended.take() else { return Ok((at, place)) };
            place = match (place, local(name)) {
                (OcelPlace::Events, "events") | (OcelPlace::Objects, "objects") => OcelPlace::Log,
                (OcelPlace::Log, _) => {
                    let end = self.tokens.at();
                    return Ok((end, OcelPlace::End));
                }
                _ => {
                    let what = format!("expected the end of the section, found </{name}>");
                    return Err(XmlFault::new(Code::Xml, at, what).into());
                }
            };
        }
    }

    /// `<event id type time>` with `<attributes>` and `<objects>`.
    fn record_2(&mut self, tag: &OcelTag<'t>, is_event: bool, entry: &mut OcelEntry) -> Result<(), ItemStop> {
        entry.id = self.cell("id");
        entry.type_name = self.cell("type");
        entry.time = if is_event { self.cell("time") } else { None };
        self.given_2(is_event, entry);
        self.children(tag, |walk, child| match child.name {
            "attributes" => walk.children(&child, |walk, attribute| {
                let (name, time) = (walk.cell("name"), walk.cell("time"));
                // Some write the value as an attribute, in an element without content.
                let attribute_value = walk.cell("value");
                walk.count_unknown(&["name", "time", "value"]);
                // An element without content, not even none between two tags, holds no value.
                let kind = (!attribute.empty || attribute_value.is_some()).then_some(Kind::Text);
                let content = if attribute.empty { NULL } else { walk.content(&attribute)? };
                let value = match attribute_value {
                    Some(value) if content.len() == 0 => value,
                    _ => content,
                };
                walk.odd +=
                    u64::from(attribute_value.is_some_and(|attribute_value| attribute_value != value));
                match name {
                    Some(name) if attribute.name == "attribute" => {
                        entry.given.push(AttributeValue { name, time, value, kind });
                    }
                    _ => walk.odd += 1,
                }
                Ok(())
            }),
            "objects" | "relationships" => walk.children(&child, |walk, relation| {
                let of = walk.first_of(["object-id", "id"]);
                // Drafts of the standard called it `relationship`.
                let how = walk.first_of(["qualifier", "relationship"]);
                walk.count_unknown(&[of, how]);
                let (object, qualifier) = (walk.cell(of), walk.cell(how).unwrap_or(EMPTY));
                match object {
                    Some(object) if matches!(relation.name, "relationship" | "object" | "relobj") => {
                        entry.related.push(EntryRelation { object, qualifier });
                    }
                    _ => walk.odd += 1,
                }
                walk.skip(&relation)
            }),
            _ => {
                walk.odd += 1;
                walk.skip(&child)
            }
        })
    }

    /// Attributes of a record's own tag that the standard doesn't know are the record's, as such members are
    /// in JSON.
    fn given_2(&mut self, is_event: bool, entry: &mut OcelEntry) {
        let known = if is_event { &["id", "type", "time"][..] } else { &["id", "type"] };
        for attribute in self.others(known) {
            // Names are written as they are, within the text.
            let name = attribute.name.as_ptr().addr() - self.text.as_ptr().addr() - self.batch;
            let name = Cell::quoted(name, attribute.name.len(), false);
            let value = self.cell_of(*attribute);
            entry.given.push(AttributeValue { name, time: None, value, kind: Some(Kind::Text) });
        }
    }

    /// Counts the attributes of the tag that was read last but these.
    fn count_unknown(&mut self, known: &[&str]) {
        self.odd += self.others(known).count() as u64;
    }

    /// The attributes of the tag that was read last but those that are read by these names. Asked for each
    /// tag, so nothing is put aside for it.
    fn others<'s>(&'s self, known: &'s [&str]) -> impl Iterator<Item = &'s XmlAttribute<'t>> {
        let is_read = |it: &XmlAttribute<'t>| {
            known.iter().any(|name| self.attribute(name).is_some_and(|read| read.at == it.at))
        };
        self.found.iter().filter(move |it| !is_of_xml(it.name) && !is_read(it))
    }

    /// Which of two names an attribute of the tag that was read last has.
    fn first_of(&self, names: [&'static str; 2]) -> &'static str {
        if self.attribute(names[0]).is_some() { names[0] } else { names[1] }
    }

    fn read(&mut self) -> Result<XmlToken<'t>, ItemStop> {
        let token = self.tokens.read()?;
        if token == XmlToken::Finish {
            return Err(short(self.text.len()));
        }
        Ok(token)
    }

    /// Splits a start tag; its attributes are in `found`.
    fn tag(&mut self, tag: &'t str, empty: bool) -> Result<OcelTag<'t>, ItemStop> {
        self.found.clear();
        let name = markup::tag(tag, self.tokens.start() + 1, self.found)?;
        Ok(OcelTag { name: local(name), empty })
    }

    fn attribute(&self, name: &str) -> Option<XmlAttribute<'t>> {
        let exact = self.found.iter().find(|it| it.name == name);
        let prefixed = || self.found.iter().find(|it| local(it.name) == name && !is_of_xml(it.name));
        exact.or_else(prefixed).copied()
    }

    /// The value of an attribute of the tag that was read last.
    fn cell(&self, name: &str) -> Option<Cell> {
        self.attribute(name).map(|it| self.cell_of(it))
    }

    fn cell_of(&self, attribute: XmlAttribute<'t>) -> Cell {
        let start = self.tokens.start() + 1 + attribute.at - self.batch;
        cell(start, attribute.raw.len(), attribute.raw.bytes().any(|byte| byte == b'&' || byte < b' '))
    }

    /// The content of the element whose start tag was read last: its text as one cell, up to behind its end
    /// tag. With elements in it, it is as it is written, for what stands for something else in it would be
    /// taken for markup, if it were undone.
    fn content(&mut self, tag: &OcelTag<'t>) -> Result<Cell, ItemStop> {
        let start = self.tokens.at();
        let (mut escaped, mut written) = (false, false);
        loop {
            match self.read()? {
                XmlToken::End(name) if local(name) == tag.name => {
                    let end = self.tokens.start();
                    escaped |= memchr::memchr(b'\r', &self.text[start..end]).is_some();
                    return Ok(cell(start - self.batch, end - start, escaped && !written));
                }
                XmlToken::Text(_) => {}
                XmlToken::CData(_) | XmlToken::Reference(_) | XmlToken::Aside => escaped = true,
                XmlToken::Start { tag: inner, empty } => {
                    self.count_nested(self.tokens.start());
                    let inner = self.tag(inner, empty)?;
                    self.keep(&inner)?;
                    written = true;
                }
                XmlToken::End(name) => return Err(crossed(tag.name, name, self.tokens.start())),
                XmlToken::Declaration | XmlToken::Doctype(_) => return Err(misplaced(self.tokens.start())),
                XmlToken::Finish => return Err(short(self.text.len())),
            }
        }
    }

    /// Counts an element within a value.
    fn count_nested(&mut self, at: usize) {
        let (count, first) = self.nested;
        self.nested = (count + 1, if count == 0 { at } else { first });
    }

    /// Goes past the element whose start tag was read last, of which all is kept: nothing in it is odd by
    /// itself.
    fn keep(&mut self, tag: &OcelTag<'t>) -> Result<(), ItemStop> {
        let odd = self.odd;
        self.skip(tag)?;
        self.odd = odd;
        Ok(())
    }

    /// Goes past the element whose start tag was read last.
    fn skip(&mut self, tag: &OcelTag<'t>) -> Result<(), ItemStop> {
        self.children(tag, |walk, child| walk.skip(&child))
    }

    /// Every child element of the one whose start tag was read last.
    fn children(
        &mut self,
        tag: &OcelTag<'t>,
        mut each: impl FnMut(&mut Self, OcelTag<'t>) -> Result<(), ItemStop>,
    ) -> Result<(), ItemStop> {
        if tag.empty {
            return Ok(());
        }
        self.depth += 1;
        if self.depth > DEPTH {
            let what = format!("expected elements at most {DEPTH} deep");
            return Err(XmlFault::new(Code::XmlLimit, self.tokens.start(), what).into());
        }
        loop {
            match self.read()? {
                XmlToken::Start { tag, empty } => {
                    let child = self.tag(tag, empty)?;
                    each(self, child)?;
                }
                XmlToken::End(name) if local(name) == tag.name => {
                    self.depth -= 1;
                    return Ok(());
                }
                XmlToken::End(name) => return Err(crossed(tag.name, name, self.tokens.start())),
                XmlToken::Text(text) if !is_space(text) => self.odd += 1,
                XmlToken::CData(_) | XmlToken::Reference(_) => self.odd += 1,
                XmlToken::Text(_) | XmlToken::Aside => {}
                XmlToken::Declaration | XmlToken::Doctype(_) => return Err(misplaced(self.tokens.start())),
                XmlToken::Finish => return Err(short(self.text.len())),
            }
        }
    }

    /// Past white space and comments to the next markup; its place.
    fn gap(&mut self) -> Result<Option<usize>, ItemStop> {
        loop {
            let at = self.tokens.at();
            // The usual gap is white space before a start tag, which is read when its turn comes.
            let space = self.text[at..].iter().take_while(|byte| is_space_byte(**byte)).count();
            if let [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | 0x80.., ..] = self.text[at + space..] {
                return Ok(Some(at + space));
            }
            if self.is_behind && self.text.get(at + space) == Some(&0) {
                return Ok(Some(at + space));
            }
            match self.tokens.read()? {
                XmlToken::Aside => {}
                XmlToken::Text(text) if is_space(text) => {}
                XmlToken::Finish => return if self.last { Ok(None) } else { Err(short(self.text.len())) },
                XmlToken::Text(_) | XmlToken::CData(_) | XmlToken::Reference(_) => {
                    return Err(XmlFault::new(Code::Xml, at, "expected an element, found text").into());
                }
                XmlToken::End(name) => {
                    self.ended = Some(name);
                    return Ok(Some(at));
                }
                XmlToken::Start { .. } => return Ok(Some(at)),
                XmlToken::Declaration | XmlToken::Doctype(_) => return Err(misplaced(at)),
            }
        }
    }
}

fn short(at: usize) -> ItemStop {
    ItemStop::Short(at)
}

fn crossed(open: &str, found: &str, at: usize) -> ItemStop {
    XmlFault::new(Code::Xml, at, format!("expected </{open}>, found </{found}>")).into()
}

fn misplaced(at: usize) -> ItemStop {
    XmlFault::new(Code::Xml, at, "expected <?xml and <!DOCTYPE before the log only").into()
}

impl From<XmlFault> for ItemStop {
    fn from(fault: XmlFault) -> Self {
        match fault.open {
            true => Self::Short(fault.at),
            false => Self::Fault { at: fault.at, code: fault.code, what: fault.what },
        }
    }
}
