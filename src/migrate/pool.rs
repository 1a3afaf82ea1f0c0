//! Who may run at the same time. A large source gets all threads, several small ones get one each, and the
//! smallest share one: they mostly wait for the disk.
//!
//! Turns are taken in the order of the queue, largest first, so that no large source is left for the end.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::budget::{MIB, MINIMUM};
use crate::options::RunOptions;

/// Sources so small share the part of a thread: they take a fraction of the memory that a thread may.
const TINY: u64 = 256 << 10;
/// So many of them share it. With 4, 10,000 files of 10 kB took half of the time that they took with 1.
const SHARERS: usize = 4;
/// Sources at the same time beyond which a disk is no faster, unless there are more threads.
const MOST_AT_ONCE: usize = 64;
/// What a thread is worth having for: smaller sources are done before a second one has begun.
const WORTH: u64 = 16 * MIB;
/// What text may be packed to at most, as far as the size of a packed source is guessed.
const PACKED: u64 = 10;
/// Memory that a run needs beside that of its threads, of which a process has one.
const BASE: u64 = 14 * MIB;

/// Threads and memory of a process, shared out.
pub struct Pool {
    run: RunOptions,
    /// Threads that the memory is enough for.
    threads: usize,
    /// Memory of each thread.
    share: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: usize,
    next: usize,
}

/// What a source gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    units: usize,
    threads: usize,
}

impl Pool {
    /// A pool of the threads and the memory that these options allow.
    pub fn new(run: &RunOptions) -> Self {
        let limit = run.memory_limit.unwrap_or_else(|| crate::budget::Budget::usual(run.threads));
        let least = MINIMUM - BASE;
        let affordable = usize::try_from(limit.saturating_sub(BASE) / least).unwrap_or(usize::MAX);
        let threads = run.threads.min(affordable).max(1);
        let share = limit.saturating_sub(BASE) / threads as u64;
        let state = Mutex::new(State { free: threads * SHARERS, next: 0 });
        Self { run: run.clone(), threads, share, state, changed: Condvar::new() }
    }

    /// How many may run at the same time at most.
    pub fn most(&self) -> usize {
        (self.threads * SHARERS).min(self.threads.max(MOST_AT_ONCE))
    }

    /// What a source of this size needs.
    pub fn need(&self, bytes: u64, is_packed: bool) -> Need {
        let bytes = if is_packed { bytes.saturating_mul(PACKED) } else { bytes };
        let threads = usize::try_from(bytes / WORTH).unwrap_or(usize::MAX).clamp(1, self.threads);
        let units = if bytes <= TINY { 1 } else { threads * SHARERS };
        Need { units, threads }
    }

    /// The options of a run with such a need.
    pub fn options(&self, need: Need) -> RunOptions {
        let mut run = self.run.clone();
        // A limit that is too small stays one, and is told.
        let limit = BASE + self.share * need.threads as u64;
        run.memory_limit = Some(if self.share < MINIMUM - BASE { self.share + BASE } else { limit });
        run.threads = need.threads;
        run.pin = self.run.pin && need.threads == self.threads;
        run
    }

    /// Waits for the turn and for what is needed, does the work, and gives it back.
    pub fn run<R>(&self, turn: usize, need: Need, work: impl FnOnce() -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.next != turn || state.free < need.units {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.free -= need.units;
        state.next += 1;
        drop(state);
        self.changed.notify_all();
        let _held = Held { pool: self, units: need.units };
        work()
    }
}

/// What was taken; it is given back also by work that panics.
struct Held<'p> {
    pool: &'p Pool,
    units: usize,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.pool.state.lock().unwrap_or_else(PoisonError::into_inner).free += self.units;
        self.pool.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::budget::Budget;

    fn pool(threads: usize, limit: Option<u64>) -> Pool {
        let mut run = RunOptions::default();
        (run.threads, run.memory_limit) = (threads, limit);
        Pool::new(&run)
    }

    #[test]
    fn what_runs_at_the_same_time_stays_within_the_limit() {
        for threads in [1, 2, 8, 64] {
            for limit in [None, Some(MINIMUM), Some(64 * MIB), Some(1024 * MIB)] {
                let pool = pool(threads, limit);
                let small = pool.options(pool.need(MIB, false));
                assert!(Budget::new(small.memory_limit, small.threads).is_ok(), "{threads} {limit:?}");
                let whole = limit.unwrap_or_else(|| Budget::usual(threads));
                let runs = pool.threads;
                assert!(BASE + (small.memory_limit.unwrap() - BASE) * runs as u64 <= whole);
                let large = pool.options(pool.need(1 << 40, false));
                assert!(large.memory_limit.unwrap() <= whole && large.threads == pool.threads);
            }
        }
        let small = pool(2, Some(MIB));
        assert!(Budget::new(small.options(small.need(1, false)).memory_limit, 1).is_err());
    }

    #[test]
    fn turns_are_taken_in_order_and_no_more_is_used_than_there_is() {
        let pool = pool(2, None);
        let (used, turns) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let sizes = [1 << 30, 1 << 20, 1 << 30, 1000, 1000, 1 << 30, 1000, 1000, 1000];
        std::thread::scope(|scope| {
            for (turn, size) in sizes.into_iter().enumerate().rev() {
                let (pool, used, turns) = (&pool, &used, &turns);
                scope.spawn(move || {
                    let need = pool.need(size, false);
                    pool.run(turn, need, || {
                        let now = used.fetch_add(need.units, Ordering::SeqCst) + need.units;
                        assert!(now <= 2 * SHARERS, "{now}");
                        turns.lock().unwrap().push(turn);
                        used.fetch_sub(need.units, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(turns.lock().unwrap().len(), sizes.len());
        assert_eq!(pool.state.lock().unwrap().free, 2 * SHARERS);
    }
}
