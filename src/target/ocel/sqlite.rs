//! A log as OCEL 2.0 SQLite: the tables of the standard's relational form. Relations have no keys, since a
//! log may have the same one twice.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use rusqlite::{Connection, OpenFlags, params, params_from_iter};

use crate::error::{Code, Error, Result};
use crate::source::sqlite::quoted;
use crate::target::ocel::OcelWriter;
use crate::target::ocel::bundle::{AttributeKind, Bundle, BundleAttribute, Entity, OcelSide};

/// Since when first values hold.
const BEGINNING: &str = "1970-01-01 00:00:00";

/// The tables that every log has.
const TABLES: &str = "
    CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
    CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
    CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
    CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
";

/// Writes an OCEL 2.0 log as an SQLite database.
pub struct SqliteWriter {
    connection: Connection,
    types: [Vec<AttributeTable>; 2],
}

/// A type and what puts its rows into its table.
struct AttributeTable {
    name: String,
    attributes: Vec<BundleAttribute>,
    insert: String,
}

fn failed(error: &rusqlite::Error) -> Error {
    Error::new(Code::OutputWrite, error.to_string())
}

impl SqliteWriter {
    /// Into the empty file at `path`.
    pub fn create(path: &Path) -> Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            // The file is ours alone until it appears, and synced then.
            let connection = Connection::open_with_flags_and_vfs(path, flags, c"unix-none")?;
            connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
            connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; BEGIN;")?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        };
        Ok(Self { connection: open().map_err(|error| failed(&error))?, types: Default::default() })
    }
}

fn declared(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::Text => "TEXT",
        AttributeKind::Time => "TIMESTAMP",
        AttributeKind::Int => "INTEGER",
        AttributeKind::Float => "REAL",
        AttributeKind::Bool => "BOOLEAN",
    }
}

/// Text that is bound as it stands.
fn text(text: &str) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
}

/// A moment as such files have it: UTC, and no zone.
fn moment(text: &str) -> ToSqlOutput<'_> {
    let plain = text.trim_end_matches("+00:00");
    let plain = plain.strip_suffix(".000").unwrap_or(plain);
    ToSqlOutput::Owned(Sql::Text(plain.replace('T', " ")))
}

fn value(kind: AttributeKind, given: &str) -> ToSqlOutput<'_> {
    match kind {
        AttributeKind::Text => text(given),
        AttributeKind::Time => moment(given),
        AttributeKind::Int => given.parse().map_or_else(|_| text(given), |it: i64| it.into()),
        // SQLite keeps no NaN: it would become null.
        AttributeKind::Float => match given.parse::<f64>() {
            Ok(number) if !number.is_nan() => number.into(),
            _ => text(given),
        },
        AttributeKind::Bool => i64::from(given == "true").into(),
    }
}

impl OcelWriter for SqliteWriter {
    fn types(&mut self, bundle: &Bundle) -> Result<()> {
        for side in [OcelSide::Object, OcelSide::Event] {
            let word = if side == OcelSide::Event { "event" } else { "object" };
            let mut taken: HashSet<String> = ["map_type", "object"].map(str::to_owned).into();
            for of in bundle.types(side) {
                let plain: String = of.name.chars().filter(|c| c.is_alphanumeric()).collect();
                let mut map = plain.clone();
                let mut number = 1;
                // Names of tables are the same in any case.
                while !taken.insert(map.to_lowercase()) {
                    number += 1;
                    map = format!("{plain}{number}");
                }
                let mut columns = vec!["ocel_id TEXT".to_owned(), "ocel_time TIMESTAMP".to_owned()];
                if side == OcelSide::Object {
                    columns.push("ocel_changed_field TEXT".to_owned());
                }
                let width = columns.len() + of.attributes.len();
                columns.extend(
                    of.attributes.iter().map(|it| format!("{} {}", quoted(&it.name), declared(it.kind))),
                );
                let table = quoted(&format!("{word}_{map}"));
                let create = format!("CREATE TABLE {table} ({})", columns.join(", "));
                self.connection.execute_batch(&create).map_err(|error| {
                    failed(&error).help("a table of SQLite has at most 2,000 columns, whose names differ by more than case, and are not ocel_id, ocel_time or ocel_changed_field; write JSON or XML")
                })?;
                let insert = format!("INSERT INTO {word}_map_type VALUES (?1, ?2)");
                self.connection.execute(&insert, params![of.name, map]).map_err(|error| failed(&error))?;
                self.types[side as usize].push(AttributeTable {
                    name: of.name.clone(),
                    attributes: of.attributes.clone(),
                    insert: format!("INSERT INTO {table} VALUES ({})", vec!["?"; width].join(", ")),
                });
            }
        }
        Ok(())
    }

    fn entity(&mut self, side: OcelSide, index: usize, entity: &Entity<'_>) -> Result<()> {
        let AttributeTable { name, attributes, insert } = &self.types[side as usize][index];
        let (all, relations) = match side {
            OcelSide::Event => {
                ("INSERT INTO event VALUES (?1, ?2)", "INSERT INTO event_object VALUES (?1, ?2, ?3)")
            }
            OcelSide::Object => {
                ("INSERT INTO object VALUES (?1, ?2)", "INSERT INTO object_object VALUES (?1, ?2, ?3)")
            }
        };
        let put = || -> rusqlite::Result<()> {
            self.connection.prepare_cached(all)?.execute(params![entity.id, name])?;
            let mut row = self.connection.prepare_cached(insert)?;
            let null = ToSqlOutput::Borrowed(ValueRef::Null);
            let mut cells = match entity.time {
                Some(time) => vec![text(entity.id), moment(time)],
                None => vec![text(entity.id), text(BEGINNING), null.clone()],
            };
            let fixed = cells.len();
            cells.extend(attributes.iter().zip(entity.values).map(|(attribute, given)| {
                given.as_deref().map_or_else(|| null.clone(), |given| value(attribute.kind, given))
            }));
            row.execute(params_from_iter(&cells))?;
            for change in entity.changes {
                let changed = change.attribute.map_or(change.field, |field| &attributes[field].name);
                cells.clear();
                cells.extend([text(entity.id), moment(change.time), text(changed)]);
                cells.resize(fixed + attributes.len(), null.clone());
                for (attribute, given) in change.values() {
                    if let Some(given) = given {
                        cells[fixed + attribute] = value(attributes[attribute].kind, given);
                    }
                }
                row.execute(params_from_iter(&cells))?;
            }
            let mut insert = self.connection.prepare_cached(relations)?;
            for related in entity.related {
                insert.execute([entity.id, related.object, related.qualifier])?;
            }
            Ok(())
        };
        put().map_err(|error| failed(&error))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.connection
            .execute_batch(
                "CREATE INDEX event_id ON event (ocel_id); CREATE INDEX object_id ON object (ocel_id);
                 CREATE INDEX event_object_event ON event_object (ocel_event_id);
                 CREATE INDEX event_object_object ON event_object (ocel_object_id);
                 CREATE INDEX object_object_source ON object_object (ocel_source_id);
                 COMMIT;",
            )
            .map_err(|error| failed(&error))?;
        self.connection.close().map_err(|(_, error)| failed(&error))
    }
}
