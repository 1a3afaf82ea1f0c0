//! Warnings: the value that made text of a column is named, the most important come first, and programs get them as fields.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::Folder;

/// The warnings of a run, from its report.
fn warnings(folder: &Folder, args: &str) -> Vec<Value> {
    let done = folder.run(&format!("{args} -o out.parquet --force --report json")).assert();
    let code = done.get_output().status.code();
    assert!(matches!(code, Some(0 | 4)), "{args}: {}", String::from_utf8_lossy(&done.get_output().stderr));
    let report: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    report["warnings"].as_array().unwrap().clone()
}

/// Those of one kind, as column, count, total, value, row and byte.
fn nearly(all: &[Value]) -> Vec<String> {
    let of = all.iter().filter(|it| it["code"] == "LW302" || it["code"] == "LW308");
    of.map(|it| {
        let example = &it["example"];
        let (count, total) = (&it["count"], &it["total"]);
        let value = example["value"].as_str().unwrap();
        let column = it["column"].as_str().unwrap();
        format!("{column} {count}/{total} {value:?} row {} byte {}", example["row"], example["byte"])
    })
    .collect()
}

/// The same as `nearly` gives it for a value as it stands in a row of `text`.
fn miss(text: &str, column: &str, (count, total): (u64, u64), (row, written): (usize, &str)) -> String {
    let line = text.lines().nth(row).unwrap();
    let start = text.lines().take(row).map(|line| line.len() + 1).sum::<usize>();
    let within = line.rfind(written).unwrap();
    // A quoted value begins behind its quote.
    let (value, quote) = match written.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        Some(value) => (value.replace("\"\"", "\""), 1),
        None => (written.to_owned(), 0),
    };
    format!("{column} {count}/{total} {value:?} row {row} byte {}", start + within + quote)
}

/// `rows` rows of a case, an activity, a time and an amount, of which some are put in place of the usual ones.
fn log(rows: usize, odd: &[(usize, &str)]) -> String {
    let mut text = "case,activity,time,amount\n".to_owned();
    for row in 1..=rows {
        match odd.iter().find(|(at, _)| *at == row) {
            Some((_, line)) => text.push_str(line),
            None => {
                let (hour, minute) = (row / 60 % 24, row % 60);
                text.push_str(&format!("{},a,2024-01-01 {hour:02}:{minute:02}:00,{row}.5", row / 9));
            }
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_value_that_made_text_of_a_column_is_named_with_its_place() {
    type Miss = (&'static str, (u64, u64), (usize, &'static str));
    let cases: &[(&str, String, &[Miss])] = &[
        ("the last row", log(3, &[(3, "1,a,soon,1.5")]), &[("time", (1, 3), (3, "soon"))]),
        ("the first row", log(3, &[(1, "1,a,soon,1.5")]), &[("time", (1, 3), (1, "soon"))]),
        ("quoted", log(3, &[(3, "1,a,\"so,on\",1.5")]), &[("time", (1, 3), (3, "\"so,on\""))]),
        ("escaped", log(3, &[(3, "1,a,\"so\"\"on\",1.5")]), &[("time", (1, 3), (3, "\"so\"\"on\""))]),
        (
            "two columns",
            log(9, &[(9, "1,a,unknown,n.a.")]),
            &[("time", (1, 9), (9, "unknown")), ("amount", (1, 9), (9, "n.a."))],
        ),
        (
            "the same word again",
            log(9, &[(4, "1,a,2024-01-02,tbd"), (6, "1,a,2024-01-02,tbd")]),
            &[("amount", (2, 9), (4, "tbd"))],
        ),
        (
            "different words for times",
            log(9, &[(4, "1,a,soon,1"), (6, "1,a,later,1")]),
            &[("time", (2, 9), (4, "soon"))],
        ),
        (
            "a code among 200 numbers",
            log(200, &[(7, "1,a,2024-01-02,12X")]),
            &[("amount", (1, 200), (7, "12X"))],
        ),
        (
            "behind what is sampled",
            log(20_000, &[(19_999, "1,a,unknown,1")]),
            &[("time", (1, 20_000), (19_999, "unknown"))],
        ),
        (
            "nulls are no misses",
            log(9, &[(3, "1,a,,NULL"), (4, "1,a,NA,"), (5, "1,a,soon,1")]),
            &[("time", (1, 7), (5, "soon"))],
        ),
        ("codes that are partly digits", log(9, &[(3, "1,a,2024-01-02,12X")]), &[]),
        (
            "a third of other words",
            log(9, &[(3, "1,a,2024-01-02,x"), (4, "1,a,2024-01-02,y"), (5, "1,a,2024-01-02,z")]),
            &[],
        ),
        ("nothing odd", log(9, &[]), &[]),
    ];
    for (name, text, told) in cases {
        let folder = Folder::new().with("log.csv", text);
        let told: Vec<String> =
            told.iter().map(|(column, counts, value)| miss(text, column, *counts, *value)).collect();
        assert_eq!(nearly(&warnings(&folder, "convert log.csv")), told, "{name}");
    }
}

#[test]
fn every_narrower_type_is_known_in_every_way_of_writing_it() {
    for (values, noun) in [
        (&["true", "false", "true", "unknown"][..], "true or false"),
        (&["1", "2", "3", "unknown"], "whole numbers"),
        (&["1.5", "2", "3", "unknown"], "numbers"),
        (&["1,5", "2,25", "3,5", "unknown"], "numbers"),
        (&["1.234,5", "2.000,25", "3,5", "unknown"], "numbers"),
        (&["1 234 567", "2 000", "7", "unknown"], "whole numbers"),
        (&["2024-01-01", "2024-01-31", "2024-02-01", "unknown"], "dates"),
        (&["31.12.2023", "01.01.2024", "02.01.2024", "unknown"], "dates"),
        (&["12/31/2023 10:00", "01/01/2024 10:00", "01/02/2024", "unknown"], "times"),
        (&["2024-01-01T10:00:00.123456789Z", "2024-01-02T10:00:00Z", "2024-01-03", "unknown"], "times"),
    ] {
        let folder = Folder::new().with("log.csv", format!("id;v\n{}\n", rows_of(values)));
        let found = warnings(&folder, "convert log.csv --delimiter ;");
        let told: Vec<&Value> = found.iter().filter(|it| it["code"] == "LW302").collect();
        assert_eq!(told.len(), 1, "{values:?}: {found:?}");
        let message = told[0]["message"].as_str().unwrap();
        let wanted = format!(
            "column \"v\" is text: 3 of 4 values are {noun}, the first that is not is \"unknown\" in row 4"
        );
        assert_eq!(message, wanted, "{values:?}");
    }
}

fn rows_of(values: &[&str]) -> String {
    let rows = values.iter().enumerate().map(|(row, value)| format!("r{row};{value}"));
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_warning_says_does_not_depend_on_threads_or_on_how_a_file_is_read() {
    let folder =
        Folder::new().with("log.csv", log(40_000, &[(17, "1,a,soon,1"), (39_000, "1,a,soon,missing")]));
    let first = warnings(&folder, "convert log.csv --threads 1");
    assert_eq!(nearly(&first).len(), 2);
    for flags in ["--threads 7", "--io read", "--row-group-size 64k --threads 3", "--memory-limit 64MiB"] {
        assert_eq!(warnings(&folder, &format!("convert log.csv {flags}")), first, "{flags}");
    }
    let schema = folder.run("schema log.csv --format json").output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert_eq!(schema["warnings"].as_array().unwrap(), &first);
}

#[test]
fn the_advice_of_a_warning_works() {
    let folder = Folder::new().with("log.csv", log(50, &[(50, "1,a,unknown,n.a.")]));
    let column = |args: &str, name: &str| {
        let done = folder
            .run(&format!("convert log.csv -o o.parquet --force --report json {args}"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        let columns = report["columns"].as_array().unwrap().clone();
        let found = columns.into_iter().find(|it| it["name"] == name).unwrap();
        (found["type"].as_str().unwrap().to_owned(), done.status.code().unwrap())
    };
    let time = "timestamp[us, UTC]".to_owned();
    assert_eq!(column("", "time"), ("string".to_owned(), 0));
    assert_eq!(column("--null-words unknown", "time"), (time.clone(), 0));
    assert_eq!(column("--timestamp time --on-bad-row reject", "time"), (time, 4));
    assert_eq!(column("--null-words n.a.", "amount"), ("float64".to_owned(), 0));
}

#[test]
fn a_value_of_another_input_is_named_with_its_input() {
    let odd = log(9, &[(2, "1,a,soon,1.5")]);
    let folder = Folder::new().with("a.csv", log(9, &[])).with("b.csv", &odd);
    let found = warnings(&folder, "convert a.csv b.csv");
    assert_eq!(nearly(&found), [miss(&odd, "time", (1, 18), (2, "soon"))]);
    let told = found.iter().find(|it| it["code"] == "LW302").unwrap();
    assert_eq!(told["input"], "b.csv");
}

#[test]
fn json_xes_and_ocel_name_the_value_as_well() {
    let xes = |odd: &str| {
        let event = |time: &str| format!("<event><date key=\"time:timestamp\" value=\"{time}\"/></event>");
        format!(
            "<log><trace>{}{}{}</trace></log>",
            event("2024-01-01T10:00:00Z"),
            event(odd),
            event("2024-01-02T10:00:00Z")
        )
    };
    let ocel = |odd: &str| {
        let event = |id: u32, value: &str| {
            format!(
                r#"{{"id":"{id}","type":"e","time":"2024-01-01T08:00:00Z","attributes":[{{"name":"due","value":"{value}"}}],"relationships":[]}}"#
            )
        };
        format!(
            r#"{{"objectTypes":[],"eventTypes":[{{"name":"e","attributes":[{{"name":"due","type":"time"}}]}}],"objects":[],"events":[{},{},{}]}}"#,
            event(1, "2024-01-01T10:00:00Z"),
            event(2, odd),
            event(3, "2024-01-02T10:00:00Z")
        )
    };
    let lines = |values: [&str; 4]| values.map(|it| format!("{{\"id\":1,\"v\":{it}}}\n")).concat();
    let folder = Folder::new()
        .with(
            "times.jsonl",
            lines(["\"2024-01-01T10:00:00Z\"", "\"2024-01-02\"", "\"soon\"", "\"2024-01-03\""]),
        )
        .with("numbers.jsonl", lines(["1", "2", "3", "\"n/a\""]))
        .with("strings.jsonl", lines(["\"1\"", "\"2\"", "\"3\"", "\"n/a\""]))
        .with("log.xes", xes("soon"))
        .with("log.jsonocel", ocel("soon"));
    for (args, told) in [
        ("times.jsonl", &["v 1/4 \"soon\" row 3"][..]),
        ("numbers.jsonl", &["v 1/4 \"\\\"n/a\\\"\" row 4"]),
        ("strings.jsonl", &[]),
        ("log.xes", &["time:timestamp 1/3 \"soon\" row 2"]),
    ] {
        let found = nearly(&warnings(&folder, &format!("convert {args}")));
        let found: Vec<&str> = found.iter().map(|it| it.split(" byte").next().unwrap()).collect();
        assert_eq!(found, told, "{args}");
    }
    let done = folder.run("convert log.jsonocel -o bundle --report json").output().unwrap();
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let found = nearly(report["warnings"].as_array().unwrap());
    assert_eq!(found.len(), 1, "{report}");
    assert!(found[0].starts_with("due 1/3 \"soon\" row "), "{found:?}");
}

#[test]
fn a_header_that_comes_again_has_a_sentence_of_its_own() {
    const HEADER: &str = "case,activity,time,amount";
    for (name, text, row, times, columns) in [
        ("below the header", log(9, &[(1, HEADER)]), 1, 1, "\"case\", \"time\", \"amount\""),
        ("in the middle", log(9, &[(5, HEADER)]), 5, 1, "\"case\", \"time\", \"amount\""),
        ("at the end", log(9, &[(9, HEADER)]), 9, 1, "\"case\", \"time\", \"amount\""),
        ("twice", log(9, &[(3, HEADER), (6, HEADER)]), 3, 2, "\"case\", \"time\", \"amount\""),
        ("behind the sample", log(20_000, &[(19_000, HEADER)]), 19_000, 1, "\"case\", \"time\", \"amount\""),
    ] {
        let folder = Folder::new().with("log.csv", text);
        let found = warnings(&folder, "convert log.csv");
        assert_eq!(nearly(&found), Vec::<String>::new(), "{name}");
        let told: Vec<&Value> = found.iter().filter(|it| it["code"] == "LW205").collect();
        assert_eq!(told.len(), 1, "{name}: {found:?}");
        assert_eq!((&told[0]["example"]["row"], &told[0]["count"]), (&row.into(), &times.into()), "{name}");
        assert!(told[0]["message"].as_str().unwrap().contains(columns), "{name}: {}", told[0]["message"]);
        let rejecting =
            "convert log.csv -o o.parquet --force --timestamp time --on-bad-row reject --report json";
        let report: Value = serde_json::from_slice(&folder.run(rejecting).output().unwrap().stdout).unwrap();
        assert_eq!(report["columns"][2]["type"], "timestamp[us, UTC]", "{name}");
        assert_eq!(report["bad_rows"], times, "{name}");
    }
    // A word that is the name of its column and one of many others is no header.
    let folder = Folder::new().with("log.csv", "step,v\nstep,1\nstop,2\nstep,3\n");
    assert!(warnings(&folder, "convert log.csv").iter().all(|it| it["code"] != "LW205"));
}

#[test]
fn strict_types_makes_an_error_of_doubts_about_types_and_of_nothing_else() {
    let folder = Folder::new()
        .with("odd.csv", log(50, &[(50, "1,a,unknown,1.5")]))
        .with("two.csv", log(50, &[(50, "1,a,unknown,n.a.")]))
        .with("orders.csv", "case,activity,time\n1,a,05/06/2024 10:00\n")
        .with("good.csv", log(50, &[]))
        .with("no-log.csv", "a,b\nx,1\ny,2\n");
    for (command, code) in [
        ("convert odd.csv -o o.parquet", 1),
        ("convert two.csv -o o.parquet", 1),
        ("convert odd.csv -o o.xes", 1),
        ("convert orders.csv -o o.parquet", 1),
        ("convert orders.csv -n", 1),
        ("schema odd.csv", 1),
        ("convert good.csv -o good.parquet", 0),
        ("convert no-log.csv -o no-log.parquet", 0),
    ] {
        let done = folder.run(&format!("{command} --strict-types")).assert().code(code);
        if code == 1 {
            done.stderr(contains("error[LF214]").and(contains("without --strict-types")));
        }
    }
    assert!(!folder.has("o.parquet") && !folder.has("o.xes"));
    let said =
        folder.run("convert odd.csv -o o.parquet --strict-types --report json").output().unwrap().stdout;
    let said: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!((&said["error"]["row"], &said["error"]["column"]), (&50.into(), &"time".into()));
}

#[test]
fn a_person_sees_a_handful_and_the_most_important_first() {
    let columns: Vec<String> = (1..=7).map(|it| format!("t{it}")).collect();
    let time = ["2024-01-01 10:00"; 7].join(",");
    let text = format!("case,{}\n1,{time}\n1,{time}\n1,{}\n", columns.join(","), ["soon"; 7].join(","));
    let folder = Folder::new().with("log.csv", text);
    let said = |args: &str| {
        let done = folder.run(&format!("convert log.csv -o o.parquet --force {args}")).output().unwrap();
        String::from_utf8(done.stderr).unwrap()
    };
    let few = said("--json-path /a --from csv");
    assert_eq!(few.matches("warning[").count(), 5, "{few}");
    assert_eq!(few.matches("warning[LW302]").count(), 5, "{few}");
    assert!(few.contains("4 warnings more; --verbose lists them"), "{few}");
    let all = said("--json-path /a --from csv --verbose");
    assert_eq!(all.matches("warning[").count(), 9, "{all}");
    assert!(all.find("LW302") < all.find("LW401") && all.find("LW401") < all.find("LW501"), "{all}");
    assert_eq!(warnings(&folder, "convert log.csv --json-path /a --from csv").len(), 9);
    assert_eq!(said("--quiet"), "");
}

#[test]
fn what_a_log_lacks_is_reported_in_one_line() {
    for (text, told) in [
        ("case_id,activity,timestamp\n1,a,2024-01-01\n", None),
        ("case_id,activity,v\n1,a,2\n", Some(("the timestamp", "--timestamp COLUMN"))),
        ("case_id,v,timestamp\n1,2,2024-01-01\n", Some(("the activity", "--activity COLUMN"))),
        ("v,activity,timestamp\n1,a,2024-01-01\n", Some(("the case", "--case-id COLUMN"))),
        (
            "case_id,v\n1,2\n",
            Some(("the activity and the timestamp", "--activity COLUMN, --timestamp COLUMN")),
        ),
        (
            "a,b\n1,2\n",
            Some((
                "the case, the activity and the timestamp",
                "--case-id COLUMN, --activity COLUMN, --timestamp COLUMN",
            )),
        ),
    ] {
        let folder = Folder::new().with("log.csv", text);
        let found = warnings(&folder, "convert log.csv");
        let found: Vec<&Value> = found.iter().filter(|it| it["code"] == "LW401").collect();
        match told {
            None => assert!(found.is_empty(), "{text}"),
            Some((what, help)) => {
                assert_eq!(found.len(), 1, "{text}");
                assert!(found[0]["message"].as_str().unwrap().ends_with(what), "{}", found[0]["message"]);
                let said = found[0]["help"].as_str().unwrap().replace('`', "");
                assert!(said.ends_with(help), "{said}");
            }
        }
    }
}

#[test]
fn a_log_without_times_is_reported() {
    let folder = Folder::new()
        .with("log.csv", "case_id,activity,timestamp\n1,a,soon\n1,b,later\n")
        .with("good.csv", "case_id,activity,timestamp\n1,a,2024-01-01\n");
    folder.run("convert log.csv -o log.xes").assert().success().stderr(contains("warning[LW402]"));
    folder
        .run("convert log.csv -o x.parquet --naming xes")
        .assert()
        .success()
        .stderr(contains("warning[LW402]").and(contains("time:timestamp")));
    folder.run("convert x.parquet -o x.xes").assert().success().stderr(contains("warning[LW402]"));
    folder.run("convert good.csv -o good.xes").assert().success().stderr(contains("LW402").not());
    folder
        .run("convert good.csv -o g.parquet --naming xes")
        .assert()
        .success()
        .stderr(contains("LW402").not());
}

#[test]
fn each_code_is_of_one_kind_of_finding_and_says_what_to_do() {
    const OCEL: &str = "{\"objectTypes\":[{\"name\":\"order\",\"attributes\":[]}],\"eventTypes\":[{\"name\":\"pay\",\"attributes\":[]}],\
        \"objects\":[{\"id\":\"o1\",\"type\":\"order\"}],\"events\":[{\"id\":\"e1\",\"type\":\"pay\",\"time\":\"2024-01-01T08:00:00Z\",\
        \"relationships\":[{\"objectId\":\"o1\",\"qualifier\":\"x\"}]}]}";
    const LOG: &str =
        "<log xes.version=\"1.0\"><trace><event><string key=\"a\" value=\"1\"/></event></trace></log>";
    let types = OCEL.replace(
        "{\"name\":\"pay\",\"attributes\":[]}",
        "{\"name\":\"pay\",\"attributes\":[]},{\"name\":\"never\",\"attributes\":[]}",
    );
    for (name, text, code) in [
        ("a.xes", LOG.replace(" xes.version=\"1.0\"", ""), "LW207"),
        ("a.xes", LOG.replace("<trace>", "<string key=\"b\"/><trace>"), "LW207"),
        ("a.xes", LOG.replace("</trace>", "</trace><global scope=\"event\"/>"), "LW212"),
        ("a.xes", LOG.replace("</trace>", "</trace><trace/>"), "LW213"),
        (
            "a.xes",
            LOG.replace(
                "<event>",
                "<string key=\"x\" value=\"1\"/><event><string key=\"case:x\" value=\"2\"/>",
            ),
            "LW203",
        ),
        ("a.json", types, "LW215"),
        ("a.json", OCEL.replace("08:00:00Z", "08:00:00"), "LW309"),
        ("a.json", OCEL.replace("\"type\":\"pay\"", "\"type\":\"other\""), "LW207"),
        ("a.json", OCEL.replace("{\"objectTypes\"", "{\"comment\":\"x\",\"objectTypes\""), "LW212"),
        ("a.json", OCEL.replace("\"objectId\":\"o1\"", "\"objectId\":\"o7\""), "LW208"),
    ] {
        let folder = Folder::new().with(name, &text);
        let out = folder.run(&format!("convert {name} -o out --report json")).output().unwrap().stdout;
        let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let warnings = report["warnings"].as_array().unwrap();
        let told = warnings.iter().find(|it| it["code"] == code);
        let told = told.unwrap_or_else(|| panic!("{code}: {text}: {warnings:?}"));
        assert!(code == "LW203" || code == "LW208" || told["help"].is_string(), "{told}");
    }
}

#[test]
fn what_a_database_or_an_output_has_no_place_for_has_codes_of_its_own() {
    const OCEL: &str = "{\"objectTypes\":[{\"name\":\"order\",\"attributes\":[]}],\"eventTypes\":[{\"name\":\"pay\",\"attributes\":[]}],\
        \"objects\":[{\"id\":\"o1\",\"type\":\"order\"}],\"events\":[{\"id\":\"e1\",\"type\":\"pay\",\"time\":\"2024-01-01T08:00:00.123456789Z\",\
        \"relationships\":[{\"objectId\":\"o1\",\"qualifier\":\"x\"}]}]}";
    let folder = Folder::new()
        .with("log.json", OCEL)
        .with("apart.csv", "case_id,activity,timestamp\n1,a,2024-01-01\n2,a,2024-01-01\n1,b,2024-01-02\n");
    folder.run("convert log.json -o log.sqlite").assert().success();
    let database = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    database.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('x')").unwrap();
    drop(database);
    for (args, code) in [
        ("log.sqlite -o out", "LW214"),
        ("log.json -o five --layout oceldb", "LW406"),
        ("apart.csv -o apart.xes", "LW405"),
    ] {
        let told = folder.run(&format!("convert {args}")).assert().success();
        told.stderr(contains(format!("warning[{code}]")).and(contains("help:")));
    }
    folder.run("convert log.json -o five --layout pm4py").assert().success().stderr(contains("LW406").not());
    folder.run("validate log.sqlite").assert().code(3).stdout(contains("table notes is no part of a log"));
}
