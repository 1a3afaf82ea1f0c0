//! Makes row groups of the batches of one shard: they pass the steps of their table, wait for more rows if
//! they are few, and are encoded.

use arrow::array::RecordBatch;

use super::columns::{Pass, PassOutput};
use crate::encode::gather::{FEW, GatheredRows};
use crate::encode::row_group::{EncodedRowGroup, RowGroupEncoder};
use crate::error::{Code, Error, Result};
use crate::step::{Chain, ChainDone, ChainWorker, RowOrigin, ShardPlace};

/// Batches that wait in all tables, at least, before those of each table are joined: they take some 12 MiB
/// beside their values.
const BATCHES: usize = 4096;

/// Rows that all tables of a shard together may hold back, as a multiple of the limit of one table.
const WAITING: usize = 3;

/// Rows of one table on their way out, in order.
pub enum Outgoing {
    /// A row group, encoded and compressed.
    Group(EncodedRowGroup),
    /// Too few rows for a row group.
    Rows(GatheredRows),
    /// Rows for a target that takes batches.
    Batch(RecordBatch),
}

/// One table within a shard.
struct TableRows<'p> {
    encoder: Option<RowGroupEncoder>,
    /// The steps that batches pass before they are encoded.
    steps: Option<ChainWorker<'p>>,
    /// Rows that wait until there are enough for a row group.
    waiting: GatheredRows,
}

/// Takes the batches of one shard, table by table, each table's in the order of its rows.
pub struct ShardRows<'p> {
    pass: &'p Pass<'p>,
    /// Tables as they come in. `tables` has as many for each output of row groups, one output after the other.
    count: usize,
    tables: Vec<TableRows<'p>>,
    /// Bytes that wait in all tables, and batches that came since those of each table were joined.
    waiting: (usize, usize),
    /// Bytes of the largest table so far: to look at thousands of tables for each batch would take longer
    /// than everything else.
    largest: usize,
    done: RowsDone,
}

/// The result of a shard's batches.
#[derive(Default)]
pub struct RowsDone {
    /// Rows on their way out with the number of their table, in order within each table.
    pub outgoing: Vec<(usize, Outgoing)>,
    /// For each table, the results of its steps; empty if there are no steps.
    pub steps: Vec<ChainDone>,
    /// The error of the first step that failed.
    pub failed: Option<Error>,
}

impl<'p> ShardRows<'p> {
    /// A collector for the batches of this many tables, of the shard that begins there.
    pub fn new(pass: &'p Pass<'p>, tables: usize, place: ShardPlace) -> Self {
        let table = |number| TableRows {
            encoder: None,
            steps: pass
                .chains
                .get(number)
                .filter(|_| number < tables)
                .and_then(|chain: &Chain| chain.start(place)),
            waiting: GatheredRows::default(),
        };
        let outputs = match pass.output {
            PassOutput::RowGroups(factories) => (factories.len() / tables.max(1)).max(1),
            PassOutput::Nothing | PassOutput::Batches | PassOutput::Findings => 1,
        };
        let rows = (0..tables * outputs).map(table).collect();
        Self { pass, count: tables, tables: rows, waiting: (0, 0), largest: 0, done: RowsDone::default() }
    }

    /// Whether a step wants to be told where the rows of a table come from.
    pub fn needs_origins(&self, table: usize) -> bool {
        self.tables[table].steps.as_ref().is_some_and(ChainWorker::needs_origins)
    }

    /// So many rows of the only table were not read, because the step at this place would remove them.
    pub fn unread(&mut self, place: usize, rows: u64) {
        if let Some(steps) = self.tables.first_mut().and_then(|table| table.steps.as_mut()) {
            steps.unread(place, rows);
        }
    }

    /// Takes the next rows of a table, and where they come from, if a step needs that; false if a step failed, and no
    /// more rows are of use.
    ///
    /// # Errors
    /// If rows can't be encoded.
    pub fn take(&mut self, table: usize, batch: RecordBatch, origins: Option<&[RowOrigin]>) -> Result<bool> {
        if matches!(self.pass.output, PassOutput::Nothing) {
            return Ok(true);
        }
        let batch = match &mut self.tables[table].steps {
            None => batch,
            Some(steps) => match steps.batch(batch, origins) {
                Ok(changed) => changed,
                Err(error) => {
                    self.done.failed.get_or_insert(error);
                    return Ok(false);
                }
            },
        };
        if batch.num_rows() == 0 {
            return Ok(true);
        }
        match self.pass.output {
            PassOutput::Nothing | PassOutput::Findings => {}
            PassOutput::Batches => self.done.outgoing.push((table, Outgoing::Batch(batch))),
            PassOutput::RowGroups(_) => {
                // Each output after the first encodes the same rows in its own way.
                for further in (self.count..self.tables.len()).step_by(self.count.max(1)) {
                    self.encode(table + further, batch.clone())?;
                }
                self.encode(table, batch)?;
            }
        }
        Ok(true)
    }

    /// Takes rows for one output of row groups.
    fn encode(&mut self, table: usize, batch: RecordBatch) -> Result<()> {
        match self.pass.gather > 0 && self.tables[table].encoder.is_none() {
            true => self.wait(table, batch),
            false => self.write(table, batch),
        }
    }

    /// The batches that go out as they are and were not taken before.
    pub fn batches(&mut self) -> impl Iterator<Item = RecordBatch> + '_ {
        let is_batch = |(_, out): &mut (usize, Outgoing)| matches!(out, Outgoing::Batch(_));
        self.done.outgoing.extract_if(.., is_batch).filter_map(|(_, out)| match out {
            Outgoing::Batch(batch) => Some(batch),
            Outgoing::Group(_) | Outgoing::Rows(_) => None,
        })
    }

    /// Drops all rows that were taken: their types turned out to be wrong.
    pub fn forget(&mut self) {
        for table in &mut self.tables {
            table.encoder = None;
            table.waiting = GatheredRows::default();
        }
        self.waiting = (0, 0);
        self.done.outgoing.clear();
    }

    /// Closes the last row group of each table.
    ///
    /// # Errors
    /// If rows can't be encoded.
    pub fn finish(mut self) -> Result<RowsDone> {
        for table in 0..self.tables.len() {
            self.close_group(table)?;
        }
        for table in self.tables.into_iter().take(self.count) {
            let done = match table.steps.map(ChainWorker::finish).transpose() {
                Ok(done) => done.unwrap_or_default(),
                Err(error) => {
                    self.done.failed.get_or_insert(error);
                    ChainDone::default()
                }
            };
            self.done.steps.push(done);
        }
        Ok(self.done)
    }

    /// The error of the first step that failed, of rows that are of no use any more.
    pub fn into_failed(self) -> Option<Error> {
        self.done.failed
    }

    fn wait(&mut self, table: usize, batch: RecordBatch) -> Result<()> {
        let waiting = &mut self.tables[table].waiting;
        self.waiting.0 += waiting.add(batch)?;
        self.waiting.1 += 1;
        let full = waiting.bytes() >= self.pass.gather;
        self.largest = self.largest.max(waiting.bytes());
        for table in full.then_some(table).into_iter().chain(self.largest()) {
            self.waiting.0 -= self.tables[table].waiting.bytes();
            // The next largest table is found as it grows.
            self.largest = 0;
            for batch in self.tables[table].waiting.take() {
                self.write(table, batch)?;
            }
        }
        if self.waiting.1 >= BATCHES.max(2 * self.tables.len()) {
            self.waiting.1 = 0;
            self.tables.iter_mut().try_for_each(|rows| rows.waiting.join_if_small())?;
        }
        Ok(())
    }

    /// Many tables that each hold back a few rows hold back many together: then the largest of them is
    /// encoded, unless it is small too. A shard holds no more than its text.
    fn largest(&self) -> Option<usize> {
        let bytes = |table: &usize| self.tables[*table].waiting.bytes();
        if self.waiting.0 <= self.pass.gather * WAITING || self.largest < FEW {
            return None;
        }
        (0..self.tables.len()).max_by_key(|table| (bytes(table), *table)).filter(|table| bytes(table) >= FEW)
    }

    fn write(&mut self, table: usize, mut batch: RecordBatch) -> Result<()> {
        let factory = match self.pass.output {
            PassOutput::RowGroups(factories) => factories.get(table),
            PassOutput::Nothing | PassOutput::Batches | PassOutput::Findings => None,
        };
        let Some(factory) = factory else {
            return Err(Error::new(Code::Internal, "no row groups are made of this table"));
        };
        while batch.num_rows() > 0 {
            let encoder = match &mut self.tables[table].encoder {
                Some(encoder) => encoder,
                none => none.insert(factory.encoder()?),
            };
            let room = self.pass.max_rows.map_or(u64::MAX, |most| most - encoder.rows());
            let now = usize::try_from(room).unwrap_or(usize::MAX).min(batch.num_rows());
            encoder.write(&batch.slice(0, now))?;
            batch = batch.slice(now, batch.num_rows() - now);
            if self.pass.max_rows.is_some_and(|most| encoder.rows() >= most) {
                self.close_group(table)?;
            }
        }
        Ok(())
    }

    fn close_group(&mut self, table: usize) -> Result<()> {
        let rows = &mut self.tables[table];
        if let Some(encoder) = rows.encoder.take()
            && encoder.rows() > 0
        {
            self.done.outgoing.push((table, Outgoing::Group(encoder.close()?)));
        }
        let mut waiting = std::mem::take(&mut rows.waiting);
        waiting.join_if_small()?;
        if !waiting.is_empty() {
            self.done.outgoing.push((table, Outgoing::Rows(waiting)));
        }
        Ok(())
    }
}
