//! Tries encodings on the values of a chunk's first page, compressed as the page will be.
//!
//! ```text
//! dictionary begun -> first page full, or so many new values that there is no use: is it smaller?
//! values as they are -> first page full: which encoding is smallest?
//! ```
//!
//! What is chosen follows from the rows of the chunk alone, so that it is the same on any number of threads.
//! A page of text has 1 MiB and a sample of it 272 KiB: the order of encodings is the same for both.

use super::compress::Tables;

/// Bytes of texts that are tried. zstd compresses up to 256 KiB in another way than more: a sample of 256 KiB
/// took plain random texts for smaller, whose pages are 8% larger than those with lengths apart.
pub const SAMPLE_BYTES: usize = 272 << 10;
/// Length of pages, in bytes, from which larger tables of zstd find more.
const LONG_PAGE: usize = 512 << 10;

/// What a trial found of the encoding that it chose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settled {
    /// Bytes of the plain sample; none if nothing was tried.
    pub raw: usize,
    /// Bytes of the sample, encoded and compressed.
    pub compressed: usize,
}

impl Settled {
    /// The tables of zstd for a page of so many bytes. Random text has no matches that larger ones would find,
    /// and what compresses very well finds them in the small ones.
    pub fn tables(self, page: usize) -> Tables {
        let is_natural = self.compressed * 6 > self.raw && self.compressed * 2 < self.raw;
        if page > LONG_PAGE && is_natural { Tables::Large } else { Tables::Small }
    }
}

/// Whether the rows that follow those of the first page take less with the dictionary: `plain` bytes for a
/// value as it is, against `page` bytes for the dictionary's entries and `keyed` for the keys of the rows so
/// far. If the chunk ends with these rows, they are all that counts; else new values are taken to come as often
/// as in the second half of the rows. They become rarer, so a dictionary that is kept is better than it seems.
pub fn is_dictionary_smaller(
    plain: f64,
    page: f64,
    keyed: usize,
    keys: &[u32],
    entries: usize,
    ends: bool,
) -> bool {
    let rows = keys.len() as f64;
    if ends {
        /// Bytes of the header of a dictionary page.
        const HEADER: f64 = 24.0;
        return page + keyed as f64 + HEADER < plain * rows;
    }
    let half = keys.len() / 2;
    // Entries are numbered as they come.
    let known = keys[..half].iter().max().map_or(0, |most| *most as usize + 1);
    let new = (entries - known) as f64 / (rows - half as f64);
    new * page / entries as f64 + keyed as f64 / rows < plain
}
