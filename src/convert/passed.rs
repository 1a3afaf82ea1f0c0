//! What a pass over all inputs came to, or what ended it.

use std::collections::HashMap;
use std::time::Duration;

use crate::encode::builders::ColumnTally;
use crate::error::Error;
use crate::model::kind::Kinds;
use crate::model::readings::Readings;
use crate::model::table::LateColumn;
use crate::report::Source;
use crate::shard::columns::Timings;
use crate::shard::merge::PartDone;
use crate::source::input::Ready;
use crate::step::ChainDone;
use crate::text::any::AnyFormat;

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
    /// For each table, what its steps came to.
    pub steps: Vec<ChainDone>,
    /// The error of the first step that failed, which is final if the types of the pass are.
    pub failed: Option<Error>,
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

/// The formats with the columns that all inputs turned out to have, each by itself and beside the others; `None` for one that has these already.
pub fn relearned(inputs: &[Ready], parts: &[PartDone]) -> Vec<Option<AnyFormat>> {
    let inputs = || inputs.iter().zip(parts);
    let mut relearned: Vec<Option<AnyFormat>> =
        inputs().map(|(input, part)| input.format.relearned(&part.learned, &part.kinds())).collect();
    if relearned.len() > 1 {
        let mut all: HashMap<Box<str>, Kinds> = HashMap::new();
        for ((input, part), format) in inputs().zip(&relearned) {
            let found = match format {
                Some(format) => format.kinds_by_key(&[]),
                None => input.format.kinds_by_key(&part.kinds()),
            };
            for (key, kinds) in found {
                all.entry(key).or_insert(Kinds::NONE).join(kinds);
            }
        }
        for ((input, _), format) in inputs().zip(&mut relearned) {
            if let Some(beside) = format.as_ref().unwrap_or(&input.format).reconciled_with(&all) {
                *format = Some(beside);
            }
        }
    }
    relearned
}

/// What is known of the values of an input's columns, in the order of the columns that it turned out to have.
pub fn carried(before: &AnyFormat, after: &AnyFormat, part: &PartDone) -> Vec<ColumnTally> {
    let known: HashMap<Box<str>, usize> = before.column_ids().into_iter().zip(0..).collect();
    let late: HashMap<&str, &LateColumn> = part.learned.late.iter().map(|it| (&*it.id, it)).collect();
    let tally = |(id, own): (&str, Kinds)| {
        if let Some(index) = known.get(id) {
            return part.tallies[*index].clone();
        }
        let (readings, kinds) =
            late.get(id).map_or((Readings::of_kinds(own), own), |late| (late.readings, late.kinds));
        ColumnTally { readings, kinds, ..ColumnTally::default() }
    };
    after.column_ids().iter().map(AsRef::as_ref).zip(after.own_kinds()).map(tally).collect()
}
