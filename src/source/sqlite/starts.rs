//! Attributes of objects that begin later than 1970: the object's row has no value, and its changes have one.
//!
//! Rows and changes come from different questions, in no order, so both are kept as hashes until all are in.
//! What begins at 1970 costs nothing.

use crate::model::hash::hash_bytes;
use crate::model::ocel::{LATE_STARTS, OcelContent};
use crate::model::table::{Cell, Remark};

/// Hashes of each sort that are held at most.
const MOST: usize = 1 << 20;

/// Attributes, each a hash of the object's identifier, type and the attribute's place.
#[derive(Debug, Default)]
pub struct Starts {
    /// Objects without a first value.
    missing: Vec<u64>,
    /// Objects with a later value.
    changed: Vec<u64>,
    /// Whether there were too many.
    full: bool,
}

impl Starts {
    /// Takes a row in: its cells, and the text that they are of.
    pub fn read(&mut self, holds: OcelContent, cells: &[Cell], text: &[u8]) {
        let (index, fixed, kept) = match holds {
            OcelContent::Objects(index) => (index, 1, &mut self.missing),
            OcelContent::Changes(index) => (index, 3, &mut self.changed),
            OcelContent::Events(_) | OcelContent::EventObject | OcelContent::ObjectObject => return,
        };
        let wants_null = fixed == 1;
        for (place, cell) in cells.iter().enumerate().skip(fixed) {
            if (*cell == Cell::plain(0, 0)) == wants_null {
                let of = (index as u64) << 32 | (place - fixed) as u64;
                kept.push(hash_bytes(of, cells[0].bytes(text)));
            }
        }
        self.check();
    }

    /// Adds what another has.
    pub fn join(&mut self, mut other: Self) {
        self.full |= other.full;
        self.missing.append(&mut other.missing);
        self.changed.append(&mut other.changed);
        self.check();
    }

    fn check(&mut self) {
        if self.missing.len().max(self.changed.len()) > MOST {
            self.settle();
        }
    }

    /// Each once, in order. The number of different ones alone decides whether there are too many, not the
    /// order that tasks end in.
    fn settle(&mut self) {
        for kept in [&mut self.missing, &mut self.changed] {
            kept.sort_unstable();
            kept.dedup();
            self.full |= kept.len() > MOST / 2;
        }
        if self.full {
            (self.missing, self.changed) = Default::default();
        }
    }

    /// The remark to make, once all rows were read.
    pub fn remark(mut self) -> Option<Remark> {
        self.settle();
        let Self { missing, changed, full } = self;
        if full {
            let what = "values or more are missing in objects at first or given to them later: those that begin later than 1970 are not counted";
            return Some(Remark::Odd(what, MOST as u64 / 2));
        }
        let late = changed.iter().filter(|it| missing.binary_search(it).is_ok()).count() as u64;
        (late > 0).then_some(Remark::Odd(LATE_STARTS, late))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"o1v";
    const ID: Cell = Cell::quoted(0, 2, false);
    const VALUE: Cell = Cell::quoted(2, 1, false);
    const NULL: Cell = Cell::plain(0, 0);

    #[test]
    fn an_attribute_that_has_a_later_value_and_no_first_one_counts_once() {
        let mut rows = Starts::default();
        rows.read(OcelContent::Objects(0), &[ID, NULL, VALUE, NULL], TEXT);
        let mut changes = Starts::default();
        for _ in 0..2 {
            changes.read(OcelContent::Changes(0), &[ID, NULL, NULL, VALUE, NULL, NULL], TEXT);
            changes.read(OcelContent::Changes(0), &[ID, NULL, NULL, NULL, VALUE, NULL], TEXT);
            // Another type's object may bear the same identifier.
            changes.read(OcelContent::Changes(1), &[ID, NULL, NULL, NULL, NULL, VALUE], TEXT);
        }
        changes.join(rows);
        assert_eq!(changes.remark(), Some(Remark::Odd(LATE_STARTS, 1)));
        assert_eq!(Starts::default().remark(), None);
    }

    #[test]
    fn too_many_are_said_to_be_uncounted() {
        let mut starts = Starts::default();
        for number in 0..=MOST as u64 {
            let id = number.to_le_bytes();
            starts.read(OcelContent::Objects(0), &[Cell::quoted(0, id.len(), false), NULL], &id);
        }
        let Some(Remark::Odd(what, _)) = starts.remark() else { panic!("nothing is said") };
        assert!(what.contains("not counted"), "{what}");
    }
}
