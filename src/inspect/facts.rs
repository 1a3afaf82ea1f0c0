//! What an inspection knows of a part of the log, or of all of it: what checks judge by.

use std::sync::Arc;

use super::InspectOptions;
use super::attributes::Attributes;
use super::checks::CHECKS;
use super::columns::profile::ColumnPart;
use super::columns::values::{MOST_EXACT, Values, limit_all};
use super::events::Events;
use super::found::FoundRows;
use super::labels::{Labels, Midnights};
use super::row_bytes::RowBytes;
use super::rules::bound::RuleFacts;
use super::store::ByteStore;
use super::table::LogTable;
use super::tally::Tally;
use super::worker::{Hints, ShardFacts};
use crate::error::Result;
use crate::shard::each::each;

/// Bytes of the places of rows that wait in memory, at most: those of a million rows.
const HELD_PLACES: usize = 8 << 20;

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
    /// Attributes that belong to cases, or follow from others.
    pub attributes: Attributes,
    /// For each rule what it counted row by row.
    pub rules: Vec<RuleFacts>,
    /// Where the rows begin in their inputs.
    pub bytes: RowBytes,
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
            events: Events::new(options.temp_dir.clone(), options.memory),
            attributes: Attributes::default(),
            bytes: RowBytes::new(ByteStore::new(
                options.temp_dir.clone(),
                options.memory.map_or(HELD_PLACES, |it| (it / 8).min(HELD_PLACES)),
            )),
            rules: vec![RuleFacts::default(); options.rules.0.len()],
            row_values: Values::default(),
            tallies: vec![Tally::default(); CHECKS.len()],
            found: FoundRows::new(options.findings, options.temp_dir.clone()),
            workers,
            limit: MOST_EXACT,
            table,
            options,
        }
    }

    /// Adds what is known of the shard that follows in the file, whose first record has this number among all
    /// records.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn join(&mut self, later: ShardFacts, offset: u64) -> Result<()> {
        self.columns.iter_mut().zip(later.columns).for_each(|(column, later)| column.join(later));
        self.missing.iter_mut().zip(later.missing).for_each(|(tally, later)| tally.join(later, offset));
        self.tallies.iter_mut().zip(later.tallies).for_each(|(tally, later)| tally.join(later, offset));
        let numbers = self.labels.join(later.labels, offset);
        self.events.join(later.events, offset, Some(numbers))?;
        self.row_values.join(later.row_values);
        self.found.join(later.found, offset)?;
        self.attributes.join(later.attributes, offset);
        self.rules.iter_mut().zip(later.rules).for_each(|(rule, later)| rule.join(later, offset));
        self.bytes.join(later.bytes, offset)?;
        self.rows += later.rows;
        Ok(())
    }

    /// Adds what is known of inputs that follow, whose first record has this number among all records.
    ///
    /// # Errors
    /// If a temporary file can't be read or written.
    pub fn absorb(&mut self, mut later: Self, offset: u64) -> Result<()> {
        // What is left of its values must not depend on when they were merged.
        later.settle(true)?;
        self.bytes.absorb(&later.bytes, offset)?;
        let numbers = self.labels.join(later.labels, offset);
        self.events.absorb(&later.events, offset, &numbers)?;
        self.columns.iter_mut().zip(later.columns).for_each(|(column, later)| column.join(later));
        self.missing.iter_mut().zip(later.missing).for_each(|(tally, later)| tally.join(later, offset));
        self.tallies.iter_mut().zip(later.tallies).for_each(|(tally, later)| tally.join(later, offset));
        self.row_values.join(later.row_values);
        self.attributes.join(later.attributes, offset);
        self.rules.iter_mut().zip(later.rules).for_each(|(rule, later)| rule.join(later, offset));
        let found = &mut self.found;
        later.found.each(|it| {
            found.push(it.row + offset, it.check, it.column);
            found.settle()
        })?;
        self.rows += later.rows;
        self.limit = self.limit.min(later.limit);
        Ok(())
    }

    /// The half hours of the day that are midnight where people read the times.
    pub fn midnights(&self) -> Midnights {
        self.labels.midnights()
    }

    /// Merges what waits if that is much, and keeps as many values as may be kept; whether anything was merged.
    ///
    /// # Errors
    /// A panic of a thread.
    pub fn settle(&mut self, at_end: bool) -> Result<bool> {
        let columns = self.columns.iter_mut().map(|it| &mut it.values);
        let mut columns: Vec<&mut Values> = columns.chain([&mut self.row_values]).collect();
        let workers = self.workers;
        if at_end {
            self.attributes.settle();
        }
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
        self.text(self.table.case?, hash)
    }

    /// The text of a column's value with this hash, if it is known.
    pub fn text(&self, column: usize, hash: u64) -> Option<String> {
        let column = self.columns.get(column)?;
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
