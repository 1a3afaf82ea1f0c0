//! Who looks at a run from outside and may stop it: progress bars, signal handlers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Code, Error, Result};

/// How far a run is. The numbers begin again with each pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of input; `None` if that is not known.
    pub total_bytes: Option<u64>,
    /// Bytes of input that were read.
    pub bytes: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Number of the pass over the input, from 1; 0 before the first.
    pub pass: u64,
}

/// What looks at a run from outside and may stop it: progress bars, signal handlers. Clones look at the same run.
#[derive(Debug, Clone, Default)]
pub struct Observer(Arc<ObserverInner>);

#[derive(Debug, Default)]
struct ObserverInner {
    stop: AtomicBool,
    total: AtomicU64,
    done: AtomicU64,
    rows: AtomicU64,
    pass: AtomicU64,
    following: AtomicBool,
    followed: Mutex<Option<Arc<AtomicU64>>>,
}

impl Observer {
    /// Asks the run to stop; it does within a batch.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop.
    #[inline]
    pub fn stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// Begins a pass over `total` bytes of input; 0 if that is not known.
    pub fn begin(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
        self.0.done.store(0, Ordering::Relaxed);
        self.0.rows.store(0, Ordering::Relaxed);
        self.0.pass.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds what a batch got done.
    #[inline]
    pub fn add(&self, bytes: u64, rows: u64) {
        if !self.0.following.load(Ordering::Relaxed) {
            self.0.done.fetch_add(bytes, Ordering::Relaxed);
        }
        self.0.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Counts bytes by this counter and no longer by batches: text that is unpacked or transcoded is not as
    /// long as its file.
    pub fn follow(&self, counter: Arc<AtomicU64>) {
        *self.0.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(counter);
        self.0.following.store(true, Ordering::Relaxed);
    }

    /// Ends what [`Observer::follow`] began; what the counter says is done.
    pub fn unfollow(&self) {
        let followed = self.0.followed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let bytes = followed.map_or(0, |counter| counter.load(Ordering::Relaxed));
        self.0.following.store(false, Ordering::Relaxed);
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress {
        let get = |it: &AtomicU64| it.load(Ordering::Relaxed);
        let followed =
            self.0.followed.lock().unwrap_or_else(PoisonError::into_inner).as_deref().map_or(0, get);
        Progress {
            total_bytes: Some(get(&self.0.total)).filter(|total| *total > 0),
            bytes: get(&self.0.done) + followed,
            rows: get(&self.0.rows),
            pass: get(&self.0.pass),
        }
    }

    /// An error if the run was asked to stop.
    pub fn check(&self) -> Result<()> {
        if self.stopped() { Err(Error::new(Code::Interrupted, "the output was discarded")) } else { Ok(()) }
    }
}
