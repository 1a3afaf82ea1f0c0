//! Unfinished rows: open elements, cells of the batch, case values of its rows, and findings about columns.
//!
//! Both readers, the plain and the quick one, drive this and nothing else, so that what they make of the same
//! text differs only if they call it differently. Cells of event values count into the input; values of
//! traces, JSON and defaults are copied aside.

use std::collections::HashMap;

use serde_json::Value;

use super::columns::{XesColumns, XesScope};
use super::markup::XmlUnescape;
use super::scopes::Scopes;
use super::trace::{GatheredTexts, Trace, TraceValue, hash_of};
use super::{Filler, TRACE_WHOLE, XmlFault};
use crate::error::Code;
use crate::model::hash::hash_bytes;
use crate::model::kind::{Kind, Kinds};
use crate::model::readings::{Readings, classify_lexical};
use crate::model::table::{Cell, Edges, LateColumn, Learned, Note, Remark, Span, Unescape};
use crate::text::xml::XmlResult;

/// Rows in a batch at most, unless one trace has more in its first MiB.
pub const BATCH_ROWS: usize = 4096;
/// Text in a batch, in bytes, before its last record.
pub const BATCH_BYTES: usize = 1 << 20;

/// An element that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenElement {
    /// A trace, by the number of its tag's prefix.
    Trace(u8),
    /// An event, by the number of its tag's prefix.
    Event(u8),
    /// An attribute; its children have longer paths.
    Attribute {
        /// Index of the column.
        column: usize,
        /// What its value is, which tells the name of its tag.
        kind: Kind,
        /// The number of its tag's prefix.
        prefix: u8,
    },
}

/// The rows of a parse.
pub struct XesRows<'p> {
    pub(super) columns: &'p XesColumns,
    /// The ids of columns, known ones and late ones.
    ids: Vec<Box<str>>,
    /// A hash of each.
    id_hashes: Vec<u64>,
    defaults: &'p [Filler],
    /// The open elements, from the outside in.
    pub open: Vec<OpenElement>,
    /// The trace that is open, if one is.
    pub trace: Option<Trace>,
    spare: Option<Trace>,
    /// The prefixes that open elements declare.
    pub scopes: Scopes,
    /// The batch's first byte in the text at hand.
    pub batch: usize,
    /// Absolute offset of the text at hand.
    pub base: u64,
    /// Records met, in the numbering of the task.
    pub records: u64,
    /// Cells of the batch, row by row.
    pub cells: Vec<Cell>,
    pub spans: Vec<Span>,
    pub out_of_line: Vec<u8>,
    pub kinds: Vec<Kinds>,
    /// Whether the batch's text holds bytes beyond ASCII.
    pub high: bool,
    /// Row that a new event starts with.
    template: Vec<Cell>,
    pub(super) event_at: usize,
    pub(super) gathered: GatheredTexts,
    pub learned: Learned,
    late: Vec<LateColumn>,
    late_by_id: HashMap<Box<str>, usize>,
    late_set: Vec<(usize, u64)>,
    scratch: Vec<u8>,
    /// Whether cells are wanted.
    wanted: bool,
    /// Whether the template is that of events outside of traces.
    outside: bool,
    group: Option<u64>,
    first_group: Option<Option<u64>>,
    /// Groups, whether some are alike, and the last and first group at the start of the batch.
    begun: (u64, bool, Option<u64>, Option<Option<u64>>),
}

impl<'p> XesRows<'p> {
    /// Rows with these columns. `defaults`: one for each column, or empty. `first`: number of the first record.
    pub fn new(columns: &'p XesColumns, defaults: &'p [Filler], base: u64, first: u64, wanted: bool) -> Self {
        let count = columns.all.len();
        Self {
            columns,
            id_hashes: columns.all.iter().map(|it| hash_bytes(0, it.id().as_bytes())).collect(),
            ids: columns.all.iter().map(super::columns::XesColumn::id).collect(),
            defaults,
            open: Vec::new(),
            trace: None,
            spare: None,
            scopes: Scopes::default(),
            batch: 0,
            base,
            records: first,
            cells: Vec::new(),
            spans: Vec::new(),
            out_of_line: Vec::new(),
            kinds: vec![Kinds::NONE; count],
            high: false,
            template: vec![Cell::plain(0, 0); count],
            event_at: 0,
            gathered: GatheredTexts::default(),
            learned: Learned { first: vec![Learned::NEVER; count], ..Learned::default() },
            late: Vec::new(),
            late_by_id: HashMap::new(),
            late_set: Vec::new(),
            scratch: Vec::new(),
            wanted,
            outside: false,
            group: None,
            first_group: None,
            begun: (0, false, None, None),
        }
    }

    /// Begins a batch at `at` in the text. An open trace goes on.
    pub fn begin_batch(&mut self, at: usize) {
        self.batch = at;
        self.cells.clear();
        self.spans.clear();
        self.out_of_line.clear();
        self.kinds.fill(Kinds::NONE);
        self.high = false;
        self.outside = false;
        self.begun = (self.learned.groups, self.learned.alike, self.group, self.first_group);
        if let Some(trace) = &mut self.trace {
            trace.placed = false;
            trace.first_row = 0;
        }
    }

    /// Whether the batch should end where the next record starts, at `at`.
    #[inline]
    pub fn is_full(&self, at: usize) -> bool {
        self.spans.len() >= BATCH_ROWS || at - self.batch >= BATCH_BYTES
    }

    /// Whether a record of the trace that is open may start at `at`: not in its first MiB.
    #[inline]
    pub fn may_cut(&self, at: usize) -> bool {
        match &self.trace {
            Some(trace) => self.base + at as u64 > trace.at + TRACE_WHOLE,
            None => true,
        }
    }

    /// The id of a column, late ones included.
    pub fn id(&self, column: usize) -> &str {
        &self.ids[column]
    }

    /// The column of an id; one that is not known yet is from now on.
    pub fn column(&mut self, id: &str) -> usize {
        if let Some(known) = self.find(id) {
            return known;
        }
        self.late.push(LateColumn {
            id: id.into(),
            first: Learned::NEVER,
            readings: Readings::ALL,
            kinds: Kinds::NONE,
            shape: Default::default(),
        });
        self.late_by_id.insert(id.into(), self.ids.len());
        self.ids.push(id.into());
        self.id_hashes.push(hash_bytes(0, id.as_bytes()));
        self.ids.len() - 1
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.columns.find(id).or_else(|| self.late_by_id.get(id).copied())
    }

    /// The column with the same keys that holds the other sort of values, if there is one.
    pub fn twin(&self, column: usize) -> Option<usize> {
        self.find(&super::columns::twin_id(&self.ids[column])?)
    }

    /// Whether text may end here: between records.
    pub fn may_end(&self, at: usize) -> bool {
        matches!(self.open.as_slice(), [] | [OpenElement::Trace(_)]) && self.may_cut(at)
    }

    /// Begins a trace whose start tag stands at `at`, an absolute offset. `here`: in this parse.
    pub fn begin_trace(&mut self, at: u64, here: bool, prefix: u8) {
        let mut trace = Trace {
            at,
            begun_here: here,
            flushed: !here,
            first_row: self.spans.len(),
            records: self.records,
            ..self.spare.take().map(Trace::emptied).unwrap_or_default()
        };
        trace.cells.resize(self.columns.all.len(), Cell::plain(0, 0));
        if let Some(column) = self.columns.trace {
            let start = trace.text.len();
            trace.text.extend_from_slice(at.to_string().as_bytes());
            trace.cells[column] = Cell::quoted(start, trace.text.len() - start, false);
            trace.kinds.push((column, Kind::Int));
            self.learned.first[column] = self.learned.first[column].min(at);
        }
        self.learned.groups += u64::from(here);
        self.late_set.clear();
        self.trace = Some(trace);
        self.open.push(OpenElement::Trace(prefix));
    }

    /// Ends the trace. Gives its place if it had no events: then nothing else remembers it.
    pub fn end_trace(&mut self) -> Option<u64> {
        self.open.pop();
        self.scopes.leave(self.open.len());
        self.compare_group();
        if self.trace.as_ref().is_some_and(|trace| trace.late) {
            self.rewrite_case();
        }
        let trace = self.trace.take()?;
        let empty = (trace.events == 0 && trace.begun_here).then_some(trace.at);
        self.spare = Some(trace);
        empty
    }

    /// Begins an event whose start tag stands at `at`.
    #[inline]
    pub fn begin_event(&mut self, at: usize, prefix: u8) {
        self.open.push(OpenElement::Event(prefix));
        self.event_at = at;
        if let Some(trace) = &mut self.trace {
            trace.events += 1;
            if !trace.placed {
                self.place_trace();
            }
        } else if !self.outside {
            self.step_outside();
        }
        if self.wanted {
            self.cells.extend_from_slice(&self.template);
            self.late_set.clear();
        }
    }

    /// The next event stands outside of any trace.
    #[cold]
    fn step_outside(&mut self) {
        self.outside = true;
        self.first_group.get_or_insert(None);
        self.group = None;
        self.template.fill(Cell::plain(0, 0));
        self.place_defaults(XesScope::Event);
    }

    /// Where the last event began in the text; the batch's start before any.
    #[inline]
    pub fn event_start(&self) -> usize {
        self.event_at.max(self.batch)
    }

    /// Ends the event; its end tag ends at `end`.
    #[inline]
    pub fn end_event(&mut self, end: usize) {
        self.open.pop();
        self.scopes.leave(self.open.len());
        if self.wanted && !self.gathered.is_empty() {
            self.write_gathered();
        }
        let (start, end) = ((self.event_at - self.batch) as u32, (end - self.batch) as u32);
        self.spans.push(Span { start, end, record: self.records });
        self.records += 1;
    }

    /// Puts the case values of the open trace aside, for the rows of this batch that follow.
    #[cold]
    fn place_trace(&mut self) {
        self.learn_trace();
        self.seal_trace();
        let Some(trace) = &mut self.trace else { return };
        trace.placed = true;
        let shift = self.out_of_line.len();
        self.out_of_line.extend_from_slice(&trace.text);
        for (slot, cell) in self.template.iter_mut().zip(&trace.cells) {
            *slot = cell.moved(shift);
        }
        for (column, kind) in &trace.kinds {
            self.kinds[*column].insert(*kind);
        }
        self.outside = false;
        self.place_defaults(XesScope::Trace);
        self.place_defaults(XesScope::Event);
    }

    /// Puts what the log gives events, or traces, that lack it into the row that events start with.
    fn place_defaults(&mut self, scope: XesScope) {
        for (column, default) in self.defaults.iter().enumerate() {
            if let Some((default, kind)) = default
                && self.columns.all[column].scope == scope
                && self.template[column].is_null()
            {
                let start = self.out_of_line.len();
                self.out_of_line.extend_from_slice(default.as_bytes());
                self.template[column] = Cell::quoted(start, default.len(), false);
                self.kinds[column].insert(*kind);
            }
        }
    }

    /// Learns of the attributes of the open trace, now that it has an event.
    fn learn_trace(&mut self) {
        let Some(trace) = &mut self.trace else { return };
        let mut values = std::mem::take(&mut trace.values);
        let text = std::mem::take(&mut trace.text);
        for TraceValue { column, at, kind, start, len } in values.drain(..) {
            self.note_value(column, at, kind, &text[start..start + len]);
        }
        if let Some(trace) = &mut self.trace {
            (trace.values, trace.text) = (values, text);
        }
    }

    /// Writes the gathered values of the trace to its own text, and keeps them: more may follow the events.
    fn seal_trace(&mut self) {
        let Some(mut trace) = self.trace.take() else { return };
        if !std::mem::replace(&mut trace.sealed, true) {
            for (holds, json) in trace.gathered.to_json() {
                let column = self.column(super::columns::gathering(XesScope::Trace, holds));
                self.note_value(column, trace.at, Kind::Nested, json.as_bytes());
                if let Some(cell) = trace.cells.get_mut(column) {
                    *cell = Cell::quoted(trace.text.len(), json.len(), false);
                    trace.text.extend_from_slice(json.as_bytes());
                    trace.kinds.push((column, Kind::Nested));
                }
            }
        }
        self.trace = Some(trace);
    }

    /// Gives the rows of the open trace its values once more: some came behind events.
    #[cold]
    fn rewrite_case(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.late = false;
        }
        self.place_trace();
        let Some(trace) = &self.trace else { return };
        let width = self.columns.all.len();
        for row in trace.first_row..self.spans.len() {
            for (column, what) in self.columns.all.iter().enumerate() {
                if what.scope == XesScope::Trace
                    && let Some(cell) = self.cells.get_mut(row * width + column)
                {
                    *cell = self.template[column];
                }
            }
        }
    }

    /// Compares the open trace with the one before, once its attributes are known.
    fn compare_group(&mut self) {
        let Some(trace) = &mut self.trace else { return };
        if trace.events == 0 || trace.compared {
            return;
        }
        trace.compared = true;
        for (column, default) in self.defaults.iter().enumerate() {
            if let Some((default, kind)) = default
                && self.columns.all[column].scope == XesScope::Trace
                && trace.cells[column].is_null()
            {
                let hash = hash_of(self.id_hashes[column], *kind, default.as_bytes());
                trace.hash = trace.hash.wrapping_add(hash);
            }
        }
        if trace.attributes == 0 {
            self.learned.alike = true;
        }
        if trace.begun_here {
            self.learned.alike |= self.group == Some(trace.hash);
            self.first_group.get_or_insert(Some(trace.hash));
        } else {
            self.first_group.get_or_insert(None);
        }
        self.group = Some(trace.hash);
    }

    /// Marks the rows of the open trace as gone with this batch.
    pub fn flush_trace(&mut self) {
        if self.trace.as_ref().is_some_and(|trace| trace.late) {
            self.rewrite_case();
        }
        self.compare_group();
        if let Some(trace) = &mut self.trace {
            trace.flushed |= trace.events > 0;
        }
    }

    /// Takes back the open trace or event, a bad row; returns its start if that lies in the text.
    pub fn take_back(&mut self) -> Option<usize> {
        let in_event = self.open.iter().any(|it| matches!(it, OpenElement::Event(_)));
        let trace = self.trace.take();
        self.open.clear();
        self.scopes.leave(0);
        self.gathered = GatheredTexts::default();
        let start = match trace {
            Some(trace) if !trace.flushed => {
                self.spans.truncate(trace.first_row);
                self.records = trace.records;
                // The trace may have been counted in an earlier batch, and told by now: sums wrap.
                self.learned.groups = self.learned.groups.wrapping_sub(1);
                trace.at.checked_sub(self.base).map(|at| at as usize)
            }
            _ => in_event.then_some(self.event_at),
        };
        self.cells.truncate(self.spans.len() * self.columns.all.len());
        self.records += 1;
        start
    }

    /// Drops the open, unfinished record and returns its start. A trace whose first rows may go stays open.
    pub fn give_back(&mut self) -> Option<usize> {
        let in_event = self.open.iter().any(|it| matches!(it, OpenElement::Event(_)));
        let whole = match &self.trace {
            Some(trace) => !trace.flushed && !self.may_cut(self.event_at),
            None => false,
        };
        if whole {
            let at = self.trace.as_ref().map(|trace| trace.at - self.base);
            self.take_back();
            // It is no record yet.
            self.records -= 1;
            return at.map(|at| at as usize);
        }
        if self.trace.is_none() && !in_event {
            return None;
        }
        let start = self.event_start();
        self.open.truncate(usize::from(self.trace.is_some()));
        self.scopes.leave(self.open.len());
        self.gathered = GatheredTexts::default();
        if self.spans.last().is_some_and(|span| self.batch + span.start as usize == start) {
            self.spans.pop();
            self.records -= 1;
        }
        self.cells.truncate(self.spans.len() * self.columns.all.len());
        Some(start)
    }

    /// Goes on where other rows were, without their last batch. Other findings were taken before.
    pub fn take_over(&mut self, before: Self) {
        let (groups, alike, group, first_group) = before.begun;
        self.learned = Learned { first: before.learned.first, groups, alike, ..Learned::default() };
        (self.group, self.first_group) = (group, first_group);
    }

    /// Whether cells are wanted.
    pub fn wanted(&self) -> bool {
        self.wanted
    }

    /// Whether the open element has a value in this column already.
    #[inline]
    pub fn is_set(&self, scope: XesScope, column: usize) -> bool {
        let width = self.columns.all.len();
        if column >= width {
            return self.late_set.iter().any(|it| *it == (column, self.place(scope)));
        }
        match (scope, &self.trace) {
            (XesScope::Trace, Some(trace)) => !trace.cells[column].is_null(),
            (XesScope::Event, _) if self.wanted => {
                let cell = self.cells[self.spans.len() * width + column];
                !cell.is_null() && (self.defaults.is_empty() || cell != self.template[column])
            }
            _ => false,
        }
    }

    /// What tells the open element from others of its scope.
    fn place(&self, scope: XesScope) -> u64 {
        match scope {
            XesScope::Trace => u64::MAX,
            XesScope::Event => self.event_at as u64,
        }
    }

    /// Gives the open event the value at `start..end` of `text`. `odd`: with references or white space to undo.
    #[inline]
    pub fn set_event(&mut self, column: usize, kind: Kind, text: &[u8], start: usize, end: usize, odd: bool) {
        if !self.wanted {
            return;
        }
        let width = self.columns.all.len();
        if column >= width || self.columns.out_of_line[column] {
            return self.set_copied(XesScope::Event, column, kind, &text[start..end], start);
        }
        let first = &mut self.learned.first[column];
        *first = (*first).min(self.base + start as u64);
        self.kinds[column].insert(kind);
        let row = self.spans.len() * width;
        self.cells[row + column] = Cell::quoted(start - self.batch, end - start, odd);
    }

    /// Gives the open trace a value that stands in the text at `at`.
    ///
    /// # Errors
    /// If rows of the trace are gone.
    #[inline]
    pub fn set_trace(&mut self, column: usize, kind: Kind, raw: &[u8], at: usize) -> XmlResult<()> {
        if let Some(trace) = &mut self.trace
            && trace.events > 0
        {
            if trace.flushed {
                return Err(XmlFault::new(
                    Code::XmlLimit,
                    at,
                    "expected the attributes of a trace before its events, or within a MiB of its start",
                ));
            }
            trace.late = true;
            self.odd("trace attribute behind events", at);
        }
        if self.wanted {
            self.set_copied(XesScope::Trace, column, kind, raw, at);
        }
        Ok(())
    }

    /// Gives the open element a value that is copied aside.
    fn set_copied(&mut self, scope: XesScope, column: usize, kind: Kind, raw: &[u8], at: usize) {
        let mut value = std::mem::take(&mut self.scratch);
        value.clear();
        XmlUnescape.unescape(raw, &mut value);
        self.set_value(scope, column, kind, &value, at);
        self.scratch = value;
    }

    pub(super) fn set_value(&mut self, scope: XesScope, column: usize, kind: Kind, value: &[u8], at: usize) {
        let at = self.base + at as u64;
        match (scope, &mut self.trace) {
            // What only traces without events have is no column.
            (XesScope::Trace, Some(trace)) if trace.events == 0 => {
                trace.values.push(TraceValue { column, at, kind, start: trace.text.len(), len: value.len() });
            }
            _ => self.note_value(column, at, kind, value),
        }
        let width = self.columns.all.len();
        if column >= width {
            self.late_set.push((column, self.place(scope)));
        }
        match (scope, &mut self.trace) {
            (XesScope::Trace, Some(trace)) => {
                trace.hash = trace.hash.wrapping_add(hash_of(self.id_hashes[column], kind, value));
                trace.attributes += 1;
                if let Some(cell) = trace.cells.get_mut(column) {
                    *cell = Cell::quoted(trace.text.len(), value.len(), false);
                    trace.kinds.push((column, kind));
                }
                trace.text.extend_from_slice(value);
            }
            (XesScope::Event, _) if self.wanted && column < width => {
                let row = self.spans.len() * width;
                self.cells[row + column] = Cell::quoted(self.out_of_line.len(), value.len(), false);
                self.out_of_line.extend_from_slice(value);
            }
            _ => {}
        }
    }

    /// Learns that a column has a value.
    fn note_value(&mut self, column: usize, at: u64, kind: Kind, value: &[u8]) {
        match column.checked_sub(self.columns.all.len()) {
            None => {
                let first = &mut self.learned.first[column];
                *first = (*first).min(at);
                self.kinds[column].insert(kind);
            }
            Some(late) => {
                let late = &mut self.late[late];
                late.first = late.first.min(at);
                late.kinds.insert(kind);
                late.readings &= Readings::of_kinds(Kinds::of(kind)) & classify_lexical(value);
            }
        }
    }

    /// Gives the open element JSON in a column of lists and containers.
    pub fn set_json(&mut self, scope: XesScope, column: usize, node: &Value, at: usize) -> XmlResult<()> {
        let json = node.to_string();
        match scope {
            XesScope::Trace => {
                // Already what it means: nothing in JSON is undone.
                let escaped = json.replace('&', "&amp;");
                self.set_trace(column, Kind::Nested, escaped.as_bytes(), at)
            }
            XesScope::Event if self.wanted => {
                self.set_value(scope, column, Kind::Nested, json.as_bytes(), at);
                Ok(())
            }
            XesScope::Event => Ok(()),
        }
    }

    /// Says that something odd was met.
    pub fn odd(&mut self, what: &'static str, at: usize) {
        let note = Note { at: self.base + at as u64, record: self.records, what: Remark::Odd(what, 1) };
        self.learned.note(note);
    }

    /// Keeps a trace without events, or an element of the head that stands behind records.
    pub fn note(&mut self, at: u64, what: Remark) {
        self.learned.note(Note { at, record: self.records, what });
    }

    /// Takes the findings since the last call.
    pub fn take_learned(&mut self) -> Learned {
        let mut learned = std::mem::replace(
            &mut self.learned,
            Learned { first: vec![Learned::NEVER; self.columns.all.len()], ..Learned::default() },
        );
        let late = self.late.iter_mut().filter(|late| late.first != Learned::NEVER);
        for late in late {
            learned.meet(late.clone());
            *late = LateColumn {
                first: Learned::NEVER,
                readings: Readings::ALL,
                kinds: Kinds::NONE,
                ..late.clone()
            };
        }
        learned.edges = self.first_group.take().map(|first| Edges { first, last: self.group });
        learned
    }

    /// Whether anything but first places was learned.
    pub fn has_news(&self) -> bool {
        self.late.iter().any(|late| late.first != Learned::NEVER) || !self.learned.notes.is_empty()
    }
}
