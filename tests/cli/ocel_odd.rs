//! Object-centric logs that are odd and not wrong: nothing of them is lost, doubled or called something else.

use parquet::file::reader::FileReader;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::{Folder, reader};

/// The tables that every log of OCEL 2.0 has.
pub(super) const TABLES: &str = "
    CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT); CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
    CREATE TABLE event (ocel_id TEXT, ocel_type TEXT); CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
    CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
";

/// A folder with `log.sqlite`, made by these statements.
pub(super) fn database(sql: &str) -> Folder {
    let folder = Folder::new();
    let database = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    database.execute_batch(sql).unwrap();
    database.close().unwrap();
    folder
}

/// A folder with `log.json`, an OCEL 2.0 log of these events and objects.
fn log(events: &Value, objects: &Value) -> Folder {
    let log = json!({"objectTypes": [], "eventTypes": [], "objects": objects, "events": events});
    Folder::new().with("log.json", log.to_string())
}

/// An OCEL 2.0 log of one event.
fn log_of_one(event: &Value) -> Value {
    json!({"objectTypes": [], "eventTypes": [], "objects": [], "events": [event]})
}

/// The rows of a table, in order.
pub(super) fn rows(folder: &Folder, file: &str) -> Vec<String> {
    let reader = reader(&folder.path(&format!("out/{file}.parquet")));
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        let values: Vec<String> = row.get_column_iter().map(|(_, value)| value.to_string()).collect();
        values.join(" | ").replace(".000000 +00:00", "").replace('"', "")
    })
    .collect()
}

fn event(id: &str, of: &str, attributes: &[(&str, Value)]) -> Value {
    let attributes: Vec<Value> =
        attributes.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({"id": id, "type": of, "time": "2024-01-01T00:00:00Z", "attributes": attributes, "relationships": []})
}

#[test]
fn any_text_may_be_the_name_of_a_type_or_attribute() {
    let long = "t".repeat(300);
    let names = ["a\0b", "a", "", "..", "a/../b", "order", "Order", "e\u{301}", "\u{e9}", "1:x=", &long];
    let events: Vec<Value> =
        names.iter().map(|name| event("e", name, &[(name, json!("v")), ("\0id", json!("w"))])).collect();
    let later = json!([{"name": "\0z", "time": "2025-01-01T00:00:00Z", "value": 1}]);
    let folder = log(&events.into(), &json!([{"id": "o", "type": "a\0b", "attributes": later}]));
    folder.run("convert log.json -o out").assert().success();
    let meta: Value = serde_json::from_str(&folder.text("out/ocel-meta.json")).unwrap();
    for name in names {
        let file = meta["eventTypes"][name]["file"].as_str().unwrap();
        let found = rows(&folder, file.trim_end_matches(".parquet"));
        assert_eq!(found, ["e | 2024-01-01 00:00:00 | v | w"], "{name:?}");
    }
    assert_eq!(rows(&folder, "object_changes/object_changes_a%00b"), ["o | 2025-01-01 00:00:00 | \0z | 1"]);
    let files: std::collections::HashSet<String> =
        folder.names().iter().map(|it| it.to_lowercase()).collect();
    assert_eq!(files.len(), folder.names().len(), "on a system without upper case no file hides another");
    // And back: a bundle's names are its own affair.
    folder.run("convert out -o back.json").assert().success();
    folder.run("convert back.json -o again").assert().success();
    assert_eq!(folder.rows("again/events/event_Order~2.parquet"), 1);
}

#[test]
fn attributes_that_are_not_declared_stand_in_the_order_of_the_text() {
    let events =
        json!([event("e1", "t", &[("b", 1.into()), ("a", 2.into())]), event("e2", "t", &[("0", 3.into())])]);
    let folder = log(&events, &json!([]));
    folder.run("convert log.json -o out").assert().success();
    assert_eq!(
        rows(&folder, "events/event_t"),
        ["e1 | 2024-01-01 00:00:00 | 1 | 2 | null", "e2 | 2024-01-01 00:00:00 | null | null | 3"]
    );
}

#[test]
fn a_record_before_a_fault_is_kept_and_the_fault_told_where_it_is() {
    let record = |id: &str| event(id, "t", &[]).to_string();
    let text = format!(
        "{{\"objectTypes\": [], \"eventTypes\": [], \"events\": [{} {}, {}], \"objects\": []}}",
        record("e1"),
        record("e2"),
        record("e3")
    );
    let folder = Folder::new().with("log.json", &text);
    folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
    assert_eq!(rows(&folder, "events/event_t"), ["e1 | 2024-01-01 00:00:00", "e3 | 2024-01-01 00:00:00"]);
    let rejected: Value = serde_json::from_str(&folder.text("out.rejects.jsonl")).unwrap();
    assert_eq!(rejected["what"], "expected \",\" or the end of the section, found '{'");
    assert_eq!(rejected["at"], text.find(&record("e2")).unwrap());
}

#[test]
fn sections_of_another_shape_are_not_records_that_vanish() {
    for (text, what) in [
        (r#"{"objectTypes": [], "eventTypes": [], "events": {"a": 1}}"#, "an array of records"),
        (r#"{"ocel:global-log": {}, "ocel:events": "none"}"#, "an object or array of records"),
    ] {
        let folder = Folder::new().with("log.json", text);
        folder.run("convert log.json -o out").assert().code(1).stderr(contains("LF220").and(contains(what)));
    }
    let folder = Folder::new()
        .with("log.json", r#"{"objectTypes": [], "eventTypes": [], "events": null, "x": NaN, "x": 1}"#);
    folder.run("convert log.json -o out").assert().success();
    let meta: Value = serde_json::from_str(&folder.text("out/ocel-meta.json")).unwrap();
    assert_eq!(meta["logflow"]["log"]["sections"], json!({"x": "NaN", "x:2": 1}));
}

#[test]
fn what_has_no_place_in_a_row_is_counted_and_has_a_limit() {
    let twice = event("e", "t", &[("a", 1.into()), ("a", 2.into())]);
    let folder = log(&json!([twice, twice]), &json!([]));
    folder.run("convert log.json -o out").assert().success().stderr(contains("2 values of attributes"));
    let much = event("e", "t", &[("a", 1.into()), ("a", "x".repeat(1 << 20).into())]);
    let folder = log(&vec![much; 40].into(), &json!([]));
    folder.run("convert log.json -o out").assert().code(1).stderr(contains("LF206").and(contains("32 MiB")));
    assert!(!folder.has("out"));
}

#[test]
fn a_table_that_two_types_share_is_read_once() {
    let folder = database(&format!(
        "{TABLES}
        INSERT INTO event_map_type VALUES ('Pay It', 'PayIt'), ('PayIt', 'payit');
        CREATE TABLE event_PayIt (ocel_id TEXT, ocel_time TIMESTAMP, a TEXT);
        INSERT INTO event VALUES ('e1', 'Pay It'), ('e2', 'PayIt');
        INSERT INTO event_PayIt VALUES ('e1', '2024-01-01', 'x'), ('e2', '2024-01-02', 'y'), ('e3', '2024-01-03', 'z');
        INSERT INTO object_map_type VALUES ('A', 'a'), ('a', 'A');
        CREATE TABLE object_a (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, v INTEGER);
        INSERT INTO object VALUES ('o1', 'A'), ('o2', 'a');
        INSERT INTO object_a VALUES ('o1', '1970-01-01', NULL, 1), ('o2', '1970-01-01', NULL, 2), ('o2', '2024-01-01', 'v', 3);"
    ));
    folder.run("convert log.sqlite -o out").assert().success().stderr(contains("belongs to several types"));
    assert_eq!(
        rows(&folder, "events/event_Pay%20It"),
        ["e1 | 2024-01-01 00:00:00 | x", "e3 | 2024-01-03 00:00:00 | z"]
    );
    assert_eq!(rows(&folder, "events/event_PayIt"), ["e2 | 2024-01-02 00:00:00 | y"]);
    assert_eq!(rows(&folder, "objects/object_A"), ["o1 | 1"]);
    assert_eq!(rows(&folder, "objects/object_a~2"), ["o2 | 2"]);
    assert_eq!(rows(&folder, "object_changes/object_changes_a~2"), ["o2 | 2024-01-01 00:00:00 | v | 3"]);
}

#[test]
fn a_table_without_a_type_has_one_of_its_own_and_what_is_not_a_table_of_a_log_is_reported() {
    let folder = database(&format!(
        "{TABLES}
        INSERT INTO event_map_type VALUES ('A', 'X'); INSERT INTO event VALUES ('e1', 'A');
        CREATE TABLE event_X (ocel_id TEXT, ocel_time TIMESTAMP, p TEXT); INSERT INTO event_X VALUES ('e1', '2024-01-01', 'x');
        CREATE TABLE event_A (ocel_id TEXT, ocel_time TIMESTAMP, q TEXT); INSERT INTO event_A VALUES ('e2', '2024-01-01', 'y');
        CREATE TABLE extra (a); INSERT INTO extra VALUES (1); ALTER TABLE event_object ADD COLUMN weight;"
    ));
    let said = contains("table event_A belongs to no type; its rows are of type \"event_A\"")
        .and(contains("column weight of table event_object is no part of a log"))
        .and(contains("table extra is no part of a log: its 1 row is left out"))
        .and(contains("declared but not used").not());
    folder.run("convert log.sqlite -o out").assert().success().stderr(said);
    assert_eq!(rows(&folder, "events/event_A"), ["e1 | 2024-01-01 00:00:00 | x"]);
    assert_eq!(rows(&folder, "events/event_event_A"), ["e2 | 2024-01-01 00:00:00 | y"]);
    let meta: Value = serde_json::from_str(&folder.text("out/ocel-meta.json")).unwrap();
    assert_eq!(meta["logflow"]["event_types"][0]["attributes"][0]["declared"], "string");
}

#[test]
fn columns_called_rowid_and_tables_without_row_numbers_lose_no_rows() {
    let folder = database(&format!(
        "{TABLES}
        INSERT INTO object_map_type VALUES ('A', 'A'), ('B', 'B');
        CREATE TABLE object_A (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, rowid TEXT, oid INT);
        INSERT INTO object VALUES ('o1', 'A'), ('o2', 'A'), ('o3', 'A'), ('p1', 'B'), ('p2', 'B');
        INSERT INTO object_A VALUES ('o1', '1970-01-01', NULL, 'x', 5), ('o2', '1970-01-01', NULL, NULL, NULL), ('o3', '1970-01-01', NULL, 'y', 99999999);
        CREATE TABLE object_B (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, v INT, PRIMARY KEY (ocel_id, v)) WITHOUT ROWID;
        INSERT INTO object_B VALUES ('p1', '1970-01-01', NULL, 5), ('p1', '1970-01-01', NULL, 6), ('p2', '1970-01-01', NULL, 7);"
    ));
    folder.run("convert log.sqlite -o out").assert().success();
    assert_eq!(rows(&folder, "objects/object_A"), ["o1 | x | 5", "o2 | null | null", "o3 | y | 99999999"]);
    assert_eq!(rows(&folder, "objects/object_B"), ["p1 | 5", "p2 | 7"]);
    assert_eq!(rows(&folder, "object_changes/object_changes_B"), ["p1 | 1970-01-01 00:00:00 | v | 6"]);
}

#[test]
fn what_is_listed_without_a_type_and_rows_without_a_value_that_they_must_have_are_bad_records() {
    let folder = database(&format!(
        "{TABLES}
        INSERT INTO event_map_type VALUES ('A', 'A'); CREATE TABLE event_A (ocel_id TEXT, ocel_time TIMESTAMP);
        INSERT INTO event VALUES ('e1', 'A'), ('e2', NULL), (NULL, 'A');
        INSERT INTO event_A VALUES ('e1', '2024-01-01'), (NULL, '2024-01-01'), ('e3', NULL);
        INSERT INTO event_object VALUES (NULL, 'o', 'q'), ('e1', NULL, NULL);"
    ));
    folder.run("convert log.sqlite -o out").assert().code(1).stderr(contains("LF222"));
    let done = folder.run("convert log.sqlite -o out --on-bad-row reject").assert().code(4);
    done.stderr(
        contains("records 5 = rows 1 + rejected 4").and(contains("2 ends of relations that are NULL")),
    );
    assert_eq!(folder.text("out.rejects.jsonl").lines().count(), 4);
    assert_eq!(rows(&folder, "relations/e2o"), [" | o | q", "e1 |  | "]);
}

#[test]
fn types_and_identifiers_that_are_numbers_are_found_in_columns_of_any_type() {
    let folder = database(
        r#"CREATE TABLE EVENTS ("ocel:eid", "ocel:activity", "ocel:timestamp", a); INSERT INTO EVENTS VALUES (1, 5, '2024-01-01', 1);
        CREATE TABLE OBJECTS ("ocel:oid", "ocel:type"); INSERT INTO OBJECTS VALUES (7, 9);
        CREATE TABLE RELATIONS ("ocel:eid", "ocel:oid", "ocel:type"); INSERT INTO RELATIONS VALUES (1, 7, 9);"#,
    );
    folder.run("convert log.sqlite -o out").assert().success();
    assert_eq!(rows(&folder, "events/event_5"), ["1 | 2024-01-01 00:00:00 | 1"]);
    assert_eq!(rows(&folder, "objects/object_9"), ["7"]);
    let folder = database(
        "CREATE TABLE event (ocel_id, ocel_type); INSERT INTO event VALUES (1, 5); CREATE TABLE object (ocel_id, ocel_type);
        INSERT INTO object VALUES (7, 8); CREATE TABLE event_object (ocel_event_id, ocel_object_id, ocel_qualifier);
        CREATE TABLE event_5 (ocel_id, ocel_time); INSERT INTO event_5 VALUES (1, '2024-01-01');",
    );
    folder.run("convert log.sqlite -o out").assert().success();
    assert_eq!(rows(&folder, "objects/object_8"), ["7"]);
}

#[test]
fn names_of_types_with_quotes_and_nul_are_asked_for_as_they_are() {
    let folder = database(&format!(
        "{TABLES}
        INSERT INTO event_map_type VALUES ('it''s \"x\"', 'it''s \"x\"'), ('a' || char(0) || 'b', 'ab');
        INSERT INTO event VALUES ('e1', 'a' || char(0) || 'b'), ('e2', 'it''s \"x\"');
        CREATE TABLE event_ab (ocel_id TEXT, ocel_time TIMESTAMP); INSERT INTO event_ab VALUES ('e1', '2024-01-01');
        CREATE TABLE \"event_it's \"\"x\"\"\" (ocel_id TEXT, ocel_time TIMESTAMP, \"a\"\"b\" TEXT);
        INSERT INTO \"event_it's \"\"x\"\"\" VALUES ('e2', '2024-01-01', 'v');"
    ));
    folder.run("convert log.sqlite -o out").assert().success();
    assert_eq!(rows(&folder, "events/event_a%00b"), ["e1 | 2024-01-01 00:00:00"]);
    assert_eq!(rows(&folder, "events/event_it%27s%20%22x%22"), ["e2 | 2024-01-01 00:00:00 | v"]);
}

#[test]
fn a_flat_log_has_nanoseconds_and_each_event_of_a_case_once() {
    let at = |digits: &str| format!("2024-01-01T00:00:00.{digits}Z");
    let related = json!([{"objectId": "o", "qualifier": ""}]);
    let events = json!([
        {"id": "e1", "type": "t", "time": at("123456789"), "relationships": related},
        {"id": "e2", "type": "t", "time": at("5"), "relationships": related, "attributes": [{"name": "d", "value": "line\n\"x\""}]}
    ]);
    let folder = log(&events, &json!([{"id": "o", "type": "o"}, {"id": "o", "type": "o"}]));
    folder.run("convert log.json -o flat.parquet --flatten o").assert().success();
    assert_eq!(folder.rows("flat.parquet"), 2);
    folder.run("convert flat.parquet -o flat.xes").assert().success();
    assert!(folder.text("flat.xes").contains("2024-01-01T00:00:00.123456789+00:00"));
    let events = json!([{"id": "e\0", "type": "t", "time": at("5"), "relationships": related}]);
    let folder = log(&events, &json!([{"id": "o", "type": "o"}]));
    let said = contains("LF205").and(contains("ocel:eid"));
    folder.run("convert log.json -o flat.parquet --flatten o").assert().code(1).stderr(said);
}

#[test]
fn what_is_said_of_a_log_s_text_is_not_said_of_its_flat_form() {
    let text = r#"<?xml version="1.0" encoding="windows-1252"?><log><object-types/><event-types><event-type name="t"><attributes>
        <attribute name="f" type="float"/><attribute name="s" type="string"/></attributes></event-type></event-types>
        <objects><object id="o" type="x"/></objects><events><event id="e" type="t" time="2024-01-01T00:00:00Z"><attributes>
        <attribute name="f">NaN</attribute><attribute name="s">caf?</attribute></attributes><objects><relationship object-id="o" qualifier="NULL"/></objects></event></events></log>"#;
    let bytes: Vec<u8> = text.replace("caf?", "caf\u{e9}").chars().map(|c| u32::from(c) as u8).collect();
    let folder = Folder::new().with("log.xml", bytes);
    folder.run("convert log.xml -o out/flat.parquet --flatten x --encoding windows-1252").assert().failure();
    std::fs::create_dir(folder.path("out")).unwrap();
    folder.run("convert log.xml -o out/flat.parquet --flatten x --encoding windows-1252").assert().success();
    assert_eq!(rows(&folder, "flat"), ["o | t | 2024-01-01 00:00:00 | e | NULL | NaN | caf\u{e9}"]);
}

#[test]
fn an_object_whose_later_value_has_no_time_is_rejected_once_and_the_counts_add_up() {
    let later = |time: &str| json!({"name": "a", "time": time, "value": 1});
    let folder = log(
        &json!([]),
        &json!([
            {"id": "o1", "type": "t", "attributes": [later("2024-01-01T00:00:00Z")]},
            {"id": "o2", "type": "t", "attributes": [later("never"), later("2024-01-01T00:00:00Z"), later("nor then")]},
            {"id": "o3", "type": "t"}
        ]),
    );
    folder.run("convert log.json -o out").assert().code(1).stderr(contains("LF207").and(contains("never")));
    let done = folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
    done.stderr(contains("records 3 = rows 2 + rejected 1"));
    assert_eq!(rows(&folder, "objects/object_t"), ["o1 | null", "o3 | null"]);
    assert_eq!(folder.text("out.rejects.jsonl").lines().count(), 1);
    let folder = database(&format!(
        "{TABLES} INSERT INTO object_map_type VALUES ('A', 'A'); INSERT INTO object VALUES ('o1', 'A');
        CREATE TABLE object_A (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, v INT);
        INSERT INTO object_A VALUES ('o1', '1970-01-01', NULL, 1), ('o1', 'never', 'v', 2), ('o1', '2024-01-01', 'v', 3), ('o1', NULL, 'v', 4);"
    ));
    let done = folder.run("convert log.sqlite -o out --on-bad-row reject").assert().code(4);
    done.stderr(contains("records 3 = rows 1 + rejected 2"));
    assert_eq!(rows(&folder, "object_changes/object_changes_A"), ["o1 | 2024-01-01 00:00:00 | v | 3"]);
}

#[test]
fn white_space_in_attributes_of_xml_is_space_and_in_content_what_it_is() {
    let text = "<log><object-types/><event-types><event-type name='a\nb'><attributes><attribute name='x\ty' type='string'/></attributes></event-type></event-types>\
        <objects><object id='&gt;o' type='t'><attributes><attribute name='v' time='1970-01-01T00:00:00&#90;'>&quot;1</attribute></attributes></object></objects>\
        <events><event id='e\t&#10;1' type='a\nb' time='2024-01-01T00:00:00Z'><attributes><attribute name='x\ty'>>p\r\nq\tr</attribute></attributes></event></events></log>";
    let folder = Folder::new().with("log.xml", text);
    folder.run("convert log.xml -o out").assert().success();
    assert_eq!(rows(&folder, "events/event_a%20b"), ["e \n1 | 2024-01-01 00:00:00 | >p\nq\tr"]);
    let meta: Value = serde_json::from_str(&folder.text("out/ocel-meta.json")).unwrap();
    assert_eq!(meta["eventTypes"].as_object().unwrap().len(), 1, "what is declared is what is used");
    assert_eq!(meta["eventTypes"]["a b"]["attributes"][0]["name"], "x y");
    assert_eq!(folder.rows("out/objects/object_t.parquet"), 1);
    assert_eq!(rows(&folder, "objects/object_t"), [">o | 1"]);
}

#[test]
fn records_that_never_end_and_deep_nesting_take_no_time_for_each_of_them() {
    let long = [
        ("log.xml", format!("<log><object-types/><events>{}", "<event id=\"x\" ".repeat(500_000))),
        ("log.xml", format!("<log><object-types/><events>{}", "<event id=\"x\"><![CDATA[".repeat(300_000))),
        (
            "log.json",
            format!(
                "{{\"objectTypes\": [], \"eventTypes\": [], \"events\": [{{\"id\": 1 {}",
                "[{\"a\":".repeat(700_000)
            ),
        ),
    ];
    for (name, text) in long {
        let folder = Folder::new().with(name, text);
        let run = folder
            .run(&format!("convert {name} -o out --on-bad-row reject"))
            .timeout(std::time::Duration::from_secs(60))
            .assert();
        run.code(4).stderr(contains("records 1 = rows 0 + rejected 1"));
    }
}

#[test]
fn a_journal_of_a_writer_that_died_is_not_passed_over() {
    let folder = database(&format!(
        "{TABLES} INSERT INTO event_map_type VALUES ('A', 'A'); CREATE TABLE event_A (ocel_id TEXT, ocel_time TEXT);"
    ));
    let held = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    held.execute_batch("PRAGMA cache_size = 1; BEGIN; CREATE TABLE more (a);").unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO event SELECT printf('%0500d', i), 'A' FROM n";
    held.execute(fill, []).unwrap();
    // As it would lie there after a crash: changes in the file, and what undoes them beside it.
    for name in ["log.sqlite", "log.sqlite-journal"] {
        std::fs::copy(folder.path(name), folder.path(&name.replace("log", "dead"))).unwrap();
    }
    let journal = std::fs::read(folder.path("dead.sqlite-journal")).unwrap();
    folder
        .run("convert dead.sqlite -o undone")
        .assert()
        .success()
        .stderr(contains("dead.sqlite-journal tells"));
    assert!(std::fs::read(folder.path("dead.sqlite-journal")).unwrap() == journal);
    drop(held);
    folder.run("convert log.sqlite -o out").assert().success();
    let (undone, out) =
        (folder.path("undone/events/event_A.parquet"), folder.path("out/events/event_A.parquet"));
    assert!(std::fs::read(undone).unwrap() == std::fs::read(out).unwrap());
}

#[test]
fn a_log_in_utf_16_without_a_mark_is_a_log_and_no_table() {
    let text = log_of_one(&event("e", "t", &[("a", 1.into())])).to_string();
    let units = text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let folder = Folder::new().with("log.json", units);
    folder.run("convert log.json -o out").assert().success().stderr(contains("decoded as utf-16le"));
    assert_eq!(rows(&folder, "events/event_t"), ["e | 2024-01-01 00:00:00 | 1"]);
    let xml = r#"<log><objects/><events><event id="é" type="t" time="2024-01-01T00:00:00Z"/></events></log>"#;
    let units = xml.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let folder = Folder::new().with("log.xml", units);
    folder.run("convert log.xml -o out").assert().success();
    assert_eq!(rows(&folder, "events/event_t"), ["é | 2024-01-01 00:00:00"]);
}

#[test]
fn an_event_whose_time_is_an_empty_text_is_bad_and_none_of_1970() {
    let mut empty = event("e", "t", &[]);
    empty["time"] = "".into();
    let folder = log(&json!([event("e1", "t", &[]), empty]), &json!([]));
    folder
        .run("convert log.json -o out")
        .assert()
        .code(1)
        .stderr(contains("LF222").and(contains("empty text")));
    folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
    assert_eq!(rows(&folder, "events/event_t"), ["e1 | 2024-01-01 00:00:00"]);
    let xml = r#"<log><events><event id="e" type="t" time=""/></events></log>"#;
    let folder = Folder::new().with("log.xml", xml);
    folder.run("convert log.xml -o out --from ocel-xml").assert().code(1).stderr(contains("LF222"));
    let folder = database(&format!(
        "{TABLES} CREATE TABLE event_t (ocel_id TEXT, ocel_time TEXT); CREATE TABLE object_o (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT, p TEXT);
        INSERT INTO event_map_type VALUES ('t', 't'); INSERT INTO event VALUES ('e', 't'); INSERT INTO event_t VALUES ('e', '');"
    ));
    folder
        .run("convert log.sqlite -o out")
        .assert()
        .code(1)
        .stderr(contains("LF222").and(contains("empty text")));
}

#[test]
fn a_value_of_an_object_whose_time_is_an_empty_text_is_a_first_one() {
    let values = json!([{"name": "p", "time": "", "value": 1}]);
    let folder = log(&json!([]), &json!([{"id": "o", "type": "t", "attributes": values}]));
    folder.run("convert log.json -o out").assert().success();
    assert_eq!(rows(&folder, "objects/object_t"), ["o | 1"]);
    assert_eq!(folder.rows("out/object_changes/object_changes_t.parquet"), 0);
}

#[test]
fn keys_with_escapes_are_the_keys_that_they_mean() {
    let text = r#"{"\u006fbjectTypes": [], "event\u0054ypes": [{"name": "t", "attributes": []}], "objects": [], "events":
        [{"\u0069d": "e", "typ\u0065": "t", "\u0074ime": "2024-01-01T00:00:00Z", "attribute\u0073": [{"nam\u0065": "a", "\u0076alue": 1}],
          "relationship\u0073": [{"object\u0049d": "o", "qualifie\u0072": "q"}]}]}"#;
    let folder = Folder::new().with("log.json", text);
    folder.run("convert log.json -o out").assert().success();
    assert_eq!(rows(&folder, "events/event_t"), ["e | 2024-01-01 00:00:00 | 1"]);
    assert_eq!(rows(&folder, "relations/e2o"), ["e | o | q"]);
}

#[test]
fn other_json_with_events_and_objects_is_a_table() {
    for text in [
        r#"{"events": [{"a": 1}, {"a": 2}], "objects": [{"b": 1}]}"#,
        r#"{"events": [{"id": 1, "type": "push", "created_at": "x"}, {"id": 2, "type": "push"}], "next": null}"#,
        r#"{"events": 5, "objects": 7, "eventTypes": 2}"#,
    ] {
        let folder = Folder::new().with("a.json", text);
        folder.run("convert a.json -o a.parquet").assert().success();
    }
    let log = log_of_one(&event("e", "t", &[]));
    for (wrapped, place) in [
        (json!({"status": 200, "log": log}), "/log"),
        (json!({"status": 200, "data": {"n": 1, "log": log}}), "/data/log"),
        (json!([log]), "/0"),
    ] {
        let folder = Folder::new().with("a.json", wrapped.to_string());
        let run = folder.run("convert a.json -o a.parquet").assert().success();
        run.stderr(contains(format!("what stands at {place} is an object-centric log")));
    }
}

#[test]
fn an_event_longer_than_what_is_looked_at_shows_a_log() {
    let related: Vec<Value> =
        (0..20_000).map(|it| json!({"objectId": format!("o{it}"), "qualifier": "q"})).collect();
    let text = json!({"events": [{"id": "e", "type": "t", "time": "2024-01-01T00:00:00Z", "relationships": related}], "objects": []});
    let folder = Folder::new().with("log.json", text.to_string());
    folder.run("convert log.json -o out --io read").assert().success();
    assert_eq!(folder.rows("out/relations/e2o.parquet"), 20_000);
}

#[test]
fn what_tags_of_xml_have_beyond_the_standard_is_kept_or_counted() {
    let xml = r#"<ocel xmlns:xsi="x"><objects/><events><event id="e" type="t" time="2024-01-01T00:00:00Z" resource="r&amp;d" xsi:nil="1">
        <attributes><attribute name="a" value="1"/><attribute name="b" unit="kg">2</attribute></attributes>
        <objects><object object-id="o" relationship="q"/></objects></event></events>
        <quantities>text <q v="1">2</q></quantities></ocel>"#;
    let folder = Folder::new().with("log.xml", xml);
    folder.run("convert log.xml -o out").assert().success().stderr(
        contains("1 element within events or objects, or attribute of these, that the standard doesn't know, and that is left out, at byte")
            .and(contains("section \"quantities\" is not part of the standard; kept")),
    );
    assert_eq!(rows(&folder, "events/event_t"), ["e | 2024-01-01 00:00:00 | r&d | 1 | 2"]);
    assert_eq!(rows(&folder, "relations/e2o"), ["e | o | q"]);
}

#[test]
fn generated_columns_that_are_stored_are_read_and_others_are_named() {
    let folder = database(&format!(
        "{TABLES} CREATE TABLE event_t (ocel_id TEXT, ocel_time TEXT, n INTEGER, twice INTEGER AS (n * 2) STORED, late INTEGER AS (n + 1));
        INSERT INTO event_map_type VALUES ('t', 't'); INSERT INTO event VALUES ('e', 't');
        INSERT INTO event_t (ocel_id, ocel_time, n) VALUES ('e', '2024-01-01 00:00:00', 1);"
    ));
    folder
        .run("convert log.sqlite -o out")
        .assert()
        .success()
        .stderr(contains("column late of table event_t is computed and not stored: left out"));
    assert_eq!(rows(&folder, "events/event_t"), ["e | 2024-01-01 00:00:00 | 1 | 2"]);
}

#[test]
fn values_that_an_object_has_twice_and_at_no_time_are_kept() {
    let values = json!([{"name": "a", "value": 1}, {"name": "a", "time": "0", "value": 2}, {"name": "a", "time": "", "value": 3}]);
    let folder = log(&json!([]), &json!([{"id": "o", "type": "t", "attributes": values}]));
    folder.run("convert log.json -o out").assert().success();
    assert_eq!(rows(&folder, "objects/object_t"), ["o | 1"]);
    let later = ["o | 1970-01-01 00:00:00 | a | 2", "o | 1970-01-01 00:00:00 | a | 3"];
    // They are no nulls, for a null they have nowhere.
    folder.run("schema log.json --format json").assert().success().stdout(contains("\"nulls\": 1").not());
    assert_eq!(rows(&folder, "object_changes/object_changes_t"), later);
    for form in ["json", "xml", "sqlite"] {
        folder.run(&format!("convert log.json -o back.{form}")).assert().success();
        folder.run(&format!("convert back.{form} -o out --force")).assert().success();
        assert_eq!(rows(&folder, "object_changes/object_changes_t"), later, "{form}");
    }
    let text =
        r#"{"ocel:events": {}, "ocel:objects": {"o": {"ocel:type": "t", "ocel:ovmap": {"a": 1, "a": 2}}}}"#;
    let folder = Folder::new().with("log.json", text);
    folder.run("convert log.json -o out").assert().success();
    assert_eq!(rows(&folder, "object_changes/object_changes_t"), ["o | 1970-01-01 00:00:00 | a | 2"]);
}

#[test]
fn an_empty_text_where_a_batch_begins_is_not_a_zero() {
    let rows_of = |from: usize, to: usize| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) INSERT INTO event_t
             SELECT 'e' || i, '2024-01-01 00:00:00', CASE WHEN i = 4097 THEN '' ELSE i END FROM n;"
        )
    };
    let folder = database(&format!(
        "{TABLES} CREATE TABLE event_t (ocel_id TEXT, ocel_time TEXT, n INTEGER); INSERT INTO event_map_type VALUES ('t', 't');
        {} INSERT INTO event SELECT ocel_id, 't' FROM event_t;",
        rows_of(1, 5000)
    ));
    folder
        .run("convert log.sqlite -o out")
        .assert()
        .success()
        .stderr(contains("\"n\" of event type \"t\" is declared as integer and has values that are not"));
    assert_eq!(rows(&folder, "events/event_t")[4096], "e4097 | 2024-01-01 00:00:00 | ");
}

#[test]
fn a_fault_in_a_database_is_reported_with_its_column_and_at_no_byte() {
    let with = |time: &str, text: &str| {
        database(&format!(
            "{TABLES} CREATE TABLE event_t (ocel_id TEXT, ocel_time TEXT, a TEXT); INSERT INTO event_map_type VALUES ('t', 't');
            INSERT INTO event VALUES ('e', 't'); INSERT INTO event_t VALUES ('e', {time}, {text});"
        ))
    };
    let run = with("'soon'", "'x'").run("convert log.sqlite -o out").assert().code(1);
    run.stderr(contains("LF207").and(contains("events/event_t:ocel_time")).and(contains("byte").not()));
    let run = with("'2024-01-01'", "CAST(x'c328' AS TEXT)").run("convert log.sqlite -o out").assert().code(1);
    run.stderr(contains("LF204").and(contains("events/event_t:a")));
}

#[test]
fn first_values_that_a_table_has_twice_and_at_no_time_are_kept() {
    let folder = database(&format!(
        "{TABLES} CREATE TABLE object_t (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT, a INTEGER);
        INSERT INTO object_map_type VALUES ('t', 't'); INSERT INTO object VALUES ('o', 't');
        INSERT INTO object_t VALUES ('o', NULL, NULL, 1), ('o', NULL, NULL, 2), ('o', '0', '', 3), ('o', '', NULL, 4);"
    ));
    folder.run("convert log.sqlite -o out").assert().success();
    assert_eq!(rows(&folder, "objects/object_t"), ["o | 1"]);
    let later = [2, 3, 4].map(|value| format!("o | 1970-01-01 00:00:00 | a | {value}"));
    assert_eq!(rows(&folder, "object_changes/object_changes_t"), later);
}

#[test]
fn objects_with_later_values_alone_have_a_row_wherever_they_are_listed() {
    // Identifiers that are numbers with a fraction are written in more than one way.
    for (kind, ids) in
        [("TEXT", ["a", "b", "c"]), ("INTEGER", ["1", "2", "3"]), ("REAL", ["1.5", "2.5", "3.5"])]
    {
        let [first, listed, unlisted] = ids;
        let folder = database(&format!(
            "{TABLES} INSERT INTO object_map_type VALUES ('t', 't'), ('u', 'u');
            CREATE TABLE object_t (ocel_id {kind}, ocel_time TEXT, ocel_changed_field TEXT, v INTEGER);
            CREATE TABLE object_u (ocel_id {kind}, ocel_time TEXT, ocel_changed_field TEXT, v INTEGER);
            INSERT INTO object VALUES ('{first}', 't'), ('{listed}', 't');
            INSERT INTO object_t VALUES ('{first}', '1970-01-01', NULL, 1), ('{first}', '2024-01-01', 'v', 2);
            INSERT INTO object_t VALUES ('{listed}', '2024-01-01', 'v', 3), ('{unlisted}', '2024-01-01', 'v', 4), ('{unlisted}', '2024-01-02', 'v', 5);
            INSERT INTO object_u VALUES ('{unlisted}', '1970-01-01', NULL, 6);"
        ));
        for threads in ["1", "3"] {
            folder.run(&format!("convert log.sqlite -o out --force --threads {threads}")).assert().success();
            let mut found = rows(&folder, "objects/object_t");
            found.sort();
            let expected = [format!("{first} | 1"), format!("{listed} | null"), format!("{unlisted} | null")];
            assert_eq!(found, expected, "{kind}");
            assert_eq!(rows(&folder, "objects/object_u"), [format!("{unlisted} | 6")]);
            assert_eq!(rows(&folder, "object_changes/object_changes_t").len(), 4);
        }
    }
}

#[test]
fn bytes_that_are_not_text_are_written_as_sql_does_and_reported() {
    let folder = database(&format!(
        "{TABLES} CREATE TABLE event_t (ocel_id TEXT, ocel_time TEXT, a TEXT); INSERT INTO event_map_type VALUES ('t', 't');
        INSERT INTO event VALUES ('e', 't'), ('f', 't');
        INSERT INTO event_t VALUES ('e', '2024-01-01', x'00ff'), ('f', '2024-01-02', x'6162');"
    ));
    let told = folder.run("convert log.sqlite -o out").assert().success();
    told.stderr(contains("1 value that is a BLOB and no UTF-8, written as SQL writes it (X'...')"));
    let expected = ["e | 2024-01-01 00:00:00 | X'00FF'", "f | 2024-01-02 00:00:00 | ab"];
    assert_eq!(rows(&folder, "events/event_t"), expected);
}

#[test]
fn tables_that_bear_the_names_of_functions_change_nothing() {
    let folder = database(&format!(
        "{TABLES} CREATE TABLE event_t (ocel_id TEXT, ocel_time TEXT); INSERT INTO event_map_type VALUES ('t', 't');
        INSERT INTO event VALUES ('e', 't'); INSERT INTO event_t VALUES ('e', '2024-01-01 00:00:00');
        INSERT INTO event_object VALUES ('e', 'o', 'q'), ('e', 'o', 'q');
        CREATE TABLE pragma_page_count (page_count INTEGER); INSERT INTO pragma_page_count VALUES (-400);
        CREATE TABLE pragma_page_size (page_size TEXT); CREATE TABLE pragma_index_list (name TEXT, \"unique\" INTEGER, partial INTEGER);
        INSERT INTO pragma_index_list VALUES ('event_object', 1, 0); CREATE TABLE pragma_index_info (name TEXT);
        INSERT INTO pragma_index_info VALUES ('ocel_event_id');"
    ));
    folder.run("convert log.sqlite -o out").assert().success().stderr(contains("repeated relations: 1"));
    assert_eq!(rows(&folder, "relations/e2o"), ["e | o | q", "e | o | q"]);
}

#[test]
fn attributes_of_tags_with_a_prefix_are_their_own_and_values_stand_in_either_place() {
    let xml = r#"<log xmlns:f="f"><objects/><events><event xml:id="x" id="e" f:id="7" type="t" time="2024-01-01T00:00:00Z">
        <attributes><attribute name="a" value="5"></attribute><attribute name="b" value="6">2</attribute></attributes>
        <objects><relationship object-id="o" id="p" qualifier="q" relationship="r"/></objects></event></events></log>"#;
    let folder = Folder::new().with("log.xml", xml);
    // The value beside another, and what the relation says twice.
    let told = folder.run("convert log.xml -o out --from ocel-xml").assert().success();
    told.stderr(contains("3 elements within events or objects, or attributes of these"));
    assert_eq!(rows(&folder, "events/event_t"), ["e | 2024-01-01 00:00:00 | 7 | 5 | 2"]);
    assert_eq!(rows(&folder, "relations/e2o"), ["e | o | q"]);
}

#[test]
fn a_pipe_is_read_by_the_encoding_that_xml_declares_as_a_file_is() {
    let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
    let events: String = (0..4000)
        .map(|number| {
            format!(
                "<event id=\"é{number}\" type=\"prüfen\" time=\"2024-01-01T00:00:00Z\"><objects/></event>"
            )
        })
        .collect();
    let ocel = format!(
        "<?xml version='1.0' encoding='ISO-8859-1'?><log><object-types/><event-types><event-type name=\"prüfen\"><attributes/></event-type></event-types><objects/><events>{events}</events></log>"
    );
    let event = "<trace><string key=\"concept:name\" value=\"é\"/><event><string key=\"concept:name\" value=\"prüfen\"/></event></trace>";
    let xes = format!("<?xml version='1.0' encoding='ISO-8859-1'?><log>{}</log>", event.repeat(4000));
    let folder = Folder::new().with("o.xml", latin(&ocel)).with("x.xes", latin(&xes));
    for (file, from, one, other) in
        [("o.xml", "ocel-xml", "a", "b"), ("x.xes", "xes", "a.parquet", "b.parquet")]
    {
        folder.run(&format!("convert {file} -o {one}")).assert().success();
        let text = std::fs::read(folder.path(file)).unwrap();
        folder.run(&format!("convert - --from {from} -o {other}")).write_stdin(text).assert().success();
    }
    let file = "events/event_pr%C3%BCfen.parquet";
    assert_eq!(
        std::fs::read(folder.path(&format!("a/{file}"))).unwrap(),
        std::fs::read(folder.path(&format!("b/{file}"))).unwrap()
    );
    assert_eq!(folder.values("a.parquet"), folder.values("b.parquet"));
    assert!(folder.values("b.parquet")[3999].contains("prüfen"));
    // A text that says what it is not is told, as in a file.
    let marked = [&b"\xef\xbb\xbf"[..], &latin(&xes)].concat();
    folder
        .run("convert - --from xes -o c.parquet")
        .write_stdin(marked)
        .assert()
        .code(1)
        .stderr(contains("LF"));
}

#[test]
fn a_whole_number_that_a_double_holds_is_one_in_a_column_of_floats() {
    let log = |values: &[&str]| {
        let event = |(number, value): (usize, &&str)| {
            format!(
                r#"{{"id":"e{number}","type":"pay","time":"2024-01-01T00:00:00Z","attributes":[{{"name":"n","value":{value}}}],"relationships":[]}}"#
            )
        };
        let events: Vec<String> = values.iter().enumerate().map(event).collect();
        format!(
            r#"{{"objectTypes":[],"eventTypes":[{{"name":"pay","attributes":[{{"name":"n","type":"float"}}]}}],"objects":[],"events":[{}]}}"#,
            events.join(",")
        )
    };
    let folder = Folder::new()
        .with("held.json", log(&["1.5", "9007199254740994", "-9223372036854775808", "100000000000000000000"]))
        .with("lost.json", log(&["1.5", "9007199254740993"]));
    folder.run("convert held.json -o held").assert().success();
    folder.run("convert lost.json -o lost").assert().success();
    let column = |bundle: &str| folder.columns(&format!("{bundle}/events/event_pay.parquet")).pop().unwrap();
    assert_eq!(column("held"), "n DOUBLE");
    assert_eq!(column("lost"), "n BYTE_ARRAY");
    folder.run("convert held -o back.json").assert().success();
    folder.run("convert back.json -o again").assert().success();
    let values = |bundle: &str| folder.values(&format!("{bundle}/events/event_pay.parquet"));
    assert_eq!(values("held"), values("again"));
    assert!(values("held")[1].ends_with("|9007199254740994.0"), "{:?}", values("held"));
    assert!(values("held")[3].ends_with("|1E20"), "{:?}", values("held"));
    // JSON and CSV hold the same of what 64 bits hold; digits beyond these may be a name in CSV.
    let folder = Folder::new()
        .with("log.jsonl", "{\"a\":9007199254740994,\"b\":100000000000000000000,\"c\":[100000000000000000000]}\n{\"a\":0.5,\"b\":1,\"c\":[0.5]}\n")
        .with("log.csv", "a,b\n9007199254740994,100000000000000000000\n0.5,1\n");
    folder.run("convert log.jsonl -o json.parquet").assert().success();
    folder.run("convert log.csv -o csv.parquet").assert().success();
    assert_eq!(folder.columns("json.parquet"), ["a DOUBLE", "b DOUBLE", "item DOUBLE"]);
    assert_eq!(folder.columns("csv.parquet"), ["a DOUBLE", "b BYTE_ARRAY"]);
}
