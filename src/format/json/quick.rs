//! The quick reader: members whose keys were seen before, compared as bytes.
//!
//! ```text
//! at a member: do the bytes from here equal those of a key that came next in a record before, quotes and colon included?
//!     yes  -> its column is known; read the value
//!     no   -> read the key as the plain reader does, and remember its bytes behind the key before it
//! ```
//!
//! Values are read by the lexer in both cases, so the two readers can differ in nothing but the column of a key, and a key's bytes tell that.

use super::lex::{self, Fault, Text, What};
use super::plain::Stop;
use super::rows::Rows;

/// Keys that are looked at before one is read: so many optional members may be missing in a row.
const TRIES: usize = 4;
/// Keys that are remembered at most. More are rarely in an order.
const MOST: usize = 512;

/// A key as it was written, with all that stands around it.
#[derive(Debug)]
struct Step {
    /// From behind the comma or brace to behind the colon.
    bytes: Box<[u8]>,
    /// The key in it.
    key: Text,
    column: usize,
}

/// What a thread keeps of keys.
#[derive(Debug, Default)]
pub struct Memory {
    /// Which columns the steps are about.
    number: u64,
    /// In the order in which they stand in records.
    steps: Vec<Step>,
}

impl Memory {
    /// Forgets all if it is about other columns.
    pub fn belong_to(&mut self, number: u64) {
        if self.number != number {
            *self = Self { number, steps: Vec::new() };
        }
    }

    /// The step that the text at `at` begins with, looked for from `next` on.
    #[inline(always)]
    fn find(&self, text: &[u8], at: usize, next: usize) -> Option<usize> {
        let steps = self.steps.get(next..)?;
        let found = steps.iter().take(TRIES).position(|step| text[at..].starts_with(&step.bytes));
        found.map(|found| next + found)
    }

    /// Remembers a key that was read where the step `next` was expected; gives the step to expect behind it.
    #[cold]
    fn learn(&mut self, next: usize, bytes: &[u8], key: Text, column: usize) -> usize {
        let step = Step { bytes: bytes.into(), key, column };
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

/// Reads the object at `at` into members of `rows`, as [`plain::record`](super::plain::record) does; gives its end.
pub fn record<const WORDS: bool>(
    text: &[u8],
    at: usize,
    rows: &mut Rows<'_>,
    memory: &mut Memory,
) -> Result<usize, Stop> {
    let mut from = lex::expect(text, at, b'{', "an object")?;
    let mut next = 0;
    loop {
        let (key, value) = match memory.find(text, from, next) {
            Some(found) => {
                next = found + 1;
                let Step { bytes, key, column } = &memory.steps[found];
                let value = lex::value_of::<WORDS>(text, lex::space(text, from + bytes.len()))?;
                let key = Text { start: from + key.start, end: from + key.end, escaped: key.escaped };
                rows.member(*column, key, value);
                (None, value)
            }
            None => {
                let start = lex::space(text, from);
                // Nothing follows a brace, but something a comma.
                if text.get(start) == Some(&b'}') && from == at + 1 {
                    return Ok(start + 1);
                }
                let (key, at) = lex::key(text, start)?;
                (Some((key, at)), lex::value_of::<WORDS>(text, at)?)
            }
        };
        if let Some((key, at)) = key {
            let column = rows.column(text, key)?;
            rows.member(column, key, value);
            // What columns are late is another matter in the next parse.
            if rows.is_known(column) {
                let within = Text { start: key.start - from, end: key.end - from, escaped: key.escaped };
                next = memory.learn(next, &text[from..at], within, column);
            }
        }
        let behind = lex::space(text, value.next);
        match text.get(behind) {
            Some(b',') => from = behind + 1,
            Some(b'}') => return Ok(behind + 1),
            Some(_) => return Err(Fault { at: behind, what: What::Expected("\",\" or \"}\"") }.into()),
            None => return Err(Fault { at: behind, what: What::Short }.into()),
        }
    }
}
