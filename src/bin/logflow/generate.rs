//! `logflow generate`: a made-up log, for benchmarks and for trying things out.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use logflow::encode::output::{OutputFile, Replace};
use logflow::error::{Code, Error, Result};
use logflow::observer::Observer;
use logflow_generate::{
    self as generator, GenerateOptions, OcelOptions, OcelSummary, Summary, write_csv, write_jsonl,
    write_ocel_json, write_ocel_sqlite, write_ocel_xml, write_xes,
};

use crate::args::{ConsoleArgs, GenerateArgs, LogFormat};
use crate::fail::{Failure, Outcome};
use crate::figures::{counted, duration, rate, size};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{signals, stdout};

/// Events that a terminal may be covered with.
const TERMINAL_EVENTS: u64 = 1000;
/// Events of an object-centric log unless the user says.
const OCEL_EVENTS: u64 = 500_000;
/// Objects for so many events, unless the user says: three for ten.
const OCEL_OBJECTS: (u64, u64) = (3, 10);
/// Fewest objects that are made without being asked for: a log with some of each type.
const FEW_OBJECTS: u64 = 30;

/// What is to be made, and what writes it.
enum GenerateJob {
    /// A log of events.
    Events(fn(&GenerateOptions, &mut dyn Write) -> generator::Result<Summary>, GenerateOptions),
    /// An object-centric log.
    Objects(fn(&OcelOptions, &mut dyn Write) -> generator::Result<OcelSummary>, OcelOptions),
    /// An object-centric log in a file that is written here and there: it can't be piped.
    Sqlite(OcelOptions),
}

/// Figures of the log that was written.
enum GeneratedSummary {
    Events(Summary),
    Objects(OcelSummary),
}

/// Writes it to a file, or to standard output.
pub fn run(args: &GenerateArgs, console: &ConsoleArgs) -> std::result::Result<Outcome, Failure> {
    let job = job(args)?;
    let observer = Observer::default();
    signals::stop(&observer);
    let start = Instant::now();
    let made = if args.output == Path::new("-") {
        to_stdout(&job, &observer)?
    } else {
        let progress = ProgressDisplay::start(console, &observer, &args.output, (1, 1));
        let written = to_file(&job, args, &observer);
        progress.finish();
        Some(written?)
    };
    if let Some(made) = made.filter(|_| !console.quiet) {
        let heading = Paint::stderr(console.color).green("done");
        stdout::eprint(&format!("{heading}  {}\n", made.describe(start.elapsed().as_secs_f64())));
    }
    Ok(Outcome::Done)
}

impl GeneratedSummary {
    fn describe(&self, seconds: f64) -> String {
        let (counts, bytes) = match self {
            Self::Events(made) => (made.describe(), made.bytes),
            Self::Objects(made) => (made.describe(), made.bytes),
        };
        format!("{counts}, {}, {}, {}", size(bytes), duration(seconds), rate(bytes, seconds))
    }
}

/// Describes the figures of a log in words.
trait Describe {
    fn describe(&self) -> String;
}

impl Describe for Summary {
    fn describe(&self) -> String {
        let damaged = if self.damaged > 0 { format!(", {} damaged", self.damaged) } else { String::new() };
        format!("{} in {}{damaged}", counted(self.events, "event"), counted(self.cases, "case"))
    }
}

impl Describe for OcelSummary {
    fn describe(&self) -> String {
        [
            (self.events, "event"),
            (self.objects, "object"),
            (self.e2o, "E2O relation"),
            (self.o2o, "O2O relation"),
            (self.changes, "change"),
        ]
        .map(|(count, what)| counted(count, what))
        .join(", ")
    }
}

fn job(args: &GenerateArgs) -> Result<GenerateJob> {
    let format = args.format.or_else(|| named(&args.output)).unwrap_or(LogFormat::Csv);
    Ok(match format {
        LogFormat::Csv => GenerateJob::Events(write_csv, of_events(args)?),
        LogFormat::Jsonl => GenerateJob::Events(write_jsonl, of_events(args)?),
        LogFormat::Xes => GenerateJob::Events(write_xes, of_events(args)?),
        LogFormat::OcelJson => GenerateJob::Objects(write_ocel_json, of_objects(args)?),
        LogFormat::OcelXml => GenerateJob::Objects(write_ocel_xml, of_objects(args)?),
        LogFormat::OcelSqlite => GenerateJob::Sqlite(of_objects(args)?),
    })
}

/// The format that a file's name promises.
fn named(output: &Path) -> Option<LogFormat> {
    let extension = output.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "xes" => Some(LogFormat::Xes),
        "jsonl" | "ndjson" => Some(LogFormat::Jsonl),
        "jsonocel" => Some(LogFormat::OcelJson),
        "xmlocel" => Some(LogFormat::OcelXml),
        "sqlite" => Some(LogFormat::OcelSqlite),
        _ => None,
    }
}

fn of_events(args: &GenerateArgs) -> Result<GenerateOptions> {
    if args.objects.is_some() {
        return Err(Error::new(Code::Usage, "--objects does not apply to a log of cases")
            .help("omit --objects, or use --format ocel-json, ocel-xml or ocel-sqlite"));
    }
    let events = args.events.ok_or_else(|| {
        Error::new(Code::Usage, "the number of events is missing").help("give --events, such as --events 10k")
    })?;
    Ok(GenerateOptions {
        events,
        cases: args.cases,
        seed: args.seed,
        interleave: args.interleave,
        dirty: args.dirty,
    })
}

fn of_objects(args: &GenerateArgs) -> Result<OcelOptions> {
    if args.cases.is_some() || args.dirty > 0.0 {
        return Err(Error::new(Code::Usage, "--cases and --dirty do not apply to an object-centric log")
            .help("omit --cases and --dirty; --objects sets the number of objects"));
    }
    let events = args.events.unwrap_or(OCEL_EVENTS);
    let (objects, per_events) = OCEL_OBJECTS;
    let objects = args.objects.unwrap_or_else(|| (events / per_events * objects).max(FEW_OBJECTS));
    Ok(OcelOptions { events, objects, seed: args.seed })
}

impl GenerateJob {
    fn events(&self) -> u64 {
        match self {
            Self::Events(_, options) => options.events,
            Self::Objects(_, options) | Self::Sqlite(options) => options.events,
        }
    }

    fn to_file(&self, output: &OutputFile, observer: &Observer) -> Result<GeneratedSummary> {
        let mut sink = WatchedWriter { out: output, observer, is_unread: false };
        let made = match self {
            Self::Events(write, options) => write(options, &mut sink).map(GeneratedSummary::Events),
            Self::Objects(write, options) => write(options, &mut sink).map(GeneratedSummary::Objects),
            Self::Sqlite(options) => {
                let mut progress = |rows| {
                    observer.add(0, rows);
                    if observer.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                write_ocel_sqlite(options, output.temp_path(), &mut progress).map(GeneratedSummary::Objects)
            }
        };
        made.map_err(coded)
    }

    fn to_pipe(&self, sink: &mut dyn Write) -> Result<GeneratedSummary> {
        match self {
            Self::Events(write, options) => write(options, sink).map(GeneratedSummary::Events).map_err(coded),
            Self::Objects(write, options) => {
                write(options, sink).map(GeneratedSummary::Objects).map_err(coded)
            }
            Self::Sqlite(_) => Err(Error::new(Code::Usage, "an SQLite file cannot be written to a pipe")
                .help("give a file, such as -o log.sqlite")),
        }
    }
}

/// Gives the generator's error the code and help of the program.
fn coded(error: generator::Error) -> Error {
    let what = error.to_string();
    match error {
        generator::Error::Options(_) => Error::new(Code::Usage, what),
        generator::Error::Interleaved => {
            Error::new(Code::Usage, what).help("omit --interleave, or use --format csv")
        }
        generator::Error::Write(_) | generator::Error::Sqlite(_) => Error::new(Code::OutputWrite, what),
        generator::Error::Stopped => Error::new(Code::Interrupted, what),
    }
}

fn to_file(job: &GenerateJob, args: &GenerateArgs, observer: &Observer) -> Result<GeneratedSummary> {
    let replace = if args.force { Replace::Force } else { Replace::Never };
    let output = OutputFile::create(&args.output, replace)?;
    let written = job.to_file(&output, observer);
    observer.check()?;
    let made = written.map_err(|error| match error.code() {
        Code::OutputWrite => error.in_file(&args.output),
        _ => error,
    })?;
    output.commit()?;
    Ok(made)
}

/// `None` if the reader has seen enough before the end.
fn to_stdout(job: &GenerateJob, observer: &Observer) -> Result<Option<GeneratedSummary>> {
    if job.events() > TERMINAL_EVENTS && io::stdout().is_terminal() {
        return Err(Error::new(
            Code::Usage,
            format!("refusing to print {} to the terminal", counted(job.events(), "event")),
        )
        .help("give a file, such as -o log.csv, or redirect standard output"));
    }
    let mut sink = WatchedWriter { out: io::stdout().lock(), observer, is_unread: false };
    let written = job.to_pipe(&mut sink);
    if sink.is_unread {
        return Ok(None);
    }
    observer.check()?;
    written.map(Some)
}

/// A writer that can be stopped, that says how far it is, and that knows when nobody reads any more.
struct WatchedWriter<'w, W> {
    out: W,
    observer: &'w Observer,
    is_unread: bool,
}

impl<W: Write> Write for WatchedWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.observer.stopped() {
            return Err(io::Error::other("stopped"));
        }
        let written = self.out.write(bytes);
        match &written {
            Ok(count) => self.observer.add(*count as u64, 0),
            Err(error) => self.is_unread = error.kind() == io::ErrorKind::BrokenPipe,
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
