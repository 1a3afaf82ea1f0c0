//! Rows of one table that come in handfuls: gathered in file order until they are worth a row group.

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use super::row_group::{EncodedRowGroup, RowGroupFactory};
use crate::error::{Code, Error, Result};

/// Bytes of arrays that make a row group of gathered rows.
pub const ENOUGH: usize = 4 << 20;
/// Bytes of arrays that are too few for a row group, however many tables wait.
pub const FEW: usize = 256 << 10;

/// Small batches of about the same size that become one.
const MANY: usize = 8;
/// Bytes below which a batch is small.
const SMALL: usize = 16 << 10;
/// Bytes that a batch takes beside its values, about.
const BATCH: usize = 3 << 10;

/// Bytes of a batch's values. Follows from the values alone, so that what is decided by it is the same in
/// every run.
fn bytes_of(batch: &RecordBatch) -> usize {
    let bytes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    // An array whose size can't be told counts by its rows.
    bytes.map(|bytes| bytes.unwrap_or(batch.num_rows() * 16)).sum()
}

/// Rows that wait until a row group is full.
#[derive(Debug, Default)]
pub struct GatheredRows {
    batches: Vec<RecordBatch>,
    /// Bytes of each, and of all, as they came.
    sizes: Vec<usize>,
    bytes: usize,
}

impl GatheredRows {
    /// Number of bytes that the waiting rows take up.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of memory that they take, about: of many small batches it is more than their values.
    pub fn held(&self) -> usize {
        self.bytes + self.batches.len() * BATCH
    }

    /// Whether no rows are waiting.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Adds a batch behind those before; gives its bytes.
    ///
    /// # Errors
    /// If its columns are others.
    pub fn add(&mut self, batch: RecordBatch) -> Result<usize> {
        let bytes = bytes_of(&batch);
        self.push(batch, bytes)?;
        Ok(bytes)
    }

    /// Adds what was gathered elsewhere behind those before.
    ///
    /// # Errors
    /// As [`GatheredRows::add`].
    pub fn join(&mut self, later: Self) -> Result<()> {
        later.batches.into_iter().zip(later.sizes).try_for_each(|(batch, bytes)| self.push(batch, bytes))
    }

    fn push(&mut self, batch: RecordBatch, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        self.batches.push(batch);
        self.sizes.push(bytes);
        self.join_small()
    }

    /// Makes one of the last batches if they are small and about as large as each other, as counting up
    /// carries digits: each row is copied a few times.
    fn join_small(&mut self) -> Result<()> {
        while let Some(first) = self.batches.len().checked_sub(MANY) {
            let bytes: usize = self.sizes[first..].iter().sum();
            if bytes >= MANY * SMALL || self.sizes[first] * 2 > bytes {
                return Ok(());
            }
            self.join_from(first)?;
        }
        Ok(())
    }

    /// Makes one batch of those from `first` on.
    fn join_from(&mut self, first: usize) -> Result<()> {
        if let [one, _, ..] = &self.batches[first..] {
            let joined = concat_batches(&one.schema(), &self.batches[first..])?;
            let bytes = self.sizes.drain(first..).sum();
            self.batches.truncate(first);
            self.batches.push(joined);
            self.sizes.push(bytes);
        }
        Ok(())
    }

    /// Makes one batch of all if they are small.
    ///
    /// # Errors
    /// As [`GatheredRows::add`].
    pub fn join_if_small(&mut self) -> Result<()> {
        if self.bytes < self.batches.len() * SMALL { self.join_from(0) } else { Ok(()) }
    }

    /// All of them, which wait no longer.
    pub fn take(&mut self) -> Vec<RecordBatch> {
        std::mem::take(self).batches
    }

    /// All of them as bytes, to wait elsewhere.
    ///
    /// # Errors
    /// If there are none, or of types that have no such form.
    pub fn take_written(&mut self) -> Result<Vec<u8>> {
        self.join_from(0)?;
        let nothing = || Error::new(Code::Internal, "there are no rows to remove");
        let batch = self.take().pop().ok_or_else(nothing)?;
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
        writer.write(&batch)?;
        Ok(writer.into_inner()?)
    }
}

/// The rows that were [written](GatheredRows::take_written).
///
/// # Errors
/// If these are not their bytes.
pub fn read_written(bytes: &[u8]) -> Result<Vec<RecordBatch>> {
    Ok(StreamReader::try_new(bytes, None)?.collect::<std::result::Result<_, _>>()?)
}

/// Rows as one row group.
pub fn encode(batches: Vec<RecordBatch>, factory: &RowGroupFactory) -> Result<EncodedRowGroup> {
    let mut encoder = factory.encoder()?;
    for batch in batches {
        encoder.write(&batch)?;
    }
    let group = encoder.close()?;
    // It will be long until the next, and there are many tables.
    factory.trim();
    Ok(group)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, DictionaryArray, Int64Array, StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    /// A batch of two rows of a table with a dictionary, a null and a time; each has words of its own.
    fn batch(number: i64) -> RecordBatch {
        let own = format!("own {number}");
        let words: DictionaryArray<Int32Type> = [Some("shared"), Some(&*own)].into_iter().collect();
        let columns: [(&str, ArrayRef); 4] = [
            ("words", Arc::new(words)),
            ("text", Arc::new(StringArray::from(vec![Some(own.as_str()), None]))),
            ("number", Arc::new(Int64Array::from(vec![number, -number]))),
            ("time", Arc::new(TimestampMicrosecondArray::from(vec![number, 0]).with_timezone("UTC"))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    }

    /// All rows in one batch, which is equal to another if its values are, in whatever dictionaries.
    fn whole(batches: &[RecordBatch]) -> RecordBatch {
        concat_batches(&batches[0].schema(), batches).unwrap()
    }

    #[test]
    fn small_batches_become_few_and_keep_rows_and_count() {
        let batches: Vec<_> = (0..1000).map(batch).collect();
        let mut gathered = GatheredRows::default();
        let mut bytes = 0;
        for batch in &batches {
            bytes += bytes_of(batch);
            gathered.add(batch.clone()).unwrap();
            assert!(gathered.batches.len() <= 3 * MANY && gathered.bytes() == bytes);
        }
        let mut joined = GatheredRows::default();
        joined.join(gathered).unwrap();
        joined.join(GatheredRows::default()).unwrap();
        assert_eq!(joined.bytes(), bytes);
        assert_eq!(whole(&joined.take()), whole(&batches));
        assert!(joined.is_empty() && joined.bytes() == 0);
    }

    #[test]
    fn rows_that_were_put_away_come_back() {
        let batches: Vec<_> = (0..40).map(batch).collect();
        let mut gathered = GatheredRows::default();
        for batch in &batches {
            gathered.add(batch.clone()).unwrap();
        }
        let written = gathered.take_written().unwrap();
        assert!(gathered.is_empty());
        let read = read_written(&written).unwrap();
        assert_eq!(whole(&read), whole(&batches));
        assert!(read_written(&written[..written.len() / 2]).is_err());
        assert_eq!(gathered.take_written().unwrap_err().code(), Code::Internal);
    }
}
