//! The same work for each of some things that know nothing of each other, such as the tables of a bundle: a few threads, each takes the next.

use std::sync::{Mutex, PoisonError};

use super::board::ShardId;
use super::worker::guarded;
use crate::error::{Code, Error, Result};

/// Does `work` for each thing on up to `workers` threads; what it gives, in the order of the things.
///
/// # Errors
/// The first in the order of the things; a panic is one. All are tried.
pub fn each<T: Send, R: Send>(
    workers: usize,
    things: Vec<T>,
    work: impl Fn(usize, T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let count = things.len();
    let next = Mutex::new(things.into_iter().enumerate());
    let run = || {
        let mut done = Vec::new();
        loop {
            // Held while the next is taken, and no longer.
            let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, thing)) = taken else { return done };
            done.push((at, guarded(ShardId(at), || work(at, thing)).map_err(|(_, error)| error)));
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
            let doubled = each(workers, (0..50).collect(), |at, thing: usize| Ok(at + thing)).unwrap();
            assert_eq!(doubled, (0..50).map(|thing| 2 * thing).collect::<Vec<_>>());
        }
        assert!(each(2, Vec::<u8>::new(), |_, thing| Ok(thing)).unwrap().is_empty());
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
