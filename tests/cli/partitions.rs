//! Folders named `key=value`, and folders of Parquet and Arrow files: which files are read, and which columns the paths add.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use arrow::ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{Folder, LOG};

/// Writes a Parquet file, or an Arrow file if its name says so, with the folders that it is in.
fn write(folder: &Folder, name: &str, columns: &[(&str, ArrayRef)]) {
    let path = folder.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let columns = columns.iter().map(|(name, column)| (*name, Arc::clone(column), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let file = File::create(path).unwrap();
    match name.ends_with(".arrow") {
        true => {
            let mut writer = FileWriter::try_new(file, &batch.schema()).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
        }
        false => {
            let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
        }
    }
}

fn numbers(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

/// A file with one column `x` of these numbers.
fn with_numbers(folder: &Folder, name: &str, values: &[i64]) {
    write(folder, name, &[("x", numbers(values))]);
}

/// The columns of a Parquet file and their types.
fn types(path: &Path) -> Vec<(String, DataType)> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let fields = builder.schema().fields().iter();
    fields.map(|field| (field.name().clone(), field.data_type().clone())).collect()
}

fn named(types: &[(&str, DataType)]) -> Vec<(String, DataType)> {
    types.iter().map(|(name, data_type)| ((*name).to_owned(), data_type.clone())).collect()
}

/// A data set of three files as Spark leaves it, with what it writes beside them.
fn data_set() -> Folder {
    let folder = Folder::new();
    with_numbers(&folder, "log/year=2023/month=12/part-0.parquet", &[1, 2]);
    with_numbers(&folder, "log/year=2024/month=01/part-0.parquet", &[3]);
    with_numbers(&folder, "log/year=__HIVE_DEFAULT_PARTITION__/month=01/part-0.parquet", &[4]);
    with_numbers(&folder, "log/_metadata", &[9]);
    with_numbers(&folder, "log/_temporary/0/part-0.parquet", &[9]);
    folder.with("log/_SUCCESS", "").with("log/year=2024/month=01/.part-0.parquet.crc", "crc")
}

#[test]
fn the_keys_of_folders_are_columns_with_the_types_of_their_values() {
    let folder = data_set();
    let keys = [("x", DataType::Int64), ("year", DataType::Int64), ("month", DataType::Utf8)];
    for (number, words) in
        ["log", "log/", "log/**/*.parquet", "log/*/*/*.parquet", "./log"].iter().enumerate()
    {
        let output = format!("{number}.parquet");
        // What stands beside every data set is no news.
        let told = folder.run(&format!("convert {words} -o {output}")).assert().success();
        told.stderr(contains("_SUCCESS").not().and(contains("_metadata").not()).and(contains(".crc").not()));
        assert_eq!(folder.values(&output), ["1|2023|12", "2|2023|12", "3|2024|01", "4|null|01"], "{words}");
        assert_eq!(types(&folder.path(&output)), named(&keys));
    }
    folder.run("convert log -o v.parquet -v").assert().success().stderr(
        contains("log/_SUCCESS: written beside the files")
            .and(contains("log/_metadata: written beside"))
            .and(contains("part-0.parquet.crc"))
            .and(contains("_temporary/0/part-0.parquet: its name, or that of its folder, begins with _")),
    );
    let out = folder.run("convert log -o r.parquet --report json").output().unwrap().stdout;
    let skipped: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|it| it["status"] == "skipped")
        .map(|it| it["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(skipped.len(), 4, "{skipped:?}");
    // The same bytes however the files are read.
    for flags in ["-j 1", "-j 3 --io read", "--io mmap"] {
        folder.run(&format!("convert log -o same.parquet --force {flags}")).assert().success();
        let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
        assert!(bytes("same.parquet") == bytes("1.parquet"), "{flags}");
    }
}

#[test]
fn rows_and_columns_are_chosen_by_keys_and_a_schema_has_them() {
    let folder = data_set();
    let mut command = folder.run("convert log -o a.parquet --select month,x");
    command.args(["--where", "year = 2024 or year is null"]).assert().success();
    assert_eq!(folder.values("a.parquet"), ["01|3", "01|4"]);
    folder.run("convert log -o b.parquet --select year").assert().success();
    assert_eq!(folder.values("b.parquet"), ["2023", "2023", "2024", "null"]);
    folder.run("convert log -o c.parquet --exclude year,month").assert().success();
    assert_eq!(folder.values("c.parquet"), ["1", "2", "3", "4"]);
    let schema = crate::found(&folder, "log");
    assert_eq!((schema["records"].as_u64(), crate::type_of(&schema, "year")), (Some(4), "int64"));
    let year = schema["columns"].as_array().unwrap().iter().find(|it| it["name"] == "year").unwrap();
    assert_eq!(year["nulls"], 1);
    folder.run("convert log -n").assert().success().stderr(contains("year").and(contains("month")));
    folder.run("convert log -o d.xes --activity month --case-id year").assert().success();
    let log = folder.text("d.xes");
    assert_eq!((log.matches("<event>").count(), log.matches("<trace>").count()), (4, 2), "{log}");
}

#[test]
fn values_of_keys_are_decoded_and_typed_by_all_of_them() {
    let folder = Folder::new();
    with_numbers(&folder, "a/k=true/d=2024-02-29/a%20b=x%2Fy/1.parquet", &[1]);
    with_numbers(&folder, "a/k=false/d=1999-12-31/a%20b=/2.parquet", &[2]);
    folder.run("convert a -o a.parquet").assert().success();
    let expected =
        [("x", DataType::Int64), ("k", DataType::Boolean), ("d", DataType::Date32), ("a b", DataType::Utf8)];
    assert_eq!(types(&folder.path("a.parquet")), named(&expected));
    assert_eq!(folder.values("a.parquet"), ["2|false|1999-12-31|", "1|true|2024-02-29|x/y"]);
    with_numbers(&folder, "b/v=1.5/1.parquet", &[1]);
    with_numbers(&folder, "b/v=1.50/2.parquet", &[2]);
    folder.run("convert b -o b.parquet").assert().success();
    assert_eq!(folder.values("b.parquet"), ["1|1.5", "2|1.50"]);
    assert_eq!(types(&folder.path("b.parquet"))[1].1, DataType::Utf8);
}

#[test]
fn a_key_that_a_file_lacks_is_null_and_a_column_of_its_name_must_agree() {
    let folder = Folder::new();
    with_numbers(&folder, "a/k=1/a.parquet", &[1]);
    with_numbers(&folder, "a/l=x/a.parquet", &[2]);
    with_numbers(&folder, "a/z.parquet", &[3]);
    write(&folder, "a/zz.parquet", &[("x", numbers(&[4])), ("y", numbers(&[5]))]);
    folder.run("convert a -o a.parquet").assert().success();
    // Keys stand behind the columns of all files.
    assert_eq!(
        folder.values("a.parquet"),
        ["1|null|1|null", "2|null|null|x", "3|null|null|null", "4|5|null|null"]
    );
    let days: ArrayRef = Arc::new(Date32Array::from(vec![19_722, 19_722]));
    let month: ArrayRef = Arc::new(StringArray::from(vec!["01", "01"]));
    let file = [("k", numbers(&[7, 7])), ("d", days), ("m", month), ("x", numbers(&[1, 2]))];
    write(&folder, "b/k=7/d=2023-12-31/m=01/a.parquet", &file);
    folder.run("convert b -o b.parquet").assert().success();
    assert_eq!(folder.values("b.parquet"), ["7|2023-12-31|01|1", "7|2023-12-31|01|2"]);
    // Another file has it from its path alone.
    with_numbers(&folder, "b/k=8/d=2024-01-01/m=2/b.parquet", &[3]);
    folder.run("convert b -o c.parquet").assert().success();
    assert_eq!(folder.values("c.parquet").last().unwrap(), "8|2024-01-01|2|3");
    for (name, column, what) in [
        ("d/k=8/a.parquet", numbers(&[8, 7]), "the folder says k=8, and the value in the file is 7"),
        ("e/k=x/a.parquet", numbers(&[8]), "the folder says k=x, and column \"k\" is of type Int64"),
        (
            "f/k=8/a.parquet",
            Arc::new(Int64Array::from(vec![Some(8), None])) as ArrayRef,
            "the value in the file is null",
        ),
    ] {
        write(&folder, name, &[("k", column)]);
        let told = folder.run(&format!("convert {} -o no.parquet", &name[..1])).assert().code(1);
        told.stderr(contains("LF504").and(contains(what)).and(contains(name)));
    }
    with_numbers(&folder, "g/k=1/k=2/a.parquet", &[1]);
    folder.run("convert g -o no.parquet").assert().code(1).stderr(contains("the path says k=1 and k=2"));
    assert!(!folder.has("no.parquet"));
}

#[test]
fn outputs_in_a_folder_keep_the_keys_in_their_paths_and_no_key_is_lost() {
    let folder = data_set();
    folder.run("convert log -o out/").assert().success();
    assert_eq!(folder.values("out/year=2023/month=12/part-0.parquet"), ["1", "2"]);
    // The folders of the output are no longer named by the year.
    folder.run("convert log/year=2023 -o two/").assert().success();
    assert_eq!(folder.values("two/month=12/part-0.parquet"), ["1|2023", "2|2023"]);
    folder.run("convert log/year=2024/month=01/part-0.parquet -o one.parquet").assert().success();
    assert_eq!(folder.values("one.parquet"), ["3|2024|01"]);
    std::fs::create_dir_all(folder.path("three/year=2023")).unwrap();
    folder.run("convert log/year=2023 -o three/year=2023/all.parquet").assert().success();
    assert_eq!(folder.values("three/year=2023/all.parquet"), ["1|12", "2|12"]);
}

#[test]
fn parquet_and_arrow_files_of_a_folder_are_inputs_unless_logs_of_other_formats_are_there() {
    let folder = Folder::new();
    with_numbers(&folder, "a/1.parquet", &[1]);
    with_numbers(&folder, "a/b/2.arrow", &[2]);
    with_numbers(&folder, "a/b/part", &[3]);
    let folder = folder.with("a/readme.md", "# A table\n\na | b\n");
    folder.run("convert a -o all.parquet").assert().success().stderr(contains("readme.md"));
    assert_eq!(folder.values("all.parquet"), ["1", "2", "3"]);
    folder.run("convert a -o out/").assert().success();
    for (name, value) in [("1.parquet", "1"), ("b/2.parquet", "2"), ("b/part.parquet", "3")] {
        assert_eq!(folder.values(&format!("out/{name}")), [value]);
    }
    folder.run("schema a").assert().success().stdout(contains("int64"));
    folder.run("validate a").assert().failure();
    // A log of another format is there as well.
    let folder = folder.with("a/log.csv", LOG);
    folder.run("convert a -o logs/").assert().success().stderr(
        contains("a/1.parquet: a Parquet or Arrow file beside logs of other formats")
            .and(contains("a/b/2.arrow")),
    );
    assert!(folder.has("logs/log.parquet") && !folder.has("logs/1.parquet"));
    folder.run("convert a/**/*.parquet -o named.parquet").assert().success();
    assert_eq!(folder.values("named.parquet"), ["1"]);
    // What is called Parquet and is not has failed.
    let folder = Folder::new().with("a/x.parquet", "no Parquet").with("a/y.parquet", "");
    with_numbers(&folder, "a/1.parquet", &[1]);
    folder.run("convert a -o out/").assert().code(4).stderr(contains("x.parquet").and(contains("y.parquet")));
    assert!(folder.has("out/1.parquet"));
    folder.run("convert a -o no.parquet").assert().failure();
}

#[test]
fn tables_whose_own_metadata_tells_which_files_count_are_not_read_as_folders() {
    for (mark, name) in [
        ("_delta_log/00000000000000000000.json", "a Delta Lake table"),
        (".hoodie/hoodie.properties", "an Apache Hudi table"),
        ("metadata/v1.metadata.json", "an Apache Iceberg table"),
    ] {
        let folder = Folder::new().with(&format!("t/{mark}"), "{}");
        with_numbers(&folder, "t/part-0.parquet", &[1]);
        with_numbers(&folder, "one.parquet", &[2]);
        let told = folder.run("convert t -o no.parquet").assert().code(1);
        told.stderr(contains("LF108").and(contains(name)).and(contains("'t/**/*.parquet'")));
        folder.run("convert t/**/*.parquet -o all.parquet").assert().success();
        assert_eq!(folder.values("all.parquet"), ["1"]);
        std::fs::create_dir(folder.path("u")).unwrap();
        std::fs::rename(folder.path("t"), folder.path("u/t")).unwrap();
        std::fs::rename(folder.path("one.parquet"), folder.path("u/one.parquet")).unwrap();
        folder.run("convert u -o u.parquet").assert().success().stderr(contains(name));
        assert_eq!(folder.values("u.parquet"), ["2"]);
    }
}

#[test]
fn what_programs_write_beside_a_data_set_is_counted_and_a_log_that_is_called_alike_is_read() {
    let folder = Folder::new()
        .with("log/a.csv", LOG)
        .with("log/_started_orders.csv", LOG)
        .with("log/_SUCCESS", "")
        .with("log/_started_170", "")
        .with("log/.a.csv.crc", "crc")
        .with("log/sums.crc", "deadbeef");
    let told = folder.run("convert log -o out/").assert().success();
    told.stderr(
        contains("3 files without rows that programs write beside a data set; --verbose lists them")
            .and(contains("log/sums.crc: "))
            .and(contains("_SUCCESS").not()),
    );
    assert_eq!(folder.values("out/_started_orders.parquet"), folder.values("out/a.parquet"));
    let told = folder.run("convert log -o all/ -v").assert().success();
    told.stderr(
        contains("log/_SUCCESS: written beside").and(contains("programs write beside a data set").not()),
    );
}
