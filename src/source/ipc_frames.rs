//! The frames of Arrow IPC: a look at what each message declares before a library makes room for it, and at
//! where a stream ends.
//!
//! A compressed buffer says in its first eight bytes how long it will be. A library that believes it asks the
//! machine for as much, and ends the process if there is not so much.

use std::io::{self, Read};

use arrow::ipc::{
    Block, CompressionType, MetadataVersion, RecordBatch as BatchHeader, root_as_footer, root_as_message,
};

use super::{TypedFormat, damaged};
use crate::error::{Error, Result};

/// Bytes that one buffer may unpack to. Writers make batches of some MiB.
const MOST_UNPACKED: i64 = 4 << 30;
/// Largest number of bytes that one byte of LZ4 unpacks to: each further byte of a length adds up to 255.
const MOST_OF_LZ4: u64 = 255;
/// Largest number of bytes that one byte of zstd unpacks to: a block of 128 KiB that repeats one byte takes
/// four bytes.
const MOST_OF_ZSTD: u64 = (128 << 10) / 4;
/// The longest body of a message for which a library may make room before it has come.
const MOST_BELIEVED: u64 = 64 << 20;
/// Bytes of a long body that are read at once.
const READ: usize = 1 << 20;
/// Bytes that a few bytes may unpack to, whatever they are.
const SMALL: u64 = 64 << 10;
/// Bytes that the metadata of a message may have.
const MOST_METADATA: u32 = 256 << 20;
/// The mark before the length of a message's metadata.
const MARK: [u8; 4] = [0xFF; 4];

/// A compressed buffer: where in the body of its message it begins, and how many bytes it may unpack to.
type Packed = (u64, u64);

/// The declarations of a message: the length of its body, and the compressed buffers in it.
struct MessageLengths {
    body: u64,
    /// The compressed buffers, in ascending order of their places.
    packed: Vec<Packed>,
}

impl MessageLengths {
    fn of(format: TypedFormat, metadata: &[u8]) -> Result<Self> {
        let message = root_as_message(metadata).map_err(|error| damaged(format, error))?;
        let body = u64::try_from(message.bodyLength());
        let body = body.map_err(|_| damaged(format, "a message with a body of negative length"))?;
        let dictionary = message.header_as_dictionary_batch().and_then(|it| it.data());
        let mut packed = Vec::new();
        for batch in message.header_as_record_batch().into_iter().chain(dictionary) {
            Self::note(format, &batch, body, &mut packed)?;
        }
        packed.sort_unstable();
        packed.dedup_by_key(|(offset, _)| *offset);
        Ok(Self { body, packed })
    }

    fn note(format: TypedFormat, batch: &BatchHeader<'_>, body: u64, packed: &mut Vec<Packed>) -> Result<()> {
        let ratio = match batch.compression().map(|it| it.codec()) {
            Some(CompressionType::LZ4_FRAME) => MOST_OF_LZ4,
            _ => MOST_OF_ZSTD,
        };
        for buffer in batch.buffers().into_iter().flatten() {
            let place = u64::try_from(buffer.offset()).ok().zip(u64::try_from(buffer.length()).ok());
            let Some((offset, length)) =
                place.filter(|(offset, length)| offset.checked_add(*length).is_some_and(|end| end <= body))
            else {
                return Err(damaged(format, "a buffer that reaches beyond its message"));
            };
            if batch.compression().is_some() && length >= 8 {
                packed.push((offset, (length * ratio).max(SMALL)));
            }
        }
        Ok(())
    }
}

/// Refuses a compressed buffer that begins with these bytes if it would be longer than `most`.
fn check_unpacked(format: TypedFormat, prefix: [u8; 8], most: u64) -> Result<()> {
    match i64::from_le_bytes(prefix) {
        // -1 says that the buffer is not compressed after all.
        -1 => Ok(()),
        length @ 0..=MOST_UNPACKED if length.unsigned_abs() <= most => Ok(()),
        length => Err(damaged(format, format!("a buffer that is said to unpack to {length} bytes"))),
    }
}

/// Places of the messages of a file.
pub struct FileFrames {
    /// The version of the format.
    pub version: MetadataVersion,
    /// The dictionaries, in the order in which they are read.
    pub dictionaries: Vec<Block>,
    /// The record batches.
    pub batches: Vec<Block>,
}

/// Looks at all messages of a file.
///
/// # Errors
/// [`Code::TypedFile`](crate::error::Code::TypedFile) if the footer leads nowhere, or a message declares more
/// than can be.
pub fn check_file(bytes: &[u8]) -> Result<FileFrames> {
    let format = TypedFormat::ArrowFile;
    let short = || damaged(format, "the footer is cut short");
    // The footer, its length in four bytes, and the mark of six.
    let rest = bytes.len().checked_sub(10).ok_or_else(short)?;
    let length = bytes[rest..].first_chunk::<4>().map_or(0, |it| u32::from_le_bytes(*it)) as usize;
    let start = rest.checked_sub(length).ok_or_else(short)?;
    let footer = root_as_footer(&bytes[start..rest]).map_err(|error| damaged(format, error))?;
    let frames = FileFrames {
        version: footer.version(),
        dictionaries: footer.dictionaries().into_iter().flatten().copied().collect(),
        batches: footer.recordBatches().into_iter().flatten().copied().collect(),
    };
    for block in frames.dictionaries.iter().chain(&frames.batches) {
        let beyond = || damaged(format, "a record batch beyond the file's end");
        let at = usize::try_from(block.offset()).map_err(|_| beyond())?;
        let metadata = usize::try_from(block.metaDataLength()).map_err(|_| beyond())?;
        let body = at.checked_add(metadata).filter(|end| *end <= bytes.len()).ok_or_else(beyond)?;
        let end = usize::try_from(block.bodyLength()).ok().and_then(|it| body.checked_add(it));
        end.filter(|end| *end <= bytes.len()).ok_or_else(beyond)?;
        let head = &bytes[at..body];
        let marked = head.strip_prefix(&MARK).unwrap_or(head);
        let Some((length, rest)) = marked.split_first_chunk::<4>() else { return Err(beyond()) };
        let length = u32::from_le_bytes(*length) as usize;
        let declared = MessageLengths::of(format, rest.get(..length).ok_or_else(beyond)?)?;
        for (offset, most) in declared.packed {
            let place = usize::try_from(offset).ok().and_then(|offset| body.checked_add(offset));
            let prefix = place.and_then(|it| bytes.get(it..)).and_then(|it| it.first_chunk::<8>());
            check_unpacked(format, *prefix.ok_or_else(beyond)?, most)?;
        }
    }
    Ok(frames)
}

/// A stream whose messages are looked at as they pass.
pub struct Frames<R> {
    inner: R,
    /// How long all of it is, where that is known, and how much was read.
    length: (Option<u64>, u64),
    /// Bytes that were looked at and are still to be handed on.
    pending: Vec<u8>,
    handed: usize,
    /// Bytes of the body that still come, and how far the body has come.
    body: (u64, u64),
    /// The compressed buffers of the body, the next one last.
    packed: Vec<Packed>,
    /// Whether the mark at the end of a stream has passed.
    is_ended: bool,
}

impl<R: Read> Frames<R> {
    /// Looks at what `inner` gives from its first message on; of a file its length is known.
    pub fn new(inner: R, length: Option<u64>) -> Self {
        Self {
            inner,
            length: (length, 0),
            pending: Vec::new(),
            handed: 0,
            body: (0, 0),
            packed: Vec::new(),
            is_ended: false,
        }
    }

    /// Whether the stream ended with its mark, now that no more messages are wanted.
    ///
    /// # Errors
    /// [`Code::TypedFile`](crate::error::Code::TypedFile) if something follows the mark.
    pub fn finish(&mut self) -> Result<bool> {
        let mut next = [0];
        if self.is_ended && self.fill(&mut next).map_err(|error| crate::mmap::unwrap_io(error, None))? > 0 {
            return Err(damaged(TypedFormat::ArrowStream, "bytes behind the end of the stream").help(
                "if another stream follows, put it into a file of its own: several files become one table",
            ));
        }
        Ok(self.is_ended)
    }

    /// Reads until `out` is full or nothing more comes; how many bytes came.
    fn fill(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        while read < out.len() {
            match self.inner.read(&mut out[read..])? {
                0 => break,
                more => read += more,
            }
        }
        self.length.1 += read as u64;
        Ok(read)
    }

    /// Reads the head of the next message; false if the stream ends before it.
    fn next_message(&mut self) -> io::Result<bool> {
        let cut =
            || io::Error::other(damaged(TypedFormat::ArrowStream, "the stream is cut within a message"));
        let mut head = [0; 4];
        match self.fill(&mut head)? {
            0 => return Ok(false),
            4 => {}
            _ => return Err(cut()),
        }
        self.pending.extend_from_slice(&head);
        let mut length = head;
        if head == MARK {
            if self.fill(&mut length)? < 4 {
                return Err(cut());
            }
            self.pending.extend_from_slice(&length);
        }
        let length = u32::from_le_bytes(length);
        if length == 0 {
            self.is_ended = true;
            return Ok(true);
        }
        if length > MOST_METADATA {
            let what = format!("a message with {length} bytes of metadata");
            return Err(io::Error::other(damaged(TypedFormat::ArrowStream, what)));
        }
        let start = self.pending.len();
        self.pending.resize(start + length as usize, 0);
        let mut metadata = std::mem::take(&mut self.pending);
        let read = self.fill(&mut metadata[start..])?;
        self.pending = metadata;
        if read < length as usize {
            return Err(cut());
        }
        let declared =
            MessageLengths::of(TypedFormat::ArrowStream, &self.pending[start..]).map_err(io::Error::other)?;
        self.body = (declared.body, 0);
        self.packed = declared.packed;
        self.packed.reverse();
        self.await_body()?;
        Ok(true)
    }

    /// That a body which is said to be long is there: by the length of a file, or else it is read as it
    /// comes.
    fn await_body(&mut self) -> io::Result<()> {
        let cut =
            || io::Error::other(damaged(TypedFormat::ArrowStream, "the stream is cut within a message"));
        let (body, _) = self.body;
        match self.length {
            (Some(length), read) if body > length.saturating_sub(read) => Err(cut()),
            (None, _) if body > MOST_BELIEVED => {
                let mut room = vec![0; READ];
                while self.body.0 > 0 {
                    let read = self.read_body(&mut room)?;
                    self.pending.extend_from_slice(&room[..read]);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Hands on the next bytes of a body, up to where a compressed buffer begins.
    fn read_body(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let cut =
            || io::Error::other(damaged(TypedFormat::ArrowStream, "the stream is cut within a message"));
        let (left, at) = self.body;
        if let Some((_, most)) = self.packed.pop_if(|(next, _)| *next == at) {
            let mut prefix = [0; 8];
            if self.fill(&mut prefix)? < 8 {
                return Err(cut());
            }
            check_unpacked(TypedFormat::ArrowStream, prefix, most).map_err(io::Error::other)?;
            self.body = (left - 8, at + 8);
            // Buffers that overlap are nobody's work; each is looked at only where its bytes are still to
            // come.
            while self.packed.last().is_some_and(|(next, _)| *next < at + 8) {
                self.packed.pop();
            }
            let now = out.len().min(8);
            out[..now].copy_from_slice(&prefix[..now]);
            self.pending.extend_from_slice(&prefix[now..]);
            return Ok(now);
        }
        let until = self.packed.last().map_or(left, |(next, _)| next - at);
        let most = usize::try_from(until).unwrap_or(usize::MAX).min(out.len());
        let read = self.inner.read(&mut out[..most])?;
        if read == 0 && most > 0 {
            return Err(cut());
        }
        self.body = (left - read as u64, at + read as u64);
        self.length.1 += read as u64;
        Ok(read)
    }

    fn hand_on(&mut self, out: &mut [u8]) -> usize {
        let ready = &self.pending[self.handed..];
        let now = ready.len().min(out.len());
        out[..now].copy_from_slice(&ready[..now]);
        self.handed += now;
        if self.handed == self.pending.len() {
            self.pending.clear();
            self.handed = 0;
        }
        now
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.pending.is_empty() && self.body.0 == 0 && (self.is_ended || !self.next_message()?) {
            return Ok(0);
        }
        if !self.pending.is_empty() {
            return Ok(self.hand_on(out));
        }
        self.read_body(out)
    }
}

/// The error of ours within an error of Arrow's, if there is one.
pub fn own_error(error: arrow::error::ArrowError) -> Error {
    match error {
        arrow::error::ArrowError::IoError(_, inner) => match inner.downcast::<Error>() {
            Ok(own) => own,
            Err(inner) => damaged(TypedFormat::ArrowStream, inner),
        },
        other => damaged(TypedFormat::ArrowStream, other),
    }
}
