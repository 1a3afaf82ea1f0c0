//! Records in the order of their keys, those of one key in the order in which they came, or by a text that
//! they begin with. Beyond a bound they go to files without names, as sorted runs that are merged when they
//! are read.
//!
//! What memory holds does not grow with what is sorted: the bound, and for each run a block, with fewer than
//! [`FAN`] runs on a level, 2 MB for each level. With [`BOUND`] the second begins at 256 MiB, the third at 16
//! GiB. A record is held whole, however long.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::observer::Observer;

/// What a sorter holds in memory when nobody says otherwise, in bytes. 500,000 events with 1.5 million
/// relations go back to JSON in the same time with 1 MiB as with 16; the process holds 27 MB then, and 80.
/// With less there are more runs, and soon another level.
pub const BOUND: usize = 4 << 20;
/// So many runs of a level are merged to one of the next: with more of them records are written again less
/// often, and more blocks are in memory.
const FAN: usize = 64;
/// What is read of a run at once, in bytes.
const BLOCK: usize = 32 << 10;
/// What a record costs in memory beside its bytes: its key and its place.
const PLACE: usize = size_of::<(u64, usize)>();
/// The most bytes that a key and a length take.
const HEAD: usize = size_of::<u64>() + 10;

/// Adds bytes behind their length, seven bits of it to a byte, the lowest first.
pub fn put(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Adds a number in that form.
pub fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes such bytes off the front; `None` if they are not all there.
pub fn take<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = usize::try_from(take_number(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(len)?;
    *from = rest;
    Some(bytes)
}

/// Takes such a number off the front.
#[inline]
pub fn take_number(from: &mut &[u8]) -> Option<u64> {
    // Most are lengths of identifiers.
    if let Some((byte @ ..0x80, rest)) = from.split_first() {
        *from = rest;
        return Some(u64::from(*byte));
    }
    let mut number = 0;
    for (place, byte) in from.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            *from = &from[place + 1..];
            return Some(number);
        }
    }
    None
}

/// An error for a record that does not come back as it was written.
pub fn torn() -> Error {
    Error::new(Code::InputRead, "a temporary file does not contain what was written to it")
}

/// Sorts records by key with bounded memory; sorted runs that do not fit are spilled to files.
pub struct Sorter<'w> {
    folder: PathBuf,
    bound: usize,
    observer: &'w Observer,
    tied: Tied,
    held: SortBuffer,
    levels: Vec<Level>,
}

/// What orders records of one key before the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tied {
    /// Nothing: records with equal keys stay in the order in which they came.
    Never,
    /// Bytes behind their length, which records begin with.
    ByText,
}

impl Tied {
    fn text(self, record: &[u8]) -> &[u8] {
        match self {
            Self::Never => &[],
            Self::ByText => take(&mut &*record).unwrap_or_default(),
        }
    }
}

/// Records that are held in memory until they are sorted.
#[derive(Default)]
struct SortBuffer {
    bytes: Vec<u8>,
    /// Their keys, and where their bytes begin.
    places: Vec<(u64, usize)>,
}

impl SortBuffer {
    fn sort(&mut self, tied: Tied) {
        let Self { bytes, places } = self;
        if tied == Tied::Never {
            return places.sort_unstable();
        }
        let text = |at: usize| tied.text(take(&mut &bytes[at..]).unwrap_or_default());
        places.sort_unstable_by(|(one, at), (other, to)| {
            one.cmp(other).then_with(|| text(*at).cmp(text(*to))).then(at.cmp(to))
        });
    }
}

/// Sorted runs in a file, the eldest first.
struct Level {
    file: Arc<File>,
    end: u64,
    runs: Vec<Range<u64>>,
}

impl<'w> Sorter<'w> {
    /// Records beyond `bound` bytes go to files in `folder`.
    pub fn new(folder: &Path, bound: usize, observer: &'w Observer) -> Self {
        Self::tied(Tied::Never, folder, bound, observer)
    }

    /// The same, with another order of records of one key.
    pub fn tied(tied: Tied, folder: &Path, bound: usize, observer: &'w Observer) -> Self {
        Self {
            folder: folder.to_owned(),
            bound,
            observer,
            tied,
            held: SortBuffer::default(),
            levels: Vec::new(),
        }
    }

    /// Takes a record.
    ///
    /// # Errors
    /// If a file can't be written, and if the run is to stop.
    pub fn push(&mut self, key: u64, record: &[u8]) -> Result<()> {
        let held = self.held.bytes.len() + self.held.places.len() * PLACE;
        if held > 0 && held + record.len() + PLACE > self.bound {
            self.spill()?;
        }
        self.held.places.push((key, self.held.bytes.len()));
        put(record, &mut self.held.bytes);
        Ok(())
    }

    /// Hands them back in order.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn sorted(mut self) -> Result<SortedRecords> {
        self.observer.check()?;
        // The higher a level, the elder its runs.
        let runs = self.levels.iter().rev().flat_map(|level| {
            level.runs.iter().map(|run| RunSource::Run(RunReader::new(Arc::clone(&level.file), run.clone())))
        });
        let runs: Vec<RunSource> = runs.collect();
        self.held.sort(self.tied);
        SortedRecords::of(runs.into_iter().chain([RunSource::Held(self.held, 0)]), self.tied, &self.folder)
    }

    /// Makes a run of what is in memory.
    fn spill(&mut self) -> Result<()> {
        self.observer.check()?;
        self.held.sort(self.tied);
        let mut held = RunSource::Held(std::mem::take(&mut self.held), 0);
        let mut key = held.advance().map_err(|error| self.failed(&error))?;
        let mut out = self.begin_run(0)?;
        let mut head = Vec::with_capacity(HEAD);
        while let Some(next) = key {
            let written = write_record(&mut out, next, held.record(), &mut head);
            key = written.and_then(|()| held.advance()).map_err(|error| self.failed(&error))?;
        }
        self.end_run(0, out)?;
        if let RunSource::Held(mut held, _) = held {
            held.bytes.clear();
            held.places.clear();
            self.held = held;
        }
        let mut level = 0;
        while self.levels[level].runs.len() == FAN {
            self.merge(level)?;
            level += 1;
        }
        Ok(())
    }

    /// Makes one run of all those of a level, on the next.
    fn merge(&mut self, level: usize) -> Result<()> {
        let file = Arc::clone(&self.levels[level].file);
        let runs = self.levels[level].runs.drain(..);
        let runs = runs.map(|run| RunSource::Run(RunReader::new(Arc::clone(&file), run))).collect::<Vec<_>>();
        let mut sorted = SortedRecords::of(runs, self.tied, &self.folder)?;
        let mut out = self.begin_run(level + 1)?;
        let (mut record, mut head) = (Vec::new(), Vec::with_capacity(HEAD));
        while let Some(key) = sorted.next(&mut record)? {
            self.observer.check()?;
            write_record(&mut out, key, &record, &mut head).map_err(|error| self.failed(&error))?;
        }
        self.end_run(level + 1, out)?;
        self.levels[level].end = 0;
        file.set_len(0).map_err(|error| self.failed(&error))
    }

    /// What writes the next run of a level.
    fn begin_run(&mut self, level: usize) -> Result<BufWriter<Arc<File>>> {
        if level == self.levels.len() {
            let file = tempfile::tempfile_in(&self.folder).map_err(|error| self.failed(&error))?;
            self.levels.push(Level { file: Arc::new(file), end: 0, runs: Vec::new() });
        }
        let Level { file, end, .. } = &self.levels[level];
        let mut file = Arc::clone(file);
        file.seek(SeekFrom::Start(*end)).map_err(|error| self.failed(&error))?;
        Ok(BufWriter::with_capacity(BLOCK, file))
    }

    fn end_run(&mut self, level: usize, out: BufWriter<Arc<File>>) -> Result<()> {
        let ended =
            out.into_inner().map_err(|error| error.into_error()).and_then(|mut it| it.stream_position());
        let end = ended.map_err(|error| self.failed(&error))?;
        let level = &mut self.levels[level];
        level.runs.push(level.end..end);
        level.end = end;
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::io(Code::OutputWrite, &self.folder, error)
    }
}

/// Writes a record as [`RunReader`] reads it. `head` is room to write in.
fn write_record(out: &mut impl Write, key: u64, record: &[u8], head: &mut Vec<u8>) -> std::io::Result<()> {
    head.clear();
    head.extend_from_slice(&key.to_le_bytes());
    put_number(record.len() as u64, head);
    out.write_all(head)?;
    out.write_all(record)
}

/// Gives records in order.
pub struct SortedRecords {
    sources: Vec<RunSource>,
    heads: BinaryHeap<Reverse<MergeHead>>,
    tied: Tied,
    folder: PathBuf,
}

/// The record that a source is at; of equal ones that of the elder source is first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct MergeHead {
    key: u64,
    tie: Vec<u8>,
    source: usize,
}

impl SortedRecords {
    fn of(sources: impl IntoIterator<Item = RunSource>, tied: Tied, folder: &Path) -> Result<Self> {
        let mut sorted =
            Self { sources: Vec::new(), heads: BinaryHeap::new(), tied, folder: folder.to_owned() };
        for mut it in sources {
            let key = it.advance().map_err(|error| Error::io(Code::InputRead, folder, &error))?;
            if let Some(key) = key {
                let tie = tied.text(it.record()).to_owned();
                sorted.heads.push(Reverse(MergeHead { key, tie, source: sorted.sources.len() }));
                sorted.sources.push(it);
            }
        }
        Ok(sorted)
    }

    /// The key of the next record.
    pub fn key(&self) -> Option<u64> {
        self.heads.peek().map(|Reverse(head)| head.key)
    }

    /// Puts the next record into `record`, in place of what is there, and gives its key; `None` behind the
    /// last.
    ///
    /// # Errors
    /// If a file can't be read.
    pub fn next(&mut self, record: &mut Vec<u8>) -> Result<Option<u64>> {
        let Some(mut first) = self.heads.peek_mut() else { return Ok(None) };
        let (key, source) = (first.0.key, &mut self.sources[first.0.source]);
        record.clear();
        record.extend_from_slice(source.record());
        match source.advance() {
            Ok(Some(next)) => {
                let Reverse(head) = &mut *first;
                head.key = next;
                head.tie.clear();
                head.tie.extend_from_slice(self.tied.text(source.record()));
            }
            Ok(None) => {
                PeekMut::pop(first);
            }
            Err(error) => return Err(Error::io(Code::InputRead, &self.folder, &error)),
        }
        Ok(Some(key))
    }
}

/// Where a sorted run of records is read from.
enum RunSource {
    /// In memory, with the number of the record that comes next.
    Held(SortBuffer, usize),
    /// Rows in a spilled file, which are read one by one.
    Run(RunReader),
}

impl RunSource {
    /// Goes to the next record and gives its key.
    fn advance(&mut self) -> std::io::Result<Option<u64>> {
        match self {
            Self::Held(held, next) => {
                *next += 1;
                Ok(held.places.get(*next - 1).map(|(key, _)| *key))
            }
            Self::Run(reader) => reader.advance(),
        }
    }

    /// The record that it is at.
    fn record(&self) -> &[u8] {
        match self {
            Self::Held(held, next) => {
                let mut from = &held.bytes[held.places[*next - 1].1..];
                take(&mut from).unwrap_or_default()
            }
            Self::Run(reader) => &reader.block[reader.record.clone()],
        }
    }
}

/// A run as it is read. It seeks by itself: all runs of a level have one file.
struct RunReader {
    file: Arc<File>,
    /// Range of the file that has not been read.
    rest: Range<u64>,
    block: Vec<u8>,
    record: Range<usize>,
}

impl RunReader {
    fn new(file: Arc<File>, rest: Range<u64>) -> Self {
        Self { file, rest, block: Vec::new(), record: 0..0 }
    }

    fn advance(&mut self) -> std::io::Result<Option<u64>> {
        let mut start = self.record.end;
        self.need(&mut start, HEAD)?;
        if start == self.block.len() {
            return Ok(None);
        }
        let torn = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let mut from = &self.block[start..];
        let (key, rest) = from.split_first_chunk::<8>().ok_or_else(torn)?;
        let key = u64::from_le_bytes(*key);
        from = rest;
        let len = take_number(&mut from).and_then(|len| usize::try_from(len).ok()).ok_or_else(torn)?;
        start = self.block.len() - from.len();
        self.need(&mut start, len)?;
        self.record = start..start + len;
        if self.record.end > self.block.len() {
            return Err(torn());
        }
        Ok(Some(key))
    }

    /// Reads on until `len` bytes from `start` are there, or all that there are. What is before them goes.
    fn need(&mut self, start: &mut usize, len: usize) -> std::io::Result<()> {
        let there = self.block.len() - *start;
        if there >= len {
            return Ok(());
        }
        self.block.drain(..*start);
        *start = 0;
        let more = (len - there).max(BLOCK - there.min(BLOCK)) as u64;
        let end = self.rest.end.min(self.rest.start.saturating_add(more));
        self.block.resize(there + (end - self.rest.start) as usize, 0);
        self.file.read_exact_at(&mut self.block[there..], self.rest.start)?;
        self.rest.start = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes back of records whose keys are the numbers given, each with its place as its text.
    fn sorted(keys: &[u64], bound: usize) -> Vec<(u64, String)> {
        let observer = Observer::default();
        let mut sorter = Sorter::new(&std::env::temp_dir(), bound, &observer);
        for (place, key) in keys.iter().enumerate() {
            sorter.push(*key, format!("{place}{}", ".".repeat(place % 300)).as_bytes()).unwrap();
        }
        let mut sorted = sorter.sorted().unwrap();
        let (mut record, mut found) = (Vec::new(), Vec::new());
        while let Some(next) = sorted.key() {
            assert_eq!(sorted.next(&mut record).unwrap(), Some(next));
            found.push((next, String::from_utf8(record.clone()).unwrap()));
        }
        assert_eq!(sorted.next(&mut record).unwrap(), None);
        found
    }

    #[test]
    fn records_come_back_by_key_and_those_of_one_key_as_they_came_whatever_memory_holds() {
        // A few keys many times, in no order: with a bound of 1 each record is a run, and runs are merged
        // twice over.
        let keys: Vec<u64> = (0..5000).map(|place| place * 7919 % 613 * (u64::MAX / 613)).collect();
        let mut expected: Vec<(u64, usize)> = keys.iter().copied().zip(0..).collect();
        expected.sort_by_key(|(key, _)| *key);
        let expected: Vec<(u64, String)> = expected
            .into_iter()
            .map(|(key, place)| (key, format!("{place}{}", ".".repeat(place % 300))))
            .collect();
        for bound in [1, 1000, 40_000, usize::MAX] {
            assert!(sorted(&keys, bound) == expected, "{bound}");
        }
        assert_eq!(sorted(&[], 1), []);
    }

    #[test]
    fn records_of_one_key_come_by_the_text_that_they_begin_with_if_that_is_asked_for() {
        let observer = Observer::default();
        let texts = ["b", "a", "", "ab", "a", "b"];
        for bound in [1, 70, usize::MAX] {
            let mut sorter = Sorter::tied(Tied::ByText, &std::env::temp_dir(), bound, &observer);
            for (place, text) in (0..).zip(texts) {
                let mut record = Vec::new();
                put(text.as_bytes(), &mut record);
                record.push(b'0' + place);
                sorter.push(u64::from(place == 0), &record).unwrap();
            }
            let mut sorted = sorter.sorted().unwrap();
            let (mut record, mut found) = (Vec::new(), Vec::new());
            while sorted.next(&mut record).unwrap().is_some() {
                found.push(String::from_utf8(record[1..].to_owned()).unwrap());
            }
            assert_eq!(found, ["2", "a1", "a4", "ab3", "b5", "b0"], "{bound}");
        }
    }

    #[test]
    fn a_record_may_be_longer_than_the_bound_and_than_a_block() {
        let observer = Observer::default();
        let mut sorter = Sorter::new(&std::env::temp_dir(), 100, &observer);
        let long = vec![b'x'; 3 * BLOCK + 1];
        for (key, record) in [(2, &long[..]), (1, b""), (3, &long[1..]), (1, b"a")] {
            sorter.push(key, record).unwrap();
        }
        let mut sorted = sorter.sorted().unwrap();
        let mut record = Vec::new();
        for (key, len) in [(1, 0), (1, 1), (2, long.len()), (3, long.len() - 1)] {
            assert_eq!(sorted.next(&mut record).unwrap(), Some(key));
            assert_eq!(record.len(), len);
        }
        assert_eq!(sorted.next(&mut record).unwrap(), None);
    }

    #[test]
    fn a_run_that_is_asked_to_stop_does_so_before_it_writes_a_file() {
        let observer = Observer::default();
        let mut sorter = Sorter::new(&std::env::temp_dir(), 1, &observer);
        sorter.push(1, b"a").unwrap();
        observer.stop();
        assert_eq!(sorter.push(2, b"b").unwrap_err().code(), Code::Interrupted);
    }

    #[test]
    fn numbers_and_bytes_come_back_and_what_is_cut_short_is_none() {
        let mut out = Vec::new();
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            out.clear();
            put_number(number, &mut out);
            let mut from = out.as_slice();
            assert_eq!((take_number(&mut from), from), (Some(number), &b""[..]));
            assert_eq!(take_number(&mut &out[..out.len() - 1]), None);
        }
        out.clear();
        put(b"text", &mut out);
        assert_eq!(take(&mut out.as_slice()), Some(&b"text"[..]));
        assert_eq!(take(&mut &out[..4]), None);
    }
}
