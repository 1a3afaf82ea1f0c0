//! What is no CSV for sure, by its first bytes. Read as CSV all the same it would give a table of rubbish, and no error.

use crate::error::{Code, Error};

/// Text in which an XML file shows what it holds, in bytes.
const PROLOGUE: usize = 4 << 10;

/// An error if `head` is the start of another format.
pub fn refusal(head: &[u8]) -> Option<Error> {
    let (name, help) = name(head)?;
    Some(Error::new(Code::NotAnInput, format!("expected CSV, found what looks like {name}")).help(help))
}

/// The format that the text begins like, and what to do about it if it is none of ours.
fn name(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const EXPORT: &str = "save it as CSV in the program it comes from";
    const UNPACK: &str = "unpack it first";
    const DONE: &str =
        "it is Parquet already, and -o log.xes makes a log of it; if it is CSV after all, give --from csv";
    const TABLES: &str = "of SQLite object-centric logs alone are read, from a file: --from ocel-sqlite";
    match head {
        [b'P', b'A', b'R', b'1', ..] => return Some(("Parquet", DONE)),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Some(("an Excel workbook", EXPORT)),
        [b'P', b'K', 3, 4, ..] if has(head, b"[Content_Types].xml") => {
            return Some(("an Excel workbook", EXPORT));
        }
        [b'P', b'K', 3, 4, ..] => return Some(("a ZIP archive", UNPACK)),
        _ if head.starts_with(b"SQLite format 3\0") => return Some(("SQLite", TABLES)),
        _ => {}
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first()? {
        b'<' if [&b"<ocel"[..], b"<object", b"<events"].iter().any(|tag| has(text, tag)) => Some((
            "OCEL",
            "the root of such a log is <log>, without anything around it; if it is CSV after all, give --from csv",
        )),
        b'<' if text.len() > 5 && text[..5].eq_ignore_ascii_case(b"<html") => Some(("HTML", EXPORT)),
        b'<' if is_markup(text) => Some((
            "XML",
            "if it is a log, say which with --from xes or --from ocel-xml; if it is CSV after all, give --from csv",
        )),
        _ => None,
    }
}

/// Whether a text that begins with `<` goes on as XML does. Other programs write names of columns in such brackets, `<DATE>,<TIME>`: there a delimiter stands
/// behind the first, and none of them is ever closed.
fn is_markup(text: &[u8]) -> bool {
    let text = &text[1..text.len().min(PROLOGUE)];
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..);
    match text {
        [b'!', ..] => return true,
        [b'?', rest @ ..] => return rest.first().is_some_and(|byte| is_first(*byte)),
        [first, ..] if is_first(*first) => {}
        _ => return false,
    }
    let is_name = |byte: &u8| is_first(*byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let name = text.iter().position(|byte| !is_name(byte)).unwrap_or(text.len());
    let end = memchr::memchr(b'>', text).unwrap_or(text.len());
    // A delimiter behind the last bracket of the first line: a value with markup in it.
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let last = memchr::memrchr(b'>', line).and_then(|at| line.get(at + 1));
    if matches!(last, Some(b',' | b';' | b'\t' | b'|')) {
        return false;
    }
    let (tag, behind) = (&text[name..end.max(name)], text.get(end + 1..).unwrap_or_default());
    let is_tag = match tag {
        [] | [b'/'] => true,
        [first, ..] => first.is_ascii_whitespace() && (tag.contains(&b'=') || tag.trim_ascii() == b"/"),
    };
    let next = behind.iter().position(|byte| !matches!(byte, b' ' | b'\r' | b'\n'));
    let next = next.map(|at| behind[at..].trim_ascii_start()).unwrap_or_default();
    let goes_on = match behind.first() {
        Some(b'\t') => false,
        _ => next.first() == Some(&b'<'),
    };
    is_tag && (goes_on || end == text.len() || memchr::memmem::find(behind, b"</").is_some())
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text[..text.len().min(PROLOGUE)].windows(word.len()).any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_known_by_their_first_bytes() {
        for (head, name) in [
            (&b"<?xml version=\"1.0\"?>\n<!-- made -->\n<log><events>"[..], "OCEL"),
            (b"\xef\xbb\xbf  <ocel/>", "OCEL"),
            (b"<root>\n<row a=\"1\"/>\n</root>", "XML"),
            (b"<a>text</a>", "XML"),
            (b"<a b='1'", "XML"),
            (b"<r/>\n<r/>", "XML"),
            (b"<?php x", "XML"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"SQLite format 3\0\x10", "SQLite"),
            (b"PK\x03\x04....[Content_Types].xml", "an Excel workbook"),
        ] {
            assert!(refusal(head).unwrap().what().ends_with(name), "{name}");
        }
    }

    #[test]
    fn csv_that_only_begins_oddly_is_csv() {
        for head in [
            &b""[..],
            b"a,b\n",
            b"<a>,b\n",
            b"<DATE>\t<TIME>\n1\t2\n",
            b"<a>;<b>\n",
            b"<a>\n1\n",
            b"<1>\n",
            b"< a>\n",
            b"<a b>,c\n",
            b"<?>,b\n",
            b"<p>a</p>,1\n<p>b</p>,2\n",
            b"[a],b\n",
            b"{a},b\n",
            b"\"{\",b\n",
            b"#<log\n",
            b"PK,b\n",
        ] {
            assert!(refusal(head).is_none(), "{}", String::from_utf8_lossy(head));
        }
    }
}
