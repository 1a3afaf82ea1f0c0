//! Reads text on a thread of its own while the caller works on what came before.
//!
//! Unpacking, decoding and hashing take about as long as cutting text into records; on one thread they would add
//! up. Memory is a few blocks. The reader sees the same calls as without it, only earlier.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::error::{Code, Error};

/// Bytes of a block. At 256 KiB the cost of handing it over vanishes, and it fits a core's L2 cache.
const BLOCK: usize = 256 << 10;
/// Blocks that are read and not yet used, at most.
const AHEAD: usize = 3;

/// Calls `work` with the bytes of `reader`, which are read ahead meanwhile. The thread ends before this returns:
/// with the end of the input, with an error, or with the read during which `work` returned. `halt` is set in the
/// last case, because that read may wait for a pipe into which nobody writes.
pub fn read_ahead<T>(
    reader: &mut (dyn Read + Send),
    halt: &AtomicBool,
    work: impl FnOnce(&mut dyn Read) -> T,
) -> T {
    let (sender, blocks) = sync_channel(AHEAD);
    let (give_back, used) = sync_channel(AHEAD + 2);
    std::thread::scope(|scope| {
        scope.spawn(move || read_blocks(reader, &sender, &used));
        // Dropped before the scope waits for the thread, which then finds nobody who takes its blocks.
        let mut ahead = ReadAhead { blocks, give_back, halt, block: Vec::new(), at: 0, is_at_end: false };
        work(&mut ahead)
    })
}

/// Sends blocks until the input ends, which an empty block tells.
fn read_blocks(
    reader: &mut (dyn Read + Send),
    sender: &SyncSender<io::Result<Vec<u8>>>,
    used: &Receiver<Vec<u8>>,
) {
    loop {
        let mut block = used.try_recv().unwrap_or_default();
        block.resize(BLOCK, 0);
        let read = reader.read(&mut block);
        let is_last = !matches!(read, Ok(1..));
        let sent = sender.send(read.map(|read| {
            block.truncate(read);
            block
        }));
        if sent.is_err() || is_last {
            return;
        }
    }
}

/// The bytes of the blocks.
struct ReadAhead<'h> {
    halt: &'h AtomicBool,
    blocks: Receiver<io::Result<Vec<u8>>>,
    /// Blocks whose bytes were used, to be filled again.
    give_back: SyncSender<Vec<u8>>,
    block: Vec<u8>,
    at: usize,
    is_at_end: bool,
}

impl Read for ReadAhead<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() && !self.is_at_end && !out.is_empty() {
            let gone =
                || io::Error::other(Error::new(Code::Worker, "the thread that reads the input ended early"));
            let next = self.blocks.recv().map_err(|_| gone())??;
            let used = std::mem::replace(&mut self.block, next);
            self.at = 0;
            self.is_at_end = self.block.is_empty();
            // Without room for it, the block is freed.
            let _ = self.give_back.try_send(used);
        }
        let left = &self.block[self.at..];
        let given = left.len().min(out.len());
        out[..given].copy_from_slice(&left[..given]);
        self.at += given;
        Ok(given)
    }
}

impl Drop for ReadAhead<'_> {
    fn drop(&mut self) {
        if !self.is_at_end {
            self.halt.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_of<T>(reader: &mut (dyn Read + Send), work: impl FnOnce(&mut dyn Read) -> T) -> (T, bool) {
        let halt = AtomicBool::new(false);
        (read_ahead(reader, &halt, work), halt.into_inner())
    }

    /// Gives a few bytes at a time, then ends as told.
    struct Drip<'d> {
        left: &'d [u8],
        fails: bool,
    }

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.left.is_empty() && self.fails {
                return Err(io::Error::other("torn"));
            }
            let given = out.len().min(self.left.len()).min(100_003);
            let (now, later) = self.left.split_at(given);
            out[..given].copy_from_slice(now);
            self.left = later;
            Ok(given)
        }
    }

    fn text() -> Vec<u8> {
        (0..3_000_000_u32).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn the_bytes_are_those_of_the_reader() {
        let text = text();
        let mut drip = Drip { left: &text, fails: false };
        let (read, halted) = all_of(&mut drip, |ahead| {
            let mut read = Vec::new();
            ahead.read_to_end(&mut read).unwrap();
            // The end stays the end.
            assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 0);
            read
        });
        assert_eq!((read, halted), (text, false));
        let mut empty: &[u8] = &[];
        assert_eq!(all_of(&mut empty, |ahead| ahead.read(&mut [0; 8]).unwrap()), (0, false));
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        let text = text();
        let mut drip = Drip { left: &text, fails: true };
        let ((read, error), _) = all_of(&mut drip, |ahead| {
            let mut read = Vec::new();
            let error = ahead.read_to_end(&mut read).unwrap_err();
            (read, error)
        });
        assert_eq!((read, error.to_string()), (text, "torn".to_owned()));
    }

    #[test]
    fn who_stops_early_leaves_no_thread_behind() {
        let text = text();
        let mut drip = Drip { left: &text, fails: false };
        let (first, halted) = all_of(&mut drip, |ahead| {
            let mut first = [0; 10];
            ahead.read_exact(&mut first).unwrap();
            first
        });
        assert_eq!(first[..], text[..10]);
        assert!(halted && !drip.left.is_empty());
    }
}
