//! The trace that is open: its values, undone and put together once, and what its rows need to know of it.

use serde_json::{Map, Value, json};

use super::columns::Holds;
use crate::model::kind::Kind;
use crate::model::table::Cell;

/// What of an element has no column of its own.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Second attributes of the same key.
    pub duplicates: Vec<Value>,
    /// What is no attribute.
    pub other: Vec<Value>,
    /// Types that are not the main one of their column, by its name.
    pub types: Map<String, Value>,
}

impl Gathered {
    /// Whether there is nothing.
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
    /// Its events so far.
    pub events: u64,
    /// Row of the batch that is its first.
    pub first_row: usize,
    /// Records before it.
    pub records: u64,
    /// Its values, undone of references.
    pub text: Vec<u8>,
    /// Where in `text` the value of each column lies.
    pub cells: Vec<Cell>,
    /// What these are.
    pub kinds: Vec<(usize, Kind)>,
    /// Whether `text` lies aside in this batch.
    pub placed: bool,
    /// Whether attributes came behind events.
    pub late: bool,
    /// The same for equal attributes, whatever their order.
    pub hash: u64,
    /// How many attributes it has.
    pub attributes: u64,
    /// What of it has no column.
    pub gathered: Gathered,
    /// Whether it was compared with the trace before.
    pub compared: bool,
}

impl Trace {
    /// Ready for the next trace, buffers kept.
    pub fn emptied(mut self) -> Self {
        self.text.clear();
        self.cells.clear();
        self.kinds.clear();
        Self { text: self.text, cells: self.cells, kinds: self.kinds, ..Self::default() }
    }
}

impl Gathered {
    /// Each part that there is, as JSON.
    pub fn into_json(self) -> impl Iterator<Item = (Holds, String)> {
        let list = |values: Vec<Value>| (!values.is_empty()).then(|| Value::from(values).to_string());
        let types = (!self.types.is_empty()).then(|| json!(self.types).to_string());
        [(Holds::Duplicates, list(self.duplicates)), (Holds::Other, list(self.other)), (Holds::Types, types)]
            .into_iter()
            .filter_map(|(holds, json)| Some((holds, json?)))
    }
}
