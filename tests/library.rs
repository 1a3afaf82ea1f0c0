//! The library as other programs use it: the programs in `examples/` run and give what they promise, and the interface stays small.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, Schema};
use arrow::ipc::reader::FileReader;
use logflow::{
    BoundStep, BundleFolder, Code, Convert, EachBatch, Input, IoMode, Listener, Observer, Options,
    OutputPlace, ParquetFile, Phase, Report, Step, StepWorker, TableId, TableSchema, Target, Warning,
};

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
    let progress = example("convert_with_progress", &[&log, &folder.path().join("p.parquet")]);
    let lines: Vec<&str> = progress.lines().collect();
    let [looking, pass, warning, finishing, committing, rows] = lines[..] else { panic!("{progress}") };
    assert_eq!([looking, pass, finishing, committing], ["looking", "pass 1", "finishing", "committing"]);
    assert!(warning.starts_with("LW401: no column "), "{warning}");
    assert!(rows.starts_with("4 rows, "), "{rows}");
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
    let kept = folder.path().join("s.parquet");
    let sampled = example("own_step", &[&log, &kept]);
    let mut rows = 0;
    for batch in logflow::read(kept.as_path()).batches().unwrap() {
        rows += batch.unwrap().num_rows();
    }
    let counts = format!("4 records = {rows} rows + {} filtered\n", 4 - rows);
    assert!(sampled.starts_with("sample: ") && sampled.ends_with(&counts), "{sampled}");
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
fn a_panic_of_the_function_ends_the_run_and_hangs_nowhere() {
    let (folder, log) = log();
    let rows: String = (0..200_000).map(|row| format!("{row},a,{row}\n")).collect();
    let large = folder.path().join("large.csv");
    std::fs::write(&large, format!("case,activity,amount\n{rows}")).unwrap();
    let typed = folder.path().join("typed.parquet");
    Convert::new(log.as_path()).run(&mut ParquetFile::new(typed.as_path()), &Observer::default()).unwrap();
    for (input, io) in
        [(&log, IoMode::Auto), (&large, IoMode::Auto), (&large, IoMode::Read), (&typed, IoMode::Auto)]
    {
        let mut options = Options::default();
        (options.run.threads, options.run.io) = (3, io);
        let run = Convert::new(input.as_path()).options(options);
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let mut target = EachBatch::new(|_, _| panic!("the caller's own"));
            run.run(&mut target, &Observer::default()).map(|report| report.rows)
        }));
        assert!(ended.is_err(), "{}", input.display());
    }
}

/// Fails for rows in the second half of the log.
#[derive(Debug)]
struct FailsLate;

impl Step for FailsLate {
    fn name(&self) -> &str {
        "fails late"
    }

    fn bind(&self, table: &TableSchema) -> logflow::Result<Option<BoundStep>> {
        struct Worker;
        impl StepWorker for Worker {
            fn batch(&mut self, rows: RecordBatch) -> logflow::Result<RecordBatch> {
                let cases = arrow::compute::cast(rows.column(0), &arrow::datatypes::DataType::Int64)?;
                match cases.as_primitive::<Int64Type>().iter().flatten().any(|case| case == 1_000_000) {
                    true => Err(logflow::Error::new(logflow::Code::Misfit, "not this case")),
                    false => Ok(rows),
                }
            }
        }
        Ok(Some(BoundStep::new(table.clone(), || Worker).keeping_rows()))
    }
}

#[test]
fn rows_behind_a_step_that_failed_are_not_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    // Some 90 MiB: several shards.
    let text: String =
        (0..2_000_000).map(|row| format!("{row},an activity of some length,{row}\n")).collect();
    std::fs::write(&path, format!("case,activity,amount\n{text}")).unwrap();
    let mut last = -1;
    let mut target = EachBatch::new(|_, batch| {
        let cases = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Int64)?;
        for case in cases.as_primitive::<Int64Type>().values() {
            assert_eq!(*case, last + 1, "rows have a gap");
            last = *case;
        }
        Ok(())
    });
    let mut options = Options::default();
    options.run.threads = 3;
    let conversion = Convert::new(path).options(options).step(FailsLate);
    let error = conversion.run(&mut target, &Observer::default()).unwrap_err();
    assert_eq!(error.what(), "not this case");
    assert!((0..1_000_000).contains(&last), "{last}");
}

/// The part of `lib.rs` that is about the crate's page.
fn root_page() -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    text.split("pub mod values {").next().unwrap().to_owned()
}

/// Names on the crate's page.
fn root_names() -> Vec<String> {
    root_page()
        .split(';')
        .filter_map(|item| item.trim().strip_prefix("#[doc(inline)]")?.trim().strip_prefix("pub use self::"))
        .flat_map(|path| path.split(['{', '}', ',']).map(str::trim))
        .filter_map(|path| path.rsplit("::").next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Notes the phases and the codes of the warnings of a run, and stops it at a warning if it is to.
#[derive(Clone, Default)]
struct Notes {
    events: Arc<Mutex<Vec<String>>>,
    stops: bool,
}

impl Listener for Notes {
    fn phase(&self, phase: Phase, _: &Observer) {
        self.events.lock().unwrap().push(format!("{phase:?}"));
    }

    fn warning(&self, warning: &Warning, observer: &Observer) {
        self.events.lock().unwrap().push(warning.code.to_string());
        if self.stops {
            observer.stop();
        }
    }
}

impl Notes {
    /// What a conversion tells, and its result.
    fn of(self, conversion: &Convert, target: &mut dyn Target) -> (Vec<String>, logflow::Result<Report>) {
        let observer = Observer::default();
        observer.listen(self.clone());
        let result = conversion.run(target, &observer);
        (std::mem::take(&mut *self.events.lock().unwrap()), result)
    }
}

#[test]
fn a_listener_is_told_of_phases_and_warnings_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    // Behind the rows that are looked at first, so that there are two passes.
    let rows: String = (0..100_000).map(|row| format!("{row},a,{row}\n")).collect();
    std::fs::write(&path, format!("case,activity,amount\n{rows}1,a,unknown\n")).unwrap();
    let output = folder.path().join("log.parquet");
    let (events, result) = Notes::default().of(&Convert::new(path), &mut ParquetFile::new(output.as_path()));
    assert_eq!(
        events,
        ["Looking", "Pass(1)", "Pass(2)", "LW401", "LW302", "Finishing", "Committing"],
        "{:?}",
        result.as_ref().map(|report| &report.warnings)
    );
    let report = result.unwrap();
    let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code.number()).collect();
    assert_eq!(codes, ["LW401", "LW302"]);
}

#[test]
fn a_run_that_a_listener_stops_at_a_warning_writes_nothing() {
    let (folder, log) = log();
    let output = folder.path().join("log.parquet");
    let notes = Notes { stops: true, ..Notes::default() };
    let mut target = ParquetFile::new(output.as_path());
    let (events, result) = notes.of(&Convert::new(log), &mut target);
    assert_eq!(events, ["Looking", "Pass(1)", "LW401"]);
    assert_eq!(result.unwrap_err().code(), Code::Interrupted);
    // The target is still there.
    assert_eq!(names(folder.path()), ["log.csv"]);
    drop(target);
}

/// Names of the files and folders in a folder, hidden ones included.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const OBJECTS: &str = r#"{"eventTypes":[{"name":"pay","attributes":[]}],"objectTypes":[{"name":"order","attributes":[]}],
"objects":[{"id":"o1","type":"order"}],
"events":[{"id":"e1","type":"pay","time":"2024-01-01T00:00:00Z","relationships":[{"objectId":"o1","qualifier":"of"}]},{"id":"e2"}]}"#;

#[test]
fn a_target_that_is_kept_after_a_failed_run_leaves_no_file_and_serves_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let bad = write("bad.csv", "case,activity\n1,a\n1\n");
    let good = write("good.csv", LOG);
    let bad_objects = write("bad.json", OBJECTS);
    let good_objects = write("good.json", &OBJECTS.replace(",{\"id\":\"e2\"}", ""));
    let inputs = names(folder.path());
    let output = OutputPlace::from(folder.path().join("out"));
    let mut file = ParquetFile::new(output.clone());
    let mut bundle = BundleFolder::new(output);
    let observer = Observer::default();
    for (bad, good, target) in
        [(bad, good, &mut file as &mut dyn Target), (bad_objects, good_objects, &mut bundle)]
    {
        Convert::new(bad.as_path()).run(target, &observer).unwrap_err();
        assert_eq!(names(folder.path()), inputs, "{}", bad.display());
        let report = Convert::new(good).run(target, &observer).unwrap();
        let written = report.output.unwrap();
        assert!(written.exists());
        let _ = std::fs::remove_file(&written).or_else(|_| std::fs::remove_dir_all(&written));
    }
}

#[test]
fn runs_at_the_same_time_share_one_budget_and_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    let rows: String = (0..300_000).map(|row| format!("{},a{},{row}\n", row / 4, row % 7)).collect();
    std::fs::write(&path, format!("case,activity,amount\n{rows}")).unwrap();
    let convert = |name: &str, options: &Options| {
        let output = folder.path().join(name);
        let report = Convert::new(path.as_path())
            .options(options.clone())
            .run(&mut ParquetFile::new(output.as_path()), &Observer::default())?;
        Ok::<_, logflow::Error>((std::fs::read(output).unwrap(), report.workers))
    };
    let mut options = Options::default();
    (options.run.threads, options.run.memory_limit) = (4, Some(200 << 20));
    let (alone, workers) = convert("alone.parquet", &options).unwrap();
    assert_eq!(workers, 4);
    let mut each = options.clone();
    each.run = options.run.shared_by(3);
    assert_eq!((each.run.threads, each.run.memory_limit), (1, Some((200 << 20) / 3)));
    std::thread::scope(|scope| {
        let runs = [0, 1, 2].map(|run| {
            scope.spawn({
                let (convert, each) = (&convert, &each);
                move || convert(&format!("{run}.parquet"), each)
            })
        });
        for run in runs {
            let (bytes, workers) = run.join().unwrap().unwrap();
            assert_eq!(workers, 1);
            assert!(bytes == alone);
        }
    });
    // A part of the memory that is not enough is an error before anything is read or written.
    each.run = options.run.shared_by(8);
    assert_eq!(convert("small.parquet", &each).unwrap_err().code(), Code::MemoryLimit);
    assert!(!folder.path().join("small.parquet").exists());
}

#[test]
fn each_name_of_the_crate_root_has_an_example_that_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => sources.push(std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    for name in root_names() {
        let declared = ["struct", "enum", "trait", "fn", "type"].map(|kind| format!("pub {kind} {name}"));
        let is_item = |line: &str| {
            let line = line.trim_start();
            declared.iter().any(|item| {
                line.strip_prefix(item.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            })
        };
        let has_example = sources.iter().any(|text| {
            let lines: Vec<&str> = text.lines().collect();
            lines.iter().enumerate().filter(|(_, line)| is_item(line)).any(|(at, _)| {
                let above = lines[..at].iter().rev().map(|line| line.trim_start());
                above
                    .take_while(|line| line.starts_with("///") || line.starts_with("#["))
                    .any(|line| line == "/// ```")
            })
        });
        assert!(has_example, "{name} has no example");
    }
}

#[test]
fn what_the_crate_root_names_is_some_forty_names() {
    let names = root_names();
    assert!((25..=45).contains(&names.len()), "{}: {names:?}", names.len());
    let text = root_page();
    let modules = text.lines().filter(|line| line.starts_with("pub mod ")).count();
    assert_eq!(
        text.matches("#[doc(hidden)]\npub mod ").count(),
        modules,
        "a module is shown as an interface"
    );
}

/// Rows and types of the beginning of an input, and whether there is more.
fn beginning(input: impl Into<Input>, bytes: u64, io: IoMode) -> (usize, String, bool) {
    let mut options = Options::default();
    options.run.io = io;
    let mut batches = logflow::read(input).options(options).beginning(bytes).batches().unwrap();
    let rows = batches.by_ref().map(|batch| batch.unwrap().num_rows()).sum();
    let last = batches.schema().fields().last().unwrap().data_type().to_string();
    (rows, last, batches.report().unwrap().is_partial)
}

#[test]
fn the_beginning_of_a_log_has_the_types_of_its_own_rows_however_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    // 10 bytes of header, then rows of 4 bytes, and at last one that is no number.
    std::fs::write(&path, format!("case,cost\n{}1,unknown\n", "1,5\n".repeat(100_000))).unwrap();
    for io in [IoMode::Mmap, IoMode::Read] {
        for (bytes, rows) in [(14, 1), (17, 1), (18, 2), (200_010, 50_000)] {
            assert_eq!(beginning(path.as_path(), bytes, io), (rows, "Int64".to_owned(), true), "{bytes}");
        }
        // Fewer bytes than the first row has: the first row all the same.
        let (rows, _, is_partial) = beginning(path.as_path(), 12, io);
        assert!(rows >= 1 && is_partial);
        let (rows, last, is_partial) = beginning(path.as_path(), 10_000_000, io);
        assert_eq!((rows, is_partial), (100_001, false));
        assert_ne!(last, "Int64");
    }
    // Of several inputs the bytes are counted together.
    let other = folder.path().join("other.csv");
    std::fs::write(&other, "case,cost\n2,7\n").unwrap();
    let both = || logflow::LogReader::all([other.as_path(), path.as_path()]);
    let rows = |bytes| -> usize {
        both().beginning(bytes).batches().unwrap().map(|batch| batch.unwrap().num_rows()).sum()
    };
    assert_eq!((rows(14), rows(14 + 18), rows(14 + 22)), (1, 3, 4));
}

#[test]
fn the_beginning_of_xes_and_json_ends_behind_a_whole_record() {
    let folder = tempfile::tempdir().unwrap();
    let event = "<event><string key=\"concept:name\" value=\"a\"/></event>";
    let trace = format!("<trace><string key=\"concept:name\" value=\"1\"/>{event}{event}</trace>\n");
    let path = folder.path().join("log.xes");
    std::fs::write(&path, format!("<log xes.version=\"1.0\">\n{}</log>", trace.repeat(10_000))).unwrap();
    let (rows, _, is_partial) = beginning(path.as_path(), 10 * trace.len() as u64, IoMode::Auto);
    assert!((18..=20).contains(&rows) && is_partial, "{rows}");
    let path = folder.path().join("log.json");
    std::fs::write(&path, format!("[{}{{\"n\":\"x\"}}]", "{\"n\":1},\n".repeat(1000))).unwrap();
    let (rows, _, is_partial) = beginning(path.as_path(), 9 * 100, IoMode::Auto);
    assert!((99..=100).contains(&rows) && is_partial, "{rows}");
}
