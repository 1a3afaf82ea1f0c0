//! Words that stand where a value should be.

/// What a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A value.
    Value,
    /// Nothing: it is empty or has only blanks.
    Blank,
    /// A word that says that there is no value.
    Placeholder,
}

/// Such words, in small letters.
const PLACEHOLDERS: &[&str] = &[
    "-",
    "--",
    "---",
    ".",
    "?",
    "??",
    "???",
    "#n/a",
    "#na",
    "(blank)",
    "(empty)",
    "(null)",
    "<null>",
    "n.a.",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "not available",
    "null",
    "tbd",
    "unbekannt",
    "undefined",
    "unknown",
    "\\n",
    "missing",
    "no value",
    "not set",
    "nicht verfügbar",
    "k.a.",
    "k. a.",
    "inconnu",
    "desconocido",
];
/// Bytes of the longest of them.
const LONGEST: usize = 16;

/// What a text stands for.
#[inline]
pub fn meaning(text: &str) -> Meaning {
    // Nearly all values are told by their first byte.
    match text.as_bytes().first() {
        Some(first) if !MAY_BEGIN[*first as usize] => Meaning::Value,
        _ => looked_up(text),
    }
}

/// The bytes that blanks and such words may begin with. Letters of other alphabets may be small forms of them, so
/// all bytes that are not ASCII are among these.
static MAY_BEGIN: [bool; 256] = {
    let mut may = [false; 256];
    let mut byte = 0;
    while byte < may.len() {
        may[byte] = byte <= b' ' as usize || byte >= 0x7f;
        byte += 1;
    }
    let mut at = 0;
    while at < PLACEHOLDERS.len() {
        let first = PLACEHOLDERS[at].as_bytes()[0];
        may[first as usize] = true;
        may[first.to_ascii_uppercase() as usize] = true;
        at += 1;
    }
    may
};

/// What a text stands for that begins like blanks or such a word.
fn looked_up(text: &str) -> Meaning {
    // A long text that ends in a letter or a digit has no blanks to take off.
    if text.len() > LONGEST
        && text.as_bytes()[0].is_ascii_graphic()
        && text.as_bytes().last().is_some_and(u8::is_ascii_graphic)
    {
        return Meaning::Value;
    }
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
    if trimmed.is_empty() {
        return Meaning::Blank;
    }
    let is_word = |word: &&str| match trimmed.is_ascii() {
        true => word.eq_ignore_ascii_case(trimmed),
        false => trimmed.to_lowercase() == **word,
    };
    if trimmed.len() <= LONGEST && PLACEHOLDERS.iter().any(is_word) {
        return Meaning::Placeholder;
    }
    Meaning::Value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_a_value_are_known_in_any_case_and_between_blanks() {
        for text in ["N/A", " null ", "-", "Unknown"] {
            assert_eq!(meaning(text), Meaning::Placeholder, "{text}");
        }
        for text in ["", "  ", "\u{a0}\t"] {
            assert_eq!(meaning(text), Meaning::Blank);
        }
        for text in [
            "\u{feff}null",
            "nicht VERFÜGBAR",
            "un\u{212a}nown",
            "null                  ",
            "Null\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}",
        ] {
            assert_eq!(meaning(text), Meaning::Placeholder, "{text}");
        }
        for text in
            ["0", "Nancy", "not available at all", "\u{a0}none of these words", "none of these", "a-b"]
        {
            assert_eq!(meaning(text), Meaning::Value);
        }
        assert!(PLACEHOLDERS.iter().all(|it| it.len() <= LONGEST));
    }
}
