//! The floor: what this machine needs at the least, on one core, for the parts of the work that nobody can
//! leave out.
//!
//! Indexing the text, turning its fields into typed arrays, compressing the encoded pages. Encoding itself is
//! not in it: that is where a better engine may still gain. Measured by the engine's own code on the same
//! file, so that a run can be told as a multiple of it.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::convert::convert;
use crate::error::{Code, Error, Result};
use crate::mmap::{Input, InputSource, OpenOptions, open};
use crate::observer::Observer;
use crate::options::{Compression, Options};
use crate::step::Steps;
use crate::target::parquet::ParquetFile;
use crate::text::csv::index::{Inside, Marks, SLACK, index};

/// Text indexed at once, in bytes.
const CHUNK: usize = 64 << 10;
/// The level at which pages are compressed, as by default.
const LEVEL: i32 = 3;

/// Seconds of one core.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// Finding delimiters, quotes and line ends.
    pub index: f64,
    /// The same, cutting fields and turning them into arrays.
    pub parse: f64,
    /// Compressing the encoded pages.
    pub zstd: f64,
}

impl Floor {
    /// What can't be left out: parsing (which indexes) and compressing.
    pub fn total(&self) -> f64 {
        self.parse + self.zstd
    }
}

/// Measures the floor for a CSV file.
pub fn measure(input: &Path) -> Result<Floor> {
    let folder = tempfile::tempdir().map_err(|error| Error::new(Code::OutputWrite, error.to_string()))?;
    let plain = folder.path().join("plain.parquet");
    let mut options = Options::default();
    options.write.compression = Compression::None;
    let mut target = ParquetFile::new(plain.as_path());
    let inputs = [Input::Path(input.into())];
    let report = convert(&inputs, &Steps::default(), &mut target, &options, &Observer::default())?;
    let parse = report.timings.cut + report.timings.parse;
    Ok(Floor { index: index_seconds(input)?, parse, zstd: zstd_seconds(&plain)? })
}

fn index_seconds(input: &Path) -> Result<f64> {
    let InputSource::Mapped(file) = open(&Input::Path(input.into()), &OpenOptions::default())? else {
        return Err(Error::new(Code::NotAnInput, "expected a plain file that can be mapped").in_file(input));
    };
    let marks = Marks { delimiter: b',', quote: b'"', quotes: true };
    let mut positions = vec![0; CHUNK + SLACK];
    let mut inside: Inside = 0;
    let mut seconds = 0.0;
    let mut at = 0;
    for chunk in file.bytes().chunks(CHUNK) {
        file.populate(at..at + chunk.len())?;
        let start = Instant::now();
        std::hint::black_box(index(chunk, 0, marks, &mut inside, &mut positions));
        seconds += start.elapsed().as_secs_f64();
        file.release(at..at + chunk.len());
        at += chunk.len();
    }
    Ok(seconds)
}

fn zstd_seconds(plain: &Path) -> Result<f64> {
    let file = File::open(plain).map_err(|error| Error::io(Code::OutputWrite, plain, &error))?;
    let reader = SerializedFileReader::new(file)?;
    let failed = |error: std::io::Error| Error::new(Code::Encode, error.to_string());
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(failed)?;
    let mut seconds = 0.0;
    for group in 0..reader.num_row_groups() {
        let row_group = reader.get_row_group(group)?;
        for column in 0..row_group.num_columns() {
            for page in row_group.get_column_page_reader(column)? {
                let page = page?;
                let start = Instant::now();
                std::hint::black_box(compressor.compress(page.buffer()).map_err(failed)?);
                seconds += start.elapsed().as_secs_f64();
            }
        }
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_floor_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        let rows: String =
            (0..5000).map(|row| format!("{row},some text {row},2024-03-05T10:20:30Z\n")).collect();
        std::fs::write(&input, format!("a,b,c\n{rows}")).unwrap();
        let floor = measure(&input).unwrap();
        assert!(floor.index > 0.0 && floor.parse > 0.0 && floor.zstd > 0.0, "{floor:?}");
        assert_eq!(floor.total(), floor.parse + floor.zstd);
    }
}
