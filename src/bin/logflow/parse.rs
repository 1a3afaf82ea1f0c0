//! Words of the command line to values. Each says what it expected when it can't.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use logflow::error::Error;
use logflow::mmap::encoding_for;
use logflow::model::time_format::TimeFormat;
use logflow::model::value::DateOrder;
use logflow::model::zone::ZoneRule;
use logflow::options::{Choice, InputFormat, parse_delimiter, parse_mark, parse_names, parse_size};
use logflow::source::formats::{format_named, formats};
use logflow::text::row::FormatRow;
use logflow_generate::Plant;

use crate::fail::FLAGS;

/// The bytes of a delimiter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiter(pub Vec<u8>);

/// A character with a meaning in the dialect, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub Option<u8>);

/// Whether the first record names the columns; `None`: it is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderChoice(pub Option<bool>);

/// Column names of a comma-separated list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList(pub Vec<String>);

/// Anything the library reads from a word.
pub fn checked<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(sentence)
}

/// A day such as `2024-05-01`, as the seconds of its end since 1970.
pub fn day(text: &str) -> Result<i64, String> {
    let days = logflow::model::time::parse_date(text.as_bytes(), DateOrder::Ymd);
    let days = days.ok_or_else(|| format!("expected a day such as 2024-05-01, found {text:?}"))?;
    Ok(i64::from(days) * 86_400)
}

/// A time, a day or a span until now, in nanoseconds since 1970.
pub fn since(text: &str) -> Result<i64, String> {
    const SECOND: i64 = 1_000_000_000;
    let wrong = || format!("expected a day, a time with its zone, or a span such as 7d, found {text:?}");
    if let Some(days) = logflow::model::time::parse_date(text.as_bytes(), DateOrder::Ymd) {
        return (i64::from(days) * 86_400).checked_mul(SECOND).ok_or_else(wrong);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return i64::try_from(time.as_nanosecond()).map_err(|_| wrong());
    }
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let span = digits.parse::<i64>().ok().filter(|it| *it >= 0).and_then(|it| it.checked_mul(unit));
    let start = span.and_then(|it| logflow::machine::now().checked_sub(it));
    start.and_then(|it| it.checked_mul(SECOND)).ok_or_else(wrong)
}

/// The error without its code: the command line's own errors have none.
pub fn sentence(error: Error) -> String {
    error.spelled(FLAGS).sentence()
}

/// One of the words that the library knows for a choice.
pub fn word<T: Choice + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::WORDS.iter().map(|(word, _)| *word)).try_map(|word| T::from_word(&word))
}

/// Whether the first record names the columns.
pub fn header() -> impl TypedValueParser<Value = HeaderChoice> {
    word::<Option<bool>>().map(HeaderChoice)
}

/// A format of the registry.
pub fn format() -> impl TypedValueParser<Value = &'static FormatRow> {
    one_of(|_| true)
}

/// The names that `--from` accepts, with what each is: for completions alone, because a help text with it
/// would put every flag on lines of its own.
pub fn described_formats() -> PossibleValuesParser {
    PossibleValuesParser::new(formats().map(|row| PossibleValue::new(row.name).help(row.about)))
}

/// A format that has a standard.
pub fn format_with_standard() -> impl TypedValueParser<Value = &'static FormatRow> {
    one_of(|row| row.has_standard)
}

/// A format that a choice takes.
fn one_of(is_chosen: fn(&FormatRow) -> bool) -> impl TypedValueParser<Value = &'static FormatRow> {
    let names = formats().filter(|row| is_chosen(row)).map(|row| row.name);
    PossibleValuesParser::new(names).try_map(|name| format_named(&InputFormat::from(name)))
}

/// A size in bytes.
pub fn size(text: &str) -> Result<u64, String> {
    parse_size(text).map_err(sentence)
}

/// A whole number, in units, thousands (k), millions (M) or billions (G).
pub fn number(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.as_bytes() {
        [digits @ .., b'k' | b'K'] => (digits.len(), 1_000),
        [digits @ .., b'M'] => (digits.len(), 1_000_000),
        [digits @ .., b'G'] => (digits.len(), 1_000_000_000),
        all => (all.len(), 1),
    };
    let number = text[..digits].parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    number.ok_or_else(|| "expected a whole number such as 1000, 10k or 1M".to_owned())
}

/// A share from 0 to 1, or a percentage.
pub fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    match share {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share such as 0.01 or 1%".to_owned()),
    }
}

/// One of the words that the generator knows for a choice.
pub fn generated<T: logflow_generate::Word + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::WORDS.iter().map(|(word, _)| *word)).try_map(|word| T::from_word(&word))
}

/// A pattern to plant, with its share.
pub fn plant(text: &str) -> Result<Plant, String> {
    text.parse().map_err(|error: logflow_generate::Error| error.to_string())
}

/// Parses the value of `--timezone`.
pub fn zone(text: &str) -> Result<ZoneRule, String> {
    ZoneRule::parse(text).map_err(sentence)
}

/// A number of threads: at least one, and few enough that a slip of the finger is noticed.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=4096) => Ok(number),
        _ => Err("expected a number from 1 to 4096".to_owned()),
    }
}

/// The label of an encoding that is known.
pub fn encoding(text: &str) -> Result<String, String> {
    encoding_for(text).map(|_| text.to_owned()).map_err(sentence)
}

/// A layout of timestamps that gives a date.
pub fn timestamp_format(text: &str) -> Result<String, String> {
    TimeFormat::compile(text).map(|_| text.to_owned()).map_err(sentence)
}

/// A delimiter of one or more bytes.
pub fn delimiter(text: &str) -> Result<Delimiter, String> {
    parse_delimiter(text).map(Delimiter).map_err(sentence)
}

/// Parses one ASCII character, or `none`.
pub fn mark(text: &str) -> Result<Mark, String> {
    parse_mark(text).map(Mark).map_err(sentence)
}

/// Names between commas; one that has a comma itself stands between double quotes, doubled within.
pub fn names(text: &str) -> Result<NameList, String> {
    parse_names(text).map(NameList).map_err(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_shares_have_short_forms() {
        for (text, value) in [("7", 7), ("10k", 10_000), ("2M", 2_000_000), ("1G", 1_000_000_000)] {
            assert_eq!(number(text).unwrap(), value, "{text}");
        }
        for text in ["", "k", "1.5M", "-1", "99999999999G"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert_eq!(share("1%").unwrap(), 0.01);
        assert_eq!(share("0.5").unwrap(), 0.5);
        assert!(share("2").is_err());
        assert!(share("NaN").is_err());
    }
}
