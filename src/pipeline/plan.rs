//! What jobs do for a pipeline: options of reading and writing, steps that reading does not do itself, outputs.
//!
//! Steps at the front that choose rows, then columns, become options of reading, which then reads those columns
//! alone; so does a step at the end that names columns. All others are steps of the run. What is written is the
//! same either way.

use std::path::PathBuf;

use super::sections::{TargetSection, run_options};
use super::targets::{Layout, TargetKind, TargetSettings};
use super::value::Pipeline;
use super::view::ViewSettings;
use crate::encode::output::Replace;
use crate::error::{Code, Error, Result};
use crate::jobs::beside::Beside;
use crate::jobs::choice::OutputChoice;
use crate::jobs::figures::{FigureSet, FigureSettings, FigureTarget};
use crate::machine;
use crate::options::{InputFormat, Options, RowGroupSize, Spelling, TimestampUnit, read_schema_file};
use crate::source::formats::format_named;
use crate::step::Steps;
use crate::step::registry::{StepEntry, StepPlace, StepTables};
use crate::target::OutputPlace;
use crate::target::ocel::BundleLayout;
use crate::target::xes::is_xes;
use crate::text::row::FormatRow;

/// The options that were given for this run, and how its messages name options.
#[derive(Debug, Clone, Default)]
pub struct GivenOptions {
    /// Names with `-` between words.
    pub names: Vec<String>,
    /// How messages name options.
    pub spelling: Spelling,
    /// The file that the pipeline was read from, which no target may replace.
    pub file: Option<PathBuf>,
}

/// What jobs do for a pipeline.
#[derive(Debug, Clone)]
pub struct PipelinePlan {
    /// Files, folders, patterns and standard input, as they were named.
    pub inputs: Vec<PathBuf>,
    /// The format of all inputs, if it was named.
    pub from: Option<&'static FormatRow>,
    /// Options of the run, with those of the first output.
    pub options: Options,
    /// The first output; `None` if no log is written.
    pub output: Option<PathBuf>,
    /// What is said of outputs beside their names, with the steps of the run and its report.
    pub choice: OutputChoice,
    /// All outputs, if there are several.
    pub outputs: Vec<TargetSection>,
    /// The look at the rows, which is then all that the run does.
    pub view: Option<ViewSettings>,
    /// The first step that is for event logs alone, be it done by reading or by the run.
    pub for_events: Option<&'static str>,
    /// The file of the pipeline, which no target may replace.
    pub file: Option<PathBuf>,
}

impl PipelinePlan {
    /// The paths of all outputs behind the first, which a search for inputs does not know.
    pub fn further_outputs(&self) -> Vec<PathBuf> {
        let logs = self.outputs.iter().skip(1).map(|target| target.words.path.clone());
        logs.chain(self.beside_paths()).collect()
    }

    /// The paths of the report and of figures.
    pub fn beside_paths(&self) -> Vec<PathBuf> {
        let beside = &self.choice.beside;
        let report = beside.report.iter().map(|place| place.path.clone());
        report.chain(beside.figures.wanted.iter().flat_map(FigureTarget::paths)).collect()
    }
}

/// Whether an output that is there may be replaced.
pub fn replace(force: bool) -> Replace {
    if force { Replace::Force } else { Replace::Never }
}

impl TargetSection {
    /// Where it is written.
    pub fn place(&self) -> OutputPlace {
        OutputPlace { path: self.words.path.clone(), replace: replace(self.words.force) }
    }

    /// The layout of its tables, if it is that of another program.
    pub fn other_layout(&self) -> Option<BundleLayout> {
        match self.words.layout {
            Layout::Bundle => None,
            Layout::Pm4py => Some(BundleLayout::Pm4py),
            Layout::Oceldb => Some(BundleLayout::Oceldb),
        }
    }
}

impl Pipeline {
    /// The targets of a kind, in order.
    pub fn targets_of(&self, kind: TargetKind) -> impl Iterator<Item = &TargetSection> {
        self.targets.iter().filter(move |target| target.words.kind == kind)
    }

    /// What jobs do. `given`: the options that were given for this run, and how messages name options.
    ///
    /// # Errors
    /// What does not fit together, and what is wrong with the file of declared columns.
    pub fn plan(&self, given: GivenOptions) -> Result<PipelinePlan> {
        let logs: Vec<&TargetSection> = self.targets_of(TargetKind::Log).collect();
        let reports: Vec<&TargetSection> = self.targets_of(TargetKind::Report).collect();
        if let [_, second, ..] = reports.as_slice() {
            let what = format!("{} is a second report of one run", second.words.path.display());
            return Err(Error::new(Code::PipelineTarget, what).help("leave one of them out"));
        }
        let view = self.view(&logs)?;
        let file = given.file.clone();
        let (mut options, from) = self.reading(given)?;
        if let Some(first) = logs.first() {
            options.write = first.write.clone();
            options.write.timestamp_unit = units(&logs).next().unwrap_or_default();
        }
        let own = self.put_steps(&mut options);
        options.hides_values = self.hides_values();
        let steps: Result<Vec<_>> = own.iter().map(|entry| entry.settings.make(&options)).collect();
        let is_for_events = |entry: &&StepEntry| entry.row.tables == StepTables::Events;
        let for_events = own.iter().find(is_for_events).map(|entry| entry.row.name);
        let first = logs.first().copied().cloned().unwrap_or_default();
        if logs.len() > 1 {
            refuse_together(&logs)?;
            options.write.tables = logs.iter().any(|target| target.write.tables);
        }
        Ok(PipelinePlan {
            inputs: self.source.words.inputs.clone(),
            from,
            options,
            output: logs.first().map(|target| target.words.path.clone()),
            choice: OutputChoice {
                flatten: first.words.flatten.clone(),
                layout: first.other_layout(),
                replace: replace(first.words.force),
                beside: Beside {
                    steps: Steps(steps?),
                    for_events,
                    report: reports.first().map(|target| target.place()),
                    figures: FigureSet::new(self.targets.iter().filter_map(figures).collect()),
                },
            },
            outputs: if logs.len() > 1 { logs.into_iter().cloned().collect() } else { Vec::new() },
            view,
            for_events: self.steps.iter().find(is_for_events).map(|entry| entry.row.name),
            file,
        })
    }

    /// What is asked of a look at the rows, which is the only target then.
    fn view(&self, logs: &[&TargetSection]) -> Result<Option<ViewSettings>> {
        let Some(target) = self.targets_of(TargetKind::View).next() else { return Ok(None) };
        let TargetSettings::View(settings) = &target.settings else { return Ok(None) };
        if self.targets.len() > 1 {
            let other = match logs.first() {
                Some(log) => log.words.path.display().to_string(),
                None => "another target".to_owned(),
            };
            let what = format!(
                "a target of the kind view reads the rows that it shows and no others, beside {other}"
            );
            return Err(Error::new(Code::PipelineTarget, what).help("look at the rows in a run of its own"));
        }
        settings.check()?;
        Ok(Some((**settings).clone()))
    }

    /// The options of reading and of the run, without steps and outputs, and the format that was named.
    ///
    /// # Errors
    /// What does not fit together, and what is wrong with the file of declared columns.
    pub fn reading(&self, given: GivenOptions) -> Result<(Options, Option<&'static FormatRow>)> {
        let mut read = self.source.read.clone();
        read.csv.check()?;
        let from = read.from.as_ref().map(format_named).transpose()?;
        // A log is made first of a format that is not read itself.
        read.from = from.map(|row| row.via.map_or_else(|| row.into(), InputFormat::new));
        let mut table = self.source.table.clone();
        if let Some(path) = &self.source.words.schema {
            table.declared = read_schema_file(path)?;
        }
        let run = run_options(&self.run);
        let mut options = Options { read, table, run, spelling: given.spelling, ..Options::default() };
        options.explicit.names = given.names;
        Ok((options, from))
    }

    /// The number of steps at the front that reading does itself.
    pub fn steps_of_reading(&self) -> usize {
        let mut last: Option<StepPlace> = None;
        let is_first = |entry: &&StepEntry| {
            let is_next = entry.row.place != Some(StepPlace::Names) && entry.row.place > last;
            last = entry.row.place;
            is_next
        };
        self.steps.iter().take_while(is_first).count()
    }

    /// Puts the steps that reading does itself to its options; gives those that are steps of the run.
    fn put_steps(&self, options: &mut Options) -> Vec<StepEntry> {
        let (first, own) = self.steps.split_at(self.steps_of_reading());
        first.iter().for_each(|entry| entry.settings.put(&mut options.table));
        let mut own = own.to_vec();
        if let Some(entry) = own.pop_if(|entry| entry.row.place == Some(StepPlace::Names)) {
            entry.settings.put(&mut options.table);
        }
        own
    }
}

/// What a target asks for, if it is one of figures.
pub fn figures(target: &TargetSection) -> Option<FigureTarget> {
    let settings = match &target.settings {
        TargetSettings::Stats(it) => FigureSettings::Stats(it.clone()),
        TargetSettings::Inspect(it) => FigureSettings::Inspect(it.clone()),
        TargetSettings::None | TargetSettings::View(_) => return None,
    };
    let path = target.file().map(PathBuf::from);
    Some(FigureTarget { settings, path, replace: replace(target.words.force), now: machine::now() })
}

/// The units of timestamps that outputs ask for; XES has none.
fn units(logs: &[&TargetSection]) -> impl Iterator<Item = TimestampUnit> {
    logs.iter().filter(|target| !is_xes(&target.words.path)).map(|target| target.write.timestamp_unit)
}

/// Several outputs of one pass: what they must have in common.
fn refuse_together(logs: &[&TargetSection]) -> Result<()> {
    let sizes = || logs.iter().map(|target| target.write.row_group);
    let first: RowGroupSize = logs[0].write.row_group;
    if sizes().any(|size| size != first) {
        return Err(Error::new(
            Code::PipelineTarget,
            "targets of one pass have the same row groups, and these ask for different sizes",
        )
        .help("give all targets the same ⟦row-group-size⟧, or write them in two runs"));
    }
    if units(logs).any(|unit| Some(unit) != units(logs).next()) {
        return Err(Error::new(Code::PipelineTarget, "targets of one pass must have timestamps of one unit")
            .help("give all targets the same ⟦timestamp-unit⟧, or write them in two runs"));
    }
    if let Some(target) = logs.iter().find(|target| target.words.flatten.is_some()) {
        let what = format!(
            "{} asks for ⟦flatten⟧, which makes a log of its own before rows are written, beside other targets",
            target.words.path.display()
        );
        return Err(Error::new(Code::PipelineTarget, what).help("write it in a run of its own"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::roles::Naming;
    use crate::options::document::Node;

    fn planned(steps: &[&str]) -> PipelinePlan {
        let mut text = "[source]\ninputs = \"a.csv\"\n".to_owned();
        for step in steps {
            text.push_str("[[step]]\n");
            text.push_str(match *step {
                "where" => "kind = \"where\"\ncondition = \"a > 1\"\n",
                "select" => "kind = \"select\"\ncolumns = \"a,b\"\n",
                "exclude" => "kind = \"exclude\"\ncolumns = [\"b\"]\n",
                _ => "kind = \"naming\"\nnames = \"xes\"\n",
            });
        }
        Pipeline::read(&Node::from_toml(&text).unwrap()).unwrap().plan(GivenOptions::default()).unwrap()
    }

    #[test]
    fn steps_at_the_front_and_names_at_the_end_are_options_of_reading() {
        let own = |steps: &[&str]| -> Vec<String> {
            planned(steps).choice.beside.steps.0.iter().map(|step| step.name().to_owned()).collect()
        };
        assert_eq!(own(&["where", "select", "exclude", "naming"]), [""; 0]);
        assert_eq!(own(&["select", "where", "naming"]), ["where"]);
        assert_eq!(own(&["where", "where", "select"]), ["where", "select"]);
        assert_eq!(own(&["naming", "select"]), ["naming", "select"]);
        let plan = planned(&["where", "select", "naming"]);
        assert_eq!(plan.options.table.select, ["a", "b"]);
        assert_eq!(plan.options.table.naming, Naming::Xes);
        assert!(plan.options.table.condition.is_some());
        assert_eq!(planned(&["naming", "select"]).options.table.naming, Naming::Source);
    }
}
