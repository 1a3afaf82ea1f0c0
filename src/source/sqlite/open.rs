//! The file of a database: looked at whether it is whole, and opened to be read and nothing else.
//!
//! Refuses nothing but what SQLite can't open. Invariant: nothing is written to the file or beside it, and
//! nothing of it is trusted to run.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Code, Error, Result};

/// Whether the file at `place`, which the user calls `path`, has all the pages that its header counts: SQLite
/// reads what is there, and says nothing of the rest.
pub fn check_size(place: &Path, path: &Path) -> Result<()> {
    let mut header = [0; 100];
    let failed = |error: &std::io::Error| Error::io(Code::InputRead, path, error);
    let mut file = std::fs::File::open(place).map_err(|error| failed(&error))?;
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
    // Database file format, section 1.3: big-endian numbers; a page size of 1 means 65,536; the count holds
    // if it was written with the last change.
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

/// Opens a file that has nothing beside it to be read. Nothing is locked, and nothing is written beside it: a
/// file in WAL mode can be read in a folder that can't be written.
pub fn connect(place: &Path) -> rusqlite::Result<Connection> {
    let mut uri = String::from("file:");
    for byte in std::os::unix::ffi::OsStrExt::as_bytes(place.as_os_str()) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?mode=ro&immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags)?;
    harden(&connection)?;
    // Sorted and joined answers beyond the cache wait in a file.
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = FILE; PRAGMA cache_size = -4096;",
    )?;
    Ok(connection)
}

/// Takes from the file what could run of itself.
pub fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(())
}
