//! `logflow validate`: logs against their standards.

use std::fmt::Write;
use std::path::Path;

use logflow::error::{Code, Error};
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::validate::{Validation, validate};
use serde_json::json;

use crate::args::{ConsoleArgs, ValidateArgs, ValidationFormat};
use crate::fail::{FLAGS, Failure, Outcome};
use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, options, report, signals, stdout};
use logflow::jobs::search::{FoundInputs, InputPlace, InputSearch, LeftOut};

/// Holds each input against its standard and prints what it breaks.
pub fn run(args: &ValidateArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut options = Options::default();
    options.read.from = options::from(args.from);
    options.read.encoding = args.encoding.clone();
    // XML that is no log at all is then checked against XES, and not taken for damaged CSV.
    options.read.strict = true;
    options.spelling = FLAGS;
    let mut found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let observer = Observer::default();
    signals::stop(&observer);
    // What was found in a folder is recognised as `convert` does it, and is not meant to be a log because it
    // is XML.
    let mut of_folder = options.clone();
    of_folder.read.strict = false;
    let (mut valid, mut invalid) = (0u64, 0u64);
    let is_alone = found.places.len() == 1 && found.failed.is_empty();
    let mut failed = std::mem::take(&mut found.failed);
    let inputs = std::mem::take(&mut found.places);
    for (place, InputPlace { input, is_found, .. }) in inputs.iter().enumerate() {
        let progress =
            ProgressDisplay::start(console, &observer, "validate".as_ref(), (place + 1, inputs.len()));
        let validation = validate(input, if *is_found { &of_folder } else { &options }, limit, &observer);
        progress.finish();
        let validation = match validation {
            Ok(validation) => validation,
            // Of a folder those are looked at that have a standard.
            Err(error) if *is_found && has_no_standard(&error) => {
                let path = input.path().unwrap_or(Path::new("")).to_owned();
                found.left_out.push(LeftOut { path, reason: FLAGS.write(error.what()).into_owned() });
                continue;
            }
            Err(error) if is_alone || error.code() == Code::Interrupted => {
                left_out(&found, args.format, console)?;
                tell_failed(&error, args.format)?;
                return Err(error.into());
            }
            Err(error) => {
                failed.push(error);
                continue;
            }
        };
        match validation.count {
            0 => valid += 1,
            _ => invalid += 1,
        }
        let text = match args.format {
            ValidationFormat::Table => table(&validation, Paint::stdout(console.color)),
            ValidationFormat::Json => {
                let value = serde_json::to_string(&validation)
                    .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
                value + "\n"
            }
        };
        stdout::print(&text)?;
    }
    left_out(&found, args.format, console)?;
    for error in &failed {
        tell_failed(error, args.format)?;
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(match (invalid, failed.len(), valid) {
        (1.., _, _) => Outcome::Invalid,
        (0, 0, _) => Outcome::Done,
        (0, _, 0) => Outcome::Failed,
        (0, _, _) => Outcome::InPart,
    })
}

/// Whether an error says that the format has no standard.
fn has_no_standard(error: &Error) -> bool {
    error.code() == Code::UnknownFormat && error.what().starts_with("there is no standard")
}

/// Files that were not looked at, each with the reason.
fn left_out(found: &FoundInputs, format: ValidationFormat, console: &ConsoleArgs) -> Result<(), Error> {
    if format == ValidationFormat::Json {
        for LeftOut { path, reason } in &found.left_out {
            let value = json!({ "input": path, "status": "skipped", "reason": reason, "violations": [] });
            stdout::print(&format!("{value}\n"))?;
        }
    } else if !console.quiet {
        report::left_out(found, console.verbose, Paint::stderr(console.color));
    }
    Ok(())
}

/// An input that can't be read, for programs. People are told on standard error.
fn tell_failed(error: &Error, format: ValidationFormat) -> Result<(), Error> {
    if format == ValidationFormat::Json {
        let input = error.file().map(|it| it.display().to_string());
        let error = fail::value(error);
        let value = json!({ "input": input, "status": "failed", "error": error, "violations": [] });
        stdout::print(&format!("{value}\n"))?;
    }
    Ok(())
}

/// A line for the log, one for each violation.
fn table(found: &Validation, paint: Paint) -> String {
    let mut out = String::new();
    let verdict = match found.count {
        0 => paint.green("valid"),
        some => paint.red(&counted(some, "violation")),
    };
    let _ = writeln!(out, "{}  {}, {verdict}", paint.bold(&found.input), found.standard);
    let places: Vec<String> = found.violations.iter().map(|it| it.place.to_string()).collect();
    let width = places.iter().map(|it| it.chars().count()).max().unwrap_or(0);
    for (violation, place) in found.violations.iter().zip(&places) {
        let rule = paint.dim(&format!("({})", violation.rule));
        let _ = writeln!(out, "  {}  {} {rule}", paint.cyan(&format!("{place:width$}")), violation.what);
    }
    let shown = found.violations.len() as u64;
    if shown < found.count {
        let _ = writeln!(out, "  and {} more; --limit 0 shows all", count(found.count - shown));
    }
    for what in &found.unchecked {
        let _ = writeln!(out, "  {} {what}", paint.yellow("not checked:"));
    }
    out
}
