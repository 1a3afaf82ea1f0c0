//! `logflow stats`: what a log says about its process.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use logflow::convert::{are_objects, object_stats_of, stats_of};
use logflow::encode::output::{OutputFile, Replace};
use logflow::error::{Code, Error};
use logflow::jobs::outputs::refuse_inputs;
use logflow::jobs::search::InputSearch;
use logflow::mmap::Input;
use logflow::model::condition::Condition;
use logflow::observer::Observer;
use logflow::options::{OnBadRow, Options};
use logflow::process::objects::{self, ObjectFigures};
use logflow::process::render::{self, dfg, dot, mermaid, svg};
use logflow::process::{ProcessFigures, ProcessWishes, json};
use logflow::report::Report;
use logflow::target::object_tables::write_objects;
use logflow::target::process_tables::ProcessTables;

use crate::args::stats::{StatsArgs, StatsForm};
use crate::args::{BadRowChoice, ConsoleArgs};
use crate::fail::{Failure, Outcome};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, options, report, signals, stats_objects, stats_table, stdout};

/// The figures of a log.
enum LogFigures {
    Events(Box<ProcessFigures>),
    Objects(Box<ObjectFigures>),
}

/// Reads everything and prints the figures.
pub fn run(args: &StatsArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut options = options::options(&args.read)?;
    options.table.on_bad_row = match args.on_bad_row {
        BadRowChoice::Fail => OnBadRow::Fail,
        BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or_default()),
    };
    options.table.condition = Condition::all_of(&args.conditions)?;
    let form = form(args)?;
    if args.read.dialect.from.is_some_and(|row| row.via.is_some()) {
        return Err(Error::new(Code::Usage, "statistics of pm4py's flat CSV are not made directly")
            .help("make an object-centric log of it first, with logflow convert -o log.jsonocel")
            .into());
    }
    let replace = if args.force { Replace::Force } else { Replace::Never };
    let found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let inputs: Vec<Input> = found.inputs().iter().map(Input::replayable).collect();
    let tables_of = args.tables.iter().flat_map(|folder| ProcessTables::paths(folder));
    let beside: Vec<PathBuf> = args.output.iter().cloned().chain(tables_of).collect();
    refuse_inputs(&beside.iter().map(PathBuf::as_path).collect::<Vec<_>>(), &inputs)?;
    let observer = Observer::default();
    signals::stop(&observer);
    let has_objects = are_objects(&inputs, &options, &observer)?;
    if has_objects {
        refuse_for_objects(args, form)?;
    }
    // Asked before anything is read, which may take long.
    let output = args.output.as_deref().map(|path| OutputFile::create(path, replace)).transpose()?;
    let tables = args.tables.as_deref().map(|path| ProcessTables::create(path, replace)).transpose()?;
    let progress = ProgressDisplay::start(console, &observer, "stats".as_ref(), (1, 1));
    let counted = count(args, &inputs, has_objects, &options, &observer);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    let (report, figures) = counted?;
    let write = |paint: Paint, out: &mut dyn Write| match &figures {
        LogFigures::Events(figures) => write_events(figures, &report, form, args.top, paint, out),
        LogFigures::Objects(figures) => write_objects_as(figures, &report, form, args.top, paint, out),
    };
    match output {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let written = write(Paint::stdout(console.color), &mut out).and_then(|()| out.flush());
            stdout::settle(written)?;
        }
        Some(output) => {
            let failed = |error: std::io::Error| Error::io(Code::OutputWrite, output.path(), &error);
            let mut out = BufWriter::new(output.file());
            write(Paint::plain(), &mut out).and_then(|()| out.flush()).map_err(failed)?;
            drop(out);
            output.commit()?;
        }
    }
    match (tables, &figures) {
        (Some(tables), LogFigures::Events(figures)) => tables.write(figures)?,
        (Some(tables), LogFigures::Objects(figures)) => write_objects(tables, figures)?,
        (None, _) => {}
    }
    if !console.quiet {
        report::warnings(&report.warnings, console.verbose, Paint::stderr(console.color));
    }
    for error in &found.failed {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(if found.failed.is_empty() && report.bad_rows == 0 { Outcome::Done } else { Outcome::InPart })
}

fn count(
    args: &StatsArgs,
    inputs: &[Input],
    has_objects: bool,
    options: &Options,
    observer: &Observer,
) -> Result<(Report, LogFigures), Error> {
    let rows = args.tables.is_some();
    if let (true, [input]) = (has_objects, inputs) {
        let (report, figures) = object_stats_of(input, rows, options, observer)?;
        return Ok((report, LogFigures::Objects(Box::new(figures))));
    }
    let wishes = ProcessWishes { cases: rows, temporal_profile: args.temporal_profile };
    let (report, figures) = stats_of(inputs, wishes, options, observer)?;
    Ok((report, LogFigures::Events(Box::new(figures))))
}

/// What there is of one case notion alone.
fn refuse_for_objects(args: &StatsArgs, form: StatsForm) -> Result<(), Error> {
    let asked = match form {
        StatsForm::Dfg => Some("the form dfg"),
        _ if args.temporal_profile.is_some() => Some("--temporal-profile"),
        _ => None,
    };
    match asked {
        Some(asked) => Err(Error::new(
            Code::Usage,
            format!("{asked} is for logs with cases, and this is an object-centric log"),
        )
        .help(
            "choose another form; or make an event log of one type of objects with \
             logflow convert --flatten OBJECT_TYPE",
        )),
        None => Ok(()),
    }
}

/// The form that is asked for, or that the name of the output says.
fn form(args: &StatsArgs) -> Result<StatsForm, Error> {
    let named = |path: &Path| match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "json" => Some(StatsForm::Json),
        "dot" | "gv" => Some(StatsForm::Dot),
        "mmd" | "mermaid" => Some(StatsForm::Mermaid),
        "svg" => Some(StatsForm::Svg),
        "dfg" => Some(StatsForm::Dfg),
        "txt" => Some(StatsForm::Table),
        _ => None,
    };
    match (args.form, &args.output) {
        (Some(form), _) => Ok(form),
        (None, None) => Ok(StatsForm::Table),
        (None, Some(path)) => named(path).ok_or_else(|| {
            Error::new(
                Code::Usage,
                format!("the name {:?} does not say in which form to write", path.display()),
            )
            .help("end it in .json, .dot, .mmd, .svg, .dfg or .txt, or give --format")
        }),
    }
}

fn write_events(
    figures: &ProcessFigures,
    report: &Report,
    form: StatsForm,
    top: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let most = top.filter(|top| *top > 0);
    match form {
        StatsForm::Table => out.write_all(stats_table::text(figures, report, top, paint).as_bytes()),
        StatsForm::Json => json::write(figures, most, out),
        StatsForm::Dot => dot::write(figures, most, out),
        StatsForm::Mermaid => mermaid::write(figures, most, out),
        StatsForm::Svg => svg::write(figures, if top.is_none() { Some(svg::SHOWN) } else { most }, out),
        StatsForm::Dfg => dfg::write(figures, out),
    }
}

fn write_objects_as(
    figures: &ObjectFigures,
    report: &Report,
    form: StatsForm,
    top: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let most = top.filter(|top| *top > 0);
    match form {
        StatsForm::Json => objects::json::write(figures, most, out),
        StatsForm::Dot => render::objects::write_dot(figures, most, out),
        StatsForm::Mermaid => render::objects::write_mermaid(figures, most, out),
        StatsForm::Svg => {
            let most = if top.is_none() { Some(svg::SHOWN) } else { most };
            render::objects::write_svg(figures, most, out)
        }
        // The other form was refused before.
        StatsForm::Table | StatsForm::Dfg => {
            out.write_all(stats_objects::text(figures, report, top, paint).as_bytes())
        }
    }
}
