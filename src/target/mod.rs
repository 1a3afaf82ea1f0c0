//! What brings the outside in or out, above the engine: logs that go back to XES and OCEL.

pub mod cases;
pub mod manifest;
pub mod ocel;
mod place;
mod typed;
mod values;
pub mod xes;

pub use self::place::OutputPlace;
