//! A pipeline: its source, steps, targets and options of the run, to and from anything that serde knows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::sections::{Mistake, RunSection, Source, TargetSection, refuse_unknown};
use crate::error::{Code, Error, Result};
use crate::options::document::{Node, NodeError, NodeValue};
use crate::step::registry::StepEntry;

/// The keys of a pipeline.
pub const SECTIONS: [&str; 4] = ["source", "step", "target", "run"];

/// A run as a value: where logs come from, the steps that their rows pass, where they go, and what the run may
/// use. It is read from a file such as `logflow run` has, or from anything that serde reads.
///
/// # Examples
/// ```
/// use logflow::{Observer, Pipeline};
///
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("pipeline.toml");
/// # std::fs::write(folder.path().join("log.csv"), "case,activity\n1,a\n2,b\n").unwrap();
/// let text = r#"
///     [source]
///     inputs = "log.csv"
///     [[step]]
///     kind = "where"
///     condition = "case = 1"
///     [[target]]
///     path = "log.parquet"
/// "#;
/// std::fs::write(&file, text).unwrap();
/// let pipeline = Pipeline::load(&file)?.set("run.threads=1")?;
/// assert_eq!(pipeline.check()?["logs"][0]["kind"], "event log");
/// let runs = pipeline.run(&Observer::default())?;
/// assert_eq!(runs[0]["rows"], 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// Where logs come from, and how they are read.
    pub source: Source,
    /// What their rows pass, in order.
    pub steps: Vec<StepEntry>,
    /// Where they go.
    pub targets: Vec<TargetSection>,
    /// What the run may use, and what it tells.
    pub run: RunSection,
}

impl Pipeline {
    /// The pipeline that a document says.
    ///
    /// # Errors
    /// The first mistake: its code, what was expected and found, and where.
    pub fn read(node: &Node) -> Result<Self, Mistake> {
        refuse_unknown(node, "a pipeline", &SECTIONS)?;
        let Some(source) = node.get("source") else {
            let what = "the section [source] is missing; write [source] and in it inputs = \"log.csv\"";
            return Err((Code::PipelineValue, NodeError::new(what, &node.place)));
        };
        let steps = items(node, "step")?.iter().map(StepEntry::read).collect::<Result<_, _>>()?;
        let targets = items(node, "target")?.iter().map(TargetSection::read).collect::<Result<_, _>>()?;
        let pipeline = Self {
            source: Source::read(source)?,
            steps,
            targets,
            run: node.get("run").map(RunSection::read).transpose()?.unwrap_or_default(),
        };
        if pipeline.source.words.inputs.is_empty() {
            let what = "[source] lacks the key inputs; write inputs = \"log.csv\", or a list of files, folders and patterns";
            return Err((Code::PipelineValue, NodeError::new(what, &source.place)));
        }
        Ok(pipeline)
    }

    /// Whether a step asks for values to stay secret.
    pub fn hides_values(&self) -> bool {
        self.steps.iter().any(|entry| entry.settings.is_confidential())
    }

    /// Has values that `hide` takes out of texts shown nowhere: not in metadata and reports.
    pub fn hide(&mut self, hide: &dyn Fn(&str) -> String) {
        for step in &mut self.steps {
            if let Some(settings) = step.settings.hidden(hide) {
                step.settings = settings;
            }
        }
    }

    /// The pipeline as keys and values: only what differs from the defaults.
    ///
    /// # Errors
    /// If a value has no form in a file.
    pub fn to_json(&self) -> Result<Map<String, Value>> {
        let mut out = Map::new();
        out.insert("source".to_owned(), self.source.to_json()?.into());
        let steps: Vec<Value> = self.steps.iter().map(StepEntry::to_json).collect::<Result<_>>()?;
        let targets = self.targets.iter().map(|it| it.to_json().map(Value::from));
        for (key, list) in [("step", steps), ("target", targets.collect::<Result<_>>()?)] {
            if !list.is_empty() {
                out.insert(key.to_owned(), list.into());
            }
        }
        let run = self.run.to_json()?;
        if !run.is_empty() {
            out.insert("run".to_owned(), run.into());
        }
        Ok(out)
    }
}

/// The tables of a `[[key]]`; none if there is no such key.
fn items<'n>(node: &'n Node, key: &str) -> Result<&'n [Node], Mistake> {
    match node.get(key) {
        None => Ok(&[]),
        Some(Node { value: NodeValue::List(items), .. }) => Ok(items),
        Some(other) => {
            let what = format!(
                "{key}: expected a list of tables, found {}; write [[{key}]] with two brackets",
                other.described()
            );
            Err((Code::PipelineValue, NodeError::new(what, &other.place)))
        }
    }
}

impl Serialize for Pipeline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json()
            .map_err(|error: Error| serde::ser::Error::custom(error.sentence()))?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pipeline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Self::read(&node).map_err(|(_, error)| serde::de::Error::custom(error))
    }
}
