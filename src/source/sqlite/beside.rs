//! Files that a writer left beside a database: its write-ahead log, and the journal of an unfinished
//! transaction.
//!
//! Both are part of what the file says, and SQLite reads them by writing: an index of the log beside it, the
//! old pages of the journal into the file. So neither is read in place. Invariant: nothing beside the input
//! is made, changed or removed; a file with either is copied with them into the folder for temporary files,
//! where SQLite puts them together.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::error::{Code, Error, Result};
use crate::mmap::Identity;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::source::sqlite::failed;
use crate::source::sqlite::open::harden;

/// The header of a write-ahead log, in bytes: one that is no longer holds no page. (Database file format,
/// section 4.1.)
const WAL_HEADER: u64 = 32;

/// Begins a journal, and ends one that belongs to a transaction over several files. (Section 3, and pager.c.)
const JOURNAL_MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// Bytes that are copied before it is asked whether to stop. A multiple of all block sizes, so that a file
/// system that can share blocks between files does.
const STRETCH: u64 = 64 << 20;

/// The file that is asked: the input itself, or a copy that has in it what stood beside the input.
#[derive(Debug)]
pub struct DatabaseFile {
    place: PathBuf,
    /// Removed with this value.
    _folder: Option<TempDir>,
    /// Warning about the copy.
    pub warning: Option<Warning>,
}

impl DatabaseFile {
    /// The file at `path`, or its copy in `temp_dir`.
    ///
    /// # Errors
    /// [`Code::InputRead`], [`Code::InputChanged`] if somebody writes meanwhile, [`Code::OutputWrite`] if
    /// there is no room for a copy, [`Code::Sqlite`] for a journal that can't be undone in one.
    pub fn of(path: &Path, temp_dir: &Path, observer: &Observer) -> Result<Self> {
        // SQLite looks beside the file that a link leads to.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (log, journal) = (beside(&target, "-wal"), beside(&target, "-journal"));
        let log = has_pages(&log).then_some(log);
        let journal = is_hot(&journal)?.then_some(journal);
        if log.is_none() && journal.is_none() {
            return Ok(Self { place: target, _folder: None, warning: None });
        }
        let room = |error: &io::Error| {
            Error::io(Code::OutputWrite, temp_dir, error)
                .help("the database is copied with what is not yet in it; point TMPDIR to a folder with enough room, or open it once with sqlite3, which puts them together")
        };
        let folder = tempfile::Builder::new().prefix("logflow-").tempdir_in(temp_dir);
        let folder = folder.map_err(|error| room(&error))?;
        let place = folder.path().join("log.sqlite");
        let parts = [(Some(&target), ""), (log.as_ref(), "-wal"), (journal.as_ref(), "-journal")];
        let before = parts.map(|(from, _)| from.and_then(|from| state(from)));
        for (from, ending) in parts {
            let Some(from) = from else { continue };
            copy(from, &beside(&place, ending), observer, &room)?;
        }
        if before != parts.map(|(from, _)| from.and_then(|from| state(from))) {
            let what = "the database was written to while it was copied with its write-ahead log or journal";
            return Err(Error::new(Code::InputChanged, what)
                .in_file(path)
                .help("wait until nothing writes to it any more, or give a copy made with sqlite3 FILE '.backup COPY'"));
        }
        put_together(&place).map_err(|error| failed(&error).in_file(path))?;
        if has_pages(&beside(&place, "-wal")) {
            let what = "the write-ahead log could not be put into a copy of the database";
            return Err(Error::new(Code::Sqlite, what)
                .in_file(path)
                .help("sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)' puts it into the file"));
        }
        let warning = Some(warning(&target, log.is_some()));
        Ok(Self { place, _folder: Some(folder), warning })
    }

    /// Where to open it. Nothing is beside it that is part of it.
    pub fn place(&self) -> &Path {
        &self.place
    }
}

/// The path with an ending behind its last name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn has_pages(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|it| it.len() > WAL_HEADER)
}

fn state(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().as_ref().map(|it: &Metadata| Identity::of(it))
}

/// Whether a journal holds pages to be put back: one whose transaction ended is gone, empty, or begins with
/// zeros.
fn is_hot(journal: &Path) -> Result<bool> {
    let failed = |error: &io::Error| Error::io(Code::InputRead, journal, error);
    let mut file = match File::open(journal) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(&error)),
    };
    let mut first = [0];
    let is_hot = file.read(&mut first).map_err(|error| failed(&error))? == 1 && first != [0];
    if !is_hot {
        return Ok(false);
    }
    let mut last = [0; 8];
    let end = file.seek(SeekFrom::End(-8)).and_then(|_| file.read_exact(&mut last));
    if end.is_ok() && last == JOURNAL_MAGIC {
        // Whether that one ended is told by yet another file, which SQLite would remove.
        let what = "a transaction over several databases did not end, and its journal stands beside the file";
        return Err(Error::new(Code::Sqlite, what)
            .in_file(journal)
            .help("open the database once with sqlite3, which undoes or ends it"));
    }
    Ok(true)
}

/// Copies a file, or stops.
fn copy(from: &Path, to: &Path, observer: &Observer, room: &dyn Fn(&io::Error) -> Error) -> Result<()> {
    let source = File::open(from).map_err(|error| Error::io(Code::InputRead, from, &error))?;
    let target = File::create_new(to).map_err(|error| room(&error))?;
    loop {
        observer.check()?;
        let copied = io::copy(&mut (&source).take(STRETCH), &mut &target);
        if copied.map_err(|error| room(&error))? == 0 {
            return Ok(());
        }
    }
}

/// Lets SQLite put a log and a journal into the file that they stand beside.
fn put_together(place: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place, flags)?;
    harden(&connection)?;
    // A copy that is lost with the power is of no use anyhow. The first question puts back what a journal
    // holds.
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)
}

fn warning(path: &Path, is_log: bool) -> Warning {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (what, help) = match is_log {
        true => (
            format!(
                "{name}-wal holds pages that are not yet in the file: both were read, in a copy; the checksum is of the file alone"
            ),
            "sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)' puts them into the file",
        ),
        false => (
            format!(
                "{name}-journal tells of a transaction that did not end: it was undone, in a copy; the checksum is of the file as it is"
            ),
            "opened once with sqlite3, the file is as it was before that transaction",
        ),
    };
    Warning::new(WarningCode::BesideDatabase, what).help(help)
}
