//! Where the parts of a pipeline stand in its file, for errors that are found once it is read.

use std::path::{Path, PathBuf};

use super::value::Pipeline;
use crate::error::{Code, Error};
use crate::options::document::{DocumentPlace, Node, NodeValue};

/// The places of a pipeline's parts.
#[derive(Debug, Clone, Default)]
pub struct PipelinePlaces {
    /// The file as it was named.
    file: PathBuf,
    steps: Vec<DocumentPlace>,
    targets: Vec<DocumentPlace>,
    /// Options by name, with `-` between words.
    keys: Vec<(String, DocumentPlace)>,
    /// Texts that are values of options.
    texts: Vec<(String, DocumentPlace)>,
}

/// Options whose names are no words of usual sentences, as files write them.
const NAMES: [&str; 7] = ["layout", "flatten", "compression", "threads", "seed", "sample", "tail"];

impl PipelinePlaces {
    /// The places in a document.
    pub fn of(node: &Node, file: &Path) -> Self {
        let mut places = Self { file: file.to_owned(), ..Self::default() };
        for section in node.entries() {
            let tables: Vec<&Node> = match &section.value.value {
                NodeValue::List(items) => items.iter().collect(),
                _ => vec![&section.value],
            };
            for table in tables {
                match section.key.as_str() {
                    "step" => places.steps.push(table.place.clone()),
                    "target" => places.targets.push(table.place.clone()),
                    _ => {}
                }
                let entries = table.entries().iter().filter(|_| section.key != "step");
                for entry in entries {
                    places.keys.push((entry.key.replace('_', "-"), entry.place.clone()));
                    let text = entry.value.text().map(|text| (text.to_owned(), entry.value.place.clone()));
                    places.texts.extend(text);
                }
            }
        }
        places
    }

    /// An error about the pipeline with the place of the part that it is about, as far as its words tell that.
    /// Errors about other files keep their places.
    #[must_use]
    pub fn tell(&self, error: Error, pipeline: &Pipeline) -> Error {
        let is_about_pipeline = matches!(
            error.code(),
            Code::Usage
                | Code::NoSuchColumn
                | Code::MemoryLimit
                | Code::PipelineValue
                | Code::PipelineStep
                | Code::PipelineTarget
        );
        if !is_about_pipeline || error.file().is_some() {
            return error;
        }
        let what = error.what();
        let place = self
            .option(what)
            .or_else(|| self.step(what, pipeline))
            .or_else(|| self.text(what))
            .or_else(|| self.target(what, pipeline))
            .or_else(|| self.option(error.help_text().unwrap_or_default()));
        placed(error, place.unwrap_or(&DocumentPlace::Unknown), &self.file)
    }

    /// The first option that a sentence names and that the file gives.
    fn option(&self, text: &str) -> Option<&DocumentPlace> {
        let marked = text.split('⟦').skip(1).filter_map(|rest| Some(rest.split_once('⟧')?.0.to_owned()));
        let is_name = |word: &&str| word.contains('_') || NAMES.contains(word);
        let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_').filter(is_name);
        let mut names = marked.chain(words.map(|word| word.replace('_', "-")));
        names.find_map(|name| self.keys.iter().find(|(key, _)| *key == name).map(|(_, place)| place))
    }

    /// The first text of an option that a sentence shows between quotes.
    fn text(&self, text: &str) -> Option<&DocumentPlace> {
        self.texts.iter().find(|(value, _)| text.contains(&format!("{value:?}"))).map(|(_, place)| place)
    }

    /// The step that a sentence names, or that names a column of the sentence.
    fn step(&self, text: &str, pipeline: &Pipeline) -> Option<&DocumentPlace> {
        let at = pipeline.steps.iter().position(|step| {
            let columns = step.settings.columns();
            columns.iter().any(|name| text.contains(&format!("{name:?}")))
                || text.contains(&format!("step {}", step.row.name))
        });
        self.steps.get(at?)
    }

    /// The last target whose path a sentence names: the first of two that do not fit together is fine.
    fn target(&self, text: &str, pipeline: &Pipeline) -> Option<&DocumentPlace> {
        let at = pipeline.targets.iter().rposition(|target| {
            let path = target.words.path.display().to_string();
            let kind = format!("target {}", target.words.kind.name());
            let is_named = |text: &str| text.split([' ', ',', ';', '"']).any(|word| word == path);
            !path.is_empty() && (is_named(text) || path.contains(' ') && text.contains(&path))
                || text.contains(&kind)
        });
        self.targets.get(at?)
    }
}

/// An error that names a place in a pipeline file, or the word of the command line.
pub fn placed(error: Error, place: &DocumentPlace, path: &Path) -> Error {
    match place {
        DocumentPlace::File(line, character) => error.at_line(*line, *character).in_file(path),
        DocumentPlace::Word(word) => match word.strip_prefix("set ") {
            Some(word) => {
                let whole = Error::new(error.code(), format!("⟦set⟧ {word}: {}", error.what()));
                match error.help_text() {
                    Some(help) => whole.help(help),
                    None => whole,
                }
            }
            None => error,
        },
        DocumentPlace::Unknown => error.in_file(path),
    }
}
