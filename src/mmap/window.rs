//! What cannot or should not be mapped, as a [`Stream`] of text: compressed and transcoded files, pipes, /proc.
//!
//! Owns the plain reads, the hash of the raw bytes, and the copy (spool) that lets a pipe be read twice. Keeps the
//! order raw bytes -> hash and count -> spool -> unpack -> byte order mark -> transcode. Invariant: memory is a
//! few fixed buffers, whatever the input.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use encoding_rs::UTF_8;

use super::codec::Compression;
use super::handle::{Handle, Kind, locate, take_head};
use super::inflate::Inflate;
use super::loose::Loosener;
use super::transcode::{self, Transcoder};
use super::{Identity, MappedFile, OpenOptions, Source};
use crate::config::Watch;
use crate::error::{Code, Error, Result};

/// Bytes read at a time where nobody wants them but the hash.
const DRAIN: usize = 256 << 10;

/// The text of an input, front to back. Every error that `read` returns carries our own error inside, which
/// [`super::unwrap_io`] takes out; the first error is final.
#[derive(Debug)]
pub struct Stream {
    body: Body,
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
    /// Whether the text was read to its end; `false` where the reader stopped early, and then checksums inside
    /// the compressed data were not all verified.
    pub whole_text: bool,
}

impl Stream {
    pub(super) fn new(handle: Handle, options: &OpenOptions) -> Result<Self> {
        let mut raw = Raw::new(handle, options);
        let head = take_head(|out| raw.pull(out))?;
        let (body, head) = match Compression::sniff(&head) {
            None => (Body::Plain(raw), head),
            Some(kind) => {
                let mut inflate = Inflate::new(kind, &head, raw, options.zstd_window_log_max)?;
                let head = take_head(|out| inflate.pull(out))?;
                refuse_nested(&inflate, &head)?;
                (Body::Inflate(Box::new(inflate)), head)
            }
        };
        let verdict = transcode::judge(&head, options.encoding).map_err(|error| body.raw().locate(error))?;
        let foreign = verdict.encoding.filter(|encoding| *encoding != UTF_8);
        // A mark of UTF-8 stays, so that offsets are those of the mapped file.
        let head_at = if foreign.is_some() { verdict.mark } else { 0 };
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

    /// Whether all of its text was read, and it is known that no more comes.
    pub fn is_at_end(&self) -> bool {
        self.ended
    }

    /// Raw bytes read so far; a handle that another thread may watch. Relaxed: a number to show, not to rely on.
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
        (raw.handle.kind == Kind::Regular && len > 0).then(|| len.saturating_sub(raw.handle.start))
    }

    /// How the input is compressed.
    pub fn compression(&self) -> Option<Compression> {
        match &self.body {
            Body::Plain(_) => None,
            Body::Inflate(inflate) => Some(inflate.kind()),
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

    /// Ends the pass: reads what is left of the raw input, without unpacking it, so that length and hash are of
    /// all of it, and checks that the file stayed the same.
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

    /// The same input again from its start, with its own hash and [`Self::progress`]: a regular file from the same descriptor, a pipe from its spool
    /// (mapped, when it holds plain text). What is left of a pipe is read into the spool first.
    ///
    /// # Errors
    /// `InputChanged`; `Usage` for a pipe without a spool; and those of [`super::open`].
    pub fn again(self) -> Result<Source> {
        let options = self.options;
        let mut raw = self.body.into_raw();
        if raw.handle.kind == Kind::Regular {
            raw.handle.unchanged()?;
            return Self::new(raw.handle, &options).map(Source::Stream);
        }
        raw.halt.store(false, Ordering::Relaxed);
        raw.drain()?;
        let path = raw.handle.path.clone();
        let Some(spool) = raw.spool else {
            let error =
                Error::new(Code::Usage, "expected a file, found a pipe that cannot be read a second time")
                    .help("save it to a file first");
            return Err(locate(error, path.as_deref()));
        };
        let handle = spool.into_handle(path)?;
        if handle.identity.size > 0 && super::may_map(&handle, &options)? {
            return match MappedFile::new(handle)? {
                Ok(map) => Ok(Source::Mapped(map)),
                Err(handle) => Self::new(handle, &options).map(Source::Stream),
            };
        }
        Self::new(handle, &options).map(Source::Stream)
    }

    /// The same text from its start in an encoding that it turned out to have: a pipe comes but once. `given`: the bytes that it gave so far, undecoded.
    ///
    /// # Errors
    /// `Encoding` if a byte order mark says something else.
    pub fn in_encoding(mut self, given: &[u8], encoding: &'static encoding_rs::Encoding) -> Result<Self> {
        let judged = transcode::judge(given, Some(encoding));
        let verdict = judged.map_err(|error| self.body.raw().locate(error))?;
        let ahead = self.head.get(self.head_at..).unwrap_or_default();
        self.head = [given, ahead].concat();
        self.head_at = verdict.mark;
        self.transcoder = Some(Transcoder::new(encoding, verdict.mark));
        self.encoding = Some(encoding.name());
        self.options.encoding = Some(encoding);
        self.ended = false;
        Ok(self)
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
    match Compression::sniff(head) {
        None => Ok(()),
        Some(inner) => {
            let what =
                format!("expected text, found {} data inside {} data", inner.name(), inflate.kind().name());
            let error = Error::new(Code::NestedCompression, what).at_byte(0).help("unpack it once first");
            Err(inflate.raw().locate(error))
        }
    }
}

/// Raw bytes as they are, or unpacked.
#[derive(Debug)]
enum Body {
    Plain(Raw),
    Inflate(Box<Inflate>),
}

impl Body {
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

/// The raw bytes of a descriptor, counted, hashed, and spooled where they come only once.
#[derive(Debug)]
pub(super) struct Raw {
    handle: Handle,
    hasher: Box<blake3::Hasher>,
    count: u64,
    /// The end was seen. A terminal would ask for a second Ctrl-D if it were read again.
    ended: bool,
    progress: Arc<AtomicU64>,
    halt: Arc<AtomicBool>,
    watch: Watch,
    spool: Option<Spool>,
}

impl Raw {
    fn new(handle: Handle, options: &OpenOptions) -> Self {
        let once = handle.kind == Kind::Once;
        let spool = options.spool_dir.as_deref().filter(|_| once).map(Spool::new);
        Self {
            handle,
            hasher: Box::default(),
            count: 0,
            ended: false,
            progress: Arc::default(),
            halt: Arc::default(),
            watch: options.watch.clone(),
            spool,
        }
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
        let read = match self.handle.kind {
            Kind::Regular => self.handle.read_at(out, self.at())?,
            Kind::Once => {
                self.handle.read_next(out, || self.halt.load(Ordering::Relaxed) || self.watch.stopped())?
            }
        };
        let read_bytes = &out[..read];
        self.hasher.update(read_bytes);
        if let Some(spool) = &mut self.spool {
            spool.write(read_bytes)?;
        }
        self.ended = read == 0 && !out.is_empty();
        self.count += read as u64;
        self.progress.store(self.count, Ordering::Relaxed);
        Ok(read)
    }

    /// Reads to the end.
    fn drain(&mut self) -> Result<()> {
        let mut sink = vec![0; DRAIN];
        while self.pull(&mut sink)? > 0 {}
        Ok(())
    }
}

/// A copy of what came through a pipe, in a file that has no name and goes with its descriptor.
#[derive(Debug)]
struct Spool {
    dir: Arc<Path>,
    /// Made with the first bytes, so that an empty pipe costs nothing.
    file: Option<File>,
}

impl Spool {
    fn new(dir: &Path) -> Self {
        Self { dir: dir.into(), file: None }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let written = self.file().and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| self.error(&error))
    }

    fn file(&mut self) -> io::Result<&File> {
        match &mut self.file {
            Some(file) => Ok(file),
            none => Ok(none.insert(tempfile::tempfile_in(&self.dir)?)),
        }
    }

    /// The finished copy, to be read under the name of the input it was taken from.
    fn into_handle(mut self, path: Option<Arc<Path>>) -> Result<Handle> {
        let file = self.file().and_then(File::try_clone).map_err(|error| self.error(&error))?;
        let mut handle = Handle::of(file, path)?;
        // Standard input is known by having no path; unlike it, the copy is read from its first byte.
        handle.start = 0;
        Ok(handle)
    }

    fn error(&self, error: &io::Error) -> Error {
        Error::new(Code::OutputWrite, format!("no copy of the piped input can be kept: {error}"))
            .in_file(&self.dir)
            .help("point TMPDIR to a folder with enough room, or save the input to a file first")
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::path::PathBuf;

    use super::super::{Input, Io, encoding_for, open, unwrap_io};
    use super::*;

    const TEXT: &[u8] = b"case,activity\n1,A\n";

    fn stream_of(path: impl Into<PathBuf>, options: &OpenOptions) -> Stream {
        match open(&Input::Path(path.into()), options).unwrap() {
            Source::Stream(stream) => stream,
            Source::Mapped(map) => panic!("expected a stream, found {map:?}"),
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
        sent::<Source>();
    }

    #[test]
    fn a_plain_file_is_mapped_unless_reading_is_asked_for() {
        let file = file_with(TEXT);
        let input = Input::Path(file.path().into());
        assert!(matches!(open(&input, &OpenOptions::default()).unwrap(), Source::Mapped(_)));
        let options = OpenOptions { io: Io::Read, ..OpenOptions::default() };
        let mut stream = stream_of(file.path(), &options);
        assert_eq!(stream.raw_len(), Some(TEXT.len() as u64));
        assert_eq!(text_of(&mut stream), TEXT);
        assert_eq!(stream.progress().load(Ordering::Relaxed), TEXT.len() as u64);
        let Source::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
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
    fn a_pipe_whose_text_names_its_encoding_is_read_by_it_from_its_start_and_once_more() {
        let latin = encoding_for("latin1").unwrap();
        let text = "Größe;".repeat(100_000);
        let raw: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for (raw, taken) in
            [(raw.clone(), 0), (raw.clone(), 300_000), (raw.clone(), raw.len()), (gzip(&raw), 70_000)]
        {
            let mut stream = piped(raw.clone(), &spooled()).unwrap();
            let mut given = vec![0; taken];
            stream.read_exact(&mut given).unwrap();
            if taken == raw.len() {
                assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
            }
            let mut stream = stream.in_encoding(&given, latin).unwrap();
            assert_eq!(text_of(&mut stream), text.as_bytes());
            assert_eq!(stream.finish().unwrap().blake3, *blake3::hash(&raw).as_bytes());
            let Source::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
            assert_eq!(text_of(&mut again), text.as_bytes());
        }
        let marked = piped("\u{feff}a".into(), &spooled()).unwrap();
        assert_eq!(marked.in_encoding("\u{feff}a".as_bytes(), latin).unwrap_err().code(), Code::Encoding);
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
        assert_eq!(stream.again().unwrap_err().code(), Code::Usage);

        let mut stream = piped(long.clone(), &spooled()).unwrap();
        assert_eq!(text_of(&mut stream), long);
        let Source::Mapped(map) = stream.again().unwrap() else { panic!("expected the mapped spool") };
        assert_eq!(map.bytes(), long);

        let mut stream = piped(gzip(&long), &spooled()).unwrap();
        stream.read_exact(&mut [0; 100]).unwrap();
        let Source::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
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
        let Source::Stream(mut again) = stream.again().unwrap() else { panic!("expected a stream") };
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
        let error = piped(TEXT.to_vec(), &options).unwrap_err();
        assert_eq!(error.code(), Code::OutputWrite);
    }
}
