//! Workbooks in binary forms (xlsb, xls), which the library `calamine` reads. It holds the texts of an xlsb
//! file, and all cells of an xls file, in memory.

use std::io::{self, Read, Seek, SeekFrom};

use calamine::{
    Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb, XlsbError,
};
use parquet::file::reader::{ChunkReader, Length};

use super::cell::{Cell, SheetRow};
use super::serial::{Epoch, NumberFormat};
use super::sheet::{iso_cell, of_number};
use super::{SheetInfo, SheetNotes, SheetState, encrypted, xml};
use crate::error::{Code, Error, Result};
use crate::source::ranges::FileBytes;
use crate::source::zip::ZipArchive;

/// A file that is read here and there.
pub struct SeekFile {
    bytes: FileBytes,
    at: u64,
}

impl SeekFile {
    /// The bytes from their beginning.
    pub fn new(bytes: FileBytes) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Read for SeekFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let now = (self.bytes.len().saturating_sub(self.at)).min(out.len() as u64) as usize;
        let read = self.bytes.get_bytes(self.at, now).map_err(io::Error::other)?;
        out[..now].copy_from_slice(&read);
        self.at += now as u64;
        Ok(now)
    }
}

impl Seek for SeekFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.bytes.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

type Buffered = io::BufReader<SeekFile>;

/// A workbook in a binary form.
pub enum BinaryBook {
    /// Office Open XML with binary parts.
    Xlsb(Box<Xlsb<Buffered>>),
    /// The form of Excel up to 2003.
    Xls(Box<Xls<Buffered>>),
}

impl BinaryBook {
    /// Opens an xlsb file. Each of its parts is unpacked once, to hold it against the directory, before the
    /// library reads it; all but its sheets may unpack to `most` bytes.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged or encrypted, [`Code::MemoryLimit`] if it needs too much memory.
    pub fn xlsb(bytes: FileBytes, archive: &ZipArchive, most: u64) -> Result<Self> {
        for entry in archive.entries().iter().filter(|entry| entry.name.starts_with("xl/")) {
            let is_sheet = entry.name.contains("sheets/");
            if !is_sheet && entry.size > most {
                let what = format!(
                    "{} unpacks to {} bytes, more than a third of the memory limit",
                    entry.name, entry.size
                );
                return Err(Error::new(Code::MemoryLimit, what).help("raise ⟦memory-limit⟧"));
            }
            super::refuse_bomb(entry)?;
            let checked = io::copy(&mut archive.read(entry)?, &mut io::sink());
            checked.map_err(|error| xml::damaged(&entry.name, error))?;
        }
        let file = io::BufReader::new(SeekFile::new(bytes));
        match Xlsb::new(file) {
            Ok(book) => Ok(Self::Xlsb(Box::new(book))),
            Err(XlsbError::Password) => Err(encrypted()),
            Err(error) => Err(xml::damaged("the workbook", error)),
        }
    }

    /// Opens an xls file, and reads all of it.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged or encrypted.
    pub fn xls(bytes: FileBytes) -> Result<Self> {
        match Xls::new(io::BufReader::new(SeekFile::new(bytes))) {
            Ok(book) => Ok(Self::Xls(Box::new(book))),
            Err(XlsError::Password) => Err(encrypted()),
            Err(error) => Err(xml::damaged("the workbook", error)),
        }
    }

    /// The sheets in the order of their tabs.
    pub fn sheets(&self) -> Vec<SheetInfo> {
        let sheets = match self {
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
        };
        let info = |sheet: &calamine::Sheet| SheetInfo {
            name: sheet.name.clone(),
            state: match sheet.visible {
                SheetVisible::Visible => SheetState::Visible,
                SheetVisible::Hidden => SheetState::Hidden,
                SheetVisible::VeryHidden => SheetState::VeryHidden,
            },
            is_table: matches!(
                sheet.typ,
                SheetType::WorkSheet | SheetType::MacroSheet | SheetType::DialogSheet
            ),
        };
        sheets.iter().map(info).collect()
    }

    /// Gives the rows of a sheet to `take`, until it says that no more are wanted.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a sheet that is damaged; what `take` fails with.
    pub fn rows(
        &mut self,
        sheet: &str,
        take: &mut dyn FnMut(&SheetRow) -> Result<bool>,
    ) -> Result<SheetNotes> {
        let mut row = SheetRow::default();
        match self {
            Self::Xlsb(book) => {
                let epoch = if book.has_1904_epoch() { Epoch::Year1904 } else { Epoch::Year1900 };
                let failed = |error: XlsbError| xml::damaged(sheet, error);
                let mut cells = book.worksheet_cells_reader(sheet).map_err(failed)?;
                let mut goes_on = true;
                while goes_on && let Some(cell) = cells.next_cell().map_err(failed)? {
                    let (number, column) = cell.get_position();
                    if number + 1 != row.number {
                        if !row.is_empty() {
                            goes_on = take(&row)?;
                        }
                        row.begin(number + 1);
                    }
                    match cell.get_value() {
                        DataRef::SharedString(text) => row.push(column as u16, Cell::Text(text)),
                        DataRef::String(text) => row.push(column as u16, Cell::Text(text)),
                        DataRef::Int(value) => row.push(column as u16, Cell::Integer(*value)),
                        DataRef::Float(value) => row.push(column as u16, plain(*value)),
                        DataRef::Bool(value) => row.push(column as u16, Cell::Bool(*value)),
                        DataRef::DateTime(value) => row.push(column as u16, moment(value, epoch)),
                        DataRef::DateTimeIso(text) => row.push(column as u16, iso_cell(text)),
                        DataRef::DurationIso(text) => row.push(column as u16, Cell::Text(text)),
                        DataRef::Error(_) => row.push(column as u16, Cell::Error),
                        DataRef::Empty => {}
                    }
                }
                if goes_on && !row.is_empty() {
                    take(&row)?;
                }
            }
            Self::Xls(book) => {
                let epoch = if book.has_1904_epoch() { Epoch::Year1904 } else { Epoch::Year1900 };
                let range = book.worksheet_range(sheet).map_err(|error| xml::damaged(sheet, error))?;
                let (first, left) = range.start().unwrap_or_default();
                for (number, cells) in (first + 1..).zip(range.rows()) {
                    row.begin(number);
                    for (column, cell) in (left..).zip(cells) {
                        match cell {
                            Data::String(text) => row.push(column as u16, Cell::Text(text)),
                            Data::Int(value) => row.push(column as u16, Cell::Integer(*value)),
                            Data::Float(value) => row.push(column as u16, plain(*value)),
                            Data::Bool(value) => row.push(column as u16, Cell::Bool(*value)),
                            Data::DateTime(value) => row.push(column as u16, moment(value, epoch)),
                            Data::DateTimeIso(text) => row.push(column as u16, iso_cell(text)),
                            Data::DurationIso(text) => row.push(column as u16, Cell::Text(text)),
                            Data::Error(_) => row.push(column as u16, Cell::Error),
                            Data::Empty => {}
                        }
                    }
                    if !row.is_empty() && !take(&row)? {
                        break;
                    }
                }
            }
        }
        Ok(SheetNotes::default())
    }
}

fn plain(number: f64) -> Cell<'static> {
    of_number(number, NumberFormat::Number, Epoch::default())
}

/// A number that is shown as a date or a time; which of them, the library does not tell.
fn moment(value: &ExcelDateTime, epoch: Epoch) -> Cell<'static> {
    let format = if value.is_duration() { NumberFormat::Duration } else { NumberFormat::Moment };
    of_number(value.as_f64(), format, epoch)
}
