//! `logflow view`: rows in a terminal and for programs, at the beginning, at the end and of one case.

use std::fmt::Write;
use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder, LOG};

/// What a command prints, which must succeed.
fn printed(folder: &Folder, args: &str) -> String {
    let output = folder.run(args).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A log of this many rows, of which each third one is of the same case, and whose last row has no number.
fn long(rows: usize) -> String {
    let mut text = "case,activity,n\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(text, "c{},step {},{row}", row / 3, row % 3);
    }
    text + "last,end,unknown\n"
}

#[test]
fn rows_stand_below_names_types_and_roles() {
    let folder = Folder::with_log();
    let expected = "\
log.csv  csv
   case_id  activity      timestamp                cost
     int64  string        timestamp[us, UTC]    float64
    (case_id)  (activity)    (timestamp)
   ───────  ────────────  ───────────────────  ───────
1        1  Register      2024-01-01 08:00:00      1.5
2        1  Check, twice  2024-01-01 09:00:00        ∅
3        2  Register      2024-01-02 08:00:00      2.5
3 rows, all that there are
∅ no value
";
    // Blanks aside, which follow from the widest of the values.
    let words = |text: &str| text.replace('─', "").split_whitespace().collect::<Vec<_>>().join(" ");
    let found = printed(&folder, "view log.csv");
    assert_eq!(words(&found), words(expected), "{found}");
    assert!(!found.contains('\x1b'), "no colours without a terminal");
    assert!(printed(&folder, "view log.csv --color always").contains("\x1b[1m"));
    assert_eq!(folder.names(), ["log.csv"]);
}

#[test]
fn first_last_skipped_and_sampled_rows_have_their_numbers() {
    let folder = Folder::new().with("log.csv", long(1000));
    let numbers = |args: &str| {
        let found = printed(&folder, &format!("view log.csv --format jsonl --columns n {args}"));
        found.lines().map(|line| line.replace("{\"n\":", "").replace(['}', '"'], "")).collect::<Vec<_>>()
    };
    // The type is that of all rows that were read.
    assert_eq!(numbers("-n 2"), ["0", "1"]);
    assert_eq!(numbers("-n 2 --skip 997"), ["997", "998"]);
    assert_eq!(numbers("--tail -n 2"), ["999", "unknown"]);
    assert_eq!(numbers("--last -n 2 --skip 1"), ["998", "999"]);
    assert_eq!(numbers("-n 2 --skip 5000"), [""; 0]);
    let sample = numbers("--sample -n 20");
    assert_eq!(sample.len(), 20);
    assert_eq!(sample, numbers("--some -n 20 -j 4"));
    assert_ne!(sample, numbers("--sample -n 20 --seed 2"));
    let table = printed(&folder, "view log.csv --tail -n 2");
    assert!(table.contains("\n1000  c333") && table.contains("last 2 rows of 1,001"), "{table}");
}

#[test]
fn the_first_rows_of_a_long_log_have_the_types_of_its_beginning() {
    let folder = Folder::new().with("log.csv", long(100_000));
    let found = printed(&folder, "view log.csv -n 3 --format jsonl");
    assert_eq!(found.lines().nth(2).unwrap(), r#"{"case":"c0","activity":"step 2","n":2}"#);
    folder
        .run("view log.csv -n 3")
        .assert()
        .success()
        .stdout(contains("types from the first ").and(contains("logflow schema reads all")));
    // All of it is read for the last rows, and the last value is no number.
    let found = printed(&folder, "view log.csv --tail -n 2 --format jsonl");
    assert!(found.starts_with(r#"{"case":"c33333","activity":"step 0","n":"99999"}"#), "{found}");
    // A condition that few rows meet reads on until there are enough of them.
    let found = printed(&folder, "view log.csv -n 2 --format csv --where case='c30000'");
    assert_eq!(found, "case,activity,n\nc30000,step 0,90000\nc30000,step 1,90001\n");
    let found = printed(&folder, "view log.csv --format csv --where activity='end'");
    assert_eq!(found, "case,activity,n\nlast,end,unknown\n");
}

#[test]
fn a_pipe_gives_its_first_rows_before_it_ends() {
    use std::io::{Read, Write as _};
    let folder = Folder::new();
    let command = &mut folder.command("view - --from csv -n 2 --format csv");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than is looked at. The pipe stays open, so all of it is not to be had.
    let _ = input.write_all(long(400_000).as_bytes());
    let mut found = String::new();
    child.stdout.take().unwrap().read_to_string(&mut found).unwrap();
    assert!(child.wait().unwrap().success());
    drop(input);
    assert_eq!(found, "case,activity,n\nc0,step 0,0\nc0,step 1,1\n");
}

#[test]
fn the_events_of_a_case_are_a_timeline() {
    let log = "case,activity,time,who,note\n\
               a,pay,2024-01-05T10:00:00Z,Ann,\n\
               b,pay,2024-01-01T00:00:00Z,Bob,x\n\
               a,ask,2024-01-01T09:30:00Z,Cid,\"\"\n\
               a,check,2024-01-01T09:30:00Z,Ann,y\n\
               a,wait,2024-01-01T11:35:00Z,Ann,\n";
    let folder = Folder::new().with("log.csv", log);
    let found = printed(&folder, "view log.csv --case a --resource who");
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines[0], "case a  4 events in 4 d 0 h");
    let words = |at: usize| lines[at].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(1), "time gap activity who note");
    assert_eq!(words(5), "2024-01-01 09:30:00 ask Cid \"\"");
    assert_eq!(words(6), "2024-01-01 09:30:00 0 check Ann y");
    assert_eq!(words(7), "2024-01-01 11:35:00 +2 h 5 min wait Ann ∅");
    assert_eq!(words(8), "2024-01-05 10:00:00 +3 d 22 h pay Ann ∅");
    let found = printed(&folder, "view log.csv --case a --format csv --columns activity");
    assert_eq!(found, "activity\nask\ncheck\nwait\npay\n");
    // A number that no case has, and a name that is nearly one.
    let folder = folder.with("numbers.csv", "case,activity\n4711,a\n4712,b\n");
    let found = printed(&folder, "view numbers.csv --case 4711 --format csv");
    assert_eq!(found, "case,activity\n4711,a\n");
    folder
        .run("view numbers.csv --case 4713")
        .assert()
        .code(2)
        .stderr(contains("the log has 2 cases").and(contains("did you mean \"4711\"")));
    folder.run("view numbers.csv --case word").assert().code(2).stderr(contains("is called \"4711\""));
    let folder = folder.with("none.csv", "x,y\n1,2\n");
    folder.run("view none.csv --case 1").assert().code(2).stderr(contains("--case-id"));
}

#[test]
fn lines_are_no_wider_than_asked_for_and_nothing_is_hidden_silently() {
    let names: Vec<String> = (0..30).map(|number| format!("attribute {number}")).collect();
    let values = vec!["表表表表表表表表表表表表表表表表表表"; 30].join(",");
    let log = format!("case,{}\n1,{values}\n", names.join(","));
    let folder = Folder::new().with("log.csv", log);
    for width in [40, 80, 200] {
        let found = printed(&folder, &format!("view log.csv --width {width}"));
        let columns = |line: &str| line.chars().map(|c| if c == '表' { 2 } else { 1 }).sum::<usize>();
        assert!(found.lines().all(|line| columns(line) <= width), "{found}");
        assert!(found.contains("more columns: "), "{found}");
    }
    let whole = "表".repeat(18);
    assert!(printed(&folder, "view log.csv --width 40 --full").contains(&whole));
    let blocks = printed(&folder, "view log.csv --vertical");
    assert!(blocks.contains("── row 1 ──") && blocks.matches(&whole).count() == 30, "{blocks}");
}

#[test]
fn a_value_cannot_command_the_terminal() {
    let log = "case,activity\n1,\x1b]0;title\x07\x1b[2J\n2,\u{202e}gnp.exe\n3,\"a\nb\"\n";
    let folder = Folder::new().with("log.csv", log);
    for form in ["table", "vertical", "markdown"] {
        let found = printed(&folder, &format!("view log.csv --full --format {form}"));
        assert!(!found.contains(['\x1b', '\x07', '\u{202e}']), "{form}: {found}");
        assert!(found.contains("u{202e}gnp.exe"), "{found}");
    }
    // Programs get what stands there.
    let found = printed(&folder, "view log.csv --format jsonl");
    let last: Value = serde_json::from_str(found.lines().last().unwrap()).unwrap();
    assert_eq!(last["activity"], "a\nb");
}

#[test]
fn missing_values_and_empty_text_differ_in_every_form() {
    let folder = Folder::new().with("log.json", r#"[{"a": "", "b": 9007199254740993}, {"a": null, "b": 1}]"#);
    folder.run("view log.json").assert().success().stdout(contains("∅ no value, \"\" empty text"));
    assert_eq!(printed(&folder, "view log.json --format csv"), "a,b\n\"\",9007199254740993\n,1\n");
    let lines = "{\"a\":\"\",\"b\":9007199254740993}\n{\"a\":null,\"b\":1}\n";
    assert_eq!(printed(&folder, "view log.json --format jsonl"), lines);
    let array: Value = serde_json::from_str(&printed(&folder, "view log.json --format json")).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 2);
}

#[test]
fn an_object_centric_log_lists_its_tables_and_shows_one() {
    let log = r#"{"objectTypes":[{"name":"order","attributes":[{"name":"total","type":"integer"}]}],
"eventTypes":[{"name":"pay","attributes":[]}],
"objects":[{"id":"o1","type":"order","attributes":[{"name":"total","time":"1970-01-01T00:00:00Z","value":5}],"relationships":[]},
{"id":"o2","type":"order","attributes":[],"relationships":[]}],
"events":[{"id":"e1","type":"pay","time":"2024-01-01T00:00:00Z","attributes":[],"relationships":[{"objectId":"o1","qualifier":"of"}]}]}"#;
    let folder = Folder::new().with("log.jsonocel", log);
    folder.run("convert log.jsonocel -o bundle").assert().success();
    for name in ["log.jsonocel", "bundle"] {
        let found = printed(&folder, &format!("view {name}"));
        let words: Vec<String> =
            found.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(words[1..3], ["events/pay 1", "objects/order 2"], "{found}");
        assert!(found.contains("2024-01-01 00:00:00"), "{found}");
        let args = format!("view {name} --table order --format jsonl");
        assert_eq!(
            printed(&folder, &format!("{args} --where total=5 --columns ocel_id")),
            "{\"ocel_id\":\"o1\"}\n"
        );
        assert_eq!(printed(&folder, &args).lines().count(), 2);
        folder
            .run(&format!("view {name} --table ordr"))
            .assert()
            .code(2)
            .stderr(contains("did you mean \"order\"").and(contains("events/pay")));
        folder.run(&format!("view {name} --format csv")).assert().code(2).stderr(contains("--table"));
        folder.run(&format!("view {name} --case 1")).assert().code(2).stderr(contains("--flatten"));
    }
    let folder = folder.with("log.csv", LOG);
    folder.run("view log.csv --table order").assert().code(2).stderr(contains("one table only"));
}

#[test]
fn typed_files_show_what_their_text_shows() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o log.parquet").assert().success();
    let args = "--format jsonl --tail -n 2";
    let text = printed(&folder, &format!("view log.csv {args}"));
    assert_eq!(text, printed(&folder, &format!("view log.parquet {args}")));
    let case = "--case 1 --format csv";
    assert_eq!(
        printed(&folder, &format!("view log.csv {case}")),
        printed(&folder, &format!("view log.parquet {case}"))
    );
    folder.run("view log.parquet -n 1").assert().success().stdout(contains("first row of 3"));
}

#[test]
fn malformed_rows_are_left_out_and_counted() {
    let folder = Folder::new().with("log.csv", DIRTY);
    folder.run("view log.csv").assert().success().stdout(contains("1 malformed row left out"));
    let found = folder.run("view log.csv --format csv --columns case_id").assert().success();
    found.stdout("case_id\n1\n2\n").stderr(contains("1 malformed row left out"));
}

#[test]
fn mistakes_are_told_with_what_is_right() {
    let folder = Folder::with_log().with("empty.csv", "").with("header.csv", "a,b\n");
    folder
        .run("view log.csv --columns activty")
        .assert()
        .code(2)
        .stderr(contains("LF502").and(contains("did you mean \"activity\"?")));
    folder.run("view log.csv --exclude x").assert().code(2).stderr(contains("LF502"));
    folder.run("view log.csv --case 1 --columns activty").assert().code(2).stderr(contains("LF502"));
    folder.run("view empty.csv").assert().code(1).stderr(contains("LF104"));
    folder.run("view header.csv").assert().success().stdout(contains("0 rows"));
    folder.run("view nothing.csv").assert().code(1).stderr(contains("LF101"));
    folder.run("view").assert().code(2);
    folder.run("view log.csv --tail --sample").assert().code(2);
    let none = folder.run("view log.csv --where cost>100").assert().success();
    none.stdout(contains("0 rows"));
}

#[test]
fn a_reader_that_stops_early_is_not_a_failure() {
    let folder = Folder::new().with("log.csv", long(10_000));
    let command = &mut folder.command("view log.csv -n 10000 -q");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn logs_of_a_folder_are_one_table_and_others_follow() {
    let folder = Folder::new().with("logs/a.csv", LOG).with("logs/c.csv", LOG);
    let found = printed(&folder, "view logs --tail -n 4 --format csv --columns case_id");
    assert_eq!(found, "case_id\n2\n1\n1\n2\n");
    let event = "<event><string key=\"concept:name\" value=\"x\"/></event>";
    let folder = folder.with("logs/d.xes", format!("<log><trace>{event}</trace></log>"));
    folder.run("generate --format ocel-json --events 20 -o logs/e.jsonocel -q").assert().success();
    let found = printed(&folder, "view logs -n 1");
    let titles: Vec<&str> = found.lines().filter(|line| line.contains("logs/")).collect();
    assert_eq!(titles.len(), 2, "{found}");
    assert_eq!(titles[0], "logs/a.csv to logs/d.xes (3 inputs)  csv");
    assert!(titles[1].starts_with("logs/e.jsonocel  ") && titles[1].ends_with(" tables"), "{found}");
    assert!(found.contains("\nfirst row of 7\n"), "{found}");
}

#[test]
fn what_is_said_of_the_rows_is_in_plain_words() {
    let folder = Folder::with_log();
    for (args, words) in [
        ("-n 1", "first row of 3"),
        ("-n 2", "first 2 rows of 3"),
        ("-n 1 --skip 1", "row 2 of 3"),
        ("-n 2 --skip 1", "rows 2 to 3 of 3"),
        ("-n 2 --skip 7", "no rows of 3"),
        ("-n 9", "3 rows, all that there are"),
        ("--tail -n 1", "last row of 3"),
        ("--tail -n 2 --skip 1", "rows 1 to 2 of 3"),
        ("--where case_id=2", "1 row for which the condition is true, the only one"),
        ("--sample -n 2", "2 rows chosen by seed 1 of 3"),
    ] {
        let found = printed(&folder, &format!("view log.csv {args}"));
        assert!(found.lines().any(|line| line == words), "{args}: {found}");
    }
}

#[test]
fn notes_and_hidden_columns_fit_a_terminal_of_twenty_columns() {
    let names: Vec<String> = (0..1200).map(|number| format!("a{number}")).collect();
    let log =
        format!("case,{}\n1,{}\n,\"\"{}\n", names.join(","), vec!["x"; 1200].join(","), ",y".repeat(1199));
    let folder = Folder::new().with("log.csv", log);
    let found = printed(&folder, "view log.csv --width 20");
    for line in found.lines() {
        assert!(line.chars().count() <= 20, "{line:?} in {found}");
    }
    let words = found.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("others") && words.contains("2 rows, all that there are"), "{words}");
    let folder = Folder::new().with("log.json", r#"[{"a": "", "b": null}, {"a": null, "b": "x"}]"#);
    let found = printed(&folder, "view log.json --width 20");
    assert!(found.lines().all(|line| line.chars().count() <= 20), "{found}");
    assert!(found.contains("∅ no value, \"\" empty\ntext\n"), "{found}");
}

#[test]
fn a_bundle_and_its_log_need_a_table_for_conditions_and_columns() {
    let folder = Folder::new();
    folder.run("generate --format ocel-json --events 60 -o o.json -q").assert().success();
    folder.run("convert o.json -o bundle -q").assert().success();
    for input in ["o.json", "bundle"] {
        for flags in ["--columns ocel_id", "--exclude ocel_id", "--where ocel_id='x'"] {
            folder
                .run(&format!("view {input} {flags}"))
                .assert()
                .code(2)
                .stderr(contains("has several tables").and(contains("--table NAME")));
        }
    }
}

#[test]
fn a_seed_without_a_sample_is_refused_on_the_command_line_alone() {
    let folder = Folder::with_log();
    folder
        .run("view log.csv --seed 3")
        .assert()
        .code(2)
        .stderr(contains("--seed chooses the rows of --sample"));
    folder.run("view log.csv").env("LOGFLOW_SEED", "3").assert().success();
}

#[test]
fn many_rows_for_programs_are_the_same_as_few() {
    let rows = 200_000;
    let folder = Folder::new().with("log.csv", long(rows));
    for form in ["csv", "jsonl", "json", "markdown"] {
        let all = printed(&folder, &format!("view log.csv -n 1M --format {form}"));
        let tail = printed(&folder, &format!("view log.csv --tail -n 1M --format {form}"));
        assert!(all == tail, "{form}");
    }
    let found = printed(&folder, "view log.csv -n 1M --format csv --skip 199999");
    assert_eq!(found, "case,activity,n\nc66666,step 1,199999\nlast,end,unknown\n");
    // A reader that has seen enough ends it.
    let command = &mut folder.command("view log.csv -n 1M --format csv");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn one_column_of_csv_says_when_it_has_one_text_for_two_things() {
    let folder = Folder::new().with("log.json", r#"[{"a": "", "b": 1}, {"a": null, "b": 2}]"#);
    folder
        .run("view log.json --format csv --columns a")
        .assert()
        .success()
        .stdout("a\n\"\"\n\"\"\n")
        .stderr(contains("--format jsonl tells them apart"));
    folder.run("view log.json --format csv --columns b").assert().success().stderr("");
    folder.run("view log.json --format csv -q --columns a").assert().success().stderr("");
}

#[test]
fn warnings_about_the_log_are_shown_below_its_rows() {
    let folder = Folder::new().with("log.csv", "case_id,note,note\n1,a,b\n");
    for form in ["table", "csv"] {
        let shown = folder.run(&format!("view log.csv --format {form}")).assert().success();
        shown.stderr(contains("warning[LW203]").and(contains("LW401").not()));
    }
    folder.run("view log.csv -q").assert().success().stderr("");
}

#[test]
fn a_record_that_is_too_long_is_told_while_the_pipe_is_idle() {
    use std::io::{Read, Write as _};
    let folder = Folder::new();
    let command = &mut folder.command("convert - --from csv -o out.parquet --max-record-size 1MiB");
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // The quote is never closed, and the pipe never ends.
    let _ = input.write_all(b"a,b\n1,2\n3,\"");
    let mut written = 0usize;
    while written < 64 << 20 {
        match input.write(&[b'x'; 1 << 16]) {
            Ok(bytes) => written += bytes,
            Err(_) => break,
        }
        if written >= 16 << 20 {
            break;
        }
    }
    let mut found = String::new();
    child.stderr.take().unwrap().read_to_string(&mut found).unwrap();
    assert!(!child.wait().unwrap().success());
    drop(input);
    assert!(found.contains("LF2"), "{found}");
}
