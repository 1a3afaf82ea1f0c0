//! The sink of a shard's parse: batches become arrays, pass the steps and are encoded; or are only surveyed.
//!
//! A worker converts until a value anywhere in the pass doesn't fit its column's type. From then on the types are known to be wrong, and every worker only
//! surveys: it joins values and looks for bad rows, so that the second pass has all it needs and the first bad row is still found.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, new_null_array};

use crate::config::Watch;
use crate::encode::builders::{ColumnReader, ColumnTally, Misfit};
use crate::encode::gather::{FEW, GatheredRows};
use crate::encode::page_store::Spill;
use crate::encode::row_group::{EncodedRowGroup, RowGroupEncoder, RowGroupFactory};
use crate::error::{Code, Error, Result};
use crate::format::{Flow, RowSink};
use crate::mmap::MappedFile;
use crate::model::table::{BadRow, Cell, Learned, RawRows, Span, TableSlot};
use crate::model::time_format::likely_count;
use crate::model::time_layout::{advice, layouts_of};
use crate::shard::bad_log::BadLog;
use crate::shard::column_map::ColumnMap;
use crate::shard::digest::StretchHasher;
use crate::step::{Chain, ChainDone, ChainWorker};

/// How far behind the parse mapped pages are given back, in bytes. Less means more system calls, more means more resident memory.
pub(super) const RELEASE: u64 = 1 << 20;

/// Batches that wait in all tables until those of each are made one, at least: they take some 12 MiB beside their values.
const BATCHES: usize = 4096;

/// So many times the limit of one table all tables of a shard may hold back.
const WAITING: usize = 3;

/// What all shards of a pass share, beside the text.
pub struct Pass<'p> {
    /// Make row groups, one for each table; none for a pass that only surveys.
    pub factories: &'p [&'p RowGroupFactory],
    /// Rows of a table that are fewer bytes than this by the end of a shard are handed on as they are, to be gathered with those of other shards. 0: every
    /// shard makes row groups of its own.
    pub gather: usize,
    /// For each table the schema of its batches, and the steps that they pass.
    pub chains: &'p [Chain],
    /// Bad rows of which one more ends the run; `None` if all are wanted.
    pub most_bad: Option<u64>,
    /// Where bad rows wait beyond the budget.
    pub spill: &'p Arc<Spill>,
    /// Rows in a row group at most.
    pub max_rows: Option<u64>,
    /// Set by the merger once a value of an accepted shard did not fit its inferred type.
    pub widening: &'p AtomicBool,
    /// Who looks on.
    pub watch: &'p Watch,
}

/// Where the time of a shard went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Waiting for pages of the input.
    pub read: Duration,
    /// Cutting text into cells.
    pub cut: Duration,
    /// Values into arrays.
    pub parse: Duration,
    /// Arrays into compressed pages.
    pub encode: Duration,
}

impl Timings {
    /// Adds another shard's.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.cut += other.cut;
        self.parse += other.parse;
        self.encode += other.encode;
    }
}

/// Rows of one table on their way out, in order.
pub enum Outgoing {
    /// A row group.
    Group(EncodedRowGroup),
    /// Too few for one.
    Rows(GatheredRows),
}

/// What a shard's columns came to.
pub struct ColumnsDone {
    /// What goes out, with the number of its table, each table's in order; nothing if the shard was surveyed.
    pub outgoing: Vec<(usize, Outgoing)>,
    /// Rows that fitted and that no step removed, for each table.
    pub rows: Vec<u64>,
    /// Records that are no rows.
    pub bad: BadLog,
    /// For each column of the input.
    pub tallies: Vec<ColumnTally>,
    /// For each table, what its steps came to; nothing if the shard was surveyed or there are no steps.
    pub steps: Vec<ChainDone>,
    /// The error of the first step that failed. From there on the shard was surveyed: with the types of the whole file the
    /// step may not fail, and of a shard with a wrong start it means nothing.
    pub failed: Option<Error>,
    /// Lines that were blank or comments.
    pub blank: u64,
    /// Whether a value did not fit its inferred type. Of a shard with a wrong start this means nothing: only the merger may believe it.
    pub misfit: bool,
    /// What was learned beside the rows.
    pub learned: Learned,
    /// Where the time went.
    pub timings: Timings,
}

/// One table within a shard.
struct TableRows<'p> {
    /// Which of the input's columns its rows have.
    columns: Range<usize>,
    /// Those whose misfits are bad rows; read first, so that such rows count for no other column.
    rejecting: Vec<usize>,
    inferred: Vec<usize>,
    encoder: Option<RowGroupEncoder>,
    /// What batches pass before they are encoded.
    steps: Option<ChainWorker<'p>>,
    /// Rows that wait for more, so as to be worth a row group.
    waiting: GatheredRows,
}

/// The sink.
pub struct Columns<'p> {
    pass: &'p Pass<'p>,
    map: &'p ColumnMap,
    readers: Vec<Option<ColumnReader>>,
    tables: Vec<TableRows<'p>>,
    /// Bytes that wait in all tables, and batches that came since those of each table were made one.
    waiting: (usize, usize),
    /// Bytes of the largest of them so far: to look at thousands of tables for each batch takes longer than all else.
    largest: usize,
    /// Values that don't fit, of rows of several tables that were cut from one text.
    misfits: Vec<BadRow>,
    surveying: bool,
    file: Option<&'p MappedFile>,
    hasher: Option<StretchHasher>,
    released: u64,
    populated: u64,
    /// Whether bad rows keep their text, because it can't be had again.
    pub keep_raw: bool,
    mark: Instant,
    done: ColumnsDone,
}

impl<'p> Columns<'p> {
    /// A sink for one shard. `file`: the mapped input, whose pages from `start` on are populated ahead and released behind.
    pub fn new(
        pass: &'p Pass<'p>,
        map: &'p ColumnMap,
        file: Option<&'p MappedFile>,
        start: u64,
        hasher: Option<StretchHasher>,
    ) -> Self {
        let readers: Vec<_> = map.read.iter().map(|spec| spec.as_ref().map(ColumnReader::new)).collect();
        let tables = map.tables.iter().enumerate().map(|(number, table)| {
            let (rejecting, inferred) = (table.columns.clone())
                .filter(|column| readers[*column].is_some())
                .partition(|column| readers[*column].as_ref().is_some_and(ColumnReader::rejects));
            let columns = table.columns.clone();
            let steps = pass.chains.get(number).and_then(Chain::start);
            TableRows { columns, rejecting, inferred, encoder: None, steps, waiting: GatheredRows::default() }
        });
        Self {
            pass,
            map,
            tables: tables.collect(),
            waiting: (0, 0),
            largest: 0,
            misfits: Vec::new(),
            surveying: pass.factories.is_empty(),
            file,
            hasher,
            released: start,
            populated: start,
            keep_raw: false,
            mark: Instant::now(),
            done: ColumnsDone {
                outgoing: Vec::new(),
                rows: vec![0; map.tables.len()],
                bad: BadLog::new(pass.spill),
                tallies: vec![ColumnTally::default(); readers.len()],
                steps: Vec::new(),
                failed: None,
                blank: 0,
                misfit: false,
                learned: Learned::default(),
                timings: Timings::default(),
            },
            readers,
        }
    }

    /// Brings in the pages of the next stretch of the file.
    pub fn prepare(&mut self, from: u64, end: u64) -> Result<()> {
        if let Some(file) = self.file
            && from + RELEASE > self.populated
            && self.populated < end
        {
            let start = Instant::now();
            let to = (from + 2 * RELEASE).min(end);
            file.populate(self.populated as usize..to as usize)?;
            self.populated = to;
            self.done.timings.read += start.elapsed();
        }
        Ok(())
    }

    /// Finishes the last row group.
    pub fn finish(mut self) -> Result<(ColumnsDone, Option<StretchHasher>)> {
        self.lap(|timings| &mut timings.cut);
        if self.surveying {
            self.done.outgoing.clear();
        } else {
            for table in 0..self.tables.len() {
                self.close_group(table)?;
            }
            for (rows, table) in self.done.rows.iter_mut().zip(&mut self.tables) {
                let done = table.steps.take().map(ChainWorker::finish).transpose();
                let done = match done {
                    Ok(done) => done.unwrap_or_default(),
                    Err(error) => {
                        self.done.failed.get_or_insert(error);
                        ChainDone::default()
                    }
                };
                *rows -= done.removed();
                self.done.steps.push(done);
            }
        }
        self.lap(|timings| &mut timings.encode);
        for (tally, reader) in self.done.tallies.iter_mut().zip(&self.readers) {
            *tally = reader.as_ref().map(ColumnReader::tally).unwrap_or_default();
        }
        Ok((self.done, self.hasher))
    }

    fn lap(&mut self, of: impl FnOnce(&mut Timings) -> &mut Duration) {
        let now = Instant::now();
        *of(&mut self.done.timings) += now - self.mark;
        self.mark = now;
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

    /// Reads a batch into the readers, rows that don't fit declared types taken out.
    fn read(&mut self, rows: &RawRows<'_>) -> Result<(Read, Flow)> {
        let table = &self.tables[rows.slot.table];
        let offset = rows.slot.first_column;
        let before: Vec<_> = table.rejecting.iter().map(|column| self.tally_of(*column)).collect();
        let mut first: Option<(Misfit, usize)> = None;
        for column in &table.rejecting {
            if let Some(reader) = &mut self.readers[*column]
                && let Err(misfit) = reader.read(rows, *column - offset)
                && first.is_none_or(|(found, _)| misfit.row < found.row)
            {
                first = Some((misfit, *column));
            }
        }
        let Some((misfit, column)) = first else { return Ok((Read::All, Flow::Continue)) };
        for (column, tally) in table.rejecting.iter().zip(before) {
            if let Some(reader) = &mut self.readers[*column] {
                reader.rewind(tally);
            }
        }
        if self.stop_at_bad() {
            self.reject(rows, misfit, column)?;
            // The rows before it may turn out bad by the types of other columns.
            let cells = &rows.cells[..misfit.row * rows.columns];
            self.survey(&RawRows { cells, spans: &rows.spans[..misfit.row], ..*rows });
            return Ok((Read::None, Flow::Stop));
        }
        let mut kept = Vec::with_capacity(rows.rows());
        for row in 0..rows.rows() {
            match self.row_misfit(rows, row) {
                None => kept.push(row),
                Some((misfit, column)) => self.reject(rows, Misfit { row, ..misfit }, column)?,
            }
        }
        Ok((Read::Some(kept), Flow::Continue))
    }

    fn tally_of(&self, column: usize) -> ColumnTally {
        self.readers[column].as_ref().map(ColumnReader::tally).unwrap_or_default()
    }

    /// The first column whose declared type one row does not fit.
    fn row_misfit(&mut self, rows: &RawRows<'_>, row: usize) -> Option<(Misfit, usize)> {
        let cells = &rows.cells[row * rows.columns..(row + 1) * rows.columns];
        let one = RawRows { cells, spans: &rows.spans[row..=row], ..*rows };
        let mut found = None;
        for column in &self.tables[rows.slot.table].rejecting {
            let Some(reader) = &mut self.readers[*column] else { continue };
            let tally = reader.tally();
            if let Err(misfit) = reader.read(&one, *column - rows.slot.first_column) {
                found.get_or_insert((misfit, *column));
            }
            reader.rewind(tally);
        }
        found
    }

    fn reject(&mut self, rows: &RawRows<'_>, misfit: Misfit, column: usize) -> Result<()> {
        let mut bad = self.misfit(rows, misfit, column);
        bad.raw = self.keep_raw.then(|| rows.record(misfit.row).into());
        if rows.slot == TableSlot::ONLY {
            return self.done.bad.add_misfit(&bad);
        }
        self.misfits.push(bad);
        Ok(())
    }

    /// The rows without those of records that were rejected for a row in a table that came before; `None` if these are all.
    fn of_others(&self, rows: &RawRows<'_>) -> Option<(Vec<Cell>, Vec<Span>)> {
        if self.misfits.is_empty() {
            return None;
        }
        let rejected: HashSet<u64> = self.misfits.iter().map(|bad| bad.record).collect();
        let (mut cells, mut spans) = (Vec::new(), Vec::new());
        for (row, span) in rows.spans.iter().enumerate().filter(|(_, span)| !rejected.contains(&span.record))
        {
            cells.extend_from_slice(&rows.cells[row * rows.columns..(row + 1) * rows.columns]);
            spans.push(*span);
        }
        Some((cells, spans))
    }

    /// Records that were rejected.
    pub fn rejected(&self) -> u64 {
        self.done.bad.len()
    }

    /// Puts the misfits of several tables in the order of their records; a record is bad once.
    fn sort_misfits(&mut self) -> Result<()> {
        self.misfits.sort_by_key(|bad| (bad.record, bad.at));
        self.misfits.dedup_by_key(|bad| bad.record);
        for bad in std::mem::take(&mut self.misfits) {
            self.done.bad.add_misfit(&bad)?;
        }
        Ok(())
    }

    fn misfit(&self, rows: &RawRows<'_>, misfit: Misfit, column: usize) -> BadRow {
        let span = rows.spans[misfit.row];
        let local = column - rows.slot.first_column;
        let cell = rows.cell(misfit.row, local);
        let raw = cell.bytes(rows.text_of(local));
        let shown = shown(raw);
        let what = match (&self.map.read[column], misfit.code) {
            (_, Code::LocalTime) => format!("{shown} does not say one moment in the given time zone"),
            (Some(spec), _) => {
                let expected = spec.column_type.described();
                // Only a log has times in every row, and one layout for all of them.
                let has_times = spec.filled && spec.format.is_none();
                let count = || {
                    let (word, noun) = likely_count(raw)?;
                    Some(format!("if this counts {noun} since 1970, --timestamp-format {word} reads it"))
                };
                // A day and a clock in digits alone are a number as well.
                let layouts = || (!layouts_of(raw, true).is_empty()).then(|| advice(raw)).flatten();
                match has_times.then(|| layouts().or_else(count).or_else(|| advice(raw))).flatten() {
                    Some(advice) => format!("expected {expected}, found {shown}; {advice}"),
                    None => format!("expected {expected}, found {shown}"),
                }
            }
            (None, _) => format!("found {shown}"),
        };
        // A value from aside has no place of its own.
        let at = raw.as_ptr().addr().wrapping_sub(rows.text.as_ptr().addr());
        let at = if at < rows.text.len() { at } else { span.start as usize };
        BadRow {
            start: rows.base + u64::from(span.start),
            end: rows.base + u64::from(span.end),
            at: rows.base + at as u64,
            record: span.record,
            code: misfit.code,
            what,
            column: Some(column),
            raw: None,
        }
    }

    fn take(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        let (read, flow) = self.read(rows)?;
        match read {
            Read::None => return Ok(flow),
            Read::All => self.take_fitting(rows)?,
            Read::Some(kept) => {
                let mut cells = Vec::with_capacity(kept.len() * rows.columns);
                let mut spans: Vec<Span> = Vec::with_capacity(kept.len());
                for row in kept {
                    cells.extend_from_slice(&rows.cells[row * rows.columns..(row + 1) * rows.columns]);
                    spans.push(rows.spans[row]);
                }
                let fitting = RawRows { cells: &cells, spans: &spans, ..*rows };
                for column in &self.tables[rows.slot.table].rejecting {
                    if let Some(reader) = &mut self.readers[*column] {
                        // Every row was tried.
                        let _ = reader.read(&fitting, *column - rows.slot.first_column);
                    }
                }
                self.take_fitting(&fitting)?;
            }
        }
        Ok(flow)
    }

    fn take_fitting(&mut self, rows: &RawRows<'_>) -> Result<()> {
        let (table, offset) = (rows.slot.table, rows.slot.first_column);
        self.done.rows[table] += rows.rows() as u64;
        if !self.surveying {
            for column in &self.tables[table].inferred {
                if let Some(reader) = &mut self.readers[*column]
                    && reader.read(rows, *column - offset).is_err()
                {
                    self.surveying = true;
                    self.done.misfit = true;
                    break;
                }
            }
        }
        if !self.surveying {
            self.lap(|timings| &mut timings.parse);
            return self.encode(table, rows.rows());
        }
        self.survey(rows);
        self.lap(|timings| &mut timings.parse);
        Ok(())
    }

    /// Joins the values of the columns whose types are not known yet, and keeps none.
    fn survey(&mut self, rows: &RawRows<'_>) {
        for table in &mut self.tables {
            table.encoder = None;
            table.waiting = GatheredRows::default();
        }
        self.waiting = (0, 0);
        let table = &self.tables[rows.slot.table];
        for reader in self.readers[table.columns.clone()].iter_mut().flatten() {
            reader.forget();
        }
        for column in &table.inferred {
            if let Some(reader) = &mut self.readers[*column] {
                reader.survey(rows, *column - rows.slot.first_column);
            }
        }
    }

    fn encode(&mut self, table: usize, rows: usize) -> Result<()> {
        let Some(factory) = self.pass.factories.get(table) else { return Ok(()) };
        let Some(chain) = self.pass.chains.get(table) else { return Ok(()) };
        let schema = &chain.input;
        let from = &self.map.tables[table].from;
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(from.len());
        for (field, column) in schema.fields().iter().zip(from) {
            arrays.push(match column.and_then(|column| self.readers[column].as_mut()) {
                Some(reader) => reader.finish()?,
                None => new_null_array(field.data_type(), rows),
            });
        }
        let batch = RecordBatch::try_new(Arc::clone(schema), arrays)?;
        self.lap(|timings| &mut timings.parse);
        let batch = match &mut self.tables[table].steps {
            None => batch,
            Some(steps) => match steps.batch(batch) {
                Ok(changed) => changed,
                Err(error) => {
                    self.done.failed.get_or_insert(error);
                    self.surveying = true;
                    return Ok(());
                }
            },
        };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let TableRows { encoder, waiting, .. } = &mut self.tables[table];
        if self.pass.gather > 0 && encoder.is_none() {
            self.waiting.0 += waiting.add(batch)?;
            self.waiting.1 += 1;
            let full = waiting.bytes() >= self.pass.gather;
            self.largest = self.largest.max(waiting.bytes());
            for table in full.then_some(table).into_iter().chain(self.largest()) {
                let Some(factory) = self.pass.factories.get(table) else { continue };
                self.waiting.0 -= self.tables[table].waiting.bytes();
                // The next largest is found as it grows.
                self.largest = 0;
                for batch in self.tables[table].waiting.take() {
                    self.write(table, factory, batch)?;
                }
            }
            if self.waiting.1 >= BATCHES.max(2 * self.tables.len()) {
                self.waiting.1 = 0;
                self.tables.iter_mut().try_for_each(|rows| rows.waiting.join_if_small())?;
            }
        } else {
            self.write(table, factory, batch)?;
        }
        self.lap(|timings| &mut timings.encode);
        Ok(())
    }

    /// Many tables that each wait for a little hold much: the largest of them waits no longer, unless that is little too. A shard holds no more than its text.
    fn largest(&self) -> Option<usize> {
        let bytes = |table: &usize| self.tables[*table].waiting.bytes();
        if self.waiting.0 <= self.pass.gather * WAITING || self.largest < FEW {
            return None;
        }
        (0..self.tables.len()).max_by_key(|table| (bytes(table), *table)).filter(|table| bytes(table) >= FEW)
    }

    fn write(&mut self, table: usize, factory: &RowGroupFactory, mut batch: RecordBatch) -> Result<()> {
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
}

/// What of a batch is in the readers.
enum Read {
    All,
    Some(Vec<usize>),
    None,
}

/// A value as errors show it: quoted, cut short.
fn shown(value: &[u8]) -> String {
    const MOST: usize = 60;
    let text = String::from_utf8_lossy(&value[..value.len().min(MOST)]);
    if value.len() > MOST { format!("{text:?}...") } else { format!("{text:?}") }
}

impl RowSink for Columns<'_> {
    fn stop_at_bad(&self) -> bool {
        self.pass.most_bad == Some(0)
    }

    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        self.lap(|timings| &mut timings.cut);
        self.pass.watch.check()?;
        if self.pass.widening.load(Ordering::Relaxed) {
            self.surveying = true;
        }
        let others = self.of_others(rows);
        let rows = &match &others {
            Some((cells, spans)) => RawRows { cells, spans, ..*rows },
            None => *rows,
        };
        let flow = if rows.rows() > 0 { self.take(rows)? } else { Flow::Continue };
        if rows.slot.more {
            self.pass.watch.add(0, rows.rows() as u64);
            return Ok(flow);
        }
        self.sort_misfits()?;
        let end = rows.base + rows.text.len() as u64;
        self.pass.watch.add(rows.text.len() as u64, rows.rows() as u64);
        if let Some(file) = self.file {
            if let Some(hasher) = &mut self.hasher {
                hasher.advance(file.bytes(), end);
            }
            if end - self.released >= RELEASE {
                file.release(self.released as usize..end as usize);
                self.released = end;
            }
            let len = file.len() as u64;
            self.lap(|timings| &mut timings.parse);
            self.prepare(end, len)?;
            self.mark = Instant::now();
        }
        // Asked behind a batch, whose faults and misfits are all told: which one is the first too many follows from the file.
        let too_many = self.pass.most_bad.is_some_and(|most| self.done.bad.len() > most);
        Ok(if too_many { Flow::Stop } else { flow })
    }

    fn bad(&mut self, mut bad: BadRow, raw: &[u8]) -> Result<Flow> {
        self.pass.watch.check()?;
        bad.raw = self.keep_raw.then(|| raw.into());
        self.done.bad.add_fault(&bad)?;
        Ok(if self.stop_at_bad() { Flow::Stop } else { Flow::Continue })
    }

    fn blank(&mut self, lines: u64) {
        self.done.blank += lines;
    }

    fn learned(&mut self, learned: Learned) {
        if !learned.late.is_empty() {
            // A column without a place in the table: what is written from here on is of no use.
            self.surveying = true;
            self.done.misfit = true;
        }
        // Its records are counted from the shard's start already.
        self.done.learned.join(learned, 0);
    }
}
