//! One pass over inputs of text, mapped or read from front to back, or over a database.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::budget::Budget;
use crate::convert::beginning::read_beginnings;
use crate::convert::outlet::Sorted;
use crate::convert::reading::{Ended, OnePass, Passed};
use crate::error::{Code, Error, Result};
use crate::mmap::{MappedFile, Stream};
use crate::observer::Observer;
use crate::options::Options;
use crate::report::InputDigest;
use crate::shard::column_map::ColumnMap;
use crate::shard::columns::Columns;
use crate::shard::digest;
use crate::shard::merge::{PartDone, PassDone, join_steps, run_mapped};
use crate::shard::pin::Pins;
use crate::shard::plan::Cuts;
use crate::shard::stream::{StreamPart, run_stream};
use crate::shard::tasks::{Tasks, run_tasks};
use crate::shard::worker::Part;
use crate::source::input::{Opened, Ready, named};
use crate::source::sqlite::{Database, Places};
use crate::source::typed_input::checksum_of;
use crate::text::PIECE;
use crate::text::any::AnyFormat;

/// A stream that is being read, with the text that was read of it before.
type TakenStream = (Box<Stream>, Vec<u8>);

/// The inputs of one pass, and how their columns are read and placed.
pub(super) struct TextPass<'p> {
    /// The inputs, in order.
    pub inputs: &'p mut [Ready],
    /// One for each input.
    pub maps: Vec<ColumnMap>,
    /// The database that the only input is, if it is one.
    pub database: Option<&'p Database>,
    /// Options of the run.
    pub options: &'p Options,
}

impl TextPass<'_> {
    /// Reads all inputs.
    ///
    /// # Errors
    /// What is wrong with an input or the output. Streams that were not read are left as they were.
    pub fn read(mut self, one: &mut OnePass<'_, '_>) -> std::result::Result<Passed, Ended> {
        let known = self.inputs.iter().all(|input| input.size() > 0);
        one.pass.observer.begin_pass(if known { self.inputs.iter().map(Ready::size).sum() } else { 0 });
        if let (Some(most), None) = (one.beginning, self.database) {
            return read_beginnings(self.inputs, &self.maps, self.options, most, one);
        }
        let mut streams = self.take_streams();
        let mut passed = Passed::default();
        let mut ended = None;
        let read = self.read_from(&mut streams, one, &mut passed, &mut ended);
        for (input, stream) in self.inputs.iter_mut().zip(streams) {
            if let Some((stream, head)) = stream {
                input.source = Opened::Stream(stream, head);
            }
        }
        match (read, ended) {
            (Ok(()), _) => Ok(passed),
            (Err(error), None) => Err(error.into()),
            (Err(error), Some(parts)) => {
                passed.parts.extend(parts);
                let rest = self.inputs[passed.parts.len()..].iter();
                passed.parts.extend(rest.map(|input| PartDone::new(input.names.len())));
                Err(Ended::Bad(error, passed.parts))
            }
        }
    }

    fn read_from(
        &self,
        streams: &mut [Option<TakenStream>],
        one: &mut OnePass<'_, '_>,
        passed: &mut Passed,
        ended: &mut Option<Vec<PartDone>>,
    ) -> Result<()> {
        let mut first = 0;
        while first < self.inputs.len() {
            let mut parked = match self.inputs[first].unparked()? {
                Some(Opened::Stream(stream, head)) => Some((stream, head)),
                _ => None,
            };
            let files = streams[first..].iter().zip(&self.inputs[first..]);
            let count = files.take_while(|(stream, input)| stream.is_none() && !input.is_stream()).count();
            let OnePass { pass, rows, bad_rows, digest, budget, .. } = &mut *one;
            let mut outlet = Sorted {
                inputs: &*self.inputs,
                first_part: first,
                rows,
                bad_rows,
                places: self.database.map(Places::new),
                refused: false,
                ended,
            };
            let shared = Shared { pass, budget, digest: *digest };
            let (done, sources) = match (streams[first].as_mut().or(parked.as_mut()), self.database) {
                (None, Some(database)) => self.database(&shared, database, &mut outlet)?,
                (None, None) => self.files(&shared, first..first + count, &mut outlet)?,
                (Some(stream), _) => self.stream(&shared, first, stream, &mut outlet)?,
            };
            first += count.max(1);
            let mut done = done;
            let before = passed.parts.iter().map(|part| part.records).sum();
            done.steps.iter_mut().for_each(|steps| steps.begins_at(before));
            passed.parts.extend(done.parts);
            passed.sources.extend(sources);
            passed.reparses += done.reparses;
            passed.timings.add(&done.timings);
            join_steps(&mut passed.steps, done.steps)?;
            if passed.failed.is_none() {
                passed.failed = done.failed;
            }
            // Only an object-centric log has any, and it is the only input.
            passed.references = Some(done.references);
        }
        Ok(())
    }

    /// The inputs that come from front to back, taken out so that they can be read while the rest of the
    /// input is looked at.
    fn take_streams(&mut self) -> Vec<Option<TakenStream>> {
        let taken = |input: &mut Ready| match std::mem::replace(&mut input.source, Opened::Taken) {
            Opened::Stream(stream, head) => Some((stream, head)),
            other => {
                input.source = other;
                None
            }
        };
        self.inputs.iter_mut().map(taken).collect()
    }

    /// Reads mapped inputs, all shards in one queue: many small files keep every core busy.
    fn files(
        &self,
        shared: &Shared<'_>,
        range: Range<usize>,
        outlet: &mut Sorted<'_, '_, '_>,
    ) -> Result<(PassDone, Vec<InputDigest>)> {
        let mut parts: Vec<Part<'_, AnyFormat>> = Vec::with_capacity(range.len());
        for index in range.clone() {
            let input = &self.inputs[index];
            if let Opened::Mapped(file) = &input.source {
                parts.push(Part {
                    file,
                    format: &input.format,
                    map: &self.maps[index],
                    cuts: Cuts::new(file.len() as u64, self.options.write.row_group),
                    record_limit: self.record_limit(),
                    digest: shared.digest,
                });
            }
        }
        let workers = shared.budget.workers();
        let pins = Pins::new(self.options.run.pin, workers);
        let done = run_mapped(shared.pass, &parts, workers, shared.budget.shards(), &pins, outlet)?;
        let sources = match shared.digest {
            false => vec![InputDigest::default(); range.len()],
            true => {
                self.inputs[range].iter().zip(&done.parts).map(|(input, part)| source(input, part)).collect()
            }
        };
        Ok((done, sources))
    }

    /// Reads an input that comes from front to back.
    fn stream(
        &self,
        shared: &Shared<'_>,
        index: usize,
        (stream, head): &mut TakenStream,
        outlet: &mut Sorted<'_, '_, '_>,
    ) -> Result<(PassDone, Vec<InputDigest>)> {
        let (input, row_group) = (&self.inputs[index], self.options.write.row_group);
        let plain = input.compression.is_none() && input.encoding.is_none();
        let cuts = match stream.raw_len() {
            // The cuts are those of a mapped file: the output does not depend on how a file is read.
            Some(len) if plain => Cuts::new(len, row_group),
            _ => Cuts::open(row_group),
        };
        let part = StreamPart {
            format: &input.format,
            map: &self.maps[index],
            cuts,
            record_limit: self.record_limit(),
            piece: PIECE,
            text_bytes: shared.budget.text_bytes(),
            halt: stream.halt(),
        };
        let Shared { pass, budget, .. } = shared;
        pass.observer.follow(stream.progress());
        let head = std::mem::take(head);
        let run = run_stream(pass, &part, head, stream, budget.workers(), &Pins::default(), outlet);
        pass.observer.unfollow();
        let done = run.map_err(|error| named(error, &input.input))?;
        let finished = stream.finish().map_err(|error| named(error, &input.input))?;
        if !finished.whole_text {
            return Err(named(Error::new(Code::Internal, "the text was not read to its end"), &input.input));
        }
        Ok((done, vec![InputDigest { blake3: finished.blake3, bytes: finished.raw_bytes }]))
    }

    /// Asks a database for all of its tables; its checksum is made meanwhile.
    fn database(
        &self,
        shared: &Shared<'_>,
        database: &Database,
        outlet: &mut Sorted<'_, '_, '_>,
    ) -> Result<(PassDone, Vec<InputDigest>)> {
        let Opened::Mapped(file) = &self.inputs[0].source else {
            return Err(Error::new(Code::Internal, "the database is not open"));
        };
        let Shared { pass, budget, digest } = shared;
        let map = &self.maps[0];
        let ended = &AtomicBool::new(false);
        std::thread::scope(|scope| {
            let hashed = digest.then(|| scope.spawn(move || checksum_of(file, &go_on(pass.observer, ended))));
            let work = |task: usize| {
                let mut columns = Columns::new(pass, map, None, (task as u64, 0), None);
                columns.keep_raw = true;
                columns.has_bytes = false;
                let records = database.run(task, &mut columns, pass.observer)?;
                Ok((records, columns.finish()?.0))
            };
            let inputs = vec![0; database.tasks()];
            let tasks = Tasks { columns: &[map.read.len()], inputs: &inputs, work: &work };
            let (workers, shards) = (budget.workers(), budget.shards());
            let done = run_tasks(pass, &tasks, workers, shards, &Pins::default(), outlet);
            ended.store(done.is_err(), Ordering::Relaxed);
            let mut done = done?;
            if let (Some(note), Some(part)) = (database.take_note(), done.parts.first_mut()) {
                part.learned.note(note);
            }
            let blake3 = match hashed.map(|hashed| hashed.join()) {
                Some(Ok(hash)) => hash?,
                Some(Err(_)) => return Err(Error::new(Code::Worker, "the checksum was not made")),
                None => [0; 32],
            };
            Ok((done, vec![InputDigest { blake3, bytes: file.len() as u64 }]))
        })
    }

    fn record_limit(&self) -> usize {
        usize::try_from(self.options.read.max_record).unwrap_or(usize::MAX)
    }
}

/// Values that all inputs of a pass share.
struct Shared<'s> {
    pass: &'s crate::shard::columns::Pass<'s>,
    budget: &'s Budget,
    digest: bool,
}

/// What is known of a mapped input's bytes after a pass that made its checksum.
fn source(input: &Ready, part: &PartDone) -> InputDigest {
    let file: &MappedFile = match &input.source {
        Opened::Mapped(file) => file,
        Opened::Stream(..) | Opened::Taken | Opened::Parked(..) => return InputDigest::default(),
    };
    let total = file.len() as u64;
    let hash = digest::whole(part.digest.iter().copied(), total, file.bytes());
    InputDigest { blake3: *hash.as_bytes(), bytes: total }
}

/// Whether hashing goes on; it ends if the run was stopped or has failed.
pub(super) fn go_on<'g>(
    observer: &'g Observer,
    ended: &'g AtomicBool,
) -> impl Fn() -> Result<()> + Sync + 'g {
    move || match ended.load(Ordering::Relaxed) {
        true => Err(Error::new(Code::Interrupted, "the run has ended")),
        false => observer.check(),
    }
}
