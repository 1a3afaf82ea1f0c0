//! Which texts a value may be: the lexical spaces that the schemas of XES and OCEL name (XML Schema 1.1 part
//! 2), and those that the standards add.
//!
//! Read to the letter: `TRUE` is no boolean and `nan` no double here, while the reader of logs takes both.
//! White space around a value is collapsed for all types but strings (§4.3.6).

/// The lexical types of XML Schema that XES uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lexical {
    /// Any text: `xs:string`, `xs:token` and `xs:anyURI`, which white space and escaping make of any text.
    Any,
    /// `xs:dateTime` (§3.3.7) with a time zone.
    ZonedDate,
    /// `xs:dateTime` with one or without.
    Date,
    /// `xs:long` (§3.4.16).
    Long,
    /// `xs:double` (§3.3.5).
    Double,
    /// `xs:boolean` (§3.3.2).
    Boolean,
    /// `xs:decimal` (§3.3.3).
    Decimal,
    /// `xs:Name` (§3.4.6).
    Name,
    /// `xs:NCName` (§3.4.7): a name without a colon.
    NcName,
    /// A UUID in its textual form (RFC 4122, 3).
    Uuid,
    /// What a global or a classifier is about: `trace` or `event`.
    Scope,
}

impl Lexical {
    /// In words, after "expected".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "text",
            Self::ZonedDate => "an xs:dateTime with a time zone",
            Self::Date => "an xs:dateTime",
            Self::Long => "an xs:long",
            Self::Double => "an xs:double",
            Self::Boolean => "an xs:boolean",
            Self::Decimal => "an xs:decimal",
            Self::Name => "an xs:Name",
            Self::NcName => "an xs:NCName",
            Self::Uuid => "a UUID",
            Self::Scope => "trace or event",
        }
    }

    /// Whether a value, its entities resolved, is one.
    pub fn holds(self, value: &str) -> bool {
        let value = value.trim_matches([' ', '\t', '\n', '\r']);
        match self {
            Self::Any => true,
            Self::ZonedDate => is_zoned_date(value.as_bytes()),
            Self::Date => is_zoned_date(value.as_bytes()) || is_zoned_date(format!("{value}Z").as_bytes()),
            Self::Long => is_long(value),
            Self::Double => is_double(value),
            Self::Boolean => matches!(value, "true" | "false" | "1" | "0"),
            Self::Decimal => is_decimal(unsigned(value)),
            Self::Name => is_name(value),
            Self::NcName => is_name(value) && !value.contains(':'),
            Self::Uuid => is_uuid(value.as_bytes()),
            Self::Scope => matches!(value, "trace" | "event"),
        }
    }
}

fn unsigned(value: &str) -> &str {
    value.strip_prefix(['+', '-']).unwrap_or(value)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_long(value: &str) -> bool {
    is_digits(unsigned(value)) && value.parse::<i64>().is_ok()
}

/// Digits with at most one point, and at least one digit on either side of it.
fn is_decimal(value: &str) -> bool {
    match value.split_once('.') {
        None => is_digits(value),
        Some((whole, "")) => is_digits(whole),
        Some((whole, part)) => (whole.is_empty() || is_digits(whole)) && is_digits(part),
    }
}

fn is_double(value: &str) -> bool {
    if value == "NaN" || unsigned(value) == "INF" {
        return true;
    }
    match unsigned(value).split_once(['e', 'E']) {
        None => is_decimal(unsigned(value)),
        Some((number, power)) => is_decimal(number) && is_digits(unsigned(power)),
    }
}

/// Letters, digits and marks as XML 1.0, 2.3 lists them for the start of a name and for its rest.
pub fn is_name(value: &str) -> bool {
    let mut chars = value.chars();
    chars.next().is_some_and(starts_name) && chars.all(continues_name)
}

const fn starts_name(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

const fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `-?yyyy+-MM-ddThh:mm:ss(.s+)?(Z|[+-]hh:mm)`, each part in its bounds.
fn is_zoned_date(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let year = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if year < 4 || year > 4 && value[0] == b'0' {
        return false;
    }
    let (year, rest) = value.split_at(year);
    let [b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, rest @ ..] = rest else {
        return false;
    };
    let pairs =
        [[m1, m2], [d1, d2], [h1, h2], [n1, n2], [s1, s2]].map(|[tens, ones]| two_digits(*tens, *ones));
    let [Some(month), Some(day), Some(hour), Some(minute), Some(second)] = pairs else { return false };
    let (fraction, zone) = match rest.strip_prefix(b".") {
        None => (&rest[..0], rest),
        Some(rest) => match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => return false,
            digits => rest.split_at(digits),
        },
    };
    let end_of_day = hour == 24 && minute == 0 && second == 0 && fraction.iter().all(|digit| *digit == b'0');
    (1..=12).contains(&month)
        && (1..=days(year, month)).contains(&day)
        && (hour < 24 && minute < 60 && second < 60 || end_of_day)
        && is_zone(zone)
}

fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

fn is_zone(zone: &[u8]) -> bool {
    match zone {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => match (two_digits(*h1, *h2), two_digits(*m1, *m2)) {
            (Some(14), Some(0)) => true,
            (Some(hour), Some(minute)) => hour < 14 && minute < 60,
            _ => false,
        },
        _ => false,
    }
}

/// Days in a month of a year in digits, of which the last four decide: 10,000 is a multiple of 400.
fn days(year: &[u8], month: u8) -> u8 {
    let year = year[year.len() - 4..].iter().fold(0u32, |year, digit| year * 10 + u32::from(digit - b'0'));
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(lexical: Lexical, good: &[&str], bad: &[&str]) {
        for value in good {
            assert!(lexical.holds(value), "{lexical:?} {value:?}");
        }
        for value in bad {
            assert!(!lexical.holds(value), "{lexical:?} {value:?}");
        }
    }

    #[test]
    fn dates_have_a_zone_and_parts_in_their_bounds() {
        each(
            Lexical::ZonedDate,
            &[
                "2002-05-30T09:30:10Z",
                " 2002-05-30T09:30:10.123456789+14:00\n",
                "2024-02-29T24:00:00.000-05:30",
                "0001-01-01T00:00:00Z",
                "-0044-03-15T12:00:00Z",
                "12024-02-29T00:00:00Z",
                "2000-02-29T00:00:00+13:59",
            ],
            &[
                "2002-05-30T09:30:10",
                "2002-0530T09:30:10Z",
                "2002-05-30",
                "2002-05-30t09:30:10Z",
                "2002-05-30 09:30:10Z",
                "2002-05-30T09:30:10z",
                "2002-05-30T09:30:10.Z",
                "2002-05-30T09:30Z",
                "2002-05-30T24:00:01Z",
                "2002-05-30T23:60:00Z",
                "2002-05-30T23:59:60Z",
                "2023-02-29T00:00:00Z",
                "1900-02-29T00:00:00Z",
                "2002-13-01T00:00:00Z",
                "2002-00-01T00:00:00Z",
                "2002-04-31T00:00:00Z",
                "02002-04-30T00:00:00Z",
                "202-04-30T00:00:00Z",
                "2002-05-30T09:30:10+14:01",
                "2002-05-30T09:30:10+0100",
                "2002-05-30T09:30:10Z ago",
                "",
            ],
        );
    }

    #[test]
    fn numbers_are_those_of_the_schema() {
        each(
            Lexical::Long,
            &[
                "0",
                "-7",
                "+007",
                " 7 ",
                "9223372036854775807",
                "-9223372036854775808",
                "00000000000000000000001",
            ],
            &["", "+", "13.37", "1e3", "9223372036854775808", "0x1", "1 2", "١"],
        );
        each(
            Lexical::Double,
            &["1", "1.", ".5", "-1.5e-3", "+1E5", "INF", "-INF", "NaN", "1e400"],
            &["", ".", "1.0.0", "1,5", "inf", "nan", "Infinity", "-NaN", "1e", "1e1.5", "0x1p3"],
        );
        each(Lexical::Decimal, &["1.0", "1849.2016", "2", "+.5"], &["", "1.0RC7", "1e3", "1.0.0", "v1"]);
        each(Lexical::Boolean, &["true", "false", "1", "0", " true "], &["", "TRUE", "o.O", "yes", "01"]);
    }

    #[test]
    fn names_ids_and_scopes_are_theirs() {
        each(
            Lexical::Name,
            &["concept:name", "_x", "é.1-2", "long_ago"],
            &["", "long ago", "1st", "-a", "(case)"],
        );
        each(Lexical::NcName, &["Concept", "_"], &["a:b", "Event Name", ""]);
        each(
            Lexical::Uuid,
            &["550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000"],
            &["", "550e8400e29b41d4a716446655440000", "550e8400-e29b-41d4-a716-44665544000g", "{550e8400}"],
        );
        each(Lexical::Scope, &["trace", "event"], &["", "log", "Event", "incorrect"]);
    }
}
