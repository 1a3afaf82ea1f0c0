//! Which shard is next: the only state that workers share, asked once per shard.
//!
//! Shards are claimed in file order, and only while no more than a set number of them are under way or
//! waiting for the merger: that is the permit. The lowest unfinished shard always has one, so nothing can
//! wait for itself.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::text::Boundary;

/// A shard of one of the inputs, in the order of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub usize);

/// A shard that a worker is to parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardClaim<S> {
    /// Which shard.
    pub shard: ShardId,
    /// Where the shard starts, if that is known for certain.
    pub entry: Option<Boundary<S>>,
    /// Where some earlier shard starts, known for certain: it helps to guess.
    pub hint: Option<Boundary<S>>,
    /// Whether the shard was parsed before, from a wrong start.
    pub again: bool,
}

#[derive(Debug)]
struct BoardState<S> {
    next: usize,
    merged: usize,
    /// Where the shard of this number starts, known for certain.
    known: Option<(usize, Boundary<S>)>,
    again: Option<ShardClaim<S>>,
    closed: bool,
}

/// The claims of one pass.
#[derive(Debug)]
pub struct Board<S> {
    shards: usize,
    permits: usize,
    state: Mutex<BoardState<S>>,
    changed: Condvar,
}

impl<S: Copy> Board<S> {
    /// A board of `shards` to claim, of which at most `permits` are claimed and not merged.
    pub fn new(shards: usize, permits: usize) -> Self {
        let state = BoardState { next: 0, merged: 0, known: None, again: None, closed: false };
        Self { shards, permits: permits.max(1), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// A worker that panicked holds no half-made state: every change below is one assignment.
    fn lock(&self) -> MutexGuard<'_, BoardState<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next shard for the calling thread; waits for a permit. `None` when there is no more to do.
    pub fn claim(&self) -> Option<ShardClaim<S>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(claim) = state.again.take() {
                return Some(claim);
            }
            if state.next < self.shards && state.next < state.merged + self.permits {
                let shard = state.next;
                state.next += 1;
                let entry = state.known.filter(|(known, _)| *known == shard).map(|(_, entry)| entry);
                let hint = state.known.map(|(_, entry)| entry);
                return Some(ShardClaim { shard: ShardId(shard), entry, hint, again: false });
            }
            if state.merged >= self.shards {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The shards before `merged` are done, and the next one is known to start at `entry`.
    pub fn merged(&self, merged: usize, entry: Option<Boundary<S>>) {
        let mut state = self.lock();
        state.merged = merged;
        state.known = entry.map(|entry| (merged, entry));
        drop(state);
        self.changed.notify_all();
    }

    /// Has a shard parsed again from where it really starts.
    pub fn again(&self, shard: ShardId, entry: Boundary<S>) {
        self.lock().again = Some(ShardClaim { shard, entry: Some(entry), hint: None, again: true });
        self.changed.notify_all();
    }

    /// Ends the pass: no worker gets another shard.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// Closes a board when the merger ends, also by a panic: workers that wait for a permit would wait for ever.
pub(super) struct CloseOnDrop<'b, S: Copy>(pub &'b Board<S>);

impl<S: Copy> Drop for CloseOnDrop<'_, S> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_come_in_order_and_wait_for_permits() {
        let board: Board<()> = Board::new(3, 2);
        let boundary = Boundary { at: 9, state: () };
        assert_eq!(board.claim().map(|claim| claim.shard), Some(ShardId(0)));
        assert_eq!(board.claim().map(|claim| claim.shard), Some(ShardId(1)));
        board.again(ShardId(1), boundary);
        assert_eq!(
            board.claim(),
            Some(ShardClaim { shard: ShardId(1), entry: Some(boundary), hint: None, again: true })
        );
        board.merged(2, Some(boundary));
        assert_eq!(
            board.claim(),
            Some(ShardClaim { shard: ShardId(2), entry: Some(boundary), hint: Some(boundary), again: false })
        );
        board.merged(3, None);
        assert_eq!(board.claim(), None);
    }
}
