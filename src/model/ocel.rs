//! The shape of an object-centric log: its types, their attributes, and the tables and columns that these
//! make.
//!
//! ```text
//! table 0                 relations of events to objects
//! table 1                 relations of objects to objects
//! one for each event type     ocel_id, ocel_time, attributes
//! two for each object type    ocel_id, first values · ocel_id, ocel_time, ocel_changed_field, later values
//! ```
//!
//! Names are those of the OCEL bundle 1.0. The columns of all tables are numbered through, one table behind
//! the other.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::figures::agreeing;
use super::kind::Kind;

/// The file that says what a bundle holds.
pub const META: &str = "ocel-meta.json";

/// Whether a type is of events or of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OcelSide {
    /// The types of the events of a log.
    Event,
    /// The types of the objects of a log.
    Object,
}

/// The type that an attribute is declared to have (OCEL 2.0 §3: string, time, integer, float, boolean).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// One of the five types of the standard.
    As(Kind),
    /// Not at all, or by a word that is none of the five.
    Not,
}

impl Declared {
    /// By its name; words of other tools for the same mean the same.
    pub fn parse(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "string" | "str" | "text" => Self::As(Kind::Text),
            "time" | "date" | "datetime" | "timestamp" => Self::As(Kind::Time),
            "integer" | "int" | "long" => Self::As(Kind::Int),
            "float" | "double" | "number" | "real" => Self::As(Kind::Float),
            "boolean" | "bool" => Self::As(Kind::Bool),
            _ => Self::Not,
        }
    }
}

/// The name that OCEL 2.0 has for a kind of value.
pub fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Id | Kind::Nested | Kind::Quoted => "string",
        Kind::Time => "time",
        Kind::Float => "float",
        Kind::Int => "integer",
        Kind::Bool => "boolean",
    }
}

/// An attribute of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcelAttribute {
    /// The name as the log writes it.
    pub name: Box<str>,
    /// The type that the log declares for the attribute.
    pub declared: Declared,
}

/// A type of events or objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcelType {
    /// The name as the log writes it.
    pub name: Box<str>,
    /// Whether the log declares the type.
    pub declared: bool,
    /// Attributes of the type, in the order of the columns.
    pub attributes: Vec<OcelAttribute>,
    by_name: HashMap<Box<str>, usize>,
}

impl OcelType {
    /// A type without attributes.
    pub fn new(name: &str, declared: bool) -> Self {
        Self { name: name.into(), declared, attributes: Vec::new(), by_name: HashMap::new() }
    }

    /// Which of its attributes has this name.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Adds an attribute; one that is there stays as it is.
    pub fn add(&mut self, name: &str, declared: Declared) {
        if !self.by_name.contains_key(name) {
            self.by_name.insert(name.into(), self.attributes.len());
            self.attributes.push(OcelAttribute { name: name.into(), declared });
        }
    }
}

/// What a table contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcelContent {
    /// Relations of events to objects.
    EventObject,
    /// Relations of objects to objects.
    ObjectObject,
    /// The events of the type with this number.
    Events(usize),
    /// The objects of the type with this number, and their first values.
    Objects(usize),
    /// Later values of the objects of a type.
    Changes(usize),
}

/// Columns of every log, whose names no attribute may take.
const FIXED: [&str; 3] = ["ocel_id", "ocel_time", "ocel_changed_field"];

/// What is said of attributes that begin late, as [`counted`] reads it.
pub const LATE_STARTS: &str =
    "attribute|attributes of objects whose first value is later than 1970, which is written to the changes";

/// So many of what is odd, in words. Where a word differs, `what` has it for one and for several:
/// `one|several`.
pub fn counted(count: u64, what: &str) -> String {
    let words = what.split(' ').map(|word| match word.split_once('|') {
        Some((one, several)) => agreeing(count, one, several),
        None => word,
    });
    format!("{count} {}", words.collect::<Vec<_>>().join(" "))
}

/// The number of the table of relations between events and objects.
pub const EVENT_OBJECT: usize = 0;
/// The number of the table of relations between objects.
pub const OBJECT_OBJECT: usize = 1;

/// The types of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OcelShape {
    /// Event types, in the order of their tables.
    pub events: Vec<OcelType>,
    /// Object types, in the order of their tables.
    pub objects: Vec<OcelType>,
    /// Numbers of the types of events and of those of objects.
    by_name: [HashMap<Box<str>, usize>; 2],
    /// The first column of each table, and one past the last of all.
    firsts: Vec<usize>,
    /// The file of each table within a bundle.
    files: Vec<String>,
}

impl OcelShape {
    /// A log without types.
    pub fn new() -> Self {
        let mut shape = Self::default();
        shape.number();
        shape
    }

    /// The types of one side.
    pub fn types(&self, side: OcelSide) -> &[OcelType] {
        match side {
            OcelSide::Event => &self.events,
            OcelSide::Object => &self.objects,
        }
    }

    /// Which type of a side has this name.
    pub fn find(&self, side: OcelSide, name: &str) -> Option<usize> {
        self.by_name[side as usize].get(name).copied()
    }

    /// The type of this name, which is added if it is not there.
    pub fn add(&mut self, side: OcelSide, name: &str, declared: bool) -> &mut OcelType {
        let found = self.find(side, name);
        let types = match side {
            OcelSide::Event => &mut self.events,
            OcelSide::Object => &mut self.objects,
        };
        let index = found.unwrap_or_else(|| {
            types.push(OcelType::new(name, declared));
            self.by_name[side as usize].insert(name.into(), types.len() - 1);
            types.len() - 1
        });
        &mut types[index]
    }

    /// Numbers the columns anew, once all types and attributes are there.
    pub fn number(&mut self) {
        let mut first = 0;
        self.firsts.clear();
        for table in 0..self.tables() {
            self.firsts.push(first);
            first += self.width(table);
        }
        self.firsts.push(first);
        self.name_files();
    }

    /// Number of tables that the bundle has.
    pub fn tables(&self) -> usize {
        2 + self.events.len() + 2 * self.objects.len()
    }

    /// What the table contains.
    pub fn holds(&self, table: usize) -> OcelContent {
        match table {
            EVENT_OBJECT => OcelContent::EventObject,
            OBJECT_OBJECT => OcelContent::ObjectObject,
            _ if table < 2 + self.events.len() => OcelContent::Events(table - 2),
            _ => {
                let rest = table - 2 - self.events.len();
                if rest.is_multiple_of(2) {
                    OcelContent::Objects(rest / 2)
                } else {
                    OcelContent::Changes(rest / 2)
                }
            }
        }
    }

    /// The number of the table of a type's events, or of its objects.
    pub fn table_of(&self, side: OcelSide, index: usize) -> usize {
        match side {
            OcelSide::Event => 2 + index,
            OcelSide::Object => 2 + self.events.len() + 2 * index,
        }
    }

    /// Number of columns of a table.
    pub fn width(&self, table: usize) -> usize {
        match self.holds(table) {
            OcelContent::EventObject | OcelContent::ObjectObject => 3,
            OcelContent::Events(index) => 2 + self.events[index].attributes.len(),
            OcelContent::Objects(index) => 1 + self.objects[index].attributes.len(),
            OcelContent::Changes(index) => 3 + self.objects[index].attributes.len(),
        }
    }

    /// Which columns, of all, are a table's.
    pub fn columns(&self, table: usize) -> Range<usize> {
        self.firsts[table]..self.firsts[table + 1]
    }

    /// Number of columns of all tables.
    pub fn total(&self) -> usize {
        self.firsts.last().copied().unwrap_or_default()
    }

    /// The fixed columns of a table, which stand before its attributes.
    pub fn fixed(&self, table: usize) -> &'static [&'static str] {
        match self.holds(table) {
            OcelContent::EventObject => &["ocel_event_id", "ocel_object_id", "ocel_qualifier"],
            OcelContent::ObjectObject => &["ocel_source_id", "ocel_target_id", "ocel_qualifier"],
            OcelContent::Events(_) => &["ocel_id", "ocel_time"],
            OcelContent::Objects(_) => &["ocel_id"],
            OcelContent::Changes(_) => &["ocel_id", "ocel_time", "ocel_changed_field"],
        }
    }

    /// The attributes of a table, which stand behind its fixed columns.
    pub fn attributes(&self, table: usize) -> &[OcelAttribute] {
        match self.holds(table) {
            OcelContent::EventObject | OcelContent::ObjectObject => &[],
            OcelContent::Events(index) => &self.events[index].attributes,
            OcelContent::Objects(index) | OcelContent::Changes(index) => &self.objects[index].attributes,
        }
    }

    /// What the values of a table's columns are said to be, in order; `None` where nothing is said.
    pub fn kinds(&self, table: usize) -> impl Iterator<Item = Option<Kind>> + '_ {
        let fixed = self.fixed(table).iter().map(|name| match *name {
            "ocel_time" => Some(Kind::Time),
            _ => Some(Kind::Text),
        });
        fixed.chain(self.attributes(table).iter().map(|attribute| match attribute.declared {
            Declared::As(kind) => Some(kind),
            Declared::Not => None,
        }))
    }

    /// The type that a table is about.
    pub fn type_of(&self, table: usize) -> Option<&OcelType> {
        match self.holds(table) {
            OcelContent::EventObject | OcelContent::ObjectObject => None,
            OcelContent::Events(index) => Some(&self.events[index]),
            OcelContent::Objects(index) | OcelContent::Changes(index) => Some(&self.objects[index]),
        }
    }

    /// The file of a table within a bundle.
    pub fn file(&self, table: usize) -> String {
        self.files[table].clone()
    }

    /// Names the files of all tables. No two names are the same in lower case: on some systems they would be
    /// one file.
    fn name_files(&mut self) {
        let mut taken: HashSet<String> = HashSet::new();
        let mut of = |table: usize, prefix: &str| {
            let name = encoded(self.type_of(table).map_or("", |it| &it.name));
            let mut file = format!("{prefix}_{name}");
            let mut number = 1;
            while !taken.insert(file.to_ascii_lowercase()) {
                number += 1;
                file = format!("{prefix}_{name}~{number}");
            }
            file + ".parquet"
        };
        let files = (0..self.tables()).map(|table| match self.holds(table) {
            OcelContent::EventObject => "relations/e2o.parquet".to_owned(),
            OcelContent::ObjectObject => "relations/o2o.parquet".to_owned(),
            OcelContent::Events(_) => of(table, "events/event"),
            OcelContent::Objects(_) => of(table, "objects/object"),
            OcelContent::Changes(_) => of(table, "object_changes/object_changes"),
        });
        self.files = files.collect();
    }

    /// The names of a table's columns: an attribute that is called like a fixed column gets a number, the
    /// same in all tables of its type.
    pub fn column_names(&self, table: usize) -> Vec<String> {
        let mut names: Vec<String> = self.fixed(table).iter().map(|name| (*name).to_owned()).collect();
        let mut taken: HashSet<String> = FIXED.iter().map(|name| (*name).to_owned()).collect();
        for attribute in self.attributes(table) {
            let mut name = attribute.name.to_string();
            let mut number = 1;
            while !taken.insert(name.clone()) {
                number += 1;
                name = format!("{}:{number}", attribute.name);
            }
            names.push(name);
        }
        names
    }
}

/// So many bytes of a type's name stand in that of a file at most, which systems limit to 255 with all that
/// is before and behind.
const LONGEST: usize = 160;

/// A type's name as it stands in a file's: letters, digits, `.`, `_` and `-` of ASCII stay, every other byte
/// becomes `%` and two digits; a long one is cut.
fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len().min(LONGEST));
    for byte in name.bytes() {
        let more = match byte {
            b'.' | b'_' | b'-' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        if out.len() + more.len() > LONGEST {
            break;
        }
        out.push_str(&more);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_are_numbered_through() {
        let mut shape = OcelShape::new();
        shape.add(OcelSide::Event, "pay", true).add("amount", Declared::parse("float"));
        let order = shape.add(OcelSide::Object, "sales order", true);
        order.add("total", Declared::parse("float"));
        order.add("ocel_time", Declared::Not);
        order.add("total", Declared::Not);
        shape.number();
        assert_eq!((shape.tables(), shape.total()), (5, 3 + 3 + 3 + 3 + 5));
        let all: Vec<_> = (0..5).map(|table| (shape.holds(table), shape.columns(table))).collect();
        assert_eq!(all[2], (OcelContent::Events(0), 6..9));
        assert_eq!(all[4], (OcelContent::Changes(0), 12..17));
        assert_eq!(shape.table_of(OcelSide::Object, 0), 3);
        assert_eq!(
            shape.column_names(4),
            ["ocel_id", "ocel_time", "ocel_changed_field", "total", "ocel_time:2"]
        );
        assert_eq!(shape.column_names(3), ["ocel_id", "total", "ocel_time:2"]);
        assert_eq!(shape.file(4), "object_changes/object_changes_sales%20order.parquet");
        assert_eq!(shape.kinds(3).collect::<Vec<_>>(), [Some(Kind::Text), Some(Kind::Float), None]);
    }

    #[test]
    fn one_of_what_is_odd_is_said_as_one() {
        let what = "end|ends that is|are NULL";
        assert_eq!(counted(1, what), "1 end that is NULL");
        assert_eq!(counted(2, what), "2 ends that are NULL");
        assert_eq!(counted(0, "values"), "0 values");
    }

    #[test]
    fn files_of_types_whose_names_are_long_or_differ_in_case_have_names_of_their_own() {
        let mut shape = OcelShape::new();
        let long = "\u{e9}".repeat(300);
        for name in [
            "order",
            "Order",
            "ORDER~2",
            "order~2",
            "e\u{301}",
            "\u{e9}",
            "a/b",
            "..",
            "",
            "a\0",
            &long,
            &(long.clone() + "!"),
        ] {
            shape.add(OcelSide::Event, name, true);
            shape.add(OcelSide::Object, name, true);
        }
        shape.number();
        let files: Vec<String> = (0..shape.tables()).map(|table| shape.file(table)).collect();
        assert_eq!(files[2..4], ["events/event_order.parquet", "events/event_Order~2.parquet"]);
        assert_eq!(
            files[8..12],
            [
                "events/event_a%2Fb.parquet",
                "events/event_...parquet",
                "events/event_.parquet",
                "events/event_a%00.parquet"
            ]
        );
        let different: HashSet<String> = files.iter().map(|file| file.to_lowercase()).collect();
        assert_eq!(different.len(), files.len());
        assert!(files.iter().all(|file| file.len() < 220 && file.is_ascii()), "{files:?}");
    }

    #[test]
    fn many_types_are_found_by_name() {
        let mut shape = OcelShape::new();
        for index in 0..20 {
            shape.add(OcelSide::Event, &format!("e{index}"), true);
            shape.add(OcelSide::Object, &format!("e{index}"), false);
        }
        assert_eq!(shape.find(OcelSide::Object, "e19"), Some(19));
        assert_eq!(shape.find(OcelSide::Event, "e20"), None);
    }
}
