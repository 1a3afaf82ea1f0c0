//! What brings the outside in or out, above the engine: logs that go back to XES and OCEL.

pub mod floor;
pub mod ocel;
mod values;
pub mod xes;
