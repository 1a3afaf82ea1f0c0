//! From cells to Parquet.
//!
//! ```text
//! builders.rs    cells of one column -> an Arrow array, and what its values allow as a type
//! words.rs       text of a batch that repeats: each value once, and a key for each row
//! tally.rs       what the values of a column came to
//! null_words.rs  words that stand for nothing
//! layout.rs      which Parquet encoding fits which column
//! chunk          one flat column -> pages, as Parquet's encodings say
//! gather.rs      rows that come in handfuls, until they are worth a row group
//! intern.rs      numbers for equal values
//! row_group.rs   record batches -> encoded, compressed column chunks, on the worker's own thread
//! page_store.rs  encoded pages beyond the budget -> an unlinked temp file
//! parquet.rs     column chunks -> one Parquet file, in order
//! output.rs      a file that appears whole or not at all
//! output_folder.rs  the same for a folder
//! ```

pub mod builders;
pub mod census;
pub mod chunk;
pub mod column_spec;
pub mod gather;
pub mod intern;
pub mod layout;
pub mod nested;
pub mod null_words;
pub mod output;
pub mod output_folder;
pub mod page_store;
pub mod parquet;
pub mod row_group;
pub mod tally;
pub mod words;
