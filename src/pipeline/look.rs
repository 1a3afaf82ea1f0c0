//! Looks at an input: its first bytes in its own encoding, what they say it is, and where in its text something stands.
//!
//! Owns how the options of a run become those of an opening. Invariant: a look takes nothing away from whoever reads the
//! input, also where it comes but once.

use super::bundle::{database, looks_object_centric};
use super::encoding::{FoundEncoding, find_encoding};
use super::input::named;
use super::opened::Opened;
use crate::config::{IoMode, Options, Watch};
use crate::error::{Code, Error, Result};
use crate::format::ocel::Ocel;
use crate::format::xml;
use crate::format::xml::LineColumn;
use crate::mmap::{Input, InputSource, Io, OpenOptions, UTF8_BOM, encoding_for, open, open_so_far};
use crate::shard::sample::HEAD;

/// The same inputs, to be looked at more than once before they are read.
pub fn replayable(inputs: &[Input]) -> Vec<Input> {
    inputs.iter().map(Input::replayable).collect()
}

/// Opens an input in the encoding that it has, which `how` then names, and tells it if it was found by a look at the text.
pub(super) fn open_decoded(input: &Input, how: &mut OpenOptions) -> Result<(Opened, Option<FoundEncoding>)> {
    let mut source = Opened::new(open(input, how)?)?;
    if how.encoding.is_some() && database::is_meant(source.head()) {
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
pub fn looked_at(input: &Input, options: &Options, watch: &Watch) -> Result<Opened> {
    input.check_replayable()?;
    let mut how = open_options(options, watch)?;
    how.loose = options.json.lenient;
    open_decoded(input, &mut how).map(|(opened, _)| opened).map_err(|error| named(error, input))
}

/// Whether a file is an object-centric log, by its first bytes.
pub fn is_object_centric(input: &Input, options: &Options, watch: &Watch) -> Result<bool> {
    let opened = match looked_at(input, options, watch) {
        // A comment without an end, or no comment of JSON.
        Err(error) if options.json.lenient && error.code() == Code::Json => return Ok(false),
        opened => opened?,
    };
    Ok(database::is_meant(opened.head()) || Ocel::open(opened.head(), opened.is_whole()).is_some())
}

/// The object-centric log that the inputs are, if they are one.
pub(super) fn object_centric<'i>(
    inputs: &'i [Input],
    options: &Options,
    watch: &Watch,
) -> Result<Option<&'i Input>> {
    for input in inputs {
        if looks_object_centric(input, options, watch)? {
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
pub(super) fn not_a_table(input: &Input) -> Error {
    let error = Error::new(Code::Usage, "expected a table, found an object-centric log");
    named(error.help("it becomes a folder of tables, not one file"), input)
}

/// The line in which a byte of an input's text lies, if the text up to there can still be had.
pub(super) fn line_at(input: &Input, how: &OpenOptions, byte: u64) -> Result<Option<LineColumn>> {
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
pub(super) fn in_line(error: Error, head: &[u8]) -> Error {
    let Some(byte) = error.position().and_then(|it| it.byte) else { return error };
    let mut place = LineColumn::default();
    let before = &head[..head.len().min(usize::try_from(byte).unwrap_or(usize::MAX))];
    place.advance(before.strip_prefix(&UTF8_BOM).unwrap_or(before));
    if xml::is_meant(head) { error.at_line(place.line, place.column) } else { error }
}

/// How the options say that inputs are opened.
pub(super) fn open_options(options: &Options, watch: &Watch) -> Result<OpenOptions> {
    let encoding = match &options.encoding {
        Some(label) => Some(encoding_for(label)?),
        None => None,
    };
    Ok(OpenOptions {
        io: match options.io {
            IoMode::Auto => Io::Auto,
            IoMode::Mmap => Io::Mmap,
            IoMode::Read => Io::Read,
        },
        encoding,
        loose: false,
        zstd_window_log_max: options.zstd_window_log,
        spool_dir: Some(options.temp_dir.clone()),
        watch: watch.clone(),
    })
}
