//! XES, IEEE 1849-2016 and -2023, and what tools wrote before.
//!
//! ```text
//! head.rs     head of the file -> names, extensions, globals, classifiers, log attributes, where records start
//! columns.rs  keys -> columns and their names
//! plain.rs    the plain reader: tokens -> rows, all of XML and XES
//! quick.rs    the quick reader: markup that was seen before, compared as bytes
//! parse.rs    one parse: batches, faults, where reading goes on
//! log_text.rs how it is recognised and opened, and what it tells beside rows
//! schema.rs   what the whole log says of its columns, and what is kept as metadata
//! gather.rs   what has no column of its own
//! scopes.rs   prefixes that elements declare for themselves
//! rows.rs     rows under way, and what is learned of columns
//! trace.rs    the open trace
//! node.rs     elements without a column -> JSON
//! strict.rs   what the standard does not allow, beside what is read
//! mod.rs      where a record may start, and how that is guessed
//! ```
//!
//! A record is a trace, an event outside of traces, or an event that begins more than a MiB behind the start
//! of its trace. So small traces are never cut, their attributes may stand anywhere in them, and a trace of
//! any size is many shards.

pub mod columns;
mod gather;
pub mod head;
mod log_text;
pub mod node;
mod parse;
mod plain;
mod quick;
mod rows;
mod schema;
mod scopes;
pub mod strict;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use self::columns::{XesColumn, XesColumns};
use self::head::XesHead;
use self::parse::XesParse;
use self::quick::XesMemory;
use self::rows::XesRows;
use super::xml::{XmlFault, markup, tokens};
use super::{Boundary, Exit, ParseTask, RowSink, TextFormat, TextSlice};
use crate::error::{Code, Result};
use crate::model::kind::Kind;
use crate::model::table::BadRow;

/// So far behind its start a trace is whole: no record starts in it, and its rows wait for its end. Bounds
/// what a worker holds back, in bytes.
pub const TRACE_WHOLE: u64 = 1 << 20;
/// How far a guess looks to both sides, in bytes. What is open further up, it is told.
const LOOK: usize = 8 << 20;
/// Text beyond a record's limit that tokens may reach into, in bytes.
const REACH: usize = 2 * TRACE_WHOLE as usize;

/// State of the grammar between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XesPlace {
    /// In the log, between traces.
    Log,
    /// Within the trace whose start tag stands at this absolute offset.
    Trace(u64),
    /// Behind the root, where nothing but comments and white space may follow: a root without content has no
    /// end tag to begin with.
    Behind,
    /// At the end of the text.
    End,
}

/// An XES log: its head, its columns and how they are filled.
#[derive(Debug, Clone)]
pub struct Xes {
    /// The head of the log: what precedes the first trace or event.
    pub head: Arc<XesHead>,
    /// The columns that are known when the parse begins.
    pub columns: Arc<XesColumns>,
    /// Names of the columns.
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

/// State that a thread keeps between parses.
#[derive(Debug, Default)]
pub struct XesThreadMemory {
    quick: XesMemory,
}

impl Xes {
    /// The log that begins with `text`; `whole` if there is no more. Its columns are those of its globals
    /// until more are found.
    ///
    /// # Errors
    /// As [`XesHead::read`].
    pub fn open(text: &[u8], whole: bool, fill_defaults: bool) -> Result<Self> {
        let head = Arc::new(XesHead::read(text, whole)?);
        Ok(Self::with(head, Vec::new(), fill_defaults, false))
    }

    fn with(head: Arc<XesHead>, columns: Vec<XesColumn>, fill: bool, plainly: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut columns = XesColumns::new(columns);
        let defaults = if fill { schema::defaults(&head, &columns) } else { Vec::new() };
        for (aside, default) in columns.out_of_line.iter_mut().zip(&defaults) {
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

    /// `<trace` and `<event` with the prefix of the log.
    fn start_tag(&self, local: &str) -> String {
        format!("<{}{local}", self.head.names.prefix())
    }

    /// Guesses; `long` is the start of a trace that was known to be open further up.
    fn guess_within(&self, text: TextSlice<'_>, at: u64, long: Option<u64>) -> Boundary<XesPlace> {
        if at <= self.head.body as u64 {
            return self.first();
        }
        let cut = (at - text.base) as usize;
        let absolute = |place: usize| text.base + place as u64;
        // Pages that are looked at count as memory of this process, so neither look goes far.
        let bytes = &text.bytes[..text.bytes.len().min(cut.saturating_add(LOOK))];
        let trace = self.find(bytes, cut, "trace");
        let before = &bytes[..trace.unwrap_or(bytes.len())];
        let over = || match trace {
            Some(place) => Boundary { at: absolute(place), state: XesPlace::Log },
            None => Boundary { at: absolute(text.bytes.len()), state: XesPlace::End },
        };
        let Some(event) = self.find(before, cut, "event") else { return over() };
        let start = match self.find_back(bytes, event, "trace") {
            Some(start) => start,
            None if event < LOOK => return Boundary { at: absolute(event), state: XesPlace::Log },
            None => match long.and_then(|start| start.checked_sub(text.base)) {
                Some(start) if (start as usize) < event => {
                    return Boundary {
                        at: absolute(event),
                        state: XesPlace::Trace(absolute(start as usize)),
                    };
                }
                _ => return over(),
            },
        };
        let end = format!("</{}trace", self.head.names.prefix());
        if memchr::memmem::rfind(&bytes[start..event], end.as_bytes()).is_some() {
            return Boundary { at: absolute(event), state: XesPlace::Log };
        }
        let whole = start + TRACE_WHOLE as usize + 1;
        match self.find(before, cut.max(whole), "event") {
            Some(event) => Boundary { at: absolute(event), state: XesPlace::Trace(absolute(start)) },
            None => over(),
        }
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
        let from = at.saturating_sub(LOOK).max(self.head.body);
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

impl TextFormat for Xes {
    type State = XesPlace;
    type Memory = XesThreadMemory;

    fn first(&self) -> Boundary<XesPlace> {
        let state = if self.head.ended { XesPlace::Behind } else { XesPlace::Log };
        Boundary { at: self.head.body as u64, state }
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<XesPlace> {
        self.guess_within(text, at, None)
    }

    fn looks_back(&self) -> usize {
        LOOK
    }

    fn guess_after(&self, text: TextSlice<'_>, at: u64, hint: Boundary<XesPlace>) -> Boundary<XesPlace> {
        let trace = match hint.state {
            XesPlace::Trace(start) if hint.at <= at => Some(start),
            _ => None,
        };
        self.guess_within(text, at, trace)
    }

    fn context<'t>(&self, text: TextSlice<'t>, at: Boundary<XesPlace>) -> &'t [u8] {
        let XesPlace::Trace(start) = at.state else { return &[] };
        let Some(start) = start.checked_sub(text.base) else { return &[] };
        let start = start as usize;
        let end = self.find(text.bytes, start, "event").unwrap_or(text.bytes.len());
        &text.bytes[start..end]
    }

    fn check_end(&self, at: Boundary<XesPlace>) -> Option<BadRow> {
        let what = || format!("expected </{}>, found the end of the text", self.head.root);
        let is_open = matches!(at.state, XesPlace::Log | XesPlace::Trace(_));
        is_open.then(|| BadRow::at_end(at.at, Code::Xml, what()))
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<XesPlace>,
        end: u64,
        task: &mut ParseTask<'_, XesThreadMemory>,
        sink: &mut K,
    ) -> Result<Exit<XesPlace>> {
        if from.state == XesPlace::End {
            // What follows was told where it begins; the rest of a text that comes in pieces is gone through
            // and dropped.
            let end = text.base + text.bytes.len() as u64;
            return Ok(Exit::Done(Boundary { at: end.max(from.at), ..from }));
        }
        task.memory.quick.belong_to(self.number);
        let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX);
        let rows = XesRows::new(&self.columns, &self.defaults, text.base, task.records, K::CELLS);
        let mut parse = XesParse::new(self, text, from, end, rows, task);
        let exit = loop {
            if let Some(exit) = parse.batch(task, sink)? {
                break exit;
            }
        };
        task.records = parse.records();
        sink.learned(parse.take_learned());
        Ok(exit)
    }
}
