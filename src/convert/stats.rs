//! Statistics of a process: a run whose rows go nowhere.

use std::sync::Arc;

use crate::convert::conversion::convert;
use crate::error::Result;
use crate::mmap::Input;
use crate::model::figures::counted;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::Options;
use crate::process::{ProcessFigures, ProcessStep, ProcessWishes};
use crate::report::Report;
use crate::step::Steps;
use crate::target::findings::FindingsOnly;

/// What an event log says about its process: activities, what follows what, variants, durations.
///
/// # Errors
/// What is wrong with the input; [`Code::NoSuchColumn`](crate::error::Code::NoSuchColumn) if no column is known
/// to be the case, the activity or the timestamp.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity,time\n1,a,2024-05-01\n1,b,2024-05-02\n2,a,2024-05-02\n").unwrap();
/// let figures = logflow::stats(path.as_path())?;
/// assert_eq!((figures.events, figures.cases), (3, 2));
/// let edge = &figures.edges[0];
/// assert_eq!((figures.activity(edge.from), figures.activity(edge.to)), ("a", "b"));
/// assert_eq!(edge.seconds.median, Some(86_400.0));
/// # Ok(())
/// # }
/// ```
pub fn stats(input: impl Into<Input>) -> Result<ProcessFigures> {
    stats_of(&[input.into()], ProcessWishes::default(), &Options::default(), &Observer::default())
        .map(|(_, figures)| figures)
}

/// What inputs, as one event log, say about their process; and the report of the run.
///
/// # Errors
/// As [`stats`], and what is wrong with options.
pub fn stats_of(
    inputs: &[Input],
    wishes: ProcessWishes,
    options: &Options,
    observer: &Observer,
) -> Result<(Report, ProcessFigures)> {
    let step = ProcessStep::new(&options.run, wishes, observer);
    let steps = Steps(vec![Arc::new(step.clone())]);
    let mut report = convert(inputs, &steps, &mut FindingsOnly, options, observer)?;
    let figures = step.take_figures();
    report.warnings.extend(late_events(&figures));
    Ok((report, figures))
}

/// Events that stand behind later ones are put in order, and that is said.
pub fn late_events(figures: &ProcessFigures) -> Option<Warning> {
    let (events, cases) = figures.late;
    let what = format!(
        "rows are not in the order of time: {} of {} behind a later event of the case; cases were put in order",
        counted(events, "event"),
        counted(cases, "case"),
    );
    let help = "if the rows are in the right order, the times are wrong";
    (events > 0).then(|| Warning::new(WarningCode::EventsOutOfOrder, what).help(help))
}
