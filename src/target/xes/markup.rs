//! XES as text: elements, XML attributes, and what must not stand in them as it is.

use serde_json::{Map, Value};

use crate::error::{Code, Error};

/// Text under way. Elements stand on lines of their own, a tab for each that is open.
#[derive(Debug, Default)]
pub struct Markup {
    text: String,
    depth: usize,
    /// Open elements that have text of their own: white space in them says something.
    mixed: usize,
    /// Whether text of an element that has no other was written last: nothing may stand between it and what
    /// follows.
    glued: bool,
}

impl Markup {
    /// What was written since the last call.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Number of bytes that wait to be taken.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Text as it is.
    pub fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A line that begins an element, up to its name.
    pub fn open(&mut self, tag: &str) {
        self.new_line();
        self.text.push('<');
        self.text.push_str(tag);
    }

    /// One XML attribute of the element that was begun.
    pub fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        escape(value, &mut self.text);
        self.text.push('"');
    }

    /// XML attributes as JSON has them.
    pub fn attributes(&mut self, attributes: &Map<String, Value>) {
        for (name, value) in attributes {
            self.attribute(name, value.as_str().unwrap_or_default());
        }
    }

    /// The element that was begun has no content.
    pub fn empty(&mut self) {
        self.text.push_str("/>");
    }

    /// Ends the start tag of an element that has content.
    pub fn enter(&mut self) {
        self.text.push('>');
        self.depth += 1;
    }

    /// Writes the end tag of an element that has content.
    pub fn leave(&mut self, tag: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.new_line();
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
    }

    /// Whether white space between elements says something from here on: where text stands among them.
    pub fn mix(&mut self, mixed: bool) {
        if mixed {
            self.mixed += 1;
        } else {
            self.mixed = self.mixed.saturating_sub(1);
        }
    }

    fn new_line(&mut self) {
        if !std::mem::take(&mut self.glued) && self.mixed == 0 {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n('\t', self.depth));
        }
    }

    /// Text between elements, apart from text before it.
    pub fn between(&mut self, text: &str) {
        if self.glued {
            self.text.push_str("<!-- -->");
        }
        escape(text, &mut self.text);
        self.glued = true;
    }

    /// An element with all that is in it, as docs/xes.md has nodes. They nest as deep as what was read, which
    /// has a limit.
    pub fn node(&mut self, node: &Value) {
        let Some(tag) = node["tag"].as_str() else {
            self.between(node["text"].as_str().unwrap_or_default());
            return;
        };
        self.open(tag);
        for name in ["key", "value"] {
            if let Some(value) = node[name].as_str() {
                self.attribute(name, value);
            }
        }
        if let Some(xml) = node["xml"].as_object() {
            self.attributes(xml);
        }
        let children = node["children"].as_array().map_or(&[][..], Vec::as_slice);
        match (children, node["text"].as_str()) {
            ([], None) => self.empty(),
            (children, None) => {
                self.enter();
                children.iter().for_each(|child| self.node(child));
                self.leave(tag);
            }
            (children, Some(text)) => {
                self.enter();
                self.mix(true);
                escape(text, &mut self.text);
                children.iter().for_each(|child| self.node(child));
                self.leave(tag);
                self.mix(false);
            }
        }
    }
}

/// Appends `value` so that it reads back as it is, between quotes as between tags: white space that XML would
/// fold (§2.11, §3.3.3) as references.
fn escape(value: &str, out: &mut String) {
    let mut plain = 0;
    for (at, byte) in value.bytes().enumerate() {
        let reference = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\t' => "&#9;",
            b'\n' => "&#10;",
            b'\r' => "&#13;",
            _ => continue,
        };
        out.push_str(&value[plain..at]);
        out.push_str(reference);
        plain = at + 1;
    }
    out.push_str(&value[plain..]);
}

/// The first character that no XML can hold (§2.2).
pub fn forbidden(value: &str) -> Option<char> {
    let odd = value.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0xef);
    if !odd {
        return None;
    }
    value.chars().find(|c| match c {
        '\t' | '\n' | '\r' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        c => *c < ' ',
    })
}

/// The error for such a character.
pub fn no_character_of_xml(odd: char) -> Error {
    Error::new(Code::XmlLimit, format!("expected a character that XML allows, found U+{:04X}", odd as u32))
        .help(
            "XML 1.0 cannot represent this character, not even as a reference; replace it in the input first",
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nodes_are_written_as_elements() {
        let mut markup = Markup::default();
        markup.node(&json!({"tag": "list", "key": "a\"b", "xml": {"x": "<\t>"}, "children": [
            {"tag": "values", "children": [{"tag": "int", "key": "i", "value": "1"}]},
            {"tag": "o:x", "text": "a&b"}]}));
        assert_eq!(
            markup.take(),
            "\n<list key=\"a&quot;b\" x=\"&lt;&#9;&gt;\">\n\t<values>\n\t\t<int key=\"i\" value=\"1\"/>\n\t</values>\n\t<o:x>a&amp;b</o:x>\n</list>"
        );
    }

    #[test]
    fn characters_that_xml_forbids_are_found() {
        assert_eq!(forbidden("a\tb\u{fffd}"), None);
        assert_eq!(forbidden("a\u{1}"), Some('\u{1}'));
        assert_eq!(forbidden("\u{ffff}"), Some('\u{ffff}'));
    }
}
