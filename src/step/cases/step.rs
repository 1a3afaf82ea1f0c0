//! The step of case filters: in a survey it gathers the events of all rows, then it decides, and in the next pass it
//! removes rows. Filters that choose rows one by one need no survey.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::and;
use arrow::datatypes::DataType;
use serde_json::{Value, json};

use super::decide::{CaseFilter, CaseTest, Decision, decide};
use super::values::TimeRange;
use crate::budget::{Budget, Ration};
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::condition::Condition;
use crate::model::roles::Role;
use crate::model::zone::ZoneRule;
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::step::events::Tick;
use crate::step::events::by_case::by_case;
use crate::step::events::cells::Times;
use crate::step::events::collected::{Collected, Crew};
use crate::step::events::collector::{Collector, MANY_ROWS};
use crate::step::events::layout::{EventLayout, missing};
use crate::step::filter::Bound;
use crate::step::filter::bind::nanos_in;
use crate::step::kept::KeptRows;
use crate::step::ranges::{ColumnRange, ValueRange};
use crate::step::{BoundStep, Finding, RowOrigin, ShardPlace, Step, StepWorker};

/// A filter that chooses rows one by one.
#[derive(Debug, Clone)]
pub(super) struct RowTest {
    what: RowTestKind,
    negated: bool,
}

#[derive(Debug, Clone)]
enum RowTestKind {
    Time(TimeRange),
    Activities(Arc<Vec<String>>),
}

impl RowTest {
    pub fn time(range: TimeRange, negated: bool) -> Self {
        Self { what: RowTestKind::Time(range), negated }
    }

    pub fn activities(names: &[String], negated: bool) -> Self {
        Self { what: RowTestKind::Activities(Arc::new(names.to_vec())), negated }
    }

    pub fn name(&self) -> &'static str {
        match self.what {
            RowTestKind::Time(_) => "time-range",
            RowTestKind::Activities(_) => "only-activity",
        }
    }

    /// The test of a table's columns.
    fn bind(&self, table: &TableSchema, layout: &EventLayout, zone: &ZoneRule) -> Result<BoundRowTest> {
        let (column, what) = match &self.what {
            RowTestKind::Time(range) => {
                let at = layout.time.ok_or_else(|| missing(table, Role::Timestamp))?;
                // Times without a zone are compared as they are written.
                let zone = if layout.is_local { ZoneRule::default() } else { zone.clone() };
                let (low, high) = range.nanos(&zone)?;
                (at, BoundRowTestKind::Time(low.unwrap_or(i128::MIN), high.unwrap_or(i128::MAX), layout.tick))
            }
            RowTestKind::Activities(names) => {
                let at = layout.activity.ok_or_else(|| missing(table, Role::Activity))?;
                (at, BoundRowTestKind::Activities(Arc::clone(names)))
            }
        };
        Ok(BoundRowTest { column, what, negated: self.negated })
    }
}

#[derive(Debug, Clone)]
struct BoundRowTest {
    column: usize,
    what: BoundRowTestKind,
    negated: bool,
}

#[derive(Debug, Clone)]
enum BoundRowTestKind {
    Time(i128, i128, Tick),
    Activities(Arc<Vec<String>>),
}

impl BoundRowTest {
    /// For each row whether it stays. One without a value never does.
    fn evaluate(&self, rows: &RecordBatch) -> Result<BooleanArray> {
        let column = rows.column(self.column);
        match &self.what {
            BoundRowTestKind::Time(low, high, tick) => {
                let times = Times::of(column, *tick)?;
                let stays = |row| {
                    let time = times.get(row).map(|time| tick.nanos(time));
                    time.is_some_and(|time| (*low <= time && time <= *high) != self.negated)
                };
                Ok((0..rows.num_rows()).map(stays).map(Some).collect())
            }
            BoundRowTestKind::Activities(names) => {
                let is_named = |text: &[u8]| names.iter().any(|name| name.as_bytes() == text);
                Ok(by_case(column, |text| Ok(is_named(text) != self.negated))?.0)
            }
        }
    }
}

/// Filters cases, and rows within cases. Clones share what is decided.
#[derive(Debug, Clone)]
pub struct CaseFilterStep(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cases: Vec<CaseFilter>,
    rows: Vec<RowTest>,
    condition: Option<Condition>,
    zone: ZoneRule,
    run: RunOptions,
    decision: Mutex<Option<Arc<Decision>>>,
}

impl CaseFilterStep {
    pub(super) fn new(
        cases: Vec<CaseFilter>,
        rows: Vec<RowTest>,
        condition: Option<Condition>,
        zone: ZoneRule,
        run: RunOptions,
    ) -> Self {
        Self(Arc::new(Shared { cases, rows, condition, zone, run, decision: Mutex::new(None) }))
    }

    fn decision(&self) -> Option<Arc<Decision>> {
        self.0.decision.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The columns that the filters look at.
    fn layout(&self, table: &TableSchema) -> Result<EventLayout> {
        let layout = EventLayout::of(table)?;
        let needs = |asks: fn(&CaseTest) -> bool| self.0.cases.iter().any(|filter| asks(&filter.test));
        for (is_needed, column, role) in [
            (needs(CaseTest::needs_activity), layout.activity, Role::Activity),
            (needs(CaseTest::needs_time), layout.time, Role::Timestamp),
            (needs(CaseTest::needs_resource), layout.resource, Role::Resource),
        ] {
            if is_needed && column.is_none() {
                return Err(missing(table, role));
            }
        }
        let resource = layout.resource.filter(|_| needs(CaseTest::needs_resource));
        Ok(EventLayout {
            resource,
            has_rows: needs(CaseTest::cuts),
            has_marks: self.0.condition.is_some(),
            ..layout
        })
    }

    /// A place for so many bytes, beyond which they go to the file for temporary data: a part of what a run has.
    fn spill(&self, parts: usize) -> Result<(Arc<Spill>, usize)> {
        let budget = Budget::new(self.0.run.memory_limit, self.0.run.threads)?;
        let ration = Arc::new(Ration::new(budget.page_bytes() / parts));
        Ok((Arc::new(Spill::new(ration, self.0.run.temp_dir.clone())), budget.workers()))
    }
}

impl Step for CaseFilterStep {
    fn name(&self) -> &str {
        "filter"
    }

    fn ranges(&self, table: &TableSchema) -> Option<Vec<ColumnRange>> {
        if !self.0.cases.is_empty() {
            return None;
        }
        let layout = self.layout(table).ok()?;
        // Rows that are not read are counted for the first filter.
        let first =
            self.0.rows.first().filter(|test| !test.negated)?.bind(table, &layout, &self.0.zone).ok()?;
        let data_type = table.columns[first.column].field.data_type();
        Some(match (first.what, data_type) {
            (BoundRowTestKind::Time(low, high, _), DataType::Timestamp(unit, _)) => {
                let nanos = nanos_in(*unit);
                // No time between two of the column's units is one of its values.
                let low = if low == i128::MIN { low } else { (low + nanos - 1).div_euclid(nanos) };
                let range = ValueRange::Whole(low, high.div_euclid(nanos));
                vec![ColumnRange { column: first.column, range }]
            }
            _ => Vec::new(),
        })
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        if table.table != TableId::EVENTS {
            return Ok(None);
        }
        let layout = self.layout(table)?;
        let condition = self.0.condition.as_ref();
        let condition = condition.map(|it| Bound::new(it, table, &self.0.zone)).transpose()?;
        let rows = self.0.rows.iter().map(|test| test.bind(table, &layout, &self.0.zone));
        let rows: Vec<BoundRowTest> = rows.collect::<Result<_>>()?;
        if self.surveys() {
            let (spill, _) = self.spill(1)?;
            let start = move || SurveyWorker {
                layout: layout.clone(),
                condition: condition.clone(),
                spill: Arc::clone(&spill),
                collector: None,
                place: ShardPlace::default(),
                origins: None,
            };
            return Ok(Some(BoundStep::new(table.clone(), start)));
        }
        let (step, case) = (self.clone(), layout.case);
        let decision = self.decision();
        let start = move || FilterWorker {
            case,
            decision: decision.clone(),
            found: FilterFinding::new(&step, decision.clone()),
            rows: rows.clone(),
            base: None,
            origins: None,
            kept: KeptRows::default(),
        };
        Ok(Some(BoundStep::new(table.clone(), start)))
    }

    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        let mut columns = self.layout(table).ok()?.columns();
        let named = self.0.condition.iter().flat_map(Condition::columns);
        columns.extend(named.filter_map(|name| table.position(name)));
        Some(columns)
    }

    fn surveys(&self) -> bool {
        !self.0.cases.is_empty() && self.decision().is_none()
    }

    fn renewed(&self) -> Option<Arc<dyn Step>> {
        let Shared { cases, rows, condition, zone, run, .. } = &*self.0;
        Some(Arc::new(Self::new(cases.clone(), rows.clone(), condition.clone(), zone.clone(), run.clone())))
    }

    fn surveys_places(&self) -> bool {
        self.0.cases.iter().any(|filter| filter.test.cuts())
    }

    fn end_survey(&self, found: Vec<(TableId, Box<dyn Finding>)>, observer: &Observer) -> Result<()> {
        let mut collected = None;
        for (_, finding) in found {
            let finding: Box<dyn Any> = finding;
            collected = finding.downcast::<CollectedFinding>().ok().map(|it| it.0);
        }
        // A log without rows has no shard.
        let mut collected = match collected {
            Some(collected) => collected,
            None => Collected::empty(),
        };
        // The rest of the memory is for the pages of the next pass.
        let (spill, workers) = self.spill(4)?;
        let crew = Crew { workers, observer };
        let decision = decide(&mut collected, &self.0.cases, &self.0.zone, &crew, &spill)?;
        *self.0.decision.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(decision));
        Ok(())
    }
}

/// Gathers the events of a shard during the survey.
struct SurveyWorker {
    layout: EventLayout,
    condition: Option<Bound>,
    spill: Arc<Spill>,
    collector: Option<Collector>,
    place: ShardPlace,
    origins: Option<Vec<RowOrigin>>,
}

impl SurveyWorker {
    fn collector(&mut self) -> &mut Collector {
        let new = || Collector::new(self.layout.clone(), Arc::clone(&self.spill), self.place, MANY_ROWS);
        self.collector.get_or_insert_with(new)
    }
}

/// The error for rows of which it is not known where they come from.
fn without_origins() -> Error {
    Error::new(
        Code::Usage,
        "rows within cases are chosen behind a step that does not tell which rows it removed",
    )
    .help("put the step filter before that step")
}

impl StepWorker for SurveyWorker {
    fn begins(&mut self, place: ShardPlace) {
        self.place = place;
    }

    fn needs_origins(&self) -> bool {
        self.layout.has_rows
    }

    fn origins(&mut self, rows: &[RowOrigin]) {
        self.origins = Some(rows.to_vec());
    }

    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let marks = self.condition.as_ref().map(|condition| condition.evaluate(&rows)).transpose()?;
        let mark = |row: usize| marks.as_ref().map_or(0, |it| u8::from(it.is_valid(row) && it.value(row)));
        let origins = self.origins.take();
        if self.layout.has_rows && origins.is_none() && rows.num_rows() > 0 {
            return Err(without_origins());
        }
        self.collector().take(&rows, origins.as_deref().unwrap_or_default(), mark)?;
        Ok(rows.slice(0, 0))
    }

    fn finish(mut self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        self.collector();
        let collected = self.collector.take().map(Collector::finish).transpose()?;
        Ok(collected.map(|collected| Box::new(CollectedFinding(collected)) as Box<dyn Finding>))
    }
}

/// The events of some rows.
#[derive(Debug)]
pub(in crate::step) struct CollectedFinding(pub Collected);

impl Finding for CollectedFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.0.join(later.0);
        Ok(())
    }

    fn begins_at(&mut self, record: u64) {
        self.0.begins_at(record);
    }

    fn to_json(&self) -> Value {
        Value::Null
    }
}

/// Removes rows of cases that were not chosen.
struct FilterWorker {
    case: usize,
    decision: Option<Arc<Decision>>,
    rows: Vec<BoundRowTest>,
    found: FilterFinding,
    /// The number of the first record of the shard; `None` if no such shard was surveyed.
    base: Option<u64>,
    origins: Option<Vec<RowOrigin>>,
    kept: KeptRows,
}

impl FilterWorker {
    /// For each row whether its case stays, or whether it stays itself.
    fn by_decision(&mut self, rows: &RecordBatch) -> Result<Option<BooleanArray>> {
        let Some(decision) = &self.decision else { return Ok(None) };
        if let Some(cases) = &decision.cases {
            let (kept, without_case) = by_case(rows.column(self.case), |case| cases.has(case))?;
            self.found.rows_without_case += without_case;
            return Ok(Some(kept));
        }
        let Some(set) = &decision.rows else { return Ok(None) };
        let origins = self.origins.take();
        if rows.num_rows() == 0 {
            return Ok(None);
        }
        let origins = origins.ok_or_else(without_origins)?;
        // A shard that began at a wrong guess was not surveyed; it counts for nothing.
        self.found.is_astray |= self.base.is_none();
        let base = self.base.unwrap_or(u64::MAX / 2);
        let stays = |origin: &RowOrigin| Some(set.has(base + u64::from(origin.record)));
        Ok(Some(origins.iter().map(stays).collect()))
    }
}

impl StepWorker for FilterWorker {
    fn begins(&mut self, place: ShardPlace) {
        let rows = self.decision.as_ref().and_then(|decision| decision.rows.as_ref());
        self.base = rows.and_then(|rows| rows.base(place));
    }

    fn unread(&mut self, rows: u64) {
        if let Some(removed) = self.found.removed.first_mut() {
            *removed += rows;
        }
    }

    fn needs_origins(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.rows.is_some())
    }

    fn origins(&mut self, rows: &[RowOrigin]) {
        if self.needs_origins() {
            self.origins = Some(rows.to_vec());
        }
    }

    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let mut kept = self.by_decision(&rows)?;
        for (test, removed) in self.rows.iter().zip(&mut self.found.removed) {
            let own = test.evaluate(&rows)?;
            let both = match &kept {
                Some(kept) => and(kept, &own)?,
                None => own,
            };
            let before = kept.map_or(rows.num_rows(), |kept| kept.true_count());
            *removed += (before - both.true_count()) as u64;
            kept = Some(both);
        }
        match kept {
            Some(kept) => self.kept.choose(rows, kept),
            None => Ok(self.kept.all(rows)),
        }
    }

    fn kept(&self) -> Option<&BooleanArray> {
        self.kept.rows()
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(self.found)))
    }
}

/// What the filters removed.
#[derive(Debug)]
struct FilterFinding {
    step: CaseFilterStep,
    decision: Option<Arc<Decision>>,
    rows_without_case: u64,
    /// For each filter of rows, how many it removed.
    removed: Vec<u64>,
    /// Whether rows were met that were not there in the survey.
    is_astray: bool,
}

impl FilterFinding {
    fn new(step: &CaseFilterStep, decision: Option<Arc<Decision>>) -> Self {
        let removed = vec![0; step.0.rows.len()];
        Self { step: step.clone(), decision, rows_without_case: 0, removed, is_astray: false }
    }
}

impl Finding for FilterFinding {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        let later = later.downcast::<Self>();
        let later = later.map_err(|_| Error::new(Code::Internal, "findings of two steps don't join"))?;
        self.rows_without_case += later.rows_without_case;
        self.removed.iter_mut().zip(later.removed).for_each(|(sum, more)| *sum += more);
        self.is_astray |= later.is_astray;
        Ok(())
    }

    fn conclude(&mut self) -> Result<()> {
        match self.is_astray {
            true => Err(Error::new(
                Code::Internal,
                "the inputs were cut into other shards than in the pass before",
            )
            .help("this is a defect of LogFlow; please report it")),
            false => Ok(()),
        }
    }

    fn to_json(&self) -> Value {
        let shared = &self.step.0;
        let mut filters =
            self.decision.as_ref().map(|decision| decision.to_json(&shared.cases)).unwrap_or_default();
        for (test, removed) in shared.rows.iter().zip(&self.removed) {
            let mut value = json!({"filter": test.name(), "removed_rows": removed});
            if test.negated {
                value["negated"] = true.into();
            }
            filters.push(value);
        }
        let mut value = json!({"filters": filters});
        if let Some(decision) = &self.decision {
            value["cases"] = decision.all.cases.into();
            value["kept_cases"] = decision.cases_left().into();
            if !decision.unknown.is_empty() {
                value["unknown_activities"] = decision.unknown.clone().into();
            }
        }
        if self.rows_without_case > 0 {
            value["rows_without_case"] = self.rows_without_case.into();
        }
        value
    }
}
