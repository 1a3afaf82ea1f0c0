//! Writes a log as OCEL 2.0 XML: an element on each line, indented by two spaces, UTF-8.
//!
//! Relations are `<relationship>`, as in the standard's text and in most writers; its published XSD calls
//! them `<object>`, and is met otherwise.

use std::io::Write;

use super::events::Events;
use super::objects::Objects;
use super::{
    EVENT_TYPES, Event, OBJECT_TYPES, Object, OcelOptions, OcelSummary, Relation, Type, Value, push_event_id,
    push_moment, push_plain,
};
use crate::Result;
use crate::batch::Batch;
use crate::text::Clock;
use crate::xes::push_escaped;

/// Time of the first values (OCEL 2.0, section 4).
const BEGINNING: &[u8] = b"1970-01-01T00:00:00Z";

/// Writes the log of these options.
///
/// # Errors
/// [`Error::Options`](crate::Error::Options) if the options ask for too much or too little;
/// [`Error::Write`](crate::Error::Write) if `out` fails.
pub fn write_ocel_xml(options: &OcelOptions, out: &mut dyn Write) -> Result<OcelSummary> {
    options.check()?;
    let (mut objects, mut events) = (Objects::new(options), Events::new(options));
    let (mut clock, mut batch, mut summary) = (Clock::new(), Batch::new(out), OcelSummary::default());
    batch.text.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log>\n");
    push_types(&mut batch.text, "object-type", &OBJECT_TYPES);
    push_types(&mut batch.text, "event-type", &EVENT_TYPES);
    batch.text.extend_from_slice(b"  <objects>\n");
    while let Some(object) = objects.next_object() {
        push_object(&mut batch.text, &object, &mut clock);
        summary.count_object(&object);
        batch.drain_if_full()?;
    }
    batch.text.extend_from_slice(b"  </objects>\n  <events>\n");
    while let Some(event) = events.next_event() {
        push_event(&mut batch.text, &event, &mut clock);
        summary.count_event(&event);
        batch.drain_if_full()?;
    }
    batch.text.extend_from_slice(b"  </events>\n</log>\n");
    summary.bytes = batch.finish()?;
    Ok(summary)
}

fn push_types(text: &mut Vec<u8>, tag: &str, types: &[Type]) {
    text.extend_from_slice(format!("  <{tag}s>\n").as_bytes());
    for each in types {
        text.extend_from_slice(
            format!("    <{tag} name=\"{}\">\n      <attributes>\n", each.name).as_bytes(),
        );
        for (name, kind) in each.attributes {
            let kind = kind.name();
            text.extend_from_slice(
                format!("        <attribute name=\"{name}\" type=\"{kind}\"/>\n").as_bytes(),
            );
        }
        text.extend_from_slice(format!("      </attributes>\n    </{tag}>\n").as_bytes());
    }
    text.extend_from_slice(format!("  </{tag}s>\n").as_bytes());
}

fn push_object(text: &mut Vec<u8>, object: &Object<'_>, clock: &mut Clock) {
    let declared = &OBJECT_TYPES[object.id.kind as usize];
    text.extend_from_slice(b"    <object id=\"");
    object.id.push(text);
    text.extend_from_slice(b"\" type=\"");
    text.extend_from_slice(declared.name.as_bytes());
    text.extend_from_slice(b"\">\n      <attributes>\n");
    for setting in object.settings {
        push_name(text, declared.attributes[setting.attribute].0);
        text.extend_from_slice(b"\" time=\"");
        match setting.since {
            Some(moment) => push_moment(text, moment, clock),
            None => text.extend_from_slice(BEGINNING),
        }
        push_value(text, setting.value, object.note, clock);
    }
    push_relations(text, object.relations);
    text.extend_from_slice(b"    </object>\n");
}

fn push_event(text: &mut Vec<u8>, event: &Event<'_>, clock: &mut Clock) {
    let declared = &EVENT_TYPES[event.kind];
    text.extend_from_slice(b"    <event id=\"");
    push_event_id(text, event.id);
    text.extend_from_slice(b"\" type=\"");
    text.extend_from_slice(declared.name.as_bytes());
    text.extend_from_slice(b"\" time=\"");
    push_moment(text, event.moment, clock);
    text.extend_from_slice(b"\">\n      <attributes>\n");
    for (attribute, value) in event.attributes {
        push_name(text, declared.attributes[*attribute].0);
        push_value(text, *value, event.note, clock);
    }
    push_relations(text, event.relations);
    text.extend_from_slice(b"    </event>\n");
}

fn push_name(text: &mut Vec<u8>, name: &str) {
    text.extend_from_slice(b"        <attribute name=\"");
    text.extend_from_slice(name.as_bytes());
}

fn push_value(text: &mut Vec<u8>, value: Value, note: &str, clock: &mut Clock) {
    text.extend_from_slice(b"\">");
    match value {
        Value::Note => push_escaped(text, note),
        plain => push_plain(text, plain, clock),
    }
    text.extend_from_slice(b"</attribute>\n");
}

/// Appends the end of the attributes, and the relations.
fn push_relations(text: &mut Vec<u8>, relations: &[Relation]) {
    text.extend_from_slice(b"      </attributes>\n      <objects>\n");
    for relation in relations {
        text.extend_from_slice(b"        <relationship object-id=\"");
        relation.to.push(text);
        text.extend_from_slice(b"\" qualifier=\"");
        text.extend_from_slice(relation.qualifier.as_bytes());
        text.extend_from_slice(b"\"/>\n");
    }
    text.extend_from_slice(b"      </objects>\n");
}
