//! What is no CSV for sure, by its first bytes. Read as CSV all the same it would give a table of rubbish, and no error.

use crate::error::{Code, Error};

/// Text in which an XML file shows what it holds, in bytes.
const PROLOGUE: usize = 4 << 10;

/// An error if `head` is the start of another format.
pub fn refusal(head: &[u8]) -> Option<Error> {
    let (name, help) = name(head)?;
    let help = match help {
        Some(help) => help.to_owned(),
        None => format!("{name} is still to come; if it is CSV after all, give --from csv"),
    };
    Some(Error::new(Code::NotAnInput, format!("expected CSV, found what looks like {name}")).help(help))
}

/// The format that the text begins like, and what to do about it if it is none of ours.
fn name(head: &[u8]) -> Option<(&'static str, Option<&'static str>)> {
    const EXPORT: Option<&str> = Some("save it as CSV in the program it comes from");
    const UNPACK: Option<&str> = Some("unpack it first");
    match head {
        [b'P', b'A', b'R', b'1', ..] => return Some(("Parquet", None)),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Some(("an Excel workbook", EXPORT)),
        [b'P', b'K', 3, 4, ..] if has(head, b"[Content_Types].xml") => {
            return Some(("an Excel workbook", EXPORT));
        }
        [b'P', b'K', 3, 4, ..] => return Some(("a ZIP archive", UNPACK)),
        _ if head.starts_with(b"SQLite format 3\0") => return Some(("SQLite", None)),
        _ => {}
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first()? {
        b'<' if [&b"<ocel"[..], b"<object", b"<events"].iter().any(|tag| has(text, tag)) => Some((
            "OCEL",
            Some(
                "the root of such a log is <log>, without anything around it; if it is CSV after all, give --from csv",
            ),
        )),
        b'<' if text.len() > 5 && text[..5].eq_ignore_ascii_case(b"<html") => Some(("HTML", EXPORT)),
        b'<' if text.starts_with(b"<?xml") || text.starts_with(b"<!") => {
            Some(("XML", Some("if it is CSV after all, give --from csv")))
        }
        _ => None,
    }
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
            (b"PAR1\x15\x04", "Parquet"),
            (b"SQLite format 3\0\x10", "SQLite"),
            (b"PK\x03\x04....[Content_Types].xml", "an Excel workbook"),
        ] {
            assert!(refusal(head).unwrap().what().ends_with(name), "{name}");
        }
    }

    #[test]
    fn csv_that_only_begins_oddly_is_csv() {
        for head in
            [&b""[..], b"a,b\n", b"<a>,b\n", b"[a],b\n", b"{a},b\n", b"\"{\",b\n", b"#<log\n", b"PK,b\n"]
        {
            assert!(refusal(head).is_none(), "{}", String::from_utf8_lossy(head));
        }
    }
}
