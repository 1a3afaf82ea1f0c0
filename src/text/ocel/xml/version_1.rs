//! Records of OCEL 1.0 in XML: elements with a key and a value, as XES has them.

use super::{OcelTag, OcelXmlWalk};
use crate::model::kind::Kind;
use crate::text::items::ItemStop;
use crate::text::ocel::sheets::{AttributeValue, EMPTY, EntryRelation, OcelEntry};
use crate::text::ocel::xml_content::cell;

impl<'t> OcelXmlWalk<'t, '_> {
    /// `<event>` with `<string key="id" value="…"/>` and the like.
    pub(super) fn record_1(
        &mut self,
        tag: &OcelTag<'t>,
        is_event: bool,
        entry: &mut OcelEntry,
    ) -> Result<(), ItemStop> {
        self.children(tag, |walk, child| {
            let key = walk.attribute("key");
            let value = walk.cell("value");
            match key.map(|it| it.raw) {
                Some("id") if entry.id.is_none() => entry.id = value,
                Some("activity") if is_event && entry.type_name.is_none() => entry.type_name = value,
                Some("type") if !is_event && entry.type_name.is_none() => entry.type_name = value,
                Some("timestamp") if is_event && entry.time.is_none() => entry.time = value,
                Some("omap") if is_event => {
                    return walk.children(&child, |walk, object| {
                        match walk.cell("value") {
                            Some(object) => entry.related.push(EntryRelation { object, qualifier: EMPTY }),
                            None => walk.odd += 1,
                        }
                        walk.skip(&object)
                    });
                }
                Some("vmap" | "ovmap") => {
                    return walk.children(&child, |walk, attribute| walk.given_1(&attribute, entry));
                }
                _ => return walk.given_1(&child, entry),
            }
            walk.skip(&child)
        })
    }

    /// `<string key="…" value="…"/>`: an attribute, up to behind its end tag. One that holds others is text:
    /// the element as it is written.
    fn given_1(&mut self, tag: &OcelTag<'t>, entry: &mut OcelEntry) -> Result<(), ItemStop> {
        let (start, odd) = (self.tokens.start(), self.odd);
        let (name, value) = (self.cell("key"), self.cell("value"));
        let mut holds = value.is_none() && matches!(tag.name, "list" | "container");
        self.children(tag, |walk, child| {
            holds = true;
            walk.skip(&child)
        })?;
        // Text within stands in no cell either.
        holds |= self.odd > odd;
        if let (Some(name), true) = (name, holds) {
            self.odd = odd;
            self.count_nested(start);
            let value = cell(start - self.batch, self.tokens.at() - start, false);
            entry.given.push(AttributeValue { name, time: None, value, kind: Some(Kind::Text) });
            return Ok(());
        }
        let kind = match tag.name {
            "date" => Kind::Time,
            "int" | "integer" => Kind::Int,
            "float" => Kind::Float,
            "boolean" => Kind::Bool,
            _ => Kind::Text,
        };
        match (name, value) {
            (Some(name), Some(value)) => {
                entry.given.push(AttributeValue { name, time: None, value, kind: Some(kind) });
            }
            _ => self.odd += 1,
        }
        Ok(())
    }
}
