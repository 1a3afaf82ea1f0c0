//! What a text format tells beside parsing: what it is called, how it is recognised and opened, its columns,
//! and what it learned. What most formats have in common is the default.

use std::collections::HashMap;

use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::shape::NestedShape;
use crate::model::table::Learned;
use crate::model::time_format::TimeFormat;
use crate::model::warning::Warning;
use crate::options::ReadOptions;
use crate::text::TextFormat;
use crate::text::row::FormatRow;

/// The beginning of a text, of which more can be had.
pub trait TextHead {
    /// The bytes at hand, in UTF-8, from the start of the text on.
    fn bytes(&self) -> &[u8];

    /// Whether these are all.
    fn is_whole(&self) -> bool;

    /// Reads on, so that about twice as many bytes are at hand; false if there are no more, or if a record
    /// would be longer than the limit.
    ///
    /// # Errors
    /// If the input can't be read.
    fn read_on(&mut self) -> Result<bool>;
}

/// A text by its first bytes, which a format may recognise.
#[derive(Debug, Clone, Copy)]
pub struct TextLook<'a> {
    /// The bytes at hand, in UTF-8, from the start of the text on; a byte order mark may be in front.
    pub head: &'a [u8],
    /// Whether these are all.
    pub whole: bool,
    /// Options for reading inputs.
    pub options: &'a ReadOptions,
}

/// Why a text is taken for one in a format. The surer one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// An option that was given is about this format alone.
    Option,
    /// The text begins as one in this format.
    Text,
    /// The text is in a format that is a special form of another one, as an object-centric log in JSON is.
    Special,
}

/// The options for opening a text.
#[derive(Debug, Clone, Copy)]
pub struct OpenText<'a> {
    /// Options for reading inputs.
    pub options: &'a ReadOptions,
    /// The row of the format that the user named; `None` if it was recognised.
    pub from: Option<&'static FormatRow>,
    /// The layout of times that the user gave.
    pub times: Option<&'a TimeFormat>,
}

/// A text that was opened.
#[derive(Debug)]
pub struct OpenedText<F> {
    /// The format, which cuts the text into records.
    pub format: F,
    /// The part of the text before its rows.
    pub header: Header,
    /// Warnings about the beginning of the text.
    pub warnings: Vec<Warning>,
}

impl<F> OpenedText<F> {
    /// A text without a header, of which nothing is to be said.
    pub fn new(format: F) -> Self {
        Self { format, header: Header::default(), warnings: Vec::new() }
    }

    /// The same with another name for the format.
    pub fn map<G>(self, format: impl FnOnce(F) -> G) -> OpenedText<G> {
        OpenedText { format: format(self.format), header: self.header, warnings: self.warnings }
    }
}

/// The part of a text before its rows.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Whether it names the columns.
    pub names_columns: bool,
    /// Lines before it, as they are.
    pub preamble: Vec<String>,
}

/// The marks by which delimited text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: String,
    /// The character around quoted fields.
    pub quote: Option<String>,
    /// The character before a quote inside a quoted field.
    pub escape: Option<String>,
    /// First character of comment lines.
    pub comment: Option<String>,
}

/// A text format with all that is told of it. A format needs [`ROWS`](Self::ROWS), `recognise`, `open` and
/// `column_names`; one whose columns are found on the way needs `discovers` and `relearned` as well.
pub trait LogText: TextFormat + Clone + std::fmt::Debug {
    /// The rows of the registry that name this format: mostly one.
    const ROWS: &'static [FormatRow];

    /// Whether the text is in this format. If several formats say so, the surest is taken, and of these the
    /// first in the registry.
    fn recognise(look: &TextLook<'_>) -> Option<Evidence>;

    /// Opens a text that is said or was recognised to be in this format; `None` if it is not.
    ///
    /// # Errors
    /// What is wrong with the beginning of the text.
    fn open(head: &mut dyn TextHead, how: &OpenText<'_>) -> Result<Option<OpenedText<Self>>>;

    /// The names of its columns, in order, each one once.
    fn column_names(&self) -> Vec<String>;

    /// The row of the registry for this text.
    fn row(&self) -> &'static FormatRow {
        &Self::ROWS[0]
    }

    /// What tells its columns apart from run to run, in order; the names may change when columns are found.
    fn column_ids(&self) -> Vec<Box<str>> {
        self.column_names().into_iter().map(String::into_boxed_str).collect()
    }

    /// What the values of each column are of which the format alone makes them, in the order of the columns:
    /// no pass had to see them.
    fn own_kinds(&self) -> Vec<Kinds> {
        vec![Kinds::NONE; self.column_ids().len()]
    }

    /// Whether columns are found on the way; if not, all are known once the text is open.
    fn discovers(&self) -> bool {
        false
    }

    /// Whether it says what its values are.
    fn says_kinds(&self) -> bool {
        false
    }

    /// The error for a text in which no columns are found; `None` if there may be none.
    fn without_columns(&self) -> Option<Error> {
        Some(Error::new(Code::InputEmpty, "expected records with values, found none"))
    }

    /// Which of its columns say the same in all events of a case, which one numbers cases.
    fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        (Vec::new(), None)
    }

    /// The cases without events that were met: how many records stand before each, and its value for each of
    /// the first of [`case_columns`](Self::case_columns).
    fn empty_cases(&self, learned: &Learned) -> Vec<(u64, Vec<Option<String>>)> {
        let _ = learned;
        Vec::new()
    }

    /// The format with the columns that the whole input turned out to have; `None` if these are the ones it
    /// has. `kinds`: what the source says the values of each of its columns are.
    fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        let _ = (learned, kinds);
        None
    }

    /// What the source says the values of each column are, by its name there, where other sources may say
    /// something else. `kinds`: as [`relearned`](Self::relearned) is told.
    fn kinds_by_key(&self, kinds: &[Kinds]) -> Vec<(Box<str>, Kinds)> {
        let _ = kinds;
        Vec::new()
    }

    /// The format with what all sources of a table say of the values by these names; `None` if it reads the
    /// same values then.
    fn reconciled_with(&self, all: &HashMap<Box<str>, Kinds>) -> Option<Self> {
        let _ = all;
        None
    }

    /// What the values of a column have in common if all of them are nested JSON.
    fn nested_shape(&self, column: usize) -> Option<&NestedShape> {
        let _ = column;
        None
    }

    /// Metadata of the input, for the report and the metadata of the output.
    fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Option<serde_json::Value> {
        let _ = (learned, kinds);
        None
    }

    /// Warnings about its columns, now that all are known, and about what was met.
    fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        let _ = learned;
        Vec::new()
    }

    /// The marks by which it is read, if it is delimited text.
    fn dialect(&self) -> Option<Dialect> {
        None
    }

    /// Help sentence for a bad row with this code.
    fn help(&self, code: Code) -> &'static str {
        let _ = code;
        "set such rows aside with ⟦on-bad-row⟧ reject; if all rows are like this, check ⟦from⟧"
    }
}
