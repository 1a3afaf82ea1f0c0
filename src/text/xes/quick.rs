//! The quick reader: logs repeat their markup, so what stands between two values is learned once and compared
//! ever after.
//!
//! ```text
//! <date key="time:timestamp" value="2014-10-22T11:15:41.000+02:00"/>\n\t\t\t<string key="org:resource" value="Ann"/>
//!                                   ^ value                      ^ literal, up to the next value
//! find the end of the value; nothing in it means anything but itself
//! the text behind it is a literal that followed a value of this column before?
//!     do what the plain reader did then, and go on at the next value
//! else hand over to the plain reader, which takes down what it does, so that the literal is known next time
//! ```
//!
//! A literal means the same wherever the same elements are open, for all of it was read by the plain reader
//! in that state. So the quick reader knows when it does not know. What it has learned is bounded, and kept
//! by the thread from shard to shard.

use std::collections::HashMap;

use super::columns::XesScope;
use super::rows::{OpenElement, XesRows};
use crate::model::kind::Kind;
use crate::text::plain::{Stretch, stretch};

/// Places that are learned at most: one for each column within what is open. Logs have dozens.
const NODES: usize = 4096;
/// Literals that may follow a place. Optional attributes make a few; more are not compared in turn.
const SUCCESSORS: usize = 6;
/// The longest literal, in bytes.
const LITERAL: usize = 1 << 10;
/// What ends a value, or is something else in it, beside control characters.
const MARKS: [u8; 3] = *b"\"&<";

/// An event between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuickStep {
    /// The attribute of the first value has children.
    Open(OpenElement),
    /// An attribute with children ends.
    Close,
    /// A trace begins at this offset.
    BeginTrace(usize, u8),
    /// The trace that is open ends here.
    EndTrace,
    /// An event begins at this offset.
    BeginEvent(usize, u8),
    /// An event ends before this offset.
    EndEvent(usize),
}

/// Events of the plain reader, as they were recorded.
#[derive(Debug, Default)]
pub struct Lesson {
    /// In order; offsets are those of the text.
    pub steps: Vec<QuickStep>,
    /// Something happened that depends on more than markup.
    pub poisoned: bool,
    /// There was text beyond ASCII.
    pub high: bool,
    /// Where the element begins whose value stands before what is taken down: any other attribute is not of
    /// the usual shape, and its value would be taken for markup.
    pub own: Option<usize>,
}

impl Lesson {
    /// Takes a step down.
    pub fn step(&mut self, step: QuickStep) {
        self.steps.push(step);
    }

    /// Discards the lesson and starts another.
    pub fn begin(&mut self, own: Option<usize>) {
        self.own = own;
        self.steps.clear();
        self.poisoned = false;
        self.high = false;
    }
}

/// A literal that followed a value before.
#[derive(Debug)]
struct Successor {
    literal: Box<[u8]>,
    /// Its last eight bytes, which tell it from others sooner than its first, that all have.
    tail: [u8; 8],
    /// Offsets count from the literal's start.
    steps: Box<[QuickStep]>,
    /// Whether an event begins or ends in it.
    breaks: bool,
    /// Whether a trace does.
    crosses: bool,
    high: bool,
    /// Where the tag of the next value begins, from the literal's start.
    element: usize,
    next: usize,
}

/// The place of a value: its column within what is open.
#[derive(Debug)]
struct ValueNode {
    scope: XesScope,
    column: usize,
    kind: Kind,
    successors: Vec<Successor>,
}

/// Memory of the quick reader: the text between values.
#[derive(Debug, Default)]
pub struct XesMemory {
    /// Number of the column set that the lesson belongs to.
    owner: u64,
    nodes: Vec<ValueNode>,
    index: HashMap<(Vec<OpenElement>, usize, Kind), usize>,
}

/// A value before which the quick reader stands.
#[derive(Debug, Clone, Copy)]
pub struct ValueAt {
    /// Offset of the tag of the value.
    pub element: usize,
    /// Offset of the value.
    pub value: usize,
    /// Index of the place that the value has among those learned.
    pub node: usize,
}

/// Why the quick reader stopped: it does not know what follows a value.
#[derive(Debug, Clone, Copy)]
pub struct Unlearned {
    /// Where the tag of the value begins: the plain reader goes on there.
    pub element: usize,
    /// The place and the end of the value, if what follows may be learned.
    pub learn: Option<(usize, usize)>,
}

impl XesMemory {
    /// Forgets all if it is about other columns.
    pub fn belong_to(&mut self, owner: u64) {
        if self.owner != owner {
            *self = Self { owner, ..Self::default() };
        }
    }

    /// The place of a value within what is open; `None` when there are too many.
    pub fn node(&mut self, open: &[OpenElement], column: usize, kind: Kind) -> Option<usize> {
        let key = (open.to_vec(), column, kind);
        if let Some(node) = self.index.get(&key) {
            return Some(*node);
        }
        if self.nodes.len() == NODES {
            return None;
        }
        let scope = if open.iter().any(|it| matches!(it, OpenElement::Event(_))) {
            XesScope::Event
        } else {
            XesScope::Trace
        };
        self.nodes.push(ValueNode { scope, column, kind, successors: Vec::new() });
        self.index.insert(key, self.nodes.len() - 1);
        Some(self.nodes.len() - 1)
    }

    /// Learns what happened between the end of a value at `from` and the value of `next`.
    pub fn learn(&mut self, node: usize, from: usize, next: ValueAt, text: &[u8], lesson: &Lesson) {
        let literal = &text[from..next.value];
        let successors = &mut self.nodes[node].successors;
        if lesson.poisoned || literal.len() > LITERAL || successors.iter().any(|it| *it.literal == *literal) {
            return;
        }
        let steps: Box<[QuickStep]> = lesson
            .steps
            .iter()
            .map(|step| match *step {
                QuickStep::BeginTrace(at, prefix) => QuickStep::BeginTrace(at - from, prefix),
                QuickStep::BeginEvent(at, prefix) => QuickStep::BeginEvent(at - from, prefix),
                QuickStep::EndEvent(at) => QuickStep::EndEvent(at - from),
                other => other,
            })
            .collect();
        let breaks = steps.iter().any(|it| !matches!(it, QuickStep::Open(_) | QuickStep::Close));
        let crosses = steps.iter().any(|it| matches!(it, QuickStep::BeginTrace(..) | QuickStep::EndTrace));
        let high = lesson.high || !literal.is_ascii();
        let element = next.element - from;
        let Some(tail) = literal.last_chunk::<8>() else { return };
        // The newest comes first: what was seen last is likeliest, and what was never seen again falls off
        // the end.
        successors.truncate(SUCCESSORS - 1);
        successors.insert(
            0,
            Successor {
                literal: literal.into(),
                tail: *tail,
                steps,
                breaks,
                crosses,
                high,
                element,
                next: next.node,
            },
        );
    }

    /// Reads values from `at` on until it is lost. Records that start at `end` or later are not begun.
    pub fn read(
        &mut self,
        rows: &mut XesRows<'_>,
        text: &[u8],
        at: ValueAt,
        end: usize,
        limit: usize,
    ) -> Unlearned {
        let ValueAt { mut element, mut value, mut node } = at;
        let mut high = false;
        loop {
            let ValueNode { scope, column, kind, successors } = &mut self.nodes[node];
            let Stretch { end: stop, high: beyond } = stretch(text, value, MARKS);
            high |= beyond;
            if text.get(stop) != Some(&b'"') {
                rows.high |= high;
                return Unlearned { element, learn: None };
            }
            let behind = &text[stop..];
            let is_next = |it: &Successor| {
                let len = it.literal.len();
                behind.get(len - 8..len) == Some(&it.tail[..]) && behind[..len] == *it.literal
            };
            let Some(found) = successors.iter().position(is_next) else {
                rows.high |= high;
                return Unlearned { element, learn: Some((node, stop)) };
            };
            if found > 0 {
                successors.swap(found, found - 1);
            }
            let successor = &successors[found.saturating_sub(1)];
            let next = stop + successor.literal.len();
            let late = *scope == XesScope::Trace && rows.trace.as_ref().is_none_or(|trace| trace.events > 0);
            // Where a record may start, the plain reader asks whether to stop there.
            let may_stop = |rows: &XesRows<'_>| next > end || rows.is_full(stop);
            let breaks = successor.breaks
                && (stop - rows.event_start() > limit.saturating_sub(LITERAL)
                    || may_stop(rows) && (successor.crosses || rows.may_cut(stop)));
            if late || breaks || rows.is_set(*scope, *column) {
                rows.high |= high;
                return Unlearned { element, learn: None };
            }
            match scope {
                XesScope::Event => rows.set_event(*column, *kind, text, value, stop, false),
                XesScope::Trace => {
                    if rows.set_trace(*column, *kind, &text[value..stop], value).is_err() {
                        return Unlearned { element, learn: None };
                    }
                }
            }
            for step in &successor.steps {
                match *step {
                    QuickStep::Open(open) => rows.open.push(open),
                    QuickStep::Close => drop(rows.open.pop()),
                    QuickStep::BeginTrace(at, prefix) => {
                        rows.begin_trace(rows.base + (stop + at) as u64, true, prefix)
                    }
                    QuickStep::EndTrace => drop(rows.end_trace()),
                    QuickStep::BeginEvent(at, prefix) => rows.begin_event(stop + at, prefix),
                    QuickStep::EndEvent(end) => rows.end_event(stop + end),
                }
            }
            high |= successor.high;
            element = stop + successor.element;
            value = next;
            node = successor.next;
        }
    }
}
