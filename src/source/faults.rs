//! Damage of all kinds in small Parquet and Arrow files: byte by byte, and cut by cut.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int64Array, ListArray,
    RecordBatch, StringArray,
};
use arrow::datatypes::Int32Type;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};

use super::ipc::{ArrowFile, ArrowStream};
use super::parquet::{ParquetRead, ParquetSource};
use super::ranges::FileBytes;
use super::{TypedSource, hide_panics_of_damaged_files};
use crate::error::{Code, Result};

/// A few rows with a column of each kind that is stored in a way of its own.
fn batch() -> RecordBatch {
    let rows = 0..20_i64;
    let some = |row: i64| row % 3 != 1;
    let words: DictionaryArray<Int32Type> = rows.clone().map(|row| some(row).then_some("word")).collect();
    let lists = rows.clone().map(|row| some(row).then(|| vec![Some(row as i32), None]));
    let columns: [(&str, ArrayRef); 7] = [
        ("number", Arc::new(rows.clone().map(|row| some(row).then_some(row)).collect::<Int64Array>())),
        ("float", Arc::new(Float64Array::from_iter_values(rows.clone().map(|row| row as f64)))),
        ("text", Arc::new(StringArray::from_iter_values(rows.clone().map(|row| format!("text {row}"))))),
        ("word", Arc::new(words)),
        ("flag", Arc::new(BooleanArray::from_iter(rows.clone().map(|row| Some(row % 2 == 0))))),
        ("bytes", Arc::new(FixedSizeBinaryArray::try_from_iter(rows.map(|row| [row as u8; 5])).unwrap())),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn parquet(version: WriterVersion, codec: Compression, encoding: Encoding) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_compression(codec)
        .set_dictionary_enabled(encoding == Encoding::PLAIN)
        .set_column_encoding("text".into(), encoding)
        .set_max_row_group_row_count(Some(12))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch().schema(), Some(properties)).unwrap();
    writer.write(&batch()).unwrap();
    writer.into_inner().unwrap()
}

fn ipc_options(codec: Option<CompressionType>) -> IpcWriteOptions {
    IpcWriteOptions::default().try_with_compression(codec).unwrap()
}

fn arrow_file(codec: Option<CompressionType>) -> Vec<u8> {
    let schema = batch().schema();
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, ipc_options(codec)).unwrap();
    writer.write(&batch()).unwrap();
    writer.into_inner().unwrap()
}

fn arrow_stream(codec: Option<CompressionType>) -> Vec<u8> {
    let schema = batch().schema();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, ipc_options(codec)).unwrap();
    writer.write(&batch()).unwrap();
    writer.into_inner().unwrap()
}

/// Reads all rows of a source.
fn rows_of(source: &dyn TypedSource) -> Result<usize> {
    let columns: Vec<usize> = (0..source.schema().fields().len()).collect();
    let mut rows = 0;
    for task in 0..source.tasks() {
        source.read(task, &columns, &mut |batch| {
            rows += batch.num_rows();
            Ok(true)
        })?;
    }
    Ok(rows)
}

fn read_parquet(bytes: &[u8]) -> Result<usize> {
    let file = ParquetSource::open(FileBytes::Mapped(Bytes::copy_from_slice(bytes)))?;
    let rows = rows_of(&file)?;
    let batches = file.batches(&ParquetRead::all(7))?;
    let again = batches.map(|batch| batch.map(|it| it.num_rows())).sum::<Result<usize>>()?;
    assert_eq!(rows, again);
    Ok(rows)
}

fn read_file(bytes: &[u8]) -> Result<usize> {
    rows_of(&ArrowFile::open(FileBytes::Mapped(Bytes::copy_from_slice(bytes)))?)
}

fn read_stream(bytes: &[u8]) -> Result<usize> {
    rows_of(&ArrowStream::open(Box::new(Cursor::new(bytes.to_vec())), Some(bytes.len() as u64))?)
}

fn read_pipe(bytes: &[u8]) -> Result<usize> {
    rows_of(&ArrowStream::open(Box::new(Cursor::new(bytes.to_vec())), None)?)
}

/// Reads a file with each `step`th of its bytes changed in turn, with four of them as large as can be, and
/// cut there.
fn damage(whole: &[u8], step: usize, read: &dyn Fn(&[u8]) -> Result<usize>) {
    hide_panics_of_damaged_files();
    assert_eq!(read(whole).unwrap(), 20);
    let judge = |bytes: &[u8], what: &str, at: usize| {
        if let Err(error) = read(bytes) {
            assert_eq!(error.code(), Code::TypedFile, "{what} at {at}: {error}");
        }
    };
    let mut bytes = whole.to_vec();
    for at in (0..whole.len()).step_by(step) {
        for mask in [0x01, 0x80, 0xFF] {
            bytes[at] ^= mask;
            judge(&bytes, "another byte", at);
            bytes[at] = whole[at];
        }
        let end = (at + 4).min(whole.len());
        for value in [0x7F, 0xFF] {
            bytes[at..end].fill(value);
            judge(&bytes, "a large number", at);
            bytes[at..end].copy_from_slice(&whole[at..end]);
        }
        judge(&whole[..at], "a cut", at);
    }
}

#[test]
fn parquet_of_version_1_with_any_byte_damaged_is_read_or_an_error() {
    damage(
        &parquet(WriterVersion::PARQUET_1_0, Compression::UNCOMPRESSED, Encoding::PLAIN),
        1,
        &read_parquet,
    );
}

#[test]
fn parquet_of_version_2_with_any_byte_damaged_is_read_or_an_error() {
    let delta = Encoding::DELTA_BYTE_ARRAY;
    damage(&parquet(WriterVersion::PARQUET_2_0, Compression::UNCOMPRESSED, delta), 1, &read_parquet);
}

#[test]
fn packed_parquet_with_any_byte_damaged_is_read_or_an_error() {
    let lengths = Encoding::DELTA_LENGTH_BYTE_ARRAY;
    for codec in [
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ] {
        damage(&parquet(WriterVersion::PARQUET_1_0, codec, lengths), 5, &read_parquet);
    }
}

#[test]
fn arrow_files_with_any_byte_damaged_are_read_or_an_error() {
    for codec in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        damage(&arrow_file(codec), 1, &read_file);
    }
}

#[test]
fn arrow_streams_with_any_byte_damaged_are_read_or_an_error() {
    for codec in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        damage(&arrow_stream(codec), 1, &read_stream);
    }
    damage(&arrow_stream(None), 1, &read_pipe);
}
