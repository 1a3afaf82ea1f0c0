//! `logflow convert`: logs in, Parquet out.

use logflow::adapter::ocel::{Form, Layout};
use logflow::adapter::xes::is_xes;
use logflow::config::{self, Given, OnBadRow, Options, Watch};
use logflow::encode::output::{Replace, check_place};
use logflow::error::{Code, Error};
use logflow::mmap::Input;
use logflow::pipeline::bundle::{self, META, is_object_centric};
use logflow::pipeline::report::Report;
use logflow::pipeline::{self, Target};
use tempfile::TempDir;

use crate::args::read::InputFormat;
use crate::args::{BadRowChoice, ConsoleArgs, ConvertArgs, LayoutChoice};
use crate::fail::{Failure, Outcome};
use crate::outputs::{self, Job};
use crate::progress::Progress;
use crate::report::Reporter;
use crate::{from_flat, inputs, options, signals, to_flat, to_layout, to_ocel, to_xes};

/// Converts, or says what would be converted.
pub fn run(args: &ConvertArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let options = Options {
        compression: args.compression,
        row_group: args.row_group_size,
        tables: args.tables,
        on_bad_row: match args.on_bad_row {
            BadRowChoice::Fail => OnBadRow::Fail,
            BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or_default()),
        },
        ..options::options(&args.read)?
    };
    let found = inputs::find(&args.inputs, args.read.dialect.from)?;
    let watch = Watch::default();
    let (inputs, options, between) = unflattened(args, found, options, &watch)?;
    let reporter = Reporter::new(args, console);
    match &args.output {
        Some(output) => {
            let bundles = are_object_centric(&inputs, &options)?;
            if args.flatten.is_some() && !bundles {
                return Err(Error::new(
                    Code::Usage,
                    "--flatten is for object-centric logs, and this is none",
                )
                .help("leave it out: other logs are flat already")
                .into());
            }
            let layout = layout(args.layout);
            // What a single output is to be; the names within a folder say nothing.
            let is_file = !outputs::is_folder(output);
            let form = Form::of(output).filter(|_| bundles && is_file);
            if layout.is_some() && (!bundles || form.is_some()) {
                return Err(Error::new(
                    Code::Usage,
                    "--layout is for object-centric logs that become a folder",
                )
                .help("leave it out, or end -o with the name of a folder")
                .into());
            }
            if bundles && args.flatten.is_none() && is_file && is_xes(output) {
                return Err(Error::new(
                    Code::Usage,
                    "XES is written case by case, and an object-centric log has no case",
                )
                .help("--flatten OBJECT_TYPE makes a log of one type, whose objects are the cases")
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
            let jobs = match is_table {
                true => outputs::plan(inputs, output)?,
                false => outputs::plan_bundles(inputs, output, layout.map_or(META, Layout::marker))?,
            };
            if args.dry_run {
                return preview(&jobs, replace(args), &options, &reporter);
            }
            if outputs::is_folder(output) && jobs.iter().all(|job| job.output != *output) {
                std::fs::create_dir_all(output)
                    .map_err(|error| Error::io(Code::OutputWrite, output, &error))?;
            }
            // What makes logs of flat tables listens already.
            if between.is_none() {
                signals::stop(&watch);
            }
            if let Some(object_type) = &args.flatten {
                return each(&jobs, &reporter, console, &watch, &|job| {
                    to_flat::write(job, object_type, replace(args), &options, &watch, &reporter)
                });
            }
            if let Some(layout) = layout {
                return each(&jobs, &reporter, console, &watch, &|job| {
                    let report = to_layout::write(job, layout, replace(args), &options, &watch)?;
                    reporter.log_written(job, &report)
                });
            }
            if is_xes(output) && is_file {
                return each(&jobs, &reporter, console, &watch, &|job| {
                    reporter.written(job, &to_xes::write(job, replace(args), &options, &watch)?)
                });
            }
            if let Some(form) = form {
                return each(&jobs, &reporter, console, &watch, &|job| {
                    reporter.log_written(job, &to_ocel::write(job, form, replace(args), &options, &watch)?)
                });
            }
            convert(&jobs, bundles, replace(args), &options, &reporter, console, &watch)
        }
        None => preview_inputs(&inputs, &options, &reporter),
    }
}

/// A folder of tables is what an object-centric log would become.
fn refuse_tables(inputs: &[Input]) -> Result<(), Error> {
    let is_bundle = |path: &&std::path::Path| path.join(META).is_file();
    match inputs.iter().find_map(|input| input.path().filter(is_bundle)) {
        Some(path) => Err(Error::new(Code::Usage, "the input is a folder of tables, and so is the output")
            .in_file(path)
            .help(
                "end -o with .json, .xml or .sqlite for a log, or say what else with --layout or --flatten",
            )),
        None => Ok(()),
    }
}

/// The inputs and options, with pm4py's flat tables as the logs that they are, in a folder that is gone with what is given: if that is said, or if they look it and the output is no table.
fn unflattened(
    args: &ConvertArgs,
    inputs: Vec<Input>,
    options: Options,
    watch: &Watch,
) -> Result<(Vec<Input>, Options, Option<TempDir>), Failure> {
    let is_table = |output: &std::path::Path| {
        is_xes(output) || output.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet"))
    };
    let is_meant = match (args.read.dialect.from, &args.output) {
        (Some(from), _) => from == InputFormat::OcelCsv,
        (None, Some(output)) => args.flatten.is_some() || !is_table(output),
        (None, None) => false,
    };
    if !is_meant
        || inputs.is_empty()
        || args.read.dialect.from.is_none() && !inputs.iter().all(|it| from_flat::is_flat(it, &options))
    {
        return Ok((inputs, options, None));
    }
    let temp = tempfile::tempdir_in(&options.temp_dir)
        .map_err(|error| Error::io(Code::OutputWrite, &options.temp_dir, &error))?;
    signals::stop(watch);
    let mut logs = Vec::with_capacity(inputs.len());
    for (number, input) in inputs.iter().enumerate() {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{number}-"))
            .tempdir_in(temp.path())
            .map_err(|error| Error::io(Code::OutputWrite, temp.path(), &error))?;
        logs.push(from_flat::write(input, &options, &folder, watch)?);
        // It goes with the folder that it is in.
        let _ = folder.keep();
    }
    // The log that was made has neither the encoding nor the times of the table.
    let values = config::ValueOptions { timestamp_formats: Vec::new(), ..options.values };
    let from = Some(config::InputFormat::OcelJson);
    let given = Given { format: Some("ocel-csv"), ..options.given };
    Ok((logs, Options { from, encoding: None, values, given, ..options }, Some(temp)))
}

/// Whether the inputs are object-centric logs: all of them, or none.
fn are_object_centric(inputs: &[Input], options: &Options) -> Result<bool, Error> {
    // One that can't be opened says so when its turn comes.
    let found: Vec<Option<bool>> =
        inputs.iter().map(|input| is_object_centric(input, options).ok()).collect();
    match (found.iter().position(|it| *it == Some(true)), found.iter().position(|it| *it == Some(false))) {
        (Some(one), Some(other)) => Err(Error::new(
            Code::Usage,
            format!("{} is an object-centric log and {} is none", inputs[one], inputs[other]),
        )
        .help("convert them in two runs: one makes folders, the other files")),
        (one, _) => Ok(one.is_some()),
    }
}

fn replace(args: &ConvertArgs) -> Replace {
    if args.force { Replace::Force } else { Replace::Never }
}

/// The layout of tables that is not the usual one.
fn layout(choice: LayoutChoice) -> Option<Layout> {
    match choice {
        LayoutChoice::Bundle => None,
        LayoutChoice::Pm4py => Some(Layout::Pm4py),
        LayoutChoice::Oceldb => Some(Layout::Oceldb),
    }
}

/// Every job in turn; the first that fails ends the run.
fn each(
    jobs: &[Job],
    reporter: &Reporter,
    console: &ConsoleArgs,
    watch: &Watch,
    write: &dyn Fn(&Job) -> Result<(), Error>,
) -> Result<Outcome, Failure> {
    for (index, job) in jobs.iter().enumerate() {
        let progress = Progress::start(console, watch, &job.output, (index + 1, jobs.len()));
        let written = write(job);
        progress.finish();
        if let Err(error) = written {
            reporter.failed(job, &error)?;
            return Err(error.into());
        }
    }
    Ok(Outcome::Done)
}

/// Every job in turn. One that fails stops the run only if it is the only one.
fn convert(
    jobs: &[Job],
    bundles: bool,
    replace: Replace,
    options: &Options,
    reporter: &Reporter,
    console: &ConsoleArgs,
    watch: &Watch,
) -> Result<Outcome, Failure> {
    let mut done: Vec<Report> = Vec::with_capacity(jobs.len());
    let mut failed = 0;
    for (index, job) in jobs.iter().enumerate() {
        let target = Target { path: job.output.clone(), replace };
        let progress = Progress::start(console, watch, &job.output, (index + 1, jobs.len()));
        let result = match bundles {
            true => bundle::convert(&job.inputs[0], &target, options, watch),
            false => pipeline::convert(&job.inputs, &target, options, watch),
        };
        progress.finish();
        match result {
            Ok(report) => {
                reporter.done(job, &report, jobs.len() > 1)?;
                done.push(report);
            }
            Err(error) => {
                reporter.failed(job, &error)?;
                if jobs.len() == 1 || error.code() == Code::Interrupted {
                    return Err(error.into());
                }
                reporter.show(&error);
                failed += 1;
            }
        }
    }
    if jobs.len() > 1 {
        reporter.sum(&done, failed);
    }
    let rejected = done.iter().any(|report| report.bad_rows > 0);
    Ok(match (done.is_empty(), failed) {
        (false, 0) if !rejected => Outcome::Done,
        (false, _) => Outcome::InPart,
        (true, _) => Outcome::Failed,
    })
}

/// What every job would do, as far as a sample tells.
fn preview(
    jobs: &[Job],
    replace: Replace,
    options: &Options,
    reporter: &Reporter,
) -> Result<Outcome, Failure> {
    for job in jobs {
        // A folder that is still to be created has room for anything.
        if job.output.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.exists()) {
            check_place(&job.output, replace)?;
        }
        let report = pipeline::preview(&job.inputs, options)?;
        reporter.previewed(Some(&job.output), &report)?;
    }
    Ok(Outcome::Done)
}

fn preview_inputs(inputs: &[Input], options: &Options, reporter: &Reporter) -> Result<Outcome, Failure> {
    reporter.previewed(None, &pipeline::preview(inputs, options)?)?;
    Ok(Outcome::Done)
}
