//! A pipeline from a file, with variables of the environment and with values that a command line sets.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::places::{PipelinePlaces, placed};
use super::plan::GivenOptions;
use super::targets::TargetKind;
use super::value::Pipeline;
use super::variables::Variables;
use crate::error::{Code, Error, Result};
use crate::model::figures::counted;
use crate::options::Spelling;
use crate::options::document::{DocumentPlace, Node, NodeEntry, NodeError, NodeValue};

/// A pipeline that was read from a file, and what was learned on the way.
#[derive(Debug)]
pub struct LoadedPipeline {
    /// The pipeline; its paths are those that the file says, from the folder of the file.
    pub pipeline: Pipeline,
    /// The variables that it took from the environment.
    pub variables: Variables,
    /// The options that it gives, by name, with `-` between words.
    pub given: Vec<String>,
    /// The file; `None` for standard input and for pipes.
    pub file: Option<PathBuf>,
    /// Where its parts stand.
    pub places: PipelinePlaces,
}

impl LoadedPipeline {
    /// What a run of it is told beside the pipeline.
    pub fn given(&self, spelling: Spelling) -> GivenOptions {
        GivenOptions { names: self.given.clone(), spelling, file: self.file.clone() }
    }

    /// An error of a run with the place in the file that it is about, and without values of variables.
    #[must_use]
    pub fn tell(&self, error: Error) -> Error {
        self.variables.hide_error(self.places.tell(error, &self.pipeline))
    }
}

/// The text that stands for standard input.
const STDIN: &str = "-";

/// Reads a pipeline: TOML, or JSON if it begins with a brace. `-` is standard input. `sets`: values such as
/// `target.path=out.parquet` that replace those of the file. `lookup` gives the values of variables.
///
/// Paths that are not absolute are those of the file's folder; those of `sets`, and of a pipeline from standard
/// input or from a pipe, are those of the working folder.
///
/// # Errors
/// The first mistake with its code, file and line.
pub fn load(path: &Path, sets: &[String], lookup: &dyn Fn(&str) -> Option<String>) -> Result<LoadedPipeline> {
    let is_stdin = path == Path::new(STDIN);
    let failed = |error: &std::io::Error| {
        Error::io(Code::PipelineFile, path, error)
            .help("give the path of a pipeline file, or - for standard input")
    };
    let mut bytes = Vec::new();
    let mut is_file = false;
    match is_stdin {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| failed(&error))?,
        false => std::fs::File::open(path)
            .and_then(|mut file| {
                is_file = file.metadata()?.is_file();
                file.read_to_end(&mut bytes)
            })
            .map_err(|error| failed(&error))?,
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        Error::new(Code::PipelineFile, "expected UTF-8, found other bytes")
            .at_byte(error.utf8_error().valid_up_to() as u64)
            .in_file(path)
            .help("save the file as UTF-8")
    })?;
    // A pipe such as <(…) has a name in a folder of the system.
    let base = match is_file {
        true => path.parent().unwrap_or(Path::new("")),
        false => Path::new(""),
    };
    let mut loaded = from_text(&text, (path, base), sets, lookup).map_err(|mistake| told(mistake, path))?;
    loaded.file = is_file.then(|| path.to_owned());
    Ok(loaded)
}

/// The pipeline of a text, with paths from `base`.
fn from_text(
    text: &str,
    (path, base): (&Path, &Path),
    sets: &[String],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<LoadedPipeline, (Code, NodeError)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut node = match text.trim_start().starts_with('{') {
        true => {
            let mut json = serde_json::Deserializer::from_str(text);
            let read = Node::deserialize(&mut json).and_then(|node| json.end().map(|()| node));
            read.map_err(|error| {
                let place = DocumentPlace::File(error.line() as u64, error.column() as u64);
                (Code::PipelineFile, NodeError::new(error.to_string(), &place))
            })?
        }
        false => Node::from_toml(text).map_err(|error| (Code::PipelineFile, error))?,
    };
    for word in sets {
        set(&mut node, word).map_err(|what| {
            (Code::PipelineKey, NodeError::new(what, &DocumentPlace::Word(format!("set {word}"))))
        })?;
    }
    let variables = Variables::fill(&mut node, lookup).map_err(|error| (Code::PipelineVariable, error))?;
    rebase(&mut node, base);
    let (given, places) = (given(&node), PipelinePlaces::of(&node, path));
    let read = Pipeline::read(&node);
    // A message may show a part of a text, of which nothing else tells that it came from a variable.
    let mut pipeline = read.map_err(|(code, mistake)| {
        let message = variables.hide(&mistake.message);
        (code, NodeError { message, ..mistake })
    })?;
    pipeline.hide(&|text| variables.hide(text));
    Ok(LoadedPipeline { pipeline, variables, given, file: None, places })
}

/// A mistake as an error that names the file and the line, or the word of the command line.
fn told((code, error): (Code, NodeError), path: &Path) -> Error {
    let found = match error.message.split_once("; ") {
        Some((what, help)) => Error::new(code, what).help(help),
        None => Error::new(code, error.message.clone()),
    };
    placed(found, &error.place, path)
}

/// Replaces a value of a pipeline: `run.threads=4`, `target.1.path=b.parquet`. The value is one of TOML, else
/// text. Steps and targets are counted from 0; the only one needs no number.
pub(super) fn set(node: &mut Node, word: &str) -> Result<(), String> {
    let wrong = || "expected KEY=VALUE; write for example target.path=out.parquet".to_owned();
    let (path, text) = word.split_once('=').filter(|(path, _)| !path.is_empty()).ok_or_else(wrong)?;
    let place = DocumentPlace::Word(format!("set {word}"));
    let loose = || NodeValue::Loose(text.to_owned(), text.to_owned());
    let mut value = match Node::from_toml_value(text) {
        // A word without quotes may be meant as a text: `case_id=1`.
        Ok(Node { value: NodeValue::Integer(_) | NodeValue::Float(_) | NodeValue::Boolean(_), .. }) => {
            Node { value: loose(), place: place.clone() }
        }
        Ok(Node { value: NodeValue::Text(text), .. }) => {
            Node { value: NodeValue::Loose(text.clone(), text), place: place.clone() }
        }
        Ok(node) => node,
        Err(_) => Node { value: loose(), place: place.clone() },
    };
    value.move_to(&place);
    let mut at = node;
    let keys: Vec<&str> = path.split('.').map(str::trim).collect();
    if keys.iter().any(|key| key.is_empty()) {
        return Err(format!("expected names between points, found {path:?}; write for example target.path"));
    }
    if let ([section], false) =
        (keys.as_slice(), matches!(value.value, NodeValue::Table(_) | NodeValue::List(_)))
    {
        return Err(format!("{section} needs the section that it is in; write for example run.threads=4"));
    }
    let table = || Node { value: NodeValue::Table(Vec::new()), place: place.clone() };
    for (depth, key) in keys.iter().enumerate() {
        let is_last = depth + 1 == keys.len();
        let name = keys[..depth].join(".");
        // The only step or target needs no number.
        if let NodeValue::List(items) = &at.value
            && key.parse::<usize>().is_err()
        {
            if items.len() != 1 {
                let last = items.len().saturating_sub(1);
                return Err(format!(
                    "the pipeline has {}, and {path} does not say which; write {name}.N.{key} with N from 0 to {last}",
                    counted(items.len() as u64, &name)
                ));
            }
            let NodeValue::List(items) = &mut at.value else { return Err(wrong()) };
            at = items.last_mut().ok_or_else(wrong)?;
        }
        let kind = at.described();
        at = match &mut at.value {
            NodeValue::List(items) => {
                let number: usize = key.parse().map_err(|_| wrong())?;
                if number > items.len() {
                    return Err(format!(
                        "the pipeline has {}, counted from 0, and no {name}.{number}; the next is {name}.{}",
                        counted(items.len() as u64, &name),
                        items.len()
                    ));
                }
                if number == items.len() {
                    items.push(table());
                }
                &mut items[number]
            }
            NodeValue::Table(entries) => {
                let known = |it: &NodeEntry| it.key.replace('-', "_") == key.replace('-', "_");
                let index = match entries.iter().position(known) {
                    Some(index) => index,
                    None => {
                        let value = match (depth == 0 && matches!(*key, "step" | "target"), keys.get(1)) {
                            (true, Some(next)) if next.parse::<usize>().is_ok() => {
                                NodeValue::List(Vec::new())
                            }
                            (true, _) => NodeValue::List(vec![table()]),
                            (false, _) => NodeValue::Table(Vec::new()),
                        };
                        let value = Node { value, place: place.clone() };
                        entries.push(NodeEntry { key: (*key).to_owned(), place: place.clone(), value });
                        entries.len() - 1
                    }
                };
                if is_last {
                    entries[index].place = place.clone();
                }
                &mut entries[index].value
            }
            _ => return Err(format!("{name} is {kind}, which has no key {key:?}; leave {key} out")),
        };
    }
    *at = value;
    Ok(())
}

/// The keys of each section whose values are paths.
const PATHS: [(&str, &[&str]); 4] = [
    ("source", &["inputs", "schema"]),
    ("step", &["key_file", "key-file"]),
    ("target", FILES),
    ("run", &["temp_dir", "temp-dir"]),
];
/// The keys of targets whose values are paths: of statistics one more, which is a switch of logs.
const FILES: &[&str] = &["path", "html", "findings", "rules"];
const STATS_FILES: &[&str] = &["path", "tables"];

/// Takes paths of the file for paths from its folder.
fn rebase(node: &mut Node, base: &Path) {
    if base.as_os_str().is_empty() {
        return;
    }
    let NodeValue::Table(sections) = &mut node.value else { return };
    for section in sections {
        let Some((_, keys)) = PATHS.iter().find(|(name, _)| *name == section.key) else { continue };
        let tables: Vec<&mut Node> = match &mut section.value.value {
            NodeValue::List(items) => items.iter_mut().collect(),
            _ => vec![&mut section.value],
        };
        for table in tables {
            let kind = table.get("kind").and_then(Node::text).filter(|_| section.key == "target");
            let keys = if kind == Some("stats") { STATS_FILES } else { *keys };
            let NodeValue::Table(entries) = &mut table.value else { continue };
            for entry in entries.iter_mut().filter(|entry| keys.contains(&entry.key.as_str())) {
                let moved: Result<(), std::convert::Infallible> = entry.value.each_leaf(&mut |leaf| {
                    let is_of_file = !matches!(leaf.place, DocumentPlace::Word(_));
                    if let NodeValue::Text(text) | NodeValue::Loose(text, _) = &mut leaf.value
                        && is_of_file
                        && text != STDIN
                        && !text.is_empty()
                    {
                        // The join keeps the slash at the end that says that the path is a folder.
                        let moved: PathBuf = base.join(&*text);
                        *text = moved.to_string_lossy().into_owned();
                    }
                    Ok(())
                });
                let Ok(()) = moved;
            }
        }
    }
}

/// The names of the options that a document gives.
fn given(node: &Node) -> Vec<String> {
    let mut names = Vec::new();
    for section in node.entries() {
        let tables: Vec<&Node> = match &section.value.value {
            NodeValue::List(items) => items.iter().collect(),
            _ => vec![&section.value],
        };
        // Of targets, only logs have options that may be without effect.
        let is_other = |table: &&&Node| {
            let kind = table.get("kind").and_then(Node::text);
            section.key == "target" && kind.is_some_and(|kind| kind != TargetKind::Log.name())
        };
        for entry in tables.iter().filter(|table| !is_other(table)).flat_map(|table| table.entries()) {
            let name = match (section.key.as_str(), entry.key.as_str()) {
                // The step says what its settings are about.
                ("step", "kind") => entry.value.text().unwrap_or_default().to_owned(),
                ("step", _) | ("target", "kind" | "path") | ("source", "inputs") => continue,
                // Both declare types.
                ("source", "columns") => "schema".to_owned(),
                (_, key) => key.replace('_', "-"),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[source]\ninputs = [\"a.csv\", \"-\", \"/b.csv\"]\n[[target]]\npath = \"out/\"\n";

    fn loaded(text: &str, base: &str, sets: &[&str]) -> Result<LoadedPipeline> {
        let sets: Vec<String> = sets.iter().map(|it| (*it).to_owned()).collect();
        let lookup = |name: &str| (name == "DIR").then(|| "logs".to_owned());
        from_text(text, (Path::new("p.toml"), Path::new(base)), &sets, &lookup)
            .map_err(|error| told(error, Path::new("p.toml")))
    }

    #[test]
    fn paths_of_the_file_are_from_its_folder_and_those_of_the_command_line_are_not() {
        let pipeline = loaded(FILE, "jobs", &[]).unwrap().pipeline;
        let inputs: Vec<String> =
            pipeline.source.words.inputs.iter().map(|it| it.display().to_string()).collect();
        assert_eq!(inputs, ["jobs/a.csv", "-", "/b.csv"]);
        assert_eq!(pipeline.targets[0].words.path.as_os_str(), "jobs/out/");
        let pipeline = loaded(FILE, "jobs", &["target.path=b.parquet", "source.inputs=[\"c.csv\"]"]).unwrap();
        assert_eq!(pipeline.pipeline.targets[0].words.path.as_os_str(), "b.parquet");
        assert_eq!(pipeline.pipeline.source.words.inputs, [PathBuf::from("c.csv")]);
    }

    #[test]
    fn values_are_set_by_their_keys() {
        let sets = ["run.threads=3", "source.case-id=1", "target.1.kind=report", "target.1.path=r.json"];
        let found = loaded(FILE, "", &sets).unwrap();
        assert_eq!(found.pipeline.run.threads, Some(3));
        assert_eq!(found.pipeline.targets.len(), 2);
        assert_eq!(found.given, ["case-id", "threads"]);
        for (set, right) in [
            ("run.threads", "expected KEY=VALUE"),
            ("target.5.path=x", "the next is target.1"),
            ("run.threads.x.y=1", "which has no key"),
            ("threads=2", "needs the section"),
            ("run..threads=2", "names between points"),
            ("run.thraeds=1", "did you mean threads?"),
            ("run.threads=many", "expected a whole number"),
        ] {
            let sets: Vec<&str> = match set {
                "run.threads.x.y=1" => vec!["run.threads=1", set],
                _ => vec![set],
            };
            let error = loaded(FILE, "", &sets).unwrap_err();
            let whole = error.sentence();
            assert!(whole.contains(right) && whole.contains("option set"), "{set}: {whole}");
        }
        let two = format!("{FILE}[[target]]\npath = \"b\"\n");
        let error = loaded(&two, "", &["target.force=true"]).unwrap_err();
        assert!(error.sentence().contains("target.N.force with N from 0 to 1"), "{}", error.sentence());
        let none = "[source]\ninputs = \"a.csv\"\n";
        let found =
            loaded(none, "", &["target.path=${DIR}/b", "step.kind=where", "step.condition=a = 1"]).unwrap();
        assert_eq!(found.pipeline.targets[0].words.path, PathBuf::from("logs/b"));
        assert_eq!(found.pipeline.steps.len(), 1);
    }

    #[test]
    fn an_error_that_is_found_later_has_the_line_of_what_it_is_about() {
        let text = "[source]\ninputs = \"a.csv\"\n[[step]]\nkind = \"select\"\ncolumns = [\"b\"]\n\
            [[target]]\npath = \"x\"\nflatten = \"order\"\n[[target]]\npath = \"y\"\n";
        let found = loaded(text, "", &["run.threads=2"]).unwrap();
        let line = |error: Error| found.tell(error).position().and_then(|it| it.line).map(|it| it.0);
        assert_eq!(line(Error::new(Code::Usage, "⟦flatten⟧ applies to other logs")), Some(8));
        assert_eq!(line(Error::new(Code::NoSuchColumn, "no column is called \"b\"")), Some(3));
        assert_eq!(line(Error::new(Code::PipelineTarget, "two targets write y")), Some(9));
        assert_eq!(line(Error::new(Code::Usage, "nothing of it")), None);
        let set = found.tell(Error::new(Code::MemoryLimit, "⟦threads⟧ are too many"));
        assert!(set.what().starts_with("⟦set⟧ run.threads=2: "), "{set}");
    }

    #[test]
    fn a_mistake_has_a_code_and_the_line() {
        for (text, code, line, right) in [
            ("[source\n", Code::PipelineFile, 1, ""),
            ("[source]\ninputs = \"a\"\ndelimeter = \";\"", Code::PipelineKey, 3, "did you mean delimiter?"),
            ("[source]\ninputs = \"a\"\nwhere = \"x\"", Code::PipelineKey, 3, "it is a step"),
            ("[source]\ninputs = \"a\"\ncompression = \"x\"", Code::PipelineKey, 3, "a key of [[target]]"),
            ("[source]\ninputs = \"a\"\n[targets]\n", Code::PipelineKey, 3, "did you mean target?"),
            ("[source]\ninputs = \"a\"\n[target]\npath = \"x\"", Code::PipelineValue, 3, "two brackets"),
            ("[source]\ninputs = 1", Code::PipelineValue, 2, "expected text or a list of texts"),
            ("[source]\ninputs = \"${NOPE}\"", Code::PipelineVariable, 2, "NOPE is not set"),
            (
                "[source]\ninputs = \"a\"\n[[target]]\nforce = true",
                Code::PipelineTarget,
                3,
                "lacks the key path",
            ),
            ("[source]\nstrict = true", Code::PipelineValue, 1, "lacks the key inputs"),
            (
                "[source]\ninputs = \"a\"\n[[target]]\nkind = \"report\"\npath = \"r\"\ntables = true",
                Code::PipelineKey,
                6,
                "kind report",
            ),
        ] {
            let error = loaded(text, "", &[]).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert!(error.sentence().contains(right), "{text}: {}", error.sentence());
            let place = error.position().unwrap();
            assert_eq!(place.line.map(|(line, _)| line), Some(line), "{text}: {place}");
        }
    }

    #[test]
    fn a_pipeline_may_be_json() {
        let json = r#"{"source": {"inputs": "${DIR}/a.csv"}, "run": {"threads": 2}}"#;
        let found = loaded(json, "jobs", &[]).unwrap();
        assert_eq!(found.pipeline.source.words.inputs, [PathBuf::from("jobs/logs/a.csv")]);
        assert_eq!(found.pipeline.run.threads, Some(2));
    }
}
