//! From what a person names (files, folders, patterns, an output) to conversions.
//!
//! ```text
//! search.rs      words to inputs: files, folders, patterns          recognise.rs
//! archive.rs     the members of archives
//! sheets.rs      the sheets of workbooks, each with an output of its own
//! outputs.rs     which inputs go to which output
//! job.rs         one output: the target that belongs to its name    xes.rs, ocel.rs
//! choice.rs      what is said of outputs beside their names
//! beside.rs      steps, figures and a report of a run, beside its output
//! figures.rs     statistics and inspections as targets                figure_settings.rs
//! flat_table.rs  pm4py's flat table of an object-centric log, as a log
//! flatten.rs     an object-centric log as a log of one object type
//! stand_in.rs    files that are made on the way                     written.rs
//! ```

pub mod archive;
pub mod beside;
pub mod choice;
pub mod figure_settings;
pub mod figures;
pub mod flat_table;
pub mod flatten;
pub mod job;
pub mod ocel;
pub mod outputs;
pub mod recognise;
pub mod search;
pub mod sheets;
pub mod stand_in;
pub mod written;
pub mod xes;
