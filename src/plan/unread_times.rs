//! Columns that look like times and are not read as such, because nobody knows their layout: the flags that
//! read them are told.
//!
//! False alarms would be worse than silence. A column is told if nearly all of the values at its beginning
//! look like times, and some of them are not read; where the source says what its values are, its name must
//! say so as well.

use crate::model::calendar::date_of;
use crate::model::readings::Readings;
use crate::model::roles::RoleWishes;
use crate::model::time_layout::{count_layout, day_number, layout_of};
use crate::model::time_names::names_a_time;
use crate::model::value::ColumnType;
use crate::model::warning::{Warning, WarningCode};
use crate::plan::table::{Column, Table};
use crate::plan::type_advice::TypeAdvice;
use crate::source::input::Ready;
use crate::source::sample::{Seen, TimeLooks};

/// Of so many values that look like times one may be something else.
const MOST_ARE: u64 = 10;

/// A layout that shows what is meant, where that of the values can't be told.
const EXAMPLE: &str = "%d.%m.%Y %H:%M:%S";

/// Adds a warning for each column that looks like times and is not read as such, unless there is one about
/// its type already. `wishes`: the roles that the user gave.
pub fn warn(warnings: &mut Vec<Warning>, table: &Table, inputs: &[Ready], wishes: &RoleWishes) {
    for column in &table.columns {
        let is_told = |it: &Warning| {
            it.code.is_about_types() && it.column.as_deref() == Some(column.source_name.as_str())
        };
        if !column.declared && column.nested().is_none() && !warnings.iter().any(is_told) {
            let unread = Unread { table, column, looks: looks_of(column, inputs), wishes };
            warnings.extend(
                unread.warning().or_else(|| unread.day_numbers()).or_else(|| unread.contradiction(inputs)),
            );
        }
    }
}

/// A column whose values may be times that are not read, and what its first values look like.
struct Unread<'t> {
    table: &'t Table,
    column: &'t Column,
    looks: TimeLooks,
    wishes: &'t RoleWishes,
}

impl Unread<'_> {
    fn warning(&self) -> Option<Warning> {
        let Self { column, looks, .. } = self;
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
        let help = match (looks.shapes.layouts(), layout) {
            (Some(layouts), _) => {
                let advice = self.flags(&layouts);
                // Of all the values that were looked at a few are none of these.
                let advice = if seen.count + looks.read < looks.values { advice.rejecting() } else { advice };
                format!("{advice} reads such values")
            }
            (None, Some(layout)) => format!("{} reads such values", self.flags(&[layout]).rejecting()),
            (None, None) => self.layouts_needed(),
        };
        Some(Warning::new(WarningCode::UnreadTimes, what).in_column(name).help(help).example(
            value,
            Some(*row),
            Some(*byte),
        ))
    }

    /// Numbers that are days as spreadsheets count them, in a column that is called a time.
    fn day_numbers(&self) -> Option<Warning> {
        let Self { column, looks, .. } = self;
        let is_number = matches!(column.column_type, ColumnType::Int64(_) | ColumnType::Float64(_));
        let all = looks.day_numbers.count > 0 && looks.day_numbers.count == looks.values;
        if !is_number || !all || !names_a_time(&column.source_name) {
            return None;
        }
        let (value, row, byte) = first(&looks.day_numbers)?;
        let (days, second) = day_number(value.as_bytes())?;
        let (year, month, day) = date_of(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let name = &column.source_name;
        let what = format!(
            "column {name:?} is {}: its numbers look like days as Excel and OLE count them, {value} being {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}",
            column.column_type.name()
        );
        let help = "no layout reads day numbers; export the column as text in a date format, such as yyyy-mm-dd hh:mm:ss";
        Some(Warning::new(WarningCode::UnreadTimes, what).in_column(name).help(help).example(
            value,
            Some(*row),
            Some(*byte),
        ))
    }

    /// Text whose values are all read as times, but not in one layout and order.
    fn contradiction(&self, inputs: &[Ready]) -> Option<Warning> {
        let Self { column, looks, .. } = self;
        let known = |input: &Ready| Some(input.sample.known[input.column(&column.source_name)?]);
        let joined = inputs.iter().filter_map(known).fold(Readings::ALL, |joined, known| joined & known);
        let all_read = looks.values > 0 && looks.read == looks.values;
        if column.column_type != ColumnType::Text || column.said || !all_read || joined.has_time() {
            return None;
        }
        let name = &column.source_name;
        let help = match looks.shapes.layouts() {
            Some(layouts) => format!("{} reads such values", self.flags(&layouts)),
            None => self.layouts_needed(),
        };
        let what = format!(
            "column {name:?} is text: its values are times of several layouts, or contradict each other"
        );
        Some(Warning::new(WarningCode::UnreadTimes, what).in_column(name).help(help))
    }

    fn flags(&self, layouts: &[String]) -> TypeAdvice {
        TypeAdvice::times(self.table, self.column, self.wishes, layouts, None)
    }

    fn layouts_needed(&self) -> String {
        format!("give each of their layouts in the place of this one: {}", self.flags(&[EXAMPLE.to_owned()]))
    }
}

fn first(seen: &Seen) -> Option<&(String, u64, u64)> {
    seen.first.as_ref()
}

/// Findings about a column in the samples of all inputs. The example comes from the first input that has one.
fn looks_of(column: &Column, inputs: &[Ready]) -> TimeLooks {
    let mut sum = TimeLooks::default();
    for input in inputs {
        if let Some(index) = input.column(&column.source_name) {
            sum.join(&input.sample.looks[index]);
        }
    }
    sum
}
