//! The usual shape of a record in OCEL 2.0's JSON: the members that the standard knows, each of the type that it gives them, in any order and with any white
//! space. Anything else is `None`, and left to the plain reader, which knows what to say of it.
//!
//! Strings and values are read by the lexer, so that the two readers can differ in nothing but the keys: here they are compared with those few that may
//! stand there, without a look for their ends.

use super::json::value_cell;
use super::sheets::{EMPTY, Entry, Given, NULL, Related};
use crate::format::json::lex;
use crate::model::table::Cell;

/// Reads bytes from a place on.
struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
    /// Where cells count from.
    batch: usize,
}

/// The event or object at `at` into `entry`: its end. `None` for what is not of the usual shape, in which case `entry` holds rubbish.
pub fn record(text: &[u8], at: usize, batch: usize, is_event: bool, entry: &mut Entry) -> Option<usize> {
    let mut cursor = Cursor { text, at, batch };
    cursor.record(is_event, entry)?;
    Some(cursor.at)
}

impl Cursor<'_> {
    #[inline(always)]
    fn space(&mut self) {
        self.at = lex::space(self.text, self.at);
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

    /// Whether a member with this key, quotes included, stands here; then its value is next.
    #[inline(always)]
    fn key<const N: usize>(&mut self, key: &[u8; N]) -> bool {
        let start = self.at;
        if !self.accept(key) {
            return false;
        }
        self.space();
        if self.accept(b":") {
            self.space();
            return true;
        }
        self.at = start;
        false
    }

    /// Behind a member or an item: whether another follows, which is next.
    #[inline(always)]
    fn more(&mut self, close: &[u8; 1]) -> Option<bool> {
        self.space();
        if self.accept(b",") {
            self.space();
            return Some(true);
        }
        self.expect(close)?;
        Some(false)
    }

    /// Behind an opening bracket or brace: whether there is anything in it, which is next.
    #[inline(always)]
    fn any(&mut self, close: &[u8; 1]) -> bool {
        self.space();
        !self.accept(close)
    }

    /// Text, where none was before.
    #[inline(always)]
    fn text(&mut self, place: &mut Option<Cell>) -> Option<()> {
        let text = lex::string(self.text, self.at).ok()?;
        self.at = text.next();
        let cell = Cell::quoted(text.start - self.batch, text.end - text.start, text.escaped);
        place.replace(cell).is_none().then_some(())
    }

    /// Text, or null for nothing.
    #[inline(always)]
    fn text_or_null(&mut self, place: &mut Option<Cell>) -> Option<()> {
        if self.text.get(self.at) == Some(&b'"') { self.text(place) } else { self.expect(b"null") }
    }

    fn record(&mut self, is_event: bool, entry: &mut Entry) -> Option<()> {
        self.expect(b"{")?;
        let mut more = self.any(b"}");
        while more {
            match self.text.get(self.at + 1)? {
                b'i' if self.key(b"\"id\"") => self.text(&mut entry.id)?,
                b't' if self.key(b"\"type\"") => self.text(&mut entry.type_name)?,
                b't' if is_event && self.key(b"\"time\"") => self.text(&mut entry.time)?,
                b'a' if self.key(b"\"attributes\"") => self.attributes(entry)?,
                b'r' if self.key(b"\"relationships\"") => self.relationships(entry)?,
                _ => return None,
            }
            more = self.more(b"}")?;
        }
        Some(())
    }

    fn attributes(&mut self, entry: &mut Entry) -> Option<()> {
        self.expect(b"[")?;
        let mut more = self.any(b"]");
        while more {
            let given = self.attribute()?;
            entry.given.push(given);
            more = self.more(b"]")?;
        }
        Some(())
    }

    #[inline(always)]
    fn attribute(&mut self) -> Option<Given> {
        self.expect(b"{")?;
        let (mut name, mut time, mut value) = (None, None, None);
        let mut more = self.any(b"}");
        while more {
            match self.text.get(self.at + 1)? {
                b'n' if self.key(b"\"name\"") => self.text(&mut name)?,
                b't' if self.key(b"\"time\"") => self.text_or_null(&mut time)?,
                b'v' if value.is_none() && self.key(b"\"value\"") => {
                    let read = lex::value_with_words(self.text, self.at).ok()?;
                    self.at = read.next;
                    value = Some(value_cell(read, self.batch));
                }
                _ => return None,
            }
            more = self.more(b"}")?;
        }
        let (value, kind) = value.unwrap_or((NULL, None));
        Some(Given { name: name?, time, value, kind })
    }

    fn relationships(&mut self, entry: &mut Entry) -> Option<()> {
        self.expect(b"[")?;
        let mut more = self.any(b"]");
        while more {
            let related = self.relationship()?;
            entry.related.push(related);
            more = self.more(b"]")?;
        }
        Some(())
    }

    #[inline(always)]
    fn relationship(&mut self) -> Option<Related> {
        self.expect(b"{")?;
        let (mut object, mut qualifier) = (None, None);
        let mut more = self.any(b"}");
        while more {
            match self.text.get(self.at + 1)? {
                b'o' if self.key(b"\"objectId\"") => self.text(&mut object)?,
                b'q' if qualifier.is_none() && self.key(b"\"qualifier\"") => {
                    self.text_or_null(&mut qualifier)?;
                }
                _ => return None,
            }
            more = self.more(b"}")?;
        }
        Some(Related { object: object?, qualifier: qualifier.unwrap_or(EMPTY) })
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
    fn the_usual_shape_is_read_in_any_order_and_with_any_white_space() {
        let text = r#"{"time": "x", "relationships":[ {"qualifier" :"q","objectId":"o"} , {"objectId":"p", "qualifier":null} ],
            "attributes" : [{"name":"a","value":1.5}, {"value":"\u00e9", "time":"y", "name":"b"}], "id":"e1","type":"t"} "#;
        let (end, entry) = read(text).unwrap();
        assert_eq!(end, text.len() - 1);
        assert_eq!((entry.given.len(), entry.related.len()), (2, 2));
        assert_eq!(entry.id.unwrap().bytes(text.as_bytes()), b"e1");
        assert_eq!(entry.related[0].qualifier.bytes(text.as_bytes()), b"q");
        assert_eq!(entry.related[1].qualifier, EMPTY);
        assert_eq!(entry.given[0].value.bytes(text.as_bytes()), b"1.5");
        assert!(entry.given[1].value.is_escaped() && entry.given[1].time.is_some());
        assert_eq!(read("{}").map(|(end, _)| end), Some(2));
    }

    #[test]
    fn what_is_unusual_is_left_to_the_plain_reader() {
        for text in [
            r#"{"id":1}"#,
            r#"{"id":"1","id":"2"}"#,
            r#"{"id":"1","cost":2}"#,
            r#"{"i\u0064":"1"}"#,
            r#"{"id" "1"}"#,
            r#"{"id":"1",}"#,
            r#"{"id":"1""#,
            r#"{"id":"1"]"#,
            r#"{"attributes":{"a":1}}"#,
            r#"{"attributes":[{"value":1}]}"#,
            r#"{"attributes":[{"name":1,"value":1}]}"#,
            r#"{"attributes":[{"name":"a","value":1,"value":1}]}"#,
            r#"{"attributes":[{"name":"a","unit":"s"}]}"#,
            r#"{"attributes":[{"name":"a"},]}"#,
            r#"{"relationships":["o"]}"#,
            r#"{"relationships":[{"qualifier":"q"}]}"#,
            r#"{"relationships":[{"objectId":"o","objectId":"o"}]}"#,
            r#"{"relationships":[{"objectId":"o","qualifier":"q","qualifier":null}]}"#,
            r#"{"relationships":null}"#,
            "{\"id\":\"\u{1}\"}",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        // An object has no time.
        assert!(record(br#"{"time":"x"}"#, 0, 0, false, &mut Entry::default()).is_none());
    }
}
