//! Figures of an object-centric log as one JSON object, written piece by piece.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::figures::{ActivityOfType, ObjectEdge, ObjectFigures, ObjectTypeFigures};
use crate::process::json::{Names, ObjectWriter, spread, time};

/// Writes the figures as one object. `most`: variants of each type that are written at most.
///
/// # Errors
/// If `out` can't be written.
pub fn write(figures: &ObjectFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let most = most.unwrap_or(usize::MAX);
    let mut object = ObjectWriter::begin(out)?;
    object.put("events", &figures.events)?;
    object.put("objects", &figures.objects)?;
    object.put("e2o", &figures.relations)?;
    object.put("o2o", &figures.object_relations)?;
    object.put("events_without_objects", &figures.events_without_objects)?;
    let left_out = figures.left_out;
    object.put(
        "relations_left_out",
        &json!({
            "duplicates": left_out.duplicates,
            "without_event": left_out.without_event,
            "without_object": left_out.without_object,
        }),
    )?;
    object.put("rows_left_out", &figures.incomplete_rows)?;
    object.put("first_event", &figures.period_ns.map(|(first, _)| time(first)))?;
    object.put("last_event", &figures.period_ns.map(|(_, last)| time(last)))?;
    let activities = figures.activities.iter().filter(|it| it.events > 0);
    let counts: Map<String, Value> = activities.map(|it| (it.name.to_string(), it.events.into())).collect();
    object.put("activities", &counts)?;
    let types: Map<String, Value> =
        figures.object_types.iter().map(|of| (of.name.to_string(), of_type(figures, of))).collect();
    object.put("object_types", &types)?;
    object.list("ocdfg", figures.edges.iter().map(|it| edge(figures, it)))?;
    let interactions = figures.interactions.iter().map(|it| {
        json!({
            "object_type": figures.object_type(it.object_type),
            "other_type": figures.object_type(it.other_type),
            "events": it.events,
            "pairs": it.pairs,
        })
    });
    object.list("interactions", interactions)?;
    object.put("crowded_events", &figures.crowded_events)?;
    let variants = figures.object_types.iter().flat_map(|of| {
        of.variants.iter().take(most).map(move |it| VariantOfType {
            activities: Names { of: it, name: move |at| figures.activity(at) },
            coverage: it.coverage,
            cumulative_coverage: it.cumulative_coverage,
            object_type: &of.name,
            objects: it.cases,
        })
    });
    object.list("variants", variants)?;
    let (pairs, edges) = figures.ties();
    object.put("ties", &json!({ "pairs": pairs, "edges": edges }))?;
    object.end()
}

/// A sequence of activities of objects, written name by name.
#[derive(Serialize)]
struct VariantOfType<'f, T: Serialize> {
    activities: T,
    coverage: f64,
    cumulative_coverage: f64,
    object_type: &'f str,
    objects: u64,
}

fn of_type(figures: &ObjectFigures, of: &ObjectTypeFigures) -> Value {
    let by_activity = |value: fn(&ActivityOfType) -> Option<Value>| -> Map<String, Value> {
        let named = |it: &ActivityOfType| Some((figures.activity(it.activity).to_owned(), value(it)?));
        of.activities.iter().filter_map(named).collect()
    };
    json!({
        "objects": of.objects,
        "objects_without_events": of.objects_without_events,
        "events": of.events,
        "relations": of.relations,
        "activities": by_activity(|it| Some(json!({
            "events": it.events,
            "unique_objects": it.unique_objects,
            "total_objects": it.total_objects,
        }))),
        "start_activities": by_activity(|it| (it.start_objects > 0).then(|| json!({
            "events": it.start_events,
            "unique_objects": it.start_objects,
        }))),
        "end_activities": by_activity(|it| (it.end_objects > 0).then(|| json!({
            "events": it.end_events,
            "unique_objects": it.end_objects,
        }))),
        "events_per_object": spread(&of.events_per_object, ""),
        "objects_per_event": spread(&of.objects_per_event, ""),
        "duration_s": spread(&of.duration_s, ""),
        "interacting_objects": spread(&of.interacting_objects, ""),
        "variant_count": of.variants.len(),
    })
}

fn edge(figures: &ObjectFigures, edge: &ObjectEdge) -> Value {
    json!({
        "object_type": figures.object_type(edge.object_type),
        "from": figures.activity(edge.from),
        "to": figures.activity(edge.to),
        "event_couples": edge.event_couples.count,
        "unique_objects": edge.unique_objects,
        "total_objects": edge.total_objects.count,
        "tied": edge.tied,
        "event_couples_s": spread(&edge.event_couples, ""),
        "total_objects_s": spread(&edge.total_objects, ""),
    })
}
