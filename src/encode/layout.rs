//! Which Parquet encoding fits which column.
//!
//! A function of the column's type and of what the plan's sample saw, and of the values of each chunk (see
//! [`trial`](super::chunk::trial)), never of threads or time, so that the same file gives the same bytes.

use arrow::datatypes::DataType;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use crate::error::Result;
use crate::model::value::ColumnType;
use crate::options;

/// Size of a page of text before compression, in bytes, at most. With 512 KiB natural text is 3 to 4% larger,
/// with 4 MiB 3% smaller; a reader unpacks a whole page for one row, and a worker holds three pages' memory.
const PAGE_BYTES: usize = 1 << 20;
/// The same for other columns.
const FIXED_PAGE_BYTES: usize = PAGE_ROWS * 8;
/// Open pages of all columns together, in bytes: each open column holds one, so those of a wide table must be
/// smaller.
const OPEN_BYTES: usize = 6 << 20;
/// Tables that have open pages at once, at most: those beyond wait for rows.
const OPEN_TABLES: usize = 8;
/// The least page, in bytes. Below it headers and statistics outweigh what they describe.
const LEAST_PAGE_BYTES: usize = 8 << 10;
/// Rows in a page at most, but for text as it is. Smaller pages let a reader skip more; 20,000 is what other
/// writers use.
const PAGE_ROWS: usize = 20_000;
/// A dictionary of text larger than so many pages is given up for the rest of the column chunk.
const DICTIONARY_PAGES: usize = 3;
/// A dictionary of numbers at most, in bytes.
const FIXED_DICTIONARY_BYTES: usize = 1 << 20;

/// What the sample saw of a column.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SampledBytes {
    /// Values that are not null.
    pub values: usize,
    /// Different ones among them.
    pub distinct: usize,
    /// Values equal to the one in the row before.
    pub repeats: usize,
    /// Bytes that a value shares with the beginning of the one before, added up.
    pub shared_prefix: usize,
    /// Bytes of all values.
    pub bytes: usize,
}

impl SampledBytes {
    /// Adds what another input's sample saw.
    pub fn add(&mut self, other: &Self) {
        self.values += other.values;
        self.distinct += other.distinct;
        self.repeats += other.repeats;
        self.shared_prefix += other.shared_prefix;
        self.bytes += other.bytes;
    }
}

/// Layout of a column, as the sample suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnLayout {
    is_text: bool,
    /// Whether our own encoder tries encodings on the values of each chunk; not so for truth values and for
    /// types that the library encodes.
    is_tried: bool,
    /// Whether most values repeat.
    repeats: bool,
    /// Whether chunks begin with a dictionary.
    dictionary: bool,
    /// Of the values as they are, for a codec whose pages the library makes. Our own encoder tries encodings on
    /// the values of each chunk.
    encoding: Encoding,
}

impl ColumnLayout {
    /// The layout for a column of this type.
    pub fn choose(column_type: ColumnType, sampled: &SampledBytes) -> Self {
        // Less than half of the values are new: keys and their runs are smaller than values.
        let repeats = sampled.distinct * 2 <= sampled.values;
        let is_text = column_type == ColumnType::Text;
        let dictionary = match column_type {
            ColumnType::Bool => false,
            // The head of a file shows few of the values that repeat; the first page of a chunk shows more.
            ColumnType::Text => sampled.distinct * 100 <= sampled.values * 99,
            _ => repeats,
        };
        let encoding = match column_type {
            ColumnType::Bool | ColumnType::Float64(_) => Encoding::PLAIN,
            ColumnType::Int64(_) | ColumnType::Date(_) | ColumnType::Timestamp { .. } => {
                Encoding::DELTA_BINARY_PACKED
            }
            // Identifiers that count up share their beginning with the one before; free text does not.
            ColumnType::Text if sampled.shared_prefix * 3 >= sampled.bytes => Encoding::DELTA_BYTE_ARRAY,
            ColumnType::Text => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        };
        let is_tried = column_type != ColumnType::Bool;
        Self { is_text, is_tried, repeats, dictionary, encoding }
    }

    /// The layout for a column of which nothing is known but its type in Arrow.
    pub fn of_arrow(data_type: &DataType) -> Self {
        let is_keyed = matches!(data_type, DataType::Dictionary(_, values) if **values == DataType::Utf8);
        let encoding = match data_type {
            DataType::Utf8 => Encoding::DELTA_BYTE_ARRAY,
            DataType::Int64 | DataType::Date32 | DataType::Timestamp(..) => Encoding::DELTA_BINARY_PACKED,
            _ => Encoding::PLAIN,
        };
        let is_text = *data_type == DataType::Utf8 || is_keyed;
        let is_tried = is_text
            || matches!(
                data_type,
                DataType::Int64 | DataType::Date32 | DataType::Float64 | DataType::Timestamp(..)
            );
        Self { is_text, is_tried, repeats: is_keyed, dictionary: is_text, encoding }
    }

    /// The layout for a column whose values may repeat: a dictionary first, which is given up where it is of
    /// no use.
    pub fn repeating(data_type: &DataType) -> Self {
        let dictionary = !data_type.is_nested() && *data_type != DataType::Boolean;
        Self { dictionary, ..Self::of_arrow(data_type) }
    }

    /// Whether text is best read as keys of a dictionary, each value of a batch once.
    pub fn repeats(&self) -> bool {
        self.repeats
    }
}

/// The writer's properties for columns in order of the schema.
pub fn properties(columns: &[(String, ColumnLayout)], compression: Compression) -> WriterProperties {
    properties_among(1, columns, compression)
}

/// The same for one of so many tables that are written at once.
pub fn properties_among(
    tables: usize,
    columns: &[(String, ColumnLayout)],
    compression: Compression,
) -> WriterProperties {
    // Not all tables have pages open at a time.
    let share = OPEN_BYTES / tables.clamp(1, OPEN_TABLES);
    let each = share / columns.len().max(1);
    let texts = columns.iter().filter(|(_, layout)| layout.is_text).count();
    // Text gets what numbers leave.
    let fixed_bytes = each.clamp(LEAST_PAGE_BYTES, FIXED_PAGE_BYTES);
    let left = share.saturating_sub((columns.len() - texts) * fixed_bytes);
    let text_bytes = (left / texts.max(1)).clamp(LEAST_PAGE_BYTES, PAGE_BYTES);
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("logflow {}", env!("CARGO_PKG_VERSION")))
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(compression)
        .set_data_page_size_limit(text_bytes)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_page_size_limit((each * 2).clamp(LEAST_PAGE_BYTES, FIXED_DICTIONARY_BYTES))
        .set_statistics_enabled(EnabledStatistics::Page);
    let is_ours = matches!(compression, Compression::UNCOMPRESSED | Compression::ZSTD(_));
    for (name, layout) in columns {
        let path = ColumnPath::from(vec![name.clone()]);
        let is_fixed = layout.is_tried && !layout.is_text;
        let dictionary = layout.dictionary || is_ours && is_fixed;
        builder = builder.set_column_dictionary_enabled(path.clone(), dictionary);
        if layout.is_text {
            builder =
                builder.set_column_dictionary_page_size_limit(path.clone(), text_bytes * DICTIONARY_PAGES);
        } else {
            builder = builder.set_column_data_page_size_limit(path.clone(), fixed_bytes);
        }
        if !is_ours {
            builder = builder.set_column_encoding(path, layout.encoding);
        }
    }
    builder.build()
}

/// The codec of Parquet for the option.
pub fn codec(compression: options::Compression) -> Result<Compression> {
    Ok(match compression {
        options::Compression::None => Compression::UNCOMPRESSED,
        options::Compression::Snappy => Compression::SNAPPY,
        options::Compression::Lz4 => Compression::LZ4_RAW,
        options::Compression::Gzip(level) => Compression::GZIP(GzipLevel::try_new(level)?),
        options::Compression::Brotli(level) => Compression::BROTLI(BrotliLevel::try_new(level)?),
        options::Compression::Zstd(level) => Compression::ZSTD(ZstdLevel::try_new(level)?),
    })
}
