//! `logflow convert` where the output is a log: one Parquet file to XES as it is, or anything else by way of
//! a Parquet file that nobody sees.

use std::path::Path;

use crate::convert::{Convert, idle};
use crate::encode::output::{Replace, check_place};
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::partition::keys_of;
use crate::observer::Observer;
use crate::options::Options;
use crate::source::input::named;
use crate::target::OutputPlace;
use crate::target::xes;
use crate::target::xes_file::XesFile;

use crate::jobs::beside::Beside;
use crate::jobs::outputs::ConvertJob;

/// Writes the log of one job.
///
/// # Errors
/// What is wrong with inputs or output. Then no output has appeared.
pub fn write(
    job: &ConvertJob,
    replace: Replace,
    beside: &Beside,
    options: &Options,
    observer: &Observer,
) -> Result<xes::XesReport> {
    let target = OutputPlace { path: job.output.clone(), replace };
    let parquet = |input: &Input| xes::is_parquet(input, observer);
    if let Some(input) = job.inputs.iter().find(|it| matches!(it, Input::Once(_)) && parquet(it)) {
        let error = Error::new(Code::Piped, "expected a Parquet file on disk, found a pipe");
        let error = error.help("save it to a file first, and give the file: Parquet is read from its end");
        return Err(named(error, input));
    }
    if let [input] = job.inputs.as_slice()
        && let Some(path) = input.path()
        && parquet(input)
        && is_whole(path, options)?
        && beside.steps.0.is_empty()
        && beside.figures.is_empty()
    {
        refuse_same(path, &job.output)?;
        if let Some(place) = &beside.report {
            check_place(&place.path, place.replace)?;
        }
        let table = xes::XesInput { path, source: Some(path), temp_dir: &options.run.temp_dir };
        let mut report = xes::write(&table, &target, &options.table.roles, observer)?;
        let idle = idle::of_output(idle::XES_OUT, &options.explicit);
        report
            .warnings
            .splice(0..0, idle::warnings([idle::PARQUET], &options.explicit).into_iter().chain(idle));
        beside.after(&report)?;
        return Ok(report);
    }
    // Cases are elements of the log.
    let mut between = options.clone();
    between.write.tables = false;
    let source = match job.inputs.as_slice() {
        [input] => input.path().map(Path::to_owned),
        _ => None,
    };
    let mut log = XesFile::new(target, source);
    let conversion = Convert::all(job.inputs.clone()).options(between);
    let converted = beside.run(conversion, &mut log, observer)?;
    let report = log.into_report();
    let idle = idle::of_output(idle::XES_OUT, &options.explicit);
    let warnings = [idle, converted.warnings, report.warnings].concat();
    Ok(xes::XesReport { warnings, steps: converted.steps, seconds: converted.seconds, ..report })
}

/// Whether all rows and columns of a file are written, and nothing that only its path says.
fn is_whole(path: &std::path::Path, options: &Options) -> Result<bool> {
    let table = &options.table;
    let has_keys = keys_of(path)?.iter().any(|key| !table.keys_in_path.contains(key));
    let is_chosen = table.condition.is_some() || !table.select.is_empty() || !table.exclude.is_empty();
    Ok(!has_keys && !is_chosen)
}

/// An input that would be replaced by its own output is refused.
fn refuse_same(input: &std::path::Path, output: &std::path::Path) -> Result<()> {
    let same = match (input.canonicalize(), output.canonicalize()) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    };
    if !same {
        return Ok(());
    }
    Err(Error::new(Code::InputIsOutput, format!("the output would replace its input {}", output.display()))
        .in_file(input)
        .help("write to another file"))
}
