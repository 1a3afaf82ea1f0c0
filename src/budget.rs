//! Memory: how much the process may hold, and who holds it.
//!
//! A [`Budget`] turns a limit for the whole process into numbers the engine keeps to: how many workers, how
//! many shards under way, how many bytes of finished pages in memory. The bytes of the output never depend on
//! it: fewer workers and more spilling make a run slower, not other.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Code, Error, Result};

/// Bytes in a MiB.
pub const MIB: u64 = 1 << 20;

/// What the process holds whatever it does: code, allocator, stacks, the footer's growing metadata. Measured:
/// 11 MB for a file of 42 rows.
const BASE: u64 = 14 * MIB;
/// What one worker needs: a window of mapped input, a batch of cells and arrays, an encoder with its open
/// pages. Measured on a log of 12 columns: two workers and all else hold 38 to 45 MB with shards of 16 MiB,
/// 80 MB with shards of 29 MiB.
const WORKER: u64 = 24 * MIB;
/// Finished pages that must fit, or every page would go through the file.
const PAGES: u64 = 4 * MIB;
/// What each further encoder of a worker needs, where rows are written to several outputs: its open pages and
/// the pages of a row group that are not yet handed over. Measured with two and four outputs: 6.5 to 8.5 MB.
const ENCODER: u64 = 8 * MIB;
/// The least that works: one worker.
pub const MINIMUM: u64 = BASE + WORKER + PAGES;

/// A limit, shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    limit: u64,
    workers: usize,
}

impl Budget {
    /// The limit when nobody sets one: 32 MiB and as much again for each thread, so that two cores stay below
    /// 100 MB.
    pub fn usual(threads: usize) -> u64 {
        32 * MIB * (threads as u64 + 1)
    }

    /// What so many further encoders of each thread need.
    pub fn encoders(threads: usize, further: usize) -> u64 {
        ENCODER * threads as u64 * further as u64
    }

    /// Shares `limit` bytes among up to `threads` workers; [`usual`](Self::usual) if there is no limit.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] below [`MINIMUM`].
    pub fn new(limit: Option<u64>, threads: usize) -> Result<Self> {
        let threads = threads.max(1);
        let limit = limit.unwrap_or_else(|| Self::usual(threads));
        if limit < MINIMUM {
            return Err(Error::new(
                Code::MemoryLimit,
                format!("expected at least {} MiB, found {limit} bytes", MINIMUM / MIB),
            )
            .help(format!("give ⟦memory-limit⟧ {}MiB or more", MINIMUM / MIB)));
        }
        let affordable = usize::try_from((limit - BASE - PAGES) / WORKER).unwrap_or(usize::MAX);
        Ok(Self { limit, workers: threads.min(affordable).max(1) })
    }

    /// The limit and the number of threads that are left for a run of which each thread has so many `further`
    /// encoders.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] if one thread and its encoders do not fit.
    pub fn beside_encoders(limit: u64, threads: usize, further: u64) -> Result<(u64, usize)> {
        let least = MINIMUM + further * ENCODER;
        if further == 0 {
            return Ok((limit, threads));
        }
        if limit < least {
            let what =
                format!("expected at least {} MiB for so many outputs, found {limit} bytes", least / MIB);
            return Err(Error::new(Code::MemoryLimit, what)
                .help(format!("give ⟦memory-limit⟧ {}MiB or more", least / MIB)));
        }
        let affordable = (limit - BASE - PAGES) / (WORKER + further * ENCODER);
        let threads = threads.max(1).min(usize::try_from(affordable).unwrap_or(usize::MAX)).max(1);
        Ok((limit - further * ENCODER * threads as u64, threads))
    }

    /// How many workers can run at once.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// How many shards may be under way or finished and not yet written. One more than workers keeps them
    /// busy while the merger writes.
    pub fn shards(&self) -> usize {
        self.workers + 1
    }

    /// Bytes of finished pages that may wait in memory.
    pub fn page_bytes(&self) -> usize {
        let left = self.limit - BASE - WORKER * self.workers as u64;
        usize::try_from((left / 2).max(PAGES)).unwrap_or(usize::MAX)
    }

    /// Bytes of a stream's text that may wait for workers.
    pub fn text_bytes(&self) -> usize {
        let left = self.limit - BASE - WORKER * self.workers as u64;
        usize::try_from((left / 2).clamp(4 * MIB, 256 * MIB)).unwrap_or(usize::MAX)
    }
}

/// A number of bytes that many can take from and give back to.
#[derive(Debug)]
pub struct Ration {
    left: AtomicUsize,
}

impl Ration {
    /// A ration of `bytes` bytes.
    pub fn new(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes) }
    }

    /// Takes them if they are there.
    pub fn take(&self, bytes: usize) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    /// Returns bytes that were taken before.
    pub fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_limit_means_fewer_workers_and_never_none() {
        assert_eq!(Budget::new(None, 2).unwrap().workers(), 2);
        assert_eq!(Budget::new(Some(64 * MIB), 64).unwrap().workers(), 1);
        assert_eq!(Budget::new(Some(MINIMUM), 8).unwrap().workers(), 1);
        assert_eq!(Budget::new(Some(MINIMUM - 1), 1).unwrap_err().code(), Code::MemoryLimit);
    }

    #[test]
    fn further_encoders_leave_less_for_the_rest_and_never_no_thread() {
        assert_eq!(Budget::beside_encoders(128 * MIB, 4, 0).unwrap(), (128 * MIB, 4));
        assert_eq!(Budget::beside_encoders(128 * MIB, 4, 1).unwrap(), (104 * MIB, 3));
        assert_eq!(Budget::beside_encoders(MINIMUM + 16 * MIB, 4, 2).unwrap(), (MINIMUM, 1));
        assert_eq!(Budget::beside_encoders(MINIMUM, 1, 1).unwrap_err().code(), Code::MemoryLimit);
    }
}
