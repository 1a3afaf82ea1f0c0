//! Encoded pages beyond the budget go to an unlinked temp file.
//!
//! Parquet wants a column chunk in one piece while rows arrive with all columns interleaved, so a row group's
//! pages wait somewhere. They wait in memory while the [`Ration`] lasts, else in the file; where a page
//! waited leaves no trace in the output. The file has no name: it vanishes with its descriptor, by whatever
//! death.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parquet::column::page_store::{PageKey, PageStore, PageStoreArgs, PageStoreFactory};
use parquet::errors::{ParquetError, Result};

use crate::budget::Ration;

/// One spill file for all row groups of an output, opened when first needed.
///
/// A run gives it to its target. A target that writes Parquet by way of another target passes it on:
/// ```
/// use std::sync::Arc;
///
/// use logflow::{Options, ParquetFile, Result, Spill, Target, TargetTable, Wants};
///
/// fn begin(
///     file: &mut ParquetFile,
///     tables: &[TargetTable<'_>],
///     options: &Options,
///     spill: &Arc<Spill>,
/// ) -> Result<Wants> {
///     assert_eq!(spill.spilled(), 0); // at the begin of a pass
///     file.begin(tables, options, spill)
/// }
/// ```
#[derive(Debug)]
pub struct Spill {
    ration: Arc<Ration>,
    folder: PathBuf,
    file: OnceLock<File>,
    end: AtomicU64,
}

impl Spill {
    /// Pages beyond `ration` go to a file without a name in `folder`.
    pub fn new(ration: Arc<Ration>, folder: PathBuf) -> Self {
        Self { ration, folder, file: OnceLock::new(), end: AtomicU64::new(0) }
    }

    /// Bytes that went to the file so far.
    pub fn spilled(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    fn file(&self) -> Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = tempfile::tempfile_in(&self.folder).map_err(|error| self.failed(error))?;
        Ok(self.file.get_or_init(|| file))
    }

    /// An error of the file, with the folder in which it is: that is mostly another disk than the output's.
    fn failed(&self, error: std::io::Error) -> ParquetError {
        let what = format!(
            "{error}, in the folder for temporary files, {}; set TMPDIR to use another",
            self.folder.display()
        );
        external(std::io::Error::new(error.kind(), what))
    }
}

impl Spill {
    /// Keeps bytes until they are dropped: in memory while the ration lasts, else in the file.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn keep(self: &Arc<Self>, bytes: &[u8]) -> Result<KeptBytes> {
        let page = match self.ration.take(bytes.len()) {
            true => StoredPage::Held(Bytes::copy_from_slice(bytes)),
            false => {
                let at = self.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                self.file()?.write_all_at(bytes, at).map_err(|error| self.failed(error))?;
                StoredPage::Spilled { at, len: bytes.len() }
            }
        };
        Ok(KeptBytes { spill: Arc::clone(self), page })
    }
}

/// Bytes that wait in memory or in the file. They can be read more than once.
#[derive(Debug)]
pub struct KeptBytes {
    spill: Arc<Spill>,
    page: StoredPage,
}

impl KeptBytes {
    /// Reads the bytes back.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn read(&self) -> Result<Bytes> {
        match &self.page {
            StoredPage::Held(bytes) => Ok(bytes.clone()),
            StoredPage::Spilled { at, len } => {
                let mut bytes = vec![0; *len];
                let read = self.spill.file()?.read_exact_at(&mut bytes, *at);
                read.map_err(|error| self.spill.failed(error))?;
                Ok(bytes.into())
            }
            StoredPage::Taken => Ok(Bytes::new()),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.page {
            StoredPage::Held(bytes) => bytes.len(),
            StoredPage::Spilled { len, .. } => *len,
            StoredPage::Taken => 0,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for KeptBytes {
    fn drop(&mut self) {
        if let StoredPage::Held(bytes) = &self.page {
            self.spill.ration.give_back(bytes.len());
        }
    }
}

fn external(error: std::io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// Makes the stores of the columns; the handle that the encoder holds.
#[derive(Debug, Clone)]
pub struct SpillFactory(pub Arc<Spill>);

impl PageStoreFactory for SpillFactory {
    fn create(&self, _: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>> {
        Ok(Box::new(SpillStore::new(&self.0)))
    }
}

#[derive(Debug)]
enum StoredPage {
    Held(Bytes),
    Spilled { at: u64, len: usize },
    Taken,
}

/// The pages of one column chunk.
#[derive(Debug)]
pub struct SpillStore {
    spill: Arc<Spill>,
    pages: Vec<StoredPage>,
}

impl SpillStore {
    /// An empty store that spills to `spill`.
    pub fn new(spill: &Arc<Spill>) -> Self {
        Self { spill: Arc::clone(spill), pages: Vec::new() }
    }

    /// Stores what is to be in no one's memory: in the file, whatever the ration.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn put_away(&mut self, value: &[u8]) -> Result<PageKey> {
        let at = self.spill.end.fetch_add(value.len() as u64, Ordering::Relaxed);
        self.spill.file()?.write_all_at(value, at).map_err(|error| self.spill.failed(error))?;
        Ok(self.keep(StoredPage::Spilled { at, len: value.len() }))
    }

    fn keep(&mut self, page: StoredPage) -> PageKey {
        let key = PageKey::new(self.pages.len() as u64);
        self.pages.push(page);
        key
    }
}

impl PageStore for SpillStore {
    fn put(&mut self, value: Bytes) -> Result<PageKey> {
        match self.spill.ration.take(value.len()) {
            true => Ok(self.keep(StoredPage::Held(value))),
            false => self.put_away(&value),
        }
    }

    fn take(&mut self, key: PageKey) -> Result<Bytes> {
        let page = usize::try_from(key.get()).ok().and_then(|index| self.pages.get_mut(index));
        match page.map(|page| std::mem::replace(page, StoredPage::Taken)) {
            Some(StoredPage::Held(bytes)) => {
                self.spill.ration.give_back(bytes.len());
                Ok(bytes)
            }
            Some(StoredPage::Spilled { at, len }) => {
                let mut bytes = vec![0; len];
                self.spill.file()?.read_exact_at(&mut bytes, at).map_err(|error| self.spill.failed(error))?;
                Ok(bytes.into())
            }
            Some(StoredPage::Taken) | None => {
                Err(ParquetError::General(format!("page {} is not in the store", key.get())))
            }
        }
    }

    fn memory_size(&self) -> usize {
        self.pages.iter().map(|page| if let StoredPage::Held(bytes) = page { bytes.len() } else { 0 }).sum()
    }
}

impl Drop for SpillStore {
    /// A row group that is dropped, as a wrong guess is, gives its ration back.
    fn drop(&mut self) {
        for page in &self.pages {
            if let StoredPage::Held(bytes) = page {
                self.spill.ration.give_back(bytes.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_beyond_the_ration_come_back_from_the_file() {
        let ration = Arc::new(Ration::new(10));
        let spill = Arc::new(Spill::new(Arc::clone(&ration), std::env::temp_dir()));
        let mut store = SpillStore::new(&spill);
        let pages = [&b"12345678"[..], b"abcdefgh", b"x", b"ABCDEFGHIJ"];
        let keys: Vec<_> = pages.iter().map(|page| store.put(Bytes::from_static(page)).unwrap()).collect();
        assert_eq!(spill.spilled(), 18);
        assert_eq!(store.memory_size(), 9);
        for (key, page) in keys.iter().zip(pages) {
            assert_eq!(store.take(*key).unwrap(), page);
        }
        assert!(store.take(keys[0]).is_err());
        assert!(ration.take(10));
    }

    #[test]
    fn kept_bytes_are_read_twice_and_give_their_ration_back() {
        let ration = Arc::new(Ration::new(4));
        let spill = Arc::new(Spill::new(Arc::clone(&ration), std::env::temp_dir()));
        let held = spill.keep(b"abcd").unwrap();
        let spilled = spill.keep(b"efgh").unwrap();
        for _ in 0..2 {
            assert_eq!(held.read().unwrap(), &b"abcd"[..]);
            assert_eq!(spilled.read().unwrap(), &b"efgh"[..]);
        }
        assert_eq!((held.len(), spilled.len(), spill.spilled()), (4, 4, 4));
        drop(held);
        assert!(ration.take(4));
    }

    #[test]
    fn a_path_that_is_not_a_folder_is_reported_with_advice() {
        let folder = PathBuf::from("/no/such/folder");
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(0)), folder));
        let error = SpillStore::new(&spill).put(Bytes::from_static(b"a")).unwrap_err().to_string();
        assert!(error.contains("/no/such/folder; set TMPDIR to use another"), "{error}");
    }

    #[test]
    fn a_dropped_store_gives_its_ration_back() {
        let ration = Arc::new(Ration::new(8));
        let spill = Arc::new(Spill::new(Arc::clone(&ration), std::env::temp_dir()));
        let mut store = SpillStore::new(&spill);
        store.put(Bytes::from_static(b"12345678")).unwrap();
        assert!(!ration.take(1));
        drop(store);
        assert!(ration.take(8));
    }
}
