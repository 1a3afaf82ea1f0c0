//! The identifiers that the relations of a pass mention, and the identifiers that exist: in memory while they
//! are few, otherwise divided into parts that wait in the spill file. So the references of a log of any size
//! are checked in memory that does not grow with the log.

use std::sync::Arc;

use parquet::column::page_store::{PageKey, PageStore};

use crate::encode::page_store::{Spill, SpillStore};
use crate::error::{Code, Error, Result};
use crate::model::references::{Findings, PARTS, References};

/// Bytes of references that are kept in memory; more are spilled. A log of 500,000 events and 1.5 million
/// relations has about as many.
const ENOUGH: usize = 16 << 20;

/// The identifiers and references of a pass.
#[derive(Debug, Default)]
pub struct ReferenceLog {
    here: References,
    away: Option<Away>,
}

/// Parts in the spill file, each in several pieces.
#[derive(Debug)]
struct Away {
    store: SpillStore,
    parts: Vec<Vec<PageKey>>,
}

impl ReferenceLog {
    /// Adds the identifiers and references of a shard. They are spilled where `spill` says.
    ///
    /// # Errors
    /// [`Code::OutputWrite`] if the spill file can't be written.
    pub fn join(&mut self, later: References, spill: &Arc<Spill>) -> Result<()> {
        self.here.join(later);
        if self.here.bytes() > ENOUGH {
            let away = self.away.get_or_insert_with(|| Away::new(spill));
            away.put(std::mem::take(&mut self.here))?;
        }
        Ok(())
    }

    /// Compares the identifiers that are mentioned with those that exist; `None` if there were too many to
    /// compare.
    ///
    /// # Errors
    /// [`Code::OutputWrite`] if the spill file can't be read.
    pub fn findings(self) -> Result<Option<Findings>> {
        let Some(mut away) = self.away else { return Ok(self.here.findings()) };
        away.put(self.here)?;
        let mut all = Findings::default();
        for keys in away.parts {
            let mut part = References::default();
            for key in keys {
                let piece = away.store.take(key)?;
                let read = part.read_written(&piece);
                read.ok_or_else(|| {
                    Error::new(Code::Internal, "references came back otherwise than they went")
                })?;
            }
            match part.findings() {
                Some(found) => all.add(found),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }
}

impl Away {
    fn new(spill: &Arc<Spill>) -> Self {
        Self { store: SpillStore::new(spill), parts: vec![Vec::new(); PARTS] }
    }

    fn put(&mut self, references: References) -> Result<()> {
        let mut piece = Vec::new();
        for (keys, part) in self.parts.iter_mut().zip(references.into_parts()) {
            piece.clear();
            part.write(&mut piece);
            keys.push(self.store.put_away(&piece)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Ration;
    use crate::model::ocel::OcelSide;

    /// Events and objects by their numbers, some of them twice.
    fn shard(numbers: std::ops::Range<u32>) -> References {
        let mut some = References::default();
        for number in numbers {
            some.add_id(OcelSide::Event, format!("e{}", number / 3 * 2).as_bytes());
            some.add_id(OcelSide::Object, format!("o{number}").as_bytes());
        }
        some.settle();
        some
    }

    #[test]
    fn what_is_put_away_is_held_against_the_rest() {
        const COUNT: u32 = 1_200_000;
        const STEP: u32 = 100_000;
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(usize::MAX >> 1)), std::env::temp_dir()));
        let mut log = ReferenceLog::default();
        for first in (0..COUNT).step_by(STEP as usize) {
            log.join(shard(first..first + STEP), &spill).unwrap();
            assert!(log.here.bytes() <= ENOUGH);
        }
        assert!(log.away.is_some());
        assert!(spill.spilled() > 0);
        // One object comes again, far from where it came first.
        log.join(shard(0..1), &spill).unwrap();
        let found = log.findings().unwrap().unwrap();
        let expected = Findings {
            duplicate_events: u64::from(COUNT / 3 * 2 + 1),
            duplicate_objects: 1,
            ..Findings::default()
        };
        assert_eq!(found, expected);
    }
}
