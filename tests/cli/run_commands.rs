//! `stats`, `inspect` and `view` as pipelines: the printed file prints and writes what the command does, and
//! figures come from the pass that writes a log.

use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder};

const EVENTS: &str = "\
case_id,activity,timestamp,cost
1,Register,2024-01-01T08:00:00Z,1.5
1,Check,2024-01-01T09:00:00Z,
2,Register,2024-01-02T08:00:00Z,2.5
2,Check,2024-01-02T08:30:00Z,4
2,Pay,2024-01-03T08:30:00Z,
3,Pay,2024-01-03T08:30:00Z,7
3,Pay,2024-01-03T08:30:00Z,7
";

/// A rule that case 3 breaks.
const RULES: &str = "[[required-activities]]\nactivities = [\"Register\"]\n";

/// Words of a command line behind `logflow`, and its exit code.
const COMMANDS: &[(&[&str], i32)] = &[
    (&["stats", "log.csv"], 0),
    (&["stats", "log.csv", "--format", "json", "--top", "1"], 0),
    (&["stats", "log.csv", "-o", "out/graph.svg", "--top", "0"], 0),
    (&["stats", "log.csv", "-o", "out/figures.txt"], 0),
    (&["stats", "log.csv", "--format", "dfg", "--tables", "out/tables", "--temporal-profile=5"], 0),
    (&["stats", "log.csv", "--where", "cost > 2", "--where", "activity != '${x}'", "--format", "dot"], 0),
    (&["stats", "dirty.csv", "--on-bad-row", "reject", "--max-bad-rows", "1", "--format", "json"], 4),
    (&["stats", "log.csv", "--case-id", "activity", "--activity", "case_id", "--format", "mermaid"], 0),
    (&["inspect", "log.csv", "--as-of", "2024-06-01"], 0),
    (
        &[
            "inspect",
            "log.csv",
            "--as-of",
            "2024-06-01",
            "--format",
            "json",
            "--html",
            "out/page.html",
            "--findings",
            "out/findings.parquet",
            "--fail-on",
            "score<100",
            "--fail-on",
            "error",
        ],
        3,
    ),
    (&["inspect", "dirty.csv", "--as-of", "2024-06-01", "--where", "cost > 1"], 0),
    (&["inspect", "log.csv", "--as-of", "2024-06-01", "--rules", "rules.toml", "--fail-on", "error"], 3),
    (&["view", "log.csv"], 0),
    (&["view", "log.csv", "-n", "2", "--skip", "1", "--format", "csv", "--columns", "activity,cost"], 0),
    (&["view", "log.csv", "--tail", "-n", "2", "--vertical", "--width", "60"], 0),
    (&["view", "log.csv", "--sample", "--seed", "3", "-n", "2", "--format", "jsonl"], 0),
    (&["view", "log.csv", "--case", "2", "--exclude", "cost", "--format", "markdown"], 0),
    (&["view", "log.csv", "--full", "--where", "cost > 2", "--naming", "xes"], 0),
];

/// Every file below, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let found = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let file = |it: walkdir::DirEntry| {
        let name = it.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read(it.path()).unwrap())
    };
    found.filter(|it| it.file_type().is_file()).map(file).collect()
}

#[test]
fn the_printed_pipeline_of_a_command_prints_and_writes_the_same_bytes() {
    for (words, code) in COMMANDS {
        let folder = Folder::new().with("log.csv", EVENTS).with("dirty.csv", DIRTY).with("rules.toml", RULES);
        let run = |more: &[&str]| folder.run("").args(*words).args(more).output().unwrap();
        let out = folder.path("out");
        std::fs::create_dir(&out).unwrap();
        let straight = run(&[]);
        assert_eq!(straight.status.code(), Some(*code), "{words:?}: {straight:?}");
        let written = files(&out);
        std::fs::remove_dir_all(&out).unwrap();
        std::fs::create_dir(&out).unwrap();
        let printed = run(&["--print-pipeline"]);
        assert!(printed.status.success(), "{words:?}: {printed:?}");
        assert!(files(&out).is_empty());
        let text = String::from_utf8(printed.stdout).unwrap();
        let folder = folder.with("p.toml", &text);
        let again = folder.run("run p.toml").output().unwrap();
        assert_eq!(again.status.code(), Some(*code), "{text}{again:?}");
        assert_eq!(
            String::from_utf8_lossy(&again.stdout),
            String::from_utf8_lossy(&straight.stdout),
            "{text}"
        );
        assert!(files(&out) == written, "{text}: other files");
    }
}

#[test]
fn check_prints_the_command_of_a_pipeline_that_is_one() {
    for (words, _) in COMMANDS {
        let folder = Folder::new()
            .with("log.csv", EVENTS)
            .with("dirty.csv", DIRTY)
            .with("out/x", "")
            .with("rules.toml", RULES);
        let printed = folder.run("").args(*words).arg("--print-pipeline").output().unwrap();
        let folder = folder.with("p.toml", &printed.stdout);
        let checked = folder.run("run p.toml --check --format json").output().unwrap();
        let plan: Value = serde_json::from_slice(&checked.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&checked.stderr)));
        let command = plan["command"].as_str().unwrap_or_else(|| panic!("{words:?}: {plan:#}"));
        // A shell reads it, and the program prints the same pipeline of it.
        let shell = std::process::Command::new("/bin/sh")
            .args(["-c", &format!("{command} --print-pipeline")])
            .current_dir(folder.path(""))
            .env("XDG_CONFIG_HOME", folder.path("config"))
            .env("PATH", Path::new(env!("CARGO_BIN_EXE_logflow")).parent().unwrap())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&shell.stdout), folder.text("p.toml"), "{command}");
    }
}

#[test]
fn rules_of_a_conversion_are_part_of_its_pipeline_and_are_found_beside_the_file() {
    let folder = Folder::new().with("in/log.csv", EVENTS).with("in/rules.toml", RULES);
    let convert = "convert in/log.csv -o in/log.parquet --inspect in/log.json --rules in/rules.toml";
    let printed = folder.run(convert).arg("--print-pipeline").output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(text.contains("rules = \"in/rules.toml\""), "{text}");
    let folder = folder.with("in/p.toml", text.replace("in/", ""));
    let checked = folder.run("run in/p.toml --check --format json").output().unwrap();
    let plan: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let command = plan["command"].as_str().unwrap_or_default();
    assert!(command.contains("--rules in/rules.toml"), "{command}");
    folder.run("run in/p.toml -q").assert().success();
    let result: Value = serde_json::from_str(&folder.text("in/log.json")).unwrap();
    let checks = result["checks"].as_array().unwrap();
    let check = checks.iter().find(|it| it["id"] == "required-activities").unwrap();
    assert_eq!((check["affected"].as_u64(), check["applicable"].as_u64()), (Some(1), Some(3)));
}

#[test]
fn a_log_its_figures_and_its_report_come_from_one_pass() {
    let pipeline = r#"
[source]
inputs = "log.csv"
[[step]]
kind = "where"
condition = "cost > 1"
[[target]]
path = "log.parquet"
[[target]]
kind = "stats"
path = "stats.json"
[[target]]
kind = "stats"
path = "graph.svg"
[[target]]
kind = "inspect"
html = "page.html"
path = "inspect.json"
as_of = "2024-06-01"
[[target]]
kind = "report"
path = "report.json"
"#;
    let folder = Folder::new().with("log.csv", EVENTS).with("p.toml", pipeline);
    folder.run("run p.toml --check").assert().success().stdout(contains("statistics as json"));
    folder.run("run p.toml").assert().success();
    let run = |words: &[&str]| {
        folder.run("").args(words).args(["--where", "cost > 1"]).assert().success();
    };
    run(&["convert", "log.csv", "-o", "log2.parquet"]);
    run(&["stats", "log.csv", "-o", "stats2.json"]);
    run(&["stats", "log.csv", "-o", "graph2.svg"]);
    run(&["inspect", "log.csv", "--as-of", "2024-06-01", "--html", "page2.html"]);
    for (ours, own) in [
        ("log.parquet", "log2.parquet"),
        ("stats.json", "stats2.json"),
        ("graph.svg", "graph2.svg"),
        ("page.html", "page2.html"),
    ] {
        let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
        assert!(bytes(ours) == bytes(own), "{ours}");
    }
    let result: Value = serde_json::from_str(&folder.text("inspect.json")).unwrap();
    assert_eq!(result["rows"], 5);
    let report: Value = serde_json::from_str(&folder.text("report.json")).unwrap();
    assert_eq!(report["runs"][0]["rows"], 5);
    // Several logs, and figures that are printed.
    let several = "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"a.parquet\"\n[[target]]\npath = \"a.xes\"\n\
        [[target]]\nkind = \"stats\"\nformat = \"json\"\n";
    let folder = folder.with("s.toml", several);
    let printed = folder.run("run s.toml").assert().success().get_output().stdout.clone();
    let straight = folder.run("stats log.csv --format json").assert().success().get_output().stdout.clone();
    assert!(printed == straight);
    assert!(folder.has("a.parquet") && folder.has("a.xes"));
}

#[test]
fn nothing_appears_if_figures_cannot() {
    let pipeline = |target: &str| {
        format!("[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"log.parquet\"\n[[target]]\n{target}\n")
    };
    for (target, code, why) in [
        ("kind = \"stats\"\npath = \"old.json\"", 1, "LF106"),
        ("kind = \"stats\"\npath = \"stats.data\"", 2, "does not say in which form"),
        ("kind = \"inspect\"\nhtml = \"none/page.html\"", 1, "LF107"),
        ("kind = \"inspect\"\nhtml = \"x.html\"\nfindings = \"x.html\"", 2, "two targets write x.html"),
        ("kind = \"inspect\"\npath = \"log.csv\"\nforce = true\nformat = \"json\"", 1, "LF105"),
        ("kind = \"view\"", 2, "LF516"),
    ] {
        let folder =
            Folder::new().with("log.csv", EVENTS).with("old.json", "old").with("p.toml", pipeline(target));
        for command in ["run p.toml", "run p.toml --check"] {
            folder.run(command).assert().code(code).stderr(contains(why));
        }
        assert_eq!(folder.names(), ["log.csv", "old.json", "p.toml"], "{target}");
    }
    // A log without a column of cases has no statistics.
    let folder = Folder::new()
        .with("log.csv", "x,y\n1,2\n")
        .with("p.toml", pipeline("kind = \"stats\"\npath = \"stats.json\""));
    folder.run("run p.toml").assert().code(2).stderr(contains("LF502").and(contains("case_id COLUMN")));
    assert_eq!(folder.names(), ["log.csv", "p.toml"]);
}

#[test]
fn an_inspection_of_a_pipeline_decides_the_exit_code() {
    let pipeline = "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"log.parquet\"\n\
        [[target]]\nkind = \"inspect\"\npath = \"i.json\"\nfail_on = \"score<100\"\n";
    let folder = Folder::new().with("log.csv", EVENTS).with("p.toml", pipeline);
    folder.run("run p.toml").assert().code(3);
    assert!(folder.has("log.parquet") && folder.has("i.json"));
    let folder = folder.with("q.toml", pipeline.replace("score<100", "good"));
    folder
        .run("run q.toml")
        .assert()
        .code(2)
        .stderr(contains("q.toml, line 8").and(contains("expected error, warn or score<N")));
}

#[test]
fn figures_of_many_logs_or_of_object_centric_ones_are_refused() {
    let folder = Folder::new().with("a.csv", EVENTS).with("b.csv", EVENTS).with(
        "many.toml",
        "[source]\ninputs = [\"a.csv\", \"b.csv\"]\n[[target]]\npath = \"out/\"\n[[target]]\nkind = \"stats\"\n",
    );
    folder.run("generate --format ocel-json --events 60 -o o.json -q").assert().success();
    let objects =
        "[source]\ninputs = \"o.json\"\n[[target]]\npath = \"bundle\"\n[[target]]\nkind = \"inspect\"\n";
    let flat = "[source]\ninputs = \"o.json\"\n[[target]]\npath = \"f.parquet\"\nflatten = \"order\"\n\
        [[target]]\nkind = \"stats\"\nformat = \"json\"\n";
    let folder = folder.with("objects.toml", objects).with("flat.toml", flat);
    for (file, why) in [("many.toml", "is for one log"), ("objects.toml", "is for event logs")] {
        for command in [format!("run {file}"), format!("run {file} --check")] {
            folder.run(&command).assert().code(2).stderr(contains("LF516").and(contains(why)));
        }
    }
    let printed = folder.run("run flat.toml").assert().success().get_output().stdout.clone();
    let figures: Value = serde_json::from_slice(&printed).unwrap();
    assert!(figures["events"].as_u64().unwrap() > 0);
}
