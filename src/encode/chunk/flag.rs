//! Values of one bit.

use arrow::array::{Array, BooleanArray, BooleanBufferBuilder};
use arrow::buffer::NullBuffer;
use parquet::basic::Encoding;

use super::levels::each_valid;
use super::{ColumnValues, EncodedValues};

/// Flags of one page: eight in a byte, lowest bit first.
pub struct Flags {
    page_rows: usize,
    bits: BooleanBufferBuilder,
    trues: usize,
}

impl Flags {
    /// For pages of up to so many rows.
    pub fn new(page_rows: usize) -> Self {
        Self { page_rows, bits: BooleanBufferBuilder::new(0), trues: 0 }
    }
}

fn flags(array: &dyn Array) -> Option<&BooleanArray> {
    array.as_any().downcast_ref()
}

impl ColumnValues for Flags {
    fn fits(&self, array: &dyn Array) -> bool {
        flags(array).is_some()
    }

    fn begin(&mut self, _: &dyn Array) {}

    fn take(&mut self, array: &dyn Array, nulls: Option<&NullBuffer>, start: usize, end: usize) -> usize {
        let Some(array) = flags(array) else { return end };
        each_valid(nulls, start, end, |start, end| {
            let stretch = array.values().slice(start, end - start);
            self.trues += stretch.count_set_bits();
            self.bits.append_buffer(&stretch);
            None
        })
    }

    fn page_rows(&self) -> usize {
        self.page_rows
    }

    fn page_is_full(&self) -> bool {
        false
    }

    fn dictionary_is_full(&self) -> bool {
        false
    }

    fn finish_page(&mut self, out: &mut Vec<u8>) -> EncodedValues {
        out.extend_from_slice(self.bits.as_slice());
        let len = self.bits.len();
        let bounds = (len > 0).then(|| (vec![u8::from(self.trues == len)], vec![u8::from(self.trues > 0)]));
        self.clear();
        EncodedValues { encoding: Encoding::PLAIN, bounds, text_bytes: None }
    }

    fn finish_dictionary(&mut self, _: &mut Vec<u8>) -> Option<usize> {
        None
    }

    fn clear(&mut self) {
        self.bits.truncate(0);
        self.trues = 0;
    }
}
