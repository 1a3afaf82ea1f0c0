//! How many cases a sample has, and what they are divided by, as people write it.

use std::fmt;
use std::str::FromStr;

use crate::error::{Code, Error, Result};
use crate::step::cases::values::Share;

/// Cases that a sample may be asked for: their hashes are in memory, 16 bytes each and up to twice as many.
const MOST_CASES: u64 = 50_000_000;

/// How many cases a sample has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleSize {
    /// About this share of the cases; with strata exactly this share, rounded.
    Share(Share),
    /// So many cases, or all if there are fewer.
    Cases(u64),
}

impl fmt::Display for SampleSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cases(cases) => cases.fmt(f),
            Self::Share(share) => share.fmt(f),
        }
    }
}

impl FromStr for SampleSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.contains('%') {
            return text.parse().map(Self::Share);
        }
        let wrong = |help: String| {
            let what =
                format!("expected a number of cases such as 1000, or a share such as 10%, found {text:?}");
            Error::new(Code::Usage, what).help(help)
        };
        match text.trim().parse::<u64>() {
            Ok(cases @ 1..=MOST_CASES) => Ok(Self::Cases(cases)),
            Ok(0) => Err(wrong("a sample has at least one case".to_owned())),
            Ok(_) => Err(wrong(format!(
                "a number of cases may be up to {MOST_CASES}, because their hashes are in memory; give a share"
            ))),
            Err(_) => Err(wrong("write a whole number, or a percentage".to_owned())),
        }
    }
}

/// What cases are divided by before a sample is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stratum {
    /// The sequence of their activities.
    Variant,
    /// The month, in UTC, of their first event.
    Month,
    /// The value of a column, that of the first event that has one.
    Attribute(String),
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variant => f.write_str("variant"),
            Self::Month => f.write_str("month"),
            Self::Attribute(column) => write!(f, "attribute:{column}"),
        }
    }
}

impl FromStr for Stratum {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match (text, text.strip_prefix("attribute:")) {
            ("variant", _) => Ok(Self::Variant),
            ("month", _) => Ok(Self::Month),
            (_, Some(column)) if !column.is_empty() => Ok(Self::Attribute(column.to_owned())),
            _ => Err(Error::new(
                Code::Usage,
                format!("expected variant, month or attribute:COLUMN, found {text:?}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_strata_are_read_and_written_and_mistakes_are_told() {
        for (text, written) in [("10%", "10%"), ("0.5 %", "0.5%"), ("7", "7"), (" 12 ", "12")] {
            assert_eq!(text.parse::<SampleSize>().unwrap().to_string(), written);
        }
        for text in ["", "0", "-1", "0%", "101%", "1e3", "10 cases", "60000000", "1.5"] {
            assert!(text.parse::<SampleSize>().is_err(), "{text}");
        }
        for text in ["variant", "month", "attribute:Country: of birth"] {
            assert_eq!(text.parse::<Stratum>().unwrap().to_string(), text);
        }
        for text in ["", "attribute", "attribute:", "year"] {
            assert!(text.parse::<Stratum>().is_err(), "{text}");
        }
    }
}
