//! Statistics of a process: a run whose rows go nowhere.

use crate::convert::conversion::convert;
use crate::error::Result;
use crate::mmap::Input;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::Options;
use crate::process::{ProcessFigures, ProcessStep};
use crate::report::Report;
use crate::step::Steps;
use crate::target::findings::FindingsOnly;

/// What inputs, as one event log, say about their process; and the report of the run.
///
/// # Errors
/// What is wrong with inputs or options; [`Code::NoSuchColumn`](crate::error::Code::NoSuchColumn) if no column is
/// known to be the case, the activity or the timestamp.
pub fn stats(inputs: &[Input], options: &Options, observer: &Observer) -> Result<(Report, ProcessFigures)> {
    let step = ProcessStep::new(&options.run, observer);
    let steps = Steps(vec![std::sync::Arc::new(step.clone())]);
    let mut report = convert(inputs, &steps, &mut FindingsOnly, options, observer)?;
    let figures = step.take_figures();
    report.warnings.extend(late(&figures));
    Ok((report, figures))
}

/// Events that stand behind later ones are put in order, and that is said.
fn late(figures: &ProcessFigures) -> Option<Warning> {
    let (events, cases) = figures.late;
    let what = format!("{events} events of {cases} cases stand behind a later event of their case; cases are in the order of their times");
    let help = "if the order of rows is the right one, the times are wrong; sort the log by case and time to see them";
    (events > 0).then(|| Warning::new(WarningCode::EventsOutOfOrder, what).help(help))
}
