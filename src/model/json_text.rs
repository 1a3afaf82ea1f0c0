//! A walk over one JSON value (RFC 8259) that is known to be well formed: tokens in the order of the text,
//! nothing copied.
//!
//! The grammar is the format's business; who walks here has a value that a parse has accepted, and only wants
//! its parts. Text that is not well formed gives wrong tokens, and never a panic.

use std::borrow::Cow;

/// What a value begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonToken<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as written.
    Number(&'a [u8]),
    /// A string, without its quotes, escapes still in.
    Text(&'a [u8]),
    /// `[`: [`JsonWalk::item`] goes through what is in it.
    List,
    /// `{`: [`JsonWalk::key`] goes through what is in it.
    Object,
}

/// A walk over the tokens of a JSON text.
#[derive(Debug, Clone)]
pub struct JsonWalk<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> JsonWalk<'a> {
    /// A walk over `text`, from its start.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Steps over a byte if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The value that comes next; of a list or an object only the bracket.
    pub fn value(&mut self) -> JsonToken<'a> {
        match self.peek() {
            Some(b'"') => JsonToken::Text(self.string()),
            Some(b'[') => self.opened(JsonToken::List),
            Some(b'{') => self.opened(JsonToken::Object),
            Some(b't') => self.word(JsonToken::Bool(true)),
            Some(b'f') => self.word(JsonToken::Bool(false)),
            Some(b'n') | None => self.word(JsonToken::Null),
            Some(_) => {
                let start = self.at;
                self.word(JsonToken::Null);
                JsonToken::Number(&self.text[start..self.at])
            }
        }
    }

    fn opened(&mut self, token: JsonToken<'a>) -> JsonToken<'a> {
        self.at += 1;
        token
    }

    /// Steps to the end of a word or number.
    fn word(&mut self, token: JsonToken<'a>) -> JsonToken<'a> {
        let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n');
        let rest = &self.text[self.at..];
        // A stray mark is stepped over, so that a walk always ends.
        self.at += rest.iter().position(ends).unwrap_or(rest.len()).max(usize::from(!rest.is_empty()));
        token
    }

    /// The string that begins here, without its quotes.
    fn string(&mut self) -> &'a [u8] {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match memchr::memchr2(b'"', b'\\', self.text.get(end..).unwrap_or_default()) {
                Some(found) if self.text[end + found] == b'"' => {
                    end += found;
                    self.at = end + 1;
                    return &self.text[start..end];
                }
                Some(found) => end += found + 2,
                None => {
                    self.at = self.text.len();
                    return &self.text[start.min(self.at)..];
                }
            }
        }
    }

    /// Whether an item comes next in the list that is open; if not, the list is closed.
    pub fn item(&mut self) -> bool {
        self.takes(b',');
        !self.takes(b']') && self.peek().is_some()
    }

    /// The next key in the object that is open, escapes still in; `None` closes the object.
    pub fn key(&mut self) -> Option<&'a [u8]> {
        self.takes(b',');
        if self.takes(b'}') || self.peek()? != b'"' {
            return None;
        }
        let key = self.string();
        self.takes(b':');
        Some(key)
    }

    /// Steps over the value that comes next, and gives it as written. Any depth.
    pub fn skip(&mut self) -> &'a [u8] {
        self.peek();
        let start = self.at;
        let mut open = 0usize;
        loop {
            match self.peek() {
                Some(b'[' | b'{') => {
                    open += 1;
                    self.at += 1;
                }
                Some(b']' | b'}') => {
                    open = open.saturating_sub(1);
                    self.at += 1;
                }
                Some(b',' | b':') => self.at += 1,
                Some(b'"') => drop(self.string()),
                Some(_) => drop(self.word(JsonToken::Null)),
                None => open = 0,
            }
            if open == 0 {
                return &self.text[start..self.at];
            }
        }
    }
}

/// What a string means, escapes undone: `raw` stood between quotes.
pub fn unescaped(raw: &[u8]) -> Cow<'_, str> {
    let plain = || std::str::from_utf8(raw).unwrap_or_default();
    if memchr::memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(plain());
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).map_or_else(|_| Cow::Borrowed(plain()), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_the_order_of_the_text() {
        let mut walk = JsonWalk::new(br#" {"a" : [1, -2.5e3, "x\"]", null] , "b":{ } ,"c":true}"#);
        assert_eq!(walk.value(), JsonToken::Object);
        assert_eq!(walk.key(), Some(&b"a"[..]));
        assert_eq!(walk.value(), JsonToken::List);
        let mut items = Vec::new();
        while walk.item() {
            items.push(walk.value());
        }
        assert_eq!(
            items,
            [
                JsonToken::Number(b"1"),
                JsonToken::Number(b"-2.5e3"),
                JsonToken::Text(br#"x\"]"#),
                JsonToken::Null
            ]
        );
        assert_eq!(walk.key(), Some(&b"b"[..]));
        assert_eq!(walk.skip(), b"{ }");
        assert_eq!(walk.key(), Some(&b"c"[..]));
        assert_eq!(walk.value(), JsonToken::Bool(true));
        assert_eq!(walk.key(), None);
    }

    #[test]
    fn values_are_skipped_as_written() {
        for text in ["1", "\"\\\\\"", "[]", "{\"a\":[\"]\", {}]}", "null", "-0.0"] {
            let with_more = format!(" {text} , 7");
            let mut walk = JsonWalk::new(with_more.as_bytes());
            assert_eq!(walk.skip(), text.as_bytes());
        }
    }

    #[test]
    fn text_that_is_not_well_formed_ends_the_walk_all_the_same() {
        for text in ["", "\"", "[", "{\"a", "{\"a\":", "\"\\", "]", ":", "{1}"] {
            let mut walk = JsonWalk::new(text.as_bytes());
            walk.clone().skip();
            match walk.value() {
                JsonToken::List => while walk.item() && !walk.skip().is_empty() {},
                JsonToken::Object => while walk.key().is_some() && !walk.skip().is_empty() {},
                _ => {}
            }
        }
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescaped(br"a\u00e9\n\ud83d\ude00\/"), "aé\n😀/");
        assert_eq!(unescaped("é".as_bytes()), "é");
    }
}
