//! Flags that the format of an input has no use for: told, and not refused, for one command line may serve
//! many files.
//!
//! Which flag is about what is in `options/flags.rs`, and which flags a format heeds in its row of the
//! registry; here are those that are read or made on the way.

use crate::model::figures::listed;
use crate::model::warning::{Warning, WarningCode};
use crate::options::ExplicitOptions;
use crate::options::flags::{FlagRow, FlagSet, row_of};
use crate::source::formats::{TYPED_FLAGS, formats, is_typed};
use crate::text::row::FormatRow;

pub use crate::options::flags::LAYOUT_OUT;

/// A Parquet file, of which a log is made.
pub const PARQUET: &str = "parquet";
/// Parquet and Arrow files that become a table.
pub const TYPED: &str = "Parquet and Arrow tables";
/// The folder of tables that an object-centric log became.
pub const BUNDLE: &str = "bundles";
/// The table that an object-centric log is flattened to, before it is converted.
pub const FLAT: &str = "flattened logs";
/// XES that is written.
pub const XES_OUT: &str = "XES that is written";
/// An object-centric log that is written to one file.
pub const OCEL_OUT: &str = "an OCEL log that is written";

/// Kinds of input and output that heed flags without being formats of the registry.
const OTHERS: [(&str, &[FlagSet]); 4] = [
    (FLAT, &[FlagSet::Columns, FlagSet::Roles]),
    (PARQUET, &[FlagSet::Roles]),
    (TYPED, TYPED_FLAGS),
    (BUNDLE, &[]),
];

/// Names of everything that heeds a set of flags, event logs before object-centric logs.
fn heeding(set: FlagSet) -> Vec<&'static str> {
    // Of files whose values have types, all are told by one name.
    let is_named = |row: &&FormatRow| !is_typed(&(*row).into()) || row.heeds != TYPED_FLAGS;
    let mut rows: Vec<_> = formats().filter(|row| is_named(row) && row.heeds(set)).collect();
    rows.sort_by_key(|row| (row.is_object_centric, if row.is_object_centric { "" } else { row.name }));
    let others = OTHERS.iter().filter(|(_, heeds)| heeds.contains(&set)).map(|(name, _)| *name);
    rows.into_iter().map(|row| row.name).chain(others).collect()
}

/// Whether a format heeds a set of flags.
fn heeds_set(format: &str, set: FlagSet) -> bool {
    set == FlagSet::Run
        || match OTHERS.iter().find(|(name, _)| *name == format) {
            Some((_, heeds)) => heeds.contains(&set),
            None => formats().any(|row| row.name == format && row.heeds(set)),
        }
}

/// Whether a format heeds the flags of a row.
fn heeds(format: &str, row: &FlagRow, declared: bool) -> bool {
    heeds_set(format, row.set) || declared && row.if_declared.is_some_and(|set| heeds_set(format, set))
}

/// Whether columns are declared to hold times.
fn declares(explicit: &ExplicitOptions) -> bool {
    explicit.names.iter().any(|flag| matches!(flag.as_str(), "schema" | "timestamp" | "start-timestamp"))
}

/// The flags that none of these formats heeds, in a sentence each.
pub fn warnings<'f>(formats: impl IntoIterator<Item = &'f str>, explicit: &ExplicitOptions) -> Vec<Warning> {
    let mut names: Vec<&str> = Vec::new();
    for format in formats {
        let format = explicit.format.unwrap_or(format);
        if !names.contains(&format) {
            names.push(format);
        }
    }
    let declared = declares(explicit);
    let sentence = |flag: &String| {
        let row = row_of(flag)?;
        if names.iter().any(|format| heeds(format, row, declared)) {
            return None;
        }
        let by = listed(&heeding(row.set), "and");
        let mut sentence = format!("⟦{flag}⟧ has no effect on {}: it is for {by}", listed(&names, "and"));
        if row.if_declared.is_some_and(|set| names.iter().any(|format| heeds_set(format, set))) {
            sentence.push_str(", and here for columns that ⟦timestamp⟧, ⟦start-timestamp⟧ or ⟦schema⟧ declares to hold times");
        }
        Some(Warning::new(WarningCode::FlagWithoutEffect, sentence))
    };
    if names.is_empty() {
        return Vec::new();
    }
    explicit.names.iter().filter_map(sentence).collect()
}

/// The flags that what is written, if it is no Parquet of our own layout, does not heed.
pub fn of_output(form: &str, explicit: &ExplicitOptions) -> Vec<Warning> {
    let sentence = |flag: &String| {
        let row = row_of(flag).filter(|row| !row.written.is_empty() && !row.written.contains(&form))?;
        let what = format!("⟦{flag}⟧ has no effect on {form}: it is for {}", listed(row.written, "and"));
        Some(Warning::new(WarningCode::FlagWithoutEffect, what))
    };
    explicit.names.iter().filter_map(sentence).collect()
}

/// The flags that an intermediate form of the log does not heed.
pub fn beyond(format: &str, explicit: &ExplicitOptions) -> ExplicitOptions {
    let is_left =
        |flag: &&String| row_of(flag).is_none_or(|row| row.set == FlagSet::Run || !heeds(format, row, false));
    ExplicitOptions { names: explicit.names.iter().filter(is_left).cloned().collect(), ..explicit.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(formats: &[&str], flags: &[&str]) -> Vec<String> {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let told = warnings(
            formats.iter().copied(),
            &ExplicitOptions { names: flags, ..ExplicitOptions::default() },
        );
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
        let left = beyond(FLAT, &ExplicitOptions { names: flags, ..ExplicitOptions::default() });
        assert_eq!(left.names, ["null-words"]);
    }
}
