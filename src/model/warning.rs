//! Warnings: what a careful reader of a result would want to know although the run did not fail.
//!
//! A warning has a stable code, a sentence that says what was seen, and a sentence that says what to do about
//! it. Where it is about values it also has the column, how many values it concerns out of how many, and the
//! first of them with its place. Programs read these fields in `--report json`; people see the most important
//! warnings first.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::options::Spelling;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal, $weight:literal;)*) => {
        /// The kind of a warning. A number, once given, is never given again.
        ///
        /// # Examples
        /// ```
        /// assert_eq!(logflow::WarningCode::RoleMissing.number(), "LW401");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum WarningCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl WarningCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable number, such as `LW302`.
            pub const fn number(self) -> &'static str {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// How important it is to a person, from 0 (most) to 9: values that may be misread come before
            /// columns that stayed text, these before what was kept elsewhere, and flags without effect come
            /// last.
            pub const fn weight(self) -> u8 {
                match self {
                    $(Self::$name => $weight,)*
                }
            }
        }
    };
}

codes! {
    /// The encoding of the text was guessed.
    EncodingGuessed = "LW101", 2;
    /// One of several inputs has no records and was left out.
    EmptyInput = "LW102", 3;
    /// A value of JSON holds an object-centric log, which was read as values.
    NestedLog = "LW103", 2;
    /// A byte order mark stands at the start of a later line and was left out of the value.
    ByteOrderMark = "LW104", 4;
    /// Padding behind the end of the log was ignored.
    TrailingPadding = "LW105", 5;
    /// A write-ahead log or journal beside a database was read too.
    BesideDatabase = "LW106", 5;
    /// An Arrow stream ends without its end mark, so that batches may be missing.
    NoEndMark = "LW107", 1;
    /// A workbook has sheets that were not read.
    SheetsLeftOut = "LW121", 1;
    /// Lines before the header or the first row are kept as metadata.
    Preamble = "LW201", 6;
    /// Lines were taken for comments.
    Comments = "LW202", 4;
    /// A column has no name, or the same name as an earlier one, and was given one.
    ColumnNamed = "LW203", 5;
    /// The first record does not name the columns although it looks as if it were meant to.
    HeaderRejected = "LW204", 1;
    /// The header stands in the input once more, as a row.
    HeaderAgain = "LW205", 1;
    /// Rows with another number of fields than the header were padded or cut, as asked.
    UnevenRows = "LW206", 3;
    /// The log has something that its standard does not allow.
    Nonstandard = "LW207", 5;
    /// Identifiers of an object-centric log that occur twice or lead nowhere.
    References = "LW208", 3;
    /// Values hold a byte 0x00, which was kept as asked.
    NulBytes = "LW209", 5;
    /// A delimiter ends every row and not the header, or the header alone.
    TrailingDelimiter = "LW210", 3;
    /// Quotes were taken for plain characters, as more of them are odd than enclose fields.
    PlainQuotes = "LW211", 4;
    /// Something of the log has no place in the table and is kept beside it.
    KeptBeside = "LW212", 5;
    /// Traces have no events, and the table has no rows for them.
    EmptyTraces = "LW213", 5;
    /// Tables or columns of a database are no part of the log and were left out.
    LeftOutOfDatabase = "LW214", 4;
    /// An event or object type is declared and has no event or object.
    TypeUnused = "LW215", 6;
    /// Cells of a workbook are errors and became null.
    ErrorCells = "LW221", 2;
    /// Rows or columns of a sheet are hidden and were read.
    HiddenCells = "LW222", 3;
    /// Cells of a sheet are merged, so that the first alone has the value.
    MergedCells = "LW223", 4;
    /// All values of the column can be read as two types with different meanings, so it is text.
    TwoMeanings = "LW301", 1;
    /// Nearly all values of a text column have a narrower type.
    NearlyTyped = "LW302", 0;
    /// A column that looks like times is text, because its layout is not known.
    UnreadTimes = "LW303", 1;
    /// Values that can be read as numbers look like codes, so the column is text.
    CodesNotNumbers = "LW304", 3;
    /// Leap seconds were set to the last microsecond of their minute.
    LeapSeconds = "LW305", 5;
    /// A column of JSON has strings among other values and holds the JSON of each.
    MixedValues = "LW306", 2;
    /// A column was read with the decimal mark that other columns of the file show.
    DecimalMarkOfFile = "LW307", 4;
    /// An attribute has values that are not of the type that the log declares for it.
    DeclaredTypeNotHeld = "LW308", 0;
    /// Times of an object-centric log have no zone.
    TimesWithoutZone = "LW309", 4;
    /// The values of a text column are times that no one type holds: their dates are in two orders, or some
    /// need nanoseconds and others are of years that nanoseconds do not reach.
    TimesAtOdds = "LW310", 0;
    /// A column of a sheet has values of several kinds, so it is text.
    MixedCells = "LW321", 0;
    /// No column is known to be the case, the activity or the timestamp.
    RoleMissing = "LW401", 4;
    /// The log that is written has no timestamps.
    NoTimestamps = "LW402", 1;
    /// A column has another name in the output, because a role needs its own.
    ColumnRenamed = "LW403", 5;
    /// JSON holds a table by columns or by rows with numbers, which was read as a single row.
    TableInOneRow = "LW404", 0;
    /// Rows of a case were apart and were brought together.
    CasesApart = "LW405", 5;
    /// The format that is written has less precise times.
    TimesCut = "LW406", 3;
    /// Later values of objects name a field that is no attribute.
    ChangedFields = "LW407", 4;
    /// Cases without events are left out, because rows were chosen by a condition.
    CasesLeftOut = "LW408", 4;
    /// Events stand behind later events of their case, and were put in order.
    EventsOutOfOrder = "LW411", 4;
    /// Pseudonyms were made without a key.
    PlainHash = "LW421", 0;
    /// A column that looks personal was left as it is.
    LooksPersonal = "LW422", 1;
    /// What describes a log as a whole was left out, because values are to stay secret.
    DescriptionLeftOut = "LW423", 4;
    /// A flag has no effect on what is read or written.
    FlagWithoutEffect = "LW501", 8;
}

impl WarningCode {
    /// Whether it says that a column may not have the type that it should have: `--strict-types` makes it an
    /// error.
    pub fn is_about_types(self) -> bool {
        self.number().starts_with("LW3")
            && !matches!(self, Self::LeapSeconds | Self::DecimalMarkOfFile | Self::TimesWithoutZone)
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

impl Serialize for WarningCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.number())
    }
}

/// One value that a warning is about, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct WarningExample {
    /// The value, cut to some 60 characters; empty where a place is all that there is to tell.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Data row of its input, counted from 1, bad rows included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Bytes from the start of the input's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
}

/// A warning: what was seen, where, and what to do about it.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case_id,activity\n1,a\n").unwrap();
/// let report = logflow::schema(path)?;
/// let warning = &report.warnings[0];
/// assert_eq!(warning.code, logflow::WarningCode::RoleMissing);
/// assert!(warning.help.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// The stable code, which says what kind of warning it is.
    pub code: WarningCode,
    /// What was seen, in one sentence without a full stop. Names of options stand between marks, see
    /// [`Spelling`].
    #[serde(serialize_with = "plain")]
    pub message: String,
    /// What to do about it, if there is something to do. Names of options stand between marks, as above.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "plain_help")]
    pub help: Option<String>,
    /// The input that it is about, as the user named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The column that it is about, by its name in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How many values, rows or lines it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many values, rows or lines there are in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The first value that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<WarningExample>,
}

impl Warning {
    /// A warning of this kind with what was seen.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
            input: None,
            column: None,
            count: None,
            total: None,
            example: None,
        }
    }

    /// Adds a sentence that says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the input that it is about, unless it is known already.
    #[must_use]
    pub fn in_input(mut self, input: impl fmt::Display) -> Self {
        self.input.get_or_insert_with(|| input.to_string());
        self
    }

    /// Puts `to` in the place of the input `from`, which nobody knows: something that was made of `to` on the
    /// way. A place in it is one in no input that is there, and is left out.
    pub fn rename_input(&mut self, from: &str, to: &str) {
        if self.input.as_deref() != Some(from) {
            return;
        }
        self.input = Some(to.to_owned());
        if let Some(example) = &mut self.example {
            (example.row, example.byte) = (None, None);
        }
        self.example = self.example.take().filter(|it| !it.value.is_empty());
    }

    /// Adds the column, by its name in the source.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Adds how many values, rows or lines it concerns.
    #[must_use]
    pub fn counted(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// Adds how many values, rows or lines there are in all.
    #[must_use]
    pub fn out_of(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    /// Adds the first value that it concerns.
    #[must_use]
    pub fn example(mut self, value: impl Into<String>, row: Option<u64>, byte: Option<u64>) -> Self {
        self.example = Some(WarningExample { value: value.into(), row, byte });
        self
    }

    /// The same with the names of options in its sentences as the caller writes them.
    #[must_use]
    pub fn spelled(mut self, spelling: Spelling) -> Self {
        self.message = spelling.write(&self.message).into_owned();
        self.help = self.help.map(|help| spelling.write(&help).into_owned());
        self
    }

    /// The same without what may show values of the input: its place and its counts stay.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        use WarningCode::{
            CasesApart, CasesLeftOut, ColumnRenamed, DescriptionLeftOut, EmptyInput, EmptyTraces,
            EncodingGuessed, EventsOutOfOrder, FlagWithoutEffect, LeapSeconds, LooksPersonal, NoEndMark,
            NoTimestamps, NulBytes, PlainHash, RoleMissing, TimesCut, TimesWithoutZone, TrailingPadding,
            UnevenRows,
        };
        let shows_none = matches!(
            self.code,
            CasesApart
                | CasesLeftOut
                | ColumnRenamed
                | DescriptionLeftOut
                | EmptyInput
                | EmptyTraces
                | EncodingGuessed
                | EventsOutOfOrder
                | FlagWithoutEffect
                | LeapSeconds
                | LooksPersonal
                | NoEndMark
                | NoTimestamps
                | NulBytes
                | PlainHash
                | RoleMissing
                | TimesCut
                | TimesWithoutZone
                | TrailingPadding
                | UnevenRows
        );
        if !shows_none {
            self.message = match &self.column {
                Some(column) => format!(
                    "column {column:?}: a warning of kind {}, which may show values that are to stay secret",
                    self.code
                ),
                None => {
                    format!("a warning of kind {}, which may show values that are to stay secret", self.code)
                }
            };
            self.help = Some(
                "to read it, look at the input with `logflow schema` where the values may be seen".to_owned(),
            );
        }
        if let Some(example) = &mut self.example {
            example.value.clear();
        }
        self.example = self.example.filter(|it| it.row.is_some() || it.byte.is_some());
        self
    }

    /// Adds the place of the first thing that it concerns, where that is no value.
    #[must_use]
    pub fn at_byte(self, byte: u64) -> Self {
        self.example("", None, Some(byte))
    }
}

/// The input and the sentence, without what to do.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(input) = &self.input {
            write!(f, "{input}: ")?;
        }
        f.write_str(&Spelling::PLAIN.write(&self.message))
    }
}

fn plain<S: Serializer>(message: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Spelling::PLAIN.write(message))
}

fn plain_help<S: Serializer>(help: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    plain(help.as_deref().unwrap_or_default(), serializer)
}

/// Warnings in the order in which a person should see them, the most important first; those of equal weight
/// stay in the order in which they were found.
pub fn by_importance(warnings: &[Warning]) -> Vec<&Warning> {
    let mut sorted: Vec<&Warning> = warnings.iter().collect();
    sorted.sort_by_key(|warning| warning.code.weight());
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_number() {
        let mut numbers: Vec<_> = WarningCode::ALL.iter().map(|code| code.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), WarningCode::ALL.len());
    }

    #[test]
    fn every_code_has_a_row_in_its_page() {
        let page = include_str!("../../docs/warnings.md");
        for code in WarningCode::ALL {
            let rows: Vec<&str> =
                page.lines().filter(|line| line.starts_with(&format!("| {code} |"))).collect();
            assert_eq!(rows.len(), 1, "{code}");
            assert_eq!(rows[0].contains("**types**"), code.is_about_types(), "{code}");
        }
    }

    #[test]
    fn json_has_the_fields_that_are_known_and_no_others() {
        let warning = Warning::new(WarningCode::NearlyTyped, "column \"a\" is text, as ⟦all-text⟧ asks")
            .in_column("a")
            .counted(1)
            .out_of(10)
            .example("unknown", Some(7), Some(80));
        assert_eq!(
            serde_json::to_value(warning).unwrap(),
            serde_json::json!({
                "code": "LW302",
                "message": "column \"a\" is text, as option all-text asks",
                "column": "a",
                "count": 1,
                "total": 10,
                "example": {"value": "unknown", "row": 7, "byte": 80},
            })
        );
    }

    #[test]
    fn the_most_important_come_first_and_equals_stay_in_order() {
        let [idle, first, second] = [
            Warning::new(WarningCode::FlagWithoutEffect, "idle"),
            Warning::new(WarningCode::NearlyTyped, "first"),
            Warning::new(WarningCode::NearlyTyped, "second"),
        ];
        let all = [idle.clone(), first.clone(), second.clone()];
        assert_eq!(by_importance(&all), [&first, &second, &idle]);
    }
}
