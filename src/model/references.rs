//! Which identifiers an object-centric log has and which its relations mention, held against each other once
//! the whole log was read.
//!
//! Identifiers are kept as hashes of 64 bits: among a million of them, two that differ hash alike in one log
//! of some 37 million. Hashes are gathered by shard and joined, and take 8 bytes for each event and object,
//! and 12 for each object that a shard mentions, which are brought together once they are a million; more of
//! them than [`MOST`] are not held against each other, unless they are cut into
//! [parts](References::into_parts).

mod parts;
mod store;

use serde::Serialize;

pub use self::parts::PARTS;
use self::store::{HashRun, Hashed, Stretches, Tally, held};
use super::hash::{hash_piece, mix};
use super::ocel::{OcelContent, OcelSide};
use super::table::{Cell, RawRows};

/// Hashes that are held against each other at most.
pub const MOST: usize = 1 << 22;

/// How relations of one event or object stand among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Together, and one that has none of its own has no relations.
    Together,
    /// At any place in the log.
    Anywhere,
    /// Anywhere, and no two with a qualifier are the same.
    Once,
}

/// What identifies events and objects, and what their relations mention.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// Hashes of the identifiers of events and of objects, as often as they are given.
    ids: [Stretches<u64>; 2],
    /// Objects that relations lead to, and how often.
    targets: Tally,
    /// Events and objects that relations lead from, where these may be none.
    sources: [Stretches<HashRun>; 2],
    /// Relations that may be anywhere among others.
    relations: Stretches<u64>,
    /// Relations that are there again within the same event or object.
    again: u64,
    /// Whether there were too many.
    full: bool,
    value: Vec<u8>,
}

/// What is found once all is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Events whose identifier an earlier one has.
    pub duplicate_events: u64,
    /// Objects whose identifier an earlier one has.
    pub duplicate_objects: u64,
    /// Relations that say again what an earlier one says.
    pub duplicate_relations: u64,
    /// Relations that mention an event or object that the log has not.
    pub dangling_references: u64,
    /// How many events and objects these are.
    pub missing: u64,
}

impl Findings {
    /// A sentence for each that is not zero.
    pub fn sentences(&self) -> impl Iterator<Item = String> + use<> {
        let Self { duplicate_events, duplicate_objects, duplicate_relations, .. } = *self;
        let Self { dangling_references, missing, .. } = *self;
        let lead = format!(
            "references to events or objects that are not in the log: {dangling_references}, distinct identifiers: {missing}"
        );
        let all = [
            (duplicate_events, format!("events with the identifier of an earlier event: {duplicate_events}")),
            (
                duplicate_objects,
                format!("objects with the identifier of an earlier object: {duplicate_objects}"),
            ),
            (duplicate_relations, format!("repeated relations: {duplicate_relations}")),
            (dangling_references, lead),
        ];
        all.into_iter().filter(|(count, _)| *count > 0).map(|(_, sentence)| sentence + "; all are kept")
    }
}

impl References {
    /// Takes a batch of rows of the table that holds `holds`.
    pub fn read(&mut self, holds: OcelContent, rows: &RawRows<'_>, spread: Spread) {
        if self.full {
            return;
        }
        match holds {
            OcelContent::Events(_) => self.read_ids(OcelSide::Event, rows),
            OcelContent::Objects(_) => self.read_ids(OcelSide::Object, rows),
            OcelContent::EventObject => self.read_relations(OcelSide::Event, rows, spread),
            OcelContent::ObjectObject => self.read_relations(OcelSide::Object, rows, spread),
            OcelContent::Changes(_) => {}
        }
        self.check_room();
    }

    /// Gives up if there are too many: of what is counted once each, so that it does not depend on where the
    /// log is cut.
    fn check_room(&mut self) {
        let ids: usize = self.ids.iter().map(Stretches::len).sum();
        let sources: usize = self.sources.iter().map(Stretches::len).sum();
        if self.full || ids + sources + self.relations.len() > MOST || self.targets.are_more_than(MOST) {
            *self = Self { full: true, ..Self::default() };
        }
    }

    fn read_ids(&mut self, side: OcelSide, rows: &RawRows<'_>) {
        for cell in rows.column(0) {
            let hash = self.hash(0, rows, 0, cell);
            self.ids[side as usize].open.push(hash);
        }
    }

    fn read_relations(&mut self, from: OcelSide, rows: &RawRows<'_>, spread: Spread) {
        let mut start = 0;
        let mut own: Vec<u64> = Vec::new();
        for row in 0..rows.rows() {
            let object = self.hash(0, rows, 1, rows.cell(row, 1));
            self.targets.add(object);
            if spread == Spread::Together {
                if rows.spans[row] != rows.spans[start] {
                    self.again += self.repeated(&mut own, rows, start);
                    start = row;
                }
                own.push(object);
                continue;
            }
            let of = self.hash(0, rows, 0, rows.cell(row, 0));
            let runs = &mut self.sources[from as usize].open;
            match runs.last_mut() {
                Some(run) if run.hash() == of => run.times = run.times.saturating_add(1),
                _ => runs.push(HashRun::new(of)),
            }
            let qualifier = rows.cell(row, 2);
            if spread == Spread::Anywhere || qualifier.len() == 0 {
                let relation = self.hash(object, rows, 2, qualifier);
                self.relations.open.push(mix(relation, of ^ from as u64));
            }
        }
        self.again += self.repeated(&mut own, rows, start);
    }

    /// How many of the relations of a record, which lead to `objects` and begin at the row `start`, are there
    /// again. Empties the list.
    fn repeated(&mut self, objects: &mut Vec<u64>, rows: &RawRows<'_>, start: usize) -> u64 {
        let count = match is_repeated(objects) {
            false => 0,
            true => {
                for (row, relation) in (start..).zip(objects.iter_mut()) {
                    *relation = self.hash(*relation, rows, 2, rows.cell(row, 2));
                }
                objects.sort_unstable();
                neighbours(objects)
            }
        };
        objects.clear();
        count
    }

    #[inline]
    fn hash(&mut self, seed: u64, rows: &RawRows<'_>, column: usize, cell: Cell) -> u64 {
        if !cell.is_escaped() {
            return hash_piece(seed, rows.text_of(column), cell.start(), cell.len());
        }
        rows.value(column, cell, &mut self.value);
        hash_piece(seed, &self.value, 0, self.value.len())
    }

    /// Takes an identifier of which no table tells: the type is not known yet, or not in this pass.
    pub fn add_id(&mut self, side: OcelSide, id: &[u8]) {
        if !self.full {
            self.ids[side as usize].open.push(hash_piece(0, id, 0, id.len()));
        }
    }

    /// Adds what another stretch of the log has.
    pub fn join(&mut self, later: Self) {
        self.full |= later.full;
        self.again += later.again;
        for (ids, later) in self.ids.iter_mut().zip(later.ids) {
            ids.join(later);
        }
        self.relations.join(later.relations);
        for (sources, later) in self.sources.iter_mut().zip(later.sources) {
            sources.join(later);
        }
        self.targets.join(later.targets);
        self.check_room();
    }

    /// Ends a shard: what waits takes no more memory than it must.
    pub fn settle(&mut self) {
        self.ids.iter_mut().for_each(Stretches::settle);
        self.relations.settle();
        self.sources.iter_mut().for_each(Stretches::settle);
        self.targets.settle();
    }

    /// The identifiers alone; `None` if there were too many.
    pub fn into_ids(self) -> Option<Ids> {
        (!self.full).then(|| Ids(self.ids.map(Stretches::sorted)))
    }

    /// Holds what is mentioned against what is there; `None` if there were too many to tell.
    pub fn findings(mut self) -> Option<Findings> {
        self.targets.settle();
        self.check_room();
        if self.full {
            return None;
        }
        let [events, objects] = self.ids;
        let [from_events, from_objects] = self.sources.map(Stretches::into_runs);
        let (duplicate_events, [no_events]) = held(events, [from_events]);
        let (duplicate_objects, no_objects) = held(objects, [self.targets.into_runs(), from_objects]);
        let (again, []) = held(self.relations, []);
        let [no_targets, no_sources] = no_objects;
        let missing = [no_events, no_targets, no_sources].into_iter();
        Some(Findings {
            duplicate_events,
            duplicate_objects,
            duplicate_relations: self.again + again,
            dangling_references: missing.clone().map(|it| it.times).sum(),
            missing: missing.map(|it| it.hashes).sum(),
        })
    }
}

/// Identifiers by their hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids([Vec<u64>; 2]);

impl Ids {
    /// Whether there is an event or object with this identifier.
    pub fn has(&self, side: OcelSide, id: &[u8]) -> bool {
        self.0[side as usize].binary_search(&hash_piece(0, id, 0, id.len())).is_ok()
    }
}

/// How many are as the one before them.
fn neighbours(sorted: &[u64]) -> u64 {
    sorted.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64
}

/// Whether a hash is there twice. Most records have a few relations: no need to sort.
fn is_repeated(hashes: &[u64]) -> bool {
    match hashes.len() {
        0 | 1 => false,
        len @ 2..=16 => (1..len).any(|at| hashes[..at].contains(&hashes[at])),
        _ => {
            let mut sorted = hashes.to_vec();
            sorted.sort_unstable();
            neighbours(&sorted) > 0
        }
    }
}

/// The same log has the same findings, however it was cut: that is all there is to compare.
impl PartialEq for References {
    fn eq(&self, other: &Self) -> bool {
        self.clone().findings() == other.clone().findings()
    }
}

impl Eq for References {}

#[cfg(test)]
mod tests {
    use super::super::table::{OutOfLine, Span, TableSlot, Unescape};
    use super::*;

    struct BackslashUnescape;

    impl Unescape for BackslashUnescape {
        fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
            out.extend(raw.iter().filter(|byte| **byte != b'\\'));
        }
    }

    /// Reads rows of words; `records` numbers the record of each.
    fn read(into: &mut References, holds: OcelContent, rows: &[(&str, u64)], spread: Spread) {
        let (mut text, mut cells, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        let mut columns = 0;
        for (row, record) in rows {
            let words: Vec<&str> = row.split(' ').collect();
            columns = words.len();
            for word in words {
                cells.push(Cell::quoted(text.len(), word.len(), word.contains('\\')));
                text.extend_from_slice(word.as_bytes());
            }
            spans.push(Span { start: 0, end: 0, record: *record });
        }
        let rows = RawRows {
            text: &text,
            base: 0,
            columns,
            cells: &cells,
            spans: &spans,
            unescape: &BackslashUnescape,
            out_of_line: OutOfLine::default(),
            kinds: &[],
            slot: TableSlot::ONLY,
        };
        into.read(holds, &rows, spread);
    }

    fn log(spread: Spread) -> [References; 2] {
        let mut one = References::default();
        let mut two = References::default();
        read(
            &mut one,
            OcelContent::EventObject,
            &[("e1 o1 a", 0), ("e1 o1 b", 0), ("e1 o\\1 a", 0), ("e2 o9 a", 1), ("e3 o9 a", 2)],
            spread,
        );
        read(&mut one, OcelContent::Events(0), &[("e1", 0), ("e2", 1), ("e3", 2)], spread);
        read(&mut two, OcelContent::Events(1), &[("e2", 0)], spread);
        read(&mut two, OcelContent::Objects(0), &[("o1", 1), ("o2", 2), ("o2", 3), ("o2", 4)], spread);
        read(&mut two, OcelContent::ObjectObject, &[("o1 o2 a", 1), ("o1 o8 a", 1)], spread);
        [one, two]
    }

    #[test]
    fn what_is_double_and_what_is_missing_is_counted() {
        for spread in [Spread::Together, Spread::Anywhere] {
            for settled in [false, true] {
                let [mut one, mut two] = log(spread);
                if settled {
                    one.settle();
                    two.settle();
                }
                one.join(two);
                let expected = Findings {
                    duplicate_events: 1,
                    duplicate_objects: 2,
                    duplicate_relations: 1,
                    dangling_references: 3,
                    missing: 2,
                };
                assert_eq!(one.findings(), Some(expected));
            }
        }
    }

    #[test]
    fn relations_far_apart_are_reported_only_if_they_may_be() {
        let rows = [("e1 o1 a", 0), ("e2 o1 a", 1), ("e1 o1 a", 2)];
        let found = |spread| {
            let mut all = References::default();
            read(&mut all, OcelContent::EventObject, &rows, spread);
            all.findings().unwrap()
        };
        let (together, anywhere) = (found(Spread::Together), found(Spread::Anywhere));
        assert_eq!((together.duplicate_relations, anywhere.duplicate_relations), (0, 1));
        assert_eq!((together.missing, anywhere.missing), (1, 3));
        assert_eq!(found(Spread::Once).duplicate_relations, 0);
    }

    #[test]
    fn many_mentions_are_counted_as_few_are() {
        let mut all = References::default();
        let names: Vec<String> =
            (0..100_000).map(|number| format!("e{number} o{} q", number % 777)).collect();
        let rows: Vec<(&str, u64)> = names.iter().zip(0..).map(|(name, at)| (name.as_str(), at)).collect();
        read(&mut all, OcelContent::EventObject, &rows, Spread::Together);
        let found = all.findings().unwrap();
        assert_eq!((found.dangling_references, found.missing), (100_000, 777));
        // A record with many relations, two of which are there twice.
        let names: Vec<String> = (0..50).map(|number| format!("e o{} q", number % 48)).collect();
        let rows: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 0)).collect();
        let mut one = References::default();
        read(&mut one, OcelContent::EventObject, &rows, Spread::Together);
        assert_eq!(one.findings().unwrap().duplicate_relations, 2);
    }

    #[test]
    fn too_many_are_not_held_against_each_other() {
        let mut all = References::default();
        let of = |hashes: std::ops::Range<u64>| {
            let mut some = References::default();
            some.ids[0].open.extend(hashes);
            some
        };
        all.join(of(0..MOST as u64 / 2));
        all.join(of(0..MOST as u64 / 2));
        assert_eq!(all.clone().findings().map(|it| it.duplicate_events), Some(MOST as u64 / 2));
        all.join(of(0..1));
        assert_eq!((all.ids[0].len(), all.findings()), (0, None));
        // However often they are mentioned, and in however many shards, they count once.
        let mut all = References::default();
        for _ in 0..MOST / 100_000 + 2 {
            let mut shard = References::default();
            (0..100_000).for_each(|hash| shard.targets.add(hash << 20));
            all.join(shard);
        }
        assert_eq!(all.findings().map(|it| it.missing), Some(100_000));
    }
}
