//! Ranges that values of rows must be in, or else the rows are removed: what lets a source leave rows unread.

/// A column, and the range that a value of a row must be in for the row to stay. A row without a value is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRange {
    /// The position of the column in its table.
    pub column: usize,
    /// The values that may pass.
    pub range: ValueRange,
}

/// Values from one to another, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueRange {
    /// Whole numbers, days or times, as the type of the column counts them.
    Whole(i128, i128),
    /// Texts, in the order of their bytes; `None` is no bound.
    Text(Option<Vec<u8>>, Option<Vec<u8>>),
}

impl ValueRange {
    /// Whether values from `low` to `high`, both included, may be in the range.
    pub fn meets(&self, low: i128, high: i128) -> bool {
        match self {
            Self::Whole(from, to) => low <= *to && high >= *from,
            Self::Text(..) => true,
        }
    }

    /// The same for texts.
    pub fn meets_text(&self, low: &[u8], high: &[u8]) -> bool {
        match self {
            Self::Whole(..) => true,
            Self::Text(from, to) => {
                to.as_deref().is_none_or(|to| low <= to) && from.as_deref().is_none_or(|from| high >= from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_meet_if_they_share_a_value() {
        let whole = ValueRange::Whole(10, 20);
        assert!(whole.meets(20, 30) && whole.meets(0, 10) && whole.meets(12, 13) && whole.meets(0, 99));
        assert!(!whole.meets(21, 30) && !whole.meets(0, 9));
        let text = ValueRange::Text(Some(b"b".to_vec()), None);
        assert!(text.meets_text(b"a", b"b") && !text.meets_text(b"a", b"az"));
        let text = ValueRange::Text(None, Some(b"b".to_vec()));
        assert!(text.meets_text(b"b", b"z") && !text.meets_text(b"ba", b"z"));
    }
}
