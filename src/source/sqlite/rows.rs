//! Answers of SQLite to rows.

use std::io::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::error::{Code, Error, Result};
use crate::model::kind::{Kind, Kinds};
use crate::model::ocel::{OcelContent, OcelShape};
use crate::model::references::References;
use crate::model::table::{
    BadRow, Cell, Learned, Note, OutOfLine, RawRows, Remark, Span, TableSlot, Unescape,
};
use crate::observer::Observer;
use crate::shard::columns::Columns;
use crate::source::sqlite::starts::Starts;
use crate::source::sqlite::{Query, QueryPurpose, failed, no_text};
use crate::text::{Flow, RowSink};

/// Rows of a batch at most.
const BATCH_ROWS: usize = 4096;
/// Text of a batch, in bytes, before its last row.
const BATCH_BYTES: usize = 1 << 20;

/// Remark about a relation without an event or object.
const NULL_ENDS: &str =
    "end|ends of relations that is|are NULL, and whose identifier is|identifiers are empty text";

/// Remark about a value of bytes.
const BLOBS: &str = "value|values that is|are a BLOB and no UTF-8, written as SQL writes it|them (X'...')";

/// Values of a database have no escapes.
struct Plain;

impl Unescape for Plain {
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(raw);
    }
}

/// Of whom an answer is.
pub struct Id<'t> {
    /// The identifier as text.
    pub text: &'t [u8],
    /// Whether it is neither text nor a whole number: SQLite may write it in another way than this.
    pub is_odd: bool,
}

/// Is told what an answer says: of whom, and of which type, where answers tell.
pub type Say<'s> = dyn FnMut(QueryPurpose, &Id<'_>, &[u8]) + 's;

/// Feeds the answers to a question to a sink; gives the number of records.
pub fn feed(
    connection: &Connection,
    query: &Query,
    shape: &OcelShape,
    sink: &mut Columns<'_>,
    observer: &Observer,
    say: &mut Say<'_>,
    starts: &mut Starts,
) -> Result<u64> {
    let mut statement = connection.prepare(&query.sql).map_err(|error| failed(&error))?;
    let mut answers = match query.range {
        Some((first, last)) => statement.query([first, last]),
        None => statement.query([]),
    }
    .map_err(|error| failed(&error))?;
    let mut batch = Batch::new(query, shape);
    let (mut records, mut bad_rows) = (0, 0);
    while let Some(answer) = answers.next().map_err(|error| failed(&error))? {
        observer.check()?;
        if let QueryPurpose::IsListed(_) = query.purpose {
            let value = |column: usize| answer.get_ref(column).map_err(|error| failed(&error));
            match (value(0)?, value(1)?) {
                (ValueRef::Text(text), ValueRef::Text(name)) => {
                    say(query.purpose, &Id { text, is_odd: false }, name);
                }
                (id, name) => say(query.purpose, &Id { text: &bytes_of(id), is_odd: false }, &bytes_of(name)),
            }
            continue;
        }
        if let Some(what) = &query.lacks {
            let name = answer.get_ref(0).map_err(|error| failed(&error))?;
            let name = String::from_utf8_lossy(&bytes_of(name)).into_owned();
            let bad = bad_row(format!("{name:?} {what}"), records);
            records += 1;
            if sink.bad(bad, name.as_bytes())? == Flow::Stop {
                return Ok(records);
            }
            continue;
        }
        if let Some(what) = batch.lacks(answer)? {
            let raw = bytes_of(answer.get_ref(0).map_err(|error| failed(&error))?);
            bad_rows += 1;
            if sink.bad(bad_row(what, records), &raw)? == Flow::Stop {
                return Ok(if query.is_record { records + 1 } else { sink.rejected() });
            }
            records += 1;
            continue;
        }
        for column in 0..batch.width {
            let value = answer.get_ref(column).map_err(|error| failed(&error))?;
            batch.null_ends += u64::from(batch.filled[column] && column < 2 && value == ValueRef::Null);
            batch.add(column, value).map_err(|error| {
                let number = query.number(connection, records);
                in_column(error, shape, query.table, column).in_table(&*query.origin.table, number)
            })?;
            if column == 0 && query.purpose != QueryPurpose::Nothing {
                let is_odd = matches!(value, ValueRef::Real(_) | ValueRef::Blob(_));
                say(query.purpose, &Id { text: &batch.text[batch.start..], is_odd }, b"");
            }
        }
        starts.read(batch.holds, &batch.cells[batch.cells.len() - batch.width..], &batch.text);
        batch.end(records);
        records += 1;
        if (batch.spans.len() >= BATCH_ROWS || batch.text.len() >= BATCH_BYTES)
            && batch.hand_over(sink)? == Flow::Stop
        {
            return Ok(if query.is_record { records } else { sink.rejected() });
        }
    }
    batch.hand_over(sink)?;
    batch.references.settle();
    sink.learned(Learned { references: batch.references, ..Learned::default() });
    for (what, count) in [(NULL_ENDS, batch.null_ends), (BLOBS, batch.blobs)] {
        if count > 0 {
            let mut learned = Learned::default();
            learned.note(Note { at: 0, record: 0, what: Remark::Odd(what, count) });
            sink.learned(learned);
        }
    }
    if query.is_record && records > bad_rows && query.lacks.is_none() {
        let mut first = vec![Learned::NEVER; shape.total()];
        first[batch.first_column] = 0;
        sink.learned(Learned { first, ..Learned::default() });
    }
    // A row that is no record is one of its own where it is rejected: the counts add up.
    Ok(if query.is_record { records } else { sink.rejected() })
}

/// An error with the column in which it was found, as other messages call it.
fn in_column(error: Error, shape: &OcelShape, table: usize, column: usize) -> Error {
    let file = shape.file(table);
    match shape.column_names(table).get(column) {
        Some(name) => error.in_column(format!("{}:{name}", file.trim_end_matches(".parquet"))),
        None => error,
    }
}

fn bad_row(what: String, record: u64) -> BadRow {
    BadRow { start: 0, end: 0, at: 0, record, code: Code::OcelRecord, what, column: None, raw: None }
}

/// A value as text.
pub fn bytes_of(value: ValueRef<'_>) -> Vec<u8> {
    match value {
        ValueRef::Null => Vec::new(),
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        ValueRef::Real(number) => format!("{number:?}").into_bytes(),
        ValueRef::Text(text) | ValueRef::Blob(text) => text.to_vec(),
    }
}

/// Rows of one table.
struct Batch<'q> {
    query: &'q Query,
    width: usize,
    first_column: usize,
    /// What is said of each column, if anything is.
    declared: Vec<Option<Kind>>,
    /// Which columns hold a text where nothing is said: those of relations.
    filled: Vec<bool>,
    /// Ends of relations that are null.
    null_ends: u64,
    /// Values that are bytes and no text.
    blobs: u64,
    /// The columns that hold a value in every row.
    fixed: &'static [&'static str],
    text: Vec<u8>,
    cells: Vec<Cell>,
    spans: Vec<Span>,
    kinds: Vec<Kinds>,
    start: usize,
    holds: OcelContent,
    references: References,
}

impl<'q> Batch<'q> {
    fn new(query: &'q Query, shape: &OcelShape) -> Self {
        let columns = shape.columns(query.table);
        let fixed = shape.fixed(query.table);
        let width = columns.len();
        let is_relation =
            matches!(shape.holds(query.table), OcelContent::EventObject | OcelContent::ObjectObject);
        Self {
            query,
            width,
            first_column: columns.start,
            declared: shape.kinds(query.table).collect(),
            filled: (0..width).map(|column| fixed.get(column).is_some_and(|_| is_relation)).collect(),
            null_ends: 0,
            blobs: 0,
            fixed: if is_relation { &[] } else { fixed },
            text: Vec::new(),
            cells: Vec::new(),
            spans: Vec::new(),
            kinds: vec![Kinds::NONE; width],
            start: 0,
            holds: shape.holds(query.table),
            references: References::default(),
        }
    }

    /// The value that every row of the table must have and this answer lacks.
    fn lacks(&self, answer: &Row<'_>) -> Result<Option<String>> {
        for (column, name) in self.fixed.iter().enumerate() {
            let value = answer.get_ref(column).map_err(|error| failed(&error))?;
            let found = match value {
                ValueRef::Null => "NULL",
                // No time, and nothing else would stand in a column that has a value in each row.
                ValueRef::Text([]) if *name == "ocel_time" => "an empty text",
                _ => continue,
            };
            let id = answer.get_ref(0).map_err(|error| failed(&error))?;
            let id = String::from_utf8_lossy(&bytes_of(id)).into_owned();
            return Ok(Some(format!("expected a value of {name}, found {found} in the row of {id:?}")));
        }
        Ok(None)
    }

    fn add(&mut self, column: usize, value: ValueRef<'_>) -> Result<()> {
        let start = self.text.len();
        let (kind, quoted) = match value {
            ValueRef::Null => {
                self.cells.push(if self.filled[column] {
                    Cell::quoted(0, 0, false)
                } else {
                    Cell::plain(0, 0)
                });
                return Ok(());
            }
            ValueRef::Integer(number) => {
                // Writing to memory can't fail.
                let _ = write!(self.text, "{number}");
                (Kind::Int, false)
            }
            ValueRef::Real(number) => {
                let _ = write!(self.text, "{number:?}");
                (Kind::Float, false)
            }
            ValueRef::Text(text) => {
                if !text.is_ascii() && std::str::from_utf8(text).is_err() {
                    return Err(no_text());
                }
                self.text.extend_from_slice(text);
                (Kind::Text, true)
            }
            // Bytes have no type in a log; as SQL writes them they stay what they are.
            ValueRef::Blob(bytes) => {
                match std::str::from_utf8(bytes) {
                    Ok(text) => self.text.extend_from_slice(text.as_bytes()),
                    Err(_) => {
                        self.blobs += 1;
                        self.text.extend_from_slice(b"X'");
                        bytes.iter().for_each(|byte| drop(write!(self.text, "{byte:02X}")));
                        self.text.push(b'\'');
                    }
                }
                (Kind::Text, true)
            }
        };
        let len = self.text.len() - start;
        if len > Cell::MAX_LEN {
            return Err(Error::new(Code::RecordTooLong, "expected a value below 1 GiB"));
        }
        self.cells.push(if quoted { Cell::quoted(start, len, false) } else { Cell::plain(start, len) });
        self.kinds[column].insert(kind);
        Ok(())
    }

    fn end(&mut self, record: u64) {
        let span = Span { start: self.start as u32, end: self.text.len() as u32, record };
        self.spans.push(span);
        self.start = self.text.len();
    }

    fn hand_over(&mut self, sink: &mut Columns<'_>) -> Result<Flow> {
        for (kinds, declared) in self.kinds.iter_mut().zip(&self.declared) {
            if let Some(kind) = declared {
                *kinds = Kinds::of(*kind);
            }
        }
        let rows = RawRows {
            text: &self.text,
            base: 0,
            columns: self.width,
            cells: &self.cells,
            spans: &self.spans,
            unescape: &Plain,
            out_of_line: OutOfLine::default(),
            kinds: &self.kinds,
            slot: TableSlot { table: self.query.table, first_column: self.first_column, more: false },
        };
        self.references.read(self.holds, &rows, self.query.spread);
        let flow = sink.rows(&rows)?;
        self.text.clear();
        self.cells.clear();
        self.spans.clear();
        self.kinds.fill(Kinds::NONE);
        self.start = 0;
        Ok(flow)
    }
}
