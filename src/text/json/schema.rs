//! Findings about columns from the whole text, and the metadata that is kept.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Json;
use super::columns::{JsonColumn, JsonColumns};
use super::head::SiblingMember;
use crate::model::kind::{Kind, Kinds};
use crate::model::ocel::counted;
use crate::model::shape::NestedShape;
use crate::model::table::{Learned, Remark};
use crate::model::warning::{Warning, WarningCode};
use crate::text::padding;

impl Json {
    /// The text with the columns that it turned out to have; `None` if these are the ones it has, or if it
    /// has none. `kinds`: what the values of each column that it has are.
    pub fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        let mut found: Vec<(u64, JsonColumn)> = Vec::new();
        for (index, column) in self.columns.all.iter().enumerate() {
            let first = learned.first.get(index).copied().unwrap_or(Learned::NEVER);
            if first != Learned::NEVER {
                let shape = self.shape_at(index, learned);
                found.push((
                    first,
                    JsonColumn { kinds: self.kinds_at(index, kinds), shape, ..column.clone() },
                ));
            }
        }
        for late in &learned.late {
            found.extend(
                JsonColumn::of_id(&late.id, late.kinds, late.shape.clone())
                    .map(|column| (late.first, column)),
            );
        }
        found.sort_by_key(|(first, column)| (column.key.is_none(), *first));
        let columns: Vec<JsonColumn> = found.into_iter().map(|(_, column)| column).collect();
        let same = columns.len() == self.columns.all.len()
            && columns.iter().zip(&self.columns.all).all(|(new, old)| {
                new.key == old.key
                    && new.is_mixed() == old.is_mixed()
                    && new.nested_shape() == old.nested_shape()
            });
        (!same && !columns.is_empty()).then(|| self.with(JsonColumns::new(columns)))
    }

    /// Kinds of the values of each key. `kinds`: as [`Self::relearned`] is told.
    pub fn kinds_by_key(&self, kinds: &[Kinds]) -> impl Iterator<Item = (&str, Kinds)> {
        let columns = self.columns.all.iter().enumerate();
        columns.filter_map(|(at, column)| Some((column.key.as_deref()?, self.kinds_at(at, kinds))))
    }

    /// The text with what values of its keys are in all texts that become one table with it; `None` if its
    /// values are the same with that.
    pub fn reconciled_with(&self, all: &HashMap<Box<str>, Kinds>) -> Option<Self> {
        let of = |column: &JsonColumn| column.key.as_deref().and_then(|key| all.get(key)).copied();
        let columns: Vec<JsonColumn> = self
            .columns
            .all
            .iter()
            .map(|column| JsonColumn { other_kinds: of(column).unwrap_or(Kinds::NONE), ..column.clone() })
            .collect();
        let same = columns.iter().zip(&self.columns.all).all(|(new, old)| {
            new.is_mixed() == old.is_mixed() && new.nested_shape().is_some() == old.nested_shape().is_some()
        });
        (!same).then(|| self.with(JsonColumns::new(columns)))
    }

    /// The kinds of a column: those of a pass, or else those known before.
    fn kinds_at(&self, column: usize, kinds: &[Kinds]) -> Kinds {
        kinds.get(column).copied().filter(|it| !it.is_empty()).unwrap_or(self.columns.all[column].kinds)
    }

    /// The shape of a column's nested values: that of a pass, or else the one known before.
    fn shape_at(&self, column: usize, learned: &Learned) -> NestedShape {
        let found = learned.shapes.get(column).filter(|it| !it.is_empty());
        found.unwrap_or(&self.columns.all[column].shape).clone()
    }

    /// Metadata of the text, as docs/json.md says.
    pub fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Value {
        let columns: Vec<Value> = (self.columns.all.iter().zip(self.names.iter()).enumerate())
            .map(|(index, (column, name))| {
                let column = JsonColumn { kinds: self.kinds_at(index, kinds), ..column.clone() };
                json!({
                    "name": name,
                    "key": column.key,
                    "types": column.kinds.iter().map(name_of).collect::<Vec<_>>(),
                    "json": column.is_json(),
                })
            })
            .collect();
        let mut value = json!({ "shape": self.head.shape.name() });
        if !self.head.keys.is_empty() {
            value["path"] = super::head::pointer(self.head.keys.iter().map(String::as_str)).into();
            let mut members: Vec<Value> = self.head.members.iter().map(shown).collect();
            members.extend(learned.notes.iter().filter_map(|note| match &note.what {
                Remark::Section(path, text) => {
                    let value = Some(text.clone()).filter(|text| !text.is_empty());
                    Some(shown(&SiblingMember { path: path.clone(), value }))
                }
                _ => None,
            }));
            value["members"] = members.into();
        }
        value["columns"] = columns.into();
        value
    }

    /// Warnings about its columns and what was met.
    pub fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        let mixed = self.columns.all.iter().zip(self.names.iter()).filter(|(column, _)| column.is_mixed());
        let warning = |name: &String| {
            let what = format!("column {name:?} has strings among other values: it holds the JSON of each");
            Warning::new(WarningCode::MixedValues, what).in_column(name)
        };
        let odd = learned.notes.iter().filter_map(|note| match note.what {
            Remark::Odd(padding::BEHIND, count) => Some(padding::warning(count, note.at, "")),
            Remark::Odd(what, count) => {
                let what = format!("{}, first at byte {}: left out", counted(count, what), note.at);
                let help = "the text was concatenated from several files; the first line of each is read like any other line";
                let warning = Warning::new(WarningCode::ByteOrderMark, what);
                Some(warning.counted(count).at_byte(note.at).help(help))
            }
            _ => None,
        });
        mixed.map(|(_, name)| warning(name)).chain(odd).collect()
    }
}

/// A member as metadata show it.
fn shown(member: &SiblingMember) -> Value {
    let mut value = json!({ "path": member.path });
    if let Some(text) = &member.value {
        value["value"] = serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
    }
    value
}

/// The JSON name of a kind.
fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Id | Kind::Time | Kind::Quoted => "string",
        Kind::Float => "number",
        Kind::Int => "integer",
        Kind::Bool => "boolean",
        Kind::Nested => "object or array",
    }
}
