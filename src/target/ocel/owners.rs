//! Whose something is: records that name an event or object by its identifier, and the first entity that has
//! it.
//!
//! ```text
//! identifiers of entities, by hash    records, by hash
//!                       \______________/
//!              equal texts meet: a record has a number
//! ```
//!
//! Both are sorted in bounded memory, see [`Sorter`]. Hashes only bring together what may be equal: texts are
//! compared.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use crate::error::Result;
use crate::observer::Observer;
use crate::target::ocel::bundle::{Bundle, OcelSide};
use crate::target::ocel::sorter::{Sorter, put, put_number, take, take_number, torn};

/// Takes a record, with the number of the entity that it belongs to, if there is one.
pub type EachOwner<'m> = dyn FnMut(Option<u64>, &[u8]) -> Result<()> + 'm;

/// Takes entities and records.
pub struct Owners<'w> {
    hashing: RandomState,
    entities: Sorter<'w>,
    records: Sorter<'w>,
    observer: &'w Observer,
    count: u64,
    /// Room for what is put together.
    record: Vec<u8>,
}

/// An entity whose hash is being looked at.
struct RowOwner {
    index: u64,
    number: u64,
    id: Vec<u8>,
}

impl<'w> Owners<'w> {
    /// None yet. Both sorters hold up to `bound` bytes, and the rest waits in `temp`.
    pub fn new(temp: &Path, bound: usize, observer: &'w Observer) -> Self {
        let sorter = || Sorter::new(temp, bound, observer);
        let (entities, records) = (sorter(), sorter());
        Self { hashing: RandomState::new(), entities, records, observer, count: 0, record: Vec::new() }
    }

    /// Numbers the events or objects of a type, behind those that were taken before.
    ///
    /// # Errors
    /// What is wrong with the bundle or the files, and if the run is to stop.
    pub fn take_type(&mut self, bundle: &Bundle, side: OcelSide, index: usize) -> Result<()> {
        let Self { hashing, entities, observer, count, record, .. } = self;
        bundle.identifiers(side, index, &mut |id| {
            observer.check()?;
            record.clear();
            put_number(index as u64, record);
            put_number(*count, record);
            record.extend_from_slice(id.as_bytes());
            *count += 1;
            entities.push(hashing.hash_one(id), record)
        })
    }

    /// Takes a record of what belongs to `id`: the first of the type with number `of` that is called so, or
    /// the first of any.
    ///
    /// # Errors
    /// If a file can't be written, and if the run is to stop.
    pub fn push(&mut self, id: &str, of: Option<usize>, record: &[u8]) -> Result<()> {
        self.record.clear();
        put_number(of.map_or(0, |index| index as u64 + 1), &mut self.record);
        put(id.as_bytes(), &mut self.record);
        self.record.extend_from_slice(record);
        self.records.push(self.hashing.hash_one(id), &self.record)
    }

    /// Gives every record. Those of one entity come in the order in which they were pushed, entities in any.
    ///
    /// # Errors
    /// If a file can't be read, what `met` says, and if the run is to stop.
    pub fn meet(self, met: &mut EachOwner<'_>) -> Result<()> {
        let (mut entities, mut records) = (self.entities.sorted()?, self.records.sorted()?);
        let (mut entity, mut record) = (Vec::new(), Vec::new());
        // Those of one hash: one, but for identifiers that are there in several types.
        let mut known: Vec<RowOwner> = Vec::new();
        let mut at = None;
        while let Some(hash) = records.next(&mut record)? {
            self.observer.check()?;
            if at != Some(hash) {
                at = Some(hash);
                known.clear();
                while entities.key().is_some_and(|key| key <= hash) {
                    if entities.next(&mut entity)? != at {
                        continue;
                    }
                    let mut id = entity.as_slice();
                    let (index, number) = take_number(&mut id).zip(take_number(&mut id)).ok_or_else(torn)?;
                    if !known.iter().any(|it| it.index == index && it.id == id) {
                        known.push(RowOwner { index, number, id: id.to_owned() });
                    }
                }
            }
            let mut rest = record.as_slice();
            let of = take_number(&mut rest).ok_or_else(torn)?.checked_sub(1);
            let id = take(&mut rest).ok_or_else(torn)?;
            let owner = known.iter().find(|it| it.id == id && of.is_none_or(|index| index == it.index));
            met(owner.map(|it| it.number), rest)?;
        }
        Ok(())
    }
}
