//! What an object-centric log has beyond the usual stays when it takes another form.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

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
        "1 changed field that the object's type does not declare: left out, the values of other attributes are kept",
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
fn a_change_of_what_is_not_an_attribute_is_reported_where_it_says_nothing_else() {
    let folder = order("('o1', '2024-01-02', 'nope', NULL, NULL), ('o1', '2024-01-03', 'no', NULL, NULL)");
    let said = contains(
        "2 changed fields that the object's type does not declare, without another value: written without a value",
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

#[test]
fn an_attribute_that_is_a_time_in_one_type_and_no_time_in_another_is_text_in_other_layouts() {
    let time = "2024-01-02T03:04:05.5+02:00";
    let of = |name: &str, kind: &str| json!({"name": name, "attributes": [{"name": "due", "type": kind}]});
    let event = |id: &str, of: &str, due: &str| json!({"id": id, "type": of, "time": "2024-01-01T00:00:00Z", "attributes": [{"name": "due", "value": due}]});
    let object = |id: &str, of: &str, dues: [Value; 2]| {
        let due = |time: &str, value| json!({"name": "due", "time": time, "value": value});
        let [first, later] = dues;
        let attributes = json!([due("1970-01-01T00:00:00Z", first), due("2024-01-01T00:00:00Z", later)]);
        json!({"id": id, "type": of, "attributes": attributes})
    };
    let log = json!({
        "eventTypes": [of("a", "time"), of("b", "string")], "objectTypes": [of("c", "time"), of("d", "float")],
        "events": [event("e1", "a", time), event("e2", "b", "soon")],
        "objects": [object("o1", "c", [time.into(), time.into()]), object("o2", "d", [1.5.into(), 2.5.into()])],
    });
    let folder = Folder::new().with("log.json", log.to_string());
    folder.run("convert log.json -o out --layout pm4py").assert().success();
    let utc = "2024-01-02T01:04:05.500+00:00";
    let start = "2024-01-01 00:00:00";
    assert_eq!(
        rows(&folder, "events"),
        [format!("e1 | a | {start} | {utc}"), format!("e2 | b | {start} | soon")]
    );
    assert_eq!(rows(&folder, "objects"), [format!("o1 | c | {utc}"), "o2 | d | 1.5".to_owned()]);
    assert_eq!(
        rows(&folder, "object_changes"),
        [format!("o1 | c | {start} | due | {utc}"), format!("o2 | d | {start} | due | 2.5")]
    );
    let folder = Folder::new().with("log.json", log.to_string());
    folder.run("convert log.json -o out --layout oceldb").assert().success();
    assert_eq!(rows(&folder, "events/ocel_type=a/part-00000"), [format!("e1 | {start} | {utc}")]);
    assert_eq!(
        rows(&folder, "object_changes/ocel_type=c/part-00000"),
        [
            format!("o1 | 1970-01-01 00:00:00 | null | true | {utc}"),
            format!("o1 | {start} | due | false | {utc}")
        ]
    );
}

#[test]
fn elements_within_a_value_stay_in_it_as_written() {
    let xml = r#"<log><object-types/><event-types><event-type name="t"><attributes><attribute name="a" type="string"/></attributes></event-type></event-types>
        <objects/><events><event id="e" type="t" time="2024-01-01T00:00:00Z"><attributes><attribute name="a">see <b>this</b> page</attribute>
        </attributes></event></events></log>"#;
    let folder = Folder::new().with("log.xml", xml);
    let at = xml.find("<b>").unwrap();
    let said = format!("1 element within values: kept in these as written, at byte {at}");
    let told = folder.run("convert log.xml -o out").assert().success();
    told.stderr(contains(said).and(contains("left out").not()));
    assert_eq!(rows(&folder, "events/event_t"), ["e | 2024-01-01 00:00:00 | see <b>this</b> page"]);
    folder.run("convert out -o again.json").assert().success();
    assert!(folder.text("again.json").contains("\"see <b>this</b> page\""));
}

#[test]
fn lists_of_attributes_in_xml_of_ocel_1_0_are_text_as_written() {
    let tags = r#"<list key="tags"><string key="t" value="x"/><string key="t" value="y"/></list>"#;
    let size = r#"<container key="size"><int key="w" value="1"/></container>"#;
    let xml = format!(
        r#"<log><global scope="log"><list key="object-types"><string key="object-type" value="order"/></list></global>
        <events><event><string key="id" value="e"/><string key="activity" value="pay"/><date key="timestamp" value="2024-01-01T00:00:00Z"/>
        <list key="omap"><string key="object-id" value="o"/></list><list key="vmap"><string key="a" value="b"/>{tags}</list></event></events>
        <objects><object><string key="id" value="o"/><string key="type" value="order"/><list key="ovmap">{size}<int key="n" value="2"/></list></object></objects></log>"#
    );
    let folder = Folder::new().with("log.xml", &xml);
    let at = xml.find(tags).unwrap();
    let said =
        format!("2 attributes with elements or text within: kept as text, as written, first at byte {at}");
    let told = folder.run("convert log.xml -o out").assert().success();
    told.stderr(contains(said).and(contains("left out").not()));
    let plain = |text: &str| text.replace('"', "");
    assert_eq!(rows(&folder, "events/event_pay"), [format!("e | 2024-01-01 00:00:00 | b | {}", plain(tags))]);
    assert_eq!(rows(&folder, "objects/object_order"), [format!("o | {} | 2", plain(size))]);
    folder.run("convert out -o again.json").assert().success();
    assert!(folder.text("again.json").contains(&serde_json::json!(tags).to_string()));
}
