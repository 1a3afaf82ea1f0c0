//! The usual shape of a record in XML, read by its bytes: what nearly every writer writes. Anything else is `None`, and left to the plain reader, which knows
//! all of XML.

use super::sheets::{EMPTY, Entry, Given, NULL, Related};
use crate::format::plain::{Stretch, stretch};
use crate::model::kind::Kind;
use crate::model::table::Cell;

/// Reads bytes from a place on.
struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
    /// Where cells count from.
    batch: usize,
    /// Whether there was text beyond ASCII.
    high: bool,
}

/// The event or object at `at` into `entry`: its end. `None` for what is not of the usual shape, in which case `entry` holds rubbish.
///
/// The usual shape: `<event id="…" type="…" time="…">`, `<attributes>` with `<attribute name="…">…</attribute>`, `<objects>` with
/// `<relationship object-id="…" qualifier="…"/>`, white space between, no references, no comments, no other quotes.
pub fn record(text: &[u8], at: usize, batch: usize, is_event: bool, entry: &mut Entry) -> Option<usize> {
    let mut cursor = Cursor { text, at, batch, high: false };
    let end = cursor.record(is_event, entry)?;
    (!cursor.high || is_plain(&text[at..end])).then_some(end)
}

/// Whether text beyond ASCII has nothing that XML forbids, and is UTF-8. EF begins the characters that XML forbids beyond the controls.
fn is_plain(text: &[u8]) -> bool {
    memchr::memchr(0xef, text).is_none() && std::str::from_utf8(text).is_ok()
}

impl<'t> Cursor<'t> {
    #[inline(always)]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// Literals have their length in their type, so that comparing them takes no call.
    #[inline(always)]
    fn accept<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        let found = self.text.get(self.at..).and_then(<[u8]>::first_chunk) == Some(literal);
        self.at += if found { N } else { 0 };
        found
    }

    #[inline(always)]
    fn expect<const N: usize>(&mut self, literal: &[u8; N]) -> Option<()> {
        self.accept(literal).then_some(())
    }

    /// The rest of an attribute, behind its opening quote. White space other than spaces a reader would make plain.
    #[inline(always)]
    fn value(&mut self) -> Option<Cell> {
        let start = self.at;
        let Stretch { end, high } = stretch(self.text, start, *b"\"<&");
        if *self.text.get(end)? != b'"' {
            return None;
        }
        self.high |= high;
        self.at = end + 1;
        Some(Cell::quoted(start - self.batch, end - start, false))
    }

    /// The text before the next tag.
    #[inline(always)]
    fn content(&mut self) -> Option<Cell> {
        let start = self.at;
        loop {
            let Stretch { end, high } = stretch(self.text, self.at, *b"<>&");
            self.high |= high;
            self.at = end;
            match self.text.get(end)? {
                b'<' => return Some(Cell::quoted(start - self.batch, end - start, false)),
                b'\n' | b'\t' => self.at += 1,
                _ => return None,
            }
        }
    }

    fn record(&mut self, is_event: bool, entry: &mut Entry) -> Option<usize> {
        if is_event {
            self.expect(b"<event")?
        } else {
            self.expect(b"<object")?
        }
        while self.accept(b" ") {
            let place = if self.accept(b"id=\"") {
                &mut entry.id
            } else if self.accept(b"type=\"") {
                &mut entry.type_name
            } else if is_event && self.accept(b"time=\"") {
                &mut entry.time
            } else {
                return None;
            };
            // Twice the same is no XML.
            if place.is_some() {
                return None;
            }
            *place = Some(self.value()?);
        }
        if self.accept(b"/>") {
            return Some(self.at);
        }
        self.expect(b">")?;
        loop {
            self.space();
            if self.accept(b"<attributes>") {
                self.attributes(entry)?;
            } else if self.accept(b"<objects>") {
                self.relations(entry)?;
            } else if is_event && self.accept(b"</event>") || !is_event && self.accept(b"</object>") {
                return Some(self.at);
            } else if !self.accept(b"<attributes/>") && !self.accept(b"<objects/>") {
                return None;
            }
        }
    }

    fn attributes(&mut self, entry: &mut Entry) -> Option<()> {
        loop {
            self.space();
            if !self.accept(b"<attribute name=\"") {
                return self.expect(b"</attributes>");
            }
            let name = self.value()?;
            let time = if self.accept(b" time=\"") { Some(self.value()?) } else { None };
            if self.accept(b"/>") {
                entry.given.push(Given { name, time, value: NULL, kind: None });
                continue;
            }
            self.expect(b">")?;
            let value = self.content()?;
            self.expect(b"</attribute>")?;
            entry.given.push(Given { name, time, value, kind: Some(Kind::Text) });
        }
    }

    fn relations(&mut self, entry: &mut Entry) -> Option<()> {
        loop {
            self.space();
            let is_relation =
                self.accept(b"<relationship object-id=\"") || self.accept(b"<object object-id=\"");
            if !is_relation {
                return self.expect(b"</objects>");
            }
            let object = self.value()?;
            let qualifier = if self.accept(b" qualifier=\"") { self.value()? } else { EMPTY };
            self.expect(b"/>")?;
            entry.related.push(Related { object, qualifier });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(usize, Entry)> {
        let mut entry = Entry::default();
        let end = record(text.as_bytes(), 0, 0, true, &mut entry)?;
        Some((end, entry))
    }

    #[test]
    fn the_usual_shape_is_read() {
        let text = "<event id=\"e1\" type=\"t\" time=\"x\">\n <attributes>\n<attribute name=\"a\">1 \u{e9}</attribute><attribute name=\"b\"/></attributes>\n<objects><relationship object-id=\"o\" qualifier=\"q\"/></objects></event> ";
        let (end, entry) = read(text).unwrap();
        assert_eq!(end, text.len() - 1);
        assert_eq!((entry.given.len(), entry.related.len()), (2, 1));
        assert_eq!(entry.given[0].value.bytes(text.as_bytes()), "1 \u{e9}".as_bytes());
        assert!(entry.given[1].kind.is_none());
    }

    #[test]
    fn what_is_unusual_is_left_to_the_plain_reader() {
        for text in [
            "<event id='e1'/>",
            "<event id=\"a&amp;b\"/>",
            "<event id=\"1\" id=\"2\"/>",
            "<event  id=\"1\"/>",
            "<event id=\"a\tb\"/>",
            "<event id=\"1\"><!-- --></event>",
            "<event id=\"1\"><attributes><attribute name=\"a\">1<b/></attribute></attributes></event>",
            "<event id=\"1\"><attributes><attribute name=\"a\">]]></attribute></attributes></event>",
            "<event id=\"1\"><attributes><attribute name=\"a\">\r\n</attribute></attributes></event>",
            "<event id=\"1\"><attributes><attribute name=\"a\">\u{fffe}</attribute></attributes></event>",
            "<event id=\"1\"><objects><relobj object-id=\"o\"/></objects></event>",
            "<event id=\"1\"></object>",
            "<event id=\"1\">",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
