//! Text of XML as cells hold it, and what it means.

use crate::model::table::{Cell, Unescape};
use crate::text::xml::markup;
use crate::text::xml::markup::reference;

/// Undoes what stands for something else within text. A cell with such text begins a byte early, at what is
/// before it: the end of a tag before content, a quote before an attribute's value, in which white space of
/// any kind is a space (XML 1.0 §3.3.3).
pub struct Content;

impl Unescape for Content {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        match raw {
            [b'>', content @ ..] => undo(content, out),
            [_, value @ ..] => markup::XmlUnescape.unescape(value, out),
            [] => {}
        }
    }
}

/// Undoes references, CDATA and comments within content.
fn undo(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'\r', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let inner = |open: &str, close: &str| {
            let inner = rest.strip_prefix(open.as_bytes())?;
            let end = memchr::memmem::find(inner, close.as_bytes())?;
            Some((&inner[..end], open.len() + end + close.len()))
        };
        let taken = match rest[0] {
            // Line ends are one character (XML 1.0 §2.11).
            b'\r' => {
                out.push(b'\n');
                1 + usize::from(rest.get(1) == Some(&b'\n'))
            }
            b'&' => match inner("&", ";") {
                Some((name, taken)) => {
                    let found = std::str::from_utf8(name).ok().and_then(reference);
                    out.extend_from_slice(found.unwrap_or_default().encode_utf8(&mut [0; 4]).as_bytes());
                    taken
                }
                None => 1,
            },
            _ => match inner("<![CDATA[", "]]>") {
                Some((text, taken)) => {
                    out.extend_from_slice(text);
                    taken
                }
                None => match inner("<!--", "-->").or_else(|| inner("<?", "?>")) {
                    Some((_, taken)) => taken,
                    None => 1,
                },
            },
        };
        rest = &rest[taken..];
    }
    out.extend_from_slice(rest);
}

/// A cell of text, with what is before it if that text stands for something else.
pub fn cell(start: usize, len: usize, escaped: bool) -> Cell {
    match escaped {
        true => Cell::quoted(start - 1, len + 1, true),
        false => Cell::quoted(start, len, false),
    }
}

/// Whether an attribute says something of the text and not of the log: namespaces, schemas, the language.
pub fn is_of_xml(name: &str) -> bool {
    matches!(name.split(':').next(), Some("xmlns" | "xsi" | "xml"))
}

/// Whether text is white space.
pub fn is_space(text: &str) -> bool {
    text.bytes().all(is_space_byte)
}

/// White space of XML, to which a form feed does not belong.
pub fn is_space_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
