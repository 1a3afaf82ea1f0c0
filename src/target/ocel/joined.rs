//! Events or objects with the relations and later values that belong to them, of which there may be more than
//! memory holds.
//!
//! What belongs to whom is found by [`Owners`], and sorted by the number of the entity: so it comes when its
//! entity does. The first entity with an identifier takes what belongs to it, a second one nothing; so it is
//! with the first of a type and later values, which belong to a type's objects.

use std::path::Path;

use crate::error::Result;
use crate::observer::Observer;
use crate::target::ocel::bundle::{Bundle, Entity, OcelSide};
use crate::target::ocel::owners::Owners;
use crate::target::ocel::sorter::{BOUND, SortedRecords, Sorter, put, put_number, take, take_number, torn};

/// Neighbouring relations of one entity are sorted as one record, up to so many bytes: three to a record make
/// a third of the records.
const PACK: usize = 16 << 10;

/// A relation of an event or object to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelatedObject<'e> {
    /// Identifier of the related object.
    pub object: &'e str,
    /// What it is to the event or object.
    pub qualifier: &'e str,
}

/// A row of later values: mostly of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'e> {
    /// Time from which the value holds, as the log writes it.
    pub time: &'e str,
    /// Name of the attribute that the row changes.
    pub field: &'e str,
    /// The attribute of that name, by its number.
    pub attribute: Option<usize>,
    /// Value of the attribute; `None` for null.
    pub value: Option<&'e str>,
    /// Values of other attributes that stand in the row as well, by their numbers.
    pub others: Vec<(usize, &'e str)>,
}

impl<'e> Change<'e> {
    /// The attributes of which a form without such rows has a value, in the order in which it has them: the
    /// changed one first, also if that is null.
    pub fn values(&self) -> impl Iterator<Item = (usize, Option<&'e str>)> + '_ {
        let others = self.others.iter().map(|(attribute, value)| (*attribute, Some(*value)));
        self.attribute.map(|attribute| (attribute, self.value)).into_iter().chain(others)
    }

    /// Whether the row says nothing but that something has changed which is no attribute.
    pub fn is_bare(&self) -> bool {
        self.attribute.is_none() && self.others.is_empty()
    }
}

/// Counts of rows whose event or object is not in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Number of relations.
    pub relations: u64,
    /// Number of later values.
    pub changes: u64,
}

/// The first byte of a pack of relations.
const RELATIONS: u8 = 0;
/// The first byte of a pack of later values.
const CHANGES: u8 = 1;

/// The entities of a side with what belongs to them.
pub struct Joined {
    side: OcelSide,
    /// What belongs to entities, by their numbers.
    owned: SortedRecords,
    left: Left,
}

impl Joined {
    /// Reads what belongs to the entities of a side; `temp` is the folder for what memory may not hold.
    ///
    /// # Errors
    /// What is wrong with the bundle or the files, and if the run is to stop.
    pub fn of(bundle: &Bundle, side: OcelSide, temp: &Path, observer: &Observer) -> Result<Self> {
        Self::within(BOUND, bundle, side, temp, observer)
    }

    /// The same with another bound for each sorter.
    fn within(
        bound: usize,
        bundle: &Bundle,
        side: OcelSide,
        temp: &Path,
        observer: &Observer,
    ) -> Result<Self> {
        let mut owners = Owners::new(temp, bound, observer);
        for index in 0..bundle.types(side).len() {
            owners.take_type(bundle, side, index)?;
        }
        take_packs(bundle, side, &mut owners, observer)?;
        let mut left = Left::default();
        let mut owned = Sorter::new(temp, bound, observer);
        owners.meet(&mut |owner, pack| {
            match (owner, pack.split_first()) {
                (Some(number), _) => owned.push(number, pack)?,
                (None, Some((&RELATIONS, items))) => left.relations += all(items, relation)?.len() as u64,
                (None, Some((_, items))) => left.changes += all(items, change)?.len() as u64,
                (None, None) => return Err(torn()),
            }
            Ok(())
        })?;
        Ok(Self { side, owned: owned.sorted()?, left })
    }

    /// Hands out every entity, type by type in the order of their tables, with the number of its type; gives
    /// what belongs to none.
    ///
    /// # Errors
    /// What is wrong with the bundle or the files, what `each` says, and if the run is to stop.
    pub fn entities(
        mut self,
        bundle: &Bundle,
        observer: &Observer,
        each: &mut dyn FnMut(usize, &Entity<'_>) -> Result<()>,
    ) -> Result<Left> {
        let mut number = 0;
        let (mut record, mut relations, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..bundle.types(self.side).len() {
            bundle.entities(self.side, index, observer, &mut |entity| {
                relations.clear();
                changes.clear();
                while self.owned.key() == Some(number) {
                    self.owned.next(&mut record)?;
                    match record.split_first() {
                        Some((&RELATIONS, items)) => relations.extend_from_slice(items),
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

/// Takes all that belongs to the entities of a side, in packs.
fn take_packs(bundle: &Bundle, side: OcelSide, owners: &mut Owners<'_>, observer: &Observer) -> Result<()> {
    let mut packs = Packs { owners, of: None, id: String::new(), pack: Vec::new() };
    bundle.relations(side, &mut |id, object, qualifier| {
        observer.check()?;
        let pack = packs.pack_of(None, id)?;
        put(object.as_bytes(), pack);
        put(qualifier.as_bytes(), pack);
        Ok(())
    })?;
    if side == OcelSide::Object {
        for (index, of) in bundle.types(side).iter().enumerate() {
            bundle.changes(index, &mut |id, time, field, values| {
                observer.check()?;
                let pack = packs.pack_of(Some(index), id)?;
                put(time.as_bytes(), pack);
                put(field.as_bytes(), pack);
                put_number(of.changed(field).map_or(0, |attribute| attribute as u64 + 1), pack);
                put_number(values.iter().flatten().count() as u64, pack);
                for (attribute, value) in values.iter().enumerate() {
                    if let Some(value) = value {
                        put_number(attribute as u64, pack);
                        put(value.as_bytes(), pack);
                    }
                }
                Ok(())
            })?;
        }
    }
    packs.push()
}

/// Puts together what stands together and belongs to one entity.
struct Packs<'p, 'w> {
    owners: &'p mut Owners<'w>,
    /// The type of the object, for later values.
    of: Option<usize>,
    id: String,
    pack: Vec<u8>,
}

impl Packs<'_, '_> {
    /// The pack for relations, or later values of an object of a type, of an identifier.
    fn pack_of(&mut self, of: Option<usize>, id: &str) -> Result<&mut Vec<u8>> {
        if self.pack.is_empty() || self.pack.len() > PACK || self.of != of || self.id != id {
            self.push()?;
            self.of = of;
            self.id.clear();
            self.id.push_str(id);
            self.pack.push(if of.is_none() { RELATIONS } else { CHANGES });
        }
        Ok(&mut self.pack)
    }

    fn push(&mut self) -> Result<()> {
        if !self.pack.is_empty() {
            self.owners.push(&self.id, self.of, &self.pack)?;
            self.pack.clear();
        }
        Ok(())
    }
}

/// All items of a pack.
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

fn relation<'b>(items: &mut &'b [u8]) -> Option<RelatedObject<'b>> {
    Some(RelatedObject { object: text(items)?, qualifier: text(items)? })
}

fn change<'b>(items: &mut &'b [u8]) -> Option<Change<'b>> {
    let (time, field) = (text(items)?, text(items)?);
    let attribute = usize::try_from(take_number(items)?).ok()?.checked_sub(1);
    let (mut value, mut others) = (None, Vec::new());
    for _ in 0..take_number(items)? {
        let (of, text) = (usize::try_from(take_number(items)?).ok()?, text(items)?);
        match attribute == Some(of) {
            true => value = Some(text),
            false => others.push((of, text)),
        }
    }
    Some(Change { time, field, attribute, value, others })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use tempfile::TempDir;

    use super::*;

    /// Rows of text as a table.
    fn table(folder: &Path, file: &str, names: &[&str], rows: &[Vec<String>]) {
        let column = |place: usize| {
            Arc::new(rows.iter().map(|row| Some(row[place].as_str())).collect::<StringArray>()) as ArrayRef
        };
        let columns = names.iter().enumerate().map(|(place, name)| (*name, column(place), true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut writer =
            ArrowWriter::try_new(File::create(folder.join(file)).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    fn texts(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect()
    }

    /// A bundle of two types of objects and no events.
    struct MemoryLog {
        folder: TempDir,
    }

    impl MemoryLog {
        /// Objects of type `a` and of `b` by identifier, relations, later values of both.
        fn new(
            objects: [Vec<Vec<String>>; 2],
            related: &[Vec<String>],
            changes: [Vec<Vec<String>>; 2],
        ) -> Self {
            let folder = TempDir::new().unwrap();
            let place = folder.path();
            for (name, (objects, changes)) in ["a", "b"].into_iter().zip(objects.iter().zip(&changes)) {
                table(place, &format!("{name}.parquet"), &["ocel_id", "x"], objects);
                let names = ["ocel_id", "ocel_time", "ocel_changed_field", "x"];
                table(place, &format!("{name}_changes.parquet"), &names, changes);
            }
            table(place, "o2o.parquet", &["ocel_source_id", "ocel_target_id", "ocel_qualifier"], related);
            let of = |name: &str| {
                serde_json::json!({"file": format!("{name}.parquet"), "changesFile": format!("{name}_changes.parquet"),
                    "attributes": [{"name": "x", "type": "string"}]})
            };
            let meta = serde_json::json!({"bundleFormatVersion": "1.0", "storageFormat": "parquet", "eventTypes": {},
                "objectTypes": {"a": of("a"), "b": of("b")},
                "relations": {"e2o": "e2o.parquet", "o2o": "o2o.parquet"}});
            fs::write(place.join(crate::model::ocel::META), meta.to_string()).unwrap();
            Self { folder }
        }

        /// Every object as a line, and what is left.
        fn joined(&self, bound: usize) -> (Vec<String>, Left) {
            let bundle = Bundle::open(self.folder.path()).unwrap();
            let observer = Observer::default();
            let joined =
                Joined::within(bound, &bundle, OcelSide::Object, self.folder.path(), &observer).unwrap();
            let mut lines = Vec::new();
            let left = joined.entities(&bundle, &observer, &mut |index, object| {
                let mut line = format!("{index} {}", object.id);
                for it in object.related {
                    line += &format!(" >{}/{}", it.object, it.qualifier);
                }
                for it in object.changes {
                    line += &format!(" {}:{}={}", it.time, it.field, it.value.unwrap_or("null"));
                    it.others.iter().for_each(|(attribute, value)| line += &format!("+{attribute}={value}"));
                }
                lines.push(line);
                Ok(())
            });
            (lines, left.unwrap())
        }
    }

    #[test]
    fn the_first_of_an_identifier_takes_what_belongs_to_it_and_the_first_of_each_type_its_later_values() {
        let log = MemoryLog::new(
            [texts(&[&["1", ""], &["2", ""], &["1", ""]]), texts(&[&["3", ""], &["1", ""], &["1", ""]])],
            &texts(&[
                &["1", "z", "first"],
                &["3", "z", ""],
                &["none", "z", ""],
                &["1", "y", "second"],
                &["none", "y", ""],
                &["1", "z", "first"],
            ]),
            [
                texts(&[
                    &["1", "t2", "x", "new"],
                    &["3", "t", "x", "of another type"],
                    &["1", "t1", "x", "old"],
                ]),
                texts(&[&["1", "t", "unknown", "v"], &["3", "t", "x", ""]]),
            ],
        );
        let (lines, left) = log.joined(BOUND);
        assert_eq!(
            lines,
            [
                "0 1 >z/first >y/second >z/first t2:x=new t1:x=old",
                "0 2",
                "0 1",
                "1 3 >z/ t:x=",
                "1 1 t:unknown=null+0=v",
                "1 1"
            ]
        );
        assert_eq!(left, Left { relations: 2, changes: 1 });
        assert_eq!(log.joined(1), (lines, left));
    }

    #[test]
    fn what_waits_in_files_is_as_what_waits_in_memory() {
        let ids = |from: usize, to: usize| -> Vec<Vec<String>> {
            (from..to).map(|id| vec![format!("object {id}"), String::new()]).collect()
        };
        let any = |place: usize| (place * 7919 + place / 13) % 1050;
        let related: Vec<Vec<String>> = (0..4000)
            .map(|place| vec![format!("object {}", any(place)), format!("o{place}"), "q".repeat(place % 40)])
            .collect();
        let changes = |shift: usize| -> Vec<Vec<String>> {
            (0..700)
                .map(|place| {
                    let id = format!("object {}", any(place + shift));
                    vec![id, format!("t{place}"), "x".to_owned(), "v".repeat(place % 50)]
                })
                .collect()
        };
        // Objects 490 to 509 are of both types, and 1000 to 1049 of none.
        let log = MemoryLog::new([ids(0, 510), ids(490, 1000)], &related, [changes(0), changes(5)]);
        let (lines, left) = log.joined(BOUND);
        assert_eq!(lines.len(), 1020);
        assert!(left.relations > 0 && left.changes > 0, "{left:?}");
        let there: usize = lines.iter().map(|line| line.matches(" >").count()).sum();
        assert_eq!(there as u64 + left.relations, 4000);
        let there: usize = lines.iter().map(|line| line.matches(":x=").count()).sum();
        assert_eq!(there as u64 + left.changes, 1400);
        for bound in [1, 500, 20_000] {
            assert!(log.joined(bound) == (lines.clone(), left), "{bound}");
        }
    }

    #[test]
    fn relations_of_one_object_beyond_a_pack_stay_in_order() {
        let related: Vec<Vec<String>> =
            (0..5000).map(|place| vec!["1".to_owned(), format!("o{place}"), "q".to_owned()]).collect();
        let log = MemoryLog::new([texts(&[&["1", ""]]), Vec::new()], &related, [Vec::new(), Vec::new()]);
        let expected: String = (0..5000).map(|place| format!(" >o{place}/q")).collect();
        assert_eq!(log.joined(BOUND).0, [format!("0 1{expected}")]);
    }
}
