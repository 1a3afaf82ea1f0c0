//! `STEPS`: every step that a pipeline file or a command line can ask for, a row each. The keys of its table in
//! a file, its flags with their help, its part of the JSON Schema and its place in the explanation of a plan
//! follow from the row.
//!
//! ```text
//! StepRow       name, summary, fields, which tables it is for, what it needs
//!   StepField   one setting: its key in files, its sentence, and its flag, if it has one
//! StepSettings  what a file or command line asked for; makes the Step of a run
//! StepEntry     a row with settings: one [[step]] of a pipeline
//! ```
//!
//! A new step is a file with a type that implements [`Step`], one that implements [`StepSettings`] and has its
//! keys by `keys!`, a `ROW`, and one line in [`STEPS`].

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::Step;
use crate::error::{Code, Error, Result};
use crate::options::document::{DocumentPlace, Node, NodeEntry, NodeError, NodeValue};
use crate::options::{Options, TableOptions, nearest, parse_names};

/// Every step, in the order in which those that a command line asks for are done.
pub static STEPS: &[&StepRow] = &[
    &super::filter::ROW,
    &super::cases::ROW,
    &super::sample::ROW,
    &super::select::ROW,
    &super::exclude::ROW,
    &super::path_template::ROW,
    &super::pseudonymise::ROW,
    &super::rare::ROW,
    &super::min_k::ROW,
    &super::naming::ROW,
];

/// What there is to say about one kind of step.
pub struct StepRow {
    /// Its name: the `kind` of a `[[step]]`.
    pub name: &'static str,
    /// What it does, as a sentence without a full stop.
    pub summary: &'static str,
    /// Its settings, in the order in which they are listed.
    pub fields: &'static [StepField],
    /// The tables that it is for.
    pub tables: StepTables,
    /// What it needs beside the columns that its settings name.
    pub needs: &'static [StepNeed],
    /// Where it stands if it is done by options of reading, which need not be read as a step of its own.
    pub place: Option<StepPlace>,
    /// Value schemas of its keys.
    pub schemas: fn() -> Vec<(&'static str, Value)>,
    /// Reads its settings.
    pub read: fn(&Node) -> Result<Arc<dyn StepSettings>, NodeError>,
}

impl Debug for StepRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepRow").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One setting of a step.
#[derive(Debug)]
pub struct StepField {
    /// Its key in files.
    pub key: &'static str,
    /// What it says, for help, docs and the JSON Schema; without a full stop at its end.
    pub doc: &'static str,
    /// Whether the step is nothing without it.
    pub required: bool,
    /// The words that it is one of; empty if it is anything else.
    pub words: &'static [&'static str],
    /// Checks a value as a command line has it.
    pub check: fn(&str) -> Result<()>,
    /// The flag of command lines that sets it.
    pub flag: Option<StepFlag>,
}

/// The flag of a setting.
#[derive(Debug)]
pub struct StepFlag {
    /// The name of the flag, without leading dashes.
    pub long: &'static str,
    /// Another name for it.
    pub alias: Option<&'static str>,
    /// What help writes for its value.
    pub value_name: &'static str,
    /// The heading that help lists it under.
    pub heading: &'static str,
    /// Its value where nobody gives one.
    pub default: Option<&'static str>,
    /// What becomes of several values.
    pub repeated: Repeated,
    /// Whether `logflow schema` has the flag as well: it is about columns, not rows.
    pub is_about_columns: bool,
}

/// What becomes of the values of a flag that is given more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The last value counts.
    Last,
    /// Each is an item of a list.
    Each,
    /// Each is a list of names between commas, and the names of all are one list.
    Names,
}

/// The tables that a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepTables {
    /// The one table of an event log.
    Events,
    /// Every table, those of object-centric logs included.
    Any,
}

/// What a step needs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepNeed {
    /// A column with this role.
    Role(crate::model::roles::Role),
    /// A pass over the whole input before the rows are written.
    Survey,
}

impl StepNeed {
    /// The need in words.
    pub fn described(self) -> String {
        match self {
            Self::Role(role) => format!("a column with the role {}", role.name()),
            Self::Survey => "a pass over the whole input before rows are written".to_owned(),
        }
    }
}

/// The place of a step among those that reading does itself. A step is done so if no step before it has the
/// same or a later place, and [`StepPlace::Names`] if no step follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepPlace {
    /// Rows are chosen, by all columns that there are.
    Rows,
    /// Columns are chosen.
    Columns,
    /// Columns are left out.
    FewerColumns,
    /// Columns get other names.
    Names,
}

/// The settings of one step.
pub trait StepSettings: Any + Debug + Send + Sync {
    /// The settings as keys and values; those that have their defaults are left out.
    ///
    /// # Errors
    /// If a value has no form in a file.
    fn to_json(&self) -> Result<Value>;

    /// Names of the columns that must be there.
    fn columns(&self) -> Vec<String>;

    /// The step of a run with these options.
    ///
    /// # Errors
    /// [`Code::Usage`] for settings with which nothing can be done.
    fn make(&self, options: &Options) -> Result<Arc<dyn Step>>;

    /// The same settings, of which only what `hide` leaves is shown in metadata; `None` if they are shown
    /// nowhere.
    fn hidden(&self, hide: &dyn Fn(&str) -> String) -> Option<Arc<dyn StepSettings>> {
        let _ = hide;
        None
    }

    /// What is wrong with the settings themselves, before any table is known.
    ///
    /// # Errors
    /// [`Code::Usage`] with what was expected and found.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether the step of these settings is confidential: see [`Step::is_confidential`].
    fn is_confidential(&self) -> bool {
        false
    }

    /// Has reading do the step: only for a row that has a [`StepPlace`].
    fn put(&self, table: &mut TableOptions) {
        let _ = table;
    }
}

/// Reads settings of one type, for [`StepRow::read`].
///
/// # Errors
/// A value that does not fit, with its place.
pub fn read<T: StepSettings + DeserializeOwned>(node: &Node) -> Result<Arc<dyn StepSettings>, NodeError> {
    Ok(Arc::new(T::deserialize(node)?))
}

/// Checks a number of a flag.
///
/// # Errors
/// [`Code::Usage`] for what is no number from 1 to `most`.
pub fn check_number(text: &str, most: u64) -> Result<()> {
    match text.parse::<u64>() {
        Ok(number) if (1..=most).contains(&number) => Ok(()),
        _ => Err(Error::new(Code::Usage, format!("expected a number from 1 to {most}, found {text:?}"))),
    }
}

/// Settings as keys and values, for [`StepSettings::to_json`].
///
/// # Errors
/// If a value has no form in a file.
pub fn written<T: Serialize>(settings: &T) -> Result<Value> {
    serde_json::to_value(settings).map_err(|error| Error::new(Code::Usage, error.to_string()))
}

/// One step of a pipeline: which, and with which settings.
#[derive(Debug, Clone)]
pub struct StepEntry {
    /// Which step.
    pub row: &'static StepRow,
    /// Its settings.
    pub settings: Arc<dyn StepSettings>,
}

impl PartialEq for StepEntry {
    fn eq(&self, other: &Self) -> bool {
        self.row.name == other.row.name && self.to_json().ok() == other.to_json().ok()
    }
}

impl Serialize for StepEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().map_err(|error| serde::ser::Error::custom(error.sentence()))?.serialize(serializer)
    }
}

impl StepEntry {
    /// The step that a table asks for: its `kind`, and its settings.
    ///
    /// # Errors
    /// [`Code::PipelineStep`] for a kind that there is not, [`Code::PipelineKey`] and [`Code::PipelineValue`]; each
    /// with what was expected, and the place of the mistake.
    pub fn read(node: &Node) -> Result<Self, (Code, NodeError)> {
        let names = || STEPS.iter().map(|row| row.name);
        let listed = || names().collect::<Vec<_>>().join(", ");
        let Some(kind) = node.get("kind") else {
            let what = format!("the key kind is missing; the steps are {}", listed());
            return Err((Code::PipelineStep, NodeError::new(what, &node.place)));
        };
        let Some(name) = kind.text() else {
            let what = format!("kind: expected the name of a step, found {}", kind.described());
            return Err((Code::PipelineValue, NodeError::new(what, &kind.place)));
        };
        let Some(row) = STEPS.iter().copied().find(|row| row.name == name) else {
            let help = match nearest(name, names()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("the steps are {}", listed()),
            };
            let what = format!("there is no step {name:?}; {help}");
            return Err((Code::PipelineStep, NodeError::new(what, &kind.place)));
        };
        let keys = || row.fields.iter().map(|field| field.key);
        for entry in node.entries().iter().filter(|entry| entry.key != "kind") {
            let key = entry.key.replace('-', "_");
            if !keys().any(|known| known == key) {
                let help = match nearest(&key, keys()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("its keys are {}", keys().collect::<Vec<_>>().join(", ")),
                };
                let what = format!("unknown key {:?} of the step {name}; {help}", entry.key);
                return Err((Code::PipelineKey, NodeError::new(what, &entry.place)));
            }
        }
        let is_given = |key: &str| node.entries().iter().any(|entry| entry.key.replace('-', "_") == key);
        if let Some(field) = row.fields.iter().find(|field| field.required && !is_given(field.key)) {
            let what = format!("the step {name} lacks the key {}: {}", field.key, field.doc);
            return Err((Code::PipelineStep, NodeError::new(what, &node.place)));
        }
        let entries = node.entries().iter().filter(|entry| entry.key != "kind").cloned().collect();
        let settings = Node { value: NodeValue::Table(entries), place: node.place.clone() };
        let settings = (row.read)(&settings).map_err(|error| (Code::PipelineValue, error))?;
        settings.check().map_err(|error| {
            let message = format!("the step {name}: {}", error.sentence());
            (Code::PipelineStep, NodeError::new(message, &node.place))
        })?;
        Ok(Self { row, settings })
    }

    /// The steps that flags ask for, in the order of the registry. `given`: the values of a flag.
    ///
    /// # Errors
    /// [`Code::Usage`] for a value that does not fit.
    pub fn of_flags(given: impl Fn(&str) -> Vec<String>) -> Result<Vec<Self>> {
        let mut steps = Vec::new();
        for row in STEPS {
            let mut entries = Vec::new();
            for field in row.fields {
                let Some(flag) = &field.flag else { continue };
                let values = given(flag.long);
                let Some(last) = values.last() else { continue };
                if flag.default.is_some_and(|default| default == last) {
                    continue;
                }
                let node = |value| Node { value, place: DocumentPlace::Unknown };
                let loose = |text: &String| node(NodeValue::Loose(text.clone(), text.clone()));
                let value = match flag.repeated {
                    Repeated::Last => loose(last),
                    Repeated::Each if values.len() == 1 => loose(last),
                    Repeated::Each => node(NodeValue::List(values.iter().map(loose).collect())),
                    Repeated::Names => {
                        let names: Vec<Vec<String>> =
                            values.iter().map(|text| parse_names(text)).collect::<Result<_>>()?;
                        let names = names.into_iter().flatten().map(|name| node(NodeValue::Text(name)));
                        node(NodeValue::List(names.collect()))
                    }
                };
                let key = field.key.to_owned();
                entries.push(NodeEntry { key, place: DocumentPlace::Unknown, value });
            }
            if !entries.is_empty() {
                let node = Node { value: NodeValue::Table(entries), place: DocumentPlace::Unknown };
                let settings = (row.read)(&node).map_err(|error| Error::new(Code::Usage, error.message))?;
                steps.push(Self { row, settings });
            }
        }
        Ok(steps)
    }

    /// The flags that ask for the step, with their values; `None` if a setting has no flag.
    ///
    /// # Errors
    /// If a value has no form in a file.
    pub fn to_flags(&self) -> Result<Option<Vec<(&'static str, String)>>> {
        let settings = self.settings.to_json()?;
        let mut words = Vec::new();
        for (key, value) in settings.as_object().into_iter().flatten() {
            let field = self.row.fields.iter().find(|field| field.key == key);
            let Some(flag) = field.and_then(|field| field.flag.as_ref()) else { return Ok(None) };
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match (value, flag.repeated) {
                (Value::Array(names), Repeated::Names) => {
                    let quoted = |name: &Value| match text(name) {
                        name if name.contains([',', '"']) => format!("\"{}\"", name.replace('"', "\"\"")),
                        name => name,
                    };
                    words.push((flag.long, names.iter().map(quoted).collect::<Vec<_>>().join(",")));
                }
                (Value::Array(values), _) => {
                    words.extend(values.iter().map(|value| (flag.long, text(value))));
                }
                (value, _) => words.push((flag.long, text(value))),
            }
        }
        Ok(Some(words))
    }

    /// The step as a table of a pipeline: its kind, and its settings.
    ///
    /// # Errors
    /// If a value has no form in a file.
    pub fn to_json(&self) -> Result<Value> {
        let mut table = Map::new();
        table.insert("kind".to_owned(), self.row.name.into());
        if let Value::Object(settings) = self.settings.to_json()? {
            table.extend(settings);
        }
        Ok(table.into())
    }
}

/// The JSON Schema of a `[[step]]`: one of the rows. `with_variables` widens the schema of a value to texts that
/// stand for one.
pub fn step_schema(with_variables: impl Fn(Value) -> Value) -> Value {
    let of = |row: &&StepRow| {
        let mut properties = Map::new();
        properties.insert("kind".to_owned(), json!({"const": row.name}));
        for (key, mut schema) in (row.schemas)().into_iter().map(|(key, it)| (key, with_variables(it))) {
            let field = row.fields.iter().find(|field| field.key == key);
            schema["description"] = field.map_or("", |field| field.doc).into();
            properties.insert(key.to_owned(), schema);
        }
        let fields = row.fields.iter().filter(|field| field.required).map(|field| field.key);
        let required: Vec<&str> = std::iter::once("kind").chain(fields).collect();
        json!({
            "type": "object",
            "description": row.summary,
            "properties": properties,
            "required": required,
            "additionalProperties": false
        })
    };
    json!({"oneOf": STEPS.iter().map(of).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_lists_the_keys_that_are_read_and_each_name_and_flag_is_there_once() {
        let mut names = std::collections::HashSet::new();
        for row in STEPS {
            assert!(names.insert(row.name), "{}", row.name);
            let keys: Vec<&str> = (row.schemas)().iter().map(|(key, _)| *key).collect();
            let fields: Vec<&str> = row.fields.iter().map(|field| field.key).collect();
            assert_eq!(fields, keys, "{}", row.name);
            assert!(!row.summary.ends_with('.'), "{}", row.name);
            for flag in row.fields.iter().filter_map(|field| field.flag.as_ref()) {
                assert!(names.insert(flag.long) || flag.long == row.name, "{}", flag.long);
            }
        }
    }

    #[test]
    fn flags_are_steps_and_steps_are_flags_again() {
        let given = |flag: &str| -> Vec<String> {
            let values: &[&str] = match flag {
                "where" => &["a > 1", "b = 'x'"],
                "select" => &["a,\"b,c\"", "d"],
                "naming" => &["xes"],
                _ => &[],
            };
            values.iter().map(|text| (*text).to_owned()).collect()
        };
        let steps = StepEntry::of_flags(given).unwrap();
        let names: Vec<&str> = steps.iter().map(|step| step.row.name).collect();
        assert_eq!(names, ["where", "select", "naming"]);
        let flags: Vec<_> =
            steps.iter().flat_map(|step| step.to_flags().unwrap().unwrap()).map(|(_, it)| it).collect();
        assert_eq!(flags, ["(a > 1) and (b = 'x')", "a,\"b,c\",d", "xes"]);
        let none =
            StepEntry::of_flags(|flag| if flag == "naming" { vec!["source".to_owned()] } else { Vec::new() });
        assert!(none.unwrap().is_empty());
    }

    #[test]
    fn a_mistake_in_a_step_names_what_is_right() {
        for (text, code, right) in [
            ("kind = \"wehre\"", Code::PipelineStep, "did you mean where?"),
            ("condition = \"a\"", Code::PipelineStep, "the key kind is missing"),
            ("kind = \"select\"", Code::PipelineStep, "lacks the key columns"),
            ("kind = \"select\"\ncolum = 1", Code::PipelineKey, "did you mean columns?"),
            ("kind = \"select\"\ncolumns = 1", Code::PipelineValue, "expected text or a list of texts"),
            ("kind = \"where\"\ncondition = \"a >\"", Code::PipelineValue, "condition: "),
            ("kind = 1", Code::PipelineValue, "expected the name of a step"),
        ] {
            let (found, error) = StepEntry::read(&Node::from_toml(text).unwrap()).unwrap_err();
            assert_eq!(found, code, "{text}");
            assert!(error.message.contains(right), "{text}: {error}");
            assert!(matches!(error.place, DocumentPlace::File(..)), "{text}");
        }
    }
}
