//! Whether a guess was right. Pure: no I/O, no threads.
//!
//! A shard is accepted only when the parse of everything before it ends exactly where this one began. By
//! induction from the first shard, whose start is known, the accepted parts are one sequential parse,
//! whatever the input holds.

use crate::text::Boundary;

/// What is to be done with the result of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<S> {
    /// Accepted: the parse began at the right place.
    Accept,
    /// Skipped: no record starts in the shard, since the record before reaches beyond its end.
    Skip,
    /// The parse began at the wrong place; parse again from here.
    Reparse(Boundary<S>),
}

/// Judges a shard that began at `entry` and takes records that start before `end`, after everything before it
/// ended at `expected`.
///
/// `complete` tells whether the shard's parse came to its end; one that gave up at a limit for guesses is
/// parsed again even if it began right.
pub fn judge<S: Copy + Eq>(
    expected: Boundary<S>,
    entry: Boundary<S>,
    end: u64,
    complete: bool,
) -> Verdict<S> {
    if expected.at >= end {
        Verdict::Skip
    } else if entry == expected && complete {
        Verdict::Accept
    } else {
        Verdict::Reparse(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_exact_match_is_accepted() {
        let at = |at| Boundary { at, state: () };
        assert_eq!(judge(at(10), at(10), 20, true), Verdict::Accept);
        assert_eq!(judge(at(10), at(10), 20, false), Verdict::Reparse(at(10)));
        assert_eq!(judge(at(10), at(11), 20, true), Verdict::Reparse(at(10)));
        assert_eq!(judge(at(20), at(11), 20, true), Verdict::Skip);
        assert_eq!(judge(at(25), at(25), 20, true), Verdict::Skip);
    }
}
