//! Values of fixed width: 32 and 64 bit whole numbers, doubles.

use arrow::array::{
    Array, Date32Array, Float64Array, Int32Array, Int64Array, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::buffer::NullBuffer;
use parquet::basic::Encoding;
use parquet::errors::Result;

use super::delta::Deltas;
use super::dictionary::{Keys, is_of_no_use};
use super::levels::each_valid;
use super::statistics::Bounds;
use super::trial::is_dictionary_smaller;
use super::{ColumnValues, EncodedValues, PageScratch, make_room};
use crate::encode::intern::Interner;

/// Bytes of a dictionary that are kept for the next chunk.
const KEPT: usize = 64 << 10;
/// Bytes of plain values that are tried.
const SAMPLE_BYTES: usize = 16 << 10;
/// Differences that take this fraction of the plain values are taken without trying these.
const FEW_BITS: usize = 6;

/// A type of fixed width.
pub trait FixedWidth: Copy + PartialOrd + Send + 'static {
    /// Bytes of a plain value.
    const SIZE: usize;
    /// The values of an array of this type, whatever stands where it is null.
    fn of(array: &dyn Array) -> Option<&[Self]>;
    /// Its bits, that tell all values apart.
    fn bits(self) -> u64;
    /// The value as an integer, for delta encoding.
    fn whole(self) -> i64;
    /// Whether differences are an encoding of this type.
    const HAS_DELTAS: bool = true;
    /// Appends the plain values.
    fn plain(values: &[Self], out: &mut Vec<u8>);
    /// Calls `each` with the values whose plain bytes these are.
    fn each(plain: &[u8], each: impl FnMut(Self));
    /// The bounds as they are written.
    fn bounds(least: Self, most: Self) -> Bounds;
}

impl FixedWidth for i32 {
    const SIZE: usize = 4;

    fn of(array: &dyn Array) -> Option<&[Self]> {
        let array = array.as_any();
        let dates = array.downcast_ref::<Date32Array>().map(|array| &**array.values());
        dates.or_else(|| array.downcast_ref::<Int32Array>().map(|array| &**array.values()))
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn whole(self) -> i64 {
        i64::from(self)
    }

    fn plain(values: &[Self], out: &mut Vec<u8>) {
        append(values, Self::to_le_bytes, out);
    }

    fn each(plain: &[u8], each: impl FnMut(Self)) {
        plain.as_chunks().0.iter().map(|bytes| Self::from_le_bytes(*bytes)).for_each(each);
    }

    fn bounds(least: Self, most: Self) -> Bounds {
        (least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec())
    }
}

impl FixedWidth for i64 {
    const SIZE: usize = 8;

    fn of(array: &dyn Array) -> Option<&[Self]> {
        let array = array.as_any();
        let whole = array.downcast_ref::<Int64Array>().map(|array| &**array.values());
        let micros = || array.downcast_ref::<TimestampMicrosecondArray>().map(|array| &**array.values());
        let nanos = || array.downcast_ref::<TimestampNanosecondArray>().map(|array| &**array.values());
        let millis = || array.downcast_ref::<TimestampMillisecondArray>().map(|array| &**array.values());
        whole.or_else(micros).or_else(nanos).or_else(millis)
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn whole(self) -> i64 {
        self
    }

    fn plain(values: &[Self], out: &mut Vec<u8>) {
        append(values, Self::to_le_bytes, out);
    }

    fn each(plain: &[u8], each: impl FnMut(Self)) {
        plain.as_chunks().0.iter().map(|bytes| Self::from_le_bytes(*bytes)).for_each(each);
    }

    fn bounds(least: Self, most: Self) -> Bounds {
        (least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec())
    }
}

impl FixedWidth for f64 {
    const SIZE: usize = 8;
    const HAS_DELTAS: bool = false;

    fn of(array: &dyn Array) -> Option<&[Self]> {
        array.as_any().downcast_ref::<Float64Array>().map(|array| &**array.values())
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }

    #[inline(always)]
    fn whole(self) -> i64 {
        self.to_bits() as i64
    }

    fn plain(values: &[Self], out: &mut Vec<u8>) {
        append(values, Self::to_le_bytes, out);
    }

    fn each(plain: &[u8], each: impl FnMut(Self)) {
        plain.as_chunks().0.iter().map(|bytes| Self::from_le_bytes(*bytes)).for_each(each);
    }

    fn bounds(least: Self, most: Self) -> Bounds {
        let least = if least == 0.0 { -0.0 } else { least };
        let most = if most == 0.0 { 0.0 } else { most };
        (least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec())
    }
}

#[inline(always)]
fn append<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + values.len() * N, 0);
    for (place, value) in out[start..].as_chunks_mut::<N>().0.iter_mut().zip(values) {
        *place = bytes(*value);
    }
}

/// Values of one page, and the chunk's dictionary while it has one.
pub struct FixedValues<T> {
    has_dictionary: bool,
    /// Whether the encoding follows from each chunk's own values; until the first page ends they are plain.
    is_tried: bool,
    /// Whether rows still go to the dictionary.
    uses_dictionary: bool,
    /// Entries that the dictionary may have.
    limit: usize,
    /// Rows of a page at most.
    page_rows: usize,
    interner: Interner,
    entries: Vec<T>,
    /// Rows that have a key.
    keyed: usize,
    /// Whether the dictionary was found to be of no use.
    is_given_up: bool,
    keys: Keys,
    body: FixedBody,
    range: Option<(T, T)>,
}

enum FixedBody {
    Plain(Vec<u8>),
    Deltas(Deltas),
}

/// Differences of values of this width.
fn deltas<T: FixedWidth>() -> Deltas {
    if T::SIZE == 4 { Deltas::narrow() } else { Deltas::wide() }
}

impl<T: FixedWidth> FixedValues<T> {
    /// For a column with this encoding in pages of up to `page_rows`, behind a dictionary of up to
    /// `dictionary` bytes or none. Without an encoding each chunk gets the one that makes its first page
    /// smallest, a dictionary among them.
    pub fn new(encoding: Option<Encoding>, page_rows: usize, dictionary: Option<usize>) -> Self {
        let body = match encoding {
            Some(Encoding::DELTA_BINARY_PACKED) => FixedBody::Deltas(deltas::<T>()),
            _ => FixedBody::Plain(Vec::new()),
        };
        let is_tried = encoding.is_none();
        Self {
            has_dictionary: dictionary.is_some(),
            is_tried,
            uses_dictionary: dictionary.is_some() && !is_tried,
            limit: dictionary.unwrap_or(0) / T::SIZE,
            page_rows,
            interner: Interner::default(),
            entries: Vec::new(),
            keyed: 0,
            is_given_up: false,
            keys: Keys::default(),
            body,
            range: None,
        }
    }

    /// Adds a stretch of values to the page's range; NaN does not count.
    fn stretch(&mut self, values: &[T]) {
        let Some(first) = values.iter().copied().find(|value| value.partial_cmp(value).is_some()) else {
            return;
        };
        let (least, most) =
            values.iter().fold(self.range.unwrap_or((first, first)), |(least, most), &value| {
                (if value < least { value } else { least }, if value > most { value } else { most })
            });
        self.range = Some((least, most));
    }

    /// Gives each value its key. Stops behind the value that fills the dictionary.
    fn intern(&mut self, values: &[T]) -> usize {
        let (mut last_bits, mut last_key) = (0, None);
        for (at, value) in values.iter().enumerate() {
            let bits = value.bits();
            if let Some(key) = last_key
                && bits == last_bits
            {
                self.keys.put(key, 1);
                continue;
            }
            let Self { interner, entries, .. } = self;
            let (key, new) =
                interner.intern(interner.hash_word(bits), |key| entries[key as usize].bits() == bits);
            self.keys.put(key, 1);
            (last_bits, last_key) = (bits, Some(key));
            if new {
                self.entries.push(*value);
                let (entries, rows) = (self.entries.len(), self.keyed + at + 1);
                self.is_given_up |= is_of_no_use(entries - 1, entries, self.limit, entries, rows);
                if self.dictionary_is_full() {
                    self.keyed = rows;
                    return at + 1;
                }
            }
        }
        self.keyed += values.len();
        values.len()
    }
}

/// Rows for each entry from which on a dictionary is tried. With fewer, keys and entries are hardly smaller than
/// the values.
const ROWS_PER_ENTRY: usize = 2;

impl<T: FixedWidth> FixedValues<T> {
    /// The plain values of the first page as keys of a dictionary, if each entry comes often enough.
    fn key_all(&mut self, plain: &[u8]) -> bool {
        let rows = plain.len() / T::SIZE;
        let most = (rows / ROWS_PER_ENTRY).min(self.limit.saturating_sub(1));
        let mut may_go_on = true;
        self.keys.reserve(rows, self.page_rows);
        let Self { interner, entries, keys, .. } = self;
        T::each(plain, |value| {
            if may_go_on {
                let bits = value.bits();
                let same = |key: u32| entries[key as usize].bits() == bits;
                let (key, new) = interner.intern(interner.hash_word(bits), same);
                keys.put(key, 1);
                if new {
                    entries.push(value);
                    may_go_on = entries.len() <= most;
                }
            }
        });
        if !may_go_on {
            self.forget_keys();
        }
        self.keyed = rows;
        may_go_on
    }

    /// Forgets the dictionary and the keys of the page.
    fn forget_keys(&mut self) {
        self.interner.clear();
        self.entries.clear();
        self.entries.shrink_to(KEPT / T::SIZE);
        self.keys.clear();
        (self.keyed, self.is_given_up) = (0, false);
    }

    /// The encoding for values like these, and the bytes that each takes on the average.
    fn smallest(plain: &[u8], scratch: &mut PageScratch) -> Result<(FixedBody, f64)> {
        let sample = &plain[..plain.len().min(SAMPLE_BYTES)];
        let rows = (sample.len() / T::SIZE) as f64;
        let mut differences = f64::INFINITY;
        if T::HAS_DELTAS {
            let mut values = deltas::<T>();
            T::each(sample, |value| values.put(value.whole()));
            let (length, stored) = scratch.short_size(|out| values.finish(out))?;
            differences = stored as f64;
            // So few bits for a difference are not undercut by zstd alone.
            if length * FEW_BITS <= sample.len() {
                return Ok((FixedBody::Deltas(deltas::<T>()), differences / rows));
            }
        }
        let (_, stored) = scratch.short_size(|out| out.extend_from_slice(sample))?;
        let stored = stored as f64;
        Ok(match differences <= stored {
            true => (FixedBody::Deltas(deltas::<T>()), differences / rows),
            false => (FixedBody::Plain(Vec::new()), stored / rows),
        })
    }
}

impl<T: FixedWidth> ColumnValues for FixedValues<T> {
    fn weigh_dictionary(&mut self, ends: bool, scratch: &mut PageScratch) -> Result<bool> {
        let plain = match &mut self.body {
            FixedBody::Plain(plain) if !plain.is_empty() => std::mem::take(plain),
            _ => return Ok(false),
        };
        let (body, each) = Self::smallest(&plain, scratch)?;
        if self.has_dictionary && self.key_all(&plain) {
            let (_, keyed) = scratch.short_size(|out| self.keys.encode(self.entries.len(), out))?;
            let (_, page) = scratch.short_size(|out| T::plain(&self.entries, out))?;
            let (keys, entries) = (self.keys.values(), self.entries.len());
            if is_dictionary_smaller(each, page as f64, keyed, keys, entries, ends) {
                self.uses_dictionary = true;
                self.body = body;
                return Ok(true);
            }
            self.forget_keys();
        }
        self.body = match body {
            FixedBody::Plain(_) => FixedBody::Plain(plain),
            FixedBody::Deltas(mut deltas) => {
                T::each(&plain, |value| deltas.put(value.whole()));
                FixedBody::Deltas(deltas)
            }
        };
        Ok(true)
    }

    fn fits(&self, array: &dyn Array) -> bool {
        T::of(array).is_some()
    }

    fn begin(&mut self, _: &dyn Array) {}

    fn take(&mut self, array: &dyn Array, nulls: Option<&NullBuffer>, start: usize, end: usize) -> usize {
        let Some(values) = T::of(array) else { return end };
        match &mut self.body {
            _ if self.uses_dictionary => self.keys.reserve(end - start, self.page_rows),
            FixedBody::Plain(out) => make_room(out, (end - start) * T::SIZE, self.page_rows * T::SIZE),
            FixedBody::Deltas(_) => {}
        }
        each_valid(nulls, start, end, |start, end| {
            let mut taken = end;
            if self.uses_dictionary {
                taken = start + self.intern(&values[start..end]);
            } else {
                match &mut self.body {
                    FixedBody::Plain(out) => T::plain(&values[start..end], out),
                    FixedBody::Deltas(deltas) => {
                        values[start..end].iter().for_each(|value| deltas.put(value.whole()))
                    }
                }
            }
            self.stretch(&values[start..taken]);
            self.dictionary_is_full().then_some(taken)
        })
    }

    fn page_rows(&self) -> usize {
        self.page_rows
    }

    fn page_is_full(&self) -> bool {
        false
    }

    fn dictionary_is_full(&self) -> bool {
        self.uses_dictionary && (self.is_given_up || self.entries.len() >= self.limit)
    }

    fn finish_page(&mut self, out: &mut Vec<u8>) -> EncodedValues {
        let encoding = if self.uses_dictionary {
            self.keys.finish(self.entries.len(), out);
            Encoding::RLE_DICTIONARY
        } else {
            match &mut self.body {
                FixedBody::Plain(values) => {
                    out.extend_from_slice(values);
                    values.clear();
                    Encoding::PLAIN
                }
                FixedBody::Deltas(deltas) => {
                    deltas.finish(out);
                    Encoding::DELTA_BINARY_PACKED
                }
            }
        };
        let bounds = self.range.take().map(|(least, most)| T::bounds(least, most));
        EncodedValues { encoding, bounds, text_bytes: None }
    }

    fn finish_dictionary(&mut self, out: &mut Vec<u8>) -> Option<usize> {
        if !std::mem::take(&mut self.uses_dictionary) {
            return None;
        }
        T::plain(&self.entries, out);
        Some(self.entries.len())
    }

    fn clear(&mut self) {
        self.uses_dictionary = self.has_dictionary && !self.is_tried;
        self.forget_keys();
        self.range = None;
        match &mut self.body {
            FixedBody::Plain(values) => values.clear(),
            body if self.is_tried => *body = FixedBody::Plain(Vec::new()),
            FixedBody::Deltas(deltas) => deltas.clear(),
        }
    }
}
