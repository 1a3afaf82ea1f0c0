//! The file of a database: looked at whether it is whole, and opened to be read and nothing else.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::failed;
use crate::error::{Code, Error, Result};

/// Whether the file has all the pages that its header counts: SQLite reads what is there, and says nothing of the rest.
pub fn check_size(path: &Path) -> Result<()> {
    let mut header = [0; 100];
    let failed = |error: &std::io::Error| Error::io(Code::InputRead, path, error);
    let mut file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    let found = file.metadata().map_err(|error| failed(&error))?.len();
    if let Err(error) = std::io::Read::read_exact(&mut file, &mut header) {
        return match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                Err(Error::new(Code::Sqlite, format!("expected a header of 100 bytes, found {found}"))
                    .in_file(path))
            }
            _ => Err(failed(&error)),
        };
    }
    // Database file format, section 1.3: big-endian numbers; a page size of 1 means 65,536; the count holds if it was written with the last change.
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let expected = page * u64::from(number(28));
    if number(24) == number(92) && found < expected {
        return Err(Error::new(
            Code::Sqlite,
            format!("expected {expected} bytes, found {found}: the file is cut short"),
        )
        .in_file(path));
    }
    Ok(())
}

/// Opens the file to be read.
pub fn connect(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        // What is still in a log of its own is part of the file, and needs locks; else nothing is locked, and nothing is written beside it.
        // A journal is what a writer that died has changed: SQLite says so, and that it can't undo it here.
        let has_log = ["-wal", "-journal"].iter().any(|ending| {
            let mut log = path.as_os_str().to_owned();
            log.push(ending);
            std::fs::metadata(&log).is_ok_and(|it| it.len() > 0)
        });
        let mut uri = String::from("file:");
        for byte in std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()) {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                    uri.push(char::from(*byte))
                }
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri.push_str(if has_log { "?mode=ro" } else { "?mode=ro&immutable=1" });
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        // Sorted and joined answers beyond the cache wait in a file.
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = FILE; PRAGMA cache_size = -4096;",
        )?;
        Ok(connection)
    };
    open().map_err(|error| failed(&error).in_file(path))
}
