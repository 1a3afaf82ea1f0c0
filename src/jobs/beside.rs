//! What a run does beside writing its output: steps that reading does not do itself, and a report.

use serde_json::Value;

use crate::convert::Convert;
use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::report::Report;
use crate::step::Steps;
use crate::target::report_file::ReportFile;
use crate::target::several::Several;
use crate::target::{OutputPlace, Target};

/// Steps and a report of a run.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The steps that rows pass after those that options ask for.
    pub steps: Steps,
    /// The first of them that is for event logs alone.
    pub for_events: Option<&'static str>,
    /// Where the report goes.
    pub report: Option<OutputPlace>,
}

impl Beside {
    /// Whether there is nothing beside the output.
    pub fn is_empty(&self) -> bool {
        self.steps.0.is_empty() && self.report.is_none()
    }

    /// Runs a conversion; its output and the report appear together.
    ///
    /// # Errors
    /// What is wrong with inputs, steps or outputs.
    pub fn run(&self, conversion: Convert, target: &mut dyn Target, observer: &Observer) -> Result<Report> {
        let conversion = conversion.steps(self.steps.clone());
        match &self.report {
            None => conversion.run(target, observer),
            Some(place) => {
                let mut report = ReportFile::new(place.clone());
                conversion.run(&mut Several::new(vec![(target, None), (&mut report, None)]), observer)
            }
        }
    }

    /// Writes the report of an output that was made without a pass over rows, behind the output.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn after(&self, report: &impl serde::Serialize) -> Result<()> {
        let Some(place) = &self.report else { return Ok(()) };
        let failed = |error: serde_json::Error| Error::new(Code::Internal, error.to_string());
        let mut run = serde_json::to_value(report).map_err(failed)?;
        run["status"] = Value::from("done");
        ReportFile::new(place.clone()).write(vec![run])
    }

    /// An error if a step is not for object-centric logs.
    ///
    /// # Errors
    /// [`Code::PipelineStep`] with the name of the step.
    pub fn refuse_objects(&self) -> Result<()> {
        match self.for_events {
            Some(name) => Err(Error::new(
                Code::PipelineStep,
                format!("the step {name} is for event logs, and this log is object-centric"),
            )
            .help("give the target ⟦flatten⟧ with an object type, or leave the step out")),
            None => Ok(()),
        }
    }
}
