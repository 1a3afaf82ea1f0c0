//! The cases of an event table as a table of their own: one row for each, with what its events share, how
//! many there are, and when the first and last happened.
//!
//! It is made from the finished event table, not beside it: a case may begin in one shard and end in another,
//! and the merger that would have to join them holds no rows. Reading a few columns back costs a tenth of
//! writing them. Cases are told apart by neighbouring rows that differ in what cases share, so memory is one
//! batch and one open case.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};
use arrow::row::{RowConverter, SortField};

use crate::budget::Ration;
use crate::encode::layout::{self, ColumnLayout, codec};
use crate::encode::page_store::Spill;
use crate::encode::parquet::{FinishedTable, TableWriter};
use crate::error::{Code, Error, Result};
use crate::model::roles::Role;
use crate::options::Options;
use crate::plan::table::Table;
use crate::shard::merge::PartDone;
use crate::source::TypedSource;
use crate::source::input::Ready;
use crate::source::parquet::{ParquetRead, ParquetSource};
use crate::source::ranges::FileBytes;
use crate::target::OutputPlace;

/// How many events a case has.
const EVENTS: &str = "@events";
/// When its first event happened.
const START: &str = "@start";
/// When its last event happened.
const END: &str = "@end";
/// Rows read back at once.
const BATCH: usize = 8192;
/// Rows of a row group of cases. A case has a few hundred bytes.
const CASES_IN_GROUP: u64 = 1 << 18;

/// The cases file of an event table: beside it, `.cases` before the extension.
pub fn cases_path(events: &Path) -> PathBuf {
    let extension = events.extension().map_or_else(|| "parquet".into(), |it| it.to_owned());
    let mut name = events.file_stem().unwrap_or_default().to_owned();
    name.push(".cases.");
    name.push(extension);
    events.with_file_name(name)
}

/// Which columns of the event table say what about cases, by name.
#[derive(Debug, Clone, Default)]
struct CaseColumns {
    /// What the events of a case share.
    shared: Vec<String>,
    /// A number for each case, if `shared` can't tell neighbours apart.
    number: Option<String>,
    /// When events happened.
    time: Option<String>,
}

/// A case without events.
#[derive(Debug, Clone)]
struct EmptyCase {
    /// Rows of the event table before it.
    row: u64,
    /// Its values, one for each shared column.
    values: Vec<Option<String>>,
}

/// What is known of the cases of an event log beside its rows.
#[derive(Debug, Clone)]
pub struct Cases {
    columns: CaseColumns,
    schema: SchemaRef,
    empty: Vec<EmptyCase>,
}

impl Cases {
    /// What the inputs of a table of events say of its cases, once all of them were read.
    ///
    /// # Errors
    /// [`Code::Usage`] if the inputs have no columns that belong to cases.
    pub fn of(inputs: &[Ready], table: &Table, parts: &[PartDone]) -> Result<Self> {
        let columns = CaseColumns::of(inputs, table)?;
        let schema = columns.schema(&table.schema())?;
        let empty = empty_cases(inputs, table, parts, &columns);
        Ok(Self { columns, schema, empty })
    }
}

/// Writes the cases of a finished table of events, ready to commit.
///
/// # Errors
/// If events can't be read back or cases can't be written.
pub fn write(
    events: &FinishedTable,
    cases: Cases,
    place: &OutputPlace,
    options: &Options,
) -> Result<FinishedTable> {
    let Cases { columns, schema, empty } = cases;
    let layouts: Vec<(String, ColumnLayout)> = schema
        .fields()
        .iter()
        .map(|field| (field.name().clone(), ColumnLayout::of_arrow(field.data_type())))
        .collect();
    let properties = layout::properties(&layouts, codec(options.write.compression)?);
    // One row group at a time, written as soon as it is whole: there is nothing to spill.
    let spill = Arc::new(Spill::new(Arc::new(Ration::new(usize::MAX)), options.run.temp_dir.clone()));
    let (mut writer, factory) =
        TableWriter::create(&cases_path(&place.path), place.replace, Arc::clone(&schema), properties, spill)?;
    let mut encoder = factory.encoder()?;
    let mut append = |batch: RecordBatch| {
        encoder.write(&batch)?;
        if encoder.rows() >= CASES_IN_GROUP {
            writer.append(std::mem::replace(&mut encoder, factory.encoder()?).close()?)?;
        }
        Ok(())
    };
    CaseTable::make(events.file(), &columns, empty, schema, &mut append)?;
    if encoder.rows() > 0 {
        writer.append(encoder.close()?)?;
    }
    writer.finish(Vec::new())
}

/// The cases without events of all inputs, in order.
fn empty_cases(inputs: &[Ready], table: &Table, parts: &[PartDone], columns: &CaseColumns) -> Vec<EmptyCase> {
    let mut found = Vec::new();
    let mut rows = 0;
    for (input, part) in inputs.iter().zip(parts) {
        let own: Vec<&str> =
            input.format.case_columns().0.iter().map(|at| input.names[*at].as_str()).collect();
        for (record, values) in input.format.empty_cases(&part.learned) {
            let mut values: HashMap<&str, Option<String>> = own.iter().copied().zip(values).collect();
            let mut value = |name: &String| {
                let (_, column) = table.written().find(|(written, _)| written.name() == name)?;
                values.remove(column?.source_name.as_str()).flatten()
            };
            found.push(EmptyCase {
                row: rows + record,
                values: columns.shared.iter().map(&mut value).collect(),
            });
        }
        rows += part.rows;
    }
    found
}

impl CaseColumns {
    /// Those that the inputs have.
    fn of(inputs: &[Ready], table: &Table) -> Result<Self> {
        let mut columns = Self::default();
        let (mut shared, mut number) = (HashSet::new(), HashSet::new());
        for input in inputs {
            let (of_cases, numbering) = input.format.case_columns();
            shared.extend(of_cases.iter().map(|at| input.names[*at].as_str()));
            number.extend(numbering.map(|at| input.names[at].as_str()));
        }
        for (written, column) in table.written() {
            let name = written.name().to_owned();
            // A step that makes other values of a column leaves its name.
            let source_name = column.map_or(written.name(), |it| it.source_name.as_str());
            let is_among = |names: &HashSet<&str>| names.contains(source_name);
            if is_among(&shared) {
                columns.shared.push(name);
            } else if is_among(&number) {
                columns.number = Some(name);
            } else if written.roles.contains(&Role::Timestamp) {
                columns.time = Some(name);
            }
        }
        if columns.shared.is_empty() && columns.number.is_none() {
            return Err(Error::new(
                Code::Usage,
                "⟦tables⟧ needs columns that belong to cases, and the input has none",
            )
            .help(
                "XES has them; for CSV, group by the case column in the tool that reads the Parquet file",
            ));
        }
        Ok(columns)
    }

    /// The schema of the cases of events with this schema.
    ///
    /// # Errors
    /// [`Code::Internal`] if the events have no such column.
    fn schema(&self, events: &Schema) -> Result<SchemaRef> {
        let field = |name: &String| {
            let field = events.field_with_name(name);
            let field = field
                .map_err(|_| Error::new(Code::Internal, format!("the event table has no column {name:?}")))?;
            Ok::<_, Error>(match field.data_type() {
                DataType::Dictionary(_, value) => field.clone().with_data_type(value.as_ref().clone()),
                _ => field.clone(),
            })
        };
        let mut fields = Vec::with_capacity(self.shared.len() + 3);
        for name in &self.shared {
            fields.push(field(name)?);
        }
        fields.push(Field::new(EVENTS, DataType::Int64, false));
        if let Some(time) = &self.time {
            let data_type = field(time)?.data_type().clone();
            if matches!(data_type, DataType::Timestamp(..)) {
                fields.push(Field::new(START, data_type.clone(), true));
                fields.push(Field::new(END, data_type, true));
            }
        }
        Ok(Arc::new(Schema::new(fields)))
    }
}

/// Makes the case table of a finished event table.
struct CaseTable<'w> {
    columns: &'w CaseColumns,
    empty: std::iter::Peekable<std::vec::IntoIter<EmptyCase>>,
    schema: SchemaRef,
    write: &'w mut dyn FnMut(RecordBatch) -> Result<()>,
    /// Rows of the event table so far.
    rows: u64,
    open: Option<OpenCase>,
}

/// The case that the last row seen belongs to.
struct OpenCase {
    /// One row of the shared columns.
    shared: Vec<ArrayRef>,
    /// The same as bytes that compare.
    key: Box<[u8]>,
    start: u64,
    /// Whether its events stand outside of any case: they share nothing.
    outside: bool,
    events: i64,
    times: Option<(i64, i64)>,
}

impl<'w> CaseTable<'w> {
    /// Reads `events` and hands batches of cases to `write`, in the order of the events; cases without any
    /// stand where they stood.
    fn make(
        events: &File,
        columns: &'w CaseColumns,
        empty: Vec<EmptyCase>,
        schema: SchemaRef,
        write: &'w mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let file = events.try_clone().map_err(|error| Error::new(Code::OutputWrite, error.to_string()))?;
        let file = ParquetSource::open(FileBytes::of(file)?)?;
        let names = columns.shared.iter().chain(&columns.number).chain(&columns.time);
        let mut read: Vec<usize> = names.filter_map(|name| file.schema().index_of(name).ok()).collect();
        read.sort_unstable();
        let read = ParquetRead { columns: Some(&read), ..ParquetRead::all(BATCH) };
        let mut table =
            CaseTable { columns, empty: empty.into_iter().peekable(), schema, write, rows: 0, open: None };
        for batch in file.batches(&read)? {
            table.take(&batch?)?;
        }
        if let Some(open) = table.open.take() {
            table.finish(vec![open])?;
        }
        table.empties(u64::MAX)
    }

    /// Takes the next rows.
    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let column = |name: &String| batch.column_by_name(name).cloned();
        let shared: Vec<ArrayRef> = self.columns.shared.iter().filter_map(column).collect();
        let told_by: Vec<ArrayRef> =
            shared.iter().cloned().chain(self.columns.number.iter().filter_map(column)).collect();
        let fields = told_by.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let keys = RowConverter::new(fields)?.convert_columns(&told_by)?;
        let times = match self.columns.time.as_ref().and_then(column) {
            Some(times) if matches!(times.data_type(), DataType::Timestamp(..)) => {
                Some(cast(&times, &DataType::Int64)?)
            }
            _ => None,
        };
        let times = times.as_ref().map(|times| times.as_primitive::<Int64Type>());
        let mut finished = Vec::new();
        for row in 0..batch.num_rows() {
            let key = if told_by.is_empty() { &[][..] } else { keys.row(row).data() };
            if self.open.as_ref().is_none_or(|open| *open.key != *key) {
                finished.extend(self.open.take());
                let at = UInt32Array::from(vec![row as u32]);
                let first = shared.iter().map(|array| take(array, &at, None));
                self.open = Some(OpenCase {
                    shared: first.collect::<std::result::Result<_, _>>()?,
                    key: key.into(),
                    start: self.rows + row as u64,
                    outside: told_by.iter().all(|array| array.is_null(row)),
                    events: 0,
                    times: None,
                });
            }
            if let Some(open) = &mut self.open {
                open.events += 1;
                if let Some(time) = times.filter(|times| times.is_valid(row)).map(|times| times.value(row)) {
                    let (first, last) = open.times.unwrap_or((time, time));
                    open.times = Some((first.min(time), last.max(time)));
                }
            }
        }
        self.rows += batch.num_rows() as u64;
        self.finish(finished)
    }

    /// Writes cases that are over, and the empty ones before them.
    fn finish(&mut self, mut cases: Vec<OpenCase>) -> Result<()> {
        while let Some(row) = self.empty.peek().map(|empty| empty.row) {
            let before = cases.partition_point(|case| case.start < row);
            if before == cases.len() {
                break;
            }
            let after = cases.split_off(before);
            self.write_cases(&cases)?;
            self.empties(row)?;
            cases = after;
        }
        self.write_cases(&cases)
    }

    fn write_cases(&mut self, cases: &[OpenCase]) -> Result<()> {
        let cases: Vec<&OpenCase> = cases.iter().filter(|case| !case.outside).collect();
        if cases.is_empty() {
            return Ok(());
        }
        let mut arrays = Vec::with_capacity(self.schema.fields().len());
        for column in 0..self.columns.shared.len() {
            let values: Vec<&dyn Array> = cases.iter().map(|case| &*case.shared[column]).collect();
            arrays.push(concat(&values)?);
        }
        arrays.push(Arc::new(Int64Array::from_iter_values(cases.iter().map(|case| case.events))));
        for field in self.schema.fields().iter().skip(arrays.len()) {
            let first = field.name() == START;
            let times = cases.iter().map(|case| case.times.map(|it| if first { it.0 } else { it.1 }));
            arrays.push(moments(times, field.data_type())?);
        }
        (self.write)(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)
    }

    /// Writes the empty cases up to a row of the event table.
    fn empties(&mut self, row: u64) -> Result<()> {
        let mut cases = Vec::new();
        while let Some(case) = self.empty.next_if(|case| case.row <= row) {
            cases.push(case);
        }
        if cases.is_empty() {
            return Ok(());
        }
        let mut arrays = Vec::with_capacity(self.schema.fields().len());
        for (index, field) in self.schema.fields().iter().enumerate() {
            arrays.push(match field.name().as_str() {
                EVENTS => Arc::new(Int64Array::from_value(0, cases.len())) as ArrayRef,
                START | END => arrow::array::new_null_array(field.data_type(), cases.len()),
                _ => crate::target::typed::array(
                    cases.iter().map(|case| case.values[index].as_deref()),
                    field.data_type(),
                )?,
            });
        }
        (self.write)(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)
    }
}

/// Moments as numbers to an array of `data_type`.
fn moments(values: impl Iterator<Item = Option<i64>>, data_type: &DataType) -> Result<ArrayRef> {
    fn of<T: ArrowPrimitiveType<Native = i64>>(
        values: impl Iterator<Item = Option<i64>>,
        data_type: &DataType,
    ) -> ArrayRef {
        Arc::new(values.collect::<PrimitiveArray<T>>().with_data_type(data_type.clone()))
    }
    match data_type {
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Ok(of::<TimestampMicrosecondType>(values, data_type))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Ok(of::<TimestampMillisecondType>(values, data_type))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => Ok(of::<TimestampNanosecondType>(values, data_type)),
        _ => Err(Error::new(Code::Internal, "the time of an event is no timestamp")),
    }
}
