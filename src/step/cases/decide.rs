//! Which cases and rows stay, from the events of a survey.
//!
//! ```text
//! each case   its events pass the filters in order; one that removes them all removes the case
//! a ranking   a filter by frequent variants must have seen all cases that the filters before it keep:
//!             a round over all cases counts their variants first
//! last round  counts what each filter removes, and writes down which cases or rows stay
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::values::{CutPlace, Share, TimeMode, TimeRange};
use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::model::zone::ZoneRule;
use crate::step::events::Tick;
use crate::step::events::case_set::{CaseSet, CasesOfPartition};
use crate::step::events::collected::{Collected, Crew, Event};
use crate::step::events::row_set::RowSet;
use crate::step::events::words::Words;

/// A sequence of activities, by their numbers.
type Sequence = Box<[u32]>;

/// What a filter asks of a case.
#[derive(Debug, Clone)]
pub(super) enum CaseTest {
    Time(TimeMode, TimeRange),
    StartsWith(Vec<String>),
    EndsWith(Vec<String>),
    Has(Vec<String>),
    /// At least one event has the mark.
    Marked,
    Size(u64, u64),
    /// Nanoseconds from the first to the last event.
    Duration(i128, i128),
    Variants(Vec<Vec<String>>),
    TopVariants(u64),
    /// Variants that each have this share of the cases.
    ShareOfVariant(Share),
    /// The most frequent variants that have this share together.
    Coverage(Share),
    Follows(Vec<(String, String)>),
    Eventually(Vec<Vec<String>>),
    Rework(Vec<(String, u64)>),
    /// Two activities that are not done by one resource.
    FourEyes(String, String),
    DifferentResources(String),
    /// Events from one activity to another.
    Between(String, String),
    Prefix(String, CutPlace),
    Suffix(String, CutPlace),
}

impl CaseTest {
    /// Whether it chooses rows within cases.
    pub fn cuts(&self) -> bool {
        matches!(self, Self::Between(..) | Self::Prefix(..) | Self::Suffix(..))
    }

    /// Whether it looks at times, or at the order of events, which follows from them.
    pub fn needs_time(&self) -> bool {
        !matches!(self, Self::Has(_) | Self::Marked | Self::Size(..) | Self::Rework(_))
    }

    pub fn needs_activity(&self) -> bool {
        !matches!(self, Self::Time(..) | Self::Marked | Self::Size(..) | Self::Duration(..))
    }

    pub fn needs_resource(&self) -> bool {
        matches!(self, Self::FourEyes(..) | Self::DifferentResources(_))
    }
}

/// A filter by name, which keeps what its test does not choose if it is negated.
#[derive(Debug, Clone)]
pub(super) struct CaseFilter {
    pub name: &'static str,
    pub test: CaseTest,
    pub negated: bool,
}

/// What a filter removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Removed {
    pub cases: u64,
    pub rows: u64,
}

/// What was decided about the cases of a log.
#[derive(Debug)]
pub(super) struct Decision {
    /// The cases that stay; all of their rows do.
    pub cases: Option<CaseSet>,
    /// The rows that stay, where it is decided within cases.
    pub rows: Option<RowSet>,
    /// Cases and events of the log.
    pub all: Removed,
    /// For each filter what it removed.
    pub removed: Vec<Removed>,
    /// Activities that filters name and the log does not have.
    pub unknown: Vec<String>,
}

impl Decision {
    /// The cases that all filters leave.
    pub fn cases_left(&self) -> u64 {
        self.all.cases - self.removed.iter().map(|it| it.cases).sum::<u64>()
    }

    /// For each filter its name and what it removed.
    pub fn to_json(&self, filters: &[CaseFilter]) -> Vec<Value> {
        let one = |(filter, removed): (&CaseFilter, &Removed)| {
            let mut value = json!({
                "filter": filter.name, "removed_cases": removed.cases, "removed_rows": removed.rows,
            });
            if filter.negated {
                value["negated"] = true.into();
            }
            value
        };
        filters.iter().zip(&self.removed).map(one).collect()
    }
}

/// Decides on all cases. `crew`: the threads that may work on it. Times in filters that have no zone are in
/// `zone`. The cases that stay are kept in `spill`.
///
/// # Errors
/// If events that wait in the spill file can't be read, or cases can't be written to it.
pub(super) fn decide(
    collected: &mut Collected,
    filters: &[CaseFilter],
    zone: &ZoneRule,
    crew: &Crew<'_>,
    spill: &Arc<Spill>,
) -> Result<Decision> {
    let mut unknown = Vec::new();
    let mut bound = Vec::with_capacity(filters.len());
    let known = collected.activities.len() as u32;
    // Times without a zone are compared as they are written.
    let zone = if collected.layout.is_local { &ZoneRule::default() } else { zone };
    for filter in filters {
        bound.push(BoundFilter::new(filter, &mut collected.activities, collected.layout.tick, zone)?);
    }
    for number in known..collected.activities.len() as u32 {
        unknown.push(String::from_utf8_lossy(collected.activities.get(number)).into_owned());
    }
    let collected = &*collected;
    for at in 0..bound.len() {
        if let BoundTest::Ranked(ranking) = &bound[at].test {
            let counts = count_variants(collected, &bound[..at], crew)?;
            let chosen = ranking.choose(counts, &collected.activities);
            bound[at].test = BoundTest::Variants(chosen);
        }
    }
    let cuts = filters.iter().any(|filter| filter.test.cuts());
    let rows = cuts.then(|| RowSet::new(collected.records(), collected.bases()));
    let parts = collected.each_partition(crew, |partition| {
        let (mut stays, mut before) = (Vec::new(), Vec::new());
        let (mut all, mut removed) = (Removed::default(), vec![Removed::default(); bound.len()]);
        let cases = collected.each_case(partition, |_, events| {
            if events.is_empty() {
                stays.push(false);
                return Ok(());
            }
            all.cases += 1;
            all.rows += events.len() as u64;
            for (filter, removed) in bound.iter().zip(&mut removed) {
                let count = events.len();
                filter.pass(events, &mut before);
                removed.rows += (count - events.len()) as u64;
                if events.is_empty() {
                    removed.cases += 1;
                    break;
                }
            }
            stays.push(!events.is_empty());
            if let Some(rows) = &rows {
                events.iter().for_each(|event| rows.add(event.row));
            }
            Ok(())
        })?;
        let cases = if cuts { None } else { Some(CasesOfPartition::new(&cases, &stays, spill)?) };
        Ok((cases, all, removed))
    })?;
    let (mut all, mut removed) = (Removed::default(), vec![Removed::default(); filters.len()]);
    let mut sets = Vec::with_capacity(parts.len());
    for (cases, more, less) in parts {
        add(&mut all, more);
        removed.iter_mut().zip(less).for_each(|(sum, less)| add(sum, less));
        sets.extend(cases);
    }
    let cases = (!cuts).then(|| CaseSet::new(sets));
    Ok(Decision { cases, rows, all, removed, unknown })
}

fn add(sum: &mut Removed, more: Removed) {
    sum.cases += more.cases;
    sum.rows += more.rows;
}

/// How many cases each variant has, of those that some filters keep.
fn count_variants(
    collected: &Collected,
    filters: &[BoundFilter],
    crew: &Crew<'_>,
) -> Result<HashMap<Sequence, u64>> {
    let count = |partition| {
        let (mut counts, mut before) = (HashMap::<Sequence, u64>::new(), Vec::new());
        collected.each_case(partition, |_, events| {
            for filter in filters {
                filter.pass(events, &mut before);
            }
            if !events.is_empty() {
                let sequence: Vec<u32> = events.iter().map(|event| event.activity).collect();
                match counts.get_mut(sequence.as_slice()) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(sequence.into(), 1)),
                }
            }
            Ok(())
        })?;
        Ok(counts)
    };
    let add = |sum: &mut HashMap<Sequence, u64>, part: HashMap<Sequence, u64>| {
        for (sequence, count) in part {
            *sum.entry(sequence).or_default() += count;
        }
    };
    collected.sum_partitions(crew, HashMap::new(), count, add)
}

/// A choice of variants by how many cases they have.
#[derive(Debug, Clone, Copy)]
enum Ranking {
    Top(u64),
    Each(Share),
    Together(Share),
}

impl Ranking {
    /// The variants that are chosen: the most frequent ones first; of equally frequent ones, as pm4py has it, those
    /// whose names come last in the alphabet.
    fn choose(self, counts: HashMap<Sequence, u64>, names: &Words) -> HashSet<Sequence> {
        let all: u64 = counts.values().sum();
        let mut ranked: Vec<(Sequence, u64)> = counts.into_iter().collect();
        if let Self::Each(share) = self {
            return ranked
                .into_iter()
                .filter(|(_, count)| share.is_reached(*count, all))
                .map(|(variant, _)| variant)
                .collect();
        }
        let named = |variant: &Sequence| -> Vec<&[u8]> { variant.iter().map(|it| names.get(*it)).collect() };
        ranked.sort_unstable_by(|left, right| {
            right.1.cmp(&left.1).then_with(|| named(&right.0).cmp(&named(&left.0)))
        });
        let mut covered = 0;
        let wanted = |(at, (_, count)): &(usize, (Sequence, u64))| match self {
            Self::Top(most) => (*at as u64) < most,
            Self::Each(share) | Self::Together(share) => {
                let is_wanted = covered == 0 || !share.is_reached(covered, all);
                covered += count;
                is_wanted
            }
        };
        ranked.into_iter().enumerate().take_while(wanted).map(|(_, (variant, _))| variant).collect()
    }
}

/// A filter whose activities have the numbers of a log.
struct BoundFilter {
    test: BoundTest,
    negated: bool,
}

enum BoundTest {
    Time {
        mode: TimeMode,
        low: i128,
        high: i128,
        nanos: i128,
    },
    StartsWith(Vec<u32>),
    EndsWith(Vec<u32>),
    Has(Vec<u32>),
    Marked,
    Size(u64, u64),
    Duration {
        low: i128,
        high: i128,
        nanos: i128,
    },
    Variants(HashSet<Sequence>),
    /// Which variants these are is not known yet.
    Ranked(Ranking),
    Follows(Vec<(u32, u32)>),
    Eventually(Vec<Vec<u32>>),
    Rework(Vec<(u32, u64)>),
    FourEyes(u32, u32),
    DifferentResources(u32),
    Between(u32, u32),
    Prefix(u32, CutPlace),
    Suffix(u32, CutPlace),
}

impl BoundFilter {
    fn new(filter: &CaseFilter, activities: &mut Words, tick: Tick, zone: &ZoneRule) -> Result<Self> {
        let nanos = i128::from(1_000_000_000 / tick.per_second());
        let mut number = |name: &String| activities.intern(name.as_bytes()).0;
        let mut numbers = |names: &[String]| -> Vec<u32> { names.iter().map(&mut number).collect() };
        let test = match &filter.test {
            CaseTest::Time(mode, range) => {
                let (low, high) = range.nanos(zone)?;
                let (low, high) = (low.unwrap_or(i128::MIN), high.unwrap_or(i128::MAX));
                BoundTest::Time { mode: *mode, low, high, nanos }
            }
            CaseTest::StartsWith(names) => BoundTest::StartsWith(numbers(names)),
            CaseTest::EndsWith(names) => BoundTest::EndsWith(numbers(names)),
            CaseTest::Has(names) => BoundTest::Has(numbers(names)),
            CaseTest::Marked => BoundTest::Marked,
            CaseTest::Size(low, high) => BoundTest::Size(*low, *high),
            CaseTest::Duration(low, high) => BoundTest::Duration { low: *low, high: *high, nanos },
            CaseTest::Variants(variants) => {
                BoundTest::Variants(variants.iter().map(|names| numbers(names).into()).collect())
            }
            CaseTest::TopVariants(most) => BoundTest::Ranked(Ranking::Top(*most)),
            CaseTest::ShareOfVariant(share) => BoundTest::Ranked(Ranking::Each(*share)),
            CaseTest::Coverage(share) => BoundTest::Ranked(Ranking::Together(*share)),
            CaseTest::Follows(pairs) => {
                BoundTest::Follows(pairs.iter().map(|(from, to)| (number(from), number(to))).collect())
            }
            CaseTest::Eventually(paths) => {
                BoundTest::Eventually(paths.iter().map(|names| numbers(names)).collect())
            }
            CaseTest::Rework(all) => {
                BoundTest::Rework(all.iter().map(|(name, least)| (number(name), *least)).collect())
            }
            CaseTest::FourEyes(first, second) => BoundTest::FourEyes(number(first), number(second)),
            CaseTest::DifferentResources(name) => BoundTest::DifferentResources(number(name)),
            CaseTest::Between(from, to) => BoundTest::Between(number(from), number(to)),
            CaseTest::Prefix(name, at) => BoundTest::Prefix(number(name), *at),
            CaseTest::Suffix(name, at) => BoundTest::Suffix(number(name), *at),
        };
        Ok(Self { test, negated: filter.negated })
    }

    /// Removes the events that do not stay. `scratch` saves an allocation.
    fn pass(&self, events: &mut Vec<Event>, scratch: &mut Vec<bool>) {
        if events.is_empty() {
            return;
        }
        let kept = match &self.test {
            BoundTest::Between(from, to) => between(events, *from, *to, scratch),
            BoundTest::Prefix(activity, at) => cut(events, *activity, *at, true, scratch),
            BoundTest::Suffix(activity, at) => cut(events, *activity, *at, false, scratch),
            test => {
                if test.holds(events, self.negated) == self.negated {
                    events.clear();
                }
                return;
            }
        };
        let mut kept = kept.iter();
        let negated = self.negated;
        events.retain(|_| kept.next().is_some_and(|kept| *kept != negated));
    }
}

impl BoundTest {
    /// Whether the test chooses a case; `negated` only for the test whose negation is not its opposite.
    fn holds(&self, events: &[Event], negated: bool) -> bool {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return false };
        let has = |activity: u32| events.iter().any(|event| event.activity == activity);
        match self {
            Self::Time { mode, low, high, nanos } => {
                let (first, last) = (i128::from(first.time) * nanos, i128::from(last.time) * nanos);
                let within = |time: i128| *low <= time && time <= *high;
                match mode {
                    TimeMode::Contained => *low <= first && last <= *high,
                    TimeMode::Intersecting => first < *high && last > *low,
                    TimeMode::StartingIn => within(first),
                    TimeMode::CompletingIn => within(last),
                    TimeMode::Events => true,
                }
            }
            Self::StartsWith(activities) => activities.contains(&first.activity),
            Self::EndsWith(activities) => activities.contains(&last.activity),
            Self::Has(activities) => activities.iter().any(|activity| has(*activity)),
            Self::Marked => events.iter().any(|event| event.marks != 0),
            Self::Size(low, high) => (*low..=*high).contains(&(events.len() as u64)),
            Self::Duration { low, high, nanos } => {
                let duration = (i128::from(last.time) - i128::from(first.time)) * nanos;
                (*low..=*high).contains(&duration)
            }
            Self::Variants(variants) => {
                let sequence: Vec<u32> = events.iter().map(|event| event.activity).collect();
                variants.contains(sequence.as_slice())
            }
            Self::Follows(pairs) => {
                events.windows(2).any(|pair| pairs.contains(&(pair[0].activity, pair[1].activity)))
            }
            Self::Eventually(paths) => paths.iter().any(|path| {
                let mut events = events.iter();
                path.iter().all(|activity| events.any(|event| event.activity == *activity))
            }),
            Self::Rework(all) => all.iter().any(|(activity, least)| {
                let count = events.iter().filter(|event| event.activity == *activity).count();
                count as u64 >= *least
            }),
            Self::FourEyes(first, second) => four_eyes(events, *first, *second, negated),
            Self::DifferentResources(activity) => {
                let of = events.iter().filter(|event| event.activity == *activity);
                let mut resources = of.filter_map(|event| event.resource);
                let first = resources.next();
                resources.any(|resource| Some(resource) != first)
            }
            Self::Ranked(..) | Self::Between(..) | Self::Prefix(..) | Self::Suffix(..) => true,
        }
    }
}

/// Whether the principle of four eyes holds for two activities: as pm4py has it, the resources of all events with the
/// first one against the last known resource of the second. Cases in which either has no resource are chosen
/// neither by the filter nor by its negation.
fn four_eyes(events: &[Event], first: u32, second: u32, negated: bool) -> bool {
    let resources = |activity: u32| {
        let of = events.iter().filter(move |event| event.activity == activity);
        of.filter_map(|event| event.resource)
    };
    let (Some(last), true) = (resources(second).next_back(), resources(first).next().is_some()) else {
        // What is removed either way.
        return negated;
    };
    resources(first).all(|resource| resource != last)
}

/// Events from each `from` to the next `to` behind it, both of them within.
fn between<'s>(events: &[Event], from: u32, to: u32, kept: &'s mut Vec<bool>) -> &'s [bool] {
    kept.clear();
    kept.resize(events.len(), false);
    let mut begin: Option<usize> = None;
    for (at, event) in events.iter().enumerate() {
        match begin {
            Some(first) if event.activity == to => {
                kept[first..=at].fill(true);
                begin = (from == to).then_some(at);
            }
            None if event.activity == from => begin = Some(at),
            _ => {}
        }
    }
    kept
}

/// Events before or behind an event with the activity; none if there is no such event.
fn cut<'s>(
    events: &[Event],
    activity: u32,
    at: CutPlace,
    before: bool,
    kept: &'s mut Vec<bool>,
) -> &'s [bool] {
    let is_it = |event: &Event| event.activity == activity;
    let found = match at {
        CutPlace::First | CutPlace::FirstInclusive => events.iter().position(is_it),
        CutPlace::Last | CutPlace::LastInclusive => events.iter().rposition(is_it),
    };
    let inclusive = matches!(at, CutPlace::FirstInclusive | CutPlace::LastInclusive);
    kept.clear();
    kept.extend((0..events.len()).map(|place| match found {
        None => false,
        Some(found) if place == found => inclusive,
        Some(found) => (place < found) == before,
    }));
    kept
}
