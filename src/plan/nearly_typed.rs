//! Warnings about columns that are text because of a few values: which value it was, where it stands, what to
//! do.
//!
//! A type must hold for every value, so one `unknown` among 50,000 times makes text of the column, and its
//! role is gone. What is counted comes from the [`Census`] that column readers keep; here it is decided what
//! a person should hear. A column of codes of which most happen to be numbers is not worth a word, and a
//! column of times with a few other values always is.

use crate::encode::census::Census;
use crate::model::readings::{Doubt, Readings, Wishes, decide};
use crate::model::roles::{Role, RoleWishes};
use crate::model::value::{ColumnType, DateOrder};
use crate::model::warning::{Warning, WarningCode};
use crate::plan::at_odds::Odds;
use crate::plan::table::{Column, Table};
use crate::plan::type_advice::{TypeAdvice, quoted};
use crate::shard::merge::PartDone;
use crate::source::input::Ready;

/// A text column that is nearly of a narrower type.
struct NearlyTyped<'t> {
    column: &'t Column,
    column_type: ColumnType,
    held: u64,
    missed: u64,
    miss: Miss,
    /// The orders in which its dates can be read; none where their values leave only one.
    orders: Vec<DateOrder>,
    /// Whether null words stand in it, which others that are given would take the place of.
    has_null_words: bool,
}

/// The first value that is not of the type.
struct Miss {
    value: String,
    /// Number of values that are equal to it, itself included.
    same: u64,
    /// Index of its input.
    input: usize,
    /// Number of its record, counted from 1.
    row: u64,
    byte: u64,
}

/// One warning for each column of the table that is text because of a few values, and one for a header that
/// comes again. `wishes`: the roles that the user gave.
pub fn warnings(table: &Table, inputs: &[Ready], parts: &[PartDone], wishes: &RoleWishes) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut at_odds = Vec::new();
    // Words that the user gives take the place of the usual ones, which other columns may need.
    let uses_words = table.columns.iter().any(|it| table.tally(it, inputs, parts).null_words > 0);
    for (index, column) in table.columns.iter().enumerate() {
        if column.column_type != ColumnType::Text || column.declared || column.doubt.is_some() {
            continue;
        }
        let tally = table.tally(column, inputs, parts);
        let Some(whole) = tally.census.as_deref() else { continue };
        // Text keeps null words as values, and a census leaves them out.
        let rows: u64 = parts.iter().map(|part| part.rows).sum();
        let has_null_words = uses_words || rows.saturating_sub(tally.nulls) > whole.total();
        match (Odds { table, column, whole, inputs, parts, wishes }).warning() {
            Some(warning) => at_odds.push(warning),
            None => found.extend(
                nearly_typed(column, whole, has_null_words, inputs, parts)
                    .map(|nearly| (table.roles.role(index), nearly)),
            ),
        }
    }
    let (headers, values): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, it)| it.is_header(inputs));
    let mut warnings: Vec<Warning> =
        header_again(headers.iter().map(|(_, it)| it), table, inputs, wishes).into_iter().collect();
    let beyond_headers = headers.iter().filter(|(_, it)| it.missed > it.miss.same);
    let told = beyond_headers.chain(values.iter().filter(|(role, it)| it.is_worth_a_word(*role)));
    warnings.extend(at_odds);
    warnings.extend(told.map(|(_, it)| it.warning(table, inputs, wishes)));
    warnings
}

fn nearly_typed<'t>(
    column: &'t Column,
    whole: &Census,
    has_null_words: bool,
    inputs: &[Ready],
    parts: &[PartDone],
) -> Option<NearlyTyped<'t>> {
    let (column_type, held) = whole.mostly()?;
    let miss = inputs.iter().zip(parts).enumerate().find_map(|(input, (ready, part))| {
        let census = part.tallies[ready.column(&column.source_name)?].census.as_deref()?;
        let (first, _) = census.first_miss(column_type)?;
        let (_, same) = whole.first_miss(column_type)?;
        let value = String::from_utf8_lossy(&first.value).into_owned();
        Some(Miss { value, same, input, row: first.record + 1, byte: first.byte })
    })?;
    let missed = whole.total() - held;
    let orders = if column_type.is_time() && !column.said { orders_of(whole) } else { Vec::new() };
    Some(NearlyTyped { column, column_type, held, missed, miss, orders, has_null_words })
}

/// The orders that the times of a census leave open; none if there is one alone.
fn orders_of(whole: &Census) -> Vec<DateOrder> {
    let times = whole.join_where(Readings::shows_time).in_some_unit();
    let named = Wishes { named_time: true, ..Wishes::default() };
    match decide(times, &named).doubt {
        Some(Doubt::Meanings(meanings)) => meanings.orders(),
        _ => Vec::new(),
    }
}

impl NearlyTyped<'_> {
    /// Whether the first value that does not fit is the name of its own column in CSV: the header once more.
    fn is_header(&self, inputs: &[Ready]) -> bool {
        let input = &inputs[self.miss.input];
        input.format.dialect().is_some()
            && input.header.names_columns
            && self.miss.value.trim() == self.column.source_name.trim()
            && self.held >= self.missed
    }

    /// Times of which a third is something else are told: their role is at stake. Numbers are told if hardly
    /// any value is none, or if a word without digits stands for a missing number: codes are mixed of digits
    /// and letters.
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

    fn warning(&self, table: &Table, inputs: &[Ready], wishes: &RoleWishes) -> Warning {
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
            .help(self.help(table, wishes));
        if inputs.len() > 1 { warning.in_input(&inputs[miss.input].input) } else { warning }
    }

    fn help(&self, table: &Table, wishes: &RoleWishes) -> String {
        let aside: Vec<String> =
            self.advice(table, wishes).iter().map(|it| it.clone().rejecting().to_string()).collect();
        let aside = format!("{} sets such rows aside", aside.join(" or "));
        // A source that says what its values are has no words for null.
        // A code or a date that is written otherwise is a value that is not to be lost.
        let is_value = self.miss.value.bytes().any(|byte| byte.is_ascii_digit() || byte == b',');
        if self.column.said || self.miss.same < self.missed || is_value || self.has_null_words {
            return aside;
        }
        let word = format!("⟦null-words⟧ {}", quoted(&self.miss.value));
        let as_null: Vec<String> = match self.orders.as_slice() {
            [] => vec![format!("`{word}`")],
            orders => orders.iter().map(|it| format!("`⟦date-order⟧ {} {word}`", it.word())).collect(),
        };
        format!("{} makes it null, as in every other column, {aside}", as_null.join(" or "))
    }

    /// Advice that gives the column its type, for each order that its dates can have.
    fn advice(&self, table: &Table, wishes: &RoleWishes) -> Vec<TypeAdvice> {
        if !self.column_type.is_time() {
            return vec![TypeAdvice::declared(&self.column.source_name, self.column_type, &[])];
        }
        let times = |order| TypeAdvice::times(table, self.column, wishes, &[], order);
        match self.orders.as_slice() {
            [] => vec![times(None)],
            orders => orders.iter().map(|order| times(Some(*order))).collect(),
        }
    }
}

/// One warning for all columns in which words of the header occur as values.
fn header_again<'t>(
    mut columns: impl Iterator<Item = &'t NearlyTyped<'t>>,
    table: &Table,
    inputs: &[Ready],
    wishes: &RoleWishes,
) -> Option<Warning> {
    let first = columns.next()?;
    let mut names = format!("{:?}", first.column.source_name);
    let mut time = first.column_type.is_time().then_some(first);
    let mut others = 0;
    for other in columns {
        others += 1;
        time = time.or(other.column_type.is_time().then_some(other));
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
        Some(time) => {
            let advice = time.advice(table, wishes).into_iter().map(|it| it.rejecting().to_string());
            format!(
                "remove the line, then all columns keep their types; {} sets it aside for the times",
                advice.collect::<Vec<_>>().join(" or ")
            )
        }
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

/// Noun for the values of a type.
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
