//! What becomes of the values of an input: types, roles, which columns and rows are kept, and what happens to
//! bad rows.

use std::fmt;
use std::str::FromStr;

use super::declared::DeclaredColumn;
use super::forms::{
    BadRowsForm, ByWord, ColumnOf, ConditionsForm, LayoutsForm, Maybe, MostBadRows, NamesForm, Same, ZoneName,
};
use super::keys::keys;
use crate::error::{Code, Error, Result};
use crate::model::condition::Condition;
use crate::model::partition::PartitionKey;
use crate::model::roles::{Naming, Role, RoleWishes};
use crate::model::value::{DateOrder, DecimalMark};
use crate::model::zone::ZoneRule;

/// What becomes of the values of an input.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// use logflow::TableOptions;
/// use logflow::values::{BadRowLimit, ColumnType, Condition, DeclaredColumn, OnBadRow};
///
/// let mut table = TableOptions::default();
/// table.declared = vec![DeclaredColumn::new("order", ColumnType::Text)];
/// table.condition = Some("amount > 100".parse::<Condition>()?);
/// table.on_bad_row = OnBadRow::Reject(BadRowLimit::Percent(1.0));
/// assert_eq!(table.declared[0].name, "order");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
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
    /// Keys of folders named `key=value` that need no column in Parquet and Arrow files, because what is
    /// written stands below folders of the same names.
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

keys! {
    TableOptions, "options about columns and rows" {
        "all_text": Same = values.all_text,
        "strict_types": Same = strict_types,
        "nested_text": Same = values.nested_text,
        "null_words": Maybe<NamesForm> = values.null_words,
        "decimal": Maybe<ByWord> = values.decimal,
        "date_order": Maybe<ByWord> = values.date_order,
        "timestamp_format": LayoutsForm = values.timestamp_formats,
        "timezone": ZoneName = values.zone.zone,
        "timezone_fold": ByWord = values.zone.fold,
        "case_id": ColumnOf<{ Role::Case as usize }> = roles,
        "activity": ColumnOf<{ Role::Activity as usize }> = roles,
        "timestamp": ColumnOf<{ Role::Timestamp as usize }> = roles,
        "start_timestamp": ColumnOf<{ Role::StartTimestamp as usize }> = roles,
        "resource": ColumnOf<{ Role::Resource as usize }> = roles,
        "lifecycle": ColumnOf<{ Role::Lifecycle as usize }> = roles,
        "naming": ByWord = naming,
        "select": NamesForm = select,
        "exclude": NamesForm = exclude,
        "where": ConditionsForm = condition,
        "on_bad_row": BadRowsForm = on_bad_row,
        "max_bad_rows": MostBadRows = on_bad_row,
        "keys_in_path": Same = keys_in_path,
        "columns": Same = declared,
    }
}

/// Options for types and values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
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

/// What to do with a malformed record.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum OnBadRow {
    /// The run fails and writes nothing.
    #[default]
    Fail,
    /// It goes to the rejects file, and the run goes on until there are too many.
    Reject(BadRowLimit),
}

/// How many malformed rows are tolerated before the run fails.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum BadRowLimit {
    /// Any number of bad rows is tolerated.
    #[default]
    None,
    /// At most this number of bad rows is tolerated.
    Rows(u64),
    /// At most this percentage of all records is tolerated.
    Percent(f64),
}

impl fmt::Display for BadRowLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("100%"),
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
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
