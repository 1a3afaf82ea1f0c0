//! What the user asked for, as plain values that every floor can read.
//!
//! ```text
//! read.rs    how an input is read: format, encoding, dialect
//! table.rs   what becomes of its values: types, roles, chosen columns and rows, bad rows
//! write.rs   how outputs are written
//! run.rs     what the run may use of the machine
//! flags.rs   the flags of the command line: what each is about, and so which formats heed it
//! ```
//!
//! Parsed and validated once, at the edge; nothing below asks the environment or the command line.

pub mod flags;
mod read;
mod run;
mod table;
mod write;

pub use self::read::{
    CsvOptions, InputFormat, JsonOptions, MAX_RECORD, NulBytes, ReadOptions, UnevenRows, XesOptions,
};
pub use self::run::{IoMode, RunOptions};
pub use self::table::{BadRowLimit, DeclaredColumn, OnBadRow, TableOptions, ValueOptions};
pub use self::write::{Compression, RowGroupSize, WriteOptions, parse_size};

/// Everything a conversion can be told.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How inputs are read.
    pub read: ReadOptions,
    /// What becomes of their values.
    pub table: TableOptions,
    /// How outputs are written.
    pub write: WriteOptions,
    /// What the run may use of the machine.
    pub run: RunOptions,
    /// Which of these were asked for by name.
    pub given: CommandLine,
}

impl Options {
    /// The same where bad rows never end the run, however many there are: for a look at an input that writes nothing.
    pub fn with_bad_rows_aside(mut self) -> Self {
        self.table.on_bad_row = OnBadRow::Reject(BadRowLimit::None);
        self
    }
}

/// Flags that were given for this run and no other, by name: those that an input has no use for are told of
/// (`convert/idle.rs`). None of this changes what is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandLine {
    /// Names of the flags, without leading dashes.
    pub flags: Vec<String>,
    /// The format that they were given for, if what is read was made from it.
    pub format: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("1", 1), ("64MB", 64_000_000), ("64MiB", 64 << 20), ("1.5k", 1536)] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "MB", "-1", "1 parsec", "1e9"] {
            assert_eq!(parse_size(text).unwrap_err().code(), Code::Usage, "{text}");
        }
    }

    #[test]
    fn compressions_and_limits_are_read() {
        assert_eq!("zstd".parse::<Compression>().unwrap(), Compression::Zstd(3));
        assert_eq!("gzip:9".parse::<Compression>().unwrap(), Compression::Gzip(9));
        assert!("zstd:0".parse::<Compression>().is_err());
        assert!("snappy:1".parse::<Compression>().is_err());
        assert_eq!("2.5%".parse::<BadRowLimit>().unwrap(), BadRowLimit::Percent(2.5));
        assert!("101%".parse::<BadRowLimit>().is_err());
        assert_eq!("5rows".parse::<RowGroupSize>().unwrap(), RowGroupSize::Rows(5));
        assert!("0".parse::<RowGroupSize>().is_err());
    }
}
