//! Generates object-centric logs of any size by OCEL 2.0, always the same for the same seed, in three formats
//! with the same content.
//!
//! ```text
//! ocel.rs          what a log declares: types, attributes, ids                    population.rs: how many of each
//! orders           the orders, opened one after the other, with what belongs to them
//! objects, events  the walks over them; each needs the seed only                  ../words.rs
//! json, xml, sqlite  the writers, which go once over objects and once over events and keep none in memory
//! ```
//!
//! Customers place orders of some lines, each of a product; clerks check, pick and pack them; parcels bring
//! them.

mod events;
mod json;
mod objects;
mod orders;
mod population;
mod sqlite;
#[cfg(test)]
mod tests;
mod xml;

pub use json::write_ocel_json;
pub use sqlite::{Progress, write_ocel_sqlite};
pub use xml::write_ocel_xml;

use super::text::{Clock, push_hundredths, push_number};
use super::words::{FIRST_NAMES, LAST_NAMES};
use super::{Error, MAX_EVENTS, Result, TextKind};

/// Least number of objects: a customer, a clerk, a product, an order, a line and a parcel.
pub const LEAST_OBJECTS: u64 = 6;

/// Describes the object-centric log that is to be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OcelOptions {
    /// Exact number of events.
    pub events: u64,
    /// Exact number of objects of all types; at least [`LEAST_OBJECTS`].
    pub objects: u64,
    /// Seed of the random numbers; each seed gives a different log.
    pub seed: u64,
    /// Kind of the free text.
    pub text: TextKind,
}

impl OcelOptions {
    /// # Errors
    /// [`Error::Options`] if there are too many or too few of something.
    fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::Options(what));
        if self.events > MAX_EVENTS {
            return wrong(format!("expected at most {MAX_EVENTS} events, found {}", self.events));
        }
        if !(LEAST_OBJECTS..=MAX_EVENTS).contains(&self.objects) {
            return wrong(format!(
                "expected {LEAST_OBJECTS} to {MAX_EVENTS} objects, found {}",
                self.objects
            ));
        }
        Ok(())
    }
}

/// Counts of what was written to the object-centric log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OcelSummary {
    /// Number of events in the log.
    pub events: u64,
    /// Number of objects in the log.
    pub objects: u64,
    /// Number of relations of an event to an object (E2O).
    pub e2o: u64,
    /// Number of relations of an object to another object (O2O).
    pub o2o: u64,
    /// Number of values that attributes of objects take after 1970, the time of the first values.
    pub changes: u64,
    /// Size of the written file in bytes.
    pub bytes: u64,
}

impl OcelSummary {
    fn count_object(&mut self, object: &Object<'_>) {
        self.objects += 1;
        self.o2o += object.relations.len() as u64;
        self.changes += object.settings.iter().filter(|setting| setting.since.is_some()).count() as u64;
    }

    fn count_event(&mut self, event: &Event<'_>) {
        self.events += 1;
        self.e2o += event.relations.len() as u64;
    }
}

/// The types that an attribute may declare: OCEL 2.0, section 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
    Integer,
    Float,
    Boolean,
}

impl Kind {
    /// The name of the type in JSON and XML.
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Time => "time",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
        }
    }
}

/// A type of events or of objects.
#[derive(Debug)]
struct Type {
    name: &'static str,
    /// The part of a table's name that stands for it in SQLite.
    table: &'static str,
    attributes: &'static [(&'static str, Kind)],
}

/// Types of objects, by [`ObjectKind`].
const OBJECT_TYPES: [Type; 6] = [
    Type {
        name: "customer",
        table: "Customer",
        attributes: &[
            ("name", Kind::Text),
            ("segment", Kind::Text),
            ("credit limit", Kind::Float),
            ("since", Kind::Time),
        ],
    },
    Type { name: "clerk", table: "Clerk", attributes: &[("role", Kind::Text), ("hours", Kind::Integer)] },
    Type {
        name: "product",
        table: "Product",
        attributes: &[
            ("description", Kind::Text),
            ("price", Kind::Float),
            ("stock", Kind::Integer),
            ("fragile", Kind::Boolean),
        ],
    },
    Type {
        name: "order",
        table: "Order",
        attributes: &[
            ("status", Kind::Text),
            ("total", Kind::Float),
            ("express", Kind::Boolean),
            ("due", Kind::Time),
        ],
    },
    Type {
        name: "order line",
        table: "OrderLine",
        attributes: &[("quantity", Kind::Integer), ("price", Kind::Float), ("gift", Kind::Boolean)],
    },
    Type {
        name: "parcel",
        table: "Parcel",
        attributes: &[
            ("carrier", Kind::Text),
            ("weight", Kind::Float),
            ("insured", Kind::Boolean),
            ("delivered", Kind::Time),
        ],
    },
];

/// Types of events; [`events`] refers to them by position.
const EVENT_TYPES: [Type; 10] = [
    Type {
        name: "place order",
        table: "PlaceOrder",
        attributes: &[("channel", Kind::Text), ("note", Kind::Text)],
    },
    Type {
        name: "check credit",
        table: "CheckCredit",
        attributes: &[("score", Kind::Integer), ("approved", Kind::Boolean)],
    },
    Type {
        name: "change line",
        table: "ChangeLine",
        attributes: &[("quantity", Kind::Integer), ("note", Kind::Text)],
    },
    Type {
        name: "pick line",
        table: "PickLine",
        attributes: &[("shelf", Kind::Text), ("seconds", Kind::Float)],
    },
    Type { name: "report shortage", table: "ReportShortage", attributes: &[("missing", Kind::Integer)] },
    Type {
        name: "pack parcel",
        table: "PackParcel",
        attributes: &[("weight", Kind::Float), ("note", Kind::Text)],
    },
    Type {
        name: "ship parcel",
        table: "ShipParcel",
        attributes: &[("carrier", Kind::Text), ("cost", Kind::Float), ("pickup", Kind::Time)],
    },
    Type {
        name: "deliver parcel",
        table: "DeliverParcel",
        attributes: &[("signed", Kind::Boolean), ("note", Kind::Text)],
    },
    Type {
        name: "send invoice",
        table: "SendInvoice",
        attributes: &[("amount", Kind::Float), ("due", Kind::Time)],
    },
    Type {
        name: "receive payment",
        table: "ReceivePayment",
        attributes: &[("amount", Kind::Float), ("method", Kind::Text)],
    },
];

/// Kind of an object: its position in [`OBJECT_TYPES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ObjectKind {
    Customer,
    Clerk,
    Product,
    Order,
    Line,
    Parcel,
}

/// An object by its type and its number in it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Id {
    kind: ObjectKind,
    number: u64,
}

impl Id {
    /// Appends the id as logs have it, such as `O000012`; the id of a clerk is a name. Ids are unique, and
    /// the same in every format.
    fn push(self, text: &mut Vec<u8>) {
        let (letter, width) = match self.kind {
            ObjectKind::Customer => (b'C', 6),
            ObjectKind::Clerk => return push_person(text, self.number),
            ObjectKind::Product => (b'A', 5),
            ObjectKind::Order => (b'O', 6),
            ObjectKind::Line => (b'L', 6),
            ObjectKind::Parcel => (b'P', 6),
        };
        text.push(letter);
        push_number(text, self.number, width);
    }
}

fn push_person(text: &mut Vec<u8>, number: u64) {
    let index = number - 1;
    let (first, last) = (FIRST_NAMES.len() as u64, LAST_NAMES.len() as u64);
    text.extend_from_slice(FIRST_NAMES[(index % first) as usize].as_bytes());
    text.push(b' ');
    text.extend_from_slice(LAST_NAMES[(index / first % last) as usize].as_bytes());
    let namesakes = index / (first * last);
    if namesakes > 0 {
        text.push(b' ');
        push_number(text, namesakes + 1, 1);
    }
}

/// Appends the id of an event, by its number from 1.
fn push_event_id(text: &mut Vec<u8>, number: u64) {
    text.push(b'E');
    push_number(text, number, 7);
}

/// A value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Word(&'static str),
    /// The note of the event or object; the only text that may need escapes.
    Note,
    Integer(u64),
    /// A float, in hundredths.
    Hundredths(u64),
    Boolean(bool),
    /// A time as [`Clock`] counts it.
    Time(u64),
}

/// Appends a value other than a note. None of its characters need escapes in JSON or XML.
fn push_plain(text: &mut Vec<u8>, value: Value, clock: &mut Clock) {
    match value {
        Value::Word(word) => text.extend_from_slice(word.as_bytes()),
        Value::Note => {}
        Value::Integer(number) => push_number(text, number, 1),
        Value::Hundredths(number) => push_hundredths(text, number),
        Value::Boolean(truth) => text.extend_from_slice(if truth { b"true" } else { b"false" }),
        Value::Time(moment) => push_moment(text, moment, clock),
    }
}

/// Appends a moment as RFC 3339 in UTC.
fn push_moment(text: &mut Vec<u8>, moment: u64, clock: &mut Clock) {
    text.extend_from_slice(&clock.stamp(moment));
    text.push(b'Z');
}

/// A relation of the event or object that has it to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Relation {
    to: Id,
    qualifier: &'static str,
}

/// A value that an object's attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    /// Position among the attributes of its type.
    attribute: usize,
    /// Time of the value; `None` for the first value, whose time OCEL writes as 1970.
    since: Option<u64>,
    value: Value,
}

/// An object with its attributes and relations.
#[derive(Debug)]
struct Object<'a> {
    id: Id,
    /// Values, the first value of an attribute before its later values; some attributes have no first value.
    settings: &'a [Setting],
    relations: &'a [Relation],
    note: &'a str,
}

/// An event with its attributes and relations.
#[derive(Debug)]
struct Event<'a> {
    /// Number of the event, from 1, in the order of time.
    id: u64,
    /// Position in [`EVENT_TYPES`].
    kind: usize,
    moment: u64,
    /// Attributes by their position in the type.
    attributes: &'a [(usize, Value)],
    relations: &'a [Relation],
    note: &'a str,
}
