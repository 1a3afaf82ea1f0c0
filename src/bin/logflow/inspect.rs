//! `logflow inspect`: whether a log is any good.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use logflow::convert::{InspectSteps, inspect};
use logflow::encode::output::{OutputFile, Replace, check_place};
use logflow::error::{Code, Error};
use logflow::inspect::checks::Severity;
use logflow::inspect::{InspectOptions, Inspection};
use logflow::jobs::job::ConvertTask;
use logflow::jobs::outputs::{ConvertJob, OutputKind, refuse_inputs};
use logflow::jobs::search::InputSearch;
use logflow::model::condition::Condition;
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::report::Report;
use logflow::step::Steps;
use logflow::target::xes::is_xes;

use crate::args::inspect::{FailOn, InspectArgs, InspectFormat};
use crate::args::{ConsoleArgs, ConvertArgs};
use crate::fail::{FLAGS, Failure, Outcome};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, inspect_text, options, report, signals, stdout};

/// The JSON Schema of the result.
const SCHEMA: &str = include_str!("../../../docs/inspect.schema.json");

/// Reads everything and prints what it found.
pub fn run(args: &InspectArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    if args.print_schema {
        stdout::print(SCHEMA)?;
        return Ok(Outcome::Done);
    }
    let mut options = options::options(&args.read)?;
    options.table.condition = Condition::all_of(&args.conditions)?;
    let replace = if args.force { Replace::Force } else { Replace::Never };
    // Asked before anything is read, which may take long.
    let create = |path: &Path| OutputFile::create(path, replace);
    let html = args.html.as_deref().map(create).transpose()?;
    let findings = args.findings.as_deref().map(create).transpose()?;
    let found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let beside: Vec<&Path> =
        [&args.html, &args.findings].into_iter().flatten().map(PathBuf::as_path).collect();
    refuse_inputs(&beside, &found.inputs())?;
    let observer = Observer::default();
    signals::stop(&observer);
    let progress = ProgressDisplay::start(console, &observer, "inspect".as_ref(), (1, 1));
    let asked = InspectOptions {
        findings: findings.is_some(),
        as_of: args.as_of.unwrap_or_else(now),
        temp_dir: None,
    };
    let inspected = inspect(&found.inputs(), &options, &asked, &observer);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    let (run, mut result) = inspected?;
    if let Some(output) = html {
        write(&output, result.to_html(&run, FLAGS).as_bytes())?;
        output.commit()?;
    }
    if let Some(output) = findings {
        result.write_findings(&run, output.file())?;
        output.commit()?;
    }
    let text = match args.format {
        InspectFormat::Table => inspect_text::text(&result, &run, Paint::stdout(console.color)),
        InspectFormat::Json => format!("{:#}\n", result.to_json(&run, FLAGS)),
    };
    stdout::print(&text)?;
    if !console.quiet {
        report::warnings(&run.warnings, console.verbose, Paint::stderr(console.color));
    }
    for error in &found.failed {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(match (is_refused(&result, &args.fail_on), found.failed.is_empty()) {
        (true, _) => Outcome::Invalid,
        (_, true) => Outcome::Done,
        (_, false) => Outcome::InPart,
    })
}

/// The file to which `convert --inspect` writes what it finds out about the rows.
pub struct InspectionFile {
    steps: InspectSteps,
    path: PathBuf,
    replace: Replace,
}

impl InspectionFile {
    /// A file for the inspection of a conversion.
    ///
    /// # Errors
    /// [`Code::OutputExists`], and what else keeps it from being written.
    pub fn new(
        path: &Path,
        args: &ConvertArgs,
        options: &Options,
        observer: &Observer,
    ) -> Result<Self, Error> {
        let replace = if args.force { Replace::Force } else { Replace::Never };
        check_place(path, replace)?;
        let asked = InspectOptions { findings: false, as_of: now(), temp_dir: None };
        Ok(Self { steps: InspectSteps::new(&asked, options, observer), path: path.to_owned(), replace })
    }

    /// The steps that look at the rows.
    pub fn steps(&self) -> Steps {
        self.steps.steps()
    }

    /// Refuses a place that is one of the job's input or output.
    ///
    /// # Errors
    /// [`Code::InputIsOutput`], or [`Code::Usage`].
    pub fn refuse_files_of(&self, job: &ConvertJob) -> Result<(), Error> {
        refuse_inputs(&[&job.output, &self.path], &job.inputs)
    }

    /// Writes the result of the run with this report.
    pub fn write(&self, report: &Report) -> Result<(), Error> {
        let result = self.steps.result(report)?;
        let is_page = self.path.extension().is_some_and(|it| it.eq_ignore_ascii_case("html"));
        let text = match is_page {
            true => result.to_html(report, FLAGS),
            false => format!("{:#}\n", result.to_json(report, FLAGS)),
        };
        let output = OutputFile::create(&self.path, self.replace)?;
        write(&output, text.as_bytes())?;
        output.commit()
    }
}

/// An inspection is that of one event log.
pub fn refuse_several(tasks: &[ConvertTask]) -> Result<(), Error> {
    let is_one = matches!(tasks, [task] if task.kind == OutputKind::EventLog && !is_xes(&task.job.output));
    if is_one {
        return Ok(());
    }
    Err(Error::new(Code::Usage, "--inspect is for an event log that becomes one Parquet file")
        .help("inspect logs one by one with logflow inspect"))
}

/// Whether the result is worse than what `--fail-on` bears.
pub fn is_refused(result: &Inspection, fail_on: &[FailOn]) -> bool {
    let gravest = result.gravest();
    fail_on.iter().any(|limit| match limit {
        FailOn::Error => gravest >= Some(Severity::Error),
        FailOn::Warn => gravest >= Some(Severity::Warn),
        // A log of which nothing can be assessed is not known to be good.
        FailOn::Score(least) => result.score.is_none_or(|score| score < *least),
    })
}

/// The moment of the inspection, in seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2)
}

fn write(output: &OutputFile, bytes: &[u8]) -> Result<(), Error> {
    let mut file = output.file();
    file.write_all(bytes).map_err(|error| Error::io(Code::OutputWrite, output.path(), &error))
}
