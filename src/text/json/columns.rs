//! The columns of a text: a key each, and one for members whose key stands twice in an object.
//!
//! A column's identity is [`JsonColumn::id`]: what it holds, and its key. Keys are what they mean, escapes
//! undone.

use std::collections::{HashMap, HashSet};

use crate::model::kind::{Kind, Kinds};
use crate::model::shape::NestedShape;

/// The id of the column for members whose key stands twice.
pub const DUPLICATES: &str = "@d";
/// Before the key in the id of a column of values.
const VALUES: char = 'k';

/// A column of a JSON table, which gathers the values of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonColumn {
    /// Key of the column; `None` for the column that gathers duplicates.
    pub key: Option<Box<str>>,
    /// Kinds of its values, as far as they were known when the parse began.
    pub kinds: Kinds,
    /// The join over those that are nested, as far as was known then.
    pub shape: NestedShape,
    /// What values of its key are in the texts that become one table with this one.
    pub other_kinds: Kinds,
}

impl JsonColumn {
    /// A column by its id; `None` for text that is none.
    pub fn of_id(id: &str, kinds: Kinds, shape: NestedShape) -> Option<Self> {
        match id {
            DUPLICATES => {
                let kinds = Kinds::of(Kind::Nested);
                Some(Self { key: None, kinds, shape: NestedShape::default(), other_kinds: Kinds::NONE })
            }
            _ => id.strip_prefix(VALUES).map(|key| Self {
                key: Some(key.into()),
                kinds,
                shape,
                other_kinds: Kinds::NONE,
            }),
        }
    }

    /// What its values have in common if all of them are objects or arrays; not for duplicates, which are
    /// JSON as written.
    pub fn nested_shape(&self) -> Option<&NestedShape> {
        (self.key.is_some() && self.all_kinds() == Kinds::of(Kind::Nested)).then_some(&self.shape)
    }

    /// The identity of the column among all columns.
    pub fn id(&self) -> Box<str> {
        match &self.key {
            Some(key) => id_of(key).into(),
            None => DUPLICATES.into(),
        }
    }

    /// Kinds of the values of its key, in this text and in the others of the table.
    fn all_kinds(&self) -> Kinds {
        let mut kinds = self.kinds;
        kinds.join(self.other_kinds);
        kinds
    }

    /// Whether strings are among values of another kind: then each value is its JSON.
    pub fn is_mixed(&self) -> bool {
        let kinds = self.all_kinds();
        kinds.has(Kind::Quoted) && kinds != Kinds::of(Kind::Quoted)
    }

    /// Whether its values are JSON as written, and not what that means.
    pub fn is_json(&self) -> bool {
        let kinds = self.all_kinds();
        let numbers = kinds.without(Kind::Int).without(Kind::Float);
        kinds.has(Kind::Nested) || kinds.iter().count() > 1 && !numbers.is_empty()
    }
}

/// The id of a key's column.
pub fn id_of(key: &str) -> String {
    let mut id = String::with_capacity(key.len() + 1);
    id.push(VALUES);
    id.push_str(key);
    id
}

/// All columns of a text, in their order.
#[derive(Debug, Clone, Default)]
pub struct JsonColumns {
    /// In the order of the table.
    pub all: Vec<JsonColumn>,
    by_key: HashMap<Box<str>, usize>,
    /// The one that gathers duplicates.
    pub duplicates: Option<usize>,
    /// Which ones count into text beside the input's.
    pub out_of_line: Vec<bool>,
    /// Which ones show strings with their quotes.
    pub mixed: Vec<bool>,
}

impl JsonColumns {
    /// An index over these columns, in this order.
    pub fn new(all: Vec<JsonColumn>) -> Self {
        let keys = all.iter().enumerate().filter_map(|(index, it)| Some((it.key.clone()?, index)));
        Self {
            by_key: keys.collect(),
            duplicates: all.iter().position(|it| it.key.is_none()),
            out_of_line: all.iter().map(|it| it.key.is_none()).collect(),
            mixed: all.iter().map(JsonColumn::is_mixed).collect(),
            all,
        }
    }

    /// The column of a key.
    pub fn find(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// The names of the columns, each one once: keys as they are, which differ, and a free name for
    /// duplicates.
    pub fn names(&self) -> Vec<String> {
        let keys: HashSet<&str> = self.all.iter().filter_map(|it| it.key.as_deref()).collect();
        let free = || {
            let later = (2..).map(|count| format!("@duplicates@{count}"));
            std::iter::once("@duplicates".to_owned()).chain(later).find(|name| !keys.contains(name.as_str()))
        };
        let name = |column: &JsonColumn| column.key.as_deref().map(str::to_owned).or_else(free);
        self.all.iter().filter_map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back() {
        for id in ["ka", "k", "k@d", "@d", "k\0"] {
            assert_eq!(&*JsonColumn::of_id(id, Kinds::NONE, NestedShape::default()).unwrap().id(), id);
        }
        assert_eq!(JsonColumn::of_id("x", Kinds::NONE, NestedShape::default()), None);
    }

    #[test]
    fn duplicates_get_a_name_that_no_key_has() {
        let columns = |ids: &[&str]| {
            JsonColumns::new(
                ids.iter()
                    .map(|id| JsonColumn::of_id(id, Kinds::NONE, NestedShape::default()).unwrap())
                    .collect(),
            )
        };
        assert_eq!(columns(&["ka", "@d"]).names(), ["a", "@duplicates"]);
        assert_eq!(columns(&["k@duplicates", "@d"]).names(), ["@duplicates", "@duplicates@2"]);
    }

    #[test]
    fn a_column_of_several_kinds_is_json_unless_all_are_numbers() {
        let of = |kinds: &[Kind]| {
            let mut column = JsonColumn::of_id("k", Kinds::NONE, NestedShape::default()).unwrap();
            kinds.iter().for_each(|kind| column.kinds.insert(*kind));
            (column.is_mixed(), column.is_json())
        };
        assert_eq!(of(&[]), (false, false));
        assert_eq!(of(&[Kind::Quoted]), (false, false));
        assert_eq!(of(&[Kind::Int, Kind::Float]), (false, false));
        assert_eq!(of(&[Kind::Int, Kind::Bool]), (false, true));
        assert_eq!(of(&[Kind::Nested]), (false, true));
        assert_eq!(of(&[Kind::Quoted, Kind::Int]), (true, true));
    }
}
