//! Which format a text is in, by what the user says or by the registry, and the columns that a look at it
//! finds.

use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::time_format::TimeFormat;
use crate::model::warning::Warning;
use crate::options::{InputFormat, Options};
use crate::source::foreign::{self, Claim};
use crate::source::formats::{format_named, text_format};
use crate::source::opened::Opened;
use crate::source::sample::{columns_met, first_bad};
use crate::text::TextSlice;
use crate::text::any::{AnyFormat, TEXT_FORMATS, TextEntry};
use crate::text::log_text::{Evidence, Header, OpenText, OpenedText, TextHead, TextLook};
use crate::text::row::FormatRow;
use crate::text::xml;
use crate::text::xml::tokens::root;

/// The longest record, in bytes.
pub fn record_limit(options: &Options) -> usize {
    usize::try_from(options.read.max_record).unwrap_or(usize::MAX)
}

/// The layout of times that the options give.
pub fn times_of(options: &Options) -> Result<Option<TimeFormat>> {
    TimeFormat::compile_all(&options.table.values.timestamp_formats)
}

/// The first bytes of an input, of which more can be read, up to the longest record.
struct Head<'s> {
    source: &'s mut Opened,
    limit: usize,
}

impl TextHead for Head<'_> {
    fn bytes(&self) -> &[u8] {
        self.source.head()
    }

    fn is_whole(&self) -> bool {
        self.source.is_whole()
    }

    fn read_on(&mut self) -> Result<bool> {
        self.source.read_on(self.limit)
    }
}

/// Why a text is opened in a format.
#[derive(Clone, Copy)]
enum Because {
    /// The user named the format.
    Named(&'static FormatRow),
    /// The format recognised the text.
    Recognised,
    /// The name of the input says the format, and the text shows no other.
    Called,
    /// No format recognised the text.
    Fallback,
}

/// The format of a text, by what the user says or by its content.
pub fn find_format(
    source: &mut Opened,
    input: &Input,
    options: &Options,
    warnings: &mut Vec<Warning>,
) -> Result<(AnyFormat, Header)> {
    let limit = record_limit(options);
    let claim = if is_packed(source) { Claim::of(input).unpacked() } else { Claim::of(input) };
    let (entry, because) = match &options.read.from {
        Some(from) => named_format(source.head(), from)?,
        None => {
            // The text before the root element may be longer than the first bytes of a stream.
            while xml::is_meant(source.head()) && root(source.head()).is_none() && source.read_on(limit)? {}
            found_format(source, input, claim, options)?
        }
    };
    let times = times_of(options)?;
    let from = match because {
        Because::Named(row) => Some(row),
        Because::Recognised | Because::Called | Because::Fallback => None,
    };
    let how = OpenText { options: &options.read, from, times: times.as_ref() };
    let opened = (entry.open)(&mut Head { source, limit }, &how);
    let opened = opened.map_err(|error| foreign::with_root(error, source.head()))?;
    let Some(OpenedText { format, header, warnings: said }) = opened else {
        return Err(not_so(source.head(), from.unwrap_or(&entry.rows[0])));
    };
    if let Some(error) = contradicted(entry, because, &format, source, claim, options) {
        return Err(error);
    }
    warnings.extend(said);
    let format = if format.discovers() { with_columns(source, &format, options)? } else { format };
    Ok((format, header))
}

/// The format that the user named, unless the text is surely not in it.
fn named_format(head: &[u8], from: &InputFormat) -> Result<(&'static TextEntry, Because)> {
    let row = format_named(from)?;
    match (foreign::unlike(head, row), text_format(row)) {
        (Some(error), _) => Err(error),
        (None, Some(entry)) => Ok((entry, Because::Named(row))),
        (None, None) => Err(not_so(head, row)),
    }
}

/// The format that recognises a text; else the one that its name says, or that of tables.
///
/// # Errors
/// What the text is instead, or that it is not what its name says.
fn found_format(
    source: &Opened,
    input: &Input,
    claim: Claim,
    options: &Options,
) -> Result<(&'static TextEntry, Because)> {
    let look = look_of(source, options);
    // Of several with the same evidence the last of this order is taken, which is the first of the registry.
    let recognised = TEXT_FORMATS.iter().rev().filter_map(|entry| Some(((entry.recognise)(&look)?, entry)));
    if let Some((_, entry)) = recognised.max_by_key(|(evidence, _): &(Evidence, _)| *evidence) {
        return Ok((entry, Because::Recognised));
    }
    let head = source.head();
    let refusal = foreign::refusal(head, claim, &options.read.csv).or_else(|| foreign::misnamed(head, claim));
    match (refusal, foreign::called(input)) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(entry)) => Ok((entry, Because::Called)),
        (None, None) => Ok((&TEXT_FORMATS[0], Because::Fallback)),
    }
}

/// The error for a text that, once its head is whole, turns out not to be in the format; `None` if it is.
fn contradicted(
    entry: &TextEntry,
    because: Because,
    format: &AnyFormat,
    source: &Opened,
    claim: Claim,
    options: &Options,
) -> Option<Error> {
    match because {
        Because::Recognised if (entry.recognise)(&look_of(source, options)).is_none() => {
            foreign::refusal(source.head(), claim, &options.read.csv)
        }
        Because::Fallback if claim.packed.is_some() && format.column_names().len() < 2 => {
            Some(foreign::not_packed(claim))
        }
        _ => None,
    }
}

fn look_of<'a>(source: &'a Opened, options: &'a Options) -> TextLook<'a> {
    TextLook { head: source.head(), whole: source.is_whole(), options: &options.read }
}

/// The error for a text that is not in the format that the user named.
pub fn not_so(head: &[u8], row: &FormatRow) -> Error {
    let looks = foreign::words(head).map(|looks| format!("what looks like {looks}"));
    let looks = looks.as_deref().unwrap_or("something else");
    let help = match row.is_object_centric {
        true => "an object-centric log has sections of event types, object types, events and objects",
        false => "leave ⟦from⟧ out, and the content decides",
    };
    Error::new(Code::UnknownFormat, format!("expected {}, found {looks}", row.name)).help(help)
}

/// Whether the text was unpacked.
fn is_packed(source: &Opened) -> bool {
    matches!(source, Opened::Stream(stream, _) if stream.compression().is_some())
}

/// The format with the columns that a look at the text finds. Its first records may be longer than what is
/// read of a stream at first.
fn with_columns(source: &mut Opened, format: &AnyFormat, options: &Options) -> Result<AnyFormat> {
    let limit = record_limit(options);
    loop {
        let text = TextSlice { bytes: source.head(), base: 0, last: source.is_whole() };
        let learned = columns_met(format, text, limit)?;
        let found = format.relearned(&learned, &[]).unwrap_or_else(|| format.clone());
        if !found.column_names().is_empty() {
            return Ok(found);
        }
        let Some(error) = found.without_columns() else { return Ok(found) };
        if !source.read_on(limit)? {
            let text = TextSlice { bytes: source.head(), base: 0, last: source.is_whole() };
            return Err(match first_bad(&found, text, limit)? {
                (Some(bad), _) => Error::new(bad.code, bad.what).at_byte(bad.at).at_row(bad.record + 1),
                (None, 0) => error,
                (None, _) => error.at_row(1),
            });
        }
    }
}
