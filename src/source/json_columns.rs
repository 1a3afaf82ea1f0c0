//! The columns that a look at JSON finds, and why there are none.

use crate::error::{Code, Error, Result};
use crate::options::Options;
use crate::source::input::{discover, record_limit};
use crate::source::opened::Opened;
use crate::source::sample::first_bad;
use crate::text::TextSlice;
use crate::text::any::AnyFormat;
use crate::text::json::head::pointer;

/// JSON with the columns that a look at the text finds. Its first records may be longer than what is read of a stream at first.
pub fn discover_json(source: &mut Opened, format: &AnyFormat, options: &Options) -> Result<AnyFormat> {
    loop {
        let text = TextSlice { bytes: source.head(), base: 0, last: source.is_whole() };
        let found = discover(format, text, options)?;
        if !found.column_names().is_empty() {
            return Ok(found);
        }
        if !source.read_on(record_limit(options))? {
            let text = TextSlice { bytes: source.head(), base: 0, last: source.is_whole() };
            return Err(without_columns(&found, text, options)?);
        }
    }
}

/// Why it has none: its first bad row, or that there are no members in it.
fn without_columns(format: &AnyFormat, text: TextSlice<'_>, options: &Options) -> Result<Error> {
    let empty = || match format {
        // Which one was taken is not what everybody would take.
        AnyFormat::Json(json) if !json.head.keys.is_empty() => {
            let place = pointer(json.head.keys.iter().map(String::as_str));
            let what = format!("expected objects with members in the array at {place}, found none");
            Error::new(Code::InputEmpty, what)
                .help("if the rows are in another array, name it, such as ⟦json-path⟧ /data/events")
        }
        _ => Error::new(Code::InputEmpty, "expected objects with members, found none"),
    };
    Ok(match first_bad(format, text, record_limit(options))? {
        (Some(bad), _) => Error::new(bad.code, bad.what).at_byte(bad.at).at_row(bad.record + 1),
        (None, 0) => empty(),
        (None, _) => empty().at_row(1),
    })
}
