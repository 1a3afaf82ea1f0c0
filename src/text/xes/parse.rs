//! One parse: batch after batch by the two readers in turn, what becomes of a fault, and where reading goes
//! on behind it.

use super::markup::XmlUnescape;
use super::plain::{self, PlainReader, XesStop};
use super::quick::{Lesson, ValueAt, XesMemory};
use super::rows::XesRows;
use super::tokens::Tokens;
use super::{REACH, Xes, XesPlace, XesThreadMemory, XmlFault};
use crate::error::Result;
use crate::model::table::{BadRow, Learned, OutOfLine, RawRows, TableSlot};
use crate::model::utf8::is_utf8;
use crate::text::{Boundary, Exit, Flow, ParseTask, RowSink, TextFormat, TextSlice};

/// Bytes of what follows the end of a log that are set aside at most.
const LINE: usize = 1024;

/// A parse under way.
pub struct XesParse<'p, 't> {
    xes: &'p Xes,
    text: TextSlice<'t>,
    rows: XesRows<'p>,
    at: usize,
    /// Start of the last token.
    token: usize,
    end: usize,
    limit: usize,
    lesson: Lesson,
    /// Whether the plain reader reads alone.
    plainly: bool,
    /// Whether the root was closed before the text that is read.
    behind: bool,
    /// Whether the text is read to its end, or nothing further on can be.
    over: bool,
}

impl<'p, 't> XesParse<'p, 't> {
    /// A parse of what starts before `end`, an offset in the text at hand.
    pub fn new(
        xes: &'p Xes,
        text: TextSlice<'t>,
        from: Boundary<XesPlace>,
        end: usize,
        rows: XesRows<'p>,
        task: &ParseTask<'_, XesThreadMemory>,
    ) -> Self {
        let at = (from.at - text.base) as usize;
        let (lesson, limit) = (Lesson::default(), task.limit);
        let mut parse = Self {
            xes,
            text,
            rows,
            at,
            token: at,
            end,
            limit,
            lesson,
            plainly: xes.plainly,
            behind: from.state == XesPlace::Behind,
            over: false,
        };
        if let XesPlace::Trace(start) = from.state {
            parse.enter_trace(start, task.context);
        }
        parse
    }

    /// Records met so far, in the numbering of the task.
    pub fn records(&self) -> u64 {
        self.rows.records
    }

    /// Takes the findings since the last call.
    pub fn take_learned(&mut self) -> Learned {
        self.rows.take_learned()
    }

    /// Takes up a trace that began before the place where the parse begins.
    fn enter_trace(&mut self, start: u64, context: &[u8]) {
        let head = match start.checked_sub(self.text.base) {
            Some(_) => self.xes.context(self.text, Boundary { at: start, state: XesPlace::Trace(start) }),
            None => context,
        };
        let base = std::mem::replace(&mut self.rows.base, start);
        self.rows.begin_batch(0);
        let mut plain = PlainReader {
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
        // The head ends within the trace, so reading it always ends in a fault. Another one means a wrong
        // guess, whose rows are dropped.
        let _ = plain.read(0, None, &mut Lesson::default());
        self.rows.base = base;
    }

    fn place(&self) -> XesPlace {
        match &self.rows.trace {
            Some(trace) => XesPlace::Trace(trace.at),
            None if self.behind => XesPlace::Behind,
            None => XesPlace::Log,
        }
    }

    fn boundary(&self, at: usize) -> Boundary<XesPlace> {
        Boundary { at: self.text.base + at as u64, state: self.place() }
    }

    /// Reads one batch and hands it to the sink; `Some` when the parse is over.
    pub fn batch<K: RowSink>(
        &mut self,
        task: &mut ParseTask<'_, XesThreadMemory>,
        sink: &mut K,
    ) -> Result<Option<Exit<XesPlace>>> {
        let start = self.at;
        let place = self.place();
        let records = self.rows.records;
        self.rows.begin_batch(start);
        let window = self.text.bytes.len().min(start.saturating_add(self.limit).saturating_add(REACH));
        let mut ended = self.collect(&mut task.memory.quick, window);
        if self.is_no_text(start, &ended, window) {
            // Once more, by the reader that checks each piece: rows before the bad one stay.
            self.begin_again(start, place, records, task.context);
            ended = self.collect(&mut task.memory.quick, window);
            self.plainly = self.xes.plainly;
        }
        let mut bad = None;
        let mut exit = None;
        match ended {
            Ok(XesStop::Full(at)) => {
                self.at = at;
                self.rows.flush_trace();
            }
            Ok(XesStop::End(at) | XesStop::Usual { at, .. }) => {
                self.at = at;
                self.rows.flush_trace();
                exit = Some(Exit::Done(self.boundary(at)));
            }
            Ok(XesStop::Over(at)) => {
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
            exit = Some(Exit::Done(Boundary { at: end, state: XesPlace::End }));
        }
        Ok(exit)
    }

    /// Fills a batch, the two readers in turn.
    fn collect(&mut self, quick: &mut XesMemory, window: usize) -> std::result::Result<XesStop, XmlFault> {
        let text = &self.text.bytes[..window];
        let last = self.text.last && window == self.text.bytes.len();
        let mut at = self.at;
        let mut forced = None;
        let mut learn: Option<(usize, usize)> = None;
        if self.behind {
            self.token = at;
            return plain::epilogue(&mut Tokens::new(text, at), text, last, &mut self.rows);
        }
        loop {
            self.lesson.begin(forced);
            let mut plain = PlainReader {
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
            let XesStop::Usual { at: element, value, column, kind } = stop else { return Ok(stop) };
            at = element;
            forced = Some(element);
            if let Some(node) = quick.node(&self.rows.open, column, kind) {
                let here = ValueAt { element, value, node };
                if let Some((before, from)) = learn {
                    quick.learn(before, from, here, text, &self.lesson);
                }
                let stop = quick.read(&mut self.rows, text, here, self.end, self.limit);
                at = stop.element;
                forced = Some(at);
                learn = stop.learn;
            } else {
                learn = None;
            }
        }
    }

    /// Whether the batch's text is no UTF-8, which the quick reader leaves to be found at its end.
    fn is_no_text(
        &mut self,
        start: usize,
        ended: &std::result::Result<XesStop, XmlFault>,
        window: usize,
    ) -> bool {
        let reached = match ended {
            Ok(XesStop::End(at) | XesStop::Full(at) | XesStop::Over(at) | XesStop::Usual { at, .. }) => *at,
            Err(_) => self.token,
        };
        if self.plainly || !self.rows.high {
            return false;
        }
        self.plainly = !is_utf8(&self.text.bytes[start..reached.clamp(start, window)]);
        self.plainly
    }

    /// Sets the stage for reading a batch once more.
    fn begin_again(&mut self, start: usize, place: XesPlace, records: u64, context: &[u8]) {
        let rows =
            XesRows::new(&self.xes.columns, &self.xes.defaults, self.text.base, records, self.rows.wanted());
        let before = std::mem::replace(&mut self.rows, rows);
        self.rows.take_over(before);
        if let XesPlace::Trace(at) = place {
            self.enter_trace(at, context);
        }
        self.at = start;
        self.rows.begin_batch(start);
    }

    /// Where reading goes on behind a fault: at the next trace; `None` if that can't be told from the text at
    /// hand.
    fn resume(&mut self, fault: &XmlFault, window: usize) -> Option<usize> {
        let cut = fault.open && (!self.text.last || window < self.text.bytes.len());
        if fault.long || cut {
            return None;
        }
        let len = self.text.bytes.len();
        if fault.behind {
            // The line is set aside and all that follows it is gone through. However it is read, the line
            // ends in one place.
            let from = fault.at.min(len);
            let line = &self.text.bytes[from..len.min(from + LINE)];
            let end = memchr::memchr(b'\n', line).map_or(from + line.len(), |end| from + end);
            let is_whole = end < from + line.len() || line.len() == LINE || self.text.last;
            self.over = is_whole;
            return is_whole.then_some(end);
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
    fn reject(&mut self, fault: XmlFault, next: usize) -> BadRow {
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
    fn boundary_of(&self, from: usize) -> Boundary<XesPlace> {
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
                unescape: &XmlUnescape,
                out_of_line: OutOfLine {
                    text: &self.rows.out_of_line,
                    columns: &self.xes.columns.out_of_line,
                },
                kinds: &self.rows.kinds,
                slot: TableSlot::ONLY,
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
