//! Warnings about columns that are text because of a few values: which value it was, where it stands, what to do.
//!
//! A type must hold for every value, so one `unknown` among 50,000 times makes text of the column, and its role is gone.
//! What is counted comes from the [`Census`] that column readers keep; here it is decided what a person should hear.
//! A column of codes of which most happen to be numbers is not worth a word, and a column of times with a few other
//! values always is.

use super::input::Ready;
use super::table::{Column, Table};
use crate::encode::census::Census;
use crate::format::any::AnyFormat;
use crate::model::roles::Role;
use crate::model::value::ColumnType;
use crate::model::warning::{Warning, WarningCode};
use crate::shard::merge::PartDone;

/// A text column that is nearly of a narrower type.
struct NearlyTyped<'t> {
    column: &'t Column,
    column_type: ColumnType,
    held: u64,
    missed: u64,
    miss: Miss,
}

/// The first value that is not of the type.
struct Miss {
    value: String,
    /// How many others are equal to it, itself included.
    same: u64,
    /// Index of its input.
    input: usize,
    /// Its record, counted from 1.
    row: u64,
    byte: u64,
}

/// One warning for each column of the table that is text because of a few values, and one for a header that comes again.
pub fn warnings(table: &Table, inputs: &[Ready], parts: &[PartDone]) -> Vec<Warning> {
    let columns = table.columns.iter().enumerate();
    let found = columns.filter_map(|(index, column)| {
        let nearly = nearly_typed(column, table, inputs, parts)?;
        Some((table.roles.role(index), nearly))
    });
    let (headers, values): (Vec<_>, Vec<_>) = found.partition(|(_, it)| it.is_header(inputs));
    let mut warnings: Vec<Warning> =
        header_again(headers.iter().map(|(_, it)| it), inputs).into_iter().collect();
    let beyond_headers = headers.iter().filter(|(_, it)| it.missed > it.miss.same);
    let told = beyond_headers.chain(values.iter().filter(|(role, it)| it.is_worth_a_word(*role)));
    warnings.extend(told.map(|(_, it)| it.warning(inputs)));
    warnings
}

fn nearly_typed<'t>(
    column: &'t Column,
    table: &Table,
    inputs: &[Ready],
    parts: &[PartDone],
) -> Option<NearlyTyped<'t>> {
    if column.column_type != ColumnType::Text || column.declared || column.doubt.is_some() {
        return None;
    }
    let tally = table.tally(column, inputs, parts);
    let whole: &Census = tally.census.as_deref()?;
    let (column_type, held) = whole.mostly()?;
    let miss = inputs.iter().zip(parts).enumerate().find_map(|(input, (ready, part))| {
        let census = part.tallies[ready.column(&column.source_name)?].census.as_deref()?;
        let (first, _) = census.first_miss(column_type)?;
        let (_, same) = whole.first_miss(column_type)?;
        let value = String::from_utf8_lossy(&first.value).into_owned();
        Some(Miss { value, same, input, row: first.record + 1, byte: first.byte })
    })?;
    Some(NearlyTyped { column, column_type, held, missed: whole.total() - held, miss })
}

impl NearlyTyped<'_> {
    /// Whether the first value that does not fit is the name of its own column in CSV: the header once more.
    fn is_header(&self, inputs: &[Ready]) -> bool {
        let input = &inputs[self.miss.input];
        matches!(input.format, AnyFormat::Csv(_))
            && input.header.names_columns
            && self.miss.value.trim() == self.column.source_name.trim()
            && self.held >= self.missed
    }

    /// Times of which a third is something else are told: their role is at stake. Numbers are told if hardly any value
    /// is none, or if a word without digits stands for a missing number: codes are mixed of digits and letters.
    fn is_worth_a_word(&self, role: Option<Role>) -> bool {
        let Self { held, missed, .. } = *self;
        let is_placeholder =
            self.miss.same == missed && !self.miss.value.bytes().any(|byte| byte.is_ascii_digit());
        match self.column_type {
            ColumnType::Date(_) | ColumnType::Timestamp { .. } => held >= 2 && missed * 2 <= held,
            // Identifiers may be digits in part.
            _ if matches!(role, Some(Role::Case | Role::Activity | Role::Resource)) => false,
            _ if is_placeholder => held >= 2 && missed * 2 <= held,
            _ => held >= 100 && missed * 100 <= held,
        }
    }

    fn warning(&self, inputs: &[Ready]) -> Warning {
        let Self { column, held, missed, miss, .. } = self;
        let total = held + missed;
        let mut what = format!(
            "column {:?} is text: {held} of {total} values are {}, the first that is not is {:?} in row {}",
            column.source_name,
            noun(self.column_type),
            miss.value,
            miss.row,
        );
        if *missed > 1 && miss.same == *missed {
            what.push_str(", and all others that are not are the same");
        }
        let warning = Warning::new(WarningCode::NearlyTyped, what)
            .in_column(&column.source_name)
            .counted(*missed)
            .out_of(total)
            .example(&miss.value, Some(miss.row), Some(miss.byte))
            .help(self.help());
        if inputs.len() > 1 { warning.in_input(&inputs[miss.input].input) } else { warning }
    }

    fn help(&self) -> String {
        let name = quoted(&self.column.source_name);
        let declare = match self.column_type {
            ColumnType::Date(_) | ColumnType::Timestamp { .. } => {
                format!("--timestamp {name} --on-bad-row reject sets such rows aside")
            }
            _ => format!(
                "declare {} in a --schema file and add --on-bad-row reject to set such rows aside",
                self.column_type.name()
            ),
        };
        // A source that says what its values are has no words for null.
        // A code or a date that is written otherwise is a value that is not to be lost.
        let is_value = self.miss.value.bytes().any(|byte| byte.is_ascii_digit() || byte == b',');
        if self.column.said || self.miss.same < self.missed || is_value {
            return declare;
        }
        format!("--null-words {} makes it null, {declare}", quoted(&self.miss.value))
    }
}

/// One warning for the columns in which the header's own words stand.
fn header_again<'t>(
    mut columns: impl Iterator<Item = &'t NearlyTyped<'t>>,
    inputs: &[Ready],
) -> Option<Warning> {
    let first = columns.next()?;
    let mut names = format!("{:?}", first.column.source_name);
    let mut time = first.column_type.is_time().then_some(&first.column.source_name);
    let mut others = 0;
    for other in columns {
        others += 1;
        time = time.or(other.column_type.is_time().then_some(&other.column.source_name));
        if others < 4 {
            names.push_str(&format!(", {:?}", other.column.source_name));
        }
    }
    if others >= 4 {
        names.push_str(&format!(" and {} more", others - 3));
    }
    let Miss { same, row, byte, input, .. } = first.miss;
    let times = if same > 1 { format!(", {same} times in all") } else { String::new() };
    let help = match time {
        Some(time) => format!(
            "remove the line, then all columns keep their types; --timestamp {} --on-bad-row reject sets it aside for the times",
            quoted(time)
        ),
        None => "remove the line; then the columns keep their types".to_owned(),
    };
    let plural = if others == 0 { "column" } else { "columns" };
    let what =
        format!("row {row} is the header once more{times}: because of it {plural} {names} became text");
    Some(
        Warning::new(WarningCode::HeaderAgain, what)
            .in_input(&inputs[input].input)
            .in_column(&first.column.source_name)
            .counted(same)
            .example(&first.miss.value, Some(row), Some(byte))
            .help(help),
    )
}

/// What the values of a type are called.
pub fn noun(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Bool => "true or false",
        ColumnType::Int64(_) => "whole numbers",
        ColumnType::Float64(_) => "numbers",
        ColumnType::Date(_) => "dates",
        ColumnType::Timestamp { .. } => "times",
        ColumnType::Text => "text",
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/');
    match word.bytes().all(is_plain) && !word.is_empty() && !word.starts_with('-') {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell_where_they_must_be() {
        for (word, shown) in [
            ("unknown", "unknown"),
            ("Start Time", "'Start Time'"),
            ("time:timestamp", "time:timestamp"),
            ("it's", "'it'\\''s'"),
            ("-", "'-'"),
            ("", "''"),
            ("Fälle", "'Fälle'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
