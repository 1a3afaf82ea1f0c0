//! What can go wrong, said once: a stable code, where, what was expected, what was found, what to try.
//!
//! Every failure in the library is an [`Error`]. Bad input is an `Error`, never a panic. A code keeps its
//! number for good: scripts match on it, and `--on-bad-row reject` writes it beside each rejected row.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::options::{Spelling, nearest};

/// The result of anything in the library that can fail.
///
/// # Examples
/// ```
/// fn rows(path: &str) -> logflow::Result<u64> {
///     Ok(logflow::schema(path)?.rows)
/// }
///
/// assert!(rows("/no/such/log.csv").is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal;)*) => {
        /// What kind of failure. The number is stable; the title is for people.
        ///
        /// # Examples
        /// ```
        /// use logflow::Code;
        ///
        /// let error = logflow::schema("/no/such/log.csv").unwrap_err();
        /// assert_eq!(error.code(), Code::InputMissing);
        /// assert_eq!(error.code().number(), "LF101");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code there is, in order of number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable number, such as `LF201`.
            pub const fn number(self) -> &'static str {
                match self { $(Code::$name => $number,)* }
            }

            /// A short description of the error.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }
        }
    };
}

codes! {
    // 1xx: files and the machine
    InputMissing = "LF101", "input cannot be opened";
    InputRead = "LF102", "input cannot be read";
    InputChanged = "LF103", "input changed while reading";
    InputEmpty = "LF104", "input has no records";
    InputIsOutput = "LF105", "output is one of the inputs";
    OutputExists = "LF106", "output exists";
    OutputWrite = "LF107", "output cannot be written";
    NotAnInput = "LF108", "not a file that can be read";
    Interrupted = "LF109", "interrupted";
    MemoryLimit = "LF110", "memory limit too small";
    Worker = "LF111", "a worker failed";
    Piped = "LF112", "cannot be read from a pipe";
    Migration = "LF121", "migration cannot go on here";
    Journal = "LF122", "journal of a migration cannot be used";
    OutputName = "LF123", "name that an output cannot have";
    Unproven = "LF124", "output is not what the journal says";
    Sums = "LF125", "records and rows do not add up";
    // 2xx: rows
    UnevenRow = "LF201", "row with another number of fields than the header";
    UnclosedQuote = "LF202", "quote that is never closed";
    QuoteInField = "LF203", "text after a closing quote";
    NotText = "LF204", "bytes that are not text in the file's encoding";
    NulByte = "LF205", "NUL byte in text";
    RecordTooLong = "LF206", "record longer than the limit";
    Misfit = "LF207", "value does not fit the declared type";
    LocalTime = "LF208", "local time that does not exist or is ambiguous";
    TooManyBadRows = "LF209", "more bad rows than allowed";
    Xml = "LF210", "XML that is not well formed";
    XmlLimit = "LF211", "XML beyond a limit";
    XmlEntity = "LF212", "XML entity that is not processed";
    XesStandard = "LF213", "violates the XES standard";
    TypesInDoubt = "LF214", "column whose type is in doubt";
    MalformedLine = "LF215", "line that is not a record";
    Json = "LF220", "JSON that is not well formed";
    JsonLimit = "LF221", "JSON beyond a limit";
    OcelRecord = "LF222", "event or object without what it must have";
    OcelStandard = "LF223", "violates the OCEL standard";
    JsonRecord = "LF224", "JSON that is no object where a row should be";
    Sqlite = "LF231", "database that cannot be read as a log";
    Bundle = "LF232", "bundle that is not valid";
    TypedFile = "LF233", "file of typed values that cannot be read";
    Archive = "LF234", "archive that cannot be read";
    SheetFull = "LF235", "more than a sheet can hold";
    // 3xx: compression and encoding
    Compressed = "LF301", "compressed data is damaged or cut short";
    CompressedTrailing = "LF302", "other data follows the compressed data";
    CompressedWindow = "LF303", "compressed data asks for too much memory";
    Encoding = "LF304", "encoding unknown or not supported";
    NestedCompression = "LF305", "compressed data inside compressed data";
    // 4xx: formats
    UnknownFormat = "LF401", "format not recognised";
    Dialect = "LF402", "dialect cannot be detected";
    Header = "LF403", "header cannot be used";
    TooManyColumns = "LF404", "more columns than the limit";
    // 5xx: what the user asked for
    Usage = "LF501", "wrong usage";
    NoSuchColumn = "LF502", "no such column";
    SchemaFile = "LF503", "schema file cannot be used";
    Columns = "LF504", "inputs have different columns";
    RulesFile = "LF505", "rules file cannot be used";
    PipelineFile = "LF511", "pipeline file cannot be read";
    PipelineKey = "LF512", "unknown key in a pipeline";
    PipelineValue = "LF513", "value in a pipeline cannot be used";
    PipelineVariable = "LF514", "variable of a pipeline is not set";
    PipelineStep = "LF515", "step of a pipeline cannot be used";
    PipelineTarget = "LF516", "target of a pipeline cannot be used";
    Key = "LF521", "key of pseudonyms cannot be used";
    Unreachable = "LF522", "values that cannot be hidden";
    // 9xx: ours
    Encode = "LF901", "Parquet encoding failed";
    Internal = "LF902", "internal error";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// Where in the input: all that is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The input file, as the user named it; `None` for standard input, and for what is about several inputs.
    pub file: Option<Arc<Path>>,
    /// Bytes from the start of the text: of the file itself, or of what it unpacks or transcodes to.
    pub byte: Option<u64>,
    /// Line and character within it, both from 1, where text is told by lines: XML.
    pub line: Option<(u64, u64)>,
    /// Table of a database.
    pub table: Option<String>,
    /// Data row, counted from 1, bad rows included, header and preamble not; in a table of a database the
    /// number that it gives the row.
    pub row: Option<i64>,
    /// Name of the column.
    pub column: Option<String>,
}

impl Position {
    /// Whether nothing is known but a column.
    fn is_column_alone(&self) -> bool {
        let Self { file, byte, line, table, row, column } = self;
        let others = (file, byte, line, table, row);
        others == (&None, &None, &None, &None, &None) && column.is_some()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.column) {
            (Some(file), _) => write!(f, "{}", file.display())?,
            // What steps refuse of a column may be about several inputs.
            (None, Some(column)) if self.is_column_alone() => return write!(f, "column {column:?}"),
            (None, _) => f.write_str("<stdin>")?,
        }
        if let Some(byte) = self.byte {
            write!(f, ", byte {byte}")?;
        }
        if let Some((line, character)) = self.line {
            write!(f, ", line {line}:{character}")?;
        }
        if let Some(table) = &self.table {
            write!(f, ", table {table}")?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        Ok(())
    }
}

/// One failure. Boxed, so that `Result<()>` stays one word wide.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity,amount\n1,a,2\n1,b\n").unwrap();
/// let mut target = logflow::EachBatch::new(|_, _| Ok(()));
/// let error = logflow::Convert::new(path).run(&mut target, &Default::default()).unwrap_err();
/// assert_eq!(error.code(), logflow::Code::UnevenRow);
/// assert_eq!(error.what(), "expected 3 fields, found 2");
/// assert_eq!(error.position().unwrap().row, Some(2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Error(Box<Detail>);

#[derive(Debug, Clone)]
struct Detail {
    code: Code,
    what: String,
    position: Option<Position>,
    help: Option<String>,
}

impl Error {
    /// A failure with its code and what was expected or found, in one sentence without a full stop.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self(Box::new(Detail { code, what: what.into(), position: None, help: None }))
    }

    /// A column that the user names and that is not among these.
    pub fn no_such_column<'n>(name: &str, columns: impl Iterator<Item = &'n str>) -> Self {
        let columns: Vec<&str> = columns.collect();
        let near = nearest(name, columns.iter().copied());
        let near = near.map(|near| format!("did you mean {near:?}? ")).unwrap_or_default();
        Self::new(Code::NoSuchColumn, format!("no column is called {name:?}"))
            .help(format!("{near}the columns are {}", columns.join(", ")))
    }

    /// An I/O failure on `path`.
    pub fn io(code: Code, path: &Path, error: &std::io::Error) -> Self {
        Self::new(code, error.to_string()).at(Position { file: Some(path.into()), ..Position::default() })
    }

    /// Adds where it happened.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.0.position = Some(position);
        self
    }

    /// Adds the byte offset; keeps what else is known of the place.
    #[must_use]
    pub fn at_byte(mut self, byte: u64) -> Self {
        self.0.position.get_or_insert_default().byte = Some(byte);
        self
    }

    /// Adds line and character, both from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64, character: u64) -> Self {
        self.0.position.get_or_insert_default().line = Some((line, character));
        self
    }

    /// Adds the data row, counted from 1.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.0.position.get_or_insert_default().row = i64::try_from(row).ok();
        self
    }

    /// Adds the table of a database, and the number that it gives the row, if it gives one.
    #[must_use]
    pub fn in_table(mut self, table: impl Into<String>, row: Option<i64>) -> Self {
        let position = self.0.position.get_or_insert_default();
        (position.table, position.row) = (Some(table.into()), row);
        self
    }

    /// Adds the column's name.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.0.position.get_or_insert_default().column = Some(column.into());
        self
    }

    /// Adds the file, unless one is known already.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        let position = self.0.position.get_or_insert_default();
        if position.file.is_none() {
            position.file = Some(file.into());
        }
        self
    }

    /// Puts `to` in the place of the file `from`, which nobody knows: something that was made of `to` on the
    /// way. A place in it is one in no file that is there, and is left out.
    #[must_use]
    pub fn renamed(mut self, from: &Path, to: Option<&Path>) -> Self {
        if let Some(position) = self.0.position.as_mut().filter(|it| it.file.as_deref() == Some(from)) {
            let column = position.column.take();
            *position = Position { file: to.map(Into::into), column, ..Position::default() };
        }
        self
    }

    /// Adds what the user can try next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The stable code, which is never reused for another error.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What was expected and what was found. Names of options stand between marks, see [`Spelling`].
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// Where, as far as it is known.
    pub fn position(&self) -> Option<&Position> {
        self.0.position.as_ref()
    }

    /// The help sentence: what to try next. Names of options stand between marks, see [`Spelling`].
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// What was expected and found and what to try next, without code and place: for a value that is shown
    /// anyway, such as that of an option.
    pub fn sentence(&self) -> String {
        let whole = match self.help_text() {
            Some(help) => format!("{}; {help}", self.what()),
            None => self.what().to_owned(),
        };
        Spelling::PLAIN.write(&whole).into_owned()
    }

    /// The same with the names of options in its sentences as the caller writes them.
    #[must_use]
    pub fn spelled(mut self, spelling: Spelling) -> Self {
        self.0.what = spelling.write(&self.0.what).into_owned();
        self.0.help = self.0.help.map(|help| spelling.write(&help).into_owned());
        self
    }

    /// The same with all its texts changed, names of files and columns included.
    #[must_use]
    pub fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        self.0.what = change(&self.0.what);
        self.0.help = self.0.help.map(|help| change(&help));
        if let Some(position) = &mut self.0.position {
            position.column = position.column.take().map(|column| change(&column));
            if let Some(file) = position.file.as_deref().and_then(Path::to_str) {
                position.file = Some(Path::new(&change(file)).into());
            }
        }
        self
    }

    /// The same without what may show values of the input: of rows, formats and encoding only the kind of the failure
    /// and its place are told.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        let number = self.0.code.number();
        let shows_values = number.starts_with("LF2")
            || number.starts_with("LF4")
            || matches!(self.0.code, Code::Encode | Code::Worker);
        if shows_values {
            self.0.what = format!(
                "{}; what was found is not shown, for it may be a value that is to stay secret",
                self.0.code.title()
            );
            self.0.help = Some("look at this place of the input, or run the command without pseudonyms where the values may be seen".to_owned());
        }
        self
    }

    /// The file the failure is about, if any.
    pub fn file(&self) -> Option<PathBuf> {
        self.0.position.as_ref()?.file.as_deref().map(Path::to_path_buf)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = Spelling::PLAIN.write(&self.0.what);
        write!(f, "{}: {}: {what}", self.0.code, self.0.code.title())?;
        if let Some(position) = &self.0.position {
            write!(f, " ({position})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        // A full disk reaches us wrapped in a Parquet error; it is the output that failed, not the encoder.
        if let parquet::errors::ParquetError::External(inner) = &error
            && inner.downcast_ref::<std::io::Error>().is_some()
        {
            return Self::new(Code::OutputWrite, inner.to_string());
        }
        Self::new(Code::Encode, error.to_string())
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::new(Code::Encode, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_number() {
        let mut numbers: Vec<_> = Code::ALL.iter().map(|code| code.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), Code::ALL.len());
    }

    #[test]
    fn names_of_options_are_written_as_the_caller_asks() {
        let error = Error::new(Code::Usage, "⟦io⟧ mmap requires a file").help("omit ⟦io⟧");
        assert_eq!(error.to_string(), "LF501: wrong usage: option io mmap requires a file");
        assert_eq!(error.sentence(), "option io mmap requires a file; omit option io");
        let error = error.spelled(Spelling { before: "@", between: '_' });
        assert_eq!(error.what(), "@io mmap requires a file");
        assert_eq!(error.help_text(), Some("omit @io"));
    }

    #[test]
    fn an_error_says_code_place_and_reason() {
        let error = Error::new(Code::UnevenRow, "expected 4 fields, found 5")
            .at_byte(17)
            .at_row(2)
            .in_file(Path::new("a.csv"));
        assert_eq!(
            error.to_string(),
            "LF201: row with another number of fields than the header: expected 4 fields, found 5 (a.csv, byte 17, row 2)"
        );
    }
}
