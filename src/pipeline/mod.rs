//! A run as a value: where logs come from, the steps that their rows pass, where they go, and what the run may
//! use. A file, a command line, a web request and a task of a cluster all carry it.
//!
//! ```text
//! sections.rs   [source], [[target]] and [run], each with its keys
//! targets.rs    the kinds of targets, a row each                     view.rs
//! value.rs      Pipeline: the sections and the steps; to and from anything that serde knows
//! variables.rs  ${NAME} in texts, and what hides their values where something is shown
//! load.rs       a file, with variables and with words of a command line that change it
//! toml.rs       a pipeline as the TOML file that says what differs from the defaults
//! words.rs      the command line that does the same, if there is one
//! places.rs     where its parts stand, for errors that are found later
//! plan.rs       what jobs do for a pipeline: options, steps, outputs
//! decide.rs     what becomes of the inputs: one output, one for each, several
//! look.rs       what a run would do: inputs, tables before and after each step, memory
//! several.rs    more than one output from one pass
//! run.rs        all of it for programs that have no command line
//! schema.rs     the JSON Schema of the file
//! ```

pub mod decide;
pub mod load;
pub mod look;
pub mod places;
pub mod plan;
pub mod run;
pub mod schema;
pub mod sections;
pub mod several;
pub mod targets;
pub mod toml;
pub mod value;
pub mod variables;
pub mod view;
pub mod words;

pub use self::value::Pipeline;
