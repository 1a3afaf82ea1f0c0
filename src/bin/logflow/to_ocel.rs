//! `logflow convert` where the output is an object-centric log: a bundle to one file, or any such log by way
//! of a bundle that nobody sees.

use std::path::Path;

use logflow::convert::{Convert, idle};
use logflow::encode::output::{Replace, check_place};
use logflow::error::{Code, Error, Result};
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{OnBadRow, Options};
use logflow::target::OutputPlace;
use logflow::target::bundle::BundleFolder;
use logflow::target::ocel;
use logflow::target::ocel::{OcelForm, OcelReport, is_bundle};

use crate::outputs::ConvertJob;

/// Writes the log of one job.
///
/// # Errors
/// What is wrong with input or output. Then no output has appeared.
pub fn write(
    job: &ConvertJob,
    form: OcelForm,
    replace: Replace,
    options: &Options,
    observer: &Observer,
) -> Result<OcelReport> {
    let target = OutputPlace { path: job.output.clone(), replace };
    check_place(&job.output, replace)?;
    let write = |bundle: &Path| ocel::write(bundle, form, &target, &options.run.temp_dir, observer);
    let mut report = by_bundle(job, options, observer, &write)?;
    report.warnings.splice(0..0, idle::of_output(idle::OCEL_OUT, &options.given));
    Ok(report)
}

/// Makes something of the bundle that the input is, or of one that it becomes and that nobody sees.
///
/// # Errors
/// [`Code::Usage`] for several inputs or rejected rows; what is wrong with the input, and what `write` says.
pub fn by_bundle(
    job: &ConvertJob,
    options: &Options,
    observer: &Observer,
    write: &dyn Fn(&Path) -> Result<OcelReport>,
) -> Result<OcelReport> {
    let [input] = job.inputs.as_slice() else {
        return Err(
            Error::new(Code::Usage, "an OCEL log is written from one input").help("convert them one by one")
        );
    };
    if let Some(path) = input.path().filter(|path| is_bundle(path)) {
        let mut report = write(path)?;
        report.warnings.splice(0..0, idle::warnings([idle::BUNDLE], &options.given));
        return Ok(report);
    }
    if options.table.on_bad_row != OnBadRow::Fail {
        return Err(Error::new(
            Code::Usage,
            "an OCEL log requires all records, and --on-bad-row reject omits some",
        )
        .help(
            "convert to a bundle with --on-bad-row reject, check the rejected rows, then convert the bundle",
        ));
    }
    refuse_same(input, &job.output)?;
    let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &options.run.temp_dir, error);
    let folder = tempfile::tempdir_in(&options.run.temp_dir).map_err(|error| failed(&error))?;
    let between = OutputPlace { path: folder.path().join("bundle"), replace: Replace::Never };
    let converted = Convert::new(input.clone())
        .options(options.clone())
        .run(&mut BundleFolder::new(between.clone()), observer)?;
    let report = write(&between.path)?;
    let warnings = converted.warnings.into_iter().chain(report.warnings).collect();
    Ok(OcelReport { warnings, seconds: converted.seconds + report.seconds, ..report })
}

/// An input that would be replaced by its own output is refused.
fn refuse_same(input: &Input, output: &Path) -> Result<()> {
    let Some(path) = input.path() else { return Ok(()) };
    match (path.canonicalize(), output.canonicalize()) {
        (Ok(one), Ok(other)) if one == other => Err(Error::new(
            Code::InputIsOutput,
            format!("the output would replace its input {}", output.display()),
        )
        .in_file(path)
        .help("write to another file")),
        _ => Ok(()),
    }
}
