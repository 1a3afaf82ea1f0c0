//! Identifiers, times and relations of the rows of one table, as bytes in pages that may wait in the spill file.
//!
//! ```text
//! event     = identifier, time
//! object    = identifier
//! relation  = event, or nothing if it is that of the relation before in the page; object
//! ```

use std::sync::Arc;

use crate::encode::page_store::{KeptBytes, Spill};
use crate::error::Result;
use crate::process::bytes::{Numbers, put, put_signed};

/// Bytes after which a page is closed.
const PAGE: usize = 64 << 10;

/// Some rows, and how many rows of the table stand before them.
#[derive(Debug)]
pub(super) struct Page {
    pub before: u64,
    pub bytes: KeptBytes,
}

/// The rows of one table, or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pub all: Vec<Page>,
    /// Rows that are in them, and rows that lack an identifier or a time.
    pub rows: u64,
    pub incomplete: u64,
}

impl Pages {
    /// Adds the rows that follow.
    pub fn join(&mut self, later: Self) {
        let before = self.rows;
        self.all.extend(later.all.into_iter().map(|page| Page { before: page.before + before, ..page }));
        self.rows += later.rows;
        self.incomplete += later.incomplete;
    }
}

/// Writes rows to pages.
pub(super) struct PageWriter {
    spill: Arc<Spill>,
    open: Vec<u8>,
    /// Rows before those of the open page.
    before: u64,
    /// The event of the last relation of the open page.
    last: Vec<u8>,
    pages: Pages,
}

impl PageWriter {
    pub fn new(spill: Arc<Spill>) -> Self {
        Self { spill, open: Vec::new(), before: 0, last: Vec::new(), pages: Pages::default() }
    }

    /// Appends the row of an event.
    pub fn event(&mut self, id: &[u8], time: i64) -> Result<()> {
        put_text(&mut self.open, id);
        put_signed(&mut self.open, time);
        self.next()
    }

    /// Appends the row of an object.
    pub fn object(&mut self, id: &[u8]) -> Result<()> {
        put_text(&mut self.open, id);
        self.next()
    }

    /// The next relation.
    pub fn relation(&mut self, event: &[u8], object: &[u8]) -> Result<()> {
        if !self.open.is_empty() && event == self.last {
            put(&mut self.open, 0);
        } else {
            put(&mut self.open, event.len() as u64 + 1);
            self.open.extend_from_slice(event);
            self.last.clear();
            self.last.extend_from_slice(event);
        }
        put_text(&mut self.open, object);
        self.next()
    }

    /// A row that is only counted.
    pub fn count(&mut self) {
        self.pages.rows += 1;
    }

    /// A row that lacks what it needs.
    pub fn incomplete(&mut self) {
        self.pages.incomplete += 1;
    }

    fn next(&mut self) -> Result<()> {
        self.pages.rows += 1;
        if self.open.len() >= PAGE { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<()> {
        if !self.open.is_empty() {
            self.pages.all.push(Page { before: self.before, bytes: self.spill.keep(&self.open)? });
            self.open.clear();
        }
        self.before = self.pages.rows;
        Ok(())
    }

    /// Closes the last page, and gives all of them.
    pub fn finish(mut self) -> Result<Pages> {
        self.close()?;
        Ok(self.pages)
    }
}

/// Appends a text with its length.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put(out, text.len() as u64);
    out.extend_from_slice(text);
}

/// The next text that was written so.
pub(super) fn text<'b>(numbers: &mut Numbers<'b>) -> Result<&'b [u8]> {
    let len = numbers.next()?;
    numbers.take(len)
}

/// Hands over the relations of a page: row, event and object.
pub(super) fn each_relation(
    page: &Page,
    mut take: impl FnMut(u64, &[u8], &[u8]) -> Result<()>,
) -> Result<()> {
    let bytes = page.bytes.read()?;
    let (mut numbers, mut event, mut row) = (Numbers(&bytes), &[][..], page.before);
    while !numbers.0.is_empty() {
        if let Some(len) = numbers.next()?.checked_sub(1) {
            event = numbers.take(len)?;
        }
        take(row, event, text(&mut numbers)?)?;
        row += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Ration;

    #[test]
    fn relations_come_back_with_their_rows_whatever_the_pages() {
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(0)), std::env::temp_dir()));
        let pages = |from: u32, to: u32| {
            let mut writer = PageWriter::new(Arc::clone(&spill));
            for row in from..to {
                let (event, object) = (format!("event {}", row / 3), format!("object {row}"));
                writer.relation(event.as_bytes(), object.as_bytes()).unwrap();
            }
            writer.finish().unwrap()
        };
        let mut all = pages(0, 10_000);
        all.join(pages(10_000, 10_001));
        all.join(pages(10_001, 20_000));
        assert!(all.all.len() > 3);
        let mut expected = 0;
        for page in &all.all {
            each_relation(page, |row, event, object| {
                assert_eq!(row, expected);
                assert_eq!(event, format!("event {}", row / 3).as_bytes());
                assert_eq!(object, format!("object {row}").as_bytes());
                expected += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!((expected, all.rows), (20_000, 20_000));
    }
}
