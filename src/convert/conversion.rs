//! One conversion: decides which of the three kinds of inputs a run has, and checks options and outputs
//! first.

use std::sync::Arc;
use std::time::Instant;

use super::event_log::EventLog;
use super::object_log::ObjectLog;
use super::own_output::refuse_own_output;
use super::reading::Reading;
use super::rejects::Rejects;
use super::run::Run;
use super::secrecy;
use super::typed_files::{TypedFiles, are_typed};
use crate::budget::Budget;
use crate::error::{Code, Error, Position, Result};
use crate::mmap::{Identity, Input};
use crate::observer::{Observer, Phase};
use crate::options::{OnBadRow, Options};
use crate::report::Report;
use crate::source::input::Ready;
use crate::source::look;
use crate::source::mxml::as_xes;
use crate::step::time_unit::InMillis;
use crate::step::{Chain, Step, Steps};
use crate::target::Target;

/// Converts inputs: rows pass the choice of rows and columns that the options make, then `steps`, then role
/// columns get other names if the options say so; then they go to the target.
///
/// Inputs are one table, unless the target takes several tables and the input is an object-centric log.
///
/// # Errors
/// Whatever is wrong with inputs, options or the output, and what the steps refuse. Then no output has
/// appeared, and an old one is as it was.
pub fn convert(
    inputs: &[Input],
    steps: &Steps,
    target: &mut dyn Target,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    let secret = Options { hides_values: true, ..options.clone() };
    let hides = options.hides_values || steps.is_confidential();
    let options = if hides { &secret } else { options };
    observer.enter(Phase::Looking);
    let converted = readable(inputs, options, observer).and_then(|inputs| {
        let converted = convert_all(&inputs, steps, target, options, observer);
        converted.map_err(|error| told_of(error, &inputs))
    });
    converted.map_err(|error| if hides { error.without_values() } else { error })
}

/// An error with the file as the user knows it: of a copy, that of which it is one.
fn told_of(error: Error, inputs: &[Input]) -> Error {
    let Some(position) = error.position().cloned() else { return error };
    let Some(file) = &position.file else {
        // Steps know columns and no inputs.
        return match inputs {
            [only] => error.in_file(only.shown_path().unwrap_or("<stdin>".as_ref())),
            _ => error,
        };
    };
    let input = inputs.iter().find(|input| input.path() == Some(&**file));
    match input.and_then(Input::shown_path).filter(|shown| *shown != &**file) {
        Some(shown) => error.at(Position { file: Some(shown.into()), ..position }),
        None => error,
    }
}

/// The same, with errors as they come.
fn convert_all(
    inputs: &[Input],
    steps: &Steps,
    target: &mut dyn Target,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    let start = Instant::now();
    let (is_typed, object_centric) = kind_of(inputs, target.takes_several_tables(), options, observer)?;
    if object_centric.is_some() {
        super::object_log::refuse_options(options)?;
    }
    target.check(options)?;
    let rejects = match (options.table.on_bad_row, target.rejects()) {
        (OnBadRow::Reject(_), Some(place)) if !is_typed => {
            Some(Rejects::new(&place.path, place.replace, options.spelling, options.hides_values)?)
        }
        _ => None,
    };
    // Asked before anything is read, which may take long.
    let budget = Budget::new(options.run.memory_limit, options.run.threads)?;
    let paths = target.paths();
    let millis = InMillis::of(options.write.timestamp_unit).filter(|_| target.has_timestamp_units());
    let steps = &{
        let mut all = steps.clone();
        // What a step decided in another run is of no use in this one.
        all.0.iter_mut().for_each(|step| *step = step.renewed().unwrap_or_else(|| Arc::clone(step)));
        all.0.extend(millis.clone().map(|step| Arc::new(step) as Arc<dyn Step>));
        all
    };
    let reading: Box<dyn Reading + '_> = match object_centric {
        _ if is_typed => {
            let files = TypedFiles::open(inputs, options, steps, target.takes_rows(), observer)?;
            refuse_own_output(files.identities(), &paths)?;
            Box::new(files)
        }
        Some(log) => {
            let log = ObjectLog::open(log, options, steps, observer)?;
            refuse_own_output(identities(log.inputs()), &paths)?;
            Box::new(log)
        }
        None => {
            let log = EventLog::open(inputs, options, steps, observer)?;
            refuse_own_output(identities(&log.inputs), &paths)?;
            Box::new(log)
        }
    };
    let planned = start.elapsed();
    let beginning = target.beginning();
    if beginning.is_some() && steps.0.iter().any(|step| step.surveys()) {
        let what = "cases are chosen by all their rows, and only the beginning of the input is read";
        return Err(
            Error::new(Code::PipelineStep, what).help("write the cases to a file first, then look at it")
        );
    }
    Run { reading, options, steps, observer, budget, millis, beginning, start, planned }
        .convert(target, rejects)
}

/// Finds the schema that the inputs have: a pass over all of them that writes nothing.
///
/// # Errors
/// Whatever is wrong with inputs or options.
pub fn survey(inputs: &[Input], options: &Options, observer: &Observer) -> Result<Report> {
    let start = Instant::now();
    observer.enter(Phase::Looking);
    let inputs = &readable(inputs, options, observer)?;
    let steps = Steps::default();
    let (is_typed, object_centric) = kind_of(inputs, true, options, observer)?;
    let lenient = options.clone().with_bad_rows_aside();
    let budget = Budget::new(options.run.memory_limit, options.run.threads)?;
    let reading: Box<dyn Reading + '_> = match object_centric {
        _ if is_typed => Box::new(TypedFiles::open(inputs, options, &steps, true, observer)?),
        Some(log) => {
            super::object_log::refuse_options(options)?;
            Box::new(ObjectLog::open(log, &lenient, &steps, observer)?)
        }
        None => Box::new(EventLog::open(inputs, &lenient, &steps, observer)?),
    };
    let planned = start.elapsed();
    let (options, steps) = (&lenient, &steps);
    Run { reading, options, steps, observer, budget, millis: None, beginning: None, start, planned }.survey()
}

/// Finds the columns and types of one input: reads all of it and writes nothing.
///
/// # Errors
/// What is wrong with the input.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,time\n1,2024-05-01 10:00:00\n").unwrap();
/// let report = logflow::schema(path.as_path())?;
/// assert_eq!(report.columns[1].column_type, "timestamp[us, UTC]");
/// # Ok(())
/// # }
/// ```
pub fn schema(input: impl Into<Input>) -> Result<Report> {
    survey(&[input.into()], &Options::default(), &Observer::default())
}

/// Reports what a conversion would do, from samples alone.
///
/// # Errors
/// Whatever is wrong with inputs or options, as far as samples show it.
pub fn preview(inputs: &[Input], options: &Options) -> Result<Report> {
    preview_steps(inputs, options, &Steps::default()).map(|(report, _)| report)
}

/// The same with steps; and for each table the steps bound to it, as far as samples show its types.
///
/// # Errors
/// Whatever is wrong with inputs or options, and what the steps refuse.
pub fn preview_steps(inputs: &[Input], options: &Options, steps: &Steps) -> Result<(Report, Arc<[Chain]>)> {
    let previewed = preview_plainly(inputs, options, steps);
    if options.hides_values { previewed.map_err(Error::without_values) } else { previewed }
}

fn preview_plainly(inputs: &[Input], options: &Options, steps: &Steps) -> Result<(Report, Arc<[Chain]>)> {
    let start = Instant::now();
    let observer = Observer::default();
    let inputs = &readable(inputs, options, &observer)?;
    let (is_typed, object_centric) = kind_of(inputs, true, options, &observer)?;
    let (mut report, chains) = match object_centric {
        _ if is_typed => {
            let files = TypedFiles::open(inputs, options, steps, true, &observer)?;
            (files.preview(), files.chains())
        }
        Some(log) => {
            super::object_log::refuse_options(options)?;
            let log = ObjectLog::open(log, options, steps, &observer)?;
            (log.preview()?, log.chains())
        }
        None => {
            let log = EventLog::open(inputs, options, steps, &observer)?;
            (log.preview()?, log.chains())
        }
    };
    report.workers = Budget::new(options.run.memory_limit, options.run.threads)?.workers();
    report.seconds = start.elapsed().as_secs_f64();
    if options.hides_values {
        secrecy::hide(&mut report, steps);
    }
    Ok((report, chains))
}

/// The inputs in a form that can be looked at more than once before they are read; of logs in MXML what they
/// are in XES.
fn readable(inputs: &[Input], options: &Options, observer: &Observer) -> Result<Vec<Input>> {
    let as_read = |input: Input| Ok(as_xes(&input, options, observer)?.unwrap_or(input));
    look::replayable(inputs).into_iter().map(as_read).collect()
}

/// Whether the inputs are files of typed values, or which of them is the only one and an object-centric log.
fn kind_of<'i>(
    inputs: &'i [Input],
    takes_several_tables: bool,
    options: &Options,
    observer: &Observer,
) -> Result<(bool, Option<&'i Input>)> {
    if inputs.is_empty() {
        return Err(Error::new(Code::Usage, "no input is given"));
    }
    if are_typed(inputs, options, observer)? {
        return Ok((true, None));
    }
    let log = if takes_several_tables { look::object_centric(inputs, options, observer)? } else { None };
    Ok((false, log))
}

/// Device, inode, size and times of each input that is a file, and its path.
fn identities(inputs: &[Ready]) -> impl Iterator<Item = (Identity, Option<&std::path::Path>)> + Clone {
    inputs.iter().filter_map(|input| Some((input.identity()?, input.path())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Convert;
    use crate::encode::output::Replace;
    use crate::model::zone::ZoneRule;
    use crate::options::BadRowLimit;
    use crate::target::OutputPlace;
    use crate::target::parquet::ParquetFile;

    #[test]
    fn a_clock_time_of_which_there_are_two_is_a_bad_row() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        std::fs::write(&input, "a,b\nx,2024-10-27 02:30:00\ny,2024-10-28 02:30:00\n").unwrap();
        let path = folder.path().join("out.parquet");
        let mut options = Options::default();
        options.table.values.zone = ZoneRule::parse("Europe/Berlin").unwrap();
        let run = |options: &Options| {
            let place = OutputPlace { path: path.clone(), replace: Replace::Never };
            Convert::new(input.as_path())
                .options(options.clone())
                .run(&mut ParquetFile::new(place), &Observer::default())
        };
        assert_eq!(run(&options).unwrap_err().code(), Code::LocalTime);
        options.table.on_bad_row = OnBadRow::Reject(BadRowLimit::None);
        let report = run(&options).unwrap();
        assert_eq!((report.rows, report.bad_rows, report.restarts), (1, 1, 1));
        assert_eq!(report.columns[1].column_type, "timestamp[us, UTC]");
    }
}
