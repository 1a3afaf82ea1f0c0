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
        ("generate --events 10 --text prose", "multilingual"),
        ("generate --events 10 --times hours", "seconds"),
        ("generate --events 10 --lengths long", "bimodal"),
        ("generate --events 10 --activities 0", "activities"),
        ("generate --events 10 --attributes 1M", "attributes"),
        ("generate --events 10 --drift-at 2", "share"),
        ("generate --events 10 --plant nothing -o x.csv", "form-based-capture"),
        ("generate --events 10 --plant duplicates:0 -o x.csv", "5%"),
        ("generate --events 10 --plant duplicates", "--truth"),
        ("generate --events 10 --plant duplicates --plant duplicates -o x.csv", "twice"),
        ("generate --events 10 --plant duplicates --dirty 1% -o x.csv", "damaged"),
        ("generate --events 10 --plant zero-durations --times days -o x.csv", "days"),
        ("generate --events 10 --plant changing-case-attribute -o x.xes", "trace"),
        ("generate --events 10 -o x.csv --truth x.csv", "different"),
        ("generate --format ocel-json --events 10 --plant duplicates", "--plant"),
        ("generate --format ocel-xml --events 10 --times days", "--times"),
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

#[test]
fn the_truth_about_a_planted_log_stands_beside_it() {
    let folder = Folder::new();
    folder
        .run("generate --events 3k --plant missing-values:5% --plant duplicates:2% -o log.csv")
        .assert()
        .success()
        .stderr(contains("3,003 events in 166 cases"));
    assert_eq!(folder.names(), ["log.csv", "log.csv.truth.json"]);
    let truth: serde_json::Value = serde_json::from_str(&folder.text("log.csv.truth.json")).unwrap();
    let text = folder.text("log.csv");
    let planted = &truth["planted"];
    assert_eq!(planted[0]["pattern"], "missing-values");
    assert_eq!(planted[0]["cases"], 8);
    assert_eq!(planted[1]["cases"], 3);
    // Some notes have a line break.
    assert!(text.lines().count() > 3003);
    // Nothing is replaced, neither the log nor the truth.
    std::fs::remove_file(folder.path("log.csv")).unwrap();
    folder
        .run("generate --events 10 --plant duplicates -o log.csv")
        .assert()
        .code(1)
        .stderr(contains("LF106"));
    assert_eq!(folder.names(), ["log.csv.truth.json"]);
    folder
        .run("generate --events 3000 --plant missing-values:0.05 --plant duplicates:2% -o log.csv --force")
        .assert()
        .success();
    assert_eq!(folder.text("log.csv"), text);
}

#[test]
fn the_truth_of_a_clean_log_goes_to_a_file_of_its_own() {
    let folder = Folder::new();
    let piped = folder
        .run("generate --events 500 --truth truth.json -q")
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    folder.run("generate --events 500 --process ordered -o log.csv").assert().success();
    assert_eq!(folder.text("log.csv").as_bytes(), piped);
    let truth: serde_json::Value = serde_json::from_str(&folder.text("truth.json")).unwrap();
    assert_eq!((&truth["events"], &truth["cases"]), (&500.into(), &27.into()));
    assert_eq!(truth["planted"], serde_json::json!([]));
}

#[test]
fn logs_of_every_kind_convert_to_as_many_rows() {
    let folder = Folder::new();
    for (number, args) in [
        "--text natural --times seconds --interleave",
        "--text json --times micros --attributes 30",
        "--text multilingual --times days --activities 2",
        "--text comments --activities 400 --lengths bimodal --drift-at 50%",
        "--text sparse --process ordered --intervals",
    ]
    .into_iter()
    .enumerate()
    {
        for ending in ["csv", "jsonl", "xes"] {
            let args = if ending == "xes" { args.replace("--interleave", "") } else { args.to_owned() };
            folder.run(&format!("generate --events 400 {args} -o {number}.{ending}")).assert().success();
            folder.run(&format!("convert {number}.{ending} -o {number}-{ending}.parquet")).assert().success();
            assert_eq!(folder.rows(&format!("{number}-{ending}.parquet")), 400, "{args}");
        }
    }
    folder.run("generate --format ocel-json --events 200 --text template -o a.jsonocel").assert().success();
    assert!(folder.text("a.jsonocel").contains("EUR"));
}
