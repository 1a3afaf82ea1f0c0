//! An inspection: a run whose rows go nowhere.

use std::sync::Arc;

use crate::budget::Budget;
use crate::convert::conversion::convert;
use crate::convert::typed_files::are_typed;
use crate::error::{Code, Error, Result};
use crate::inspect::{Inspect, InspectOptions, Inspection, ProcessIfAny};
use crate::mmap::Input;
use crate::observer::Observer;
use crate::options::Options;
use crate::process::{ProcessStep, ProcessWishes};
use crate::report::Report;
use crate::source::look;
use crate::step::Steps;
use crate::target::findings::FindingsOnly;

/// Steps of a run that also inspects what it reads.
#[derive(Debug, Clone)]
pub struct InspectSteps {
    inspect: Inspect,
    process: ProcessIfAny,
}

impl InspectSteps {
    /// An inspection within a run with these options.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] if the limit is too small.
    pub fn new(asked: &InspectOptions, options: &Options, observer: &Observer) -> Result<Self> {
        let memory = options.run.memory_limit;
        // Half of what waits: the statistics have events of their own.
        let memory = memory.map(|_| Budget::new(memory, options.run.threads)).transpose()?;
        let asked = InspectOptions {
            temp_dir: Some(options.run.temp_dir.clone()),
            zone: options.table.values.zone.clone(),
            memory: memory.map(|budget| budget.page_bytes() / 2),
            ..asked.clone()
        };
        Ok(Self {
            inspect: Inspect::new(asked, options.run.threads),
            process: ProcessIfAny::new(ProcessStep::new(&options.run, ProcessWishes::default(), observer)),
        })
    }

    /// The steps that an inspection adds to a run.
    pub fn steps(&self) -> Steps {
        Steps(vec![Arc::new(self.inspect.clone()), Arc::new(self.process.clone())])
    }

    /// The result, once the run is done.
    ///
    /// # Errors
    /// If a temporary file can't be read or written.
    pub fn result(&self, report: &Report) -> Result<Inspection> {
        let facts = self.inspect.take_facts();
        let facts = facts.ok_or_else(|| Error::new(Code::Internal, "nothing was inspected"))?;
        let table = &facts.table;
        let has_process = table.case.is_some() && table.activity.is_some() && table.time.is_some();
        let has_process = has_process && !self.process.is_out_of_reach();
        let process = has_process.then(|| self.process.0.take_figures());
        Inspection::of(facts, report, process)
    }
}

/// What inputs hold as one table, and how good they are as an event log; and the report of the run. Malformed
/// records are counted, not refused.
///
/// # Errors
/// What is wrong with inputs or options.
pub fn inspect(
    inputs: &[Input],
    options: &Options,
    asked: &InspectOptions,
    observer: &Observer,
) -> Result<(Report, Inspection)> {
    let steps = InspectSteps::new(asked, options, observer)?;
    let inputs = &look::replayable(inputs);
    // Files of typed values have no malformed records.
    let options = match are_typed(inputs, options, observer)? {
        true => options.clone(),
        false => options.clone().with_bad_rows_aside(),
    };
    let options = &options;
    let report = convert(inputs, &steps.steps(), &mut FindingsOnly, options, observer)?;
    let result = steps.result(&report)?;
    Ok((report, result))
}
