//! XES, IEEE 1849-2016 and -2023, and what tools wrote before.
//!
//! ```text
//! head.rs     head of the file -> names, extensions, globals, classifiers, log attributes, where records start
//! tokens.rs   text -> XML tokens, by quick-xml and the checks that it leaves out
//! markup.rs   what stands inside a tag: names, attributes, references
//! columns.rs  keys -> columns and their names
//! plain.rs    the plain reader: tokens -> rows, all of XML and XES
//! quick.rs    the quick reader: markup that was seen before, compared as bytes
//! rows.rs     rows under way, and what is learned of columns
//! node.rs     elements without a column -> JSON
//! strict.rs   what the standard does not allow, beside what is read
//! mod.rs      records -> batches; where a record may start; what is kept as metadata
//! ```
//!
//! A record is a trace, an event outside of traces, or an event that begins more than a MiB behind the start of its trace. So small traces are never cut, their
//! attributes may stand anywhere in them, and a trace of any size is many shards.

pub mod columns;
pub mod head;
mod markup;
mod node;
mod plain;
mod quick;
mod rows;
pub mod strict;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use self::columns::{Column, Columns, Holds, Scope};
use self::head::Head;
use self::markup::Values;
use self::plain::{Plain, Stop};
use self::quick::{At, Lesson, Memory};
use self::rows::Rows;
use super::{Boundary, Exit, Flow, Format, RowSink, Task, Text};
use crate::error::{Code, Error, Result};
use crate::model::kind::{Kind, Kinds};
use crate::model::table::{Aside, BadRow, Learned, RawRows, Remark};

/// So far behind its start a trace is whole: no record starts in it, and its rows wait for its end. Bounds what a worker holds back, in bytes.
pub const TRACE_WHOLE: u64 = 1 << 20;
/// How far back a guess looks for the start of a trace, in bytes. A longer trace is read by one core after the other.
const LOOK_BACK: usize = 64 << 20;
/// Text beyond a record's limit that tokens may reach into, in bytes.
const REACH: usize = 2 * TRACE_WHOLE as usize;

/// What is wrong with a stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which code.
    pub code: Code,
    /// Where in the text at hand.
    pub at: usize,
    /// Expected and found.
    pub what: String,
    /// The text ended too early: with more of it there might be no fault.
    pub open: bool,
    /// A record is beyond the limit.
    pub long: bool,
    /// It lies behind the end of the log.
    pub behind: bool,
}

impl Fault {
    fn new(code: Code, at: usize, what: impl Into<String>) -> Self {
        Self { code, at, what: what.into(), open: false, long: false, behind: false }
    }

    fn into_error(self, base: u64) -> Error {
        Error::new(self.code, self.what).at_byte(base + self.at as u64)
    }
}

/// What the grammar remembers between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Between traces.
    Log,
    /// Within the trace whose start tag stands at this absolute offset.
    Trace(u64),
    /// Behind the end of the log.
    End,
}

/// A log.
#[derive(Debug, Clone)]
pub struct Xes {
    /// What stands before its records.
    pub head: Arc<Head>,
    /// Its columns.
    pub columns: Arc<Columns>,
    /// What they are called.
    pub names: Arc<[String]>,
    /// What fills each column where a trace or event lacks it; empty if nothing does.
    defaults: Arc<[Filler]>,
    fill: bool,
    plainly: bool,
    /// Tells one set of columns from another.
    number: u64,
}

/// What fills a column where a trace or event lacks it, as the log's globals say, and what that is.
type Filler = Option<(Box<str>, Kind)>;

/// What a thread keeps.
#[derive(Debug, Default)]
pub struct Kept {
    quick: Memory,
}

impl Xes {
    /// The log that begins with `text`; `whole` if there is no more. Its columns are those of its globals until more are found.
    ///
    /// # Errors
    /// As [`Head::read`].
    pub fn open(text: &[u8], whole: bool, fill_defaults: bool) -> Result<Self> {
        let head = Arc::new(Head::read(text, whole)?);
        Ok(Self::with(head, Vec::new(), fill_defaults, false))
    }

    fn with(head: Arc<Head>, columns: Vec<Column>, fill: bool, plainly: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut columns = Columns::new(columns);
        let defaults = if fill { defaults(&head, &columns) } else { Vec::new() };
        for (aside, default) in columns.aside.iter_mut().zip(&defaults) {
            *aside |= default.is_some();
        }
        let names = columns.names().into();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { head, columns: Arc::new(columns), names, defaults: defaults.into(), fill, plainly, number }
    }

    /// The same log, read by the plain reader alone: the twin of the quick one.
    pub fn plainly(self) -> Self {
        Self { plainly: true, ..self }
    }

    /// The log with the columns that it turned out to have; `None` if these are the ones it has. `kinds`: what the values of each column that it has are.
    pub fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        let mut found: Vec<(u64, Column)> = Vec::new();
        for (index, column) in self.columns.all.iter().enumerate() {
            let first = learned.first.get(index).copied().unwrap_or(Learned::NEVER);
            let kinds = kinds.get(index).copied().filter(|it| !it.is_empty()).unwrap_or(column.kinds);
            if first != Learned::NEVER {
                found.push((first, Column { kinds, ..column.clone() }));
            }
        }
        for late in &learned.late {
            found.extend(Column::of_id(&late.id).map(|it| (late.first, Column { kinds: late.kinds, ..it })));
        }
        // Numbered from the first trace on, so it comes before all that stands in traces; unless it was there to be met.
        found.retain(|(_, column)| column.holds != Holds::Trace);
        found.sort_by_key(|(first, _)| *first);
        let mut columns: Vec<Column> = found.into_iter().map(|(_, column)| column).collect();
        if columns.is_empty() {
            columns = self.columns_of_globals();
        }
        if learned.alike {
            columns.extend(Column::of_id(columns::TRACE));
        }
        let same = columns.len() == self.columns.all.len()
            && columns.iter().zip(&self.columns.all).all(|(new, old)| {
                new.id() == old.id()
                    && (new.kinds.main() == old.kinds.main()
                        || old.kinds.is_empty() && new.kinds.iter().count() == 1)
            });
        (!same).then(|| Self::with(Arc::clone(&self.head), columns, self.fill, self.plainly))
    }

    /// The columns of a log without values: those of its globals, or the usual ones, so that its table has some.
    fn columns_of_globals(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for (scope, letter) in [("trace", 't'), ("event", 'e')] {
            for node in self.head.defaults(scope) {
                if let (Some(key), Some(tag)) = (node["key"].as_str(), node["tag"].as_str())
                    && let Some(kind) = plain::kind_of(tag).filter(|kind| *kind != Kind::Nested)
                {
                    columns.push((format!("{letter}\u{1f}{key}"), kind));
                }
            }
        }
        if columns.is_empty() {
            for (id, kind) in [
                ("t\u{1f}concept:name", Kind::Text),
                ("e\u{1f}concept:name", Kind::Text),
                ("e\u{1f}time:timestamp", Kind::Time),
            ] {
                columns.push((id.to_owned(), kind));
            }
        }
        let mut seen = std::collections::HashSet::new();
        columns.retain(|(id, _)| seen.insert(id.clone()));
        let column =
            |(id, kind): (String, Kind)| Some(Column { kinds: Kinds::of(kind), ..Column::of_id(&id)? });
        columns.into_iter().filter_map(column).collect()
    }

    /// What stands in the log beside its rows, as docs/xes.md says. `kinds`: what the values of each column are.
    pub fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Value {
        let columns: Vec<Value> = self
            .columns
            .all
            .iter()
            .enumerate()
            .filter(|(_, column)| matches!(column.holds, Holds::Values | Holds::Nested))
            .map(|(index, column)| {
                let kinds = kinds.get(index).copied().filter(|it| !it.is_empty()).unwrap_or(column.kinds);
                json!({
                    "name": self.names[index],
                    "scope": if column.scope == Scope::Trace { "trace" } else { "event" },
                    "path": column.path,
                    "types": kinds.iter().map(tag_of).collect::<Vec<_>>(),
                    "json": column.holds == Holds::Nested,
                })
            })
            .collect();
        let (mut empty, mut loose, mut odd) = (Vec::new(), Vec::new(), Vec::new());
        for (what, at) in &self.head.oddities {
            odd.push(json!({ "what": what, "byte": at, "count": 1 }));
        }
        for note in &learned.notes {
            match &note.what {
                Remark::EmptyGroup(node) => {
                    let node: Value = serde_json::from_str(node).unwrap_or_default();
                    let mut trace = json!({
                        "record": note.record,
                        "attributes": node.get("children").cloned().unwrap_or_else(|| json!([])),
                    });
                    if let Some(xml) = node.get("xml") {
                        trace["xml"] = xml.clone();
                    }
                    empty.push(trace);
                }
                Remark::Loose(node) => loose.push(serde_json::from_str(node).unwrap_or(Value::Null)),
                Remark::Odd(what, count) => {
                    odd.push(json!({ "what": what, "byte": note.at, "count": count }));
                }
            }
        }
        let head = &self.head;
        let mut value = json!({
            "attributes": head.attributes,
            "namespace": head.namespace,
            "extensions": head.extensions,
            "globals": head.globals,
            "classifiers": head.classifiers,
            "log_attributes": head.log_attributes,
            "columns": columns,
            "traces": learned.groups,
            "empty_traces": empty,
            "oddities": odd,
        });
        if !loose.is_empty() {
            value["loose"] = loose.into();
        }
        value
    }

    /// The traces without events: how many records stand before each, and its value for each of `columns`.
    pub fn empty_traces(&self, learned: &Learned, columns: &[usize]) -> Vec<(u64, Vec<Option<String>>)> {
        let value = |node: &Value, column: usize| -> Option<String> {
            let mut children = node.get("children")?;
            let mut found = None;
            for key in &self.columns.all[column].path {
                let inner = children.as_array()?.iter().find(|it| it["key"].as_str() == Some(key))?;
                found = Some(inner);
                children = inner.get("children").unwrap_or(&Value::Null);
            }
            let found = found?;
            match self.columns.all[column].holds {
                Holds::Values => found["value"].as_str().map(str::to_owned),
                _ => Some(found.to_string()),
            }
        };
        let traces = learned.notes.iter().filter_map(|note| match &note.what {
            Remark::EmptyGroup(node) => Some((note.record, serde_json::from_str::<Value>(node).ok()?)),
            _ => None,
        });
        traces
            .map(|(record, node)| (record, columns.iter().map(|column| value(&node, *column)).collect()))
            .collect()
    }

    /// Which columns say the same in all events of a trace, and which one numbers traces.
    pub fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        let of_trace =
            |(_, column): &(usize, &Column)| column.scope == Scope::Trace && column.holds != Holds::Trace;
        let shared = self.columns.all.iter().enumerate().filter(of_trace).map(|(index, _)| index).collect();
        (shared, self.columns.trace)
    }

    /// What should be said about columns and what was met.
    pub fn warnings(&self, learned: &Learned) -> Vec<String> {
        let mut warnings = self.columns.warnings();
        for (what, at) in &self.head.oddities {
            warnings.push(format!("{what}, at byte {at}"));
        }
        let mut empty = 0;
        for note in &learned.notes {
            match &note.what {
                Remark::Odd(what, 1) => warnings.push(format!("{what}, at byte {}", note.at)),
                Remark::Odd(what, count) => {
                    warnings.push(format!("{what}, {count} times, first at byte {}", note.at));
                }
                Remark::EmptyGroup(_) => empty += 1,
                Remark::Loose(_) => {}
            }
        }
        if empty > 0 {
            let plural = if empty == 1 { "" } else { "s" };
            warnings.push(format!(
                "{empty} trace{plural} without events; kept in the metadata, and as rows by --tables"
            ));
        }
        warnings
    }

    /// `<trace` and `<event` with the prefix of the log.
    fn start_tag(&self, local: &str) -> String {
        format!("<{}{local}", self.head.names.prefix())
    }

    /// The first start tag of this name in `text` from `at` on.
    fn find(&self, text: &[u8], at: usize, local: &str) -> Option<usize> {
        let tag = self.start_tag(local);
        let finder = memchr::memmem::Finder::new(tag.as_bytes());
        let mut from = at;
        while let Some(found) = finder.find(text.get(from..)?) {
            let place = from + found;
            if is_tag_end(text.get(place + tag.len())) {
                return Some(place);
            }
            from = place + 1;
        }
        None
    }

    /// The last start tag of this name in `text` before `at`.
    fn find_back(&self, text: &[u8], at: usize, local: &str) -> Option<usize> {
        let tag = self.start_tag(local);
        let from = at.saturating_sub(LOOK_BACK).max(self.head.body);
        let finder = memchr::memmem::FinderRev::new(tag.as_bytes());
        let mut end = at;
        while let Some(found) = finder.rfind(text.get(from..end)?) {
            let place = from + found;
            if is_tag_end(text.get(place + tag.len())) {
                return Some(place);
            }
            end = place;
        }
        None
    }
}

fn is_tag_end(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b' ' | b'\t' | b'\n' | b'\r' | b'>' | b'/'))
}

/// What the globals of the head give each column.
fn defaults(head: &Head, columns: &Columns) -> Vec<Filler> {
    let mut defaults = vec![None; columns.all.len()];
    for (scope, name) in [(Scope::Trace, "trace"), (Scope::Event, "event")] {
        for node in head.defaults(name) {
            if let (Some(key), Some(tag), Some(value)) =
                (node["key"].as_str(), node["tag"].as_str(), node["value"].as_str())
                && let Some(kind) = plain::kind_of(tag).filter(|kind| *kind != Kind::Nested)
            {
                let column =
                    Column { scope, holds: Holds::Values, path: vec![key.to_owned()], kinds: Kinds::NONE };
                if let Some(index) = columns.find(&column.id()) {
                    defaults[index] = Some((value.into(), kind));
                }
            }
        }
    }
    defaults
}

/// The tag of a kind's element.
fn tag_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Id => "id",
        Kind::Time => "date",
        Kind::Float => "float",
        Kind::Int => "int",
        Kind::Bool => "boolean",
        Kind::Nested => "list",
    }
}

impl Format for Xes {
    type State = Place;
    type Memory = Kept;

    fn first(&self) -> Boundary<Place> {
        let state = if self.head.ended { Place::End } else { Place::Log };
        Boundary { at: self.head.body as u64, state }
    }

    fn guess(&self, text: Text<'_>, at: u64) -> Boundary<Place> {
        if at <= self.head.body as u64 {
            return self.first();
        }
        let cut = (at - text.base) as usize;
        let bytes = text.bytes;
        let absolute = |place: usize| text.base + place as u64;
        let trace = self.find(bytes, cut, "trace");
        let before = &bytes[..trace.unwrap_or(bytes.len())];
        let over = || match trace {
            Some(place) => Boundary { at: absolute(place), state: Place::Log },
            None => Boundary { at: absolute(bytes.len()), state: Place::End },
        };
        let Some(event) = self.find(before, cut, "event") else { return over() };
        let Some(start) = self.find_back(bytes, event, "trace") else {
            return if event < LOOK_BACK {
                Boundary { at: absolute(event), state: Place::Log }
            } else {
                over()
            };
        };
        let end = format!("</{}trace", self.head.names.prefix());
        if memchr::memmem::rfind(&bytes[start..event], end.as_bytes()).is_some() {
            return Boundary { at: absolute(event), state: Place::Log };
        }
        let whole = start + TRACE_WHOLE as usize + 1;
        match self.find(before, cut.max(whole), "event") {
            Some(event) => Boundary { at: absolute(event), state: Place::Trace(absolute(start)) },
            None => over(),
        }
    }

    fn context<'t>(&self, text: Text<'t>, at: Boundary<Place>) -> &'t [u8] {
        let Place::Trace(start) = at.state else { return &[] };
        let Some(start) = start.checked_sub(text.base) else { return &[] };
        let start = start as usize;
        let end = self.find(text.bytes, start, "event").unwrap_or(text.bytes.len());
        &text.bytes[start..end]
    }

    fn unended(&self, at: Boundary<Place>) -> Option<BadRow> {
        (at.state != Place::End).then(|| BadRow {
            start: at.at,
            end: at.at,
            at: at.at,
            record: 0,
            code: Code::Xml,
            what: format!("expected </{}>, found the end of the text", self.head.root),
            column: None,
            raw: None,
        })
    }

    fn parse<K: RowSink>(
        &self,
        text: Text<'_>,
        from: Boundary<Place>,
        end: u64,
        task: &mut Task<'_, Kept>,
        sink: &mut K,
    ) -> Result<Exit<Place>> {
        if from.state == Place::End {
            return Ok(Exit::Done(from));
        }
        task.memory.quick.belong_to(self.number);
        let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX);
        let rows = Rows::new(&self.columns, &self.defaults, text.base, task.records, K::CELLS);
        let at = (from.at - text.base) as usize;
        let mut parse = Parse {
            xes: self,
            text,
            rows,
            at,
            token: at,
            end,
            limit: task.limit,
            lesson: Lesson::default(),
            plainly: self.plainly,
            over: false,
        };
        if let Place::Trace(start) = from.state {
            parse.enter_trace(start, task.context);
        }
        let exit = loop {
            if let Some(exit) = parse.batch(task, sink)? {
                break exit;
            }
        };
        task.records = parse.rows.records;
        sink.learned(parse.rows.take_learned());
        Ok(exit)
    }
}

/// A parse under way.
struct Parse<'p, 't> {
    xes: &'p Xes,
    text: Text<'t>,
    rows: Rows<'p>,
    at: usize,
    /// Where the last token began.
    token: usize,
    end: usize,
    limit: usize,
    lesson: Lesson,
    /// Whether the plain reader reads alone.
    plainly: bool,
    /// Whether the text is read to its end, or nothing further on can be.
    over: bool,
}

impl Parse<'_, '_> {
    /// Takes up a trace that began before the place where the parse begins.
    fn enter_trace(&mut self, start: u64, context: &[u8]) {
        let head = match start.checked_sub(self.text.base) {
            Some(_) => self.xes.context(self.text, Boundary { at: start, state: Place::Trace(start) }),
            None => context,
        };
        let base = std::mem::replace(&mut self.rows.base, start);
        self.rows.begin_batch(0);
        let mut plain = Plain {
            xes: self.xes,
            text: head,
            rows: &mut self.rows,
            end: usize::MAX,
            last: true,
            limit: self.limit,
            stops: false,
            here: false,
            token: 0,
        };
        // The head ends within the trace, so reading it always ends in a fault. Another one means a wrong guess, whose rows are dropped.
        let _ = plain.read(0, None, &mut Lesson::default());
        self.rows.base = base;
    }

    fn place(&self) -> Place {
        self.rows.trace.as_ref().map_or(Place::Log, |trace| Place::Trace(trace.at))
    }

    fn boundary(&self, at: usize) -> Boundary<Place> {
        Boundary { at: self.text.base + at as u64, state: self.place() }
    }

    /// Reads one batch and hands it to the sink; `Some` when the parse is over.
    fn batch<K: RowSink>(&mut self, task: &mut Task<'_, Kept>, sink: &mut K) -> Result<Option<Exit<Place>>> {
        let start = self.at;
        let place = self.place();
        let records = self.rows.records;
        self.rows.begin_batch(start);
        let window = self.text.bytes.len().min(start.saturating_add(self.limit).saturating_add(REACH));
        let mut ended = self.collect(&mut task.memory.quick, window);
        if let Some(learned) = self.check_text(start, &ended, window) {
            // Once more, by the reader that checks each piece: rows before the bad one stay.
            self.begin_again(start, place, records, learned, task.context);
            ended = self.collect(&mut task.memory.quick, window);
            self.plainly = self.xes.plainly;
        }
        let mut bad = None;
        let mut exit = None;
        match ended {
            Ok(Stop::Full(at)) => {
                self.at = at;
                self.rows.flush_trace();
            }
            Ok(Stop::End(at) | Stop::Usual { at, .. }) => {
                self.at = at;
                self.rows.flush_trace();
                exit = Some(Exit::Done(self.boundary(at)));
            }
            Ok(Stop::Over(at)) => {
                self.at = at;
                self.over = true;
            }
            Err(fault) => match self.resume(&fault, window) {
                Some(next) => {
                    bad = Some(self.reject(fault, next));
                    self.at = next;
                }
                None => {
                    let from = self.give_back();
                    let long = fault.long
                        || window < self.text.bytes.len()
                        || self.text.bytes.len() - from > self.limit.saturating_add(REACH);
                    let record = self.boundary_of(from);
                    exit = Some(if long { Exit::TooLong(record) } else { Exit::NeedMore(record) });
                    self.at = from;
                }
            },
        }
        if self.hand_over(start, bad, sink)? == Flow::Stop {
            return Ok(Some(Exit::Stopped));
        }
        if self.rows.has_news() {
            sink.learned(self.rows.take_learned());
        }
        if self.over {
            let end = self.text.base + self.text.bytes.len() as u64;
            exit = Some(Exit::Done(Boundary { at: end, state: Place::End }));
        }
        Ok(exit)
    }

    /// Fills a batch, the two readers in turn.
    fn collect(&mut self, quick: &mut Memory, window: usize) -> std::result::Result<Stop, Fault> {
        let text = &self.text.bytes[..window];
        let last = self.text.last && window == self.text.bytes.len();
        let mut at = self.at;
        let mut forced = None;
        let mut learn: Option<(usize, usize)> = None;
        self.lesson.clear();
        loop {
            let mut plain = Plain {
                xes: self.xes,
                text,
                rows: &mut self.rows,
                end: self.end,
                last,
                limit: self.limit,
                stops: !self.plainly,
                here: true,
                token: at,
            };
            let read = plain.read(at, forced, &mut self.lesson);
            self.token = plain.token;
            let stop = read?;
            let Stop::Usual { at: element, value, column, kind } = stop else { return Ok(stop) };
            at = element;
            forced = Some(element);
            if let Some(node) = quick.node(&self.rows.open, column, kind) {
                let here = At { element, value, node };
                if let Some((before, from)) = learn {
                    quick.learn(before, from, here, text, &self.lesson);
                }
                let lost = quick.read(&mut self.rows, text, here, self.end, self.limit);
                at = lost.element;
                forced = Some(at);
                learn = lost.learn;
            } else {
                learn = None;
            }
            self.lesson.clear();
        }
    }

    /// Whether the batch's text is no UTF-8, which the quick reader leaves to be found at its end; then gives what was learned before it.
    fn check_text(
        &mut self,
        start: usize,
        ended: &std::result::Result<Stop, Fault>,
        window: usize,
    ) -> Option<Learned> {
        let reached = match ended {
            Ok(Stop::End(at) | Stop::Full(at) | Stop::Over(at) | Stop::Usual { at, .. }) => *at,
            Err(_) => self.token,
        };
        if self.plainly || !self.rows.high {
            return None;
        }
        std::str::from_utf8(&self.text.bytes[start..reached.clamp(start, window)]).err()?;
        self.plainly = true;
        Some(self.rows.take_learned())
    }

    /// Sets the stage for reading a batch once more.
    fn begin_again(&mut self, start: usize, place: Place, records: u64, learned: Learned, context: &[u8]) {
        let rows =
            Rows::new(&self.xes.columns, &self.xes.defaults, self.text.base, records, self.rows.wanted());
        let before = std::mem::replace(&mut self.rows, rows);
        self.rows.take_over(&before, learned);
        if let Place::Trace(at) = place {
            self.enter_trace(at, context);
        }
        self.at = start;
        self.rows.begin_batch(start);
    }

    /// Where reading goes on behind a fault: at the next trace; `None` if that can't be told from the text at hand.
    fn resume(&mut self, fault: &Fault, window: usize) -> Option<usize> {
        let cut = fault.open && (!self.text.last || window < self.text.bytes.len());
        if fault.long || cut {
            return None;
        }
        let len = self.text.bytes.len();
        if fault.behind {
            self.over = true;
            return self.text.last.then_some(len);
        }
        let from = fault.at.max(self.token + 1).min(len);
        match self.xes.find(self.text.bytes, from, "trace") {
            Some(next) => Some(next),
            None if self.text.last => {
                self.over = true;
                Some(len)
            }
            None => None,
        }
    }

    /// Makes a bad row of the open record, up to `next`.
    fn reject(&mut self, fault: Fault, next: usize) -> BadRow {
        let start = self.rows.take_back().unwrap_or(self.token).min(next);
        let absolute = |at: usize| self.text.base + at as u64;
        BadRow {
            start: absolute(start),
            end: absolute(next),
            at: absolute(fault.at.clamp(start, next)),
            record: self.rows.records - 1,
            code: fault.code,
            what: fault.what,
            column: None,
            raw: None,
        }
    }

    /// Drops the record that is not whole; gives where it begins.
    fn give_back(&mut self) -> usize {
        let token = self.token;
        self.rows.give_back().unwrap_or(token)
    }

    /// The boundary of a record that was given back.
    fn boundary_of(&self, from: usize) -> Boundary<Place> {
        self.boundary(from)
    }

    /// Hands the batch over.
    fn hand_over<K: RowSink>(&mut self, start: usize, bad: Option<BadRow>, sink: &mut K) -> Result<Flow> {
        if K::CELLS && !self.rows.spans.is_empty() {
            let last = self.rows.spans.last().map_or(start, |span| start + span.end as usize);
            let end = match &bad {
                Some(bad) => (bad.start - self.text.base) as usize,
                None => self.at,
            };
            let rows = RawRows {
                text: &self.text.bytes[start..end.max(last)],
                base: self.text.base + start as u64,
                columns: self.xes.columns.all.len(),
                cells: &self.rows.cells,
                spans: &self.rows.spans,
                unescape: &Values,
                aside: Aside { text: &self.rows.aside, columns: &self.xes.columns.aside },
                kinds: &self.rows.kinds,
            };
            if sink.rows(&rows)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        match bad {
            Some(bad) => {
                let raw = (bad.start - self.text.base) as usize..(bad.end - self.text.base) as usize;
                sink.bad(bad, &self.text.bytes[raw])
            }
            None => Ok(Flow::Continue),
        }
    }
}
