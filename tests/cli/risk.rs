//! `logflow risk`: shares of unique cases, and columns that look personal.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::Folder;
use crate::pseudonymise::{KEY, set_mode};

/// Three cases: 1 and 2 do the same at other times, 3 does more; 1 and 3 have one age.
const LOG: &str = "\
case,activity,time,resource,case:age
1,a,2024-05-01 10:00:00,Alice,30
1,b,2024-05-01 11:00:00,Bob,30
2,a,2024-05-02 10:00:00,Alice,40
2,b,2024-05-02 11:00:00,Bob,40
3,a,2024-05-03 10:00:00,Alice,30
3,c,2024-05-03 11:00:00,Bob,30
";

fn risk(folder: &Folder, args: &str) -> Value {
    let out = folder.run(&format!("risk {args} --format json")).output().unwrap();
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)))
}

fn unique(found: &Value) -> Vec<(String, u64)> {
    let projections = found["projections"].as_array().unwrap().iter();
    projections
        .map(|it| (it["projection"].as_str().unwrap().to_owned(), it["unique_cases"].as_u64().unwrap()))
        .collect()
}

#[test]
fn cases_are_unique_by_what_somebody_knows() {
    let folder = Folder::new().with("log.csv", LOG);
    let found = risk(&folder, "log.csv");
    // A: all times differ. B: 1 and 2 differ by age, 3 by activity. C: the resources are the same. D: 2 alone has its
    // age. E: 3 alone does c.
    let expected = [("A", 3), ("B", 3), ("C", 0), ("D", 1), ("E", 1)];
    assert_eq!(unique(&found), expected.map(|(letter, cases)| (letter.to_owned(), cases)));
    assert_eq!(found["projections"][2]["k"], serde_json::json!([{"k": 3, "cases": 3}]));
    assert_eq!(found["case_attributes"], serde_json::json!(["case:age"]));
    assert_eq!(found["event_attributes"], serde_json::json!(["resource"]));
    let some = risk(&folder, "log.csv --points 1,5 --projection E,A");
    assert_eq!(some["projections"][0]["projection"], "E");
    // All events are known of cases with fewer than five.
    assert_eq!(
        some["projections"][0]["points"][1],
        serde_json::json!({"points": 5, "unique_cases": 1, "unique_share": 1.0 / 3.0})
    );
    assert_eq!(some["projections"][1]["points"][0]["unique_cases"], 3);
}

#[test]
fn figures_are_the_same_from_any_format_in_any_order_and_at_any_number_of_threads() {
    let folder = Folder::new();
    folder.run("generate -o log.csv --events 5000 --seed 3").assert().success();
    for output in ["log.parquet", "log.xes"] {
        folder.run(&format!("convert log.csv -o {output}")).assert().success();
    }
    let mut lines: Vec<&str> = LOG.lines().collect();
    let head = lines.remove(0);
    lines.reverse();
    let folder = folder.with("small.csv", LOG).with("turned.csv", format!("{head}\n{}\n", lines.join("\n")));
    assert_eq!(risk(&folder, "small.csv --points all,1"), risk(&folder, "turned.csv --points all,1"));
    let args = "--points all,1,3 --projection A,C,E";
    let found = risk(&folder, &format!("log.csv {args} -j 1"));
    assert!(found["cases"].as_u64().unwrap() > 100);
    for other in ["log.csv -j 3", "log.parquet"] {
        assert_eq!(risk(&folder, &format!("{other} {args}"))["projections"], found["projections"], "{other}");
    }
    let xes = risk(&folder, &format!("log.xes {args}"));
    assert_eq!((&xes["cases"], &xes["projections"][0]), (&found["cases"], &found["projections"][0]));
}

#[test]
fn pseudonyms_change_no_risk_and_coarser_times_lower_it() {
    let folder = Folder::new().with("log.csv", LOG).with("k", KEY);
    set_mode(&folder, "k", 0o600);
    folder
        .run("pseudonymise log.csv -o a.parquet --key-file k --columns case,resource --shift-times")
        .assert()
        .success();
    assert_eq!(unique(&risk(&folder, "a.parquet")), unique(&risk(&folder, "log.csv")));
    folder.run("pseudonymise log.csv -o b.parquet --generalise time=year --drop case:age").assert().success();
    let after = risk(&folder, "b.parquet");
    assert_eq!(unique(&after)[0].1, 1);
}

#[test]
fn a_table_says_it_for_people_with_columns_that_look_personal() {
    let folder = Folder::new().with("log.csv", LOG);
    folder
        .run("risk log.csv --points all,1")
        .assert()
        .success()
        .stdout(
            contains("6 events in 3 cases").and(contains("activities and times")).and(contains("100.0 %")),
        )
        .stdout(contains("1 event").and(contains("attributes of cases: case:age")))
        .stdout(contains("resource").and(contains("people")));
    folder.run("risk log.csv --projection F").assert().code(2).stderr(contains("A, B, C, D or E"));
    folder.run("risk log.csv --points 0").assert().code(2).stderr(contains("all or a number"));
    folder.run("risk log.csv --case-columns nosuch").assert().code(2).stderr(contains("LF502"));
}
