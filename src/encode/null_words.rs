//! Words that stand for nothing: in CSV nothing else can say so.

use std::sync::Arc;

/// Words that stand for nothing in a column that is not text.
const NULL_WORDS: [&str; 15] =
    ["NULL", "null", "Null", "NA", "N/A", "n/a", "#N/A", "NIL", "nil", "None", "none", "-", "--", "\\N", "?"];

/// The set of words that mean null.
#[derive(Debug, Clone)]
pub struct NullWords {
    words: Arc<[Box<[u8]>]>,
    /// Whether they mean null in text as well.
    pub in_text: bool,
}

impl NullWords {
    /// The usual words, which text keeps as they are.
    pub fn usual() -> Self {
        Self { words: NULL_WORDS.iter().map(|word| word.as_bytes().into()).collect(), in_text: false }
    }

    /// A set without words: no text means null.
    pub fn none() -> Self {
        Self { words: Arc::new([]), in_text: false }
    }

    /// These words and no others, in text as well.
    pub fn these(words: &[String]) -> Self {
        Self { words: words.iter().map(|word| word.as_bytes().into()).collect(), in_text: true }
    }

    /// Whether the value is one of them.
    pub fn contains(&self, value: &[u8]) -> bool {
        self.words.iter().any(|word| **word == *value)
    }
}
