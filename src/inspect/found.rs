//! Every affected row of every check, where `--findings` asks for them: in memory while they are few, in a
//! temporary file beyond that, and in the order of rows at the end.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};

use crate::error::{Code, Error, Result};

/// Findings that wait in memory, 12 bytes each, before a sorted run of them goes to the file.
const HELD: usize = 1 << 20;

/// One affected row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundRow {
    /// Row among all rows that were inspected, from 0.
    pub row: u64,
    /// Number of the check in the registry.
    pub check: u16,
    /// The column that is affected; [`NO_COLUMN`] if it is the event as a whole.
    pub column: u16,
}

/// The column of a finding that is about an event as a whole.
pub const NO_COLUMN: u16 = u16::MAX;
/// Bytes of a finding in the file.
const BYTES: usize = 12;

/// The affected rows of a part of the log, or of all of it.
#[derive(Debug, Default)]
pub struct FoundRows {
    is_wanted: bool,
    rows: Vec<FoundRow>,
    /// Sorted runs in the file: how many rows each has.
    runs: Vec<u64>,
    file: Option<File>,
    folder: Option<std::path::PathBuf>,
}

impl FoundRows {
    /// A list, which stays empty unless it is wanted. Runs go to a file in `folder`.
    pub fn new(is_wanted: bool, folder: Option<std::path::PathBuf>) -> Self {
        Self { is_wanted, folder, ..Self::default() }
    }

    /// Notes an affected row.
    #[inline]
    pub fn push(&mut self, row: u64, check: u16, column: u16) {
        if self.is_wanted {
            self.rows.push(FoundRow { row, check, column });
        }
    }

    /// Adds the affected rows of a shard, of which the first row is row `offset`.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, later: Self, offset: u64) -> Result<()> {
        self.rows.extend(later.rows.into_iter().map(|it| FoundRow { row: it.row + offset, ..it }));
        self.settle()
    }

    /// Writes a run if many rows wait.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn settle(&mut self) -> Result<()> {
        if self.rows.len() < HELD {
            return Ok(());
        }
        self.rows.sort_unstable();
        let mut bytes = Vec::with_capacity(self.rows.len() * BYTES);
        for it in &self.rows {
            bytes.extend_from_slice(&it.row.to_le_bytes());
            bytes.extend_from_slice(&it.check.to_le_bytes());
            bytes.extend_from_slice(&it.column.to_le_bytes());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let made = match &self.folder {
                    Some(folder) => tempfile::tempfile_in(folder),
                    None => tempfile::tempfile(),
                };
                none.insert(made.map_err(|error| temporary(&error))?)
            }
        };
        file.write_all(&bytes).map_err(|error| temporary(&error))?;
        self.runs.push(self.rows.len() as u64);
        self.rows.clear();
        Ok(())
    }

    /// Hands over all affected rows, by row and check; what is there twice comes once.
    ///
    /// # Errors
    /// If the temporary file can't be read; what `take` fails with.
    pub fn each(mut self, mut take: impl FnMut(FoundRow) -> Result<()>) -> Result<()> {
        self.rows.sort_unstable();
        let mut heads = Vec::new();
        let mut start = 0;
        for count in &self.runs {
            let Some(file) = &self.file else { break };
            let run = Run { file, at: start, left: *count, waiting: Vec::new() };
            start += count * BYTES as u64;
            heads.push(run);
        }
        let mut rows = self.rows.iter().copied();
        let mut next: Vec<Option<FoundRow>> = heads.iter_mut().map(Run::next).collect::<Result<_>>()?;
        let mut own = rows.next();
        let mut last = None;
        loop {
            let least = next.iter().flatten().chain(&own).min().copied();
            let Some(least) = least else { return Ok(()) };
            match next.iter().position(|it| *it == Some(least)) {
                Some(at) => next[at] = heads[at].next()?,
                None => own = rows.next(),
            }
            if last != Some(least) {
                take(least)?;
            }
            last = Some(least);
        }
    }
}

/// A sorted run in the file, read piece by piece.
struct Run<'f> {
    file: &'f File,
    at: u64,
    left: u64,
    /// Rows that were read, the next one last.
    waiting: Vec<FoundRow>,
}

impl Run<'_> {
    fn next(&mut self) -> Result<Option<FoundRow>> {
        if self.waiting.is_empty() && self.left > 0 {
            let now = self.left.min(4096);
            let mut bytes = vec![0; now as usize * BYTES];
            let mut file = self.file;
            file.seek(SeekFrom::Start(self.at)).map_err(|error| temporary(&error))?;
            BufReader::new(file).read_exact(&mut bytes).map_err(|error| temporary(&error))?;
            let (rows, _) = bytes.as_chunks::<BYTES>();
            let found = |it: &[u8; BYTES]| {
                let [a, b, c, d, e, f, g, h, i, j, k, l] = *it;
                let row = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
                FoundRow { row, check: u16::from_le_bytes([i, j]), column: u16::from_le_bytes([k, l]) }
            };
            self.waiting = rows.iter().rev().map(found).collect();
            self.at += now * BYTES as u64;
            self.left -= now;
        }
        Ok(self.waiting.pop())
    }
}

fn temporary(error: &std::io::Error) -> Error {
    Error::new(Code::OutputWrite, format!("the file for temporary data: {error}"))
        .help("free space in the folder for temporary files, or set TMPDIR to another one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_and_once_whether_they_fit_in_memory_or_not() {
        let mut all = FoundRows::new(true, None);
        let many = HELD as u64 / 2 + 10;
        for part in 0..3 {
            let mut shard = FoundRows::new(true, None);
            (0..many).for_each(|row| shard.push(row, (row % 3) as u16, NO_COLUMN));
            all.join(shard, part * many).unwrap();
        }
        all.push(5, 1, NO_COLUMN);
        all.push(5, 2, NO_COLUMN);
        let (mut seen, mut last) = (0, None);
        all.each(|it| {
            assert!(last < Some(it));
            last = Some(it);
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, 3 * many + 1);
    }
}
