//! What becomes of the inputs of a plan: one output of all, an output for each, several outputs of one pass. A
//! run and the explanation of it ask the same function, so that both refuse the same.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::plan::PipelinePlan;
use super::several;
use crate::error::{Code, Error, Result};
use crate::jobs::beside::step_refused;
use crate::jobs::figures::FigureSettings;
use crate::jobs::flatten::refuse_rejects;
use crate::jobs::job::{self, ConvertTask, are_object_centric, kind_of, refuse_tables};
use crate::jobs::outputs::{self, ConvertJob, OutputKind};
use crate::jobs::search::{FoundInputs, InputPlace};
use crate::jobs::sheets::by_sheet;
use crate::jobs::stand_in::StandIn;
use crate::mmap::Input;
use crate::model::ocel::META;
use crate::observer::Observer;
use crate::options::{OnBadRow, Options, Spelling};
use crate::target::ocel::{BundleLayout, OcelForm};
use crate::target::several::refuse_twice;
use crate::target::xes::is_xes;
use crate::target::xlsx::is_xlsx;
use crate::target::{rejects_path, without_links};

/// What a run has to do.
pub struct Decided {
    /// The jobs, one for each output; one for several outputs of one pass.
    pub tasks: Vec<ConvertTask>,
    /// The options with which they are done.
    pub options: Options,
    /// Whether the only task has several outputs.
    pub is_several: bool,
    /// Whether each input has an output of its own.
    pub is_each: bool,
    /// Where logs lie that were made of flat tables on the way.
    pub between: Option<TempDir>,
}

/// What becomes of inputs that were found for a plan with an output. `begin` is called before flat tables are
/// read to make logs of them; without it they are not read, and taken for logs.
///
/// # Errors
/// [`Code::Usage`], [`Code::PipelineStep`] and [`Code::PipelineTarget`] for what does not fit together.
pub fn decide(
    plan: &PipelinePlan,
    found: &FoundInputs,
    begin: Option<&dyn Fn()>,
    observer: &Observer,
) -> Result<Decided> {
    let Some(output) = plan.output.as_deref() else {
        return Err(Error::new(Code::Internal, "a plan without an output has nothing to convert"));
    };
    refuse_places(plan)?;
    for wanted in &plan.choice.beside.figures.wanted {
        wanted.check()?;
        wanted.paths().iter().try_for_each(|path| outputs::refuse_replaced(path, &found.inputs()))?;
    }
    if outputs::is_folder(output) && plan.outputs.is_empty() {
        return each(plan, found, output, plan.options.clone());
    }
    if let Some(error) = found.failed.first() {
        return Err(error.clone());
    }
    let given = found.inputs();
    let (flatten, layout) = (plan.choice.flatten.is_some(), plan.choice.layout);
    let (inputs, options, between) = match begin {
        Some(begin) => job::unflattened(
            given.clone(),
            plan.from,
            Some(output),
            flatten,
            plan.options.clone(),
            observer,
            begin,
        )?,
        None => (given.clone(), plan.options.clone(), None),
    };
    let stand_ins = if between.is_some() { StandIn::pairs(&given, &inputs) } else { Vec::new() };
    // Flat tables that are not read are what they would become.
    let is_flat_table = |input: &Input| kind_of(input, plan.from, &options) == OutputKind::FlatTable;
    let stays_table =
        is_xes(output) || output.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet"));
    let is_unread = begin.is_none() && (flatten || !stays_table) && inputs.iter().all(is_flat_table);
    let objects = is_unread || are_object_centric(&inputs, &options)?;
    let kind = match (objects, is_unread) {
        (_, true) => OutputKind::FlatTable,
        (true, false) => OutputKind::ObjectCentric,
        (false, false) => OutputKind::EventLog,
    };
    if objects && !flatten {
        refuse_objects(plan)?;
    }
    if !plan.outputs.is_empty() {
        several::check(plan, &inputs, objects)?;
        let job = ConvertJob { inputs, output: output.to_owned() };
        let task = ConvertTask { job, kind, is_folder: objects, stand_ins, sheet: None };
        return Ok(Decided { tasks: vec![task], options, is_several: true, is_each: false, between });
    }
    if flatten && !objects {
        return Err(no_flatten());
    }
    if flatten {
        refuse_rejects(&options)?;
        if is_xlsx(output) {
            let what = "a flattened log is written to Parquet or XES, and not to a workbook";
            return Err(Error::new(Code::Usage, what)
                .help("write it to Parquet, and convert the Parquet file to a workbook"));
        }
    }
    let form = OcelForm::of(output).filter(|_| objects);
    if layout.is_some() && (!objects || form.is_some()) {
        return Err(no_layout());
    }
    if objects && !flatten && is_xes(output) {
        return Err(Error::new(Code::Usage, "XES requires cases, and an object-centric log has no cases")
            .help("give ⟦flatten⟧ OBJECT_TYPE to write a log whose cases are the objects of one type"));
    }
    let is_flat = !objects || flatten;
    let is_table = is_flat || form.is_some();
    if !is_table && layout.is_none() {
        refuse_tables(&inputs)?;
    }
    if !is_xes(output) && (is_flat || form.is_none()) {
        outputs::refuse_other_form(output, &inputs, !is_flat)?;
    }
    if !is_table && outputs::is_within(inputs.len(), output, layout.map_or(META, BundleLayout::marker))? {
        // Each is looked at by itself then, and is a flat table again if it was one.
        return each(plan, found, output, plan.options.clone());
    }
    let jobs = outputs::single(inputs, output)?;
    let task =
        |job| ConvertTask { job, kind, is_folder: !is_table, stand_ins: stand_ins.clone(), sheet: None };
    let tasks = jobs.into_iter().map(task).collect();
    Ok(Decided { tasks, options, is_several: false, is_each: false, between })
}

/// Each input to an output of its own, in a folder. Each decides for itself what it is.
fn each(plan: &PipelinePlan, found: &FoundInputs, output: &Path, options: Options) -> Result<Decided> {
    let (choice, layout) = (&plan.choice, plan.choice.layout);
    let (places, sheets): (Vec<InputPlace>, Vec<Option<String>>) = by_sheet(&found.places, &options)?;
    let kinds: Vec<OutputKind> =
        places.iter().map(|place| kind_of(&place.input, plan.from, &options)).collect();
    let objects = kinds.iter().filter(|kind| **kind != OutputKind::EventLog).count();
    if choice.flatten.is_some() && objects == 0 {
        return Err(no_flatten());
    }
    if layout.is_some() && objects == 0 {
        return Err(no_layout());
    }
    if layout.is_none() && choice.flatten.is_none() {
        refuse_tables(&found.inputs())?;
    }
    let is_folder: Vec<bool> =
        kinds.iter().map(|kind| *kind != OutputKind::EventLog && choice.flatten.is_none()).collect();
    let marker = layout.map_or(META, BundleLayout::marker);
    let jobs = match (places.as_slice(), is_folder.as_slice()) {
        // Such a log is replaced by another one.
        ([one], [true]) if !outputs::is_within(1, output, marker)? => {
            outputs::single(vec![one.input.clone()], output)?
        }
        _ => outputs::within(&places, output, &is_folder)?,
    };
    let task = |(((job, kind), is_folder), sheet)| ConvertTask {
        job,
        kind,
        is_folder,
        stand_ins: Vec::new(),
        sheet,
    };
    let tasks: Vec<ConvertTask> = jobs.into_iter().zip(kinds).zip(is_folder).zip(sheets).map(task).collect();
    let is_one =
        matches!(tasks.as_slice(), [one] if one.kind == OutputKind::EventLog || choice.flatten.is_some());
    if let Some(figures) = choice.beside.figures.wanted.first().filter(|_| !is_one) {
        let what = format!(
            "the target {} is for one log, and {} is a folder with an output for each input",
            figures.kind(),
            output.display()
        );
        return Err(Error::new(Code::PipelineTarget, what).help(
            "give the log a file as its path, or ask for the figures of each log in a run of its own",
        ));
    }
    for place in plan.beside_paths() {
        if let Some(task) = tasks.iter().find(|it| without_links(&it.job.output) == without_links(&place)) {
            let what = format!("the report would replace the output {}", task.job.output.display());
            return Err(Error::new(Code::PipelineTarget, what).help("give the report a path of its own"));
        }
    }
    Ok(Decided { tasks, options, is_several: false, is_each: true, between: None })
}

/// Refuses two targets of one path, and a target in the place of a file that says what to do.
///
/// # Errors
/// [`Code::PipelineTarget`] with the path.
pub fn refuse_places(plan: &PipelinePlan) -> Result<()> {
    let mut logs: Vec<PathBuf> = plan.outputs.iter().map(|target| target.words.path.clone()).collect();
    if logs.is_empty() {
        logs.extend(plan.output.iter().cloned());
    }
    let rejects = logs.first().filter(|_| plan.options.table.on_bad_row != OnBadRow::Fail);
    let rejects = rejects.map(|path| without_links(&rejects_path(path)));
    let all = [logs, plan.beside_paths()].concat();
    if let Some(rejects) = rejects.filter(|rejects| all.iter().any(|path| without_links(path) == *rejects)) {
        let what = format!("a target and the rejected records would both be {}", rejects.display());
        return Err(Error::new(Code::PipelineTarget, what).help("give the target another path"));
    }
    let rules = plan.choice.beside.figures.wanted.iter().filter_map(|it| match &it.settings {
        FigureSettings::Inspect(settings) => Some((settings.rules.as_deref()?, "the file of rules")),
        FigureSettings::Stats(_) => None,
    });
    let itself = plan.file.iter().map(|file| (file.as_path(), "the pipeline file itself"));
    for (file, name) in itself.chain(rules) {
        let file = without_links(file);
        if let Some(path) = all.iter().find(|path| without_links(path) == file) {
            let what = format!("the target {} would replace {name}", path.display());
            return Err(Error::new(Code::PipelineTarget, what).help("give the target another path"));
        }
    }
    refuse_twice(std::iter::empty(), &all)
}

/// What is for event logs alone, where an object-centric log stays one.
fn refuse_objects(plan: &PipelinePlan) -> Result<()> {
    // A pipeline file has steps, and a command line has flags.
    if let (Some(name), Spelling::KEYS) = (plan.for_events, plan.options.spelling) {
        return Err(step_refused(name));
    }
    if plan.options.table.condition.is_some() {
        let what = "⟦where⟧ applies to event logs, not to object-centric logs, whose events, objects and relations refer to each other";
        return Err(Error::new(Code::Usage, what).help(
            "add ⟦flatten⟧ OBJECT_TYPE to write an event log of one object type; ⟦where⟧ then filters its rows",
        ));
    }
    plan.choice.beside.refuse_objects()
}

fn no_flatten() -> Error {
    Error::new(Code::Usage, "⟦flatten⟧ applies to object-centric logs, and this log is not object-centric")
        .help("leave ⟦flatten⟧ out: the log is flat already")
}

fn no_layout() -> Error {
    Error::new(Code::Usage, "⟦layout⟧ applies only when an object-centric log is written to a folder")
        .help("leave ⟦layout⟧ out, or write to a folder")
}
