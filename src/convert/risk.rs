//! The risk of a log: a run whose rows go nowhere.

use std::sync::Arc;

use crate::convert::conversion::convert;
use crate::error::Result;
use crate::mmap::Input;
use crate::observer::Observer;
use crate::options::Options;
use crate::process::risk::{RiskFigures, RiskStep, RiskWishes};
use crate::report::Report;
use crate::step::Steps;
use crate::target::findings::FindingsOnly;

/// How many cases of inputs, as one event log, can be recognised; and the report of the run.
///
/// # Errors
/// What is wrong with inputs and options; [`Code::NoSuchColumn`](crate::error::Code::NoSuchColumn) if no column is
/// known to be the case, the activity or the timestamp.
pub fn risk_of(
    inputs: &[Input],
    wishes: RiskWishes,
    options: &Options,
    observer: &Observer,
) -> Result<(Report, RiskFigures)> {
    let step = RiskStep::new(&options.run, wishes, observer);
    let steps = Steps(vec![Arc::new(step.clone())]);
    let report = convert(inputs, &steps, &mut FindingsOnly, options, observer)?;
    Ok((report, step.take_figures()))
}
