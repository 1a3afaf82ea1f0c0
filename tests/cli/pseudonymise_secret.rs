//! Values that get pseudonyms are nowhere else: not in outputs, messages, rejects or files that a killed run leaves.
//!
//! Every value of such a column holds a word that is searched for in all bytes that there are afterwards.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::Folder;
use crate::pseudonymise::{KEY, set_mode};

/// The word that no output may hold.
const CANARY: &[u8] = b"CANARY";

const XES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2023" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/" author="CANARY-of-the-log">
<global scope="trace"><string key="concept:name" value="CANARY-default-case"/></global>
<global scope="event"><string key="org:resource" value="CANARY-default"/></global>
<string key="creator" value="CANARY-creator"/>
<trace><string key="concept:name" value="CANARY-case-1"/><int key="age" value="42"/>
<event><string key="concept:name" value="act"/><string key="org:resource" value="CANARY-1" xml:id="x"/>
<date key="time:timestamp" value="2024-01-01T10:00:00.000+00:00"/>
<list key="team"><string key="org:resource" value="CANARY-1"/><container key="c"><id key="org:resource" value="CANARY-3"/></container></list></event>
<event><string key="concept:name" value="act"/><string key="org:resource" value="CANARY-2"/>
<string key="org:resource" value="CANARY-duplicate"/></event>
<event><string key="concept:name" value="act"/><int key="org:resource" value="7"/></event>
</trace>
<trace><string key="concept:name" value="CANARY-empty-case"/></trace>
</log>
"#;

const CSV: &str = "\
case:concept:name,concept:name,time:timestamp,org:resource,note
CANARY-case-1,act,2024-01-01T10:00:00Z,CANARY-1,\"{\"\"org:resource\"\":\"\"CANARY-1\"\",\"\"n\"\":[{\"\"org:resource\"\":\"\"CANARY-2\"\"}]}\"
CANARY-case-1,act,2024-01-01T11:00:00Z,CANARY-2,
CANARY-case-2,act,2024-01-02T11:00:00Z,5,x
";

const JSON: &str = r#"{"case:concept:name":"CANARY-case-1","concept:name":"act","time:timestamp":"2024-01-01T10:00:00Z","org:resource":"CANARY-1","deep":{"org:resource":"CANARY-4","n":1},"list":[{"org:resource":["CANARY-5"],"k":true}]}
{"case:concept:name":"CANARY-case-1","concept:name":"act","time:timestamp":"2024-01-01T11:00:00Z","org:resource":"CANARY-2","deep":{"org:resource":null,"n":2}}
{"case:concept:name":"CANARY-case-2","concept:name":"act","time:timestamp":"2024-01-01T12:00:00Z","org:resource":"CANARY-2","mixed":[1,{"org:resource":"CANARY-6"}]}
"#;

const COLUMNS: &str = "--key-file k --columns case:concept:name,org:resource --compression none";

fn folder() -> Folder {
    let folder = Folder::new()
        .with("k", KEY)
        .with("in/log.xes", XES)
        .with("in/log.csv", CSV)
        .with("in/log.jsonl", JSON);
    set_mode(&folder, "k", 0o600);
    folder
}

fn holds_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY)
}

/// Refuses the word in everything that a run said and left, its inputs apart.
fn check(folder: &Folder, what: &str, output: &Output) {
    for (stream, bytes) in [("output", &output.stdout), ("messages", &output.stderr)] {
        assert!(!holds_canary(bytes), "{what}: {stream}: {}", String::from_utf8_lossy(bytes));
    }
    for name in folder.names().iter().filter(|name| !name.starts_with("in/")) {
        assert!(!holds_canary(&std::fs::read(folder.path(name)).unwrap()), "{what}: {name}");
        if name.ends_with(".parquet") {
            let rows = folder.values(name);
            assert!(rows.iter().all(|row| !row.contains("CANARY")), "{what}: {name}: {rows:?}");
        }
    }
}

#[test]
fn raw_values_are_in_no_output_of_any_format() {
    let folder = folder();
    let plain = folder.run("convert in/log.xes -o in/log.parquet --tables").output().unwrap();
    assert!(plain.status.success());
    for input in ["log.xes", "log.csv", "log.jsonl", "log.parquet"] {
        for (output, more) in [
            ("out.parquet", ""),
            ("out.xes", ""),
            ("out.parquet", "--report json --timings -v"),
            ("out.parquet", "--inspect i.json"),
            ("out.parquet", "--naming xes"),
            ("out.parquet", "--where org:resource!='CANARY-2'"),
            ("out.parquet", "-n"),
            ("out.parquet", "--tables"),
        ] {
            if more == "--tables" && input != "log.xes" {
                continue;
            }
            let args = format!("pseudonymise in/{input} -o {output} --force {COLUMNS} {more}");
            let found = folder.run(&args).output().unwrap();
            // The inspection is not asked for twice.
            assert!(found.status.success(), "{args}: {}", String::from_utf8_lossy(&found.stderr));
            check(&folder, &args, &found);
        }
    }
}

#[test]
fn a_table_of_cases_has_their_pseudonyms() {
    let folder = folder();
    folder.run(&format!("pseudonymise in/log.xes -o out.parquet --tables {COLUMNS}")).assert().success();
    let events = folder.values("out.parquet");
    let cases = folder.values("out.cases.parquet");
    assert_eq!(cases.len(), 1, "the case without events is left out: {cases:?}");
    assert_eq!(cases[0].split('|').next(), events[0].split('|').next());
}

#[test]
fn the_same_person_has_the_same_pseudonym_inside_values() {
    let folder = folder();
    // hmac.new(bytes(range(32)), b"org:resource\0CANARY-1", "sha256").hexdigest()[:32], and so on
    let (first, third, fifth, sixth) = (
        "b0092734a44f8445a4c347769ef9f1af",
        "ea864acafa010c8d96c46a94d4863e7e",
        "9782387eb5c991e2ab9385d087dd19e8",
        "0c9e78867f5c237589a3233c998abe9a",
    );
    folder.run(&format!("pseudonymise in/log.xes -o x.parquet {COLUMNS}")).assert().success();
    let xes = folder.values("x.parquet");
    assert!(xes[0].matches(first).count() == 2 && xes[0].contains(third), "{xes:?}");
    folder.run(&format!("pseudonymise in/log.csv -o c.parquet {COLUMNS}")).assert().success();
    let csv = folder.values("c.parquet");
    assert_eq!(csv[0].matches(first).count(), 2, "{csv:?}");
    folder.run(&format!("pseudonymise in/log.jsonl -o j.parquet {COLUMNS}")).assert().success();
    let json = folder.values("j.parquet").join("\n");
    assert!(json.contains(first) && json.contains(fifth) && json.contains(sixth), "{json}");
}

#[test]
fn messages_about_malformed_input_show_no_values_and_no_lines() {
    let folder = folder()
        .with(
            "in/uneven.csv",
            format!("{CSV}CANARY-case-3,act,2024-01-02T11:00:00Z,CANARY-9,x,CANARY-more\n"),
        )
        .with("in/quote.csv", format!("{CSV}CANARY-case-3,act,2024-01-02T11:00:00Z,\"CANARY-9\"CANARY,x\n"))
        .with("in/cut.xes", &XES[..XES.find("CANARY-duplicate").unwrap() + 9])
        .with("in/crossed.xes", XES.replace("</event>\n</trace>", "</CANARY>\n</trace>"))
        .with("in/bad.jsonl", format!("{JSON}{{\"org:resource\":\"CANARY-7\" CANARY}}\n"))
        .with("in/types.toml", "[[columns]]\nname = \"org:resource\"\ntype = \"int64\"\n")
        .with("in/nearly.csv", nearly());
    for (input, more) in [
        ("uneven.csv", ""),
        ("quote.csv", ""),
        ("cut.xes", ""),
        ("crossed.xes", ""),
        ("bad.jsonl", ""),
        ("log.csv", "--schema in/types.toml"),
        ("nearly.csv", "--strict-types --mask badge=text:X"),
        ("log.csv", "--columns nosuch"),
        ("log.xes", "--strict"),
    ] {
        let args = format!("pseudonymise in/{input} -o out.parquet {COLUMNS} {more}");
        let found = folder.run(&args).output().unwrap();
        assert!(!found.status.success(), "{args}");
        check(&folder, &args, &found);
        let found = folder.run(&format!("{args} --report json --progress json")).output().unwrap();
        check(&folder, &args, &found);
    }
    for (input, more) in [("uneven.csv", ""), ("bad.jsonl", ""), ("log.csv", "--schema in/types.toml")] {
        let args = format!(
            "pseudonymise in/{input} -o bad/out.parquet --force {COLUMNS} --on-bad-row reject {more}"
        );
        std::fs::create_dir_all(folder.path("bad")).unwrap();
        let found = folder.run(&args).output().unwrap();
        assert_eq!(found.status.code(), Some(4), "{args}: {}", String::from_utf8_lossy(&found.stderr));
        check(&folder, &args, &found);
        assert!(folder.text("bad/out.parquet.rejects.jsonl").contains("\"code\":\"LF2"), "{args}");
    }
    let found = folder
        .run(&format!("pseudonymise in/nearly.csv -o nearly.parquet {COLUMNS} --mask badge=text:X"))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&found.stderr).contains("LW302"), "{found:?}");
    check(&folder, "nearly", &found);
}

/// A column of numbers but for one value, about which there is a warning that shows it.
fn nearly() -> String {
    let mut text = "case:concept:name,concept:name,org:resource,badge\n".to_owned();
    for row in 0..300 {
        text.push_str(&format!("CANARY-case-{row},a,x,{}\n", 1000 + row));
    }
    text.push_str("CANARY-case-x,a,x,CANARY-value\n");
    text
}

/// Every file below a folder whose bytes hold the word.
fn files_with_canary(folder: &Path) -> Vec<String> {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let files = files.filter(|it| it.file_type().is_file());
    let held = files.filter(|it| std::fs::read(it.path()).is_ok_and(|bytes| holds_canary(&bytes)));
    held.map(|it| it.path().display().to_string()).collect()
}

#[test]
fn a_killed_run_leaves_no_raw_value_behind() {
    let mut csv = "case:concept:name,concept:name,time:timestamp,org:resource,amount\n".to_owned();
    let mut xes = "<log xes.version=\"1.0\" xmlns=\"http://www.xes-standard.org/\">\n".to_owned();
    let mut bad = csv.clone();
    for row in 0..60_000 {
        let (case, time) = (row / 7, format!("2024-01-01T{:02}:{:02}:00Z", row % 24, row % 60));
        csv.push_str(&format!("CANARY-case-{case},act,{time},CANARY-{},{row}\n", row % 997));
        bad.push_str(&format!("CANARY-case-{case},act,{time},CANARY-{},{row},CANARY\n", row % 997));
        if row % 7 == 0 {
            xes.push_str(&format!("<trace><string key=\"concept:name\" value=\"CANARY-case-{case}\"/>\n"));
        }
        // The column of resources appears late, after a first pass that knows nothing of it.
        let resource = if row > 30_000 {
            format!("<string key=\"org:resource\" value=\"CANARY-{row}\"/>")
        } else {
            String::new()
        };
        xes.push_str(&format!("<event><string key=\"concept:name\" value=\"act\"/>{resource}</event>\n"));
        if row % 7 == 6 || row == 59_999 {
            xes.push_str("</trace>\n");
        }
    }
    // The last value makes text of the numbers: one more pass.
    csv.push_str("CANARY-case-x,act,2024-01-01T00:00:00Z,CANARY-x,none\n");
    xes.push_str("</log>\n");
    for (name, text, more) in [
        ("log.csv", &csv, "-o out/log.parquet"),
        ("log.xes", &xes, "-o out/log.parquet"),
        ("log.csv", &csv, "-o out/log.xes"),
        ("bad.csv", &bad, "-o out/log.parquet --on-bad-row reject"),
    ] {
        let folder = Folder::new()
            .with("k", KEY)
            .with(&format!("in/{name}"), text)
            .with("tmp/x", "")
            .with("out/x", "");
        set_mode(&folder, "k", 0o600);
        let start = || {
            folder
                .command(&format!("pseudonymise in/{name} {more} --force {COLUMNS}"))
                .env("TMPDIR", folder.path("tmp"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        let begin = Instant::now();
        let status = start().wait().unwrap();
        assert!(matches!(status.code(), Some(0 | 1 | 4)), "{name} {more}: {status}");
        let whole = begin.elapsed();
        let rounds = 8;
        for round in 1..rounds {
            let mut child = start();
            std::thread::sleep(whole * round / rounds + Duration::from_millis(1));
            let _ = child.kill();
            let _ = child.wait();
            for place in ["tmp", "out"] {
                let found = files_with_canary(&folder.path(place));
                assert!(found.is_empty(), "{name} {more}, killed after {round}/{rounds}: {found:?}");
            }
        }
    }
}

#[test]
fn what_is_copied_to_a_file_before_it_is_hidden_is_refused() {
    let ocel = r#"{"eventTypes":[{"name":"pay","attributes":[]}],"objectTypes":[{"name":"order","attributes":[]}],
        "events":[{"id":"e1","type":"pay","time":"2024-01-01T10:00:00Z","attributes":[],"relationships":[{"objectId":"o1","qualifier":""}]}],
        "objects":[{"id":"o1","type":"order","attributes":[]}]}"#;
    let folder = Folder::new().with("k", KEY).with("in/log.jsonocel", ocel);
    set_mode(&folder, "k", 0o600);
    let args = "pseudonymise in/log.jsonocel -o out.parquet --flatten order --key-file k --columns ocel_id";
    let found = folder.run(args).output().unwrap();
    assert_eq!(found.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&found.stderr).contains("LF522"), "{found:?}");
}

#[test]
fn a_key_is_in_no_output_argument_variable_or_map_of_the_process() {
    let folder = folder();
    folder.run(&format!("pseudonymise in/log.xes -o out.parquet -v {COLUMNS}")).assert().success();
    let key: Vec<u8> = (0..32).collect();
    for name in folder.names().iter().filter(|name| *name != "k") {
        let bytes = std::fs::read(folder.path(name)).unwrap();
        assert!(!bytes.windows(32).any(|window| window == key), "{name}");
        assert!(!String::from_utf8_lossy(&bytes).contains(KEY), "{name}");
    }
}

#[test]
fn targets_of_any_kind_see_pseudonyms_alone() {
    let step =
        "[[step]]\nkind = \"pseudonymise\"\ncolumns = \"case:concept:name,org:resource\"\nkey_file = \"k\"\n";
    for input in ["log.xes", "log.csv", "log.jsonl"] {
        let source = format!("[source]\ninputs = \"in/{input}\"\n{step}");
        let folder = folder()
            .with("all.toml", format!("{source}[[target]]\npath = \"a.parquet\"\n[[target]]\npath = \"b.xes\"\n[[target]]\nkind = \"stats\"\npath = \"s.json\"\n[[target]]\nkind = \"inspect\"\npath = \"i.json\"\nhtml = \"i.html\"\nfindings = \"f.parquet\"\n[[target]]\nkind = \"report\"\npath = \"r.json\"\n"))
            .with("view.toml", format!("{source}[[target]]\nkind = \"view\"\nfull = true\n"))
            .with("stats.toml", format!("{source}[[target]]\nkind = \"stats\"\n[[target]]\nkind = \"inspect\"\n"));
        for file in ["all.toml", "view.toml", "stats.toml", "all.toml --check", "view.toml --check"] {
            let found = folder.run(&format!("run {file}")).output().unwrap();
            let said = String::from_utf8_lossy(&found.stderr);
            assert!(found.status.success() || file.ends_with("--check"), "{input} {file}: {said}");
            check(&folder, &format!("{input} {file}"), &found);
        }
    }
}

#[test]
fn several_inputs_are_decided_on_one_by_one() {
    let one = "case,activity,time,who\n1,a,2024-01-01,x\n2,a,2024-01-01,x\n3,b,2024-01-01,y\n";
    let other = "case,activity,time,who\n1,b,2024-01-01,y\n2,b,2024-01-01,y\n3,a,2024-01-01,x\n";
    let folder = Folder::new().with("in/a.csv", one).with("in/b.csv", other);
    folder.run("pseudonymise in -o out/ --min-k 2 --suppress-rare who=2").assert().success();
    assert_eq!((folder.rows("out/a.parquet"), folder.rows("out/b.parquet")), (2, 2));
    let whos = |name: &str| {
        folder.values(name).iter().map(|row| row.rsplit('|').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (whos("out/a.parquet"), whos("out/b.parquet")),
        (vec!["x".to_owned(); 2], vec!["y".to_owned(); 2])
    );
}
