//! `logflow validate`: what logs break is listed with its place, and the exit code says whether anything was.

use predicates::prelude::*;
use predicates::str::contains;

use super::Folder;

const SOUND: &str = r#"{"objectTypes": [{"name": "order", "attributes": [{"name": "total", "type": "float"}]}],
"eventTypes": [{"name": "pay", "attributes": [{"name": "amount", "type": "integer"}]}],
"objects": [{"id": "o1", "type": "order", "attributes": [{"name": "total", "time": "1970-01-01T00:00:00Z", "value": 7.5}]}],
"events": [{"id": "e1", "type": "pay", "time": "2024-01-01T10:00:00Z", "attributes": [{"name": "amount", "value": "7"}],
"relationships": [{"objectId": "o1", "qualifier": "order"}]}]}"#;

fn violations(folder: &Folder, command: &str) -> Vec<(String, String)> {
    let run = folder.run(command).output().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let listed = value["violations"].as_array().unwrap();
    assert_eq!(run.status.code(), Some(if listed.is_empty() { 0 } else { 3 }));
    assert_eq!(value["count"], listed.len());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    listed.iter().map(|it| (text(&it["rule"]), text(&it["what"]))).collect()
}

#[test]
fn a_sound_log_is_valid() {
    let folder = Folder::new().with("log.jsonocel", SOUND);
    folder.run("validate log.jsonocel").assert().success().stdout("log.jsonocel  OCEL 2.0, valid\n");
    folder.run("convert log.jsonocel -o log.xml").assert().success();
    folder.run("convert log.jsonocel -o log.sqlite").assert().success();
    folder.run("convert log.jsonocel -o bundle").assert().success();
    folder.run("validate log.xml log.sqlite bundle").assert().success().stdout(contains("valid").count(3));
}

#[test]
fn each_rule_that_is_broken_is_reported_with_its_place() {
    for (from, to, rule, what) in [
        (r#""type": "pay""#, r#""type": "play""#, "types", "the event type \"play\" is not declared"),
        (r#""type": "float""#, r#""type": "double""#, "attributes", "is declared as \"double\""),
        (
            r#""objectId": "o1""#,
            r#""objectId": "o2""#,
            "references",
            "the related object \"o2\" is not in the log",
        ),
        (r#", "qualifier": "order""#, "", "relations", "has no qualifier"),
        (
            r#""value": "7""#,
            r#""value": "7.1""#,
            "values",
            "\"amount\" is declared as integer and its value is \"7.1\"",
        ),
        (
            r#""value": 7.5"#,
            r#""value": "x""#,
            "values",
            "\"total\" is declared as float and its value is \"x\"",
        ),
        ("2024-01-01T10:00:00Z", "1.1.2024", "times", "found \"1.1.2024\""),
        (r#""time": "1970-01-01T00:00:00Z", "#, "", "complete", "the value of \"total\" has no time"),
        (r#""id": "e1", "#, "", "complete", "expected an identifier"),
        (
            r#"{"objectTypes""#,
            r#"{"more": 1, "objectTypes""#,
            "sections",
            "the standard has no section \"more\"",
        ),
        (r#""eventTypes""#, r#""eventKinds""#, "sections", "the section \"eventTypes\" is missing"),
        (
            r#""relationships": ["#,
            r#""relationships": [{"objectId": "o1", "qualifier": "order"}, "#,
            "relations",
            "occurs twice",
        ),
    ] {
        let text = SOUND.replace(from, to);
        assert_ne!(text, SOUND);
        let folder = Folder::new().with("log.json", &text);
        let found = violations(&folder, "validate log.json --from ocel-json --format json");
        let rule = format!("OCEL 2.0, {rule}");
        assert!(found.iter().any(|it| it.0 == rule && it.1.contains(what)), "{from} -> {to}: {found:?}");
    }
    let folder =
        Folder::new().with("log.json", SOUND.replace("\"objectId\": \"o1\"", "\"objectId\": \"o2\""));
    let at = SOUND.find("\"objectId\": \"o1\"").unwrap() + 13;
    folder
        .run("validate log.json")
        .assert()
        .code(3)
        .stdout(contains(format!("byte {at}, line 5:33  the related object \"o2\"")));
}

#[test]
fn what_is_read_twice_or_not_at_all_is_reported() {
    let twice = SOUND.replace(
        r#""events": ["#,
        r#""events": [{"id": "e1", "type": "pay", "time": "2024-01-01T10:00:00Z"}, "#,
    );
    let folder = Folder::new().with("log.json", &twice).with("cut.json", &SOUND[..SOUND.len() - 3]);
    let found = violations(&folder, "validate log.json --format json");
    assert_eq!(
        found,
        [("OCEL 2.0, identifiers".into(), "the identifier \"e1\" is that of an earlier event".into())]
    );
    let found = violations(&folder, "validate cut.json --format json");
    assert_eq!(found[0].0, "OCEL 2.0, well-formed");
    folder.run("validate log.json --limit 0").assert().code(3);
    let many: String = (0..50).map(|_| r#"{"objectId": "none", "qualifier": "q"}, "#).collect();
    let folder = folder
        .with("many.json", SOUND.replace(r#""relationships": ["#, &format!(r#""relationships": [{many}"#)));
    folder
        .run("validate many.json --limit 2")
        .assert()
        .code(3)
        .stdout(contains("99 violations").and(contains("and 97 more")));
    // Through windows: packed, and as a pipe that is read twice.
    let whole = violations(&folder, "validate many.json --format json");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, folder.text("many.json").as_bytes()).unwrap();
    let folder = folder.with("many.json.gz", gzip.finish().unwrap());
    assert_eq!(violations(&folder, "validate many.json.gz --format json"), whole);
    let pipe = folder
        .run("validate - --from ocel-json --limit 2")
        .pipe_stdin(folder.path("many.json"))
        .unwrap()
        .assert();
    pipe.code(3).stdout(contains("99 violations"));
}

#[test]
fn a_database_is_asked_for_what_it_breaks() {
    let folder = Folder::new().with("log.json", SOUND);
    folder.run("convert log.json -o log.sqlite").assert().success();
    let database = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    database
        .execute_batch(
            "INSERT INTO event_object VALUES ('e1', 'o9', 'x'), ('e9', 'o1', 'x'), ('e9', 'o1', 'x');
             UPDATE event_pay SET amount = 'much';
             UPDATE event_pay SET ocel_time = 'once';
             INSERT INTO object VALUES ('o2', 'cart');
             INSERT INTO event VALUES ('e2', 'pay');",
        )
        .unwrap();
    drop(database);
    let mut found = violations(&folder, "validate log.sqlite --format json");
    found.sort();
    let rules: Vec<&str> = found.iter().map(|it| it.0.trim_start_matches("OCEL 2.0, ")).collect();
    assert_eq!(
        rules,
        [
            "complete",
            "references",
            "references",
            "references",
            "relations",
            "tables",
            "times",
            "types",
            "values"
        ],
        "{found:?}"
    );
    folder
        .run("convert log.sqlite -o out --on-bad-row reject")
        .assert()
        .code(4)
        .stderr(contains(
            "references to events or objects that are not in the log: 3, distinct identifiers: 2",
        ))
        .stderr(contains("repeated relations: 1"));
}

#[test]
fn what_a_database_says_again_or_at_no_time_is_reported() {
    let folder = Folder::new().with("log.json", SOUND);
    folder.run("convert log.json -o log.sqlite").assert().success();
    let database = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    database
        .execute_batch(
            "INSERT INTO event_pay SELECT * FROM event_pay;
             INSERT INTO object_order SELECT * FROM object_order WHERE ocel_changed_field IS NULL;
             INSERT INTO object_order (ocel_id) SELECT ocel_id FROM object_order LIMIT 1;",
        )
        .unwrap();
    drop(database);
    let found = violations(&folder, "validate log.sqlite --format json");
    for (rule, what) in [
        ("identifiers", "the event \"e1\" has an earlier row"),
        ("attributes", "the object \"o1\" has first values in an earlier row"),
        ("complete", "a row of the object \"o1\" has no time"),
    ] {
        let rule = format!("OCEL 2.0, {rule}");
        assert!(found.contains(&(rule, what.to_owned())), "{what}: {found:?}");
    }
}

#[test]
fn text_of_a_database_that_is_not_text_and_names_that_are_empty_are_reported_with_their_rows() {
    let tables = super::ocel_odd::TABLES;
    let folder = super::ocel_odd::database(&format!(
        "{tables} INSERT INTO event_map_type VALUES ('A', 'A'); INSERT INTO object_map_type VALUES (NULL, 'x'), ('o', 'o');
        CREATE TABLE event_A (ocel_id TEXT, ocel_time TEXT, a TEXT); CREATE TABLE object_o (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT);
        INSERT INTO event (rowid, ocel_id, ocel_type) VALUES (3, 'e1', 'A'), (5, '', 'A'), (7, 'e3', '');
        INSERT INTO object (rowid, ocel_id, ocel_type) VALUES (2, '', 'o'), (4, 'o2', ''), (6, 'o3', NULL);
        INSERT INTO event_A (rowid, ocel_id, ocel_time, a) VALUES (70, 'e1', '2024-01-01T00:00:00Z', CAST(x'c328' AS TEXT)), (80, '', '2024-01-01T00:00:00Z', 'b');
        INSERT INTO event_object VALUES ('e1', CAST(x'ff' AS TEXT), 'q');"
    ));
    let run = folder.run("validate log.sqlite").assert().code(3);
    let said = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let said: Vec<String> =
        said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "table event_A, row 70 a text in the column \"a\" is not UTF-8 (OCEL 2.0, well-formed)",
        "table event_object, row 1 a text in the column \"ocel_object_id\" is not UTF-8 (OCEL 2.0, well-formed)",
        "table event, row 5 the identifier of an event is an empty text (OCEL 2.0, complete)",
        "table event, row 7 the type of an event is an empty text (OCEL 2.0, complete)",
        "table object, row 2 the identifier of an object is an empty text (OCEL 2.0, complete)",
        "table object, row 4 the type of an object is an empty text (OCEL 2.0, complete)",
        "table object, row 6 an object has no type (OCEL 2.0, complete)",
        "table object_map_type, row 1 an object type has no name (OCEL 2.0, types)",
    ] {
        assert!(said.iter().any(|line| line == expected), "{expected}: {said:#?}");
    }
    let folder = super::ocel_odd::database(&format!(
        "{tables} INSERT INTO event_map_type VALUES ('A', 'A'), (CAST(x'c328' AS TEXT), 'B');"
    ));
    let run = folder.run("validate log.sqlite").assert().code(3);
    run.stdout(contains("table event_map_type, row 2  expected UTF-8"));
    let run = folder.run("convert log.sqlite -o out").assert().code(1);
    run.stderr(contains("LF204").and(contains("table event_map_type, row 2, column \"ocel_type\"")));
}

#[test]
fn what_is_wrong_in_a_table_of_several_types_is_reported_once() {
    let folder = super::ocel_odd::database(&format!(
        "{} INSERT INTO event_map_type VALUES ('A', 'X'), ('B', 'X'); INSERT INTO event VALUES ('e1', 'A'), ('e2', 'B'), ('e3', 'B');
        CREATE TABLE event_X (ocel_id TEXT, ocel_time TEXT, v INTEGER);
        INSERT INTO event_X VALUES ('e1', 'soon', 'x'), ('e2', '2024-01-01T00:00:00Z', 1), ('e9', '2024-01-01T00:00:00Z', 1);",
        super::ocel_odd::TABLES
    ));
    let found = violations(&folder, "validate log.sqlite --format json");
    let mut found: Vec<&str> = found.iter().filter(|it| !it.0.ends_with("tables")).map(|it| &*it.1).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "\"e9\" is not listed in event as of type \"A\" or \"B\"",
            "\"v\" is declared as integer and its value is \"x\"",
            "expected a time such as 2024-02-29T12:00:00Z, found \"soon\"",
            "the event \"e3\" has no row in event_X",
        ]
    );
}

#[test]
fn an_empty_identifier_or_type_is_a_violation() {
    for (from, to, what) in [
        (r#""id": "e1""#, r#""id": """#, "the identifier of an event is an empty text"),
        (r#""type": "pay""#, r#""type": """#, "the type of an event is an empty text"),
    ] {
        let folder = Folder::new().with("log.json", SOUND.replace(from, to));
        let found = violations(&folder, "validate log.json --format json");
        assert_eq!(found, [("OCEL 2.0, complete".to_owned(), what.to_owned())]);
    }
}

#[test]
fn a_fault_in_a_declaration_is_reported_where_it_is() {
    let json = r#"{"objectTypes": [
 {"name": "order", "attributes": [{"name": "n", "type": "float"}, {"name": "n", "type": "string"},
  {"type": "double", "name": "m"}]},
 {"attributes": [], "name": "order"},
 {"attributes": []}],
"eventTypes": [], "objects": [], "events": []}"#;
    let xml = r#"<log><object-types>
<object-type name="order"><attributes><attribute name="n" type="float"/><attribute name="n" type="string"/>
<attribute type="double" name="m"/></attributes></object-type>
<object-type name="order"/>
<object-type><attributes/></object-type></object-types><event-types/><objects/><events/></log>"#;
    for (text, places) in [(json, ["2:67", "3:3", "4:2", "5:2"]), (xml, ["2:73", "3:1", "4:1", "5:1"])] {
        let folder = Folder::new().with("log", text);
        let run = folder.run("validate log").assert().code(3);
        let said = String::from_utf8(run.get_output().stdout.clone()).unwrap();
        let found: Vec<&str> = said.lines().skip(1).filter_map(|line| line.split("line ").nth(1)).collect();
        assert_eq!(found.len(), places.len(), "{said}");
        for (found, place) in found.iter().zip(places) {
            assert!(found.starts_with(&format!("{place} ")), "{place}: {said}");
        }
    }
}

#[test]
fn a_document_type_is_one_fault_and_what_stands_after_it_is_looked_at() {
    let log = |events: &str| {
        format!(
            r#"<?xml version="1.0"?><!DOCTYPE log SYSTEM "ocel.dtd"><log><object-types/><event-types><event-type name="a"><attributes/></event-type></event-types><objects/><events>{events}</events></log>"#
        )
    };
    let doctype = "expected a log without a document type, which might name other files";
    let event = |of: &str| format!(r#"<event id="{of}" type="{of}" time="2024-01-01T00:00:00Z"/>"#);
    let folder = Folder::new().with("log.xml", log(&event("a"))).with("other.xml", log(&event("b")));
    let found = violations(&folder, "validate log.xml --format json");
    assert_eq!(found, [("OCEL 2.0, well-formed".to_owned(), doctype.to_owned())]);
    let found = violations(&folder, "validate other.xml --format json");
    assert_eq!(found[0].1, doctype);
    assert_eq!(
        found[1..],
        [("OCEL 2.0, types".to_owned(), "the event type \"b\" is not declared".to_owned())]
    );
    folder.run("convert log.xml -o out").assert().code(1).stderr(contains("LF212"));
    // Where bad records are set aside it takes no declarations with it.
    let told = contains("1 document type that might name other files").and(contains("not declared").not());
    folder.run("convert log.xml -o kept --on-bad-row reject").assert().success().stderr(told);
    folder.run("convert log.xml -o out --strict").assert().code(1).stderr(contains("LF223"));
}

#[test]
fn strictly_read_a_log_that_breaks_a_rule_is_an_error_with_its_place_and_nothing_appears() {
    let folder = Folder::new().with("log.json", SOUND);
    for form in ["xml", "sqlite"] {
        folder.run(&format!("convert log.json -o log.{form}")).assert().success();
    }
    for form in ["json", "xml", "sqlite"] {
        folder.run(&format!("convert log.{form} -o {form} --strict")).assert().success();
        folder.run(&format!("convert log.{form} -o {form}-plain")).assert().success();
        for table in ["events/event_pay", "objects/object_order", "relations/e2o"] {
            let bytes = |of: &str| std::fs::read(folder.path(&format!("{of}/{table}.parquet"))).unwrap();
            assert!(bytes(form) == bytes(&format!("{form}-plain")), "{form}: {table}");
        }
    }
    let xml = folder.text("log.xml").replace(">7<", ">seven<");
    assert!(xml.contains("seven"));
    let json = SOUND.replace(r#""value": "7""#, r#""value": "seven""#);
    let at = json.find("seven").unwrap();
    let folder = folder.with("log.json", &json).with("log.xml", &xml);
    let database = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    database.execute_batch("UPDATE event_pay SET amount = 'seven'").unwrap();
    database.close().unwrap();
    let place = [format!("byte {at}, line 4:"), "log.xml, byte ".into(), "table event_pay, row 1: ".into()];
    for (form, place) in ["json", "xml", "sqlite"].iter().zip(place) {
        let said = || contains("LF223").and(contains("\"seven\" (OCEL 2.0, values)")).and(contains(&*place));
        for to in ["new", "new.parquet --flatten order", "new --layout pm4py", "new.xes --flatten order"] {
            folder.run(&format!("convert log.{form} -o {to} --strict")).assert().code(1).stderr(said());
        }
        folder.run(&format!("schema log.{form} --strict")).assert().code(1).stderr(said());
        folder.run(&format!("convert log.{form} -o {form}-wide")).assert().success();
        assert!(folder.names().iter().all(|name| !name.starts_with("new")), "{:?}", folder.names());
    }
    let many: String = (0..50).map(|_| r#"{"objectId": "none", "qualifier": "q"}, "#).collect();
    let many = SOUND.replace(r#""relationships": ["#, &format!(r#""relationships": [{many}"#));
    let folder = folder.with("log.json", many);
    let mut run = folder.run("convert log.json -o new --strict");
    run.assert().code(1).stderr(contains("OCEL 2.0, references").and(contains("; and 94 more")));
}

#[test]
fn what_relations_lead_to_is_there_however_far_after_them_it_and_its_type_stand() {
    use std::fmt::Write;

    let (mut json, mut json_1, mut xml, mut xml_1) =
        (String::new(), String::new(), String::new(), String::new());
    for event in 0..4000 {
        let comma = if event == 0 { "" } else { "," };
        let time = "2024-01-01T00:00:00Z";
        write!(json, r#"{comma}{{"id":"e{event}","type":"e","time":"{time}","attributes":[],"relationships":[{{"objectId":"o&1","qualifier":"q"}}]}}"#).unwrap();
        write!(json_1, r#"{comma}"e{event}":{{"ocel:activity":"a","ocel:timestamp":"{time}","ocel:omap":["o&1"],"ocel:vmap":{{}}}}"#).unwrap();
        write!(xml, r#"<event id="e{event}" type="e" time="{time}"><attributes/><objects><relationship object-id="o&amp;1" qualifier="q"/></objects></event>"#).unwrap();
        write!(xml_1, r#"<event><string key="id" value="e{event}"/><string key="activity" value="a"/><date key="timestamp" value="{time}"/><list key="omap"><string key="object-id" value="o&amp;1"/></list><list key="vmap"/></event>"#).unwrap();
    }
    let json = format!(
        r#"{{"events":[{json}],"objects":[{{"id":"o&1","type":"o","attributes":[],"relationships":[]}}],"objectTypes":[{{"name":"o","attributes":[]}}],"eventTypes":[{{"name":"e","attributes":[]}}]}}"#
    );
    let json_1 = format!(
        r#"{{"ocel:global-log":{{"ocel:version":"1.0","ocel:ordering":"timestamp","ocel:attribute-names":[],"ocel:object-types":["o"]}},"ocel:events":{{{json_1}}},"ocel:objects":{{"o\u00261":{{"ocel:type":"o","ocel:ovmap":{{}}}}}}}}"#
    );
    let xml = format!(
        r#"<log><events>{xml}</events><objects><object id="o&amp;1" type="o"><attributes/><objects/></object></objects><object-types><object-type name="o"><attributes/></object-type></object-types><event-types><event-type name="e"><attributes/></event-type></event-types></log>"#
    );
    let xml_1 = format!(
        r#"<?xml version="1.0"?><log><global scope="log"><string key="version" value="1.0"/><list key="attribute-names"/><list key="object-types"><string key="object-type" value="o"/></list></global><events>{xml_1}</events><objects><object><string key="id" value="o&amp;1"/><string key="type" value="o"/><list key="ovmap"/></object></objects></log>"#
    );
    let logs = [("2.json", json), ("1.json", json_1), ("2.xml", xml), ("1.xml", xml_1)];
    for (name, text) in logs {
        assert!(text.len() > 400_000, "{name}");
        let folder = Folder::new().with(name, &text);
        for io in ["mmap", "read"] {
            folder.run(&format!("convert --strict --force --io {io} {name} -o out")).assert().success();
        }
        folder.run(&format!("validate {name}")).assert().success();
        let dangling = text.replacen("o&1\",\"q", "o2\",\"q", 1).replacen("[\"o&1", "[\"o2", 1);
        let dangling = match name.ends_with("xml") {
            true => text.replacen("o&amp;1", "o2", 1),
            false => dangling,
        };
        let folder = folder.with(name, dangling);
        let found = violations(&folder, &format!("validate --format json {name}"));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0].1, "the related object \"o2\" is not in the log");
    }
}

#[test]
fn a_bundle_is_held_against_its_checksums() {
    let folder = Folder::new().with("log.json", SOUND);
    folder.run("convert log.json -o bundle").assert().success();
    let table = folder.path("bundle/events/event_pay.parquet");
    let mut bytes = std::fs::read(&table).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&table, &bytes).unwrap();
    std::fs::remove_file(folder.path("bundle/relations/o2o.parquet")).unwrap();
    folder
        .run("validate bundle")
        .assert()
        .code(3)
        .stdout(contains("relations/o2o.parquet     the file is not there"))
        .stdout(contains("events/event_pay.parquet"));
}

#[test]
fn xes_is_held_against_ieee_1849() {
    let folder = Folder::new().with("good.xes", "<log xes.version=\"1849.2016\"><trace/></log>").with(
        "bad.xes",
        "<log xes.version=\"1849.2016\">\n<trace><int key=\"a\" value=\"x\"/></trace></log>",
    );
    folder
        .run("validate good.xes bad.xes")
        .assert()
        .code(3)
        .stdout(contains("good.xes  IEEE 1849, valid"))
        .stdout(contains("line 2:21").and(contains("expected an xs:long")).and(contains("IEEE 1849, 4.2")));
}

#[test]
fn what_has_no_standard_is_refused_with_advice() {
    let folder = Folder::with_log();
    folder
        .run("validate log.csv")
        .assert()
        .code(1)
        .stderr(contains("LF401").and(contains("convert --dry-run")));
    folder.run("validate none.xes").assert().code(1).stderr(contains("LF101"));
    folder.run("validate").assert().code(2);
}

#[test]
fn what_is_double_or_leads_nowhere_is_counted_on_the_way() {
    let text = SOUND.replace(
        r#""relationships": ["#,
        r#""relationships": [{"objectId": "o1", "qualifier": "order"}, {"objectId": "none", "qualifier": "q"}, "#,
    );
    let folder = Folder::new().with("log.json", &text);
    let run = folder.run("convert log.json -o out --report json").assert().success();
    let report: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    let expected = serde_json::json!({
        "duplicate_events": 0, "duplicate_objects": 0, "duplicate_relations": 1, "dangling_references": 1, "missing": 1
    });
    assert_eq!(report["references"], expected);
    let meta: serde_json::Value = serde_json::from_str(&folder.text("out/ocel-meta.json")).unwrap();
    assert_eq!(meta["logflow"]["references"], expected);
}
