//! Tries encodings on the values of a chunk's first page, compressed as the page will be.
//!
//! ```text
//! dictionary begun -> first page full, or so many new values that there is no use: is it smaller?
//! values as they are -> first page full: which encoding is smallest?
//! ```
//!
//! What is chosen follows from the rows of the chunk alone, so that it is the same on any number of threads.
//! A page of text has 1 MiB and a sample of it 32 KiB: the order of encodings is the same for both, if zstd
//! takes the same strategy.

use super::compress::Tables;

/// Bytes of texts that are tried.
pub const SAMPLE_BYTES: usize = 32 << 10;
/// Length of pages, in bytes, from which larger tables of zstd find more.
const LONG_PAGE: usize = 512 << 10;

/// Which tables of zstd suit the long pages of a chunk: the first is compressed with the small ones and the
/// second with the large ones, which the others keep if it came out smaller for its length. No page is
/// compressed twice.
#[derive(Debug, Clone, Copy, Default)]
pub struct LongPages {
    /// Length of the first page, and of the same compressed.
    first: Option<(u64, u64)>,
    chosen: Option<Tables>,
}

impl LongPages {
    /// The tables for the next page, of so many bytes.
    pub fn tables(&self, page: usize) -> Tables {
        match (self.first, self.chosen) {
            _ if page <= LONG_PAGE => Tables::Small,
            (_, Some(chosen)) => chosen,
            (Some(_), None) => Tables::Large,
            (None, None) => Tables::Small,
        }
    }

    /// Takes note of a page and its length as it is stored.
    pub fn note(&mut self, page: usize, stored: usize) {
        if page <= LONG_PAGE || self.chosen.is_some() {
            return;
        }
        let (page, stored) = (page as u64, stored as u64);
        match self.first {
            None => self.first = Some((page, stored)),
            Some((first, first_stored)) => {
                let is_smaller = stored * first * 100 < first_stored * page * 99;
                self.chosen = Some(if is_smaller { Tables::Large } else { Tables::Small });
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_pages_keep_the_large_tables_where_these_make_them_smaller() {
        const PAGE: usize = 1 << 20;
        for (second, expected) in [(PAGE / 4 - 5_000, Tables::Large), (PAGE / 4 - 500, Tables::Small)] {
            let mut pages = LongPages::default();
            assert_eq!(pages.tables(PAGE), Tables::Small);
            pages.note(PAGE, PAGE / 4);
            assert_eq!(pages.tables(PAGE), Tables::Large);
            // A short page tells nothing.
            assert_eq!(pages.tables(LONG_PAGE), Tables::Small);
            pages.note(LONG_PAGE, 1);
            pages.note(PAGE, second);
            assert_eq!(pages.tables(PAGE), expected);
            pages.note(PAGE, 1);
            assert_eq!(pages.tables(PAGE), expected);
        }
    }

    #[test]
    fn a_dictionary_is_weighed_by_the_entries_that_still_come() {
        // 100 rows of 50 values, none new in the second half: only keys are paid from then on.
        let few: Vec<u32> = (0..50).chain(0..50).collect();
        assert!(is_dictionary_smaller(2.0, 500.0, 100, &few, 50, false));
        // All new: entries of 10 bytes and keys against plain values of 10 bytes.
        let new: Vec<u32> = (0..100).collect();
        assert!(!is_dictionary_smaller(10.0, 1000.0, 100, &new, 100, false));
        // Where the chunk ends all entries count.
        assert!(!is_dictionary_smaller(2.0, 500.0, 100, &few, 50, true));
        assert!(is_dictionary_smaller(7.0, 500.0, 100, &few, 50, true));
    }
}
