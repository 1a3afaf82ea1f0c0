//! The trace that is open: its values, undone and put together once, and what its rows need to know of it.

use serde_json::{Map, Value, json};

use super::columns::XesContent;
use crate::model::hash::{hash_bytes, mix};
use crate::model::kind::Kind;
use crate::model::lexical::{parse_boolean, parse_double, parse_long};
use crate::model::table::Cell;
use crate::model::time::parse_time;
use crate::model::value::{DateOrder, trimmed};

/// What of an element has no column of its own.
#[derive(Debug, Default)]
pub struct GatheredTexts {
    /// Second attributes of the same key.
    pub duplicates: Vec<Value>,
    /// Elements that are not attributes, as JSON.
    pub other: Vec<Value>,
    /// Types that are not the main one of their column, by its name.
    pub types: Map<String, Value>,
}

impl GatheredTexts {
    /// Whether nothing was gathered.
    pub fn is_empty(&self) -> bool {
        self.duplicates.is_empty() && self.other.is_empty() && self.types.is_empty()
    }
}

/// The trace that is open.
#[derive(Debug, Default)]
pub struct Trace {
    /// Absolute offset of its start tag.
    pub at: u64,
    /// Whether its start tag was met in this parse.
    pub begun_here: bool,
    /// Whether rows of it left in earlier batches, or lie in earlier shards.
    pub flushed: bool,
    /// Number of events so far.
    pub events: u64,
    /// Row of the batch that is its first.
    pub first_row: usize,
    /// Number of records before the trace.
    pub records: u64,
    /// Values of the trace, with references resolved.
    pub text: Vec<u8>,
    /// Where in `text` the value of each column lies.
    pub cells: Vec<Cell>,
    /// Kinds of the values, by column.
    pub kinds: Vec<(usize, Kind)>,
    /// Values that columns are to learn of once the trace has an event.
    pub values: Vec<TraceValue>,
    /// Whether `text` lies aside in this batch.
    pub placed: bool,
    /// Whether attributes followed events.
    pub late: bool,
    /// The same for equal attributes, whatever their order.
    pub hash: u64,
    /// Number of attributes.
    pub attributes: u64,
    /// Content that has no column of its own.
    pub gathered: GatheredTexts,
    /// Whether `text` has all that was gathered.
    pub sealed: bool,
    /// Whether it was compared with the trace before.
    pub compared: bool,
}

/// A value of a trace.
#[derive(Debug)]
pub struct TraceValue {
    /// Index of the column.
    pub column: usize,
    /// Absolute offset of the value in the input.
    pub at: u64,
    /// Kind of value that the tag of the attribute names.
    pub kind: Kind,
    /// Where its text lies in the trace's, undone of references.
    pub start: usize,
    /// Length of the text in bytes.
    pub len: usize,
}

/// The same for equal values of a column, however they are written. `id`: a hash of the column's id.
pub fn hash_of(id: u64, kind: Kind, value: &[u8]) -> u64 {
    let meaning = match kind {
        Kind::Int => parse_long(value).map(|it| it as u64),
        Kind::Float => parse_double(value).map(|it| if it == 0.0 { 0 } else { it.to_bits() }),
        Kind::Bool => parse_boolean(value).map(u64::from),
        Kind::Time => parse_time(trimmed(value), DateOrder::Ymd).map(|it| {
            let seconds = i64::from(it.days) * 86_400 - i64::from(it.offset_seconds.unwrap_or(0));
            (seconds * 1_000_000_000).wrapping_add(it.nanos_of_day) as u64
        }),
        Kind::Text | Kind::Id | Kind::Nested | Kind::Quoted => None,
    };
    let id = mix(id, kind as u64);
    match meaning {
        Some(meaning) => mix(id, meaning),
        None => hash_bytes(id, value),
    }
}

impl Trace {
    /// Ready for the next trace, buffers kept.
    pub fn emptied(mut self) -> Self {
        self.text.clear();
        self.cells.clear();
        self.kinds.clear();
        self.values.clear();
        Self { text: self.text, cells: self.cells, kinds: self.kinds, values: self.values, ..Self::default() }
    }
}

impl GatheredTexts {
    /// Each part that there is, as JSON.
    pub fn to_json(&self) -> impl Iterator<Item = (XesContent, String)> + use<> {
        let list = |values: &[Value]| (!values.is_empty()).then(|| json!(values).to_string());
        let types = (!self.types.is_empty()).then(|| json!(self.types).to_string());
        [
            (XesContent::Duplicates, list(&self.duplicates)),
            (XesContent::Other, list(&self.other)),
            (XesContent::Types, types),
        ]
        .into_iter()
        .filter_map(|(holds, json)| Some((holds, json?)))
    }
}
