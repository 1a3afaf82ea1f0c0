//! Independent jobs on a few threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Code, Error, Result};

/// Does `work` for each number below `count` on up to `workers` threads; gives what came of them in their order.
///
/// # Errors
/// The error of the least number. Every number is tried.
pub(crate) fn each_number<T: Send>(
    workers: usize,
    count: usize,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            done.push((number, work(number)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.min(count)).map(|_| scope.spawn(run)).collect();
        let mut done = Vec::with_capacity(count);
        for thread in threads {
            done.extend(thread.join().map_err(|_| Error::new(Code::Worker, "a thread ended early"))?);
        }
        Ok::<_, Error>(done)
    })?;
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
