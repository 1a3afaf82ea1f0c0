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
pub fn meaning(text: &str) -> Meaning {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
    if trimmed.is_empty() {
        return Meaning::Blank;
    }
    if trimmed.len() <= LONGEST && PLACEHOLDERS.contains(&trimmed.to_lowercase().as_str()) {
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
        for text in ["0", "Nancy", "none of these", "a-b"] {
            assert_eq!(meaning(text), Meaning::Value);
        }
        assert!(PLACEHOLDERS.iter().all(|it| it.len() <= LONGEST));
    }
}
