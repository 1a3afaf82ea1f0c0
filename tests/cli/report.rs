//! What is said while a run goes on and when it is over.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder, LOG};

fn lines(folder: &Folder, args: &str) -> Vec<Value> {
    let out = folder.run(args).output().unwrap().stdout;
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn json_has_an_object_for_each_output() {
    let folder = Folder::with_log().with("bad.csv", DIRTY);
    let found =
        lines(&folder, "convert log.csv bad.csv missing.csv -o out/ --on-bad-row reject --report json");
    let statuses: Vec<&str> = found.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["done", "in part", "failed"]);
    assert_eq!(found[0]["rows"], 3);
    assert_eq!(found[1]["records"], 3);
    assert_eq!(found[1]["bad_rows"], 1);
    assert_eq!(found[2]["error"]["code"], "LF101");
}

#[test]
fn a_failure_is_reported_in_json_and_on_standard_error() {
    let folder = Folder::new().with("bad.csv", DIRTY);
    let found = lines(&folder, "convert bad.csv -o x.parquet --report json");
    assert_eq!(found[0]["error"]["row"], 2);
    assert_eq!(found[0]["error"]["byte"], 68);
    folder.run("convert bad.csv -o x.parquet --report json").assert().code(1).stderr(contains("LF201"));
}

#[test]
fn quiet_prints_only_errors_and_verbose_prints_more() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o a.parquet -q").assert().success().stdout("").stderr("");
    folder
        .run("convert log.csv -o b.parquet -v --timings")
        .assert()
        .success()
        .stderr(contains("delimiter comma").and(contains("parse ")));
    folder.run("-q convert log.csv -o c.parquet").assert().success().stderr("");
}

#[test]
fn progress_is_json_lines_when_asked() {
    let folder = Folder::with_log();
    let output = folder.run("convert log.csv -o a.parquet --progress json -q").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "end");
    assert_eq!(last["rows"], 3);
    assert_eq!(last["bytes_total"], LOG.len());
}

#[test]
fn colours_come_only_when_asked_or_seen() {
    let folder = Folder::new();
    let args = "convert missing.csv -o x.parquet";
    folder.run(args).assert().code(1).stderr(contains("\x1b").not());
    folder.run(&format!("{args} --color always")).assert().code(1).stderr(contains("\x1b[1;31merror"));
    folder.run(args).env("CLICOLOR_FORCE", "1").assert().stderr(contains("\x1b"));
    folder.run(args).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").assert().stderr(contains("\x1b").not());
}
