//! Columns that look like times and are not read as such, because nobody knows their layout: the flags that
//! read them are told.
//!
//! False alarms would be worse than silence. A column is told if nearly all of the values at its beginning
//! look like times, and some of them are not read; where the source says what its values are, its name must
//! say so as well.

use super::input::Ready;
use super::nearly_typed::quoted;
use super::table::{Column, Table};
use crate::model::readings::Readings;
use crate::model::time_layout::{count_layout, layout_of};
use crate::model::time_names::names_a_time;
use crate::model::value::ColumnType;
use crate::model::warning::{Warning, WarningCode};
use crate::shard::sample::{Seen, TimeLooks};

/// Of so many values that look like times one may be something else.
const MOST_ARE: u64 = 10;

/// A layout that shows what is meant, where that of the values can't be told.
const EXAMPLE: &str = "%d.%m.%Y %H:%M:%S";

/// Adds a warning for each column that looks like times and is not read as such, unless there is one about
/// its type already.
pub fn warn(warnings: &mut Vec<Warning>, table: &Table, inputs: &[Ready]) {
    for column in &table.columns {
        let is_told = |it: &Warning| {
            it.code.is_about_types() && it.column.as_deref() == Some(column.source_name.as_str())
        };
        if !column.declared && column.nested().is_none() && !warnings.iter().any(is_told) {
            let looks = looks_of(column, inputs);
            warnings.extend(warning(column, &looks).or_else(|| contradiction(column, &looks, inputs)));
        }
    }
}

fn warning(column: &Column, looks: &TimeLooks) -> Option<Warning> {
    let name_tells = names_a_time(&column.source_name);
    let nearly = |count: u64| count > 0 && (looks.values - count) * MOST_ARE <= looks.values;
    let name = &column.source_name;
    let (what, seen, layout) = match column.column_type {
        ColumnType::Text => {
            let unread = if name_tells { &looks.unread_by_name } else { &looks.unread };
            if column.said && !name_tells || unread.count == 0 || !nearly(unread.count + looks.read) {
                return None;
            }
            let what = match looks.read {
                0 => format!(
                    "column {name:?} is text: its values look like times of a layout that is not known"
                ),
                _ => format!("column {name:?} is text: its values look like times of several layouts"),
            };
            let layout = first(unread).and_then(|(value, ..)| layout_of(value.as_bytes()));
            (what, unread, layout)
        }
        ColumnType::Int64(_) | ColumnType::Float64(_) if name_tells && nearly(looks.numbers.count) => {
            let value = &first(&looks.numbers)?.0;
            let layout = count_layout(value.as_bytes())?;
            let what =
                format!("column {name:?} is {}: its numbers look like times", column.column_type.name());
            (what, &looks.numbers, Some(layout.to_owned()))
        }
        _ => return None,
    };
    let (value, row, byte) = first(seen)?;
    let flags = |layout: &str| format!("--timestamp {} --timestamp-format '{layout}'", quoted(name));
    let help = match layout {
        Some(layout) => format!("{} reads such values", flags(&layout)),
        None => format!("give their layout, such as {}", flags(EXAMPLE)),
    };
    Some(Warning::new(WarningCode::UnreadTimes, what).in_column(name).help(help).example(
        value,
        Some(*row),
        Some(*byte),
    ))
}

/// Text whose values are all read as times, but not in one layout and order.
fn contradiction(column: &Column, looks: &TimeLooks, inputs: &[Ready]) -> Option<Warning> {
    let known = |input: &Ready| Some(input.sample.known[input.column(&column.source_name)?]);
    let joined = inputs.iter().filter_map(known).fold(Readings::ALL, |joined, known| joined & known);
    let all_read = looks.values > 0 && looks.read == looks.values;
    if column.column_type != ColumnType::Text || column.said || !all_read || joined.has_time() {
        return None;
    }
    let name = &column.source_name;
    let help = format!(
        "give all of their layouts, such as --timestamp {} --timestamp-format '%Y-%m-%d' --timestamp-format '%d.%m.%Y'",
        quoted(name)
    );
    let what =
        format!("column {name:?} is text: its values are times of several layouts, or contradict each other");
    Some(Warning::new(WarningCode::UnreadTimes, what).in_column(name).help(help))
}

fn first(seen: &Seen) -> Option<&(String, u64, u64)> {
    seen.first.as_ref()
}

/// What the beginnings of all inputs show of a column. The example is that of the first input that has one.
fn looks_of(column: &Column, inputs: &[Ready]) -> TimeLooks {
    let mut sum = TimeLooks::default();
    for input in inputs {
        if let Some(index) = input.column(&column.source_name) {
            sum.join(&input.sample.looks[index]);
        }
    }
    sum
}
