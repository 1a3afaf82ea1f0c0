//! `logflow inspect`: columns, checks, scores, and all forms in which they are told.

use std::collections::BTreeMap;
use std::fmt::Write;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::{DIRTY, Folder};

const STEPS: [&str; 6] =
    ["Register order", "Check stock", "Pick items", "Pack parcel", "Send invoice", "Receive payment"];
const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// One event of the logs of these tests.
#[derive(Clone)]
struct Event {
    case: usize,
    activity: String,
    /// Seconds since 2024-03-01.
    time: i64,
    resource: &'static str,
}

/// A log without a flaw: 120 cases of six steps, each some minutes after the one before.
fn clean() -> Vec<Event> {
    let mut events = Vec::new();
    for case in 0..120 {
        let mut time = case as i64 * 37 * MINUTE + 11;
        for (at, step) in STEPS.iter().enumerate() {
            let resource = ["Ann", "Ben", "Cem"][(case + at) % 3];
            events.push(Event { case, activity: (*step).to_owned(), time, resource });
            time += 13 * MINUTE + (case as i64 * 7 + at as i64 * 13) % 47;
        }
    }
    events
}

/// The time of an event as text.
fn moment(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // From March to July 2024 a month is found by counting.
    let (mut day, mut month, mut year) = (days + 1, 3, 2024);
    while day > length(year, month) {
        day -= length(year, month);
        month += 1;
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
    while day < 1 {
        month -= 1;
        if month < 1 {
            (month, year) = (12, year - 1);
        }
        day += length(year, month);
    }
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn csv(events: &[Event]) -> String {
    let mut text = "case_id,activity,timestamp,resource\n".to_owned();
    for it in events {
        let _ = writeln!(text, "C{:04},{},{},{}", it.case, it.activity, moment(it.time), it.resource);
    }
    text
}

pub fn inspected(folder: &Folder, args: &str) -> Value {
    let output = folder.run(&format!("inspect {args} --format json --quiet")).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{args}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The byte at which a row begins in a text whose first line names the columns.
pub fn line_start(text: &str, row: usize) -> usize {
    text.split_inclusive('\n').take(row).map(str::len).sum()
}

pub fn check<'v>(result: &'v Value, id: &str) -> &'v Value {
    result["checks"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap()
}

/// For each check that found something: affected and applicable.
fn found(result: &Value) -> BTreeMap<String, (u64, u64)> {
    let checks = result["checks"].as_array().unwrap().iter();
    checks
        .filter(|it| it["affected"].as_u64() > Some(0))
        .map(|it| {
            let count = |key: &str| it[key].as_u64().unwrap();
            (it["id"].as_str().unwrap().to_owned(), (count("affected"), count("applicable")))
        })
        .collect()
}

/// The checks that lower the score.
fn lowered(result: &Value) -> Vec<String> {
    let checks = result["checks"].as_array().unwrap().iter();
    let lowers = |it: &&Value| it["weight"] != 0 && it["score"].as_f64().is_some_and(|score| score < 1.0);
    checks.filter(lowers).map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

fn of(events: &[Event]) -> Value {
    let folder = Folder::new().with("log.csv", csv(events));
    inspected(&folder, "log.csv --as-of 2025-01-01")
}

#[test]
fn a_log_without_a_flaw_scores_100() {
    let result = of(&clean());
    assert_eq!(lowered(&result), Vec::<String>::new(), "{:#}", result["checks"]);
    assert_eq!(result["score"], 100.0);
    assert_eq!(
        (&result["rows"], &result["cases"], &result["activities"]),
        (&720.into(), &120.into(), &6.into())
    );
    assert_eq!(found(&result), BTreeMap::new());
    let dimensions: Vec<&str> =
        result["dimensions"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(
        dimensions,
        ["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"]
    );
}

#[test]
fn a_generated_log_scores_100() {
    let folder = Folder::new();
    folder.run("generate -o log.csv --events 20000 --seed 5").assert().success();
    let result = inspected(&folder, "log.csv");
    assert_eq!(lowered(&result), Vec::<String>::new());
    assert_eq!(result["score"], 100.0);
}

#[test]
fn a_rare_other_order_that_a_day_mends_is_time_travel() {
    let mut events = clean();
    events[50 * 6 + 4].time -= DAY;
    let result = of(&events);
    assert_eq!(lowered(&result), ["inadvertent-time-travel"]);
    assert_eq!(found(&result)["inadvertent-time-travel"], (1, 720));
    let what = check(&result, "inadvertent-time-travel")["examples"][0]["what"].as_str().unwrap();
    assert!(what.contains("one day later"), "{what}");
}

#[test]
fn activities_that_share_their_time_are_from_a_form() {
    let mut events = clean();
    for case in [3, 9, 27] {
        (events[case * 6 + 2].time, events[case * 6 + 3].time) =
            (events[case * 6 + 1].time, events[case * 6 + 1].time);
    }
    let result = of(&events);
    assert_eq!(lowered(&result), ["form-based-capture"]);
    assert_eq!(found(&result)["form-based-capture"], (9, 720));
}

#[test]
fn slips_in_labels_are_found_and_other_labels_are_not() {
    let mut events = clean();
    events[1].activity = "Chek stock".to_owned();
    events[7].activity = "check  stock".to_owned();
    let result = of(&events);
    assert_eq!(lowered(&result), ["distorted-label"]);
    assert_eq!(found(&result)["distorted-label"], (2, 720));
}

#[test]
fn labels_with_a_number_in_them_are_polluted() {
    let mut events = clean();
    for case in 0..30 {
        let _ = write!(events[case * 6 + 3].activity, " {}", 4711 + case);
    }
    let result = of(&events);
    assert_eq!(lowered(&result), ["polluted-label"]);
    assert_eq!(found(&result)["polluted-label"], (30, 720));
}

#[test]
fn bursts_within_a_second_are_collateral() {
    let clean = clean();
    let mut events = Vec::new();
    for it in clean {
        let extra = (it.activity == "Pack parcel" && it.case % 4 == 0).then(|| Event {
            time: it.time + 1,
            activity: "Print label".to_owned(),
            ..it.clone()
        });
        events.push(it);
        events.extend(extra);
    }
    let result = of(&events);
    assert_eq!(lowered(&result), ["collateral-events"]);
    assert_eq!(found(&result)["collateral-events"], (30, 750));
}

#[test]
fn one_label_at_two_places_is_homonymous() {
    let mut events = clean();
    for case in 0..20 {
        events[case * 6 + 5].activity = "Check stock".to_owned();
    }
    let result = of(&events);
    assert_eq!(lowered(&result), ["homonymous-label"]);
    assert_eq!(found(&result)["homonymous-label"], (20, 720));
}

#[test]
fn a_clock_of_another_zone_is_seen_where_the_file_has_the_order() {
    let mut events = clean();
    for it in events.iter_mut().filter(|it| it.activity == "Pick items") {
        it.time -= 2 * 3600;
    }
    let result = of(&events);
    assert_eq!(found(&result)["unanchored-event"], (120, 720));
}

#[test]
fn missing_values_are_counted_by_column() {
    let log = "case_id,activity,timestamp,resource,level\n".to_owned()
        + "1,A,2024-01-01T08:00:00Z,Ann,1\n1,,2024-01-01T09:00:00Z,N/A,2\n,B,2024-01-01T10:00:00Z, ,3\n"
        + &(0..30).map(|it| format!("{it},C,2024-01-02T08:00:{it:02}Z,Ann,4\n")).collect::<String>()
        + "40,D,2024-01-03T08:00:00Z,Ann,\n";
    let folder = Folder::new().with("log.csv", log);
    let result = inspected(&folder, "log.csv");
    let check = check(&result, "missing-role-values");
    assert_eq!(check["details"], serde_json::json!(["activity: 1 of 34", "resource: 2 of 34"]));
    assert_eq!(check["examples"][0]["row"], 2);
    assert_eq!(found(&result)["elusive-case"], (1, 34));
    assert_eq!(found(&result)["missing-attributes"], (1, 34));
}

#[test]
fn rows_that_are_there_twice_are_told_from_ties() {
    let mut events = clean();
    events.insert(9, events[8].clone());
    let result = of(&events);
    assert_eq!(lowered(&result), ["duplicate-rows"]);
    assert_eq!(found(&result)["duplicate-rows"], (1, 721));
    events[9].resource = "Dan";
    let result = of(&events);
    assert_eq!(lowered(&result), ["exact-ties"]);
}

#[test]
fn times_that_cannot_be_are_found() {
    let mut text = csv(&clean());
    text.push_str(
        "C0003,Receive payment,1970-01-01T00:00:00Z,Ann\nC0004,Receive payment,2042-01-01T00:00:00Z,Ann\n",
    );
    let folder = Folder::new().with("log.csv", text);
    let result = inspected(&folder, "log.csv --as-of 2025-01-01");
    let found = found(&result);
    assert_eq!((found["default-timestamps"], found["future-timestamps"]), ((1, 722), (1, 722)));
    assert_eq!(check(&result, "future-timestamps")["examples"][0]["row"], 722);
    let later = inspected(&folder, "log.csv --as-of 2042-01-01");
    assert_eq!(check(&later, "future-timestamps")["affected"], 0);
}

#[test]
fn columns_have_exact_figures() {
    let log = "case_id,activity,timestamp,n,code\n".to_owned()
        + &(0..100)
            .map(|it| format!("{},A,2024-01-01T08:00:{:02}Z,{},K{:03}\n", it / 10, it % 60, it, it % 7))
            .collect::<String>();
    let folder = Folder::new().with("log.csv", log);
    let result = inspected(&folder, "log.csv");
    let column = |name: &str| {
        result["columns"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone()
    };
    let n = column("n");
    assert_eq!((&n["distinct"], &n["min"], &n["max"]), (&100.into(), &"0".into(), &"99".into()));
    assert_eq!((&n["mean"], &n["quantiles"][2]["value"]), (&49.5.into(), &49.5.into()));
    assert_eq!(n["quantiles"][1]["value"], 24.75);
    assert_eq!((&n["unique"], &n["approximate"]), (&true.into(), &false.into()));
    let code = column("code");
    assert_eq!(
        (&code["distinct"], &code["min_length"], &code["max_length"]),
        (&7.into(), &4.into(), &4.into())
    );
    assert_eq!(code["top"][0]["count"], 15);
    assert_eq!(code["pattern"]["pattern"], "A9(3)");
}

#[test]
fn the_result_is_the_same_at_any_number_of_threads_and_cut() {
    let mut events = clean();
    events[8].activity = "Chek stock".to_owned();
    events.insert(300, events[299].clone());
    let text = csv(&events);
    let folder = Folder::new().with("log.csv", &text);
    let whole = inspected(&folder, "log.csv --threads 1");
    for args in ["--threads 2", "--threads 8"] {
        assert_eq!(inspected(&folder, &format!("log.csv {args}")), whole, "{args}");
    }
    folder.run("convert log.csv -o log.parquet --row-group-size 100rows --quiet").assert().success();
    let typed = inspected(&folder, "log.parquet --threads 3");
    // A typed file has no bytes where rows begin.
    let without_bytes = |text: String| {
        text.split(',').filter(|part| !part.starts_with("\"byte\":")).collect::<Vec<_>>().join(",")
    };
    for key in ["score", "checks", "time", "rows", "granularity"] {
        let named = |value: &Value| without_bytes(value[key].to_string().replace("log.parquet", "log.csv"));
        assert_eq!(named(&typed), named(&whole), "{key}");
    }
}

#[test]
fn findings_have_a_row_for_each_affected_event() {
    let mut events = clean();
    events[1].activity = "Chek stock".to_owned();
    events.insert(9, events[8].clone());
    let folder = Folder::new().with("log.csv", csv(&events));
    folder.run("inspect log.csv --findings f.parquet --as-of 2025-01-01").assert().success();
    let start = |row| line_start(&csv(&events), row);
    assert_eq!(
        folder.values("f.parquet"),
        [
            format!("distorted-label|warn|conformity|log.csv|2|{}|null", start(2)),
            format!("duplicate-rows|error|uniqueness|log.csv|10|{}|null", start(10)),
        ]
    );
    folder.run("inspect log.csv --findings f.parquet").assert().failure().stderr(contains("LF106"));
}

#[test]
fn fail_on_gives_exit_code_3() {
    let mut events = clean();
    events[1].activity = "Chek stock".to_owned();
    let folder = Folder::new().with("log.csv", csv(&events));
    folder.run("inspect log.csv").assert().success();
    folder.run("inspect log.csv --fail-on error").assert().success();
    folder.run("inspect log.csv --fail-on warn").assert().code(3);
    folder.run("inspect log.csv --fail-on score<99").assert().success();
    folder.run("inspect log.csv --fail-on score<100").assert().code(3);
    folder.run("inspect log.csv --fail-on score<x").assert().code(2).stderr(contains("score<N>"));
}

#[test]
fn malformed_records_are_counted_and_do_not_end_the_run() {
    let folder = Folder::new().with("log.csv", DIRTY);
    folder
        .run("inspect log.csv")
        .assert()
        .success()
        .stdout(contains("rejected-rows").and(contains("1 of 3 records")));
}

#[test]
fn odd_logs_give_a_figure_or_an_error_with_a_code() {
    let folder = Folder::new()
        .with("no_roles.csv", "a,b\n1,2\n3,4\n")
        .with("empty.csv", "")
        .with("header.csv", "case_id,activity,timestamp\n")
        .with("one.csv", "case_id,activity,timestamp\n1,A,2024-01-01T00:00:01Z\n")
        .with(
            "equal.csv",
            "case_id,activity,timestamp\n".to_owned() + &"1,A,2024-01-01T00:00:01Z\n".repeat(50),
        )
        .with("text.csv", "case_id,activity,timestamp\n1,A,soon\n1,B,later\n");
    // For each log rows, cases, and the errors and warnings that it has.
    for (name, rows, cases, expected) in [
        ("no_roles", 2, Value::Null, [("missing-roles", 3_u64, 3_u64)].as_slice()),
        ("header", 0, Value::Null, &[("missing-roles", 1, 3)]),
        ("one", 1, 1.into(), &[]),
        ("equal", 50, 1.into(), &[("duplicate-rows", 49, 50)]),
        ("text", 2, Value::Null, &[("missing-roles", 1, 3)]),
    ] {
        folder
            .run(&format!("inspect {name}.csv --html {name}.html --findings {name}.parquet"))
            .assert()
            .success();
        assert!(folder.text(&format!("{name}.html")).ends_with("</body></html>\n"), "{name}");
        let listed: u64 = expected.iter().filter(|it| it.0 != "missing-roles").map(|it| it.1).sum();
        assert_eq!(folder.values(&format!("{name}.parquet")).len() as u64, listed, "{name}");
        let result = inspected(&folder, &format!("{name}.csv"));
        assert_eq!((&result["rows"], &result["cases"]), (&rows.into(), &cases), "{name}");
        let found = found(&result);
        let grave: Vec<(&str, u64, u64)> = found
            .iter()
            .filter(|(id, _)| check(&result, id)["severity"] != "hint")
            .map(|(id, counts)| (id.as_str(), counts.0, counts.1))
            .collect();
        assert_eq!(grave, expected, "{name}");
        assert_eq!(result["score"] == 100.0, expected.is_empty() && rows > 0, "{name}: {}", result["score"]);
    }
    folder.run("inspect empty.csv").assert().code(1).stderr(contains("LF104"));
    assert!(check(&inspected(&folder, "no_roles.csv"), "exact-ties")["not_assessed"].is_string());
}

#[test]
fn many_activities_and_one_long_case_are_no_trouble() {
    let mut many = "case_id,activity,timestamp\n".to_owned();
    let mut long = many.clone();
    for it in 0..20_000 {
        let time = moment(it * 61);
        let _ = writeln!(many, "{},Task {it},{time}", it % 500);
        let _ = writeln!(long, "1,Task {},{time}", it % 5);
    }
    let folder = Folder::new().with("many.csv", many).with("long.csv", long);
    let result = inspected(&folder, "many.csv");
    assert_eq!(result["activities"], 20_000);
    assert!(check(&result, "inadvertent-time-travel")["not_assessed"].is_string());
    assert_eq!(inspected(&folder, "long.csv")["rows"], 20_000);
}

#[test]
fn convert_inspects_in_the_same_pass_and_writes_the_same_bytes() {
    let mut events = clean();
    events[1].activity = "Chek stock".to_owned();
    let folder = Folder::new().with("log.csv", csv(&events));
    folder.run("convert log.csv -o plain.parquet").assert().success();
    folder.run("convert log.csv -o log.parquet --inspect log.json").assert().success();
    assert_eq!(
        std::fs::read(folder.path("plain.parquet")).unwrap(),
        std::fs::read(folder.path("log.parquet")).unwrap()
    );
    let result: Value = serde_json::from_str(&folder.text("log.json")).unwrap();
    assert_eq!(found(&result)["distorted-label"], (1, 720));
    folder
        .run("convert log.csv -o other.parquet --inspect log.json")
        .assert()
        .failure()
        .stderr(contains("LF106"));
    folder.run("convert log.csv -o page.parquet --inspect page.html").assert().success();
    assert!(folder.text("page.html").starts_with("<!DOCTYPE html>"));
    folder.run("convert log.csv -o out/ --inspect new.json").assert().success();
    folder
        .run("convert log.csv -o log.xes --inspect xes.json")
        .assert()
        .success()
        .stderr(contains("LW501").not());
    let of_xes: Value = serde_json::from_str(&folder.text("xes.json")).unwrap();
    assert_eq!(found(&of_xes), found(&result));
    let printed =
        folder.run("convert log.csv -o p.parquet --inspect p.json --print-pipeline").output().unwrap();
    let folder = folder.with("p.toml", printed.stdout);
    folder.run("run p.toml").assert().success();
    assert!(folder.text("p.json") == folder.text("log.json") && folder.has("p.parquet"));
}

#[test]
fn forms_of_one_log_have_the_same_findings() {
    let folder = Folder::new();
    let plants = "--plant distorted-label --plant duplicates --plant form-based-capture --plant broken-dependency \
                  --plant outlier-durations";
    for name in ["csv", "jsonl", "xes"] {
        folder.run(&format!("generate --events 3k {plants} -o log.{name} --quiet")).assert().success();
    }
    folder.run("convert log.csv -o log.parquet --quiet").assert().success();
    // Everything that a check says, but for the name of the file.
    let told = |name: &str| -> Vec<(String, String)> {
        let result = inspected(&folder, &format!("log.{name} --as-of 2090-01-01"));
        let checks = result["checks"].as_array().unwrap().iter().map(|it| {
            let mut it = it.clone();
            for example in it["examples"].as_array_mut().unwrap() {
                example.as_object_mut().unwrap().shift_remove("byte");
            }
            // Columns that XES or Parquet have beside those of the table are counted by these.
            if ["missing-attributes", "scattered-event", "format-doubts"]
                .contains(&it["id"].as_str().unwrap())
            {
                it["applicable"] = 0.into();
                it["score"] = 0.into();
            }
            let id = it["id"].as_str().unwrap().to_owned();
            // The names of columns and of the file differ.
            let text =
                it.to_string().replace(&format!("log.{name}"), "log").replace("org:resource", "resource");
            (id, text.replace("concept:name", "activity").replace("case:", "case_"))
        });
        checks.collect()
    };
    let whole = told("csv");
    let with_findings = whole.iter().filter(|(_, text)| !text.contains("\"affected\":0,")).count();
    assert!(with_findings >= 5, "{with_findings}");
    for name in ["jsonl", "xes", "parquet"] {
        assert_eq!(told(name), whole, "{name}");
    }
}

#[test]
fn the_page_is_small_escaped_and_has_a_policy() {
    let mut events = clean();
    events[1].activity = "<script>alert(1)</script>".to_owned();
    let folder = Folder::new().with("log.csv", csv(&events));
    folder.run("inspect log.csv --html log.html").assert().success();
    let page = folder.text("log.html");
    assert!(page.len() < 1 << 20);
    assert!(!page.contains("<script>alert"));
    assert!(page.contains("&lt;script&gt;alert"));
    assert!(page.contains("Content-Security-Policy") && !page.contains("unsafe-inline"));
    assert!(!page.contains(" style=") && !page.contains(" onclick="));
    for part in ["Findings", "Roles and types", "Columns", "Granularity", "What follows what", "Variants"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_page_of_a_thousand_columns_stays_below_a_megabyte() {
    let names: Vec<String> = (0..1200).map(|it| format!("column_with_a_long_name_{it}")).collect();
    let mut text = format!("case_id,activity,timestamp,{}\n", names.join(","));
    for row in 0..20 {
        let values: Vec<String> = (0..1200).map(|it| format!("<&value {}>", it * row)).collect();
        let _ = writeln!(text, "{},A,2024-01-01T08:00:{row:02}Z,{}", row / 4, values.join(","));
    }
    let folder = Folder::new().with("log.csv", text);
    folder.run("inspect log.csv --html log.html").assert().success();
    let page = folder.text("log.html");
    assert!(page.len() < 1 << 20, "{}", page.len());
    // Elements, and as many texts at most: each piece of text stands between two tags.
    let tags: Vec<&str> = page.split('<').skip(1).collect();
    let elements = tags.iter().filter(|it| it.starts_with(|c: char| c.is_ascii_alphabetic())).count();
    let texts =
        tags.iter().filter(|it| it.split_once('>').is_some_and(|(_, text)| !text.trim().is_empty())).count();
    assert!(elements + texts < 20_000, "{elements} elements and {texts} texts");
    // What is not shown is counted, and what is shown is there in full.
    assert!(page.contains("column_with_a_long_name_0<") && page.contains("column_with_a_long_name_700<"));
    assert!(!page.contains("column_with_a_long_name_1199<"));
    assert!(page.contains("403 more columns"), "{}", &page[page.len() - 2000..]);
    assert!(!page.contains("<&value") && page.contains("&lt;&amp;value 0&gt;"));
}

#[test]
fn the_schema_is_printed_and_names_every_key() {
    let folder = Folder::with_log();
    let out = folder.run("inspect --print-schema").output().unwrap();
    let schema: Value = serde_json::from_slice(&out.stdout).unwrap();
    let result = inspected(&folder, "log.csv");
    holds(&result, &schema, "");
    // The schema refuses what is not so.
    for (pointer, wrong) in [
        ("/score", json!(101)),
        ("/rows", json!("3")),
        ("/inspect_version", json!(2)),
        ("/checks/0/severity", json!("fatal")),
        ("/checks/0/affected", json!(-1)),
        ("/columns/0/name", Value::Null),
    ] {
        let mut changed = result.clone();
        *changed.pointer_mut(pointer).unwrap() = wrong;
        assert!(std::panic::catch_unwind(|| holds(&changed, &schema, "")).is_err(), "{pointer}");
    }
    let mut changed = result.clone();
    changed["checks"][0]["surplus"] = 1.into();
    assert!(std::panic::catch_unwind(|| holds(&changed, &schema, "")).is_err());
    let mut changed = result;
    changed["checks"][0].as_object_mut().unwrap().remove("id");
    assert!(std::panic::catch_unwind(|| holds(&changed, &schema, "")).is_err());
}

/// Whether a value has the keys and types that a schema with objects, arrays, types and constants says. A word of the
/// schema that is not looked at here is a failure.
fn holds(value: &Value, schema: &Value, at: &str) {
    const KNOWN: &[&str] = &[
        "$schema",
        "title",
        "type",
        "const",
        "enum",
        "minimum",
        "maximum",
        "items",
        "properties",
        "required",
        "additionalProperties",
        "maxItems",
    ];
    for word in schema.as_object().unwrap().keys() {
        assert!(KNOWN.contains(&word.as_str()), "{at}: the schema says {word}");
    }
    if let (Some(list), Some(most)) = (value.as_array(), schema.get("maxItems").and_then(Value::as_u64)) {
        assert!(list.len() as u64 <= most, "{at}: {} items", list.len());
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    if let (Some(number), Some(least)) = (value.as_f64(), schema.get("minimum").and_then(Value::as_f64)) {
        assert!(number >= least, "{at}: {number} is below {least}");
    }
    if let (Some(number), Some(most)) = (value.as_f64(), schema.get("maximum").and_then(Value::as_f64)) {
        assert!(number <= most, "{at}: {number} is above {most}");
    }
    if let Some(types) = schema.get("type") {
        let types: Vec<&str> = match types {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(it) if it.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = types.contains(&found) || found == "integer" && types.contains(&"number");
        assert!(fits, "{at}: {found} is none of {types:?}");
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        assert!(words.contains(value), "{at}: {value}");
    }
    if let Some(items) = schema.get("items") {
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            holds(item, items, &format!("{at}/{number}"));
        }
    }
    let Some(object) = value.as_object() else { return };
    let properties = schema.get("properties").and_then(Value::as_object);
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        assert!(object.contains_key(required.as_str().unwrap()), "{at}: {required} is missing");
    }
    for (key, value) in object {
        match (properties.and_then(|it| it.get(key)), schema.get("additionalProperties")) {
            (Some(schema), _) => holds(value, schema, &format!("{at}/{key}")),
            (None, Some(Value::Bool(false))) => panic!("{at}: {key} is not in the schema"),
            (None, Some(schema)) => holds(value, schema, &format!("{at}/{key}")),
            (None, None) => {}
        }
    }
}

/// The hospital log of DaQAPO's documentation (bupaverse/daqapo, MIT), with its cells as openpyxl gives them. The answers
/// are those that the documentation prints.
const HOSPITAL: &str = include_str!("../data/hospital.csv");

#[test]
fn the_hospital_log_has_the_answers_that_daqapo_prints() {
    let folder = Folder::new().with("hospital.csv", HOSPITAL);
    let roles = "--case-id patient_visit_nr --activity activity --timestamp complete_ts --start-timestamp start_ts \
                 --resource originator --null-words #N/A";
    let result = inspected(&folder, &format!("hospital.csv {roles}"));
    assert_eq!((&result["rows"], &result["cases"]), (&53.into(), &22.into()));
    // Missing: originator 2, start 1, triage code 1.
    assert_eq!(
        check(&result, "missing-role-values")["details"],
        serde_json::json!(["originator: 2 of 53", "start_ts: 1 of 53"])
    );
    assert_eq!(check(&result, "missing-attributes")["details"], serde_json::json!(["triagecode: 1 of 53"]));
    // Time anomalies: 4 negative durations, 1 of zero.
    assert_eq!(check(&result, "negative-durations")["affected"], 4);
    assert_eq!(check(&result, "zero-durations")["affected"], 1);
    // Case ids: 5 of 27 are missing, 511 and 513 to 516.
    let gaps = check(&result, "case-id-gaps");
    assert_eq!((&gaps["affected"], &gaps["applicable"]), (&5.into(), &27.into()));
    assert_eq!(gaps["examples"], serde_json::json!([{"what": "511"}, {"what": "513 to 516"}]));
    // Labels: registration, Trage and Triaga are slips of others.
    assert_eq!(check(&result, "distorted-label")["affected"], 3);
    let activity = result["columns"].as_array().unwrap().iter().find(|it| it["name"] == "activity").unwrap();
    assert_eq!(activity["distinct"], 9);
}
