//! How a run ended: its exit code, and for a failure what a tired person needs to know.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::OnceLock;

use logflow::error::{Code, Error};
use logflow::options::Spelling;
use logflow::pipeline::variables::Variables;
use serde_json::json;

use crate::args::Color;
use crate::excerpt;
use crate::paint::Paint;
use crate::view::shown::shown;
use crate::{signals, stdout};

/// How this program names an option in its messages: `--max-record-size`.
pub const FLAGS: Spelling = Spelling::FLAGS;

/// How a pipeline file names an option: `max_record_size`.
pub const KEYS: Spelling = Spelling::KEYS;

/// How messages name options; flags, if nothing else is said.
static SPELLING: OnceLock<Spelling> = OnceLock::new();

/// From now on messages name options in this way.
pub fn spell(spelling: Spelling) {
    // Only the first command of a process says it.
    let _ = SPELLING.set(spelling);
}

/// The variables whose values no message shows; none, if nothing else is said.
static HIDDEN: OnceLock<Variables> = OnceLock::new();

/// From now on messages have names of variables in place of their values.
pub fn hide(variables: &Variables) {
    // As above.
    let _ = HIDDEN.set(variables.clone());
}

/// Whether values are to stay secret.
static SECRET: OnceLock<()> = OnceLock::new();

/// From now on no message shows lines of the input.
pub fn keep_secret() {
    // As above.
    let _ = SECRET.set(());
}

/// The text without values of variables.
pub fn hidden(text: &str) -> String {
    HIDDEN.get().map_or_else(|| text.to_owned(), |variables| variables.hide(text))
}

fn hidden_error(error: Error) -> Error {
    let error = if SECRET.get().is_some() { error.without_values() } else { error };
    HIDDEN.get().map_or(error.clone(), |variables| variables.hide_error(error))
}

/// How messages of this run name options.
pub fn spelling() -> Spelling {
    SPELLING.get().copied().unwrap_or(FLAGS)
}

/// An end that is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All inputs were processed; exit code 0.
    Done,
    /// Some rows or inputs were set aside.
    InPart,
    /// Nothing was done, and why has been said.
    Failed,
    /// A log breaks its standard, and how has been said.
    Invalid,
    /// A signal stopped the run.
    Stopped,
}

impl Outcome {
    /// The exit code of the process.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Invalid => 3.into(),
            Self::InPart => 4.into(),
            Self::Failed => ExitCode::FAILURE,
            Self::Stopped => (128 + signals::caught().unwrap_or(2)).into(),
        }
    }
}

/// Why nothing came of a run.
#[derive(Debug)]
pub enum Failure {
    /// The command line, or help that was asked for.
    Usage(Box<clap::Error>),
    /// An error of the library or of this program.
    Error(Error),
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::Usage(Box::new(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Failure {
    /// Says it, and gives the exit code.
    pub fn show(&self, color: Color) -> ExitCode {
        match self {
            Self::Usage(error) => {
                // If nobody reads it, nobody is told.
                let _ = error.print();
                u8::try_from(error.exit_code()).unwrap_or(2).into()
            }
            Self::Error(error) => {
                stdout::eprint(&text(error, Paint::stderr(color)));
                exit_code(error)
            }
        }
    }
}

/// What the shell is told: 2 for what only another command line can mend.
fn exit_code(error: &Error) -> ExitCode {
    match error.code() {
        Code::Interrupted => Outcome::Stopped.exit_code(),
        // A run that was stopped may fail in another way before it sees that it was: its input ends with the
        // pipeline.
        _ if signals::caught().is_some() => Outcome::Stopped.exit_code(),
        Code::Usage | Code::NoSuchColumn | Code::SchemaFile | Code::RulesFile | Code::MemoryLimit => 2.into(),
        Code::Key | Code::Unreachable => 2.into(),
        Code::PipelineFile
        | Code::PipelineKey
        | Code::PipelineValue
        | Code::PipelineVariable
        | Code::PipelineStep
        | Code::PipelineTarget => 2.into(),
        _ => ExitCode::FAILURE,
    }
}

/// The error for people: code and title, what was expected and found, where, that line of the input if it can
/// be had, and what to try.
pub fn text(error: &Error, paint: Paint) -> String {
    // The line is looked for in the file itself.
    let position = error.position().filter(|_| SECRET.get().is_none());
    let excerpt = position.and_then(excerpt::of).map(|it| it.text(paint)).unwrap_or_default();
    let error = hidden_error(error.clone().spelled(spelling()));
    let code = error.code();
    let mut out = paint.red(&format!("error[{code}]:"));
    // What is wrong with a command line is a heading of its own.
    let _ = match code {
        Code::Usage => writeln!(out, " {}", paint.bold(&readable(error.what()))),
        _ => writeln!(out, " {}\n  {}", paint.bold(code.title()), readable(error.what())),
    };
    if let Some(position) = error.position() {
        let _ = writeln!(out, "  {} {}", paint.dim("at"), readable(&position.to_string()));
        out.push_str(&excerpt);
    }
    if let Some(help) = error.help_text() {
        let _ = writeln!(out, "  {} {}", paint.cyan("help:"), readable(help));
    }
    out
}

/// Text of several lines without anything that commands the terminal: names of files and columns may hold it.
fn readable(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// The error for programs.
pub fn value(error: &Error) -> serde_json::Value {
    let error = hidden_error(error.clone().spelled(spelling()));
    let mut value = json!({
        "code": error.code().number(),
        "title": error.code().title(),
        "what": error.what(),
    });
    if let Some(position) = error.position() {
        value["file"] = position.file.as_ref().map(|file| file.to_string_lossy()).into();
        value["byte"] = position.byte.into();
        value["line"] = position.line.map(|(line, _)| line).into();
        value["character"] = position.line.map(|(_, character)| character).into();
        value["table"] = position.table.clone().into();
        value["row"] = position.row.into();
        value["column"] = position.column.clone().into();
    }
    if let Some(help) = error.help_text() {
        value["help"] = help.into();
    }
    value
}
