//! Zones as they stand behind a clock: offsets, and those names that mean one offset everywhere.
//!
//! An abbreviation that several countries use for different clocks (EST, CST, IST, BST, AST) is refused: the
//! value is then no time, and its column stays text with a warning. Nothing here knows the rules of a zone.

use super::calendar::days_of;

/// Abbreviations that mean one offset wherever they are used, with their hours ahead of UTC.
const ABBREVIATIONS: [(&[u8], i32); 21] = [
    (b"WET", 0),
    (b"WEST", 1),
    (b"CET", 1),
    (b"CEST", 2),
    (b"MET", 1),
    (b"MEST", 2),
    (b"MEZ", 1),
    (b"MESZ", 2),
    (b"EET", 2),
    (b"EEST", 3),
    (b"EAT", 3),
    (b"SAST", 2),
    (b"HKT", 8),
    (b"SGT", 8),
    (b"AWST", 8),
    (b"JST", 9),
    (b"KST", 9),
    (b"AEST", 10),
    (b"AEDT", 11),
    (b"NZST", 12),
    (b"NZDT", 13),
];

/// Days on which Moscow's clocks were four hours ahead and called MSK all the same: from 27 March 2011 to 26
/// October 2014.
const MOSCOW_AHEAD_OF_ITSELF: (i32, i32) = (days_of(2011, 3, 27), days_of(2014, 10, 26));

/// A zone as it stands behind a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenZone {
    /// Seconds ahead of UTC.
    Ahead(i32),
    /// MSK, which is three hours ahead of UTC but for the years in which it was four.
    Moscow,
}

impl WrittenZone {
    /// Seconds ahead of UTC on a day; `None` on days of which the name does not tell.
    pub fn seconds_on(self, days: i32) -> Option<i32> {
        let (first, last) = MOSCOW_AHEAD_OF_ITSELF;
        match self {
            Self::Ahead(seconds) => Some(seconds),
            Self::Moscow if (first..=last).contains(&days) => None,
            Self::Moscow => Some(3 * 3600),
        }
    }
}

/// Reads all that stands behind a clock: a zone as [`parse_zone`] reads it, and behind it a name in brackets
/// (`+01:00[Europe/Berlin]`) or a remark in parentheses (`-0500 (CDT)`), which say nothing that the zone does
/// not.
pub fn written_zone(text: &[u8]) -> Option<WrittenZone> {
    let zone = match text {
        [.., b']'] => {
            let at = text.iter().position(|byte| *byte == b'[')?;
            let name = &text[at + 1..text.len() - 1];
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
            if name.is_empty() || !name.iter().all(is_name) {
                return None;
            }
            &text[..at]
        }
        [.., b')'] => &text[..text.windows(2).position(|pair| pair == b" (")?],
        _ => text,
    };
    if zone.strip_prefix(b" ").unwrap_or(zone) == b"MSK" {
        return Some(WrittenZone::Moscow);
    }
    parse_zone(zone).map(WrittenZone::Ahead)
}

/// Reads a zone as it stands after a time of day, all of it, as seconds ahead of UTC: `Z`, `UTC`, `GMT`, an
/// offset, one behind
/// `UTC` or `GMT`, or an abbreviation that has one meaning.
pub fn parse_zone(text: &[u8]) -> Option<i32> {
    let zone = text.strip_prefix(b" ").unwrap_or(text);
    if matches!(zone.first()?, b'+' | b'-') { parse_offset(zone) } else { parse_name(zone) }
}

fn parse_name(zone: &[u8]) -> Option<i32> {
    let is_utc = ["z", "utc", "gmt"].iter().any(|name| zone.eq_ignore_ascii_case(name.as_bytes()));
    if is_utc {
        return Some(0);
    }
    if let [b'U', b'T', b'C', offset @ ..] | [b'G', b'M', b'T', offset @ ..] = zone {
        return parse_offset(offset);
    }
    ABBREVIATIONS.iter().find(|(name, _)| *name == zone).map(|(_, hours)| hours * 3600)
}

/// Reads `±hh`, `±hhmm` or `±hh:mm`, at most ±23:59, as seconds ahead of UTC.
pub fn parse_offset(value: &[u8]) -> Option<i32> {
    let (sign, digits) = value.split_first()?;
    let two = |pair: &[u8]| {
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = pair else { return None };
        Some(i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
    };
    let (hours, minutes) = match digits.len() {
        2 => (two(digits)?, 0),
        4 => (two(&digits[..2])?, two(&digits[2..])?),
        5 if digits[2] == b':' => (two(&digits[..2])?, two(&digits[3..])?),
        _ => return None,
    };
    let seconds = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_seconds_ahead_of_utc() {
        for (zone, seconds) in [
            ("Z", 0),
            (" z", 0),
            (" UTC", 0),
            ("GMT", 0),
            ("+02:00", 7200),
            ("-0530", -19_800),
            (" +01", 3600),
            ("-00:00", 0),
            (" UTC+02:00", 7200),
            ("GMT-0330", -12_600),
            (" CET", 3600),
            (" CEST", 7200),
            ("MESZ", 7200),
            (" JST", 32_400),
        ] {
            assert_eq!(parse_zone(zone.as_bytes()), Some(seconds), "{zone:?}");
            assert_eq!(written_zone(zone.as_bytes()), Some(WrittenZone::Ahead(seconds)), "{zone:?}");
        }
        for zone in [
            "",
            " ",
            "+2",
            "+2:00",
            "+24:00",
            "+01:60",
            "+",
            "+01:00Z",
            "  Z",
            "cet",
            "EST",
            "IST",
            "CST",
            "BST",
            "AST",
            "PST",
            "UTC+2",
            "GMT+",
            "CETX",
            "Europe/Berlin",
            "[UTC]",
        ] {
            assert_eq!(parse_zone(zone.as_bytes()), None, "{zone:?}");
            assert_eq!(written_zone(zone.as_bytes()), None, "{zone:?}");
        }
    }

    #[test]
    fn what_stands_after_an_offset_changes_nothing() {
        for zone in [
            "+01:00[Europe/Berlin]",
            "+01:00[Etc/GMT-1]",
            " +0100 (CET)",
            " GMT+0100 (Mitteleuropäische Zeit)",
        ] {
            assert_eq!(written_zone(zone.as_bytes()), Some(WrittenZone::Ahead(3600)), "{zone:?}");
        }
        assert_eq!(written_zone(b"Z[UTC]"), Some(WrittenZone::Ahead(0)));
        for zone in
            ["[Europe/Berlin]", " (CET)", "+01:00[]", "+01:00[a b]", "+01:00]", "+01:00(CET)", "+01:00 ("]
        {
            assert_eq!(written_zone(zone.as_bytes()), None, "{zone:?}");
        }
    }

    #[test]
    fn moscow_time_is_not_read_where_it_was_another() {
        let zone = written_zone(b" MSK").unwrap();
        assert_eq!(zone.seconds_on(days_of(2011, 3, 26)), Some(10_800));
        assert_eq!(zone.seconds_on(days_of(2011, 3, 27)), None);
        assert_eq!(zone.seconds_on(days_of(2014, 10, 26)), None);
        assert_eq!(zone.seconds_on(days_of(2014, 10, 27)), Some(10_800));
    }
}
