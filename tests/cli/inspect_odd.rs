//! `logflow inspect` on logs that are odd in one way: each check says of them what a person would.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::Folder;
use crate::inspect::{check, inspected, line_start};

fn affected(result: &Value, id: &str) -> u64 {
    check(result, id)["affected"].as_u64().unwrap()
}

fn log(header: &str, rows: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    text
}

const EVENT: &str = "case_id,activity,timestamp";

#[test]
fn midnight_where_the_log_is_from_is_a_whole_day() {
    // All bookings are at midnight in Berlin, in summer and in winter; the other events are told to the second.
    let rows = (0..40).flat_map(|case| {
        let (month, offset) = if case % 2 == 0 { (1, 1) } else { (7, 2) };
        let day = case / 2 % 20 + 1;
        [
            format!("{case},Order,2024-{month:02}-{day:02}T08:{case:02}:17+0{offset}:00"),
            format!("{case},Book,2024-{month:02}-{:02}T00:00:00+0{offset}:00", day + 1),
        ]
    });
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    let result = inspected(&folder, "log.csv --as-of 2025-01-01");
    assert_eq!(result["granularity"], json!({"day": 40, "second": 40}));
    let what = check(&result, "mixed-granularity")["examples"][0]["what"].as_str().unwrap();
    assert!(what.contains("\"Book\" are whole days"), "{what}");
}

#[test]
fn midnight_of_the_time_zone_option_is_a_default_time() {
    let rows = (0..30).map(|it| format!("{it},A,2024-05-01 08:{it:02}:05"));
    let rows = rows.chain(["31,A,2000-01-01 00:00:00".to_owned(), "32,A,1970-01-01 00:00:00".to_owned()]);
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    for zone in ["", "--timezone Europe/Berlin", "--timezone=-08:00"] {
        let result = inspected(&folder, &format!("log.csv --as-of 2025-01-01 {zone}"));
        assert_eq!(affected(&result, "default-timestamps"), 2, "{zone}");
    }
    folder.run("convert log.csv -o log.parquet --timezone Europe/Berlin --quiet").assert().success();
    // The file is in UTC: only the first day that programs know is told in any zone.
    assert_eq!(affected(&inspected(&folder, "log.parquet"), "default-timestamps"), 1);
}

#[test]
fn a_log_from_1970_has_no_default_times() {
    let rows = (0..30).map(|it| format!("{it},A,1970-01-01T08:{it:02}:05Z"));
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    let result = inspected(&folder, "log.csv");
    assert_eq!(check(&result, "default-timestamps")["not_assessed"], "the log is from 1970 or 1971");
}

#[test]
fn a_case_called_na_is_told_as_one_unless_others_are_called_alike() {
    let rows = |names: [&str; 5]| {
        log(
            EVENT,
            names
                .iter()
                .flat_map(|name| (0..3).map(move |it| format!("{name},A{it},2024-05-01T08:0{it}:05Z"))),
        )
    };
    let folder = Folder::new()
        .with("numbers.csv", rows(["1001", "1002", "1003", "1004", "NA"]))
        .with("codes.csv", rows(["NX", "NY", "NZ", "ND", "NA"]));
    let result = inspected(&folder, "numbers.csv --null-words -");
    assert_eq!(affected(&result, "elusive-case"), 3);
    assert_eq!(check(&result, "elusive-case")["details"][1], "3 rows are in a case that is called \"NA\"");
    let result = inspected(&folder, "codes.csv --null-words -");
    assert_eq!(affected(&result, "elusive-case"), 0);
}

#[test]
fn rows_behind_a_later_time_of_their_case_are_out_of_order() {
    let rows = ["10", "11", "09", "12", "08"].map(|hour| format!("1,A{hour},2024-05-01T{hour}:00:00Z"));
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    let result = inspected(&folder, "log.csv");
    let it = check(&result, "file-order");
    assert_eq!((&it["affected"], &it["applicable"]), (&2.into(), &4.into()));
    let rows: Vec<&Value> = it["examples"].as_array().unwrap().iter().map(|it| &it["row"]).collect();
    assert_eq!(rows, [3, 5]);
    assert_eq!(it["examples"][1]["what"], "2024-05-01T08:00:00Z behind row 4 with 2024-05-01T12:00:00Z");
}

#[test]
fn rows_are_records_of_the_file_behind_malformed_and_filtered_ones() {
    let mut rows: Vec<String> =
        (0..400).map(|it| format!("{it},A,2024-05-01T08:00:05Z,{}", it % 2)).collect();
    rows[10] = "10,A".to_owned();
    rows[300] = "300,A,2042-05-01T08:00:05Z,1".to_owned();
    let text = log("case_id,activity,timestamp,keep", rows);
    let folder = Folder::new().with("log.csv", &text).with("first.csv", &text);
    for args in ["", "--where keep=1", "--where keep=1 --threads 1", "--io read"] {
        let result = inspected(&folder, &format!("log.csv --as-of 2025-01-01 {args}"));
        let example = &check(&result, "future-timestamps")["examples"][0];
        assert_eq!((&example["row"], &example["file"]), (&301.into(), &"log.csv".into()), "{args}");
        assert_eq!(example["byte"], line_start(&text, 301), "{args}");
    }
    folder
        .run("inspect log.csv --where keep=1 --findings f.parquet --as-of 2025-01-01 --quiet")
        .assert()
        .success();
    assert!(folder.values("f.parquet").contains(&format!(
        "future-timestamps|error|timeliness|log.csv|301|{}|null",
        line_start(&text, 301)
    )));
    // Of two inputs each has rows of its own.
    let result = inspected(&folder, "first.csv log.csv --as-of 2025-01-01");
    let examples = check(&result, "future-timestamps")["examples"].as_array().unwrap();
    let places: Vec<_> =
        examples.iter().map(|it| (it["file"].as_str().unwrap(), it["row"].as_u64().unwrap())).collect();
    assert_eq!(places, [("first.csv", 301), ("log.csv", 301)]);
    // Typed files have rows too.
    folder
        .run("convert log.csv -o log.parquet --on-bad-row reject --row-group-size 100rows --quiet")
        .assert()
        .code(4);
    let result = inspected(&folder, "log.parquet --where keep=1 --as-of 2025-01-01");
    let example = &check(&result, "future-timestamps")["examples"][0];
    assert_eq!((&example["row"], &example["byte"]), (&300.into(), &Value::Null));
}

#[test]
fn several_compressed_inputs_are_one_log() {
    let gzip = |text: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let part = |from: usize| {
        log(
            EVENT,
            (from..from + 60).flat_map(|it| {
                let hours = if it == 100 { [9, 8] } else { [8, 9] };
                ["A", "B"].iter().zip(hours).map(move |(name, hour)| {
                    format!("C{it:03},{name},2024-05-01T{hour:02}:{:02}:05Z", it % 60)
                })
            }),
        )
    };
    let folder = Folder::new()
        .with("a.csv.gz", gzip(&part(0)))
        .with("b.csv.gz", gzip(&part(60)))
        .with("a.csv", part(0))
        .with("b.csv", part(60));
    let plain = inspected(&folder, "a.csv b.csv");
    let packed = inspected(&folder, "a.csv.gz b.csv.gz");
    assert_eq!((&packed["rows"], &packed["cases"]), (&240.into(), &120.into()));
    assert_eq!(packed["checks"].to_string().replace(".gz", ""), plain["checks"].to_string());
    let example = &check(&packed, "file-order")["examples"][0];
    assert_eq!((&example["file"], &example["row"]), (&"b.csv.gz".into(), &82.into()));
    assert_eq!(packed["columns"], plain["columns"]);
}

#[test]
fn twins_are_shown_although_a_row_is_no_event() {
    let rows = (0..20).map(|it| format!("{it},A,2024-05-01T08:{it:02}:05Z,x"));
    let more = ["3,A,2024-05-01T08:03:05Z,x", "99,A,,x", "99,A,,x"].map(str::to_owned);
    let folder = Folder::new().with("log.csv", log("case_id,activity,timestamp,note", rows.chain(more)));
    let result = inspected(&folder, "log.csv");
    let it = check(&result, "duplicate-rows");
    assert_eq!((&it["affected"], &it["applicable"]), (&2.into(), &23.into()));
    assert_eq!(
        (&it["examples"][0]["row"], &it["examples"][0]["what"]),
        (&21.into(), &"the same as row 4".into())
    );
    assert_eq!(it["details"][0], "1 of them lack a case, an activity or a time");
}

#[test]
fn gaps_are_those_of_whole_numbers_and_of_no_other_identifiers() {
    let days = (1..20).filter(|it| *it != 7).map(|it| format!("2024-05-{it:02},A,2024-05-01T08:00:05Z"));
    let large = (0..20).filter(|it| *it != 7).map(|it| format!("{},A,2024-05-01T08:00:05Z", u64::MAX - it));
    let folder = Folder::new().with("days.csv", log(EVENT, days)).with("large.csv", log(EVENT, large));
    let result = inspected(&folder, "days.csv");
    assert_eq!(
        check(&result, "case-id-gaps")["not_assessed"],
        "the identifiers of cases are not whole numbers"
    );
    let result = inspected(&folder, "large.csv");
    assert_eq!(affected(&result, "case-id-gaps"), 1);
    assert_eq!(check(&result, "case-id-gaps")["examples"][0]["what"], (u64::MAX - 7).to_string());
}

#[test]
fn labels_that_differ_in_a_letter_of_their_own_are_no_slips() {
    let names = |case: usize| {
        ["Release A", "C", if case == 0 { "Release B" } else { "Pay" }, if case == 1 { "C#" } else { "Go" }]
    };
    let rows = (0..40).flat_map(|case| {
        names(case)
            .into_iter()
            .enumerate()
            .map(move |(at, name)| format!("{case},{name},2024-05-01T{:02}:{case:02}:05Z", at + 8))
    });
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    let it = inspected(&folder, "log.csv");
    assert_eq!(check(&it, "distorted-label")["examples"], json!([]));
    assert_eq!(affected(&it, "distorted-label"), 0);
}

#[test]
fn an_activity_that_comes_back_with_the_same_neighbours_is_one() {
    // Each case goes through B, C twice: before and after a long middle part.
    let steps = ["A", "B", "C", "D", "E", "F", "G", "H", "A", "B", "C", "D"];
    let rows = (0..60).flat_map(|case| {
        steps.iter().enumerate().map(move |(at, name)| {
            format!("C{case},{name},2024-05-{:02}T{:02}:{:02}:05Z", case / 3 + 1, at + 8, case)
        })
    });
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    assert_eq!(affected(&inspected(&folder, "log.csv"), "homonymous-label"), 0);
}

#[test]
fn late_visits_and_work_side_by_side_are_no_clocks_and_no_swapped_dates() {
    // Every fifth case has a visit months later; checks run beside each other, and either may end first.
    let rows = (0..100).flat_map(|case| {
        let day = case % 28 + 1;
        let first = format!("C{case},Start,2024-03-{day:02}T08:{:02}:05Z", case % 60);
        let (one, two) = if case % 2 == 0 { (10, 13) } else { (13, 10) };
        let left = format!("C{case},Left,2024-03-{day:02}T{one:02}:{:02}:09Z", case % 60);
        let right = format!("C{case},Right,2024-03-{day:02}T{two:02}:{:02}:11Z", case % 60);
        let late = (case % 5 == 0)
            .then(|| format!("C{case},Visit,2024-{:02}-{:02}T09:00:07Z", 6 + case % 6, case % 12 + 1));
        [Some(first), Some(left), Some(right), late].into_iter().flatten().collect::<Vec<_>>()
    });
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    let result = inspected(&folder, "log.csv --as-of 2025-01-01");
    assert_eq!(affected(&result, "unanchored-event"), 0, "{:#}", check(&result, "unanchored-event"));
}

#[test]
fn more_missing_values_never_mean_a_better_score() {
    let mut last: Option<(f64, u64)> = None;
    for missing in [0, 5, 9, 11, 30, 90, 100] {
        let rows = (0..100).map(|it| {
            let value = if it < missing { String::new() } else { format!("v{}", it % 3) };
            format!("C{},A{},2024-05-01T08:{:02}:{:02}Z,{value}", it / 5, it % 5, it / 60, it % 60)
        });
        let folder = Folder::new().with("log.csv", log("case_id,activity,timestamp,code", rows));
        let result = inspected(&folder, "log.csv");
        let found = (result["score"].as_f64().unwrap(), affected(&result, "missing-attributes"));
        assert_eq!(found.1, missing as u64);
        assert!(last.is_none_or(|(score, _)| found.0 <= score), "{missing}: {found:?} after {last:?}");
        last = Some(found);
    }
}

#[test]
fn wide_decimal_numbers_have_extremes() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray};
    use parquet::arrow::ArrowWriter;

    let numbers = [5_i128, -120, 99_999_999_999_999_999_999_999, 7, -3];
    let amounts = Decimal128Array::from_iter_values(numbers).with_precision_and_scale(38, 2).unwrap();
    let texts = |texts: [&str; 5]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let times =
        TimestampMicrosecondArray::from_iter_values((0..5).map(|it| 1_714_550_400_000_000 + it * 61_000_000));
    let batch = RecordBatch::try_from_iter([
        ("case_id", texts(["a", "a", "b", "b", "c"])),
        ("activity", texts(["A", "B", "A", "B", "A"])),
        ("timestamp", Arc::new(times.with_timezone("UTC")) as ArrayRef),
        ("amount", Arc::new(amounts) as ArrayRef),
    ])
    .unwrap();
    let folder = Folder::new();
    let file = std::fs::File::create(folder.path("log.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let result = inspected(&folder, "log.parquet");
    let column = result["columns"].as_array().unwrap().iter().find(|it| it["name"] == "amount").unwrap();
    assert_eq!((&column["min"], &column["max"]), (&"-1.20".into(), &"999999999999999999999.99".into()));
    assert_eq!(column["distinct"], 5);
}

#[test]
fn nanoseconds_beside_a_year_that_they_do_not_reach_are_no_error() {
    let rows = (0..30).map(|it| format!("{it},A,2024-05-01T08:{it:02}:05.123456789Z,2024-05-01T08:00:00Z"));
    let rows = rows.chain(["31,A,2024-05-01T08:40:05.123456789Z,9999-12-31T00:00:00Z".to_owned()]);
    let folder = Folder::new().with("log.csv", log("case_id,activity,start_timestamp,timestamp", rows));
    let output = folder.run("inspect log.csv --format json --quiet").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(affected(&result, "default-timestamps"), 1);
    assert_eq!(result["cases"], Value::Null);
}

#[test]
fn one_long_case_is_the_same_in_little_memory() {
    let rows = (0..300_000u64).map(|it| {
        let seconds = it * 7919 % 300_000;
        format!(
            "1,A{},2024-05-{:02}T{:02}:{:02}:{:02}Z",
            it % 5,
            seconds / 86_400 + 1,
            seconds / 3600 % 24,
            seconds / 60 % 60,
            seconds % 60
        )
    });
    let folder = Folder::new().with("log.csv", log(EVENT, rows));
    let whole = inspected(&folder, "log.csv --threads 2");
    assert_eq!((&whole["rows"], &whole["cases"]), (&300_000.into(), &1.into()));
    assert_eq!(inspected(&folder, "log.csv --threads 2 --memory-limit 64MiB"), whole);
}

#[test]
fn the_reasons_why_checks_were_left_out_are_a_line_each() {
    let folder = Folder::new().with("log.csv", "a,b\n1,2\n3,4\n");
    let out = folder.run("inspect log.csv").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let list = text.split_once("not assessed:\n").unwrap().1.split_once("\n\n").unwrap().0;
    assert!(list.lines().all(|line| line.chars().count() <= 110 && line.starts_with("  ")), "{list}");
    let reasons: Vec<&str> = list.lines().filter(|line| !line.starts_with("    ")).collect();
    let starts = reasons.iter().map(|it| it.trim().split_once(": ").unwrap().0).collect::<Vec<_>>();
    assert_eq!(
        starts,
        [
            "there are no such columns",
            "no column has the role case",
            "no column has the role activity",
            "no column has the role timestamp",
            "no attribute follows from resources or activities",
            "there are no rules for it",
        ]
    );
}
