//! Values inside JSON text: those under the keys that are to be changed, wherever they stand.
//!
//! ```text
//! {"resource": "Alice"}                                   the value of the key, and all values within it
//! {"tag": "string", "key": "resource", "value": "Alice"}  an XES attribute as JSON: its value
//! {"path": ["a", "resource"], "tag": …, "value": …}       the same, with the keys around it
//! ```
//!
//! Everything else stays byte for byte as it is written. Text that is no JSON is no business of this file.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;

use super::change::Change;
use super::texts::{of_word, push_time};
use crate::model::time_reader::TimeReader;
use crate::model::value::{DateOrder, TimeUnit};
use crate::model::zone::ZoneRule;

/// Values may stand in one another so deep, as deep as the JSON that is read.
const DEEPEST: usize = 1024;

/// The keys whose values are changed, each with the number of its change.
#[derive(Debug, Clone, Default)]
pub struct ChangedKeys(HashMap<String, usize>);

impl ChangedKeys {
    /// Adds a key; the first change of a key counts.
    pub fn add(&mut self, key: &str, change: usize) {
        self.0.entry(key.to_owned()).or_insert(change);
    }

    /// The change of a key.
    pub fn get(&self, key: &str) -> Option<usize> {
        self.0.get(key).copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text may have one of the keys in it; escapes may hide any.
    fn may_be_in(&self, text: &[u8]) -> bool {
        memchr::memchr(b'\\', text).is_some()
            || self.0.keys().any(|key| memmem::find(text, key.as_bytes()).is_some())
    }
}

/// The text with values under these keys changed; `None` if it has none of them, or is no JSON.
pub fn rewritten(text: &str, keys: &ChangedKeys, changes: &mut [Change]) -> Option<String> {
    if !matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'[')) || !keys.may_be_in(text.as_bytes())
    {
        return None;
    }
    let root = Scan::whole(text)?;
    let mut writer =
        Writer { text, keys, changes, out: String::with_capacity(text.len()), done: 0, is_changed: false };
    writer.node(&root);
    writer.copy_to(text.len());
    writer.is_changed.then_some(writer.out)
}

/// An XES attribute as JSON, with the values of it and of all in it changed; `None` if the text is no such.
pub fn node_rewritten(text: &str, change: &mut Change) -> Option<String> {
    if !text.starts_with("{\"tag\":") {
        return None;
    }
    let root = Scan::whole(text)?;
    let keys = ChangedKeys::default();
    let changes = std::slice::from_mut(change);
    let mut writer = Writer {
        text,
        keys: &keys,
        changes,
        out: String::with_capacity(text.len()),
        done: 0,
        is_changed: false,
    };
    writer.whole_node(&root);
    writer.copy_to(text.len());
    Some(writer.out)
}

/// What tells that a text may hold a time of XES as JSON.
pub const DATE: &str = "\"tag\":\"date\"";

/// Attributes of XES as JSON with their times moved by an offset in nanoseconds; `None` if there are none.
pub fn moved(text: &str, offset: i64) -> Option<String> {
    if !text.contains(DATE) {
        return None;
    }
    let root = Scan::whole(text)?;
    let keys = ChangedKeys::default();
    let out = String::with_capacity(text.len());
    let mut writer = Writer { text, keys: &keys, changes: &mut [], out, done: 0, is_changed: false };
    writer.dates(&root, offset);
    writer.copy_to(text.len());
    writer.is_changed.then_some(writer.out)
}

/// An object of words without those of these keys; `None` if it has none of them, or is no JSON.
pub fn without_keys(text: &str, keys: &dyn Fn(&str) -> bool) -> Option<Option<String>> {
    let JsonNode::Object(entries, _) = Scan::whole(text)? else { return None };
    let kept: Vec<&(Range<usize>, JsonNode)> = entries
        .iter()
        .filter(|(key, _)| !unquoted(&text[key.clone()]).is_some_and(|key| keys(&key)))
        .collect();
    if kept.len() == entries.len() {
        return None;
    }
    if kept.is_empty() {
        return Some(None);
    }
    let entry =
        |(key, value): &&(Range<usize>, JsonNode)| format!("{}:{}", &text[key.clone()], &text[value.span()]);
    Some(Some(format!("{{{}}}", kept.iter().map(entry).collect::<Vec<_>>().join(","))))
}

/// A value, by the places of its parts.
enum JsonNode {
    /// The places of keys, quotes included, and values.
    Object(Vec<(Range<usize>, JsonNode)>, Range<usize>),
    List(Vec<JsonNode>, Range<usize>),
    /// A string, quotes included; a number or a word.
    Leaf(Range<usize>),
}

impl JsonNode {
    fn span(&self) -> Range<usize> {
        match self {
            Self::Object(_, span) | Self::List(_, span) | Self::Leaf(span) => span.clone(),
        }
    }
}

/// Finds the parts of a value.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Scan<'t> {
    fn whole(text: &'t str) -> Option<JsonNode> {
        let mut scan = Scan { text, at: 0, depth: 0 };
        let node = scan.value()?;
        scan.peek().is_none().then_some(node)
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self) -> Option<JsonNode> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let first = self.peek()?;
        let start = self.at;
        let node = match first {
            b'{' => {
                self.at += 1;
                let mut entries = Vec::new();
                if !self.takes(b'}') {
                    loop {
                        self.peek()?;
                        let key = self.string()?;
                        self.takes(b':').then_some(())?;
                        entries.push((key, self.value()?));
                        if self.takes(b'}') {
                            break;
                        }
                        self.takes(b',').then_some(())?;
                    }
                }
                JsonNode::Object(entries, start..self.at)
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                if !self.takes(b']') {
                    loop {
                        items.push(self.value()?);
                        if self.takes(b']') {
                            break;
                        }
                        self.takes(b',').then_some(())?;
                    }
                }
                JsonNode::List(items, start..self.at)
            }
            b'"' => JsonNode::Leaf(self.string()?),
            _ => {
                let rest = &self.text.as_bytes()[self.at..];
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let len = rest.iter().take_while(|byte| is_word(byte)).count();
                self.at += len;
                (len > 0).then_some(JsonNode::Leaf(start..self.at))?
            }
        };
        self.depth -= 1;
        Some(node)
    }

    /// The place of a string, quotes included.
    fn string(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        (bytes.get(start) == Some(&b'"')).then_some(())?;
        let mut at = start + 1;
        loop {
            match bytes.get(at)? {
                b'\\' => at += 2,
                b'"' => break,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Some(start..self.at)
    }
}

/// Writes a value with changes.
struct Writer<'w> {
    text: &'w str,
    keys: &'w ChangedKeys,
    changes: &'w mut [Change],
    out: String,
    /// What stands before was copied or replaced.
    done: usize,
    is_changed: bool,
}

impl Writer<'_> {
    fn copy_to(&mut self, end: usize) {
        self.out.push_str(&self.text[self.done..end]);
        self.done = end;
    }

    /// The content of a string.
    fn content(&self, node: &JsonNode) -> Option<String> {
        match node {
            JsonNode::Leaf(span) => unquoted(&self.text[span.clone()]),
            _ => None,
        }
    }

    fn key(&self, key: &Range<usize>) -> String {
        unquoted(&self.text[key.clone()]).unwrap_or_default()
    }

    /// The change of an XES attribute as JSON, by its key or the last key of its path; and its tag.
    fn attribute(&self, entries: &[(Range<usize>, JsonNode)]) -> (Option<usize>, String) {
        let find = |name: &str| entries.iter().find(|(key, _)| self.key(key) == name).map(|(_, value)| value);
        let tag = find("tag").and_then(|node| self.content(node)).unwrap_or_default();
        let last = match find("path") {
            Some(JsonNode::List(path, _)) => path.last().and_then(|node| self.content(node)),
            _ => None,
        };
        let key = find("key").and_then(|node| self.content(node)).or(last);
        (key.and_then(|key| self.keys.get(&key)), tag)
    }

    fn node(&mut self, node: &JsonNode) {
        match node {
            JsonNode::Object(entries, _) => {
                let (attribute, tag) = self.attribute(entries);
                for (key, value) in entries {
                    let name = self.key(key);
                    match (name.as_str(), attribute) {
                        ("value" | "text", Some(change)) => self.leaves(value, change, &tag),
                        ("xml", Some(change)) => self.leaves(value, change, ""),
                        ("tag", Some(_)) => self.replace(value, "\"string\""),
                        ("key" | "path", Some(_)) => {}
                        (name, _) => match self.keys.get(name) {
                            Some(change) => self.leaves(value, change, ""),
                            None => self.node(value),
                        },
                    }
                }
            }
            JsonNode::List(items, _) => items.iter().for_each(|item| self.node(item)),
            JsonNode::Leaf(_) => {}
        }
    }

    /// Changes every value of an XES attribute as JSON and of those in it.
    fn whole_node(&mut self, node: &JsonNode) {
        match node {
            JsonNode::Object(entries, _) => {
                let (_, tag) = self.attribute(entries);
                // Lists and containers keep their tags.
                let has_value = entries.iter().any(|(key, _)| self.key(key) == "value");
                for (key, value) in entries {
                    match self.key(key).as_str() {
                        "value" | "text" => self.leaves(value, 0, &tag),
                        "xml" => self.leaves(value, 0, ""),
                        "tag" if has_value => self.replace(value, "\"string\""),
                        "tag" | "key" | "path" | "under" => {}
                        _ => self.whole_node(value),
                    }
                }
            }
            JsonNode::List(items, _) => items.iter().for_each(|item| self.whole_node(item)),
            JsonNode::Leaf(span) => self.leaves(&JsonNode::Leaf(span.clone()), 0, ""),
        }
    }

    /// Moves the values of attributes that are times.
    fn dates(&mut self, node: &JsonNode, offset: i64) {
        match node {
            JsonNode::Object(entries, _) => {
                let (_, tag) = self.attribute(entries);
                for (key, value) in entries {
                    match self.content(value).filter(|_| tag == "date" && self.key(key) == "value") {
                        // What is no time tells nothing of the offset.
                        Some(text) => {
                            if let Some(nanos) = nanos_of(&text) {
                                let mut moved = String::new();
                                push_time(
                                    nanos.saturating_add(offset),
                                    arrow::datatypes::TimeUnit::Nanosecond,
                                    &mut moved,
                                );
                                self.replace(value, &format!("\"{moved}\""));
                            }
                        }
                        None => self.dates(value, offset),
                    }
                }
            }
            JsonNode::List(items, _) => items.iter().for_each(|item| self.dates(item, offset)),
            JsonNode::Leaf(_) => {}
        }
    }

    fn replace(&mut self, node: &JsonNode, by: &str) {
        let span = node.span();
        self.copy_to(span.start);
        self.is_changed |= self.text[span.clone()] != *by;
        self.out.push_str(by);
        self.done = span.end;
    }

    /// Changes all values within a value. `tag`: the type that an XES attribute gives it.
    fn leaves(&mut self, node: &JsonNode, change: usize, tag: &str) {
        match node {
            JsonNode::Object(entries, _) => {
                entries.iter().for_each(|(_, value)| self.leaves(value, change, ""));
            }
            JsonNode::List(items, _) => items.iter().for_each(|item| self.leaves(item, change, "")),
            JsonNode::Leaf(span) => {
                let written = &self.text[span.clone()];
                let value = match unquoted(written) {
                    Some(content) if tag == "date" => moment(&content).unwrap_or(content),
                    Some(content) => of_word(tag, &content).into_owned(),
                    None if written == "null" => return,
                    None => of_word("number", written).into_owned(),
                };
                let mut scratch = String::new();
                let by = match self.changes[change].text(value.as_bytes(), &mut scratch) {
                    Some(text) => serde_json::Value::from(text).to_string(),
                    // XES has no attribute without a value.
                    None if !tag.is_empty() => "\"\"".to_owned(),
                    None => "null".to_owned(),
                };
                self.replace(node, &by);
            }
        }
    }
}

/// A time in XES, in nanoseconds since 1970.
fn nanos_of(text: &str) -> Option<i64> {
    let mut reader = TimeReader::new(DateOrder::Ymd, TimeUnit::Nanos, ZoneRule::default());
    reader.read(text.as_bytes()).ok()
}

/// The canonical text of a time in XES.
fn moment(text: &str) -> Option<String> {
    let nanos = nanos_of(text)?;
    let mut out = String::new();
    push_time(nanos, arrow::datatypes::TimeUnit::Nanosecond, &mut out);
    Some(out)
}

/// The content of a JSON string; `None` for a number or a word.
fn unquoted(written: &str) -> Option<String> {
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    match inner.contains('\\') {
        true => serde_json::from_str(written).ok().or_else(|| Some(inner.to_owned())),
        false => Some(inner.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mask::Mask;
    use super::*;

    fn masked(text: &str, keys: &[&str]) -> Option<String> {
        let mut changed = ChangedKeys::default();
        keys.iter().for_each(|key| changed.add(key, 0));
        rewritten(text, &changed, &mut [Change::Mask(Mask::First(1))])
    }

    #[test]
    fn values_of_a_key_are_changed_wherever_they_stand_and_nothing_else_is() {
        for (text, expected) in [
            (r#"{"name":"Alice"}"#, r#"{"name":"A***"}"#),
            (
                r#" [ { "a" : 1.50 , "name" : ["Al","B"] } ]"#,
                r#" [ { "a" : 1.50 , "name" : ["A***","***"] } ]"#,
            ),
            (
                r#"{"name":{"first":"Alice","age":42,"x":null}}"#,
                r#"{"name":{"first":"A***","age":"4***","x":null}}"#,
            ),
            (r#"{"na\u006de":"Alice"}"#, r#"{"na\u006de":"A***"}"#),
            (
                r#"{"tag":"string","key":"name","value":"Alice"}"#,
                r#"{"tag":"string","key":"name","value":"A***"}"#,
            ),
            (
                r#"{"value":"Alice","key":"name","tag":"id"}"#,
                r#"{"value":"A***","key":"name","tag":"string"}"#,
            ),
            (
                r#"[{"path":["x","name"],"tag":"int","value":"42"}]"#,
                r#"[{"path":["x","name"],"tag":"string","value":"4***"}]"#,
            ),
            (
                r#"{"tag":"list","key":"x","children":[{"tag":"string","key":"name","value":"Alice","xml":{"i":"Alice"}}]}"#,
                r#"{"tag":"list","key":"x","children":[{"tag":"string","key":"name","value":"A***","xml":{"i":"A***"}}]}"#,
            ),
        ] {
            assert_eq!(masked(text, &["name"]).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "name", "{name", r#"{"other":"name"}"#, r#"{"name":"#, r#"{"name":"a"} x"#, "[1,]"] {
            assert_eq!(masked(text, &["name"]), None, "{text}");
        }
    }

    #[test]
    fn a_list_of_xes_is_changed_as_a_whole_and_keeps_its_keys() {
        let text = r#"{"tag":"list","key":"team","children":[{"tag":"string","key":"who","value":"Alice"}]}"#;
        let mut change = Change::Mask(Mask::First(1));
        let found = node_rewritten(text, &mut change).unwrap();
        assert_eq!(found, text.replace("Alice", "A***"));
        assert_eq!(node_rewritten("{\"tag\":", &mut change), None);
        assert_eq!(node_rewritten("Alice", &mut change), None);
    }

    #[test]
    fn times_inside_lists_of_xes_move_with_their_case() {
        let text = r#"{"tag":"list","key":"x","children":[{"tag":"date","key":"d","value":"2024-05-01T12:00:00+02:00"},{"tag":"string","key":"s","value":"2024-05-01"}]}"#;
        let found = moved(text, -1_000_000).unwrap();
        assert_eq!(found, text.replace("2024-05-01T12:00:00+02:00", "2024-05-01T09:59:59.999+00:00"));
        assert_eq!(moved(r#"{"tag":"string","key":"s","value":"2024-05-01"}"#, 1), None);
    }

    #[test]
    fn words_of_types_are_left_out_by_key() {
        let is_a = |key: &str| key == "a";
        assert_eq!(
            without_keys(r#"{"a":"int","b":"float"}"#, &is_a),
            Some(Some(r#"{"b":"float"}"#.to_owned()))
        );
        assert_eq!(without_keys(r#"{"a":"int"}"#, &is_a), Some(None));
        assert_eq!(without_keys(r#"{"b":"int"}"#, &is_a), None);
    }

    #[test]
    fn times_and_numbers_of_xes_have_the_text_of_columns() {
        let text = r#"{"tag":"date","key":"name","value":"2024-05-01T12:00:00+02:00"}"#;
        let mut changed = ChangedKeys::default();
        changed.add("name", 0);
        let found = rewritten(text, &changed, &mut [Change::Mask(Mask::Last(18))]).unwrap();
        assert!(found.contains("***10:00:00.000+00:00"), "{found}");
    }
}
