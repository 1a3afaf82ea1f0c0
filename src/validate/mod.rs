//! A log against its standard: XES against IEEE 1849, OCEL against its version, a bundle of tables against
//! its own manifest. Nothing is converted.
//!
//! ```text
//! text.rs       XES and OCEL as text: violations with byte, line and column
//! folder.rs     a bundle: violations with the file
//! ```
//!
//! OCEL in SQLite is held against its standard where it is asked: source/sqlite/strict.rs.

mod folder;
mod text;

use std::fmt;

use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::ocel::META;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::Options;
use crate::source::input::{Ready, VIOLATIONS, named};
use crate::text::Flow;
use crate::text::any::AnyFormat;
use crate::text::ocel::OcelSyntax;
use crate::text::ocel::strict::Rule;

/// One thing in a log that its standard does not allow.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.xes");
/// # std::fs::write(&path, "<log xes.version=\"1.0\"><trace><string key=\"a\"/></trace></log>").unwrap();
/// use logflow::{Input, Observer, Options, validate};
///
/// let validation = validate(&Input::from(path), &Options::default(), 10, &Observer::default())?;
/// assert!(validation.violations[0].rule.starts_with("IEEE 1849"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// The place of the violation in the log.
    #[serde(flatten)]
    pub place: ViolationPlace,
    /// The standard and its clause, or the name of the rule: `IEEE 1849, 5.1`, `OCEL 2.0, references`.
    pub rule: String,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
}

/// A place in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ViolationPlace {
    /// In a text.
    Text {
        /// Bytes from its start: of the file itself, or of what it unpacks or transcodes to.
        byte: u64,
        /// Line, from 1.
        line: u64,
        /// Character within the line, from 1.
        column: u64,
    },
    /// In a table.
    Row {
        /// Its name.
        table: String,
        /// The number that the database gives the row; `None` for the table as a whole.
        row: Option<i64>,
    },
    /// In a file of a folder.
    File {
        /// Its path within the folder.
        file: String,
    },
}

impl fmt::Display for ViolationPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { byte, line, column } => write!(f, "byte {byte}, line {line}:{column}"),
            Self::Row { table, row: Some(row) } => write!(f, "table {table}, row {row}"),
            Self::Row { table, row: None } => write!(f, "table {table}"),
            Self::File { file } => f.write_str(file),
        }
    }
}

/// The result of a check of one log against its standard.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.xes");
/// # std::fs::write(&path, "<log xes.version=\"1.0\"><trace><string key=\"a\"/></trace></log>").unwrap();
/// use logflow::{Input, Observer, Options, validate};
///
/// let validation = validate(&Input::from(path), &Options::default(), 10, &Observer::default())?;
/// assert_eq!((validation.format, validation.standard), ("xes", "IEEE 1849"));
/// assert_eq!(validation.count, validation.violations.len() as u64);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Validation {
    /// The log, as the user named it.
    pub input: String,
    /// Its format.
    pub format: &'static str,
    /// The standard.
    pub standard: &'static str,
    /// How many violations there are.
    pub count: u64,
    /// The first of them, in their order.
    pub violations: Vec<Violation>,
    /// What was not looked at, and why.
    pub unchecked: Vec<String>,
}

impl Validation {
    fn new(input: &Input, format: &'static str, standard: &'static str) -> Self {
        let unchecked = Vec::new();
        Self { input: input.to_string(), format, standard, count: 0, violations: Vec::new(), unchecked }
    }

    /// Counts a violation, and keeps it if it is among the first `limit`.
    fn add(&mut self, limit: usize, violation: Violation) {
        self.count += 1;
        if self.violations.len() < limit {
            self.violations.push(violation);
        }
    }
}

/// Checks a log against its standard, and keeps the first `limit` violations. Nothing is written.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.xes");
/// # std::fs::write(&path, "<log xes.version=\"1.0\"><trace><string key=\"a\"/></trace></log>").unwrap();
/// use logflow::{Input, Observer, Options, validate};
///
/// let validation = validate(&Input::from(path), &Options::default(), 10, &Observer::default())?;
/// assert!(validation.count > 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If it can't be read at all, or has a format without a standard.
pub fn validate(input: &Input, options: &Options, limit: usize, observer: &Observer) -> Result<Validation> {
    let spelling = options.spelling;
    let mut found = validated(input, options, limit, observer).map_err(|error| error.spelled(spelling))?;
    for violation in &mut found.violations {
        violation.what = spelling.write(&violation.what).into_owned();
    }
    Ok(found)
}

fn validated(input: &Input, options: &Options, limit: usize, observer: &Observer) -> Result<Validation> {
    if let Input::Path(path) = input
        && path.join(META).is_file()
    {
        return folder::validate(input, path, limit, observer);
    }
    let ready = match Ready::open(input, options, observer) {
        Ok(ready) => ready,
        Err(error) => return unread(input, error, limit, options.read.strict),
    };
    match &ready.format {
        AnyFormat::Xes(_) => text::validate_xes(ready, limit, observer),
        AnyFormat::Ocel(log) if log.syntax == OcelSyntax::Sqlite => {
            validate_database(&ready, limit, observer)
        }
        AnyFormat::Ocel(_) => Ok(text::validate_ocel(ready, options, limit, observer)?.0),
        other => {
            let what = format!("there is no standard that {} could be held against", other.name());
            let error = Error::new(Code::UnknownFormat, what);
            let error = error
                .help("logflow convert ⟦dry-run⟧ tells how it would be read; ⟦from⟧ names another format");
            Err(named(error, input))
        }
    }
}

/// An object-centric log again from its start, once all of it was held against the standard.
///
/// # Errors
/// [`Code::OcelStandard`] for the first things that it does not allow.
pub fn checked(mut ready: Ready, options: &Options, observer: &Observer) -> Result<Ready> {
    let found = match &ready.format {
        AnyFormat::Ocel(log) if log.syntax == OcelSyntax::Sqlite => {
            validate_database(&ready, VIOLATIONS, observer)?
        }
        AnyFormat::Ocel(_) => {
            let (found, read) = text::validate_ocel(ready, options, VIOLATIONS, observer)?;
            ready = read.again(None, options)?;
            found
        }
        _ => return Ok(ready),
    };
    let Some((first, others)) = found.violations.split_first() else {
        let unchecked = found.unchecked.into_iter();
        let told = |it: String| {
            let what = format!("not held against the standard: {it}");
            Warning::new(WarningCode::References, what)
                .help("logflow validate says the same; a part of the log can be looked at by itself")
        };
        ready.warnings.extend(unchecked.map(told));
        return Ok(ready);
    };
    let mut what = format!("{} ({})", first.what, first.rule);
    for Violation { place, rule, what: next } in others {
        what.push_str(&format!("; {place}: {next} ({rule})"));
    }
    let unnamed = found.count - found.violations.len() as u64;
    if unnamed > 0 {
        what.push_str(&format!("; and {unnamed} more"));
    }
    let error = match &first.place {
        ViolationPlace::Text { byte, line, column } => {
            Error::new(Code::OcelStandard, what).at_byte(*byte).at_line(*line, *column)
        }
        place @ (ViolationPlace::Row { .. } | ViolationPlace::File { .. }) => {
            Error::new(Code::OcelStandard, format!("{place}: {what}"))
        }
    };
    let help = "logflow validate lists all; without ⟦strict⟧, columns widen and what is odd is reported";
    Err(named(error.help(help), &ready.input))
}

/// A text whose head can't be read is not valid, nor is a database whose types have names that are no text,
/// and that is all there is to say; other errors stay what they are. So does that it is no log at all, unless
/// it `is_meant` to be one.
fn unread(input: &Input, error: Error, limit: usize, is_meant: bool) -> Result<Validation> {
    if let (Code::NotText, Some((table, row))) =
        (error.code(), error.position().and_then(|it| Some((it.table.clone()?, it.row))))
    {
        let mut all = Validation::new(input, "ocel-sqlite", "OCEL");
        let rule = format!("OCEL, {}", Rule::WellFormed.name());
        all.add(
            limit,
            Violation { place: ViolationPlace::Row { table, row }, rule, what: error.what().to_owned() },
        );
        all.unchecked.push("all else: a type has a name that is no text".to_owned());
        return Ok(all);
    }
    let place = error.position().and_then(|it| Some((it.byte?, it.line?)));
    let (Code::Xml | Code::XmlLimit | Code::XmlEntity | Code::UnknownFormat, Some((byte, (line, column)))) =
        (error.code(), place)
    else {
        return Err(error);
    };
    if error.code() == Code::UnknownFormat && !is_meant {
        return Err(error);
    }
    let mut all = Validation::new(input, "xes", "IEEE 1849");
    let rule = if error.code() == Code::UnknownFormat { "IEEE 1849, 5.1" } else { "XML 1.0, 2.1" };
    let place = ViolationPlace::Text { byte, line, column };
    all.add(limit, Violation { place, rule: rule.to_owned(), what: error.what().to_owned() });
    Ok(all)
}

fn validate_database(ready: &Ready, limit: usize, observer: &Observer) -> Result<Validation> {
    let database = ready.database.as_ref();
    let database = database.ok_or_else(|| Error::new(Code::Internal, "no database is open"))?;
    let standard = if database.version == "1.0" { "OCEL 1.0" } else { "OCEL 2.0" };
    let mut all = Validation::new(&ready.input, "ocel-sqlite", standard);
    database.hold(&mut |table, row, rule, what| {
        let place = ViolationPlace::Row { table: table.to_owned(), row };
        all.add(limit, Violation { place, rule: format!("{standard}, {}", rule.name()), what });
        if observer.stopped() { Flow::Stop } else { Flow::Continue }
    })?;
    observer.check()?;
    Ok(all)
}
