//! Objects that have later values and no first ones. To ask a file for them takes a look at all values twice,
//! and nearly every file has none: so what answers say of their identifiers is kept as hashes, and the
//! question is asked only if it may have an answer.

use std::collections::HashMap;

/// Hashes that are held at most.
const MOST: usize = 1 << 20;

/// Objects with first values and objects with later values, by type.
#[derive(Debug, Default)]
pub struct Later {
    of: HashMap<usize, LaterHashes>,
    held: usize,
    /// Whether there were too many, or some that could be written in several ways.
    is_unsure: bool,
}

/// Hashes of the identifiers of one type's objects.
#[derive(Debug, Default)]
struct LaterHashes {
    first: Vec<u64>,
    later: Vec<u64>,
}

impl Later {
    /// Notes that an object of the type with this number has first values. `is_odd`: its identifier is
    /// neither text nor a whole number, and may be written in another way elsewhere.
    pub fn note_first(&mut self, index: usize, id: u64, is_odd: bool) {
        self.is_unsure |= is_odd;
        self.of.entry(index).or_default().first.push(id);
        self.held += 1;
        self.check();
    }

    /// Notes that one has later values. What is said again of the same one, without another between, counts
    /// once.
    pub fn note_later(&mut self, index: usize, id: u64, is_odd: bool) {
        self.is_unsure |= is_odd;
        let later = &mut self.of.entry(index).or_default().later;
        if later.last() != Some(&id) {
            later.push(id);
            self.held += 1;
        }
        self.check();
    }

    fn check(&mut self) {
        if self.is_unsure || self.held > MOST {
            (self.of, self.held, self.is_unsure) = (HashMap::new(), 0, true);
        }
    }

    /// Adds what the answers to another question say.
    pub fn join(&mut self, other: Self) {
        self.is_unsure |= other.is_unsure;
        self.held += other.held;
        for (index, mut held) in other.of {
            let known = self.of.entry(index).or_default();
            known.first.append(&mut held.first);
            known.later.append(&mut held.later);
        }
        self.check();
    }

    /// Whether an object of this type may have later values and no first ones.
    pub fn may_lack_first(&mut self, index: usize) -> bool {
        if self.is_unsure {
            return true;
        }
        let Some(LaterHashes { first, later }) = self.of.get_mut(&index) else { return false };
        first.sort_unstable();
        later.iter().any(|id| first.binary_search(id).is_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_later_values_alone_is_found_wherever_the_first_ones_are_told() {
        let mut all = Later::default();
        [7, 7, 8, 7].into_iter().for_each(|id| all.note_later(0, id, false));
        let mut others = Later::default();
        others.note_first(0, 7, false);
        // Another type's object may bear the same identifier.
        others.note_first(1, 8, false);
        all.join(others);
        assert!(all.may_lack_first(0) && !all.may_lack_first(1) && !all.may_lack_first(2));
        all.note_first(0, 8, false);
        assert!(!all.may_lack_first(0));
    }

    #[test]
    fn what_is_not_known_may_be() {
        let mut odd = Later::default();
        odd.note_later(0, 1, true);
        let mut many = Later::default();
        (0..=MOST as u64).for_each(|id| many.note_first(0, id, false));
        assert!(many.of.is_empty() && many.may_lack_first(0));
        let mut all = Later::default();
        all.note_first(0, 1, false);
        all.join(odd);
        assert!(all.may_lack_first(0));
    }
}
