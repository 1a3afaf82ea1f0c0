//! `logflow generate`: a made-up log, for benchmarks and for trying things out.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use logflow::encode::output::{OutputFile, Replace};
use logflow::error::{Code, Error, Result};
use logflow::observer::Observer;
use logflow_generate::{
    self as generator, GenerateOptions, LogForm, OcelOptions, OcelSummary, Process, Summary, TimeGrain,
    Truth, write_access, write_csv, write_jsonl, write_ocel_json, write_ocel_sqlite, write_ocel_xml,
    write_with_truth, write_xes,
};

use crate::args::ConsoleArgs;
use crate::args::generate::{GenerateArgs, LogFormat};
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
    Events(LogForm, GenerateOptions),
    /// A log of events, and the truth about it.
    Truth(LogForm, GenerateOptions, PathBuf),
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
        to_stdout(&job, args, &observer)?
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
        LogFormat::Access => events_job(LogForm::Access, args)?,
        LogFormat::Csv => events_job(LogForm::Csv, args)?,
        LogFormat::Jsonl => events_job(LogForm::Jsonl, args)?,
        LogFormat::Xes => events_job(LogForm::Xes, args)?,
        LogFormat::OcelJson => GenerateJob::Objects(write_ocel_json, of_objects(args)?),
        LogFormat::OcelXml => GenerateJob::Objects(write_ocel_xml, of_objects(args)?),
        LogFormat::OcelSqlite => GenerateJob::Sqlite(of_objects(args)?),
    })
}

fn events_job(form: LogForm, args: &GenerateArgs) -> Result<GenerateJob> {
    let mut options = of_events(args)?;
    let truth = match &args.truth {
        Some(truth) => truth.clone(),
        None if args.plant.is_empty() => return Ok(GenerateJob::Events(form, options)),
        None if args.output == Path::new("-") => {
            return Err(Error::new(Code::Usage, "there is no file beside which the truth could be written")
                .help("give a file for the log, such as -o log.csv, or one for the truth, such as --truth truth.json"));
        }
        None => {
            let mut name = args.output.clone().into_os_string();
            name.push(".truth.json");
            PathBuf::from(name)
        }
    };
    if truth == args.output {
        return Err(Error::new(Code::Usage, "the log and its truth cannot be written to the same file")
            .help("give two different files with --output and --truth"));
    }
    options.process = options.process.or(Some(Process::Ordered));
    Ok(GenerateJob::Truth(form, options, truth))
}

/// Writes a log in its form.
fn write_form(form: LogForm, options: &GenerateOptions, out: &mut dyn Write) -> generator::Result<Summary> {
    match form {
        LogForm::Csv => write_csv(options, out),
        LogForm::Jsonl => write_jsonl(options, out),
        LogForm::Xes => write_xes(options, out),
        LogForm::Access => write_access(options, out),
    }
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
        text: args.text,
        times: args.times,
        lengths: args.lengths,
        process: args.process,
        activities: args.activities,
        attributes: args.attributes,
        intervals: args.intervals,
        drift_at: args.drift_at,
        plants: args.plant.clone(),
    })
}

fn of_objects(args: &GenerateArgs) -> Result<OcelOptions> {
    if args.cases.is_some() || args.dirty > 0.0 {
        return Err(Error::new(Code::Usage, "--cases and --dirty do not apply to an object-centric log")
            .help("omit --cases and --dirty; --objects sets the number of objects"));
    }
    let of_cases = [
        ("--times", args.times != TimeGrain::Millis),
        ("--attributes", args.attributes > 0),
        ("--activities", args.activities.is_some()),
        ("--lengths", args.lengths.is_some()),
        ("--process", args.process.is_some()),
        ("--intervals", args.intervals),
        ("--drift-at", args.drift_at.is_some()),
        ("--plant", !args.plant.is_empty()),
        ("--truth", args.truth.is_some()),
    ];
    if let Some((flag, _)) = of_cases.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::new(Code::Usage, format!("{flag} does not apply to an object-centric log"))
            .help(format!("omit {flag}, or use --format csv, jsonl, xes or access")));
    }
    let events = args.events.unwrap_or(OCEL_EVENTS);
    let (objects, per_events) = OCEL_OBJECTS;
    let objects = args.objects.unwrap_or_else(|| (events / per_events * objects).max(FEW_OBJECTS));
    Ok(OcelOptions { events, objects, seed: args.seed, text: args.text })
}

impl GenerateJob {
    fn events(&self) -> u64 {
        match self {
            Self::Events(_, options) | Self::Truth(_, options, _) => options.events,
            Self::Objects(_, options) | Self::Sqlite(options) => options.events,
        }
    }

    /// The file of the truth.
    fn truth(&self) -> Option<&Path> {
        match self {
            Self::Truth(_, _, truth) => Some(truth),
            _ => None,
        }
    }

    fn to_file(&self, output: &OutputFile, observer: &Observer) -> Result<(GeneratedSummary, Option<Truth>)> {
        let mut sink = WatchedWriter { out: output, observer, is_unread: false };
        let made = match self {
            Self::Events(form, options) => {
                write_form(*form, options, &mut sink).map(GeneratedSummary::Events)
            }
            Self::Truth(..) => return self.to_pipe(&mut sink),
            Self::Objects(write, options) => write(options, &mut sink).map(GeneratedSummary::Objects),
            Self::Sqlite(options) => {
                let mut progress = |rows| {
                    observer.add(0, rows);
                    if observer.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                write_ocel_sqlite(options, output.temp_path(), &mut progress).map(GeneratedSummary::Objects)
            }
        };
        made.map(|made| (made, None)).map_err(coded)
    }

    fn to_pipe(&self, sink: &mut dyn Write) -> Result<(GeneratedSummary, Option<Truth>)> {
        let made = match self {
            Self::Events(form, options) => write_form(*form, options, sink).map(GeneratedSummary::Events),
            Self::Truth(form, options, _) => {
                return write_with_truth(*form, options, sink)
                    .map(|(summary, truth)| (GeneratedSummary::Events(summary), Some(truth)))
                    .map_err(coded);
            }
            Self::Objects(write, options) => write(options, sink).map(GeneratedSummary::Objects),
            Self::Sqlite(_) => {
                return Err(Error::new(Code::Usage, "an SQLite file cannot be written to a pipe")
                    .help("give a file, such as -o log.sqlite"));
            }
        };
        made.map(|made| (made, None)).map_err(coded)
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
    let truth_file = truth_file(job, replace)?;
    let written = job.to_file(&output, observer);
    observer.check()?;
    let (made, truth) = written.map_err(|error| match error.code() {
        Code::OutputWrite => error.in_file(&args.output),
        _ => error,
    })?;
    write_truth(truth_file.as_ref(), truth)?;
    output.commit()?;
    truth_file.map_or(Ok(()), |file| file.commit())?;
    Ok(made)
}

/// The file of the truth, if it is wanted.
fn truth_file(job: &GenerateJob, replace: Replace) -> Result<Option<OutputFile>> {
    job.truth().map(|path| OutputFile::create(path, replace)).transpose()
}

fn write_truth(file: Option<&OutputFile>, truth: Option<Truth>) -> Result<()> {
    let (Some(mut file), Some(truth)) = (file, truth) else { return Ok(()) };
    let written = file.write_all(&truth.to_json());
    written.map_err(|error| Error::new(Code::OutputWrite, error.to_string()))
}

/// `None` if the reader has seen enough before the end.
fn to_stdout(
    job: &GenerateJob,
    args: &GenerateArgs,
    observer: &Observer,
) -> Result<Option<GeneratedSummary>> {
    if job.events() > TERMINAL_EVENTS && io::stdout().is_terminal() {
        return Err(Error::new(
            Code::Usage,
            format!("refusing to print {} to the terminal", counted(job.events(), "event")),
        )
        .help("give a file, such as -o log.csv, or redirect standard output"));
    }
    let truth_file = truth_file(job, if args.force { Replace::Force } else { Replace::Never })?;
    let mut sink = WatchedWriter { out: io::stdout().lock(), observer, is_unread: false };
    let written = job.to_pipe(&mut sink);
    if sink.is_unread {
        return Ok(None);
    }
    observer.check()?;
    let (made, truth) = written?;
    write_truth(truth_file.as_ref(), truth)?;
    truth_file.map_or(Ok(()), |file| file.commit())?;
    Ok(Some(made))
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
