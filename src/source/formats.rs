//! `FORMATS`: every format that is read. `--from`, its help and completions, detection, the endings of file
//! names and the flags that apply follow from these rows.
//!
//! A format of text is a row of `text/any.rs`, which takes in what the format itself tells. The formats whose
//! values have types stand here.

use crate::error::{Code, Error, Result};
use crate::model::figures::listed;
use crate::options::InputFormat;
use crate::options::flags::FlagSet;
use crate::text::any::{TEXT_FORMATS, TextEntry};
use crate::text::row::{FormatRow, Syntax};

/// The flags that files of typed values heed.
pub const TYPED_FLAGS: &[FlagSet] = &[FlagSet::Zones, FlagSet::Columns, FlagSet::Roles];

/// Files whose values have types. They are recognised by their first bytes before a text is looked at.
const TYPED: &[FormatRow] = &[
    FormatRow {
        shared_endings: &["parquet"],
        loose_endings: &["pq", "parq"],
        syntax: Syntax::Binary,
        heeds: TYPED_FLAGS,
        ..FormatRow::text("parquet", "Parquet", "Apache Parquet of any program")
    },
    FormatRow {
        loose_endings: &["arrow", "arrows", "feather", "ipc"],
        syntax: Syntax::Binary,
        heeds: TYPED_FLAGS,
        ..FormatRow::text("arrow", "Arrow IPC", "Arrow IPC (Feather), as a file or a stream")
    },
    #[cfg(feature = "excel")]
    FormatRow {
        shared_endings: &["xlsx", "xlsm", "xltx", "xltm", "xlsb", "xls", "ods"],
        syntax: Syntax::Binary,
        heeds: &[FlagSet::Zones, FlagSet::Columns, FlagSet::Roles, FlagSet::Header, FlagSet::Sheets],
        ..FormatRow::text(
            "excel",
            "Excel",
            "a workbook (xlsx, xlsb, xls) or an OpenDocument spreadsheet (ods)",
        )
    },
];

/// Every format, in the order in which they are listed.
pub fn formats() -> impl Iterator<Item = &'static FormatRow> {
    TEXT_FORMATS.iter().flat_map(|entry| entry.rows).chain(TYPED)
}

/// The row of the format that `from` names.
///
/// # Errors
/// [`Code::Usage`] for one that is not read.
pub fn format_named(from: &InputFormat) -> Result<&'static FormatRow> {
    formats().find(|row| row.is(from)).ok_or_else(|| {
        let names: Vec<&str> = formats().map(|row| row.name).collect();
        Error::new(Code::Usage, format!("there is no format {:?}", from.name()))
            .help(format!("this version reads {}", listed(&names, "and")))
    })
}

/// The text format of a row; `None` if its values have types.
pub fn text_format(row: &FormatRow) -> Option<&'static TextEntry> {
    TEXT_FORMATS.iter().find(|entry| entry.rows.iter().any(|it| it.name == row.name))
}

/// Whether `from` names a format whose values have types.
pub fn is_typed(from: &InputFormat) -> bool {
    TYPED.iter().any(|row| row.is(from))
}

/// Whether files whose values have types are called so.
pub fn is_typed_ending(ending: &str) -> bool {
    TYPED.iter().any(|row| row.has_ending(ending) || row.loose_endings.contains(&ending))
}

/// The formats that a file's ending says.
pub fn formats_ending(ending: &str) -> impl Iterator<Item = &'static FormatRow> {
    formats().filter(move |row| row.has_ending(ending))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_and_every_ending_says_one_format() {
        let names: Vec<&str> = formats().map(|row| row.name).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
        let endings =
            formats().flat_map(|row| row.endings.iter().chain(row.shared_endings).chain(row.loose_endings));
        let endings: Vec<&str> = endings.copied().collect();
        assert_eq!(endings.iter().collect::<HashSet<_>>().len(), endings.len(), "{endings:?}");
    }

    #[test]
    fn a_log_is_made_of_a_format_that_is_not_read_itself() {
        for via in formats().filter_map(|row| row.via) {
            assert!(format_named(&InputFormat::new(via)).is_ok_and(|row| row.via.is_none()));
        }
    }

    #[test]
    fn a_name_that_no_format_has_is_told_with_those_that_there_are() {
        let error = format_named(&InputFormat::new("nonsense")).unwrap_err();
        assert_eq!(error.code(), Code::Usage);
        let help = error.help_text().unwrap_or_default();
        assert!(help.starts_with("this version reads csv, xes, json, jsonl"), "{help}");
        assert!(help.contains("parquet"), "{help}");
    }
}
