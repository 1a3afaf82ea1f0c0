//! A pipe that is given by its path comes through whole: what is made of it is what is made of the file.

#![allow(unsafe_code, reason = "FIFOs are made and signals sent by system calls")]

use std::ffi::CString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use logflow::convert::Convert;
use logflow::error::Code;
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{InputFormat, Options};
use logflow::source::look::is_object_centric;
use logflow::target::bundle::BundleFolder;
use logflow::target::parquet::ParquetFile;

use super::Folder;

/// Files of a log.
const FORMATS: [(&str, &str); 6] = [
    ("log.csv", "csv"),
    ("log.xes", "xes"),
    ("log.jsonl", "jsonl"),
    ("log.json", "json"),
    ("log.jsonocel", "ocel-json"),
    ("log.xmlocel", "ocel-xml"),
];

/// Records of a log that is at hand with the first look, and of one that is not.
const SIZES: [usize; 2] = [20, 12_000];

/// A log of so many records. The last has what no other has: a second pass is needed, and must see the first rows too.
fn log(from: &str, records: usize) -> Vec<u8> {
    let all = 0..records;
    let is_last = |number: usize| number + 1 == records;
    let pad = "x".repeat(60);
    let text = match from {
        "csv" => {
            let row = |n| {
                let cost = if is_last(n) { "n/a in part".to_owned() } else { n.to_string() };
                format!("{},pay {n},2024-01-01T08:00:00Z,{cost},{pad}\n", n % 97)
            };
            format!("case,activity,timestamp,cost,note\n{}", all.map(row).collect::<String>())
        }
        "xes" => {
            let trace = |n| {
                let late = if is_last(n) { "<boolean key=\"late\" value=\"true\"/>" } else { "" };
                format!(
                    "<trace><string key=\"concept:name\" value=\"{n}\"/><event><string key=\"concept:name\" value=\"pay\"/><date key=\"time:timestamp\" value=\"2024-01-01T08:00:00Z\"/><int key=\"cost\" value=\"{n}\"/><string key=\"note\" value=\"{pad}\"/>{late}</event></trace>\n"
                )
            };
            let head = r#"<?xml version="1.0" encoding="UTF-8"?><log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/"><extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/><extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>"#;
            format!("{head}\n{}</log>\n", all.map(trace).collect::<String>())
        }
        "jsonl" | "json" => {
            let row = |n| {
                let late = if is_last(n) { ",\"late\":true" } else { "" };
                format!(
                    "{{\"case\":\"{}\",\"activity\":\"pay\",\"cost\":{n},\"note\":\"{pad}\"{late}}}",
                    n % 97
                )
            };
            let rows: Vec<String> = all.map(row).collect();
            if from == "json" { format!("[{}]\n", rows.join(",\n")) } else { rows.join("\n") + "\n" }
        }
        "ocel-json" => {
            let event = |n| {
                let late = if is_last(n) { ",{\"name\":\"late\",\"value\":true}" } else { "" };
                format!(
                    r#"{{"id":"e{n}","type":"pay","time":"2024-01-01T08:00:00Z","attributes":[{{"name":"amount","value":{n}}},{{"name":"note","value":"{pad}"}}{late}],"relationships":[{{"objectId":"o1","qualifier":"q"}}]}}"#
                )
            };
            let events: Vec<String> = all.map(event).collect();
            format!(
                r#"{{"objectTypes":[{{"name":"order","attributes":[]}}],"eventTypes":[{{"name":"pay","attributes":[{{"name":"amount","type":"integer"}}]}}],"objects":[{{"id":"o1","type":"order","attributes":[],"relationships":[]}}],"events":[{}]}}"#,
                events.join(",\n")
            )
        }
        "ocel-xml" => {
            let event = |n| {
                let late = if is_last(n) { "<attribute name=\"late\">yes</attribute>" } else { "" };
                format!(
                    "<event id=\"e{n}\" type=\"pay\" time=\"2024-01-01T08:00:00Z\"><attributes><attribute name=\"amount\">{n}</attribute><attribute name=\"note\">{pad}</attribute>{late}</attributes><objects><relationship object-id=\"o1\" qualifier=\"q\"/></objects></event>\n"
                )
            };
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><log><object-types><object-type name=\"order\"><attributes/></object-type></object-types><event-types><event-type name=\"pay\"><attributes><attribute name=\"amount\" type=\"integer\"/></attributes></event-type></event-types><objects><object id=\"o1\" type=\"order\"><attributes/></object></objects><events>{}</events></log>",
                all.map(event).collect::<String>()
            )
        }
        other => panic!("no log in {other}"),
    };
    text.into_bytes()
}

fn packed(how: &str, bytes: &[u8]) -> Vec<u8> {
    match how {
        "" => bytes.to_vec(),
        "gz" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        }
        "zst" => zstd::encode_all(bytes, 1).unwrap(),
        "bz2" => {
            let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        }
        "xz" => {
            let mut out = liblzma::write::XzEncoder::new(Vec::new(), 0);
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        }
        other => panic!("no packer {other}"),
    }
}

fn make_fifo(path: &Path) {
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name ends with a NUL and outlives the call.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
}

/// A FIFO of this name that somebody writes these bytes into, once.
fn feed(path: &Path, bytes: Vec<u8>) {
    make_fifo(path);
    let path = path.to_owned();
    std::thread::spawn(move || {
        let mut fifo = std::fs::File::options().write(true).open(path).unwrap();
        // Whoever has seen enough reads no more.
        let _ = fifo.write_all(&bytes);
    });
}

/// Two folders: in one the logs are files, in the other they come through FIFOs of the same names.
struct Pair {
    files: Folder,
    pipes: Folder,
}

impl Pair {
    fn new() -> Self {
        Self { files: Folder::new(), pipes: Folder::new() }
    }

    fn with(self, name: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.files.path(name), bytes).unwrap();
        feed(&self.pipes.path(name), bytes.to_vec());
        self
    }

    /// Runs the same in both; what is said and returned is the same.
    fn run(&self, args: &str) -> Output {
        let run = |folder: &Folder| {
            let run = folder.run(args).timeout(Duration::from_secs(60)).output().unwrap();
            assert!(run.status.code().is_some(), "{args}: {run:?}");
            run
        };
        let (file, pipe) = (run(&self.files), run(&self.pipes));
        let said = String::from_utf8_lossy(&pipe.stderr).into_owned();
        assert_eq!(pipe.status, file.status, "{args}: {said}");
        pipe
    }

    /// Runs the same in both, which succeeds, and whose outputs have the same bytes.
    fn same(&self, args: &str) {
        let run = self.run(args);
        assert!(run.status.success(), "{args}: {}", String::from_utf8_lossy(&run.stderr));
        self.same_files(args);
    }

    fn same_files(&self, args: &str) {
        let outputs = |folder: &Folder| {
            let is_input = |name: &String| name.starts_with("log.") && self.pipes.path(name).exists();
            let is_input = |name: &String| is_input(name) && is_fifo(&self.pipes.path(name));
            folder.names().into_iter().filter(|name| !is_input(name)).collect::<Vec<_>>()
        };
        let names = outputs(&self.pipes);
        assert!(!names.is_empty(), "{args}: nothing was written");
        assert_eq!(names, outputs(&self.files), "{args}");
        for name in names {
            let bytes = |folder: &Folder| std::fs::read(folder.path(&name)).unwrap();
            assert!(bytes(&self.pipes) == bytes(&self.files), "{args}: {name} differs");
        }
    }
}

fn is_fifo(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|it| it.file_type().is_fifo())
}

/// The name of what a format becomes.
fn output(from: &str) -> &'static str {
    if from.starts_with("ocel") { "out" } else { "out.parquet" }
}

#[test]
fn each_format_comes_through_a_fifo_byte_for_byte() {
    for (name, from) in FORMATS {
        for records in SIZES {
            let text = log(from, records);
            assert_eq!(text.len() > 1 << 20, records == SIZES[1], "{name}: {} bytes", text.len());
            let ways: &[&str] =
                if records == SIZES[1] { &["", "gz"] } else { &["", "gz", "zst", "bz2", "xz"] };
            for pack in ways {
                for said in ["", &format!("--from {from}")] {
                    let name = if pack.is_empty() { name.to_owned() } else { format!("{name}.{pack}") };
                    let pair = Pair::new().with(&name, &packed(pack, &text));
                    pair.same(&format!("convert {name} -o {} {said}", output(from)));
                }
            }
        }
    }
}

/// The rows of whatever was written for a format, without the names of its sources.
fn rows(folder: &Folder, from: &str) -> Vec<String> {
    if !from.starts_with("ocel") {
        return folder.values("out.parquet");
    }
    ["out/events/event_pay.parquet", "out/objects/object_order.parquet", "out/relations/e2o.parquet"]
        .into_iter()
        .flat_map(|table| folder.values(table))
        .collect()
}

#[test]
fn a_process_substitution_and_standard_input_by_any_name_give_the_rows_of_the_file() {
    for (name, from) in FORMATS {
        for (records, pack) in [(SIZES[0], ""), (SIZES[0], "gz"), (SIZES[1], "")] {
            let bytes = packed(pack, &log(from, records));
            let folder = Folder::new().with(name, &bytes);
            let out = output(from);
            folder.run(&format!("convert {name} -o {out}")).assert().success();
            let expected = rows(&folder, from);
            assert!(expected.len() >= records);
            let program = env!("CARGO_BIN_EXE_logflow");
            for (said, input) in [
                ("", format!("<(cat {name})")),
                (from, format!("<(cat {name})")),
                ("", "/dev/stdin".to_owned()),
                (from, "/dev/stdin".to_owned()),
                ("", "/proc/self/fd/0".to_owned()),
                (from, "-".to_owned()),
                ("", format!("/dev/fd/7 7< <(cat {name})")),
            ] {
                let said = if said.is_empty() { String::new() } else { format!("--from {said}") };
                let script = format!("cat {name} | {program} convert {input} -o {out} {said} --force");
                let mut bash = std::process::Command::new("bash");
                bash.args(["-c", &script]).current_dir(folder.path(""));
                let run =
                    assert_cmd::Command::from_std(bash).timeout(Duration::from_secs(60)).output().unwrap();
                assert!(run.status.success(), "{script}: {}", String::from_utf8_lossy(&run.stderr));
                assert!(rows(&folder, from) == expected, "{script}");
            }
        }
    }
}

#[test]
fn schema_and_dry_run_and_validate_say_of_a_pipe_what_they_say_of_the_file() {
    for (name, from) in FORMATS {
        for records in SIZES {
            let text = log(from, records);
            for said in ["", &format!("--from {from}")] {
                let mut commands = vec![
                    format!("schema {name} {said}"),
                    format!("schema {name} --format file {said}"),
                    format!("convert -n {name} {said}"),
                    format!("convert -n {name} -o {} {said}", output(from)),
                ];
                if !matches!(from, "csv" | "json" | "jsonl") {
                    commands.push(format!("validate {name} {said}"));
                    commands.push(format!("validate {name} --format json {said}"));
                }
                for command in commands {
                    let pair = Pair::new().with(name, &text);
                    let expected = pair.files.run(&command).output().unwrap();
                    let found = pair.run(&command);
                    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                    assert_eq!(text(&found.stdout), text(&expected.stdout), "{command}");
                    assert!(!(found.stdout.is_empty() && found.stderr.is_empty()), "{command}");
                }
                let pair = Pair::new().with(name, &text);
                let command = format!("schema {name} --format json {said}");
                let value = |run: Output| {
                    let mut value: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
                    for timed in ["seconds", "timings", "reparses", "peak_rss_bytes"] {
                        value.as_object_mut().unwrap().remove(timed);
                    }
                    value
                };
                assert_eq!(value(pair.run(&command)), value(pair.files.run(&command).output().unwrap()));
            }
        }
    }
}

#[test]
fn every_target_is_made_of_a_pipe_as_of_the_file() {
    let ocel = [
        "-o out.json",
        "-o out.xml",
        "-o out --layout oceldb",
        "-o out.parquet --flatten order",
        "-o out.xes --flatten order",
    ];
    for (name, from) in FORMATS {
        for records in SIZES {
            let targets: &[&str] = match from {
                "ocel-json" | "ocel-xml" => &ocel,
                "xes" => &["-o out.xes", "-o out.xes.gz", "-o out.parquet --tables", "-o out/"],
                _ => &["-o out.xes", "-o out/"],
            };
            for target in targets {
                Pair::new().with(name, &log(from, records)).same(&format!("convert {name} {target}"));
            }
        }
    }
}

#[test]
fn a_pipe_that_is_detected_or_decoded_first_loses_no_bytes() {
    let csv = String::from_utf8(log("csv", 12_000)).unwrap().replace("pay", "prüfen");
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
    let xes = String::from_utf8(log("xes", 5_000)).unwrap();
    let latin_xes = latin(&xes.replace("UTF-8", "ISO-8859-1").replace("pay", "prüfen"));
    let commented = String::from_utf8(log("jsonl", 9_000)).unwrap().replace("}\n{", "} // note\n{");
    let long_head = format!("<!--{}-->{}", "-".repeat(900_000).replace("--", "- "), &xes[38..]);
    let flat = {
        let row = |n| format!("e{n},pay,2024-01-01 08:00:00,\"['o{n}']\"\n");
        let rows: String = (0..9_000).map(row).collect();
        format!("ocel:eid,ocel:activity,ocel:timestamp,ocel:type:order\n{rows}")
    };
    let inputs: [(&str, Vec<u8>, &str); 16] = [
        ("log.csv", csv.clone().into_bytes(), "-o out.parquet --encoding utf-8"),
        ("log.csv", latin(&csv), "-o out.parquet --encoding latin1"),
        ("log.csv", latin(&csv), "-o out.parquet"),
        ("log.csv.gz", packed("gz", &latin(&csv)), "-o out.parquet"),
        ("log.csv", latin(&csv), "-o out.parquet --from csv"),
        ("log.csv", utf16.clone(), "-o out.parquet"),
        ("log.csv", utf16[2..].to_vec(), "-o out.parquet"),
        ("log.csv.gz", packed("gz", &utf16), "-o out.parquet --from csv"),
        ("log.xes", latin_xes, "-o out.parquet"),
        ("log.xes", xes.clone().into_bytes(), "-o out.parquet --strict"),
        ("log.xes.gz", packed("gz", xes.as_bytes()), "-o out.xes --strict"),
        ("log.xes", long_head.into_bytes(), "-o out.parquet"),
        ("log.jsonocel", log("ocel-json", 12_000), "-o out --json-lenient"),
        ("log.jsonl", commented.into_bytes(), "-o out.parquet --json-lenient"),
        ("log.csv", csv.into_bytes(), "-o out.parquet --json-lenient --on-bad-row reject"),
        ("log.csv", flat.into_bytes(), "-o out"),
    ];
    for (name, bytes, args) in inputs {
        Pair::new().with(name, &bytes).same(&format!("convert {name} {args}"));
    }
    // One that is not as the standard says is refused, from a pipe too.
    let odd = xes.replace("<int key=\"cost\" value=\"3\"/>", "<int value=\"3\"/>");
    let run = Pair::new().with("log.xes", odd.as_bytes()).run("convert log.xes -o out.parquet --strict");
    assert!(String::from_utf8_lossy(&run.stderr).contains("LF213"));
}

#[test]
fn a_flat_table_of_an_object_centric_log_is_one_from_a_pipe_too() {
    let row = |n| format!("e{n},pay,2024-01-01 08:00:00,\"['o{n}']\"\n");
    let rows: String = (0..9_000).map(row).collect();
    let text = format!("ocel:eid,ocel:activity,ocel:timestamp,ocel:type:order\n{rows}");
    for (input, bytes) in [
        ("log.csv", text.clone().into_bytes()),
        ("log.csv.gz", packed("gz", text.as_bytes())),
        ("/dev/stdin", text.clone().into_bytes()),
        ("- --from ocel-csv", text.clone().into_bytes()),
        ("- --from ocel-csv", packed("gz", text.as_bytes())),
    ] {
        let folder = Folder::new();
        let mut run = folder.run(&format!("convert {input} -o out"));
        if input.starts_with("log") {
            feed(&folder.path(input), bytes);
        } else {
            run.write_stdin(bytes);
        }
        run.timeout(Duration::from_secs(60)).assert().success();
        assert_eq!(folder.rows("out/events/event_pay.parquet"), 9_000, "{input}");
        assert_eq!(folder.rows("out/relations/e2o.parquet"), 9_000, "{input}");
    }
}

#[test]
fn an_error_about_a_pipe_names_its_place_and_waits_for_nothing() {
    let csv = String::from_utf8(log("csv", 12_000)).unwrap();
    let early = csv.replacen(",pay 3,", ",pay,3,", 1);
    let late = csv.replacen(",pay 11000,", ",pay,11000,", 1);
    let xes = String::from_utf8(log("xes", 5_000)).unwrap();
    let open = xes.replacen("value=\"4000\"/></event>", "value=\"4000\"></event>", 1);
    let open = open.replacen("<int key=\"cost\" value=\"4000\"/>", "<int key=\"cost\" value=\"4000\">", 1);
    let jsonl = String::from_utf8(log("jsonl", 9_000)).unwrap().replacen("\"cost\":8000", "\"cost\":", 1);
    for (name, text, told) in [
        ("log.csv", early.as_str(), ["LF201", "row 4"]),
        ("log.csv", &late, ["LF201", "row 11001"]),
        ("log.xes", &open, ["LF210", "line "]),
        ("log.jsonl", &jsonl, ["LF220", "row 8001"]),
        ("log.csv", "", ["LF104", "log.csv"]),
    ] {
        for pack in ["", "gz"] {
            let pair = Pair::new().with(name, &packed(pack, text.as_bytes()));
            let file = pair.files.run(&format!("convert {name} -o out.parquet")).output().unwrap();
            let pipe = pair.run(&format!("convert {name} -o out.parquet"));
            let lines = |run: &Output| {
                let said = String::from_utf8_lossy(&run.stderr).into_owned();
                // The line of a file is shown; that of a pipe is gone.
                said.lines()
                    .filter(|line| !line.trim_start().starts_with('|'))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(lines(&pipe), lines(&file), "{name}");
            let said = lines(&pipe).join("\n");
            assert!(told.iter().all(|it| said.contains(it)), "{name}: {said}");
        }
    }
    // A row that is refused is written down with its place.
    let pair = Pair::new().with("log.csv", late.as_bytes());
    assert_eq!(pair.run("convert log.csv -o out.parquet --on-bad-row reject").status.code(), Some(4));
    pair.same_files("--on-bad-row reject");
}

#[test]
fn inputs_that_cannot_come_from_a_pipe_are_refused_with_advice() {
    let folder = super::ocel_odd::database(super::ocel_odd::TABLES);
    let database = std::fs::read(folder.path("log.sqlite")).unwrap();
    let csv = Folder::with_log();
    csv.run("convert log.csv -o log.parquet").assert().success();
    let parquet = std::fs::read(csv.path("log.parquet")).unwrap();
    for (name, bytes, args, code, told) in [
        ("log.sqlite", &database, "convert log.sqlite -o out", 1, "LF112"),
        ("log.sqlite", &database, "convert log.sqlite -o out --from ocel-sqlite", 1, "LF112"),
        ("log.sqlite", &database, "schema log.sqlite", 1, "LF112"),
        ("log.sqlite", &database, "convert -n log.sqlite", 1, "LF112"),
        ("log.sqlite", &database, "validate log.sqlite", 1, "LF112"),
        ("log.sqlite", &database, "convert log.sqlite -o out --encoding latin1", 1, "LF112"),
        ("log.parquet", &parquet, "convert log.parquet -o out.xes", 1, "LF112"),
        (
            "log.csv",
            &b"a,b\n1,2\n".to_vec(),
            "convert log.csv -o out.parquet --io mmap",
            2,
            "cannot be mapped",
        ),
    ] {
        let folder = Folder::new();
        feed(&folder.path(name), bytes.clone());
        let run = folder.run(args).timeout(Duration::from_secs(60)).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(code), "{args}: {said}");
        assert!(said.contains(told) && said.contains("to a file first"), "{args}: {said}");
        assert!(!folder.has("out") && !folder.has("out.parquet") && !folder.has("out.xes"));
    }
    let folder = Folder::new().with("log.gz", packed("gz", &database));
    let packed = folder.run("convert log.gz -o out").output().unwrap();
    assert!(String::from_utf8_lossy(&packed.stderr).contains("unpack it first"));
}

#[test]
fn two_pipes_and_a_file_are_three_inputs_and_one_pipe_by_two_names_is_given_twice() {
    for records in SIZES {
        let (one, two) = (log("csv", records), log("csv", records + 1));
        let pair = Pair::new().with("log.one", &one).with("log.two", &two);
        for folder in [&pair.files, &pair.pipes] {
            std::fs::write(folder.path("three.csv"), log("csv", 7)).unwrap();
        }
        pair.same("convert log.two three.csv log.one -o out.parquet");
    }
    let folder = Folder::with_log();
    for both in [
        "/dev/stdin /dev/stdin",
        "/dev/stdin /proc/self/fd/0",
        "- /dev/stdin --from csv",
        "/dev/fd/0 log.csv /dev/stdin",
    ] {
        let mut run = folder.run(&format!("convert {both} -o out.parquet"));
        let run = run.write_stdin("a,b\n1,2\n").timeout(Duration::from_secs(60)).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{both}");
        assert!(String::from_utf8_lossy(&run.stderr).contains("given twice"), "{both}");
    }
    make_fifo(&folder.path("pipe"));
    std::os::unix::fs::symlink("pipe", folder.path("link")).unwrap();
    // Nobody writes into it: it is refused before it is opened.
    let run =
        folder.run("convert pipe link -o out.parquet").timeout(Duration::from_secs(60)).output().unwrap();
    assert!(String::from_utf8_lossy(&run.stderr).contains("given twice"));
}

#[test]
fn a_file_that_is_redirected_is_that_file_by_each_of_its_names() {
    let folder = Folder::new().with("log.csv", log("csv", 12_000));
    folder.run("convert log.csv -o out.parquet").assert().success();
    let expected = folder.values("out.parquet");
    for (input, said) in
        [("-", "--from csv"), ("/dev/stdin", ""), ("/dev/fd/0", "--from csv"), ("/proc/self/fd/0", "")]
    {
        let mut command = folder.command(&format!("convert {input} -o out.parquet --force {said}"));
        command.stdin(std::fs::File::open(folder.path("log.csv")).unwrap());
        assert!(command.output().unwrap().status.success(), "{input}");
        assert!(folder.values("out.parquet") == expected, "{input}");
    }
}

#[test]
fn a_socket_is_read_by_the_names_of_standard_input() {
    for (input, said) in [("-", "--from csv"), ("/dev/stdin", ""), ("/proc/self/fd/0", "")] {
        let folder = Folder::new();
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let writer = std::thread::spawn(move || {
            let mut ours = ours;
            ours.write_all(&log("csv", 12_000)).unwrap();
        });
        let mut command = folder.command(&format!("convert {input} -o out.parquet {said}"));
        command.stdin(std::os::fd::OwnedFd::from(theirs));
        let run = command.output().unwrap();
        assert!(run.status.success(), "{input}: {}", String::from_utf8_lossy(&run.stderr));
        writer.join().unwrap();
        assert_eq!(folder.rows("out.parquet"), 12_000);
    }
}

#[test]
fn a_fifo_that_nobody_writes_into_can_be_waited_for_no_longer() {
    for (args, signal) in [
        ("convert pipe -o out.parquet", libc::SIGTERM),
        ("convert pipe -o out.parquet --from csv", libc::SIGINT),
        ("convert pipe -o out --from ocel-json", libc::SIGTERM),
        ("convert -n pipe", libc::SIGINT),
        ("schema pipe", libc::SIGINT),
        ("schema pipe --from xes", libc::SIGTERM),
        ("validate pipe", libc::SIGTERM),
    ] {
        use std::os::unix::process::ExitStatusExt;
        let folder = Folder::new();
        make_fifo(&folder.path("pipe"));
        let mut child = folder.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(400));
        assert!(child.try_wait().unwrap().is_none(), "{args}: it does not wait");
        // SAFETY: a signal to a child that has not been waited for.
        unsafe { libc::kill(child.id() as i32, signal) };
        let run = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        // Either the signal ended it at once, or it noticed that it is to stop: one that does not is ended, and says nothing.
        let noticed = run.status.code() == Some(128 + signal) && said.contains("LF109");
        assert!(noticed || run.status.signal() == Some(signal), "{args}: {} {said}", run.status);
        assert!(folder.names().iter().all(|name| name == "pipe"));
    }
}

#[test]
fn an_error_is_reported_while_the_writer_keeps_the_pipe_open() {
    let folder = Folder::new();
    let mut command = folder.command("convert - -o out.parquet --from csv --max-record-size 1MiB");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = [log("csv", 12_000), b"\"".to_vec(), vec![b'x'; 3 << 20]].concat();
    // The rest is refused once the run has ended.
    let _ = stdin.write_all(&text);
    let run = std::thread::spawn(move || child.wait_with_output().unwrap());
    let began = std::time::Instant::now();
    while !run.is_finished() {
        assert!(began.elapsed() < Duration::from_secs(120), "the run waits for the writer");
        std::thread::sleep(Duration::from_millis(10));
    }
    let said = String::from_utf8_lossy(&run.join().unwrap().stderr).into_owned();
    assert!(said.contains("LF206"), "{said}");
    assert!(folder.names().is_empty());
    drop(stdin);
}

#[test]
fn a_writer_that_comes_late_and_in_parts_is_waited_for() {
    let folder = Folder::new();
    make_fifo(&folder.path("pipe"));
    let path = folder.path("pipe");
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        let mut fifo = std::fs::File::options().write(true).open(path).unwrap();
        for part in log("csv", 200).chunks(3_000) {
            fifo.write_all(part).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    folder.run("convert pipe -o out.parquet").timeout(Duration::from_secs(60)).assert().success();
    writer.join().unwrap();
    assert_eq!(folder.rows("out.parquet"), 200);
}

#[test]
fn a_library_that_names_a_fifo_loses_nothing_of_it() {
    let options = Options::default();
    let observer = Observer::default();
    let folder = Folder::new();
    let fifo = |name: &str, from: &str| {
        feed(&folder.path(name), log(from, 12_000));
        Input::Path(folder.path(name))
    };
    let target = |name: &str| ParquetFile::new(folder.path(name));
    for (name, from) in [("a", "csv"), ("b", "xes"), ("c", "json")] {
        let report =
            Convert::new(fifo(name, from)).run(&mut target(&format!("{name}.parquet")), &observer).unwrap();
        assert_eq!((report.rows, report.restarts), (12_000, 1));
    }
    assert_eq!(logflow::convert::survey(&[fifo("d", "csv")], &options, &observer).unwrap().rows, 12_000);
    assert_eq!(
        logflow::convert::survey(&[fifo("e", "ocel-json")], &options, &observer).unwrap().rows,
        12_001
    );
    let of_xml = Convert::new(fifo("f", "ocel-xml"))
        .run(&mut BundleFolder::new(folder.path("bundle")), &observer)
        .unwrap();
    assert_eq!(of_xml.rows, 12_001);
    // A look, another look, then all of it.
    let input = fifo("g", "csv").replayable();
    assert!(!is_object_centric(&input, &options).unwrap());
    assert!(!is_object_centric(&input.clone(), &options).unwrap());
    assert_eq!(logflow::convert::preview(std::slice::from_ref(&input), &options).unwrap().columns.len(), 5);
    assert_eq!(Convert::new(input.clone()).run(&mut target("g.parquet"), &observer).unwrap().rows, 12_000);
    let again = Convert::new(input).run(&mut target("h.parquet"), &observer).unwrap_err();
    assert_eq!(again.code(), Code::Piped);
    // A look at what nothing is kept of is refused.
    let error = is_object_centric(&fifo("i", "csv"), &options).unwrap_err();
    assert_eq!(error.code(), Code::Piped);
    let mut options = options;
    options.read.from = Some(InputFormat::new("ocel-json"));
    assert!(is_object_centric(&Input::Path(folder.path("i")), &options).unwrap());
}
