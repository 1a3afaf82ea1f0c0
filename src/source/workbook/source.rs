//! The sheets of a workbook that were chosen, as one source of typed batches.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, DurationMicrosecondBuilder, Float64Builder, Int64Builder,
    RecordBatch, RecordBatchOptions, StringArray, StringBuilder, Time64MicrosecondBuilder,
    TimestampMicrosecondBuilder, TimestampNanosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::{Value, json};

use super::cell::{Cell, DAY, next_row};
use super::choose::{ChosenSheet, ChosenSheets, choose, listed};
use super::form::WorkbookForm;
use super::strings::SharedStrings;
use super::table::{SheetColumn, SheetOptions, SheetTable, TableMaker, utc, without_cells};
use super::{SheetState, Workbook};
use crate::budget::{Budget, Ration};
use crate::encode::null_words::NullWords;
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::time_reader::{TimeFault, TimeReader};
use crate::model::value::{DateOrder, TimeUnit as LogUnit};
use crate::model::warning::{Warning, WarningCode};
use crate::model::zone::ZoneRule;
use crate::observer::Observer;
use crate::options::Options;
use crate::source::ranges::FileBytes;
use crate::source::{BATCH_ROWS, TypedFormat, TypedSource, reading};

/// Rows of a task, more or less: about as many as a row group of other programs has.
const TASK: usize = 1 << 17;
/// Rows after which somebody may have stopped the run.
const CHECKED: u32 = 1 << 12;
/// The name of the column that says of which sheet a row is.
const SHEET: &str = "sheet";

/// The tables of a workbook that are read, as one table.
pub struct WorkbookSource {
    form: WorkbookForm,
    schema: SchemaRef,
    tables: Vec<TableRows>,
    /// For each task its table and the chunks of it.
    tasks: Vec<(usize, Range<usize>)>,
    strings: SharedStrings,
    words: NullWords,
    zone: ZoneRule,
    warnings: Vec<Warning>,
    notes: Value,
    titles: Vec<String>,
}

/// A table, and the columns of the source that its columns are.
struct TableRows {
    table: SheetTable,
    /// For each column of the table its column of the source.
    into: Vec<usize>,
}

impl WorkbookSource {
    /// Reads the sheets that the options ask for.
    ///
    /// # Errors
    /// [`Code::TypedFile`] for a workbook that is damaged, [`Code::InputEmpty`] for sheets without values,
    /// [`Code::Usage`] if there is no such sheet.
    pub fn open(
        bytes: FileBytes,
        form: WorkbookForm,
        options: &Options,
        observer: &Observer,
    ) -> Result<Self> {
        reading(TypedFormat::Workbook(form), || Self::opened(bytes, form, options, observer))
    }

    fn opened(bytes: FileBytes, form: WorkbookForm, options: &Options, observer: &Observer) -> Result<Self> {
        let limit = options.run.memory_limit.unwrap_or_else(|| Budget::usual(options.run.threads));
        let spill = Spill::new(
            Arc::new(Ration::new(usize::try_from(limit / 8).unwrap_or(usize::MAX))),
            PathBuf::from(&options.run.temp_dir),
        );
        let spill = Arc::new(spill);
        let mut book = Workbook::open(bytes, form, limit / 3)?;
        let chosen = choose(&mut book, options.read.sheet.as_deref())?;
        let read = |book: &mut Workbook, chosen: ChosenSheet| -> Result<Option<SheetTable>> {
            let how = SheetOptions {
                header: options.read.csv.header,
                skip_rows: options.read.csv.skip_lines.map_or(0, |it| u32::try_from(it).unwrap_or(u32::MAX)),
                area: chosen.area,
            };
            let name = book.sheets[chosen.sheet].name.clone();
            let mut maker = TableMaker::new(how, Arc::clone(&spill));
            let notes = book.rows(chosen.sheet, &mut |row, strings| {
                if row.number % CHECKED == 0 {
                    observer.check()?;
                }
                maker.take(row, strings)?;
                Ok(true)
            })?;
            maker.finish(&name, notes, &book.strings)
        };
        let mut tables = Vec::new();
        let (mut left_out, mut is_all) = (Vec::new(), false);
        match chosen {
            ChosenSheets::One(chosen) => tables.extend(read(&mut book, chosen)?),
            ChosenSheets::First(sheets) => {
                for sheet in sheets {
                    if !tables.is_empty() {
                        if book.has_values(sheet)? {
                            left_out.push(sheet);
                        }
                    } else {
                        tables.extend(read(&mut book, ChosenSheet { sheet, area: Default::default() })?);
                    }
                }
            }
            ChosenSheets::All(sheets) => {
                is_all = true;
                for sheet in sheets {
                    tables.extend(read(&mut book, ChosenSheet { sheet, area: Default::default() })?);
                }
            }
        }
        if tables.is_empty() {
            return Err(without_cells(options.read.sheet.as_deref().unwrap_or("the workbook")));
        }
        let mut warnings: Vec<Warning> = Vec::new();
        if !left_out.is_empty() {
            let what =
                format!("sheet {:?} was read, and not {}", tables[0].sheet, listed(&book.sheets, &left_out));
            let help = "give ⟦sheet⟧ with a number or a name, or ⟦sheet⟧ all to read all sheets";
            let warning = Warning::new(WarningCode::SheetsLeftOut, what).counted(left_out.len() as u64);
            warnings.push(warning.help(help));
        }
        warnings.extend(tables.iter().flat_map(SheetTable::all_warnings));
        let notes = notes(&book, &tables);
        let titles = tables.iter().flat_map(|table| table.titles.iter().cloned()).collect();
        let (schema, tables) = joined(tables, is_all, &mut warnings);
        let tasks = tasks(&tables);
        let (strings, zone) = (book.strings, options.table.values.zone.clone());
        let words = NullWords::usual();
        Ok(Self { form, schema, tables, tasks, strings, words, zone, warnings, notes, titles })
    }
}

/// What reports say of the sheets.
fn notes(book: &Workbook, tables: &[SheetTable]) -> Value {
    let sheet = |info: &super::SheetInfo| {
        let mut note = json!({ "name": info.name });
        match info.state {
            SheetState::Visible => {}
            SheetState::Hidden => note["hidden"] = json!(true),
            SheetState::VeryHidden => note["hidden"] = json!("very"),
        }
        if !info.is_table {
            note["cells"] = json!(false);
        }
        if let Some(table) = tables.iter().find(|table| table.sheet == info.name) {
            note["rows"] = json!(table.rows);
            note["header"] = json!(table.has_header);
        }
        note
    };
    json!({ "sheets": book.sheets.iter().map(sheet).collect::<Vec<_>>() })
}

/// One table of several: a column has the type that holds its values in all of them, which is text if nothing
/// narrower does; in front of the columns the name of the sheet, if all sheets are read.
fn joined(
    mut tables: Vec<SheetTable>,
    is_all: bool,
    warnings: &mut Vec<Warning>,
) -> (SchemaRef, Vec<TableRows>) {
    let mut names: Vec<String> = Vec::new();
    let mut types: HashMap<String, Option<DataType>> = HashMap::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        let own = (column.met.values() > 0).then(|| column.data_type.clone());
        match types.get_mut(&column.name) {
            None => {
                names.push(column.name.clone());
                types.insert(column.name.clone(), own);
            }
            Some(known) => {
                *known = match (known.take(), own) {
                    (Some(one), Some(other)) => {
                        let common = common(&one, &other);
                        if common == DataType::Utf8 && one != other {
                            let what = format!(
                                "column {:?} is text: its values are of different types in the sheets",
                                column.name
                            );
                            let warning = Warning::new(WarningCode::MixedCells, what).in_column(&column.name);
                            warnings.push(warning.help("read the sheets one by one with ⟦sheet⟧"));
                        }
                        Some(common)
                    }
                    (one, other) => one.or(other),
                }
            }
        }
    }
    let mut fields = Vec::with_capacity(names.len() + 1);
    if is_all {
        let mut name = SHEET.to_owned();
        while types.contains_key(&name) {
            name.push('_');
        }
        fields.push(Field::new(name, DataType::Utf8, true));
    }
    let offset = fields.len();
    for name in &names {
        let data_type = types.get(name).cloned().flatten().unwrap_or(DataType::Utf8);
        fields.push(Field::new(name, data_type, true));
    }
    let place: HashMap<&str, usize> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), at + offset)).collect();
    let into = |table: &SheetTable| -> Vec<usize> {
        table.columns.iter().map(|column| place.get(column.name.as_str()).copied().unwrap_or(0)).collect()
    };
    let all: Vec<Vec<usize>> = tables.iter().map(into).collect();
    let rows = tables.drain(..).zip(all).map(|(table, into)| TableRows { table, into }).collect();
    (Arc::new(Schema::new(fields)), rows)
}

/// The narrowest type that holds the values of two.
fn common(one: &DataType, other: &DataType) -> DataType {
    use DataType::{Date32, Duration, Float64, Int64, Time64, Timestamp};
    match (one, other) {
        (one, other) if one == other => one.clone(),
        (Int64, Float64) | (Float64, Int64) => Float64,
        (Date32, Timestamp(unit, _)) | (Timestamp(unit, _), Date32) => utc(*unit),
        (Timestamp(..), Timestamp(..)) => utc(TimeUnit::Nanosecond),
        (Time64(_), Duration(unit)) | (Duration(unit), Time64(_)) => Duration(*unit),
        _ => DataType::Utf8,
    }
}

/// The tasks of tables: chunks that follow each other, of about [`TASK`] rows.
fn tasks(tables: &[TableRows]) -> Vec<(usize, Range<usize>)> {
    let mut tasks = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let chunks = &table.table.chunks;
        let (mut start, mut rows) = (0, 0);
        for (at, (_, count)) in chunks.iter().enumerate() {
            rows += count;
            if rows >= TASK || at + 1 == chunks.len() {
                tasks.push((number, start..at + 1));
                (start, rows) = (at + 1, 0);
            }
        }
    }
    tasks
}

impl TypedSource for WorkbookSource {
    fn format(&self) -> TypedFormat {
        TypedFormat::Workbook(self.form)
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn metadata(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.warnings.clone()
    }

    fn described(&self) -> Option<(Value, Vec<String>)> {
        Some((self.notes.clone(), self.titles.clone()))
    }

    fn tasks(&self) -> usize {
        self.tasks.len()
    }

    fn read(
        &self,
        task: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let (number, chunks) = &self.tasks[task];
        let TableRows { table, into } = &self.tables[*number];
        let schema = Arc::new(self.schema.project(columns)?);
        let mut batch = BatchMaker::new(self, table, into, columns, &schema);
        for (kept, rows) in &table.chunks[chunks.clone()] {
            let bytes = kept.read()?;
            let mut rest = &*bytes;
            for _ in 0..*rows {
                let Some((row, mut cells)) = next_row(&mut rest) else {
                    return Err(Error::new(Code::Internal, "a row that was kept is gone"));
                };
                batch.row(row, &mut cells)?;
                rest = cells.rest();
                if batch.rows == BATCH_ROWS && !take(batch.finish()?)? {
                    return Ok(());
                }
            }
        }
        if batch.rows > 0 {
            take(batch.finish()?)?;
        }
        Ok(())
    }
}

/// Makes batches of rows.
struct BatchMaker<'s> {
    source: &'s WorkbookSource,
    table: &'s SheetTable,
    schema: &'s SchemaRef,
    /// For each place of the sheet the builder that takes its cells.
    by_place: Vec<Option<usize>>,
    builders: Vec<Builder<'s>>,
    rows: usize,
    text: String,
}

/// Makes the array of one column.
struct Builder<'s> {
    /// The column of the table; `None` if it lacks the column.
    column: Option<&'s SheetColumn>,
    /// Whether it is the name of the sheet.
    is_name: bool,
    values: Values,
    times: TimeReader,
    length: usize,
}

enum Values {
    Int(Int64Builder),
    Float(Float64Builder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Micros(TimestampMicrosecondBuilder),
    Nanos(TimestampNanosecondBuilder),
    Time(Time64MicrosecondBuilder),
    Duration(DurationMicrosecondBuilder),
    Text(StringBuilder),
}

/// Evaluates an expression with the builder of whichever type it is.
macro_rules! with_builder {
    ($values:expr, $it:ident => $body:expr) => {
        match $values {
            Values::Int($it) => $body,
            Values::Float($it) => $body,
            Values::Bool($it) => $body,
            Values::Date($it) => $body,
            Values::Micros($it) => $body,
            Values::Nanos($it) => $body,
            Values::Time($it) => $body,
            Values::Duration($it) => $body,
            Values::Text($it) => $body,
        }
    };
}

impl Values {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64 => Self::Int(Int64Builder::new()),
            DataType::Float64 => Self::Float(Float64Builder::new()),
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::Nanos(TimestampNanosecondBuilder::new().with_timezone("UTC"))
            }
            DataType::Timestamp(..) => Self::Micros(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            DataType::Time64(_) => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Duration(_) => Self::Duration(DurationMicrosecondBuilder::new()),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    fn nulls(&mut self, count: usize) {
        match self {
            Self::Text(it) => (0..count).for_each(|_| it.append_null()),
            Self::Int(it) => it.append_nulls(count),
            Self::Float(it) => it.append_nulls(count),
            Self::Bool(it) => it.append_nulls(count),
            Self::Date(it) => it.append_nulls(count),
            Self::Micros(it) => it.append_nulls(count),
            Self::Nanos(it) => it.append_nulls(count),
            Self::Time(it) => it.append_nulls(count),
            Self::Duration(it) => it.append_nulls(count),
        }
    }
}

impl<'s> BatchMaker<'s> {
    fn new(
        source: &'s WorkbookSource,
        table: &'s SheetTable,
        into: &[usize],
        columns: &[usize],
        schema: &'s SchemaRef,
    ) -> Self {
        let is_named =
            !source.schema.fields().is_empty() && !source.tables.iter().any(|it| it.into.contains(&0));
        let mut by_place = Vec::new();
        let mut builders = Vec::with_capacity(columns.len());
        for (at, (column, field)) in columns.iter().zip(schema.fields()).enumerate() {
            let own = into.iter().position(|it| it == column).map(|it| &table.columns[it]);
            if let Some(own) = own {
                let place = usize::from(own.place);
                if by_place.len() <= place {
                    by_place.resize(place + 1, None);
                }
                by_place[place] = Some(at);
            }
            let (order, unit) = own.and_then(|it| it.times).unwrap_or((DateOrder::Ymd, LogUnit::Micros));
            // The unit is that of the column of the source, which other sheets may have made finer.
            let unit = match field.data_type() {
                DataType::Timestamp(TimeUnit::Nanosecond, _) => LogUnit::Nanos,
                _ => unit,
            };
            builders.push(Builder {
                column: own,
                is_name: is_named && *column == 0,
                values: Values::of(field.data_type()),
                times: TimeReader::new(order, unit, source.zone.clone()),
                length: 0,
            });
        }
        Self { source, table, schema, by_place, builders, rows: 0, text: String::new() }
    }

    fn row(&mut self, number: u32, cells: &mut super::cell::Cells<'_>) -> Result<()> {
        for (place, cell) in cells {
            let Some(Some(at)) = self.by_place.get(usize::from(place)) else { continue };
            let builder = &mut self.builders[*at];
            let missing = self.rows - builder.length;
            if missing > 0 {
                builder.values.nulls(missing);
            }
            builder.length = self.rows + 1;
            if let Err(error) = builder.put(cell, self.source, &mut self.text) {
                let name = builder.column.map_or("", |it| &it.name);
                return Err(error.in_table(&self.table.sheet, Some(i64::from(number))).in_column(name));
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = std::mem::take(&mut self.rows);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.builders.len());
        for builder in &mut self.builders {
            if builder.is_name {
                let names = std::iter::repeat_n(self.table.sheet.as_str(), rows);
                arrays.push(Arc::new(StringArray::from_iter_values(names)));
                continue;
            }
            builder.values.nulls(rows - std::mem::take(&mut builder.length));
            arrays.push(with_builder!(&mut builder.values, it => Arc::new(it.finish())));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(self.schema), arrays, &options)?)
    }
}

impl Builder<'_> {
    /// Adds the value of a cell, in the type of the column.
    fn put(&mut self, cell: Cell<'_>, source: &WorkbookSource, scratch: &mut String) -> Result<()> {
        let is_value = |text: Option<&str>| {
            text.is_some_and(|it| !it.is_empty() && !source.words.contains(it.as_bytes()))
        };
        let text = match cell {
            Cell::Shared(number) => Some(source.strings.get(number)),
            Cell::Text(text) => Some(text),
            _ => None,
        };
        let has_times = self.column.is_some_and(|it| it.times.is_some());
        match (&mut self.values, cell) {
            (values, Cell::Error) => values.nulls(1),
            (Values::Text(it), _) => match text {
                Some(text) => it.append_value(text),
                None => {
                    scratch.clear();
                    cell.write(&|_| "", scratch);
                    it.append_value(&scratch);
                }
            },
            (Values::Int(it), Cell::Integer(value)) => it.append_value(value),
            (Values::Float(it), Cell::Number(value)) => it.append_value(value),
            (Values::Float(it), Cell::Integer(value)) => it.append_value(value as f64),
            (Values::Bool(it), Cell::Bool(value)) => it.append_value(value),
            (Values::Date(it), Cell::Date(value)) => it.append_value(value),
            (Values::Time(it), Cell::Time(value)) => it.append_value(value),
            (Values::Duration(it), Cell::Duration(value) | Cell::Time(value)) => it.append_value(value),
            (Values::Micros(it), Cell::DateTime(local)) => it.append_value(told(self.times.local(local))?),
            (Values::Micros(it), Cell::Date(day)) => {
                it.append_value(told(self.times.local(i64::from(day) * DAY))?);
            }
            (Values::Nanos(it), Cell::DateTime(local)) => it.append_value(told(self.times.local(local))?),
            (Values::Nanos(it), Cell::Date(day)) => {
                it.append_value(told(self.times.local(i64::from(day) * DAY))?);
            }
            (Values::Micros(it), _) if has_times && is_value(text) => {
                it.append_value(told(self.times.read(text.unwrap_or_default().as_bytes()))?);
            }
            (Values::Nanos(it), _) if has_times && is_value(text) => {
                it.append_value(told(self.times.read(text.unwrap_or_default().as_bytes()))?);
            }
            (Values::Date(it), _) if has_times && is_value(text) => {
                let day = self.times.read_date(text.unwrap_or_default().as_bytes());
                it.append_value(day.ok_or_else(|| Error::new(Code::Internal, "a date that is none"))?);
            }
            // A word that stands for nothing.
            (values, _) if text.is_some_and(|it| !is_value(Some(it))) => values.nulls(1),
            (_, other) => {
                let what = format!("a value of the kind {:?} in a column of another type", other.kind());
                return Err(Error::new(Code::Internal, what));
            }
        }
        Ok(())
    }
}

/// The moment, or the error for a local time that is none.
fn told(read: std::result::Result<i64, TimeFault>) -> Result<i64> {
    let what = match read {
        Ok(instant) => return Ok(instant),
        Err(TimeFault::LocalGap) => "a local time that the clocks skip in this time zone",
        Err(TimeFault::LocalFold) => "a local time that the clocks show twice in this time zone",
        Err(TimeFault::OutOfRange) => "a time that nanoseconds in 64 bits do not reach",
        Err(TimeFault::NotATime | TimeFault::TooFine) => {
            return Err(Error::new(Code::Internal, "a time that is none"));
        }
    };
    Err(Error::new(Code::LocalTime, what)
        .help("give ⟦timezone-fold⟧ earlier or later, or another ⟦timezone⟧"))
}
