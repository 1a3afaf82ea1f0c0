//! From inputs to a target: the one way that every conversion takes.
//!
//! ```text
//! builder.rs        a conversion put together by users of the library    read.rs
//! conversion.rs     the beginning of a run: kinds of inputs, checks
//! event_log.rs      CSV, XES, JSON: one table of events                 event_report.rs
//! object_log.rs     OCEL: the several tables of an object-centric log
//! typed_files.rs    Parquet, Arrow IPC: one table of typed values
//! reading.rs        what these three have in common
//! run.rs            the passes of a run, until types are final
//! text_pass.rs      one pass over text or a database                     beginning.rs
//! inspect.rs        a run for what its rows are worth
//! stats.rs          a run for what it says about the process
//! object_stats.rs   the same for an object-centric log
//! outlet.rs         where ordered rows and bad rows go                  gatherer.rs, rejects.rs
//! ```

mod beginning;
mod builder;
mod conversion;
mod event_log;
mod event_report;
pub mod floor;
mod gatherer;
pub mod idle;
mod inspect;
mod object_log;
mod object_stats;
mod outlet;
mod own_output;
mod read;
mod reading;
mod rejects;
mod risk;
mod run;
mod secrecy;
mod stats;
mod text_pass;
pub mod typed_files;
mod unread;

pub use self::builder::Convert;
pub use self::conversion::{convert, preview, preview_steps, schema, survey};
pub use self::inspect::{InspectSteps, inspect};
pub use self::object_stats::{are_objects, object_stats, object_stats_of};
pub use self::read::{Batches, LogReader, read};
pub use self::risk::risk_of;
pub use self::stats::{late_events, stats, stats_of};
