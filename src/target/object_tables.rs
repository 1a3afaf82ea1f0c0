//! The statistics of an object-centric log as Parquet files: the graph, variants and activities by type, and
//! objects, in a folder that appears whole or not at all.

use std::sync::Arc;

use arrow::array::{ArrayBuilder, ArrayRef, Int64Array, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::{DataType, SchemaRef};

use crate::error::Result;
use crate::process::objects::{ActivityOfType, ObjectEdge, ObjectFigures, ObjectRow};
use crate::process::ranking::RankedVariant;
use crate::process::{Spread, Tick};
use crate::target::process_tables::{
    ACTIVITIES, EDGES, OBJECTS, ProcessTables, SPREAD, VARIANTS, floats, integers, list_type, schema,
    spread_columns, time_type, times,
};

/// Writes all tables.
///
/// # Errors
/// [`Code::OutputWrite`](crate::error::Code::OutputWrite).
pub fn fill_objects(tables: &ProcessTables, figures: &ObjectFigures) -> Result<()> {
    tables.table(EDGES, edge_schema(), figures.edges.iter(), |_| 0, |rows| edge_columns(figures, &rows))?;
    let types = figures.object_types.iter().enumerate();
    let variants = types.clone().flat_map(|(at, of)| (1..).zip(of.variants.iter()).map(move |it| (at, it)));
    let length = |(_, (_, it)): &(usize, (i64, RankedVariant<'_>))| it.activities().count();
    tables.table(VARIANTS, variant_schema(), variants, length, |rows| variant_columns(figures, &rows))?;
    let activities = types.flat_map(|(at, of)| of.activities.iter().map(move |it| (at, it)));
    tables.table(
        ACTIVITIES,
        activity_schema(),
        activities,
        |_| 0,
        |rows| activity_columns(figures, &rows),
    )?;
    let tick = figures.tick();
    let objects = figures.each_object();
    tables.table(OBJECTS, object_schema(tick), objects, |_| 0, |rows| object_columns(figures, tick, &rows))
}

fn texts<'t>(values: impl Iterator<Item = &'t str>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<StringArray>())
}

fn edge_schema() -> SchemaRef {
    let mut columns = vec![
        ("object_type", DataType::Utf8),
        ("from", DataType::Utf8),
        ("to", DataType::Utf8),
        ("event_couples", DataType::Int64),
        ("unique_objects", DataType::Int64),
        ("total_objects", DataType::Int64),
    ];
    columns.extend(SPREAD.map(|name| (name, DataType::Float64)));
    columns.extend([("total_mean_s", DataType::Float64), ("tied", DataType::Int64)]);
    schema(&columns)
}

fn edge_columns(figures: &ObjectFigures, edges: &[&ObjectEdge]) -> Vec<ArrayRef> {
    let couples: Vec<Spread> = edges.iter().map(|edge| edge.event_couples).collect();
    let mut columns = vec![
        texts(edges.iter().map(|it| figures.object_type(it.object_type))),
        texts(edges.iter().map(|it| figures.activity(it.from))),
        texts(edges.iter().map(|it| figures.activity(it.to))),
        integers(couples.iter().map(|it| it.count)),
        integers(edges.iter().map(|it| it.unique_objects)),
        integers(edges.iter().map(|it| it.total_objects.count)),
    ];
    columns.extend(spread_columns(&couples));
    columns.push(floats(edges.iter().map(|it| it.total_objects.mean)));
    columns.push(integers(edges.iter().map(|it| it.tied)));
    columns
}

fn variant_schema() -> SchemaRef {
    schema(&[
        ("object_type", DataType::Utf8),
        ("variant", DataType::Int64),
        ("objects", DataType::Int64),
        ("coverage", DataType::Float64),
        ("cumulative_coverage", DataType::Float64),
        ("events", DataType::Int64),
        ("activities", list_type()),
    ])
}

fn variant_columns(figures: &ObjectFigures, rows: &[(usize, (i64, RankedVariant<'_>))]) -> Vec<ArrayRef> {
    let mut activities = ListBuilder::new(StringBuilder::new());
    let mut events = Vec::with_capacity(rows.len());
    for (_, (_, variant)) in rows {
        let before = activities.values().len();
        for activity in variant.activities() {
            activities.values().append_value(figures.activity(activity));
        }
        events.push((activities.values().len() - before) as u64);
        activities.append(true);
    }
    vec![
        texts(rows.iter().map(|(at, _)| figures.object_type(*at))),
        Arc::new(rows.iter().map(|(_, (rank, _))| *rank).collect::<Int64Array>()),
        integers(rows.iter().map(|(_, (_, it))| it.cases)),
        floats(rows.iter().map(|(_, (_, it))| Some(it.coverage))),
        floats(rows.iter().map(|(_, (_, it))| Some(it.cumulative_coverage))),
        integers(events.into_iter()),
        Arc::new(activities.finish()),
    ]
}

fn activity_schema() -> SchemaRef {
    let counts = [
        "events",
        "unique_objects",
        "total_objects",
        "start_events",
        "start_objects",
        "end_events",
        "end_objects",
    ];
    let mut columns = vec![("object_type", DataType::Utf8), ("activity", DataType::Utf8)];
    columns.extend(counts.map(|name| (name, DataType::Int64)));
    schema(&columns)
}

fn activity_columns(figures: &ObjectFigures, rows: &[(usize, &ActivityOfType)]) -> Vec<ArrayRef> {
    let counts = |of: fn(&ActivityOfType) -> u64| integers(rows.iter().map(|(_, it)| of(it)));
    vec![
        texts(rows.iter().map(|(at, _)| figures.object_type(*at))),
        texts(rows.iter().map(|(_, it)| figures.activity(it.activity))),
        counts(|it| it.events),
        counts(|it| it.unique_objects),
        counts(|it| it.total_objects),
        counts(|it| it.start_events),
        counts(|it| it.start_objects),
        counts(|it| it.end_events),
        counts(|it| it.end_objects),
    ]
}

fn object_schema(tick: Tick) -> SchemaRef {
    schema(&[
        ("object_id", DataType::Utf8),
        ("object_type", DataType::Utf8),
        ("events", DataType::Int64),
        ("first_event", time_type(tick)),
        ("last_event", time_type(tick)),
        ("duration_s", DataType::Float64),
        ("interacting_objects", DataType::Int64),
        ("variant", DataType::Int64),
    ])
}

fn object_columns(figures: &ObjectFigures, tick: Tick, rows: &[ObjectRow<'_>]) -> Vec<ArrayRef> {
    let seconds = |row: &ObjectRow<'_>| row.period.map(|(first, last)| tick.seconds_between(first, last));
    vec![
        texts(rows.iter().map(|row| &*row.id)),
        texts(rows.iter().map(|row| figures.object_type(row.object_type))),
        integers(rows.iter().map(|row| row.events)),
        times(tick, rows.iter().map(|row| row.period.map(|it| it.0))),
        times(tick, rows.iter().map(|row| row.period.map(|it| it.1))),
        floats(rows.iter().map(seconds)),
        integers(rows.iter().map(|row| row.interacting_objects)),
        Arc::new(rows.iter().map(|row| row.variant).collect::<Int64Array>()),
    ]
}
