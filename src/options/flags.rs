//! The flags of the command line that reading and writing heed, by name: the one table that says what each is
//! about. A format names the sets of flags that it heeds; which formats heed a flag follows from that.
//!
//! A test of the binary holds this table against the flags that `convert` and `schema` declare.

/// What flags are about. A flag is in one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagSet {
    /// The run, whatever the format of its inputs is.
    Run,
    /// How fields, quotes and comments of delimited text are written.
    Dialect,
    /// Where a table begins, and whether its first row names the columns.
    Header,
    /// The sheets of a workbook.
    Sheets,
    /// How the lines of access logs are made up.
    AccessLines,
    /// Values that are plain text, so that nulls, numbers and dates are told by how they are written.
    PlainValues,
    /// Where rows are in JSON, and what becomes of nested values.
    JsonRows,
    /// What is accepted beyond the syntax of JSON.
    JsonSyntax,
    /// Traces, which have attributes and defaults of their own.
    Traces,
    /// The standard that a log may violate.
    Standard,
    /// The encoding of text.
    Encoding,
    /// The layout of times.
    Times,
    /// The zone of times that carry none.
    Zones,
    /// Records that are no rows.
    BadRows,
    /// Types of columns that the user declares.
    Types,
    /// Which columns and rows are written.
    Columns,
    /// Which columns have which roles.
    Roles,
}

/// Some flags that are about the same.
#[derive(Debug)]
pub struct FlagRow {
    /// Their names, without leading dashes.
    pub flags: &'static [&'static str],
    /// What they are about.
    pub set: FlagSet,
    /// Formats that heed this set heed the flags as well, in columns alone that are declared to hold times.
    pub if_declared: Option<FlagSet>,
    /// The forms of output that heed them; empty if they are not about output, or if every form heeds them.
    pub written: &'static [&'static str],
}

const fn row(set: FlagSet, flags: &'static [&'static str]) -> FlagRow {
    FlagRow { flags, set, if_declared: None, written: &[] }
}

/// Parquet in the layout of LogFlow.
pub const PARQUET_OUT: &str = "Parquet";
/// An object-centric log in a layout that is written only.
pub const LAYOUT_OUT: &str = "tables of another layout";

/// All flags of the commands that read inputs. A flag stands in one row.
pub const FLAGS: &[FlagRow] = &[
    row(FlagSet::Dialect, &["delimiter", "quote", "escape", "comment", "uneven-rows", "nul-bytes"]),
    row(FlagSet::Header, &["header", "skip-lines"]),
    row(FlagSet::Sheets, &["sheet"]),
    row(FlagSet::AccessLines, &["access-format"]),
    // Elsewhere the source says what is null, and a decimal point is one.
    row(FlagSet::PlainValues, &["null-words", "decimal"]),
    FlagRow { if_declared: Some(FlagSet::Types), ..row(FlagSet::PlainValues, &["date-order"]) },
    row(FlagSet::JsonRows, &["json-path", "nested-text"]),
    row(FlagSet::JsonSyntax, &["json-lenient"]),
    row(FlagSet::Traces, &["fill-defaults"]),
    FlagRow { written: &[PARQUET_OUT], ..row(FlagSet::Traces, &["tables"]) },
    row(FlagSet::Standard, &["strict"]),
    row(FlagSet::Encoding, &["encoding"]),
    row(FlagSet::Times, &["timestamp-format"]),
    // Times of a condition may be without a zone.
    row(FlagSet::Zones, &["timezone", "timezone-fold"]),
    row(FlagSet::BadRows, &["on-bad-row", "max-bad-rows"]),
    // An object-centric log that these are asked of is refused; the types of a flattened one are those of its
    // log.
    row(FlagSet::Types, &["schema", "all-text"]),
    row(FlagSet::Columns, &["select", "exclude", "naming", "where"]),
    row(FlagSet::Columns, &["time-range", "time-mode", "start-activity", "end-activity", "with-activity"]),
    row(
        FlagSet::Columns,
        &["cases-where", "case-size", "duration", "variant", "top-variants", "variant-share"],
    ),
    row(FlagSet::Columns, &["variant-coverage", "follows", "eventually-follows", "rework", "four-eyes"]),
    row(FlagSet::Columns, &["different-resources", "between", "prefix-until", "suffix-from", "cut-at"]),
    row(FlagSet::Columns, &["only-activity", "negate", "path-template"]),
    // Values of any format are hidden.
    row(FlagSet::Run, &["pseudonymise", "key-file", "key-fd", "domain", "pseudonym-hash"]),
    row(FlagSet::Run, &["drop", "mask", "generalise", "shift-times"]),
    row(FlagSet::Columns, &["suppress-rare", "min-k"]),
    row(FlagSet::Columns, &["sample-cases", "sample-first", "sample-by", "sample-floor", "sample-seed"]),
    row(FlagSet::Roles, &["case-id", "activity", "timestamp", "start-timestamp", "resource", "lifecycle"]),
    row(FlagSet::Run, &["from", "strict-types", "max-record-size", "io", "zstd-window-log"]),
    row(FlagSet::Run, &["threads", "memory-limit"]),
    row(FlagSet::Run, &["output", "force", "layout", "flatten", "dry-run", "print-pipeline", "format"]),
    row(FlagSet::Run, &["inspect", "rules"]),
    row(FlagSet::Run, &["report", "timings", "quiet", "verbose", "color", "progress"]),
    FlagRow { written: &[PARQUET_OUT, LAYOUT_OUT], ..row(FlagSet::Run, &["compression"]) },
    FlagRow { written: &[PARQUET_OUT], ..row(FlagSet::Run, &["row-group-size", "timestamp-unit"]) },
];

/// The row of a flag.
pub fn row_of(flag: &str) -> Option<&'static FlagRow> {
    FLAGS.iter().find(|row| row.flags.contains(&flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_stands_in_one_row() {
        let flags: Vec<&str> = FLAGS.iter().flat_map(|row| row.flags).copied().collect();
        let once: std::collections::BTreeSet<&str> = flags.iter().copied().collect();
        assert_eq!(flags.len(), once.len());
    }
}
