//! Writes a log as OCEL 2.0 JSON, valid by the schema of the standard: an event or object on each line, no
//! other white space, UTF-8.
//!
//! The schema wants every value as a string, numbers too; the declared type tells its meaning.

use std::io::Write;

use super::events::Events;
use super::objects::Objects;
use super::{
    EVENT_TYPES, Event, OBJECT_TYPES, Object, OcelOptions, OcelSummary, Relation, Type, Value, push_event_id,
    push_moment, push_plain,
};
use crate::Result;
use crate::batch::Batch;
use crate::jsonl::push_string;
use crate::text::Clock;

/// Time of the first values (OCEL 2.0, section 4).
const BEGINNING: &[u8] = b"1970-01-01T00:00:00Z";

/// Writes the log of these options.
///
/// # Errors
/// [`Error::Options`](crate::Error::Options) if the options ask for too much or too little;
/// [`Error::Write`](crate::Error::Write) if `out` fails.
pub fn write_ocel_json(options: &OcelOptions, out: &mut dyn Write) -> Result<OcelSummary> {
    options.check()?;
    let (mut objects, mut events) = (Objects::new(options), Events::new(options));
    let (mut clock, mut batch, mut summary) = (Clock::new(), Batch::new(out), OcelSummary::default());
    batch.text.extend_from_slice(b"{\"objectTypes\":[");
    push_types(&mut batch.text, &OBJECT_TYPES);
    batch.text.extend_from_slice(b"\n],\"eventTypes\":[");
    push_types(&mut batch.text, &EVENT_TYPES);
    batch.text.extend_from_slice(b"\n],\"objects\":[");
    let mut is_first = true;
    while let Some(object) = objects.next_object() {
        push_comma(&mut batch.text, &mut is_first);
        push_object(&mut batch.text, &object, &mut clock);
        summary.count_object(&object);
        batch.drain_if_full()?;
    }
    batch.text.extend_from_slice(b"\n],\"events\":[");
    is_first = true;
    while let Some(event) = events.next_event() {
        push_comma(&mut batch.text, &mut is_first);
        push_event(&mut batch.text, &event, &mut clock);
        summary.count_event(&event);
        batch.drain_if_full()?;
    }
    batch.text.extend_from_slice(b"\n]}\n");
    summary.bytes = batch.finish()?;
    Ok(summary)
}

/// Ends the line before, with a comma between two elements.
fn push_comma(text: &mut Vec<u8>, is_first: &mut bool) {
    text.extend_from_slice(if std::mem::take(is_first) { b"\n" } else { b",\n" });
}

fn push_types(text: &mut Vec<u8>, types: &[Type]) {
    let mut is_first = true;
    for each in types {
        push_comma(text, &mut is_first);
        text.extend_from_slice(format!("{{\"name\":\"{}\",\"attributes\":[", each.name).as_bytes());
        for (index, (name, kind)) in each.attributes.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let kind = kind.name();
            text.extend_from_slice(format!("{comma}{{\"name\":\"{name}\",\"type\":\"{kind}\"}}").as_bytes());
        }
        text.extend_from_slice(b"]}");
    }
}

fn push_object(text: &mut Vec<u8>, object: &Object<'_>, clock: &mut Clock) {
    let declared = &OBJECT_TYPES[object.id.kind as usize];
    text.extend_from_slice(b"{\"id\":\"");
    object.id.push(text);
    text.extend_from_slice(b"\",\"type\":\"");
    text.extend_from_slice(declared.name.as_bytes());
    text.extend_from_slice(b"\",\"attributes\":[");
    for (index, setting) in object.settings.iter().enumerate() {
        push_name(text, index, declared.attributes[setting.attribute].0);
        text.extend_from_slice(b"\",\"time\":\"");
        match setting.since {
            Some(moment) => push_moment(text, moment, clock),
            None => text.extend_from_slice(BEGINNING),
        }
        push_value(text, setting.value, object.note, clock);
    }
    push_relations(text, object.relations);
}

fn push_event(text: &mut Vec<u8>, event: &Event<'_>, clock: &mut Clock) {
    let declared = &EVENT_TYPES[event.kind];
    text.extend_from_slice(b"{\"id\":\"");
    push_event_id(text, event.id);
    text.extend_from_slice(b"\",\"type\":\"");
    text.extend_from_slice(declared.name.as_bytes());
    text.extend_from_slice(b"\",\"time\":\"");
    push_moment(text, event.moment, clock);
    text.extend_from_slice(b"\",\"attributes\":[");
    for (index, (attribute, value)) in event.attributes.iter().enumerate() {
        push_name(text, index, declared.attributes[*attribute].0);
        push_value(text, *value, event.note, clock);
    }
    push_relations(text, event.relations);
}

fn push_name(text: &mut Vec<u8>, index: usize, name: &str) {
    text.extend_from_slice(if index > 0 { b",{\"name\":\"" } else { b"{\"name\":\"" });
    text.extend_from_slice(name.as_bytes());
}

fn push_value(text: &mut Vec<u8>, value: Value, note: &str, clock: &mut Clock) {
    text.extend_from_slice(b"\",\"value\":\"");
    match value {
        Value::Note => push_string(text, note),
        plain => push_plain(text, plain, clock),
    }
    text.extend_from_slice(b"\"}");
}

/// Appends the relations and the end of the element.
fn push_relations(text: &mut Vec<u8>, relations: &[Relation]) {
    text.extend_from_slice(b"],\"relationships\":[");
    for (index, relation) in relations.iter().enumerate() {
        text.extend_from_slice(if index > 0 { b",{\"objectId\":\"" } else { b"{\"objectId\":\"" });
        relation.to.push(text);
        text.extend_from_slice(b"\",\"qualifier\":\"");
        text.extend_from_slice(relation.qualifier.as_bytes());
        text.extend_from_slice(b"\"}");
    }
    text.extend_from_slice(b"]}");
}
