//! Writes a log as OCEL 2.0 SQLite, with the keys and references of the standard's relational schema (OCEL
//! 2.0, section 6).
//!
//! The database is written into an empty file that nobody else uses, without journal, syncing and locks: an
//! unfinished file is of no use anyway, and the caller syncs it. Times are UTC without a zone, as in most
//! such files.

use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};

use super::events::Events;
use super::objects::Objects;
use super::{
    EVENT_TYPES, Event, Kind, OBJECT_TYPES, Object, OcelOptions, OcelSummary, Type, Value, push_event_id,
    push_plain,
};
use crate::text::Clock;
use crate::{Error, Result};

/// Time of the first values (OCEL 2.0, section 4).
const BEGINNING: &[u8] = b"1970-01-01 00:00:00";
/// SQLite's cache size, negative because it is in KiB. The ends of some 30 trees are written to by turns.
const CACHE: &str = "-16384";
/// Events or objects between two calls of the progress callback.
const LOOK_EVERY: u64 = 1024;

/// The tables that every log has.
const TABLES: &str = "
    CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT, PRIMARY KEY (ocel_type));
    CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT, PRIMARY KEY (ocel_type));
    CREATE TABLE event (ocel_id TEXT, ocel_type TEXT, PRIMARY KEY (ocel_id),
        FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type));
    CREATE TABLE object (ocel_id TEXT, ocel_type TEXT, PRIMARY KEY (ocel_id),
        FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type));
    CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
        PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier),
        FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id),
        FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id));
    CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT,
        PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier),
        FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id),
        FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id));
";

/// Called every 1,024 objects or events with the number written since the last call. Breaking stops the
/// writer.
pub type Progress<'p> = dyn FnMut(u64) -> ControlFlow<()> + 'p;

/// Writes the log of these options into the file at `path`, which must be empty or missing.
///
/// # Errors
/// [`Error::Options`] if the options ask for too much or too little; [`Error::Sqlite`] if SQLite fails;
/// [`Error::Write`] if the size of the finished file cannot be read; [`Error::Stopped`] if `progress` breaks.
pub fn write_ocel_sqlite(
    options: &OcelOptions,
    path: &Path,
    progress: &mut Progress<'_>,
) -> Result<OcelSummary> {
    options.check()?;
    let database = open(path).map_err(Error::Sqlite)?;
    let mut summary = write(&database, options, progress)?;
    database.close().map_err(|(_, error)| Error::Sqlite(error))?;
    summary.bytes = std::fs::metadata(path).map_err(Error::Write)?.len();
    Ok(summary)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags_and_vfs(path, flags, c"unix-none")?;
    database.pragma_update(None, "page_size", "4096")?;
    database.pragma_update(None, "cache_size", CACHE)?;
    database.pragma_update(None, "synchronous", "OFF")?;
    // An order refers to its lines before they exist; in the end all references are valid.
    database.pragma_update(None, "foreign_keys", "OFF")?;
    // This pragma returns a row, so it is run as a query.
    database.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    Ok(database)
}

fn write(database: &Connection, options: &OcelOptions, progress: &mut Progress<'_>) -> Result<OcelSummary> {
    let mut summary = OcelSummary::default();
    database.execute_batch("BEGIN").and_then(|()| declare(database)).map_err(Error::Sqlite)?;
    let mut tables = Tables::new(database).map_err(Error::Sqlite)?;
    let mut objects = Objects::new(options);
    while let Some(object) = objects.next_object() {
        tables.add_object(&object).map_err(Error::Sqlite)?;
        summary.count_object(&object);
        look(summary.objects, progress)?;
    }
    let mut events = Events::new(options);
    while let Some(event) = events.next_event() {
        tables.add_event(&event).map_err(Error::Sqlite)?;
        summary.count_event(&event);
        look(summary.events, progress)?;
    }
    drop(tables);
    database.execute_batch("COMMIT").map_err(Error::Sqlite)?;
    Ok(summary)
}

fn look(done: u64, progress: &mut Progress<'_>) -> Result<()> {
    if done.is_multiple_of(LOOK_EVERY) && progress(LOOK_EVERY).is_break() {
        return Err(Error::Stopped);
    }
    Ok(())
}

/// Creates all tables, and fills those that map type names.
fn declare(database: &Connection) -> rusqlite::Result<()> {
    database.execute_batch(TABLES)?;
    for (of, fixed, types) in [
        ("object", "ocel_time TIMESTAMP, ocel_changed_field TEXT", &OBJECT_TYPES[..]),
        ("event", "ocel_time TIMESTAMP", &EVENT_TYPES[..]),
    ] {
        for each in types {
            let own: String = each
                .attributes
                .iter()
                .map(|(name, kind)| format!(", \"{name}\" {}", affinity(*kind)))
                .collect();
            let key = if of == "event" { ", PRIMARY KEY (ocel_id)" } else { "" };
            database.execute_batch(&format!(
                "CREATE TABLE {of}_{} (ocel_id TEXT, {fixed}{own}{key}, FOREIGN KEY (ocel_id) REFERENCES {of} (ocel_id))",
                each.table
            ))?;
            database
                .execute(&format!("INSERT INTO {of}_map_type VALUES (?1, ?2)"), [each.name, each.table])?;
        }
    }
    Ok(())
}

/// The type that a column declares.
const fn affinity(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Time => "TIMESTAMP",
        Kind::Integer => "INTEGER",
        Kind::Float => "REAL",
        Kind::Boolean => "BOOLEAN",
    }
}

/// Text that is known to be UTF-8, as bytes.
struct Text<'t>(&'t [u8]);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

/// A statement for every table, and buffers for their parameters.
struct Tables<'d> {
    event: Statement<'d>,
    object: Statement<'d>,
    event_object: Statement<'d>,
    object_object: Statement<'d>,
    of_objects: Vec<Statement<'d>>,
    of_events: Vec<Statement<'d>>,
    clock: Clock,
    id: Vec<u8>,
    other: Vec<u8>,
}

impl<'d> Tables<'d> {
    fn new(database: &'d Connection) -> rusqlite::Result<Self> {
        let insert = |table: &str, columns: usize| {
            let places = vec!["?"; columns].join(", ");
            database.prepare(&format!("INSERT INTO {table} VALUES ({places})"))
        };
        let of_types = |of: &str, types: &[Type], fixed: usize| {
            let each = |each: &Type| insert(&format!("{of}_{}", each.table), fixed + each.attributes.len());
            types.iter().map(each).collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(Self {
            event: insert("event", 2)?,
            object: insert("object", 2)?,
            event_object: insert("event_object", 3)?,
            object_object: insert("object_object", 3)?,
            of_objects: of_types("object", &OBJECT_TYPES, 3)?,
            of_events: of_types("event", &EVENT_TYPES, 2)?,
            clock: Clock::new(),
            id: Vec::new(),
            other: Vec::new(),
        })
    }

    fn add_object(&mut self, object: &Object<'_>) -> rusqlite::Result<()> {
        let Self { id, other, clock, .. } = self;
        let declared = &OBJECT_TYPES[object.id.kind as usize];
        id.clear();
        object.id.push(id);
        execute(&mut self.object, [id, declared.name.as_bytes()])?;
        let table = &mut self.of_objects[object.id.kind as usize];
        table.clear_bindings();
        table.raw_bind_parameter(1, Text(id))?;
        table.raw_bind_parameter(2, Text(BEGINNING))?;
        for setting in object.settings.iter().filter(|setting| setting.since.is_none()) {
            bind(table, 4 + setting.attribute, setting.value, object.note, clock, other)?;
        }
        table.raw_execute()?;
        for setting in object.settings {
            let Some(moment) = setting.since else { continue };
            table.clear_bindings();
            table.raw_bind_parameter(1, Text(id))?;
            bind(table, 2, Value::Time(moment), "", clock, other)?;
            table.raw_bind_parameter(3, declared.attributes[setting.attribute].0)?;
            bind(table, 4 + setting.attribute, setting.value, object.note, clock, other)?;
            table.raw_execute()?;
        }
        for relation in object.relations {
            other.clear();
            relation.to.push(other);
            execute(&mut self.object_object, [id, other, relation.qualifier.as_bytes()])?;
        }
        Ok(())
    }

    fn add_event(&mut self, event: &Event<'_>) -> rusqlite::Result<()> {
        let Self { id, other, clock, .. } = self;
        id.clear();
        push_event_id(id, event.id);
        execute(&mut self.event, [id, EVENT_TYPES[event.kind].name.as_bytes()])?;
        let table = &mut self.of_events[event.kind];
        table.clear_bindings();
        table.raw_bind_parameter(1, Text(id))?;
        bind(table, 2, Value::Time(event.moment), "", clock, other)?;
        for (attribute, value) in event.attributes {
            bind(table, 3 + attribute, *value, event.note, clock, other)?;
        }
        table.raw_execute()?;
        for relation in event.relations {
            other.clear();
            relation.to.push(other);
            execute(&mut self.event_object, [id, other, relation.qualifier.as_bytes()])?;
        }
        Ok(())
    }
}

fn execute<const N: usize>(statement: &mut Statement<'_>, row: [&[u8]; N]) -> rusqlite::Result<()> {
    for (index, text) in row.into_iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Text(text))?;
    }
    statement.raw_execute().map(drop)
}

/// Binds a value as its type is stored; `text` is a buffer for it. A boolean is 0 or 1.
fn bind(
    statement: &mut Statement<'_>,
    place: usize,
    value: Value,
    note: &str,
    clock: &mut Clock,
    text: &mut Vec<u8>,
) -> rusqlite::Result<()> {
    match value {
        Value::Note => statement.raw_bind_parameter(place, note),
        Value::Integer(number) => statement.raw_bind_parameter(place, number.cast_signed()),
        Value::Hundredths(number) => statement.raw_bind_parameter(place, number as f64 / 100.0),
        Value::Boolean(truth) => statement.raw_bind_parameter(place, truth),
        Value::Time(moment) => {
            text.clear();
            text.extend_from_slice(&clock.stamp(moment));
            text[10] = b' ';
            statement.raw_bind_parameter(place, Text(text))
        }
        word @ Value::Word(_) => {
            text.clear();
            push_plain(text, word, clock);
            statement.raw_bind_parameter(place, Text(text))
        }
    }
}
