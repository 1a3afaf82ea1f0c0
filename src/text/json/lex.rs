//! JSON's tokens (RFC 8259), strictly, over text in memory: no allocation, no recursion, no tree.
//!
//! Every function takes the text and a place in it and says where the token ends, or what is wrong and where.
//! A token that reaches the end of the text is [`JsonFaultKind::Short`]: with more text it may be whole.

use std::borrow::Cow;

use crate::error::Code;
use crate::text::plain::{Stretch, ascii, stretch};

/// Levels of nesting at most. More is no data, but an attack on readers that recurse.
pub const DEPTH: usize = 1024;

/// Why text is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonFault {
    /// Offset of the fault in the text.
    pub at: usize,
    /// Kind of the fault.
    pub what: JsonFaultKind,
}

/// The kinds of fault in JSON text, with the clause of RFC 8259.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFaultKind {
    /// The text ends within a token or a container.
    Short,
    /// Something else should stand here.
    Expected(&'static str),
    /// A control character within a string (§7).
    Control,
    /// A backslash before something that is no escape (§7).
    Escape,
    /// Half a surrogate pair (§8.2).
    Surrogate,
    /// Bytes that are no UTF-8 (§8.1).
    NotText,
    /// More than [`DEPTH`] levels (§9).
    Deep,
}

impl JsonFault {
    const fn new(at: usize, what: JsonFaultKind) -> Self {
        Self { at, what }
    }

    /// Code of the error that the fault is.
    pub fn code(&self) -> Code {
        match self.what {
            JsonFaultKind::NotText => Code::NotText,
            JsonFaultKind::Deep => Code::JsonLimit,
            _ => Code::Json,
        }
    }

    /// Expected and found, in a sentence.
    pub fn describe(&self, text: &[u8]) -> String {
        match self.what {
            JsonFaultKind::Short => "expected more, found the end of the text".to_owned(),
            JsonFaultKind::Expected(what) => {
                format!("expected {what}, found {}{}", shown(text, self.at), loose(text, self.at))
            }
            JsonFaultKind::Control => format!(
                "expected a control character in a string to be escaped, found {}",
                shown(text, self.at)
            ),
            JsonFaultKind::Escape => {
                format!("expected an escape of JSON behind the backslash, found {}", shown(text, self.at + 1))
            }
            JsonFaultKind::Surrogate => "expected a whole surrogate pair, found half of one".to_owned(),
            JsonFaultKind::NotText => format!("expected UTF-8, found {}", shown(text, self.at)),
            JsonFaultKind::Deep => format!("expected at most {DEPTH} levels of nesting"),
        }
    }
}

/// What reads the text all the same, if a comment, a comma too many, or a word for a float is what is wrong
/// at `at`.
fn loose(text: &[u8], at: usize) -> &'static str {
    let rest = text.get(at..).unwrap_or_default();
    let before = text.get(..at).unwrap_or_default().trim_ascii_end();
    let is_word = FLOATS.iter().any(|word| rest.starts_with(word.as_bytes()));
    let is_comment = rest.starts_with(b"//") || rest.starts_with(b"/*");
    let is_comma = matches!(rest.first(), Some(b']' | b'}')) && before.last() == Some(&b',');
    if is_word || is_comment || is_comma { "; ⟦json-lenient⟧ takes it" } else { "" }
}

/// A byte as errors show it.
fn shown(text: &[u8], at: usize) -> String {
    match text.get(at) {
        None => "the end of the text".to_owned(),
        Some(byte @ b' '..=b'~') => format!("{:?}", char::from(*byte)),
        Some(byte) => format!("byte 0x{byte:02x}"),
    }
}

/// A token, or why there is none.
pub type Lexed<T> = std::result::Result<T, JsonFault>;

/// A string's content, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonString {
    /// Offset of the first byte.
    pub start: usize,
    /// Index after its last byte: where the closing quote stands.
    pub end: usize,
    /// Whether the string contains escapes.
    pub escaped: bool,
}

impl JsonString {
    /// Its bytes with escapes undone: keys are the same if they are equal so (RFC 8259, §8.3).
    #[inline(always)]
    pub fn plain<'t>(self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let raw = self.bytes(text);
        if !self.escaped {
            return Cow::Borrowed(raw);
        }
        let mut undone = Vec::with_capacity(raw.len());
        unescape(raw, &mut undone);
        Cow::Owned(undone)
    }

    /// The raw bytes, with escapes.
    pub fn bytes<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.start..self.end]
    }

    /// Offset one past the closing quote.
    pub fn next(&self) -> usize {
        self.end + 1
    }
}

/// The kinds of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonKind {
    /// A string between double quotes.
    Text,
    /// A number; whether it has neither fraction nor exponent.
    Number(bool),
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// An object between braces.
    Object,
    /// An array between brackets.
    Array,
}

/// A complete JSON value and its extent in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonValue {
    /// Which kind of JSON value it is.
    pub kind: JsonKind,
    /// Its first byte; of text, the one behind the quote.
    pub start: usize,
    /// Index after its last byte; of text, where the closing quote stands.
    pub end: usize,
    /// Whether it is text with escapes in it.
    pub escaped: bool,
    /// Offset one past the value.
    pub next: usize,
}

/// The first place from `at` on that is no white space (§2).
#[inline(always)]
pub fn space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

/// Index after `byte`, which must stand at `at`.
#[inline(always)]
pub fn expect(text: &[u8], at: usize, byte: u8, what: &'static str) -> Lexed<usize> {
    match text.get(at) {
        Some(found) if *found == byte => Ok(at + 1),
        Some(_) => Err(JsonFault::new(at, JsonFaultKind::Expected(what))),
        None => Err(JsonFault::new(at, JsonFaultKind::Short)),
    }
}

/// What ends a plain stretch of a string, beside control characters.
const MARKS: [u8; 2] = *b"\"\\";

/// The string whose opening quote stands at `at`.
#[inline]
pub fn string(text: &[u8], at: usize) -> Lexed<JsonString> {
    let start = expect(text, at, b'"', "a string")?;
    // Nearly all are one stretch of ASCII.
    let Stretch { end, high } = stretch(text, start, MARKS);
    if text.get(end) == Some(&b'"') && !high {
        return Ok(JsonString { start, end, escaped: false });
    }
    odd_string(text, start, end, high)
}

/// The string that begins at `start`, whose first stretch ends at `at`.
fn odd_string(text: &[u8], start: usize, mut at: usize, mut high: bool) -> Lexed<JsonString> {
    let mut escaped = false;
    loop {
        match text.get(at) {
            Some(b'"') => break,
            Some(b'\\') => {
                escaped = true;
                let next = stretch(text, escape(text, at)?, MARKS);
                (at, high) = (next.end, high | next.high);
            }
            Some(_) => return Err(JsonFault::new(at, JsonFaultKind::Control)),
            None => {
                return Err(match utf8(text, start, at) {
                    // What is no text stays none, however much follows; but a character may be cut.
                    Err(fault) if text.len() - fault.at > 3 => fault,
                    _ => JsonFault::new(at, JsonFaultKind::Short),
                });
            }
        }
    }
    if high {
        utf8(text, start, at)?;
    }
    Ok(JsonString { start, end: at, escaped })
}

fn utf8(text: &[u8], start: usize, end: usize) -> Lexed<()> {
    match std::str::from_utf8(&text[start..end]) {
        Ok(_) => Ok(()),
        Err(error) => Err(JsonFault::new(start + error.valid_up_to(), JsonFaultKind::NotText)),
    }
}

/// Index after the escape whose backslash stands at `at`.
fn escape(text: &[u8], at: usize) -> Lexed<usize> {
    match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match hex(text, at)? {
            0xdc00..=0xdfff => Err(JsonFault::new(at, JsonFaultKind::Surrogate)),
            0xd800..=0xdbff => match (text.get(at + 6), text.get(at + 7)) {
                (Some(b'\\'), Some(b'u')) => match hex(text, at + 6)? {
                    0xdc00..=0xdfff => Ok(at + 12),
                    _ => Err(JsonFault::new(at, JsonFaultKind::Surrogate)),
                },
                (Some(b'\\') | None, None) => Err(JsonFault::new(text.len(), JsonFaultKind::Short)),
                _ => Err(JsonFault::new(at, JsonFaultKind::Surrogate)),
            },
            _ => Ok(at + 6),
        },
        Some(_) => Err(JsonFault::new(at, JsonFaultKind::Escape)),
        None => Err(JsonFault::new(text.len(), JsonFaultKind::Short)),
    }
}

/// The four digits of the escape whose backslash stands at `at`.
fn hex(text: &[u8], at: usize) -> Lexed<u32> {
    let mut value = 0;
    for place in at + 2..at + 6 {
        match text.get(place).map(|byte| char::from(*byte).to_digit(16)) {
            Some(Some(digit)) => value = value * 16 + digit,
            Some(None) => return Err(JsonFault::new(at, JsonFaultKind::Escape)),
            None => return Err(JsonFault::new(text.len(), JsonFaultKind::Short)),
        }
    }
    Ok(value)
}

/// Appends the value of a string's content, of which [`string`] found that it is right.
pub fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let taken = match rest.get(at + 1) {
            Some(b'u') => {
                let first = hex(rest, at).unwrap_or_default();
                let (value, taken) = match first {
                    0xd800..=0xdbff => {
                        let second = hex(rest, at + 6).unwrap_or_default();
                        (0x1_0000 + ((first & 0x3ff) << 10 | second & 0x3ff), 12)
                    }
                    _ => (first, 6),
                };
                let letter = char::from_u32(value).unwrap_or_default();
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                taken
            }
            Some(letter) => {
                out.push(match letter {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
                2
            }
            None => 1,
        };
        rest = &rest[(at + taken).min(rest.len())..];
    }
    out.extend_from_slice(rest);
}

/// Index after the number at `at`, and whether it has neither fraction nor exponent (§6).
#[inline]
pub fn number(text: &[u8], at: usize) -> Lexed<(usize, bool)> {
    let digits = |mut at: usize| -> Lexed<usize> {
        let start = at;
        while let Some(b'0'..=b'9') = text.get(at) {
            at += 1;
        }
        match text.get(at) {
            None => Err(JsonFault::new(at, JsonFaultKind::Short)),
            Some(_) if at == start => Err(JsonFault::new(at, JsonFaultKind::Expected("a digit"))),
            Some(_) => Ok(at),
        }
    };
    let start = at + usize::from(text.get(at) == Some(&b'-'));
    let mut at = match text.get(start) {
        Some(b'0') => start + 1,
        _ => digits(start)?,
    };
    let mut whole = true;
    if text.get(at) == Some(&b'.') {
        whole = false;
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        whole = false;
        let sign = matches!(text.get(at + 1), Some(b'+' | b'-'));
        at = digits(at + 1 + usize::from(sign))?;
    }
    match text.get(at) {
        None => Err(JsonFault::new(at, JsonFaultKind::Short)),
        Some(b'0'..=b'9') => {
            Err(JsonFault::new(at, JsonFaultKind::Expected("a number without leading zeros")))
        }
        Some(_) => Ok((at, whole)),
    }
}

/// Index after `word`, whose first letter stands at `at`.
#[inline]
fn literal(text: &[u8], at: usize, word: &'static str) -> Lexed<usize> {
    let rest = &text[at..];
    if rest.starts_with(word.as_bytes()) {
        return Ok(at + word.len());
    }
    match word.as_bytes().starts_with(rest) {
        true => Err(JsonFault::new(text.len(), JsonFaultKind::Short)),
        false => Err(JsonFault::new(at, JsonFaultKind::Expected("a value"))),
    }
}

/// Index after the word for a float at `at`.
#[cold]
fn word(text: &[u8], at: usize) -> Lexed<usize> {
    let found = FLOATS.iter().map(|word| literal(text, at, word));
    // The one whose beginning stands there says whether the text is too short for it.
    found
        .reduce(|one, other| match one {
            Err(JsonFault { what: JsonFaultKind::Expected(_), .. }) => other,
            one => one,
        })
        .unwrap_or(Err(JsonFault::new(at, JsonFaultKind::Expected("a value"))))
}

/// The value at `at`, whole.
#[inline]
pub fn value(text: &[u8], at: usize) -> Lexed<JsonValue> {
    value_of::<false>(text, at)
}

/// The same, where `NaN`, `Infinity` and `-Infinity` are numbers with a fraction, as Python writes them.
#[inline]
pub fn value_with_words(text: &[u8], at: usize) -> Lexed<JsonValue> {
    value_of::<true>(text, at)
}

/// What Python writes for floats that JSON has no words for.
const FLOATS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// The value at `at`, if it is one of the usual: text of ASCII without escapes, a number, or a word. `None`
/// for all else, of which [`value`] says what it is.
#[inline(always)]
pub fn usual(text: &[u8], at: usize) -> Option<JsonValue> {
    let plain =
        |kind: JsonKind, end: usize| Some(JsonValue { kind, start: at, end, escaped: false, next: end });
    match text.get(at)? {
        b'"' => {
            let JsonString { start, end, .. } = usual_string(text, at)?;
            Some(JsonValue { kind: JsonKind::Text, start, end, escaped: false, next: end + 1 })
        }
        b'-' | b'0'..=b'9' => {
            number(text, at).ok().and_then(|(end, whole)| plain(JsonKind::Number(whole), end))
        }
        b't' if text[at..].starts_with(b"true") => plain(JsonKind::Bool, at + 4),
        b'f' if text[at..].starts_with(b"false") => plain(JsonKind::Bool, at + 5),
        b'n' if text[at..].starts_with(b"null") => plain(JsonKind::Null, at + 4),
        _ => None,
    }
}

/// The string at `at`, if it is of ASCII without escapes; else [`string`] says what it is.
#[inline(always)]
pub fn usual_string(text: &[u8], at: usize) -> Option<JsonString> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let end = ascii(text, at + 1, MARKS);
    (text.get(end) == Some(&b'"')).then_some(JsonString { start: at + 1, end, escaped: false })
}

/// Reads the value at `at`; `WORDS` accepts `NaN` and `Infinity`.
#[inline]
pub fn value_of<const WORDS: bool>(text: &[u8], at: usize) -> Lexed<JsonValue> {
    let plain =
        |kind: JsonKind, end: usize| Ok(JsonValue { kind, start: at, end, escaped: false, next: end });
    match text.get(at) {
        Some(b'"') => {
            let string = string(text, at)?;
            let JsonString { start, end, escaped } = string;
            Ok(JsonValue { kind: JsonKind::Text, start, end, escaped, next: string.next() })
        }
        Some(b'N' | b'I') if WORDS => plain(JsonKind::Number(false), word(text, at)?),
        Some(b'-') if WORDS && text.get(at + 1) == Some(&b'I') => {
            plain(JsonKind::Number(false), word(text, at)?)
        }
        Some(b'-' | b'0'..=b'9') => {
            let (end, whole) = number(text, at)?;
            plain(JsonKind::Number(whole), end)
        }
        Some(b't') => plain(JsonKind::Bool, literal(text, at, "true")?),
        Some(b'f') => plain(JsonKind::Bool, literal(text, at, "false")?),
        Some(b'n') => plain(JsonKind::Null, literal(text, at, "null")?),
        Some(b'{') => plain(JsonKind::Object, container::<WORDS>(text, at)?),
        Some(b'[') => plain(JsonKind::Array, container::<WORDS>(text, at)?),
        Some(_) => Err(JsonFault::new(at, JsonFaultKind::Expected("a value"))),
        None => Err(JsonFault::new(at, JsonFaultKind::Short)),
    }
}

/// Index after the object or array at `at`.
fn container<const WORDS: bool>(text: &[u8], at: usize) -> Lexed<usize> {
    // A bit for each open container: 1 for an object.
    let mut open = [0u64; DEPTH / 64];
    let mut depth = 0usize;
    let mut at = at;
    loop {
        // At a value.
        at = space(text, at);
        let opened = match text.get(at) {
            Some(b'{') => Some(true),
            Some(b'[') => Some(false),
            _ => None,
        };
        let closes = match opened {
            Some(object) => {
                if depth == DEPTH {
                    return Err(JsonFault::new(at, JsonFaultKind::Deep));
                }
                let (word, bit) = (depth / 64, 1u64 << (depth % 64));
                open[word] = if object { open[word] | bit } else { open[word] & !bit };
                depth += 1;
                at = space(text, at + 1);
                text.get(at) == Some(if object { &b'}' } else { &b']' })
            }
            None => {
                at = space(text, value_of::<WORDS>(text, at)?.next);
                false
            }
        };
        let is_object = |depth: usize| open[(depth - 1) / 64] >> ((depth - 1) % 64) & 1 == 1;
        if opened.is_some() && !closes {
            if is_object(depth) {
                at = key(text, at)?.1;
            }
            continue;
        }
        // Behind a value, or at the end of an empty container.
        loop {
            let object = is_object(depth);
            match text.get(at) {
                Some(b'}') if object => {}
                Some(b']') if !object => {}
                Some(b',') => {
                    at = space(text, at + 1);
                    if object {
                        at = key(text, at)?.1;
                    }
                    break;
                }
                Some(_) if object => {
                    return Err(JsonFault::new(at, JsonFaultKind::Expected("\",\" or \"}\"")));
                }
                Some(_) => return Err(JsonFault::new(at, JsonFaultKind::Expected("\",\" or \"]\""))),
                None => return Err(JsonFault::new(at, JsonFaultKind::Short)),
            }
            at += 1;
            depth -= 1;
            if depth == 0 {
                return Ok(at);
            }
            at = space(text, at);
        }
    }
}

/// The key at `at`, and where its value begins, behind colon and white space.
#[inline]
pub fn key(text: &[u8], at: usize) -> Lexed<(JsonString, usize)> {
    let key = string(text, at)?;
    let colon = expect(text, space(text, key.next()), b':', "\":\"")?;
    Ok((key, space(text, colon)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Lexed<JsonValue> {
        // A number ends where something else begins.
        value(format!("{text} ").as_bytes(), 0)
    }

    #[test]
    fn values_are_distinguished_by_their_kind() {
        for (text, kind) in [
            (r#""a""#, JsonKind::Text),
            ("-0", JsonKind::Number(true)),
            ("12", JsonKind::Number(true)),
            ("1e5", JsonKind::Number(false)),
            ("0.5", JsonKind::Number(false)),
            ("true", JsonKind::Bool),
            ("null", JsonKind::Null),
            (r#"{"a": [1, {"b": []}, "x"], "c": {}}"#, JsonKind::Object),
            ("[]", JsonKind::Array),
        ] {
            let found = whole(text).unwrap();
            assert_eq!((found.kind, found.next), (kind, text.len()), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_reported_with_its_place() {
        for (text, at, what) in [
            ("\"a\u{1}\"", 2, JsonFaultKind::Control),
            (r#""\x""#, 1, JsonFaultKind::Escape),
            (r#""\u12g4""#, 1, JsonFaultKind::Escape),
            (r#""\ud800""#, 1, JsonFaultKind::Surrogate),
            (r#""\ud800\n""#, 1, JsonFaultKind::Surrogate),
            (r#""\udc00""#, 1, JsonFaultKind::Surrogate),
            ("01", 1, JsonFaultKind::Expected("a number without leading zeros")),
            ("1.x", 2, JsonFaultKind::Expected("a digit")),
            ("-x", 1, JsonFaultKind::Expected("a digit")),
            ("nul!", 0, JsonFaultKind::Expected("a value")),
            ("[1 2]", 3, JsonFaultKind::Expected("\",\" or \"]\"")),
            ("[1,]", 3, JsonFaultKind::Expected("a value")),
            (r#"{"a" 1}"#, 5, JsonFaultKind::Expected("\":\"")),
            (r#"{"a":1,}"#, 7, JsonFaultKind::Expected("a string")),
            ("[}", 1, JsonFaultKind::Expected("a value")),
        ] {
            assert_eq!(whole(text).unwrap_err(), JsonFault { at, what }, "{text}");
        }
        assert_eq!(value(b"\"a\xff\" ", 0).unwrap_err(), JsonFault { at: 2, what: JsonFaultKind::NotText });
    }

    #[test]
    fn words_for_floats_are_values_only_where_they_are_asked_for() {
        for text in ["NaN", "[Infinity, -Infinity]", r#"{"a": NaN}"#] {
            let padded = format!("{text} ");
            assert_eq!(value_with_words(padded.as_bytes(), 0).unwrap().next, text.len(), "{text}");
            assert!(value(padded.as_bytes(), 0).is_err());
        }
        assert_eq!(value_with_words(b"Na", 0).unwrap_err().what, JsonFaultKind::Short);
        assert_eq!(value_with_words(b"Nan ", 0).unwrap_err().what, JsonFaultKind::Expected("a value"));
        assert_eq!(value_with_words(b"-Inf", 0).unwrap_err().what, JsonFaultKind::Short);
    }

    #[test]
    fn nesting_is_bounded_and_needs_no_stack() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(whole(&deep(DEPTH)).unwrap().next, 2 * DEPTH);
        assert_eq!(whole(&deep(DEPTH + 1)).unwrap_err().what, JsonFaultKind::Deep);
    }

    #[test]
    fn every_beginning_of_a_value_is_short() {
        let text = r#"{"k": [1.5e-3, true, null, "aä\u00e9\ud83d\ude00\\"], "z": {"y": false}} "#.as_bytes();
        assert!(value(text, 0).is_ok());
        for end in 0..text.len() - 1 {
            assert_eq!(value(&text[..end], 0).unwrap_err().what, JsonFaultKind::Short, "{end}");
        }
    }

    /// JSON with everything in it, by serde_json.
    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(|number| serde_json::Number::from_f64(number).map_or(0.into(), Into::into)),
            ".{0,20}".prop_map(Into::into),
            r#"[\\"\u{0}-\u{1f}äλ]{0,12}"#.prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".{0,5}", inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_another_writer_writes_is_read_to_its_end(value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert_eq!(whole(&text).unwrap().next, text.len());
        }

        #[test]
        fn bytes_are_judged_as_another_reader_judges_them(text in r#"[\[\]{}",:0-9truefalsn\\eE.+\- ]{0,12}"#) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            let padded = format!("{text} ");
            let start = space(padded.as_bytes(), 0);
            let ours = value(padded.as_bytes(), start).is_ok_and(|it| space(padded.as_bytes(), it.next) == padded.len());
            prop_assert_eq!(ours, theirs, "{}", text);
        }

        #[test]
        fn strings_come_back_as_they_were(value in ".{0,40}") {
            let text = serde_json::to_string(&value).unwrap();
            let found = string(text.as_bytes(), 0).unwrap();
            let mut out = Vec::new();
            unescape(found.bytes(text.as_bytes()), &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), value);
            let escaped: String = value_escaped(&found, text.as_bytes());
            let mut out = Vec::new();
            unescape(escaped.as_bytes(), &mut out);
            prop_assert_eq!(out, escaped_plain(&found, text.as_bytes()));
        }
    }

    /// The content of a string with every UTF-16 unit of it escaped.
    fn value_escaped(found: &JsonString, text: &[u8]) -> String {
        let plain = String::from_utf8(escaped_plain(found, text)).unwrap();
        plain.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
    }

    fn escaped_plain(found: &JsonString, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        unescape(found.bytes(text), &mut out);
        out
    }
}
