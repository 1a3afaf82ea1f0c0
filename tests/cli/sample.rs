//! `logflow sample`: the same cases from every format, nested, exact in number, and what was lost.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::Folder;

/// A log of 300 cases of two or three events, interleaved, as CSV, XES, JSON Lines and Parquet.
fn logs() -> Folder {
    let (mut csv, mut lines) = ("case,activity,time\n".to_owned(), String::new());
    let mut xes =
        "<?xml version=\"1.0\"?>\n<log xes.version=\"1.0\" xmlns=\"http://www.xes-standard.org/\">\n"
            .to_owned();
    let events = |case: usize| if case.is_multiple_of(10) { vec!["a", "x", "b"] } else { vec!["a", "b"] };
    let time =
        |case: usize, at: usize| format!("2024-{:02}-{:02}T0{at}:00:00Z", 1 + case % 12, 1 + case % 28);
    for at in 0..3 {
        for case in 0..300 {
            if let Some(activity) = events(case).get(at) {
                let time = time(case, at);
                writeln!(csv, "case {case},{activity},{time}").unwrap();
                let object = json!({ "case": format!("case {case}"), "activity": activity, "time": time });
                writeln!(lines, "{object}").unwrap();
            }
        }
    }
    for case in 0..300 {
        writeln!(xes, "<trace><string key=\"concept:name\" value=\"case {case}\"/>").unwrap();
        for (at, activity) in events(case).iter().enumerate() {
            let time = time(case, at);
            writeln!(xes, "<event><string key=\"concept:name\" value=\"{activity}\"/><date key=\"time:timestamp\" value=\"{time}\"/></event>").unwrap();
        }
        xes.push_str("</trace>\n");
    }
    xes.push_str("</log>\n");
    let folder = Folder::new().with("log.csv", csv).with("log.jsonl", lines).with("log.xes", xes);
    folder.run("convert log.csv -o log.parquet --row-group-size 100rows").assert().success();
    folder
}

/// The cases that are written, whatever the other columns are.
fn cases(folder: &Folder, name: &str) -> BTreeSet<String> {
    let rows = folder.values(name);
    let case = |row: &String| row.split('|').find(|cell| cell.starts_with("case ")).unwrap().to_owned();
    rows.iter().map(case).collect()
}

fn sampled(folder: &Folder, input: &str, flags: &str) -> BTreeSet<String> {
    folder.run(&format!("sample {input} -o out.parquet --force {flags}")).assert().success();
    cases(folder, "out.parquet")
}

#[test]
fn the_same_cases_come_from_every_format_at_any_number_of_threads() {
    let folder = logs();
    for flags in
        ["--cases 10%", "--cases 25", "--cases 25 --by variant --floor 4", "--cases 12 --by month --seed 3"]
    {
        let expected = sampled(&folder, "log.csv", &format!("{flags} -j 1"));
        assert!((10..60).contains(&expected.len()), "{flags}: {}", expected.len());
        for input in ["log.csv", "log.jsonl", "log.xes", "log.parquet"] {
            for threads in [1, 3] {
                let found = sampled(&folder, input, &format!("{flags} -j {threads}"));
                assert_eq!(found, expected, "{input} {flags} {threads}");
            }
        }
    }
    let first = sampled(&folder, "log.csv", "--first 7");
    let expected: BTreeSet<String> = (0..7).map(|case| format!("case {case}")).collect();
    assert_eq!(first, expected);
    assert_eq!(sampled(&folder, "log.parquet", "--first 7 -j 2"), expected);
}

#[test]
fn samples_are_nested_exact_and_whole() {
    let folder = logs();
    let ten = sampled(&folder, "log.csv", "--cases 10");
    let forty = sampled(&folder, "log.csv", "--cases 40");
    let half = sampled(&folder, "log.csv", "--cases 50%");
    assert_eq!((ten.len(), forty.len()), (10, 40));
    assert!(ten.is_subset(&forty) && forty.is_subset(&half));
    let rows = folder.values("out.parquet").len();
    let events = |case: &String| if case.ends_with('0') { 3 } else { 2 };
    assert_eq!(rows, half.iter().map(events).sum::<usize>());
    // Seeds choose other cases, and a sample of all is all.
    assert_ne!(sampled(&folder, "log.csv", "--cases 40 --seed 1"), forty);
    assert_eq!(sampled(&folder, "log.csv", "--cases 100%").len(), 300);
    assert_eq!(sampled(&folder, "log.csv", "--cases 4000").len(), 300);
}

#[test]
fn a_sample_tells_what_it_lost_in_its_report_and_not_in_the_file() {
    let folder = logs();
    folder.run("sample log.csv -o out.parquet --first 9 --quiet").assert().success();
    let output =
        folder.run("sample log.csv -o out.parquet --force --first 9 --report json").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let step = &report["steps"][0];
    assert_eq!(step["finding"], json!({ "first": 9, "cases": 300, "kept_cases": 9 }));
    // The first nine cases are case 0, which is a x b, and eight that are a b.
    let loss = &step["details"]["loss"];
    assert_eq!((&loss["relations"], &loss["lost_relations"]), (&json!(3), &json!(0)));
    let distance = (1.0 / 9.0 - 1.0 / 10.0) / 3.0;
    assert!((loss["variant_distance"].as_f64().unwrap() - distance).abs() < 1e-12, "{loss}");
    let bytes = std::fs::read(folder.path("out.parquet")).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("kept_cases") && !has("variant_distance") && !has("details"));
    // A share is drawn in one pass, and tells the same.
    let output =
        folder.run("sample log.csv -o out.parquet --force --cases 50% --report json").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["restarts"], 0);
    let step = &report["steps"][0];
    assert_eq!(step["details"]["loss"]["sample_cases"], step["finding"]["kept_cases"]);
    assert_eq!(step["details"]["loss"]["events"], 630);
    folder
        .run("sample log.csv -o out.parquet --force --cases 3")
        .assert()
        .success()
        .stderr(contains("3 of 300 kept").and(contains("directly-follows relations")));
}

#[test]
fn a_log_without_activities_is_sampled_as_well() {
    let folder = Folder::new().with("log.csv", "case_id,value\n1,2\n2,3\n3,4\n,5\n");
    let output = folder.run("sample log.csv -o out.parquet --cases 2 --report json").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["rows"], &report["filtered_rows"]), (&json!(2), &json!(2)));
    let finding = json!({ "sample": "2", "seed": 0, "cases": 3, "kept_cases": 2, "rows_without_case": 1 });
    assert_eq!(report["steps"][0]["finding"], finding);
    assert!(report["steps"][0]["details"]["loss"]["not_computed"].is_string());
}

#[test]
fn mistakes_are_told_with_what_is_right() {
    let folder = logs();
    for (flags, told) in [
        ("", "logflow sample chooses rows, and nothing says which"),
        ("--cases 0", "a sample has at least one case"),
        ("--cases 10 --first 3", "two samples"),
        ("--cases 10 --by year", "expected variant, month or attribute:COLUMN"),
        ("--cases 10 --floor 3", "--sample-floor is about strata"),
        ("--cases 10 --by attribute:country", "country"),
    ] {
        let run = folder.run(&format!("sample log.csv -o out.parquet {flags}")).assert().failure();
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(error.contains(told), "{flags}: {error}");
        assert!(!folder.has("out.parquet"), "{flags}");
    }
}
