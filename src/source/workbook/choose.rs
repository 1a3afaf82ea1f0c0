//! Which sheets of a workbook are read: the first that has values, those that the user names, or all.

use std::fs::File;
use std::path::Path;

use super::area::{Area, NamedArea};
use super::form::WorkbookForm;
use super::{SheetInfo, SheetState, Workbook};
use crate::budget::Budget;
use crate::error::{Code, Error, Result};
use crate::options::Options;
use crate::source::ranges::FileBytes;
use crate::source::{TypedFormat, reading};

/// The word that stands for all sheets.
pub const ALL: &str = "all";

/// A sheet that is read, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChosenSheet {
    /// Index of the sheet in the workbook.
    pub sheet: usize,
    /// The rows and columns that are read of it.
    pub area: Area,
}

/// The sheets that a workbook is read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChosenSheets {
    /// The first of these that has values: nobody said which.
    First(Vec<usize>),
    /// This sheet alone.
    One(ChosenSheet),
    /// All that have cells.
    All(Vec<usize>),
}

/// Finds the sheets that `wish` asks for: `all`, a name, a number from 1 on, the name of a table or of an
/// area, or an area as `Sheet!B3:F100`.
///
/// # Errors
/// [`Code::Usage`] if there is none.
pub fn choose(book: &mut Workbook, wish: Option<&str>) -> Result<ChosenSheets> {
    let tables = |book: &Workbook| -> Vec<usize> {
        (0..book.sheets.len()).filter(|at| book.sheets[*at].is_table).collect()
    };
    let Some(wish) = wish else {
        let visible = |at: &usize| book.sheets[*at].state == SheetState::Visible;
        let (mut first, hidden): (Vec<usize>, Vec<usize>) = tables(book).into_iter().partition(visible);
        first.extend(hidden);
        return Ok(ChosenSheets::First(first));
    };
    if let Some(sheet) = by_name(&book.sheets, wish) {
        return whole(book, sheet);
    }
    if wish.eq_ignore_ascii_case(ALL) {
        return Ok(ChosenSheets::All(tables(book)));
    }
    let number = wish.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    if let Some(sheet) = number.filter(|at| *at < book.sheets.len()) {
        return whole(book, sheet);
    }
    let area = Area::with_sheet(wish);
    let named = book.names()?.iter().filter(|it| it.name.eq_ignore_ascii_case(wish));
    // A table is what a name stands for rather than an area of the same name.
    let named = named.max_by_key(|it| it.is_table).map(|it| (it.sheet.clone(), it.area));
    if let Some((sheet, area)) = named.or(area)
        && let Some(sheet) = by_name(&book.sheets, &sheet)
    {
        return Ok(ChosenSheets::One(ChosenSheet { sheet, area }));
    }
    let names = book.names()?.to_vec();
    Err(Error::new(Code::Usage, format!("the workbook has no sheet {wish:?}"))
        .help(known(&book.sheets, &names)))
}

fn whole(book: &Workbook, sheet: usize) -> Result<ChosenSheets> {
    if !book.sheets[sheet].is_table {
        let what = format!("sheet {:?} is a chart or a program, and has no cells", book.sheets[sheet].name);
        return Err(Error::new(Code::Usage, what).help(known(&book.sheets, &[])));
    }
    Ok(ChosenSheets::One(ChosenSheet { sheet, area: Area::default() }))
}

/// The sheet of this name; Excel knows no difference between capital and small letters.
fn by_name(sheets: &[SheetInfo], name: &str) -> Option<usize> {
    let exact = sheets.iter().position(|sheet| sheet.name == name);
    exact.or_else(|| sheets.iter().position(|sheet| sheet.name.to_lowercase() == name.to_lowercase()))
}

/// A sentence that tells what can be named.
fn known(sheets: &[SheetInfo], names: &[NamedArea]) -> String {
    const TOLD: usize = 20;
    let mut told: Vec<String> = (1..)
        .zip(sheets)
        .filter(|(_, it)| it.is_table)
        .map(|(at, it)| format!("{at} {:?}", it.name))
        .collect();
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    let mut sentence = format!("the sheets are {}", told.join(", "));
    let tables: Vec<String> = names.iter().take(TOLD).map(|it| format!("{:?}", it.name)).collect();
    if !tables.is_empty() {
        sentence += &format!("; tables and named areas are {}", tables.join(", "));
    }
    sentence
}

/// The names of the sheets of a workbook that have values; none of a file that is no workbook.
///
/// # Errors
/// If the workbook can't be read.
pub fn sheets_with_values(path: &Path, options: &Options) -> Result<Vec<String>> {
    let file = File::open(path).map_err(|error| Error::io(Code::InputMissing, path, &error))?;
    let bytes = FileBytes::of(file)?;
    let Some(form) = WorkbookForm::of(&bytes) else { return Ok(Vec::new()) };
    let limit = options.run.memory_limit.unwrap_or_else(|| Budget::usual(options.run.threads));
    reading(TypedFormat::Workbook(form), || {
        let mut book = Workbook::open(bytes.clone(), form, limit / 3)?;
        let mut names = Vec::new();
        for sheet in 0..book.sheets.len() {
            if book.sheets[sheet].is_table && book.has_values(sheet)? {
                names.push(book.sheets[sheet].name.clone());
            }
        }
        Ok(names)
    })
}

/// The sentence that names sheets, for a warning.
pub fn listed(sheets: &[SheetInfo], which: &[usize]) -> String {
    let shown = |at: &usize| match sheets[*at].state {
        SheetState::Visible => format!("{:?}", sheets[*at].name),
        SheetState::Hidden | SheetState::VeryHidden => format!("{:?} (hidden)", sheets[*at].name),
    };
    which.iter().map(shown).collect::<Vec<_>>().join(", ")
}
