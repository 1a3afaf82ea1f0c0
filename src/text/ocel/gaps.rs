//! What stands between two values of a record, compared as a whole with what stood there before.
//!
//! ```text
//! {"id":"e1","type":"pay","time":"2024-…","attributes":[],"relationships":[{"objectId":"o1","qualifier":"of"},{"objectId":…
//!        ^ value                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ gap, up to the next value
//! behind a value: does a gap stand there that stood behind one of this place before?
//!     yes  -> what it means is known: which value is next, and whether an attribute or relation ends
//!     no   -> it is read byte by byte, and remembered
//! ```
//!
//! What a gap means follows from its bytes and the place before it, so nothing depends on what was met.

use super::sheets::{AttributeValue, EMPTY, EntryRelation, NULL, OcelEntry};
use crate::model::kind::Kind;
use crate::model::table::Cell;
use crate::text::literal::{LONGEST, XmlLiteral};

/// Gaps that are remembered behind a place. Optional members make a few; more are not compared in turn.
const MOST: usize = 8;

/// Where a value stands in a record, or what is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapPlace {
    /// Before the first byte of the record.
    Start,
    /// Identifier of the record.
    Id,
    /// Type of the record.
    Type,
    /// Time of the record.
    Time,
    /// The name of an attribute.
    Name,
    /// Since when it has its value.
    Since,
    /// Value of an attribute.
    Value,
    /// The object of a relation.
    Object,
    /// Qualifier of a relation.
    Qualifier,
    /// After the last byte of the record.
    End,
}

/// What contains a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The event or object.
    Record,
    /// An attribute of the record.
    Attribute,
    /// A relation of the record.
    Relation,
}

impl GapPlace {
    /// What contains the value.
    #[inline(always)]
    pub fn holder(self) -> Holder {
        match self {
            Self::Name | Self::Since | Self::Value => Holder::Attribute,
            Self::Object | Self::Qualifier => Holder::Relation,
            Self::Start | Self::Id | Self::Type | Self::Time | Self::End => Holder::Record,
        }
    }
}

/// What the text between two values means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whether the attribute or relation of the value before ends.
    pub ends: bool,
    /// The value that follows the gap.
    pub to: GapPlace,
}

/// How a syntax writes gaps and values. `None` from any of these is what is not of the usual shape.
pub trait Usual {
    /// The gap at `at`, behind a value of `from`: its end, and what it means.
    fn gap(&self, text: &[u8], at: usize, from: GapPlace) -> Option<(usize, Turn)>;

    /// A word at `at`, which may not be null: its end.
    fn word(&mut self, text: &[u8], at: usize, place: &mut Option<Cell>) -> Option<usize>;

    /// Whether null stands at `at` in place of a word: its end.
    fn null(&self, text: &[u8], at: usize) -> Option<usize>;

    /// An attribute's value, and its end.
    fn value(&mut self, text: &[u8], at: usize) -> Option<((Cell, Option<Kind>), usize)>;
}

/// Reads a gap byte by byte.
pub struct GapCursor<'t> {
    /// The text at hand.
    pub text: &'t [u8],
    /// Offset of the cursor in the text.
    pub at: usize,
}

impl GapCursor<'_> {
    /// Goes on behind these bytes, if they stand here.
    pub fn accept(&mut self, literal: &[u8]) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(literal));
        self.at += if found { literal.len() } else { 0 };
        found
    }

    /// The same where nothing else may stand.
    pub fn expect(&mut self, literal: &[u8]) -> Option<()> {
        self.accept(literal).then_some(())
    }
}

#[derive(Debug)]
struct Gap {
    literal: XmlLiteral,
    turn: Turn,
}

/// Gaps that were met in events, or in objects, by the place before them.
#[derive(Debug, Default)]
pub struct Gaps([Vec<Gap>; GapPlace::End as usize]);

impl Gaps {
    /// The gap at `at`, behind a value of `from`: its end, and what it means.
    #[inline(always)]
    fn find<U: Usual>(&mut self, usual: &U, text: &[u8], at: usize, from: GapPlace) -> Option<(usize, Turn)> {
        match self.0[from as usize].iter().find(|gap| gap.literal.is_at(text, at)) {
            Some(gap) => Some((at + gap.literal.len(), gap.turn)),
            None => self.learn(usual, text, at, from),
        }
    }

    #[cold]
    fn learn<U: Usual>(
        &mut self,
        usual: &U,
        text: &[u8],
        at: usize,
        from: GapPlace,
    ) -> Option<(usize, Turn)> {
        let (end, turn) = usual.gap(text, at, from)?;
        let known = &mut self.0[from as usize];
        if known.len() < MOST && end - at <= LONGEST {
            known.push(Gap { literal: XmlLiteral::new(&text[at..end]), turn });
        }
        Some((end, turn))
    }
}

/// The attribute or relation that is read.
#[derive(Debug, Default)]
struct GapItem {
    /// Name of the attribute, or the related object.
    first: Option<Cell>,
    /// Since when, or what it is.
    second: Option<Cell>,
    /// Whether that was null.
    null: bool,
    value: Option<(Cell, Option<Kind>)>,
}

/// Reads the record at `at` into `entry`: its end. `None` for what is not of the usual shape, in which case
/// `entry` holds rubbish.
#[inline(always)]
pub fn record<U: Usual>(
    usual: &mut U,
    text: &[u8],
    at: usize,
    entry: &mut OcelEntry,
    gaps: &mut Gaps,
) -> Option<usize> {
    let (mut at, mut from) = (at, GapPlace::Start);
    let mut item = GapItem::default();
    loop {
        let (start, Turn { ends, to }) = gaps.find(usual, text, at, from)?;
        if ends {
            let GapItem { first, second, value, .. } = std::mem::take(&mut item);
            if from.holder() == Holder::Attribute {
                let (value, kind) = value.unwrap_or((NULL, None));
                entry.given.push(AttributeValue { name: first?, time: second, value, kind });
            } else {
                entry.related.push(EntryRelation { object: first?, qualifier: second.unwrap_or(EMPTY) });
            }
        }
        at = match to {
            GapPlace::Id => usual.word(text, start, &mut entry.id)?,
            GapPlace::Type => usual.word(text, start, &mut entry.type_name)?,
            GapPlace::Time => usual.word(text, start, &mut entry.time)?,
            GapPlace::Name | GapPlace::Object => usual.word(text, start, &mut item.first)?,
            GapPlace::Since | GapPlace::Qualifier if item.null => return None,
            GapPlace::Since | GapPlace::Qualifier => match usual.word(text, start, &mut item.second) {
                Some(end) => end,
                None => {
                    item.null = item.second.is_none();
                    usual.null(text, start).filter(|_| item.null)?
                }
            },
            GapPlace::Value => {
                let (value, end) = usual.value(text, start)?;
                item.value.replace(value).is_none().then_some(end)?
            }
            GapPlace::Start | GapPlace::End => return Some(start),
        };
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::super::json_quick;
    use super::*;

    fn read(text: &str, gaps: &mut Gaps) -> (usize, Option<Cell>, usize, usize) {
        let mut entry = OcelEntry::default();
        let end = json_quick::record(text.as_bytes(), 0, 0, true, &mut entry, gaps).unwrap();
        (end, entry.time, entry.given.len(), entry.related.len())
    }

    #[test]
    fn what_was_met_changes_nothing() {
        let spaces = |count: usize| " ".repeat(count);
        let mut texts = Vec::new();
        // One gap begins as another does, more than are remembered, and longer than are.
        for count in (0..12).chain([LONGEST + 1]) {
            let space = spaces(count);
            texts.push(format!(r#"{{"id":"1",{space}"type":{space}"t"{space},"time":"x","attributes":[]}}"#));
            texts.push(format!(
                r#"{{"id":{space}"1","attributes":[{{"name":"a","value":1}}{space}],"relationships":[{{"objectId":"o"}},{{"objectId":"p"{space},"qualifier":"q"}}],"time":"x"}}"#
            ));
        }
        let mut gaps = Gaps::default();
        for round in 0..2 {
            for text in &texts {
                assert_eq!(read(text, &mut gaps), read(text, &mut Gaps::default()), "{round} {text}");
            }
        }
        assert!(gaps.0.iter().flatten().all(|gap| gap.literal.len() <= LONGEST));
        assert!(gaps.0.iter().all(|known| known.len() <= MOST));
    }
}
