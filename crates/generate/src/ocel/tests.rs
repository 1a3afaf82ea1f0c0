//! Tests of the model and of each format; `tests/readers` compares the three formats value by value.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::events::Event as Xml;
use rusqlite::Connection;
use serde_json::Value as Json;

use super::events::Events;
use super::objects::Objects;
use super::*;

const OPTIONS: OcelOptions = OcelOptions { events: 5_000, objects: 1_500, seed: 1, text: TextKind::Notes };
const SUMMARY: OcelSummary =
    OcelSummary { events: 5_000, objects: 1_500, e2o: 15_109, o2o: 2_603, changes: 1_485, bytes: 0 };

fn json(options: &OcelOptions) -> (Vec<u8>, OcelSummary) {
    let mut out = Vec::new();
    let summary = write_ocel_json(options, &mut out).unwrap();
    assert_eq!(summary.bytes, out.len() as u64);
    (out, OcelSummary { bytes: 0, ..summary })
}

fn xml(options: &OcelOptions) -> (Vec<u8>, OcelSummary) {
    let mut out = Vec::new();
    let summary = write_ocel_xml(options, &mut out).unwrap();
    assert_eq!(summary.bytes, out.len() as u64);
    (out, OcelSummary { bytes: 0, ..summary })
}

fn sqlite(options: &OcelOptions) -> (tempfile::NamedTempFile, OcelSummary) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let summary = write_ocel_sqlite(options, file.path(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(summary.bytes, file.path().metadata().unwrap().len());
    (file, OcelSummary { bytes: 0, ..summary })
}

/// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
}

#[test]
fn seed_1_is_this_log_for_good() {
    let ((json, of_json), (xml, of_xml)) = (json(&OPTIONS), xml(&OPTIONS));
    assert_eq!((of_json, of_xml), (SUMMARY, SUMMARY));
    assert_eq!((fnv(&json), fnv(&xml)), (0xD0DC_6439_D967_7E27, 0x0857_99BD_CAE5_57CF));
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_one_others() {
    let other = OcelOptions { seed: 2, ..OPTIONS };
    assert!(json(&OPTIONS).0 != json(&other).0 && xml(&OPTIONS).0 != xml(&other).0);
    // No golden hash: the bytes are those of the SQLite that is built in.
    let bytes = |options| std::fs::read(sqlite(options).0.path()).unwrap();
    assert!(bytes(&OPTIONS) == bytes(&OPTIONS));
    assert!(bytes(&OPTIONS) != bytes(&other));
}

#[test]
fn events_and_objects_are_exactly_as_many_as_asked_for() {
    for (events, objects) in [(0, 6), (1, 6), (2, 7), (10, 6), (3, 5_000), (20_000, 30), (4_999, 1_499)] {
        let options = OcelOptions { events, objects, seed: 3, text: TextKind::Notes };
        let (_, summary) = json(&options);
        assert_eq!((summary.events, summary.objects), (events, objects));
    }
}

#[test]
fn every_id_is_one_object_and_every_relation_leads_to_one() {
    let options = OcelOptions { events: 3_000, objects: 400_000, seed: 5, text: TextKind::Notes };
    let (mut ids, mut wanted) = (HashSet::new(), HashSet::new());
    let text = |id: Id| {
        let mut text = Vec::new();
        id.push(&mut text);
        text
    };
    let mut objects = Objects::new(&options);
    while let Some(object) = objects.next_object() {
        assert!(ids.insert(text(object.id)), "{:?}", object.id);
        wanted.extend(object.relations.iter().map(|relation| text(relation.to)));
    }
    let mut events = Events::new(&options);
    while let Some(event) = events.next_event() {
        let relations: HashSet<_> =
            event.relations.iter().map(|relation| (text(relation.to), relation.qualifier)).collect();
        assert_eq!(relations.len(), event.relations.len());
        wanted.extend(relations.into_iter().map(|(to, _)| to));
    }
    assert!(wanted.is_subset(&ids));
}

#[test]
fn events_come_by_time_and_begin_and_end_their_order() {
    let mut orders: HashMap<Id, Vec<usize>> = HashMap::new();
    let (mut events, mut before, mut switches, mut last) = (Events::new(&OPTIONS), 0, 0, None);
    let mut number = 0;
    while let Some(event) = events.next_event() {
        number += 1;
        assert_eq!(event.id, number);
        assert!(event.moment >= before);
        before = event.moment;
        let order = event.relations.iter().find(|relation| relation.to.kind == ObjectKind::Order);
        if let Some(order) = order.map(|relation| relation.to) {
            switches += usize::from(last.replace(order) != Some(order));
            orders.entry(order).or_default().push(event.kind);
        }
    }
    assert!(switches > 1_500, "{switches}");
    assert!(orders.values().all(|kinds| kinds.first() == Some(&0)));
    assert!(orders.values().filter(|kinds| kinds.len() > 1).all(|kinds| kinds.last() == Some(&9)));
}

#[test]
fn objects_change_twice_at_once_or_have_no_first_value_or_none() {
    let (mut both, mut late, mut never) = (0, 0, 0);
    let mut objects = Objects::new(&OPTIONS);
    while let Some(object) = objects.next_object() {
        let attributes = OBJECT_TYPES[object.id.kind as usize].attributes.len();
        for (at, setting) in object.settings.iter().enumerate() {
            let earlier = &object.settings[..at];
            both += usize::from(
                setting.since.is_some() && earlier.iter().any(|other| other.since == setting.since),
            );
            late += usize::from(
                setting.since.is_some() && earlier.iter().all(|other| other.attribute != setting.attribute),
            );
            assert!(setting.since.is_some() || earlier.iter().all(|other| other.since.is_none()));
        }
        let set: HashSet<usize> = object.settings.iter().map(|setting| setting.attribute).collect();
        never += attributes - set.len();
    }
    assert!(both > 10 && late > 200 && never > 200, "{both} {late} {never}");
}

#[test]
fn a_reader_of_json_finds_what_was_counted() {
    let log: Json = serde_json::from_slice(&json(&OPTIONS).0).unwrap();
    let of = |section: &str| log[section].as_array().unwrap().clone();
    let related = |section: &str| -> u64 {
        of(section).iter().map(|each| each["relationships"].as_array().unwrap().len() as u64).sum()
    };
    assert_eq!((of("objectTypes").len(), of("eventTypes").len()), (6, 10));
    let changes = of("objects")
        .iter()
        .flat_map(|object| object["attributes"].as_array().unwrap())
        .filter(|attribute| attribute["time"] != "1970-01-01T00:00:00Z")
        .count();
    let found = OcelSummary {
        events: of("events").len() as u64,
        objects: of("objects").len() as u64,
        e2o: related("events"),
        o2o: related("objects"),
        changes: changes as u64,
        bytes: 0,
    };
    assert_eq!(found, SUMMARY);
    let events = of("events");
    let values = || events.iter().flat_map(|event| event["attributes"].as_array().unwrap());
    assert!(values().all(|attribute| attribute["value"].is_string()));
    assert!(values().any(|attribute| attribute["value"].as_str().unwrap().contains('\n')));
}

#[test]
fn a_reader_of_xml_finds_what_was_counted() {
    let text = xml(&OPTIONS).0;
    let mut reader = Reader::from_str(std::str::from_utf8(&text).unwrap());
    let (mut is_object, mut found) = (false, OcelSummary::default());
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(tag) if tag.name().as_ref() == "object" => {
                is_object = true;
                found.objects += 1;
            }
            Xml::Start(tag) if tag.name().as_ref() == "event" => {
                is_object = false;
                found.events += 1;
            }
            Xml::Start(tag) if tag.name().as_ref() == "attribute" => {
                let time = tag.try_get_attribute("time").unwrap();
                found.changes += u64::from(time.is_some_and(|time| !time.value.starts_with("1970-")));
            }
            Xml::Empty(tag) if tag.name().as_ref() == "relationship" => {
                *(if is_object { &mut found.o2o } else { &mut found.e2o }) += 1;
            }
            Xml::Eof => break,
            _ => {}
        }
    }
    assert_eq!(found, SUMMARY);
}

#[test]
fn sqlite_finds_what_was_counted_and_all_references_hold() {
    let (file, summary) = sqlite(&OPTIONS);
    assert_eq!(summary, SUMMARY);
    let database = Connection::open(file.path()).unwrap();
    let count =
        |query: &str| database.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned();
    let of = |table: &str| count(&format!("SELECT count(*) FROM {table}"));
    let in_all = |of: &str, types: &[Type], rest: &str| -> u64 {
        types.iter().map(|each| count(&format!("SELECT count(*) FROM {of}_{} {rest}", each.table))).sum()
    };
    assert_eq!((of("object_map_type"), of("event_map_type")), (6, 10));
    assert_eq!(in_all("event", &EVENT_TYPES, ""), SUMMARY.events);
    assert_eq!(in_all("object", &OBJECT_TYPES, "WHERE ocel_changed_field IS NULL"), SUMMARY.objects);
    let found = OcelSummary {
        events: of("event"),
        objects: of("object"),
        e2o: of("event_object"),
        o2o: of("object_object"),
        changes: in_all("object", &OBJECT_TYPES, "WHERE ocel_changed_field IS NOT NULL"),
        bytes: 0,
    };
    assert_eq!(found, SUMMARY);
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(database.query_row("PRAGMA integrity_check", [], |row| row.get(0)), Ok("ok".to_owned()));
}

#[test]
fn too_much_and_too_little_is_refused() {
    for wrong in [
        OcelOptions { objects: LEAST_OBJECTS - 1, ..OPTIONS },
        OcelOptions { objects: MAX_EVENTS + 1, ..OPTIONS },
        OcelOptions { events: MAX_EVENTS + 1, ..OPTIONS },
    ] {
        assert!(matches!(write_ocel_json(&wrong, &mut Vec::new()), Err(Error::Options(_))), "{wrong:?}");
    }
}

#[test]
fn an_output_that_fails_is_an_error_of_its_own_and_a_stop_ends_the_work() {
    let mut nothing: &mut [u8] = &mut [];
    assert!(matches!(write_ocel_json(&OPTIONS, &mut nothing), Err(Error::Write(_))));
    let mut nothing: &mut [u8] = &mut [];
    assert!(matches!(write_ocel_xml(&OPTIONS, &mut nothing), Err(Error::Write(_))));
    let folder = tempfile::tempdir().unwrap();
    let no_file = write_ocel_sqlite(&OPTIONS, folder.path(), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(no_file, Err(Error::Sqlite(_))));
    let mut told = Vec::new();
    let mut stop_at_the_second = |written| {
        told.push(written);
        if told.len() < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let stopped = write_ocel_sqlite(&OPTIONS, &folder.path().join("log.sqlite"), &mut stop_at_the_second);
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert_eq!(told, [1024, 1024]);
}
