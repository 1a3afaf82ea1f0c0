//! Flags to the library's values: a [`Pipeline`] for commands that write, [`Options`] for those that look.

use std::path::PathBuf;

use logflow::error::Result;
use logflow::jobs::figure_settings::{InspectForm, InspectSettings, StatsSettings};
use logflow::model::condition::Condition;
use logflow::model::roles::{Role, RoleWishes};
use logflow::options::{
    BadRowLimit, CsvOptions, InputFormat, OnBadRow, Options, ReadOptions, TableOptions, ValueOptions,
    WriteOptions,
};
use logflow::pipeline::Pipeline;
use logflow::pipeline::plan::GivenOptions;
use logflow::pipeline::sections::{ReportForm, RunSection, Source, SourceWords, TargetSection};
use logflow::pipeline::targets::{Layout, TargetKind, TargetSettings, TargetWords};
use logflow::pipeline::view::{ViewForm, ViewSettings};
use logflow::step::registry::StepEntry;
use logflow::text::row::FormatRow;

use crate::args::inspect::InspectArgs;
use crate::args::migrate::MigrateArgs;
use crate::args::read::{ColumnArgs, DialectArgs, MachineArgs, ReadArgs, ValueArgs};
use crate::args::stats::StatsArgs;
use crate::args::view::ViewArgs;
use crate::args::{BadRowChoice, ConvertArgs, LayoutChoice, ReportStyle};
use crate::fail::FLAGS;

/// Options of a run that reads.
///
/// # Errors
/// [`Code::Usage`](logflow::Code::Usage) for flags that do not fit together, and what is wrong with a schema
/// file.
pub fn options(args: &ReadArgs) -> Result<Options> {
    let pipeline = Pipeline { source: source(args)?, run: run(args), ..Pipeline::default() };
    let (mut options, _) = pipeline.reading(given(args))?;
    for step in StepEntry::of_flags(|flag| args.steps.values(flag))? {
        step.settings.put(&mut options.table);
    }
    Ok(options)
}

/// The pipeline of `logflow convert`.
///
/// # Errors
/// [`Code::Usage`](logflow::Code::Usage) for flags that do not fit together.
pub fn pipeline(args: &ConvertArgs) -> Result<Pipeline> {
    let mut source = source(&args.read)?;
    source.words.inputs.clone_from(&args.inputs);
    source.table.on_bad_row = match args.on_bad_row {
        BadRowChoice::Fail => OnBadRow::Fail,
        BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or(BadRowLimit::None)),
    };
    let mut write = WriteOptions::default();
    args.parquet.put(&mut write);
    write.tables = args.tables;
    let target = args.output.as_ref().map(|path| TargetSection {
        words: TargetWords {
            kind: TargetKind::Log,
            path: path.clone(),
            force: args.force,
            layout: match args.layout {
                LayoutChoice::Bundle => Layout::Bundle,
                LayoutChoice::Pm4py => Layout::Pm4py,
                LayoutChoice::Oceldb => Layout::Oceldb,
            },
            flatten: args.flatten.clone(),
        },
        write,
        settings: TargetSettings::None,
    });
    let inspect = args.inspect.as_ref().map(|path| {
        // Whatever the name: a page if it says so, else JSON.
        let says_form = InspectSettings::default().form(Some(path)).is_ok_and(|it| it != InspectForm::Table);
        let form = (!says_form).then_some(InspectForm::Json);
        let settings = InspectSettings { form, rules: args.rules.clone(), ..InspectSettings::default() };
        section(TargetKind::Inspect, Some(path), args.force, TargetSettings::Inspect(settings))
    });
    let values = |flag: &str| [args.read.steps.values(flag), args.rows.values(flag)].concat();
    let steps = StepEntry::of_flags(values)?;
    let report = match args.report {
        ReportStyle::Text => ReportForm::Text,
        ReportStyle::Json => ReportForm::Json,
    };
    let run = RunSection { report, timings: args.timings, ..run(&args.read) };
    Ok(Pipeline { source, steps, targets: target.into_iter().chain(inspect).collect(), run })
}

/// The pipeline of `logflow migrate`, without inputs and output.
///
/// # Errors
/// [`Code::Usage`](logflow::Code::Usage) for flags that do not fit together.
pub fn migration(args: &MigrateArgs) -> Result<Pipeline> {
    let read = &args.read;
    let mut source = source_of(&read.dialect, &read.values, &read.columns, &read.machine)?;
    // A place of the same name in every journal: outputs do not depend on where sources lie.
    source.words.inputs = vec!["source".into()];
    if let Some(schema) = &mut source.words.schema {
        *schema = std::path::absolute(&*schema).unwrap_or_else(|_| schema.clone());
    }
    source.table.on_bad_row = match args.on_bad_row {
        BadRowChoice::Fail => OnBadRow::Fail,
        BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or(BadRowLimit::None)),
    };
    let mut target = section(TargetKind::Log, Some(&"destination".into()), false, TargetSettings::None);
    args.parquet.put(&mut target.write);
    let steps = StepEntry::of_flags(|flag| args.rows.values(flag))?;
    Ok(Pipeline { source, steps, targets: vec![target], run: run_of(&read.machine) })
}

/// The pipeline of `logflow stats`.
///
/// # Errors
/// [`Code::Usage`](logflow::Code::Usage) for flags that do not fit together.
pub fn stats(args: &StatsArgs) -> Result<Pipeline> {
    let settings = StatsSettings {
        form: args.form,
        tables: args.tables.clone(),
        top: args.top,
        temporal_profile: args.temporal_profile,
    };
    let settings = TargetSettings::Stats(settings);
    let target = section(TargetKind::Stats, args.output.as_ref(), args.force, settings);
    let mut pipeline = reading(&args.inputs, &args.read, &args.conditions, target)?;
    pipeline.source.table.on_bad_row = match args.on_bad_row {
        BadRowChoice::Fail => OnBadRow::Fail,
        BadRowChoice::Reject => OnBadRow::Reject(args.max_bad_rows.unwrap_or_default()),
    };
    Ok(pipeline)
}

/// The pipeline of `logflow inspect`.
///
/// # Errors
/// [`Code::Usage`](logflow::Code::Usage) for flags that do not fit together.
pub fn inspect(args: &InspectArgs) -> Result<Pipeline> {
    let settings = InspectSettings {
        form: Some(args.format).filter(|form| *form != InspectForm::Table),
        html: args.html.clone(),
        findings: args.findings.clone(),
        fail_on: args.fail_on.clone(),
        as_of: args.as_of,
        rules: args.rules.clone(),
    };
    let target = section(TargetKind::Inspect, None, args.force, TargetSettings::Inspect(settings));
    reading(&args.inputs, &args.read, &args.conditions, target)
}

/// The pipeline of `logflow view`.
///
/// # Errors
/// [`Code::Usage`](logflow::Code::Usage) for flags that do not fit together.
pub fn view(args: &ViewArgs) -> Result<Pipeline> {
    let settings = ViewSettings {
        rows: args.rows,
        tail: args.tail,
        sample: args.sample,
        // A setting for all runs may wait for its day.
        seed: args.seed.filter(|_| args.sample || args.read.given.iter().any(|it| it == "seed")),
        skip: args.skip,
        case: args.case.clone(),
        table: args.table.clone(),
        form: if args.vertical { ViewForm::Vertical } else { args.format },
        full: args.full,
        width: args.width,
    };
    let target = section(TargetKind::View, None, false, TargetSettings::View(Box::new(settings)));
    reading(&args.inputs, &args.read, &args.conditions, target)
}

fn section(kind: TargetKind, path: Option<&PathBuf>, force: bool, settings: TargetSettings) -> TargetSection {
    let path = path.cloned().unwrap_or_default();
    let words = TargetWords { kind, path, force, ..TargetWords::default() };
    TargetSection { words, settings, ..TargetSection::default() }
}

/// The pipeline of a command that writes no log.
fn reading(
    inputs: &[PathBuf],
    args: &ReadArgs,
    conditions: &[Condition],
    target: TargetSection,
) -> Result<Pipeline> {
    let mut source = source(args)?;
    source.words.inputs = inputs.to_vec();
    let values = |flag: &str| match flag {
        "where" => conditions.iter().map(ToString::to_string).collect(),
        flag => args.steps.values(flag),
    };
    let steps = StepEntry::of_flags(values)?;
    Ok(Pipeline { source, steps, targets: vec![target], run: run(args) })
}

/// What was given for this run alone.
pub fn given(args: &ReadArgs) -> GivenOptions {
    GivenOptions { names: args.given.clone(), spelling: FLAGS, file: None }
}

/// The format that the user names, or the one that a log is made in first.
pub fn from(named: Option<&'static FormatRow>) -> Option<InputFormat> {
    named.map(|row| row.via.map_or_else(|| row.into(), InputFormat::new))
}

fn source(args: &ReadArgs) -> Result<Source> {
    source_of(&args.dialect, &args.values, &args.columns, &args.machine)
}

fn source_of(
    dialect: &DialectArgs,
    values_args: &ValueArgs,
    columns: &ColumnArgs,
    machine: &MachineArgs,
) -> Result<Source> {
    let mut read = ReadOptions::default();
    read.from = dialect.from.map(InputFormat::from);
    read.encoding = dialect.encoding.clone();
    read.csv = csv(dialect);
    read.strict = dialect.strict;
    read.xes.fill_defaults = dialect.fill_defaults;
    read.json.path = dialect.json_path.clone();
    read.json.lenient = dialect.json_lenient;
    read.access_format = dialect.access_format.clone();
    read.sheet = dialect.sheet.clone();
    read.max_record = machine.max_record_size;
    read.zstd_window_log = machine.zstd_window_log;
    let mut table = TableOptions::default();
    table.strict_types = values_args.strict_types;
    table.values = values(values_args);
    table.roles = roles(columns)?;
    let words = SourceWords { inputs: Vec::new(), schema: values_args.schema.clone() };
    Ok(Source { words, read, table })
}

fn run(args: &ReadArgs) -> RunSection {
    run_of(&args.machine)
}

fn run_of(machine: &MachineArgs) -> RunSection {
    RunSection {
        threads: machine.threads,
        memory_limit: machine.memory_limit,
        io: machine.io,
        ..RunSection::default()
    }
}

fn csv(args: &DialectArgs) -> CsvOptions {
    let mut csv = CsvOptions::default();
    csv.delimiter = args.delimiter.as_ref().map(|it| it.0.clone());
    csv.quote = args.quote.map(|mark| mark.0);
    csv.escape = args.escape.map(|mark| mark.0);
    csv.comment = args.comment.map(|mark| mark.0);
    csv.header = args.header.0;
    csv.skip_lines = args.skip_lines;
    csv.uneven_rows = args.uneven_rows;
    csv.nul_bytes = args.nul_bytes;
    csv
}

fn values(args: &ValueArgs) -> ValueOptions {
    let mut values = ValueOptions::default();
    values.all_text = args.all_text;
    values.nested_text = args.nested_text;
    values.null_words = args.null_words.as_ref().map(|words| words.0.clone());
    values.decimal = args.decimal;
    values.date_order = args.date_order;
    values.timestamp_formats = args.timestamp_format.clone();
    values.zone = args.timezone.clone().unwrap_or_default().with_fold(args.timezone_fold);
    values
}

fn roles(args: &ColumnArgs) -> Result<RoleWishes> {
    let flags = [
        (Role::Case, &args.case_id),
        (Role::Activity, &args.activity),
        (Role::Timestamp, &args.timestamp),
        (Role::StartTimestamp, &args.start_timestamp),
        (Role::Resource, &args.resource),
        (Role::Lifecycle, &args.lifecycle),
    ];
    let mut wishes = RoleWishes::default();
    for (role, name) in flags {
        name.iter().try_for_each(|name| wishes.add(role, name.clone()))?;
    }
    Ok(wishes)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use logflow::pipeline::words::{CommandWords, of};

    use super::*;
    use crate::args::{Args, Command};

    fn parsed(words: &[&str]) -> Pipeline {
        match Args::try_parse_from(words).unwrap().command {
            Command::Convert(args) => pipeline(&args).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_of_a_pipeline_is_the_pipeline_again() {
        let all: &[&[&str]] = &[
            &["a.csv", "-o", "b.parquet"],
            &["a.csv", "-b.csv", "-n"],
            &["-", "-o", "out/", "--from", "ocel-csv", "--force", "--tables", "--strict", "--timings"],
            &[
                "a",
                "-o",
                "b",
                "--delimiter=-",
                "--quote",
                "none",
                "--escape",
                "\\",
                "--comment",
                "#",
                "--header",
                "no",
            ],
            &[
                "a",
                "-o",
                "b",
                "--null-words",
                "\"a,b\",,-",
                "--timestamp-format",
                "%Y-%m-%d",
                "--timestamp-format",
                "%d.%m.%Y",
            ],
            &[
                "a",
                "-o",
                "b",
                "--where",
                "a > -1",
                "--where",
                "b = 'x'",
                "--select",
                "a,\"b,c\"",
                "--naming",
                "xes",
            ],
            &[
                "a",
                "-o",
                "b",
                "--on-bad-row",
                "reject",
                "--max-bad-rows",
                "2.5%",
                "--row-group-size",
                "5rows",
            ],
            &[
                "a",
                "-o",
                "b",
                "--timezone",
                "Europe/Berlin",
                "--timezone-fold",
                "later",
                "--date-order",
                "dmy",
            ],
            &[
                "a",
                "-o",
                "b",
                "--schema",
                "types.toml",
                "--all-text",
                "--case-id=-x",
                "--report",
                "json",
                "-j",
                "3",
            ],
            &["a", "-o", "b", "--layout", "pm4py", "--compression", "gzip:9", "--memory-limit", "64MiB"],
            &["a", "-o", "b", "--flatten", "order", "--json-path", "", "--json-lenient", "--io", "read"],
        ];
        for words in all {
            let words: Vec<&str> = ["logflow", "convert"].iter().chain(*words).copied().collect();
            // A name that looks like a flag is given behind the mark for it.
            let words: Vec<&str> =
                words.iter().map(|word| if *word == "-b.csv" { "./-b.csv" } else { word }).collect();
            let first = parsed(&words);
            let CommandWords::Words(again) = of(&first).unwrap() else { panic!("{words:?}") };
            let again: Vec<&str> = again.iter().map(String::as_str).collect();
            assert_eq!(parsed(&again), first, "{again:?}");
        }
    }
}
