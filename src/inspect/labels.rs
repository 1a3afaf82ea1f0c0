//! The labels of activities: how often each occurs, where first, how finely its times are told, and how long its
//! events take.

use super::columns::values::{HashedMap, cut};
use super::times::Grain;

/// Labels that are told apart: those that appear first. 100 bytes each, and their text.
pub const MOST_LABELS: usize = 200_000;
/// Bytes of a label that are kept.
const LABEL_BYTES: usize = 512;
/// Half hours in a day.
pub const HALF_HOURS: usize = 48;
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
    /// Events whose time is a whole half hour, by the half hour of the day.
    pub halves: Option<Box<[u32; HALF_HOURS]>>,
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
        if let Some(later) = &later.halves {
            let own = self.halves.get_or_insert_with(|| Box::new([0; HALF_HOURS]));
            own.iter_mut().zip(later.iter()).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
        }
        self.lasting += later.lasting;
        self.instant += later.instant;
        let room = ROWS.saturating_sub(self.instant_rows.len());
        self.instant_rows.extend(later.instant_rows.iter().take(room).map(|row| row + offset));
    }

    /// Counts a time that is a whole half hour.
    pub fn add_half_hour(&mut self, at: usize) {
        let own = self.halves.get_or_insert_with(|| Box::new([0; HALF_HOURS]));
        own[at] = own[at].saturating_add(1);
    }

    /// Events with a time.
    pub fn timed(&self) -> u64 {
        self.grains.iter().sum()
    }

    /// Counts an event that begins and ends at the same time.
    pub fn add_instant(&mut self, row: u64) {
        self.instant += 1;
        if self.instant_rows.len() < ROWS {
            self.instant_rows.push(row);
        }
    }
}

/// Times that an activity must have before something follows from how finely they are told: of times in seconds
/// one in 60 is a whole minute, so five of them are by chance in one case of 800 million.
pub const LEAST_TIMED: u64 = 5;

/// Half hours of the day that are midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Midnights([bool; HALF_HOURS]);

impl Midnights {
    /// Events of a label by how finely their times are told.
    pub fn grains(&self, label: &Label) -> [u64; Grain::COUNT] {
        let mut grains = label.grains;
        let Some(halves) = &label.halves else { return grains };
        let timed = label.timed();
        let days: u64 = (0..HALF_HOURS).filter(|at| self.0[*at]).map(|at| u64::from(halves[at])).sum();
        // An activity that also has other times may have this one by chance.
        if days == timed {
            grains = [0; Grain::COUNT];
            grains[Grain::Day as usize] = timed;
        }
        grains
    }

    /// The finest grain of a label's times.
    pub fn finest(&self, label: &Label) -> Option<Grain> {
        let grains = self.grains(label);
        Grain::ALL.into_iter().rev().find(|it| grains[*it as usize] > 0)
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

    /// The half hours of the day that are midnight where people read the times: those at which activities stand all
    /// of whose times are at one half hour, or at two that are an hour apart, as clocks change in spring.
    pub fn midnights(&self) -> Midnights {
        let mut sums = [0u64; HALF_HOURS];
        for label in self.all.iter().filter(|it| it.timed() >= LEAST_TIMED) {
            let Some(halves) = &label.halves else { continue };
            let used: Vec<usize> = (0..HALF_HOURS).filter(|at| halves[*at] > 0).collect();
            let all: u64 = halves.iter().map(|it| u64::from(*it)).sum();
            let is_one = match used[..] {
                [_] => true,
                [a, b] => matches!(b - a, 2 | 46),
                _ => false,
            };
            if is_one && all == label.timed() {
                used.iter().for_each(|at| sums[*at] += u64::from(halves[*at]));
            }
        }
        let mut found = Midnights([false; HALF_HOURS]);
        found.0[0] = true;
        let most = (0..HALF_HOURS).max_by_key(|at| (sums[*at], std::cmp::Reverse(*at))).unwrap_or_default();
        if sums[most] > 0 {
            for at in [most, (most + 2) % HALF_HOURS, (most + HALF_HOURS - 2) % HALF_HOURS] {
                found.0[at] |= sums[at] > 0;
            }
        }
        found
    }

    /// Events with a label.
    pub fn events(&self) -> u64 {
        self.others + self.all.iter().map(|it| it.count).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(halves: &[(usize, u32)], others: u64) -> Label {
        let mut label = Label::default();
        let mut counts = [0; HALF_HOURS];
        for (at, count) in halves {
            counts[*at] = *count;
            label.grains[Grain::Hour as usize] += u64::from(*count);
        }
        label.grains[Grain::Second as usize] = others;
        label.halves = Some(Box::new(counts));
        label
    }

    #[test]
    fn midnight_elsewhere_is_seen_where_all_times_of_an_activity_are_at_it() {
        // 22:00 and 23:00 in UTC are midnight in Berlin.
        let labels = Labels {
            all: vec![label(&[(44, 30), (46, 20)], 0), label(&[(44, 1), (9, 2)], 500)],
            ..Labels::default()
        };
        let midnights = labels.midnights();
        assert_eq!(midnights.finest(&labels.all[0]), Some(Grain::Day));
        assert_eq!(midnights.finest(&labels.all[1]), Some(Grain::Second));
        assert_eq!(midnights.grains(&labels.all[0])[Grain::Day as usize], 50);
        assert_eq!(Labels::default().midnights().finest(&label(&[(0, 5)], 0)), Some(Grain::Day));
        assert_eq!(Labels::default().midnights().finest(&label(&[(3, 5)], 0)), Some(Grain::Hour));
    }
}
