//! Apache Parquet of any writer: the one place where such files are opened and their values read.
//!
//! As a source each row group is a task, and a large one several, cut by rows. Whoever makes something else
//! of a table reads it from front to back: [`ParquetSource::batches`]. Invariant: damage is an error with a
//! code, whatever the library does about it.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::RowGroups;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowSelection,
};
use ::parquet::arrow::parquet_to_arrow_field_levels;
use ::parquet::basic::{ConvertedType, Encoding, LogicalType, TimeUnit as ParquetUnit, Type as PhysicalType};
use ::parquet::column::reader::{ColumnReader, get_column_reader};
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::{ChunkReader, Length};
use ::parquet::file::statistics::Statistics;
use ::parquet::schema::types::ColumnDescriptor;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, RecordBatch};
use arrow::compute::filter;
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, SchemaRef, TimeUnit};

use super::parquet_frames::check_footer;
use super::parquet_pages::{CheckedGroups, pages};
use super::ranges::FileBytes;
use super::{BATCH_ROWS, TASK_ROWS, TypedFormat, TypedSource, damaged, keyed_text, reading};
use crate::error::{Code, Error, Result};
use crate::mmap::Identity;
use crate::shard::each::each;
use crate::step::ranges::ValueRange;

/// Tasks of one file at most: a million million rows. A footer that declares more would take the memory of
/// its list alone.
const MOST_TASKS: usize = 1 << 20;

/// Bytes that the values of fixed width of one column take in a batch at the most, null or not.
const MOST_WIDE: usize = 64 << 20;

/// Bytes of fixed width that a value may have in a file that is shorter.
const WIDE: usize = 1 << 20;

/// Rows of a batch for each word of a dictionary from which on it is kept as it is.
const ROWS_PER_WORD: usize = 4;

/// Days between the start of Julian day 0 and 1970-01-01, by which INT96 counts.
const JULIAN_EPOCH: i64 = 2_440_588;

/// A Parquet file whose footer was read.
pub struct ParquetSource {
    bytes: FileBytes,
    metadata: ArrowReaderMetadata,
    /// For each task its row group and the rows within it.
    tasks: Vec<(usize, Range<usize>)>,
    /// For each column whether all its values are texts in dictionaries.
    keyed: Vec<bool>,
}

impl ParquetSource {
    /// Reads the footer of a file that can be read at any place.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged, or encrypted.
    pub fn open(bytes: FileBytes) -> Result<Self> {
        Self::open_with(bytes, 1)
    }

    /// The same with so many threads for what must be known of all values: where times are INT96.
    ///
    /// # Errors
    /// As [`ParquetSource::open`].
    pub fn open_with(bytes: FileBytes, workers: usize) -> Result<Self> {
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
            check_footer(&footer_of(&bytes)?)?;
            let mut metadata =
                ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()).map_err(failed)?;
            let widths = metadata.parquet_schema().columns().iter().map(|leaf| width_of(leaf));
            let most = usize::try_from(bytes.len()).unwrap_or(usize::MAX).max(WIDE);
            if let Some(width) = widths.max().filter(|width| *width > most) {
                let what = format!("values that are said to have {width} bytes each");
                return Err(damaged(TypedFormat::Parquet, what));
            }
            let leaves = metadata.parquet_schema().columns().iter().enumerate();
            let old_times: Vec<usize> = leaves
                .filter(|(_, leaf)| leaf.physical_type() == PhysicalType::INT96)
                .map(|(at, _)| at)
                .collect();
            if !old_times.is_empty() && !fits_nanos(&bytes, metadata.metadata(), &old_times, workers)? {
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
            let keyed = keyed(&metadata);
            Ok(Self { bytes: bytes.clone(), metadata, tasks, keyed })
        })
    }
}

/// Which rows of a Parquet file are read, which columns of them, and how many rows at once.
#[derive(Debug, Clone)]
pub struct ParquetRead<'c> {
    /// The row group, where only one is read.
    pub group: Option<usize>,
    /// The columns, ascending; all where there is no choice.
    pub columns: Option<&'c [usize]>,
    /// Rows of a batch.
    pub batch: usize,
}

impl ParquetRead<'_> {
    /// All columns of all rows, in batches of so many.
    pub fn all(batch: usize) -> Self {
        Self { group: None, columns: None, batch }
    }
}

/// The batches of a Parquet file, from front to back: as many rows as the footer says, or an error.
pub struct ParquetBatches {
    reader: ParquetRecordBatchReader,
    /// Rows that there must be, and those that came.
    rows: (usize, usize),
}

impl Iterator for ParquetBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = reading(TypedFormat::Parquet, || {
            let next = self.reader.next().transpose();
            let next = next.map_err(|error| damaged(TypedFormat::Parquet, error))?;
            self.rows.1 += next.as_ref().map_or(0, RecordBatch::num_rows);
            match (self.rows, &next) {
                ((said, read), None) if read != said => {
                    self.rows.1 = said;
                    let what = format!("row groups that are said to have {said} rows here and have {read}");
                    Err(damaged(TypedFormat::Parquet, what))
                }
                _ => Ok(next),
            }
        });
        next.transpose()
    }
}

impl ParquetSource {
    /// The same file, which is open only while a task reads it, as one of many.
    #[must_use]
    pub fn parked(self, path: &Path, identity: Identity) -> Self {
        Self { bytes: FileBytes::Parked(path.into(), identity), ..self }
    }

    /// Reads the footer of a file by its path.
    ///
    /// # Errors
    /// As [`ParquetSource::open`], about this file; [`Code::InputMissing`].
    pub fn at(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::io(Code::InputMissing, path, &error))?;
        FileBytes::of(file).and_then(Self::open).map_err(|error| error.in_file(path))
    }

    /// The value that stands under a key beside the rows.
    pub fn entry(&self, key: &str) -> Option<&str> {
        let entries = self.footer().file_metadata().key_value_metadata().into_iter().flatten();
        entries.filter(|entry| entry.key == key).find_map(|entry| entry.value.as_deref())
    }

    /// Number of rows, as the footer gives it.
    pub fn rows(&self) -> u64 {
        self.footer().file_metadata().num_rows().unsigned_abs()
    }

    /// Number of row groups in the file.
    pub fn row_groups(&self) -> usize {
        self.footer().num_row_groups()
    }

    /// Rows and statistics of a column in each row group; `None` beside nested columns, which have several
    /// columns of values each, and where a row group has no statistics of it.
    pub fn statistics(&self, column: usize) -> impl Iterator<Item = (i64, Option<&Statistics>)> {
        let is_flat = self.schema().fields().len() == self.metadata.parquet_schema().num_columns();
        self.footer().row_groups().iter().map(move |group| {
            let column = group.columns().get(column).filter(|_| is_flat);
            (group.num_rows(), column.and_then(|it| it.statistics()))
        })
    }

    fn footer(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// The rows that are asked for, from front to back.
    ///
    /// # Errors
    /// [`Code::TypedFile`], here or from a batch.
    pub fn batches(&self, read: &ParquetRead<'_>) -> Result<ParquetBatches> {
        reading(TypedFormat::Parquet, || self.reader(read, None, self.metadata.schema().fields()))
    }

    /// The batches of these rows, which are counted from the first row group that is read, with columns as
    /// `fields` has them.
    fn reader(
        &self,
        read: &ParquetRead<'_>,
        rows: Option<Range<usize>>,
        fields: &Fields,
    ) -> Result<ParquetBatches> {
        let failed = |error| damaged(TypedFormat::Parquet, error);
        let schema = self.metadata.parquet_schema();
        let mask = match read.columns {
            Some(columns) => ProjectionMask::roots(schema, columns.iter().copied()),
            None => ProjectionMask::all(),
        };
        let leaves = (0..schema.num_columns()).filter(|leaf| mask.leaf_included(*leaf));
        let widest = leaves.map(|leaf| width_of(&schema.column(leaf))).max().unwrap_or(0);
        let levels = parquet_to_arrow_field_levels(schema, mask, Some(fields)).map_err(failed)?;
        let groups = CheckedGroups {
            bytes: self.bytes.at_hand()?,
            metadata: Arc::clone(self.metadata.metadata()),
            groups: match read.group {
                Some(group) => vec![group],
                None => (0..self.row_groups()).collect(),
            },
        };
        let whole = groups.num_rows();
        let said = rows.as_ref().map_or(whole, ExactSizeIterator::len);
        let chosen = rows.filter(|rows| *rows != (0..whole));
        let chosen = chosen.map(|rows| RowSelection::from_consecutive_ranges(std::iter::once(rows), whole));
        let batch = read.batch.min(whole.max(1)).min(MOST_WIDE / widest.clamp(1, MOST_WIDE));
        let reader = ParquetRecordBatchReader::try_new_with_row_groups(&levels, &groups, batch, chosen);
        let reader = reader.map_err(failed)?;
        Ok(ParquetBatches { reader, rows: (said, 0) })
    }
}

impl TypedSource for ParquetSource {
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

    fn is_keyed(&self, column: usize) -> bool {
        self.keyed.get(column).copied().unwrap_or(false)
    }

    fn tasks(&self) -> usize {
        self.tasks.len()
    }

    fn task_rows(&self, task: usize) -> Option<u64> {
        Some(self.tasks[task].1.len() as u64)
    }

    fn task_bytes(&self, task: usize, columns: &[usize]) -> u64 {
        let (group, rows) = &self.tasks[task];
        let group = self.footer().row_group(*group);
        let schema = self.metadata.parquet_schema();
        let is_read = |leaf: &usize| columns.contains(&schema.get_column_root_idx(*leaf));
        let leaves = (0..group.num_columns()).filter(is_read);
        let bytes: u64 = leaves.map(|leaf| group.column(leaf).compressed_size().unsigned_abs()).sum();
        let all = group.num_rows().unsigned_abs().max(1);
        u64::try_from(u128::from(bytes) * rows.len() as u128 / u128::from(all)).unwrap_or(bytes)
    }

    fn may_have(&self, task: usize, column: usize, range: &ValueRange) -> bool {
        let group = self.footer().row_group(self.tasks[task].0);
        let schema = self.metadata.parquet_schema();
        let mut leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == column);
        let (Some(leaf), None) = (leaves.next(), leaves.next()) else { return true };
        let Some(statistics) = group.columns().get(leaf).and_then(|it| it.statistics()) else { return true };
        if group.num_rows() > 0 && statistics.null_count_opt() == Some(group.num_rows().unsigned_abs()) {
            return false;
        }
        may_meet(statistics, &schema.column(leaf), self.schema().field(column).data_type(), range)
    }

    fn read(
        &self,
        task: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let (group, rows) = &self.tasks[task];
        let read = ParquetRead { group: Some(*group), columns: Some(columns), batch: BATCH_ROWS };
        let fields = self.schema().fields().iter().zip(&self.keyed);
        let keyed = |(field, is_keyed): (&Arc<Field>, &bool)| match is_keyed {
            true => Arc::new(field.as_ref().clone().with_data_type(keyed_text())),
            false => Arc::clone(field),
        };
        let fields: Fields = fields.map(keyed).collect();
        let batches = reading(TypedFormat::Parquet, || self.reader(&read, Some(rows.clone()), &fields))?;
        for batch in batches {
            if !take(with_few_words(&batch?)?)? {
                break;
            }
        }
        // Another task of the row group that is at work asks the page cache again.
        let chunks = self.footer().row_group(*group).columns().iter().map(|chunk| chunk.byte_range());
        for (start, length) in chunks {
            self.bytes.release(start..start.saturating_add(length));
        }
        Ok(())
    }
}

/// Whether a column with these statistics may have a value in a range, whose numbers count as the Arrow type says.
fn may_meet(
    statistics: &Statistics,
    leaf: &ColumnDescriptor,
    data_type: &DataType,
    range: &ValueRange,
) -> bool {
    // Old statistics are in an order that depends on their writer.
    if statistics.is_min_max_deprecated() {
        return true;
    }
    // What stands in the file must count as the Arrow type does, which a writer's hint may change.
    let unit = match leaf.logical_type_ref() {
        Some(LogicalType::Timestamp(timestamp)) => Some(match timestamp.unit {
            ParquetUnit::MILLIS => TimeUnit::Millisecond,
            ParquetUnit::MICROS => TimeUnit::Microsecond,
            ParquetUnit::NANOS => TimeUnit::Nanosecond,
        }),
        _ => None,
    };
    let is_same = match data_type {
        DataType::Timestamp(own, _) => unit == Some(*own),
        DataType::Date32 => leaf.converted_type() == ConvertedType::DATE,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => unit.is_none(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            leaf.converted_type() == ConvertedType::UTF8
        }
        _ => false,
    };
    match statistics {
        _ if !is_same => true,
        Statistics::Int32(it) => match (it.min_opt(), it.max_opt()) {
            (Some(low), Some(high)) => range.meets(i128::from(*low), i128::from(*high)),
            _ => true,
        },
        Statistics::Int64(it) => match (it.min_opt(), it.max_opt()) {
            (Some(low), Some(high)) => range.meets(i128::from(*low), i128::from(*high)),
            _ => true,
        },
        Statistics::ByteArray(it) => match (it.min_bytes_opt(), it.max_bytes_opt()) {
            (Some(low), Some(high)) => range.meets_text(low, high),
            _ => true,
        },
        _ => true,
    }
}

/// The schema with the times of INT96, which are these leaves of the file, in microseconds: they reach beyond
/// the years 1678 to 2261.
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

/// For each column of the table whether it is text, and all its values are in dictionaries.
fn keyed(metadata: &ArrowReaderMetadata) -> Vec<bool> {
    let (file, schema) = (metadata.metadata(), metadata.parquet_schema());
    let mut leaves: Vec<Option<usize>> = vec![None; metadata.schema().fields().len()];
    for leaf in (0..schema.num_columns()).rev() {
        if let Some(first) = leaves.get_mut(schema.get_column_root_idx(leaf)) {
            *first = Some(leaf);
        }
    }
    let is_keyed = |leaf: usize| {
        // Of JSON and of text that only Arrow's schema knows as such, the library makes dictionaries of bytes.
        schema.column(leaf).converted_type() == ConvertedType::UTF8
            && file.num_row_groups() > 0
            && file.row_groups().iter().all(|group| {
                let chunk = group.column(leaf);
                let pages = chunk.page_encoding_stats_mask();
                chunk.dictionary_page_offset().is_some()
                    && pages.is_some_and(|it| {
                        it.is_only(Encoding::RLE_DICTIONARY) || it.is_only(Encoding::PLAIN_DICTIONARY)
                    })
            })
    };
    let fields = metadata.schema().fields().iter().enumerate();
    fields
        .map(|(root, field)| *field.data_type() == DataType::Utf8 && leaves[root].is_some_and(is_keyed))
        .collect()
}

/// The batch with dictionaries that have no more words than its rows use, where those of the file have many:
/// what is done for each word would be done for each batch.
fn with_few_words(batch: &RecordBatch) -> Result<RecordBatch> {
    let few = |column: &ArrayRef| -> Result<ArrayRef> {
        let Some(keyed) = column.as_dictionary_opt::<Int32Type>() else { return Ok(Arc::clone(column)) };
        if keyed.values().len() * ROWS_PER_WORD <= keyed.len() {
            return Ok(Arc::clone(column));
        }
        let used = keyed.occupancy();
        let mut places = vec![0; keyed.values().len()];
        for (place, word) in (0..).zip(used.set_indices()) {
            places[word] = place;
        }
        let keys = keyed.keys().unary(|key| {
            // What stands where a key is null may be anything.
            usize::try_from(key).ok().and_then(|key| places.get(key).copied()).unwrap_or_default()
        });
        let words = filter(keyed.values(), &BooleanArray::new(used, None))?;
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, words)?))
    };
    if batch.columns().iter().all(|column| !matches!(column.data_type(), DataType::Dictionary(..))) {
        return Ok(batch.clone());
    }
    let columns = batch.columns().iter().map(few).collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// Bytes of each value of a column of fixed width; 0 for other columns.
fn width_of(leaf: &ColumnDescriptor) -> usize {
    match leaf.physical_type() {
        PhysicalType::FIXED_LEN_BYTE_ARRAY => usize::try_from(leaf.type_length()).unwrap_or(0),
        _ => 0,
    }
}

/// The bytes of the footer.
fn footer_of(bytes: &FileBytes) -> Result<bytes::Bytes> {
    let failed = |error| damaged(TypedFormat::Parquet, error);
    // Behind it stand its length in four bytes, and the mark of four.
    let end = bytes.len() - 8;
    let length = bytes.get_bytes(end, 4).map_err(failed)?;
    let length = length.first_chunk::<4>().map_or(0, |it| u32::from_le_bytes(*it));
    let start = end.checked_sub(u64::from(length)).ok_or_else(|| {
        damaged(TypedFormat::Parquet, format!("a footer that is said to have {length} bytes"))
    })?;
    bytes.get_bytes(start, length as usize).map_err(failed)
}

/// Whether all moments of these columns of INT96 are within the years that nanoseconds reach; if not, they
/// must have no digits below the microsecond, which is the finest that the other years have.
///
/// # Errors
/// [`Code::TypedFile`] if no unit holds all moments exactly.
fn fits_nanos(
    bytes: &FileBytes,
    metadata: &ParquetMetaData,
    columns: &[usize],
    workers: usize,
) -> Result<bool> {
    let groups = 0..metadata.num_row_groups();
    let chunks: Vec<(usize, usize)> =
        groups.flat_map(|group| columns.iter().map(move |column| (group, *column))).collect();
    let found = each(workers, chunks, |_, (group, column)| {
        reading(TypedFormat::Parquet, || reach_of(bytes, metadata, group, column))
    })?;
    let fits = found.iter().all(|(fits, _)| *fits);
    if !fits && found.iter().any(|(_, is_fine)| *is_fine) {
        let what = "times as INT96 have nanoseconds, and others are of years that nanoseconds in 64 bits don't reach";
        return Err(Error::new(Code::TypedFile, what)
            .help("write the times as microseconds, or leave the column out of the file"));
    }
    Ok(fits)
}

/// Whether nanoseconds reach all moments of a column chunk of INT96, and whether some have digits below the
/// microsecond.
fn reach_of(
    bytes: &FileBytes,
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
) -> Result<(bool, bool)> {
    const DAY_NANOS: i128 = 86_400_000_000_000;
    let failed = |error| damaged(TypedFormat::Parquet, error);
    let (mut fits, mut is_fine) = (true, false);
    let of = metadata.row_group(group).column(column).column_descr_ptr();
    let pages = pages(bytes, metadata, group, column).map_err(failed)?;
    let ColumnReader::Int96ColumnReader(mut reader) = get_column_reader(of, pages) else {
        return Ok((fits, is_fine));
    };
    let (mut values, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
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
            is_fine |= since_1970 % 1000 != 0;
        }
        if records == 0 {
            return Ok((fits, is_fine));
        }
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::arrow::ArrowWriter;
    use ::parquet::file::properties::WriterProperties;
    use arrow::array::StringArray;
    use arrow::compute::{cast, concat};
    use bytes::Bytes;

    use super::*;

    /// A file of rows in which `words` different words take turns; one of seven rows is null.
    fn file(words: usize, dictionary_bytes: usize) -> (ArrayRef, ParquetSource) {
        let word = |row: usize| (row % 7 != 3).then(|| format!("word {}", row * 7 % words));
        let array: ArrayRef = Arc::new((0..40_000).map(word).collect::<StringArray>());
        let batch = RecordBatch::try_from_iter([("word", Arc::clone(&array))]).unwrap();
        let properties = WriterProperties::builder()
            .set_dictionary_page_size_limit(dictionary_bytes)
            .set_max_row_group_row_count(Some(30_000))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let bytes = Bytes::from(writer.into_inner().unwrap());
        (array, ParquetSource::open(FileBytes::Mapped(bytes, None)).unwrap())
    }

    #[test]
    fn json_is_no_keyed_text() {
        let field = Field::new("json", DataType::Utf8, true);
        let json =
            ::parquet::schema::parser::parse_message_type("message m { OPTIONAL BYTE_ARRAY json (JSON); }");
        let schema = ::parquet::schema::types::SchemaDescriptor::new(Arc::new(json.unwrap()));
        let array: ArrayRef =
            Arc::new((0..1000).map(|row| Some(format!("{}", row % 3))).collect::<StringArray>());
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).unwrap();
        let options = ::parquet::arrow::arrow_writer::ArrowWriterOptions::new().with_parquet_schema(schema);
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        let bytes = Bytes::from(writer.into_inner().unwrap());
        let source = ParquetSource::open(FileBytes::Mapped(bytes, None)).unwrap();
        assert_eq!(source.metadata.parquet_schema().column(0).converted_type(), ConvertedType::JSON);
        assert!(!source.is_keyed(0));
        let mut rows = 0;
        source
            .read(0, &[0], &mut |batch| {
                rows += batch.num_rows();
                Ok(true)
            })
            .unwrap();
        assert_eq!(rows, 1000);
    }

    #[test]
    fn texts_that_are_all_in_dictionaries_come_as_keys_into_the_words_of_their_rows() {
        for (words, dictionary_bytes, is_keyed) in
            [(3, 1 << 20, true), (20_000, 1 << 20, true), (20_000, 64 << 10, false)]
        {
            let (array, source) = file(words, dictionary_bytes);
            assert_eq!(source.is_keyed(0), is_keyed, "{words}");
            assert!(!source.is_keyed(1));
            assert_eq!(*source.schema().field(0).data_type(), DataType::Utf8);
            let mut found: Vec<ArrayRef> = Vec::new();
            for task in 0..source.tasks() {
                let take = &mut |batch: RecordBatch| {
                    let column = batch.column(0);
                    assert_eq!(column.as_any_dictionary_opt().is_some(), is_keyed);
                    if let Some(keyed) = column.as_any_dictionary_opt() {
                        assert!(keyed.values().len() <= keyed.len());
                    }
                    found.push(cast(column, &DataType::Utf8)?);
                    Ok(true)
                };
                source.read(task, &[0], take).unwrap();
            }
            let found: Vec<&dyn Array> = found.iter().map(AsRef::as_ref).collect();
            assert_eq!(concat(&found).unwrap().as_ref(), array.as_ref());
        }
    }
}
