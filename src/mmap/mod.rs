//! Bytes in: a file is mapped where that is safe and useful, everything else is a [`Stream`].
//!
//! Owns how input is opened and how it is known that it stayed the same. Content decides what an input is,
//! never its name. Refuses folders, UTF-32, and compressed data inside compressed data. Invariant: what is
//! handed out is the raw file (mapped) or its unpacked, transcoded text (streamed), every byte once, in
//! order.

mod advise;
mod codec;
mod copied;
mod guard;
mod handle;
mod inflate;
mod loose;
mod map;
mod once;
mod spool;
mod transcode;
mod window;

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use self::handle::{Handle, HandleKind};
use self::once::SoFar;
use crate::error::{Code, Error, Result};
use crate::observer::Observer;

pub use codec::InputCompression;
pub use copied::CopiedInput;
pub use map::MappedFile;
pub use once::OnceInput;
pub use transcode::{UTF8_BOM, encoding_for};
pub use window::{Finished, Stream};

/// How a regular file is read: `--io`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Io {
    /// Mapped, but read where the file system makes a mapping slow or fragile: NFS, SMB, Lustre, FUSE.
    #[default]
    Auto,
    /// Mapped wherever the kernel can map it.
    Mmap,
    /// Files are read with read calls, window by window.
    Read,
}

/// An input to open: a path, standard input, or a pipe that is shared.
///
/// # Examples
/// ```
/// use std::path::Path;
///
/// use logflow::Input;
///
/// assert_eq!(Input::from("log.xes.gz").path(), Some(Path::new("log.xes.gz")));
/// assert_eq!(Input::Stdin.path(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A file, pipe or device by its path.
    Path(PathBuf),
    /// Standard input, from where it stands; a file redirected there is treated as that file.
    Stdin,
    /// A pipe or device, or standard input, that keeps what was looked at: see [`Input::replayable`].
    Once(OnceInput),
    /// What is read from a copy, such as a member of an archive.
    Copied(CopiedInput),
}

impl Input {
    /// The path; `None` for standard input.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Stdin => None,
            Self::Once(once) => once.path(),
            Self::Copied(copied) => Some(copied.file()),
        }
    }

    /// The path that the user knows: of a copy that of what it is a copy of.
    pub fn shown_path(&self) -> Option<&Path> {
        match self {
            Self::Copied(copied) => Some(copied.shown()),
            other => other.path(),
        }
    }

    /// The same input, to be looked at as often as wanted and then read. A pipe or device comes once: opened
    /// by its path alone, each look would take its first bytes away from whoever opens it next. What comes of
    /// this call, and its clones, share what was looked at. Files stay what they are. Nothing is opened yet.
    #[must_use]
    pub fn replayable(&self) -> Self {
        let comes_once = match self {
            Self::Path(path) => std::fs::metadata(path).is_ok_and(|it| handle::comes_once(&it)),
            Self::Stdin => handle::stdin_comes_once(),
            Self::Once(_) | Self::Copied(_) => false,
        };
        if comes_once { Self::Once(OnceInput::new(self.path())) } else { self.clone() }
    }

    /// That a look at the input takes nothing away from whoever reads it.
    ///
    /// # Errors
    /// `Piped` for a pipe or device that is not [`Input::replayable`].
    pub fn check_replayable(&self) -> Result<()> {
        if self.replayable() == *self {
            return Ok(());
        }
        let what = "a pipe can be read only once, and the sniffed bytes would be lost";
        let error = Error::new(Code::Piped, what);
        let error = error.help("call Input::replayable, and use its result for both reading and sniffing");
        Err(handle::locate(error, self.shown_path()))
    }
}

impl From<&std::path::Path> for Input {
    fn from(path: &std::path::Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&str> for Input {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("<stdin>"),
            Self::Copied(copied) => copied.shown().display().fmt(f),
            Self::Once(once) => match once.path() {
                Some(path) => path.display().fmt(f),
                None => f.write_str("<stdin>"),
            },
        }
    }
}

/// How to open an [`Input`].
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Whether files are mapped or read.
    pub io: Io,
    /// The encoding the user named; `None`: a byte order mark decides, and without one bytes pass as they
    /// are.
    pub encoding: Option<&'static Encoding>,
    /// Whether the text is JSON in which comments, and commas behind the last value, become spaces.
    pub loose: bool,
    /// Largest zstd window accepted, as a power of two in bytes. 27 is 128 MiB, which is also what it may
    /// cost.
    pub zstd_window_log_max: u32,
    /// Folder for the copy that lets a pipe be read a second time; `None`: no copy, a pipe is read once.
    pub spool_dir: Option<PathBuf>,
    /// Who may stop a read that waits for bytes.
    pub observer: Observer,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            io: Io::Auto,
            encoding: None,
            loose: false,
            zstd_window_log_max: 27,
            spool_dir: None,
            observer: Observer::default(),
        }
    }
}

/// An opened input, mapped or as a stream.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one per input, moved once or twice")]
pub enum InputSource {
    /// A regular file in memory: raw bytes, a UTF-8 byte order mark included.
    Mapped(MappedFile),
    /// Anything else, as text in UTF-8, a byte order mark included if it was UTF-8 before.
    Stream(Stream),
}

impl InputSource {
    /// What is known of the descriptor. Pipes and devices have an identity too; only its `dev` and `ino` mean
    /// something there.
    pub fn identity(&self) -> Identity {
        match self {
            Self::Mapped(map) => map.identity(),
            Self::Stream(stream) => stream.identity(),
        }
    }
}

/// Which file, and in which state: taken from the open descriptor, so a rename over the path changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Number of the device that contains the file.
    pub dev: u64,
    /// Number of the inode.
    pub ino: u64,
    /// Length of the file in bytes.
    pub size: u64,
    /// Last change of the content, in nanoseconds since 1970.
    pub mtime_ns: i128,
    /// Last change of content, name or rights, in nanoseconds since 1970.
    pub ctime_ns: i128,
}

impl Identity {
    /// The identity in `metadata`.
    pub fn of(metadata: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether both are the same file, whatever its state: the test for output = input.
    pub fn same_file(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }

    /// Whether the content is the same as far as `stat` can tell. A change of ctime alone counts: a tool that
    /// puts mtime back (`touch -r`, `cp -p`) cannot put ctime back. So a new link, name or mode is taken for
    /// a change too, which costs a second run and never a wrong output.
    fn same_state(&self, other: &Self) -> bool {
        self == other
    }
}

/// Opens `input` for one pass over its bytes.
///
/// # Errors
/// `InputMissing` when it cannot be opened, `NotAnInput` for a folder, `InputRead` when its head cannot be
/// read, `Usage` when a pipe is to be mapped, `Piped` when somebody reads it already, and what [`Stream`]
/// says about that head: `Compressed…`, `Encoding`, `NestedCompression`.
pub fn open(input: &Input, options: &OpenOptions) -> Result<InputSource> {
    if let Input::Once(once) = input.replayable() {
        if options.io == Io::Mmap {
            let error =
                Error::new(Code::Usage, "⟦io⟧ mmap requires a file; a pipe or device cannot be mapped");
            let error = error.help("omit ⟦io⟧, or save the input to a file first");
            return Err(handle::locate(error, input.shown_path()));
        }
        return Stream::of_once(once, options).map(InputSource::Stream);
    }
    let handle = Handle::open(input)?;
    match handle.kind {
        HandleKind::Regular if handle.identity.size > 0 && may_map(&handle, options)? => {
            match MappedFile::new(handle)? {
                Ok(map) => Ok(InputSource::Mapped(map)),
                Err(handle) => Stream::new(handle, options).map(InputSource::Stream),
            }
        }
        _ => Stream::new(handle, options).map(InputSource::Stream),
    }
}

/// Opens what has come so far of an input that is being read, to find where in it something stands: a file as
/// it is, and of what comes once what was looked at or the copy; `None` if there is no copy.
///
/// # Errors
/// Those of [`open`].
pub fn open_so_far(input: &Input, options: &OpenOptions) -> Result<Option<InputSource>> {
    let Input::Once(once) = input else { return open(input, options).map(Some) };
    let copy = match once.so_far() {
        SoFar::Kept => return open(input, options).map(Some),
        SoFar::Copied(copy) => copy,
        SoFar::Gone => return Ok(None),
    };
    let Some(file) = copy.get() else { return Ok(None) };
    let handle = spool::handle_of(file, input.path().map(Into::into))?;
    Stream::new(handle, options).map(InputSource::Stream).map(Some)
}

/// The first raw bytes of an input, fewer than 16 only where there are no more. They stay to be read.
///
/// # Errors
/// Those of [`Input::check_replayable`], and of [`open`] those that are not about what the bytes are.
pub fn first_bytes(input: &Input, observer: &Observer) -> Result<Vec<u8>> {
    input.check_replayable()?;
    match input {
        Input::Once(once) => {
            let mut at = 0;
            handle::take_head(|out| {
                let read = once.look(at, out, || observer.stopped())?;
                at += read as u64;
                Ok(read)
            })
        }
        file => Handle::open(file)?.head(),
    }
}

/// Whether the file is plain text in UTF-8 (or unknown) on a file system that maps well.
fn may_map(handle: &Handle, options: &OpenOptions) -> Result<bool> {
    if handle.start != 0 || options.loose {
        return Ok(false);
    }
    let allowed = match options.io {
        Io::Mmap => true,
        Io::Read => false,
        Io::Auto => !map::is_remote(&handle.file),
    };
    let head = handle.head()?;
    Ok(allowed && InputCompression::sniff(&head).is_none() && transcode::is_utf8(&head, options.encoding))
}

/// Takes our error out of what [`Stream`]'s `Read` returned; any other I/O error becomes `InputRead`.
pub fn unwrap_io(error: io::Error, path: Option<&Path>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::new(Code::InputRead, error.to_string()),
    };
    match path {
        Some(path) => error.in_file(path),
        None => error,
    }
}
