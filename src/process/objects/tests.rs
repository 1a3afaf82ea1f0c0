//! The engine beside a plain twin: the same figures, whatever the workers and the memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray};
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::figures::ObjectFigures;
use super::json;
use super::step::{ObjectStep, ObjectTypes};
use crate::model::catalog::{TableColumn, TableSchema};
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::step::{Finding, Step};

/// A log: events with activity and time, objects with their types, relations in the order of their rows.
#[derive(Debug, Clone, Default)]
struct Log {
    events: Vec<(String, usize, i64)>,
    objects: Vec<(String, usize)>,
    relations: Vec<(String, String)>,
}

const ACTIVITIES: [&str; 3] = ["pay", "pack", "a ship"];
const TYPES: [&str; 3] = ["order", "item", "customer"];

/// Numbers without an order, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A log with equal times, relations that occur twice or lead nowhere, and events and objects without any.
fn log(events: u64, objects: u64, chance: &mut Chance) -> Log {
    let mut log = Log::default();
    for object in 0..objects {
        log.objects.push((format!("o{object}"), chance.below(3) as usize));
    }
    for event in 0..events {
        let time = 1_700_000_000_000_000 + chance.below(40) as i64 * 1_000_001;
        let id = format!("e{event}");
        log.events.push((id.clone(), chance.below(3) as usize, time));
        for _ in 0..chance.below(5) {
            // Some objects are not there; the first one is that of very many events.
            let object = if chance.below(3) == 0 { 0 } else { chance.below(objects + 3) };
            log.relations.push((id.clone(), format!("o{object}")));
        }
    }
    log.relations.push(("nothing".to_owned(), "o0".to_owned()));
    log
}

fn schema(name: &str, columns: &[(&str, DataType)]) -> TableSchema {
    let column = |(name, of): &(&str, DataType)| TableColumn::computed(Field::new(*name, of.clone(), true));
    TableSchema::new(Some(name.into()), columns.iter().map(column).collect())
}

fn text<'t>(values: impl Iterator<Item = &'t str>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<StringArray>())
}

/// The figures of a log that several workers get in batches of a size; times in nanoseconds or microseconds.
fn figures(log: &Log, workers: usize, batch: usize, nanos: bool) -> ObjectFigures {
    let run = RunOptions { threads: workers, ..RunOptions::default() };
    let ration = if batch == 7 { 0 } else { 1 << 20 };
    let step = ObjectStep::with_ration(&run, true, &Observer::default(), Some(ration));
    let mut types = ObjectTypes::default();
    for (at, name) in ACTIVITIES.iter().enumerate() {
        let table = format!("events/{at}");
        let of: Vec<_> = log.events.iter().filter(|event| event.1 == at).collect();
        let unit = if nanos { TimeUnit::Nanosecond } else { TimeUnit::Microsecond };
        let columns = [("ocel_id", DataType::Utf8), ("ocel_time", DataType::Timestamp(unit, None))];
        pass(&step, &schema(&table, &columns), &of, (workers, batch), |rows| {
            let times = rows.iter().map(|row| row.2);
            let times: ArrayRef = match nanos {
                true => Arc::new(TimestampNanosecondArray::from_iter_values(times.map(|it| it * 1_000))),
                false => Arc::new(TimestampMicrosecondArray::from_iter_values(times)),
            };
            vec![text(rows.iter().map(|row| row.0.as_str())), times]
        });
        types.events.push((table, (*name).to_owned()));
    }
    for (at, name) in TYPES.iter().enumerate() {
        let table = format!("objects/{at}");
        let of: Vec<_> = log.objects.iter().filter(|object| object.1 == at).collect();
        pass(&step, &schema(&table, &[("ocel_id", DataType::Utf8)]), &of, (workers, batch), |rows| {
            vec![text(rows.iter().map(|row| row.0.as_str()))]
        });
        types.objects.push((table, (*name).to_owned()));
    }
    let columns = ["ocel_event_id", "ocel_object_id"].map(|name| (name, DataType::Utf8));
    let all: Vec<_> = log.relations.iter().collect();
    pass(&step, &schema(ObjectStep::RELATIONS, &columns), &all, (workers, batch), |rows| {
        vec![text(rows.iter().map(|row| row.0.as_str())), text(rows.iter().map(|row| row.1.as_str()))]
    });
    step.figures(&types).unwrap()
}

/// Has the rows of a table pass the step, divided among workers.
fn pass<T>(
    step: &ObjectStep,
    table: &TableSchema,
    rows: &[T],
    (workers, batch): (usize, usize),
    columns: impl Fn(&[T]) -> Vec<ArrayRef>,
) {
    let bound = step.bind(table).unwrap().unwrap();
    let mut all: Option<Box<dyn Finding>> = None;
    for part in rows.chunks(rows.len().div_ceil(workers).max(1)) {
        let mut worker = (bound.start)();
        for rows in part.chunks(batch) {
            worker.batch(RecordBatch::try_new(table.arrow(), columns(rows)).unwrap()).unwrap();
        }
        let found = worker.finish().unwrap().unwrap();
        match &mut all {
            None => all = Some(found),
            Some(all) => all.join(found).unwrap(),
        }
    }
    all.into_iter().for_each(|mut all| all.conclude().unwrap());
}

/// An edge by the names of type and activities.
type Names = (String, String, String);

/// Everything that is compared, counted as plainly as can be.
#[derive(Debug, Default, PartialEq)]
struct Plain {
    counts: [u64; 6],
    /// Pairs of events, objects, and objects each time with their pair of events; seconds of the pairs.
    edges: BTreeMap<Names, (u64, u64, u64, Vec<i64>)>,
    /// Events, objects and relations of each type and activity.
    activities: BTreeMap<(String, String), (u64, u64, u64)>,
    /// Events and objects, those of starts before those of ends.
    bounds: BTreeMap<(String, String), [u64; 4]>,
    /// Type, events, interacting objects and activities of each object.
    lives: BTreeMap<String, (String, u64, u64, Vec<String>)>,
    interactions: BTreeMap<(String, String), (u64, u64)>,
}

/// The events of an activity at objects of a type, these objects, and how often the two meet.
type OfType<'l> = (BTreeSet<&'l str>, BTreeSet<&'l str>, u64);

fn plain(log: &Log) -> Plain {
    let events: BTreeMap<&str, (usize, i64)> =
        log.events.iter().map(|(id, activity, time)| (id.as_str(), (*activity, *time))).collect();
    let types: BTreeMap<&str, usize> = log.objects.iter().map(|(id, of)| (id.as_str(), *of)).collect();
    let mut of_event: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    // For each event of an object its time, the row of the relation, and its identifier.
    let mut of_object: BTreeMap<&str, Vec<(i64, usize, &str)>> = BTreeMap::new();
    let (mut first_row, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let mut found = Plain::default();
    for (row, (event, object)) in log.relations.iter().enumerate() {
        if !types.contains_key(object.as_str()) {
            found.counts[5] += 1;
        } else if !events.contains_key(event.as_str()) {
            found.counts[4] += 1;
        } else if !seen.insert((event, object)) {
            found.counts[3] += 1;
        } else {
            let position = *first_row.entry(event.as_str()).or_insert(row);
            of_event.entry(event).or_default().push(object);
            of_object.entry(object).or_default().push((events[event.as_str()].1, position, event));
        }
    }
    found.counts[0] = events.len() as u64;
    found.counts[1] = types.len() as u64;
    found.counts[2] = seen.len() as u64;
    let type_name = |object: &str| TYPES[types[object]].to_owned();
    let name = |event: &str| ACTIVITIES[events[event].0].to_owned();
    let mut couples: BTreeMap<Names, BTreeSet<(&str, &str)>> = BTreeMap::new();
    let mut with: BTreeMap<(String, String), OfType<'_>> = BTreeMap::new();
    let mut bounds: BTreeMap<(String, String), [BTreeSet<&str>; 4]> = BTreeMap::new();
    for object in types.keys() {
        let mut own = of_object.remove(object).unwrap_or_default();
        own.sort_unstable();
        let others: BTreeSet<&str> = own.iter().flat_map(|it| of_event[it.2].iter().copied()).collect();
        let of = type_name(object);
        let names: Vec<String> = own.iter().map(|it| name(it.2)).collect();
        let mut own_edges = BTreeSet::new();
        for pair in own.windows(2) {
            let edge = (of.clone(), name(pair[0].2), name(pair[1].2));
            let tally = found.edges.entry(edge.clone()).or_default();
            tally.1 += u64::from(own_edges.insert(edge.clone()));
            tally.2 += 1;
            if couples.entry(edge).or_default().insert((pair[0].2, pair[1].2)) {
                tally.0 += 1;
                tally.3.push(pair[1].0 - pair[0].0);
            }
        }
        for (_, _, event) in &own {
            let tally = with.entry((of.clone(), name(event))).or_default();
            tally.0.insert(event);
            tally.1.insert(object);
            tally.2 += 1;
        }
        if let (Some(first), Some(last)) = (own.first(), own.last()) {
            let starts = bounds.entry((of.clone(), name(first.2))).or_default();
            starts[0].insert(first.2);
            starts[1].insert(object);
            let ends = bounds.entry((of.clone(), name(last.2))).or_default();
            ends[2].insert(last.2);
            ends[3].insert(object);
        }
        let interacting = (others.len() as u64).saturating_sub(1);
        found.lives.insert((*object).to_owned(), (of, own.len() as u64, interacting, names));
    }
    let counted = |it: OfType<'_>| (it.0.len() as u64, it.1.len() as u64, it.2);
    found.activities = with.into_iter().map(|(key, it)| (key, counted(it))).collect();
    found.bounds = bounds.into_iter().map(|(key, it)| (key, it.map(|all| all.len() as u64))).collect();
    found.edges.values_mut().for_each(|it| it.3.sort_unstable());
    for objects in of_event.values() {
        let mut met: BTreeMap<(String, String), u64> = BTreeMap::new();
        for (at, one) in objects.iter().enumerate() {
            for other in &objects[at + 1..] {
                let (one, other) = (type_name(one), type_name(other));
                let both = if one <= other { (one, other) } else { (other, one) };
                *met.entry(both).or_default() += 1;
            }
        }
        for (both, pairs) in met {
            let sum = found.interactions.entry(both).or_default();
            *sum = (sum.0 + 1, sum.1 + pairs);
        }
    }
    found
}

/// The same of what the engine found.
fn as_plain(found: &ObjectFigures, log: &Log) -> Plain {
    let left = found.left_out;
    let of = |at: usize| found.object_type(at).to_owned();
    let name = |at: usize| found.activity(at).to_owned();
    let mut plain = Plain {
        counts: [
            found.events,
            found.objects,
            found.relations,
            left.duplicates,
            left.without_event,
            left.without_object,
        ],
        ..Plain::default()
    };
    let twin = self::plain(log);
    for edge in &found.edges {
        let key = (of(edge.object_type), name(edge.from), name(edge.to));
        let (couples, total) = (&edge.event_couples, &edge.total_objects);
        // Quantiles and moments are tested where they are made: here the least, the greatest and the sum are
        // compared with those of the twin.
        let seconds = twin.edges.get(&key).map(|it| it.3.clone()).unwrap_or_default();
        let sum: i64 = seconds.iter().sum();
        let expected =
            (seconds.first().map(|it| *it as f64 / 1e6), seconds.last().map(|it| *it as f64 / 1e6));
        assert_eq!((couples.min, couples.max), expected, "{key:?}");
        assert!((couples.sum - sum as f64 / 1e6).abs() < 1e-9, "{key:?}");
        plain.edges.insert(key, (couples.count, edge.unique_objects, total.count, seconds));
    }
    for (at, types) in found.object_types.iter().enumerate() {
        for it in &types.activities {
            let key = (of(at), name(it.activity));
            plain.activities.insert(key.clone(), (it.events, it.unique_objects, it.total_objects));
            let bounds = [it.start_events, it.start_objects, it.end_events, it.end_objects];
            if bounds != [0; 4] {
                plain.bounds.insert(key, bounds);
            }
        }
    }
    let variants: Vec<Vec<Vec<String>>> = found
        .object_types
        .iter()
        .map(|it| it.variants.iter().map(|it| it.activities().map(name).collect()).collect())
        .collect();
    for row in found.each_object() {
        let rank = row.variant.map(|rank| rank as usize - 1);
        let names = rank.map(|rank| variants[row.object_type][rank].clone()).unwrap_or_default();
        let life = (of(row.object_type), row.events, row.interacting_objects, names);
        plain.lives.insert(row.id.into_owned(), life);
    }
    for it in &found.interactions {
        plain.interactions.insert((of(it.object_type), of(it.other_type)), (it.events, it.pairs));
    }
    plain
}

fn bytes(figures: &ObjectFigures) -> String {
    let mut out = Vec::new();
    json::write(figures, None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn figures_are_those_of_a_plain_count_with_any_workers_and_memory() {
    let mut chance = Chance(3);
    for (events, objects) in [(0, 1), (1, 1), (40, 6), (600, 9), (400, 1_500)] {
        let log = log(events, objects, &mut chance);
        let expected = plain(&log);
        let mut texts = Vec::new();
        for (workers, batch, nanos) in [(1, 4096, false), (1, 7, false), (3, 100, false), (8, 7, true)] {
            let found = figures(&log, workers, batch, nanos);
            assert_eq!(as_plain(&found, &log), expected);
            texts.push(bytes(&found));
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "the same bytes with any workers and units of time");
    }
}

#[test]
fn of_an_identifier_that_is_there_twice_the_earliest_event_and_the_first_type_count() {
    let mut log = Log::default();
    let row = |id: &str, activity, time| (id.to_owned(), activity, time);
    log.events = vec![row("e", 0, 5_000_000), row("e", 1, 3_000_000), row("f", 2, 9_000_000)];
    log.objects = vec![("o".to_owned(), 0), ("o".to_owned(), 1)];
    log.relations = [("e", "o"), ("f", "o")].map(|(e, o)| (e.to_owned(), o.to_owned())).into();
    let found = figures(&log, 2, 1, false);
    assert_eq!((found.events, found.objects, found.edges.len()), (2, 1, 1));
    let edge = &found.edges[0];
    assert_eq!(found.object_type(edge.object_type), "item");
    assert_eq!((found.activity(edge.from), edge.event_couples.sum), ("pack", 6.0));
}
