//! How outputs are written: row groups, compression, and the table of cases.

use std::fmt;
use std::str::FromStr;

use super::forms::{ByText, Same};
use super::keys::keys;
use super::text::{parse_size, size_text};
use crate::error::{Code, Error, Result};

/// How outputs are written.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// use logflow::WriteOptions;
/// use logflow::values::{Compression, RowGroupSize};
///
/// let mut write = WriteOptions::default();
/// assert_eq!(write.compression, Compression::Zstd(3));
/// write.row_group = "100000rows".parse()?;
/// assert_eq!(write.row_group, RowGroupSize::Rows(100_000));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOptions {
    /// Whether cases get a table of their own.
    pub tables: bool,
    /// Size of row groups, and so of shards.
    pub row_group: RowGroupSize,
    /// Compression of pages.
    pub compression: Compression,
    /// Unit of timestamps.
    pub timestamp_unit: TimestampUnit,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            tables: false,
            row_group: RowGroupSize::Auto,
            compression: Compression::Zstd(3),
            timestamp_unit: TimestampUnit::Micros,
        }
    }
}

keys! {
    WriteOptions, "options about writing" {
        "tables": Same = tables,
        "row_group_size": ByText = row_group,
        "compression": ByText = compression,
        "timestamp_unit": ByText = timestamp_unit,
    }
}

/// Unit of the timestamps in Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimestampUnit {
    /// Microseconds, and nanoseconds in columns that have finer values.
    #[default]
    Micros,
    /// Milliseconds; a finer value is an error.
    Millis,
    /// Milliseconds in columns all of whose values these hold, else as by default.
    Auto,
}

impl fmt::Display for TimestampUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Micros => "us",
            Self::Millis => "ms",
            Self::Auto => "auto",
        })
    }
}

impl FromStr for TimestampUnit {
    type Err = Error;

    /// Reads `us`, `ms` or `auto`.
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "us" => Ok(Self::Micros),
            "ms" => Ok(Self::Millis),
            "auto" => Ok(Self::Auto),
            _ => Err(Error::new(Code::Usage, format!("expected us, ms or auto, found {text:?}"))),
        }
    }
}

/// Size of row groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RowGroupSize {
    /// A 64th of the input, from 16 to 32 MiB of it.
    #[default]
    Auto,
    /// A number of bytes of input.
    Bytes(u64),
    /// So many rows at most; the input is cut as by default and each piece divided.
    Rows(u64),
}

impl RowGroupSize {
    /// Rows in a row group at most, if the user gives a number of rows.
    pub fn most_rows(self) -> Option<u64> {
        match self {
            Self::Rows(rows) => Some(rows),
            Self::Auto | Self::Bytes(_) => None,
        }
    }
}

impl fmt::Display for RowGroupSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Bytes(bytes) => f.write_str(&size_text(*bytes)),
            Self::Rows(rows) => write!(f, "{rows}rows"),
        }
    }
}

impl FromStr for RowGroupSize {
    type Err = Error;

    /// Reads `auto`, a size such as `64MiB`, or `100000rows`.
    fn from_str(text: &str) -> Result<Self> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        let lower = text.to_ascii_lowercase();
        if let Some(rows) = lower.strip_suffix("rows").or_else(|| lower.strip_suffix("row")) {
            return match rows.trim().parse() {
                Ok(rows) if rows > 0 => Ok(Self::Rows(rows)),
                _ => Err(Error::new(Code::Usage, format!("expected a number of rows, found {text:?}"))),
            };
        }
        match parse_size(text)? {
            0 => Err(Error::new(Code::Usage, "the size of row groups must not be zero")),
            bytes => Ok(Self::Bytes(bytes)),
        }
    }
}

/// Compression of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Pages are not compressed.
    None,
    /// Snappy, raw format.
    Snappy,
    /// Gzip, level 0 to 9.
    Gzip(u32),
    /// LZ4, raw blocks.
    Lz4,
    /// Brotli, level 0 to 11.
    Brotli(u32),
    /// Zstandard, level 1 to 22.
    Zstd(i32),
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Snappy => f.write_str("snappy"),
            Self::Gzip(level) => write!(f, "gzip:{level}"),
            Self::Lz4 => f.write_str("lz4"),
            Self::Brotli(level) => write!(f, "brotli:{level}"),
            Self::Zstd(level) => write!(f, "zstd:{level}"),
        }
    }
}

impl FromStr for Compression {
    type Err = Error;

    /// Reads `zstd`, `zstd:9`, `snappy`, `gzip:6`, `lz4`, `brotli:5`, `none`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Code::Usage, format!("unknown compression {text:?}"))
                .help("use zstd[:1-22], snappy, gzip[:0-9], lz4, brotli[:0-11] or none")
        };
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let within = |default, range: std::ops::RangeInclusive<u32>| {
            let level = level.unwrap_or(default);
            if range.contains(&level) { Ok(level) } else { Err(wrong()) }
        };
        let without = |compression| if level.is_none() { Ok(compression) } else { Err(wrong()) };
        match name.to_ascii_lowercase().as_str() {
            "zstd" => Ok(Self::Zstd(within(3, 1..=22)? as i32)),
            "gzip" => Ok(Self::Gzip(within(6, 0..=9)?)),
            "brotli" => Ok(Self::Brotli(within(1, 0..=11)?)),
            "snappy" => without(Self::Snappy),
            "lz4" => without(Self::Lz4),
            "none" | "uncompressed" => without(Self::None),
            _ => Err(wrong()),
        }
    }
}
