//! The compression context that the columns of one worker share.
//!
//! A context takes about a megabyte once it has been used; one for each open column was most of the memory of a run.

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};

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
            Compression::ZSTD(level) => {
                Some(zstd::bulk::Compressor::new(level.compression_level()).map_err(external)?)
            }
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

fn external(error: std::io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
