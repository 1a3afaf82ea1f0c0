//! Object-centric logs: folders of tables that appear whole, logs that come back, messages that help.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::Folder;

/// Two events, two objects, a change.
const LOG: &str = r#"{"objectTypes": [{"name": "order", "attributes": [{"name": "total", "type": "float"}]}],
"eventTypes": [{"name": "pay", "attributes": [{"name": "amount", "type": "integer"}]}],
"objects": [{"id": "o1", "type": "order", "attributes": [{"name": "total", "time": "1970-01-01T00:00:00Z", "value": 1.5},
  {"name": "total", "time": "2024-01-01T00:00:00Z", "value": 2.5}], "relationships": [{"objectId": "o2", "qualifier": "next"}]},
 {"id": "o2", "type": "order", "attributes": []}],
"events": [{"id": "e1", "type": "pay", "time": "2024-01-01T00:00:00Z", "attributes": [{"name": "amount", "value": 7}],
  "relationships": [{"objectId": "o1", "qualifier": "pays"}]},
 {"id": "e2", "type": "pay", "time": "2024-01-02T00:00:00Z", "attributes": [], "relationships": []}]}
"#;

fn meta(folder: &Folder, bundle: &str) -> Value {
    serde_json::from_str(&folder.text(&format!("{bundle}/ocel-meta.json"))).unwrap()
}

#[test]
fn a_log_becomes_a_folder_of_tables() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    folder.run("convert log.jsonocel -o out").assert().success().stderr(contains(
        "2 events, 2 objects, 1 change of objects, 1 relation to objects (E2O), 1 between objects (O2O)",
    ));
    let meta = meta(&folder, "out");
    assert_eq!(meta["eventTypes"]["pay"]["file"], "events/event_pay.parquet");
    assert_eq!(meta["objectTypes"]["order"]["attributes"][0]["type"], "float");
    assert_eq!(meta["logflow"]["counts"]["changes"], 1);
    for file in
        ["relations/e2o.parquet", "relations/o2o.parquet", "object_changes/object_changes_order.parquet"]
    {
        assert!(folder.has(&format!("out/{file}")), "{file}");
        assert!(meta["logflow"]["files"][file]["blake3"].is_string(), "{file}");
    }
}

#[test]
fn a_bundle_is_replaced_only_if_that_is_asked_for_and_it_is_one() {
    let folder = Folder::new().with("log.jsonocel", LOG).with("other/file.txt", "mine");
    folder.run("convert log.jsonocel -o out").assert().success();
    let again = folder.run("convert log.jsonocel -o out").assert().failure();
    again.stderr(contains("LF106").and(contains("--force")));
    folder.run("convert log.jsonocel -o out --force").assert().success();
    // Another folder is a place for bundles, and is never replaced.
    folder.run("convert log.jsonocel -o other --force").assert().success();
    assert_eq!(folder.text("other/file.txt"), "mine");
    assert!(folder.has("other/log/ocel-meta.json"));
}

#[test]
fn the_impossible_is_refused_with_advice() {
    let folder = Folder::new().with("log.jsonocel", LOG).with("a.csv", "a,b\n1,2\n");
    folder.run("convert log.jsonocel -o out.parquet").assert().code(2).stderr(contains("folder"));
    folder.run("convert log.jsonocel a.csv -o out.pq").assert().code(2).stderr(contains("two runs"));
    folder.run("convert a.csv -o out --from ocel-json").assert().failure().stderr(contains("LF401"));
    assert!(!folder.has("out") && !folder.has("out.pq"));
}

#[test]
fn a_record_without_what_it_must_have_ends_the_run_or_is_rejected() {
    let bad = LOG.replace(r#""id": "e2", "#, "");
    let folder = Folder::new().with("log.jsonocel", &bad);
    let run = folder.run("convert log.jsonocel -o out").assert().code(1);
    run.stderr(contains("LF222").and(contains("expected an identifier")).and(contains("row 4")));
    assert!(!folder.has("out"));
    folder.run("convert log.jsonocel -o out --on-bad-row reject").assert().code(4);
    let rejected: Value = serde_json::from_str(&folder.text("out.rejects.jsonl")).unwrap();
    assert_eq!(rejected["code"], "LF222");
    assert!(rejected["text"].as_str().unwrap().starts_with(r#"{"type": "pay""#));
    assert_eq!(meta(&folder, "out")["logflow"]["counts"]["rejected"], 1);
}

#[test]
fn values_that_are_not_what_they_are_declared_to_be_widen_their_column() {
    let folder = Folder::new().with("log.jsonocel", LOG.replace("\"value\": 7", "\"value\": \"seven\""));
    folder
        .run("convert log.jsonocel -o out")
        .assert()
        .success()
        .stderr(contains("attribute \"amount\" of event type \"pay\" is declared as integer"));
    assert_eq!(meta(&folder, "out")["eventTypes"]["pay"]["attributes"][0]["type"], "string");
}

#[test]
fn a_bundle_goes_back_to_every_form() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    folder.run("convert log.jsonocel -o out").assert().success();
    for form in ["json", "xml", "sqlite"] {
        folder.run(&format!("convert out -o again.{form}")).assert().success().stderr(contains(
            "2 events, 2 objects, 1 relation to objects (E2O), 1 between objects (O2O), 1 change",
        ));
        folder.run(&format!("convert again.{form} -o back_{form}")).assert().success();
        let counts = meta(&folder, &format!("back_{form}"))["logflow"]["counts"].clone();
        assert_eq!(counts, meta(&folder, "out")["logflow"]["counts"], "{form}");
    }
}

#[test]
fn what_belongs_to_an_identifier_that_is_there_twice_goes_to_its_first_and_what_belongs_to_none_is_counted() {
    let event = |id: &str, time: &str, object: &str| {
        serde_json::json!({"id": id, "type": "pay", "time": time, "attributes": [],
            "relationships": [{"objectId": object, "qualifier": "pays"}]})
    };
    let day = "2024-01-01T00:00:00Z";
    let object = |id: &str, object: &str| {
        serde_json::json!({"id": id, "type": "order", "relationships": [{"objectId": object, "qualifier": "next"}],
            "attributes": [{"name": "total", "time": day, "value": 1}]})
    };
    let log = serde_json::json!({
        "eventTypes": [{"name": "pay", "attributes": []}],
        "objectTypes": [{"name": "order", "attributes": [{"name": "total", "type": "integer"}]}],
        "events": [event("e1", day, "o1"), event("bad", "never", "o1"), event("e2", day, "o2"), event("e1", day, "o3")],
        "objects": [object("o1", "o2"), object("o2", "o1"), object("o1", "o3")],
    });
    let folder = Folder::new().with("log.jsonocel", log.to_string());
    folder.run("convert log.jsonocel -o out --on-bad-row reject").assert().code(4);
    for form in ["json", "xml", "sqlite"] {
        let told = folder.run(&format!("convert out -o again.{form}")).assert().success();
        told.stderr(
            contains("3 events, 3 objects, 3 relations to objects (E2O), 3 between objects (O2O), 3 changes")
                .and(contains("1 relations of events that are not in the log were left out")),
        );
    }
    let again: Value = serde_json::from_str(&folder.text("again.json")).unwrap();
    let of = |section: &str, place: usize, what: &str| -> Vec<String> {
        let all = again[section][place][what].as_array().unwrap().iter();
        all.map(|it| it["objectId"].as_str().or(it["time"].as_str()).unwrap().to_owned()).collect()
    };
    assert_eq!(of("events", 0, "relationships"), ["o1", "o3"]);
    assert_eq!(of("events", 1, "relationships"), ["o2"]);
    assert_eq!(of("events", 2, "relationships"), [""; 0]);
    assert_eq!(of("objects", 0, "relationships"), ["o2", "o3"]);
    assert_eq!(of("objects", 0, "attributes").len(), 2);
    assert_eq!(of("objects", 2, "attributes"), [""; 0]);
}

#[test]
fn the_events_of_a_case_come_by_time_and_those_of_one_time_in_the_order_of_the_tables() {
    let event = |id: &str, of: &str, hour: u32, objects: &[&str]| {
        let related = objects.iter().map(|it| serde_json::json!({"objectId": it, "qualifier": ""}));
        serde_json::json!({"id": id, "type": of, "time": format!("2024-01-01T{hour:02}:00:00Z"), "attributes": [],
            "relationships": related.collect::<Vec<_>>()})
    };
    let of = |name: &str| serde_json::json!({"name": name, "attributes": []});
    let object = |id: &str, of: &str| serde_json::json!({"id": id, "type": of, "attributes": []});
    let log = serde_json::json!({
        "eventTypes": [of("a"), of("b")], "objectTypes": [of("order"), of("item")],
        "objects": [object("o2", "order"), object("o1", "order"), object("o2", "order"), object("i", "item")],
        "events": [event("b1", "b", 2, &["o1", "i"]), event("a3", "a", 3, &["o1"]), event("a2", "a", 2, &["o1", "o2", "o1"]),
            event("b2", "b", 1, &["o2", "o1"]), event("none", "a", 1, &["i", "nobody"])],
    });
    let folder = Folder::new().with("log.jsonocel", log.to_string());
    let told = folder.run("convert log.jsonocel -o flat.xes --flatten order").assert().success();
    told.stderr(contains("1 events are not related to an object of type \"order\" and were left out"));
    let text = folder.text("flat.xes");
    let ids: Vec<&str> = ["\"o1\"", "\"o2\"", "\"a2\"", "\"a3\"", "\"b1\"", "\"b2\""].to_vec();
    let mut found: Vec<(usize, &str)> =
        ids.iter().flat_map(|id| text.match_indices(id)).map(|(at, id)| (at, id.trim_matches('"'))).collect();
    found.sort_unstable();
    let found: Vec<&str> = found.into_iter().map(|(_, id)| id).collect();
    assert_eq!(found, ["o2", "b2", "a2", "o1", "b2", "a2", "a2", "b1", "a3"]);
}

#[test]
fn a_manifest_that_names_files_elsewhere_is_refused() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    folder.run("convert log.jsonocel -o out").assert().success();
    let text = folder.text("out/ocel-meta.json").replace("events/event_pay.parquet", "../log.jsonocel");
    std::fs::write(folder.path("out/ocel-meta.json"), text).unwrap();
    folder.run("convert out -o again.json").assert().failure().stderr(contains("LF232"));
    assert!(!folder.has("again.json"));
}

#[test]
fn a_log_is_flattened_to_the_cases_of_one_object_type() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    folder
        .run("convert log.jsonocel -o flat.parquet --flatten order")
        .assert()
        .success()
        .stderr(contains("1 events are not related to an object of type \"order\""));
    let rows = folder.rows("flat.parquet");
    assert_eq!(rows, 1);
    let names: Vec<String> = folder
        .columns("flat.parquet")
        .iter()
        .map(|column| column.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "case:concept:name",
            "concept:name",
            "time:timestamp",
            "ocel:eid",
            "ocel:qualifier",
            "amount",
            "case:total"
        ]
    );
    folder.run("convert log.jsonocel -o out").assert().success();
    folder.run("convert out -o flat.xes --flatten order").assert().success().stderr(contains("1 trace"));
    assert!(folder.text("flat.xes").contains("key=\"amount\" value=\"7\""));
    folder
        .run("convert out -o x.parquet --flatten thing")
        .assert()
        .code(2)
        .stderr(contains("the object types are order"));
    let csv = Folder::with_log();
    csv.run("convert log.csv -o x.parquet --flatten order").assert().code(2).stderr(contains("flat already"));
}

#[test]
fn a_look_at_a_log_tells_tables_and_types_and_writes_nothing() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    let told = || {
        contains("events/event_pay:amount").and(contains("int64")).and(contains("objects/object_order:total"))
    };
    folder.run("schema log.jsonocel").assert().success().stdout(told());
    folder.run("convert log.jsonocel -o out --dry-run").assert().success().stderr(told());
    folder.run("convert log.jsonocel -o log.sqlite").assert().success();
    folder.run("schema log.sqlite").assert().success().stdout(contains("relations/e2o:ocel_event_id"));
    assert!(!folder.has("out"));
    let both = folder.run("schema log.jsonocel log.sqlite").assert().success();
    both.stdout(told().and(contains("log.sqlite")));
}

#[test]
fn options_for_one_table_are_refused_for_object_centric_logs() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    for flag in ["--select amount", "--exclude amount", "--all-text", "--tables"] {
        let run = folder.run(&format!("convert log.jsonocel -o out {flag}")).assert().code(2);
        run.stderr(contains("not for object-centric logs"));
    }
    assert!(!folder.has("out"));
}

#[test]
fn a_log_is_laid_out_as_other_programs_read_it() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    folder.run("convert log.jsonocel -o p --layout pm4py").assert().success().stderr(contains(
        "2 events, 2 objects, 1 relation to objects (E2O), 1 between objects (O2O), 1 change",
    ));
    assert_eq!(folder.rows("p/events.parquet"), 2);
    assert_eq!(
        folder
            .columns("p/relations.parquet")
            .iter()
            .map(|it| it.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        ["ocel:eid", "ocel:activity", "ocel:timestamp", "ocel:oid", "ocel:type", "ocel:qualifier"]
    );
    folder.run("convert log.jsonocel -o bundle").assert().success();
    folder.run("convert bundle -o o --layout oceldb").assert().success();
    assert_eq!(folder.rows("o/object_changes/ocel_type=order/part-00000.parquet"), 2);
    folder.run("convert bundle -o o --layout oceldb").assert().code(1).stderr(contains("LF106"));
    folder.run("convert bundle -o o --layout oceldb --force").assert().success();
    // Another kind of folder is never replaced: it is a place for more.
    folder.run("convert bundle -o p --layout oceldb --force").assert().success();
    assert!(folder.has("p/bundle/manifest.json") && folder.has("p/events.parquet"));
    folder.run("convert log.jsonocel -o x.json --layout pm4py").assert().code(2).stderr(contains("--layout"));
    let csv = Folder::with_log();
    csv.run("convert log.csv -o x --layout pm4py").assert().code(2).stderr(contains("--layout"));
}

#[test]
fn a_folder_in_a_layout_that_is_only_written_is_not_an_input() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    std::fs::create_dir(folder.path("logs")).unwrap();
    folder.run("convert log.jsonocel -o logs/o --layout oceldb").assert().success();
    folder.run("convert log.jsonocel -o p --layout pm4py").assert().success();
    for command in
        ["convert logs/o -o x.json", "convert logs -o x.parquet", "schema logs/o", "validate logs/o"]
    {
        let run = folder.run(command).assert().failure();
        run.stderr(contains("LF108").and(contains("layout of oceldb")).and(contains("but not read")));
    }
    let run = folder.run("convert p -o x.parquet").assert().failure();
    run.stderr(contains("LF108").and(contains("layout of pm4py")));
    assert!(!folder.has("x.json") && !folder.has("x.parquet"));
    // A manifest of something else is JSON as any other.
    let other = Folder::new().with("logs/manifest.json", "[{\"format\":\"a\"},{\"format\":\"b\"}]");
    other.run("convert logs -o x.parquet").assert().success();
}

#[test]
fn an_object_centric_log_becomes_xes_by_way_of_one_object_type_only() {
    let folder = Folder::new().with("log.jsonocel", LOG);
    folder.run("convert log.jsonocel -o log.xml").assert().success();
    folder.run("convert log.jsonocel -o log.sqlite").assert().success();
    folder.run("convert log.jsonocel -o bundle").assert().success();
    for input in ["log.jsonocel", "log.xml", "log.sqlite", "bundle"] {
        for rest in ["-o out.xes", "-o out.xes.gz", "-o out.xes --dry-run"] {
            let run = folder.run(&format!("convert {input} {rest}")).assert().code(2);
            run.stderr(contains("LF501").and(contains("no case")).and(contains("--flatten OBJECT_TYPE")));
        }
        folder.run(&format!("convert {input} -o out.xes --force --flatten order")).assert().success();
    }
}

#[test]
fn attributes_that_begin_late_are_counted() {
    let text = LOG.replace("1970-01-01T00:00:00Z", "2023-01-01T00:00:00Z");
    let folder = Folder::new().with("log.jsonocel", &text).with("usual.jsonocel", LOG);
    let said = "of objects whose first value is later than 1970";
    folder
        .run("convert log.jsonocel -o out")
        .assert()
        .success()
        .stderr(contains(format!("1 attribute {said}")));
    assert_eq!(folder.rows("out/object_changes/object_changes_order.parquet"), 2);
    folder.run("convert usual.jsonocel -o usual").assert().success().stderr(contains(said).not());
    for form in ["sqlite", "xml"] {
        folder.run(&format!("convert out -o late.{form}")).assert().success();
        folder.run(&format!("convert usual -o usual.{form}")).assert().success();
        let late = folder.run(&format!("convert late.{form} -o {form}-late")).assert().success();
        late.stderr(contains(format!("1 attribute {said}")));
        let usual = folder.run(&format!("convert usual.{form} -o {form}-usual")).assert().success();
        usual.stderr(contains(said).not());
    }
}

const FLAT: &str = "ocel:eid,ocel:timestamp,ocel:activity,amount,ocel:type:order,ocel:type:item\n\
e1,2024-01-01 10:00:00,Create,,\"['o1', \"\"o'2\"\"]\",\"['1']\"\n\
2,2024-01-02 10:00:00,Pay,7.5,['o1'],\n";

#[test]
fn a_flat_table_of_an_object_centric_log_becomes_a_bundle() {
    let folder = Folder::new().with("flat.csv", FLAT);
    folder
        .run("convert flat.csv -o out")
        .assert()
        .success()
        .stderr(contains("2 events, 3 objects, 0 changes of objects, 4 relations to objects"));
    let meta = meta(&folder, "out");
    assert_eq!(meta["eventTypes"]["Pay"]["attributes"][0]["type"], "float");
    assert_eq!(meta["eventTypes"]["Create"]["attributes"].as_array().unwrap().len(), 0);
    assert_eq!(meta["logflow"]["source"]["name"], "flat.csv");
    folder.run("convert flat.csv -o log.sqlite").assert().success();
    folder.run("convert flat.csv -o log.xes --flatten order").assert().success();
    // A table is asked for, and a table it is.
    folder.run("convert flat.csv -o flat.parquet").assert().success();
    assert_eq!(folder.columns("flat.parquet").len(), 6);
    folder
        .run("convert flat.csv -o again.parquet --from ocel-csv")
        .assert()
        .code(2)
        .stderr(contains("folder"));
    folder.run("convert flat.csv -o as_csv --from csv").assert().success();
    assert_eq!(folder.rows("as_csv"), 2);
}

#[test]
fn a_malformed_flat_table_is_refused_with_its_row() {
    let folder = Folder::new()
        .with("bad.csv", FLAT.replace("['o1'],", "['o1',"))
        .with("empty.csv", FLAT.replace("2,2024", ",2024"))
        .with("other.csv", "a,b\n1,2\n");
    let run = folder.run("convert bad.csv -o out").assert().code(1);
    run.stderr(contains("LF222").and(contains("bad.csv, row 2")).and(contains("ocel:type:order")));
    folder
        .run("convert empty.csv -o out")
        .assert()
        .code(1)
        .stderr(contains("ocel:eid").and(contains("row 2")));
    folder.run("convert other.csv -o out --from ocel-csv").assert().code(1).stderr(contains("LF403"));
    assert!(!folder.has("out"));
}

#[test]
fn what_pandas_writes_for_a_missing_value_is_not_an_object_of_a_flat_table() {
    let folder = Folder::new().with("flat.csv", FLAT.replace("7.5,['o1'],", "7.5,nan,\"[None, 'None']\""));
    folder.run("convert flat.csv -o out").assert().success();
    assert_eq!(folder.values("out/objects/object_order.parquet"), ["o1", "o'2"]);
    assert_eq!(folder.values("out/objects/object_item.parquet"), ["1", "None"]);
    let offered = folder.run("validate --help").assert().success();
    offered.stdout(contains("ocel-json").and(contains("ocel-csv").not()));
}

#[test]
fn an_attribute_without_a_value_is_of_any_type_in_other_layouts() {
    let declared = r#"{"name": "close", "attributes": [{"name": "amount", "type": "boolean"}]}"#;
    let log = LOG
        .replace("\"eventTypes\": [", &format!("\"eventTypes\": [{declared}, "))
        .replace("\"type\": \"integer\"", "\"type\": \"time\"")
        .replace("\"value\": 7", "\"value\": \"2024-01-01T00:00:00Z\"")
        .replace("\"id\": \"e2\", \"type\": \"pay\"", "\"id\": \"e2\", \"type\": \"close\"");
    let folder = Folder::new().with("log.jsonocel", log);
    for layout in ["pm4py", "oceldb"] {
        folder.run(&format!("convert log.jsonocel -o {layout} --layout {layout}")).assert().success();
    }
    assert_eq!(folder.rows("pm4py/events.parquet"), 2);
    assert!(folder.columns("pm4py/events.parquet").iter().any(|column| column.starts_with("amount INT64")));
}

#[test]
fn several_logs_are_flattened_one_by_one() {
    let folder = Folder::new().with("one.jsonocel", LOG).with("two.jsonocel", LOG);
    folder.run("convert one.jsonocel two.jsonocel -o out/ --flatten order").assert().success();
    assert_eq!((folder.rows("out/one.parquet"), folder.rows("out/two.parquet")), (1, 1));
}

#[test]
fn the_name_of_a_log_in_a_folder_is_not_a_form() {
    let folder = Folder::new().with("log.db.jsonocel", LOG).with("log.xes.jsonocel", LOG);
    folder.run("convert log.db.jsonocel log.xes.jsonocel -o out/").assert().success();
    assert!(folder.has("out/log.db/ocel-meta.json") && folder.has("out/log.xes/ocel-meta.json"));
}

#[test]
fn a_folder_of_tables_to_another_is_a_mistake_with_advice() {
    let folder = Folder::new().with("log.json", r#"{"events": [], "objects": [{"id": "o", "type": "t"}]}"#);
    folder.run("convert log.json -o out").assert().success();
    for output in ["again", "again.csv"] {
        let told = folder.run(&format!("convert out -o {output}")).assert().code(2);
        told.stderr(contains("LF501").and(contains("--layout")).and(contains("glob").not()));
        assert!(!folder.has(output));
    }
    folder.run("convert out -o again.sqlite").assert().success();
}

#[test]
fn a_log_with_much_in_front_is_a_log_and_is_believed_to_be_one() {
    let xml = |front: &str| {
        format!(
            r#"<log>{front}<global scope="log"><string key="version" value="1.0"/></global><events><event><string key="id" value="e1"/><string key="activity" value="a"/><date key="timestamp" value="2024-01-01T00:00:00Z"/><list key="omap"><string key="object-id" value="o1"/></list></event></events><objects><object><string key="id" value="o1"/><string key="type" value="o"/></object></objects></log>"#
        )
    };
    let json = |front: &str| {
        format!(
            r#"{{"more":"{front}","objectTypes":[{{"name":"o","attributes":[]}}],"eventTypes":[{{"name":"a","attributes":[]}}],"objects":[{{"id":"o1","type":"o"}}],"events":[{{"id":"e1","type":"a","time":"2024-01-01T00:00:00Z"}}]}}"#
        )
    };
    let global = |count: usize| {
        format!(r#"<global scope="event">{}</global>"#, r#"<string key="k" value="v"/>"#.repeat(count))
    };
    let folder = Folder::new()
        .with("near.xml", xml(&global(6000)))
        .with("near.json", json(&"x".repeat(200_000)))
        .with("far.xml", xml(&global(60_000)))
        .with("far.json", json(&"x".repeat(2_000_000)));
    for name in ["near.xml", "near.json", "far.xml", "far.json"] {
        let ending = name.split('.').next_back().unwrap();
        for rest in ["", "--io read"] {
            if name.starts_with("near") {
                folder.run(&format!("convert {name} -o out --force {rest}")).assert().success();
                assert_eq!(folder.rows("out/events/event_a.parquet"), 1, "{name} {rest}");
            }
            folder
                .run(&format!("convert {name} -o out --force --from ocel-{ending} {rest}"))
                .assert()
                .success();
            assert_eq!(folder.rows("out/events/event_a.parquet"), 1, "{name} {rest}");
        }
    }
    // What is none stays none.
    let run =
        folder.with("none.json", "{\"a\":1}").run("convert none.json -o none --from ocel-json").assert();
    run.failure().stderr(contains("LF401"));
}
