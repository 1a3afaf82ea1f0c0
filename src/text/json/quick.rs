//! The quick reader: members whose keys were seen before, compared as bytes.
//!
//! ```text
//! at a member: do the bytes from here equal those of a key that came next in a record before, quotes and colon included?
//!     yes  -> its column is known; read the value
//!     no   -> read the key as the plain reader does, and remember its bytes behind the key before it
//! ```
//!
//! Values are read by the lexer in both cases, so the two readers can differ in nothing but the column of a
//! key, and a key's bytes tell that.

use super::lex::{self, JsonFault, JsonFaultKind, JsonString};
use super::plain::JsonStop;
use super::rows::JsonRows;
use crate::text::literal::{LONGEST, XmlLiteral};

/// Keys that are looked at before one is read: so many optional members may be missing in a row.
const TRIES: usize = 4;
/// Keys that are remembered at most. More are rarely in an order.
const MOST: usize = 512;

/// A key as it was written.
#[derive(Debug)]
struct KeyStep {
    /// From behind the comma or brace to behind the colon, with all that stands around the key.
    literal: XmlLiteral,
    /// The key in it.
    key: JsonString,
    column: usize,
}

/// Memory of a thread for keys.
#[derive(Debug, Default)]
pub struct JsonMemory {
    /// Number of the column set that the steps belong to.
    number: u64,
    /// In the order in which they stand in records.
    steps: Vec<KeyStep>,
    /// Whether a line was met in which something is nested: its end is looked for first from then on.
    pub has_nested: bool,
}

impl JsonMemory {
    /// Forgets all if it is about other columns.
    pub fn belong_to(&mut self, number: u64) {
        if self.number != number {
            *self = Self { number, ..Self::default() };
        }
    }

    /// The step that the text at `at` begins with, looked for from `next` on.
    #[inline(always)]
    fn find(&self, text: &[u8], at: usize, next: usize) -> Option<usize> {
        // As a rule the first.
        match self.steps.get(next)?.literal.is_at(text, at) {
            true => Some(next),
            false => self.find_behind(text, at, next + 1),
        }
    }

    #[inline(never)]
    fn find_behind(&self, text: &[u8], at: usize, next: usize) -> Option<usize> {
        let found =
            self.steps.iter().skip(next).take(TRIES - 1).position(|step| step.literal.is_at(text, at));
        found.map(|found| next + found)
    }

    /// Remembers a key that was read where the step `next` was expected; gives the step to expect behind it.
    #[cold]
    fn learn(&mut self, next: usize, bytes: &[u8], key: JsonString, column: usize) -> usize {
        if bytes.len() > LONGEST {
            return next;
        }
        let step = KeyStep { literal: XmlLiteral::new(bytes), key, column };
        match self.steps.iter().position(|step| step.column == column) {
            Some(known) => {
                self.steps[known] = step;
                known + 1
            }
            None if self.steps.len() < MOST => {
                self.steps.insert(next, step);
                next + 1
            }
            None => next,
        }
    }
}

/// Reads the object at `at` into members of `rows`, as [`plain::record`](super::plain::record) does; gives
/// its end. `LINE`: text that is not white space may follow on other lines, and an object that goes beyond
/// its own, or has something nested in it, is [`JsonFaultKind::Short`].
#[inline(always)]
pub fn record<const WORDS: bool, const LINE: bool>(
    text: &[u8],
    at: usize,
    rows: &mut JsonRows<'_>,
    memory: &mut JsonMemory,
) -> Result<usize, JsonStop> {
    let mut from = lex::expect(text, at, b'{', "an object")?;
    if text.get(from) != Some(&b'"') {
        // Nothing follows a brace, but something a comma.
        let end = space::<LINE>(text, from)?;
        if text.get(end) == Some(&b'}') {
            return Ok(end + 1);
        }
    }
    let mut next = 0;
    loop {
        let end = match memory.find(text, from, next) {
            Some(found) => {
                next = found + 1;
                let KeyStep { literal, key, column } = &memory.steps[found];
                let (key, column) = (*key, *column);
                let mut start = from + literal.len();
                start += usize::from(text.get(start) == Some(&b' '));
                let value = match lex::usual(text, start) {
                    Some(value) => value,
                    None => odd_value::<WORDS, LINE>(text, start, memory)?,
                };
                let key = JsonString { start: from + key.start, end: from + key.end, escaped: key.escaped };
                rows.member(column, key, value);
                value.next
            }
            None => odd_member::<WORDS, LINE>(text, from, &mut next, rows, memory)?,
        };
        let end = match text.get(end) {
            Some(b',' | b'}') => end,
            _ => space::<LINE>(text, end)?,
        };
        match text.get(end) {
            Some(b',') => from = end + 1,
            Some(b'}') => return Ok(end + 1),
            Some(_) => {
                return Err(JsonFault { at: end, what: JsonFaultKind::Expected("\",\" or \"}\"") }.into());
            }
            None => return Err(JsonFault { at: end, what: JsonFaultKind::Short }.into()),
        }
    }
}

/// Index after the white space at `at`.
#[inline(never)]
fn space<const LINE: bool>(text: &[u8], at: usize) -> lex::Lexed<usize> {
    let end = lex::space(text, at);
    within::<LINE>(text, at, end)?;
    Ok(end)
}

/// That a stretch is on one line, if that is asked for.
fn within<const LINE: bool>(text: &[u8], start: usize, end: usize) -> lex::Lexed<()> {
    match LINE && memchr::memchr(b'\n', &text[start..end]).is_some() {
        true => Err(JsonFault { at: start, what: JsonFaultKind::Short }),
        false => Ok(()),
    }
}

/// A value that is not one of the usual ones, or that has white space before it.
#[inline(never)]
fn odd_value<const WORDS: bool, const LINE: bool>(
    text: &[u8],
    at: usize,
    memory: &mut JsonMemory,
) -> lex::Lexed<lex::JsonValue> {
    let start = space::<LINE>(text, at)?;
    if LINE && matches!(text.get(start), Some(b'{' | b'[')) {
        // White space within it may be anything, and it may never end: what may be read must be known.
        memory.has_nested = true;
        return Err(JsonFault { at: start, what: JsonFaultKind::Short });
    }
    lex::value_of::<WORDS>(text, start)
}

/// Reads the member at `from` whose key is not one of those that were expected; gives the end of its value.
#[inline(never)]
fn odd_member<const WORDS: bool, const LINE: bool>(
    text: &[u8],
    from: usize,
    next: &mut usize,
    rows: &mut JsonRows<'_>,
    memory: &mut JsonMemory,
) -> Result<usize, JsonStop> {
    let start = space::<LINE>(text, from)?;
    let (key, behind) = lex::key(text, start)?;
    within::<LINE>(text, start, behind)?;
    let value = odd_value::<WORDS, LINE>(text, behind, memory)?;
    let column = rows.column(text, key)?;
    rows.member(column, key, value);
    // What columns are late is another matter in the next parse.
    if rows.is_known(column) {
        let within = JsonString { start: key.start - from, end: key.end - from, escaped: key.escaped };
        // Up to the colon: what follows is looked at with the value.
        let colon = text[..behind].trim_ascii_end().len();
        *next = memory.learn(*next, &text[from..colon], within, column);
    }
    Ok(value.next)
}
