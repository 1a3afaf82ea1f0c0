//! Values as XML Schema writes them (XSD 1.1 part 2): `xs:long`, `xs:double`, `xs:boolean`.
//!
//! A source that names the type of a value means the value and not its digits: `+7`, `007` and ` 7 ` are
//! seven. White space around is collapsed (§4.3.6); words are read in any case, because tools write them so.

use super::number::{parse_exact_integer, parse_float, parse_int};

/// Without the white space of XML at both ends.
fn collapsed(value: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let Some(start) = value.iter().position(|byte| !space(byte)) else { return &[] };
    let end = value.iter().rposition(|byte| !space(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// Reads an `xs:long` (§3.4.16): a sign, digits, leading zeros. `None` for what is none or beyond 64 bits.
#[inline]
pub fn parse_long(value: &[u8]) -> Option<i64> {
    parse_int(value).or_else(|| parse_unusual_long(value))
}

#[cold]
fn parse_unusual_long(value: &[u8]) -> Option<i64> {
    let value = collapsed(value);
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.iter().try_fold(0i64, |sum, digit| {
        let (sum, digit) = (sum.checked_mul(10)?, i64::from(digit - b'0'));
        if negative { sum.checked_sub(digit) } else { sum.checked_add(digit) }
    })
}

/// Reads an `xs:double` (§3.3.5): decimal, exponent, `INF`, `-INF`, `NaN`. `None` also for what would lose
/// digits or overflow: such a value stays text.
#[inline]
pub fn parse_double(value: &[u8]) -> Option<f64> {
    parse_float(value).or_else(|| parse_unusual_double(value))
}

#[cold]
fn parse_unusual_double(value: &[u8]) -> Option<f64> {
    let value = collapsed(value);
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if !matches!(digits, [b'0'..=b'9' | b'.' | b'i' | b'I' | b'n' | b'N', ..]) {
        return None;
    }
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    // One zero stays where nothing else stands before the point.
    let kept = match digits.get(zeros) {
        Some(b'0'..=b'9') => zeros,
        _ => zeros.saturating_sub(1),
    };
    let digits = &digits[kept..];
    let number = parse_float(digits).or_else(|| parse_exact_integer(digits))?;
    Some(if negative { -number } else { number })
}

/// Reads an `xs:boolean` (§3.3.2): `true`, `false`, `1`, `0`, in any case.
#[inline]
pub fn parse_boolean(value: &[u8]) -> Option<bool> {
    match value {
        b"true" | b"1" => Some(true),
        b"false" | b"0" => Some(false),
        _ => match collapsed(value) {
            [b'1'] => Some(true),
            [b'0'] => Some(false),
            word if word.eq_ignore_ascii_case(b"true") => Some(true),
            word if word.eq_ignore_ascii_case(b"false") => Some(false),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs_are_read_in_every_form_and_no_further_than_64_bits() {
        for (text, value) in [
            ("7", Some(7)),
            ("+7", Some(7)),
            (" 7\t", Some(7)),
            ("007", Some(7)),
            ("-0", Some(0)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("", None),
            ("+", None),
            ("- 1", None),
            ("1.0", None),
            ("0x10", None),
        ] {
            assert_eq!(parse_long(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn doubles_are_read_with_their_words() {
        for (text, value) in [
            ("1.5", Some(1.5)),
            ("+1.5", Some(1.5)),
            ("001.5", Some(1.5)),
            ("00", Some(0.0)),
            (".5", Some(0.5)),
            ("9007199254740992", Some(9_007_199_254_740_992.0)),
            ("9007199254740993", None),
            ("-9007199254740994", Some(-9_007_199_254_740_994.0)),
            ("+0009007199254740994", Some(9_007_199_254_740_994.0)),
            ("9223372036854775807", None),
            ("-9223372036854775808", Some(-9_223_372_036_854_775_808.0)),
            ("9223372036854775808", Some(9_223_372_036_854_775_808.0)),
            ("18446744073709551615", None),
            ("100000000000000000000", Some(1e20)),
            ("100000000000000000001", None),
            ("100000000000000000000000", None),
            ("1267650600228229401496703205376", Some(2f64.powi(100))),
            ("-00.5E1", Some(-5.0)),
            ("\n1e3 ", Some(1000.0)),
            ("INF", Some(f64::INFINITY)),
            ("-INF", Some(f64::NEG_INFINITY)),
            ("1,5", None),
            ("1.0.0", None),
            ("--1", None),
            ("", None),
        ] {
            assert_eq!(parse_double(text.as_bytes()), value, "{text}");
        }
        assert!(parse_double(b"NaN").is_some_and(f64::is_nan));
        assert!(parse_double(b"-0").is_some_and(|zero| zero == 0.0 && zero.is_sign_negative()));
    }

    #[test]
    fn booleans_are_words_and_digits() {
        for text in ["true", "TRUE", "1", " true "] {
            assert_eq!(parse_boolean(text.as_bytes()), Some(true), "{text}");
        }
        for text in ["false", "False", "0"] {
            assert_eq!(parse_boolean(text.as_bytes()), Some(false), "{text}");
        }
        for text in ["", "yes", "2", "o.O", "01"] {
            assert_eq!(parse_boolean(text.as_bytes()), None, "{text}");
        }
    }
}
