//! `logflow schema`: three forms of one finding.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder};

#[test]
fn the_table_shows_dialect_types_roles_and_values() {
    let folder = Folder::with_log();
    folder.run("schema log.csv").assert().success().stdout(
        contains("delimiter comma")
            .and(contains("records 3 = rows 3 + bad 0"))
            .and(contains("timestamp[us, UTC]"))
            .and(contains("case_id"))
            .and(contains("Register | Check, twice")),
    );
    assert_eq!(folder.names(), ["log.csv"]);
}

#[test]
fn json_has_the_evidence() {
    let folder =
        Folder::new().with("log.csv", "case,when,n\n1,2024-01-01 10:00:00,NULL\n2,2024-01-02 10:00:00,7\n");
    let out = folder.run("schema log.csv --format json").assert().success().get_output().stdout.clone();
    let found: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(found["columns"][1]["without_zone"], 2);
    assert_eq!(found["columns"][1]["role"], "timestamp");
    assert_eq!(found["columns"][2]["type"], "int64");
    assert_eq!(found["columns"][2]["null_words"], 1);
    assert_eq!(found["columns"][0]["examples"], serde_json::json!(["1", "2"]));
}

#[test]
fn convert_accepts_the_schema_file_that_schema_writes() {
    let log = "id;amount;day;\"odd \"\"name\"\"\"\n1;1.234,5;01/02/2024;a\n2;2.000,0;03/04/2024;b\n";
    let folder = Folder::new().with("log.csv", log);
    let out = folder
        .run("schema log.csv --date-order dmy --format file")
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    let folder = folder.with("log.toml", out);
    assert!(folder.text("log.toml").contains("written = \"31/12/2014\""));
    folder.run("convert log.csv -o plain.parquet --date-order dmy").assert().success();
    folder.run("convert log.csv -o declared.parquet --schema log.toml").assert().success();
    assert_eq!(folder.columns("declared.parquet"), folder.columns("plain.parquet"));
    assert_eq!(folder.columns("declared.parquet")[2], "day INT32");
}

#[test]
fn a_declared_type_holds_and_what_does_not_fit_is_a_bad_row() {
    let folder =
        Folder::with_log().with("types.json", r#"{"columns": [{"name": "activity", "type": "int64"}]}"#);
    folder
        .run("convert log.csv -o log.parquet --schema types.json")
        .assert()
        .code(1)
        .stderr(contains("LF207"));
}

#[test]
fn bad_rows_are_counted_and_do_not_fail_a_survey() {
    let folder = Folder::new().with("log.csv", DIRTY);
    folder.run("schema log.csv").assert().success().stdout(contains("records 3 = rows 2 + bad 1"));
}

#[test]
fn a_schema_file_that_cannot_be_used_is_wrong_usage() {
    let folder = Folder::with_log()
        .with("a.toml", "[[columns]]\nname = \"cost\"\ntype = \"money\"\n")
        .with("b.toml", "nonsense");
    folder
        .run("convert log.csv -n --schema a.toml")
        .assert()
        .code(2)
        .stderr(contains("LF503").and(contains("money")).and(contains("int64")));
    folder.run("convert log.csv -n --schema b.toml").assert().code(2).stderr(contains("LF503"));
    folder.run("convert log.csv -n --schema c.toml").assert().code(2).stderr(contains("c.toml"));
}

#[test]
fn a_reader_that_stops_early_is_not_a_failure() {
    use std::process::Stdio;
    let folder = Folder::with_log();
    let mut child =
        folder.command("schema log.csv").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn nulls_are_counted_beside_a_clock_time_that_says_two_moments() {
    let rows = "1,2024-10-27 02:30:00\n2,\n3,2024-10-28 02:30:00\n4,NULL\n";
    let folder = Folder::new().with("log.csv", format!("case,when\n{rows}"));
    let out = folder.run("schema log.csv --format json --timezone Europe/Berlin").output().unwrap().stdout;
    let found: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(found["columns"][1]["nulls"], 2);
    assert_eq!(found["columns"][1]["null_words"], 1);
    assert_eq!((&found["rows"], &found["bad_rows"]), (&3.into(), &1.into()));
}

#[test]
fn a_column_is_said_to_be_undecided_by_all_its_values_and_not_by_the_first() {
    let undecided = "its values could be";
    // More than a sample sees: what decides stands behind it.
    let log = |last: &str| format!("case,n\n{}1,{last}\n", "1,\"1,234\"\n".repeat(40_000));
    for (last, warned) in [("\"2,345\"", true), ("word", false)] {
        let folder = Folder::new().with("log.csv", log(last));
        for command in ["schema log.csv", "convert log.csv -o log.parquet"] {
            let said = String::from_utf8(folder.run(command).output().unwrap().stderr).unwrap();
            assert_eq!(said.contains(undecided), warned, "{command}, {last}: {said}");
        }
    }
}
