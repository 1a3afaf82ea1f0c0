//! Types of a log that were met last, found by their names. Types are few and records many: comparing is
//! faster than hashing safely.

use super::hash::hash_piece;
use super::ocel::{OcelShape, OcelSide};
use super::short;

/// Types that are remembered of each side, those of events and of objects.
const RECENT: usize = 64;

/// Types, each at the place that its name says; another one may have taken it.
#[derive(Debug)]
pub struct RecentTypes([[usize; RECENT]; 2]);

impl Default for RecentTypes {
    fn default() -> Self {
        Self([[usize::MAX; RECENT]; 2])
    }
}

impl RecentTypes {
    /// The type whose name is the piece of `len` bytes from `start` on, if it is remembered.
    #[inline]
    pub fn get(
        &self,
        shape: &OcelShape,
        side: OcelSide,
        text: &[u8],
        start: usize,
        len: usize,
    ) -> Option<usize> {
        let index = self.0[side as usize][place(text, start, len)];
        let of = shape.types(side).get(index)?;
        short::equal(of.name.as_bytes(), &text[start..start + len]).then_some(index)
    }

    /// Remembers a type by the piece that is its name.
    pub fn put(&mut self, side: OcelSide, text: &[u8], start: usize, len: usize, index: usize) {
        self.0[side as usize][place(text, start, len)] = index;
    }

    /// The type of this name, remembered or not.
    pub fn find(&mut self, shape: &OcelShape, side: OcelSide, name: &[u8]) -> Option<usize> {
        self.get(shape, side, name, 0, name.len()).or_else(|| {
            let found = shape.find(side, std::str::from_utf8(name).ok()?)?;
            self.put(side, name, 0, name.len(), found);
            Some(found)
        })
    }
}

#[inline]
fn place(text: &[u8], start: usize, len: usize) -> usize {
    hash_piece(0, text, start, len) as usize % RECENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_their_names_however_many_share_a_place() {
        let names: Vec<String> = (0..500).map(|number| format!("type {number}")).collect();
        let mut shape = OcelShape::default();
        for name in &names {
            shape.add(OcelSide::Object, name, true);
        }
        let mut recent = RecentTypes::default();
        for _ in 0..2 {
            for (index, name) in names.iter().enumerate() {
                assert_eq!(recent.find(&shape, OcelSide::Object, name.as_bytes()), Some(index));
                assert_eq!(recent.get(&shape, OcelSide::Object, name.as_bytes(), 0, name.len()), Some(index));
                assert_eq!(recent.find(&shape, OcelSide::Event, name.as_bytes()), None);
            }
        }
        assert_eq!(recent.find(&shape, OcelSide::Object, b"type"), None);
        assert_eq!(recent.find(&shape, OcelSide::Object, b"type \xff"), None);
        assert_eq!(recent.get(&shape, OcelSide::Object, b"a type 499 b", 2, 8), Some(499));
    }
}
