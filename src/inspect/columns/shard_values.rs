//! The distinct values of a column within a shard.
//!
//! ```text
//! few distinct values    -> a table of them with their counts
//! nearly all distinct    -> their hashes as they come: no look-up, 8 bytes each
//! known from rows before -> the values that appeared first, and the threshold above which hashes are dropped
//! ```
//!
//! Invariant: what shards keep beyond what is needed is dropped later, so that hints change no result.

use std::sync::Arc;

use arrow::buffer::NullBuffer;

use super::values::{Counted, TEXT_BYTES, Values, cut};
use crate::encode::intern::Interner;

/// Distinct values in the table, at least, before values are no longer looked up.
const ENOUGH: usize = 4096;
/// Bits of a [`Filter`], as a power of two: 128 KiB, of which 65,536 values set one in sixteen.
const FILTER_BITS: u32 = 20;

/// Texts one behind the other.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

impl Texts {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Adds a text, cut if it is long.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(cut(text, TEXT_BYTES));
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// The text with this number, from 0.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.bytes.get(start..end)
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.count()).filter_map(|at| self.get(at))
    }
}

/// The hashes that still matter, once there is a threshold.
#[derive(Debug)]
pub struct Filter {
    threshold: u64,
    /// A bit for each value of the upper bits that a value has which appeared first.
    first: Box<[u64]>,
}

impl Filter {
    /// Lets hashes up to `threshold` pass, and those of `first`.
    pub fn new(threshold: u64, first: &[u64]) -> Self {
        let mut bits = vec![0; 1 << (FILTER_BITS - 6)];
        for hash in first {
            let at = hash >> (u64::BITS - FILTER_BITS);
            bits[(at >> 6) as usize] |= 1 << (at & 63);
        }
        Self { threshold, first: bits.into() }
    }

    /// Whether a hash may matter. Few pass that don't.
    #[inline]
    fn passes(&self, hash: u64) -> bool {
        let at = hash >> (u64::BITS - FILTER_BITS);
        (hash <= self.threshold) | (self.first[(at >> 6) as usize] >> (at & 63) & 1 == 1)
    }
}

/// What the rows before a shard have settled about a column.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    /// Whether the values that appear first are known, so that later ones are not among them.
    pub first_are_known: bool,
    /// The hashes that still matter; `None`: all.
    pub filter: Option<Arc<Filter>>,
}

/// The distinct values of the rows of one shard.
#[derive(Debug)]
pub struct ShardValues {
    index: Interner,
    seen: Vec<Counted>,
    texts: Texts,
    most_first: usize,
    /// Hashes that were not looked up, a piece for each batch.
    loose: Vec<Vec<u64>>,
    is_loose: bool,
    rows: usize,
    last: u32,
    hint: Hint,
}

impl ShardValues {
    /// No values yet. The first `most_first` of the file matter by themselves, and so do their texts.
    pub fn new(most_first: usize, hint: Hint) -> Self {
        let most_first = if hint.first_are_known { 0 } else { most_first };
        Self {
            index: Interner::default(),
            seen: Vec::new(),
            texts: Texts::default(),
            most_first,
            loose: Vec::new(),
            is_loose: false,
            rows: 0,
            last: 0,
            hint,
        }
    }

    /// No values yet, of which nearly all will be different.
    pub fn loose(hint: Hint) -> Self {
        Self { is_loose: true, ..Self::new(0, hint) }
    }

    /// Counts a value `times` times. `text` gives its text, if it is one.
    #[inline]
    pub fn add<'t>(&mut self, hash: u64, times: u64, text: impl FnOnce() -> Option<&'t str>) {
        if let Some(last) = self.seen.get_mut(self.last as usize)
            && last.hash == hash
        {
            last.count += times;
            return;
        }
        let Self { index, seen, .. } = self;
        let (at, is_new) = index.intern(hash as u32, |at| seen[at as usize].hash == hash);
        self.last = at;
        if !is_new {
            self.seen[at as usize].count += times;
            return;
        }
        self.seen.push(Counted { hash, count: times });
        if self.texts.count() < self.most_first
            && let Some(text) = text()
        {
            self.texts.push(text);
        }
    }

    /// Counts the values of a batch, one for each row that is not null. `text` gives the text of a row.
    pub fn add_each<'t>(
        &mut self,
        hashes: &[u64],
        nulls: Option<&NullBuffer>,
        text: impl Fn(usize) -> Option<&'t str>,
    ) {
        if self.is_loose {
            self.keep(hashes, nulls);
            return;
        }
        let is_valid = |at: usize| nulls.is_none_or(|nulls| nulls.is_valid(at));
        for (at, hash) in hashes.iter().enumerate().filter(|(at, _)| is_valid(*at)) {
            self.add(*hash, 1, || text(at));
        }
        self.rows += hashes.len() - nulls.map_or(0, NullBuffer::null_count);
        if self.seen.len() >= ENOUGH.max(self.most_first) && self.rows < 2 * self.seen.len() {
            self.is_loose = true;
            self.index = Interner::default();
        }
    }

    /// Keeps the hashes of a batch as they are.
    fn keep(&mut self, hashes: &[u64], nulls: Option<&NullBuffer>) {
        let filter = self.hint.filter.as_deref();
        let piece = match (nulls.filter(|nulls| nulls.null_count() > 0), filter) {
            (None, None) => hashes.to_vec(),
            (nulls, filter) => {
                let is_valid = |at: usize| nulls.is_none_or(|nulls| nulls.is_valid(at));
                let (mut piece, mut len) = (vec![0; hashes.len()], 0);
                for (at, hash) in hashes.iter().enumerate() {
                    piece[len] = *hash;
                    // Without a branch: which hashes pass can't be foretold.
                    len += usize::from(is_valid(at) & filter.is_none_or(|it| it.passes(*hash)));
                }
                piece.truncate(len);
                piece.shrink_to_fit();
                piece
            }
        };
        if !piece.is_empty() {
            self.loose.push(piece);
        }
    }

    /// The values as those of a part of the log that others are joined to.
    pub fn close(self) -> Values {
        let Self { mut seen, texts, most_first, mut loose, hint, .. } = self;
        let first = seen.iter().take(most_first).map(|it| it.hash).collect();
        if let Some(filter) = hint.filter {
            seen.retain(|it| filter.passes(it.hash));
        }
        let once: Vec<u64> = seen.iter().filter(|it| it.count == 1).map(|it| it.hash).collect();
        seen.retain(|it| it.count > 1);
        seen.shrink_to_fit();
        if !once.is_empty() {
            loose.push(once);
        }
        Values::of_shard(seen, loose, (first, texts, most_first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::columns::values::spread;

    /// What is kept of numbers that come in batches of `size`.
    fn kept(numbers: &[u64], size: usize, hint: Hint) -> Vec<Counted> {
        let mut shard = ShardValues::new(5, hint);
        for batch in numbers.chunks(size) {
            let hashes: Vec<u64> = batch.iter().map(|it| spread(*it)).collect();
            shard.add_each(&hashes, None, |_| None);
        }
        let mut values = shard.close();
        values.merge();
        values.kept()
    }

    #[test]
    fn counts_are_the_same_whether_values_are_looked_up_or_not() {
        let numbers: Vec<u64> = (0..30_000).map(|it| if it % 10 == 0 { 3 } else { it / 2 }).collect();
        let mut expected = std::collections::BTreeMap::new();
        for number in &numbers {
            *expected.entry(spread(*number)).or_insert(0) += 1;
        }
        let expected: Vec<Counted> =
            expected.into_iter().map(|(hash, count)| Counted { hash, count }).collect();
        for size in [30_000, 1_000, 77] {
            assert_eq!(kept(&numbers, size, Hint::default()), expected);
        }
    }

    #[test]
    fn a_filter_lets_small_hashes_and_the_first_values_pass() {
        let numbers: Vec<u64> = (0..30_000).collect();
        let threshold = u64::MAX / 8;
        let first = [spread(1), spread(2)];
        let filter = Some(Arc::new(Filter::new(threshold, &first)));
        let found = kept(&numbers, 4_096, Hint { first_are_known: true, filter });
        let has = |hash: u64| found.iter().any(|it| it.hash == hash);
        let must: Vec<u64> = numbers.iter().map(|it| spread(*it)).filter(|it| *it <= threshold).collect();
        assert!(must.iter().chain(&first).all(|it| has(*it)));
        assert!(found.len() < must.len() + 100, "{}", found.len());
    }

    #[test]
    fn texts_are_found_by_number() {
        let mut texts = Texts::default();
        ["a", "", &"ü".repeat(200)].iter().for_each(|it| texts.push(it));
        assert_eq!(texts.iter().map(str::len).collect::<Vec<_>>(), [1, 0, 256]);
        assert_eq!((texts.get(0), texts.get(3)), (Some("a"), None));
    }
}
