//! The temporal profile: the time between any two activities of a case, not only between those that follow each
//! other directly. Its cost is the square of the number of events of a case, so that it has a limit.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::edges::PairHasher;
use super::moments::Moments;

/// Times between pairs of activities.
#[derive(Debug)]
pub(super) struct Profile {
    /// Events of a case at most.
    pub most: usize,
    /// Cases with more, which are left out.
    pub left_out: u64,
    /// Activity, start and time of the events of the case that is being read.
    events: Vec<(u32, i64, i64)>,
    pub pairs: HashMap<u64, Moments, BuildHasherDefault<PairHasher>>,
}

impl Profile {
    /// A profile of cases of up to so many events.
    pub fn new(most: usize) -> Self {
        Self { most, left_out: 0, events: Vec::new(), pairs: HashMap::default() }
    }

    /// The next event of the case, in the order of starts.
    pub fn event(&mut self, activity: u32, start: i64, time: i64) {
        if self.events.len() <= self.most {
            self.events.push((activity, start, time));
        }
    }

    /// The case ends here.
    pub fn end(&mut self) {
        if self.events.len() > self.most {
            self.left_out += 1;
        } else {
            for (at, (from, _, time)) in self.events.iter().enumerate() {
                for (to, start, _) in &self.events[at + 1..] {
                    if time <= start {
                        let pair = u64::from(*from) << 32 | u64::from(*to);
                        self.pairs.entry(pair).or_default().add(start.saturating_sub(*time));
                    }
                }
            }
        }
        self.events.clear();
    }

    /// Adds the pairs of other cases.
    pub fn join(&mut self, other: Self) {
        self.left_out += other.left_out;
        for (pair, moments) in other.pairs {
            self.pairs.entry(pair).or_default().join(&moments);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_overlap_do_not_count_and_long_cases_are_left_out() {
        let mut profile = Profile::new(3);
        // a from 0 to 5, b from 3 to 6, a from 6 to 7.
        for (activity, start, time) in [(0, 0, 5), (1, 3, 6), (0, 6, 7)] {
            profile.event(activity, start, time);
        }
        profile.end();
        (0..4).for_each(|time| profile.event(1, time, time));
        profile.end();
        let count = |from: u64, to: u64| profile.pairs.get(&(from << 32 | to)).map(|it| (it.count, it.sum));
        assert_eq!((count(0, 1), count(0, 0), count(1, 0)), (None, Some((1, 1)), Some((1, 0))));
        assert_eq!(profile.left_out, 1);
    }
}
