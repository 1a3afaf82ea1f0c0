//! One table as an Excel workbook with one sheet: the names of the columns in its first row, which stays in
//! view, then the rows.
//!
//! Numbers, truth values, dates, times and durations are cells of their kind. A cell holds a number as a
//! double and a moment since 1900-03-01; values beyond that are text, so that no digit is lost. Moments are
//! those of UTC, for a cell has no zone. The sheet is written row by row, with its texts in the cells, so
//! that memory is that of a batch.

mod zip_writer;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};

use self::zip_writer::ZipWriter;
use crate::encode::output::{OutputFile, check_place};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::options::Options;
use crate::report::Report;
use crate::target::values::{BatchColumn, tag_of};
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants};

/// Rows of a sheet, that of the names included.
const MOST_ROWS: u64 = 1 << 20;
/// Columns of a sheet.
const MOST_COLUMNS: usize = 1 << 14;
/// Characters of a cell, as UTF-16 counts them.
const MOST_CHARACTERS: usize = 32_767;
/// Whole numbers up to this are exact as doubles.
const EXACT: u64 = 1 << 53;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// Days from 1899-12-30, from which cells count, to 1970-01-01.
const EPOCH: i64 = 25_569;
/// The first day that all programs count in the same way: 1900-03-01.
const FIRST_DAY: i64 = 61;
/// Number of 9999-12-31, the last day that Excel knows.
const LAST_DAY: i64 = 2_958_465;

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const WORKBOOK_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
/// The styles: plain, bold, date, moment, time of day, duration; in the order of [`Style`].
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="4"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/><numFmt numFmtId="166" formatCode="hh:mm:ss.000"/><numFmt numFmtId="167" formatCode="[h]:mm:ss.000"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="167" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>"#;
const SHEET: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>"#;
const SHEET_END: &str = "</sheetData></worksheet>";

/// Whether an output is called like a workbook that is written.
pub fn is_xlsx(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("xlsx"))
}

/// The styles of cells, by their numbers.
#[derive(Debug, Clone, Copy)]
enum Style {
    Plain = 0,
    Bold = 1,
    Date = 2,
    Moment = 3,
    Time = 4,
    Duration = 5,
}

/// An Excel workbook with one sheet.
pub struct XlsxFile {
    place: OutputPlace,
    /// The file, and the archive in it until that is complete.
    under_way: Option<(OutputFile, Option<ZipWriter>)>,
    names: Vec<String>,
    rows: u64,
    text: Vec<u8>,
}

impl XlsxFile {
    /// A workbook at this place.
    pub fn new(place: impl Into<OutputPlace>) -> Self {
        Self { place: place.into(), under_way: None, names: Vec::new(), rows: 0, text: Vec::new() }
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::FileTooLarge => Error::new(Code::SheetFull, error.to_string())
                .in_file(&self.place.path)
                .help("choose fewer rows or columns, or write Parquet or several workbooks"),
            _ => Error::io(Code::OutputWrite, &self.place.path, error),
        }
    }

    /// Hands the text of some rows to the archive.
    fn write_text(&mut self) -> Result<()> {
        let Some((_, Some(archive))) = &mut self.under_way else {
            return Err(Error::new(Code::Internal, "rows came before their workbook was begun"));
        };
        let written = archive.write_all(&self.text);
        self.text.clear();
        written.map_err(|error| self.failed(&error))
    }
}

impl Target for XlsxFile {
    fn check(&self, _: &Options) -> Result<()> {
        check_place(&self.place.path, self.place.replace)
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.place.path.clone()]
    }

    fn rejects(&self) -> Option<OutputPlace> {
        Some(self.place.clone())
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        let [table] = tables else {
            return Err(Error::new(Code::Usage, "expected one table for a workbook, found several"));
        };
        self.under_way = None;
        self.rows = 1;
        self.names = table.schema.columns.iter().map(|column| column.name().to_owned()).collect();
        if self.names.len() > MOST_COLUMNS {
            let what =
                format!("a sheet has at most {MOST_COLUMNS} columns, and the table {}", self.names.len());
            return Err(Error::new(Code::SheetFull, what)
                .help("choose columns with ⟦select⟧ or ⟦exclude⟧, or write Parquet"));
        }
        let file = OutputFile::create(&self.place.path, self.place.replace)?;
        let handle = file.file().try_clone().map_err(|error| self.failed(&error))?;
        let mut archive = ZipWriter::new(handle);
        let parts = [
            ("[Content_Types].xml", CONTENT_TYPES),
            ("_rels/.rels", RELATIONS),
            ("xl/workbook.xml", WORKBOOK),
            ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
            ("xl/styles.xml", STYLES),
            ("xl/worksheets/sheet1.xml", SHEET),
        ];
        for (name, content) in parts {
            let written = archive.begin(name).and_then(|()| archive.write_all(content.as_bytes()));
            written.map_err(|error| self.failed(&error))?;
        }
        self.under_way = Some((file, Some(archive)));
        self.text.extend_from_slice(b"<row r=\"1\">");
        for name in &self.names {
            if name.encode_utf16().count() > MOST_CHARACTERS {
                let what = format!("a cell holds at most {MOST_CHARACTERS} characters, and a name has more");
                return Err(Error::new(Code::SheetFull, what).help("rename the column, or write Parquet"));
            }
            put_text(&mut self.text, name, Style::Bold);
        }
        self.text.extend_from_slice(b"</row>");
        self.write_text()?;
        Ok(Wants::Batches)
    }

    fn batch(&mut self, _: TableId, rows: RecordBatch) -> Result<()> {
        let columns: Vec<CellWriter> = rows.columns().iter().map(CellWriter::new).collect::<Result<_>>()?;
        for row in 0..rows.num_rows() {
            self.rows += 1;
            if self.rows > MOST_ROWS {
                let what = format!(
                    "a sheet has at most {MOST_ROWS} rows, that of the names included, and the table has more"
                );
                return Err(Error::new(Code::SheetFull, what)
                    .in_file(&self.place.path)
                    .help("choose rows with ⟦where⟧, or write Parquet or XES"));
            }
            self.text.extend_from_slice(b"<row>");
            for (at, column) in columns.iter().enumerate() {
                column.put(row, &mut self.text).map_err(|what| {
                    Error::new(Code::SheetFull, what)
                        .in_file(&self.place.path)
                        .at_row(self.rows - 1)
                        .in_column(&self.names[at])
                        .help("leave the column out with ⟦exclude⟧, or write Parquet")
                })?;
            }
            self.text.extend_from_slice(b"</row>");
            if self.text.len() >= 256 << 10 {
                self.write_text()?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        self.text.extend_from_slice(SHEET_END.as_bytes());
        self.write_text()?;
        let Some(archive) = self.under_way.as_mut().and_then(|(_, archive)| archive.take()) else {
            return Err(Error::new(Code::Internal, "a workbook was finished before it was begun"));
        };
        summary.report.output_bytes = archive.finish().map_err(|error| self.failed(&error))?;
        Ok(())
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        if let Some((file, _)) = self.under_way.take() {
            file.commit()?;
            report.output = Some(self.place.path.clone());
        }
        Ok(())
    }

    fn abandon(&mut self) {
        self.under_way = None;
        self.text.clear();
    }
}

/// Writes the values of one column.
struct CellWriter {
    values: ArrayRef,
    kind: CellForm,
    /// Values as text, where no cell has a kind for them.
    shown: BatchColumn,
    tag: &'static str,
}

enum CellForm {
    Int,
    Float,
    Bool,
    Date,
    Moment,
    Time,
    Duration,
    Text,
    Shown,
}

impl CellWriter {
    fn new(column: &ArrayRef) -> Result<Self> {
        use CellForm::{Bool, Date, Duration, Float, Int, Moment, Shown, Text, Time};
        let (kind, data_type) = match column.data_type() {
            DataType::UInt64 => (Shown, DataType::UInt64),
            it if it.is_integer() => (Int, DataType::Int64),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => (Float, DataType::Float64),
            DataType::Boolean => (Bool, DataType::Boolean),
            DataType::Date32 => (Date, DataType::Date32),
            // Nanoseconds have more digits than a cell.
            DataType::Timestamp(TimeUnit::Nanosecond, _) => (Shown, column.data_type().clone()),
            DataType::Timestamp(_, zone) => {
                (Moment, DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
            }
            DataType::Time32(_) | DataType::Time64(TimeUnit::Microsecond) => {
                (Time, DataType::Time64(TimeUnit::Microsecond))
            }
            DataType::Duration(TimeUnit::Nanosecond) => (Shown, column.data_type().clone()),
            DataType::Duration(_) => (Duration, DataType::Duration(TimeUnit::Microsecond)),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => (Text, DataType::Utf8),
            DataType::Dictionary(_, values) if **values == DataType::Utf8 => (Text, DataType::Utf8),
            other => (Shown, other.clone()),
        };
        let values = match *column.data_type() == data_type {
            true => ArrayRef::clone(column),
            false => cast(column, &data_type)?,
        };
        let values = match (&kind, values.data_type()) {
            (Time | Duration, _) => cast(&values, &DataType::Int64)?,
            _ => values,
        };
        Ok(Self { values, kind, shown: BatchColumn::of(column)?, tag: tag_of(column.data_type()) })
    }

    /// Adds the cell of a row.
    ///
    /// # Errors
    /// The sentence for a value that no cell holds.
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
        if self.values.is_null(row) {
            out.extend_from_slice(b"<c/>");
            return Ok(());
        }
        let values = &self.values;
        match self.kind {
            CellForm::Int => {
                let value = values.as_primitive::<Int64Type>().value(row);
                match value.unsigned_abs() <= EXACT {
                    true => put_number(out, value, Style::Plain),
                    false => put_text(out, &value.to_string(), Style::Plain),
                }
            }
            CellForm::Float => {
                let value = values.as_primitive::<Float64Type>().value(row);
                match value.is_finite() {
                    true => put_number(out, value, Style::Plain),
                    false => put_text(out, &value.to_string(), Style::Plain),
                }
            }
            CellForm::Bool => {
                let value = u8::from(values.as_boolean().value(row));
                let _ = write!(out, "<c t=\"b\"><v>{value}</v></c>");
            }
            CellForm::Date => {
                let days =
                    i64::from(values.as_primitive::<arrow::datatypes::Date32Type>().value(row)) + EPOCH;
                match (FIRST_DAY..=LAST_DAY).contains(&days) {
                    true => put_number(out, days, Style::Date),
                    false => self.put_shown(row, out)?,
                }
            }
            CellForm::Moment => {
                let micros = values.as_primitive::<TimestampMicrosecondType>().value(row);
                let days = micros.div_euclid(DAY) + EPOCH;
                match (FIRST_DAY..=LAST_DAY).contains(&days) && micros % 1000 == 0 {
                    true => put_number(out, days_of(micros) + EPOCH as f64, Style::Moment),
                    false => self.put_shown(row, out)?,
                }
            }
            CellForm::Time => {
                put_number(out, days_of(values.as_primitive::<Int64Type>().value(row)), Style::Time);
            }
            CellForm::Duration => {
                put_number(out, days_of(values.as_primitive::<Int64Type>().value(row)), Style::Duration);
            }
            CellForm::Text => return put_cell_text(out, values.as_string::<i32>().value(row)),
            CellForm::Shown => self.put_shown(row, out)?,
        }
        Ok(())
    }

    fn put_shown(&self, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
        let mut text = String::new();
        self.shown.write(row, self.tag, &mut text);
        put_cell_text(out, &text)
    }
}

/// Microseconds as days.
fn days_of(micros: i64) -> f64 {
    (micros.div_euclid(DAY)) as f64 + micros.rem_euclid(DAY) as f64 / DAY as f64
}

fn put_number(out: &mut Vec<u8>, value: impl std::fmt::Display, style: Style) {
    let _ = match style {
        Style::Plain => write!(out, "<c><v>{value}</v></c>"),
        style => write!(out, "<c s=\"{}\"><v>{value}</v></c>", style as u8),
    };
}

/// Adds a text, which must not be longer than a cell is.
fn put_cell_text(out: &mut Vec<u8>, text: &str) -> Result<(), String> {
    // A character takes at least one byte in UTF-8.
    if text.len() > MOST_CHARACTERS {
        let count = text.encode_utf16().count();
        if count > MOST_CHARACTERS {
            return Err(format!(
                "a cell holds at most {MOST_CHARACTERS} characters, and the value has {count}"
            ));
        }
    }
    put_text(out, text, Style::Plain);
    Ok(())
}

fn put_text(out: &mut Vec<u8>, text: &str, style: Style) {
    match style {
        Style::Plain => out.extend_from_slice(b"<c t=\"inlineStr\"><is><t"),
        style => {
            let _ = write!(out, "<c s=\"{}\" t=\"inlineStr\"><is><t", style as u8);
        }
    }
    let keeps =
        text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) || text.contains('\n');
    out.extend_from_slice(if keeps { b" xml:space=\"preserve\">" } else { b">" });
    for (at, letter) in text.char_indices() {
        match letter {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            // A reader would take it for the escape of a character.
            '_' if is_escape(&text[at..]) => out.extend_from_slice(b"_x005F_"),
            '\t' | '\n' => out.push(letter as u8),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "_x{:04X}_", u32::from(letter));
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.extend_from_slice(b"</t></is></c>");
}

/// Whether a text begins like the escape of a character, `_x000D_`.
fn is_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes[1] == b'x' && bytes[6] == b'_' && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut out = Vec::new();
        put_text(&mut out, value, Style::Plain);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_are_escaped_so_that_they_come_back() {
        assert_eq!(text("a<b>&c"), "<c t=\"inlineStr\"><is><t>a&lt;b&gt;&amp;c</t></is></c>");
        assert_eq!(text(" a"), "<c t=\"inlineStr\"><is><t xml:space=\"preserve\"> a</t></is></c>");
        assert_eq!(
            text("\r\u{1}"),
            "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">_x000D__x0001_</t></is></c>"
        );
        assert_eq!(text("_x000D_"), "<c t=\"inlineStr\"><is><t>_x005F_x000D_</t></is></c>");
        assert_eq!(text("_x00"), "<c t=\"inlineStr\"><is><t>_x00</t></is></c>");
    }

    #[test]
    fn a_text_is_as_long_as_a_cell_or_an_error() {
        let mut out = Vec::new();
        assert!(put_cell_text(&mut out, &"ä".repeat(MOST_CHARACTERS)).is_ok());
        assert!(put_cell_text(&mut out, &"a".repeat(MOST_CHARACTERS + 1)).is_err());
        assert!(put_cell_text(&mut out, &"😀".repeat(MOST_CHARACTERS / 2 + 1)).is_err());
    }
}
