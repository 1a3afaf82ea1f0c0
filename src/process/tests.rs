//! The engine beside a plain twin: the same figures, whatever the order of rows, the workers and the memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray};
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::figures::ProcessFigures;
use super::json;
use super::step::{ProcessStep, ProcessWishes};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::step::{Finding, Step};

/// One row: case, activity, time, start and resource.
type Row = (Option<String>, Option<String>, Option<i64>, Option<i64>, Option<String>);

fn table(has_start: bool, unit: TimeUnit) -> TableSchema {
    let time = DataType::Timestamp(unit, None);
    let column = |name: &str, data_type: &DataType, role| TableColumn {
        field: Arc::new(Field::new(name, data_type.clone(), true)),
        roles: vec![role],
        source: None,
    };
    let mut columns = vec![
        column("case", &DataType::Utf8, Role::Case),
        column("activity", &DataType::Utf8, Role::Activity),
        column("time", &time, Role::Timestamp),
        column("who", &DataType::Utf8, Role::Resource),
    ];
    if has_start {
        columns.push(column("start", &time, Role::StartTimestamp));
    }
    TableSchema { table: TableId(0), name: None, columns }
}

/// The figures of rows that several workers get in batches of a size.
fn figures(rows: &[Row], has_start: bool, workers: usize, batch: usize) -> ProcessFigures {
    figures_in(TimeUnit::Microsecond, rows, has_start, workers, batch)
}

/// The same with times in microseconds or nanoseconds.
fn figures_in(unit: TimeUnit, rows: &[Row], has_start: bool, workers: usize, batch: usize) -> ProcessFigures {
    let wishes = ProcessWishes { cases: true, temporal_profile: Some(1_000) };
    let run = RunOptions { threads: workers, ..RunOptions::default() };
    let step = ProcessStep::new(&run, wishes, &Observer::default()).with_ration(if batch == 7 {
        0
    } else {
        1 << 20
    });
    let bound = step.bind(&table(has_start, unit)).unwrap().unwrap();
    let mut all: Option<Box<dyn Finding>> = None;
    for part in rows.chunks(rows.len().div_ceil(workers).max(1)) {
        let mut worker = (bound.start)();
        for rows in part.chunks(batch) {
            let text = |of: fn(&Row) -> &Option<String>| -> ArrayRef {
                Arc::new(rows.iter().map(|row| of(row).as_deref()).collect::<StringArray>())
            };
            let time = |of: fn(&Row) -> Option<i64>| -> ArrayRef {
                match unit {
                    TimeUnit::Nanosecond => {
                        let nanos = rows.iter().map(|row| of(row).map(|it| it * 1_000));
                        Arc::new(nanos.collect::<TimestampNanosecondArray>())
                    }
                    _ => Arc::new(rows.iter().map(of).collect::<TimestampMicrosecondArray>()),
                }
            };
            let mut columns =
                vec![text(|row| &row.0), text(|row| &row.1), time(|row| row.2), text(|row| &row.4)];
            if has_start {
                columns.push(time(|row| row.3));
            }
            worker.batch(RecordBatch::try_new(bound.output.arrow(), columns).unwrap()).unwrap();
        }
        let found = worker.finish().unwrap().unwrap();
        match &mut all {
            None => all = Some(found),
            Some(all) => all.join(found).unwrap(),
        }
    }
    if let Some(all) = &mut all {
        all.conclude().unwrap();
    }
    step.take_figures()
}

fn text(figures: &ProcessFigures) -> String {
    let mut out = Vec::new();
    json::write(figures, None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Counts edges, durations of edges, variants and starts as plainly as can be.
#[derive(Debug, Default, PartialEq)]
struct Plain {
    events: u64,
    edges: BTreeMap<(String, String), Vec<i64>>,
    variants: BTreeMap<Vec<String>, u64>,
    durations: Vec<i64>,
    rework: BTreeMap<String, u64>,
    resources: BTreeMap<String, u64>,
    cases: Vec<(String, u64, i64, i64)>,
}

fn plain(rows: &[Row], has_start: bool) -> Plain {
    let mut cases: BTreeMap<String, Vec<(i64, i64, String)>> = BTreeMap::new();
    let mut plain = Plain::default();
    for (case, activity, time, start, who) in rows {
        let (Some(case), Some(activity), Some(time)) = (case, activity, time) else { continue };
        let start = start.filter(|_| has_start).unwrap_or(*time);
        cases.entry(case.clone()).or_default().push((*time, start, activity.clone()));
        plain.events += 1;
        if let Some(who) = who {
            *plain.resources.entry(who.clone()).or_default() += 1;
        }
    }
    for (case, mut events) in cases {
        events.sort_by_key(|event| event.0);
        let (first, last) = (events[0].0, events[events.len() - 1].0);
        plain.durations.push(last - first);
        plain.cases.push((case, events.len() as u64, first, last));
        let names: Vec<String> = events.iter().map(|event| event.2.clone()).collect();
        let mut counts: BTreeMap<&String, u64> = BTreeMap::new();
        names.iter().for_each(|name| *counts.entry(name).or_default() += 1);
        for (name, _) in counts.into_iter().filter(|(_, count)| *count > 1) {
            *plain.rework.entry(name.clone()).or_default() += 1;
        }
        *plain.variants.entry(names).or_default() += 1;
        if has_start {
            events.sort_by_key(|event| (event.1, event.0));
        }
        for pair in events.windows(2) {
            let pair_of_names = (pair[0].2.clone(), pair[1].2.clone());
            plain.edges.entry(pair_of_names).or_default().push(pair[1].1 - pair[0].0);
        }
    }
    plain.durations.sort_unstable();
    plain.edges.values_mut().for_each(|durations| durations.sort_unstable());
    plain.cases.sort_by(|a, b| (a.2, &a.0).cmp(&(b.2, &b.0)));
    plain
}

/// Fails unless the figures are those of the twin.
fn agree(found: &ProcessFigures, expected: &Plain) {
    assert_eq!(found.events, expected.events);
    assert_eq!(found.cases, expected.durations.len() as u64);
    let near = |ours: Option<f64>, theirs: f64, what: &str| {
        let ours = ours.unwrap();
        assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{what}: {ours}, not {theirs}");
    };
    let edges: Vec<_> =
        found.edges.iter().map(|it| (found.activity(it.from), found.activity(it.to))).collect();
    let pairs: Vec<_> = expected.edges.keys().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(edges, pairs);
    for (edge, ticks) in found.edges.iter().zip(expected.edges.values()) {
        let seconds: Vec<f64> = ticks.iter().map(|it| *it as f64 / 1e6).collect();
        let count = seconds.len() as f64;
        assert_eq!(edge.seconds.count, seconds.len() as u64);
        let mean = seconds.iter().sum::<f64>() / count;
        near(edge.seconds.mean, mean, "mean");
        near(
            edge.seconds.median,
            (seconds[(seconds.len() - 1) / 2] + seconds[seconds.len() / 2]) / 2.0,
            "median",
        );
        near(edge.seconds.min, seconds[0], "min");
        near(edge.seconds.max, seconds[seconds.len() - 1], "max");
        match edge.seconds.stdev {
            None => assert_eq!(seconds.len(), 1),
            Some(stdev) => {
                let squares: f64 = seconds.iter().map(|it| (it - mean) * (it - mean)).sum();
                near(Some(stdev), (squares / (count - 1.0)).sqrt(), "stdev");
            }
        }
    }
    let variants: Vec<(Vec<String>, u64)> = found
        .variants()
        .map(|it| (it.activities.iter().map(|at| found.activity(*at).to_owned()).collect(), it.cases))
        .collect();
    let mut ranked: Vec<(Vec<String>, u64)> = expected.variants.clone().into_iter().collect();
    ranked.sort_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
    assert_eq!(variants, ranked);
    let rework =
        found.activities.iter().filter(|it| it.rework > 0).map(|it| (it.name.to_string(), it.rework));
    assert_eq!(rework.collect::<BTreeMap<_, _>>(), expected.rework);
    let resources = found.resources.iter().flatten().map(|(name, events)| (name.to_string(), *events));
    assert_eq!(resources.collect::<BTreeMap<_, _>>(), expected.resources);
    let median = expected.durations.get(expected.durations.len() / 2).map(|it| *it as f64 / 1e6);
    assert_eq!(found.case_duration_s.upper_median, median);
    let cases: Vec<_> =
        found.each_case().map(|it| (it.case.into_owned(), it.events, it.first, it.last)).collect();
    assert_eq!(cases, expected.cases);
}

/// Numbers without an order, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A log in which times are often equal, and some values are missing.
fn log(count: usize, cases: u64, activities: u64, chance: &mut Chance) -> Vec<Row> {
    let mut row = || {
        let time = 1_700_000_000_000_000 + chance.below(500) as i64 * 1_000_000 + chance.below(2) as i64;
        let some = |chance: &mut Chance, text: String| (chance.below(50) > 0).then_some(text);
        let case = format!("case {}", chance.below(cases));
        let activity = format!("activity {}", chance.below(activities));
        let start = (chance.below(9) > 0).then(|| time - chance.below(90) as i64 * 1_000_000);
        let who = format!("who {}", chance.below(3));
        let case = some(chance, case);
        let activity = some(chance, activity);
        let who = some(chance, who);
        let time = (chance.below(40) > 0).then_some(time);
        (case, activity, time, start, who)
    };
    (0..count).map(|_| row()).collect()
}

#[test]
fn figures_are_those_of_a_plain_count_with_any_workers_and_memory() {
    let mut chance = Chance(7);
    for (count, cases, activities) in [(0, 1, 1), (1, 1, 1), (300, 1, 4), (2_000, 40, 5), (2_000, 900, 700)] {
        let rows = log(count, cases, activities, &mut chance);
        for has_start in [false, true] {
            let expected = plain(&rows, has_start);
            let mut texts = Vec::new();
            for (workers, batch) in [(1, 4096), (1, 7), (3, 100), (8, 7)] {
                let found = figures(&rows, has_start, workers, batch);
                agree(&found, &expected);
                texts.push(text(&found));
            }
            texts.dedup();
            assert_eq!(texts.len(), 1, "the same bytes with any workers");
        }
    }
}

#[test]
fn a_permutation_that_keeps_the_order_of_ties_changes_nothing() {
    let mut chance = Chance(11);
    let rows = log(1_500, 60, 6, &mut chance);
    let expected = text(&figures(&rows, false, 1, 4096));
    for _ in 0..5 {
        // Rows of one case and time have one key, and a stable sort keeps them as they stand.
        let keys: BTreeMap<(Option<String>, Option<i64>), u64> =
            rows.iter().map(|row| ((row.0.clone(), row.2), chance.below(u64::MAX))).collect();
        let mut other = rows.clone();
        other.sort_by_key(|row| keys[&(row.0.clone(), row.2)]);
        assert_ne!(other, rows);
        assert_eq!(text(&figures(&other, false, 3, 100)), expected);
    }
}

#[test]
fn the_same_instants_have_the_same_bytes_in_every_unit() {
    let mut chance = Chance(13);
    // Numbers of terms that leave a rest, in all figures that are divided by one.
    for (count, cases) in [(7, 3), (700, 37), (1_999, 211)] {
        let rows = log(count, cases, 4, &mut chance);
        for has_start in [false, true] {
            let [micros, nanos] = [TimeUnit::Microsecond, TimeUnit::Nanosecond]
                .map(|unit| text(&figures_in(unit, &rows, has_start, 2, 100)));
            assert_eq!(micros, nanos);
        }
    }
}

#[test]
fn a_case_of_many_events_is_put_in_order_by_runs() {
    let mut chance = Chance(5);
    // Ten times as many events as a run has in tests.
    let rows = log(5_000, 1, 3, &mut chance);
    for has_start in [false, true] {
        agree(&figures(&rows, has_start, 2, 100), &plain(&rows, has_start));
    }
}
