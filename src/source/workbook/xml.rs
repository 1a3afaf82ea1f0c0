//! The XML of a part of a workbook, token by token, with a limit for each of them.

use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::errors::Error as XmlError;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::error::{Code, Error, Result};
use crate::source::zip::ZipReader;

/// Longest token, in bytes: a tag, or the text between two. A cell has at most 32,767 characters.
const TOKEN: u64 = 8 << 20;

/// Counts what is read, so that no token takes more memory than its limit.
struct Metered {
    content: ZipReader,
    left: u64,
}

impl Read for Metered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.content.read(out)
    }
}

impl BufRead for Metered {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let what = format!("a tag or a text of more than {} MiB", TOKEN >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.content.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes as u64);
        self.content.consume(bytes);
    }
}

/// A part of a workbook that is XML.
pub struct XmlPart {
    reader: Reader<Metered>,
    buffer: Vec<u8>,
    name: String,
}

impl XmlPart {
    /// Reads a part of this name from its beginning.
    pub fn new(name: &str, content: ZipReader) -> Self {
        let mut reader = Reader::from_reader(Metered { content, left: TOKEN });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), name: name.to_owned() }
    }

    /// The next token.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if the XML is not well formed, or cut short.
    pub fn token(&mut self) -> Result<Event<'_>> {
        self.buffer.clear();
        self.reader.get_mut().left = TOKEN;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => Ok(event),
            Err(error) => {
                let what = match &error {
                    XmlError::Io(error) => error.to_string(),
                    other => other.to_string(),
                };
                Err(damaged(&self.name, what))
            }
        }
    }

    /// The error for something in this part that is not as it must be.
    pub fn damaged(&self, what: impl std::fmt::Display) -> Error {
        damaged(&self.name, what)
    }
}

/// The error for a part of a workbook that is not as it must be.
pub fn damaged(part: &str, what: impl std::fmt::Display) -> Error {
    Error::new(Code::TypedFile, format!("expected a workbook, found damage in {part}: {what}"))
        .help("open the file in a spreadsheet program and save it again, or fetch it again")
}

/// The value of an attribute, by its name without a prefix.
///
/// # Errors
/// What is wrong with the attributes, in words.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.local_name().as_ref() == name {
            let value = unescape(&attribute.value).map_err(|error| error.to_string())?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Whether the value of an attribute is true, as XML Schema writes it.
pub fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "on"))
}

/// Adds what a reference stands for: one of the five entities that XML itself has, or a character.
///
/// # Errors
/// The sentence for any other entity: none is looked up.
pub fn resolve(reference: &BytesRef<'_>, out: &mut String) -> Result<(), String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => {
            out.push(character);
            return Ok(());
        }
        Ok(None) => {}
        Err(error) => return Err(error.to_string()),
    }
    let name: &str = reference;
    match resolve_predefined_entity(name) {
        Some(text) => {
            out.push_str(text);
            Ok(())
        }
        None => Err(format!("the entity &{name};, which is not looked up")),
    }
}

/// Characters that a text holds as `_x000D_`, because XML has no room for them (ECMA-376 part 1, 22.9.2.19).
pub fn unescape_characters(text: &mut String, from: usize) {
    let Some(first) = text[from..].find("_x") else { return };
    let mut out = String::with_capacity(text.len() - from);
    let mut rest = &text[from + first..];
    out.push_str(&text[from..from + first]);
    while let Some(at) = rest.find("_x") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let digits = rest.get(2..6).filter(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.filter(|_| rest.as_bytes().get(6) == Some(&b'_'));
        let code = code.and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32);
        match code {
            Some(character) => {
                out.push(character);
                rest = &rest[7..];
            }
            None => {
                out.push_str("_x");
                rest = &rest[2..];
            }
        }
    }
    out.push_str(rest);
    text.truncate(from);
    text.push_str(&out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_in_hexadecimal_are_read_and_what_only_looks_so_stays() {
        for (text, expected) in [
            ("a_x000D_\nb", "a\r\nb"),
            ("_x0041__x0042_", "AB"),
            ("_x005F_x0041_", "_x0041_"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("_x0041", "_x0041"),
            ("_xD800_", "_xD800_"),
            ("_x00ü1_", "_x00ü1_"),
            ("plain", "plain"),
        ] {
            let mut found = format!("_x0041_{text}");
            unescape_characters(&mut found, 7);
            assert_eq!(found, format!("_x0041_{expected}"));
        }
    }
}
