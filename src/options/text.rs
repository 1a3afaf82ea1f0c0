//! Values of options as a person writes them: sizes, delimiters, single characters, lists of names.

use std::fmt::Write;

use crate::error::{Code, Error, Result};

/// Names of delimiters that are hard to write or to read.
const DELIMITERS: [(&str, u8); 5] =
    [("tab", b'\t'), ("comma", b','), ("semicolon", b';'), ("pipe", b'|'), ("space", b' ')];

/// Units of sizes, the largest first, with the factor of each.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// Sizes from here on are refused, in bytes: they are slips of the finger.
const LARGEST_SIZE: f64 = 1e18;

fn usage(what: impl Into<String>) -> Error {
    Error::new(Code::Usage, what)
}

/// Reads a size in bytes: `1048576`, `64MB`, `64MiB`, `1.5GiB`, `512k`. MB counts thousands, MiB and M count
/// 1024s.
///
/// # Errors
/// [`Code::Usage`] for anything else.
pub fn parse_size(text: &str) -> Result<u64> {
    let wrong = || {
        usage(format!("expected a size, found {text:?}"))
            .help("write a number of bytes, or one with KiB, MiB, GiB, kB, MB or GB")
    };
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let factor: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    let bytes = number * factor as f64;
    if !bytes.is_finite() || bytes >= LARGEST_SIZE {
        return Err(wrong());
    }
    // A whole number is not rounded as a float would be.
    let exact = text[..digits].parse::<u64>().ok().and_then(|whole| whole.checked_mul(factor));
    Ok(exact.unwrap_or(bytes as u64))
}

/// A size as [`parse_size`] reads it, in the largest unit that gives a whole number.
pub fn size_text(bytes: u64) -> String {
    let unit = UNITS.iter().find(|(_, factor)| bytes > 0 && bytes % factor == 0);
    unit.map_or_else(|| bytes.to_string(), |(name, factor)| format!("{}{name}", bytes / factor))
}

/// Reads a delimiter of one or more bytes: its characters, its name (`tab`), `\t` or `\x1f`.
///
/// # Errors
/// [`Code::Usage`] for no byte, a line end or an unknown escape.
pub fn parse_delimiter(text: &str) -> Result<Vec<u8>> {
    let named = DELIMITERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    let bytes = match named {
        Some((_, byte)) => vec![*byte],
        None => unescaped(text)?,
    };
    if bytes.is_empty() || bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(usage("expected a delimiter such as , or ; or tab, not a line end"));
    }
    Ok(bytes)
}

/// A delimiter as [`parse_delimiter`] reads it.
pub fn delimiter_text(bytes: &[u8]) -> String {
    match bytes {
        b"\t" => return "tab".to_owned(),
        b" " => return "space".to_owned(),
        _ => {}
    }
    let text = escaped(bytes);
    match text.chars().next() {
        // The letters of a name are not the delimiter of that name.
        Some(first) if DELIMITERS.iter().any(|(name, _)| name.eq_ignore_ascii_case(&text)) => {
            format!("\\x{:02x}{}", u32::from(first), &text[first.len_utf8()..])
        }
        _ => text,
    }
}

/// Reads one ASCII character, or `none`.
///
/// # Errors
/// [`Code::Usage`] for anything else.
pub fn parse_mark(text: &str) -> Result<Option<u8>> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    match unescaped(text).as_deref() {
        _ if text == "\\" => Ok(Some(b'\\')),
        Ok([byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Some(*byte)),
        _ => Err(usage("expected one ASCII character, or none")),
    }
}

/// One character as [`parse_mark`] reads it, or `none`.
pub fn mark_text(mark: Option<u8>) -> String {
    mark.map_or_else(|| "none".to_owned(), |byte| escaped(&[byte]))
}

/// `\t`, `\\` and `\x1f` to bytes; everything else as it is.
fn unescaped(text: &str) -> Result<Vec<u8>> {
    let wrong = || usage("expected \\t, \\\\ or \\x and two hexadecimal digits after the backslash");
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

/// Bytes as `unescaped` reads them: control characters, and bytes that are not UTF-8, in hexadecimal digits.
fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => out.push_str("\\t"),
                '\\' => out.push_str("\\\\"),
                c if c.is_ascii_control() => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Reads names between commas; a name that has a comma itself stands between double quotes, doubled within.
///
/// # Errors
/// [`Code::Usage`] for a quote that is not closed or a comma at the end.
pub fn parse_names(text: &str) -> Result<Vec<String>> {
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
            Some("") => return Err(usage("expected a name after the last comma")),
            Some(more) => more,
            None if after.is_empty() => after,
            None => return Err(usage("expected a comma after the closing quote")),
        };
    }
    Ok(names)
}

fn quoted_name(text: &str) -> Result<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"').ok_or_else(|| usage("expected a closing quote"))?;
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

/// A text as a basic string of TOML 1.0.
pub fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("1", 1), ("64MB", 64_000_000), ("64MiB", 64 << 20), ("1.5k", 1536)] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "MB", "-1", "1 parsec", "1e9", "9999999999GiB"] {
            assert_eq!(parse_size(text).unwrap_err().code(), Code::Usage, "{text}");
        }
    }

    #[test]
    fn a_size_is_written_in_the_largest_unit_that_keeps_it_exact() {
        for (bytes, text) in [
            (0, "0"),
            (1, "1"),
            (16 << 20, "16MiB"),
            (3 << 30, "3GiB"),
            (9_007_199_254_740_993, "9007199254740993"),
        ] {
            assert_eq!(size_text(bytes), text);
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn toml_reads_back_each_string() {
        for text in ["", "a \"b\" \\ c", "line\nend\ttab\u{7f}\u{85}", "Fälle"] {
            let read: toml::Table = format!("a = {}", toml_string(text)).parse().unwrap();
            assert_eq!(read["a"].as_str(), Some(text));
        }
    }

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
            assert_eq!(parse_delimiter(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "\n", "\\q", "\\x1", "\\x0a"] {
            assert!(parse_delimiter(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn delimiters_are_written_so_that_they_are_read_back() {
        for (bytes, text) in [
            (&b"\t"[..], "tab"),
            (b" ", "space"),
            (b"\\t", "\\\\t"),
            (b"\x1f\xff;", "\\x1f\\xff;"),
            (b"Tab", "\\x54ab"),
            ("¦\t".as_bytes(), "¦\\t"),
        ] {
            assert_eq!(delimiter_text(bytes), text);
            assert_eq!(parse_delimiter(text).unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn a_mark_is_one_character_or_none() {
        for (text, mark) in [("'", Some(b'\'')), ("\\", Some(b'\\')), ("none", None), ("\\t", Some(b'\t'))] {
            assert_eq!(parse_mark(text).unwrap(), mark, "{text}");
            assert_eq!(parse_mark(&mark_text(mark)).unwrap(), mark, "{text}");
        }
        for text in ["ab", "é", "", "\\x0a"] {
            assert!(parse_mark(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_may_hold_commas_between_quotes() {
        assert_eq!(parse_names("a,b c").unwrap(), ["a", "b c"]);
        assert_eq!(parse_names("\"a,b\",c").unwrap(), ["a,b", "c"]);
        assert_eq!(parse_names("\"say \"\"x\"\"\"").unwrap(), ["say \"x\""]);
        assert_eq!(parse_names("").unwrap(), [""; 0]);
        assert!(parse_names("a,").is_err());
        assert!(parse_names("\"a").is_err());
        assert!(parse_names("\"a\"b").is_err());
    }
}
