//! The result of a run, for people and programs. The numbers add up: records = rows + rejected rows +
//! filtered rows.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::references::Findings;
use crate::model::warning::{Warning, by_importance};
use crate::options::Spelling;
use crate::shard::merge::PartDone;
use crate::source::input::Ready;
use crate::step::ChainDone;
use crate::text::log_text::Dialect;

/// The result of a run.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,amount\n1,2.5\n1,\n").unwrap();
/// let report = logflow::schema(path)?;
/// assert_eq!(report.records, report.rows + report.bad_rows + report.filtered_rows);
/// assert_eq!((report.columns[1].column_type.as_str(), report.columns[1].nulls), ("float64", 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The file that was written; `None` if none was.
    pub output: Option<PathBuf>,
    /// Size of the output in bytes.
    pub output_bytes: u64,
    /// All outputs, if the run has several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputReport>,
    /// The table of cases, if one was asked for.
    pub cases_output: Option<PathBuf>,
    /// The rejects file, if a row was rejected.
    pub rejects: Option<PathBuf>,
    /// Reports on the inputs, in their order.
    pub inputs: Vec<InputReport>,
    /// Reports on the columns of the output, in their order.
    pub columns: Vec<ColumnReport>,
    /// Reports on the tables, if the output is a folder of tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableReport>,
    /// Identifiers of an object-centric log that are there twice or lead nowhere; `None` if it has too many
    /// to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<Findings>,
    /// Records read, bad rows included.
    pub records: u64,
    /// Rows in the output.
    pub rows: u64,
    /// Records rejected.
    pub bad_rows: u64,
    /// Rows that steps removed.
    pub filtered_rows: u64,
    /// Reports on the steps that changed the table, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepReport>,
    /// What was left unread of files with statistics, because a step would remove its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<UnreadReport>,
    /// Row groups in the output.
    pub row_groups: u64,
    /// Bytes of input, as they are on disk.
    pub input_bytes: u64,
    /// Passes beyond the first.
    pub restarts: u64,
    /// Shards that began at a wrong guess and were parsed again.
    pub reparses: u64,
    /// Worker threads.
    pub workers: usize,
    /// Bytes of finished pages and of bad rows that waited in a file.
    pub spilled_bytes: u64,
    /// Whether only the beginning of the inputs was read, and there is more in them.
    #[serde(skip)]
    pub is_partial: bool,
    /// Wall time.
    pub seconds: f64,
    /// Time by kind of work.
    pub timings: TimingsReport,
    /// Warnings, in the order in which they were found.
    pub warnings: Vec<Warning>,
}

impl Report {
    /// An error for the most important warning about the type of a column, if `strict` is asked for.
    ///
    /// # Errors
    /// [`Code::TypesInDoubt`], with the place of the first value that is in doubt.
    pub fn refuse_doubts(&self, strict: bool) -> Result<()> {
        let mut doubts = by_importance(&self.warnings).into_iter().filter(|it| it.code.is_about_types());
        let Some(first) = doubts.next().filter(|_| strict) else { return Ok(()) };
        let more = doubts.count();
        let what = match more {
            0 => format!("{} ({})", first.message, first.code),
            1 => format!("{} ({}); one more column is in doubt", first.message, first.code),
            _ => format!("{} ({}); {more} more columns are in doubt", first.message, first.code),
        };
        let help = first.help.iter().map(String::as_str).chain(["without ⟦strict-types⟧ this is a warning"]);
        let mut error = Error::new(Code::TypesInDoubt, what).help(help.collect::<Vec<_>>().join("; "));
        if let Some(example) = &first.example {
            error = example.byte.into_iter().fold(error, Error::at_byte);
            error = example.row.into_iter().fold(error, Error::at_row);
        }
        error = first.column.iter().fold(error, |error, column| error.in_column(column.as_str()));
        let named = first.input.as_deref().or_else(|| match self.inputs.as_slice() {
            [only] => Some(&*only.name),
            _ => None,
        });
        Err(match named.filter(|name| *name != "<stdin>") {
            Some(name) => error.in_file(Path::new(name)),
            None => error,
        })
    }

    /// The report with the names of options in its warnings as the caller writes them.
    #[must_use]
    pub fn spelled(mut self, spelling: Spelling) -> Self {
        self.warnings = self.warnings.into_iter().map(|warning| warning.spelled(spelling)).collect();
        self
    }

    /// Puts examples to the columns, in their order.
    pub fn show_examples(&mut self, examples: Vec<Vec<String>>) {
        for (column, examples) in self.columns.iter_mut().zip(examples) {
            column.examples = examples;
        }
    }
}

/// Seconds, added up over workers; `write` is the merger's alone.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[non_exhaustive]
pub struct TimingsReport {
    /// Looking at dialect and sample.
    pub plan: f64,
    /// Waiting for pages of the input.
    pub read: f64,
    /// Cutting text into fields.
    pub cut: f64,
    /// Fields into typed arrays.
    pub parse: f64,
    /// Arrays into compressed pages.
    pub encode: f64,
    /// Pages into the file, and its footer, sync and rename.
    pub write: f64,
}

/// What was read of files with statistics, and what was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnreadReport {
    /// Bytes of the values that were read, compressed as they are.
    pub read_bytes: u64,
    /// Bytes of the files.
    pub file_bytes: u64,
    /// Rows that were not read. They are counted among those that the step removed.
    pub unread_rows: u64,
}

/// The result of one step.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StepReport {
    /// Name of the step, as [`Step::name`](crate::step::Step::name) gives it.
    pub name: String,
    /// Rows that the step removed.
    pub removed_rows: u64,
    /// The step's finding about the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<serde_json::Value>,
    /// What the step tells of it beside that; not in the metadata of outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

impl StepReport {
    /// One for each step of a table, in order.
    pub fn of(done: &ChainDone) -> Vec<Self> {
        let step = |at: usize| Self {
            name: done.names[at].to_string(),
            removed_rows: done.filtered[at],
            finding: done.findings[at].as_ref().map(|it| it.to_json()).filter(|it| !it.is_null()),
            details: done.findings[at].as_ref().map(|it| it.details()).filter(|it| !it.is_null()),
        };
        (0..done.names.len()).map(step).collect()
    }
}

/// The steps in the file's metadata: those that removed rows or found something out.
pub fn steps_metadata(steps: &[StepReport]) -> Vec<serde_json::Value> {
    let noted = steps.iter().filter(|step| step.removed_rows > 0 || step.finding.is_some());
    let without_details = |step: &StepReport| StepReport { details: None, ..step.clone() };
    noted.filter_map(|step| serde_json::to_value(without_details(step)).ok()).collect()
}

/// One output of several.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OutputReport {
    /// The file or folder.
    pub output: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// One of several tables.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TableReport {
    /// Its file within the folder.
    pub file: String,
    /// Its rows.
    pub rows: u64,
    /// Its row groups.
    pub row_groups: u64,
    /// Size of the output in bytes.
    pub bytes: u64,
    /// The BLAKE3 of these, in hex.
    pub blake3: String,
}

/// The report on one input.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct InputReport {
    /// The input, as the user named it.
    pub name: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// BLAKE3 of these bytes, in hex.
    pub blake3: String,
    /// The format.
    pub format: &'static str,
    /// Name of the compression, if the input is compressed.
    pub compression: Option<&'static str>,
    /// Encoding of the text.
    pub encoding: String,
    /// Its dialect, if it is CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectReport>,
    /// What stands in it beside its rows, if it is XES: as docs/xes.md says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xes: Option<serde_json::Value>,
    /// The same, if it is JSON: as docs/json.md says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// The same, if it is in another format that has such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
    /// Records read, bad rows included.
    pub records: u64,
    /// Rows.
    pub rows: u64,
    /// Bad rows.
    pub bad_rows: u64,
    /// Rows that steps removed.
    #[serde(skip_serializing_if = "is_zero")]
    pub filtered_rows: u64,
    /// Lines skipped because they were blank or comments.
    pub blank_lines: u64,
    /// Lines before the header.
    pub preamble: Vec<String>,
}

impl InputReport {
    /// An input whose values have types, before it is read.
    pub fn typed(name: String, format: &'static str) -> Self {
        Self {
            name,
            bytes: 0,
            blake3: String::new(),
            format,
            compression: None,
            encoding: "utf-8".to_owned(),
            dialect: None,
            xes: None,
            json: None,
            metadata: None,
            records: 0,
            rows: 0,
            bad_rows: 0,
            filtered_rows: 0,
            blank_lines: 0,
            preamble: Vec::new(),
        }
    }
}

/// The dialect of a CSV file.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct DialectReport {
    /// Between fields.
    pub delimiter: String,
    /// Around fields.
    pub quote: Option<String>,
    /// Before quotes inside quotes; `None`: doubled.
    pub escape: Option<String>,
    /// Before comments.
    pub comment: Option<String>,
    /// Whether the names come from the file.
    pub header: bool,
}

/// The report on one column.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ColumnReport {
    /// Name in the output.
    pub name: String,
    /// Name in the source.
    pub source_name: String,
    /// Its type in the output.
    #[serde(rename = "type")]
    pub column_type: String,
    /// How its values are written.
    pub written: String,
    /// Its role.
    pub role: Option<&'static str>,
    /// Whether the type was declared.
    pub declared: bool,
    /// The layouts that were given for its timestamps: in JSON a string, or a list if there are several.
    #[serde(rename = "format", skip_serializing_if = "Vec::is_empty", serialize_with = "one_or_list")]
    pub formats: Vec<String>,
    /// A few of its values, where a look at them was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// Nulls in it.
    pub nulls: u64,
    /// Of these, words such as `NA`; those of rows that a step removed are counted as well.
    pub null_words: u64,
    /// Timestamps without a zone.
    pub without_zone: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn one_or_list<S: Serializer>(formats: &[String], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    match formats {
        [one] => one.serialize(serializer),
        list => list.serialize(serializer),
    }
}

/// Checksum and length of an input, once it was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct InputDigest {
    /// Its BLAKE3.
    pub blake3: [u8; 32],
    /// How many.
    pub bytes: u64,
}

impl InputDigest {
    /// The BLAKE3 in hex.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.blake3).to_hex().to_string()
    }
}

/// What there is to say about one input.
pub fn input_report(input: &Ready, part: &PartDone, source: InputDigest) -> InputReport {
    let metadata = input.format.metadata(&part.learned, &part.kinds());
    let (xes, json, metadata) = match input.format.row().label {
        "XES" => (metadata, None, None),
        "JSON" => (None, metadata, None),
        _ => (None, None, metadata),
    };
    InputReport {
        name: input.input.to_string(),
        bytes: source.bytes,
        blake3: source.hex(),
        format: input.format.name(),
        compression: input.compression,
        encoding: input.encoding.clone().unwrap_or_else(|| "utf-8".to_owned()),
        dialect: dialect_report(input),
        xes,
        json,
        metadata,
        records: part.records,
        rows: part.rows,
        bad_rows: part.bad,
        filtered_rows: part.filtered,
        blank_lines: part.blank,
        preamble: input.header.preamble.clone(),
    }
}

fn dialect_report(input: &Ready) -> Option<DialectReport> {
    let Dialect { delimiter, quote, escape, comment } = input.format.dialect()?;
    Some(DialectReport { delimiter, quote, escape, comment, header: input.header.names_columns })
}

/// The columns of a table in the file's metadata.
pub fn columns_metadata(columns: &[ColumnReport]) -> Vec<serde_json::Value> {
    let entry = |it: &ColumnReport| {
        serde_json::json!({
            "name": it.name, "source_name": it.source_name, "type": it.column_type, "written": it.written
        })
    };
    columns.iter().map(entry).collect()
}

/// The roles of a table in the file's metadata: for each its column.
pub fn roles_metadata(table: &TableSchema) -> serde_json::Map<String, serde_json::Value> {
    let roles = table.roles().into_iter();
    roles.map(|(role, at)| (role.name().to_owned(), table.columns[at].name().into())).collect()
}

/// An input in the file's metadata: by its name without folders, which say where it lay and not what it is.
pub fn source_metadata(input: &InputReport) -> serde_json::Value {
    let name = Path::new(&input.name)
        .file_name()
        .map_or_else(|| input.name.clone(), |it| it.to_string_lossy().into_owned());
    let mut value = serde_json::to_value(input).unwrap_or_default();
    value["name"] = name.into();
    value
}
