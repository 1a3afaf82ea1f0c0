//! The beginning of a text: the records that lie within its first bytes, on the calling thread.
//!
//! Owns the cut behind the last whole record. Invariant: what is behind it is neither read as a record nor
//! called a fault, unless the text is at hand to its end.

use bumpalo::Bump;

use super::board::ShardId;
use super::column_map::ColumnMap;
use super::columns::{Columns, Pass};
use super::merge::{Outlet, PartDone, PassDone, accept, bad_end, record_too_long};
use super::worker::{ShardDone, guarded};
use crate::error::{Code, Error, Result};
use crate::text::{Exit, ParseTask, Skim, TextFormat, TextSlice};

/// A text of which only the beginning is read.
pub struct BeginningPart<'p, F> {
    /// The format, which cuts the text into records.
    pub format: &'p F,
    /// How its columns become those of the tables.
    pub map: &'p ColumnMap,
    /// The longest record, in bytes.
    pub record_limit: usize,
}

/// Hands the records within `text` to `outlet`; `None` if not one is whole and the text goes on.
///
/// # Errors
/// What is wrong with a record, and what `outlet` fails with.
pub fn run_beginning<F: TextFormat>(
    pass: &Pass<'_>,
    part: &BeginningPart<'_, F>,
    text: TextSlice<'_>,
    outlet: &mut dyn Outlet,
) -> Result<Option<PassDone>> {
    let first = part.format.first();
    let (mut arena, mut memory) = (Bump::new(), F::Memory::default());
    let context = part.format.context(text, first);
    let mut cut = |memory: &mut F::Memory| {
        let limit = part.record_limit;
        let mut task = ParseTask { arena: &mut arena, memory, context, records: 0, limit };
        let end = text.base + text.bytes.len() as u64;
        let exit = part.format.parse(text, first, end, &mut task, &mut Skim)?;
        Ok::<_, Error>((exit, task.records))
    };
    let (next, too_long) = match cut(&mut memory)? {
        (Exit::Done(next) | Exit::NeedMore(next), _) => (next, None),
        (Exit::TooLong(next), records) => {
            (next, Some(record_too_long(part.record_limit, next.at, records + 1)))
        }
        (Exit::Stopped, _) => return Err(Error::new(Code::Internal, "cutting stopped without a reason")),
    };
    if next.at <= first.at && !text.last && too_long.is_none() {
        return Ok(None);
    }
    let place = |at: u64| (at - text.base) as usize;
    let whole = TextSlice { bytes: &text.bytes[place(first.at)..place(next.at)], base: first.at, last: true };
    let shard = guarded(ShardId(0), || {
        let mut columns = Columns::new(pass, part.map, None, (first.at, first.at), None);
        columns.keep_raw = true;
        let limit = part.record_limit;
        let mut task = ParseTask { arena: &mut Bump::new(), memory: &mut memory, context, records: 0, limit };
        let exit = part.format.parse(whole, first, next.at, &mut task, &mut columns)?;
        let records = task.records;
        let (columns, _) = columns.finish()?;
        let (shard, digest) = (ShardId(0), Vec::new());
        Ok(ShardDone { shard, entry: first, verified: true, exit, records, columns, digest })
    });
    let shard = shard.map_err(|(_, error)| error)?;
    let stopped = !matches!(shard.exit, Exit::Done(_));
    let mut done = PassDone { parts: vec![PartDone::new(part.map.read.len())], ..PassDone::default() };
    accept(pass, 0, shard, &mut done, &|_| &[], outlet)?;
    if let Some(error) = too_long {
        return Err(error);
    }
    if stopped {
        return Err(Error::new(Code::Internal, "a shard stopped without a reason"));
    }
    if text.last
        && let Some(bad) = part.format.check_end(next)
    {
        bad_end(0, &bad, &mut done, outlet)?;
    }
    Ok(Some(done))
}
