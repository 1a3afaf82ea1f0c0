//! `logflow migrate`: a folder of logs in, a folder of outputs with a journal out.

use std::fmt::Write;

use logflow::convert::preview;
use logflow::encode::output::Replace;
use logflow::error::Error;
use logflow::jobs::job::kind_of;
use logflow::jobs::outputs::OutputKind;
use logflow::migrate::bag::BagState;
use logflow::migrate::choice::SourceChoice;
use logflow::migrate::deep::options_hash;
use logflow::migrate::outcome::MigrationTotals;
use logflow::migrate::plan::{BUNDLE, SourceTask, TABLE};
use logflow::migrate::progress::MigrationProgress;
use logflow::migrate::report;
use logflow::migrate::run::{Migrated, Migration};
use logflow::migrate::shard::Shard;
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::pipeline::Pipeline;
use logflow::pipeline::plan::GivenOptions;
use logflow::pipeline::sections::RunSection;
use logflow::pipeline::toml::to_toml;
use logflow::pipeline::variables::of_environment;

use crate::args::ConsoleArgs;
use crate::args::migrate::MigrateArgs;
use crate::fail::{FLAGS, Failure, Outcome};
use crate::figures::{count, counted, duration, rate, size};
use crate::migrate_progress::MigrationDisplay;
use crate::paint::Paint;
use crate::view::shown::shown;
use crate::{fail, options, signals, stdout};

/// Failures and skipped files that a person sees unless more are asked for.
const SHOWN: usize = 20;

/// Migrates, or says what would be migrated.
pub fn run(args: &MigrateArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let migration = migration(args)?;
    let paint = Paint::stderr(console.color);
    if args.dry_run {
        return dry_run(&migration, console);
    }
    let replace = if migration.resume { Replace::Force } else { Replace::Never };
    if let Some(path) = &migration.report {
        report::check(path, replace)?;
    }
    let (observer, progress) = (Observer::default(), MigrationProgress::default());
    signals::stop(&observer);
    let display = MigrationDisplay::start(console, &progress, &migration.root, "migrated");
    let migrated = migration.run(&observer, &progress);
    display.finish();
    let migrated = migrated?;
    if let Some(path) = &migration.report {
        report::write(path, replace, &migration, &migrated)?;
    }
    stdout::eprint(&summary(&migration, &migrated, console, paint));
    let totals = &migrated.totals;
    Ok(match &migrated.ended_by {
        _ if observer.stopped() && totals.unfinished > 0 => Outcome::Stopped,
        Some(error) if !migration.fail_fast => return Err(error.clone().into()),
        _ if totals.failed + totals.rejected + totals.unfinished > 0 => Outcome::InPart,
        _ => Outcome::Done,
    })
}

/// The migration that the flags ask for.
fn migration(args: &MigrateArgs) -> Result<Migration, Error> {
    let shard = match args.shard {
        Some(shard) => shard,
        None => Shard::of_slurm(&of_environment)?.unwrap_or(Shard::WHOLE),
    };
    let sources =
        SourceChoice { include: args.include.clone(), exclude: args.exclude.clone(), since: args.since };
    let pipeline = options::migration(args)?;
    let lasting = Pipeline { run: RunSection::default(), ..pipeline.clone() };
    let text = to_toml(&lasting)?;
    let options_hash = options_hash(&text, &pipeline.source.words.schema)?;
    let plan = pipeline.plan(GivenOptions { names: args.read.given.clone(), spelling: FLAGS, file: None })?;
    Ok(Migration {
        source: args.source.clone(),
        root: args.destination.clone(),
        from: plan.from,
        options: plan.options,
        choice: plan.choice,
        pipeline: text,
        options_hash,
        sources,
        shard,
        resume: args.resume || args.retry_failed,
        is_moved: args.moved,
        retry_failed: args.retry_failed,
        fail_fast: args.fail_fast,
        is_bag: args.bag,
        report: args.report.clone(),
    })
}

/// What would be done to each source.
fn dry_run(migration: &Migration, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let plan = migration.plan()?;
    let observer = Observer::default();
    signals::stop(&observer);
    let (mut bytes, mut refused) = (0, 0);
    for source in &plan.sources {
        observer.check()?;
        let input = Input::Path(source.path.clone());
        let line = |format: &str, what: &str| {
            stdout::print(&format!("{format:<12} {:>9}  {}  {what}\n", size(source.bytes), source.name))
        };
        bytes += source.bytes;
        match &source.task {
            SourceTask::Refused(error) => {
                refused += 1;
                line("refused", &format!("{}: {}", error.code(), error.what()))?;
                continue;
            }
            SourceTask::StaysFailed(failed) => {
                refused += 1;
                line("failed", &format!("{}: {}", failed.code, shown(&failed.what)))?;
                continue;
            }
            SourceTask::Prove => {
                line("done", "to be proven")?;
                continue;
            }
            SourceTask::Convert => {}
        }
        let kind = kind_of(&input, migration.from, &migration.options);
        let output =
            format!("-> {}{}", source.name, if kind == OutputKind::EventLog { TABLE } else { BUNDLE });
        match preview(&[input], &migration.options) {
            Ok(report) => {
                let of = report.inputs.first();
                let format = of.map_or("", |it| it.format);
                let format = match (kind, of.and_then(|it| it.compression)) {
                    (OutputKind::FlatTable, _) => "ocel-csv".to_owned(),
                    (_, Some(compression)) => format!("{format} {compression}"),
                    _ => format.to_owned(),
                };
                line(&format, &output)?;
            }
            Err(error) => {
                refused += 1;
                let error = error.spelled(FLAGS);
                line("fails", &format!("{}: {}", error.code(), shown(error.what())))?;
            }
        }
    }
    for it in &plan.skipped {
        stdout::print(&format!("{:<12} {:>9}  {}  {}\n", "skipped", "", it.source, shown(&it.reason)))?;
    }
    if !console.quiet {
        let text = format!(
            "{} {}, {}, in shard {}; {} skipped. Nothing was written.\n",
            Paint::stderr(console.color).green("dry run:"),
            counted(plan.sources.len() as u64, "source"),
            size(bytes),
            migration.shard,
            counted(plan.skipped.len() as u64, "file"),
        );
        stdout::eprint(&text);
    }
    Ok(if refused + plan.unread.len() as u64 == 0 { Outcome::Done } else { Outcome::InPart })
}

/// What is said at the end.
fn summary(migration: &Migration, migrated: &Migrated, console: &ConsoleArgs, paint: Paint) -> String {
    let totals = &migrated.totals;
    let mut text = String::new();
    let most = if console.verbose { usize::MAX } else { SHOWN };
    for failed in migrated.failed().take(most) {
        let head = paint.red(&format!("failed[{}]:", failed.code));
        let _ = writeln!(text, "{head} {}: {}", failed.source, shown(&fail::hidden(&failed.what)));
        if let Some(help) = failed.help.as_ref().filter(|_| console.verbose) {
            let _ = writeln!(text, "  {} {}", paint.cyan("help:"), shown(help));
        }
    }
    more(&mut text, migrated.failed().count(), most, "failed", paint);
    if console.quiet {
        return text;
    }
    for skipped in migrated.skipped.iter().take(most) {
        let _ = writeln!(text, "{}  {}: {}", paint.dim("skipped"), skipped.source, shown(&skipped.reason));
    }
    more(&mut text, migrated.skipped.len(), most, "skipped", paint);
    if let Some((one, other)) = migrated.alike.first() {
        let pairs = counted(migrated.alike.len() as u64, "pair");
        let _ = writeln!(
            text,
            "{} {pairs} of names differ in case alone, which some systems do not tell apart: {one} and {other}",
            paint.yellow("note:"),
        );
    }
    let is_whole = totals.failed + totals.unfinished == 0;
    let head = if is_whole { paint.green("done") } else { paint.yellow("done in part") };
    let shard = if migration.shard == Shard::WHOLE {
        String::new()
    } else {
        format!("shard {} of {}: ", migration.shard.index, migration.shard.count)
    };
    let _ = writeln!(
        text,
        "{head}  {} -> {}: {shard}{}",
        migration.source.display(),
        paint.bold(&migration.root.display().to_string()),
        sources(totals),
    );
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "  {} {value}", paint.dim(&format!("{key:<7}")));
    };
    let mut records = format!("{} = {} rows", count(totals.records), count(totals.rows));
    for (number, what) in [(totals.rejected, "rejected"), (totals.filtered, "filtered")] {
        if number > 0 {
            let _ = write!(records, " + {} {what}", count(number));
        }
    }
    line("records", &records);
    let files = counted(totals.output_files, "file");
    line("size", &format!("{} -> {} in {files}", size(totals.source_bytes), size(totals.output_bytes)));
    let per_second = rate(totals.source_bytes, migrated.seconds);
    line("time", &format!("{}, {per_second}", duration(migrated.seconds)));
    line("journal", &migration.journal_path().display().to_string());
    match migrated.bag {
        Some(BagState::Complete(files, bytes)) => {
            line("bag", &format!("complete, {}, {}", counted(files, "file"), size(bytes)));
        }
        Some(BagState::Waits) => line("bag", "its manifests are written when all shards are done"),
        None => {}
    }
    if totals.unfinished > 0 {
        let _ = writeln!(text, "{} --resume goes on with the others", paint.cyan("help:"));
    }
    text
}

fn more(text: &mut String, all: usize, most: usize, what: &str, paint: Paint) {
    if let Some(more @ 1..) = all.checked_sub(most) {
        let _ = writeln!(text, "{}  and {} more; --verbose lists them", paint.dim(what), count(more as u64));
    }
}

/// What came of sources, in words.
fn sources(totals: &MigrationTotals) -> String {
    let mut text = format!("{} of {} converted", count(totals.converted), counted(totals.sources, "source"));
    for (number, what) in [
        (totals.proven, "proven"),
        (totals.failed, "failed"),
        (totals.unfinished, "not reached"),
        (totals.skipped, "other files skipped"),
    ] {
        if number > 0 {
            let _ = write!(text, ", {} {what}", count(number));
        }
    }
    text
}
