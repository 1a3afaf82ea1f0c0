//! Which rows of a stream of batches are shown: the first, the last, or some from everywhere.
//!
//! Invariant: the choice follows from the order of the rows and the seed, not from where batches begin; and no
//! more is held than the rows that may still be shown, and a batch at each end.

use std::collections::VecDeque;

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use logflow::error::Result;

/// The rows that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The first rows behind those that are skipped.
    First,
    /// The last rows before those that are skipped.
    Last,
    /// Rows from everywhere, chosen by this seed.
    Some(u64),
}

/// Takes batches and keeps the rows that are asked for.
#[derive(Debug)]
pub struct Pick {
    wanted: Wanted,
    rows: usize,
    skip: u64,
    /// Rows seen so far.
    seen: u64,
    /// Stretches of rows, each with the number of its first row.
    kept: VecDeque<(u64, RecordBatch)>,
    /// Of a sample, each row by itself.
    sample: Vec<(u64, RecordBatch)>,
    random: Random,
}

impl Pick {
    /// Nothing was taken yet. `rows`: how many are wanted; `skip`: how many are passed over, at the beginning
    /// or, of the last rows, at the end.
    pub fn new(wanted: Wanted, rows: usize, skip: u64) -> Self {
        let random = Random(if let Wanted::Some(seed) = wanted { seed } else { 0 });
        let (kept, sample) = (VecDeque::new(), Vec::new());
        Self { wanted, rows, skip, seen: 0, kept, sample, random }
    }

    /// Whether no more rows are needed.
    pub fn is_full(&self) -> bool {
        self.wanted == Wanted::First && self.seen >= self.skip.saturating_add(self.rows as u64)
    }

    /// Takes the rows out that are shown whatever follows: the first ones.
    pub fn settled(&mut self) -> Vec<(u64, RecordBatch)> {
        if self.wanted == Wanted::First { self.kept.drain(..).collect() } else { Vec::new() }
    }

    /// Needs no more rows.
    pub fn close(&mut self) {
        (self.wanted, self.rows, self.skip) = (Wanted::First, 0, 0);
    }

    /// The number of rows that were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// If Arrow can't copy rows of a sample.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let (first, rows) = (self.seen, batch.num_rows() as u64);
        self.seen += rows;
        match self.wanted {
            Wanted::First => {
                let (from, to) = (self.skip, self.skip.saturating_add(self.rows as u64));
                let (from, to) = (from.clamp(first, first + rows), to.clamp(first, first + rows));
                if from < to {
                    let part = batch.slice((from - first) as usize, (to - from) as usize);
                    self.kept.push_back((from, part));
                }
            }
            Wanted::Last => {
                self.kept.push_back((first, batch.clone()));
                let needed = self.skip.saturating_add(self.rows as u64);
                while let Some((first, batch)) = self.kept.front()
                    && self.seen - first - batch.num_rows() as u64 >= needed
                {
                    self.kept.pop_front();
                }
            }
            Wanted::Some(_) => self.sample(first, batch)?,
        }
        Ok(())
    }

    /// Each row so far is in the sample with the same chance.
    fn sample(&mut self, first: u64, batch: &RecordBatch) -> Result<()> {
        let mut places: Vec<(usize, u64)> = Vec::new();
        for row in 0..batch.num_rows() as u64 {
            let number = first + row;
            if number < self.skip {
                continue;
            }
            let nth = number - self.skip;
            let place = if nth < self.rows as u64 { nth } else { self.random.below(nth + 1) };
            if place < self.rows as u64 {
                places.push((place as usize, row));
            }
        }
        for (place, row) in places {
            // A slice would keep the whole batch.
            let one = take_record_batch(batch, &UInt64Array::from(vec![row]))?;
            match self.sample.get_mut(place) {
                Some(before) => *before = (first + row, one),
                None => self.sample.push((first + row, one)),
            }
        }
        Ok(())
    }

    /// The rows in the order of the log, as stretches that each begin at this row, counted from 0.
    pub fn finish(mut self) -> Vec<(u64, RecordBatch)> {
        match self.wanted {
            Wanted::First => self.kept.into(),
            Wanted::Last => {
                let to = self.seen.saturating_sub(self.skip);
                let from = to.saturating_sub(self.rows as u64);
                let part = |(first, batch): (u64, RecordBatch)| {
                    let end = first + batch.num_rows() as u64;
                    let (from, to) = (from.clamp(first, end), to.clamp(first, end));
                    (from < to).then(|| (from, batch.slice((from - first) as usize, (to - from) as usize)))
                };
                self.kept.into_iter().filter_map(part).collect()
            }
            Wanted::Some(_) => {
                self.sample.sort_by_key(|(number, _)| *number);
                self.sample
            }
        }
    }
}

/// Random numbers that are the same everywhere: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// A number from 0 up to, not including, `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * u128::from(most)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    /// The numbers that are picked of 0 to 99, in batches of `size`.
    fn picked(mut pick: Pick, size: usize) -> Vec<i64> {
        let numbers: Vec<i64> = (0..100).collect();
        for part in numbers.chunks(size) {
            let column: ArrayRef = Arc::new(Int64Array::from(part.to_vec()));
            pick.take(&RecordBatch::try_from_iter([("n", column)]).unwrap()).unwrap();
        }
        assert_eq!(pick.seen(), 100);
        let mut found = Vec::new();
        for (first, batch) in pick.finish() {
            let values = batch.column(0).as_primitive::<Int64Type>().values().to_vec();
            assert_eq!(values[0], first as i64);
            found.extend(values);
        }
        found
    }

    #[test]
    fn rows_are_the_same_however_they_come() {
        for size in [1, 7, 50, 100] {
            assert_eq!(picked(Pick::new(Wanted::First, 3, 0), size), [0, 1, 2]);
            assert_eq!(picked(Pick::new(Wanted::First, 3, 49), size), [49, 50, 51]);
            assert_eq!(picked(Pick::new(Wanted::First, 3, 98), size), [98, 99]);
            assert_eq!(picked(Pick::new(Wanted::First, 3, 200), size), [0; 0]);
            assert_eq!(picked(Pick::new(Wanted::Last, 3, 0), size), [97, 98, 99]);
            assert_eq!(picked(Pick::new(Wanted::Last, 3, 50), size), [47, 48, 49]);
            assert_eq!(picked(Pick::new(Wanted::Last, 200, 98), size), [0, 1]);
            let sample = picked(Pick::new(Wanted::Some(1), 10, 0), size);
            assert_eq!(sample, picked(Pick::new(Wanted::Some(1), 10, 0), 100));
            assert!(sample.is_sorted() && sample.len() == 10);
            assert_ne!(sample, picked(Pick::new(Wanted::Some(2), 10, 0), size));
        }
        assert_eq!(picked(Pick::new(Wanted::Some(1), 200, 0), 7), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_sample_has_rows_from_everywhere() {
        let mut halves = [0; 2];
        for seed in 0..200 {
            for number in picked(Pick::new(Wanted::Some(seed), 10, 0), 100) {
                halves[number as usize / 50] += 1;
            }
        }
        assert!(halves.iter().all(|half| (900..=1100).contains(half)), "{halves:?}");
    }
}
