//! Options by name: each keyword argument is a key of a pipeline file, or a flag of the command line with `_`
//! in place of `-`.

use std::path::PathBuf;

use logflow::options::document::Node;
use logflow::options::nearest;
use logflow::pipeline::plan::{GivenOptions, PipelinePlan};
use logflow::pipeline::sections::{RunSection, source_keys};
use logflow::pipeline::targets::TargetKind;
use logflow::step::registry::{STEPS, StepEntry};
use logflow::{Code, Error, Pipeline, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::KEYWORDS;

/// What a call asks for: inputs, what is written, and everything else by name.
pub struct Call {
    /// Files, folders, patterns.
    pub inputs: Vec<PathBuf>,
    /// The kind of output, and its path if it has one; `None`: no target.
    pub target: Option<(TargetKind, Option<PathBuf>)>,
    /// Options as JSON of one object.
    pub options: String,
}

impl Call {
    /// The pipeline that does it.
    ///
    /// # Errors
    /// An option that there is not, with the nearest right name, or a value that does not fit.
    pub fn pipeline(&self) -> Result<Pipeline> {
        let given: Map<String, Value> = serde_json::from_str(&self.options)
            .map_err(|error| Error::new(Code::Usage, format!("expected options by name: {error}")))?;
        let inputs: Vec<String> =
            self.inputs.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let mut source = Map::from_iter([("inputs".to_owned(), json!(inputs))]);
        let (mut target, mut run, mut flags) = (Map::new(), Map::new(), Map::new());
        let kind = self.target.as_ref().map(|(kind, _)| *kind);
        let target_keys = kind.map(|kind| kind.keys()).unwrap_or_default();
        for (name, value) in given {
            let key = name.replace('-', "_");
            if value.is_null() {
                continue;
            }
            let section = if is_flag(&key) {
                &mut flags
            } else if target_keys.contains(&key.as_str()) && !["kind", "path"].contains(&key.as_str()) {
                &mut target
            } else if source_keys().contains(&key.as_str()) && key != "inputs" {
                &mut source
            } else if RunSection::KEYS.contains(&key.as_str()) {
                &mut run
            } else {
                return Err(unknown(&name, &target_keys));
            };
            section.insert(key, value);
        }
        let mut document = json!({ "source": source });
        if let Some((kind, path)) = &self.target {
            target.insert("kind".to_owned(), kind.name().into());
            if let Some(path) = path {
                target.insert("path".to_owned(), path.to_string_lossy().into());
            }
            document["target"] = json!([target]);
        }
        if !run.is_empty() {
            document["run"] = run.into();
        }
        let wrong = |error: serde_json::Error| Error::new(Code::Usage, error.to_string());
        let node = Node::deserialize(&document).map_err(wrong)?;
        let read = Pipeline::read(&node);
        let mut pipeline = read.map_err(|(code, mistake)| Error::new(code, mistake.message))?;
        pipeline.steps = StepEntry::of_flags(|flag| values(flags.get(&flag.replace('-', "_"))))?;
        Ok(pipeline)
    }

    /// What jobs do for it.
    ///
    /// # Errors
    /// As [`Call::pipeline`], and what does not fit together.
    pub fn plan(&self) -> Result<PipelinePlan> {
        self.pipeline()?.plan(GivenOptions { spelling: KEYWORDS, ..GivenOptions::default() })
    }
}

/// Whether a key is the flag of a step.
fn is_flag(key: &str) -> bool {
    STEPS.iter().flat_map(|row| row.fields).filter_map(|field| field.flag.as_ref()).any(|flag| {
        let is_same = |name: &str| name.replace('-', "_") == key;
        is_same(flag.long)
    })
}

/// The values of a flag, as a command line gives them.
fn values(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        None | Some(Value::Null) => Vec::new(),
        // A name in a list is one name, whatever signs it has.
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| match text(item) {
                name if name.contains([',', '"']) => format!("\"{}\"", name.replace('"', "\"\"")),
                name => name,
            })
            .collect(),
        Some(value) => vec![text(value)],
    }
}

/// The error for an option that there is not.
fn unknown(name: &str, target_keys: &[&'static str]) -> Error {
    let flags = STEPS.iter().flat_map(|row| row.fields).filter_map(|field| field.flag.as_ref());
    let mut known: Vec<String> = flags.map(|flag| flag.long.replace('-', "_")).collect();
    let keys = source_keys().into_iter().chain(RunSection::KEYS.iter().copied());
    known.extend(keys.chain(target_keys.iter().copied()).map(str::to_owned));
    known.retain(|key| !["inputs", "kind", "path"].contains(&key.as_str()));
    let error = Error::new(Code::PipelineKey, format!("there is no option {name:?}"));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean {near}?")),
        None => error.help("options have the names of flags of the command line, with _ between words"),
    }
}
