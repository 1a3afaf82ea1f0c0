//! The columns of a log: what tells them apart, what they are called, how they are found by key.
//!
//! A column's identity is its scope, its path of keys and whether it holds plain values or JSON. It is written as one string, [`Column::id`], with U+001F
//! between the keys: no XML text holds that character.

use std::collections::{HashMap, HashSet};

use crate::model::kind::{Kind, Kinds};

/// Between the keys of a path in an id.
const BETWEEN: char = '\u{1f}';
/// The id of the column that numbers traces.
pub const TRACE: &str = "@trace";

/// Whose attributes a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A trace's, the same in all of its events.
    Trace,
    /// An event's.
    Event,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    /// The values of attributes.
    Values,
    /// Lists and containers as JSON.
    Nested,
    /// Second attributes of the same key, as JSON.
    Duplicates,
    /// What is no XES attribute, as JSON.
    Other,
    /// Types that are not the main one of their column, as JSON.
    Types,
    /// The place of the trace.
    Trace,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Whose attributes.
    pub scope: Scope,
    /// What.
    pub holds: Holds,
    /// The keys from the outside in; empty for those of [`Holds`] that gather.
    pub path: Vec<String>,
    /// What its values are, as far as was known when the parse began.
    pub kinds: Kinds,
}

impl Column {
    /// A column by its id; `None` for text that is none.
    pub fn of_id(id: &str) -> Option<Self> {
        let gathers = |scope, holds| Self { scope, holds, path: Vec::new(), kinds: Kinds::of(Kind::Nested) };
        Some(match id {
            TRACE => Self { kinds: Kinds::of(Kind::Int), ..gathers(Scope::Trace, Holds::Trace) },
            "e@d" => gathers(Scope::Event, Holds::Duplicates),
            "e@o" => gathers(Scope::Event, Holds::Other),
            "e@t" => gathers(Scope::Event, Holds::Types),
            "t@d" => gathers(Scope::Trace, Holds::Duplicates),
            "t@o" => gathers(Scope::Trace, Holds::Other),
            "t@t" => gathers(Scope::Trace, Holds::Types),
            _ => {
                let (letter, path) = id.split_once(BETWEEN)?;
                let (scope, holds) = match letter {
                    "e" => (Scope::Event, Holds::Values),
                    "t" => (Scope::Trace, Holds::Values),
                    "E" => (Scope::Event, Holds::Nested),
                    "T" => (Scope::Trace, Holds::Nested),
                    _ => return None,
                };
                let path = path.split(BETWEEN).map(str::to_owned).collect();
                Self { scope, holds, path, kinds: Kinds::NONE }
            }
        })
    }

    /// What tells it apart.
    pub fn id(&self) -> Box<str> {
        match self.holds {
            Holds::Trace => return TRACE.into(),
            Holds::Duplicates | Holds::Other | Holds::Types => {
                return gathering(self.scope, self.holds).into();
            }
            Holds::Values | Holds::Nested => {}
        }
        let mut id = head(self.scope, self.holds == Holds::Nested).to_owned();
        for key in &self.path {
            id.push(BETWEEN);
            id.push_str(key);
        }
        id.into()
    }

    /// What it is called if nothing else is.
    fn plain_name(&self) -> String {
        let name = match self.holds {
            Holds::Trace => return TRACE.to_owned(),
            Holds::Duplicates => "@duplicates".to_owned(),
            Holds::Other => "@other".to_owned(),
            Holds::Types => "@types".to_owned(),
            Holds::Values | Holds::Nested => self.path.join("/"),
        };
        if self.scope == Scope::Trace { format!("case:{name}") } else { name }
    }

    /// What its values are if they are no part of the log: offsets of traces.
    pub fn own_kinds(&self) -> Kinds {
        if self.holds == Holds::Trace { self.kinds } else { Kinds::NONE }
    }

    /// Whether its cells count into text beside the input's.
    pub fn is_aside(&self) -> bool {
        self.scope == Scope::Trace || self.holds != Holds::Values
    }
}

/// The id of a column that gathers.
pub fn gathering(scope: Scope, holds: Holds) -> &'static str {
    match (scope, holds) {
        (Scope::Event, Holds::Duplicates) => "e@d",
        (Scope::Event, Holds::Other) => "e@o",
        (Scope::Event, _) => "e@t",
        (Scope::Trace, Holds::Duplicates) => "t@d",
        (Scope::Trace, Holds::Other) => "t@o",
        (Scope::Trace, _) => "t@t",
    }
}

/// The beginning of an id.
pub fn head(scope: Scope, nested: bool) -> &'static str {
    match (scope, nested) {
        (Scope::Event, false) => "e",
        (Scope::Trace, false) => "t",
        (Scope::Event, true) => "E",
        (Scope::Trace, true) => "T",
    }
}

/// The id of the column with the same keys that holds the other sort of values, plain or nested; `None` for columns that gather.
pub fn twin_id(id: &str) -> Option<String> {
    let (letter, path) = id.split_once(BETWEEN)?;
    let other = match letter {
        "e" => "E",
        "E" => "e",
        "t" => "T",
        _ => "t",
    };
    Some(format!("{other}{BETWEEN}{path}"))
}

/// Appends a key to an id that is being put together.
pub fn push_key(id: &mut String, key: &str) {
    id.push(BETWEEN);
    id.push_str(key);
}

/// All columns of a log, in order.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// In the order of the table.
    pub all: Vec<Column>,
    by_id: HashMap<Box<str>, usize>,
    /// Those that gather, by scope: duplicates, other, types.
    gathering: [[Option<usize>; 3]; 2],
    /// The one that numbers traces.
    pub trace: Option<usize>,
    /// Which ones count into text beside the input's.
    pub aside: Vec<bool>,
    /// For each column the one with the same keys that holds the other sort of values, plain or nested.
    twins: Vec<Option<usize>>,
}

impl Columns {
    /// These columns, in this order.
    pub fn new(all: Vec<Column>) -> Self {
        let by_id: HashMap<_, _> =
            all.iter().enumerate().map(|(index, column)| (column.id(), index)).collect();
        let find = |id: &str| by_id.get(id).copied();
        let of = |scope| [Holds::Duplicates, Holds::Other, Holds::Types].map(|it| find(gathering(scope, it)));
        let gathering = [of(Scope::Trace), of(Scope::Event)];
        let trace = find(TRACE);
        let aside = all.iter().map(Column::is_aside).collect();
        let twins = all.iter().map(|column| find(&twin_id(&column.id())?)).collect();
        Self { all, by_id, gathering, trace, aside, twins }
    }

    /// The column of an id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Whether another column has the same keys: then one key in one element may be two attributes.
    pub fn has_twin(&self, column: usize) -> bool {
        self.twins[column].is_some()
    }

    /// The column that gathers this.
    pub fn gathering(&self, scope: Scope, holds: Holds) -> Option<usize> {
        let row = self.gathering[usize::from(scope == Scope::Event)];
        match holds {
            Holds::Duplicates => row[0],
            Holds::Other => row[1],
            _ => row[2],
        }
    }

    /// The names of the columns, each one once: a later one that would be called like an earlier one gets `@2`, `@3` behind its name.
    pub fn names(&self) -> Vec<String> {
        let mut taken = HashSet::with_capacity(self.all.len());
        let mut names = Vec::with_capacity(self.all.len());
        for column in &self.all {
            let plain = column.plain_name();
            let mut name = plain.clone();
            let mut count = 1;
            while !taken.insert(name.clone()) {
                count += 1;
                name = format!("{plain}@{count}");
            }
            names.push(name);
        }
        names
    }

    /// What should be said about names.
    pub fn warnings(&self) -> Vec<String> {
        let renamed = self.all.iter().zip(self.names()).filter(|(column, name)| column.plain_name() != *name);
        renamed
            .map(|(column, name)| {
                let whose = if column.scope == Scope::Trace { "trace" } else { "event" };
                format!(
                    "the {whose} key {:?} would have the name of another column and is called {name:?}",
                    column.path.join("/")
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(ids: &[&str]) -> Columns {
        Columns::new(ids.iter().map(|id| Column::of_id(id).unwrap()).collect())
    }

    #[test]
    fn ids_are_read_back() {
        for id in ["e\u{1f}concept:name", "t\u{1f}a\u{1f}b", "E\u{1f}list", "e@d", "t@o", "e@t", "@trace"] {
            assert_eq!(&*Column::of_id(id).unwrap().id(), id);
        }
        assert_eq!(Column::of_id("x"), None);
    }

    #[test]
    fn columns_that_would_share_a_name_are_told_apart() {
        let columns =
            columns(&["t\u{1f}x", "e\u{1f}case:x", "e\u{1f}a/b", "e\u{1f}a\u{1f}b", "E\u{1f}a/b", "e@o"]);
        assert_eq!(columns.names(), ["case:x", "case:x@2", "a/b", "a/b@2", "a/b@3", "@other"]);
        assert_eq!(columns.warnings().len(), 3);
        assert_eq!(columns.gathering(Scope::Event, Holds::Other), Some(5));
        assert_eq!(columns.gathering(Scope::Trace, Holds::Other), None);
    }
}
