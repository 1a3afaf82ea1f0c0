//! The sections of a pipeline and their keys. Options of reading, tables and writing have the keys that they
//! have in every file; here are those that a pipeline has beside them.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::targets::{Layout, TARGETS, TargetKind, TargetSettings, TargetWords};
use crate::error::{Code, Error, Result};
use crate::options::document::{Node, NodeError};
use crate::options::forms::{ByWord, Maybe, NumberForm, PathsForm, Same, SizeForm};
use crate::options::keys::keys;
use crate::options::{
    Choice, IoMode, MOST_THREADS, ReadOptions, RunOptions, TableOptions, WriteOptions, nearest,
};
use crate::step::registry::STEPS;

/// A mistake in a section: its code, and what and where.
pub type Mistake = (Code, NodeError);

/// `[source]`: the inputs, and how they are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Source {
    /// Inputs and the file of declared columns.
    pub words: SourceWords,
    /// How inputs are read.
    pub read: ReadOptions,
    /// What becomes of their values. What steps do (conditions, chosen columns, names) is not in here.
    pub table: TableOptions,
}

/// What a source is beside options of reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceWords {
    /// Files, folders, patterns, or `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// A file with the types of columns.
    pub schema: Option<PathBuf>,
}

keys! {
    SourceWords, "a source" {
        "inputs": PathsForm = inputs,
        "schema": Maybe<Same> = schema,
    }
}

/// Keys of options of tables that are steps of a pipeline, or follow from the output.
const NOT_OF_SOURCE: [&str; 5] = ["select", "exclude", "where", "naming", "keys_in_path"];

/// `[[target]]`: one output.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetSection {
    /// What it is and where.
    pub words: TargetWords,
    /// How a log is written.
    pub write: WriteOptions,
    /// What is asked of another kind of target.
    pub settings: TargetSettings,
}

/// `[run]`: what the run may use, and what it tells. What is `None` is asked of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunSection {
    /// Worker threads.
    pub threads: Option<usize>,
    /// Bytes that the process may hold.
    pub memory_limit: Option<u64>,
    /// How files are read.
    pub io: IoMode,
    /// Folder for temporary files.
    pub temp_dir: Option<PathBuf>,
    /// Whether worker threads are pinned to cores.
    pub pin: Option<bool>,
    /// The form of the closing report.
    pub report: ReportForm,
    /// Whether the report tells the time of each stage.
    pub timings: bool,
}

keys! {
    RunSection, "options of the run" {
        "threads": Maybe<NumberForm<1, MOST_THREADS>> = threads,
        "memory_limit": Maybe<SizeForm> = memory_limit,
        "io": ByWord = io,
        "temp_dir": Maybe<Same> = temp_dir,
        "pin": Maybe<Same> = pin,
        "report": ByWord = report,
        "timings": Same = timings,
    }
}

/// The form of the closing report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReportForm {
    /// Text on standard error.
    #[default]
    Text,
    /// JSON Lines on standard output.
    Json,
}

impl Choice for ReportForm {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// The keys of a section whose values are options of another place as well.
pub fn source_keys() -> Vec<&'static str> {
    let table = TableOptions::KEYS.iter().filter(|key| !NOT_OF_SOURCE.contains(key));
    SourceWords::KEYS.iter().chain(ReadOptions::KEYS).chain(table).copied().collect()
}

impl Source {
    /// The source that a table of a document says.
    ///
    /// # Errors
    /// An unknown key, or a value that does not fit.
    pub fn read(node: &Node) -> Result<Self, Mistake> {
        refuse_unknown(node, "[source]", &source_keys())?;
        let table: TableOptions = part(node, TableOptions::KEYS)?;
        let source =
            Self { words: part(node, SourceWords::KEYS)?, read: part(node, ReadOptions::KEYS)?, table };
        if source.words.schema.is_some() && !source.table.declared.is_empty() {
            let place = node.get("schema").map_or(&node.place, |it| &it.place);
            let what = "schema and columns both declare types; give one of them";
            return Err((Code::PipelineValue, NodeError::new(what, place)));
        }
        Ok(source)
    }

    /// The section as keys and values.
    ///
    /// # Errors
    /// If a value has no form in a file.
    pub fn to_json(&self) -> Result<Map<String, Value>> {
        merged([to_map(&self.words)?, to_map(&self.read)?, to_map(&self.table)?])
    }
}

impl TargetSection {
    /// The target that a table of a document says.
    ///
    /// # Errors
    /// An unknown key, or a value that does not fit.
    pub fn read(node: &Node) -> Result<Self, Mistake> {
        let kind = part::<TargetWords>(node, &["kind"])?.kind;
        let row = kind.row();
        let name = match kind {
            TargetKind::Log => "[[target]]".to_owned(),
            kind => format!("a target of the kind {}", kind.name()),
        };
        refuse_unknown(node, &name, &kind.keys())?;
        let write = match kind {
            TargetKind::Log => part(node, row.keys)?,
            _ => WriteOptions::default(),
        };
        let settings = (row.read)(&only(node, row.keys)).map_err(|error| (Code::PipelineValue, error))?;
        let section = Self { words: part(node, row.common)?, write, settings };
        if section.words.flatten.is_some() && section.words.layout != Layout::default() {
            let what =
                "layout and flatten exclude each other: a flattened log is one table; leave one of them out";
            let place = node.get("layout").map_or(&node.place, |it| &it.place);
            return Err((Code::PipelineTarget, NodeError::new(what, place)));
        }
        if section.words.path.as_os_str().is_empty() && row.required.contains(&"path") {
            let what = "the target lacks the key path: the file or folder that is written";
            return Err((Code::PipelineTarget, NodeError::new(what, &node.place)));
        }
        Ok(section)
    }

    /// The path, unless it is standard output.
    pub fn file(&self) -> Option<&Path> {
        Some(self.words.path.as_path()).filter(|path| !path.as_os_str().is_empty() && *path != Path::new("-"))
    }

    /// The section as keys and values.
    ///
    /// # Errors
    /// If a value has no form in a file.
    pub fn to_json(&self) -> Result<Map<String, Value>> {
        let settings = match &self.settings {
            TargetSettings::None => Map::new(),
            TargetSettings::Stats(it) => to_map(it)?,
            TargetSettings::Inspect(it) => to_map(it)?,
            TargetSettings::View(it) => to_map(it)?,
        };
        merged([to_map(&self.words)?, to_map(&self.write)?, settings])
    }
}

impl RunSection {
    /// The options of the run that a table of a document says.
    ///
    /// # Errors
    /// An unknown key, or a value that does not fit.
    pub fn read(node: &Node) -> Result<Self, Mistake> {
        refuse_unknown(node, "[run]", Self::KEYS)?;
        part(node, Self::KEYS)
    }

    /// The section as keys and values.
    ///
    /// # Errors
    /// If a value has no form in a file.
    pub fn to_json(&self) -> Result<Map<String, Value>> {
        to_map(self)
    }
}

/// The keys of a table that a type has, read as that type.
fn part<T: DeserializeOwned>(node: &Node, keys: &[&str]) -> Result<T, Mistake> {
    T::deserialize(&only(node, keys)).map_err(|error| (Code::PipelineValue, error))
}

/// Those entries of a table that have these keys, whichever sign stands between words.
fn only(node: &Node, keys: &[&str]) -> Node {
    let spelled: Vec<String> = keys.iter().map(|key| key.replace('_', "-")).collect();
    let all: Vec<&str> = keys.iter().copied().chain(spelled.iter().map(String::as_str)).collect();
    node.only(&all)
}

/// An error for the first key of a table that is none of `keys`.
pub fn refuse_unknown(node: &Node, section: &str, keys: &[&str]) -> Result<(), Mistake> {
    if !matches!(node.value, crate::options::document::NodeValue::Table(_)) {
        let what = format!("{section}: expected a table, found {}", node.described());
        return Err((Code::PipelineValue, NodeError::new(what, &node.place)));
    }
    for entry in node.entries() {
        let key = entry.key.replace('-', "_");
        if !keys.contains(&key.as_str()) {
            let what = format!("unknown key {:?} in {section}; {}", entry.key, right(&key, section, keys));
            return Err((Code::PipelineKey, NodeError::new(what, &entry.place)));
        }
    }
    Ok(())
}

/// What may be meant by a key that a section does not have.
fn right(key: &str, section: &str, keys: &[&str]) -> String {
    let step = STEPS.iter().find_map(|row| {
        let is_flag = |long: &str| long.replace('-', "_") == key;
        let field = row.fields.iter().find(|field| field.flag.as_ref().is_some_and(|it| is_flag(it.long)))?;
        Some(format!("it is a step: [[step]] with kind = {:?} and the key {}", row.name, field.key))
    });
    if let Some(step) = step.filter(|_| section != "a pipeline") {
        return step;
    }
    let mut elsewhere =
        vec![("[source]".to_owned(), source_keys()), ("[run]".to_owned(), RunSection::KEYS.to_vec())];
    for (at, row) in TARGETS.iter().enumerate() {
        let name = match at {
            0 => "[[target]] of the kind log".to_owned(),
            _ => format!("[[target]] with kind = {:?}", row.kind.name()),
        };
        elsewhere.push((name, row.kind.keys()));
    }
    if let Some((name, _)) = elsewhere.iter().find(|(name, keys)| *name != section && keys.contains(&key)) {
        return format!("it is a key of {name}");
    }
    match nearest(key, keys.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the keys here are {}", keys.join(", ")),
    }
}

fn to_map<T: Serialize>(value: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::new(Code::Internal, "a section is no table")),
        Err(error) => Err(Error::new(Code::Usage, error.to_string())),
    }
}

fn merged<const N: usize>(maps: [Map<String, Value>; N]) -> Result<Map<String, Value>> {
    Ok(maps.into_iter().flatten().collect())
}

impl<'de> Deserialize<'de> for TargetSection {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Self::read(&node).map_err(|(_, error)| serde::de::Error::custom(error))
    }
}

/// What the machine says where a run does not.
pub fn run_options(run: &RunSection) -> RunOptions {
    use crate::machine;
    let threads = run.threads.unwrap_or_else(machine::threads);
    RunOptions {
        threads,
        memory_limit: run.memory_limit.or_else(|| machine::cautious_memory_limit(threads)),
        io: run.io,
        temp_dir: run.temp_dir.clone().unwrap_or_else(machine::temp_dir),
        pin: run.pin.unwrap_or_else(|| machine::may_pin(threads)),
    }
}
