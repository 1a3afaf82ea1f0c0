//! Smallest and largest values of pages and of the chunk, for the column index and the footer.
//!
//! Pages bring theirs as plain-encoded bytes; from there on one code serves all types. NaN counts as no
//! value, a least zero is written as -0 and a largest as +0 (Parquet, parquet.thrift, ColumnOrder). Long text
//! is cut to [`LONGEST`] bytes, the upper bound then raised, as the specification allows for both.

use std::cmp::Ordering;

use parquet::basic::{BoundaryOrder, Type};
use parquet::data_type::{BoolType, ByteArray, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::{ColumnIndexBuilder, LevelHistogram};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::{Statistics as Footer, ValueStatistics};

/// Bytes of a bound. A bound in the footer is read with every file, however little is wanted from it.
const LONGEST: usize = 64;

/// Least and largest value, plain-encoded without length.
pub type Bounds = (Vec<u8>, Vec<u8>);

/// Statistics of a column chunk.
pub struct Statistics {
    physical: Type,
    index: ColumnIndexBuilder,
    chunk: Option<Bounds>,
    last: Option<Bounds>,
    ascending: bool,
    descending: bool,
    nulls: u64,
    rows: u64,
}

impl Statistics {
    /// Statistics of a chunk without pages.
    pub fn new(physical: Type) -> Self {
        Self {
            physical,
            index: ColumnIndexBuilder::new(physical),
            chunk: None,
            last: None,
            ascending: true,
            descending: true,
            nulls: 0,
            rows: 0,
        }
    }

    /// Adds a page. Without bounds it has no value that can be compared.
    pub fn page(&mut self, rows: usize, nulls: usize, nullable: bool, bounds: Option<Bounds>) {
        self.rows += rows as u64;
        self.nulls += nulls as u64;
        match bounds {
            _ if rows == nulls => self.index.append(true, Vec::new(), Vec::new(), nulls as i64),
            // Only NaN: a page that can't be bounded makes the index useless.
            None => self.index.to_invalid(),
            Some((min, max)) => {
                self.order(&min, &max);
                self.index.append(false, self.lower(&min).0, self.upper(&max).0, nulls as i64);
                let chunk = self.chunk.get_or_insert_with(|| (min.clone(), max.clone()));
                if compare(self.physical, &min, &chunk.0) == Ordering::Less {
                    chunk.0.clone_from(&min);
                }
                if compare(self.physical, &max, &chunk.1) == Ordering::Greater {
                    chunk.1.clone_from(&max);
                }
                self.last = Some((min, max));
            }
        }
        self.index.append_histograms(&None, &histogram(rows as u64, nulls as u64, nullable));
    }

    fn order(&mut self, min: &[u8], max: &[u8]) {
        let Some((last_min, last_max)) = &self.last else { return };
        let steps = [compare(self.physical, last_min, min), compare(self.physical, last_max, max)];
        self.ascending &= steps.iter().all(|step| step.is_le());
        self.descending &= steps.iter().all(|step| step.is_ge());
    }

    /// The column index, if the pages can be bounded.
    pub fn index(&mut self) -> Result<Option<ColumnIndexMetaData>> {
        let mut index = std::mem::replace(&mut self.index, ColumnIndexBuilder::new(self.physical));
        index.set_boundary_order(match (self.ascending, self.descending) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        });
        index.valid().then(|| index.build()).transpose()
    }

    /// Number of rows, nulls included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows are null, and how many are not.
    pub fn histogram(&self, nullable: bool) -> Option<LevelHistogram> {
        histogram(self.rows, self.nulls, nullable)
    }

    /// The statistics as the footer stores them.
    pub fn footer(&self) -> Footer {
        let bytes = self.chunk.as_ref();
        match self.physical {
            Type::BOOLEAN => {
                Footer::Boolean(self.fixed::<BoolType>(false, |bytes| Some(bytes.first()? != &0)))
            }
            Type::INT32 => Footer::Int32(
                self.fixed::<Int32Type>(true, |bytes| bytes.try_into().ok().map(i32::from_le_bytes)),
            ),
            Type::INT64 => Footer::Int64(
                self.fixed::<Int64Type>(true, |bytes| bytes.try_into().ok().map(i64::from_le_bytes)),
            ),
            Type::DOUBLE => Footer::Double(
                self.fixed::<DoubleType>(true, |bytes| bytes.try_into().ok().map(f64::from_le_bytes)),
            ),
            _ => {
                let lower = bytes.map(|(min, _)| self.lower(min));
                let upper = bytes.map(|(_, max)| self.upper(max));
                let exact = |bound: &Option<(Vec<u8>, bool)>| bound.as_ref().is_none_or(|(_, exact)| *exact);
                let (min_is_exact, max_is_exact) = (exact(&lower), exact(&upper));
                let value = |bound: Option<(Vec<u8>, bool)>| bound.map(|(bytes, _)| ByteArray::from(bytes));
                let values = ValueStatistics::new(value(lower), value(upper), None, Some(self.nulls), false);
                Footer::ByteArray(values.with_min_is_exact(min_is_exact).with_max_is_exact(max_is_exact))
            }
        }
    }

    /// `signed`: whether the deprecated fields, which readers take for signed, say the same.
    fn fixed<D: DataType>(
        &self,
        signed: bool,
        read: impl Fn(&[u8]) -> Option<D::T>,
    ) -> ValueStatistics<D::T> {
        let min = self.chunk.as_ref().and_then(|(min, _)| read(min));
        let max = self.chunk.as_ref().and_then(|(_, max)| read(max));
        ValueStatistics::new(min, max, None, Some(self.nulls), false)
            .with_backwards_compatible_min_max(signed)
    }

    /// The bound as it is written, and whether it is a value that occurs.
    fn lower(&self, min: &[u8]) -> (Vec<u8>, bool) {
        match self.physical {
            Type::BYTE_ARRAY if min.len() > LONGEST => (cut(min).to_vec(), false),
            _ => (min.to_vec(), true),
        }
    }

    fn upper(&self, max: &[u8]) -> (Vec<u8>, bool) {
        match self.physical {
            Type::BYTE_ARRAY if max.len() > LONGEST => match raised(cut(max)) {
                Some(raised) => (raised, false),
                None => (max.to_vec(), true),
            },
            _ => (max.to_vec(), true),
        }
    }
}

fn histogram(rows: u64, nulls: u64, nullable: bool) -> Option<LevelHistogram> {
    let mut histogram = LevelHistogram::try_new(i16::from(nullable))?;
    histogram.increment_by(0, nulls as i64);
    histogram.increment_by(1, (rows - nulls) as i64);
    Some(histogram)
}

/// Compares plain-encoded values of one type.
fn compare(physical: Type, left: &[u8], right: &[u8]) -> Ordering {
    fn words<const N: usize>(left: &[u8], right: &[u8]) -> ([u8; N], [u8; N]) {
        let word = |bytes: &[u8]| bytes.try_into().unwrap_or([0; N]);
        (word(left), word(right))
    }
    match physical {
        Type::INT32 => {
            let (left, right) = words(left, right);
            i32::from_le_bytes(left).cmp(&i32::from_le_bytes(right))
        }
        Type::INT64 => {
            let (left, right) = words(left, right);
            i64::from_le_bytes(left).cmp(&i64::from_le_bytes(right))
        }
        Type::DOUBLE => {
            let (left, right) = words(left, right);
            f64::from_le_bytes(left).partial_cmp(&f64::from_le_bytes(right)).unwrap_or(Ordering::Equal)
        }
        _ => left.cmp(right),
    }
}

/// The longest beginning of at most [`LONGEST`] bytes that splits no character.
fn cut(text: &[u8]) -> &[u8] {
    let end = (1..=LONGEST).rev().find(|end| text[*end] & 0xC0 != 0x80).unwrap_or(LONGEST);
    &text[..end]
}

/// The text with its last character raised by one, so that it is above all texts that begin with it;
/// characters that can't be raised without becoming longer are left off.
fn raised(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    text.char_indices().rev().find_map(|(at, last)| {
        let next = char::from_u32(u32::from(last) + 1).filter(|next| next.len_utf8() == last.len_utf8())?;
        let mut raised = text[..at].to_owned();
        raised.push(next);
        Some(raised.into_bytes())
    })
}
