//! What a pass over all inputs came to, or what ended it.

use std::collections::HashMap;
use std::time::Duration;

use super::report::Source;
use crate::encode::builders::ColumnTally;
use crate::error::Error;
use crate::format::any::AnyFormat;
use crate::model::kind::Kinds;
use crate::model::readings::Readings;
use crate::model::table::LateColumn;
use crate::shard::columns::Timings;
use crate::shard::merge::PartDone;

/// What a pass over all inputs came to.
pub struct Passed {
    /// One for each input.
    pub parts: Vec<PartDone>,
    /// The checksums of the inputs, if they were made.
    pub sources: Vec<Source>,
    /// Shards that were parsed again.
    pub reparses: u64,
    /// Where the workers' time went.
    pub timings: Timings,
    /// Time spent writing.
    pub written: Duration,
    /// Bad rows.
    pub bad: u64,
    /// Whether a value did not fit its inferred type.
    pub widened: bool,
}

/// What a pass was ended by.
pub enum Ended {
    /// A bad row too many. What was seen of the inputs up to it.
    Bad(Error, Vec<PartDone>),
    /// Whatever else.
    Other(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<Ended> for Error {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Bad(error, _) | Ended::Other(error) => error,
        }
    }
}

/// What is known of the values of an input's columns, in the order of the columns that it turned out to have.
pub fn carried(before: &AnyFormat, after: &AnyFormat, part: &PartDone) -> Vec<ColumnTally> {
    let known: HashMap<Box<str>, usize> = before.column_ids().into_iter().zip(0..).collect();
    let late: HashMap<&str, &LateColumn> = part.learned.late.iter().map(|it| (&*it.id, it)).collect();
    let tally = |(id, own): (&str, Kinds)| {
        if let Some(index) = known.get(id) {
            return part.tallies[*index];
        }
        let (readings, kinds) =
            late.get(id).map_or((Readings::of_kinds(own), own), |late| (late.readings, late.kinds));
        ColumnTally { readings, kinds, ..ColumnTally::default() }
    };
    after.column_ids().iter().map(AsRef::as_ref).zip(after.own_kinds()).map(tally).collect()
}
