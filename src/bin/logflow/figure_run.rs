//! Figures of a log, from `logflow stats`, `logflow inspect` and pipelines: a run for them alone, and what is
//! printed of those that have no file.

use std::io::{BufWriter, Write};

use logflow::error::{Code, Error};
use logflow::jobs::figure_settings::{InspectForm, StatsForm};
use logflow::jobs::figures::{
    FigureResult, FigureSet, FigureSettings, FigureTarget, FigureTexts, FoundFigures, inspection_text,
    write_object_stats, write_stats,
};
use logflow::jobs::search::InputSearch;
use logflow::observer::Observer;
use logflow::pipeline::Pipeline;
use logflow::pipeline::decide::refuse_places;
use logflow::pipeline::plan::{GivenOptions, PipelinePlan};
use logflow::pipeline::toml::to_toml;

use crate::args::ConsoleArgs;
use crate::fail::{Failure, Outcome};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, inspect_text, report, signals, stats_objects, stats_table, stdout};

/// Texts for people in files, which have no colours.
pub const TEXTS: FigureTexts = FigureTexts {
    stats: |figures, report, top| stats_table::text(figures, report, top, Paint::plain()),
    objects: |figures, report, top| stats_objects::text(figures, report, top, Paint::plain()),
    inspect: |result, report| inspect_text::text(result, report, Paint::plain()),
};

/// A command that is a pipeline of figures: prints its file, or runs it.
pub fn command(
    pipeline: &Pipeline,
    given: GivenOptions,
    print_pipeline: bool,
    console: &ConsoleArgs,
) -> Result<Outcome, Failure> {
    if print_pipeline {
        stdout::print(&to_toml(pipeline)?)?;
        return Ok(Outcome::Done);
    }
    run(pipeline.plan(given)?, console)
}

/// Runs a pipeline that writes no log.
pub fn run(mut plan: PipelinePlan, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let beside = &mut plan.choice.beside;
    beside.figures.texts = Some(TEXTS);
    let figures = beside.figures.clone();
    // Asked before anything is read, which may take long.
    figures.wanted.iter().try_for_each(FigureTarget::check)?;
    refuse_places(&plan)?;
    let beside = &plan.choice.beside;
    let search = InputSearch { options: &plan.options, output: None };
    let found = search.find(&plan.inputs)?.without(&plan.beside_paths());
    let observer = Observer::default();
    signals::stop(&observer);
    let name = figures.wanted.first().map_or("run", FigureTarget::kind);
    let progress = ProgressDisplay::start(console, &observer, name.as_ref(), (1, 1));
    let counted =
        figures.run(&found.inputs(), &plan.options, (&beside.steps, beside.report.as_ref()), &observer);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    let report = counted?;
    let is_inspection = figures.wanted.iter().all(|it| it.kind() == "inspect");
    let is_whole = found.failed.is_empty() && (report.bad_rows == 0 || is_inspection);
    let outcome = conclude(&figures, if is_whole { Outcome::Done } else { Outcome::InPart }, console)?;
    if !console.quiet {
        report::warnings(&report.warnings, console.verbose, Paint::stderr(console.color));
    }
    for error in &found.failed {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(outcome)
}

/// Prints figures that have no file, and says whether an inspection refuses the log.
pub fn conclude(figures: &FigureSet, outcome: Outcome, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut outcome = outcome;
    for (wanted, found) in figures.wanted.iter().zip(figures.take()) {
        let Some(found) = found else { continue };
        if wanted.path.is_none() {
            print(&wanted.settings, &found, Paint::stdout(console.color))?;
        }
        if let (FigureSettings::Inspect(settings), FigureResult::Inspect(result)) =
            (&wanted.settings, &found.result)
            && settings.refuses(result)
        {
            outcome = Outcome::Invalid;
        }
    }
    Ok(outcome)
}

fn print(settings: &FigureSettings, found: &FoundFigures, paint: Paint) -> Result<(), Error> {
    match (settings, &found.result) {
        (FigureSettings::Stats(settings), FigureResult::Stats(figures)) => match settings.form(None)? {
            StatsForm::Table => {
                let top = settings.top.map(|top| usize::try_from(top).unwrap_or(usize::MAX));
                stdout::print(&stats_table::text(figures, &found.report, top, paint))
            }
            form => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                let written = write_stats(figures, form, settings.top, &mut out);
                stdout::settle(written.and_then(|()| out.flush()))
            }
        },
        (FigureSettings::Stats(settings), FigureResult::Objects(figures)) => match settings.form(None)? {
            StatsForm::Table => {
                let top = settings.top.map(|top| usize::try_from(top).unwrap_or(usize::MAX));
                stdout::print(&stats_objects::text(figures, &found.report, top, paint))
            }
            form => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                let written = write_object_stats(figures, form, settings.top, &mut out);
                stdout::settle(written.and_then(|()| out.flush()))
            }
        },
        (FigureSettings::Inspect(settings), FigureResult::Inspect(result)) => match settings.form(None)? {
            InspectForm::Table => stdout::print(&inspect_text::text(result, &found.report, paint)),
            form => stdout::print(&inspection_text(result, form, &found.report)),
        },
        _ => Err(Error::new(Code::Internal, "figures of another kind were found than were asked for")),
    }
}
