//! Tar archives: their entries, one after the other, from front to back.
//!
//! Reads the ustar format, long names and sizes of GNU tar, and the extended headers of POSIX (pax). Links,
//! devices and folders are told and have no content.

use std::io::{self, Read};

use crate::error::{Code, Error, Result};

/// Bytes of a block, of which an archive is made.
const BLOCK: usize = 512;
/// Bytes of an extended header or a long name at most.
const MOST_EXTENDED: u64 = 1 << 20;

/// An entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarEntry {
    /// Name of the member as the archive has it.
    pub name: String,
    /// Bytes of its content.
    pub size: u64,
    /// Whether it is a file with content.
    pub is_file: bool,
}

/// Reads the entries of an archive.
pub struct TarReader<R> {
    content: R,
    /// Bytes of the last entry that were not read, and of its last block behind them.
    left: u64,
    padding: u64,
}

impl<R: Read> TarReader<R> {
    /// An archive from its beginning.
    pub fn new(content: R) -> Self {
        Self { content, left: 0, padding: 0 }
    }

    /// The next entry, whose content then is what this reads; `None` at the end.
    ///
    /// # Errors
    /// [`Code::Archive`] for an archive that is damaged or cut short.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            self.skip_rest()?;
            let Some(header) = self.block()? else { return Ok(None) };
            if header.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            let size = number(&header[124..136]).ok_or_else(|| damaged("a size that is none"))?;
            check_sum(&header)?;
            let size = long_size.unwrap_or(size);
            (self.left, self.padding) = (size, size.next_multiple_of(BLOCK as u64) - size);
            match header[156] {
                b'L' => long_name = Some(text(&self.extended()?)),
                b'x' => {
                    let records = self.extended()?;
                    long_name = record(&records, b"path").map(text).or(long_name);
                    long_size = record(&records, b"size").and_then(|it| text(it).parse().ok()).or(long_size);
                }
                // Names of links, volumes, and what holds for all entries.
                b'K' | b'g' | b'V' | b'M' => {}
                kind => {
                    let name = long_name.unwrap_or_else(|| {
                        let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
                        let is_posix = &header[257..263] == b"ustar\0";
                        if prefix.is_empty() || !is_posix { name } else { format!("{prefix}/{name}") }
                    });
                    let is_file = matches!(kind, b'0' | 0 | b'7') && !name.ends_with('/');
                    return Ok(Some(TarEntry { name, size, is_file }));
                }
            }
        }
    }

    fn skip_rest(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.left) + std::mem::take(&mut self.padding);
        let skipped = io::copy(&mut (&mut self.content).take(rest), &mut io::sink());
        match skipped.map_err(own)? == rest {
            true => Ok(()),
            false => Err(damaged("the end of the file within an entry")),
        }
    }

    /// The next block; `None` at the end of the file.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.content.read(&mut block[filled..]).map_err(own)? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(damaged("the end of the file within a header")),
                read => filled += read,
            }
        }
        Ok(Some(block))
    }

    /// The content of an extended header.
    fn extended(&mut self) -> Result<Vec<u8>> {
        if self.left > MOST_EXTENDED {
            return Err(damaged(format!("an extended header of {} bytes", self.left)));
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(own)?;
        Ok(content)
    }
}

impl<R: Read> Read for TarReader<R> {
    /// Reads the content of the entry that was found last.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let now = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let read = self.content.read(&mut out[..now])?;
        if read == 0 && now > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the end of the file within an entry"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Whether bytes begin like a tar archive.
pub fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(Code::Archive, format!("expected a tar archive, found damage: {what}"))
        .help("the file may be cut short or only partly written; write it again, or fetch it again")
}

/// Our own error within one of the standard library's.
fn own(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => damaged(error),
    }
}

/// Text up to its first zero.
fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// A number in octal digits, or in binary as GNU tar writes large ones.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && *first == 0x80
    {
        let (high, low) = rest.split_last_chunk::<8>()?;
        return high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low));
    }
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

/// Holds the sum of a header against the one that it declares.
fn check_sum(header: &[u8; BLOCK]) -> Result<()> {
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| match at {
            148..156 => u64::from(b' '),
            _ => u64::from(*byte),
        })
        .sum();
    match number(&header[148..156]) == Some(sum) {
        true => Ok(()),
        false => Err(damaged("a header whose checksum is wrong")),
    }
}

/// The value of a record of an extended header: `LENGTH KEY=VALUE` and a line end.
fn record<'r>(mut records: &'r [u8], key: &[u8]) -> Option<&'r [u8]> {
    let mut found = None;
    while let Some(space) = memchr::memchr(b' ', records) {
        let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let (record, rest) = records.split_at_checked(length)?;
        let body = record.get(space + 1..)?.strip_suffix(b"\n")?;
        if let Some(value) = body.strip_prefix(key).and_then(|it| it.strip_prefix(b"=")) {
            found = Some(value);
        }
        records = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with its header and padding.
    fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut header = [0_u8; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let padding = content.len().next_multiple_of(BLOCK) - content.len();
        [&header[..], content, &vec![0; padding]].concat()
    }

    fn names(archive: &[u8]) -> Result<Vec<(String, String)>> {
        let mut reader = TarReader::new(archive);
        let mut found = Vec::new();
        while let Some(entry) = reader.next_entry()? {
            let mut content = String::new();
            if entry.is_file {
                reader.read_to_string(&mut content).map_err(own)?;
            }
            found.push((entry.name, content));
        }
        Ok(found)
    }

    #[test]
    fn entries_come_with_their_long_names_and_contents() {
        let long = "folder/".repeat(30) + "log.csv";
        let pax = format!("{} path={long}\n", long.len() + 10);
        let archive = [
            entry("a.csv", b'0', b"x\n"),
            entry("folder/", b'5', b""),
            entry("././@LongLink", b'L', long.as_bytes()),
            entry("cut", b'0', &[b'y'; 600]),
            entry("pax", b'x', pax.as_bytes()),
            entry("cut", b'0', b"z"),
            vec![0; 2 * BLOCK],
        ]
        .concat();
        let found = names(&archive).unwrap();
        let expected = [("a.csv", "x\n"), ("folder/", ""), (&long, &"y".repeat(600)), (&long, "z")];
        assert_eq!(found, expected.map(|(name, content)| (name.to_owned(), content.to_owned())));
        for cut in 1..archive.len() - 2 * BLOCK {
            match names(&archive[..cut]) {
                Ok(found) => assert!(cut % BLOCK == 0 && found.len() < 5, "{cut}"),
                Err(error) => assert_eq!(error.code(), Code::Archive),
            }
        }
    }
}
