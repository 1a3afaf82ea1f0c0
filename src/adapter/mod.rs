//! What brings the outside in or out, above the engine: here logs that are made up.

pub mod floor;
pub mod generate;
