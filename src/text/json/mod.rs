//! JSON (RFC 8259): objects as rows, on lines, one after the other, or in an array.
//!
//! ```text
//! lex.rs      text -> tokens and whole values
//! head.rs     head of the text -> its shape, where rows begin, what stands before them
//! columns.rs  keys -> columns and their names
//! plain.rs    the plain reader: a record -> its members, token by token
//! quick.rs    the quick reader: keys that were seen before, compared as bytes
//! rows.rs     members -> rows, and what is learned of columns
//! parse.rs    one parse: batches, faults, where reading goes on
//! record_start.rs  where a record seems to start after a cut
//! log_text.rs how it is recognised and opened, and what it tells beside rows
//! schema.rs   what the whole text says of its columns, and what is kept as metadata
//! mod.rs      where a record may start, and how that is guessed
//! ```
//!
//! A record is a line, an object among objects, or an element of the array. Nothing like a tree of the text
//! is ever made.

pub mod columns;
pub mod data_frame;
pub mod head;
pub mod lex;
mod log_text;
mod parse;
mod plain;
mod quick;
mod record_start;
mod rows;
mod schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use self::columns::JsonColumns;
use self::head::{JsonHead, JsonLayout};
use self::parse::JsonParse;
use self::quick::JsonMemory;
use self::record_start::RecordStart;
use self::rows::JsonRows;
use super::{Boundary, Exit, ParseTask, RowSink, TextFormat, TextSlice};
use crate::error::{Code, Result};
use crate::model::table::BadRow;

/// Remark about a byte order mark that is not the first thing in the text.
const MARKS: &str = "byte order mark|marks at the start of a later line";
/// Bytes that a guess looks ahead.
const AHEAD: usize = 1 << 20;
/// How far it looks back for what stands before an object, in bytes of white space.
const BACK: usize = 256;

/// State of the grammar between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPlace {
    /// Between the lines of JSON Lines.
    Lines,
    /// Between objects that follow each other.
    Objects,
    /// In the array of records.
    Array,
    /// Behind it, in so many objects.
    Beside(u32),
    /// At the end of the text.
    End,
}

/// A text of JSON.
#[derive(Debug, Clone)]
pub struct Json {
    /// Findings before the first row.
    pub head: Arc<JsonHead>,
    /// The columns that are known when the parse begins.
    pub columns: Arc<JsonColumns>,
    /// Names of the columns.
    pub names: Arc<[String]>,
    plainly: bool,
    /// Whether `NaN`, `Infinity` and `-Infinity` are numbers.
    words: bool,
    /// Tells one set of columns from another.
    number: u64,
}

/// State that a thread keeps between parses.
#[derive(Debug, Default)]
pub struct JsonThreadMemory {
    quick: JsonMemory,
}

impl Json {
    /// The text that begins with `text`; `whole` if there is no more. It has no columns until some are found.
    /// `lines`: rows are lines, whatever it looks like. `path`: where the array of rows is.
    ///
    /// # Errors
    /// As [`JsonHead::find`].
    pub fn open(text: &[u8], whole: bool, lines: bool, path: Option<&str>) -> Result<Self> {
        let head = Arc::new(JsonHead::find(text, whole, lines, path)?);
        let (columns, names) = (Arc::default(), Arc::new([]));
        Ok(Self { head, columns, names, plainly: false, words: false, number: number() })
    }

    /// The same text with these columns.
    fn with(&self, columns: JsonColumns) -> Self {
        let names = columns.names().into();
        let (head, columns) = (Arc::clone(&self.head), Arc::new(columns));
        Self { head, columns, names, number: number(), ..*self }
    }

    /// The same text, read by the plain reader alone: the twin of the quick one.
    pub fn plainly(self) -> Self {
        Self { plainly: true, ..self }
    }

    /// The same text, in which Python's words for floats are numbers.
    pub fn with_words(self) -> Self {
        Self { words: true, ..self }
    }

    /// The value at `at`, whole.
    fn value(&self, text: &[u8], at: usize) -> lex::Lexed<lex::JsonValue> {
        if self.words { lex::value_with_words(text, at) } else { lex::value(text, at) }
    }

    fn place(&self) -> JsonPlace {
        match self.head.shape {
            JsonLayout::Lines => JsonPlace::Lines,
            JsonLayout::Objects => JsonPlace::Objects,
            JsonLayout::Array => JsonPlace::Array,
        }
    }

    /// The first line from `cut` on.
    fn guess_line(text: &[u8], cut: usize) -> usize {
        let window = &text[..text.len().min(cut.saturating_add(AHEAD))];
        let before = &text[cut.saturating_sub(BACK)..cut];
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
        let begins = before.iter().rev().find(|byte| !space(byte)) == Some(&b'\n');
        let start = match begins {
            true => cut,
            false => memchr::memchr(b'\n', &window[cut..]).map_or(window.len(), |found| cut + found),
        };
        lex::space(window, start)
    }
}

/// A number for a set of columns.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl TextFormat for Json {
    type State = JsonPlace;
    type Memory = JsonThreadMemory;

    fn first(&self) -> Boundary<JsonPlace> {
        Boundary { at: self.head.body as u64, state: self.place() }
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<JsonPlace> {
        if at <= self.head.body as u64 {
            return self.first();
        }
        let cut = (at - text.base) as usize;
        let absolute = |place: usize| text.base + place as u64;
        if self.head.shape == JsonLayout::Lines {
            return Boundary { at: absolute(Self::guess_line(text.bytes, cut)), state: JsonPlace::Lines };
        }
        let window = &text.bytes[..text.bytes.len().min(cut.saturating_add(AHEAD))];
        let whole = text.last && window.len() == text.bytes.len();
        match self.find_record(window, cut, cut.saturating_sub(BACK), whole) {
            RecordStart::Record(place) => Boundary { at: absolute(place), state: self.place() },
            RecordStart::None | RecordStart::Short => {
                Boundary { at: absolute(text.bytes.len()), state: JsonPlace::End }
            }
        }
    }

    fn check_end(&self, at: Boundary<JsonPlace>) -> Option<BadRow> {
        let what = match at.state {
            JsonPlace::Array => "expected \",\" or \"]\", found the end of the text",
            JsonPlace::Beside(_) => "expected \",\" or \"}\", found the end of the text",
            JsonPlace::Lines | JsonPlace::Objects | JsonPlace::End => return None,
        };
        Some(BadRow::at_end(at.at, Code::Json, what))
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<JsonPlace>,
        end: u64,
        task: &mut ParseTask<'_, JsonThreadMemory>,
        sink: &mut K,
    ) -> Result<Exit<JsonPlace>> {
        let end = usize::try_from(end.saturating_sub(text.base)).unwrap_or(usize::MAX).min(text.bytes.len());
        let rows = JsonRows::new(&self.columns, text.base, task.records, K::CELLS);
        let memory = &mut task.memory.quick;
        memory.belong_to(self.number);
        let mut parse = JsonParse::new(self, text, from, end, rows, memory, task.limit);
        let exit = loop {
            if let Some(exit) = parse.batch(sink)? {
                break exit;
            }
        };
        task.records = parse.records();
        sink.learned(parse.take_learned());
        Ok(exit)
    }
}
