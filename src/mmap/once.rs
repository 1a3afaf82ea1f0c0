//! An input that comes once (a pipe, a socket, a terminal, a device), and what was read of it so far.
//!
//! Whoever wants a look at it reads its first bytes, which are kept for whoever comes next; the one who reads
//! all of it takes it, with the kept bytes first. Invariant: the descriptor is opened once, every reader
//! begins at the first byte, and only what was looked at is held in memory. Refuses a second reader: what was
//! read before it is gone.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Input;
use super::handle::{Handle, locate};
use super::spool::SpoolFile;
use crate::error::{Code, Error, Result};

/// An input that comes once. Clones share what was read of it.
#[derive(Debug, Clone)]
pub struct OnceInput {
    path: Option<Arc<Path>>,
    state: Arc<Mutex<OnceState>>,
}

#[derive(Debug)]
enum OnceState {
    /// Nobody asked for a byte yet. A FIFO is not opened before: its writer waits for that.
    Closed,
    /// Somebody looked at its first bytes, which are kept for the next look.
    Kept(KeptBytes),
    /// Somebody reads it. What has come is in the copy, if there is one.
    Taken(Option<SpoolFile>),
}

#[derive(Debug)]
struct KeptBytes {
    handle: Arc<Handle>,
    /// The bytes that were looked at so far, from the first on.
    seen: Vec<u8>,
    /// Whether they are all that the input has. A terminal would ask for a second Ctrl-D if it were read
    /// again.
    ended: bool,
}

/// What the one who reads an input gets of it.
#[derive(Debug)]
pub(super) struct Taken {
    /// The bytes that were looked at.
    pub(super) seen: Vec<u8>,
    /// Whether these are all bytes of the input.
    pub(super) ended: bool,
}

/// Where to find what has come so far of an input.
pub(super) enum SoFar {
    /// A look begins at its first byte.
    Kept,
    /// All that was read so far is in this copy.
    Copied(SpoolFile),
    /// No copy was made, so what was read is gone.
    Gone,
}

/// The same pipe, not one with the same bytes.
impl PartialEq for OnceInput {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }
}

impl Eq for OnceInput {}

impl OnceInput {
    /// What is at `path`, or standard input. It is opened when somebody looks at it.
    pub(super) fn new(path: Option<&Path>) -> Self {
        Self { path: path.map(Arc::from), state: Arc::new(Mutex::new(OnceState::Closed)) }
    }

    /// An input over a handle that is open.
    pub(super) fn of(handle: Handle) -> Self {
        let path = handle.path.clone();
        let kept = KeptBytes { handle: Arc::new(handle), seen: Vec::new(), ended: false };
        Self { path, state: Arc::new(Mutex::new(OnceState::Kept(kept))) }
    }

    /// What the user calls it; `None` for standard input.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The descriptor, opened now if it is not yet.
    ///
    /// # Errors
    /// `InputMissing`, and `Piped` if somebody took the input.
    pub(super) fn handle(&self) -> Result<Arc<Handle>> {
        Ok(Arc::clone(&self.kept(&mut self.lock())?.handle))
    }

    /// Up to `out.len()` bytes from offset `at`, at most the number of bytes that are kept; 0 at the end.
    /// They stay to be read.
    ///
    /// # Errors
    /// As [`Self::handle`]; `Interrupted` once `stopped` says so; `InputRead`.
    pub(super) fn look(&self, at: u64, out: &mut [u8], stopped: impl Fn() -> bool) -> Result<usize> {
        let mut state = self.lock();
        let kept = self.kept(&mut state)?;
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(kept.seen.len());
        if at == kept.seen.len() && !kept.ended {
            let read = kept.handle.read_next(out, stopped)?;
            kept.seen.extend_from_slice(&out[..read]);
            kept.ended = read == 0 && !out.is_empty();
            return Ok(read);
        }
        let left = &kept.seen[at..];
        let given = left.len().min(out.len());
        out[..given].copy_from_slice(&left[..given]);
        Ok(given)
    }

    /// Takes the input to read all of it. `copy`: where all that is read will be.
    ///
    /// # Errors
    /// As [`Self::handle`].
    pub(super) fn take(&self, copy: Option<SpoolFile>) -> Result<Taken> {
        let mut state = self.lock();
        let kept = self.kept(&mut state)?;
        let taken = Taken { seen: std::mem::take(&mut kept.seen), ended: kept.ended };
        *state = OnceState::Taken(copy);
        Ok(taken)
    }

    /// Where to find what has come so far.
    pub(super) fn so_far(&self) -> SoFar {
        match &*self.lock() {
            OnceState::Closed | OnceState::Kept(_) => SoFar::Kept,
            OnceState::Taken(Some(copy)) => SoFar::Copied(Arc::clone(copy)),
            OnceState::Taken(None) => SoFar::Gone,
        }
    }

    fn lock(&self) -> MutexGuard<'_, OnceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept<'s>(&self, state: &'s mut OnceState) -> Result<&'s mut KeptBytes> {
        if matches!(state, OnceState::Closed) {
            let input = self.path.as_deref().map_or(Input::Stdin, |path| Input::Path(path.to_owned()));
            let handle = Arc::new(Handle::open(&input)?);
            *state = OnceState::Kept(KeptBytes { handle, seen: Vec::new(), ended: false });
        }
        match state {
            OnceState::Kept(kept) => Ok(kept),
            OnceState::Closed | OnceState::Taken(_) => Err(locate(cannot_again(), self.path.as_deref())),
        }
    }
}

/// The error for an input that would have to be read twice.
pub(super) fn cannot_again() -> Error {
    Error::new(Code::Piped, "expected a file, found a pipe that cannot be read a second time")
        .help("save it to a file first")
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::OwnedFd;

    use super::super::{InputSource, OpenOptions, Stream, open};
    use super::*;

    /// A pipe that somebody writes `bytes` into, a few at a time.
    fn piped(bytes: Vec<u8>) -> OnceInput {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::thread::spawn(move || bytes.chunks(1000).try_for_each(|part| writer.write_all(part)));
        OnceInput::of(Handle::of(File::from(OwnedFd::from(reader)), None).unwrap())
    }

    fn stream(once: &OnceInput, options: &OpenOptions) -> Result<Stream> {
        match open(&Input::Once(once.clone()), options)? {
            InputSource::Stream(stream) => Ok(stream),
            InputSource::Mapped(map) => panic!("expected a stream, found {map:?}"),
        }
    }

    fn spooled() -> OpenOptions {
        OpenOptions { spool_dir: Some(std::env::temp_dir()), ..OpenOptions::default() }
    }

    fn text() -> Vec<u8> {
        (0..200_000u32).flat_map(|number| format!("{number}\n").into_bytes()).collect()
    }

    #[test]
    fn whoever_looks_begins_at_the_first_byte_and_whoever_reads_gets_all() {
        for looks in [&[0, 10, 100_000, 20][..], &[300_000, 5], &[2_000_000], &[]] {
            let once = piped(text());
            for most in looks {
                let mut head = Vec::new();
                stream(&once, &spooled()).unwrap().look(*most, &mut head).unwrap();
                assert!(text().starts_with(&head));
                assert_eq!(head.len(), (*most).min(text().len()));
            }
            let mut reader = stream(&once, &spooled()).unwrap();
            let mut head = Vec::new();
            reader.look(1000, &mut head).unwrap();
            let mut all = head;
            reader.read_to_end(&mut all).unwrap();
            assert!(all == text(), "{looks:?}");
            assert_eq!(reader.finish().unwrap().blake3, *blake3::hash(&text()).as_bytes());
            let InputSource::Mapped(again) = reader.again().unwrap() else {
                panic!("expected the mapped copy")
            };
            assert!(again.bytes() == text(), "{looks:?}");
        }
    }

    #[test]
    fn a_second_reader_is_refused_and_the_first_reads_on() {
        let once = piped(text());
        let (mut first, mut second) =
            (stream(&once, &spooled()).unwrap(), stream(&once, &spooled()).unwrap());
        let mut part = [0; 100];
        first.read_exact(&mut part).unwrap();
        // What was looked at to know what it is may still come.
        let error = super::super::unwrap_io(second.read_to_end(&mut Vec::new()).unwrap_err(), None);
        assert_eq!(error.code(), Code::Piped);
        assert_eq!(stream(&once, &spooled()).unwrap_err().code(), Code::Piped);
        let mut rest = Vec::new();
        first.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len() + part.len(), text().len());
    }

    #[test]
    fn what_has_come_can_be_looked_up_in_the_copy() {
        let once = piped(text());
        assert!(matches!(once.so_far(), SoFar::Kept));
        let mut reader = stream(&once, &spooled()).unwrap();
        reader.look(50, &mut Vec::new()).unwrap();
        reader.read_exact(&mut [0; 70_000]).unwrap();
        let input = Input::Once(once);
        let Some(InputSource::Stream(mut copy)) = super::super::open_so_far(&input, &spooled()).unwrap()
        else {
            panic!("expected a stream")
        };
        let mut so_far = Vec::new();
        copy.read_to_end(&mut so_far).unwrap();
        assert!(so_far.len() >= 70_000 && text().starts_with(&so_far));
    }

    #[test]
    fn a_look_at_the_end_finds_it_again() {
        let once = piped(b"a,b\n".to_vec());
        for _ in 0..3 {
            let mut looked = stream(&once, &OpenOptions::default()).unwrap();
            let mut head = Vec::new();
            looked.look(100, &mut head).unwrap();
            assert_eq!((head.as_slice(), looked.is_at_end()), (&b"a,b\n"[..], true));
        }
        let mut all = Vec::new();
        stream(&once, &OpenOptions::default()).unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, b"a,b\n");
    }
}
