//! Independent jobs on a few threads, such as one for each table of a bundle.

use std::sync::{Mutex, PoisonError};

use super::board::ShardId;
use super::worker::guarded;
use crate::error::{Code, Error, Result};

/// Does `work` for each item on up to `workers` threads, and returns the results in the order of the items.
///
/// # Errors
/// The first error in the order of the items; a panic is an error. Every item is tried.
pub fn each<T: Send, R: Send>(
    workers: usize,
    items: Vec<T>,
    work: impl Fn(usize, T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let count = items.len();
    let next = Mutex::new(items.into_iter().enumerate());
    let run = || {
        let mut done = Vec::new();
        loop {
            // The lock is held only while the next item is taken.
            let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, item)) = taken else { return done };
            done.push((at, guarded(ShardId(at), || work(at, item)).map_err(|(_, error)| error)));
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
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        for workers in [1, 3, 100] {
            let doubled = each(workers, (0..50).collect(), |at, item: usize| Ok(at + item)).unwrap();
            assert_eq!(doubled, (0..50).map(|item| 2 * item).collect::<Vec<_>>());
        }
        assert!(each(2, Vec::<u8>::new(), |_, item| Ok(item)).unwrap().is_empty());
    }

    #[test]
    fn the_first_error_is_told_and_a_panic_is_one() {
        let failing = |at: usize, _| match at {
            3.. => Err(Error::new(Code::Internal, at.to_string())),
            _ => Ok(()),
        };
        let error = each(2, vec![(); 9], failing).unwrap_err();
        assert!(error.to_string().contains('3'), "{error}");
        let panicking = |_, ()| -> Result<()> { panic!("on purpose") };
        for count in [1, 2, 9] {
            let error = each(2, vec![(); count], panicking).unwrap_err();
            assert_eq!(error.code(), Code::Internal);
            assert!(error.to_string().contains("on purpose"), "{error}");
        }
    }
}
