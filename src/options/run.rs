//! What a run may use of the machine: threads, memory, temporary files. None of it changes what is written.

use std::path::PathBuf;

use super::forms::{ByWord, Maybe, NumberForm, Same, SizeForm};
use super::keys::keys;
use crate::budget::Budget;
use crate::error::Result;

/// What a run may use of the machine.
///
/// # Examples
/// Two runs at the same time share the threads and the memory of one:
/// ```
/// let mut options = logflow::RunOptions::default();
/// (options.threads, options.memory_limit) = (4, Some(1 << 30));
/// let each = options.shared_by(2);
/// assert_eq!((each.threads, each.memory_limit), (2, Some(1 << 29)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunOptions {
    /// Number of worker threads, at least 1.
    pub threads: usize,
    /// Bytes the process may hold; `None` for the default.
    pub memory_limit: Option<u64>,
    /// How files are read.
    pub io: IoMode,
    /// Folder for temporary files.
    pub temp_dir: PathBuf,
    /// Whether each worker thread is pinned to a core.
    pub pin: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { threads: 1, memory_limit: None, io: IoMode::Auto, temp_dir: std::env::temp_dir(), pin: false }
    }
}

impl RunOptions {
    /// The options of each of `runs` runs that go on at the same time and together use the threads and the
    /// memory that these options allow. Each run has at least one thread, and a run whose part of the memory
    /// is not enough for one thread fails with [`Code::MemoryLimit`](crate::error::Code::MemoryLimit) before
    /// it reads anything. Threads are not pinned, for each run would begin with the same core.
    #[must_use]
    pub fn shared_by(&self, runs: usize) -> Self {
        let runs = runs.max(1);
        let limit = self.memory_limit.unwrap_or_else(|| Budget::usual(self.threads));
        Self {
            threads: (self.threads / runs).max(1),
            memory_limit: Some(limit / runs as u64),
            pin: self.pin && runs == 1,
            ..self.clone()
        }
    }

    /// The options of a run that encodes its rows for so many outputs: each further encoder of each thread takes
    /// memory of its own, which is left free below the limit. Without a limit all threads stay.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`](crate::error::Code::MemoryLimit) if the limit is not enough for one thread.
    pub(crate) fn for_outputs(&self, outputs: usize) -> Result<Self> {
        let Some(limit) = self.memory_limit else { return Ok(self.clone()) };
        let further = outputs.saturating_sub(1) as u64;
        let (limit, threads) = Budget::beside_encoders(limit, self.threads, further)?;
        Ok(Self { memory_limit: Some(limit), threads, ..self.clone() })
    }
}

/// Threads at most: more are a slip of the finger.
pub const MOST_THREADS: u64 = 4096;

keys! {
    RunOptions, "options about the machine" {
        "threads": NumberForm<1, MOST_THREADS> = threads,
        "memory_limit": Maybe<SizeForm> = memory_limit,
        "io": ByWord = io,
        "temp_dir": Same = temp_dir,
        "pin": Same = pin,
    }
}

/// How files are read.
///
/// # Examples
/// ```
/// use logflow::{IoMode, Options};
///
/// let mut options = Options::default();
/// assert_eq!(options.run.io, IoMode::Auto);
/// options.run.io = IoMode::Read; // no file but a SQLite database is mapped
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IoMode {
    /// Mapped, except on network file systems.
    #[default]
    Auto,
    /// Always mapped where it can be.
    Mmap,
    /// Always read through windows.
    Read,
}
