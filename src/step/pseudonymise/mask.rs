//! Masks: a fixed text in the place of each value, or its first or last characters.

use crate::error::{Code, Error, Result};

/// What stands for characters that are not shown. Always the same: how many there were is not shown either.
const HIDDEN: &str = "***";

/// How a value is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// The same text for all values.
    Text(String),
    /// The first characters stay.
    First(usize),
    /// The last characters stay.
    Last(usize),
}

impl Mask {
    /// The mask that a person writes: `first:2`, `last:4`, `text:X`.
    ///
    /// # Errors
    /// [`Code::Usage`] for another word, or for a number that is none.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Code::Usage, format!("expected first:N, last:N or text:TEXT, found {text:?}"))
                .help("write for example phone=last:3 or name=text:X")
        };
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        let number = || rest.parse::<usize>().map_err(|_| wrong());
        Ok(match kind {
            "text" => Self::Text(rest.to_owned()),
            "first" => Self::First(number()?),
            "last" => Self::Last(number()?),
            _ => return Err(wrong()),
        })
    }

    /// Puts the masked value into `out`. A value that is no longer than what would stay is hidden as a whole.
    pub fn put(&self, value: &str, out: &mut String) {
        let count = value.chars().count();
        match self {
            Self::Text(text) => out.push_str(text),
            Self::First(kept) | Self::Last(kept) if *kept >= count => out.push_str(HIDDEN),
            Self::First(kept) => {
                out.extend(value.chars().take(*kept));
                out.push_str(HIDDEN);
            }
            Self::Last(kept) => {
                out.push_str(HIDDEN);
                out.extend(value.chars().skip(count - kept));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_what_it_says_and_nothing_of_short_values() {
        for (mask, value, expected) in [
            ("first:2", "Zoë", "Zo***"),
            ("first:2", "Zo", "***"),
            ("last:3", "0171 234", "***234"),
            ("last:3", "", "***"),
            ("first:0", "abc", "***"),
            ("text:X", "abc", "X"),
            ("text:", "abc", ""),
        ] {
            let mut out = String::new();
            Mask::parse(mask).unwrap().put(value, &mut out);
            assert_eq!(out, expected, "{mask} {value}");
        }
        for wrong in ["", "first", "first:", "first:-1", "middle:2"] {
            assert_eq!(Mask::parse(wrong).unwrap_err().code(), Code::Usage, "{wrong}");
        }
    }
}
