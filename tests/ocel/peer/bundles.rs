//! Bundles of logs in every form, opened by the crate; the crate's, opened here.

use std::collections::HashSet;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use logflow::error::Code;
use logflow::target::ocel::OcelForm;
use logflow_generate::{OcelOptions, write_ocel_json, write_ocel_sqlite, write_ocel_xml};
use process_mining::core::event_data::object_centric::ocel_bundle::{
    BundleExportOptions, ContainerLayout, StorageFormat, export_ocel_bundle, import_ocel_bundle,
};
use process_mining::core::event_data::object_centric::ocel_json::export_ocel_json_to_path;
use process_mining::core::event_data::object_centric::ocel_sql::{
    export_ocel_sqlite_to_path, import_ocel_sqlite_from_path,
};
use process_mining::core::event_data::object_centric::ocel_xml::xml_ocel_export::export_ocel_xml_path;
use process_mining::core::event_data::object_centric::ocel_xml::xml_ocel_import::import_ocel_xml_path;
use process_mining::core::event_data::object_centric::{OCEL, OCELAttributeValue};
use serde_json::{Value, json};

use super::truth::{FIRST, event, object, odd, of, time};
use super::{Files, declared, read_json, same};

#[test]
fn the_crate_finds_in_a_bundle_what_the_log_says_in_each_form() {
    let (files, log) = (Files::new(), odd());
    export_ocel_json_to_path(&log, files.path("log.json")).unwrap();
    same(&files.opened(&files.path("log.json"), "json"), &log, "JSON");
    for (form, name) in [(OcelForm::Xml, "log.xml"), (OcelForm::Sqlite, "log.sqlite")] {
        same(&files.opened(&files.written("json", form, name), &format!("{name}.bundle")), &log, name);
    }
}

#[test]
fn xml_and_databases_that_the_crate_writes_reach_it_as_bundles() {
    let (files, mut log) = (Files::new(), odd());
    // In XML the crate writes out all digits of a float. Those that no float64 tells apart are text here, and the column with them.
    for it in log.events.iter_mut().flat_map(|it| &mut it.attributes).filter(|it| it.name == "real") {
        it.value = (-12.5e-3).into();
    }
    export_ocel_xml_path(&log, files.path("log.xml")).unwrap();
    same(&files.opened(&files.path("log.xml"), "xml"), &log, "XML");
    // Its databases take names that differ in case or signs for one table, change quotes in those of attributes, and hold a relation only once and to what
    // is there, and one value at 1970.
    let is_lost = |name: &str| matches!(name, "order" | "..") || name.contains('"');
    log.event_types.retain(|it| !is_lost(&it.name));
    log.events.retain(|it| !is_lost(&it.event_type));
    log.object_types.retain(|it| !is_lost(&it.name));
    log.objects.retain(|it| !is_lost(&it.object_type));
    log.objects.iter_mut().for_each(|it| it.attributes.retain(|it| it.value.to_string() != "open again"));
    let there: HashSet<String> = log.objects.iter().map(|it| it.id.clone()).collect();
    let events = log.events.iter_mut().map(|it| &mut it.relationships);
    for relations in events.chain(log.objects.iter_mut().map(|it| &mut it.relationships)) {
        let mut seen = HashSet::new();
        relations.retain(|it| there.contains(&it.object_id) && seen.insert(it.clone()));
    }
    export_ocel_sqlite_to_path(&log, files.path("log.sqlite")).unwrap();
    same(&files.opened(&files.path("log.sqlite"), "sqlite"), &log, "SQLite");
}

#[test]
fn generated_logs_are_to_the_crate_what_it_reads_itself() {
    let files = Files::new();
    let options = OcelOptions { events: 3000, objects: 900, seed: 7, text: Default::default() };
    let made = write_ocel_json(&options, &mut File::create(files.path("log.json")).unwrap()).unwrap();
    write_ocel_xml(&options, &mut File::create(files.path("log.xml")).unwrap()).unwrap();
    write_ocel_sqlite(&options, &files.path("log.sqlite"), &mut |_| ControlFlow::Continue(())).unwrap();
    let truth = read_json(&files.path("log.json"));
    let counts = |log: &OCEL| {
        let changes = log.objects.iter().flat_map(|it| &it.attributes);
        [
            log.events.len(),
            log.objects.len(),
            log.events.iter().map(|it| it.relationships.len()).sum(),
            log.objects.iter().map(|it| it.relationships.len()).sum(),
            changes.filter(|it| OCELAttributeValue::Time(it.time) != time(FIRST)).count(),
        ]
        .map(|count| count as u64)
    };
    assert_eq!(counts(&truth), [made.events, made.objects, made.e2o, made.o2o, made.changes]);
    assert!(made.changes > 100);
    same(&files.opened(&files.path("log.json"), "json"), &truth, "JSON");
    let xml = declared(&import_ocel_xml_path(files.path("log.xml")).unwrap());
    same(&files.opened(&files.path("log.xml"), "xml"), &xml, "XML");
    same(&xml, &truth, "the crate's own");
    let sqlite = import_ocel_sqlite_from_path(files.path("log.sqlite")).unwrap();
    let bundle = files.opened(&files.path("log.sqlite"), "sqlite");
    same(&bundle, &sqlite, "SQLite");
    same(&bundle, &truth, "SQLite against JSON");
}

/// The two events and two objects of the fixtures `one.json` and `one.xml`. The crate reads no OCEL 1.0.
fn version_1(whole: &str) -> OCEL {
    OCEL {
        event_types: vec![of("place", &[("a", "float"), ("b", "string")]), of("pay", &[("a", whole)])],
        object_types: vec![of("order", &[("p", "boolean")]), of("item", &[])],
        events: vec![
            event(
                ("e1", "place", "2020-07-09T07:20:01.527Z"),
                vec![("a", 1.5.into()), ("b", "x".into())],
                &[("o1", ""), ("iü", "")],
            ),
            event(
                ("e2", "pay", "2020-07-10T08:20:01Z"),
                vec![("a", if whole == "float" { 2.0.into() } else { 2_i64.into() })],
                &[],
            ),
        ],
        objects: vec![
            object(("o1", "order"), vec![("p", FIRST, true.into())], &[]),
            object(("iü", "item"), vec![], &[]),
        ],
    }
}

#[test]
fn logs_of_ocel_1_come_to_be_what_a_person_says_they_hold() {
    let files = Files::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ocel");
    // JSON writes 2 as an integer, XML declares it as a float.
    same(&files.opened(&fixtures.join("one.json"), "json"), &version_1("integer"), "JSON");
    same(&files.opened(&fixtures.join("one.xml"), "xml"), &version_1("float"), "XML");
    let database = rusqlite::Connection::open(files.path("log.sqlite")).unwrap();
    let tables = r#"
        CREATE TABLE EVENTS ("ocel:eid" TEXT, "ocel:activity" TEXT, "ocel:timestamp" TIMESTAMP, a REAL, b TEXT);
        CREATE TABLE OBJECTS ("ocel:oid" TEXT, "ocel:type" TEXT, p BOOLEAN);
        CREATE TABLE RELATIONS ("ocel:eid" TEXT, "ocel:activity" TEXT, "ocel:timestamp" TIMESTAMP, "ocel:oid" TEXT, "ocel:type" TEXT);
        INSERT INTO EVENTS VALUES ('e1', 'place', '2020-07-09 07:20:01.527+00:00', 1.5, 'x'), ('e2', 'pay', '2020-07-10 08:20:01', 2.0, NULL);
        INSERT INTO OBJECTS VALUES ('o1', 'order', 1), ('iü', 'item', NULL);
        INSERT INTO RELATIONS VALUES ('e1', 'place', NULL, 'o1', 'order'), ('e1', 'place', NULL, 'iü', 'item');
    "#;
    database.execute_batch(tables).unwrap();
    database.close().unwrap();
    same(&files.opened(&files.path("log.sqlite"), "sqlite"), &version_1("float"), "SQLite");
}

#[test]
fn logs_in_any_order_are_to_the_crate_the_log_in_order() {
    let files = Files::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ocel");
    // The crate wants times of day, and a qualifier in each relation: here none is an empty one.
    let text = std::fs::read_to_string(fixtures.join("small.json")).unwrap();
    let mut text: Value =
        serde_json::from_str(&text.replace("\"2024-01-02\"", "\"2024-01-02T00:00:00Z\"")).unwrap();
    for event in text["events"].as_array_mut().unwrap() {
        for related in event.get_mut("relationships").and_then(Value::as_array_mut).into_iter().flatten() {
            related.as_object_mut().unwrap().entry("qualifier").or_insert("".into());
        }
    }
    let expected = declared(&serde_json::from_value(text).unwrap());
    for name in ["small.json", "types_last.json", "objects_first.json", "small.xml"] {
        same(&files.opened(&fixtures.join(name), name), &expected, name);
    }
}

#[test]
fn values_that_are_none_of_their_type_and_names_that_are_taken_reach_the_crate_as_they_are() {
    let files = Files::new();
    let values = |values: &[(&str, Value)]| -> Value {
        values.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
    };
    let text = json!({
        "eventTypes": [{"name": "t", "attributes": [
            {"name": "n", "type": "integer"}, {"name": "m", "type": "integer"}, {"name": "ocel_id", "type": "string"},
        ]}],
        "objectTypes": [],
        "events": [
            {"id": "e1", "type": "t", "time": "2024-01-01T00:00:00Z",
             "attributes": values(&[("n", json!("a lot")), ("m", json!(2.5)), ("ocel_id", json!("mine")), ("more", json!(true))])},
            {"id": "e2", "type": "t", "time": "2024-01-01T00:00:00Z", "attributes": values(&[("n", json!(12)), ("m", json!(3))])},
            {"id": "e3", "type": "unknown", "time": "2024-01-01T00:00:00Z", "attributes": values(&[("k", json!("5"))])},
        ],
        "objects": [],
    });
    std::fs::write(files.path("log.json"), text.to_string()).unwrap();
    let at = "2024-01-01T00:00:00Z";
    let expected = OCEL {
        event_types: vec![
            of("t", &[("n", "string"), ("m", "float"), ("ocel_id:2", "string"), ("more", "boolean")]),
            of("unknown", &[("k", "string")]),
        ],
        object_types: vec![],
        events: vec![
            event(
                ("e1", "t", at),
                vec![
                    ("n", "a lot".into()),
                    ("m", 2.5.into()),
                    ("ocel_id:2", "mine".into()),
                    ("more", true.into()),
                ],
                &[],
            ),
            event(("e2", "t", at), vec![("n", "12".into()), ("m", 3.0.into())], &[]),
            event(("e3", "unknown", at), vec![("k", "5".into())], &[]),
        ],
        objects: vec![],
    };
    same(&files.opened(&files.path("log.json"), "bundle"), &expected, "the bundle");
}

#[test]
fn identifiers_that_come_twice_are_there_twice() {
    let (files, mut log) = (Files::new(), odd());
    log.events.push(event(("e3", "..", "2024-03-01T00:00:00Z"), vec![], &[("o3", "q")]));
    log.events.push(event(("e3", "place order", "2024-03-02T00:00:00Z"), vec![], &[("o3", "r")]));
    log.objects.push(object(("o3", "Order"), vec![("state", FIRST, "another".into())], &[("o3", "again")]));
    export_ocel_json_to_path(&log, files.path("log.json")).unwrap();
    // Which of both a relation belongs to no bundle tells: the crate gives all to the first, and they are compared by the identifier.
    same(&files.opened(&files.path("log.json"), "bundle"), &log, "the bundle");
}

#[test]
fn what_belongs_to_no_entity_makes_the_crate_refuse_a_bundle_and_is_all_that_a_log_of_it_leaves_out() {
    let (files, log) = (Files::new(), odd());
    export_ocel_json_to_path(&log, files.path("log.json")).unwrap();
    files.bundle(&files.path("log.json"), "sound").unwrap();
    let path = files.written("sound", OcelForm::Sqlite, "log.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "INSERT INTO event_object VALUES ('no event', 'o1', 'q'); INSERT INTO object_object VALUES ('no object', 'o1', 'q');",
        )
        .unwrap();
    database.close().unwrap();
    files.bundle(&path, "dangling").unwrap();
    let refused = import_ocel_bundle(files.path("dangling")).unwrap_err().to_string();
    assert!(refused.contains("no event table declares the event 'no event'"), "{refused}");
    let back = files.written("dangling", OcelForm::Json, "back.json");
    same(&read_json(&back), &log, "the rest as JSON");
    same(&files.opened(&back, "again"), &log, "the rest as a bundle");
}

#[test]
fn bundles_of_the_crate_are_opened_and_become_logs_in_each_form() {
    let (files, log) = (Files::new(), odd());
    files.exported(&log, "theirs");
    for (form, name) in
        [(OcelForm::Json, "log.json"), (OcelForm::Xml, "log.xml"), (OcelForm::Sqlite, "log.sqlite")]
    {
        let path = files.written("theirs", form, name);
        same(&files.opened(&path, &format!("{name}.bundle")), &log, name);
    }
    same(&read_json(&files.path("log.json")), &log, "as the crate reads it");
}

#[test]
fn empty_logs_go_both_ways() {
    let files = Files::new();
    let log = OCEL { event_types: vec![], object_types: vec![], events: vec![], objects: vec![] };
    files.exported(&log, "theirs");
    let path = files.written("theirs", OcelForm::Json, "log.json");
    same(&files.opened(&path, "ours"), &log, "nothing");
}

#[test]
fn bundles_of_the_crate_that_are_not_parquet_folders_are_refused_by_name() {
    let (files, log) = (Files::new(), odd());
    let options = BundleExportOptions { layout: ContainerLayout::Directory, storage: StorageFormat::Csv };
    export_ocel_bundle(&log, files.path("csv"), options).unwrap();
    let error = logflow::target::ocel::Bundle::open(&files.path("csv")).unwrap_err();
    assert_eq!(error.code(), Code::Bundle);
    assert!(error.to_string().contains("expected Parquet storage"), "{error}");
}
