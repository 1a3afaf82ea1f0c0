//! How far a migration is, as a display may ask at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::observer::Observer;

/// Counts of a migration that goes on. Clones belong to the same one.
#[derive(Debug, Clone, Default)]
pub struct MigrationProgress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    files: AtomicU64,
    bytes: AtomicU64,
    files_done: AtomicU64,
    bytes_done: AtomicU64,
    failed: AtomicU64,
    running: Mutex<Vec<(Observer, u64)>>,
}

/// Counts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MigrationState {
    /// Number of sources.
    pub files: u64,
    /// Bytes of all sources together.
    pub bytes: u64,
    /// Sources that are dealt with.
    pub files_done: u64,
    /// Their bytes, and those that were read of others.
    pub bytes_done: u64,
    /// Sources that failed.
    pub failed: u64,
}

impl MigrationProgress {
    /// Tells how much there is to do.
    pub fn begin(&self, files: u64, bytes: u64) {
        self.0.files.store(files, Ordering::Relaxed);
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    /// A source of so many bytes is worked on, and counted by this observer.
    pub fn start(&self, observer: &Observer, bytes: u64) {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.push((observer.clone(), bytes));
    }

    /// A source has been dealt with.
    pub fn end(&self, bytes: u64, observer: &Observer, has_failed: bool) {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|(other, _)| !other.is_same(observer));
        self.0.files_done.fetch_add(1, Ordering::Relaxed);
        self.0.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        self.0.failed.fetch_add(u64::from(has_failed), Ordering::Relaxed);
    }

    /// The counts at this moment.
    pub fn state(&self) -> MigrationState {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way: u64 = running.iter().map(|(it, bytes)| it.progress().bytes.min(*bytes)).sum();
        let get = |it: &AtomicU64| it.load(Ordering::Relaxed);
        MigrationState {
            files: get(&self.0.files),
            bytes: get(&self.0.bytes),
            files_done: get(&self.0.files_done),
            bytes_done: get(&self.0.bytes_done) + under_way,
            failed: get(&self.0.failed),
        }
    }
}
