//! `--where`: which rows are written, what adds up, and what is said about conditions that can't be.

use parquet::file::reader::FileReader;
use serde_json::Value;

use crate::Folder;

/// A log with every type that CSV has, nulls in it, and a number that is text to a column of codes.
const LOG: &str = "\
case,activity,time,amount,items,express,cost,booked
1,Draft,2024-01-01T08:00:00Z,100.5,3,true,1,2024-01-01
1,Pay,2024-01-01T09:00:00Z,250,12,false,,2024-01-02
2,Draft,2024-01-02T08:00:00Z,-0.0,0,true,3,
2,\"Pay, again\",2024-02-01T00:00:00.000001Z,99.75,-7,,4,2024-02-01
3,it's late,2025-01-01T00:00:00Z,,5,false,5,2025-01-01
3,pay,2025-06-30T22:30:00Z,1e3,,true,6,2025-06-30
";

/// The rows that a condition chooses, by their cost; 2 stands for the row without.
fn chosen(condition: &str, flags: &str) -> Vec<String> {
    let folder = Folder::new().with("log.csv", LOG);
    let mut command = folder.run(&format!("convert log.csv -o out.parquet {flags}"));
    command.args(["--where", condition]).assert().success();
    let costs = folder.values("out.parquet").into_iter().map(|row| row.split('|').nth(6).unwrap().to_owned());
    costs.map(|cost| if cost == "null" { "2".to_owned() } else { cost }).collect()
}

#[test]
fn rows_are_kept_for_which_the_condition_is_true_and_not_null() {
    for (condition, kept) in [
        ("activity = 'Pay'", "2"),
        ("activity != 'Draft'", "2 4 5 6"),
        ("activity in ('Pay', 'pay')", "2 6"),
        ("activity not in ('Draft')", "2 4 5 6"),
        ("activity = 'it''s late'", "5"),
        ("activity = 'Pay, again'", "4"),
        ("activity like 'Pay%'", "2 4"),
        ("activity like '_ay'", "2 6"),
        ("activity not like '%a%'", ""),
        ("activity > 'Pay'", "4 5 6"),
        ("amount > 100", "1 2 6"),
        ("amount >= 100.5", "1 2 6"),
        ("amount = 0", "3"),
        ("amount < 0", ""),
        ("amount in (250, 1000)", "2 6"),
        ("100 < amount", "1 2 6"),
        ("not amount > 100", "3 4"),
        ("amount is null", "5"),
        ("amount is not null", "1 2 3 4 6"),
        ("items > 2.5", "1 2 5"),
        ("items = 2.5", ""),
        ("items != 2.5", "1 2 3 4 5"),
        ("items between -7 and 3", "1 3 4"),
        ("items not between -7 and 3", "2 5"),
        ("items < -6.5", "4"),
        ("items < 1e99", "1 2 3 4 5"),
        ("items in (3, 5, 2.5)", "1 5"),
        ("express", "1 3 6"),
        ("not express", "2 5"),
        ("express = false", "2 5"),
        ("express is null", "4"),
        ("express or items = -7", "1 3 4 6"),
        ("express and items = -7", ""),
        ("time >= '2024-02-01'", "4 5 6"),
        ("time > '2024-02-01'", "4 5 6"),
        ("time > '2024-02-01T00:00:00.000001Z'", "5 6"),
        ("time > '2024-02-01T00:00:00.0000009Z'", "4 5 6"),
        ("time < '2024-01-01 09:00:00'", "1"),
        ("time = '2024-01-01T10:00:00+01:00'", "2"),
        ("time between '2024-01-01' and '2024-12-31'", "1 2 3 4"),
        ("booked = '2024-01-02'", "2"),
        ("booked < '2024-02-01'", "1 2"),
        ("amount > cost", "1 4 6"),
        ("items >= cost", "1 5"),
        ("activity = activity", "1 2 3 4 5 6"),
        ("(amount > 100 or items = 5) and not activity = 'pay'", "1 2 5"),
    ] {
        assert_eq!(chosen(condition, "").join(" "), kept, "{condition}");
    }
}

#[test]
fn a_time_without_a_zone_is_in_the_time_zone_of_the_run() {
    let condition = "time >= '2025-07-01'";
    assert_eq!(chosen(condition, "").join(" "), "");
    assert_eq!(chosen(condition, "--timezone Europe/Berlin").join(" "), "6");
}

#[test]
fn several_conditions_must_all_be_true() {
    let folder = Folder::new().with("log.csv", LOG);
    let mut command = folder.run("convert log.csv -o out.parquet --select cost");
    command.args(["--where", "express or items = 5", "--where", "amount is not null"]);
    command.assert().success();
    assert_eq!(folder.values("out.parquet"), ["1", "3", "6"]);
}

#[test]
fn columns_of_the_condition_need_not_be_written_and_names_can_stand_between_quotes() {
    let text = "a b,c\n1,x\n2,y\n3,x\n";
    let folder = Folder::new().with("t.csv", text);
    let mut command = folder.run("convert t.csv -o out.parquet --select c");
    command.args(["--where", "\"a b\" >= 2"]).assert().success();
    assert_eq!(folder.values("out.parquet"), ["y", "x"]);
    let mut command = folder.run("convert t.csv -o no.parquet --exclude c --force");
    command.args(["--where", "c = 'x'"]).assert().success();
    assert_eq!(folder.values("no.parquet"), ["1", "3"]);
    assert_eq!(folder.columns("no.parquet"), ["a b INT64"]);
}

#[test]
fn records_are_rows_and_rejected_and_filtered_in_every_report() {
    let log = LOG.to_owned() + "4,too,many,fields,in,this,row,a,b,c\n";
    let folder = Folder::new().with("log.csv", log);
    let mut command = folder.run("convert log.csv -o out.parquet --on-bad-row reject");
    let output = command.args(["--where", "amount > 100"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("records 7 = rows 3 + rejected 1 + filtered 3"), "{told}");
    let mut command = folder.run("convert log.csv -o out.parquet --on-bad-row reject --force --report json");
    let output = command.args(["--where", "amount > 100"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = ["records", "rows", "bad_rows", "filtered_rows"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(counts, [7, 3, 1, 3]);
    assert_eq!(report["steps"][0]["name"], "where");
    assert_eq!(report["steps"][0]["removed_rows"], 3);
    let nulls = |column: &str| {
        let columns = report["columns"].as_array().unwrap();
        columns.iter().find(|it| it["name"] == column).unwrap()["nulls"].as_u64().unwrap()
    };
    // Those of rows that are written: the amounts of all of them are there, one number of items is not.
    assert_eq!((nulls("amount"), nulls("items"), nulls("cost")), (0, 1, 1));
}

#[test]
fn the_types_of_the_whole_file_decide_what_a_value_is_compared_with() {
    // The sample has whole numbers alone, and a text stands far behind it.
    let mut text = String::from("n,code\n");
    for row in 0..120_000 {
        text += &format!("{row},{row}\n");
    }
    text += "120000,last\n";
    let folder = Folder::new().with("t.csv", text);
    let mut command = folder.run("convert t.csv -o out.parquet");
    command.args(["--where", "code in ('7', 'last')"]).assert().success();
    assert_eq!(folder.values("out.parquet"), ["7|7", "120000|last"]);
    let mut command = folder.run("convert t.csv -o no.parquet");
    let told = command.args(["--where", "code > 5"]).assert().failure().code(2);
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("column \"code\" holds text and is compared with 5"), "{told}");
    assert!(!folder.has("no.parquet"));
}

#[test]
fn the_same_bytes_are_written_whatever_the_threads_and_however_the_file_is_read() {
    let mut text = String::from("n,word,part\n");
    for row in 0..400_000 {
        text += &format!("{row},w{},{}\n", row % 1000, row % 7);
    }
    let folder = Folder::new().with("t.csv", text);
    let mut written = Vec::new();
    for flags in ["-j 1", "-j 2", "-j 5", "-j 2 --io read", "-j 1 --io read"] {
        let mut command = folder.run(&format!("convert t.csv -o out.parquet --force {flags}"));
        command.args(["--where", "part = 3 and word != 'w5'"]).assert().success();
        written.push(std::fs::read(folder.path("out.parquet")).unwrap());
    }
    assert!(written.iter().all(|bytes| *bytes == written[0]));
    let expected = (0..400_000).filter(|row| row % 7 == 3 && row % 1000 != 5).count();
    assert_eq!(folder.rows("out.parquet") as usize, expected);
    // What is left of several shards is one row group.
    assert_eq!(crate::reader(&folder.path("out.parquet")).metadata().num_row_groups(), 1);
}

#[test]
fn roles_and_names_are_those_of_the_rows_that_are_left() {
    let folder = Folder::new().with("log.csv", LOG);
    let mut command = folder.run("convert log.csv -o out.parquet --naming xes --report json");
    let output = command.args(["--where", "activity = 'Draft'"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        report["columns"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(&names[..3], ["case:concept:name", "concept:name", "time:timestamp"]);
    assert_eq!(folder.rows("out.parquet"), 2);
}

const XES: &str = r#"<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="a"/>
<event><string key="concept:name" value="Draft"/><date key="time:timestamp" value="2024-01-01T00:00:00Z"/></event>
<event><string key="concept:name" value="Pay"/><date key="time:timestamp" value="2024-01-02T00:00:00Z"/></event>
</trace>
<trace><string key="concept:name" value="empty"/></trace>
<trace><string key="concept:name" value="b"/>
<event><string key="concept:name" value="Draft"/><date key="time:timestamp" value="2024-01-03T00:00:00Z"/></event>
</trace>
</log>
"#;

#[test]
fn a_log_of_xes_loses_the_cases_of_which_no_event_is_left() {
    let folder = Folder::new().with("log.xes", XES);
    let mut command = folder.run("convert log.xes -o out.parquet --tables");
    let told = command.args(["--where", "concept:name = 'Pay'"]).assert().success();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("LW408"), "{told}");
    assert_eq!(folder.rows("out.parquet"), 1);
    let cases = folder.values("out.cases.parquet");
    assert_eq!(cases.len(), 1);
    assert!(cases[0].starts_with("a|1|2024-01-02"), "{cases:?}");
    let mut command = folder.run("convert log.xes -o out.xes");
    command.args(["--where", "concept:name = 'Draft'"]).assert().success();
    let text = folder.text("out.xes");
    let traces: Vec<&str> = text.matches("<trace>").collect();
    assert_eq!(traces.len(), 2);
    assert_eq!(text.matches("<event>").count(), 2);
    assert!(!text.contains("Pay") && !text.contains("empty"), "{text}");
}

#[test]
fn keys_of_xes_that_are_found_after_the_sample_can_be_asked_for() {
    let mut log = String::from("<log xes.version=\"1849.2016\">\n<trace>\n");
    for _ in 0..6000 {
        log += "<event><string key=\"concept:name\" value=\"Draft of something that is rather long\"/></event>\n";
    }
    log += "<event><string key=\"concept:name\" value=\"Pay\"/><int key=\"late\" value=\"7\"/></event>\n</trace>\n</log>\n";
    let folder = Folder::new().with("log.xes", log);
    let mut command = folder.run("convert log.xes -o out.parquet --select concept:name");
    command.args(["--where", "late = 7"]).assert().success();
    assert_eq!(folder.values("out.parquet"), ["Pay"]);
}

#[test]
fn json_lines_are_chosen_as_well() {
    let lines = "{\"a\":1,\"b\":\"x\",\"c\":{\"d\":1}}\n{\"a\":2,\"b\":\"y\"}\n{\"a\":null,\"b\":\"x\",\"c\":{\"d\":2}}\n";
    let folder = Folder::new().with("t.jsonl", lines);
    for (condition, rows) in [("a >= 1 and b = 'x'", 1), ("c is null", 1), ("b = 'x'", 2), ("a is null", 1)] {
        let mut command = folder.run("convert t.jsonl -o out.parquet --force");
        command.args(["--where", condition]).assert().success();
        assert_eq!(folder.rows("out.parquet"), rows, "{condition}");
    }
    let mut command = folder.run("convert t.jsonl -o no.parquet");
    let told = command.args(["--where", "c = 1"]).assert().failure();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("which conditions don't read"), "{told}");
}

#[test]
fn a_condition_that_cannot_be_evaluated_is_reported_and_nothing_is_written() {
    let folder = Folder::new().with("log.csv", LOG);
    for (condition, sentence) in [
        ("amount > '5'", "holds numbers and is compared with '5'"),
        ("activity > 5", "write '5' to compare it with this text"),
        ("express > true", "use = or !="),
        ("express = 1", "write true or false without quotes"),
        ("items = 'a'", "write a number without quotes"),
        ("nosuch = 1", "no column is called \"nosuch\""),
        ("time > 'soon'", "write it as '2024-01-31'"),
        ("booked = '2024-01-31 10:00'", "write a date as '2024-01-31'"),
        ("activity", "stands alone"),
        ("amount like 'x'", "like is for text"),
        ("amount = activity", "they can't be compared"),
        ("5 = 5", "expected a column, found the value 5"),
        ("amount >", "expected a column or a value, the condition ends"),
    ] {
        let mut command = folder.run("convert log.csv -o no.parquet");
        let told = command.args(["--where", condition]).assert().failure().code(2);
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(told.contains(sentence), "{condition}: {told}");
        assert!(!folder.has("no.parquet"));
    }
}

#[test]
fn an_object_centric_log_has_no_rows_to_choose() {
    let folder = Folder::new();
    folder.run("generate --format ocel-json --events 30 --objects 30 -o o.jsonocel").assert().success();
    let told = folder.run("convert o.jsonocel -o bundle").args(["--where", "amount > 1"]).assert().failure();
    let told = String::from_utf8_lossy(&told.code(2).get_output().stderr).into_owned();
    assert!(told.contains("--where applies to event logs, not to object-centric logs"), "{told}");
}
