//! Text as a terminal may have it: nothing in it is a command, and its width is known.

use unicode_width::UnicodeWidthStr;

/// What stands for a missing value.
pub const NOTHING: &str = "∅";
/// What stands for empty text.
pub const EMPTY: &str = "\"\"";

/// A value on one line: control characters, marks that turn the direction of text, and characters that take
/// no room are written as escapes, so that a log can neither command the terminal nor hide what it says.
pub fn shown(text: &str) -> String {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// A value of a text column: with quotes around it if it is empty or has blanks at one end, which could not be
/// seen otherwise, or if it looks like what stands for a missing value or for empty text.
pub fn quoted(text: &str) -> String {
    let is_odd = text.is_empty()
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace)
        || text == NOTHING
        || text == EMPTY;
    match is_odd {
        true => format!("\"{}\"", shown(text)),
        false => shown(text),
    }
}

/// Whether a character commands a terminal, turns the direction of text, or can't be seen.
fn is_hidden(c: char) -> bool {
    match c {
        // Joiners are part of words in Persian and Hindi, and of emoji.
        '\u{200c}' | '\u{200d}' => false,
        '\u{61c}' | '\u{ad}' | '\u{feff}' | '\u{200b}'..='\u{200f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        // Blanks of Hangul and of Braille.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

/// Columns that a text takes in a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, if it takes no more columns than these, or its beginning with `…` behind it.
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(1);
    // Characters may be wider or narrower together than one by one, such as a sign with the mark that makes it an
    // emoji, so prefixes are measured; not many, for marks without end may stand on one letter.
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(8 * most + 8);
    let end = ends.take_while(|end| width(&text[..*end]) <= room).last().unwrap_or(0);
    format!("{}…", &text[..end])
}

/// The text with blanks before or behind it, as wide as a column.
pub fn padded(text: &str, columns: usize, to_the_right: bool) -> String {
    let blanks = " ".repeat(columns.saturating_sub(width(text)));
    if to_the_right { blanks + text } else { text.to_owned() + &blanks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_or_hides_text_is_written_out() {
        for (text, as_shown) in [
            ("plain", "plain"),
            ("a\x1b[31mb", "a\\u{1b}[31mb"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{9b}b\u{7f}", "a\\u{9b}b\\u{7f}"),
            ("\u{feff}a\u{200b}", "\\u{feff}a\\u{200b}"),
            ("\u{e0041}", "\\u{e0041}"),
            ("کتاب\u{200c}ها", "کتاب\u{200c}ها"),
            ("Größe 表", "Größe 表"),
        ] {
            assert_eq!(shown(text), as_shown);
        }
        assert_eq!(quoted(""), EMPTY);
        assert_eq!((quoted(NOTHING).as_str(), quoted(EMPTY).as_str()), ("\"∅\"", "\"\"\"\""));
        // A sign that becomes an emoji by the mark behind it takes two columns.
        assert_eq!(cut(&"☎\u{fe0f}".repeat(30), 5), format!("{}…", "☎\u{fe0f}".repeat(2)));
        assert_eq!(quoted(" a"), "\" a\"");
        assert_eq!(quoted("a\n"), "\"a\\n\"");
    }

    #[test]
    fn texts_are_cut_and_padded_by_the_columns_that_they_take() {
        assert_eq!((width("表"), width("e\u{301}"), width("abc")), (2, 1, 3));
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        // A wide character that does not fit as a whole is left out.
        assert_eq!(cut("表表表", 4), "表…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(padded("表", 4, false), "表  ");
        assert_eq!(padded("7", 3, true), "  7");
    }
}
