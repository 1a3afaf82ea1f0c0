//! Row groups of Parquet files whose statistics show that all their rows would be removed are not read.

use std::fmt::Write as _;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::Folder;

/// Ten years, ten events a day, in the order of time.
fn ten_years(folder: Folder) -> Folder {
    let mut log = "case,activity,time,number\n".to_owned();
    let mut number = 0;
    for year in 2015..2025 {
        for month in 1..=12 {
            for day in 1..=28 {
                for hour in 0..10 {
                    let case = number / 7;
                    writeln!(log, "c{case},step {hour},{year}-{month:02}-{day:02} {hour:02}:00:00,{number}")
                        .unwrap();
                    number += 1;
                }
            }
        }
    }
    folder.with("log.csv", log)
}

fn report(folder: &Folder, command: &str) -> Value {
    let output = folder.run(&format!("{command} --report json")).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{command}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_month_of_ten_years_reads_less_than_an_eighth_of_the_bytes() {
    let folder = ten_years(Folder::new());
    folder.run("convert log.csv -o log.parquet --row-group-size 280rows").assert().success();
    for (flags, rows) in [
        ("--time-range 2019-05 --time-mode events", 280),
        ("--where time>='2019-05-01' --where time<'2019-06-01'", 280),
        ("--where number=5000", 1),
        ("--where number>=33590", 10),
        ("--time-range 2031.. --time-mode events", 0),
    ] {
        folder.run(&format!("convert log.csv -o csv.parquet --force {flags}")).assert().success();
        let found = report(&folder, &format!("convert log.parquet -o out.parquet --force {flags}"));
        assert_eq!(found["rows"], rows, "{flags}");
        assert_eq!(found["records"], 33_600, "{flags}");
        assert_eq!(found["filtered_rows"], 33_600 - rows, "{flags}");
        assert_eq!(found["steps"][0]["removed_rows"], 33_600 - rows, "{flags}");
        assert_eq!(folder.values("out.parquet"), folder.values("csv.parquet"), "{flags}");
        let unread = &found["unread"];
        let [read, all] = ["read_bytes", "file_bytes"].map(|key| unread[key].as_u64().unwrap());
        assert!(read * 8 < all, "{flags}: {unread}");
        assert!(unread["unread_rows"].as_u64().unwrap() >= 33_600 - 3 * 280, "{flags}: {unread}");
    }
    folder
        .run("filter log.parquet -o out.parquet --force --time-range 2019-05 --time-mode events")
        .assert()
        .success()
        .stderr(contains("33,320 rows left unread").and(contains("time-range: 33,320 rows removed")));
}

#[test]
fn rows_are_read_where_statistics_tell_too_little() {
    let folder = ten_years(Folder::new());
    folder.run("convert log.csv -o log.parquet --row-group-size 280rows").assert().success();
    for flags in [
        // The negation, and filters of cases, which must see all rows.
        "--time-range 2019-05 --time-mode events --negate all",
        "--time-range 2019-05",
        "--time-range 2019-05 --time-mode events --case-size 1..",
        "--sample-cases 10%",
        "--where activity!='step_1'",
        "--where number>100|or|number=1",
    ] {
        let mut command = folder.command("convert log.parquet -o out.parquet --force --report json");
        command.args(flags.split(' ').map(|word| word.replace('|', " ")));
        let output = command.output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{flags}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(found["unread"], Value::Null, "{flags}");
        assert_eq!(found["records"], 33_600, "{flags}");
    }
}

#[test]
fn a_condition_leaves_checksums_as_they_were_and_a_filter_makes_none_of_a_file_that_it_does_not_read_whole() {
    let folder = ten_years(Folder::new());
    folder.run("convert log.csv -o log.parquet --row-group-size 280rows").assert().success();
    let found = report(&folder, "convert log.parquet -o out.parquet --where number=5000");
    assert_eq!(found["inputs"][0]["blake3"].as_str().unwrap().len(), 64);
    let found =
        report(&folder, "filter log.parquet -o out.parquet --force --time-range 2019-05 --time-mode events");
    assert_eq!(found["inputs"][0]["blake3"], "");
    let bytes = std::fs::metadata(folder.path("log.parquet")).unwrap().len();
    assert_eq!(found["inputs"][0]["bytes"], bytes);
}
