//! Whether a log is any good: what its columns hold, and checks of its quality with scores.
//!
//! ```text
//! mod.rs         the step of a run: rows pass it as they are
//! table.rs       which columns play which role
//! worker.rs      what is counted of the rows of a shard
//! columns/       distinct values, quantiles, lengths, patterns
//! labels.rs      activities            times.rs   moments, and how finely they are told
//! attributes.rs  attributes that belong to cases, or follow from others
//! rules/         what people who know the process give: orders, ranges, bounds
//! events.rs      the events, brought together by case
//! row_bytes.rs   where rows begin      store.rs   bytes that wait, in memory or in a file
//! facts.rs       all of this for the whole log
//! checks/        one file for each check, and their registry
//! tally.rs       affected, applicable, examples
//! found.rs       every affected row, where that is asked for
//! timeline.rs    when events happened
//! result.rs      verdicts and scores      json.rs, findings.rs, html/    forms of output
//! ```
//!
//! Invariant: the result follows from the rows in their order, whatever the threads and wherever the file was cut.

pub mod attributes;
pub mod checks;
pub mod columns;
pub mod events;
pub mod facts;
mod findings;
pub mod found;
mod html;
mod json;
pub mod labels;
pub mod result;
pub mod row_bytes;
pub mod rules;
pub mod store;
pub mod table;
pub mod tally;
pub mod timeline;
pub mod times;
mod words;
pub mod worker;

use std::any::Any;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use serde_json::Value;

use self::checks::number_of;
use self::facts::Facts;
use self::rules::Rules;
use self::rules::bound::BoundRules;
use self::table::LogTable;
use self::worker::{Hints, Inspector, ShardFacts};
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::zone::ZoneRule;
use crate::process::ProcessStep;
use crate::step::{BoundStep, Finding, RowOrigin, Step, StepWorker};

pub use self::result::Inspection;

/// What is asked of an inspection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InspectOptions {
    /// Whether every affected row is listed.
    pub findings: bool,
    /// The moment after which times are in the future, in seconds since 1970.
    pub as_of: i64,
    /// Where temporary files go; `None`: the usual folder.
    pub temp_dir: Option<PathBuf>,
    /// What people who know the process say of it.
    pub rules: Rules,
    /// The zone of times without a zone.
    pub zone: ZoneRule,
    /// Bytes of events that wait in memory at most; `None`: the usual number.
    pub memory: Option<usize>,
}

/// Inspects the rows that pass. Clones share their result.
#[derive(Debug, Clone)]
pub struct Inspect(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: InspectOptions,
    /// Threads that may work at the end.
    workers: usize,
    /// What was found in the last pass, and the table of it.
    found: Mutex<Option<Facts>>,
    table: Mutex<Option<Arc<LogTable>>>,
}

impl Inspect {
    /// An inspection that ends on up to `workers` threads.
    pub fn new(options: InspectOptions, workers: usize) -> Self {
        Self(Arc::new(Shared { options, workers, found: Mutex::new(None), table: Mutex::new(None) }))
    }

    /// What is known, once the run is done. A log without rows has columns and nothing else.
    pub fn take_facts(&self) -> Option<Facts> {
        let found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.or_else(|| {
            let table = self.0.table.lock().unwrap_or_else(PoisonError::into_inner).take()?;
            let inspector =
                Inspector::new(&table, &self.0.options, &BoundRules::default(), &Hints::default());
            inspector.finish().open(&table, &self.0.options, (0, self.0.workers)).ok()
        })
    }
}

impl Step for Inspect {
    fn name(&self) -> &str {
        "inspect"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let log = Arc::new(LogTable::of(table, &self.0.options.zone));
        let rules = BoundRules::new(&self.0.options.rules, table, &self.0.options.zone, number_of)?;
        *self.0.table.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&log));
        // What an earlier pass found was found with other types.
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner).take();
        let pass = Arc::new(Pass {
            table: log,
            shared: Arc::clone(&self.0),
            hints: Mutex::default(),
            is_beyond_first: AtomicBool::new(false),
        });
        let start = move || {
            let inspector = Inspector::new(&pass.table, &pass.shared.options, &rules, &pass.hints());
            Box::new(Worker { inspector, pass: Arc::clone(&pass) }) as Box<dyn StepWorker>
        };
        Ok(Some(BoundStep { output: table.clone(), keeps_rows: true, start: Box::new(start) }))
    }
}

/// One pass over the rows.
#[derive(Debug)]
struct Pass {
    table: Arc<LogTable>,
    shared: Arc<Shared>,
    /// What the rows that are joined have settled, for shards that begin.
    hints: Mutex<Arc<Hints>>,
    /// Whether an input that is joined by itself is complete. What the next one settles by itself is no hint:
    /// which of two hints a shard met would depend on threads.
    is_beyond_first: AtomicBool,
}

impl Pass {
    fn hints(&self) -> Arc<Hints> {
        Arc::clone(&self.hints.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Worker {
    inspector: Inspector,
    pass: Arc<Pass>,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        self.inspector.batch(&rows)?;
        Ok(rows)
    }

    fn needs_origins(&self) -> bool {
        true
    }

    fn origins(&mut self, rows: &[RowOrigin]) {
        self.inspector.next_rows(rows);
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        let state = State::Shard(Box::new(self.inspector.finish()));
        Ok(Some(Box::new(InspectFinding { state, first: None, pass: self.pass, hinted: 0 })))
    }
}

/// What is known of some rows.
#[derive(Debug)]
struct InspectFinding {
    state: State,
    /// Number of the first record among all records, if it is told.
    first: Option<u64>,
    pass: Arc<Pass>,
    /// Columns whose first values were known when shards were last told.
    hinted: usize,
}

#[derive(Debug)]
enum State {
    Shard(Box<ShardFacts>),
    Joined(Box<Facts>),
    Taken,
}

impl InspectFinding {
    /// What is known of the rows from the first on.
    fn joined(&mut self) -> Result<Option<&mut Facts>> {
        if let State::Shard(_) = self.state
            && let State::Shard(shard) = std::mem::replace(&mut self.state, State::Taken)
        {
            let Shared { options, workers, .. } = &*self.pass.shared;
            let first = self.first.take().unwrap_or_default();
            let facts = shard.open(&self.pass.table, options, (first, *workers))?;
            self.state = State::Joined(Box::new(facts));
        }
        Ok(match &mut self.state {
            State::Joined(facts) => Some(facts),
            State::Shard(_) | State::Taken => None,
        })
    }
}

impl Finding for InspectFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let foreign = || Error::new(Code::Internal, "findings of two steps don't join");
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>().map_err(|_| foreign())?;
        let (hinted, pass) = (self.hinted, Arc::clone(&self.pass));
        let Some(facts) = self.joined()? else { return Err(foreign()) };
        let first = later.first.unwrap_or(facts.rows);
        let is_whole = match later.state {
            State::Shard(shard) => {
                facts.join(*shard, first)?;
                !pass.is_beyond_first.load(Ordering::Relaxed)
            }
            State::Joined(later) => {
                facts.absorb(*later, first)?;
                true
            }
            State::Taken => return Err(foreign()),
        };
        let is_settled = facts.settle(false)?;
        let known = facts.first_known();
        if is_whole && (is_settled || known > hinted) {
            let hints = Arc::new(facts.hints());
            *pass.hints.lock().unwrap_or_else(PoisonError::into_inner) = hints;
            self.hinted = known;
        }
        Ok(())
    }

    fn begins_at(&mut self, record: u64) {
        if let State::Joined(_) = self.state {
            self.pass.is_beyond_first.store(true, Ordering::Relaxed);
        }
        self.first = Some(self.first.unwrap_or_default() + record);
    }

    fn conclude(&mut self) -> Result<()> {
        self.joined()?;
        if let State::Joined(mut facts) = std::mem::replace(&mut self.state, State::Taken) {
            facts.settle(true)?;
            *self.pass.shared.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(*facts);
        }
        Ok(())
    }

    /// The result is told by itself: the bytes of an output are the same with and without an inspection.
    fn to_json(&self) -> Value {
        Value::Null
    }
}

/// Statistics of the process, where the table has what they need. They are part of the result, and of no metadata.
///
/// Nor is there any process where times are told in nanoseconds and one is so far from now that it can't be counted
/// in them: the log is right, and the other checks say what there is to say about such a time.
#[derive(Debug, Clone)]
pub struct ProcessIfAny(pub ProcessStep, Arc<AtomicBool>);

impl ProcessIfAny {
    /// The statistics of this step.
    pub fn new(step: ProcessStep) -> Self {
        Self(step, Arc::default())
    }

    /// Whether times were out of reach in the last pass.
    pub fn is_out_of_reach(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

impl Step for ProcessIfAny {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let Ok(Some(bound)) = self.0.bind(table) else { return Ok(None) };
        let (start, told) = (bound.start, Arc::clone(&self.1));
        let start = move || {
            let told = Arc::clone(&told);
            Box::new(QuietWorker { worker: start(), is_out_of_reach: false, told }) as Box<dyn StepWorker>
        };
        Ok(Some(BoundStep { start: Box::new(start), ..bound }))
    }
}

struct QuietWorker {
    worker: Box<dyn StepWorker>,
    /// Whether a time was out of reach.
    is_out_of_reach: bool,
    /// Where that is told, once all rows were read.
    told: Arc<AtomicBool>,
}

impl StepWorker for QuietWorker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        match self.worker.batch(rows.clone()) {
            Err(error) if error.code() == Code::Misfit => {
                self.is_out_of_reach = true;
                Ok(rows)
            }
            other => other,
        }
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        let Self { worker, is_out_of_reach, told } = *self;
        let finding = worker.finish()?;
        Ok(finding
            .map(|finding| Box::new(QuietFinding { finding, is_out_of_reach, told }) as Box<dyn Finding>))
    }
}

/// A finding that reports don't show.
#[derive(Debug)]
struct QuietFinding {
    finding: Box<dyn Finding>,
    is_out_of_reach: bool,
    told: Arc<AtomicBool>,
}

impl Finding for QuietFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        match later.downcast::<Self>() {
            Ok(later) => {
                self.is_out_of_reach |= later.is_out_of_reach;
                self.finding.join(later.finding)
            }
            Err(_) => Err(Error::new(Code::Internal, "findings of two steps don't join")),
        }
    }

    fn conclude(&mut self) -> Result<()> {
        self.told.store(self.is_out_of_reach, Ordering::Relaxed);
        self.finding.conclude()
    }

    fn to_json(&self) -> Value {
        Value::Null
    }
}
