//! `logflow generate`.

use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

#[test]
fn a_seed_gives_the_same_log_wherever_it_goes() {
    let folder = Folder::new();
    folder
        .run("generate --events 2k --seed 7 -o a.csv")
        .assert()
        .success()
        .stdout("")
        .stderr(contains("2,000 events"));
    let piped = folder.run("generate --events 2000 --seed 7").assert().success().get_output().stdout.clone();
    assert_eq!(folder.text("a.csv").as_bytes(), piped);
    let other = folder
        .run("generate --events 2000 --seed 8 -q")
        .assert()
        .success()
        .stderr("")
        .get_output()
        .stdout
        .clone();
    assert_ne!(piped, other);
}

#[test]
fn a_generated_log_converts() {
    let folder = Folder::new();
    folder.run("generate --events 5k --interleave -o log.csv").assert().success();
    folder
        .run("convert log.csv -o log.parquet")
        .assert()
        .success()
        .stderr(contains("timestamp = \"timestamp\""));
    assert_eq!(folder.rows("log.parquet"), 5000);
}

#[test]
fn an_output_that_exists_is_replaced_only_by_force() {
    let folder = Folder::new().with("log.csv", "old");
    folder.run("generate --events 10 -o log.csv").assert().code(1).stderr(contains("LF106"));
    assert_eq!(folder.text("log.csv"), "old");
    folder.run("generate --events 10 -o log.csv --force").assert().success();
    assert_eq!(folder.text("log.csv").lines().count(), 11);
}

#[test]
fn mistakes_come_with_a_hint() {
    let folder = Folder::new();
    for (args, hint) in [
        ("generate --events many", "1M"),
        ("generate --events 10 --cases 20", "cases"),
        ("generate --events 10 --dirty 2", "1%"),
        ("generate --seed 1", "--events"),
        ("generate --events 10 --format yaml", "jsonl"),
        ("generate --events 10 --format xes --interleave", "--format csv"),
        ("generate --events 10 --interleave -o log.xes", "--format csv"),
        ("generate --format csv", "--events"),
        ("generate --events 10 --objects 10", "ocel-json"),
        ("generate --format ocel-json --events 10 --cases 2", "--objects"),
        ("generate --format ocel-json --events 10 --dirty 1%", "--dirty"),
        ("generate --format ocel-json --events 10 --objects 5", "objects"),
        ("generate --format ocel-sqlite --events 10", "-o log.sqlite"),
    ] {
        folder.run(args).assert().code(2).stderr(contains("error").and(contains(hint)));
    }
}

#[test]
fn the_format_is_that_of_the_name_unless_it_is_given() {
    let folder = Folder::new();
    let piped = |format: &str| {
        folder.run(&format!("generate --events 50 --format {format} -q")).output().unwrap().stdout
    };
    let (csv, xes, jsonl) = (piped("csv"), piped("xes"), piped("jsonl"));
    assert!(csv.starts_with(b"case_id,"));
    assert!(xes.starts_with(b"<?xml") && xes.ends_with(b"</log>\n"));
    assert!(jsonl.starts_with(b"{\"") && jsonl.ends_with(b"}\n"));
    for (args, file, expected) in [
        ("generate --events 50 -o a.xes", "a.xes", &xes),
        ("generate --events 50 -o b.XES", "b.XES", &xes),
        ("generate --events 50 -o c.txt --format xes", "c.txt", &xes),
        ("generate --events 50 -o d.txt", "d.txt", &csv),
        ("generate --events 50 -o e.xes --format csv", "e.xes", &csv),
        ("generate --events 50 -o f.jsonl", "f.jsonl", &jsonl),
        ("generate --events 50 -o g.ndjson", "g.ndjson", &jsonl),
    ] {
        folder.run(args).assert().success().stderr(contains("50 events"));
        assert_eq!(folder.text(file).as_bytes(), expected, "{args}");
    }
}

#[test]
fn a_reader_that_stops_early_is_not_a_failure() {
    use std::io::Read;
    use std::process::Stdio;
    let folder = Folder::new();
    let mut child =
        folder.command("generate --events 1M").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut head = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut head).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn an_object_centric_log_comes_in_three_forms_that_count_the_same() {
    let folder = Folder::new();
    for (name, head) in
        [("a.jsonocel", "{\"objectTypes\""), ("a.xmlocel", "<?xml"), ("a.sqlite", "SQLite format 3")]
    {
        folder
            .run(&format!("generate --events 200 --objects 60 -o {name}"))
            .assert()
            .success()
            .stdout("")
            .stderr(contains("200 events, 60 objects, 593 E2O relations, 97 O2O relations"));
        let bytes = std::fs::read(folder.path(name)).unwrap();
        assert!(bytes.starts_with(head.as_bytes()), "{name}");
    }
    let names: Vec<String> = folder.names();
    assert_eq!(names, ["a.jsonocel", "a.sqlite", "a.xmlocel"]);
}
