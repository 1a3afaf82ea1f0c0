//! The distinct values of a column with their counts: all of them while they fit, and beyond that a sample that
//! is the same whatever the order in which parts of the log are joined.
//!
//! ```text
//! each value   -> a hash of 64 bits, spread evenly; numbers are hashed one to one
//! few values   -> every hash is kept with its count: all figures are exact
//! many values  -> the hashes below a threshold are kept, each with its exact count, and the threshold falls so
//!                 that a given number of them stays (Bar-Yossef et al. 2002, "counting distinct elements")
//! always       -> the values that appear first in the file are kept, with their texts
//! ```
//!
//! A hash that is below the threshold at the end was below it all the time, so its count is exact. What is kept
//! is a function of the rows alone: threads and shards change nothing.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::shard_values::{Filter, Hint, Texts};
use super::sorting::{merge, sorted};
use crate::error::Result;

/// Values that are exact in a column at most. 8 bytes for each that stands once, 16 for others.
pub const MOST_EXACT: usize = 1_000_000;
/// The numbers of values that a column may keep; the largest is used for which all columns together keep no
/// more than [`MOST_KEPT`]. The last one bounds the error at 1% (two standard errors).
pub const LIMITS: [usize; 6] = [MOST_EXACT, 500_000, 250_000, 125_000, 80_000, 40_000];
/// Values that all columns keep together, if [`LIMITS`] allows: 32 MiB if they stand once, 64 MiB if not.
pub const MOST_KEPT: usize = 4 << 20;
/// Bytes of values that wait to be merged, beside an eighth of those that are: each merge moves all that is kept.
const MOST_WAITING: usize = 12 << 20;
/// Text of a value that is kept, in bytes: enough to be recognised and compared.
pub const TEXT_BYTES: usize = 256;

/// Takes a hash as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// A map whose keys are hashes.
pub type HashedMap<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;
/// A set of hashes.
pub type HashedSet = HashSet<u64, BuildHasherDefault<AsIs>>;

/// Spreads the bits of a number; no two numbers give one result.
pub const fn spread(number: u64) -> u64 {
    let mut it = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ (it >> 31)
}

/// The number whose bits [`spread`] has spread.
pub const fn gather(hash: u64) -> u64 {
    let mut it = hash ^ (hash >> 31) ^ (hash >> 62);
    it = it.wrapping_mul(0x3196_42b2_d24d_8ec3);
    it = it ^ (it >> 27) ^ (it >> 54);
    it = it.wrapping_mul(0x96de_1b17_3f11_9089);
    it = it ^ (it >> 30) ^ (it >> 60);
    it.wrapping_sub(0x9e37_79b9_7f4a_7c15)
}

/// The whole number of a key in the order of unsigned ones.
pub const fn gather_whole(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

/// One distinct value: its hash, and in how many rows it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The hash of the value.
    pub hash: u64,
    /// Number of rows with it.
    pub count: u64,
}

/// A text up to `most` bytes, cut between characters.
pub fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The distinct values of a part of the log, or of all of it.
#[derive(Debug, Default)]
pub struct Values {
    /// Hashes of the values that stand once, ascending. Those above the threshold are among the first.
    once: Vec<u64>,
    /// The other values, by hash.
    repeated: Vec<Counted>,
    /// What was joined and not yet merged: hashes that stand for one row each, and values with their counts.
    loose: Vec<Vec<u64>>,
    counted: Vec<Vec<Counted>>,
    /// The values that appeared first, in order.
    first: Vec<u64>,
    is_first: HashedSet,
    /// Their texts, if they are texts.
    texts: Texts,
    most_first: usize,
    /// Hashes above it were dropped; `None`: none was.
    threshold: Option<u64>,
}

impl Values {
    /// The values of a shard: those with counts, hashes of one row each, and of those that matter by themselves
    /// the first with their texts and how many they are at most.
    pub(super) fn of_shard(
        counted: Vec<Counted>,
        loose: Vec<Vec<u64>>,
        (first, texts, most_first): (Vec<u64>, Texts, usize),
    ) -> Self {
        Self { counted: vec![counted], loose, first, texts, most_first, ..Self::default() }
    }

    /// Adds the values of rows that follow in the file.
    pub fn join(&mut self, later: Self) {
        if self.first.len() < self.most_first {
            self.know_first();
            for (at, hash) in later.first.into_iter().enumerate() {
                if self.first.len() < self.most_first && self.is_first.insert(hash) {
                    self.first.push(hash);
                    if let Some(text) = later.texts.get(at) {
                        self.texts.push(text);
                    }
                }
            }
        }
        self.loose.extend(later.loose.into_iter().chain([later.once]).filter(|it| !it.is_empty()));
        let counted = later.counted.into_iter().chain([later.repeated]);
        self.counted.extend(counted.filter(|it| !it.is_empty()));
        // What was dropped there is not known here either.
        if let Some(threshold) = later.threshold {
            self.threshold = Some(self.threshold.map_or(threshold, |own| own.min(threshold)));
            self.drop_above();
        }
    }

    /// Whether no value that comes later is among the first.
    pub fn first_are_known(&self) -> bool {
        self.first.len() >= self.most_first
    }

    /// What shards that follow need to know.
    pub fn hint(&self) -> Hint {
        let first_are_known = self.first_are_known();
        let filter = self.threshold.filter(|_| first_are_known);
        Hint { first_are_known, filter: filter.map(|it| Arc::new(Filter::new(it, &self.first))) }
    }

    /// Bytes of what is merged, and of what is not.
    pub fn held(&self) -> (usize, usize) {
        let bytes = |once: usize, counted: usize| once * size_of::<u64>() + counted * size_of::<Counted>();
        let loose = self.loose.iter().map(Vec::len).sum();
        let counted = self.counted.iter().map(Vec::len).sum();
        (bytes(self.once.len(), self.repeated.len()), bytes(loose, counted))
    }

    /// Merges what waits.
    pub fn merge(&mut self) {
        if self.loose.is_empty() && self.counted.is_empty() {
            return;
        }
        let loose = sorted(std::mem::take(&mut self.loose));
        merge(&mut self.once, loose);
        let mut counted = std::mem::take(&mut self.repeated);
        let waiting = std::mem::take(&mut self.counted);
        counted.reserve_exact(waiting.iter().map(Vec::len).sum());
        waiting.into_iter().for_each(|part| counted.extend(part));
        counted.sort_unstable_by_key(|it| it.hash);
        self.repeated = united(&mut self.once, &counted);
        self.once.shrink_to_fit();
        self.drop_above();
    }

    /// Drops what is above the threshold and not among the first.
    fn drop_above(&mut self) {
        let Some(threshold) = self.threshold else { return };
        self.know_first();
        let is_first = &self.is_first;
        self.once.retain(|it| *it <= threshold || is_first.contains(it));
        self.repeated.retain(|it| it.hash <= threshold || is_first.contains(&it.hash));
        self.once.shrink_to_fit();
        self.repeated.shrink_to_fit();
    }

    fn know_first(&mut self) {
        if self.is_first.len() < self.first.len() {
            self.is_first = self.first.iter().copied().collect();
        }
    }

    /// Keeps the `most` values with the smallest hashes, and the first.
    pub fn limit(&mut self, most: usize) {
        self.merge();
        if self.sampled() <= most {
            return;
        }
        let last = self.by_hash().nth(most - 1);
        self.threshold = last.map(|it| it.hash);
        self.drop_above();
    }

    /// Whether every distinct value is kept.
    pub fn is_exact(&self) -> bool {
        self.threshold.is_none()
    }

    /// Two standard errors of an estimate, as a share; 0 if the figures are exact.
    pub fn error(&self) -> f64 {
        match self.threshold {
            None => 0.0,
            Some(_) => 2.0 / ((self.sampled() as f64) - 2.0).max(1.0).sqrt(),
        }
    }

    /// The number of values that are kept.
    pub fn kept_count(&self) -> usize {
        self.once.len() + self.repeated.len()
    }

    fn sampled(&self) -> usize {
        self.threshold.map_or(self.kept_count(), |most| {
            self.once.partition_point(|it| *it <= most) + self.repeated.partition_point(|it| it.hash <= most)
        })
    }

    /// How many distinct values there are among `count` values.
    pub fn distinct(&self, count: u64) -> u64 {
        let Some(threshold) = self.threshold else { return self.kept_count() as u64 };
        let share = (threshold as f64 + 1.0) / 2f64.powi(64);
        let estimate = (self.sampled() as f64 - 1.0) / share;
        (estimate.round() as u64).max(self.kept_count() as u64).min(count)
    }

    /// The numbers that the hashes are of, in ascending order, each with the number of rows that it stands for
    /// among `count` rows: its own where all are known, and more for values that also speak for those that were
    /// dropped.
    pub fn numbers(&self, count: u64) -> Vec<(u64, f64)> {
        let is_sure = |hash: u64| self.threshold.is_none() || self.is_first.contains(&hash);
        let (mut sure, mut drawn) = (0, 0);
        if self.threshold.is_some() {
            for it in self.by_hash() {
                *(if is_sure(it.hash) { &mut sure } else { &mut drawn }) += it.count;
            }
        }
        let scale = if drawn == 0 { 1.0 } else { count.saturating_sub(sure) as f64 / drawn as f64 };
        // Most values weigh the same. They are sorted without their weight.
        let usual = if self.threshold.is_none() { 1.0 } else { scale };
        let is_usual = |hash: &u64| self.threshold.is_none() || !is_sure(*hash);
        let plain = self.once.iter().filter(|it| is_usual(it)).map(|it| gather(*it)).collect();
        let plain = sorted(vec![plain]);
        let unusual = self.once.iter().filter(|it| !is_usual(it)).map(|it| (gather(*it), 1.0));
        let weight = |it: &Counted| it.count as f64 * if is_sure(it.hash) { 1.0 } else { scale };
        let mut weighted: Vec<(u64, f64)> =
            self.repeated.iter().map(|it| (gather(it.hash), weight(it))).chain(unusual).collect();
        weighted.sort_unstable_by_key(|it| it.0);
        let mut all = Vec::with_capacity(self.kept_count());
        let mut plain = plain.into_iter().peekable();
        for it in weighted {
            while let Some(number) = plain.next_if(|number| *number < it.0) {
                all.push((number, usual));
            }
            all.push(it);
        }
        all.extend(plain.map(|number| (number, usual)));
        all
    }

    /// The values with the most rows, the most frequent first, at most `most`; equal counts in the order of
    /// their hashes. Counts are exact.
    pub fn top(&self, most: usize) -> Vec<Counted> {
        let mut all: Vec<Counted> = self.repeated.clone();
        let before = |a: &Counted, b: &Counted| (b.count, a.hash).cmp(&(a.count, b.hash));
        if all.len() > most && most > 0 {
            all.select_nth_unstable_by(most - 1, before);
            all.truncate(most);
        }
        all.sort_unstable_by(before);
        let room = most.saturating_sub(all.len());
        all.extend(self.once.iter().take(room).map(|hash| Counted { hash: *hash, count: 1 }));
        all
    }

    /// The values that are kept, by hash.
    fn by_hash(&self) -> impl Iterator<Item = Counted> {
        let mut repeated = self.repeated.iter().copied().peekable();
        let mut once = self.once.iter().copied().peekable();
        std::iter::from_fn(move || match (repeated.peek(), once.peek()) {
            (Some(it), Some(hash)) if it.hash < *hash => repeated.next(),
            (_, Some(_)) => once.next().map(|hash| Counted { hash, count: 1 }),
            (_, None) => repeated.next(),
        })
    }

    /// The values that are kept, by hash.
    pub fn kept(&self) -> Vec<Counted> {
        self.by_hash().collect()
    }

    /// How many rows have this value, which must be kept.
    fn count_of(&self, hash: u64) -> u64 {
        let found = self.repeated.binary_search_by_key(&hash, |it| it.hash);
        found.map_or(1, |at| self.repeated[at].count)
    }

    /// The values that appeared first, with their texts.
    pub fn first_texts(&self) -> impl Iterator<Item = (u64, &str)> {
        self.first.iter().copied().zip(self.texts.iter())
    }

    /// The texts of the values that appeared first, each with the number of rows that have it.
    pub fn counted_texts(&self) -> Vec<(&str, u64)> {
        self.first_texts().map(|(hash, text)| (text, self.count_of(hash))).collect()
    }

    /// Whether the texts of all distinct values are known.
    pub fn has_all_texts(&self) -> bool {
        self.threshold.is_none() && self.first.len() == self.kept_count()
    }
}

/// Takes values that stand several times out of `once`, which is ascending and may have hashes that are also
/// among `counted`, by hash, where a hash may stand several times. The values taken out, by hash.
fn united(once: &mut Vec<u64>, counted: &[Counted]) -> Vec<Counted> {
    let mut repeated = Vec::new();
    let mut groups = counted.chunk_by(|a, b| a.hash == b.hash).peekable();
    let mut push = |hash: u64, count: u64| repeated.push(Counted { hash, count });
    let sum = |group: &[Counted]| group.iter().map(|it| it.count).sum::<u64>();
    let (mut at, mut kept) = (0, 0);
    while let Some(hash) = once.get(at).copied() {
        while let Some(group) = groups.next_if(|group| group[0].hash < hash) {
            push(group[0].hash, sum(group));
        }
        let mut same = 1;
        while once.get(at + same) == Some(&hash) {
            same += 1;
        }
        at += same;
        match groups.next_if(|group| group[0].hash == hash) {
            Some(group) => push(hash, sum(group) + same as u64),
            None if same > 1 => push(hash, same as u64),
            None => {
                once[kept] = hash;
                kept += 1;
            }
        }
    }
    once.truncate(kept);
    groups.for_each(|group| push(group[0].hash, sum(group)));
    repeated.shrink_to_fit();
    repeated
}

/// Keeps what all columns hold together within [`MOST_KEPT`], and each within what `limit` says. The limit that
/// is left is a function of the values alone. `each` does something with every column, perhaps side by side.
/// Whether anything was merged.
pub fn limit_all(
    columns: &mut [&mut Values],
    limit: &mut usize,
    at_end: bool,
    each: impl Fn(&mut [&mut Values], usize) -> Result<()>,
) -> Result<bool> {
    let held = columns.iter().map(|it| it.held());
    let (merged, waiting) = held.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    if waiting <= MOST_WAITING + merged / 8 && !at_end {
        return Ok(false);
    }
    each(columns, *limit)?;
    for lower in LIMITS.into_iter().filter(|lower| lower < limit).collect::<Vec<_>>() {
        if columns.iter().map(|it| it.sampled()).sum::<usize>() <= MOST_KEPT {
            break;
        }
        *limit = lower;
        each(columns, lower)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::columns::shard_values::ShardValues;

    fn of(numbers: &[u64]) -> Values {
        let mut shard = ShardValues::new(3, Hint::default());
        for number in numbers {
            shard.add(spread(*number), 1, || None);
        }
        let mut values = shard.close();
        values.merge();
        values
    }

    fn shown(values: &Values) -> (Vec<Counted>, Vec<u64>, Option<u64>) {
        (values.kept(), values.first.clone(), values.threshold)
    }

    #[test]
    fn spreading_is_undone() {
        for number in [0, 1, 7, u64::MAX, 1 << 63, 0x1234_5678_9abc_def0] {
            assert_eq!(gather(spread(number)), number);
        }
    }

    #[test]
    fn what_is_kept_does_not_depend_on_where_the_rows_are_cut() {
        let numbers: Vec<u64> = (0..5_000).map(|it| it * it % 1_777).collect();
        let mut whole = of(&numbers);
        whole.limit(100);
        for size in [1, 7, 250, 4_999] {
            let mut parts = numbers.chunks(size).map(of);
            let mut joined = parts.next().unwrap();
            for part in parts {
                joined.join(part);
                joined.limit(100);
            }
            joined.merge();
            assert_eq!(shown(&joined), shown(&whole), "{size}");
        }
    }

    #[test]
    fn counts_of_what_is_kept_are_exact_and_the_estimate_is_near() {
        let numbers: Vec<u64> = (0..300_000).map(|it| it % 100_000).collect();
        let mut values = of(&numbers);
        assert_eq!((values.distinct(300_000), values.is_exact()), (100_000, true));
        values.limit(10_000);
        assert!(values.kept().iter().all(|it| it.count == 3));
        let found = values.distinct(300_000) as f64;
        assert!((found / 100_000.0 - 1.0).abs() < 0.02, "{found}");
        assert!((0.019..0.021).contains(&values.error()));
        let total: f64 = values.numbers(300_000).iter().map(|(_, weight)| weight).sum();
        assert!((total - 300_000.0).abs() < 1e-3);
    }

    #[test]
    fn columns_share_what_may_be_kept() {
        let mut columns: Vec<Values> = (0..5).map(|_| of(&(0..1_000_000).collect::<Vec<_>>())).collect();
        let mut limit = MOST_EXACT;
        let each = |columns: &mut [&mut Values], limit| {
            columns.iter_mut().for_each(|it| it.limit(limit));
            Ok(())
        };
        limit_all(&mut columns.iter_mut().collect::<Vec<_>>(), &mut limit, true, each).unwrap();
        assert_eq!(limit, 500_000);
        assert!(columns.iter().all(|it| !it.is_exact()));
    }
}
