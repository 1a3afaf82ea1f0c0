//! Keys as small numbers: those of globals, those that an element has had so far. A log repeats its keys, so
//! few are held.

use std::collections::{HashMap, HashSet};

use crate::error::{Code, Error, Result};

/// Bytes of distinct keys and prefixes that are held. A log of ten thousand columns has well under one MiB.
const HELD_BYTES: usize = 16 << 20;
/// Keys up to which looking through a list beats hashing.
const FEW: usize = 16;

/// A key or a prefix.
pub type Name = u32;

/// Gives each text its number.
#[derive(Debug, Default)]
pub struct NameSets {
    numbers: HashMap<Box<str>, Name>,
    bytes: usize,
}

impl NameSets {
    /// The number of a text, a new one if it wasn't seen before.
    ///
    /// # Errors
    /// [`Code::TooManyColumns`] beyond 16 MiB of distinct texts.
    pub fn number(&mut self, text: &str) -> Result<Name> {
        if let Some(number) = self.numbers.get(text) {
            return Ok(*number);
        }
        self.bytes += text.len() + size_of::<(Box<str>, Name)>();
        if self.bytes > HELD_BYTES {
            let limit = HELD_BYTES >> 20;
            return Err(Error::new(
                Code::TooManyColumns,
                format!("over {limit} MiB of distinct attribute keys"),
            ));
        }
        let number = self.numbers.len() as Name;
        self.numbers.insert(text.into(), number);
        Ok(number)
    }
}

/// A set of names that is emptied and used again.
#[derive(Debug, Default)]
pub struct Set {
    few: Vec<Name>,
    many: HashSet<Name>,
}

impl Set {
    /// Adds a name; says whether it is new.
    pub fn insert(&mut self, name: Name) -> bool {
        if self.contains(name) {
            return false;
        }
        if self.few.len() < FEW {
            self.few.push(name);
            return true;
        }
        self.many.insert(name)
    }

    /// Whether a name was added.
    pub fn contains(&self, name: Name) -> bool {
        self.few.contains(&name) || (!self.many.is_empty() && self.many.contains(&name))
    }

    /// Removes all names, but keeps the memory.
    pub fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_tells_new_names_from_old_ones_however_many() {
        let mut set = Set::default();
        for _ in 0..2 {
            for name in 0..100 {
                assert!(set.insert(name));
                assert!(!set.insert(name) && set.contains(name) && !set.contains(name + 1));
            }
            set.clear();
            assert!(!set.contains(0) && !set.contains(99));
        }
    }

    #[test]
    fn distinct_keys_without_end_are_refused() {
        let mut names = NameSets::default();
        let long = "k".repeat(1 << 20);
        let failed = (0..20).find_map(|number| names.number(&format!("{long}{number}")).err()).unwrap();
        assert_eq!(failed.code(), Code::TooManyColumns);
        assert!((0..1_000_000).all(|_| NameSets::default().number("a").is_ok()));
    }
}
