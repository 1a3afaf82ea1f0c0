//! `logflow inspect`: whether a log is any good.

use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use logflow::convert::inspect;
use logflow::encode::output::{OutputFile, Replace};
use logflow::error::{Code, Error};
use logflow::inspect::checks::Severity;
use logflow::inspect::{InspectOptions, Inspection};
use logflow::jobs::search::InputSearch;
use logflow::model::condition::Condition;
use logflow::observer::Observer;

use crate::args::ConsoleArgs;
use crate::args::inspect::{FailOn, InspectArgs, InspectFormat};
use crate::fail::{FLAGS, Failure, Outcome};
use crate::paint::Paint;
use crate::progress::Progress;
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
    let observer = Observer::default();
    signals::stop(&observer);
    let progress = Progress::start(console, &observer, "inspect".as_ref(), (1, 1));
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
