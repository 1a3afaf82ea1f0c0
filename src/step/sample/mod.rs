//! A sample of cases: `logflow sample`.
//!
//! ```text
//! case, as text -> keyed hash -> smaller than a bound? -> all rows of the case stay, or none
//!   a share of the cases   the bound is that share of all hashes; rows are read once
//!   a number of cases      the bound is the greatest of so many smallest hashes; a survey tells it
//!   of each stratum        the same for each stratum by itself
//!   the first cases        those whose first rows come first
//! ```
//!
//! So a case is in the sample or not whatever format the log is in and however it is split, and a smaller sample
//! with the same seed lies within a larger one, if it is not stratified.
//!
//! ```text
//! size.rs      how many cases, and strata, as people write them
//! choose.rs    which cases are chosen, from the events of a survey
//! loss.rs      what the sample no longer shows of the log
//! distance.rs  how far the variants of two logs are apart
//! step.rs      the step
//! ```

mod choose;
mod distance;
mod loss;
mod size;
mod step;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

use self::size::{SampleSize, Stratum};
use self::step::Sample;
use super::cases::Count;
use super::registry::{self, Repeated, StepField, StepFlag, StepNeed, StepRow, StepSettings, StepTables};
use crate::error::{Code, Error, Result};
use crate::model::roles::Role;
use crate::options::Options;
use crate::options::forms::{ByText, Maybe, Same};
use crate::options::keys::keys;
use crate::step::Step;

/// A setting with a flag; `alias` is its name in `logflow sample`.
const fn field(
    key: &'static str,
    doc: &'static str,
    check: fn(&str) -> Result<()>,
    (long, alias, value_name): (&'static str, &'static str, &'static str),
    default: Option<&'static str>,
) -> StepField {
    StepField {
        key,
        doc,
        required: false,
        words: &[],
        check,
        flag: Some(StepFlag {
            long,
            alias: Some(alias),
            value_name,
            heading: "Sample of cases",
            default,
            repeated: Repeated::Last,
            is_about_columns: false,
        }),
    }
}

fn number(text: &str) -> Result<()> {
    let wrong = |_| Error::new(Code::Usage, format!("expected a whole number, found {text:?}"));
    text.parse::<u64>().map(|_| ()).map_err(wrong)
}

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "sample",
    summary: "Write a share or a number of the cases, each with all its rows",
    fields: &[
        field(
            "cases",
            "Write a sample of the cases: a share such as 10%, or a number such as 1000. The same cases are chosen from \
             every format, and a smaller sample lies within a larger one",
            |text| text.parse::<SampleSize>().map(|_| ()),
            ("sample-cases", "cases", "N|P%"),
            None,
        ),
        field(
            "first",
            "Write the first N cases, by the place of their first rows",
            |text| text.parse::<Count>().map(|_| ()),
            ("sample-first", "first", "N"),
            None,
        ),
        field(
            "by",
            "Draw the sample from each stratum in proportion: cases of one variant (variant), cases that begin in one \
             month (month), or cases with one first value of a column (attribute:COLUMN)",
            |text| text.parse::<Stratum>().map(|_| ()),
            ("sample-by", "by", "STRATUM"),
            None,
        ),
        field(
            "floor",
            "With strata: cases that are drawn from each stratum at least, if it has so many",
            number,
            ("sample-floor", "floor", "N"),
            Some("1"),
        ),
        field(
            "seed",
            "Seed of the sample of cases: each seed chooses other cases",
            number,
            ("sample-seed", "seed", "S"),
            Some("0"),
        ),
    ],
    tables: StepTables::Events,
    needs: &[StepNeed::Role(Role::Case), StepNeed::Survey],
    place: None,
    schemas: SampleSettings::value_schemas,
    read: registry::read::<SampleSettings>,
};

/// Which cases are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleSettings {
    /// How many cases the sample has.
    pub cases: Option<SampleSize>,
    /// So many of the first cases instead.
    pub first: Option<Count>,
    /// What cases are divided by.
    pub by: Option<Stratum>,
    /// Cases of each stratum at least.
    pub floor: u64,
    /// Seed of the choice.
    pub seed: u64,
}

impl Default for SampleSettings {
    fn default() -> Self {
        Self { cases: None, first: None, by: None, floor: 1, seed: 0 }
    }
}

keys! {
    SampleSettings, "settings of the step sample" {
        "cases": Maybe<ByText> = cases,
        "first": Maybe<ByText> = first,
        "by": Maybe<ByText> = by,
        "floor": Same = floor,
        "seed": Same = seed,
    }
}

impl StepSettings for SampleSettings {
    fn to_json(&self) -> Result<Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        match &self.by {
            Some(Stratum::Attribute(column)) => vec![column.clone()],
            _ => Vec::new(),
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |what: &str, help: &str| Err(Error::new(Code::Usage, what).help(help));
        match (&self.cases, &self.first) {
            (None, None) => wrong(
                "expected a number of cases, found none",
                "give ⟦sample-cases⟧ 10% or ⟦sample-cases⟧ 1000, or ⟦sample-first⟧ 1000",
            ),
            (Some(_), Some(_)) => {
                wrong("⟦sample-cases⟧ and ⟦sample-first⟧ are two samples", "leave one of them out")
            }
            (None, Some(_)) if self.by.is_some() => wrong(
                "⟦sample-first⟧ takes the first cases, whatever stratum they are in",
                "leave ⟦sample-by⟧ out",
            ),
            (None, Some(_)) if self.seed != 0 => {
                wrong("⟦sample-first⟧ takes the first cases, whatever the seed is", "leave ⟦sample-seed⟧ out")
            }
            _ if self.by.is_none() && self.floor != 1 => wrong(
                "⟦sample-floor⟧ is about strata, and there are none",
                "give ⟦sample-by⟧, or leave it out",
            ),
            _ => Ok(()),
        }
    }

    fn make(&self, options: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        Ok(Arc::new(Sample::new(self.clone(), options.run.clone())))
    }
}
