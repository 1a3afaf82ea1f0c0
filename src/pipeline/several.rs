//! Several outputs from one pass over the inputs: event logs as Parquet and XES, or object-centric logs as
//! bundles, OCEL files and the tables of other programs.

use std::path::PathBuf;

use super::plan::PipelinePlan;
use super::sections::TargetSection;
use crate::convert::Convert;
use crate::error::{Code, Error, Result};
use crate::jobs::job::within_keys;
use crate::jobs::outputs;
use crate::mmap::Input;
use crate::observer::Observer;
use crate::options::{Options, WriteOptions};
use crate::report::Report;
use crate::target::Target;
use crate::target::bundle::BundleFolder;
use crate::target::ocel::{OcelForm, is_bundle};
use crate::target::ocel_log::{OcelOutput, OcelTarget};
use crate::target::parquet::ParquetFile;
use crate::target::xes::is_xes;
use crate::target::xes_file::XesFile;
use crate::target::xlsx::{XlsxFile, is_xlsx};

/// Writes all outputs of a plan that has several, from all inputs as one log. `objects`: whether they are
/// object-centric.
///
/// # Errors
/// What is wrong with inputs or outputs. Then no output has appeared, unless an output could not take its place
/// once all were complete: the error says which did before it.
pub fn write(
    plan: &PipelinePlan,
    inputs: &[Input],
    (objects, options): (bool, &Options),
    observer: &Observer,
) -> Result<Report> {
    let source = match inputs {
        [only] => only.path().map(std::path::Path::to_owned),
        _ => None,
    };
    let mut targets: Vec<(Box<dyn Target>, Option<WriteOptions>)> = plan
        .outputs
        .iter()
        .map(|section| (target(section, objects, source.clone()), Some(section.write.clone())))
        .collect();
    let mut members: Vec<(&mut dyn Target, Option<WriteOptions>)> = Vec::with_capacity(targets.len());
    for (target, write) in &mut targets {
        members.push((target.as_mut(), write.clone()));
    }
    let mut options = within_keys(&plan.outputs[0].words.path, options)?.into_owned();
    options.run = options.run.for_outputs(plan.outputs.len())?;
    let conversion = Convert::all(inputs.to_vec()).options(options);
    plan.choice.beside.run_several(conversion, members, observer)
}

/// The target of a log. `source`: the only input, if there is one.
pub fn target(section: &TargetSection, objects: bool, source: Option<PathBuf>) -> Box<dyn Target> {
    let place = section.place();
    match (objects, OcelForm::of(&place.path), section.other_layout()) {
        (false, ..) if is_xes(&place.path) => Box::new(XesFile::new(place, source)),
        (false, ..) if is_xlsx(&place.path) => Box::new(XlsxFile::new(place)),
        (false, ..) => Box::new(ParquetFile::new(place)),
        (true, _, Some(layout)) => Box::new(OcelTarget::new(place, OcelOutput::Folder(layout))),
        (true, Some(form), None) => Box::new(OcelTarget::new(place, OcelOutput::File(form))),
        (true, None, None) => Box::new(BundleFolder::new(place)),
    }
}

/// Whether all outputs are possible of these inputs; `objects`: whether they are object-centric logs.
///
/// # Errors
/// [`Code::PipelineTarget`] for an output that one pass over the inputs does not give.
pub fn check(plan: &PipelinePlan, inputs: &[Input], objects: bool) -> Result<()> {
    let refused = |section: &TargetSection, why: &str, help: &str| {
        let what = format!("{} {why}", section.words.path.display());
        Err(Error::new(Code::PipelineTarget, what).help(help))
    };
    if inputs.iter().filter_map(Input::path).any(is_bundle) {
        let section = &plan.outputs[0];
        let help = "write each target in a run of its own";
        return refused(section, "is one of several targets, and a bundle is not read row by row", help);
    }
    for section in &plan.outputs {
        let path = &section.words.path;
        let form = OcelForm::of(path);
        let is_within = outputs::is_folder(path) && !objects;
        if is_within {
            let why = "is a folder in which each input has an output of its own, beside other targets";
            return refused(section, why, "give a file, or write the folder in a run of its own");
        }
        if !objects && section.other_layout().is_some() {
            let why = "asks for a layout of object-centric logs, and this log is not object-centric";
            return refused(section, why, "leave ⟦layout⟧ out");
        }
        if objects && (is_xes(path) || path.extension().is_some_and(|it| it == "parquet")) {
            let why = "is one file of an event log, and this log is object-centric";
            return refused(section, why, "give a folder, or a name that ends in .json, .xml or .sqlite");
        }
        if !is_xes(path) && (!objects || form.is_none()) {
            outputs::refuse_other_form(path, inputs, objects)?;
        }
    }
    if objects && inputs.len() > 1 {
        let help = "write the outputs of each log in a run of its own";
        return refused(&plan.outputs[0], "is one of several targets, and the inputs are several logs", help);
    }
    Ok(())
}
