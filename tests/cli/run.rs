//! `logflow run`: pipeline files with their steps, targets, variables and mistakes.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder, LOG};

const PIPELINE: &str = r#"
[source]
inputs = "log.csv"

[[step]]
kind = "where"
condition = "cost > 2"

[[step]]
kind = "select"
columns = ["case_id", "cost"]

[[target]]
path = "out.parquet"

[[target]]
kind = "report"
path = "report.json"
"#;

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&folder.text(name)).unwrap()
}

#[test]
fn a_pipeline_reads_steps_and_writes_a_table_and_a_report_in_one_pass() {
    let folder = Folder::with_log().with("p.toml", PIPELINE);
    folder.run("run p.toml").assert().success().stderr(contains("filtered 2"));
    assert_eq!(folder.values("out.parquet"), ["2|2.5"]);
    let report = json(&folder, "report.json");
    let run = &report["runs"][0];
    assert_eq!(run["output"], "out.parquet");
    assert_eq!(run["rows"], 1);
    assert_eq!(run["steps"][0]["name"], "where");
    assert_eq!(run["steps"][0]["removed_rows"], 2);
    assert!(run.get("seconds").is_none() && run.get("workers").is_none());
}

#[test]
fn the_report_is_the_same_at_any_number_of_threads() {
    let folder =
        Folder::new().with("p.toml", PIPELINE.replace("cost > 2", "amount > 500").replace("cost", "amount"));
    folder.run("generate --events 20k -o log.csv -q").assert().success();
    let mut texts = Vec::new();
    for threads in [1, 3, 8] {
        let set = format!(
            "run p.toml --set run.threads={threads} --set target.0.force=true --set target.1.force=true --set step.0.condition=case_id!='none' --set step.1.columns=[\"case_id\"]"
        );
        folder.run(&set).assert().success();
        texts.push((folder.text("report.json"), std::fs::read(folder.path("out.parquet")).unwrap()));
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn several_outputs_of_one_pass_are_those_of_runs_of_their_own() {
    let pipeline = "[source]\ninputs = \"log.csv\"\n\
        [[target]]\npath = \"a.parquet\"\ntables = false\n\
        [[target]]\npath = \"b.parquet\"\ncompression = \"snappy\"\n\
        [[target]]\npath = \"c.xes\"\n\
        [[target]]\nkind = \"report\"\npath = \"r.json\"\n";
    let folder = Folder::new().with("p.toml", pipeline);
    folder.run("generate --events 3000 -o log.csv -q").assert().success();
    folder.run("run p.toml").assert().success();
    folder.run("convert log.csv -o a1.parquet").assert().success();
    folder.run("convert log.csv -o b1.parquet --compression snappy").assert().success();
    folder.run("convert log.csv -o c1.xes").assert().success();
    for (ours, own) in [("a.parquet", "a1.parquet"), ("b.parquet", "b1.parquet"), ("c.xes", "c1.xes")] {
        let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
        assert!(bytes(ours) == bytes(own), "{ours}");
    }
    let outputs = json(&folder, "r.json")["runs"][0]["outputs"].clone();
    let names: Vec<&str> =
        outputs.as_array().unwrap().iter().map(|it| it["output"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.parquet", "b.parquet", "c.xes"]);
}

#[test]
fn an_object_centric_log_has_several_outputs_too() {
    let pipeline =
        "[source]\ninputs = \"o.json\"\n[[target]]\npath = \"bundle\"\n[[target]]\npath = \"o.xml\"\n";
    let folder = Folder::new().with("p.toml", pipeline);
    folder.run("generate --format ocel-json --events 60 -o o.json -q").assert().success();
    folder.run("run p.toml").assert().success();
    folder.run("convert o.json -o other").assert().success();
    folder.run("convert o.json -o other.xml").assert().success();
    assert_eq!(folder.text("o.xml"), folder.text("other.xml"));
    assert_eq!(folder.text("bundle/ocel-meta.json"), folder.text("other/ocel-meta.json"));
    let step =
        "[[step]]\nkind = \"select\"\ncolumns = \"a\"\n[[step]]\nkind = \"where\"\ncondition = \"a = 1\"\n";
    let folder = folder.with("q.toml", format!("{pipeline}{step}"));
    folder
        .run("run q.toml --check")
        .assert()
        .code(2)
        .stderr(contains("LF515").and(contains("object-centric")));
}

#[test]
fn steps_are_for_the_rows_of_a_flattened_log() {
    let pipeline = "[source]\ninputs = \"o.json\"\n[[step]]\nkind = \"where\"\ncondition = \"activity = 'place order'\"\n\
        [[step]]\nkind = \"select\"\ncolumns = [\"activity\"]\n\
        [[target]]\npath = \"f.parquet\"\nflatten = \"order\"\n[[target]]\nkind = \"report\"\npath = \"r.json\"\n";
    let folder = Folder::new();
    folder.run("generate --format ocel-json --events 60 -o o.json -q").assert().success();
    folder.run("convert o.json -o all.parquet --flatten order").assert().success();
    let name = "concept:name";
    let folder = folder.with("p.toml", pipeline.replace("activity", name));
    folder.run("run p.toml --check").assert().success().stdout(contains("flattened first"));
    folder.run("run p.toml").assert().success();
    assert_eq!(folder.columns("f.parquet"), [format!("{name} BYTE_ARRAY")]);
    let all = folder.values("all.parquet").iter().filter(|row| row.contains("place order")).count();
    assert!(all > 0);
    assert_eq!(folder.rows("f.parquet"), all as i64);
    assert_eq!(json(&folder, "r.json")["runs"][0]["rows"], all);
}

#[test]
fn no_output_appears_if_one_of_several_cannot() {
    let pipeline = "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"a.parquet\"\n[[target]]\npath = \"b.parquet\"\n";
    let folder = Folder::with_log().with("p.toml", pipeline).with("b.parquet", "old");
    for command in ["run p.toml", "run p.toml --check"] {
        folder.run(command).assert().code(1).stderr(contains("LF106").and(contains("b.parquet")));
    }
    assert!(!folder.has("a.parquet"));
    let folder = folder.with("dirty.csv", DIRTY);
    folder
        .run("run p.toml --set source.inputs=dirty.csv --set target.1.force=true")
        .assert()
        .code(1)
        .stderr(contains("LF201"));
    assert!(!folder.has("a.parquet"));
    assert_eq!(folder.text("b.parquet"), "old");
}

#[test]
fn targets_that_one_pass_cannot_write_are_refused_with_the_reason() {
    let folder = Folder::with_log();
    let source = "[source]\ninputs = \"log.csv\"\n";
    for (targets, why) in [
        ("path = \"a.parquet\"\n[[target]]\npath = \"b.parquet\"\nrow_group_size = \"5rows\"", "row groups"),
        ("path = \"a.parquet\"\n[[target]]\npath = \"a.parquet\"", "two targets write a.parquet"),
        ("path = \"a.parquet\"\n[[target]]\npath = \"out/\"", "is a folder"),
        ("path = \"a.parquet\"\n[[target]]\npath = \"b\"\nflatten = \"order\"", "makes a log of its own"),
        (
            "path = \"a.parquet\"\n[[target]]\nkind = \"report\"\npath = \"r\"\n[[target]]\nkind = \"report\"\npath = \"s\"",
            "second report",
        ),
    ] {
        let folder_with = Folder::with_log().with("p.toml", format!("{source}[[target]]\n{targets}\n"));
        folder_with.run("run p.toml").assert().code(2).stderr(contains("LF516").and(contains(why)));
        assert_eq!(folder_with.names(), ["log.csv", "p.toml"]);
    }
    let folder = folder.with("p.toml", source);
    folder.run("run p.toml").assert().code(2).stderr(contains("no target"));
    folder.run("run p.toml --check").assert().success();
}

#[test]
fn each_kind_of_mistake_has_its_code_the_line_and_what_is_right() {
    let good = "[source]\ninputs = \"log.csv\"\n";
    for (text, code, line, right) in [
        ("[source\n", "LF511", "line 1", ""),
        (
            "[source]\ninputs = \"log.csv\"\ndelimter = \",\"\n",
            "LF512",
            "line 3:1",
            "did you mean delimiter?",
        ),
        ("[source]\ninputs = \"log.csv\"\nselect = \"a\"\n", "LF512", "line 3:1", "it is a step"),
        ("[source]\ninputs = \"log.csv\"\nthreads = 2\n", "LF512", "line 3:1", "it is a key of [run]"),
        ("[sorce]\ninputs = \"log.csv\"\n", "LF512", "line 1:2", "did you mean source?"),
        ("[run]\nthreads = 2\n", "LF513", "line 1", "the section [source] is missing"),
        (
            "[source]\ninputs = \"log.csv\"\nstrict = \"yes\"\n",
            "LF513",
            "line 3:10",
            "expected true or false",
        ),
        ("[source]\ninputs = \"log.csv\"\nskip_lines = \"two\"\n", "LF513", "line 3:14", "a whole number"),
        (
            "[source]\ninputs = \"log.csv\"\nheader = \"maybe\"\n",
            "LF513",
            "line 3:10",
            "expected yes or no or auto",
        ),
        ("[source]\ninputs = \"log.csv\"\ncomment = \"ab\"\n", "LF513", "line 3:11", "one ASCII character"),
        ("[source]\ninputs = \"${NOT_SET_HERE}\"\n", "LF514", "line 2:10", "NOT_SET_HERE is not set"),
        ("[source]\ninputs = \"${\"\n", "LF514", "line 2:10", "expected }"),
    ] {
        let folder = Folder::with_log().with("p.toml", text);
        let all = contains(code).and(contains(line)).and(contains(right)).and(contains("p.toml"));
        folder.run("run p.toml").assert().code(2).stderr(all);
    }
    for (text, code, line, right) in [
        ("[[step]]\nkind = \"wehre\"\n", "LF515", "line 4:8", "did you mean where?"),
        ("[[step]]\ncondition = \"a\"\n", "LF515", "line 3", "the key kind is missing"),
        ("[[step]]\nkind = \"select\"\n", "LF515", "line 3", "lacks the key columns"),
        ("[[step]]\nkind = \"select\"\ncolums = \"a\"\n", "LF512", "line 5:1", "did you mean columns?"),
        ("[[step]]\nkind = \"where\"\ncondition = \"a >\"\n", "LF513", "line 5:13", "condition"),
        ("[step]\nkind = \"where\"\n", "LF513", "line 3", "two brackets"),
        ("[[target]]\nforce = true\n", "LF516", "line 3", "lacks the key path"),
        ("[[target]]\npath = \"a\"\nlayout = \"flat\"\n", "LF513", "line 5:10", "bundle or pm4py or oceldb"),
        ("[[target]]\nkind = \"table\"\npath = \"a\"\n", "LF513", "line 4:8", "log or report"),
        ("[run]\nthreads = 0\n", "LF513", "line 4:11", "expected a number from 1"),
    ] {
        let folder = Folder::with_log().with("p.toml", format!("{good}{text}"));
        let all = contains(code).and(contains(line)).and(contains(right)).and(contains("p.toml"));
        folder.run("run p.toml").assert().code(2).stderr(all);
    }
    let folder = Folder::with_log().with("latin.toml", b"[source]\ninputs = \"\xe9\"\n");
    folder.run("run latin.toml").assert().code(2).stderr(contains("LF511").and(contains("UTF-8")));
    folder.run("run nothing.toml").assert().code(2).stderr(contains("LF511").and(contains("nothing.toml")));
    folder.run("run").assert().code(2);
}

#[test]
fn a_column_that_is_not_there_is_told_before_anything_is_written() {
    let folder = Folder::with_log().with("p.toml", PIPELINE.replace("\"cost\"]", "\"costs\"]"));
    for command in ["run p.toml", "run p.toml --check"] {
        folder.run(command).assert().code(2).stderr(contains("LF502").and(contains("costs")));
    }
    assert_eq!(folder.names(), ["log.csv", "p.toml"]);
}

#[test]
fn paths_are_from_the_folder_of_the_file_and_those_of_the_command_line_from_the_working_folder() {
    let folder = Folder::new().with("jobs/log.csv", LOG).with("jobs/p.toml", PIPELINE).with("two.csv", LOG);
    folder.run("run jobs/p.toml").assert().success();
    assert!(folder.has("jobs/out.parquet") && folder.has("jobs/report.json"));
    folder
        .run("run jobs/p.toml --set source.inputs=two.csv --set target.0.path=two.parquet --set target.1.force=true")
        .assert()
        .success();
    assert!(folder.has("two.parquet"));
    let folder = folder.with("log.csv", LOG);
    folder.run("run -").write_stdin(PIPELINE).assert().success();
    assert!(folder.has("out.parquet"));
}

#[test]
fn variables_come_from_the_environment_and_are_not_shown_by_check() {
    let text = PIPELINE
        .replace("cost > 2", "activity != '${SECRET}' and cost > ${LEAST:-2}")
        .replace("[source]", "[run]\nthreads = \"${THREADS}\"\n[source]");
    let folder = Folder::with_log().with("p.toml", text);
    let run = |command: &str| {
        let mut command = folder.run(command);
        command.env("SECRET", "hunter2").env("THREADS", "2").env_remove("LEAST");
        command
    };
    for format in ["text", "json"] {
        let checked = run(&format!("run p.toml --check --format {format}")).output().unwrap();
        let told = String::from_utf8(checked.stdout).unwrap() + &String::from_utf8(checked.stderr).unwrap();
        assert!(checked.status.success(), "{told}");
        assert!(told.contains("${SECRET}") && !told.contains("hunter2"), "{told}");
    }
    let failed = run("run p.toml --check --set step.1.columns=hunter2").output().unwrap();
    let told = String::from_utf8(failed.stderr).unwrap();
    assert!(told.contains("LF502") && !told.contains("hunter2"), "{told}");
    run("run p.toml").assert().success();
    assert_eq!(folder.values("out.parquet"), ["2|2.5"]);
    let wrong = run("run p.toml").env("THREADS", "hunter3").output().unwrap();
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(told.contains("LF513") && told.contains("${THREADS}") && !told.contains("hunter3"), "{told}");
}

#[test]
fn check_explains_the_plan_and_writes_nothing() {
    let folder = Folder::with_log().with("p.toml", PIPELINE);
    let checked = folder.run("run p.toml --check --format json").output().unwrap();
    let plan: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let log = &plan["logs"][0];
    assert_eq!(log["inputs"][0]["format"], "csv");
    assert_eq!(log["kind"], "event log");
    assert_eq!(
        log["tables"][0]["columns"][0],
        serde_json::json!({"name": "case_id", "type": "int64", "role": "case_id"})
    );
    assert_eq!(log["steps"][0]["needs_columns"][0], "cost");
    assert_eq!(log["steps"][0]["removes_rows"], true);
    let names: Vec<&Value> =
        log["steps"][1]["tables"][0]["columns"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["case_id", "cost"]);
    assert_eq!(plan["targets"][1]["kind"], "report");
    assert_eq!(plan["command"], Value::Null);
    assert_eq!(folder.names(), ["log.csv", "p.toml"]);
    let one = PIPELINE.split("[[target]]\nkind").next().unwrap();
    let folder = folder.with("one.toml", one);
    folder
        .run("run one.toml --check")
        .assert()
        .success()
        .stdout(contains("logflow convert log.csv -o out.parquet --where 'cost > 2' --select case_id,cost"));
}

#[test]
fn steps_are_done_in_their_order() {
    let source = "[source]\ninputs = \"log.csv\"\n[[target]]\npath = \"out.parquet\"\nforce = true\n";
    let select = "[[step]]\nkind = \"select\"\ncolumns = [\"case_id\", \"activity\"]\n";
    let keep = "[[step]]\nkind = \"where\"\ncondition = \"cost > 1\"\n";
    let folder = Folder::with_log().with("a.toml", format!("{source}{keep}{select}"));
    folder.run("run a.toml").assert().success();
    assert_eq!(folder.values("out.parquet"), ["1|Register", "2|Register"]);
    // The column is gone by then.
    let folder = folder.with("b.toml", format!("{source}{select}{keep}"));
    folder.run("run b.toml").assert().code(2).stderr(contains("LF502").and(contains("cost")));
    let names = "[[step]]\nkind = \"naming\"\nnames = \"xes\"\n";
    let renamed = "[[step]]\nkind = \"exclude\"\ncolumns = [\"case:concept:name\", \"cost\"]\n";
    let folder = folder.with(
        "c.toml",
        format!("{source}{names}{renamed}{}", keep.replace("cost > 1", "concept:name = 'Register'")),
    );
    folder.run("run c.toml").assert().success();
    assert_eq!(folder.columns("out.parquet"), ["concept:name BYTE_ARRAY", "time:timestamp INT64"]);
    assert_eq!(folder.rows("out.parquet"), 2);
}

#[test]
fn a_folder_of_outputs_has_one_report() {
    let pipeline = "[source]\ninputs = [\"a.csv\", \"b.csv\"]\non_bad_row = \"reject\"\n[[target]]\npath = \"out/\"\n[[target]]\nkind = \"report\"\npath = \"r.json\"\n";
    let folder = Folder::new().with("a.csv", LOG).with("b.csv", DIRTY).with("p.toml", pipeline);
    folder.run("run p.toml").assert().code(4);
    let report = json(&folder, "r.json");
    let runs = report["runs"].as_array().unwrap();
    let rows: Vec<u64> = runs.iter().map(|run| run["rows"].as_u64().unwrap()).collect();
    assert_eq!(rows, [3, 2]);
    assert_eq!(runs[1]["status"], "in part");
    assert_eq!(runs[1]["rejects"], "out/b.parquet.rejects.jsonl");
}

#[test]
fn a_key_without_effect_is_a_warning_that_names_the_key() {
    let folder = Folder::with_log()
        .with("p.toml", PIPELINE.replace("[source]", "[source]\njson_path = \"/a\"\nfrom = \"csv\""));
    folder
        .run("run p.toml")
        .assert()
        .success()
        .stderr(contains("LW501").and(contains("json_path has no effect")));
}

#[test]
fn every_format_is_a_source() {
    let folder = Folder::with_log().with("p.toml", PIPELINE);
    folder.run("convert log.csv -o log.parquet -q").assert().success();
    folder.run("convert log.csv -o log.xes -q").assert().success();
    for input in ["log.parquet", "log.xes"] {
        let set = format!(
            "run p.toml --set source.inputs={input} --set target.0.path={input}.out --set target.1.force=true"
        );
        let (case, cost) =
            if input == "log.xes" { ("case:concept:name", "cost") } else { ("case_id", "cost") };
        let set = format!("{set} --set step.1.columns=[\"{case}\",\"{cost}\"]");
        folder.run(&set).assert().success();
        assert_eq!(folder.values(&format!("{input}.out")), ["2|2.5"]);
    }
}

#[test]
fn the_schema_of_pipeline_files_is_printed() {
    let folder = Folder::new();
    let printed = folder.run("run --json-schema").output().unwrap();
    let schema: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let delimiter = &schema["properties"]["source"]["properties"]["delimiter"];
    assert!(delimiter["description"].as_str().unwrap().contains("CSV"));
    let steps = schema["properties"]["step"]["items"]["oneOf"].as_array().unwrap();
    let kinds: Vec<&str> =
        steps.iter().map(|it| it["properties"]["kind"]["const"].as_str().unwrap()).collect();
    let all = "where filter sample select exclude path-template pseudonymise suppress-rare min-k naming";
    assert_eq!(kinds.join(" "), all);
}

#[test]
fn a_report_never_takes_the_place_of_an_output_or_of_rejected_records() {
    let report = |path: &str| format!("[[target]]\nkind = \"report\"\npath = \"{path}\"\nforce = true\n");
    let many = format!(
        "[source]\ninputs = [\"a.csv\", \"b.csv\"]\n[[target]]\npath = \"out/\"\n{}",
        report("./out/b.parquet")
    );
    let rejects = format!(
        "[source]\ninputs = \"a.csv\"\non_bad_row = \"reject\"\n[[target]]\npath = \"k.parquet\"\n{}",
        report("k.parquet.rejects.jsonl")
    );
    let folder = Folder::new()
        .with("a.csv", LOG)
        .with("b.csv", LOG)
        .with("many.toml", many)
        .with("rejects.toml", rejects);
    for file in ["many.toml", "rejects.toml"] {
        folder.run(&format!("run {file}")).assert().code(2).stderr(contains("LF516"));
    }
    assert!(!folder.names().iter().any(|name| name.contains(".parquet")), "{:?}", folder.names());
}

#[test]
fn text_behind_a_pipeline_in_json_is_refused() {
    let folder = Folder::with_log().with("p.json", "{\"source\": {\"inputs\": \"log.csv\"}} {}");
    folder.run("run p.json --check").assert().code(2).stderr(contains("LF511"));
}
