//! One input as a part of a pass, mapped or from front to back.

use crate::budget::Budget;
use crate::error::{Code, Error, Result};
use crate::mmap::{MappedFile, Stream};
use crate::options::Options;
use crate::report::Source;
use crate::shard::column_map::ColumnMap;
use crate::shard::columns::Pass;
use crate::shard::digest;
use crate::shard::merge::{Outlet, PartDone, PassDone};
use crate::shard::pin::Pins;
use crate::shard::plan::Cuts;
use crate::shard::stream::{StreamPart, run_stream};
use crate::shard::worker::Part;
use crate::source::input::{Opened, Ready, named};
use crate::text::PIECE;
use crate::text::any::AnyFormat;

/// A mapped input, cut as the options say. `digest`: whether its checksum is to be made on the way.
pub fn mapped_part<'p>(
    input: &'p Ready,
    file: &'p MappedFile,
    map: &'p ColumnMap,
    options: &Options,
    digest: bool,
) -> Part<'p, AnyFormat> {
    Part {
        file,
        format: &input.format,
        map,
        cuts: Cuts::new(file.len() as u64, options.write.row_group),
        record_limit: usize::try_from(options.read.max_record).unwrap_or(usize::MAX),
        digest,
    }
}

/// What is known of a mapped input's bytes after a pass that made its checksum.
pub fn mapped_source(input: &Ready, part: &PartDone) -> Source {
    match &input.source {
        Opened::Mapped(file) => {
            let total = file.len() as u64;
            let hash = digest::whole(part.digest.iter().copied(), total, file.bytes());
            Source { blake3: *hash.as_bytes(), bytes: total }
        }
        Opened::Stream(..) | Opened::Taken | Opened::Parked(..) => Source::default(),
    }
}

/// Runs an input that comes from front to back; `stream` and the text that was read of it were taken out of it.
pub fn run_stream_part(
    pass: &Pass<'_>,
    map: &ColumnMap,
    input: &Ready,
    (stream, head): &mut (Box<Stream>, Vec<u8>),
    budget: &Budget,
    options: &Options,
    outlet: &mut dyn Outlet,
) -> Result<(PassDone, Source)> {
    let plain = input.compression.is_none() && input.encoding.is_none();
    let cuts = match stream.raw_len() {
        // The same cuts as if it were mapped: how a file is read leaves no trace.
        Some(len) if plain => Cuts::new(len, options.write.row_group),
        _ => Cuts::open(options.write.row_group),
    };
    let part = StreamPart {
        format: &input.format,
        map,
        cuts,
        record_limit: usize::try_from(options.read.max_record).unwrap_or(usize::MAX),
        piece: PIECE,
        text_bytes: budget.text_bytes(),
        halt: stream.halt(),
    };
    pass.observer.follow(stream.progress());
    let head = std::mem::take(head);
    let run = run_stream(pass, &part, head, stream, budget.workers(), &Pins::default(), outlet);
    pass.observer.unfollow();
    let done = run.map_err(|error| named(error, &input.input))?;
    let finished = stream.finish().map_err(|error| named(error, &input.input))?;
    if !finished.whole_text {
        return Err(named(Error::new(Code::Internal, "the text was not read to its end"), &input.input));
    }
    Ok((done, Source { blake3: finished.blake3, bytes: finished.raw_bytes }))
}
