//! Texts and their numbers: equal texts have the same number, new ones get the next.

use crate::encode::intern::Interner;

/// A set of texts with numbers.
#[derive(Debug, Default)]
pub(crate) struct Words {
    interner: Interner,
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Words {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text with this number; empty for a number that was not given.
    #[inline]
    pub fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends.get(number - 1).copied().unwrap_or_default() };
        let end = self.ends.get(number).copied().unwrap_or(start);
        &self.bytes[start..end]
    }

    /// The number of a text, and whether it is new.
    #[inline]
    pub fn intern(&mut self, text: &[u8]) -> (u32, bool) {
        let hash = self.interner.hash_text(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        let (number, is_new) = self.interner.intern(hash, |number| {
            let number = number as usize;
            let start = if number == 0 { 0 } else { ends[number - 1] };
            bytes[start..ends[number]] == *text
        });
        if is_new {
            self.bytes.extend_from_slice(text);
            self.ends.push(self.bytes.len());
        }
        (number, is_new)
    }

    /// Forgets all texts.
    pub fn clear(&mut self) {
        self.interner.clear();
        self.bytes.clear();
        self.ends.clear();
    }

    /// The texts in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|number| self.get(number as u32))
    }

    /// The texts of both sets; for each text of the other the number that it has here.
    pub fn join(&mut self, other: &Self) -> Vec<u32> {
        other.iter().map(|text| self.intern(text).0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_number_and_empty_text_is_one() {
        let mut words = Words::default();
        assert_eq!(words.intern(b"").0, 0);
        assert_eq!(words.intern(b"a"), (1, true));
        assert_eq!(words.intern(b""), (0, false));
        assert_eq!(words.intern(b"a"), (1, false));
        assert_eq!((words.get(0), words.get(1)), (&b""[..], &b"a"[..]));
        let mut other = Words::default();
        other.intern(b"b");
        other.intern(b"a");
        assert_eq!(words.join(&other), [2, 1]);
        words.clear();
        assert_eq!((words.len(), words.intern(b"z")), (0, (0, true)));
    }
}
