//! The yardstick for compressed logs: a loop that inflates a .gz, all members of it, with zlib-rs and does nothing with the text.
//!
//! `inflate IN`. What LogFlow takes for a .xes.gz beyond this is what reading and writing cost it. Prints seconds and bytes as JSON.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::time::Instant;

use flate2::bufread::MultiGzDecoder;

/// Bytes of compressed input, and of text, at a time: both stay in the second cache.
const PIECE: usize = 1 << 18;

fn main() -> io::Result<()> {
    let source = std::env::args().nth(1).ok_or_else(|| io::Error::other("expected IN"))?;
    let begun = Instant::now();
    let mut text = MultiGzDecoder::new(BufReader::with_capacity(PIECE, File::open(source)?));
    let mut piece = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        match text.read(&mut piece)? {
            0 => break,
            count => bytes += count,
        }
    }
    println!("{{\"seconds\": {:.6}, \"bytes\": {bytes}}}", begun.elapsed().as_secs_f64());
    Ok(())
}
