//! What an inspection knows of a part of the log, or of all of it: what checks judge by.

use std::sync::Arc;

use super::InspectOptions;
use super::checks::CHECKS;
use super::columns::profile::ColumnPart;
use super::columns::values::{MOST_EXACT, Values, limit_all};
use super::events::Events;
use super::found::FoundRows;
use super::labels::Labels;
use super::table::LogTable;
use super::tally::Tally;
use super::worker::{Hints, ShardFacts};
use crate::error::Result;
use crate::shard::each::each;

/// What is known.
#[derive(Debug)]
pub struct Facts {
    /// The columns and their roles.
    pub table: Arc<LogTable>,
    /// What was asked for.
    pub options: InspectOptions,
    /// How many rows were inspected.
    pub rows: u64,
    /// What is known of each column.
    pub columns: Vec<ColumnPart>,
    /// For each column the cells without a value.
    pub missing: Vec<Tally>,
    /// The labels of activities.
    pub labels: Labels,
    /// The events by case.
    pub events: Events,
    /// Whole rows, by their hashes.
    pub row_values: Values,
    /// For each check what it counted row by row.
    pub tallies: Vec<Tally>,
    /// All affected rows, if they are asked for.
    pub found: FoundRows,
    /// Threads that may work on it at the end.
    pub workers: usize,
    limit: usize,
}

impl Facts {
    /// Nothing is known yet.
    pub fn new(table: Arc<LogTable>, options: InspectOptions, workers: usize) -> Self {
        Self {
            rows: 0,
            columns: Vec::new(),
            missing: Vec::new(),
            labels: Labels::default(),
            events: Events::new(options.temp_dir.clone()),
            row_values: Values::default(),
            tallies: vec![Tally::default(); CHECKS.len()],
            found: FoundRows::new(options.findings, options.temp_dir.clone()),
            workers,
            limit: MOST_EXACT,
            table,
            options,
        }
    }

    /// Adds what is known of the shard that follows in the file.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, later: ShardFacts) -> Result<()> {
        let offset = self.rows;
        self.columns.iter_mut().zip(later.columns).for_each(|(column, later)| column.join(later));
        self.missing.iter_mut().zip(later.missing).for_each(|(tally, later)| tally.join(later, offset));
        self.tallies.iter_mut().zip(later.tallies).for_each(|(tally, later)| tally.join(later, offset));
        let numbers = self.labels.join(later.labels, offset);
        self.events.join(later.events, offset, Some(numbers))?;
        self.row_values.join(later.row_values);
        self.found.join(later.found, offset)?;
        self.rows += later.rows;
        Ok(())
    }

    /// Merges what waits if that is much, and keeps as many values as may be kept; whether anything was merged.
    ///
    /// # Errors
    /// A panic of a thread.
    pub fn settle(&mut self, at_end: bool) -> Result<bool> {
        let columns = self.columns.iter_mut().map(|it| &mut it.values);
        let mut columns: Vec<&mut Values> = columns.chain([&mut self.row_values]).collect();
        let workers = self.workers;
        limit_all(&mut columns, &mut self.limit, at_end, |columns, limit| {
            // While rows are read, the other threads have enough to do.
            if !at_end {
                columns.iter_mut().for_each(|column| column.limit(limit));
                return Ok(());
            }
            let columns = columns.iter_mut().map(|it| &mut **it).collect();
            each(workers, columns, |_, column: &mut Values| {
                column.limit(limit);
                Ok(())
            })
            .map(drop)
        })
    }

    /// Columns of which the values that appear first are known.
    pub fn first_known(&self) -> usize {
        self.columns.iter().filter(|it| it.values.first_are_known()).count()
    }

    /// What shards that follow need to know.
    pub fn hints(&self) -> Hints {
        Hints {
            columns: self.columns.iter().map(|it| it.values.hint()).collect(),
            rows: self.row_values.hint(),
        }
    }

    /// The text of a case with this hash, if it is known.
    pub fn case_text(&self, hash: u64) -> Option<String> {
        let column = self.columns.get(self.table.case?)?;
        if !column.kind.is_text() {
            return Some(column.kind.shown(hash));
        }
        column.values.first_texts().find(|(it, _)| *it == hash).map(|(_, text)| text.to_owned())
    }

    /// The text of a label.
    pub fn label(&self, number: u32) -> &str {
        self.labels.all.get(number as usize).map_or("", |it| &it.text)
    }

    /// A moment as text.
    pub fn moment(&self, ticks: i64) -> String {
        self.table.clock.shown(ticks)
    }
}
