//! Deterministic: the bytes of the output follow from the input and the options, never from threads, reading mode or luck.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Rows enough for several shards of 64 KiB.
const ROWS: usize = 12_000;

fn log(row_text: impl Fn(usize) -> String) -> Vec<u8> {
    log_of(ROWS, row_text)
}

fn log_of(rows: usize, row_text: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = b"case_id,activity,timestamp,cost,note\n".to_vec();
    for row in 0..rows {
        text.extend(row_text(row).into_bytes());
    }
    text
}

fn clean(row: usize) -> String {
    format!(
        "case-{},step {},2024-03-05T10:20:{:02}Z,{}.5,note {row}\n",
        row / 9,
        row % 26,
        row % 60,
        row % 997
    )
}

fn quoted(row: usize) -> String {
    match row % 5 {
        0 => format!("case-{},\"a, \"\"b\"\"\n{row}\",2024-03-05,1,\"x\r\ny,1,2\n\"\r\n", row / 9),
        1 => format!("case-{},5\" pipe,2024-03-05,2,z\n\n", row / 9),
        _ => clean(row),
    }
}

fn dirty(row: usize) -> String {
    match row % 50 {
        7 => "one,field too few\n".to_owned(),
        13 => format!("case-{},\"closed\" badly,2024-03-05,1,x\n", row / 9),
        29 => format!("a,b,c,d,e,f{row}\n"),
        _ => quoted(row),
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    // Two members, as concatenated archives have.
    let (one, two) = text.split_at(text.len() / 3);
    [one, two]
        .into_iter()
        .flat_map(|part| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        })
        .collect()
}

fn convert(input: &Path, output: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logflow"))
        .arg("convert")
        .arg(input)
        .arg("-o")
        .arg(output)
        .args(["--row-group-size", "64KiB", "--report", "json", "--force"])
        .args(options)
        .env_remove("LOGFLOW_THREADS")
        .output()
        .unwrap()
}

/// The output's bytes, those of its rejects, and the report.
fn bytes(folder: &Path, input: &Path, options: &[&str]) -> (Vec<u8>, Vec<u8>, Value) {
    let output = folder.join("out.parquet");
    let rejects = folder.join("out.parquet.rejects.jsonl");
    let _ = fs::remove_file(&rejects);
    let run = convert(input, &output, options);
    let code = run.status.code();
    assert!(matches!(code, Some(0 | 4)), "{}", String::from_utf8_lossy(&run.stderr));
    let report = serde_json::from_slice(&run.stdout).unwrap();
    (fs::read(output).unwrap(), fs::read(rejects).unwrap_or_default(), report)
}

fn write(folder: &Path, name: &str, text: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_number_of_threads_writes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("clean.csv", log(clean)),
        ("quoted.csv", log(quoted)),
        ("dirty.csv", log(dirty)),
        ("quoted.csv.gz", gzip(&log(quoted))),
        ("dirty.csv.gz", gzip(&log(dirty))),
    ] {
        let input = write(folder.path(), name, &text);
        let run =
            |threads: &str| bytes(folder.path(), &input, &["--threads", threads, "--on-bad-row", "reject"]);
        let (expected, rejects, report) = run("1");
        assert_eq!(report["records"].as_u64(), Some(ROWS as u64), "{name}");
        assert_eq!(
            report["records"].as_u64().unwrap(),
            report["rows"].as_u64().unwrap() + report["bad_rows"].as_u64().unwrap(),
            "{name} reconciles"
        );
        assert_eq!(
            rejects.iter().filter(|byte| **byte == b'\n').count() as u64,
            report["bad_rows"].as_u64().unwrap()
        );
        assert!(report["row_groups"].as_u64().unwrap() > 4, "{name} has several shards");
        for threads in ["2", "3", "8", "64"] {
            let (found, found_rejects, _) = run(threads);
            assert!(found == expected, "{name}: other bytes with {threads} threads");
            assert!(found_rejects == rejects, "{name}: other rejects with {threads} threads");
        }
    }
}

#[test]
fn a_byte_order_mark_is_handled_the_same_however_a_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = [b"\xef\xbb\xbf".to_vec(), log(dirty)].concat();
    let input = write(folder.path(), "marked.csv", &text);
    let reject = ["--on-bad-row", "reject", "--io"];
    let (mapped, rejects, report) = bytes(folder.path(), &input, &[&reject[..], &["mmap"]].concat());
    assert_eq!(report["columns"][0]["name"], "case_id");
    let (read, read_rejects, _) = bytes(folder.path(), &input, &[&reject[..], &["read"]].concat());
    assert!(read == mapped, "other bytes");
    assert!(read_rejects == rejects, "other rejects");
    // Places in packed text are those in the text.
    let packed = write(folder.path(), "marked.csv.gz", &gzip(&text));
    let (_, packed_rejects, packed_report) = bytes(folder.path(), &packed, &reject[..2]);
    assert_eq!(packed_report["columns"][0]["name"], "case_id");
    let named = |rejects: &[u8]| String::from_utf8_lossy(rejects).replace("marked.csv.gz", "marked.csv");
    assert!(named(&packed_rejects) == named(&rejects));
}

/// More text than all that is in flight at once: pieces wait at the gate, shards for their permit, pages in the spill file.
#[test]
fn a_log_that_is_larger_than_what_is_in_flight_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let text = log_of(120_000, dirty);
    assert!(text.len() > 5_000_000);
    let plain = write(folder.path(), "dirty.csv", &text);
    let packed = write(folder.path(), "dirty.csv.gz", &gzip(&text));
    for (input, ways) in [
        (
            &plain,
            &["--threads 2", "--threads 8", "--threads 3 --io read", "--threads 2 --memory-limit 44MiB"][..],
        ),
        (&packed, &["--threads 2", "--threads 8", "--threads 2 --memory-limit 44MiB"]),
    ] {
        let run = |way: &str| {
            let options: Vec<&str> = way.split(' ').chain(["--on-bad-row", "reject"]).collect();
            bytes(folder.path(), input, &options)
        };
        let (expected, rejects, report) = run("--threads 1");
        assert!(report["row_groups"].as_u64().unwrap() > 50 && !rejects.is_empty());
        let hash = blake3::hash(&fs::read(input).unwrap()).to_hex().to_string();
        assert_eq!(report["inputs"][0]["blake3"], hash);
        for way in ways {
            let (found, found_rejects, _) = run(way);
            assert!(found == expected, "{}: other bytes with {way}", input.display());
            assert!(found_rejects == rejects, "{}: other rejects with {way}", input.display());
        }
    }
}

#[test]
fn the_first_bad_row_is_the_same_at_every_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let input = write(folder.path(), "dirty.csv", &log(dirty));
    let output = folder.path().join("out.parquet");
    let mut messages: Vec<String> = ["1", "2", "3", "8", "64"]
        .iter()
        .map(|threads| {
            let run = convert(&input, &output, &["--threads", threads]);
            assert_eq!(run.status.code(), Some(1));
            assert!(!output.exists());
            String::from_utf8(run.stderr).unwrap()
        })
        .collect();
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    assert!(messages[0].contains("LF201") && messages[0].contains("row 8"), "{}", messages[0]);
}

#[test]
fn a_file_that_is_read_gives_the_bytes_of_one_that_is_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let input = write(folder.path(), "quoted.csv", &log(quoted));
    let (mapped, ..) = bytes(folder.path(), &input, &["--io", "mmap"]);
    let (read, ..) = bytes(folder.path(), &input, &["--io", "read"]);
    assert!(mapped == read);
}

#[test]
fn a_type_that_widens_in_the_last_record_gives_the_bytes_of_a_declared_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = log(|row| format!("{row},a,2024-03-05T10:20:30Z,{row},x\n"));
    text.extend(b"last,a,2024-03-05T10:20:30Z,0.5,x\n");
    let input = write(folder.path(), "late.csv", &text);
    let schema = write(
        folder.path(),
        "schema.json",
        br#"{"columns": [
            {"name": "case_id", "type": "string"}, {"name": "activity", "type": "string"}, {"name": "timestamp", "type": "timestamp"},
            {"name": "cost", "type": "float64"}, {"name": "note", "type": "string"}]}"#,
    );
    let (restarted, _, report) = bytes(folder.path(), &input, &[]);
    assert_eq!(report["restarts"].as_u64(), Some(1));
    let (declared, _, report) = bytes(folder.path(), &input, &["--schema", schema.to_str().unwrap()]);
    assert_eq!(report["restarts"].as_u64(), Some(0));
    assert!(restarted == declared);
}

#[test]
fn a_pipe_gives_the_rows_of_the_file_and_can_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = log(|row| format!("{row},a,2024-03-05T10:20:30Z,{row},x\n"));
    text.extend(b"last,a,2024-03-05T10:20:30Z,0.5,x\n");
    let output = folder.path().join("piped.parquet");
    let mut child = Command::new(env!("CARGO_BIN_EXE_logflow"))
        .args(["convert", "-", "--from", "csv", "--report", "json", "-o"])
        .arg(&output)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let run = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((report["rows"].as_u64(), report["restarts"].as_u64()), (Some(ROWS as u64 + 1), Some(1)));
}

#[test]
fn little_memory_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let input = write(folder.path(), "quoted.csv", &log(quoted));
    let (expected, ..) = bytes(folder.path(), &input, &[]);
    let (found, ..) = bytes(folder.path(), &input, &["--memory-limit", "42MiB", "--threads", "8"]);
    assert!(found == expected);
}

/// A log whose second trace is longer than several shards, with what fools a guess; `dirty` with broken traces among its others.
fn xes(dirty: bool) -> Vec<u8> {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<log xes.version=\"1.0\">\n");
    for trace in 0..2000 {
        text.push_str(&format!("<trace>\n\t<string key=\"concept:name\" value=\"{trace}\"/>\n"));
        for event in 0..if trace == 1 { 12_000 } else { trace % 6 } {
            let name = if event % 7 == 0 { "<!-- <trace> -->&lt;event>" } else { "a" };
            let (comment, name) =
                name.strip_prefix("<!-- <trace> -->").map_or(("", name), |it| ("<!-- <trace> -->", it));
            text.push_str(&format!(
                "\t<event>{comment}\n\t\t<string key=\"concept:name\" value=\"{name}\"/>\n\t\t<date key=\"time:timestamp\" value=\"2024-03-05T10:20:{:02}Z\"/>\n\t\t<int key=\"n\" value=\"{event}\"/>\n\t</event>\n",
                event % 60
            ));
        }
        text.push_str(match trace % 50 {
            49 if dirty => "</event></trace>\n",
            _ => "</trace>\n",
        });
    }
    // A key that only the last trace has.
    text.push_str("<trace><string key=\"late\" value=\"1\"/><event><float key=\"late\" value=\"1\"/></event></trace>\n</log>\n");
    text.into_bytes()
}

#[test]
fn xes_is_the_same_at_every_number_of_threads_however_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("clean.xes", xes(false)), ("dirty.xes", xes(true)), ("clean.xes.gz", gzip(&xes(false)))]
    {
        let input = write(folder.path(), name, &text);
        let run = |options: &[&str]| {
            let options = [&["--on-bad-row", "reject"], options].concat();
            bytes(folder.path(), &input, &options)
        };
        let (expected, rejects, report) = run(&["--threads", "1"]);
        assert_eq!(report["bad_rows"].as_u64(), Some(if name == "dirty.xes" { 40 } else { 0 }), "{name}");
        assert_eq!(report["restarts"].as_u64(), Some(1), "{name}: a late key");
        let digest = blake3::hash(&text).to_hex().to_string();
        assert_eq!(report["inputs"][0]["blake3"].as_str(), Some(digest.as_str()), "{name}");
        assert!(report["row_groups"].as_u64().unwrap() > 4, "{name} has several shards");
        assert_eq!(
            report["inputs"][0]["xes"]["traces"].as_u64(),
            Some(if name == "dirty.xes" { 1961 } else { 2001 })
        );
        for threads in ["2", "3", "8", "64"] {
            let (found, found_rejects, report) = run(&["--threads", threads]);
            // Of the file, also where shards were cut wrong at first and read again.
            assert_eq!(
                report["inputs"][0]["blake3"].as_str(),
                Some(digest.as_str()),
                "{name}, {threads} threads"
            );
            assert!(found == expected, "{name}: other bytes with {threads} threads");
            assert!(found_rejects == rejects, "{name}: other rejects with {threads} threads");
        }
        if !name.ends_with("gz") {
            let (found, found_rejects, _) = run(&["--threads", "2", "--io", "read"]);
            assert!(found == expected, "{name}: other bytes when it is read through windows");
            assert!(found_rejects == rejects, "{name}: other rejects when it is read through windows");
        }
    }
}

/// Events as JSON, with what fools a guess; `dirty` with broken ones. The last one has a key that no other has, and strings among numbers.
fn events(dirty: bool, between: &str) -> String {
    let mut rows: Vec<String> = (0..60_000)
        .map(|row| match row % 500 {
            499 if dirty => format!("{{\"id\":{row},\"tags\":[{{\"id\":1}},{{\"id\":2}}],}}"),
            _ => format!(
                "{{\"id\":{row},\"tags\":[{{\"id\":1}},{{\"id\":2}}],\"name\":\"}},{{\\\"id\\\":{}\",\"at\":\"2024-03-05T10:20:{:02}Z\"}}",
                row % 7,
                row % 60
            ),
        })
        .collect();
    rows.push("{\"id\":\"last\",\"late\":0.5}".to_owned());
    rows.join(between)
}

#[test]
fn json_is_the_same_at_every_number_of_threads_however_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let wrapped = |text: String| format!("{{\"events\":[{text}],\"behind\":[{{\"id\":1}},{{\"id\":2}}]}}");
    for (name, text, bad) in [
        ("clean.jsonl", events(false, "\n"), 0),
        ("dirty.jsonl", events(true, "\n"), 120),
        ("dirty.json", wrapped(events(true, ",")), 120),
        ("objects.json", events(true, ""), 120),
    ] {
        let input = write(folder.path(), name, text.as_bytes());
        let run = |options: &[&str]| {
            let options = [&["--on-bad-row", "reject"], options].concat();
            bytes(folder.path(), &input, &options)
        };
        let (expected, rejects, report) = run(&["--threads", "1"]);
        assert_eq!(report["bad_rows"].as_u64(), Some(bad), "{name}");
        assert_eq!(report["rows"].as_u64(), Some(60_001 - bad), "{name}");
        assert_eq!(report["restarts"].as_u64(), Some(1), "{name}: a late key");
        for threads in ["2", "3", "8", "64"] {
            let (found, found_rejects, _) = run(&["--threads", threads]);
            assert!(found == expected, "{name}: other bytes with {threads} threads");
            assert!(found_rejects == rejects, "{name}: other rejects with {threads} threads");
        }
        let (found, found_rejects, _) = run(&["--threads", "2", "--io", "read"]);
        assert!(found == expected, "{name}: other bytes when it is read through windows");
        assert!(found_rejects == rejects, "{name}: other rejects when it is read through windows");
    }
}

/// Every file of a folder with its bytes.
fn folder_bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .map(|path| (path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn bundles_are_the_same_at_every_number_of_threads_and_however_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for form in ["json", "xml", "sqlite"] {
        let input = folder.path().join(format!("log.{form}"));
        let run = Command::new(env!("CARGO_BIN_EXE_logflow"))
            .args([
                "generate",
                "--format",
                &format!("ocel-{form}"),
                "--events",
                "6000",
                "--objects",
                "2000",
                "-q",
                "-o",
            ])
            .arg(&input)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let bundle = |input: &Path, options: &[&str]| {
            let output = folder.path().join("bundle");
            let run = convert(input, &output, options);
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            (folder_bytes(&output), serde_json::from_slice::<Value>(&run.stdout).unwrap())
        };
        let (expected, report) = bundle(&input, &["--threads", "1"]);
        assert_eq!(report["records"].as_u64(), Some(8000), "{form}");
        assert!(expected.len() > 10, "{form}");
        for threads in ["2", "3", "8", "64"] {
            assert_eq!(bundle(&input, &["--threads", threads]).0, expected, "{form} by {threads}");
        }
        if form != "sqlite" {
            let report = bundle(&input, &["--threads", "3", "--io", "read"]);
            assert_eq!(report.0, expected, "{form} from front to back");
            let packed = folder.path().join(format!("log.{form}.gz"));
            fs::write(&packed, gzip(&fs::read(&input).unwrap())).unwrap();
            let one = bundle(&packed, &["--threads", "1"]).0;
            assert_eq!(bundle(&packed, &["--threads", "8"]).0, one, "{form}.gz");
        }
    }
}
