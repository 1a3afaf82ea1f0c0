//! Records of OCEL 1.0 in JSON: keys with the prefix of the standard, or without it, and pm4py's relations.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{JsonItems, next_member};
use crate::model::kind::Kind;
use crate::text::json::lex;
use crate::text::json::lex::Lexed;
use crate::text::ocel::sheets::{AttributeValue, EntryRelation};

/// What a key of OCEL 1.0 without its prefix stands for, if the record has none with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bare {
    Id,
    Type,
    Time,
    Related,
    Typed,
    Attributes,
}

impl Bare {
    /// What a key stands for in an event, or in an object; `listed`: in one that carries its identifier.
    fn of(key: &[u8], is_event: bool, listed: bool) -> Option<Self> {
        Some(match (key, is_event) {
            (b"id", _) if listed => Self::Id,
            (b"eid", true) | (b"oid", false) if listed => Self::Id,
            (b"activity", true) | (b"type", false) => Self::Type,
            (b"timestamp", true) => Self::Time,
            (b"omap", true) | (b"o2o", false) => Self::Related,
            (b"typedOmap", true) => Self::Typed,
            (b"vmap", true) | (b"ovmap", false) => Self::Attributes,
            _ => return None,
        })
    }

    /// Whether a value may be what it stands for.
    fn takes(self, kind: Option<Kind>, first: Option<&u8>) -> bool {
        match self {
            Self::Id | Self::Type | Self::Time => {
                matches!(kind, Some(Kind::Text | Kind::Int | Kind::Float))
            }
            Self::Related | Self::Typed => first == Some(&b'['),
            Self::Attributes => matches!(first, Some(b'{')),
        }
    }
}

impl JsonItems {
    /// `"id": {"ocel:activity", "ocel:timestamp", "ocel:omap": […], "ocel:vmap": {…}}`, or with `ocel:type`
    /// and `ocel:ovmap`; `listed`: without the key, and with the identifier within.
    pub(super) fn record_1(
        &mut self,
        text: &[u8],
        mut at: usize,
        is_event: bool,
        listed: bool,
    ) -> Lexed<(usize, Option<String>)> {
        let mut lacks = None;
        // A key without a prefix is what it is with it if there is no such key, and else an attribute: which,
        // only the whole record tells.
        let mut bare: Vec<(Bare, usize)> = Vec::new();
        let (mut has_related, mut has_attributes) = (false, false);
        let mut typed = Vec::new();
        if !listed {
            let (id, value_at) = lex::key(text, at)?;
            self.entry.id = Some(self.cell(id));
            at = value_at;
        }
        let mut at = lex::space(text, lex::expect(text, at, b'{', "an event or object")?);
        if text.get(at) == Some(&b'}') {
            return Ok((at + 1, None));
        }
        loop {
            let (key, value_at) = lex::key(text, at)?;
            let next = match &*key.plain(text) {
                b"ocel:activity" | b"ocel:type" if self.entry.type_name.is_none() => {
                    let (cell, next) = self.word(text, value_at, "the type", &mut lacks)?;
                    self.entry.type_name = cell;
                    next
                }
                b"ocel:timestamp" if self.entry.time.is_none() && is_event => {
                    let (cell, next) = self.word(text, value_at, "\"ocel:timestamp\"", &mut lacks)?;
                    self.entry.time = cell;
                    next
                }
                b"ocel:id" | b"ocel:eid" if self.entry.id.is_none() && is_event => {
                    self.own_id(text, value_at, &mut lacks)?
                }
                b"ocel:id" | b"ocel:oid" if self.entry.id.is_none() && !is_event => {
                    self.own_id(text, value_at, &mut lacks)?
                }
                b"ocel:omap" => {
                    has_related = true;
                    self.relationships(text, value_at, &mut lacks)?
                }
                // pm4py's: the same relations once more, with what they are.
                b"ocel:typedOmap" if is_event && text.get(value_at) == Some(&b'[') => {
                    self.typed_relationships(text, value_at, &mut typed, &mut lacks)?
                }
                b"ocel:o2o" if !is_event && text.get(value_at) == Some(&b'[') => {
                    self.relationships(text, value_at, &mut lacks)?
                }
                b"ocel:vmap" | b"ocel:ovmap" => {
                    has_attributes = true;
                    self.attributes(text, value_at, &mut lacks)?
                }
                name => {
                    if let Some(of) = Bare::of(name, is_event, listed)
                        && bare.iter().all(|(known, _)| *known != of)
                    {
                        bare.push((of, self.entry.given.len()));
                    }
                    self.given(text, key, value_at)?
                }
            };
            match next_member(text, next)? {
                (next, true) => at = next,
                (end, false) => {
                    let has = |of: Bare| match of {
                        Bare::Related => has_related,
                        Bare::Typed => !typed.is_empty(),
                        Bare::Attributes => has_attributes,
                        Bare::Id | Bare::Type | Bare::Time => false,
                    };
                    bare.retain(|(of, _)| !has(*of));
                    self.settle(bare, text, &mut typed, &mut lacks)?;
                    self.settle_relations(typed, text);
                    return Ok((end, lacks));
                }
            }
        }
    }

    /// pm4py's relations, which say what their objects are.
    fn typed_relationships(
        &mut self,
        text: &[u8],
        at: usize,
        typed: &mut Vec<EntryRelation>,
        lacks: &mut Option<String>,
    ) -> Lexed<usize> {
        let untyped = std::mem::take(&mut self.entry.related);
        let next = self.relationships(text, at, lacks)?;
        typed.append(&mut self.entry.related);
        self.entry.related = untyped;
        Ok(next)
    }

    /// Makes of the attributes with these numbers what their keys stand for without a prefix, where the
    /// record has nothing else for it.
    fn settle(
        &mut self,
        bare: Vec<(Bare, usize)>,
        text: &[u8],
        typed: &mut Vec<EntryRelation>,
        lacks: &mut Option<String>,
    ) -> Lexed<()> {
        let mut holding = Vec::new();
        // From the last to the first, so that the numbers of the others stay.
        for (of, index) in bare.into_iter().rev() {
            let AttributeValue { value, kind, .. } = self.entry.given[index];
            let start = self.batch + value.start();
            if !of.takes(kind, text.get(start)) {
                continue;
            }
            let place = match of {
                Bare::Id => &mut self.entry.id,
                Bare::Type => &mut self.entry.type_name,
                Bare::Time => &mut self.entry.time,
                Bare::Related | Bare::Typed | Bare::Attributes => {
                    holding.push((of, start));
                    self.entry.given.remove(index);
                    continue;
                }
            };
            if place.is_none() {
                *place = Some(value);
                self.entry.given.remove(index);
                // Tools list records with an `id`, whatever else their keys are.
                self.bare |= of != Bare::Id;
            }
        }
        self.bare |= !holding.is_empty();
        for (of, start) in holding.into_iter().rev() {
            match of {
                Bare::Typed => self.typed_relationships(text, start, typed, lacks)?,
                Bare::Related => self.relationships(text, start, lacks)?,
                _ => self.attributes(text, start, lacks)?,
            };
        }
        Ok(())
    }

    /// Puts relations that say what their objects are in the place of those that name the same objects alone.
    fn settle_relations(&mut self, typed: Vec<EntryRelation>, text: &[u8]) {
        if typed.is_empty() {
            return;
        }
        let batch = &text[self.batch..];
        let object = |related: &EntryRelation| {
            let cell = related.object;
            let (start, escaped) = (cell.start(), cell.is_escaped());
            lex::JsonString { start, end: start + cell.len(), escaped }.plain(batch)
        };
        let known: HashSet<Cow<'_, [u8]>> = typed.iter().map(object).collect();
        self.entry.related.retain(|related| !known.contains(&object(related)));
        self.entry.related.extend(typed);
    }
}
