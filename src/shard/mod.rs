//! Shards: how one file becomes work for many cores, and one result again.
//!
//! ```text
//! plan.rs     where a file is cut: a function of the file and the options, never of threads
//! sample.rs   a look at some rows before the first pass
//! board.rs    which shard is next: the one thing that workers share
//! worker.rs   a shard's life on its thread: guess, parse, encode
//! column_map.rs  which columns are read, and where they go
//! columns.rs  the sink of a parse: cells -> typed arrays -> batches, or the survey
//! rows.rs     batches -> steps -> row groups
//! bad_log.rs  a shard's bad rows until they are merged
//! reference_log.rs  what relations mention and may, in memory or put away
//! verify.rs   whether a guess was right: pure, no I/O
//! merge.rs    results in file order: accept, skip, parse again
//! stream.rs   the same for text that comes through windows
//! tasks.rs    the same for work that its source has cut
//! crew.rs     threads beside the workers, for what the merger hands out
//! each.rs     the same work for things that know nothing of each other
//! pin.rs      threads to cores
//! digest.rs   the file's BLAKE3, piece by piece on the workers
//! ```

pub mod bad_log;
pub mod board;
pub mod column_map;
pub mod columns;
pub mod crew;
pub mod digest;
pub mod each;
pub mod merge;
pub mod pin;
pub mod plan;
pub mod reference_log;
pub mod rows;
pub mod stream;
pub mod tasks;
pub mod verify;
pub mod worker;
