//! The registry of formats: what `--from` accepts, and what it overrules.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

fn table() -> RecordBatch {
    let columns: [(&str, ArrayRef); 2] = [
        ("case_id", Arc::new(StringArray::from(vec!["1", "2"]))),
        ("amount", Arc::new(Int64Array::from(vec![7, 8]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn a_named_typed_format_overrules_the_name_of_the_file() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o log.parquet").assert().success();
    std::fs::copy(folder.path("log.parquet"), folder.path("parquet.csv")).unwrap();
    let batch = table();
    let mut file =
        FileWriter::try_new(File::create(folder.path("file.csv")).unwrap(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    file.finish().unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    let stream = stream.into_inner().unwrap();

    folder.run("convert parquet.csv -o a.parquet").assert().code(1).stderr(contains("LF108"));
    folder.run("convert parquet.csv -o a.parquet --from parquet").assert().success();
    assert_eq!(folder.rows("a.parquet"), folder.rows("log.parquet"));
    folder.run("convert file.csv -o b.parquet --from arrow").assert().success();
    folder.run("convert - -o c.parquet --from arrow").write_stdin(stream).assert().success();
    assert_eq!(folder.rows("b.parquet"), 2);
    assert_eq!(folder.rows("b.parquet"), folder.rows("c.parquet"));
    folder.run("schema file.csv --from arrow").assert().success().stdout(contains("amount"));
}

#[test]
fn what_is_not_in_the_named_typed_format_is_refused_with_what_it_looks_like() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o log.parquet").assert().success();
    for (input, from) in [("log.csv", "parquet"), ("log.csv", "arrow"), ("log.parquet", "arrow")] {
        let told = folder.run(&format!("convert {input} -o out.parquet --from {from}")).assert().code(1);
        told.stderr(contains("LF401").and(contains(format!("expected {from}, found what looks like"))));
    }
    assert_eq!(folder.names(), ["log.csv", "log.parquet"]);
}

#[test]
fn from_accepts_every_format_and_says_which_these_are() {
    let folder = Folder::with_log();
    let told = folder.run("convert log.csv -o x.parquet --from nonsense").assert().code(2);
    // Formats of text stand before the others.
    told.stderr(contains("csv, xes, json, jsonl, ocel-csv, ").and(contains(", parquet, arrow, excel]")));
    let told = folder.run("validate log.csv --from csv").assert().code(2);
    told.stderr(contains("[possible values: xes, ocel-json, ocel-xml, ocel-sqlite"));
}
