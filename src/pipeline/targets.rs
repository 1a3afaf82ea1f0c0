//! `TARGETS`: every kind of target that a pipeline can have, a row each. The keys of its table, its part of the
//! JSON Schema and the words of messages follow from the row.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::view::ViewSettings;
use crate::error::Result;
use crate::jobs::figure_settings::{InspectSettings, StatsSettings};
use crate::options::document::{Node, NodeError};
use crate::options::forms::{ByWord, Maybe, Same};
use crate::options::keys::keys;
use crate::options::{Choice, WriteOptions};

/// What a target is beside its settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetWords {
    /// The kind of what is written.
    pub kind: TargetKind,
    /// The file, or a folder; empty for standard output.
    pub path: PathBuf,
    /// Whether an output that is there is replaced.
    pub force: bool,
    /// The layout of the tables of an object-centric log.
    pub layout: Layout,
    /// The object type of which an event log is made.
    pub flatten: Option<String>,
}

keys! {
    TargetWords, "a target" {
        "kind": ByWord = kind,
        "path": Same = path,
        "force": Same = force,
        "layout": ByWord = layout,
        "flatten": Maybe<Same> = flatten,
    }
}

/// The layout of the tables of an object-centric log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// The tables of an OCEL bundle 1.0.
    #[default]
    Bundle,
    /// The five tables of pm4py.
    Pm4py,
    /// Version 2 of the format of oceldb.
    Oceldb,
}

impl Choice for Layout {
    const WORDS: &'static [(&'static str, Self)] =
        &[("bundle", Self::Bundle), ("pm4py", Self::Pm4py), ("oceldb", Self::Oceldb)];
}

/// What a target writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetKind {
    /// The log, in the form that belongs to the name of its path.
    #[default]
    Log,
    /// The report of the run with the findings of its steps, as JSON.
    Report,
    /// Statistics of the process.
    Stats,
    /// The result of an inspection.
    Inspect,
    /// Rows in the terminal.
    View,
}

impl Choice for TargetKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("log", Self::Log),
        ("report", Self::Report),
        ("stats", Self::Stats),
        ("inspect", Self::Inspect),
        ("view", Self::View),
    ];
}

/// What there is to say about one kind of target.
pub struct TargetRow {
    /// The kind that the row is about.
    pub kind: TargetKind,
    /// What it writes, as a sentence without a full stop.
    pub summary: &'static str,
    /// The command whose flags have the names and the sentences of its keys.
    pub command: &'static str,
    /// The keys that it shares with other kinds.
    pub common: &'static [&'static str],
    /// The keys that it must have.
    pub required: &'static [&'static str],
    /// The keys that other kinds have not.
    pub keys: &'static [&'static str],
    /// Value schemas of these.
    pub schemas: fn() -> Vec<(&'static str, Value)>,
    /// Reads what these keys say.
    pub read: fn(&Node) -> Result<TargetSettings, NodeError>,
}

/// Every kind of target, in the order in which they are listed.
pub static TARGETS: &[TargetRow] = &[
    TargetRow {
        kind: TargetKind::Log,
        summary: "The log, in the form that belongs to the name of its path",
        command: "convert",
        common: &["kind", "path", "force", "layout", "flatten"],
        required: &["path"],
        keys: WriteOptions::KEYS,
        schemas: WriteOptions::value_schemas,
        read: |_| Ok(TargetSettings::None),
    },
    TargetRow {
        kind: TargetKind::Report,
        summary: "The report of the run with the findings of its steps, as JSON",
        command: "convert",
        common: &["kind", "path", "force"],
        required: &["kind", "path"],
        keys: &[],
        schemas: Vec::new,
        read: |_| Ok(TargetSettings::None),
    },
    TargetRow {
        kind: TargetKind::Stats,
        summary: "What the rows say about their process; without a path on standard output",
        command: "stats",
        common: &["kind", "path", "force"],
        required: &["kind"],
        keys: StatsSettings::KEYS,
        schemas: StatsSettings::value_schemas,
        read: |node| settings(node).map(TargetSettings::Stats),
    },
    TargetRow {
        kind: TargetKind::Inspect,
        summary: "Whether the rows are any good as an event log; without a path on standard output",
        command: "inspect",
        common: &["kind", "path", "force"],
        required: &["kind"],
        keys: InspectSettings::KEYS,
        schemas: InspectSettings::value_schemas,
        read: |node| settings(node).map(TargetSettings::Inspect),
    },
    TargetRow {
        kind: TargetKind::View,
        summary: "Some of the rows, on standard output",
        command: "view",
        common: &["kind"],
        required: &["kind"],
        keys: ViewSettings::KEYS,
        schemas: ViewSettings::value_schemas,
        read: |node| settings(node).map(|it| TargetSettings::View(Box::new(it))),
    },
];

/// Settings that only some kinds of targets have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TargetSettings {
    /// None: a log or a report.
    #[default]
    None,
    /// Those of statistics.
    Stats(StatsSettings),
    /// Those of an inspection.
    Inspect(InspectSettings),
    /// The settings of a view.
    View(Box<ViewSettings>),
}

impl TargetKind {
    /// The row of this kind.
    pub fn row(self) -> &'static TargetRow {
        TARGETS.iter().find(|row| row.kind == self).unwrap_or(&TARGETS[0])
    }

    /// Its name, as `kind` has it.
    pub fn name(self) -> &'static str {
        self.to_word().unwrap_or_default()
    }

    /// The keys that a target of this kind may have.
    pub fn keys(self) -> Vec<&'static str> {
        let row = self.row();
        row.common.iter().chain(row.keys).copied().collect()
    }

    /// Value schemas of all of its keys.
    pub fn schemas(self) -> Vec<(&'static str, Value)> {
        let row = self.row();
        let common = TargetWords::value_schemas().into_iter().filter(|(key, _)| row.common.contains(key));
        common.chain((row.schemas)()).collect()
    }
}

fn settings<T: DeserializeOwned>(node: &Node) -> Result<T, NodeError> {
    T::deserialize(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_row_whose_keys_have_schemas() {
        for (word, kind) in TargetKind::WORDS {
            let row = kind.row();
            assert_eq!((row.kind, kind.name()), (*kind, *word));
            let schemas: Vec<&str> = kind.schemas().iter().map(|(key, _)| *key).collect();
            assert_eq!(schemas, kind.keys(), "{word}");
            assert!(row.required.iter().all(|key| row.common.contains(key)), "{word}");
        }
    }
}
