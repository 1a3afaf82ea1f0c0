//! Parquet and Arrow IPC as inputs: values and types of anyone's files, several files as one table, damaged files.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, LargeStringArray, ListArray, MapBuilder,
    RecordBatch, StringArray, StringBuilder, StringViewArray, StructArray, Time32SecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt64Array,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Int32Type, Schema, TimeUnit};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::data_type::{Int64Type, Int96, Int96Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::FileReader;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::Value;

use crate::{Folder, LOG, reader};

/// Rows of the table below.
const ROWS: i64 = 20_000;

/// A value that is null in every seventh row.
fn some<T>(row: i64, value: T) -> Option<T> {
    (row % 7 != 3).then_some(value)
}

/// A table with a column of each kind of type.
fn table() -> RecordBatch {
    let rows = || 0..ROWS;
    let repeated: DictionaryArray<Int32Type> =
        rows().map(|row| some(row, ["Register", "Check", "Pay"][row as usize % 3])).collect();
    let mut map = MapBuilder::new(None, StringBuilder::new(), arrow::array::Int64Builder::new());
    for row in rows() {
        map.keys().append_value("k");
        map.values().append_option(some(row, row));
        map.append(row % 5 != 1).unwrap();
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("case", Arc::new(StringArray::from_iter_values(rows().map(|row| format!("c{}", row / 10))))),
        ("activity", Arc::new(repeated)),
        ("time", Arc::new(TimestampMicrosecondArray::from_iter_values(rows()).with_timezone("UTC"))),
        (
            "nanos",
            Arc::new(rows().map(|row| some(row, row * 1_000_000_007)).collect::<TimestampNanosecondArray>()),
        ),
        (
            "millis",
            Arc::new(TimestampMillisecondArray::from_iter_values(rows()).with_timezone("Europe/Berlin")),
        ),
        ("seconds", Arc::new(rows().map(|row| some(row, row)).collect::<TimestampSecondArray>())),
        ("large", Arc::new(LargeStringArray::from_iter(rows().map(|row| some(row, format!("{row}")))))),
        (
            "view",
            Arc::new(StringViewArray::from_iter(rows().map(|row| some(row, format!("a longer text {row}"))))),
        ),
        ("i8", Arc::new(rows().map(|row| some(row, (row % 100) as i8)).collect::<Int8Array>())),
        ("i32", Arc::new(rows().map(|row| some(row, row as i32)).collect::<Int32Array>())),
        ("i64", Arc::new(rows().map(|row| some(row, row)).collect::<Int64Array>())),
        ("u64", Arc::new(UInt64Array::from_iter_values(rows().map(|row| u64::MAX - row as u64)))),
        (
            "f16",
            Arc::new(
                cast(
                    &Float32Array::from_iter_values(rows().map(|row| (row % 10) as f32)),
                    &DataType::Float16,
                )
                .unwrap(),
            ),
        ),
        ("f32", Arc::new(rows().map(|row| some(row, row as f32 / 3.0)).collect::<Float32Array>())),
        ("f64", Arc::new(rows().map(|row| some(row, row as f64 / 7.0)).collect::<Float64Array>())),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from_iter_values(rows().map(i128::from))
                    .with_precision_and_scale(20, 2)
                    .unwrap(),
            ),
        ),
        ("flag", Arc::new(rows().map(|row| some(row, row % 2 == 0)).collect::<BooleanArray>())),
        ("date", Arc::new(rows().map(|row| some(row, (row % 500) as i32)).collect::<Date32Array>())),
        ("clock", Arc::new(Time32SecondArray::from_iter_values(rows().map(|row| row as i32)))),
        ("bytes", Arc::new(FixedSizeBinaryArray::try_from_iter(rows().map(|row| [row as u8, 0])).unwrap())),
        (
            "list",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
                rows().map(|row| some(row, vec![Some(row as i32), None])),
            )),
        ),
        ("map", Arc::new(map.finish())),
    ];
    let nested = StructArray::try_from(vec![("a", columns[10].1.clone()), ("b", columns[6].1.clone())]);
    let mut columns: Vec<(&str, ArrayRef, bool)> =
        columns.into_iter().map(|(name, column)| (name, column, true)).collect();
    columns.push(("nested", Arc::new(nested.unwrap()), true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn write_parquet(path: &Path, batch: &RecordBatch, rows: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows)).build();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn read_parquet(path: &Path) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = Arc::clone(builder.schema());
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// Whether all columns hold the same values, in the types that they have in `written`.
fn assert_same(expected: &RecordBatch, written: &RecordBatch, what: &str) {
    assert_eq!(written.num_rows(), expected.num_rows(), "{what}");
    for field in expected.schema().fields() {
        let found =
            written.column_by_name(field.name()).unwrap_or_else(|| panic!("{what}: {}", field.name()));
        let column = expected.column_by_name(field.name()).unwrap();
        let column = cast(column, found.data_type()).unwrap();
        assert!(column.as_ref() == found.as_ref(), "{what}: {}", field.name());
    }
}

#[test]
fn a_parquet_file_of_anyone_keeps_its_values_and_its_types() {
    let folder = Folder::new();
    let batch = table();
    write_parquet(&folder.path("in.parquet"), &batch, 6000);
    let mut first = Vec::new();
    for flags in ["", "-j 1", "--io read -j 3", "--io mmap"] {
        folder.run(&format!("convert in.parquet -o out.parquet --force {flags}")).assert().success();
        assert_same(&batch, &read_parquet(&folder.path("out.parquet")), flags);
        let bytes = std::fs::read(folder.path("out.parquet")).unwrap();
        if first.is_empty() {
            first = bytes;
        } else {
            assert!(bytes == first, "{flags}");
        }
    }
    folder
        .run("convert in.parquet -o s.parquet --compression snappy --row-group-size 1000rows")
        .assert()
        .success();
    assert_same(&batch, &read_parquet(&folder.path("s.parquet")), "snappy");
    assert_eq!(folder.compression("s.parquet"), "SNAPPY");
    let groups = reader(&folder.path("s.parquet")).metadata().num_row_groups();
    assert!(groups >= (ROWS / 1000) as usize, "{groups}");
    let schema = read_parquet(&folder.path("out.parquet")).schema();
    let of = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(of("millis"), DataType::Timestamp(TimeUnit::Millisecond, Some("Europe/Berlin".into())));
    assert_eq!(of("seconds"), DataType::Timestamp(TimeUnit::Millisecond, None));
    assert_eq!(of("decimal"), DataType::Decimal128(20, 2));
    assert_eq!((of("u64"), of("i8"), of("f16")), (DataType::UInt64, DataType::Int8, DataType::Float16));
}

#[test]
fn arrow_files_and_streams_are_read_and_streams_also_from_a_pipe() {
    let folder = Folder::new();
    let batch = table();
    let mut file =
        FileWriter::try_new(File::create(folder.path("in.arrow")).unwrap(), &batch.schema()).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    for start in (0..batch.num_rows()).step_by(7000) {
        let piece = batch.slice(start, 7000.min(batch.num_rows() - start));
        file.write(&piece).unwrap();
        stream.write(&piece).unwrap();
    }
    file.finish().unwrap();
    std::fs::write(folder.path("in.arrows"), stream.into_inner().unwrap()).unwrap();
    for (input, output) in [("in.arrow", "a.parquet"), ("in.arrows", "s.parquet")] {
        folder.run(&format!("convert {input} -o {output}")).assert().success();
        assert_same(&batch, &read_parquet(&folder.path(output)), input);
    }
    let mut command = folder.command("convert - -o p.parquet");
    command.stdin(Stdio::from(File::open(folder.path("in.arrows")).unwrap()));
    assert!(command.status().unwrap().success());
    assert_same(&batch, &read_parquet(&folder.path("p.parquet")), "standard input");
}

#[test]
fn rows_and_columns_of_typed_files_are_chosen_and_named() {
    let folder = Folder::new();
    write_parquet(&folder.path("in.parquet"), &table(), 6000);
    let mut command =
        folder.run("convert in.parquet -o out.parquet --select activity,i64 --naming xes --report json");
    let condition =
        "case = 'c100' and i8 is not null and millis >= '1970-01-01' and u64 > 18446744073709550607";
    let output = command.args(["--where", condition]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    // The rows 1000 to 1009, of which every seventh lacks a value, and of whose numbers the first eight are large enough.
    let expected: Vec<i64> = (1000..1010).filter(|row| row % 7 != 3 && *row < 1008).collect();
    assert_eq!(report["rows"], expected.len());
    assert_eq!(report["filtered_rows"], ROWS - expected.len() as i64);
    assert_eq!(report["records"], ROWS);
    let names = ["Register", "Check", "Pay"];
    let rows: Vec<String> =
        expected.iter().map(|row| format!("{}|{row}", names[*row as usize % 3])).collect();
    assert_eq!(folder.values("out.parquet"), rows);
    assert_eq!(report["columns"][0]["name"], "concept:name");
}

#[test]
fn what_logflow_wrote_keeps_its_roles_and_its_log() {
    let xes = "<log xes.version=\"1849.2016\"><extension name=\"Concept\" prefix=\"concept\" uri=\"http://www.xes-standard.org/concept.xesext\"/>\
        <trace><string key=\"concept:name\" value=\"a\"/><event><string key=\"concept:name\" value=\"Pay\"/><date key=\"time:timestamp\" value=\"2024-01-02T00:00:00Z\"/></event></trace></log>";
    let folder = Folder::with_log().with("log.xes", xes);
    folder.run("convert log.csv -o a.parquet --case-id activity --activity case_id").assert().success();
    folder.run("convert a.parquet -o b.parquet --compression gzip").assert().success();
    let roles = |name: &str| {
        let reader = reader(&folder.path(name));
        let entries = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let own = entries.into_iter().find(|entry| entry.key == "logflow").unwrap().value.unwrap();
        serde_json::from_str::<Value>(&own).unwrap()["roles"].clone()
    };
    assert_eq!(roles("a.parquet"), roles("b.parquet"));
    assert_eq!(roles("b.parquet")["case_id"], "activity");
    assert_eq!(folder.values("a.parquet"), folder.values("b.parquet"));
    folder.run("convert log.xes -o x.parquet").assert().success();
    folder.run("convert x.parquet -o y.parquet --compression none").assert().success();
    folder.run("convert x.parquet -o x.xes").assert().success();
    folder.run("convert y.parquet -o y.xes").assert().success();
    assert_eq!(folder.text("x.xes"), folder.text("y.xes"));
    assert!(folder.text("y.xes").contains("concept.xesext"));
}

#[test]
fn several_files_are_one_table_with_the_columns_of_all() {
    let folder = Folder::new();
    let write = |name: &str, columns: Vec<(&str, ArrayRef)>| {
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        write_parquet(&folder.path(name), &RecordBatch::try_from_iter_with_nullable(columns).unwrap(), 100);
    };
    write(
        "1.parquet",
        vec![
            ("a", Arc::new(Int32Array::from(vec![1, 2]))),
            ("b", Arc::new(StringArray::from(vec!["x", "y"]))),
        ],
    );
    write(
        "2.parquet",
        vec![
            ("c", Arc::new(Float64Array::from(vec![1.5]))),
            ("a", Arc::new(Int64Array::from(vec![1 << 40]))),
        ],
    );
    write("3.parquet", vec![("a", Arc::new(StringArray::from(vec!["text"])))]);
    folder.run("convert 1.parquet 2.parquet -o out.parquet").assert().success();
    assert_eq!(folder.values("out.parquet"), ["1|x|null", "2|y|null", "1099511627776|null|1.5"]);
    let told = folder.run("convert 1.parquet 3.parquet -o no.parquet").assert().failure();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(
        told.contains("LF504") && told.contains("column \"a\" is Int32 in 1.parquet and Utf8 in 3.parquet"),
        "{told}"
    );
    assert!(!folder.has("no.parquet"));
}

#[test]
fn a_column_that_repeats_in_one_file_and_not_in_another_is_one_column() {
    let folder = Folder::new();
    let file = |name: &str, word: fn(i64) -> String| {
        let column: ArrayRef = Arc::new((0..ROWS).map(|row| some(row, word(row))).collect::<StringArray>());
        let batch = RecordBatch::try_from_iter_with_nullable([("word", column, true)]).unwrap();
        let properties = WriterProperties::builder().set_dictionary_page_size_limit(10_000).build();
        let out = File::create(folder.path(name)).unwrap();
        let mut writer = ArrowWriter::try_new(out, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        batch
    };
    let repeats = file("a.parquet", |row| format!("word {}", row % 5));
    let differs = file("b.parquet", |row| format!("word {row}"));
    for (inputs, rows) in [
        (vec!["a.parquet"], vec![&repeats]),
        (vec!["a.parquet", "b.parquet"], vec![&repeats, &differs]),
        (vec!["b.parquet", "a.parquet"], vec![&differs, &repeats]),
    ] {
        let inputs = inputs.join(" ");
        folder.run(&format!("convert {inputs} -o out.parquet --force")).assert().success();
        let written = read_parquet(&folder.path("out.parquet"));
        assert_same(&concat_batches(&repeats.schema(), rows).unwrap(), &written, &inputs);
        let schema = folder.run(&format!("schema {inputs} --format json")).output().unwrap();
        let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
        assert_eq!(schema["columns"][0]["type"], "string", "{schema}");
    }
    let mut command = folder.run("convert a.parquet b.parquet -o one.parquet");
    command.args(["--where", "word in ('word 1', 'word 7')"]).assert().success();
    // Every fifth row of one file but for the nulls, and one or two rows of the other.
    let expected = (0..ROWS).filter(|row| row % 7 != 3 && row % 5 == 1).count() + 2;
    assert_eq!(read_parquet(&folder.path("one.parquet")).num_rows(), expected);
}

#[test]
fn a_table_without_rows_is_a_table_without_rows() {
    let folder = Folder::new();
    let schema = Schema::new(vec![arrow::datatypes::Field::new("a", DataType::Int64, true)]);
    write_parquet(&folder.path("in.parquet"), &RecordBatch::new_empty(Arc::new(schema)), 10);
    folder.run("convert in.parquet -o out.parquet").assert().success();
    assert_eq!((folder.rows("out.parquet"), folder.columns("out.parquet")), (0, vec!["a INT64".to_owned()]));
}

#[test]
fn damaged_files_are_an_error_with_a_code_and_nothing_is_written() {
    let folder = Folder::new();
    write_parquet(&folder.path("in.parquet"), &table(), 6000);
    let whole = std::fs::read(folder.path("in.parquet")).unwrap();
    let cuts = [5, 11, 12, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1];
    for cut in cuts {
        std::fs::write(folder.path("cut.parquet"), &whole[..cut]).unwrap();
        let told = folder.run("convert cut.parquet -o no.parquet").assert().failure();
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(told.contains("LF233") && told.contains("cut.parquet"), "{cut}: {told}");
        assert!(!folder.has("no.parquet"));
    }
    // The length of the footer says more than there is, and the end stays right.
    let mut long = whole.clone();
    let at = long.len() - 8;
    long[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    std::fs::write(folder.path("long.parquet"), long).unwrap();
    let told = folder.run("convert long.parquet -o no.parquet").assert().failure();
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("LF233"));
    // Pages are overwritten in their middle.
    for step in [997, 4099, 7919] {
        let mut bytes = whole.clone();
        for at in (100..whole.len() / 2).step_by(step) {
            bytes[at] ^= 0x5A;
        }
        std::fs::write(folder.path("bad.parquet"), bytes).unwrap();
        let output = folder.run("convert bad.parquet -o no.parquet --force").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || told.contains("LF233"), "{step}: {told}");
    }
}

#[test]
fn options_that_do_not_apply_to_typed_files_are_refused() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o log.parquet").assert().success();
    for (flags, sentence) in [
        ("--all-text", "--all-text is not for Parquet and Arrow files"),
        ("--on-bad-row reject", "--on-bad-row reject is not for Parquet and Arrow files"),
        ("--select nosuch", "no column is called \"nosuch\""),
    ] {
        let told = folder.run(&format!("convert log.parquet -o out.parquet {flags}")).assert().failure();
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(told.contains(sentence), "{told}");
    }
    let told = folder.run("convert log.parquet log.csv -o out.parquet").assert().failure();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("expected Parquet or Arrow IPC like the other inputs"), "{told}");
    let told = folder.run("convert log.parquet -o log.parquet --force").assert().failure();
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("LF105"));
    assert_eq!(folder.rows("log.parquet") as usize, LOG.lines().count() - 1);
    let schema = crate::found(&folder, "log.parquet");
    assert_eq!(crate::type_of(&schema, "timestamp"), "timestamp");
    let cost = schema["columns"].as_array().unwrap().iter().find(|it| it["name"] == "cost").unwrap();
    assert_eq!((schema["records"].as_u64(), cost["nulls"].as_u64()), (Some(3), Some(1)));
}

/// LogFlow's own entry in the metadata of a file.
fn own(folder: &Folder, name: &str) -> Value {
    let reader = reader(&folder.path(name));
    let entries = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let entry = entries.into_iter().find(|entry| entry.key == "logflow").unwrap();
    serde_json::from_str(&entry.value.unwrap()).unwrap()
}

#[test]
fn times_of_int96_beyond_the_nanoseconds_leave_other_times_as_they_are() {
    let folder = Folder::new();
    let schema = "message m { optional int96 old; optional int64 new (TIMESTAMP(NANOS,false)); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = File::create(folder.path("in.parquet")).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let mut old = Int96::new();
    // Noon of 3000-01-01, by the day of the Julian calendar: 2816788.
    let noon = 43_200_000_000_000_u64;
    old.set_data(noon as u32, (noon >> 32) as u32, 2_816_788);
    column.typed::<Int96Type>().write_batch(&[old], Some(&[1]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[1_577_836_800_123_456_789], Some(&[1]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    folder.run("convert in.parquet -o out.parquet").assert().success();
    let batch = read_parquet(&folder.path("out.parquet"));
    let moments = |name: &str| cast(batch.column_by_name(name).unwrap(), &DataType::Int64).unwrap();
    // 32503723200 seconds are 376200 days and a half.
    assert_eq!(moments("old").as_ref(), &Int64Array::from(vec![32_503_723_200_000_000]) as &dyn Array);
    assert_eq!(moments("new").as_ref(), &Int64Array::from(vec![1_577_836_800_123_456_789]) as &dyn Array);
}

#[test]
fn what_was_done_to_rows_before_stays_in_the_metadata() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o 1.parquet --naming xes").assert().success();
    folder.run("convert 1.parquet -o 2.parquet --where cost>2").assert().success();
    let mut command = folder.run("convert 2.parquet -o 3.parquet");
    command.args(["--where", "concept:name = 'none'"]).assert().success();
    let told = own(&folder, "3.parquet");
    assert_eq!((&told["records"], &told["rows"], &told["filtered_rows"]), (&3.into(), &0.into(), &3.into()));
    assert_eq!(told["where"], "(cost>2) and (concept:name = 'none')");
    assert_eq!(told["steps"].as_array().unwrap().len(), 2);
    let columns = told["columns"].as_array().unwrap();
    assert_eq!(
        (&columns[1]["name"], &columns[1]["source_name"]),
        (&"concept:name".into(), &"activity".into())
    );
    assert_eq!(told["sources"][0]["name"], "log.csv");
}

#[test]
fn metadata_of_other_programs_under_our_key_is_ignored() {
    let folder = Folder::new();
    for entry in ["[1]", "\"text\"", "{", "{\"filtered_rows\":18446744073709551615,\"steps\":1,\"where\":[]}"]
    {
        let batch =
            RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
        let file = File::create(folder.path("in.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.append_key_value_metadata(KeyValue::new("logflow".to_owned(), entry.to_owned()));
        writer.close().unwrap();
        folder.run("convert in.parquet -o out.parquet --force --where a>1").assert().success();
        assert_eq!(folder.values("out.parquet"), ["2"], "{entry}");
    }
}

#[test]
fn times_without_a_zone_are_compared_as_they_stand() {
    let folder = Folder::new();
    let hour = 3_600_000_000_i64;
    let times = TimestampMicrosecondArray::from(vec![0, hour, 2 * hour]);
    let zoned = times.clone().with_timezone("UTC");
    let decimals = Decimal128Array::from(vec![100, 150, -1]).with_precision_and_scale(10, 2).unwrap();
    let columns: [(&str, ArrayRef); 3] =
        [("t", Arc::new(times)), ("z", Arc::new(zoned)), ("d", Arc::new(decimals))];
    write_parquet(&folder.path("in.parquet"), &RecordBatch::try_from_iter(columns).unwrap(), 10);
    for (condition, rows) in [
        ("t = '1970-01-01 01:00:00'", 1),
        ("t >= '1970-01-01 01:00:00'", 2),
        ("z = '1970-01-01 01:00:00'", 1),
        ("z >= '1970-01-01 01:00:00'", 3),
        ("d = 1.5", 1),
        ("d > 1", 1),
        ("d >= 1.00", 2),
        ("d = -0.01", 1),
        ("d < 0.001", 1),
        ("d in (1, 1.5, 2.555)", 2),
    ] {
        let mut command = folder.run("convert in.parquet -o out.parquet --force --timezone Europe/Berlin");
        command.args(["--where", condition]).assert().success();
        assert_eq!(folder.rows("out.parquet"), rows, "{condition}");
    }
    for (condition, sentence) in
        [("t = '1970-01-01T01:00:00Z'", "without an offset"), ("t = z", "they can't be compared")]
    {
        let mut command = folder.run("convert in.parquet -o no.parquet");
        let told = command.args(["--where", condition]).assert().failure().code(2);
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(told.contains(sentence), "{told}");
    }
}

#[test]
fn cases_without_events_do_not_come_back_once_rows_were_removed() {
    let event = |name: &str| format!("<event><string key=\"concept:name\" value=\"{name}\"/></event>");
    let case = |name: &str, events: &str| {
        format!("<trace><string key=\"concept:name\" value=\"{name}\"/>{events}</trace>")
    };
    let log = [case("1", &event("a")), case("empty", ""), case("2", &(event("b") + &event("a")))].concat();
    let folder = Folder::new().with("log.xes", format!("<log xes.version=\"1849.2016\">{log}</log>"));
    folder.run("convert log.xes -o 1.parquet").assert().success();
    let mut command = folder.run("convert 1.parquet -o 2.parquet");
    let told = command.args(["--where", "concept:name = 'b'"]).assert().success();
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("LW408"));
    folder.run("convert 2.parquet -o 2.xes").assert().success();
    let text = folder.text("2.xes");
    assert_eq!((text.matches("<trace>").count(), text.contains("empty")), (1, false), "{text}");
    folder.run("convert 1.parquet -o 3.parquet --compression none").assert().success();
    folder.run("convert 3.parquet -o 3.xes").assert().success();
    assert!(folder.text("3.xes").contains("empty"));
}

#[test]
fn flags_that_typed_files_have_no_use_for_are_named() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o in.parquet").assert().success();
    let told =
        folder.run("convert in.parquet -o out.parquet --delimiter comma --decimal comma --timezone UTC");
    let told = String::from_utf8_lossy(&{ told }.output().unwrap().stderr).into_owned();
    assert!(told.contains("LW501") && told.contains("--delimiter") && told.contains("--decimal"), "{told}");
    assert!(!told.contains("--timezone"), "{told}");
    let told = folder.run("convert in.parquet -o no.parquet --row-group-size 4MiB").assert().failure();
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("--row-group-size in bytes"));
    std::fs::copy(folder.path("in.parquet"), folder.path("in.csv")).unwrap();
    let told = folder.run("convert in.csv -o no.parquet").assert().failure();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("expected CSV, found what looks like Parquet"), "{told}");
    folder.run("convert *.parquet -o all/").assert().success();
    assert!(folder.has("all/in.parquet") && folder.has("all/out.parquet"));
}

#[test]
fn parquet_and_arrow_files_become_xes_whole_or_in_part_and_several_at_once() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o 1.parquet").assert().success();
    let batch = read_parquet(&folder.path("1.parquet"));
    let mut file =
        FileWriter::try_new(File::create(folder.path("2.arrow")).unwrap(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    file.finish().unwrap();
    let events = |name: &str| folder.text(name).matches("<event>").count();
    folder.run("convert 1.parquet -o whole.xes").assert().success();
    folder.run("convert 2.arrow -o arrow.xes").assert().success();
    assert_eq!(folder.text("whole.xes"), folder.text("arrow.xes"));
    folder.run("convert 1.parquet -o some.xes").args(["--where", "cost > 2"]).assert().success();
    assert_eq!(events("some.xes"), 1);
    assert!(folder.text("some.xes").contains("2.5") && !folder.text("some.xes").contains("Check"));
    folder.run("convert 1.parquet -o few.xes --exclude cost").assert().success();
    assert_eq!((events("few.xes"), folder.text("few.xes").contains("cost")), (3, false));
    folder.run("convert 1.parquet 2.arrow -o both.xes").assert().success();
    assert_eq!(events("both.xes"), 6);
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    std::fs::write(folder.path("in.arrows"), stream.into_inner().unwrap()).unwrap();
    let mut command = folder.command("convert - -o piped.xes");
    command.stdin(Stdio::from(File::open(folder.path("in.arrows")).unwrap()));
    assert!(command.status().unwrap().success());
    assert_eq!(events("piped.xes"), 3);
    let told = folder.run("convert 1.parquet log.csv -o no.xes").assert().failure();
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("expected Parquet or Arrow IPC"));
    let bytes = std::fs::read(folder.path("1.parquet")).unwrap();
    std::fs::write(folder.path("cut.parquet"), [&bytes[..40], &bytes[80..]].concat()).unwrap();
    let told = folder.run("convert cut.parquet -o no.xes").assert().failure();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("LF233") && told.contains("cut.parquet"), "{told}");
    assert!(!folder.has("no.xes"));
}
