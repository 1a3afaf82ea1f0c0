//! Where options come from: the command line, then `LOGFLOW_…` variables, then `logflow.toml` in the working
//! folder, then the user's `logflow/config.toml`. The first that has an option gives its value.
//!
//! Settings become the defaults of the command line's own options, so that there is one parser, and one set
//! of checks, for all of them.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, ColorChoice, Command, CommandFactory, FromArgMatches};
use logflow::error::{Code, Error};
use logflow::options::nearest;

use crate::args::{Args, BadRowChoice, Color, Command as Chosen};
use crate::fail::Failure;

/// Options that are about one run and so are flags only.
const FLAGS_ONLY: [&str; 20] = [
    "output",
    "dry-run",
    "print-pipeline",
    "set",
    "check",
    "json-schema",
    "events",
    "help",
    "version",
    "inspect",
    "html",
    "findings",
    "resume",
    "retry-failed",
    "moved",
    "shard",
    "since",
    "include",
    "deep",
    "source",
];

/// Flags that share their name with an option of another command, and are none themselves.
const NOT_OPTIONS: [&str; 3] = ["table_folder", "exclude_files", "report_file"];

/// The file of a project, in the working folder.
const PROJECT_FILE: &str = "logflow.toml";

/// A value that some place other than the command line gives an option.
struct OptionSetting {
    values: Vec<String>,
    origin: SettingOrigin,
}

enum SettingOrigin {
    Variable(String),
    File(PathBuf),
}

type Settings = BTreeMap<String, OptionSetting>;

/// The arguments of this run, settings included.
pub fn arguments(argv: Vec<OsString>, color: Color) -> Result<Args, Failure> {
    let mut command = Args::command().color(match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    });
    // First without settings: help, versions and slips of the finger need none, and a broken file must not
    // hide them.
    let mut matches = command.clone().try_get_matches_from(&argv).map_err(with_tip)?;
    let settings = gather(&command)?;
    if !settings.is_empty() {
        command = with_defaults(command, &settings);
        matches = command.clone().try_get_matches_from(&argv).map_err(|error| blame(error, &settings))?;
    }
    let mut args = Args::from_arg_matches(&matches)?;
    refuse_idle_limit(&matches, &args)?;
    match &mut args.command {
        Chosen::Convert(it) | Chosen::Filter(it) | Chosen::Sample(it) => {
            it.read.given = given(&command, &matches);
        }
        Chosen::Risk(it) => it.read.given = given(&command, &matches),
        Chosen::Pseudonymise(it) => it.0.read.given = given(&command, &matches),
        Chosen::Schema(it) => it.read.given = given(&command, &matches),
        Chosen::Stats(it) => it.read.given = given(&command, &matches),
        Chosen::View(it) => it.read.given = given(&command, &matches),
        Chosen::Migrate(it) => it.read.given = given(&command, &matches),
        Chosen::Inspect(it) => it.read.given = given(&command, &matches),
        _ => {}
    }
    Ok(args)
}

/// The long names of the flags that stand on the command line. Variables and files hold options for many
/// runs, and may hold an option that has no effect on this run.
fn given(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let Some((name, matches)) = matches.subcommand() else { return Vec::new() };
    let is_given = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    // The field of a flag may have another name than the flag.
    let declared = command.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
    let args: Vec<&Arg> = declared.chain(command.get_arguments()).collect();
    let long = |id: &clap::Id| args.iter().find(|arg| arg.get_id() == id)?.get_long();
    // The folder of statistics is no option of reading, and shares its name with one; so do others.
    let ids = matches.ids().filter(|id| !NOT_OPTIONS.contains(&id.as_str()));
    ids.filter(is_given).filter_map(long).map(str::to_owned).collect()
}

/// `--max-bad-rows` on the command line must have something to limit; in a file it may wait for its day.
fn refuse_idle_limit(matches: &ArgMatches, args: &Args) -> Result<(), Error> {
    let given = matches
        .subcommand()
        .filter(|(name, _)| ["convert", "filter", "sample"].contains(name))
        .is_some_and(|(_, it)| it.value_source("max_bad_rows") == Some(ValueSource::CommandLine));
    match &args.command {
        Chosen::Convert(it) | Chosen::Filter(it) | Chosen::Sample(it)
            if given && it.on_bad_row == BadRowChoice::Fail =>
        {
            Err(Error::new(Code::Usage, "--max-bad-rows requires --on-bad-row reject")
                .help("add --on-bad-row reject"))
        }
        _ => Ok(()),
    }
}

/// A missing `-o` is what a newcomer meets first: it says what to write.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let lacks_output = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.iter().any(|it| it.starts_with("--output")),
        _ => false,
    };
    if error.kind() == ErrorKind::MissingRequiredArgument && lacks_output {
        let tip = "give an output, such as -o log.parquet, or use -n to preview";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn gather(command: &Command) -> Result<Settings, Failure> {
    let options = options(command);
    let mut settings = Settings::new();
    for option in options.keys() {
        let name = format!("LOGFLOW_{}", option.to_ascii_uppercase().replace('-', "_"));
        match std::env::var(&name) {
            Ok(value) if !value.is_empty() => {
                let setting = OptionSetting { values: vec![value], origin: SettingOrigin::Variable(name) };
                settings.insert(option.clone(), setting);
            }
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
            Err(_) => return Err(Error::new(Code::Usage, format!("{name} is not valid UTF-8")).into()),
        }
    }
    for path in [Some(PathBuf::from(PROJECT_FILE)), user_file()].into_iter().flatten() {
        for (option, values) in read(&path, &options)? {
            settings
                .entry(option)
                .or_insert_with(|| OptionSetting { values, origin: SettingOrigin::File(path.clone()) });
        }
    }
    for (option, setting) in &mut settings {
        if options[option] == OptionKind::Switch {
            setting.values = vec![switch(option, setting)?.to_owned()];
        }
    }
    Ok(settings)
}

/// `$XDG_CONFIG_HOME/logflow/config.toml`, or in `~/.config`.
fn user_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(config.join("logflow/config.toml"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OptionKind {
    Switch,
    Value,
}

/// Every option of every command that may be set.
fn options(command: &Command) -> BTreeMap<String, OptionKind> {
    let of = |command: &Command| -> Vec<(String, OptionKind)> {
        let settable = command.get_arguments().filter(|arg| is_settable(arg));
        settable.filter_map(|arg| Some((arg.get_long()?.to_owned(), kind(arg)))).collect()
    };
    command.get_subcommands().flat_map(of).chain(of(command)).collect()
}

fn is_settable(arg: &Arg) -> bool {
    // `stats --tables` names a folder, and is not the `--tables` of `convert`.
    arg.get_long().is_some_and(|long| !FLAGS_ONLY.contains(&long))
        && !NOT_OPTIONS.contains(&arg.get_id().as_str())
}

fn kind(arg: &Arg) -> OptionKind {
    if matches!(arg.get_action(), ArgAction::SetTrue) { OptionKind::Switch } else { OptionKind::Value }
}

/// The options that a file sets. A file that is not there sets none.
fn read(path: &Path, options: &BTreeMap<String, OptionKind>) -> Result<Vec<(String, Vec<String>)>, Error> {
    let wrong = |what: String| Error::new(Code::Usage, what).in_file(path);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(wrong(error.to_string())),
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let error_at = error.span().map(|span| span.start as u64);
        let found = wrong(error.message().to_owned());
        error_at.into_iter().fold(found, Error::at_byte)
    })?;
    let mut found = Vec::with_capacity(table.len());
    for (key, value) in table {
        let option = key.replace('_', "-");
        if !options.contains_key(&option) {
            return Err(wrong(format!("unknown option {key:?}")).help(
                match nearest(&option, options.keys().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "options have the names of their flags, without the leading dashes".to_owned(),
                },
            ));
        }
        let values = words(&value).ok_or_else(|| {
            wrong(format!("expected text, a number, true, false or a list of these for {key}"))
                .help("put options at the top of the file, outside of sections")
        })?;
        found.push((option, values));
    }
    Ok(found)
}

fn words(value: &toml::Value) -> Option<Vec<String>> {
    Some(match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Integer(number) => vec![number.to_string()],
        toml::Value::Float(number) => vec![number.to_string()],
        toml::Value::Boolean(switch) => vec![switch.to_string()],
        toml::Value::Array(values) => {
            let mut all = Vec::new();
            for value in values {
                all.extend(words(value).filter(|_| !value.is_array())?);
            }
            all
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => return None,
    })
}

/// What a variable or a file says about a flag that takes no value.
fn switch(option: &str, setting: &OptionSetting) -> Result<&'static str, Error> {
    match setting.values.first().map(|it| it.to_ascii_lowercase()).as_deref() {
        Some("true" | "1" | "yes" | "on") => Ok("true"),
        Some("false" | "0" | "no" | "off") => Ok("false"),
        other => Err(complaint(
            option,
            setting,
            &format!("expected true or false, found {:?}", other.unwrap_or_default()),
        )),
    }
}

fn with_defaults(command: Command, settings: &Settings) -> Command {
    let set = |arg: Arg| {
        let setting = arg.get_long().filter(|_| is_settable(&arg)).and_then(|long| settings.get(long));
        match setting {
            // clap keeps defaults as static text; a few words that live as long as the process cost nothing.
            Some(setting) => {
                let values: Vec<&'static str> =
                    setting.values.iter().map(|it| &*Box::leak(it.clone().into_boxed_str())).collect();
                arg.default_values(values)
            }
            None => arg,
        }
    };
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let command = command.mut_args(set);
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |it| it.mut_args(set)))
}

/// An error about a value that no flag gave names the place that did.
fn blame(error: clap::Error, settings: &Settings) -> Failure {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let option = text(ContextKind::InvalidArg)
        .and_then(|arg| arg.strip_prefix("--"))
        .and_then(|arg| arg.split(' ').next());
    let Some((option, setting)) = option.and_then(|option| Some((option, settings.get(option)?))) else {
        return error.into();
    };
    match text(ContextKind::InvalidValue) {
        Some(value) if setting.values.iter().any(|it| it == value) => {
            let reason = match (error.source(), error.get(ContextKind::ValidValue)) {
                (Some(source), _) => source.to_string(),
                (None, Some(ContextValue::Strings(valid))) => {
                    format!("expected {}, found {value:?}", valid.join(", "))
                }
                _ => format!("{value:?} is not allowed"),
            };
            complaint(option, setting, &reason).into()
        }
        _ => error.into(),
    }
}

fn complaint(option: &str, setting: &OptionSetting, reason: &str) -> Error {
    match &setting.origin {
        SettingOrigin::Variable(name) => Error::new(Code::Usage, format!("{name}: {reason}"))
            .help(format!("set {name} to another value, or unset it")),
        SettingOrigin::File(path) => Error::new(Code::Usage, format!("{option}: {reason}")).in_file(path),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use logflow::options::flags::{FLAGS, row_of};

    use super::*;

    #[test]
    fn flags_are_given_by_their_long_names() {
        let command = Args::command();
        let argv = "logflow convert a.csv -o b.parquet --where a=1 --date-order dmy -n --quiet".split(' ');
        let matches = command.clone().try_get_matches_from(argv).unwrap();
        let names = given(&command, &matches);
        for name in ["where", "date-order", "output", "dry-run", "quiet"] {
            assert!(names.iter().any(|it| it == name), "{name} is not among {names:?}");
        }
        assert!(names.iter().all(|name| row_of(name).is_some()), "{names:?}");
        // Inputs are no flag, and defaults were not given.
        assert_eq!(names.len(), 5, "{names:?}");
    }

    #[test]
    fn every_flag_of_convert_and_schema_stands_in_the_table_and_no_other_does() {
        let command = Args::command();
        let of = |name: &str| command.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
        let args = command.get_arguments().chain(of("convert")).chain(of("schema"));
        let flags: BTreeSet<&str> = args.filter_map(Arg::get_long).collect();
        let missing: Vec<_> = flags.iter().filter(|flag| row_of(flag).is_none()).collect();
        assert!(missing.is_empty(), "options/flags.rs has no row for {missing:?}");
        let unknown: Vec<_> =
            FLAGS.iter().flat_map(|row| row.flags).filter(|flag| !flags.contains(*flag)).collect();
        assert!(unknown.is_empty(), "options/flags.rs has {unknown:?}, which no command declares");
    }
}
