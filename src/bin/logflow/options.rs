//! Flags to the library's [`Options`], with what the machine says where no flag does.

use logflow::budget::{Budget, MINIMUM};
use logflow::error::{Code, Error, Result};
use logflow::machine;
use logflow::model::roles::{Naming, Role, RoleWishes};
use logflow::model::value::DecimalMark;
use logflow::options::{
    CommandLine, CsvOptions, InputFormat, IoMode, JsonOptions, NulBytes, Options, ReadOptions, RunOptions,
    TableOptions, UnevenRows, ValueOptions, XesOptions,
};
use logflow::text::row::FormatRow;

use crate::args::read::{
    ColumnArgs, DecimalChoice, DialectArgs, HeaderChoice, IoChoice, MachineArgs, NamingChoice, NulChoice,
    ReadArgs, UnevenChoice, ValueArgs,
};
use crate::parse::NameList;
use crate::schema_file;

/// Options of a run that reads.
///
/// # Errors
/// [`Code::Usage`] for flags that do not fit together, [`Code::SchemaFile`].
pub fn options(args: &ReadArgs) -> Result<Options> {
    let threads = args.machine.threads.unwrap_or_else(machine::threads);
    let declared = match &args.values.schema {
        Some(path) => schema_file::read(path)?,
        None => Vec::new(),
    };
    let read = ReadOptions {
        from: from(args.dialect.from),
        encoding: args.dialect.encoding.clone(),
        csv: csv(&args.dialect)?,
        strict: args.dialect.strict,
        xes: XesOptions { fill_defaults: args.dialect.fill_defaults },
        json: JsonOptions { path: args.dialect.json_path.clone(), lenient: args.dialect.json_lenient },
        max_record: args.machine.max_record_size,
        zstd_window_log: args.machine.zstd_window_log,
    };
    let table = TableOptions {
        strict_types: args.values.strict_types,
        values: values(&args.values),
        roles: roles(&args.columns)?,
        naming: match args.columns.naming {
            NamingChoice::Source => Naming::Source,
            NamingChoice::Xes => Naming::Xes,
        },
        declared,
        select: joined(&args.columns.select),
        exclude: joined(&args.columns.exclude),
        ..TableOptions::default()
    };
    let run = RunOptions {
        threads,
        memory_limit: memory_limit(&args.machine, threads),
        io: match args.machine.io {
            IoChoice::Auto => IoMode::Auto,
            IoChoice::Mmap => IoMode::Mmap,
            IoChoice::Read => IoMode::Read,
        },
        temp_dir: machine::temp_dir(),
        pin: machine::may_pin(threads),
    };
    let given = CommandLine { flags: args.given.clone(), format: None };
    Ok(Options { read, table, run, given, ..Options::default() })
}

/// The format that the user names, or the one that a log is made in first.
pub fn from(named: Option<&'static FormatRow>) -> Option<InputFormat> {
    named.map(|row| row.via.map_or_else(|| row.into(), InputFormat::new))
}

fn csv(args: &DialectArgs) -> Result<CsvOptions> {
    let marks = [("--quote", args.quote), ("--escape", args.escape), ("--comment", args.comment)];
    for (flag, mark) in marks {
        if let (Some(byte), Some(delimiter)) = (mark.and_then(|mark| mark.0), &args.delimiter)
            && delimiter.0.contains(&byte)
        {
            return Err(Error::new(
                Code::Usage,
                format!("{flag} {:?} is part of the delimiter", char::from(byte)),
            )
            .help("give a different character"));
        }
    }
    Ok(CsvOptions {
        delimiter: args.delimiter.as_ref().map(|it| it.0.clone()),
        quote: args.quote.map(|mark| mark.0),
        escape: args.escape.map(|mark| mark.0),
        comment: args.comment.map(|mark| mark.0),
        header: match args.header {
            HeaderChoice::Yes => Some(true),
            HeaderChoice::No => Some(false),
            HeaderChoice::Auto => None,
        },
        skip_lines: args.skip_lines,
        uneven_rows: match args.uneven_rows {
            UnevenChoice::Reject => UnevenRows::Reject,
            UnevenChoice::Pad => UnevenRows::Pad,
            UnevenChoice::Cut => UnevenRows::Cut,
            UnevenChoice::Both => UnevenRows::Both,
        },
        nul_bytes: match args.nul_bytes {
            NulChoice::Reject => NulBytes::Reject,
            NulChoice::Keep => NulBytes::Keep,
        },
    })
}

fn values(args: &ValueArgs) -> ValueOptions {
    ValueOptions {
        all_text: args.all_text,
        nested_text: args.nested_text,
        null_words: args.null_words.as_ref().map(|words| words.0.clone()),
        decimal: args.decimal.map(|mark| match mark {
            DecimalChoice::Point => DecimalMark::Point,
            DecimalChoice::Comma => DecimalMark::Comma,
        }),
        date_order: args.date_order,
        timestamp_formats: args.timestamp_format.clone(),
        zone: args.timezone.clone().unwrap_or_default().with_fold(args.timezone_fold),
    }
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
    let columns: Vec<(Role, String)> =
        flags.into_iter().filter_map(|(role, name)| name.clone().map(|name| (role, name))).collect();
    for (index, (role, name)) in columns.iter().enumerate() {
        if let Some((other, _)) = columns[..index].iter().find(|(_, before)| before == name) {
            return Err(Error::new(
                Code::Usage,
                format!("column {name:?} is given for two roles, {other} and {role}"),
            )
            .help("a column can have only one role; omit one of the flags"));
        }
    }
    Ok(RoleWishes { columns })
}

fn joined(lists: &[NameList]) -> Vec<String> {
    lists.iter().flat_map(|names| names.0.iter().cloned()).collect()
}

/// What the user gave; else nothing, unless the library's default is more than half of what the cgroup gives:
/// a batch job that is killed for its memory says nothing about why.
fn memory_limit(args: &MachineArgs, threads: usize) -> Option<u64> {
    let usual = Budget::usual(threads);
    args.memory_limit.or_else(|| {
        let half = (machine::memory_limit()? / 2).max(MINIMUM);
        (half < usual).then_some(half)
    })
}
