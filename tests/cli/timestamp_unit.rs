//! `--timestamp-unit`: milliseconds where they hold all values, and never a digit less.

use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::FileReader;
use predicates::prelude::*;
use predicates::str::contains;

use crate::{Folder, reader};

/// The unit of each column of times, by name.
fn units(folder: &Folder, file: &str) -> Vec<(String, &'static str)> {
    let reader = reader(&folder.path(file));
    let columns = reader.metadata().file_metadata().schema_descr().columns().iter();
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => "ms",
        TimeUnit::MICROS => "us",
        TimeUnit::NANOS => "ns",
    };
    columns
        .filter_map(|column| match column.logical_type_ref() {
            Some(LogicalType::Timestamp(time)) => Some((column.name().to_owned(), unit(&time.unit))),
            _ => None,
        })
        .collect()
}

/// Three columns of times: seconds, milliseconds, and one value of microseconds far behind the others.
fn mixed(rows: usize) -> String {
    let mut text = "case_id,activity,timestamp,due,seen\n".to_owned();
    for row in 0..rows {
        let (second, milli) = (row % 60, row % 1000);
        let seen = if row + 2 == rows { "2024-01-01T08:00:00.123456Z" } else { "2024-01-01T08:00:00.123Z" };
        text.push_str(&format!(
            "{},a,2024-01-01T08:00:{second:02}Z,1969-12-31T23:59:58.{milli:03}Z,{seen}\n",
            row % 7
        ));
    }
    text
}

#[test]
fn times_are_microseconds_unless_milliseconds_are_asked_for() {
    let folder = Folder::with_log();
    let mut back = String::new();
    for (flags, expected) in [
        ("", "us"),
        ("--timestamp-unit us", "us"),
        ("--timestamp-unit ms", "ms"),
        ("--timestamp-unit auto", "ms"),
    ] {
        folder.run(&format!("convert log.csv -o out.parquet --force {flags}")).assert().success();
        assert_eq!(units(&folder, "out.parquet"), [("timestamp".to_owned(), expected)], "{flags}");
        assert_eq!(folder.values("out.parquet").len(), 3);
        // The way back gives the same times.
        folder.run("convert out.parquet -o back.xes --force").assert().success();
        if back.is_empty() {
            back = folder.text("back.xes");
        }
        assert_eq!(folder.text("back.xes"), back, "{flags}");
    }
    assert!(back.contains("2024-01-01T09:00:00"), "{back}");
}

#[test]
fn finer_times_in_a_text_that_looks_like_rows_do_not_count() {
    // A cell of many lines, at which a worker that begins in its midst takes rows for records.
    let mut log = "case_id,activity,timestamp\n".to_owned();
    for row in 0..8_000 {
        log.push_str(&format!("{},a,2024-01-01T08:00:{:02}Z\n", row % 7, row % 60));
    }
    log.push_str("8,\"");
    for row in 0..8_000 {
        log.push_str(&format!("{},a,2024-01-01T08:00:00.{row:06}Z\n", row % 7));
    }
    log.push_str("\",2024-01-01T09:00:00Z\n");
    let folder = Folder::new().with("log.csv", log);
    for flags in ["--threads 8", "--threads 1", "--io read"] {
        let auto = "--timestamp-unit auto --row-group-size 64KiB --report json --force";
        let told = folder.run(&format!("convert log.csv -o out.parquet {auto} {flags}")).output().unwrap();
        assert_eq!(units(&folder, "out.parquet"), [("timestamp".to_owned(), "ms")], "{flags}");
        let report: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(report["restarts"], 0, "{flags}");
        assert_eq!(report["columns"][2]["type"], "timestamp[ms, UTC]");
        assert!(report["columns"][2]["written"].as_str().unwrap().starts_with("timestamp[ms, UTC]"));
    }
}

#[test]
fn times_of_cases_without_events_lose_no_digit_either() {
    let trace = |due: &str, event: &str| {
        format!(
            "<trace><string key=\"concept:name\" value=\"{due}\"/><date key=\"due\" value=\"{due}\"/>{event}</trace>"
        )
    };
    let event = "<event><string key=\"concept:name\" value=\"a\"/><date key=\"time:timestamp\" \
                 value=\"2024-01-01T00:00:00Z\"/></event>";
    for (empty, is_right) in [("2024-02-01T00:00:00.250Z", true), ("2024-02-01T00:00:00.0001Z", false)] {
        let log = format!("<log>{}{}</log>", trace("2024-01-01T00:00:00Z", event), trace(empty, ""));
        let folder = Folder::new().with("log.xes", log);
        let run = folder.run("convert log.xes -o log.parquet --tables --timestamp-unit ms").assert();
        if is_right {
            run.success();
            folder.run("convert log.parquet -o back.xes").assert().success();
            assert!(folder.text("back.xes").contains("2024-02-01T00:00:00.25"));
        } else {
            run.failure().stderr(contains("LF207").and(contains("00.0001Z")));
            assert!(!folder.has("log.parquet"));
        }
    }
}

#[test]
fn the_unit_is_about_what_is_written_and_not_about_tables_on_the_way() {
    let folder = Folder::new();
    folder.run("generate --format ocel-json --events 200 -o ocel.json").assert().success();
    let finer = folder.text("ocel.json").replacen("00Z\"", "00.000001Z\"", 1);
    let folder = folder.with("finer.json", finer);
    folder.run("convert finer.json -o flat.xes --flatten order --timestamp-unit ms").assert().success();
    let pipeline = "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"a.xes\"\n\
                    [[target]]\npath = \"a.parquet\"\ntimestamp_unit = \"ms\"\n";
    let folder = Folder::with_log().with("p.toml", pipeline);
    folder.run("run p.toml").assert().success();
    assert_eq!(units(&folder, "a.parquet"), [("timestamp".to_owned(), "ms")]);
}

#[test]
fn auto_keeps_the_unit_of_columns_with_finer_values_wherever_these_are() {
    let folder = Folder::new().with("log.csv", mixed(30_000));
    let expected =
        [("timestamp", "ms"), ("due", "ms"), ("seen", "us")].map(|(name, unit)| (name.to_owned(), unit));
    let mut files = Vec::new();
    for flags in ["--threads 1", "--threads 8 --row-group-size 64KiB", "--threads 8", "--io read"] {
        folder
            .run(&format!("convert log.csv -o out.parquet --force --timestamp-unit auto {flags}"))
            .assert()
            .success();
        assert_eq!(units(&folder, "out.parquet"), expected, "{flags}");
        if !flags.contains("row-group") {
            files.push(std::fs::read(folder.path("out.parquet")).unwrap());
        }
    }
    assert!(files.windows(2).all(|pair| pair[0] == pair[1]));
    folder.run("convert log.csv -o us.parquet").assert().success();
    // The times of both files as XES, which knows no unit.
    folder.run("convert us.parquet -o us.xes").assert().success();
    folder.run("convert out.parquet -o auto.xes").assert().success();
    assert_eq!(folder.text("us.xes"), folder.text("auto.xes"));
}

#[test]
fn milliseconds_that_would_lose_digits_are_an_error_with_the_first_value() {
    let folder = Folder::new().with("log.csv", mixed(2_000));
    folder.run("convert log.csv -o out.parquet --timestamp-unit ms").assert().failure().stderr(
        contains("LF207")
            .and(contains("seen"))
            .and(contains("2024-01-01T08:00:00.123456"))
            .and(contains("--timestamp-unit auto")),
    );
    assert!(!folder.has("out.parquet"));
    let told = folder.run("convert log.csv -o out.parquet --timestamp-unit ms").assert().failure();
    told.stderr(contains("at log.csv, column \"seen\""));
    let folder = folder.with("more.csv", mixed(100));
    let told = folder.run("convert log.csv more.csv -o out.parquet --timestamp-unit ms").assert().failure();
    told.stderr(contains("at column \"seen\"").and(contains("<stdin>").not()));
    // Written without this column there is nothing to lose.
    folder.run("convert log.csv -o out.parquet --timestamp-unit ms --exclude seen").assert().success();
}

#[test]
fn typed_files_cases_and_object_centric_logs_have_the_unit_as_well() {
    let folder = Folder::new().with("log.csv", mixed(2_000));
    folder.run("convert log.csv -o us.parquet").assert().success();
    folder.run("convert us.parquet -o ms.parquet --timestamp-unit auto").assert().success();
    let expected =
        [("timestamp", "ms"), ("due", "ms"), ("seen", "us")].map(|(name, unit)| (name.to_owned(), unit));
    assert_eq!(units(&folder, "ms.parquet"), expected);

    folder.run("convert us.parquet -o log.xes --exclude seen").assert().success();
    folder.run("convert log.xes -o log.parquet --tables --timestamp-unit ms").assert().success();
    for file in ["log.parquet", "log.cases.parquet"] {
        let units = units(&folder, file);
        assert!(!units.is_empty() && units.iter().all(|(_, unit)| *unit == "ms"), "{file}: {units:?}");
    }

    folder.run("generate --format ocel-json --events 200 -o ocel.jsonocel").assert().success();
    folder.run("convert ocel.jsonocel -o bundle --timestamp-unit auto").assert().success();
    folder.run("convert ocel.jsonocel -o usual").assert().success();
    for bundle in ["bundle", "usual"] {
        folder.run(&format!("convert {bundle} -o {bundle}.json")).assert().success();
    }
    assert_eq!(folder.text("bundle.json"), folder.text("usual.json"));
}

#[test]
fn an_unknown_unit_is_refused() {
    let folder = Folder::with_log();
    folder
        .run("convert log.csv -o out.parquet --timestamp-unit s")
        .assert()
        .failure()
        .stderr(contains("us, ms or auto"));
}
