//! Work that is cut by its source and not by offsets, such as the tables of a database: tasks in a set order, each a shard of its own.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;

use super::board::Board;
use super::columns::{ColumnsDone, Pass};
use super::merge::{Outlet, PartDone, PassDone, accept};
use super::pin::Pins;
use super::worker::{ShardDone, guarded};
use crate::error::{Code, Error, Result};
use crate::text::{Boundary, Exit};

/// Runs `tasks` on `workers` threads, at most `permits` of them under way, and hands what they come to to `outlet` in their order. `work` does
/// one task and gives the number of its records and what they came to. The input has `columns` columns.
#[expect(clippy::too_many_arguments, reason = "what every run of a part needs")]
pub fn run_tasks(
    pass: &Pass<'_>,
    columns: usize,
    tasks: usize,
    workers: usize,
    permits: usize,
    pins: &Pins,
    work: &(dyn Fn(usize) -> Result<(u64, ColumnsDone)> + Sync),
    outlet: &mut dyn Outlet,
) -> Result<PassDone> {
    let board: Board<()> = Board::new(tasks, permits);
    let (sender, results) = channel();
    let start = Boundary { at: 0, state: () };
    std::thread::scope(|scope| {
        for worker in 0..workers.min(tasks) {
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
            let mut done = PassDone { parts: vec![PartDone::new(columns)], ..PassDone::default() };
            let mut waiting = BTreeMap::new();
            for next in 0..tasks {
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
                accept(pass, 0, task.map_err(|(_, error)| error)?, &mut done, &|_| &[], outlet)?;
                board.merged(next + 1, None);
            }
            Ok(done)
        };
        let merged = merge();
        board.close();
        merged
    })
}
