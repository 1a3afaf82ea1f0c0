//! Memory and open files: what the process holds follows from its limits, whatever stands in the files and however many they are.

#![allow(unsafe_code, reason = "how many files a child may open is set by a system call")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::Folder;

/// More than a run of two threads holds with debug code and a budget of 64 MiB; two million bad rows as objects take 200 MB.
const MOST: u64 = 90 << 20;

/// Runs it; its exit code and what it says that it held at most, in bytes. What a system call tells of a child counts what the parent held when it forked.
fn held(mut command: Command) -> (Option<i32>, u64) {
    let run = command.stderr(Stdio::null()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    (run.status.code(), report["peak_rss_bytes"].as_u64().unwrap())
}

#[test]
fn millions_of_bad_rows_do_not_grow_memory() {
    let text = format!("a,b\n{}{}", "1,2\n".repeat(70_000), "x\n".repeat(2_000_000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let folder = Folder::new().with("bad.csv", &text).with("bad.csv.gz", gzip.finish().unwrap());
    let all = "--from csv --on-bad-row reject --threads 2 --memory-limit 64MiB -o out.parquet --force --report json";
    for (input, limit, expected) in [
        ("bad.csv", "", 4),
        ("bad.csv", "--max-bad-rows 10", 1),
        ("bad.csv --io read", "", 4),
        ("bad.csv.gz", "", 4),
        ("bad.csv.gz", "--max-bad-rows 10", 1),
        ("-", "", 4),
    ] {
        let mut command = folder.command(&format!("convert {input} {all} {limit}"));
        if input == "-" {
            command.stdin(File::open(folder.path("bad.csv")).unwrap());
        }
        let (code, bytes) = held(command);
        assert_eq!(code, Some(expected), "{input} {limit}");
        assert!(bytes < MOST, "{input} {limit}: {} MiB", bytes >> 20);
        if expected == 4 {
            let rejects = BufReader::new(File::open(folder.path("out.parquet.rejects.jsonl")).unwrap());
            assert_eq!(rejects.split(b'\n').count(), 2_000_000, "{input}");
        }
    }
}

fn few_files() -> std::io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is live.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    limit.rlim_cur = 64;
    // SAFETY: the limit is live.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// More inputs than descriptors that shells allow, all of one table.
#[test]
fn many_inputs_need_neither_a_descriptor_nor_a_head_in_memory_each() {
    // More than a head, and different in each input so that the order shows.
    let folder = (0..150).fold(Folder::new(), |folder, at| {
        let row = format!("{at},pay,2024-01-01T08:00:00Z\n");
        // The last row of all is the first with a word for its case, so that there is a second pass.
        let last = if at == 149 { "word,pay,2024-01-01T08:00:00Z\n" } else { &row };
        let text = format!("case,activity,timestamp\n{}{last}", row.repeat(11_999));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        folder
            .with(&format!("packed/{at:03}.csv.gz"), gzip.finish().unwrap())
            .with(&format!("plain/{at:03}.csv"), format!("case,activity,timestamp\n{row}"))
    });
    for (inputs, rows, most) in [("plain", 150, MOST), ("packed", 150 * 12_000, 50 << 20)] {
        // One worker.
        let limit = "--memory-limit 44MiB --threads 1";
        let mut command =
            folder.command(&format!("convert {inputs} -o {inputs}.parquet {limit} --report json"));
        // SAFETY: what runs between fork and exec is two system calls.
        unsafe { command.pre_exec(few_files) };
        let (code, bytes) = held(command);
        assert_eq!(code, Some(0), "{inputs}");
        assert!(bytes < most, "{inputs}: {} MiB", bytes >> 20);
        assert_eq!(folder.rows(&format!("{inputs}.parquet")), rows);
    }
}

#[test]
fn two_hundred_parquet_files_need_few_open_files() {
    let folder = Folder::with_log();
    folder.run("convert log.csv -o one.parquet").assert().success();
    for number in 0..200 {
        let name = folder.path(&format!("log/k={number:03}"));
        std::fs::create_dir_all(&name).unwrap();
        std::fs::copy(folder.path("one.parquet"), name.join("part.parquet")).unwrap();
    }
    let mut command = folder.command("convert log -o all.parquet -j 2");
    // SAFETY: the child makes two system calls.
    unsafe { command.pre_exec(few_files) };
    assert!(command.status().unwrap().success());
    assert_eq!(folder.rows("all.parquet"), 600);
    assert_eq!(folder.values("all.parquet")[599].rsplit('|').next(), Some("199"));
}
