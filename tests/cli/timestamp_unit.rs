//! `--timestamp-unit`: milliseconds where they hold all values, and never a digit less.

use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::FileReader;
use predicates::prelude::*;
use predicates::str::contains;

use crate::{Folder, LOG, reader};

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
        assert!(folder.text("back.xes").contains("2024-01-01T09:00:00"), "{flags}");
    }
    assert!(LOG.contains("timestamp"));
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
