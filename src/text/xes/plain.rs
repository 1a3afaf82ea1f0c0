//! The plain reader: tokens in, rows out, one element at a time. It knows all of XML and XES; the quick
//! reader knows what it has seen this one do.

use serde_json::{Value, json};

use super::columns::{self, XesContent, XesScope};
use super::head::TagNames;
use super::markup::{self, XmlAttribute};
use super::node::{self, DEEPEST};
use super::quick::{Lesson, QuickStep};
use super::rows::{OpenElement, XesRows};
use super::tokens::{Tokens, XmlToken};
use super::{Xes, XmlFault};
use crate::error::Code;
use crate::model::kind::Kind;
use crate::model::table::Remark;
use crate::text::padding;
use crate::text::padding::Padding;

/// Where the plain reader stopped, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XesStop {
    /// At an attribute of the usual shape, whose value begins at `value`: the quick reader may take over.
    Usual {
        /// Start of its tag.
        at: usize,
        /// Start of its value.
        value: usize,
        /// Index of the column.
        column: usize,
        /// Kind of its value.
        kind: Kind,
    },
    /// At a record that starts at or after the end of what was asked for.
    End(usize),
    /// At a record; the batch is full.
    Full(usize),
    /// Behind the end of the log, at the end of the text.
    Over(usize),
}

/// Reads what the quick reader does not know.
pub struct PlainReader<'r, 'p, 't> {
    /// The log that is read.
    pub xes: &'p Xes,
    /// The text at hand, up to where a record may reach.
    pub text: &'t [u8],
    /// The rows that the reader fills.
    pub rows: &'r mut XesRows<'p>,
    /// Records that start here or later are not read.
    pub end: usize,
    /// Whether more text follows the text at hand.
    pub last: bool,
    /// The longest record, in bytes.
    pub limit: usize,
    /// Whether to stop where the quick reader may take over.
    pub stops: bool,
    /// Whether what is read belongs to this parse; if not, it is the head of a trace that began before.
    pub here: bool,
    /// Start of the last token.
    pub token: usize,
}

impl<'t> PlainReader<'_, '_, 't> {
    /// Reads from `at`, between two pieces of markup, until it has a reason to stop. The element that begins
    /// at `forced` is read whatever its shape. `lesson` takes down what happens, for the quick reader.
    pub fn read(
        &mut self,
        at: usize,
        forced: Option<usize>,
        lesson: &mut Lesson,
    ) -> Result<XesStop, XmlFault> {
        let mut tokens = Tokens::new(self.text, at);
        let mut found = Vec::new();
        loop {
            self.token = tokens.at();
            let token = tokens.read()?;
            let at = tokens.start();
            if !self.text[at..tokens.at()].is_ascii() {
                self.rows.high = true;
                lesson.high = true;
            }
            match token {
                XmlToken::Start { tag, empty } => {
                    found.clear();
                    let name = markup::tag(tag, at + 1, &mut found)?;
                    let resolved = self.resolve(name, &found);
                    let local = resolved.map(|it| it.1);
                    if let Some(stop) = self.record(local, at) {
                        return Ok(stop);
                    }
                    if self.stops
                        && forced != Some(at)
                        && let Some(stop) = self.usual(local, name, &found, at)
                    {
                        return Ok(stop);
                    }
                    self.start(&mut tokens, name, resolved, &found, empty, at, lesson)?;
                }
                XmlToken::End(name) => {
                    if self.rows.open.is_empty() {
                        if name != self.xes.head.root {
                            return Err(node::crossed(&self.xes.head.root, name, at));
                        }
                        return epilogue(&mut tokens, self.text, self.last, self.rows);
                    }
                    self.end(name, at, tokens.at(), lesson)?;
                }
                // There may be more of it.
                XmlToken::Text(_) if tokens.at() == self.text.len() && !self.last => {
                    return Err(node::ended(at));
                }
                XmlToken::Text(text) | XmlToken::CData(text) => {
                    if !text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
                        lesson.poisoned = true;
                        self.stray(json!({ "text": text }), at)?;
                    }
                }
                XmlToken::Reference(c) => {
                    lesson.poisoned = true;
                    self.stray(json!({ "text": c.to_string() }), at)?;
                }
                XmlToken::Aside => {}
                XmlToken::Declaration | XmlToken::Doctype(_) => return Err(node::misplaced(at)),
                // Between two events that may be cut apart the text may end: whether it should is asked of
                // the last one.
                XmlToken::Finish if self.last && at >= self.end && self.rows.may_end(at) => {
                    return Ok(XesStop::End(at));
                }
                XmlToken::Finish if self.rows.open.is_empty() && self.last => return Ok(XesStop::End(at)),
                XmlToken::Finish => return Err(node::ended(at)),
            }
        }
    }

    /// Whether a record starts here at which to stop.
    fn record(&mut self, local: Option<&str>, at: usize) -> Option<XesStop> {
        let starts = match (local, self.rows.open.as_slice()) {
            (Some("trace" | "event"), []) => true,
            (Some("event"), [OpenElement::Trace(_)]) => self.rows.may_cut(at),
            _ => false,
        };
        if starts && at >= self.end {
            return Some(XesStop::End(at));
        }
        (starts && self.rows.is_full(at)).then_some(XesStop::Full(at))
    }

    /// Whether this is an attribute as nearly all are: `<tag key="K" value="`.
    fn usual(
        &mut self,
        local: Option<&str>,
        name: &str,
        found: &[XmlAttribute<'_>],
        at: usize,
    ) -> Option<XesStop> {
        let kind = kind_of(local?)?;
        if !self.rows.scopes.is_empty() {
            return None;
        }
        let [key, value] = found else { return None };
        let scope = self.scope()?;
        let shape = at + 1 + name.len() + " key=\"".len();
        if kind == Kind::Nested
            || key.name != "key"
            || value.name != "value"
            || at + 1 + key.at != shape
            || at + 1 + value.at != shape + key.raw.len() + "\" value=\"".len()
            || self.text[at + value.at] != b'"'
            || self.text[shape - 1] != b'"'
        {
            return None;
        }
        let column = self.column(scope, &markup::value(key.raw), false);
        let known = self.xes.columns.all.get(column)?;
        if self.xes.columns.has_twin(column) {
            return None;
        }
        if known.kinds.main().is_some_and(|main| main != kind) {
            return None;
        }
        Some(XesStop::Usual { at, value: at + 1 + value.at, column, kind })
    }

    /// The number of an element's prefix and its name without it, if its namespace is that of the log.
    fn resolve<'n>(&mut self, name: &'n str, found: &[XmlAttribute<'_>]) -> Option<(u8, &'n str)> {
        let namespace = self.xes.head.namespace.as_deref();
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let own = TagNames::declared(found, namespace).find(|(declared, _)| *declared == prefix);
        match own.map(|(_, is_log)| is_log).or_else(|| self.rows.scopes.find(prefix)) {
            Some(true) if !local.contains(':') => Some((self.rows.scopes.number(prefix)?, local)),
            Some(_) => None,
            None => self.xes.head.names.resolve(name),
        }
    }

    /// Whose attribute an element would be here.
    fn scope(&self) -> Option<XesScope> {
        match self.rows.open.as_slice() {
            [] => None,
            open => Some(if open.iter().any(|it| matches!(it, OpenElement::Event(_))) {
                XesScope::Event
            } else {
                XesScope::Trace
            }),
        }
    }

    /// The column of a key within what is open.
    fn column(&mut self, scope: XesScope, key: &str, nested: bool) -> usize {
        let mut id = columns::head(scope, nested).to_owned();
        if let Some(OpenElement::Attribute { column, .. }) = self.rows.open.last() {
            id.push_str(&self.rows.id(*column)[1..]);
        }
        columns::push_key(&mut id, key);
        self.rows.column(&id)
    }

    /// Takes a start tag.
    #[expect(clippy::too_many_arguments, reason = "the parts of one tag")]
    fn start(
        &mut self,
        tokens: &mut Tokens<'t>,
        name: &'t str,
        resolved: Option<(u8, &str)>,
        found: &[XmlAttribute<'t>],
        empty: bool,
        at: usize,
        lesson: &mut Lesson,
    ) -> Result<(), XmlFault> {
        let within = self.rows.open.last().copied();
        match (resolved, within) {
            (Some((prefix, "trace")), None) => {
                self.rows.begin_trace(self.rows.base + at as u64, self.here, prefix);
                self.enter_scopes(found, lesson);
                lesson.step(QuickStep::BeginTrace(at, prefix));
                self.own_attributes(XesScope::Trace, found, at, lesson)?;
                if empty { self.end_trace(tokens.at(), lesson) } else { Ok(()) }
            }
            (Some((prefix, "event")), None | Some(OpenElement::Trace(_))) => {
                self.rows.begin_event(at, prefix);
                self.enter_scopes(found, lesson);
                lesson.step(QuickStep::BeginEvent(at, prefix));
                self.own_attributes(XesScope::Event, found, at, lesson)?;
                if empty { self.end_event(tokens.at(), lesson) } else { Ok(()) }
            }
            (Some((prefix, local)), Some(_)) if kind_of(local).is_some() => {
                self.attribute(tokens, name, (prefix, local), found, empty, at, lesson)
            }
            (_, None) => self.loose(tokens, name, resolved.map(|it| it.1), found, empty, at, lesson),
            (_, Some(_)) => {
                lesson.poisoned = true;
                let element =
                    node::element(tokens, name, found, empty, self.rows.open.len(), &self.xes.head.names)?;
                self.rows.odd("element that is no XES", at);
                self.stray(element, at)
            }
        }
    }

    /// An element between traces that is none.
    #[expect(clippy::too_many_arguments, reason = "the parts of one tag")]
    fn loose(
        &mut self,
        tokens: &mut Tokens<'t>,
        name: &'t str,
        local: Option<&str>,
        found: &[XmlAttribute<'t>],
        empty: bool,
        at: usize,
        lesson: &mut Lesson,
    ) -> Result<(), XmlFault> {
        lesson.poisoned = true;
        let what = match local {
            Some("extension") => "extension behind a trace or event",
            Some("global") => "global behind a trace or event",
            Some("classifier") => "classifier behind a trace or event",
            Some(local) if kind_of(local).is_some() => "attribute of the log behind a trace or event",
            _ => "element that is no XES",
        };
        let element = node::element(tokens, name, found, empty, self.rows.open.len(), &self.xes.head.names)?;
        self.rows.odd(what, at);
        self.rows.note(self.rows.base + at as u64, Remark::Loose(element.to_string()));
        Ok(())
    }

    /// Notes the prefixes that the element just opened declares.
    fn enter_scopes(&mut self, found: &[XmlAttribute<'_>], lesson: &mut Lesson) {
        for (prefix, is_log) in TagNames::declared(found, self.xes.head.namespace.as_deref()) {
            lesson.poisoned = true;
            self.rows.scopes.enter(self.rows.open.len(), prefix, is_log);
        }
    }

    /// What the tag of a trace or event says beside its name.
    fn own_attributes(
        &mut self,
        scope: XesScope,
        found: &[XmlAttribute<'_>],
        at: usize,
        lesson: &mut Lesson,
    ) -> Result<(), XmlFault> {
        if found.is_empty() {
            return Ok(());
        }
        lesson.poisoned = true;
        self.rows.gather(scope, XesContent::Other, json!({ "path": [], "xml": xml(found) }), at)
    }

    /// Reads an attribute whose start tag has been read.
    #[expect(clippy::too_many_arguments, reason = "the parts of one tag")]
    fn attribute(
        &mut self,
        tokens: &mut Tokens<'t>,
        name: &'t str,
        (prefix, tag): (u8, &str),
        found: &[XmlAttribute<'t>],
        empty: bool,
        at: usize,
        lesson: &mut Lesson,
    ) -> Result<(), XmlFault> {
        let Some((scope, kind)) = self.scope().zip(kind_of(tag)) else { return Ok(()) };
        // The log is open as well.
        if self.rows.open.len() + 1 >= DEEPEST {
            return Err(node::too_deep(at));
        }
        let find = |name: &str| found.iter().find(|it| it.name == name);
        let Some(key) = find("key") else {
            lesson.poisoned = true;
            let element =
                node::element(tokens, name, found, empty, self.rows.open.len(), &self.xes.head.names)?;
            self.rows.odd("attribute without a key", at);
            return self.stray(element, at);
        };
        let key = markup::value(key.raw);
        let column = self.column(scope, &key, kind == Kind::Nested);
        let value = find("value");
        lesson.poisoned |= lesson.own != Some(at);
        if value.is_none() && kind != Kind::Nested {
            lesson.poisoned = true;
            let mut element =
                node::element(tokens, name, found, empty, self.rows.open.len(), &self.xes.head.names)?;
            if let Some(element) = element.as_object_mut() {
                element.remove("key");
                element.insert("path".into(), self.path(&key));
            }
            self.rows.odd("attribute without a value", at);
            return self.rows.gather(scope, XesContent::Other, element, at);
        }
        let twin = self.rows.twin(column);
        if self.rows.is_set(scope, column) || twin.is_some_and(|twin| self.rows.is_set(scope, twin)) {
            lesson.poisoned = true;
            let element =
                node::element(tokens, name, found, empty, self.rows.open.len(), &self.xes.head.names)?;
            let element = self.under(element);
            return self.rows.gather(scope, XesContent::Duplicates, element, at);
        }
        if kind == Kind::Nested {
            lesson.poisoned = true;
            let element =
                node::element(tokens, name, found, empty, self.rows.open.len(), &self.xes.head.names)?;
            return self.rows.set_json(scope, column, &element, at);
        }
        let further: Vec<XmlAttribute<'_>> =
            found.iter().filter(|it| !matches!(it.name, "key" | "value")).copied().collect();
        if !further.is_empty() {
            lesson.poisoned = true;
            let other = json!({ "path": self.path(&key), "xml": xml(&further) });
            self.rows.gather(scope, XesContent::Other, other, at)?;
        }
        if let Some(value) = value {
            self.set(scope, column, kind, value, at)?;
            let main = self.xes.columns.all.get(column).and_then(|it| it.kinds.main());
            if main.is_some_and(|main| main != kind) {
                lesson.poisoned = true;
                let name = self.xes.names[column].clone();
                self.rows.gather_type(scope, &name, tag);
            }
        }
        if !empty {
            let open = OpenElement::Attribute { column, kind, prefix };
            self.rows.open.push(open);
            self.enter_scopes(found, lesson);
            lesson.step(QuickStep::Open(open));
        }
        Ok(())
    }

    fn set(
        &mut self,
        scope: XesScope,
        column: usize,
        kind: Kind,
        value: &XmlAttribute<'_>,
        at: usize,
    ) -> Result<(), XmlFault> {
        let start = at + 1 + value.at;
        let raw = value.raw.as_bytes();
        match scope {
            XesScope::Trace => self.rows.set_trace(column, kind, raw, start),
            XesScope::Event => {
                let odd = raw.iter().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r'));
                self.rows.set_event(column, kind, self.text, start, start + raw.len(), odd);
                Ok(())
            }
        }
    }

    /// The keys of what is open, and one more.
    fn path(&self, key: &str) -> Value {
        let mut path = self.outer_keys();
        path.push(key.into());
        path.into()
    }

    fn outer_keys(&self) -> Vec<Value> {
        match self.rows.open.last() {
            Some(OpenElement::Attribute { column, .. }) => {
                let outer = columns::XesColumn::of_id(self.rows.id(*column));
                outer.map_or_else(Vec::new, |it| it.path.into_iter().map(Value::from).collect())
            }
            _ => Vec::new(),
        }
    }

    /// A node with the keys that it stands in.
    fn under(&self, mut node: Value) -> Value {
        let outer = self.outer_keys();
        if !outer.is_empty() {
            node["under"] = outer.into();
        }
        node
    }

    /// Keeps what is no attribute.
    fn stray(&mut self, node: Value, at: usize) -> Result<(), XmlFault> {
        let node = self.under(node);
        match self.scope() {
            Some(scope) => self.rows.gather(scope, XesContent::Other, node, at),
            None => {
                self.rows.odd("text between elements", at);
                self.rows.note(self.rows.base + at as u64, Remark::Loose(node.to_string()));
                Ok(())
            }
        }
    }

    /// Takes an end tag.
    fn end(&mut self, name: &str, at: usize, end: usize, lesson: &mut Lesson) -> Result<(), XmlFault> {
        let (prefix, local) = self.resolve(name, &[]).unwrap_or((u8::MAX, name));
        lesson.poisoned |= !self.rows.scopes.is_empty();
        match self.rows.open.last() {
            Some(OpenElement::Trace(own)) if *own == prefix && local == "trace" => {
                self.end_trace(end, lesson)
            }
            Some(OpenElement::Event(own)) if *own == prefix && local == "event" => {
                self.end_event(end, lesson)
            }
            Some(OpenElement::Attribute { kind, prefix: own, .. })
                if *own == prefix && kind_of(local) == Some(*kind) =>
            {
                self.rows.open.pop();
                self.rows.scopes.leave(self.rows.open.len());
                lesson.step(QuickStep::Close);
                Ok(())
            }
            Some(OpenElement::Trace(_)) => Err(node::crossed("trace", name, at)),
            Some(OpenElement::Event(_)) => Err(node::crossed("event", name, at)),
            _ => Err(node::crossed("the tag of the attribute", name, at)),
        }
    }

    fn end_event(&mut self, end: usize, lesson: &mut Lesson) -> Result<(), XmlFault> {
        let start = self.rows.event_start();
        if end - start > self.limit {
            return Err(XmlFault { long: true, ..XmlFault::new(Code::RecordTooLong, start, "") });
        }
        self.rows.end_event(end);
        lesson.step(QuickStep::EndEvent(end));
        Ok(())
    }

    fn end_trace(&mut self, end: usize, lesson: &mut Lesson) -> Result<(), XmlFault> {
        match self.rows.end_trace() {
            None => lesson.step(QuickStep::EndTrace),
            Some(at) => {
                lesson.poisoned = true;
                self.keep_empty((at - self.rows.base) as usize, end, at)?;
            }
        }
        Ok(())
    }

    /// Keeps a trace without events: its whole element, read once more.
    fn keep_empty(&mut self, start: usize, end: usize, at: u64) -> Result<(), XmlFault> {
        let mut tokens = Tokens::new(&self.text[..end], start);
        let mut found = Vec::new();
        if let XmlToken::Start { tag, empty } = tokens.read()? {
            let name = markup::tag(tag, start + 1, &mut found)?;
            let element = node::element(&mut tokens, name, &found, empty, 0, &self.xes.head.names)?;
            self.rows.note(at, Remark::EmptyGroup(element.to_string()));
        }
        Ok(())
    }
}

/// Bytes that tell what markup is: `<![CDATA[` and `<!DOCTYPE` have nine.
const LONGEST_MARK: usize = 9;

/// Reads what follows the end of the log: nothing but comments and white space, and the padding of a file
/// that was laid out larger than it is. `last`: no more text follows `text`.
pub fn epilogue(
    tokens: &mut Tokens<'_>,
    text: &[u8],
    last: bool,
    rows: &mut XesRows<'_>,
) -> Result<XesStop, XmlFault> {
    let behind = |fault: XmlFault| XmlFault { behind: true, ..fault };
    loop {
        if let Some(padding) = padding::find(text, tokens.at()) {
            let Padding { start, count, end } = padding;
            if end < text.len() {
                return Err(behind(XmlFault::new(Code::Xml, end, padding::FOLLOWED)));
            }
            if !last {
                return Err(node::ended(start));
            }
            rows.note(rows.base + start as u64, Remark::Odd(padding::BEHIND, count));
            return Ok(XesStop::Over(end));
        }
        let begins = tokens.at();
        let token = tokens.read().map_err(|fault| match last || text.len() - begins > LONGEST_MARK {
            true => behind(fault),
            // What it is may be in the text that is still to come.
            false => node::ended(begins),
        })?;
        let at = tokens.start();
        match token {
            XmlToken::Aside => {}
            XmlToken::Text(text) if text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) => {
            }
            XmlToken::Finish if last => return Ok(XesStop::Over(at)),
            XmlToken::Finish => return Err(node::ended(at)),
            _ => {
                let spaces = |text: &str| text.len() - text.trim_start_matches([' ', '\t', '\n', '\r']).len();
                let at = if let XmlToken::Text(text) = token { at + spaces(text) } else { at };
                let what = "expected nothing behind the end of the log";
                return Err(behind(XmlFault::new(Code::Xml, at, what)));
            }
        }
    }
}

/// Further XML attributes as JSON.
fn xml(found: &[XmlAttribute<'_>]) -> Value {
    let pairs = found.iter().map(|it| (it.name.to_owned(), Value::from(markup::value(it.raw))));
    Value::Object(pairs.collect())
}

/// Kind of value that an element of this name has; `None` if it is no attribute.
pub fn kind_of(local: &str) -> Option<Kind> {
    Some(match local {
        "string" => Kind::Text,
        "date" => Kind::Time,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "boolean" => Kind::Bool,
        "id" => Kind::Id,
        "list" | "container" => Kind::Nested,
        _ => return None,
    })
}
