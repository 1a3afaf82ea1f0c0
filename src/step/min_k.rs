//! The cases whose variant has enough cases: `--min-k`.
//!
//! A survey gathers the events of all rows; then each variant is counted, and in the next pass the rows of cases
//! whose variant has fewer than k cases are removed.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{BooleanArray, RecordBatch};
use serde_json::{Value, json};

use super::events::by_case::by_case;
use super::events::case_set::{CaseSet, CasesOfPartition};
use super::events::collected::{Collected, Crew, Event};
use super::events::collector::{Collector, MANY_ROWS};
use super::events::layout::{EventLayout, missing};
use super::kept::KeptRows;
use super::registry::{self, Repeated, StepField, StepFlag, StepNeed, StepRow, StepSettings, StepTables};
use super::{BoundStep, Finding, ShardPlace, Step, StepWorker};
use crate::budget::{Budget, Ration};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::forms::NumberForm;
use crate::options::keys::keys;
use crate::options::{Options, RunOptions};

/// The greatest k that makes sense.
const MOST: u64 = 1 << 40;

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "min-k",
    summary: "Write only cases whose variant has at least so many cases",
    fields: &[StepField {
        key: "k",
        doc: "Write only cases whose sequence of activities at least K cases have; the report tells how many cases are lost",
        required: true,
        words: &[],
        check: |text| registry::check_number(text, MOST),
        flag: Some(StepFlag {
            long: "min-k",
            alias: None,
            value_name: "K",
            heading: "Pseudonyms",
            default: None,
            repeated: Repeated::Last,
            is_about_columns: false,
        }),
    }],
    tables: StepTables::Events,
    needs: &[StepNeed::Role(Role::Case), StepNeed::Role(Role::Activity), StepNeed::Survey],
    place: None,
    schemas: MinKSettings::value_schemas,
    read: registry::read::<MinKSettings>,
};

/// How many cases a variant must have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MinKSettings {
    /// Cases that a variant must have at least.
    pub k: u64,
}

keys! {
    MinKSettings, "settings of the step min-k" {
        "k": NumberForm<1, MOST> = k,
    }
}

impl StepSettings for MinKSettings {
    fn to_json(&self) -> Result<Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn make(&self, options: &Options) -> Result<Arc<dyn Step>> {
        Ok(Arc::new(MinKStep(Arc::new(Shared {
            k: self.k,
            run: options.run.clone(),
            decision: Mutex::new(None),
        }))))
    }

    fn is_confidential(&self) -> bool {
        true
    }
}

/// Removes the cases of rare variants. Clones share what is decided.
#[derive(Debug, Clone)]
struct MinKStep(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    k: u64,
    run: RunOptions,
    decision: Mutex<Option<Arc<Decision>>>,
}

/// The cases that stay, and how many there were.
#[derive(Debug)]
struct Decision {
    cases: CaseSet,
    all_cases: u64,
    variants: u64,
    kept_variants: u64,
}

impl MinKStep {
    fn decision(&self) -> Option<Arc<Decision>> {
        self.0.decision.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn spill(&self, parts: usize) -> Result<(Arc<Spill>, usize)> {
        let budget = Budget::new(self.0.run.memory_limit, self.0.run.threads)?;
        let ration = Arc::new(Ration::new(budget.page_bytes() / parts));
        Ok((Arc::new(Spill::new(ration, self.0.run.temp_dir.clone())), budget.workers()))
    }

    fn layout(table: &TableSchema) -> Result<EventLayout> {
        let layout = EventLayout::of(table)?;
        match layout.activity {
            Some(_) => Ok(EventLayout { resource: None, ..layout }),
            None => Err(missing(table, Role::Activity)),
        }
    }
}

impl Step for MinKStep {
    fn name(&self) -> &str {
        "min-k"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let layout = Self::layout(table)?;
        let Some(decision) = self.decision() else {
            let (spill, _) = self.spill(1)?;
            let start = move || SurveyWorker {
                layout: layout.clone(),
                spill: Arc::clone(&spill),
                place: ShardPlace::default(),
                collector: None,
            };
            return Ok(Some(BoundStep::new(table.clone(), start)));
        };
        let (k, case) = (self.0.k, layout.case);
        let start = move || Worker { k, case, decision: Arc::clone(&decision), kept: KeptRows::default() };
        Ok(Some(BoundStep::new(table.clone(), start)))
    }

    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        Some(Self::layout(table).ok()?.columns())
    }

    fn surveys(&self) -> bool {
        self.decision().is_none()
    }

    fn end_survey(&self, found: Vec<(TableId, Box<dyn Finding>)>, observer: &Observer) -> Result<()> {
        let collected = found.into_iter().find_map(|(_, finding)| {
            let finding: Box<dyn Any> = finding;
            finding.downcast::<CollectedEvents>().ok().map(|it| it.0)
        });
        // A log without rows has no shard.
        let collected = collected.unwrap_or_else(Collected::empty);
        let (spill, workers) = self.spill(4)?;
        let crew = &Crew { workers, observer };
        let variants = collected.each_partition(crew, |partition| {
            let mut variants = Vec::new();
            collected.each_case(partition, |_, events| {
                variants.push(variant(events));
                Ok(())
            })?;
            Ok(variants)
        })?;
        let mut counts: HashMap<u128, u64> = HashMap::new();
        for variant in variants.iter().flatten() {
            *counts.entry(*variant).or_default() += 1;
        }
        let is_kept = |variant: &u128| counts.get(variant).is_some_and(|cases| *cases >= self.0.k);
        let sets = collected.each_partition(crew, |partition| {
            let cases = collected.each_case(partition, |_, _| Ok(()))?;
            let stays: Vec<bool> = variants[partition].iter().map(is_kept).collect();
            CasesOfPartition::new(&cases, &stays, &spill)
        })?;
        let decision = Decision {
            cases: CaseSet::new(sets),
            all_cases: variants.iter().map(|it| it.len() as u64).sum(),
            variants: counts.len() as u64,
            kept_variants: counts.values().filter(|cases| **cases >= self.0.k).count() as u64,
        };
        *self.0.decision.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(decision));
        Ok(())
    }

    fn renewed(&self) -> Option<Arc<dyn Step>> {
        let (k, run) = (self.0.k, self.0.run.clone());
        Some(Arc::new(Self(Arc::new(Shared { k, run, decision: Mutex::new(None) }))))
    }

    fn is_confidential(&self) -> bool {
        true
    }
}

/// The sequence of activities of a case, as a number that no other sequence of the log has: two of a million
/// variants share one with odds of 1 in 10^26.
fn variant(events: &[Event]) -> u128 {
    let bytes: Vec<u8> = events.iter().flat_map(|event| event.activity.to_le_bytes()).collect();
    let (low, high) = (crate::model::hash::hash_bytes(1, &bytes), crate::model::hash::hash_bytes(2, &bytes));
    u128::from(high) << 64 | u128::from(low)
}

/// Gathers the events of a shard during the survey.
struct SurveyWorker {
    layout: EventLayout,
    spill: Arc<Spill>,
    place: ShardPlace,
    collector: Option<Collector>,
}

impl SurveyWorker {
    fn collector(&mut self) -> &mut Collector {
        let new = || Collector::new(self.layout.clone(), Arc::clone(&self.spill), self.place, MANY_ROWS);
        self.collector.get_or_insert_with(new)
    }
}

impl StepWorker for SurveyWorker {
    fn begins(&mut self, place: ShardPlace) {
        self.place = place;
    }

    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        self.collector().take(&rows, &[], |_| 0)?;
        Ok(rows.slice(0, 0))
    }

    fn finish(mut self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        self.collector();
        let collected = self.collector.take().map(Collector::finish).transpose()?;
        Ok(collected.map(|collected| Box::new(CollectedEvents(collected)) as Box<dyn Finding>))
    }
}

/// The events of some rows.
#[derive(Debug)]
struct CollectedEvents(Collected);

impl Finding for CollectedEvents {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.0.join(later.0);
        Ok(())
    }

    fn to_json(&self) -> Value {
        Value::Null
    }
}

/// Removes rows of cases whose variant is too rare.
struct Worker {
    k: u64,
    case: usize,
    decision: Arc<Decision>,
    kept: KeptRows,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let (kept, _) = by_case(rows.column(self.case), |case| self.decision.cases.has(case))?;
        self.kept.choose(rows, kept)
    }

    fn kept(&self) -> Option<&BooleanArray> {
        self.kept.rows()
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(MinKFinding { k: self.k, decision: self.decision })))
    }
}

/// How many cases are lost.
#[derive(Debug)]
struct MinKFinding {
    k: u64,
    decision: Arc<Decision>,
}

impl Finding for MinKFinding {
    fn join(&mut self, _: Box<dyn Finding>) -> Result<()> {
        Ok(())
    }

    fn to_json(&self) -> Value {
        let Decision { cases, all_cases, variants, kept_variants } = &*self.decision;
        json!({
            "k": self.k,
            "cases": all_cases,
            "kept_cases": cases.count,
            "lost_cases": all_cases - cases.count,
            "variants": variants,
            "kept_variants": kept_variants,
        })
    }
}
