//! Archives: every log of a folder converted once, with a journal that proves it.
//!
//! ```text
//! names.rs      names of sources as names of outputs, which never lead elsewhere
//! shard.rs      the part of a process, if several share the work
//! choice.rs     patterns and times that choose sources
//! journal.rs    one line for each change of state, with a checksum, never rewritten
//! plan.rs       what is to be done to each source, by what journals say
//! proof.rs      files held against what a journal says: sizes, checksums, footers
//! pool.rs       who may run at the same time: threads and memory are shared out
//! progress.rs   how far a migration is
//! outcome.rs    what came of each source, and totals that must add up
//! output.rs     one source to its output, which is read back
//! run.rs        a migration
//! report.rs     its report as JSON, Parquet and a page
//! bag.rs        the destination as a BagIt bag
//! finding.rs    what a verification says of one file or source
//! verify.rs     a destination held against its journals
//! deep.rs       values of outputs held against those of their sources
//! ```
//!
//! Nothing is skipped by name, size or time alone: an output is complete if the journal has its line, if its
//! bytes and footer are those of the line, and if the bytes of the source are.

pub mod bag;
pub mod choice;
pub mod deep;
pub mod finding;
pub mod journal;
pub mod names;
pub mod outcome;
pub mod output;
pub mod plan;
pub mod pool;
pub mod progress;
pub mod proof;
pub mod report;
pub mod run;
pub mod shard;
pub mod verify;
