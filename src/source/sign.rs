//! Decides whether a file in a folder is a log, if its name does not show it.
//!
//! A table that is left out can be named and is then read; prose that became a table would have to be
//! found among the others.

use std::borrow::Cow;

use crate::error::Result;
use crate::mmap::Input;
use crate::model::readings::Readings;
use crate::observer::Observer;
use crate::options::Options;
use crate::source::input::Ready;
use crate::source::sample::first_bad;
use crate::text::TextSlice;
use crate::text::any::TEXT_FORMATS;

/// Rows after which one that is none does not show that the text is no table.
const ROWS: u64 = 10;
/// The longest name of a column that is taken for one, in bytes.
const NAME: usize = 64;

/// The kind of a file whose name does not show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// An event log in a format that has a standard.
    Log,
    /// A table: names, and rows under them in several columns.
    Table,
    /// Neither, and what it is instead.
    Nothing(Cow<'static, str>),
}

/// The kind of a file, by its first bytes.
///
/// # Errors
/// If it is none that can be read.
pub fn sign_of(input: &Input, options: &Options, observer: &Observer) -> Result<Sign> {
    let ready = Ready::open(input, options, observer)?;
    let row = ready.format.row();
    Ok(match (ready.names.len(), ready.sample.rows) {
        _ if row.has_standard => Sign::Log,
        _ if row.name == TEXT_FORMATS[0].rows[0].name => table(&ready, options)?,
        (0 | 1, _) => Sign::Nothing(format!("{} with fewer than two columns", row.label).into()),
        (_, 0 | 1) => Sign::Nothing(format!("{} with fewer than two rows", row.label).into()),
        _ => Sign::Table,
    })
}

/// Whether a text is a table with names, several columns and rows, and no prose with commas in it.
fn table(ready: &Ready, options: &Options) -> Result<Sign> {
    if ready.names.len() < 2 {
        return Ok(Sign::Nothing("text, and no table".into()));
    }
    let text = TextSlice { bytes: ready.source.head(), base: 0, last: ready.source.is_whole() };
    let limit = usize::try_from(options.read.max_record).unwrap_or(usize::MAX);
    let (bad, records) = first_bad(&ready.format, text, limit)?;
    if bad.is_some() && records <= ROWS {
        return Ok(Sign::Nothing("text, and no table".into()));
    }
    if !ready.header.names_columns {
        return Ok(Sign::Nothing("text, and no table with names of columns".into()));
    }
    let is_typed = ready.sample.known.iter().any(|it| !matches!(*it, Readings::TEXT | Readings::ALL));
    match ready.sample.rows {
        0 => Ok(Sign::Nothing("text, and no table with rows".into())),
        _ if is_typed => Ok(Sign::Table),
        _ if is_prose(ready)? => Ok(Sign::Nothing("text, and no table".into())),
        1 => Ok(Sign::Nothing("words with a single row under them, which may be no table".into())),
        _ => Ok(Sign::Table),
    }
}

/// Whether words alone read like sentences: what stands behind a delimiter begins with a space, or names
/// are as long as no names are.
fn is_prose(ready: &Ready) -> Result<bool> {
    let examples = ready.examples()?;
    let mut behind = examples.iter().skip(1).flatten().chain(ready.names.iter().skip(1)).peekable();
    let is_spaced = behind.peek().is_some() && behind.all(|value| value.starts_with(' ') || value.is_empty());
    Ok(is_spaced || ready.names.iter().any(|name| name.len() > NAME))
}
