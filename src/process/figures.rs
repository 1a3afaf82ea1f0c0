//! The figures of a process, sorted: what all forms of output are written from.

use std::sync::Arc;

use super::cases::CaseRows;
use super::cells::Tick;
use super::fragments::LeftOut;
use super::profile::Profile;
use super::tally::{Distribution, Tally};
use super::variants::Variants;
use super::words::Words;
use crate::error::Result;
use crate::shard::each::each;

/// Quantiles that are told of each distribution.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

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
    /// The least number.
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
    /// The spread of whole numbers, of which `per_unit` are one unit.
    fn of(numbers: &Distribution, per_unit: i64) -> Result<Self> {
        let moments = &numbers.moments;
        let Some(last) = moments.count.checked_sub(1) else { return Ok(Self::default()) };
        let per_unit = per_unit as f64;
        let places = QUANTILES.map(|quantile| last as f64 * quantile);
        let mut ranks: Vec<u64> =
            places.iter().flat_map(|place| [place.floor() as u64, place.ceil() as u64]).collect();
        ranks.push(moments.count / 2);
        ranks.sort_unstable();
        ranks.dedup();
        let values = numbers.values.at_ranks(&ranks)?;
        let at = |rank: u64| {
            let found = ranks.binary_search(&rank).ok().and_then(|at| values.get(at));
            found.copied().unwrap_or_default()
        };
        let quantile = |place: f64| {
            let (low, high) = (at(place.floor() as u64), at(place.ceil() as u64));
            let beyond = high.abs_diff(low) as f64 * place.fract();
            Some((low as f64 + beyond) / per_unit)
        };
        let [median, p90, p95, p99] = places;
        Ok(Self {
            count: moments.count,
            mean: moments.mean().map(|mean| mean / per_unit),
            median: quantile(median),
            upper_median: Some(at(moments.count / 2) as f64 / per_unit),
            min: Some(moments.min as f64 / per_unit),
            max: Some(moments.max as f64 / per_unit),
            sum: moments.sum as f64 / per_unit,
            stdev: moments.deviation().map(|deviation| deviation / per_unit),
            p90: quantile(p90),
            p95: quantile(p95),
            p99: quantile(p99),
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
    variants: Variants,
    /// Variants by rank.
    ranked: Vec<u32>,
    /// For each activity as it is counted its position by name.
    places: Vec<u32>,
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
        let per_second = tick.per_second();
        let (names, resources) = texts;
        let order = by_name(names);
        let mut places = vec![0; names.len()];
        for (place, number) in (0..).zip(&order) {
            places[*number as usize] = place;
        }
        let mut services: Vec<Option<Spread>> = vec![None; names.len()];
        if has_start {
            for (service, activity) in services.iter_mut().zip(&tally.activities) {
                *service = Some(Spread::of(&activity.service, per_second)?);
            }
        }
        // An activity that occurs only in rows that are no events is none.
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
            Ok(EdgeFigures { from, to, tied: edge.tied, seconds: Spread::of(&numbers, per_second)? })
        })?;
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        let between = |first: i64, last: i64| last.abs_diff(first) as f64 / per_second as f64;
        let gap = |span: super::tally::Span| {
            let gaps = tally.cases.checked_sub(1).filter(|gaps| *gaps > 0)?;
            Some(between(span.first, span.last) / gaps as f64)
        };
        let resources = has_resource.then(|| {
            let order = by_name(resources);
            let of = |number: &u32| (text(resources.get(*number)), tally.resources[*number as usize]);
            order.iter().map(of).filter(|(_, events)| *events > 0).collect()
        });
        let covered = tally.intervals.covered() as f64 / per_second as f64;
        let extreme = |kept: &Option<(i64, Box<[u8]>)>| {
            kept.as_ref().map(|(_, case)| String::from_utf8_lossy(case).into_owned())
        };
        let ranked = tally.variants.ranked(&places)?;
        Ok(Self {
            events: tally.events,
            cases: tally.cases,
            left_out,
            period_ns: (tally.cases > 0).then(|| {
                let nanos = |time: i64| i128::from(time) * i128::from(1_000_000_000 / per_second);
                (nanos(tally.begins.first), nanos(tally.ends.last))
            }),
            activities,
            edges,
            case_duration_s: Spread::of(&tally.durations, per_second)?,
            extreme_cases: extreme(&tally.shortest).zip(extreme(&tally.longest)),
            case_size: Spread::of(&tally.sizes, 1)?,
            arrival_s: gap(tally.begins),
            dispersion_s: gap(tally.ends),
            cycle_time_s: (has_start && tally.cases > 0).then(|| covered / tally.cases as f64),
            resources,
            late: tally.late,
            temporal_profile: tally.profile.map(|it| profile(&it, &places, per_second)),
            cases_by_row: tally.rows,
            tick: Some(tick),
            variants: tally.variants,
            ranked,
            places,
        })
    }

    /// The name of the activity at a position.
    pub fn activity(&self, position: usize) -> &str {
        self.activities.get(position).map_or("", |activity| &activity.name)
    }

    /// How many variants there are.
    pub fn variant_count(&self) -> usize {
        self.ranked.len()
    }

    /// The variants by number of cases, then by names of activities, both from the last to the first.
    pub fn variants(&self) -> impl Iterator<Item = VariantFigures> {
        let share = |cases: u64| cases as f64 / self.cases.max(1) as f64;
        let mut before = 0;
        self.ranked.iter().map(move |variant| {
            let cases = self.variants.cases(*variant);
            before += cases;
            VariantFigures {
                activities: self
                    .variants
                    .activities(*variant)
                    .map(|it| self.places[it as usize] as usize)
                    .collect(),
                cases,
                coverage: share(cases),
                cumulative_coverage: share(before),
            }
        })
    }

    /// What times are counted in; [`Tick::Micros`] without events.
    pub fn tick(&self) -> Tick {
        self.tick.unwrap_or(Tick::Micros)
    }

    /// Each case in the order of first events, then of texts; none if they were not asked for.
    pub fn each_case(&self) -> impl Iterator<Item = CaseFigures<'_>> {
        let mut rank = vec![0; self.ranked.len()];
        for (place, variant) in (1..).zip(&self.ranked) {
            rank[*variant as usize] = place;
        }
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

fn profile(profile: &Profile, places: &[u32], per_second: i64) -> TemporalProfile {
    let pairs = profile.pairs.iter().map(|(pair, moments)| ProfilePair {
        from: places[(pair >> 32) as usize] as usize,
        to: places[(pair & 0xFFFF_FFFF) as usize] as usize,
        count: moments.count,
        mean: moments.mean().map(|it| it / per_second as f64),
        stdev: moments.deviation().map(|it| it / per_second as f64),
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable_by_key(|pair| (pair.from, pair.to));
    TemporalProfile { most_events: profile.most, cases_left_out: profile.left_out, pairs }
}

fn text(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}

/// The numbers of texts in the order of the texts.
fn by_name(texts: &Words) -> Vec<u32> {
    let mut order: Vec<u32> = (0..texts.len() as u32).collect();
    order.sort_unstable_by(|a, b| texts.get(*a).cmp(texts.get(*b)));
    order
}
