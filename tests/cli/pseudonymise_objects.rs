//! Pseudonyms of object-centric logs: identifiers and the relations that name them, attributes by their names.

use std::collections::BTreeSet;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::Folder;
use crate::pseudonymise::{KEY, set_mode};

const OCEL: &str = r#"{
"eventTypes":[{"name":"pay","attributes":[{"name":"clerk","type":"string"},{"name":"badge","type":"integer"}]}],
"objectTypes":[{"name":"order","attributes":[{"name":"customer","type":"string"}]},{"name":"item","attributes":[]}],
"events":[
 {"id":"CANARY-e1","type":"pay","time":"2024-01-01T10:00:00Z","attributes":[{"name":"clerk","value":"CANARY-1"},{"name":"badge","value":7}],
  "relationships":[{"objectId":"CANARY-o1","qualifier":"main"},{"objectId":"CANARY-o2","qualifier":""}]},
 {"id":"CANARY-e2","type":"pay","time":"2024-01-02T10:00:00Z","attributes":[{"name":"clerk","value":"CANARY-2"}],
  "relationships":[{"objectId":"CANARY-o1","qualifier":"main"}]}],
"objects":[
 {"id":"CANARY-o1","type":"order","attributes":[{"name":"customer","time":"1970-01-01T00:00:00Z","value":"CANARY-1"},{"name":"customer","time":"2024-01-02T00:00:00Z","value":"CANARY-3"}],
  "relationships":[{"objectId":"CANARY-o2","qualifier":"has"}]},
 {"id":"CANARY-o2","type":"item","attributes":[]}]
}"#;

const COLUMNS: &str = "--key-file k --columns clerk=person,customer=person,badge,ocel:oid,ocel:eid";

fn folder() -> Folder {
    let folder = Folder::new().with("k", KEY).with("in/log.jsonocel", OCEL);
    set_mode(&folder, "k", 0o600);
    folder
}

/// Every text in a value.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(entries) => entries.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn identifiers_and_the_relations_that_name_them_have_the_same_pseudonyms() {
    let folder = folder();
    for input in ["in/log.jsonocel", "in/log.xmlocel", "in/log.sqlite"] {
        if input != "in/log.jsonocel" {
            let name = input.replace(".xmlocel", ".xml");
            folder.run(&format!("convert in/log.jsonocel -o {name}")).assert().success();
        }
        let input = input.replace(".xmlocel", ".xml");
        folder.run(&format!("pseudonymise {input} -o out.json --force {COLUMNS}")).assert().success();
        let log: Value = serde_json::from_str(&folder.text("out.json")).unwrap();
        let mut found = BTreeSet::new();
        texts(&log, &mut found);
        assert!(!found.iter().any(|text| text.contains("CANARY")), "{input}: {found:?}");
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let objects: Vec<String> = log["objects"].as_array().unwrap().iter().map(id).collect();
        assert!(objects.iter().all(|it| it.len() == 32), "{objects:?}");
        let related =
            log["events"].as_array().unwrap().iter().flat_map(|it| it["relationships"].as_array().unwrap());
        for relation in related {
            assert!(objects.iter().any(|it| *it == relation["objectId"]), "{relation}");
        }
        let clerk = &log["events"][0]["attributes"][0]["value"];
        let order = log["objects"].as_array().unwrap().iter().find(|it| it["type"] == "order").unwrap();
        assert_eq!(*clerk, order["attributes"][0]["value"], "one person in two columns");
        folder.run("validate out.json").assert().success();
    }
    for output in ["out.xml", "out.sqlite"] {
        folder.run(&format!("pseudonymise in/log.jsonocel -o {output} {COLUMNS}")).assert().success();
        folder.run(&format!("validate {output}")).assert().success();
        let bytes = std::fs::read(folder.path(output)).unwrap();
        assert!(!bytes.windows(6).any(|it| it == b"CANARY"), "{output}");
    }
    folder
        .run(&format!("pseudonymise in/log.jsonocel -o bundle {COLUMNS} --compression none"))
        .assert()
        .success();
    for name in folder.names().iter().filter(|name| name.starts_with("bundle/")) {
        let bytes = std::fs::read(folder.path(name)).unwrap();
        assert!(!bytes.windows(6).any(|it| it == b"CANARY"), "{name}");
    }
    assert!(folder.text("bundle/ocel-meta.json").contains("e35c81ddeb41975b"), "the id of the key");
}

#[test]
fn what_would_break_an_object_centric_log_is_refused() {
    let folder = folder();
    for (args, said) in [
        ("--columns nosuch", "no table of the log"),
        ("--columns ocel_id", "ocel:oid"),
        ("--columns clerk --drop ocel:oid", "join the tables"),
        ("--columns clerk --shift-times", "has none"),
        ("--columns clerk --min-k 5", "event logs"),
        ("--columns clerk --suppress-rare 5", "event logs"),
    ] {
        folder
            .run(&format!("pseudonymise in/log.jsonocel -o out.json --key-file k {args}"))
            .assert()
            .code(2)
            .stderr(contains(said).and(contains("CANARY").not()));
        assert!(!folder.has("out.json"));
    }
    folder.run("convert in/log.jsonocel -o in/bundle").assert().success();
    folder
        .run(&format!("pseudonymise in/bundle -o out.json {COLUMNS}"))
        .assert()
        .code(2)
        .stderr(contains("LF522").and(contains("CANARY").not()));
}
