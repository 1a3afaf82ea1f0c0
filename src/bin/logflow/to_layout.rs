//! `logflow convert --layout`: an object-centric log as the tables that another program reads, by way of a
//! bundle that nobody sees.

use std::path::Path;

use logflow::adapter::ocel::{BundleLayout, OcelReport, write_layout};
use logflow::config::{Options, Watch};
use logflow::encode::output::Replace;
use logflow::encode::output_folder::check_folder;
use logflow::error::Result;
use logflow::pipeline::table::codec;
use logflow::pipeline::{Target, idle};

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
    watch: &Watch,
) -> Result<OcelReport> {
    let target = Target { path: job.output.clone(), replace };
    check_folder(&target.path, replace, layout.marker())?;
    let codec = codec(options.compression)?;
    let write = |bundle: &Path| write_layout(bundle, layout, &target, codec, watch);
    let mut report = by_bundle(job, options, watch, &write)?;
    report.warnings.splice(0..0, idle::of_output(idle::LAYOUT_OUT, &options.given));
    Ok(report)
}
