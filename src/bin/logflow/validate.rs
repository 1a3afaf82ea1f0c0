//! `logflow validate`: logs against their standards.

use std::fmt::Write;

use logflow::config::{Options, Watch};
use logflow::error::{Code, Error};
use logflow::pipeline::validation::{Validation, validate};

use crate::args::{ConsoleArgs, ValidateArgs, ValidationFormat};
use crate::fail::{Failure, Outcome};
use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::progress::Progress;
use crate::{inputs, options, signals, stdout};

/// Holds each input against its standard and prints what it breaks.
pub fn run(args: &ValidateArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let options = Options {
        from: options::from(args.from)?,
        encoding: args.encoding.clone(),
        // What is XML and no log at all is then held against XES, and not taken for damaged CSV.
        strict: true,
        ..Options::default()
    };
    let inputs = inputs::find(&args.inputs, args.from)?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let watch = Watch::default();
    signals::stop(&watch);
    let mut sound = true;
    for (place, input) in inputs.iter().enumerate() {
        let progress = Progress::start(console, &watch, "validate".as_ref(), (place + 1, inputs.len()));
        let found = validate(input, &options, limit, &watch);
        progress.finish();
        let found = found?;
        sound &= found.count == 0;
        let text = match args.format {
            ValidationFormat::Table => table(&found, Paint::stdout(console.color)),
            ValidationFormat::Json => {
                let value = serde_json::to_string(&found)
                    .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
                value + "\n"
            }
        };
        stdout::print(&text)?;
    }
    Ok(if sound { Outcome::Done } else { Outcome::Invalid })
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
        let _ = writeln!(out, "  {} {what}", paint.yellow("not looked at:"));
    }
    out
}
