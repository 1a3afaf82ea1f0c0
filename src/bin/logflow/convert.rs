//! `logflow convert`: logs in, Parquet out.

use std::path::{Path, PathBuf};

use logflow::encode::output::check_place;
use logflow::error::{Code, Error};
use logflow::jobs::choice::OutputChoice;
use logflow::jobs::job::{self, ConvertTask, are_object_centric, kind_of, refuse_tables};
use logflow::jobs::outputs::{self, ConvertJob, OutputKind};
use logflow::jobs::search::{self, FoundInputs, InputSearch};
use logflow::jobs::stand_in::{StandIn, name_input};
use logflow::jobs::written::Written;
use logflow::mmap::Input;
use logflow::model::ocel::META;
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::pipeline::plan::PipelinePlan;
use logflow::pipeline::several;
use logflow::pipeline::toml::to_toml;
use logflow::report::Report;
use logflow::target::ocel::{BundleLayout, OcelForm};
use logflow::target::report_file::ReportFile;
use logflow::target::without_links;
use logflow::target::xes::is_xes;
use serde_json::Value;
use tempfile::TempDir;

use crate::args::{ConsoleArgs, ConvertArgs};
use crate::fail::{Failure, Outcome};
use crate::inspect::{self, InspectionFile};
use crate::progress::ProgressDisplay;
use crate::report::{Reporter, Totals};
use crate::{options, signals, stdout};

/// Converts, or says what would be converted.
pub fn run(args: &ConvertArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let pipeline = options::pipeline(args)?;
    if args.print_pipeline {
        if args.inspect.is_some() {
            return Err(Error::new(Code::Usage, "a pipeline file has no word for --inspect")
                .help("leave --inspect out, and run logflow inspect on the output")
                .into());
        }
        stdout::print(&to_toml(&pipeline)?)?;
        return Ok(Outcome::Done);
    }
    let mut plan = pipeline.plan(options::given(&args.read))?;
    let observer = Observer::default();
    let inspection = args
        .inspect
        .as_deref()
        .map(|path| InspectionFile::new(path, args, &plan.options, &observer))
        .transpose()?;
    if let Some(inspection) = &inspection {
        plan.choice.beside.steps.0.extend(inspection.steps().0);
    }
    let reporter = Reporter::new(&pipeline.run, console);
    ConvertRun { plan: &plan, dry_run: args.dry_run, console, reporter, observer, inspection }.execute()
}

/// Does what a pipeline asks for; in a dry run, says what that would be.
pub fn execute(
    plan: &PipelinePlan,
    dry_run: bool,
    reporter: Reporter,
    console: &ConsoleArgs,
) -> Result<Outcome, Failure> {
    ConvertRun { plan, dry_run, console, reporter, observer: Observer::default(), inspection: None }.execute()
}

/// A run of a pipeline.
struct ConvertRun<'r> {
    plan: &'r PipelinePlan,
    dry_run: bool,
    console: &'r ConsoleArgs,
    reporter: Reporter,
    observer: Observer,
    /// Where what is known of the rows goes, if it is asked for.
    inspection: Option<InspectionFile>,
}

impl ConvertRun<'_> {
    fn execute(&self) -> Result<Outcome, Failure> {
        let plan = self.plan;
        let options = plan.options.clone();
        let folder = plan.output.as_deref().filter(|output| outputs::is_folder(output));
        let found = InputSearch { options: &options, output: plan.output.as_deref() }.find(&plan.inputs)?;
        let found = found.without(&plan.further_outputs());
        match (&plan.output, folder) {
            (None, _) => self.preview_inputs(&found, &options),
            (Some(_), Some(folder)) if plan.outputs.is_empty() => self.to_folder(found, folder, options),
            (Some(output), _) => self.to_output(found, output, options),
        }
    }

    /// Each input to an output of its own, in a folder. Each decides for itself what it is.
    fn to_folder(&self, found: FoundInputs, output: &Path, options: Options) -> Result<Outcome, Failure> {
        let (choice, layout) = (&self.plan.choice, self.plan.choice.layout);
        let kinds: Vec<OutputKind> =
            found.places.iter().map(|place| kind_of(&place.input, self.plan.from, &options)).collect();
        let objects = kinds.iter().filter(|kind| **kind != OutputKind::EventLog).count();
        if choice.flatten.is_some() && objects == 0 {
            return Err(no_flatten().into());
        }
        if layout.is_some() && objects == 0 {
            return Err(no_layout().into());
        }
        if layout.is_none() && choice.flatten.is_none() {
            refuse_tables(&found.inputs())?;
        }
        let is_folder: Vec<bool> =
            kinds.iter().map(|kind| *kind != OutputKind::EventLog && choice.flatten.is_none()).collect();
        let marker = layout.map_or(META, BundleLayout::marker);
        let jobs = match (found.places.as_slice(), is_folder.as_slice()) {
            // Such a log is replaced by another one.
            ([one], [true]) if !outputs::is_within(1, output, marker)? => {
                outputs::single(vec![one.input.clone()], output)?
            }
            _ => outputs::within(&found.places, output, &is_folder)?,
        };
        let tasks: Vec<ConvertTask> = jobs
            .into_iter()
            .zip(kinds)
            .zip(is_folder)
            .map(|((job, kind), is_folder)| ConvertTask { job, kind, is_folder, stand_ins: Vec::new() })
            .collect();
        if self.dry_run {
            return self.preview(&tasks, &found, &options);
        }
        if tasks.iter().all(|task| task.job.output != *output) {
            std::fs::create_dir_all(output).map_err(|error| Error::io(Code::OutputWrite, output, &error))?;
        }
        signals::stop(&self.observer);
        self.convert(&tasks, &found, output, &options)
    }

    /// All inputs to one output; object-centric logs that are many to a folder, which has the name of
    /// the output.
    fn to_output(&self, found: FoundInputs, output: &Path, options: Options) -> Result<Outcome, Failure> {
        if let Some(error) = found.failed.first() {
            return Err(error.clone().into());
        }
        let given = found.inputs();
        let as_given = options.clone();
        let (inputs, options, between) = self.unflattened(given.clone(), options)?;
        let (choice, layout) = (&self.plan.choice, self.plan.choice.layout);
        if !self.plan.outputs.is_empty() {
            let stand_ins = if between.is_some() { StandIn::pairs(&given, &inputs) } else { Vec::new() };
            return self.to_several(&found, inputs, &options, stand_ins, between.is_some());
        }
        let bundles = are_object_centric(&inputs, &options)?;
        if choice.flatten.is_some() && !bundles {
            return Err(no_flatten().into());
        }
        if bundles && choice.flatten.is_none() && options.table.condition.is_some() {
            return Err(no_condition(
                "object-centric logs, whose events, objects and relations refer to each other",
            )
            .help("add --flatten OBJECT_TYPE to write an event log of one object type; --where then filters its rows")
            .into());
        }
        let form = OcelForm::of(output).filter(|_| bundles);
        if layout.is_some() && (!bundles || form.is_some()) {
            return Err(no_layout().into());
        }
        if bundles && choice.flatten.is_none() && is_xes(output) {
            return Err(Error::new(
                Code::Usage,
                "XES requires cases, and an object-centric log has no cases",
            )
            .help("give --flatten OBJECT_TYPE to write a log whose cases are the objects of one type")
            .into());
        }
        let is_flat = !bundles || choice.flatten.is_some();
        let is_table = is_flat || form.is_some();
        if !is_table && layout.is_none() {
            refuse_tables(&inputs)?;
        }
        if !is_xes(output) && (is_flat || form.is_none()) {
            outputs::refuse_other_form(output, &inputs, !is_flat)?;
        }
        if !is_table && outputs::is_within(inputs.len(), output, layout.map_or(META, BundleLayout::marker))? {
            // Each is looked at by itself then, and is a flat table again if it was one.
            return self.to_folder(found, output, as_given);
        }
        let stand_ins = if between.is_some() { StandIn::pairs(&given, &inputs) } else { Vec::new() };
        let jobs = outputs::single(inputs, output)?;
        let kind = if bundles { OutputKind::ObjectCentric } else { OutputKind::EventLog };
        let is_folder = !is_table;
        let task = |job| ConvertTask { job, kind, is_folder, stand_ins: stand_ins.clone() };
        let tasks: Vec<ConvertTask> = jobs.into_iter().map(task).collect();
        if self.dry_run {
            return self.preview(&tasks, &found, &options);
        }
        // What makes logs of flat tables listens already.
        if between.is_none() {
            signals::stop(&self.observer);
        }
        self.convert(&tasks, &found, output, &options)
    }

    /// Every job in turn. One that fails stops the run only if it is the only one, or if the run was stopped.
    fn convert(
        &self,
        tasks: &[ConvertTask],
        found: &FoundInputs,
        output: &Path,
        options: &Options,
    ) -> Result<Outcome, Failure> {
        if let Some(inspection) = &self.inspection {
            inspect::refuse_several(tasks)?;
            tasks.iter().try_for_each(|task| inspection.refuse_files_of(&task.job))?;
        }
        let mut done = Totals::default();
        let mut failed = 0;
        let is_alone = tasks.len() == 1 && found.failed.is_empty();
        // The report of one output appears with it, that of many behind them.
        let mut choice = self.plan.choice.clone();
        let place = choice.beside.report.take_if(|_| !is_alone);
        let mut runs = Vec::new();
        if let Some(place) = &place {
            check_place(&place.path, place.replace)?;
            if let Some(task) =
                tasks.iter().find(|task| without_links(&task.job.output) == without_links(&place.path))
            {
                return Err(Error::new(
                    Code::PipelineTarget,
                    format!("the report would replace the output {}", task.job.output.display()),
                )
                .help("give the report a path of its own")
                .into());
            }
        }
        for (index, task) in tasks.iter().enumerate() {
            let progress = ProgressDisplay::start(
                self.console,
                &self.observer,
                &task.job.output,
                (index + 1, tasks.len()),
            );
            let is_of_many = found.places.len() > 1;
            let written = self.write(task, &choice, (output, options), progress, (!is_alone, is_of_many));
            match written {
                Ok((report, run)) => {
                    done.add(report.as_ref(), task.is_folder);
                    runs.push(run);
                }
                Err(error) => {
                    let ends_run = is_alone || error.code() == Code::Interrupted;
                    self.failed(task, error, found, ends_run)?;
                    failed += 1;
                }
            }
        }
        if let Some(place) = place {
            ReportFile::new(place).write(runs)?;
        }
        self.not_read(found)?;
        failed += found.failed.len() as u64;
        if !is_alone {
            self.reporter.sum(&done, failed, found.left_out.len() as u64);
        }
        let has_some = done.files + done.folders > 0;
        Ok(match (has_some, failed) {
            (true, 0) if done.counts.rejected == 0 => Outcome::Done,
            (true, _) => Outcome::InPart,
            (false, _) => Outcome::Failed,
        })
    }

    /// Reports a job that failed. If that ends the run, the files that were left out are reported as well,
    /// and the error comes back.
    fn failed(
        &self,
        task: &ConvertTask,
        error: Error,
        found: &FoundInputs,
        ends_run: bool,
    ) -> Result<(), Failure> {
        self.reporter.failed(&task.shown(), &error)?;
        if ends_run {
            self.reporter.left_out(found)?;
            return Err(error.into());
        }
        self.reporter.show(&error);
        Ok(())
    }

    /// Reports the folders that can't be read, and the files that were left out.
    fn not_read(&self, found: &FoundInputs) -> Result<(), Error> {
        for error in &found.failed {
            self.reporter.failed_folder(error)?;
            self.reporter.show(error);
        }
        self.reporter.left_out(found)
    }

    /// Writes the output of one job and says so; the numbers, where they are those of a table or a bundle. Of
    /// several outputs each has a line, and in a run of several inputs warnings name theirs.
    fn write(
        &self,
        task: &ConvertTask,
        choice: &OutputChoice,
        (root, options): (&Path, &Options),
        progress: ProgressDisplay,
        (is_one_of_many, names_inputs): (bool, bool),
    ) -> Result<(Option<Report>, Value), Error> {
        let folders = match task.job.output.parent() {
            Some(parent) if parent.starts_with(root) && parent != root => made(parent)?,
            _ => Vec::new(),
        };
        let written = task.write(choice, options, &self.observer).map_err(|error| task.told(error));
        progress.finish();
        if written.is_err() {
            // Folders that were made for it alone.
            for folder in folders.iter().rev() {
                let _ = std::fs::remove_dir(folder);
            }
        }
        let (mut written, shown) = (written?, task.shown());
        written.rename(&task.stand_ins);
        if names_inputs {
            let names: Vec<String> = shown.inputs.iter().map(ToString::to_string).collect();
            name_input(written.warnings(), &names);
        }
        let value = written.to_json(options.spelling)?;
        let report = match written {
            Written::Table(report) => {
                if let Some(inspection) = &self.inspection {
                    inspection.write(&report)?;
                }
                self.reporter.done(&shown, &report, is_one_of_many)?;
                Some(*report)
            }
            Written::FlatTable(report) => self.reporter.done(&shown, &report, false).map(|()| None)?,
            Written::Log(report) => self.reporter.written(&shown, &report).map(|()| None)?,
            Written::Objects(report) => self.reporter.log_written(&shown, &report).map(|()| None)?,
        };
        Ok((report, value))
    }

    /// All inputs to several outputs, in one pass.
    fn to_several(
        &self,
        found: &FoundInputs,
        inputs: Vec<Input>,
        options: &Options,
        stand_ins: Vec<StandIn>,
        is_stopped: bool,
    ) -> Result<Outcome, Failure> {
        let output = self.plan.outputs[0].words.path.clone();
        let objects = several::check(self.plan, &inputs, options)?;
        let kind = if objects { OutputKind::ObjectCentric } else { OutputKind::EventLog };
        let job = ConvertJob { inputs, output };
        let task = ConvertTask { job, kind, is_folder: objects, stand_ins };
        if self.dry_run {
            return self.preview(&[task], found, options);
        }
        if !is_stopped {
            signals::stop(&self.observer);
        }
        let progress = ProgressDisplay::start(self.console, &self.observer, &task.job.output, (1, 1));
        let written = several::write(self.plan, &task.job.inputs, options, &self.observer);
        progress.finish();
        let shown = task.shown();
        match written.map_err(|error| task.told(error)) {
            Ok(mut report) => {
                task.stand_ins.iter().for_each(|it| it.report(&mut report));
                if shown.inputs.len() > 1 {
                    name_inputs(&mut report);
                }
                self.reporter.done(&shown, &report, false)?;
                self.not_read(found)?;
                Ok(if report.bad_rows == 0 { Outcome::Done } else { Outcome::InPart })
            }
            Err(error) => {
                self.failed(&task, error, found, true)?;
                Ok(Outcome::Failed)
            }
        }
    }

    /// What every job would do, as far as a sample tells.
    fn preview(
        &self,
        tasks: &[ConvertTask],
        found: &FoundInputs,
        options: &Options,
    ) -> Result<Outcome, Failure> {
        let is_alone = tasks.len() == 1 && found.failed.is_empty();
        let mut failed = 0;
        for task in tasks {
            match task.preview(self.plan.choice.replace, options, &self.observer) {
                Ok(mut report) => {
                    task.stand_ins.iter().for_each(|it| it.report(&mut report));
                    if found.places.len() > 1 {
                        name_inputs(&mut report);
                    }
                    self.reporter.previewed(Some(&task.job.output), &report)?;
                }
                Err(error) => {
                    self.failed(task, task.told(error), found, is_alone)?;
                    failed += 1;
                }
            }
        }
        self.not_read(found)?;
        Ok(match failed + found.failed.len() {
            0 => Outcome::Done,
            _ if failed == tasks.len() => Outcome::Failed,
            _ => Outcome::InPart,
        })
    }

    /// The inputs and options, with flat tables of object-centric logs as the logs that they are.
    fn unflattened(
        &self,
        inputs: Vec<Input>,
        options: Options,
    ) -> Result<(Vec<Input>, Options, Option<TempDir>), Error> {
        let (from, output) = (self.plan.from, self.plan.output.as_deref());
        let flatten = self.plan.choice.flatten.is_some();
        // A table that is read to make a log of it may be long.
        let begin = || signals::stop(&self.observer);
        job::unflattened(inputs, from, output, flatten, options, &self.observer, &begin)
    }

    /// What the inputs hold, where no output is given: those that are no object-centric logs as one table.
    fn preview_inputs(&self, found: &FoundInputs, options: &Options) -> Result<Outcome, Failure> {
        let given = found.inputs();
        let (inputs, options, _between) = self.unflattened(given.clone(), options.clone())?;
        let stand_ins = StandIn::pairs(&given, &inputs);
        for group in search::groups(inputs, &options, &self.observer) {
            let report = logflow::convert::preview(&group, &options);
            let mut report =
                report.map_err(|error| stand_ins.iter().fold(error, |error, it| it.error(error)))?;
            stand_ins.iter().for_each(|it| it.report(&mut report));
            if given.len() > 1 {
                name_inputs(&mut report);
            }
            self.reporter.previewed(None, &report)?;
        }
        self.reporter.left_out(found)?;
        match found.failed.first() {
            Some(error) => Err(error.clone().into()),
            None => Ok(Outcome::Done),
        }
    }
}

/// Puts the name of the only input to warnings that have none.
fn name_inputs(report: &mut Report) {
    let names: Vec<String> = report.inputs.iter().map(|it| it.name.clone()).collect();
    name_input(&mut report.warnings, &names);
}

/// Makes a folder and those that it is to be in, and tells which were made.
fn made(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|it| !it.as_os_str().is_empty() && !it.exists())
        .map(PathBuf::from)
        .collect();
    missing.reverse();
    std::fs::create_dir_all(folder).map_err(|error| Error::io(Code::OutputWrite, folder, &error))?;
    Ok(missing)
}

/// The error for `--where` where rows are not chosen.
pub fn no_condition(what: &str) -> Error {
    Error::new(Code::Usage, format!("--where applies to event logs, not to {what}"))
}

fn no_flatten() -> Error {
    Error::new(Code::Usage, "--flatten applies to object-centric logs, and this log is not object-centric")
        .help("omit --flatten: the log is flat already")
}

fn no_layout() -> Error {
    Error::new(Code::Usage, "--layout applies only when an object-centric log is written to a folder")
        .help("omit --layout, or give a folder with -o")
}
