//! An object-centric log in an SQLite file: opened to be read and nothing else, its tables found by their
//! names, and what is to be asked of them.
//!
//! ```text
//! open.rs        the file, to be read and nothing else
//! beside.rs      its write-ahead log and journal
//! version_2.rs   OCEL 2.0: a table for each type, by maps of names
//! version_1.rs   OCEL 1.0: EVENTS, OBJECTS, RELATIONS
//! rows.rs        answers -> rows
//! starts.rs      attributes that begin later than 1970
//! later.rs       objects that begin later
//! places.rs      the rows that answers are
//! not_text.rs    text that is not UTF-8
//! strict.rs      what the standard does not allow
//! ```
//!
//! The file is not trusted: views, virtual tables and triggers are not looked at, its schema runs no
//! functions, and it is never written to.

mod beside;
mod later;
mod not_text;
mod open;
mod places;
mod rows;
mod starts;
mod strict;
mod version_1;
mod version_2;

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use crate::error::{Code, Error, Result};
use crate::model::figures::agreeing;
use crate::model::kind::Kind;
use crate::model::ocel::{Declared, OcelShape, OcelSide};
use crate::model::recent::RecentTypes;
use crate::model::references::Spread;
use crate::model::table::Note;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::Options;
use crate::shard::columns::Columns;
use crate::shard::each::each;
use crate::source::sqlite::beside::DatabaseFile;
use crate::source::sqlite::later::Later;
use crate::source::sqlite::open::{check_size, connect};
use crate::source::sqlite::places::Origin;
pub use crate::source::sqlite::places::Places;
use crate::source::sqlite::rows::Id;
use crate::source::sqlite::starts::Starts;

/// The first bytes of every SQLite file.
pub const MAGIC: &[u8] = b"SQLite format 3\0";

/// Whether a file begins like one, or would if there were more of it.
pub fn is_meant(head: &[u8]) -> bool {
    head.starts_with(&MAGIC[..15])
}

/// Rows of a table that one task asks for.
const SPLIT: i64 = 1 << 18;
/// Bytes that a row of a table takes in the file, at least: its pointer, its length and number, and a header.
const LEAST_ROW: i64 = 6;

/// A question whose answers are rows of one table, or records that can be none.
#[derive(Debug, Clone)]
struct Query {
    sql: String,
    /// The subject of the question.
    origin: Origin,
    /// The table of the bundle that its answers fill.
    table: usize,
    /// Whether each answer is a record: an event or an object.
    is_record: bool,
    /// The rows of its table that are asked for; `None` for all.
    range: Option<(i64, i64)>,
    /// If answers are records without a row: what is wrong with them. The first column tells which it is.
    lacks: Option<String>,
    /// What the answers show about entries that are listed or have a row.
    purpose: QueryPurpose,
    /// How equal relations are spread over the answers, if the answers are relations.
    spread: Spread,
}

impl Query {
    /// One whose answers are rows of `table`, of all that there are.
    fn rows(origin: Origin, sql: String, table: usize, is_record: bool) -> Self {
        Self {
            sql,
            origin,
            table,
            is_record,
            range: None,
            lacks: None,
            purpose: QueryPurpose::Nothing,
            spread: Spread::Anywhere,
        }
    }
}

/// What the answers to a question say of the events or objects of a type: all that are listed should have a
/// row, and all that have one be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QueryPurpose {
    /// Nothing.
    Nothing,
    /// These have a row in the table of the type with this number.
    HasRow(OcelSide, usize),
    /// These are listed; the second column tells their types.
    IsListed(OcelSide),
    /// Objects of the type with this number have later values.
    HasLater(usize),
    /// Asked only if those of the type with this number that are listed are not those that have a row.
    Differs(OcelSide, usize),
    /// Asked only if objects of the type with this number may have later values alone.
    BeginsLater(usize),
}

impl QueryPurpose {
    /// Whether it is asked only if the answers to all other questions say so.
    fn depends(self) -> bool {
        matches!(self, Self::Differs(..) | Self::BeginsLater(_))
    }
}

/// What answers say.
#[derive(Debug, Default)]
struct AnswerSums {
    /// Who is listed and who has a row, by type: a count and a sum of hashes, both zero if they are the same
    /// ones.
    sums: [Vec<(i64, u64)>; 2],
    later: Later,
    recent: RecentTypes,
}

impl AnswerSums {
    fn sum(&mut self, side: OcelSide, index: usize) -> &mut (i64, u64) {
        let sums = &mut self.sums[side as usize];
        if index >= sums.len() {
            sums.resize(index + 1, (0, 0));
        }
        &mut sums[index]
    }

    fn join(&mut self, other: Self) {
        for side in [OcelSide::Event, OcelSide::Object] {
            for (index, (count, sum)) in other.sums[side as usize].iter().enumerate() {
                let known = self.sum(side, index);
                *known = (known.0 + count, known.1.wrapping_add(*sum));
            }
        }
        self.later.join(other.later);
    }
}

/// Findings from all answers so far.
#[derive(Debug, Default)]
struct PresenceSums {
    answers: AnswerSums,
    /// Questions without an answer yet that say something.
    open: usize,
}

/// Connections to a file, one for each thread that asks.
#[derive(Debug)]
struct Connections {
    /// Path of the file, as the user named it.
    path: Box<Path>,
    /// The file that is opened: the database itself, or a copy in the temp folder.
    file: DatabaseFile,
    free: Mutex<Vec<Connection>>,
}

impl Connections {
    fn with<R>(&self, ask: impl FnOnce(&Connection) -> R) -> Result<R> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match free {
            Some(connection) => connection,
            None => connect(self.file.place()).map_err(|error| failed(&error).in_file(&self.path))?,
        };
        let answer = ask(&connection);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }

    /// Asks, and names the file if that fails.
    fn ask<R>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> Result<R> {
        self.with(ask)?.map_err(|error| failed(&error).in_file(&self.path))
    }

    /// Asks the same of each of some things, of several at once, for each answer takes a look at all of a
    /// table; the answers, in the order of the things.
    fn ask_each<T: Send, R: Send>(
        &self,
        threads: usize,
        things: Vec<T>,
        ask: impl Fn(&Connection, T) -> rusqlite::Result<R> + Sync,
    ) -> Result<Vec<R>> {
        each(threads, things, |_, thing| {
            self.ask(|connection| {
                let answer = ask(connection, thing)?;
                // The cache of one table is of no use for the next table.
                connection.execute_batch("PRAGMA shrink_memory")?;
                Ok(answer)
            })
        })
    }
}

/// The contents of a file, as its schema shows them.
#[derive(Debug)]
pub struct Database {
    /// Event and object types.
    pub shape: OcelShape,
    /// The version of the standard.
    pub version: &'static str,
    /// Deviations from the standard.
    pub warnings: Vec<String>,
    /// Tables and columns that are no part of a log.
    left_out: Vec<String>,
    /// The tables of the types of events and of objects, where there are any.
    tables_of: [Vec<Option<String>>; 2],
    queries: Vec<Query>,
    connections: Connections,
    balance: Mutex<PresenceSums>,
    balanced: Condvar,
    starts: Mutex<Starts>,
    /// Seeded anew for each run: no file can be made whose sums are alike.
    hasher: RandomState,
}

impl Database {
    /// Opens a file and looks at its tables, on up to as many threads as the options allow.
    ///
    /// # Errors
    /// [`Code::Sqlite`] for a file that is damaged or has no tables of a log, and what is wrong with what
    /// stands beside it.
    pub fn open(path: &Path, options: &Options, observer: &Observer) -> Result<Self> {
        let threads = options.run.threads;
        let file = DatabaseFile::of(path, &options.run.temp_dir, observer)?;
        check_size(file.place(), path)?;
        let connections = Connections { path: path.into(), file, free: Mutex::default() };
        let tables = connections.ask(Tables::of)?;
        let lacks = |name: &str| tables.find(name).is_none();
        if !lacks("event") && !lacks("object") && lacks("event_object") {
            let found = if tables.is_view("event_object") { "a view" } else { "none" };
            let what = format!("expected a table event_object, found {found}: relations would be lost");
            return Err(Error::new(Code::Sqlite, what).in_file(path));
        }
        let looked = if tables.find("event_map_type").is_some() || tables.find("event").is_some() {
            version_2::look(&connections, threads, &tables)
        } else if tables.find("EVENTS").is_some() && tables.find("OBJECTS").is_some() {
            connections.ask(|connection| version_1::look(connection, &tables))
        } else {
            let what = "expected the tables of an object-centric log (event, object, event_object, ... or EVENTS, OBJECTS, RELATIONS)";
            return Err(Error::new(Code::Sqlite, what).in_file(path));
        };
        let mut found = match looked {
            Ok(found) => found,
            // Names of types are read with the tables that have them, and the rest when its turn comes.
            Err(error) if error.code() == Code::NotText => {
                return Err(match connections.with(|connection| not_text::first(connection, &tables))? {
                    Some((table, row, column)) => error.in_table(table, row).in_column(column),
                    None => error,
                });
            }
            Err(error) => return Err(error),
        };
        for table in &tables.all {
            found.left_out.extend(table.computed.iter().map(|column| {
                format!("column {column} of table {} is computed and not stored: left out", table.name)
            }));
        }
        // Asked at last, when all is known that they depend on.
        found.queries.sort_by_key(|query| query.purpose.depends());
        let open = found.queries.iter().filter(|query| !query.purpose.depends()).count();
        Ok(Self {
            shape: found.shape,
            version: found.version,
            warnings: found.warnings,
            left_out: found.left_out,
            tables_of: found.tables_of,
            queries: found.queries,
            connections,
            balance: Mutex::new(PresenceSums { open, ..PresenceSums::default() }),
            balanced: Condvar::new(),
            starts: Mutex::default(),
            hasher: RandomState::new(),
        })
    }

    /// Number of tasks in which the file is read.
    pub fn tasks(&self) -> usize {
        self.queries.len()
    }

    /// Feeds the answers to one task's question to a sink; gives the number of records.
    pub fn run(&self, task: usize, sink: &mut Columns<'_>, observer: &Observer) -> Result<u64> {
        let query = &self.queries[task];
        if query.purpose.depends() {
            let mut balance = self.balance.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever asks this has seen all others begin, and each of them ends.
            while balance.open > 0 {
                balance = self.balanced.wait(balance).unwrap_or_else(PoisonError::into_inner);
            }
            let is_asked = match query.purpose {
                QueryPurpose::Differs(side, index) => *balance.answers.sum(side, index) != (0, 0),
                QueryPurpose::BeginsLater(index) => balance.answers.later.may_lack_first(index),
                QueryPurpose::Nothing
                | QueryPurpose::HasRow(..)
                | QueryPurpose::IsListed(_)
                | QueryPurpose::HasLater(_) => true,
            };
            if !is_asked {
                return Ok(0);
            }
        }
        let _answered = Answered(self);
        let mut answers = AnswerSums::default();
        let mut say = |purpose: QueryPurpose, id: &Id<'_>, type_name: &[u8]| {
            self.note(&mut answers, purpose, id, type_name)
        };
        let mut starts = Starts::default();
        let done = self.connections.with(|connection| {
            rows::feed(connection, query, &self.shape, sink, observer, &mut say, &mut starts)
        });
        self.starts.lock().unwrap_or_else(PoisonError::into_inner).join(starts);
        self.balance.lock().unwrap_or_else(PoisonError::into_inner).answers.join(answers);
        done.and_then(|done| done).map_err(|error| error.in_file(&self.connections.path))
    }
}

impl Database {
    /// Warnings about tables and columns that are missing, odd or left out.
    pub fn odd_warnings(&self) -> impl Iterator<Item = Warning> {
        let odd = |what: &String| {
            Warning::new(WarningCode::Nonstandard, what)
                .help("logflow validate lists all that the standard does not allow")
        };
        let left_out = |what: &String| {
            Warning::new(WarningCode::LeftOutOfDatabase, what).help(
                "nothing, unless it belongs to the log: then give it the name that the standard has for it",
            )
        };
        self.warnings.iter().map(odd).chain(self.left_out.iter().map(left_out))
    }

    /// Warnings about files beside the database.
    pub fn warning(&self) -> Option<Warning> {
        self.connections.file.warning.clone()
    }

    /// Findings of a pass, once all of its tasks are done.
    pub fn take_note(&self) -> Option<Note> {
        let starts = std::mem::take(&mut *self.starts.lock().unwrap_or_else(PoisonError::into_inner));
        starts.remark().map(|what| Note { at: 0, record: 0, what })
    }

    /// Notes that an event or object is listed, or has a row or later values.
    fn note(&self, answers: &mut AnswerSums, purpose: QueryPurpose, id: &Id<'_>, type_name: &[u8]) {
        let hash = || self.hasher.hash_one(id.text);
        match purpose {
            QueryPurpose::HasRow(side, index) => {
                let hash = hash();
                let sum = answers.sum(side, index);
                *sum = (sum.0 + 1, sum.1.wrapping_add(hash));
                if side == OcelSide::Object {
                    answers.later.note_first(index, hash, id.is_odd);
                }
            }
            QueryPurpose::IsListed(side) => {
                let Some(index) = answers.recent.find(&self.shape, side, type_name) else { return };
                let sum = answers.sum(side, index);
                *sum = (sum.0 - 1, sum.1.wrapping_sub(hash()));
            }
            QueryPurpose::HasLater(index) => answers.later.note_later(index, hash(), id.is_odd),
            QueryPurpose::Nothing | QueryPurpose::Differs(..) | QueryPurpose::BeginsLater(_) => {}
        }
    }
}

/// Counts a question as answered, however that ends.
struct Answered<'d>(&'d Database);

impl Drop for Answered<'_> {
    fn drop(&mut self) {
        let mut balance = self.0.balance.lock().unwrap_or_else(PoisonError::into_inner);
        balance.open = balance.open.saturating_sub(1);
        drop(balance);
        self.0.balanced.notify_all();
    }
}

/// Findings from a look at the tables.
struct Found {
    version: &'static str,
    shape: OcelShape,
    tables_of: [Vec<Option<String>>; 2],
    queries: Vec<Query>,
    warnings: Vec<String>,
    left_out: Vec<String>,
}

impl Found {
    /// Nothing yet.
    fn new(version: &'static str) -> Self {
        let (queries, warnings, left_out) = (Vec::new(), Vec::new(), Vec::new());
        Self { version, shape: OcelShape::new(), tables_of: Default::default(), queries, warnings, left_out }
    }

    /// Adds a question, cut into ranges of rows if its table is large and can be cut. `{range}` in it stands
    /// for the condition.
    fn ask(&mut self, connection: &Connection, from: &TableInfo, query: Query) -> rusqlite::Result<()> {
        // A table without numbers of rows is asked for as a whole. Each end by itself is found at once; both
        // in one question are looked for in all rows.
        let source = &from.source;
        let ends = from.rowid.map(|rowid| {
            connection.query_row(
                &format!("SELECT (SELECT min({rowid}) FROM {source}), (SELECT max({rowid}) FROM {source})"),
                [],
                |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)),
            )
        });
        let Some((Some(first), Some(last))) = ends.transpose()? else {
            self.queries.push(query);
            return Ok(());
        };
        let mut start = first;
        // Numbers far apart would make more questions than there are rows. To count these takes a look at all
        // pages, so they are taken for as many as could be. Asked as statements: a table of the file may bear
        // the name of a function.
        let ask = |what: &str| connection.pragma_query_value::<i64, _>(None, what, |row| row.get(0));
        let most_rows = ask("page_count")?.saturating_mul(ask("page_size")?).max(0) / LEAST_ROW;
        let step = SPLIT.max(last.saturating_sub(first) / (most_rows / SPLIT + 1));
        while start <= last {
            let end = start.saturating_add(step - 1).min(last);
            self.queries.push(Query { range: Some((start, end)), ..query.clone() });
            let Some(next) = end.checked_add(1) else { break };
            start = next;
        }
        Ok(())
    }
}

/// A table of the file.
#[derive(Debug, Clone)]
struct TableInfo {
    name: String,
    /// The table as a question selects from it: its name between quotes, or some of its rows.
    source: String,
    /// What the numbers of its rows are called, if it has any and all of them are selected from: one of
    /// SQLite's names for them that no column bears.
    rowid: Option<&'static str>,
    /// The subject of the questions about the table.
    origin: Origin,
    /// Names of its columns, and how they are declared.
    columns: Vec<(String, String)>,
    /// Columns that are not stored: what they hold is for the schema to say, which is not trusted.
    computed: Vec<String>,
}

impl TableInfo {
    /// The name of a column as it is written in the file.
    fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().map(|(it, _)| it.as_str()).find(|it| it.eq_ignore_ascii_case(name))
    }
}

/// The tables of a file; names are looked up as SQLite does, in any case.
#[derive(Debug)]
struct Tables {
    all: Vec<TableInfo>,
    /// Views and virtual tables that have the name of a table.
    views: Vec<String>,
}

impl Tables {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let mut names = connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rowid",
        )?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut views = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")?;
        let views = views.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            let mut info = connection.prepare(&format!("PRAGMA table_xinfo({})", quoted(&name)))?;
            let all = info.query_map([], |row| {
                let words = row.get::<_, Option<String>>(2)?.unwrap_or_default();
                Ok(((row.get(1)?, words), row.get::<_, i64>(6)?))
            })?;
            let (mut columns, mut computed): (Vec<(String, String)>, _) = (Vec::new(), Vec::new());
            for column in all {
                // 2 is generated and VIRTUAL, 3 generated and STORED.
                match column? {
                    (column, 0 | 3) => columns.push(column),
                    ((name, _), _) => computed.push(name),
                }
            }
            let origin = Origin { table: name.clone(), number: None, instead: None };
            let mut info = TableInfo { source: quoted(&name), name, rowid: None, origin, columns, computed };
            // Nothing is called so in a table WITHOUT ROWID.
            info.rowid = ["rowid", "_rowid_", "oid"]
                .into_iter()
                .find(|rowid| info.column(rowid).is_none())
                .filter(|it| connection.prepare(&format!("SELECT {it} FROM {}", info.source)).is_ok());
            info.origin.number = info.rowid.map(str::to_owned);
            tables.push(info);
        }
        Ok(Self { all: tables, views })
    }

    fn find(&self, name: &str) -> Option<&TableInfo> {
        // The very name before one that differs in case.
        let exact = self.all.iter().find(|it| it.name == name);
        exact.or_else(|| self.all.iter().find(|it| it.name.eq_ignore_ascii_case(name)))
    }

    fn is_view(&self, name: &str) -> bool {
        self.find(name).is_none() && self.views.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    /// QueryPurpose that there is no table of this name.
    fn lacking(&self, name: &str) -> String {
        match self.is_view(name) {
            true => format!("{name} is a view and no table: views are not looked at"),
            false => format!("there is no table {name}"),
        }
    }
}

/// How the relations of a table stand: a key over some of its columns keeps the same one from being there
/// twice.
fn spread(connection: &Connection, info: &TableInfo, columns: &[&str]) -> rusqlite::Result<Spread> {
    // Asked as statements: a table of the file may bear the name of a function.
    let mut keys = connection.prepare(&format!("PRAGMA index_list({})", quoted(&info.name)))?;
    let keys = keys.query_map([], |row| Ok((row.get::<_, String>(1)?, row.get(2)?, row.get(4)?)))?;
    let mut is_within = false;
    for key in keys {
        let (name, is_unique, is_partial): (String, bool, bool) = key?;
        let mut within = connection.prepare(&format!("PRAGMA index_info({})", quoted(&name)))?;
        let within: Vec<Option<String>> =
            within.query_map([], |row| row.get(2))?.collect::<rusqlite::Result<_>>()?;
        let is_among = |column: &Option<String>| {
            column.as_ref().is_some_and(|it| columns.iter().any(|name| name.eq_ignore_ascii_case(it)))
        };
        is_within |= is_unique && !is_partial && within.iter().all(is_among);
    }
    Ok(if is_within { Spread::Once } else { Spread::Anywhere })
}

/// A name between quotes, as SQL has them.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text between quotes. A NUL would end the question.
fn text(value: &str) -> String {
    let value = format!("'{}'", value.replace('\'', "''"));
    if value.contains('\0') { format!("({})", value.replace('\0', "' || char(0) || '")) } else { value }
}

/// QueryPurpose which columns of a table have no place in a bundle. `known` tells those that have.
fn note_columns(found: &mut Found, table: &TableInfo, known: impl Fn(&str) -> bool) {
    for (column, _) in table.columns.iter().filter(|(it, _)| !known(it)) {
        found.left_out.push(format!("column {column} of table {} is no part of a log: left out", table.name));
    }
}

/// QueryPurpose which tables have no place in a bundle.
fn note_tables<'t>(
    connection: &Connection,
    found: &mut Found,
    tables: impl Iterator<Item = &'t TableInfo>,
) -> rusqlite::Result<()> {
    for table in tables {
        let rows: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {}", table.source), [], |row| row.get(0))?;
        let left = agreeing(rows.unsigned_abs(), "row is", "rows are");
        let what = format!("table {} is no part of a log: its {rows} {left} left out", table.name);
        found.left_out.push(what);
    }
    Ok(())
}

/// What a column's declaration says of its values, by the words that writers of logs use.
fn declared(words: &str) -> Declared {
    let word = words.split(['(', ' ']).next().unwrap_or_default();
    let kind = match word.to_ascii_uppercase().as_str() {
        "TEXT" | "VARCHAR" | "CHAR" | "NVARCHAR" | "STRING" | "CLOB" => Kind::Text,
        "TIMESTAMP" | "DATETIME" | "DATE" | "TIME" => Kind::Time,
        "INTEGER" | "INT" | "BIGINT" | "SMALLINT" | "TINYINT" => Kind::Int,
        "REAL" | "FLOAT" | "DOUBLE" => Kind::Float,
        "BOOLEAN" | "BOOL" => Kind::Bool,
        _ => return Declared::Not,
    };
    Declared::As(kind)
}

/// The error for text that is not UTF-8.
fn no_text() -> Error {
    Error::new(Code::NotText, "expected UTF-8 in a text of the database")
        .help("the program that wrote the file put other bytes there")
}

/// The error for a failure that SQLite reports.
fn failed(error: &rusqlite::Error) -> Error {
    if not_text::is_why(error) {
        return no_text();
    }
    Error::new(Code::Sqlite, error.to_string())
        .help("sqlite3 FILE 'PRAGMA integrity_check' tells whether the file is damaged")
}
