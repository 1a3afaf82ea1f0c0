//! Layouts of times: those that the user gives, and the columns that need one.

use predicates::prelude::*;
use predicates::str::contains;

use crate::{Folder, found, told, type_of};

#[test]
fn a_column_that_looks_like_times_is_reported_with_the_flags_that_read_it() {
    for (name, value, layout) in [
        ("t", "2014/10/22 - 10:15:00", "%Y/%m/%d - %H:%M:%S"),
        ("t", "2014_10_22 10h15", "%Y_%m_%d %Hh%M"),
        ("t", "22.10.2014 um 10:15 Uhr", "%d.%m.%Y um %H:%M Uhr"),
        ("t", "20141022 101500", "%Y%m%d %H%M%S"),
        ("t", "2014-10-22 10:15:00:123", "%Y-%m-%d %H:%M:%S:%f"),
        ("t", "[22/Oct/2014:10:15:41 +0200]", "[%d/%b/%Y:%H:%M:%S %z]"),
        ("start of it", "22/10/2014 10h15", "%d/%m/%Y %Hh%M"),
        ("t", "2014年10月22日 10時15分", "%Y年%m月%d日 %H時%M分"),
        ("timestamp", "1700000000", "unix-s"),
        ("event_time", "1700000000123", "unix-ms"),
        ("date", "20141022", "%Y%m%d"),
        ("date", "20141022101500", "%Y%m%d%H%M%S"),
        ("t", "05/06/2014 10h15", ""),
        ("t", "22. Okt 2014 10:15", ""),
        ("Datum", "22 października 2014", ""),
    ] {
        let folder = Folder::new().with("t.csv", format!("n;{name}\n1;{value}\n2;{value}\n"));
        let [(code, _, help)] = told(&found(&folder, "t.csv"), name).try_into().unwrap();
        assert_eq!(code, "LW303", "{value}");
        assert!(help.contains("--timestamp-format"), "{value}: {help}");
        if !layout.is_empty() {
            assert!(help.contains(&format!("'{layout}'` reads")), "{value}: {help}");
            let mut convert = folder.run("convert t.csv -o t.parquet");
            convert.args(["--timestamp", name, "--timestamp-format", layout]).assert().success();
            assert_eq!(folder.columns("t.parquet")[1], format!("{name} INT64"), "{value}");
        }
    }
}

#[test]
fn the_value_and_its_place_are_reported() {
    let folder = Folder::new().with("t.csv", "n,t\n1,\n2,2014_10_22 10h15\n");
    let schema = found(&folder, "t.csv");
    let warning = schema["warnings"].as_array().unwrap().iter().find(|it| it["column"] == "t").unwrap();
    assert_eq!(warning["example"], serde_json::json!({"value": "2014_10_22 10h15", "row": 2, "byte": 9}));
}

#[test]
fn codes_durations_and_prose_draw_no_warning_about_times() {
    for (name, values) in [
        ("duration", &["00:12:30", "01:00:00"][..]),
        ("processing time", &["00:12:30", "3 days 04:05:06"]),
        ("phone", &["+49 171 2014 10 22", "0171 2014 10"]),
        ("iban", &["DE89 3704 0044 0532 0130 00"]),
        ("id", &["550e8400-e29b-41d4-a716-446655440000"]),
        ("version", &["2024.1.3.4567", "1.2.3-beta"]),
        ("note", &["Order 22 of 10 in 2014 was late", "called at 10:15"]),
        ("range", &["2014-10-22 - 2014-10-24"]),
        ("week", &["2014-W43-3", "Q3/2014"]),
        ("number", &["INV-2014-10-22", "A2014-10-23"]),
        ("time", &["morning", "evening"]),
        ("date", &["soon", "2014"]),
        ("amount", &["1700000000", "1700000001"]),
        ("address", &["192.168.10.12"]),
        ("t", &["2014-10-22 10h15", "x", "y", "z"]),
    ] {
        let folder = Folder::new().with("t.csv", format!("n;{name}\n1;{}\n", values.join("\n1;")));
        let warnings = told(&found(&folder, "t.csv"), name);
        assert!(warnings.iter().all(|it| it.0 != "LW303"), "{name} {warnings:?}");
    }
}

#[test]
fn times_that_contradict_each_other_are_reported() {
    for (values, expected, flag) in [
        (["2014-10-22 10:15", "22.10.2014 10:15"], "LW303", "--timestamp-format '%d.%m.%Y %H:%M'"),
        (["05/13/2014", "13/05/2014"], "LW310", "--date-order dmy --timestamp t --on-bad-row reject"),
    ] {
        let folder = Folder::new().with("t.csv", format!("n,t\n1,{}\n", values.join("\n1,")));
        let [(code, _, help)] = told(&found(&folder, "t.csv"), "t").try_into().unwrap();
        assert_eq!(code, expected, "{values:?}");
        assert!(help.contains(flag), "{help}");
    }
}

#[test]
fn text_of_json_is_reported_only_if_its_name_says_that_it_is_a_time() {
    let folder =
        Folder::new().with("t.jsonl", "{\"note\": \"22.10.2014 10:15\", \"date\": \"22.10.2014 10:15\"}\n");
    let schema = found(&folder, "t.jsonl");
    assert!(told(&schema, "note").is_empty());
    assert_eq!(told(&schema, "date")[0].0, "LW303");
}

#[test]
fn the_layout_is_for_every_column_that_is_declared_or_named_a_time() {
    let log = "case,start,Event_end,other\n1,22|10|2014,23|10|2014,24|10|2014\n";
    let schema = "[[columns]]\nname = \"other\"\ntype = \"timestamp\"\n";
    let folder = Folder::new().with("t.csv", log).with("t.toml", schema);
    let flags = "--delimiter comma --timestamp Event_end --start-timestamp start --schema t.toml";
    folder.run(&format!("convert t.csv -o t.parquet {flags} --timestamp-format %d|%m|%Y")).assert().success();
    assert_eq!(
        folder.values("t.parquet"),
        [
            "1|2014-10-22 00:00:00.000000 +00:00|2014-10-23 00:00:00.000000 +00:00|2014-10-24 00:00:00.000000 +00:00"
        ]
    );
}

#[test]
fn several_layouts_are_tried_in_their_order_and_a_value_must_fit_one() {
    let log = "case,timestamp\n1,22.10.2014\n1,20141023\n1,2014/24/10\n";
    let folder = Folder::new().with("t.csv", log).with("bad.csv", format!("{log}1,soon\n"));
    let layouts = "--timestamp-format %d.%m.%Y --timestamp-format %Y%m%d --timestamp-format %Y/%d/%m";
    folder.run(&format!("convert t.csv -o t.parquet {layouts}")).assert().success();
    let days = |days: [u32; 3]| days.map(|day| format!("1|2014-10-{day} 00:00:00.000000 +00:00"));
    assert_eq!(folder.values("t.parquet"), days([22, 23, 24]));
    folder
        .run(&format!("convert bad.csv -o bad.parquet {layouts}"))
        .assert()
        .failure()
        .stderr(contains("soon"));
    let out = folder.run(&format!("schema t.csv {layouts} --format file")).output().unwrap().stdout;
    let folder = folder.with("t.toml", out);
    assert!(folder.text("t.toml").contains("format = [\"%d.%m.%Y\", \"%Y%m%d\", \"%Y/%d/%m\"]"));
    folder.run("convert t.csv -o again.parquet --schema t.toml").assert().success();
    assert_eq!(folder.values("again.parquet"), days([22, 23, 24]));
}

#[test]
fn the_only_column_whose_values_have_the_layout_is_the_timestamp() {
    let log = "case,a,b\n1,x,22|10|2014\n1,y,23|10|2014\n";
    let folder = Folder::new().with("t.csv", log).with("two.csv", "case,a,b\n1,22|10|2014,23|10|2014\n");
    let schema = found(&folder, "t.csv --delimiter comma --timestamp-format %d|%m|%Y");
    assert_eq!(schema["columns"][2]["role"], "timestamp");
    folder
        .run("schema two.csv --delimiter comma --timestamp-format %d|%m|%Y")
        .assert()
        .failure()
        .stderr(contains("LF").and(contains("a, b")));
    let named = Folder::new().with("t.csv", "Case ID;dd-MM-yyyy:HH.mm\n1;30-12-2010:11.02\n");
    let schema = found(&named, "t.csv --timestamp-format %d-%m-%Y:%H.%M");
    assert_eq!(schema["columns"][1]["role"], "timestamp");
    assert_eq!(schema["columns"][1]["format"], "%d-%m-%Y:%H.%M");
}

#[test]
fn a_column_that_is_read_as_it_is_keeps_its_own_layout() {
    let log = "case,start,timestamp\n1,22|10|2014,2014-10-22 10:15\n";
    let folder = Folder::new().with("t.csv", log);
    let schema = found(&folder, "t.csv --delimiter comma --timestamp-format %d|%m|%Y");
    assert_eq!((type_of(&schema, "start"), type_of(&schema, "timestamp")), ("timestamp", "timestamp"));
    assert_eq!(schema["columns"][2]["format"], serde_json::Value::Null);
}

#[test]
fn a_java_layout_is_refused_with_the_equal_strftime_layout() {
    let folder = Folder::with_log();
    for (given, meant) in [
        ("dd-MM-yyyy:HH.mm", "%d-%m-%Y:%H.%M"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "%Y-%m-%dT%H:%M:%S%.f%:z"),
        ("DD.MM.YYYY", "%d.%m.%Y"),
    ] {
        folder
            .run(&format!("schema log.csv --timestamp-format {given}"))
            .assert()
            .code(2)
            .stderr(contains(meant));
    }
}
