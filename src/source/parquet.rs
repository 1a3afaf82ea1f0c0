//! Apache Parquet of any writer. Each row group is a task, and a large one several, cut by rows.

use std::ops::Range;
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ::parquet::basic::Type as PhysicalType;
use ::parquet::column::reader::ColumnReader;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::ranges::FileBytes;
use super::{BATCH_ROWS, TASK_ROWS, TypedFormat, TypedSource, damaged, reading};
use crate::error::{Code, Error, Result};

/// Tasks of one file at most: a million million rows. A footer that declares more would take the memory of its list alone.
const MOST_TASKS: usize = 1 << 20;

/// Days between the start of Julian day 0 and 1970-01-01, by which INT96 counts.
const JULIAN_EPOCH: i64 = 2_440_588;

/// A Parquet file whose footer was read.
pub struct ParquetFile {
    bytes: FileBytes,
    metadata: ArrowReaderMetadata,
    /// For each task its row group and the rows within it.
    tasks: Vec<(usize, Range<usize>)>,
}

impl ParquetFile {
    /// Reads the footer of a file that is at hand as a whole.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged, or encrypted.
    pub fn open(bytes: FileBytes) -> Result<Self> {
        reading(TypedFormat::Parquet, || {
            let failed = |error| damaged(TypedFormat::Parquet, error);
            let end = bytes.end()?;
            if end != *b"PAR1" {
                let found = match end == *b"PARE" {
                    true => "an encrypted footer, which is not read",
                    false => "no footer at its end",
                };
                return Err(damaged(TypedFormat::Parquet, found));
            }
            let mut metadata =
                ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()).map_err(failed)?;
            let leaves = metadata.parquet_schema().columns().iter().enumerate();
            let old_times: Vec<usize> = leaves
                .filter(|(_, leaf)| leaf.physical_type() == PhysicalType::INT96)
                .map(|(at, _)| at)
                .collect();
            if !old_times.is_empty() && !fits_nanos(&bytes, &old_times)? {
                let schema = Arc::new(in_micros(metadata.schema(), &old_times));
                let options = ArrowReaderOptions::new().with_schema(schema);
                metadata = ArrowReaderMetadata::load(&bytes, options).map_err(failed)?;
            }
            let mut tasks = Vec::new();
            for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
                let rows = usize::try_from(group.num_rows()).map_err(|_| {
                    damaged(TypedFormat::Parquet, "a row group with a negative number of rows")
                })?;
                let pieces = rows.div_ceil(TASK_ROWS).max(1);
                if tasks.len() + pieces > MOST_TASKS {
                    return Err(damaged(
                        TypedFormat::Parquet,
                        format!("a row group that is said to have {rows} rows"),
                    ));
                }
                let size = rows.div_ceil(pieces);
                let cut = |piece: usize| (number, (piece * size).min(rows)..((piece + 1) * size).min(rows));
                tasks.extend((0..pieces).map(cut).filter(|(_, rows)| !rows.is_empty()));
            }
            Ok(Self { bytes: bytes.clone(), metadata, tasks })
        })
    }
}

impl TypedSource for ParquetFile {
    fn format(&self) -> TypedFormat {
        TypedFormat::Parquet
    }

    fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    fn metadata(&self) -> Vec<(String, String)> {
        let stored = self.metadata.metadata().file_metadata().key_value_metadata();
        let entries = stored.into_iter().flatten();
        entries.filter_map(|entry| Some((entry.key.clone(), entry.value.clone()?))).collect()
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
        let (group, rows) = &self.tasks[task];
        let mut reader = reading(TypedFormat::Parquet, || {
            let builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
            let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().copied());
            let whole = self.metadata.metadata().row_group(*group).num_rows();
            let builder =
                builder.with_row_groups(vec![*group]).with_projection(mask).with_batch_size(BATCH_ROWS);
            let builder = match rows.len() as i64 == whole {
                true => builder,
                false => builder.with_offset(rows.start).with_limit(rows.len()),
            };
            builder.build().map_err(|error| damaged(TypedFormat::Parquet, error))
        })?;
        let mut read = 0;
        loop {
            let next = reading(TypedFormat::Parquet, || {
                let next = reader.next().transpose();
                next.map_err(|error| damaged(TypedFormat::Parquet, error))
            })?;
            let Some(batch) = next else { break };
            read += batch.num_rows();
            if !take(batch)? {
                return Ok(());
            }
        }
        if read != rows.len() {
            let what = format!("row group {group} is said to have {} rows here and has {read}", rows.len());
            return Err(damaged(TypedFormat::Parquet, what));
        }
        Ok(())
    }
}

/// The schema with the times of INT96, which are these leaves of the file, in microseconds: they reach beyond the years 1678 to 2261.
fn in_micros(schema: &Schema, old_times: &[usize]) -> Schema {
    /// Leaves are counted in the order of the file.
    fn of(field: &Arc<Field>, leaf: &mut usize, old_times: &[usize]) -> Arc<Field> {
        let data_type = match field.data_type() {
            DataType::List(it) => DataType::List(of(it, leaf, old_times)),
            DataType::LargeList(it) => DataType::LargeList(of(it, leaf, old_times)),
            DataType::FixedSizeList(it, length) => DataType::FixedSizeList(of(it, leaf, old_times), *length),
            DataType::Struct(fields) => {
                DataType::Struct(fields.iter().map(|it| of(it, leaf, old_times)).collect())
            }
            DataType::Map(it, sorted) => DataType::Map(of(it, leaf, old_times), *sorted),
            flat => {
                *leaf += 1;
                match flat {
                    DataType::Timestamp(TimeUnit::Nanosecond, zone) if old_times.contains(&(*leaf - 1)) => {
                        DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
                    }
                    other => other.clone(),
                }
            }
        };
        Arc::new(field.as_ref().clone().with_data_type(data_type))
    }
    let mut leaf = 0;
    let fields: Vec<_> = schema.fields().iter().map(|field| of(field, &mut leaf, old_times)).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

/// Whether all moments of these columns of INT96 are within the years that nanoseconds reach; if not, they
/// must have no digits below the microsecond, which is the finest that the other years have.
///
/// # Errors
/// [`Code::TypedFile`] if no unit holds all moments exactly.
fn fits_nanos(bytes: &FileBytes, columns: &[usize]) -> Result<bool> {
    const DAY_NANOS: i128 = 86_400_000_000_000;
    let failed = |error| damaged(TypedFormat::Parquet, error);
    let file = SerializedFileReader::new(bytes.clone()).map_err(failed)?;
    let (mut fits, mut fine) = (true, false);
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).map_err(failed)?;
        for column in columns {
            let ColumnReader::Int96ColumnReader(mut reader) =
                group.get_column_reader(*column).map_err(failed)?
            else {
                continue;
            };
            let mut values = Vec::new();
            let (mut levels, mut repeats) = (Vec::new(), Vec::new());
            loop {
                values.clear();
                levels.clear();
                repeats.clear();
                let (records, ..) = reader
                    .read_records(BATCH_ROWS, Some(&mut levels), Some(&mut repeats), &mut values)
                    .map_err(failed)?;
                for value in &values {
                    let [low, high, day] = [0, 1, 2].map(|at| value.data()[at]);
                    let nanos = i128::from(u64::from(high) << 32 | u64::from(low));
                    let since_1970 = (i128::from(day) - i128::from(JULIAN_EPOCH)) * DAY_NANOS + nanos;
                    fits &= i64::try_from(since_1970).is_ok();
                    fine |= since_1970 % 1000 != 0;
                }
                if records == 0 {
                    break;
                }
            }
        }
    }
    if !fits && fine {
        let what = "times as INT96 have nanoseconds, and others are of years that nanoseconds in 64 bits don't reach";
        return Err(Error::new(Code::TypedFile, what)
            .help("write the times as microseconds, or leave the column out of the file"));
    }
    Ok(fits)
}
