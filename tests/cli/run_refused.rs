//! What `logflow run` refuses, `logflow run --check` refuses with the same words; and what a pipeline hides.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder, LOG};

/// What a command prints on standard error, and its exit code.
fn told(folder: &Folder, command: &str) -> (String, Option<i32>) {
    let output = folder.run(command).output().unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[test]
fn a_check_refuses_what_a_run_refuses_in_the_same_words() {
    let folder = Folder::with_log().with("none.csv", "x,y\n1,2\n").with("old.parquet", "old");
    folder.run("generate --format ocel-json --events 60 -o o.json -q").assert().success();
    folder.run("convert o.json -o bundle -q").assert().success();
    folder.run("convert log.csv -o in.parquet -q").assert().success();
    let target = |keys: &str| format!("[[target]]\n{keys}\n");
    let select = "[[step]]\nkind = \"select\"\ncolumns = [\"activity\"]\n";
    let condition = "[[step]]\nkind = \"where\"\ncondition = \"activity = 'x'\"\n";
    for (input, rest, code, why, line) in [
        ("in.parquet", target("path = \"in.parquet\"\nforce = true"), "LF105", "would be replaced", None),
        ("log.csv", target("path = \"a\"").repeat(2), "LF516", "two targets write a", Some("p.toml, line 5")),
        (
            "log.csv",
            target("path = \"p.toml\"\nforce = true"),
            "LF516",
            "the pipeline file itself",
            Some("p.toml, line 3"),
        ),
        (
            "log.csv",
            target("path = \"a.parquet\"") + &target("kind = \"report\"\npath = \"./p.toml\"\nforce = true"),
            "LF516",
            "the pipeline file itself",
            Some("p.toml, line"),
        ),
        (
            "log.csv",
            target("path = \"a\"\nlayout = \"pm4py\""),
            "LF501",
            "layout applies only",
            Some("p.toml, line 5:1"),
        ),
        (
            "log.csv",
            target("path = \"a\"\nflatten = \"order\""),
            "LF501",
            "flatten applies to object",
            Some("p.toml, line 5:1"),
        ),
        ("none.csv", target("path = \"a.xes\""), "LF502", "no column is known to be the case", None),
        (
            "log.csv",
            select.to_owned() + &target("path = \"a.xes\""),
            "LF502",
            "no column is known to be the case",
            None,
        ),
        (
            "bundle",
            select.to_owned() + &target("path = \"a.json\""),
            "LF515",
            "the step select is for event logs",
            Some("p.toml, line 3"),
        ),
        (
            "bundle",
            condition.to_owned() + &target("path = \"a.json\""),
            "LF515",
            "the step where is for event logs",
            Some("p.toml, line 3"),
        ),
        (
            "o.json",
            condition.to_owned() + &target("path = \"a\""),
            "LF515",
            "the step where is for event logs",
            Some("p.toml, line 3"),
        ),
        ("o.json", target("path = \"a.parquet\""), "LF501", "several tables", None),
        ("o.json", target("path = \"a.xes\""), "LF501", "XES requires cases", None),
        ("log.csv", target("path = \"old.parquet\""), "LF106", "", None),
        ("log.csv", target("path = \"a.json\""), "LF501", "is not a name for a Parquet file", None),
        (
            "log.csv",
            select.replace("activity", "activty") + &target("path = \"a\""),
            "LF502",
            "activty",
            Some("p.toml, line 3"),
        ),
        (
            "log.csv",
            "activity = \"activty\"\n".to_owned() + &target("path = \"a.parquet\""),
            "LF502",
            "activty",
            Some("p.toml, line 3:12"),
        ),
        (
            "log.csv",
            "on_bad_row = \"reject\"\n".to_owned() + &target("path = \"a.xes\""),
            "LF501",
            "XES requires all rows",
            Some("p.toml, line 3:1"),
        ),
        (
            "log.csv",
            "on_bad_row = \"reject\"\n".to_owned()
                + &target("path = \"a.parquet\"")
                + &target("kind = \"report\"\npath = \"a.parquet.rejects.jsonl\"\nforce = true"),
            "LF516",
            "rejected records would both be",
            None,
        ),
        (
            "o.json",
            target("path = \"a\"\nflatten = \"order\"\nlayout = \"pm4py\""),
            "LF516",
            "layout and flatten exclude each other",
            Some("p.toml, line 6:10"),
        ),
        (
            "o.json",
            "on_bad_row = \"reject\"\n".to_owned() + &target("path = \"a\"\nflatten = \"order\""),
            "LF501",
            "flatten requires all records",
            Some("p.toml, line 6:1"),
        ),
        (
            "log.csv",
            target("path = \"a\"") + "[run]\nmemory_limit = \"1MiB\"\n",
            "LF110",
            "",
            Some("p.toml, line 6:1"),
        ),
    ] {
        std::fs::write(folder.path("p.toml"), format!("[source]\ninputs = \"{input}\"\n{rest}")).unwrap();
        let before = folder.names();
        let (run, run_code) = told(&folder, "run p.toml");
        let (check, check_code) = told(&folder, "run p.toml --check");
        assert!(run.contains(code) && run.contains(why), "{input} {rest}{run}");
        assert!(!run.contains("--"), "a flag in a message about a file: {run}");
        if let Some(line) = line {
            assert!(run.contains(line), "{rest}{run}");
        }
        assert_eq!((check, check_code), (run, run_code), "{input} {rest}");
        assert_eq!(folder.names(), before, "{rest}");
    }
}

#[test]
fn an_empty_list_of_a_step_is_an_error_wherever_the_step_stands() {
    for (step, what) in [
        (
            "kind = \"select\"\ncolumns = []",
            "the step select: expected names of columns, found an empty list",
        ),
        (
            "kind = \"exclude\"\ncolumns = []",
            "the step exclude: expected names of columns, found an empty list",
        ),
        ("kind = \"where\"\ncondition = []", "the step where: expected a condition, found an empty list"),
        (
            "kind = \"select\"\ncolumns = [\"cost\", \"cost\"]",
            "the step select: column \"cost\" is selected twice",
        ),
    ] {
        let naming = "[[step]]\nkind = \"naming\"\nnames = \"xes\"\n";
        for before in ["", naming] {
            let text = format!(
                "[source]\ninputs = \"log.csv\"\n{before}[[step]]\n{step}\n[[target]]\npath = \"a.parquet\"\n"
            );
            let folder = Folder::with_log().with("p.toml", text);
            let line = if before.is_empty() { "line 3" } else { "line 6" };
            folder
                .run("run p.toml")
                .assert()
                .code(2)
                .stderr(contains("LF515").and(contains(what)).and(contains(line)));
        }
    }
}

#[test]
fn values_of_variables_stand_in_no_error_warning_and_metadata() {
    let text = r#"
[source]
inputs = "${IN:-log.csv}"
json_path = "/${SECRET}"
from = "csv"
[[step]]
kind = "where"
condition = "activity != '${SECRET}' and cost > 2"
[[target]]
path = "out.parquet"
force = true
"#;
    let folder = Folder::with_log().with("hunter2.csv", DIRTY).with("p.toml", text);
    let run = |command: &str, input: Option<&str>| {
        let mut command = folder.run(command);
        command.env("SECRET", "hunter2").env_remove("IN");
        if let Some(input) = input {
            command.env("IN", input);
        }
        command.output().unwrap()
    };
    let done = run("run p.toml", None);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success() && !said.contains("hunter2"), "{said}");
    let bytes = std::fs::read(folder.path("out.parquet")).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(!has("hunter2") && has("activity != '${SECRET}' and cost > 2"));
    assert_eq!(folder.values("out.parquet").len(), 1);
    for (command, input) in [
        ("run p.toml", "hunter2.csv"),
        ("run p.toml --report json", "hunter2.csv"),
        ("run p.toml", "nothing-hunter2.csv"),
        ("run p.toml --check", "nothing-hunter2.csv"),
        ("run p.toml --set step.0.condition=hunter2=1", "log.csv"),
        ("run p.toml --set source.delimiter=hunter2", "hunter2-not-there.csv"),
        ("run p.toml --set source.skip_lines=${SECRET}", "log.csv"),
    ] {
        let failed = run(command, Some(input));
        let said = String::from_utf8([failed.stdout, failed.stderr].concat()).unwrap();
        assert!(!failed.status.success(), "{command}: {said}");
        assert!(said.contains("${"), "{command}: {said}");
        if !command.contains("hunter2") {
            assert!(!said.contains("hunter2"), "{command} {input}: {said}");
        }
    }
}

#[test]
fn values_that_the_command_line_sets_may_have_variables() {
    let folder = Folder::with_log().with(
        "p.toml",
        "[source]\ninputs = \"log.csv\"\nnull_words = \"x\"\n[[target]]\npath = \"a.parquet\"\n",
    );
    let mut command = folder.run("run p.toml");
    command.args(["--set", "target.path=${NAME}.parquet", "--set", "run.threads=${N:-2}"]);
    command.args(["--set", "source.null_words=$${n}"]).env("NAME", "named").assert().success();
    assert!(folder.has("named.parquet"));
    let mut command = folder.run("run p.toml --set target.path=${NOT_SET_HERE}");
    command.assert().code(2).stderr(contains("LF514").and(contains("set target.path")));
}

#[test]
fn mistakes_of_set_are_told_with_what_to_write() {
    let text = "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"a.parquet\"\n[[target]]\npath = \"b.parquet\"\n";
    let folder = Folder::with_log().with("p.toml", text);
    for (set, code, right) in [
        ("threads", "LF512", "expected KEY=VALUE"),
        ("threads=4", "LF512", "needs the section that it is in"),
        ("run.thread=4", "LF512", "did you mean threads?"),
        ("run.threads=four", "LF513", "expected a whole number, found the text \"four\""),
        ("target.path=c", "LF512", "write target.N.path with N from 0 to 1"),
        ("target.3.path=c", "LF512", "the next is target.2"),
        ("target.first.path=c", "LF512", "target.N.first"),
        ("source.inputs.a=c", "LF512", "has no key \"a\""),
        ("source..inputs=c", "LF512", "names between points"),
        ("sources.inputs=c", "LF512", "did you mean source?"),
        ("step.0.columns=a", "LF515", "the key kind is missing"),
        ("target.1.kind=tables", "LF513", "expected log or report or stats or inspect or view"),
    ] {
        let all = contains(code).and(contains(right)).and(contains(format!("set {set}")));
        folder.run(&format!("run p.toml --set {set}")).assert().code(2).stderr(all);
    }
    assert_eq!(folder.names(), ["log.csv", "p.toml"]);
}

#[test]
fn paths_of_a_pipeline_from_a_pipe_are_from_the_working_folder() {
    let folder = Folder::new().with("data/log.csv", LOG).with(
        "jobs/p.toml",
        "[source]\ninputs = \"data/log.csv\"\n[[target]]\npath = \"data/out.parquet\"\n",
    );
    let fifo = folder.path("jobs/pipe");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let text = folder.text("jobs/p.toml");
    let writer = std::thread::spawn(move || std::fs::write(fifo, text).unwrap());
    folder.run("run jobs/pipe").assert().success();
    writer.join().unwrap();
    assert!(folder.has("data/out.parquet"));
}

#[test]
fn warnings_about_the_inputs_are_part_of_the_explanation() {
    let folder = Folder::new()
        .with("log.csv", "case_id,note,note\n1,a,b\n")
        .with("p.toml", "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"a.parquet\"\n");
    let plan = folder.run("run p.toml --check --format json").output().unwrap();
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let codes: Vec<&str> = plan["logs"][0]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"LW203"), "{codes:?}");
    let text = folder.run("run p.toml --check").assert().success().get_output().stdout.clone();
    let text = String::from_utf8(text).unwrap();
    for code in codes {
        assert!(text.contains(&format!("warning {code}: ")), "{code}: {text}");
    }
}

#[test]
fn a_dollar_and_a_brace_come_back_as_they_are() {
    let folder = Folder::new().with("log.csv", "case_id,activity\n1,${A}\n2,b\n");
    let condition = "activity = '${A}'";
    let convert = |more: &[&str]| {
        let mut command = folder.run("convert log.csv -o out.parquet --where");
        command.arg(condition).args(more).output().unwrap()
    };
    let printed = convert(&["--print-pipeline"]);
    let folder = Folder::new().with("log.csv", folder.text("log.csv")).with("p.toml", &printed.stdout);
    let checked = folder.run("run p.toml --check").output().unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    let command = text.lines().last().unwrap().trim();
    assert_eq!(command, "logflow convert log.csv -o out.parquet --where 'activity = '\\''${A}'\\'''");
    folder.run("run p.toml").assert().success();
    assert_eq!(folder.values("out.parquet"), ["1|${A}"]);
}
