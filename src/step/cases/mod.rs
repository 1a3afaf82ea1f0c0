//! Filters of cases, and of rows within cases: `logflow filter`.
//!
//! ```text
//! values.rs    ranges, shares and activities as people write them
//! fields.rs    the settings of the step, with their flags and their help
//! settings.rs  settings to filters, in the order in which they are done
//! decide.rs    which cases and rows stay, from the events of a survey
//! step.rs      the step: gathers the events of all rows, and in the next pass removes rows
//! ```
//!
//! Modes and meanings are those of pm4py; docs/filter.md says where a difference is.

mod decide;
mod fields;
mod settings;
mod step;
#[cfg(test)]
mod tests;
pub mod values;

use super::registry::{self, StepNeed, StepRow, StepTables};
use crate::model::roles::Role;

pub use self::settings::{CaseFilterSettings, Count};
pub(in crate::step) use self::step::CollectedFinding;

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "filter",
    summary: "Write only some cases, each with all its rows, or some rows of each case",
    fields: fields::FIELDS,
    tables: StepTables::Events,
    needs: &[StepNeed::Role(Role::Case), StepNeed::Survey],
    place: None,
    schemas: CaseFilterSettings::value_schemas,
    read: registry::read::<CaseFilterSettings>,
};
