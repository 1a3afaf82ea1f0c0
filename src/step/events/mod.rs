//! What steps know of cases: the events of each, brought together from all shards in bounded memory, and what was
//! decided on cases and rows because of them.
//!
//! ```text
//! layout.rs     which columns an event is read from
//! cells.rs      role columns of a batch as texts and times
//! collector.rs  a worker brings the events of each case within its rows together, in blocks by partition
//! collected.rs  the blocks of all workers; each case, whole and in order
//! by_case.rs    a decision on each row of a batch by its case
//! case_set.rs   the cases that stay, by their hashes
//! row_set.rs    the rows that stay, a bit each
//! threads.rs    partitions on a few threads
//! bytes.rs      how a block is written
//! words.rs      texts and their numbers
//! ratio.rs      fractions as numbers, the same in any unit
//! ```
//!
//! An event is a row that has a value in each column of the case, the activity and the timestamp that the table has.
//! A case may have rows and no event. The events of a case are in the order of their times; those of one time in the order of their rows.

pub(crate) mod by_case;
pub(crate) mod bytes;
pub(crate) mod case_set;
pub(crate) mod cells;
pub(crate) mod collected;
pub(crate) mod collector;
pub(crate) mod layout;
pub(crate) mod ratio;
pub(crate) mod row_set;
pub(crate) mod threads;
pub(crate) mod words;

pub use self::cells::Tick;
