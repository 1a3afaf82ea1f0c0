//! The door for steps: one that renames, drops, computes and reorders columns and removes rows runs on every format, and what it
//! promises is what is written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Int64Type};
use logflow::convert::Convert;
use logflow::error::{Code, Error, Result};
use logflow::model::catalog::{TableColumn, TableSchema};
use logflow::observer::Observer;
use logflow::options::Options;
use logflow::report::Report;
use logflow::step::{BoundStep, Finding, Step, StepWorker, Steps};
use logflow::target::bundle::BundleFolder;
use logflow::target::parquet::ParquetFile;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Puts the last column first, calls it `renamed`, drops the one before it, adds the number of columns that have a value, and removes
/// every third row of those that it sees with an even number of values. It starts behind the columns that `keep` says.
#[derive(Debug)]
struct Rebuild {
    keep: fn(&TableSchema) -> usize,
}

#[derive(Debug, PartialEq)]
struct Seen {
    rows: u64,
}

impl Finding for Seen {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later = (later as Box<dyn std::any::Any>).downcast::<Seen>();
        self.rows += later.map_err(|_| Error::new(Code::Internal, "another finding"))?.rows;
        Ok(())
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({"rows": self.rows})
    }
}

struct Worker {
    order: Vec<usize>,
    schema: arrow::datatypes::SchemaRef,
    seen: u64,
}

impl Step for Rebuild {
    fn name(&self) -> &str {
        "rebuild"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let (kept, total) = ((self.keep)(table), table.columns.len());
        if total < kept + 2 {
            return Ok(None);
        }
        let order: Vec<usize> = (0..kept).chain([total - 1]).chain(kept..total - 2).collect();
        let mut columns: Vec<TableColumn> = order.iter().map(|at| table.columns[*at].clone()).collect();
        columns[kept] = columns[kept].renamed("renamed");
        columns.push(TableColumn::computed(Field::new("values", DataType::Int64, false)));
        let mut output = table.clone();
        output.columns = columns;
        let schema = output.arrow();
        let start = move || Worker { order: order.clone(), schema: Arc::clone(&schema), seen: 0 };
        Ok(Some(BoundStep::new(output, start)))
    }
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        self.seen += rows.num_rows() as u64;
        let values = |row: usize| {
            rows.columns()
                .iter()
                .filter(|column| !column.logical_nulls().is_some_and(|it| it.is_null(row)))
                .count() as i64
        };
        let counts: Int64Array = (0..rows.num_rows()).map(values).collect();
        let mut columns: Vec<ArrayRef> = self.order.iter().map(|at| Arc::clone(rows.column(*at))).collect();
        let even: BooleanArray = counts.values().iter().map(|count| Some(count % 2 == 0)).collect();
        columns.push(Arc::new(counts));
        Ok(filter_record_batch(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?, &even)?)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(Seen { rows: self.seen })))
    }
}

fn batches(path: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.build().unwrap().map(std::result::Result::unwrap).collect()
}

/// Columns as text, one row a line.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    // The zone has no name that is known here.
    let plain = |column: &ArrayRef| match column.data_type() {
        DataType::Timestamp(..) => arrow::compute::cast(column, &DataType::Int64).unwrap(),
        _ => Arc::clone(column),
    };
    for batch in batches(path) {
        let columns: Vec<ArrayRef> = batch.columns().iter().map(plain).collect();
        for row in 0..batch.num_rows() {
            let value = |column: &ArrayRef| arrow::util::display::array_value_to_string(column, row).unwrap();
            rows.push(columns.iter().map(value).collect());
        }
    }
    rows
}

/// What the step makes of rows that are written without it.
fn rebuilt(plain: &[Vec<String>], nulls: &dyn Fn(usize, usize) -> bool, kept: usize) -> Vec<Vec<String>> {
    let mut expected = Vec::new();
    for (number, row) in plain.iter().enumerate() {
        let values = (0..row.len()).filter(|at| !nulls(number, *at)).count();
        if values % 2 == 1 {
            continue;
        }
        let mut next: Vec<String> = row[..kept].to_vec();
        next.push(row[row.len() - 1].clone());
        next.extend_from_slice(&row[kept..row.len() - 2]);
        next.push(values.to_string());
        expected.push(next);
    }
    expected
}

fn check(plain: &Path, stepped: &Path, kept: usize) {
    let before = batches(plain);
    let starts: Vec<usize> = before
        .iter()
        .scan(0, |at, batch| {
            *at += batch.num_rows();
            Some(*at - batch.num_rows())
        })
        .collect();
    let nulls = |row: usize, column: usize| {
        let batch = starts.partition_point(|start| *start <= row) - 1;
        before[batch].column(column).is_null(row - starts[batch])
    };
    let expected = rebuilt(&rows(plain), &nulls, kept);
    let found = rows(stepped);
    assert!(
        !found.is_empty() && found == expected,
        "{}: {} and {}",
        stepped.display(),
        found.len(),
        expected.len()
    );
    let names: Vec<String> =
        batches(stepped)[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert!(names[kept] == "renamed" && names.last().is_some_and(|it| it == "values"), "{names:?}");
    let counts = batches(stepped)[0].column(names.len() - 1).as_primitive::<Int64Type>().clone();
    assert!(counts.values().iter().all(|count| count % 2 == 0));
}

const STEP: fn(&TableSchema) -> usize = |_| 0;

fn csv() -> String {
    let mut text = String::from("case,activity,time,cost,note\n");
    for row in 0..3000 {
        let cost = if row % 3 == 0 { String::new() } else { row.to_string() };
        let note = if row % 5 == 0 { "" } else { "a note" };
        text += &format!("{},A{},2024-01-01T00:{:02}:00Z,{cost},{note}\n", row / 10, row % 4, row % 60);
    }
    text
}

fn json() -> String {
    let line = |row: usize| match row % 3 {
        0 => format!("{{\"case\":{row},\"activity\":\"A\",\"nested\":{{\"a\":{row}}}}}\n"),
        1 => format!("{{\"case\":{row},\"activity\":\"B\",\"late\":{row}.5}}\n"),
        _ => format!("{{\"case\":{row},\"activity\":\"C\"}}\n"),
    };
    (0..3000).map(line).collect()
}

fn xes() -> String {
    let mut text = String::from("<log xes.version=\"1849.2016\">\n");
    for trace in 0..300 {
        text += &format!("<trace><string key=\"concept:name\" value=\"{trace}\"/>\n");
        for event in 0..trace % 7 {
            text += &format!("<event><string key=\"concept:name\" value=\"A{event}\"/>");
            if event % 2 == 0 {
                text += &format!("<int key=\"cost\" value=\"{event}\"/>");
            }
            text += "</event>\n";
        }
        text += "</trace>\n";
    }
    text + "</log>\n"
}

fn run(name: &str, text: &str, steps: &Steps, options: &Options) -> (tempfile::TempDir, Report) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let to = |name: &str| ParquetFile::new(folder.path().join(name));
    let plain = Convert::new(folder.path().join(name)).options(options.clone());
    plain.run(&mut to("plain.parquet"), &Observer::default()).unwrap();
    let stepped = plain.steps(steps.clone());
    let report = stepped.run(&mut to("stepped.parquet"), &Observer::default()).unwrap();
    (folder, report)
}

#[test]
fn a_step_changes_the_table_of_every_format_as_it_promises() {
    let steps = Steps(vec![Arc::new(Rebuild { keep: STEP })]);
    for (name, text) in [("t.csv", csv()), ("t.jsonl", json()), ("t.xes", xes())] {
        for threads in [1, 3] {
            let mut options = Options::default();
            options.run.threads = threads;
            let (folder, report) = run(name, &text, &steps, &options);
            check(&folder.path().join("plain.parquet"), &folder.path().join("stepped.parquet"), 0);
            let again = folder.path().join("again.parquet");
            Convert::new(folder.path().join("plain.parquet"))
                .options(options)
                .steps(steps.clone())
                .run(&mut ParquetFile::new(again.clone()), &Observer::default())
                .unwrap();
            assert!(rows(&again) == rows(&folder.path().join("stepped.parquet")), "{name} as Parquet");
            assert_eq!(report.records, report.rows + report.bad_rows + report.filtered_rows, "{name}");
            assert!(report.filtered_rows > 0, "{name}");
            assert_eq!(report.steps[0].finding.as_ref().unwrap()["rows"], report.records, "{name}");
            let last = report.columns.last().unwrap();
            assert_eq!((last.name.as_str(), last.column_type.as_str(), last.nulls), ("values", "int64", 0));
        }
    }
}

#[test]
fn a_step_changes_the_tables_of_a_bundle_after_the_columns_that_the_format_needs() {
    let folder = tempfile::tempdir().unwrap();
    let log = r#"{"eventTypes":[{"name":"pay","attributes":[{"name":"a","type":"integer"},{"name":"b","type":"string"},{"name":"c","type":"float"}]}],
"objectTypes":[{"name":"order","attributes":[]}],
"objects":[{"id":"o1","type":"order"}],
"events":[
{"id":"e1","type":"pay","time":"2024-01-01T00:00:00Z","attributes":[{"name":"a","value":1},{"name":"b","value":"x"},{"name":"c","value":0.5}],"relationships":[{"objectId":"o1","qualifier":"of"}]},
{"id":"e2","type":"pay","time":"2024-01-02T00:00:00Z","attributes":[{"name":"a","value":2},{"name":"c","value":1.5}],"relationships":[]},
{"id":"e3","type":"pay","time":"2024-01-03T00:00:00Z","attributes":[{"name":"b","value":"z"},{"name":"c","value":2.5}],"relationships":[]}]}"#;
    let path = folder.path().join("log.json");
    std::fs::write(&path, log).unwrap();
    let to = |name: &str| BundleFolder::new(folder.path().join(name));
    let observer = Observer::default();
    let plain = Convert::new(path);
    plain.run(&mut to("plain"), &observer).unwrap();
    let keep: fn(&TableSchema) -> usize = |table| {
        let name = table.name.as_deref().unwrap_or_default();
        // Tables of events begin with an identifier and a time; the others are left alone.
        if name.contains("event") && !name.contains("relations") { 2 } else { table.columns.len() }
    };
    let steps = Steps(vec![Arc::new(Rebuild { keep })]);
    let report = plain.clone().steps(steps).run(&mut to("stepped"), &observer).unwrap();
    let file = |folder_name: &str| {
        let found = walkdir::WalkDir::new(folder.path().join(folder_name))
            .into_iter()
            .map(|it| it.unwrap().into_path());
        let mut events: Vec<_> = found.filter(|it| it.to_string_lossy().contains("events/")).collect();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    };
    check(&file("plain"), &file("stepped"), 2);
    assert_eq!(report.filtered_rows, 1);
    let manifest =
        std::fs::read_to_string(folder.path().join("stepped").join(logflow::model::ocel::META)).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let attributes = manifest["eventTypes"]["pay"]["attributes"].as_array().unwrap();
    let told: Vec<(&str, &str)> =
        attributes.iter().map(|it| (it["name"].as_str().unwrap(), it["type"].as_str().unwrap())).collect();
    assert_eq!(told, [("renamed", "float"), ("a", "integer"), ("values", "integer")]);
    let first = Steps(vec![Arc::new(Rebuild { keep: STEP })]);
    let error = plain.steps(first).run(&mut to("no"), &observer).unwrap_err();
    assert_eq!(error.code(), Code::Usage);
    assert!(!folder.path().join("no").exists());
}

/// Fails for rows beyond a number, or promises what it does not keep.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Broken {
    Fails,
    Grows,
    OtherColumns,
    LosesRows,
    TwoOfOneName,
    NoColumn,
}

impl Step for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let mut output = table.clone();
        match self {
            Self::TwoOfOneName => output.columns.push(table.columns[0].clone()),
            Self::NoColumn => output.columns.clear(),
            Self::OtherColumns => output.columns[0] = output.columns[0].renamed("other"),
            Self::Fails | Self::Grows | Self::LosesRows => {}
        }
        let step = *self;
        Ok(Some(BoundStep::new(output, move || step).keeping_rows()))
    }
}

impl StepWorker for Broken {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        match self {
            Self::Fails => Err(Error::new(Code::Misfit, "a value that the step refuses")),
            Self::Grows => Ok(arrow::compute::concat_batches(&rows.schema(), [&rows, &rows])?),
            Self::LosesRows => Ok(rows.slice(1, rows.num_rows() - 1)),
            _ => Ok(rows),
        }
    }
}

#[test]
fn a_step_that_fails_or_breaks_its_promise_ends_the_run_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), csv()).unwrap();
    for (step, code) in [
        (Broken::Fails, Code::Misfit),
        (Broken::Grows, Code::Internal),
        (Broken::OtherColumns, Code::Internal),
        (Broken::LosesRows, Code::Internal),
        (Broken::TwoOfOneName, Code::Usage),
        (Broken::NoColumn, Code::Usage),
    ] {
        let output = folder.path().join("out.parquet");
        let error = Convert::new(folder.path().join("t.csv"))
            .step(step)
            .run(&mut ParquetFile::new(output.clone()), &Observer::default())
            .unwrap_err();
        assert_eq!(error.code(), code, "{step:?}: {error}");
        assert!(!output.exists());
    }
}
