//! What a run may use of the machine: threads, memory, temporary files. None of it changes what is written.

use std::path::PathBuf;

use super::forms::{ByWord, Maybe, NumberForm, Same, SizeForm};
use super::keys::keys;

/// What a run may use of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IoMode {
    /// Mapped, except on network file systems.
    #[default]
    Auto,
    /// Always mapped where it can be.
    Mmap,
    /// Always read through windows.
    Read,
}
