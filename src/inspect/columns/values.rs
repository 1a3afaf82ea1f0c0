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

/// Values that are exact in a column at most. 16 bytes each.
pub const MOST_EXACT: usize = 1_000_000;
/// The numbers of values that a column may keep; the largest is used for which all columns together keep no
/// more than [`MOST_KEPT`]. The last one bounds the error at 1% (two standard errors).
pub const LIMITS: [usize; 6] = [MOST_EXACT, 500_000, 250_000, 125_000, 80_000, 40_000];
/// Values that all columns keep together, if [`LIMITS`] allows: 64 MiB.
pub const MOST_KEPT: usize = 4 << 20;
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

/// The distinct values of the rows of one shard.
#[derive(Debug, Default)]
pub struct ShardValues {
    index: HashedMap<u32>,
    seen: Vec<Counted>,
    texts: Vec<Box<str>>,
    last: u32,
}

impl ShardValues {
    /// Counts a value `times` times; its number within the shard, and whether it is new.
    #[inline]
    pub fn add(&mut self, hash: u64, times: u64) -> (u32, bool) {
        if let Some(last) = self.seen.get_mut(self.last as usize)
            && last.hash == hash
        {
            last.count += times;
            return (self.last, false);
        }
        let next = self.seen.len() as u32;
        let at = *self.index.entry(hash).or_insert(next);
        self.last = at;
        if at == next {
            self.seen.push(Counted { hash, count: times });
            return (at, true);
        }
        self.seen[at as usize].count += times;
        (at, false)
    }

    /// Keeps the text of the value that was new just now, if it is among the first `most` of the shard.
    pub fn keep_text(&mut self, text: &str, most: usize) {
        if self.texts.len() < most {
            self.texts.push(cut(text, TEXT_BYTES).into());
        }
    }

    /// The values in the order in which they appeared.
    pub fn seen(&self) -> &[Counted] {
        &self.seen
    }

    /// The values as those of a part of the log that others are joined to. The first `most_first` are known.
    pub fn close(self, most_first: usize) -> Values {
        let Self { mut seen, texts, .. } = self;
        let first: Vec<u64> = seen.iter().take(most_first).map(|it| it.hash).collect();
        seen.sort_unstable_by_key(|it| it.hash);
        let is_first = first.iter().copied().collect();
        Values { kept: seen, first, is_first, texts, most_first, ..Values::default() }
    }
}

/// A text up to `most` bytes, cut between characters.
pub fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The distinct values of a part of the log, or of all of it.
#[derive(Debug, Default)]
pub struct Values {
    /// By hash. Those above the threshold are among the first.
    kept: Vec<Counted>,
    /// Parts that were joined and not yet merged, each by hash.
    waiting: Vec<Vec<Counted>>,
    /// The values that appeared first, in order.
    first: Vec<u64>,
    is_first: HashedSet,
    /// Their texts, if they are texts.
    texts: Vec<Box<str>>,
    most_first: usize,
    /// Hashes above it were dropped; `None`: none was.
    threshold: Option<u64>,
}

impl Values {
    /// Adds the values of rows that follow in the file.
    pub fn join(&mut self, later: Self) {
        let mut texts = later.texts.into_iter();
        for hash in later.first {
            let text = texts.next();
            if self.first.len() < self.most_first && self.is_first.insert(hash) {
                self.first.push(hash);
                self.texts.extend(text);
            }
        }
        self.waiting.push(later.kept);
        self.waiting.extend(later.waiting);
        // What was dropped there is not known here either.
        if let Some(threshold) = later.threshold {
            self.threshold = Some(self.threshold.map_or(threshold, |own| own.min(threshold)));
        }
        if self.waiting.iter().map(Vec::len).sum::<usize>() > self.kept.len() / 2 + 4096 {
            self.merge();
        }
    }

    /// Entries that are held.
    pub fn held(&self) -> usize {
        self.kept.len() + self.waiting.iter().map(Vec::len).sum::<usize>()
    }

    /// Merges what waits.
    pub fn merge(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut parts = std::mem::take(&mut self.waiting);
        // Smallest first, so that each value is moved few times.
        while parts.len() > 1 {
            parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
            let (Some(a), Some(b)) = (parts.pop(), parts.pop()) else { break };
            parts.push(merged(&a, &b));
        }
        for part in parts {
            self.kept = merged(&self.kept, &part);
        }
        if let Some(threshold) = self.threshold {
            let is_first = &self.is_first;
            self.kept.retain(|it| it.hash <= threshold || is_first.contains(&it.hash));
        }
    }

    /// Keeps the `most` values with the smallest hashes, and the first. All must be merged.
    pub fn limit(&mut self, most: usize) {
        self.merge();
        let below = match self.threshold {
            Some(threshold) => self.kept.partition_point(|it| it.hash <= threshold),
            None => self.kept.len(),
        };
        if below <= most {
            return;
        }
        let threshold = self.kept[most - 1].hash;
        self.threshold = Some(threshold);
        let is_first = &self.is_first;
        self.kept.retain(|it| it.hash <= threshold || is_first.contains(&it.hash));
        self.kept.shrink_to_fit();
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

    fn sampled(&self) -> usize {
        self.threshold.map_or(self.kept.len(), |most| self.kept.partition_point(|it| it.hash <= most))
    }

    /// How many distinct values there are among `count` values.
    pub fn distinct(&self, count: u64) -> u64 {
        let Some(threshold) = self.threshold else { return self.kept.len() as u64 };
        let share = (threshold as f64 + 1.0) / 2f64.powi(64);
        let estimate = (self.sampled() as f64 - 1.0) / share;
        (estimate.round() as u64).max(self.kept.len() as u64).min(count)
    }

    /// Each value that is kept, with the number of rows that it stands for among `count` rows: its own where all
    /// are known, and more for values that also speak for those that were dropped.
    pub fn weighted(&self, count: u64) -> Vec<(u64, f64)> {
        let is_sure = |it: &Counted| self.threshold.is_none() || self.is_first.contains(&it.hash);
        let sure: u64 = self.kept.iter().filter(|it| is_sure(it)).map(|it| it.count).sum();
        let drawn: u64 = self.kept.iter().filter(|it| !is_sure(it)).map(|it| it.count).sum();
        let scale = if drawn == 0 { 1.0 } else { count.saturating_sub(sure) as f64 / drawn as f64 };
        let weight = |it: &Counted| if is_sure(it) { it.count as f64 } else { it.count as f64 * scale };
        self.kept.iter().map(|it| (it.hash, weight(it))).collect()
    }

    /// The values with the most rows, the most frequent first, at most `most`; equal counts in the order of
    /// their hashes. Counts are exact.
    pub fn top(&self, most: usize) -> Vec<Counted> {
        let mut all: Vec<Counted> = self.kept.clone();
        let before = |a: &Counted, b: &Counted| (b.count, a.hash).cmp(&(a.count, b.hash));
        if all.len() > most && most > 0 {
            all.select_nth_unstable_by(most - 1, before);
            all.truncate(most);
        }
        all.sort_unstable_by(before);
        all
    }

    /// The values that are kept, by hash.
    pub fn kept(&self) -> &[Counted] {
        &self.kept
    }

    /// How many rows have this value; `None` if it is not kept.
    pub fn count_of(&self, hash: u64) -> Option<u64> {
        self.kept.binary_search_by_key(&hash, |it| it.hash).ok().map(|at| self.kept[at].count)
    }

    /// The values that appeared first, with their texts.
    pub fn first_texts(&self) -> impl Iterator<Item = (u64, &str)> {
        self.first.iter().copied().zip(self.texts.iter().map(AsRef::as_ref))
    }

    /// Whether the texts of all distinct values are known.
    pub fn has_all_texts(&self) -> bool {
        self.threshold.is_none() && self.first.len() == self.kept.len()
    }
}

/// Two lists by hash as one; counts of one value are added up.
fn merged(a: &[Counted], b: &[Counted]) -> Vec<Counted> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        match left.hash.cmp(&right.hash) {
            std::cmp::Ordering::Less => out.extend(a.next()),
            std::cmp::Ordering::Greater => out.extend(b.next()),
            std::cmp::Ordering::Equal => {
                out.push(Counted { hash: left.hash, count: left.count + right.count });
                a.next();
                b.next();
            }
        }
    }
    out.extend(a);
    out.extend(b);
    out
}

/// Keeps what all columns hold together within [`MOST_KEPT`], and each within what `limit` says. The limit that
/// is left is a function of the values alone.
pub fn limit_all<'v>(columns: impl Iterator<Item = &'v mut Values>, limit: &mut usize, at_end: bool) {
    let mut columns: Vec<&mut Values> = columns.collect();
    let held: usize = columns.iter().map(|it| it.held()).sum();
    let is_over = held > MOST_KEPT + MOST_KEPT / 2 || columns.iter().any(|it| it.held() > 2 * *limit);
    if !is_over && !at_end {
        return;
    }
    for column in &mut columns {
        column.limit(*limit);
    }
    for lower in LIMITS.into_iter().filter(|lower| lower < limit).collect::<Vec<_>>() {
        if columns.iter().map(|it| it.sampled()).sum::<usize>() <= MOST_KEPT {
            break;
        }
        *limit = lower;
        for column in &mut columns {
            column.limit(lower);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[u64]) -> Values {
        let mut shard = ShardValues::default();
        for number in numbers {
            shard.add(spread(*number), 1);
        }
        shard.close(3)
    }

    fn shown(values: &Values) -> (Vec<Counted>, Vec<u64>, Option<u64>) {
        (values.kept.clone(), values.first.clone(), values.threshold)
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
        assert!(values.kept.iter().all(|it| it.count == 3));
        let found = values.distinct(300_000) as f64;
        assert!((found / 100_000.0 - 1.0).abs() < 0.02, "{found}");
        assert!((0.019..0.021).contains(&values.error()));
        let total: f64 = values.weighted(300_000).iter().map(|(_, weight)| weight).sum();
        assert!((total - 300_000.0).abs() < 1e-3);
    }

    #[test]
    fn columns_share_what_may_be_kept() {
        let mut columns: Vec<Values> = (0..5).map(|_| of(&(0..1_000_000).collect::<Vec<_>>())).collect();
        let mut limit = MOST_EXACT;
        limit_all(columns.iter_mut(), &mut limit, true);
        assert_eq!(limit, 500_000);
        assert!(columns.iter().all(|it| !it.is_exact()));
    }
}
