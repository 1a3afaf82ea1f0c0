//! What brings the outside in or out, above the engine: logs that are made up, logs that go back to XES.

pub mod floor;
pub mod generate;
pub mod xes;
