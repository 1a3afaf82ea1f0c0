//! `logflow convert`: logs in, Parquet out.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use logflow::convert::Convert;
use logflow::encode::output::{Replace, check_place};
use logflow::error::{Code, Error};
use logflow::mmap::Input;
use logflow::model::condition::Condition;
use logflow::model::ocel::META;
use logflow::model::partition::keys_of;
use logflow::model::warning::Warning;
use logflow::observer::Observer;
use logflow::options::{InputFormat, OnBadRow, Options, WriteOptions};
use logflow::report::Report;
use logflow::source::look::is_object_centric;
use logflow::target::OutputPlace;
use logflow::target::bundle::BundleFolder;
use logflow::target::ocel::{BundleLayout, OcelForm, OcelReport};
use logflow::target::ocel_log::OcelOutput;
use logflow::target::parquet::ParquetFile;
use logflow::target::xes::{XesReport, is_xes};
use tempfile::TempDir;

use crate::args::{BadRowChoice, ConsoleArgs, ConvertArgs, LayoutChoice};
use crate::fail::{Failure, Outcome};
use crate::inputs::{FoundInputs, InputSearch};
use crate::outputs::{self, ConvertJob, OutputKind};
use crate::progress::Progress;
use crate::report::{Reporter, Totals};
use crate::stand_in::{StandIn, name_input};
use crate::{from_flat, inputs, options, signals, to_flat, to_ocel, to_xes};

/// Converts, or says what would be converted.
pub fn run(args: &ConvertArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut options = options::options(&args.read)?;
    options.write =
        WriteOptions { compression: args.compression, row_group: args.row_group_size, tables: args.tables };
    options.table.on_bad_row = match args.on_bad_row {
        BadRowChoice::Fail => OnBadRow::Fail,
        BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or_default()),
    };
    options.table.condition = Condition::all_of(&args.conditions)?;
    let folder = args.output.as_deref().filter(|output| outputs::is_folder(output));
    let found = InputSearch { options: &options, output: args.output.as_deref() }.find(&args.inputs)?;
    let reporter = Reporter::new(args, console);
    let run = ConvertRun { args, console, reporter, observer: Observer::default() };
    match (&args.output, folder) {
        (None, _) => run.preview_inputs(&found, &options),
        (Some(_), Some(folder)) => run.to_folder(found, folder, options),
        (Some(output), None) => run.to_output(found, output, options),
    }
}

/// A run of `logflow convert`.
struct ConvertRun<'r> {
    args: &'r ConvertArgs,
    console: &'r ConsoleArgs,
    reporter: Reporter,
    observer: Observer,
}

/// A job, what its inputs are, and whether a folder of tables becomes of it.
struct ConvertTask {
    job: ConvertJob,
    kind: OutputKind,
    is_folder: bool,
    /// What is read in place of inputs, if something is.
    stand_ins: Vec<StandIn>,
}

impl ConvertTask {
    /// The job with the inputs that the user named.
    fn shown(&self) -> ConvertJob {
        let shown = |input: &Input| {
            let stand_in = self.stand_ins.iter().find(|it| it.made == *input);
            stand_in.map_or(input, |it| &it.input).clone()
        };
        ConvertJob { inputs: self.job.inputs.iter().map(shown).collect(), output: self.job.output.clone() }
    }

    /// An error as one about what the user named.
    fn told(&self, error: Error) -> Error {
        self.stand_ins.iter().fold(error, |error, it| it.error(error))
    }
}

impl ConvertRun<'_> {
    /// Each input to an output of its own, in a folder. Each decides for itself what it is.
    fn to_folder(&self, found: FoundInputs, output: &Path, options: Options) -> Result<Outcome, Failure> {
        let (args, layout) = (self.args, layout(self.args.layout));
        let kinds: Vec<OutputKind> =
            found.places.iter().map(|place| self.kind(&place.input, &options)).collect();
        let objects = kinds.iter().filter(|kind| **kind != OutputKind::EventLog).count();
        if args.flatten.is_some() && objects == 0 {
            return Err(no_flatten().into());
        }
        if layout.is_some() && objects == 0 {
            return Err(no_layout().into());
        }
        if layout.is_none() && args.flatten.is_none() {
            refuse_tables(&found.inputs())?;
        }
        let is_folder: Vec<bool> =
            kinds.iter().map(|kind| *kind != OutputKind::EventLog && args.flatten.is_none()).collect();
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
        if args.dry_run {
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
        let (inputs, options, between) = unflattened(self.args, given.clone(), options, &self.observer)?;
        let (args, layout) = (self.args, layout(self.args.layout));
        let bundles = are_object_centric(&inputs, &options)?;
        if args.flatten.is_some() && !bundles {
            return Err(no_flatten().into());
        }
        if bundles && args.flatten.is_none() && options.table.condition.is_some() {
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
        if bundles && args.flatten.is_none() && is_xes(output) {
            return Err(Error::new(
                Code::Usage,
                "XES requires cases, and an object-centric log has no cases",
            )
            .help("give --flatten OBJECT_TYPE to write a log whose cases are the objects of one type")
            .into());
        }
        let is_flat = !bundles || args.flatten.is_some();
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
        if args.dry_run {
            return self.preview(&tasks, &found, &options);
        }
        // What makes logs of flat tables listens already.
        if between.is_none() {
            signals::stop(&self.observer);
        }
        self.convert(&tasks, &found, output, &options)
    }

    /// What an input is, by what is said or by its first bytes. One that can't be opened says so when
    /// its turn comes.
    fn kind(&self, input: &Input, options: &Options) -> OutputKind {
        match self.args.read.dialect.from {
            Some(row) if row.via.is_some() && options.given.format.is_none() => OutputKind::FlatTable,
            None if options.read.from.is_none() && from_flat::is_flat(input, options) => {
                OutputKind::FlatTable
            }
            _ if is_object_centric(input, options).unwrap_or(false) => OutputKind::ObjectCentric,
            _ => OutputKind::EventLog,
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
        for (index, task) in tasks.iter().enumerate() {
            let progress =
                Progress::start(self.console, &self.observer, &task.job.output, (index + 1, tasks.len()));
            let is_of_many = found.places.len() > 1;
            let written = self.write(task, output, options, progress, (!is_alone, is_of_many));
            match written {
                Ok(report) => done.add(report.as_ref(), task.is_folder),
                Err(error) => {
                    let ends_run = is_alone || error.code() == Code::Interrupted;
                    self.failed(task, error, found, ends_run)?;
                    failed += 1;
                }
            }
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
        root: &Path,
        options: &Options,
        progress: Progress,
        (is_one_of_many, names_inputs): (bool, bool),
    ) -> Result<Option<Report>, Error> {
        let folders = match task.job.output.parent() {
            Some(parent) if parent.starts_with(root) && parent != root => made(parent)?,
            _ => Vec::new(),
        };
        let written = self.written(task, options).map_err(|error| task.told(error));
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
        match written {
            Written::Table(report) => {
                self.reporter.done(&shown, &report, is_one_of_many)?;
                Ok(Some(*report))
            }
            Written::FlatTable(report) => self.reporter.done(&shown, &report, false).map(|()| None),
            Written::Log(report) => self.reporter.written(&shown, &report).map(|()| None),
            Written::Objects(report) => self.reporter.log_written(&shown, &report).map(|()| None),
        }
    }

    fn written(&self, task: &ConvertTask, options: &Options) -> Result<Written, Error> {
        let (args, observer, job) = (self.args, &self.observer, &task.job);
        let replace = replace(args);
        let options = &*within_keys(&job.output, options)?;
        if task.kind == OutputKind::FlatTable {
            let temp = tempfile::tempdir_in(&options.run.temp_dir)
                .map_err(|error| Error::io(Code::OutputWrite, &options.run.temp_dir, &error))?;
            let log = from_flat::write(&job.inputs[0], options, &temp, observer)?;
            let stand_ins = StandIn::pairs(&job.inputs, std::slice::from_ref(&log));
            let job = ConvertJob { inputs: vec![log], output: job.output.clone() };
            let task =
                ConvertTask { job, kind: OutputKind::ObjectCentric, is_folder: task.is_folder, stand_ins };
            let written = self.written(&task, &of_flat(options.clone()));
            let mut written = written.map_err(|error| task.told(error))?;
            written.rename(&task.stand_ins);
            return Ok(written);
        }
        let target = OutputPlace { path: job.output.clone(), replace };
        let conversion = Convert::all(job.inputs.clone()).options(options.clone());
        if task.kind == OutputKind::EventLog {
            return Ok(match is_xes(&job.output) {
                true => Written::Log(to_xes::write(job, replace, options, observer)?),
                false => Written::Table(Box::new(conversion.run(&mut ParquetFile::new(target), observer)?)),
            });
        }
        if let Some(object_type) = &args.flatten {
            return to_flat::write(job, object_type, replace, options, observer);
        }
        if let Some(layout) = layout(args.layout) {
            return Ok(Written::Objects(to_ocel::write_log(
                job,
                OcelOutput::Folder(layout),
                replace,
                options,
                observer,
            )?));
        }
        Ok(match OcelForm::of(&job.output).filter(|_| !task.is_folder) {
            Some(form) => {
                Written::Objects(to_ocel::write_log(job, OcelOutput::File(form), replace, options, observer)?)
            }
            None => Written::Table(Box::new(conversion.run(&mut BundleFolder::new(target), observer)?)),
        })
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
            match self.previewed(task, options) {
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

    fn previewed(&self, task: &ConvertTask, options: &Options) -> Result<Report, Error> {
        let output = &task.job.output;
        // A folder that is still to be created has room for anything.
        if output.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.exists()) {
            check_place(output, replace(self.args))?;
        }
        if task.kind != OutputKind::FlatTable {
            return logflow::convert::preview(&task.job.inputs, &*within_keys(output, options)?);
        }
        let temp = tempfile::tempdir_in(&options.run.temp_dir)
            .map_err(|error| Error::io(Code::OutputWrite, &options.run.temp_dir, &error))?;
        let log = from_flat::write(&task.job.inputs[0], options, &temp, &self.observer)?;
        let stand_in = StandIn { input: task.job.inputs[0].clone(), made: log.clone() };
        let report = logflow::convert::preview(&[log], &of_flat(options.clone()));
        let mut report = report.map_err(|error| stand_in.error(error))?;
        stand_in.report(&mut report);
        Ok(report)
    }

    /// What the inputs hold, where no output is given: those that are no object-centric logs as one table.
    fn preview_inputs(&self, found: &FoundInputs, options: &Options) -> Result<Outcome, Failure> {
        let given = found.inputs();
        let (inputs, options, _between) =
            unflattened(self.args, given.clone(), options.clone(), &self.observer)?;
        let stand_ins = StandIn::pairs(&given, &inputs);
        for group in inputs::groups(inputs, &options, &self.observer) {
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

/// The report of a job that was written, by what its output is.
pub enum Written {
    /// A table or a bundle.
    Table(Box<Report>),
    /// The table of a classic log that was made of an object-centric one.
    FlatTable(Box<Report>),
    /// An event log as XES.
    Log(XesReport),
    /// An object-centric log in another form than a bundle.
    Objects(OcelReport),
}

impl Written {
    /// The warnings of the report.
    pub fn warnings(&mut self) -> &mut Vec<Warning> {
        match self {
            Self::Table(report) | Self::FlatTable(report) => &mut report.warnings,
            Self::Log(report) => &mut report.warnings,
            Self::Objects(report) => &mut report.warnings,
        }
    }

    /// Names inputs as the user named them.
    pub fn rename(&mut self, stand_ins: &[StandIn]) {
        for it in stand_ins {
            match self {
                Self::Table(report) | Self::FlatTable(report) => it.report(report),
                Self::Log(_) | Self::Objects(_) => it.warnings(self.warnings()),
            }
        }
    }
}

/// The options for an output below folders named `key=value`, whose keys need no columns.
fn within_keys<'o>(output: &Path, options: &'o Options) -> Result<Cow<'o, Options>, Error> {
    let keys = keys_of(output)?;
    if keys.is_empty() {
        return Ok(Cow::Borrowed(options));
    }
    let mut options = options.clone();
    options.table.keys_in_path = keys;
    Ok(Cow::Owned(options))
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

/// A folder of tables is what an object-centric log would become.
fn refuse_tables(inputs: &[Input]) -> Result<(), Error> {
    let is_bundle = |path: &&std::path::Path| path.join(META).is_file();
    match inputs.iter().find_map(|input| input.path().filter(is_bundle)) {
        Some(path) => Err(Error::new(Code::Usage, "both the input and the output are bundles")
            .in_file(path)
            .help(
                "give -o a name that ends in .json, .xml or .sqlite to write an OCEL log, or use --layout or --flatten",
            )),
        None => Ok(()),
    }
}

/// The inputs and options, with pm4py's flat tables as the logs that they are, in a folder that is gone with
/// what is given: if that is said, or if they look it and the output is no table.
fn unflattened(
    args: &ConvertArgs,
    inputs: Vec<Input>,
    options: Options,
    observer: &Observer,
) -> Result<(Vec<Input>, Options, Option<TempDir>), Failure> {
    let is_table = |output: &std::path::Path| {
        is_xes(output) || output.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet"))
    };
    let is_meant = match (args.read.dialect.from, &args.output) {
        (Some(from), _) => from.via.is_some(),
        (None, Some(output)) => args.flatten.is_some() || !is_table(output),
        (None, None) => false,
    };
    if !is_meant
        || inputs.is_empty()
        || args.read.dialect.from.is_none() && !inputs.iter().all(|it| from_flat::is_flat(it, &options))
    {
        return Ok((inputs, options, None));
    }
    let temp = tempfile::tempdir_in(&options.run.temp_dir)
        .map_err(|error| Error::io(Code::OutputWrite, &options.run.temp_dir, &error))?;
    signals::stop(observer);
    let mut logs = Vec::with_capacity(inputs.len());
    for (number, input) in inputs.iter().enumerate() {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{number}-"))
            .tempdir_in(temp.path())
            .map_err(|error| Error::io(Code::OutputWrite, temp.path(), &error))?;
        logs.push(from_flat::write(input, &options, &folder, observer)?);
        // It goes with the folder that it is in.
        let _ = folder.keep();
    }
    Ok((logs, of_flat(options), Some(temp)))
}

/// The options for the log that was made of a flat table: it has neither the encoding nor the times of
/// the table.
fn of_flat(mut options: Options) -> Options {
    options.table.values.timestamp_formats = Vec::new();
    options.read.from = Some(InputFormat::new("ocel-json"));
    options.read.encoding = None;
    options.given.format = Some("ocel-csv");
    options
}

/// Whether the inputs are object-centric logs: all of them, or none.
fn are_object_centric(inputs: &[Input], options: &Options) -> Result<bool, Error> {
    // One that can't be opened says so when its turn comes.
    let found: Vec<Option<bool>> =
        inputs.iter().map(|input| is_object_centric(input, options).ok()).collect();
    let which = |wanted: bool| -> Vec<String> {
        let pairs = inputs.iter().zip(&found).filter(|(_, it)| **it == Some(wanted));
        pairs.map(|(input, _)| input.to_string()).collect()
    };
    let (objects, others) = (which(true), which(false));
    match (objects.as_slice(), others.first()) {
        ([one], Some(other)) => Err(mixed(&format!("{one} is an object-centric log and {other} is not"))),
        ([_, ..], Some(other)) => {
            const NAMED: usize = 5;
            let mut named = objects[..objects.len().min(NAMED)].join(", ");
            if objects.len() > NAMED {
                named.push_str(&format!(" and {} more", objects.len() - NAMED));
            }
            Err(mixed(&format!("{named} are object-centric logs and {other} is not")))
        }
        _ => Ok(!objects.is_empty()),
    }
}

fn mixed(what: &str) -> Error {
    Error::new(Code::Usage, what)
        .help("end -o with / to write an output for each input, or convert them in two runs")
}

fn replace(args: &ConvertArgs) -> Replace {
    if args.force { Replace::Force } else { Replace::Never }
}

/// The layout of tables that is not the usual one.
fn layout(choice: LayoutChoice) -> Option<BundleLayout> {
    match choice {
        LayoutChoice::Bundle => None,
        LayoutChoice::Pm4py => Some(BundleLayout::Pm4py),
        LayoutChoice::Oceldb => Some(BundleLayout::Oceldb),
    }
}
