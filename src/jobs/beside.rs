//! What a run does beside writing its output: steps that reading does not do itself, figures, a report.

use serde_json::Value;

use crate::convert::Convert;
use crate::error::{Code, Error, Result};
use crate::jobs::figures::FigureSet;
use crate::observer::Observer;
use crate::options::WriteOptions;
use crate::report::Report;
use crate::step::Steps;
use crate::target::report_file::ReportFile;
use crate::target::several::Several;
use crate::target::{OutputPlace, Target};

/// A target of several, and how it is written.
type Member<'t> = (&'t mut (dyn Target + 't), Option<WriteOptions>);

/// Steps, figures and a report of a run.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The steps that rows pass after those that options ask for.
    pub steps: Steps,
    /// The first of them that is for event logs alone.
    pub for_events: Option<&'static str>,
    /// Where the report goes.
    pub report: Option<OutputPlace>,
    /// Figures of the rows that are written, from the same pass.
    pub figures: FigureSet,
}

impl Beside {
    /// Whether there is nothing beside the output.
    pub fn is_empty(&self) -> bool {
        self.steps.0.is_empty() && self.report.is_none() && self.figures.is_empty()
    }

    /// Runs a conversion; its output and the report appear together.
    ///
    /// # Errors
    /// What is wrong with inputs, steps or outputs.
    pub fn run(&self, conversion: Convert, target: &mut dyn Target, observer: &Observer) -> Result<Report> {
        if self.report.is_none() && self.figures.is_empty() {
            return conversion.steps(self.steps.clone()).run(target, observer);
        }
        self.run_several(conversion, vec![(target, None)], observer)
    }

    /// Runs a conversion with several outputs, each with options of its own or with those of the run.
    ///
    /// # Errors
    /// What is wrong with inputs, steps or outputs.
    pub fn run_several(
        &self,
        conversion: Convert,
        mut members: Vec<Member<'_>>,
        observer: &Observer,
    ) -> Result<Report> {
        let (steps, mut figures) = self.figures.targets(conversion.set_options(), observer)?;
        let mut report = self.report.as_ref().map(|place| ReportFile::new(place.clone()));
        let mut all: Vec<Member<'_>> = Vec::with_capacity(members.len() + figures.len() + 1);
        for (target, write) in &mut members {
            all.push((&mut **target, write.take()));
        }
        for target in &mut figures {
            all.push((target.as_mut(), None));
        }
        all.extend(report.as_mut().map(|it| (it as &mut dyn Target, None)));
        let conversion = conversion.steps(self.steps.clone()).steps(steps);
        conversion.run(&mut Several::new(all), observer)
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

    /// An error if a step or a target is not for object-centric logs.
    ///
    /// # Errors
    /// [`Code::PipelineStep`] with the name of the step.
    pub fn refuse_objects(&self) -> Result<()> {
        match self.for_events {
            Some(name) => Err(step_refused(name)),
            None => match self.figures.wanted.first() {
                Some(figures) => Err(Error::new(
                    Code::PipelineTarget,
                    format!(
                        "the target {} is for event logs, and this log is object-centric",
                        figures.kind()
                    ),
                )
                .help("give the log ⟦flatten⟧ with an object type, or leave the target out")),
                None => Ok(()),
            },
        }
    }
}

/// The error for a step that object-centric logs cannot pass.
pub fn step_refused(name: &str) -> Error {
    Error::new(
        Code::PipelineStep,
        format!("the step {name} is for event logs, and this log is object-centric"),
    )
    .help("give the target ⟦flatten⟧ with an object type, or leave the step out")
}
