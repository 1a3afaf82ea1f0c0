//! The columns of a log: nulls, distinct values, extremes, lengths, quantiles, frequent values, patterns.
//!
//! ```text
//! cells.rs         values as hashes, and back
//! shard_values.rs  distinct values within a shard
//! values.rs        distinct values with their counts, exact or a sample
//! sorting.rs       sorts hashes and moments
//! pattern.rs       how texts are made: "C9(7)" for C0000001
//! profile.rs       what is counted of one column, and its figures
//! ```

pub mod cells;
pub mod pattern;
pub mod profile;
pub mod shard_values;
mod sorting;
pub mod values;
