//! The text on its way into the XML reader: where it is, by byte, line and column, and how much of it one
//! token may take.

use std::io::{self, BufRead, Read};

use crate::text::xml::LineColumn;

/// Bytes that one tag, comment or text may have. The reader holds a token whole, so this bounds its memory; a
/// longer one ends the validation.
pub const LONGEST_TOKEN: u64 = 64 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StrictPlace {
    /// Bytes from the start.
    pub byte: u64,
    /// Line and column of the place, from 1.
    pub line: LineColumn,
}

impl StrictPlace {
    /// The place past some text that begins here.
    pub fn past(mut self, text: &[u8]) -> Self {
        self.byte += text.len() as u64;
        self.line.advance(text);
        self
    }
}

/// Counts what passes through it.
pub struct StrictText<'t> {
    text: &'t mut dyn BufRead,
    place: StrictPlace,
    token_start: u64,
}

impl<'t> StrictText<'t> {
    /// Goes past a byte order mark.
    ///
    /// # Errors
    /// What the text itself fails with.
    pub fn new(text: &'t mut dyn BufRead) -> io::Result<Self> {
        let mut place = StrictPlace::default();
        if text.fill_buf()?.starts_with(BOM) {
            text.consume(BOM.len());
            place.byte = BOM.len() as u64;
        }
        Ok(Self { text, place, token_start: place.byte })
    }

    /// Where the next token begins; from here on it is measured.
    pub fn next_token(&mut self) -> StrictPlace {
        self.token_start = self.place.byte;
        self.place
    }

    /// Whether the token at hand is too long; reading it has failed then.
    pub fn is_too_long(&self) -> bool {
        self.place.byte - self.token_start > LONGEST_TOKEN
    }
}

impl Read for StrictText<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for StrictText<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_too_long() {
            return Err(io::Error::other("token too long"));
        }
        self.text.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is consumed was filled, so asking for it again reads nothing.
        if let Ok(text) = self.text.fill_buf() {
            self.place = self.place.past(&text[..count.min(text.len())]);
        }
        self.text.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn places_are_counted_in_bytes_lines_and_characters_whatever_the_pieces() {
        let text = "\u{feff}a\r\néé<b\n";
        for piece in 3..text.len() {
            let mut text = BufReader::with_capacity(piece, text.as_bytes());
            let mut source = StrictText::new(&mut text).unwrap();
            let mut read = [0; 7];
            source.read_exact(&mut read).unwrap();
            assert_eq!(read, *"a\r\néé".as_bytes());
            assert_eq!(
                source.next_token(),
                StrictPlace { byte: 10, line: LineColumn { line: 2, column: 3 } }
            );
        }
    }
}
