//! OCEL 1.0 as JSON whose keys lack the prefix `ocel:`: read as the log that it is, told, and a violation of the standard.

use predicates::prelude::*;
use predicates::str::contains;

use super::Folder;

const LOG: &str = r#"{"ocel:global-log": {"ocel:attribute-names": ["p"], "ocel:object-types": ["order", "item"], "ocel:version": "1.0", "ocel:ordering": "timestamp"},
"ocel:global-event": {"ocel:activity": "__INVALID__"}, "ocel:global-object": {"ocel:type": "__INVALID__"},
"ocel:events": {"e1": {"ocel:activity": "A", "ocel:timestamp": "2023-07-03T10:00:00Z", "ocel:omap": ["o1", "i1"], "ocel:vmap": {"p": 1, "ü": "\"x\""}},
 "e2": {"ocel:activity": "B", "ocel:timestamp": "2023-07-03T11:00:00.5+02:00", "ocel:omap": [], "ocel:vmap": {}}},
"ocel:objects": {"o1": {"ocel:type": "order", "ocel:ovmap": {"total": 7.5}}, "i1": {"ocel:type": "item", "ocel:ovmap": {}}}}"#;

/// The log with its records in arrays.
const LISTED: &str = r#"{"ocel:global-log": {"ocel:object-types": ["order", "item"]},
"ocel:events": [{"ocel:id": "e1", "ocel:activity": "A", "ocel:timestamp": "2023-07-03T10:00:00Z", "ocel:omap": ["o1", "i1"], "ocel:vmap": {"p": 1, "ü": "\"x\""}},
 {"ocel:id": "e2", "ocel:activity": "B", "ocel:timestamp": "2023-07-03T11:00:00.5+02:00", "ocel:omap": [], "ocel:vmap": {}}],
"ocel:objects": [{"ocel:id": "o1", "ocel:type": "order", "ocel:ovmap": {"total": 7.5}}, {"ocel:id": "i1", "ocel:type": "item", "ocel:ovmap": {}}]}"#;

/// What a log becomes.
fn converted(log: &[u8], name: &str, how: &str) -> String {
    let folder = Folder::new().with(name, log);
    folder.run(&format!("convert {name} -o out.json{how}")).assert().success();
    folder.text("out.json")
}

#[test]
fn keys_with_and_without_the_prefix_give_the_same_log() {
    for log in [LOG, LISTED] {
        let expected = converted(log.as_bytes(), "log.jsonocel", "");
        assert!(expected.contains("\"order\"") && expected.contains("7.5"));
        let bare = log.replace("\"ocel:", "\"");
        for (number, text) in [
            bare.clone(),
            bare.replace("\"activity\"", "\"ocel:activity\""),
            bare.replace("\"events\"", "\"ocel:events\"").replace("\"objects\"", "\"ocel:objects\""),
            log.replace("\"ocel:timestamp\"", "\"timestamp\""),
            log.replace("\"ocel:omap\"", "\"omap\"").replace("\"ocel:ovmap\"", "\"ovmap\""),
            log.replace("\"ocel:events\"", "\"events\""),
            log.replace("\"ocel:global-log\"", "\"global-log\""),
            log.replace("\"ocel:type\"", "\"type\""),
            bare.replace('\n', "\r\n"),
            format!("\u{feff}{bare}"),
            bare.replace(": ", ":"),
        ]
        .into_iter()
        .enumerate()
        {
            for name in ["log.jsonocel", "log.json"] {
                assert_eq!(converted(text.as_bytes(), name, ""), expected, "{number}: {text}");
            }
            assert_eq!(
                converted(text.as_bytes(), "log.json", " --io read --threads 1"),
                expected,
                "{number}"
            );
        }
        let utf16: Vec<u8> = format!("\u{feff}{bare}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(converted(&utf16, "log.json", ""), expected);
    }
}

#[test]
fn values_come_back_from_every_form() {
    let bare = LOG.replace("\"ocel:", "\"");
    let expected = converted(bare.as_bytes(), "log.json", "");
    for form in ["bundle", "log.xml", "log.sqlite"] {
        let folder = Folder::new().with("log.json", &bare);
        folder.run(&format!("convert log.json -o {form}")).assert().success();
        folder.run(&format!("convert {form} -o back.json")).assert().success();
        let (back, there): (serde_json::Value, serde_json::Value) = (
            serde_json::from_str(&folder.text("back.json")).unwrap(),
            serde_json::from_str(&expected).unwrap(),
        );
        for side in ["events", "objects"] {
            assert_eq!(back[side].as_array().unwrap().len(), there[side].as_array().unwrap().len(), "{form}");
        }
        assert!(folder.text("back.json").contains("\\\"x\\\""), "{form}");
    }
}

#[test]
fn what_lacks_the_prefix_is_reported_and_is_a_violation() {
    let bare = LOG.replace("\"ocel:", "\"");
    let folder = Folder::new().with("log.json", &bare);
    folder.run("convert log.json -o out").assert().success().stderr(
        contains("without the prefix \"ocel:\" that keys of OCEL 1.0 have")
            .and(contains("not part of the standard").not()),
    );
    let run = folder.run("convert log.json -o two --report json").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let warnings = report["warnings"].as_array().unwrap();
    let told = warnings.iter().find(|it| it["message"].as_str().unwrap().contains("prefix")).unwrap();
    // Three globals, two sections, two events, two objects.
    assert_eq!((told["code"].as_str(), told["count"].as_u64()), (Some("LW207"), Some(9)));
    assert_eq!(told["example"]["byte"], 1);
    folder
        .run("validate log.json")
        .assert()
        .code(3)
        .stdout(contains("keys lack the prefix \"ocel:\"").count(9));
    folder.run("convert log.json -o three --strict").assert().code(1).stderr(contains("LF223"));
    let folder = folder.with("right.json", LOG);
    folder.run("validate right.json").assert().success();
    folder.run("convert right.json -o right").assert().success().stderr(contains("prefix").not());
}

#[test]
fn an_attribute_that_is_called_like_a_key_stays_one() {
    let log = r#"{"ocel:events": {"e1": {"ocel:activity": "A", "activity": "a", "type": "t", "ocel:timestamp": "2023-07-03T10:00:00Z", "ocel:omap": [], "ocel:vmap": {"timestamp": 7, "omap": [1]}}}, "ocel:objects": {}}"#;
    let out = converted(log.as_bytes(), "log.json", "");
    let out: serde_json::Value = serde_json::from_str(&out).unwrap();
    let event = &out["events"][0];
    assert_eq!(event["type"], "A");
    let names: Vec<&str> =
        event["attributes"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    for name in ["activity", "type", "timestamp", "omap"] {
        assert!(names.contains(&name), "{name}: {event}");
    }
}

#[test]
fn json_that_has_events_and_objects_is_json() {
    for text in [
        r#"{"events": [{"id": 1, "activity": "A", "timestamp": "2023-07-03T10:00:00Z"}, {"id": 2, "activity": "B", "timestamp": "2023-07-03T11:00:00Z"}], "objects": [{"name": "x"}]}"#,
        r#"{"events": [{"a": 1}, {"a": 2}], "objects": {"x": {"type": 1}}}"#,
    ] {
        let folder = Folder::new().with("log.json", text);
        folder.run("convert log.json -o log.parquet").assert().success();
        assert_eq!(folder.rows("log.parquet"), 2);
    }
}
