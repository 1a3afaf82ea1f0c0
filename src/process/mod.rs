//! Statistics of a process: what its log says about cases, activities and the time between them.
//!
//! ```text
//! fragments.rs  a worker brings the events of each case within its rows together, in blocks by partition
//! partition.rs  all blocks of one partition: cases, whole and in order
//! sorter.rs     the events of a case that are not in order
//! tally.rs      what is counted of each case as its events pass
//! edges.rs      pairs of activities that follow each other directly
//! variants.rs   sequences of activities
//! ranking.rs    these by their number of cases
//! cases.rs      one row for each case, where they are asked for
//! profile.rs    times between any two activities of a case
//! moments.rs    sums that do not depend on the order of their terms
//! values.rs     all values of one figure, for exact quantiles in bounded memory
//! intervals.rs  the time that intervals cover together
//! figures.rs    the result, sorted
//! step.rs       the step of a run, and its finding
//! json.rs       the result as JSON
//! objects/      the same of object-centric logs
//! render/       the graph as text of other programs and as a picture
//! risk/         how many cases can be recognised by what somebody may know
//! ```
//!
//! Invariant: the result follows from the rows alone. The order of rows counts only among events of one case
//! with the same time. Everything that is summed is a whole number, so that neither shards nor threads leave a
//! trace, and everything that is listed is sorted.

mod cases;
mod edges;
pub mod figures;
mod fragments;
mod intervals;
pub mod json;
mod moments;
pub mod objects;
mod partition;
mod profile;
pub mod ranking;
pub mod render;
pub mod risk;
mod sorter;
pub mod step;
mod tally;
#[cfg(test)]
mod tests;
mod values;
mod variants;

use crate::step::events::{bytes, cells, ratio, words};

pub use self::figures::{
    ActivityFigures, CaseFigures, EdgeFigures, ProcessFigures, ProfilePair, Spread, TemporalProfile,
    VariantFigures,
};
pub use self::fragments::LeftOut;
pub use self::step::{ProcessStep, ProcessWishes};
pub use crate::step::events::Tick;
