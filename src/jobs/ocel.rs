//! `logflow convert` where the output is an object-centric log in another form than a bundle: one file, or
//! the tables of another program. A bundle is read as it is; any other log becomes one that nobody sees.

use crate::convert::{Convert, idle};
use crate::encode::layout::codec;
use crate::encode::output::check_place;
use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::options::Options;
use crate::target::OutputPlace;
use crate::target::ocel::{OcelReport, is_bundle, write, write_layout};
use crate::target::ocel_log::{OcelOutput, OcelTarget};

use crate::jobs::choice::OutputChoice;
use crate::jobs::outputs::ConvertJob;

/// Writes the log of one job.
///
/// # Errors
/// [`Code::Usage`] for several inputs or rejected rows; what is wrong with input or output. Then no output
/// has appeared.
pub fn write_log(
    job: &ConvertJob,
    output: OcelOutput,
    choice: &OutputChoice,
    options: &Options,
    observer: &Observer,
) -> Result<OcelReport> {
    let [input] = job.inputs.as_slice() else {
        return Err(
            Error::new(Code::Usage, "an OCEL log is written from one input").help("convert them one by one")
        );
    };
    let beside = &choice.beside;
    let target = OutputPlace { path: job.output.clone(), replace: choice.replace };
    let mut report = match input.path().filter(|path| is_bundle(path)) {
        Some(_) if options.hides_values => {
            return Err(Error::new(
                Code::Unreachable,
                "a bundle is written as it is, and its values cannot be hidden",
            )
            .help("hide them in the log that the bundle was made from"));
        }
        Some(bundle) => {
            if let Some(place) = &beside.report {
                check_place(&place.path, place.replace)?;
            }
            let mut report = match output {
                OcelOutput::File(form) => write(bundle, form, &target, &options.run.temp_dir, observer)?,
                OcelOutput::Folder(layout) => {
                    write_layout(bundle, layout, &target, codec(options.write.compression)?, observer)?
                }
            };
            report.warnings.splice(0..0, idle::warnings([idle::BUNDLE], &options.explicit));
            beside.after(&report)?;
            report
        }
        None => {
            let mut log = OcelTarget::new(target, output);
            let conversion = Convert::new(input.clone()).options(options.clone());
            let converted = beside.run(conversion, &mut log, observer)?;
            let report = log.into_report();
            let warnings = [converted.warnings, report.warnings].concat();
            OcelReport { warnings, seconds: converted.seconds, ..report }
        }
    };
    let form = match output {
        OcelOutput::File(_) => idle::OCEL_OUT,
        OcelOutput::Folder(_) => idle::LAYOUT_OUT,
    };
    report.warnings.splice(0..0, idle::of_output(form, &options.explicit));
    Ok(report)
}
