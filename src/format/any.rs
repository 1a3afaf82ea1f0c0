//! Whichever format an input has, as one: the registry. A new format is a file beside this one and an arm in each match.

use super::csv::Csv;
use super::{Boundary, Exit, Format, RowSink, Task, Text};
use crate::error::Result;
use crate::model::table::{BadRow, Learned};

/// A format that was found.
#[derive(Debug, Clone)]
pub enum AnyFormat {
    /// Delimited text.
    Csv(Csv),
}

/// What its grammar remembers between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyState {
    /// Nothing.
    Csv,
}

/// What a thread keeps for whatever comes.
#[derive(Debug, Default)]
pub struct AnyMemory;

impl AnyFormat {
    /// Its name, as `--from` takes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
        }
    }

    /// The names of its columns, in order, each one once.
    pub fn column_names(&self) -> Vec<String> {
        match self {
            Self::Csv(csv) => csv.names.clone(),
        }
    }

    /// What tells its columns apart from run to run, in order; the names may change when columns are found.
    pub fn column_ids(&self) -> Vec<Box<str>> {
        match self {
            Self::Csv(csv) => csv.names.iter().map(|name| name.as_str().into()).collect(),
        }
    }

    /// Whether columns are found on the way; if not, a header names them all.
    pub fn discovers(&self) -> bool {
        match self {
            Self::Csv(_) => false,
        }
    }

    /// Whether it says what its values are.
    pub fn says_kinds(&self) -> bool {
        match self {
            Self::Csv(_) => false,
        }
    }

    /// Which of its columns say the same in all events of a case, which one numbers cases.
    pub fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        match self {
            Self::Csv(_) => (Vec::new(), None),
        }
    }

    /// The cases without events that were met: how many records stand before each, and its value for each of the first of
    /// [`AnyFormat::case_columns`].
    pub fn empty_cases(&self, learned: &Learned) -> Vec<(u64, Vec<Option<String>>)> {
        let _ = learned;
        match self {
            Self::Csv(_) => Vec::new(),
        }
    }

    /// Whether places in its text are told by line and character.
    pub fn is_told_by_lines(&self) -> bool {
        match self {
            Self::Csv(_) => false,
        }
    }

    /// The format with the columns that the whole input turned out to have; `None` if these are the ones it has.
    pub fn relearned(&self, learned: &Learned) -> Option<Self> {
        let _ = learned;
        match self {
            Self::Csv(_) => None,
        }
    }
}

impl Format for AnyFormat {
    type State = AnyState;
    type Memory = AnyMemory;

    fn first(&self) -> Boundary<AnyState> {
        match self {
            Self::Csv(csv) => csv.first().map(|()| AnyState::Csv),
        }
    }

    fn guess(&self, text: Text<'_>, at: u64) -> Boundary<AnyState> {
        match self {
            Self::Csv(csv) => csv.guess(text, at).map(|()| AnyState::Csv),
        }
    }

    fn context<'t>(&self, text: Text<'t>, at: Boundary<AnyState>) -> &'t [u8] {
        match (self, at.state) {
            (Self::Csv(csv), AnyState::Csv) => csv.context(text, at.map(|_| ())),
        }
    }

    fn unended(&self, at: Boundary<AnyState>) -> Option<BadRow> {
        match (self, at.state) {
            (Self::Csv(csv), AnyState::Csv) => csv.unended(at.map(|_| ())),
        }
    }

    fn parse<K: RowSink>(
        &self,
        text: Text<'_>,
        from: Boundary<AnyState>,
        end: u64,
        task: &mut Task<'_, AnyMemory>,
        sink: &mut K,
    ) -> Result<Exit<AnyState>> {
        match (self, from.state) {
            (Self::Csv(csv), AnyState::Csv) => {
                let Task { arena, context, records, limit, .. } = task;
                let mut task = Task { arena, memory: &mut (), context, records: *records, limit: *limit };
                let exit = csv.parse(text, from.map(|_| ()), end, &mut task, sink);
                *records = task.records;
                exit.map(|exit| exit.map(|()| AnyState::Csv))
            }
        }
    }
}
