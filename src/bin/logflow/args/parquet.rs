//! Flags about the Parquet files that are written.

use clap::Args;
use logflow::options::{Compression, RowGroupSize, TimestampUnit, WriteOptions};

use crate::parse;

/// How Parquet files are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Parquet")]
pub struct ParquetArgs {
    /// Compression of pages: zstd[:1-22], snappy, gzip[:0-9], lz4, brotli[:0-11] or none
    #[arg(long, value_name = "CODEC", default_value = "zstd:3", value_parser = parse::checked::<Compression>)]
    pub compression: Compression,
    /// Size of row groups: auto, an amount of input such as 64MiB, or a number of rows such as 100000rows
    #[arg(long, value_name = "SIZE", default_value = "auto", value_parser = parse::checked::<RowGroupSize>)]
    pub row_group_size: RowGroupSize,
    /// Unit of timestamps: microseconds (us), milliseconds, of which a finer value is an error (ms), or
    /// milliseconds in columns without a finer value (auto). Parquet and Arrow inputs keep their unit with us
    #[arg(long, value_name = "us|ms|auto", default_value = "us", value_parser = parse::checked::<TimestampUnit>)]
    pub timestamp_unit: TimestampUnit,
}

impl ParquetArgs {
    /// Puts the flags into options of writing.
    pub fn put(&self, write: &mut WriteOptions) {
        write.compression = self.compression;
        write.row_group = self.row_group_size;
        write.timestamp_unit = self.timestamp_unit;
    }
}
