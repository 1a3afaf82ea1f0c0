//! Looks at an input: its first bytes in its own encoding, what they say it is, and where in its text
//! something stands.
//!
//! Owns how the options of a run become those of an opening. Invariant: a look takes nothing away from
//! whoever reads the input, also where it comes but once.

use crate::error::{Code, Error, Result};
use crate::mmap::{Input, InputSource, Io, OpenOptions, UTF8_BOM, encoding_for, open, open_so_far};
use crate::model::ocel::META;
use crate::observer::Observer;
use crate::options::{IoMode, Options};
use crate::source::encoding::{FoundEncoding, find_encoding};
use crate::source::formats::format_named;
use crate::source::opened::{Opened, named};
use crate::source::sample::HEAD;
use crate::source::sqlite;
use crate::text::ocel::Ocel;
use crate::text::xml;
use crate::text::xml::LineColumn;

/// The same inputs, in a form that can be looked at more than once before they are read.
pub fn replayable(inputs: &[Input]) -> Vec<Input> {
    inputs.iter().map(Input::replayable).collect()
}

/// Opens an input in the encoding that it has, which `how` then names, and tells it if it was found by a look
/// at the text.
pub fn open_decoded(input: &Input, how: &mut OpenOptions) -> Result<(Opened, Option<FoundEncoding>)> {
    let mut source = Opened::new(open(input, how)?)?;
    if how.encoding.is_some() && sqlite::is_meant(source.head()) {
        // A database says itself how its text is written.
        how.encoding = None;
        source = Opened::new(open(input, how)?)?;
    }
    if how.encoding.is_some() || source.encoding().is_some() {
        return Ok((source, None));
    }
    let Some(found) = find_encoding(source.head())? else { return Ok((source, None)) };
    how.encoding = Some(found.encoding);
    Ok((Opened::new(open(input, how)?)?, Some(found)))
}

/// An input in its own encoding, as it is read later, with its first bytes at hand.
///
/// # Errors
/// If it can't be opened; [`Code::Piped`] for a pipe whose first bytes would be gone for whoever reads it.
pub fn looked_at(input: &Input, options: &Options, observer: &Observer) -> Result<Opened> {
    input.check_replayable()?;
    let mut how = open_options(options, observer)?;
    how.loose = options.read.json.lenient;
    open_decoded(input, &mut how).map(|(opened, _)| opened).map_err(|error| named(error, input))
}

/// Whether an input is an object-centric log, by what the user says or by its first bytes.
///
/// # Errors
/// If it can't be opened; [`Code::Piped`] for a pipe that is not [`Input::replayable`].
pub fn is_object_centric(input: &Input, options: &Options) -> Result<bool> {
    looks_object_centric(input, options, &Observer::default())
}

/// The same, but the observer can stop the wait for the first bytes.
///
/// # Errors
/// As [`is_object_centric`]; [`Code::Interrupted`].
pub fn looks_object_centric(input: &Input, options: &Options, observer: &Observer) -> Result<bool> {
    match (&options.read.from, input) {
        (Some(from), _) => Ok(format_named(from)?.is_object_centric),
        (None, _) if options.read.json.path.is_some() => Ok(false),
        (None, Input::Path(path)) if path.is_dir() => Ok(path.join(META).is_file()),
        (None, _) => begins_object_centric(input, options, observer),
    }
}

/// Whether a file is an object-centric log, by its first bytes.
fn begins_object_centric(input: &Input, options: &Options, observer: &Observer) -> Result<bool> {
    let opened = match looked_at(input, options, observer) {
        // A comment without an end, or no comment of JSON.
        Err(error) if options.read.json.lenient && error.code() == Code::Json => return Ok(false),
        opened => opened?,
    };
    Ok(is_object_centric_head(&opened))
}

/// Whether the first bytes of an input are those of an object-centric log.
pub fn is_object_centric_head(opened: &Opened) -> bool {
    sqlite::is_meant(opened.head()) || Ocel::open(opened.head(), opened.is_whole()).is_some()
}

/// The object-centric log that the inputs are, if they are one.
pub fn object_centric<'i>(
    inputs: &'i [Input],
    options: &Options,
    observer: &Observer,
) -> Result<Option<&'i Input>> {
    for input in inputs {
        if looks_object_centric(input, options, observer)? {
            if let Some(folder) = input.path().filter(|path| path.is_dir()) {
                return Err(Error::new(Code::Usage, "a bundle is converted already").in_file(folder).help(
                    "its tables are Parquet files, and its manifest tells their types; logflow validate looks at them",
                ));
            }
            return match inputs {
                [input] => Ok(Some(input)),
                _ => Err(Error::new(
                    Code::Usage,
                    format!("{input} is an object-centric log, whose tables are its own"),
                )
                .help("give it alone")),
            };
        }
    }
    Ok(None)
}

/// The error for an object-centric log where a table is expected.
pub fn not_a_table(input: &Input) -> Error {
    let error = Error::new(Code::Usage, "expected a table, found an object-centric log");
    named(
        error.help(
            "it becomes a folder of tables; ⟦flatten⟧ OBJECT_TYPE makes an event log of one object type",
        ),
        input,
    )
}

/// The line in which a byte of an input's text lies, if the text up to there can still be had.
pub fn line_at(input: &Input, how: &OpenOptions, byte: u64) -> Result<Option<LineColumn>> {
    let mut place = LineColumn::default();
    match open_so_far(input, how)? {
        None => return Ok(None),
        Some(InputSource::Mapped(file)) => {
            let len = file.len() as u64;
            let text = &file.bytes()[..byte.min(len) as usize];
            place.advance(text.strip_prefix(&UTF8_BOM).unwrap_or(text));
        }
        Some(InputSource::Stream(mut stream)) => {
            let mut window = Vec::with_capacity(HEAD);
            let mut left = byte;
            let mut first = true;
            while left > 0 {
                window.clear();
                // A look: what comes once may be read on.
                stream.look(HEAD.min(usize::try_from(left).unwrap_or(usize::MAX)), &mut window)?;
                let text = window.as_slice();
                if text.is_empty() {
                    break;
                }
                place.advance(text.strip_prefix(&UTF8_BOM).filter(|_| first).unwrap_or(text));
                first = false;
                left -= text.len() as u64;
            }
        }
    }
    Ok(Some(place))
}

/// An error in the head of XML with its line.
pub fn in_line(error: Error, head: &[u8]) -> Error {
    let Some(byte) = error.position().and_then(|it| it.byte) else { return error };
    let mut place = LineColumn::default();
    let before = &head[..head.len().min(usize::try_from(byte).unwrap_or(usize::MAX))];
    place.advance(before.strip_prefix(&UTF8_BOM).unwrap_or(before));
    if xml::is_meant(head) { error.at_line(place.line, place.column) } else { error }
}

/// The options for opening inputs, from the options of a run.
pub fn open_options(options: &Options, observer: &Observer) -> Result<OpenOptions> {
    let encoding = match &options.read.encoding {
        Some(label) => Some(encoding_for(label)?),
        None => None,
    };
    Ok(OpenOptions {
        io: match options.run.io {
            IoMode::Auto => Io::Auto,
            IoMode::Mmap => Io::Mmap,
            IoMode::Read => Io::Read,
        },
        encoding,
        loose: false,
        zstd_window_log_max: options.read.zstd_window_log,
        spool_dir: Some(options.run.temp_dir.clone()),
        observer: observer.clone(),
    })
}
