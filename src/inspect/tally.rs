//! What a check has counted so far: affected rows out of those that it applies to, and the first of them as
//! examples; on request every affected row.

use super::found::{FoundRows, NO_COLUMN};

/// Examples that a check keeps: the first of the file.
pub const EXAMPLES: usize = 10;

/// Signs around the number of another row in the words of an example.
pub const ROW_MARK: (char, char) = ('\u{e000}', '\u{e001}');

/// Another row, from 0, in the words of an example: reports say which row of which input it is.
pub fn row_mark(row: u64) -> String {
    format!("{}{row}{}", ROW_MARK.0, ROW_MARK.1)
}

/// One place that a check points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Row among all rows that were inspected, from 0; `None` where no row is meant.
    pub row: Option<u64>,
    /// The case, by the hash of its identifier.
    pub case: Option<u64>,
    /// What was found there, in a few words.
    pub what: String,
}

/// Affected out of applicable, with examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of things that are affected.
    pub affected: u64,
    /// Number of things that the check applies to.
    pub applicable: u64,
    /// The first affected things.
    pub examples: Vec<Example>,
}

impl Tally {
    /// Adds what was found in rows that follow, of which the first is row `offset`.
    pub fn join(&mut self, later: Self, offset: u64) {
        self.affected += later.affected;
        self.applicable += later.applicable;
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(later.examples.into_iter().take(room).map(|mut it| {
            it.row = it.row.map(|row| row + offset);
            it
        }));
    }

    /// Whether one more example is wanted.
    pub fn wants_example(&self) -> bool {
        self.examples.len() < EXAMPLES
    }

    /// Keeps an example, if there is room.
    pub fn example(&mut self, row: Option<u64>, case: Option<u64>, what: impl FnOnce() -> String) {
        if self.wants_example() {
            self.examples.push(Example { row, case, what: what() });
        }
    }
}

/// A tally at work, with the list of all affected rows where one is asked for.
#[derive(Debug)]
pub struct Counter<'t> {
    /// What is counted.
    pub tally: &'t mut Tally,
    /// The list of affected rows.
    pub found: &'t mut FoundRows,
    /// Number of the check in the registry.
    pub check: u16,
}

impl Counter<'_> {
    /// Counts an affected row.
    #[inline]
    pub fn row(&mut self, row: u64, case: Option<u64>, what: impl FnOnce() -> String) {
        self.tally.affected += 1;
        self.tally.example(Some(row), case, what);
        self.found.push(row, self.check, NO_COLUMN);
    }

    /// Notes an affected row that is counted elsewhere.
    pub fn also(&mut self, row: u64) {
        self.found.push(row, self.check, NO_COLUMN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_examples_of_the_file_stay_wherever_it_is_cut() {
        let of = |rows: std::ops::Range<u64>| {
            let mut tally = Tally::default();
            for row in 0..rows.end - rows.start {
                tally.affected += 1;
                tally.example(Some(row), None, || format!("{}", rows.start + row));
            }
            tally
        };
        let whole = of(0..30);
        for cut in [1, 9, 10, 11, 29] {
            let mut joined = of(0..cut);
            joined.join(of(cut..30), cut);
            assert_eq!(joined, whole);
        }
    }
}
