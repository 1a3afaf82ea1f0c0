//! Independent jobs on a few threads, such as one for each table of a bundle.

use std::sync::{Mutex, PoisonError};

use super::board::ShardId;
use super::worker::guarded;
use crate::error::{Code, Error, Result};
use crate::step::events::threads::each_number;

/// Does `work` for each item on up to `workers` threads, and returns the results in the order of the items.
///
/// # Errors
/// The first error in the order of the items; a panic is an error. Every item is tried.
pub fn each<T: Send, R: Send>(
    workers: usize,
    items: Vec<T>,
    work: impl Fn(usize, T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    each_number(workers, items.len(), |at| {
        let item = items[at].lock().unwrap_or_else(PoisonError::into_inner).take();
        let item = item.ok_or_else(|| Error::new(Code::Internal, "an item was taken twice"))?;
        guarded(ShardId(at), || work(at, item)).map_err(|(_, error)| error)
    })
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
