//! An input that is ready to be read: it is open, its encoding and dialect are known, and rows were sampled.

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::encode::null_words::NullWords;
use crate::error::{Code, Error, Result};
use crate::mmap::{Input, Io, OpenOptions, open};
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::Options;
use crate::source::find_format::{find_format, record_limit, times_of};
use crate::source::foreign;
use crate::source::formats::format_named;
use crate::source::look::{in_line, line_at, open_decoded, open_options};
pub use crate::source::opened::{Opened, named};
use crate::source::sqlite;
use crate::source::sqlite::Database;
use crate::text::any::AnyFormat;
pub use crate::text::log_text::Header;
use crate::text::ocel::{Ocel, OcelSyntax};
use crate::text::row::Syntax;
use crate::text::xes::strict::{XesViolation, validate};
use crate::text::{Flow, TextSlice};

use crate::source::sample::{HEAD, Sample, sample};

/// An input that is ready to be converted.
pub struct Ready {
    /// The input, as the user named it.
    pub input: Input,
    /// Bytes of the input.
    pub source: Opened,
    /// Tables of the input, if it is a database.
    pub database: Option<Database>,
    /// The format, which cuts the text into records.
    pub format: AnyFormat,
    /// The names of its columns, each one once.
    pub names: Vec<String>,
    /// Which column has which name.
    by_name: HashMap<String, usize>,
    /// The part of the text before its rows.
    pub header: Header,
    /// Findings from the first rows and from some further on.
    pub sample: Sample,
    /// The encoding that was guessed or given, if not UTF-8.
    pub encoding: Option<String>,
    /// Options with which the input was opened.
    pub how: OpenOptions,
    /// Name of the compression, if the input is compressed.
    pub compression: Option<&'static str>,
    /// Warnings about the input.
    pub warnings: Vec<Warning>,
    /// Whether only its first bytes are read, which are at hand and stay so.
    pub is_beginning: bool,
}

/// Number of violations that an error names at most, where a log must conform to its standard.
pub const VIOLATIONS: usize = 5;

impl Ready {
    /// Opens and looks. A pipe is taken once its text is read beyond what is looked at here.
    pub fn open(input: &Input, options: &Options, observer: &Observer) -> Result<Self> {
        Self::look(&input.replayable(), options, observer).map_err(|error| named(error, input))
    }

    fn look(input: &Input, options: &Options, observer: &Observer) -> Result<Self> {
        let may_be_json = match &options.read.from {
            None => true,
            Some(from) => format_named(from)?.syntax == Syntax::Json,
        };
        if !options.read.json.lenient || !may_be_json {
            return Self::look_as(input, options, observer, false);
        }
        // Text that is not JSON would lose the parts that look like comments.
        match Self::look_as(input, options, observer, true) {
            Err(error) if matches!(error.code(), Code::Json | Code::JsonLimit | Code::JsonRecord) => {
                Err(error)
            }
            Ok(ready) if ready.format.is_json() => Ok(ready),
            _ => Self::look_as(input, options, observer, false),
        }
    }

    fn look_as(input: &Input, options: &Options, observer: &Observer, loose: bool) -> Result<Self> {
        let mut how = open_options(options, observer)?;
        how.loose = loose;
        let mut warnings = Vec::new();
        let (mut source, found) = open_decoded(input, &mut how)?;
        let guessed = found.as_ref().map(|found| found.encoding.name().to_ascii_lowercase());
        if let (Some(found), Some(name)) = (&found, &guessed)
            && !found.declared
        {
            let what = format!("the text is not UTF-8; it was decoded as {name}");
            warnings
                .push(Warning::new(WarningCode::EncodingGuessed, what).help("set ⟦encoding⟧ to override"));
        }
        let (encoding, compression) = match &source {
            Opened::Mapped(_) | Opened::Taken | Opened::Parked(..) => (None, None),
            Opened::Stream(stream, _) => (
                guessed
                    .or_else(|| stream.encoding().map(str::to_ascii_lowercase))
                    .filter(|name| name != "utf-8"),
                stream.compression().map(crate::mmap::InputCompression::name),
            ),
        };
        let mut database = None;
        let found = match is_database(&source, options) {
            true => find_tables(&mut source, input, &how, options).and_then(|found| {
                warnings.extend(found.odd_warnings());
                warnings.extend(found.warning());
                let log = Ocel::of_tables(found.version, found.shape.clone()).with_times(times_of(options)?);
                database = Some(found);
                Ok((AnyFormat::Ocel(log), Header::default()))
            }),
            false => find_format(&mut source, input, options, &mut warnings),
        };
        let (format, header) = found.map_err(|error| in_line(error, source.head()))?;
        let sample = look_at(&source, &format, options)?;
        let names = format.column_names();
        Ok(Self {
            input: input.clone(),
            source,
            database,
            format,
            by_name: by_name(&names),
            names,
            header,
            sample,
            encoding,
            how,
            compression,
            warnings,
            is_beginning: false,
        })
    }

    /// The input again from its start, after all of its text was checked against the standard.
    ///
    /// # Errors
    /// [`Code::XesStandard`] for the first things that it does not allow.
    pub fn checked(mut self, options: &Options) -> Result<Self> {
        if !matches!(self.format, AnyFormat::Xes(_)) {
            return Ok(self);
        }
        let mut found: Vec<XesViolation> = Vec::new();
        let mut note = |violation: XesViolation| {
            found.push(violation);
            if found.len() < VIOLATIONS { Flow::Continue } else { Flow::Stop }
        };
        let mut parked = self.unparked()?;
        let read = match parked.as_mut().unwrap_or(&mut self.source) {
            Opened::Mapped(file) => validate(&mut file.bytes(), &mut note),
            Opened::Stream(stream, head) => {
                validate(&mut BufReader::new(head.as_slice().chain(&mut **stream)), &mut note)
            }
            Opened::Taken | Opened::Parked(..) => Ok(()),
        };
        read.map_err(|error| named(error, &self.input))?;
        match found.split_first() {
            Some((first, others)) => {
                let mut what = format!("{} ({})", first.what, first.clause);
                for other in others {
                    let XesViolation { line, column, clause, what: next, .. } = other;
                    what.push_str(&format!("; line {line}:{column}: {next} ({clause})"));
                }
                let error = Error::new(Code::XesStandard, what)
                    .at_byte(first.byte)
                    .at_line(first.line, first.column)
                    .help("without ⟦strict⟧, what can be read is read, and what is odd is reported");
                Err(named(error, &self.input))
            }
            None => self.again(None, options),
        }
    }

    /// Which of its columns has this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        self.input.shown_path()
    }

    /// Bytes to go through, as far as that is known.
    pub fn size(&self) -> u64 {
        match &self.source {
            Opened::Mapped(file) => file.len() as u64,
            Opened::Stream(stream, _) => stream.raw_len().unwrap_or(0),
            Opened::Parked(_, len) => *len,
            Opened::Taken => 0,
        }
    }

    /// Which file it is.
    pub fn identity(&self) -> Option<crate::mmap::Identity> {
        match &self.source {
            Opened::Mapped(file) => Some(file.identity()),
            Opened::Stream(stream, _) => Some(stream.identity()),
            Opened::Parked(identity, _) => Some(*identity),
            Opened::Taken => None,
        }
    }

    /// An error about this input with line and character, if its format is told by lines; as it is if its
    /// text is gone.
    pub fn with_line(&self, error: Error) -> Error {
        let place = error.position().filter(|it| it.file.as_deref() == self.path() && it.line.is_none());
        let Some(byte) = place.and_then(|it| it.byte) else { return error };
        if !self.format.is_told_by_lines() {
            return error;
        }
        match line_at(&self.input, &self.how, byte) {
            Ok(Some(place)) => error.at_line(place.line, place.column),
            Ok(None) | Err(_) => error,
        }
    }

    /// A few values of each of its columns.
    pub fn examples(&self) -> Result<Vec<Vec<String>>> {
        let parked = self.unparked()?;
        let source = parked.as_ref().unwrap_or(&self.source);
        self.examples_in(TextSlice { bytes: source.head(), base: 0, last: source.is_whole() })
    }

    /// A few values of each of its columns in the beginning of its text, which a pass takes from what is read
    /// from front to back.
    pub fn examples_in(&self, text: TextSlice<'_>) -> Result<Vec<Vec<String>>> {
        crate::source::examples::examples(&self.format, text, self.names.len())
            .map_err(|error| named(error, &self.input))
    }

    /// Whether the input is read from front to back.
    pub fn is_stream(&self) -> bool {
        matches!(self.source, Opened::Stream(..) | Opened::Parked(..))
    }

    /// Whether more text of it is held than of others that come from front to back.
    pub fn holds_much(&self) -> bool {
        matches!(&self.source, Opened::Stream(_, head) if head.len() > HEAD)
    }

    /// Closes it until it is its turn, if it is a file that comes from front to back: many such must not all
    /// be held open, each with a head and the state of its unpacking.
    pub fn park(&mut self) {
        if let Opened::Stream(stream, _) = &self.source
            && self.input.path().is_some()
            && let Some(len) = stream.raw_len()
        {
            self.source = Opened::Parked(stream.identity(), len);
        }
    }

    /// A parked input from its start; `None` if it is not parked.
    ///
    /// # Errors
    /// [`Code::InputChanged`] if it is not the file that was looked at.
    pub fn unparked(&self) -> Result<Option<Opened>> {
        let Opened::Parked(identity, _) = &self.source else { return Ok(None) };
        let how = OpenOptions { io: Io::Read, ..self.how.clone() };
        let opened = open(&self.input, &how).and_then(Opened::new);
        match opened.map_err(|error| named(error, &self.input))? {
            Opened::Stream(stream, head) if stream.identity() == *identity => {
                Ok(Some(Opened::Stream(stream, head)))
            }
            _ => Err(named(
                Error::new(Code::InputChanged, "the file was written to or replaced since it was looked at"),
                &self.input,
            )),
        }
    }

    /// An error if the file is not as it was when it was opened.
    pub fn unchanged(&self) -> Result<()> {
        match &self.source {
            Opened::Mapped(file) => file.unchanged().map_err(|error| named(error, &self.input)),
            // Checked when its end was reached.
            Opened::Stream(..) | Opened::Taken | Opened::Parked(..) => Ok(()),
        }
    }

    /// The input again from its start, for a second pass, with the columns that it turned out to have.
    pub fn again(self, relearned: Option<AnyFormat>, options: &Options) -> Result<Self> {
        let input = self.input.clone();
        let source = match self.source {
            Opened::Mapped(file) => Ok(Opened::Mapped(file)),
            Opened::Stream(stream, _) if !self.is_beginning => stream.again().and_then(Opened::new),
            other => Ok(other),
        };
        let source = source.map_err(|error| named(error, &input))?;
        let again = Self { source, ..self };
        let Some(format) = relearned else { return Ok(again) };
        let parked = again.unparked()?;
        let sample = look_at(parked.as_ref().unwrap_or(&again.source), &format, options);
        let sample = sample.map_err(|error| named(error, &input))?;
        let names = format.column_names();
        Ok(Self { sample, by_name: by_name(&names), names, format, ..again })
    }
}

/// Which column has which name.
fn by_name(names: &[String]) -> HashMap<String, usize> {
    names.iter().cloned().zip(0..).collect()
}

/// The null words that the options ask for.
pub fn null_words(options: &Options) -> NullWords {
    match &options.table.values.null_words {
        Some(words) => NullWords::these(words),
        None => NullWords::usual(),
    }
}

/// Opens several inputs; those without records, of which a set of files has some, are told and left out. One
/// that is alone, or all of them, are an error.
pub fn with_records(
    inputs: &[Input],
    mut open: impl FnMut(&Input) -> Result<Ready>,
) -> Result<(Vec<Ready>, Vec<Warning>)> {
    let (mut ready, mut empty, mut first) = (Vec::with_capacity(inputs.len()), Vec::new(), None);
    for input in inputs {
        match open(input) {
            Ok(opened) => ready.push(opened),
            // An error about a row becomes an error about a record.
            Err(error)
                if error.code() == Code::InputEmpty && error.position().is_none_or(|it| it.row.is_none()) =>
            {
                let what = format!("{}; left out", error.what());
                empty.push(Warning::new(WarningCode::EmptyInput, what).in_input(input));
                first.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match first {
        Some(error) if ready.is_empty() => Err(error),
        _ => Ok((ready, empty)),
    }
}

/// Whether an input is an SQLite file.
fn is_database(source: &Opened, options: &Options) -> bool {
    match &options.read.from {
        Some(from) => from.name() == OcelSyntax::Sqlite.name(),
        None => sqlite::is_meant(source.head()),
    }
}

/// The tables of an SQLite file, which is then mapped, whatever is done with text.
fn find_tables(source: &mut Opened, input: &Input, how: &OpenOptions, options: &Options) -> Result<Database> {
    let path = match (input, input.path()) {
        (Input::Path(_) | Input::Copied(_), Some(path)) => path,
        _ => {
            return Err(Error::new(Code::Piped, "expected an SQLite file on disk, found a pipe")
                .help("write it to a file first, and give its name: its tables are read out of order"));
        }
    };
    if matches!(source, Opened::Stream(..)) {
        *source = Opened::new(open(input, &OpenOptions { io: Io::Mmap, ..how.clone() })?)?;
    }
    if let Opened::Stream(stream, head) = source
        && (stream.compression().is_some() || sqlite::is_meant(head))
    {
        let (what, help) = match stream.compression() {
            Some(packed) => (
                format!("expected an SQLite file as it is, found one packed as {}", packed.name()),
                "unpack it first: its tables are read out of order",
            ),
            None => (
                "expected an SQLite file that can be mapped, found one that can't".to_owned(),
                "copy it to a local disk first: its tables are read out of order",
            ),
        };
        return Err(Error::new(Code::Sqlite, what).help(help));
    }
    if !source.head().is_empty() && !sqlite::is_meant(source.head()) {
        let looks = foreign::words(source.head()).map(|looks| format!("what looks like {looks}"));
        let what = format!("expected SQLite, found {}", looks.as_deref().unwrap_or("something else"));
        return Err(Error::new(Code::Sqlite, what).help("leave ⟦from⟧ out, and the content decides"));
    }
    Database::open(path, options, &how.observer)
}

/// Samples the first rows, and some further on.
fn look_at(source: &Opened, format: &AnyFormat, options: &Options) -> Result<Sample> {
    let text = TextSlice { bytes: source.head(), base: 0, last: source.is_whole() };
    let limit = record_limit(options).min(4 * HEAD);
    let layout = times_of(options)?;
    sample(format, text, format.column_names().len(), &null_words(options), layout.as_ref(), limit)
}
