//! The head of a text: what shape it has, where its rows begin, what stands before them.
//!
//! The first [`HEAD`] bytes decide, however the text is read. Nothing here fails: of a text that is no JSON
//! the rows will say so.

use super::lex::{self, JsonFaultKind};
use crate::error::{Code, Error, Result};
use crate::text::padding;

/// So much of a text decides about its shape, in bytes.
pub const HEAD: usize = 256 << 10;
/// The largest member beside the rows that is kept, in bytes.
pub const KEPT: usize = 64 << 10;
/// Levels of objects in which an array is found by itself. Further in arrays are mostly parts of something.
const LEVELS: usize = 2;
/// First keys of rows that are remembered at most.
const LEADS: usize = 64;

/// Layout of the rows in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonLayout {
    /// One row per line (JSON Lines).
    Lines,
    /// Objects that follow each other, with any white space between them.
    Objects,
    /// As elements of an array.
    Array,
}

impl JsonLayout {
    /// The name of the layout in metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Objects => "objects",
            Self::Array => "array",
        }
    }
}

/// A member of an object that holds the rows, other than the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiblingMember {
    /// Path of the member, as a JSON pointer (RFC 6901).
    pub path: String,
    /// Its JSON; `None` beyond [`KEPT`].
    pub value: Option<String>,
}

/// Findings before the first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonHead {
    /// Layout of the rows in the text.
    pub shape: JsonLayout,
    /// Where the first row, or the end of their array, stands.
    pub body: usize,
    /// The keys that lead to the array, from the outside in; none if it is the text itself.
    pub keys: Vec<String>,
    /// What stands before the rows in the objects that hold them.
    pub members: Vec<SiblingMember>,
    /// Keys with which rows begin, as written: how a row is known where the grammar does not tell.
    pub leads: Vec<Box<[u8]>>,
}

/// Whether the text looks like JSON.
pub fn is_meant(text: &[u8]) -> bool {
    let at = lex::space(text, without_mark(text));
    let after = text.get(lex::space(text, at + 1));
    match text.get(at) {
        Some(b'{') => matches!(after, Some(b'"' | b'}')),
        Some(b'[') => matches!(after, Some(b'{' | b']')),
        _ => false,
    }
}

/// Start of the text, after a byte order mark if it has one.
fn without_mark(text: &[u8]) -> usize {
    text.len() - text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).len()
}

/// The place of a member as RFC 6901 writes it.
pub fn pointer<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    keys.into_iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// A member as it is kept.
pub fn member(path: String, value: &[u8]) -> SiblingMember {
    let value = (value.len() <= KEPT).then(|| String::from_utf8_lossy(value).into_owned());
    SiblingMember { path, value }
}

impl JsonHead {
    /// The head of `text`; `whole` if there is no more of it. `lines`: rows are lines, whatever it looks
    /// like. `path`: where the array is.
    ///
    /// # Errors
    /// [`Code::Usage`] if there is no array at `path`.
    pub fn find(text: &[u8], whole: bool, lines: bool, path: Option<&str>) -> Result<Self> {
        let whole = whole && text.len() < HEAD;
        let look = &text[..text.len().min(HEAD)];
        let start = lex::space(look, without_mark(look));
        let mut head = match path {
            Some(path) => Self::at_path(look, start, path)?,
            None if lines => Self::rows(JsonLayout::Lines, start),
            None => Self::guess(look, start, whole),
        };
        head.leads = leads(look, &head);
        Ok(head)
    }

    fn rows(shape: JsonLayout, body: usize) -> Self {
        Self { shape, body, keys: Vec::new(), members: Vec::new(), leads: Vec::new() }
    }

    fn at_path(look: &[u8], start: usize, path: &str) -> Result<Self> {
        let array = match path {
            "" if look.get(start) == Some(&b'[') => Some(array(look, start)),
            _ => ArraySearch::run(look, start, Some(path)),
        };
        array.ok_or_else(|| {
            Error::new(Code::Usage, format!("no array at {path:?} begins in the first {} KiB", HEAD >> 10))
                .help("give ⟦json-path⟧ as a JSON pointer such as /data/events: a slash and a key for each level")
        })
    }

    fn guess(look: &[u8], start: usize, whole: bool) -> Self {
        let objects = || {
            let shape = if has_line(look, start) { JsonLayout::Lines } else { JsonLayout::Objects };
            Self::rows(shape, start)
        };
        match look.get(start) {
            Some(b'[') => return array(look, start),
            Some(b'{') => {}
            _ => return Self::rows(JsonLayout::Lines, start),
        }
        let has_break = |end: usize| look[start..end].contains(&b'\n');
        match lex::value_with_words(look, start) {
            Ok(first) => {
                let next = lex::space(look, first.next);
                // Padding up to the end is nothing that follows.
                let padding = padding::find(look, next).filter(|padding| padding.end == look.len());
                let (next, whole) = padding.map_or((next, whole), |padding| (padding.end, true));
                let alone = look[first.next..next].contains(&b'\n') && !has_break(first.next);
                match look.get(next) {
                    Some(_) if alone => Self::rows(JsonLayout::Lines, start),
                    Some(b'{') => Self::rows(JsonLayout::Objects, start),
                    None if !whole => Self::rows(JsonLayout::Objects, start),
                    _ => {
                        ArraySearch::run(look, start, None).unwrap_or(Self::rows(JsonLayout::Objects, start))
                    }
                }
            }
            Err(fault)
                if fault.what != JsonFaultKind::Short && !has_break(fault.at) && has_line(look, start) =>
            {
                Self::rows(JsonLayout::Lines, start)
            }
            Err(_) => ArraySearch::run(look, start, None).unwrap_or_else(objects),
        }
    }
}

/// The array that begins at `at`.
fn array(look: &[u8], at: usize) -> JsonHead {
    JsonHead::rows(JsonLayout::Array, lex::space(look, at + 1))
}

/// Whether a line from `at` on is an object.
fn has_line(look: &[u8], at: usize) -> bool {
    look[at..].split(|byte| *byte == b'\n').any(|line| {
        let line = line.trim_ascii();
        line.first() == Some(&b'{')
            && lex::value_with_words(line, 0).is_ok_and(|value| value.next == line.len())
    })
}

/// Keys with which rows in the look begin.
fn leads(look: &[u8], head: &JsonHead) -> Vec<Box<[u8]>> {
    let mut found: Vec<Box<[u8]>> = Vec::new();
    let mut at = head.body;
    while found.len() < LEADS
        && let Some(b'{') = look.get(at)
        && let Ok(row) = lex::value_with_words(look, at)
    {
        if let Ok((key, _)) = lex::key(look, lex::space(look, at + 1))
            && !found.iter().any(|it| **it == *key.bytes(look))
        {
            found.push(key.bytes(look).into());
        }
        at = lex::space(look, row.next);
        if head.shape == JsonLayout::Array && look.get(at) == Some(&b',') {
            at = lex::space(look, at + 1);
        }
    }
    found
}

/// The search for an array of objects within objects.
struct ArraySearch<'t> {
    look: &'t [u8],
    path: Option<&'t str>,
    /// The keys of the members that are open, and how many members were met before each.
    open: Vec<(String, usize, usize)>,
    members: Vec<SiblingMember>,
    /// An array with one object, if no longer one is found.
    single: Option<JsonHead>,
}

impl<'t> ArraySearch<'t> {
    fn run(look: &'t [u8], start: usize, path: Option<&'t str>) -> Option<JsonHead> {
        let mut search = Self { look, path, open: Vec::new(), members: Vec::new(), single: None };
        search.object(start).or(search.single)
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(|(key, ..)| key.as_str())
    }

    /// Goes through the object at `at` and all within; ends early where the text is no JSON.
    fn object(&mut self, at: usize) -> Option<JsonHead> {
        let look = self.look;
        (look.get(at) == Some(&b'{')).then_some(())?;
        let mut at = lex::space(look, at + 1);
        loop {
            if look.get(at) != Some(&b'}') {
                let (key, value) = lex::key(look, at).ok()?;
                let mut name = Vec::new();
                lex::unescape(key.bytes(look), &mut name);
                self.open.push((String::from_utf8(name).ok()?, self.members.len(), value));
                match look.get(value)? {
                    b'{' if self.open.len() < lex::DEPTH => {
                        at = lex::space(look, value + 1);
                        continue;
                    }
                    b'[' => {
                        if let Some(found) = self.array(value) {
                            return Some(found);
                        }
                    }
                    _ => {}
                }
                at = self.close(lex::value_with_words(look, value).ok()?.next);
            } else {
                at += 1;
                if self.open.is_empty() {
                    return None;
                }
                at = self.close(at);
            }
            // Behind a member: the next one, or the end of the object.
            at = lex::space(look, at);
            match look.get(at)? {
                b',' => at = lex::space(look, at + 1),
                b'}' => {}
                _ => return None,
            }
        }
    }

    /// Keeps the member that ends at `end`, in place of those within.
    fn close(&mut self, end: usize) -> usize {
        let path = pointer(self.keys());
        if let Some((_, members, start)) = self.open.pop() {
            self.members.truncate(members);
            self.members.push(member(path, &self.look[start..end]));
        }
        end
    }

    /// The array at `at`, if it is the one.
    fn array(&mut self, at: usize) -> Option<JsonHead> {
        let body = lex::space(self.look, at + 1);
        let found = |search: &Self| JsonHead {
            keys: search.keys().map(str::to_owned).collect(),
            members: search.members.clone(),
            ..JsonHead::rows(JsonLayout::Array, body)
        };
        if let Some(path) = self.path {
            return (pointer(self.keys()) == path).then(|| found(self));
        }
        if self.open.len() > LEVELS {
            return None;
        }
        match self.objects(body) {
            0 => return None,
            1 => {}
            _ => return Some(found(self)),
        }
        if self.single.is_none() {
            self.single = Some(found(self));
        }
        None
    }

    /// How many objects the array whose first element stands at `at` has, at least two if its end is not
    /// seen; none if something else is among them.
    fn objects(&self, mut at: usize) -> usize {
        let look = self.look;
        let mut count = 0;
        loop {
            match look.get(at) {
                Some(b'{') => count += 1,
                Some(_) => return 0,
                None => return count.max(2),
            }
            let Ok(object) = lex::value_with_words(look, at) else { return count.max(2) };
            at = lex::space(look, object.next);
            match look.get(at) {
                Some(b']') => return count,
                Some(b',') => at = lex::space(look, at + 1),
                _ => return count.max(2),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> JsonHead {
        JsonHead::find(text.as_bytes(), true, false, None).unwrap()
    }

    #[test]
    fn shapes_are_found() {
        for (text, shape, body) in [
            ("{\"a\":1}\n{\"a\":2}\n", JsonLayout::Lines, 0),
            ("\u{feff} {\"a\":1}\n{\"a\":2}", JsonLayout::Lines, 4),
            ("{\"a\":1}\n", JsonLayout::Objects, 0),
            ("{\"a\":1}{\"a\":2}", JsonLayout::Objects, 0),
            ("{\"a\":1} {\"a\":2}\n{\"a\":3}", JsonLayout::Objects, 0),
            ("{\n\"a\":1\n}\n{\"a\":2}", JsonLayout::Objects, 0),
            ("[{\"a\":1}]", JsonLayout::Array, 1),
            ("[ ]", JsonLayout::Array, 2),
            ("{\"a\":1,}\n{\"a\":2}\n", JsonLayout::Lines, 0),
            ("{\"a\":\"x\n{\"a\":2}\n", JsonLayout::Lines, 0),
            ("{\"a\":1,\n{\"a\":2}\n", JsonLayout::Lines, 0),
            ("{\"id\":1,\"items\":[{},{}]}\n{\"id\":2}\n", JsonLayout::Lines, 0),
            ("1\n{\"a\":2}\n", JsonLayout::Lines, 0),
            ("{\"e\":[{\"a\":1},{\"a\":2}]}", JsonLayout::Array, 6),
            ("{\"e\":[\n{\"a\":1,},\n{\"a\":2}]}", JsonLayout::Array, 7),
            ("{\"s\":[{}],\"o\":{\"e\":[{},{}]}}", JsonLayout::Array, 20),
            ("{\"s\":[{}],\"o\":{\"e\":[{}]}}", JsonLayout::Array, 6),
            ("{\"s\":[],\"o\":{\"e\":[1]}}", JsonLayout::Objects, 0),
            ("{\"e\":[{},{},1]}", JsonLayout::Objects, 0),
            ("{\"a\":{\"b\":{\"c\":[{},{}]}}}", JsonLayout::Objects, 0),
        ] {
            let found = head(text);
            assert_eq!((found.shape, found.body), (shape, body), "{text}");
        }
    }

    #[test]
    fn what_stands_before_the_array_is_kept_whole() {
        let found = head("{\"m\":{\"n\":{\"x\":42}},\"o\":{\"k/1\":null,\"e\":[{\"b\":1},{\"a\":2}]}}");
        let kept = |path: &str, value: &str| SiblingMember { path: path.into(), value: Some(value.into()) };
        assert_eq!(found.members, [kept("/m", "{\"n\":{\"x\":42}}"), kept("/o/k~11", "null")]);
        assert_eq!(found.keys, ["o", "e"]);
        assert_eq!(found.leads, [Box::from(&b"b"[..]), Box::from(&b"a"[..])]);
    }

    #[test]
    fn a_path_names_the_array() {
        let text = b"{\"a\":[{},{}],\"b\":{\"c\":[1]}}";
        let at = |path| JsonHead::find(text, true, false, Some(path)).map(|head| head.body);
        assert_eq!(at("/b/c").unwrap(), 23);
        assert_eq!(at("/a").unwrap(), 6);
        assert_eq!(at("/c").unwrap_err().code(), Code::Usage);
    }
}
