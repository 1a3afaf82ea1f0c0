//! The rows of a sheet of Office Open XML, cell by cell.

use quick_xml::events::{BytesStart, Event};

use super::SheetNotes;
use super::area::{MOST_COLUMNS, MOST_ROWS, column_of};
use super::cell::{Cell, DAY, SheetRow};
use super::serial::{Epoch, NumberFormat};
use super::strings::{SharedStrings, StringPlace};
use super::xml::{XmlPart, is_true, resolve, unescape_characters};
use crate::error::Result;
use crate::model::time::parse_time;
use crate::model::value::DateOrder;

/// Whole numbers below this are exact as doubles, so that each of them is written in one way.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads the rows of a sheet.
pub struct SheetReader<'b> {
    part: XmlPart,
    strings: &'b SharedStrings,
    formats: &'b [NumberFormat],
    epoch: Epoch,
    value: String,
    depth: usize,
    /// Number of the last row.
    row: u32,
    /// What was met beside values.
    pub notes: SheetNotes,
}

/// The kind of a cell, as its attribute says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellType {
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Iso,
}

/// The attributes of a cell.
struct CellTag {
    column: u32,
    style: usize,
    cell_type: CellType,
}

impl<'b> SheetReader<'b> {
    /// A reader of a part with the texts and formats of its workbook.
    pub fn new(part: XmlPart, strings: &'b SharedStrings, formats: &'b [NumberFormat], epoch: Epoch) -> Self {
        let (value, notes) = (String::new(), SheetNotes::default());
        Self { part, strings, formats, epoch, value, depth: 0, row: 0, notes }
    }

    /// Reads the next row that has an element; false at the end of the sheet.
    ///
    /// # Errors
    /// [`Code::TypedFile`](crate::error::Code::TypedFile) for a sheet that is damaged.
    pub fn next_row(&mut self, row: &mut SheetRow) -> Result<bool> {
        loop {
            let read = match self.part.token()? {
                Event::Start(tag) => {
                    self.depth += 1;
                    match tag.local_name().as_ref() {
                        "row" => match row_tag(&tag, self.row) {
                            Ok((number, is_hidden)) => {
                                self.notes.hidden_rows += u64::from(is_hidden);
                                self.row = number;
                                row.begin(number);
                                self.cells(row)?;
                                return Ok(true);
                            }
                            Err(what) => Err(what),
                        },
                        "col" => hidden_columns(&tag).map(|count| self.notes.hidden_columns += count),
                        "mergeCell" => {
                            self.notes.merged += 1;
                            Ok(())
                        }
                        _ => Ok(()),
                    }
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Ok(())
                }
                Event::Eof if self.depth == 0 => return Ok(false),
                Event::Eof => Err("the end of the part within an element".to_owned()),
                _ => Ok(()),
            };
            if let Err(what) = read {
                return Err(self.part.damaged(what));
            }
        }
    }

    /// Reads the cells of a row, up to its end.
    fn cells(&mut self, row: &mut SheetRow) -> Result<()> {
        let mut next = 0;
        loop {
            let tag = match self.part.token()? {
                Event::Start(tag) if tag.local_name().as_ref() == "c" => cell_tag(&tag, next),
                Event::Start(_) => {
                    self.depth += 1;
                    continue;
                }
                Event::End(tag) => {
                    let is_row = tag.local_name().as_ref() == "row";
                    self.depth = self.depth.saturating_sub(1);
                    if is_row {
                        return Ok(());
                    }
                    continue;
                }
                Event::Eof => Err("the end of the part within a row".to_owned()),
                _ => continue,
            };
            let tag = tag.map_err(|what| self.part.damaged(what))?;
            next = tag.column + 1;
            if let Some(cell_type) = self.value(tag.cell_type)? {
                self.push(row, &CellTag { cell_type, ..tag })?;
            }
        }
    }

    /// Reads the value of a cell, up to the end of the cell; `None` if it is empty.
    fn value(&mut self, cell_type: CellType) -> Result<Option<CellType>> {
        #[derive(PartialEq)]
        enum Place {
            Cell,
            Value,
            Inline,
            Other(usize),
        }
        self.value.clear();
        let (mut place, mut string, mut found) = (Place::Cell, StringPlace::default(), None);
        loop {
            let fault = match self.part.token()? {
                Event::Start(tag) => {
                    place = match (place, tag.local_name().as_ref()) {
                        (Place::Cell, "v") if cell_type != CellType::Inline => {
                            found = Some(cell_type);
                            Place::Value
                        }
                        (Place::Cell, "is") => {
                            found = Some(CellType::Inline);
                            Place::Inline
                        }
                        (Place::Cell | Place::Value, _) => Place::Other(1),
                        (Place::Inline, name) => {
                            string.enter(name);
                            Place::Inline
                        }
                        (Place::Other(depth), _) => Place::Other(depth + 1),
                    };
                    continue;
                }
                Event::End(tag) => {
                    place = match place {
                        Place::Cell => return Ok(found),
                        Place::Inline if tag.local_name().as_ref() != "is" => {
                            string.leave(tag.local_name().as_ref());
                            Place::Inline
                        }
                        Place::Value | Place::Inline | Place::Other(1) => Place::Cell,
                        Place::Other(depth) => Place::Other(depth - 1),
                    };
                    continue;
                }
                Event::Text(text) if place == Place::Value || string.is_text() => {
                    self.value.push_str(&text.xml10_content());
                    continue;
                }
                Event::CData(text) if place == Place::Value || string.is_text() => {
                    self.value.push_str(&text.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) if place == Place::Value || string.is_text() => {
                    match resolve(&reference, &mut self.value) {
                        Ok(()) => continue,
                        Err(what) => what,
                    }
                }
                Event::Eof => "the end of the part within a cell".to_owned(),
                _ => continue,
            };
            return Err(self.part.damaged(fault));
        }
    }

    /// Adds the value that was read to the row.
    fn push(&mut self, row: &mut SheetRow, tag: &CellTag) -> Result<()> {
        let column = tag.column as u16;
        let plain = self.value.trim_ascii();
        let cell = match tag.cell_type {
            CellType::Text | CellType::Inline => {
                unescape_characters(&mut self.value, 0);
                Cell::Text(&self.value)
            }
            _ if plain.is_empty() => return Ok(()),
            CellType::Number => {
                let format = self.formats.get(tag.style).copied().unwrap_or_default();
                number_cell(plain, format, self.epoch)
            }
            CellType::Shared => match plain.parse::<u32>() {
                Ok(number) if (number as usize) < self.strings.len() => Cell::Shared(number),
                _ => {
                    let what =
                        format!("the shared text {plain:?} of {}, in row {}", self.strings.len(), row.number);
                    return Err(self.part.damaged(what));
                }
            },
            CellType::Bool => match plain {
                "1" | "true" | "TRUE" => Cell::Bool(true),
                "0" | "false" | "FALSE" => Cell::Bool(false),
                other => Cell::Text(other),
            },
            CellType::Error => Cell::Error,
            CellType::Iso => iso_cell(plain),
        };
        row.push(column, cell);
        Ok(())
    }
}

/// The number of a row, and whether it is hidden.
fn row_tag(tag: &BytesStart<'_>, before: u32) -> Result<(u32, bool), String> {
    let (mut number, mut is_hidden) = (before + 1, false);
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        match attribute.key.local_name().as_ref() {
            "r" => {
                number =
                    attribute.value.trim_ascii().parse().map_err(|_| format!("row {:?}", attribute.value))?;
            }
            "hidden" => is_hidden = is_true(Some(&attribute.value)),
            _ => {}
        }
    }
    match number {
        number if number <= before => Err(format!("row {number} behind row {before}")),
        number if number > MOST_ROWS => Err(format!("row {number} of at most {MOST_ROWS}")),
        number => Ok((number, is_hidden)),
    }
}

/// The number of columns that an element hides.
fn hidden_columns(tag: &BytesStart<'_>) -> Result<u64, String> {
    let (mut first, mut last, mut is_hidden) = (1, 1, false);
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let number = || attribute.value.parse::<u64>().unwrap_or(1);
        match attribute.key.local_name().as_ref() {
            "min" => first = number(),
            "max" => last = number(),
            "hidden" => is_hidden = is_true(Some(&attribute.value)),
            _ => {}
        }
    }
    Ok(if is_hidden { (last + 1).saturating_sub(first).min(u64::from(MOST_COLUMNS)) } else { 0 })
}

/// The attributes of a cell, which stands in column `next` unless it says otherwise.
fn cell_tag(tag: &BytesStart<'_>, next: u32) -> Result<CellTag, String> {
    let mut found = CellTag { column: next, style: 0, cell_type: CellType::Number };
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value: &str = &attribute.value;
        match attribute.key.local_name().as_ref() {
            "r" => {
                let letters = value.trim_end_matches(|it: char| it.is_ascii_digit());
                found.column = column_of(letters).ok_or_else(|| format!("a cell at {value:?}"))?;
                if found.column < next {
                    return Err(format!(
                        "cell {value} behind a cell to the right of it, or for the second time"
                    ));
                }
            }
            "s" => found.style = value.parse().unwrap_or(0),
            "t" => {
                found.cell_type = match value {
                    "s" => CellType::Shared,
                    "str" => CellType::Text,
                    "inlineStr" | "is" => CellType::Inline,
                    "b" => CellType::Bool,
                    "e" => CellType::Error,
                    "d" => CellType::Iso,
                    "n" => CellType::Number,
                    other => return Err(format!("a cell of type {other:?}")),
                }
            }
            _ => {}
        }
    }
    match found.column {
        column if column >= MOST_COLUMNS => Err(format!("more than {MOST_COLUMNS} columns")),
        _ => Ok(found),
    }
}

/// The value of a cell that holds a number; what is no number stays text.
fn number_cell(text: &str, format: NumberFormat, epoch: Epoch) -> Cell<'_> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole
        && format == NumberFormat::Number
        && let Ok(number) = text.parse()
    {
        return Cell::Integer(number);
    }
    match fast_float2::parse::<f64, _>(text) {
        Ok(number) if number.is_finite() => of_number(number, format, epoch),
        _ => Cell::Text(text),
    }
}

/// The value of a number with this format. Some programs write `1.0` for 1.
pub fn of_number(number: f64, format: NumberFormat, epoch: Epoch) -> Cell<'static> {
    match format.cell(number, epoch) {
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => Cell::Integer(number as i64),
        cell => cell,
    }
}

/// The value of a cell that holds a date as ISO 8601 writes it; what is none stays text.
pub fn iso_cell(text: &str) -> Cell<'_> {
    match parse_time(text.as_bytes(), DateOrder::Ymd) {
        Some(time) if time.has_time => {
            let offset = i64::from(time.offset_seconds.unwrap_or(0)) * 1_000_000;
            Cell::DateTime(i64::from(time.days) * DAY + time.nanos_of_day / 1000 - offset)
        }
        Some(time) => Cell::Date(time.days),
        None => Cell::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_dates_are_told_by_format() {
        let plain = |text| number_cell(text, NumberFormat::Number, Epoch::Year1900);
        assert_eq!(plain("9007199254740993"), Cell::Integer(9_007_199_254_740_993));
        assert_eq!(plain("-12"), Cell::Integer(-12));
        assert_eq!(plain("12.0"), Cell::Integer(12));
        assert_eq!(plain("1E3"), Cell::Integer(1000));
        assert_eq!(plain("0.1"), Cell::Number(0.1));
        assert_eq!(plain("12345678901234567890"), Cell::Number(12_345_678_901_234_567_890.0));
        assert_eq!(plain("1E400"), Cell::Text("1E400"));
        assert_eq!(plain("abc"), Cell::Text("abc"));
        assert_eq!(number_cell("45413", NumberFormat::Date, Epoch::Year1900), Cell::Date(19_844));
        assert_eq!(iso_cell("2024-05-01T10:00:00Z"), Cell::DateTime(19_844 * DAY + 36_000_000_000));
        assert_eq!(iso_cell("2024-05-01"), Cell::Date(19_844));
        assert_eq!(iso_cell("soon"), Cell::Text("soon"));
    }
}
