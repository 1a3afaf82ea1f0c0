//! Figures of a run, from the pass that writes its rows or from one of their own: statistics of the process,
//! and an inspection. Each is a target that takes no rows; its files appear with the other outputs.

use std::fmt;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::convert::typed_files::are_typed;
use crate::convert::{Convert, InspectSteps, are_objects, late_events, object_stats_of};
use crate::encode::output::{OutputFile, Replace, check_place};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::inspect::rules::Rules;
use crate::inspect::{InspectOptions, Inspection, ProcessIfAny};
use crate::jobs::figure_settings::{InspectForm, InspectSettings, StatsForm, StatsSettings};
use crate::jobs::outputs::refuse_replaced;
use crate::mmap::Input;
use crate::model::catalog::TableSchema;
use crate::model::warning::Warning;
use crate::observer::Observer;
use crate::options::{OnBadRow, Options, Spelling};
use crate::process::objects::{self, ObjectFigures};
use crate::process::render::{self, dfg, dot, mermaid, svg};
use crate::process::{ProcessFigures, ProcessStep, ProcessWishes, json};
use crate::report::Report;
use crate::source::look;
use crate::step::{BoundStep, Step, Steps};
use crate::target::object_tables::fill_objects;
use crate::target::process_tables::ProcessTables;
use crate::target::report_file::ReportFile;
use crate::target::several::Several;
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants};

/// Figures that are asked for, and where they go.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureTarget {
    /// Which figures are asked for.
    pub settings: FigureSettings,
    /// The file; `None` for the standard output of the program, which the library leaves to its caller.
    pub path: Option<PathBuf>,
    /// Whether files that are there may be replaced.
    pub replace: Replace,
    /// The moment of the run, in seconds since 1970.
    pub now: i64,
}

/// Which figures are asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum FigureSettings {
    /// Statistics of the process.
    Stats(StatsSettings),
    /// The result of an inspection.
    Inspect(InspectSettings),
}

impl FigureTarget {
    /// The name of such a target in a pipeline.
    pub fn kind(&self) -> &'static str {
        match &self.settings {
            FigureSettings::Stats(_) => "stats",
            FigureSettings::Inspect(_) => "inspect",
        }
    }

    /// Everything that is written.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.path.iter().cloned().collect();
        match &self.settings {
            FigureSettings::Stats(it) => {
                paths.extend(it.tables.iter().flat_map(|folder| ProcessTables::paths(folder)));
            }
            FigureSettings::Inspect(it) => paths.extend(it.html.iter().chain(&it.findings).cloned()),
        }
        paths
    }

    /// What is wrong with names and places, asked before anything is read.
    ///
    /// # Errors
    /// [`Code::Usage`] for a name that says no form, [`Code::OutputExists`], what else keeps a file from being
    /// written, and what is wrong with a file of rules.
    pub fn check(&self) -> Result<()> {
        let (path, mut files) = (self.path.as_deref(), Vec::from_iter(self.path.as_deref()));
        match &self.settings {
            FigureSettings::Stats(it) => {
                it.form(path)?;
                if let Some(folder) = &it.tables {
                    ProcessTables::check(folder, self.replace)?;
                }
            }
            FigureSettings::Inspect(it) => {
                it.form(path)?;
                if let Some(rules) = &it.rules {
                    Rules::read(rules)?;
                }
                files.extend(it.html.iter().chain(&it.findings).map(PathBuf::as_path));
            }
        }
        files.into_iter().try_for_each(|path| check_place(path, self.replace))
    }
}

/// What a run found out for one target, and the report at its end.
#[derive(Debug)]
pub struct FoundFigures {
    /// Figures of the run.
    pub report: Report,
    /// The figures that were found.
    pub result: FigureResult,
}

/// What was found for one target.
#[derive(Debug)]
pub enum FigureResult {
    /// Statistics, which several targets may share.
    Stats(Arc<ProcessFigures>),
    /// Statistics of an object-centric log.
    Objects(Arc<ObjectFigures>),
    /// The result of an inspection.
    Inspect(Box<Inspection>),
}

/// Texts for people, which follow from the terminal and are the caller's.
#[derive(Clone, Copy)]
pub struct FigureTexts {
    /// Statistics as tables; the number: rows of each.
    pub stats: fn(&ProcessFigures, &Report, Option<usize>) -> String,
    /// The same of an object-centric log.
    pub objects: fn(&ObjectFigures, &Report, Option<usize>) -> String,
    /// The result of an inspection as text.
    pub inspect: fn(&Inspection, &Report) -> String,
}

/// All figures of a run. Clones share what is found.
#[derive(Clone, Default)]
pub struct FigureSet {
    /// What is asked for, in order.
    pub wanted: Vec<FigureTarget>,
    /// How texts for people are made, if the caller can.
    pub texts: Option<FigureTexts>,
    found: Arc<Mutex<Vec<Option<FoundFigures>>>>,
}

impl fmt::Debug for FigureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FigureSet").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl FigureSet {
    /// Figures that are asked for.
    pub fn new(wanted: Vec<FigureTarget>) -> Self {
        Self { wanted, texts: None, found: Arc::default() }
    }

    /// Whether none are asked for.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The steps that a run needs for them, and the targets that they go to.
    ///
    /// # Errors
    /// What is wrong with a file of rules; [`Code::MemoryLimit`] if the limit is too small.
    pub fn targets(&self, options: &Options, observer: &Observer) -> Result<(Steps, Vec<Box<dyn Target>>)> {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) =
            self.wanted.iter().map(|_| None).collect();
        let mut steps: Vec<Arc<dyn Step>> = Vec::new();
        let mut targets: Vec<Box<dyn Target>> = Vec::new();
        let mut counted: Vec<(Option<u64>, Arc<SharedFigures>)> = Vec::new();
        for (at, wanted) in self.wanted.iter().enumerate() {
            let slot = Slot { found: Arc::clone(&self.found), at, texts: self.texts };
            match &wanted.settings {
                FigureSettings::Stats(settings) => {
                    // One count is enough for all targets that ask for the same.
                    let is_same = |(profile, _): &&(Option<u64>, _)| *profile == settings.temporal_profile;
                    let known = counted.iter().find(is_same).map(|(_, figures)| Arc::clone(figures));
                    let warns = known.is_none();
                    let figures = match known {
                        Some(figures) => figures,
                        None => {
                            let cases = self.wanted.iter().any(|it| has_tables(it, settings));
                            let profile = settings.temporal_profile.map(whole);
                            let wishes = ProcessWishes { cases, temporal_profile: profile };
                            let step = ProcessStep::new(&options.run, wishes, observer);
                            steps.push(Arc::new(QuietStats(step.clone())));
                            let figures = Arc::new(SharedFigures { step, figures: Mutex::new(None) });
                            counted.push((settings.temporal_profile, Arc::clone(&figures)));
                            figures
                        }
                    };
                    targets.push(Box::new(StatsTarget {
                        wanted: wanted.clone(),
                        settings: settings.clone(),
                        figures,
                        slot,
                        warns,
                        ready: Vec::new(),
                        tables: None,
                        warning: None,
                    }));
                }
                FigureSettings::Inspect(settings) => {
                    let asked = InspectOptions {
                        findings: settings.findings.is_some(),
                        as_of: settings.as_of.unwrap_or(wanted.now),
                        rules: settings.rules.as_deref().map(Rules::read).transpose()?.unwrap_or_default(),
                        ..InspectOptions::default()
                    };
                    let inspect = InspectSteps::new(&asked, options, observer)?;
                    steps.extend(inspect.steps().0);
                    targets.push(Box::new(InspectTarget {
                        wanted: wanted.clone(),
                        settings: settings.clone(),
                        steps: inspect,
                        slot,
                        ready: Vec::new(),
                    }));
                }
            }
        }
        Ok((Steps(steps), targets))
    }

    /// What the last run found, one for each that was asked for.
    pub fn take(&self) -> Vec<Option<FoundFigures>> {
        std::mem::take(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs for the figures alone: rows go nowhere.
    ///
    /// # Errors
    /// What is wrong with inputs, options or outputs.
    pub fn run(
        &self,
        inputs: &[Input],
        options: &Options,
        (steps, report): (&Steps, Option<&OutputPlace>),
        observer: &Observer,
    ) -> Result<Report> {
        let is_inspect = |it: &FigureTarget| matches!(it.settings, FigureSettings::Inspect(_));
        for wanted in &self.wanted {
            wanted.check()?;
            wanted.paths().iter().try_for_each(|path| refuse_replaced(path, inputs))?;
        }
        let inputs = look::replayable(inputs);
        if !self.wanted.iter().any(is_inspect) && are_objects(&inputs, options, observer)? {
            return self.of_objects(&inputs, options, (steps, report), observer);
        }
        let mut options = options.clone();
        // An inspection counts malformed records. Files of typed values have none.
        if self.wanted.iter().all(is_inspect)
            && options.table.on_bad_row == OnBadRow::Fail
            && !are_typed(&inputs, &options, observer)?
        {
            options = options.with_bad_rows_aside();
        }
        let (own, mut targets) = self.targets(&options, observer)?;
        let mut report = report.map(|place| ReportFile::new(place.clone()));
        let mut members: Vec<(&mut dyn Target, Option<_>)> = Vec::new();
        for target in &mut targets {
            members.push((target.as_mut(), None));
        }
        members.extend(report.as_mut().map(|it| (it as &mut dyn Target, None)));
        let conversion = Convert::all(inputs).options(options).steps(steps.clone()).steps(own);
        conversion.run(&mut Several::new(members), observer)
    }
}

impl FigureSet {
    /// The same for an object-centric log, or the bundle of one, which has no rows of events alone.
    fn of_objects(
        &self,
        inputs: &[Input],
        options: &Options,
        (steps, report): (&Steps, Option<&OutputPlace>),
        observer: &Observer,
    ) -> Result<Report> {
        let refused = |asked: String| {
            let help =
                "choose another form; or make an event log of one type of objects with ⟦flatten⟧ OBJECT_TYPE";
            let what = format!("{asked} is for logs with cases, and this is an object-centric log");
            Err(Error::new(Code::Usage, what).help(help))
        };
        if let Some(step) = steps.0.first() {
            return refused(format!("the step {}", step.name()));
        }
        if report.is_some() {
            return refused("a report beside statistics".to_owned());
        }
        let settings = || {
            self.wanted.iter().filter_map(|it| match &it.settings {
                FigureSettings::Stats(settings) => Some((it, settings)),
                FigureSettings::Inspect(_) => None,
            })
        };
        for (wanted, settings) in settings() {
            if settings.form(wanted.path.as_deref())? == StatsForm::Dfg {
                return refused("the form dfg".to_owned());
            }
            if settings.temporal_profile.is_some() {
                return refused("⟦temporal-profile⟧".to_owned());
            }
        }
        let [input] = inputs else {
            return Err(Error::new(Code::Usage, "expected one object-centric log, found several inputs")
                .help("give it alone"));
        };
        let rows = settings().any(|(_, settings)| settings.tables.is_some());
        let (report, figures) = object_stats_of(input, rows, options, observer)?;
        let figures = Arc::new(figures);
        let (mut ready, mut folders, mut found) = (Vec::new(), Vec::new(), Vec::new());
        for (wanted, settings) in settings() {
            if let Some(path) = &wanted.path {
                let form = settings.form(Some(path))?;
                ready.push(file(path, wanted.replace, |out| match (form, self.texts) {
                    (StatsForm::Table, Some(texts)) => {
                        let text = (texts.objects)(&figures, &report, settings.top.map(whole));
                        out.write_all(text.as_bytes())
                    }
                    (form, _) => write_object_stats(&figures, form, settings.top, out),
                })?);
            }
            if let Some(folder) = &settings.tables {
                let tables = ProcessTables::create(folder, wanted.replace)?;
                fill_objects(&tables, &figures)?;
                folders.push(tables);
            }
            let result = FigureResult::Objects(Arc::clone(&figures));
            found.push(Some(FoundFigures { report: report.clone(), result }));
        }
        commit(&mut ready)?;
        folders.into_iter().try_for_each(ProcessTables::commit)?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(report)
    }
}

/// Writes statistics of an object-centric log in a form that is not for people.
///
/// # Errors
/// If `out` can't be written.
pub fn write_object_stats(
    figures: &ObjectFigures,
    form: StatsForm,
    top: Option<u64>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let most = top.filter(|top| *top > 0).map(whole);
    match form {
        // A directly-follows graph has one kind of cases; it was refused before.
        StatsForm::Table | StatsForm::Json | StatsForm::Dfg => objects::json::write(figures, most, out),
        StatsForm::Dot => render::objects::write_dot(figures, most, out),
        StatsForm::Mermaid => render::objects::write_mermaid(figures, most, out),
        StatsForm::Svg => {
            let most = if top.is_none() { Some(svg::SHOWN) } else { most };
            render::objects::write_svg(figures, most, out)
        }
    }
}

/// Whether a target wants a row for each case, of the count that `settings` asks for.
fn has_tables(target: &FigureTarget, settings: &StatsSettings) -> bool {
    matches!(&target.settings, FigureSettings::Stats(it)
        if it.tables.is_some() && it.temporal_profile == settings.temporal_profile)
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Writes statistics in a form that is not for people.
///
/// # Errors
/// If `out` can't be written.
pub fn write_stats(
    figures: &ProcessFigures,
    form: StatsForm,
    top: Option<u64>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let most = top.filter(|top| *top > 0).map(whole);
    match form {
        StatsForm::Table | StatsForm::Json => json::write(figures, most, out),
        StatsForm::Dot => dot::write(figures, most, out),
        StatsForm::Mermaid => mermaid::write(figures, most, out),
        StatsForm::Svg => svg::write(figures, if top.is_none() { Some(svg::SHOWN) } else { most }, out),
        StatsForm::Dfg => dfg::write(figures, out),
    }
}

/// An inspection in a form that is not for people. Help in it names flags, wherever it was asked for: it is
/// read apart from the run.
pub fn inspection_text(result: &Inspection, form: InspectForm, report: &Report) -> String {
    match form {
        InspectForm::Html => result.to_html(report, Spelling::FLAGS),
        InspectForm::Table | InspectForm::Json => {
            format!("{:#}\n", result.to_json(report, Spelling::FLAGS))
        }
    }
}

/// Counts rows, and leaves no trace of that in the metadata of what is written.
#[derive(Debug)]
struct QuietStats(ProcessStep);

impl Step for QuietStats {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        // A table without what is needed is an error here, and would pass silently below.
        self.0.bind(table)?;
        ProcessIfAny::new(self.0.clone()).bind(table)
    }

    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        self.0.needs(table)
    }
}

/// Figures of a count, taken from its step once.
struct SharedFigures {
    step: ProcessStep,
    figures: Mutex<Option<Arc<ProcessFigures>>>,
}

impl SharedFigures {
    fn get(&self) -> Arc<ProcessFigures> {
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(figures.get_or_insert_with(|| Arc::new(self.step.take_figures())))
    }

    /// Forgets what an earlier run found.
    fn clear(&self) {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Where a target leaves what it found.
struct Slot {
    found: Arc<Mutex<Vec<Option<FoundFigures>>>>,
    at: usize,
    texts: Option<FigureTexts>,
}

impl Slot {
    fn put(&self, report: &Report, result: FigureResult) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = found.get_mut(self.at) {
            *slot = Some(FoundFigures { report: report.clone(), result });
        }
    }

    /// # Errors
    /// [`Code::Usage`] if the caller has no texts for people.
    fn texts(&self) -> Result<FigureTexts> {
        self.texts.ok_or_else(|| {
            Error::new(Code::Usage, "tables for people are written by the program logflow alone")
                .help("give ⟦format⟧ json")
        })
    }
}

/// A file that `fill` fills, ready to appear.
fn file(
    path: &Path,
    replace: Replace,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<OutputFile> {
    let output = OutputFile::create(path, replace)?;
    let mut out = BufWriter::new(output.file());
    let written = fill(&mut out).and_then(|()| out.flush());
    written.map_err(|error| Error::io(Code::OutputWrite, path, &error))?;
    drop(out);
    Ok(output)
}

/// Makes files appear.
fn commit(ready: &mut Vec<OutputFile>) -> Result<()> {
    std::mem::take(ready).into_iter().try_for_each(OutputFile::commit)
}

/// Statistics of the process.
struct StatsTarget {
    wanted: FigureTarget,
    settings: StatsSettings,
    figures: Arc<SharedFigures>,
    slot: Slot,
    /// Whether it gives the warnings about the figures, which targets may share.
    warns: bool,
    ready: Vec<OutputFile>,
    tables: Option<ProcessTables>,
    warning: Option<Warning>,
}

impl Target for StatsTarget {
    fn check(&self, _: &Options) -> Result<()> {
        if self.wanted.path.is_some() && self.settings.form(self.wanted.path.as_deref())? == StatsForm::Table
        {
            self.slot.texts()?;
        }
        self.wanted.check()
    }

    fn takes_rows(&self) -> bool {
        false
    }

    fn paths(&self) -> Vec<PathBuf> {
        self.wanted.paths()
    }

    fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        self.abandon();
        self.figures.clear();
        Ok(Wants::Findings)
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let (figures, report) = (self.figures.get(), &*summary.report);
        let (top, replace) = (self.settings.top, self.wanted.replace);
        if let Some(path) = &self.wanted.path {
            let form = self.settings.form(Some(path))?;
            self.ready.push(match form {
                StatsForm::Table => {
                    let text = (self.slot.texts()?.stats)(&figures, report, top.map(whole));
                    file(path, replace, |out| out.write_all(text.as_bytes()))?
                }
                form => file(path, replace, |out| write_stats(&figures, form, top, out))?,
            });
        }
        if let Some(folder) = &self.settings.tables {
            let tables = ProcessTables::create(folder, replace)?;
            tables.fill(&figures)?;
            self.tables = Some(tables);
        }
        self.warning = late_events(&figures).filter(|_| self.warns);
        self.slot.put(report, FigureResult::Stats(figures));
        Ok(())
    }

    fn warnings(&self) -> Vec<Warning> {
        self.warning.iter().cloned().collect()
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        commit(&mut self.ready)?;
        self.tables.take().map_or(Ok(()), ProcessTables::commit)
    }

    fn abandon(&mut self) {
        self.ready.clear();
        self.tables = None;
    }
}

/// A target for the result of an inspection.
struct InspectTarget {
    wanted: FigureTarget,
    settings: InspectSettings,
    steps: InspectSteps,
    slot: Slot,
    ready: Vec<OutputFile>,
}

impl Target for InspectTarget {
    fn check(&self, _: &Options) -> Result<()> {
        if self.wanted.path.is_some()
            && self.settings.form(self.wanted.path.as_deref())? == InspectForm::Table
        {
            self.slot.texts()?;
        }
        self.wanted.check()
    }

    fn takes_rows(&self) -> bool {
        false
    }

    fn paths(&self) -> Vec<PathBuf> {
        self.wanted.paths()
    }

    fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        self.ready.clear();
        Ok(Wants::Findings)
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let (report, replace) = (&*summary.report, self.wanted.replace);
        let mut result = self.steps.result(report)?;
        let put = |path: &Path, text: String| file(path, replace, |out| out.write_all(text.as_bytes()));
        if let Some(path) = &self.wanted.path {
            let text = match self.settings.form(Some(path))? {
                InspectForm::Table => (self.slot.texts()?.inspect)(&result, report),
                form => inspection_text(&result, form, report),
            };
            self.ready.push(put(path, text)?);
        }
        if let Some(path) = &self.settings.html {
            self.ready.push(put(path, inspection_text(&result, InspectForm::Html, report))?);
        }
        if let Some(path) = &self.settings.findings {
            let output = OutputFile::create(path, replace)?;
            result.write_findings(report, output.file())?;
            self.ready.push(output);
        }
        self.slot.put(report, FigureResult::Inspect(Box::new(result)));
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        commit(&mut self.ready)
    }

    fn abandon(&mut self) {
        self.ready.clear();
    }
}
