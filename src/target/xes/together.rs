//! Rows of a table in which cases are mixed, put in order: cases as their first rows stand, rows of a case as
//! they stand, rows without a case behind them all. XES has no other place for an event than its trace, and
//! events outside of traces stand behind traces (IEEE 1849, 5.1).
//!
//! Runs of rows are sorted in memory and go to a file without a name, a row group for each; then they are
//! merged.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::source::TypedSource;
use crate::source::parquet::{ParquetBatches, ParquetRead, ParquetSource};
use crate::source::ranges::FileBytes;

/// Rows handed on at once.
const BATCH: usize = 4096;
/// Rows that are sorted in memory, in bytes: twice as many make half as many runs to merge.
const RUN: usize = 8 << 20;
/// Rows of a run that are in memory while runs are merged.
const RUN_BATCH: usize = 256;

/// A callback that receives the rows of the sorted table, batch by batch.
pub type Take<'t> = dyn FnMut(&RecordBatch) -> Result<()> + 't;

/// Numbers the cases of rows as they come.
struct Numbers {
    /// By a hash of 128 bits, so that cases of any length cost the same.
    known: HashMap<(u64, u64), i64>,
    hashers: (RandomState, RandomState),
}

impl Numbers {
    fn new() -> Self {
        Self { known: HashMap::new(), hashers: (RandomState::new(), RandomState::new()) }
    }

    /// The number of each row's case; the highest where there is none.
    fn of(&mut self, cases: &ArrayRef) -> Result<Vec<i64>> {
        let keys = RowConverter::new(vec![SortField::new(cases.data_type().clone())])?
            .convert_columns(std::slice::from_ref(cases))?;
        let nulls = cases.logical_nulls();
        let number = |row: usize| {
            if nulls.as_ref().is_some_and(|it| it.is_null(row)) {
                return i64::MAX;
            }
            let key = keys.row(row).data();
            let hash = (self.hashers.0.hash_one(key), self.hashers.1.hash_one(key));
            let next = self.known.len() as i64;
            *self.known.entry(hash).or_insert(next)
        };
        Ok((0..cases.len()).map(number).collect())
    }
}

/// Whether rows of some case in the column `case` have rows of another between them, or stand behind rows
/// without any.
///
/// # Errors
/// If the file can't be read.
pub fn is_mixed(file: &ParquetSource, case: usize, observer: &Observer) -> Result<bool> {
    let read = ParquetRead { columns: Some(&[case]), ..ParquetRead::all(BATCH) };
    let mut numbers = Numbers::new();
    let mut last = -1;
    for batch in file.batches(&read)? {
        observer.check()?;
        for number in numbers.of(batch?.column(0))? {
            if number < last {
                return Ok(true);
            }
            last = number;
        }
    }
    Ok(false)
}

/// Hands all rows of `file` to `take`, those of a case together. `folder` has room for them.
///
/// # Errors
/// If a file can't be read or written, and what `take` says.
pub fn put(
    file: &ParquetSource,
    case: usize,
    folder: &Path,
    observer: &Observer,
    take: &mut Take<'_>,
) -> Result<()> {
    let failed = |error: std::io::Error| Error::io(Code::OutputWrite, folder, &error);
    let sorted = tempfile::tempfile_in(folder).map_err(failed)?;
    write_runs(file, case, &sorted, observer)?;
    merge(&sorted, observer, take)
}

/// Writes runs of sorted rows, with the numbers of their cases in a last column.
fn write_runs(file: &ParquetSource, case: usize, sorted: &File, observer: &Observer) -> Result<()> {
    let schema = numbered(file.schema());
    // Small pages, each whole by itself: those of all runs are in memory at once.
    let properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_dictionary_enabled(false)
        .set_data_page_row_count_limit(RUN_BATCH)
        .set_write_batch_size(RUN_BATCH)
        .build();
    let mut writer = ArrowWriter::try_new(clone(sorted)?, Arc::clone(&schema), Some(properties))?;
    let mut numbers = Numbers::new();
    let (mut run, mut bytes) = (Vec::new(), 0);
    for batch in file.batches(&ParquetRead::all(BATCH))? {
        observer.check()?;
        let batch = batch?;
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(Int64Array::from(numbers.of(batch.column(case))?)));
        bytes += batch.get_array_memory_size();
        run.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
        if bytes >= RUN {
            write_run(&std::mem::take(&mut run), &mut writer)?;
            bytes = 0;
        }
    }
    write_run(&run, &mut writer)?;
    writer.close()?;
    Ok(())
}

fn write_run(run: &[RecordBatch], writer: &mut ArrowWriter<File>) -> Result<()> {
    let mut order = Vec::new();
    for (at, batch) in run.iter().enumerate() {
        order.extend(numbers_of(batch).values().iter().enumerate().map(|(row, number)| (*number, at, row)));
    }
    order.sort_unstable();
    let batches: Vec<&RecordBatch> = run.iter().collect();
    for piece in order.chunks(BATCH) {
        let rows: Vec<(usize, usize)> = piece.iter().map(|(_, at, row)| (*at, *row)).collect();
        writer.write(&interleave_record_batch(&batches, &rows)?)?;
    }
    writer.flush()?;
    Ok(())
}

/// A run that is being merged.
struct CaseRun {
    rest: ParquetBatches,
    /// Which of the batches in memory it is at, and which row of that.
    at: (usize, usize),
}

/// Merges the runs: the lowest number first, of equal ones that of the earlier run.
fn merge(sorted: &File, observer: &Observer, take: &mut Take<'_>) -> Result<()> {
    let sorted = ParquetSource::open(FileBytes::of(clone(sorted)?)?)?;
    let mut runs = Vec::new();
    let mut held = Vec::new();
    let mut heads = BinaryHeap::new();
    for group in 0..sorted.row_groups() {
        let mut rest = sorted.batches(&ParquetRead { group: Some(group), ..ParquetRead::all(RUN_BATCH) })?;
        if let Some(first) = rest.next().transpose()? {
            heads.push(Reverse((numbers_of(&first).value(0), runs.len())));
            runs.push(CaseRun { rest, at: (held.len(), 0) });
            held.push(first);
        }
    }
    let mut rows = Vec::with_capacity(BATCH);
    while let Some(Reverse((_, at))) = heads.pop() {
        let run = &mut runs[at];
        rows.push(run.at);
        run.at.1 += 1;
        if run.at.1 == held[run.at.0].num_rows() {
            let Some(next) = run.rest.next().transpose()? else {
                // Of no use to it any more; the row that was pushed holds on to its batch.
                run.at = (usize::MAX, 0);
                continue;
            };
            run.at = (held.len(), 0);
            held.push(next);
        }
        heads.push(Reverse((numbers_of(&held[run.at.0]).value(run.at.1), at)));
        if rows.len() == BATCH {
            observer.check()?;
            hand_over(&held, &mut rows, take)?;
            drop_read(&mut held, &mut runs);
        }
    }
    hand_over(&held, &mut rows, take)
}

/// Hands rows on, without their numbers.
fn hand_over(held: &[RecordBatch], rows: &mut Vec<(usize, usize)>, take: &mut Take<'_>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let batches: Vec<&RecordBatch> = held.iter().collect();
    let mut batch = interleave_record_batch(&batches, rows)?;
    batch.remove_column(batch.num_columns() - 1);
    rows.clear();
    take(&batch)
}

/// Drops the batches that no run is at.
fn drop_read(held: &mut Vec<RecordBatch>, runs: &mut [CaseRun]) {
    let mut kept = Vec::with_capacity(runs.len());
    for run in runs {
        if let Some(batch) = held.get(run.at.0) {
            kept.push(batch.clone());
            run.at.0 = kept.len() - 1;
        }
    }
    *held = kept;
}

/// The schema with one more column.
fn numbered(schema: &SchemaRef) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("@case", DataType::Int64, false)));
    Arc::new(Schema::new(fields))
}

/// The column of row numbers in a batch.
fn numbers_of(batch: &RecordBatch) -> &Int64Array {
    batch.column(batch.num_columns() - 1).as_primitive::<Int64Type>()
}

fn clone(file: &File) -> Result<File> {
    file.try_clone().map_err(|error| Error::new(Code::InputRead, error.to_string()))
}
