//! The document, token by token: the rules of XML, the open elements, and the rules of each element.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::NsReader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event as Token};
use quick_xml::name::ResolveResult;

use super::grammar::{Field, XesElement};
use super::head::{GlobalScope, KeyRule, StrictHead};
use super::names::{Name, NameSets, Set};
use super::source::{LONGEST_TOKEN, StrictPlace, StrictText};
use super::{ATTRIBUTES, CLASSIFIERS, EXTENSIONS, FEATURES, GLOBALS, UNDECLARED, XML, XesViolation};
use crate::error::{Code, Error, Result};
use crate::text::Flow;
use crate::text::xml::lexical::is_name;

/// Elements within elements; the same limit as the reader of logs has.
const DEEPEST: usize = 256;
/// Characters of a value that a sentence repeats.
const QUOTED: usize = 60;
/// The namespaces that logs by the standard are in, if in any.
const NAMESPACES: [&str; 2] = ["http://www.xes-standard.org/", "http://www.xes-standard.org"];
/// Prefixed XML attributes that XML Schema allows in any element (part 1, 2.7), and those of XML itself.
const ALWAYS_ALLOWED: [&str; 2] =
    ["http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"];

/// An element whose end tag has not been read.
#[derive(Debug)]
struct Frame {
    element: XesElement,
    place: StrictPlace,
    /// Of the last child that stood where it may, and what it was.
    stage: u8,
    last: XesElement,
    keys: Set,
    /// What a global is about.
    scope: Option<GlobalScope>,
}

/// Whether the text can be read on.
type Going = std::result::Result<(), DocumentEnd>;

/// Why it isn't read on.
enum DocumentEnd {
    /// Enough was seen, or nothing more can be.
    Done,
    Failed(Error),
}

impl From<Error> for DocumentEnd {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The reader, and all it remembers.
pub struct Document<'t, 'f> {
    reader: NsReader<StrictText<'t>>,
    rules: XesRules<'f>,
}

struct XesRules<'f> {
    found: &'f mut dyn FnMut(XesViolation) -> Flow,
    /// Open elements are the first `depth`; the others wait to be used again.
    frames: Vec<Frame>,
    depth: usize,
    root_seen: bool,
    /// The namespace of the root, which all its elements share.
    namespace: Option<Box<str>>,
    names: NameSets,
    head: StrictHead,
    /// Whether the log lists its features, and not that attributes stand in others; until that was told.
    forbids_nested: bool,
}

impl<'t, 'f> Document<'t, 'f> {
    /// Starts before the first byte.
    pub fn new(text: &'t mut dyn BufRead, found: &'f mut dyn FnMut(XesViolation) -> Flow) -> Result<Self> {
        let source = StrictText::new(text).map_err(|error| Error::new(Code::InputRead, error.to_string()))?;
        let mut reader = NsReader::from_reader(source);
        reader.config_mut().check_comments = true;
        let rules = XesRules {
            found,
            frames: Vec::new(),
            depth: 0,
            root_seen: false,
            namespace: None,
            names: NameSets::default(),
            head: StrictHead::default(),
            forbids_nested: false,
        };
        Ok(Self { reader, rules })
    }

    /// Reads to the end.
    pub fn read(mut self) -> Result<()> {
        let mut buffer = Vec::new();
        let first = self.reader.get_mut().next_token();
        let mut place = first;
        loop {
            match self.step(&mut buffer, place, first) {
                Ok(()) => {}
                Err(DocumentEnd::Done) => return Ok(()),
                Err(DocumentEnd::Failed(error)) => {
                    return Err(error.at_byte(place.byte).at_line(place.line.line, place.line.column));
                }
            }
            buffer.clear();
            place = self.reader.get_mut().next_token();
        }
    }

    /// One token, which begins at `place`.
    fn step(&mut self, buffer: &mut Vec<u8>, place: StrictPlace, first: StrictPlace) -> Going {
        let rules = &mut self.rules;
        let token = match self.reader.read_event_into(buffer) {
            Ok(token) => token,
            Err(quick_xml::Error::Io(error)) => {
                return Err(DocumentEnd::Failed(if self.reader.get_ref().is_too_long() {
                    let limit = LONGEST_TOKEN >> 20;
                    Error::new(Code::RecordTooLong, format!("a tag, comment or text of over {limit} MiB"))
                } else {
                    Error::new(Code::InputRead, error.to_string())
                }));
            }
            Err(error) => return rules.end_with(place, XML, malformed(&error)),
        };
        match token {
            Token::Start(tag) => {
                rules.open(&self.reader, &tag, place)?;
                if rules.depth > DEEPEST {
                    return rules.end_with(place, XML, format!("elements nest over {DEEPEST} deep"));
                }
                Ok(())
            }
            Token::Empty(tag) => {
                rules.open(&self.reader, &tag, place)?;
                rules.close()
            }
            Token::End(_) => rules.close(),
            Token::Text(text) => rules.text(&text, place),
            Token::CData(text) => rules.text(&text, place),
            Token::GeneralRef(name) => rules.reference(&name, place),
            Token::Decl(_) if place != first => {
                rules.end_with(place, "XML 1.0, 2.8", "an XML declaration that isn't the first")
            }
            Token::Decl(_) | Token::PI(_) | Token::Comment(_) | Token::DocType(_) => Ok(()),
            Token::Eof => rules.end(place),
        }
    }
}

impl XesRules<'_> {
    fn say(&mut self, place: StrictPlace, clause: &'static str, what: impl Into<String>) -> Going {
        let (line, column) = (place.line.line, place.line.column);
        match (self.found)(XesViolation { byte: place.byte, line, column, clause, what: what.into() }) {
            Flow::Continue => Ok(()),
            Flow::Stop => Err(DocumentEnd::Done),
        }
    }

    /// Says it, and that nothing can be said after it.
    fn end_with(&mut self, place: StrictPlace, clause: &'static str, what: impl Into<String>) -> Going {
        self.say(place, clause, what)?;
        Err(DocumentEnd::Done)
    }

    fn parent(&self) -> Option<&Frame> {
        self.frames[..self.depth].last()
    }

    fn open(&mut self, reader: &NsReader<StrictText<'_>>, tag: &BytesStart<'_>, place: StrictPlace) -> Going {
        let name = tag.name();
        if !is_name(name.as_ref()) {
            return self.end_with(
                place,
                XML,
                format!("not well-formed: {:?} is not a name", quoted(name.as_ref())),
            );
        }
        let (namespace, local) = reader.resolver().resolve_element(name);
        let namespace = match namespace {
            ResolveResult::Unbound => None,
            ResolveResult::Bound(namespace) => Some(namespace.into_inner()),
            ResolveResult::Unknown(prefix) => {
                return self.end_with(
                    place,
                    XML,
                    format!("the prefix {:?} is bound to no namespace", quoted(&prefix)),
                );
            }
        };
        let element = self.placed(XesElement::named(local.as_ref()), name.as_ref(), namespace, place)?;
        let tag = StrictTag { text: tag, place };
        let fields = self.read_fields(reader, &tag, element)?;
        self.push(element, place);
        self.opened(element, &fields, &tag)
    }

    /// What the element counts as where it stands: itself, or foreign if it isn't what the schema has there.
    fn placed(
        &mut self,
        element: XesElement,
        name: &str,
        namespace: Option<&str>,
        place: StrictPlace,
    ) -> std::result::Result<XesElement, DocumentEnd> {
        let Some(parent) = self.frames[..self.depth].last_mut() else {
            return self.root(element, name, namespace, place);
        };
        let within = parent.element;
        if within == XesElement::Foreign {
            return Ok(XesElement::Foreign);
        }
        let name = quoted(name);
        if namespace != self.namespace.as_deref() {
            self.say(place, within.clause(), format!("<{name}> is in another namespace than <log>"))?;
            return Ok(XesElement::Foreign);
        }
        let Some(stage) = within.stage_of(element) else {
            let what = match element {
                XesElement::Foreign => format!("<{name}> is not an element of XES"),
                _ => format!("<{name}> is not allowed in {}", within.noun()),
            };
            self.say(place, within.clause(), what)?;
            return Ok(if element.is_attribute() { element } else { XesElement::Foreign });
        };
        let (last, doubled) =
            (parent.last, element == XesElement::Values && parent.last == XesElement::Values);
        if stage < parent.stage {
            self.say(
                place,
                within.clause(),
                format!("<{name}> follows {} and must precede it", last.noun()),
            )?;
        } else {
            (parent.stage, parent.last) = (stage, element);
        }
        if doubled {
            self.say(place, within.clause(), "a second <values> in <list>")?;
        }
        Ok(element)
    }

    fn root(
        &mut self,
        element: XesElement,
        name: &str,
        namespace: Option<&str>,
        place: StrictPlace,
    ) -> std::result::Result<XesElement, DocumentEnd> {
        if self.root_seen {
            self.end_with(
                place,
                XML,
                format!("not well-formed: <{}> after the end of the root", quoted(name)),
            )?;
        }
        self.root_seen = true;
        self.namespace = namespace.map(Into::into);
        if element != XesElement::Log {
            self.say(
                place,
                XesElement::Log.clause(),
                format!("the root is <{}>, expected <log>", quoted(name)),
            )?;
            return Ok(XesElement::Foreign);
        }
        if let Some(namespace) = namespace.filter(|namespace| !NAMESPACES.contains(namespace)) {
            let what = format!(
                "expected the namespace of the standard, {1:?}, found {0:?}",
                quoted(namespace),
                NAMESPACES[0]
            );
            self.say(place, XesElement::Log.clause(), what)?;
        }
        Ok(element)
    }

    /// Looks at each XML attribute, and for those that are missing.
    fn read_fields<'b>(
        &mut self,
        reader: &NsReader<StrictText<'_>>,
        tag: &StrictTag<'b>,
        element: XesElement,
    ) -> std::result::Result<Fields<'b>, DocumentEnd> {
        let mut fields = Fields { element, values: [const { None }; 3] };
        for attribute in tag.text.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => return Err(self.stop(tag.place, malformed(&error))),
            };
            let name = attribute.key.as_ref();
            let offset = tag.offset(name);
            if !is_name(name) {
                return Err(
                    self.stop(tag.at(offset), format!("not well-formed: {:?} is not a name", quoted(name)))
                );
            }
            let value = match resolved(attribute.value) {
                Ok(value) => value,
                Err(what) => {
                    return Err(self.stop(tag.at(offset), format!("not well-formed: {what} in {name:?}")));
                }
            };
            if element == XesElement::Foreign || attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            if let Some(number) = element.fields().iter().position(|field| field.name == name) {
                self.check_value(element, &element.fields()[number], tag, &value, offset)?;
                fields.values[number] = Some((value, offset));
                continue;
            }
            match reader.resolver().resolve_attribute(attribute.key).0 {
                ResolveResult::Bound(namespace) if ALWAYS_ALLOWED.contains(&namespace.into_inner()) => {}
                ResolveResult::Unknown(prefix) => {
                    let what = format!("the prefix {:?} is bound to no namespace", quoted(&prefix));
                    return Err(self.stop(tag.at(offset), what));
                }
                _ => {
                    let what = format!("{} has no XML attribute {:?}", element.noun(), quoted(name));
                    self.say(tag.at(offset), element.clause(), what)?;
                }
            }
        }
        for (field, value) in element.fields().iter().zip(&fields.values) {
            if field.required && value.is_none() {
                let what = format!("<{}> has no {:?}", quoted(tag.name()), field.name);
                self.say(tag.place, element.clause(), what)?;
            }
        }
        Ok(fields)
    }

    /// Says that this is no XML, or none whose names mean anything.
    fn stop(&mut self, place: StrictPlace, what: String) -> DocumentEnd {
        self.say(place, XML, what).err().unwrap_or(DocumentEnd::Done)
    }

    fn check_value(
        &mut self,
        element: XesElement,
        field: &Field,
        tag: &StrictTag<'_>,
        value: &str,
        offset: usize,
    ) -> Going {
        if field.lexical.holds(value) {
            return Ok(());
        }
        let (name, expected) = (quoted(tag.name()), field.lexical.name());
        let what = format!("{:?} of <{name}> is {:?}, expected {expected}", field.name, quoted(value));
        self.say(tag.at(offset), field.clause.unwrap_or(element.clause()), what)
    }

    fn push(&mut self, element: XesElement, place: StrictPlace) {
        if self.depth == self.frames.len() {
            let keys = Set::default();
            self.frames.push(Frame {
                element,
                place,
                stage: 0,
                last: XesElement::Foreign,
                keys,
                scope: None,
            });
        }
        let frame = &mut self.frames[self.depth];
        (frame.element, frame.place, frame.stage, frame.last, frame.scope) =
            (element, place, 0, XesElement::Foreign, None);
        frame.keys.clear();
        self.depth += 1;
    }

    /// What the standard says beyond the schema when an element has opened.
    fn opened(&mut self, element: XesElement, fields: &Fields<'_>, tag: &StrictTag<'_>) -> Going {
        match element {
            XesElement::Extension => self.opened_extension(fields, tag),
            XesElement::Global => {
                self.frames[self.depth - 1].scope =
                    GlobalScope::named(fields.get("scope").map(|(scope, _)| scope));
                Ok(())
            }
            XesElement::Classifier => self.opened_classifier(fields, tag),
            XesElement::Log => {
                let features = fields.get("xes.features").map(|(features, _)| features);
                let names_nested = |it: &str| it.split_ascii_whitespace().any(|it| it == "nested-attributes");
                self.forbids_nested = features.is_some_and(|it| !names_nested(it));
                Ok(())
            }
            _ if element.is_attribute() => {
                self.nested(element, tag)?;
                self.opened_attribute(element, fields, tag)
            }
            _ => Ok(()),
        }
    }

    /// Reports once that attributes have attributes, where the log does not list this among its features.
    fn nested(&mut self, element: XesElement, tag: &StrictTag<'_>) -> Going {
        let within = self.depth.checked_sub(2).map(|parent| self.frames[parent].element);
        // A list has attributes within in any case.
        if !self.forbids_nested || !matches!(within, Some(XesElement::Attribute(_))) {
            return Ok(());
        }
        self.forbids_nested = false;
        let what = format!(
            "{} is nested in another attribute, but \"xes.features\" of <log> does not contain \"nested-attributes\"",
            element.tag()
        );
        self.say(tag.place, FEATURES, what)
    }

    /// The rules of the extension that defines the key: it must be declared, and the type must be its own.
    fn of_extension(
        &mut self,
        element: XesElement,
        key: &str,
        name: Name,
        tag: &StrictTag<'_>,
        offset: usize,
    ) -> Going {
        let KeyRule { extension: Some(extension), element: expected, is_declared } =
            self.head.rule_of(name, key)
        else {
            return Ok(());
        };
        let extension_name = extension.name;
        if !is_declared && self.head.tell_undeclared(extension.prefix, &mut self.names)? {
            let prefix = extension.prefix;
            let what = format!(
                "the key {:?} is of the extension {extension_name}, and no <extension> before it has the prefix {prefix:?}",
                quoted(key)
            );
            self.say(tag.at(offset), UNDECLARED, what)?;
        }
        match expected.filter(|expected| *expected != element) {
            Some(expected) => {
                let (expected, found) = (expected.tag(), element.tag());
                let what = format!(
                    "{:?} of the extension {extension_name} is {found}, expected {expected}",
                    quoted(key)
                );
                self.say(tag.place, EXTENSIONS, what)
            }
            None => Ok(()),
        }
    }

    fn opened_extension(&mut self, fields: &Fields<'_>, tag: &StrictTag<'_>) -> Going {
        let Some((prefix, offset)) = fields.get("prefix") else { return Ok(()) };
        let uri = fields.get("uri").map_or("", |(uri, _)| uri);
        if self.head.declare_prefix(prefix, uri, &mut self.names)? {
            return Ok(());
        }
        self.say(
            tag.at(offset),
            EXTENSIONS,
            format!("a second extension has the prefix {:?}", quoted(prefix)),
        )
    }

    fn opened_classifier(&mut self, fields: &Fields<'_>, tag: &StrictTag<'_>) -> Going {
        let scope = GlobalScope::named(fields.get("scope").map(|(scope, _)| scope));
        let Some((keys, offset)) = fields.get("keys") else { return Ok(()) };
        if keys.trim().is_empty() {
            return self.say(
                tag.at(offset),
                CLASSIFIERS,
                "the classifier has no keys, expected at least one",
            );
        }
        let Some(scope) = scope else { return Ok(()) };
        for key in self.head.undeclared(scope, keys, &mut self.names)? {
            let (key, scope) = (quoted(key), scope.name());
            let what = format!("the classifier's key {key:?} is not a global attribute of {scope}s");
            self.say(tag.at(offset), CLASSIFIERS, what)?;
        }
        Ok(())
    }

    fn opened_attribute(&mut self, element: XesElement, fields: &Fields<'_>, tag: &StrictTag<'_>) -> Going {
        let Some((key, offset)) = fields.get("key") else { return Ok(()) };
        // As an xs:Name, ` k ` and `k` are one key.
        let key = key.trim();
        let name = self.names.number(key)?;
        self.of_extension(element, key, name, tag, offset)?;
        // Its own frame is open; the one before is its parent's.
        let Some(parent) = self.depth.checked_sub(2).and_then(|parent| self.frames.get_mut(parent)) else {
            return Ok(());
        };
        if let (XesElement::Global, Some(scope)) = (parent.element, parent.scope) {
            self.head.declare_global(scope, name, key);
        }
        // Those of a list may share a key.
        if parent.element == XesElement::Values || parent.keys.insert(name) {
            return Ok(());
        }
        self.say(tag.at(offset), ATTRIBUTES, format!("the key {:?} occurs twice in one element", quoted(key)))
    }

    /// What an element should have had.
    fn close(&mut self) -> Going {
        // The reader has matched the tag, so one is open.
        self.depth -= 1;
        let Frame { element, place, last, .. } = self.frames[self.depth];
        let scope = match element {
            XesElement::Trace => GlobalScope::Trace,
            XesElement::Event => GlobalScope::Event,
            XesElement::List if last != XesElement::Values => {
                return self.say(place, element.clause(), "<list> has no <values>");
            }
            _ => return Ok(()),
        };
        for number in 0..self.head.all(scope).len() {
            let global = &self.head.all(scope)[number];
            if !self.frames[self.depth].keys.contains(global.name) {
                let what = format!("<{}> lacks the global attribute {:?}", scope.name(), quoted(&global.key));
                self.say(place, GLOBALS, what)?;
            }
        }
        Ok(())
    }

    /// Text between elements: white space, or nothing that XES has.
    fn text(&mut self, text: &str, place: StrictPlace) -> Going {
        let Some(at) = text.find(|c: char| !matches!(c, ' ' | '\t' | '\n' | '\r')) else { return Ok(()) };
        let here = place.past(&text.as_bytes()[..at]);
        if let Some(character) = text.chars().find(|c| !is_xml_character(*c)) {
            return self.end_with(here, XML, format!("not well-formed: the character {character:?}"));
        }
        self.bare_text(text.trim(), here)
    }

    fn bare_text(&mut self, text: &str, here: StrictPlace) -> Going {
        match self.parent().map(|parent| parent.element) {
            None => {
                self.end_with(here, XML, format!("not well-formed: {:?} outside of the root", quoted(text)))
            }
            Some(XesElement::Foreign) => Ok(()),
            Some(element) => self.say(
                here,
                element.clause(),
                format!("unexpected text {:?} in {}", quoted(text), element.noun()),
            ),
        }
    }

    /// A reference between elements.
    fn reference(&mut self, name: &str, place: StrictPlace) -> Going {
        match resolved(format!("&{name};").into()) {
            Ok(text) => self.bare_text(&text, place),
            Err(what) => self.end_with(place, XML, format!("not well-formed: {what}")),
        }
    }

    fn end(&mut self, place: StrictPlace) -> Going {
        if let Some(open) = self.parent() {
            let what = format!("not well-formed: the text ends within {}", open.element.noun());
            return self.end_with(place, XML, what);
        }
        if !self.root_seen {
            return self.end_with(place, XesElement::Log.clause(), "the element <log> is missing");
        }
        Err(DocumentEnd::Done)
    }
}

/// A start tag and where it begins.
struct StrictTag<'b> {
    text: &'b BytesStart<'b>,
    place: StrictPlace,
}

impl<'b> StrictTag<'b> {
    fn name(&self) -> &'b str {
        self.text.name().into_inner()
    }

    /// How far into the tag a part of it lies.
    fn offset(&self, part: &str) -> usize {
        // Both borrow the tag's text, which begins one byte after `<`.
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }

    fn at(&self, offset: usize) -> StrictPlace {
        self.place.past(b"<").past(&self.text.as_bytes()[..offset])
    }
}

/// Values of an element's XML attributes with their places in the tag, by number in the element's table.
struct Fields<'b> {
    element: XesElement,
    values: [Option<(Cow<'b, str>, usize)>; 3],
}

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<(&str, usize)> {
        let number = self.element.fields().iter().position(|field| field.name == name)?;
        self.values[number].as_ref().map(|(value, offset)| (value.as_ref(), *offset))
    }
}

/// A value with its references resolved, or what is wrong with it (XML 1.0, 2.2, 3.1, 4.1).
fn resolved(raw: Cow<'_, str>) -> std::result::Result<Cow<'_, str>, String> {
    if raw.contains('<') {
        return Err("a bare '<'".to_owned());
    }
    let value = match unescape(&raw).map_err(|error| without_range(&error.to_string()))? {
        Cow::Borrowed(_) => raw,
        Cow::Owned(value) => value.into(),
    };
    match value.chars().find(|c| !is_xml_character(*c)) {
        Some(character) => Err(format!("the character {character:?}")),
        None => Ok(value),
    }
}

/// What the XML reader says of a reference, without its place within the value.
fn without_range(words: &str) -> String {
    words
        .split_once(": ")
        .filter(|(place, _)| place.starts_with("at "))
        .map_or(words, |(_, what)| what)
        .to_owned()
}

/// What the XML reader says, in one line: it may repeat a tag that has several.
fn malformed(error: &dyn std::fmt::Display) -> String {
    let words = error.to_string();
    format!("not well-formed: {}", words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether XML 1.0 (§2.2) allows the character.
const fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The beginning of a text that may be long.
fn quoted(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
