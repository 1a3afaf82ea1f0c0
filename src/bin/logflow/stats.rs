//! `logflow stats`: what a log says about its process.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use logflow::convert::stats_of;
use logflow::encode::output::{OutputFile, Replace};
use logflow::error::{Code, Error};
use logflow::jobs::outputs::refuse_inputs;
use logflow::jobs::search::InputSearch;
use logflow::model::condition::Condition;
use logflow::observer::Observer;
use logflow::options::OnBadRow;
use logflow::process::render::{dfg, dot, mermaid, svg};
use logflow::process::{ProcessFigures, ProcessWishes, json};
use logflow::report::Report;
use logflow::target::process_tables::ProcessTables;

use crate::args::stats::{StatsArgs, StatsForm};
use crate::args::{BadRowChoice, ConsoleArgs};
use crate::fail::{Failure, Outcome};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, options, report, signals, stats_table, stdout};

/// Reads everything and prints the figures.
pub fn run(args: &StatsArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut options = options::options(&args.read)?;
    options.table.on_bad_row = match args.on_bad_row {
        BadRowChoice::Fail => OnBadRow::Fail,
        BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or_default()),
    };
    options.table.condition = Condition::all_of(&args.conditions)?;
    let form = form(args)?;
    let replace = if args.force { Replace::Force } else { Replace::Never };
    // Asked before anything is read, which may take long.
    let output = args.output.as_deref().map(|path| OutputFile::create(path, replace)).transpose()?;
    let tables = args.tables.as_deref().map(|path| ProcessTables::create(path, replace)).transpose()?;
    let found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let tables_of = args.tables.iter().flat_map(|folder| ProcessTables::paths(folder));
    let beside: Vec<PathBuf> = args.output.iter().cloned().chain(tables_of).collect();
    refuse_inputs(&beside.iter().map(PathBuf::as_path).collect::<Vec<_>>(), &found.inputs())?;
    let wishes = ProcessWishes { cases: tables.is_some(), temporal_profile: args.temporal_profile };
    let observer = Observer::default();
    signals::stop(&observer);
    let progress = ProgressDisplay::start(console, &observer, "stats".as_ref(), (1, 1));
    let counted = stats_of(&found.inputs(), wishes, &options, &observer);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    let (report, figures) = counted?;
    match output {
        None => {
            let paint = Paint::stdout(console.color);
            let mut out = BufWriter::new(std::io::stdout().lock());
            let written =
                write(&figures, &report, form, args.top, paint, &mut out).and_then(|()| out.flush());
            stdout::settle(written)?;
        }
        Some(output) => {
            let failed = |error: std::io::Error| Error::io(Code::OutputWrite, output.path(), &error);
            let mut out = BufWriter::new(output.file());
            let paint = Paint::plain();
            write(&figures, &report, form, args.top, paint, &mut out)
                .and_then(|()| out.flush())
                .map_err(failed)?;
            drop(out);
            output.commit()?;
        }
    }
    if let Some(tables) = tables {
        tables.write(&figures)?;
    }
    if !console.quiet {
        report::warnings(&report.warnings, console.verbose, Paint::stderr(console.color));
    }
    for error in &found.failed {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(if found.failed.is_empty() && report.bad_rows == 0 { Outcome::Done } else { Outcome::InPart })
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

fn write(
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
