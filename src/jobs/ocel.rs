//! `logflow convert` where the output is an object-centric log in another form than a bundle: one file, or
//! the tables of another program. A bundle is read as it is; any other log becomes one that nobody sees.

use crate::convert::{Convert, idle};
use crate::encode::layout::codec;
use crate::encode::output::Replace;
use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::options::Options;
use crate::target::OutputPlace;
use crate::target::ocel::{OcelReport, is_bundle, write, write_layout};
use crate::target::ocel_log::{OcelOutput, OcelTarget};

use crate::jobs::outputs::ConvertJob;

/// Writes the log of one job.
///
/// # Errors
/// [`Code::Usage`] for several inputs or rejected rows; what is wrong with input or output. Then no output
/// has appeared.
pub fn write_log(
    job: &ConvertJob,
    output: OcelOutput,
    replace: Replace,
    options: &Options,
    observer: &Observer,
) -> Result<OcelReport> {
    let [input] = job.inputs.as_slice() else {
        return Err(
            Error::new(Code::Usage, "an OCEL log is written from one input").help("convert them one by one")
        );
    };
    let target = OutputPlace { path: job.output.clone(), replace };
    let mut report = match input.path().filter(|path| is_bundle(path)) {
        Some(bundle) => {
            let mut report = match output {
                OcelOutput::File(form) => write(bundle, form, &target, &options.run.temp_dir, observer)?,
                OcelOutput::Folder(layout) => {
                    write_layout(bundle, layout, &target, codec(options.write.compression)?, observer)?
                }
            };
            report.warnings.splice(0..0, idle::warnings([idle::BUNDLE], &options.explicit));
            report
        }
        None => {
            let mut log = OcelTarget::new(target, output);
            let converted = Convert::new(input.clone()).options(options.clone()).run(&mut log, observer)?;
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
