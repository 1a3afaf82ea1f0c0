//! The sink of a shard's parse: batches become arrays, pass the steps and are encoded; or are only surveyed.
//!
//! A worker converts until a value anywhere in the pass doesn't fit its column's type. From then on the types
//! are known to be wrong, and every worker only surveys: it joins values and looks for bad rows, so that the
//! second pass has all it needs and the first bad row is still found.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, new_null_array};

use crate::encode::builders::{ColumnReader, ColumnTally, Misfit};
use crate::encode::page_store::Spill;
use crate::encode::row_group::RowGroupFactory;
use crate::error::{Code, Result};
use crate::mmap::MappedFile;
use crate::model::table::{BadRow, Cell, Learned, RawRows, Span, TableSlot};
use crate::model::time_format::likely_count;
use crate::model::time_layout::{advice, layouts_of};
use crate::observer::Observer;
use crate::shard::bad_log::BadLog;
use crate::shard::column_map::ColumnMap;
use crate::shard::digest::StretchHasher;
use crate::shard::rows::{RowsDone, ShardRows};
use crate::step::{Chain, RowOrigin, ShardPlace};
use crate::text::{Flow, RowSink};

/// How far behind the parse mapped pages are given back, in bytes. Less means more system calls, more means
/// more resident memory.
pub(super) const RELEASE: u64 = 1 << 20;

/// What becomes of the rows of a pass.
#[derive(Clone, Copy)]
pub enum PassOutput<'p> {
    /// Nothing: the pass only surveys types and counts records.
    Nothing,
    /// Row groups, made by the factory of each table.
    RowGroups(&'p [&'p RowGroupFactory]),
    /// Batches of typed rows, as the steps gave them.
    Batches,
    /// Nothing: rows pass the steps for what these find.
    Findings,
}

/// What all shards of a pass share, beside the text.
pub struct Pass<'p> {
    /// What becomes of the rows.
    pub output: PassOutput<'p>,
    /// Rows of a table that are fewer bytes than this by the end of a shard are handed on as they are, to be
    /// gathered with those of other shards. 0: every shard makes row groups of its own.
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
    /// Who watches the run and may stop it.
    pub observer: &'p Observer,
    /// Whether values are to stay secret: then bad rows keep neither their text nor what was found in it.
    pub hides_values: bool,
}

impl Pass<'_> {
    /// Whether rows come out of the pass; if not, it only surveys.
    pub fn makes_rows(&self) -> bool {
        !matches!(self.output, PassOutput::Nothing)
    }
}

/// The time that the stages of a shard took.
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
    /// Adds the times of another shard.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.cut += other.cut;
        self.parse += other.parse;
        self.encode += other.encode;
    }
}

/// The result of parsing the columns of a shard.
pub struct ColumnsDone {
    /// What goes out, and what the steps came to; no rows if the shard was surveyed, as it is from the first
    /// step that fails on: with the types of the whole file the step may not fail.
    pub out: RowsDone,
    /// Rows that fitted and that no step removed, for each table.
    pub rows: Vec<u64>,
    /// Malformed records.
    pub bad: BadLog,
    /// For each column of the input.
    pub tallies: Vec<ColumnTally>,
    /// Lines that were blank or comments.
    pub blank: u64,
    /// Whether a value did not fit its inferred type. Of a shard with a wrong start this means nothing: only
    /// the merger may believe it.
    pub misfit: bool,
    /// What was learned beside the rows.
    pub learned: Learned,
    /// Where the time went.
    pub timings: Timings,
}

impl ColumnsDone {
    /// An empty result for this many tables of an input with this many columns.
    pub fn new(pass: &Pass<'_>, tables: usize, columns: usize) -> Self {
        Self {
            out: RowsDone::default(),
            rows: vec![0; tables],
            bad: BadLog::new(pass.spill),
            tallies: vec![ColumnTally::default(); columns],
            blank: 0,
            misfit: false,
            learned: Learned::default(),
            timings: Timings::default(),
        }
    }
}

/// Which columns of the input one table has.
struct TableColumns {
    /// Which of the input's columns its rows have.
    columns: Range<usize>,
    /// Those whose misfits are bad rows; read first, so that such rows count for no other column.
    rejecting: Vec<usize>,
    inferred: Vec<usize>,
}

/// The sink of a shard's parse.
pub struct Columns<'p> {
    pass: &'p Pass<'p>,
    map: &'p ColumnMap,
    readers: Vec<Option<ColumnReader>>,
    tables: Vec<TableColumns>,
    /// Takes the batches that the readers fill.
    rows: ShardRows<'p>,
    /// Values that do not fit their types, in rows of several tables that were cut from one text.
    misfits: Vec<BadRow>,
    surveying: bool,
    file: Option<&'p MappedFile>,
    hasher: Option<StretchHasher>,
    released: u64,
    populated: u64,
    /// Whether bad rows keep their text, because it can't be had again.
    pub keep_raw: bool,
    /// Whether the rows stand in a text, and not in a database.
    pub has_bytes: bool,
    mark: Instant,
    done: ColumnsDone,
}

impl<'p> Columns<'p> {
    /// A sink for one shard, whose first record begins at `first`. `file`: the mapped input, whose pages from
    /// `start` on are populated ahead and released behind.
    pub fn new(
        pass: &'p Pass<'p>,
        map: &'p ColumnMap,
        file: Option<&'p MappedFile>,
        (first, start): (u64, u64),
        hasher: Option<StretchHasher>,
    ) -> Self {
        let readers: Vec<_> = map.read.iter().map(|spec| spec.as_ref().map(ColumnReader::new)).collect();
        let tables = map.tables.iter().map(|table| {
            let (rejecting, inferred) = (table.columns.clone())
                .filter(|column| readers[*column].is_some())
                .partition(|column| readers[*column].as_ref().is_some_and(ColumnReader::rejects));
            let columns = table.columns.clone();
            TableColumns { columns, rejecting, inferred }
        });
        Self {
            pass,
            map,
            tables: tables.collect(),
            rows: ShardRows::new(pass, map.tables.len(), ShardPlace { input: map.input, at: first }),
            misfits: Vec::new(),
            surveying: !pass.makes_rows(),
            file,
            hasher,
            released: start,
            populated: start,
            keep_raw: false,
            has_bytes: true,
            mark: Instant::now(),
            done: ColumnsDone::new(pass, map.tables.len(), map.read.len()),
            readers,
        }
    }

    /// Asks the kernel for the pages of the next stretch of the file.
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
        let rows = match self.surveying {
            true => RowsDone { failed: self.rows.into_failed(), ..RowsDone::default() },
            false => self.rows.finish()?,
        };
        for (sum, steps) in self.done.rows.iter_mut().zip(&rows.steps) {
            *sum -= steps.removed();
        }
        self.done.out = rows;
        let now = Instant::now();
        self.done.timings.encode += now - self.mark;
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

    /// Takes values out of what is kept of a bad row, which may wait in a file.
    fn hide(&self, bad: &mut BadRow) {
        if self.pass.hides_values {
            bad.raw = None;
            bad.what = bad.code.title().into();
        }
    }

    fn reject(&mut self, rows: &RawRows<'_>, misfit: Misfit, column: usize) -> Result<()> {
        let mut bad = self.misfit(rows, misfit, column);
        bad.raw = self.keep_raw.then(|| rows.record(misfit.row).into());
        self.hide(&mut bad);
        if rows.slot == TableSlot::ONLY {
            return self.done.bad.add_misfit(&bad);
        }
        self.misfits.push(bad);
        Ok(())
    }

    /// The rows without those of records that were rejected for a row in a table that came before; `None` if
    /// these are all.
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
                    Some(format!("if this counts {noun} since 1970, ⟦timestamp-format⟧ {word} reads it"))
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
        // A value that was rewritten has no place of its own in the text.
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
                        // Every row was read.
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
            return self.encode(table, rows);
        }
        self.survey(rows);
        self.lap(|timings| &mut timings.parse);
        Ok(())
    }

    /// Joins the values of the columns whose types are not known yet, and keeps none.
    fn survey(&mut self, rows: &RawRows<'_>) {
        self.rows.forget();
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

    fn encode(&mut self, table: usize, rows: &RawRows<'_>) -> Result<()> {
        let Some(chain) = self.pass.chains.get(table) else { return Ok(()) };
        let schema = &chain.input;
        let from = &self.map.tables[table].from;
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(from.len());
        for (field, column) in schema.fields().iter().zip(from) {
            arrays.push(match column.and_then(|column| self.readers[column].as_mut()) {
                Some(reader) => reader.finish()?,
                None => new_null_array(field.data_type(), rows.rows()),
            });
        }
        let batch = RecordBatch::try_new(Arc::clone(schema), arrays)?;
        self.lap(|timings| &mut timings.parse);
        let origins: Option<Vec<RowOrigin>> = self.rows.needs_origins(table).then(|| {
            let origin = |span: &Span| match self.has_bytes {
                true => RowOrigin::at(span.record as u32, rows.base + u64::from(span.start)),
                false => RowOrigin::of(span.record as u32),
            };
            rows.spans.iter().map(origin).collect()
        });
        self.surveying |= !self.rows.take(table, batch, origins.as_deref())?;
        self.lap(|timings| &mut timings.encode);
        Ok(())
    }
}

/// Which rows of a batch are in the readers.
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
        self.pass.observer.check()?;
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
            self.pass.observer.add(0, rows.rows() as u64);
            return Ok(flow);
        }
        self.sort_misfits()?;
        let end = rows.base + rows.text.len() as u64;
        self.pass.observer.add(rows.text.len() as u64, rows.rows() as u64);
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
        // Asked behind a batch, whose faults and misfits are all told: which one is the first too many
        // follows from the file.
        let too_many = self.pass.most_bad.is_some_and(|most| self.done.bad.len() > most);
        Ok(if too_many { Flow::Stop } else { flow })
    }

    fn bad(&mut self, mut bad: BadRow, raw: &[u8]) -> Result<Flow> {
        self.pass.observer.check()?;
        bad.raw = self.keep_raw.then(|| raw.into());
        self.hide(&mut bad);
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
