//! Writes a ZIP archive, entry by entry, each of which is deflated as it comes. Sizes and checksums are put
//! into the head of an entry once it is complete, so that no reader has to look for them behind it.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// The most that ZIP holds without its extension for large files, in bytes.
const MOST: u64 = u32::MAX as u64;
/// 1980-01-01, the first day that ZIP knows: the same rows give the same bytes on every day.
const DATE: u16 = 0x21;

/// An archive under way.
pub struct ZipWriter {
    file: BufWriter<File>,
    at: u64,
    entries: Vec<WrittenEntry>,
    open: Option<OpenEntry>,
}

/// An entry that is complete.
struct WrittenEntry {
    name: &'static str,
    header: u64,
    crc: u32,
    packed: u64,
    size: u64,
}

/// The entry that is written now.
struct OpenEntry {
    name: &'static str,
    header: u64,
    encoder: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    packed: u64,
    size: u64,
}

impl ZipWriter {
    /// An archive in this file, which is empty.
    pub fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(256 << 10, file), at: 0, entries: Vec::new(), open: None }
    }

    /// Begins an entry, and completes the one before it.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn begin(&mut self, name: &'static str) -> io::Result<()> {
        self.end()?;
        let header = self.at;
        self.put(&local_header(&WrittenEntry { name, header, crc: 0, packed: 0, size: 0 }))?;
        let encoder = DeflateEncoder::new(Vec::new(), Compression::new(4));
        self.open = Some(OpenEntry { name, header, encoder, crc: Crc::new(), packed: 0, size: 0 });
        Ok(())
    }

    /// Completes the archive; its length.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn finish(mut self) -> io::Result<u64> {
        self.end()?;
        let start = self.at;
        let entries = std::mem::take(&mut self.entries);
        for entry in &entries {
            let mut record = b"PK\x01\x02\x14\0".to_vec();
            // Version, flags, method, time, sizes and lengths are those of the local header.
            record.extend_from_slice(&local_header(entry)[4..30]);
            record.extend_from_slice(&[0; 10]);
            record.extend_from_slice(&(entry.header as u32).to_le_bytes());
            record.extend_from_slice(entry.name.as_bytes());
            self.put(&record)?;
        }
        let count = (entries.len() as u16).to_le_bytes();
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend_from_slice(&[count, count].concat());
        end.extend_from_slice(&((self.at - start) as u32).to_le_bytes());
        end.extend_from_slice(&(start as u32).to_le_bytes());
        end.extend_from_slice(&[0, 0]);
        self.put(&end)?;
        self.file.flush()?;
        Ok(self.at)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        if self.at > MOST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a workbook of more than 4 GiB"));
        }
        self.file.write_all(bytes)
    }

    /// Hands on what the encoder has ready.
    fn drain(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let ready = std::mem::take(open.encoder.get_mut());
        open.packed += ready.len() as u64;
        self.put(&ready)
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(open) = &mut self.open {
            open.encoder.try_finish()?;
        }
        self.drain()?;
        let Some(open) = self.open.take() else { return Ok(()) };
        if open.size > MOST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a sheet of more than 4 GiB"));
        }
        let OpenEntry { name, header, crc, packed, size, .. } = open;
        let entry = WrittenEntry { name, header, crc: crc.sum(), packed, size };
        self.file.seek(SeekFrom::Start(header))?;
        self.file.write_all(&local_header(&entry))?;
        self.file.seek(SeekFrom::Start(self.at))?;
        self.entries.push(entry);
        Ok(())
    }
}

impl Write for ZipWriter {
    /// Adds to the content of the entry that was begun last.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let open = self.open.as_mut().ok_or_else(|| io::Error::other("no entry was begun"))?;
        open.encoder.write_all(bytes)?;
        open.crc.update(bytes);
        open.size += bytes.len() as u64;
        if open.encoder.get_ref().len() >= 64 << 10 {
            self.drain()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The header in front of the content of an entry.
fn local_header(entry: &WrittenEntry) -> Vec<u8> {
    let mut header = b"PK\x03\x04\x14\0\0\0\x08\0\0\0".to_vec();
    header.extend_from_slice(&DATE.to_le_bytes());
    header.extend_from_slice(&entry.crc.to_le_bytes());
    header.extend_from_slice(&(entry.packed as u32).to_le_bytes());
    header.extend_from_slice(&(entry.size as u32).to_le_bytes());
    header.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
    header.extend_from_slice(&[0, 0]);
    header.extend_from_slice(entry.name.as_bytes());
    header
}
