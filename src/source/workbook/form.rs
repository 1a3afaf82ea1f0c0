//! Which form of a workbook a file is: its first bytes say what holds it, and its contents say the rest.

use memchr::memmem;
use parquet::file::reader::{ChunkReader, Length};

use crate::source::ranges::FileBytes;
use crate::source::zip::ZipArchive;

/// Bytes of a compound file in which its directory is looked for, from the start and from the end.
const LOOK: u64 = 1 << 20;

/// The form of a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkbookForm {
    /// Office Open XML, as Excel writes it since 2007.
    Xlsx,
    /// Office Open XML with binary parts.
    Xlsb,
    /// The form of Excel up to 2003.
    Xls,
    /// A spreadsheet of OpenDocument.
    Ods,
    /// Any of them behind a password.
    Encrypted,
}

impl WorkbookForm {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Xlsb => "xlsb",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Encrypted => "encrypted workbook",
        }
    }

    /// Whether a file with these first bytes may be a workbook: a ZIP archive, or a compound file.
    pub fn may_be(head: &[u8]) -> bool {
        head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    }

    /// The form of a file; `None` for anything that is no workbook, or can't be read.
    pub fn of(bytes: &FileBytes) -> Option<Self> {
        let head = bytes.get_bytes(0, bytes.len().min(8) as usize).ok()?;
        match *head {
            [b'P', b'K', 3, 4, ..] => match ZipArchive::open(bytes.clone()) {
                Ok(archive) => Self::of_archive(&archive),
                Err(_) => Self::of_damaged(bytes),
            },
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Self::of_compound(bytes),
            _ => None,
        }
    }

    fn of_archive(archive: &ZipArchive) -> Option<Self> {
        let has = |name: &str| archive.entry(name).is_some();
        if has("[Content_Types].xml") || has("xl/workbook.xml") || has("xl/workbook.bin") {
            let is_binary = |name: &str| name.to_ascii_lowercase().ends_with("workbook.bin");
            let is_text = |name: &str| {
                let name = name.to_ascii_lowercase();
                name.ends_with("workbook.xml") || name.starts_with("xl/worksheets/")
            };
            if archive.entries().iter().any(|entry| is_binary(&entry.name)) {
                return Some(Self::Xlsb);
            }
            return archive.entries().iter().any(|entry| is_text(&entry.name)).then_some(Self::Xlsx);
        }
        let kind = archive.whole(archive.entry("mimetype")?, 256).ok()?;
        let is_sheet = kind.starts_with(b"application/vnd.oasis.opendocument.spreadsheet");
        (is_sheet && has("content.xml")).then_some(Self::Ods)
    }

    /// An archive without a directory, by the names of its first entries: it is a workbook that is damaged.
    fn of_damaged(bytes: &FileBytes) -> Option<Self> {
        let head = bytes.get_bytes(0, bytes.len().min(LOOK) as usize).ok()?;
        let has = |name: &[u8]| memmem::find(&head, name).is_some();
        match () {
            () if has(b"opendocument.spreadsheet") => Some(Self::Ods),
            () if has(b"xl/workbook.bin") => Some(Self::Xlsb),
            () if has(b"xl/") => Some(Self::Xlsx),
            () => None,
        }
    }

    /// Names of streams stand in the directory of a compound file, in UTF-16.
    fn of_compound(bytes: &FileBytes) -> Option<Self> {
        let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let length = bytes.len();
        let head = bytes.get_bytes(0, length.min(LOOK) as usize).ok()?;
        let from = length.saturating_sub(LOOK);
        let tail = bytes.get_bytes(from, (length - from) as usize).ok()?;
        let has = |name: &str| {
            // The name is padded with zeros, so that "Book" is not the end of "Workbook".
            let name = [wide(name).as_slice(), &[0, 0]].concat();
            [&head, &tail].into_iter().any(|part| memmem::find(part, &name).is_some())
        };
        if has("EncryptedPackage") {
            return Some(Self::Encrypted);
        }
        let is_other = has("WordDocument") || has("PowerPoint Document");
        let is_book = ["Workbook", "WORKBOOK", "Book", "BOOK", "WorkBook"].into_iter().any(has);
        (is_book && !is_other).then_some(Self::Xls)
    }
}
