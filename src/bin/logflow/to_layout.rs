//! `logflow convert --layout`: an object-centric log as the tables that another program reads, by way of a
//! bundle that nobody sees.

use std::path::Path;

use logflow::convert::idle;
use logflow::encode::layout::codec;
use logflow::encode::output::Replace;
use logflow::encode::output_folder::check_folder;
use logflow::error::Result;
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::target::OutputPlace;
use logflow::target::ocel::{BundleLayout, OcelReport, write_layout};

use crate::outputs::ConvertJob;
use crate::to_ocel::by_bundle;

/// Writes the folder of one job.
///
/// # Errors
/// What is wrong with input or output. Then no folder has appeared.
pub fn write(
    job: &ConvertJob,
    layout: BundleLayout,
    replace: Replace,
    options: &Options,
    observer: &Observer,
) -> Result<OcelReport> {
    let target = OutputPlace { path: job.output.clone(), replace };
    check_folder(&target.path, replace, layout.marker())?;
    let codec = codec(options.write.compression)?;
    let write = |bundle: &Path| write_layout(bundle, layout, &target, codec, observer);
    let mut report = by_bundle(job, options, observer, &write)?;
    report.warnings.splice(0..0, idle::of_output(idle::LAYOUT_OUT, &options.given));
    Ok(report)
}
