//! XES in and out.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::Folder;

const XES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
	<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<global scope="trace"><string key="concept:name" value="none"/><int key="priority" value="5"/></global>
	<global scope="event"><string key="concept:name" value="?"/><string key="org:resource" value="nobody"/></global>
	<classifier name="Activity" scope="event" keys="concept:name"/>
	<trace>
		<string key="concept:name" value="1"/><int key="priority" value="1"/>
		<event><string key="concept:name" value="Register"/><date key="time:timestamp" value="2024-01-01T08:00:00+01:00"/><string key="org:resource" value="Ann"/></event>
		<event><string key="concept:name" value="Check"/><date key="time:timestamp" value="2024-01-01T09:00:00Z"/></event>
	</trace>
	<trace><string key="concept:name" value="empty"/></trace>
	<trace>
		<string key="concept:name" value="2"/>
		<event><string key="concept:name" value="Register"/><date key="time:timestamp" value="2024-01-02T08:00:00Z"/></event>
	</trace>
</log>
"#;

#[test]
fn a_log_becomes_a_table_with_the_names_that_pm4py_knows() {
    let folder = Folder::new().with("log.xes", XES);
    folder
        .run("convert log.xes -o log.parquet")
        .assert()
        .success()
        .stderr(contains("1 trace without events"));
    assert_eq!(
        folder.columns("log.parquet"),
        [
            "case:concept:name BYTE_ARRAY",
            "case:priority INT64",
            "concept:name BYTE_ARRAY",
            "time:timestamp INT64",
            "org:resource BYTE_ARRAY"
        ]
    );
    assert_eq!(folder.rows("log.parquet"), 3);
}

#[test]
fn what_is_lacking_is_filled_in_where_that_is_asked_for() {
    let folder = Folder::new().with("log.xes", XES);
    for (flag, nulls) in [("", [1, 2]), (" --fill-defaults", [0, 0])] {
        let run = folder
            .run(&format!("convert log.xes -o log.parquet --force --report json{flag}"))
            .assert()
            .success();
        let report: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        let found = [1, 4].map(|column: usize| report["columns"][column]["nulls"].as_u64().unwrap());
        assert_eq!(found, nulls, "nulls with{flag}");
    }
}

#[test]
fn a_default_gives_way_to_what_a_trace_says_after_its_events_and_may_make_two_traces_alike() {
    let log = |traces: &str| {
        format!(
            "<log><global scope=\"trace\"><string key=\"concept:name\" value=\"none\"/></global>\
             <global scope=\"event\"><string key=\"a\" value=\"?\"/></global>{traces}</log>"
        )
    };
    let name = |name: &str| format!("<string key=\"concept:name\" value=\"{name}\"/>");
    let late = log(&format!("<trace><event/>{}<event/></trace>", name("late")));
    let x = "<string key=\"x\" value=\"1\"/>";
    let alike = log(&format!("<trace>{x}<event/></trace><trace>{x}{}<event/></trace>", name("none")));
    let folder = Folder::new().with("late.xes", late).with("alike.xes", alike);
    folder.run("convert late.xes -o late.parquet --fill-defaults").assert().success();
    assert_eq!(folder.columns("late.parquet"), ["case:concept:name BYTE_ARRAY", "a BYTE_ARRAY"]);
    folder.run("convert late.parquet -o back.xes").assert().success();
    assert!(folder.text("back.xes").contains("<trace>\n\t\t<string key=\"concept:name\" value=\"late\"/>"));
    folder.run("convert alike.xes -o alike.parquet --fill-defaults").assert().success();
    folder.run("convert alike.parquet -o alike.back.xes").assert().success().stderr(contains("2 traces"));
}

#[test]
fn cases_are_a_table_of_their_own_with_those_that_have_no_events() {
    let folder = Folder::new().with("log.xes", XES).with("log.csv", super::LOG);
    folder.run("convert log.xes -o log.parquet --tables").assert().success();
    assert_eq!(folder.rows("log.cases.parquet"), 3);
    assert_eq!(
        folder.columns("log.cases.parquet"),
        [
            "case:concept:name BYTE_ARRAY",
            "case:priority INT64",
            "@events INT64",
            "@start INT64",
            "@end INT64"
        ]
    );
    folder.run("convert log.xes -o log.parquet --tables").assert().code(1).stderr(contains("--force"));
    folder.run("convert log.csv -o csv.parquet --tables").assert().code(2).stderr(contains("--tables"));
    assert!(!folder.has("csv.parquet") && !folder.has("csv.cases.parquet"));
}

#[test]
fn strict_names_the_clause_and_the_place() {
    let wrong = XES.replace(
        "<trace><string key=\"concept:name\" value=\"empty\"/>",
        "<trace><date key=\"d\" value=\"2024-13-01\"/>",
    );
    let folder = Folder::new().with("log.xes", XES).with("wrong.xes", wrong);
    folder.run("convert log.xes -o a.parquet --strict").assert().code(1).stderr(contains("IEEE 1849"));
    folder
        .run("convert wrong.xes -o b.parquet --strict")
        .assert()
        .code(1)
        .stderr(contains("LF213").and(contains("line ")).and(contains("2024-13-01")));
    assert!(!folder.has("b.parquet"));
    folder.run("convert wrong.xes -o b.parquet").assert().success();
}

#[test]
fn malformed_xml_is_reported_with_line_and_character_and_its_trace_can_be_rejected() {
    let broken = XES.replace("value=\"Check\"", "value=\"Che&ck;\"");
    let folder = Folder::new().with("log.xes", broken);
    folder
        .run("convert log.xes -o log.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF212").and(contains("line 11:47")).and(contains("--on-bad-row reject")));
    assert_eq!(folder.names(), ["log.xes"]);
    folder.run("convert log.xes -o log.parquet --on-bad-row reject").assert().code(4);
    assert_eq!(folder.rows("log.parquet"), 1);
    let rejects = folder.text("log.parquet.rejects.jsonl");
    let reject: Value = serde_json::from_str(rejects.trim()).unwrap();
    assert_eq!(reject["code"], "LF212");
    assert!(
        reject["text"].as_str().unwrap().starts_with("<trace>")
            && reject["text"].as_str().unwrap().contains("Che&ck;")
    );
}

#[test]
fn there_and_back_again_is_the_same_table() {
    let folder = Folder::new().with("log.xes", XES);
    folder.run("convert log.xes -o log.parquet").assert().success();
    folder.run("convert log.parquet -o back.xes").assert().success().stderr(contains("3 events in 3 traces"));
    folder.run("convert log.parquet -o back.xes").assert().code(1).stderr(contains("--force"));
    folder.run("convert log.parquet -o back.xes.gz -q").assert().success().stderr("");
    let back = folder.text("back.xes");
    assert!(back.contains("<classifier name=\"Activity\" scope=\"event\" keys=\"concept:name\"/>"));
    assert!(back.contains("value=\"2024-01-01T07:00:00.000+00:00\""));
    let table = |name: &str| {
        let output = format!("{}.parquet", name.replace('.', "-"));
        let run = folder.run(&format!("convert {name} -o {output} --report json")).assert().success();
        let report: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        (report["columns"].clone(), report["inputs"][0]["xes"].clone(), report["rows"].clone())
    };
    let first = table("log.xes");
    let mut second = table("back.xes");
    assert_eq!(first.0, second.0);
    second.1["empty_traces"] = first.1["empty_traces"].clone();
    assert_eq!((first.1, first.2), (second.1, second.2));
    assert_eq!(table("back.xes.gz").0, second.0);
}

#[test]
fn a_table_of_events_becomes_a_log() {
    let folder = Folder::with_log()
        .with("odd.csv", "case_id,activity\n1,a\u{1}b\n")
        .with("name.csv", "case_id,activity,n\u{1}\n1,a,b\n");
    folder.run("convert log.csv -o log.xes").assert().success().stderr(contains("3 events in 2 traces"));
    let log = folder.text("log.xes");
    assert!(log.contains("<string key=\"concept:name\" value=\"Check, twice\"/>"));
    assert!(log.contains("<float key=\"cost\" value=\"1.5\"/>"));
    folder.run("convert log.xes -o log.parquet --strict").assert().success();
    folder
        .run("convert odd.csv -o odd.xes")
        .assert()
        .code(1)
        .stderr(contains("U+0001").and(contains("activity")));
    folder
        .run("convert name.csv -o odd.xes")
        .assert()
        .code(1)
        .stderr(contains("U+0001").and(contains("column")));
    assert!(!folder.has("odd.xes"));
}

#[test]
fn cases_whose_rows_are_apart_become_traces_in_the_order_of_their_first_events_and_rows_without_one_stand_behind()
 {
    let apart = "case,activity,n\nb,1,1\na,2,2\n,3,3\nb,4,4\nc,5,5\na,6,6\n,7,7\n";
    let folder = Folder::new().with("apart.csv", apart);
    let run = folder.run("convert apart.csv -o apart.xes").assert().success();
    run.stderr(contains("7 events in 3 traces").and(contains("order of their first events")));
    folder.run("convert apart.xes -o back.parquet --strict").assert().success();
    let order: Vec<String> = folder
        .text("apart.xes")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("<int key=\"n\" value=\""))
        .map(|rest| rest.trim_end_matches("\"/>").to_owned())
        .collect();
    assert_eq!(order, ["1", "4", "2", "6", "5", "3", "7"]);
}

#[test]
fn a_log_without_a_case_column_is_reported_for_the_given_file() {
    let folder = Folder::new().with("plain.csv", "x,y\n1,2\n");
    let run = folder.run("convert plain.csv -o plain.xes").assert().code(2);
    run.stderr(contains("LF502").and(contains("plain.csv")).and(contains("--case-id")));
}

/// A log whose last traces stand behind all that is looked at before reading.
fn long(head: &str, last: &str) -> String {
    let trace = |number: usize| {
        format!(
            "<trace><string key=\"concept:name\" value=\"{number}\"/><event><string key=\"a\" value=\"{}\"/></event></trace>\n",
            "x".repeat(99)
        )
    };
    format!("<log>{head}{}{last}</log>", (0..30_000).map(trace).collect::<String>())
}

#[test]
fn the_column_that_numbers_traces_holds_integers_however_late_it_is_needed() {
    let last = "<trace><string key=\"concept:name\" value=\"same\"/><event/></trace>".repeat(2);
    let folder = Folder::new().with("log.xes", long("", &last));
    for io in ["mmap", "read"] {
        folder.run(&format!("convert log.xes -o log.parquet --force --io {io}")).assert().success();
        assert_eq!(folder.columns("log.parquet")[2], "@trace INT64", "{io}");
    }
}

#[test]
fn a_default_of_another_type_than_the_first_value_far_into_the_log_makes_a_column_of_both() {
    let head = "<global scope=\"event\"><string key=\"k\" value=\"n/a\"/></global>";
    let last = "<trace><event><int key=\"k\" value=\"5\"/></event><event/></trace>";
    let folder = Folder::new().with("log.xes", long(head, last));
    folder.run("convert log.xes -o log.parquet --fill-defaults").assert().success();
    let columns = folder.columns("log.parquet");
    assert!(columns.contains(&"k BYTE_ARRAY".to_owned()), "{columns:?}");
}

#[test]
fn xml_that_is_not_a_log_is_refused_and_becomes_no_table_of_one_column() {
    for text in ["<root>\n<row a=\"1\"/>\n</root>\n", "<!-- a -->\n<root/>\n", "<?pi?>\n<a>b</a>\n"] {
        let folder = Folder::new().with("in.xml", text);
        for command in
            ["convert in.xml -o out.parquet", "schema in.xml", "convert in.xml -o out.parquet --io read"]
        {
            let run = folder.run(command).assert().failure();
            run.stderr(
                contains("LF108")
                    .and(contains("looks like XML"))
                    .and(contains("--from csv"))
                    .and(contains("--from xes or --from ocel-xml")),
            );
        }
        folder.run("convert in.xml -o out.parquet --from csv").assert().success();
    }
    // Names of columns in brackets are names.
    let folder = Folder::new().with("in.csv", "<DATE>,<TIME>\n1,2\n").with("one.csv", "<DATE>\n1\n2\n");
    folder.run("convert in.csv -o in.parquet").assert().success();
    folder.run("convert one.csv -o one.parquet").assert().success();
    assert_eq!((folder.columns("in.parquet").len(), folder.rows("one.parquet")), (2, 2));
}

#[test]
fn a_head_longer_than_what_is_looked_at_is_read_from_wherever_it_comes() {
    let log = |front: &str, head: &str, name: &str| {
        format!(
            r#"{front}<log>{head}<trace><string key="concept:name" value="t"/><event><string key="concept:name" value="{name}"/></event></trace></log>"#
        )
    };
    let long = "x".repeat(400_000);
    let folder = Folder::new()
        .with("comment.xes", log(&format!("<!-- {long} -->"), "", "a"))
        .with("head.xes", log("", &r#"<string key="k" value="v"/>"#.repeat(20_000), "a"))
        .with("event.xes", log("", "", &long));
    for name in ["comment", "head", "event"] {
        for io in ["mmap", "read"] {
            let run = folder.run(&format!("convert {name}.xes -o {name}.{io}.parquet --io {io}")).assert();
            run.success().stderr(contains("rows 1"));
        }
        let columns = |io: &str| folder.columns(&format!("{name}.{io}.parquet"));
        assert_eq!(columns("mmap"), columns("read"));
    }
    // What only the end of the head shows to be something else.
    let head = r#"<string key="k" value="v"/>"#.repeat(20_000);
    let folder = folder
        .with("other.xml", format!("<?xml version=\"1.0\"?><log>{head}<events><event/></events></log>"));
    for io in ["mmap", "read"] {
        let run = folder.run(&format!("convert other.xml -o other.parquet --io {io}")).assert().failure();
        run.stderr(contains("LF108").and(contains("--from")));
    }
}
