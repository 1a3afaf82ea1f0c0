//! The usual shape of a record in OCEL 2.0's JSON: the members that the standard knows, each of the type that
//! it gives them, in any order and with any white space. Anything else is `None`, and left to the plain
//! reader, which knows what to say of it.
//!
//! Strings and values are read by the lexer, so that the two readers can differ in nothing but keys and the
//! signs between them.

use super::gaps::{self, GapCursor, GapPlace, Gaps, Holder, Turn, Usual};
use super::json::value_cell;
use super::sheets::OcelEntry;
use crate::model::kind::Kind;
use crate::model::table::Cell;
use crate::text::json::lex;

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
    gaps::record(&mut UsualJson { batch, is_event }, text, at, entry, gaps)
}

/// How JSON is written.
struct UsualJson {
    /// Offset from which cells count.
    batch: usize,
    is_event: bool,
}

impl Usual for UsualJson {
    fn gap(&self, text: &[u8], at: usize, from: GapPlace) -> Option<(usize, Turn)> {
        let mut scan = JsonScan { cursor: GapCursor { text, at }, is_event: self.is_event };
        let turn = scan.turn(from)?;
        Some((scan.cursor.at, turn))
    }

    #[inline(always)]
    fn word(&mut self, text: &[u8], at: usize, place: &mut Option<Cell>) -> Option<usize> {
        let found = match lex::usual_string(text, at) {
            Some(found) => found,
            None => lex::string(text, lex::space(text, at)).ok()?,
        };
        let cell = Cell::quoted(found.start - self.batch, found.end - found.start, found.escaped);
        place.replace(cell).is_none().then_some(found.next())
    }

    #[cold]
    fn null(&self, text: &[u8], at: usize) -> Option<usize> {
        let at = lex::space(text, at);
        text.get(at..)?.starts_with(b"null").then_some(at + 4)
    }

    #[inline(always)]
    fn value(&mut self, text: &[u8], at: usize) -> Option<((Cell, Option<Kind>), usize)> {
        let read = match lex::usual(text, at) {
            Some(read) => read,
            None => lex::value_with_words(text, lex::space(text, at)).ok()?,
        };
        Some((value_cell(read, self.batch), read.next))
    }
}

/// Reads a gap from a place on.
struct JsonScan<'t> {
    cursor: GapCursor<'t>,
    is_event: bool,
}

impl JsonScan<'_> {
    fn space(&mut self) {
        self.cursor.at = lex::space(self.cursor.text, self.cursor.at);
    }

    /// The gap behind a value of this place.
    fn turn(&mut self, from: GapPlace) -> Option<Turn> {
        if from == GapPlace::Start {
            self.cursor.expect(b"{")?;
            self.space();
            return match self.cursor.accept(b"}") {
                true => Some(Turn { ends: false, to: GapPlace::End }),
                false => self.in_record(false),
            };
        }
        self.space();
        match from.holder() {
            Holder::Record => self.behind_member(false),
            holder => {
                if self.cursor.accept(b",") {
                    self.space();
                    return Some(Turn { ends: false, to: self.key_of(holder)? });
                }
                self.cursor.expect(b"}")?;
                self.space();
                if self.cursor.accept(b",") {
                    self.space();
                    return Some(Turn { ends: true, to: self.first_of(holder)? });
                }
                self.cursor.expect(b"]")?;
                self.space();
                self.behind_member(true)
            }
        }
    }

    /// Behind a member of the record.
    fn behind_member(&mut self, ends: bool) -> Option<Turn> {
        if self.cursor.accept(b",") {
            self.space();
            return self.in_record(ends);
        }
        self.cursor.expect(b"}")?;
        Some(Turn { ends, to: GapPlace::End })
    }

    /// At a member of the record.
    fn in_record(&mut self, ends: bool) -> Option<Turn> {
        let places =
            [(&b"\"id\""[..], GapPlace::Id), (b"\"type\"", GapPlace::Type), (b"\"time\"", GapPlace::Time)];
        let known = if self.is_event { &places[..] } else { &places[..2] };
        if let Some(to) = self.one_of(known) {
            return Some(Turn { ends, to });
        }
        let lists = [(&b"\"attributes\""[..], Holder::Attribute), (b"\"relationships\"", Holder::Relation)];
        let holder = self.one_of(&lists)?;
        self.cursor.expect(b"[")?;
        self.space();
        if self.cursor.accept(b"]") {
            self.space();
            return self.behind_member(ends);
        }
        Some(Turn { ends, to: self.first_of(holder)? })
    }

    /// At an item of a list.
    fn first_of(&mut self, holder: Holder) -> Option<GapPlace> {
        self.cursor.expect(b"{")?;
        self.space();
        self.key_of(holder)
    }

    /// At a member of an item.
    fn key_of(&mut self, holder: Holder) -> Option<GapPlace> {
        match holder {
            Holder::Record => None,
            Holder::Attribute => self.one_of(&[
                (b"\"name\"", GapPlace::Name),
                (b"\"time\"", GapPlace::Since),
                (b"\"value\"", GapPlace::Value),
            ]),
            Holder::Relation => {
                self.one_of(&[(b"\"objectId\"", GapPlace::Object), (b"\"qualifier\"", GapPlace::Qualifier)])
            }
        }
    }

    /// What the key that stands here stands for; then its value is next. Where none of them stands, whole,
    /// nothing is read.
    fn one_of<T: Copy>(&mut self, known: &[(&[u8], T)]) -> Option<T> {
        let start = self.cursor.at;
        let (_, found) = *known.iter().find(|(key, _)| self.cursor.accept(key))?;
        self.space();
        if !self.cursor.accept(b":") {
            self.cursor.at = start;
            return None;
        }
        self.space();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheets::EMPTY;
    use super::*;

    fn read(text: &str) -> Option<(usize, OcelEntry)> {
        let mut entry = OcelEntry::default();
        let end = record(text.as_bytes(), 0, 0, true, &mut entry, &mut Gaps::default())?;
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
            r#"{"time""attributes":[]}"#,
            r#"{"id":"1","time" "relationships":[{"objectId":"o"}]}"#,
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
            r#"{"relationships":[{"objectId":"o","qualifier":null,"qualifier":"q"}]}"#,
            r#"{"relationships":null}"#,
            "{\"id\":\"\u{1}\"}",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        // An object has no time.
        assert!(
            record(br#"{"time":"x"}"#, 0, 0, false, &mut OcelEntry::default(), &mut Gaps::default())
                .is_none()
        );
    }
}
