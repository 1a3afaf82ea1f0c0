//! `logflow schema`: what is in a log.

use logflow::convert::survey;
use logflow::error::{Code, Error};
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::report::Report;

use crate::args::{ConsoleArgs, SchemaArgs, SchemaFormat};
use crate::fail::{Failure, Outcome};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, options, report, schema_file, schema_table, signals, stdout};
use logflow::jobs::search::{self, FoundInputs, InputSearch};
use logflow::jobs::stand_in::name_input;

/// Reads everything and prints what it found.
pub fn run(args: &SchemaArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let options = options::options(&args.read)?;
    let found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let observer = Observer::default();
    signals::stop(&observer);
    let progress = ProgressDisplay::start(console, &observer, "schema".as_ref(), (1, 1));
    let surveyed = reports(&found, args.format, &options, &observer);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    let (mut reports, failed) = surveyed?;
    if found.places.len() > 1 {
        for report in &mut reports {
            let names: Vec<String> = report.inputs.iter().map(|it| it.name.clone()).collect();
            name_input(&mut report.warnings, &names);
        }
    }
    for report in &reports {
        stdout::print(&text(report, args.format, Paint::stdout(console.color))?)?;
        if !console.quiet {
            report::warnings(&report.warnings, console.verbose, Paint::stderr(console.color));
        }
    }
    for error in found.failed.iter().chain(&failed) {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(match (reports.len(), found.failed.len() + failed.len()) {
        (_, 0) => Outcome::Done,
        (0, _) => Outcome::Failed,
        _ => Outcome::InPart,
    })
}

/// What was found, and what is wrong with the others: the event logs as one table, and each
/// object-centric log by itself. Files of a folder that are no table
/// together, or of which some can't be read, are looked at one by one.
fn reports(
    found: &FoundInputs,
    format: SchemaFormat,
    options: &Options,
    observer: &Observer,
) -> Result<(Vec<Report>, Vec<Error>), Error> {
    let groups = search::groups(found.inputs(), options, observer);
    let is_many = found.is_walked() && found.places.len() > 1 && format != SchemaFormat::File;
    let (mut reports, mut failed) = (Vec::with_capacity(groups.len()), Vec::new());
    for group in &groups {
        let error = match survey(group, options, observer) {
            Ok(report) => {
                reports.push(report);
                continue;
            }
            Err(error) => error,
        };
        if !is_many || error.code() == Code::Interrupted {
            return Err(error);
        }
        if let [_] = group.as_slice() {
            failed.push(error);
            continue;
        }
        for input in group {
            match survey(std::slice::from_ref(input), options, observer) {
                Ok(report) => reports.push(report),
                Err(error) if error.code() == Code::Interrupted => return Err(error),
                Err(error) => failed.push(error),
            }
        }
    }
    if reports.len() > 1 && format == SchemaFormat::File {
        return Err(Error::new(
            Code::Usage,
            "a schema file describes one table, and these inputs are several logs",
        )
        .help("give one log, or logs that have the same columns"));
    }
    Ok((reports, failed))
}

fn text(found: &Report, format: SchemaFormat, paint: Paint) -> Result<String, Error> {
    Ok(match format {
        SchemaFormat::Table => schema_table::text(found, paint),
        SchemaFormat::Json => format!("{:#}\n", report::json_value(found)?),
        SchemaFormat::File => schema_file::write(found),
    })
}
