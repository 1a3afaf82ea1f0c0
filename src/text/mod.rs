//! Input formats: one file or folder each, seeing bytes and never files.
//!
//! A format cuts text into records and records into cells; it knows nothing of threads, types or Parquet.
//! Anything that implements [`TextFormat`] is sharded, verified, typed and encoded by the floors around it.

pub mod access;
pub mod any;
pub mod csv;
pub mod items;
pub mod json;
pub mod lines;
pub mod literal;
pub mod log_text;
pub mod ocel;
pub mod padding;
pub mod plain;
pub mod row;
pub mod xes;
pub mod xml;

use bumpalo::Bump;

use crate::error::Result;
use crate::model::table::{BadRow, Learned, RawRows};

/// Text of one piece, in bytes, before its last record: what comes through windows is parsed piece by piece.
/// Less means more work for who cuts them, more means that workers begin later.
pub const PIECE: usize = 1 << 20;

/// The start of a record, and all that a parser must know to begin there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary<S> {
    /// Absolute offset in bytes. Canonical: past blank lines, so that two parsers that mean the same record
    /// say the same.
    pub at: u64,
    /// State of the grammar between records.
    pub state: S,
}

impl<S> Boundary<S> {
    /// Gives the place another state.
    pub fn map<T>(self, state: impl FnOnce(S) -> T) -> Boundary<T> {
        Boundary { at: self.at, state: state(self.state) }
    }
}

/// A stretch of text with its place in the whole.
#[derive(Debug, Clone, Copy)]
pub struct TextSlice<'t> {
    /// The bytes at hand.
    pub bytes: &'t [u8],
    /// Absolute offset of `bytes[0]`.
    pub base: u64,
    /// Whether the whole ends where `bytes` ends; if not, a record that reaches the end may go on.
    pub last: bool,
}

/// The end of a parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit<S> {
    /// The next record starts here, at or after the asked end.
    Done(Boundary<S>),
    /// The record that starts here is not whole in the text at hand.
    NeedMore(Boundary<S>),
    /// The record that starts here is longer than the limit.
    TooLong(Boundary<S>),
    /// The sink asked to stop.
    Stopped,
}

impl<S> Exit<S> {
    /// Gives the end another state.
    pub fn map<T>(self, state: impl FnOnce(S) -> T) -> Exit<T> {
        match self {
            Self::Done(at) => Exit::Done(at.map(state)),
            Self::NeedMore(at) => Exit::NeedMore(at.map(state)),
            Self::TooLong(at) => Exit::TooLong(at.map(state)),
            Self::Stopped => Exit::Stopped,
        }
    }
}

/// Whether a sink wants more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The sink accepts more rows.
    Continue,
    /// I have seen enough; do not call me again.
    Stop,
}

/// What takes the rows of a shard, in file order.
///
/// A format calls `rows` once per batch, also for one of nothing but bad records, and `bad` for each record
/// that is no row, in order within each of the two. Bad records of a batch, a few thousand at most, come
/// before its rows unless the sink [stops at the first](RowSink::stop_at_bad): then the batch ends before the
/// bad record, so that a fault the sink itself finds in an earlier row is still the first.
pub trait RowSink {
    /// Whether cells are wanted. A sink that only looks for boundaries says no and is spared their cost.
    const CELLS: bool = true;

    /// Whether to end at the first bad record.
    fn stop_at_bad(&self) -> bool {
        false
    }

    /// Takes a batch. Cells are valid only during the call. An error ends the parse.
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow>;

    /// Takes a record that is no row, with its text.
    fn bad(&mut self, bad: BadRow, raw: &[u8]) -> Result<Flow>;

    /// Lines skipped because nothing stood on them, or a comment.
    fn blank(&mut self, lines: u64) {
        let _ = lines;
    }

    /// Takes what was learned since the last call: behind a batch that met something new, and at the end of a
    /// parse.
    fn learned(&mut self, learned: Learned) {
        let _ = learned;
    }
}

/// Wants no cells: where records end is all that it is about.
pub struct Skim;

impl RowSink for Skim {
    const CELLS: bool = false;

    fn rows(&mut self, _: &RawRows<'_>) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn bad(&mut self, _: BadRow, _: &[u8]) -> Result<Flow> {
        Ok(Flow::Continue)
    }
}

/// A grammar that both cuts and parses: a second, cheaper one for cutting would drift from the first.
pub trait TextFormat: Sync {
    /// What must be known, beside the offset, to begin at a record.
    type State: Copy + Eq + Send + Sync + std::fmt::Debug;

    /// What a thread keeps from parse to parse so as to be faster. Never changes what comes out.
    type Memory: Default;

    /// The first record of the body. Verified by definition.
    fn first(&self) -> Boundary<Self::State>;

    /// Where the first record at or after `at` seems to start. May be wrong: the neighbour's parse is the
    /// judge.
    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<Self::State>;

    /// How far before its place a guess may look, in bytes: pages that it touches there are given back.
    fn looks_back(&self) -> usize {
        0
    }

    /// The same where the text at hand near `at` does not tell what is open: `hint` is a boundary further up
    /// that is known for sure.
    fn guess_after(
        &self,
        text: TextSlice<'_>,
        at: u64,
        hint: Boundary<Self::State>,
    ) -> Boundary<Self::State> {
        let _ = hint;
        self.guess(text, at)
    }

    /// The text before `at` that a parse from there needs, such as the head of the group of records that `at`
    /// lies in. `text` must hold it.
    fn context<'t>(&self, text: TextSlice<'t>, at: Boundary<Self::State>) -> &'t [u8] {
        let _ = at;
        &text.bytes[..0]
    }

    /// What is wrong if the whole text ends at `at`, after its last record; `None` if nothing is.
    fn check_end(&self, at: Boundary<Self::State>) -> Option<BadRow> {
        let _ = at;
        None
    }

    /// Parses every record that starts before `end`, and says where the next one starts.
    ///
    /// `records` numbers them from there on. `limit` bounds one record, in bytes.
    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<Self::State>,
        end: u64,
        task: &mut ParseTask<'_, Self::Memory>,
        sink: &mut K,
    ) -> Result<Exit<Self::State>>;
}

/// What a parse carries along a shard.
pub struct ParseTask<'a, M = ()> {
    /// Emptied after each batch.
    pub arena: &'a mut Bump,
    /// Kept by the thread.
    pub memory: &'a mut M,
    /// What [`TextFormat::context`] gave for the place where the parse begins, if that text is not at hand.
    pub context: &'a [u8],
    /// Records met so far in this shard, bad ones included.
    pub records: u64,
    /// The longest record allowed, in bytes.
    pub limit: usize,
}
