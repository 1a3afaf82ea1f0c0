//! Flags to the library's values: a [`Pipeline`] for commands that write, [`Options`] for those that look.

use logflow::error::Result;
use logflow::model::roles::{Role, RoleWishes};
use logflow::options::{
    BadRowLimit, CsvOptions, InputFormat, OnBadRow, Options, ReadOptions, TableOptions, ValueOptions,
    WriteOptions,
};
use logflow::pipeline::Pipeline;
use logflow::pipeline::plan::GivenOptions;
use logflow::pipeline::sections::{
    Layout, ReportForm, RunSection, Source, SourceWords, TargetKind, TargetSection, TargetWords,
};
use logflow::step::registry::StepEntry;
use logflow::text::row::FormatRow;

use crate::args::read::{ColumnArgs, DialectArgs, ReadArgs, ValueArgs};
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
    write.compression = args.compression;
    write.timestamp_unit = args.timestamp_unit;
    write.row_group = args.row_group_size;
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
    });
    let values = |flag: &str| [args.read.steps.values(flag), args.rows.values(flag)].concat();
    let steps = StepEntry::of_flags(values)?;
    let report = match args.report {
        ReportStyle::Text => ReportForm::Text,
        ReportStyle::Json => ReportForm::Json,
    };
    let run = RunSection { report, timings: args.timings, ..run(&args.read) };
    Ok(Pipeline { source, steps, targets: target.into_iter().collect(), run })
}

/// What was given for this run alone.
pub fn given(args: &ReadArgs) -> GivenOptions {
    GivenOptions { names: args.given.clone(), spelling: FLAGS }
}

/// The format that the user names, or the one that a log is made in first.
pub fn from(named: Option<&'static FormatRow>) -> Option<InputFormat> {
    named.map(|row| row.via.map_or_else(|| row.into(), InputFormat::new))
}

fn source(args: &ReadArgs) -> Result<Source> {
    let mut read = ReadOptions::default();
    read.from = args.dialect.from.map(InputFormat::from);
    read.encoding = args.dialect.encoding.clone();
    read.csv = csv(&args.dialect);
    read.strict = args.dialect.strict;
    read.xes.fill_defaults = args.dialect.fill_defaults;
    read.json.path = args.dialect.json_path.clone();
    read.json.lenient = args.dialect.json_lenient;
    read.max_record = args.machine.max_record_size;
    read.zstd_window_log = args.machine.zstd_window_log;
    let mut table = TableOptions::default();
    table.strict_types = args.values.strict_types;
    table.values = values(&args.values);
    table.roles = roles(&args.columns)?;
    let words = SourceWords { inputs: Vec::new(), schema: args.values.schema.clone() };
    Ok(Source { words, read, table })
}

fn run(args: &ReadArgs) -> RunSection {
    RunSection {
        threads: args.machine.threads,
        memory_limit: args.machine.memory_limit,
        io: args.machine.io,
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
