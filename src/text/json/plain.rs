//! The plain reader: one record, token by token.

use super::lex::{self, JsonFault, JsonFaultKind};
use super::rows::JsonRows;
use crate::error::Error;

/// Why there is no record.
pub enum JsonStop {
    /// The text is not well formed, or not whole.
    Fault(JsonFault),
    /// Something that ends the run.
    Failed(Error),
}

impl From<JsonFault> for JsonStop {
    fn from(fault: JsonFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for JsonStop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads the object at `at` into members of `rows`; gives its end.
pub fn record<const WORDS: bool>(text: &[u8], at: usize, rows: &mut JsonRows<'_>) -> Result<usize, JsonStop> {
    let at = lex::space(text, lex::expect(text, at, b'{', "an object")?);
    if text.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    members::<WORDS>(text, at, rows)
}

/// Reads the members from the key at `at` on; gives the end of the object.
fn members<const WORDS: bool>(
    text: &[u8],
    mut at: usize,
    rows: &mut JsonRows<'_>,
) -> Result<usize, JsonStop> {
    loop {
        at = member::<WORDS>(text, at, rows)?;
        at = lex::space(text, at);
        match text.get(at) {
            Some(b',') => at = lex::space(text, at + 1),
            Some(b'}') => return Ok(at + 1),
            Some(_) => return Err(JsonFault { at, what: JsonFaultKind::Expected("\",\" or \"}\"") }.into()),
            None => return Err(JsonFault { at, what: JsonFaultKind::Short }.into()),
        }
    }
}

/// Reads the member whose key stands at `at`; gives the end of its value.
fn member<const WORDS: bool>(text: &[u8], at: usize, rows: &mut JsonRows<'_>) -> Result<usize, JsonStop> {
    let (key, value) = lex::key(text, at)?;
    let value = lex::value_of::<WORDS>(text, value)?;
    if rows.wanted() {
        let column = rows.column(text, key)?;
        rows.member(column, key, value);
    }
    Ok(value.next)
}
