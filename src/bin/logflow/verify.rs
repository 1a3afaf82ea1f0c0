//! `logflow verify`: the outputs of a migration against its journals.

use std::fmt::Write;

use logflow::error::{Code, Error};
use logflow::machine;
use logflow::migrate::progress::MigrationProgress;
use logflow::migrate::verify::{Verification, Verified};
use logflow::observer::Observer;
use logflow::pipeline::sections::{RunSection, run_options};

use crate::args::migrate::VerifyArgs;
use crate::args::{ConsoleArgs, ReportStyle};
use crate::fail::{Failure, Outcome};
use crate::figures::{count, counted, duration, rate, size};
use crate::migrate_progress::MigrationDisplay;
use crate::paint::Paint;
use crate::view::shown::shown;
use crate::{signals, stdout};

/// Findings that a person sees unless more are asked for.
const SHOWN: usize = 100;

/// Verifies, and says what was checked.
pub fn run(args: &VerifyArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let section =
        RunSection { threads: args.threads, memory_limit: args.memory_limit, ..RunSection::default() };
    let verification = Verification {
        root: args.destination.clone(),
        deep: args.deep.then(|| args.source.clone()),
        run: run_options(&section),
    };
    let (observer, progress) = (Observer::default(), MigrationProgress::default());
    signals::stop(&observer);
    let display = MigrationDisplay::start(console, &progress, &args.destination, "verified");
    let verified = verification.run(&observer, &progress);
    display.finish();
    let verified = verified?;
    match args.format {
        ReportStyle::Json => {
            let value = serde_json::to_value(&verified);
            let mut value = value.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
            value["status"] = if verified.findings.is_empty() { "verified" } else { "not as it was" }.into();
            value["peak_rss_bytes"] = machine::peak_rss_bytes().into();
            stdout::print(&format!("{value}\n"))?;
        }
        ReportStyle::Text => stdout::print(&text(&verified, console, Paint::stdout(console.color)))?,
    }
    Ok(if verified.findings.is_empty() { Outcome::Done } else { Outcome::InPart })
}

fn text(verified: &Verified, console: &ConsoleArgs, paint: Paint) -> String {
    let mut text = String::new();
    let most = if console.verbose { usize::MAX } else { SHOWN };
    for it in verified.findings.iter().take(most) {
        let _ = writeln!(text, "{}  {}: {}", paint.red(it.kind), shown(&it.path), shown(&it.what));
    }
    if let Some(more @ 1..) = verified.findings.len().checked_sub(most) {
        let _ = writeln!(text, "and {} more; --verbose lists them", count(more as u64));
    }
    if console.quiet {
        return text;
    }
    let head = match verified.findings.len() as u64 {
        0 => paint.green("verified"),
        some => paint.red(&counted(some, "finding")),
    };
    let _ = writeln!(
        text,
        "{head}: {} of {}; checked {}, {}, {}",
        counted(verified.files, "file"),
        counted(verified.sources, "source"),
        counted(verified.checksums, "checksum"),
        counted(verified.footers, "footer"),
        counted(verified.values, "value"),
    );
    let _ = writeln!(
        text,
        "  {} read in {}, {}",
        size(verified.bytes),
        duration(verified.seconds),
        rate(verified.bytes, verified.seconds),
    );
    text
}
