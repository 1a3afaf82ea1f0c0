//! What XML looks like an object-centric log, and where in it an event or object seems to start. The parse is
//! the judge of both.

use super::{OcelPlace, OcelSyntax};
use crate::text::items::RecordSearch;
use crate::text::xml;
use crate::text::xml::tokens::root;

/// A fault in a document type.
pub const DOCTYPE: &str = "expected a log without a document type, which might name other files";
/// The same where reading goes on behind it.
pub const PAST_DOCTYPE: &str = "document type|types that might name other files: none was opened";

/// Whether the first `look` bytes of the text are those of an object-centric log in XML, which version, and
/// where it begins.
pub fn detect(text: &[u8], look: usize) -> Option<(OcelSyntax, usize)> {
    // The standard says <log>; tools write <ocel> as well.
    let is_root = |name: &str| matches!(name, "log" | "ocel");
    let head = &text[..text.len().min(look)];
    if !xml::is_meant(text) || root(head).is_some_and(|name| !is_root(name)) {
        return None;
    }
    let has = |tags: &[&str]| {
        tags.iter().any(|tag| {
            let mut from = 0;
            while let Some(at) = memchr::memmem::find(&head[from..], tag.as_bytes()) {
                from += at + tag.len();
                if matches!(head.get(from), Some(b' ' | b'>' | b'/' | b'\t' | b'\r' | b'\n')) {
                    return true;
                }
            }
            false
        })
    };
    let start = text.len() - text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).len();
    if has(&["<object-types", ":object-types", "<event-types", ":event-types"]) {
        return Some((OcelSyntax::Xml2, start));
    }
    if has(&["<trace"]) {
        return None;
    }
    if has(&["<events", "<objects"]) {
        let first =
            memchr::memmem::find(head, b"<event ").or_else(|| memchr::memmem::find(head, b"<object "));
        return Some((if first.is_some() { OcelSyntax::Xml2 } else { OcelSyntax::Xml1 }, start));
    }
    let object_types = memchr::memmem::find(head, b"\"object-types\"").is_some();
    object_types.then_some((OcelSyntax::Xml1, start))
}

/// The first element in `from..end` that has what records have.
pub fn find_record(syntax: OcelSyntax, text: &[u8], from: usize, end: usize) -> RecordSearch<OcelPlace> {
    let mut at = from;
    while let Some(found) = text.get(at..end).and_then(|text| memchr::memchr(b'<', text)) {
        let start = at + found;
        at = start + 1;
        let rest = &text[at..];
        let prefix = rest.iter().take(PREFIX).position(|byte| *byte == b':' || !is_name_byte(*byte));
        let local = prefix.filter(|colon| rest[*colon] == b':').map_or(rest, |colon| &rest[colon + 1..]);
        let (name, place) = match local {
            [b'e', b'v', b'e', b'n', b't', ..] => (5, OcelPlace::Events),
            [b'o', b'b', b'j', b'e', b'c', b't', ..] => (6, OcelPlace::Objects),
            _ => continue,
        };
        match (syntax, local.get(name)) {
            (OcelSyntax::Xml1, Some(b'>')) => return RecordSearch::Record(start, place),
            (OcelSyntax::Xml2, Some(b' ' | b'\t' | b'\r' | b'\n')) => {
                // No tag goes on behind another: each byte is looked at once.
                let Some(length) = memchr::memchr2(b'>', b'<', &local[name..]) else {
                    return RecordSearch::None;
                };
                if local[name + length] == b'<' {
                    continue;
                }
                let tag = &local[name..name + length];
                // A relation has `object-id` and no `id`.
                if [&b" id="[..], b"\tid=", b"\nid="].iter().any(|id| memchr::memmem::find(tag, id).is_some())
                {
                    return RecordSearch::Record(start, place);
                }
            }
            _ => {}
        }
    }
    RecordSearch::None
}

/// The longest prefix of an element that is looked for, in bytes.
const PREFIX: usize = 64;

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..)
}
