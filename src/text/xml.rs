//! What all formats in XML have in common: the declaration, how places are told, what can be wrong.
//!
//! ```text
//! xml/tokens.rs   text -> tokens, by quick-xml and the checks that it leaves out
//! xml/markup.rs   what stands inside a tag: names, attributes, references
//! ```

pub mod lexical;
pub mod markup;
pub mod tokens;

use crate::error::{Code, Error};

/// Bytes in which a declaration must end.
const DECLARATION: usize = 512;

/// Whether text that begins with `head` is meant as XML: after a byte order mark and white space comes `<`
/// and what may begin a document.
pub fn is_meant(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    matches!(text, [b'<', b'?' | b'!' | b'_' | b':' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.., ..])
}

/// The encoding that the XML declaration names (XML 1.0 §4.3.3); `None` without one.
pub fn declared_encoding(head: &[u8]) -> Option<String> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = &text[..text.len().min(DECLARATION)];
    let inner = text.strip_prefix(b"<?xml")?;
    let inner = &inner[..inner.windows(2).position(|it| it == b"?>")?];
    let at = inner.windows(8).position(|it| it == b"encoding")?;
    let rest = inner[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let name = &rest[..rest.iter().position(|byte| byte == quote)?];
    std::str::from_utf8(name).ok().map(str::to_owned)
}

/// A fault in a stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlFault {
    /// Code of the error that the fault is.
    pub code: Code,
    /// Offset in the text at hand.
    pub at: usize,
    /// Sentence with what was expected and what was found.
    pub what: String,
    /// The text ended too early: with more of it there might be no fault.
    pub open: bool,
    /// A record is beyond the limit.
    pub long: bool,
    /// The fault lies after the end of the document.
    pub behind: bool,
}

/// A value that is read from XML text, or the fault of the text.
pub type XmlResult<T> = std::result::Result<T, XmlFault>;

impl XmlFault {
    /// A fault that more text does not mend.
    pub fn new(code: Code, at: usize, what: impl Into<String>) -> Self {
        Self { code, at, what: what.into(), open: false, long: false, behind: false }
    }

    /// The same as an error, in text that begins at `base`.
    pub fn into_error(self, base: u64) -> Error {
        Error::new(self.code, self.what).at_byte(base + self.at as u64)
    }
}

/// Counts lines and columns up to a place, piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// Number of the line, from 1.
    pub line: u64,
    /// Characters from the line's start, from 1.
    pub column: u64,
}

impl Default for LineColumn {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl LineColumn {
    /// Goes past `bytes` of UTF-8. A CR before an LF ends no line of its own.
    pub fn advance(&mut self, bytes: &[u8]) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        let tail = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.line += lines as u64;
                self.column = 1;
                &bytes[last + 1..]
            }
            None => bytes,
        };
        self.column += tail.iter().filter(|byte| !(0x80..0xc0).contains(*byte)).count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_encoding_is_found() {
        for (head, name) in [
            (&b"<?xml version='1.0' encoding='ISO-8859-2'?><log/>"[..], Some("ISO-8859-2")),
            (b"\xef\xbb\xbf<?xml version=\"1.0\" encoding = \"UTF-8\" ?>", Some("UTF-8")),
            (b"<?xml version=\"1.0\"?><log encoding=\"x\"/>", None),
            (b"<log/>", None),
            (b"<?xml encoding=\"x", None),
        ] {
            assert_eq!(declared_encoding(head).as_deref(), name, "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn lines_and_columns_are_counted_in_characters_over_pieces() {
        let mut place = LineColumn::default();
        place.advance("ab\nc".as_bytes());
        place.advance("ü<".as_bytes());
        assert_eq!(place, LineColumn { line: 2, column: 4 });
    }
}
