//! What a run of a pipeline would do, from a look at the beginning of its inputs: nothing is written.

use std::path::PathBuf;

use arrow::datatypes::DataType;
use serde::Serialize;

use super::decide::{decide, refuse_places};
use super::plan::{GivenOptions, PipelinePlan};
use super::sections::TargetSection;
use super::targets::{TargetKind, TargetSettings};
use super::value::Pipeline;
use super::{several, words};
use crate::budget::Budget;
use crate::convert::preview_steps;
use crate::encode::output::check_place;
use crate::encode::output_folder::check_folder;
use crate::error::{Code, Result};
use crate::jobs::beside::step_refused;
use crate::jobs::job::{kind_of, within_keys};
use crate::jobs::outputs::{self, OutputKind};
use crate::jobs::search::{self, FoundInputs, InputSearch};
use crate::mmap::Input;
use crate::model::catalog::TableSchema;
use crate::model::ocel::META;
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::{Choice, Options};
use crate::source::columns::type_name;
use crate::source::formats::is_typed;
use crate::step::Steps;
use crate::step::registry::{StepNeed, StepTables};
use crate::target::ocel::{BundleLayout, OcelForm};
use crate::target::xes::{is_xes, no_case};
use crate::target::xlsx::is_xlsx;

/// What a run would do.
#[derive(Debug, Clone, Serialize)]
pub struct PlanLook {
    /// The logs: inputs that are read together.
    pub logs: Vec<LogLook>,
    /// How many files of folders are left out.
    pub left_out: usize,
    /// What the run uses of the machine.
    pub memory: MemoryLook,
    /// What the run writes.
    pub targets: Vec<TargetLook>,
    /// The words of the command line that does the same, if there is one.
    pub command: Option<Vec<String>>,
    /// What a command line cannot say.
    pub beyond_command: Vec<String>,
}

/// Inputs that are read together as one log.
#[derive(Debug, Clone, Serialize)]
pub struct LogLook {
    /// The inputs that are read.
    pub inputs: Vec<InputLook>,
    /// What they hold.
    pub kind: &'static str,
    /// The tables as they are read.
    pub tables: Vec<TableLook>,
    /// The steps in order.
    pub steps: Vec<StepLook>,
    /// Passes over the input, the fewest and the most.
    pub passes: (u32, u32),
    /// Warnings of the look.
    pub warnings: Vec<crate::model::warning::Warning>,
}

/// What is known of an input before it is read.
#[derive(Debug, Clone, Serialize)]
pub struct InputLook {
    /// The input as it was named.
    pub name: String,
    /// The name of the format, as `from` has it.
    pub format: String,
    /// Its size in bytes; 0 if it is not known.
    pub bytes: u64,
    /// How it is compressed.
    pub compression: Option<&'static str>,
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableLook {
    /// Its name; `None` for the only table of an event log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The columns in their order.
    pub columns: Vec<ColumnLook>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnLook {
    /// The name of the column.
    pub name: String,
    /// The type, by the name that reports have for it.
    #[serde(rename = "type")]
    pub column_type: String,
    /// The role that it plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
}

/// One step at its place.
#[derive(Debug, Clone, Serialize)]
pub struct StepLook {
    /// The name of the step, as `kind` has it.
    pub kind: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The settings of the step.
    pub settings: serde_json::Value,
    /// Columns that its settings name.
    pub needs_columns: Vec<String>,
    /// What else it needs, in words.
    pub needs: Vec<String>,
    /// Whether what it does to the tables is known: not of a log that is flattened first.
    pub is_known: bool,
    /// Whether it may remove rows.
    pub removes_rows: bool,
    /// The tables that it changes, as they come out of it.
    pub tables: Vec<TableLook>,
    /// Why it can't be done with the types that the beginning of the input has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// What a run uses of the machine.
#[derive(Debug, Clone, Serialize)]
pub struct MemoryLook {
    /// Bytes that the process may hold.
    pub limit: u64,
    /// Worker threads that this allows.
    pub workers: usize,
}

/// An output of the run.
#[derive(Debug, Clone, Serialize)]
pub struct TargetLook {
    /// What is written: a log or a report.
    pub kind: &'static str,
    /// The path of the output.
    pub path: String,
    /// The form in which it is written.
    pub form: String,
    /// Whether something is there that is replaced.
    pub replaces: bool,
}

/// Looks at the inputs of a pipeline and at the places of its outputs.
///
/// # Errors
/// What is wrong with inputs, steps or outputs, as far as the beginning of the inputs shows it.
pub fn look(pipeline: &Pipeline, given: GivenOptions, observer: &Observer) -> Result<PlanLook> {
    let plan = pipeline.plan(given.clone())?;
    let (mut options, _) = pipeline.reading(given)?;
    options.write = plan.options.write.clone();
    let search = InputSearch { options: &options, output: plan.output.as_deref() };
    let found = search.find(&plan.inputs)?.without(&plan.further_outputs());
    if let Some(error) = found.failed.first() {
        return Err(error.clone());
    }
    let run = options.run.for_outputs(plan.outputs.len())?;
    let budget = Budget::new(run.memory_limit, run.threads)?;
    let further = Budget::encoders(run.threads, plan.outputs.len().saturating_sub(1));
    let limit = options.run.memory_limit.unwrap_or_else(|| Budget::usual(run.threads) + further);
    if let Some(output) = &plan.output {
        options = within_keys(output, &options)?.into_owned();
    }
    let (groups, outputs) = groups(&plan, &found, &options, observer)?;
    let mut logs = Vec::with_capacity(groups.len());
    for (group, kind) in &groups {
        logs.push(look_at(pipeline, group, *kind, &options)?);
    }
    let objects = logs.iter().any(|log| log.kind != EVENTS);
    let targets = pipeline.targets.iter().map(|it| target_look(it, objects)).collect::<Result<_>>()?;
    // Of a text, malformed records may be left out, which some outputs do not bear.
    let is_text = logs.iter().flat_map(|log| &log.inputs).any(|input| is_text(&input.format));
    for section in pipeline.targets_of(TargetKind::Log).filter(|it| is_text && it.words.flatten.is_none()) {
        if plan.outputs.len() > 1 || !outputs::is_folder(&section.words.path) {
            several::target(section, objects, None).check(&plan.options)?;
        }
    }
    for (inputs, output) in &outputs {
        outputs::refuse_replaced(output, inputs)?;
    }
    let (command, beyond_command) = match words::of(pipeline)? {
        words::CommandWords::Words(words) => (Some(words), Vec::new()),
        words::CommandWords::Beyond(reasons) => (None, reasons),
    };
    Ok(PlanLook {
        logs,
        left_out: found.left_out.len(),
        memory: MemoryLook { limit, workers: budget.workers() },
        targets,
        command,
        beyond_command,
    })
}

/// The inputs that are read together, with what they hold; and for each output the inputs that it must not
/// replace.
type Groups = (Vec<(Vec<Input>, OutputKind)>, Vec<(Vec<Input>, PathBuf)>);

fn groups(
    plan: &PipelinePlan,
    found: &FoundInputs,
    options: &Options,
    observer: &Observer,
) -> Result<Groups> {
    let inputs = found.inputs();
    let beside = plan.beside_paths().into_iter().map(|path| (inputs.clone(), path));
    if plan.output.is_none() {
        refuse_places(plan)?;
        let kind = |group: &[Input]| {
            group.first().map_or(OutputKind::EventLog, |input| kind_of(input, plan.from, options))
        };
        if plan.choice.beside.figures.is_empty() {
            let groups = search::groups(inputs.clone(), options, observer).into_iter();
            return Ok((groups.map(|group| (group.clone(), kind(&group))).collect(), beside.collect()));
        }
        let kind = kind(&inputs);
        if kind == OutputKind::ObjectCentric {
            plan.choice.beside.refuse_objects()?;
        }
        return Ok((vec![(inputs.clone(), kind)], beside.collect()));
    }
    let decided = decide(plan, found, None, observer)?;
    let mut outputs: Vec<(Vec<Input>, PathBuf)> = match decided.is_several {
        true => plan.outputs.iter().map(|it| (inputs.clone(), it.words.path.clone())).collect(),
        false => decided.tasks.iter().map(|it| (it.job.inputs.clone(), it.job.output.clone())).collect(),
    };
    outputs.extend(beside);
    Ok((decided.tasks.into_iter().map(|task| (task.job.inputs, task.kind)).collect(), outputs))
}

/// Whether a format has no types of its own, and no tables that are taken as they are.
fn is_text(format: &str) -> bool {
    format != BUNDLE && !is_typed(&crate::options::InputFormat::from(format.to_owned()))
}

/// The form of a folder of tables that is an input.
const BUNDLE: &str = "bundle";
const EVENTS: &str = "event log";
const OBJECTS: &str = "object-centric log";
const FLAT_TABLE: &str = "flat table of an object-centric log";

/// Looks at inputs that are read together.
fn look_at(pipeline: &Pipeline, inputs: &[Input], kind: OutputKind, options: &Options) -> Result<LogLook> {
    let flattened = pipeline.targets.iter().any(|target| target.words.flatten.is_some());
    if kind == OutputKind::FlatTable
        || inputs.iter().filter_map(Input::path).any(crate::target::ocel::is_bundle)
    {
        let kind = if kind == OutputKind::FlatTable { FLAT_TABLE } else { OBJECTS };
        let inputs = inputs.iter().map(|input| InputLook {
            name: input.to_string(),
            format: if kind == OBJECTS { BUNDLE.to_owned() } else { "ocel-csv".to_owned() },
            bytes: 0,
            compression: None,
        });
        let (tables, steps, warnings) = (Vec::new(), Vec::new(), Vec::new());
        return Ok(LogLook { inputs: inputs.collect(), kind, tables, steps, passes: (1, 3), warnings });
    }
    let (report, chains) = preview_steps(inputs, options, &Steps::default())?;
    let objects = kind == OutputKind::ObjectCentric;
    let mut schemas: Vec<TableSchema> = chains.iter().map(|chain| chain.output.clone()).collect();
    let tables = schemas.iter().map(table_look).collect();
    let typed =
        report.inputs.iter().all(|it| is_typed(&crate::options::InputFormat::from(it.format.to_owned())));
    let mut steps = Vec::with_capacity(pipeline.steps.len());
    let mut surveys = 0;
    for (at, entry) in pipeline.steps.iter().enumerate() {
        if objects && !flattened && entry.row.tables == StepTables::Events {
            return Err(step_refused(entry.row.name));
        }
        let step = entry.settings.make(options)?;
        let surveys_now = step.surveys();
        let needs = entry.row.needs.iter().filter(|need| surveys_now || **need != StepNeed::Survey);
        let mut found = StepLook {
            kind: entry.row.name,
            summary: entry.row.summary,
            settings: entry.settings.to_json()?,
            needs_columns: entry.settings.columns(),
            needs: needs.map(|need| need.described()).collect(),
            is_known: !flattened,
            removes_rows: false,
            tables: Vec::new(),
            doubt: None,
        };
        surveys += u32::from(surveys_now);
        // The rows of a flattened log are not known yet.
        for schema in schemas.iter_mut().filter(|_| !flattened) {
            if at < pipeline.steps_of_reading() {
                // Reading looks for columns before the step does.
                entry.settings.columns().iter().try_for_each(|name| schema.require(name).map(|_| ()))?;
            }
            match step.bind(schema) {
                Ok(None) => {}
                Ok(Some(bound)) => {
                    found.removes_rows |= !bound.keeps_rows;
                    if bound.output != *schema {
                        found.tables.push(table_look(&bound.output));
                    }
                    *schema = bound.output;
                }
                // Types of a sample may be others than those of the whole input.
                Err(error) if error.code() != Code::NoSuchColumn && !typed => {
                    found.doubt = Some(error.sentence());
                }
                Err(error) => return Err(error),
            }
        }
        steps.push(found);
    }
    let is_xes_input = report.inputs.iter().any(|it| it.format == "xes");
    let has_case = schemas.first().is_some_and(|schema| schema.role(Role::Case).is_some());
    let is_traces = pipeline.targets_of(TargetKind::Log).any(|target| is_xes(&target.words.path));
    if is_traces && !objects && !is_xes_input && !has_case {
        return Err(inputs.iter().filter_map(Input::path).fold(no_case(), |error, path| {
            match inputs.len() {
                1 => error.in_file(path),
                _ => error,
            }
        }));
    }
    let inputs = report.inputs.iter().map(|input| InputLook {
        name: input.name.clone(),
        format: input.format.to_owned(),
        bytes: input.bytes,
        compression: input.compression,
    });
    let most = match (typed, objects) {
        (true, _) => 1,
        (_, true) => 3,
        _ => 2,
    };
    Ok(LogLook {
        inputs: inputs.collect(),
        kind: if objects { OBJECTS } else { EVENTS },
        tables,
        steps,
        passes: (1 + surveys, most + surveys),
        warnings: report.warnings.clone(),
    })
}

fn table_look(schema: &TableSchema) -> TableLook {
    let column = |column: &crate::model::catalog::TableColumn| ColumnLook {
        name: column.name().to_owned(),
        column_type: name_of(column.field.data_type()),
        role: column.roles.first().map(|role| role.name()),
    };
    TableLook {
        name: schema.name.as_deref().map(str::to_owned),
        columns: schema.columns.iter().map(column).collect(),
    }
}

/// The name of a type as reports have it: text is text, however Arrow holds it.
fn name_of(data_type: &DataType) -> String {
    match data_type {
        DataType::Dictionary(_, values) => name_of(values),
        DataType::LargeUtf8 | DataType::Utf8View => type_name(&DataType::Utf8),
        other => type_name(other),
    }
}

/// What stands for the path of a target that is printed.
const STDOUT: &str = "standard output";

/// The form of figures and rows.
fn figures_form(target: &TargetSection) -> Result<String> {
    let word = |word: Option<&'static str>| word.unwrap_or_default();
    let mut form = match &target.settings {
        TargetSettings::Stats(it) => format!("statistics as {}", word(it.form(target.file())?.to_word())),
        TargetSettings::Inspect(it) => format!("inspection as {}", word(it.form(target.file())?.to_word())),
        TargetSettings::View(it) => format!("rows as {}", word(it.form.to_word())),
        TargetSettings::None => String::new(),
    };
    let beside = super::plan::figures(target).map(|it| it.paths()).unwrap_or_default();
    let beside: Vec<String> = match &target.settings {
        TargetSettings::Stats(it) => it.tables.iter().map(|it| it.display().to_string()).collect(),
        _ => beside
            .iter()
            .skip(usize::from(target.file().is_some()))
            .map(|it| it.display().to_string())
            .collect(),
    };
    if !beside.is_empty() {
        form.push_str(&format!(", and {}", beside.join(", ")));
    }
    Ok(form)
}

fn target_look(target: &TargetSection, objects: bool) -> Result<TargetLook> {
    let path = &target.words.path;
    let is_each = target.words.kind == TargetKind::Log && outputs::is_folder(path);
    let form = match target.words.kind {
        TargetKind::Stats | TargetKind::Inspect | TargetKind::View => figures_form(target)?,
        TargetKind::Report => "report as JSON".to_owned(),
        TargetKind::Log if is_xes(path) => "XES log".to_owned(),
        TargetKind::Log if !objects && is_xlsx(path) => "Excel workbook".to_owned(),
        TargetKind::Log if target.words.flatten.is_some() => "Parquet file of a flattened log".to_owned(),
        TargetKind::Log if objects => match (target.other_layout(), OcelForm::of(path)) {
            (Some(layout), _) => format!("folder of tables in the layout of {}", layout.name()),
            (None, Some(_)) => "OCEL log".to_owned(),
            (None, None) => "folder of Parquet tables (OCEL bundle)".to_owned(),
        },
        TargetKind::Log if is_each => "folder with a Parquet file for each input".to_owned(),
        TargetKind::Log if target.write.tables => "Parquet file, and a table of its cases".to_owned(),
        TargetKind::Log => "Parquet file".to_owned(),
    };
    let replace = super::plan::replace(target.words.force);
    let is_tables = objects
        && target.words.kind == TargetKind::Log
        && target.words.flatten.is_none()
        && (OcelForm::of(path).is_none() || target.other_layout().is_some());
    match (is_each, is_tables) {
        (true, _) => {}
        (false, true) => {
            check_folder(path, replace, target.other_layout().map_or(META, BundleLayout::marker))?;
        }
        (false, false) => match super::plan::figures(target) {
            Some(figures) => figures.check()?,
            None if target.words.kind == TargetKind::View => {}
            None => check_place(path, replace)?,
        },
    }
    let kind = target.words.kind.name();
    Ok(TargetLook {
        kind,
        path: target.file().map_or_else(|| STDOUT.to_owned(), |path| path.display().to_string()),
        form,
        replaces: target.words.force && path.is_file(),
    })
}
