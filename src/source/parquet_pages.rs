//! The pages of a Parquet file on their way to a library that decodes them: each is looked at before it is
//! unpacked, and once more before its values are decoded.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Encoding, Type as PhysicalType};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;

use super::parquet_frames::{PageLimits, delta_count, delta_packed};
use super::ranges::{FileBytes, RangeReader};

/// Row groups of a file whose pages are looked at.
pub struct CheckedGroups {
    /// The bytes of the file.
    pub bytes: FileBytes,
    /// Metadata from the footer of the file.
    pub metadata: Arc<ParquetMetaData>,
    /// Which row groups are read, in this order.
    pub groups: Vec<usize>,
}

impl RowGroups for CheckedGroups {
    fn num_rows(&self) -> usize {
        self.row_groups().map(|group| group.num_rows() as usize).sum()
    }

    fn column_chunks(&self, column: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let (bytes, metadata) = (self.bytes.clone(), Arc::clone(&self.metadata));
        Ok(Box::new(CheckedChunks { bytes, metadata, groups: self.groups.clone().into_iter(), column }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.groups.iter().map(|group| self.metadata.row_group(*group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The column chunks of a column, row group by row group.
struct CheckedChunks {
    bytes: FileBytes,
    metadata: Arc<ParquetMetaData>,
    groups: std::vec::IntoIter<usize>,
    column: usize,
}

impl Iterator for CheckedChunks {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.groups.next()?;
        Some(pages(&self.bytes, &self.metadata, group, self.column))
    }
}

impl PageIterator for CheckedChunks {}

/// The pages of a column of values in a row group.
///
/// # Errors
/// If the column chunk can't be read.
pub fn pages(
    bytes: &FileBytes,
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
) -> ParquetResult<Box<dyn PageReader>> {
    let group = metadata.row_group(group);
    let chunk = group.column(column);
    let limits = PageLimits::of(chunk.compression(), chunk.column_descr().max_rep_level() > 0);
    let bytes = Arc::new(PageBytes { bytes: bytes.clone(), limits });
    let rows = usize::try_from(group.num_rows()).unwrap_or_default();
    let pages = SerializedPageReader::new(bytes, chunk, rows, None)?;
    Ok(Box::new(CheckedPages { pages, column: chunk.column_descr_ptr() }))
}

/// The bytes of a file in which pages are looked for.
struct PageBytes {
    bytes: FileBytes,
    limits: PageLimits,
}

impl Length for PageBytes {
    fn len(&self) -> u64 {
        self.bytes.len()
    }
}

impl ChunkReader for PageBytes {
    type T = HeaderReader;

    fn get_read(&self, start: u64) -> ParquetResult<HeaderReader> {
        Ok(HeaderReader { bytes: self.bytes.get_read(start)?, limits: Some(self.limits) })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.bytes.get_bytes(start, length)
    }
}

/// Reads on from where a page begins.
struct HeaderReader {
    bytes: RangeReader,
    /// Not there any more once the page's header was looked at.
    limits: Option<PageLimits>,
}

impl Read for HeaderReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(limits) = self.limits.take()
            && let Some(what) = limits.refused(self.bytes.ahead()?)
        {
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.bytes.read(out)
    }
}

/// Pages whose content is looked at.
struct CheckedPages {
    pages: SerializedPageReader<PageBytes>,
    column: ColumnDescPtr,
}

impl CheckedPages {
    /// Refuses a page for whose values a library would make more room than they can take.
    fn check(&self, page: &Page) -> ParquetResult<()> {
        let refused = |what: String| Err(ParquetError::General(what));
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let width = match self.column.physical_type() {
                    PhysicalType::BOOLEAN => 0,
                    PhysicalType::INT32 | PhysicalType::FLOAT | PhysicalType::BYTE_ARRAY => 4,
                    PhysicalType::INT64 | PhysicalType::DOUBLE => 8,
                    PhysicalType::INT96 => 12,
                    PhysicalType::FIXED_LEN_BYTE_ARRAY => {
                        u64::try_from(self.column.type_length()).unwrap_or(0)
                    }
                };
                match u64::from(*num_values).saturating_mul(width) > buf.len() as u64 {
                    true => {
                        let length = buf.len();
                        refused(format!(
                            "a dictionary of {length} bytes that is said to have {num_values} values"
                        ))
                    }
                    false => Ok(()),
                }
            }
            Page::DataPage { buf, num_values, encoding, .. } => {
                let levels = self.levels_of_version_1(page);
                self.check_deltas(*encoding, levels.and_then(|at| buf.get(at..)), *num_values)
            }
            Page::DataPageV2 {
                buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
                let values = usize::try_from(levels).ok().and_then(|at| buf.get(at..));
                self.check_deltas(*encoding, values, *num_values)
            }
        }
    }

    /// Where the values of a page of version 1 begin; `None` where a library finds out by itself that they
    /// don't.
    fn levels_of_version_1(&self, page: &Page) -> Option<usize> {
        let Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } = page else {
            return None;
        };
        let mut at = 0_usize;
        for (most, encoding) in [
            (self.column.max_rep_level(), rep_level_encoding),
            (self.column.max_def_level(), def_level_encoding),
        ] {
            if most == 0 {
                continue;
            }
            at = at.checked_add(match encoding {
                Encoding::RLE => {
                    let length = u32::from_le_bytes(*buf.get(at..)?.first_chunk()?);
                    usize::try_from(length).ok()?.checked_add(4)?
                }
                _ => {
                    let bits = (i16::BITS - most.leading_zeros()) as usize;
                    (*num_values as usize).checked_mul(bits)?.div_ceil(8)
                }
            })?;
        }
        Some(at)
    }

    fn check_deltas(&self, encoding: Encoding, values: Option<&[u8]>, count: u32) -> ParquetResult<()> {
        let Some(values) = values else { return Ok(()) };
        let first = match encoding {
            Encoding::DELTA_BYTE_ARRAY | Encoding::DELTA_LENGTH_BYTE_ARRAY => delta_count(values),
            _ => None,
        };
        let more = match encoding {
            Encoding::DELTA_BYTE_ARRAY if first.is_some_and(|it| it <= u64::from(count)) => {
                delta_packed(values).and_then(|(_, end)| delta_count(values.get(end..)?))
            }
            _ => None,
        };
        match first.into_iter().chain(more).find(|said| *said > u64::from(count)) {
            Some(said) => {
                let what = format!("a page of {count} values that is said to have the lengths of {said}");
                Err(ParquetError::General(what))
            }
            None => Ok(()),
        }
    }
}

impl Iterator for CheckedPages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.as_ref().map_or(Ok(()), |page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> ParquetResult<bool> {
        self.pages.at_record_boundary()
    }
}
