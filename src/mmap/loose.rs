//! JSON as people write it, to JSON as RFC 8259 has it: comments, and commas behind the last value, become
//! spaces.
//!
//! Line breaks stay, and each byte that is not blanked stays where it is, so that offsets and lines are those
//! of the input. Strings are not touched. A string that is not closed ends with its line, as no string of
//! JSON goes beyond it: a bad record can't make text of what follows it. Invariant: what comes out is the
//! same however the input is cut.

use crate::error::{Code, Error, Result};

/// Text taken in at a time, in bytes.
const INPUT: usize = 64 << 10;

/// White space and comments that may stand between a comma too many and its bracket, in bytes. Beyond it the
/// comma stays.
const HELD: usize = 1 << 20;

/// The lexical context at a position in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LooseContext {
    /// Between tokens, or in one that is no string.
    Plain,
    /// The place is within a string.
    Quotes,
    /// A string, behind a backslash.
    Escape,
    /// After a slash, which may begin a comment.
    Slash,
    /// A comment to the end of the line.
    Line,
    /// A comment to `*/`.
    Block,
    /// The same, behind a star.
    Star,
}

/// Turns one text into the other.
#[derive(Debug)]
pub(super) struct Loosener {
    within: LooseContext,
    /// The last byte between tokens that is no white space.
    last: u8,
    /// A comma that may be one too many, and what followed it; empty if there is none.
    held: Vec<u8>,
    /// Number of bytes consumed.
    at: u64,
    /// Where the comment began.
    comment: u64,
    input: Vec<u8>,
    /// What is ready to be given out, from `ready_at` on.
    ready: Vec<u8>,
    ready_at: usize,
}

impl Loosener {
    /// At the start of a text.
    pub(super) fn new() -> Self {
        Self {
            within: LooseContext::Plain,
            last: 0,
            held: Vec::new(),
            at: 0,
            comment: 0,
            input: vec![0; INPUT],
            ready: Vec::new(),
            ready_at: 0,
        }
    }

    /// Fills some of `out` from what `more` reads; 0 at the end.
    ///
    /// # Errors
    /// [`Code::Json`] for a comment without an end, and those of `more`.
    pub(super) fn pull(
        &mut self,
        out: &mut [u8],
        mut more: impl FnMut(&mut [u8]) -> Result<usize>,
    ) -> Result<usize> {
        while self.ready_at == self.ready.len() {
            self.ready.clear();
            self.ready_at = 0;
            let mut input = std::mem::take(&mut self.input);
            let read = more(&mut input);
            if let Ok(read) = read {
                self.feed(&input[..read]);
            }
            self.input = input;
            if read? == 0 {
                self.end()?;
                if self.ready.is_empty() {
                    return Ok(0);
                }
            }
        }
        let left = &self.ready[self.ready_at..];
        let given = left.len().min(out.len());
        out[..given].copy_from_slice(&left[..given]);
        self.ready_at += given;
        Ok(given)
    }

    fn feed(&mut self, text: &[u8]) {
        let mut at = 0;
        while at < text.len() {
            let start = at;
            at = self.stretch(text, at);
            if at > start {
                self.give(&text[start..at]);
            }
            if let Some(byte) = text.get(at) {
                self.byte(*byte, self.at + at as u64);
                at += 1;
            }
        }
        self.at += text.len() as u64;
    }

    /// The end of what stays as it is from `at` on and changes nothing.
    fn stretch(&mut self, text: &[u8], at: usize) -> usize {
        let rest = &text[at..];
        let len = match self.within {
            LooseContext::Quotes => memchr::memchr3(b'"', b'\\', b'\n', rest),
            LooseContext::Plain if self.held.is_empty() => {
                let len = memchr::memchr3(b'"', b'/', b',', rest);
                let seen = &rest[..len.unwrap_or(rest.len())];
                self.last = seen.iter().rfind(|byte| !is_space(**byte)).copied().unwrap_or(self.last);
                len
            }
            _ => Some(0),
        };
        at + len.unwrap_or(rest.len())
    }

    /// A byte that may change something; `place` is where it stands in the text.
    fn byte(&mut self, byte: u8, place: u64) {
        match self.within {
            LooseContext::Plain => match byte {
                b'/' => {
                    self.within = LooseContext::Slash;
                    self.comment = place;
                }
                b',' => {
                    self.release();
                    // Behind a bracket, a colon or another comma there is no value that it could follow.
                    let follows = !matches!(self.last, 0 | b'[' | b'{' | b',' | b':');
                    self.last = byte;
                    if follows {
                        self.held.push(byte);
                    } else {
                        self.give(b",");
                    }
                }
                byte if is_space(byte) => self.give(&[byte]),
                byte => {
                    if matches!(byte, b']' | b'}')
                        && let Some(comma) = self.held.first_mut()
                    {
                        *comma = b' ';
                    }
                    self.release();
                    self.last = byte;
                    self.give(&[byte]);
                    if byte == b'"' {
                        self.within = LooseContext::Quotes;
                    }
                }
            },
            LooseContext::Quotes => {
                self.within = match byte {
                    b'\\' => LooseContext::Escape,
                    _ => LooseContext::Plain,
                };
                self.give(&[byte]);
            }
            LooseContext::Escape => {
                self.within = if byte == b'\n' { LooseContext::Plain } else { LooseContext::Quotes };
                self.give(&[byte]);
            }
            LooseContext::Slash => match byte {
                b'/' | b'*' => {
                    self.within = if byte == b'/' { LooseContext::Line } else { LooseContext::Block };
                    self.give(b"  ");
                }
                // No comment: the slash is a fault that the parse will find.
                _ => {
                    self.release();
                    self.last = b'/';
                    self.give(b"/");
                    self.within = LooseContext::Plain;
                    self.byte(byte, place);
                }
            },
            LooseContext::Line => {
                if matches!(byte, b'\n' | b'\r') {
                    self.within = LooseContext::Plain;
                }
                self.blank(byte);
            }
            LooseContext::Block | LooseContext::Star => {
                self.within = match byte {
                    b'*' => LooseContext::Star,
                    b'/' if self.within == LooseContext::Star => LooseContext::Plain,
                    _ => LooseContext::Block,
                };
                self.blank(byte);
            }
        }
    }

    /// Gives out a byte of a comment.
    fn blank(&mut self, byte: u8) {
        self.give(if matches!(byte, b'\n' | b'\r') { std::slice::from_ref(&byte) } else { b" " });
    }

    /// Gives out text, behind the comma if there is one.
    fn give(&mut self, text: &[u8]) {
        if self.held.is_empty() {
            self.ready.extend_from_slice(text);
            return;
        }
        self.held.extend_from_slice(text);
        if self.held.len() > HELD {
            self.release();
        }
    }

    /// Gives out the comma, and what followed it.
    fn release(&mut self) {
        self.ready.append(&mut self.held);
    }

    fn end(&mut self) -> Result<()> {
        match self.within {
            LooseContext::Block | LooseContext::Star => {
                return Err(Error::new(
                    Code::Json,
                    "expected */ behind a comment, found the end of the text",
                )
                .at_byte(self.comment)
                .help("without ⟦json-lenient⟧, comments are not accepted"));
            }
            LooseContext::Slash => {
                self.release();
                self.give(b"/");
                self.within = LooseContext::Plain;
            }
            LooseContext::Plain | LooseContext::Quotes | LooseContext::Escape | LooseContext::Line => {}
        }
        self.release();
        Ok(())
    }
}

/// White space of JSON (RFC 8259 §2).
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a text that comes in pieces of `piece` bytes and is taken in as many.
    fn loosened(text: &[u8], piece: usize) -> Result<Vec<u8>> {
        let mut loosener = Loosener::new();
        let mut left = text;
        let mut all = Vec::new();
        let mut out = vec![0; piece];
        loop {
            let read = loosener.pull(&mut out, |input| {
                let read = piece.min(left.len()).min(input.len());
                input[..read].copy_from_slice(&left[..read]);
                left = &left[read..];
                Ok(read)
            })?;
            if read == 0 {
                return Ok(all);
            }
            all.extend_from_slice(&out[..read]);
        }
    }

    #[test]
    fn comments_and_commas_too_many_become_spaces_however_the_text_is_cut() {
        for (text, expected) in [
            ("{\"a\": 1, }", "{\"a\": 1  }"),
            ("[1, 2,]", "[1, 2 ]"),
            ("[1,// x ,]\n2,/* ] */\t]", "[1,       \n2        \t]"),
            ("{\"a//b\": \"/*,]\\\",}\"}", "{\"a//b\": \"/*,]\\\",}\"}"),
            ("// first\r\n{\"a\": 1} // last", "        \r\n{\"a\": 1}        "),
            ("[1 /* \u{e4}\n** / */ , /**/ 2]", "[1      \n        ,      2]"),
            ("[[1,],{\"b\":[],},]", "[[1 ],{\"b\":[] } ]"),
            // What no comma too many is stays wrong.
            ("[,]", "[,]"),
            ("[1,,]", "[1,,]"),
            ("{,}", "{,}"),
            ("{\"a\":,}", "{\"a\":,}"),
            ("[1 / 2, /]", "[1 / 2, /]"),
            ("[1,", "[1,"),
            ("[1] /", "[1] /"),
            // A string ends with its line.
            ("{\"a\": \"x}\n{\"b\": \"//\", }", "{\"a\": \"x}\n{\"b\": \"//\"  }"),
            ("{\"a\": \"x\\\n{\"b\": \"//\", }", "{\"a\": \"x\\\n{\"b\": \"//\"  }"),
            ("", ""),
        ] {
            for piece in 1..=text.len() + 1 {
                let found = loosened(text.as_bytes(), piece).unwrap();
                assert_eq!(String::from_utf8_lossy(&found), expected, "{text:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_comment_without_an_end_is_an_error_at_its_start() {
        for text in ["[1] /* x", "[1] /*", "[1] /* *"] {
            let error = loosened(text.as_bytes(), 3).unwrap_err();
            assert_eq!((error.code(), error.position().unwrap().byte), (Code::Json, Some(4)), "{text}");
        }
    }

    #[test]
    fn a_comma_stays_if_its_bracket_is_far_away() {
        for (len, stays) in [(HELD - 1, false), (HELD + 1, true)] {
            let text = format!("[1,{}]", " ".repeat(len));
            let found = loosened(text.as_bytes(), 1 << 16).unwrap();
            assert_eq!(found.len(), text.len());
            assert_eq!(found[2] == b',', stays);
        }
    }
}
