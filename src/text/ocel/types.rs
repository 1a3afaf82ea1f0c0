//! Declarations of types, and what the whole log says of its types.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sheets::{SheetColumn, column_id, parts_of};
use super::{Ocel, OcelSyntax};
use crate::model::ocel::{Declared, OcelContent, OcelShape, OcelSide};
use crate::model::table::{Learned, Remark};
use crate::text::json::lex;

/// So much of a text's end is looked at for declarations that stand behind the records, in bytes.
const TAIL: usize = 1 << 20;

/// A type as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DeclaredType {
    side: OcelSide,
    name: Box<str>,
    attributes: Vec<(Box<str>, Box<str>)>,
}

/// Declarations of a log, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declarations {
    types: Vec<DeclaredType>,
    /// Attributes that are declared twice, or by a word that is no type.
    pub odd: Vec<String>,
}

/// The sections that declare types, and of what.
pub const SECTIONS: [(&str, OcelSide); 2] =
    [("objectTypes", OcelSide::Object), ("eventTypes", OcelSide::Event)];

impl Declarations {
    /// Adds what a section declares: an array of `{name, attributes: [{name, type}]}`.
    pub fn add(&mut self, side: OcelSide, section: &Value) {
        for declared in section.as_array().into_iter().flatten() {
            let Some(name) = declared.get("name").and_then(Value::as_str) else {
                self.odd.push(format!("the declaration has no name: {declared}"));
                continue;
            };
            let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().into();
            let given = declared.get("attributes").and_then(Value::as_array).into_iter().flatten();
            let attributes = given.map(|it| (text(it.get("name")), text(it.get("type"))));
            let attributes: Vec<(Box<str>, Box<str>)> = attributes.collect();
            for (attribute, word) in &attributes {
                if Declared::parse(word) == Declared::Not {
                    self.odd.push(format!("attribute {attribute:?} of {name:?} is declared as {word:?}"));
                }
            }
            self.types.push(DeclaredType { side, name: name.into(), attributes });
        }
    }

    /// Adds a type without attributes.
    pub fn add_name(&mut self, side: OcelSide, name: &str) {
        self.types.push(DeclaredType { side, name: name.into(), attributes: Vec::new() });
    }

    /// The types that are declared, and no others.
    pub fn shape(&self) -> OcelShape {
        let mut shape = OcelShape::new();
        for declared in &self.types {
            let of = shape.add(declared.side, &declared.name, true);
            for (name, word) in &declared.attributes {
                of.add(name, Declared::parse(word));
            }
        }
        shape.number();
        shape
    }

    /// The word by which an attribute is declared.
    pub fn word(&self, side: OcelSide, type_name: &str, attribute: &str) -> Option<&str> {
        let of = self.types.iter().filter(|it| it.side == side && *it.name == *type_name);
        of.flat_map(|it| &it.attributes).find(|(name, _)| **name == *attribute).map(|(_, word)| &**word)
    }

    /// What is noted of a section: its key and its text.
    pub fn read_section(&mut self, key: &str, value: &Value) {
        if let Some((_, side)) = SECTIONS.iter().find(|(name, _)| *name == key) {
            self.add(*side, value);
        }
        if matches!(key, "ocel:global-log" | "global-log" | "global") {
            let types = value.get("ocel:object-types").or_else(|| value.get("object-types"));
            for name in types.and_then(Value::as_array).into_iter().flatten() {
                if let Some(name) = name.as_str() {
                    self.add_name(OcelSide::Object, name);
                }
            }
        }
    }
}

/// Where each type begins that a section of JSON at `at` declares, and each attribute of that, as
/// [`Declarations::add`] reads it.
pub fn places(text: &[u8], at: usize) -> Vec<(usize, Vec<usize>)> {
    let within = |of: usize| member(text, of, b"attributes").map(|at| items(text, at)).unwrap_or_default();
    items(text, at).into_iter().map(|of| (of, within(of))).collect()
}

/// Starts of the items of an array.
fn items(text: &[u8], at: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let mut open = b'[';
    let mut at = at;
    while text.get(at) == Some(&open) {
        at = lex::space(text, at + 1);
        let Ok(value) = lex::value_with_words(text, at) else { break };
        places.push(at);
        (at, open) = (lex::space(text, value.next), b',');
    }
    places
}

/// Start of the value of a member: of the last one, if the object has several.
fn member(text: &[u8], at: usize, name: &[u8]) -> Option<usize> {
    let mut found = None;
    let mut open = b'{';
    let mut at = at;
    while text.get(at) == Some(&open) {
        let Ok((key, value_at)) = lex::key(text, lex::space(text, at + 1)) else { break };
        let Ok(value) = lex::value_with_words(text, value_at) else { break };
        if *key.plain(text) == *name {
            found = Some(value_at);
        }
        (at, open) = (lex::space(text, value.next), b',');
    }
    found
}

/// What a text seems to declare, found by a look at its beginning and, if it is whole, its end. The parse is
/// the judge.
pub fn look(text: &[u8], whole: bool, syntax: OcelSyntax, start: usize) -> Declarations {
    let mut found: BTreeMap<usize, (String, Value)> = BTreeMap::new();
    let keys: &[&str] = match syntax {
        OcelSyntax::Json2 => &["objectTypes", "eventTypes"],
        OcelSyntax::Json1 => &["ocel:global-log", "global-log"],
        // Declared in elements, of which the look at the first records learns.
        OcelSyntax::Xml2 | OcelSyntax::Xml1 | OcelSyntax::Sqlite => &[],
    };
    let head = start..text.len().min(start + TAIL);
    let tail = text.len().saturating_sub(TAIL).max(start)..text.len();
    for key in keys {
        let quoted = format!("\"{key}\"");
        let finder = memchr::memmem::Finder::new(quoted.as_bytes());
        let in_head = finder.find(&text[head.clone()]).map(|at| head.start + at);
        let in_tail = || {
            let at = memchr::memmem::rfind(&text[tail.clone()], quoted.as_bytes());
            at.filter(|_| whole).map(|at| tail.start + at)
        };
        let Some(at) = in_head.or_else(in_tail) else { continue };
        if let Ok((_, value_at)) = lex::key(text, at)
            && let Ok(value) = lex::value(text, value_at)
            && let Ok(parsed) = serde_json::from_slice(&text[value.start..value.end])
        {
            found.insert(at, ((*key).to_owned(), parsed));
        }
    }
    let mut declared = Declarations::default();
    for (key, value) in found.values() {
        declared.read_section(key, value);
    }
    declared
}

/// What the whole text declares, and its types: declared ones first, then those that are only used, each in
/// the order of the text.
pub fn learned(ocel: &Ocel, learned: &Learned) -> (Declarations, OcelShape) {
    let mut declared = Declarations::default();
    for note in &learned.notes {
        if let Remark::Section(key, text) = &note.what
            && let Ok(value) = serde_json::from_str(text)
        {
            declared.read_section(key, &value);
        }
    }
    let mut shape = declared.shape();
    // Where each type and attribute is first met: (place, whether it is an attribute, id).
    let mut seen: Vec<(u64, Box<str>)> =
        learned.late.iter().map(|late| (late.first, late.id.clone())).collect();
    let before = &ocel.shape;
    for (column, id) in column_ids(before).into_iter().enumerate() {
        let first = learned.first.get(column).copied().unwrap_or(Learned::NEVER);
        if first != Learned::NEVER {
            seen.push((first, id));
        }
    }
    seen.sort();
    for (table, type_name, column) in seen.iter().filter_map(|(_, id)| parts_of(id)) {
        let side = match table {
            'e' => OcelSide::Event,
            'o' | 'c' => OcelSide::Object,
            _ => continue,
        };
        let of = shape.add(side, type_name, false);
        if let SheetColumn::Attribute(name) = column {
            of.add(name, Declared::Not);
        }
    }
    shape.number();
    (declared, shape)
}

/// What tells the columns of a shape apart, from pass to pass.
pub fn column_ids(shape: &OcelShape) -> Vec<Box<str>> {
    let mut ids = Vec::with_capacity(shape.total());
    for table in 0..shape.tables() {
        let letter = match shape.holds(table) {
            OcelContent::EventObject => 'r',
            OcelContent::ObjectObject => 's',
            OcelContent::Events(_) => 'e',
            OcelContent::Objects(_) => 'o',
            OcelContent::Changes(_) => 'c',
        };
        let name = shape.type_of(table).map_or("", |it| &it.name);
        let fixed = shape.fixed(table).iter().map(|fixed| column_id(letter, name, SheetColumn::Fixed(fixed)));
        ids.extend(fixed);
        for attribute in shape.attributes(table) {
            ids.push(column_id(letter, name, SheetColumn::Attribute(&attribute.name)));
        }
    }
    ids
}
