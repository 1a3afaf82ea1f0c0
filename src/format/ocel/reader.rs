//! A parse of a log in text, whatever its syntax: batches, faults, where reading goes on.

use super::sheets::{BATCH_BYTES, BATCH_RECORDS, Entry, Sheets};
use super::{Ocel, Place};
use crate::error::{Code, Result};
use crate::format::{Boundary, Exit, Flow, RowSink, Task, Text};
use crate::model::table::{BadRow, Remark, Span, Unescape};

/// So far a guess looks for a record, in bytes.
pub const LOOK: usize = 4 << 20;

/// Why a record or section was not read.
pub enum Stop {
    /// The text at hand ends here, too early.
    Short(usize),
    /// It is not well formed.
    Fault {
        /// Where.
        at: usize,
        /// Which code.
        code: Code,
        /// Expected and found.
        what: String,
    },
    /// It is well formed and ends here, and lacks something.
    Lacks {
        /// Expected and found.
        what: String,
        /// Its end.
        end: usize,
    },
}

/// The text at hand.
#[derive(Clone, Copy)]
pub struct Here<'t> {
    /// As much of it as one record may reach into.
    pub text: &'t [u8],
    /// All of it.
    pub whole: &'t [u8],
    /// Whether there is no more.
    pub last: bool,
    /// Where the batch begins, which cells count from.
    pub batch: usize,
}

/// What was read.
pub struct Read {
    /// Where the next item starts.
    pub next: usize,
    /// Among what.
    pub place: Place,
    /// Where the item ended.
    pub end: usize,
    /// The name and text of a section without records.
    pub section: Option<(String, String)>,
}

/// A syntax: reads one item, a record or what stands between records, at a time.
pub trait Items {
    /// Reads the item that starts at `at`.
    fn read(&mut self, here: Here<'_>, at: usize, place: Place) -> std::result::Result<Read, Stop>;

    /// The record that was read.
    fn entry(&self) -> &Entry;

    /// What follows an item of `place` that ends at `at`: where the next one starts, and among what.
    fn behind(&self, here: Here<'_>, at: usize, place: Place) -> std::result::Result<(usize, Place), Stop>;

    /// The first place from `from` on that is not nothing, behind the end of the log.
    fn rest(&self, here: Here<'_>, from: usize) -> std::result::Result<usize, Stop>;

    /// The first record in `from..end`, as far as a look tells.
    fn find_record(&self, text: &[u8], from: usize, end: usize) -> Option<(usize, Place)>;

    /// Undoes the escapes of its text.
    fn unescape(&self) -> &'static dyn Unescape;

    /// The code of text that is not well formed.
    fn code(&self) -> Code;

    /// What is odd, and how often it was met since this was asked.
    fn take_odd(&mut self) -> Option<(&'static str, u64)>;
}

/// What a step came to.
enum Step {
    On,
    End,
    NeedMore,
    TooLong,
    Bad(BadRow),
}

/// A parse under way.
struct Reader<'p, 't, I> {
    items: I,
    text: Text<'t>,
    /// Where the next item starts.
    at: usize,
    place: Place,
    /// Where the batch starts, and its records so far.
    batch: usize,
    batch_records: usize,
    records: u64,
    limit: usize,
    sheets: Sheets<'p>,
    cells: bool,
}

/// Reads every record that starts before `end`.
pub fn parse<I: Items, K: RowSink>(
    ocel: &Ocel,
    items: I,
    text: Text<'_>,
    from: Boundary<Place>,
    end: u64,
    task: &mut Task<'_>,
    sink: &mut K,
) -> Result<Exit<Place>> {
    let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX);
    let start = (from.at - text.base) as usize;
    let mut reader = Reader {
        text,
        at: start,
        place: from.state,
        batch: start,
        batch_records: 0,
        records: task.records,
        limit: task.limit,
        sheets: Sheets::new(&ocel.shape, items.unescape()),
        cells: K::CELLS,
        items,
    };
    let exit = reader.run(end, sink)?;
    task.records = reader.records;
    sink.learned(reader.sheets.take_learned());
    Ok(exit)
}

impl<I: Items> Reader<'_, '_, I> {
    fn run<K: RowSink>(&mut self, end: usize, sink: &mut K) -> Result<Exit<Place>> {
        loop {
            let before = self.at;
            let step = self.step(end);
            let full = self.batch_records >= BATCH_RECORDS || self.at - self.batch >= BATCH_BYTES;
            if full || !matches!(step, Step::On) {
                let to = if matches!(step, Step::Bad(_)) { before } else { self.at };
                if self.flush(to, sink)? == Flow::Stop {
                    return Ok(Exit::Stopped);
                }
            }
            let here = Boundary { at: self.text.base + self.at as u64, state: self.place };
            match step {
                Step::On => {}
                Step::End => return Ok(Exit::Done(here)),
                Step::NeedMore => return Ok(Exit::NeedMore(here)),
                Step::TooLong => return Ok(Exit::TooLong(here)),
                Step::Bad(bad) => {
                    let raw = (bad.start - self.text.base) as usize..(bad.end - self.text.base) as usize;
                    self.batch = self.at;
                    if sink.bad(bad, &self.text.bytes[raw])? == Flow::Stop {
                        return Ok(Exit::Stopped);
                    }
                }
            }
        }
    }

    /// Hands over the rows of the text before `to`.
    fn flush<K: RowSink>(&mut self, to: usize, sink: &mut K) -> Result<Flow> {
        let base = self.text.base + self.batch as u64;
        let text = &self.text.bytes[self.batch..to];
        self.batch = to;
        self.batch_records = 0;
        match self.cells {
            true => self.sheets.hand_over(text, base, sink),
            false => Ok(Flow::Continue),
        }
    }

    /// Reads one item.
    fn step(&mut self, end: usize) -> Step {
        let len = self.text.bytes.len();
        let start = self.at;
        let most = len.min(start.saturating_add(self.limit).saturating_add(1));
        let here = Here {
            text: &self.text.bytes[..most],
            whole: self.text.bytes,
            last: self.text.last,
            batch: self.batch,
        };
        if self.place == Place::End {
            return match self.items.rest(here, start) {
                Ok(rest) if rest >= len => {
                    self.at = len;
                    Step::End
                }
                Ok(rest) => {
                    let what = "expected nothing behind the end of the log".to_owned();
                    self.bad(rest, rest, self.items.code(), what)
                }
                Err(stop) => self.stopped(start, stop, false),
            };
        }
        if start >= end || start >= len {
            return if start >= end || self.text.last { Step::End } else { Step::NeedMore };
        }
        let read = self.items.read(here, start, self.place);
        if read.is_err() {
            // What is odd in a record that is set aside, or read again, is told by nobody, or later.
            let _ = self.items.take_odd();
        }
        match read {
            Ok(read) => {
                self.put(start, &read);
                (self.at, self.place) = (read.next, read.place);
                Step::On
            }
            Err(Stop::Lacks { what, end }) => match self.items.behind(here, end, self.place) {
                Ok((next, place)) => {
                    let bad = self.bad_row(start, end, start, Code::OcelRecord, what);
                    (self.at, self.place) = (next, place);
                    self.records += 1;
                    Step::Bad(bad)
                }
                Err(Stop::Short(_)) if !self.text.last => Step::NeedMore,
                Err(_) => self.bad(start, start, Code::OcelRecord, what),
            },
            Err(stop) => self.stopped(start, stop, most < len),
        }
    }

    /// What follows from an item at `start` that was not read; `limited` if there is more text than an item may have.
    fn stopped(&mut self, start: usize, stop: Stop, limited: bool) -> Step {
        match stop {
            Stop::Short(_) if limited => Step::TooLong,
            Stop::Short(_) if !self.text.last => Step::NeedMore,
            Stop::Short(at) => {
                self.bad(start, at, self.items.code(), "expected more, found the end of the text".to_owned())
            }
            Stop::Fault { at, code, what } => self.bad(start, at, code, what),
            Stop::Lacks { what, .. } => self.bad(start, start, Code::OcelRecord, what),
        }
    }

    /// Takes an item over.
    fn put(&mut self, start: usize, read: &Read) {
        let at = self.text.base + start as u64;
        if let Some((name, text)) = &read.section
            && self.cells
        {
            self.sheets.note(at, Remark::Section(name.clone(), text.clone()));
        }
        if let Some((what, count)) = self.items.take_odd()
            && self.cells
        {
            self.sheets.note(at, Remark::Odd(what, count));
        }
        let Some(side) = self.place.side() else { return };
        if self.cells {
            let batch = self.batch;
            let span =
                Span { start: (start - batch) as u32, end: (read.end - batch) as u32, record: self.records };
            let text = &self.text.bytes[batch..read.end];
            self.sheets.put(side, self.items.entry(), text, self.text.base + batch as u64, span);
        }
        self.records += 1;
        self.batch_records += 1;
    }

    /// What should be a record and is at fault: reading goes on at the next that can be found.
    fn bad(&mut self, start: usize, at: usize, code: Code, what: String) -> Step {
        let len = self.text.bytes.len();
        let from = at.max(start + 1).min(len);
        let most = len.min(from.saturating_add(LOOK));
        let (next, place) = match self.items.find_record(self.text.bytes, from, most) {
            Some(found) => found,
            None if !self.text.last && len - start <= self.limit => return Step::NeedMore,
            None if len - start > self.limit => return Step::TooLong,
            None => (len, Place::End),
        };
        let bad = self.bad_row(start, next, at, code, what);
        self.records += 1;
        (self.at, self.place) = (next, place);
        Step::Bad(bad)
    }

    fn bad_row(&self, start: usize, end: usize, at: usize, code: Code, what: String) -> BadRow {
        let place = |at: usize| self.text.base + at as u64;
        BadRow {
            start: place(start),
            end: place(end),
            at: place(at),
            record: self.records,
            code,
            what,
            column: None,
            raw: None,
        }
    }
}
