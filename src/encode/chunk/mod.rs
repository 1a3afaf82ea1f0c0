//! Encodes the rows of one flat column into the pages of a column chunk.
//!
//! ```text
//! array -> values in their encoding (flag, fixed, text; dictionary, delta, rle, bits)
//!       -> levels (who is null), statistics (least and largest)
//!       -> page: levels, values, compressed by the worker's one context, header before them -> store
//! chunk -> splice: pages into the file, what the footer says of them
//! ```
//!
//! The library's own writer does the same and stays as the twin for other codecs, for nested columns and in
//! tests. It hashes and compares every row, and holds two compression contexts for each column. This one
//! looks once at each run of equal keys, and its columns share one context.

pub mod bits;
pub mod compress;
pub mod delta;
pub mod dictionary;
pub mod fixed;
pub mod flag;
pub mod levels;
pub mod page;
pub mod rle;
pub mod splice;
pub mod statistics;
pub mod text;
pub mod trial;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::Array;
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::basic::{Encoding, EncodingMask, PageType, Type};
use parquet::column::page_store::{PageKey, PageStore};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnDescPtr;

use self::compress::{Compressor, Tables};
use self::fixed::FixedValues;
use self::flag::Flags;
use self::levels::Levels;
use self::page::Sizes;
use self::splice::Chunk;
use self::statistics::{Bounds, Statistics};
use self::text::TextValues;
use self::trial::LongPages;
use super::page_store::{Spill, SpillStore};

/// Bytes of the page buffer that are kept between row groups.
const KEPT: usize = 1 << 20;

/// Scratch space that the columns of a worker share: the buffer of the page being finished, and the
/// compressor.
pub struct PageScratch {
    compressor: Compressor,
    page: Vec<u8>,
}

impl PageScratch {
    /// Scratch space with a compressor.
    pub fn new(compressor: Compressor) -> Self {
        Self { compressor, page: Vec::new() }
    }

    /// How long values are once they are encoded and compressed. Uses the buffer of the page.
    fn size(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Result<usize> {
        self.page.clear();
        encode(&mut self.page);
        self.compressor.tried_size(&self.page)
    }

    /// How long values of a short page are once they are encoded, and once they are compressed as well. Uses
    /// the buffer of the page.
    fn short_size(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Result<(usize, usize)> {
        self.page.clear();
        encode(&mut self.page);
        let stored = self.compressor.compress(&self.page, Tables::Small)?;
        Ok((self.page.len(), stored.len()))
    }

    /// Gives back what odd pages needed.
    pub fn shrink(&mut self) {
        self.compressor.shrink();
        self.page.clear();
        self.page.shrink_to(KEPT);
    }
}

/// Makes room for `coming` items. A buffer that grows for the second time, or to more than half a page, gets
/// room for a whole one: doubling would leave a trail of buffers of all sizes in the allocator, for each
/// column.
fn make_room<T>(buffer: &mut Vec<T>, coming: usize, page: usize) {
    if buffer.capacity() - buffer.len() < coming {
        let left = page.saturating_sub(buffer.len());
        let at_once = left >= coming && (buffer.capacity() > 0 || coming * 2 > page);
        buffer.reserve_exact(if at_once { left } else { coming });
    }
}

/// The values of one page under way, and the chunk's dictionary.
trait ColumnValues: Send {
    /// Whether arrays of this type can be taken.
    fn fits(&self, array: &dyn Array) -> bool;
    /// Prepares for the values of another array.
    fn begin(&mut self, array: &dyn Array);
    /// Takes rows from `start` on and gives the row before which it stopped: `end`, or earlier once the page
    /// or the dictionary is full.
    fn take(&mut self, array: &dyn Array, nulls: Option<&NullBuffer>, start: usize, end: usize) -> usize;
    /// Rows of the page under way, at most.
    fn page_rows(&self) -> usize;
    /// Weighs the dictionary after the rows of the first page, which `ends` with the chunk or not: the page has
    /// keys, or the values as they are, whichever takes less. False if the page does not tell.
    fn weigh_dictionary(&mut self, ends: bool, scratch: &mut PageScratch) -> Result<bool> {
        let _ = (ends, scratch);
        Ok(true)
    }
    /// Chooses the encoding of the values as they are, if it is not given, once there are enough of them to
    /// tell or the page ends.
    fn settle(&mut self, page_ends: bool, scratch: &mut PageScratch) -> Result<()> {
        let _ = (page_ends, scratch);
        Ok(())
    }
    /// Whether the page has as many bytes as it should.
    fn page_is_full(&self) -> bool;
    /// Whether the dictionary in use has as many bytes as it may.
    fn dictionary_is_full(&self) -> bool;
    /// Appends the page's values and begins the next.
    fn finish_page(&mut self, out: &mut Vec<u8>) -> EncodedValues;
    /// Appends the dictionary and gives the number of its entries, if one is in use; no page uses it from
    /// then on.
    fn finish_dictionary(&mut self, out: &mut Vec<u8>) -> Option<usize>;
    /// Clears all state of the column chunk, but keeps its memory.
    fn clear(&mut self);
}

/// What is to say of a page's values.
struct EncodedValues {
    encoding: Encoding,
    bounds: Option<Bounds>,
    /// Bytes of its texts, for a column of text.
    text_bytes: Option<i64>,
}

/// A page in the store.
struct EncodedPage {
    key: PageKey,
    /// Bytes with the header, before compression and as stored.
    sizes: Sizes,
    encoding: Encoding,
    rows: usize,
    text_bytes: Option<i64>,
}

/// Encodes one column, a chunk for each row group.
pub struct ChunkEncoder {
    descriptor: ColumnDescPtr,
    codec: parquet::basic::Compression,
    nullable: bool,
    /// Whether a dictionary and encodings are tried on the values of each chunk.
    is_tried: bool,
    /// Whether the dictionary is still to be weighed.
    weighs: bool,
    long_pages: LongPages,
    spill: Arc<Spill>,
    values: Box<dyn ColumnValues>,
    levels: Levels,
    statistics: Statistics,
    store: SpillStore,
    pages: Vec<EncodedPage>,
    dictionary: Option<EncodedPage>,
}

impl ChunkEncoder {
    /// For a column of this type, laid out as the properties say; `None` if it is not flat or of a type that
    /// the library encodes.
    pub fn new(
        data_type: &DataType,
        descriptor: &ColumnDescPtr,
        properties: &WriterProperties,
        spill: &Arc<Spill>,
    ) -> Option<Self> {
        let path = descriptor.path();
        let flat =
            descriptor.max_rep_level() == 0 && descriptor.max_def_level() <= 1 && path.parts().len() == 1;
        if !flat {
            return None;
        }
        let encoding = properties.encoding(path);
        let page_bytes = properties.column_data_page_size_limit(path);
        let dictionary =
            properties.dictionary_enabled(path).then(|| properties.column_dictionary_page_size_limit(path));
        let physical = descriptor.physical_type();
        let page_rows = match physical {
            Type::INT64 | Type::DOUBLE => properties.data_page_row_count_limit().min(page_bytes / 8).max(1),
            _ => properties.data_page_row_count_limit().max(1),
        };
        let text = || Box::new(TextValues::new(encoding, page_rows, page_bytes, dictionary));
        let values: Box<dyn ColumnValues> = match (data_type, physical) {
            (DataType::Boolean, Type::BOOLEAN) => Box::new(Flags::new(page_rows)),
            (DataType::Date32, Type::INT32) => {
                Box::new(FixedValues::<i32>::new(encoding, page_rows, dictionary))
            }
            (
                DataType::Int64
                | DataType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond, _),
                Type::INT64,
            ) => Box::new(FixedValues::<i64>::new(encoding, page_rows, dictionary)),
            (DataType::Float64, Type::DOUBLE) => {
                Box::new(FixedValues::<f64>::new(encoding, page_rows, dictionary))
            }
            (DataType::Utf8, Type::BYTE_ARRAY) => text(),
            (DataType::Dictionary(keys, texts), Type::BYTE_ARRAY)
                if **keys == DataType::Int32 && **texts == DataType::Utf8 =>
            {
                text()
            }
            _ => return None,
        };
        let nullable = descriptor.max_def_level() > 0;
        Some(Self {
            descriptor: Arc::clone(descriptor),
            codec: properties.compression(path),
            nullable,
            is_tried: encoding.is_none(),
            weighs: encoding.is_none(),
            long_pages: LongPages::default(),
            spill: Arc::clone(spill),
            values,
            levels: Levels::new(nullable),
            statistics: Statistics::new(physical),
            store: SpillStore::new(spill),
            pages: Vec::new(),
            dictionary: None,
        })
    }

    /// Encodes the rows of an array.
    ///
    /// # Errors
    /// If the array is of another type, or holds nulls that the schema does not allow; or what storing a page
    /// comes to.
    pub fn write(&mut self, array: &dyn Array, scratch: &mut PageScratch) -> Result<()> {
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        if !self.values.fits(array) || nulls.is_some() && !self.nullable {
            let name = self.descriptor.name();
            return Err(ParquetError::General(format!(
                "column {name:?} can't hold a batch's {}",
                array.data_type()
            )));
        }
        self.values.begin(array);
        let mut at = 0;
        while at < array.len() {
            let end = array.len().min(at + self.values.page_rows() - self.levels.rows());
            let taken = self.values.take(array, nulls.as_ref(), at, end);
            self.levels.put(nulls.as_ref(), at, taken);
            self.values.settle(false, scratch)?;
            at = taken;
            let is_full = |values: &dyn ColumnValues, levels: &Levels| levels.rows() >= values.page_rows();
            if self.values.dictionary_is_full() || is_full(&*self.values, &self.levels) {
                self.weigh_dictionary(false, scratch)?;
            }
            if self.values.dictionary_is_full() {
                self.finish_page(scratch)?;
                self.finish_dictionary(scratch)?;
            } else if is_full(&*self.values, &self.levels) || self.values.page_is_full() {
                self.finish_page(scratch)?;
            }
        }
        Ok(())
    }

    /// Weighs the dictionary, once for each chunk.
    fn weigh_dictionary(&mut self, ends: bool, scratch: &mut PageScratch) -> Result<()> {
        if self.weighs {
            self.weighs = !self.values.weigh_dictionary(ends, scratch)?;
        }
        Ok(())
    }

    fn finish_page(&mut self, scratch: &mut PageScratch) -> Result<()> {
        let (rows, nulls) = (self.levels.rows(), self.levels.nulls());
        if rows == 0 {
            return Ok(());
        }
        self.values.settle(true, scratch)?;
        scratch.page.clear();
        self.levels.finish(&mut scratch.page);
        let EncodedValues { encoding, bounds, text_bytes } = self.values.finish_page(&mut scratch.page);
        self.statistics.page(rows, nulls, self.nullable, bounds);
        let length = scratch.page.len();
        let tables = self.long_pages.tables(length);
        let (key, sizes) = store(scratch, tables, &mut self.store, |sizes, out| {
            page::data_header(sizes, rows, encoding, out)
        })?;
        self.long_pages.note(length, sizes.compressed);
        self.pages.push(EncodedPage { key, sizes, encoding, rows, text_bytes });
        Ok(())
    }

    fn finish_dictionary(&mut self, scratch: &mut PageScratch) -> Result<()> {
        scratch.page.clear();
        let Some(entries) = self.values.finish_dictionary(&mut scratch.page) else { return Ok(()) };
        let (key, sizes) = store(scratch, Tables::Small, &mut self.store, |sizes, out| {
            page::dictionary_header(sizes, entries, out)
        })?;
        self.dictionary =
            Some(EncodedPage { key, sizes, encoding: Encoding::PLAIN, rows: 0, text_bytes: None });
        Ok(())
    }

    /// Finishes the chunk and begins the next.
    pub fn close(&mut self, scratch: &mut PageScratch) -> Result<Chunk> {
        self.weigh_dictionary(true, scratch)?;
        self.finish_page(scratch)?;
        self.finish_dictionary(scratch)?;
        let close = self.describe()?;
        let store = std::mem::replace(&mut self.store, SpillStore::new(&self.spill));
        let keys = self.dictionary.iter().chain(&self.pages).map(|page| page.key).collect();
        self.clear();
        Ok(Chunk { close, store, keys })
    }

    /// Forgets a chunk under way.
    pub fn clear(&mut self) {
        self.store = SpillStore::new(&self.spill);
        self.statistics = Statistics::new(self.descriptor.physical_type());
        self.values.clear();
        self.levels.clear();
        self.pages.clear();
        self.dictionary = None;
        self.weighs = self.is_tried;
        self.long_pages = LongPages::default();
    }

    /// What the footer and the page index say, as if the chunk began the file.
    fn describe(&mut self) -> Result<ColumnCloseResult> {
        let dictionary = self.dictionary.as_ref();
        let all = || dictionary.into_iter().chain(&self.pages);
        let total = |size: fn(Sizes) -> usize| all().map(|page| size(page.sizes) as i64).sum::<i64>();
        let start = dictionary.map_or(0, |page| page.sizes.compressed as i64);
        let mut offsets = OffsetIndexBuilder::new();
        let mut offset = start;
        for page in &self.pages {
            let size = page.sizes.compressed;
            offsets.append_row_count(page.rows as i64);
            offsets.append_unencoded_byte_array_data_bytes(page.text_bytes);
            offsets.append_offset_and_size(offset, size as i32);
            offset += size as i64;
        }
        let encodings: Vec<Encoding> =
            std::iter::once(Encoding::RLE).chain(all().map(|page| page.encoding)).collect();
        let text_bytes =
            self.pages.iter().filter_map(|page| page.text_bytes).reduce(|sum, bytes| sum + bytes);
        let metadata = ColumnChunkMetaData::builder(Arc::clone(&self.descriptor))
            .set_compression(self.codec)
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings.iter()))
            .set_page_encoding_stats(encoding_stats(dictionary, &self.pages))
            .set_total_compressed_size(total(|sizes| sizes.compressed))
            .set_total_uncompressed_size(total(|sizes| sizes.uncompressed))
            .set_num_values(self.statistics.rows() as i64)
            .set_data_page_offset(start)
            .set_dictionary_page_offset(dictionary.map(|_| 0))
            .set_statistics(self.statistics.footer())
            .set_unencoded_byte_array_data_bytes(text_bytes)
            .set_definition_level_histogram(self.statistics.histogram(self.nullable))
            .build()?;
        Ok(ColumnCloseResult {
            bytes_written: offset as u64,
            rows_written: self.statistics.rows(),
            metadata,
            bloom_filter: None,
            column_index: self.statistics.index()?,
            offset_index: Some(offsets.build()),
        })
    }
}

/// How many pages of each kind, in the order of the file.
fn encoding_stats(dictionary: Option<&EncodedPage>, pages: &[EncodedPage]) -> Vec<PageEncodingStats> {
    let count =
        |page_type, encoding, count: usize| PageEncodingStats { page_type, encoding, count: count as i32 };
    let dictionary = dictionary.map(|page| count(PageType::DICTIONARY_PAGE, page.encoding, 1));
    let equal = pages.chunk_by(|left, right| left.encoding == right.encoding);
    dictionary
        .into_iter()
        .chain(equal.map(|pages| count(PageType::DATA_PAGE, pages[0].encoding, pages.len())))
        .collect()
}

/// Compresses the page in the scratch space and stores it after its header.
fn store(
    scratch: &mut PageScratch,
    tables: Tables,
    store: &mut SpillStore,
    header: impl FnOnce(Sizes, &mut Vec<u8>),
) -> Result<(PageKey, Sizes)> {
    let uncompressed = scratch.page.len();
    let body = scratch.compressor.compress(&scratch.page, tables)?;
    let mut head = Vec::with_capacity(48);
    header(Sizes { uncompressed, compressed: body.len() }, &mut head);
    let mut stored = Vec::with_capacity(head.len() + body.len());
    stored.extend_from_slice(&head);
    stored.extend_from_slice(body);
    let sizes = Sizes { uncompressed: uncompressed + head.len(), compressed: stored.len() };
    Ok((store.put(Bytes::from(stored))?, sizes))
}
