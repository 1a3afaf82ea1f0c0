//! The step of a sample. Where the choice depends on other cases, a survey gathers the events of all rows first. What
//! the sample lost follows from the same events; without a survey they are gathered while rows are written.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{BooleanArray, RecordBatch};
use serde_json::{Value, json};

use super::SampleSettings;
use super::choose::{Chosen, HashKey, StratumDraw, bound_of, first, sample_hash, smallest, stratified};
use super::loss::loss;
use super::size::{SampleSize, Stratum};
use crate::budget::{Budget, Ration};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::step::cases::CollectedFinding;
use crate::step::events::by_case::by_case;
use crate::step::events::collected::{Collected, Crew};
use crate::step::events::collector::{Collector, FEW_ROWS, MANY_ROWS};
use crate::step::events::layout::{EventLayout, missing};
use crate::step::kept::KeptRows;
use crate::step::{BoundStep, Finding, RowOrigin, ShardPlace, Step, StepWorker};

/// What keys of hashes are derived from, beside the seed.
const CONTEXT: &str = "LogFlow 2026-11-30 sample of cases";
/// Strata that are listed, the largest first.
const LISTED: usize = 20;

/// Keeps the rows of some cases, all of each. Clones share what is decided.
#[derive(Debug, Clone)]
pub(super) struct Sample(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: SampleSettings,
    key: HashKey,
    run: RunOptions,
    drawn: Mutex<Option<Arc<Drawn>>>,
}

/// What the survey has drawn.
#[derive(Debug)]
struct Drawn {
    chosen: Chosen,
    strata: Vec<StratumDraw>,
    /// What the sample lost, if it is known already.
    loss: Option<Value>,
}

impl Drawn {
    fn has(&self, key: &HashKey, case: &[u8]) -> Result<bool> {
        match &self.chosen {
            Chosen::UpTo(bound) => Ok(bound.is_some_and(|bound| sample_hash(key, case) <= bound)),
            Chosen::Cases(cases) => cases.has(case),
        }
    }
}

impl Sample {
    pub fn new(settings: SampleSettings, run: RunOptions) -> Self {
        let key = blake3::derive_key(CONTEXT, &settings.seed.to_le_bytes());
        let drawn = match (&settings.cases, &settings.by) {
            // Whether a case is chosen depends on no other one.
            (Some(SampleSize::Share(share)), None) => {
                let chosen = Chosen::UpTo(bound_of(share.parts));
                Some(Arc::new(Drawn { chosen, strata: Vec::new(), loss: None }))
            }
            _ => None,
        };
        Self(Arc::new(Shared { settings, key, run, drawn: Mutex::new(drawn) }))
    }

    fn drawn(&self) -> Option<Arc<Drawn>> {
        self.0.drawn.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn layout(&self, table: &TableSchema) -> Result<EventLayout> {
        let layout = EventLayout::of(table)?;
        let group = match &self.0.settings.by {
            Some(Stratum::Attribute(column)) => Some(table.require(column)?),
            Some(Stratum::Variant) if layout.activity.is_none() => {
                return Err(missing(table, Role::Activity));
            }
            Some(Stratum::Variant | Stratum::Month) if layout.time.is_none() => {
                return Err(missing(table, Role::Timestamp));
            }
            _ => None,
        };
        let has_rows = self.0.settings.first.is_some();
        Ok(EventLayout { resource: None, group, has_rows, ..layout })
    }

    /// A place for so many bytes, beyond which they go to the file for temporary data: a part of what a run has.
    fn spill(&self, parts: usize) -> Result<(Arc<Spill>, usize)> {
        let budget = Budget::new(self.0.run.memory_limit, self.0.run.threads)?;
        let ration = Arc::new(Ration::new(budget.page_bytes() / parts));
        Ok((Arc::new(Spill::new(ration, self.0.run.temp_dir.clone())), budget.workers()))
    }

    fn loss(&self, collected: &Collected, drawn: &Drawn, crew: &Crew<'_>) -> Result<Value> {
        loss(collected, crew, |case| drawn.has(&self.0.key, case))
    }
}

impl Step for Sample {
    fn name(&self) -> &str {
        "sample"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let layout = self.layout(table)?;
        let drawn = self.drawn();
        let case = layout.case;
        // Events are gathered in the survey, or else while rows are written.
        let gathers = drawn.as_ref().is_none_or(|drawn| drawn.loss.is_none());
        let (spill, _) = self.spill(if drawn.is_some() { 4 } else { 1 })?;
        let step = self.clone();
        let start = move || Worker {
            step: step.clone(),
            case,
            drawn: drawn.clone(),
            gathering: gathers.then(|| (layout.clone(), Arc::clone(&spill))),
            collector: None,
            place: ShardPlace::default(),
            origins: None,
            without_case: 0,
            kept: KeptRows::default(),
        };
        Ok(Some(BoundStep::new(table.clone(), start)))
    }

    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        self.layout(table).ok().map(|layout| layout.columns())
    }

    fn surveys(&self) -> bool {
        self.drawn().is_none()
    }

    fn renewed(&self) -> Option<Arc<dyn Step>> {
        Some(Arc::new(Self::new(self.0.settings.clone(), self.0.run.clone())))
    }

    fn end_survey(&self, found: Vec<(TableId, Box<dyn Finding>)>, observer: &Observer) -> Result<()> {
        let mut collected = None;
        for (_, finding) in found {
            let finding: Box<dyn Any> = finding;
            collected = finding.downcast::<CollectedFinding>().ok().map(|it| it.0);
        }
        // A log without rows has no shard.
        let collected = collected.unwrap_or_else(Collected::empty);
        // The rest of the memory is for the pages of the next pass.
        let (spill, workers) = self.spill(4)?;
        let crew = &Crew { workers, observer };
        let SampleSettings { cases, first: of_first, by, floor, .. } = &self.0.settings;
        let key = &self.0.key;
        let (chosen, strata) = match (cases, by, of_first) {
            (Some(size), Some(by), _) => stratified(&collected, key, (*size, by, *floor), crew, &spill)?,
            (Some(SampleSize::Cases(most)), None, _) => (smallest(&collected, key, *most, crew)?, Vec::new()),
            (_, _, Some(most)) => (first(&collected, most.0, crew, &spill)?, Vec::new()),
            (_, _, None) => return Err(Error::new(Code::Internal, "a sample of no size was surveyed")),
        };
        let mut drawn = Drawn { chosen, strata, loss: None };
        drawn.loss = Some(self.loss(&collected, &drawn, crew)?);
        *self.0.drawn.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(drawn));
        Ok(())
    }
}

/// The step at work on the batches of one shard.
struct Worker {
    step: Sample,
    case: usize,
    /// `None` in the survey.
    drawn: Option<Arc<Drawn>>,
    /// How events are gathered, if they are.
    gathering: Option<(EventLayout, Arc<Spill>)>,
    collector: Option<Collector>,
    place: ShardPlace,
    origins: Option<Vec<RowOrigin>>,
    without_case: u64,
    kept: KeptRows,
}

impl Worker {
    fn collector(&mut self) -> Option<&mut Collector> {
        let (layout, spill) = self.gathering.as_ref()?;
        let most = if self.drawn.is_none() { MANY_ROWS } else { FEW_ROWS };
        let new = || Collector::new(layout.clone(), Arc::clone(spill), self.place, most);
        Some(self.collector.get_or_insert_with(new))
    }
}

impl StepWorker for Worker {
    fn begins(&mut self, place: ShardPlace) {
        self.place = place;
    }

    fn needs_origins(&self) -> bool {
        self.gathering.as_ref().is_some_and(|(layout, _)| layout.has_rows)
    }

    fn origins(&mut self, rows: &[RowOrigin]) {
        if self.needs_origins() {
            self.origins = Some(rows.to_vec());
        }
    }

    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let origins = self.origins.take();
        if self.needs_origins() && origins.is_none() && rows.num_rows() > 0 {
            let what = "the first cases are chosen behind a step that does not tell which rows it removed";
            return Err(Error::new(Code::Usage, what).help("put the step sample before that step"));
        }
        if let Some(collector) = self.collector() {
            collector.take(&rows, origins.as_deref().unwrap_or_default(), |_| 0)?;
        }
        let Some(drawn) = &self.drawn else { return Ok(rows.slice(0, 0)) };
        let key = &self.step.0.key;
        let (kept, without_case) = by_case(rows.column(self.case), |case| drawn.has(key, case))?;
        self.without_case += without_case;
        self.kept.choose(rows, kept)
    }

    fn kept(&self) -> Option<&BooleanArray> {
        self.kept.rows()
    }

    fn finish(mut self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        self.collector();
        let collected = self.collector.take().map(Collector::finish).transpose()?;
        let Some(drawn) = self.drawn else {
            return Ok(collected.map(|collected| Box::new(CollectedFinding(collected)) as Box<dyn Finding>));
        };
        let loss = drawn.loss.clone();
        let rows_without_case = self.without_case;
        Ok(Some(Box::new(SampleFinding { step: self.step, drawn, collected, loss, rows_without_case })))
    }
}

/// What a sample has, and what it lost.
#[derive(Debug)]
struct SampleFinding {
    step: Sample,
    drawn: Arc<Drawn>,
    /// The events of all rows, until it is known what the sample lost.
    collected: Option<Collected>,
    loss: Option<Value>,
    rows_without_case: u64,
}

impl Finding for SampleFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.rows_without_case += later.rows_without_case;
        if let (Some(collected), Some(more)) = (&mut self.collected, later.collected) {
            collected.join(more);
        }
        Ok(())
    }

    fn begins_at(&mut self, record: u64) {
        if let Some(collected) = &mut self.collected {
            collected.begins_at(record);
        }
    }

    fn conclude(&mut self) -> Result<()> {
        let Some(collected) = self.collected.take() else { return Ok(()) };
        let run = &self.step.0.run;
        let workers = Budget::new(run.memory_limit, run.threads)?.workers();
        // Nobody is asked whether the run goes on: it takes a part of the time that reading took.
        let crew = Crew { workers, observer: &Observer::default() };
        self.loss = Some(self.step.loss(&collected, &self.drawn, &crew)?);
        Ok(())
    }

    fn to_json(&self) -> Value {
        let settings = &self.step.0.settings;
        let mut value = json!({});
        match (&settings.cases, settings.first) {
            (Some(size), _) => {
                value["sample"] = size.to_string().into();
                value["seed"] = settings.seed.into();
            }
            (None, first) => value["first"] = first.map(|first| first.0).into(),
        }
        if let Some(by) = &settings.by {
            value["by"] = by.to_string().into();
            value["floor"] = settings.floor.into();
            value["strata"] = self.drawn.strata.len().into();
        }
        if let Some(loss) = &self.loss {
            value["cases"] = loss["cases"].clone();
            value["kept_cases"] = loss["sample_cases"].clone();
        }
        if self.rows_without_case > 0 {
            value["rows_without_case"] = self.rows_without_case.into();
        }
        value
    }

    fn details(&self) -> Value {
        let one = |it: &StratumDraw| json!({"stratum": it.name, "cases": it.cases, "kept_cases": it.drawn});
        let mut value = json!({"loss": self.loss});
        if self.step.0.settings.by.is_some() {
            let listed: Vec<Value> = self.drawn.strata.iter().take(LISTED).map(one).collect();
            value["strata_listed"] = listed.into();
        }
        value
    }
}
