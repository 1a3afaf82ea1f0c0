//! Flags that the input's format has no use for: told, each in a warning, and truly without effect.

use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

const CSV: &str = "case_id,activity,when\n1,a,2024-01-01T08:00:00\n2,b,2024-01-02T08:00:00\n";
const JSON: &str =
    r#"{"a":[{"case_id":"1","activity":"a"},{"case_id":"2","n":{"m":1}}],"b":[{"c":1},{"c":2}]}"#;
const LINES: &str = "{\"case_id\":\"1\",\"activity\":\"a\"}\n{\"case_id\":\"2\",\"n\":{\"m\":1}}\n";
const XES: &str = r#"<log><trace><string key="concept:name" value="1"/><event><string key="concept:name" value="a"/>
<date key="time:timestamp" value="2024-01-01T08:00:00"/><float key="f" value="1.5"/></event></trace></log>"#;
const OCEL: &str = r#"{"objectTypes":[{"name":"o","attributes":[]}],"eventTypes":[{"name":"e","attributes":[{"name":"n","type":"string"}]}],
"objects":[{"id":"1","type":"o","attributes":[],"relationships":[]}],
"events":[{"id":"1","type":"e","time":"2024-01-01T08:00:00","attributes":[{"name":"n","value":"a"}],"relationships":[{"objectId":"1","qualifier":""}]}]}"#;
const FLAT: &str = "ocel:eid,ocel:timestamp,ocel:activity,amount,ocel:type:o\n1,2024-01-01 10:00:00,e,a,['1']\n2,2024-01-02 10:00:00,e,7.5,['1']\n";

const DIALECT: &str = "--delimiter ; --quote ' --escape \\ --comment # --header no --skip-lines 1";
const MARKS: &str = "--null-words a --decimal comma --date-order dmy";
const OF_JSON: &str = "--json-path /b --nested-text";
const ROLES: &str = "--case-id ocel:eid --activity x --timestamp y --start-timestamp z --resource r --lifecycle l --naming xes";

fn logs() -> Folder {
    let folder = Folder::new()
        .with("csv.csv", CSV)
        .with("json.json", JSON)
        .with("jsonl.jsonl", LINES)
        .with("xes.xes", XES)
        .with("ocel-json.json", OCEL)
        .with("ocel-csv.csv", FLAT);
    for form in ["xml", "sqlite"] {
        folder.run(&format!("convert ocel-json.json -o ocel-{form}.{form}")).assert().success();
    }
    folder
}

/// What a run writes, by its files; and what it says.
fn written(folder: &Folder, args: &str) -> (Vec<(String, Vec<u8>)>, String) {
    for old in ["out", "out.cases.parquet"] {
        let old = folder.path(old);
        let _ = std::fs::remove_dir_all(&old).or_else(|_| std::fs::remove_file(&old));
    }
    let done = folder.run(&format!("{args} -o out --verbose")).assert().success();
    let names = folder.names().into_iter().filter(|name| name.starts_with("out"));
    let files = names.map(|name| (name.clone(), std::fs::read(folder.path(&name)).unwrap()));
    (files.collect(), String::from_utf8(done.get_output().stderr.clone()).unwrap())
}

/// The flags that a run says have no effect on `format`, in their order.
fn told(said: &str, format: &str) -> Vec<String> {
    let of = |line: &str| {
        let (flag, rest) = line.strip_prefix("warning[LW501]: ")?.split_once(" has no effect on ")?;
        assert!(rest.starts_with(&format!("{format}: it is for ")), "{line}");
        Some(flag.to_owned())
    };
    let mut told: Vec<String> = said.lines().filter_map(of).collect();
    told.sort();
    told
}

fn named(flags: &str) -> Vec<String> {
    let mut named: Vec<String> =
        flags.split(' ').filter(|word| word.starts_with("--")).map(str::to_owned).collect();
    named.sort();
    named
}

#[test]
fn flags_that_do_not_apply_to_a_format_are_reported_and_change_nothing() {
    let folder = logs();
    for (input, flags) in [
        ("csv.csv", format!("{OF_JSON} --json-lenient --fill-defaults --strict")),
        ("json.json", format!("{DIALECT} {MARKS} --fill-defaults --strict")),
        ("jsonl.jsonl", format!("{DIALECT} {MARKS} --fill-defaults --strict")),
        ("xes.xes", format!("{DIALECT} {MARKS} {OF_JSON} --json-lenient")),
        ("ocel-json.json", format!("{DIALECT} {MARKS} {OF_JSON} {ROLES} --fill-defaults")),
        ("ocel-xml.xml", format!("{DIALECT} {MARKS} {OF_JSON} {ROLES} --fill-defaults --json-lenient")),
        (
            "ocel-sqlite.sqlite",
            format!("{DIALECT} {MARKS} {OF_JSON} {ROLES} --fill-defaults --json-lenient --encoding latin1"),
        ),
        ("ocel-csv.csv", format!("{OF_JSON} {ROLES} --fill-defaults --json-lenient --on-bad-row fail")),
    ] {
        let format = input.split('.').next().unwrap();
        let run = format!("convert {input} --from {format}");
        let (plain, said) = written(&folder, &run);
        assert_eq!(told(&said, format), [""; 0], "{input}");
        let (changed, said) = written(&folder, &format!("{run} {flags}"));
        assert_eq!(told(&said, format), named(&flags), "{input}");
        assert!(plain == changed, "{input}");
    }
}

#[test]
fn flags_that_apply_to_a_format_change_the_output_and_are_not_reported() {
    let folder = logs();
    for (input, flag) in [
        ("csv.csv", "--delimiter ;"),
        ("csv.csv", "--null-words a"),
        ("csv.csv", "--case-id activity --activity case_id"),
        ("json.json", "--json-path /b"),
        ("json.json", "--nested-text"),
        ("jsonl.jsonl", "--naming xes"),
        ("xes.xes", "--tables"),
        ("xes.xes", "--all-text"),
        ("ocel-json.json", "--timezone Europe/Berlin"),
        ("ocel-csv.csv", "--null-words a"),
        ("ocel-csv.csv", "--timezone Europe/Berlin"),
    ] {
        let format = input.split('.').next().unwrap();
        let run = format!("convert {input} --from {format}");
        let (changed, said) = written(&folder, &format!("{run} {flag}"));
        assert_eq!(told(&said, format), [""; 0], "{input} {flag}");
        assert!(changed != written(&folder, &run).0, "{input} {flag}");
    }
    // The order of day and month, where a time is declared in JSON.
    let folder = folder.with("t.jsonl", "{\"t\":\"05/06/2024\"}\n");
    let run = |order: &str| written(&folder, &format!("convert t.jsonl --timestamp t --date-order {order}"));
    assert_ne!(run("dmy").0, run("mdy").0);
    assert_eq!(told(&run("dmy").1, "jsonl"), [""; 0]);
}

#[test]
fn logs_made_of_parquet_and_bundles_tell_flags_too() {
    let folder = logs();
    folder.run("convert csv.csv -o log.parquet").assert().success();
    folder.run("convert ocel-json.json -o bundle").assert().success();
    for (args, format, flags) in [
        ("log.parquet -o a.xes --case-id activity --activity case_id", "parquet", "--strict --naming xes"),
        ("bundle -o a.json", "bundles", "--null-words a --case-id x --timezone Europe/Berlin"),
        ("bundle -o b.parquet --flatten o --naming xes --exclude n", "bundles", "--null-words a"),
        ("ocel-json.json -o c.parquet --flatten o --naming xes", "ocel-json", "--null-words a"),
    ] {
        let done = folder.run(&format!("convert {args} {flags}")).output().unwrap();
        assert_eq!(told(&String::from_utf8(done.stderr).unwrap(), format), named(flags), "{args}");
    }
}

#[test]
fn a_setting_for_many_runs_is_not_reported_and_the_report_has_what_is() {
    let folder = logs().with("logflow.toml", "null-words = [\"a\"]\n");
    let run = "convert json.json -o out.parquet --force --report json";
    let warnings = |args: &str, variable: Option<&str>| {
        let mut command = folder.run(args);
        variable.map(|value| command.env("LOGFLOW_DELIMITER", value));
        let out = command.output().unwrap().stdout;
        let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
        report["warnings"].as_array().unwrap().iter().filter(|it| it["code"] == "LW501").count()
    };
    assert_eq!(warnings(run, None), 0);
    assert_eq!(warnings(run, Some(";")), 0);
    assert_eq!(warnings(&format!("{run} --delimiter ;"), Some(";")), 1);
    assert_eq!(warnings(&format!("{run} --dry-run --null-words b"), None), 1);
    let schema = folder.run("schema json.json --header no").output().unwrap();
    assert_eq!(told(&String::from_utf8(schema.stderr).unwrap(), "json"), ["--header"]);
    // One input of several heeds it.
    let both = folder.run("convert csv.csv json.json -o both.parquet --header yes").output().unwrap();
    assert_eq!(told(&String::from_utf8(both.stderr).unwrap(), ""), [""; 0]);
}

#[test]
fn flags_that_do_not_apply_to_the_output_are_reported() {
    let folder = logs();
    for (args, form, flags) in [
        ("xes.xes -o a.xes", "XES that is written", "--compression none --row-group-size 1MiB --tables"),
        ("ocel-json.json -o b.xes --flatten o", "XES that is written", "--compression none"),
        (
            "ocel-json.json -o b.xml",
            "an OCEL log that is written",
            "--compression none --row-group-size 1MiB",
        ),
        ("ocel-json.json -o c --layout pm4py", "tables of another layout", "--row-group-size 1MiB"),
        (
            "ocel-json.json -o d --layout oceldb --compression none",
            "tables of another layout",
            "--row-group-size 1MiB",
        ),
    ] {
        let done = folder.run(&format!("convert {args} {flags}")).assert().success();
        let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        assert_eq!(told(&said, form), named(flags), "{args}");
    }
    folder
        .run("convert xes.xes -o b.parquet --compression none --tables")
        .assert()
        .success()
        .stderr(contains("no effect").not());
}
