//! LogFlow: process-mining logs to Apache Parquet. The whole file, exactly, as fast as the machine allows, in
//! bounded memory.
//!
//! # The way of a byte
//!
//! ```text
//! mmap      the input is mapped, or comes through windows               mmap/map.rs, window.rs
//!           a pipe is opened once, and looks at it are replayed         mmap/once.rs
//! source    its encoding and format are found, as the registry says     source/find_format.rs, formats.rs
//!           a few rows are looked at: which types to begin with         source/sample.rs
//! plan      tables, columns, types, roles                               plan/table.rs, bundle.rs
//! shard     the file is cut at nominal offsets                          shard/plan.rs
//!           a worker claims the next shard, pinned to a core            shard/board.rs, worker.rs, pin.rs
//! text      CSV: SIMD finds delimiters, the walk makes cells            text/csv/index.rs, walk.rs
//!           XES: markup seen before is compared, the rest read plainly  text/xes/quick.rs, plain.rs
//!           JSON: keys seen before are compared, the rest read plainly  text/json/quick.rs, plain.rs
//!           OCEL: entries become rows of many tables                    text/ocel/sheets.rs
//! encode    cells become typed arrays, in their own types' readers      encode/builders.rs
//! step      each batch passes the steps                                 step/mod.rs
//! encode    arrays become compressed pages, on the same thread          encode/row_group.rs
//! shard     was the guess right? else once more from the true start     shard/verify.rs
//!           row groups are spliced in file order                        shard/merge.rs
//! convert   few rows of a table are gathered, a crew encodes them       convert/gatherer.rs, shard/crew.rs
//!           do all values have these types? else one more pass          convert/mod.rs
//! plan      which values made text of a column, and what else to say    plan/nearly_typed.rs, doubts.rs
//! target    footer, sync, rename: the output appears                    encode/parquet.rs, output.rs
//! ```
//!
//! Parquet, Arrow IPC and the tables of SQLite have types already: `source` gives batches, which pass the steps
//! and are encoded in one pass.
//!
//! # The floors
//!
//! A module imports only from floors below it; `tests/structure.rs` keeps it so.
//!
//! ```text
//! bin        logflow (every command), logflow-fast (the bare engine)
//! machine    what a batch system gives
//! convert    one or more passes over the inputs of a run, and its report
//! validate   logs against their standards
//! target     what is written: bundles, cases, XES, OCEL, layouts of other programs
//! plan       the tables of a run, and the types of their columns
//! report     figures of a run
//! source     opens inputs and finds what they are; files and databases whose values have types
//! shard      plan, worker, verify, merge: threads live here and nowhere else
//! text       bytes to records and cells; never sees files
//! mmap  encode  step
//! model  error  options  observer  budget
//! ```
//!
//! # The words
//!
//! A *shard* is a range of input, a *batch* an Arrow record batch, a *record* a unit of input, a *row* a unit
//! of output. Event, case, activity and role are those of process mining; row group, column chunk and page
//! those of Parquet.

pub mod budget;
pub mod convert;
pub mod encode;
pub mod error;
pub mod machine;
pub mod mmap;
pub mod model;
pub mod observer;
pub mod options;
pub mod plan;
pub mod report;
pub mod shard;
pub mod source;
pub mod step;
pub mod target;
pub mod text;
pub mod validate;
