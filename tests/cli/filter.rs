//! `logflow filter`: cases, and rows within cases, are chosen from every format, at any number of threads.

use std::fmt::Write as _;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::Folder;

/// Three interleaved cases, not in the order of their times. In order they are a c b d, a b b d and a d a.
const MIXED: &str = "\
case,activity,time,who,row
1,a,2024-01-01 10:00:00,x,0
2,a,2024-01-01 11:00:00,y,1
1,b,2024-01-03 00:00:00,x,2
1,c,2024-01-02 00:00:00,y,3
2,b,2024-01-01 12:00:00,y,4
3,a,2024-02-05 00:00:00,x,5
2,b,2024-01-01 13:00:00,y,6
3,d,2024-02-05 00:00:00,y,7
1,d,2024-01-04 00:00:00,x,8
2,d,2024-01-01 14:00:00,,9
3,a,2024-02-06 00:00:00,,10
";

/// The numbers of the rows that are written.
fn kept(folder: &Folder, name: &str) -> Vec<i64> {
    folder.values(name).iter().map(|row| row.rsplit('|').next().unwrap().parse().unwrap()).collect()
}

fn steps(folder: &Folder, command: &str) -> Value {
    let output = folder.run(&format!("{command} --report json")).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{command}: {}", String::from_utf8_lossy(&output.stderr)));
    let sum =
        ["rows", "bad_rows", "filtered_rows"].map(|key| report[key].as_u64().unwrap()).iter().sum::<u64>();
    assert_eq!(report["records"], sum);
    report["steps"].clone()
}

#[test]
fn cases_are_chosen_and_what_each_filter_removes_is_told() {
    let folder = Folder::new().with("log.csv", MIXED);
    folder
        .run("filter log.csv -o out.parquet --end-activity d --follows c>b")
        .assert()
        .success()
        .stderr(contains("end-activity: 1 case and 3 rows removed"))
        .stderr(contains("follows: 1 case and 4 rows removed"))
        .stderr(contains("1 of 3 kept"));
    assert_eq!(kept(&folder, "out.parquet"), [0, 2, 3, 8]);
    let steps =
        steps(&folder, "filter log.csv -o out.parquet --force --time-range 2024-01 --negate time-range");
    assert_eq!(kept(&folder, "out.parquet"), [5, 7, 10]);
    let filters = json!([{ "filter": "time-range", "removed_cases": 2, "removed_rows": 8, "negated": true }]);
    assert_eq!(steps[0]["finding"], json!({ "filters": filters, "cases": 3, "kept_cases": 1 }));
    assert_eq!((&steps[0]["name"], &steps[0]["removed_rows"]), (&"filter".into(), &8.into()));
}

#[test]
fn convert_has_the_same_flags_and_a_pipeline_the_same_steps_in_its_order() {
    let folder = Folder::new().with("log.csv", MIXED);
    let flags = "--between a>b --where who=\"x\"";
    folder.run(&format!("filter log.csv -o one.parquet {}", flags.replace('"', "'"))).assert().success();
    // Of the rows of x: a b d in case 1, a in case 3.
    assert_eq!(kept(&folder, "one.parquet"), [0, 2]);
    let steps = "[[step]]\nkind = \"filter\"\nbetween = \"a > b\"\n[[step]]\nkind = \"filter\"\ncase_size = \"..2\"\n";
    let text = format!("[source]\ninputs = \"log.csv\"\n{steps}[[target]]\npath = \"two.parquet\"\n");
    let folder = folder.with("p.toml", text);
    folder.run("run p.toml --check").assert().success().stdout(contains("a pass over the whole input"));
    folder.run("run p.toml").assert().success();
    // a c b in case 1 are three, a b in case 2 are two.
    assert_eq!(kept(&folder, "two.parquet"), [1, 4]);
    let mut printed =
        folder.run("convert log.csv -o x.parquet --duration ..1d --negate duration --print-pipeline");
    let folder = folder.with("q.toml", printed.output().unwrap().stdout);
    folder.run("run q.toml").assert().success();
    assert_eq!(kept(&folder, "x.parquet"), [0, 2, 3, 8]);
}

#[test]
fn all_formats_give_the_same_rows() {
    let folder = Folder::new().with("log.csv", MIXED);
    folder.run("convert log.csv -o log.parquet").assert().success();
    let mut lines = String::new();
    for line in MIXED.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let who = if cells[3].is_empty() { Value::Null } else { cells[3].into() };
        let row: i64 = cells[4].parse().unwrap();
        let object =
            json!({ "case": cells[0], "activity": cells[1], "time": cells[2], "who": who, "row": row });
        writeln!(lines, "{object}").unwrap();
    }
    let folder = folder.with("log.jsonl", lines);
    for (flags, expected) in [
        ("--top-variants 2", vec![0, 2, 3, 5, 7, 8, 10]),
        ("--suffix-from b", vec![6, 8, 9]),
        ("--time-range 2024-01-02.. --time-mode events", vec![2, 3, 5, 7, 8, 10]),
        ("--cases-where who='y' --case-size 4", vec![0, 1, 2, 3, 4, 6, 8, 9]),
    ] {
        for input in ["log.csv", "log.jsonl", "log.parquet"] {
            folder.run(&format!("filter {input} -o out.parquet --force {flags}")).assert().success();
            // Formats have their columns in orders of their own.
            let number = |row: parquet::record::Row| -> i64 {
                let row = row.get_column_iter().find(|(name, _)| *name == "row").unwrap().1.to_string();
                row.parse().unwrap()
            };
            let reader = crate::reader(&folder.path("out.parquet"));
            let found: Vec<i64> = reader.into_iter().map(|row| number(row.unwrap())).collect();
            assert_eq!(found, expected, "{input} {flags}");
        }
    }
}

/// A log that is cut into several shards, with values over several lines that mislead a guess of where a record
/// begins, and cases that are spread over all of it.
fn long(rows: usize) -> String {
    let mut log = "case,activity,time,note,row\n".to_owned();
    for row in 0..rows {
        let (case, activity) = (row * 7919 % 997, ["a", "b", "c", "d"][row * 31 % 4]);
        let second = row * 104_729 % 100_000;
        let note = if row % 50 == 0 { "\"1,a,2024-01-01 00:00:00,x\n2,b,2024\"" } else { "plain" };
        let time = format!(
            "2024-01-{:02} {:02}:{:02}:{:02}",
            1 + second / 86_400,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        );
        writeln!(log, "{case},{activity},{time},{note},{row}").unwrap();
    }
    log
}

#[test]
fn the_same_bytes_are_written_at_any_number_of_threads_and_however_the_input_is_read() {
    let text = long(60_000);
    let folder = Folder::new().with("log.csv", &text);
    for flags in [
        "--prefix-until c --cut-at last",
        "--follows a>b --top-variants 300",
        "--between a>d --negate between",
    ] {
        let shards = "--row-group-size 256KiB";
        folder
            .run(&format!("filter log.csv -o one.parquet --force -j 1 {flags} {shards}"))
            .assert()
            .success();
        let expected = std::fs::read(folder.path("one.parquet")).unwrap();
        for how in ["-j 2", "-j 8", "-j 3 --io read"] {
            folder
                .run(&format!("filter log.csv -o out.parquet --force {how} {flags} {shards}"))
                .assert()
                .success();
            assert!(std::fs::read(folder.path("out.parquet")).unwrap() == expected, "{how} {flags}");
        }
        // A pipe has another name, and so other metadata.
        let piped = format!("filter - --from csv -o out.parquet --force -j 2 {flags} {shards}");
        folder.run(&piped).write_stdin(text.as_str()).assert().success();
        assert_eq!(kept(&folder, "out.parquet"), kept(&folder, "one.parquet"), "{flags}");
    }
}

#[test]
fn a_filter_and_its_negation_divide_the_rows() {
    let folder = Folder::new().with("log.csv", long(5_000));
    for filter in [
        "time-range 2024-01-01",
        "start-activity a,b",
        "case-size 6..",
        "duration ..20h",
        "top-variants 40",
        "eventually-follows a>c>a",
        "between a>b",
        "only-activity c",
    ] {
        let name = filter.split(' ').next().unwrap();
        folder.run(&format!("filter log.csv -o one.parquet --force --{filter}")).assert().success();
        folder
            .run(&format!("filter log.csv -o two.parquet --force --{filter} --negate {name}"))
            .assert()
            .success();
        let (one, two) = (kept(&folder, "one.parquet"), kept(&folder, "two.parquet"));
        assert!(!one.is_empty() && !two.is_empty(), "{filter}");
        let mut all = [one, two].concat();
        all.sort_unstable();
        assert_eq!(all, (0..5_000).collect::<Vec<i64>>(), "{filter}");
    }
}

#[test]
fn each_log_of_a_folder_is_filtered_by_itself() {
    let other = "case,activity,time,row\n1,z,2024-01-01,0\n1,d,2024-01-02,1\n4,a,2024-01-01,2\n";
    let folder = Folder::new().with("logs/one.csv", MIXED).with("logs/two.csv", other);
    folder.run("filter logs/ -o out/ --end-activity d").assert().success();
    assert_eq!(kept(&folder, "out/one.parquet"), [0, 1, 2, 3, 4, 6, 8, 9]);
    assert_eq!(kept(&folder, "out/two.parquet"), [0, 1]);
}

#[test]
fn mistakes_are_told_with_what_is_right() {
    let folder = Folder::new().with("log.csv", MIXED).with("two.csv", "a,b\n1,2\n");
    for (args, code, told) in [
        ("log.csv -o out.parquet", 2, "chooses rows, and nothing says which"),
        ("log.csv -o out.parquet --time-range may", 2, "expected a range of times"),
        ("log.csv -o out.parquet --case-size 3..2", 2, "expected a range of whole numbers"),
        ("log.csv -o out.parquet --follows a", 2, "expected two activities"),
        ("log.csv -o out.parquet --case-size 3 --negate durations", 2, "did you mean duration?"),
        ("log.csv -o out.parquet --time-mode events --case-size 3", 2, "--time-range, which is not given"),
        ("two.csv -o out.parquet --case-size 3", 2, "expected a column of the case"),
        ("log.csv -o out.parquet --four-eyes a,b", 2, "expected a column of the resource"),
        ("log.csv -o out.parquet --duration 1d.. --timestamp who", 2, "expected timestamp"),
    ] {
        let run = folder.run(&format!("filter {args}")).assert().failure();
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(error.contains(told), "{args}: {error}");
        assert!(run.get_output().status.code() == Some(code) || code == 2, "{args}: {error}");
        assert!(!folder.has("out.parquet"), "{args}");
    }
    folder
        .run("filter log.csv -o out.parquet --with-activity q")
        .assert()
        .success()
        .stderr(contains("the log has no activity \"q\"").and(contains("0 of 3 kept")));
}

#[test]
fn an_object_centric_log_and_a_stream_that_is_read_once_are_refused() {
    let ocel = json!({
        "eventTypes": [{ "name": "a", "attributes": [] }], "objectTypes": [{ "name": "o", "attributes": [] }],
        "events": [{ "id": "e", "type": "a", "time": "2024-01-01T00:00:00Z", "relationships": [{ "objectId": "1", "qualifier": "q" }] }],
        "objects": [{ "id": "1", "type": "o" }],
    });
    let folder = Folder::new().with("log.jsonocel", ocel.to_string());
    folder
        .run("filter log.jsonocel -o out/ --case-size 1")
        .assert()
        .failure()
        .stderr(contains("error[LF515]").and(contains("--flatten")));
    folder.run("filter log.jsonocel -o flat.parquet --flatten o --case-size 1").assert().success();
    assert_eq!(folder.rows("flat.parquet"), 1);
}
