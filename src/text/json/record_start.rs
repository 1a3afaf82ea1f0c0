//! Where a record seems to start in the middle of a text: an object that is whole, stands where a row may,
//! and begins like one of the first rows. A guess that is wrong costs time and nothing else.

use super::Json;
use super::head::JsonLayout;
use super::lex::{self, JsonFault, JsonFaultKind};
use super::parse::{MARK, SEEN};

/// Whether an object looks like a row.
enum RowLikeness {
    Like,
    Unlike,
    /// The text is not well formed at this place.
    Broken(usize),
    /// The text is too short to know.
    Short,
}

/// The result of a search for a record.
pub enum RecordStart {
    /// A record seems to start at this place.
    Record(usize),
    /// No record starts in the rest of the text.
    None,
    /// More text is needed to know.
    Short,
}

impl Json {
    /// The first place in `text` from `from` on where a record may start, not looking before `floor`: an
    /// object that is whole, stands where a row may, and begins like one of the first rows. `whole`: no text
    /// follows.
    pub fn find_record(&self, text: &[u8], from: usize, floor: usize, whole: bool) -> RecordStart {
        let mut at = from;
        while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'{', rest)) {
            let brace = at + found;
            at = brace + 1;
            if !self.may_stand(&text[floor..brace]) {
                continue;
            }
            match self.looks_like_row(text, brace, whole) {
                RowLikeness::Like => return RecordStart::Record(brace),
                RowLikeness::Unlike => {}
                // What stands within was read, and is part of what is wrong. Looked at once more, it would
                // cost time for each level.
                RowLikeness::Broken(fault) => at = at.max(fault + SEEN),
                RowLikeness::Short => return RecordStart::Short,
            }
        }
        if whole { RecordStart::None } else { RecordStart::Short }
    }

    /// Whether a row may stand behind this text.
    fn may_stand(&self, before: &[u8]) -> bool {
        let mut before = before.trim_ascii_end();
        while self.head.shape != JsonLayout::Array
            && let Some(rest) = before.strip_suffix(MARK)
        {
            before = rest.trim_ascii_end();
        }
        match (self.head.shape, before.last()) {
            (JsonLayout::Array, Some(byte)) => *byte == b',',
            (_, Some(byte)) => matches!(byte, b'}' | b','),
            (_, None) => false,
        }
    }

    /// Whether the object at `brace` looks like a row.
    fn looks_like_row(&self, text: &[u8], brace: usize, whole: bool) -> RowLikeness {
        let broken = |fault: JsonFault| match fault.what {
            JsonFaultKind::Short if whole => RowLikeness::Unlike,
            JsonFaultKind::Short => RowLikeness::Short,
            _ => RowLikeness::Broken(fault.at),
        };
        let key = lex::space(text, brace + 1);
        match lex::key(text, key) {
            Ok((key, _)) if self.is_lead(key.bytes(text)) => {}
            Err(JsonFault { what: JsonFaultKind::Short, .. }) if !whole => return RowLikeness::Short,
            Ok(_) | Err(_) => return RowLikeness::Unlike,
        }
        match self.value(text, brace) {
            Ok(value) => match (self.head.shape, text.get(lex::space(text, value.next))) {
                (_, None) if !whole => RowLikeness::Short,
                (JsonLayout::Array, Some(byte)) if !matches!(byte, b',' | b']') => RowLikeness::Unlike,
                _ => RowLikeness::Like,
            },
            Err(fault) => broken(fault),
        }
    }

    /// Whether rows may begin with this key.
    pub fn is_lead(&self, key: &[u8]) -> bool {
        self.head.leads.is_empty() || self.head.leads.iter().any(|lead| **lead == *key)
    }
}

/// Goes past byte order marks, which files have at their start and keep where they are put together; and how
/// many there are.
pub(super) fn past_marks(text: &[u8], at: usize) -> (usize, u64) {
    let mut next = at;
    let mut count = 0;
    while text[next..].starts_with(MARK) {
        next = lex::space(text, next + MARK.len());
        count += 1;
    }
    (next, count)
}

/// Index after the value at `at` of a text that ends where `text` does: there a number may end too.
pub(super) fn end_of_value(text: &[u8], at: usize) -> lex::Lexed<usize> {
    match lex::value(text, at) {
        Err(JsonFault { what: JsonFaultKind::Short, .. })
            if matches!(text.get(at), Some(b'-' | b'0'..=b'9')) =>
        {
            let ended = [&text[at..], b" "].concat();
            let found = lex::value(&ended, 0).map_err(|fault| JsonFault { at: at + fault.at, ..fault })?;
            Ok(at + found.next)
        }
        found => found.map(|value| value.next),
    }
}
