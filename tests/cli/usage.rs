//! Mistakes on the command line: code 2, and a way out.

use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

#[test]
fn every_mistake_comes_with_a_hint() {
    let folder = Folder::with_log();
    for (args, hint) in [
        ("convert log.csv", "-o log.parquet"),
        ("conver log.csv", "'convert'"),
        ("convert log.csv -o x.parquet --compresion zstd", "'--compression'"),
        ("convert log.csv -o x.parquet --compression zstd:99", "1-22"),
        ("convert log.csv -o -", "give a file"),
        ("convert log.csv -o x.parquet --from nonsense", "csv"),
        ("convert log.csv -o x.parquet --max-bad-rows 5", "--on-bad-row reject"),
        ("convert log.csv -o x.parquet --on-bad-row reject --max-bad-rows many", "2.5%"),
        ("convert log.csv log.csv -o x.parquet", "once"),
        ("convert log.csv ./log.csv -o x.parquet", "once"),
        ("convert log.csv -o x.parquet --case-id case", "case_id, activity"),
        ("convert log.csv -o x.parquet --select nothing", "case_id, activity"),
        ("convert log.csv -o x.parquet --case-id cost --activity cost", "one role"),
        ("convert log.csv -o x.parquet --threads 0", "from 1"),
        ("convert log.csv -o x.parquet --memory-limit 1MB", "--memory-limit"),
        ("convert log.csv -o x.parquet --memory-limit much", "MiB"),
        ("convert log.csv -o x.parquet --timezone Europe/Belrin", "Europe/Berlin"),
        ("convert log.csv -o x.parquet --timestamp-format %H", "%d.%m.%Y"),
        ("convert log.csv -o x.parquet --encoding klingon", "utf-16le"),
        ("convert log.csv -o x.parquet --quote ab", "one ASCII character"),
        ("convert log.csv -o x.parquet --quote ; --delimiter ;", "give a different character"),
        ("convert log.csv -o x.parquet --date-order american", "mdy"),
        ("convert log.csv -o x.parquet -q -v", "--verbose"),
        ("schema log.csv --format yaml", "json"),
    ] {
        folder.run(args).assert().code(2).stdout("").stderr(contains("error").and(contains(hint)));
    }
    assert_eq!(folder.names(), ["log.csv"]);
}

#[test]
fn without_a_command_there_is_help() {
    let folder = Folder::new();
    folder.run("").assert().code(2).stderr(contains("Usage:"));
    folder.run("--help").assert().success().stdout(contains("Exit codes:"));
    for command in ["convert", "schema", "generate", "completions", "man"] {
        folder.run(&format!("{command} --help")).assert().success().stdout(contains("Examples:"));
    }
}

#[test]
fn a_name_that_says_another_form_than_what_is_written_is_refused() {
    let folder = Folder::with_log();
    folder.run("generate --format ocel-json --events 20 -o ocel.json").assert().success();
    let before = folder.names();
    for name in
        ["x.csv", "x.JSON", "x.jsonl", "x.txt", "x.ods", "x.sqlite", "x.parquet.gz", "x.xes.zst", "x.zip"]
    {
        let refused = folder.run(&format!("convert log.csv -o {name}")).assert().code(2);
        refused.stderr(contains("LF501").and(contains(".xes.gz")).and(contains(".sqlite")));
        folder
            .run(&format!("convert ocel.json -o {name} --flatten order"))
            .assert()
            .code(2)
            .stderr(contains("LF501"));
        folder.run(&format!("convert log.csv -o {name} -n")).assert().code(2).stderr(contains("LF501"));
    }
    for name in ["x.csv", "x.jsonl", "x.xlsx", "x.json.gz"] {
        let refused = folder.run(&format!("convert ocel.json -o {name}")).assert().code(2);
        refused.stderr(contains("not a name for a folder").and(contains(".sqlite")));
    }
    assert_eq!(folder.names(), before);
    for name in ["x.pq", "x.parq", "x.out", "x", "x.2024", "x.csv/"] {
        folder.run(&format!("convert log.csv -o {name}")).assert().success();
    }
    assert_eq!(folder.rows("x.csv/log.parquet"), folder.rows("x.pq"));
    for name in ["o.out", "o.2024", "o", "o.xml", "o.csv/"] {
        folder.run(&format!("convert ocel.json -o {name}")).assert().success();
    }
}

#[test]
fn standard_input_without_a_format_is_asked_for_any_that_is_read() {
    let asked = Folder::new().run("convert - -o x.parquet").write_stdin("{}").assert().code(2);
    asked.stderr(contains("--from csv, xes, json, jsonl, ocel-json"));
}

#[test]
fn the_output_is_never_the_input() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o log.csv --force").assert().code(1).stderr(contains("LF105"));
    folder.run("convert log.csv -o /dev/null --force").assert().code(1).stderr(contains("LF107"));
    assert!(folder.text("log.csv").starts_with("case_id"));
}

#[test]
fn lines_of_the_help_fit_a_terminal() {
    let folder = Folder::new();
    for command in ["", "convert", "schema", "completions", "man"] {
        let output = folder.run(&format!("{command} --help")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 110, "{command}: {longest}");
    }
}

#[test]
fn messages_name_flags_in_each_output() {
    let rows = "{\"case\": 1, \"n\": 1}\n{\"case\": 2, \"n\": NaN}\n";
    let folder = Folder::new().with("log.jsonl", rows).with("log.csv", "case,n\n1,\"1,234\"\n2,\"2,345\"\n");
    folder.run("convert log.jsonl -o x.parquet").assert().code(1).stderr(
        contains("--json-lenient takes it").and(contains("--on-bad-row reject")).and(contains('⟦').not()),
    );
    folder.run("convert log.jsonl -o x.parquet --on-bad-row reject").assert().code(4);
    assert!(folder.text("x.parquet.rejects.jsonl").contains("; --json-lenient takes it\""));
    for args in ["convert log.csv -o y.parquet --report json", "schema log.csv --format json"] {
        let found = folder.run(args).assert().success();
        found.stdout(contains("decide with `--decimal point` or `--decimal comma`").and(contains('⟦').not()));
    }
    let found = folder.run("schema log.csv").assert().success();
    found.stderr(contains("`--decimal point`").and(contains('⟦').not()));
}
