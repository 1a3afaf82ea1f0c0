//! What the values of a column came to: the join that names its type, and counts to report.

use crate::encode::census::Census;
use crate::model::kind::Kinds;
use crate::model::readings::Readings;

/// What the values of a column were, added up; joined over shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTally {
    /// The join over all values.
    pub readings: Readings,
    /// Empty fields, quoted or not, that became null.
    pub nulls: u64,
    /// Words for null that became null.
    pub null_words: u64,
    /// Of the nulls, fields with quotes around nothing, in a column that is not text.
    pub quoted_nulls: u64,
    /// Timestamps without a zone.
    pub without_zone: u64,
    /// Leap seconds that were clamped.
    pub leap_seconds: u64,
    /// What the source says the values are.
    pub kinds: Kinds,
    /// The join over those values that are times, whatever the others are. Kept for columns that are said to
    /// hold times, until types are final.
    pub times: Readings,
    /// Whether there was a clock time that does not say one moment.
    pub local: bool,
    /// Of a column of text whose type was not declared, what its values could have been. Kept for the last
    /// pass.
    pub census: Option<Box<Census>>,
}

impl Default for ColumnTally {
    fn default() -> Self {
        Self {
            readings: Readings::ALL,
            nulls: 0,
            null_words: 0,
            quoted_nulls: 0,
            without_zone: 0,
            leap_seconds: 0,
            kinds: Kinds::NONE,
            times: Readings::ALL,
            local: false,
            census: None,
        }
    }
}

impl ColumnTally {
    /// Adds that of what follows in the file, or of another input. `records`: the records of the same input
    /// before it.
    pub fn join(&mut self, other: &Self, records: u64) {
        self.readings &= other.readings;
        self.nulls += other.nulls;
        self.null_words += other.null_words;
        self.quoted_nulls += other.quoted_nulls;
        self.without_zone += other.without_zone;
        self.leap_seconds += other.leap_seconds;
        self.kinds.join(other.kinds);
        self.times &= other.times;
        self.local |= other.local;
        if let Some(later) = &other.census {
            self.census.get_or_insert_default().join(later, records);
        }
    }

    /// As it was before a batch that is read anew, but for what was learned of its times: that counts
    /// whatever becomes of the rows.
    pub fn rewound(self, before: Self) -> Self {
        Self { times: self.times, local: self.local, ..before }
    }
}
