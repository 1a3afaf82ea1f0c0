//! A parse of text that is read item by item, a record or what stands between records: batches, faults, where
//! reading goes on. What an item is, a format says.

use super::padding::{self, Padding};
use super::{Boundary, Exit, Flow, PIECE, ParseTask, RowSink, TextSlice};
use crate::error::{Code, Result};
use crate::model::table::{BadRow, Learned, Remark};

/// Records of a batch at most.
const BATCH_RECORDS: usize = 4096;
/// Text between two places where a batch ends however few records it has, in bytes, before the last record:
/// as much as a piece of a stream has, so that batches are the same whether text is mapped or comes in
/// pieces. What waits for a row group is decided on by batches.
const BATCH_BYTES: usize = PIECE;

/// So many places where reading might go on are tried for one that leaves the fault what it is. More would
/// only move what a stream says of it.
const TRIED: usize = 64;

/// Why a record or section was not read.
pub enum ItemStop {
    /// The text at hand ends here, too early.
    Short(usize),
    /// The text is not well formed.
    Fault {
        /// Offset of the fault in the text at hand.
        at: usize,
        /// Code of the error that the fault is.
        code: Code,
        /// Sentence with what was expected and what was found.
        what: String,
    },
    /// The item is well formed and ends here, but a part is missing.
    Lacks {
        /// Sentence with what was expected and what was found.
        what: String,
        /// Code of the error that the fault is.
        code: Code,
        /// Offset of the end of the item in the text at hand.
        end: usize,
    },
}

/// The text at hand.
#[derive(Clone, Copy)]
pub struct Here<'t> {
    /// As much of it as one record may reach into.
    pub text: &'t [u8],
    /// The whole text at hand.
    pub whole: &'t [u8],
    /// Whether the text at hand is the end of the input.
    pub last: bool,
    /// Start of the batch, from which cells count.
    pub batch: usize,
}

/// An item that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadItem<P> {
    /// Start of the next item.
    pub next: usize,
    /// The place that the next item belongs to.
    pub place: P,
    /// End of the item.
    pub end: usize,
    /// Whether the item is a record.
    pub is_record: bool,
}

/// The result of a search for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordSearch<P> {
    /// A record starts at this offset, in this place.
    Record(usize, P),
    /// There is none in what was looked at.
    None,
    /// There may be one, if there is more text.
    Short,
}

/// Where an item starts, and among what; or why there is none.
pub type Next<P> = std::result::Result<(usize, P), ItemStop>;

/// Reads items and keeps the rows that they become.
pub trait Items {
    /// Kind of items at a place.
    type Place: Copy + Eq;

    /// Reads the item that starts at `at`, and keeps it until it is put or dropped.
    fn read(
        &mut self,
        here: Here<'_>,
        at: usize,
        place: Self::Place,
    ) -> std::result::Result<ReadItem<Self::Place>, ItemStop>;

    /// Makes rows of the item that was read at `start`. `record` is its number.
    fn put(&mut self, here: Here<'_>, base: u64, start: usize, read: &ReadItem<Self::Place>, record: u64);

    /// Whether the rows that are kept should be handed over before more are made.
    fn is_full(&self) -> bool;

    /// Forgets the item that was read: it is at fault, or not whole.
    fn drop_item(&mut self);

    /// The place behind an item of `place` whose follower is at fault: what is read there is that fault.
    fn after(&self, place: Self::Place) -> Self::Place;

    /// What follows an item of `place` that ends at `at`.
    fn behind(&self, here: Here<'_>, at: usize, place: Self::Place) -> Next<Self::Place>;

    /// Whether nothing may follow an item of this place.
    fn is_end(&self, place: Self::Place) -> bool;

    /// The place behind the end of all.
    fn end(&self) -> Self::Place;

    /// The first place from `from` on that is not nothing.
    fn rest(&self, here: Here<'_>, from: usize) -> std::result::Result<usize, ItemStop>;

    /// The first record from `from` on, within what one record may reach into.
    fn find_record(&self, here: Here<'_>, from: usize) -> RecordSearch<Self::Place>;

    /// The code of text that is not well formed.
    fn code(&self) -> Code;

    /// Hands over the rows, all cut from `text` at `base`.
    fn hand_over<K: RowSink>(&mut self, text: &[u8], base: u64, sink: &mut K) -> Result<Flow>;

    /// Takes something that stands beside the items, at `at`.
    fn note(&mut self, at: u64, what: Remark);

    /// Takes the findings since the last call.
    fn take_learned(&mut self) -> Learned;
}

/// The result of a step.
enum ItemStep {
    On,
    End,
    NeedMore,
    TooLong,
    Bad(BadRow),
}

/// A parse under way.
struct ItemReader<'t, I: Items> {
    items: I,
    text: TextSlice<'t>,
    /// Start of the next item.
    at: usize,
    place: I::Place,
    /// Where the batch starts, and its records so far.
    batch: usize,
    batch_records: usize,
    /// Where the text of so many bytes starts behind which a batch ends.
    piece: usize,
    records: u64,
    limit: usize,
    cells: bool,
}

/// Reads every record that starts before `end`.
pub fn parse<I: Items, M, K: RowSink>(
    items: I,
    text: TextSlice<'_>,
    from: Boundary<I::Place>,
    end: u64,
    task: &mut ParseTask<'_, M>,
    sink: &mut K,
) -> Result<Exit<I::Place>> {
    let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX);
    let start = (from.at - text.base) as usize;
    let mut reader = ItemReader {
        text,
        at: start,
        place: from.state,
        batch: start,
        batch_records: 0,
        piece: start,
        records: task.records,
        limit: task.limit,
        cells: K::CELLS,
        items,
    };
    let exit = reader.run(end, sink)?;
    task.records = reader.records;
    sink.learned(reader.items.take_learned());
    Ok(exit)
}

impl<I: Items> ItemReader<'_, I> {
    fn run<K: RowSink>(&mut self, end: usize, sink: &mut K) -> Result<Exit<I::Place>> {
        loop {
            let before = self.at;
            let step = self.step(end);
            let ends_piece = self.at - self.piece >= BATCH_BYTES;
            if ends_piece {
                self.piece = self.at;
            }
            let full = ends_piece || self.batch_records >= BATCH_RECORDS || self.items.is_full();
            if full || !matches!(step, ItemStep::On) {
                let to = if matches!(step, ItemStep::Bad(_)) { before } else { self.at };
                if self.flush(to, sink)? == Flow::Stop {
                    return Ok(Exit::Stopped);
                }
            }
            let here = Boundary { at: self.text.base + self.at as u64, state: self.place };
            match step {
                ItemStep::On => {}
                ItemStep::End => return Ok(Exit::Done(here)),
                ItemStep::NeedMore => return Ok(Exit::NeedMore(here)),
                ItemStep::TooLong => return Ok(Exit::TooLong(here)),
                ItemStep::Bad(bad) => {
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
            true => self.items.hand_over(text, base, sink),
            false => Ok(Flow::Continue),
        }
    }

    fn here(&self) -> Here<'_> {
        let most = self.text.bytes.len().min(self.at.saturating_add(self.limit).saturating_add(1));
        Here {
            text: &self.text.bytes[..most],
            whole: self.text.bytes,
            last: self.text.last,
            batch: self.batch,
        }
    }

    /// Reads one item that starts before `end`.
    fn step(&mut self, end: usize) -> ItemStep {
        let len = self.text.bytes.len();
        let start = self.at;
        let most = len.min(start.saturating_add(self.limit).saturating_add(1));
        let here = Here {
            text: &self.text.bytes[..most],
            whole: self.text.bytes,
            last: self.text.last,
            batch: self.batch,
        };
        if self.items.is_end(self.place) {
            return match self.items.rest(here, start) {
                Ok(rest) if rest >= len => {
                    self.at = len;
                    ItemStep::End
                }
                Ok(rest) if here.whole[rest] == 0 => self.padded(start, rest),
                Ok(rest) => {
                    let what = "expected nothing behind the end of the log".to_owned();
                    self.bad(rest, rest + 1, rest, self.items.code(), what)
                }
                Err(stop) => self.stopped(start, stop, false),
            };
        }
        if start >= end || start >= len {
            return if start >= end || self.text.last { ItemStep::End } else { ItemStep::NeedMore };
        }
        let stop = match self.items.read(here, start, self.place) {
            Ok(read) => {
                if self.cells {
                    self.items.put(here, self.text.base, start, &read, self.records);
                } else {
                    self.items.drop_item();
                }
                self.records += u64::from(read.is_record);
                self.batch_records += usize::from(read.is_record);
                (self.at, self.place) = (read.next, read.place);
                return ItemStep::On;
            }
            Err(stop) => stop,
        };
        self.items.drop_item();
        match stop {
            ItemStop::Lacks { what, code, end } => {
                let (next, place) = match self.items.behind(here, end, self.place) {
                    Ok(next) => next,
                    Err(ItemStop::Short(_)) if !self.text.last => return ItemStep::NeedMore,
                    Err(_) => (end, self.items.after(self.place)),
                };
                let bad = self.bad_row(start, end, start, code, what);
                (self.at, self.place) = (next, place);
                self.records += 1;
                ItemStep::Bad(bad)
            }
            stop => self.stopped(start, stop, most < len),
        }
    }

    /// What follows the end of the log at `start`, where a byte 0x00 stands at `rest`.
    fn padded(&mut self, start: usize, rest: usize) -> ItemStep {
        let len = self.text.bytes.len();
        let Some(Padding { count, end, .. }) = padding::find(self.text.bytes, rest) else {
            return ItemStep::End;
        };
        if end < len {
            return self.bad(end, end + 1, end, self.items.code(), padding::FOLLOWED.to_owned());
        }
        // However it is read, so much of it is held and no more.
        if len - start > self.limit {
            return ItemStep::TooLong;
        }
        if !self.text.last {
            return ItemStep::NeedMore;
        }
        self.items.note(self.text.base + rest as u64, Remark::Odd(padding::BEHIND, count));
        self.at = len;
        ItemStep::End
    }

    /// What follows from an item at `start` that was not read; `limited` if there is more text than an item
    /// may have.
    fn stopped(&mut self, start: usize, stop: ItemStop, limited: bool) -> ItemStep {
        match stop {
            ItemStop::Short(_) if limited => ItemStep::TooLong,
            ItemStop::Short(_) if !self.text.last => ItemStep::NeedMore,
            // What has no end takes all that follows with it: to look for an end behind each record in it
            // would take time without end.
            ItemStop::Short(_) => {
                let what = "expected the end of what begins here, found the end of the text".to_owned();
                self.bad(start, self.text.bytes.len(), start, self.items.code(), what)
            }
            ItemStop::Fault { at, code, what } => self.bad(start, at.max(start + 1), at, code, what),
            ItemStop::Lacks { what, code, .. } => self.bad(start, start + 1, start, code, what),
        }
    }

    /// What should be a record and is at fault: reading goes on at the next, which is looked for from `from`
    /// on.
    fn bad(&mut self, start: usize, from: usize, at: usize, code: Code, what: String) -> ItemStep {
        let len = self.text.bytes.len();
        let (mut from, mut tried) = (from.min(len), 0);
        let (next, place) = loop {
            match self.items.find_record(self.here(), from) {
                RecordSearch::Record(next, place)
                    if tried >= TRIED || self.ends_alike(start, next, at, &what) =>
                {
                    break (next, place);
                }
                RecordSearch::Record(next, _) => (from, tried) = (next + 1, tried + 1),
                RecordSearch::Short | RecordSearch::None if !self.text.last && len - start <= self.limit => {
                    return ItemStep::NeedMore;
                }
                RecordSearch::Short | RecordSearch::None if len - start > self.limit => {
                    return ItemStep::TooLong;
                }
                RecordSearch::Short | RecordSearch::None => break (len, self.items.end()),
            }
        };
        let bad = self.bad_row(start, next, at, code, what);
        self.records += 1;
        (self.at, self.place) = (next, place);
        ItemStep::Bad(bad)
    }

    /// Whether the same is wrong with what starts at `start` where the text is cut at `next`: a stream is cut
    /// there, and its pieces are read by themselves.
    fn ends_alike(&mut self, start: usize, next: usize, at: usize, what: &str) -> bool {
        if self.items.is_end(self.place) {
            return true;
        }
        let text = &self.text.bytes[..next];
        let here = Here { text, whole: text, last: true, batch: self.batch };
        let read = self.items.read(here, start, self.place);
        self.items.drop_item();
        matches!(read, Err(ItemStop::Fault { at: same_at, what: same, .. }) if same_at == at && same == what)
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
