//! The step that finds out about the risk of a log: rows pass it as they are.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use serde_json::Value;

use super::collect::{RiskCollector, RiskColumns, RiskEvents};
use super::count::count;
use super::figures::RiskFigures;
use super::{Projection, RiskWishes};
use crate::budget::{Budget, Ration};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::process::step::event_columns;
use crate::step::pseudonymise::personal::{PersonalCounts, PersonalKind, is_looked_at, kind_of_name};
use crate::step::{BoundStep, Finding, Step, StepWorker};

/// The beginning of names of attributes of cases.
const CASE: &str = "case:";

/// Finds out about the risk of an event log. Clones share their result.
#[derive(Debug, Clone)]
pub struct RiskStep(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    run: RunOptions,
    observer: Observer,
    wishes: RiskWishes,
    found: Mutex<Option<RiskFigures>>,
}

impl RiskStep {
    /// A step with the threads and the memory that a run has.
    pub fn new(run: &RunOptions, wishes: RiskWishes, observer: &Observer) -> Self {
        let (run, observer) = (run.clone(), observer.clone());
        Self(Arc::new(Shared { run, observer, wishes, found: Mutex::new(None) }))
    }

    /// The figures, once the run is done. A log without rows has empty ones.
    pub fn take_figures(&self) -> RiskFigures {
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

impl Step for RiskStep {
    fn name(&self) -> &str {
        "risk"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let columns = columns(table, &self.0.wishes)?;
        let names = Arc::new(Names::of(table, &columns));
        let budget = Budget::new(self.0.run.memory_limit, self.0.run.threads)?;
        let ration = Arc::new(Ration::new(budget.page_bytes()));
        let spill = Arc::new(Spill::new(ration, self.0.run.temp_dir.clone()));
        let shared = Arc::clone(&self.0);
        let start = move || Worker {
            collector: RiskCollector::new(columns.clone(), Arc::clone(&spill)),
            personal: names.looked_at.iter().map(|_| PersonalCounts::default()).collect(),
            names: Arc::clone(&names),
            shared: Arc::clone(&shared),
        };
        Ok(Some(BoundStep::new(table.clone(), start).keeping_rows()))
    }
}

/// Which columns are what.
fn columns(table: &TableSchema, wishes: &RiskWishes) -> Result<RiskColumns> {
    let events = event_columns(table)?;
    for name in &wishes.case_columns {
        table.require(name)?;
    }
    let is_attribute = |(_, column): &(usize, &TableColumn)| {
        let plays = |role: Role| column.roles.contains(&role);
        let is_other =
            [Role::Case, Role::Activity, Role::Timestamp, Role::StartTimestamp].into_iter().any(plays);
        let bare = column.name().strip_prefix(CASE).unwrap_or(column.name());
        !is_other && bare != "@trace" && !bare.starts_with("@types")
    };
    let is_of_case = |column: &TableColumn| {
        column.name().starts_with(CASE) || wishes.case_columns.iter().any(|name| name == column.name())
    };
    let attributes = table.columns.iter().enumerate().filter(is_attribute);
    let (of_cases, of_events): (Vec<_>, Vec<_>) = attributes.partition(|(_, column)| is_of_case(column));
    let places = |columns: Vec<(usize, &TableColumn)>| columns.into_iter().map(|(at, _)| at).collect();
    Ok(RiskColumns {
        case: events.case,
        activity: events.activity,
        time: events.time,
        tick: events.tick,
        of_events: places(of_events),
        of_cases: places(of_cases),
    })
}

/// The names of the columns, and those whose values are looked at for what looks personal.
#[derive(Debug, Default)]
struct Names {
    of_events: Vec<String>,
    of_cases: Vec<String>,
    looked_at: Vec<(usize, String, Option<PersonalKind>)>,
}

impl Names {
    fn of(table: &TableSchema, columns: &RiskColumns) -> Self {
        let names = |places: &[usize]| places.iter().map(|at| table.columns[*at].name().to_owned()).collect();
        let looked_at = table.columns.iter().enumerate().filter(|(_, it)| is_looked_at(it.field.data_type()));
        let looked_at = looked_at.map(|(at, column)| (at, column.name().to_owned(), kind_of_name(column)));
        Self {
            of_events: names(&columns.of_events),
            of_cases: names(&columns.of_cases),
            looked_at: looked_at.collect(),
        }
    }
}

/// The step at work on the batches of one shard.
struct Worker {
    collector: RiskCollector,
    personal: Vec<PersonalCounts>,
    names: Arc<Names>,
    shared: Arc<Shared>,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        self.collector.take(&rows)?;
        for (counts, (at, ..)) in self.personal.iter_mut().zip(&self.names.looked_at) {
            counts.add(rows.column(*at));
        }
        Ok(rows)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        let events = self.collector.finish()?;
        let (personal, names, shared) = (self.personal, self.names, self.shared);
        Ok(Some(Box::new(RiskFinding { events, personal, names, shared })))
    }
}

/// The events of some rows, and at the end what they say.
#[derive(Debug)]
struct RiskFinding {
    events: RiskEvents,
    personal: Vec<PersonalCounts>,
    names: Arc<Names>,
    shared: Arc<Shared>,
}

impl Finding for RiskFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.events.join(later.events);
        for (ours, theirs) in self.personal.iter_mut().zip(&later.personal) {
            ours.join(theirs);
        }
        Ok(())
    }

    fn conclude(&mut self) -> Result<()> {
        let (run, wishes) = (&self.shared.run, &self.shared.wishes);
        let workers = Budget::new(run.memory_limit, run.threads)?.workers();
        let counts = count(&self.events, wishes, workers, &self.shared.observer)?;
        let mut figures = RiskFigures::of(counts, wishes);
        figures.events = self.events.events;
        figures.rows_left_out = self.events.left_out;
        figures.event_columns.clone_from(&self.names.of_events);
        figures.case_columns.clone_from(&self.names.of_cases);
        for (counts, (_, name, by_name)) in self.personal.iter().zip(&self.names.looked_at) {
            let by_name = by_name.map(|kind| (kind, counts.values)).filter(|(_, values)| *values > 0);
            if let Some((kind, count)) = counts.kind().or(by_name) {
                figures.personal.push((name.clone(), kind.described(), count, counts.values));
            }
        }
        *self.shared.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(figures);
        Ok(())
    }

    fn to_json(&self) -> Value {
        Value::Null
    }
}

/// The projections that a text names: letters between commas.
///
/// # Errors
/// As [`Projection::parse`].
pub fn projections(text: &str) -> Result<Vec<Projection>> {
    text.split(',').map(|letter| Projection::parse(letter.trim())).collect()
}
