//! Flags that the format of an input has no use for: told, and not refused, for one command line may serve many files.
//!
//! `USES` is the one place that says which flag is for which formats, and `WRITES` for what is written. A new format puts its name to the rows of what it heeds.

use crate::model::warning::{Warning, WarningCode};
use crate::options::CommandLine;

/// A Parquet file, of which a log is made.
pub const PARQUET: &str = "parquet";
/// Parquet and Arrow files that become a table.
pub const TYPED: &str = "Parquet and Arrow tables";
/// The folder of tables that an object-centric log became.
pub const BUNDLE: &str = "bundles";
/// What `--flatten` makes of an object-centric log, on the way to a table.
pub const FLAT: &str = "flattened logs";

/// Some flags and the formats that heed them, by name. A flag in no row is for all formats.
struct Use {
    flags: &'static [&'static str],
    by: &'static [&'static str],
    /// Those that heed them in columns alone that are declared to hold times.
    if_declared: &'static [&'static str],
}

const fn uses(flags: &'static [&'static str], by: &'static [&'static str]) -> Use {
    Use { flags, by, if_declared: &[] }
}

const USES: [Use; 14] = [
    uses(
        &["delimiter", "quote", "escape", "comment", "header", "skip-lines", "uneven-rows", "nul-bytes"],
        &["csv", "ocel-csv"],
    ),
    // Elsewhere the source says what is null, and a decimal point is one.
    uses(&["null-words", "decimal"], &["csv", "ocel-csv"]),
    Use { flags: &["date-order"], by: &["csv", "ocel-csv"], if_declared: &["json", "jsonl", "xes"] },
    uses(&["json-path", "nested-text"], &["json", "jsonl"]),
    uses(&["json-lenient"], &["json", "jsonl", "ocel-json"]),
    uses(&["fill-defaults", "tables"], &["xes"]),
    uses(&["strict"], &["xes", "ocel-csv", "ocel-json", "ocel-xml", "ocel-sqlite"]),
    uses(&["encoding"], &["csv", "json", "jsonl", "xes", "ocel-csv", "ocel-json", "ocel-xml"]),
    uses(
        &["timestamp-format"],
        &["csv", "json", "jsonl", "xes", "ocel-csv", "ocel-json", "ocel-xml", "ocel-sqlite"],
    ),
    // Times of a condition may be without a zone.
    uses(
        &["timezone", "timezone-fold"],
        &["csv", "json", "jsonl", "xes", "ocel-csv", "ocel-json", "ocel-xml", "ocel-sqlite", TYPED],
    ),
    uses(
        &["on-bad-row", "max-bad-rows"],
        &["csv", "json", "jsonl", "xes", "ocel-json", "ocel-xml", "ocel-sqlite"],
    ),
    // An object-centric log that these are asked of is refused; the types of a flattened one are those of its log.
    uses(&["schema", "all-text"], &["csv", "json", "jsonl", "xes"]),
    uses(&["select", "exclude", "naming", "where"], &["csv", "json", "jsonl", "xes", FLAT, TYPED]),
    uses(
        &["case-id", "activity", "timestamp", "start-timestamp", "resource", "lifecycle"],
        &["csv", "json", "jsonl", "xes", FLAT, PARQUET, TYPED],
    ),
];

/// XES that is written.
pub const XES_OUT: &str = "XES that is written";
/// An object-centric log that is written to one file.
pub const OCEL_OUT: &str = "an OCEL log that is written";
/// An object-centric log in a layout that is written only.
pub const LAYOUT_OUT: &str = "tables of another layout";

/// The same for what is written.
const WRITES: [Use; 2] =
    [uses(&["compression"], &["Parquet", LAYOUT_OUT]), uses(&["row-group-size", "tables"], &["Parquet"])];

/// The row of a flag.
fn row(flag: &str) -> Option<&'static Use> {
    USES.iter().find(|row| row.flags.contains(&flag))
}

/// Whether a format heeds a flag.
fn heeds(format: &str, flag: &str, declared: bool) -> bool {
    row(flag).is_none_or(|row| row.by.contains(&format) || declared && row.if_declared.contains(&format))
}

/// Whether columns are declared to hold times.
fn declares(given: &CommandLine) -> bool {
    given.flags.iter().any(|flag| matches!(flag.as_str(), "schema" | "timestamp" | "start-timestamp"))
}

/// The flags that none of these formats heeds, in a sentence each.
pub fn warnings<'f>(formats: impl IntoIterator<Item = &'f str>, given: &CommandLine) -> Vec<Warning> {
    let mut names: Vec<&str> = Vec::new();
    for format in formats {
        let format = given.format.unwrap_or(format);
        if !names.contains(&format) {
            names.push(format);
        }
    }
    let declared = declares(given);
    let is_idle = |flag: &&String| !names.iter().any(|format| heeds(format, flag, declared));
    let sentence = |flag: &String| {
        let row = row(flag)?;
        let mut sentence =
            format!("⟦{flag}⟧ has no effect on {}: it is for {}", joined(&names), joined(row.by));
        if row.if_declared.iter().any(|format| names.contains(format)) {
            sentence.push_str(", and here for columns that ⟦timestamp⟧, ⟦start-timestamp⟧ or ⟦schema⟧ declares to hold times");
        }
        Some(Warning::new(WarningCode::FlagWithoutEffect, sentence))
    };
    if names.is_empty() {
        return Vec::new();
    }
    given.flags.iter().filter(is_idle).filter_map(sentence).collect()
}

/// The flags that what is written, if it is no Parquet of our own layout, does not heed.
pub fn of_output(form: &str, given: &CommandLine) -> Vec<Warning> {
    let sentence = |flag: &String| {
        let row = WRITES.iter().find(|row| row.flags.contains(&flag.as_str()))?;
        let is_idle = !row.by.contains(&form);
        is_idle.then(|| {
            let what = format!("⟦{flag}⟧ has no effect on {form}: it is for {}", joined(row.by));
            Warning::new(WarningCode::FlagWithoutEffect, what)
        })
    };
    given.flags.iter().filter_map(sentence).collect()
}

/// What is left of the flags if something else that is made on the way heeds some.
pub fn beyond(format: &str, given: &CommandLine) -> CommandLine {
    let flags = given.flags.iter().filter(|flag| !heeds(format, flag, false) || row(flag).is_none());
    CommandLine { flags: flags.cloned().collect(), ..given.clone() }
}

fn joined(names: &[&str]) -> String {
    match names {
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(formats: &[&str], flags: &[&str]) -> Vec<String> {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let told = warnings(formats.iter().copied(), &CommandLine { flags, ..CommandLine::default() });
        told.into_iter().map(|warning| warning.message).collect()
    }

    #[test]
    fn a_flag_that_no_input_heeds_is_told_once_and_one_that_some_heed_is_not() {
        assert_eq!(
            said(&["json", "xes", "json"], &["delimiter", "timezone", "json-path", "threads"]),
            ["⟦delimiter⟧ has no effect on json and xes: it is for csv and ocel-csv"]
        );
        assert_eq!(said(&["json", "csv"], &["delimiter"]), [""; 0]);
        assert_eq!(said(&[], &["delimiter"]), [""; 0]);
    }

    #[test]
    fn the_order_of_dates_is_heeded_where_times_are_declared() {
        let [told] = said(&["jsonl"], &["date-order"]).try_into().unwrap();
        assert!(told.ends_with("⟦schema⟧ declares to hold times"), "{told}");
        assert_eq!(said(&["jsonl"], &["date-order", "timestamp"]), [""; 0]);
        assert_eq!(said(&["ocel-xml"], &["date-order"]).len(), 1);
    }

    #[test]
    fn what_is_heeded_on_the_way_is_not_told() {
        let flags = ["case-id", "naming", "null-words"].map(str::to_owned).to_vec();
        let left = beyond(FLAT, &CommandLine { flags, ..CommandLine::default() });
        assert_eq!(left.flags, ["null-words"]);
    }

    #[test]
    fn a_flag_stands_in_one_row() {
        let flags: Vec<&str> = USES.iter().flat_map(|row| row.flags).copied().collect();
        let once: std::collections::BTreeSet<&str> = flags.iter().copied().collect();
        assert_eq!(flags.len(), once.len());
    }
}
