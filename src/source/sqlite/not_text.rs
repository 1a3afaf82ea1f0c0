//! Text of a table that is not UTF-8. SQLite keeps whatever bytes it was given.

use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, Error};

use crate::source::sqlite::{TableInfo, Tables, quoted};
use crate::text::Flow;

/// Whether an answer could not be had because of it.
pub fn is_why(error: &Error) -> bool {
    matches!(error, Error::Utf8Error(..) | Error::FromSqlConversionFailure(_, Type::Text, _))
}

/// Tells each such text of a table: the number of its row, if it has one, and the column.
pub fn find(
    connection: &Connection,
    info: &TableInfo,
    found: &mut dyn FnMut(Option<i64>, &str) -> Flow,
) -> rusqlite::Result<()> {
    let columns: String = info.columns.iter().map(|(name, _)| format!(", {}", quoted(name))).collect();
    let number = info.rowid.unwrap_or("NULL");
    let mut statement =
        connection.prepare(&format!("SELECT {number}{columns} FROM {}", quoted(&info.name)))?;
    let mut answers = statement.query([])?;
    while let Some(answer) = answers.next()? {
        for (place, (column, _)) in info.columns.iter().enumerate() {
            if let ValueRef::Text(text) = answer.get_ref(place + 1)?
                && !text.is_ascii()
                && std::str::from_utf8(text).is_err()
                && found(answer.get(0)?, column) == Flow::Stop
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The first of the tables that tell of types which has one, with the number of its row and the column.
pub fn first(connection: &Connection, tables: &Tables) -> Option<(String, Option<i64>, String)> {
    let names = ["event_map_type", "object_map_type", "event", "object", "EVENTS", "OBJECTS", "RELATIONS"];
    let mut first = None;
    for info in names.iter().filter_map(|name| tables.find(name)) {
        let mut note = |row: Option<i64>, column: &str| {
            first = Some((info.name.clone(), row, column.to_owned()));
            Flow::Stop
        };
        find(connection, info, &mut note).ok()?;
        if first.is_some() {
            break;
        }
    }
    first
}
