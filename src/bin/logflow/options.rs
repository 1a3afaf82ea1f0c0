//! Flags to the library's [`Options`], with what the machine says where no flag does.

use logflow::budget::{Budget, MINIMUM};
use logflow::error::{Code, Error, Result};
use logflow::machine;
use logflow::model::roles::{Role, RoleWishes};
use logflow::options::{CsvOptions, InputFormat, Options, ValueOptions};
use logflow::text::row::FormatRow;

use crate::args::read::{ColumnArgs, DialectArgs, MachineArgs, ReadArgs, ValueArgs};
use crate::fail::FLAGS;
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
    let mut options = Options::default();
    let read = &mut options.read;
    read.from = from(args.dialect.from);
    read.encoding = args.dialect.encoding.clone();
    read.csv = csv(&args.dialect)?;
    read.strict = args.dialect.strict;
    read.xes.fill_defaults = args.dialect.fill_defaults;
    read.json.path = args.dialect.json_path.clone();
    read.json.lenient = args.dialect.json_lenient;
    read.max_record = args.machine.max_record_size;
    read.zstd_window_log = args.machine.zstd_window_log;
    let table = &mut options.table;
    table.strict_types = args.values.strict_types;
    table.values = values(&args.values);
    table.roles = roles(&args.columns)?;
    table.naming = args.columns.naming;
    table.declared = declared;
    table.select = joined(&args.columns.select);
    table.exclude = joined(&args.columns.exclude);
    let run = &mut options.run;
    run.threads = threads;
    run.memory_limit = memory_limit(&args.machine, threads);
    run.io = args.machine.io;
    run.temp_dir = machine::temp_dir();
    run.pin = machine::may_pin(threads);
    options.explicit.names = args.given.clone();
    options.spelling = FLAGS;
    Ok(options)
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
    let mut csv = CsvOptions::default();
    csv.delimiter = args.delimiter.as_ref().map(|it| it.0.clone());
    csv.quote = args.quote.map(|mark| mark.0);
    csv.escape = args.escape.map(|mark| mark.0);
    csv.comment = args.comment.map(|mark| mark.0);
    csv.header = args.header.0;
    csv.skip_lines = args.skip_lines;
    csv.uneven_rows = args.uneven_rows;
    csv.nul_bytes = args.nul_bytes;
    Ok(csv)
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
