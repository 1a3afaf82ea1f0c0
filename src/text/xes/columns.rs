//! The columns of a log: what tells them apart, what they are called, how they are found by key.
//!
//! A column's identity is its scope, its path of keys and whether it holds plain values or JSON. It is
//! written as one string, [`XesColumn::id`], with U+001F between the keys: no XML text holds that character.

use std::collections::{HashMap, HashSet};

use crate::model::kind::{Kind, Kinds};

/// Between the keys of a path in an id.
const BETWEEN: char = '\u{1f}';
/// The id of the column that numbers traces.
pub const TRACE: &str = "@trace";

/// Whether a column contains attributes of traces or of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum XesScope {
    /// Attributes of a trace, equal in all of its events.
    Trace,
    /// Attributes of an event.
    Event,
}

/// Contents of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum XesContent {
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

/// A column of an XES table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XesColumn {
    /// Whether the column contains attributes of traces or of events.
    pub scope: XesScope,
    /// Contents of the column.
    pub holds: XesContent,
    /// The keys from the outside in; empty for those of [`XesContent`] that gather.
    pub path: Vec<String>,
    /// Kinds of its values, as far as they were known when the parse began.
    pub kinds: Kinds,
}

impl XesColumn {
    /// A column by its id; `None` for text that is none.
    pub fn of_id(id: &str) -> Option<Self> {
        let gathers = |scope, holds| Self { scope, holds, path: Vec::new(), kinds: Kinds::of(Kind::Nested) };
        Some(match id {
            TRACE => Self { kinds: Kinds::of(Kind::Int), ..gathers(XesScope::Trace, XesContent::Trace) },
            "e@d" => gathers(XesScope::Event, XesContent::Duplicates),
            "e@o" => gathers(XesScope::Event, XesContent::Other),
            "e@t" => gathers(XesScope::Event, XesContent::Types),
            "t@d" => gathers(XesScope::Trace, XesContent::Duplicates),
            "t@o" => gathers(XesScope::Trace, XesContent::Other),
            "t@t" => gathers(XesScope::Trace, XesContent::Types),
            _ => {
                let (letter, path) = id.split_once(BETWEEN)?;
                let (scope, holds) = match letter {
                    "e" => (XesScope::Event, XesContent::Values),
                    "t" => (XesScope::Trace, XesContent::Values),
                    "E" => (XesScope::Event, XesContent::Nested),
                    "T" => (XesScope::Trace, XesContent::Nested),
                    _ => return None,
                };
                let path = path.split(BETWEEN).map(str::to_owned).collect();
                Self { scope, holds, path, kinds: Kinds::NONE }
            }
        })
    }

    /// The identity of the column among all columns.
    pub fn id(&self) -> Box<str> {
        match self.holds {
            XesContent::Trace => return TRACE.into(),
            XesContent::Duplicates | XesContent::Other | XesContent::Types => {
                return gathering(self.scope, self.holds).into();
            }
            XesContent::Values | XesContent::Nested => {}
        }
        let mut id = head(self.scope, self.holds == XesContent::Nested).to_owned();
        for key in &self.path {
            id.push(BETWEEN);
            id.push_str(key);
        }
        id.into()
    }

    /// Name of the column, if no other column has this name.
    fn plain_name(&self) -> String {
        let name = match self.holds {
            XesContent::Trace => return TRACE.to_owned(),
            XesContent::Duplicates => "@duplicates".to_owned(),
            XesContent::Other => "@other".to_owned(),
            XesContent::Types => "@types".to_owned(),
            XesContent::Values | XesContent::Nested => self.path.join("/"),
        };
        if self.scope == XesScope::Trace { format!("case:{name}") } else { name }
    }

    /// What its values are if they are no part of the log: offsets of traces.
    pub fn own_kinds(&self) -> Kinds {
        if self.holds == XesContent::Trace { self.kinds } else { Kinds::NONE }
    }

    /// Whether its cells count into text beside the input's.
    pub fn is_out_of_line(&self) -> bool {
        self.scope == XesScope::Trace || self.holds != XesContent::Values
    }
}

/// The id of a column that gathers.
pub fn gathering(scope: XesScope, holds: XesContent) -> &'static str {
    match (scope, holds) {
        (XesScope::Event, XesContent::Duplicates) => "e@d",
        (XesScope::Event, XesContent::Other) => "e@o",
        (XesScope::Event, _) => "e@t",
        (XesScope::Trace, XesContent::Duplicates) => "t@d",
        (XesScope::Trace, XesContent::Other) => "t@o",
        (XesScope::Trace, _) => "t@t",
    }
}

/// The beginning of an id.
pub fn head(scope: XesScope, nested: bool) -> &'static str {
    match (scope, nested) {
        (XesScope::Event, false) => "e",
        (XesScope::Trace, false) => "t",
        (XesScope::Event, true) => "E",
        (XesScope::Trace, true) => "T",
    }
}

/// The id of the column with the same keys that holds the other sort of values, plain or nested; `None` for
/// columns that gather.
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

/// All columns of a log, in their order.
#[derive(Debug, Clone, Default)]
pub struct XesColumns {
    /// In the order of the table.
    pub all: Vec<XesColumn>,
    by_id: HashMap<Box<str>, usize>,
    /// Those that gather, by scope: duplicates, other, types.
    gathering: [[Option<usize>; 3]; 2],
    /// The one that numbers traces.
    pub trace: Option<usize>,
    /// Which ones count into text beside the input's.
    pub out_of_line: Vec<bool>,
    /// For each column the one with the same keys that holds the other sort of values, plain or nested.
    twins: Vec<Option<usize>>,
}

impl XesColumns {
    /// An index over these columns, in this order.
    pub fn new(all: Vec<XesColumn>) -> Self {
        let by_id: HashMap<_, _> =
            all.iter().enumerate().map(|(index, column)| (column.id(), index)).collect();
        let find = |id: &str| by_id.get(id).copied();
        let of = |scope| {
            [XesContent::Duplicates, XesContent::Other, XesContent::Types]
                .map(|it| find(gathering(scope, it)))
        };
        let gathering = [of(XesScope::Trace), of(XesScope::Event)];
        let trace = find(TRACE);
        let aside = all.iter().map(XesColumn::is_out_of_line).collect();
        let twins = all.iter().map(|column| find(&twin_id(&column.id())?)).collect();
        Self { all, by_id, gathering, trace, out_of_line: aside, twins }
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
    pub fn gathering(&self, scope: XesScope, holds: XesContent) -> Option<usize> {
        let row = self.gathering[usize::from(scope == XesScope::Event)];
        match holds {
            XesContent::Duplicates => row[0],
            XesContent::Other => row[1],
            _ => row[2],
        }
    }

    /// The names of the columns, each one once: a later one that would be called like an earlier one gets
    /// `@2`, `@3` behind its name.
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

    /// Warnings about the names of columns.
    pub fn warnings(&self) -> Vec<String> {
        let renamed = self.all.iter().zip(self.names()).filter(|(column, name)| column.plain_name() != *name);
        renamed
            .map(|(column, name)| {
                let whose = if column.scope == XesScope::Trace { "trace" } else { "event" };
                format!(
                    "the {whose} key {:?} would get the name of another column and was renamed to {name:?}",
                    column.path.join("/")
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(ids: &[&str]) -> XesColumns {
        XesColumns::new(ids.iter().map(|id| XesColumn::of_id(id).unwrap()).collect())
    }

    #[test]
    fn ids_are_read_back() {
        for id in ["e\u{1f}concept:name", "t\u{1f}a\u{1f}b", "E\u{1f}list", "e@d", "t@o", "e@t", "@trace"] {
            assert_eq!(&*XesColumn::of_id(id).unwrap().id(), id);
        }
        assert_eq!(XesColumn::of_id("x"), None);
    }

    #[test]
    fn columns_that_would_share_a_name_are_distinguished() {
        let columns =
            columns(&["t\u{1f}x", "e\u{1f}case:x", "e\u{1f}a/b", "e\u{1f}a\u{1f}b", "E\u{1f}a/b", "e@o"]);
        assert_eq!(columns.names(), ["case:x", "case:x@2", "a/b", "a/b@2", "a/b@3", "@other"]);
        assert_eq!(columns.warnings().len(), 3);
        assert_eq!(columns.gathering(XesScope::Event, XesContent::Other), Some(5));
        assert_eq!(columns.gathering(XesScope::Trace, XesContent::Other), None);
    }
}
