//! The figures of a process, sorted: what all forms of output are written from.

use std::sync::Arc;

use super::cases::CaseRows;
use super::cells::Tick;
use super::fragments::LeftOut;
use super::profile::Profile;
use super::ranking::RankedVariants;
use super::ratio::Unit;
use super::tally::{Distribution, Tally};
use super::words::Words;
use crate::error::Result;
use crate::shard::each::each;

/// Quantiles that are told of each distribution, as fractions.
const QUANTILES: [(u64, u64); 4] = [(1, 2), (9, 10), (19, 20), (99, 100)];

/// How numbers are spread. Times are in seconds. Without numbers everything but the count is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spread {
    /// How many numbers there are.
    pub count: u64,
    /// The mean of the numbers.
    pub mean: Option<f64>,
    /// Their median, in the middle between the two numbers in the middle.
    pub median: Option<f64>,
    /// Their upper median: the number at `count / 2`, counted from 0 in ascending order.
    pub upper_median: Option<f64>,
    /// The least of the numbers.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// The sum of the numbers.
    pub sum: f64,
    /// Their standard deviation, with `count - 1` below the line; absent for a single number.
    pub stdev: Option<f64>,
    /// The 90th percentile, interpolated as the median is.
    pub p90: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
}

impl Spread {
    /// The spread of whole numbers that are worth so much each.
    pub(super) fn of(numbers: &Distribution, unit: Unit) -> Result<Self> {
        let moments = &numbers.moments;
        let Some(last) = moments.count.checked_sub(1) else { return Ok(Self::default()) };
        // The rank below a quantile, and how far beyond it the quantile is: so many of so many parts.
        let places = QUANTILES.map(|(part, parts)| {
            let place = u128::from(last) * u128::from(part);
            let parts = u128::from(parts);
            ((place / parts) as u64, (place % parts) as u64, parts as u64)
        });
        let mut ranks: Vec<u64> = Vec::with_capacity(2 * places.len() + 1);
        ranks.extend(places.iter().flat_map(|(rank, beyond, _)| [*rank, rank + u64::from(*beyond > 0)]));
        ranks.push(moments.count / 2);
        ranks.sort_unstable();
        ranks.dedup();
        let values = numbers.values.at_ranks(&ranks)?;
        let at = |rank: u64| {
            let found = ranks.binary_search(&rank).ok().and_then(|at| values.get(at));
            i128::from(found.copied().unwrap_or_default())
        };
        let [median, p90, p95, p99] = places.map(|(rank, beyond, parts)| {
            let (low, high) = (at(rank), at(rank + u64::from(beyond > 0)));
            Some(unit.share(low * i128::from(parts) + (high - low) * i128::from(beyond), parts))
        });
        Ok(Self {
            count: moments.count,
            mean: moments.mean(unit),
            median,
            upper_median: Some(unit.of(at(moments.count / 2))),
            min: Some(unit.of(moments.min.into())),
            max: Some(unit.of(moments.max.into())),
            sum: unit.of(moments.sum),
            stdev: moments.deviation(unit),
            p90,
            p95,
            p99,
        })
    }
}

/// The figures of one activity.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityFigures {
    /// The activity as the log names it.
    pub name: Arc<str>,
    /// Events of it.
    pub events: u64,
    /// Cases in which it occurs.
    pub cases: u64,
    /// Cases in which it occurs at least twice.
    pub rework: u64,
    /// Cases that begin with it.
    pub starts: u64,
    /// Cases that end with it.
    pub ends: u64,
    /// Seconds from the start of its events to their time, if starts are known.
    pub service_s: Option<Spread>,
}

/// One pair of activities that follow each other directly.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeFigures {
    /// The earlier activity, as a position in [`ProcessFigures::activities`].
    pub from: usize,
    /// The later activity.
    pub to: usize,
    /// How often the pair follows each other only because its rows stand so: both events have the same time.
    pub tied: u64,
    /// How often it does at all, and the seconds between the two.
    pub seconds: Spread,
}

/// One sequence of activities.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantFigures {
    /// The activities, as positions in [`ProcessFigures::activities`].
    pub activities: Vec<usize>,
    /// Cases that have this sequence.
    pub cases: u64,
    /// Their share of all cases: what pm4py calls the coverage of a variant.
    pub coverage: f64,
    /// The share of all cases that this variant and those before it have together.
    pub cumulative_coverage: f64,
}

/// The time between one activity and any later one of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePair {
    /// The earlier activity, as a position in [`ProcessFigures::activities`].
    pub from: usize,
    /// The later activity.
    pub to: usize,
    /// How often both occur, the later one beginning when the earlier one is complete.
    pub count: u64,
    /// Mean seconds between the two.
    pub mean: Option<f64>,
    /// Their standard deviation.
    pub stdev: Option<f64>,
}

/// The times between all activities of cases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemporalProfile {
    /// Events of a case at most.
    pub most_events: usize,
    /// Cases with more events, which are left out.
    pub cases_left_out: u64,
    /// All pairs, by both names.
    pub pairs: Vec<ProfilePair>,
}

/// The figures of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFigures<'f> {
    /// What the log calls it.
    pub case: std::borrow::Cow<'f, str>,
    /// The number of events of the case.
    pub events: u64,
    /// Its first time, in ticks since 1970.
    pub first: i64,
    /// The last time of the case, in ticks since 1970.
    pub last: i64,
    /// The rank of its variant, from 1.
    pub variant: i64,
}

/// What a log says about its process.
#[derive(Debug, Default)]
pub struct ProcessFigures {
    /// Rows that are events.
    pub events: u64,
    /// Cases with at least one event.
    pub cases: u64,
    /// Rows that are no events.
    pub left_out: LeftOut,
    /// First and last time, in nanoseconds since 1970.
    pub period_ns: Option<(i128, i128)>,
    /// Activities, by name.
    pub activities: Vec<ActivityFigures>,
    /// Pairs of activities, by both names.
    pub edges: Vec<EdgeFigures>,
    /// Seconds from the first to the last event of each case.
    pub case_duration_s: Spread,
    /// A case that takes the least time, and one that takes the most; of several the first by its text.
    pub extreme_cases: Option<(String, String)>,
    /// Events of each case.
    pub case_size: Spread,
    /// Mean seconds between the first events of cases, in their order; absent for a single case.
    pub arrival_s: Option<f64>,
    /// Mean seconds between the last events of cases.
    pub dispersion_s: Option<f64>,
    /// The time in which at least one event was at work, by cases, in seconds; absent without starts.
    pub cycle_time_s: Option<f64>,
    /// Resources by name, with their number of events; absent without a column of resources.
    pub resources: Option<Vec<(Arc<str>, u64)>>,
    /// Events that stand behind a later event of their case in the input, and cases with such events. They
    /// depend on the order of rows, as nothing else does.
    pub late: (u64, u64),
    /// Times between any two activities of a case, if they were asked for.
    pub temporal_profile: Option<TemporalProfile>,
    cases_by_row: Option<CaseRows>,
    tick: Option<Tick>,
    variants: RankedVariants,
}

impl ProcessFigures {
    pub(super) fn of(
        mut tally: Tally,
        texts: (&Words, &Words),
        left_out: LeftOut,
        columns: (Tick, bool, bool),
        workers: usize,
    ) -> Result<Self> {
        let (tick, has_start, has_resource) = columns;
        let seconds = tick.seconds();
        let (names, resources) = texts;
        // An activity that occurs only in rows that are no events is none.
        let mut order = by_name(names);
        order.retain(|number| tally.activities[*number as usize].events > 0);
        let mut places = vec![0; names.len()];
        for (place, number) in (0..).zip(&order) {
            places[*number as usize] = place;
        }
        let mut services: Vec<Option<Spread>> = vec![None; names.len()];
        if has_start {
            for (service, activity) in services.iter_mut().zip(&tally.activities) {
                *service = Some(Spread::of(&activity.service, seconds)?);
            }
        }
        let activities = order.iter().map(|number| {
            let at = *number as usize;
            let it = &tally.activities[at];
            ActivityFigures {
                name: text(names.get(*number)),
                events: it.events,
                cases: it.cases,
                rework: it.rework,
                starts: it.starts,
                ends: it.ends,
                service_s: services[at],
            }
        });
        let activities: Vec<_> = activities.collect();
        let place = |number: u32| places[number as usize] as usize;
        let edges = std::mem::take(&mut tally.edges.all);
        let mut edges: Vec<EdgeFigures> = each(workers, edges, |_, edge| {
            let (from, to) = (place(edge.from), place(edge.to));
            let numbers = Distribution { moments: edge.moments, values: edge.values };
            Ok(EdgeFigures { from, to, tied: edge.tied, seconds: Spread::of(&numbers, seconds)? })
        })?;
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        let gap = |span: super::tally::Span| {
            let gaps = tally.cases.checked_sub(1).filter(|gaps| *gaps > 0)?;
            Some(seconds.share(i128::from(span.last) - i128::from(span.first), gaps))
        };
        let resources = has_resource.then(|| {
            let order = by_name(resources);
            let of = |number: &u32| (text(resources.get(*number)), tally.resources[*number as usize]);
            order.iter().map(of).filter(|(_, events)| *events > 0).collect()
        });
        let covered = i128::try_from(tally.intervals.covered()).unwrap_or(i128::MAX / 1_000);
        let extreme = |kept: &Option<(i64, Box<[u8]>)>| {
            kept.as_ref().map(|(_, case)| String::from_utf8_lossy(case).into_owned())
        };
        let temporal_profile = tally.profile.map(|it| profile(&it, &places, seconds));
        let variants = RankedVariants::of(tally.variants, places.into(), tally.cases)?;
        Ok(Self {
            events: tally.events,
            cases: tally.cases,
            left_out,
            period_ns: (tally.cases > 0)
                .then(|| (tick.nanos(tally.begins.first), tick.nanos(tally.ends.last))),
            activities,
            edges,
            case_duration_s: Spread::of(&tally.durations, seconds)?,
            extreme_cases: extreme(&tally.shortest).zip(extreme(&tally.longest)),
            case_size: Spread::of(&tally.sizes, Unit::ONE)?,
            arrival_s: gap(tally.begins),
            dispersion_s: gap(tally.ends),
            cycle_time_s: (has_start && tally.cases > 0).then(|| seconds.share(covered, tally.cases)),
            resources,
            late: tally.late,
            temporal_profile,
            cases_by_row: tally.rows,
            tick: Some(tick),
            variants,
        })
    }

    /// The name of the activity at a position.
    pub fn activity(&self, position: usize) -> &str {
        self.activities.get(position).map_or("", |activity| &activity.name)
    }

    /// How many variants there are.
    pub fn variant_count(&self) -> usize {
        self.variants.len()
    }

    /// The variants by number of cases, then by names of activities, both from the last to the first.
    pub fn ranked_variants(&self) -> &RankedVariants {
        &self.variants
    }

    /// The same, each with a list of its activities.
    pub fn variants(&self) -> impl Iterator<Item = VariantFigures> {
        self.variants.iter().map(|it| VariantFigures {
            activities: it.activities().collect(),
            cases: it.cases,
            coverage: it.coverage,
            cumulative_coverage: it.cumulative_coverage,
        })
    }

    /// What times are counted in; [`Tick::Micros`] without events.
    pub fn tick(&self) -> Tick {
        self.tick.unwrap_or(Tick::Micros)
    }

    /// Each case in the order of first events, then of texts; none if they were not asked for.
    pub fn each_case(&self) -> impl Iterator<Item = CaseFigures<'_>> {
        let rank = self.variants.ranks();
        let rows = self
            .cases_by_row
            .iter()
            .flat_map(|rows| rows.order().into_iter().map(move |at| rows.get(at as usize)));
        rows.map(move |(row, text)| CaseFigures {
            case: String::from_utf8_lossy(text),
            events: row.events,
            first: row.first,
            last: row.last,
            variant: rank[row.variant as usize],
        })
    }

    /// Pairs of events that follow each other only because their rows stand so, and the edges with such pairs.
    pub fn ties(&self) -> (u64, u64) {
        let tied = self.edges.iter().map(|edge| edge.tied).filter(|tied| *tied > 0);
        tied.fold((0, 0), |(pairs, edges), tied| (pairs + tied, edges + 1))
    }
}

fn profile(profile: &Profile, places: &[u32], seconds: Unit) -> TemporalProfile {
    let pairs = profile.pairs.iter().map(|(pair, moments)| ProfilePair {
        from: places[(pair >> 32) as usize] as usize,
        to: places[(pair & 0xFFFF_FFFF) as usize] as usize,
        count: moments.count,
        mean: moments.mean(seconds),
        stdev: moments.deviation(seconds),
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable_by_key(|pair| (pair.from, pair.to));
    TemporalProfile { most_events: profile.most, cases_left_out: profile.left_out, pairs }
}

fn text(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}

/// The numbers of texts in the order of the texts.
pub(super) fn by_name(texts: &Words) -> Vec<u32> {
    let mut order: Vec<u32> = (0..texts.len() as u32).collect();
    order.sort_unstable_by(|a, b| texts.get(*a).cmp(texts.get(*b)));
    order
}
