//! What an object-centric log has beyond the usual stays when it takes another form.

use predicates::prelude::*;
use predicates::str::contains;

use super::Folder;
use super::ocel_odd::{TABLES, database, rows};

/// A log of one object, of type Order, with these rows.
fn order(rows: &str) -> Folder {
    database(&format!(
        "{TABLES} INSERT INTO object_map_type VALUES ('Order', 'Order'); INSERT INTO object VALUES ('o1', 'Order');
        CREATE TABLE object_Order (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, price REAL, c TEXT);
        INSERT INTO object_Order VALUES {rows};"
    ))
}

/// Changes that say more than what they name.
const CHANGES: &str =
    "('o1', '1970-01-01T00:00:00Z', NULL, 1.5, 'r'), ('o1', '2024-01-02T00:00:00Z', 'price', 4, 'b'),
    ('o1', '2024-01-03T00:00:00Z', 'nope', 5, 'z'), ('o1', '2024-01-04T00:00:00Z', 'c', 6, NULL)";

#[test]
fn a_change_of_several_values_goes_to_sqlite_as_it_is() {
    let folder = order(CHANGES);
    folder.run("convert log.sqlite -o out").assert().success();
    let expected = [
        "o1 | 2024-01-02 00:00:00 | price | 4.0 | b",
        "o1 | 2024-01-03 00:00:00 | nope | 5.0 | z",
        "o1 | 2024-01-04 00:00:00 | c | 6.0 | null",
    ];
    assert_eq!(rows(&folder, "object_changes/object_changes_Order"), expected);
    folder.run("convert out -o again.sqlite").assert().success().stderr(contains("nope").not());
    folder.run("convert again.sqlite -o out --force").assert().success();
    assert_eq!(rows(&folder, "object_changes/object_changes_Order"), expected);
    assert_eq!(rows(&folder, "objects/object_Order"), ["o1 | 1.5 | r"]);
}

#[test]
fn a_change_of_several_values_becomes_one_of_each_in_json_and_xml() {
    let folder = order(CHANGES);
    let said = contains(
        "1 changed field that is no attribute of the object's type: left out, the values beside it are kept",
    );
    for form in ["json", "xml"] {
        let convert = format!("convert log.sqlite -o again.{form}");
        folder.run(&convert).assert().success().stderr(said.clone());
        folder.run(&format!("convert again.{form} -o out --force")).assert().success();
        assert_eq!(rows(&folder, "objects/object_Order"), ["o1 | 1.5 | r"], "{form}");
        assert_eq!(
            rows(&folder, "object_changes/object_changes_Order"),
            [
                "o1 | 2024-01-02 00:00:00 | price | 4.0 | null",
                "o1 | 2024-01-02 00:00:00 | c | null | b",
                "o1 | 2024-01-03 00:00:00 | price | 5.0 | null",
                "o1 | 2024-01-03 00:00:00 | c | null | z",
                "o1 | 2024-01-04 00:00:00 | c | null | null",
                "o1 | 2024-01-04 00:00:00 | price | 6.0 | null",
            ],
            "{form}"
        );
    }
}

#[test]
fn a_change_of_what_is_no_attribute_is_told_where_it_says_nothing_else() {
    let folder = order("('o1', '2024-01-02', 'nope', NULL, NULL), ('o1', '2024-01-03', 'no', NULL, NULL)");
    let said = contains(
        "2 changed fields that are no attribute of the object's type, without any value beside them: written without one",
    );
    for form in ["json", "xml"] {
        let convert = format!("convert log.sqlite -o again.{form}");
        folder.run(&convert).assert().success().stderr(said.clone());
        let text = folder.text(&format!("again.{form}"));
        assert!(text.contains("\"nope\"") && text.contains("\"no\""), "{text}");
    }
    folder
        .run("convert log.sqlite -o again.sqlite")
        .assert()
        .success()
        .stderr(contains("changed field").not());
}
