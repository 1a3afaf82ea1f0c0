//! The compression context that the columns of one worker share.
//!
//! A context takes about a megabyte once it has been used; one for each open column was most of the memory of
//! a run.

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use zstd::zstd_safe::{CParameter, Strategy};

/// Entries of zstd's two tables at level 3, as a power of two. Its own 2¹⁷ and 2¹⁶ are 768 KiB, with which a
/// page and its rows don't stay in a core's cache; pages are too short for what more would find. See
/// docs/adr/0022-zstd-tables.md.
const TABLE_LOG: u32 = 15;

/// Bytes of output buffer that are kept between pages.
const KEPT: usize = 1 << 20;

/// Entries of the table of long matches for long pages of natural text, which are 2 to 5% smaller with it and
/// take an eighth more time. The table of short matches stays: a larger one gains 0.1%.
const LARGE_TABLE_LOG: u32 = 17;

/// Size of the tables in which zstd looks for matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tables {
    /// For pages of which most fits a core's cache.
    #[default]
    Small,
    /// For long pages of text.
    Large,
}

/// Compresses pages, one after the other.
pub struct Compressor {
    zstd: Option<zstd::bulk::Compressor<'static>>,
    /// The tables in use; `None` if they are those of the level.
    tables: Option<Tables>,
    /// Compresses samples as if they were long pages; made when it is first needed.
    trial: Option<zstd::bulk::Compressor<'static>>,
    out: Vec<u8>,
}

impl Compressor {
    /// For a codec that is handled here; `None` for others.
    pub fn new(codec: Compression) -> Result<Option<Self>> {
        let (zstd, tables) = match codec {
            Compression::UNCOMPRESSED => (None, None),
            Compression::ZSTD(level) => {
                let level = level.compression_level();
                let zstd = zstd::bulk::Compressor::new(level).map_err(external)?;
                (Some(zstd), (level == zstd::DEFAULT_COMPRESSION_LEVEL).then_some(Tables::Small))
            }
            _ => return Ok(None),
        };
        let mut compressor = Self { zstd, tables, trial: None, out: Vec::new() };
        if tables.is_some() {
            compressor.set_tables(TABLE_LOG).map_err(external)?;
        }
        Ok(Some(compressor))
    }

    fn set_tables(&mut self, log: u32) -> std::io::Result<()> {
        let Some(zstd) = &mut self.zstd else { return Ok(()) };
        zstd.set_parameter(CParameter::HashLog(log))?;
        zstd.set_parameter(CParameter::ChainLog(TABLE_LOG))
    }

    /// The page as it is stored. A level that the user named has its own tables, whatever `tables` says.
    pub fn compress<'a>(&'a mut self, page: &'a [u8], tables: Tables) -> Result<&'a [u8]> {
        if self.tables.is_some_and(|used| used != tables) {
            let log = if tables == Tables::Large { LARGE_TABLE_LOG } else { TABLE_LOG };
            self.set_tables(log).map_err(external)?;
            self.tables = Some(tables);
        }
        let Some(zstd) = &mut self.zstd else { return Ok(page) };
        self.out.clear();
        self.out.reserve(zstd::zstd_safe::compress_bound(page.len()));
        zstd.compress_to_buffer(page, &mut self.out).map_err(external)?;
        Ok(&self.out)
    }

    /// Bytes of a sample, compressed as a page of more than 256 KiB is at level 3. For less than that zstd takes
    /// another strategy, with which encodings compare differently: plain random texts are smaller than those
    /// with lengths apart, and 8% larger in a page.
    pub fn tried_size(&mut self, sample: &[u8]) -> Result<usize> {
        if self.zstd.is_none() {
            return Ok(sample.len());
        }
        let trial = match &mut self.trial {
            Some(trial) => trial,
            none => none.insert(trial_context().map_err(external)?),
        };
        self.out.clear();
        self.out.reserve(zstd::zstd_safe::compress_bound(sample.len()));
        trial.compress_to_buffer(sample, &mut self.out).map_err(external)
    }

    /// Gives back what an odd page needed.
    pub fn shrink(&mut self) {
        self.out.clear();
        self.out.shrink_to(KEPT);
    }
}

/// A context of zstd with the strategy of level 3 for long pages.
fn trial_context() -> std::io::Result<zstd::bulk::Compressor<'static>> {
    let mut zstd = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?;
    for parameter in [
        CParameter::Strategy(Strategy::ZSTD_dfast),
        CParameter::MinMatch(5),
        CParameter::HashLog(TABLE_LOG),
        CParameter::ChainLog(TABLE_LOG),
    ] {
        zstd.set_parameter(parameter)?;
    }
    Ok(zstd)
}

fn external(error: std::io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
