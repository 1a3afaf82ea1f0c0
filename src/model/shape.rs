//! What nested values of a column have in common: the join over all of them, whatever their sharding.
//!
//! A [`NestedShape`] says at each path of the values what was met there; [`NestedShape::nested`] then names a
//! type, or leaves the column as JSON. Each rule looks at one path alone and never takes anything back, so
//! that the join is associative, and commutative but for the order of fields, which is that of their first
//! appearance: shards are joined in file order. What a type would lose (digits, a second member with the same
//! key) makes the path JSON, as written.

use super::json_text::{JsonToken, JsonWalk, unescaped};
use super::kind::{Kind, Kinds};
use super::readings::{Readings, Wishes, classify_lexical, decide};
use super::value::{ColumnType, FloatStyle, IntStyle};

/// Levels of lists and objects in a column; what lies deeper stays JSON. Readers recurse, and some stop at a
/// few dozen.
pub const MOST_LEVELS: usize = 32;
/// Fields of one object; one with more is a dictionary whose keys are data, and stays JSON.
pub const MOST_FIELDS: usize = 256;
/// Parquet columns that one nested column may become; with more it stays JSON as a whole. Each holds pages
/// while it is written.
pub const MOST_LEAVES: usize = 1000;

/// What reports and schema files call the type of a column of lists or objects.
pub const NESTED: &str = "nested";

/// Kinds and fields of the values at one path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NestedShape {
    /// What values other than lists and objects are.
    kinds: Kinds,
    /// The join over its numbers.
    readings: Readings,
    /// What is in its lists, if there are any.
    items: Option<Box<NestedShape>>,
    /// What is in its objects, in order of first appearance, if there are any.
    fields: Option<Vec<(Box<str>, NestedShape)>>,
    /// Whether no type holds all that was met, whatever follows.
    json: bool,
}

/// The type of a path, once all values are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nested {
    /// `true` or `false`.
    Bool,
    /// Integers within 64 bits.
    Int,
    /// Numbers that a double tells exactly, as written or by 17 digits.
    Float,
    /// Strings, or nothing but nulls.
    Text,
    /// Anything: its JSON as written.
    Json,
    /// Lists of one type.
    List(Box<Nested>),
    /// Objects, with at least one field.
    Struct(Vec<(Box<str>, Nested)>),
}

impl NestedShape {
    /// Whether nothing but nulls was met.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a value: well-formed JSON.
    pub fn observe(&mut self, json: &[u8]) {
        self.look(&mut JsonWalk::new(json), 0);
    }

    fn look(&mut self, walk: &mut JsonWalk<'_>, level: usize) {
        if self.json {
            walk.skip();
            return;
        }
        match walk.value() {
            JsonToken::Null => {}
            JsonToken::Bool(_) => self.kinds.insert(Kind::Bool),
            JsonToken::Text(_) => self.kinds.insert(Kind::Quoted),
            JsonToken::Number(digits) => {
                let kind = kind_of(digits);
                self.kinds.insert(kind);
                self.readings &= Readings::of_kinds(Kinds::of(kind)) & classify_lexical(digits);
            }
            JsonToken::List => {
                let items = self.items.get_or_insert_default();
                items.json |= level + 1 >= MOST_LEVELS;
                while walk.item() {
                    items.look(walk, level + 1);
                }
            }
            JsonToken::Object => self.look_at_fields(walk, level),
        }
        self.settle();
    }

    fn look_at_fields(&mut self, walk: &mut JsonWalk<'_>, level: usize) {
        let fields = self.fields.get_or_insert_default();
        let mut seen = vec![false; fields.len()];
        let mut expected = 0;
        while let Some(key) = walk.key() {
            let key = unescaped(key);
            let known = |(name, _): &(Box<str>, Self)| **name == *key;
            // Objects of one column mostly have their keys in one order.
            let found = match fields.get(expected).is_some_and(known) {
                true => Some(expected),
                false => fields.iter().position(known),
            };
            let index = found.unwrap_or(fields.len());
            if found.is_none() {
                let json = level + 1 >= MOST_LEVELS;
                fields.push((key.as_ref().into(), Self { json, ..Self::default() }));
                seen.push(false);
            }
            // Too many are told below; this bounds what one object costs.
            self.json |= std::mem::replace(&mut seen[index], true) || fields.len() > MOST_FIELDS;
            if self.json {
                walk.skip();
            } else {
                fields[index].1.look(walk, level + 1);
            }
            expected = index + 1;
        }
    }

    /// Gives up what no type holds.
    fn settle(&mut self) {
        let containers = usize::from(self.items.is_some()) + usize::from(self.fields.is_some());
        let numbers = self.kinds.without(Kind::Int).without(Kind::Float);
        let scalars = numbers.iter().count() + usize::from(numbers != self.kinds);
        let wide = self.fields.as_ref().is_some_and(|fields| fields.len() > MOST_FIELDS);
        if self.json || wide || containers + scalars > 1 {
            *self = Self { json: true, ..Self::default() };
        }
    }

    /// Adds what was met later in the file.
    pub fn join(&mut self, later: Self) {
        self.json |= later.json;
        self.kinds.join(later.kinds);
        self.readings &= later.readings;
        match (&mut self.items, later.items) {
            (Some(items), Some(more)) => items.join(*more),
            (items, more) => *items = items.take().or(more),
        }
        match (&mut self.fields, later.fields) {
            (Some(fields), Some(more)) => {
                for (name, shape) in more {
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => known.join(shape),
                        None => fields.push((name, shape)),
                    }
                }
            }
            (fields, more) => *fields = fields.take().or(more),
        }
        self.settle();
    }

    /// The type of the column; `None` if it stays JSON as a whole.
    pub fn nested(&self) -> Option<Nested> {
        let nested = self.type_of();
        let is_nested = matches!(nested, Nested::List(_) | Nested::Struct(_));
        (is_nested && nested.leaves() <= MOST_LEAVES).then_some(nested)
    }

    fn type_of(&self) -> Nested {
        if self.json {
            return Nested::Json;
        }
        if let Some(items) = &self.items {
            return Nested::List(Box::new(items.type_of()));
        }
        if let Some(fields) = &self.fields {
            // Parquet has no objects without fields.
            return match fields.is_empty() {
                true => Nested::Json,
                false => {
                    Nested::Struct(fields.iter().map(|(name, it)| (name.clone(), it.type_of())).collect())
                }
            };
        }
        match self.kinds.main() {
            Some(Kind::Bool) => Nested::Bool,
            Some(Kind::Int | Kind::Float) => match decide(self.readings, &Wishes::default()).column_type {
                ColumnType::Int64(IntStyle::Plain) => Nested::Int,
                ColumnType::Float64(FloatStyle::Plain) => Nested::Float,
                _ => Nested::Json,
            },
            _ => Nested::Text,
        }
    }
}

impl Nested {
    /// Columns that it is in Parquet.
    fn leaves(&self) -> usize {
        match self {
            Self::List(items) => items.leaves(),
            Self::Struct(fields) => fields.iter().map(|(_, it)| it.leaves()).sum(),
            _ => 1,
        }
    }
}

/// As in SQL: `struct<a: int64, b: list<string>>`. Paths that stay JSON are `json`.
impl std::fmt::Display for Nested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int64"),
            Self::Float => f.write_str("float64"),
            Self::Text => f.write_str("string"),
            Self::Json => f.write_str("json"),
            Self::List(items) => write!(f, "list<{items}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, it)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}: {it}")?;
                }
                f.write_str(">")
            }
        }
    }
}

/// Whether a number is an integer as written.
fn kind_of(digits: &[u8]) -> Kind {
    // NaN and Infinity have no digits.
    let fraction = digits.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'N' | b'I'));
    if fraction { Kind::Float } else { Kind::Int }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(values: &[&str]) -> NestedShape {
        let mut shape = NestedShape::default();
        values.iter().for_each(|value| shape.observe(value.as_bytes()));
        shape
    }

    fn told(values: &[&str]) -> String {
        shape(values).nested().map_or("json".to_owned(), |it| it.to_string())
    }

    #[test]
    fn shapes_are_what_all_values_have_in_common() {
        for (values, expected) in [
            (&["{\"a\":1}", "{\"b\":[true,null]}"][..], "struct<a: int64, b: list<bool>>"),
            (&["[1, 2.5]", "[]", "null"], "list<float64>"),
            (&["[1]", "[\"x\"]"], "list<json>"),
            (&["[[1],[]]"], "list<list<int64>>"),
            (&["[]"], "list<string>"),
            (&["[null]"], "list<string>"),
            (&["{}"], "json"),
            (&["[{}]"], "list<json>"),
            (&["{}", "{\"a\":null}"], "struct<a: string>"),
            (&["[1]", "{\"a\":1}"], "json"),
            (&["{\"a\":1}", "{\"a\":{\"b\":1}}"], "struct<a: json>"),
            (&["[9223372036854775809]"], "list<json>"),
            (&["[9223372036854775808]"], "list<float64>"),
            (&["[9007199254740993, 0.5]"], "list<json>"),
            (&["[0.1234567890123456789]"], "list<json>"),
            (&["{\"a\":1,\"\\u0061\":2}"], "json"),
            (&["[{\"a\":1,\"a\":2}, {\"a\":3}]"], "list<json>"),
        ] {
            assert_eq!(told(values), expected, "{values:?}");
        }
    }

    #[test]
    fn deep_and_wide_values_stay_json() {
        let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(told(&[&deep(MOST_LEVELS - 1)]).ends_with(&format!("int64{}", ">".repeat(MOST_LEVELS - 1))));
        assert!(told(&[&deep(MOST_LEVELS)]).contains("<json>"));
        let wide = |fields: usize| {
            let members: Vec<String> = (0..fields).map(|it| format!("\"{it}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert_ne!(told(&[&wide(MOST_FIELDS)]), "json");
        assert_eq!(told(&[&wide(MOST_FIELDS + 1)]), "json");
        let many = format!(
            "[{{{}}}]",
            (0..5).map(|it| format!("\"{it}\":{}", wide(201))).collect::<Vec<_>>().join(",")
        );
        assert_eq!(told(&[&many]), "json");
    }

    mod laws {
        use proptest::prelude::*;

        use super::*;

        fn json() -> impl Strategy<Value = String> {
            let leaf = prop_oneof![
                Just("null".to_owned()),
                Just("true".to_owned()),
                Just("9007199254740993".to_owned()),
                Just("0.5".to_owned()),
                Just("7".to_owned()),
                Just("\"x\"".to_owned()),
            ];
            leaf.prop_recursive(3, 12, 3, |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..3).prop_map(|it| format!("[{}]", it.join(","))),
                    prop::collection::vec(("[abc]", inner), 0..3).prop_map(|it| {
                        let members: Vec<_> =
                            it.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                        format!("{{{}}}", members.join(","))
                    }),
                ]
            })
        }

        proptest! {
            #[test]
            fn where_values_are_cut_changes_nothing(
                values in prop::collection::vec(json(), 0..8),
                cuts in (0usize..9, 0usize..9),
            ) {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                let (one, two) = (cuts.0.min(cuts.1).min(values.len()), cuts.0.max(cuts.1).min(values.len()));
                let parts = [&values[..one], &values[one..two], &values[two..]].map(shape);
                let mut left = parts[0].clone();
                left.join(parts[1].clone());
                left.join(parts[2].clone());
                let mut later = parts[1].clone();
                later.join(parts[2].clone());
                let mut right = parts[0].clone();
                right.join(later);
                prop_assert_eq!(&left, &shape(&values));
                prop_assert_eq!(&right, &left);
            }
        }
    }
}
