//! The parts of Arrow that LogFlow uses, under the paths of the `arrow` crate.
//!
//! The `arrow` crate always compiles its arithmetic, string and regular expression kernels, which LogFlow does not
//! call: 42 CPU seconds of a first build (docs/adr/0023-two-build-profiles.md). All types are re-exports, so a
//! `RecordBatch` from here is the same type as in every other crate that uses this version of Arrow.

pub use arrow_buffer::buffer;
pub use arrow_ipc as ipc;
pub use arrow_row as row;

/// Arrays, their builders, and record batches.
pub mod array {
    pub use arrow_array::builder::*;
    pub use arrow_array::cast::*;
    pub use arrow_array::iterator::*;
    pub use arrow_array::*;
    pub use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
    pub use arrow_data::{ArrayData, ArrayDataBuilder, ArrayDataRef};
}

/// Kernels: casting, comparing, sorting, filtering, concatenating.
pub mod compute {
    pub use arrow_cast::cast::*;
    pub use arrow_ord::{cmp, partition::*, rank::*, sort::*};
    pub use arrow_select::concat::*;
    pub use arrow_select::filter::*;
    pub use arrow_select::interleave::*;
    pub use arrow_select::take::*;
}

/// Data types, fields and schemas.
pub mod datatypes {
    pub use arrow_array::types::*;
    pub use arrow_buffer::{ArrowNativeType, ToByteSlice, i256};
    pub use arrow_schema::{
        ArrowError, DataType, Field, FieldRef, Fields, IntervalUnit, Schema, SchemaBuilder, SchemaRef,
        TimeUnit, UnionFields, UnionMode,
    };
}

/// The error type of all Arrow functions.
pub mod error {
    pub use arrow_schema::ArrowError;
}

/// Formatting of values as text.
pub mod util {
    pub use arrow_cast::display;
}
