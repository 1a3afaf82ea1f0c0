//! OpenDocument spreadsheets (ods): their sheets, and the rows of one of them.
//!
//! All sheets stand one behind the other in one part, which is read from its beginning for each of them.
//! Cells and rows that repeat are written once, with a number.

use std::collections::HashSet;

use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::area::{MOST_COLUMNS, MOST_ROWS};
use super::cell::{Cell, DAY, SheetRow};
use super::serial::{Epoch, NumberFormat};
use super::sheet::{iso_cell, of_number};
use super::xml::{XmlPart, attribute, resolve};
use super::{SheetInfo, SheetNotes, SheetState};
use crate::error::{Code, Error, Result};
use crate::source::zip::ZipArchive;

const CONTENT: &str = "content.xml";
/// Cells that may come of repetition: a sheet that is full of them has more than anyone looks at.
const MOST_REPEATED: u64 = 1 << 26;
/// More sheets than this are refused.
const MOST_SHEETS: usize = 1 << 16;

/// A spreadsheet whose sheets are known.
pub struct OdsBook {
    archive: ZipArchive,
    /// The sheets in the order of their tabs.
    pub sheets: Vec<SheetInfo>,
}

impl OdsBook {
    /// Reads the names of the sheets.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a spreadsheet that is damaged or encrypted.
    pub fn open(archive: ZipArchive) -> Result<Self> {
        if let Some(manifest) = archive.entry("META-INF/manifest.xml") {
            let manifest = archive.whole(manifest, 16 << 20)?;
            if memchr::memmem::find(&manifest, b"encryption-data").is_some() {
                return Err(super::encrypted());
            }
        }
        let mut this = Self { archive, sheets: Vec::new() };
        let mut part = this.part()?;
        let (mut style, mut hidden) = (None, HashSet::new());
        loop {
            let read = match part.token()? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "style" => attribute(&tag, "name").map(|name| style = name),
                    "table-properties" => attribute(&tag, "display").map(|display| {
                        if display.as_deref() == Some("false") {
                            hidden.extend(style.take());
                        }
                    }),
                    "table" if is_table(&tag) => this.sheet(&tag, &hidden),
                    _ => Ok(()),
                },
                Event::Eof => break,
                _ => Ok(()),
            };
            if let Err(what) = read {
                return Err(part.damaged(what));
            }
        }
        if this.sheets.is_empty() {
            return Err(part.damaged("it has no sheet"));
        }
        Ok(this)
    }

    fn sheet(&mut self, tag: &BytesStart<'_>, hidden: &HashSet<String>) -> Result<(), String> {
        if self.sheets.len() >= MOST_SHEETS {
            return Err(format!("more than {MOST_SHEETS} sheets"));
        }
        let name = attribute(tag, "name")?.unwrap_or_default();
        let is_hidden = attribute(tag, "style-name")?.is_some_and(|style| hidden.contains(&style));
        let state = if is_hidden { SheetState::Hidden } else { SheetState::Visible };
        self.sheets.push(SheetInfo { name, state, is_table: true });
        Ok(())
    }

    fn part(&self) -> Result<XmlPart> {
        let entry = self.archive.entry(CONTENT);
        let entry = entry.ok_or_else(|| super::xml::damaged(CONTENT, "the part is not there"))?;
        super::refuse_bomb(entry)?;
        Ok(XmlPart::new(CONTENT, self.archive.read(entry)?))
    }

    /// Gives the rows of the sheet with this index to `take`, until it says that no more are wanted.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a sheet that is damaged; what `take` fails with.
    pub fn rows(&self, sheet: usize, take: &mut dyn FnMut(&SheetRow) -> Result<bool>) -> Result<SheetNotes> {
        let mut part = self.part()?;
        let mut before = 0;
        loop {
            match part.token()? {
                Event::Start(tag) if tag.local_name().as_ref() == "table" && is_table(&tag) => {
                    if before == sheet {
                        break;
                    }
                    before += 1;
                }
                Event::Eof => return Ok(SheetNotes::default()),
                _ => {}
            }
        }
        let reader =
            OdsRows { part, row: 0, repeated: 0, notes: SheetNotes::default(), value: OdsValue::default() };
        reader.read(take)
    }
}

/// Whether an element is a sheet, and no table of a document within one.
fn is_table(tag: &BytesStart<'_>) -> bool {
    tag.name().as_ref() == "table:table"
        && !matches!(attribute(tag, "is-sub-table"), Ok(Some(it)) if it == "true")
}

/// Reads the rows of a sheet.
struct OdsRows {
    part: XmlPart,
    row: u32,
    repeated: u64,
    notes: SheetNotes,
    value: OdsValue,
}

/// The value of a cell, as its attributes and paragraphs say.
#[derive(Debug, Default)]
struct OdsValue {
    kind: OdsKind,
    written: Option<String>,
    text: String,
    paragraphs: usize,
    repeat: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum OdsKind {
    #[default]
    Empty,
    Number,
    Date,
    Time,
    Bool,
    Text,
    Error,
}

impl OdsRows {
    fn read(mut self, take: &mut dyn FnMut(&SheetRow) -> Result<bool>) -> Result<SheetNotes> {
        let mut row = SheetRow::default();
        // Shapes that float over the sheet have texts of their own.
        let mut aside = 0_usize;
        loop {
            let mut found = None;
            match self.part.token()? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "shapes" | "forms" | "named-expressions" => aside += 1,
                    _ if aside > 0 => aside += 1,
                    "table-row" => found = Some(row_tag(&tag)),
                    "table-column" => {
                        found = Some(column_tag(&tag).map(|hidden| {
                            self.notes.hidden_columns += hidden;
                            (0, false)
                        }))
                    }
                    _ => {}
                },
                Event::End(_) if aside > 0 => aside -= 1,
                Event::End(tag) if tag.local_name().as_ref() == "table" => return Ok(self.notes),
                Event::Eof => return Err(self.part.damaged("the end of the part within a sheet")),
                _ => {}
            }
            let (repeat, is_hidden) = match found {
                None | Some(Ok((0, _))) => continue,
                Some(Ok(found)) => found,
                Some(Err(what)) => return Err(self.part.damaged(what)),
            };
            row.begin(self.row.saturating_add(1));
            self.cells(&mut row)?;
            if is_hidden && !row.is_empty() {
                self.notes.hidden_rows += u64::from(repeat);
            }
            if row.is_empty() {
                self.row = self.row.saturating_add(repeat);
                continue;
            }
            self.check_repeated(u64::from(repeat - 1) * row.len() as u64)?;
            for _ in 0..repeat {
                self.row = self.row.saturating_add(1);
                if self.row > MOST_ROWS {
                    return Err(self.part.damaged(format!("more than {MOST_ROWS} rows")));
                }
                row.number = self.row;
                if !take(&row)? {
                    return Ok(self.notes);
                }
            }
        }
    }

    fn check_repeated(&mut self, more: u64) -> Result<()> {
        self.repeated += more;
        if self.repeated <= MOST_REPEATED {
            return Ok(());
        }
        Err(Error::new(Code::TypedFile, format!("a sheet repeats cells more than {MOST_REPEATED} times"))
            .help("open the file in a spreadsheet program, and delete the cells that are filled down to its end"))
    }

    /// Reads the cells of a row, up to its end.
    fn cells(&mut self, row: &mut SheetRow) -> Result<()> {
        let mut column = 0_u32;
        loop {
            let read = match self.part.token()? {
                Event::Start(tag) if is_cell(tag.local_name().as_ref()) => {
                    self.value.begin(&tag).map(|merged| self.notes.merged += u64::from(merged))
                }
                Event::End(tag) if tag.local_name().as_ref() == "table-row" => return Ok(()),
                Event::Eof => Err("the end of the part within a row".to_owned()),
                _ => continue,
            };
            read.map_err(|what| self.part.damaged(what))?;
            self.paragraphs()?;
            let repeat = self.value.repeat.min(MOST_COLUMNS.saturating_sub(column));
            if self.value.cell().is_some() {
                self.check_repeated(u64::from(repeat.saturating_sub(1)))?;
                let cell = self.value.cell().unwrap_or(Cell::Error);
                for at in column..column + repeat {
                    row.push(at as u16, cell);
                }
            }
            column = column.saturating_add(self.value.repeat);
        }
    }

    /// Reads the text of a cell, up to the end of the cell.
    fn paragraphs(&mut self) -> Result<()> {
        let (mut depth, mut text_at, mut aside_at) = (0_usize, None, None);
        loop {
            let value = &mut self.value;
            let is_text = text_at.is_some() && aside_at.is_none();
            let fault = match self.part.token()? {
                Event::Start(tag) => {
                    depth += 1;
                    match tag.local_name().as_ref() {
                        "annotation" | "ruby-text" if aside_at.is_none() => aside_at = Some(depth),
                        "p" | "h" if text_at.is_none() && aside_at.is_none() => {
                            text_at = Some(depth);
                            if value.paragraphs > 0 {
                                value.text.push('\n');
                            }
                            value.paragraphs += 1;
                        }
                        "s" if is_text => {
                            let count = attribute(&tag, "c").ok().flatten().and_then(|it| it.parse().ok());
                            value
                                .text
                                .extend(std::iter::repeat_n(' ', count.unwrap_or(1_usize).min(1 << 15)));
                        }
                        "tab" if is_text => value.text.push('\t'),
                        "line-break" if is_text => value.text.push('\n'),
                        _ => {}
                    }
                    continue;
                }
                Event::End(_) if depth == 0 => return Ok(()),
                Event::End(_) => {
                    text_at = text_at.filter(|it| *it != depth);
                    aside_at = aside_at.filter(|it| *it != depth);
                    depth -= 1;
                    continue;
                }
                Event::Text(text) if is_text => {
                    value.push(&text.xml10_content());
                    continue;
                }
                Event::CData(text) if is_text => {
                    value.push(&text.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) if is_text => match resolve(&reference, &mut value.text) {
                    Ok(()) => continue,
                    Err(what) => what,
                },
                Event::Eof => "the end of the part within a cell".to_owned(),
                _ => continue,
            };
            return Err(self.part.damaged(fault));
        }
    }
}

fn is_cell(name: &str) -> bool {
    matches!(name, "table-cell" | "covered-table-cell")
}

/// How often a row is there, and whether it is hidden.
fn row_tag(tag: &BytesStart<'_>) -> Result<(u32, bool), String> {
    let repeat = attribute(tag, "number-rows-repeated")?.map_or(Ok(1), |it| it.parse::<u32>());
    let repeat = repeat.map_err(|_| "a number of rows that is none".to_owned())?;
    let is_hidden = matches!(attribute(tag, "visibility")?.as_deref(), Some("collapse" | "filter"));
    Ok((repeat.max(1), is_hidden))
}

/// How many columns an element hides.
fn column_tag(tag: &BytesStart<'_>) -> Result<u64, String> {
    let is_hidden = attribute(tag, "visibility")?.as_deref() == Some("collapse");
    let repeat = attribute(tag, "number-columns-repeated")?.and_then(|it| it.parse().ok()).unwrap_or(1);
    Ok(if is_hidden { repeat } else { 0 })
}

impl OdsValue {
    /// Begins a cell; true if it is the first of cells that were merged.
    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<bool, String> {
        self.text.clear();
        (self.kind, self.written, self.paragraphs, self.repeat) = (OdsKind::Empty, None, 0, 1);
        let (mut spans, mut is_error) = (false, false);
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = unescape(&attribute.value).map_err(|error| error.to_string())?;
            match attribute.key.as_ref() {
                "office:value-type" => {
                    self.kind = match value.as_ref() {
                        "float" | "percentage" | "currency" => OdsKind::Number,
                        "date" => OdsKind::Date,
                        "time" => OdsKind::Time,
                        "boolean" => OdsKind::Bool,
                        _ => OdsKind::Text,
                    }
                }
                "office:value"
                | "office:date-value"
                | "office:time-value"
                | "office:boolean-value"
                | "office:string-value" => self.written = Some(value.into_owned()),
                "calcext:value-type" => is_error = value == "error",
                "table:number-columns-repeated" => {
                    self.repeat = value.parse().map_err(|_| format!("{value} columns"))?;
                }
                "table:number-columns-spanned" | "table:number-rows-spanned" => spans |= value != "1",
                _ => {}
            }
        }
        if is_error {
            self.kind = OdsKind::Error;
        }
        Ok(spans)
    }

    /// Adds text, in which a line end or several spaces are one space.
    fn push(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                ' ' | '\t' | '\n' | '\r' if self.text.ends_with([' ', '\n']) => {}
                '\t' | '\n' | '\r' => self.text.push(' '),
                other => self.text.push(other),
            }
        }
    }

    /// The value; `None` for an empty cell.
    fn cell(&self) -> Option<Cell<'_>> {
        let text = || self.written.as_deref().unwrap_or(&self.text);
        Some(match self.kind {
            OdsKind::Empty if self.text.is_empty() => return None,
            OdsKind::Empty => Cell::Text(&self.text),
            OdsKind::Error => Cell::Error,
            OdsKind::Text => Cell::Text(text()),
            OdsKind::Bool => match text() {
                "true" => Cell::Bool(true),
                "false" => Cell::Bool(false),
                other => Cell::Text(other),
            },
            OdsKind::Date => iso_cell(text()),
            OdsKind::Time => duration(text()).map_or(Cell::Text(text()), |micros| match micros {
                0..DAY => Cell::Time(micros),
                _ => Cell::Duration(micros),
            }),
            OdsKind::Number => match (text().parse::<i64>(), fast_float2::parse::<f64, _>(text())) {
                (Ok(number), _) => Cell::Integer(number),
                (_, Ok(number)) if number.is_finite() => {
                    of_number(number, NumberFormat::Number, Epoch::default())
                }
                _ => Cell::Text(text()),
            },
        })
    }
}

/// Microseconds of a duration such as `PT10H30M00.5S`.
fn duration(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (days, clock) = text.strip_prefix('P')?.split_once('T')?;
    let days = match days {
        "" => 0.0,
        days => days.strip_suffix('D')?.parse::<f64>().ok()?,
    };
    let (mut seconds, mut number) = (days * 86_400.0, String::new());
    for letter in clock.chars() {
        let unit = match letter {
            '0'..='9' | '.' | ',' => {
                number.push(if letter == ',' { '.' } else { letter });
                continue;
            }
            'H' => 3600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        seconds += std::mem::take(&mut number).parse::<f64>().ok()? * unit;
    }
    let micros = (seconds * 1e6).round();
    (number.is_empty() && micros.abs() < 9e18).then_some(sign * micros as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, micros) in [
            ("PT10H30M00S", Some(37_800_000_000)),
            ("PT00H00M01.5S", Some(1_500_000)),
            ("-PT1H", Some(-3_600_000_000)),
            ("P1DT1H", Some(90_000_000_000)),
            ("PT1", None),
            ("1H", None),
        ] {
            assert_eq!(duration(text), micros, "{text}");
        }
    }
}
