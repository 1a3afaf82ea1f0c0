//! `logflow convert`: inputs, outputs, bad rows.

use parquet::file::reader::FileReader;
use predicates::prelude::*;
use predicates::str::contains;

use crate::{DIRTY, Folder, LOG, reader};

#[test]
fn a_log_becomes_parquet_with_types() {
    let folder = Folder::with_log();
    folder
        .run("convert log.csv -o log.parquet")
        .assert()
        .success()
        .stdout("")
        .stderr(contains("records 3 = rows 3 + rejected 0"));
    assert_eq!(folder.rows("log.parquet"), 3);
    assert_eq!(
        folder.columns("log.parquet"),
        ["case_id INT64", "activity BYTE_ARRAY", "timestamp INT64", "cost DOUBLE"]
    );
    assert!(folder.compression("log.parquet").starts_with("ZSTD"));
}

#[test]
fn an_output_that_exists_is_replaced_only_by_force() {
    let folder = Folder::with_log().with("log.parquet", "old");
    folder
        .run("convert log.csv -o log.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF106").and(contains("--force")));
    assert_eq!(folder.text("log.parquet"), "old");
    folder.run("convert log.csv -o log.parquet --force").assert().success();
    assert_eq!(folder.rows("log.parquet"), 3);
}

#[test]
fn a_bad_row_fails_the_run_and_is_shown() {
    let folder = Folder::new().with("log.csv", DIRTY);
    folder.run("convert log.csv -o log.parquet").assert().code(1).stderr(
        contains("LF201")
            .and(contains("log.csv, byte 68, row 2"))
            .and(contains("1,Check,2024-01-01T09:00:00Z,1,2")),
    );
    assert_eq!(folder.names(), ["log.csv"]);
}

#[test]
fn rejected_rows_go_to_a_file_and_the_code_says_in_part() {
    let folder = Folder::new().with("log.csv", DIRTY);
    folder
        .run("convert log.csv -o log.parquet --on-bad-row reject")
        .assert()
        .code(4)
        .stderr(contains("records 3 = rows 2 + rejected 1").and(contains("log.parquet.rejects.jsonl")));
    assert_eq!(folder.rows("log.parquet"), 2);
    assert!(folder.text("log.parquet.rejects.jsonl").contains("\"LF201\""));
}

#[test]
fn too_many_bad_rows_write_nothing() {
    for limit in ["0", "10%"] {
        let folder = Folder::new().with("log.csv", DIRTY);
        let args = format!("convert log.csv -o log.parquet --on-bad-row reject --max-bad-rows {limit}");
        folder.run(&args).assert().code(1).stderr(contains("LF209"));
        assert_eq!(folder.names(), ["log.csv"]);
    }
}

#[test]
fn several_inputs_become_one_table() {
    let folder = Folder::with_log().with("more.csv", LOG);
    folder.run("convert log.csv more.csv -o all.parquet").assert().success();
    assert_eq!(folder.rows("all.parquet"), 6);
}

#[test]
fn folders_and_patterns_are_walked_in_order() {
    let folder = Folder::new()
        .with("logs/b.csv", LOG)
        .with("logs/a/c.tsv", LOG)
        .with("logs/.d.csv", LOG)
        .with("logs/e.md", "no log");
    folder
        .run("convert logs -o all.parquet --report json")
        .assert()
        .success()
        .stdout(contains("logs/a/c.tsv").and(contains("\"rows\":6")));
    folder.run("convert logs/**/*.csv -o some.parquet").assert().success();
    assert_eq!(folder.rows("some.parquet"), 3);
    folder.run("convert ./logs/*/c.* -o one.parquet").assert().success();
    assert_eq!(folder.rows("one.parquet"), 3);
    folder
        .run("convert *.nothing -o none.parquet")
        .assert()
        .code(1)
        .stderr(contains("no file matches the pattern"));
    folder.run("convert config -o none.parquet").assert().code(1).stderr(contains("LF101"));
}

#[test]
fn each_input_gets_a_file_in_a_folder() {
    let folder = Folder::with_log().with("logs/b.csv", LOG);
    folder.run("convert log.csv logs/b.csv -o out/").assert().success().stderr(contains("2 files written"));
    assert_eq!(folder.names(), ["log.csv", "logs/b.csv", "out/b.parquet", "out/log.parquet"]);
    folder.run("convert log.csv -o out --force").assert().success();
}

#[test]
fn an_input_that_fails_does_not_stop_the_others() {
    let folder = Folder::new().with("a.csv", DIRTY).with("b.csv", LOG);
    folder
        .run("convert a.csv b.csv -o out/")
        .assert()
        .code(4)
        .stderr(contains("LF201").and(contains("1 input failed")));
    assert_eq!(folder.names(), ["a.csv", "b.csv", "out/b.parquet"]);
    folder.run("convert a.csv missing.csv -o none/").assert().code(1).stderr(contains("nothing written"));
}

#[test]
fn two_inputs_of_one_name_keep_the_folders_in_which_they_differ() {
    let folder = Folder::new().with("x/a.csv", LOG).with("y/a.csv", LOG);
    folder.run("convert x/a.csv y/a.csv -o out/").assert().success();
    assert!(folder.has("out/x/a.parquet") && folder.has("out/y/a.parquet"));
}

#[test]
fn standard_input_is_read_when_its_format_is_given() {
    let folder = Folder::new();
    folder.run("convert - -o log.parquet").write_stdin(LOG).assert().code(2).stderr(contains("--from csv"));
    folder.run("convert - --from csv -o log.parquet").write_stdin(LOG).assert().success();
    assert_eq!(folder.rows("log.parquet"), 3);
    folder
        .run("convert - --from csv -o ./")
        .write_stdin(LOG)
        .assert()
        .code(2)
        .stderr(contains("no file name"));
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_nothing() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o new/ -n").assert().success().stderr(
        contains("new/log.parquet would be written")
            .and(contains("timestamp[us, UTC]"))
            .and(contains("Check, twice")),
    );
    folder.run("convert log.csv -n").assert().success();
    assert_eq!(folder.names(), ["log.csv"]);
}

#[test]
fn codecs_are_as_asked() {
    let folder = Folder::with_log();
    for (codec, name) in [
        ("snappy", "SNAPPY"),
        ("gzip:9", "GZIP"),
        ("lz4", "LZ4_RAW"),
        ("brotli", "BROTLI"),
        ("none", "UNCOMPRESSED"),
        ("zstd:1", "ZSTD"),
    ] {
        folder
            .run(&format!("convert log.csv -o out.parquet --force --compression {codec}"))
            .assert()
            .success();
        let found = folder.compression("out.parquet");
        assert!(found.starts_with(name), "{codec}: {found}");
    }
}

#[test]
fn dialect_flags_override_detection() {
    let folder = Folder::new().with("log.txt", "# made by hand\nskip me\n'a|b'\t1,5\n'c'\t2,5\n");
    folder
        .run("convert log.txt -o log.parquet --delimiter \\t --quote ' --header no --comment # --skip-lines 2 --decimal comma")
        .assert()
        .success();
    assert_eq!(folder.rows("log.parquet"), 2);
    assert!(folder.columns("log.parquet")[1].ends_with("DOUBLE"));
}

#[test]
fn columns_are_chosen_and_named() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o a.parquet --select activity,case_id").assert().success();
    assert_eq!(folder.columns("a.parquet"), ["activity BYTE_ARRAY", "case_id INT64"]);
    folder.run("convert log.csv -o b.parquet --exclude cost --naming xes --all-text").assert().success();
    assert_eq!(
        folder.columns("b.parquet"),
        ["case:concept:name BYTE_ARRAY", "concept:name BYTE_ARRAY", "timestamp BYTE_ARRAY"]
    );
}

#[test]
fn every_number_of_threads_and_way_of_reading_gives_the_same_bytes() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o a.parquet --threads 1").assert().success();
    folder.run("convert log.csv -o b.parquet --threads 3 --io read --memory-limit 64MB").assert().success();
    assert_eq!(
        std::fs::read(folder.path("a.parquet")).unwrap(),
        std::fs::read(folder.path("b.parquet")).unwrap()
    );
}

#[test]
fn numbers_are_times_if_their_unit_is_given() {
    let text = |seconds: &str, fraction: &str| {
        format!("case_id,activity,timestamp\n1,a,{seconds}\n1,b,{seconds}{fraction}\n")
    };
    for (word, text, written) in [
        ("unix-s", text("1700000000", ".25"), "2023-11-14 22:13:20.250000 +00:00"),
        ("unix-ms", text("1700000000000", ""), "2023-11-14 22:13:20.000000 +00:00"),
        ("unix-us", text("1700000000000001", ""), "2023-11-14 22:13:20.000001 +00:00"),
    ] {
        let folder = Folder::new().with("log.csv", text);
        let convert = format!("convert log.csv -o log.parquet --timestamp-format {word}");
        folder.run(&convert).assert().success();
        let rows: Vec<_> =
            reader(&folder.path("log.parquet")).get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let time = rows[1].get_column_iter().nth(2).unwrap().1.to_string();
        assert_eq!(time, written);
    }
    let folder = Folder::new().with("log.csv", text("1700000000000000001", ""));
    folder.run("convert log.csv -o log.parquet --timestamp-format unix-ns").assert().success();
    assert_eq!(folder.columns("log.parquet")[2], "timestamp INT64");
    folder
        .run("convert log.csv -o no.parquet --timestamp-format unix")
        .assert()
        .code(2)
        .stderr(contains("unix-ms"));
}

#[test]
fn another_format_is_refused_unless_it_is_said_to_be_csv() {
    let folder = Folder::new().with("log.xml", "<ocel>\n</ocel>\n");
    folder
        .run("convert log.xml -o log.parquet")
        .assert()
        .code(1)
        .stderr(contains("OCEL").and(contains("--from csv")));
    folder.run("convert log.xml -o log.parquet --from csv").assert().success();
}

#[test]
fn xes_naming_makes_the_case_text_as_pm4py_wants_it() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o a.parquet --naming xes").assert().success();
    assert_eq!(folder.columns("a.parquet")[0], "case:concept:name BYTE_ARRAY");
}

#[test]
fn a_column_that_bears_the_name_of_another_ones_role_is_put_aside() {
    let text =
        "case_id,case:concept:name,case:concept:name@2,activity,timestamp\n1,x,y,a,2024-01-01T00:00:00Z\n";
    let folder = Folder::new().with("log.csv", text);
    let told = folder.run("convert log.csv -o a.parquet --naming xes --case-id case_id").assert().success();
    told.stderr(contains("column \"case:concept:name\" is \"case:concept:name@3\" in the output"));
    let names =
        ["case:concept:name", "case:concept:name@3", "case:concept:name@2", "concept:name", "time:timestamp"];
    let found = folder.columns("a.parquet");
    let found: Vec<&str> = found.iter().filter_map(|column| column.split(" ").next()).collect();
    assert_eq!(found, names);
    // Without a wish the column that is called so is the case.
    let told = folder.run("convert log.csv -o b.parquet --naming xes").assert().success();
    told.stderr(contains("in the output").not());
}
