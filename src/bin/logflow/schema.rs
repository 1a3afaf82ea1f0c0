//! `logflow schema`: what is in a log.

use logflow::config::Watch;
use logflow::error::Error;
use logflow::pipeline::{report::Report, survey};

use crate::args::{ConsoleArgs, SchemaArgs, SchemaFormat};
use crate::fail::{Failure, Outcome};
use crate::paint::Paint;
use crate::progress::Progress;
use crate::{inputs, options, report, schema_file, schema_table, signals, stdout};

/// Reads everything and prints what it found.
pub fn run(args: &SchemaArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let options = options::options(&args.read)?;
    let inputs = inputs::find(&args.inputs, args.read.dialect.from)?;
    let watch = Watch::default();
    signals::stop(&watch);
    let progress = Progress::start(console, &watch, "schema".as_ref(), (1, 1));
    let found = survey(&inputs, &options, &watch);
    progress.finish();
    let found = found?;
    stdout::print(&text(&found, args.format, Paint::stdout(console.color))?)?;
    if !console.quiet {
        report::warnings(&found.warnings, console.verbose, Paint::stderr(console.color));
    }
    Ok(Outcome::Done)
}

fn text(found: &Report, format: SchemaFormat, paint: Paint) -> Result<String, Error> {
    Ok(match format {
        SchemaFormat::Table => schema_table::text(found, paint),
        SchemaFormat::Json => format!("{:#}\n", report::json_value(found)?),
        SchemaFormat::File => schema_file::write(found),
    })
}
