//! Findings about columns from the whole log, and the metadata that is kept.

use std::sync::Arc;

use serde_json::{Value, json};

use super::columns::{self, XesColumn, XesColumns, XesContent, XesScope};
use super::head::XesHead;
use super::{Filler, Xes, node, plain};
use crate::model::figures::agreeing;
use crate::model::kind::{Kind, Kinds};
use crate::model::table::{Learned, Remark};
use crate::model::warning::{Warning, WarningCode};
use crate::text::padding;

/// Help sentence for remarks.
const KEPT: &str =
    "docs/xes.md describes how it is kept; logflow validate lists all violations of the standard";

impl Xes {
    /// The log with the columns that it turned out to have; `None` if these are the ones it has. `kinds`:
    /// what the values of each column that it has are.
    pub fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        let mut found: Vec<(u64, XesColumn)> = Vec::new();
        for (index, column) in self.columns.all.iter().enumerate() {
            let first = learned.first.get(index).copied().unwrap_or(Learned::NEVER);
            let kinds = kinds.get(index).copied().filter(|it| !it.is_empty()).unwrap_or(column.kinds);
            if first != Learned::NEVER {
                found.push((first, XesColumn { kinds, ..column.clone() }));
            }
        }
        for late in &learned.late {
            found.extend(
                XesColumn::of_id(&late.id).map(|it| (late.first, XesColumn { kinds: late.kinds, ..it })),
            );
        }
        let several = |scope| {
            found.iter().any(|(_, it)| {
                it.scope == scope && it.kinds.iter().count() > 1 && it.holds == XesContent::Values
            })
        };
        let typed = [several(XesScope::Event), several(XesScope::Trace)];
        found.sort_by_key(|(first, _)| *first);
        let gathers = |column: &XesColumn| !matches!(column.holds, XesContent::Values | XesContent::Nested);
        let (gathering, mut columns): (Vec<XesColumn>, Vec<XesColumn>) =
            found.into_iter().map(|(_, column)| column).partition(gathers);
        if self.fill {
            // Filled in where no trace or event has them, too.
            for global in self.columns_of_globals() {
                if !columns.iter().any(|it| it.id() == global.id()) {
                    columns.push(global);
                }
            }
        }
        // In an order of their own: which event needs them first depends on what the main type of each column
        // is, and that on all values.
        for (scope, typed) in [XesScope::Event, XesScope::Trace].into_iter().zip(typed) {
            for holds in [XesContent::Duplicates, XesContent::Other] {
                columns.extend(gathering.iter().find(|it| it.scope == scope && it.holds == holds).cloned());
            }
            columns.extend(
                typed.then(|| XesColumn::of_id(columns::gathering(scope, XesContent::Types))).flatten(),
            );
        }
        if columns.is_empty() {
            columns = self.columns_of_globals();
        }
        if columns.is_empty() {
            columns = usual_columns();
        }
        if learned.alike {
            columns.extend(XesColumn::of_id(columns::TRACE));
        }
        let same = columns.len() == self.columns.all.len()
            && columns.iter().zip(&self.columns.all).all(|(new, old)| {
                new.id() == old.id()
                    && (new.kinds.main() == old.kinds.main()
                        || old.kinds.is_empty() && new.kinds.iter().count() == 1)
            });
        (!same).then(|| Self::with(Arc::clone(&self.head), columns, self.fill, self.plainly))
    }

    /// The columns of what the globals name, each once.
    fn columns_of_globals(&self) -> Vec<XesColumn> {
        let mut columns: Vec<XesColumn> = Vec::new();
        for (scope, letter) in [("trace", 't'), ("event", 'e')] {
            for node in self.head.defaults(scope) {
                if let (Some(key), Some(tag)) = (node["key"].as_str(), node["tag"].as_str())
                    && let Some(kind) = plain::kind_of(tag).filter(|kind| *kind != Kind::Nested)
                    && let Some(column) = plain_column(&format!("{letter}\u{1f}{key}"), kind)
                    && !columns.iter().any(|it| it.id() == column.id())
                {
                    columns.push(column);
                }
            }
        }
        columns
    }

    /// What stands in the log beside its rows, as docs/xes.md says. `kinds`: what the values of each column
    /// are.
    pub fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Value {
        let columns: Vec<Value> = self
            .columns
            .all
            .iter()
            .enumerate()
            .filter(|(_, column)| matches!(column.holds, XesContent::Values | XesContent::Nested))
            .map(|(index, column)| {
                let kinds = kinds.get(index).copied().filter(|it| !it.is_empty()).unwrap_or(column.kinds);
                json!({
                    "name": self.names[index],
                    "scope": if column.scope == XesScope::Trace { "trace" } else { "event" },
                    "path": column.path,
                    "types": kinds.iter().map(tag_of).collect::<Vec<_>>(),
                    "json": column.holds == XesContent::Nested,
                })
            })
            .collect();
        let (mut empty, mut loose, mut odd) = (Vec::new(), Vec::new(), Vec::new());
        for (what, at) in &self.head.oddities {
            odd.push(json!({ "what": what, "byte": at, "count": 1 }));
        }
        for note in &learned.notes {
            match &note.what {
                Remark::EmptyGroup(node) => {
                    let node = node::parse(node).unwrap_or_default();
                    let mut trace = json!({
                        "record": note.record,
                        "attributes": node.get("children").cloned().unwrap_or_else(|| json!([])),
                    });
                    if let Some(xml) = node.get("xml") {
                        trace["xml"] = xml.clone();
                    }
                    empty.push(trace);
                }
                Remark::Loose(node) => loose.push(node::parse(node).unwrap_or(Value::Null)),
                // A log of XES has none.
                Remark::Section(..) => {}
                Remark::Odd(what, count) => {
                    odd.push(json!({ "what": what, "byte": note.at, "count": count }));
                }
            }
        }
        let head = &self.head;
        let mut value = json!({
            "attributes": head.attributes,
            "namespace": head.namespace,
            "extensions": head.extensions,
            "globals": head.globals,
            "classifiers": head.classifiers,
            "log_attributes": head.log_attributes,
            "columns": columns,
            "traces": learned.groups,
            "empty_traces": empty,
            "oddities": odd,
        });
        if !loose.is_empty() {
            value["loose"] = loose.into();
        }
        value
    }

    /// The traces without events: how many records stand before each, and its value for each of `columns`.
    pub fn empty_traces(&self, learned: &Learned, columns: &[usize]) -> Vec<(u64, Vec<Option<String>>)> {
        let value = |node: &Value, column: usize| -> Option<String> {
            let mut children = node.get("children")?;
            let mut found = None;
            for key in &self.columns.all[column].path {
                let inner = children.as_array()?.iter().find(|it| it["key"].as_str() == Some(key))?;
                found = Some(inner);
                children = inner.get("children").unwrap_or(&Value::Null);
            }
            let found = found?;
            match self.columns.all[column].holds {
                XesContent::Values => found["value"].as_str().map(str::to_owned),
                _ => Some(found.to_string()),
            }
        };
        let traces = learned.notes.iter().filter_map(|note| match &note.what {
            Remark::EmptyGroup(node) => Some((note.record, node::parse(node)?)),
            _ => None,
        });
        traces
            .map(|(record, node)| (record, columns.iter().map(|column| value(&node, *column)).collect()))
            .collect()
    }

    /// Which columns say the same in all events of a trace, and which one numbers traces.
    pub fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        let of_trace = |(_, column): &(usize, &XesColumn)| {
            column.scope == XesScope::Trace && column.holds != XesContent::Trace
        };
        let shared = self.columns.all.iter().enumerate().filter(of_trace).map(|(index, _)| index).collect();
        (shared, self.columns.trace)
    }

    /// Warnings about columns and what was met.
    pub fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        let odd = |what: String| Warning::new(WarningCode::KeptBeside, what);
        let renamed = self.columns.warnings().into_iter();
        let mut warnings: Vec<Warning> =
            renamed.map(|it| Warning::new(WarningCode::ColumnNamed, it)).collect();
        for (what, at) in &self.head.oddities {
            let warning = odd(format!("{what}, at byte {at}")).counted(1);
            warnings.push(warning.at_byte(*at as u64).help(KEPT));
        }
        let mut empty = (0, 0);
        for note in &learned.notes {
            match &note.what {
                Remark::Odd(padding::BEHIND, count) => {
                    warnings.push(padding::warning(*count, note.at, padding::STRICT))
                }
                Remark::Odd(what, count) => {
                    let what = match count {
                        1 => format!("{what}, at byte {}", note.at),
                        _ => format!("{what}, {count} times, first at byte {}", note.at),
                    };
                    warnings.push(odd(what).counted(*count).at_byte(note.at).help(KEPT));
                }
                Remark::EmptyGroup(_) => {
                    let (count, first) = &mut empty;
                    *first = if *count == 0 { note.at } else { note.at.min(*first) };
                    *count += 1;
                }
                Remark::Loose(_) | Remark::Section(..) => {}
            }
        }
        let (count, first) = empty;
        if count > 0 {
            let traces = agreeing(count, "trace", "traces");
            let what = format!("{count} {traces} without events; kept in the metadata");
            let help = "use ⟦tables⟧ to write them as rows of a table of cases";
            let warning = Warning::new(WarningCode::EmptyTraces, what);
            warnings.push(warning.counted(count).at_byte(first).help(help));
        }
        warnings
    }
}

/// The columns of a log that says nothing of any, so that its table has some.
fn usual_columns() -> Vec<XesColumn> {
    [
        ("t\u{1f}concept:name", Kind::Text),
        ("e\u{1f}concept:name", Kind::Text),
        ("e\u{1f}time:timestamp", Kind::Time),
    ]
    .into_iter()
    .filter_map(|(id, kind)| plain_column(id, kind))
    .collect()
}

/// A column of values that are all of one kind.
fn plain_column(id: &str, kind: Kind) -> Option<XesColumn> {
    Some(XesColumn { kinds: Kinds::of(kind), ..XesColumn::of_id(id)? })
}

/// Defaults that the globals of the head give to columns.
pub fn defaults(head: &XesHead, columns: &XesColumns) -> Vec<Filler> {
    let mut defaults = vec![None; columns.all.len()];
    for (scope, name) in [(XesScope::Trace, "trace"), (XesScope::Event, "event")] {
        for node in head.defaults(name) {
            if let (Some(key), Some(tag), Some(value)) =
                (node["key"].as_str(), node["tag"].as_str(), node["value"].as_str())
                && let Some(kind) = plain::kind_of(tag).filter(|kind| *kind != Kind::Nested)
            {
                let column = XesColumn {
                    scope,
                    holds: XesContent::Values,
                    path: vec![key.to_owned()],
                    kinds: Kinds::NONE,
                };
                if let Some(index) = columns.find(&column.id()) {
                    defaults[index] = Some((value.into(), kind));
                }
            }
        }
    }
    defaults
}

/// The tag of a kind's element.
fn tag_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Quoted => "string",
        Kind::Id => "id",
        Kind::Time => "date",
        Kind::Float => "float",
        Kind::Int => "int",
        Kind::Bool => "boolean",
        Kind::Nested => "list",
    }
}
