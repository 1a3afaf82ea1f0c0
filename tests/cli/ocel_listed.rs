//! OCEL 1.0 in JSON whose events or objects stand in arrays: read as those that are keyed by their identifiers.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::Folder;

/// Events and objects of a log, with their identifiers.
fn records(count: usize) -> [Vec<(String, Value)>; 2] {
    let events = (0..count).map(|number| {
        let time = format!("2024-01-01T00:{:02}:{:02}Z", number / 60 % 60, number % 60);
        let activity = ["place", "pay", "ship"][number % 3];
        let record = json!({
            "ocel:activity": activity, "ocel:timestamp": time,
            "ocel:omap": [format!("o{}", number % 50)], "ocel:vmap": {"cost": number, "note": "text ".repeat(20)},
        });
        (format!("e{number}"), record)
    });
    let objects = (0..50).map(|number| {
        (format!("o{number}"), json!({"ocel:type": "order", "ocel:ovmap": {"weight": number as f64 / 2.0}}))
    });
    [events.collect(), objects.collect()]
}

/// A section in the form that the standard has.
fn keyed(records: &[(String, Value)]) -> String {
    let members = records.iter().map(|(id, record)| format!("{}:{record}", json!(id)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(",\n"))
}

/// The same section as an array.
fn listed(records: &[(String, Value)], key: &str) -> String {
    let items = records.iter().map(|(id, record)| {
        let mut record = record.clone();
        record[key] = id.as_str().into();
        record.to_string()
    });
    format!("[{}]", items.collect::<Vec<_>>().join(",\n"))
}

fn log(events: &str, objects: &str) -> String {
    let global = json!({"ocel:object-types": ["order"]});
    format!("{{\"ocel:global-log\": {global}, \"ocel:events\": {events}, \"ocel:objects\": {objects}}}")
}

/// The tables of a bundle, as bytes.
fn tables(folder: &Folder, bundle: &str) -> Vec<(String, Vec<u8>)> {
    let names = folder.names().into_iter().filter_map(|name| {
        let within = name.strip_prefix(&format!("{bundle}/"))?.to_owned();
        within.ends_with(".parquet").then(|| (within, std::fs::read(folder.path(&name)).unwrap()))
    });
    names.collect()
}

#[test]
fn arrays_and_objects_of_records_give_the_same_tables_at_every_number_of_threads() {
    // Enough to be cut into shards.
    let [events, objects] = records(20_000);
    let folder = Folder::new().with("keyed.json", log(&keyed(&events), &keyed(&objects)));
    folder.run("convert keyed.json -o keyed").assert().success();
    let expected = tables(&folder, "keyed");
    assert_eq!(expected.len(), 7);
    for (name, text) in [
        ("listed", log(&listed(&events, "ocel:eid"), &listed(&objects, "ocel:oid"))),
        ("mixed", log(&listed(&events, "ocel:id"), &keyed(&objects))),
        ("other", log(&keyed(&events), &listed(&objects, "id"))),
    ] {
        let folder = Folder::new().with("log.json", &text);
        let mut manifests = Vec::new();
        for (threads, how) in [(1, ""), (2, ""), (8, ""), (2, " --io read")] {
            let out = format!("out{}", manifests.len());
            folder
                .run(&format!("convert log.json -o {out} --threads {threads}{how}"))
                .assert()
                .success()
                .stderr(contains("whose records stand in an array"));
            assert!(tables(&folder, &out) == expected, "{name} with {threads} threads{how}");
            manifests.push(folder.text(&format!("{out}/ocel-meta.json")));
        }
        assert!(manifests.iter().all(|manifest| *manifest == manifests[0]), "{name}");
    }
}

#[test]
fn an_array_is_reported_once_and_breaks_the_standard() {
    let [events, objects] = records(3);
    let folder = Folder::new().with("log.json", log(&listed(&events, "ocel:id"), &keyed(&objects)));
    let said = "1 section whose records stand in an array, where OCEL 1.0 has an object keyed by identifiers";
    folder.run("convert log.json -o out").assert().success().stderr(contains(said));
    folder.run("validate log.json").assert().code(3).stdout(contains("stand in an array"));
    folder.run("convert log.json -o no --strict").assert().code(1).stderr(contains("LF223"));
    assert!(!folder.has("no"));
}

#[test]
fn a_record_of_an_array_without_an_identifier_is_bad() {
    let time = "2024-01-01T00:00:00Z";
    let event = |id: Value| {
        let mut event = json!({"ocel:activity": "a", "ocel:timestamp": time});
        for (key, value) in id.as_object().unwrap() {
            event[key] = value.clone();
        }
        event.to_string()
    };
    let events = [
        event(json!({"ocel:id": "e1", "id": "x"})),
        event(json!({})),
        event(json!({"ocel:eid": null})),
        event(json!({"id": {"$oid": "1"}})),
        "{}".to_owned(),
        event(json!({"id": 2})),
        "7".to_owned(),
        event(json!({"ocel:oid": "of an object"})),
        event(json!({"ocel:eid": "e3"})),
    ];
    let folder = Folder::new().with("log.json", log(&format!("[{}]", events.join(", ")), "[]"));
    folder
        .run("convert log.json -o out")
        .assert()
        .code(1)
        .stderr(contains("LF222").and(contains("identifier")));
    assert!(!folder.has("out"));
    folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
    assert_eq!(folder.rows("out/events/event_a.parquet"), 3);
    let rejects = folder.text("out.rejects.jsonl");
    let codes: Vec<(String, String)> = rejects
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            (line["code"].as_str().unwrap().to_owned(), line["text"].as_str().unwrap().to_owned())
        })
        .collect();
    let expected = [("LF222", 1), ("LF222", 2), ("LF222", 3), ("LF222", 4), ("LF220", 6), ("LF222", 7)];
    assert_eq!(codes.len(), expected.len(), "{rejects}");
    for ((code, text), (expected, event)) in codes.iter().zip(expected) {
        assert!(code == expected && text.starts_with(&events[event]), "{code} {text}");
    }
}

#[test]
fn a_record_without_a_key_among_those_that_have_one_is_none_of_an_array() {
    let event = json!({"ocel:activity": "a", "ocel:timestamp": "2024-01-01T00:00:00Z"}).to_string();
    let events = format!("{{\"e1\": {event}, {event}, {event}, \"e2\": {event}, \"e3\": {event}}}");
    let folder = Folder::new().with("log.json", log(&events, "{}"));
    folder.run("convert log.json -o out").assert().code(1).stderr(contains("LF220"));
    folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
    assert_eq!(folder.rows("out/events/event_a.parquet"), 3);
    assert_eq!(folder.text("out.rejects.jsonl").lines().count(), 1);
}

#[test]
fn behind_a_fault_in_an_array_reading_goes_on_at_the_next_record() {
    let event = |id: &str| {
        json!({"ocel:type": "a", "ocel:vmap": {"x": 1}, "ocel:timestamp": "2024-01-01T00:00:00Z", "id": id})
            .to_string()
    };
    let damaged = event("e2").replacen("\":", "\"", 1);
    let events = format!("[{}, {damaged}, {}, {}]", event("e1"), event("e3"), event("e4"));
    let objects = format!(
        "[{}, {}]",
        json!({"ocel:oid": "o1", "ocel:type": "t"}),
        json!({"ocel:type": "t", "ocel:oid": "o2"})
    );
    let folder = Folder::new().with("log.json", log(&events, &objects));
    folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
    assert_eq!(folder.rows("out/events/event_a.parquet"), 3);
    assert_eq!(folder.rows("out/objects/object_t.parquet"), 2);
    let rejected: Value = serde_json::from_str(&folder.text("out.rejects.jsonl")).unwrap();
    assert_eq!(rejected["code"], "LF220");
    assert!(rejected["text"].as_str().unwrap().starts_with(&damaged));
}

#[test]
fn relations_of_pm4py_say_what_their_objects_are() {
    // The untyped list has each object once or as often as it is related, and may have more.
    let log = r#"{"ocel:global-log": {"ocel:object-types": ["order"]}, "ocel:events": {
        "e1": {"ocel:activity": "pay", "ocel:timestamp": "2024-01-01T00:00:00Z", "ocel:vmap": {"cost": 1}, "ocel:omap": ["o1", "o\u0032", "o3"],
            "ocel:typedOmap": [{"ocel:oid": "o2", "ocel:qualifier": "of"}, {"ocel:oid": "o1", "ocel:qualifier": "by"}, {"ocel:qualifier": "for", "ocel:oid": "o1"}]},
        "e2": {"ocel:typedOmap": [{"ocel:oid": "o1", "ocel:qualifier": null}], "ocel:omap": ["o1"], "ocel:activity": "pay", "ocel:timestamp": "2024-01-02T00:00:00Z"},
        "e3": {"ocel:typedOmap": "none", "ocel:omap": [], "ocel:activity": "pay", "ocel:timestamp": "2024-01-03T00:00:00Z"}},
        "ocel:objects": {"o1": {"ocel:type": "order", "ocel:ovmap": {}, "ocel:o2o": [{"ocel:oid": "o2", "ocel:qualifier": "part"}]},
            "o2": {"ocel:type": "order"}, "o3": {"ocel:type": "order"}}}"#;
    let folder = Folder::new().with("log.json", log);
    let told = folder.run("convert log.json -o out").assert().success();
    told.stderr(contains("repeated relations").not().and(contains("left out").not()));
    let relations = ["e1|o3|", "e1|o2|of", "e1|o1|by", "e1|o1|for", "e2|o1|"];
    assert_eq!(folder.values("out/relations/e2o.parquet"), relations);
    assert_eq!(folder.values("out/relations/o2o.parquet"), ["o1|o2|part"]);
    let events = folder.values("out/events/event_pay.parquet");
    assert_eq!(events[2], "e3|2024-01-03 00:00:00.000000 +00:00|null|none");
}
