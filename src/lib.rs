//! LogFlow: process-mining logs to Apache Parquet. The whole file, exactly, as fast as the machine allows, in
//! bounded memory.
//!
//! # The life of a byte
//!
//! ```text
//! mmap      the input is mapped, or comes through windows            mmap/map.rs, mmap/window.rs
//!           a pipe is opened once, and looks at it are replayed     mmap/once.rs
//! format    its dialect or head is found                             format/csv/sniff.rs, format/xes/head.rs
//! shard     a few rows are looked at: which types to begin with      shard/sample.rs
//!           the file is cut at nominal offsets                       shard/plan.rs
//!           a worker claims the next shard, pinned to a core         shard/board.rs, worker.rs, pin.rs
//! format    CSV: SIMD finds delimiters, the walk makes cells         format/csv/index.rs, walk.rs
//!           XES: markup seen before is compared, the rest read plainly   format/xes/quick.rs, plain.rs
//!           JSON: keys seen before are compared, the rest read plainly   format/json/quick.rs, plain.rs
//!           OCEL: entries become rows of many tables               format/ocel/sheets.rs
//! encode    cells become typed arrays, in their own types' readers   encode/builders.rs
//! step      each batch passes the steps                              step/mod.rs
//! encode    arrays become compressed pages, on the same thread       encode/row_group.rs
//! shard     was the guess right? else once more from the true start  shard/verify.rs
//!           row groups are spliced in file order                     shard/merge.rs
//! pipeline  few rows of a table are gathered, a crew encodes them    pipeline/gatherer.rs, shard/crew.rs
//! pipeline  do all values have these types? else one more pass       pipeline.rs
//! pipeline  which values made text of a column, and what else to say  pipeline/nearly_typed.rs, doubts.rs, model/warning.rs
//! encode    footer, sync, rename: the output appears                 encode/parquet.rs, output.rs, output_folder.rs
//! ```
//!
//! Parquet and Arrow IPC enter as typed batches (`source`), pass the steps and are encoded in one pass
//! (`pipeline/typed_table.rs`).
//!
//! An object-centric log has tables and passes of its own (`pipeline/bundle.rs`), and in SQLite it is asked
//! and not parsed (`pipeline/bundle/database.rs`). What writes other forms is in `adapter`; what holds a log
//! against its standard, in `pipeline/validation.rs`.
//!
//! # The floors
//!
//! A module imports only from floors below it; `tests/structure.rs` keeps it so.
//!
//! ```text
//! bin        logflow (every command), logflow-fast (the bare engine)
//! adapter    what brings the outside in or out; machine: what a batch system gives
//! pipeline   sees every floor
//! shard      plan, worker, verify, merge: threads live here and nowhere else
//! format     bytes to records and cells; never sees files
//! source     files whose values have types: Parquet and Arrow IPC to batches
//! mmap  encode  step
//! model  error  config  budget
//! ```
//!
//! # The words
//!
//! A *shard* is a range of input, a *batch* an Arrow record batch, a *record* a unit of input, a *row* a unit
//! of output. Event, case, activity and role are those of process mining; row group, column chunk and page
//! those of Parquet.

pub mod adapter;
pub mod budget;
pub mod config;
pub mod encode;
pub mod error;
pub mod format;
pub mod machine;
pub mod mmap;
pub mod model;
pub mod pipeline;
pub mod shard;
pub mod source;
pub mod step;
