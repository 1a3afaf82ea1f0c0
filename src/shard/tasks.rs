//! Work that is cut by its source and not by offsets, such as the tables of a database: tasks in a set order,
//! each a shard of its own.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;

use super::board::{Board, CloseOnDrop};
use super::columns::{ColumnsDone, Pass};
use super::merge::{Outlet, PartDone, PassDone, accept};
use super::pin::Pins;
use super::worker::{ShardDone, guarded};
use crate::error::{Code, Error, Result};
use crate::text::{Boundary, Exit};

/// The tasks of one or more inputs, in the order of their rows.
pub struct Tasks<'t> {
    /// The number of columns of each input.
    pub columns: &'t [usize],
    /// The number of the input of each task, in ascending order.
    pub inputs: &'t [usize],
    /// Does the task of this number, and returns the number of its records and their result.
    pub work: &'t (dyn Fn(usize) -> Result<(u64, ColumnsDone)> + Sync),
}

/// Does the tasks on `workers` threads, at most `permits` of them at a time, and hands their rows to `outlet`
/// in the order of the tasks.
pub fn run_tasks(
    pass: &Pass<'_>,
    tasks: &Tasks<'_>,
    workers: usize,
    permits: usize,
    pins: &Pins,
    outlet: &mut dyn Outlet,
) -> Result<PassDone> {
    let (inputs, work) = (tasks.inputs, tasks.work);
    let count = inputs.len();
    let board: Board<()> = Board::new(count, permits);
    let (sender, results) = channel();
    let start = Boundary { at: 0, state: () };
    std::thread::scope(|scope| {
        for worker in 0..workers.min(count) {
            let (sender, board) = (sender.clone(), &board);
            scope.spawn(move || {
                pins.bind(worker);
                while let Some(claim) = board.claim() {
                    let done = guarded(claim.shard, || {
                        let (records, columns) = work(claim.shard.0)?;
                        let (shard, entry) = (claim.shard, start);
                        let exit = Exit::Done(start);
                        Ok(ShardDone {
                            shard,
                            entry,
                            verified: true,
                            exit,
                            records,
                            columns,
                            digest: Vec::new(),
                        })
                    });
                    if sender.send(done).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut merge = || {
            let parts = tasks.columns.iter().map(|columns| PartDone::new(*columns)).collect();
            let mut done = PassDone { parts, ..PassDone::default() };
            let mut waiting = BTreeMap::new();
            for (next, input) in inputs.iter().enumerate() {
                let task = loop {
                    if let Some(task) = waiting.remove(&next) {
                        break task;
                    }
                    let result =
                        results.recv().map_err(|_| Error::new(Code::Worker, "the workers ended early"))?;
                    let id = match &result {
                        Ok(task) => task.shard,
                        Err((id, _)) => *id,
                    };
                    waiting.insert(id.0, result);
                };
                accept(pass, *input, task.map_err(|(_, error)| error)?, &mut done, &|_| &[], outlet)?;
                board.merged(next + 1, None);
            }
            Ok(done)
        };
        let _closing = CloseOnDrop(&board);
        merge()
    })
}
