//! A log as OCEL 2.0 JSON.

use std::io::Write;

use crate::error::Result;
use crate::target::ocel::bundle::{AttributeKind, Bundle, BundleAttribute, Entity, OcelSide};
use crate::target::ocel::{OcelWriter, flush, write_failed};

/// Since when first values hold, as a member.
const BEGINNING: &str = ", \"time\": \"1970-01-01T00:00:00Z\"";

/// Writes an OCEL 2.0 log as JSON.
pub struct JsonWriter<W> {
    out: W,
    types: [Vec<Vec<BundleAttribute>>; 2],
    names: [Vec<String>; 2],
    /// Which section is open, and whether it has an entity.
    open: Option<(OcelSide, bool)>,
}

impl<W: Write> JsonWriter<W> {
    /// A writer of a JSON log to `out`.
    pub fn new(out: W) -> Self {
        Self { out, types: Default::default(), names: Default::default(), open: None }
    }

    fn raw(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(|error| write_failed(&error))
    }

    fn text(&mut self, text: &str) -> Result<()> {
        serde_json::to_writer(&mut self.out, text).map_err(|error| write_failed(&error.into()))
    }

    fn value(&mut self, kind: AttributeKind, text: &str) -> Result<()> {
        // Floats that are no numbers have no form in JSON but text.
        let bare = match kind {
            AttributeKind::Int | AttributeKind::Bool => true,
            AttributeKind::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
            AttributeKind::Text | AttributeKind::Time => false,
        };
        if bare { self.raw(text) } else { self.text(text) }
    }

    fn declare(&mut self, key: &str, side: OcelSide, bundle: &Bundle) -> Result<()> {
        self.raw(&format!("\"{key}\": ["))?;
        for (index, of) in bundle.types(side).iter().enumerate() {
            self.raw(if index == 0 { "\n  {\"name\": " } else { ",\n  {\"name\": " })?;
            self.text(&of.name)?;
            self.raw(", \"attributes\": [")?;
            for (index, attribute) in of.attributes.iter().enumerate() {
                self.raw(if index == 0 { "{\"name\": " } else { ", {\"name\": " })?;
                self.text(&attribute.name)?;
                self.raw(&format!(", \"type\": \"{}\"}}", attribute.kind.name()))?;
            }
            self.raw("]}")?;
            self.types[side as usize].push(of.attributes.clone());
            self.names[side as usize].push(of.name.clone());
        }
        self.raw("\n],\n")
    }

    /// Begins a section, and closes the one before.
    fn section(&mut self, side: OcelSide) -> Result<()> {
        match (self.open, side) {
            (None, OcelSide::Object) => self.raw("\"objects\": [")?,
            (None, OcelSide::Event) => self.raw("\"objects\": [],\n\"events\": [")?,
            (Some(_), OcelSide::Event) => self.raw("\n],\n\"events\": [")?,
            (Some(_), OcelSide::Object) => {}
        }
        self.open = Some((side, false));
        Ok(())
    }
}

impl<W: Write> OcelWriter for JsonWriter<W> {
    fn types(&mut self, bundle: &Bundle) -> Result<()> {
        self.raw("{\n")?;
        self.declare("objectTypes", OcelSide::Object, bundle)?;
        self.declare("eventTypes", OcelSide::Event, bundle)
    }

    fn entity(&mut self, side: OcelSide, index: usize, entity: &Entity<'_>) -> Result<()> {
        if self.open.is_none_or(|(open, _)| open != side) {
            self.section(side)?;
        }
        let first = self.open.replace((side, true)).is_some_and(|(_, begun)| !begun);
        self.raw(if first { "\n  {\"id\": " } else { ",\n  {\"id\": " })?;
        self.text(entity.id)?;
        self.raw(", \"type\": ")?;
        let name = std::mem::take(&mut self.names[side as usize][index]);
        self.text(&name)?;
        self.names[side as usize][index] = name;
        if let Some(time) = entity.time {
            self.raw(", \"time\": ")?;
            self.text(time)?;
        }
        self.raw(", \"attributes\": [")?;
        let attributes = std::mem::take(&mut self.types[side as usize][index]);
        let mut between = "{\"name\": ";
        for (attribute, value) in attributes.iter().zip(entity.values) {
            let Some(value) = value else { continue };
            self.raw(between)?;
            between = ", {\"name\": ";
            self.text(&attribute.name)?;
            if side == OcelSide::Object {
                self.raw(BEGINNING)?;
            }
            self.raw(", \"value\": ")?;
            self.value(attribute.kind, value)?;
            self.raw("}")?;
        }
        for change in entity.changes {
            let bare = change.is_bare().then_some((change.field, AttributeKind::Text, None));
            let values = change.values().map(|(attribute, value)| {
                let BundleAttribute { name, kind, .. } = &attributes[attribute];
                (name.as_str(), *kind, value)
            });
            for (name, kind, value) in values.chain(bare) {
                self.raw(between)?;
                between = ", {\"name\": ";
                self.text(name)?;
                self.raw(", \"time\": ")?;
                self.text(change.time)?;
                self.raw(", \"value\": ")?;
                match value {
                    Some(value) => self.value(kind, value)?,
                    None => self.raw("null")?,
                }
                self.raw("}")?;
            }
        }
        self.types[side as usize][index] = attributes;
        self.raw("], \"relationships\": [")?;
        for (index, related) in entity.related.iter().enumerate() {
            self.raw(if index == 0 { "{\"objectId\": " } else { ", {\"objectId\": " })?;
            self.text(related.object)?;
            self.raw(", \"qualifier\": ")?;
            self.text(related.qualifier)?;
            self.raw("}")?;
        }
        self.raw("]}")
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let end = match self.open {
            None => "\"objects\": [],\n\"events\": []\n}\n",
            Some((OcelSide::Object, _)) => "\n],\n\"events\": []\n}\n",
            Some((OcelSide::Event, _)) => "\n]\n}\n",
        };
        self.raw(end)?;
        flush(&mut self.out)
    }
}
