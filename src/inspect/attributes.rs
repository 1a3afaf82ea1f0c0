//! Attributes that belong to a case, and attributes that follow from the resource or from the activity: what is
//! counted of them in one pass, in bounded memory.
//!
//! ```text
//! of each case   for each attribute its first value, and the first row that has another one
//! of each pair   resource or activity and an attribute: how often two values stand together
//! ```
//!
//! Of cases those with the smallest hashes are kept, as many as have room: which ones does not depend on where the
//! file was cut. A pair is given up once it has more values than tables of codes have; that only grows with the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::values::{HashedMap, HashedSet};
use super::table::LogTable;
use crate::encode::intern::Interner;

/// Attributes that are looked at: the first of the table.
const ATTRIBUTES: usize = 32;
/// Values of all attributes of all cases that are kept: 16 bytes each.
const ENTRIES: usize = 1 << 19;
/// Different resources or activities of a pair, at most.
pub const DETERMINANTS: usize = 1024;
/// Different values of an attribute that follows from them, at most.
pub const DEPENDENTS: usize = 64;
/// A value of a case that stands in one row.
const ONCE: u64 = u64::MAX;
/// A value of a case that stands in several rows, and no other does.
const SAME: u64 = u64::MAX - 1;
/// The number of no value.
const NONE: u32 = u32::MAX;

/// Which columns are looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributePlan {
    case: Option<usize>,
    /// Columns of the attributes.
    pub attributes: Vec<usize>,
    /// Columns of the resource and of the activity.
    pub determinants: Vec<usize>,
    /// Whether the hashes of a column's values are needed.
    needed: Vec<bool>,
}

impl AttributePlan {
    /// The columns of a table that are looked at.
    pub fn of(table: &LogTable) -> Self {
        let attributes: Vec<usize> =
            (0..table.columns.len()).filter(|at| table.role_of(*at).is_none()).take(ATTRIBUTES).collect();
        let determinants: Vec<usize> = table.resource.into_iter().chain(table.activity).collect();
        let mut needed = vec![false; table.columns.len()];
        for at in attributes.iter().chain(&determinants).chain(&table.case) {
            needed[*at] = true;
        }
        Self { case: table.case, attributes, determinants, needed }
    }

    /// Whether the hashes of a column's values are needed.
    pub fn needs(&self, column: usize) -> bool {
        self.needed.get(column).copied().unwrap_or_default()
    }

    /// Cases that are kept.
    fn most_cases(&self) -> usize {
        ENTRIES / self.attributes.len().max(1)
    }
}

/// The attributes of cases in a part of the log, or in all of it.
#[derive(Debug, Default)]
pub struct CaseValues {
    /// For each case its place.
    slots: HashedMap<u32>,
    /// For each case and attribute its first value, 0 for none.
    values: Vec<u32>,
    /// The row of the first value.
    firsts: Vec<u64>,
    /// [`ONCE`], [`SAME`], or the first row with another value.
    changes: Vec<u64>,
    width: usize,
    most: usize,
    /// Cases with larger hashes were dropped; `None`: no case was.
    threshold: Option<u64>,
    /// Changes whenever places do.
    epoch: u32,
}

/// What the kept cases say of one attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeCases {
    /// Cases with a value in two rows at least.
    pub cases: u64,
    /// Cases in which the value changes: the first row with another value, and the hash of the case; by row.
    pub changes: Vec<(u64, u64)>,
}

impl CaseValues {
    fn new(plan: &AttributePlan) -> Self {
        Self { width: plan.attributes.len(), most: plan.most_cases(), ..Self::default() }
    }

    /// The place of a case; `None` if it is not kept.
    fn slot(&mut self, case: u64) -> Option<u32> {
        if self.threshold.is_some_and(|most| case > most) {
            return None;
        }
        let next = self.slots.len() as u32;
        let slot = *self.slots.entry(case).or_insert(next);
        if slot == next {
            let size = self.values.len() + self.width;
            self.values.resize(size, 0);
            self.firsts.resize(size, 0);
            self.changes.resize(size, ONCE);
        }
        Some(slot)
    }

    #[inline]
    fn add(&mut self, slot: u32, attribute: usize, value: u32, row: u64) {
        let at = slot as usize * self.width + attribute;
        match self.values[at] {
            0 => {
                self.values[at] = value;
                self.firsts[at] = row;
            }
            first if self.changes[at] >= SAME => self.changes[at] = if first == value { SAME } else { row },
            _ => {}
        }
    }

    /// Keeps the cases with the smallest hashes if there are more than `limit`.
    fn limit(&mut self, limit: usize) {
        if self.slots.len() <= limit {
            return;
        }
        let mut hashes: Vec<u64> = self.slots.keys().copied().collect();
        let (_, last, _) = hashes.select_nth_unstable(self.most.saturating_sub(1).min(limit));
        let threshold = *last;
        self.keep_up_to(threshold);
    }

    /// Drops the cases with hashes above a threshold.
    fn keep_up_to(&mut self, threshold: u64) {
        let mut kept = Self { width: self.width, most: self.most, epoch: self.epoch + 1, ..Self::default() };
        let mut old: Vec<(u64, u32)> = self.slots.iter().map(|(case, slot)| (*case, *slot)).collect();
        old.retain(|(case, _)| *case <= threshold);
        old.sort_unstable_by_key(|(_, slot)| *slot);
        for (case, slot) in old {
            let from = slot as usize * self.width;
            kept.slots.insert(case, kept.slots.len() as u32);
            kept.values.extend_from_slice(&self.values[from..from + self.width]);
            kept.firsts.extend_from_slice(&self.firsts[from..from + self.width]);
            kept.changes.extend_from_slice(&self.changes[from..from + self.width]);
        }
        kept.threshold = Some(threshold);
        *self = kept;
    }

    fn join(&mut self, later: Self, offset: u64) {
        if let Some(threshold) = later.threshold {
            self.threshold = Some(self.threshold.map_or(threshold, |own| own.min(threshold)));
        }
        // In an order that the rows give, so that places are the same in every run.
        let mut cases: Vec<(u32, u64)> = later.slots.iter().map(|(case, slot)| (*slot, *case)).collect();
        cases.sort_unstable();
        for (from, case) in cases {
            let Some(slot) = self.slot(case) else { continue };
            for attribute in 0..self.width {
                let from = from as usize * self.width + attribute;
                let at = slot as usize * self.width + attribute;
                let value = later.values[from];
                if value == 0 {
                    continue;
                }
                let change = later.changes[from];
                let moved = if change < SAME { change + offset } else { change };
                match self.values[at] {
                    0 => {
                        self.values[at] = value;
                        self.firsts[at] = later.firsts[from] + offset;
                        self.changes[at] = moved;
                    }
                    _ if self.changes[at] < SAME => {}
                    first if first != value => self.changes[at] = later.firsts[from] + offset,
                    _ => self.changes[at] = moved.min(SAME),
                }
            }
        }
        if let Some(threshold) = self.threshold
            && self.slots.keys().any(|case| *case > threshold)
        {
            self.keep_up_to(threshold);
        }
        self.limit(self.most * 2);
    }

    /// Whether every case is kept.
    pub fn is_exact(&self) -> bool {
        self.threshold.is_none()
    }

    /// Cases that are kept.
    pub fn kept(&self) -> usize {
        self.slots.len()
    }

    /// What the kept cases say of an attribute.
    pub fn of(&self, attribute: usize) -> AttributeCases {
        let mut found = AttributeCases::default();
        for (case, slot) in &self.slots {
            let change = self.changes[*slot as usize * self.width + attribute];
            found.cases += u64::from(change != ONCE);
            if change < SAME {
                found.changes.push((change, *case));
            }
        }
        found.changes.sort_unstable();
        found
    }
}

/// How often two values stand together, and in which row first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Together {
    /// Rows that have both values.
    pub count: u64,
    /// The number of the first such row.
    pub row: u64,
}

/// A determinant and an attribute: which values stand together. `None` once there are too many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValuePairs(Option<BTreeMap<(u64, u64), Together>>);

impl ValuePairs {
    /// The pairs of values by their hashes; `None` if there were too many values.
    pub fn counts(&self) -> Option<&BTreeMap<(u64, u64), Together>> {
        self.0.as_ref()
    }

    fn join(&mut self, later: Self, offset: u64) {
        let (Some(own), Some(later)) = (&mut self.0, later.0) else {
            self.0 = None;
            return;
        };
        for (pair, it) in later {
            let known = own.entry(pair).or_insert(Together { count: 0, row: it.row + offset });
            known.count += it.count;
        }
        let determinants: HashedSet = own.keys().map(|(first, _)| *first).collect();
        let dependents: BTreeSet<u64> = own.keys().map(|(_, second)| *second).collect();
        if determinants.len() > DETERMINANTS || dependents.len() > DEPENDENTS {
            self.0 = None;
        }
    }
}

/// Numbers of the values of a column in a shard, as long as there are few.
#[derive(Debug)]
struct Codes {
    index: Interner,
    /// The hash of each number.
    hashes: Vec<u64>,
    last: u32,
    /// How many values are few.
    most: usize,
    /// The numbers of the rows of a batch, [`NONE`] for a null.
    batch: Vec<u32>,
}

impl Codes {
    fn new(most: usize) -> Self {
        Self { index: Interner::default(), hashes: Vec::new(), last: 0, most, batch: Vec::new() }
    }

    /// Whether there are too many values. What stands together with them is given up then.
    fn is_full(&self) -> bool {
        self.hashes.len() > self.most
    }

    /// Numbers the values of a batch.
    fn set(&mut self, hashes: &[u64]) {
        self.batch.clear();
        for hash in hashes {
            if *hash == 0 {
                self.batch.push(NONE);
                continue;
            }
            if self.hashes.get(self.last as usize) != Some(hash) {
                let known = &mut self.hashes;
                let (number, is_new) = self.index.intern(*hash as u32, |at| known[at as usize] == *hash);
                if is_new {
                    known.push(*hash);
                }
                self.last = number;
            }
            if self.is_full() {
                return;
            }
            self.batch.push(self.last);
        }
    }
}

/// Which values of two columns stand together in a shard, by their numbers.
#[derive(Debug, Default)]
struct ShardPairs {
    /// Count and first row of a determinant's number times [`DEPENDENTS`] and a dependent's.
    counts: Vec<(u32, u32)>,
}

impl ShardPairs {
    #[inline]
    fn add(&mut self, first: u32, second: u32, row: u32) {
        if first == NONE || second == NONE {
            return;
        }
        let at = first as usize * DEPENDENTS + second as usize;
        if at >= self.counts.len() {
            self.counts.resize((first as usize + 1) * DEPENDENTS, (0, row));
        }
        let (count, first_row) = &mut self.counts[at];
        if *count == 0 {
            *first_row = row;
        }
        *count += 1;
    }

    fn close(self, first: &Codes, second: &Codes) -> ValuePairs {
        if first.is_full() || second.is_full() {
            return ValuePairs(None);
        }
        let pairs = self.counts.iter().enumerate().filter(|(_, (count, _))| *count > 0);
        let hashed = pairs.map(|(at, (count, row))| {
            let (a, b) = (at / DEPENDENTS, at % DEPENDENTS);
            let together = Together { count: u64::from(*count), row: u64::from(*row) };
            ((first.hashes[a], second.hashes[b]), together)
        });
        ValuePairs(Some(hashed.collect()))
    }
}

/// What is counted of the rows of a shard.
#[derive(Debug)]
pub struct ShardAttributes {
    cases: CaseValues,
    /// Places of cases, by the lower bits of the hash, each with the epoch in which it was found.
    places: Vec<(u64, u32, u32)>,
    /// The values of each determinant, and of each attribute.
    determinants: Vec<Codes>,
    attributes: Vec<Codes>,
    /// For each determinant its pairs with each attribute.
    pairs: Vec<Vec<ShardPairs>>,
}

/// A place that a case has not.
const NOWHERE: u32 = u32::MAX;
/// Cases whose places are found without a look into the map, 16 bytes each.
const PLACES: usize = 1024;

impl ShardAttributes {
    /// Nothing is counted yet.
    pub fn new(plan: &AttributePlan) -> Self {
        let pairs = || plan.attributes.iter().map(|_| ShardPairs::default()).collect();
        Self {
            cases: CaseValues::new(plan),
            places: Vec::new(),
            determinants: plan.determinants.iter().map(|_| Codes::new(DETERMINANTS)).collect(),
            attributes: plan.attributes.iter().map(|_| Codes::new(DEPENDENTS)).collect(),
            pairs: plan.determinants.iter().map(|_| pairs()).collect(),
        }
    }

    /// Counts the rows of a batch: `hashes` has for each column the hashes of its values, 0 for a null, and `rows`
    /// the numbers of the rows within the shard.
    pub fn add(&mut self, plan: &AttributePlan, hashes: &[Vec<u64>], rows: &[u32]) {
        self.add_pairs(plan, hashes, rows);
        let Some(case) = plan.case.filter(|_| !plan.attributes.is_empty()) else { return };
        self.places.resize(PLACES, (0, NOWHERE, 0));
        for (at, (case, row)) in hashes[case].iter().zip(rows).enumerate() {
            if *case == 0 {
                continue;
            }
            let Some(slot) = self.place(*case) else { continue };
            for (attribute, column) in plan.attributes.iter().enumerate() {
                let hash = hashes[*column][at];
                if hash != 0 {
                    // A value is told from others by 31 bits of its hash.
                    self.cases.add(slot, attribute, (hash >> 32) as u32 | 1, u64::from(*row));
                }
            }
        }
    }

    fn add_pairs(&mut self, plan: &AttributePlan, hashes: &[Vec<u64>], rows: &[u32]) {
        let columns = plan.determinants.iter().zip(&mut self.determinants);
        let columns = columns.chain(plan.attributes.iter().zip(&mut self.attributes));
        for (column, codes) in columns {
            if !codes.is_full() {
                codes.set(&hashes[*column]);
            }
        }
        for (first, pairs) in self.determinants.iter().zip(&mut self.pairs) {
            for (second, pairs) in self.attributes.iter().zip(pairs) {
                if first.is_full() || second.is_full() {
                    pairs.counts = Vec::new();
                    continue;
                }
                for ((first, second), row) in first.batch.iter().zip(&second.batch).zip(rows) {
                    pairs.add(*first, *second, *row);
                }
            }
        }
    }

    #[inline]
    fn place(&mut self, case: u64) -> Option<u32> {
        let at = case as usize % PLACES;
        let (known, slot, epoch) = self.places[at];
        if known == case && epoch == self.cases.epoch {
            return Some(slot).filter(|it| *it != NOWHERE);
        }
        if self.cases.slots.len() >= self.cases.most * 2 {
            self.cases.limit(self.cases.most);
        }
        let slot = self.cases.slot(case);
        self.places[at] = (case, slot.unwrap_or(NOWHERE), self.cases.epoch);
        slot
    }

    /// What is known of the shard.
    pub fn close(self) -> Attributes {
        let attributes = &self.attributes;
        let of_determinant = |(first, pairs): (&Codes, Vec<ShardPairs>)| -> Vec<ValuePairs> {
            attributes.iter().zip(pairs).map(|(second, it)| it.close(first, second)).collect()
        };
        Attributes {
            cases: self.cases,
            pairs: self.determinants.iter().zip(self.pairs).map(of_determinant).collect(),
        }
    }
}

/// What is known of the attributes of a part of the log, or of all of it.
#[derive(Debug, Default)]
pub struct Attributes {
    /// The attributes of cases.
    pub cases: CaseValues,
    /// For each determinant its pairs with each attribute.
    pub pairs: Vec<Vec<ValuePairs>>,
}

impl Attributes {
    /// Adds what is known of rows that follow, of which the first is row `offset`.
    pub fn join(&mut self, later: Self, offset: u64) {
        self.cases.join(later.cases, offset);
        for (own, later) in self.pairs.iter_mut().flatten().zip(later.pairs.into_iter().flatten()) {
            own.join(later, offset);
        }
    }

    /// Counts all rows from this one on.
    pub fn shift(&mut self, offset: u64) {
        let cases = &mut self.cases;
        cases.firsts.iter_mut().for_each(|row| *row += offset);
        cases.changes.iter_mut().filter(|row| **row < SAME).for_each(|row| *row += offset);
        let pairs = self.pairs.iter_mut().flatten().filter_map(|it| it.0.as_mut());
        pairs.flat_map(BTreeMap::values_mut).for_each(|it| it.row += offset);
    }

    /// Keeps as many cases as may be kept, once all rows were counted.
    pub fn settle(&mut self) {
        self.cases.limit(self.cases.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::columns::values::spread;

    fn plan(most: usize) -> CaseValues {
        CaseValues { width: 1, most, ..CaseValues::default() }
    }

    /// Cases of three rows each; in every seventh the last one has another value.
    fn rows(cases: u64) -> Vec<(u64, u32)> {
        let row = |it: u64| (spread(it / 3), if (it / 3).is_multiple_of(7) && it % 3 == 2 { 9 } else { 5 });
        (0..cases * 3).map(row).collect()
    }

    fn counted(rows: &[(u64, u32)], most: usize, cuts: usize) -> (AttributeCases, usize, bool) {
        let mut all: Option<CaseValues> = None;
        let mut offset = 0;
        for part in rows.chunks(cuts) {
            let mut values = plan(most);
            for (at, (case, value)) in part.iter().enumerate() {
                if values.slots.len() >= values.most * 2 {
                    values.limit(values.most);
                }
                if let Some(slot) = values.slot(*case) {
                    values.add(slot, 0, *value, at as u64);
                }
            }
            match &mut all {
                Some(all) => all.join(values, offset),
                none => *none = Some(values),
            }
            offset += part.len() as u64;
        }
        let mut all = all.unwrap();
        all.limit(most);
        (all.of(0), all.kept(), all.is_exact())
    }

    #[test]
    fn changes_within_a_case_are_the_same_wherever_the_rows_are_cut() {
        let rows = rows(70);
        let (whole, kept, is_exact) = counted(&rows, 1000, usize::MAX);
        assert_eq!((whole.cases, whole.changes.len(), kept, is_exact), (70, 10, 70, true));
        assert_eq!(whole.changes[1], (23, spread(7)));
        for cuts in [1, 2, 3, 10, 100] {
            assert_eq!(counted(&rows, 1000, cuts).0, whole, "{cuts}");
        }
    }

    #[test]
    fn of_many_cases_the_same_ones_are_kept() {
        let rows = rows(2000);
        let whole = counted(&rows, 50, usize::MAX);
        assert_eq!((whole.1, whole.2), (50, false));
        for cuts in [7, 100, 999, 5000] {
            assert_eq!(counted(&rows, 50, cuts), whole, "{cuts}");
        }
    }

    #[test]
    fn values_that_stand_together_are_given_up_when_they_are_many() {
        let together = |row| Together { count: 1, row };
        let of =
            |pairs: std::ops::Range<u64>| ValuePairs(Some(pairs.map(|it| ((1, it), together(it))).collect()));
        let mut pairs = of(0..40);
        pairs.join(of(20..60), 100);
        assert_eq!(pairs.counts().unwrap().len(), 60);
        assert_eq!(pairs.counts().unwrap()[&(1, 25)], Together { count: 2, row: 25 });
        assert_eq!(pairs.counts().unwrap()[&(1, 50)], Together { count: 1, row: 150 });
        pairs.join(of(60..70), 0);
        assert_eq!(pairs.counts(), None);
    }
}
