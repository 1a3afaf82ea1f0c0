//! A log with planted patterns: cases are made as a whole, changed, and then given out row by row.
//!
//! Each pattern has a random stream of its own and takes the cases that it is planted in by selection
//! sampling: with n cases wanted and c cases to come, the next case is taken with probability n / c. A case in
//! which there is no place for the pattern passes its turn on. No case gets two patterns, and all other cases
//! are those of the log without patterns.

use std::cmp::Ordering;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};

use super::Result;
use super::log::{Cases, DAY, Event, Model};
use super::options::{GenerateOptions, TimeGrain};
use super::plant::{Ground, Pattern};
use super::rng::Rng;
use super::truth::{Told, Truth};

/// Least days without events.
const IDLE_DAYS: u64 = 2;

/// An event that owns its values.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) case: u64,
    pub(super) trace: u64,
    pub(super) activity: String,
    pub(super) moment: Option<u64>,
    /// Its place among the other events: its time, or the time that it lost.
    pub(super) order: u64,
    pub(super) start: Option<u64>,
    pub(super) resource: String,
    pub(super) lifecycle: &'static str,
    pub(super) region: &'static str,
    pub(super) amount: u64,
    pub(super) approved: bool,
    pub(super) cost: Option<u64>,
    pub(super) id: u64,
    pub(super) note: String,
    pub(super) department: &'static str,
    /// What was planted in it.
    pub(super) changes: Vec<Change>,
}

/// A change of a row by a planted pattern.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Position of the pattern among those that are planted.
    pub(super) plant: usize,
    /// The changed column; `None` if the whole row was added.
    pub(super) column: Option<&'static str>,
    pub(super) before: Before,
}

/// The value before a change.
#[derive(Debug, Clone)]
pub(super) enum Before {
    Nothing,
    Text(String),
    Time(u64),
}

/// The case id as it is written; empty for 0.
pub(super) fn case_name(case: u64) -> String {
    if case == 0 { String::new() } else { format!("C{case:07}") }
}

impl Row {
    fn new(event: &Event<'_>, clock: &Idle) -> Self {
        let later = event.moment.map_or(0, |moment| clock.later(moment));
        let moment = event.moment.map(|moment| moment + later);
        Self {
            case: event.case,
            trace: event.trace,
            activity: event.activity.to_owned(),
            moment,
            order: moment.unwrap_or_default(),
            start: event.start.map(|start| start + later),
            resource: event.resource.to_owned(),
            lifecycle: event.lifecycle,
            region: event.region,
            amount: event.amount,
            approved: event.approved,
            cost: event.cost,
            id: event.id,
            note: event.note.to_owned(),
            department: event.department,
            changes: Vec::new(),
        }
    }

    fn event(&self) -> Event<'_> {
        Event {
            case: self.case,
            trace: self.trace,
            activity: &self.activity,
            moment: self.moment,
            start: self.start,
            resource: &self.resource,
            lifecycle: self.lifecycle,
            region: self.region,
            amount: self.amount,
            approved: self.approved,
            cost: self.cost,
            id: self.id,
            note: &self.note,
            department: self.department,
        }
    }

    /// The value of a column that patterns change, as it is written.
    fn written(&self, column: &str, grain: TimeGrain) -> Option<String> {
        let time = |moment: Option<u64>| moment.map(|moment| grain.text(moment));
        let text = match column {
            "timestamp" => return time(self.moment),
            "start_timestamp" => return time(self.start),
            "activity" => self.activity.clone(),
            "resource" => self.resource.clone(),
            "note" => self.note.clone(),
            "department" => self.department.to_owned(),
            "case_region" => self.region.to_owned(),
            _ => case_name(self.case),
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

/// A time without events: everything after `from` happens `length` milliseconds later.
#[derive(Debug, Clone, Copy, Default)]
struct Idle {
    from: u64,
    length: u64,
}

impl Idle {
    const fn later(self, moment: u64) -> u64 {
        if moment > self.from { self.length } else { 0 }
    }
}

/// A pattern, and the cases that are still to get it.
#[derive(Debug)]
struct Turn {
    pattern: Pattern,
    left: u64,
    rng: Rng,
}

/// The rows of a case that are still to come.
#[derive(Debug)]
struct Rest {
    case: u64,
    rows: VecDeque<Row>,
}

impl Rest {
    fn key(&self) -> (u64, u64) {
        (self.rows.front().map_or(u64::MAX, |row| row.order), self.case)
    }
}

/// A log with planted patterns, event by event; also any other log of which the truth is wanted.
#[derive(Debug)]
pub(super) struct PlantedLog {
    cases: Cases,
    model: Model,
    grain: TimeGrain,
    turns: Vec<Turn>,
    idle: Idle,
    interleave: bool,
    rest: BinaryHeap<Rest>,
    next_event: u64,
    next_case: u64,
    row: Option<Row>,
    rows: u64,
    pub(super) truth: Truth,
}

impl PlantedLog {
    /// # Errors
    /// [`Error::Options`](crate::Error::Options) if the options don't fit together.
    pub(super) fn new(options: &GenerateOptions) -> Result<Self> {
        let count = options.checked_cases()?;
        let cases = Cases::new(options, count);
        let model = Model::new(options, count);
        let mut idle = Idle { from: u64::MAX, length: 0 };
        let mut turns = Vec::new();
        let mut truth = Truth::new(options, options.times);
        for (at, plant) in options.plants.iter().enumerate() {
            let wanted = ((plant.share * count as f64).round() as u64).clamp(count.min(1), count);
            if plant.pattern.takes_cases() {
                // A constant for each pattern keeps its stream apart from the log's and from other patterns'.
                let rng = Rng::new(options.seed ^ (0x9E37 << 32) ^ (plant.pattern as u64 + 1)).split();
                turns.push(Turn { pattern: plant.pattern, left: wanted, rng });
            } else {
                turns.push(Turn { pattern: plant.pattern, left: 0, rng: Rng::new(0) });
                idle = Self::idle(options, &cases, plant.share);
                truth.idle(at, idle.from, idle.from + idle.length);
            }
        }
        Ok(Self {
            next_event: options.events + 1,
            next_case: count + 1,
            cases,
            model,
            grain: options.times,
            turns,
            idle,
            interleave: options.interleave,
            rest: BinaryHeap::new(),
            row: None,
            rows: 0,
            truth,
        })
    }

    /// In the middle of the log, and as long as this share of it, in whole days.
    fn idle(options: &GenerateOptions, cases: &Cases, share: f64) -> Idle {
        let per_case = options.events / (cases.left.max(1));
        let span = cases.span() + per_case * cases.pause();
        let least = if options.times == TimeGrain::Days { 30 * IDLE_DAYS } else { IDLE_DAYS };
        let days = ((span as f64 * share) as u64 / DAY).max(least);
        Idle { from: cases.arrival + span / 2, length: days * DAY }
    }

    pub(super) fn next_event(&mut self) -> Option<Event<'_>> {
        while self.cases.left > 0 && self.is_due() {
            self.open();
        }
        let mut first = self.rest.peek_mut()?;
        let row = first.rows.pop_front();
        if first.rows.is_empty() {
            PeekMut::pop(first);
        }
        self.rows += 1;
        self.row = row;
        let row = self.row.as_ref()?;
        for change in &row.changes {
            let before = match &change.before {
                Before::Nothing => None,
                Before::Text(text) => Some(text.clone()),
                Before::Time(moment) => Some(self.grain.text(*moment)),
            };
            let after = change.column.and_then(|column| row.written(column, self.grain));
            let told = Told { row: Some(self.rows), case: row.trace, column: change.column, before, after };
            self.truth.tell(change.plant, told);
        }
        Some(row.event())
    }

    /// Whether the next case must open before the next row can be given.
    fn is_due(&self) -> bool {
        let Some(first) = self.rest.peek() else { return true };
        let arrival = self.cases.arrival + self.idle.later(self.cases.arrival);
        self.interleave && arrival < first.key().0
    }

    fn open(&mut self) {
        let is_first = self.truth.is_empty();
        let to_come = self.cases.left;
        let Some(mut case) = self.cases.open() else { return };
        let mut note = String::new();
        let mut rows = Vec::new();
        while !case.is_over() {
            rows.push(Row::new(&case.event(&self.model, &mut note), &self.idle));
        }
        let mut ground = Ground {
            rows,
            removed: Vec::new(),
            plant: 0,
            activities: &self.model.activities,
            grain: self.grain,
            next_event: self.next_event,
            next_case: self.next_case,
            is_outermost: is_first || to_come == 1,
        };
        for (at, turn) in self.turns.iter_mut().enumerate() {
            let drawn = turn.rng.below(to_come) < turn.left;
            ground.plant = at;
            if drawn && ground.plant(turn.pattern, &mut turn.rng.split()) {
                turn.left -= 1;
                self.truth.planted(at);
                for row in &ground.removed {
                    let activity = Some(row.activity.clone());
                    let told =
                        Told { row: None, case: row.trace, column: None, before: activity, after: None };
                    self.truth.tell(at, told);
                }
                break;
            }
        }
        let Ground { mut rows, next_event, next_case, .. } = ground;
        (self.next_event, self.next_case) = (next_event, next_case);
        rows.sort_by_key(|row| row.order);
        self.truth.count(&rows, case.number >= self.model.drift());
        if !rows.is_empty() {
            self.rest.push(Rest { case: case.number, rows: rows.into() });
        }
    }
}

/// The case with the earliest row is the greatest, since a [`BinaryHeap`] gives the greatest first.
impl Ord for Rest {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Rest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rest {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rest {}
