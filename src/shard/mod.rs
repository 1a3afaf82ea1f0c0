//! Shards: how one file becomes work for many cores, and one result again.
//!
//! ```text
//! plan.rs     where a file is cut: a function of the file and the options, never of threads
//! board.rs    which shard is next: the only state that workers share
//! worker.rs   one shard on its thread: guess its start, parse, encode
//! column_map.rs  which columns are read, and which columns of which table they become
//! columns.rs  the sink of a parse: cells -> typed arrays -> batches, or the survey
//! rows.rs     batches -> steps -> row groups
//! bad_log.rs  a shard's bad rows until they are merged
//! reference_log.rs  identifiers that relations mention, and those that exist, in memory or spilled
//! verify.rs   whether a guess was right: pure, no I/O
//! merge.rs    takes results in file order: accepts, skips or has a shard parsed again
//! stream.rs   shards of text that comes through windows
//! read_ahead.rs  reads such text on a thread of its own
//! beginning.rs  the first records of a text, for a look at it
//! tasks.rs    work that is cut by its source, such as the tables of a database
//! crew.rs     threads beside the workers that do jobs for the merger
//! each.rs     independent jobs on a few threads
//! pin.rs      binds threads to cores
//! digest.rs   the file's BLAKE3, piece by piece on the workers
//! ```

pub mod bad_log;
pub mod beginning;
pub mod board;
pub mod column_map;
pub mod columns;
pub mod crew;
pub mod digest;
pub mod each;
pub mod merge;
pub mod pin;
pub mod plan;
pub mod read_ahead;
pub mod reference_log;
pub mod rows;
pub mod stream;
pub mod tasks;
pub mod verify;
pub mod worker;
