//! `validate FOLDER` treats each file as `convert FOLDER` does: what that leaves out is left out with the same reason, what that
//! can't read fails by name, and only logs are valid or not.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{Folder, LOG};

const XES: &str = "<?xml version=\"1.0\"?>\n<log xes.version=\"1.0\"><trace/></log>\n";
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Login</title></head><body>Sign in</body></html>\n";
const OCEL: &str = "{\"objectTypes\":[{\"name\":\"order\",\"attributes\":[]}],\"eventTypes\":[{\"name\":\"pay\",\"attributes\":[]}],\
    \"objects\":[{\"id\":\"o1\",\"type\":\"order\"}],\"events\":[{\"id\":\"e1\",\"type\":\"pay\",\"time\":\"2024-01-01T08:00:00Z\",\
    \"relationships\":[{\"objectId\":\"o1\",\"qualifier\":\"x\"}]}]}";

/// The object about a file: its status and the reason, or the code and the sentence of its error.
fn of_file(folder: &Folder, args: &str, name: &str) -> Option<(String, String)> {
    let out = String::from_utf8(folder.run(args).output().unwrap().stdout).unwrap();
    let is_of = |value: &Value| {
        let inputs = [&value["file"], &value["input"], &value["inputs"][0], &value["inputs"][0]["name"]];
        inputs.iter().any(|it| it.as_str() == Some(name))
    };
    let found = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(is_of)?;
    let told = match found["status"].as_str() {
        Some("skipped") => found["reason"].as_str().unwrap().to_owned(),
        Some("failed") => format!("{}: {}", found["error"]["code"], found["error"]["what"]),
        _ => String::new(),
    };
    Some((found["status"].as_str().unwrap_or("held").to_owned(), told))
}

#[test]
fn what_convert_leaves_out_or_fails_on_validate_does_too() {
    for (name, text, status) in [
        ("page.xes", PAGE.as_bytes(), "failed"),
        ("page.xes", b"<html><body>no <br> end", "failed"),
        ("page.mxml", PAGE.as_bytes(), "failed"),
        ("page.xml", PAGE.as_bytes(), "skipped"),
        ("page.html", PAGE.as_bytes(), "skipped"),
        ("feed.xes", b"<rss version='2.0'><channel/></rss>", "failed"),
        ("words.xes", b"not found\n", "failed"),
        ("table.xes", b"a,b\n1,2\n", "failed"),
        ("pom.xml", b"<project xmlns='http://maven.apache.org/POM/4.0.0'><a/></project>", "skipped"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>", "skipped"),
        ("readme.txt", b"This is a log, made by hand.\nAsk for more.\n", "skipped"),
        ("readme.md", b"# Logs\n\nwords\n", "skipped"),
        ("pic.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "skipped"),
        ("pic.xes", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "failed"),
        ("report.pdf", b"%PDF-1.7\n", "skipped"),
        ("report.csv", b"%PDF-1.7\n", "failed"),
        ("empty.xes", b"", "failed"),
        ("empty.txt", b"", "skipped"),
        ("x.sqlite", b"no database", "failed"),
        ("x.jsonocel", b"not json", "failed"),
        ("x.csv.gz", b"\x1f", "failed"),
        (".x.xes", XES.as_bytes(), "skipped"),
        ("sub/.cache/x.xes", XES.as_bytes(), "skipped"),
        ("x.parquet", b"PAR1", "skipped"),
    ] {
        let folder = Folder::new().with("logs/a.xes", XES).with(&format!("logs/{name}"), text);
        let path =
            if name.starts_with("sub/") { "logs/sub/.cache".to_owned() } else { format!("logs/{name}") };
        let converted = of_file(&folder, "convert logs -o out/ --report json", &path);
        let validated = of_file(&folder, "validate logs --format json", &path);
        assert_eq!(converted, validated, "{name}");
        assert_eq!(validated.map(|(status, _)| status).as_deref(), Some(status), "{name}");
        // The same on the terminal.
        let code = if status == "failed" { 4 } else { 0 };
        let told = folder.run("validate logs").assert().code(code);
        told.stderr(contains(&path)).stdout(contains("logs/a.xes").and(contains(name).not()));
    }
}

#[test]
fn logs_of_a_folder_are_valid_or_not_and_tables_have_no_standard() {
    let folder = Folder::new()
        .with("logs/a.xes", XES)
        .with("logs/bad.xes", "<log xes.version=\"1.0\"><trace><event></trace></log>")
        .with("logs/odd.xml", "<log xes.version=\"1.0\"><event/><trace/></log>")
        .with("logs/o.jsonocel", OCEL)
        .with("logs/t.csv", LOG);
    folder.run("validate logs").assert().code(3).stdout(
        contains("logs/a.xes  IEEE 1849, valid")
            .and(contains("logs/bad.xes  IEEE 1849, 1 violation"))
            .and(contains("logs/odd.xml  IEEE 1849, 1 violation"))
            .and(contains("logs/o.jsonocel  OCEL 2.0, valid")),
    );
    let told = of_file(&folder, "validate logs --format json", "logs/t.csv").unwrap();
    assert_eq!(told, ("skipped".into(), "there is no standard that csv could be held against".into()));
}

#[test]
fn a_page_that_is_named_is_held_against_the_standard() {
    let folder = Folder::new().with("logs/page.xes", PAGE);
    folder.run("validate logs/page.xes").assert().code(3).stdout(contains("1 violation"));
    // Alone in a folder it fails, as it does for convert.
    folder.run("validate logs").assert().code(1).stderr(contains("logs/page.xes"));
    folder.run("convert logs -o out/").assert().code(1).stderr(contains("logs/page.xes"));
    let (status, _) = of_file(&folder, "validate logs --format json", "logs/page.xes").unwrap();
    assert_eq!(status, "failed");
}
