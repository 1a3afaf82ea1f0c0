//! Workbooks (Excel, OpenDocument) as sources of typed batches: each sheet is a table.
//!
//! ```text
//! form.rs      which form of a workbook a file is
//! xlsx.rs      Office Open XML: sheets, number formats; strings.rs the texts that cells share
//! sheet.rs     the rows of its sheets
//! ods.rs       OpenDocument
//! binary.rs    xlsb and xls, by the library calamine
//! serial.rs    numbers that are dates, times and durations; xml.rs tokens; area.rs places in a sheet
//! cell.rs      values, and rows that wait
//! header.rs    which row names the columns
//! table.rs     one sheet as a table: its columns and their types, found from all of its cells
//! choose.rs    which sheets are read
//! source.rs    the tables of a workbook as batches
//! ```
//!
//! A sheet is read once, from front to back. Its rows wait in a compact form, in memory as long as there is
//! room and then in a file without a name, until the types of all columns are known.

pub mod area;
pub mod binary;
pub mod cell;
pub mod choose;
pub mod form;
pub mod header;
pub mod ods;
pub mod serial;
pub mod sheet;
pub mod source;
pub mod strings;
pub mod table;
pub mod xlsx;
pub mod xml;

use self::area::NamedArea;
use self::binary::BinaryBook;
use self::cell::SheetRow;
use self::form::WorkbookForm;
use self::ods::OdsBook;
use self::sheet::SheetReader;
use self::strings::SharedStrings;
use self::xlsx::XlsxBook;
use super::ranges::FileBytes;
use super::zip::{ZipArchive, ZipEntry};
use crate::error::{Code, Error, Result};

/// How often a large part may hold the bytes that it takes in the file. Sheets of programs reach 50; deflate
/// reaches 1,032 where a part is one byte again and again.
const MOST_PACKED: u64 = 400;
/// Bytes of a part that may be packed in any way.
const SMALL: u64 = 64 << 20;

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetInfo {
    /// Name of the sheet as its tab shows it.
    pub name: String,
    /// Whether it is shown.
    pub state: SheetState,
    /// Whether it has cells; if not, it is a chart or a program.
    pub is_table: bool,
}

/// Whether a sheet is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetState {
    /// The sheet has a tab.
    Visible,
    /// The sheet is hidden.
    Hidden,
    /// It is hidden and can only be shown by a program.
    VeryHidden,
}

/// What a sheet has beside values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SheetNotes {
    /// Rows that are hidden.
    pub hidden_rows: u64,
    /// Columns that are hidden.
    pub hidden_columns: u64,
    /// Areas whose cells are merged: the first cell alone has a value.
    pub merged: u64,
}

/// A workbook that was opened.
pub struct Workbook {
    book: Book,
    /// The texts that cells share.
    pub strings: SharedStrings,
    /// The sheets in the order of their tabs.
    pub sheets: Vec<SheetInfo>,
}

enum Book {
    Xlsx(Box<XlsxBook>),
    Ods(OdsBook),
    Binary(BinaryBook),
}

impl Workbook {
    /// Opens a file of this form. The texts that cells share may take `most` bytes.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a workbook that is damaged or encrypted, [`Code::MemoryLimit`] for one that
    /// needs too much memory.
    pub fn open(bytes: FileBytes, form: WorkbookForm, most: u64) -> Result<Self> {
        let archive = || ZipArchive::open(bytes.clone());
        let book = match form {
            WorkbookForm::Encrypted => return Err(encrypted()),
            WorkbookForm::Xlsx => Book::Xlsx(Box::new(XlsxBook::open(archive()?)?)),
            WorkbookForm::Ods => Book::Ods(OdsBook::open(archive()?)?),
            WorkbookForm::Xlsb => Book::Binary(BinaryBook::xlsb(bytes.clone(), &archive()?, most)?),
            WorkbookForm::Xls => Book::Binary(BinaryBook::xls(bytes)?),
        };
        let (strings, sheets) = match &book {
            Book::Xlsx(book) => (book.strings(most)?, book.sheets.clone()),
            Book::Ods(book) => (SharedStrings::default(), book.sheets.clone()),
            Book::Binary(book) => (SharedStrings::default(), book.sheets()),
        };
        Ok(Self { book, strings, sheets })
    }

    /// Names of tables and of areas that the workbook defines, as far as its form is read that closely.
    ///
    /// # Errors
    /// If a part is damaged.
    pub fn names(&mut self) -> Result<&[NamedArea]> {
        match &mut self.book {
            Book::Xlsx(book) => {
                book.find_tables()?;
                Ok(&book.names)
            }
            Book::Ods(_) | Book::Binary(_) => Ok(&[]),
        }
    }

    /// Whether a sheet has a cell that is not empty.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a sheet that is damaged.
    pub fn has_values(&mut self, sheet: usize) -> Result<bool> {
        let mut has_values = false;
        self.rows(sheet, &mut |row, _| {
            has_values = !row.is_empty();
            Ok(!has_values)
        })?;
        Ok(has_values)
    }

    /// Gives the rows of a sheet to `take`, until it says that no more are wanted. Rows may be empty.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a sheet that is damaged; what `take` fails with.
    pub fn rows(
        &mut self,
        sheet: usize,
        take: &mut dyn FnMut(&SheetRow, &SharedStrings) -> Result<bool>,
    ) -> Result<SheetNotes> {
        let strings = &self.strings;
        match &mut self.book {
            Book::Xlsx(book) => {
                let mut reader = SheetReader::new(book.part(sheet)?, strings, &book.formats, book.epoch);
                let mut row = SheetRow::default();
                while reader.next_row(&mut row)? {
                    if !take(&row, strings)? {
                        break;
                    }
                }
                Ok(reader.notes)
            }
            Book::Ods(book) => book.rows(sheet, &mut |row| take(row, strings)),
            Book::Binary(book) => book.rows(&self.sheets[sheet].name, &mut |row| take(row, strings)),
        }
    }
}

/// Refuses a part that unpacks to far more than any program writes: it is made to fill disks.
///
/// # Errors
/// [`Code::TypedFile`].
pub fn refuse_bomb(entry: &ZipEntry) -> Result<()> {
    if entry.size <= SMALL || entry.size / MOST_PACKED <= entry.packed {
        return Ok(());
    }
    let what = format!(
        "{} unpacks from {} bytes to {}, as no program writes it",
        entry.name, entry.packed, entry.size
    );
    Err(Error::new(Code::TypedFile, what)
        .help("if it is a workbook, open it in a spreadsheet program and save it again"))
}

/// The error for a workbook that is encrypted.
pub fn encrypted() -> Error {
    Error::new(Code::TypedFile, "expected a workbook, found one that is protected by a password")
        .help("open it in the program that wrote it, and save it without a password")
}
