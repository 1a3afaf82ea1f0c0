//! Chooses which events are damaged, and how. The choice is drawn from a random stream of its own, so that
//! the other rows are the same as in a clean log.
//!
//! How a damaged event looks depends on the format: its writer makes the damage, and draws the place from the
//! same stream.

use std::ops::Range;

use super::rng::Rng;

/// Damage to a row of CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Damage {
    /// The row has one field too many.
    ExtraField,
    /// The row has one field too few.
    MissingField,
    /// A stray quote before a field, in it, or around its beginning.
    StrayQuote,
    /// A byte that is not valid UTF-8.
    InvalidUtf8,
    /// A text has a NUL byte in it.
    NulByte,
    /// A timestamp that is not valid.
    BadTimestamp,
    /// Text in a column of numbers.
    TextInNumber,
}

impl Damage {
    /// All kinds of damage. Their order matters: another order gives another log for the same seed.
    pub const ALL: [Damage; 7] = [
        Damage::ExtraField,
        Damage::MissingField,
        Damage::StrayQuote,
        Damage::InvalidUtf8,
        Damage::NulByte,
        Damage::BadTimestamp,
        Damage::TextInNumber,
    ];
}

/// Damage to an element of XES. All but the last two make the XML malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementDamage {
    /// A tag that is never closed: without its slash, without its end, or an event without its end tag.
    UnclosedTag,
    /// An ampersand that begins neither an entity of XML nor a valid character reference.
    BadEntity,
    /// A value without its closing quote.
    OpenValue,
    /// A value has a `<` that is not escaped.
    BareLess,
    /// A byte that is not valid UTF-8.
    InvalidUtf8,
    /// A character that XML does not allow.
    ControlCharacter,
    /// A date that is not valid.
    BadDate,
    /// A float, a boolean or an id that is not valid.
    BadValue,
}

impl ElementDamage {
    /// All kinds of damage. Their order matters: another order gives another log for the same seed.
    pub const ALL: [ElementDamage; 8] = [
        ElementDamage::UnclosedTag,
        ElementDamage::BadEntity,
        ElementDamage::OpenValue,
        ElementDamage::BareLess,
        ElementDamage::InvalidUtf8,
        ElementDamage::ControlCharacter,
        ElementDamage::BadDate,
        ElementDamage::BadValue,
    ];
}

/// Damage to an object of JSON. All but the last two make the JSON malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectDamage {
    /// A line that ends too early: in a text, or before its brace.
    Unfinished,
    /// A comma too many: at the beginning, between two members, at the end.
    StrayComma,
    /// A string without its closing quote.
    OpenString,
    /// An unknown escape, or half of a surrogate pair.
    BadEscape,
    /// A byte that is not valid UTF-8.
    InvalidUtf8,
    /// A control character that isn't escaped.
    ControlCharacter,
    /// A number, a boolean or a null as other languages write it.
    NoJsonValue,
    /// A timestamp that is not valid.
    BadTimestamp,
    /// Text in a column of numbers.
    TextInNumber,
}

impl ObjectDamage {
    /// All kinds of damage. Their order matters: another order gives another log for the same seed.
    pub const ALL: [ObjectDamage; 9] = [
        ObjectDamage::Unfinished,
        ObjectDamage::StrayComma,
        ObjectDamage::OpenString,
        ObjectDamage::BadEscape,
        ObjectDamage::InvalidUtf8,
        ObjectDamage::ControlCharacter,
        ObjectDamage::NoJsonValue,
        ObjectDamage::BadTimestamp,
        ObjectDamage::TextInNumber,
    ];
}

/// Draws damages at a given rate.
#[derive(Debug)]
pub struct Dirt {
    /// Random numbers for the place and shape of the damage.
    pub rng: Rng,
    /// The share of damaged events in units of 2^-32, so that a draw is compared as an integer.
    rate: u64,
}

impl Dirt {
    /// Damages a share of events, 0 to 1.
    pub fn new(share: f64, seed: u64) -> Self {
        // A constant keeps the stream apart from that of the log's own seed.
        Self { rng: Rng::new(!seed).split(), rate: (share * (1u64 << 32) as f64) as u64 }
    }

    /// The damage of the next event, one of `kinds`; `None` if it is not damaged.
    #[inline]
    pub fn draw<D: Copy>(&mut self, kinds: &[D]) -> Option<D> {
        (self.rate > 0 && self.rng.bits() >> 32 < self.rate).then(|| self.rng.pick(kinds))
    }
}

/// Inserts bytes at `at`.
pub fn insert(text: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    text.splice(at..at, bytes.iter().copied());
}

/// A random place in a value, its end included.
pub fn place(value: &Range<usize>, rng: &mut Rng) -> usize {
    value.start + rng.below(value.len() as u64 + 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn drawn(share: f64) -> Vec<Damage> {
        let mut dirt = Dirt::new(share, 1);
        (0..10_000).filter_map(|_| dirt.draw(&Damage::ALL)).collect()
    }

    #[test]
    fn damages_come_at_their_rate_and_of_every_kind() {
        assert_eq!(drawn(0.0).len(), 0);
        assert_eq!(drawn(1.0).len(), 10_000);
        let some = drawn(0.1);
        assert!((900..1100).contains(&some.len()), "{}", some.len());
        assert_eq!(some.iter().collect::<HashSet<_>>().len(), Damage::ALL.len());
    }
}
