//! Definition levels of one page: which rows are null.

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::NullBuffer;

use super::rle;

/// Rows of the page so far. Bits are kept only once there is a null.
#[derive(Debug)]
pub struct Levels {
    nullable: bool,
    rows: usize,
    nulls: usize,
    valid: BooleanBufferBuilder,
}

impl Levels {
    /// For a column that may hold nulls, or may not and has no levels.
    pub fn new(nullable: bool) -> Self {
        Self { nullable, rows: 0, nulls: 0, valid: BooleanBufferBuilder::new(0) }
    }

    /// Rows of the page.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of nulls among the rows.
    pub fn nulls(&self) -> usize {
        self.nulls
    }

    /// Adds the definition levels of rows `start..end`; `None` means that no row is null.
    pub fn put(&mut self, nulls: Option<&NullBuffer>, start: usize, end: usize) {
        let rows = end - start;
        let stretch = nulls.map(|nulls| nulls.slice(start, rows)).filter(|nulls| nulls.null_count() > 0);
        match stretch {
            None if self.nulls == 0 => {}
            None => self.valid.append_n(rows, true),
            Some(stretch) => {
                if self.nulls == 0 {
                    self.valid.append_n(self.rows, true);
                }
                self.nulls += stretch.null_count();
                self.valid.append_buffer(stretch.inner());
            }
        }
        self.rows += rows;
    }

    /// Appends the levels with their length before them, and begins anew.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.nullable {
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            match self.nulls {
                0 => rle::run(1, self.rows, 1, out),
                _ => rle::encode_bits(self.valid.as_slice(), self.rows, out),
            }
            let length = (out.len() - start - 4) as u32;
            out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        }
        self.clear();
    }

    /// Forgets the page's rows.
    pub fn clear(&mut self) {
        (self.rows, self.nulls) = (0, 0);
        self.valid.truncate(0);
    }
}

/// Calls `take` with each stretch of rows that are not null. It gives the row before which it stopped, if it
/// did.
#[inline]
pub fn each_valid(
    nulls: Option<&NullBuffer>,
    start: usize,
    end: usize,
    mut take: impl FnMut(usize, usize) -> Option<usize>,
) -> usize {
    let Some(nulls) = nulls else { return take(start, end).unwrap_or(end) };
    let stretch = nulls.inner().slice(start, end - start);
    for (first, last) in stretch.set_slices() {
        if let Some(stopped) = take(start + first, start + last) {
            return stopped;
        }
    }
    end
}
