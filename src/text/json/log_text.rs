//! JSON and JSON Lines in the registry.

use std::collections::HashMap;

use super::columns::JsonColumn;
use super::head::{JsonLayout, is_meant, pointer};
use super::{Json, data_frame};
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::shape::NestedShape;
use crate::model::table::Learned;
use crate::model::warning::{Warning, WarningCode};
use crate::options::flags::FlagSet;
use crate::text::log_text::{Evidence, LogText, OpenText, OpenedText, TextHead, TextLook};
use crate::text::ocel::Ocel;
use crate::text::row::{FormatRow, KIND_FLAGS, Syntax};

/// Its name alone makes a file one of JSON: one that begins like nothing else must not become a table of one
/// column.
const ROW: FormatRow = FormatRow {
    trusts_name: true,
    syntax: Syntax::Json,
    heeds: KIND_FLAGS,
    heeds_also: &[FlagSet::JsonRows, FlagSet::JsonSyntax],
    ..FormatRow::text("json", "JSON", "JSON: objects, or an array of them")
};

impl LogText for Json {
    const ROWS: &'static [FormatRow] = &[
        FormatRow { endings: &["json"], shared_endings: &["geojson", "har"], ..ROW },
        FormatRow { name: "jsonl", about: "JSON Lines", endings: &["jsonl", "ndjson"], ..ROW },
    ];

    fn recognise(look: &TextLook<'_>) -> Option<Evidence> {
        if is_meant(look.head) {
            return Some(Evidence::Text);
        }
        look.options.json.path.is_some().then_some(Evidence::Option)
    }

    fn open(head: &mut dyn TextHead, how: &OpenText<'_>) -> Result<Option<OpenedText<Self>>> {
        let options = &how.options.json;
        let lines = how.from.is_some_and(|from| from.name == "jsonl");
        let (text, whole) = (head.bytes(), head.is_whole());
        let json = Self::open(text, whole, lines, options.path.as_deref())?;
        let mut warnings = Vec::new();
        if options.path.is_none() {
            if how.from.is_none()
                && let Some(place) = Ocel::wrapped(text)
            {
                let what = format!(
                    "what stands at {place} is an object-centric log, and was read as values of a table"
                );
                let warning = Warning::new(WarningCode::NestedLog, what);
                warnings.push(warning.help("put it in a file of its own to have its tables"));
            }
            warnings.extend(data_frame::warning(text, whole, &json.head));
        }
        let json = if options.lenient { json.with_words() } else { json };
        Ok(Some(OpenedText { warnings, ..OpenedText::new(json) }))
    }

    fn row(&self) -> &'static FormatRow {
        &Self::ROWS[usize::from(self.head.shape == JsonLayout::Lines)]
    }

    fn column_names(&self) -> Vec<String> {
        self.names.to_vec()
    }

    fn column_ids(&self) -> Vec<Box<str>> {
        self.columns.all.iter().map(JsonColumn::id).collect()
    }

    fn discovers(&self) -> bool {
        true
    }

    fn says_kinds(&self) -> bool {
        true
    }

    fn without_columns(&self) -> Option<Error> {
        if self.head.keys.is_empty() {
            return Some(Error::new(Code::InputEmpty, "expected objects with members, found none"));
        }
        // Which array was taken is not what everybody would take.
        let place = pointer(self.head.keys.iter().map(String::as_str));
        let what = format!("expected objects with members in the array at {place}, found none");
        let error = Error::new(Code::InputEmpty, what);
        Some(error.help("if the rows are in another array, name it, such as ⟦json-path⟧ /data/events"))
    }

    fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        self.relearned(learned, kinds)
    }

    fn kinds_by_key(&self, kinds: &[Kinds]) -> Vec<(Box<str>, Kinds)> {
        self.kinds_by_key(kinds).map(|(key, kinds)| (key.into(), kinds)).collect()
    }

    fn reconciled_with(&self, all: &HashMap<Box<str>, Kinds>) -> Option<Self> {
        self.reconciled_with(all)
    }

    fn nested_shape(&self, column: usize) -> Option<&NestedShape> {
        self.columns.all[column].nested_shape()
    }

    fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Option<serde_json::Value> {
        Some(self.metadata(learned, kinds))
    }

    fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        self.warnings(learned)
    }

    fn help(&self, _: Code) -> &'static str {
        "set such rows aside with ⟦on-bad-row⟧ reject; if all rows are like this, check ⟦from⟧ and ⟦json-path⟧"
    }
}
