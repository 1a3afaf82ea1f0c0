//! Where hashes are kept: little memory for each, and little time for one that was met before.

use std::hash::{BuildHasher, RandomState};

/// A stretch of hashes that were met, or of runs of them.
pub trait Hashed: Copy {
    /// The hash, spread evenly over all numbers.
    fn hash(&self) -> u64;
}

impl Hashed for u64 {
    fn hash(&self) -> u64 {
        *self
    }
}

/// Things as they were met, in stretches that take no more than what is in them.
#[derive(Debug, Clone)]
pub struct Stretches<T> {
    settled: Vec<Box<[T]>>,
    /// What was met since the last stretch ended.
    pub open: Vec<T>,
}

impl<T> Default for Stretches<T> {
    fn default() -> Self {
        Self { settled: Vec::new(), open: Vec::new() }
    }
}

impl<T: Hashed> Stretches<T> {
    /// Ends the stretch that is being filled.
    pub fn settle(&mut self) {
        if !self.open.is_empty() {
            self.settled.push(std::mem::take(&mut self.open).into_boxed_slice());
        }
    }

    /// Adds what was met elsewhere.
    pub fn join(&mut self, mut later: Self) {
        self.settle();
        later.settle();
        self.settled.append(&mut later.settled);
    }

    /// Number of hashes that are stored.
    pub fn len(&self) -> usize {
        self.settled.iter().map(|it| it.len()).sum::<usize>() + self.open.len()
    }

    /// Hands each to `take`, in the order in which they were met.
    pub fn each(mut self, take: impl FnMut(T)) {
        self.settle();
        self.settled.into_iter().flatten().for_each(take);
    }

    /// All of them, in the order of their hashes.
    pub fn sorted(mut self) -> Vec<T> {
        self.settle();
        let mut all = self.settled.concat();
        all.sort_unstable_by_key(T::hash);
        all
    }
}

/// A hash, and how often it was met: twelve bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashRun {
    hash: [u32; 2],
    /// How often the hash occurs.
    pub times: u32,
}

impl HashRun {
    /// Of a hash that was met once.
    #[inline]
    pub fn new(hash: u64) -> Self {
        Self::of(hash, 1)
    }

    /// Of a hash that was met so often.
    #[inline]
    pub fn of(hash: u64, times: u32) -> Self {
        Self { hash: [(hash >> 32) as u32, hash as u32], times }
    }
}

impl Hashed for HashRun {
    #[inline]
    fn hash(&self) -> u64 {
        u64::from(self.hash[0]) << 32 | u64::from(self.hash[1])
    }
}

/// Places of the table in which a shard counts: 192 KiB, which stay in the cache of a core.
const PLACES: usize = 1 << 14;
/// Places behind the one that a hash says in which it may stand.
const NEAR: usize = 64;
/// Runs of shards that wait until they are brought together, at least.
const WAITING: usize = 1 << 20;

/// How often each hash was met.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Each hash near the place that its upper bits say, so that what stands there is nearly in order.
    table: Vec<HashRun>,
    /// What was handed on, each in order.
    shards: Vec<Box<[HashRun]>>,
    waiting: usize,
    /// How many runs there were when shards were last brought together.
    together: usize,
}

impl Tally {
    /// Counts an occurrence of a hash.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        if self.table.is_empty() {
            self.table.resize(PLACES + NEAR, HashRun::default());
        }
        let place = (hash >> (u64::BITS - PLACES.ilog2())) as usize;
        for run in &mut self.table[place..place + NEAR] {
            if run.times == 0 {
                *run = HashRun::new(hash);
                return;
            }
            if run.hash() == hash && run.times < u32::MAX {
                run.times += 1;
                return;
            }
        }
        self.hand_on();
        self.table[place] = HashRun::new(hash);
    }

    /// Moves the hashes of the table to the sorted runs.
    #[cold]
    fn hand_on(&mut self) {
        let mut runs = Vec::with_capacity(self.table.iter().filter(|run| run.times > 0).count());
        for run in self.table.iter_mut().filter(|run| run.times > 0) {
            // The place of one before it is not far behind.
            let last = runs.len();
            runs.push(std::mem::take(run));
            let mut at = last;
            while at > 0 && runs[at - 1].hash() > runs[at].hash() {
                runs.swap(at - 1, at);
                at -= 1;
            }
        }
        self.push(runs);
    }

    fn push(&mut self, runs: Vec<HashRun>) {
        if !runs.is_empty() {
            self.waiting += runs.len();
            self.shards.push(runs.into_boxed_slice());
        }
    }

    /// Ends a shard: all of its hashes are handed on.
    pub fn settle(&mut self) {
        self.hand_on();
        self.table = Vec::new();
    }

    /// Adds what other shards have met. Once these are many they are brought together, so that memory follows
    /// from the hashes and not from the shards.
    pub fn join(&mut self, mut later: Self) {
        later.settle();
        self.waiting += later.waiting;
        self.shards.append(&mut later.shards);
        if self.waiting > WAITING.max(2 * self.together) {
            self.bring_together();
        }
    }

    /// Of runs in any order.
    pub fn of(runs: Vec<HashRun>) -> Self {
        let mut all = Self::default();
        all.put_in_order(runs);
        all
    }

    /// Runs that were handed on.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    fn bring_together(&mut self) {
        let runs = std::mem::take(&mut self.shards).concat();
        self.put_in_order(runs);
    }

    fn put_in_order(&mut self, mut runs: Vec<HashRun>) {
        // What is in order already is found to be.
        runs.sort_by_key(HashRun::hash);
        runs.dedup_by(|later, first| {
            let times = first.times.checked_add(later.times).filter(|_| later.hash == first.hash);
            first.times = times.unwrap_or(first.times);
            times.is_some()
        });
        (self.waiting, self.together) = (0, runs.len());
        self.push(runs);
    }

    /// Whether the hashes that were handed on, each counted once, are more than `most`.
    pub fn are_more_than(&mut self, most: usize) -> bool {
        if self.waiting > most {
            self.bring_together();
        }
        self.waiting > most
    }

    /// All that were met, in stretches that are each in order.
    pub fn into_runs(mut self) -> Vec<Box<[HashRun]>> {
        self.settle();
        self.shards
    }
}

impl Stretches<HashRun> {
    /// All that were met, in stretches that are each in order.
    pub fn into_runs(mut self) -> Vec<Box<[HashRun]>> {
        self.settle();
        self.settled.iter_mut().for_each(|runs| runs.sort_unstable_by_key(HashRun::hash));
        self.settled
    }
}

/// Identifiers that are mentioned but not defined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Number of distinct hashes.
    pub hashes: u64,
    /// How often the missing identifiers are mentioned.
    pub times: u64,
}

/// Hashes that are looked at together, about: what is made of them stays in the cache of a core.
const TOGETHER: usize = 1 << 13;
/// Hashes of a part beyond which they are no accident.
const CROWDED: usize = 8 * TOGETHER;

/// How many of the hashes an earlier one is equal to, and what of each list of runs, in stretches that are
/// each in order, is not among them.
///
/// ```text
/// hashes -> parts by their upper bits
/// for each part: a table of its hashes; the runs of that part are looked for in it
/// ```
pub fn held<const N: usize>(
    known: Stretches<u64>,
    mentioned: [Vec<Box<[HashRun]>>; N],
) -> (u64, [Missing; N]) {
    let count = known.len();
    let parts = (count / TOGETHER).next_power_of_two().max(2);
    let part_of = |hash: u64| (hash >> (u64::BITS - parts.ilog2())) as usize;
    let (mut all, starts) = in_parts(known, parts, &part_of);
    let mut rest: [Vec<&[HashRun]>; N] =
        std::array::from_fn(|list| mentioned[list].iter().map(|runs| &**runs).collect());
    let (mut doubles, mut missing) = (0, [Missing::default(); N]);
    let mut set = HashSet::default();
    for part in 0..parts {
        let hashes = &mut all[starts[part]..starts[part + 1]];
        // Those that were made to be alike would make a set of any size.
        let is_crowded = hashes.len() > CROWDED;
        if is_crowded {
            hashes.sort_unstable();
            doubles += hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        } else {
            set.begin(hashes.len());
            doubles += hashes.iter().filter(|hash| !set.insert(**hash)).count() as u64;
        }
        let has = |hash: u64| if is_crowded { hashes.binary_search(&hash).is_ok() } else { set.has(hash) };
        for (rest, missing) in rest.iter_mut().zip(&mut missing) {
            let mut without: Vec<u64> = Vec::new();
            for runs in rest {
                let mut taken = 0;
                while let Some(run) = runs.get(taken).filter(|run| part_of(run.hash()) == part) {
                    taken += 1;
                    if !has(run.hash()) {
                        without.push(run.hash());
                        missing.times += u64::from(run.times);
                    }
                }
                *runs = &runs[taken..];
            }
            without.sort_unstable();
            without.dedup();
            missing.hashes += without.len() as u64;
        }
    }
    (doubles, missing)
}

/// All hashes, part by part, and where each part begins; behind them where the last one ends.
fn in_parts(
    mut known: Stretches<u64>,
    parts: usize,
    part_of: &dyn Fn(u64) -> usize,
) -> (Vec<u64>, Vec<usize>) {
    known.settle();
    let mut starts = vec![0usize; parts + 1];
    for hash in known.settled.iter().flatten() {
        starts[part_of(*hash) + 1] += 1;
    }
    for part in 0..parts {
        starts[part + 1] += starts[part];
    }
    let mut next = starts.clone();
    let mut all = vec![0; starts[parts]];
    for stretch in known.settled {
        for hash in &stretch {
            let place = &mut next[part_of(*hash)];
            all[*place] = *hash;
            *place += 1;
        }
    }
    (all, starts)
}

/// Hashes to look for. Identifiers can be made whose hashes are alike: the places are those of a factor that
/// is another one in each run.
struct HashSet {
    /// 0 stands for none.
    places: Vec<u64>,
    has_zero: bool,
    factor: u64,
}

impl Default for HashSet {
    fn default() -> Self {
        Self { places: Vec::new(), has_zero: false, factor: RandomState::new().hash_one(0) | 1 }
    }
}

impl HashSet {
    /// Begins anew, with room for `count`.
    fn begin(&mut self, count: usize) {
        self.places.clear();
        self.places.resize((count * 2).next_power_of_two().max(2), 0);
        self.has_zero = false;
    }

    /// The place of a hash, or where it goes.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        let mask = self.places.len() - 1;
        let product = u128::from(hash) * u128::from(self.factor);
        let mut at = ((product >> 64) as u64 ^ product as u64) as usize & mask;
        while self.places[at] != 0 && self.places[at] != hash {
            at = (at + 1) & mask;
        }
        at
    }

    /// Adds one; false if it was there.
    #[inline]
    fn insert(&mut self, hash: u64) -> bool {
        if hash == 0 {
            return !std::mem::replace(&mut self.has_zero, true);
        }
        let place = self.place(hash);
        std::mem::replace(&mut self.places[place], hash) == 0
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        if hash == 0 { self.has_zero } else { self.places[self.place(hash)] == hash }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Hashes, of which some are equal, some have equal upper bits, and some are zero.
    fn hash() -> impl Strategy<Value = u64> {
        prop_oneof![
            0u64..20,
            (0u64..50).prop_map(|at| at << 60),
            (0u64..99).prop_map(|at| super::super::mix(7, at))
        ]
    }

    proptest! {
        #[test]
        fn what_is_double_and_missing_is_as_counted_one_by_one(
            known in prop::collection::vec(hash(), 0..200), mentioned in prop::collection::vec(hash(), 0..400), cut in 1usize..100,
        ) {
            let mut stretches = Stretches::default();
            for part in known.chunks(cut) {
                stretches.join(Stretches { open: part.to_vec(), ..Stretches::default() });
            }
            let mut tally = Tally::default();
            let mut runs = Stretches::default();
            for part in mentioned.chunks(cut) {
                let mut shard = Tally::default();
                part.iter().for_each(|hash| shard.add(*hash));
                tally.join(shard);
                runs.open.extend(part.iter().map(|hash| HashRun::new(*hash)));
                runs.settle();
            }
            let (doubles, missing) = held(stretches, [tally.into_runs(), runs.into_runs()]);
            let mut distinct = known.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(doubles as usize, known.len() - distinct.len());
            let mut without = BTreeMap::new();
            for hash in mentioned.iter().filter(|hash| !known.contains(hash)) {
                *without.entry(hash).or_insert(0u64) += 1;
            }
            let expected = Missing { hashes: without.len() as u64, times: without.values().sum() };
            prop_assert_eq!(missing, [expected; 2]);
        }
    }

    #[test]
    fn a_tally_hands_on_what_has_no_room_and_what_stands_in_one_place() {
        let spread = |at: u64| super::super::mix(7, at);
        let crowded = |at: u64| at;
        for of in [spread, crowded] {
            let mut tally = Tally::default();
            for at in (0..100_000).chain(0..100_000) {
                tally.add(of(at));
            }
            let mut times = BTreeMap::new();
            for runs in tally.into_runs() {
                assert!(runs.is_sorted_by_key(HashRun::hash));
                runs.iter().for_each(|run| *times.entry(run.hash()).or_insert(0) += run.times);
            }
            assert!(times.len() == 100_000 && times.values().all(|times| *times == 2));
        }
    }

    #[test]
    fn shards_that_are_many_are_brought_together() {
        let mut whole = Tally::default();
        for _ in 0..200 {
            let mut shard = Tally::default();
            (0..10_000).for_each(|hash| shard.add(hash << 32));
            whole.join(shard);
            assert!(whole.waiting <= WAITING + 10_000);
        }
        let (_, [missing]) = held(Stretches::default(), [whole.into_runs()]);
        assert_eq!(missing, Missing { hashes: 10_000, times: 2_000_000 });
    }

    #[test]
    fn hashes_are_held_against_each_other_however_they_are_spread() {
        let spread = |at: u64| super::super::mix(7, at);
        let crowded = |at: u64| at % 10;
        let ends = |at: u64| if at.is_multiple_of(2) { u64::MAX - at } else { at };
        for of in [spread, crowded, ends] {
            for count in [0, 1, 2, 63, 1000, 200_000] {
                let mut expected: Vec<u64> = (0..count).map(of).collect();
                let stretches = || {
                    let mut stretches = Stretches::default();
                    for part in (0..count).map(of).collect::<Vec<_>>().chunks(999) {
                        stretches.join(Stretches { open: part.to_vec(), ..Stretches::default() });
                    }
                    stretches
                };
                expected.sort_unstable();
                assert_eq!(stretches().sorted(), expected);
                expected.dedup();
                let (doubles, []) = held(stretches(), []);
                assert_eq!(doubles, count - expected.len() as u64);
            }
        }
    }

    #[test]
    fn stretches_are_all_there_in_order() {
        let mut one = Stretches { open: vec![3, 1], ..Stretches::default() };
        one.join(Stretches { open: vec![2, 2], ..Stretches::default() });
        one.open.push(0);
        assert_eq!(one.len(), 5);
        assert_eq!(one.sorted(), [0, 1, 2, 2, 3]);
    }
}
