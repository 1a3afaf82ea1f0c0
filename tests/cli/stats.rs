//! `logflow stats`: figures of a process, and their forms.

use std::fmt::Write as _;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::Folder;

/// Three cases, not in the order of their times; one row without a case, one without an activity, one without a
/// time.
const MIXED: &str = "\
case,activity,time,who
1,a,2024-01-01 10:00:00,x
2,a,2024-01-01 10:00:00,y
1,b,2024-01-01 11:00:00,x
1,b,2024-01-01 10:30:00,
2,c,2024-01-02 10:00:00,y
3,a,2024-01-02 10:00:00,y
,a,2024-01-02 10:00:00,y
4,,2024-01-02 10:00:00,y
4,a,,y
";

/// The figures of a log as JSON.
fn figures(folder: &Folder, args: &str) -> Value {
    let output = folder.run(&format!("stats {args} --format json")).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{args}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What `logflow stats --format json` prints.
fn bytes(folder: &Folder, args: &str) -> String {
    let output =
        folder.run(&format!("stats {args} --format json")).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn figures_of_a_small_log_are_those_that_a_person_finds() {
    let folder = Folder::new().with("log.csv", MIXED);
    let found = figures(&folder, "log.csv --resource who");
    assert_eq!(found["events"], 6);
    assert_eq!(found["cases"], 3);
    let left_out = json!({ "rows": 3, "without_case": 1, "without_activity": 1, "without_timestamp": 1 });
    assert_eq!(found["rows_left_out"], left_out);
    assert_eq!(found["first_event"], "2024-01-01T10:00:00Z");
    assert_eq!(found["last_event"], "2024-01-02T10:00:00Z");
    assert_eq!(found["activities"], json!({ "a": 3, "b": 2, "c": 1 }));
    assert_eq!(found["start_activities"], json!({ "a": 3 }));
    assert_eq!(found["end_activities"], json!({ "a": 1, "b": 1, "c": 1 }));
    assert_eq!(found["rework"], json!({ "b": 1 }));
    // Case 1 is a at 10:00, b at 10:30, b at 11:00.
    let edges: Vec<(&str, &str, u64, f64)> = found["dfg"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap();
            (text("from"), text("to"), it["count"].as_u64().unwrap(), it["sum_s"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(edges, [("a", "b", 1, 1800.0), ("a", "c", 1, 86400.0), ("b", "b", 1, 1800.0)]);
    let variants: Vec<Value> =
        found["variants"].as_array().unwrap().iter().map(|it| it["activities"].clone()).collect();
    assert_eq!(variants, [json!(["a", "c"]), json!(["a", "b", "b"]), json!(["a"])]);
    assert_eq!(found["variants"][2]["cumulative_coverage"], 1.0);
    let durations = &found["case_duration_s"];
    assert_eq!((&durations["mean"], &durations["median"]), (&json!(30000.0), &json!(3600.0)));
    assert_eq!((&durations["min_case"], &durations["max_case"]), (&json!("3"), &json!("2")));
    assert_eq!(found["resources"], json!({ "x": 2, "y": 3 }));
    assert_eq!(found["case_arrival_average_s"], 43200.0);
}

#[test]
fn a_log_that_is_not_in_order_is_put_in_order_and_that_is_said() {
    let folder = Folder::new().with("log.csv", MIXED);
    folder
        .run("stats log.csv")
        .assert()
        .success()
        .stderr(contains("LW411").and(contains("1 event of 1 case")));
    let sorted = "case,activity,time\n1,a,2024-01-01\n1,b,2024-01-02\n";
    let folder = Folder::new().with("log.csv", sorted);
    folder.run("stats log.csv").assert().success().stderr("");
}

#[test]
fn starts_of_events_give_waiting_service_and_cycle_times() {
    // Case 1: a works from 8 to 10, b from 9 to 12, so that b follows a after minus an hour; c from 12 to 12.
    let log = "\
case,activity,start_time,end_time
1,a,2024-01-01 08:00,2024-01-01 10:00
1,b,2024-01-01 09:00,2024-01-01 12:00
1,c,2024-01-01 12:00,2024-01-01 12:00
2,a,2024-01-01 11:00,2024-01-01 13:00
";
    let folder = Folder::new().with("log.csv", log);
    let found = figures(&folder, "log.csv --start-timestamp start_time --timestamp end_time");
    assert_eq!(found["dfg"][0]["mean_s"], -3600.0);
    assert_eq!(found["dfg"][1]["mean_s"], 0.0);
    assert_eq!(found["service_time_s"]["a"]["mean"], 7200.0);
    assert_eq!(found["service_time_s"]["b"]["sum"], 10800.0);
    // From 8 to 13 at least one event is at work: five hours for two cases.
    assert_eq!(found["cycle_time_s"], 9000.0);
}

#[test]
fn without_a_column_for_each_role_the_flags_are_named() {
    let folder = Folder::new().with("log.csv", "x,y,z\n1,2,3\n");
    folder
        .run("stats log.csv")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("LF502").and(contains("--case-id COLUMN, --activity COLUMN, --timestamp COLUMN")));
    let folder = Folder::new().with("log.csv", "x,y,z\n1,2,2024-01-01\n1,3,2024-01-02\n");
    assert_eq!(figures(&folder, "log.csv --case-id x --activity y --timestamp z")["dfg"][0]["from"], "2");
}

#[test]
fn a_column_of_text_is_no_timestamp() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o log.parquet").assert().success();
    folder
        .run("stats log.parquet --timestamp cost")
        .assert()
        .failure()
        .stderr(contains("LF207").and(contains("cost")));
}

#[test]
fn small_and_empty_logs_have_figures_or_a_coded_error() {
    let folder = Folder::new()
        .with("nothing.csv", "")
        .with("header.csv", "case,activity,time\n")
        .with("one.csv", "case,activity,time\n1,a,2024-01-01\n")
        .with(
            "equal.csv",
            "case,activity,time\n1,a,2024-01-01\n1,b,2024-01-01\n1,a,2024-01-01\n2,b,2024-01-01\n",
        );
    for name in ["nothing.csv", "header.csv"] {
        let told = folder.run(&format!("stats {name} --format json")).output().unwrap();
        let (out, error) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
        assert!(error.starts_with("error[LF") || out.contains("\"events\": 0"), "{name}: {out}{error}");
    }
    let one = figures(&folder, "one.csv");
    assert_eq!((&one["events"], &one["cases"], &one["dfg"]), (&json!(1), &json!(1), &json!([])));
    assert_eq!(one["case_duration_s"]["median"], 0.0);
    assert_eq!(
        (&one["case_duration_s"]["stdev"], &one["case_arrival_average_s"]),
        (&Value::Null, &Value::Null)
    );
    let equal = figures(&folder, "equal.csv");
    assert_eq!(equal["variants"][0]["activities"], json!(["b"]));
    assert_eq!(equal["variants"][1]["activities"], json!(["a", "b", "a"]));
    assert_eq!(equal["ties"], json!({ "pairs": 2, "edges": 2 }));
}

#[test]
fn rows_that_are_all_left_out_are_no_events() {
    let folder = Folder::new().with("log.csv", "case,activity,time\n,a,2024-01-01\n,b,2024-01-01\n");
    let found = figures(&folder, "log.csv --case-id case");
    assert_eq!((&found["events"], &found["cases"], &found["activities"]), (&json!(0), &json!(0), &json!({})));
    assert_eq!(found["rows_left_out"]["rows"], 2);
    assert_eq!(found["case_duration_s"]["mean"], Value::Null);
}

#[test]
fn one_log_has_the_same_bytes_in_all_forms_with_any_threads_and_little_memory() {
    let folder = Folder::new();
    folder.run("generate --events 3000 --seed 3 -o log.csv").assert().success();
    folder.run("convert log.csv -o log.parquet").assert().success();
    folder.run("convert log.csv -o log.xes").assert().success();
    let text = folder.text("log.csv");
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = rows.next().unwrap();
    let place = |name: &str| names.iter().position(|it| *it == name).unwrap();
    let roles = ["case_id", "activity", "timestamp", "resource"].map(|name| (name, place(name)));
    let mut lines = String::new();
    let mut is_simple = true;
    for row in rows {
        is_simple &= row.len() == names.len();
        // Nothing between two commas is no value.
        let value = |at: usize| row.get(at).filter(|text| !text.is_empty());
        let row: serde_json::Map<String, Value> = roles
            .iter()
            .filter_map(|(name, at)| Some(((*name).to_owned(), Value::from(*value(*at)?))))
            .collect();
        let _ = writeln!(lines, "{}", Value::Object(row));
    }
    let folder = folder.with("log.jsonl", lines);
    let expected = bytes(&folder, "log.csv --threads 1");
    assert!(expected.contains("\"events\": 3000"));
    let mut forms =
        vec!["log.csv --threads 8", "log.parquet --threads 1", "log.parquet --threads 8", "log.xes"];
    // A field with a comma in it is not cut by this test.
    forms.extend(is_simple.then_some("log.jsonl"));
    forms.push("log.csv --threads 2 --memory-limit 42MiB --io read");
    for args in forms {
        assert_eq!(bytes(&folder, args), expected, "{args}");
    }
}

#[test]
fn a_hundred_thousand_activities_and_a_case_of_all_events_are_counted() {
    let mut log = "case,activity,time\n".to_owned();
    for event in 0..100_000u32 {
        // All in one case, from the last to the first, one a second.
        let (second, minute, hour, day) =
            (event % 60, event / 60 % 60, event / 3600 % 24, 28 - event / 86_400);
        let _ = writeln!(
            log,
            "1,a{event},2024-01-{day:02} {:02}:{:02}:{:02}",
            23 - hour,
            59 - minute,
            59 - second
        );
    }
    let folder = Folder::new().with("log.csv", log);
    let found = figures(&folder, "log.csv --memory-limit 64MiB");
    assert_eq!((&found["events"], &found["cases"]), (&json!(100_000), &json!(1)));
    assert_eq!(found["activities"].as_object().unwrap().len(), 100_000);
    assert_eq!(found["dfg"].as_array().unwrap().len(), 99_999);
    assert_eq!(found["start_activities"], json!({ "a99999": 1 }));
    assert_eq!(found["case_duration_s"]["max"], 99_999.0);
}

#[test]
fn conditions_choose_what_is_counted() {
    let folder = Folder::new().with("log.csv", MIXED);
    let mut command = folder.run("stats log.csv --format json --where");
    let output = command.arg("who = 'x'").assert().success().get_output().stdout.clone();
    let found: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!((&found["events"], &found["cases"]), (&json!(2), &json!(1)));
    folder.run("convert log.csv -o log.parquet").assert().success();
    let mut command = folder.run("stats log.parquet --format json --where");
    assert_eq!(command.arg("who = 'x'").assert().success().get_output().stdout, output);
}

#[test]
fn the_graph_is_written_for_other_programs() {
    let folder = Folder::new().with("log.csv", MIXED.replace(",c,", ",\"c \"\"<&>\"\"\","));
    folder.run("stats log.csv -o log.dfg").assert().success().stdout("");
    assert_eq!(folder.text("log.dfg"), "3\na\nb\nc \"<&>\"\n1\n0x3\n3\n0x1\n1x1\n2x1\n0>1x1\n0>2x1\n1>1x1\n");
    folder.run("stats log.csv -o log.dot").assert().success();
    let dot = folder.text("log.dot");
    assert!(dot.contains("n2 [label=\"c \\\"<&amp;>\\\"\\n1\"]"), "{dot}");
    assert!(dot.contains("n0 -> n1 [label=\"1\\n30 min\""), "{dot}");
    folder
        .run("stats log.csv --format mermaid")
        .assert()
        .success()
        .stdout(contains("n2[\"c #34;#60;#38;#62;#34;<br/>1\"]").and(contains("n0 -->|\"1<br/>1 d\"| n2")));
    folder.run("stats log.csv -o log.svg").assert().success();
    let svg = folder.text("log.svg");
    let mut reader = quick_xml::Reader::from_str(&svg);
    let mut texts = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(it) if it.name().as_ref() == "text" => texts += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    // Two for each of three activities, and one for each of three edges, a start and three ends.
    assert_eq!(texts, 13);
    assert!(svg.contains("c &quot;&lt;&amp;&gt;&quot;"), "{svg}");
    folder
        .run("stats log.csv --format dot --top 1")
        .assert()
        .success()
        .stdout(contains("not shown: 2 edges"));
}

#[test]
fn an_output_is_replaced_only_if_that_is_asked_for_and_its_name_says_its_form() {
    let folder = Folder::new().with("log.csv", MIXED).with("out.json", "old");
    folder.run("stats log.csv -o out.json").assert().failure().stderr(contains("LF106"));
    assert_eq!(folder.text("out.json"), "old");
    folder.run("stats log.csv -o out.json --force").assert().success();
    assert_eq!(folder.text("out.json"), bytes(&folder, "log.csv"));
    folder.run("stats log.csv -o out.data").assert().code(2).stderr(contains("--format"));
    folder.run("stats missing.csv -o new.json").assert().failure();
    folder.run("stats log.csv -o none/new.json").assert().failure().stderr(contains("LF107"));
    assert_eq!(folder.names(), ["log.csv", "out.json"]);
}

#[test]
fn tables_have_edges_variants_and_cases() {
    let folder = Folder::new().with("log.csv", MIXED);
    folder.run("stats log.csv --tables figures").assert().success();
    assert_eq!(
        folder.names(),
        ["figures/cases.parquet", "figures/edges.parquet", "figures/variants.parquet", "log.csv"]
    );
    let edges = folder.values("figures/edges.parquet");
    assert!(edges[0].starts_with("a|b|1|1800.0|1800.0|1800.0|1800.0|1800.0|null|"), "{edges:?}");
    assert_eq!(edges.len(), 3);
    assert_eq!(folder.rows("figures/variants.parquet"), 3);
    let cases = folder.values("figures/cases.parquet");
    let starts: Vec<&str> = cases.iter().map(|it| it.split_at(4).0).collect();
    assert_eq!(starts, ["1|3|", "2|2|", "3|1|"]);
    assert!(cases[0].ends_with("|3600.0|2"), "{cases:?}");
    folder.run("stats log.csv --tables figures").assert().failure().stderr(contains("LF106"));
    folder.run("stats log.csv --tables figures --force").assert().success();
}

#[test]
fn the_table_says_what_it_does_not_show() {
    let folder = Folder::new().with("log.csv", MIXED);
    folder.run("stats log.csv --top 1").assert().success().stdout(
        contains("rows left out")
            .and(contains("3: 1 without a case, 1 without an activity, 1 without a timestamp"))
            .and(contains("and 2 more; --top 0 shows all"))
            .and(contains("mean 8 h 20 min, median 1 h, min 0 s, max 1 d")),
    );
    folder.run("stats log.csv --top 0").assert().success().stdout(contains("more; --top").not());
}

#[test]
fn malformed_records_end_the_run_or_are_counted() {
    let folder = Folder::new().with("log.csv", format!("{MIXED}5,a,2024-01-01,x,y,z\n"));
    folder.run("stats log.csv").assert().failure().stderr(contains("LF201"));
    folder
        .run("stats log.csv --on-bad-row reject")
        .assert()
        .code(4)
        .stdout(contains("malformed").and(contains("1 record")));
    assert_eq!(folder.names(), ["log.csv"]);
}

#[test]
fn activities_of_rows_that_are_left_out_are_none() {
    // `lost` and `gone` occur only in rows without a case or a time.
    let log = "\
case,activity,start_time,end_time
1,a,2024-01-01 08:00,2024-01-01 10:00
,gone,2024-01-01 08:00,2024-01-01 10:00
1,lost,2024-01-01 08:00,
";
    let folder = Folder::new().with("log.csv", log);
    let roles = "--case-id case --start-timestamp start_time --timestamp end_time";
    let found = figures(&folder, &format!("log.csv {roles}"));
    assert_eq!(found["rows_left_out"]["rows"], 2);
    assert_eq!(found["service_time_s"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a"]);
    folder.run(&format!("stats log.csv {roles} -o log.dfg")).assert().success();
    assert_eq!(folder.text("log.dfg"), "1\na\n1\n0x1\n1\n0x1\n");
}

#[test]
fn a_graph_shows_frequent_activities_that_have_no_edges() {
    let mut log = "case,activity,time\nx,a,2024-01-01\nx,b,2024-01-02\n".to_owned();
    for case in 0..9 {
        let _ = writeln!(log, "{case},alone,2024-01-0{}", case % 9 + 1);
    }
    let folder = Folder::new().with("log.csv", log);
    for form in ["dot", "mermaid", "svg"] {
        let shown = folder.run(&format!("stats log.csv --top 1 --format {form}")).assert().success();
        shown.stdout(contains("alone").and(contains("not shown").not()));
    }
}

#[test]
fn a_column_of_structs_is_no_case_and_the_error_names_it() {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
    };
    use arrow::datatypes::{DataType, Field};

    let part: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let case = StructArray::from(vec![(Arc::new(Field::new("number", DataType::Int64, true)), part)]);
    let rows = RecordBatch::try_from_iter([
        ("case", Arc::new(case) as ArrayRef),
        ("activity", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("time", Arc::new(TimestampMicrosecondArray::from(vec![1, 2]))),
    ])
    .unwrap();
    let folder = Folder::new();
    let file = std::fs::File::create(folder.path("log.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, rows.schema(), None).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
    folder
        .run("stats log.parquet --case-id case --activity activity --timestamp time")
        .assert()
        .failure()
        .stderr(
            contains("LF207").and(contains("struct")).and(contains("\"case\"")).and(contains("--case-id")),
        );
}

#[test]
fn wide_characters_do_not_move_the_columns_of_the_table() {
    let folder =
        Folder::new().with("log.csv", "case,activity,time\n1,注文する,2024-01-01\n1,pack,2024-01-02\n");
    let output = folder.run("stats log.csv").assert().success().get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    let row = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    // Four signs take eight columns; the numbers behind them end in the same column.
    assert_eq!(row("注文する  ").chars().count() + 4, row("pack  ").chars().count(), "{text}");
}

#[test]
fn two_outputs_of_one_name_are_told_before_either_is_made() {
    let folder = Folder::new().with("log.csv", MIXED).with("same.json", "old");
    let told = folder.run("stats log.csv -o new.json --tables new.json").assert().code(2);
    told.stderr(contains("two targets write"));
    let told = folder.run("stats log.csv -o same.json --tables same.json").assert().code(1);
    told.stderr(contains("LF106"));
    assert_eq!(
        (folder.names(), folder.text("same.json")),
        (vec!["log.csv".to_owned(), "same.json".to_owned()], "old".to_owned())
    );
}

#[test]
fn an_output_never_takes_the_place_of_the_input_or_of_another_output() {
    let folder = Folder::with_log();
    let log = folder.text("log.csv");
    for args in [
        "stats log.csv -o log.csv --format json --force",
        "inspect log.csv --html log.csv --force",
        "inspect log.csv --findings log.csv --force",
        "convert log.csv -o out.parquet --inspect log.csv --force",
    ] {
        folder.run(args).assert().failure().stderr(contains("LF105"));
        assert_eq!(folder.text("log.csv"), log, "{args}");
    }
    // The same file by another name, and as standard input.
    std::fs::hard_link(folder.path("log.csv"), folder.path("link.json")).unwrap();
    folder.run("stats log.csv -o link.json --force").assert().failure().stderr(contains("LF105"));
    let stdin = std::fs::File::open(folder.path("log.csv")).unwrap();
    let run =
        folder.command("stats - --from csv -o log.csv --format json --force").stdin(stdin).output().unwrap();
    assert!(String::from_utf8_lossy(&run.stderr).contains("LF105"), "{run:?}");
    assert_eq!(folder.text("link.json"), log);
    std::fs::remove_file(folder.path("link.json")).unwrap();
    for args in [
        "inspect log.csv --html same --findings same",
        "convert log.csv -o same --inspect same",
        "stats log.csv -o same --format json --tables same",
    ] {
        folder.run(args).assert().code(2);
        assert_eq!(folder.names(), ["log.csv"], "{args}");
    }
}
