//! What JSON looks like an object-centric log, and where in it an event or object seems to start. The parse
//! is the judge of both.

use super::{OcelPlace, OcelSyntax};
use crate::model::ocel::OcelSide;
use crate::text::items::RecordSearch;
use crate::text::json::lex;
use crate::text::json::lex::{JsonFault, JsonFaultKind};

/// So much of a text must show what it is, in bytes.
pub const HEAD: usize = 256 << 10;

/// Keys of OCEL 2.0 at the top of a log.
const SECTIONS_2: [&str; 4] = ["objectTypes", "eventTypes", "objects", "events"];

/// Keys of OCEL 1.0 there.
const SECTIONS_1: [&str; 5] =
    ["ocel:global-log", "ocel:global-event", "ocel:global-object", "ocel:events", "ocel:objects"];

/// Whether the first `look` bytes of the text, or what ends it if it is `whole`, are those of an
/// object-centric log, which version, and where it begins.
pub fn detect(text: &[u8], whole: bool, look: usize) -> Option<(OcelSyntax, usize)> {
    let start = text.len() - text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).len();
    let mut at = lex::space(text, start);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    at = lex::space(text, at + 1);
    let head = &text[..text.len().min(start.saturating_add(look))];
    // Other JSON has events and objects as well: of one section at least what is in it must be that of a log.
    let (mut found, mut seems, mut shown) = (0, false, false);
    // Sections of OCEL 1.0 whose keys lack the prefix, and whose records may be something else.
    let (mut events, mut objects) = (false, false);
    while let Ok((key, value)) = lex::key(head, at) {
        let name = key.plain(head);
        if SECTIONS_1.iter().any(|section| section.as_bytes() == &*name) {
            return Some((OcelSyntax::Json1, start));
        }
        let first = match &*name {
            b"events" => first_record(OcelSide::Event, head, value),
            b"objects" => first_record(OcelSide::Object, head, value),
            b"global-log" if declares(head, value) => Ok(First::Sure),
            _ => Ok(First::Other),
        };
        events |= &*name == b"events" && first == Ok(First::Likely);
        objects |= &*name == b"objects" && first == Ok(First::Likely);
        if first == Ok(First::Sure) || events && objects {
            return Some((OcelSyntax::Json1, start));
        }
        if SECTIONS_2.iter().any(|section| section.as_bytes() == &*name) {
            found += 1;
            let first = first_item(&name, head, value);
            seems |= first.is_some();
            shown |= first == Some(LookItem::Record);
        }
        if found >= 2 && seems {
            return Some((OcelSyntax::Json2, start));
        }
        let Ok(value) = lex::value_with_words(head, value) else { break };
        at = lex::space(head, value.next);
        if head.get(at) != Some(&b',') {
            break;
        }
        at = lex::space(head, at + 1);
    }
    // The first section may be larger than the head: then what is in it must tell, or the end of the text.
    let tail = &text[text.len().saturating_sub(HEAD)..];
    let in_tail = |key: &str| memchr::memmem::find(tail, format!("\"{key}\"").as_bytes()).is_some();
    let many = SECTIONS_2.iter().filter(|key| in_tail(key)).count();
    let is_log = found == 1 && (shown || whole && many >= 2);
    is_log.then_some((OcelSyntax::Json2, start))
}

/// What the first item of a section looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookItem {
    /// Nothing: there is none.
    None,
    /// A declaration of an event type or object type.
    Type,
    /// An event or object.
    Record,
}

/// What the section of this name begins with whose value is at `at`; `None` if that is nothing that it holds.
/// A type has a name, an object an identifier and a type, an event a time as well.
fn first_item(name: &[u8], text: &[u8], at: usize) -> Option<LookItem> {
    if text.get(at) != Some(&b'[') {
        return None;
    }
    let first = lex::space(text, at + 1);
    match text.get(first) {
        Some(b'{') => {}
        Some(b']') => return Some(LookItem::None),
        _ => return None,
    }
    let (wanted, item): (&[&[u8]], _) = match name {
        b"events" => (&[b"id", b"type", b"time"], LookItem::Record),
        b"objects" => (&[b"id", b"type"], LookItem::Record),
        _ => (&[b"name"], LookItem::Type),
    };
    let mut seen = 0;
    let mut at = lex::space(text, first + 1);
    // The first item may be longer than what is looked at.
    while let Ok((key, value)) = lex::key(text, at) {
        seen += usize::from(wanted.contains(&&*key.plain(text)));
        let Ok(value) = lex::value_with_words(text, value) else { break };
        at = lex::space(text, value.next);
        if text.get(at) != Some(&b',') {
            break;
        }
        at = lex::space(text, at + 1);
    }
    (seen >= wanted.len()).then_some(item)
}

/// What a section without its prefix holds, by the first of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Nothing: there is none.
    None,
    /// It has what all records of OCEL 1.0 have, and so may others.
    Likely,
    /// It has a key as well that only those have.
    Sure,
    /// The item is something else.
    Other,
}

/// What the section at `at` holds, if it is one of OCEL 1.0: an object keyed by identifiers, or an array of
/// records that carry theirs.
///
/// # Errors
/// The text ends before that is known, or it is no JSON.
pub fn first_record(side: OcelSide, text: &[u8], at: usize) -> std::result::Result<First, JsonFault> {
    let first = lex::space(text, at + 1);
    let (brace, keyed) = match (text.get(at), text.get(first)) {
        (Some(b'n'), _) | (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => return Ok(First::None),
        (Some(b'{'), Some(_)) => (lex::key(text, first)?.1, true),
        (Some(b'['), Some(_)) => (first, false),
        (None | Some(b'{' | b'['), _) => {
            return Err(JsonFault { at: text.len(), what: JsonFaultKind::Short });
        }
        _ => return Ok(First::Other),
    };
    match text.get(brace) {
        Some(b'{') => {}
        Some(_) => return Ok(First::Other),
        None => return Err(JsonFault { at: brace, what: JsonFaultKind::Short }),
    }
    let (mut id, mut named, mut dated, mut held) = (keyed, false, false, false);
    let (read, _) = read_keys(text, brace, |key| {
        match (key.strip_prefix(b"ocel:").unwrap_or(key), side) {
            (b"id" | b"eid" | b"oid", _) => id = true,
            (b"activity", OcelSide::Event) | (b"type", OcelSide::Object) => named = true,
            (b"timestamp", OcelSide::Event) => dated = true,
            (b"omap", OcelSide::Event) | (b"ovmap", OcelSide::Object) => held = true,
            _ => {}
        }
        id && named && held && (dated || side == OcelSide::Object)
    });
    match id && named && (dated || side == OcelSide::Object) {
        true if held => Ok(First::Sure),
        // Keys that are not seen change nothing but how sure it is.
        true => Ok(First::Likely),
        false => read.map(|()| First::Other),
    }
}

/// Whether the object at `at` says what a log of OCEL 1.0 says of itself.
fn declares(text: &[u8], at: usize) -> bool {
    let mut has = false;
    if text.get(at) == Some(&b'{') {
        let _ = read_keys(text, at, |key| {
            let key = key.strip_prefix(b"ocel:").unwrap_or(key);
            has |= matches!(key, b"object-types" | b"attribute-names");
            has
        });
    }
    has
}

/// Where a log stands in a text that is none itself: in a member of the object that the text is, or first in
/// the array.
pub fn wrapped(text: &[u8]) -> Option<String> {
    wrapped_in(&text[..text.len().min(HEAD)], WRAPPINGS)
}

/// Objects within each other in which a log is looked for.
const WRAPPINGS: usize = 2;

fn wrapped_in(head: &[u8], levels: usize) -> Option<String> {
    let mut at = lex::space(head, head.len() - head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).len());
    if head.get(at) == Some(&b'[') {
        return detect(&head[lex::space(head, at + 1)..], false, HEAD).map(|_| "/0".to_owned());
    }
    if head.get(at) != Some(&b'{') {
        return None;
    }
    at = lex::space(head, at + 1);
    while let Ok((key, value)) = lex::key(head, at) {
        if head.get(value) == Some(&b'{') {
            let within = match detect(&head[value..], false, HEAD) {
                Some(_) => Some(String::new()),
                None if levels > 1 => wrapped_in(&head[value..], levels - 1),
                None => None,
            };
            if let Some(within) = within {
                return Some(format!("/{}{within}", String::from_utf8_lossy(&key.plain(head))));
            }
        }
        let Ok(value) = lex::value_with_words(head, value) else { break };
        at = lex::space(head, value.next);
        if head.get(at) != Some(&b',') {
            break;
        }
        at = lex::space(head, at + 1);
    }
    None
}

/// So much text of a record must show what it is, in bytes.
const SHOWN: usize = 1 << 20;

/// The first object in `from..end` that has what records have. `last`: no more text follows.
pub fn find_record(
    syntax: OcelSyntax,
    text: &[u8],
    from: usize,
    end: usize,
    last: bool,
) -> RecordSearch<OcelPlace> {
    let mut at = from;
    // Objects within objects are looked at once for each that they are in: with a limit the work stays
    // linear.
    let mut budget = SHOWN + 4 * end.saturating_sub(from);
    while let Some(found) = text.get(at..end).and_then(|text| memchr::memchr(b'{', text)) {
        let brace = at + found;
        at = brace + 1;
        let start = match (syntax, before(text, brace)) {
            (OcelSyntax::Json2 | OcelSyntax::Json1, Some((b',' | b'[', _))) => brace,
            (OcelSyntax::Json1, Some((b':', colon))) => match key_before(text, from, colon) {
                Some(open) => open,
                None => continue,
            },
            _ => continue,
        };
        let shown = text.len().min(brace + SHOWN);
        // Where no key stands before it, a record of OCEL 1.0 carries its identifier.
        let is_listed = syntax == OcelSyntax::Json1 && start == brace;
        let (side, reached) = record_side(syntax, &text[..shown], brace, start < brace);
        match side {
            Ok(Some(side)) if is_listed => {
                return RecordSearch::Record(start, OcelPlace::Listed(side));
            }
            Ok(Some(OcelSide::Event)) => return RecordSearch::Record(start, OcelPlace::Events),
            Ok(Some(OcelSide::Object)) => return RecordSearch::Record(start, OcelPlace::Objects),
            Err(_) if shown == text.len() && !last => return RecordSearch::Short,
            _ => {}
        }
        match budget.checked_sub(reached - brace) {
            Some(rest) => budget = rest,
            None => return RecordSearch::None,
        }
    }
    RecordSearch::None
}

/// Where the key starts that ends before the colon.
fn key_before(text: &[u8], from: usize, colon: usize) -> Option<usize> {
    let (b'"', quote) = before(text, colon)? else { return None };
    let open = memchr::memrchr(b'"', &text[from.min(quote)..quote])? + from;
    // A quote within the key, which has a backslash, is not its beginning.
    matches!(before(text, open), Some((b',' | b'{', _))).then_some(open)
}

/// The last byte before `at` that is no white space, and its place.
fn before(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let place = text[..at].iter().rposition(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))?;
    Some((text[place], place))
}

/// Which record the object at `brace` is, by its keys, if it is one, or that the text ends too early to tell;
/// and how far was read for that. `keyed`: its identifier stands before it.
fn record_side(
    syntax: OcelSyntax,
    text: &[u8],
    brace: usize,
    keyed: bool,
) -> (std::result::Result<Option<OcelSide>, JsonFault>, usize) {
    let (mut id, mut typed, mut side) = (keyed, false, None);
    // Of keys without their prefix one alone tells nothing: attributes have such names as well.
    let [mut activity, mut timestamp, mut bare_type, mut ovmap] = [false; 4];
    let (read, reached) = read_keys(text, brace, |key| {
        match (syntax, key) {
            (OcelSyntax::Json2, b"id")
            | (OcelSyntax::Json1, b"ocel:id" | b"ocel:eid" | b"ocel:oid" | b"id") => {
                id = true;
            }
            // An event of OCEL 1.0 may call its activity so as well.
            (OcelSyntax::Json2, b"type") | (OcelSyntax::Json1, b"ocel:type") => typed = true,
            (OcelSyntax::Json2, b"time") => side = Some(OcelSide::Event),
            (OcelSyntax::Json1, b"ocel:activity" | b"ocel:timestamp") => side = Some(OcelSide::Event),
            (OcelSyntax::Json1, b"ocel:ovmap") => side = Some(OcelSide::Object),
            (OcelSyntax::Json1, b"eid" | b"oid") => id = true,
            (OcelSyntax::Json1, b"activity") => activity = true,
            (OcelSyntax::Json1, b"timestamp") => timestamp = true,
            (OcelSyntax::Json1, b"type") => bare_type = true,
            (OcelSyntax::Json1, b"ovmap") => ovmap = true,
            _ => {}
        }
        if side.is_none() && activity && timestamp {
            side = Some(OcelSide::Event);
        } else if side.is_none() && bare_type && ovmap {
            side = Some(OcelSide::Object);
        }
        syntax == OcelSyntax::Json1 && id && side.is_some()
    });
    let is_record = match syntax {
        OcelSyntax::Json1 => id && (typed || side.is_some()),
        _ => id && typed,
    };
    let found = is_record.then_some(side.unwrap_or(OcelSide::Object));
    match read {
        Ok(()) => (Ok(found), reached),
        Err(fault) if fault.what == JsonFaultKind::Short => (Err(fault), reached),
        // One of OCEL 1.0 shows what it is before its values end.
        Err(_) => (Ok(found.filter(|_| syntax == OcelSyntax::Json1)), reached),
    }
}

/// Gives the keys of the object at `brace` to `is_enough`, until they are or there are no more; and how far
/// was read for that.
fn read_keys(
    text: &[u8],
    brace: usize,
    mut is_enough: impl FnMut(&[u8]) -> bool,
) -> (std::result::Result<(), JsonFault>, usize) {
    let mut at = lex::space(text, brace + 1);
    // Arrays of attributes and relations may be long: what stands before them mostly tells.
    for _ in 0..64 {
        let (key, value) = match lex::key(text, at) {
            Ok(read) => read,
            Err(fault) => return (Err(fault), fault.at.max(at)),
        };
        if is_enough(&key.plain(text)) {
            break;
        }
        at = match lex::value_with_words(text, value) {
            Ok(value) => lex::space(text, value.next),
            Err(fault) => return (Err(fault), fault.at.max(at)),
        };
        match text.get(at) {
            Some(b',') => at = lex::space(text, at + 1),
            Some(b'}') => break,
            Some(_) => return (Err(JsonFault { at, what: JsonFaultKind::Expected("\",\" or \"}\"") }), at),
            None => return (Err(JsonFault { at, what: JsonFaultKind::Short }), at),
        }
    }
    (Ok(()), at)
}
