//! Relations and later values, found by the identifier of what they belong to: in an SQLite file that nobody sees, since there may be more of them than memory.

use std::path::Path;

use rusqlite::{Connection, params};
use tempfile::TempPath;

use super::bundle::{Bundle, Side};
use crate::config::Watch;
use crate::error::{Code, Error, Result};

/// A relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The object.
    pub object: String,
    /// What it is to the event or object.
    pub qualifier: String,
}

/// A later value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Since when.
    pub time: String,
    /// The attribute.
    pub field: String,
    /// The value; `None` for null.
    pub value: Option<String>,
}

/// The tables. `used` tells what was handed out: it belongs to one entity, even if another has the same identifier.
const TABLES: &str = "
    CREATE TABLE related (side INTEGER, id TEXT, object TEXT, qualifier TEXT);
    CREATE TABLE changes (type INTEGER, id TEXT, time TEXT, field TEXT, value TEXT);
    BEGIN;
";

/// What belongs to events and objects.
pub struct Joined {
    connection: Connection,
    /// Removes the file.
    _path: TempPath,
}

fn failed(error: &rusqlite::Error) -> Error {
    Error::new(Code::OutputWrite, format!("the file for relations: {error}"))
}

/// An empty database in a file that nobody sees, within a cache of 16 MiB; it is gone with its path.
pub fn hidden(temp: &Path) -> Result<(Connection, TempPath)> {
    let path = tempfile::Builder::new()
        .prefix("logflow-")
        .tempfile_in(temp)
        .map_err(|error| Error::io(Code::OutputWrite, temp, &error))?
        .into_temp_path();
    let connection = Connection::open(&path).map_err(|error| failed(&error))?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; PRAGMA temp_store = FILE;",
        )
        .map_err(|error| failed(&error))?;
    Ok((connection, path))
}

fn number(side: Side) -> i64 {
    match side {
        Side::Event => 0,
        Side::Object => 1,
    }
}

impl Joined {
    /// Reads the relations and later values of a bundle; `temp` is the folder for the file.
    pub fn of(bundle: &Bundle, temp: &Path, watch: &Watch) -> Result<Self> {
        let (connection, path) = hidden(temp)?;
        connection.execute_batch(TABLES).map_err(|error| failed(&error))?;
        {
            let mut insert = connection
                .prepare("INSERT INTO related VALUES (?1, ?2, ?3, ?4)")
                .map_err(|error| failed(&error))?;
            for side in [Side::Event, Side::Object] {
                bundle.relations(side, &mut |id, object, qualifier| {
                    watch.check()?;
                    insert
                        .execute(params![number(side), id, object, qualifier])
                        .map_err(|error| failed(&error))?;
                    Ok(())
                })?;
            }
            let mut insert = connection
                .prepare("INSERT INTO changes VALUES (?1, ?2, ?3, ?4, ?5)")
                .map_err(|error| failed(&error))?;
            for index in 0..bundle.types(Side::Object).len() {
                bundle.changes(index, &mut |id, time, field, value| {
                    watch.check()?;
                    insert
                        .execute(params![index as i64, id, time, field, value])
                        .map_err(|error| failed(&error))?;
                    Ok(())
                })?;
            }
        }
        connection
            .execute_batch(
                "CREATE INDEX by_id ON related (side, id); CREATE INDEX by_object ON changes (type, id); COMMIT;",
            )
            .map_err(|error| failed(&error))?;
        Ok(Self { connection, _path: path })
    }

    /// Takes out the relations of an event or object, in order.
    pub fn related(&self, side: Side, id: &str) -> Result<Vec<Related>> {
        let take = || -> rusqlite::Result<Vec<Related>> {
            let mut select = self.connection.prepare_cached(
                "SELECT object, qualifier FROM related WHERE side = ?1 AND id = ?2 ORDER BY rowid",
            )?;
            let found: Vec<Related> = select
                .query_map(params![number(side), id], |row| {
                    Ok(Related { object: row.get(0)?, qualifier: row.get(1)? })
                })?
                .collect::<rusqlite::Result<_>>()?;
            if !found.is_empty() {
                let mut delete =
                    self.connection.prepare_cached("DELETE FROM related WHERE side = ?1 AND id = ?2")?;
                delete.execute(params![number(side), id])?;
            }
            Ok(found)
        };
        take().map_err(|error| failed(&error))
    }

    /// Takes out the later values of an object, in order.
    pub fn changes(&self, index: usize, id: &str) -> Result<Vec<Change>> {
        let take = || -> rusqlite::Result<Vec<Change>> {
            let mut select = self.connection.prepare_cached(
                "SELECT time, field, value FROM changes WHERE type = ?1 AND id = ?2 ORDER BY rowid",
            )?;
            let found: Vec<Change> = select
                .query_map(params![index as i64, id], |row| {
                    Ok(Change { time: row.get(0)?, field: row.get(1)?, value: row.get(2)? })
                })?
                .collect::<rusqlite::Result<_>>()?;
            if !found.is_empty() {
                let mut delete =
                    self.connection.prepare_cached("DELETE FROM changes WHERE type = ?1 AND id = ?2")?;
                delete.execute(params![index as i64, id])?;
            }
            Ok(found)
        };
        take().map_err(|error| failed(&error))
    }

    /// What belongs to nothing: how many, and of what.
    pub fn left(&self) -> Result<Vec<(i64, &'static str)>> {
        let count = |sql: &str| -> Result<i64> {
            self.connection.query_row(sql, [], |row| row.get(0)).map_err(|error| failed(&error))
        };
        let all = [
            (
                count("SELECT count(*) FROM related WHERE side = 0")?,
                "relations of events that the log has not",
            ),
            (
                count("SELECT count(*) FROM related WHERE side = 1")?,
                "relations of objects that the log has not",
            ),
            (count("SELECT count(*) FROM changes")?, "later values of objects that the log has not"),
        ];
        Ok(all.into_iter().filter(|(count, _)| *count > 0).collect())
    }
}
