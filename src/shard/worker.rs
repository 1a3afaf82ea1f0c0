//! One shard on its thread: its start is guessed, its text is parsed into columns, and where the parse ended
//! is reported.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;

use super::board::{ShardClaim, ShardId};
use super::column_map::ColumnMap;
use super::columns::{Columns, ColumnsDone, Pass};
use super::digest::{StretchHasher, Subtree};
use super::plan::Cuts;
use crate::error::{Code, Error, Result};
use crate::mmap::MappedFile;
use crate::text::{Boundary, Exit, ParseTask, TextFormat, TextSlice};

/// How far beyond its end a shard whose start is only guessed may read for one record, in bytes: a quote
/// taken the wrong way round could swallow the file.
const GUESS_LIMIT: usize = 1 << 20;

/// One input: its text, its format, and how its columns become those of the tables.
pub struct Part<'p, F> {
    /// The mapped file.
    pub file: &'p MappedFile,
    /// The format, which cuts the text into records.
    pub format: &'p F,
    /// How its columns become those of the tables.
    pub map: &'p ColumnMap,
    /// Where the text is cut.
    pub cuts: Cuts,
    /// The longest record, in bytes.
    pub record_limit: usize,
    /// Whether the digest of the file is wanted.
    pub digest: bool,
}

impl<F> Part<'_, F> {
    /// Puts the file's name to an error that has none.
    pub fn named(&self, error: Error) -> Error {
        match self.file.path() {
            Some(path) => error.in_file(path),
            None => error,
        }
    }
}

/// The result of a shard.
pub struct ShardDone<S> {
    /// Which shard was parsed.
    pub shard: ShardId,
    /// Where the parse began.
    pub entry: Boundary<S>,
    /// Whether that place was known rather than guessed.
    pub verified: bool,
    /// How the parse ended.
    pub exit: Exit<S>,
    /// Number of records, malformed records included.
    pub records: u64,
    /// The result of its columns.
    pub columns: ColumnsDone,
    /// Its share of the file's digest.
    pub digest: Vec<Subtree>,
}

/// A shard's result, or why there is none.
pub type ShardResult<S> = std::result::Result<ShardDone<S>, (ShardId, Error)>;

/// Runs one shard of a mapped part. `shard` is its number within the part.
pub fn run<F: TextFormat>(
    pass: &Pass<'_>,
    part: &Part<'_, F>,
    shard: usize,
    claim: ShardClaim<F::State>,
    arena: &mut Bump,
    memory: &mut F::Memory,
) -> ShardResult<F::State> {
    let result = guarded(claim.shard, || {
        let bytes = part.file.bytes();
        let (start, end) = part.cuts.range(shard);
        let text = TextSlice { bytes, base: 0, last: true };
        let hasher =
            (part.digest && !claim.again).then(|| StretchHasher::new(start, end, bytes.len() as u64));
        let verified = claim.entry.or_else(|| (shard == 0).then(|| part.format.first()));
        let entry = verified.unwrap_or_else(|| match claim.hint {
            // A hint from another input or from a shard far before can only lead to a wrong guess.
            Some(hint) => part.format.guess_after(text, start, hint),
            None => part.format.guess(text, start),
        });
        let back = part.format.looks_back() as u64;
        if verified.is_none() && back > 0 {
            part.file.release(start.saturating_sub(back) as usize..start as usize);
        }
        let mut sink = Columns::new(pass, part.map, Some(part.file), (entry.at, entry.at.min(start)), hasher);
        let limit = if verified.is_some() { part.record_limit } else { part.record_limit.min(GUESS_LIMIT) };
        let context = part.format.context(text, entry);
        let mut task = ParseTask { arena, memory, context, records: 0, limit };
        let exit = if entry.at < end {
            sink.prepare(entry.at, bytes.len() as u64)?;
            part.format.parse(text, entry, end, &mut task, &mut sink)?
        } else {
            Exit::Done(entry)
        };
        let (columns, hasher) = sink.finish()?;
        let digest = hasher.map(|hasher| hasher.finish(bytes)).unwrap_or_default();
        part.file.release(start as usize..end as usize);
        part.file.check(start as usize..end as usize)?;
        Ok(ShardDone {
            shard: claim.shard,
            entry,
            verified: verified.is_some(),
            exit,
            records: task.records,
            columns,
            digest,
        })
    });
    result.map_err(|(shard, error)| (shard, part.named(error)))
}

/// Turns a panic into an error with the shard's number: a defect of ours must not look like a truncated
/// output.
pub(crate) fn guarded<D>(
    shard: ShardId,
    run: impl FnOnce() -> Result<D>,
) -> std::result::Result<D, (ShardId, Error)> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| (shard, error)),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            let error = Error::new(Code::Internal, reason)
                .help("this is a defect of LogFlow; please report it with the input's first lines");
            Err((shard, error))
        }
    }
}
