//! The time that intervals cover together: where they overlap it counts once.

/// Intervals that wait before they are joined: 1 MB.
const WAITING: usize = 1 << 16;

/// A set of moments, as intervals.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    /// Disjoint, in ascending order.
    joined: Vec<(i64, i64)>,
    waiting: Vec<(i64, i64)>,
}

impl Intervals {
    /// Adds an interval; one that ends before it begins is empty.
    #[inline]
    pub fn add(&mut self, from: i64, to: i64) {
        if from < to {
            self.waiting.push((from, to));
            // What is joined is sorted anew each time, so it must not be much more than what is added.
            if self.waiting.len() >= WAITING.max(self.joined.len()) {
                self.settle();
            }
        }
    }

    fn settle(&mut self) {
        self.joined.append(&mut self.waiting);
        self.joined.sort_unstable();
        let mut last = 0;
        for at in 1..self.joined.len() {
            let (from, to) = self.joined[at];
            if from <= self.joined[last].1 {
                self.joined[last].1 = self.joined[last].1.max(to);
            } else {
                last += 1;
                self.joined[last] = (from, to);
            }
        }
        self.joined.truncate(last + 1);
    }

    /// Adds the intervals of another.
    pub fn join(&mut self, other: Self) {
        self.waiting.extend(other.joined);
        self.waiting.extend(other.waiting);
        self.settle();
    }

    /// How much time they cover.
    pub fn covered(&mut self) -> u128 {
        self.settle();
        self.joined.iter().map(|(from, to)| u128::from(to.abs_diff(*from))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_several_intervals_cover_counts_once() {
        let (mut intervals, mut more) = (Intervals::default(), Intervals::default());
        for (from, to) in [(0, 10), (5, 12), (20, 30), (22, 25), (40, 40), (9, 3)] {
            intervals.add(from, to);
        }
        assert_eq!(intervals.covered(), 22);
        more.add(12, 20);
        more.add(-5, -1);
        intervals.join(more);
        assert_eq!(intervals.covered(), 34);
        assert_eq!(Intervals::default().covered(), 0);
    }
}
