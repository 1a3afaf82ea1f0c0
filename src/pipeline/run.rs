//! Pipelines for programs: read from a file, changed, explained and run, without a command line.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::decide::{decide, refuse_places};
use super::load::{load, set};
use super::look::look;
use super::plan::{GivenOptions, PipelinePlan};
use super::several;
use super::value::Pipeline;
use super::variables::of_environment;
use crate::error::{Code, Error, Result};
use crate::jobs::search::{FoundInputs, InputSearch};
use crate::observer::Observer;
use crate::options::document::Node;
use crate::target::report_file::{ReportFile, run_value};

impl Pipeline {
    /// The pipeline of a file, TOML or JSON, with variables of the environment in it. Relative paths in the file
    /// are from its folder.
    ///
    /// # Errors
    /// The first mistake with its code, file and line.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        load(path.as_ref(), &[], &of_environment).map(|loaded| loaded.pipeline)
    }

    /// The pipeline with another value, such as `run.threads=4` or `target.0.path=out.parquet`. The value is one
    /// of TOML, else text.
    ///
    /// # Errors
    /// A key that there is not, or a value that does not fit.
    pub fn set(&self, word: &str) -> Result<Self> {
        let wrong = |code, what: String| Error::new(code, format!("⟦set⟧ {word}: {what}"));
        let mut node = Node::deserialize(&Value::Object(self.to_json()?))
            .map_err(|error| wrong(Code::Internal, error.to_string()))?;
        set(&mut node, word).map_err(|what| wrong(Code::PipelineKey, what))?;
        Self::read(&node).map_err(|(code, mistake)| wrong(code, mistake.message))
    }

    /// What a run would do, from a look at the beginning of the inputs: what `logflow run --check --format json`
    /// prints.
    ///
    /// # Errors
    /// What is wrong with inputs, steps or outputs, as far as the beginning of the inputs shows it.
    pub fn check(&self) -> Result<Value> {
        let found = look(self, GivenOptions::default(), &Observer::default())?;
        serde_json::to_value(found).map_err(|error| Error::new(Code::Internal, error.to_string()))
    }

    /// Runs the pipeline; gives the report of each output, as a target of the kind `report` has it.
    ///
    /// # Errors
    /// What is wrong with inputs, steps or outputs. Outputs appear whole or not at all; of a folder with an
    /// output for each input, those before the first that fails have appeared.
    pub fn run(&self, observer: &Observer) -> Result<Vec<Value>> {
        let plan = self.plan(GivenOptions::default())?;
        let printed = plan.choice.beside.figures.wanted.iter().find(|wanted| wanted.path.is_none());
        let printed = printed.map(|wanted| wanted.kind()).or_else(|| plan.view.as_ref().map(|_| "view"));
        if let Some(kind) = printed {
            let what = format!("the target {kind} has no path, and only the program logflow prints");
            return Err(Error::new(Code::PipelineTarget, what).help("give the target a path"));
        }
        let search = InputSearch { options: &plan.options, output: plan.output.as_deref() };
        let found = search.find(&plan.inputs)?.without(&plan.further_outputs());
        if let Some(error) = found.failed.first() {
            return Err(error.clone());
        }
        match (&plan.output, plan.choice.beside.figures.is_empty()) {
            (Some(_), _) => convert(&plan, &found, observer),
            (None, true) => Err(Error::new(Code::PipelineTarget, "the pipeline has no target")
                .help("add a target with a path")),
            (None, false) => {
                refuse_places(&plan)?;
                let beside = &plan.choice.beside;
                let around = (&beside.steps, beside.report.as_ref());
                let report = beside.figures.run(&found.inputs(), &plan.options, around, observer)?;
                Ok(vec![run_value(&report, plan.options.spelling)?])
            }
        }
    }
}

/// Writes logs, and what is asked for beside them.
fn convert(plan: &PipelinePlan, found: &FoundInputs, observer: &Observer) -> Result<Vec<Value>> {
    let decided = decide(plan, found, Some(&|| ()), observer)?;
    let (options, spelling) = (&decided.options, plan.options.spelling);
    if let ([task], true) = (decided.tasks.as_slice(), decided.is_several) {
        let report = several::write(plan, &task.job.inputs, (task.is_folder, options), observer);
        let mut report = report.map_err(|error| task.told(error))?;
        task.stand_ins.iter().for_each(|it| it.report(&mut report));
        return Ok(vec![run_value(&report, spelling)?]);
    }
    let mut choice = plan.choice.clone();
    // The report of one output appears with it, that of many behind them.
    let report = choice.beside.report.take_if(|_| decided.tasks.len() > 1);
    let mut runs = Vec::with_capacity(decided.tasks.len());
    for task in &decided.tasks {
        if let Some(folder) = task.job.output.parent().filter(|_| decided.is_each) {
            std::fs::create_dir_all(folder).map_err(|error| Error::io(Code::OutputWrite, folder, &error))?;
        }
        let mut written = task.write(&choice, options, observer).map_err(|error| task.told(error))?;
        written.rename(&task.stand_ins);
        runs.push(written.to_json(spelling)?);
    }
    if let Some(place) = report {
        ReportFile::new(place).write(runs.clone())?;
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_is_changed_explained_and_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("log.csv"), "case,activity,time\n1,a,2024-01-01\n1,b,2024-01-02\n").unwrap();
        let text =
            "[source]\ninputs = \"log.csv\"\nnull_words = [\"$${x}\"]\n[[target]]\npath = \"log.parquet\"\n";
        let file = path("p.toml");
        std::fs::write(&file, text).unwrap();
        let pipeline = Pipeline::load(&file).unwrap();
        assert_eq!(pipeline.set("run.threads=1").unwrap().source, pipeline.source);
        assert_eq!(pipeline.set("run.thraeds=1").unwrap_err().code(), Code::PipelineKey);
        assert_eq!(pipeline.check().unwrap()["targets"][0]["form"], "Parquet file");
        let stats = path("stats.json");
        let pipeline = pipeline
            .set("target.1.kind=stats")
            .and_then(|it| it.set(&format!("target.1.path={}", stats.display())))
            .unwrap();
        let runs = pipeline.run(&Observer::default()).unwrap();
        assert_eq!(runs[0]["rows"], 2);
        assert!(std::fs::read_to_string(stats).unwrap().contains("\"events\": 2"));
        let printed = pipeline.set("target.1.path=-").unwrap().set("target.0.force=true").unwrap();
        assert_eq!(printed.run(&Observer::default()).unwrap_err().code(), Code::PipelineTarget);
    }
}
