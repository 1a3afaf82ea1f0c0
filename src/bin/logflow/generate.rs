//! `logflow generate`: a made-up log, for benchmarks and for trying things out.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use logflow::adapter::generate::{GenerateOptions, Summary, write_csv, write_jsonl, write_xes};
use logflow::config::Watch;
use logflow::encode::output::{OutputFile, Replace};
use logflow::error::{Code, Error, Result};

use crate::args::{ConsoleArgs, GenerateArgs, LogFormat};
use crate::fail::{Failure, Outcome};
use crate::figures::{counted, duration, rate, size};
use crate::paint::Paint;
use crate::progress::Progress;
use crate::{signals, stdout};

/// Events that a terminal may be covered with.
const TERMINAL_EVENTS: u64 = 1000;

/// A format's writer.
type Writer = fn(&GenerateOptions, &mut dyn Write) -> Result<Summary>;

/// Writes it to a file, or to standard output.
pub fn run(args: &GenerateArgs, console: &ConsoleArgs) -> std::result::Result<Outcome, Failure> {
    let options = GenerateOptions {
        events: args.events,
        cases: args.cases,
        seed: args.seed,
        interleave: args.interleave,
        dirty: args.dirty,
    };
    let watch = Watch::default();
    signals::stop(&watch);
    let start = Instant::now();
    let summary = if args.output == Path::new("-") {
        to_stdout(&options, args, &watch)?
    } else {
        let progress = Progress::start(console, &watch, &args.output, (1, 1));
        let written = to_file(&options, args, &watch);
        progress.finish();
        Some(written?)
    };
    if let Some(summary) = summary.filter(|_| !console.quiet) {
        let heading = Paint::stderr(console.color).green("done");
        stdout::eprint(&format!("{heading}  {}\n", said(&summary, start.elapsed().as_secs_f64())));
    }
    Ok(Outcome::Done)
}

fn said(summary: &Summary, seconds: f64) -> String {
    let damaged = if summary.damaged > 0 { format!(", {} damaged", summary.damaged) } else { String::new() };
    format!(
        "{} in {}{damaged}, {}, {}, {}",
        counted(summary.events, "event"),
        counted(summary.cases, "case"),
        size(summary.bytes),
        duration(seconds),
        rate(summary.bytes, seconds),
    )
}

fn writer(args: &GenerateArgs) -> Writer {
    let format = args.format.or_else(|| named(&args.output)).unwrap_or(LogFormat::Csv);
    match format {
        LogFormat::Csv => write_csv,
        LogFormat::Jsonl => write_jsonl,
        LogFormat::Xes => write_xes,
    }
}

/// The format that a file's name promises.
fn named(output: &Path) -> Option<LogFormat> {
    let extension = output.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "xes" => Some(LogFormat::Xes),
        "jsonl" | "ndjson" => Some(LogFormat::Jsonl),
        _ => None,
    }
}

fn to_file(options: &GenerateOptions, args: &GenerateArgs, watch: &Watch) -> Result<Summary> {
    let replace = if args.force { Replace::Force } else { Replace::Never };
    let output = OutputFile::create(&args.output, replace)?;
    let mut sink = Sink { out: &output, watch, is_unread: false };
    let written = writer(args)(options, &mut sink);
    watch.check()?;
    let summary = written.map_err(|error| match error.code() {
        Code::OutputWrite => error.in_file(&args.output),
        _ => error,
    })?;
    output.commit()?;
    Ok(summary)
}

/// `None` if the reader has seen enough before the end.
fn to_stdout(options: &GenerateOptions, args: &GenerateArgs, watch: &Watch) -> Result<Option<Summary>> {
    if options.events > TERMINAL_EVENTS && io::stdout().is_terminal() {
        return Err(Error::new(
            Code::Usage,
            format!("{} on a terminal are nothing to read", counted(options.events, "event")),
        )
        .help("give -o log.csv, or pipe them on"));
    }
    let mut sink = Sink { out: io::stdout().lock(), watch, is_unread: false };
    let written = writer(args)(options, &mut sink);
    if sink.is_unread {
        return Ok(None);
    }
    watch.check()?;
    written.map(Some)
}

/// A writer that can be stopped, that says how far it is, and that knows when nobody reads any more.
struct Sink<'w, W> {
    out: W,
    watch: &'w Watch,
    is_unread: bool,
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.watch.stopped() {
            return Err(io::Error::other("stopped"));
        }
        let written = self.out.write(bytes);
        match &written {
            Ok(count) => self.watch.add(*count as u64, 0),
            Err(error) => self.is_unread = error.kind() == io::ErrorKind::BrokenPipe,
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
