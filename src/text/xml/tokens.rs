//! XML as a run of tokens: quick-xml over a slice, from any place between two pieces of markup, with the
//! checks that it leaves out.

use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::Event;

use super::XmlFault;
use super::markup::{check_chars, is_name, reference};
use crate::error::Code;

/// A piece of XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XmlToken<'t> {
    /// `<tag ...>`, or `<tag .../>` if `empty`; the text between the angles, without the slash.
    Start {
        /// Name and attributes of the tag, without brackets.
        tag: &'t str,
        /// Whether it has no content.
        empty: bool,
    },
    /// `</name>`.
    End(&'t str),
    /// Text between markup, references not in it.
    Text(&'t str),
    /// `<![CDATA[...]]>`.
    CData(&'t str),
    /// `&name;` between markup, and the character it means.
    Reference(char),
    /// A comment or processing instruction.
    Aside,
    /// `<?xml ...?>`.
    Declaration,
    /// `<!DOCTYPE ...>`, what stands in it.
    Doctype(&'t str),
    /// The end of the text.
    Finish,
}

/// Reads tokens of `text` one after the other.
pub struct Tokens<'t> {
    text: &'t [u8],
    reader: Reader<&'t [u8]>,
    /// Place where the reader began.
    origin: usize,
    /// Start of the last token.
    start: usize,
}

/// The local name of the root element, as far as `head` shows it.
pub fn root(head: &[u8]) -> Option<&str> {
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let start = start + head[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    // A token of text would reach to the first tag, or to the end of a mapped file.
    if head.get(start) != Some(&b'<') {
        return None;
    }
    let mut tokens = Tokens::new(head, start);
    loop {
        match tokens.read() {
            Ok(XmlToken::Start { tag, .. }) => {
                let name = tag.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
                return name.rsplit(':').next();
            }
            Ok(XmlToken::End(_) | XmlToken::Finish) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

impl<'t> Tokens<'t> {
    /// Tokens from `at` on, which lies between pieces of markup.
    pub fn new(text: &'t [u8], at: usize) -> Self {
        let mut reader = Reader::from_reader(&text[at..]);
        let config = reader.config_mut();
        // Ends are matched by our own stack: a parse begins in the middle.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.check_comments = true;
        Self { text, reader, origin: at, start: at }
    }

    /// Start of the last token.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Start of the next token.
    pub fn at(&self) -> usize {
        self.origin + self.reader.buffer_position() as usize
    }

    /// The next token.
    ///
    /// # Errors
    /// What is not well formed. [`XmlFault::open`] tells that the text ended too early.
    pub fn read(&mut self) -> Result<XmlToken<'t>, XmlFault> {
        self.start = self.at();
        // The byte order mark of a document is gone; elsewhere it is a character, which the reader would
        // swallow.
        if self.start == self.origin && self.text[self.start..].starts_with(b"\xef\xbb\xbf") {
            return Err(XmlFault::new(Code::Xml, self.start, "expected markup, found U+FEFF"));
        }
        let event = match self.reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(self.fault(&error)),
        };
        let (start, end) = (self.start, self.at());
        // Tokens borrow from the text and not from the event: where they lie is known.
        let within = |front: usize, back: usize| {
            let inner = &self.text[start + front..end - back];
            std::str::from_utf8(inner).map_err(|error| {
                XmlFault::new(Code::NotText, start + front + error.valid_up_to(), "expected UTF-8")
            })
        };
        Ok(match event {
            Event::Start(_) => XmlToken::Start { tag: within(1, 1)?, empty: false },
            Event::Empty(_) => XmlToken::Start { tag: within(1, 2)?, empty: true },
            Event::End(_) => {
                let name = within(2, 1)?.trim_end_matches([' ', '\t', '\n', '\r']);
                if !is_name(name) {
                    return Err(XmlFault::new(
                        Code::Xml,
                        start,
                        format!("expected the name of an element, found {name:?}"),
                    ));
                }
                XmlToken::End(name)
            }
            Event::Text(_) => {
                let text = within(0, 0)?;
                check_chars(text, start)?;
                if let Some(place) = text.find("]]>") {
                    return Err(XmlFault::new(
                        Code::Xml,
                        start + place,
                        "expected ]]&gt; in text, found ]]>",
                    ));
                }
                XmlToken::Text(text)
            }
            Event::CData(_) => {
                let text = within(9, 3)?;
                check_chars(text, start + 9)?;
                XmlToken::CData(text)
            }
            Event::Comment(_) => {
                check_chars(within(4, 3)?, start + 4)?;
                XmlToken::Aside
            }
            Event::PI(_) => {
                let inner = within(2, 2)?;
                check_chars(inner, start + 2)?;
                let target = inner.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
                if !is_name(target) || target.eq_ignore_ascii_case("xml") {
                    return Err(XmlFault::new(
                        Code::Xml,
                        start,
                        format!("expected the target of a processing instruction, found {target:?}"),
                    ));
                }
                XmlToken::Aside
            }
            Event::Decl(_) => {
                within(2, 2)?;
                XmlToken::Declaration
            }
            Event::DocType(_) => XmlToken::Doctype(within(2, 1)?),
            Event::GeneralRef(_) => {
                let name = within(1, 1)?;
                match reference(name) {
                    Some(c) => XmlToken::Reference(c),
                    None => return Err(super::markup::bad_reference(name, start)),
                }
            }
            Event::Eof => XmlToken::Finish,
        })
    }

    fn fault(&self, error: &XmlError) -> XmlFault {
        let at = (self.origin + self.reader.error_position() as usize).min(self.text.len());
        let open =
            matches!(error, XmlError::Syntax(syntax) if !matches!(syntax, SyntaxError::InvalidBangMarkup));
        let code = if matches!(error, XmlError::Encoding(_)) { Code::NotText } else { Code::Xml };
        if code == Code::NotText {
            let at = self.not_text(at);
            let byte = self.text.get(at).copied().unwrap_or_default();
            return XmlFault::new(code, at, format!("expected UTF-8, found a byte 0x{byte:02x}"));
        }
        XmlFault { open, ..XmlFault::new(code, at, error.to_string()) }
    }

    /// Where the token's first byte that is no UTF-8 lies.
    fn not_text(&self, fallback: usize) -> usize {
        match std::str::from_utf8(&self.text[self.start..]) {
            Err(error) => self.start + error.valid_up_to(),
            Ok(_) => fallback,
        }
    }
}
