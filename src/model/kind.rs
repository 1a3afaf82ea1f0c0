//! What a source says its values are. CSV says nothing; XES names a type for each value, JSON shows it, and
//! the column's type follows from that.

use arrow::datatypes::DataType;

/// What one value is, by the source's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Text, whatever it looks like.
    Text,
    /// An identifier, such as a UUID: text.
    Id,
    /// A point in time, or a date.
    Time,
    /// A number with a fraction.
    Float,
    /// A number without a fraction.
    Int,
    /// A value that is true or false.
    Bool,
    /// Something nested, as JSON.
    Nested,
    /// Text of a source that has no moments: a moment where all of a column look like one.
    Quoted,
}

impl Kind {
    /// Every kind, the one that a column of several is mainly of before the others.
    pub const ALL: [Self; 8] =
        [Self::Text, Self::Id, Self::Time, Self::Float, Self::Int, Self::Bool, Self::Nested, Self::Quoted];
}

impl Kind {
    /// The kind that values of an Arrow type have.
    pub fn of_arrow(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Bool,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Time,
            DataType::Dictionary(_, value) => Self::of_arrow(value),
            it if it.is_integer() => Self::Int,
            it if it.is_floating() || it.is_decimal() => Self::Float,
            it if it.is_nested() => Self::Nested,
            _ => Self::Text,
        }
    }
}

/// A set of kinds; joined by union, so in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Kinds(u8);

impl Kinds {
    /// The empty set of kinds.
    pub const NONE: Self = Self(0);

    /// The set of a single kind.
    pub const fn of(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    /// Adds a kind to the set.
    #[inline(always)]
    pub fn insert(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    /// Adds those of another set.
    #[inline(always)]
    pub fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether the set is empty.
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set contains `kind`.
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// All but this one.
    pub const fn without(self, kind: Kind) -> Self {
        Self(self.0 & !(1 << kind as u8))
    }

    /// Those in it, the main one first.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }

    /// What a column with these is mainly of.
    pub fn main(self) -> Option<Kind> {
        self.iter().next()
    }
}
