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
use crate::process::{CaseFigures, EdgeFigures, ProcessFigures, Tick, VariantFigures};

/// The file by which such a folder is known.
const EDGES: &str = "edges.parquet";
const VARIANTS: &str = "variants.parquet";
const CASES: &str = "cases.parquet";
/// Rows that are written at once.
const ROWS: usize = 8192;

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
        let files = [EDGES, VARIANTS, CASES].map(|name| folder.join(name));
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

    /// Writes all tables.
    ///
    /// # Errors
    /// [`Code::OutputWrite`].
    pub fn fill(&self, figures: &ProcessFigures) -> Result<()> {
        self.table(EDGES, edge_schema(), figures.edges.iter(), |edges| edge_columns(figures, &edges))?;
        let variants = (1..).zip(figures.variants());
        self.table(VARIANTS, variant_schema(), variants, |rows| variant_columns(figures, &rows))?;
        let tick = figures.tick();
        self.table(CASES, case_schema(tick), figures.each_case(), |rows| case_columns(tick, &rows))
    }

    fn table<T>(
        &self,
        name: &str,
        schema: SchemaRef,
        mut rows: impl Iterator<Item = T>,
        columns: impl Fn(Vec<T>) -> Vec<ArrayRef>,
    ) -> Result<()> {
        let path = self.0.place(name)?;
        let failed = |error: std::io::Error| Error::io(Code::OutputWrite, &path, &error);
        let file = File::create(&path).map_err(failed)?;
        let handle = file.try_clone().map_err(failed)?;
        let compression = Compression::ZSTD(ZstdLevel::try_new(3)?);
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        loop {
            let some: Vec<T> = rows.by_ref().take(ROWS).collect();
            if some.is_empty() {
                break;
            }
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns(some))?)?;
        }
        writer.close()?;
        handle.sync_all().map_err(failed)
    }
}

/// Numbers of one kind, row by row.
fn integers(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(values.map(|value| i64::try_from(value).unwrap_or(i64::MAX)).collect::<Int64Array>())
}

fn floats(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

fn edge_schema() -> SchemaRef {
    let figures = ["mean_s", "median_s", "min_s", "max_s", "sum_s", "stdev_s", "p90_s", "p95_s", "p99_s"];
    let mut columns = vec![("from", DataType::Utf8), ("to", DataType::Utf8), ("count", DataType::Int64)];
    columns.extend(figures.map(|name| (name, DataType::Float64)));
    columns.push(("tied", DataType::Int64));
    schema(&columns)
}

fn edge_columns(figures: &ProcessFigures, edges: &[&EdgeFigures]) -> Vec<ArrayRef> {
    let seconds = || edges.iter().map(|edge| edge.seconds);
    let texts = |of: fn(&EdgeFigures) -> usize| -> ArrayRef {
        Arc::new(edges.iter().map(|edge| Some(figures.activity(of(edge)))).collect::<StringArray>())
    };
    vec![
        texts(|edge| edge.from),
        texts(|edge| edge.to),
        integers(seconds().map(|it| it.count)),
        floats(seconds().map(|it| it.mean)),
        floats(seconds().map(|it| it.median)),
        floats(seconds().map(|it| it.min)),
        floats(seconds().map(|it| it.max)),
        floats(seconds().map(|it| Some(it.sum))),
        floats(seconds().map(|it| it.stdev)),
        floats(seconds().map(|it| it.p90)),
        floats(seconds().map(|it| it.p95)),
        floats(seconds().map(|it| it.p99)),
        integers(edges.iter().map(|edge| edge.tied)),
    ]
}

fn variant_schema() -> SchemaRef {
    let activities = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    schema(&[
        ("variant", DataType::Int64),
        ("cases", DataType::Int64),
        ("coverage", DataType::Float64),
        ("cumulative_coverage", DataType::Float64),
        ("events", DataType::Int64),
        ("activities", activities),
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
    let unit = match tick {
        Tick::Micros => TimeUnit::Microsecond,
        Tick::Nanos => TimeUnit::Nanosecond,
    };
    let time = DataType::Timestamp(unit, Some("UTC".into()));
    schema(&[
        ("case_id", DataType::Utf8),
        ("events", DataType::Int64),
        ("first_event", time.clone()),
        ("last_event", time),
        ("duration_s", DataType::Float64),
        ("variant", DataType::Int64),
    ])
}

fn case_columns(tick: Tick, rows: &[CaseFigures<'_>]) -> Vec<ArrayRef> {
    let times = |of: fn(&CaseFigures<'_>) -> i64| -> ArrayRef {
        let values = rows.iter().map(of);
        match tick {
            Tick::Micros => {
                Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
            }
            Tick::Nanos => Arc::new(TimestampNanosecondArray::from_iter_values(values).with_timezone("UTC")),
        }
    };
    let seconds = |row: &CaseFigures<'_>| row.last.abs_diff(row.first) as f64 / tick.per_second() as f64;
    vec![
        Arc::new(rows.iter().map(|row| Some(&*row.case)).collect::<StringArray>()),
        integers(rows.iter().map(|row| row.events)),
        times(|row| row.first),
        times(|row| row.last),
        floats(rows.iter().map(|row| Some(seconds(row)))),
        Arc::new(rows.iter().map(|row| row.variant).collect::<Int64Array>()),
    ]
}
