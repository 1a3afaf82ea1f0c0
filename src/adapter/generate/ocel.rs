//! Makes object-centric logs of any size by OCEL 2.0, always the same for a seed, in three forms that hold
//! the same.
//!
//! ```text
//! ocel.rs          what a log declares: types, attributes, ids                    population.rs: how many of each
//! orders           the orders, opened one after the other, with what belongs to them
//! objects, events  the walks over them; each needs the seed only                  ../words.rs
//! json, xml, sqlite  the writers: they walk once over each and hold nothing
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
pub use sqlite::write_ocel_sqlite;
pub use xml::write_ocel_xml;

use super::MAX_EVENTS;
use super::text::{Clock, push_hundredths, push_number};
use super::words::{FIRST_NAMES, LAST_NAMES};
use crate::error::{Code, Error, Result};

/// Fewest objects: a customer, a clerk, a product, an order, a line, a parcel.
pub const LEAST_OBJECTS: u64 = 6;

/// Size and seed of a generated object-centric log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OcelOptions {
    /// Exact number of events.
    pub events: u64,
    /// How many objects of all types, exactly; at least [`LEAST_OBJECTS`].
    pub objects: u64,
    /// Another seed, another log.
    pub seed: u64,
}

impl OcelOptions {
    /// # Errors
    /// [`Code::Usage`] if there are too many or too few of something.
    fn check(&self) -> Result<()> {
        let usage = |what: String| Err(Error::new(Code::Usage, what));
        if self.events > MAX_EVENTS {
            return usage(format!("expected at most {MAX_EVENTS} events, found {}", self.events));
        }
        if !(LEAST_OBJECTS..=MAX_EVENTS).contains(&self.objects) {
            return usage(format!(
                "expected {LEAST_OBJECTS} to {MAX_EVENTS} objects, found {}",
                self.objects
            ));
        }
        Ok(())
    }
}

/// Figures of a written object-centric log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OcelSummary {
    /// Number of events.
    pub events: u64,
    /// Number of objects.
    pub objects: u64,
    /// Relations of an event to an object.
    pub e2o: u64,
    /// Relations of an object to another.
    pub o2o: u64,
    /// Values that an attribute of an object takes later than 1970, when the first ones hold.
    pub changes: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl OcelSummary {
    fn count_object(&mut self, object: &OcelObject<'_>) {
        self.objects += 1;
        self.o2o += object.relations.len() as u64;
        self.changes += object.settings.iter().filter(|setting| setting.since.is_some()).count() as u64;
    }

    fn count_event(&mut self, event: &OcelEvent<'_>) {
        self.events += 1;
        self.e2o += event.relations.len() as u64;
    }
}

/// The types that an attribute may declare: OCEL 2.0, section 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Text,
    Time,
    Integer,
    Float,
    Boolean,
}

impl ValueKind {
    /// The name of the type in OCEL JSON and XML.
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
struct TypeSpec {
    name: &'static str,
    /// The part of a table's name that stands for it in SQLite.
    table: &'static str,
    attributes: &'static [(&'static str, ValueKind)],
}

/// Types of objects, by [`ObjectKind`].
const OBJECT_TYPES: [TypeSpec; 6] = [
    TypeSpec {
        name: "customer",
        table: "Customer",
        attributes: &[
            ("name", ValueKind::Text),
            ("segment", ValueKind::Text),
            ("credit limit", ValueKind::Float),
            ("since", ValueKind::Time),
        ],
    },
    TypeSpec {
        name: "clerk",
        table: "Clerk",
        attributes: &[("role", ValueKind::Text), ("hours", ValueKind::Integer)],
    },
    TypeSpec {
        name: "product",
        table: "Product",
        attributes: &[
            ("description", ValueKind::Text),
            ("price", ValueKind::Float),
            ("stock", ValueKind::Integer),
            ("fragile", ValueKind::Boolean),
        ],
    },
    TypeSpec {
        name: "order",
        table: "Order",
        attributes: &[
            ("status", ValueKind::Text),
            ("total", ValueKind::Float),
            ("express", ValueKind::Boolean),
            ("due", ValueKind::Time),
        ],
    },
    TypeSpec {
        name: "order line",
        table: "OrderLine",
        attributes: &[
            ("quantity", ValueKind::Integer),
            ("price", ValueKind::Float),
            ("gift", ValueKind::Boolean),
        ],
    },
    TypeSpec {
        name: "parcel",
        table: "Parcel",
        attributes: &[
            ("carrier", ValueKind::Text),
            ("weight", ValueKind::Float),
            ("insured", ValueKind::Boolean),
            ("delivered", ValueKind::Time),
        ],
    },
];

/// Types of events; [`events`] knows them by their place.
const EVENT_TYPES: [TypeSpec; 10] = [
    TypeSpec {
        name: "place order",
        table: "PlaceOrder",
        attributes: &[("channel", ValueKind::Text), ("note", ValueKind::Text)],
    },
    TypeSpec {
        name: "check credit",
        table: "CheckCredit",
        attributes: &[("score", ValueKind::Integer), ("approved", ValueKind::Boolean)],
    },
    TypeSpec {
        name: "change line",
        table: "ChangeLine",
        attributes: &[("quantity", ValueKind::Integer), ("note", ValueKind::Text)],
    },
    TypeSpec {
        name: "pick line",
        table: "PickLine",
        attributes: &[("shelf", ValueKind::Text), ("seconds", ValueKind::Float)],
    },
    TypeSpec {
        name: "report shortage",
        table: "ReportShortage",
        attributes: &[("missing", ValueKind::Integer)],
    },
    TypeSpec {
        name: "pack parcel",
        table: "PackParcel",
        attributes: &[("weight", ValueKind::Float), ("note", ValueKind::Text)],
    },
    TypeSpec {
        name: "ship parcel",
        table: "ShipParcel",
        attributes: &[("carrier", ValueKind::Text), ("cost", ValueKind::Float), ("pickup", ValueKind::Time)],
    },
    TypeSpec {
        name: "deliver parcel",
        table: "DeliverParcel",
        attributes: &[("signed", ValueKind::Boolean), ("note", ValueKind::Text)],
    },
    TypeSpec {
        name: "send invoice",
        table: "SendInvoice",
        attributes: &[("amount", ValueKind::Float), ("due", ValueKind::Time)],
    },
    TypeSpec {
        name: "receive payment",
        table: "ReceivePayment",
        attributes: &[("amount", ValueKind::Float), ("method", ValueKind::Text)],
    },
];

/// What an object is: its place in [`OBJECT_TYPES`].
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
struct ObjectRef {
    kind: ObjectKind,
    number: u64,
}

impl ObjectRef {
    /// Appends it as the log says it, such as `O000012`; a clerk by name. Unlike any other, and the same in
    /// every form.
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
enum GeneratedValue {
    Word(&'static str),
    /// The note of the event or object; the only text that may need escapes.
    Note,
    Integer(u64),
    /// A float, in hundredths.
    Hundredths(u64),
    Boolean(bool),
    /// A time, as [`Clock`] counts it.
    Time(u64),
}

/// Appends a value that is no note: none of its characters mean anything in JSON or XML.
fn push_plain(text: &mut Vec<u8>, value: GeneratedValue, clock: &mut Clock) {
    match value {
        GeneratedValue::Word(word) => text.extend_from_slice(word.as_bytes()),
        GeneratedValue::Note => {}
        GeneratedValue::Integer(number) => push_number(text, number, 1),
        GeneratedValue::Hundredths(number) => push_hundredths(text, number),
        GeneratedValue::Boolean(truth) => text.extend_from_slice(if truth { b"true" } else { b"false" }),
        GeneratedValue::Time(moment) => push_moment(text, moment, clock),
    }
}

/// Appends a moment as RFC 3339 in UTC.
fn push_moment(text: &mut Vec<u8>, moment: u64, clock: &mut Clock) {
    text.extend_from_slice(&clock.stamp(moment));
    text.push(b'Z');
}

/// One relation, from the event or object that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Relation {
    to: ObjectRef,
    qualifier: &'static str,
}

/// A value that an object's attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ValueChange {
    /// Place among the attributes of its type.
    attribute: usize,
    /// When; `None` is the beginning, which OCEL writes as 1970.
    since: Option<u64>,
    value: GeneratedValue,
}

/// An object, with all it says.
#[derive(Debug)]
struct OcelObject<'a> {
    id: ObjectRef,
    /// The first values before later ones of the same attribute; some have no first one.
    settings: &'a [ValueChange],
    relations: &'a [Relation],
    note: &'a str,
}

/// An event, with all it says.
#[derive(Debug)]
struct OcelEvent<'a> {
    /// Its number, from 1, by time.
    id: u64,
    /// Place in [`EVENT_TYPES`].
    kind: usize,
    moment: u64,
    /// By their place in the type.
    attributes: &'a [(usize, GeneratedValue)],
    relations: &'a [Relation],
    note: &'a str,
}
