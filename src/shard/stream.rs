//! Shards of text that comes through windows: compressed files, pipes, files that should not be mapped.
//!
//! One thread reads ahead, and another cuts with the format's own grammar, so every start is known and nothing is
//! guessed. It hands out pieces of whole records; a shard's pieces go to one worker, which parses the first while the
//! next is still being unpacked. Pieces in flight are bounded in bytes, so memory is too.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bumpalo::Bump;

use super::board::ShardId;
use super::column_map::ColumnMap;
use super::columns::{Columns, Pass, PassOutput};
use super::merge::{Outlet, PartDone, PassDone, accept, bad_end, record_too_long};
use super::pin::Pins;
use super::plan::Cuts;
use super::read_ahead::read_ahead;
use super::worker::{ShardDone, ShardResult, guarded};
use crate::error::{Code, Error, Result};
use crate::text::{Boundary, Exit, ParseTask, Skim, TextFormat, TextSlice};

/// One input that is read from front to back.
pub struct StreamPart<'p, F> {
    /// The format, which cuts the text into records.
    pub format: &'p F,
    /// How its columns become those of the tables.
    pub map: &'p ColumnMap,
    /// Where the text is cut.
    pub cuts: Cuts,
    /// The longest record, in bytes.
    pub record_limit: usize,
    /// Text in a piece, in bytes, before its last record: [`PIECE`](crate::text::PIECE) except in tests.
    pub piece: usize,
    /// Bytes of text that may wait for workers.
    pub text_bytes: usize,
    /// Set once no more text is wanted: a read that waits for text then ends with an error.
    pub halt: Arc<AtomicBool>,
}

/// Whole records, with their place in the text.
struct Piece<S> {
    bytes: Vec<u8>,
    entry: Boundary<S>,
    /// The text before the piece that its parse needs.
    context: Arc<[u8]>,
}

/// A shard's pieces as they come.
struct Feed<S> {
    shard: ShardId,
    entry: Boundary<S>,
    pieces: Receiver<Piece<S>>,
}

/// Lets no more text and no more shards in than may wait.
struct Gate {
    /// Bytes of text that may wait to be parsed.
    most: usize,
    /// Shards that may be under way, where their rows wait in memory as batches.
    most_shards: Option<usize>,
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    bytes: usize,
    /// Shards that were begun and are not merged.
    shards: usize,
    closed: bool,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room for so much text; false if the gate is closed.
    fn enter(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        while state.bytes > 0 && state.bytes + bytes > self.most && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes += bytes;
        !state.closed
    }

    fn leave(&self, bytes: usize) {
        self.lock().bytes -= bytes;
        self.changed.notify_all();
    }

    /// Waits until another shard may begin; false if the gate is closed.
    fn begin_shard(&self) -> bool {
        let mut state = self.lock();
        while self.most_shards.is_some_and(|most| state.shards >= most) && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.shards += 1;
        !state.closed
    }

    fn end_shard(&self) {
        self.lock().shards -= 1;
        self.changed.notify_all();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// Ends the reading when the merger ends, also by a panic: the reader would read the rest for nobody, or wait
/// for ever.
struct StopReadingOnDrop<'g> {
    gate: &'g Gate,
    halt: &'g AtomicBool,
    is_complete: bool,
}

impl Drop for StopReadingOnDrop<'_> {
    fn drop(&mut self) {
        self.gate.close();
        if !self.is_complete {
            self.halt.store(true, Ordering::Relaxed);
        }
    }
}

/// Runs one part. `head` is the text already read from `reader`.
pub fn run_stream<F: TextFormat>(
    pass: &Pass<'_>,
    part: &StreamPart<'_, F>,
    head: Vec<u8>,
    reader: &mut (dyn Read + Send),
    workers: usize,
    pins: &Pins,
    outlet: &mut dyn Outlet,
) -> Result<PassDone> {
    let most_shards = matches!(pass.output, PassOutput::Batches).then_some(workers + 1);
    let (state, changed) = (Mutex::default(), Condvar::new());
    let gate = Gate { most: part.text_bytes, most_shards, state, changed };
    let (feed, feeds) = channel();
    let feeds = Mutex::new(feeds);
    let (sender, results) = channel();
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (sender, feeds, gate) = (sender.clone(), &feeds, &gate);
            scope.spawn(move || {
                pins.bind(worker);
                let mut arena = Bump::new();
                let mut memory = F::Memory::default();
                loop {
                    let next = feeds.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(feed) = next else { return };
                    if sender.send(work(pass, part, feed, gate, &mut arena, &mut memory)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let gate = &gate;
        let cutter = scope.spawn(move || {
            let mut cutter = Cutter { part, gate, head, base: 0, ended: false };
            let end = read_ahead(reader, &part.halt, |text| cutter.run(text, feed))?;
            Ok(end.and_then(|end| part.format.check_end(end)))
        });
        let mut ending = StopReadingOnDrop { gate, halt: &part.halt, is_complete: false };
        let merged = merge(pass, part, gate, &results, outlet);
        ending.is_complete = merged.is_ok();
        drop(ending);
        let cut = cutter.join().unwrap_or_else(|_| Err(Error::new(Code::Internal, "the reader ended early")));
        // A bad row before the place where reading failed comes first in the file.
        let mut done = merged?;
        if let Some(bad) = cut? {
            bad_end(0, &bad, &mut done, outlet)?;
        }
        Ok(done)
    })
}

/// Reads text and cuts it.
struct Cutter<'p, F> {
    part: &'p StreamPart<'p, F>,
    gate: &'p Gate,
    head: Vec<u8>,
    base: u64,
    ended: bool,
}

impl<F: TextFormat> Cutter<'_, F> {
    /// Returns where the last record ended; `None` if no worker takes pieces any more.
    fn run(
        &mut self,
        reader: &mut dyn Read,
        feeds: Sender<Feed<F::State>>,
    ) -> Result<Option<Boundary<F::State>>> {
        let mut arena = Bump::new();
        let mut memory = F::Memory::default();
        let mut context: (Option<F::State>, Arc<[u8]>) = (None, Arc::new([]));
        let mut at = self.part.format.first();
        // A shard in which no record starts gets no feed, so feeds have numbers of their own.
        let (mut shard, mut fed) = (0, 0);
        let mut sender: Option<Sender<Piece<F::State>>> = None;
        let piece = self.part.piece;
        let mut want = piece;
        let mut records = 0;
        loop {
            // A little more than a piece, for the rest of the last record.
            self.fill(reader, (at.at - self.base) as usize + want + piece / 4)?;
            let shard_end = loop {
                let (_, end) = self.part.cuts.range(shard);
                // The last shard takes what comes: a file that grows meanwhile is told at the end, by its
                // size.
                if shard + 1 >= self.part.cuts.count() {
                    break u64::MAX;
                }
                if at.at < end {
                    break end;
                }
                shard += 1;
                sender = None;
            };
            let text = TextSlice { bytes: &self.head, base: self.base, last: self.ended };
            let target = shard_end.min(at.at.saturating_add(piece as u64));
            let mut task = ParseTask {
                arena: &mut arena,
                memory: &mut memory,
                context: &context.1,
                records,
                limit: self.part.record_limit,
            };
            let exit = self.part.format.parse(text, at, target, &mut task, &mut Skim)?;
            let read = task.records;
            let (next, over) = match exit {
                Exit::Done(next) => (next, false),
                // A piece ends behind the first record that reaches its size, and so where the batches of a
                // mapped text end. A long record: there is twice as much the next time, so that the work
                // stays linear in its length; but no more than a record that is too long needs to show it,
                // since a pipe may stay idle for long.
                Exit::NeedMore(_) if !self.ended => {
                    let twice = self.head.len().max(piece) * 2;
                    let enough = self.part.record_limit.saturating_add(piece);
                    want = if want < enough { twice.min(enough) } else { twice };
                    continue;
                }
                Exit::NeedMore(next) => (next, false),
                Exit::TooLong(next) => (next, true),
                Exit::Stopped => return Err(Error::new(Code::Internal, "cutting stopped without a reason")),
            };
            // Taken while its text is still at hand: later pieces may begin in the same group of records.
            let following = if context.0 == Some(next.state) {
                Arc::clone(&context.1)
            } else {
                self.part.format.context(text, next).into()
            };
            if next.at > at.at {
                let to = (next.at - self.base) as usize;
                let bytes = self.head[(at.at - self.base) as usize..to].to_vec();
                if sender.is_none() {
                    if !self.gate.begin_shard() {
                        return Ok(None);
                    }
                    let (pieces_in, pieces) = channel();
                    if feeds.send(Feed { shard: ShardId(fed), entry: at, pieces }).is_err() {
                        return Ok(None);
                    }
                    fed += 1;
                    sender = Some(pieces_in);
                }
                if !self.gate.enter(bytes.len()) {
                    return Ok(None);
                }
                // A worker that found a bad row takes no more pieces; the merger reports the reason.
                if let Some(sender) = &sender {
                    let _ = sender.send(Piece { bytes, entry: at, context: Arc::clone(&context.1) });
                }
                self.head.drain(..to);
                self.base = next.at;
            }
            if over {
                return Err(record_too_long(self.part.record_limit, next.at, read + 1));
            }
            records = read;
            context = (Some(next.state), following);
            if self.ended && (next.at - self.base) as usize >= self.head.len() {
                return Ok(Some(next));
            }
            want = piece;
            at = next;
        }
    }

    /// Reads until `wanted` bytes are at hand or the text ends.
    fn fill(&mut self, reader: &mut dyn Read, wanted: usize) -> Result<()> {
        while !self.ended && self.head.len() < wanted {
            let len = self.head.len();
            self.head.resize(len + (wanted - len).max(self.part.piece / 4), 0);
            match reader.read(&mut self.head[len..]) {
                Ok(read) => {
                    self.head.truncate(len + read);
                    self.ended = read == 0;
                }
                Err(error) => {
                    self.head.truncate(len);
                    return Err(crate::mmap::unwrap_io(error, None));
                }
            }
        }
        Ok(())
    }
}

/// Parses one shard's pieces.
fn work<F: TextFormat>(
    pass: &Pass<'_>,
    part: &StreamPart<'_, F>,
    feed: Feed<F::State>,
    gate: &Gate,
    arena: &mut Bump,
    memory: &mut F::Memory,
) -> ShardResult<F::State> {
    let shard = feed.shard;
    // A shard that stopped or failed ends the run once the merger comes to it: it is told at once, and pieces
    // that are still to come are of no use.
    guarded(shard, || {
        let mut columns = Columns::new(pass, part.map, None, (feed.entry.at, feed.entry.at), None);
        columns.keep_raw = true;
        let mut records = 0;
        let mut at = feed.entry;
        let mut stopped = false;
        for piece in &feed.pieces {
            let text = TextSlice { bytes: &piece.bytes, base: piece.entry.at, last: true };
            let mut task =
                ParseTask { arena, memory, context: &piece.context, records, limit: part.record_limit };
            let end = piece.entry.at + piece.bytes.len() as u64;
            let exit = part.format.parse(text, piece.entry, end, &mut task, &mut columns)?;
            records = task.records;
            gate.leave(piece.bytes.len());
            match exit {
                Exit::Done(next) => at = next,
                _ => {
                    stopped = true;
                    break;
                }
            }
        }
        let (columns, _) = columns.finish()?;
        let exit = if stopped { Exit::Stopped } else { Exit::Done(at) };
        Ok(ShardDone { shard, entry: feed.entry, verified: true, exit, records, columns, digest: Vec::new() })
    })
}

fn merge<F: TextFormat>(
    pass: &Pass<'_>,
    part: &StreamPart<'_, F>,
    gate: &Gate,
    results: &Receiver<ShardResult<F::State>>,
    outlet: &mut dyn Outlet,
) -> Result<PassDone> {
    let mut done = PassDone { parts: vec![PartDone::new(part.map.read.len())], ..PassDone::default() };
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for result in results {
        let id = match &result {
            Ok(done) => done.shard,
            Err((id, _)) => *id,
        };
        waiting.insert(id, result);
        while let Some(result) = waiting.remove(&ShardId(next)) {
            let shard = result.map_err(|(_, error)| error)?;
            let whole = matches!(shard.exit, Exit::Done(_));
            accept(pass, 0, shard, &mut done, &|_| &[], outlet)?;
            gate.end_shard();
            if !whole {
                return Err(Error::new(Code::Internal, "a shard stopped without a reason"));
            }
            next += 1;
        }
    }
    Ok(done)
}
