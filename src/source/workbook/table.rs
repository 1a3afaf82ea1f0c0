//! One sheet as a table: its header, its columns, the types that hold all of their values, and its rows,
//! which wait until they are asked for.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};

use super::SheetNotes;
use super::area::{Area, letters_of};
use super::cell::{Cell, CellKind, SheetRow};
use super::header::{LOOK, find_header};
use super::strings::SharedStrings;
use crate::encode::null_words::NullWords;
use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::{Code, Error, Result};
use crate::model::readings::{Readings, Wishes, classify_lexical, decide};
use crate::model::time_names::names_a_time;
use crate::model::value::{ColumnType, DateOrder, TimeUnit as LogUnit};
use crate::model::warning::{Warning, WarningCode};

/// Bytes of rows that wait together.
const CHUNK: usize = 1 << 20;
/// Whole numbers up to this are exact as doubles.
const EXACT: u64 = 1 << 53;

/// How a sheet is read.
#[derive(Debug, Clone, Default)]
pub struct SheetOptions {
    /// Whether a row names the columns; `None`: found.
    pub header: Option<bool>,
    /// Rows at the top of the sheet that are left out.
    pub skip_rows: u32,
    /// The part of the sheet that is read.
    pub area: Area,
}

/// A column of a sheet.
#[derive(Debug, Clone)]
pub struct SheetColumn {
    /// The name, each one once.
    pub name: String,
    /// Its place in the sheet, counted from 0.
    pub place: u16,
    /// The type of its values.
    pub data_type: DataType,
    /// How its texts are read as times, if that is what all of them are.
    pub times: Option<(DateOrder, LogUnit)>,
    /// Which kinds of values were met in the column.
    pub met: ColumnMet,
}

/// What was met in a column.
#[derive(Debug, Clone)]
pub struct ColumnMet {
    counts: [u64; CellKind::COUNT],
    /// For each kind the row in which it was met first.
    first: [u32; CellKind::COUNT],
    /// Texts that stand for nothing among other values, such as `NA`.
    null_words: u64,
    /// Whether a whole number is not exact as a double.
    is_wide: bool,
    /// How all texts can be read.
    readings: Readings,
    sample: Option<(u32, String)>,
}

impl Default for ColumnMet {
    fn default() -> Self {
        Self {
            counts: [0; CellKind::COUNT],
            first: [0; CellKind::COUNT],
            null_words: 0,
            is_wide: false,
            readings: Readings::ALL,
            sample: None,
        }
    }
}

/// The type of a column, and how its texts are read as times.
type Decided = (DataType, Option<(DateOrder, LogUnit)>);

impl ColumnMet {
    fn meet(&mut self, row: u32, cell: Cell<'_>, strings: &SharedStrings, words: &NullWords) {
        let kind = cell.kind() as usize;
        if self.counts[kind] == 0 {
            self.first[kind] = row;
        }
        self.counts[kind] += 1;
        let text = match cell {
            Cell::Integer(value) => {
                self.is_wide |= value.unsigned_abs() > EXACT;
                return;
            }
            Cell::Shared(number) => strings.get(number),
            Cell::Text(text) => text,
            _ => return,
        };
        if text.is_empty() || words.contains(text.as_bytes()) {
            self.null_words += 1;
            return;
        }
        if self.sample.is_none() {
            self.sample = Some((row, text.chars().take(60).collect()));
        }
        if !self.readings.is_empty() {
            self.readings &= classify_lexical(text.as_bytes());
        }
    }

    fn count(&self, kind: CellKind) -> u64 {
        self.counts[kind as usize]
    }

    /// Number of cells that are errors.
    pub fn errors(&self) -> u64 {
        self.count(CellKind::Error)
    }

    /// Whether the column has texts and other values, so that it is text.
    fn is_mixed(&self) -> bool {
        let others = self.values() - self.count(CellKind::Text);
        others > 0 && self.count(CellKind::Text) > self.null_words
    }

    /// Number of cells with values.
    pub fn values(&self) -> u64 {
        self.counts.iter().sum::<u64>() - self.errors()
    }

    /// The narrowest type that holds all values.
    fn decide(&self, named_time: bool) -> Decided {
        use CellKind::{Bool, Date, DateTime, Duration, Integer, Number, Text, Time};
        let has = |kind| self.count(kind) > 0;
        let text = (DataType::Utf8, None);
        let others = self.values() - self.count(Text);
        if others == 0 {
            return self.decide_text(named_time).unwrap_or(text);
        }
        if self.is_mixed() {
            return text;
        }
        let only = |kinds: &[CellKind]| kinds.iter().map(|kind| self.count(*kind)).sum::<u64>() == others;
        let data_type = if only(&[Integer]) {
            DataType::Int64
        } else if only(&[Integer, Number]) && !self.is_wide {
            DataType::Float64
        } else if only(&[Bool]) {
            DataType::Boolean
        } else if only(&[Date]) {
            DataType::Date32
        } else if only(&[Date, DateTime]) {
            utc(TimeUnit::Microsecond)
        } else if only(&[Time]) {
            DataType::Time64(TimeUnit::Microsecond)
        } else if only(&[Time, Duration]) && has(Duration) {
            DataType::Duration(TimeUnit::Microsecond)
        } else {
            DataType::Utf8
        };
        (data_type, None)
    }

    /// The type of texts that all are times.
    fn decide_text(&self, named_time: bool) -> Option<Decided> {
        if self.readings.has_time() && self.count(CellKind::Text) > self.null_words {
            let decided = decide(self.readings, &Wishes { named_time, ..Wishes::default() }).column_type;
            match decided {
                ColumnType::Date(order) => return Some((DataType::Date32, Some((order, LogUnit::Micros)))),
                ColumnType::Timestamp { order, unit } => {
                    let of_arrow = match unit {
                        LogUnit::Micros => TimeUnit::Microsecond,
                        LogUnit::Nanos => TimeUnit::Nanosecond,
                    };
                    return Some((utc(of_arrow), Some((order, unit))));
                }
                _ => {}
            }
        }
        None
    }
}

/// The type of moments.
pub fn utc(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("UTC".into()))
}

/// A sheet whose columns are known.
#[derive(Debug)]
pub struct SheetTable {
    /// Name of the sheet that the table is of.
    pub sheet: String,
    /// Its columns, from left to right.
    pub columns: Vec<SheetColumn>,
    /// Its rows, some at a time: the bytes, and the number of rows in them.
    pub chunks: Vec<(KeptBytes, usize)>,
    /// Number of rows below the header.
    pub rows: u64,
    /// The rows above the header.
    pub titles: Vec<String>,
    /// What the sheet has beside values.
    pub notes: SheetNotes,
    /// Whether a row named the columns.
    pub has_header: bool,
    /// Warnings about names.
    pub warnings: Vec<Warning>,
}

/// Makes a table of the rows of a sheet.
pub struct TableMaker {
    options: SheetOptions,
    spill: Arc<Spill>,
    words: NullWords,
    /// The first rows, until the header is found.
    look: Vec<SheetRow>,
    names: Option<Vec<(u16, String)>>,
    titles: Vec<String>,
    met: Vec<ColumnMet>,
    waiting: Vec<u8>,
    in_waiting: usize,
    chunks: Vec<(KeptBytes, usize)>,
    rows: u64,
    cut: SheetRow,
}

impl TableMaker {
    /// A table without rows, which are kept in `spill`.
    pub fn new(options: SheetOptions, spill: Arc<Spill>) -> Self {
        Self {
            options,
            spill,
            words: NullWords::usual(),
            look: Vec::new(),
            names: None,
            titles: Vec::new(),
            met: Vec::new(),
            waiting: Vec::new(),
            in_waiting: 0,
            chunks: Vec::new(),
            rows: 0,
            cut: SheetRow::default(),
        }
    }

    /// Takes the next row of the sheet.
    ///
    /// # Errors
    /// If the file in which rows wait can't be written.
    pub fn take(&mut self, row: &SheetRow, strings: &SharedStrings) -> Result<()> {
        let area = self.options.area;
        if row.number <= self.options.skip_rows || row.number < area.first_row || row.number > area.last_row {
            return Ok(());
        }
        if area == Area::default() {
            return self.take_cut(row, strings);
        }
        let mut cut = std::mem::take(&mut self.cut);
        cut.begin(row.number);
        for (column, cell) in row.cells().filter(|(column, _)| area.has(row.number, u32::from(*column))) {
            cut.push(column, cell);
        }
        let taken = self.take_cut(&cut, strings);
        self.cut = cut;
        taken
    }

    fn take_cut(&mut self, row: &SheetRow, strings: &SharedStrings) -> Result<()> {
        if row.is_empty() {
            return Ok(());
        }
        if self.names.is_some() {
            return self.keep(row, strings);
        }
        self.look.push(row.clone());
        if self.look.len() < LOOK { Ok(()) } else { self.begin(strings) }
    }

    /// Finds the header, and keeps the rows below it.
    fn begin(&mut self, strings: &SharedStrings) -> Result<()> {
        let look = std::mem::take(&mut self.look);
        let found = find_header(&look, self.options.header);
        let shown = |cell: Cell<'_>| {
            let mut text = String::new();
            cell.write(&|number| strings.get(number), &mut text);
            text
        };
        for row in &look[..found.titles] {
            let cells: Vec<String> = row.cells().map(|(_, cell)| shown(cell)).collect();
            self.titles.push(cells.join("\t"));
        }
        let mut rows = look[found.titles..].iter();
        let header = if found.is_there { rows.next() } else { None };
        let names = header.map(|row| row.cells().map(|(column, cell)| (column, shown(cell))).collect());
        self.names = Some(names.unwrap_or_default());
        self.options.header = Some(found.is_there);
        rows.try_for_each(|row| self.keep(row, strings))
    }

    fn keep(&mut self, row: &SheetRow, strings: &SharedStrings) -> Result<()> {
        for (column, cell) in row.cells() {
            let column = usize::from(column);
            if column >= self.met.len() {
                self.met.resize_with(column + 1, ColumnMet::default);
            }
            self.met[column].meet(row.number, cell, strings, &self.words);
        }
        row.keep(&mut self.waiting);
        self.in_waiting += 1;
        self.rows += 1;
        if self.waiting.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.in_waiting > 0 {
            let kept = self.spill.keep(&self.waiting)?;
            self.chunks.push((kept, std::mem::take(&mut self.in_waiting)));
            self.waiting.clear();
        }
        Ok(())
    }

    /// The table, once all rows were taken; `None` if the sheet has no cell.
    ///
    /// # Errors
    /// If the file in which rows wait can't be written.
    pub fn finish(
        mut self,
        sheet: &str,
        notes: SheetNotes,
        strings: &SharedStrings,
    ) -> Result<Option<SheetTable>> {
        if self.names.is_none() {
            if self.look.is_empty() {
                return Ok(None);
            }
            self.begin(strings)?;
        }
        self.flush()?;
        let mut warnings = Vec::new();
        let names = self.names.take().unwrap_or_default();
        let columns = columns(names, self.met, &mut warnings);
        Ok(Some(SheetTable {
            sheet: sheet.to_owned(),
            columns,
            chunks: self.chunks,
            rows: self.rows,
            titles: self.titles,
            notes,
            has_header: self.options.header == Some(true),
            warnings,
        }))
    }
}

/// The columns that have a name or a value, each with a name of its own.
fn columns(names: Vec<(u16, String)>, met: Vec<ColumnMet>, warnings: &mut Vec<Warning>) -> Vec<SheetColumn> {
    let has_header = !names.is_empty();
    let mut named: Vec<(u16, String)> = names.into_iter().filter(|(_, name)| !name.is_empty()).collect();
    let used = met.iter().enumerate().filter(|(_, met)| met.values() + met.errors() > 0);
    let used: Vec<u16> = used.map(|(place, _)| place as u16).collect();
    let first = used.iter().copied().chain(named.first().map(|(place, _)| *place)).min().unwrap_or(0);
    for place in used {
        if let Err(at) = named.binary_search_by_key(&place, |(place, _)| *place) {
            let name = format!("column_{}", place - first + 1);
            if has_header {
                let what = format!(
                    "column {} of the sheet has no name; it is called {name}",
                    letters_of(u32::from(place))
                );
                warnings.push(Warning::new(WarningCode::ColumnNamed, what).in_column(&name));
            }
            named.insert(at, (place, name));
        }
    }
    let taken: HashSet<String> = named.iter().map(|(_, name)| name.clone()).collect();
    let mut seen: HashSet<String> = HashSet::new();
    let mut column = |(place, name): (u16, String)| {
        let mut own = name.clone();
        let mut number = 2;
        while !seen.insert(own.clone()) || own != name && taken.contains(&own) {
            own = format!("{name}_{number}");
            number += 1;
        }
        if own != name {
            let letters = letters_of(u32::from(place));
            let what =
                format!("column {letters} of the sheet is the second or later {name:?}; it is called {own}");
            warnings.push(Warning::new(WarningCode::ColumnNamed, what).in_column(&own));
        }
        let met = met.get(usize::from(place)).cloned().unwrap_or_default();
        let (data_type, times) = met.decide(names_a_time(&own));
        SheetColumn { name: own, place, data_type, times, met }
    };
    named.into_iter().map(&mut column).collect()
}

impl SheetTable {
    /// Warnings about the sheet.
    pub fn all_warnings(&self) -> Vec<Warning> {
        let mut all = self.warnings.clone();
        if !self.titles.is_empty() {
            let what = format!(
                "{} row(s) above the header or the first row of sheet {:?} were kept as metadata",
                self.titles.len(),
                self.sheet
            );
            all.push(Warning::new(WarningCode::Preamble, what).counted(self.titles.len() as u64));
        }
        for column in &self.columns {
            all.extend(column.mixed());
            let (errors, letters) = (column.met.errors(), letters_of(u32::from(column.place)));
            if errors > 0 {
                let what = format!(
                    "{errors} cell(s) of column {:?} are errors such as #N/A; they are null, the first in {letters}{}",
                    column.name,
                    column.met.first[CellKind::Error as usize],
                );
                let warning = Warning::new(WarningCode::ErrorCells, what).in_column(&column.name);
                all.push(warning.counted(errors).out_of(self.rows));
            }
        }
        let SheetNotes { hidden_rows, hidden_columns, merged } = self.notes;
        if hidden_rows + hidden_columns > 0 {
            let what = format!(
                "sheet {:?} hides {hidden_rows} row(s) and {hidden_columns} column(s); they were read like the others",
                self.sheet
            );
            let help = "if rows are hidden by a filter that should count, copy the visible rows to a sheet of their own";
            all.push(
                Warning::new(WarningCode::HiddenCells, what).counted(hidden_rows + hidden_columns).help(help),
            );
        }
        if merged > 0 {
            let what = format!(
                "sheet {:?} has {merged} merged area(s); the first cell of each has the value, and the others are null",
                self.sheet
            );
            let help = "if a value is meant for all cells of its area, unmerge the cells and fill them";
            all.push(Warning::new(WarningCode::MergedCells, what).counted(merged).help(help));
        }
        all
    }
}

impl SheetColumn {
    /// The warning about a column that is text because some of its values are.
    fn mixed(&self) -> Option<Warning> {
        let met = &self.met;
        if self.data_type != DataType::Utf8 || met.values() == met.count(CellKind::Text) {
            return None;
        }
        let (all, texts) = (met.values(), met.count(CellKind::Text));
        let what = match &met.sample {
            Some((row, text)) if met.is_mixed() => format!(
                "column {:?} is text: {texts} of its {all} values are texts, the first, {text:?}, in {}{row}",
                self.name,
                letters_of(u32::from(self.place))
            ),
            _ => format!(
                "column {:?} is text: its {all} values are of several kinds, such as numbers and dates",
                self.name
            ),
        };
        let help =
            "correct these cells, or give the column one number format, if it should have another type";
        let mut warning = Warning::new(WarningCode::MixedCells, what).in_column(&self.name).help(help);
        warning = warning.counted(texts).out_of(all);
        Some(match &met.sample {
            Some((row, text)) => warning.example(text.as_str(), Some(u64::from(*row)), None),
            None => warning,
        })
    }
}

/// The error for a sheet that has no cell.
pub fn without_cells(sheet: &str) -> Error {
    Error::new(Code::InputEmpty, format!("expected a sheet with values, found none in {sheet:?}"))
        .help("give another one with ⟦sheet⟧; logflow schema lists the sheets of a workbook")
}
