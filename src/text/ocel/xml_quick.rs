//! The usual shape of a record in XML, read by its bytes: what nearly every writer writes. Anything else is
//! `None`, and left to the plain reader, which knows all of XML.
//!
//! The usual shape: `<event id="…" type="…" time="…">`, `<attributes>` with
//! `<attribute name="…">…</attribute>`, `<objects>` with `<relationship object-id="…" qualifier="…"/>`, white
//! space between, no references, no comments, no other quotes.

use super::gaps::{self, GapCursor, GapPlace, Gaps, Holder, Turn, Usual};
use super::sheets::OcelEntry;
use crate::model::kind::Kind;
use crate::model::table::Cell;
use crate::model::utf8::is_utf8;
use crate::text::plain::{Stretch, ascii, stretch};

/// The event or object at `at` into `entry`: its end. `None` for what is not of the usual shape, in which
/// case `entry` holds rubbish. `gaps` are those of events, or of objects.
pub fn record(
    text: &[u8],
    at: usize,
    batch: usize,
    is_event: bool,
    entry: &mut OcelEntry,
    gaps: &mut Gaps,
) -> Option<usize> {
    let mut xml = UsualXml { batch, is_event, high: false };
    let end = gaps::record(&mut xml, text, at, entry, gaps)?;
    (!xml.high || is_plain(&text[at..end])).then_some(end)
}

/// Whether text beyond ASCII has nothing that XML forbids, and is UTF-8. EF begins the characters that XML
/// forbids beyond the controls.
fn is_plain(text: &[u8]) -> bool {
    memchr::memchr(0xef, text).is_none() && is_utf8(text)
}

/// XML as writers usually write it.
struct UsualXml {
    /// Offset from which cells count.
    batch: usize,
    is_event: bool,
    /// Whether there was text beyond ASCII.
    high: bool,
}

impl Usual for UsualXml {
    fn gap(&self, text: &[u8], at: usize, from: GapPlace) -> Option<(usize, Turn)> {
        let mut scan = XmlScan { cursor: GapCursor { text, at }, is_event: self.is_event };
        let turn = scan.turn(from)?;
        Some((scan.cursor.at, turn))
    }

    /// An attribute of XML, up to its closing quote. White space other than spaces a reader would make plain.
    #[inline(always)]
    fn word(&mut self, text: &[u8], at: usize, place: &mut Option<Cell>) -> Option<usize> {
        const ENDS: [u8; 3] = *b"\"<&";
        let mut end = ascii(text, at, ENDS);
        if *text.get(end)? >= 0x80 {
            self.high = true;
            end = stretch(text, end, ENDS).end;
        }
        if *text.get(end)? != b'"' {
            return None;
        }
        place.replace(Cell::quoted(at - self.batch, end - at, false)).is_none().then_some(end)
    }

    fn null(&self, _: &[u8], _: usize) -> Option<usize> {
        None
    }

    /// The text before the next tag.
    #[inline(always)]
    fn value(&mut self, text: &[u8], at: usize) -> Option<((Cell, Option<Kind>), usize)> {
        const ENDS: [u8; 3] = *b"<>&";
        let mut end = ascii(text, at, ENDS);
        loop {
            match text.get(end)? {
                b'<' => break,
                b'\n' | b'\t' => end = ascii(text, end + 1, ENDS),
                0x80.. => {
                    self.high = true;
                    Stretch { end, .. } = stretch(text, end, ENDS);
                }
                _ => return None,
            }
        }
        Some(((Cell::quoted(at - self.batch, end - at, false), Some(Kind::Text)), end))
    }
}

/// Reads a gap from a place on.
struct XmlScan<'t> {
    cursor: GapCursor<'t>,
    is_event: bool,
}

impl XmlScan<'_> {
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t') = self.cursor.text.get(self.cursor.at) {
            self.cursor.at += 1;
        }
    }

    /// The gap behind a value of this place.
    fn turn(&mut self, from: GapPlace) -> Option<Turn> {
        match from {
            GapPlace::Start => {
                self.cursor.expect(if self.is_event { b"<event" } else { b"<object" })?;
                return self.in_tag();
            }
            GapPlace::Value => self.cursor.expect(b"</attribute>")?,
            _ => self.cursor.expect(b"\"")?,
        }
        let to = |to: GapPlace| Some(Turn { ends: false, to });
        match from {
            GapPlace::Start | GapPlace::End | GapPlace::Id | GapPlace::Type | GapPlace::Time => {
                return self.in_tag();
            }
            GapPlace::Name if self.cursor.accept(b" time=\"") => return to(GapPlace::Since),
            GapPlace::Name | GapPlace::Since if self.cursor.accept(b">") => return to(GapPlace::Value),
            GapPlace::Object if self.cursor.accept(b" qualifier=\"") => return to(GapPlace::Qualifier),
            GapPlace::Name | GapPlace::Since | GapPlace::Object | GapPlace::Qualifier => {
                self.cursor.expect(b"/>")?
            }
            GapPlace::Value => {}
        }
        self.in_list(from.holder(), true)
    }

    /// Behind an attribute of the record, or the name of its tag.
    fn in_tag(&mut self) -> Option<Turn> {
        if self.cursor.accept(b" ") {
            let known =
                [(&b"id=\""[..], GapPlace::Id), (b"type=\"", GapPlace::Type), (b"time=\"", GapPlace::Time)];
            let known = if self.is_event { &known[..] } else { &known[..2] };
            let (_, to) = *known.iter().find(|(key, _)| self.cursor.accept(key))?;
            return Some(Turn { ends: false, to });
        }
        if self.cursor.accept(b"/>") {
            return Some(Turn { ends: false, to: GapPlace::End });
        }
        self.cursor.expect(b">")?;
        self.in_record(false)
    }

    /// Goes on within a record; `ends` says whether its end tag may follow.
    fn in_record(&mut self, ends: bool) -> Option<Turn> {
        loop {
            self.space();
            if self.cursor.accept(b"<attributes>") {
                return self.in_list(Holder::Attribute, ends);
            } else if self.cursor.accept(b"<objects>") {
                return self.in_list(Holder::Relation, ends);
            } else if self.cursor.accept(if self.is_event { b"</event>" } else { b"</object>" }) {
                return Some(Turn { ends, to: GapPlace::End });
            } else if !self.cursor.accept(b"<attributes/>") && !self.cursor.accept(b"<objects/>") {
                return None;
            }
        }
    }

    /// Before an item of a list, or its end.
    fn in_list(&mut self, holder: Holder, ends: bool) -> Option<Turn> {
        self.space();
        let (found, to, end) = match holder {
            Holder::Record => return None,
            Holder::Attribute => {
                (self.cursor.accept(b"<attribute name=\""), GapPlace::Name, &b"</attributes>"[..])
            }
            Holder::Relation => {
                let found = self.cursor.accept(b"<relationship object-id=\"")
                    || self.cursor.accept(b"<object object-id=\"");
                (found, GapPlace::Object, &b"</objects>"[..])
            }
        };
        if found {
            return Some(Turn { ends, to });
        }
        self.cursor.expect(end)?;
        self.in_record(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(usize, OcelEntry)> {
        let mut entry = OcelEntry::default();
        let end = record(text.as_bytes(), 0, 0, true, &mut entry, &mut Gaps::default())?;
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
