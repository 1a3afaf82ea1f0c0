//! The report of a run with the findings of its steps, as a JSON file beside the outputs.
//!
//! It tells what the log and the outputs are, and nothing of how the run went: no times, threads or spilled
//! bytes. So the same inputs and options give the same file at any number of threads.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::encode::output::{OutputFile, check_place};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::options::{Options, Spelling};
use crate::report::Report;
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants};

/// The version of the form of the file.
const VERSION: u32 = 1;

/// Keys of reports that tell how a run went.
const OF_THE_RUN: [&str; 7] =
    ["seconds", "timings", "workers", "restarts", "reparses", "spilled_bytes", "peak_rss_bytes"];

/// A report as a JSON file.
///
/// ```
/// use logflow::{Convert, Observer, ParquetFile, ReportFile, Several};
///
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = |name: &str| folder.path().join(name);
/// # std::fs::write(path("log.csv"), "case,activity\n1,a\n1,b\n").unwrap();
/// let mut rows = ParquetFile::new(path("log.parquet"));
/// let mut report = ReportFile::new(path("report.json").as_path());
/// let mut both = Several::new(vec![(&mut rows, None), (&mut report, None)]);
/// Convert::new(path("log.csv").as_path()).run(&mut both, &Observer::default())?;
/// assert!(std::fs::read_to_string(path("report.json")).unwrap().contains("\"rows\": 2"));
/// # Ok(())
/// # }
/// ```
pub struct ReportFile {
    place: OutputPlace,
    ready: Option<OutputFile>,
}

impl ReportFile {
    /// A file at this place.
    pub fn new(place: impl Into<OutputPlace>) -> Self {
        Self { place: place.into(), ready: None }
    }

    /// Writes the reports of runs that are over, and makes the file appear.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&mut self, runs: Vec<Value>) -> Result<()> {
        self.prepare(runs)?;
        self.appear()
    }

    fn prepare(&mut self, runs: Vec<Value>) -> Result<()> {
        let runs: Vec<Value> = runs.into_iter().map(lasting).collect();
        let value = json!({
            "version": VERSION,
            "logflow_version": env!("CARGO_PKG_VERSION"),
            "runs": runs,
        });
        let text = format!("{value:#}\n");
        let file = OutputFile::create(&self.place.path, self.place.replace)?;
        let written = (&file).write_all(text.as_bytes());
        written.map_err(|error| Error::io(Code::OutputWrite, &self.place.path, &error))?;
        self.ready = Some(file);
        Ok(())
    }

    fn appear(&mut self) -> Result<()> {
        self.ready.take().map_or(Ok(()), OutputFile::commit)
    }
}

/// What a report tells of the log and the outputs.
fn lasting(mut run: Value) -> Value {
    if let Value::Object(run) = &mut run {
        run.retain(|key, _| !OF_THE_RUN.contains(&key.as_str()));
    }
    run
}

/// The report of a run as JSON, with its warnings in the words of the caller.
///
/// # Errors
/// [`Code::Internal`] if it can't be.
pub fn run_value(report: &Report, spelling: Spelling) -> Result<Value> {
    let mut value = json!({"status": if report.bad_rows > 0 { "in part" } else { "done" }});
    let report = serde_json::to_value(report.clone().spelled(spelling));
    let report = report.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    if let (Value::Object(value), Value::Object(report)) = (&mut value, report) {
        value.extend(report);
    }
    Ok(value)
}

impl Target for ReportFile {
    fn check(&self, _: &Options) -> Result<()> {
        check_place(&self.place.path, self.place.replace)
    }

    fn takes_several_tables(&self) -> bool {
        true
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.place.path.clone()]
    }

    fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        self.ready = None;
        Ok(Wants::Nothing)
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        self.prepare(vec![run_value(summary.report, summary.options.spelling)?])
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        self.appear()
    }

    fn abandon(&mut self) {
        self.ready = None;
    }
}
