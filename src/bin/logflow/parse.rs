//! Words of the command line to values. Each says what it expected when it can't.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use logflow::error::Error;
use logflow::mmap::encoding_for;
use logflow::model::time_format::TimeFormat;
use logflow::model::zone::ZoneRule;
use logflow::options::{InputFormat, parse_size};
use logflow::source::formats::{format_named, formats};
use logflow::text::row::FormatRow;

/// A byte with a meaning in the grammar, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub Option<u8>);

/// The bytes of a delimiter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiter(pub Vec<u8>);

/// Column names of a comma-separated list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList(pub Vec<String>);

/// Anything the library reads from a word.
pub fn checked<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(sentence)
}

/// The error without its code: the command line's own errors have none.
fn sentence(error: Error) -> String {
    match error.help_text() {
        Some(help) => format!("{}; {help}", error.what()),
        None => error.what().to_owned(),
    }
}

/// A format of the registry.
pub fn format() -> impl TypedValueParser<Value = &'static FormatRow> {
    one_of(|_| true)
}

/// The names that `--from` accepts, with what each is: for completions alone, because a help text with it would put every
/// flag on lines of its own.
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
    let bytes = match text.to_ascii_lowercase().as_str() {
        "tab" => b"\t".to_vec(),
        "comma" => b",".to_vec(),
        "semicolon" => b";".to_vec(),
        "pipe" => b"|".to_vec(),
        "space" => b" ".to_vec(),
        _ => unescaped(text)?,
    };
    if bytes.is_empty() || bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err("expected a delimiter such as , or ; or tab, not a line end".to_owned());
    }
    Ok(Delimiter(bytes))
}

/// Parses one ASCII character, or `none`.
pub fn mark(text: &str) -> Result<Mark, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Mark(None));
    }
    match unescaped(text).as_deref() {
        _ if text == "\\" => Ok(Mark(Some(b'\\'))),
        Ok([byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Mark(Some(*byte))),
        _ => Err("expected one ASCII character, or none".to_owned()),
    }
}

/// `\t`, `\\` and `\x1f` to bytes; everything else as it is.
fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || "expected \\t, \\\\ or \\x and two hexadecimal digits after the backslash".to_owned();
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let taken = match rest.as_bytes() {
            [b't', ..] => {
                out.push(b'\t');
                1
            }
            [b'\\', ..] => {
                out.push(b'\\');
                1
            }
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(u8::from_str_radix(&rest[1..3], 16).map_err(|_| wrong())?);
                3
            }
            _ => return Err(wrong()),
        };
        rest = &rest[taken..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// Names between commas; one that has a comma itself stands between double quotes, doubled within.
pub fn names(text: &str) -> Result<NameList, String> {
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_name(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        names.push(name);
        rest = match after.strip_prefix(',') {
            Some("") => return Err("expected a name after the last comma".to_owned()),
            Some(more) => more,
            None if after.is_empty() => after,
            None => return Err("expected a comma after the closing quote".to_owned()),
        };
    }
    Ok(NameList(names))
}

fn quoted_name(text: &str) -> Result<(String, &str), String> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"').ok_or("expected a closing quote")?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Ok((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_read_by_name_and_by_escape() {
        for (text, bytes) in [
            ("\\t", &b"\t"[..]),
            ("tab", b"\t"),
            ("||", b"||"),
            ("\\x1f", b"\x1f"),
            ("¦", "¦".as_bytes()),
            (";", b";"),
        ] {
            assert_eq!(delimiter(text).unwrap().0, bytes, "{text}");
        }
        for text in ["", "\n", "\\q", "\\x1", "\\x0a"] {
            assert!(delimiter(text).is_err(), "{text:?}");
        }
    }

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

    #[test]
    fn a_mark_is_one_character_or_none() {
        assert_eq!(mark("'").unwrap(), Mark(Some(b'\'')));
        assert_eq!(mark("\\").unwrap(), Mark(Some(b'\\')));
        assert_eq!(mark("none").unwrap(), Mark(None));
        assert!(mark("ab").is_err());
        assert!(mark("é").is_err());
        assert!(mark("").is_err());
    }

    #[test]
    fn names_may_hold_commas_between_quotes() {
        let read = |text| names(text).map(|names| names.0);
        assert_eq!(read("a,b c").unwrap(), ["a", "b c"]);
        assert_eq!(read("\"a,b\",c").unwrap(), ["a,b", "c"]);
        assert_eq!(read("\"say \"\"x\"\"\"").unwrap(), ["say \"x\""]);
        assert_eq!(read("").unwrap(), [""; 0]);
        assert!(read("a,").is_err());
        assert!(read("\"a").is_err());
        assert!(read("\"a\"b").is_err());
    }
}
