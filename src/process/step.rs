//! The step that finds out about the process of a log: rows pass it as they are.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::compute::can_cast_types;
use arrow::datatypes::DataType;
use serde_json::{Value, json};

use super::cells::Tick;
use super::figures::ProcessFigures;
use super::fragments::{Collector, EventColumns, Fragments};
use super::partition::{EventShape, count};
use super::tally::Tally;
use crate::budget::{Budget, Ration};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::shard::each::each;
use crate::source::columns::type_name;
use crate::step::{BoundStep, Finding, Step, StepWorker};

/// What a step is to find out beside what it always does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessWishes {
    /// A row for each case.
    pub cases: bool,
    /// The times between any two activities of a case, of cases with up to so many events.
    pub temporal_profile: Option<usize>,
}

/// Finds out about the process of an event log. Clones share their result.
#[derive(Debug, Clone)]
pub struct ProcessStep(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    run: RunOptions,
    observer: Observer,
    wishes: ProcessWishes,
    /// Bytes of events that wait in memory; `None` for what the budget gives.
    ration: Option<usize>,
    /// What was found in the last pass.
    found: Mutex<Option<ProcessFigures>>,
}

impl ProcessStep {
    /// A step with the threads and the memory that a run has.
    pub fn new(run: &RunOptions, wishes: ProcessWishes, observer: &Observer) -> Self {
        let (run, observer) = (run.clone(), observer.clone());
        Self(Arc::new(Shared { run, observer, wishes, ration: None, found: Mutex::new(None) }))
    }

    /// The same, with so many bytes of events in memory: tests have them wait in the file.
    #[cfg(test)]
    pub(super) fn with_ration(self, ration: usize) -> Self {
        let Shared { run, observer, wishes, .. } = &*self.0;
        let (run, observer, wishes) = (run.clone(), observer.clone(), *wishes);
        Self(Arc::new(Shared { run, observer, wishes, ration: Some(ration), found: Mutex::new(None) }))
    }

    /// The figures, once the run is done. A log without rows has empty ones.
    pub fn take_figures(&self) -> ProcessFigures {
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

impl Step for ProcessStep {
    fn name(&self) -> &str {
        "stats"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let columns = event_columns(table)?;
        let budget = Budget::new(self.0.run.memory_limit, self.0.run.threads)?;
        let ration = Arc::new(Ration::new(self.0.ration.unwrap_or(budget.page_bytes())));
        let spill = Arc::new(Spill::new(ration, self.0.run.temp_dir.clone()));
        let shared = Arc::clone(&self.0);
        let start = move || {
            let collector = Collector::new(columns.clone(), Arc::clone(&spill));
            let shape =
                EventShape { has_start: columns.start.is_some(), has_resource: columns.resource.is_some() };
            Box::new(Worker {
                collector,
                shape,
                tick: columns.tick,
                spill: Arc::clone(&spill),
                shared: Arc::clone(&shared),
            }) as Box<dyn StepWorker>
        };
        Ok(Some(BoundStep { output: table.clone(), keeps_rows: true, start: Box::new(start) }))
    }

    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        let columns = event_columns(table).ok()?;
        let all =
            [Some(columns.case), Some(columns.activity), Some(columns.time), columns.start, columns.resource];
        Some(all.into_iter().flatten().collect())
    }
}

/// Where the columns of an event stand.
pub(super) fn event_columns(table: &TableSchema) -> Result<EventColumns> {
    let need = |role: Role| {
        table.role(role).ok_or_else(|| {
            let missing: Vec<&str> = [Role::Case, Role::Activity, Role::Timestamp]
                .into_iter()
                .filter(|role| table.role(*role).is_none())
                .map(Role::option)
                .collect();
            let names: Vec<&str> = table.columns.iter().map(|column| column.name()).collect();
            Error::new(
                Code::NoSuchColumn,
                format!(
                    "expected columns of the case, the activity and the timestamp, found no column that is the {}",
                    noun(role)
                ),
            )
            .help(format!("name it with {} COLUMN; the columns are {}", missing.join(" COLUMN, "), names.join(", ")))
        })
    };
    let (case, activity, time) = (need(Role::Case)?, need(Role::Activity)?, need(Role::Timestamp)?);
    let (start, resource) = (table.role(Role::StartTimestamp), table.role(Role::Resource));
    let compared = [(Role::Case, Some(case)), (Role::Activity, Some(activity)), (Role::Resource, resource)];
    for (role, at) in compared {
        if let Some(at) = at {
            is_text(&table.columns[at], role)?;
        }
    }
    let times = [Some(time), start].into_iter().flatten();
    let tick = Tick::of(times.clone().map(|at| table.columns[at].field.data_type()));
    let tick = tick.ok_or_else(|| {
        let is_no_time = |at: &usize| Tick::of([table.columns[*at].field.data_type()]).is_none();
        let column = times.clone().find(is_no_time).map(|at| &table.columns[at]);
        let (name, found) = column.map_or(("", String::new()), |it| (it.name(), it.field.data_type().to_string()));
        Error::new(Code::Misfit, format!("expected a column of timestamps, found values of type {found}"))
            .in_column(name)
            .help("name another column with ⟦timestamp⟧ or ⟦start-timestamp⟧, or describe its values with ⟦timestamp-format⟧")
    })?;
    Ok(EventColumns { case, activity, time, start, resource, tick })
}

/// Refuses a column whose values have no form as text.
fn is_text(column: &TableColumn, role: Role) -> Result<()> {
    let found = column.field.data_type();
    match can_cast_types(found, &DataType::Utf8) {
        true => Ok(()),
        false => Err(Error::new(
            Code::Misfit,
            format!(
                "expected values that can be compared as text, found values of type {}",
                type_name(found)
            ),
        )
        .in_column(column.name())
        .help(format!("name another column with {}", role.option()))),
    }
}

fn noun(role: Role) -> &'static str {
    match role {
        Role::Case => "case",
        Role::Activity => "activity",
        _ => "timestamp",
    }
}

/// The step at work on the batches of one shard.
struct Worker {
    collector: Collector,
    shape: EventShape,
    tick: Tick,
    spill: Arc<Spill>,
    shared: Arc<Shared>,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        self.collector.take(&rows)?;
        Ok(rows)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        let fragments = self.collector.finish()?;
        let (shape, tick, spill, shared) = (self.shape, self.tick, self.spill, self.shared);
        Ok(Some(Box::new(ProcessFinding { fragments, shape, tick, spill, shared, summary: Value::Null })))
    }
}

/// The events of some rows, and at the end what they say.
#[derive(Debug)]
struct ProcessFinding {
    fragments: Fragments,
    shape: EventShape,
    tick: Tick,
    spill: Arc<Spill>,
    shared: Arc<Shared>,
    summary: Value,
}

impl Finding for ProcessFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.fragments.join(later.fragments);
        Ok(())
    }

    fn conclude(&mut self) -> Result<()> {
        let run = &self.shared.run;
        let workers = Budget::new(run.memory_limit, run.threads)?.workers();
        let fragments = &mut self.fragments;
        let partitions = std::mem::take(&mut fragments.partitions);
        let wishes = self.shared.wishes;
        let texts = (fragments.activities.len(), fragments.resources.len());
        let new = || Tally::new(texts, wishes, Arc::clone(&self.spill));
        // Which thread counts which cases leaves no trace: everything that is counted can be added in any order.
        let idle: Mutex<Vec<Tally>> = Mutex::new(Vec::new());
        let idle_tallies = || idle.lock().unwrap_or_else(PoisonError::into_inner);
        each(workers, partitions, |_, blocks| {
            self.shared.observer.check()?;
            let taken = idle_tallies().pop();
            let mut tally = taken.unwrap_or_else(new);
            count(&blocks, &fragments.numberings, self.shape, &mut tally)?;
            idle_tallies().push(tally);
            Ok(())
        })?;
        let mut tallies = idle.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut sum = tallies.pop().unwrap_or_else(new);
        while let Some(tally) = tallies.pop() {
            sum.join(tally)?;
        }
        let figures = ProcessFigures::of(
            sum,
            (&fragments.activities, &fragments.resources),
            fragments.left_out,
            (self.tick, self.shape.has_start, self.shape.has_resource),
            workers,
        )?;
        self.summary = json!({
            "events": figures.events,
            "cases": figures.cases,
            "activities": figures.activities.len(),
            "edges": figures.edges.len(),
            "variants": figures.variant_count(),
            "rows_left_out": figures.left_out.rows,
        });
        *self.shared.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(figures);
        Ok(())
    }

    fn to_json(&self) -> Value {
        self.summary.clone()
    }
}
