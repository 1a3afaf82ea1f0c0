//! The ordered merger: results come as they finish and are taken in file order.
//!
//! ```text
//! expected = where the part's first record starts
//! for each shard in order:
//!     no record starts in it              -> skip
//!     it began elsewhere, or gave up      -> have it parsed again from `expected`, wait
//!     else                                -> its bad rows, then its row groups; expected = where it ended
//! ```
//!
//! So the first error taken is the first in the file, at any number of threads.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};

use arrow::array::RecordBatch;
use bumpalo::Bump;

use super::board::{Board, CloseOnDrop, ShardId};
use super::columns::{Pass, PassOutput, RELEASE, Timings};
use super::digest::Subtree;
use super::pin::Pins;
use super::reference_log::ReferenceLog;
use super::rows::Outgoing;
use super::verify::{Verdict, judge};
use super::worker::{Part, ShardDone, ShardResult, run};
use crate::encode::builders::ColumnTally;
use crate::encode::gather::GatheredRows;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::table::{BadRow, Learned};
use crate::step::ChainDone;
use crate::text::{Boundary, Exit, TextFormat};

/// Takes what the merger has put in order.
pub trait Outlet {
    /// A row group of `table`, whose rows follow those before.
    fn row_group(&mut self, table: usize, group: EncodedRowGroup) -> Result<()>;

    /// Rows of `table` that follow those before and are too few for a row group. Only where a
    /// [pass](Pass::gather) asks for them.
    fn few_rows(&mut self, table: usize, rows: GatheredRows) -> Result<()> {
        let _ = (table, rows);
        Err(Error::new(Code::Internal, "rows were handed on where only row groups are taken"))
    }

    /// The next rows of `table`. Only where a pass [makes batches](super::columns::PassOutput::Batches).
    fn batch(&mut self, table: usize, rows: RecordBatch) -> Result<()> {
        let _ = (table, rows);
        Err(Error::new(Code::Internal, "batches were handed on where only row groups are taken"))
    }

    /// The rows that follow belong to this shard of their part.
    fn shard(&mut self, shard: ShardId) {
        let _ = shard;
    }

    /// A malformed record. `row` counts the input's records from 1; `raw` is its text. An error ends the run.
    fn bad_row(&mut self, part: usize, row: u64, bad: &BadRow, raw: &[u8]) -> Result<()>;

    /// A bad row ended the run. `parts` covers all records before it, and perhaps some after it.
    fn ended(&mut self, parts: &[PartDone]) {
        let _ = parts;
    }
}

/// The result of one input.
#[derive(Debug, Clone, Default)]
pub struct PartDone {
    /// Number of records, malformed records included.
    pub records: u64,
    /// Rows of all tables, without those that steps removed.
    pub rows: u64,
    /// Rows that steps removed.
    pub filtered: u64,
    /// Rows of each table.
    pub table_rows: Vec<u64>,
    /// Bad rows.
    pub bad: u64,
    /// Lines that were blank or comments.
    pub blank: u64,
    /// For each column of the input, what its values are.
    pub tallies: Vec<ColumnTally>,
    /// The nodes of the input's digest, in order.
    pub digest: Vec<Subtree>,
    /// What was learned about the input beside its rows.
    pub learned: Learned,
}

impl PartDone {
    /// A part with `columns` columns, of which nothing is known.
    pub fn new(columns: usize) -> Self {
        Self { tallies: vec![ColumnTally::default(); columns], ..Self::default() }
    }

    /// What the source says the values of each column are.
    pub fn kinds(&self) -> Vec<Kinds> {
        self.tallies.iter().map(|tally| tally.kinds).collect()
    }
}

/// The result of a pass.
#[derive(Debug, Default)]
pub struct PassDone {
    /// The result of each input.
    pub parts: Vec<PartDone>,
    /// For each table, the results of its steps over all inputs.
    pub steps: Vec<ChainDone>,
    /// The error of the first step that failed, which is final if the types of this pass are.
    pub failed: Option<Error>,
    /// Records of all inputs.
    pub records: u64,
    /// Shards that were parsed again.
    pub reparses: u64,
    /// Identifiers of all inputs, and what mentions them.
    pub references: ReferenceLog,
    /// The time that the stages took, summed over the workers.
    pub timings: Timings,
}

/// Runs all shards of `parts` on `workers` threads and hands the results to `outlet` in order.
pub fn run_mapped<F: TextFormat>(
    pass: &Pass<'_>,
    parts: &[Part<'_, F>],
    workers: usize,
    permits: usize,
    pins: &Pins,
    outlet: &mut dyn Outlet,
) -> Result<PassDone> {
    let firsts: Vec<usize> = parts
        .iter()
        .scan(0, |next, part| {
            let first = *next;
            *next += part.cuts.count();
            Some(first)
        })
        .collect();
    let total: usize = parts.iter().map(|part| part.cuts.count()).sum();
    let locate = |shard: ShardId| {
        let part = firsts.partition_point(|first| *first <= shard.0) - 1;
        (part, shard.0 - firsts[part])
    };
    let board = Board::new(total, permits);
    let (sender, results) = channel();
    std::thread::scope(|scope| {
        for worker in 0..workers.min(total) {
            let (sender, board, locate) = (sender.clone(), &board, &locate);
            scope.spawn(move || {
                pins.bind(worker);
                let mut arena = Bump::new();
                let mut memory = F::Memory::default();
                while let Some(claim) = board.claim() {
                    let (part, shard) = locate(claim.shard);
                    if sender.send(run(pass, &parts[part], shard, claim, &mut arena, &mut memory)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let _closing = CloseOnDrop(&board);
        merge(pass, parts, total, &locate, &board, &results, outlet)
    })
}

fn merge<F: TextFormat>(
    pass: &Pass<'_>,
    parts: &[Part<'_, F>],
    total: usize,
    locate: &dyn Fn(ShardId) -> (usize, usize),
    board: &Board<F::State>,
    results: &Receiver<ShardResult<F::State>>,
    outlet: &mut dyn Outlet,
) -> Result<PassDone> {
    let mut done = PassDone {
        parts: parts.iter().map(|part| PartDone::new(part.map.read.len())).collect(),
        ..PassDone::default()
    };
    let mut waiting = BTreeMap::new();
    let mut expected: Option<Boundary<F::State>> = None;
    for next in 0..total {
        let shard = ShardId(next);
        let (part, within) = locate(shard);
        let input = &parts[part];
        let from = *expected.get_or_insert_with(|| input.format.first());
        let end = input.cuts.range(within).1;
        loop {
            let result = take(&mut waiting, shard, results)?;
            let (entry, complete) = match &result {
                Ok(result) => (Some(result.entry), matches!(result.exit, Exit::Done(_) | Exit::Stopped)),
                Err(_) => (None, true),
            };
            match judge(from, entry.unwrap_or(from), end, complete) {
                Verdict::Reparse(from) if !at_its_limit(&result, from) => {
                    if let Ok(result) = result {
                        // The bytes are the same wherever the records begin, and are hashed once.
                        done.parts[part].digest.extend(result.digest);
                    }
                    done.reparses += 1;
                    board.again(shard, from);
                }
                Verdict::Skip => {
                    if let Ok(result) = result {
                        done.parts[part].digest.extend(result.digest);
                    }
                    break;
                }
                Verdict::Accept | Verdict::Reparse(_) => {
                    let result = result.map_err(|(_, error)| error)?;
                    let kept = Cell::new(from.at);
                    let raw = |bad: &BadRow| {
                        if bad.start - kept.get() >= RELEASE {
                            input.file.release(kept.replace(bad.start) as usize..bad.start as usize);
                        }
                        &input.file.bytes()[bad.start as usize..bad.end as usize]
                    };
                    let exit = result.exit;
                    accept(pass, part, result, &mut done, &raw, outlet)?;
                    input.file.release(kept.get() as usize..end.max(kept.get()) as usize);
                    match exit {
                        Exit::Done(boundary) => expected = Some(boundary),
                        Exit::TooLong(record) => return Err(too_long(input, record, &done.parts[part])),
                        Exit::Stopped | Exit::NeedMore(_) => {
                            return Err(Error::new(Code::Internal, "a shard stopped without a reason"));
                        }
                    }
                    break;
                }
            }
        }
        if within + 1 == input.cuts.count() {
            if let Some(bad) = expected.and_then(|end| input.format.check_end(end)) {
                bad_end(part, &bad, &mut done, outlet)?;
            }
            expected = None;
        }
        board.merged(next + 1, expected);
    }
    Ok(done)
}

/// Whether the shard began where it should and met a record beyond the limit for good: its start was known,
/// so parsing it again would end the same.
fn at_its_limit<S: Copy + Eq>(result: &ShardResult<S>, from: Boundary<S>) -> bool {
    match result {
        Ok(done) => done.entry == from && matches!(done.exit, Exit::TooLong(_)) && done.verified,
        Err(_) => true,
    }
}

/// Waits for one shard's result.
fn take<S>(
    waiting: &mut BTreeMap<ShardId, ShardResult<S>>,
    shard: ShardId,
    results: &Receiver<ShardResult<S>>,
) -> Result<ShardResult<S>> {
    loop {
        if let Some(result) = waiting.remove(&shard) {
            return Ok(result);
        }
        let result = results.recv().map_err(|_| Error::new(Code::Worker, "the workers ended early"))?;
        let id = match &result {
            Ok(done) => done.shard,
            Err((id, _)) => *id,
        };
        waiting.insert(id, result);
    }
}

/// Takes over a shard that is known to be right.
pub(super) fn accept<'t, S>(
    pass: &Pass<'_>,
    part: usize,
    shard: ShardDone<S>,
    done: &mut PassDone,
    raw: &dyn Fn(&BadRow) -> &'t [u8],
    outlet: &mut dyn Outlet,
) -> Result<()> {
    if shard.columns.misfit {
        pass.widening.store(true, Ordering::Relaxed);
    }
    let sums = &mut done.parts[part];
    let bad_rows = shard.columns.bad.len();
    outlet.shard(shard.shard);
    let told = shard.columns.bad.take(|bad| {
        let text = bad.raw.as_deref().unwrap_or_else(|| raw(bad));
        outlet.bad_row(part, sums.records + bad.record + 1, bad, text)
    });
    let mut learned = shard.columns.learned;
    done.references.join(std::mem::take(&mut learned.references), pass.spill)?;
    sums.learned.join(learned, sums.records);
    sums.learned.check()?;
    let before = sums.records;
    sums.records += shard.records;
    sums.filtered += shard.columns.out.steps.iter().map(ChainDone::removed).sum::<u64>();
    sums.rows += shard.columns.rows.iter().sum::<u64>();
    sums.table_rows.resize(shard.columns.rows.len(), 0);
    for (sum, rows) in sums.table_rows.iter_mut().zip(&shard.columns.rows) {
        *sum += rows;
    }
    sums.bad += bad_rows;
    sums.blank += shard.columns.blank;
    for (sum, tally) in sums.tallies.iter_mut().zip(&shard.columns.tallies) {
        sum.join(tally, before);
    }
    if told.is_err() {
        outlet.ended(&done.parts);
        return told;
    }
    let sums = &mut done.parts[part];
    sums.digest.extend(shard.digest);
    done.timings.add(&shard.columns.timings);
    let mut steps = shard.columns.out.steps;
    steps.iter_mut().for_each(|steps| steps.begins_at(done.records));
    done.records += shard.records;
    join_steps(&mut done.steps, steps)?;
    if done.failed.is_none() {
        done.failed = shard.columns.out.failed;
    }
    // Who takes batches gives none back: rows behind those that a step failed for would leave a gap.
    if matches!(pass.output, PassOutput::Batches)
        && let Some(error) = done.failed.take()
    {
        return Err(error);
    }
    for (table, outgoing) in shard.columns.out.outgoing {
        match outgoing {
            Outgoing::Group(group) => outlet.row_group(table, group)?,
            Outgoing::Rows(rows) => outlet.few_rows(table, rows)?,
            Outgoing::Batch(rows) => outlet.batch(table, rows)?,
        }
    }
    Ok(())
}

/// Adds the results of the steps of each table on later rows.
///
/// # Errors
/// If two findings don't join.
pub fn join_steps(steps: &mut Vec<ChainDone>, later: Vec<ChainDone>) -> Result<()> {
    steps.resize_with(steps.len().max(later.len()), ChainDone::default);
    steps.iter_mut().zip(later).try_for_each(|(done, later)| done.join(later))
}

/// Takes a fault at the end of a part's text as its last bad row.
pub(super) fn bad_end(part: usize, bad: &BadRow, done: &mut PassDone, outlet: &mut dyn Outlet) -> Result<()> {
    let sums = &mut done.parts[part];
    sums.records += 1;
    sums.bad += 1;
    done.records += 1;
    let told = outlet.bad_row(part, done.parts[part].records, bad, b"");
    if told.is_err() {
        outlet.ended(&done.parts);
    }
    told
}

fn too_long<F: TextFormat>(part: &Part<'_, F>, record: Boundary<F::State>, sums: &PartDone) -> Error {
    part.named(record_too_long(part.record_limit, record.at, sums.records + 1))
}

/// The error for a record beyond the limit.
pub fn record_too_long(limit: usize, at: u64, row: u64) -> Error {
    Error::new(Code::RecordTooLong, format!("expected its end within {limit} bytes"))
        .at_byte(at)
        .at_row(row)
        .help("look for a quote that is never closed, or raise ⟦max-record-size⟧ and ⟦memory-limit⟧")
}
