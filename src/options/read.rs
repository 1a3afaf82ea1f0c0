//! How an input is read: its format, encoding and dialect, and the limits of what is accepted.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::forms::{ByWord, DelimiterForm, MarkForm, Maybe, NumberForm, Same, SizeForm};
use super::keys::keys;
use crate::error::{Code, Error, Result};

/// The longest record when nobody says, in bytes: a record is held whole, and once more as a value, within
/// the usual memory of one worker. It depends on nothing else, least of all on the number of threads: what is
/// a record must not.
pub const MAX_RECORD: u64 = 16 << 20;

/// How inputs are read.
///
/// # Examples
/// ```
/// use logflow::ReadOptions;
/// use logflow::values::InputFormat;
///
/// let mut read = ReadOptions::default();
/// read.from = Some(InputFormat::new("csv"));
/// read.csv.delimiter = Some(b";".to_vec());
/// assert_eq!(read.max_record, 16 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The format of all inputs, if it is not to be found.
    pub from: Option<InputFormat>,
    /// The encoding's label, if it is not to be found.
    pub encoding: Option<String>,
    /// XES and OCEL: what the standard does not allow is an error.
    pub strict: bool,
    /// Options for CSV input.
    pub csv: CsvOptions,
    /// Options for XES input.
    pub xes: XesOptions,
    /// Options for JSON input.
    pub json: JsonOptions,
    /// How the lines of access logs are made up: a name such as `combined`, or a format string of Apache or
    /// nginx; `None`: found.
    pub access_format: Option<String>,
    /// The sheet of a workbook: its number or name, a table or area in it, or `all`; `None`: the first that
    /// has values.
    pub sheet: Option<String>,
    /// The longest record, in bytes.
    pub max_record: u64,
    /// Largest zstd window, as a power of two in bytes.
    pub zstd_window_log: u32,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            from: None,
            encoding: None,
            strict: false,
            csv: CsvOptions::default(),
            xes: XesOptions::default(),
            json: JsonOptions::default(),
            access_format: None,
            sheet: None,
            max_record: MAX_RECORD,
            zstd_window_log: 27,
        }
    }
}

keys! {
    ReadOptions, "options about reading" {
        "from": Maybe<Same> = from,
        "encoding": Maybe<Same> = encoding,
        "strict": Same = strict,
        "delimiter": Maybe<DelimiterForm> = csv.delimiter,
        "quote": Maybe<MarkForm> = csv.quote,
        "escape": Maybe<MarkForm> = csv.escape,
        "comment": Maybe<MarkForm> = csv.comment,
        "header": ByWord = csv.header,
        "skip_lines": Maybe<Same> = csv.skip_lines,
        "uneven_rows": ByWord = csv.uneven_rows,
        "nul_bytes": ByWord = csv.nul_bytes,
        "fill_defaults": Same = xes.fill_defaults,
        "json_path": Maybe<Same> = json.path,
        "json_lenient": Same = json.lenient,
        "sheet": Maybe<Same> = sheet,
        "access_format": Maybe<Same> = access_format,
        "max_record_size": SizeForm = max_record,
        "zstd_window_log": NumberForm<10, 31> = zstd_window_log,
    }
}

/// The format of an input, by the name that `--from` accepts: any that the registry knows
/// (`source/formats.rs`), which is asked when an input is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputFormat(Cow<'static, str>);

impl InputFormat {
    /// The format of this name, such as `csv` or `ocel-json`.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name that `--from` accepts.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl From<String> for InputFormat {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

/// What is known of a CSV file beforehand; the rest is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CsvOptions {
    /// Delimiter between fields, of one or more bytes; `None`: detect it.
    pub delimiter: Option<Vec<u8>>,
    /// Around fields; `Some(None)`: nothing quotes.
    pub quote: Option<Option<u8>>,
    /// Before quotes inside quotes; `Some(None)`: doubling.
    pub escape: Option<Option<u8>>,
    /// First byte of comment lines; `Some(None)`: there are none.
    pub comment: Option<Option<u8>>,
    /// Whether the first record names the columns.
    pub header: Option<bool>,
    /// Lines before the header.
    pub skip_lines: Option<u64>,
    /// What to do with records that have another number of fields than the header.
    pub uneven_rows: UnevenRows,
    /// What to do with records that hold a byte 0x00.
    pub nul_bytes: NulBytes,
}

impl CsvOptions {
    /// Whether the given characters can be told apart.
    ///
    /// # Errors
    /// [`Code::Usage`] if a character with a meaning is part of the delimiter.
    pub fn check(&self) -> Result<()> {
        let marks = [("⟦quote⟧", self.quote), ("⟦escape⟧", self.escape), ("⟦comment⟧", self.comment)];
        for (option, mark) in marks {
            if let (Some(Some(byte)), Some(delimiter)) = (mark, &self.delimiter)
                && delimiter.contains(&byte)
            {
                let what = format!("{option} {:?} is part of the delimiter", char::from(byte));
                return Err(Error::new(Code::Usage, what).help("give a different character"));
            }
        }
        Ok(())
    }
}

/// What to do with a record that has fewer or more fields than the header has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UnevenRows {
    /// The record is a bad row.
    #[default]
    Reject,
    /// A record with fewer fields gets nulls at its end; one with more is a bad row.
    Pad,
    /// A record with more fields loses those at its end; one with fewer is a bad row.
    Cut,
    /// Records with fewer fields get nulls, and records with more lose the surplus.
    Both,
}

impl UnevenRows {
    /// Whether a record with fewer fields becomes a row.
    pub fn pads(self) -> bool {
        matches!(self, Self::Pad | Self::Both)
    }

    /// Whether a record with more fields becomes a row.
    pub fn cuts(self) -> bool {
        matches!(self, Self::Cut | Self::Both)
    }
}

/// What to do with a record of CSV that holds a byte 0x00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NulBytes {
    /// The record is a bad row.
    #[default]
    Reject,
    /// The byte stays in its value.
    Keep,
}

/// Options for XES input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct XesOptions {
    /// What an event or trace lacks is taken from the log's global defaults.
    pub fill_defaults: bool,
}

/// Options for JSON input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct JsonOptions {
    /// Where the array of rows is, as RFC 6901 writes it; `None`: it is found.
    pub path: Option<String>,
    /// Comments, commas behind the last value, and Python's words for floats are read.
    pub lenient: bool,
}
