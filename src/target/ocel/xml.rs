//! A log as OCEL 2.0 XML.

use std::io::Write;

use crate::error::{Code, Error, Result};
use crate::target::ocel::bundle::{Bundle, Entity, OcelSide};
use crate::target::ocel::{OcelWriter, flush, write_failed};
use crate::text::xml::markup::is_char;

/// Since when first values hold.
const BEGINNING: &str = "1970-01-01T00:00:00Z";

/// Writes an OCEL 2.0 log as XML.
pub struct XmlWriter<W> {
    out: W,
    names: [Vec<String>; 2],
    attributes: [Vec<Vec<String>>; 2],
    open: Option<OcelSide>,
}

impl<W: Write> XmlWriter<W> {
    /// A writer of an XML log to `out`.
    pub fn new(out: W) -> Self {
        Self { out, names: Default::default(), attributes: Default::default(), open: None }
    }

    fn raw(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(|error| write_failed(&error))
    }

    /// Appends ` name="value"`, escaped.
    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        for part in [" ", name, "=\""] {
            self.raw(part)?;
        }
        self.escaped(value, true)?;
        self.raw("\"")
    }

    /// Text with what XML needs escaped; within a tag, white space too, which a reader would make plain.
    fn escaped(&mut self, text: &str, in_tag: bool) -> Result<()> {
        // What is neither mark-up nor white space nor a control character, nor begins U+FFFE or U+FFFF, which
        // are no characters of XML, is as it is.
        if !text.bytes().any(|byte| matches!(byte, ..b' ' | b'&' | b'<' | b'>' | b'"' | 0xef)) {
            return self.raw(text);
        }
        if let Some(c) = text.chars().find(|c| !is_char(*c)) {
            return Err(Error::new(
                Code::XmlLimit,
                format!("expected characters that XML can hold, found U+{:04X} in {text:?}", c as u32),
            )
            .help("write JSON (.json) or SQLite (.sqlite) instead"));
        }
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\r', '\n', '\t']) {
            let (before, from) = rest.split_at(at);
            self.raw(before)?;
            let reference = match from.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' if in_tag => "&quot;",
                b'\r' => "&#13;",
                b'\n' if in_tag => "&#10;",
                b'\t' if in_tag => "&#9;",
                _ => &from[..1],
            };
            self.raw(reference)?;
            rest = &from[1..];
        }
        self.raw(rest)
    }

    fn declare(&mut self, tag: &str, side: OcelSide, bundle: &Bundle) -> Result<()> {
        self.raw(&format!("  <{tag}s>\n"))?;
        for of in bundle.types(side) {
            self.raw(&format!("    <{tag}"))?;
            self.attribute("name", &of.name)?;
            self.raw(">\n      <attributes>\n")?;
            for attribute in &of.attributes {
                self.raw("        <attribute")?;
                self.attribute("name", &attribute.name)?;
                self.attribute("type", attribute.kind.name())?;
                self.raw("/>\n")?;
            }
            self.raw(&format!("      </attributes>\n    </{tag}>\n"))?;
            self.names[side as usize].push(of.name.clone());
            let names = of.attributes.iter().map(|it| it.name.clone());
            self.attributes[side as usize].push(names.collect());
        }
        self.raw(&format!("  </{tag}s>\n"))
    }

    /// An attribute; one without a value has no content.
    fn value(&mut self, name: &str, time: Option<&str>, value: Option<&str>) -> Result<()> {
        self.raw("        <attribute")?;
        self.attribute("name", name)?;
        if let Some(time) = time {
            self.attribute("time", time)?;
        }
        let Some(value) = value else { return self.raw("/>\n") };
        self.raw(">")?;
        self.escaped(value, false)?;
        self.raw("</attribute>\n")
    }

    fn leave(&mut self) -> Result<()> {
        match self.open {
            Some(OcelSide::Object) => self.raw("  </objects>\n"),
            Some(OcelSide::Event) => self.raw("  </events>\n"),
            None => Ok(()),
        }
    }
}

impl<W: Write> OcelWriter for XmlWriter<W> {
    fn types(&mut self, bundle: &Bundle) -> Result<()> {
        self.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log>\n")?;
        self.declare("object-type", OcelSide::Object, bundle)?;
        self.declare("event-type", OcelSide::Event, bundle)
    }

    fn entity(&mut self, side: OcelSide, index: usize, entity: &Entity<'_>) -> Result<()> {
        let tag = if side == OcelSide::Event { "event" } else { "object" };
        if self.open != Some(side) {
            if self.open.is_none() && side == OcelSide::Event {
                self.raw("  <objects>\n  </objects>\n")?;
            }
            self.leave()?;
            self.raw(&format!("  <{tag}s>\n"))?;
            self.open = Some(side);
        }
        self.raw("    <")?;
        self.raw(tag)?;
        self.attribute("id", entity.id)?;
        let name = std::mem::take(&mut self.names[side as usize][index]);
        self.attribute("type", &name)?;
        self.names[side as usize][index] = name;
        if let Some(time) = entity.time {
            self.attribute("time", time)?;
        }
        self.raw(">\n      <attributes>\n")?;
        let attributes = std::mem::take(&mut self.attributes[side as usize][index]);
        let beginning = (side == OcelSide::Object).then_some(BEGINNING);
        for (name, value) in attributes.iter().zip(entity.values) {
            if value.is_some() {
                self.value(name, beginning, value.as_deref())?;
            }
        }
        for change in entity.changes {
            let bare = change.is_bare().then_some((change.field, None));
            let values = change.values().map(|(attribute, value)| (attributes[attribute].as_str(), value));
            for (name, value) in values.chain(bare) {
                self.value(name, Some(change.time), value)?;
            }
        }
        self.attributes[side as usize][index] = attributes;
        self.raw("      </attributes>\n      <objects>\n")?;
        for related in entity.related {
            self.raw("        <relationship")?;
            self.attribute("object-id", related.object)?;
            self.attribute("qualifier", related.qualifier)?;
            self.raw("/>\n")?;
        }
        self.raw("      </objects>\n    </")?;
        self.raw(tag)?;
        self.raw(">\n")
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.leave()?;
        match self.open {
            None => self.raw("  <objects>\n  </objects>\n  <events>\n  </events>\n")?,
            Some(OcelSide::Object) => self.raw("  <events>\n  </events>\n")?,
            Some(OcelSide::Event) => {}
        }
        self.raw("</log>\n")?;
        flush(&mut self.out)
    }
}
