//! What cannot or should not be mapped, as a [`Stream`] of text: compressed and transcoded files, pipes,
//! /proc.
//!
//! Owns the plain reads, the hash of the raw bytes, and when a pipe that was looked at is taken to be read.
//! Keeps the order raw bytes -> hash and count -> spool -> unpack -> byte order mark -> transcode. Invariant:
//! memory is a few fixed buffers, whatever the input, and of a pipe what was looked at.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use encoding_rs::UTF_8;

use super::codec::InputCompression;
use super::handle::{Handle, HandleKind, locate, take_head};
use super::inflate::Inflate;
use super::loose::Loosener;
use super::once::{OnceInput, Taken, cannot_again};
use super::spool::Spool;
use super::transcode::{self, Transcoder};
use super::{Identity, InputSource, MappedFile, OpenOptions};
use crate::error::{Code, Error, Result};
use crate::observer::Observer;

/// Bytes read at a time where nobody wants them but the hash.
const DRAIN: usize = 256 << 10;

/// The text of an input, front to back. Every error that `read` returns carries our own error inside, which
/// [`super::unwrap_io`] takes out; the first error is final.
#[derive(Debug)]
pub struct Stream {
    body: StreamBody,
    transcoder: Option<Transcoder>,
    loosener: Option<Loosener>,
    /// The encoding named by a byte order mark or by the user.
    encoding: Option<&'static str>,
    /// The first bytes of the text, looked at and not yet given out.
    head: Vec<u8>,
    head_at: usize,
    /// `read` has returned 0: nothing is missing and every checksum held.
    ended: bool,
    failed: Option<Error>,
    options: OpenOptions,
}

/// What is known once the raw input was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Length of the raw input in bytes.
    pub raw_bytes: u64,
    /// BLAKE3 of the raw input.
    pub blake3: [u8; 32],
    /// Whether the text was read to its end; `false` where the reader stopped early, and then checksums
    /// inside the compressed data were not all verified.
    pub whole_text: bool,
}

impl Stream {
    pub(super) fn new(handle: Handle, options: &OpenOptions) -> Result<Self> {
        match handle.kind {
            HandleKind::Regular => Self::over(Raw::of_file(Arc::new(handle), options), options),
            HandleKind::Once => Self::of_once(OnceInput::of(handle), options),
        }
    }

    /// A look at an input that comes once, which becomes the reading of it with the first call of `read`.
    pub(super) fn of_once(once: OnceInput, options: &OpenOptions) -> Result<Self> {
        Self::over(Raw::of_once(once, options)?, options)
    }

    fn over(mut raw: Raw, options: &OpenOptions) -> Result<Self> {
        raw.is_look = true;
        let head = take_head(|out| raw.pull(out))?;
        let (body, head) = match InputCompression::sniff(&head) {
            None => (StreamBody::Plain(raw), head),
            Some(kind) => {
                let mut inflate = Inflate::new(kind, &head, raw, options.zstd_window_log_max)?;
                let head = take_head(|out| inflate.pull(out))?;
                refuse_nested(&inflate, &head)?;
                (StreamBody::Inflate(Box::new(inflate)), head)
            }
        };
        let verdict = transcode::judge(&head, options.encoding).map_err(|error| body.raw().locate(error))?;
        let foreign = verdict.encoding.filter(|encoding| *encoding != UTF_8);
        // A mark of UTF-8 stays, so that offsets are those of the mapped file.
        let head_at = if foreign.is_some() { verdict.mark } else { 0 };
        let mut body = body;
        body.raw_mut().is_look = false;
        Ok(Self {
            body,
            transcoder: foreign.map(|encoding| Transcoder::new(encoding, verdict.mark)),
            loosener: options.loose.then(Loosener::new),
            encoding: verdict.encoding.map(|encoding| encoding.name()),
            head,
            head_at,
            ended: false,
            failed: None,
            options: options.clone(),
        })
    }

    /// Reads up to `most` more bytes of its text behind `out`. An input that comes once can still be opened
    /// by others, who begin at its first byte; what `read` gives is gone for them.
    ///
    /// # Errors
    /// Those of `read`, taken out of it.
    pub fn look(&mut self, most: usize, out: &mut Vec<u8>) -> Result<()> {
        self.body.raw_mut().is_look = true;
        let read = Read::take(&mut *self, most as u64).read_to_end(out);
        self.body.raw_mut().is_look = false;
        read.map(|_| ()).map_err(|error| super::unwrap_io(error, None))
    }

    /// Whether all of its text was read, and it is known that no more comes.
    pub fn is_at_end(&self) -> bool {
        self.ended
    }

    /// Raw bytes read so far; a handle that another thread may watch. Relaxed: a number to show, not to rely
    /// on.
    pub fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.body.raw().progress)
    }

    /// Set, it ends a read that waits for whoever writes into a pipe, within a tenth of a second.
    pub fn halt(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.body.raw().halt)
    }

    /// Length of the raw input in bytes, where the file says one.
    pub fn raw_len(&self) -> Option<u64> {
        let raw = self.body.raw();
        let len = raw.handle.identity.size;
        // /proc says 0 and means "unknown".
        (raw.handle.kind == HandleKind::Regular && len > 0).then(|| len.saturating_sub(raw.handle.start))
    }

    /// Compression of the input; `None` if it is not compressed.
    pub fn compression(&self) -> Option<InputCompression> {
        match &self.body {
            StreamBody::Plain(_) => None,
            StreamBody::Inflate(inflate) => Some(inflate.kind()),
        }
    }

    /// The encoding's name in the WHATWG standard, where a byte order mark or the user gave one.
    pub fn encoding(&self) -> Option<&'static str> {
        self.encoding
    }

    /// The state of the descriptor when it was opened.
    pub fn identity(&self) -> Identity {
        self.body.raw().handle.identity
    }

    /// Ends the pass: reads what is left of the raw input, without unpacking it, so that length and hash are
    /// of all of it, and checks that the file stayed the same.
    ///
    /// # Errors
    /// `InputChanged`, `InputRead`, and `OutputWrite` for the spool.
    pub fn finish(&mut self) -> Result<Finished> {
        let whole_text = self.ended;
        let raw = self.body.raw_mut();
        raw.drain()?;
        raw.handle.unchanged()?;
        Ok(Finished { raw_bytes: raw.count, blake3: *raw.hasher.finalize().as_bytes(), whole_text })
    }

    /// The same input again from its start, with its own hash and [`Self::progress`]: a regular file from the
    /// same descriptor, a pipe from its spool (mapped, when it holds plain text). What is left of a pipe is
    /// read into the spool first.
    ///
    /// # Errors
    /// `InputChanged`; `Piped` for a pipe without a spool; and those of [`super::open`].
    pub fn again(self) -> Result<InputSource> {
        let options = self.options;
        let mut raw = self.body.into_raw();
        if raw.handle.kind == HandleKind::Regular {
            raw.handle.unchanged()?;
            return Self::over(Raw::of_file(raw.handle, &options), &options).map(InputSource::Stream);
        }
        raw.halt.store(false, Ordering::Relaxed);
        raw.drain()?;
        let path = raw.handle.path.clone();
        let Some(spool) = raw.spool else { return Err(locate(cannot_again(), path.as_deref())) };
        let handle = spool.into_handle(path)?;
        if handle.identity.size > 0 && super::may_map(&handle, &options)? {
            return match MappedFile::new(handle)? {
                Ok(map) => Ok(InputSource::Mapped(map)),
                Err(handle) => Self::new(handle, &options).map(InputSource::Stream),
            };
        }
        Self::new(handle, &options).map(InputSource::Stream)
    }

    fn pull(&mut self, out: &mut [u8]) -> Result<usize> {
        let Self { body, head, head_at, transcoder, loosener, .. } = self;
        let mut undecoded = |out: &mut [u8]| {
            let left = &head[*head_at..];
            if left.is_empty() {
                return body.pull(out);
            }
            let given = left.len().min(out.len());
            out[..given].copy_from_slice(&left[..given]);
            *head_at += given;
            Ok(given)
        };
        let mut text = |out: &mut [u8]| match transcoder {
            None => undecoded(out),
            Some(transcoder) => transcoder.pull(out, &mut undecoded),
        };
        match loosener {
            None => text(out),
            Some(loosener) => loosener.pull(out, text),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.ended {
            return Ok(0);
        }
        if self.failed.is_none() {
            match self.pull(out) {
                Ok(read) => {
                    self.ended = read == 0;
                    return Ok(read);
                }
                Err(error) => self.failed = Some(self.body.raw().locate(error)),
            }
        }
        let error = self.failed.clone();
        Err(error.map_or_else(|| io::ErrorKind::Other.into(), io::Error::other))
    }
}

fn refuse_nested(inflate: &Inflate, head: &[u8]) -> Result<()> {
    match InputCompression::sniff(head) {
        None => Ok(()),
        Some(inner) => {
            let what =
                format!("expected text, found {} data inside {} data", inner.name(), inflate.kind().name());
            let error = Error::new(Code::NestedCompression, what).at_byte(0).help("decompress it once first");
            Err(inflate.raw().locate(error))
        }
    }
}

/// Raw bytes as they are, or unpacked.
#[derive(Debug)]
enum StreamBody {
    Plain(Raw),
    Inflate(Box<Inflate>),
}

impl StreamBody {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize> {
        match self {
            Self::Plain(raw) => raw.pull(out),
            Self::Inflate(inflate) => inflate.pull(out),
        }
    }

    fn raw(&self) -> &Raw {
        match self {
            Self::Plain(raw) => raw,
            Self::Inflate(inflate) => inflate.raw(),
        }
    }

    fn raw_mut(&mut self) -> &mut Raw {
        match self {
            Self::Plain(raw) => raw,
            Self::Inflate(inflate) => inflate.raw_mut(),
        }
    }

    fn into_raw(self) -> Raw {
        match self {
            Self::Plain(raw) => raw,
            Self::Inflate(inflate) => inflate.into_raw(),
        }
    }
}

/// Where raw bytes come from.
#[derive(Debug)]
enum RawFeed {
    /// A regular file, which is read by offset.
    File,
    /// An input that comes once, which others may look at too.
    Shared(OnceInput),
    /// An input that comes once, to be read here and nowhere else: first what was looked at, from this offset
    /// on.
    Own(Taken, usize),
}

/// The raw bytes of a descriptor, counted, hashed, and spooled where they come only once.
#[derive(Debug)]
pub(super) struct Raw {
    handle: Arc<Handle>,
    feed: RawFeed,
    /// Whether what is read now is only looked at.
    is_look: bool,
    hasher: Box<blake3::Hasher>,
    count: u64,
    /// Whether the end of the input was seen.
    ended: bool,
    progress: Arc<AtomicU64>,
    halt: Arc<AtomicBool>,
    observer: Observer,
    spool: Option<Spool>,
}

impl Raw {
    fn of_file(handle: Arc<Handle>, options: &OpenOptions) -> Self {
        Self {
            handle,
            feed: RawFeed::File,
            is_look: false,
            hasher: Box::default(),
            count: 0,
            ended: false,
            progress: Arc::default(),
            halt: Arc::default(),
            observer: options.observer.clone(),
            spool: None,
        }
    }

    fn of_once(once: OnceInput, options: &OpenOptions) -> Result<Self> {
        let spool = options.spool_dir.as_deref().map(Spool::new);
        let raw = Self::of_file(once.handle()?, options);
        Ok(Self { feed: RawFeed::Shared(once), spool, ..raw })
    }

    /// Offset of the next byte in what the user calls the input.
    pub(super) fn at(&self) -> u64 {
        self.handle.start + self.count
    }

    /// Adds the file's name to `error`.
    pub(super) fn locate(&self, error: Error) -> Error {
        locate(error, self.handle.path.as_deref())
    }

    /// Up to `out.len()` raw bytes; 0 at the end.
    pub(super) fn pull(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if !self.is_look {
            self.take()?;
        }
        let stopped = || self.halt.load(Ordering::Relaxed) || self.observer.stopped();
        let read = match &mut self.feed {
            RawFeed::File => self.handle.read_at(out, self.handle.start + self.count)?,
            RawFeed::Shared(once) => once.look(self.count, out, stopped)?,
            RawFeed::Own(Taken { seen, ended }, at) => {
                let left = &seen[*at..];
                let given = left.len().min(out.len());
                out[..given].copy_from_slice(&left[..given]);
                *at += given;
                if *at == seen.len() && !seen.is_empty() {
                    (*seen, *at) = (Vec::new(), 0);
                }
                if given > 0 || *ended { given } else { self.handle.read_next(out, stopped)? }
            }
        };
        let read_bytes = &out[..read];
        self.hasher.update(read_bytes);
        if let (Some(spool), RawFeed::Own(..)) = (&mut self.spool, &self.feed) {
            spool.write(read_bytes)?;
        }
        self.ended = read == 0 && !out.is_empty();
        self.count += read as u64;
        self.progress.store(self.count, Ordering::Relaxed);
        Ok(read)
    }

    /// From now on the input is read here alone, if it comes once and is not yet.
    fn take(&mut self) -> Result<()> {
        let RawFeed::Shared(once) = &self.feed else { return Ok(()) };
        let taken = once.take(self.spool.as_ref().map(Spool::shared))?;
        // What this look gave out before.
        let given = usize::try_from(self.count).unwrap_or(usize::MAX).min(taken.seen.len());
        if let Some(spool) = &mut self.spool {
            spool.write(&taken.seen[..given])?;
        }
        self.feed = RawFeed::Own(taken, given);
        Ok(())
    }

    /// Reads to the end.
    fn drain(&mut self) -> Result<()> {
        // Even where a look saw the end, the copy must be whole.
        self.take()?;
        let mut sink = vec![0; DRAIN];
        while self.pull(&mut sink)? > 0 {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};

    use super::super::{Input, Io, encoding_for, open, unwrap_io};
    use super::*;

    const TEXT: &[u8] = b"case,activity\n1,A\n";

    fn stream_of(path: impl Into<PathBuf>, options: &OpenOptions) -> Stream {
        match open(&Input::Path(path.into()), options).unwrap() {
            InputSource::Stream(stream) => stream,
            InputSource::Mapped(map) => panic!("expected a stream, found {map:?}"),
        }
    }

    fn file_with(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn text_of(stream: &mut Stream) -> Vec<u8> {
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        text
    }

    /// A pipe that somebody writes `bytes` into, a few at a time.
    fn piped(bytes: Vec<u8>, options: &OpenOptions) -> Result<Stream> {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::thread::spawn(move || bytes.chunks(1000).try_for_each(|part| writer.write_all(part)));
        Stream::new(Handle::of(File::from(OwnedFd::from(reader)), None)?, options)
    }

    fn spooled() -> OpenOptions {
        OpenOptions { spool_dir: Some(std::env::temp_dir()), ..OpenOptions::default() }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_stream_can_move_to_another_thread() {
        fn sent<T: Send>() {}
        sent::<Stream>();
        sent::<InputSource>();
    }

    #[test]
    fn a_plain_file_is_mapped_unless_reading_is_asked_for() {
        let file = file_with(TEXT);
        let input = Input::Path(file.path().into());
        assert!(matches!(open(&input, &OpenOptions::default()).unwrap(), InputSource::Mapped(_)));
        let options = OpenOptions { io: Io::Read, ..OpenOptions::default() };
        let mut stream = stream_of(file.path(), &options);
        assert_eq!(stream.raw_len(), Some(TEXT.len() as u64));
        assert_eq!(text_of(&mut stream), TEXT);
        assert_eq!(stream.progress().load(Ordering::Relaxed), TEXT.len() as u64);
        let InputSource::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
        assert_eq!(text_of(&mut again), TEXT);
        assert_eq!(again.finish().unwrap().blake3, *blake3::hash(TEXT).as_bytes());
    }

    #[test]
    fn proc_sysfs_devices_and_empty_files_are_streams() {
        let options = OpenOptions::default();
        let mut proc = stream_of("/proc/self/status", &options);
        assert_eq!(proc.raw_len(), None);
        assert!(text_of(&mut proc).starts_with(b"Name:"));
        proc.finish().unwrap();
        assert_eq!(text_of(&mut stream_of("/dev/null", &options)), b"");
        assert_eq!(text_of(&mut stream_of(file_with(b"").path(), &options)), b"");
        let sysfs = "/sys/kernel/mm/transparent_hugepage/enabled";
        if Path::new(sysfs).exists() {
            assert_eq!(text_of(&mut stream_of(sysfs, &options)), std::fs::read(sysfs).unwrap());
        }
    }

    #[test]
    fn a_folder_and_a_missing_file_are_coded_errors() {
        let code = |path: &str| open(&Input::Path(path.into()), &OpenOptions::default()).unwrap_err().code();
        assert_eq!(code("/"), Code::NotAnInput);
        assert_eq!(code("/no/such/file"), Code::InputMissing);
    }

    #[test]
    fn text_is_transcoded_without_its_mark_inside_compressed_data_too_and_utf_8_keeps_it() {
        let utf16: Vec<u8> = "\u{FEFF}Größe\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let utf8 = "\u{FEFF}Größe\n";
        for (raw, text) in
            [(utf16.clone(), "Größe\n"), (gzip(&utf16), "Größe\n"), (gzip(utf8.as_bytes()), utf8)]
        {
            let mut stream = stream_of(file_with(&raw).path(), &OpenOptions::default());
            assert_eq!(text_of(&mut stream), text.as_bytes());
            assert!(stream.encoding().is_some());
        }
        let latin = OpenOptions { encoding: Some(encoding_for("latin1").unwrap()), ..OpenOptions::default() };
        let mut stream = stream_of(file_with(b"Gr\xF6\xDFe\n").path(), &latin);
        assert_eq!(text_of(&mut stream), "Größe\n".as_bytes());
        assert_eq!(stream.encoding(), Some("windows-1252"));
    }

    #[test]
    fn a_bad_character_names_its_offset_before_transcoding_mark_included() {
        let raw = [0xFF, 0xFE, b'a', 0, 0x00, 0xDC, b'b', 0];
        let file = file_with(&raw);
        let mut stream = stream_of(file.path(), &OpenOptions::default());
        let mut text = Vec::new();
        let error = unwrap_io(stream.read_to_end(&mut text).unwrap_err(), None);
        assert_eq!((error.code(), text.as_slice()), (Code::NotText, &b"a"[..]));
        assert_eq!(error.position().unwrap().byte, Some(4));
        assert_eq!(error.file().as_deref(), Some(file.path()));
    }

    #[test]
    fn a_pipe_is_read_once_and_with_a_spool_twice() {
        let long = TEXT.repeat(20_000);
        let mut stream = piped(long.clone(), &OpenOptions::default()).unwrap();
        assert_eq!(text_of(&mut stream), long);
        assert_eq!(stream.again().unwrap_err().code(), Code::Piped);

        let mut stream = piped(long.clone(), &spooled()).unwrap();
        assert_eq!(text_of(&mut stream), long);
        let InputSource::Mapped(map) = stream.again().unwrap() else { panic!("expected the mapped spool") };
        assert_eq!(map.bytes(), long);

        let mut stream = piped(gzip(&long), &spooled()).unwrap();
        stream.read_exact(&mut [0; 100]).unwrap();
        let InputSource::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
        assert_eq!(text_of(&mut again), long);
        assert_eq!(again.finish().unwrap().blake3, *blake3::hash(&gzip(&long)).as_bytes());
    }

    #[test]
    fn a_pipe_left_early_is_hashed_to_its_end() {
        let long = TEXT.repeat(20_000);
        let mut stream = piped(long.clone(), &OpenOptions::default()).unwrap();
        stream.read_exact(&mut [0; 10]).unwrap();
        let finished = stream.finish().unwrap();
        assert_eq!((finished.raw_bytes, finished.whole_text), (long.len() as u64, false));
        assert_eq!(finished.blake3, *blake3::hash(&long).as_bytes());
    }

    #[test]
    fn a_descriptor_that_does_not_block_is_waited_for() {
        let (reader, mut writer) = std::os::unix::net::UnixStream::pair().unwrap();
        reader.set_nonblocking(true).unwrap();
        let late = std::thread::spawn(move || {
            for part in TEXT.chunks(7) {
                std::thread::sleep(std::time::Duration::from_millis(5));
                writer.write_all(part).unwrap();
            }
        });
        let handle = Handle::of(File::from(OwnedFd::from(reader)), None).unwrap();
        assert_eq!(text_of(&mut Stream::new(handle, &OpenOptions::default()).unwrap()), TEXT);
        late.join().unwrap();
    }

    #[test]
    fn an_empty_pipe_is_an_empty_text_twice() {
        let stream = piped(Vec::new(), &spooled()).unwrap();
        let InputSource::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
        assert_eq!(text_of(&mut again), b"");
    }

    #[test]
    fn a_file_written_to_while_it_is_read_is_noticed_at_the_end() {
        let mut file = file_with(TEXT);
        let mut stream = stream_of(file.path(), &OpenOptions { io: Io::Read, ..OpenOptions::default() });
        text_of(&mut stream);
        std::thread::sleep(std::time::Duration::from_millis(20));
        file.write_all(b"2,B\n").unwrap();
        assert_eq!(stream.finish().unwrap_err().code(), Code::InputChanged);
    }

    #[test]
    fn a_spool_that_cannot_be_written_says_so() {
        let options = OpenOptions { spool_dir: Some("/no/such/folder".into()), ..OpenOptions::default() };
        let mut stream = piped(TEXT.to_vec(), &options).unwrap();
        let error = unwrap_io(stream.read_to_end(&mut Vec::new()).unwrap_err(), None);
        assert_eq!(error.code(), Code::OutputWrite);
    }
}
