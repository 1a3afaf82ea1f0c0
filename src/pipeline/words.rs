//! The command line that does the same as a pipeline: the words of `logflow convert`, or what a command line
//! cannot say.

use std::path::Path;

use serde_json::{Map, Value};

use super::sections::{RunSection, TargetSection};
use super::targets::{TargetKind, TargetSettings};
use super::value::Pipeline;
use super::variables::{ShownPiece, Variables};
use crate::error::Result;
use crate::jobs::figure_settings::{InspectForm, InspectSettings};
use crate::options::{ReadOptions, TableOptions, WriteOptions};
use crate::step::registry::{STEPS, StepFlag};

/// Keys that no flag sets: the key, and what a command line says instead.
const WITHOUT_FLAG: [(&str, &str); 3] = [
    ("columns", "types of columns are declared in a schema file, not on a command line"),
    ("temp_dir", "the folder for temporary files follows from TMPDIR"),
    ("pin", "whether threads are pinned follows from the machine"),
];

/// The command line of a pipeline, or the reasons why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandWords {
    /// The words of a command line, not yet quoted for a shell.
    Words(Vec<String>),
    /// What a command line cannot say.
    Beyond(Vec<String>),
}

/// The words of a command line for a pipeline: of `logflow convert`, or of the command that its only target is.
///
/// # Errors
/// If a value has no form in a file.
pub fn of(pipeline: &Pipeline) -> Result<CommandWords> {
    let mut beyond = Vec::new();
    let logs: Vec<_> = pipeline.targets_of(TargetKind::Log).collect();
    let others: Vec<_> = pipeline.targets.iter().filter(|it| it.words.kind != TargetKind::Log).collect();
    let only = match (logs.as_slice(), others.as_slice()) {
        ([one], []) => Some(*one),
        ([], [one]) if one.words.kind != TargetKind::Report => Some(*one),
        _ => None,
    };
    let kind = only.map_or(TargetKind::Log, |target| target.words.kind);
    let command = kind.row().command;
    let mut words = vec!["logflow".to_owned(), command.to_owned()];
    words.extend(pipeline.source.words.inputs.iter().map(|input| argument(input)));
    match (kind, logs.as_slice()) {
        (TargetKind::Log, []) => words.push("-n".to_owned()),
        (TargetKind::Log, [one]) => words.extend(["-o".to_owned(), argument(&one.words.path)]),
        (TargetKind::Log, several) => {
            beyond.push(format!("a command line has one output, and there are {}", several.len()));
        }
        (TargetKind::Inspect, _) if only.is_some_and(|it| it.file().is_some()) => {
            beyond.push("logflow inspect prints its result; a file is named by a target alone".to_owned());
        }
        _ => {
            let path = only.and_then(TargetSection::file);
            words.extend(path.into_iter().flat_map(|path| ["-o".to_owned(), argument(path)]));
        }
    }
    if only.is_none() {
        let mut is_inspected = false;
        for target in &others {
            let inspected = match logs.as_slice() {
                [log] if !is_inspected => beside(target, log),
                _ => None,
            };
            match (target.words.kind, inspected) {
                (kind, Some((path, rules))) => {
                    is_inspected = true;
                    words.extend(flag_word(kind.name(), &argument(path)));
                    words.extend(rules.iter().flat_map(|path| flag_word("rules", &argument(path))));
                }
                (TargetKind::Report, None) => beyond.push("a command line has no report target".to_owned()),
                (kind, None) => beyond.push(format!(
                    "a command line has one output, and this pipeline has a target of the kind {} beside it",
                    kind.name()
                )),
            }
        }
    }
    let target = only.or(logs.first().copied());
    let mut sections: Vec<Map<String, Value>> = vec![pipeline.source.to_json()?];
    sections.extend(target.map(TargetSection::to_json).transpose()?);
    sections.push(pipeline.run.to_json()?);
    let entries: Vec<(String, Value)> = sections.into_iter().flatten().collect();
    for (key, value) in entries {
        if matches!(key.as_str(), "inputs" | "path" | "kind") {
            continue;
        }
        let is_lenient = matches!(kind, TargetKind::Inspect | TargetKind::View);
        match (key.as_str(), WITHOUT_FLAG.iter().find(|(name, _)| *name == key)) {
            (_, Some((_, why))) => beyond.push((*why).to_owned()),
            // Malformed records are only counted in any case.
            ("on_bad_row", _) if is_lenient => {}
            ("max_bad_rows", _) if is_lenient => {
                beyond.push(format!("logflow {command} counts malformed records without a limit"));
            }
            ("report" | "timings", _) if kind != TargetKind::Log => {
                beyond.push(format!("logflow {command} has no closing report"));
            }
            ("temporal_profile", _) => words.push(format!("--{}={value}", key.replace('_', "-"))),
            _ => words.extend(flags(&key, &value)),
        }
    }
    let mut last = None;
    for step in &pipeline.steps {
        let at = STEPS.iter().position(|row| row.name == step.row.name);
        if last >= at {
            beyond.push(format!(
                "a command line does its steps in the order {}, each once",
                STEPS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
            ));
            break;
        }
        last = at;
        // Commands that write no log choose columns, and rows by conditions.
        let is_of_convert = kind == TargetKind::Log;
        let is_known = |flag: &StepFlag| is_of_convert || flag.is_about_columns || flag.long == "where";
        if !step.row.fields.iter().filter_map(|field| field.flag.as_ref()).all(is_known) {
            beyond.push(format!("logflow {command} has no flags of the step {}", step.row.name));
            continue;
        }
        match step.to_flags()? {
            Some(given) => words.extend(given.into_iter().flat_map(|(flag, value)| flag_word(flag, &value))),
            None => beyond.push(format!("the step {} has settings without flags", step.row.name)),
        }
    }
    Ok(if beyond.is_empty() { CommandWords::Words(words) } else { CommandWords::Beyond(beyond) })
}

/// The file of an inspection that `logflow convert` writes beside its output, and that of its rules; `None` if it
/// has other settings than that can have.
fn beside<'t>(target: &'t TargetSection, log: &TargetSection) -> Option<(&'t Path, Option<&'t Path>)> {
    let TargetSettings::Inspect(settings) = &target.settings else { return None };
    let path = target.file()?;
    let is_page = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("html"));
    let form = if is_page { InspectForm::Html } else { InspectForm::Json };
    let is_same = settings.form(Some(path)).is_ok_and(|it| it == form)
        && InspectSettings { form: None, rules: None, ..settings.clone() } == InspectSettings::default()
        && target.words.force == log.words.force;
    is_same.then_some((path, settings.rules.as_deref()))
}

/// A path that no one takes for a flag.
fn argument(path: &Path) -> String {
    let text = path.display().to_string();
    if text.starts_with('-') && text != "-" { format!("./{text}") } else { text }
}

/// A flag with its value.
fn flag_word(flag: &str, value: &str) -> Vec<String> {
    match value.starts_with('-') || value.is_empty() {
        true => vec![format!("--{flag}={value}")],
        false => vec![format!("--{flag}"), value.to_owned()],
    }
}

/// The flags of a key of options, which has the name of its flag.
fn flags(key: &str, value: &Value) -> Vec<String> {
    let flag = key.replace('_', "-");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Bool(true) => vec![format!("--{flag}")],
        Value::Bool(false) => Vec::new(),
        // Names between commas, where a list is one value; else each is a value.
        Value::Array(names) if flag == "null-words" => {
            let quoted = |name: &Value| match text(name) {
                name if name.is_empty() || name.contains([',', '"']) => {
                    format!("\"{}\"", name.replace('"', "\"\""))
                }
                name => name,
            };
            flag_word(&flag, &names.iter().map(quoted).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => values.iter().flat_map(|value| flag_word(&flag, &text(value))).collect(),
        value => flag_word(&flag, &text(value)),
    }
}

/// Words as a shell reads them. The values of variables are variables of the shell, and every other `$` is
/// itself.
pub fn quoted(words: &[String], variables: &Variables) -> String {
    let quote = |word: &String| {
        let is_plain = |c: char| c.is_alphanumeric() || "_-./:=,@%+".contains(c);
        let pieces = variables.pieces(word);
        if !word.is_empty()
            && word.chars().all(is_plain)
            && matches!(pieces.as_slice(), [ShownPiece::Text(_)])
        {
            word.clone()
        } else if pieces.iter().any(|piece| matches!(piece, ShownPiece::Variable(_))) {
            let piece = |piece: &ShownPiece| match piece {
                ShownPiece::Variable(name) => format!("${{{name}}}"),
                ShownPiece::Text(text) => {
                    let escaped =
                        |c: char| matches!(c, '"' | '\\' | '`' | '$').then_some('\\').into_iter().chain([c]);
                    text.chars().flat_map(escaped).collect()
                }
            };
            format!("\"{}\"", pieces.iter().map(piece).collect::<String>())
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Keys of options that are flags of the command line, for the test that each flag is known.
pub fn keys_with_flags() -> Vec<&'static str> {
    let all =
        ReadOptions::KEYS.iter().chain(TableOptions::KEYS).chain(WriteOptions::KEYS).chain(RunSection::KEYS);
    all.copied()
        .filter(|key| *key != "keys_in_path" && !WITHOUT_FLAG.iter().any(|(name, _)| name == key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::document::Node;

    fn command(text: &str) -> CommandWords {
        of(&Pipeline::read(&Node::from_toml(text).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_pipeline_that_a_command_line_can_say_is_one() {
        let text = r#"
[source]
inputs = ["a b.csv", "-x"]
delimiter = ";"
strict = true
null_words = ["n/a", ""]
timestamp_format = ["%Y-%m-%d", "-%d.%m.%Y"]
[[step]]
kind = "where"
condition = "a = 'it''s'"
[[target]]
path = "out.parquet"
force = true
[run]
threads = 4
"#;
        let CommandWords::Words(words) = command(text) else { panic!("no command line") };
        let flag = |name: &str| format!("--{name}");
        let expected = [
            "a b.csv".to_owned(),
            "./-x".to_owned(),
            "-o".to_owned(),
            "out.parquet".to_owned(),
            flag("strict"),
            flag("delimiter"),
            ";".to_owned(),
            flag("null-words"),
            "n/a,\"\"".to_owned(),
            flag("timestamp-format"),
            "%Y-%m-%d".to_owned(),
            flag("timestamp-format=-%d.%m.%Y"),
            flag("force"),
            flag("threads"),
            "4".to_owned(),
            flag("where"),
            "a = 'it''s'".to_owned(),
        ];
        assert_eq!(words[2..], expected);
    }

    #[test]
    fn what_a_command_line_cannot_say_is_told() {
        let source = "[source]\ninputs = \"a.csv\"\n";
        for (text, why) in [
            ("[[target]]\npath = \"a\"\n[[target]]\npath = \"b\"\n", "one output, and there are 2"),
            ("[[target]]\npath = \"a\"\n[[target]]\nkind = \"report\"\npath = \"b\"\n", "no report target"),
            (
                "[[step]]\nkind = \"select\"\ncolumns = \"a\"\n[[step]]\nkind = \"where\"\ncondition = \"a = 1\"\n",
                "in the order where, ",
            ),
            (
                "[[step]]\nkind = \"filter\"\ncase_size = \"3\"\n[[target]]\nkind = \"stats\"\n",
                "logflow stats has no flags of the step filter",
            ),
            ("[run]\npin = true\n", "whether threads are pinned"),
        ] {
            match command(&format!("{source}{text}")) {
                CommandWords::Beyond(reasons) => assert!(reasons[0].contains(why), "{reasons:?}"),
                CommandWords::Words(words) => panic!("{words:?}"),
            }
        }
    }

    #[test]
    fn words_are_quoted_for_a_shell_and_variables_stay_variables() {
        let mut node = Node::from_toml("a = \"${DIR}\"").unwrap();
        let variables = Variables::fill(&mut node, &|_| Some("/logs".to_owned())).unwrap();
        let words = ["a", "a b", "it's", "", "/logs/a \"b\" $c ${d}", "${e}", "/logs"].map(str::to_owned);
        let expected = r#"a 'a b' 'it'\''s' '' "${DIR}/a \"b\" \$c \${d}" '${e}' "${DIR}""#;
        assert_eq!(quoted(&words, &variables), expected);
    }
}
