//! Elements as JSON: what has no column of its own, kept whole. The shape is that of docs/xes.md, "Nodes".

use serde::Deserialize;
use serde_json::{Map, Value};

use super::XmlFault;
use super::head::TagNames;
use super::markup::{self, XmlAttribute};
use super::tokens::{Tokens, XmlToken};
use crate::error::Code;

/// How deep elements may nest, in an event as in the head: far more than any log has, far less than a stack
/// holds.
pub const DEEPEST: usize = 256;

/// A node under way.
struct OpenNode<'t> {
    name: &'t str,
    node: Map<String, Value>,
    children: Vec<Value>,
    text: String,
}

/// A start tag as a node without content.
pub fn node(name: &str, attributes: &[XmlAttribute<'_>]) -> Map<String, Value> {
    let mut node = Map::new();
    node.insert("tag".into(), name.into());
    let mut xml = Map::new();
    for attribute in attributes {
        let value = Value::from(markup::value(attribute.raw));
        match attribute.name {
            "key" | "value" => node.insert(attribute.name.into(), value),
            name => xml.insert(name.into(), value),
        };
    }
    if !xml.is_empty() {
        node.insert("xml".into(), xml.into());
    }
    node
}

/// Reads what follows the start tag `name`, up to its end, and gives the whole element. `depth` elements are
/// open around it, the log not counted. `names` tells which tags are XES.
pub fn element<'t>(
    tokens: &mut Tokens<'t>,
    name: &'t str,
    attributes: &[XmlAttribute<'_>],
    empty: bool,
    depth: usize,
    names: &TagNames,
) -> Result<Value, XmlFault> {
    let local = |name: &'t str| names.local(name).unwrap_or(name);
    let open = |name: &'t str, attributes: &[XmlAttribute<'_>]| OpenNode {
        name,
        node: node(local(name), attributes),
        children: Vec::new(),
        text: String::new(),
    };
    if empty {
        return Ok(node(local(name), attributes).into());
    }
    let mut stack = vec![open(name, attributes)];
    let mut found = Vec::new();
    loop {
        let token = tokens.read()?;
        let at = tokens.start();
        let inner = depth + 1 + stack.len();
        let Some(top) = stack.last_mut() else {
            return Err(XmlFault::new(Code::Internal, at, "an element was over before its end"));
        };
        match token {
            XmlToken::Start { tag, empty } => {
                found.clear();
                let name = markup::tag(tag, at + 1, &mut found)?;
                if inner >= DEEPEST {
                    return Err(too_deep(at));
                }
                if empty {
                    top.children.push(node(local(name), &found).into());
                } else {
                    stack.push(open(name, &found));
                }
            }
            XmlToken::End(name) => {
                if name != top.name {
                    return Err(crossed(top.name, name, at));
                }
                let Some(OpenNode { mut node, children, text, .. }) = stack.pop() else { continue };
                if !children.is_empty() {
                    node.insert("children".into(), children.into());
                }
                if !text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
                    node.insert("text".into(), text.into());
                }
                match stack.last_mut() {
                    Some(outer) => outer.children.push(node.into()),
                    None => return Ok(node.into()),
                }
            }
            XmlToken::Text(text) | XmlToken::CData(text) => top.text.push_str(text),
            XmlToken::Reference(c) => top.text.push(c),
            XmlToken::Aside => {}
            XmlToken::Declaration | XmlToken::Doctype(_) => return Err(misplaced(at)),
            XmlToken::Finish => return Err(ended(at)),
        }
    }
}

/// Reads a node that was written as JSON. It is as deep as the element was, which had a limit, so none is
/// needed here.
pub fn parse(json: &str) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.disable_recursion_limit();
    Value::deserialize(&mut deserializer).ok()
}

/// Elements that nest too deep.
pub fn too_deep(at: usize) -> XmlFault {
    XmlFault::new(Code::XmlLimit, at, format!("expected elements at most {DEEPEST} deep"))
}

/// An end tag that is not the open element's.
pub fn crossed(open: &str, found: &str, at: usize) -> XmlFault {
    XmlFault::new(Code::Xml, at, format!("expected </{open}>, found </{found}>"))
}

/// A declaration within the document.
pub fn misplaced(at: usize) -> XmlFault {
    XmlFault::new(Code::Xml, at, "expected <?xml and <!DOCTYPE before the log only")
}

/// The end of the text within an element.
pub fn ended(at: usize) -> XmlFault {
    XmlFault { open: true, ..XmlFault::new(Code::Xml, at, "expected more, found the end of the text") }
}
