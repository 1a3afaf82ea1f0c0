//! The labels of activities: how often each occurs, where first, how finely its times are told, and how long its
//! events take.

use super::columns::values::{HashedMap, cut};
use super::times::Grain;

/// Labels that are told apart: those that appear first. 100 bytes each, and their text.
pub const MOST_LABELS: usize = 200_000;
/// Bytes of a label that are kept.
const LABEL_BYTES: usize = 512;
/// Rows that a label remembers for each thing that only the whole log can judge.
const ROWS: usize = 3;
/// The number of an event without a label, or of a label that is not told apart.
pub const NO_LABEL: u32 = u32::MAX;

/// What is known of one label, the name of an activity.
#[derive(Debug, Clone, Default)]
pub struct Label {
    /// The label as the log has it.
    pub text: Box<str>,
    /// Events with it.
    pub count: u64,
    /// The first row with it.
    pub first_row: u64,
    /// Events by how finely their time is told.
    pub grains: [u64; Grain::COUNT],
    /// Events that take time.
    pub lasting: u64,
    /// Events that begin and end at the same time.
    pub instant: u64,
    /// The first rows of these.
    pub instant_rows: Vec<u64>,
}

impl Label {
    fn join(&mut self, later: &Self, offset: u64) {
        self.count += later.count;
        for (sum, more) in self.grains.iter_mut().zip(later.grains) {
            *sum += more;
        }
        self.lasting += later.lasting;
        self.instant += later.instant;
        let room = ROWS.saturating_sub(self.instant_rows.len());
        self.instant_rows.extend(later.instant_rows.iter().take(room).map(|row| row + offset));
    }

    /// Counts an event that begins and ends at the same time.
    pub fn add_instant(&mut self, row: u64) {
        self.instant += 1;
        if self.instant_rows.len() < ROWS {
            self.instant_rows.push(row);
        }
    }
}

/// The labels of a part of the log, or of all of it, in the order in which they appear.
#[derive(Debug, Default)]
pub struct Labels {
    index: HashedMap<u32>,
    /// What is known of each label.
    pub all: Vec<Label>,
    /// Events of labels beyond [`MOST_LABELS`].
    pub others: u64,
}

impl Labels {
    /// The number of a label; `make` gives its text if it is new.
    #[inline]
    pub fn number(&mut self, hash: u64, row: u64, make: impl FnOnce() -> String) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.index.entry(hash).or_insert(next);
        if number == next {
            let text = cut(&make(), LABEL_BYTES).into();
            self.all.push(Label { text, first_row: row, ..Label::default() });
        }
        number
    }

    /// The number of a label that is known.
    pub fn find(&self, hash: u64) -> Option<u32> {
        self.index.get(&hash).copied()
    }

    /// Adds the labels of rows that follow, of which the first is row `offset`. For each of the other's labels
    /// its number here.
    pub fn join(&mut self, later: Self, offset: u64) -> Vec<u32> {
        self.others += later.others;
        let mut hashes = vec![0; later.all.len()];
        for (hash, number) in later.index {
            hashes[number as usize] = hash;
        }
        let mut numbers = Vec::with_capacity(hashes.len());
        for (label, hash) in later.all.into_iter().zip(hashes) {
            let number = match self.index.get(&hash) {
                Some(number) => {
                    self.all[*number as usize].join(&label, offset);
                    *number
                }
                None if self.all.len() < MOST_LABELS => {
                    let number = self.all.len() as u32;
                    self.index.insert(hash, number);
                    let first_row = label.first_row + offset;
                    let mut known = Label { text: label.text.clone(), first_row, ..Label::default() };
                    known.join(&label, offset);
                    self.all.push(known);
                    number
                }
                None => {
                    self.others += label.count;
                    NO_LABEL
                }
            };
            numbers.push(number);
        }
        numbers
    }

    /// Events with a label.
    pub fn events(&self) -> u64 {
        self.others + self.all.iter().map(|it| it.count).sum::<u64>()
    }
}
