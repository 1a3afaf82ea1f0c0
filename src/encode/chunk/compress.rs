//! The compression context that the columns of one worker share.
//!
//! A context takes about a megabyte once it has been used; one for each open column was most of the memory of
//! a run.

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use zstd::zstd_safe::CParameter;

/// Entries of zstd's two tables at level 3, as a power of two. Its own 2¹⁷ and 2¹⁶ are 768 KiB, with which a
/// page and its rows don't stay in a core's cache; pages are too short for what more would find. See
/// docs/adr/0022-zstd-tables.md.
const TABLE_LOG: u32 = 15;

/// Bytes of output buffer that are kept between pages.
const KEPT: usize = 1 << 20;

/// Compresses pages, one after the other.
pub struct Compressor {
    zstd: Option<zstd::bulk::Compressor<'static>>,
    out: Vec<u8>,
}

impl Compressor {
    /// For a codec that is handled here; `None` for others.
    pub fn new(codec: Compression) -> Result<Option<Self>> {
        let zstd = match codec {
            Compression::UNCOMPRESSED => None,
            Compression::ZSTD(level) => Some(context(level.compression_level()).map_err(external)?),
            _ => return Ok(None),
        };
        Ok(Some(Self { zstd, out: Vec::new() }))
    }

    /// The page as it is stored.
    pub fn compress<'a>(&'a mut self, page: &'a [u8]) -> Result<&'a [u8]> {
        let Some(zstd) = &mut self.zstd else { return Ok(page) };
        self.out.clear();
        self.out.reserve(zstd::zstd_safe::compress_bound(page.len()));
        zstd.compress_to_buffer(page, &mut self.out).map_err(external)?;
        Ok(&self.out)
    }

    /// Gives back what an odd page needed.
    pub fn shrink(&mut self) {
        self.out.clear();
        self.out.shrink_to(KEPT);
    }
}

/// A context of zstd.
fn context(level: i32) -> std::io::Result<zstd::bulk::Compressor<'static>> {
    let mut zstd = zstd::bulk::Compressor::new(level)?;
    if level == zstd::DEFAULT_COMPRESSION_LEVEL {
        zstd.set_parameter(CParameter::HashLog(TABLE_LOG))?;
        zstd.set_parameter(CParameter::ChainLog(TABLE_LOG))?;
    }
    Ok(zstd)
}

fn external(error: std::io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
