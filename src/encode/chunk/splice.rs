//! A finished chunk on its way into the file: its pages come back from the store one by one.

use std::io::{self, Read, Write};
use std::sync::Mutex;
use std::vec::IntoIter;

use bytes::{Buf, Bytes};
use parquet::column::page_store::{PageKey, PageStore};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedRowGroupWriter;

use crate::encode::page_store::SpillStore;

/// An encoded column chunk that is in no file yet.
pub struct Chunk {
    /// What the footer and the page index say of it.
    pub close: ColumnCloseResult,
    /// Store of the pages of the chunk.
    pub(super) store: SpillStore,
    /// Its pages in their order in the file.
    pub(super) keys: Vec<PageKey>,
}

impl Chunk {
    /// Puts it behind the columns before.
    pub fn append_to<W: Write + Send>(self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        let length = self.close.bytes_written;
        let pages = Pages { store: self.store, keys: self.keys.into_iter(), page: Bytes::new() };
        group.append_column(&Stored { length, pages: Mutex::new(Some(pages)) }, self.close)
    }
}

/// The chunk as the library's writer wants it: something that can be read once, from the start.
struct Stored {
    length: u64,
    pages: Mutex<Option<Pages>>,
}

impl Length for Stored {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Stored {
    type T = Pages;

    fn get_read(&self, _: u64) -> Result<Pages> {
        let pages = self.pages.lock().ok().and_then(|mut pages| pages.take());
        pages.ok_or_else(|| ParquetError::General("the chunk has been read already".to_owned()))
    }

    fn get_bytes(&self, _: u64, _: usize) -> Result<Bytes> {
        Err(ParquetError::NYI("a chunk is read from its start".to_owned()))
    }
}

/// The pages in order, one in memory at a time.
struct Pages {
    store: SpillStore,
    keys: IntoIter<PageKey>,
    page: Bytes,
}

impl Read for Pages {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.page.is_empty() {
            let Some(key) = self.keys.next() else { return Ok(0) };
            self.page = self.store.take(key).map_err(io::Error::other)?;
        }
        let count = out.len().min(self.page.len());
        self.page.copy_to_slice(&mut out[..count]);
        Ok(count)
    }
}
