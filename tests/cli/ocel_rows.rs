//! Faults of object-centric logs in SQLite are told with the table and the row that the database knows.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::Folder;
use super::ocel_odd::{TABLES, database};

/// Table, row and code of each line of `out.rejects.jsonl`.
fn rejected(folder: &Folder) -> Vec<(String, Option<i64>, String)> {
    let lines = folder.text("out.rejects.jsonl");
    let lines = lines.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line.get("byte").is_none() && line.get("at").is_none(), "{line}");
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        (text("table"), line["row"].as_i64(), text("code"))
    });
    lines.collect()
}

/// A table of events of type `A`, with these rows: number, identifier and time.
fn events(rows: &str) -> String {
    format!(
        "{TABLES} INSERT INTO event_map_type VALUES ('A', 'A'); CREATE TABLE event_A (ocel_id TEXT, ocel_time TEXT, a TEXT);
        INSERT INTO event_A (rowid, ocel_id, ocel_time) VALUES {rows};
        INSERT INTO event SELECT ocel_id, 'A' FROM event_A WHERE ocel_id IS NOT NULL;"
    )
}

#[test]
fn a_bad_row_is_reported_with_its_table_and_the_number_that_the_database_gives_it() {
    let good = "(-5, 'e1', '2024-01-01T00:00:00Z'), (9000, 'e5', '2024-01-01T00:00:00Z')";
    for (row, code) in
        [("(70, 'e2', 'soon')", "LF207"), ("(70, 'e3', NULL)", "LF222"), ("(70, NULL, '2024')", "LF222")]
    {
        let folder = database(&events(&format!("{good}, {row}")));
        let told = folder.run("convert log.sqlite -o out").assert().code(1);
        told.stderr(contains(code).and(contains("log.sqlite, table event_A, row 70")));
        folder.run("convert log.sqlite -o out --on-bad-row reject").assert().code(4);
        assert_eq!(rejected(&folder), [("event_A".to_owned(), Some(70), code.to_owned())]);
    }
    let folder = database(&format!(
        "{} UPDATE event_A SET a = CAST(x'c328' AS TEXT) WHERE rowid = 9000;",
        events(good)
    ));
    let told = folder.run("convert log.sqlite -o out").assert().code(1);
    told.stderr(contains("LF204").and(contains("log.sqlite, table event_A, row 9000, column")));
}

#[test]
fn each_of_many_bad_rows_is_reported_with_its_number_whatever_stands_between_them() {
    let folder = database(&format!(
        "{}
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO event_A (rowid, ocel_id, ocel_time) SELECT 3 * i, 'e' || i, iif(i % 7 = 0 OR i > 19000, 'no', '2024-01-01T00:00:00Z') FROM n;
        INSERT INTO event SELECT ocel_id, 'A' FROM event_A WHERE ocel_id <> 'e0';",
        events("(1, 'e0', '2024-01-01T00:00:00Z')")
    ));
    folder.run("convert log.sqlite -o out --on-bad-row reject").assert().code(4);
    let expected = (1..=20_000).filter(|i| i % 7 == 0 || *i > 19_000).map(|i| Some(3 * i));
    assert!(rejected(&folder).into_iter().map(|(_, row, _)| row).eq(expected));
}

#[test]
fn where_rows_have_no_numbers_the_table_alone_is_reported() {
    let folder = database(&format!(
        "{TABLES} INSERT INTO event_map_type VALUES ('A', 'A'); CREATE TABLE event_A (ocel_id TEXT PRIMARY KEY, ocel_time TEXT) WITHOUT ROWID;
        INSERT INTO event VALUES ('e1', 'A'); INSERT INTO event_A VALUES ('e1', 'soon');"
    ));
    let told = folder.run("convert log.sqlite -o out").assert().code(1);
    told.stderr(contains("log.sqlite, table event_A, column"));
    folder.run("convert log.sqlite -o out --on-bad-row reject").assert().code(4);
    assert_eq!(rejected(&folder), [("event_A".to_owned(), None, "LF207".to_owned())]);
}

#[test]
fn rows_of_a_table_that_types_share_and_of_objects_that_are_there_again_have_their_numbers() {
    let folder = database(&format!(
        "{TABLES} INSERT INTO event_map_type VALUES ('A', 'X'), ('B', 'X'); CREATE TABLE event_X (ocel_id TEXT, ocel_time TEXT);
        INSERT INTO event VALUES ('e1', 'A'), ('e2', 'B'), ('e3', 'A'), ('e4', 'B'), ('e5', 'A');
        INSERT INTO event_X (rowid, ocel_id, ocel_time) VALUES (10, 'e1', '2024-01-01T00:00:00Z'), (20, 'e2', 'soon'),
            (30, 'e3', 'late'), (40, 'e4', '2024-01-01T00:00:00Z');
        INSERT INTO object_map_type VALUES ('o', 'o'); INSERT INTO object VALUES ('o1', 'o'), ('o2', 'o');
        CREATE TABLE object_o (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT, v INTEGER);
        INSERT INTO object_o (rowid, ocel_id, ocel_time, ocel_changed_field, v) VALUES (10, 'o1', '1970-01-01', NULL, 1),
            (20, 'o1', '1970-01-01', NULL, 2), (30, NULL, '1970-01-01', NULL, 3), (40, 'o2', 'never', 'v', 4);"
    ));
    folder.run("convert log.sqlite -o out --on-bad-row reject").assert().code(4);
    let mut found: Vec<(String, Option<i64>)> =
        rejected(&folder).into_iter().map(|(table, row, _)| (table, row)).collect();
    found.sort();
    // That `e5` has no row is told with the row in which it is listed.
    let expected = [("event", 5), ("event_X", 20), ("event_X", 30), ("object_o", 30), ("object_o", 40)];
    assert_eq!(found, expected.map(|(table, row)| (table.to_owned(), Some(row))));
}

#[test]
fn a_view_where_the_table_of_a_type_should_be_is_named() {
    let folder = database(&format!(
        "{TABLES} INSERT INTO object_map_type VALUES ('o', 'o'); INSERT INTO object VALUES ('o1', 'o');
        CREATE VIEW object_o AS SELECT ocel_id FROM object; DROP TABLE object_object;
        CREATE VIEW object_object AS SELECT ocel_id FROM object;"
    ));
    for (command, code) in [("convert log.sqlite -o out", 0), ("validate log.sqlite", 3)] {
        let output = folder.run(command).output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            said.contains("\"o\" has no table object_o, but a view of this name: views are not looked at"),
            "{said}"
        );
        assert!(said.contains("object_object is a view and no table"), "{said}");
    }
    let folder = database(&format!(
        "{TABLES} INSERT INTO event_map_type VALUES ('A', 'A'); INSERT INTO event VALUES ('e1', 'A');
        CREATE VIEW event_A AS SELECT ocel_id, '2024-01-01' AS ocel_time FROM event;"
    ));
    let told = folder.run("convert log.sqlite -o out").assert().code(1);
    told.stderr(contains("LF222").and(contains("the table of this type is a view")));
}

#[test]
fn types_of_ocel_1_0_are_not_declared_and_not_missed() {
    let folder = database(
        r#"CREATE TABLE EVENTS ("ocel:eid", "ocel:activity", "ocel:timestamp"); INSERT INTO EVENTS VALUES ('e', 'a', '2024-01-01T00:00:00Z');
        CREATE TABLE OBJECTS ("ocel:oid", "ocel:type"); INSERT INTO OBJECTS VALUES ('o', 't');
        CREATE TABLE RELATIONS ("ocel:eid", "ocel:oid", "ocel:type"); INSERT INTO RELATIONS VALUES ('e', 'o', 't');"#,
    );
    folder.run("convert log.sqlite -o out").assert().success().stderr(contains("declared").not());
    let meta: Value = serde_json::from_str(&folder.text("out/ocel-meta.json")).unwrap();
    assert_eq!(meta["logflow"]["log"]["version"], "1.0");
}
