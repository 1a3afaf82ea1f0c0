//! Options that are one of a few words, such as `mmap` of the option `io`. Each word stands here once: the
//! command line, files and error messages take it from here.

use crate::error::{Code, Error, Result};
use crate::model::roles::Naming;
use crate::model::value::{DateOrder, DecimalMark};
use crate::model::zone::Fold;
use crate::options::{IoMode, NulBytes, UnevenRows};

/// A choice among a few values, each with a word that a person writes.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every value that can be chosen with its word, in the order in which help lists them.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of the value; `None` for a value that nobody can choose.
    fn to_word(self) -> Option<&'static str> {
        Self::WORDS.iter().find(|(_, value)| *value == self).map(|(word, _)| *word)
    }

    /// The value of a word.
    ///
    /// # Errors
    /// [`Code::Usage`] with the words that there are.
    fn from_word(text: &str) -> Result<Self> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
            Error::new(Code::Usage, format!("expected {}, found {text:?}", words.join(" or ")))
        })
    }
}

macro_rules! words {
    ($($type:ty: $($word:literal = $value:expr),+;)*) => {$(
        impl Choice for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $value)),+];
        }
    )*};
}

words! {
    // Whether the first record of CSV names the columns.
    Option<bool>: "yes" = Some(true), "no" = Some(false), "auto" = None;
    UnevenRows: "reject" = Self::Reject, "pad" = Self::Pad, "cut" = Self::Cut, "both" = Self::Both;
    NulBytes: "reject" = Self::Reject, "keep" = Self::Keep;
    DecimalMark: "point" = Self::Point, "comma" = Self::Comma;
    // Years of two digits in front are only found, never asked for.
    DateOrder: "ymd" = Self::Ymd, "dmy" = Self::Dmy, "mdy" = Self::Mdy, "ydm" = Self::Ydm;
    Fold: "reject" = Self::Reject, "earlier" = Self::Earlier, "later" = Self::Later;
    Naming: "source" = Self::Source, "xes" = Self::Xes;
    IoMode: "auto" = Self::Auto, "mmap" = Self::Mmap, "read" = Self::Read;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_back_and_another_is_refused_with_those_there_are() {
        assert_eq!(IoMode::from_word("mmap").unwrap().to_word(), Some("mmap"));
        assert_eq!(Option::<bool>::from_word("auto").unwrap(), None);
        assert_eq!(DateOrder::ShortYmd.to_word(), None);
        let error = Fold::from_word("first").unwrap_err();
        assert_eq!(error.what(), "expected reject or earlier or later, found \"first\"");
    }
}
