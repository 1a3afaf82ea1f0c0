//! One row group: record batches in, encoded and compressed column chunks out, all on the worker's own
//! thread.
//!
//! Flat columns go to our own [encoder](super::chunk), the rest to the library's. What an encoder needs is
//! lent to it from a pool and comes back when it is done: there are as many as row groups under way at once,
//! whatever the number of columns or row groups.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::SchemaDescPtr;

use super::chunk::compress::Compressor;
use super::chunk::splice::Chunk;
use super::chunk::{ChunkEncoder, PageScratch};
use super::page_store::Spill;
use crate::error::Result;

/// A finished row group, not yet in a file. Owns all it holds: it crosses from worker to merger.
pub struct EncodedRowGroup {
    /// Number of rows in the row group.
    pub rows: u64,
    /// One chunk for each leaf column, in the schema's order.
    pub chunks: Vec<EncodedChunk>,
}

/// A finished column chunk.
pub enum EncodedChunk {
    /// By our own encoder.
    Own(Box<Chunk>),
    /// Encoded by the parquet crate.
    Twin(Box<ArrowColumnChunk>),
}

impl EncodedChunk {
    /// Puts it behind the columns before.
    pub fn append_to<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> parquet::errors::Result<()> {
        match self {
            Self::Own(chunk) => chunk.append_to(group),
            Self::Twin(chunk) => chunk.append_to_row_group(group),
        }
    }
}

/// Encoders and page buffers of the row group that one thread is writing.
struct EncoderSet {
    scratch: PageScratch,
    /// For each field; `None` for those that the library encodes.
    columns: Vec<Option<ChunkEncoder>>,
}

/// Encoder sets that no row group uses at the moment.
type Pool = Arc<Mutex<Vec<EncoderSet>>>;

/// Makes encoders that agree with one output file; shared by the workers.
#[derive(Debug)]
pub struct RowGroupFactory {
    schema: SchemaRef,
    inner: ArrowRowGroupWriterFactory,
    descriptor: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    spill: Arc<Spill>,
    pool: Pool,
}

impl std::fmt::Debug for EncoderSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncoderSet").finish_non_exhaustive()
    }
}

impl RowGroupFactory {
    /// Encoders for batches of `schema`, which the file holds as `descriptor` says. `inner` makes the
    /// library's writers.
    pub fn new(
        schema: SchemaRef,
        descriptor: SchemaDescPtr,
        properties: WriterPropertiesPtr,
        spill: Arc<Spill>,
        inner: ArrowRowGroupWriterFactory,
    ) -> Self {
        Self { schema, inner, descriptor, properties, spill, pool: Pool::default() }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// An encoder for one row group.
    pub fn encoder(&self) -> Result<RowGroupEncoder> {
        let free = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let encoders = match free {
            Some(encoders) => Some(encoders),
            None => self.encoders()?,
        };
        let own = |field: usize| encoders.as_ref().is_some_and(|encoders| encoders.columns[field].is_some());
        let fields = self.schema.fields().len();
        let mut twins: Vec<Vec<ArrowColumnWriter>> = (0..fields).map(|_| Vec::new()).collect();
        if !(0..fields).all(own) {
            // The index matters to encrypted files only, and these are not.
            for (leaf, writer) in self.inner.create_column_writers(0)?.into_iter().enumerate() {
                let field = self.descriptor.get_column_root_idx(leaf);
                if !own(field) {
                    twins[field].push(writer);
                }
            }
        }
        Ok(RowGroupEncoder {
            schema: Arc::clone(&self.schema),
            pool: Arc::clone(&self.pool),
            encoders,
            twins,
            rows: 0,
        })
    }

    /// Gives back the memory of encoders that nobody uses just now.
    pub fn trim(&self) {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A new encoder set, if our own encoder supports the codec.
    fn encoders(&self) -> Result<Option<EncoderSet>> {
        let Some(first) = self.descriptor.columns().first() else { return Ok(None) };
        let Some(compressor) = Compressor::new(self.properties.compression(first.path()))? else {
            return Ok(None);
        };
        let mut columns: Vec<Option<ChunkEncoder>> = Vec::with_capacity(self.schema.fields().len());
        for (leaf, descriptor) in self.descriptor.columns().iter().enumerate() {
            let field = self.descriptor.get_column_root_idx(leaf);
            if field == columns.len() {
                let data_type = self.schema.field(field).data_type();
                columns.push(ChunkEncoder::new(data_type, descriptor, &self.properties, &self.spill));
            }
        }
        Ok(Some(EncoderSet { scratch: PageScratch::new(compressor), columns }))
    }
}

/// Encodes the batches of one row group.
pub struct RowGroupEncoder {
    schema: SchemaRef,
    pool: Pool,
    encoders: Option<EncoderSet>,
    /// For each field the library's writers, none for those of our own.
    twins: Vec<Vec<ArrowColumnWriter>>,
    rows: u64,
}

impl RowGroupEncoder {
    /// Encodes the rows of a batch, whose columns match the schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let Self { schema, encoders, twins, .. } = self;
        for (index, (field, array)) in schema.fields().iter().zip(batch.columns()).enumerate() {
            if let Some(EncoderSet { scratch, columns }) = encoders
                && let Some(column) = &mut columns[index]
            {
                column.write(array, scratch)?;
                continue;
            }
            for (writer, leaf) in twins[index].iter_mut().zip(compute_leaves(field, array)?) {
                writer.write(&leaf)?;
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Number of rows encoded so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Finishes all column chunks of the row group.
    pub fn close(mut self) -> Result<EncodedRowGroup> {
        let mut chunks = Vec::with_capacity(self.twins.len());
        for (index, writers) in std::mem::take(&mut self.twins).into_iter().enumerate() {
            if let Some(EncoderSet { scratch, columns }) = &mut self.encoders
                && let Some(column) = &mut columns[index]
            {
                chunks.push(EncodedChunk::Own(Box::new(column.close(scratch)?)));
            }
            for writer in writers {
                chunks.push(EncodedChunk::Twin(Box::new(writer.close()?)));
            }
        }
        Ok(EncodedRowGroup { rows: self.rows, chunks })
    }
}

impl Drop for RowGroupEncoder {
    /// Returns the encoder set to the pool, cleared, because a row group may be abandoned at any point.
    fn drop(&mut self) {
        if let Some(mut encoders) = self.encoders.take() {
            encoders.scratch.shrink();
            encoders.columns.iter_mut().flatten().for_each(ChunkEncoder::clear);
            self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(encoders);
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, ListArray, StringArray, StructArray};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;

    use super::*;
    use crate::budget::Ration;
    use crate::encode::output::Replace;
    use crate::encode::parquet::TableWriter;

    fn batch() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let lists = vec![Some(vec![Some(1), None]), None, Some(vec![])];
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists));
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "b"]));
        let field = |name: &str, data_type: DataType| Arc::new(Field::new(name, data_type, true));
        let pairs = StructArray::from(vec![
            (field("x", DataType::Int64), Arc::clone(&numbers)),
            (field("y", DataType::Utf8), Arc::clone(&text)),
        ]);
        let pairs: ArrayRef = Arc::new(pairs);
        let columns = [("numbers", numbers), ("lists", lists), ("pairs", pairs), ("text", text)];
        let fields: Vec<_> =
            columns.iter().map(|(name, array)| field(name, array.data_type().clone())).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    /// Writes two row groups and gives, for each leaf, whether the chunk is ours.
    fn written(codec: Compression) -> Vec<bool> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let batch = batch();
        let properties = WriterProperties::builder().set_compression(codec).build();
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(100)), folder.path().into()));
        let (mut writer, factory) =
            TableWriter::create(&path, Replace::Never, batch.schema(), properties, spill).unwrap();
        let mut own = Vec::new();
        for _ in 0..2 {
            let mut encoder = factory.encoder().unwrap();
            encoder.write(&batch).unwrap();
            // Given up: nothing of it may be in the next.
            drop(encoder);
            let mut encoder = factory.encoder().unwrap();
            encoder.write(&batch.slice(0, 1)).unwrap();
            encoder.write(&batch.slice(1, 2)).unwrap();
            let group = encoder.close().unwrap();
            own = group.chunks.iter().map(|chunk| matches!(chunk, EncodedChunk::Own(_))).collect();
            writer.append(group).unwrap();
        }
        writer.finish(Vec::new()).unwrap().commit().unwrap();
        assert_eq!(factory.pool.lock().unwrap().len(), usize::from(own.contains(&true)));
        let file = std::fs::File::open(&path).unwrap();
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(3).build().unwrap();
        let found: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|found| found.columns() == batch.columns()));
        own
    }

    #[test]
    fn nested_columns_are_encoded_by_the_library() {
        for codec in [Compression::UNCOMPRESSED, Compression::ZSTD(Default::default())] {
            assert_eq!(written(codec), [true, false, false, false, true]);
        }
    }

    #[test]
    fn other_codecs_go_to_the_library() {
        for codec in [Compression::SNAPPY, Compression::LZ4_RAW, Compression::GZIP(Default::default())] {
            assert_eq!(written(codec), [false; 5]);
        }
    }
}
