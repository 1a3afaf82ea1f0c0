//! The step that finds out about an object-centric log: rows of all tables pass it as they are.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use serde_json::{Value, json};

use super::couples;
use super::figures::ObjectFigures;
use super::lives::live;
use super::pages::{PageWriter, Pages};
use super::relate::{LogPages, ObjectRun, divide, relate};
use super::tally::ObjectTally;
use crate::budget::{Budget, Ration};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::process::cells::{Tick, Times};
use crate::step::{BoundStep, Finding, Step, StepWorker};

/// The types of a log: for each the name of its table, and its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectTypes {
    /// Types of events, which are the activities.
    pub events: Vec<(String, String)>,
    /// The types of the objects of the log.
    pub objects: Vec<(String, String)>,
}

impl ObjectTypes {
    /// The types that the manifest of a bundle names.
    pub fn of_manifest(manifest: &Value) -> Self {
        let types = |key: &str| -> Vec<(String, String)> {
            let all = manifest.get(key).and_then(Value::as_object).into_iter().flatten();
            all.filter_map(|(name, it)| Some((it.get("file")?.as_str()?.to_owned(), name.clone()))).collect()
        };
        Self { events: types("eventTypes"), objects: types("objectTypes") }
    }
}

/// Finds out about the process of an object-centric log. Clones share their result.
#[derive(Debug, Clone)]
pub struct ObjectStep(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    run: RunOptions,
    observer: Observer,
    /// Whether there is to be a row for each object.
    rows: bool,
    /// Bytes that wait in memory; `None` for what the budget gives.
    ration: Option<usize>,
    /// Where rows wait that are too many for the memory: one place for all tables.
    spill: OnceLock<Arc<Spill>>,
    /// What the last pass found, by the names of the tables.
    found: Mutex<HashMap<String, (Tick, Pages)>>,
}

impl ObjectStep {
    /// What the names of tables of events begin with.
    pub const EVENTS: &str = "events/";
    /// The same for tables of objects.
    pub const OBJECTS: &str = "objects/";
    /// The table of relations of events to objects.
    pub const RELATIONS: &str = "relations/e2o.parquet";
    /// The table of relations of objects to objects.
    pub const OBJECT_RELATIONS: &str = "relations/o2o.parquet";

    /// A step with the threads and the memory that a run has. `rows`: a row for each object is asked for.
    pub fn new(run: &RunOptions, rows: bool, observer: &Observer) -> Self {
        Self::with_ration(run, rows, observer, None)
    }

    /// The same with so many bytes of rows in memory.
    pub(super) fn with_ration(
        run: &RunOptions,
        rows: bool,
        observer: &Observer,
        ration: Option<usize>,
    ) -> Self {
        Self(Arc::new(Shared {
            run: run.clone(),
            observer: observer.clone(),
            rows,
            ration,
            spill: OnceLock::new(),
            found: Mutex::default(),
        }))
    }

    /// Counts everything, once all rows have passed.
    ///
    /// # Errors
    /// [`Code::Misfit`] for a time that can't be counted in the unit of the others; if a temporary file can't be
    /// read or written.
    pub fn figures(&self, types: &ObjectTypes) -> Result<ObjectFigures> {
        let shared = &self.0;
        let mut found = std::mem::take(&mut *shared.found.lock().unwrap_or_else(PoisonError::into_inner));
        let has_nanos = found.values().any(|(tick, _)| *tick == Tick::Nanos);
        let tick = if has_nanos { Tick::Nanos } else { Tick::Micros };
        let (activities, event_tables) = by_name(&types.events);
        let (object_types, object_tables) = by_name(&types.objects);
        let mut incomplete = 0;
        let mut take = |table: &str| {
            let taken = found.remove(table);
            incomplete += taken.as_ref().map_or(0, |(_, pages)| pages.incomplete);
            taken
        };
        let mut log = LogPages::default();
        for (number, table) in event_tables {
            if let Some((own, pages)) = take(table) {
                log.events.push((number, tick.per_second() / own.per_second(), pages));
            }
        }
        for (number, table) in object_tables {
            log.objects.extend(take(table).map(|(_, pages)| (number, pages)));
        }
        log.relations = take(Self::RELATIONS).map(|(_, pages)| pages).unwrap_or_default();
        let object_relations = take(Self::OBJECT_RELATIONS).map_or(0, |(_, pages)| pages.rows);
        let spill = shared.spill()?;
        let new_tally = || ObjectTally::new(activities.len(), object_types.len(), shared.rows, &spill);
        let workers = Budget::new(shared.run.memory_limit, shared.run.threads)?.workers();
        let run = ObjectRun { workers, observer: &shared.observer, new_tally: &new_tally };
        let mut sum = new_tally();
        let mut divided = divide(log, &run)?;
        let related = relate(&mut divided, &mut sum, &run)?;
        let couples = live(divided, related, &mut sum, &run)?;
        couples::count(couples, &mut sum, &run)?;
        let mut figures = ObjectFigures::of(sum, (&activities, &object_types), tick, workers)?;
        (figures.object_relations, figures.incomplete_rows) = (object_relations, incomplete);
        Ok(figures)
    }
}

/// Names in order, and the tables with the positions of their names.
fn by_name(types: &[(String, String)]) -> (Vec<Arc<str>>, Vec<(u32, &str)>) {
    let mut names: Vec<Arc<str>> = types.iter().map(|(_, name)| name.as_str().into()).collect();
    names.sort_unstable();
    names.dedup();
    let place = |name: &str| names.binary_search_by(|it| (**it).cmp(name)).unwrap_or_default() as u32;
    let tables = types.iter().map(|(table, name)| (place(name), table.as_str())).collect();
    (names, tables)
}

impl Shared {
    fn spill(&self) -> Result<Arc<Spill>> {
        if let Some(spill) = self.spill.get() {
            return Ok(Arc::clone(spill));
        }
        let budget = Budget::new(self.run.memory_limit, self.run.threads)?;
        let ration = Arc::new(Ration::new(self.ration.unwrap_or(budget.page_bytes())));
        let new = || Arc::new(Spill::new(ration, self.run.temp_dir.clone()));
        Ok(Arc::clone(self.spill.get_or_init(new)))
    }
}

/// What the rows of a table are, and where their columns stand.
#[derive(Debug, Clone, Copy)]
enum TableKind {
    Events { id: usize, time: usize, tick: Tick },
    Objects { id: usize },
    Relations { event: usize, object: usize },
    ObjectRelations,
}

impl TableKind {
    /// `None` for a table that is of no use here.
    fn of(table: &TableSchema) -> Result<Option<Self>> {
        let Some(name) = table.name.as_deref() else { return Ok(None) };
        let column = |wanted: &str| {
            table.columns.iter().position(|column| column.name() == wanted).ok_or_else(|| {
                Error::new(
                    Code::Bundle,
                    format!("expected a column {wanted:?} in {name}, found no such column"),
                )
            })
        };
        Ok(Some(match name {
            ObjectStep::RELATIONS => {
                Self::Relations { event: column("ocel_event_id")?, object: column("ocel_object_id")? }
            }
            ObjectStep::OBJECT_RELATIONS => Self::ObjectRelations,
            _ if name.starts_with(ObjectStep::EVENTS) => {
                let (id, time) = (column("ocel_id")?, column("ocel_time")?);
                let found = table.columns[time].field.data_type();
                let tick = Tick::of([found]).ok_or_else(|| {
                    Error::new(
                        Code::Misfit,
                        format!("expected times, found values of type {found} in {name}"),
                    )
                    .in_column("ocel_time")
                })?;
                Self::Events { id, time, tick }
            }
            _ if name.starts_with(ObjectStep::OBJECTS) => Self::Objects { id: column("ocel_id")? },
            _ => return Ok(None),
        }))
    }
}

impl Step for ObjectStep {
    fn name(&self) -> &str {
        "stats"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let Some(kind) = TableKind::of(table)? else { return Ok(None) };
        let name = table.name.as_deref().unwrap_or_default().to_owned();
        let (spill, shared) = (self.0.spill()?, Arc::clone(&self.0));
        let start = move || Worker {
            kind,
            table: name.clone(),
            pages: PageWriter::new(Arc::clone(&spill)),
            shared: Arc::clone(&shared),
        };
        Ok(Some(BoundStep::new(table.clone(), start).keeping_rows()))
    }
}

/// The step at work on the batches of one table in one shard.
struct Worker {
    kind: TableKind,
    table: String,
    pages: PageWriter,
    shared: Arc<Shared>,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let pages = &mut self.pages;
        match self.kind {
            TableKind::Events { id, time, tick } => {
                let ids = texts(rows.column(id))?;
                let times = Times::of(rows.column(time), tick)?;
                for (row, id) in ids.iter().enumerate() {
                    match (id, times.get(row)) {
                        (Some(id), Some(time)) => pages.event(id.as_bytes(), time)?,
                        _ => pages.incomplete(),
                    }
                }
            }
            TableKind::Objects { id } => {
                for id in &texts(rows.column(id))? {
                    match id {
                        Some(id) => pages.object(id.as_bytes())?,
                        None => pages.incomplete(),
                    }
                }
            }
            TableKind::Relations { event, object } => {
                let (events, objects) = (texts(rows.column(event))?, texts(rows.column(object))?);
                for (event, object) in events.iter().zip(&objects) {
                    match (event, object) {
                        (Some(event), Some(object)) => pages.relation(event.as_bytes(), object.as_bytes())?,
                        _ => pages.incomplete(),
                    }
                }
            }
            TableKind::ObjectRelations => (0..rows.num_rows()).for_each(|_| pages.count()),
        }
        Ok(rows)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        let tick = match self.kind {
            TableKind::Events { tick, .. } => tick,
            _ => Tick::Micros,
        };
        let pages = self.pages.finish()?;
        Ok(Some(Box::new(TableFinding { table: self.table, tick, pages, shared: self.shared })))
    }
}

/// A column of identifiers as text.
fn texts(column: &ArrayRef) -> Result<StringArray> {
    Ok(match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().clone(),
        _ => cast(column, &DataType::Utf8)?.as_string::<i32>().clone(),
    })
}

/// The rows of one table, or of a part of it.
struct TableFinding {
    table: String,
    tick: Tick,
    pages: Pages,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for TableFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableFinding").field("table", &self.table).field("rows", &self.pages.rows).finish()
    }
}

impl Finding for TableFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.pages.join(later.pages);
        Ok(())
    }

    fn conclude(&mut self) -> Result<()> {
        let pages = std::mem::take(&mut self.pages);
        let mut found = self.shared.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(self.table.clone(), (self.tick, pages));
        Ok(())
    }

    fn to_json(&self) -> Value {
        json!({ "rows": self.pages.rows })
    }
}
