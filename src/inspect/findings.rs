//! Every affected row of every check as a Parquet file.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::checks::CHECKS;
use super::result::{Inspection, Places};
use crate::error::Result;
use crate::report::Report;

/// Rows of a batch.
const BATCH: usize = 65_536;

impl Inspection {
    /// Writes a row for each affected event of each check, by row and check: `check`, `severity`, `dimension`,
    /// `file`, `row` (from 1 within the file, malformed records counted), `byte` and `column`. The list is empty
    /// afterwards.
    ///
    /// # Errors
    /// If `out` can't be written, or a temporary file not read.
    pub fn write_findings(&mut self, report: &Report, out: impl Write + Send) -> Result<()> {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        let schema = Arc::new(Schema::new(vec![
            text("check", false),
            text("severity", false),
            text("dimension", false),
            text("file", true),
            Field::new("row", DataType::Int64, false),
            Field::new("byte", DataType::Int64, true),
            text("column", true),
        ]));
        let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
        let properties = WriterProperties::builder()
            .set_compression(zstd)
            .set_created_by(concat!("logflow ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
        let places = Places::of(report);
        let found = std::mem::take(&mut self.found);
        let mut waiting = Vec::with_capacity(BATCH);
        let (names, mut bytes) = (&self.names, self.bytes.reader());
        let mut batch = |rows: &mut Vec<super::found::FoundRow>| -> Result<RecordBatch> {
            let mut texts: [StringBuilder; 5] = std::array::from_fn(|_| StringBuilder::new());
            let mut numbers = Vec::with_capacity(rows.len());
            let mut starts = Vec::with_capacity(rows.len());
            for it in rows.drain(..) {
                let about = CHECKS[it.check as usize].about();
                let (file, row) = places.of_row(it.row);
                let [check, severity, dimension, files, columns] = &mut texts;
                check.append_value(about.id);
                severity.append_value(about.severity.name());
                dimension.append_value(about.dimension.name());
                files.append_option(file);
                columns.append_option(names.get(it.column as usize));
                numbers.push(i64::try_from(row).unwrap_or(i64::MAX));
                starts.push(bytes.of(it.row)?.and_then(|byte| i64::try_from(byte).ok()));
            }
            let [check, severity, dimension, file, column] =
                texts.map(|mut it| Arc::new(it.finish()) as ArrayRef);
            let row = Arc::new(Int64Array::from(numbers)) as ArrayRef;
            let byte = Arc::new(Int64Array::from(starts)) as ArrayRef;
            Ok(RecordBatch::try_new(
                Arc::clone(&schema),
                vec![check, severity, dimension, file, row, byte, column],
            )?)
        };
        found.each(|it| {
            waiting.push(it);
            if waiting.len() == BATCH {
                writer.write(&batch(&mut waiting)?)?;
            }
            Ok(())
        })?;
        if !waiting.is_empty() {
            writer.write(&batch(&mut waiting)?)?;
        }
        writer.close()?;
        Ok(())
    }
}
