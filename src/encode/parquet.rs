//! One Parquet file: row groups are spliced in order, then the footer.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::file::metadata::{KeyValue, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::output::{OutputFile, Replace};
use super::page_store::{Spill, SpillFactory};
use super::row_group::{EncodedRowGroup, RowGroupFactory};
use crate::error::{Code, Error, Result};

/// Writes the row groups of one table.
pub struct TableWriter {
    writer: SerializedFileWriter<BufWriter<OutputSink>>,
    output: Arc<OutputFile>,
    rows: u64,
    row_groups: u64,
}

/// The writer's hold on the output, which stays ours to commit.
struct OutputSink(Arc<OutputFile>);

/// Pages are copied to the file 8 kB at a time; so many bytes at once save the system call for each.
const WRITE: usize = 128 << 10;

impl Write for OutputSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TableWriter {
    /// Begins the file, and makes the factory for its row groups.
    pub fn create(
        path: &Path,
        replace: Replace,
        schema: SchemaRef,
        properties: WriterProperties,
        spill: Arc<Spill>,
    ) -> Result<(Self, RowGroupFactory)> {
        let output = Arc::new(OutputFile::create(path, replace)?);
        // No copy of the Arrow schema in the footer: Parquet's own types say the same, and readers agree on
        // them.
        let descriptor = ArrowSchemaConverter::new().with_coerce_types(false).convert(&schema)?;
        let writer = SerializedFileWriter::new(
            BufWriter::with_capacity(WRITE, OutputSink(Arc::clone(&output))),
            descriptor.root_schema_ptr(),
            Arc::new(properties),
        )?;
        let inner = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema))
            .with_page_store_factory(Arc::new(SpillFactory(Arc::clone(&spill))));
        let descriptor = Arc::new(descriptor);
        let factory = RowGroupFactory::new(schema, descriptor, Arc::clone(writer.properties()), spill, inner);
        Ok((Self { writer, output, rows: 0, row_groups: 0 }, factory))
    }

    /// Splices a row group behind those before; its memory is given back page by page.
    pub fn append(&mut self, group: EncodedRowGroup) -> Result<()> {
        self.rows += group.rows;
        self.row_groups += 1;
        let append = || -> std::result::Result<(), parquet::errors::ParquetError> {
            let mut row_group = self.writer.next_row_group()?;
            for chunk in group.chunks {
                chunk.append_to(&mut row_group)?;
            }
            row_group.close()?;
            Ok(())
        };
        append().map_err(|error| Error::from(error).in_file(self.output.path()))?;
        self.output.begin_writeback();
        Ok(())
    }

    /// Rows spliced so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Row groups spliced so far.
    pub fn row_groups(&self) -> u64 {
        self.row_groups
    }

    /// Writes the footer with `metadata` and gives back the file, ready to commit.
    ///
    /// # Errors
    /// Also when the file, read again, has not the rows that were spliced.
    pub fn finish(mut self, metadata: Vec<(String, String)>) -> Result<FinishedTable> {
        for (key, value) in metadata {
            self.writer.append_key_value_metadata(KeyValue::new(key, value));
        }
        let path = self.output.path().to_owned();
        self.writer.close().map_err(|error| Error::from(error).in_file(&path))?;
        let Some(output) = Arc::into_inner(self.output) else {
            return Err(Error::new(Code::Internal, "the writer still holds the closed file"));
        };
        check_rows(output.file(), self.rows).map_err(|error| error.in_file(&path))?;
        Ok(FinishedTable(output))
    }
}

/// A whole Parquet file that has not appeared yet.
#[derive(Debug)]
pub struct FinishedTable(OutputFile);

impl FinishedTable {
    /// Size of the file in bytes.
    pub fn bytes(&self) -> Result<u64> {
        let metadata = self.0.file().metadata();
        metadata.map(|it| it.len()).map_err(|error| Error::io(Code::OutputWrite, self.0.path(), &error))
    }

    /// The file, to be read back.
    pub fn file(&self) -> &File {
        self.0.file()
    }

    /// Moves the finished file to its path.
    pub fn commit(self) -> Result<()> {
        self.0.commit()
    }

    /// The same in a folder that is synced as a whole.
    pub fn commit_unsynced(self) -> Result<()> {
        self.0.commit_unsynced()
    }
}

/// Reads the footer back: what the disk holds must be what was meant.
fn check_rows(file: &File, expected: u64) -> Result<()> {
    let footer = ParquetMetaDataReader::new().parse_and_finish(file)?;
    let found = footer.file_metadata().num_rows();
    if u64::try_from(found) == Ok(expected) {
        return Ok(());
    }
    Err(Error::new(
        Code::OutputWrite,
        format!("wrote {expected} rows, but the file contains {found} when it is read back"),
    ))
}
