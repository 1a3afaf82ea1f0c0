//! What becomes of the values of an input: types, roles, which columns and rows are kept, and what happens to bad rows.

use std::str::FromStr;

use crate::error::{Code, Error, Result};
use crate::model::condition::Condition;
use crate::model::partition::PartitionKey;
use crate::model::roles::{Naming, RoleWishes};
use crate::model::value::{ColumnType, DateOrder, DecimalMark};
use crate::model::zone::ZoneRule;

/// What becomes of the values of an input.
#[derive(Debug, Clone)]
pub struct TableOptions {
    /// Options for types and values.
    pub values: ValueOptions,
    /// Columns whose types are in doubt are an error, and no warning.
    pub strict_types: bool,
    /// Columns that the user gives for roles.
    pub roles: RoleWishes,
    /// Whether role columns are renamed.
    pub naming: Naming,
    /// Types declared by a schema file: never widened.
    pub declared: Vec<DeclaredColumn>,
    /// Columns kept; empty keeps all.
    pub select: Vec<String>,
    /// Names of columns that are not written.
    pub exclude: Vec<String>,
    /// What must be true of a row for it to be written; `None` writes all rows.
    pub condition: Option<Condition>,
    /// Keys of folders named `key=value` that need no column in Parquet and Arrow files, because what is written
    /// stands below folders of the same names.
    pub keys_in_path: Vec<PartitionKey>,
    /// What to do with a malformed record.
    pub on_bad_row: OnBadRow,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            values: ValueOptions::default(),
            strict_types: false,
            roles: RoleWishes::default(),
            naming: Naming::Source,
            declared: Vec::new(),
            select: Vec::new(),
            exclude: Vec::new(),
            condition: None,
            keys_in_path: Vec::new(),
            on_bad_row: OnBadRow::Fail,
        }
    }
}

/// Options for types and values.
#[derive(Debug, Clone, Default)]
pub struct ValueOptions {
    /// Every column that is not declared is text.
    pub all_text: bool,
    /// JSON objects and arrays stay text.
    pub nested_text: bool,
    /// Words that mean null in every column; `None`: the usual ones, in columns that are not text.
    pub null_words: Option<Vec<String>>,
    /// The decimal mark, if not to be found.
    pub decimal: Option<DecimalMark>,
    /// The order of dates, if not to be found.
    pub date_order: Option<DateOrder>,
    /// The layouts of timestamps in the timestamp columns, strftime-like, or `unix-s`, `unix-ms`, `unix-us`,
    /// `unix-ns` for numbers since 1970. A value has one of them, the first that reads it.
    pub timestamp_formats: Vec<String>,
    /// Time zone assumed for timestamps that carry none.
    pub zone: ZoneRule,
}

/// A column that a schema file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// The column's name in the source.
    pub name: String,
    /// Type of the column.
    pub column_type: ColumnType,
    /// Layouts of its timestamps, strftime-like; none for the usual ones.
    pub formats: Vec<String>,
}

/// What happens to a record that is no row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum OnBadRow {
    /// The run fails and writes nothing.
    #[default]
    Fail,
    /// It goes to the rejects file, and the run goes on until there are too many.
    Reject(BadRowLimit),
}

/// How many malformed rows are tolerated before the run fails.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BadRowLimit {
    /// Any number of bad rows is tolerated.
    #[default]
    None,
    /// At most this number of bad rows is tolerated.
    Rows(u64),
    /// At most this percentage of all records is tolerated.
    Percent(f64),
}

impl FromStr for BadRowLimit {
    type Err = Error;

    /// Reads `100` or `2.5%`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Code::Usage, format!("expected a number of rows or a percentage, found {text:?}"))
                .help("write 100 or 2.5%")
        };
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Self::Rows).map_err(|_| wrong()),
        }
    }
}
