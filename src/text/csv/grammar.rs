//! The grammar of delimited text, a byte at a time: the plain twin of the indexed walk, and the judge of
//! everything unusual.
//!
//! ```text
//! record  = field *(delimiter field) (LF | CRLF | CR | end of text)
//! field   = quoted | bare
//! quoted  = quote *(any byte | escaped quote) quote        only where a field begins
//! bare    = *(any byte but delimiter, CR, LF)              a quote inside stands for itself
//!
//! Spaces may stand between a closing quote and what follows it, unless a space begins the delimiter.
//! ```
//!
//! After RFC 4180, and wider where real files are: all three line ends at once, quotes doubled or escaped,
//! delimiters of several bytes, comment lines. What is no field at all is a [`CsvFault`] of the record; the
//! record's extent is then found by taking the rest of the field as bare.

use std::collections::HashMap;

use crate::error::Code;
use crate::model::table::{Cell, Unescape};

/// Longest delimiter, in bytes. Real ones have one to four (`||`, `~|~`).
pub const MAX_DELIMITER: usize = 8;
/// Stands for "nothing delimits": a byte that no UTF-8 text has.
const NO_DELIMITER: u8 = 0xff;

/// Delimiter, quote, escape and comment marks of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grammar {
    pub(super) delimiter: [u8; MAX_DELIMITER],
    pub(super) delimiter_len: u8,
    /// Around fields, if any are quoted.
    pub quote: Option<u8>,
    /// Before a quote (or any byte) inside quotes, if not by doubling.
    pub escape: Option<u8>,
    /// First byte of lines that are no records.
    pub comment: Option<u8>,
    /// Whether spaces after a delimiter are not part of the field.
    pub skip_space: bool,
}

/// A fault in a record's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvFault {
    /// Code of the error that the malformed record is.
    pub code: Code,
    /// Offset of the fault in the given text.
    pub at: usize,
}

/// A byte order mark, which is part of no record.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Length of byte order marks at `at`, where a record may start, in bytes: nearly always 0.
#[inline(always)]
pub fn marks(text: &[u8], at: usize) -> usize {
    if text.get(at) == Some(&MARK[0]) { count_marks(text, at) } else { 0 }
}

#[cold]
fn count_marks(text: &[u8], at: usize) -> usize {
    text[at..].chunks(MARK.len()).take_while(|bytes| *bytes == MARK).count() * MARK.len()
}

/// The extent of a record in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Index after its last byte, line end excluded.
    pub end: usize,
    /// Offset one past the line end.
    pub next: usize,
    /// Whether a line end was seen; if not, the text ended.
    pub terminated: bool,
    /// The first fault of the record.
    pub fault: Option<CsvFault>,
}

impl Grammar {
    /// Fields between `delimiter`s, quoted by `"` doubled, no comments.
    pub const fn new(delimiter: u8) -> Self {
        let mut bytes = [0; MAX_DELIMITER];
        bytes[0] = delimiter;
        Self {
            delimiter: bytes,
            delimiter_len: 1,
            quote: Some(b'"'),
            escape: None,
            comment: None,
            skip_space: false,
        }
    }

    /// A grammar without delimiter: each record is one field.
    pub const fn undelimited() -> Self {
        Self::new(NO_DELIMITER)
    }

    /// The same with another delimiter of 1 to [`MAX_DELIMITER`] bytes, none of them a line end; `None` if it
    /// is not so.
    #[must_use]
    pub fn with_delimiter(mut self, delimiter: &[u8]) -> Option<Self> {
        if delimiter.is_empty()
            || delimiter.len() > MAX_DELIMITER
            || delimiter.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
        {
            return None;
        }
        self.delimiter = [0; MAX_DELIMITER];
        self.delimiter[..delimiter.len()].copy_from_slice(delimiter);
        self.delimiter_len = delimiter.len() as u8;
        Some(self)
    }

    /// The delimiter between fields, of one or more bytes.
    pub fn delimiter(&self) -> &[u8] {
        &self.delimiter[..usize::from(self.delimiter_len)]
    }

    /// Between fields, as reports show it: nothing, if nothing delimits.
    pub fn shown_delimiter(&self) -> &[u8] {
        if self.delimiter() == [NO_DELIMITER] { b"" } else { self.delimiter() }
    }

    /// Whether the indexed walk can read it: one delimiter byte, quotes doubled, nothing skipped.
    pub fn is_indexable(&self) -> bool {
        self.delimiter_len == 1
            && self.escape.is_none()
            && !self.skip_space
            && self.quote != Some(self.delimiter[0])
            && self.quote.is_none_or(|quote| !matches!(quote, b'\n' | b'\r'))
    }

    /// Where the next record starts at or after `at`, past blank lines and comments, and how many of those
    /// there were.
    ///
    /// `last` tells whether the text ends where the bytes do; if not, a comment without an end stays in
    /// place, and a CR at the end.
    pub fn skip_blank(&self, text: &[u8], mut at: usize, last: bool) -> (usize, u64) {
        let mut lines = 0;
        loop {
            if last && text.get(at) == Some(&MARK[0]) && at + marks(text, at) == text.len() {
                // Marks at the end. Those on a line of their own stay where they are, to be counted with the
                // line.
                return (text.len(), lines);
            }
            match text.get(at) {
                Some(b'\n') => {
                    at += 1;
                    lines += 1;
                }
                // Its LF may be still to come.
                Some(b'\r') if at + 1 == text.len() && !last => return (at, lines),
                Some(b'\r') => {
                    at += 1 + usize::from(text.get(at + 1) == Some(&b'\n'));
                    lines += 1;
                }
                Some(byte) if Some(*byte) == self.comment => match next_line(text, at) {
                    Some(next) => {
                        at = next;
                        lines += 1;
                    }
                    None if last => return (text.len(), lines + 1),
                    None => return (at, lines),
                },
                _ => return (at, lines),
            }
        }
    }

    /// Reads the record that starts at `at`, calling `cell` for each field with positions in `text`.
    pub fn record(&self, text: &[u8], at: usize, cell: impl FnMut(FieldAt)) -> Record {
        self.record_among(text, at, None, cell)
    }

    /// The same, with what earlier records of the same `text` said of quotes that are never closed.
    pub fn record_among(
        &self,
        text: &[u8],
        at: usize,
        mut unclosed: Option<&mut Unclosed>,
        mut cell: impl FnMut(FieldAt),
    ) -> Record {
        let mut fault = None;
        if let Some(unclosed) = &mut unclosed {
            unclosed.starts.clear();
        }
        let mut start = at;
        loop {
            if self.skip_space && start > at {
                start += text[start..].iter().take_while(|byte| **byte == b' ').count();
            }
            let (field, end) = self.field(text, start, unclosed.as_deref_mut(), &mut fault);
            cell(field);
            if text[end..].starts_with(self.delimiter()) {
                start = end + self.delimiter().len();
                continue;
            }
            let line_end = match text.get(end) {
                None => 0,
                Some(b'\r') if text.get(end + 1) == Some(&b'\n') => 2,
                Some(_) => 1,
            };
            return Record { end, next: end + line_end, terminated: line_end > 0, fault };
        }
    }

    /// One field from `start`, and where it ends: at a delimiter, a line end or the end of the text.
    fn field(
        &self,
        text: &[u8],
        start: usize,
        mut unclosed: Option<&mut Unclosed>,
        fault: &mut Option<CsvFault>,
    ) -> (FieldAt, usize) {
        let Some(quote) = self.quote.filter(|quote| text.get(start) == Some(quote)) else {
            let end = self.bare_end(text, start);
            return (FieldAt { start, end, quoted: false, escaped: false }, end);
        };
        let mut at = start + 1;
        let mut escaped = false;
        let known = unclosed.as_mut().and_then(|unclosed| unclosed.meet(start));
        if known.is_some() {
            at = text.len();
        }
        let close = loop {
            match text.get(at) {
                None => {
                    let opened = known.unwrap_or(start);
                    if let Some(unclosed) = unclosed {
                        unclosed.learn(opened);
                    }
                    fault.get_or_insert(CsvFault { code: Code::UnclosedQuote, at: opened });
                    return (FieldAt { start, end: at, quoted: false, escaped: false }, at);
                }
                Some(byte) if Some(*byte) == self.escape && at + 1 < text.len() => {
                    escaped = true;
                    at += 2;
                }
                Some(byte) if *byte == quote => {
                    // A file that escapes with another byte may still double its quotes.
                    if text.get(at + 1) != Some(&quote) {
                        break at;
                    }
                    escaped = true;
                    at += 2;
                }
                Some(_) => at += 1,
            }
        };
        // Spaces between a closing quote and the delimiter belong to neither, unless they delimit.
        let spaces = match self.delimiter[0] {
            b' ' => 0,
            _ => text[close + 1..].iter().take_while(|byte| **byte == b' ').count(),
        };
        let end = close + 1 + spaces;
        let bare = self.bare_end(text, end);
        if bare > end {
            fault.get_or_insert(CsvFault { code: Code::QuoteInField, at: end });
        }
        (FieldAt { start: start + 1, end: close, quoted: true, escaped }, bare)
    }

    /// The first delimiter or line end at or after `at`, or the end of the text.
    fn bare_end(&self, text: &[u8], at: usize) -> usize {
        let first = self.delimiter[0];
        let mut end = at;
        while let Some(byte) = text.get(end) {
            if matches!(byte, b'\n' | b'\r') || (*byte == first && text[end..].starts_with(self.delimiter()))
            {
                break;
            }
            end += 1;
        }
        end
    }
}

impl Unescape for Grammar {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        let mut bytes = raw.iter().peekable();
        while let Some(&byte) = bytes.next() {
            let escapes = Some(byte) == self.escape && bytes.peek().is_some();
            let doubled = Some(byte) == self.quote && bytes.peek() == Some(&&byte);
            match bytes.next_if(|_| escapes || doubled) {
                Some(&second) => out.push(second),
                None => out.push(byte),
            }
        }
    }
}

/// Where quoted fields begin from which a record runs to the end of the text, for want of a closing quote.
///
/// Such a record costs one line, and the next one may run through the same fields to the same end: in a text
/// of `x","` in every line each of them does. Two records that open the same field go the same way from
/// there, so one look at it is enough.
#[derive(Debug, Default)]
pub struct Unclosed {
    /// Where a field begins, and where the one of its record that is never closed does.
    known: HashMap<usize, usize>,
    /// Where quoted fields of the record under way begin.
    starts: Vec<usize>,
}

/// Bytes between two fields that are remembered, at least: a record goes so far before it is known not to
/// end. Less costs memory, 8 MB for the longest record.
const APART: usize = 256;

impl Unclosed {
    fn meet(&mut self, start: usize) -> Option<usize> {
        if self.starts.last().is_none_or(|last| start - last >= APART) {
            self.starts.push(start);
        }
        if self.known.is_empty() { None } else { self.known.get(&start).copied() }
    }

    fn learn(&mut self, opened: usize) {
        self.known.extend(self.starts.drain(..).map(|start| (start, opened)));
    }
}

/// Range of a field's bytes, enclosing quotes excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldAt {
    /// Offset of the first byte of the field.
    pub start: usize,
    /// Offset one past the last byte of the field.
    pub end: usize,
    /// Whether the field is quoted.
    pub quoted: bool,
    /// Whether the field contains escapes.
    pub escaped: bool,
}

impl FieldAt {
    /// The same as a cell of a batch that starts at `base`.
    pub fn cell(self, base: usize) -> Cell {
        if self.quoted {
            Cell::quoted(self.start - base, self.end - self.start, self.escaped)
        } else {
            Cell::plain(self.start - base, self.end - self.start)
        }
    }
}

/// One past the line end at or after `at`; `None` if the text ends first, or might go on with the LF of a
/// CRLF.
pub fn next_line(text: &[u8], at: usize) -> Option<usize> {
    let end = at + text[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    if text[end] == b'\r' && text.get(end + 1) == Some(&b'\n') { Some(end + 2) } else { Some(end + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(grammar: &Grammar, text: &str) -> (Vec<String>, Record) {
        let mut out = Vec::new();
        let record = grammar.record(text.as_bytes(), 0, |field| {
            let raw = &text.as_bytes()[field.start..field.end];
            let mut value = Vec::new();
            if field.escaped {
                grammar.unescape(raw, &mut value);
            } else {
                value.extend(raw);
            }
            out.push(String::from_utf8(value).unwrap());
        });
        (out, record)
    }

    #[test]
    fn fields_are_cut_as_the_grammar_says() {
        let comma = Grammar::new(b',');
        let backslash = Grammar { escape: Some(b'\\'), ..comma };
        let spaced = Grammar { skip_space: true, ..comma };
        let wide = comma.with_delimiter(b"||").unwrap();
        for (grammar, text, expected, next) in [
            (comma, "a,b\nc", vec!["a", "b"], 4),
            (comma, "a,b\r\nc", vec!["a", "b"], 5),
            (comma, "a,b\rc", vec!["a", "b"], 4),
            (comma, "a,", vec!["a", ""], 2),
            (comma, "\"a\nb\",c", vec!["a\nb", "c"], 7),
            (comma, "\"a\"\"b\",c", vec!["a\"b", "c"], 8),
            (comma, "5\" pipe,x\n", vec!["5\" pipe", "x"], 10),
            (comma, "\"a\"  ,\",\"\n", vec!["a", ","], 10),
            (backslash, "\"a\\\"b\",c", vec!["a\"b", "c"], 8),
            (spaced, "a, \"b,c\"  ,d", vec!["a", "b,c", "d"], 12),
            (wide, "a|b||c", vec!["a|b", "c"], 6),
            (Grammar::new(b' '), "\"a b\" c \"d\" \"\"\n", vec!["a b", "c", "d", ""], 15),
            (comma.with_delimiter(b" ; ").unwrap(), "\"a ; b\" ; c\n", vec!["a ; b", "c"], 12),
        ] {
            let (found, record) = fields(&grammar, text);
            assert_eq!(found, expected, "{text:?}");
            assert_eq!((record.next, record.fault), (next, None), "{text:?}");
        }
    }

    #[test]
    fn a_fault_says_where_and_the_record_still_ends() {
        let comma = Grammar::new(b',');
        let (_, record) = fields(&comma, "\"a\"b,c\nd");
        assert_eq!(record.fault, Some(CsvFault { code: Code::QuoteInField, at: 3 }));
        assert_eq!(record.next, 7);
        let (_, record) = fields(&comma, "x,\"a\nb");
        assert_eq!(record.fault, Some(CsvFault { code: Code::UnclosedQuote, at: 2 }));
        assert!(!record.terminated);
    }

    #[test]
    fn blank_lines_and_comments_are_not_records() {
        let grammar = Grammar { comment: Some(b'#'), ..Grammar::new(b',') };
        assert_eq!(grammar.skip_blank(b"\n\r\n\r#x,\"\n\na", 0, true), (10, 5));
        assert_eq!(grammar.skip_blank(b"#tail", 0, true), (5, 1));
        assert_eq!(grammar.skip_blank(b"#tail", 0, false), (0, 0));
        assert_eq!(grammar.skip_blank(b"\n\r", 0, false), (1, 1));
        assert_eq!(grammar.skip_blank(b"\n\r", 0, true), (2, 2));
        assert_eq!(grammar.skip_blank(b"\n\xef\xbb\xbf\n\xef\xbb\xbfa", 0, true), (1, 1));
        assert_eq!(grammar.skip_blank(b"\n\xef\xbb\xbf", 0, true), (4, 1));
        assert_eq!(grammar.skip_blank(b"\n\xef\xbb\xbf", 0, false), (1, 1));
        assert_eq!(grammar.skip_blank(b"\n\xef\xbb\xbf\r", 0, false), (1, 1));
        assert_eq!(grammar.skip_blank(b"\xef\xbb", 0, true), (0, 0));
    }

    #[test]
    fn marks_are_counted_whole() {
        assert_eq!(marks(b"a\xef\xbb\xbf", 0), 0);
        assert_eq!(marks(b"a\xef\xbb\xbfb", 1), 3);
        assert_eq!(marks(b"\xef\xbb\xbf\xef\xbb\xbf\xef", 0), 6);
        assert_eq!(marks(b"\xef\xbc\x9b", 0), 0);
    }
}
