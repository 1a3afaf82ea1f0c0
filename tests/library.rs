//! The library as other programs use it: the programs in `examples/` run and give what they promise, and the interface stays small.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, Schema};
use arrow::ipc::reader::FileReader;
use logflow::{Convert, EachBatch, Input, Observer, Options, ParquetFile, TableId};

const LOG: &str = "case,activity,amount\n1,a,2\n1,b,0.5\n2,a,\n2,c,n/a\n";

fn log() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    std::fs::write(&path, LOG).unwrap();
    (folder, path)
}

/// Runs one of the programs in `examples/` and gives what it prints.
fn example(name: &str, arguments: &[&Path]) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_logflow")).parent().unwrap().join("examples");
    let output = Command::new(programs.join(name)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_examples_run_as_documented() {
    let (folder, log) = log();
    assert_eq!(
        example("convert_with_progress", &[&log, &folder.path().join("p.parquet")])
            .lines()
            .next()
            .unwrap()
            .split(',')
            .next(),
        Some("4 rows")
    );
    assert_eq!(
        example("read_batches", &[&folder.path().join("p.parquet"), "amount".as_ref()]),
        "amount: 2.5 in 4 rows\n"
    );
    let arrow = folder.path().join("log.arrow");
    assert_eq!(example("own_target", &[&log, &arrow]), format!("4 rows in {}\n", arrow.display()));
    let batches: Vec<_> =
        FileReader::try_new(File::open(&arrow).unwrap(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 4);
    assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().values(), &[1, 1, 2, 2]);
    let sampled = example("own_step", &[&log, &folder.path().join("s.parquet")]);
    assert!(sampled.starts_with("sample: ") && sampled.contains("4 records = "), "{sampled}");
}

#[test]
fn a_function_gets_the_batches_of_every_format_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let rows = 30_000;
    let csv: String = (0..rows).map(|row| format!("{},a{row}\n", row / 3)).collect();
    let json: String =
        (0..rows).map(|row| format!("{{\"case\":{},\"activity\":\"a{row}\"}}\n", row / 3)).collect();
    let parquet = folder.path().join("log.parquet");
    let csv = write("log.csv", &format!("case,activity\n{csv}"));
    Convert::new(csv.as_path()).run(&mut ParquetFile::new(parquet.as_path()), &Observer::default()).unwrap();
    for input in [csv, write("log.jsonl", &json), parquet] {
        for threads in [1, 3] {
            let mut options = Options::default();
            options.run.threads = threads;
            let (mut next, mut schemas) = (0, Vec::<Schema>::new());
            let mut target = EachBatch::new(|table, batch| {
                assert_eq!(table.table, TableId::EVENTS);
                let names = arrow::compute::cast(batch.column(1), &arrow::datatypes::DataType::Utf8)?;
                for name in names.as_string::<i32>() {
                    assert_eq!(name.unwrap(), format!("a{next}"));
                    next += 1;
                }
                schemas.push(batch.schema().as_ref().clone());
                Ok(())
            });
            let report = Convert::new(input.as_path())
                .options(options)
                .run(&mut target, &Observer::default())
                .unwrap();
            assert_eq!((next, report.rows), (rows, rows), "{}", input.display());
            assert!(schemas.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
}

#[test]
fn an_object_centric_log_gives_the_batches_of_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.json");
    let log = r#"{"eventTypes":[{"name":"pay","attributes":[]}],"objectTypes":[{"name":"order","attributes":[]}],
"objects":[{"id":"o1","type":"order"}],
"events":[{"id":"e1","type":"pay","time":"2024-01-01T00:00:00Z","relationships":[{"objectId":"o1","qualifier":"of"}]}]}"#;
    std::fs::write(&path, log).unwrap();
    let mut rows = std::collections::BTreeMap::new();
    let mut target = EachBatch::new(|table, batch| {
        *rows.entry(table.name.as_deref().unwrap_or_default().to_owned()).or_insert(0) += batch.num_rows();
        Ok(())
    });
    Convert::new(path).run(&mut target, &Observer::default()).unwrap();
    let found: Vec<usize> = rows.values().copied().collect();
    assert_eq!(found, [1, 1, 1], "{rows:?}");
}

#[test]
fn an_error_of_the_function_ends_the_run() {
    let (_folder, log) = log();
    let mut target = EachBatch::new(|_, _| Err(logflow::Error::new(logflow::Code::Misfit, "not this one")));
    let error = Convert::new(Input::Path(log)).run(&mut target, &Observer::default()).unwrap_err();
    assert_eq!((error.code(), error.what()), (logflow::Code::Misfit, "not this one"));
}

#[test]
fn what_the_crate_root_names_is_some_forty_names() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let names: Vec<&str> = text
        .split(';')
        .filter_map(|item| item.trim().strip_prefix("#[doc(inline)]")?.trim().strip_prefix("pub use self::"))
        .flat_map(|path| path.split(['{', '}', ',']).map(str::trim))
        .filter(|name| !name.is_empty() && !name.ends_with("::"))
        .collect();
    assert!((25..=45).contains(&names.len()), "{}: {names:?}", names.len());
    let modules = text.lines().filter(|line| line.starts_with("pub mod ")).count();
    assert_eq!(
        text.matches("#[doc(hidden)]\npub mod ").count(),
        modules,
        "a module is shown as an interface"
    );
}
