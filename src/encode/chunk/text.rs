//! Text, as an array of its own or as keys into one.

use arrow::array::{Array, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int32Type;
use parquet::basic::Encoding;
use parquet::errors::Result;

use super::delta::Deltas;
use super::dictionary::{Keys, TextDictionary, is_all_new, is_of_no_use};
use super::levels::each_valid;
use super::statistics::Bounds;
use super::trial::{FEW_VALUES, SAMPLE_BYTES, is_dictionary_smaller};
use super::{ColumnValues, EncodedValues, PageScratch, make_room};
use crate::model::short;

/// A key of a batch's dictionary that no row has used yet.
const UNUSED: u32 = u32::MAX;
/// Room for the text that fills a page.
const BEYOND: usize = 4 << 10;
/// Rows of a page of plain text, as a multiple of those of other pages.
const TEXT_ROWS: usize = 5;
/// Bytes of a page's buffer that are kept once the chunk is closed.
const KEPT: usize = 1 << 20;

/// Values of one page, and the chunk's dictionary while it has one.
pub struct TextValues {
    has_dictionary: bool,
    /// Whether rows still go to the dictionary.
    uses_dictionary: bool,
    /// Whether the encoding follows from each chunk's own values.
    is_tried: bool,
    /// Whether the encoding of the values as they are is known.
    is_settled: bool,
    dictionary_limit: usize,
    page_rows: usize,
    page_limit: usize,
    dictionary: TextDictionary,
    /// Rows that have a key.
    keyed: usize,
    /// Whether the dictionary was found to be of no use.
    is_given_up: bool,
    /// For each key of the batch's dictionary the chunk's.
    remap: Vec<u32>,
    keys: Keys,
    body: TextBody,
    bounds: Option<Bounds>,
    /// Bytes of the page's texts.
    text_bytes: usize,
}

enum TextBody {
    /// Length and bytes of each text.
    Plain(Vec<u8>),
    /// All lengths, then all bytes.
    Lengths { lengths: Deltas, bytes: Vec<u8> },
    /// Lengths of what a text shares with the one before, lengths of the rest, then all rests.
    Shared { shared: Deltas, lengths: Deltas, bytes: Vec<u8>, last: Vec<u8> },
}

/// Texts that are plain encoded, one after the other.
fn each_text(mut plain: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = plain.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        plain = rest;
        Some(text)
    })
}

impl TextBody {
    /// The plain texts in this encoding.
    fn of(encoding: Encoding, plain: &[u8]) -> Self {
        let mut body = Self::new(encoding);
        body.bytes().reserve(plain.len());
        each_text(plain).for_each(|text| body.push(text));
        body
    }

    /// Adds a text to the page under way.
    fn push(&mut self, text: &[u8]) {
        match self {
            Self::Plain(bytes) => {
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text);
            }
            Self::Lengths { lengths, bytes } => {
                lengths.put(text.len() as i64);
                bytes.extend_from_slice(text);
            }
            Self::Shared { shared, lengths, bytes, last } => {
                let same = shared_prefix(last, text);
                shared.put(same as i64);
                lengths.put((text.len() - same) as i64);
                bytes.extend_from_slice(&text[same..]);
                last.clear();
                last.extend_from_slice(text);
            }
        }
    }

    fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => {
                Self::Lengths { lengths: Deltas::narrow(), bytes: Vec::new() }
            }
            Encoding::DELTA_BYTE_ARRAY => Self::Shared {
                shared: Deltas::narrow(),
                lengths: Deltas::narrow(),
                bytes: Vec::new(),
                last: Vec::new(),
            },
            _ => Self::Plain(Vec::new()),
        }
    }

    fn bytes(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Plain(bytes) | Self::Lengths { bytes, .. } | Self::Shared { bytes, .. } => bytes,
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Encoding {
        let encoding = match self {
            Self::Plain(_) => Encoding::PLAIN,
            Self::Lengths { lengths, .. } => {
                lengths.finish(out);
                Encoding::DELTA_LENGTH_BYTE_ARRAY
            }
            Self::Shared { shared, lengths, last, .. } => {
                shared.finish(out);
                lengths.finish(out);
                last.clear();
                Encoding::DELTA_BYTE_ARRAY
            }
        };
        let bytes = self.bytes();
        out.extend_from_slice(bytes);
        bytes.clear();
        encoding
    }

    fn clear(&mut self) {
        match self {
            Self::Plain(_) => {}
            Self::Lengths { lengths, .. } => lengths.clear(),
            Self::Shared { shared, lengths, last, .. } => {
                shared.clear();
                lengths.clear();
                last.clear();
            }
        }
        let bytes = self.bytes();
        bytes.clear();
        bytes.shrink_to(KEPT);
    }
}

/// Where a batch's texts are.
#[derive(Clone, Copy)]
enum Texts<'a> {
    Own(&'a StringArray),
    Keyed { keys: &'a [i32], texts: &'a StringArray },
}

impl<'a> Texts<'a> {
    fn of(array: &'a dyn Array) -> Option<Self> {
        let any = array.as_any();
        if let Some(array) = any.downcast_ref::<StringArray>() {
            return Some(Self::Own(array));
        }
        let array = any.downcast_ref::<DictionaryArray<Int32Type>>()?;
        let keys: &Int32Array = array.keys();
        Some(Self::Keyed { keys: keys.values(), texts: array.values().as_any().downcast_ref()? })
    }

    /// Bytes of some rows with their lengths, as far as that is known without looking at each.
    fn bytes(self, start: usize, end: usize) -> usize {
        match self {
            Self::Own(texts) => {
                let offsets = texts.value_offsets();
                (offsets[end] - offsets[start]) as usize + (end - start) * 4
            }
            Self::Keyed { .. } => 0,
        }
    }

    /// The text of a row as all texts, where it starts, and where it ends.
    #[inline(always)]
    fn place(self, row: usize) -> (&'a [u8], usize, usize) {
        match self {
            Self::Own(texts) => text_place(texts, row),
            Self::Keyed { keys, texts } => text_place(texts, keys[row] as usize),
        }
    }

    #[inline(always)]
    fn text(self, row: usize) -> &'a [u8] {
        let (data, start, end) = self.place(row);
        &data[start..end]
    }
}

/// All texts, where one starts, and where it ends.
#[inline(always)]
fn text_place(texts: &StringArray, at: usize) -> (&[u8], usize, usize) {
    let offsets = texts.value_offsets();
    (texts.value_data(), offsets[at] as usize, offsets[at + 1] as usize)
}

impl TextValues {
    /// For a column with this encoding in pages of up to so many rows or bytes, behind a dictionary of up to
    /// `dictionary` bytes or none. Without an encoding each chunk gets the one that makes its first page
    /// smallest.
    pub fn new(
        encoding: Option<Encoding>,
        page_rows: usize,
        page_bytes: usize,
        dictionary: Option<usize>,
    ) -> Self {
        let mut values = Self {
            has_dictionary: dictionary.is_some(),
            uses_dictionary: dictionary.is_some(),
            is_tried: encoding.is_none(),
            is_settled: encoding.is_some(),
            dictionary_limit: dictionary.unwrap_or(0),
            page_rows,
            page_limit: page_bytes,
            dictionary: TextDictionary::default(),
            keyed: 0,
            is_given_up: false,
            remap: Vec::new(),
            keys: Keys::default(),
            body: TextBody::new(encoding.unwrap_or(Encoding::PLAIN)),
            bounds: None,
            text_bytes: 0,
        };
        values.dictionary.begin_page();
        values
    }

    /// Gives each row its key, one look for a run of equal rows. Stops behind the row that fills the
    /// dictionary, or shows that it is of no use: a row that brings a new text is looked at alone, so that
    /// nothing depends on where a run is cut.
    fn intern(&mut self, texts: Texts<'_>, start: usize, end: usize) -> Option<usize> {
        let mut at = start;
        while at < end {
            let before = self.dictionary.bytes();
            let (key, new, next) = match texts {
                Texts::Keyed { keys, texts } => {
                    let slot = &mut self.remap[keys[at] as usize];
                    let (key, new) = match *slot {
                        UNUSED => {
                            let (data, start, end) = text_place(texts, keys[at] as usize);
                            self.dictionary.intern(data, start, end - start)
                        }
                        known => (known, false),
                    };
                    *slot = key;
                    let equal = || keys[at + 1..end].iter().take_while(|key| **key == keys[at]).count();
                    (key, new, at + 1 + if new { 0 } else { equal() })
                }
                Texts::Own(own) => {
                    let (data, start, stop) = text_place(own, at);
                    let (key, new) = self.dictionary.intern(data, start, stop - start);
                    let first = &data[start..stop];
                    let is_first = |row: &usize| short::equal(texts.text(*row), first);
                    let equal = || (at + 1..end).take_while(is_first).count();
                    (key, new, at + 1 + if new { 0 } else { equal() })
                }
            };
            let rows = next - at;
            self.text_bytes += self.dictionary.used(key) as usize * rows;
            self.keys.put(key, rows);
            self.keyed += rows;
            at = next;
            if new {
                let (limit, entries) = (self.dictionary_limit, self.dictionary.entries());
                let bytes = self.dictionary.bytes();
                self.is_given_up |= is_of_no_use(before, bytes, limit, entries, self.keyed)
                    || self.is_tried && is_all_new(before, bytes, entries, self.keyed);
                if self.dictionary_is_full() {
                    return Some(at);
                }
            }
        }
        None
    }

    /// Whether the rows of the chunk's first page, which all have keys, are smaller without the dictionary.
    fn is_plain_smaller(&self, ends: bool, scratch: &mut PageScratch) -> Result<bool> {
        let (keys, entries) = (self.keys.values(), self.dictionary.entries());
        if entries * 4 <= keys.len() || keys.len() < FEW_VALUES && !ends {
            return Ok(false);
        }
        if self.is_given_up {
            return Ok(true);
        }
        let mut sampled = 0;
        let plain = scratch.size(|out| {
            for key in keys {
                out.extend_from_slice(self.dictionary.plain(*key));
                sampled += 1;
                if out.len() >= SAMPLE_BYTES {
                    break;
                }
            }
        })?;
        let plain = plain as f64 / sampled as f64;
        let end = self.dictionary.page().len().min(SAMPLE_BYTES);
        let page = scratch.size(|out| out.extend_from_slice(&self.dictionary.page()[..end]))?;
        let page = page as f64 / end as f64 * self.dictionary.page().len() as f64;
        let keyed = scratch.size(|out| self.keys.encode(entries, out))?;
        Ok(!is_dictionary_smaller(plain, page, keyed, keys, entries, ends))
    }

    /// Writes the page's rows as they are, as if there had been no dictionary.
    fn leave_dictionary(&mut self, scratch: &mut PageScratch) -> Result<()> {
        let mut sample = Vec::with_capacity(SAMPLE_BYTES + BEYOND);
        for key in self.keys.values() {
            sample.extend_from_slice(self.dictionary.plain(*key));
            if sample.len() >= SAMPLE_BYTES {
                break;
            }
        }
        self.body = TextBody::new(smallest(&sample, scratch)?);
        let page = self.page_limit + BEYOND;
        make_room(self.body.bytes(), page, page);
        for key in self.keys.values() {
            self.body.push(self.dictionary.text(*key));
        }
        self.bounds = self.dictionary.bounds();
        (self.uses_dictionary, self.is_given_up, self.is_settled) = (false, false, true);
        self.keys.clear();
        self.dictionary.clear();
        Ok(())
    }

    /// Writes rows as they are. Stops behind the row that fills the page.
    fn write(&mut self, texts: Texts<'_>, nulls: Option<&NullBuffer>, start: usize, end: usize) -> usize {
        let Self { body, text_bytes, page_limit, is_settled, .. } = self;
        let limit = &if *is_settled { *page_limit } else { SAMPLE_BYTES.min(*page_limit) };
        let mut range = Range::default();
        let bytes = body.bytes();
        let coming = texts.bytes(start, end).min(*page_limit - bytes.len().min(*page_limit));
        // The last text of a page goes beyond its limit.
        make_room(bytes, coming + short::BLOCK, *page_limit + BEYOND);
        let taken = match body {
            TextBody::Plain(bytes) => each_valid(nulls, start, end, |start, end| {
                (start..end).find_map(|row| {
                    let (data, start, end) = texts.place(row);
                    range.put(&data[start..end]);
                    bytes.extend_from_slice(&((end - start) as u32).to_le_bytes());
                    short::append(bytes, data, start, end - start);
                    *text_bytes += end - start;
                    (bytes.len() >= *limit).then_some(row + 1)
                })
            }),
            TextBody::Lengths { lengths, bytes } => each_valid(nulls, start, end, |start, end| {
                (start..end).find_map(|row| {
                    let (data, start, end) = texts.place(row);
                    range.put(&data[start..end]);
                    lengths.put((end - start) as i64);
                    short::append(bytes, data, start, end - start);
                    (bytes.len() >= *limit).then_some(row + 1)
                })
            }),
            TextBody::Shared { shared, lengths, bytes, last } => {
                let held = std::mem::take(last);
                let mut before: &[u8] = &held;
                let taken = each_valid(nulls, start, end, |start, end| {
                    (start..end).find_map(|row| {
                        let (data, start, end) = texts.place(row);
                        let text = &data[start..end];
                        *text_bytes += text.len();
                        // Its relations follow an event: what the row before had is within the range, and
                        // adds nothing.
                        if range.some && short::equal(before, text) {
                            shared.put(text.len() as i64);
                            lengths.put(0);
                            return None;
                        }
                        range.put(text);
                        let same = shared_prefix(before, text);
                        shared.put(same as i64);
                        lengths.put((text.len() - same) as i64);
                        short::append(bytes, data, start + same, text.len() - same);
                        before = text;
                        (bytes.len() >= *limit).then_some(row + 1)
                    })
                });
                *last = before.to_vec();
                taken
            }
        };
        if let TextBody::Lengths { bytes, .. } = body {
            *text_bytes = bytes.len();
        }
        if let Some((least, most)) = range.bounds() {
            let (min, max) = self.bounds.get_or_insert_with(|| (least.to_vec(), most.to_vec()));
            if *least < **min {
                *min = least.to_vec();
            }
            if *most > **max {
                *max = most.to_vec();
            }
        }
        taken
    }
}

/// Bytes that both begin with. Loops over numbers: iterators put together took five times as many
/// instructions.
#[inline]
fn shared_prefix(left: &[u8], right: &[u8]) -> usize {
    let most = left.len().min(right.len());
    let (left, right) = (&left[..most], &right[..most]);
    let differ = |at: usize| match (left[at..].first_chunk(), right[at..].first_chunk()) {
        (Some(left), Some(right)) => u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right),
        _ => 0,
    };
    let mut at = 0;
    while at + 8 <= most {
        let differ = differ(at);
        if differ != 0 {
            return at + differ.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    if most >= 8 {
        // The last eight, of which the first ones are known to be equal.
        let differ = differ(most - 8);
        return if differ == 0 { most } else { most - 8 + differ.trailing_zeros() as usize / 8 };
    }
    while at < most && left[at] == right[at] {
        at += 1;
    }
    at
}

/// The least and the largest of some texts, told by their first eight bytes as far as these differ.
#[derive(Default)]
struct Range<'a> {
    some: bool,
    least: (u64, &'a [u8]),
    most: (u64, &'a [u8]),
}

impl<'a> Range<'a> {
    #[inline(always)]
    fn put(&mut self, text: &'a [u8]) {
        let head = short::head(text);
        if !self.some {
            (self.some, self.least, self.most) = (true, (head, text), (head, text));
        }
        if head <= self.least.0 && (head, text) < self.least {
            self.least = (head, text);
        }
        if head >= self.most.0 && (head, text) > self.most {
            self.most = (head, text);
        }
    }

    fn bounds(&self) -> Option<(&'a [u8], &'a [u8])> {
        self.some.then_some((self.least.1, self.most.1))
    }
}

/// The encoding that makes plain texts smallest, compressed as a long page is.
fn smallest(plain: &[u8], scratch: &mut PageScratch) -> Result<Encoding> {
    let (mut shared, mut before): (usize, &[u8]) = (0, &[]);
    for text in each_text(plain) {
        shared += shared_prefix(before, text);
        before = text;
    }
    let mut best = (scratch.size(|out| out.extend_from_slice(plain))?, Encoding::PLAIN);
    let may_share = shared * 5 >= plain.len();
    for encoding in [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY] {
        if encoding == Encoding::DELTA_LENGTH_BYTE_ARRAY || may_share {
            let size = scratch.size(|out| {
                TextBody::of(encoding, plain).finish(out);
            })?;
            best = if size < best.0 { (size, encoding) } else { best };
        }
    }
    Ok(best.1)
}

impl ColumnValues for TextValues {
    fn fits(&self, array: &dyn Array) -> bool {
        Texts::of(array).is_some()
    }

    fn begin(&mut self, array: &dyn Array) {
        self.remap.clear();
        if let Some(Texts::Keyed { texts, .. }) = Texts::of(array) {
            self.remap.resize(texts.len(), UNUSED);
        }
    }

    fn take(&mut self, array: &dyn Array, nulls: Option<&NullBuffer>, start: usize, end: usize) -> usize {
        match Texts::of(array) {
            Some(texts) if self.uses_dictionary => {
                self.keys.reserve(end - start, self.page_rows);
                each_valid(nulls, start, end, |start, end| self.intern(texts, start, end))
            }
            Some(texts) => self.write(texts, nulls, start, end),
            None => end,
        }
    }

    fn page_rows(&self) -> usize {
        // Readers that skip pages look at keys and numbers; texts are long enough for pages of their own.
        self.page_rows * if self.is_tried && !self.uses_dictionary { TEXT_ROWS } else { 1 }
    }

    fn weigh_dictionary(&mut self, ends: bool, scratch: &mut PageScratch) -> Result<bool> {
        if self.uses_dictionary && self.is_plain_smaller(ends, scratch)? {
            // The page as it would be must not be much longer than a page.
            match self.text_bytes + self.keys.values().len() * 4 > self.page_limit * 2 {
                true => self.is_given_up = true,
                false => self.leave_dictionary(scratch)?,
            }
        }
        Ok(true)
    }

    fn settle(&mut self, ends: bool, scratch: &mut PageScratch) -> Result<()> {
        let plain = match &self.body {
            TextBody::Plain(plain) if !self.is_settled && !self.uses_dictionary => plain,
            _ => return Ok(()),
        };
        if plain.is_empty() || !ends && plain.len() < SAMPLE_BYTES.min(self.page_limit) {
            return Ok(());
        }
        let encoding = smallest(plain, scratch)?;
        if encoding != Encoding::PLAIN {
            self.body = TextBody::of(encoding, plain);
        }
        self.is_settled = true;
        Ok(())
    }

    fn page_is_full(&self) -> bool {
        match &self.body {
            _ if self.uses_dictionary => false,
            TextBody::Plain(bytes) | TextBody::Lengths { bytes, .. } | TextBody::Shared { bytes, .. } => {
                bytes.len() >= self.page_limit
            }
        }
    }

    fn dictionary_is_full(&self) -> bool {
        self.uses_dictionary && (self.is_given_up || self.dictionary.bytes() >= self.dictionary_limit)
    }

    fn finish_page(&mut self, out: &mut Vec<u8>) -> EncodedValues {
        let (encoding, bounds) = if self.uses_dictionary {
            self.keys.finish(self.dictionary.entries(), out);
            let bounds = self.dictionary.bounds();
            self.dictionary.begin_page();
            (Encoding::RLE_DICTIONARY, bounds)
        } else {
            (self.body.finish(out), self.bounds.take())
        };
        EncodedValues { encoding, bounds, text_bytes: Some(std::mem::take(&mut self.text_bytes) as i64) }
    }

    fn finish_dictionary(&mut self, out: &mut Vec<u8>) -> Option<usize> {
        if !std::mem::take(&mut self.uses_dictionary) {
            return None;
        }
        out.extend_from_slice(self.dictionary.page());
        let entries = self.dictionary.entries();
        // The rest of the chunk needs the memory more.
        self.dictionary.clear();
        Some(entries)
    }

    fn clear(&mut self) {
        self.uses_dictionary = self.has_dictionary;
        (self.keyed, self.is_given_up) = (0, false);
        self.dictionary.clear();
        self.dictionary.begin_page();
        self.keys.clear();
        self.body.clear();
        if self.is_tried {
            self.body = TextBody::Plain(std::mem::take(self.body.bytes()));
            self.is_settled = false;
        }
        self.bounds = None;
        self.text_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn prefixes_are_as_byte_by_byte(
            left in prop::collection::vec(0u8..3, 0..20), right in prop::collection::vec(0u8..3, 0..20), same in 0usize..20,
        ) {
            let same = same.min(left.len());
            let right: Vec<u8> = left[..same].iter().chain(&right).copied().collect();
            let equal = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
            prop_assert_eq!(shared_prefix(&left, &right), equal);
        }
    }
}
