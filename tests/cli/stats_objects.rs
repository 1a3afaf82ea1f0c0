//! `logflow stats` on object-centric logs.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::Folder;

/// Two orders and two items; a customer and an event that have nothing to do with each other; one relation that
/// is there twice, and one that leads nowhere. Two events have one time.
const SHOP: &str = r#"{
"objectTypes": [{"name": "order", "attributes": []}, {"name": "item", "attributes": []}, {"name": "customer", "attributes": []}],
"eventTypes": [{"name": "place", "attributes": []}, {"name": "pack", "attributes": []}, {"name": "ship", "attributes": []},
  {"name": "rest", "attributes": []}],
"objects": [{"id": "o1", "type": "order"}, {"id": "o2", "type": "order"}, {"id": "i1", "type": "item"},
  {"id": "i2", "type": "item"}, {"id": "c", "type": "customer"}],
"events": [
  {"id": "e1", "type": "place", "time": "2024-01-01T09:00:00Z", "relationships": [
    {"objectId": "o1", "qualifier": ""}, {"objectId": "i1", "qualifier": ""}, {"objectId": "i2", "qualifier": ""}]},
  {"id": "e2", "type": "pack", "time": "2024-01-01T10:00:00Z", "relationships": [
    {"objectId": "i1", "qualifier": ""}, {"objectId": "i2", "qualifier": ""}]},
  {"id": "e3", "type": "place", "time": "2024-01-01T10:00:00Z", "relationships": [{"objectId": "o2", "qualifier": ""}]},
  {"id": "e4", "type": "ship", "time": "2024-01-01T11:00:00Z", "relationships": [
    {"objectId": "o1", "qualifier": ""}, {"objectId": "o2", "qualifier": ""}, {"objectId": "i1", "qualifier": ""},
    {"objectId": "i2", "qualifier": "one"}, {"objectId": "i2", "qualifier": "other"}, {"objectId": "x", "qualifier": ""}]},
  {"id": "e5", "type": "rest", "time": "2024-01-01T12:00:00Z"}
]}"#;

fn shop() -> Folder {
    Folder::new().with("shop.jsonocel", SHOP)
}

/// What `logflow stats --format json` prints.
fn bytes(folder: &Folder, args: &str) -> String {
    let output = folder.run(&format!("stats {args} --format json")).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

fn figures(folder: &Folder, args: &str) -> Value {
    serde_json::from_str(&bytes(folder, args)).unwrap()
}

#[test]
fn figures_of_a_small_log_are_those_that_a_person_finds() {
    let found = figures(&shop(), "shop.jsonocel");
    let numbers = ["events", "objects", "e2o", "o2o", "events_without_objects"].map(|key| found[key].clone());
    assert_eq!(numbers, [json!(5), json!(5), json!(10), json!(0), json!(1)]);
    let left_out = json!({ "duplicates": 1, "without_event": 0, "without_object": 1 });
    assert_eq!(found["relations_left_out"], left_out);
    assert_eq!(found["activities"], json!({ "pack": 1, "place": 2, "rest": 1, "ship": 1 }));
    let edges: Vec<Value> = found["ocdfg"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let counts = ["event_couples", "unique_objects", "total_objects"].map(|key| it[key].clone());
            let sums = [&it["event_couples_s"]["sum"], &it["total_objects_s"]["sum"]];
            json!([it["object_type"], it["from"], it["to"], counts, sums])
        })
        .collect();
    let expected = [
        json!(["item", "pack", "ship", [1, 2, 2], [3600.0, 7200.0]]),
        json!(["item", "place", "pack", [1, 2, 2], [3600.0, 7200.0]]),
        json!(["order", "place", "ship", [2, 2, 2], [10800.0, 10800.0]]),
    ];
    assert_eq!(edges, expected);
    let order = &found["object_types"]["order"];
    assert_eq!(order["activities"]["ship"], json!({ "events": 1, "unique_objects": 2, "total_objects": 2 }));
    assert_eq!(order["start_activities"], json!({ "place": { "events": 2, "unique_objects": 2 } }));
    assert_eq!(order["end_activities"], json!({ "ship": { "events": 1, "unique_objects": 2 } }));
    assert_eq!((&order["events"], &order["relations"]), (&json!(3), &json!(4)));
    assert_eq!(
        (&order["objects_per_event"]["max"], &order["events_per_object"]["mean"]),
        (&json!(2.0), &json!(2.0))
    );
    assert_eq!(
        (&order["duration_s"]["sum"], &order["interacting_objects"]["min"]),
        (&json!(10800.0), &json!(3.0))
    );
    let customer = &found["object_types"]["customer"];
    assert_eq!((&customer["objects"], &customer["objects_without_events"]), (&json!(1), &json!(1)));
    assert_eq!(customer["duration_s"]["mean"], Value::Null);
    assert_eq!(
        found["interactions"],
        json!([
            { "object_type": "item", "other_type": "item", "events": 3, "pairs": 3 },
            { "object_type": "item", "other_type": "order", "events": 2, "pairs": 6 },
            { "object_type": "order", "other_type": "order", "events": 1, "pairs": 1 },
        ])
    );
    assert_eq!(found["variants"][0]["activities"], json!(["place", "pack", "ship"]));
    assert_eq!(found["variants"][1]["object_type"], "order");
}

#[test]
fn one_log_has_the_same_bytes_in_all_forms_with_any_threads_and_little_memory() {
    let folder = Folder::new();
    for name in ["log.jsonocel", "log.xmlocel", "log.sqlite"] {
        folder.run(&format!("generate --events 3000 --objects 700 --seed 5 -o {name}")).assert().success();
    }
    folder.run("convert log.jsonocel -o bundle").assert().success();
    let expected = bytes(&folder, "log.jsonocel --threads 1");
    assert!(expected.contains("\"events\": 3000"), "{}", &expected[..200]);
    for args in [
        "log.jsonocel --threads 8",
        "log.xmlocel --threads 1",
        "log.xmlocel --threads 8",
        "log.sqlite --threads 8",
        "bundle --threads 1",
        "bundle --threads 8",
        "log.jsonocel --threads 2 --memory-limit 42MiB --io read",
    ] {
        assert_eq!(bytes(&folder, args), expected, "{args}");
    }
}

#[test]
fn the_graph_has_a_colour_and_a_name_for_each_type() {
    let folder = shop();
    folder.run("stats shop.jsonocel -o shop.dot").assert().success().stdout("");
    let dot = folder.text("shop.dot");
    assert!(dot.contains("label=\"order: 2\\n1 h 30 min\", color=\"#b2182b\""), "{dot}");
    assert!(dot.contains("start1 [label=\"item\", shape=ellipse, color=\"#2166ac\""), "{dot}");
    folder.run("stats shop.jsonocel --format mermaid").assert().success().stdout(
        contains("-->|\"item: 1<br/>1 h\"|")
            .and(contains("start2([\"order\"])"))
            .and(contains("stroke:#b2182b"))
            .and(contains("rest")),
    );
    folder.run("stats shop.jsonocel -o shop.svg").assert().success();
    let svg = folder.text("shop.svg");
    let mut reader = quick_xml::Reader::from_str(&svg);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    assert!(
        svg.contains("order 2 · 1 h 30 min") && svg.contains(".edge.c2 path { stroke: #b2182b }"),
        "{svg}"
    );
    folder
        .run("stats shop.jsonocel --format dot --top 1")
        .assert()
        .success()
        .stdout(contains("not shown: 2 edges and 2 activities").and(contains("customer").not()));
}

#[test]
fn tables_have_edges_variants_activities_and_objects() {
    let folder = shop();
    folder.run("stats shop.jsonocel --tables figures").assert().success();
    let names = ["activities", "edges", "objects", "variants"].map(|it| format!("figures/{it}.parquet"));
    assert_eq!(folder.names()[..4], names);
    let objects = folder.values("figures/objects.parquet");
    let rows: Vec<&str> =
        objects.iter().map(|row| row.split_at(row.find("|2024").unwrap_or(row.len())).0).collect();
    assert_eq!(rows[1..], ["i1|item|3", "i2|item|3", "o1|order|2", "o2|order|2"]);
    assert_eq!(rows[0], "c|customer|0|null|null|null|0|null");
    assert!(objects[3].ends_with("|7200.0|3|1"), "{objects:?}");
    let edges = folder.values("figures/edges.parquet");
    assert!(edges[2].starts_with("order|place|ship|2|2|2|5400.0|"), "{edges:?}");
    assert_eq!(folder.values("figures/activities.parquet")[0], "item|pack|1|2|2|0|0|0|0");
    assert_eq!(folder.rows("figures/variants.parquet"), 2);
}

#[test]
fn the_table_names_types_and_what_does_not_count() {
    shop().run("stats shop.jsonocel").assert().success().stdout(
        contains("5, 1 without objects")
            .and(contains("2 relations: 1 occur again, 1 lead to no object of the log"))
            .and(contains("event couples"))
            .and(contains("place > pack > ship")),
    );
}

#[test]
fn what_needs_cases_is_refused_with_a_way_out() {
    let folder = shop();
    for args in ["--format dfg", "-o shop.dfg", "--temporal-profile"] {
        folder
            .run(&format!("stats shop.jsonocel {args}"))
            .assert()
            .code(2)
            .stderr(contains("LF501").and(contains("--flatten")));
    }
    folder.run("stats shop.jsonocel --where x=1").assert().failure().stderr(contains("--where"));
    folder.run("stats shop.jsonocel shop.jsonocel").assert().failure().stderr(contains("error[LF"));
    assert_eq!(folder.names(), ["shop.jsonocel"]);
}

#[test]
fn logs_without_events_objects_or_relations_have_figures() {
    let none = r#"{"eventTypes": [], "objectTypes": [], "events": [], "objects": []}"#;
    let folder = Folder::new().with("none.jsonocel", none);
    let found = figures(&folder, "none.jsonocel");
    assert_eq!(
        (&found["events"], &found["ocdfg"], &found["first_event"]),
        (&json!(0), &json!([]), &Value::Null)
    );
    folder.run("stats none.jsonocel").assert().success();
    folder.run("stats none.jsonocel --format dot --tables figures").assert().success();
}

#[test]
fn an_event_with_very_many_objects_does_not_ask_who_meets_whom() {
    let objects: Vec<Value> =
        (0..1_500).map(|it| json!({ "id": format!("o{it}"), "type": "order" })).collect();
    let related = |most: u32| -> Vec<Value> {
        (0..most).map(|it| json!({ "objectId": format!("o{it}"), "qualifier": "" })).collect()
    };
    let event = |id: &str, related: Vec<Value>| json!({ "id": id, "type": "a", "time": "2024-01-01T00:00:00Z", "relationships": related });
    let log = json!({
        "objectTypes": [{ "name": "order", "attributes": [] }],
        "eventTypes": [{ "name": "a", "attributes": [] }],
        "objects": objects,
        "events": [event("e1", related(1_500)), event("e2", related(3))],
    });
    let folder = Folder::new().with("log.jsonocel", log.to_string());
    let found = figures(&folder, "log.jsonocel");
    assert_eq!(found["crowded_events"], 1);
    assert_eq!(found["object_types"]["order"]["interacting_objects"]["max"], 2.0);
    assert_eq!(found["interactions"][0]["pairs"], 1_500 * 1_499 / 2 + 3);
    // Both events have one time.
    assert_eq!(
        (&found["ocdfg"][0]["event_couples"], &found["ocdfg"][0]["total_objects"]),
        (&json!(1), &json!(3))
    );
}
