//! The parts of Arrow that LogFlow uses, under the paths of the `arrow` crate.
//!
//! That crate brings arithmetic, regular expressions and more in any case: a tenth of what a first build compiles, and nothing here uses it
//! (docs/adr/0023-two-build-profiles.md). All types are Arrow's own, so a `RecordBatch` from here is one to every other crate of the same version.

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

/// What is done with whole arrays.
pub mod compute {
    pub use arrow_cast::cast::*;
    pub use arrow_ord::{cmp, partition::*, rank::*, sort::*};
    pub use arrow_select::concat::*;
    pub use arrow_select::filter::*;
    pub use arrow_select::interleave::*;
    pub use arrow_select::take::*;
}

/// Types, fields and schemas.
pub mod datatypes {
    pub use arrow_array::types::*;
    pub use arrow_buffer::{ArrowNativeType, ToByteSlice, i256};
    pub use arrow_schema::{
        ArrowError, DataType, Field, FieldRef, Fields, IntervalUnit, Schema, SchemaBuilder, SchemaRef,
        TimeUnit, UnionFields, UnionMode,
    };
}

/// What Arrow's functions fail with.
pub mod error {
    pub use arrow_schema::ArrowError;
}

/// Values as text.
pub mod util {
    pub use arrow_cast::display;
}
