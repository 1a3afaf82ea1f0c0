//! Warnings about columns whose values can be read in more than one way: why such a column is text, or what
//! decided its type.

use crate::model::figures::listed;
use crate::model::readings::{Doubt, Meanings};
use crate::model::value::DecimalMark;
use crate::model::warning::{Warning, WarningCode};
use crate::plan::table::{Column, described_order};

/// The warning about a column's type, if there is one.
pub fn warning(column: &Column) -> Option<Warning> {
    let warning = match column.doubt {
        Some(Doubt::Meanings(meanings)) => two_meanings(column, &meanings),
        Some(Doubt::MaybeDates(meanings)) => maybe_dates(column, &meanings),
        Some(Doubt::MaybeCodes) => maybe_codes(column),
        None => of_file(column)?,
    };
    Some(warning.in_column(&column.source_name))
}

fn two_meanings(column: &Column, meanings: &Meanings) -> Warning {
    let orders = meanings.orders();
    let text = format!("column {:?} is text", column.source_name);
    if orders.is_empty() {
        let types: Vec<String> = meanings.iter().map(|it| it.described().into_owned()).collect();
        let what = format!("{text}: its values could be {}", listed(&types, "or"));
        return Warning::new(WarningCode::TwoMeanings, what)
            .help("decide with `⟦decimal⟧ point` or `⟦decimal⟧ comma`");
    }
    let of_type = meanings.iter().next().map_or("", |it| it.name());
    let read: Vec<String> = orders.iter().map(|order| described_order(*order).to_owned()).collect();
    let what = format!("{text}: its values could be {of_type} {}", listed(&read, "or"));
    Warning::new(WarningCode::TwoMeanings, what).help(format!("decide with {}", date_orders(meanings)))
}

fn maybe_dates(column: &Column, meanings: &Meanings) -> Warning {
    let what = format!(
        "column {:?} is text: its values look like dates with years of two digits, and could as well be versions or codes",
        column.source_name
    );
    Warning::new(WarningCode::TwoMeanings, what).help(format!(
        "if they are dates, give {}, or declare the column with ⟦timestamp⟧ or ⟦schema⟧",
        date_orders(meanings)
    ))
}

fn maybe_codes(column: &Column) -> Warning {
    let what = format!(
        "column {:?} is text: its values could be numbers such as 1E5, and look like codes",
        column.source_name
    );
    Warning::new(WarningCode::CodesNotNumbers, what)
        .help("if they are numbers, declare the column as float64 with ⟦schema⟧")
}

fn of_file(column: &Column) -> Option<Warning> {
    let (mark, by) = column.by_file.as_ref()?;
    let (word, other) = match mark {
        DecimalMark::Comma => ("comma", "point"),
        DecimalMark::Point => ("point", "comma"),
    };
    let what = format!(
        "column {:?} was read as {}, because column {by:?} shows that the decimal mark is a {word}",
        column.source_name,
        column.column_type.described()
    );
    let help = format!("if that is wrong, give `⟦decimal⟧ {other}`; `⟦decimal⟧ {word}` confirms it");
    Some(Warning::new(WarningCode::DecimalMarkOfFile, what).help(help))
}

/// The flags that decide between orders, one for each.
fn date_orders(meanings: &Meanings) -> String {
    let flags: Vec<String> =
        meanings.orders().iter().map(|order| format!("`⟦date-order⟧ {}`", order.word())).collect();
    listed(&flags, "or")
}
