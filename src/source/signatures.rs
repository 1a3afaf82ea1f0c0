//! What binary files begin with. Each is known by bytes that no table of text begins with, or by such
//! bytes and by being no text.

use memchr::memmem;

/// A kind of file that is not read: what it looks like, and what to do about it.
pub type Looks = (&'static str, &'static str);

/// Text in which a file shows whether it is text, in bytes.
const LOOK: usize = 4 << 10;
/// Bytes in which an archive or a compound file names what it holds.
const CONTENTS: usize = 64 << 10;

const SHEET: &str = "save the sheet as CSV in the program it comes from";
const EXPORT: &str = "save the data as CSV in the program it comes from";
const UNPACK: &str = "unpack it first, and give the files that are in it";
const REPACK: &str = "unpack it first; gzip, zstd, bzip2 and xz are unpacked as they are read";
const TABLE: &str = "export the table as CSV first; DuckDB or pandas read it";
const DATABASE: &str = "export the table as CSV first; of databases only OCEL in SQLite is read";
const NO_LOG: &str = "it holds no log: leave it out, or give the log itself";
const TYPED: &str = "convert it alone, for such files are not read beside text; if its name says another format, give ⟦from⟧ parquet or ⟦from⟧ arrow; if it is CSV after all, give ⟦from⟧ csv";
const ENCRYPTED: &str = "decrypt it with the program that wrote it: encrypted Parquet is not read";
const SQLITE: &str = "of SQLite object-centric logs alone are read, from a file: ⟦from⟧ ocel-sqlite";
const PICKLE: &str = "load it in Python and write it with DataFrame.to_csv or pm4py.write_xes";

/// Bytes that nothing but such a file begins with.
const CERTAIN: &[(usize, &[u8], Looks)] = &[
    (0, b"PAR1", ("Parquet", TYPED)),
    (0, b"SQLite format 3\0", ("SQLite", SQLITE)),
    (0, b"ARROW1\0\0", ("Arrow IPC (Feather)", TYPED)),
    (0, b"\xff\xff\xff\xff\x10\0\0\0", ("an Arrow IPC stream", TYPED)),
    (0, b"\x89HDF\r\n\x1a\n", ("HDF5", TABLE)),
    (0, b"\x93NUMPY", ("a NumPy array", TABLE)),
    (0, b"\0\x01\0\0Standard Jet DB", ("a Microsoft Access database", DATABASE)),
    (0, b"\0\x01\0\0Standard ACE DB", ("a Microsoft Access database", DATABASE)),
    (0, b"-- H2 0.5/B --", ("an H2 database", DATABASE)),
    (0, b"H:2,block:", ("an H2 database", DATABASE)),
    (0, b"\x01\x0f\0\0", ("a SQL Server database", DATABASE)),
    (0, b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60", ("a SAS data set", TABLE)),
    (0, b"$FL2@(#)", ("an SPSS data file", TABLE)),
    (0, b"$FL3@(#)", ("an SPSS data file", TABLE)),
    (0, b"<stata_dta>", ("a Stata data file", TABLE)),
    (0, b"MATLAB 5.0 MAT-file", ("a MATLAB file", TABLE)),
    (0, b"\x80\x02", ("a Python pickle", PICKLE)),
    (0, b"\x80\x03", ("a Python pickle", PICKLE)),
    (0, b"\x80\x04\x95", ("a Python pickle", PICKLE)),
    (0, b"\x80\x05\x95", ("a Python pickle", PICKLE)),
    (0, b"\x09\x08\x10\0\0\x06\x05\0", ("an old Excel workbook", SHEET)),
    (0, b"7z\xbc\xaf\x27\x1c", ("a 7z archive", UNPACK)),
    (0, b"Rar!\x1a\x07", ("a RAR archive", UNPACK)),
    (0, b"MSCF\0\0\0\0", ("a cabinet archive", UNPACK)),
    (0, b"xar!\0", ("a xar archive", UNPACK)),
    (0, b"!<arch>\n", ("an ar archive", UNPACK)),
    (0, b"PK\x05\x06", ("an empty ZIP archive", UNPACK)),
    (0, b"PK\x07\x08", ("a part of a ZIP archive", UNPACK)),
    (0, b"\x04\x22\x4d\x18", ("data packed by lz4", REPACK)),
    (0, b"\x1f\x9d", ("data packed by compress (.Z)", REPACK)),
    (0, b"\x1f\xa0", ("data packed by compress (.Z)", REPACK)),
    (0, b"\xff\x06\0\0sNaPpY", ("data packed by Snappy", REPACK)),
    (0, b"LZIP\x01", ("data packed by lzip", REPACK)),
    (0, b"\x89LZO\0", ("data packed by lzop", REPACK)),
    (0, b"%PDF-", ("a PDF document", EXPORT)),
    (0, b"{\\rtf", ("an RTF document", EXPORT)),
    (0, b"%!PS-", ("a PostScript document", EXPORT)),
    (0, b"\x89PNG\r\n\x1a\n", ("a PNG image", NO_LOG)),
    (0, b"\xff\xd8\xff", ("a JPEG image", NO_LOG)),
    (0, b"GIF87a", ("a GIF image", NO_LOG)),
    (0, b"GIF89a", ("a GIF image", NO_LOG)),
    (0, b"II*\0", ("a TIFF image", NO_LOG)),
    (0, b"MM\0*", ("a TIFF image", NO_LOG)),
    (0, b"8BPS\0\x01", ("a Photoshop image", NO_LOG)),
    (0, b"\0\0\x01\0\x01\0", ("an icon", NO_LOG)),
    (0, b"\x1aE\xdf\xa3", ("a Matroska video", NO_LOG)),
    (0, b"OggS\0", ("Ogg audio", NO_LOG)),
    (0, b"fLaC\0", ("FLAC audio", NO_LOG)),
    (0, b"\xff\xfb", ("MP3 audio", NO_LOG)),
    (0, b"\xff\xf3", ("MP3 audio", NO_LOG)),
    (0, b"\xff\xf2", ("MP3 audio", NO_LOG)),
    (0, b"\x7fELF", ("a program (ELF)", NO_LOG)),
    (0, b"\xca\xfe\xba\xbe", ("a Java class", NO_LOG)),
    (0, b"\xfe\xed\xfa\xce", ("a program (Mach-O)", NO_LOG)),
    (0, b"\xfe\xed\xfa\xcf", ("a program (Mach-O)", NO_LOG)),
    (0, b"\xce\xfa\xed\xfe", ("a program (Mach-O)", NO_LOG)),
    (0, b"\xcf\xfa\xed\xfe", ("a program (Mach-O)", NO_LOG)),
    (0, b"\0asm", ("WebAssembly", NO_LOG)),
    (0, b"\0\0\0\x01Bud1", ("settings of a Mac's folder", NO_LOG)),
    (0, b"ElfFile\0", ("a Windows event log (evtx)", "export it as CSV in the Event Viewer")),
    (0, b"\xd4\xc3\xb2\xa1", ("a network capture (pcap)", EXPORT)),
    (0, b"\xa1\xb2\xc3\xd4", ("a network capture (pcap)", EXPORT)),
    (0, b"\x0a\x0d\x0d\x0a", ("a network capture (pcapng)", EXPORT)),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        ("a pointer of Git LFS, and not the file itself", "fetch the file: git lfs pull"),
    ),
    (0, b"-- MySQL dump", ("a dump of a MySQL database", DATABASE)),
    (0, b"-- MariaDB dump", ("a dump of a MariaDB database", DATABASE)),
    (0, b"--\n-- PostgreSQL database dump", ("a dump of a PostgreSQL database", DATABASE)),
];

/// Letters that a table may begin with as well: what follows tells, for it is no text.
const IF_BINARY: &[(usize, &[u8], Looks)] = &[
    (0, b"ORC", ("ORC", TABLE)),
    (0, b"FEA1", ("Feather", TABLE)),
    (0, b"MZ", ("a program (Windows)", NO_LOG)),
    (0, b"BM", ("a BMP image", NO_LOG)),
    (0, b"ID3", ("MP3 audio", NO_LOG)),
    (0, b"PACK", ("a pack of Git", NO_LOG)),
    (0, b"dex\n", ("Android code", NO_LOG)),
    (0, b"X\n\0\0", ("an R data file", TABLE)),
    (0, b"PARE", ("encrypted Parquet", ENCRYPTED)),
    (0, b"Obj\x01", ("Avro", TABLE)),
    (0, b"CDF\x01", ("NetCDF", TABLE)),
    (0, b"CDF\x02", ("NetCDF", TABLE)),
    (8, b"DUCK", ("a DuckDB database", DATABASE)),
    (0, b"PGDMP", ("a PostgreSQL dump", DATABASE)),
    (257, b"ustar", ("a tar archive", UNPACK)),
    (4, b"ftyp", ("a video, or an image in HEIF", NO_LOG)),
    (0, b"RDX2\n", ("an R data file", TABLE)),
    (0, b"RDX3\n", ("an R data file", TABLE)),
    (0, b"LPKSHHRH", ("a systemd journal", "export it: journalctl --file FILE -o json")),
    (0, b"bplist00", ("a property list", NO_LOG)),
    (0, b"\x5d\0\0", ("data packed by lzma", REPACK)),
];

/// The kind of binary file that `head` begins like.
pub fn signature(head: &[u8]) -> Option<Looks> {
    let begins = |(at, magic, _): &&(usize, &[u8], Looks)| {
        head.get(*at..).is_some_and(|behind| behind.starts_with(magic))
    };
    if let Some((_, _, looks)) = CERTAIN.iter().find(begins) {
        return Some(*looks);
    }
    match head {
        [b'P', b'K', 3, 4, ..] => return Some(archive(head)),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Some(compound(head)),
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] => match kind {
            [b'W', b'E', b'B', b'P', ..] => return Some(("a WebP image", NO_LOG)),
            [b'W', b'A', b'V', b'E', ..] => return Some(("WAV audio", NO_LOG)),
            [b'A', b'V', b'I', b' ', ..] => return Some(("an AVI video", NO_LOG)),
            _ => {}
        },
        _ if is_dbase(head) => return Some(("a dBase table", TABLE)),
        _ => {}
    }
    IF_BINARY.iter().filter(|_| is_no_text(head)).find(begins).map(|(_, _, looks)| *looks)
}

/// Whether there are bytes near the start that no text has.
fn is_no_text(head: &[u8]) -> bool {
    let look = &head[..head.len().min(LOOK)];
    look.contains(&0) || std::str::from_utf8(look).is_err_and(|error| error.error_len().is_some())
}

/// The kind of a ZIP archive: office programs store documents in ZIP archives.
fn archive(head: &[u8]) -> Looks {
    let look = &head[..head.len().min(CONTENTS)];
    let has = |name: &[u8]| memmem::find(look, name).is_some();
    if has(b"opendocument.spreadsheet") {
        ("an OpenDocument spreadsheet", SHEET)
    } else if has(b"epub+zip") || has(b"opendocument.") || has(b"word/") || has(b"ppt/") {
        ("a document of an office program", EXPORT)
    } else if has(b"[Content_Types].xml") || has(b"xl/") {
        ("an Excel workbook", SHEET)
    } else if has(b"META-INF/") {
        ("a Java archive", NO_LOG)
    } else {
        ("a ZIP archive", UNPACK)
    }
}

/// The kind of a compound file: old office programs store documents in compound files.
fn compound(head: &[u8]) -> Looks {
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let look = &head[..head.len().min(4 * CONTENTS)];
    let has = |name: &str| memmem::find(look, &wide(name)).is_some();
    if has("WordDocument") || has("PowerPoint Document") {
        ("a document of an old office program", EXPORT)
    } else if has("Workbook") || has("Book") || look.len() < 2 * LOOK {
        ("an Excel workbook", SHEET)
    } else {
        ("a document of an old office program", EXPORT)
    }
}

/// A dBase table has no magic number: a version, a date, sizes that fit each other, and a descriptor for
/// each field up to a mark.
fn is_dbase(head: &[u8]) -> bool {
    let [version, _year, month, day, _, _, _, _, low, high, ..] = *head else { return false };
    let header = usize::from(u16::from_le_bytes([low, high]));
    matches!(version, 0x02..=0x05 | 0x30..=0x32 | 0x43 | 0x63 | 0x83 | 0x8b | 0xcb | 0xf5 | 0xfb)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && header >= 65
        && header % 32 <= 8
        && head.get(header - 1).is_none_or(|mark| matches!(mark, 0x0d | 0))
        && head.get(43).is_some_and(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(head: &[u8]) -> Option<&'static str> {
        signature(head).map(|(name, _)| name)
    }

    #[test]
    fn binary_files_are_known_by_their_first_bytes() {
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar\x0000");
        let mut dbase = vec![3, 124, 1, 15, 2, 0, 0, 0, 97, 0, 20, 0];
        dbase.resize(32, 0);
        dbase.extend(b"CASE_ID\0\0\0\0C\0\0\0\0\x0a\0");
        dbase.resize(96, 0);
        dbase.push(0x0d);
        let word: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (head, name) in [
            (&b"PAR1\x15\x04"[..], "Parquet"),
            (b"%PDF-1.7\n", "a PDF document"),
            (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
            (b"PK\x03\x04....[Content_Types].xml", "an Excel workbook"),
            (b"PK\x03\x04\x14\0\0\0log.csv", "a ZIP archive"),
            (
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                "an OpenDocument spreadsheet",
            ),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive"),
            (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
            (b"\x7fELF\x02\x01\x01", "a program (ELF)"),
            (b"MZ\x90\0\x03\0", "a program (Windows)"),
            (b"\xca\xfe\xba\xbe\0\0\0\x3d", "a Java class"),
            (b"ID3\x04\0\0\0\0", "MP3 audio"),
            (b"\x80\x04\x95\x10\0\0\0", "a Python pickle"),
            (b"\x89HDF\r\n\x1a\n\0", "HDF5"),
            (b"ARROW1\0\0\xff", "Arrow IPC (Feather)"),
            (b"ORC\x0a\x03\0", "ORC"),
            (b"Obj\x01\x04\x16avro.schema\0", "Avro"),
            (b"\0\x01\0\0Standard Jet DB\0", "a Microsoft Access database"),
            (b"\x12\x34\x56\x78\x9a\xbc\xde\xf0DUCK\x40\0", "a DuckDB database"),
            (b"H:2,block:5,blockSize:1000", "an H2 database"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook"),
            (&[b"\xd0\xcf\x11\xe0", &word[..]].concat(), "a document of an old office program"),
            (
                b"version https://git-lfs.github.com/spec/v1\n",
                "a pointer of Git LFS, and not the file itself",
            ),
            (&tar, "a tar archive"),
            (&dbase, "a dBase table"),
        ] {
            assert_eq!(looks(head), Some(name));
        }
    }

    #[test]
    fn text_that_begins_with_the_same_letters_is_text() {
        for head in [
            &b"ORC,AMOUNT\n1,2\n"[..],
            b"MZ;BM\n",
            b"BM\n",
            b"ID3,name\n",
            b"PACK,x\n",
            b"RIFF,a\n",
            b"PK,b\n",
            b"GIF,a\n",
            b"\x01a\x01b\n",
            b"\xef\xbb\xbfPK,b\n",
            b"a\x1fb\n1\x1f2\n",
            b"Obj\x01Name\n1\x01a\n",
            b"PARENT_ID,x\n",
            b"RUBBERS_DUCK,x\n",
            b"",
        ] {
            assert_eq!(looks(head), None, "{}", String::from_utf8_lossy(head));
        }
    }
}
