//! ZIP archives: the directory at their end, and the bytes of an entry, unpacked from front to back.
//!
//! What an entry unpacks to is checked against the length and the CRC that the directory declares, and never
//! grows beyond that length: an archive that unpacks to more than it says is damaged. Refuses archives in
//! several parts, entries that are encrypted, and methods other than stored and deflate.

use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use bytes::{Buf, Bytes};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use parquet::file::reader::{ChunkReader, Length};

use super::ranges::FileBytes;
use crate::error::{Code, Error, Result};

/// Bytes of an archive that are read at once.
const READ: u64 = 256 << 10;
/// Bytes of an entry that are unpacked at once.
const UNPACKED: usize = 64 << 10;
/// Bytes of the directory at most. An entry takes some 100 bytes, so this is a million of them.
const DIRECTORY: u64 = 128 << 20;
/// Longest comment at the end of an archive, and the record in front of it.
const TAIL: u64 = 65_535 + 22;

/// An entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipEntry {
    /// The name, with `/` between folders.
    pub name: String,
    /// Bytes that it unpacks to.
    pub size: u64,
    /// Bytes that it takes in the archive.
    pub packed: u64,
    method: u16,
    flags: u16,
    crc: u32,
    header: u64,
}

impl ZipEntry {
    /// Whether it is a folder, which has no content.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Whether its content is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// An archive whose directory was read.
#[derive(Debug, Clone)]
pub struct ZipArchive {
    bytes: FileBytes,
    entries: Vec<ZipEntry>,
}

impl ZipArchive {
    /// Reads the directory of an archive.
    ///
    /// # Errors
    /// [`Code::Archive`] if there is none, or if it is damaged.
    pub fn open(bytes: FileBytes) -> Result<Self> {
        let end = EndRecord::find(&bytes)?;
        let entries = entries(&bytes, &end)?;
        Ok(Self { bytes, entries })
    }

    /// The entries in the order of the directory.
    pub fn entries(&self) -> &[ZipEntry] {
        &self.entries
    }

    /// The entry of this name, compared without regard to the case of ASCII letters as office programs do.
    pub fn entry(&self, name: &str) -> Option<&ZipEntry> {
        let exact = self.entries.iter().find(|entry| entry.name == name);
        exact.or_else(|| self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)))
    }

    /// Reads the content of an entry.
    ///
    /// # Errors
    /// [`Code::Archive`] if it is encrypted, packed in another way, or lies beyond the archive.
    pub fn read(&self, entry: &ZipEntry) -> Result<ZipReader> {
        if entry.is_encrypted() {
            return Err(Error::new(Code::Archive, format!("{} in the archive is encrypted", entry.name))
                .help("unpack the archive with the program that made it"));
        }
        // Names and extra fields of the local header may have other lengths than those of the directory.
        let local = get(&self.bytes, entry.header, 30)?;
        if !local.starts_with(b"PK\x03\x04") {
            return Err(damaged(format!("no entry where {} is said to be", entry.name)));
        }
        let (name, extra) = (u16_at(&local, 26), u16_at(&local, 28));
        let start = entry.header + 30 + u64::from(name) + u64::from(extra);
        let end = start.checked_add(entry.packed).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else {
            return Err(damaged(format!("{} reaches beyond the archive's end", entry.name)));
        };
        let range = FileRange { bytes: self.bytes.clone(), at: start, end, window: Bytes::new() };
        let content = match entry.method {
            0 => Content::Stored(range),
            8 => Content::Deflated(Box::new(DeflateDecoder::new(range))),
            other => {
                return Err(Error::new(
                    Code::Archive,
                    format!("{} in the archive is packed by method {other}", entry.name),
                )
                .help("only stored and deflated entries are read: unpack the archive first"));
            }
        };
        let checked = Checked { content, crc: Crc::new(), left: entry.size, expected: entry.crc };
        Ok(ZipReader(BufReader::with_capacity(UNPACKED, checked)))
    }

    /// All bytes of an entry, which must not be more than `most`.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] if there are more; otherwise as [`ZipArchive::read`].
    pub fn whole(&self, entry: &ZipEntry, most: u64) -> Result<Vec<u8>> {
        if entry.size > most {
            let what =
                format!("{} in the archive unpacks to {} bytes, more than {most}", entry.name, entry.size);
            return Err(Error::new(Code::MemoryLimit, what).help("raise ⟦memory-limit⟧"));
        }
        let mut content = Vec::new();
        let read = self.read(entry)?.read_to_end(&mut content);
        read.map_err(|error| damaged(format!("{}: {error}", entry.name)))?;
        Ok(content)
    }
}

/// The error for an archive that can't be read.
pub fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(Code::Archive, format!("expected a ZIP archive, found damage: {what}"))
        .help("the file may be cut short or only partly written; write it again, or fetch it again")
}

fn get(bytes: &FileBytes, at: u64, length: usize) -> Result<Bytes> {
    bytes.get_bytes(at, length).map_err(|_| damaged(format!("{length} bytes at {at} are not there")))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|it| it.first_chunk()).map_or(0, |it| u16::from_le_bytes(*it))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|it| it.first_chunk()).map_or(0, |it| u32::from_le_bytes(*it))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|it| it.first_chunk()).map_or(0, |it| u64::from_le_bytes(*it))
}

/// The record at the end of an archive: where its directory is.
struct EndRecord {
    directory: Range<u64>,
    /// Bytes in front of the archive, such as a program that unpacks it.
    shift: u64,
}

impl EndRecord {
    fn find(bytes: &FileBytes) -> Result<Self> {
        let length = bytes.len();
        let from = length.saturating_sub(TAIL);
        let tail = get(bytes, from, (length - from) as usize)?;
        // A comment may hold the mark as well: of several the last one whose comment ends with the file.
        let marks = memchr::memmem::rfind_iter(&tail, b"PK\x05\x06");
        let whole =
            |at: &usize| tail.len() >= at + 22 && at + 22 + usize::from(u16_at(&tail, at + 20)) <= tail.len();
        let Some(at) = marks.into_iter().find(whole) else {
            return Err(damaged("no directory at its end"));
        };
        let record = &tail[at..];
        if u16_at(record, 4) != 0 && u16_at(record, 4) != 0xFFFF {
            return Err(Error::new(Code::Archive, "the archive is one of several parts")
                .help("join the parts with the program that made them"));
        }
        let (size, offset) = (u32_at(record, 12), u32_at(record, 16));
        let place = from + at as u64;
        let (size, offset, end) = match Self::wide(bytes, place)? {
            Some(wide) if size == u32::MAX || offset == u32::MAX || u16_at(record, 10) == u16::MAX => wide,
            _ => (u64::from(size), u64::from(offset), place),
        };
        let start = end.checked_sub(size).ok_or_else(|| damaged("a directory longer than the archive"))?;
        let shift = start.checked_sub(offset).ok_or_else(|| damaged("a directory at a wrong place"))?;
        if size > DIRECTORY {
            return Err(damaged(format!("a directory that is said to have {size} bytes")));
        }
        Ok(Self { directory: start..end, shift })
    }

    /// Size, offset and end of the directory as the ZIP64 record says, if there is one.
    fn wide(bytes: &FileBytes, end: u64) -> Result<Option<(u64, u64, u64)>> {
        let Some(at) = end.checked_sub(20) else { return Ok(None) };
        let locator = get(bytes, at, 20)?;
        if !locator.starts_with(b"PK\x06\x07") {
            return Ok(None);
        }
        // What stands in front of the archive moves the record, which is mostly just before its locator.
        for place in [u64_at(&locator, 8), at.saturating_sub(56)] {
            if let Ok(record) = get(bytes, place, 56)
                && record.starts_with(b"PK\x06\x06")
            {
                return Ok(Some((u64_at(&record, 40), u64_at(&record, 48), place)));
            }
        }
        Err(damaged("no ZIP64 record where it is said to be"))
    }
}

/// The entries of the directory.
fn entries(bytes: &FileBytes, end: &EndRecord) -> Result<Vec<ZipEntry>> {
    let Range { start, end: stop } = end.directory;
    let directory = get(bytes, start, (stop - start) as usize)?;
    let mut rest = &*directory;
    let mut entries = Vec::new();
    while rest.starts_with(b"PK\x01\x02") && rest.len() >= 46 {
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(rest, at)));
        let length = 46 + name + extra + comment;
        if rest.len() < length {
            return Err(damaged("an entry of the directory is cut short"));
        }
        let mut entry = ZipEntry {
            name: name_of(&rest[46..46 + name], u16_at(rest, 8)),
            size: u64::from(u32_at(rest, 24)),
            packed: u64::from(u32_at(rest, 20)),
            method: u16_at(rest, 10),
            flags: u16_at(rest, 8),
            crc: u32_at(rest, 16),
            header: u64::from(u32_at(rest, 42)),
        };
        widen(&mut entry, &rest[46 + name..46 + name + extra]);
        entry.header = entry.header.saturating_add(end.shift);
        entries.push(entry);
        rest = &rest[length..];
    }
    if !rest.is_empty() && !rest.starts_with(b"PK\x05\x05") {
        return Err(damaged("the directory holds something that is no entry"));
    }
    Ok(entries)
}

/// A name: UTF-8 if its flag says so or if it is, else the letters of the first PCs, as far as ASCII goes.
fn name_of(raw: &[u8], flags: u16) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) if flags & 0x800 != 0 => String::from_utf8_lossy(raw).into_owned(),
        Err(_) => raw.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Takes sizes and places of more than 32 bits from the extra field that has them.
fn widen(entry: &mut ZipEntry, mut extra: &[u8]) {
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let field = &extra[4..extra.len().min(4 + length)];
        if id == 1 {
            let mut field = field;
            for value in [&mut entry.size, &mut entry.packed, &mut entry.header] {
                if *value == u64::from(u32::MAX) && field.len() >= 8 {
                    *value = field.get_u64_le();
                }
            }
        }
        extra = &extra[extra.len().min(4 + length)..];
    }
}

/// A stretch of a file, read from front to back. Memory of a mapped file is given back on the way.
struct FileRange {
    bytes: FileBytes,
    at: u64,
    end: u64,
    window: Bytes,
}

impl BufRead for FileRange {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.window.is_empty() && self.at < self.end {
            let next = (self.end - self.at).min(READ);
            self.bytes.release(self.at.saturating_sub(READ)..self.at);
            self.window = self.bytes.get_bytes(self.at, next as usize).map_err(io::Error::other)?;
            self.at += next;
        }
        Ok(&self.window)
    }

    fn consume(&mut self, bytes: usize) {
        self.window.advance(bytes);
    }
}

impl Read for FileRange {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let window = self.fill_buf()?;
        let now = window.len().min(out.len());
        out[..now].copy_from_slice(&window[..now]);
        self.consume(now);
        Ok(now)
    }
}

enum Content {
    Stored(FileRange),
    Deflated(Box<DeflateDecoder<FileRange>>),
}

/// Content that is held against what the directory says of it.
struct Checked {
    content: Content,
    crc: Crc,
    left: u64,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let read = match &mut self.content {
            Content::Stored(range) => range.read(out)?,
            Content::Deflated(decoder) => decoder.read(out)?,
        };
        self.crc.update(&out[..read]);
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| invalid("it unpacks to more bytes than the directory says"))?;
        if read == 0 && !out.is_empty() {
            if self.left > 0 {
                return Err(invalid("it unpacks to fewer bytes than the directory says"));
            }
            if self.crc.sum() != self.expected {
                return Err(invalid("its checksum (CRC-32) is wrong"));
            }
        }
        Ok(read)
    }
}

/// The content of an entry. Damage is an error of the kind [`io::ErrorKind::InvalidData`].
pub struct ZipReader(BufReader<Checked>);

impl Read for ZipReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl BufRead for ZipReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.0.consume(bytes);
    }
}
