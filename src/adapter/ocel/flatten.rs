//! A bundle as a classic log of one object type: each object is a case, the events that are related to it its events.
//!
//! Written as CSV, whose columns are all declared: the engine makes of it what it makes of any table of events.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rusqlite::{Connection, params};
use tempfile::TempPath;

use super::bundle::{Bundle, Kind, Side};
use super::joined::Joined;
use super::write_failed;
use crate::config::{DeclaredColumn, Watch};
use crate::error::{Code, Error, Result};
use crate::model::value::{ColumnType, DateOrder, FloatStyle, IntStyle, TimeUnit};

/// What a case, its events and their relations are called.
const FIXED: [(&str, Kind); 5] = [
    ("case:concept:name", Kind::Text),
    ("concept:name", Kind::Text),
    ("time:timestamp", Kind::Time),
    ("ocel:eid", Kind::Text),
    ("ocel:qualifier", Kind::Text),
];

/// What a run came to.
#[derive(Debug)]
pub struct Flat {
    /// The columns and their types.
    pub columns: Vec<DeclaredColumn>,
    /// Events that are related to no object of the type.
    pub left_out: i64,
}

fn failed(error: &rusqlite::Error) -> Error {
    Error::new(Code::OutputWrite, format!("the file for events: {error}"))
}

/// Writes the events of the objects of one type as CSV to `path`. `temp` is the folder for what memory may not hold.
///
/// # Errors
/// [`Code::Usage`] if the bundle has no such type; what is wrong with the bundle or the files.
pub fn flatten(bundle: &Bundle, object_type: &str, path: &Path, temp: &Path, watch: &Watch) -> Result<Flat> {
    let types = bundle.types(Side::Object);
    let Some(index) = types.iter().position(|it| it.name == object_type) else {
        let names: Vec<&str> = types.iter().map(|it| it.name.as_str()).collect();
        return Err(Error::new(Code::Usage, format!("no object type is called {object_type:?}"))
            .help(format!("the types are {}", names.join(", "))));
    };
    // Attributes of events by their names over all types: of two kinds they are text.
    let mut columns: Vec<(String, Kind)> =
        FIXED.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    let mut places: HashMap<String, usize> = HashMap::new();
    for attribute in bundle.types(Side::Event).iter().flat_map(|it| &it.attributes) {
        let place = *places.entry(attribute.name.clone()).or_insert_with(|| {
            columns.push((free(&columns, &attribute.name), attribute.kind));
            columns.len() - 1
        });
        if columns[place].1 != attribute.kind {
            columns[place].1 = Kind::Text;
        }
    }
    let of_case = columns.len();
    for attribute in &types[index].attributes {
        let name = free(&columns, &format!("case:{}", attribute.name));
        columns.push((name, attribute.kind));
    }
    let events = Events::of(bundle, &places, of_case - FIXED.len(), temp, watch)?;
    let mut out =
        BufWriter::new(File::create_new(path).map_err(|error| Error::io(Code::OutputWrite, path, &error))?);
    write_row(&mut out, columns.iter().map(|(name, _)| Some(name.as_str())))?;
    let mut times = vec![Times::default(); columns.len()];
    bundle.entities(Side::Object, index, watch, &mut |object| {
        events.of_object(object.id, &mut |event| {
            watch.check()?;
            let values: Vec<Option<String>> = serde_json::from_str(&event.values).unwrap_or_default();
            let own = [object.id, &event.name, &event.time, &event.id, &event.qualifier];
            let row = own.into_iter().map(Some);
            let row = row.chain(values.iter().map(Option::as_deref));
            let row = row.chain(object.values.iter().map(Option::as_deref));
            for (((name, kind), times), value) in columns.iter().zip(&mut times).zip(row.clone()) {
                let Some(value) = value else { continue };
                if value.contains('\0') {
                    let what = format!("expected text without NUL in {name:?}, found {value:?}");
                    return Err(Error::new(Code::NulByte, what)
                        .help("a flat log is written by way of CSV, which has no NUL"));
                }
                if *kind == Kind::Time {
                    times.see(value);
                }
            }
            write_row(&mut out, row)
        })
    })?;
    out.flush().map_err(|error| write_failed(&error))?;
    let declared = columns.into_iter().zip(times).map(|((name, kind), times)| DeclaredColumn {
        name,
        column_type: column_type(kind, times),
        format: None,
    });
    Ok(Flat { columns: declared.collect(), left_out: events.left_out()? })
}

/// What a column's times need.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// Nanoseconds.
    fine: bool,
    /// Years that 64 bits of nanoseconds don't hold.
    far: bool,
}

impl Times {
    /// Takes a time as [`Values`](crate::adapter::values::Values) writes it: nine digits behind the point only where six are too few.
    fn see(&mut self, time: &str) {
        let digits =
            time.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        self.fine |= digits > 6;
        self.far |= !("1678".."2262").contains(&time.get(..4).unwrap_or_default());
    }
}

/// A name that no column has yet.
fn free(columns: &[(String, Kind)], name: &str) -> String {
    let mut found = name.to_owned();
    let mut number = 1;
    while columns.iter().any(|(known, _)| *known == found) {
        number += 1;
        found = format!("{name}:{number}");
    }
    found
}

fn column_type(kind: Kind, times: Times) -> ColumnType {
    let moment = |unit: TimeUnit| ColumnType::Timestamp { order: DateOrder::Ymd, unit };
    match kind {
        Kind::Text => ColumnType::Text,
        Kind::Time if times.fine && times.far => ColumnType::Text,
        Kind::Time if times.fine => moment(TimeUnit::Nanos),
        Kind::Time => moment(TimeUnit::Micros),
        Kind::Int => ColumnType::Int64(IntStyle::Plain),
        Kind::Float => ColumnType::Float64(FloatStyle::Plain),
        Kind::Bool => ColumnType::Bool,
    }
}

/// A line of CSV: every value between quotes, nothing for null.
fn write_row<'v>(out: &mut impl Write, row: impl Iterator<Item = Option<&'v str>>) -> Result<()> {
    let mut line = String::new();
    for (place, value) in row.enumerate() {
        if place > 0 {
            line.push(',');
        }
        if let Some(value) = value {
            line.push('"');
            line.push_str(&value.replace('"', "\"\""));
            line.push('"');
        }
    }
    line.push('\n');
    out.write_all(line.as_bytes()).map_err(|error| write_failed(&error))
}

/// An event of an object.
struct Event {
    id: String,
    name: String,
    time: String,
    qualifier: String,
    values: String,
}

/// All events, found by the objects that they are related to: in an SQLite file that nobody sees.
struct Events {
    connection: Connection,
    _path: TempPath,
}

/// An empty database in a file that nobody sees, within a cache of 16 MiB; it is gone with its path.
fn hidden(temp: &Path) -> Result<(Connection, TempPath)> {
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

impl Events {
    fn of(
        bundle: &Bundle,
        places: &HashMap<String, usize>,
        width: usize,
        temp: &Path,
        watch: &Watch,
    ) -> Result<Self> {
        let (connection, path) = hidden(temp)?;
        connection
            .execute_batch(
                "CREATE TABLE events (number INTEGER PRIMARY KEY, id TEXT, name TEXT, time TEXT, attributes TEXT, used INTEGER DEFAULT 0);
                 CREATE TABLE related (object TEXT, event INTEGER, qualifier TEXT);
                 BEGIN;",
            )
            .map_err(|error| failed(&error))?;
        {
            let mut event = connection
                .prepare("INSERT INTO events (id, name, time, attributes) VALUES (?1, ?2, ?3, ?4)")
                .map_err(|error| failed(&error))?;
            let mut relation = connection
                .prepare("INSERT INTO related VALUES (?1, ?2, ?3)")
                .map_err(|error| failed(&error))?;
            let types = bundle.types(Side::Event);
            Joined::of(bundle, Side::Event, temp, watch)?.entities(bundle, watch, &mut |index, entity| {
                let mut values: Vec<Option<&str>> = vec![None; width];
                for (attribute, value) in types[index].attributes.iter().zip(entity.values) {
                    values[places[&attribute.name] - FIXED.len()] = value.as_deref();
                }
                let values = serde_json::to_string(&values).unwrap_or_default();
                event
                    .execute(params![entity.id, types[index].name, entity.time, values])
                    .map_err(|error| failed(&error))?;
                let number = connection.last_insert_rowid();
                for related in entity.related {
                    relation
                        .execute(params![related.object, number, related.qualifier])
                        .map_err(|error| failed(&error))?;
                }
                Ok(())
            })?;
        }
        connection
            .execute_batch("CREATE INDEX by_object ON related (object); COMMIT;")
            .map_err(|error| failed(&error))?;
        Ok(Self { connection, _path: path })
    }

    /// Gives the events of an object by time, those of one time in the order of the tables. An event that is related twice is there twice. An object that
    /// is there twice has its events once: it is one case.
    fn of_object(&self, id: &str, each: &mut dyn FnMut(&Event) -> Result<()>) -> Result<()> {
        let prepared = |sql: &str| self.connection.prepare_cached(sql).map_err(|error| failed(&error));
        {
            let mut select = prepared(
                "SELECT events.id, name, time, qualifier, attributes FROM related JOIN events ON number = event
                 WHERE object = ?1 ORDER BY time, number, related.rowid",
            )?;
            let rows = select.query_map([id], |row| {
                Ok(Event {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    time: row.get(2)?,
                    qualifier: row.get(3)?,
                    values: row.get(4)?,
                })
            });
            for event in rows.map_err(|error| failed(&error))? {
                each(&event.map_err(|error| failed(&error))?)?;
            }
        }
        for sql in [
            "UPDATE events SET used = 1 WHERE number IN (SELECT event FROM related WHERE object = ?1)",
            "DELETE FROM related WHERE object = ?1",
        ] {
            prepared(sql)?.execute([id]).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    fn left_out(&self) -> Result<i64> {
        self.connection
            .query_row("SELECT count(*) FROM events WHERE used = 0", [], |row| row.get(0))
            .map_err(|error| failed(&error))
    }
}
