//! `logflow convert`: logs in, Parquet out.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use logflow::encode::output::check_place;
use logflow::error::{Code, Error};
use logflow::jobs::choice::OutputChoice;
use logflow::jobs::figures::FigureSet;
use logflow::jobs::job::{self, ConvertTask};
use logflow::jobs::search::{self, FoundInputs, InputSearch};
use logflow::jobs::stand_in::{StandIn, name_input};
use logflow::jobs::written::Written;
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::pipeline::Pipeline;
use logflow::pipeline::decide::decide;
use logflow::pipeline::plan::PipelinePlan;
use logflow::pipeline::several;
use logflow::pipeline::toml::to_toml;
use logflow::report::Report;
use logflow::target::report_file::ReportFile;
use serde_json::Value;

use crate::args::{ConsoleArgs, ConvertArgs};
use crate::fail::{Failure, Outcome, keep_secret};
use crate::progress::ProgressDisplay;
use crate::report::{Reporter, Totals};
use crate::{figure_run, options, signals, stdout};

/// Converts, or says what would be converted.
pub fn run(args: &ConvertArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let pipeline = options::pipeline(args)?;
    if args.print_pipeline {
        stdout::print(&to_toml(&pipeline)?)?;
        return Ok(Outcome::Done);
    }
    hide_values(&pipeline);
    let plan = pipeline.plan(options::given(&args.read))?;
    execute(plan, args.dry_run, Reporter::new(&pipeline.run, console), console)
}

/// Steps of which a command needs one.
pub struct NeededSteps {
    /// The command whose own step is asked for.
    command: &'static str,
    /// The kinds of steps of which it needs at least one.
    kinds: &'static [&'static str],
    /// What is wrong if there is none.
    what: &'static str,
    /// What the message advises to give.
    help: &'static str,
}

/// What `logflow filter` needs.
pub const FILTERS: NeededSteps = NeededSteps {
    command: "filter",
    kinds: &["where", "filter"],
    what: "chooses rows, and nothing says which",
    help: "give a filter such as --time-range 2024-01..2024-03 or --start-activity Register; logflow filter --help lists \
           them, and logflow convert writes all rows",
};

/// What `logflow pseudonymise` needs.
pub const PSEUDONYMS: NeededSteps = NeededSteps {
    command: "pseudonymise",
    kinds: &["pseudonymise", "suppress-rare", "min-k"],
    what: "is told nothing to do",
    help: "name columns with --columns, --drop, --mask or --generalise, or give --shift-times, --suppress-rare or --min-k",
};

/// What `logflow sample` needs.
pub const SAMPLES: NeededSteps = NeededSteps {
    command: "sample",
    kinds: &["sample"],
    what: "chooses rows, and nothing says which",
    help: "give --cases 10%, --cases 1000 or --first 1000",
};

/// Converts with steps, of which there must be one of some kinds.
pub fn run_with(args: &ConvertArgs, needed: &NeededSteps, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let pipeline = options::pipeline(args)?;
    if !pipeline.steps.iter().any(|step| needed.kinds.contains(&step.row.name)) {
        let what = format!("logflow {} {}", needed.command, needed.what);
        return Err(Error::new(Code::Usage, what).help(needed.help).into());
    }
    run(args, console)
}

/// Does what a pipeline asks for; in a dry run, says what that would be.
pub fn execute(
    mut plan: PipelinePlan,
    dry_run: bool,
    reporter: Reporter,
    console: &ConsoleArgs,
) -> Result<Outcome, Failure> {
    let figures = &mut plan.choice.beside.figures;
    if dry_run {
        *figures = FigureSet::default();
    }
    figures.texts = Some(figure_run::TEXTS);
    let figures = figures.clone();
    let outcome =
        ConvertRun { plan: &plan, dry_run, console, reporter, observer: Observer::default() }.execute()?;
    figure_run::conclude(&figures, outcome, console)
}

/// Has messages show no values, and no other program the memory, where values are to stay secret: before a key is
/// read.
pub fn hide_values(pipeline: &Pipeline) {
    if pipeline.hides_values() {
        keep_secret();
        logflow::machine::keep_memory_private();
    }
}

/// A run of a pipeline.
struct ConvertRun<'r> {
    plan: &'r PipelinePlan,
    dry_run: bool,
    console: &'r ConsoleArgs,
    reporter: Reporter,
    observer: Observer,
}

impl ConvertRun<'_> {
    fn execute(&self) -> Result<Outcome, Failure> {
        let plan = self.plan;
        let search = InputSearch { options: &plan.options, output: plan.output.as_deref() };
        let found = search.find(&plan.inputs)?.without(&plan.further_outputs());
        let Some(output) = &plan.output else { return self.preview_inputs(&found, &plan.options) };
        // A table that is read to make a log of it may be long.
        let is_stopped = Cell::new(false);
        let begin = || {
            is_stopped.set(true);
            signals::stop(&self.observer);
        };
        let decided = decide(plan, &found, Some(&begin), &self.observer)?;
        let (tasks, options) = (&decided.tasks, &decided.options);
        if self.dry_run {
            return self.preview(tasks, &found, options);
        }
        if decided.is_each && tasks.iter().all(|task| task.job.output != *output) {
            std::fs::create_dir_all(output).map_err(|error| Error::io(Code::OutputWrite, output, &error))?;
        }
        if !is_stopped.get() {
            signals::stop(&self.observer);
        }
        match tasks.as_slice() {
            [task] if decided.is_several => self.to_several(&found, task, options),
            tasks => self.convert(tasks, &found, output, options),
        }
    }

    /// Every job in turn. One that fails stops the run only if it is the only one, or if the run was stopped.
    fn convert(
        &self,
        tasks: &[ConvertTask],
        found: &FoundInputs,
        output: &Path,
        options: &Options,
    ) -> Result<Outcome, Failure> {
        let mut done = Totals::default();
        let mut failed = 0;
        let is_alone = tasks.len() == 1 && found.failed.is_empty();
        // The report of one output appears with it, that of many behind them.
        let mut choice = self.plan.choice.clone();
        let place = choice.beside.report.take_if(|_| !is_alone);
        let mut runs = Vec::new();
        if let Some(place) = &place {
            check_place(&place.path, place.replace)?;
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
        task: &ConvertTask,
        options: &Options,
    ) -> Result<Outcome, Failure> {
        let progress = ProgressDisplay::start(self.console, &self.observer, &task.job.output, (1, 1));
        let written = several::write(self.plan, &task.job.inputs, (task.is_folder, options), &self.observer);
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
                self.failed(task, error, found, true)?;
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

    /// What the inputs hold, where no output is given: those that are no object-centric logs as one table.
    fn preview_inputs(&self, found: &FoundInputs, options: &Options) -> Result<Outcome, Failure> {
        let given = found.inputs();
        let begin = || signals::stop(&self.observer);
        let (inputs, options, _between) = job::unflattened(
            given.clone(),
            self.plan.from,
            None,
            self.plan.choice.flatten.is_some(),
            options.clone(),
            &self.observer,
            &begin,
        )?;
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
