//! Flag before variable before project file before user file.

use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

const CONVERT: &str = "convert log.csv -o out.parquet --force";

#[test]
fn the_nearest_place_wins() {
    let mut folder = Folder::with_log();
    let expect = |folder: &Folder, variable: Option<&str>, flag: &str, codec: &str| {
        let mut command = folder.run(&format!("{CONVERT} {flag}"));
        if let Some(value) = variable {
            command.env("LOGFLOW_COMPRESSION", value);
        }
        command.assert().success();
        let found = folder.compression("out.parquet");
        assert!(found.starts_with(codec), "expected {codec}, found {found}");
    };
    expect(&folder, None, "", "ZSTD");
    folder = folder.with("config/logflow/config.toml", "compression = \"snappy\"\n");
    expect(&folder, None, "", "SNAPPY");
    folder = folder.with("logflow.toml", "compression = \"gzip\"\n");
    expect(&folder, None, "", "GZIP");
    expect(&folder, Some("lz4"), "", "LZ4");
    expect(&folder, Some("lz4"), "--compression none", "UNCOMPRESSED");
}

#[test]
fn lists_switches_and_numbers_are_read_from_files() {
    let folder = Folder::with_log()
        .with("logflow.toml", "select = [\"cost\", \"case_id\"]\nquiet = true\nforce = true\nthreads = 1\nrow_group_size = \"2rows\"\n");
    folder.run("convert log.csv -o out.parquet").assert().success().stderr("");
    assert_eq!(folder.columns("out.parquet"), ["cost DOUBLE", "case_id INT64"]);
    folder
        .run("convert log.csv -o out.parquet")
        .env("LOGFLOW_QUIET", "0")
        .assert()
        .success()
        .stderr(contains("1 thread\n"));
    folder.run("convert log.csv -o out.parquet --select activity").assert().success();
    assert_eq!(folder.columns("out.parquet"), ["activity BYTE_ARRAY"]);
}

#[test]
fn a_mistake_names_the_place_it_is_in() {
    let folder = Folder::with_log().with("logflow.toml", "compresion = \"zstd\"\n");
    folder
        .run(CONVERT)
        .assert()
        .code(2)
        .stderr(contains("logflow.toml").and(contains("did you mean compression?")));
    let folder = folder.with("logflow.toml", "compression = \"zstd:99\"\n");
    folder.run(CONVERT).assert().code(2).stderr(contains("logflow.toml").and(contains("1-22")));
    let folder = folder.with("logflow.toml", "compression = zstd\n");
    folder.run(CONVERT).assert().code(2).stderr(contains("logflow.toml, byte"));
    let folder = folder.with("logflow.toml", "[convert]\nforce = true\n");
    folder.run(CONVERT).assert().code(2).stderr(contains("logflow.toml"));
    let folder = folder.with("logflow.toml", "");
    folder
        .run(CONVERT)
        .env("LOGFLOW_IO", "fast")
        .assert()
        .code(2)
        .stderr(contains("LOGFLOW_IO").and(contains("mmap")));
    folder.run(CONVERT).env("LOGFLOW_FORCE", "maybe").assert().code(2).stderr(contains("LOGFLOW_FORCE"));
}

#[test]
fn a_broken_file_does_not_hide_the_help() {
    let folder = Folder::new().with("logflow.toml", "nonsense");
    folder.run("--version").assert().success().stdout(contains("logflow "));
    folder.run("convert --help").assert().success().stdout(contains("Examples:"));
}

#[test]
fn variables_of_other_commands_are_ignored() {
    let folder = Folder::with_log();
    folder.run("schema log.csv").env("LOGFLOW_COMPRESSION", "nonsense").assert().success();
    folder.run("schema log.csv").env("LOGFLOW_UNKNOWN", "nonsense").assert().success();
}
