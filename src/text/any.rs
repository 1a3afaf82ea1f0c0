//! Whichever format an input has, as one: the registry. A new format is a file beside this one and an arm in
//! each match.

use std::collections::HashMap;

use super::csv::Csv;
use super::json::{self, Json};
use super::ocel::{self, Ocel, OcelSyntax};
use super::xes::{self, Xes, XesPlace};
use super::{Boundary, Exit, ParseTask, RowSink, TextFormat, TextSlice};
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::shape::NestedShape;
use crate::model::table::{BadRow, Learned};
use crate::model::warning::Warning;

/// A format that was found.
#[derive(Debug, Clone)]
pub enum AnyFormat {
    /// CSV and other delimited text.
    Csv(Csv),
    /// An event log as XES, IEEE 1849.
    Xes(Xes),
    /// JSON and JSON Lines.
    Json(Json),
    /// Object-centric event log, OCEL 1.0 or 2.0.
    Ocel(Ocel),
}

/// What the grammar of a format remembers between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyState {
    /// CSV keeps no state between records.
    Csv,
    /// Place between records in XES.
    Xes(XesPlace),
    /// Place between records in JSON.
    Json(json::JsonPlace),
    /// Place between records in OCEL.
    Ocel(ocel::OcelPlace),
}

/// What a thread keeps for whatever comes.
#[derive(Debug, Default)]
pub struct AnyMemory {
    xes: xes::XesThreadMemory,
    json: json::JsonThreadMemory,
}

impl AnyFormat {
    /// The name that `--from` accepts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Xes(_) => "xes",
            Self::Json(json) => json.format_name(),
            Self::Ocel(ocel) => ocel.syntax.name(),
        }
    }

    /// Whether its text is JSON.
    pub fn is_json(&self) -> bool {
        match self {
            Self::Json(_) => true,
            Self::Ocel(ocel) => matches!(ocel.syntax, OcelSyntax::Json1 | OcelSyntax::Json2),
            Self::Csv(_) | Self::Xes(_) => false,
        }
    }

    /// The names of its columns, in order, each one once.
    pub fn column_names(&self) -> Vec<String> {
        match self {
            Self::Csv(csv) => csv.names.clone(),
            Self::Xes(xes) => xes.names.to_vec(),
            Self::Json(json) => json.names.to_vec(),
            Self::Ocel(ocel) => ocel.column_names(),
        }
    }

    /// What tells its columns apart from run to run, in order; the names may change when columns are found.
    pub fn column_ids(&self) -> Vec<Box<str>> {
        match self {
            Self::Csv(csv) => csv.names.iter().map(|name| name.as_str().into()).collect(),
            Self::Xes(xes) => xes.columns.all.iter().map(xes::columns::XesColumn::id).collect(),
            Self::Json(json) => json.columns.all.iter().map(json::columns::JsonColumn::id).collect(),
            Self::Ocel(ocel) => ocel::types::column_ids(&ocel.shape),
        }
    }

    /// What the values of each column are of which the format alone makes them, in the order of the columns:
    /// no pass had to see them.
    pub fn own_kinds(&self) -> Vec<Kinds> {
        match self {
            Self::Xes(xes) => xes.columns.all.iter().map(xes::columns::XesColumn::own_kinds).collect(),
            other => vec![Kinds::NONE; other.column_ids().len()],
        }
    }

    /// Whether columns are found on the way; if not, a header names them all.
    pub fn discovers(&self) -> bool {
        match self {
            Self::Csv(_) => false,
            Self::Xes(_) | Self::Json(_) | Self::Ocel(_) => true,
        }
    }

    /// Whether it says what its values are.
    pub fn says_kinds(&self) -> bool {
        match self {
            Self::Csv(_) => false,
            Self::Xes(_) | Self::Json(_) | Self::Ocel(_) => true,
        }
    }

    /// Which of its columns say the same in all events of a case, which one numbers cases.
    pub fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        match self {
            Self::Csv(_) | Self::Json(_) | Self::Ocel(_) => (Vec::new(), None),
            Self::Xes(xes) => xes.case_columns(),
        }
    }

    /// The cases without events that were met: how many records stand before each, and its value for each of
    /// the first of [`AnyFormat::case_columns`].
    pub fn empty_cases(&self, learned: &Learned) -> Vec<(u64, Vec<Option<String>>)> {
        match self {
            Self::Csv(_) | Self::Json(_) | Self::Ocel(_) => Vec::new(),
            Self::Xes(xes) => xes.empty_traces(learned, &xes.case_columns().0),
        }
    }

    /// Whether places in its text are told by line and character.
    pub fn is_told_by_lines(&self) -> bool {
        match self {
            Self::Csv(_) | Self::Json(_) => false,
            Self::Xes(_) => true,
            Self::Ocel(ocel) => ocel.syntax.is_xml(),
        }
    }

    /// The format with the columns that the whole input turned out to have; `None` if these are the ones it
    /// has. `kinds`: what the source says the values of each of its columns are.
    pub fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        match self {
            Self::Csv(_) => None,
            Self::Xes(xes) => xes.relearned(learned, kinds).map(Self::Xes),
            Self::Json(json) => json.relearned(learned, kinds).map(Self::Json),
            Self::Ocel(ocel) => ocel.relearned(learned).map(Self::Ocel),
        }
    }

    /// What the source says the values of each column are, by its name there, where other sources may say
    /// something else. `kinds`: as [`Self::relearned`] is told.
    pub fn kinds_by_key(&self, kinds: &[Kinds]) -> Vec<(Box<str>, Kinds)> {
        match self {
            Self::Csv(_) | Self::Xes(_) | Self::Ocel(_) => Vec::new(),
            Self::Json(json) => json.kinds_by_key(kinds).map(|(key, kinds)| (key.into(), kinds)).collect(),
        }
    }

    /// The format with what all sources of a table say of the values by these names; `None` if it reads the
    /// same values then.
    pub fn reconciled_with(&self, all: &HashMap<Box<str>, Kinds>) -> Option<Self> {
        match self {
            Self::Csv(_) | Self::Xes(_) | Self::Ocel(_) => None,
            Self::Json(json) => json.reconciled_with(all).map(Self::Json),
        }
    }

    /// What the values of a column have in common if all of them are nested JSON.
    pub fn nested_shape(&self, column: usize) -> Option<&NestedShape> {
        match self {
            Self::Csv(_) | Self::Xes(_) | Self::Ocel(_) => None,
            Self::Json(json) => json.columns.all[column].nested_shape(),
        }
    }

    /// What stands in the input beside its rows.
    pub fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Option<serde_json::Value> {
        match self {
            Self::Csv(_) | Self::Ocel(_) => None,
            Self::Xes(xes) => Some(xes.metadata(learned, kinds)),
            Self::Json(json) => Some(json.metadata(learned, kinds)),
        }
    }

    /// What should be said about its columns, now that all are known, and about what was met.
    pub fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        match self {
            Self::Csv(csv) => csv.warnings(learned),
            Self::Xes(xes) => xes.warnings(learned),
            Self::Json(json) => json.warnings(learned),
            Self::Ocel(ocel) => ocel.warnings(learned),
        }
    }
}

impl TextFormat for AnyFormat {
    type State = AnyState;
    type Memory = AnyMemory;

    fn first(&self) -> Boundary<AnyState> {
        match self {
            Self::Csv(csv) => csv.first().map(|()| AnyState::Csv),
            Self::Xes(xes) => xes.first().map(AnyState::Xes),
            Self::Json(json) => json.first().map(AnyState::Json),
            Self::Ocel(ocel) => ocel.first().map(AnyState::Ocel),
        }
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<AnyState> {
        match self {
            Self::Csv(csv) => csv.guess(text, at).map(|()| AnyState::Csv),
            Self::Xes(xes) => xes.guess(text, at).map(AnyState::Xes),
            Self::Json(json) => json.guess(text, at).map(AnyState::Json),
            Self::Ocel(ocel) => ocel.guess(text, at).map(AnyState::Ocel),
        }
    }

    fn looks_back(&self) -> usize {
        match self {
            Self::Csv(csv) => csv.looks_back(),
            Self::Xes(xes) => xes.looks_back(),
            Self::Json(json) => json.looks_back(),
            Self::Ocel(ocel) => ocel.looks_back(),
        }
    }

    fn guess_after(&self, text: TextSlice<'_>, at: u64, hint: Boundary<AnyState>) -> Boundary<AnyState> {
        match (self, hint.state) {
            (Self::Xes(xes), AnyState::Xes(place)) => {
                xes.guess_after(text, at, hint.map(|_| place)).map(AnyState::Xes)
            }
            _ => self.guess(text, at),
        }
    }

    fn context<'t>(&self, text: TextSlice<'t>, at: Boundary<AnyState>) -> &'t [u8] {
        match (self, at.state) {
            (Self::Xes(xes), AnyState::Xes(place)) => xes.context(text, at.map(|_| place)),
            _ => &text.bytes[..0],
        }
    }

    fn check_end(&self, at: Boundary<AnyState>) -> Option<BadRow> {
        match (self, at.state) {
            (Self::Xes(xes), AnyState::Xes(place)) => xes.check_end(at.map(|_| place)),
            (Self::Json(json), AnyState::Json(place)) => json.check_end(at.map(|_| place)),
            (Self::Ocel(ocel), AnyState::Ocel(place)) => ocel.check_end(at.map(|_| place)),
            _ => None,
        }
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<AnyState>,
        end: u64,
        task: &mut ParseTask<'_, AnyMemory>,
        sink: &mut K,
    ) -> Result<Exit<AnyState>> {
        let ParseTask { arena, memory, context, records, limit } = task;
        match (self, from.state) {
            (Self::Csv(csv), AnyState::Csv) => {
                let mut task =
                    ParseTask { arena, memory: &mut (), context, records: *records, limit: *limit };
                let exit = csv.parse(text, from.map(|_| ()), end, &mut task, sink);
                *records = task.records;
                Ok(exit?.map(|()| AnyState::Csv))
            }
            (Self::Xes(xes), AnyState::Xes(place)) => {
                let mut task =
                    ParseTask { arena, memory: &mut memory.xes, context, records: *records, limit: *limit };
                let exit = xes.parse(text, from.map(|_| place), end, &mut task, sink);
                *records = task.records;
                Ok(exit?.map(AnyState::Xes))
            }
            (Self::Json(json), AnyState::Json(place)) => {
                let mut task =
                    ParseTask { arena, memory: &mut memory.json, context, records: *records, limit: *limit };
                let exit = json.parse(text, from.map(|_| place), end, &mut task, sink);
                *records = task.records;
                Ok(exit?.map(AnyState::Json))
            }
            (Self::Ocel(ocel), AnyState::Ocel(place)) => {
                let mut task =
                    ParseTask { arena, memory: &mut (), context, records: *records, limit: *limit };
                let exit = ocel.parse(text, from.map(|_| place), end, &mut task, sink);
                *records = task.records;
                Ok(exit?.map(AnyState::Ocel))
            }
            _ => Err(Error::new(Code::Internal, "the parser state of one format was passed to another")),
        }
    }
}
