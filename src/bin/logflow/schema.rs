//! `logflow schema`: what is in a log.

use logflow::config::{Options, Watch};
use logflow::error::{Code, Error};
use logflow::pipeline::{report::Report, survey};

use crate::args::{ConsoleArgs, SchemaArgs, SchemaFormat};
use crate::fail::{Failure, Outcome};
use crate::inputs::{Found, Search};
use crate::paint::Paint;
use crate::progress::Progress;
use crate::{inputs, options, report, schema_file, schema_table, signals, stdout};

/// Reads everything and prints what it found.
pub fn run(args: &SchemaArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let options = options::options(&args.read)?;
    let found = Search { options: &options, output: None }.find(&args.inputs)?;
    let watch = Watch::default();
    signals::stop(&watch);
    let progress = Progress::start(console, &watch, "schema".as_ref(), (1, 1));
    let reports = reports(&found, args.format, &options, &watch);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    for report in reports? {
        stdout::print(&text(&report, args.format, Paint::stdout(console.color))?)?;
        if !console.quiet {
            report::warnings(&report.warnings, console.verbose, Paint::stderr(console.color));
        }
    }
    match found.failed.first() {
        Some(error) => Err(error.clone().into()),
        None => Ok(Outcome::Done),
    }
}

/// What was found: the event logs as one table, and each object-centric log by itself. Files of a folder whose columns differ are no table.
fn reports(
    found: &Found,
    format: SchemaFormat,
    options: &Options,
    watch: &Watch,
) -> Result<Vec<Report>, Error> {
    let groups = inputs::groups(found.inputs(), options);
    let mut reports = Vec::with_capacity(groups.len());
    for group in &groups {
        match survey(group, options, watch) {
            Ok(report) => reports.push(report),
            Err(error)
                if error.code() == Code::Columns && found.is_walked() && format != SchemaFormat::File =>
            {
                for input in group {
                    reports.push(survey(std::slice::from_ref(input), options, watch)?);
                }
            }
            Err(error) => return Err(error),
        }
    }
    if reports.len() > 1 && format == SchemaFormat::File {
        return Err(Error::new(
            Code::Usage,
            "a schema file is for one table, and these inputs are several logs",
        )
        .help("name the logs that have the same columns, or one log"));
    }
    Ok(reports)
}

fn text(found: &Report, format: SchemaFormat, paint: Paint) -> Result<String, Error> {
    Ok(match format {
        SchemaFormat::Table => schema_table::text(found, paint),
        SchemaFormat::Json => format!("{:#}\n", report::json_value(found)?),
        SchemaFormat::File => schema_file::write(found),
    })
}
