//! Events or objects with the relations and later values that belong to them, of which there may be more than memory holds.
//!
//! ```text
//! identifiers of entities      by hash   1     relations, later values   by hash   2
//!                        \________________________________________________/
//!               equal texts meet: what belongs to which entity, by its number      3
//!                entities in the order of their tables, each with its own          4
//! ```
//!
//! 1 to 3 are sorted in bounded memory, see [`Sorter`]. Hashes only bring together what may be equal: texts are compared. The first entity with an identifier takes
//! what belongs to it, a second one nothing; so it is with the first of a type and later values, which belong to a type's objects.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::bundle::{Bundle, Entity, Side};
use super::sorter::{Sorted, Sorter, put, put_number, take, take_number, torn};
use crate::config::Watch;
use crate::error::Result;

/// What each of up to four sorters under way holds in memory, in bytes. Half as much makes twice as many runs, and nothing slower that could be measured.
const BOUND: usize = 8 << 20;
/// Neighbouring relations of one entity are sorted as one record, up to so many bytes: three to a record make a third of the records.
const PACK: usize = 16 << 10;

/// A relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Related<'e> {
    /// The object.
    pub object: &'e str,
    /// What it is to the event or object.
    pub qualifier: &'e str,
}

/// A later value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'e> {
    /// Since when.
    pub time: &'e str,
    /// The attribute.
    pub field: &'e str,
    /// The value; `None` for null.
    pub value: Option<&'e str>,
}

/// What belongs to no entity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Relations.
    pub relations: u64,
    /// Later values.
    pub changes: u64,
}

/// What something is that belongs to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Relation,
    /// A later value of an object of the type with this number.
    Change(u64),
}

impl Kind {
    fn number(self) -> u64 {
        match self {
            Self::Relation => 0,
            Self::Change(index) => index + 1,
        }
    }

    fn of(number: u64) -> Self {
        number.checked_sub(1).map_or(Self::Relation, Self::Change)
    }
}

/// The entities of a side with what belongs to them.
pub struct Joined {
    side: Side,
    /// What belongs to entities, by their numbers.
    owned: Sorted,
    left: Left,
}

impl Joined {
    /// Reads what belongs to the entities of a side; `temp` is the folder for what memory may not hold.
    ///
    /// # Errors
    /// What is wrong with the bundle or the files, and if the run is to stop.
    pub fn of(bundle: &Bundle, side: Side, temp: &Path, watch: &Watch) -> Result<Self> {
        Self::within(BOUND, bundle, side, temp, watch)
    }

    /// The same with another bound for each sorter.
    fn within(bound: usize, bundle: &Bundle, side: Side, temp: &Path, watch: &Watch) -> Result<Self> {
        let hashing = RandomState::new();
        let mut left = Left::default();
        let mut owned = Sorter::new(temp, bound, watch);
        let owners = owners(bundle, side, &hashing, Sorter::new(temp, bound, watch), watch)?;
        let loose = loose(bundle, side, &hashing, Sorter::new(temp, bound, watch), watch)?;
        meet(owners, loose, &mut owned, &mut left, watch)?;
        Ok(Self { side, owned: owned.sorted()?, left })
    }

    /// Hands out every entity, type by type in the order of their tables, with the number of its type; gives what belongs to none.
    ///
    /// # Errors
    /// What is wrong with the bundle or the files, what `each` says, and if the run is to stop.
    pub fn entities(
        mut self,
        bundle: &Bundle,
        watch: &Watch,
        each: &mut dyn FnMut(usize, &Entity<'_>) -> Result<()>,
    ) -> Result<Left> {
        let mut number = 0;
        let (mut record, mut relations, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..bundle.types(self.side).len() {
            bundle.entities(self.side, index, watch, &mut |entity| {
                relations.clear();
                changes.clear();
                while self.owned.key() == Some(number) {
                    self.owned.next(&mut record)?;
                    match record.split_first() {
                        Some((0, items)) => relations.extend_from_slice(items),
                        Some((_, items)) => changes.extend_from_slice(items),
                        None => return Err(torn()),
                    }
                }
                number += 1;
                let (related, changes) = (all(&relations, relation)?, all(&changes, change)?);
                each(index, &Entity { related: &related, changes: &changes, ..*entity })
            })?;
        }
        Ok(self.left)
    }
}

/// The identifiers of entities with their types and numbers, by hash.
fn owners(
    bundle: &Bundle,
    side: Side,
    hashing: &RandomState,
    mut sorter: Sorter<'_>,
    watch: &Watch,
) -> Result<Sorted> {
    let mut record = Vec::new();
    let mut number = 0;
    for index in 0..bundle.types(side).len() {
        bundle.identifiers(side, index, &mut |id| {
            watch.check()?;
            record.clear();
            put_number(index as u64, &mut record);
            put_number(number, &mut record);
            record.extend_from_slice(id.as_bytes());
            number += 1;
            sorter.push(hashing.hash_one(id), &record)
        })?;
    }
    sorter.sorted()
}

/// What belongs to entities, by the hash of their identifiers.
fn loose(
    bundle: &Bundle,
    side: Side,
    hashing: &RandomState,
    sorter: Sorter<'_>,
    watch: &Watch,
) -> Result<Sorted> {
    let mut packs = Packs { hashing, sorter, kind: Kind::Relation, id: String::new(), record: Vec::new() };
    bundle.relations(side, &mut |id, object, qualifier| {
        watch.check()?;
        let record = packs.record_of(Kind::Relation, id)?;
        put(object.as_bytes(), record);
        put(qualifier.as_bytes(), record);
        Ok(())
    })?;
    if side == Side::Object {
        for index in 0..bundle.types(side).len() {
            bundle.changes(index, &mut |id, time, field, value| {
                watch.check()?;
                let record = packs.record_of(Kind::Change(index as u64), id)?;
                put(time.as_bytes(), record);
                put(field.as_bytes(), record);
                record.push(u8::from(value.is_some()));
                value.into_iter().for_each(|value| put(value.as_bytes(), record));
                Ok(())
            })?;
        }
    }
    packs.push()?;
    packs.sorter.sorted()
}

/// Puts together what stands together and belongs to one entity.
struct Packs<'p> {
    hashing: &'p RandomState,
    sorter: Sorter<'p>,
    kind: Kind,
    id: String,
    record: Vec<u8>,
}

impl Packs<'_> {
    /// The record for what is of this kind and belongs to this identifier.
    fn record_of(&mut self, kind: Kind, id: &str) -> Result<&mut Vec<u8>> {
        if self.record.is_empty() || self.record.len() > PACK || self.kind != kind || self.id != id {
            self.push()?;
            self.kind = kind;
            self.id.clear();
            self.id.push_str(id);
            put_number(kind.number(), &mut self.record);
            put(id.as_bytes(), &mut self.record);
        }
        Ok(&mut self.record)
    }

    fn push(&mut self) -> Result<()> {
        if !self.record.is_empty() {
            self.sorter.push(self.hashing.hash_one(self.id.as_str()), &self.record)?;
            self.record.clear();
        }
        Ok(())
    }
}

/// An entity whose hash is being looked at.
struct Owner {
    index: u64,
    number: u64,
    id: Vec<u8>,
}

/// Finds for each pack the first entity that it belongs to.
fn meet(
    mut owners: Sorted,
    mut loose: Sorted,
    owned: &mut Sorter<'_>,
    left: &mut Left,
    watch: &Watch,
) -> Result<()> {
    let (mut record, mut pack) = (Vec::new(), Vec::new());
    // Those of one hash: one, but for identifiers that are there twice in different types.
    let mut known: Vec<Owner> = Vec::new();
    let mut at = None;
    while let Some(hash) = loose.next(&mut pack)? {
        watch.check()?;
        if at != Some(hash) {
            at = Some(hash);
            known.clear();
            while owners.key().is_some_and(|key| key <= hash) {
                if owners.next(&mut record)? == at {
                    let mut id = record.as_slice();
                    let (index, number) = take_number(&mut id).zip(take_number(&mut id)).ok_or_else(torn)?;
                    if !known.iter().any(|it| it.index == index && it.id == id) {
                        known.push(Owner { index, number, id: id.to_owned() });
                    }
                }
            }
        }
        let mut items = pack.as_slice();
        let kind = Kind::of(take_number(&mut items).ok_or_else(torn)?);
        let id = take(&mut items).ok_or_else(torn)?;
        let is_of = |it: &&Owner| it.id == id && (kind == Kind::Relation || kind == Kind::Change(it.index));
        match (known.iter().find(is_of), kind) {
            (Some(owner), _) => {
                record.clear();
                record.push(u8::from(kind != Kind::Relation));
                record.extend_from_slice(items);
                owned.push(owner.number, &record)?;
            }
            (None, Kind::Relation) => left.relations += all(items, relation)?.len() as u64,
            (None, Kind::Change(_)) => left.changes += all(items, change)?.len() as u64,
        }
    }
    Ok(())
}

/// All items of a record.
fn all<'b, T>(mut items: &'b [u8], next: impl Fn(&mut &'b [u8]) -> Option<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    while !items.is_empty() {
        found.push(next(&mut items).ok_or_else(torn)?);
    }
    Ok(found)
}

fn text<'b>(items: &mut &'b [u8]) -> Option<&'b str> {
    std::str::from_utf8(take(items)?).ok()
}

fn relation<'b>(items: &mut &'b [u8]) -> Option<Related<'b>> {
    Some(Related { object: text(items)?, qualifier: text(items)? })
}

fn change<'b>(items: &mut &'b [u8]) -> Option<Change<'b>> {
    let (time, field) = (text(items)?, text(items)?);
    let value = match items.split_off_first()? {
        0 => None,
        _ => Some(text(items)?),
    };
    Some(Change { time, field, value })
}
