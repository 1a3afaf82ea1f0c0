//! Statistics of an object-centric log: what follows what for each type of objects, and what objects do.
//!
//! ```text
//! step.rs       tables of a log as they pass: identifiers, times and relations are kept in pages
//! pages.rs      how these are written
//! divide.rs     records divided by the hash of an identifier, in blocks
//! relate.rs     relations get the type of their object, then activity and time of their event
//! lives.rs      the events of each object, in order
//! couples.rs    pairs of events that follow each other, whatever number of objects they share
//! tally.rs      what is counted on the way
//! rows.rs       one row for each object, where they are asked for
//! figures.rs    the result, sorted
//! json.rs       the result as JSON
//! ```
//!
//! Three times everything is divided into partitions, each of which fits into memory: by objects, where a
//! relation finds its type; by events, where it finds activity and time, and relations that occur twice meet;
//! by objects again, where their events come together; and pairs of events once more, to count each pair once.
//!
//! Invariant: as in [the statistics of event logs](super), the result follows from the rows alone. The order of
//! relations counts only among events with the same time.

mod couples;
mod divide;
pub mod figures;
pub mod json;
mod lives;
mod pages;
mod relate;
mod rows;
pub mod step;
mod tally;
#[cfg(test)]
mod tests;

pub use self::figures::{
    ActivityOfObjects, ActivityOfType, ObjectEdge, ObjectFigures, ObjectInteraction, ObjectRow,
    ObjectTypeFigures, RelationsLeftOut,
};
pub use self::step::{ObjectStep, ObjectTypes};
