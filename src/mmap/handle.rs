//! An open descriptor: what it is, what it is called, and whether it stayed the same.
//!
//! Owns every read of raw bytes, and with it what interrupted and non-blocking reads mean. Refuses folders.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use super::{Identity, Input};
use crate::error::{Code, Error, Position, Result};

/// What kind of thing a descriptor is, as far as reading it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HandleKind {
    /// Has offsets: read by `pread`, as often as wanted.
    Regular,
    /// Comes once: pipe, socket, terminal, device.
    Once,
}

/// An open descriptor, what the user calls it, and the state it had when opened.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) file: File,
    pub(super) path: Option<Arc<Path>>,
    pub(super) identity: Identity,
    pub(super) kind: HandleKind,
    /// Offset of the first byte to read; not 0 only where standard input is a file that was read before us.
    pub(super) start: u64,
}

impl Handle {
    pub(super) fn open(input: &Input) -> Result<Self> {
        let path = input.path();
        let opened = match path {
            Some(path) => open_path(path),
            None => stdin(),
        };
        let file = opened.map_err(|error| {
            locate(
                Error::new(Code::InputMissing, error.to_string()).help("check the path and its permissions"),
                input.shown_path(),
            )
        })?;
        Self::of(file, input.shown_path().map(Arc::from))
    }

    /// Takes over an open `file`.
    pub(super) fn of(file: File, path: Option<Arc<Path>>) -> Result<Self> {
        let metadata = file.metadata().map_err(|error| read_error(&error, path.as_deref()))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            let error = Error::new(Code::NotAnInput, "expected a file, found a folder")
                .help("give the files in it, for example with a pattern such as 'folder/*.csv'");
            return Err(locate(error, path.as_deref()));
        }
        let kind = if comes_once(&metadata) { HandleKind::Once } else { HandleKind::Regular };
        let start = match (&path, kind) {
            (None, HandleKind::Regular) => io::Seek::stream_position(&mut &file).unwrap_or(0),
            _ => 0,
        };
        Ok(Self { file, path, identity: Identity::of(&metadata), kind, start })
    }

    /// The first bytes of a regular file: enough for every magic number and byte order mark.
    pub(super) fn head(&self) -> Result<Vec<u8>> {
        let mut at = 0;
        take_head(|out| {
            let read = self.read_at(out, at)?;
            at += read as u64;
            Ok(read)
        })
    }

    /// Up to `out.len()` bytes from offset `at`; 0 at the end.
    pub(super) fn read_at(&self, out: &mut [u8], at: u64) -> Result<usize> {
        retry(|| self.file.read_at(out, at))
            .map_err(|error| read_error(&error, self.path.as_deref()).at_byte(at))
    }

    /// Up to `out.len()` of the next bytes; 0 at the end. Whoever writes them may be slow: `stopped` is asked
    /// while there are none.
    ///
    /// # Errors
    /// `Interrupted` once `stopped` says so, and `InputRead`.
    pub(super) fn read_next(&self, out: &mut [u8], stopped: impl Fn() -> bool) -> Result<usize> {
        loop {
            while !is_ready(&self.file) {
                if stopped() {
                    let error = Error::new(Code::Interrupted, "the output was discarded");
                    return Err(locate(error, self.path.as_deref()));
                }
            }
            match retry(|| io::Read::read(&mut &self.file, out)) {
                // Whoever shares the descriptor may have set O_NONBLOCK on it; standard input often is
                // shared.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done.map_err(|error| read_error(&error, self.path.as_deref())),
            }
        }
    }

    /// That the file is as it was when opened; pipes and devices have no state to compare.
    ///
    /// # Errors
    /// `InputChanged`, saying what changed.
    pub(super) fn unchanged(&self) -> Result<()> {
        if self.kind == HandleKind::Once {
            return Ok(());
        }
        let metadata = self.file.metadata().map_err(|error| read_error(&error, self.path.as_deref()))?;
        let now = Identity::of(&metadata);
        if now.same_state(&self.identity) {
            return Ok(());
        }
        let what = if now.size != self.identity.size {
            format!("expected {} bytes, found {} now", self.identity.size, now.size)
        } else if now.mtime_ns != self.identity.mtime_ns {
            "the file was written to since it was opened".to_owned()
        } else {
            "the file was renamed, replaced or given other attributes since it was opened".to_owned()
        };
        Err(self.changed(what))
    }

    /// The error for an input that did not stay the same.
    pub(super) fn changed(&self, what: impl Into<String>) -> Error {
        let error = Error::new(Code::InputChanged, what)
            .help("convert a copy, or wait until no program writes to the file");
        locate(error, self.path.as_deref())
    }
}

/// Whether it has no offsets to read from: a pipe, socket, terminal or device.
pub(super) fn comes_once(metadata: &Metadata) -> bool {
    !metadata.is_file() && !metadata.is_dir()
}

/// Whether standard input is no file.
pub(super) fn stdin_comes_once() -> bool {
    stdin().and_then(|file| file.metadata()).is_ok_and(|it| comes_once(&it))
}

fn stdin() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

/// Opens what is at `path`. A FIFO that nobody writes to yet is opened at once: whoever reads it waits, and
/// can be stopped, where open(2) could not be.
fn open_path(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path).is_ok_and(|it| comes_once(&it)) {
        return File::open(path);
    }
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = File::options().read(true).custom_flags(flags).open(path);
    // A socket can't be opened by a path, nor can a pipe that another user made; this descriptor is open
    // already.
    let is_stdin = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|it| path == Path::new(it));
    match opened {
        Err(error) if is_stdin => stdin().map_err(|_| error),
        opened => opened,
    }
}

/// Bytes looked at to know what an input is. The longest magic number (bzip2 with its first block) takes 10.
pub(super) const HEAD: usize = 16;

/// The first [`HEAD`] bytes of what `pull` reads, fewer only at the end.
pub(super) fn take_head(mut pull: impl FnMut(&mut [u8]) -> Result<usize>) -> Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut filled = 0;
    while filled < HEAD {
        match pull(&mut head[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    head.truncate(filled);
    Ok(head)
}

/// Calls `read` again for as long as a signal interrupts it.
fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Milliseconds that pass, at most, before a wish to stop is noticed.
const NOTICED: libc::c_int = 100;

/// Sleeps until `file` has something to read, or no longer can have, but no longer than [`NOTICED`].
#[allow(unsafe_code, reason = "poll(2) has no safe face in the standard library")]
fn is_ready(file: &File) -> bool {
    let mut wanted = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer is to one pollfd, and the count says so.
    let ready = unsafe { libc::poll(&raw mut wanted, 1, NOTICED) };
    // If poll failed, but for a signal that came, the read finds out why.
    ready > 0 || ready < 0 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted
}

/// Says which input an error is about.
pub(super) fn locate(error: Error, path: Option<&Path>) -> Error {
    match path {
        Some(path) => error.in_file(path),
        None if error.position().is_none() => error.at(Position::default()),
        None => error,
    }
}

pub(super) fn read_error(error: &io::Error, path: Option<&Path>) -> Error {
    locate(Error::new(Code::InputRead, error.to_string()), path)
}
