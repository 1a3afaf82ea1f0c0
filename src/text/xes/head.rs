//! What stands before the first trace or event: prolog, the log's own tag, extensions, globals, classifiers,
//! attributes of the log.

use serde_json::{Map, Value, json};

use super::XmlFault;
use super::markup::{self, XmlAttribute};
use super::node;
use super::tokens::{Tokens, XmlToken};
use crate::error::{Code, Error, Result};

/// Which names of elements are meant as those of XES.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagNames {
    /// Prefixes with their colon, the log's own first; the empty one stands for names without.
    prefixes: Vec<String>,
}

impl TagNames {
    /// The name without its prefix, if the prefix is one of XES; a prefix of something else makes it
    /// something else.
    #[inline]
    pub fn local<'t>(&self, name: &'t str) -> Option<&'t str> {
        if !name.contains(':') {
            return Some(name);
        }
        let mut prefixes = self.prefixes.iter().filter(|prefix| !prefix.is_empty());
        prefixes.find_map(|prefix| name.strip_prefix(prefix.as_str())).filter(|local| !local.contains(':'))
    }

    /// The name without its prefix, and the number of that prefix; see [`TagNames::local`].
    pub fn resolve<'t>(&self, name: &'t str) -> Option<(u8, &'t str)> {
        let Some(colon) = name.find(':') else { return Some((0, name)) };
        let (prefix, local) = name.split_at(colon + 1);
        let number = self.prefixes.iter().position(|it| it == prefix)?;
        (!local.contains(':')).then_some((number as u8 + 1, local))
    }

    /// The prefixes that the tag of an element declares, each with whether it stands for the namespace of the
    /// log.
    pub fn declared<'t>(
        attributes: &[XmlAttribute<'t>],
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&'t str, bool)> {
        attributes.iter().filter_map(move |it| {
            let prefix = match it.name.strip_prefix("xmlns")? {
                "" => "",
                other => other.strip_prefix(':')?,
            };
            Some((prefix, markup::value(it.raw) == namespace.unwrap_or_default()))
        })
    }

    /// The prefix of the log's own tag.
    pub fn prefix(&self) -> &str {
        self.prefixes.first().map_or("", String::as_str)
    }

    /// Those of a root element: its own prefix, and those that stand for the same namespace or a known one of
    /// XES.
    fn of_root(name: &str, attributes: &[XmlAttribute<'_>]) -> Self {
        let own = name.rfind(':').map_or("", |colon| &name[..=colon]);
        let mut prefixes = vec![own.to_owned()];
        let declared = |prefix: &str| {
            let wanted = if prefix.is_empty() {
                "xmlns".to_owned()
            } else {
                format!("xmlns:{}", &prefix[..prefix.len() - 1])
            };
            attributes.iter().find(|it| it.name == wanted).map(|it| markup::value(it.raw))
        };
        let namespace = declared(own);
        for attribute in attributes {
            let Some(prefix) = attribute.name.strip_prefix("xmlns:") else { continue };
            let uri = markup::value(attribute.raw);
            let known = ["xes-standard.org", "code.deckfour.org/xes"].iter().any(|it| {
                let rest = uri
                    .trim_start_matches("http://")
                    .trim_start_matches("https://")
                    .trim_start_matches("www.");
                rest.trim_end_matches('/') == *it
            });
            if (known || Some(&uri) == namespace.as_ref()) && prefixes.len() < 64 {
                prefixes.push(format!("{prefix}:"));
            }
        }
        Self { prefixes }
    }
}

/// The head of a log.
#[derive(Debug, Clone, Default)]
pub struct XesHead {
    /// Which names are those of XES.
    pub names: TagNames,
    /// The qualified name of the log's own tag.
    pub root: String,
    /// XML attributes of `<log>`, without namespace declarations.
    pub attributes: Map<String, Value>,
    /// The namespace that it is in.
    pub namespace: Option<String>,
    /// Name, prefix and URI of each.
    pub extensions: Vec<Value>,
    /// Scope and attributes of each.
    pub globals: Vec<Value>,
    /// Name, scope and keys of each.
    pub classifiers: Vec<Value>,
    /// The attributes of the log, as nodes.
    pub log_attributes: Vec<Value>,
    /// Oddities of the head and their offsets.
    pub oddities: Vec<(&'static str, usize)>,
    /// Where the first trace or event stands, or the end of the log.
    pub body: usize,
    /// Whether the log was over before any.
    pub ended: bool,
}

/// Whether the text begins like XES: XML whose root is a `log`, and not one of OCEL, whose root has that name
/// as well.
pub fn detect(head: &[u8]) -> bool {
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let start = start + head[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    // A token of text would reach to the first tag, or to the end of a mapped file.
    if head.get(start) != Some(&b'<') {
        return false;
    }
    let mut tokens = Tokens::new(head, start);
    let mut depth = 0;
    loop {
        match tokens.read() {
            Ok(XmlToken::Start { tag, empty }) => {
                let name = tag.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
                let local = name.rsplit(':').next().unwrap_or_default();
                match (depth, local) {
                    (0, "log") if empty => return true,
                    (0, "log") => {}
                    (0, _) => return false,
                    (1, "trace" | "event" | "extension" | "classifier") => return true,
                    (1, "object-types" | "event-types" | "objects" | "events") => return false,
                    _ => {}
                }
                depth += usize::from(!empty);
            }
            Ok(XmlToken::End(_)) if depth > 1 => depth -= 1,
            Ok(XmlToken::Text(text)) if depth == 0 && !is_space(text) => return false,
            Ok(XmlToken::End(_) | XmlToken::Finish) => return depth > 0,
            Ok(_) => {}
            Err(_) if depth > 0 => return true,
            // A start tag that is not whole, or has something wrong with it further on.
            Err(_) => {
                let rest = &head[tokens.start()..];
                let end = rest.iter().skip(1).position(|byte| b" \t\n\r>/".contains(byte));
                let name = &rest[..end.map_or(rest.len(), |end| end + 1)];
                return name == b"<log" || name.starts_with(b"<") && name.ends_with(b":log");
            }
        }
    }
}

fn is_space(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

impl XesHead {
    /// Reads the head of `text`; `whole` tells whether the text is all there is.
    ///
    /// # Errors
    /// [`Code::UnknownFormat`] for a root that is no `log`, [`Code::InputEmpty`], and what is not well
    /// formed.
    pub fn read(text: &[u8], whole: bool) -> Result<Self> {
        let start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if text[start..].iter().all(u8::is_ascii_whitespace) && whole {
            return Err(Error::new(Code::InputEmpty, "expected a log, found an empty document"));
        }
        Self::try_read(text, start).map_err(|fault| {
            if fault.open && !whole {
                let len = text.len();
                return Error::new(Code::Header, format!("the log's head does not end within {len} bytes"))
                    .help(
                        "raise ⟦max-record-size⟧, or decompress it to a file, whose head may have any length",
                    );
            }
            fault.into_error(0)
        })
    }

    fn try_read(text: &[u8], start: usize) -> std::result::Result<Self, XmlFault> {
        let mut tokens = Tokens::new(text, start);
        let mut head = Self::default();
        let empty = head.prolog(&mut tokens, start)?;
        if empty {
            head.ended = true;
            head.body = tokens.at();
            return Ok(head);
        }
        let mut found = Vec::new();
        loop {
            let token = tokens.read()?;
            let at = tokens.start();
            match token {
                XmlToken::Start { tag, empty } => {
                    found.clear();
                    let name = markup::tag(tag, at + 1, &mut found)?;
                    if matches!(head.names.local(name), Some("trace" | "event")) {
                        head.body = at;
                        return Ok(head);
                    }
                    let node = node::element(&mut tokens, name, &found, empty, 0, &head.names)?;
                    head.take(name, node, at);
                }
                XmlToken::End(name) if name == head.root => {
                    head.body = at;
                    return Ok(head);
                }
                XmlToken::End(name) => return Err(node::crossed(&head.root, name, at)),
                XmlToken::Text(text) | XmlToken::CData(text) if !is_space(text) => {
                    head.oddities.push(("text between elements", at));
                    head.log_attributes.push(json!({ "text": text }));
                }
                XmlToken::Reference(_) => head.oddities.push(("text between elements", at)),
                XmlToken::Text(_) | XmlToken::CData(_) | XmlToken::Aside => {}
                XmlToken::Declaration | XmlToken::Doctype(_) => return Err(node::misplaced(at)),
                XmlToken::Finish => return Err(node::ended(at)),
            }
        }
    }

    /// Reads up to the log's start tag; tells whether it is empty.
    fn prolog(&mut self, tokens: &mut Tokens<'_>, start: usize) -> std::result::Result<bool, XmlFault> {
        let mut doctype = false;
        loop {
            let token = tokens.read()?;
            let at = tokens.start();
            match token {
                XmlToken::Declaration if at == start => {}
                XmlToken::Aside => {}
                XmlToken::Text(text) if is_space(text) => {}
                XmlToken::Doctype(text) if !doctype => {
                    doctype = true;
                    if text.contains('[') {
                        return Err(XmlFault::new(
                            Code::XmlEntity,
                            at,
                            "expected no document type declaration with content: none is processed",
                        ));
                    }
                }
                XmlToken::Start { tag, empty } => {
                    let mut found = Vec::new();
                    let name = markup::tag(tag, at + 1, &mut found)?;
                    if name.rsplit(':').next() != Some("log") {
                        return Err(XmlFault::new(
                            Code::UnknownFormat,
                            at,
                            format!("expected the element log, found {name}"),
                        ));
                    }
                    self.names = TagNames::of_root(name, &found);
                    name.clone_into(&mut self.root);
                    let own = self.names.prefix().trim_end_matches(':');
                    let declares = if own.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{own}") };
                    for attribute in &found {
                        let value = markup::value(attribute.raw);
                        if attribute.name == declares {
                            self.namespace = Some(value);
                        } else {
                            self.attributes.insert(attribute.name.to_owned(), value.into());
                        }
                    }
                    return Ok(empty);
                }
                XmlToken::Finish => {
                    return Err(XmlFault::new(
                        Code::UnknownFormat,
                        at,
                        "expected the element log, found the end",
                    ));
                }
                _ => return Err(XmlFault::new(Code::Xml, at, "expected the element log")),
            }
        }
    }

    /// Takes an element of the head.
    fn take(&mut self, name: &str, node: Value, at: usize) {
        let own = |what: &str| node["xml"].get(what).or_else(|| node.get(what)).cloned();
        let picked = |names: &[&str]| {
            let mut picked = Map::new();
            for what in names {
                if let Some(value) = own(what) {
                    picked.insert((*what).to_owned(), value);
                }
            }
            picked
        };
        match self.names.local(name) {
            Some("extension") => self.extensions.push(picked(&["name", "prefix", "uri"]).into()),
            Some("classifier") => self.classifiers.push(picked(&["name", "scope", "keys"]).into()),
            Some("global") => {
                let mut global = picked(&["scope"]);
                global
                    .insert("attributes".into(), node.get("children").cloned().unwrap_or_else(|| json!([])));
                self.globals.push(global.into());
            }
            Some("string" | "date" | "int" | "float" | "boolean" | "id" | "list" | "container") => {
                self.log_attributes.push(node);
            }
            _ => {
                self.oddities.push(("element that is no XES", at));
                self.log_attributes.push(node);
            }
        }
    }

    /// The defaults that the globals of a scope give, each a node with key and value.
    pub fn defaults(&self, scope: &str) -> Vec<&Value> {
        let of_scope =
            |global: &&Value| global.get("scope").and_then(Value::as_str).unwrap_or("event") == scope;
        self.globals.iter().filter(of_scope).filter_map(|it| it["attributes"].as_array()).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_up_to_the_first_trace() {
        let text = "<?xml version='1.0'?><!-- c --><xes:log xes.version='1.0' xmlns:xes='http://www.xes-standard.org/'>\
            <xes:extension name='Concept' prefix='concept' uri='u'/><xes:global><xes:string key='a' value='d'/></xes:global>\
            <xes:classifier name='A' keys='a'/><xes:int key='n' value='1'><xes:id key='i' value='x'/></xes:int><foo:bar/>\
            <xes:trace/></xes:log>";
        let head = XesHead::read(text.as_bytes(), true).unwrap();
        assert_eq!(head.body, text.find("<xes:trace").unwrap());
        assert_eq!(head.extensions, [json!({"name": "Concept", "prefix": "concept", "uri": "u"})]);
        assert_eq!(head.globals, [json!({"attributes": [{"tag": "string", "key": "a", "value": "d"}]})]);
        assert_eq!(head.log_attributes[0]["children"][0]["key"], "i");
        assert_eq!(head.log_attributes[1]["tag"], "foo:bar");
        assert_eq!(head.namespace.as_deref(), Some("http://www.xes-standard.org/"));
        assert_eq!(head.attributes.len(), 1);
        assert!(detect(text.as_bytes()) && detect(b"\xef\xbb\xbf <log>") && !detect(b"<html><log/></html>"));
        assert!(!detect(b"<log><object-types/></log>") && !detect(b"<log>\n<global/><events>"));
        assert_eq!(head.defaults("event").len(), 1);
    }

    #[test]
    fn what_is_not_a_log_is_refused() {
        for (text, code) in [
            ("", Code::InputEmpty),
            ("<html/>", Code::UnknownFormat),
            ("<log>", Code::Xml),
            ("<log></lag>", Code::Xml),
            ("x<log/>", Code::Xml),
            ("<!DOCTYPE log [<!ENTITY a 'b'>]><log/>", Code::XmlEntity),
            ("<log><string key='&a;'/></log>", Code::XmlEntity),
            ("<!-- only -->", Code::UnknownFormat),
        ] {
            assert_eq!(XesHead::read(text.as_bytes(), true).unwrap_err().code(), code, "{text}");
        }
        assert!(XesHead::read(b"<!DOCTYPE log SYSTEM 'x.dtd'><log/>", true).unwrap().ended);
    }
}
