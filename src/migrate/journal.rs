//! What was done to each source, one line of JSON with a checksum for each change of its state.
//!
//! A journal is only ever appended to. The line of a run that was killed may be torn; it is ignored, and the
//! next run begins on a line of its own. A line about an output is written after the output is on the disk, so
//! a journal that lacks lines, because the machine lost power, says less than was done and never more.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::shard::Shard;
use crate::error::{Code, Error, Result};

/// The folder of journals within a destination.
pub const FOLDER: &str = ".logflow";
/// The version of the form of journals.
pub const VERSION: u32 = 1;
/// Time between two syncs: so much work is done again at most when the machine loses power.
const SYNC_EVERY: Duration = Duration::from_millis(250);

/// A line of a journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Entry {
    /// A run of the shard begins.
    Run(RunEntry),
    /// A source that is to be converted. Nothing was in the place of its output.
    Planned(PlannedEntry),
    /// A conversion begins.
    Started(StartedEntry),
    /// The output is on the disk, and was read back.
    Done(Box<DoneEntry>),
    /// There is no output.
    Failed(FailedEntry),
    /// A file that is no log, or that was not asked for.
    Skipped(SkippedEntry),
    /// A run of the shard ends.
    End(EndEntry),
}

/// The line with which a run begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunEntry {
    /// Version of the form of the journal.
    pub journal: u32,
    /// Version of the program.
    pub version: String,
    /// The shard that the run deals with, as `2/8`.
    pub shard: String,
    /// The folder of sources, from the root on.
    pub source: String,
    /// What is read and how, and what is written, as a pipeline file.
    pub pipeline: String,
    /// BLAKE3 of the pipeline and of the files that it names.
    pub options: String,
    /// Whether the destination is a bag.
    pub bag: bool,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// A source that is to be converted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedEntry {
    /// Name of the source, from the folder of sources on.
    pub source: String,
    /// Size of the source in bytes.
    pub bytes: u64,
    /// Time of its last change, in nanoseconds since 1970.
    pub modified: i64,
}

/// A conversion begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StartedEntry {
    /// Name of the source.
    pub source: String,
}

/// The output of a source is on the disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoneEntry {
    /// Name of the source.
    pub source: String,
    /// Size of the source in bytes.
    pub bytes: u64,
    /// Time of its last change, in nanoseconds since 1970.
    pub modified: i64,
    /// BLAKE3 of the bytes that were parsed.
    pub blake3: String,
    /// Name of the format in which it was read.
    pub format: String,
    /// Name of the compression, if it is packed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compression: Option<String>,
    /// The files that were written.
    pub outputs: Vec<OutputEntry>,
    /// Number of records that were read.
    pub records: u64,
    /// Number of rows that were written.
    pub rows: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Rows that steps removed.
    pub filtered: u64,
    /// Codes of warnings, each once.
    pub warnings: Vec<String>,
    /// Version of the program.
    pub version: String,
    /// Hash of the options.
    pub options: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputEntry {
    /// Its path below the destination.
    pub path: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// SHA-256 of its bytes, for a bag.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// SHA-512 of its bytes, for a bag.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha512: Option<String>,
    /// Rows that its footer tells, if it is a Parquet file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<u64>,
}

/// A source without an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedEntry {
    /// Name of the source, from the folder of sources on.
    pub source: String,
    /// Its size; 0 if it is a folder.
    pub bytes: u64,
    /// Time of its last change, in nanoseconds since 1970.
    pub modified: i64,
    /// Number of the error, such as `LF201`.
    pub code: String,
    /// What was expected and what was found.
    pub what: String,
    /// What the error advises to try next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
    /// Version of the program.
    pub version: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// A file that is not converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedEntry {
    /// Name of the file, from the folder of sources on.
    pub source: String,
    /// Why the file is not converted.
    pub reason: String,
}

/// The line with which a run ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndEntry {
    /// Sources with outputs.
    pub done: u64,
    /// Sources without outputs.
    pub failed: u64,
    /// Files that are not converted.
    pub skipped: u64,
    /// Sources that the run did not come to.
    pub unfinished: u64,
    /// The report, if it lies in the destination.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<String>,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// The name of the journal of a shard.
pub fn file_name(shard: Shard) -> String {
    format!("journal-{}-of-{}.jsonl", shard.index, shard.count)
}

/// A line with its checksum, and the end of the line.
fn line(entry: &Entry) -> Result<String> {
    let mut text =
        serde_json::to_string(entry).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let check = check(&text);
    text.pop();
    text.push_str(&format!(",\"check\":\"{check}\"}}\n"));
    Ok(text)
}

/// Sixteen hexadecimal digits of the BLAKE3 of a line without its checksum.
fn check(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// The entry of a line, if its checksum is right.
fn entry(line: &[u8]) -> Option<Entry> {
    const END: usize = ",\"check\":\"0123456789abcdef\"}".len();
    let text = std::str::from_utf8(line).ok()?;
    let (start, end) = text.split_at_checked(text.len().checked_sub(END)?)?;
    let told = end.strip_prefix(",\"check\":\"")?.strip_suffix("\"}")?;
    let whole = format!("{start}}}");
    (check(&whole) == told).then(|| serde_json::from_str(&whole).ok())?
}

/// A journal that is open for a run.
pub struct Journal {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    synced: Instant,
    is_dirty: bool,
}

impl Journal {
    /// Opens the journal of a shard, and makes it if it is not there.
    ///
    /// # Errors
    /// [`Code::Journal`] if another run writes to it; [`Code::OutputWrite`].
    pub fn open(root: &Path, shard: Shard) -> Result<Self> {
        let folder = root.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|error| Error::io(Code::OutputWrite, &folder, &error))?;
        let path = folder.join(file_name(shard));
        let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &path, error);
        let file =
            OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(|it| failed(&it))?;
        // A file system without locks does not tell of another run. Two runs then convert the same, and each
        // output appears whole.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::new(Code::Journal, "another run writes to the journal")
                .in_file(&path)
                .help("wait until it has ended, or give each process a ⟦shard⟧ of its own"));
        }
        if ends_torn(&file).map_err(|error| failed(&error))? {
            (&file).write_all(b"\n").map_err(|error| failed(&error))?;
        }
        // Its name must outlive the machine as well.
        for folder in [&folder, root] {
            if let Ok(folder) = File::open(folder) {
                let _ = folder.sync_all();
            }
        }
        let inner = Inner { file, synced: Instant::now(), is_dirty: false };
        Ok(Self { path, inner: Mutex::new(inner) })
    }

    /// Appends entries in one write. They are brought to the disk now and then.
    ///
    /// # Errors
    /// [`Code::OutputWrite`]. The run must end: what it does from now on would be known to nobody.
    pub fn append(&self, entries: &[Entry]) -> Result<()> {
        let mut text = String::new();
        for entry in entries {
            text.push_str(&line(entry)?);
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.file.write_all(text.as_bytes()).map_err(|error| self.failed(&error))?;
        inner.is_dirty = true;
        if inner.synced.elapsed() >= SYNC_EVERY { self.sync_inner(&mut inner) } else { Ok(()) }
    }

    /// Brings what was appended to the disk.
    ///
    /// # Errors
    /// [`Code::OutputWrite`].
    pub fn sync(&self) -> Result<()> {
        self.sync_inner(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sync_inner(&self, inner: &mut Inner) -> Result<()> {
        if std::mem::take(&mut inner.is_dirty) {
            inner.file.sync_data().map_err(|error| self.failed(&error))?;
            inner.synced = Instant::now();
        }
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::io(Code::OutputWrite, &self.path, error)
    }
}

/// Whether a file does not end with the end of a line.
fn ends_torn(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    Ok(last != [b'\n'])
}

/// What the journal of one shard says.
#[derive(Debug, Default)]
pub struct ReadJournal {
    /// Path of the journal.
    pub path: PathBuf,
    /// The shard whose journal it is, as its name tells.
    pub shard: Option<Shard>,
    /// The runs that wrote to it, in order.
    pub runs: Vec<RunEntry>,
    /// Sources that were planned, by name.
    pub planned: BTreeMap<String, PlannedEntry>,
    /// The last output of each source, by name, whatever happened to the source later.
    pub done: BTreeMap<String, DoneEntry>,
    /// Sources that failed last, by name.
    pub failed: BTreeMap<String, FailedEntry>,
    /// Files that are not converted.
    pub skipped: BTreeMap<String, SkippedEntry>,
    /// The end of the last run; `None` if it did not end.
    pub end: Option<EndEntry>,
    /// Reports that lie in the destination.
    pub reports: Vec<String>,
    /// Numbers of lines that are damaged, and were not torn when a run was killed.
    pub damaged: Vec<u64>,
}

impl ReadJournal {
    /// Reads a journal.
    ///
    /// # Errors
    /// [`Code::Journal`] if it can't be read, or was written by a later version.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Error::io(Code::Journal, path, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut journal = Self { path: path.to_owned(), shard: shard_of(&name), ..Self::default() };
        let mut torn: Option<u64> = None;
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            // The end of the last line, or of a torn one that another run ended.
            if line.is_empty() {
                continue;
            }
            match entry(line) {
                Some(entry) => {
                    // Behind a torn line a run begins.
                    if let Some(number) = torn.take()
                        && !matches!(entry, Entry::Run(_))
                    {
                        journal.damaged.push(number);
                    }
                    journal.take(entry)?;
                }
                None => {
                    journal.damaged.extend(torn.take());
                    torn = Some(number as u64 + 1);
                }
            }
        }
        if bytes.ends_with(b"\n") {
            journal.damaged.extend(torn);
        }
        Ok(journal)
    }

    fn take(&mut self, entry: Entry) -> Result<()> {
        match entry {
            Entry::Run(run) => {
                if run.journal > VERSION {
                    let what = format!("expected version {VERSION} of the journal, found {}", run.journal);
                    return Err(Error::new(Code::Journal, what)
                        .in_file(&self.path)
                        .help(format!("use LogFlow {} or later", run.version)));
                }
                self.end = None;
                self.skipped.clear();
                self.runs.push(run);
            }
            Entry::Planned(it) => drop(self.planned.insert(it.source.clone(), it)),
            Entry::Started(it) => drop(self.failed.remove(&it.source)),
            Entry::Done(it) => {
                self.failed.remove(&it.source);
                self.done.insert(it.source.clone(), *it);
            }
            Entry::Failed(it) => drop(self.failed.insert(it.source.clone(), it)),
            Entry::Skipped(it) => {
                self.failed.remove(&it.source);
                self.skipped.insert(it.source.clone(), it);
            }
            Entry::End(it) => {
                self.reports.extend(it.report.clone());
                self.end = Some(it);
            }
        }
        Ok(())
    }

    /// Whether the last run came to all of its sources.
    pub fn is_complete(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.unfinished == 0)
    }
}

/// The shard that the name of a journal tells.
fn shard_of(name: &str) -> Option<Shard> {
    let (index, count) = name.strip_prefix("journal-")?.strip_suffix(".jsonl")?.split_once("-of-")?;
    format!("{index}/{count}").parse().ok()
}

/// The journals of a destination, by shard. None if there is no folder of journals.
///
/// # Errors
/// [`Code::Journal`].
pub fn read_all(root: &Path) -> Result<Vec<ReadJournal>> {
    let folder = root.join(FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(Code::Journal, &folder, &error)),
    };
    let mut journals = Vec::new();
    for found in entries {
        let path = found.map_err(|error| Error::io(Code::Journal, &folder, &error))?.path();
        if path.file_name().and_then(|it| it.to_str()).and_then(shard_of).is_some() {
            journals.push(ReadJournal::read(&path)?);
        }
    }
    journals.sort_by_key(|it| it.shard);
    Ok(journals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(name: &str) -> Entry {
        Entry::Skipped(SkippedEntry { source: name.to_owned(), reason: "no log".to_owned() })
    }

    fn run() -> Entry {
        let text = String::new;
        let (version, shard, source, pipeline, options) = (text(), text(), text(), text(), text());
        Entry::Run(RunEntry {
            journal: VERSION,
            version,
            shard,
            source,
            pipeline,
            options,
            bag: false,
            at: 0,
        })
    }

    #[test]
    fn a_line_with_any_other_bit_is_no_line() {
        let line = line(&skipped("a/b.txt")).unwrap();
        let bytes = line.trim_end().as_bytes();
        assert!(entry(bytes).is_some());
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(entry(&changed).is_none(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(entry(&bytes[..length]).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn a_torn_line_is_ignored_at_any_byte_and_another_damaged_line_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FOLDER).join(file_name(Shard::WHOLE));
        let write = |entries: &[Entry]| {
            let journal = Journal::open(folder.path(), Shard::WHOLE).unwrap();
            journal.append(entries).unwrap();
            journal.sync().unwrap();
        };
        write(&[run(), skipped("a")]);
        let before = std::fs::read(&path).unwrap();
        let last = line(&skipped("b")).unwrap();
        for length in 0..last.len() {
            std::fs::write(&path, [&before, &last.as_bytes()[..length]].concat()).unwrap();
            let read = ReadJournal::read(&path).unwrap();
            assert!(read.damaged.is_empty() && read.skipped.contains_key("a"), "{length}");
            write(&[run(), skipped("c")]);
            let read = ReadJournal::read(&path).unwrap();
            assert_eq!(read.damaged, [0; 0], "{length}");
            assert!(read.skipped.contains_key("c"));
            assert_eq!(read.runs.len(), 2);
        }
        // Of two lines that follow each other the first is not one that a kill has torn.
        write(&[run(), skipped("d"), skipped("e")]);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(12).position(|it| it == b"\"source\":\"d\"").unwrap();
        bytes[at + 10] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let read = ReadJournal::read(&path).unwrap();
        assert_eq!(read.damaged.len(), 1);
        assert!(read.skipped.contains_key("e") && !read.skipped.contains_key("d"));
    }

    #[test]
    fn two_runs_do_not_write_to_one_journal() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path(), Shard::WHOLE).unwrap();
        assert_eq!(Journal::open(folder.path(), Shard::WHOLE).err().unwrap().code(), Code::Journal);
        let other = Journal::open(folder.path(), "1/2".parse().unwrap());
        assert!(other.is_ok());
        drop(first);
        assert!(Journal::open(folder.path(), Shard::WHOLE).is_ok());
    }
}
