//! `logflow convert --layout`: an object-centric log as the tables that another program reads, by way of a bundle that nobody sees.

use logflow::adapter::ocel::{Layout, OcelReport, is_bundle, write_layout};
use logflow::config::{OnBadRow, Options, Watch};
use logflow::encode::output::Replace;
use logflow::encode::output_folder::check_folder;
use logflow::error::{Code, Error, Result};
use logflow::pipeline::table::codec;
use logflow::pipeline::{Target, bundle};

use crate::outputs::Job;

/// Writes the folder of one job.
///
/// # Errors
/// What is wrong with input or output. Then no folder has appeared.
pub fn write(
    job: &Job,
    layout: Layout,
    replace: Replace,
    options: &Options,
    watch: &Watch,
) -> Result<OcelReport> {
    let target = Target { path: job.output.clone(), replace };
    let [input] = job.inputs.as_slice() else {
        return Err(Error::new(Code::Usage, "an object-centric log is made from one input")
            .help("convert them one by one"));
    };
    check_folder(&target.path, replace, layout.marker())?;
    let codec = codec(options.compression)?;
    if let Some(path) = input.path().filter(|path| is_bundle(path)) {
        return write_layout(path, layout, &target, codec, watch);
    }
    if options.on_bad_row != OnBadRow::Fail {
        return Err(Error::new(
            Code::Usage,
            "--layout takes all records, and --on-bad-row reject leaves some out",
        )
        .help("convert to a bundle with --on-bad-row reject, look at what was rejected, then convert that"));
    }
    let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &options.temp_dir, error);
    let folder = tempfile::tempdir_in(&options.temp_dir).map_err(|error| failed(&error))?;
    let between = Target { path: folder.path().join("bundle"), replace: Replace::Never };
    let converted = bundle::convert(input, &between, options, watch)?;
    let report = write_layout(&between.path, layout, &target, codec, watch)?;
    let warnings = converted.warnings.into_iter().chain(report.warnings).collect();
    Ok(OcelReport { warnings, seconds: converted.seconds + report.seconds, ..report })
}
