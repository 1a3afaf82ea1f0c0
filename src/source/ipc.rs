//! Arrow IPC: files, whose record batches are tasks, and streams, which are one task.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::ipc::Block;
use arrow::ipc::reader::{FileDecoder, FileReader, StreamReader};

use parquet::file::reader::ChunkReader;

use super::ipc_frames::{FileFrames, Frames, check_file, own_error};
use super::ranges::FileBytes;
use super::{BATCH_ROWS, TypedFormat, TypedSource, damaged, reading};
use crate::error::{Code, Error, Result};
use crate::mmap::Identity;
use crate::model::warning::{Warning, WarningCode};

/// An Arrow IPC file that can be read at any place.
pub struct ArrowFile {
    bytes: FileBytes,
    schema: SchemaRef,
    frames: FileFrames,
    /// What decodes batches to the columns that were asked for last, with the dictionaries of the file: all
    /// tasks of a run ask for the same.
    decoder: Mutex<Option<(Vec<usize>, Arc<FileDecoder>)>>,
}

impl ArrowFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged.
    pub fn open(bytes: FileBytes) -> Result<Self> {
        reading(TypedFormat::ArrowFile, || {
            let whole = bytes.whole()?;
            let frames = check_file(&whole)?;
            let reader = FileReader::try_new(Cursor::new(whole), None);
            let schema = reader.map_err(|error| damaged(TypedFormat::ArrowFile, error))?.schema();
            Ok(Self { bytes: bytes.clone(), schema, frames, decoder: Mutex::default() })
        })
    }

    /// The same file, which is open only while a message is read, as one of many.
    #[must_use]
    pub fn parked(self, path: &Path, identity: Identity) -> Self {
        Self { bytes: FileBytes::Parked(path.into(), identity), ..self }
    }

    /// The bytes of a message, copied: what was checked must not change under what decodes it.
    fn message(&self, block: &Block) -> Result<Buffer> {
        let length = i64::from(block.metaDataLength()).checked_add(block.bodyLength());
        let place = u64::try_from(block.offset()).ok().zip(length.and_then(|it| usize::try_from(it).ok()));
        let beyond = || damaged(TypedFormat::ArrowFile, "a message beyond the file's end");
        let (at, length) = place.ok_or_else(beyond)?;
        let bytes = self.bytes.at_hand()?.get_bytes(at, length).map_err(|_| beyond())?;
        Ok(Buffer::from(&*bytes))
    }

    /// What decodes batches to these columns.
    fn decoder(&self, columns: &[usize]) -> Result<Arc<FileDecoder>> {
        let mut known = self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, decoder)) = &*known
            && of == columns
        {
            return Ok(Arc::clone(decoder));
        }
        let decoder = FileDecoder::new(Arc::clone(&self.schema), self.frames.version);
        let mut decoder = decoder.with_projection(columns.to_vec());
        for block in &self.frames.dictionaries {
            let read = decoder.read_dictionary(block, &self.message(block)?);
            read.map_err(|error| damaged(TypedFormat::ArrowFile, error))?;
        }
        let decoder = Arc::new(decoder);
        *known = Some((columns.to_vec(), Arc::clone(&decoder)));
        Ok(decoder)
    }
}

impl TypedSource for ArrowFile {
    fn format(&self) -> TypedFormat {
        TypedFormat::ArrowFile
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn metadata(&self) -> Vec<(String, String)> {
        entries(&self.schema)
    }

    fn tasks(&self) -> usize {
        self.frames.batches.len()
    }

    fn read(
        &self,
        task: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let batch = reading(TypedFormat::ArrowFile, || {
            let failed = |error| damaged(TypedFormat::ArrowFile, error);
            let block = &self.frames.batches[task];
            self.decoder(columns)?.read_record_batch(block, &self.message(block)?).map_err(failed)
        })?;
        let Some(batch) = batch else {
            return Err(damaged(TypedFormat::ArrowFile, format!("record batch {task} is not there")));
        };
        in_pieces(&batch, take).map(|_| ())
    }
}

/// Reads the messages of a stream, each of which was looked at before.
type Messages = StreamReader<Frames<Box<dyn Read + Send>>>;

/// An Arrow IPC stream, which is read once.
pub struct ArrowStream {
    reader: Mutex<Option<Messages>>,
    schema: SchemaRef,
    /// Whether the stream ended without its mark.
    is_open_ended: AtomicBool,
}

impl ArrowStream {
    /// Reads the schema, with which a stream begins; of a file the length is known.
    ///
    /// # Errors
    /// [`Code::TypedFile`] if it is damaged.
    pub fn open(bytes: Box<dyn Read + Send>, length: Option<u64>) -> Result<Self> {
        reading(TypedFormat::ArrowStream, || {
            let reader = StreamReader::try_new(Frames::new(bytes, length), None).map_err(own_error)?;
            let is_open_ended = AtomicBool::new(false);
            Ok(Self { schema: reader.schema(), reader: Mutex::new(Some(reader)), is_open_ended })
        })
    }
}

impl TypedSource for ArrowStream {
    fn format(&self) -> TypedFormat {
        TypedFormat::ArrowStream
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn metadata(&self) -> Vec<(String, String)> {
        entries(&self.schema)
    }

    fn warnings(&self) -> Vec<Warning> {
        let what = "the stream ends without its end mark, so it cannot be told whether batches are missing";
        let warning = || {
            Warning::new(WarningCode::NoEndMark, what)
                .help("check that what wrote the stream came to its end")
        };
        self.is_open_ended.load(Ordering::Relaxed).then(warning).into_iter().collect()
    }

    fn tasks(&self) -> usize {
        1
    }

    fn read(
        &self,
        _: usize,
        columns: &[usize],
        take: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut reader) = reader else {
            return Err(Error::new(Code::Internal, "a stream is read twice"));
        };
        loop {
            let next = reading(TypedFormat::ArrowStream, || {
                let next = reader.next().transpose();
                next.map_err(own_error)
            })?;
            match next {
                Some(batch) if in_pieces(&batch.project(columns)?, take)? => {}
                Some(_) => return Ok(()),
                None => {
                    let is_ended = reader.get_mut().finish()?;
                    self.is_open_ended.store(!is_ended, Ordering::Relaxed);
                    return Ok(());
                }
            }
        }
    }
}

/// Metadata of a schema, in the order of the keys.
fn entries(schema: &SchemaRef) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> =
        schema.metadata().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    entries.sort();
    entries
}

/// Gives a batch in pieces of the usual size, for writers make batches of any size; false if no more is
/// wanted.
fn in_pieces(batch: &RecordBatch, take: &mut dyn FnMut(RecordBatch) -> Result<bool>) -> Result<bool> {
    for start in (0..batch.num_rows()).step_by(BATCH_ROWS) {
        if !take(batch.slice(start, BATCH_ROWS.min(batch.num_rows() - start)))? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::ipc::CompressionType;
    use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

    use super::*;

    /// A batch of numbers that compress well.
    fn batch() -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![7; 1000]))]).unwrap()
    }

    fn options(compression: Option<CompressionType>) -> IpcWriteOptions {
        IpcWriteOptions::default().try_with_compression(compression).unwrap()
    }

    /// Two batches as a stream.
    fn stream(compression: Option<CompressionType>) -> Vec<u8> {
        let mut writer =
            StreamWriter::try_new_with_options(Vec::new(), &batch().schema(), options(compression)).unwrap();
        writer.write(&batch()).unwrap();
        writer.write(&batch()).unwrap();
        writer.into_inner().unwrap()
    }

    fn file(compression: Option<CompressionType>) -> Vec<u8> {
        let mut writer =
            FileWriter::try_new_with_options(Vec::new(), &batch().schema(), options(compression)).unwrap();
        writer.write(&batch()).unwrap();
        writer.into_inner().unwrap()
    }

    /// The rows of a stream, and whether there is a warning about its end.
    fn read(bytes: &[u8]) -> Result<(usize, bool)> {
        let source = ArrowStream::open(Box::new(Cursor::new(bytes.to_vec())), None)?;
        let mut rows = 0;
        source.read(0, &[0], &mut |batch| {
            rows += batch.num_rows();
            Ok(true)
        })?;
        Ok((rows, !source.warnings().is_empty()))
    }

    #[test]
    fn a_stream_that_is_cut_is_an_error_or_has_a_warning_at_every_cut() {
        for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
            let whole = stream(compression);
            assert_eq!(read(&whole).unwrap(), (2000, false));
            let mut read_in_part = 0;
            for cut in 0..whole.len() {
                match read(&whole[..cut]) {
                    Ok((rows, is_told)) => {
                        assert!(is_told && rows <= 2000, "{cut}");
                        read_in_part += 1;
                    }
                    Err(error) => assert_eq!(error.code(), Code::TypedFile, "{cut}: {error}"),
                }
            }
            // Behind the schema and behind each batch the format allows an end.
            assert_eq!(read_in_part, 3);
        }
    }

    #[test]
    fn what_follows_the_end_of_a_stream_is_an_error() {
        let whole = stream(None);
        for behind in [&whole[..], b"x", &[0; 8]] {
            let error = read(&[&whole, behind].concat()).unwrap_err();
            assert!(error.code() == Code::TypedFile && error.what().contains("behind the end"), "{error}");
        }
    }

    #[test]
    fn a_buffer_that_is_said_to_unpack_to_more_than_a_machine_has_is_an_error() {
        for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
            let length = 8000_i64.to_le_bytes();
            for (mut bytes, is_file) in [(stream(Some(compression)), false), (file(Some(compression)), true)]
            {
                let at = bytes.windows(8).rposition(|window| window == length).unwrap();
                for declared in [1_i64 << 62, (4 << 30) + 1, i64::MIN, -2] {
                    bytes[at..at + 8].copy_from_slice(&declared.to_le_bytes());
                    let error = match is_file {
                        true => ArrowFile::open(FileBytes::Mapped(bytes.clone().into(), None))
                            .map(|_| ())
                            .unwrap_err(),
                        false => read(&bytes).map(|_| ()).unwrap_err(),
                    };
                    assert!(error.code() == Code::TypedFile && error.what().contains("unpack"), "{error}");
                }
            }
        }
    }
}
