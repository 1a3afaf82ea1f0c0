//! An inspection at work on the rows of one shard, and what it knows at the end of it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::attributes::{AttributePlan, Attributes, ShardAttributes};
use super::checks::{CHECKS, LogBatch, RowCheck};
use super::columns::profile::{ColumnPart, Missing, ShardColumn};
use super::columns::shard_values::{Hint, ShardValues};
use super::columns::values::{Values, spread};
use super::events::{NewEvent, ShardEvents};
use super::found::FoundRows;
use super::labels::{Labels, NO_LABEL};
use super::row_bytes::ShardBytes;
use super::rules::bound::{BoundRules, RuleFacts, RuledRows};
use super::table::LogTable;
use super::tally::{Counter, Tally};
use super::times::Clock;
use super::{InspectOptions, facts::Facts};
use crate::error::Result;
use crate::model::hash::mix;
use crate::step::RowOrigin;

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
    /// Attributes that belong to cases, or follow from others.
    pub attributes: Attributes,
    /// For each rule what it counted row by row.
    pub rules: Vec<RuleFacts>,
    /// Where the rows begin.
    pub bytes: ShardBytes,
}

impl ShardFacts {
    /// The same as what is known of a part of the log that others are joined to. The rows begin at this record of
    /// the inputs, and up to `workers` threads may work at the end.
    ///
    /// # Errors
    /// If the temporary file can't be written.
    pub fn open(
        mut self,
        table: &Arc<LogTable>,
        options: &InspectOptions,
        (first, workers): (u64, usize),
    ) -> Result<Facts> {
        let mut facts = Facts::new(Arc::clone(table), options.clone(), workers);
        // The first shard gives what is joined its shape.
        facts.columns = std::mem::take(&mut self.columns);
        facts.row_values = std::mem::take(&mut self.row_values);
        facts.missing = vec![Tally::default(); self.missing.len()];
        facts.attributes = std::mem::take(&mut self.attributes);
        facts.attributes.shift(first);
        facts.join(self, first)?;
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
    plan: AttributePlan,
    attributes: ShardAttributes,
    rules: BoundRules,
    rule_facts: Vec<RuleFacts>,
    /// Records of the rows of the next batch, if they are told.
    records: Option<Vec<u32>>,
    bytes: ShardBytes,
    scratch: Scratch,
}

/// What the rows before a shard have settled.
#[derive(Debug, Default)]
pub struct Hints {
    /// About each column; empty: nothing.
    pub columns: Vec<Hint>,
    /// The hint about whole rows.
    pub rows: Hint,
}

/// Values of the rows of one batch.
#[derive(Default)]
struct Scratch {
    /// The hashes of the values of a column that is compared with no other, and then for each column those of its
    /// values if it is; 0 for a null.
    hashes: Vec<Vec<u64>>,
    /// Records of the rows, from 0 within the shard.
    records: Vec<u32>,
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
    pub fn new(table: &Arc<LogTable>, options: &InspectOptions, rules: &BoundRules, hints: &Hints) -> Self {
        let first = table.most_first();
        let plan = table.attributes();
        let column = |(at, (_, it)): (usize, &(String, DataType))| {
            ShardColumn::new(it, first, hints.columns.get(at).cloned().unwrap_or_default())
        };
        Self {
            attributes: ShardAttributes::new(&plan),
            plan,
            rules: rules.clone(),
            rule_facts: vec![RuleFacts::default(); options.rules.0.len()],
            records: None,
            bytes: ShardBytes::default(),
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
            scratch: Scratch { hashes: vec![Vec::new(); table.columns.len() + 1], ..Scratch::default() },
        }
    }

    /// Tells where the rows of the next batch come from.
    pub fn next_rows(&mut self, rows: &[RowOrigin]) {
        self.records = Some(rows.iter().map(|row| row.record).collect());
        self.bytes.add(rows);
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
        let first = self.rows as u32;
        let told = self.records.take().filter(|it| it.len() == rows);
        self.scratch.records = told.unwrap_or_else(|| (first..first + rows as u32).collect());
        for (at, array) in batch.columns().iter().enumerate() {
            self.column(at, array)?;
        }
        let moments = |at: Option<usize>| at.map(|at| table.clock.moments(batch.column(at))).transpose();
        let (times, starts) = (moments(table.time)?, moments(table.start)?);
        let Scratch { hashes: of_columns, rows: hashes, records, cases, labels, resources, .. } =
            &mut self.scratch;
        let spread_hashes = &mut of_columns[0];
        spread_hashes.clear();
        spread_hashes.extend(hashes.iter().map(|hash| spread(*hash)));
        self.row_values.add_each(spread_hashes, None, |_| None);
        // Most logs count microseconds: division by a number that the compiler knows is fast.
        const MICRO: Clock = Clock { per_second: 1_000_000 };
        let is_micro = table.clock == MICRO;
        let zone = &table.zone;
        let grain = |time: i64| match is_micro {
            true => (zone.grain(time, MICRO), zone.half_hour(time, MICRO)),
            false => (zone.grain(time, table.clock), zone.half_hour(time, table.clock)),
        };
        for (at, hash) in hashes.iter().enumerate() {
            let (time, label) = (times.as_ref().and_then(|it| it.get(at)), labels.get(at).copied());
            let start = starts.as_ref().and_then(|it| it.get(at));
            let label = label.unwrap_or(NO_LABEL);
            if let Some(label) = self.labels.all.get_mut(label as usize) {
                label.count += 1;
                if let Some(time) = time {
                    let (grain, half_hour) = grain(time);
                    label.grains[grain as usize] += 1;
                    if let Some(half_hour) = half_hour {
                        label.add_half_hour(half_hour);
                    }
                }
                match (start, time) {
                    (Some(start), Some(time)) if start < time => label.lasting += 1,
                    (Some(start), Some(time)) if start == time => label.add_instant(u64::from(records[at])),
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
                    row: records[at],
                    values: (hash >> 32) as u32,
                });
            }
        }
        let view = LogBatch {
            records,
            rows,
            clock: table.clock,
            times: times.as_ref(),
            starts: starts.as_ref(),
            cases,
        };
        for (number, check) in self.checks.iter_mut().enumerate() {
            if let Some(check) = check {
                let tally = &mut self.tallies[number];
                check.batch(&view, &mut Counter { tally, found: &mut self.found, check: number as u16 })?;
            }
        }
        if !self.rules.is_empty() {
            let rows = RuledRows { batch, numbers: records, cases };
            self.rules.count(&rows, &mut self.rule_facts, &mut self.found)?;
        }
        self.attributes.add(&self.plan, &of_columns[1..], records);
        self.rows += rows as u64;
        Ok(())
    }

    fn column(&mut self, at: usize, array: &ArrayRef) -> Result<()> {
        let is_role = self.table.role_of(at).is_some();
        let is_activity = self.table.activity == Some(at);
        let (missing, found) = (&mut self.missing[at], &mut self.found);
        let place = if self.plan.needs(at) { at + 1 } else { 0 };
        let Scratch { hashes, rows, records, cases, resources, .. } = &mut self.scratch;
        let check = if self.table.case == Some(at) { MISSING[2] } else { MISSING[usize::from(!is_role)] };
        let tell = |row: usize, why: Missing| {
            // Labels that say nothing have a check of their own; in an attribute such a word may be a value.
            if is_activity && why != Missing::Null || why == Missing::Placeholder && !is_role {
                return;
            }
            missing.affected += 1;
            let row = u64::from(records[row]);
            missing.example(Some(row), None, || why.name().to_owned());
            found.push(row, check, at as u16);
        };
        let hashes = &mut hashes[place];
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
            self.label(at, array)?;
        }
        Ok(())
    }

    /// Gives each row of the batch the number of its label.
    fn label(&mut self, at: usize, array: &ArrayRef) -> Result<()> {
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array.as_ref(), &options)?;
        let Self { labels, scratch, .. } = self;
        let Scratch { labels: numbers, known_labels, hashes, records, .. } = scratch;
        numbers.clear();
        known_labels.resize(KNOWN_LABELS, (0, NO_LABEL));
        for (row, hash) in hashes[at + 1].iter().enumerate() {
            if *hash == 0 {
                numbers.push(NO_LABEL);
                continue;
            }
            let known = &mut known_labels[*hash as usize % KNOWN_LABELS];
            if known.0 != *hash {
                let text = || match array.as_string_opt::<i32>() {
                    Some(texts) => texts.value(row).to_owned(),
                    None => formatter.value(row).to_string(),
                };
                *known = (*hash, labels.number(*hash, u64::from(records[row]), text));
            }
            numbers.push(known.1);
        }
        Ok(())
    }

    /// What is known of the shard.
    pub fn finish(self) -> ShardFacts {
        ShardFacts {
            attributes: self.attributes.close(),
            rules: self.rule_facts,
            bytes: self.bytes,
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
