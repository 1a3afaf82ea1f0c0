//! Differences, bit-packed in blocks (Parquet, Encodings.md, DELTA_BINARY_PACKED = 5).
//!
//! ```text
//! page  = block size, miniblocks in a block, values, first value; then blocks
//! block = least difference, one width for each miniblock; then miniblocks: differences less the least one
//! ```
//!
//! Differences wrap around in the column's own width, so the ends of the range need no care.

use super::bits::{pack, varint, width_of, zigzag};

/// Miniblocks in a block.
const MINIBLOCKS: usize = 4;

/// Whole numbers of one page.
#[derive(Debug)]
pub struct Deltas {
    /// Width of the column's type in bits; a miniblock has as many values.
    bits: usize,
    count: u64,
    first: i64,
    last: i64,
    pending: Vec<i64>,
    blocks: Vec<u8>,
}

impl Deltas {
    /// For a column of 32-bit numbers.
    pub fn narrow() -> Self {
        Self::new(32)
    }

    /// For a column of 64-bit numbers.
    pub fn wide() -> Self {
        Self::new(64)
    }

    fn new(bits: usize) -> Self {
        let pending = Vec::with_capacity(bits * MINIBLOCKS);
        Self { bits, count: 0, first: 0, last: 0, pending, blocks: Vec::new() }
    }

    /// Appends a value to the page.
    #[inline]
    pub fn put(&mut self, value: i64) {
        self.count += 1;
        if self.count == 1 {
            self.first = value;
        } else {
            let wide = value.wrapping_sub(self.last);
            self.pending.push(if self.bits == 32 { i64::from(wide as i32) } else { wide });
            if self.pending.len() == self.bits * MINIBLOCKS {
                self.block();
            }
        }
        self.last = value;
    }

    fn block(&mut self) {
        let Some(least) = self.pending.iter().copied().min() else { return };
        zigzag(least, &mut self.blocks);
        let widths = self.blocks.len();
        self.blocks.extend_from_slice(&[0; MINIBLOCKS]);
        for (index, miniblock) in self.pending.chunks(self.bits).enumerate() {
            let above = |delta: &i64| delta.wrapping_sub(least) as u64;
            let width = width_of(miniblock.iter().map(above).fold(0, |all, above| all | above));
            self.blocks[widths + index] = width as u8;
            let padding = std::iter::repeat_n(0, self.bits - miniblock.len());
            pack(miniblock.iter().map(above).chain(padding), width, &mut self.blocks);
        }
        self.pending.clear();
    }

    /// Appends the page's values and begins anew.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.block();
        varint((self.bits * MINIBLOCKS) as u64, out);
        varint(MINIBLOCKS as u64, out);
        varint(self.count, out);
        zigzag(self.first, out);
        out.extend_from_slice(&self.blocks);
        self.clear();
    }

    /// Forgets the page's values.
    pub fn clear(&mut self) {
        self.pending.clear();
        self.blocks.clear();
        (self.count, self.first, self.last) = (0, 0, 0);
    }
}
