//! An inspection at work on the rows of one shard, and what it knows at the end of it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::checks::{CHECKS, LogBatch, RowCheck};
use super::columns::profile::{ColumnPart, Missing, ShardColumn};
use super::columns::shard_values::{Hint, ShardValues};
use super::columns::values::{Values, spread};
use super::events::{NewEvent, ShardEvents};
use super::found::FoundRows;
use super::labels::{Labels, NO_LABEL};
use super::table::LogTable;
use super::tally::{Counter, Tally};
use super::times::Clock;
use super::{InspectOptions, facts::Facts};
use crate::error::Result;
use crate::model::hash::mix;

/// Numbers of the checks of missing values in the registry, which are counted with the columns: of roles, of
/// attributes, and of cases.
pub const MISSING: [u16; 3] = [0, 1, 3];
/// Labels that are found by a part of their hash alone, 16 bytes each.
const KNOWN_LABELS: usize = 256;

/// What is known of the rows of one shard.
#[derive(Debug)]
pub struct ShardFacts {
    /// How many there are.
    pub rows: u64,
    /// What is known of each column.
    pub columns: Vec<ColumnPart>,
    /// For each column the cells without a value.
    pub missing: Vec<Tally>,
    /// The labels of activities.
    pub labels: Labels,
    /// The events by case.
    pub events: ShardEvents,
    /// Whole rows.
    pub row_values: Values,
    /// For each check what it counted row by row.
    pub tallies: Vec<Tally>,
    /// All affected rows.
    pub found: FoundRows,
}

impl ShardFacts {
    /// The same as what is known of a part of the log that others are joined to.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn open(self, table: &Arc<LogTable>, options: &InspectOptions, workers: usize) -> Result<Facts> {
        let mut facts = Facts::new(Arc::clone(table), options.clone(), workers);
        facts.rows = self.rows;
        facts.columns = self.columns;
        facts.missing = self.missing;
        let numbers = facts.labels.join(self.labels, 0);
        facts.row_values = self.row_values;
        facts.tallies = self.tallies;
        facts.found.join(self.found, 0)?;
        facts.events.join(self.events, 0, Some(numbers))?;
        Ok(facts)
    }
}

/// At work on one shard.
pub struct Inspector {
    table: Arc<LogTable>,
    rows: u64,
    columns: Vec<ShardColumn>,
    missing: Vec<Tally>,
    labels: Labels,
    events: ShardEvents,
    row_values: ShardValues,
    checks: Vec<Option<Box<dyn RowCheck>>>,
    tallies: Vec<Tally>,
    found: FoundRows,
    scratch: Scratch,
}

/// What the rows before a shard have settled.
#[derive(Debug, Default)]
pub struct Hints {
    /// About each column; empty: nothing.
    pub columns: Vec<Hint>,
    /// About whole rows.
    pub rows: Hint,
}

/// Values of the rows of one batch.
#[derive(Default)]
struct Scratch {
    /// Hashes of the values of a column.
    hashes: Vec<u64>,
    /// Hashes of whole rows.
    rows: Vec<u64>,
    /// Hashes of labels with the number of each, by the lower bits of the hash.
    known_labels: Vec<(u64, u32)>,
    cases: Vec<u64>,
    labels: Vec<u32>,
    resources: Vec<u32>,
}

impl Inspector {
    /// An inspection of a shard of this table.
    pub fn new(table: &Arc<LogTable>, options: &InspectOptions, hints: &Hints) -> Self {
        let first = table.most_first();
        let column = |(at, (_, it)): (usize, &(String, DataType))| {
            ShardColumn::new(it, first, hints.columns.get(at).cloned().unwrap_or_default())
        };
        Self {
            columns: table.columns.iter().enumerate().map(column).collect(),
            missing: vec![Tally::default(); table.columns.len()],
            checks: CHECKS.iter().map(|check| check.rows(table, options)).collect(),
            tallies: vec![Tally::default(); CHECKS.len()],
            found: FoundRows::new(options.findings, None),
            table: Arc::clone(table),
            rows: 0,
            labels: Labels::default(),
            events: ShardEvents::default(),
            row_values: ShardValues::loose(hints.rows.clone()),
            scratch: Scratch::default(),
        }
    }

    /// Looks at the rows of a batch.
    ///
    /// # Errors
    /// If Arrow can't give values in the types that are looked at.
    pub fn batch(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let table = Arc::clone(&self.table);
        self.scratch.rows.clear();
        self.scratch.rows.resize(rows, 0);
        for (at, array) in batch.columns().iter().enumerate() {
            self.column(at, array)?;
        }
        let moments = |at: Option<usize>| at.map(|at| table.clock.moments(batch.column(at))).transpose();
        let (times, starts) = (moments(table.time)?, moments(table.start)?);
        let Scratch { hashes: spread_hashes, rows: hashes, cases, labels, resources, .. } = &mut self.scratch;
        spread_hashes.clear();
        spread_hashes.extend(hashes.iter().map(|hash| spread(*hash)));
        self.row_values.add_each(spread_hashes, None, |_| None);
        // Most logs count microseconds: division by a number that the compiler knows is fast.
        const MICRO: Clock = Clock { per_second: 1_000_000 };
        let is_micro = table.clock == MICRO;
        let grain = |time: i64| if is_micro { MICRO.grain(time) } else { table.clock.grain(time) };
        for (at, hash) in hashes.iter().enumerate() {
            let (time, label) = (times.as_ref().and_then(|it| it.get(at)), labels.get(at).copied());
            let start = starts.as_ref().and_then(|it| it.get(at));
            let label = label.unwrap_or(NO_LABEL);
            if let Some(label) = self.labels.all.get_mut(label as usize) {
                label.count += 1;
                if let Some(time) = time {
                    label.grains[grain(time) as usize] += 1;
                }
                match (start, time) {
                    (Some(start), Some(time)) if start < time => label.lasting += 1,
                    (Some(start), Some(time)) if start == time => label.add_instant(self.rows + at as u64),
                    _ => {}
                }
            }
            if let (Some(case), Some(time)) = (cases.get(at).copied().filter(|it| *it != 0), time)
                && label != NO_LABEL
            {
                self.events.push(NewEvent {
                    case,
                    label,
                    time,
                    start,
                    resource: resources.get(at).copied().unwrap_or_default(),
                    row: (self.rows + at as u64) as u32,
                    values: (hash >> 32) as u32,
                });
            }
        }
        let view = LogBatch {
            first_row: self.rows,
            rows,
            clock: table.clock,
            times: times.as_ref(),
            starts: starts.as_ref(),
            cases,
        };
        for (number, check) in self.checks.iter_mut().enumerate() {
            if let Some(check) = check {
                let tally = &mut self.tallies[number];
                check.batch(&view, &mut Counter { tally, found: &mut self.found, check: number as u16 });
            }
        }
        self.rows += rows as u64;
        Ok(())
    }

    fn column(&mut self, at: usize, array: &ArrayRef) -> Result<()> {
        let is_role = self.table.role_of(at).is_some();
        let is_activity = self.table.activity == Some(at);
        let (missing, found) = (&mut self.missing[at], &mut self.found);
        let first_row = self.rows;
        let check = if self.table.case == Some(at) { MISSING[2] } else { MISSING[usize::from(!is_role)] };
        let tell = |row: usize, why: Missing| {
            // Labels that say nothing have a check of their own; in an attribute such a word may be a value.
            if is_activity && why != Missing::Null || why == Missing::Placeholder && !is_role {
                return;
            }
            missing.affected += 1;
            let row = first_row + row as u64;
            missing.example(Some(row), None, || why.name().to_owned());
            found.push(row, check, at as u16);
        };
        let Scratch { hashes, rows, cases, resources, .. } = &mut self.scratch;
        self.columns[at].add(array, tell, hashes)?;
        self.missing[at].applicable += array.len() as u64;
        for (row, hash) in rows.iter_mut().zip(hashes.iter()) {
            *row = mix(*row, *hash);
        }
        if self.table.case == Some(at) {
            cases.clone_from(hashes);
        }
        if self.table.resource == Some(at) {
            resources.clear();
            resources.extend(hashes.iter().map(|it| (it >> 32) as u32));
        }
        if is_activity {
            self.label(array)?;
        }
        Ok(())
    }

    /// Gives each row of the batch the number of its label.
    fn label(&mut self, array: &ArrayRef) -> Result<()> {
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array.as_ref(), &options)?;
        let Self { labels, scratch, rows, .. } = self;
        scratch.labels.clear();
        scratch.known_labels.resize(KNOWN_LABELS, (0, NO_LABEL));
        for (row, hash) in scratch.hashes.iter().enumerate() {
            if *hash == 0 {
                scratch.labels.push(NO_LABEL);
                continue;
            }
            let known = &mut scratch.known_labels[*hash as usize % KNOWN_LABELS];
            if known.0 != *hash {
                let text = || match array.as_string_opt::<i32>() {
                    Some(texts) => texts.value(row).to_owned(),
                    None => formatter.value(row).to_string(),
                };
                *known = (*hash, labels.number(*hash, *rows + row as u64, text));
            }
            scratch.labels.push(known.1);
        }
        Ok(())
    }

    /// What is known of the shard.
    pub fn finish(self) -> ShardFacts {
        ShardFacts {
            rows: self.rows,
            columns: self.columns.into_iter().map(ShardColumn::close).collect(),
            missing: self.missing,
            labels: self.labels,
            events: self.events,
            row_values: self.row_values.close(),
            tallies: self.tallies,
            found: self.found,
        }
    }
}
