//! A file of options as a tree in which each key and value knows its place: what a pipeline is read from, be it
//! TOML, the values of a command line, or what serde gives from any other form.
//!
//! Errors of serde get the place of the value that they are about, and say what was expected before what was
//! found.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use toml::de::{DeTable, DeValue};

use super::keys::nearest;

/// Where a key or a value stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DocumentPlace {
    /// Line and character of the file, both from 1.
    File(u64, u64),
    /// A word of the command line.
    Word(String),
    /// In nothing that a person could look at.
    #[default]
    Unknown,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value as the document has it.
    pub value: NodeValue,
    /// Where it stands.
    pub place: DocumentPlace,
}

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// A text.
    Text(String),
    /// A text that may stand for a number or a switch as well, because it comes from a variable or from the
    /// command line, and what messages show in its place.
    Loose(String, String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A list.
    List(Vec<Node>),
    /// Keys with their values, in order.
    Table(Vec<NodeEntry>),
}

/// A key of a table with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeEntry {
    /// The key as the document has it.
    pub key: String,
    /// Where the key stands.
    pub place: DocumentPlace,
    /// The value of the key.
    pub value: Node,
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeError {
    /// What was expected, and what was found.
    pub message: String,
    /// Where it stands, as far as it is known.
    pub place: DocumentPlace,
}

impl NodeError {
    /// An error about what stands at a place.
    pub fn new(message: impl Into<String>, place: &DocumentPlace) -> Self {
        Self { message: message.into(), place: place.clone() }
    }

    /// The error with this place, unless it has one.
    #[must_use]
    fn or_at(mut self, place: &DocumentPlace) -> Self {
        if self.place == DocumentPlace::Unknown {
            self.place = place.clone();
        }
        self
    }
}

impl Node {
    /// A table without keys.
    pub fn empty() -> Self {
        Self { value: NodeValue::Table(Vec::new()), place: DocumentPlace::Unknown }
    }

    /// The tree of a TOML document.
    ///
    /// # Errors
    /// What is no TOML, with its place.
    pub fn from_toml(text: &str) -> Result<Self, NodeError> {
        let places = LineStarts::of(text);
        let parsed = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(DocumentPlace::Unknown, |span| places.place(span.start));
            NodeError { message: error.message().replace('`', "\""), place }
        })?;
        places.table(parsed.get_ref(), parsed.span().start)
    }

    /// The tree of one TOML value without places, such as `["a", "b"]`.
    ///
    /// # Errors
    /// If the text is no such value.
    pub fn from_toml_value(text: &str) -> Result<Self, NodeError> {
        let wrong = |message: &str| NodeError::new(message, &DocumentPlace::Unknown);
        let value = DeValue::parse(text).map_err(|error| wrong(error.message()))?;
        let mut node = LineStarts(Vec::new()).node(value.get_ref(), 0)?;
        node.move_to(&DocumentPlace::Unknown);
        Ok(node)
    }

    /// The keys of a table; none of anything else.
    pub fn entries(&self) -> &[NodeEntry] {
        match &self.value {
            NodeValue::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) | NodeValue::Loose(text, _) => Some(text),
            _ => None,
        }
    }

    /// A table of those entries alone whose keys are `wanted`.
    pub fn only(&self, wanted: &[&str]) -> Self {
        let is_wanted = |entry: &&NodeEntry| wanted.contains(&entry.key.as_str());
        let entries = self.entries().iter().filter(is_wanted).cloned().collect();
        Self { value: NodeValue::Table(entries), place: self.place.clone() }
    }

    /// What the value is, in words.
    pub fn described(&self) -> String {
        match &self.value {
            NodeValue::Text(text) => format!("the text {text:?}"),
            NodeValue::Loose(_, shown) => format!("the text {shown:?}"),
            NodeValue::Integer(number) => format!("the number {number}"),
            NodeValue::Float(number) => format!("the number {number}"),
            NodeValue::Boolean(value) => value.to_string(),
            NodeValue::List(_) => "a list".to_owned(),
            NodeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// Gives the value, and all that it holds, another place.
    pub fn move_to(&mut self, place: &DocumentPlace) {
        self.place = place.clone();
        match &mut self.value {
            NodeValue::List(nodes) => nodes.iter_mut().for_each(|node| node.move_to(place)),
            NodeValue::Table(entries) => {
                for entry in entries {
                    entry.place = place.clone();
                    entry.value.move_to(place);
                }
            }
            _ => {}
        }
    }

    /// Calls `change` with each value that holds no other values.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn each_leaf<E>(&mut self, change: &mut impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        match &mut self.value {
            NodeValue::List(nodes) => nodes.iter_mut().try_for_each(|node| node.each_leaf(change)),
            NodeValue::Table(entries) => {
                entries.iter_mut().try_for_each(|entry| entry.value.each_leaf(change))
            }
            _ => change(self),
        }
    }

    /// A message about the value in which what is shown in place of loose texts stands for them.
    fn discreet(&self, message: String) -> String {
        match &self.value {
            NodeValue::Loose(text, shown) if text != shown => {
                let message = message.replace(&format!("{text:?}"), &format!("{shown:?}"));
                if text.len() < SHORT { message } else { message.replace(text.as_str(), shown) }
            }
            NodeValue::List(nodes) => nodes.iter().fold(message, |message, node| node.discreet(message)),
            NodeValue::Table(entries) => {
                entries.iter().fold(message, |message, entry| entry.value.discreet(message))
            }
            _ => message,
        }
    }
}

/// Texts of fewer bytes are replaced in messages only where they stand between quotes: they are parts of words.
const SHORT: usize = 4;

/// The offsets at which lines begin, with the text.
struct LineStarts<'t>(Vec<(usize, &'t str)>);

impl<'t> LineStarts<'t> {
    fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self(starts.map(|start| (start, &text[start..])).collect())
    }

    fn place(&self, offset: usize) -> DocumentPlace {
        let line = self.0.partition_point(|(start, _)| *start <= offset);
        let Some((start, text)) = line.checked_sub(1).and_then(|at| self.0.get(at)) else {
            return DocumentPlace::Unknown;
        };
        let before = text.char_indices().take_while(|(at, _)| start + at < offset).count();
        DocumentPlace::File(line as u64, before as u64 + 1)
    }

    fn table(&self, table: &DeTable<'_>, at: usize) -> Result<Node, NodeError> {
        let mut entries: Vec<(usize, NodeEntry)> = Vec::with_capacity(table.len());
        for (key, value) in table {
            let at = key.span().start;
            let value = self.node(value.get_ref(), value.span().start)?;
            let key = key.get_ref().clone().into_owned();
            entries.push((at, NodeEntry { key, place: self.place(at), value }));
        }
        // As they stand in the file.
        entries.sort_by_key(|(at, _)| *at);
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        Ok(Node { value: NodeValue::Table(entries), place: self.place(at) })
    }

    fn node(&self, value: &DeValue<'_>, at: usize) -> Result<Node, NodeError> {
        let beyond = |text: &str| NodeError::new(format!("the number {text} is too large"), &self.place(at));
        let value = match value {
            DeValue::Table(table) => return self.table(table, at),
            DeValue::String(text) => NodeValue::Text(text.clone().into_owned()),
            DeValue::Boolean(value) => NodeValue::Boolean(*value),
            // No option is a date; what a person wrote without quotes is a text.
            DeValue::Datetime(time) => NodeValue::Text(time.to_string()),
            DeValue::Integer(number) => NodeValue::Integer(
                i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| beyond(number.as_str()))?,
            ),
            DeValue::Float(number) => {
                NodeValue::Float(number.as_str().parse().map_err(|_| beyond(number.as_str()))?)
            }
            DeValue::Array(values) => {
                let nodes = values.iter().map(|value| self.node(value.get_ref(), value.span().start));
                NodeValue::List(nodes.collect::<Result<_, _>>()?)
            }
        };
        Ok(Node { value, place: self.place(at) })
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NodeError {}

fn found(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

impl de::Error for NodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), place: DocumentPlace::Unknown }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let expected = match expected.to_string().as_str() {
            "a boolean" => "true or false".to_owned(),
            "a string" => "text".to_owned(),
            "u64" | "usize" | "u32" => "a whole number".to_owned(),
            "a sequence" => "a list".to_owned(),
            other => other.to_owned(),
        };
        Self::custom(format_args!("expected {expected}, found {}", found(&unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("the key {field} is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::custom(format_args!("the key {field} is given twice"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        match nearest(field, expected.iter().copied()) {
            Some(near) => Self::custom(format_args!("unknown key {field:?}; did you mean {near}?")),
            None => {
                Self::custom(format_args!("unknown key {field:?}; the keys here are {}", expected.join(", ")))
            }
        }
    }
}

macro_rules! loose {
    ($($method:ident: $type:ty => $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
            match &self.value {
                NodeValue::Loose(text, _) if text.parse::<$type>().is_ok() => {
                    visitor.$visit(text.parse().unwrap_or_default())
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        let read = match &self.value {
            NodeValue::Text(text) | NodeValue::Loose(text, _) => visitor.visit_borrowed_str(text),
            NodeValue::Integer(number) => match u64::try_from(*number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(*number),
            },
            NodeValue::Float(number) => visitor.visit_f64(*number),
            NodeValue::Boolean(value) => visitor.visit_bool(*value),
            NodeValue::List(nodes) => visitor.visit_seq(NodeList(nodes.iter())),
            NodeValue::Table(entries) => {
                let mut table = NodeTable(entries.iter(), None);
                // What is said of a value once it was read is about the last one.
                visitor.visit_map(&mut table).map_err(|error: NodeError| match table.1 {
                    Some(entry) if error.place == DocumentPlace::Unknown => {
                        let message = entry.value.discreet(error.message);
                        NodeError { message, place: entry.value.place.clone() }
                    }
                    _ => error,
                })
            }
        };
        read.map_err(|error| error.or_at(&self.place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        visitor.visit_newtype_struct(self)
    }

    loose! {
        deserialize_bool: bool => visit_bool;
        deserialize_u32: u32 => visit_u32;
        deserialize_u64: u64 => visit_u64;
        deserialize_i64: i64 => visit_i64;
        deserialize_f64: f64 => visit_f64;
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct enum identifier ignored_any
    }
}

/// The values of a list, one after the other.
struct NodeList<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for NodeList<'de> {
    type Error = NodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NodeError> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|error| error.or_at(&node.place))
    }
}

/// The entries of a table, one after the other; the one whose key was read.
struct NodeTable<'de>(std::slice::Iter<'de, NodeEntry>, Option<&'de NodeEntry>);

impl<'de> MapAccess<'de> for NodeTable<'de> {
    type Error = NodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NodeError> {
        let Some(entry) = self.0.next() else { return Ok(None) };
        self.1 = Some(entry);
        let key = de::value::BorrowedStrDeserializer::<NodeError>::new(&entry.key);
        seed.deserialize(key).map(Some).map_err(|error| error.or_at(&entry.place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NodeError> {
        let entry = self.1.ok_or_else(|| de::Error::custom("a value without a key"))?;
        let read = seed.deserialize(&entry.value).map_err(|error: NodeError| error.or_at(&entry.value.place));
        read.map_err(|error| {
            // What is wrong with a value is said of its key, which may stand far from its place.
            let message = entry.value.discreet(error.message);
            let is_named = message.starts_with(&entry.key.replace('-', "_"));
            NodeError {
                message: if is_named { message } else { format!("{}: {message}", entry.key) },
                ..error
            }
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NodeVisitor;
        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = NodeValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a number, true, false, a list or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<NodeValue, E> {
                Ok(NodeValue::Text(text.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<NodeValue, E> {
                Ok(NodeValue::Integer(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<NodeValue, E> {
                i64::try_from(number).map(NodeValue::Integer).map_err(|_| E::custom("a number is too large"))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<NodeValue, E> {
                Ok(NodeValue::Float(number))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<NodeValue, E> {
                Ok(NodeValue::Boolean(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NodeValue, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(NodeValue::List(nodes))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NodeValue, A::Error> {
                let mut entries: Vec<NodeEntry> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Node>()? {
                    if entries.iter().any(|entry| entry.key == key) {
                        return Err(de::Error::custom(format_args!("the key {key} is given twice")));
                    }
                    entries.push(NodeEntry { key, place: DocumentPlace::Unknown, value });
                }
                Ok(NodeValue::Table(entries))
            }
        }
        let value = deserializer.deserialize_any(NodeVisitor)?;
        Ok(Self { value, place: DocumentPlace::Unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{ReadOptions, RunOptions};

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, NodeError> {
        let node = Node::from_toml(text).unwrap();
        T::deserialize(&node)
    }

    #[test]
    fn an_error_has_the_line_of_the_value_and_says_what_was_expected() {
        for (text, message, place) in [
            ("strict = true\nskip_lines = \"x\"", "expected a whole number, found the text \"x\"", (2, 14)),
            ("\nstrict = 1", "expected true or false, found the number 1", (2, 10)),
            ("header = \"maybe\"", "header: expected yes or no or auto, found \"maybe\"", (1, 10)),
        ] {
            let error = read::<ReadOptions>(text).unwrap_err();
            assert!(error.message.contains(message), "{error}");
            assert_eq!(error.place, DocumentPlace::File(place.0, place.1), "{text}");
        }
        let error = Node::from_toml("a = 1\nb = \n").unwrap_err();
        assert!(matches!(error.place, DocumentPlace::File(2, _)), "{error:?}");
    }

    #[test]
    fn loose_texts_are_numbers_and_switches_where_these_are_expected_and_are_not_shown() {
        let loose = |text: &str| Node {
            value: NodeValue::Loose(text.to_owned(), "${SECRET}".to_owned()),
            place: DocumentPlace::Unknown,
        };
        let table = |key: &str, value: Node| Node {
            value: NodeValue::Table(vec![NodeEntry {
                key: key.to_owned(),
                place: value.place.clone(),
                value,
            }]),
            place: DocumentPlace::Unknown,
        };
        assert_eq!(RunOptions::deserialize(&table("threads", loose("8"))).unwrap().threads, 8);
        assert!(RunOptions::deserialize(&table("pin", loose("true"))).unwrap().pin);
        let error = RunOptions::deserialize(&table("threads", loose("hunter2"))).unwrap_err();
        assert!(error.message.contains("${SECRET}") && !error.message.contains("hunter2"), "{error}");
        let error = ReadOptions::deserialize(&table("header", loose("hunter2"))).unwrap_err();
        assert!(error.message.contains("${SECRET}") && !error.message.contains("hunter2"), "{error}");
    }
}
