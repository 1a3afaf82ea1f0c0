//! What the OCEL standard does not allow, beside what is read: one entry after the other is held against the
//! types that the whole log declares and the identifiers that it has.
//!
//! Where a value is written matters less than whether it can be read as what it is declared to be: `"7"` is
//! an integer. Memory: a hash for each event and object.

use std::cell::RefCell;
use std::collections::HashSet;

use super::Ocel;
use super::json::BARE;
use super::log::Entries;
use super::sheets::{AttributeValue, EMPTY, OcelEntry};
use super::xml_look::{DOCTYPE, PAST_DOCTYPE};
use crate::error::{Code, Result};
use crate::model::hash::hash_bytes;
use crate::model::kind::Kind;
use crate::model::ocel::{Declared, OcelShape, OcelSide, OcelType, counted, type_name};
use crate::model::references::Ids;
use crate::model::table::{BadRow, Cell, Learned, RawRows, Remark, Span, Unescape};
use crate::text::xml::lexical::Lexical;
use crate::text::{Flow, RowSink, padding};

/// A rule that the log breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcelViolation {
    /// Bytes from the start of the text.
    pub byte: u64,
    /// The rule that is violated.
    pub rule: Rule,
    /// The fault, in one sentence without a full stop.
    pub what: String,
}

/// A rule of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The text is JSON or XML.
    WellFormed,
    /// An event has an identifier, a type and a time, an object the first two; a later value has a time.
    Complete,
    /// A type is declared, once.
    Types,
    /// An attribute is declared, once, and given once at a time.
    Attributes,
    /// A value is of the declared type.
    Values,
    /// A time is written as ISO 8601 says.
    Times,
    /// An identifier is that of one event or object.
    Identifiers,
    /// A relation leads from one that the log has to one that it has.
    References,
    /// A relation is there once, with a qualifier.
    Relations,
    /// There are no other sections and members.
    Sections,
    /// A database has the tables and columns that it should have, and no others.
    Tables,
}

impl Rule {
    /// Name of the rule in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::WellFormed => "well-formed",
            Self::Complete => "complete",
            Self::Types => "types",
            Self::Attributes => "attributes",
            Self::Values => "values",
            Self::Times => "times",
            Self::Identifiers => "identifiers",
            Self::References => "references",
            Self::Relations => "relations",
            Self::Sections => "sections",
            Self::Tables => "tables",
        }
    }
}

/// A log's rules, and what broke them.
pub struct OcelRules<'l> {
    version: &'static str,
    /// The types that are declared.
    shape: OcelShape,
    /// All identifiers; `None` if there are too many to know.
    ids: Option<&'l Ids>,
    state: RefCell<OcelRuleState>,
}

/// Memory from entry to entry.
#[derive(Default)]
struct OcelRuleState {
    seen: [HashSet<u64>; 2],
    sections: HashSet<String>,
    types: HashSet<(usize, String)>,
    found: Vec<OcelViolation>,
}

impl<'l> OcelRules<'l> {
    /// Those of a log whose types and identifiers are known.
    pub fn new(log: &Ocel, ids: Option<&'l Ids>) -> Self {
        let shape = log.declared.shape();
        Self { version: log.version, shape, ids, state: RefCell::default() }
    }

    /// Takes the violations that were found since the last call, in the order of the text.
    pub fn take(&self) -> Vec<OcelViolation> {
        let mut found = std::mem::take(&mut self.state.borrow_mut().found);
        found.sort_by_key(|violation| violation.byte);
        found
    }

    /// Adds what the log has not; `byte` is its end.
    pub fn finish(&self, byte: u64) {
        for (name, _) in super::types::SECTIONS.iter().filter(|_| self.is_new()) {
            if !self.state.borrow().sections.contains(*name) {
                self.say(byte, Rule::Sections, format!("the section {name:?} is missing"));
            }
        }
    }

    /// Adds a record that can't be read.
    pub fn bad(&self, bad: &BadRow) {
        let rule = if bad.code == Code::OcelRecord { Rule::Complete } else { Rule::WellFormed };
        self.say(bad.at, rule, bad.what.clone());
    }

    /// One more stretch of text, whose escapes `unescape` undoes.
    pub(super) fn entries<'r>(&'r self, unescape: &'r dyn Unescape) -> RuleEntries<'r> {
        RuleEntries { rules: self, unescape, declared: Vec::new() }
    }

    fn say(&self, byte: u64, rule: Rule, what: impl Into<String>) {
        self.state.borrow_mut().found.push(OcelViolation { byte, rule, what: what.into() });
    }

    fn is_new(&self) -> bool {
        self.version != "1.0"
    }
}

impl RowSink for &OcelRules<'_> {
    fn rows(&mut self, _: &RawRows<'_>) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, _: &[u8]) -> Result<Flow> {
        OcelRules::bad(self, &bad);
        Ok(Flow::Continue)
    }
}

/// Entries on their way to the rules.
pub(super) struct RuleEntries<'r> {
    rules: &'r OcelRules<'r>,
    unescape: &'r dyn Unescape,
    /// Starts of the types that the next section declares, and of their attributes.
    declared: Vec<(u64, Vec<u64>)>,
}

/// The text that an entry's cells count into, and its place.
#[derive(Clone, Copy)]
struct Around<'t> {
    text: &'t [u8],
    base: u64,
    /// The entry's own place.
    at: u64,
}

impl Around<'_> {
    /// Where a cell is; the entry, if it is nowhere.
    fn place(self, cell: Cell) -> u64 {
        let start = cell.bytes(self.text).as_ptr() as usize - self.text.as_ptr() as usize;
        if start == 0 { self.at } else { self.base + start as u64 }
    }
}

impl RuleEntries<'_> {
    fn value(&self, cell: Cell, text: &[u8]) -> String {
        let raw = cell.bytes(text);
        if !cell.is_escaped() {
            return String::from_utf8_lossy(raw).into_owned();
        }
        let mut out = Vec::new();
        self.unescape.unescape(raw, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The declared type of an entry.
    fn type_of(&self, side: OcelSide, cell: Cell, around: Around<'_>) -> Option<&OcelType> {
        let OcelRules { shape, .. } = self.rules;
        let name = self.value(cell, around.text);
        let found = shape.find(side, &name).map(|index| &shape.types(side)[index]);
        // OCEL 1.0 declares types of objects alone, and mostly does not.
        let declares = self.rules.is_new() || side == OcelSide::Object && !shape.objects.is_empty();
        if found.is_none() && declares && !name.is_empty() {
            let word = if side == OcelSide::Event { "event" } else { "object" };
            self.rules.say(
                around.place(cell),
                Rule::Types,
                format!("the {word} type {name:?} is not declared"),
            );
        }
        found
    }

    fn time(&self, cell: Cell, around: Around<'_>) {
        let value = self.value(cell, around.text);
        if !Lexical::Date.holds(&value) {
            let what = format!("expected a time such as 2024-02-29T12:00:00Z, found {:?}", cut(&value));
            self.rules.say(around.place(cell), Rule::Times, what);
        }
    }

    fn attributes(&self, side: OcelSide, of: Option<&OcelType>, entry: &OcelEntry, around: Around<'_>) {
        let mut seen: HashSet<(String, String)> = HashSet::new();
        for given in &entry.given {
            let name = self.value(given.name, around.text);
            let at = around.place(given.name);
            let time = given.time.map(|time| self.value(time, around.text)).unwrap_or_default();
            if side == OcelSide::Object && self.rules.is_new() {
                match given.time {
                    None => {
                        self.rules.say(at, Rule::Complete, format!("the value of {name:?} has no time"));
                    }
                    Some(cell) if time != "0" => self.time(cell, around),
                    Some(_) => {}
                }
            }
            if !seen.insert((name.clone(), time)) {
                let what = format!("the attribute {name:?} is given twice for the same time");
                self.rules.say(at, Rule::Attributes, what);
            }
            let Some(of) = of.filter(|_| self.rules.is_new()) else { continue };
            match of.attribute(&name).map(|index| of.attributes[index].declared) {
                None => {
                    let what = format!("the attribute {name:?} is not declared for the type {:?}", of.name);
                    self.rules.say(at, Rule::Attributes, what);
                }
                Some(Declared::As(kind)) => self.fits(kind, &name, given, around),
                Some(Declared::Not) => {}
            }
        }
    }

    fn fits(&self, declared: Kind, name: &str, given: &AttributeValue, around: Around<'_>) {
        if given.kind.is_none() {
            return;
        }
        let value = self.value(given.value, around.text);
        let fits = match declared {
            Kind::Int => Lexical::Long.holds(&value),
            Kind::Float => Lexical::Double.holds(&value),
            Kind::Bool => Lexical::Boolean.holds(&value),
            Kind::Time => Lexical::Date.holds(&value),
            Kind::Text | Kind::Id | Kind::Nested | Kind::Quoted => true,
        };
        if !fits {
            let what =
                format!("{name:?} is declared as {} and its value is {:?}", type_name(declared), cut(&value));
            self.rules.say(around.place(given.value), Rule::Values, what);
        }
    }

    fn relations(&self, entry: &OcelEntry, around: Around<'_>) {
        let mut seen: HashSet<(String, String)> = HashSet::new();
        for related in &entry.related {
            let object = self.value(related.object, around.text);
            let qualifier = self.value(related.qualifier, around.text);
            let at = around.place(related.object);
            if let Some(ids) = self.rules.ids
                && !ids.has(OcelSide::Object, object.as_bytes())
            {
                let what = format!("the related object {:?} is not in the log", cut(&object));
                self.rules.say(at, Rule::References, what);
            }
            if related.qualifier == EMPTY && self.rules.is_new() {
                let what = format!("the relation to {:?} has no qualifier", cut(&object));
                self.rules.say(at, Rule::Relations, what);
            }
            let what = format!("the relation to {:?} as {:?} occurs twice", cut(&object), cut(&qualifier));
            if !seen.insert((object, qualifier)) {
                self.rules.say(at, Rule::Relations, what);
            }
        }
    }

    /// What a section at `section` declares.
    fn declarations(&self, side: OcelSide, value: &serde_json::Value, section: u64) {
        let text = |value: Option<&serde_json::Value>| {
            value.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        let word = if side == OcelSide::Event { "event" } else { "object" };
        for (place, of) in value.as_array().into_iter().flatten().enumerate() {
            let (at, within) =
                self.declared.get(place).map_or((section, &[][..]), |(at, within)| (*at, within));
            let name = text(of.get("name"));
            if !of.get("name").is_some_and(serde_json::Value::is_string) {
                self.rules.say(at, Rule::Types, format!("a declaration of an {word} type has no name"));
            } else if !self.rules.state.borrow_mut().types.insert((side as usize, name.clone())) {
                self.rules.say(at, Rule::Types, format!("the {word} type {name:?} is declared twice"));
            }
            let mut seen = HashSet::new();
            let attributes = of.get("attributes").and_then(serde_json::Value::as_array);
            for (place, attribute) in attributes.into_iter().flatten().enumerate() {
                let at = within.get(place).copied().unwrap_or(at);
                let (attribute, declared) = (text(attribute.get("name")), text(attribute.get("type")));
                if !matches!(declared.as_str(), "string" | "time" | "integer" | "float" | "boolean") {
                    let what = format!(
                        "{attribute:?} of the {word} type {name:?} is declared as {declared:?}, expected string, time, integer, float or boolean"
                    );
                    self.rules.say(at, Rule::Attributes, what);
                }
                if !seen.insert(attribute.clone()) {
                    let what = format!("{attribute:?} of the {word} type {name:?} is declared twice");
                    self.rules.say(at, Rule::Attributes, what);
                }
            }
        }
    }
}

impl Entries for RuleEntries<'_> {
    fn put(&mut self, side: OcelSide, entry: &OcelEntry, text: &[u8], base: u64, span: Span) {
        let (Some(id), Some(type_name)) = (entry.id, entry.type_name) else { return };
        let around = Around { text, base, at: base + u64::from(span.start) };
        let name = self.value(id, text);
        let is_first =
            self.rules.state.borrow_mut().seen[side as usize].insert(hash_bytes(0, name.as_bytes()));
        if !is_first {
            let word = if side == OcelSide::Event { "event" } else { "object" };
            let what = format!("the identifier {:?} is that of an earlier {word}", cut(&name));
            self.rules.say(around.place(id), Rule::Identifiers, what);
        }
        for (cell, is_empty, noun) in
            [(id, name.is_empty(), "identifier"), (type_name, type_name.len() == 0, "type")]
        {
            if is_empty {
                let word = if side == OcelSide::Event { "event" } else { "object" };
                let what = format!("the {noun} of an {word} is an empty text");
                self.rules.say(around.place(cell), Rule::Complete, what);
            }
        }
        let of = self.type_of(side, type_name, around);
        if let (OcelSide::Event, Some(time)) = (side, entry.time) {
            self.time(time, around);
        }
        self.attributes(side, of, entry, around);
        self.relations(entry, around);
    }

    fn declared_at(&mut self, places: Vec<(u64, Vec<u64>)>) {
        self.declared = places;
    }

    fn note(&mut self, at: u64, what: Remark) {
        match what {
            Remark::Odd(PAST_DOCTYPE, _) => self.rules.say(at, Rule::WellFormed, DOCTYPE),
            Remark::Section(name, text) => {
                let value = serde_json::from_str(&text).unwrap_or_default();
                let is_first = self.rules.state.borrow_mut().sections.insert(name.clone());
                // OCEL 1.0 in XML has one for the log, one for events and one for objects.
                if !is_first && name != "global" {
                    self.rules.say(at, Rule::Sections, format!("the section {name:?} occurs twice"));
                }
                match super::types::SECTIONS.iter().find(|(known, _)| *known == name) {
                    Some((_, side)) => self.declarations(*side, &value, at),
                    None if self.rules.is_new() => {
                        let what = format!("the standard has no section {name:?}");
                        self.rules.say(at, Rule::Sections, what);
                    }
                    None => {}
                }
            }
            Remark::Odd(padding::BEHIND, count) => {
                self.rules.say(at, Rule::WellFormed, counted(count, padding::BEHIND));
            }
            Remark::Odd(BARE, _) => {
                let what = "keys lack the prefix \"ocel:\" that those of OCEL 1.0 have";
                self.rules.say(at, Rule::Sections, what);
            }
            Remark::Odd(what, count) => self.rules.say(at, Rule::Sections, counted(count, what)),
            Remark::EmptyGroup(_) | Remark::Loose(_) => {}
        }
    }

    fn hand_over<K: RowSink>(&mut self, _: &[u8], _: u64, _: &mut K) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn take_learned(&mut self) -> Learned {
        Learned::default()
    }
}

/// As much of a value as a sentence repeats.
fn cut(value: &str) -> String {
    const MOST: usize = 60;
    match value.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}
