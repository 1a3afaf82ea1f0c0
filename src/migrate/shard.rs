//! Which sources a process converts, if several share a migration: arithmetic on names, and no locks.

use std::fmt;
use std::str::FromStr;

use crate::error::{Code, Error, Result};

/// One of several parts of a migration, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    /// The number of the part.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
}

/// Parts at most: each has a journal.
const MOST: u32 = 100_000;

impl Shard {
    /// The only part of a migration.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// The part of a source, by the hash of its name: any process finds the same without asking another.
    pub fn has(self, name: &str) -> bool {
        let hash = blake3::hash(name.as_bytes());
        let first = hash.as_bytes().iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        first % u64::from(self.count) + 1 == u64::from(self.index)
    }

    /// The part of a task of a Slurm array, by the variables that Slurm sets; `None` outside of arrays.
    ///
    /// # Errors
    /// [`Code::Usage`] if the numbers of the tasks do not follow each other.
    pub fn of_slurm(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let number = |name: &str| lookup(&format!("SLURM_ARRAY_TASK_{name}"))?.trim().parse::<u32>().ok();
        let (Some(id), Some(count)) = (number("ID"), number("COUNT")) else { return Ok(None) };
        let (least, most) = (number("MIN").unwrap_or(1), number("MAX").unwrap_or(count));
        let step = number("STEP").unwrap_or(1).max(1);
        let at = id.wrapping_sub(least);
        let is_regular = least <= id
            && id <= most
            && (most - least).is_multiple_of(step)
            && (most - least) / step + 1 == count
            && at.is_multiple_of(step);
        if !is_regular {
            let what =
                format!("the tasks of the Slurm array do not tell which shard of {count} task {id} is");
            return Err(Error::new(Code::Usage, what)
                .help("give ⟦shard⟧ i/n, or number the tasks of the array without gaps"));
        }
        Self { index: at / step + 1, count }.checked().map(Some)
    }

    fn checked(self) -> Result<Self> {
        if (1..=self.count).contains(&self.index) && self.count <= MOST {
            return Ok(self);
        }
        let what = format!("expected a shard such as 2/8, found {self}");
        Err(Error::new(Code::Usage, what)
            .help(format!("shards are counted from 1, and there are {MOST} at most")))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            Some(Self { index: index.trim().parse().ok()?, count: count.trim().parse().ok()? })
        });
        match parsed {
            Some(shard) => shard.checked(),
            None => Err(Error::new(Code::Usage, format!("expected a shard such as 2/8, found {text:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_in_one_part() {
        let names: Vec<String> = (0..1000).map(|number| format!("logs/{number}.csv")).collect();
        for count in [1, 2, 7] {
            let of = |index| names.iter().filter(|name| Shard { index, count }.has(name)).count();
            let sizes: Vec<usize> = (1..=count).map(of).collect();
            assert_eq!(sizes.iter().sum::<usize>(), 1000);
            assert!(sizes.iter().all(|size| *size > 1000 / count as usize / 2), "{sizes:?}");
        }
    }

    #[test]
    fn the_tasks_of_an_array_are_parts_if_their_numbers_say_which() {
        let of = |words: &str| {
            let pairs: Vec<(String, String)> = words
                .split(' ')
                .filter_map(|it| it.split_once('='))
                .map(|(name, value)| (format!("SLURM_ARRAY_TASK_{name}"), value.to_owned()))
                .collect();
            let lookup = |name: &str| pairs.iter().find(|it| it.0 == name).map(|it| it.1.clone());
            Shard::of_slurm(&lookup).map(|it| it.map(|it| it.to_string()))
        };
        assert_eq!(of("").unwrap(), None);
        assert_eq!(of("ID=3").unwrap(), None);
        assert_eq!(of("ID=3 COUNT=4 MIN=0 MAX=3").unwrap().unwrap(), "4/4");
        assert_eq!(of("ID=5 COUNT=3 MIN=1 MAX=5 STEP=2").unwrap().unwrap(), "3/3");
        for irregular in
            ["ID=3 COUNT=3 MIN=1 MAX=7", "ID=9 COUNT=3 MIN=1 MAX=3", "ID=2 COUNT=3 MIN=1 MAX=5 STEP=2"]
        {
            assert_eq!(of(irregular).unwrap_err().code(), Code::Usage, "{irregular}");
        }
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0", "1/200000"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
