//! The statistics of a process as Parquet files: edges, variants and cases, in a folder that appears whole or
//! not at all.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::encode::output::Replace;
use crate::encode::output_folder::{OutputFolder, check_folder};
use crate::error::{Code, Error, Result};
use crate::process::{CaseFigures, EdgeFigures, ProcessFigures, Spread, Tick, VariantFigures};

/// The file by which such a folder is known.
pub(super) const EDGES: &str = "edges.parquet";
pub(super) const VARIANTS: &str = "variants.parquet";
const CASES: &str = "cases.parquet";
pub(super) const OBJECTS: &str = "objects.parquet";
pub(super) const ACTIVITIES: &str = "activities.parquet";
/// Rows that are written at once, and activities in the lists of such rows.
const ROWS: usize = 8192;
const LISTED: usize = 1 << 20;

/// The folder, under way to its place.
#[derive(Debug)]
pub struct ProcessTables(OutputFolder);

impl ProcessTables {
    /// Begins the folder.
    ///
    /// # Errors
    /// [`Code::OutputExists`], [`Code::OutputWrite`].
    pub fn create(path: &Path, replace: Replace) -> Result<Self> {
        OutputFolder::create(path, replace, EDGES).map(Self)
    }

    /// The paths of such a folder and of its files.
    pub fn paths(folder: &Path) -> Vec<PathBuf> {
        let files = [EDGES, VARIANTS, CASES, OBJECTS, ACTIVITIES].map(|name| folder.join(name));
        [folder.to_owned()].into_iter().chain(files).collect()
    }

    /// Asks whether such a folder can be written at this place.
    ///
    /// # Errors
    /// [`Code::OutputExists`], [`Code::OutputWrite`].
    pub fn check(path: &Path, replace: Replace) -> Result<()> {
        check_folder(path, replace, EDGES)
    }

    /// Makes the folder appear.
    ///
    /// # Errors
    /// [`Code::OutputWrite`].
    pub fn commit(self) -> Result<()> {
        self.0.commit()
    }

    /// Writes the tables of an event log.
    ///
    /// # Errors
    /// [`Code::OutputWrite`].
    pub fn fill(&self, figures: &ProcessFigures) -> Result<()> {
        self.table(EDGES, edge_schema(), figures.edges.iter(), |_| 0, |edges| edge_columns(figures, &edges))?;
        let variants = (1..).zip(figures.variants());
        let length = |(_, it): &(u64, VariantFigures)| it.activities.len();
        self.table(VARIANTS, variant_schema(), variants, length, |rows| variant_columns(figures, &rows))?;
        let tick = figures.tick();
        self.table(CASES, case_schema(tick), figures.each_case(), |_| 0, |rows| case_columns(tick, &rows))
    }

    /// Writes a table, some rows at once. `listed`: how many values the list of a row has.
    pub(super) fn table<T>(
        &self,
        name: &str,
        schema: SchemaRef,
        rows: impl Iterator<Item = T>,
        listed: impl Fn(&T) -> usize,
        columns: impl Fn(Vec<T>) -> Vec<ArrayRef>,
    ) -> Result<()> {
        let path = self.0.place(name)?;
        let failed = |error: std::io::Error| Error::io(Code::OutputWrite, &path, &error);
        let file = File::create(&path).map_err(failed)?;
        let handle = file.try_clone().map_err(failed)?;
        let compression = Compression::ZSTD(ZstdLevel::try_new(3)?);
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        let mut write = |some: Vec<T>| -> Result<()> {
            Ok(writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns(some))?)?)
        };
        let (mut some, mut values) = (Vec::new(), 0);
        for row in rows {
            values += listed(&row);
            some.push(row);
            if some.len() >= ROWS || values >= LISTED {
                write(std::mem::take(&mut some))?;
                values = 0;
            }
        }
        if !some.is_empty() {
            write(some)?;
        }
        writer.close()?;
        handle.sync_all().map_err(failed)
    }
}

/// Numbers of one kind, row by row.
pub(super) fn integers(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(values.map(|value| i64::try_from(value).unwrap_or(i64::MAX)).collect::<Int64Array>())
}

pub(super) fn floats(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

pub(super) fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// Names of the columns of [`spread_columns`].
pub(super) const SPREAD: [&str; 9] =
    ["mean_s", "median_s", "min_s", "max_s", "sum_s", "stdev_s", "p90_s", "p95_s", "p99_s"];

/// The figures of spreads of seconds, one spread in each row.
pub(super) fn spread_columns(seconds: &[Spread]) -> [ArrayRef; 9] {
    let of = |figure: fn(&Spread) -> Option<f64>| floats(seconds.iter().map(figure));
    [
        of(|it| it.mean),
        of(|it| it.median),
        of(|it| it.min),
        of(|it| it.max),
        of(|it| Some(it.sum)),
        of(|it| it.stdev),
        of(|it| it.p90),
        of(|it| it.p95),
        of(|it| it.p99),
    ]
}

/// Times as ticks in a column.
pub(super) fn times(tick: Tick, values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    match tick {
        Tick::Micros => Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Tick::Nanos => Arc::new(values.collect::<TimestampNanosecondArray>().with_timezone("UTC")),
    }
}

/// The type of such a column.
pub(super) fn time_type(tick: Tick) -> DataType {
    let unit = match tick {
        Tick::Micros => TimeUnit::Microsecond,
        Tick::Nanos => TimeUnit::Nanosecond,
    };
    DataType::Timestamp(unit, Some("UTC".into()))
}

/// The type of a column of lists of activities.
pub(super) fn list_type() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
}

fn edge_schema() -> SchemaRef {
    let mut columns = vec![("from", DataType::Utf8), ("to", DataType::Utf8), ("count", DataType::Int64)];
    columns.extend(SPREAD.map(|name| (name, DataType::Float64)));
    columns.push(("tied", DataType::Int64));
    schema(&columns)
}

fn edge_columns(figures: &ProcessFigures, edges: &[&EdgeFigures]) -> Vec<ArrayRef> {
    let seconds: Vec<Spread> = edges.iter().map(|edge| edge.seconds).collect();
    let texts = |of: fn(&EdgeFigures) -> usize| -> ArrayRef {
        Arc::new(edges.iter().map(|edge| Some(figures.activity(of(edge)))).collect::<StringArray>())
    };
    let mut columns =
        vec![texts(|edge| edge.from), texts(|edge| edge.to), integers(seconds.iter().map(|it| it.count))];
    columns.extend(spread_columns(&seconds));
    columns.push(integers(edges.iter().map(|edge| edge.tied)));
    columns
}

fn variant_schema() -> SchemaRef {
    schema(&[
        ("variant", DataType::Int64),
        ("cases", DataType::Int64),
        ("coverage", DataType::Float64),
        ("cumulative_coverage", DataType::Float64),
        ("events", DataType::Int64),
        ("activities", list_type()),
    ])
}

fn variant_columns(figures: &ProcessFigures, rows: &[(u64, VariantFigures)]) -> Vec<ArrayRef> {
    let mut activities = ListBuilder::new(StringBuilder::new());
    for (_, variant) in rows {
        for activity in &variant.activities {
            activities.values().append_value(figures.activity(*activity));
        }
        activities.append(true);
    }
    vec![
        integers(rows.iter().map(|(rank, _)| *rank)),
        integers(rows.iter().map(|(_, it)| it.cases)),
        floats(rows.iter().map(|(_, it)| Some(it.coverage))),
        floats(rows.iter().map(|(_, it)| Some(it.cumulative_coverage))),
        integers(rows.iter().map(|(_, it)| it.activities.len() as u64)),
        Arc::new(activities.finish()),
    ]
}

fn case_schema(tick: Tick) -> SchemaRef {
    schema(&[
        ("case_id", DataType::Utf8),
        ("events", DataType::Int64),
        ("first_event", time_type(tick)),
        ("last_event", time_type(tick)),
        ("duration_s", DataType::Float64),
        ("variant", DataType::Int64),
    ])
}

fn case_columns(tick: Tick, rows: &[CaseFigures<'_>]) -> Vec<ArrayRef> {
    let seconds = |row: &CaseFigures<'_>| tick.seconds_between(row.first, row.last);
    vec![
        Arc::new(rows.iter().map(|row| Some(&*row.case)).collect::<StringArray>()),
        integers(rows.iter().map(|row| row.events)),
        times(tick, rows.iter().map(|row| Some(row.first))),
        times(tick, rows.iter().map(|row| Some(row.last))),
        floats(rows.iter().map(|row| Some(seconds(row)))),
        Arc::new(rows.iter().map(|row| row.variant).collect::<Int64Array>()),
    ]
}
