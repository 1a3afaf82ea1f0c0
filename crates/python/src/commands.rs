//! What commands print as JSON, from calls instead of a command line.

use std::path::PathBuf;

use logflow::convert::survey;
use logflow::jobs::figure_settings::{InspectForm, StatsForm};
use logflow::jobs::figures::{FigureResult, FoundFigures, inspection_text, write_object_stats, write_stats};
use logflow::jobs::search::{FoundInputs, InputSearch, groups};
use logflow::pipeline::plan::PipelinePlan;
use logflow::pipeline::targets::TargetKind;
use logflow::target::report_file::run_value;
use logflow::validate::validate as validate_input;
use logflow::{Code, Error, Options, Pipeline, Result};
use pyo3::prelude::*;
use serde_json::Value;

use crate::error::KEYWORDS;
use crate::interrupt::interruptible;
use crate::options::Call;

/// Converts inputs to an output; gives the report of each output.
#[pyfunction]
pub fn convert(py: Python<'_>, inputs: Vec<PathBuf>, output: PathBuf, options: String) -> PyResult<String> {
    let call = Call { inputs, target: Some((TargetKind::Log, Some(output))), options };
    interruptible(py, |observer| text(&Value::Array(call.pipeline()?.run(observer)?)))
}

/// Runs the pipeline of a file, with `sets` such as `run.threads=4`; gives the report of each output.
#[pyfunction]
pub fn run(py: Python<'_>, path: PathBuf, sets: Vec<String>) -> PyResult<String> {
    interruptible(py, |observer| {
        let loaded = sets.iter().try_fold(Pipeline::load(path)?, |pipeline, set| pipeline.set(set))?;
        text(&Value::Array(loaded.run(observer)?))
    })
}

/// Columns, types and roles of each log among the inputs.
#[pyfunction]
pub fn schema(py: Python<'_>, inputs: Vec<PathBuf>, options: String) -> PyResult<String> {
    let call = Call { inputs, target: None, options };
    interruptible(py, |observer| {
        let plan = call.plan()?;
        let found = find(&plan)?;
        let mut reports = Vec::new();
        for group in groups(found.inputs(), &plan.options, observer) {
            reports.push(run_value(&survey(&group, &plan.options, observer)?, KEYWORDS)?);
        }
        text(&Value::Array(reports))
    })
}

/// What a log says about its process.
#[pyfunction]
pub fn stats(py: Python<'_>, inputs: Vec<PathBuf>, options: String) -> PyResult<String> {
    figures(py, Call { inputs, target: Some((TargetKind::Stats, None)), options })
}

/// Whether a log is any good.
#[pyfunction]
pub fn inspect(py: Python<'_>, inputs: Vec<PathBuf>, options: String) -> PyResult<String> {
    figures(py, Call { inputs, target: Some((TargetKind::Inspect, None)), options })
}

/// What breaks the standard of each input.
#[pyfunction]
pub fn validate(py: Python<'_>, inputs: Vec<PathBuf>, limit: usize) -> PyResult<String> {
    interruptible(py, |observer| {
        let mut options = Options::default();
        options.read.strict = true;
        options.spelling = KEYWORDS;
        let found = InputSearch { options: &options, output: None }.find(&inputs)?;
        if let Some(error) = found.failed.first() {
            return Err(error.clone());
        }
        let limit = if limit == 0 { usize::MAX } else { limit };
        let mut validations = Vec::new();
        for input in found.inputs() {
            let validation = validate_input(&input, &options, limit, observer)?;
            validations.push(serde_json::to_value(&validation).map_err(internal)?);
        }
        text(&Value::Array(validations))
    })
}

/// Runs for figures alone, and gives them as JSON.
fn figures(py: Python<'_>, call: Call) -> PyResult<String> {
    interruptible(py, |observer| {
        let plan = call.plan()?;
        let found = find(&plan)?;
        let beside = &plan.choice.beside;
        let around = (&beside.steps, beside.report.as_ref());
        beside.figures.run(&found.inputs(), &plan.options, around, observer)?;
        match beside.figures.take().into_iter().next().flatten() {
            Some(found) => figure_text(&found, &plan),
            None => Err(Error::new(Code::Internal, "no figures were found")),
        }
    })
}

fn figure_text(found: &FoundFigures, plan: &PipelinePlan) -> Result<String> {
    use logflow::jobs::figures::FigureSettings;
    let top = plan.choice.beside.figures.wanted.first().and_then(|wanted| match &wanted.settings {
        FigureSettings::Stats(settings) => settings.top,
        FigureSettings::Inspect(_) => None,
    });
    let mut out = Vec::new();
    let written = match &found.result {
        FigureResult::Stats(figures) => write_stats(figures, StatsForm::Json, top, &mut out),
        FigureResult::Objects(figures) => write_object_stats(figures, StatsForm::Json, top, &mut out),
        FigureResult::Inspect(result) => {
            return Ok(inspection_text(result, InspectForm::Json, &found.report));
        }
    };
    written.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    String::from_utf8(out).map_err(|error| Error::new(Code::Internal, error.to_string()))
}

/// The inputs of a plan, all of which can be read.
fn find(plan: &PipelinePlan) -> Result<FoundInputs> {
    let found = InputSearch { options: &plan.options, output: None }.find(&plan.inputs)?;
    match found.failed.first() {
        Some(error) => Err(error.clone()),
        None => Ok(found),
    }
}

fn text(value: &Value) -> Result<String> {
    serde_json::to_string(value).map_err(internal)
}

fn internal(error: serde_json::Error) -> Error {
    Error::new(Code::Internal, error.to_string())
}
